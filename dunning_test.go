package courrier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// office is the host of these tests: its customers, mail server and composer.
type office struct {
	*scene
	mu      sync.Mutex
	cases   map[courrier.CustomerID]courrier.Case
	mails   []courrier.Email
	mailErr []error // of the next e-mails
	plans   courrier.DunningSettings
	dunning *courrier.Dunning
	broken  error // of every look at the facts
	mend    func(*courrier.DebtorDetails)
	moved   string          // the street that every customer moved to
	price   courrier.Amount // of a letter; none: the scene's tariff
}

func newOffice(t testing.TB) *office {
	o := &office{cases: map[courrier.CustomerID]courrier.Case{}}
	o.scene = newScene(t, func(c *courrier.Config) {
		c.Tariff = raised{c.Tariff, &o.price}
		c.Authorize = func(_ context.Context, a courrier.Actor, action courrier.Action) error {
			if action.Kind == courrier.ActionApproveFormalNotice && a.ID != "boss" {
				return errors.New("not a decision-maker")
			}
			return nil
		}
	})
	o.plans = courrier.DunningSettings{
		Policies:   []courrier.ReminderPolicy{courrier.StandardPolicy()},
		Assignment: courrier.PolicyAssignment{Default: "standard"},
		Language:   courrier.French,
		Sender:     courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		MailFrom:   courrier.MailBox{Address: "billing@acme.example"},
	}
	o.again()
	return o
}

// raised is a tariff with a price of the moment in its place.
type raised struct {
	courrier.Tariff
	price *courrier.Amount
}

func (r raised) Price(p courrier.Priceable) (courrier.Amount, error) {
	if r.price.Unit() != "" {
		return *r.price, nil
	}
	return r.Tariff.Price(p)
}

// again makes a new Dunning over the same store.
func (o *office) again() {
	o.restart()
	var err error
	o.dunning, err = courrier.NewDunning(courrier.DunningConfig{
		Client: o.client, Debtors: o, Composer: o, Mailer: o,
		Accounts: func(context.Context, courrier.AccountID) (courrier.DunningSettings, error) { return o.plans, nil },
	})
	require.NoError(o.t, err)
}

