package courrier

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/internal/uuid7"
)

// Config is what a [Client] is made of. Store and one carrier are enough.
type Config struct {
	Store    Store    // required
	Contents Contents // keeps the bytes of documents; nil when the Store does
	// Providers are the carriers, at least one. They are asked in order: the next only when nothing was accepted.
	// Keep a carrier here as long as letters of its are followed.
	Providers []Provider
	Route     func(ctx context.Context, l Letter) ([]string, error) // names the carriers for one letter, in order; nil: all
	Tariff    Tariff                                                // the host's price list; nil: nothing is charged
	// Units are those that credit and ceilings are given in, such as "EUR" or "stamp"; another, mistyped perhaps, is
	// refused. What accounts have stays theirs. None: any unit.
	Units []string
	// Inspector looks at documents before money is reserved; a blocking finding refuses the letter. Package pdf has one.
	Inspector Inspector
	// AddressChecker is asked about the addresses of registered letters. Its answer is kept and stops nothing.
	AddressChecker AddressChecker
	// Authorize decides whether an actor may do something; nil allows all. Its error is the reason, matched by ErrDenied.
	Authorize func(ctx context.Context, actor Actor, action Action) error
	// Gates are asked in order right before a letter is handed over, each only when those before let it go.
	Gates         []Gate
	OnUnknownCode func(ctx context.Context, e TrackingEvent) // told of carrier codes that the adapter does not know
	// StopGrace is how long calls under way may go on after the context ended; 0: 20 seconds, for Kubernetes kills
	// after 30. A call that is cut then leaves its letter in doubt.
	StopGrace time.Duration
	// Observe is told of each operation and, by what it returns, of its end; package otel makes one. It returns at
	// once. Of errors it tells the kind alone: their texts may say what a carrier said.
	Observe func(ctx context.Context, op Operation) (context.Context, func(err error))
	Now     func() time.Time // the clock; nil: time.Now
	Logger  *slog.Logger     // what happens to letters, by id only; nil: no log
}

// Inspector looks at the documents of letters.
type Inspector interface {
	// Inspect looks at a document with its Content. inWindow: the envelope's window shows its first page.
	Inspect(ctx context.Context, d Document, inWindow bool) (Inspection, error)
}

// Client is the library's front door, safe for concurrent use; any number of
// clients may share one store. No goroutine outlives a call, save one in the code
// of a carrier or of the host that ignores its context.
type Client struct {
	cfg      Config
	store    Store
	all      Store     // of every account: see For
	account  AccountID // see For; empty: all
	seals    *sealer
	contents Contents
	order    []*carrier          // as in Config.Providers
	carriers map[string]*carrier // by name
	hooks    hooks
	always   []guardedGate // Config.Gates
	log      *slog.Logger
	ids      *uuid7.Source
	gates    *gates // those that letters name
	ways     *underway
	clock    *timepiece
	late     *catchUp
}

// catchUp is where the next Refresh goes on with stored events.
type catchUp struct {
	mu   sync.Mutex
	from time.Time
}

