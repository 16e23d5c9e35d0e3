package courrier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/courrier-go/courrier/internal/stop"
)

// attempt makes one attempt at one carrier. The record is queued again on an
// outcome that proves nothing was accepted. None begins after a stop was asked for:
// it would be cut before it is answered.
func (c *Client) attempt(ctx context.Context, p *carrier, rec LetterRecord, l Letter) (LetterRecord, error) {
	if err := stop.Asked(ctx); err != nil {
		return rec, err
	}
	s := Submission{Letter: l, ID: rec.ID, Billing: rec.Billing}
	rec.Provider, rec.Place, rec.Draft = p.name, "", ""
	if p.placer != nil || p.drafter != nil {
		var ready bool
		var err error
		if rec, ready, err = c.readied(ctx, p, rec, s); err != nil || !ready {
			return rec, err
		}
		s.Draft = rec.Draft
	}
	if err := stop.Asked(ctx); err != nil { // that took its time
		return rec, err
	}
	began := c.clock.read()
	m := c.moment(rec)
	if err := c.write(ctx, &rec, m.begun(&rec)); err != nil {
		return rec, err
	}
	c.ways.begin(rec.ID, rec.Attempts, began)
	// The lease runs since before the write. One that took long leaves too little
	// of it: the attempt is not made, and that much is sure.
	left := submitTimeout - max(c.now().Sub(m.now), time.Since(began.machine))
	if left < submitTimeout/2 {
		err := &Error{Op: "submit", Kind: ErrUnavailable, Code: CodeLeaseShort, Err: errors.New("the store was slow; nothing was sent")}
		return c.record(ctx, p, rec, answer{err: err})
	}
	receipt, err := c.submit(ctx, p, rec, s, left)
	return c.record(ctx, p, rec, answer{receipt: receipt, err: err, only: rec.Attempts == 1 && rec.Draft == ""})
}

// readied notes where the carrier will have the letter, and drafts it at one that
// takes it in two steps. Until the second nothing prints, so the letter stays queued
// then, under a lease.
func (c *Client) readied(ctx context.Context, p *carrier, rec LetterRecord, s Submission) (after LetterRecord, ready bool, err error) {
	if p.drafter != nil {
		if err := c.write(ctx, &rec, c.moment(rec).leased(&rec)); err != nil {
			return rec, false, err
		}
	}
	place, err := p.place(ctx, rec)
	draft := ""
	if err == nil && p.drafter != nil {
		draft, err = p.draft(ctx, s)
	}
	if err != nil && ctx.Err() == nil {
		c.moment(rec).notTaken(&rec, err, rec.DueAt)
	}
	rec.Place, rec.Draft = place, draft
	return rec, err == nil && (draft != "" || p.drafter == nil), nil
}

// submit makes the call. While it runs this process knows of it, and what it brings
// after it was given up is recorded all the same.
func (c *Client) submit(ctx context.Context, p *carrier, rec LetterRecord, s Submission, most time.Duration) (Receipt, error) {
	ended := c.ways.calling(rec.ID)
	receipt, err := p.submit(ctx, s, most, func(receipt Receipt, err error) {
		ended()
		receipt, err = p.receipt(receipt, p.errorOf("submit", err))
		if _, err := c.record(ctx, p, rec, answer{receipt: receipt, err: err, late: true}); err != nil {
			c.log.ErrorContext(ctx, "late outcome not written", "letter", rec.ID, "kind", KindOf(err))
		}
	})
	if !overran(err) { // else it ends later
		ended()
	}
	if err != nil && errors.Is(context.Cause(ctx), stop.ErrCut) {
		c.log.WarnContext(ctx, "call cut by the stop: the letter is settled later", "letter", rec.ID, "provider", p.name)
	}
	return p.receipt(receipt, err)
}

// answer is what an attempt, or the settling of one, brought.
type answer struct {
	receipt Receipt
	err     error
	// only: no event of the letter can have been stored before, as long as its
	// record is the one that the attempt wrote.
	only    bool
	late    bool // it came after the call was given up
	settled bool // it came from asking
	absent  bool // and the carrier never had the letter
}

// record writes what an attempt, or the settling of one, brought. It goes on
// when the caller's context has ended, and what cannot be written is kept in mind
// and written later.
func (c *Client) record(ctx context.Context, p *carrier, rec LetterRecord, a answer) (LetterRecord, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	a = c.onlyForThis(ctx, p, rec, a)
	var noted []TrackingEvent
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		noted = nil
		if r.Attempts != rec.Attempts || r.Provider != p.name { // the letter went on without us
			if a.err == nil && a.receipt.ProviderID != r.ProviderID {
				c.log.ErrorContext(ctx, "accepted after it was settled as never arrived: it may be posted twice", "letter", r.ID, "provider", p.name)
			}
			return nil, nil
		}
		change := c.moment(*r).outcome(r, a, r.Version == rec.Version)
		if change != nil {
			noted = change.Events
		}
		return change, nil
	})
	if err != nil {
		c.ways.change(rec.ID, rec.Attempts, func(own *ownAttempt) { own.unwritten = &a })
		return after, err
	}
	if after.Status != StatusUnknown {
		c.ways.end(rec.ID)
	}
	c.ways.change(rec.ID, rec.Attempts, func(own *ownAttempt) { own.unwritten = nil })
	c.reportUnknown(ctx, noted)
	c.warnOfPrice(ctx, after.Price, after.CarrierPrice, p.name)
	c.log.InfoContext(ctx, "letter attempted", "letter", rec.ID, "provider", p.name, "status", after.Status)
	return after, nil
}