func (o *office) Case(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (courrier.Case, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.cases[id]
	if o.broken != nil || !ok {
		return c, errors.Join(o.broken, map[bool]error{false: courrier.ErrNotFound}[ok])
	}
	c.Invoices = slices.Clone(c.Invoices)
	return c, nil
}

func (o *office) Details(_ context.Context, _ courrier.AccountID, id courrier.CustomerID, invoices []courrier.InvoiceID) (courrier.DebtorDetails, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := courrier.DebtorDetails{
		To:   courrier.Recipient{Company: "Client " + string(id), Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Mail: []courrier.MailBox{{Address: string(id) + "@example.com"}},
	}
	for _, inv := range o.cases[id].Invoices {
		if slices.Contains(invoices, inv.ID) {
			d.Invoices = append(d.Invoices, courrier.InvoiceDetail{ID: inv.ID, Number: "N-" + string(inv.ID), DueOn: inv.DueOn, Open: inv.Open, Total: inv.Open})
		}
	}
	if o.moved != "" {
		d.To.Address.Street = o.moved
	}
	if o.mend != nil {
		o.mend(&d)
	}
	return d, nil
}

// Compose writes down everything that it is given.
func (o *office) Compose(_ context.Context, p courrier.PrintedReminder) (courrier.Document, error) {
	text, err := json.Marshal(p)
	return courrier.Document{Name: "reminder.pdf", Content: append([]byte("%PDF-1.7 "), text...), Pages: 1}, err
}

func (o *office) Mail(_ context.Context, m courrier.Email) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := m.Validate(); err != nil {
		return err
	}
	if len(o.mailErr) > 0 {
		err := o.mailErr[0]
		o.mailErr = o.mailErr[1:]
		if err != nil {
			return err
		}
	}
	o.mails = append(o.mails, m)
	return nil
}

// owe sets what a customer owes: invoices by id with their due dates.
func (o *office) owe(id courrier.CustomerID, contact courrier.Contact, invoices ...courrier.Invoice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cases[id] = courrier.Case{Account: "acme", Customer: courrier.Customer{ID: id, Class: courrier.DebtorBusiness, Contact: contact}, Invoices: invoices}
}

func bill(id, due string) courrier.Invoice {
	return courrier.Invoice{ID: courrier.InvoiceID(id), IssuedOn: courrier.MustDate(due).AddDays(-30), DueOn: courrier.MustDate(due), Open: courrier.MustAmount("120.00", "EUR")}
}

var (
	both     = courrier.Contact{Email: true, Post: true}
	postOnly = courrier.Contact{Post: true}
)

func (o *office) stream() iter.Seq2[courrier.Case, error] {
	return func(yield func(courrier.Case, error) bool) {
		for id := range o.cases {
			c, err := o.Case(context.Background(), "acme", id)
			if !yield(c, err) {
				return
			}
		}
	}
}

// day moves the clock to the evening of a day and does what a host does daily.
func (o *office) day(s string) courrier.RunReport {
	o.t.Helper()
	d := courrier.MustDate(s)
	o.clock = d.In(time.UTC).Add(6 * time.Hour)
	report, err := o.dunning.Run(o.ctx, d, o.stream())
	require.NoError(o.t, err)
	require.Empty(o.t, report.Errors)
	o.clock = d.In(time.UTC).Add(18 * time.Hour)
	o.work()
	return report
}

// work sends what is due.
func (o *office) work() courrier.RemindReport {
	o.t.Helper()
	report, err := o.dunning.Dispatch(o.ctx)
	require.NoError(o.t, err)
	o.dispatch()
	o.advance(2 * time.Minute)
	confirmed, err := o.dunning.Dispatch(o.ctx)
	require.NoError(o.t, err)
	report.Confirmed += confirmed.Confirmed
	report.Postponed += confirmed.Postponed
	report.Returned += confirmed.Returned
	return report
}

func (o *office) queue(f courrier.ReminderFilter) []courrier.Reminder {
	o.t.Helper()
	var all []courrier.Reminder
	for r, err := range o.dunning.Queue(o.ctx, f) {
		require.NoError(o.t, err)
		all = append(all, r)
	}
	return all
}

func (o *office) only(f courrier.ReminderFilter) courrier.Reminder {
	o.t.Helper()
	all := o.queue(f)
	require.Len(o.t, all, 1)
	return all[0]
}

func TestPlanFromCourtesyToFormalNotice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.topUp(100)
	o.owe("c1", both, bill("i1", "2026-04-01"))
	for d := courrier.MustDate("2026-03-25"); d.Before(courrier.MustDate("2026-05-06")); d = d.AddDays(1) {
		o.day(d.String())
	}
	require.Len(t, o.mails, 3)
	require.Contains(t, o.mails[0].Subject, "arrive à échéance")
	require.Contains(t, o.mails[1].Text, "120,00\u00a0€")
	require.Contains(t, o.mails[1].Text, "N-i1, échéance 1er avril 2026")

	// The formal notice waits for a person with authority.
	notice := o.only(courrier.ReminderFilter{States: []courrier.ReminderState{courrier.ReminderProposed}})
	require.Equal(t, courrier.StepFormalNotice, notice.Decision.Step.Kind)
	_, err := o.dunning.Approve(o.ctx, notice.ID, "")
	require.ErrorIs(t, err, courrier.ErrConflict)
	seen, err := o.dunning.Preview(o.ctx, notice.ID)
	require.NoError(t, err)
	require.NotNil(t, seen.Letter)
	require.Equal(t, courrier.ServiceRegisteredAR, seen.Letter.Service)
	require.Contains(t, seen.Reminder.Message.Body, "mettons en demeure")
	_, err = o.dunning.Approve(o.ctx, notice.ID, seen.Token)
	require.ErrorIs(t, err, courrier.ErrDenied)
	boss := courrier.WithActor(o.ctx, courrier.Actor{ID: "boss"})
	_, err = o.dunning.Approve(boss, notice.ID, seen.Token)
	require.NoError(t, err)
	o.work()
	sent, err := o.dunning.Reminder(o.ctx, notice.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.ReminderSent, sent.State)
	rec := o.letter(sent.Letter)
	require.Equal(t, courrier.PurposeFormalNotice, rec.Letter.Purpose)
	require.Equal(t, 1, o.times(rec.ID))

	ev, err := o.dunning.Evidence(o.ctx, "acme", "i1")
	require.NoError(t, err)
	require.Len(t, ev.Steps, 4)
	require.Equal(t, courrier.ChannelPost, ev.Steps[3].Channel)
	require.Equal(t, seen.Letter.Documents[0].Content, ev.Steps[3].Parts[0].Content, "what was approved is what left")
	for i, s := range ev.Steps[1:] {
		require.False(t, s.SentOn.Before(ev.Steps[i].SentOn))
	}
}

func TestRunAgainAndAtOnceAddsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 50 {
		o.owe(courrier.CustomerID(fmt.Sprint("c", i)), both, bill(fmt.Sprint("i", i), "2026-03-01"))
	}
	o.clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := o.dunning.Run(o.ctx, courrier.MustDate("2026-03-10"), o.stream())
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, o.queue(courrier.ReminderFilter{}), 50)
	for range 3 {
		o.day("2026-03-10")
	}
	require.Len(t, o.mails, 50)
	require.Len(t, o.queue(courrier.ReminderFilter{}), 50)
}

// A payment between any two steps of the way keeps the reminder from leaving.
func TestPaidBeforeItLeaves(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"before the run", "before dispatch", "before the letter leaves"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.topUp(10)
			o.owe("c1", postOnly, bill("i1", "2026-03-01"))
			pay := func(at string) {
				if at == when {
					o.owe("c1", postOnly)
				}
			}
			today := courrier.MustDate("2026-03-10")
			o.clock = today.In(time.UTC).Add(12 * time.Hour)
			pay("before the run")
			_, err := o.dunning.Run(o.ctx, today, o.stream())
			require.NoError(t, err)
			pay("before dispatch")
			_, err = o.dunning.Dispatch(o.ctx)
			require.NoError(t, err)
			pay("before the letter leaves")
			o.work()
			require.Empty(t, o.carrier.accepted)
			require.Empty(t, o.queue(courrier.ReminderFilter{States: []courrier.ReminderState{courrier.ReminderSent, courrier.ReminderApproved, courrier.ReminderSending}}))
			o.requireBalance("10", "0")
		})
	}
}

func TestWhatFallsAwayLeavesTheRest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-02"))
	o.clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.Run(o.ctx, courrier.MustDate("2026-03-10"), o.stream())
	require.NoError(t, err)
	require.Len(t, o.only(courrier.ReminderFilter{}).Keys, 2)
	require.NoError(t, o.dunning.Dispute(o.ctx, "acme", "c1", "i1", true))
	o.work()
	require.Len(t, o.mails, 1)
	require.NotContains(t, o.mails[0].Text, "N-i1")
	sent := o.only(courrier.ReminderFilter{})
	require.Equal(t, courrier.ReminderSent, sent.State)
	require.Len(t, sent.Keys, 1)

	// The dispute over, the step that was not sent about it comes in its turn.
	require.NoError(t, o.dunning.Dispute(o.ctx, "acme", "c1", "i1", false))
	for d := courrier.MustDate("2026-03-11"); d.Before(courrier.MustDate("2026-03-20")); d = d.AddDays(1) {
		o.day(d.String())
	}
	require.Len(t, o.mails, 2)
	require.Contains(t, o.mails[1].Text, "N-i1")
}

