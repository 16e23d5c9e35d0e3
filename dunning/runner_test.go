package dunning_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/latepayment"
)

// office is the host of these tests: its customers, mail server and composer.
type office struct {
	*testscene.Scene
	mu      sync.Mutex
	cases   map[courrier.CustomerID]dunning.Case
	mails   []email.Message
	mailErr []error                                    // of the next e-mails
	mailing func(ctx context.Context, m email.Message) // looks at the call of each
	plans   dunning.Settings
	dunning *dunning.Runner
	broken  error // of every look at the facts
	mend    func(*dunning.DebtorDetails)
	law     dunning.LatePayment
	moved   string          // the street that every customer moved to
	price   courrier.Amount // of a letter; none: the scene's tariff
}

func newOffice(t testing.TB) *office {
	o := &office{cases: map[courrier.CustomerID]dunning.Case{}, law: latepayment.France()}
	o.Scene = testscene.New(t, func(c *courrier.Config) {
		c.Tariff = raised{c.Tariff, &o.price}
		c.Authorize = func(_ context.Context, a courrier.Actor, action courrier.Action) error {
			if action.Kind == courrier.ActionApproveFormalNotice && a.ID != "boss" {
				return errors.New("not a decision-maker")
			}
			return nil
		}
	})
	o.plans = dunning.Settings{
		Policies:   []courrier.ReminderPolicy{dunning.StandardPolicy()},
		Assignment: dunning.PolicyAssignment{Default: "standard"},
		Language:   courrier.French,
		Sender:     courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		MailFrom:   email.Box{Address: "billing@acme.example"},
	}
	o.again()
	return o
}

// raised is a tariff with a price of the moment in its place.
type raised struct {
	courrier.Tariff
	price *courrier.Amount
}

func (r raised) Price(p courrier.Priceable) ([]courrier.PriceLine, error) {
	if r.price.Unit() != "" {
		return []courrier.PriceLine{{Code: "postage", Amount: *r.price}}, nil
	}
	return r.Tariff.Price(p)
}

// again makes a new Dunning over the same store.
func (o *office) again() {
	o.Restart()
	var err error
	o.dunning, err = dunning.New(dunning.Config{
		Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o, Composer: o, Mailer: o, LatePayment: o.law,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return o.plans, nil },
	})
	require.NoError(o.T, err)
}

func (o *office) Case(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.cases[id]
	if o.broken != nil || !ok {
		return c, errors.Join(o.broken, map[bool]error{false: courrier.ErrNotFound}[ok])
	}
	c.Invoices = slices.Clone(c.Invoices)
	return c, nil
}

func (o *office) Details(_ context.Context, _ courrier.AccountID, id courrier.CustomerID, invoices []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := dunning.DebtorDetails{
		To:   courrier.Recipient{Company: "Client " + string(id), Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Mail: []email.Box{{Address: string(id) + "@example.com"}},
	}
	for _, inv := range invoices {
		d.Documents = append(d.Documents, dunning.InvoiceDocument{Invoice: inv, Number: "N-" + string(inv)})
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
func (o *office) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	text, err := json.Marshal(p)
	return courrier.Document{Name: "reminder.pdf", Content: append([]byte("%PDF-1.7 "), text...), Pages: 1}, err
}

func (o *office) Mail(ctx context.Context, m email.Message) error {
	if o.mailing != nil {
		o.mailing(ctx, m)
	}
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
func (o *office) owe(id courrier.CustomerID, contact dunning.Contact, invoices ...dunning.Invoice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cases[id] = dunning.Case{Account: "acme", Customer: dunning.Customer{ID: id, Class: latepayment.DebtorBusiness, Contact: contact}, Invoices: invoices}
}

func bill(id, due string) dunning.Invoice {
	return dunning.Invoice{ID: dunning.InvoiceID(id), Number: "N-" + id, IssuedOn: courrier.MustDate(due).AddDays(-30), Parts: dunning.Due(courrier.MustDate(due), courrier.MustAmount("120.00", "EUR"))}
}

var (
	both     = dunning.Contact{Email: true, Post: true}
	postOnly = dunning.Contact{Post: true}
)

// stream yields the customers in the order of their ids: what a crash meets is the same
// in each run of a test.
func (o *office) stream() iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(o.cases)) {
			c, err := o.Case(context.Background(), "acme", id)
			if !yield(c, err) {
				return
			}
		}
	}
}

