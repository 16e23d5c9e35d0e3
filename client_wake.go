package courrier

import (
	"context"
	"errors"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// wakeDue looks at held letters that nobody woke, account by account.
func (c *Client) wakeDue(ctx context.Context, report *DispatchReport) error {
	page, err := seq.Collect(c.store.Letters(ctx, LetterFilter{Duty: DutyWake, DueBefore: c.now(), Limit: pageSize}))
	if err != nil {
		return err
	}
	seen := make(map[AccountID]bool)
	for _, rec := range page {
		if account := rec.Letter.Account; !seen[account] {
			seen[account] = true
			report.Woken += c.wakeUpTo(ctx, account, 0)
		}
		c.postponeWaking(ctx, rec.ID)
	}
	return ctx.Err()
}

// postponeWaking moves on the due time of a letter that is still held.
func (c *Client) postponeWaking(ctx context.Context, id LetterID) {
	_, err := c.update(ctx, id, func(r *LetterRecord) (*Change, error) {
		if r.Duty != DutyWake || r.DueAt.After(c.now()) {
			return nil, nil
		}
		r.DueAt = c.now().Add(wakeEvery)
		return &Change{}, nil
	})
	if err != nil {
		c.log.ErrorContext(ctx, "letter not postponed", "letter", id, "kind", KindOf(err))
	}
}

// wakeAccount queues letters of an account that wait for credit. What it does not
// do now, because there are many or something fails, [Client.Dispatch] does later.
func (c *Client) wakeAccount(ctx context.Context, account AccountID) {
	c.wakeUpTo(ctx, account, pageSize)
}

// wakeUpTo wakes at most so many letters of an account (0: all) and returns how
// many those were.
func (c *Client) wakeUpTo(ctx context.Context, account AccountID, most int) int {
	settings, err := c.Settings(ctx, account)
	woken := 0
	if err == nil && !settings.PostOff {
		woken, err = c.wake(ctx, account, settings, most)
	}
	if err != nil {
		c.log.WarnContext(ctx, "waiting letters not woken", "account", account, "kind", KindOf(err))
	}
	return woken
}

// wake queues waiting letters in the order in which they were sent: in each unit
// until its credit does not reach any more, page by page until one brings nothing.
func (c *Client) wake(ctx context.Context, account AccountID, settings Settings, most int) (int, error) {
	woken := 0
	short := make(map[string]bool) // units
	for after := LetterID(""); ; {
		page, err := seq.Collect(c.store.Letters(ctx, LetterFilter{Account: account, Statuses: []Status{StatusHeld}, Holds: []HoldReason{HoldCredit}, After: after, Limit: pageSize}))
		if err != nil {
			return woken, err
		}
		before := woken
		for _, rec := range page {
			after = rec.ID
			if short[rec.Price.Unit()] {
				continue
			}
			if most > 0 && woken == most {
				return woken, c.wakeNext(ctx, rec.ID)
			}
			_, err := c.enqueue(ctx, rec, settings)
			switch {
			case err == nil:
				woken++
			case errors.Is(err, ErrInsufficientCredit):
				short[rec.Price.Unit()] = true
			case errors.Is(err, ErrConflict): // cancelled or woken by another
			case ctx.Err() != nil:
				return woken, ctx.Err()
			default: // its own trouble, not that of those behind it
				c.log.ErrorContext(ctx, "letter not woken", "letter", rec.ID, "kind", KindOf(err))
			}
		}
		if len(page) < pageSize || woken == before {
			return woken, nil
		}
	}
}

// wakeNext leaves a letter, and those behind it, to the next Dispatch.
func (c *Client) wakeNext(ctx context.Context, id LetterID) error {
	_, err := c.update(ctx, id, func(r *LetterRecord) (*Change, error) {
		if r.Duty != DutyWake || !r.DueAt.After(c.now()) {
			return nil, nil
		}
		r.DueAt = c.now()
		return &Change{}, nil
	})
	return err
}

// enqueue queues a held letter, paying for it if it is not paid for yet.
func (c *Client) enqueue(ctx context.Context, rec LetterRecord, settings Settings) (LetterRecord, error) {
	now := c.now()
	rec.Status, rec.Hold, rec.Failure = StatusQueued, "", nil
	rec.Polls, rec.RetrySince = 0, time.Time{}
	rec.Duty, rec.DueAt, rec.UpdatedAt = DutyDispatch, now, now
	if at := rec.Letter.NotBefore.UTC(); at.After(now) {
		rec.DueAt = at
	}
	change := &Change{}
	if rec.Charge != ChargeReserved {
		// Not paid for yet: the account's billing of today counts.
		if rec.Billing = settings.billing(); rec.Billing == BillingByCarrier {
			rec.Price = Amount{}
		}
	}
	if rec.Price.Sign() > 0 && rec.Charge != ChargeReserved {
		rec.Charge = ChargeReserved
		change.Entries = reserveFor(rec, settings.ceilingIn(rec.Price.Unit()))
	}
	return rec, c.write(ctx, &rec, change)
}
