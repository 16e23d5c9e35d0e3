package dunning

import (
	"context"
	"errors"
	"iter"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/guard"
)

// A day's run reads, decides and writes batch by batch. While one batch is decided, the
// next one is read and the one before is written: the database works while we compute.
// Batches name different customers, and what changes under a batch meanwhile meets the
// versions and keys that guard every claim, as what another process does.

// pipeline is the batches of one run that are under way: one that is read, and the
// claims of one that are written.
type pipeline struct {
	*dayRun
	reading *task[dayBatch]
	writing *task[writtenClaims]
}

// dayBatch is customers of one account, with their past.
type dayBatch struct {
	plans *accountPlans
	cases []Case
	past  map[courrier.CustomerID]debtorPast
}

// writtenClaims is what became of claims, in their order.
type writtenClaims struct {
	claims []claim
	errs   []error
}

// over runs over the batches of a stream. Whatever was begun has ended when it returns.
func (p *pipeline) over(ctx context.Context, cases iter.Seq2[Case, error]) (err error) {
	defer func() { err = errors.Join(err, p.end(ctx)) }()
	for batch, err := range batches(cases) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = p.push(ctx, batch)
		}
		if err != nil {
			return err
		}
	}
	return p.decideBatch(ctx, p.taken())
}

// push begins to read a batch, and goes on with the one before.
func (p *pipeline) push(ctx context.Context, cases []Case) error {
	before := p.taken()
	p.reading = p.read(ctx, cases)
	return p.decideBatch(ctx, before)
}

// taken returns the batch that is being read, if any: it is the caller's now.
func (p *pipeline) taken() *task[dayBatch] {
	t := p.reading
	p.reading = nil
	return t
}

// read begins to read what was done about the customers of a batch. An account whose
// settings cannot be used is left for the next run, not the others.
func (p *pipeline) read(ctx context.Context, cases []Case) *task[dayBatch] {
	account := p.account(ctx, cases[0].Account)
	if account.plans == nil {
		p.report.Failed += len(cases)
		return nil
	}
	cases = p.distinct(account, cases)
	if len(cases) == 0 {
		return nil
	}
	return begin(ctx, p, func() (dayBatch, error) {
		past, err := p.histories(ctx, cases)
		return dayBatch{plans: account.plans, cases: cases, past: past}, err
	})
}

// decideBatch decides about a batch that was read, and begins to write what is claimed.
func (p *pipeline) decideBatch(ctx context.Context, read *task[dayBatch]) error {
	if read == nil {
		return nil
	}
	batch, err := read.wait()
	if err != nil {
		return err
	}
	claims, err := p.decide(ctx, batch)
	if err != nil {
		return err
	}
	if err := p.settle(ctx); err != nil || len(claims) == 0 {
		return err
	}
	p.writing = begin(ctx, p, func() (writtenClaims, error) { return p.writeClaims(ctx, claims) })
	return nil
}

// settle waits for the claims that are being written, and counts what became of them.
func (p *pipeline) settle(ctx context.Context) error {
	if p.writing == nil {
		return nil
	}
	written, err := p.writing.wait()
	p.writing = nil
	if err != nil {
		return err
	}
	for i, err := range written.errs {
		if rem := written.claims[i].rem; rem != nil {
			p.count(ctx, rem, err)
		}
	}
	return nil
}

// end waits for whatever is under way. What is read is forgotten.
func (p *pipeline) end(ctx context.Context) error {
	if t := p.taken(); t != nil {
		_, _ = t.wait()
	}
	return p.settle(ctx)
}

// task is something that is done beside its caller.
type task[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// begin does something beside the run, or in its place where that is alone. A panic,
// such as of the host's store, is an error: it would end the process otherwise.
func begin[T any](ctx context.Context, p *pipeline, do func() (T, error)) *task[T] {
	t := &task[T]{done: make(chan struct{})}
	run := func() {
		defer close(t.done)
		t.err = guard.Safely(ctx, p.log, func() (err error) {
			t.value, err = do()
			return err
		})
	}
	if p.alone {
		run()
	} else {
		go run()
	}
	return t
}

func (t *task[T]) wait() (T, error) {
	<-t.done
	return t.value, t.err
}
