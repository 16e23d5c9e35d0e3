package river

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// KindReminder is the kind of the jobs that send one approved reminder each, or confirm
// its letter.
const KindReminder = "courrier.reminder"

// ReminderArgs are those of a reminder's job.
type ReminderArgs struct {
	Reminder dunning.ReminderID `json:"reminder" river:"unique"`
	Account  courrier.AccountID `json:"account"`
	Round
}

// Kind implements [river.JobArgs].
func (ReminderArgs) Kind() string { return KindReminder }

// InsertOpts implements [river.JobArgsWithInsertOpts].
func (ReminderArgs) InsertOpts() river.InsertOpts { return oneOpts(QueueReminders) }

// reminderWorker takes one reminder a step further.
type reminderWorker struct {
	river.WorkerDefaults[ReminderArgs]
	runner *dunning.Runner
	log    *slog.Logger
}

func (w *reminderWorker) Work(ctx context.Context, job *river.Job[ReminderArgs]) error {
	return told(ctx, w.log, "reminder", func() error {
		_, err := w.runner.DispatchOne(ctx, job.Args.Reminder)
		return err
	})
}

func (w *reminderWorker) Timeout(*river.Job[ReminderArgs]) time.Duration { return oneTimeout }

func (w *reminderWorker) NextRetry(job *river.Job[ReminderArgs]) time.Time {
	return nextRetry(job.JobRow)
}
