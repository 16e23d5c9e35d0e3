package courrier

import (
	"sync"
	"time"
)

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
			if own.running == 0 && own.unwritten == nil && time.Since(own.begun.machine) > forgetAfter {
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