// day moves the clock to the evening of a day and does what a host does daily.
func (o *office) day(s string) dunning.RunReport {
	o.T.Helper()
	d := courrier.MustDate(s)
	o.Clock = d.In(time.UTC).Add(6 * time.Hour)
	report, err := o.dunning.RunDay(o.Ctx, d, o.stream())
	require.NoError(o.T, err)
	require.Empty(o.T, report.Errors)
	o.Clock = d.In(time.UTC).Add(18 * time.Hour)
	o.work()
	return report
}

// work sends what is due.
func (o *office) work() dunning.DispatchReport {
	o.T.Helper()
	report, err := o.dunning.Dispatch(o.Ctx)
	require.NoError(o.T, err)
	o.Dispatch()
	o.Advance(2 * time.Minute)
	confirmed, err := o.dunning.Dispatch(o.Ctx)
	require.NoError(o.T, err)
	report.Confirmed += confirmed.Confirmed
	report.Postponed += confirmed.Postponed
	report.Returned += confirmed.Returned
	return report
}

func (o *office) queue(f dunning.ReminderFilter) []dunning.Reminder {
	o.T.Helper()
	var all []dunning.Reminder
	for r, err := range o.dunning.Queue(o.Ctx, f) {
		require.NoError(o.T, err)
		all = append(all, r)
	}
	return all
}

func (o *office) only(f dunning.ReminderFilter) dunning.Reminder {
	o.T.Helper()
	all := o.queue(f)
	require.Len(o.T, all, 1)
	return all[0]
}

func TestPlanFromCourtesyToFormalNotice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(100)
	o.owe("c1", both, bill("i1", "2026-04-01"))
	for d := courrier.MustDate("2026-03-25"); d.Before(courrier.MustDate("2026-05-06")); d = d.AddDays(1) {
		o.day(d.String())
	}
	require.Len(t, o.mails, 3)
	require.Contains(t, o.mails[0].Subject, "arrive à échéance")
	require.Contains(t, o.mails[1].Text, "120,00\u00a0€")
	require.Contains(t, o.mails[1].Text, "N-i1, échéance 1er avril 2026")

	// The formal notice waits for a person with authority.
	notice := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Equal(t, courrier.StepFormalNotice, notice.Decision.Step.Kind)
	_, err := o.dunning.Approve(o.Ctx, notice.ID, "")
	require.ErrorIs(t, err, courrier.ErrConflict)
	seen, err := o.dunning.Preview(o.Ctx, notice.ID)
	require.NoError(t, err)
	require.NotNil(t, seen.Letter)
	require.Equal(t, courrier.ServiceRegisteredAR, seen.Letter.Service)
	require.Contains(t, seen.Reminder.Message.Body, "mettons en demeure")
	_, err = o.dunning.Approve(o.Ctx, notice.ID, seen.Token)
	require.ErrorIs(t, err, courrier.ErrDenied)
	boss := courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"})
	_, err = o.dunning.Approve(boss, notice.ID, seen.Token)
	require.NoError(t, err)
	o.work()
	sent, err := o.dunning.Reminder(o.Ctx, notice.ID)
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderSent, sent.State)
	rec := o.Letter(sent.Letter)
	require.Equal(t, courrier.PurposeFormalNotice, rec.Letter.Purpose)
	require.Equal(t, 1, o.Times(rec.ID))

	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
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
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := o.dunning.RunDay(o.Ctx, courrier.MustDate("2026-03-10"), o.stream())
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, o.queue(dunning.ReminderFilter{}), 50)
	for range 3 {
		o.day("2026-03-10")
	}
	require.Len(t, o.mails, 50)
	require.Len(t, o.queue(dunning.ReminderFilter{}), 50)
}

