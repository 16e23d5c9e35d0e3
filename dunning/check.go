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
// statement's figures, and say nothing that this debtor must not be told.
func (p *accountPlans) check(rem Reminder, out PrintedReminder) (Check, error) {
	if len(out.Statement.Lines) == 0 {
		return Check{}, nil
	}
	c := Check{Text: strings.Join([]string{
		nameOf(courrier.Recipient(out.From)) + " – " + nameOf(out.To), out.Message.Subject, out.plain(true), strings.Join(out.issued(), "\n"),
	}, "\n\n")}
	var err error
	c.Report, err = latepayment.CheckLetter(latepayment.Draft{
		Kind: out.Kind, Text: c.Text, Statement: out.Statement, Language: out.Language, History: rem.Decision.Reminded, CheckPast: true,
		Creditor: []string{nameOf(courrier.Recipient(out.From))}, Debtor: []string{nameOf(out.To)}, Deadline: p.deadlineOf(out),
	})
	return c, err
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
		all = append(all, l.Number+", "+courrier.FormatDate(l.IssuedOn, p.Language))
	}
	return all
}
