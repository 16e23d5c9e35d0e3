package simulator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/tariff"
)

const (
	account   = courrier.AccountID("acme")
	processes = 3
)

var price = courrier.MustAmount("1.25", "EUR")

// Store is what a world keeps everything in.
type Store interface {
	courrier.Store
	courrier.Contents
}

// World is where a run happens.
type World struct {
	Store Store
	// InTx lets do join a transaction of the host's and ends it: it is committed when
	// commit is true and do returned nil, and rolled back otherwise. Nil: the store
	// joins no transaction.
	InTx func(ctx context.Context, commit bool, do func(context.Context) error) error
}

// run is one simulated world.
type run struct {
	World
	offices []*office
	step    atomic.Int64 // of the machines' clock, in nanoseconds
	calm    atomic.Bool  // no more faults
	faults  atomic.Int64
	mu      sync.Mutex
	sent    map[courrier.LetterID]bool // answered without an error
	bought  int                        // letters' worth of credit
}

func (r *run) faulty() bool { return !r.calm.Load() }
func (r *run) fault()       { r.faults.Add(1) }

// Result is what a run showed.
type Result struct {
	Letters    int // answered without an error
	Faults     int64
	Violations []string
}

// Simulate runs one world, whose store is empty, within a bubble of synctest.
func Simulate(ctx context.Context, seed uint64, w World) Result {
	r := &run{World: w, sent: map[courrier.LetterID]bool{}}
	dice := rand.New(rand.NewPCG(seed, 1))
	for i, name := range []string{"north", "south"} {
		r.offices = append(r.offices, &office{
			name: name, keyed: i == 0 && dice.IntN(2) == 0, run: r, rand: rand.New(rand.NewPCG(seed, uint64(10+i))),
			letters: map[courrier.LetterID]*paper{}, running: map[courrier.LetterID]int{},
		})
	}
	var wg sync.WaitGroup
	for i := range processes {
		p := &process{run: r, rand: rand.New(rand.NewPCG(seed, uint64(100+i)))}
		acts := 12 + dice.IntN(12)
		wg.Go(func() { p.live(ctx, acts) })
		time.Sleep(time.Millisecond) // one begins after the other
	}
	wg.Wait()
	r.calm.Store(true)
	time.Sleep(13 * time.Hour) // calls that overran end
	r.finish(ctx)
	return Result{Letters: len(r.sent), Faults: r.faults.Load(), Violations: r.judge(ctx)}
}

// process is a host's process: workers, users' commands, and now and then a crash.
type process struct {
	run    *run
	rand   *rand.Rand
	dead   *atomic.Bool
	skew   time.Duration // beside the machines' clock, under a minute
	client *courrier.Client
}

func (p *process) start() {
	dead := &atomic.Bool{}
	p.dead, p.skew = dead, time.Duration(p.rand.IntN(60)-30)*time.Second
	client, err := p.run.client(&faultyStore{Store: p.run.Store, run: p.run, dead: dead, rand: rand.New(rand.NewPCG(p.rand.Uint64(), 2))}, p.skew)
	if err != nil {
		panic(err) // a world that cannot begin
	}
	p.client = client
}

func (r *run) client(store courrier.Store, skew time.Duration) (*courrier.Client, error) {
	return courrier.New(courrier.Config{
		Store: store, Contents: r.Store, Providers: []courrier.Provider{r.offices[0], r.offices[1]},
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: price}),
		Now:    func() time.Time { return time.Now().Add(skew + time.Duration(r.step.Load())) },
	})
}

func (p *process) live(ctx context.Context, acts int) {
	p.start()
	for n := range acts {
		p.act(ctx, n)
		time.Sleep(time.Duration(p.rand.IntN(20*60)) * time.Second)
	}
	p.dead.Store(true)
}

// act does one thing. Errors are the point: nobody looks at them.
func (p *process) act(ctx context.Context, n int) {
	c := p.client
	switch d := p.rand.IntN(100); {
	case d < 20:
		p.send(ctx, fmt.Sprint(p.rand.Uint64()%50))
	case d < 28:
		p.topUp(ctx, fmt.Sprint(p.rand.Uint64()))
	case d < 60:
		_, _ = c.Dispatch(ctx, courrier.DispatchOptions{Workers: 2})
	case d < 72:
		_, _ = c.Refresh(ctx, courrier.RefreshOptions{Workers: 1})
	case d < 92:
		p.command(ctx, n)
	case d < 96:
		p.run.fault() // the process is killed, and another takes its place
		p.dead.Store(true)
		p.start()
	default:
		p.run.fault() // the machines' clock is set
		p.run.step.Store(int64(p.rand.IntN(16)-8) * int64(time.Hour))
	}
}

