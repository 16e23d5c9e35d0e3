package latepayment

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
)

// LetterFacts is what a text is judged by: who writes what to whom, when, and what was
// sent before.
type LetterFacts struct {
	Kind    courrier.StepKind
	Debtor  DebtorClass   // empty: treated as a consumer
	On      courrier.Date // of the letter; no date: whether a deadline is long enough is not asked
	History []PastLetter  // what was sent before, in any order
	// Proven says that the statement claims costs on proof.
	Proven bool
	// Noticed says that a formal notice took effect that History may not hold.
	Noticed bool
}

// PastLetter is one letter, e-mail or notice that was sent.
type PastLetter struct {
	Kind courrier.StepKind `json:"kind"`
	On   courrier.Date     `json:"on"`
}

// The claims that [CheckClaims] finds. Those of the first group a letter must not
// make; the second is advice.
const (
	ClaimCost         = "forbidden-cost"        // a cost of recovery put to one who never owes it
	ClaimUnproved     = "unproved-cost"         // beyond the fixed compensation, without proof
	ClaimPenalty      = "forbidden-penalty"     // interest, surcharge or damages that this debtor does not owe, or not yet
	ClaimWrongBasis   = "wrong-basis"           // the text cited does not govern this debtor
	ClaimNotYetDue    = "not-yet-due"           // demands what is not due
	ClaimLimitation   = "interrupts-limitation" // a letter does not
	ClaimThreat       = "threat"                // announces what the creditor may not do
	ClaimCourt        = "court-look"            // looks like an act of a court or a bailiff
	ClaimFalsePast    = "false-past"            // tells of letters, calls or agreements that the history does not hold
	ClaimFalseEffect  = "false-effect"          // gives the letter or silence an effect it has not
	ClaimVoidWaiver   = "void-waiver"           // waives interest towards a public buyer
	ClaimMisleading   = "title-misleading"      // a notice called a reminder, or the reverse
	ClaimDateMismatch = "date-mismatch"         // the weekday is not that of the date

	AdviceContract     = "penalty-by-contract" // rests on a clause: a person confirms it
	AdviceBasis        = "basis-missing"       // interest or compensation without rate, period or text
	AdviceNoDeadline   = "no-deadline"
	AdviceWorkingDay   = "deadline-not-working-day"
	AdviceTitleMissing = "title-missing"
)

// advised are the claims that are advice.
var advisedClaims = []string{AdviceContract, AdviceBasis, AdviceNoDeadline, AdviceWorkingDay, AdviceTitleMissing}

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
	someSum  = `\d[\d .,']* ?(?:€|eur|euros?)\b?|(?:€|eur) ?\d`
	denial   = `\b(?:aucune?s?|sans|ni|pas de|nulle?)\b[^.;]{0,25}\b(?:frais|couts?|indemnite|penalites?|interets?|majoration|forfait)|\bne (?:vous )?(?:sont|seront|sera|est) (?:pas|nullement)|\bn'(?:est|etes|avons)\b[^.;]{0,20}\bpas\b|\bn'(?:avez|aurez) (?:pas|rien|aucun\w*) a (?:payer|regler|supporter|verser)|\b(?:a|restent a) notre charge|charge du creancier|\bno (?:[a-z]+ )?(?:fees?|costs?|charges?|interest|penalty|postage)\b|free of charge|at our (?:own )?expense|borne by us|\bwe bear\b|\bnot (?:charged|claimed|due)`
	courtFee = `depens|article 700|frais irrepetibles|frais de justice|le juge|le tribunal (?:statuera|pourra|peut)|court (?:costs|fees)|the court (?:may|will)`
	delivery = `frais de (?:livraison|transport|deplacement|scolarite|inscription|sejour|hebergement)`
	refusal  = `\bne (?:s'applique|concerne)|does not apply|\bn'est pas applicable`
)

