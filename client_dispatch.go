package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// The times of dispatching.
const (
	// submitTimeout bounds one attempt: creation at a carrier renders the letter.
	submitTimeout = 2 * time.Minute
	// lease is how long a worker may work on a letter before another may take
	// over; it leaves time to record what an attempt brought.
	lease = submitTimeout + time.Minute
	// recordTimeout bounds the writing of an outcome, which goes on when the
	// caller's context has ended: an outcome unwritten is a letter in doubt.
	recordTimeout = 30 * time.Second
	// wakeEvery is how often a held letter is looked at although no top-up
	// was heard of, in case a process died between a top-up and the waking.
	wakeEvery = time.Hour
	// Attempts that found no carrier available are repeated after retryFirst,
	// twice that, and so on up to retryMost, for retryFor in all.
	retryFirst = time.Minute
	retryMost  = time.Hour
	retryFor   = 72 * time.Hour
	// Settling asks after the carrier's SettleAfter, then at doubling
	// intervals up to settleMost.
	defaultSettleAfter = 2 * time.Minute
	settleMost         = 6 * time.Hour
	pageSize           = 256
)

// DispatchOptions bounds one call of [Client.Dispatch].
type DispatchOptions struct {
	Workers int // attempts at the same time; 0: 4
	Limit   int // most letters handed over; 0: all that are due
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
	Woken     int // waited for credit and are queued
	Skipped   int // another worker was faster
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

// Dispatch does what is due: wakes letters for which there is credit, settles
// those in doubt, and hands queued ones to their carriers. Any number of workers
// and processes may call it at the same time; each letter is taken by one. It
// returns when nothing is due, the limit is reached or the context ends; errors
// of single letters are counted and leave the letter due again.
func (c *Client) Dispatch(ctx context.Context, o DispatchOptions) (DispatchReport, error) {
	var report DispatchReport
	var mu sync.Mutex
	if err := c.wakeDue(ctx, &report); err != nil {
		return report, fmt.Errorf("dispatch: %w", err)
	}
	settle := func(ctx context.Context, rec LetterRecord) error {
		settled, err := c.settle(ctx, rec)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && settled.Status != StatusUnknown {
			report.Settled++
		}
		return err
	}
	if err := c.drain(ctx, DutySettle, o, func([]LetterRecord) work { return settle }); err != nil {
		return report, fmt.Errorf("dispatch: %w", err)
	}
	err := c.drain(ctx, DutyDispatch, o, func(page []LetterRecord) work {
		contents := shareContents(c.contents, page)
		return func(ctx context.Context, rec LetterRecord) error {
			after, err := c.dispatch(ctx, rec, contents)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, ErrConflict):
				report.Skipped++
				return nil
			case err == nil:
				report.count(after.Status)
			}
			return err
		}
	})
	if err != nil {
		return report, fmt.Errorf("dispatch: %w", err)
	}
	return report, nil
}

// work is one letter's duty.
type work func(context.Context, LetterRecord) error

