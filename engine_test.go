package courrier_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// What a host's own job engine calls in place of Dispatch does as much.

// A letter in doubt is settled when that is due, and not before.
func TestDispatchOneSettles(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.AcceptsSilent}
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	doubted, err := w.Client.DispatchOne(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusUnknown, doubted.Status)
	early, err := w.Client.DispatchOne(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, doubted.Version, early.Version)
	w.Advance(time.Hour)
	settled, err := w.Client.DispatchOne(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusSubmitted, settled.Status)
	require.Equal(t, 1, w.Times(rec.ID))
}

// An outcome that could not be written is written with the next letter that the process
// works on, without asking the carrier, which perhaps cannot tell.
func TestDispatchOneWritesWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(2)
	w.Bend(&testscene.Bent{OnFind: func(context.Context, courrier.Reference) (courrier.Receipt, error) {
		t.Error("the carrier is asked")
		return courrier.Receipt{}, courrier.ErrNotFound
	}})
	full := true
	w.Watch(func(c courrier.Change) error {
		if full && c.Letter != nil && c.Letter.Status == courrier.StatusSubmitted {
			return errDisk
		}
		return nil
	})
	first, second := w.Send(testscene.Letter("1", courrier.ServiceStandard)), w.Send(testscene.Letter("2", courrier.ServiceStandard))
	_, err := w.Client.DispatchOne(w.Ctx, first.ID)
	require.True(t, errors.Is(err, errDisk))
	require.Equal(t, courrier.StatusUnknown, w.Letter(first.ID).Status)
	full = false
	_, err = w.Client.DispatchOne(w.Ctx, second.ID)
	require.NoError(t, err)
	for _, id := range []courrier.LetterID{first.ID, second.ID} {
		require.Equal(t, courrier.StatusSubmitted, w.Letter(id).Status)
		require.Equal(t, 1, w.Times(id))
	}
}

// A Dispatch of no letter wakes those that wait, and hands none over.
func TestDispatchOfNoneWakes(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	many := make([]courrier.Letter, 300)
	for i := range many {
		many[i] = testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard)
	}
	for _, r := range w.Client.SendAll(w.Ctx, many) {
		require.NoError(t, r.Err)
	}
	w.TopUp(len(many)) // which wakes some at once
	report, err := w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{Limit: -1})
	require.NoError(t, err)
	require.Positive(t, report.Woken)
	require.Equal(t, courrier.DispatchReport{Woken: report.Woken}, report)
	for rec, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{}) {
		require.NoError(t, err)
		require.Equal(t, courrier.StatusQueued, rec.Status)
	}
	require.Empty(t, w.Carrier.Accepted)
}
