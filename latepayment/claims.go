package latepayment

import (
	"regexp"
	"slices"
	"strings"

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
		found = append(found, f.notYetDue(s)...)
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
	if r.unless == nil || !r.excused(sentence) {
		return true
	}
	parts := contrast.Split(sentence, -1)
	return len(parts) > 1 && slices.ContainsFunc(parts, func(p string) bool { return r.says.MatchString(p) && !r.excused(p) })
}

func (r *claimRule) excused(s string) bool {
	return r.unless.MatchString(understated.ReplaceAllString(s, ""))
}

// contrast parts what a sentence denies from what it says all the same.
var contrast = regexp.MustCompile(`[,;] (?:mais|toutefois|en revanche|cependant|neanmoins|sinon|a defaut|faute de|but|however|` +
	`otherwise|failing)\b`)

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
	dueList
	firstPast
)

// hints tells which rules may find something in a sentence.
var hints = newHintTable(hintLists()...)

func hintLists() [][]string {
	lists := [][]string{chargeHints, articleHints, rateHints, dateWords, daysWords, idiomWords, onceWords, dueHints}
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

// anyOf compiles the alternatives of one pattern.
func anyOf(alternatives ...string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(alternatives, "|"))
}
