package river_test

import (
	"context"
	"fmt"
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

const atOnce = 2 // letters that the stopped process works on

// stopped is a process with many letters to hand over and two calls under way.
func stopped(t *testing.T, submit func(context.Context, func() (courrier.Receipt, error)) (courrier.Receipt, error), grace time.Duration) (
	w *world[pgx.Tx], carrier *testscene.Bent, at *clock, e *engine[pgx.Tx], stop func(before func()) error,
) {
	w, at = pgxWorld(t, postgresOf(t)), &clock{}
	var calls atomic.Int32
	carrier = &testscene.Bent{Carrier: testscene.NewCarrier("mock", at.Now)}
	carrier.OnSubmit = func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
		calls.Add(1)
		return submit(ctx, func() (courrier.Receipt, error) { return carrier.Carrier.Submit(ctx, s) })
	}
	e = w.process(t, host(t, w, carrier, at.of, func(c *courrier.Config) { c.StopGrace = grace }), func(c *courrierriver.Config[pgx.Tx], _ *river.Config) {
		c.Workers = atOnce
	})
	w.inTx(t, func(tx pgx.Tx) {
		for i := range 10 {
			_, err := e.SendTx(t.Context(), e.river, tx, letter(fmt.Sprint("letter ", i)))
			require.NoError(t, err)
		}
	})
	ask, wait := e.work(t)
	eventually(t, "calls are under way", func() bool { return calls.Load() == atOnce })
	return w, carrier, at, e, func(before func()) error {
		ask()
		before()
		return wait()
	}
}

// A deploy lets calls under way be answered, begins none, and leaves no letter in doubt
// and no job failed.
func TestStopLetsCallsEnd(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	w, _, _, e, stop := stopped(t, func(_ context.Context, submit func() (courrier.Receipt, error)) (courrier.Receipt, error) {
		<-release
		return submit()
	}, time.Hour)
	require.ErrorIs(t, stop(func() { close(release) }), context.Canceled)
	requireLeft(t, e, map[courrier.Status]int{courrier.StatusQueued: 8}, atOnce)
	states := map[rivertype.JobState]int{}
	for _, job := range e.jobs(t, courrierriver.KindLetter) {
		states[job.State]++
		require.Empty(t, job.Errors)
	}
	require.Equal(t, map[rivertype.JobState]int{rivertype.JobStateCompleted: 2, rivertype.JobStateAvailable: 8}, states)
	w.process(t, e.client).work(t) // the next process takes them at once
	eventually(t, "all are handed over", func() bool { return taken(t, e.client) == 10 })
}

// At the bound calls are cut: their letters are in doubt, and the next process settles
// them by asking.
func TestStopCutsAtTheBound(t *testing.T) {
	t.Parallel()
	w, carrier, at, e, stop := stopped(t, func(ctx context.Context, submit func() (courrier.Receipt, error)) (courrier.Receipt, error) {
		_, err := submit()
		<-ctx.Done()
		return courrier.Receipt{}, err
	}, 100*time.Millisecond)
	require.ErrorIs(t, stop(func() {}), context.Canceled)
	requireLeft(t, e, map[courrier.Status]int{courrier.StatusQueued: 8, courrier.StatusUnknown: atOnce}, 0)
	carrier.OnSubmit = nil
	at.advance(10 * time.Minute)
	w.process(t, e.client).work(t)
	eventually(t, "all are settled or handed over", func() bool { return taken(t, e.client) == 10 })
	require.Len(t, carrier.Accepted, 10, "none printed twice")
}

// requireLeft demands how many letters are in which status, and how many a carrier has.
func requireLeft(t *testing.T, e *engine[pgx.Tx], want map[courrier.Status]int, accepted int) {
	t.Helper()
	have := map[courrier.Status]int{}
	for rec, err := range e.client.Letters(t.Context(), courrier.LetterFilter{}) {
		require.NoError(t, err)
		if rec.SubmittedAt.IsZero() {
			have[rec.Status]++
		}
	}
	require.Equal(t, want, have)
	require.Equal(t, accepted, taken(t, e.client))
}

// taken counts the letters that a carrier has.
func taken(t testing.TB, c *courrier.Client) (n int) {
	t.Helper()
	for rec, err := range c.Letters(context.Background(), courrier.LetterFilter{}) {
		require.NoError(t, err)
		if !rec.SubmittedAt.IsZero() {
			n++
		}
	}
	return n
}

// A pass asks no more carriers after a stop was asked for, and the next process goes on
// where it ended.
func TestStopEndsPasses(t *testing.T) {
	t.Parallel()
	const letters, inPass = 100, 4 // questions at the same time, of ten letters each
	w, at := pgxWorld(t, postgresOf(t)), &clock{}
	carrier := &testscene.Bent{Carrier: testscene.NewCarrier("mock", at.Now)}
	release := make(chan struct{})
	var asked atomic.Int32
	carrier.OnTrack = func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
		asked.Add(1)
		<-release
		return carrier.Carrier.Track(ctx, refs)
	}
	e := w.process(t, host(t, w, carrier, at.of), func(c *courrierriver.Config[pgx.Tx], _ *river.Config) {
		c.Every = time.Hour // one pass, at the start
	})
	for i := range letters {
		_, err := e.client.Send(t.Context(), letter(fmt.Sprint("letter ", i)))
		require.NoError(t, err)
	}
	_, err := e.client.Dispatch(t.Context(), courrier.DispatchOptions{})
	require.NoError(t, err)
	at.advance(2 * time.Hour)
	ask, wait := e.work(t)
	eventually(t, "questions are under way", func() bool { return asked.Load() == inPass })
	ask()
	close(release)
	require.ErrorIs(t, wait(), context.Canceled)
	require.EqualValues(t, inPass, asked.Load())
	var states []rivertype.JobState
	for _, job := range e.jobs(t, courrierriver.KindFollow) {
		require.Empty(t, job.Errors)
		states = append(states, job.State)
	}
	require.Contains(t, states, rivertype.JobStateAvailable)
	w.process(t, e.client).work(t)
	eventually(t, "all are asked about", func() bool { return !isDue(t, e.client, at.Now()) })
}
