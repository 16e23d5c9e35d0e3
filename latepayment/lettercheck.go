package latepayment

import (
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// Draft is a letter before it goes.
type Draft struct {
	Kind      courrier.StepKind
	Text      string    // plain text, at most 256 KiB, with any list of invoices attached to it
	Statement Statement // what the letter is about
	// Creditor and Debtor are the names as the letter may write them; one of each
	// must stand in it.
	Creditor, Debtor []string
	// Deadline is the last day to pay that the letter names; no date: it sets a
	// number of days.
	Deadline courrier.Date
	// PaymentMeans is what must stand in the letter for the debtor to pay, such as
	// the IBAN; one is enough. Empty: the name of a means of payment will do.
	PaymentMeans []string
	// Asked is the sum that the letter asks for; zero: what the statement may demand.
	Asked courrier.Amount
	// Written is the text as the library wrote it, before a person changed it: a
	// sentence that kept its words keeps its figures, dates and rates. Empty: nothing
	// but the rows and notes of the statement, in Language, is known.
	Written string
	// Sums are those that the letter may show besides the statement's figures, such as
	// the price of an offer.
	Sums []courrier.Amount
	// History is what was sent before: what the letter says of the past must be in it.
	// CheckPast says that it is known; without it the past is not looked at.
	History   []PastLetter
	CheckPast bool
	// Language says how figures are read: see [FindSums].
	Language courrier.Language
	// Insolvency says that insolvency proceedings are open, or that the company is
	// struck off.
	Insolvency bool
}

// Finding is one thing to look at in a letter.
type Finding struct {
	Key     string // a Mention, a Claim or a Block
	Invoice string // number of the invoice concerned; "" for the letter
	Phrase  string // of a forbidden claim: what says it, in lower case and without accents
	Why     string // the rule and its source
	// Start and End are its place in the text, in bytes; both 0: none of its own.
	Start, End int
}

// Report is the result of [CheckLetter].
type Report struct {
	Blocked   []Finding // the letter must not go, whatever it says; nothing else was checked
	Missing   []Finding // mentions that the letter must have
	Advised   []Finding // mentions that a judge, or the debtor, would look for
	Forbidden []Finding // claims that the letter must not make
}

// OK reports whether nothing blocks, misses or is forbidden; advice does not
// count.
func (r Report) OK() bool { return len(r.Blocked)+len(r.Missing)+len(r.Forbidden) == 0 }

// The reasons to block.
const (
	BlockInsolvency     = "insolvency_open"
	BlockNothingOverdue = "nothing_overdue"
)

// The mentions. The text of a letter is free: there is no list of mandatory
// words, judges look at substance.
const (
	MentionCreditor      = "creditor_identity"
	MentionDebtor        = "debtor_identity"
	MentionInvoiceNumber = "invoice_number"
	MentionInvoiceDate   = "invoice_date"
	MentionDueDate       = "due_date"
	MentionAmountDue     = "amount_due"
	MentionTitle         = "formal_notice_title"
	MentionDemand        = "demand_to_pay"
	MentionDeadline      = "payment_deadline"
	MentionRate          = "penalty_rate"
	MentionInterest      = "penalty_amount"
	MentionCutOff        = "penalty_cutoff_date"
	MentionCompensation  = "flat_indemnity_40"
	MentionPaymentMeans  = "payment_means"
	MentionPayments      = "payments_received"
	MentionBasis         = "legal_basis"
	MentionConsequences  = "what_may_follow"
	MentionDispute       = "way_to_dispute"
)

// The claims. ClaimTitle and ClaimCompensation share their keys with the
// mentions: what one letter must have, another must not.
const (
	ClaimInterruption = "claims_to_interrupt_limitation"
	ClaimCourtLook    = "looks_like_court_or_bailiff_act"
	ClaimExtraFees    = "extra_recovery_fees_without_justification"
	ClaimFees         = "recovery_fees"
	ClaimPostage      = "postage_charged_to_debtor"
	ClaimCompensation = MentionCompensation
	ClaimStatute      = "L441-10"
	ClaimInterest     = "late_penalty_amount"
	ClaimTitle        = MentionTitle
	ClaimStrangeSum   = "sum-not-stated" // a sum that is no figure of the statement, nor of Draft.Sums
	ClaimMisplaced    = "sum-misplaced"  // a figure that is not what the words beside it call it
)

const maxLetterText = 256 << 10

// CheckLetter looks in the plain text of a letter, in French and English, for the
// mentions it should have, with the very figures of its statement. It also looks for
// claims that the letter must not make.
//
// It is a helper for whoever approves the letter, not a judge of it: it knows the
// phrases of its list, in any case and without regard to accents, and nothing of
// meaning. A figure counts as present wherever it stands. Two columns with only a space
// between them may be read as one number. A date must be written day first, as
// 2026-03-31 or with the month's name. An empty report does not make a letter right.
//
// It answers [courrier.ErrInvalid] for a draft that cannot be checked.
func CheckLetter(d Draft) (Report, error) {
	if err := d.check(); err != nil {
		return Report{}, fmt.Errorf("latepayment: %w", err)
	}
	if blocked := d.blocked(); len(blocked) > 0 {
		return Report{Blocked: blocked}, nil
	}
	text := cutWords(d.Text)
	var r Report
	for i := range mentions {
		if rule := &mentions[i]; rule.applies(&d) {
			missing := rule.missing(text, &d)
			if rule.advised {
				r.Advised = append(r.Advised, missing...)
			} else {
				r.Missing = append(r.Missing, missing...)
			}
		}
	}
	sentences := sentencesOf(d.Text)
	claimed := d.claims(sentences)
	r.Forbidden = append(d.phrases(text, claimed), d.wrongFigures(sentences)...)
	for _, f := range claimed {
		if slices.Contains(advisedClaims, f.Key) {
			r.Advised = append(r.Advised, f)
		} else {
			r.Forbidden = append(r.Forbidden, f)
		}
	}
	return r, nil
}

// phrases are the claims that a phrase in a text makes.
func (d *Draft) phrases(text letterText, claimed []Finding) []Finding {
	var all []Finding
	for i := range claims {
		rule := &claims[i]
		if !rule.applies(d) || !rule.confirmedBy(claimed) {
			continue
		}
		if phrase := text.affirmed(rule.phrases, rule.withAmount); phrase != "" {
			all = append(all, Finding{Key: rule.key, Phrase: phrase, Why: rule.why})
		}
	}
	return all
}

func (c *claim) confirmedBy(claimed []Finding) bool {
	return c.found == nil || slices.ContainsFunc(claimed, func(f Finding) bool { return slices.Contains(c.found, f.Key) })
}

// wrongFigures are the sums of a letter that are none of its statement's figures, nor
// of the caller's list; then those that are not what they are called, and sentences of
// the library's whose figures were changed.
func (d *Draft) wrongFigures(sentences []sentence) []Finding {
	allowed := make(map[courrier.Amount]bool)
	for _, a := range append(d.Statement.Figures(), d.Sums...) {
		allowed[a] = true
	}
	sums := sumsIn(d.Text, d.Language)
	var wrong []Finding
	add := func(s *FoundSum, key, why string) {
		wrong = append(wrong, Finding{Key: key, Phrase: foldSentence(s.Text), Why: why, Start: s.Start, End: s.End})
	}
	for i := range sums.found {
		switch s := &sums.found[i]; {
		case s.Excluded:
		case s.Ambiguous:
			add(s, ClaimStrangeSum, "can be read as two sums")
		case s.Amount.IsZero() && sums.tokens[sums.spans[i].first].column: // a cell of what was not paid, or not credited
		case !allowed[s.Amount]:
			add(s, ClaimStrangeSum, "is no figure of the statement")
		}
	}
	for _, i := range d.newPlaceReader(sums).misplaced(sentences) {
		if s := &sums.found[i]; allowed[s.Amount] {
			add(s, ClaimMisplaced, "is another figure of the statement than the words beside it say")
		}
	}
	return append(wrong, d.changedSentences(sums.tokens, sentences)...)
}

// changedSentences are those of the library's whose figures somebody changed.
func (d *Draft) changedSentences(tokens []token, sentences []sentence) []Finding {
	var changed []Finding
	own, at := d.own(), 0
	if len(own) == 0 {
		return nil
	}
	for i := range sentences {
		first := at
		for at < len(tokens) && tokens[at].start < sentences[i].end {
			at++
		}
		if own.changed(tokens[first:at]) {
			changed = append(changed, sentences[i].finding(ClaimMisplaced, "has other figures than the statement gives it"))
		}
	}
	return changed
}

// asked lists what the letter may ask for in one sum: Asked, else what its kind of
// letter may demand.
func (d *Draft) asked() []courrier.Amount {
	s := &d.Statement
	switch {
	case !d.Asked.IsZero():
		return []courrier.Amount{d.Asked}
	case d.Kind == courrier.StepFormalNotice:
		return []courrier.Amount{s.Demand}
	}
	return []courrier.Amount{s.Demand, s.Total, s.Open, s.Outstanding(), s.PrincipalDue}
}

// claims are what [CheckClaims] finds, as far as the draft tells what it asks for.
func (d *Draft) claims(sentences []sentence) []Finding {
	facts := LetterFacts{
		Kind: d.Kind, Debtor: d.Statement.Debtor, On: d.Statement.On, History: d.History,
		Proven: !d.Statement.CostsDue.IsZero(), Noticed: d.Statement.noticed(),
	}
	found := facts.check(d.Text, sentences)
	return slices.DeleteFunc(found, func(f Finding) bool {
		switch f.Key {
		case ClaimFalsePast:
			return !d.CheckPast
		case AdviceNoDeadline:
			return true // MentionDeadline asks for it
		}
		return false
	})
}

// accrued reports whether interest ran on a line, paid or not.
func (s *Statement) accrued() bool {
	return slices.ContainsFunc(s.Lines, func(l Line) bool { return !l.InterestAccrued.IsZero() })
}

// noticed reports whether interest runs on a line: from one who is no professional, a
// formal notice started it.
func (s *Statement) noticed() bool {
	return slices.ContainsFunc(s.Lines, func(l Line) bool { return !l.InterestFrom.IsZero() })
}

func (d *Draft) check() error {
	var c courrier.Checks
	c.Require(d.Kind == courrier.StepCourtesy || d.Kind == courrier.StepReminder || d.Kind == courrier.StepFormalNotice, "Kind",
		"is unknown", "use one of the Step constants")
	c.Require(len(d.Text) <= maxLetterText, "Text", fmt.Sprintf("is longer than %d bytes", maxLetterText),
		"attach long lists apart and check the letter alone")
	c.Require(len(d.Creditor) > 0, "Creditor", "is missing", "give the name as the letter writes it")
	c.Require(len(d.Debtor) > 0, "Debtor", "is missing", "give the name as the letter writes it")
	c.Require(len(d.Statement.Lines) > 0, "Statement", "has no lines", "state the invoices that the letter is about")
	if !known(d.Statement.Debtor) {
		c.Nest("Statement", unknownDebtor("Debtor"))
	}
	return c.Err()
}

func (d *Draft) blocked() []Finding {
	if d.Insolvency {
		return []Finding{{Key: BlockInsolvency, Why: "individual action is stayed and the claim is lodged with the representative (code " +
			"de commerce, art. L622-21 and L622-24)"}}
	}
	if d.Kind == courrier.StepFormalNotice && len(d.lines()) == 0 {
		return []Finding{{Key: BlockNothingOverdue, Why: "no invoice of the statement is overdue and unpaid on its date"}}
	}
	return nil
}

// lines returns the lines that the letter has to show: for a formal notice the
// overdue ones, else all on which something is owed.
func (d *Draft) lines() []*Line {
	var lines []*Line
	for i := range d.Statement.Lines {
		line := &d.Statement.Lines[i]
		if line.Total.Sign() > 0 || line.NotYetDue.Sign() > 0 && d.Kind != courrier.StepFormalNotice {
			lines = append(lines, line)
		}
	}
	return lines
}

// asked is the sum by which a letter names a line: what is open of the price, due
// or not, else all that is owed on it.
func (l *Line) asked() courrier.Amount {
	for _, a := range []courrier.Amount{l.PrincipalDue, l.NotYetDue} {
		if !a.IsZero() {
			return a
		}
	}
	return l.Total
}
