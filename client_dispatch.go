package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/courrier-go/courrier/internal/stop"
)

// DispatchOptions bounds one call of [Client.Dispatch].
type DispatchOptions struct {
	Workers int // attempts at the same time; 0: 4
	Limit   int // most letters tried, those that no carrier took among them; 0: all that are due; below 0: none, some are only woken
	// Progress is told after each page of letters what was done so far; nil: nobody.
	Progress func(DispatchReport)
}

// DispatchReport counts what a Dispatch did.
type DispatchReport struct {
	Submitted int // accepted by a carrier
	Failed    int // refused for good; credit is back
	Retried   int // no carrier was available; due again later
	InDoubt   int // may or may not have been accepted; will be settled
	Held      int // wait for contents or for the host
	Cancelled int // stopped by a gate
	Settled   int // were in doubt and are no longer
	Woken     int // waited for credit, or for post to be on again, and are queued
	Skipped   int // another worker was faster
	Errors    int // could not be worked on; due again in a minute
}

// count adds where a letter that was handed over ended.
func (r *DispatchReport) count(s Status) {
	switch s {
	case StatusUnknown:
		r.InDoubt++
	case StatusQueued:
		r.Retried++
	case StatusHeld:
		r.Held++
	case StatusFailed:
		r.Failed++
	case StatusCancelled:
		r.Cancelled++
	default:
		r.Submitted++
	}
}

// Dispatch does what is due: it wakes letters for which there is credit, settles
// those in doubt, and hands queued ones to their carriers. Any number of processes
// may call it; each letter is taken by one. It returns when nothing is due, the
// limit is reached or the context ends. Then no letter is begun, and calls under
// way have [Config.StopGrace]. Errors of single letters are counted and leave them
// due. [ErrInvalid] under a context that joins the host's transaction: what leaves
// cannot be rolled back.
func (c *Client) Dispatch(ctx context.Context, o DispatchOptions) (DispatchReport, error) {
	d := dispatching{Client: c, options: o}
	ctx, cancel := c.inTwoSteps(ctx)
	defer cancel()
	ctx, end := c.observe(ctx, Operation{Name: "dispatch"})
	err := c.outsideTx(ctx)
	duties := []func(context.Context) error{d.wake, d.rewrite, d.settleAll, d.handOver}
	if o.Limit < 0 {
		duties = duties[:2]
	}
	for _, duty := range duties {
		if err == nil {
			err = duty(ctx)
		}
	}
	end(err)
	if err != nil {
		return d.report, fmt.Errorf("dispatch: %w", err)
	}
	return d.report, nil
}

// dispatching is one call of Dispatch.
type dispatching struct {
	*Client
	options DispatchOptions
	mu      sync.Mutex
	report  DispatchReport
}

func (d *dispatching) add(f func(r *DispatchReport)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(&d.report)
}

func (d *dispatching) wake(ctx context.Context) error {
	woken, err := d.wakeDue(ctx)
	d.report.Woken = woken
	return err
}

// rewrite writes outcomes that are known and could not be written before.
func (d *dispatching) rewrite(ctx context.Context) error {
	return d.eachUnwritten(ctx, func(rec LetterRecord) { d.count(d.tried(ctx, rec, d.settleOne)) })
}

func (d *dispatching) count(err error) {
	if err != nil {
		d.add(func(r *DispatchReport) { r.Errors++ })
	}
}

func (d *dispatching) settleAll(ctx context.Context) error {
	return d.drain(ctx, DutySettle, func([]LetterRecord) work { return d.settleOne })
}

func (d *dispatching) settleOne(ctx context.Context, rec LetterRecord) error {
	settled, err := d.settle(ctx, rec)
	if err == nil && settled.Status != StatusUnknown {
		d.add(func(r *DispatchReport) { r.Settled++ })
	}
	return err
}

func (d *dispatching) handOver(ctx context.Context) error {
	return d.drain(ctx, DutyDispatch, func(page []LetterRecord) work {
		contents := shareContents(d.contents, page)
		return func(ctx context.Context, rec LetterRecord) error {
			after, err := d.dispatch(ctx, rec, contents)
			switch {
			case errors.Is(err, errFaster) && d.movedOn(ctx, rec):
				d.add(func(r *DispatchReport) { r.Skipped++ })
				return nil
			case err == nil:
				d.add(func(r *DispatchReport) { r.count(after.Status) })
			}
			return err
		}
	})
}

// movedOn tells whether somebody else changed a letter since it was read.
func (d *dispatching) movedOn(ctx context.Context, rec LetterRecord) bool {
	now, err := d.store.Letter(ctx, rec.ID)
	return err == nil && now.Version != rec.Version
}

// drain works through the letters whose duty is due, with a few workers.
func (d *dispatching) drain(ctx context.Context, duty Duty, begin func(page []LetterRecord) work) error {
	workers := d.options.Workers
	if workers <= 0 {
		workers = defaultWorkers
	}
	return d.eachDue(ctx, duty, max(pageSize, 4*workers), d.options.Limit, func(page []LetterRecord) {
		d.report.Errors += d.workOn(ctx, page, workers, begin(page))
		if d.options.Progress != nil {
			d.options.Progress(d.report)
		}
	})
}

