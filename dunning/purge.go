package dunning

import (
	"context"
	"errors"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
)

// Purge forgets the contents of reminders that ended, once the time is over for
// which their account keeps them, and returns how many reminders that were. One
// that fails is due again.
func (d *Runner) Purge(ctx context.Context) (purged int, err error) {
	ctx, end := d.observe(ctx, courrier.Operation{Name: "purge reminders"})
	defer func() { end(err) }()
	for ctx.Err() == nil {
		page, err := seq.Collect(d.store.Reminders(ctx, ReminderFilter{Kept: true, DueBefore: d.now(), Limit: pageSize}))
		if err != nil {
			return purged, err
		}
		before := purged
		for _, rem := range page {
			switch err := d.purgeReminder(ctx, rem); {
			case err == nil:
				purged++
			case !errors.Is(err, courrier.ErrConflict): // else it is under way again
				d.log.ErrorContext(ctx, "contents of a reminder not purged", "reminder", rem.ID, "kind", courrier.KindOf(err))
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
func (d *Runner) purgeReminder(ctx context.Context, rem Reminder) error {
	rem.ContentsGone = true
	if err := d.commit(ctx, Change{Reminder: &rem}); err != nil {
		return err
	}
	rem.Version++
	if err := d.client.ForgetContents(ctx, rem.attached()...); err != nil {
		return err
	}
	rem.DueAt = time.Time{}
	return d.commit(ctx, Change{Reminder: &rem})
}

// KeepsContent implements [courrier.ContentKeeper]: a reminder needs it.
func (d *Runner) KeepsContent(ctx context.Context, account courrier.AccountID, sum courrier.Sum) (bool, error) {
	for _, err := range d.store.Reminders(ctx, ReminderFilter{Account: account, Sum: sum, Limit: 1}) {
		return true, err
	}
	return false, nil
}
