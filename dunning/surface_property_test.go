package dunning_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
)

// Whatever the accounts' facts are, every sum that leaves the library or that a person
// sees of it is a figure of one statement: in e-mails, letters, previews, the queue and
// the evidence. What the library wrote passes its checker; with one figure changed, by a
// cent, by another figure of the same statement, or in a date, a rate or a number, it
// does not.
func TestEverySumThatIsSeenIsOfTheStatement(t *testing.T) {
	t.Parallel()
	accounts, each := 10_000, 50
	if testing.Short() {
		accounts = 500
	}
	var seen surfaceCount
	for n := range accounts / each {
		s := newSurface(t, rand.New(rand.NewPCG(uint64(n), 13)))
		s.debts(each)
		s.run()
		seen.add(s.surfaceCount)
	}
	t.Logf("%+v of %d accounts", seen, accounts)
	for _, n := range []int{seen.Rows, seen.Emails, seen.Letters, seen.Edits, seen.HTML, seen.Evidence} {
		require.Greater(t, n, accounts/20, "%+v", seen)
	}
}

// surfaceCount is how much of each was looked at.
type surfaceCount struct{ Rows, Emails, Letters, Evidence, Edits, HTML, Sums int }

func (c *surfaceCount) add(d surfaceCount) {
	c.Rows, c.Emails, c.Letters = c.Rows+d.Rows, c.Emails+d.Emails, c.Letters+d.Letters
	c.Evidence, c.Edits, c.Sums, c.HTML = c.Evidence+d.Evidence, c.Edits+d.Edits, c.Sums+d.Sums, c.HTML+d.HTML
}

// surface is an office whose settings and customers are drawn.
type surface struct {
	*office
	surfaceCount
	rnd *rand.Rand
	of  map[courrier.CustomerID]*latepayment.Statement // what each was told from
}

const surfaceDay = "2026-11-30"

func newSurface(t *testing.T, rnd *rand.Rand) *surface {
	o := newOffice(t)
	o.TopUp(100_000)
	step := []courrier.Step{
		{ID: "courtesy", Kind: courrier.StepCourtesy, OffsetDays: -30},
		{ID: "reminder", Kind: courrier.StepReminder, OffsetDays: 5},
		{ID: "notice", Kind: courrier.StepFormalNotice, OffsetDays: 10, Unannounced: true},
	}[min(rnd.IntN(6), 2)]
	o.plans.Policies = []courrier.ReminderPolicy{{ID: "standard", Steps: []courrier.Step{step}}}
	o.plans.ChargeReminders = rnd.IntN(2) == 0
	o.plans.Deadlines.FromPresentation = rnd.IntN(3) == 0
	if rnd.IntN(3) == 0 {
		o.plans.Credits = dunning.CreditDeducted
	}
	lang := []courrier.Language{courrier.French, courrier.French, courrier.English, courrier.German}[rnd.IntN(4)]
	o.mend = func(d *dunning.DebtorDetails) { d.Language = lang }
	if rnd.IntN(3) == 0 {
		layout, err := email.NewLayout(strings.Replace(email.LayoutText(), "{{with .Footer}}", "<tr><td>Bleiben wir im Gespräch. Restons en contact.</td></tr>{{with .Footer}}", 1))
		require.NoError(t, err)
		o.plans.Layout = layout
	}
	var cfg latepayment.Config
	cfg.Allocation = []latepayment.Allocation{latepayment.InterestFirst, latepayment.PrincipalFirst}[rnd.IntN(2)]
	cfg.Rounding = []latepayment.Rounding{latepayment.RoundSegments, latepayment.RoundOnce}[rnd.IntN(2)]
	cfg.DayCount = []latepayment.DayCount{latepayment.Actual365, latepayment.ActualActual}[rnd.IntN(2)]
	law, err := latepayment.FranceWith(cfg)
	require.NoError(t, err)
	o.law = law
	o.again()
	return &surface{office: o, rnd: rnd, of: map[courrier.CustomerID]*latepayment.Statement{}}
}

// debts draws customers.
func (s *surface) debts(count int) {
	for n := range count {
		id := courrier.CustomerID(fmt.Sprint("c", n))
		debt := randomDebt(s.rnd)
		c := dunning.Case{Account: "acme", Unallocated: debt.Unallocated, Customer: dunning.Customer{
			ID: id, Class: debt.Debtor, Contact: []dunning.Contact{both, postOnly, {Email: true}}[s.rnd.IntN(3)],
		}}
		for i, inv := range debt.Invoices {
			c.Invoices = append(c.Invoices, dunning.Invoice{
				ID: dunning.InvoiceID(fmt.Sprint(id, "-", i)), Number: inv.Number, IssuedOn: inv.IssuedOn, Parts: inv.Parts,
				Payments: inv.Payments, Credits: inv.Credits, Charged: inv.Charged, Contract: inv.Contract, NoticeOn: inv.NoticeOn,
			})
		}
		s.cases[id] = c
	}
}

