package dunning

import (
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// Check is what the checker says of a reminder as it would leave: see
// [latepayment.CheckLetter]. The places of its findings are in Text.
type Check struct {
	Text   string // who writes to whom, the subject, and the message with its list of invoices
	Report latepayment.Report
}

// check reads a reminder backwards: what a person edited too must be made of the
// statement's figures, each in its place, and say nothing that this debtor must not be
// told.
func (p *accountPlans) check(rem Reminder, out dispatched) (Check, error) {
	shown := out.text
	if len(shown.Statement.Lines) == 0 {
		return Check{}, nil
	}
	unedited, err := p.unedited(rem, out)
	if err != nil {
		return Check{}, err
	}
	c := Check{Text: shown.checked()}
	c.Report, err = latepayment.CheckLetter(latepayment.Draft{
		Kind: shown.Kind, Text: c.Text, Written: unedited.checked(), Statement: shown.Statement, Asked: shown.Total, Language: shown.Language,
		Creditor: []string{nameOf(courrier.Recipient(shown.From))}, Debtor: []string{nameOf(shown.To)}, Deadline: p.deadlineOf(shown),
		History: rem.Decision.Reminded, CheckPast: true,
	})
	return c, err
}

// unedited is what a reminder says without a person's changes.
func (p *accountPlans) unedited(rem Reminder, out dispatched) (PrintedReminder, error) {
	text, _ := p.textOf(rem, out.details.Language)
	rem.Revision = Message{}
	var err error
	out.text.Message, err = p.message(rem, text, out.text)
	return out.text, err
}

// checked is the text that the checker reads: who writes to whom, the subject, and the
// message with its list of invoices.
func (p PrintedReminder) checked() string {
	parties := nameOf(courrier.Recipient(p.From)) + " – " + nameOf(p.To)
	return strings.Join([]string{parties, p.Message.Subject, p.plain(true), strings.Join(p.issued(), "\n")}, "\n\n")
}

// deadlineOf is the date that a reminder gives; none where it counts from the first
// presentation.
func (p *accountPlans) deadlineOf(out PrintedReminder) courrier.Date {
	if out.Kind == courrier.StepFormalNotice && p.Deadlines.FromPresentation {
		return courrier.Date{}
	}
	return p.deadline(out.Date, p.Deadlines.days(out.Kind, out.Statement.Debtor))
}

// issued tells the invoices' dates of issue, which the letter's table has.
func (p PrintedReminder) issued() []string {
	var all []string
	for i := range p.Statement.Lines {
		l := &p.Statement.Lines[i]
		all = append(all, l.Number+", "+l.IssuedOn.Text(p.Language))
	}
	return all
}
