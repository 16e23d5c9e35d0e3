package courrier

import (
	"context"
	"fmt"
	"time"
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
	if keep, ends := settings.retention(); ends && !r.ContentsGone {
		r.Duty, r.DueAt = DutyPurge, c.now().Add(keep)
	}
	return nil
}

// Purge forgets the contents of letters whose retention is over and returns how
// many letters that were. Content that another letter still needs stays.
func (c *Client) Purge(ctx context.Context) (int, error) {
	purged := 0
	for ctx.Err() == nil {
		page, err := collect(c.store.Letters(ctx, LetterFilter{Duty: DutyPurge, DueBefore: c.now(), Limit: pageSize}))
		if err != nil {
			return purged, fmt.Errorf("purge: %w", err)
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
	if err := c.deleteContents(ctx, after); err != nil {
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

// deleteContents deletes the contents of a letter that no other letter needs.
func (c *Client) deleteContents(ctx context.Context, rec LetterRecord) error {
	deleter, ok := c.contents.(ContentDeleter)
	if !ok {
		return nil
	}
	for _, d := range rec.Letter.Documents {
		others, err := collect(c.store.Letters(ctx, LetterFilter{Sum: d.Sum, Limit: 1}))
		if err != nil {
			return err
		}
		if len(others) == 0 {
			if err := deleter.DeleteContent(ctx, d.Sum); err != nil {
				return err
			}
		}
	}
	return nil
}
