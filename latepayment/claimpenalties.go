package latepayment

import "regexp"

var penaltyRules = []claimRule{
	{ClaimPenalty, "interest from one who is not a professional: the legal rate, from a formal notice on (code civil, art. 1231-6); " +
		"nothing else without a clause or a judge",
		[]string{"penalite", "majoration", "dommages", "majore", "441-", "agio", "astreinte", "indemnite", "penalt", "surcharge", "surtaxe",
			"damages", "default interest", "interets moratoires", "late", "fois le taux", "du taux", "times the", "taux con", "bce",
			"banque centrale", "refinancement", "ecb", "central bank", "prejudice", "dedommag", "indemnisation", "compensat"},
		anyOf(
			`penalites?\b|\bagios?\b|\bastreintes?\b|indemnites? de retard|majorations?\b|dommages(?:-| et |-et-)interets|\bsurtaxes?\b`,
			`majore|\b441-(?:10|6)|interets?[^.;]{0,60}(?:bce|banque centrale|taux de refinancement)|interets? moratoires`,
			`taux (?:contractuel|conventionnel)|fois le taux|(?:double|triple) du taux|times the (?:legal|statutory)`,
			`late.payment (?:interest|penalt)|late penalt|default interest|surcharge|\bpenalt(?:y|ies)\b|\bdamages\b`,
			`taux (?:de la )?(?:bce|banque centrale)|\bbce\b|\becb\b|central bank`,
			`(?:prejudice|dedommage\w+|indemnisation|compensat\w+ for (?:our|the) loss)[^;]{0,60}(?:`+someSum+`)`,
		),
		anyOf(
			denial, courtFee, refusal, clause,
			`tribunal|juridiction|jugement executoire|\bjuge\b|clause penale|penalty clause|judgment`,
			`penalites? (?:forfaitaires? )?(?:de|pour)[^.;]{0,12}recouvrement`,
		), toProtected},
	{ClaimPenalty, "no interest runs before a formal notice (code civil, art. 1231-6)",
		[]string{"interet", "interest"},
		anyOf(
			`(?:interets?|\binterest)\b[^;]{0,80}(?:`+someSum+`)`,
			`(?:`+someSum+`) (?:d'|d' |de |of |in )(?:interets?|interest)\b`,
		),
		anyOf(denial, `s'impute|sans interets?|credit|pret\b`), noNoticeYet},
	{ClaimPenalty, "interest at a rate that is not the legal one (code civil, art. 1231-6)",
		[]string{"interet", "interest"},
		regexp.MustCompile(`(?:interets?|interest)\b[^;]{0,60}\d ?%`),
		anyOf(denial, `taux (?:de l'interet )?legal|taux d'interet legal|legal (?:interest )?rate|statutory (?:legal )?rate`), toProtected},
	{ClaimPenalty, "a surcharge or damages need a clause or a judge (code civil, art. 1231-5 and 1231-6)",
		[]string{"majoration", "dommages", "surcharge", "surtaxe", "damages"},
		anyOf(
			`(?:majorations?|surtaxes?)\b[^;]{0,30}(?:\d+ ?%|`+someSum+`)`,
			`dommages(?:-| et |-et-)interets[^;]{0,20}(?:`+someSum+`)|(?:`+someSum+`) de dommages`,
			`(?:surcharge|damages)[^;]{0,20}(?:\d+ ?%|`+someSum+`)`,
		),
		anyOf(denial, clause, `tribunal|juge|clause|court`), toProfessional},
	{ClaimPenalty, "a public buyer owes ECB + 8 points (code de la commande publique, art. R2192-31)",
		[]string{"points", "441", "fois le taux"},
		anyOf(
			`(?:10|dix|ten) (?:percentage )?points|fois le taux|(?:penalites?|interets?|interest)[^;]{0,80}441-(?:10|6)`,
			`441-(?:10|6)[^;]{0,60}(?:penalites?|interets?|interest)`,
		),
		anyOf(denial, refusal), toPublic},

	{ClaimWrongBasis, "the article applies between professionals only",
		[]string{"441"},
		regexp.MustCompile(`\b(?:[ld]\.? ?)?441-(?:10|5|6|9)\b`),
		regexp.MustCompile(refusal), func(f *LetterFacts) bool { return !toBusiness(f) }},
	{ClaimWrongBasis, "the article applies to public buyers only",
		[]string{"2192", "commande publique"},
		regexp.MustCompile(`\b[lrd]?\.? ?2192-\d+|code de la commande publique`),
		regexp.MustCompile(refusal), func(f *LetterFacts) bool { return !toPublic(f) }},

	{AdviceContract, "valid by contract, and a judge may reduce it (code civil, art. 1231-5): a person confirms it",
		[]string{"clause", "contrat", "conditions", "cgv", "contract"},
		anyOf(
			`clause penale|penalty clause`,
			`(?:penalites?|majoration|indemnite)[^.;]{0,40}(?:article|clause) ?\d*[^.;]{0,30}(?:contrat|conditions)`,
			`(?:article|clause) \d+[^.;]{0,40}(?:contrat|conditions)[^.;]{0,60}(?:penalites?|majoration|%)`,
		),
		regexp.MustCompile(denial), toAll},
}
