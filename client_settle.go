package courrier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// SettleOne settles one letter in doubt by asking its carrier: the duty of
// [Client.Dispatch] for a host's own job engine, at once. A letter that is not
// in doubt comes back as it is. When the carrier cannot tell yet, or cannot be
// asked at all, the letter stays in doubt and the error is [ErrInDoubt].
func (c *Client) SettleOne(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err == nil && rec.Status == StatusUnknown {
		rec, err = c.settle(ctx, rec)
	}
	if err != nil {
		return LetterRecord{}, fmt.Errorf("resume: %w", err)
	}
	if rec.Status == StatusUnknown {
		return rec, &Error{Op: "resume", Kind: ErrInDoubt, Provider: rec.Provider, LetterID: id, Err: errors.New("the carrier cannot tell yet")}
	}
	return rec, nil
}

func settleAfter(p Provider) time.Duration {
	if d := p.Capabilities().SettleAfter; d > 0 {
		return d
	}
	return defaultSettleAfter
}

// settle asks the carrier about an attempt whose outcome is not known. "Not
// found" is proof when the carrier says it twice, with an attempt's time and the
// time it may take to show a letter in between: clocks that jump, or differ from
// one process to another, shorten neither. Of a call that never ended it proves
// nothing.
func (c *Client) settle(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	p := c.providers[rec.Provider]
	finder, ok := p.(Finder)
	if !ok {
		return c.askAgain(ctx, rec) // only a person can tell: see SettleByHand
	}
	receipt, err := ask(ctx, c, p.Name(), "settle", submitTimeout, func(ctx context.Context) (Receipt, error) { return finder.Find(ctx, rec.Reference()) })
	receipt = receipt.repaired()
	now, proof := c.now(), lease+settleAfter(p)
	switch {
	case err == nil && receipt.ProviderID != "":
		return c.record(ctx, p, rec, answer{receipt: receipt})
	case unsure(err):
		return c.askAgain(ctx, rec)
	case errors.Is(err, ErrRejected):
		after, err := c.record(ctx, p, rec, answer{err: err})
		return c.dueNow(ctx, after, err)
	case !errors.Is(err, ErrNotFound) || rec.Overran:
		return c.askAgain(ctx, rec)
	case rec.MissingSince.IsZero():
		return c.missing(ctx, rec, now.Add(proof))
	case now.Sub(rec.MissingSince) >= proof && now.Sub(rec.AttemptedAt) >= proof:
		return c.neverArrived(ctx, p, rec)
	}
	return c.askAgain(ctx, rec)
}

// unsure tells whether an answer proves nothing, whatever else it says besides: a
// "not found" of a carrier that could not be reached is none.
func unsure(err error) bool {
	for _, kind := range []error{ErrUnavailable, ErrInDoubt, ErrDenied, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// missing notes that the carrier showed no such letter, and when to ask again.
func (c *Client) missing(ctx context.Context, rec LetterRecord, again time.Time) (LetterRecord, error) {
	attempt := rec.Attempts
	return c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if r.Status != StatusUnknown || r.Attempts != attempt {
			return nil, nil
		}
		r.MissingSince, r.DueAt = c.now(), again
		return &Change{}, nil
	})
}

// neverArrived queues a letter again of which it is proven that the carrier
// never got it.
func (c *Client) neverArrived(ctx context.Context, p Provider, rec LetterRecord) (LetterRecord, error) {
	after, err := c.record(ctx, p, rec, answer{err: &Error{Op: "settle", Kind: ErrUnavailable, Provider: p.Name(), Code: "never-arrived", Err: errors.New("the carrier has no such letter")}})
	return c.dueNow(ctx, after, err)
}

// dueNow makes a letter due that was queued again after settling.
func (c *Client) dueNow(ctx context.Context, rec LetterRecord, err error) (LetterRecord, error) {
	if err != nil || rec.Status != StatusQueued {
		return rec, err
	}
	rec.DueAt = c.now()
	return rec, c.write(ctx, &rec, &Change{})
}

func (c *Client) askAgain(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	first := defaultSettleAfter
	if p := c.providers[rec.Provider]; p != nil {
		first = settleAfter(p)
	}
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if r.Status != StatusUnknown {
			return nil, nil
		}
		r.Polls++
		r.DueAt = c.now().Add(seq.Backoff(first, r.Polls, settleMost))
		return &Change{}, nil
	})
	return after, err
}

// SettleByHand ends a doubt that no carrier can end, on the word of a person who
// asked it: with the carrier's id of the letter when it has it, with an empty id
// when it surely has none, in which case the letter is sent again. [ErrConflict]
// when the letter is not in doubt, or nobody can know yet that the carrier has
// none because the attempt may still be under way.
func (c *Client) SettleByHand(ctx context.Context, id LetterID, providerID string) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err != nil {
		return LetterRecord{}, fmt.Errorf("settle by hand: %w", err)
	}
	p := c.providers[rec.Provider]
	if rec.Status != StatusUnknown || p == nil {
		return rec, &Error{Op: "settle by hand", Kind: ErrConflict, LetterID: id, Err: errors.New("the letter is not in doubt at a carrier of this client")}
	}
	if providerID != "" {
		return c.record(ctx, p, rec, answer{receipt: Receipt{ProviderID: providerID}})
	}
	if c.now().Sub(rec.AttemptedAt) < lease {
		return rec, &Error{Op: "settle by hand", Kind: ErrConflict, LetterID: id, Err: errors.New("the attempt may still be under way; ask the carrier again in a few minutes")}
	}
	return c.neverArrived(ctx, p, rec)
}