// New returns a Client, or every wrong field of the Config as a [FieldError].
func New(cfg Config) (*Client, error) {
	var k Checks
	k.Require(cfg.Store != nil, "Store", "is nil", "give one of package stores, or your own")
	if cfg.Contents == nil && cfg.Store != nil {
		contents, ok := cfg.Store.(Contents)
		k.Require(ok, "Contents", "is nil, and the Store keeps no contents", "give a Contents")
		cfg.Contents = contents
	}
	k.Require(cfg.StopGrace >= 0, "StopGrace", "is below zero", "give how long calls under way may go on")
	if cfg.StopGrace == 0 {
		cfg.StopGrace = defaultStopGrace
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	g := guards{cfg.Logger, cfg.Now, cfg.Observe}
	order, byName := g.carriers(cfg.Providers, &k)
	if checked, ok := cfg.Tariff.(interface{ Validate() error }); ok {
		k.Nest("Tariff", checked.Validate())
	}
	for i, gate := range cfg.Gates {
		k.Require(gate != nil, fmt.Sprintf("Gates[%d]", i), "is nil", "leave it out")
	}
	for i, unit := range cfg.Units {
		k.Require(validUnit(unit), fmt.Sprintf("Units[%d]", i), "is no unit", "give a unit of Amount")
	}
	if err := k.Err(); err != nil {
		return nil, fmt.Errorf("courrier: %w", err)
	}
	cfg.Units = slices.Clone(cfg.Units)
	cfg.Contents = g.contents(cfg.Contents)
	always := make([]guardedGate, len(cfg.Gates))
	for i, gate := range cfg.Gates {
		always[i] = g.gate(gate)
	}
	return &Client{
		cfg: cfg, store: cfg.Store, all: cfg.Store, contents: cfg.Contents, order: order, carriers: byName,
		hooks: g.hooks(cfg), always: always, log: cfg.Logger, ids: &uuid7.Source{Now: cfg.Now},
		gates: &gates{}, seals: &sealer{}, ways: &underway{}, clock: &timepiece{now: cfg.Now}, late: &catchUp{},
	}, nil
}

// Config returns what the client was made of, defaults filled in.
func (c *Client) Config() Config { return c.cfg }

// checkUnit refuses a unit that accounts have no credit in.
func (c *Client) checkUnit(field, unit string) error {
	if len(c.cfg.Units) == 0 || slices.Contains(c.cfg.Units, unit) {
		return nil
	}
	return &FieldError{Field: field, Rule: "is in a unit that is none of Config.Units", Remedy: "use one of them, spelt alike"}
}

// now is the clock at the precision that stores keep.
func (c *Client) now() time.Time { return c.clock.read().clock.UTC().Truncate(time.Microsecond) }

// Letter returns one letter, or [ErrNotFound].
func (c *Client) Letter(ctx context.Context, id LetterID) (LetterRecord, error) {
	return c.store.Letter(ctx, id)
}

// Letters lists letters, oldest first unless the filter says otherwise.
func (c *Client) Letters(ctx context.Context, f LetterFilter) iter.Seq2[LetterRecord, error] {
	return c.store.Letters(ctx, f)
}

// History lists what carriers reported about a letter, ordered as by [Fold], with
// [StatusScheduled] first for one that left later. Errors: [ErrNotFound].
func (c *Client) History(ctx context.Context, id LetterID) iter.Seq2[TrackingEvent, error] {
	return func(yield func(TrackingEvent, error) bool) {
		rec, err := c.store.Letter(ctx, id)
		var events []TrackingEvent
		if err == nil {
			events, err = seq.Collect(c.store.Events(ctx, EventFilter{Letters: []LetterID{id}}))
		}
		if err != nil {
			yield(TrackingEvent{}, fmt.Errorf("history: %w", err))
			return
		}
		for _, e := range append(rec.planned(), ordered(events)...) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// defaultStopGrace leaves ten of the 30 seconds that Kubernetes waits by default.
const defaultStopGrace = 20 * time.Second

// Run does every background duty of letters, again and again, until the context
// ends: the simple default for a host without a job engine of its own. Between
// rounds it waits for every (0: a minute). Errors are logged and tried again.
// Reminders are not its duty: see package dunning's Runner. When the context ends
// it begins nothing more, and returns when the calls under way are answered or, after
// [Config.StopGrace], cut: close the database then.
func (c *Client) Run(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		every = time.Minute
	}
	duties := []struct {
		failed string
		do     func() error
	}{
		{"dispatch failed", func() error { _, err := c.Dispatch(ctx, DispatchOptions{}); return err }},
		{"refresh failed", func() error { _, err := c.Refresh(ctx, RefreshOptions{}); return err }},
		{"purge failed", func() error { _, err := c.Purge(ctx); return err }},
	}
	for {
		for _, duty := range duties {
			if err := duty.do(); ctx.Err() != nil {
				return ctx.Err()
			} else if err != nil {
				c.log.ErrorContext(ctx, duty.failed, "kind", KindOf(err))
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}
