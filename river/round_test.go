package river

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/stop"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A round of a version ends after minutes and never comes back, and what was due for
// days has a bounded number of jobs.
func TestRounds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		version := rapid.Int64Range(1, 100).Draw(rt, "version")
		late := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(240*time.Hour)).Draw(rt, "late"))
		now, later := roundOf(version, start, start.Add(late)), roundOf(version, start, start.Add(late+time.Hour))
		require.Equal(rt, version, now.Version)
		require.GreaterOrEqual(rt, now.Late, 0)
		if late >= 0 {
			require.Greater(rt, later.Late, now.Late, "an hour later it is another")
		}
		require.LessOrEqual(rt, now.Late, 3+int(max(late, 0)/time.Hour))
	})
	for late, want := range map[time.Duration]int{
		-time.Hour: 0, 0: 0, 5*time.Minute - 1: 0, 5 * time.Minute: 1, 15 * time.Minute: 2, 30 * time.Minute: 3, time.Hour - 1: 3, time.Hour: 4, 24 * time.Hour: 27,
	} {
		require.Equal(t, want, roundOf(1, start, start.Add(late)).Late, late)
	}
}

// Slots follow each other without a gap, and a job inserted up to 100 ms early is of the
// slot that begins.
func TestSlots(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 7200).Draw(rt, "seconds")) * time.Second
		now := start.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(rt, "now")))
		zone := time.FixedZone("host", rapid.IntRange(-12, 14).Draw(rt, "zone")*3600)
		next := slots(every).Next(now.In(zone))
		require.True(rt, next.After(now))
		early := time.Duration(rapid.Int64Range(0, int64(100*time.Millisecond)).Draw(rt, "early"))
		require.Equal(rt, next, slotOf(next.Add(-early), every))
		require.Equal(rt, every, slots(every).Next(next).Sub(next))
	})
}

// What River keeps of a job holds no text of an error; what a stop kept from being begun
// is for the next process.
func TestTold(t *testing.T) {
	discard := slog.New(slog.DiscardHandler)
	secret := fmt.Errorf("12 rue des Lilas: %w", courrier.ErrUnavailable)
	does := func(ctx context.Context, err error) error {
		return told(ctx, discard, "letter", func() error { return err })
	}
	require.NoError(t, does(t.Context(), nil))
	require.NoError(t, does(t.Context(), fmt.Errorf("faster: %w", courrier.ErrConflict)))
	require.EqualError(t, does(t.Context(), secret), "letter: "+courrier.KindOf(courrier.ErrUnavailable))
	require.EqualError(t, does(t.Context(), errors.New("Zébulon")), "letter: other")
	require.EqualError(t, told(t.Context(), discard, "letter", func() error { panic("Zébulon") }), "letter: other")

	ctx, sigterm := context.WithCancel(t.Context())
	work, cancel := stop.Within(ctx, time.Hour)
	defer cancel()
	sigterm()
	require.ErrorIs(t, does(work, secret), &rivertype.JobSnoozeError{})
	require.NoError(t, does(work, nil))
	late, end := context.WithDeadline(t.Context(), start)
	defer end()
	require.EqualError(t, does(late, context.DeadlineExceeded), "letter: "+context.DeadlineExceeded.Error())
}

// A pass begins nothing more when its slot is over, and that is no failure; one that
// fails is.
func TestPassEndsWithItsSlot(t *testing.T) {
	until := bySlot(time.Second, func(s slot) lookArgs { return lookArgs{s} }, func(ctx context.Context) error {
		for stop.Asked(ctx) == nil {
			time.Sleep(time.Millisecond)
		}
		if ctx.Err() != nil {
			return errors.New("it was cut")
		}
		return stop.Asked(ctx)
	})
	require.NoError(t, until.do(t.Context(), lookArgs{}))
	failing := bySlot(time.Second, func(s slot) lookArgs { return lookArgs{s} }, func(context.Context) error { return courrier.ErrUnavailable })
	require.ErrorIs(t, failing.do(t.Context(), lookArgs{}), courrier.ErrUnavailable)
}

// What a host forgot is told field by field; kinds are the host's to give once.
func TestWrongConfig(t *testing.T) {
	_, err := New(Config[int]{Every: time.Millisecond, Workers: -1})
	for _, field := range []string{"Client", "Every", "Workers"} {
		require.ErrorContains(t, err, field+": ")
	}
	require.ErrorIs(t, err, courrier.ErrInvalid)
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{mock.New()}})
	require.NoError(t, err)
	_, err = New(Config[int]{Client: client, Cases: func(context.Context, courrier.Date) iter.Seq2[dunning.Case, error] { return nil }})
	require.ErrorContains(t, err, "Cases: ")
	duties, err := New(Config[int]{Client: client})
	require.NoError(t, err)
	_, err = duties.SendTx(t.Context(), nil, 0, courrier.Letter{})
	require.ErrorContains(t, err, "JoinTx: ")
}

// A config keeps what the host chose, and a second set of duties is refused.
func TestAddTo(t *testing.T) {
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{mock.New()}, StopGrace: time.Minute})
	require.NoError(t, err)
	duties, err := New(Config[int]{Client: client, Workers: 3})
	require.NoError(t, err)
	var c river.Config
	require.NoError(t, duties.AddTo(&c))
	require.Equal(t, time.Minute, c.SoftStopTimeout)
	require.Equal(t, 3, c.Queues[QueueLetters].MaxWorkers)
	require.Len(t, c.PeriodicJobs, 4)
	require.ErrorContains(t, duties.AddTo(&c), KindLetter)

	own := river.Config{SoftStopTimeout: time.Second, Queues: map[string]river.QueueConfig{QueueLetters: {MaxWorkers: 50}, "own": {MaxWorkers: 1}}}
	require.NoError(t, duties.AddTo(&own))
	require.Equal(t, time.Second, own.SoftStopTimeout)
	require.Equal(t, 50, own.Queues[QueueLetters].MaxWorkers)
	require.Contains(t, own.Queues, "own")
}

// What is missing is told before anything is stored: a host that passed over the error
// of River's constructor has no client.
func TestNilIsTold(t *testing.T) {
	t.Parallel()
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{mock.New()}})
	require.NoError(t, err)
	join := func(ctx context.Context, _ *sql.Tx) context.Context { return ctx }
	duties, err := New(Config[*sql.Tx]{Client: client, JoinTx: join})
	require.NoError(t, err)
	_, sent := duties.SendTx(t.Context(), nil, nil, courrier.Letter{})
	for field, err := range map[string]error{
		"c":      duties.AddTo(nil),
		"client": errors.Join(duties.Run(t.Context(), nil), duties.EnqueueTx(t.Context(), nil, nil), sent),
	} {
		require.ErrorIs(t, err, courrier.ErrInvalid, field)
		for _, fe := range courrier.FieldErrors(err) {
			require.Equal(t, field, fe.Field)
		}
	}
	require.Len(t, courrier.FieldErrors(sent), 1)
}
