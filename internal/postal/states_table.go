package postal

// Lists of states, provinces and counties as the countries' posts abbreviate them.

var american = statesOf(`AL=Alabama;AK=Alaska;AZ=Arizona;AR=Arkansas;CA=California;CO=Colorado;CT=Connecticut;DE=Delaware;
	DC=District of Columbia/Washington DC;FL=Florida;GA=Georgia;HI=Hawaii;ID=Idaho;IL=Illinois;IN=Indiana;IA=Iowa;KS=Kansas;KY=Kentucky;
	LA=Louisiana;ME=Maine;MD=Maryland;MA=Massachusetts;MI=Michigan;MN=Minnesota;MS=Mississippi;MO=Missouri;MT=Montana;NE=Nebraska;NV=Nevada;
	NH=New Hampshire;NJ=New Jersey;NM=New Mexico;NY=New York/New York State;NC=North Carolina;ND=North Dakota;OH=Ohio;OK=Oklahoma;OR=Oregon;
	PA=Pennsylvania;RI=Rhode Island;SC=South Carolina;SD=South Dakota;TN=Tennessee;TX=Texas;UT=Utah;VT=Vermont;VA=Virginia;
	WA=Washington/Washington State;WV=West Virginia;WI=Wisconsin;WY=Wyoming;AE=Armed Forces Europe;AP=Armed Forces Pacific;
	AA=Armed Forces Americas;PR=Puerto Rico/Porto Rico;GU=Guam;VI=Virgin Islands/US Virgin Islands;AS=American Samoa;
	MP=Northern Mariana Islands;FM=Micronesia;MH=Marshall Islands;PW=Palau`, true)

var canadian = statesOf(`AB=Alberta/Alta;BC=British Columbia/Colombie-Britannique;MB=Manitoba/Man;NB=New Brunswick/Nouveau-Brunswick;
	NL=Newfoundland and Labrador/Newfoundland/Terre-Neuve-et-Labrador/NF;NS=Nova Scotia/Nouvelle-Écosse;
	NT=Northwest Territories/Territoires du Nord-Ouest;NU=Nunavut;ON=Ontario/Ont;PE=Prince Edward Island/Île-du-Prince-Édouard/PEI;
	QC=Quebec/Québec/PQ/Que;SK=Saskatchewan/Sask;YT=Yukon/Yukon Territory`, true)

var australian = statesOf(`NSW=New South Wales;VIC=Victoria;QLD=Queensland;SA=South Australia;WA=Western Australia;TAS=Tasmania;
	ACT=Australian Capital Territory;NT=Northern Territory`, true)

var brazilian = statesOf(`AC=Acre;AL=Alagoas;AP=Amapá;AM=Amazonas;BA=Bahia;CE=Ceará;DF=Distrito Federal;ES=Espírito Santo;GO=Goiás;
	MA=Maranhão;MT=Mato Grosso;MS=Mato Grosso do Sul;MG=Minas Gerais;PA=Pará;PB=Paraíba;PR=Paraná;PE=Pernambuco;PI=Piauí;RJ=Rio de Janeiro;
	RN=Rio Grande do Norte;RS=Rio Grande do Sul;RO=Rondônia;RR=Roraima;SC=Santa Catarina;SP=São Paulo;SE=Sergipe;TO=Tocantins`, true)

// Mexico's abbreviations end with a dot; names outside the list are printed.
var mexican = statesOf(`Ags.=Aguascalientes;B.C.=Baja California;B.C.S.=Baja California Sur;Camp.=Campeche;Chis.=Chiapas;Chih.=Chihuahua;
	CDMX=Ciudad de México/Distrito Federal/DF;Coah.=Coahuila/Coahuila de Zaragoza;Col.=Colima;Dgo.=Durango;
	Méx.=México/Estado de México/Edo de México/Edo Méx;Gto.=Guanajuato;Gro.=Guerrero;Hgo.=Hidalgo;Jal.=Jalisco;
	Mich.=Michoacán/Michoacán de Ocampo;Mor.=Morelos;Nay.=Nayarit;N.L.=Nuevo León;Oax.=Oaxaca;Pue.=Puebla;
	Qro.=Querétaro;Q.R.=Quintana Roo;S.L.P.=San Luis Potosí;Sin.=Sinaloa;Son.=Sonora;Tab.=Tabasco;Tamps.=Tamaulipas;Tlax.=Tlaxcala;
	Ver.=Veracruz/Veracruz de Ignacio de la Llave;Yuc.=Yucatán;Zac.=Zacatecas`, false)

