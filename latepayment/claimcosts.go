package latepayment

const (
	// price is what an invoice is for, where it is called a cost or a fee.
	price = `frais d(?:e |')(?:livraison|transport|deplacement|scolarite|inscription|sejour|hebergement|installation|cantine|garde|` +
		`reservation|adhesion|notaire|reparation|raccordement|mise en service|formation|voyage|soins|obseques|depannage|` +
		`port de (?:votre|la) commande|\w+ (?:pour|du) (?:le|la|les|votre|vos)? ?(?:depannage|reparation|travaux|chantier))|timbres? fiscal|` +
		`forfaits? (?:mensuel|annuel|mobile|telephon|internet|sejour|heures?|ski|hebdomadaire)|(?:abonnement|formule|` +
		`offre)\b[^.;]{0,20}forfait|` +
		`(?:factures?|abonnement|commande|devis|contrat)\b[^.;]{0,30}\b(?:comprend|comprennent|inclut|incluent|porte sur|correspond)|` +
		`(?:factures?|notes?) d'honoraires|honoraires[^.;]{0,20}(?:pour|au titre d|relatifs|de) ?[^.;]{0,12}(?:consultation|mission|` +
		`prestation|expertise|suivi|intervention|soins?|seance|maitrise)|` +
		`(?:shipping|delivery|tuition|registration|school|subscription|membership|installation|consulting|monthly|annual) ` +
		`(?:fees?|costs?|charges?)|fees? for (?:the |our )?(?:consultation|services?|work|treatment)|invoice[^.;]{0,20}includes?\b`
	// recovering is what a creditor does for his money.
	recovering = `(?:recommande|l\.?r\.?a\.?r|lettre|courrier|correspondance|relance|rappel|envoi|mise en demeure|dossier|procedure|` +
		`recouvrement|contentieux|gestion|huissier|commissaire|avocat|impaye|rejet|retard|poursuite)`
	// costNouns name a cost of recovery by themselves.
	costNouns = `\bfrais\b|\btimbres?\b|\bdebours\b|affranchissement|\bport du (?:courrier|recommande)|\bhonoraires\b|\bemoluments\b|` +
		`\bdepenses\b[^.;]{0,25}` + recovering + `|\bcouts? d(?:u|e|es|'|e la|e l')\b[^.;]{0,12}` + recovering + `|` +
		`\bcouts? (?:additionnels?|supplementaires?|complementaires?|annexes|inutiles|superflus)|\bcommissions? d(?:e |` +
		`')[^.;]{0,12}(?:intervention|` + recovering + `)|` +
		`\bforfaits? (?:de |d'|pour )?[^.;]{0,12}` + recovering + `|(?:gestion|ouverture|traitement|` +
		`constitution)[^.;]{0,8}dossier(?: \w+)? ?:? ?\d|` +
		`\b[1-5](?:er|e|eme)? (?:rappel|relance) ?: ?\d|` +
		`supplements? (?:de|pour) (?:retard|relance|rappel)|recommandee?s?(?: (?:avec|electronique|ar|a\.r\.?|accuse|avis|d'avis|de|` +
		`reception))*` +
		` ?[:=(-]? ?\d{1,3}(?:[.,]\d\d)? ?(?:€|eur)|` +
		`(?:reminder|administration|administrative|admin|handling|file|dunning|collection|late|late payment|recovery|processing|bank|` +
		`rejection|additional|further|extra|unnecessary|legal|solicitors?'?s?|lawyers?'?s?|attorneys?'?s?|bailiffs?'?s?|postal|` +
		`letter|default) (?:fees?|costs?|charges?|expenses)|\bpostage\b|` +
		`\b(?:costs?|fees?|charges?|expenses)\b[^.;]{0,20}(?:for|of) (?:this |the |our |each |every )?(?:letter|reminder|notice|recover|` +
		`collect)`
)

