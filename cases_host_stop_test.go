package courrier_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// TestCasesHostStop: a deploy stops the process while carriers have not answered yet.
func TestCasesHostStop(t *testing.T) {
	t.Parallel()
	t.Run("host-05", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T){
			"what is under way ends, nothing is begun":            stopLetsCallsEnd,
			"at the bound it is cut, and settled":                 stopCutsAtTheBound,
			"a call that ignores its end is waited for no longer": stopLeavesWhoIgnoresIt,
			"drafts are not made up":                              stopBetweenDraftAndAttempt,
			"the same for those that are asked about":             stopOfRefresh,
		} {
			t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
		}
	})
}

// slow is a carrier that answers after a while, or when its context ends if it heeds
// that.
func slow(w *testscene.Scene, answersAfter time.Duration, heeds bool, begun *atomic.Int32) *testscene.Bent {
	return &testscene.Bent{OnSubmit: func(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
		begun.Add(1)
		heeded := ctx.Done()
		if !heeds {
			heeded = nil
		}
		select {
		case <-time.After(answersAfter):
			return w.Carrier.Submit(ctx, s)
		case <-heeded:
			return courrier.Receipt{}, ctx.Err()
		}
	}}
}

// deploy runs the client's duties over ten letters, asks it to stop after a while, and
// returns what it took to.
func deploy(t *testing.T, w *testscene.Scene, after time.Duration) (took time.Duration) {
	t.Helper()
	w.TopUp(10)
	for i := range 10 {
		w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard))
	}
	ctx, sigterm := context.WithCancel(w.Ctx)
	var asked time.Time
	time.AfterFunc(after, func() { asked = time.Now(); sigterm() })
	require.ErrorIs(t, w.Client.Run(ctx, time.Hour), context.Canceled)
	require.NotContains(t, w.Logs.String(), "ERROR")
	return time.Since(asked)
}

// statuses counts the letters of a scene.
func statuses(w *testscene.Scene) map[courrier.Status]int {
	count := map[courrier.Status]int{}
	for rec, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{}) {
		require.NoError(w.T, err)
		count[rec.Status]++
	}
	return count
}

func stopLetsCallsEnd(t *testing.T) {
	w := testscene.New(t)
	var begun atomic.Int32
	w.Bend(slow(w, 19*time.Second, true, &begun))
	took := deploy(t, w, time.Second)
	require.Equal(t, 18*time.Second, took, "as long as the answer took")
	require.EqualValues(t, 4, begun.Load(), "a call for each worker, and none after that")
	require.Equal(t, map[courrier.Status]int{courrier.StatusSubmitted: 4, courrier.StatusQueued: 6}, statuses(w))
	for rec, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusQueued}}) {
		require.NoError(t, err)
		require.Zero(t, rec.Attempts)
		require.False(t, rec.DueAt.After(w.Clock), "the next process takes it at once")
	}
}

func stopCutsAtTheBound(t *testing.T) {
	w := testscene.New(t)
	w.Config.StopGrace = 5 * time.Second
	var begun atomic.Int32
	w.Bend(slow(w, time.Minute, true, &begun))
	took := deploy(t, w, time.Second)
	require.Equal(t, 5*time.Second, took)
	require.Equal(t, map[courrier.Status]int{courrier.StatusUnknown: 4, courrier.StatusQueued: 6}, statuses(w))
	require.Contains(t, w.Logs.String(), "cut by the stop")
	// The next process asks the carrier, and prints each letter once.
	w.Bend(&testscene.Bent{})
	for range 4 {
		w.Advance(48 * time.Hour)
		time.Sleep(48 * time.Hour)
		w.Dispatch()
	}
	require.Equal(t, map[courrier.Status]int{courrier.StatusSubmitted: 10}, statuses(w))
	require.Len(t, w.Carrier.Accepted, 10)
}

func stopLeavesWhoIgnoresIt(t *testing.T) {
	w := testscene.New(t)
	var begun atomic.Int32
	w.Bend(slow(w, time.Hour, false, &begun))
	took := deploy(t, w, time.Second)
	require.Equal(t, 30*time.Second, took, "the grace, and the patience with a call that does not end")
	require.Equal(t, map[courrier.Status]int{courrier.StatusUnknown: 4, courrier.StatusQueued: 6}, statuses(w))
	time.Sleep(2 * time.Hour)
	synctest.Wait()
	require.Equal(t, map[courrier.Status]int{courrier.StatusSubmitted: 4, courrier.StatusQueued: 6}, statuses(w), "what it brought after all is recorded")
}

// slowDrafter takes letters in two steps, of which the first takes long.
type slowDrafter struct{ *testscene.Bent }

func (slowDrafter) Draft(context.Context, courrier.Submission) (string, error) {
	time.Sleep(10 * time.Second)
	return "draft", nil
}

func stopBetweenDraftAndAttempt(t *testing.T) {
	w := testscene.New(t)
	var begun atomic.Int32
	bent := slow(w, time.Second, true, &begun)
	bent.Carrier = w.Carrier
	w.Config.Providers = []courrier.Provider{slowDrafter{bent}}
	w.Restart()
	took := deploy(t, w, time.Second)
	require.Equal(t, 9*time.Second, took)
	require.Zero(t, begun.Load(), "a draft prints nothing: it is left")
	require.Equal(t, map[courrier.Status]int{courrier.StatusQueued: 10}, statuses(w))
}

func stopOfRefresh(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(150)
	for i := range 30 {
		w.Sent(fmt.Sprint("k", i), courrier.ServiceRegisteredAR)
	}
	w.Advance(2 * time.Hour)
	ctx, sigterm := context.WithCancel(w.Ctx)
	var once sync.Once
	w.Bend(&testscene.Bent{OnTrack: func(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
		once.Do(sigterm)
		time.Sleep(time.Second)
		require.NoError(t, ctx.Err())
		return w.Carrier.Track(ctx, refs)
	}})
	report, err := w.Client.Refresh(ctx, courrier.RefreshOptions{Workers: 1})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 10, report.Asked, "the first batch, whole")
	require.Zero(t, report.Failed)
}
