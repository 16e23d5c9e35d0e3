package mysendingbox_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/fakes/line"
	"github.com/courrier-go/courrier/internal/fakes/mysendingboxfake"
)

// Whatever single call of a letter's whole life is broken, in whatever way, and
// whatever pair of calls: one letter at the carrier, paid once, with its proofs.
// The idempotency key is of no help here: this carrier ignores it.
func TestEveryCallBroken(t *testing.T) {
	t.Parallel()
	calls := 0
	synctest.Test(t, func(t *testing.T) { calls = lifeWith(t, nil) })
	require.Greater(t, calls, 8)
	for at := range calls + 2 {
		t.Run(fmt.Sprint("call ", at), func(t *testing.T) {
			t.Parallel()
			for _, fault := range line.Faults() {
				brokenLife(t, map[int]line.Fault{at: fault})
			}
		})
	}
}

func TestEveryPairOfCallsBroken(t *testing.T) {
	t.Parallel()
	const early, draws = 9, 4
	for first := range early {
		t.Run(fmt.Sprint("call ", first), func(t *testing.T) {
			t.Parallel()
			chance := rand.New(rand.NewPCG(uint64(first), 7))
			any := func() line.Fault { return line.Faults()[chance.IntN(len(line.Faults()))] }
			for second := first + 1; second < early; second++ {
				for range draws {
					brokenLife(t, map[int]line.Fault{first: any(), second: any()})
				}
			}
		})
	}
}

func brokenLife(t *testing.T, at map[int]line.Fault) {
	t.Run(fmt.Sprint(at), func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { lifeWith(t, at) })
	})
}

// lifeWith sends a letter and follows it to its end, with faults, and returns how
// many calls that took.
func lifeWith(t *testing.T, at map[int]line.Fault) int {
	h := newHost(t, 1)
	h.server.Behave(mysendingboxfake.Behaviour{NoIdempotency: true})
	h.cut.At = at
	rec, err := h.client.Send(t.Context(), submission("", courrier.ServiceRegisteredAR).Letter)
	require.NoError(t, err)
	h.work()
	for range 3 * 3 { // while it may be in doubt
		time.Sleep(20 * time.Minute)
		h.work()
	}
	for range 11 * 2 {
		time.Sleep(12 * time.Hour)
		h.server.Tick()
		h.work()
	}
	got := h.read(rec.ID)
	require.Equal(t, courrier.StatusDelivered, got.Status)
	require.Len(t, got.Proofs, 2)
	h.requireOneLetter(rec.ID, courrier.EntryReserve, courrier.EntryCapture)
	return len(h.cut.Calls())
}
