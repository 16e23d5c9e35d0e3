package courrier

import (
	"context"
	"errors"

	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/internal/stop"
)

// Letters that wait for credit, or for post to be on again. Who brings that to an
// account wakes them, or plans the waking; Dispatch does what is planned.

// wakeDue looks at held letters whose account may have credit, account by account,
// and returns how many it queued.
func (c *Client) wakeDue(ctx context.Context) (int, error) {
	woken := 0
	seen := make(map[AccountID]bool)
	err := c.eachDue(ctx, DutyWake, pageSize, 0, func(page []LetterRecord) {
		c.workOn(ctx, page, 1, func(ctx context.Context, rec LetterRecord) error {
			if account := rec.Letter.Account; !seen[account] {
				seen[account] = true
				woken += c.wakeUpTo(ctx, account, 0)
			}
			_, err := c.update(ctx, rec.ID, func(r *LetterRecord) (*Change, error) {
				return c.moment(*r).waited(r), nil
			})
			return err
		})
	})
	return woken, err
}

// planWaking makes the oldest letter that waits for an account's credit due: the
// next Dispatch, of any process, looks at all of them. Should that fail, the hourly
// look finds them.
func (c *Client) planWaking(ctx context.Context, account AccountID) {
	err := func() error {
		for rec, err := range c.store.Letters(ctx, waitingFor(account, "", 1)) {
			if err == nil {
				_, err = c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) { return c.moment(*r).woken(r), nil })
			}
			return err
		}
		return nil
	}()
	if err != nil {
		c.log.WarnContext(ctx, "waking not planned", "account", account, "kind", KindOf(err))
	}
}

// waitingFor selects an account's letters that wait for what the account lacks, as they
// were sent.
func waitingFor(account AccountID, after LetterID, limit int) LetterFilter {
	return LetterFilter{Account: account, Statuses: []Status{StatusHeld}, Holds: []HoldReason{HoldCredit, HoldPostOff}, After: after, Limit: limit}
}

// wakeAccount queues letters of an account that wait for credit. What it does not
// do now, because there are many or something fails, [Client.Dispatch] does later.
func (c *Client) wakeAccount(ctx context.Context, account AccountID) int {
	return c.wakeUpTo(ctx, account, pageSize)
}

// wakeUpTo wakes at most so many letters of an account (0: all) and returns how
// many those were.
func (c *Client) wakeUpTo(ctx context.Context, account AccountID, most int) int {
	settings, err := c.Settings(ctx, account)
	woken := 0
	if err == nil && settings.sends() == nil {
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
		page, err := seq.Collect(c.store.Letters(ctx, waitingFor(account, after, pageSize)))
		if err != nil {
			return woken, err
		}
		before := woken
		for _, rec := range page {
			after = rec.ID
			if short[rec.Price.Unit()] || c.moment(rec).stale(rec) {
				continue
			}
			if most > 0 && woken == most {
				_, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) { return c.moment(*r).woken(r), nil })
				return woken, err // the rest is the next Dispatch's
			}
			after, err := c.enqueue(ctx, rec, settings)
			switch {
			case err == nil:
				woken++
			case errors.Is(err, ErrInsufficientCredit):
				short[after.Price.Unit()] = true
				c.nowForCredit(ctx, rec)
			case errors.Is(err, errFaster): // cancelled or woken by another
			case stop.Asked(ctx) != nil:
				return woken, stop.Asked(ctx)
			default: // its own trouble, not that of those behind it
				c.log.ErrorContext(ctx, "letter not woken", "letter", rec.ID, "kind", KindOf(err))
			}
		}
		if len(page) < pageSize || woken == before {
			return woken, nil
		}
	}
}

// nowForCredit says of a letter that waited for post what it waits for from now on.
func (c *Client) nowForCredit(ctx context.Context, rec LetterRecord) {
	_, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if r.Hold != HoldPostOff {
			return nil, nil
		}
		c.moment(*r).heldForCredit(r)
		r.Failure = nil
		return &Change{}, nil
	})
	if err != nil {
		c.log.WarnContext(ctx, "letter not held for credit", "letter", rec.ID, "kind", KindOf(err))
	}
}

// enqueue queues a letter, pricing it anew and paying for it if it is not paid for yet.
func (c *Client) enqueue(ctx context.Context, rec LetterRecord, settings Settings) (LetterRecord, error) {
	var price Amount
	var lines []PriceLine
	if rec.Charge != ChargeReserved {
		var err error
		if price, lines, err = c.priceOf(ctx, rec.Letter, rec.Print, settings, rec.Provider); err != nil {
			return rec, err
		}
	}
	change := c.moment(rec).queued(&rec, settings, price, lines)
	return rec, c.write(ctx, &rec, change)
}

// waitForCredit holds a letter until there is credit for it. Credit that arrived in
// between wakes it at once.
func (c *Client) waitForCredit(ctx context.Context, rec LetterRecord) (LetterRecord, error) {
	c.moment(rec).heldForCredit(&rec)
	if err := c.write(ctx, &rec, &Change{}); err != nil {
		return rec, err
	}
	c.wakeAccount(ctx, rec.Letter.Account)
	return c.store.Letter(ctx, rec.ID)
}

// rebill brings a letter that is about to leave under the account's billing of the
// moment, where that changed between the host's contract and the account's own: the
// table "Switches of billing" of docs/billing.md.
func (c *Client) rebill(ctx context.Context, rec LetterRecord, settings Settings) (LetterRecord, error) {
	was, is := rec.Billing == BillingByCarrier, settings.billing() == BillingByCarrier
	switch {
	case was == is:
		return rec, nil
	case is:
		return rec, c.write(ctx, &rec, c.moment(rec).unpaid(&rec))
	}
	after, err := c.enqueue(ctx, rec, settings)
	if errors.Is(err, ErrInsufficientCredit) {
		return c.waitForCredit(ctx, rec)
	}
	return after, err
}