var claimRules = []claimRule{
	{ClaimCost, "recovery without an enforceable title is at the creditor's cost (CPCE, art. L111-8)",
		[]string{"frais", "indemnit", "forfait", "timbre", "debours", "affranchissement", "cout ", "couts ", "honoraires", "recommande", "dossier", "charge", "commission", "fee", "cost", "postage", "compensation", "40 ", "quarante", "forty"},
		regexp.MustCompile(`\bfrais\b|\bindemnites?\b[^.;]{0,30}(?:recouvrement|legale|forfaitaire|de (?:40|quarante))|(?:somme|montant) forfaitaire|\bforfaits?\b[^.;]{0,25}(?:40|quarante|recouvrement|frais|\d+,\d\d ?(?:€|eur))|compensation forfaitaire|\btimbres?\b|\bdebours\b|affranchissement|\bport du (?:courrier|recommande)|\bcouts? (?:du|de la|de l'|de|des|d')[^.;]{0,12}(?:recommande|lettre|courrier|relance|rappel|envoi|mise en demeure|dossier|procedure|recouvrement|gestion|huissier|commissaire)|\bhonoraires\b|recommandee?s? ?(?:ar|a\.?r\.?)? ?: ?\d|recommandee?s?(?: a\.?r\.?)? \d+,\d\d ?€|(?:gestion|ouverture|traitement|constitution)[^.;]{0,8}dossier ?:? ?\d|(?:a|sur) votre charge|(?:factures?|refactures?|repercutes?|imputes?) (?:a|en sus)|commission (?:de|d')[^.;]{0,12}(?:recouvrement|impaye|rejet|intervention|relance|retard)|(?:reminder|administration|administrative|handling|file|dunning|collection|late|recovery|processing|bank|rejection) (?:fees?|costs?|charges?)|\bfees?\b ?:? ?(?:of )?(?:€|eur|\d)|\bpostage\b|fixed (?:recovery )?compensation|flat.rate compensation|compensation (?:of|for recovery)|recovery (?:costs|fee)|(?:40|quarante|forty) ?(?:€|euros?|eur)[^.;]{0,25}(?:recouvrement|frais|indemnit|recovery)`),
		regexp.MustCompile(denial + "|" + courtFee + "|" + delivery), toProtected},
	{ClaimUnproved, "beyond the fixed compensation only costs that are proven (code de commerce, art. L441-10 II; code de la commande publique, art. L2192-13)",
		[]string{"frais", "timbre", "affranchissement", "honoraires", "dossier", "fee", "cost", "postage", "charge", "recommande"},
		regexp.MustCompile(`(?:\bfrais\b|\btimbres?\b|affranchissement|\bhonoraires\b|recommandee? ?:|(?:gestion|ouverture|traitement)[^.;]{0,8}dossier|(?:reminder|administration|administrative|handling|file|dunning|collection|processing) (?:fees?|costs?|charges?)|\bpostage\b)[^;]{0,60}(?:` + someSum + `)|(?:` + someSum + `)(?: ht| ttc)? (?:de |d'|pour |au titre d\w+ |of |for |in )(?:frais|honoraires|(?:reminder|administrati\w+|handling|collection|processing) (?:fees?|costs?))|frais[^.;]{0,30}(?:a votre charge|vous (?:seront|sont) (?:factures|reclames))`),
		regexp.MustCompile(denial + "|" + courtFee + "|" + delivery + `|indemnites? forfaitaires?|forfait(?:aire)? (?:de|pour)|fixed (?:recovery )?compensation|justifi|annexe|ci-?joint|\bjointe?s?\b|piece jointe|\bproof\b|\bproven\b|enclosed|attached|frais de recouvrement ?:? ?40(?:,00)? ?(?:€|eur)|40(?:,00)? ?(?:€|eur\w*)[^.;]{0,15}frais de recouvrement`), unproven},

	{ClaimPenalty, "interest from one who is not a professional: the legal rate, from a formal notice on (code civil, art. 1231-6); nothing else without a clause or a judge",
		[]string{"penalite", "majoration", "dommages", "majore", "441", "interet", "agio", "astreinte", "indemnite", "penalt", "surcharge", "damages", "interest"},
		regexp.MustCompile(`penalites?\b|\bagios?\b|\bastreintes?\b|indemnites? de retard|majorations?\b|dommages(?:-| et |-et-)interets|majore|\b441-(?:10|6)|interets?[^.;]{0,60}(?:bce|banque centrale|taux de refinancement)|interets? moratoires|taux (?:contractuel|conventionnel)|late.payment (?:interest|penalt)|late penalt|default interest|surcharge|\bpenalt(?:y|ies)\b|\bdamages\b`),
		regexp.MustCompile(denial + "|" + courtFee + "|" + refusal + `|tribunal|juridiction|jugement executoire|clause penale|article \d+[^.;]{0,25}(?:contrat|conditions)|penalty clause|judgment`), toProtected},
	{ClaimPenalty, "no interest runs before a formal notice (code civil, art. 1231-6)",
		[]string{"interet", "interest"},
		regexp.MustCompile(`(?:interets?|interest)\b[^;]{0,80}(?:` + someSum + `)`),
		regexp.MustCompile(denial + `|s'impute|sans interets?|credit|pret\b`), noNoticeYet},
	{ClaimPenalty, "interest at a rate that is not the legal one (code civil, art. 1231-6)",
		[]string{"interet", "interest"},
		regexp.MustCompile(`(?:interets?|interest)\b[^;]{0,60}\d ?%`),
		regexp.MustCompile(denial + `|taux (?:de l'interet )?legal|taux d'interet legal|legal (?:interest )?rate|statutory rate`), toProtected},
	{ClaimPenalty, "a surcharge or damages need a clause or a judge (code civil, art. 1231-5 and 1231-6)",
		[]string{"majoration", "dommages", "surcharge", "damages"},
		regexp.MustCompile(`majorations?\b[^;]{0,30}(?:\d+ ?%|` + someSum + `)|dommages(?:-| et |-et-)interets[^;]{0,20}(?:` + someSum + `)|(?:surcharge|damages)[^;]{0,20}(?:\d+ ?%|` + someSum + `)`),
		regexp.MustCompile(denial + `|tribunal|juge|clause|article \d+[^.;]{0,25}(?:contrat|conditions)|court`), toProfessional},
	{ClaimPenalty, "a public buyer owes ECB + 8 points (code de la commande publique, art. R2192-31)",
		[]string{"points", "441"},
		regexp.MustCompile(`(?:10|dix|ten) (?:percentage )?points|(?:penalites?|interets?|interest)[^.;]{0,80}441-(?:10|6)|441-(?:10|6)[^.;]{0,60}(?:penalites?|interets?|interest)`),
		regexp.MustCompile(denial + "|" + refusal), toPublic},

	{ClaimWrongBasis, "the article applies between professionals only",
		[]string{"441"}, regexp.MustCompile(`\b(?:[ld]\.? ?)?441-(?:10|5|6|9)\b`), regexp.MustCompile(refusal), func(f *LetterFacts) bool { return !toBusiness(f) }},
	{ClaimWrongBasis, "the article applies to public buyers only",
		[]string{"2192", "commande publique"}, regexp.MustCompile(`\b[lrd]?\.? ?2192-\d+|code de la commande publique`), regexp.MustCompile(refusal), func(f *LetterFacts) bool { return !toPublic(f) }},

	{ClaimNotYetDue, "a notice calls only for what is due (code civil, art. 1344)",
		[]string{"echoir", "echu", "echeance", "due"},
		regexp.MustCompile(`(?:total|demeure|demandons|reglez|regler|payez|payer|somme|dont|including|pay|demand)[^;]*(?:a echoir|(?:non|non encore|pas encore|n'est pas|ne sont pas) (?:echue?s?|exigibles?|dues?)|(?:venant|viendra|viendront|arrivera|arriveront) a echeance|echeance a venir|not (?:yet )?due|falling due)`),
		regexp.MustCompile(`pour information|non comprise?s?|(?:n'est|ne sont|n'y sont|n'y est) pas (?:comprise?s?|incluse?s?)|hors de ce total|en sus|not (?:included|part)|for information|apart`), noticeTo},
	{ClaimNotYetDue, "interest and compensation of a public buyer are payable 45 days after the price (code de la commande publique, art. R2192-36)",
		[]string{"interets", "indemnit", "interest", "compensation"},
		regexp.MustCompile(`(?:demeure|sommons|exigeons|reglez|payez|(?:de|nous) (?:payer|regler)|verser|demand|formal notice)[^;]*(?:interets? moratoires|interets? de retard|indemnite|penalites? de retard|late.payment interest|fixed compensation)`),
		regexp.MustCompile(`exigibles?|payables? dans|45 jours|mise en paiement|payable within|seront dus|pour information`), publicNotice},

	{ClaimLimitation, "a formal notice does not interrupt the limitation period, registered or not (Cass. com., 18 May 2022, 20-23.204)",
		[]string{"prescription", "nouveau delai", "forclusion", "limitation", "prescri"},
		regexp.MustCompile(`(?:interromp|interrupti|suspen|proroge|arret(?:e|er|ent)|repart|fait courir|remet)\w*[^.;]{0,60}(?:prescri|forclusion)|(?:prescription|forclusion)[^.;]{0,40}(?:interromp|interrup|suspend|suspens|arrete|proroge|repart|recommence|cess|ne court plus)|nouveau delai (?:de )?(?:prescription|(?:\w+|\d+) ans?\b)|(?:interrupt|suspend|toll|stop|restart|extend)\w*[^.;]{0,40}limitation|limitation[^.;]{0,40}(?:interrupted|suspended|restart|reset|starts? (?:afresh|again)|stops)|new limitation period`),
		regexp.MustCompile(`\bne (?:suspen|l'|la )?[^.;]{0,20}(?:suspen|interromp|proroge|arrete)|n'interromp|n'a pas pour effet|pas (?:d'effet|interrup)|sans (?:interrompre|suspendre)|does not|do not|neither|will not|no effect|reconnaissance|reconnaitre|demande en justice|assignation|action en justice|acte d'execution|mesure conservatoire|acknowledg|court claim|proceedings`), toAll},

	{ClaimThreat, "no seizure without an enforceable title (CPCE, art. L111-2)",
		[]string{"saisi", "seiz", "attach", "bloqu"},
		regexp.MustCompile(`saisir (?:vos|votre|tous vos|le salaire|les comptes|l'ensemble)|\bsaisies?\b|saisirons (?:vos|votre)|bloqu\w+ (?:vos|votre) (?:comptes?|salaires?|avoirs?)|saisie-|\bseiz\w+|attachment of`),
		regexp.MustCompile(`titre executoire|une fois (?:un |le )?(?:jugement|titre)|apres (?:jugement|obtention|condamnation)|en vertu d'un jugement|muni d'un|decision de justice|\bsaisie? (?:le|la|du) (?:tribunal|juge)|enforceable title|once (?:a|the) (?:court|judgment)|after (?:a )?judgment|erreur de saisie`), func(f *LetterFacts) bool { return !toPublic(f) }},
	{ClaimThreat, "goods of public persons cannot be seized (code général de la propriété des personnes publiques, art. L2311-1)",
		[]string{"saisi", "seiz", "bloqu"}, regexp.MustCompile(`bloqu\w+ (?:les|vos) comptes|saisir (?:vos|votre|les comptes|les biens)|\bsaisies?\b|\bseiz\w+`), regexp.MustCompile(denial + `|\bsaisie? (?:le|la|du|par)\b`), toPublic},
	{ClaimThreat, "pressure by telling others (code pénal, art. 312-10; personal data)",
		[]string{"employeur", "voisin", "famille", "entourage", "conjoint", "proches", "clients", "fournisseurs", "partenaires", "banque", "assureur", "employer", "neighbo", "family", "customers", "suppliers", "bailleur", "collegues", "colleagues"},
		regexp.MustCompile(`(?:inform|avert|aviser|aviserons|contact|signal|previen|alert|commun\w+|parl|tell|notify|report|ecri(?:rons|re)|faire savoir|saurons|sauront)\w*[^.;]{0,40}(?:employeur|voisin|famille|entourage|conjoint|proches|vos (?:clients|fournisseurs|partenaires|collegues)|votre (?:banque|banquier|assureur|bailleur)|employer|neighbo|famil|your (?:customers|suppliers|bank|colleagues))|(?:employeur|voisins|famille|entourage|conjoint|proches|vos clients|vos fournisseurs|your employer|your neighbo\w+|your customers)[^.;]{0,40}(?:inform|averti|contact|prevenu|avise|alerte|mis au courant|told|notified)`),
		regexp.MustCompile(`\bne (?:sera|seront|contact|communiqu)|\bnot (?:tell|contact)`), toAll},
	{ClaimThreat, "naming a debtor in public (personal data; code pénal, art. 226-16)",
		[]string{"publi", "liste", "reseaux sociaux", "mauvais payeur", "black", "publish", "social", "internet", "site", "avis"},
		regexp.MustCompile(`\bpublie(?:r|e|es|ee|ees|rons|ra|rez)?\b|rendu\w* publi\w+|publication (?:de|sur)|liste (?:noire|rouge|des? (?:nos )?(?:mauvais|debiteurs))|mauvais payeurs?|reseaux sociaux|\bpublish\w*|black ?-?list|social (?:media|networks?)|afficher[^.;]{0,20}(?:nom|dette)|avis negatif`),
		regexp.MustCompile(`marche public|comptable public|personne publique|service public|publiee? au bodacc|prescri`), toAll},
	{ClaimThreat, "an unpaid invoice of a trader does not lead to the files of the Banque de France",
		[]string{"banque de france", "ficp", "fcc", "incidents", "fichage", "fiche", "credit register", "credit file"},
		regexp.MustCompile(`(?:inscri\w+|fich\w+|signal\w+|declar\w+|report\w*|regist\w+)[^.;]{0,60}(?:banque de france|\bficp\b|\bfcc\b|incidents? de paiement|credit (?:register|file|bureau))|(?:banque de france|\bficp\b|\bfcc\b)[^.;]{0,40}(?:inscri|fich|signal)|\bfichage\b`), nil, toAll},
	{ClaimThreat, "a criminal complaint as a lever (code pénal, art. 312-10)",
		[]string{"plainte", "police", "gendarm", "prison", "penal", "escroquerie", "procureur", "criminal", "fraud", "jail"},
		regexp.MustCompile(`\bplainte\b|\bpolice\b|gendarm|\bprison\b|(?:poursuites?|sanctions?|voie|action|juridiction|tribunal) penales?|\bau penal\b|escroquerie|procureur|criminal|\bjail\b|prosecut\w+ (?:you )?for fraud|\bfraud\b`),
		regexp.MustCompile(`clause penale|code penal|police d'assurance|numero de police|declaration de police|\bpolice n`), toAll},
	{ClaimThreat, "harassment (code pénal, art. 222-33-2-2; consumer code, art. L121-6)",
		[]string{"domicile", "chez vous", "visite", "appel", "home", "visit", "call you", "locaux", "lieu de travail"},
		regexp.MustCompile(`(?:present|rend|pass|vien|viend|deplac|envoy)\w*[^.;]{0,40}(?:a votre domicile|chez vous|a votre porte|sur votre lieu de travail|dans vos locaux)|(?:agents?|collaborateurs?|enqueteurs?|recouvreurs?)[^.;]{0,40}(?:domicile|chez vous|visite)|visite domiciliaire|rendrons visite|appel\w*[^.;]{0,25}(?:chaque jour|tous les jours|quotidien|jour et nuit|sans relache)|(?:visit|come to)[^.;]{0,15}(?:your home|your house|you at|your workplace)|call you (?:every|each) day|every day by telephone`),
		regexp.MustCompile(`commissaire de justice[^.;]{0,30}(?:titre|jugement)`), toAll},

	{ClaimCourt, "nothing may look like a court's or a bailiff's document (code pénal, art. 433-13)",
		[]string{"commandement", "sommation", "signification", "exploit", "acte n", "rg ", "poursuites", "republique francaise", "au nom de", "formule executoire", "mandons", "avis", "audience", "huissier", "writ", "bailiff", "in the name of the law", "saisie", "proces"},
		regexp.MustCompile(`commandement(?: de payer| aux fins| avant)?\b|\bsommation\b|\bsignification\b|\bexploit\b|\bacte n ?°|(?:ref\w*|n ?°|numero|dossier)\.? ?rg\b|\brg ?(?:n ?°)? ?\d\d/|(?:direction|service|bureau|departement) (?:des|du) (?:poursuites|contentieux judiciaire)|republique francaise|au nom (?:de la loi|du peuple)|formule executoire|mandons et ordonnons|avis (?:avant|de) saisie|avis d'(?:audience|execution|expulsion)|acte d'huissier|acte de commissaire|exploit d'huissier|proces-verbal de|writ of|bailiff'?s notice|notice of seizure|final notice before seizure|in the name of the law`),
		regexp.MustCompile(`sans (?:autre|nouvelle|plus|aucune autre) sommation|titre executoire obtenu|frais de signification|une fois|after judgment`), toAll},

	{ClaimFalseEffect, "silence acknowledges nothing",
		[]string{"silence", "contestation", "reponse", "contester", "repondre", "reply", "dispute", "deemed", "answer", "accord", "acceptation", "acquiesc"},
		regexp.MustCompile(`(?:silence|(?:absence|faute|defaut) (?:de|d'une)[^.;]{0,20}(?:contestation|reponse|opposition|reaction|observation)|sans (?:contestation|reponse|nouvelles)[^.;]{0,20})[^.;]{0,90}(?:vaut|vaudra|valant|repute|considere|accept|reconn|admet|admis|acquies|definitive)|ne pourrez plus (?:la |le |les )?contester|plus (?:aucune contestation|contestable|possible de contester)|no longer (?:be able to )?(?:dispute|contest)|(?:accord|acceptation|acquiescement) (?:sera|est|serait) (?:presume|repute|acquis)|deemed to (?:accept|admit|acknowledge|agree)|silence[^.;]{0,40}(?:accept|admi|acknowledg|agree)|(?:no|without an?) (?:reply|answer|dispute)[^.;]{0,60}(?:accept|admi|acknowledg)`),
		regexp.MustCompile(`ne vaut pas|n'emporte pas|is not\b|does not`), toAll},
	{ClaimFalseEffect, "only a judge or the law gives an enforceable title",
		[]string{"titre executoire", "jugement", "ordonnance", "title", "judgment", "vaut ", "reconnaissance de dette"},
		regexp.MustCompile(`(?:la presente|cette lettre|ce courrier|present courrier|presente mise en demeure|cette mise en demeure|this (?:letter|notice))[^.;]{0,40}(?:vaut|vaudra|constitue|tient lieu|a (?:la )?(?:force|valeur)|is an?|constitutes|has the force)[^.;]{0,40}(?:titre|jugement|decision de justice|ordonnance|reconnaissance de dette|force executoire|title|judgment|court order|acknowledgment)`),
		regexp.MustCompile(`ne vaut|ne constitue pas|n'est pas|is not|does not`), toAll},
	{ClaimVoidWaiver, "a waiver of interest towards a public buyer is deemed unwritten (code de la commande publique, art. L2192-14)",
		[]string{"renon", "abandon", "grace", "remise", "exoner", "waive", "forgo"},
		regexp.MustCompile(`(?:renon\w+|abandonn\w+|(?:faisons|ferons|faire) (?:grace|remise|abandon)|remise (?:de|des|totale)|exoner\w+|waiv\w+|forgo\w*)[^.;]{0,40}(?:interets?|penalites?|indemnites?|interest|compensation|moratoires)`),
		regexp.MustCompile(`ne renon|sans renonc|question de renon|refus\w+ de renon|ne pouvons|ne peut|not waive|without waiving|cannot`), toPublic},

	{AdviceContract, "valid by contract, and a judge may reduce it (code civil, art. 1231-5): a person confirms it",
		[]string{"clause", "contrat", "conditions", "penalty clause", "contract"},
		regexp.MustCompile(`clause penale|penalty clause|(?:penalites?|majoration|indemnite)[^.;]{0,40}(?:article|clause) ?\d*[^.;]{0,30}(?:contrat|conditions)|(?:article|clause) \d+[^.;]{0,40}(?:contrat|conditions)[^.;]{0,60}(?:penalites?|majoration|%)`),
		regexp.MustCompile(denial), toAll},
}

