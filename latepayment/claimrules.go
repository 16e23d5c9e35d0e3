package latepayment

import (
	"regexp"
	"slices"

	"github.com/courrier-go/courrier"
)

// claimRule is one thing that a sentence must not say. A sentence is compared in lower
// case, without accents, with ordinary spaces and apostrophes.
type claimRule struct {
	key    string
	why    string
	words  []string       // one of them stands in the sentence: asked first, because it is quick
	says   *regexp.Regexp // what it says
	unless *regexp.Regexp // what makes it harmless; nil: nothing
	when   func(f *LetterFacts) bool
}

func toProtected(f *LetterFacts) bool    { return costsRefused(f.Debtor) }
func toProfessional(f *LetterFacts) bool { return !costsRefused(f.Debtor) }
func toBusiness(f *LetterFacts) bool     { return f.Debtor == DebtorBusiness }
func toPublic(f *LetterFacts) bool       { return f.Debtor == DebtorPublic }
func toAll(*LetterFacts) bool            { return true }
func noticeTo(f *LetterFacts) bool       { return f.Kind == courrier.StepFormalNotice }
func noNoticeYet(f *LetterFacts) bool    { return toProtected(f) && !f.noticed() }
func publicNotice(f *LetterFacts) bool   { return toPublic(f) && noticeTo(f) }
func unproven(f *LetterFacts) bool       { return toProfessional(f) && !f.Proven }

// noticed reports whether a formal notice was sent before.
func (f *LetterFacts) noticed() bool {
	return f.Noticed || slices.ContainsFunc(f.History, func(p PastLetter) bool { return p.Kind == courrier.StepFormalNotice })
}

const (
	someSum = `\d[\d .,']* ?(?:€|eur|euros?)\b?|(?:€|eur) ?\d`
	denial  = `\b(?:aucune?s?|sans|ni|pas de|nulle?)\b[^.;]{0,25}\b(?:frais|couts?|indemnite|penalites?|interets?|majoration|forfait)|` +
		`\bne (?:vous )?(?:sont|seront|sera|est) (?:pas|nullement)|\bn'(?:est|etes|avons)\b[^.;]{0,20}\bpas\b|\bn'(?:avez|aurez) (?:pas|` +
		`rien|aucun\w*) a (?:payer|regler|supporter|verser)|\b(?:a|restent a) notre charge|charge du creancier|` +
		`\bno (?:[a-z]+ )?(?:fees?|costs?|charges?|interest|penalty|postage)\b|free of charge|at our (?:own )?expense|` +
		`borne by us|\bwe bear\b|\bnot (?:charged|claimed|due)`
	courtFee = `depens|article 700|frais irrepetibles|frais de justice|le juge|le tribunal (?:statuera|pourra|peut)|court (?:costs|` +
		`fees)|the court (?:may|will)`
	delivery = `frais de (?:livraison|transport|deplacement|scolarite|inscription|sejour|hebergement)`
	refusal  = `\bne (?:s'applique|concerne)|does not apply|\bn'est pas applicable`
)