// A payment between any two steps of the way keeps the reminder from leaving.
func TestPaidBeforeItLeaves(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"before the run", "before dispatch", "before the letter leaves"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.TopUp(10)
			o.owe("c1", postOnly, bill("i1", "2026-03-01"))
			pay := func(at string) {
				if at == when {
					o.owe("c1", postOnly)
				}
			}
			today := courrier.MustDate("2026-03-10")
			o.Clock = today.In(time.UTC).Add(12 * time.Hour)
			pay("before the run")
			_, err := o.dunning.RunDay(o.Ctx, today, o.stream())
			require.NoError(t, err)
			pay("before dispatch")
			_, err = o.dunning.Dispatch(o.Ctx)
			require.NoError(t, err)
			pay("before the letter leaves")
			o.work()
			require.Empty(t, o.Carrier.Accepted)
			require.Empty(t, o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderSent, dunning.ReminderApproved, dunning.ReminderSending}}))
			o.RequireBalance("10", "0")
		})
	}
}

func TestWhatFallsAwayLeavesTheRest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-02"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.RunDay(o.Ctx, courrier.MustDate("2026-03-10"), o.stream())
	require.NoError(t, err)
	require.Len(t, o.only(dunning.ReminderFilter{}).Keys, 2)
	require.NoError(t, o.dunning.Dispute(o.Ctx, "acme", "c1", "i1", true))
	o.work()
	require.Len(t, o.mails, 1)
	require.NotContains(t, o.mails[0].Text, "N-i1")
	sent := o.only(dunning.ReminderFilter{})
	require.Equal(t, dunning.ReminderSent, sent.State)
	require.Len(t, sent.Keys, 1)

	// The dispute over, the step that was not sent about it comes in its turn.
	require.NoError(t, o.dunning.Dispute(o.Ctx, "acme", "c1", "i1", false))
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
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.RunDay(o.Ctx, courrier.MustDate("2026-03-10"), o.stream())
	require.NoError(t, err)
	require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", courrier.MustDate("2026-03-17"), "call first"))
	o.work()
	paused := o.only(dunning.ReminderFilter{})
	require.Equal(t, dunning.ReminderPostponed, paused.State)
	require.Equal(t, string(dunning.CausePaused), paused.Reason)
	o.day("2026-03-12")
	require.Empty(t, o.mails)
	o.day("2026-03-17")
	require.Len(t, o.mails, 1)
	back := o.only(dunning.ReminderFilter{})
	require.Equal(t, paused.ID, back.ID)
	require.Equal(t, paused.Keys, back.Keys)
}

func TestMailOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		err     error
		contact dunning.Contact
		state   dunning.ReminderState
		letters int
		doubt   bool
	}{
		{"refused, post is possible", courrier.ErrRejected, both, dunning.ReminderSent, 1, false},
		{"refused, nothing else: it waits for another address", courrier.ErrRejected, dunning.Contact{Email: true}, dunning.ReminderPostponed, 0, false},
		{"a set-up that is wrong costs no letter", &courrier.FieldError{Field: "Account.Username", Rule: "is empty", Remedy: "give it"}, both, dunning.ReminderProposed, 0, false},
		{"not available, then it is", courrier.ErrUnavailable, both, dunning.ReminderSent, 0, false},
		{"in doubt is not repeated", errors.New("connection reset"), both, dunning.ReminderSent, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.TopUp(10)
			o.owe("c1", c.contact, bill("i1", "2026-03-01"))
			o.mailErr = []error{c.err}
			o.day("2026-03-10")
			for range 2 {
				o.Advance(time.Hour)
				o.work()
			}
			rem := o.only(dunning.ReminderFilter{})
			require.Equal(t, c.state, rem.State)
			require.Equal(t, c.doubt, rem.InDoubt)
			require.Len(t, o.Carrier.Accepted, c.letters)
		})
	}
}

func TestBounceGoesOnByPost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.day("2026-03-10")
	require.Len(t, o.mails, 1)
	id := dunning.ReminderID(o.mails[0].ID)
	_, err := o.dunning.Bounced(o.Ctx, id, email.BounceDelayed)
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderSent, o.only(dunning.ReminderFilter{}).State)
	_, err = o.dunning.Bounced(o.Ctx, id, email.BounceAddress)
	require.NoError(t, err)
	o.work()
	rem := o.only(dunning.ReminderFilter{})
	require.Equal(t, dunning.ReminderSent, rem.State)
	require.Equal(t, courrier.ChannelPost, rem.Channel)
	require.Len(t, o.Carrier.Accepted, 1)
	require.Len(t, o.mails, 1)
}