// CheckClaims finds what a text says that a letter to this debtor must not say, by
// meaning, in French and English, each with its place: costs, penalties, texts,
// threats, false statements about the past and about the letter's own effect; and what
// its deadline and its title lack. It is a helper for whoever answers for the letter:
// it knows the turns of its tables and no others.
//
// What is denied ("aucun frais ne vous est demandé"), and an article of law quoted in
// quotation marks, is not taken for a claim.
func CheckClaims(text string, f LetterFacts) []Finding { return f.check(text, sentencesOf(text)) }

// check is [CheckClaims] of a text that was cut into its sentences.
func (f *LetterFacts) check(text string, sentences []sentence) []Finding {
	var found []Finding
	for i := range sentences {
		s := &sentences[i]
		for n := range claimRules {
			if rule := &claimRules[n]; s.hints.has(firstPast+len(pastWords)+n) && rule.when(f) && rule.saidIn(s.folded) {
				found = append(found, s.finding(rule.key, rule.why))
			}
		}
		found = append(found, f.falsePast(s)...)
	}
	found = append(found, f.basisMissing(sentences)...)
	found = append(found, f.deadlines(sentences)...)
	found = append(found, f.title(text)...)
	return distinctFindings(found)
}

func (r *claimRule) saidIn(sentence string) bool {
	if !r.says.MatchString(sentence) {
		return false
	}
	return r.unless == nil || !r.unless.MatchString(understated.ReplaceAllString(sentence, ""))
}

