package postal

import "strings"

// countryNames are the names that forms and lists of customers give countries beside the
// French one: the country's own and the English one. Nothing is printed from here.
const countryNames = `FR=France; AD=Andorra; AE=United Arab Emirates/UAE; AR=Argentina; AT=Österreich/Austria; AU=Australia;
	BA=Bosna i Hercegovina/Bosnia and Herzegovina/Bosnia; BE=België/Belgien/Belgium; BG=Bulgaria; BR=Brasil/Brazil; CA=Canada;
	CH=Schweiz/Svizzera/Svizra/Switzerland; CI=Ivory Coast; CL=Chile; CM=Cameroon; CN=China/PR China/P.R. China; CY=Kypros/Cyprus;
	CZ=Česko/Česká republika/Czech Republic/Czechia/Tchéquie; DE=Deutschland/Germany; DK=Danmark/Denmark; DZ=Algeria; EE=Eesti/Estonia;
	ES=España/Spain; FI=Suomi/Finland; FO=Føroyar/Faroe Islands;
	GB=United Kingdom/Great Britain/UK/England/Scotland/Wales/Northern Ireland/Angleterre;
	GL=Greenland/Kalaallit Nunaat; GR=Hellas/Ellada/Greece; HR=Hrvatska/Croatia; HU=Magyarország/Hungary; IE=Éire/Ireland; IL=Israel;
	IM=Isle of Man; IN=India; IS=Ísland/Iceland; IT=Italia/Italy; JP=Nippon/Japan; KR=South Korea/Korea; LB=Lebanon; LI=Liechtenstein;
	LT=Lietuva/Lithuania; LU=Lëtzebuerg/Luxemburg/Luxembourg; LV=Latvija/Latvia; MA=Morocco; MC=Monaco; MT=Malta; MU=Mauritius/Île Maurice;
	MX=México/Mexico; NL=Nederland/The Netherlands/Netherlands/Holland/Hollande; NO=Norge/Noreg/Norway; NZ=New Zealand/Aotearoa;
	PL=Polska/Poland; PT=Portugal; RO=România/Romania; RS=Srbija/Serbia; SE=Sverige/Sweden; SG=Singapore; SI=Slovenija/Slovenia;
	SK=Slovensko/Slovakia/Slovak Republic; SM=San Marino; SN=Senegal; TN=Tunisia; TR=Türkiye/Turkey; UA=Ukraina/Ukraine;
	US=United States/United States of America/USA/U.S.A./Etats-Unis d'Amérique; XK=Kosova/Kosovë/Kosovo; ZA=South Africa/RSA`

// namedCountries is countryNames by the folded name.
var namedCountries = func() map[string]string {
	m := make(map[string]string)
	for entry := range strings.SplitSeq(countryNames, ";") {
		code, names, _ := strings.Cut(strings.TrimSpace(entry), "=")
		for name := range strings.SplitSeq(names, "/") {
			m[Fold(name)] = code
		}
	}
	return m
}()

// namesCountry tells that a text is a country: by its code, its line on letters or
// another name it has.
func namesCountry(country, text string) bool {
	name := Fold(text)
	return name != "" && (name == country || name == Fold(countryLines[country]) || namedCountries[name] == country)
}