// drain works through the letters whose duty is due, page by page, with a few
// workers. It stops when a page brings nothing new: every piece of work moves
// the letter's due time on, so what is still there is in other hands.
func (c *Client) drain(ctx context.Context, duty Duty, o DispatchOptions, begin func(page []LetterRecord) work) error {
	workers := o.Workers
	if workers <= 0 {
		workers = 4
	}
	left, begun := o.Limit, c.now() // what becomes due meanwhile is for the next call
	for ctx.Err() == nil {
		size := max(pageSize, 4*workers)
		if o.Limit > 0 {
			size = min(size, left)
		}
		page, err := seq.Collect(c.store.Letters(ctx, LetterFilter{Duty: duty, DueBefore: begun, Limit: size}))
		if err != nil {
			return err
		}
		failed := c.workOn(ctx, page, workers, begin(page))
		left -= len(page)
		if len(page) < size || failed == len(page) || o.Limit > 0 && left <= 0 {
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// workOn runs work on every letter of a page and returns how many failed.
func (c *Client) workOn(ctx context.Context, page []LetterRecord, workers int, work work) int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	failed := 0
	todo := make(chan LetterRecord)
	for range min(workers, len(page)) {
		wg.Go(func() {
			for rec := range todo {
				if err := work(ctx, rec); err != nil {
					c.postpone(ctx, rec, err)
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
	for _, rec := range page {
		if ctx.Err() != nil {
			break
		}
		todo <- rec
	}
	close(todo)
	wg.Wait()
	return failed
}

// postpone moves on the due time of a letter whose duty failed for a reason that
// is not the letter's, so that it does not stand before those behind it.
func (c *Client) postpone(ctx context.Context, rec LetterRecord, cause error) {
	c.log.ErrorContext(ctx, "letter left for later", "letter", rec.ID, "duty", rec.Duty, "kind", KindOf(cause))
	if ctx.Err() != nil {
		return
	}
	_, err := c.update(ctx, rec.ID, func(r *LetterRecord) (*Change, error) {
		if r.Duty != rec.Duty || r.DueAt.After(c.now()) {
			return nil, nil
		}
		r.DueAt = c.now().Add(retryFirst)
		return &Change{}, nil
	})
	if err != nil {
		c.log.ErrorContext(ctx, "letter not postponed", "letter", rec.ID, "kind", KindOf(err))
	}
}

// DispatchOne hands one letter to its carrier if it is queued and due, whatever
// else waits: the duty of [Client.Dispatch] for a host's own job engine. It is
// safe to repeat. A letter that is not due comes back as it is.
func (c *Client) DispatchOne(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err == nil && rec.Duty == DutyDispatch && !rec.DueAt.After(c.now()) {
		rec, err = c.dispatch(ctx, rec, c.contents)
	}
	if err != nil {
		return LetterRecord{}, fmt.Errorf("dispatch: %w", err)
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
	if settings.PostOff {
		return c.holdQueued(ctx, rec, HoldPostOff, "the account switched post off; switch it on and approve the letter")
	}
	letter, err := c.withContents(ctx, rec, contents)
	if errors.Is(err, ErrNotFound) {
		return c.holdQueued(ctx, rec, HoldContents, "the content of a document is not stored, or damaged; send the letter again with its documents")
	}
	if err != nil {
		return rec, err
	}
	if rec, err = c.passGates(ctx, rec); err != nil || rec.Status != StatusQueued {
		return rec, err
	}
	providers, err := c.capable(ctx, letter, rec.Print)
	if errors.Is(err, ErrUnsupported) {
		return c.fail(ctx, rec, "unsupported", "no carrier takes this letter any more; change its service or options and send it again")
	}
	if err != nil {
		return rec, err
	}
	for _, p := range providers {
		if slices.Contains(rec.Refused, p.Name()) {
			continue
		}
		rec, err = c.attempt(ctx, p, rec, letter)
		if err != nil || rec.Status != StatusQueued || ctx.Err() != nil {
			return rec, err
		}
	}
	return c.retryLater(ctx, rec, providers)
}

// passGates asks whether the letter may still go.
func (c *Client) passGates(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	answer, err := c.askGates(ctx, rec)
	switch {
	case err != nil:
		return rec, fmt.Errorf("gate: %w", err)
	case answer.Cancel:
		rec.Failure = &Failure{Code: string(HoldGate), Message: answer.Reason, At: c.now()}
		return c.end(ctx, rec, StatusCancelled)
	case answer.Hold:
		return c.holdQueued(ctx, rec, HoldGate, answer.Reason)
	}
	return rec, nil
}

// retryLater puts a letter back that no carrier took: due again later when one
// may be available then, failed when every carrier refused it or time is up.
func (c *Client) retryLater(ctx context.Context, rec LetterRecord, providers []Provider) (LetterRecord, error) {
	allRefused := !slices.ContainsFunc(providers, func(p Provider) bool { return !slices.Contains(rec.Refused, p.Name()) })
	now := c.now()
	if rec.RetrySince.IsZero() {
		rec.RetrySince, rec.Polls = now, 0
	}
	if rec.Failure == nil {
		rec.Failure = &Failure{At: now}
	}
	switch {
	case allRefused:
		return c.fail(ctx, rec, rec.Failure.Code, rec.Failure.Message)
	case now.Sub(rec.RetrySince) > retryFor:
		return c.fail(ctx, rec, "unavailable", "no carrier was available for three days; send the letter again")
	}
	rec.Polls++
	rec.Duty, rec.DueAt = DutyDispatch, now.Add(seq.Backoff(retryFirst, rec.Polls, retryMost))
	return rec, c.write(ctx, &rec, &Change{})
}

// fail ends a letter that no carrier accepted.
func (c *Client) fail(ctx context.Context, rec LetterRecord, code, message string) (LetterRecord, error) {
	rec.Failure = &Failure{Code: code, Message: message, At: c.now()}
	return c.end(ctx, rec, StatusFailed)
}

// end stops a letter that is with us and gives its credit back.
func (c *Client) end(ctx context.Context, rec LetterRecord, status Status) (LetterRecord, error) {
	change := &Change{}
	rec.Status, rec.Hold = status, ""
	rec.Tracking.EndedAt = c.now()
	if rec.Charge == ChargeReserved {
		rec.Charge = ChargeReleased
		change.Entries = append(change.Entries, c.chargeEntry(rec, EntryRelease))
	}
	if err := c.schedulePurge(ctx, &rec); err != nil {
		return rec, err
	}
	return rec, c.write(ctx, &rec, change)
}

func (c *Client) holdQueued(ctx context.Context, rec LetterRecord, why HoldReason, message string) (LetterRecord, error) {
	rec.Status, rec.Hold, rec.Duty, rec.DueAt = StatusHeld, why, DutyNone, time.Time{}
	rec.Failure = &Failure{Code: string(why), Message: message, At: c.now()}
	return rec, c.write(ctx, &rec, &Change{})
}
