package dunning_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/memstore"
)

// Four runners over one database, each of which dies at random commits, and
// customers who pay at any moment: no reminder leaves twice, and none about an
// invoice whose payment its own last look at the facts had seen.
func TestFourRunnersWithCrashesAndPayments(t *testing.T) {
	t.Parallel()
	customers, days := 40, 12
	if testing.Short() {
		customers, days = 15, 6
	}
	fourRunners(t, memstore.New(), customers, days)
}

// flaky is a store whose commits fail at random, before or after they happened,
// and after which somebody may have paid: so payments come in every window.
type flaky struct {
	testscene.BothStores
	mu     sync.Mutex
	random *rand.Rand
	calm   bool
	pay    func(n int)
}

// fails also lets every second process die between an e-mail and its record.
func (f *flaky) fails(mailed bool) (before, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calm {
		return false, false
	}
	n := f.random.IntN(100)
	return n < 8 || mailed && n < 50, n >= 92
}

// payNow lets somebody pay at one commit of eight.
func (f *flaky) payNow() {
	f.mu.Lock()
	n := f.random.IntN(1 << 20)
	f.mu.Unlock()
	if n%8 == 0 {
		f.pay(n)
	}
}

func (f *flaky) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	before, after := f.fails(false)
	if before {
		return nil, testscene.ErrCrash
	}
	results, err := f.BothStores.Commit(ctx, changes...)
	f.payNow()
	if after {
		return nil, testscene.ErrCrash
	}
	return results, err
}

func (f *flaky) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	before, after := f.fails(slices.ContainsFunc(changes, func(c dunning.Change) bool {
		return c.Reminder != nil && c.Reminder.State == dunning.ReminderSent && c.Reminder.Channel == courrier.ChannelEmail
	}))
	if before {
		return nil, testscene.ErrCrash
	}
	errs, err := f.BothStores.CommitReminders(ctx, changes...)
	f.payNow()
	if after {
		return nil, testscene.ErrCrash
	}
	return errs, err
}

type runnerKey struct{}

// town is the host of the four: who paid, what each runner last saw, what left.
type town struct {
	*office
	mu   sync.Mutex
	seen map[int]map[courrier.CustomerID][]dunning.InvoiceID // open invoices, by runner
	sent map[string]int                                      // by reminder
	bad  []string
	// bills counts those that were written since.
	bills   int
	waiting map[courrier.CustomerID]chan struct{} // runners in Details
}

func (w *town) Case(ctx context.Context, account courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	c, err := w.office.Case(ctx, account, id)
	w.mu.Lock()
	defer w.mu.Unlock()
	var open []dunning.InvoiceID
	for _, inv := range c.Invoices {
		open = append(open, inv.ID)
	}
	runner, _ := ctx.Value(runnerKey{}).(int)
	if w.seen[runner] == nil {
		w.seen[runner] = map[courrier.CustomerID][]dunning.InvoiceID{}
	}
	w.seen[runner][id] = open
	return c, err
}

var invoiceNumber = regexp.MustCompile(`N-(i\d+)-\d+`)

func (w *town) Mail(ctx context.Context, m email.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	w.left(ctx, m.ID, m.Text)
	return nil
}

// left records what leaves: by e-mail from Mail, by post from Submit.
func (w *town) left(ctx context.Context, id, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	runner := ctx.Value(runnerKey{}).(int)
	w.sent[id]++
	for _, match := range invoiceNumber.FindAllStringSubmatch(text, -1) {
		customer := courrier.CustomerID("c" + match[1][1:])
		invoice := dunning.InvoiceID(match[0][2:])
		if !slices.Contains(w.seen[runner][customer], invoice) {
			w.bad = append(w.bad, fmt.Sprintf("runner %d sent %s, which it had seen paid", runner, invoice))
		}
	}
}

// Compose keeps the text in the document, so that Submit can read it.
func (w *town) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	text := "%PDF-1.7 " + p.Message.Subject
	for _, inv := range p.Statement.Lines {
		text += " " + inv.Number
	}
	return courrier.Document{Name: "reminder.pdf", Content: []byte(text), Pages: 1}, nil
}

// watched is the carrier as the town sees it.
type watched struct {
	*testscene.Carrier
	town *town
}

func (p watched) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	p.town.left(ctx, s.Letter.GateRef, string(s.Letter.Documents[0].Content))
	return p.Carrier.Submit(ctx, s)
}

