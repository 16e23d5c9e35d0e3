package river

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/guard"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/internal/stop"
)

// What the jobs of one letter and those of one reminder have in common.

// Round makes the jobs of one letter or reminder differ. River keeps two jobs of the
// same args from waiting at the same time; and it keeps a job "running" for an hour
// whose process was killed. A key of the letter alone would hold it back for so long.
type Round struct {
	// Version is that of the record: each step is another round.
	Version int64 `json:"version" river:"unique"`
	// Late counts how often it was found still due: after 5, 15 and 30 minutes, and
	// after each hour. The job of the round before is gone then, or stuck.
	Late int `json:"late" river:"unique"`
}

// lateAfter are when a job that was not done yet is given another beside it.
var lateAfter = []time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute}

func roundOf(version int64, dueAt, now time.Time) Round {
	late := max(now.Sub(dueAt), 0)
	r := Round{Version: version, Late: int(late / time.Hour)}
	for _, after := range lateAfter {
		if late >= after {
			r.Late++
		}
	}
	return r
}

const (
	// oneTimeout is for one letter or reminder: a few carriers, each with a draft and a
	// submission of two minutes. River's own minute would cut calls that then are in doubt.
	// It is below the hour after which River takes a job for stuck.
	oneTimeout = 15 * time.Minute
	// oneAttempts are over within seven minutes; what is still due then gets another
	// round. River's own 25 would come days apart at the end.
	oneAttempts = 4
	retryFirst  = time.Minute
	retryMost   = 15 * time.Minute
)

// oneOpts are those of a letter's and of a reminder's job.
func oneOpts(queue string, tags ...string) river.InsertOpts {
	return river.InsertOpts{
		Queue: queue, MaxAttempts: oneAttempts, Tags: append([]string{"courrier"}, tags...),
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: untilDone},
	}
}

// untilDone are the states in which a job of the same round is not needed. A completed
// one does not count, as it does by default: what is due once more needs another job.
// One that failed too often does: the next round comes later.
var untilDone = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable,
	rivertype.JobStateScheduled, rivertype.JobStateDiscarded,
}

func nextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(seq.Backoff(retryFirst, job.Attempt, retryMost))
}

// told makes of what a job did what River keeps. Of an error that is its kind: its text
// may say what a carrier said. What a stop kept from being begun is for the next
// process, at once; what another worker did, or is doing, is done.
func told(ctx context.Context, log *slog.Logger, name string, do func() error) error {
	err := guard.Safely(ctx, log, do)
	switch {
	case err == nil, errors.Is(err, courrier.ErrConflict):
		return nil
	case stop.Asked(ctx) != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return river.JobSnooze(0)
	}
	var snoozed *rivertype.JobSnoozeError
	if errors.As(err, &snoozed) {
		return err
	}
	if errors.Is(err, errNotDecided) {
		return errNotDecided
	}
	return fmt.Errorf("%s: %s", name, courrier.KindOf(err))
}
