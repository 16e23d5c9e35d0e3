// Package modellife lives random days of several people and holds what left against a
// model that knows only the rules of reminders: its users bring a store.
package modellife

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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

const (
	modelDays   = 70
	modelPeople = 3
)

// Seed is the first of a day's lives, where none is asked for.
func Seed(asked uint64) uint64 {
	if asked != 0 {
		return asked
	}
	return uint64(time.Now().Unix()/86400) * 1_000_000
}

func day(s string) courrier.Date { return courrier.MustDate(s) }

func bill(id, due string) dunning.Invoice {
	on := day(due)
	return dunning.Invoice{ID: dunning.InvoiceID(id), Number: "N-" + id, IssuedOn: on.AddDays(-30), Parts: dunning.Due(on, courrier.MustAmount("120.00", "EUR"))}
}

// office is the host: who owes what, and how it writes.
type office struct {
	*testscene.Scene
	mu    sync.Mutex
	cases map[courrier.CustomerID]dunning.Case
	plans dunning.Settings
}

func newOffice(t testing.TB) *office {
	o := &office{cases: map[courrier.CustomerID]dunning.Case{}}
	o.Scene = testscene.New(t, func(c *courrier.Config) {
		c.Authorize = func(_ context.Context, a courrier.Actor, action courrier.Action) error {
			if action.Kind == courrier.ActionApproveFormalNotice && a.ID != "boss" {
				return errors.New("not a decision-maker")
			}
			return nil
		}
	})
	o.plans = dunning.Settings{
		Policies:   []courrier.ReminderPolicy{courrier.StandardPolicy()},
		Assignment: dunning.PolicyAssignment{Default: "standard"},
		Language:   courrier.French,
		Sender:     courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		MailFrom:   email.Box{Address: "billing@acme.example"},
	}
	return o
}

func (o *office) Case(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.cases[id]
	c.Invoices = slices.Clone(c.Invoices)
	return c, nil
}

func (o *office) Details(_ context.Context, _ courrier.AccountID, id courrier.CustomerID, _ []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{
		To:   courrier.Recipient{Company: "Client " + string(id), Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Mail: []email.Box{{Address: string(id) + "@example.com"}},
	}, nil
}

// Compose writes down everything that it is given.
func (o *office) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	text, err := json.Marshal(p)
	return courrier.Document{Name: "reminder.pdf", Content: append([]byte("%PDF-1.7 "), text...), Pages: 1}, err
}

func (o *office) owe(id courrier.CustomerID, contact dunning.Contact) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cases[id] = dunning.Case{Account: "acme", Customer: dunning.Customer{ID: id, Class: latepayment.DebtorBusiness, Contact: contact}}
}

func (o *office) change(id courrier.CustomerID, edit func(c *dunning.Case)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.cases[id]
	c.Invoices = slices.Clone(c.Invoices)
	edit(&c)
	o.cases[id] = c
}

var (
	both     = dunning.Contact{Email: true, Post: true}
	postOnly = dunning.Contact{Post: true}
)

func denied(code string) error {
	return &courrier.Error{Op: "mail", Kind: courrier.ErrDenied, Code: code}
}

type sharedClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *sharedClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// modelLife is one random life.
type modelLife struct {
	*office
	seed    uint64
	random  *rand.Rand
	account courrier.AccountID
	runners []*dunning.Runner
	clients []*courrier.Client
	clock   *sharedClock

	mu      sync.Mutex
	today   courrier.Date
	left    []departure
	denies  bool              // the mail server refuses the account
	bad     map[string]bool   // addresses that do not work
	paper   map[string]string // letters, by reminder: why the e-mail was not used
	snoozed map[string]courrier.Date
	serial  int
}

// departure is one reminder that left, as the world saw it.
type departure struct {
	id   dunning.ReminderID
	on   courrier.Date
	rem  dunning.Reminder
	post bool
	void bool // it came back
	bad  bool // the customer's address was known not to work
}