// send sends a letter, now and then within a transaction of the host's, of which
// half are rolled back.
func (p *process) send(ctx context.Context, key string) {
	var rec courrier.LetterRecord
	send := func(ctx context.Context) (err error) {
		rec, err = p.client.Send(ctx, letter(key))
		return err
	}
	joins, commit := p.rand.IntN(4) == 0, p.rand.IntN(2) == 0
	var err error
	if p.run.InTx == nil || !joins {
		err, commit = send(ctx), true
	} else if err = p.run.InTx(ctx, commit, send); !commit {
		p.run.fault()
	}
	if err == nil && commit {
		p.run.mu.Lock()
		defer p.run.mu.Unlock()
		p.run.sent[rec.ID] = true
	}
}

// topUp buys credit, again under the same key until it is answered.
func (p *process) topUp(ctx context.Context, key string) {
	amount, err := price.Times(5)
	for range 50 {
		if err != nil {
			return
		}
		if _, bought := p.client.Credits(account).TopUp(ctx, key, amount); bought == nil {
			p.run.mu.Lock()
			defer p.run.mu.Unlock()
			p.run.bought += 5
			return
		}
	}
	panic("a top-up fails fifty times")
}

// command is a user's, about some letter.
func (p *process) command(ctx context.Context, n int) {
	c := p.client
	for rec, err := range c.Letters(ctx, courrier.LetterFilter{}) {
		if err != nil {
			return
		}
		if p.rand.IntN(4) > 0 {
			continue
		}
		switch p.rand.IntN(8) {
		case 0:
			_, _ = c.Cancel(ctx, rec.ID)
		case 1:
			_, _ = c.Hold(ctx, rec.ID)
		case 2:
			_, _ = c.Approve(ctx, rec.ID)
		case 3:
			_, _ = c.Revise(ctx, rec.ID, func(l *courrier.Letter) { l.To.Address.Street = "2 rue du Bac" })
		case 4:
			if again, err := c.Resend(ctx, rec.ID, fmt.Sprint(rec.ID, "-again-", n), nil); err == nil {
				p.run.mu.Lock()
				p.run.sent[again.ID] = true
				p.run.mu.Unlock()
			}
		case 5:
			_, _ = c.DispatchOne(ctx, rec.ID)
		case 6:
			_, _ = c.SettleOne(ctx, rec.ID)
		case 7:
			p.run.webhook(ctx, c, rec)
		}
		return
	}
}

// webhook lets a carrier call about a letter it has.
func (r *run) webhook(ctx context.Context, c *courrier.Client, rec courrier.LetterRecord) {
	for _, o := range r.offices {
		o.mu.Lock()
		var events []courrier.TrackingEvent
		if p := o.letters[rec.ID]; p != nil {
			events = append(events, p.events...)
		}
		o.mu.Unlock()
		_ = c.Apply(ctx, events...)
	}
}

func letter(key string) courrier.Letter {
	return courrier.Letter{
		Account: account, Key: key, Service: courrier.ServiceStandard, Purpose: courrier.PurposeInvoice,
		To:        courrier.Recipient{Company: "Boulangerie Martin", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From:      courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("a.pdf", []byte("%PDF-1.7 simulated"))},
	}
}

// faultyStore is the store as one process sees it: commits fail, before they are
// carried out or after, and after its death nothing comes through.
type faultyStore struct {
	courrier.Store
	run  *run
	dead *atomic.Bool
	mu   sync.Mutex
	rand *rand.Rand
}

var errStore = errors.New("the database is gone")

// Commit implements [courrier.Store].
func (s *faultyStore) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	s.mu.Lock()
	n := s.rand.IntN(100)
	s.mu.Unlock()
	switch {
	case s.dead.Load():
		return nil, errStore
	case !s.run.faulty():
	case n < 4:
		s.run.fault()
		return nil, errStore
	case n < 7: // done, and the answer is lost
		s.run.fault()
		_, _ = s.Store.Commit(ctx, changes...)
		return nil, errStore
	}
	return s.Store.Commit(ctx, changes...)
}

// Letter implements [courrier.Store].
func (s *faultyStore) Letter(ctx context.Context, id courrier.LetterID) (courrier.LetterRecord, error) {
	if s.dead.Load() {
		return courrier.LetterRecord{}, errStore
	}
	return s.Store.Letter(ctx, id)
}