// DispatchOne is [Client.Dispatch] for one letter, queued or in doubt, for a host's own
// job engine. Repeat it as you like: one that is not due comes back as it is. Errors:
// [ErrNotFound], [ErrInvalid] (also no-carrier), [ErrConflict] (changed),
// [ErrUnavailable] (no-gate), the host's.
func (c *Client) DispatchOne(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := c.dispatchOne(ctx, id)
	if err != nil {
		return LetterRecord{}, fmt.Errorf("dispatch: %w", err)
	}
	return rec, nil
}

func (c *Client) dispatchOne(ctx context.Context, id LetterID) (LetterRecord, error) {
	if err := c.outsideTx(ctx); err != nil {
		return LetterRecord{}, err
	}
	// Where the host's engine does all there is no Dispatch that would write them.
	_ = c.eachUnwritten(ctx, func(rec LetterRecord) { _, _ = c.settle(ctx, rec) })
	rec, err := c.store.Letter(ctx, id)
	if err != nil || rec.DueAt.After(c.now()) {
		return rec, err
	}
	switch rec.Duty {
	case DutyDispatch:
		return c.dispatch(ctx, rec, c.contents)
	case DutySettle:
		return c.settle(ctx, rec)
	}
	return rec, nil
}

// dispatch hands a queued letter to the first carrier that takes it. Between
// carriers it goes on only where the one before proved to have accepted nothing.
func (c *Client) dispatch(ctx context.Context, rec LetterRecord, contents Contents) (LetterRecord, error) {
	settings, err := c.Settings(ctx, rec.Letter.Account)
	if err != nil {
		return rec, err
	}
	if rec.Status == StatusScheduled { // its time has come
		rec.Status = StatusQueued
	}
	m := c.moment(rec)
	if settings.sends() != nil {
		return rec, c.write(ctx, &rec, m.held(&rec, HoldPostOff, "the account switched post off, or is closed; the letter leaves when post is on again"))
	}
	letter, err := c.withContents(ctx, rec, contents)
	if errors.Is(err, ErrNotFound) {
		return rec, c.write(ctx, &rec, m.held(&rec, HoldContents, "the content of a document is not stored, or damaged; send the letter again with its documents"))
	}
	if err != nil {
		return rec, err
	}
	if rec, err = c.passGates(ctx, rec); err != nil || rec.Status != StatusQueued {
		return rec, err
	}
	if rec, err = c.rebill(ctx, rec, settings); err != nil || rec.Status != StatusQueued {
		return rec, err
	}
	carriers, err := c.capable(ctx, letter, rec.Print)
	if errors.Is(err, ErrUnsupported) {
		change := m.failed(&rec, CodeUnsupported, "no carrier takes this letter any more; change its service or options and send it again")
		return rec, c.write(ctx, &rec, change)
	}
	if err != nil {
		return rec, err
	}
	return c.attempts(ctx, rec, letter, doubtedFirst(carriers, rec.Doubted))
}

// doubtedFirst puts the carrier first at which the letter was in doubt: should it
// have the letter all the same, the letter's key keeps it from printing again.
func doubtedFirst(carriers []*carrier, doubted string) []*carrier {
	i := slices.IndexFunc(carriers, func(p *carrier) bool { return p.name == doubted })
	if i <= 0 {
		return carriers
	}
	others := slices.Delete(slices.Clone(carriers), i, i+1)
	return slices.Insert(others, 0, carriers[i])
}

// attempts tries one carrier after the other.
func (c *Client) attempts(ctx context.Context, rec LetterRecord, letter Letter, carriers []*carrier) (LetterRecord, error) {
	var err error
	for _, p := range carriers {
		if slices.Contains(rec.Refused, p.name) {
			continue
		}
		rec, err = c.attempt(ctx, p, rec, letter)
		if err != nil || rec.Status != StatusQueued || stop.Asked(ctx) != nil {
			return rec, err
		}
	}
	allRefused := !slices.ContainsFunc(carriers, func(p *carrier) bool { return !slices.Contains(rec.Refused, p.name) })
	change := c.moment(rec).retried(&rec, allRefused)
	return rec, c.write(ctx, &rec, change)
}

// passGates asks whether the letter may still go.
func (c *Client) passGates(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	answer, err := c.askGates(ctx, rec)
	m := c.moment(rec)
	switch {
	case err != nil:
		return c.gateFailed(ctx, rec, err)
	case answer.Cancel:
		rec.Failure = &Failure{Code: string(HoldGate), Message: answer.Reason, At: m.now}
		return rec, c.write(ctx, &rec, m.ended(&rec, StatusCancelled))
	case answer.Hold:
		return rec, c.write(ctx, &rec, m.held(&rec, HoldGate, answer.Reason))
	}
	return rec, nil
}

// gateFailed keeps a letter queued whose gate could not answer, with the reason on
// record; when that lasts as long as carriers are waited for, the letter ends and its
// credit is back.
func (c *Client) gateFailed(ctx context.Context, rec LetterRecord, cause error) (LetterRecord, error) {
	change := c.moment(rec).gateSilent(&rec, KindOf(cause))
	if err := c.write(ctx, &rec, change); err != nil || rec.Status.Done() {
		return rec, err
	}
	return rec, cause
}
