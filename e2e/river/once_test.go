package river_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	courrierriver "github.com/courrier-go/courrier/river"
)

// clock is that of a host's processes, which a test sets ahead.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

func (c *clock) of(cfg *courrier.Config) { cfg.Now = c.Now }

// set changes all jobs of letters behind River's back.
func set(t testing.TB, w *world[pgx.Tx], change string) {
	t.Helper()
	w.inTx(t, func(tx pgx.Tx) {
		_, err := tx.Exec(t.Context(), "UPDATE river_job SET "+change+" WHERE kind = '"+courrierriver.KindLetter+"'")
		require.NoError(t, err)
	})
}

// However often it is looked, a letter has one job, until that one cannot be under way
// any more: one that a killed process left running holds nothing back for long.
func TestOneJobARound(t *testing.T) {
	t.Parallel()
	w, at := pgxWorld(t, postgresOf(t)), &clock{}
	carrier := testscene.NewCarrier("mock", at.Now)
	e := w.process(t, host(t, w, carrier, at.of))
	_, err := e.client.Send(t.Context(), letter("due"))
	require.NoError(t, err)
	require.NoError(t, e.river.Queues().Remove(t.Context(), courrierriver.QueueLetters)) // their jobs stay to be looked at
	e.work(t)
	want := func(states ...rivertype.JobState) {
		t.Helper()
		looks := len(done(e.jobs(t, courrierriver.KindLook)))
		eventually(t, "two looks", func() bool { return len(done(e.jobs(t, courrierriver.KindLook))) >= looks+2 })
		var have []rivertype.JobState
		for _, job := range e.jobs(t, courrierriver.KindLetter) {
			have = append(have, job.State)
		}
		require.Equal(t, states, have)
	}
	want(rivertype.JobStateAvailable)
	set(t, w, "state = 'running', attempt = 1, attempted_at = now()") // by a process that was killed then
	want(rivertype.JobStateRunning)
	at.advance(6 * time.Minute)
	want(rivertype.JobStateRunning, rivertype.JobStateAvailable)
	at.advance(3 * time.Hour)
	want(rivertype.JobStateRunning, rivertype.JobStateAvailable, rivertype.JobStateAvailable)
	set(t, w, "state = 'completed', finalized_at = now()")
	want(rivertype.JobStateCompleted, rivertype.JobStateCompleted, rivertype.JobStateCompleted, rivertype.JobStateAvailable)
}

func done(jobs []*rivertype.JobRow) (some []*rivertype.JobRow) {
	for _, job := range jobs {
		if job.State == rivertype.JobStateCompleted {
			some = append(some, job)
		}
	}
	return some
}

// Jobs that come several times, or that River takes for stuck and gives to another
// process while they run, hand a letter over once: its record decides.
func TestJobsTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := pgxWorld(t, postgresOf(t))
	var calls atomic.Int32
	release := make(chan struct{})
	carrier := &testscene.Bent{Carrier: testscene.NewCarrier("mock", time.Now)}
	carrier.OnSubmit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
		calls.Add(1)
		<-release
		return carrier.Carrier.Submit(ctx, s)
	}
	first, second := w.process(t, host(t, w, carrier)), w.process(t, host(t, w, carrier))
	rec, err := first.client.Send(t.Context(), letter("once"))
	require.NoError(t, err)
	var jobs []river.InsertManyParams
	for late := range 4 {
		jobs = append(jobs, river.InsertManyParams{Args: courrierriver.LetterArgs{
			Letter: rec.ID, Account: "acme", Duty: rec.Duty, Round: courrierriver.Round{Version: rec.Version, Late: late},
		}})
	}
	_, err = first.river.InsertMany(t.Context(), jobs)
	require.NoError(t, err)
	first.work(t)
	second.work(t)
	eventually(t, "all but the one under way are done", func() bool {
		return calls.Load() > 0 && len(done(first.jobs(t, courrierriver.KindLetter))) == 3
	})
	set(t, w, "state = CASE WHEN state = 'running' THEN 'available' ELSE state END") // rescued too early
	eventually(t, "the rescued one is done", func() bool { return len(done(first.jobs(t, courrierriver.KindLetter))) == 4 })
	close(release)
	eventually(t, "the carrier has the letter", func() bool { return isTaken(t, first.client, rec.ID) })
	require.EqualValues(t, 1, calls.Load())
}
