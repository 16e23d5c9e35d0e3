package river

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/courrier-go/courrier"
)

// KindLetter is the kind of the jobs that hand over one letter each, or settle it.
const KindLetter = "courrier.letter"

// LetterArgs are those of a letter's job: ids, and nothing of what the letter says.
type LetterArgs struct {
	Letter  courrier.LetterID  `json:"letter" river:"unique"`
	Account courrier.AccountID `json:"account"`
	Duty    courrier.Duty      `json:"duty"` // dispatch or settle
	Round
}

// Kind implements [river.JobArgs].
func (LetterArgs) Kind() string { return KindLetter }

// InsertOpts implements [river.JobArgsWithInsertOpts].
func (a LetterArgs) InsertOpts() river.InsertOpts { return oneOpts(QueueLetters, string(a.Duty)) }

// duties are those of a letter that a job of its own does.
var duties = []courrier.Duty{courrier.DutySettle, courrier.DutyDispatch}

// jobOf returns the job of a letter that waits for one of the duties.
func jobOf(rec courrier.LetterRecord, now time.Time) river.InsertManyParams {
	p := river.InsertManyParams{Args: LetterArgs{
		Letter: rec.ID, Account: rec.Letter.Account, Duty: rec.Duty, Round: roundOf(rec.Version, rec.DueAt, now),
	}}
	if rec.DueAt.After(now) {
		p.InsertOpts = &river.InsertOpts{ScheduledAt: rec.DueAt}
	}
	return p
}

// SendTx sends a letter, as [courrier.Client.Send], and enqueues its job, both in a
// transaction of the host's: they are there when it commits, or neither is. A letter
// that waits for credit, or for a later day, has no job yet or one for then.
//
// The client may be one that only inserts. What [courrier.Client.Send] answers comes
// besides.
//
// Errors: [courrier.ErrInvalid].
func (d *Duties[TTx]) SendTx(ctx context.Context, client *river.Client[TTx], tx TTx, l courrier.Letter) (courrier.LetterRecord, error) {
	if d.cfg.JoinTx == nil {
		return courrier.LetterRecord{}, isNil("JoinTx", "give the WithTx of the store's package")
	}
	if client == nil {
		return courrier.LetterRecord{}, isNil("client", wantsClient)
	}
	rec, err := d.cfg.Client.Send(d.cfg.JoinTx(ctx, tx), l)
	if err != nil {
		return rec, err
	}
	return rec, d.EnqueueTx(ctx, client, tx, rec)
}

// EnqueueTx enqueues, in bulk, the jobs of letters that were sent in the same
// transaction, with [courrier.Client.SendAll] perhaps. Letters that are not queued have
// none. Without it they leave all the same, at the next look at what is due.
//
// Errors: [courrier.ErrInvalid].
func (d *Duties[TTx]) EnqueueTx(ctx context.Context, client *river.Client[TTx], tx TTx, letters ...courrier.LetterRecord) error {
	if client == nil {
		return isNil("client", wantsClient)
	}
	var jobs []river.InsertManyParams
	for _, rec := range letters {
		if rec.Duty == courrier.DutyDispatch {
			jobs = append(jobs, jobOf(rec, d.now()))
		}
	}
	if len(jobs) == 0 { // River refuses none
		return nil
	}
	if _, err := client.InsertManyTx(ctx, tx, jobs); err != nil {
		return fmt.Errorf("river: enqueue letters: %w", err)
	}
	return nil
}

// letterWorker works on one letter. What it finds not due any more it leaves.
type letterWorker struct {
	river.WorkerDefaults[LetterArgs]
	client *courrier.Client
	log    *slog.Logger
}

func (w *letterWorker) Work(ctx context.Context, job *river.Job[LetterArgs]) error {
	return told(ctx, w.log, "letter", func() error {
		_, err := w.client.DispatchOne(ctx, job.Args.Letter)
		return err
	})
}

func (w *letterWorker) Timeout(*river.Job[LetterArgs]) time.Duration { return oneTimeout }

func (w *letterWorker) NextRetry(job *river.Job[LetterArgs]) time.Time { return nextRetry(job.JobRow) }