// costHints are in whatever names a cost.
var costHints = []string{
	"frais", "timbre", "debours", "affranchissement", "port du", "honoraires", "emoluments", "depense", "cout", "commission", "forfait",
	"dossier", "supplement", "recommande", "rappel", "relance", "fee", "cost", "charge", "expense", "postage",
}

var costRules = []claimRule{
	{ClaimCost, "recovery without an enforceable title is at the creditor's cost (CPCE, art. L111-8)",
		append([]string{"indemnit", "compensation", "40 ", "quarante", "forty", "recouvrement", "factur", "441-5"}, costHints...),
		anyOf(
			costNouns,
			`\bindemnites?\b[^.;]{0,30}(?:recouvrement|legale|forfaitaire|(?:de|soit) (?:40|quarante))|compensation forfaitaire`,
			`(?:somme|montant) forfaitaire|\bforfaits?\b[^.;]{0,25}(?:40|quarante|frais|\d+,\d\d ?(?:€|eur))`,
			`441-5\b[^;]{0,60}(?:`+someSum+`)|(?:`+someSum+`)[^;]{0,60}441-5\b`,
			`penalites? (?:forfaitaires? )?(?:de|pour)[^.;]{0,12}recouvrement|(?:a|sur) votre charge`,
			recovering+`\w*[^.;]{0,40}(?:sera|seront|est|sont) `+charges+`[^.;]{0,12}(?:`+someSum+`)|`+
				recovering+`\w*[^.;]{0,40}(?:vous (?:sera|seront)) (?:re)?(?:factur|imput|repercut)\w+`,
			`(?:factures?|refactures?|repercutes?|imputes?) (?:a|en sus)`,
			`(?:letter|reminder|notice)\b[^.;]{0,20}(?:be|is|are) (?:charged|billed)|(?:charged?|bill) you[^.;]{0,20}for (?:this|the|each)`,
			`you (?:will|must|shall|are)\b[^.;]{0,20}\b(?:bear|pay|liable for|charged)\b[^.;]{0,30}(?:costs?|fees?|expenses)\b`,
			`\b(?:costs|fees|charges|expenses)\b[^.;]{0,40}(?:added to|borne by you|at your expense|payable by you|charged to you)`,
			`\bfees?\b ?:? ?(?:of )?(?:€|eur|\d)|fixed (?:recovery )?compensation|flat.rate compensation|compensation (?:of|for recovery)`,
			`(?:40|quarante|forty) ?(?:€|euros?|eur)[^.;]{0,25}(?:recouvrement|frais|indemnit|recovery)`,
		),
		anyOf(denial, courtFee, price), toProtected},
	{ClaimUnproved, "beyond the fixed compensation only costs that are proven (code de commerce, art. L441-10 II; code de la commande " +
		"publique, art. L2192-13)",
		costHints,
		anyOf(
			`(?:`+costNouns+`)[^;]{0,60}(?:`+someSum+`)|recommandee?s?(?: a\.?r\.?)? ?:? ?\d{1,3}(?:[.,]\d\d)? ?(?:€|eur)`,
			`(?:`+someSum+`)(?: ht| ttc)? (?:de |d'|pour |au titre d\w+ |of |for |in )(?:`+costNouns+`)`,
			`frais[^.;]{0,30}(?:a votre charge|vous (?:seront|sont) (?:factures|reclames))`,
		),
		anyOf(
			denial, courtFee, price,
			`indemnites? forfaitaires?|forfait(?:aire)? (?:de|pour)[^.;]{0,12}(?:recouvrement|40)|fixed (?:recovery )?compensation`,
			`justifi|annexe|ci-?joint|\bjointe?s?\b|piece jointe|\bproof\b|\bproven\b|enclosed|attached`,
			`frais de recouvrement ?:? ?40(?:,00)? ?(?:€|eur)|40(?:,00)? ?(?:€|eur\w*)[^.;]{0,15}(?:frais de recouvrement|recovery costs)`,
			`recovery costs ?:? ?(?:of )?(?:€|eur) ?40\b`,
		), unproven},
}