// eachUnwritten reads the letters of which this process knows an outcome that is not
// written.
func (c *Client) eachUnwritten(ctx context.Context, do func(rec LetterRecord)) error {
	for _, id := range c.ways.unwritten() {
		rec, err := c.store.Letter(ctx, id)
		switch {
		case err == nil && rec.Status == StatusUnknown:
			do(rec)
		case err == nil || errors.Is(err, ErrNotFound):
			c.ways.end(id)
		} // else it is known until the store can be read
	}
	return stop.Asked(ctx)
}

// onlyForThis doubts an acceptance under an id that another letter has: a carrier
// that gives one id to two letters, or confirms another letter than it was asked
// about, has printed one of them at most. A person must ask it.
func (c *Client) onlyForThis(ctx context.Context, p *carrier, rec LetterRecord, a answer) answer {
	if a.err != nil {
		return a
	}
	other, err := c.holderOf(ctx, p.name, a.receipt.ProviderID, rec.ID)
	if err != nil || other == "" { // what cannot be read contradicts nothing
		return a
	}
	c.log.ErrorContext(ctx, "the carrier gave one id to two letters: ask it which one it has", "provider", p.name, "letter", rec.ID,
		"other", other)
	a.err = &Error{Op: "submit", Kind: ErrInDoubt, Provider: p.name, Code: CodeIDOfAnother,
		Err: fmt.Errorf("the carrier's id is that of letter %s", other)}
	return a
}

// holderOf finds another letter that has a carrier's id; none: "".
func (c *Client) holderOf(ctx context.Context, provider, providerID string, not LetterID) (LetterID, error) {
	for other, err := range c.all.Letters(ctx, LetterFilter{Provider: provider, ProviderID: providerID, Limit: 2}) {
		if err != nil {
			return "", err
		}
		if other.ID != not {
			return other.ID, nil
		}
	}
	return "", nil
}

// underway is what this process knows of its own attempts beside what is stored:
// which calls are still running, which outcomes could not be written yet, and how
// much time passed by a clock that nobody sets.
type underway struct {
	mu      sync.Mutex
	letters map[LetterID]*ownAttempt
}

type ownAttempt struct {
	attempt   int // LetterRecord.Attempts
	running   int // calls
	begun     reading
	missed    reading // zero: the carrier did not say yet that it has no such letter
	unwritten *answer
}

// reading is a moment by the client's clock, and by the machine's.
type reading struct {
	clock, machine time.Time
}

// timepiece is the client's clock, watched. One that stood still while the machine's
// went on is a test's, and is taken at its word. Any other is not believed further
// than the machine's own count of time, for it may have been set.
type timepiece struct {
	now  func() time.Time
	mu   sync.Mutex
	last reading // the clock, since when it shows this
	test bool
}

// read reads the clock.
func (p *timepiece) read() reading {
	r := reading{p.now(), time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.test:
	case !r.clock.Equal(p.last.clock):
		p.last = r
	case r.machine.Sub(p.last.machine) > standsStill:
		p.test = true
	}
	return r
}

// standsStill is longer than any clock that goes shows one moment.
const standsStill = 5 * time.Microsecond

// passed tells whether d passed since r, as far as the machine counted.
func (p *timepiece) passed(r reading, d time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.test || r.machine.IsZero() || time.Since(r.machine) >= d
}

// forgetAfter bounds how long an attempt is known that another process settled.
const forgetAfter = 2 * unrecordedFor

// begin notes an attempt, and forgets those that somebody else settled long ago.
func (u *underway) begin(id LetterID, attempt int, at reading) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.letters == nil {
		u.letters = map[LetterID]*ownAttempt{}
	}
	if len(u.letters) >= 1024 {
		for id, own := range u.letters {
			if own.running == 0 && own.unwritten == nil && time.Since(later(own.begun.machine, own.missed.machine)) > forgetAfter {
				delete(u.letters, id)
			}
		}
	}
	running := 0
	if own := u.letters[id]; own != nil {
		running = own.running
	}
	u.letters[id] = &ownAttempt{attempt: attempt, running: running, begun: at}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// calling notes that a call of an attempt is under way; what it returns notes the end.
func (u *underway) calling(id LetterID) (ended func()) {
	u.add(id, 1)
	return func() { u.add(id, -1) }
}

func (u *underway) add(id LetterID, n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if own := u.letters[id]; own != nil {
		own.running += n
	}
}

// of returns what is known of a letter's attempt; the zero value when nothing is.
func (u *underway) of(id LetterID, attempt int) ownAttempt {
	u.mu.Lock()
	defer u.mu.Unlock()
	if own := u.letters[id]; own != nil && (own.attempt == attempt || own.running > 0) {
		return *own
	}
	return ownAttempt{}
}

// missed notes when the carrier said that it has no such letter, of an attempt of
// another process too.
func (u *underway) missed(id LetterID, attempt int, at reading) {
	if u.of(id, attempt) == (ownAttempt{}) {
		u.begin(id, attempt, reading{})
	}
	u.change(id, attempt, func(own *ownAttempt) { own.missed = at })
}

// change edits what is known of a letter's attempt.
func (u *underway) change(id LetterID, attempt int, edit func(own *ownAttempt)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if own := u.letters[id]; own != nil && own.attempt == attempt {
		edit(own)
	}
}

// end forgets an attempt whose outcome is known and written, unless a call of it
// is under way.
func (u *underway) end(id LetterID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if own := u.letters[id]; own != nil && own.running == 0 {
		delete(u.letters, id)
	}
}

// unwritten lists the letters of which an outcome is known and not written.
func (u *underway) unwritten() []LetterID {
	u.mu.Lock()
	defer u.mu.Unlock()
	var all []LetterID
	for id, own := range u.letters {
		if own.unwritten != nil {
			all = append(all, id)
		}
	}
	return all
}