func TestReview(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	policy := dunning.StandardPolicy()
	for i := range policy.Steps {
		policy.Steps[i].Mode, policy.Steps[i].Assignee = courrier.ModeManual, "anne"
	}
	o.plans.Policies = []courrier.ReminderPolicy{policy}
	for i := range 4 {
		o.owe(courrier.CustomerID(fmt.Sprint("c", i)), both, bill(fmt.Sprint("i", i), "2026-03-01"))
	}
	require.Equal(t, 4, o.day("2026-03-10").Proposed)
	require.Empty(t, o.mails)
	list := o.queue(dunning.ReminderFilter{Assignee: "anne", DueTo: courrier.MustDate("2026-03-10"), States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Len(t, list, 4)

	t.Run("revise, preview, approve", func(t *testing.T) {
		id := list[0].ID
		stale, err := o.dunning.Preview(o.Ctx, id)
		require.NoError(t, err)
		subject, body := "Votre compte", "Bonjour,\n\nAppelez-nous."
		_, err = o.dunning.Revise(o.Ctx, id, dunning.Edit{
			Subject: &subject, Body: &body, Mail: []email.Box{{Address: "new@example.com"}},
			Attachments: []courrier.Document{courrier.NewDocument("releve.pdf", []byte("%PDF-releve"))},
		})
		require.NoError(t, err)
		_, err = o.dunning.Approve(o.Ctx, id, stale.Token)
		require.ErrorIs(t, err, courrier.ErrConflict, "approved is what was previewed")
		seen, err := o.dunning.Preview(o.Ctx, id)
		require.NoError(t, err)
		_, err = o.dunning.Approve(o.Ctx, id, seen.Token)
		require.NoError(t, err)
		o.work()
		require.Len(t, o.mails, 1)
		require.Equal(t, *seen.Email, o.mails[0])
		require.Equal(t, "new@example.com", o.mails[0].To[0].Address)
		require.Equal(t, "%PDF-releve", string(o.mails[0].Attachments[0].Content))
	})
	t.Run("what changed after the approval comes back to review", func(t *testing.T) {
		id, customer := list[1].ID, list[1].Customer
		seen, err := o.dunning.Preview(o.Ctx, id)
		require.NoError(t, err)
		_, err = o.dunning.Approve(o.Ctx, id, seen.Token)
		require.NoError(t, err)
		inv := o.cases[customer].Invoices[0]
		inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("80.00", "EUR"))
		o.owe(customer, both, inv)
		o.work()
		rem, err := o.dunning.Reminder(o.Ctx, id)
		require.NoError(t, err)
		require.Equal(t, dunning.ReminderProposed, rem.State)
		require.Len(t, o.mails, 1)
	})
	t.Run("snooze comes back, skip does not", func(t *testing.T) {
		_, err := o.dunning.Snooze(o.Ctx, list[2].ID, courrier.MustDate("2026-03-10"))
		require.ErrorIs(t, err, courrier.ErrInvalid)
		_, err = o.dunning.Snooze(o.Ctx, list[2].ID, courrier.MustDate("2026-03-13"))
		require.NoError(t, err)
		_, err = o.dunning.Skip(o.Ctx, list[3].ID, "a good customer")
		require.NoError(t, err)
		o.day("2026-03-12")
		require.Empty(t, o.queue(dunning.ReminderFilter{DueFrom: courrier.MustDate("2026-03-11")}))
		o.day("2026-03-13")
		back, err := o.dunning.Reminder(o.Ctx, list[2].ID)
		require.NoError(t, err)
		require.Equal(t, dunning.ReminderProposed, back.State)
		o.day("2026-03-17")
		next := o.queue(dunning.ReminderFilter{Customers: []courrier.CustomerID{list[3].Customer}})
		require.Len(t, next, 2)
		require.Equal(t, "reminder-2", next[1].Decision.Step.ID)
	})
	t.Run("in bulk, with the count confirmed", func(t *testing.T) {
		waiting := dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}}
		n := len(o.queue(waiting))
		approved, errs := o.dunning.ApproveAll(o.Ctx, dunning.ReminderFilter{}, n+1)
		require.Zero(t, approved)
		require.ErrorIs(t, errs[0], courrier.ErrConflict)
		approved, errs = o.dunning.ApproveAll(o.Ctx, dunning.ReminderFilter{}, n)
		require.Empty(t, errs)
		require.Equal(t, n, approved)
	})
}

func TestCancelTakesAnApprovedReminderBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", postOnly, bill("i1", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.RunDay(o.Ctx, courrier.MustDate("2026-03-10"), o.stream())
	require.NoError(t, err)
	_, err = o.dunning.Dispatch(o.Ctx)
	require.NoError(t, err)
	rem := o.only(dunning.ReminderFilter{})
	require.Equal(t, dunning.ReminderSending, rem.State)
	_, err = o.dunning.Cancel(o.Ctx, rem.ID)
	require.NoError(t, err)
	o.work()
	require.Empty(t, o.Carrier.Accepted)
	o.RequireBalance("10", "0")

	seen, err := o.dunning.Preview(o.Ctx, rem.ID)
	require.NoError(t, err)
	_, err = o.dunning.Approve(o.Ctx, rem.ID, seen.Token)
	require.NoError(t, err)
	o.work()
	require.Len(t, o.Carrier.Accepted, 1)
	_, err = o.dunning.Cancel(o.Ctx, rem.ID)
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
	o.Clock = courrier.MustDate("2026-03-03").In(time.UTC).Add(12 * time.Hour)

	hand := dunning.ByHand{Account: "acme", Customer: "c1", Key: "hand-1", Invoices: []dunning.InvoiceID{"i1"}, Text: dunning.Text{Subject: "Bonjour {customer}", Body: "Il reste {open}."}}
	first, err := o.dunning.SendNow(o.Ctx, hand)
	require.NoError(t, err)
	again, err := o.dunning.SendNow(o.Ctx, hand)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	_, err = o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c3", Key: "x", Invoices: []dunning.InvoiceID{"i3"}})
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Text: dunning.Text{Subject: " ", Body: "{total"}})
	require.Len(t, courrier.FieldErrors(err), 3)
	_, err = o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c1", Key: "y", Text: dunning.Text{Subject: "{nobody}", Body: "{total"}})
	require.Len(t, courrier.FieldErrors(err), 2, "the account's own placeholders are known when the account is")
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, "Bonjour Client c1", o.mails[0].Subject)

	// It counts for the contact delay: the plan's reminder waits a week.
	o.day("2026-03-06")
	require.Len(t, o.mails, 2, "only c2 is reminded by the plan")
	o.day("2026-03-10")
	require.Len(t, o.mails, 3)

	late := dunning.LateFilter{MinDaysLate: 5}
	var progress []int
	cam := dunning.Campaign{
		Account: "acme", Key: "closing", Text: dunning.Text{Subject: "Clôture", Body: "Cher {customer}, {count} facture(s), {total}."},
		Progress: func(done int, _ dunning.CampaignResult) { progress = append(progress, done) },
	}
	for range 2 {
		report, err := o.dunning.Campaign(o.Ctx, cam, late.Late(courrier.MustDate("2026-03-10"), o.stream()))
		require.NoError(t, err)
		require.Equal(t, 2, report.Reminders)
		require.Zero(t, report.Refused)
	}
	require.Equal(t, []int{1, 2, 1, 2}, progress)
	o.work()
	require.Len(t, o.mails, 5)
	require.Len(t, o.queue(dunning.ReminderFilter{Campaign: "closing"}), 2)
}

