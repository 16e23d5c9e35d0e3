package latepayment

import "regexp"

const (
	// goods are what can be seized; a customer's account with the creditor is none.
	goods = `(?:comptes?(?: bancaires?| en banque| courants?)?|salaires?|remunerations?|traitement|retraite|allocations|avoirs?|biens|` +
		`vehicules?|voiture|meubles|mobilier|materiel|stocks?|fonds|recettes|subventions)`
	yourGoods = `(?:vos|votre|ses|leurs?|des|le|la|les|l'ensemble de vos|tous vos) ` + goods
	// others are those whom a debt does not concern.
	others = `(?:employeur|voisin\w*|famille|entourage|conjointe?|epoux|epouse|proches|parents|(?:vos|votre) (?:\w+ )?(?:clients?|` +
		`clientele|` +
		`fournisseurs?|partenaires?|collegues|confreres|associes|actionnaires|banques?|banquiers?|assureurs?|bailleur|proprietaire|` +
		`locataires|concierge|gardien)|employer|neighbo\w+|famil(?:y|ies)|relatives|your (?:\w+ )?(?:customers|clients|suppliers|banks?|` +
		`colleagues|landlord|partners))`
)

var threatRules = []claimRule{
	{ClaimThreat, "no seizure without an enforceable title (CPCE, art. L111-2)",
		[]string{"saisi", "seiz", "attach", "bloqu", "garnish", "gel", "vend", "enlev", "prelev", "reten", "retien", "opposition", "expuls",
			"freez", "take ", "repossess", "confisqu"},
		anyOf(
			`saisir `+yourGoods+`|saisir (?:vos|votre)|\bsaisies?\b|saisirons (?:vos|votre)|saisie-|\bseiz\w+|attachment of|garnish`,
			`\b`+goods+`\b[^.;]{0,30}\b(?:bloque|saisi|gele|vendu|confisque)e?s?\b`,
			`(?:bloqu|gel|vend|enlev|confisqu)\w+ `+yourGoods+`|\bopposition (?:sur|a) `+yourGoods,
			`(?:prelev|reten|retien)\w*[^.;]{0,30}\bsur (?:vos|votre) (?:salaires?|paie|remunerations?|retraite|allocations)|\bexpuls\w+`,
			`(?:freeze|block|take|repossess|attach|sell)\w*(?: away)? your (?:\w+ )?(?:accounts?|wages|salary|furniture|goods|belongings|assets|`+
				`car|vehicle|property|equipment)`,
		),
		anyOf(
			`titre executoire|(?:une fois|apres|sur|avec) (?:un |le |une )?(?:jugement|titre|decision|obtention|condamnation)`,
			`en vertu d'un jugement|muni d'un|decision de justice|\bsaisie? (?:le|la|du|les) (?:tribunal|juge|mediateur|juridiction)`,
			`enforceable title|once (?:a|the|we)[^.;]{0,20}(?:court|judgment|title)|after (?:a )?judgment|with a judgment`,
			`erreur de saisie|commandement|avis (?:avant|de) saisie|compte (?:client|fournisseur|utilisateur|en ligne|d'acces)`,
		), func(f *LetterFacts) bool { return !toPublic(f) }},
	{ClaimThreat, "goods of public persons cannot be seized (code général de la propriété des personnes publiques, art. L2311-1)",
		[]string{"saisi", "seiz", "bloqu", "gel"},
		anyOf(
			`(?:bloqu|gel)\w+ `+yourGoods+`|(?:faire|ferons|fera) saisir|saisir (?:vos|votre)|saisir `+yourGoods,
			`\bsaisies?\b|\bseiz\w+|\b`+goods+`\b[^.;]{0,30}\b(?:bloque|saisi|gele)e?s?\b`,
		),
		anyOf(denial, `\bsaisie? (?:le|la|du|par)\b|insaisissable|erreur de saisie`), toPublic},
	{ClaimThreat, "pressure by telling others (code pénal, art. 312-10; personal data)",
		[]string{"employ", "voisin", "famil", "entourage", "conjoint", "epou", "proches", "parents", "client", "fournisseur", "partenaire",
			"banque", "banquier", "assureur", "neighbo", "relatives", "customers", "suppliers", "bailleur", "proprietaire", "locataires",
			"concierge", "gardien", "collegues", "colleagues", "confreres", "associes", "actionnaires", "your bank", "landlord", "partners"},
		anyOf(
			`(?:inform|avert|aviser|aviserons|contact|signal|previen|prevenir|alert|commun\w+|parl|tell|notify|report|ecri(?:rons|re)|`+
				`savoir|saurons|sauront|connait|revel|divulg|diffus|transmet|denon|adresse)\w*[^.;]{0,50}`+others,
			others+`[^.;]{0,50}(?:inform|averti|contact|prevenu|avise|alerte|au courant|connaissance|recev|appren|copie|told|notified|copy)`,
		),
		anyOf(
			`\bne (?:sera|seront|contact|communiqu)|\bnot (?:tell|contact)`,
			`\b(?:contactez|prevenez|informez|avertissez|parlez|rapprochez|verifiez|please (?:contact|inform|tell|ask))\b`,
		), toAll},
	{ClaimThreat, "naming a debtor in public (personal data; code pénal, art. 226-16)",
		[]string{"publi", "liste", "reseaux sociaux", "mauvais payeur", "black", "social", "avis negatif", "affich", "presse", "google"},
		anyOf(
			`\bpublie(?:r|e|es|ee|ees|rons|ra|rez)?\b|rendu\w* publi\w+|publication (?:de|sur)|publiquement`,
			`liste (?:noire|rouge|publique|des? (?:nos )?(?:mauvais|debiteurs))|mauvais payeurs?|reseaux sociaux|\bpublish\w*`,
			`black ?-?list|social (?:media|networks?)|affich\w+[^.;]{0,20}(?:nom|dette|impaye)|(?:nom|dettes?|impayes?)\b[^.;]{0,30}affich`,
			`avis negatif|(?:dans|a) la presse|avis (?:sur|public)`,
		),
		regexp.MustCompile(`marche public|comptable public|personne publique|service public|publiee? au (?:bodacc|journal)|prescri|tarifs|` +
			`catalogue|comptes annuels|conditions generales`), toAll},
	{ClaimThreat, "an unpaid invoice of a trader does not lead to the files of the Banque de France",
		[]string{"banque de france", "ficp", "fcc", "incidents", "fich", "credit register", "credit file", "credit bureau"},
		anyOf(
			`(?:inscri\w+|fich\w+|signal\w+|declar\w+|report\w*|regist\w+)[^.;]{0,60}(?:banque de france|\bficp\b|\bfcc\b|`+
				`incidents? de paiement|credit (?:register|file|bureau))`,
			`(?:banque de france|\bficp\b|\bfcc\b)[^.;]{0,40}(?:inscri|fich|signal)|\bfichage\b|\bfichee?s?\b`,
		), nil, toAll},
	{ClaimThreat, "a criminal complaint as a lever (code pénal, art. 312-10)",
		[]string{"plainte", "police", "gendarm", "prison", "penal", "escroquerie", "filouterie", "abus de confiance", "procureur", "criminal",
			"fraud", "jail", "correctionnel", "garde a vue", "incarcer", "prosecut"},
		anyOf(
			`\bplainte\b|\bpolice\b|gendarm|\b(?:em|im)?prison|correctionnel|garde a vue|incarcer|filouterie|abus de confiance`,
			`(?:poursuites?|sanctions?|voie|action|juridiction|tribunal|infraction) penales?`,
			`\bau penal\b|escroquerie|procureur|criminal|\bjail\b|prosecut\w+ you|\bfraud\b`,
		),
		regexp.MustCompile(`clause penale|code penal|police d'assurance|numero de police|declaration de police|\bpolice n`), toAll},
	{ClaimThreat, "harassment (code pénal, art. 222-33-2-2; consumer code, art. L121-6)",
		[]string{"domicile", "chez vous", "visite", "appel", "home", "house", "visit", "call you", "locaux", "lieu de travail", "votre porte",
			"harcel", "every day", "come to", "your workplace"},
		anyOf(
			`(?:present|rend|pass|vien|viend|deplac|envoy)\w*[^.;]{0,40}(?:a votre domicile|chez vous|a votre porte|`+
				`(?:sur|a) votre lieu de travail|dans vos locaux)`,
			`(?:agents?|collaborateurs?|enqueteurs?|recouvreurs?|huissiers?)[^.;]{0,40}(?:domicile|chez vous|visite)|visite domiciliaire`,
			`rendrons visite|appel\w*[^.;]{0,25}(?:chaque jour|tous les jours|quotidien|jour et nuit|sans relache|toutes les heures)`,
			`(?:visit|come to)[^.;]{0,15}(?:your home|your house|you at|your workplace|take)|call you (?:every|each) day`,
			`every day by telephone|harcel`,
		),
		regexp.MustCompile(`commissaire de justice[^.;]{0,30}(?:titre|jugement)|livr`), toAll},
}

