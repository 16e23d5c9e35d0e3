package laposte_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// Whatever single call of a letter's whole life is broken, in whatever way, and
// whatever pair of calls: one letter at Maileva, paid once, with its proofs.
func TestEveryCallBroken(t *testing.T) {
	t.Parallel()
	for _, service := range []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegisteredAR} {
		t.Run(string(service), func(t *testing.T) {
			t.Parallel()
			resttest.BreakEvery(t, func(t *testing.T, at map[int]resttest.Fault) int { return lifeWith(t, service, at) })
		})
	}
}

func TestEveryPairOfCallsBroken(t *testing.T) {
	t.Parallel()
	resttest.BreakPairs(t, 9, 2, func(t *testing.T, at map[int]resttest.Fault) int {
		return lifeWith(t, courrier.ServiceRegisteredAR, at)
	})
}

// lifeWith sends a letter and follows it to its end, with faults, and returns how
// many calls that took.
func lifeWith(t *testing.T, service courrier.Service, at map[int]resttest.Fault) int {
	cut := &resttest.Cut{At: at}
	w := newWalk(t, false, lapostetest.Options{}, func(c *laposte.Config) { c.Transport, c.Suivi = cut, nil })
	w.bubble = true
	cut.Next = resttest.Direct{Handler: w.fake.Handler}
	id := w.letter(t, submission(service).Letter)
	_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
	require.NoError(t, err)
	if f := w.record(t, id).Failure; f != nil {
		_, err = w.said.Write([]byte(f.Message))
		require.NoError(t, err)
	}
	w.pass(t, 2*time.Hour, 10*time.Minute) // while it may be in doubt
	w.pass(t, 11*24*time.Hour, 24*time.Hour)
	w.requireOneLetter(t, id)
	w.requireMoney(t, 20-prices[service])
	r := w.record(t, id)
	end, proofs := courrier.StatusDelivered, 3
	if service == courrier.ServiceStandard {
		end, proofs = courrier.StatusPosted, 0
	}
	require.Equal(t, end, r.Status)
	require.Equal(t, courrier.ChargeCaptured, r.Charge)
	require.Len(t, r.Proofs, proofs)
	require.NotEmpty(t, w.said.String())
	for _, private := range []string{"Martin", "MARTIN", "Lilas", "LILAS", "69003 L", "Bréhat", "facture", "client-secret", "user-secret", "compta@", "Bearer", "at-"} {
		require.NotContains(t, w.said.String(), private)
	}
	return len(cut.Calls())
}