// Live lives one random life, and fails the test where a rule is broken.
func Live(t testing.TB, seed uint64, store testscene.BothStores) {
	t.Helper()
	o := newOffice(t)
	l := &modelLife{
		office: o, seed: seed, random: rand.New(rand.NewPCG(seed, 1)), account: courrier.AccountID(fmt.Sprint("acme-", seed, "-", time.Now().UnixNano())),
		bad: map[string]bool{}, paper: map[string]string{}, snoozed: map[string]courrier.Date{},
		clock: &sharedClock{at: day("2026-01-05").In(time.UTC).Add(6 * time.Hour)},
	}
	o.plans.Policies[0].PromiseGraceDays = 0
	o.TopUp(1) // the scene's own account; the life's is another
	for range 2 {
		l.process(store)
	}
	_, err := l.clients[0].Credits(l.account).TopUp(o.Ctx, "order", testscene.Stamps(t, 100_000))
	require.NoError(t, err)
	for n := range modelPeople {
		l.newCustomer(courrier.CustomerID(fmt.Sprint("c", n)))
	}
	for n := range modelDays {
		l.today = day("2026-01-05").AddDays(n)
		l.clock.set(l.today.In(time.UTC).Add(6 * time.Hour))
		l.events()
		l.dayOfTwo()
		l.requireTrueReasons()
	}
	l.requireRules()
}

func (c *sharedClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// process is one of the host's, with a client and a runner of its own.
func (l *modelLife) process(store testscene.BothStores) {
	cfg := l.Config
	cfg.Store, cfg.Contents, cfg.Now, cfg.Logger = store, store.(courrier.Contents), l.clock.now, nil
	cfg.Providers = []courrier.Provider{modelCarrier{l.Carrier, l}}
	client, err := courrier.New(cfg)
	require.NoError(l.T, err)
	r, err := dunning.New(dunning.Config{
		Client: client, Store: store, Debtors: l, Composer: l.office, Mailer: l,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return l.plans, nil },
	})
	require.NoError(l.T, err)
	l.clients, l.runners = append(l.clients, client), append(l.runners, r)
}

func (l *modelLife) Case(ctx context.Context, _ courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	c, err := l.office.Case(ctx, "acme", id)
	c.Account = l.account
	return c, err
}

func (l *modelLife) Details(ctx context.Context, _ courrier.AccountID, id courrier.CustomerID, ids []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return l.office.Details(ctx, "acme", id, ids)
}

func (l *modelLife) Mail(_ context.Context, m email.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.denies:
		return denied("550")
	case l.bad[m.To[0].Address]:
		return &courrier.Error{Op: "mail", Kind: courrier.ErrRejected, Code: "550", Err: errors.New(m.ID)} // no two answers alike
	}
	l.leaves(m.ID, false)
	return nil
}

type modelCarrier struct {
	*testscene.Carrier
	life *modelLife
}

func (p modelCarrier) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	receipt, err := p.Carrier.Submit(ctx, s)
	if err == nil && s.Letter.GateRef != "" {
		p.life.mu.Lock()
		defer p.life.mu.Unlock()
		p.life.leaves(s.Letter.GateRef, true)
	}
	return receipt, err
}

func (l *modelLife) leaves(id string, post bool) {
	rem, err := l.runners[0].Reminder(context.Background(), dunning.ReminderID(id))
	if err != nil {
		l.T.Errorf("seed %d: %s left and is not on record: %v", l.seed, id, err)
	}
	notes, err := l.runners[0].Notes(context.Background(), l.account, rem.Customer)
	if err != nil {
		l.T.Errorf("seed %d: %v", l.seed, err)
	}
	l.left = append(l.left, departure{id: dunning.ReminderID(id), on: l.today, rem: rem, post: post, bad: len(notes.BadMail) > 0})
}

func (l *modelLife) newCustomer(id courrier.CustomerID) {
	l.owe(id, []dunning.Contact{both, both, postOnly, {Email: true}}[l.random.IntN(4)])
	for range 1 + l.random.IntN(3) {
		l.bill(id)
	}
}

func (l *modelLife) bill(id courrier.CustomerID) {
	l.serial++
	due := day("2025-12-20").AddDays(l.random.IntN(30))
	if !l.today.IsZero() {
		due = l.today.AddDays(l.random.IntN(20) - 5)
	}
	l.office.change(id, func(c *dunning.Case) {
		c.Invoices = append(c.Invoices, bill(fmt.Sprint("i", l.serial), due.String()))
	})
}

