package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier"
)

const (
	// maxBatch bounds the changes of one transaction, and so how long those that
	// arrive meanwhile wait; maxBytes their texts, and so what a statement holds.
	maxBatch = 2048
	maxBytes = 32 << 20
	// batchTimeout bounds a transaction whose callers may all be gone.
	batchTimeout = 30 * time.Second
	// patience is how long a batch waits for what somebody else holds before it is
	// taken apart: longer than another process takes for a batch of its own.
	patience = 50 * time.Millisecond
)

// CodeHeld is the code of the error of a commit that waited half a minute for an
// account that somebody else's transaction holds. Its kind is
// [courrier.ErrUnavailable]; nothing of the commit that it concerns happened.
const CodeHeld = "held"

var errHeld = fmt.Errorf("sqlstore: %w", &courrier.Error{
	Op: "commit", Kind: courrier.ErrUnavailable, Code: CodeHeld,
	Err: errors.New("another transaction holds the account; end it, and try again"),
})

// lane carries out the changes of many callers one batch after the other. While
// one is being committed the next one gathers: the busier the store, the more
// changes share a transaction. A goroutine does it for as long as anybody waits.
type lane struct {
	// run carries out ops, but for those that it marks as held.
	run func(ctx context.Context, ops []*op) error
	// rest is told when no batch follows at once, before the last callers are
	// answered: whoever has an answer may close the database.
	rest func()
	// aside takes over the calls whose changes somebody else holds. It takes one
	// account at a time, and hands those that are still held to itself.
	aside *lane

	mu      sync.Mutex
	waiting []*call
	busy    bool
	calls   map[string]int // of each account, begun and waiting; of a lane aside only
	some    atomic.Int64   // calls in all
	stuck   bool           // the last one was still held: one call is enough to ask again
}

type call struct {
	ctx     context.Context
	ops     []*op // not yet carried out
	account string
	aside   time.Time // since when; zero: never
	err     error     // of the finished call
	done    chan error
}

// isAside tells of the lane that takes one account at a time.
func (l *lane) isAside() bool { return l == l.aside }

// holds tells whether changes of the account wait here, so that more of them should.
func (l *lane) holds(account string) bool {
	if l.some.Load() == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls[account] > 0
}

// join puts a call at the end, and tells whether nobody is at work. The caller holds mu.
func (l *lane) join(c *call) (idle bool) {
	c.account = c.ops[0].account
	l.waiting = append(l.waiting, c)
	if l.isAside() {
		l.calls[c.account]++
		l.some.Add(1)
	}
	idle, l.busy = !l.busy, true
	return idle
}

// leave forgets a call. The caller holds mu.
func (l *lane) leave(c *call) {
	if !l.isAside() {
		return
	}
	l.some.Add(-1)
	if l.calls[c.account]--; l.calls[c.account] == 0 {
		delete(l.calls, c.account)
	}
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

// commit returns when the ops are carried out or ctx ends. In the latter case
// those not yet begun are dropped, and what became of the others is unknown.
func (l *lane) commit(ctx context.Context, ops []*op) error {
	c := &call{ctx: ctx, ops: ops, done: make(chan error, 1)}
	l.mu.Lock()
	idle := l.join(c)
	l.mu.Unlock()
	if idle && (ctx.Done() != nil || !l.next()) {
		go l.drain() // and not here, unless the caller cannot leave
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err() // who takes the call sees that its caller left
	}
}

func (l *lane) drain() {
	for !l.next() {
		runtime.Gosched() // who was just answered may have more, for the same batch
	}
}

// next carries out a batch and tells whether the lane is idle then.
func (l *lane) next() bool {
	calls, shares, ops := l.take()
	var err error
	if len(calls) > 0 {
		err = l.runFor(calls, ops)
	}
	finished, held := l.sort(calls, shares, err)
	if len(held) > 0 {
		l.aside.takeOver(held)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy = len(l.waiting) > 0; !l.busy {
		l.rest()
	}
	for _, c := range finished {
		c.done <- c.err
	}
	return !l.busy
}

// sort tells which calls are finished, and how, and which wait for what somebody
// else holds. The rest of the others' changes goes on in this lane.
func (l *lane) sort(calls []*call, shares []int, err error) (finished, held []*call) {
	finished = make([]*call, 0, len(calls))
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.stuck = len(held) > 0 }()
	for i, c := range calls {
		l.leave(c)
		left := stillHeld(c.ops[:shares[i]])
		c.ops, c.err = c.ops[shares[i]:], err
		switch {
		case err != nil || len(left)+len(c.ops) == 0:
			finished = append(finished, c)
		case len(left) == 0:
			l.join(c)
		case c.waitedTooLong():
			c.err = errHeld
			finished = append(finished, c)
		default:
			c.ops = append(left, c.ops...)
			held = append(held, c)
		}
	}
	return finished, held
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
	if c.aside.IsZero() {
		c.aside = time.Now()
	}
	return time.Since(c.aside) > batchTimeout
}

func (l *lane) runFor(calls []*call, ops []*op) error {
	ctx := calls[0].ctx
	if len(calls) > 1 {
		// The end of one caller's context must not be the end of the others'.
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	err := l.run(ctx, ops)
	if err != nil && len(calls) == 1 && calls[0].ctx.Err() != nil {
		return calls[0].ctx.Err()
	}
	return err
}

// take removes a batch from those that wait, first come first served, except
// that one call with many must leave half of the batch to others. A lane aside
// takes what is of the first one's account.
func (l *lane) take() (calls []*call, shares []int, ops []*op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), maxBatch)
	calls, shares, ops = make([]*call, 0, n), make([]int, 0, n), make([]*op, 0, n)
	var later []*call
	for size := 0; len(l.waiting) > 0 && len(ops) < maxBatch && size < maxBytes; {
		c := l.waiting[0]
		l.waiting = l.waiting[1:]
		switch {
		case c.ctx.Err() != nil: // its caller is about to leave
			l.leave(c)
			continue
		case l.isAside() && len(calls) > 0 && (l.stuck || c.account != calls[0].account):
			later = append(later, c)
			continue
		}
		share := l.shareOf(c, maxBatch-len(ops), &size)
		calls, shares, ops = append(calls, c), append(shares, share), append(ops, c.ops[:share]...)
	}
	l.waiting = append(later, l.waiting...)
	return calls, shares, ops
}

// shareOf tells how many of the call's ops go into a batch with room for that many,
// and adds their bytes to size.
func (l *lane) shareOf(c *call, room int, size *int) int {
	most := min(len(c.ops), room)
	if len(l.waiting) > 0 {
		most = min(most, maxBatch/2)
	}
	share := 0
	for share < most && *size < maxBytes {
		*size += c.ops[share].size
		share++
	}
	return share
}
