package dunning

import (
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
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
// told. The HTML of an e-mail is read as well, where its layout says more than the
// message does.
func (p *accountPlans) check(rem Reminder, out dispatched) (Check, error) {
	if len(out.text.Statement.Lines) == 0 {
		return Check{}, nil
	}
	unedited, err := p.unedited(rem, out)
	if err != nil {
		return Check{}, err
	}
	c, err := p.checkAs(rem, out.text, out.text.checked(), unedited.checked())
	if err != nil || out.email == nil || out.email.HTML == "" || !c.Report.OK() || out.page.Reads(out.email.HTML) {
		return c, err
	}
	plain, err := p.Layout.HTML(unedited.page(true))
	if err != nil {
		return c, err
	}
	return p.checkAs(rem, out.text, out.text.around(email.TextOf(out.email.HTML)), unedited.around(email.TextOf(plain)))
}

// checkAs checks a text beside the one that nobody edited.
func (p *accountPlans) checkAs(rem Reminder, shown PrintedReminder, text, written string) (Check, error) {
	report, err := latepayment.CheckLetter(latepayment.Draft{
		Kind: shown.Kind, Text: text, Written: written, Statement: shown.Statement, Asked: shown.Total, Language: shown.Language,
		Creditor: []string{nameOf(courrier.Recipient(shown.From))}, Debtor: []string{nameOf(shown.To)}, Deadline: p.deadlineOf(shown),
		History: rem.Decision.Reminded, CheckPast: true,
	})
	return Check{Text: text, Report: report}, err
}

// unedited is what a reminder says without a person's changes.
func (p *accountPlans) unedited(rem Reminder, out dispatched) (PrintedReminder, error) {
	text, _ := p.textOf(rem, out.details.Language)
	rem.Revision = Message{}
	var err error
	out.text.Message, err = p.message(rem, text, out)
	return out.text, err
}

// checked is the text that the checker reads: who writes to whom, the subject, and the
// message with its list of invoices.
func (p PrintedReminder) checked() string { return p.around(p.page(true).Text()) }

// around sets a message between what the checker wants to know beside it. The
// addresses of links are nobody's figures.
func (p PrintedReminder) around(text string) string {
	for _, l := range p.links {
		text = strings.ReplaceAll(text, l.URL, "")
	}
	parties := nameOf(courrier.Recipient(p.From)) + " – " + nameOf(p.To)
	return strings.Join([]string{parties, p.Message.Subject, text, strings.Join(p.issued(), "\n")}, "\n\n")
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