func TestPostponedComesBackUnderItsKey(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.Run(o.ctx, courrier.MustDate("2026-03-10"), o.stream())
	require.NoError(t, err)
	require.NoError(t, o.dunning.PauseCustomer(o.ctx, "acme", "c1", courrier.MustDate("2026-03-17"), "call first"))
	o.work()
	paused := o.only(courrier.ReminderFilter{})
	require.Equal(t, courrier.ReminderPostponed, paused.State)
	require.Equal(t, string(courrier.CausePaused), paused.Reason)
	o.day("2026-03-12")
	require.Empty(t, o.mails)
	o.day("2026-03-17")
	require.Len(t, o.mails, 1)
	back := o.only(courrier.ReminderFilter{})
	require.Equal(t, paused.ID, back.ID)
	require.Equal(t, paused.Keys, back.Keys)
}

func TestMailOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		err     error
		contact courrier.Contact
		state   courrier.ReminderState
		letters int
		doubt   bool
	}{
		{"refused, post is possible", courrier.ErrRejected, both, courrier.ReminderSent, 1, false},
		{"refused, nothing else", courrier.ErrRejected, courrier.Contact{Email: true}, courrier.ReminderFailed, 0, false},
		{"a set-up that is wrong costs no letter", &courrier.FieldError{Field: "Account.Username", Rule: "is empty", Remedy: "give it"}, both, courrier.ReminderProposed, 0, false},
		{"not available, then it is", courrier.ErrUnavailable, both, courrier.ReminderSent, 0, false},
		{"in doubt is not repeated", errors.New("connection reset"), both, courrier.ReminderSent, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.topUp(10)
			o.owe("c1", c.contact, bill("i1", "2026-03-01"))
			o.mailErr = []error{c.err}
			o.day("2026-03-10")
			for range 2 {
				o.advance(time.Hour)
				o.work()
			}
			rem := o.only(courrier.ReminderFilter{})
			require.Equal(t, c.state, rem.State)
			require.Equal(t, c.doubt, rem.InDoubt)
			require.Len(t, o.carrier.accepted, c.letters)
		})
	}
}

func TestBounceGoesOnByPost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.topUp(10)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.day("2026-03-10")
	require.Len(t, o.mails, 1)
	id := courrier.ReminderID(o.mails[0].ID)
	_, err := o.dunning.Bounced(o.ctx, id, false)
	require.NoError(t, err)
	require.Equal(t, courrier.ReminderSent, o.only(courrier.ReminderFilter{}).State)
	_, err = o.dunning.Bounced(o.ctx, id, true)
	require.NoError(t, err)
	o.work()
	rem := o.only(courrier.ReminderFilter{})
	require.Equal(t, courrier.ReminderSent, rem.State)
	require.Equal(t, courrier.ChannelPost, rem.Channel)
	require.Len(t, o.carrier.accepted, 1)
	require.Len(t, o.mails, 1)
}

