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
	costs   = `frais|couts?|indemnite|penalites?|interets?|majoration|forfait|honoraires`
	charges = `(?:re)?(?:factur|demand|reclam|appliqu|compt|impos|exig|prelev|ajout|repercut|imput)\w*`
	denial  = `\b(?:aucune?s?|ni|pas de|nulle?)\b[^.,;:]{0,25}\b(?:` + costs + `)|\bsans (?:aucune? |autres? |plus de |que d(?:e |` +
		`')?|l')?(?:` + costs + `)|` +
		`\bne (?:vous )?(?:sont|seront|sera|est) (?:pas|nullement)|\bn'(?:est|etes|avons)\b[^.;]{0,20}\bpas\b|\bn'(?:avez|aurez) (?:pas|` +
		`rien|aucun\w*) a (?:payer|regler|supporter|verser)|\b(?:a|restent a) notre charge|charge du creancier|` +
		`\bn(?:e (?:vous |les? |la )?|')` + charges + ` (?:pas|aucune?|rien|ni|nullement|point)\b|\bne (?:supporterez|paierez|` +
		`devrez) (?:pas|aucun|rien)|` +
		`(?:supporte|assume|pris|prise)\w*(?: en charge)? par (?:le creancier|nous|nos soins|notre)|\bn'entraine\b|\ba nos frais\b|` +
		`\bne vous (?:coute|est pas|sera pas)|\bno (?:[a-z]+ )?(?:fees?|costs?|charges?|interest|penalty|postage)\b|free of charge|` +
		`at our (?:own )?expense|borne by us|\bwe bear\b|\bnot (?:be )?(?:charged?|claim(?:ed)?|due|billed?|added?|asked?|apply)\b|` +
		`there (?:is|are) no\b|(?:remain|stay|are|lie)\w* with the creditor|creditor's (?:own )?expense`
	courtFee = `\bdepens\b|article 700|frais irrepetibles|frais de justice|le juge|le tribunal (?:statuera|pourra|peut)|court (?:costs|` +
		`fees)|the court (?:may|will)`
	refusal = `\bne (?:s'applique|concerne)|does not apply|\bn'est pas applicable`
	// clause names the article of a contract that a claim rests on.
	clause = `(?:article|clause) \d+[^.;]{0,25}(?:contrat|conditions|cgv)`
)

// claimRules are all of them, by what they are about.
var claimRules = slices.Concat(costRules, penaltyRules, dueRules, limitationRules, threatRules, courtRules, effectRules)