// understated denies a denial: "nous ne manquerons pas de" says that we will.
var understated = regexp.MustCompile(`\bn(?:e |')(?:manqu|tard|hesit)\w+ pas (?:de|a)\b|\bnot (?:fail|hesitate) to\b`)

// The lists of hints; those of pastWords and claimRules follow, in their order.
const (
	chargeList = iota
	articleList
	rateList
	dateList
	daysList
	idiomList
	onceList
	firstPast
)

// hints tells which rules may find something in a sentence.
var hints = newHintTable(hintLists()...)

func hintLists() [][]string {
	lists := [][]string{chargeHints, articleHints, rateHints, dateWords, daysWords, idiomWords, onceWords}
	for i := range pastWords {
		lists = append(lists, pastWords[i].words)
	}
	for i := range claimRules {
		lists = append(lists, claimRules[i].words)
	}
	return lists
}

// distinctFindings keeps one finding of a kind for a sentence.
func distinctFindings(all []Finding) []Finding {
	var kept []Finding
	for _, f := range all {
		if !slices.ContainsFunc(kept, func(k Finding) bool { return k.Key == f.Key && k.Start == f.Start }) {
			kept = append(kept, f)
		}
	}
	return kept
}

// sentence is one sentence of a text, without the quotations of articles.
type sentence struct {
	text       string
	start, end int
	folded     string
	hints      hintSet // of the rules that may find something in it
}

