package sqlstore

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxBatch bounds the changes of one transaction, and so how long those that
	// arrive meanwhile wait; maxBytes their texts, and so what a statement holds.
	maxBatch = 2048
	maxBytes = 32 << 20
	// batchTimeout bounds a transaction whose callers may all be gone.
	batchTimeout = 30 * time.Second
)

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

	// Of a lane aside only.
	byAccount map[string]int // calls, begun and waiting
	count     atomic.Int64   // of all of them
	stuck     bool           // the last one was still held: one call is enough to ask again
}

type call struct {
	ctx     context.Context
	ops     []*op // not yet carried out
	account string
	// heldSince is when it was first found held; zero: never.
	heldSince time.Time
	err       error // of the finished call
	done      chan error
}

// join puts a call at the end, and tells whether nobody is at work. The caller holds mu.
func (l *lane) join(c *call) (idle bool) {
	c.account = c.ops[0].account
	l.waiting = append(l.waiting, c)
	if l.isAside() {
		l.byAccount[c.account]++
		l.count.Add(1)
	}
	idle, l.busy = !l.busy, true
	return idle
}

// leave forgets a call. The caller holds mu.
func (l *lane) leave(c *call) {
	if !l.isAside() {
		return
	}
	l.count.Add(-1)
	if l.byAccount[c.account]--; l.byAccount[c.account] == 0 {
		delete(l.byAccount, c.account)
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
	finished, held := l.divide(calls, shares, err)
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

// divide tells which calls are finished, and how, and which wait for what somebody
// else holds. The rest of the others' changes goes on in this lane.
func (l *lane) divide(calls []*call, shares []int, err error) (finished, held []*call) {
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
