package courrier

import (
	"context"
	"fmt"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// schedulePurge sets when an ended letter's contents are forgotten.
func (c *Client) schedulePurge(ctx context.Context, r *LetterRecord) error {
	settings, err := c.Settings(ctx, r.Letter.Account)
	if err != nil {
		return err
	}
	if r.ContentsGone && r.Duty == DutyPurge {
		return nil // under way
	}
	r.Duty, r.DueAt = DutyNone, time.Time{}
	if keep, ends := settings.Retention(); ends && !r.ContentsGone {
		r.Duty, r.DueAt = DutyPurge, c.now().Add(keep)
	}
	return nil
}

// Purge forgets the contents of letters whose retention is over, and returns how
// many letters that were. Content that another letter or a gate still needs stays.
func (c *Client) Purge(ctx context.Context) (int, error) {
	letters, err := c.purgeLetters(ctx)
	if err != nil {
		err = fmt.Errorf("purge: %w", err)
	}
	return letters, err
}

func (c *Client) purgeLetters(ctx context.Context) (int, error) {
	purged := 0
	for ctx.Err() == nil {
		page, err := seq.Collect(c.store.Letters(ctx, LetterFilter{Duty: DutyPurge, DueBefore: c.now(), Limit: pageSize}))
		if err != nil {
			return purged, err
		}
		failed := 0
		for _, rec := range page {
			if err := c.purge(ctx, rec); err != nil {
				c.postpone(ctx, rec, err)
				failed++
				continue
			}
			purged++
		}
		if len(page) < pageSize || failed == len(page) {
			return purged, ctx.Err()
		}
	}
	return purged, ctx.Err()
}

func (c *Client) purge(ctx context.Context, rec LetterRecord) error {
	// The letter needs its contents no more before they go, and the duty is done
	// only when they are gone.
	due := func(r *LetterRecord) bool { return r.Duty == DutyPurge && !r.DueAt.After(c.now()) }
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if !due(r) || r.ContentsGone {
			return nil, nil
		}
		r.ContentsGone = true
		return &Change{}, nil
	})
	if err != nil || !due(&after) {
		return err
	}
	sums := make([]Sum, len(after.Letter.Documents))
	for i, d := range after.Letter.Documents {
		sums[i] = d.Sum
	}
	if err := c.ForgetContents(ctx, sums...); err != nil {
		return err
	}
	_, err = c.updateFrom(ctx, after, func(r *LetterRecord) (*Change, error) {
		if !due(r) {
			return nil, nil
		}
		r.Duty, r.DueAt = DutyNone, time.Time{}
		return &Change{}, nil
	})
	return err
}

// ForgetContents deletes contents that no letter and no gate of the client needs
// any more; of a [Contents] that cannot forget it deletes none.
func (c *Client) ForgetContents(ctx context.Context, sums ...Sum) error {
	deleter, ok := c.contents.(ContentDeleter)
	if !ok {
		return nil
	}
	for _, sum := range sums {
		needed, err := c.needed(ctx, sum)
		if err == nil && !needed {
			err = deleter.DeleteContent(ctx, sum)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) needed(ctx context.Context, sum Sum) (bool, error) {
	for _, err := range c.store.Letters(ctx, LetterFilter{Sum: sum, Limit: 1}) {
		return true, err
	}
	for _, keeper := range c.keepers() {
		if keeps, err := keeper.KeepsContent(ctx, sum); keeps || err != nil {
			return true, err
		}
	}
	return false, nil
}