func TestReview(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.topUp(10)
	policy := courrier.StandardPolicy()
	for i := range policy.Steps {
		policy.Steps[i].Mode, policy.Steps[i].Assignee = courrier.ModeManual, "anne"
	}
	o.plans.Policies = []courrier.ReminderPolicy{policy}
	for i := range 4 {
		o.owe(courrier.CustomerID(fmt.Sprint("c", i)), both, bill(fmt.Sprint("i", i), "2026-03-01"))
	}
	require.Equal(t, 4, o.day("2026-03-10").Proposed)
	require.Empty(t, o.mails)
	list := o.queue(courrier.ReminderFilter{Assignee: "anne", DueTo: courrier.MustDate("2026-03-10"), States: []courrier.ReminderState{courrier.ReminderProposed}})
	require.Len(t, list, 4)

	t.Run("revise, preview, approve", func(t *testing.T) {
		id := list[0].ID
		stale, err := o.dunning.Preview(o.ctx, id)
		require.NoError(t, err)
		subject, body := "Votre compte", "Bonjour,\n\nAppelez-nous."
		_, err = o.dunning.Revise(o.ctx, id, courrier.ReminderEdit{
			Subject: &subject, Body: &body, Mail: []courrier.MailBox{{Address: "new@example.com"}},
			Attachments: []courrier.Document{courrier.NewDocument("releve.pdf", []byte("%PDF-releve"))},
		})
		require.NoError(t, err)
		_, err = o.dunning.Approve(o.ctx, id, stale.Token)
		require.ErrorIs(t, err, courrier.ErrConflict, "approved is what was previewed")
		seen, err := o.dunning.Preview(o.ctx, id)
		require.NoError(t, err)
		_, err = o.dunning.Approve(o.ctx, id, seen.Token)
		require.NoError(t, err)
		o.work()
		require.Len(t, o.mails, 1)
		require.Equal(t, *seen.Email, o.mails[0])
		require.Equal(t, "new@example.com", o.mails[0].To[0].Address)
		require.Equal(t, "%PDF-releve", string(o.mails[0].Attachments[0].Content))
	})
	t.Run("what changed after the approval comes back to review", func(t *testing.T) {
		id, customer := list[1].ID, list[1].Customer
		seen, err := o.dunning.Preview(o.ctx, id)
		require.NoError(t, err)
		_, err = o.dunning.Approve(o.ctx, id, seen.Token)
		require.NoError(t, err)
		inv := o.cases[customer].Invoices[0]
		inv.Open = courrier.MustAmount("80.00", "EUR")
		o.owe(customer, both, inv)
		o.work()
		rem, err := o.dunning.Reminder(o.ctx, id)
		require.NoError(t, err)
		require.Equal(t, courrier.ReminderProposed, rem.State)
		require.Len(t, o.mails, 1)
	})
	t.Run("snooze comes back, skip does not", func(t *testing.T) {
		_, err := o.dunning.Snooze(o.ctx, list[2].ID, courrier.MustDate("2026-03-10"))
		require.ErrorIs(t, err, courrier.ErrInvalid)
		_, err = o.dunning.Snooze(o.ctx, list[2].ID, courrier.MustDate("2026-03-13"))
		require.NoError(t, err)
		_, err = o.dunning.Skip(o.ctx, list[3].ID, "a good customer")
		require.NoError(t, err)
		o.day("2026-03-12")
		require.Empty(t, o.queue(courrier.ReminderFilter{DueFrom: courrier.MustDate("2026-03-11")}))
		o.day("2026-03-13")
		back, err := o.dunning.Reminder(o.ctx, list[2].ID)
		require.NoError(t, err)
		require.Equal(t, courrier.ReminderProposed, back.State)
		o.day("2026-03-17")
		next := o.queue(courrier.ReminderFilter{Customers: []courrier.CustomerID{list[3].Customer}})
		require.Len(t, next, 2)
		require.Equal(t, "reminder-2", next[1].Decision.Step.ID)
	})
	t.Run("in bulk, with the count confirmed", func(t *testing.T) {
		waiting := courrier.ReminderFilter{States: []courrier.ReminderState{courrier.ReminderProposed}}
		n := len(o.queue(waiting))
		approved, errs := o.dunning.ApproveAll(o.ctx, courrier.ReminderFilter{}, n+1)
		require.Zero(t, approved)
		require.ErrorIs(t, errs[0], courrier.ErrConflict)
		approved, errs = o.dunning.ApproveAll(o.ctx, courrier.ReminderFilter{}, n)
		require.Empty(t, errs)
		require.Equal(t, n, approved)
	})
}

func TestCancelTakesAnApprovedReminderBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.topUp(10)
	o.owe("c1", postOnly, bill("i1", "2026-03-01"))
	o.clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.Run(o.ctx, courrier.MustDate("2026-03-10"), o.stream())
	require.NoError(t, err)
	_, err = o.dunning.Dispatch(o.ctx)
	require.NoError(t, err)
	rem := o.only(courrier.ReminderFilter{})
	require.Equal(t, courrier.ReminderSending, rem.State)
	_, err = o.dunning.Cancel(o.ctx, rem.ID)
	require.NoError(t, err)
	o.work()
	require.Empty(t, o.carrier.accepted)
	o.requireBalance("10", "0")

	seen, err := o.dunning.Preview(o.ctx, rem.ID)
	require.NoError(t, err)
	_, err = o.dunning.Approve(o.ctx, rem.ID, seen.Token)
	require.NoError(t, err)
	o.work()
	require.Len(t, o.carrier.accepted, 1)
	_, err = o.dunning.Cancel(o.ctx, rem.ID)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