// run lives through the day: it proposes, shows, edits, approves, sends, and gathers
// the evidence.
func (s *surface) run() {
	s.Clock = day(surfaceDay).In(time.UTC).Add(6 * time.Hour)
	report, err := s.dunning.RunDay(s.Ctx, day(surfaceDay), s.stream())
	require.NoError(s.T, err)
	require.Empty(s.T, report.Errors)
	boss := courrier.WithActor(s.Ctx, courrier.Actor{ID: "boss"})
	for _, row := range s.queue(dunning.ReminderFilter{}) {
		s.row(row)
		view, err := s.dunning.Preview(s.Ctx, row.ID)
		require.NoError(s.T, err)
		s.preview(&view)
		switch {
		case row.State != dunning.ReminderProposed:
		case s.rnd.IntN(2) == 0:
			s.edit(&view)
		default:
			_, err = s.dunning.Approve(boss, row.ID, view.Token)
			require.NoError(s.T, err)
		}
	}
	s.Clock = day(surfaceDay).In(time.UTC).Add(18 * time.Hour)
	s.work()
	for _, m := range s.mails {
		s.Emails++
		st := s.statementOf(courrier.CustomerID(strings.TrimSuffix(m.To[0].Address, "@example.com")))
		s.figures(m.Subject+"\n\n"+m.Text, st)
		s.figures(email.TextOf(m.HTML), st)
	}
	for id := range s.of {
		s.evidence(id)
	}
}

func (s *surface) statementOf(id courrier.CustomerID) *latepayment.Statement {
	s.T.Helper()
	require.NotNil(s.T, s.of[id], id)
	return s.of[id]
}

// row looks at a row of the queue: its total is what is asked, its lines what is open.
func (s *surface) row(r dunning.Reminder) {
	s.Rows++
	st := r.Decision.Statement
	require.NotNil(s.T, st)
	require.NoError(s.T, st.Verify())
	requireDemand(s.T.(*testing.T), st)
	requireProtection(s.T.(*testing.T), st)
	s.of[r.Customer] = st
	figures := st.Figures()
	for _, line := range r.Decision.Lines {
		require.True(s.T, line.Open.IsZero() || slices.Contains(figures, line.Open), "%s", line.Open)
	}
	claims := r.Decision.Step.Kind == courrier.StepFormalNotice || r.Decision.Step.Kind == courrier.StepReminder && s.plans.ChargeReminders
	switch {
	case claims && !st.Total.IsZero():
		require.Equal(s.T, st.Demand, r.Decision.Total)
	case r.Decision.Step.Kind == courrier.StepReminder && !st.Open.IsZero():
		require.Equal(s.T, st.Open, r.Decision.Total)
	default:
		require.Equal(s.T, st.Outstanding(), r.Decision.Total)
	}
}

// preview looks at all that a preview shows, and at the letter as it is composed.
func (s *surface) preview(view *dunning.Preview) {
	st := view.Reminder.Decision.Statement
	require.True(s.T, view.Check.Report.OK(), "%+v\n%s", view.Check.Report, view.Check.Text)
	s.figures(view.Check.Text, st)
	if view.Email != nil {
		s.sameInHTML(view.Email)
	}
	if view.Letter == nil {
		return
	}
	s.Letters++
	var p dunning.PrintedReminder
	require.NoError(s.T, json.Unmarshal(view.Letter.Documents[0].Content[len("%PDF-1.7 "):], &p))
	require.NoError(s.T, p.Statement.Verify())
	require.Equal(s.T, st.Figures(), p.Statement.Figures())
	require.Equal(s.T, view.Reminder.Decision.Total, p.Total)
	written := p.Message.Subject + "\n\n" + p.Message.Body
	sum := st.Open.Micros()
	for i, row := range p.Sums {
		if i < len(p.Sums)-1 {
			sum += row.Amount.Micros()
		}
		written += "\n\n" + row.Label + " : " + row.Amount.Text(p.Language)
	}
	s.figures(written, st)
	if len(p.Sums) > 0 {
		require.Equal(s.T, p.Total.Micros(), sum, "the rows make the total")
		require.Equal(s.T, p.Total, p.Sums[len(p.Sums)-1].Amount)
	}
}

