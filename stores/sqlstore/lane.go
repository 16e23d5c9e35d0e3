package sqlstore

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// maxBatch bounds the changes of one transaction, and so how long those that
	// arrive meanwhile wait.
	maxBatch = 512
	// batchTimeout bounds a transaction whose callers may all be gone.
	batchTimeout = 30 * time.Second
)

// lane carries out the changes of many callers one batch after the other. While
// one is being committed the next one gathers: the busier the store, the more
// changes share a transaction. One of those who wait leads: it carries out a
// batch for all of them and hands over. So nothing runs when nobody waits.
type lane struct {
	run func(ctx context.Context, ops []*op) error

	mu      sync.Mutex
	waiting []*call
	leader  *call // nil: nobody waits
}

type call struct {
	ctx  context.Context
	ops  []*op         // not yet carried out
	lead chan struct{} // tells the call that it leads
	done chan error
}

// commit returns when the ops are carried out or ctx ends. In the latter case
// those not yet begun are dropped, and what became of the others is unknown.
func (l *lane) commit(ctx context.Context, ops []*op) error {
	c := &call{ctx: ctx, ops: ops, lead: make(chan struct{}, 1), done: make(chan error, 1)}
	l.mu.Lock()
	l.waiting = append(l.waiting, c)
	if l.leader == nil {
		l.handOver()
	}
	l.mu.Unlock()
	for {
		select {
		case <-c.lead:
			l.carryOut()
		case err := <-c.done:
			if err != nil && ctx.Err() != nil {
				err = ctx.Err()
			}
			return err
		case <-ctx.Done():
			l.leave(c)
			return ctx.Err()
		}
	}
}

// handOver makes the call that waits longest lead.
func (l *lane) handOver() {
	l.leader = nil
	if len(l.waiting) > 0 {
		l.leader = l.waiting[0]
		l.leader.lead <- struct{}{}
	}
}

func (l *lane) leave(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(o *call) bool { return o == c })
	if l.leader == c {
		l.handOver()
	}
}

// carryOut is what the leader does, whose ops come first.
func (l *lane) carryOut() {
	calls, shares, ops := l.take()
	ctx := calls[0].ctx
	if len(calls) > 1 {
		// The end of one caller's context must not be the end of the others'.
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	err := l.run(ctx, ops)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range calls {
		if c.ops = c.ops[shares[i]:]; err != nil || len(c.ops) == 0 {
			c.done <- err
		} else {
			l.waiting = append(l.waiting, c)
		}
	}
	l.handOver()
}

// take removes up to maxBatch ops from those that wait, first come first
// served, except that one call with many must leave half of the batch to others.
func (l *lane) take() (calls []*call, shares []int, ops []*op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > 0 && len(ops) < maxBatch {
		c := l.waiting[0]
		l.waiting = l.waiting[1:]
		share := min(len(c.ops), maxBatch-len(ops))
		if len(l.waiting) > 0 {
			share = min(share, maxBatch/2)
		}
		calls, shares, ops = append(calls, c), append(shares, share), append(ops, c.ops[:share]...)
	}
	return calls, shares, ops
}
