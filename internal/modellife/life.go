// Package modellife lives random days of several people and holds what left against a
// model that knows only the rules of reminders: its users bring a store.
package modellife

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
)

const (
	modelDays   = 42
	modelPeople = 3
)

// firstDay is a Monday.
var firstDay = courrier.MustDate("2026-01-05")

// Seed is the first of a day's lives, where none is asked for.
func Seed(asked uint64) uint64 {
	if asked != 0 {
		return asked
	}
	return uint64(time.Now().Unix()/86400) * 1_000_000
}

// Tally counts what happened in lives, by name: what never happens proves nothing.
type Tally map[string]int

// Add adds the counts of another life.
func (t Tally) Add(more Tally) {
	for name, n := range more {
		t[name] += n
	}
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

func (c *sharedClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// life is one random life.
type life struct {
	*office
	seed    uint64
	random  *rand.Rand
	account courrier.AccountID
	runners []*dunning.Runner
	clients []*courrier.Client
	clock   *sharedClock
	tally   Tally
	serial  int // of the last invoice
	today   courrier.Date
	skipped map[action]bool               // by a person
	persons map[courrier.CustomerID]int   // whom one was made of, itself included, and again after each move
	idle    map[dunning.InvoiceID]int     // days on end that time alone held it back
	untold  map[dunning.ReminderID]string // why an e-mail was no way for it

	mu     sync.Mutex
	chance *rand.Rand // of the mail server
	left   []*departure
	denies bool            // the mail server refuses the account
	bad    map[string]bool // addresses that do not work
}

// action is a step of an invoice.
type action struct {
	invoice dunning.InvoiceID
	step    string
}

// Live lives one random life, and fails the test where a rule is broken. It tells what
// happened in it.
func Live(t testing.TB, seed uint64, store testscene.BothStores) Tally {
	t.Helper()
	l := &life{
		office: newOffice(t), seed: seed, random: rand.New(rand.NewPCG(seed, 1)), chance: rand.New(rand.NewPCG(seed, 2)),
		account: courrier.AccountID(fmt.Sprint("acme-", seed, "-", time.Now().UnixNano())), clock: &sharedClock{}, tally: Tally{},
		skipped: map[action]bool{}, persons: map[courrier.CustomerID]int{}, idle: map[dunning.InvoiceID]int{}, untold: map[dunning.ReminderID]string{},
		bad: map[string]bool{},
	}
	l.wake(firstDay)
	l.TopUp(1) // the scene's own account; the life's is another
	for range 2 {
		l.process(store)
	}
	_, err := l.clients[0].Credits(l.account).TopUp(l.Ctx, "order", testscene.Stamps(t, 100_000))
	require.NoError(t, err)
	for n := range modelPeople {
		l.newCustomer(courrier.CustomerID(fmt.Sprint("c", n)))
	}
	for n := range modelDays {
		l.wake(firstDay.AddDays(n))
		l.events()
		l.dayOfTwo()
		l.requireTrueReasons()
	}
	l.requireRules()
	return maps.Clone(l.tally)
}

func (l *life) wake(on courrier.Date) {
	l.today = on
	l.clock.set(on.In(time.UTC).Add(6 * time.Hour))
}

// process is one of the host's, with a client and a runner of its own.
func (l *life) process(store testscene.BothStores) {
	cfg := l.Config
	cfg.Store, cfg.Contents, cfg.Now, cfg.Logger = store, store.(courrier.Contents), l.clock.now, nil
	cfg.Providers = []courrier.Provider{carrier{l.Carrier, l}}
	client, err := courrier.New(cfg)
	require.NoError(l.T, err)
	r, err := dunning.New(dunning.Config{
		Client: client, Store: store, Debtors: l, Composer: l.office, Mailer: l,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return l.plans, nil },
	})
	require.NoError(l.T, err)
	l.clients, l.runners = append(l.clients, client), append(l.runners, r)
}

// Case and Details implement dunning.Debtors for the life's own account.
func (l *life) Case(ctx context.Context, _ courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	c, err := l.office.Case(ctx, "acme", id)
	c.Account = l.account
	return c, err
}

func (l *life) Details(ctx context.Context, _ courrier.AccountID, id courrier.CustomerID, ids []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return l.office.Details(ctx, "acme", id, ids)
}

// stream gives all customers.
func (l *life) stream() func(func(dunning.Case, error) bool) {
	return func(yield func(dunning.Case, error) bool) {
		for n := range modelPeople {
			c, err := l.Case(l.Ctx, l.account, courrier.CustomerID(fmt.Sprint("c", n)))
			if !yield(c, err) {
				return
			}
		}
	}
}

// dayOfTwo is what both processes do on a day, at the same time: the day's run in the
// morning, and what is due three times.
func (l *life) dayOfTwo() {
	for _, hour := range []time.Duration{6, 11, 15} {
		l.clock.set(l.today.In(time.UTC).Add(hour * time.Hour))
		l.atOnce(func(n int, r *dunning.Runner) {
			var err error
			if hour == 6 {
				_, err = r.RunDay(l.Ctx, l.today, l.stream())
			}
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
}

// atOnce does the same in both processes at the same time.
func (l *life) atOnce(do func(n int, r *dunning.Runner)) {
	var wg sync.WaitGroup
	for n, r := range l.runners {
		wg.Go(func() { do(n, r) })
	}
	wg.Wait()
}

// departure is one reminder that left, as the world saw it.
type departure struct {
	id     dunning.ReminderID
	letter courrier.LetterID // empty: an e-mail
	on     courrier.Date
	who    courrier.CustomerID // at that moment
	rem    dunning.Reminder    // likewise, but that its customer is renamed
	void   courrier.Date       // it came back, or its carrier lost it
	told   bool                // something was heard of it
	needed string              // of a letter: why no e-mail; empty: no reason is known
}

// stands tells whether what left counts as sent on a day.
func (d *departure) stands(on courrier.Date) bool {
	return !d.on.After(on) && (d.void.IsZero() || d.void.After(on))
}

func (d *departure) names(id dunning.InvoiceID) bool {
	for _, line := range d.rem.Decision.Lines {
		if line.Invoice == id {
			return true
		}
	}
	return false
}

// Mail implements dunning.Mailer: the account or an address may be refused, and now
// and then an answer is lost after the message left.
func (l *life) Mail(_ context.Context, m email.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.denies:
		return denied("550")
	case l.bad[m.To[0].Address]:
		l.untold[dunning.ReminderID(m.ID)] = "refused"
		return &courrier.Error{Op: "mail", Kind: courrier.ErrRejected, Code: "550", Err: errors.New(m.ID)} // no two answers alike
	}
	l.leaves(dunning.ReminderID(m.ID), "")
	if l.chance.IntN(30) == 0 {
		return errors.New("connection reset")
	}
	return nil
}

// carrier tells the life what it accepted.
type carrier struct {
	*testscene.Carrier
	life *life
}

func (p carrier) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	receipt, err := p.Carrier.Submit(ctx, s)
	if err == nil && s.Letter.GateRef != "" {
		p.life.mu.Lock()
		defer p.life.mu.Unlock()
		p.life.leaves(dunning.ReminderID(s.Letter.GateRef), s.ID)
	}
	return receipt, err
}

// leaves writes down what leaves, as it is on record at that moment.
func (l *life) leaves(id dunning.ReminderID, letter courrier.LetterID) {
	rem, err := l.runners[0].Reminder(context.Background(), id)
	if err != nil {
		l.T.Errorf("seed %d: %s left and is not on record: %v", l.seed, id, err)
	}
	notes, err := l.runners[0].Notes(context.Background(), l.account, rem.Customer)
	if err != nil {
		l.T.Errorf("seed %d: %v", l.seed, err)
	}
	l.checkOwed(rem, notes)
	d := &departure{id: id, letter: letter, on: l.today, who: rem.Customer, rem: rem}
	if letter != "" {
		d.needed = l.whyPaper(rem, notes)
	}
	l.left = append(l.left, d)
}

// whyPaper tells why a letter is not an e-mail; empty: there is no reason.
func (l *life) whyPaper(rem dunning.Reminder, notes dunning.DebtorNotes) string {
	c, _ := l.Case(context.Background(), l.account, rem.Customer)
	switch {
	case rem.Decision.Final:
		return "the last word"
	case rem.Resend:
		return "a letter sent again"
	case !c.Customer.Contact.Email:
		return "post alone"
	case len(notes.BadMail) > 0:
		return "a known bad address"
	}
	return l.untold[rem.ID]
}
