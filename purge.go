package courrier

import (
	"context"
	"errors"
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

// Purge forgets the contents of letters and of reminders whose retention is over,
// and returns how many of both that were. Content that another of them still needs
// stays.
func (c *Client) Purge(ctx context.Context) (int, error) {
	letters, err := c.purgeLetters(ctx)
	if err != nil {
		return letters, fmt.Errorf("purge: %w", err)
	}
	reminders, err := c.purgeReminders(ctx)
	if err != nil {
		err = fmt.Errorf("purge: %w", err)
	}
	return letters + reminders, err
}

func (c *Client) purgeLetters(ctx context.Context) (int, error) {
	purged := 0
	for ctx.Err() == nil {
		page, err := collect(c.store.Letters(ctx, LetterFilter{Duty: DutyPurge, DueBefore: c.now(), Limit: pageSize}))
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
	if err := c.forget(ctx, sums); err != nil {
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

// purgeReminders forgets the contents of reminders that ended, once the time is
// over for which their account keeps them. One that fails is due again.
func (c *Client) purgeReminders(ctx context.Context) (int, error) {
	purged := 0
	for ctx.Err() == nil {
		page, err := collect(c.store.Reminders(ctx, ReminderFilter{Kept: true, DueBefore: c.now(), Limit: pageSize}))
		if err != nil {
			return purged, err
		}
		before := purged
		for _, rem := range page {
			switch err := c.purgeReminder(ctx, rem); {
			case err == nil:
				purged++
			case !errors.Is(err, ErrConflict): // else it came back to life
				c.log.ErrorContext(ctx, "contents of a reminder not purged", "reminder", rem.ID, "kind", kindOf(err))
			}
		}
		if len(page) < pageSize || purged == before {
			break
		}
	}
	return purged, ctx.Err()
}

// purgeReminder lets the reminder need its contents no more before they go, and
// counts it as done once they are gone.
func (c *Client) purgeReminder(ctx context.Context, rem Reminder) error {
	rem.ContentsGone = true
	if err := c.commit(ctx, Change{Reminder: &rem}); err != nil {
		return err
	}
	rem.Version++
	if err := c.forget(ctx, rem.attached()); err != nil {
		return err
	}
	rem.DueAt = time.Time{}
	return c.commit(ctx, Change{Reminder: &rem})
}

// forget deletes contents that no letter and no reminder needs any more.
func (c *Client) forget(ctx context.Context, sums []Sum) error {
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
	for _, err := range c.store.Reminders(ctx, ReminderFilter{Sum: sum, Limit: 1}) {
		return true, err
	}
	return false, nil
}
