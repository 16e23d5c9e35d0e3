package sqlstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
)

// A transaction of the host's may hold an account for as long as it likes. Those who
// share a batch with its changes must not wait for it: what is held goes to a lane
// aside, which asks again until it is free.

// patience is how long a batch waits for what somebody else holds before it is taken
// apart: longer than another process takes for a batch of its own.
const patience = 50 * time.Millisecond

// CodeHeld is the code of the error of a commit that waited half a minute for an
// account that somebody else's transaction holds. Its kind is
// [courrier.ErrUnavailable]; what waited did not happen.
const CodeHeld = "held"

var errHeld = fmt.Errorf("sqlstore: %w", &courrier.Error{
	Op: "commit", Kind: courrier.ErrUnavailable, Code: CodeHeld,
	Err: errors.New("another transaction holds the account; end it, and try again"),
})

// isAside tells of the lane that takes one account at a time.
func (l *lane) isAside() bool { return l == l.aside }

// holds tells whether changes of the account wait here, so that more of them should.
func (l *lane) holds(account string) bool {
	if l.count.Load() == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byAccount[account] > 0
}

// takeOver carries on with calls of another lane.
func (l *lane) takeOver(calls []*call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	idle := false
	for _, c := range calls {
		idle = l.join(c) || idle
	}
	if idle {
		go l.drain()
	}
}

// stillHeld returns the ops that somebody else holds, without their marks.
func stillHeld(ops []*op) (held []*op) {
	for _, o := range ops {
		if o.held {
			o.held = false
			held = append(held, o)
		}
	}
	return held
}

// waitedTooLong bounds how often a call is tried.
func (c *call) waitedTooLong() bool {
	if c.heldSince.IsZero() {
		c.heldSince = time.Now()
	}
	return time.Since(c.heldSince) > batchTimeout
}