func TestDeliverByTheCustomersChannel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.owe("c2", dunning.Contact{Email: true, Post: true, EmailOffInvoices: true})
	o.owe("c3", dunning.Contact{PostOff: true, Post: true})
	o.Clock = courrier.MustDate("2026-03-09").In(time.UTC).Add(12 * time.Hour)
	delivery := func(c courrier.CustomerID) dunning.SalesDocument {
		return dunning.SalesDocument{
			Account: "acme", Customer: c, Key: "FA-" + string(c), Text: dunning.Text{Subject: "Votre facture", Body: "Ci-joint votre facture."},
			Documents: []courrier.Document{courrier.NewDocument("facture.pdf", []byte("%PDF-facture"))},
		}
	}
	require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", courrier.Date{}, "no reminders"))
	for range 2 {
		for _, c := range []courrier.CustomerID{"c1", "c2"} {
			_, err := o.dunning.Deliver(o.Ctx, delivery(c))
			require.NoError(t, err)
		}
	}
	_, err := o.dunning.Deliver(o.Ctx, delivery("c3"))
	require.ErrorIs(t, err, courrier.ErrConflict)
	_, err = o.dunning.Deliver(o.Ctx, dunning.SalesDocument{})
	require.GreaterOrEqual(t, len(courrier.FieldErrors(err)), 5)
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, "%PDF-facture", string(o.mails[0].Attachments[0].Content))
	require.Len(t, o.Carrier.Accepted, 1)
	sent := o.Letter(o.Carrier.Accepted[0])
	require.Equal(t, courrier.PurposeInvoice, sent.Letter.Purpose)
	require.Len(t, sent.Letter.Documents, 1, "no covering letter")

	// It is no contact: the plan's reminder is not held by it.
	require.NoError(t, o.dunning.ResumeCustomer(o.Ctx, "acme", "c1"))
	o.day("2026-03-10")
	require.Len(t, o.mails, 2)
}

// A message that is about no invoice reaches those who owe nothing.
func TestCampaignAboutNoInvoice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both)
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	cam := dunning.Campaign{Account: "acme", Key: "new-iban", Text: dunning.Text{Subject: "Nouvel IBAN", Body: "Cher {customer}, notre IBAN change."}}
	report, err := o.dunning.Campaign(o.Ctx, cam, o.stream())
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
	c := &testscene.Crash{BothStores: o.Config.Store.(testscene.BothStores), Carrier: o.Carrier, Left: n, After: after}
	o.Config.Contents = o.Config.Store.(courrier.Contents)
	o.Config.Store, o.Config.Providers = c, []courrier.Provider{c}
	o.again()
	o.owe("c1", dunning.Contact{Email: true}, bill("i1", "2026-03-01"))
	o.owe("c2", postOnly, bill("i2", "2026-03-01"))
	live := func() {
		o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
		_, _ = o.Client.Credits("acme").TopUp(o.Ctx, "order", testscene.Stamps(t, 10))
		for range 12 { // an attempt whose outcome nobody wrote is in doubt for a day
			_, _ = o.dunning.RunDay(o.Ctx, courrier.MustDate("2026-03-10"), o.stream())
			_, _ = o.dunning.Dispatch(o.Ctx)
			_, _ = o.Client.Dispatch(o.Ctx, courrier.DispatchOptions{Workers: 1})
			o.Advance(3 * time.Hour)
		}
	}
	live()
	crashed := !c.Alive()
	c.Dead, c.Left = false, -1
	o.again()
	live()
	require.LessOrEqual(t, len(o.mails), 1, "crash at commit %d (applied: %v)", n, after)
	require.Len(t, o.Carrier.Accepted, 1, "crash at commit %d (applied: %v)", n, after)
	for _, rem := range o.queue(dunning.ReminderFilter{}) {
		require.Equal(t, dunning.ReminderSent, rem.State, "crash at commit %d (applied: %v)", n, after)
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
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.RunDay(o.Ctx, courrier.MustDate("2026-03-10"), func(yield func(dunning.Case, error) bool) { yield(o.cases["c1"], nil) })
	require.NoError(t, err)
	report, err := o.dunning.Dispatch(o.Ctx)
	require.NoError(t, err)
	require.Len(t, report.Errors, 1)
	o.broken = nil
	o.Advance(time.Hour)
	o.work()
	require.Len(t, o.mails, 1, "what failed is tried again")
	for _, secret := range []string{"c1@example.com", "Client c1", "Lilas"} {
		require.False(t, strings.Contains(o.Logs.String(), secret))
	}
}