func fourRunners(t *testing.T, store testscene.BothStores, customers, days int) {
	w := &town{office: newOffice(t), seen: map[int]map[courrier.CustomerID][]dunning.InvoiceID{}, sent: map[string]int{}, waiting: map[courrier.CustomerID]chan struct{}{}}
	chaos := &flaky{BothStores: store, random: rand.New(rand.NewPCG(7, 7))}
	w.bills = 1
	chaos.pay = func(n int) { w.payOne(n, customers) }
	clock := &sharedClock{at: courrier.MustDate("2026-03-02").In(time.UTC).Add(12 * time.Hour)}
	random := rand.New(rand.NewPCG(3, 5))
	for i := range customers {
		contact := []dunning.Contact{both, postOnly}[i%2]
		id := fmt.Sprint("c", i)
		w.owe(courrier.CustomerID(id), contact, numbered(i, 0, random), numbered(i, 1, random))
	}
	runners := make([]*runner, 4)
	for n := range runners {
		runners[n] = newRunner(t, w, chaos, store, clock, n)
	}
	_, err := runners[0].client.Credits("acme").TopUp(context.Background(), "order", testscene.Stamps(t, 100_000))
	for errors.Is(err, testscene.ErrCrash) {
		_, err = runners[0].client.Credits("acme").TopUp(context.Background(), "order", testscene.Stamps(t, 100_000))
	}
	require.NoError(t, err)
	for range days {
		var wg sync.WaitGroup
		for _, r := range runners {
			wg.Go(r.day)
		}
		wg.Wait()
		clock.advance(24 * time.Hour)
	}
	chaos.mu.Lock()
	chaos.calm = true
	chaos.mu.Unlock()
	for range 3 {
		clock.advance(7 * time.Hour)
		runners[0].day()
	}
	require.Empty(t, w.bad)
	require.NotEmpty(t, w.sent)
	for id, n := range w.sent {
		require.Equal(t, 1, n, "%s left %d times", id, n)
	}
	w.requireOneKeyOneReminder(runners[0])
}

func numbered(i, n int, random *rand.Rand) dunning.Invoice {
	inv := bill(fmt.Sprintf("i%d-%d", i, n), "2026-02-20")
	inv.Parts = dunning.Due(inv.DueOn().AddDays(random.IntN(14)), inv.Parts[0].Amount)
	return inv
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

func (c *sharedClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// runner is one process of the host.
type runner struct {
	town    *town
	n       int
	clock   *sharedClock
	client  *courrier.Client
	dunning *dunning.Runner
}

func newRunner(t *testing.T, w *town, chaos *flaky, store testscene.BothStores, clock *sharedClock, n int) *runner {
	r := &runner{town: w, n: n, clock: clock}
	cfg := w.Config
	cfg.Store, cfg.Contents, cfg.Now, cfg.Logger = chaos, store.(courrier.Contents), clock.now, nil
	cfg.Providers = []courrier.Provider{watched{w.Carrier, w}}
	var err error
	r.client, err = courrier.New(cfg)
	require.NoError(t, err)
	r.dunning, err = dunning.New(dunning.Config{
		Workers: 3 * n, // one after the other, and several at once
		Client:  r.client, Store: store, Debtors: w, Composer: w, Mailer: w,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return w.plans, nil },
	})
	require.NoError(t, err)
	return r
}

// day does what each process of a host does all the time, and dies of its first
// error, to begin again the next time.
func (r *runner) day() {
	ctx := context.WithValue(context.Background(), runnerKey{}, r.n)
	today := courrier.DateOf(r.clock.now())
	for range 4 {
		if _, err := r.dunning.RunDay(ctx, today, r.town.stream()); err != nil {
			continue
		}
		if _, err := r.dunning.Dispatch(ctx); err != nil {
			continue
		}
		_, _ = r.client.Dispatch(ctx, courrier.DispatchOptions{Workers: 1})
	}
}

// stream lists the customers without counting as a look at the facts.
func (w *town) stream() func(func(dunning.Case, error) bool) {
	return func(yield func(dunning.Case, error) bool) {
		w.office.mu.Lock()
		ids := make([]courrier.CustomerID, 0, len(w.cases))
		for id := range w.cases {
			ids = append(ids, id)
		}
		w.office.mu.Unlock()
		for _, id := range ids {
			c, err := w.office.Case(context.Background(), "acme", id)
			if !yield(c, err) {
				return
			}
		}
	}
}

// payOne lets one customer pay one invoice, while everything runs; who paid all
// is soon late with another.
func (w *town) payOne(n, customers int) {
	w.office.mu.Lock()
	defer w.office.mu.Unlock()
	id := courrier.CustomerID(fmt.Sprint("c", n/8%customers))
	c := w.cases[id]
	w.bills++
	c.Invoices = append(slices.Clone(c.Invoices[1:]), bill(fmt.Sprintf("i%s-%d", id[1:], w.bills), "2026-02-20"))
	w.cases[id] = c
}

// Details lets two runners that hold one reminder wait for each other, so that
// they go on at the same moment.
func (w *town) Details(ctx context.Context, account courrier.AccountID, id courrier.CustomerID, invoices []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	w.mu.Lock()
	other, here := w.waiting[id], make(chan struct{})
	if other != nil {
		close(other)
		delete(w.waiting, id)
	} else {
		w.waiting[id] = here
	}
	w.mu.Unlock()
	if other == nil {
		select {
		case <-here:
		case <-time.After(5 * time.Millisecond):
			w.mu.Lock()
			if w.waiting[id] == here {
				delete(w.waiting, id)
			}
			w.mu.Unlock()
		}
	}
	return w.office.Details(ctx, account, id, invoices)
}

// requireOneKeyOneReminder checks what is on record against what left.
func (w *town) requireOneKeyOneReminder(r *runner) {
	holders := map[string]dunning.ReminderID{}
	for rem, err := range r.dunning.Queue(context.Background(), dunning.ReminderFilter{}) {
		require.NoError(w.T, err)
		for _, key := range rem.Keys {
			require.Empty(w.T, holders[key], "two reminders hold one key")
			holders[key] = rem.ID
		}
		if rem.State == dunning.ReminderSent && !rem.InDoubt {
			require.Equal(w.T, 1, w.sent[string(rem.ID)])
		}
	}
}