func TestByHandAndCampaign(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.owe("c2", both, bill("i2", "2026-03-01"))
	disputed := bill("i3", "2026-03-01")
	disputed.Disputed = true
	o.owe("c3", both, disputed)
	o.clock = courrier.MustDate("2026-03-03").In(time.UTC).Add(12 * time.Hour)

	hand := courrier.AdHoc{Account: "acme", Customer: "c1", Key: "hand-1", Invoices: []courrier.InvoiceID{"i1"}, Text: courrier.Text{Subject: "Bonjour {customer}", Body: "Il reste {open}."}}
	first, err := o.dunning.SendNow(o.ctx, hand)
	require.NoError(t, err)
	again, err := o.dunning.SendNow(o.ctx, hand)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	_, err = o.dunning.SendNow(o.ctx, courrier.AdHoc{Account: "acme", Customer: "c3", Key: "x", Invoices: []courrier.InvoiceID{"i3"}})
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = o.dunning.SendNow(o.ctx, courrier.AdHoc{Account: "acme", Text: courrier.Text{Subject: "{nobody}", Body: "{total"}})
	require.Len(t, courrier.FieldErrors(err), 4)
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, "Bonjour Client c1", o.mails[0].Subject)

	// It counts for the contact delay: the plan's reminder waits a week.
	o.day("2026-03-06")
	require.Len(t, o.mails, 2, "only c2 is reminded by the plan")
	o.day("2026-03-10")
	require.Len(t, o.mails, 3)

	late := courrier.LateFilter{MinDaysLate: 5}
	var progress []int
	cam := courrier.Campaign{
		Account: "acme", Key: "closing", Text: courrier.Text{Subject: "Clôture", Body: "Cher {customer}, {count} facture(s), {total}."},
		Progress: func(done int, _ courrier.CampaignResult) { progress = append(progress, done) },
	}
	for range 2 {
		report, err := o.dunning.Campaign(o.ctx, cam, late.Late(courrier.MustDate("2026-03-10"), o.stream()))
		require.NoError(t, err)
		require.Equal(t, 2, report.Reminders)
		require.Zero(t, report.Refused)
	}
	require.Equal(t, []int{1, 2, 1, 2}, progress)
	o.work()
	require.Len(t, o.mails, 5)
	require.Len(t, o.queue(courrier.ReminderFilter{Campaign: "closing"}), 2)
}

func TestDeliverByTheCustomersChannel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.topUp(10)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.owe("c2", courrier.Contact{Email: true, Post: true, EmailOffInvoices: true})
	o.owe("c3", courrier.Contact{PostOff: true, Post: true})
	o.clock = courrier.MustDate("2026-03-09").In(time.UTC).Add(12 * time.Hour)
	delivery := func(c courrier.CustomerID) courrier.Delivery {
		return courrier.Delivery{
			Account: "acme", Customer: c, Key: "FA-" + string(c), Text: courrier.Text{Subject: "Votre facture", Body: "Ci-joint votre facture."},
			Documents: []courrier.Document{courrier.NewDocument("facture.pdf", []byte("%PDF-facture"))},
		}
	}
	require.NoError(t, o.dunning.PauseCustomer(o.ctx, "acme", "c1", courrier.Date{}, "no reminders"))
	for range 2 {
		for _, c := range []courrier.CustomerID{"c1", "c2"} {
			_, err := o.dunning.Deliver(o.ctx, delivery(c))
			require.NoError(t, err)
		}
	}
	_, err := o.dunning.Deliver(o.ctx, delivery("c3"))
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = o.dunning.Deliver(o.ctx, courrier.Delivery{})
	require.GreaterOrEqual(t, len(courrier.FieldErrors(err)), 5)
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, "%PDF-facture", string(o.mails[0].Attachments[0].Content))
	require.Len(t, o.carrier.accepted, 1)
	sent := o.letter(o.carrier.accepted[0])
	require.Equal(t, courrier.PurposeInvoice, sent.Letter.Purpose)
	require.Len(t, sent.Letter.Documents, 1, "no covering letter")

	// It is no contact: the plan's reminder is not held by it.
	require.NoError(t, o.dunning.ResumeCustomer(o.ctx, "acme", "c1"))
	o.day("2026-03-10")
	require.Len(t, o.mails, 2)
}

