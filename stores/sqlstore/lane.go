package sqlstore

import (
	"context"
	"runtime"
	"slices"
	"sync"
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
	run func(ctx context.Context, ops []*op) error
	// rest is told when no batch follows at once, before the last callers are
	// answered: whoever has an answer may close the database.
	rest func()

	mu      sync.Mutex
	waiting []*call
	busy    bool
}

type call struct {
	ctx  context.Context
	ops  []*op // not yet carried out
	done chan error
}

// commit returns when the ops are carried out or ctx ends. In the latter case
// those not yet begun are dropped, and what became of the others is unknown.
func (l *lane) commit(ctx context.Context, ops []*op) error {
	c := &call{ctx: ctx, ops: ops, done: make(chan error, 1)}
	l.mu.Lock()
	l.waiting = append(l.waiting, c)
	idle := !l.busy
	l.busy = true
	l.mu.Unlock()
	if idle && (ctx.Done() != nil || !l.next()) {
		go l.drain() // and not here, unless the caller cannot leave
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		l.waiting = slices.DeleteFunc(l.waiting, func(o *call) bool { return o == c })
		return ctx.Err()
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
	l.mu.Lock()
	defer l.mu.Unlock()
	finished := calls[:0]
	for i, c := range calls {
		if c.ops = c.ops[shares[i]:]; err != nil || len(c.ops) == 0 {
			finished = append(finished, c)
		} else {
			l.waiting = append(l.waiting, c)
		}
	}
	if l.busy = len(l.waiting) > 0; !l.busy {
		l.rest()
	}
	for _, c := range finished {
		c.done <- err
	}
	return !l.busy
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
// that one call with many must leave half of the batch to others.
func (l *lane) take() (calls []*call, shares []int, ops []*op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), maxBatch)
	calls, shares, ops = make([]*call, 0, n), make([]int, 0, n), make([]*op, 0, n)
	for size := 0; len(l.waiting) > 0 && len(ops) < maxBatch && size < maxBytes; {
		c := l.waiting[0]
		l.waiting = l.waiting[1:]
		if c.ctx.Err() != nil {
			continue // its caller is about to leave
		}
		most := min(len(c.ops), maxBatch-len(ops))
		if len(l.waiting) > 0 {
			most = min(most, maxBatch/2)
		}
		share := 0
		for share < most && size < maxBytes {
			size += c.ops[share].size
			share++
		}
		calls, shares, ops = append(calls, c), append(shares, share), append(ops, c.ops[:share]...)
	}
	return calls, shares, ops
}