func (s *sentence) finding(key, why string) Finding {
	return Finding{Key: key, Phrase: s.folded, Why: why, Start: s.start, End: s.end}
}

// span is a run of a text, or of its tokens.
type span struct{ first, end int }

// sentencesOf cuts a text into sentences and reads each for the rules.
func sentencesOf(text string) []sentence {
	cuts := cutSentences(text)
	all := make([]sentence, len(cuts))
	for i, c := range cuts {
		folded := foldSentence(text[c.first:c.end])
		all[i] = sentence{text: text[c.first:c.end], start: c.first, end: c.end, folded: folded, hints: hints.in(folded)}
	}
	return all
}

// cutSentences cuts a text at full stops, question and exclamation marks and empty
// lines. A line break alone ends a sentence only where the line is one by itself, such
// as a row of a table.
func cutSentences(text string) []span {
	var all []span
	start := 0
	cut := func(end int) {
		if strings.TrimSpace(text[start:end]) != "" {
			all = append(all, span{start, end})
		}
		start = end
	}
	for i := range len(text) {
		switch text[i] {
		case '\n':
			if next := strings.TrimLeft(text[i+1:], " \t"); next == "" || next[0] == '\n' || next[0] == '-' || next[0] == '|' || startsLine(next) {
				cut(i + 1)
			}
		case '.', '!', '?':
			if ends(text, i) {
				cut(i + 1)
			}
		}
	}
	cut(len(text))
	return all
}