// figures requires each sum of a text to be one of a statement.
func (s *surface) figures(text string, st *latepayment.Statement) {
	s.T.Helper()
	figures := st.Figures()
	for _, f := range latepayment.FindSums(text, "") {
		s.Sums++
		require.True(s.T, slices.Contains(figures, f.Amount), "%s in\n%s", f.Text, text)
	}
}

// edit has a person change one figure of the text, and requires the preview to say so.
func (s *surface) edit(view *dunning.Preview) {
	lang := view.Reminder.Message.Language
	body := s.literal(view)
	changed, ok := s.changed(body, lang, view.Reminder.Decision.Statement)
	if !ok {
		return
	}
	s.Edits++
	_, err := s.dunning.Revise(s.Ctx, view.Reminder.ID, dunning.Edit{Body: &changed})
	require.NoError(s.T, err)
	again, err := s.dunning.Preview(s.Ctx, view.Reminder.ID)
	require.NoError(s.T, err)
	require.False(s.T, again.Check.Report.OK(), "not seen in\n%s\n\nwhich was\n%s", again.Check.Text, view.Check.Text)
	if again.Email != nil {
		s.HTML++
		s.sameInHTML(again.Email)
	}
}

// sameInHTML requires the HTML of an e-mail to read as its text does, word for word: what
// the checker says of one it says of the other. Where the layout adds words, the checker
// reads the HTML itself.
func (s *surface) sameInHTML(m *email.Message) {
	s.T.Helper()
	_, opened, _ := strings.Cut(email.TextOf(m.HTML), "\nAcme SAS\n")
	if s.plans.Layout == nil {
		require.Equal(s.T, wordsOf(m.Text), wordsOf(opened))
	}
}

// wordsOf are the words of a text without the marks of lists.
func wordsOf(text string) []string {
	words := strings.Fields(strings.ToLower(strings.NewReplacer(", ", " ", "\u00a0:", " ", ": ", " ", ",\n", " ").Replace(text)))
	return slices.DeleteFunc(words, func(w string) bool { return w == "-" || w == "--" || w == ":" })
}

// literal is the text that a person edits: in half of the cases with the list of
// invoices written out.
func (s *surface) literal(view *dunning.Preview) string {
	body := view.Reminder.Message.Body
	start := strings.Index(view.Check.Text, "\n- ")
	if start < 0 || s.rnd.IntN(2) == 0 {
		return body
	}
	list, _, _ := strings.Cut(view.Check.Text[start+1:], "\n\n")
	return strings.Replace(body, dunning.TableMark, list, 1)
}

// changed changes one figure: a sum by a cent or for another of the statement's, or a
// digit of any figure.
func (s *surface) changed(body string, lang courrier.Language, st *latepayment.Statement) (string, bool) {
	found := latepayment.FindSums(body, lang)
	if len(found) == 0 || s.rnd.IntN(3) == 0 {
		return s.digitChanged(body)
	}
	f, other := found[s.rnd.IntN(len(found))], courrier.Amount{}
	if figures := st.Figures(); s.rnd.IntN(3) > 0 {
		other = figures[s.rnd.IntN(len(figures))]
	} else {
		cent, err := courrier.AmountOfMicros(f.Amount.Micros()+10_000, "EUR")
		require.NoError(s.T, err)
		other = cent
	}
	if other == f.Amount {
		return "", false
	}
	return body[:f.Start] + other.Text(lang) + body[f.End:], true
}

func (s *surface) digitChanged(body string) (string, bool) {
	var digits []int
	for i := range len(body) {
		if body[i] >= '0' && body[i] <= '9' {
			digits = append(digits, i)
		}
	}
	if len(digits) == 0 {
		return "", false
	}
	i := digits[s.rnd.IntN(len(digits))]
	return body[:i] + string('0'+(body[i]-'0'+1+byte(s.rnd.IntN(9)))%10) + body[i+1:], true
}

// evidence looks at the file of each invoice of a customer.
func (s *surface) evidence(id courrier.CustomerID) {
	for _, inv := range s.cases[id].Invoices {
		ev, err := s.dunning.Evidence(s.Ctx, "acme", inv.ID)
		if err != nil {
			require.ErrorIs(s.T, err, courrier.ErrNotFound)
			continue
		}
		for _, step := range slices.Concat(ev.Steps, ev.Unsent) {
			s.Evidence++
			st := s.statementOf(id)
			require.NoError(s.T, step.Statement.Verify())
			require.Equal(s.T, st.Figures(), step.Statement.Figures())
			require.True(s.T, slices.Contains(st.Figures(), step.Total), "%s", step.Total)
			s.figures(step.Message.Subject+"\n\n"+step.Message.Body+"\n\n"+step.Text, st)
		}
	}
}