var courtRules = []claimRule{
	{ClaimCourt, "nothing may look like a court's or a bailiff's document (code pénal, art. 433-13)",
		[]string{"commandement", "sommation", "signification", "exploit", "acte n", "rg ", "poursuites", "republique francaise", "contentieux",
			"au nom d", "formule executoire", "mandons", "avis", "acte d", "huissier", "commissaire", "officier", "greffe", "assignation",
			"injonction", "ordonnance", "citation", "requisition", "writ", "bailiff", "in the name of the law", "enforcement", "seizure",
			"summons", "warrant", "saisie", "proces"},
		anyOf(
			`commandement(?: de payer| aux fins| avant)?\b|\bsommation\b|\bsignification\b|\bexploit\b|\bacte n ?°`,
			`(?:ref\w*|n ?°|numero|dossier)\.? ?rg\b|\brg ?(?:n ?°)? ?\d\d/`,
			`(?:direction|service|bureau|departement) (?:des|du) (?:poursuites|contentieux judiciaire)|republique francaise`,
			`au nom (?:de la loi|du peuple)|formule executoire|mandons et ordonnons|avis (?:avant|de) (?:saisie|poursuites|execution)`,
			`avis d'(?:audience|execution|expulsion)|acte d'huissier|acte de commissaire|exploit d'huissier|proces-verbal de`,
			`(?:^|objet ?: ?)(?:assignation|injonction de payer|ordonnance|citation|requisition|mandement)\b|office d'huissier|`+
				`[-–—] ?huissiers? de justice`,
			`(?:etude|scp|cabinet) (?:d'|de )?(?:huissiers?|commissaires? de justice)|officier ministeriel|ministere public`,
			`(?:agissant |en )(?:qualite|tant que|comme) (?:d'|de )?(?:huissier|commissaire)|(?:service du|par) greffe`,
			`writ of|bailiff'?s? (?:notice|department|office)|notice of (?:seizure|enforcement|execution|distraint|attachment)`,
			`final notice before seizure|in the name of the law|enforcement (?:notice|department|officer)|^(?:summons|warrant)\b`,
		),
		anyOf(
			`sans (?:autre|nouvelle|plus|aucune autre) sommation|titre executoire obtenu|frais de signification|une fois`,
			`after judgment`,
		), toAll},
}