// startsLine reports whether a line begins a sentence: with a capital or a digit.
func startsLine(next string) bool {
	r, _ := utf8.DecodeRuneInString(next)
	return unicode.IsUpper(r)
}

// shortened are the words whose full stop ends no sentence.
var shortened = []string{"art", "no", "cass", "com", "civ", "al", "ex", "ref", "m", "mme", "mr", "ltd", "l", "r", "d", "c", "env", "tel", "ste", "st", "cf", "p"}

// ends reports whether the full stop at i ends a sentence: not behind a shortened
// word, nor in a German date.
func ends(text string, i int) bool {
	next, n := utf8.DecodeRuneInString(text[i+1:])
	if n > 0 && !unicode.IsSpace(next) {
		return false
	}
	before := strings.ToLower(text[max(0, i-5):i])
	word := before[strings.LastIndexFunc(before, func(r rune) bool { return !unicode.IsLetter(r) })+1:]
	switch {
	case text[i] != '.':
		return true
	case i > 0 && text[i-1] >= '0' && text[i-1] <= '9':
		return !startsMonth(text[i+1:])
	}
	return !slices.Contains(shortened, word)
}

// startsMonth reports whether the first word of a text is the name of a month.
func startsMonth(text string) bool {
	text = strings.TrimLeftFunc(text[:min(len(text), 24)], unicode.IsSpace)
	end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	return end > 0 && monthNumbers[foldWord(text[:end])] != 0
}