var claimRules = []claimRule{
	{ClaimCost, "recovery without an enforceable title is at the creditor's cost (CPCE, art. L111-8)",
		[]string{"frais", "indemnit", "forfait", "timbre", "debours", "affranchissement", "cout ", "couts ", "honoraires", "recommande",
			"dossier", "charge", "commission", "fee", "cost", "postage", "compensation", "40 ", "quarante", "forty"},
		anyOf(
			`\bfrais\b|\bindemnites?\b[^.;]{0,30}(?:recouvrement|legale|forfaitaire|de (?:40|quarante))`,
			`(?:somme|montant) forfaitaire|\bforfaits?\b[^.;]{0,25}(?:40|quarante|recouvrement|frais|\d+,\d\d ?(?:€|eur))`,
			`compensation forfaitaire|\btimbres?\b|\bdebours\b|affranchissement|\bport du (?:courrier|recommande)`,
			`\bcouts? (?:du|de la|de l'|de|des|d')[^.;]{0,12}(?:recommande|lettre|courrier|relance|rappel|envoi|mise en demeure|dossier|`+
				`procedure|recouvrement|gestion|huissier|commissaire)`,
			`\bhonoraires\b|recommandee?s? ?(?:ar|a\.?r\.?)? ?: ?\d|recommandee?s?(?: a\.?r\.?)? \d+,\d\d ?€`,
			`(?:gestion|ouverture|traitement|constitution)[^.;]{0,8}dossier ?:? ?\d|(?:a|sur) votre charge`,
			`(?:factures?|refactures?|repercutes?|imputes?) (?:a|en sus)`,
			`commission (?:de|d')[^.;]{0,12}(?:recouvrement|impaye|rejet|intervention|relance|retard)`,
			`(?:reminder|administration|administrative|handling|file|dunning|collection|late|recovery|processing|bank|`+
				`rejection) (?:fees?|costs?|charges?)`,
			`\bfees?\b ?:? ?(?:of )?(?:€|eur|\d)|\bpostage\b|fixed (?:recovery )?compensation|flat.rate compensation`,
			`compensation (?:of|for recovery)|recovery (?:costs|fee)`,
			`(?:40|quarante|forty) ?(?:€|euros?|eur)[^.;]{0,25}(?:recouvrement|frais|indemnit|recovery)`,
		),
		regexp.MustCompile(denial + "|" + courtFee + "|" + delivery), toProtected},
	{ClaimUnproved, "beyond the fixed compensation only costs that are proven (code de commerce, art. L441-10 II; code de la commande " +
		"publique, art. L2192-13)",
		[]string{"frais", "timbre", "affranchissement", "honoraires", "dossier", "fee", "cost", "postage", "charge", "recommande"},
		anyOf(
			`(?:\bfrais\b|\btimbres?\b|affranchissement|\bhonoraires\b|recommandee? ?:|(?:gestion|ouverture|`+
				`traitement)[^.;]{0,8}dossier|(?:reminder|administration|administrative|handling|file|dunning|collection|`+
				`processing) (?:fees?|costs?|charges?)|\bpostage\b)[^;]{0,60}(?:`+someSum+`)`,
			`(?:`+someSum+`)(?: ht| ttc)? (?:de |d'|pour |au titre d\w+ |of |for |in )(?:frais|honoraires|(?:reminder|administrati\w+|`+
				`handling|collection|processing) (?:fees?|costs?))`,
			`frais[^.;]{0,30}(?:a votre charge|vous (?:seront|sont) (?:factures|reclames))`,
		),
		anyOf(
			denial,
			courtFee,
			delivery,
			`indemnites? forfaitaires?|forfait(?:aire)? (?:de|pour)|fixed (?:recovery )?compensation|justifi|annexe|ci-?joint`,
			`\bjointe?s?\b|piece jointe|\bproof\b|\bproven\b|enclosed|attached`,
			`frais de recouvrement ?:? ?40(?:,00)? ?(?:€|eur)|40(?:,00)? ?(?:€|eur\w*)[^.;]{0,15}frais de recouvrement`,
		), unproven},

	{ClaimPenalty, "interest from one who is not a professional: the legal rate, from a formal notice on (code civil, art. 1231-6); " +
		"nothing else without a clause or a judge",
		[]string{"penalite", "majoration", "dommages", "majore", "441", "interet", "agio", "astreinte", "indemnite", "penalt",
			"surcharge", "damages", "interest"},
		anyOf(
			`penalites?\b|\bagios?\b|\bastreintes?\b|indemnites? de retard|majorations?\b|dommages(?:-| et |-et-)interets`,
			`majore|\b441-(?:10|6)|interets?[^.;]{0,60}(?:bce|banque centrale|taux de refinancement)|interets? moratoires`,
			`taux (?:contractuel|conventionnel)|late.payment (?:interest|penalt)|late penalt|default interest|surcharge`,
			`\bpenalt(?:y|ies)\b|\bdamages\b`,
		),
		anyOf(
			denial,
			courtFee,
			refusal,
			`tribunal|juridiction|jugement executoire|clause penale|article \d+[^.;]{0,25}(?:contrat|conditions)`,
			`penalty clause|judgment`,
		), toProtected},
	{ClaimPenalty, "no interest runs before a formal notice (code civil, art. 1231-6)",
		[]string{"interet", "interest"},
		regexp.MustCompile(`(?:interets?|interest)\b[^;]{0,80}(?:` + someSum + `)`),
		regexp.MustCompile(denial + `|s'impute|sans interets?|credit|pret\b`), noNoticeYet},
	{ClaimPenalty, "interest at a rate that is not the legal one (code civil, art. 1231-6)",
		[]string{"interet", "interest"},
		regexp.MustCompile(`(?:interets?|interest)\b[^;]{0,60}\d ?%`),
		regexp.MustCompile(denial + `|taux (?:de l'interet )?legal|taux d'interet legal|legal (?:interest )?rate|statutory rate`),
		toProtected},
	{ClaimPenalty, "a surcharge or damages need a clause or a judge (code civil, art. 1231-5 and 1231-6)",
		[]string{"majoration", "dommages", "surcharge", "damages"},
		anyOf(
			`majorations?\b[^;]{0,30}(?:\d+ ?%|`+someSum+`)`,
			`dommages(?:-| et |-et-)interets[^;]{0,20}(?:`+someSum+`)`,
			`(?:surcharge|damages)[^;]{0,20}(?:\d+ ?%|`+someSum+`)`,
		),
		regexp.MustCompile(denial + `|tribunal|juge|clause|article \d+[^.;]{0,25}(?:contrat|conditions)|court`), toProfessional},
	{ClaimPenalty, "a public buyer owes ECB + 8 points (code de la commande publique, art. R2192-31)",
		[]string{"points", "441"},
		anyOf(
			`(?:10|dix|ten) (?:percentage )?points|(?:penalites?|interets?|interest)[^.;]{0,80}441-(?:10|6)`,
			`441-(?:10|6)[^.;]{0,60}(?:penalites?|interets?|interest)`,
		),
		regexp.MustCompile(denial + "|" + refusal), toPublic},

	{ClaimWrongBasis, "the article applies between professionals only",
		[]string{"441"}, regexp.MustCompile(`\b(?:[ld]\.? ?)?441-(?:10|5|6|9)\b`), regexp.MustCompile(refusal), func(f *LetterFacts) bool { return !toBusiness(f) }},
	{ClaimWrongBasis, "the article applies to public buyers only",
		[]string{"2192", "commande publique"}, regexp.MustCompile(`\b[lrd]?\.? ?2192-\d+|code de la commande publique`), regexp.MustCompile(refusal), func(f *LetterFacts) bool { return !toPublic(f) }},

	{ClaimNotYetDue, "a notice calls only for what is due (code civil, art. 1344)",
		[]string{"echoir", "echu", "echeance", "due"},
		regexp.MustCompile(`(?:total|demeure|demandons|reglez|regler|payez|payer|somme|dont|including|pay|demand)[^;]*(?:a echoir|(?:non|non encore|` +
			`pas encore|n'est pas|ne sont pas) (?:echue?s?|exigibles?|dues?)|(?:venant|viendra|viendront|arrivera|` +
			`arriveront) a echeance|echeance a venir|not (?:yet )?due|falling due)`),
		anyOf(
			`pour information|non comprise?s?|(?:n'est|ne sont|n'y sont|n'y est) pas (?:comprise?s?|incluse?s?)`,
			`hors de ce total|en sus|not (?:included|part)|for information|apart`,
		), noticeTo},
	{ClaimNotYetDue, "interest and compensation of a public buyer are payable 45 days after the price (code de la commande publique, " +
		"art. R2192-36)",
		[]string{"interets", "indemnit", "interest", "compensation"},
		regexp.MustCompile(`(?:demeure|sommons|exigeons|reglez|payez|(?:de|nous) (?:payer|regler)|verser|demand|` +
			`formal notice)[^;]*(?:interets? moratoires|interets? de retard|indemnite|penalites? de retard|late.payment interest|` +
			`fixed compensation)`),
		regexp.MustCompile(`exigibles?|payables? dans|45 jours|mise en paiement|payable within|seront dus|pour information`), publicNotice},

	{ClaimLimitation, "a formal notice does not interrupt the limitation period, registered or not (Cass. com., 18 May 2022, 20-23.204)",
		[]string{"prescription", "nouveau delai", "forclusion", "limitation", "prescri"},
		anyOf(
			`(?:interromp|interrupti|suspen|proroge|arret(?:e|er|ent)|repart|fait courir|remet)\w*[^.;]{0,60}(?:prescri|forclusion)`,
			`(?:prescription|forclusion)[^.;]{0,40}(?:interromp|interrup|suspend|suspens|arrete|proroge|repart|recommence|cess|`+
				`ne court plus)`,
			`nouveau delai (?:de )?(?:prescription|(?:\w+|\d+) ans?\b)`,
			`(?:interrupt|suspend|toll|stop|restart|extend)\w*[^.;]{0,40}limitation`,
			`limitation[^.;]{0,40}(?:interrupted|suspended|restart|reset|starts? (?:afresh|again)|stops)|new limitation period`,
		),
		anyOf(
			`\bne (?:suspen|l'|la )?[^.;]{0,20}(?:suspen|interromp|proroge|arrete)|n'interromp|n'a pas pour effet`,
			`pas (?:d'effet|interrup)|sans (?:interrompre|suspendre)|does not|do not|neither|will not|no effect|reconnaissance`,
			`reconnaitre|demande en justice|assignation|action en justice|acte d'execution|mesure conservatoire|acknowledg`,
			`court claim|proceedings`,
		), toAll},

	{ClaimThreat, "no seizure without an enforceable title (CPCE, art. L111-2)",
		[]string{"saisi", "seiz", "attach", "bloqu"},
		anyOf(
			`saisir (?:vos|votre|tous vos|le salaire|les comptes|l'ensemble)|\bsaisies?\b|saisirons (?:vos|votre)`,
			`bloqu\w+ (?:vos|votre) (?:comptes?|salaires?|avoirs?)|saisie-|\bseiz\w+|attachment of`,
		),
		anyOf(
			`titre executoire|une fois (?:un |le )?(?:jugement|titre)|apres (?:jugement|obtention|condamnation)`,
			`en vertu d'un jugement|muni d'un|decision de justice|\bsaisie? (?:le|la|du) (?:tribunal|juge)|enforceable title`,
			`once (?:a|the) (?:court|judgment)|after (?:a )?judgment|erreur de saisie`,
		), func(f *LetterFacts) bool { return !toPublic(f) }},
	{ClaimThreat, "goods of public persons cannot be seized (code général de la propriété des personnes publiques, art. L2311-1)",
		[]string{"saisi", "seiz", "bloqu"}, regexp.MustCompile(`bloqu\w+ (?:les|vos) comptes|saisir (?:vos|votre|les comptes|les biens)|\bsaisies?\b|\bseiz\w+`), anyOf(
			denial,
			`\bsaisie? (?:le|la|du|par)\b`,
		), toPublic},
	{ClaimThreat, "pressure by telling others (code pénal, art. 312-10; personal data)",
		[]string{"employeur", "voisin", "famille", "entourage", "conjoint", "proches", "clients", "fournisseurs", "partenaires",
			"banque", "assureur", "employer", "neighbo", "family", "customers", "suppliers", "bailleur", "collegues", "colleagues"},
		anyOf(
			`(?:inform|avert|aviser|aviserons|contact|signal|previen|alert|commun\w+|parl|tell|notify|report|ecri(?:rons|re)|`+
				`faire savoir|saurons|sauront)\w*[^.;]{0,40}(?:employeur|voisin|famille|entourage|conjoint|proches|vos (?:clients|`+
				`fournisseurs|partenaires|collegues)|votre (?:banque|banquier|assureur|bailleur)|employer|neighbo|famil|`+
				`your (?:customers|suppliers|bank|colleagues))`,
			`(?:employeur|voisins|famille|entourage|conjoint|proches|vos clients|vos fournisseurs|your employer|your neighbo\w+|`+
				`your customers)[^.;]{0,40}(?:inform|averti|contact|prevenu|avise|alerte|mis au courant|told|notified)`,
		),
		regexp.MustCompile(`\bne (?:sera|seront|contact|communiqu)|\bnot (?:tell|contact)`), toAll},
	{ClaimThreat, "naming a debtor in public (personal data; code pénal, art. 226-16)",
		[]string{"publi", "liste", "reseaux sociaux", "mauvais payeur", "black", "publish", "social", "internet", "site", "avis"},
		anyOf(
			`\bpublie(?:r|e|es|ee|ees|rons|ra|rez)?\b|rendu\w* publi\w+|publication (?:de|sur)`,
			`liste (?:noire|rouge|des? (?:nos )?(?:mauvais|debiteurs))|mauvais payeurs?|reseaux sociaux|\bpublish\w*`,
			`black ?-?list|social (?:media|networks?)|afficher[^.;]{0,20}(?:nom|dette)|avis negatif`,
		),
		regexp.MustCompile(`marche public|comptable public|personne publique|service public|publiee? au bodacc|prescri`), toAll},
	{ClaimThreat, "an unpaid invoice of a trader does not lead to the files of the Banque de France",
		[]string{"banque de france", "ficp", "fcc", "incidents", "fichage", "fiche", "credit register", "credit file"},
		anyOf(
			`(?:inscri\w+|fich\w+|signal\w+|declar\w+|report\w*|regist\w+)[^.;]{0,60}(?:banque de france|\bficp\b|\bfcc\b|`+
				`incidents? de paiement|credit (?:register|file|bureau))`,
			`(?:banque de france|\bficp\b|\bfcc\b)[^.;]{0,40}(?:inscri|fich|signal)|\bfichage\b`,
		), nil, toAll},
	{ClaimThreat, "a criminal complaint as a lever (code pénal, art. 312-10)",
		[]string{"plainte", "police", "gendarm", "prison", "penal", "escroquerie", "procureur", "criminal", "fraud", "jail"},
		anyOf(
			`\bplainte\b|\bpolice\b|gendarm|\bprison\b|(?:poursuites?|sanctions?|voie|action|juridiction|tribunal) penales?`,
			`\bau penal\b|escroquerie|procureur|criminal|\bjail\b|prosecut\w+ (?:you )?for fraud|\bfraud\b`,
		),
		regexp.MustCompile(`clause penale|code penal|police d'assurance|numero de police|declaration de police|\bpolice n`), toAll},
	{ClaimThreat, "harassment (code pénal, art. 222-33-2-2; consumer code, art. L121-6)",
		[]string{"domicile", "chez vous", "visite", "appel", "home", "visit", "call you", "locaux", "lieu de travail"},
		anyOf(
			`(?:present|rend|pass|vien|viend|deplac|envoy)\w*[^.;]{0,40}(?:a votre domicile|chez vous|a votre porte|`+
				`sur votre lieu de travail|dans vos locaux)`,
			`(?:agents?|collaborateurs?|enqueteurs?|recouvreurs?)[^.;]{0,40}(?:domicile|chez vous|visite)|visite domiciliaire`,
			`rendrons visite|appel\w*[^.;]{0,25}(?:chaque jour|tous les jours|quotidien|jour et nuit|sans relache)`,
			`(?:visit|come to)[^.;]{0,15}(?:your home|your house|you at|your workplace)|call you (?:every|each) day`,
			`every day by telephone`,
		),
		regexp.MustCompile(`commissaire de justice[^.;]{0,30}(?:titre|jugement)`), toAll},

	{ClaimCourt, "nothing may look like a court's or a bailiff's document (code pénal, art. 433-13)",
		[]string{"commandement", "sommation", "signification", "exploit", "acte n", "rg ", "poursuites", "republique francaise",
			"au nom de", "formule executoire", "mandons", "avis", "audience", "huissier", "writ", "bailiff", "in the name of the law",
			"saisie", "proces"},
		anyOf(
			`commandement(?: de payer| aux fins| avant)?\b|\bsommation\b|\bsignification\b|\bexploit\b|\bacte n ?°`,
			`(?:ref\w*|n ?°|numero|dossier)\.? ?rg\b|\brg ?(?:n ?°)? ?\d\d/`,
			`(?:direction|service|bureau|departement) (?:des|du) (?:poursuites|contentieux judiciaire)|republique francaise`,
			`au nom (?:de la loi|du peuple)|formule executoire|mandons et ordonnons|avis (?:avant|de) saisie`,
			`avis d'(?:audience|execution|expulsion)|acte d'huissier|acte de commissaire|exploit d'huissier|proces-verbal de`,
			`writ of|bailiff'?s notice|notice of seizure|final notice before seizure|in the name of the law`,
		),
		anyOf(
			`sans (?:autre|nouvelle|plus|aucune autre) sommation|titre executoire obtenu|frais de signification|une fois`,
			`after judgment`,
		), toAll},

	{ClaimFalseEffect, "silence acknowledges nothing",
		[]string{"silence", "contestation", "reponse", "contester", "repondre", "reply", "dispute", "deemed", "answer", "accord",
			"acceptation", "acquiesc"},
		anyOf(
			`(?:silence|(?:absence|faute|defaut) (?:de|d'une)[^.;]{0,20}(?:contestation|reponse|opposition|reaction|observation)|`+
				`sans (?:contestation|reponse|nouvelles)[^.;]{0,20})[^.;]{0,90}(?:vaut|vaudra|valant|repute|considere|accept|reconn|`+
				`admet|admis|acquies|definitive)`,
			`ne pourrez plus (?:la |le |les )?contester|plus (?:aucune contestation|contestable|possible de contester)`,
			`no longer (?:be able to )?(?:dispute|contest)`,
			`(?:accord|acceptation|acquiescement) (?:sera|est|serait) (?:presume|repute|acquis)`,
			`deemed to (?:accept|admit|acknowledge|agree)|silence[^.;]{0,40}(?:accept|admi|acknowledg|agree)`,
			`(?:no|without an?) (?:reply|answer|dispute)[^.;]{0,60}(?:accept|admi|acknowledg)`,
		),
		regexp.MustCompile(`ne vaut pas|n'emporte pas|is not\b|does not`), toAll},
	{ClaimFalseEffect, "only a judge or the law gives an enforceable title",
		[]string{"titre executoire", "jugement", "ordonnance", "title", "judgment", "vaut ", "reconnaissance de dette"},
		regexp.MustCompile(`(?:la presente|cette lettre|ce courrier|present courrier|presente mise en demeure|cette mise en demeure|this (?:letter|` +
			`notice))[^.;]{0,40}(?:vaut|vaudra|constitue|tient lieu|a (?:la )?(?:force|valeur)|is an?|constitutes|` +
			`has the force)[^.;]{0,40}(?:titre|jugement|decision de justice|ordonnance|reconnaissance de dette|force executoire|` +
			`title|judgment|court order|acknowledgment)`),
		regexp.MustCompile(`ne vaut|ne constitue pas|n'est pas|is not|does not`), toAll},
	{ClaimVoidWaiver, "a waiver of interest towards a public buyer is deemed unwritten (code de la commande publique, art. L2192-14)",
		[]string{"renon", "abandon", "grace", "remise", "exoner", "waive", "forgo"},
		regexp.MustCompile(`(?:renon\w+|abandonn\w+|(?:faisons|ferons|faire) (?:grace|remise|abandon)|remise (?:de|des|totale)|exoner\w+|waiv\w+|` +
			`forgo\w*)[^.;]{0,40}(?:interets?|penalites?|indemnites?|interest|compensation|moratoires)`),
		regexp.MustCompile(`ne renon|sans renonc|question de renon|refus\w+ de renon|ne pouvons|ne peut|not waive|without waiving|cannot`), toPublic},

	{AdviceContract, "valid by contract, and a judge may reduce it (code civil, art. 1231-5): a person confirms it",
		[]string{"clause", "contrat", "conditions", "penalty clause", "contract"},
		anyOf(
			`clause penale|penalty clause`,
			`(?:penalites?|majoration|indemnite)[^.;]{0,40}(?:article|clause) ?\d*[^.;]{0,30}(?:contrat|conditions)`,
			`(?:article|clause) \d+[^.;]{0,40}(?:contrat|conditions)[^.;]{0,60}(?:penalites?|majoration|%)`,
		),
		regexp.MustCompile(denial), toAll},
}