var italian = statesOf(`AG=Agrigento;AL=Alessandria;AN=Ancona;AO=Aosta/Valle d'Aosta;AP=Ascoli Piceno;AQ=L'Aquila;AR=Arezzo;
	AT=Asti;AV=Avellino;
	BA=Bari;BG=Bergamo;BI=Biella;BL=Belluno;BN=Benevento;BO=Bologna;BR=Brindisi;BS=Brescia;BT=Barletta-Andria-Trani;BZ=Bolzano/Bozen;
	CA=Cagliari;CB=Campobasso;CE=Caserta;CH=Chieti;CI=Carbonia-Iglesias/Sulcis Iglesiente;
	CL=Caltanissetta;CN=Cuneo;CO=Como;CR=Cremona;
	CS=Cosenza;CT=Catania;CZ=Catanzaro;EN=Enna;FC=Forlì-Cesena/FO;FE=Ferrara;FG=Foggia;FI=Firenze;FM=Fermo;FR=Frosinone;GE=Genova;GO=Gorizia;
	GR=Grosseto;IM=Imperia;IS=Isernia;KR=Crotone;LC=Lecco;LE=Lecce;LI=Livorno;LO=Lodi;LT=Latina;LU=Lucca;
	MB=Monza e della Brianza/Monza e Brianza/Monza Brianza;MC=Macerata;ME=Messina;MI=Milano;MN=Mantova;MO=Modena;
	MS=Massa-Carrara/Massa e Carrara;MT=Matera;NA=Napoli;NO=Novara;NU=Nuoro;
	OG=Ogliastra;OR=Oristano;OT=Olbia-Tempio/Gallura;PA=Palermo;
	PC=Piacenza;PD=Padova;PE=Pescara;PG=Perugia;PI=Pisa;PN=Pordenone;PO=Prato;PR=Parma;PT=Pistoia;PU=Pesaro e Urbino/PS;PV=Pavia;PZ=Potenza;
	RA=Ravenna;RC=Reggio Calabria/Reggio di Calabria;RE=Reggio Emilia/Reggio nell'Emilia;RG=Ragusa;RI=Rieti;RM=Roma;RN=Rimini;RO=Rovigo;
	SA=Salerno;SI=Siena;SO=Sondrio;SP=La Spezia;SR=Siracusa;SS=Sassari;SU=Sud Sardegna;SV=Savona;TA=Taranto;TE=Teramo;TN=Trento;TO=Torino;
	TP=Trapani;TR=Terni;TS=Trieste;TV=Treviso;UD=Udine;VA=Varese;VB=Verbano-Cusio-Ossola;VC=Vercelli;VE=Venezia;VI=Vicenza;VR=Verona;
	VS=Medio Campidano;VT=Viterbo;VV=Vibo Valentia`, true)

// India prints names in full.
var indian = statesOf(`Andaman and Nicobar Islands=AN;Andhra Pradesh=AP;Arunachal Pradesh=AR;Assam=AS;Bihar=BR;Chandigarh=CH;
	Chhattisgarh=CG/CT;Dadra and Nagar Haveli and Daman and Diu=DH;Delhi=DL;Goa=GA;Gujarat=GJ;Haryana=HR;Himachal Pradesh=HP;
	Jammu and Kashmir=JK;Jharkhand=JH;
	Karnataka=KA;Kerala=KL;Ladakh=LA;Lakshadweep=LD;Madhya Pradesh=MP;Maharashtra=MH;Manipur=MN;Meghalaya=ML;Mizoram=MZ;Nagaland=NL;
	Odisha=OD/OR;Puducherry=PY;Punjab=PB;Rajasthan=RJ;Sikkim=SK;Tamil Nadu=TN;Telangana=TG/TS;Tripura=TR;Uttar Pradesh=UP;
	Uttarakhand=UK/UT;West Bengal=WB`, false)

// Hong Kong's districts lie in three parts.
var hongKong = statesOf(`Kowloon=KLN;Hong Kong=HK/Hong Kong Island;New Territories=NT`, false)

// Ireland's counties are written with "Co.".
var irish = statesOf(`Co. Carlow=Carlow/County Carlow;Co. Cavan=Cavan/County Cavan;Co. Clare=Clare/County Clare;Co. Cork=Cork/County Cork;
	Co. Donegal=Donegal/County Donegal;Co. Dublin=Dublin/County Dublin;Co. Galway=Galway/County Galway;Co. Kerry=Kerry/County Kerry;
	Co. Kildare=Kildare/County Kildare;Co. Kilkenny=Kilkenny/County Kilkenny;Co. Laois=Laois/County Laois;
	Co. Leitrim=Leitrim/County Leitrim;Co. Limerick=Limerick/County Limerick;Co. Longford=Longford/County Longford;
	Co. Louth=Louth/County Louth;
	Co. Mayo=Mayo/County Mayo;Co. Meath=Meath/County Meath;Co. Monaghan=Monaghan/County Monaghan;Co. Offaly=Offaly/County Offaly;
	Co. Roscommon=Roscommon/County Roscommon;Co. Sligo=Sligo/County Sligo;Co. Tipperary=Tipperary/County Tipperary;
	Co. Waterford=Waterford/County Waterford;Co. Westmeath=Westmeath/County Westmeath;Co. Wexford=Wexford/County Wexford;
	Co. Wicklow=Wicklow/County Wicklow`, false)