// foldSentence writes a sentence for the comparison: lower case, no accents, one
// ordinary space for any, apostrophes and hyphens, without what an article of law is
// quoted with.
func foldSentence(s string) string {
	b := make([]byte, 0, len(s))
	quoted, space := false, false
	for _, r := range s {
		switch {
		case r == '«' || r == '“':
			quoted, space = namesArticle(string(b)), true
			continue
		case r == '»' || r == '”':
			quoted = false
			continue
		case quoted:
			continue
		case unicode.IsSpace(r):
			space = true
			continue
		}
		before := len(b)
		if space && before > 0 {
			b = append(b, ' ')
		}
		written := len(b)
		if b = appendFolded(b, r); len(b) == written { // nothing of it is compared
			b = b[:before]
			continue
		}
		space = false
	}
	return string(b)
}

// appendFolded writes one rune as it is compared.
func appendFolded(b []byte, r rune) []byte {
	switch {
	case r >= 'A' && r <= 'Z':
		return append(b, byte(r)+'a'-'A')
	case r < 128:
		return append(b, byte(r))
	}
	r = unicode.ToLower(r)
	if text, ok := folded[r]; ok {
		return append(b, text...)
	}
	if unicode.Is(unicode.Mn, r) {
		return b
	}
	return utf8.AppendRune(b, r)
}

// namesArticle reports whether what stands before a quotation names an article.
func namesArticle(before string) bool {
	return strings.Contains(before, "article") || strings.Contains(before, "art.") || strings.Contains(before, "code ")
}
