package laposte_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/fakes/lapostefake"
	"github.com/courrier-go/courrier/internal/fakes/line"
	"github.com/courrier-go/courrier/providers/laposte"
)

// Whatever single call of a letter's whole life is broken, in whatever way, and
// whatever pair of calls: one letter at Maileva, paid once, with its proofs.
func TestEveryCallBroken(t *testing.T) {
	t.Parallel()
	calls := 0
	synctest.Test(t, func(t *testing.T) { calls = lifeWith(t, nil) })
	require.Greater(t, calls, 12)
	for at := range calls {
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
	const early, draws = 9, 2
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
	cut := &line.Cut{At: at}
	w := newWalk(t, false, lapostefake.Options{NoListener: true}, func(c *laposte.Config) { c.Transport, c.Suivi = cut, nil })
	cut.Next = line.Direct{Handler: w.fake.Handler}
	id := w.letter(t, submission(courrier.ServiceRegisteredAR).Letter)
	_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
	require.NoError(t, err)
	w.pass(t, 2*time.Hour, 10*time.Minute) // while it may be in doubt
	w.pass(t, 10*24*time.Hour, 12*time.Hour)
	w.requireOneLetter(t, id)
	w.requireMoney(t, 15)
	r := w.record(t, id)
	require.Equal(t, courrier.StatusDelivered, r.Status)
	require.Equal(t, courrier.ChargeCaptured, r.Charge)
	require.Len(t, r.Proofs, 3)
	return len(cut.Calls())
}