func (l *modelLife) anybody() (courrier.CustomerID, dunning.InvoiceID) {
	ids := []courrier.CustomerID{}
	for id := range l.cases {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	id := ids[l.random.IntN(len(ids))]
	if invoices := l.cases[id].Invoices; len(invoices) > 0 {
		return id, invoices[l.random.IntN(len(invoices))].ID
	}
	return id, ""
}

// events are what happens on a day: a few of them, at random.
func (l *modelLife) events() {
	ctx, r := l.Ctx, l.runners[l.random.IntN(2)]
	boss := courrier.WithActor(ctx, courrier.Actor{ID: "boss"})
	for range l.random.IntN(4) {
		who, invoice := l.anybody()
		later := l.today.AddDays(1 + l.random.IntN(12))
		switch l.random.IntN(14) {
		case 0:
			l.bill(who)
		case 1, 2:
			l.payment(who, invoice)
		case 3:
			_ = r.PauseCustomer(ctx, l.account, who, later, "")
		case 4:
			_ = r.ResumeCustomer(ctx, l.account, who)
		case 5:
			_ = r.Promise(ctx, l.account, who, invoice, later)
		case 6:
			_ = r.Dispute(ctx, l.account, who, invoice, l.random.IntN(2) == 0)
		case 7:
			l.byHand(boss, r, who, invoice)
		case 8:
			_, err := r.Campaign(ctx, dunning.Campaign{Account: l.account, Key: l.today.String(), Step: "reminder-1"}, l.stream())
			require.NoError(l.T, err)
		case 9:
			l.review(boss, r, true)
		case 10:
			if l.random.IntN(4) > 0 {
				l.denies = !l.denies
			} else {
				l.bad[string(who)+"@example.com"] = true
			}
		case 11:
			l.bounce(r)
		case 12:
			l.plans.Policies = slices.Clone(l.plans.Policies)
			l.plans.Policies[0].Grouping = []courrier.Grouping{"", courrier.GroupByInvoice, courrier.GroupByCustomerAndStep}[l.random.IntN(3)]
			l.plans.Policies[0].Version++
		case 13:
			l.merge(r, who)
		}
	}
	l.review(boss, r, false)
}

// payment pays an invoice, or takes a payment back.
func (l *modelLife) payment(who courrier.CustomerID, invoice dunning.InvoiceID) {
	l.office.change(who, func(c *dunning.Case) {
		for i := range c.Invoices {
			inv := &c.Invoices[i]
			switch {
			case inv.ID != invoice:
			case inv.Open().Sign() > 0:
				inv.Payments = append(slices.Clone(inv.Payments), dunning.Payment{On: l.today, Amount: inv.Open()})
			default:
				inv.Payments = append(slices.Clone(inv.Payments), dunning.Payment{On: l.today, Amount: courrier.MustAmount("-120.00", "EUR")})
			}
		}
	})
}

func (l *modelLife) byHand(ctx context.Context, r *dunning.Runner, who courrier.CustomerID, invoice dunning.InvoiceID) {
	if invoice == "" {
		return
	}
	a := dunning.ByHand{Account: l.account, Customer: who, Invoices: []dunning.InvoiceID{invoice}}
	a.Step = []string{"reminder-1", "reminder-2", "formal-notice"}[l.random.IntN(3)]
	if l.random.IntN(4) == 0 {
		a.Override = "because"
	}
	_, _ = r.SendNow(ctx, a) // refused or not: what leaves is looked at
}

// review answers for what waits: most of it, with a snooze or a skip here and there.
func (l *modelLife) review(ctx context.Context, r *dunning.Runner, moody bool) {
	for rem, err := range r.Queue(ctx, dunning.ReminderFilter{Account: l.account, States: []dunning.ReminderState{dunning.ReminderProposed}}) {
		require.NoError(l.T, err)
		switch n := l.random.IntN(10); {
		case moody && n < 3:
			until := l.today.AddDays(1 + l.random.IntN(9))
			_, _ = r.Snooze(ctx, rem.ID, until)
		case moody && n < 5:
			_, _ = r.Skip(ctx, rem.ID, "no")
		default:
			view, err := r.Preview(ctx, rem.ID)
			if err == nil {
				_, _ = r.Approve(ctx, rem.ID, view.Token)
			}
		}
	}
}

func (l *modelLife) bounce(r *dunning.Runner) {
	for i := range l.left {
		d := &l.left[len(l.left)-1-i]
		if d.post || d.void {
			continue
		}
		after, err := r.Bounced(l.Ctx, d.id, []email.BounceOutcome{email.BounceFailed, email.BounceAddress, email.BounceDelayed}[l.random.IntN(3)])
		require.NoError(l.T, err)
		if after.State != dunning.ReminderSent {
			d.void = true
			l.paper[string(d.id)] = "it came back"
		}
		return
	}
}

// merge moves a customer's invoices to another, as a host does that merges them.
func (l *modelLife) merge(r *dunning.Runner, from courrier.CustomerID) {
	to, _ := l.anybody()
	if from == to {
		return
	}
	var moved []dunning.Invoice
	l.office.change(from, func(c *dunning.Case) { moved, c.Invoices = c.Invoices, nil })
	l.office.change(to, func(c *dunning.Case) { c.Invoices = append(c.Invoices, moved...) })
	if l.random.IntN(2) == 0 {
		_, err := r.RenameCustomer(l.Ctx, l.account, from, to)
		require.NoError(l.T, err)
	}
}

func (l *modelLife) stream() func(func(dunning.Case, error) bool) {
	return func(yield func(dunning.Case, error) bool) {
		for n := range modelPeople {
			c, err := l.Case(l.Ctx, l.account, courrier.CustomerID(fmt.Sprint("c", n)))
			if !yield(c, err) {
				return
			}
		}
	}
}

// dayOfTwo is what both processes do on a day, at the same time.
func (l *modelLife) dayOfTwo() {
	for _, hour := range []time.Duration{6, 11, 15} {
		l.clock.set(l.today.In(time.UTC).Add(hour * time.Hour))
		var wg sync.WaitGroup
		for n, r := range l.runners {
			wg.Go(func() {
				_, err := r.RunDay(l.Ctx, l.today, l.stream())
				if err == nil {
					_, err = r.Dispatch(l.Ctx)
				}
				if err == nil {
					_, err = l.clients[n].Dispatch(l.Ctx, courrier.DispatchOptions{Workers: 1})
				}
				if err != nil {
					l.T.Errorf("seed %d: %v", l.seed, err)
				}
			})
		}
		wg.Wait()
	}
}

// requireTrueReasons: whatever is not reminded has a reason that is true today.
func (l *modelLife) requireTrueReasons() {
	for n := range modelPeople {
		who := courrier.CustomerID(fmt.Sprint("c", n))
		outcomes, err := l.runners[0].Why(l.Ctx, l.account, who, l.today)
		require.NoError(l.T, err)
		notes, err := l.runners[0].Notes(l.Ctx, l.account, who)
		require.NoError(l.T, err)
		c := l.cases[who]
		seen := 0
		for _, out := range outcomes {
			for _, d := range out.Decisions {
				seen += len(d.Lines)
			}
			for _, hold := range out.Holds {
				seen++
				require.True(l.T, l.isTrue(hold, c, notes), "seed %d, %s: %s is held for %s until %s", l.seed, l.today, hold.Invoice, hold.Cause, hold.Until)
			}
		}
		require.Equal(l.T, len(c.Invoices), seen, "seed %d, %s: every invoice once", l.seed, l.today)
	}
}

// isTrue asks the model whether a reason holds today.
func (l *modelLife) isTrue(hold dunning.Hold, c dunning.Case, notes dunning.DebtorNotes) bool {
	inv := c.Invoices[slices.IndexFunc(c.Invoices, func(inv dunning.Invoice) bool { return inv.ID == hold.Invoice })]
	switch hold.Cause {
	case dunning.CausePaid:
		return inv.Open().Sign() <= 0
	case dunning.CauseDisputed:
		return notes.Disputed[inv.ID]
	case dunning.CausePaused:
		return notes.Paused && notes.PausedUntil.After(l.today)
	case dunning.CausePromised:
		return !notes.Promised[inv.ID].Before(l.today)
	case dunning.CausePending:
		return l.has(inv.ID, func(r dunning.Reminder) bool { return r.Open() })
	case dunning.CauseSnoozed:
		return l.has(inv.ID, func(r dunning.Reminder) bool { return r.State == dunning.ReminderPostponed && r.Until.After(l.today) })
	case dunning.CauseTurn:
		return l.hasOf(c.Customer.ID, func(r dunning.Reminder) bool { return r.Open() })
	case dunning.CauseContact:
		return slices.ContainsFunc(l.left, func(d departure) bool { return l.today.DaysSince(d.on) < 7 })
	case dunning.CausePlanDone:
		return l.has(inv.ID, func(r dunning.Reminder) bool { return r.Decision.Step.ID == "formal-notice" && !r.Open() })
	case dunning.CauseNetCreditor, dunning.CauseCredit:
		return true // of what is owed to the customer the money's own cases speak
	}
	return !hold.Until.IsZero() && hold.Until.After(l.today) || hold.Cause == dunning.CauseRequires || hold.Cause == dunning.CauseNoChannel
}

func (l *modelLife) has(id dunning.InvoiceID, is func(dunning.Reminder) bool) bool {
	return l.any(dunning.ReminderFilter{Account: l.account, Invoice: id}, is)
}

func (l *modelLife) hasOf(id courrier.CustomerID, is func(dunning.Reminder) bool) bool {
	return l.any(dunning.ReminderFilter{Account: l.account, Customers: []courrier.CustomerID{id}}, is)
}

func (l *modelLife) any(f dunning.ReminderFilter, is func(dunning.Reminder) bool) bool {
	for rem, err := range l.runners[0].Queue(l.Ctx, f) {
		require.NoError(l.T, err)
		if is(rem) {
			return true
		}
	}
	return false
}

// requireRules looks at all that left.
func (l *modelLife) requireRules() {
	type action struct {
		invoice dunning.InvoiceID
		step    string
	}
	sent := map[action][]departure{}
	for _, d := range l.left {
		for _, line := range d.rem.Decision.Lines {
			a := action{line.Invoice, d.rem.Decision.Step.ID}
			if d.void {
				continue
			}
			for _, before := range sent[a] {
				require.True(l.T, l.reopened(line.Invoice, before.on, d.on), "seed %d: %s left twice about %s: on %s and on %s", l.seed, a.step, a.invoice, before.on, d.on)
			}
			sent[a] = append(sent[a], d)
		}
		if d.rem.Decision.Step.Kind == courrier.StepFormalNotice && d.rem.Override == "" {
			l.requireAnnounced(d)
		}
		if d.post && !d.rem.Decision.Final {
			l.requirePaperNeeded(d)
		}
	}
}

// reopened: a payment was returned in between, so that the last step may go again.
func (l *modelLife) reopened(id dunning.InvoiceID, from, to courrier.Date) bool {
	for _, c := range l.cases {
		for _, inv := range c.Invoices {
			for _, p := range inv.Payments {
				if inv.ID == id && p.Amount.Sign() < 0 && !p.On.Before(from) && !p.On.After(to) {
					return true
				}
			}
		}
	}
	return false
}

// requireAnnounced: reminder-2 was sent ten days before, or skipped by a person after
// something else was sent that long ago.
func (l *modelLife) requireAnnounced(d departure) {
	for _, line := range d.rem.Decision.Lines {
		met := slices.ContainsFunc(l.left, func(b departure) bool {
			return b.rem.Decision.Step.ID != "formal-notice" && d.on.DaysSince(b.on) >= 10 &&
				slices.ContainsFunc(b.rem.Decision.Lines, func(bl dunning.ReminderLine) bool { return bl.Invoice == line.Invoice })
		})
		require.True(l.T, met, "seed %d: a notice about %s on %s, which nothing announced", l.seed, line.Invoice, d.on)
	}
}

// requirePaperNeeded: who is reached by e-mail gets paper before the last word only
// after the e-mail of that reminder was refused or came back, or where the address is
// known not to work.
func (l *modelLife) requirePaperNeeded(d departure) {
	c := l.cases[d.rem.Customer]
	needed := !c.Customer.Contact.Email || l.bad[string(d.rem.Customer)+"@example.com"] || l.paper[string(d.id)] != "" || d.bad
	require.True(l.T, needed, "seed %d: %s went to %s by post on %s", l.seed, d.id, d.rem.Customer, d.on)
}
