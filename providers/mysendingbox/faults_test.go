package mysendingbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// Whatever single call of a letter's whole life is broken, in whatever way, and
// whatever pair of calls: one letter at the carrier, paid once, with its proofs.
// The idempotency key is of no help here: this carrier ignores it.
func TestEveryCallBroken(t *testing.T) {
	t.Parallel()
	resttest.BreakEvery(t, lifeWith)
}

func TestEveryPairOfCallsBroken(t *testing.T) {
	t.Parallel()
	resttest.BreakPairs(t, 9, 4, lifeWith)
}

// lifeWith sends a letter and follows it to its end, with faults, and returns how
// many calls that took.
func lifeWith(t *testing.T, at map[int]resttest.Fault) int {
	h := newHost(t, 1)
	h.server.Behave(mysendingboxtest.Behaviour{NoIdempotency: true})
	h.cut.At = at
	rec, err := h.client.Send(t.Context(), submission("", courrier.ServiceRegisteredAR).Letter)
	require.NoError(t, err)
	h.work()
	if f := h.read(rec.ID).Failure; f != nil {
		_, err = h.said.Write([]byte(f.Message))
		require.NoError(t, err)
	}
	for range 3 * 3 { // while it may be in doubt
		time.Sleep(20 * time.Minute)
		h.work()
	}
	for range 12 {
		time.Sleep(24 * time.Hour)
		h.server.Tick()
		h.work()
	}
	got := h.read(rec.ID)
	require.Equal(t, courrier.StatusDelivered, got.Status)
	require.Len(t, got.Proofs, 2)
	h.requireOneLetter(rec.ID, courrier.EntryReserve, courrier.EntryCapture)
	require.NotEmpty(t, h.said.String())
	for _, private := range []string{"Martin", "MARTIN", "Lilas", "LILAS", "69003", "Bréhat", "5d2c9b7e", secret, "confidential", "facture-martin"} {
		require.NotContains(t, h.said.String(), private)
	}
	return len(h.cut.Calls())
}

// Whatever call of a cancelled letter's life is broken: the money agrees with what
// the carrier did.
func TestEveryCallOfACancellationBroken(t *testing.T) {
	t.Parallel()
	resttest.BreakEvery(t, cancelledWith)
}

func cancelledWith(t *testing.T, at map[int]resttest.Fault) int {
	h := newHost(t, 1)
	h.server.Behave(mysendingboxtest.Behaviour{NoIdempotency: true})
	h.cut.At = at
	rec, err := h.client.Send(t.Context(), submission("", courrier.ServiceStandard).Letter)
	require.NoError(t, err)
	h.work()
	for range 6 { // a person who insists, while the window is open
		_, _ = h.client.Cancel(t.Context(), rec.ID)
		time.Sleep(4 * time.Minute)
		h.work()
	}
	for range 6 * 2 {
		time.Sleep(12 * time.Hour)
		h.server.Tick()
		h.work()
	}
	carrier, err := mysendingbox.New(mysendingbox.Config{
		Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), Live: true, Transport: h.cut.Next,
	})
	require.NoError(t, err)
	var there []bool
	for l, err := range carrier.Letters(t.Context(), account, mysendingbox.ListFilter{}) {
		require.NoError(t, err)
		there = append(there, l.Cancelled)
	}
	got := h.read(rec.ID)
	switch {
	case len(there) == 0: // stopped before it left
		require.Equal(t, courrier.StatusCancelled, got.Status)
	case there[0]:
		require.Equal(t, courrier.StatusCancelled, got.Status)
		h.requireOneLetter(rec.ID, courrier.EntryReserve, courrier.EntryCapture, courrier.EntryRefund)
	default:
		require.Equal(t, courrier.StatusPosted, got.Status)
		h.requireOneLetter(rec.ID, courrier.EntryReserve, courrier.EntryCapture)
	}
	require.LessOrEqual(t, len(there), 1)
	return len(h.cut.Calls())
}