// A message that is about no invoice reaches those who owe nothing.
func TestCampaignAboutNoInvoice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both)
	o.clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	cam := courrier.Campaign{Account: "acme", Key: "new-iban", Text: courrier.Text{Subject: "Nouvel IBAN", Body: "Cher {customer}, notre IBAN change."}}
	report, err := o.dunning.Campaign(o.ctx, cam, o.stream())
	require.NoError(t, err)
	require.Equal(t, 1, report.Reminders)
	o.work()
	require.Len(t, o.mails, 1)
	require.Contains(t, o.mails[0].Text, "Client c1")
}

func TestDunningCrashAtEveryCommit(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			if !dunningCrashAt(t, n, after) {
				require.Greater(t, n, 5)
				break
			}
		}
	}
}

func dunningCrashAt(t *testing.T, n int, after bool) bool {
	o := newOffice(t)
	c := &crash{Store: o.config.Store, carrier: o.carrier, left: n, after: after}
	o.config.Contents = o.config.Store.(courrier.Contents)
	o.config.Store, o.config.Providers = c, []courrier.Provider{c}
	o.again()
	o.owe("c1", courrier.Contact{Email: true}, bill("i1", "2026-03-01"))
	o.owe("c2", postOnly, bill("i2", "2026-03-01"))
	live := func() {
		o.clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
		_, _ = o.client.Credits("acme").TopUp(o.ctx, "order", stamps(t, 10))
		for range 6 {
			_, _ = o.dunning.Run(o.ctx, courrier.MustDate("2026-03-10"), o.stream())
			_, _ = o.dunning.Dispatch(o.ctx)
			_, _ = o.client.Dispatch(o.ctx, courrier.DispatchOptions{Workers: 1})
			o.advance(20 * time.Minute)
		}
	}
	live()
	crashed := !c.alive()
	c.dead, c.left = false, -1
	o.again()
	live()
	require.LessOrEqual(t, len(o.mails), 1, "crash at commit %d (applied: %v)", n, after)
	require.Len(t, o.carrier.accepted, 1, "crash at commit %d (applied: %v)", n, after)
	for _, rem := range o.queue(courrier.ReminderFilter{}) {
		require.Equal(t, courrier.ReminderSent, rem.State, "crash at commit %d (applied: %v)", n, after)
		if rem.Channel == courrier.ChannelEmail {
			require.True(t, rem.InDoubt || len(o.mails) == 1, "an e-mail that nobody sent is flagged")
		}
	}
	return crashed
}

func TestDunningNeverLogsWhoOwes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.broken = errors.New("database of the host")
	o.clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.Run(o.ctx, courrier.MustDate("2026-03-10"), func(yield func(courrier.Case, error) bool) { yield(o.cases["c1"], nil) })
	require.NoError(t, err)
	report, err := o.dunning.Dispatch(o.ctx)
	require.NoError(t, err)
	require.Len(t, report.Errors, 1)
	o.broken = nil
	o.advance(time.Hour)
	o.work()
	require.Len(t, o.mails, 1, "what failed is tried again")
	for _, secret := range []string{"c1@example.com", "Client c1", "Lilas"} {
		require.False(t, strings.Contains(o.logs.String(), secret))
	}
}
