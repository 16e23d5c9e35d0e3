package river

import (
	"context"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

const (
	// lookAtMost bounds the letters of one duty, and the reminders, that one look enqueues.
	// More are looked for after lookAgain, as long as those before them move on.
	lookAtMost = 5000
	lookAgain  = 5 * time.Second
	// insertTogether is how many jobs one statement inserts: several times as fast as one
	// by one, and short enough to share a database with others.
	insertTogether = 1000
)

// look enqueues a job for each letter and reminder that is due and has none.
func (d *Duties[TTx]) look(ctx context.Context) error {
	client, err := river.ClientFromContextSafely[TTx](ctx)
	if err != nil {
		return err
	}
	var jobs []river.InsertManyParams
	more := false
	for _, list := range d.lists() {
		some, err := list(ctx)
		if err != nil {
			return err
		}
		jobs, more = append(jobs, some...), more || len(some) == lookAtMost
	}
	fresh := 0
	for some := range slices.Chunk(jobs, insertTogether) {
		results, err := client.InsertMany(ctx, some)
		if err != nil {
			return err
		}
		for _, r := range results {
			if !r.UniqueSkippedAsDuplicate {
				fresh++
			}
		}
	}
	if more && fresh > 0 {
		return river.JobSnooze(lookAgain)
	}
	return nil
}

// lists are what a look reads: each returns the jobs of what is due.
func (d *Duties[TTx]) lists() []func(context.Context) ([]river.InsertManyParams, error) {
	var all []func(context.Context) ([]river.InsertManyParams, error)
	for _, duty := range duties {
		all = append(all, func(ctx context.Context) ([]river.InsertManyParams, error) { return d.dueLetters(ctx, duty) })
	}
	if d.cfg.Runner != nil {
		all = append(all, d.dueReminders)
	}
	return all
}

func (d *Duties[TTx]) dueLetters(ctx context.Context, duty courrier.Duty) (jobs []river.InsertManyParams, _ error) {
	now := d.now()
	for rec, err := range d.cfg.Client.Letters(ctx, courrier.LetterFilter{Duty: duty, DueBefore: now, Limit: lookAtMost}) {
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, jobOf(rec, now))
	}
	return jobs, nil
}

func (d *Duties[TTx]) dueReminders(ctx context.Context) (jobs []river.InsertManyParams, _ error) {
	now := d.now()
	due := dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderApproved, dunning.ReminderSending}, DueBefore: now, Limit: lookAtMost}
	for rem, err := range d.cfg.Runner.Queue(ctx, due) {
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, river.InsertManyParams{Args: ReminderArgs{
			Reminder: rem.ID, Account: rem.Account, Round: roundOf(rem.Version, rem.DueAt, now),
		}})
	}
	return jobs, nil
}
