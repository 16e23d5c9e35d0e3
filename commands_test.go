package courrier_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
)

// Whatever people, carriers and clocks do, in whatever order: the carrier gets
// each letter at most once, and ledger, letters and statuses tell one story.
func TestAnyOrderOfCommands(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newScene(t)
		bought, n := 0, 0
		var ids []courrier.LetterID
		anyID := func() courrier.LetterID { return rapid.SampledFrom(ids).Draw(rt, "letter") }
		services := rapid.SampledFrom([]courrier.Service{courrier.ServiceStandard, courrier.ServiceRegisteredAR})
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]outcome{accepts, accepts, rejects, unavailable, acceptsSilent, neverArrives}), 1, 3)
		// Most commands may be refused; what counts is that none breaks a rule.
		steps := map[string]func(){
			"send": func() {
				if n++; len(ids) == 3 {
					return // few letters, of which each goes through much
				}
				l := letter(fmt.Sprint("k", n), services.Draw(rt, "service"))
				w.carrier.script[l.Key] = outcomes.Draw(rt, "outcomes")
				ids = append(ids, w.send(l).ID)
			},
			"top up": func() {
				credit := rapid.IntRange(1, 6).Draw(rt, "credit")
				bought += credit
				w.topUp(credit)
			},
			"dispatch": func() { w.dispatch() },
			"one":      func() { _, _ = w.client.DispatchOne(w.ctx, anyID()) },
			"resume":   func() { _, _ = w.client.Resume(w.ctx, anyID()) },
			"by hand":  func() { id := anyID(); _, _ = w.client.SettleByHand(w.ctx, id, w.carrier.byID[id]) },
			"hold":     func() { _, _ = w.client.Hold(w.ctx, anyID()) },
			"approve":  func() { _, _ = w.client.Approve(w.ctx, anyID()) },
			"cancel":   func() { _, _ = w.client.Cancel(w.ctx, anyID()) },
			"late":     func() { w.carrier.late = !w.carrier.late },
			"time": func() {
				w.advance(rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Minute, time.Hour, 30 * time.Hour}).Draw(rt, "time"))
			},
			"restart":    func() { w.restart() },
			"refresh":    func() { _, _ = w.client.Refresh(w.ctx, courrier.RefreshOptions{}) },
			"one's news": func() { _, _ = w.client.RefreshOne(w.ctx, anyID()) },
			"revise": func() {
				service := services.Draw(rt, "service")
				_, _ = w.client.Revise(w.ctx, anyID(), func(l *courrier.Letter) { l.Service = service })
			},
			"resend": func() {
				n++
				if len(ids) == 6 {
					return
				}
				if rec, err := w.client.Resend(w.ctx, anyID(), fmt.Sprint("k", n), nil); err == nil {
					ids = append(ids, rec.ID)
				}
			},
			"news": func() {
				id := anyID()
				there, ok := w.carrier.byID[id]
				if !ok {
					return
				}
				status := rapid.SampledFrom([]courrier.Status{
					courrier.StatusAccepted, courrier.StatusPrinted, courrier.StatusPosted, courrier.StatusDelivered,
					courrier.StatusReturned, courrier.StatusLost, courrier.StatusFailed, courrier.StatusCancelled,
					courrier.StatusPosted, courrier.StatusFailed, // more often, for the money hangs on them
				}).Draw(rt, "status")
				// Some news is old when it comes.
				old := rapid.SampledFrom([]time.Duration{0, time.Hour, 40 * time.Hour}).Draw(rt, "old")
				w.advance(-old)
				w.carrier.happen(there, status, "")
				w.advance(old)
				if rapid.Bool().Draw(rt, "told") {
					events := w.carrier.events[there]
					e := events[len(events)-1]
					e.Letter, e.Hint = id, rapid.Bool().Draw(rt, "unsigned")
					require.NoError(rt, w.client.Apply(w.ctx, e))
				}
			},
		}
		// Drawn from a sorted list, so that a failure is found again.
		steps["more news"], steps["more still"] = steps["news"], steps["news"]
		pick := rapid.SampledFrom(slices.Sorted(maps.Keys(steps)))
		steps["top up"]()
		steps["send"]()
		for range rapid.IntRange(40, 80).Draw(rt, "steps") {
			steps[pick.Draw(rt, "step")]()
			w.oneStory(rt, bought)
		}
	})
}

// chargeOf lists the charge states that a status allows.
var chargeOf = map[courrier.Status][]courrier.ChargeState{
	courrier.StatusHeld:      {courrier.ChargeNone, courrier.ChargeReserved},
	courrier.StatusQueued:    {courrier.ChargeReserved},
	courrier.StatusUnknown:   {courrier.ChargeReserved},
	courrier.StatusFailed:    {courrier.ChargeReleased, courrier.ChargeRefunded},
	courrier.StatusCancelled: {courrier.ChargeNone, courrier.ChargeReleased, courrier.ChargeRefunded},
}

func (w *scene) oneStory(rt *rapid.T, bought int) {
	spent, reserved := stamps(rt, 0), stamps(rt, 0)
	for rec, err := range w.client.Letters(w.ctx, courrier.LetterFilter{}) {
		require.NoError(rt, err)
		allowed, listed := chargeOf[rec.Status]
		if !listed {
			allowed = []courrier.ChargeState{courrier.ChargeCaptured}
		}
		require.Contains(rt, allowed, rec.Charge, "%s", rec.Status)
		require.LessOrEqual(rt, w.times(rec.ID), 1)
		if !rec.SubmittedAt.IsZero() {
			require.Equal(rt, 1, w.times(rec.ID), "%s", rec.Status)
		}
		switch rec.Charge {
		case courrier.ChargeCaptured:
			spent, err = spent.Add(rec.Price)
		case courrier.ChargeReserved:
			reserved, err = reserved.Add(rec.Price)
		}
		require.NoError(rt, err)
	}
	available, err := stamps(rt, bought).Sub(spent)
	require.NoError(rt, err)
	available, err = available.Sub(reserved)
	require.NoError(rt, err)
	b, err := w.client.Credits("acme").Balance(w.ctx, "stamp")
	require.NoError(rt, err)
	require.True(rt, b.Available.Equal(available), "available %s, want %s", b.Available, available)
	require.True(rt, b.Reserved.Equal(reserved), "reserved %s, want %s", b.Reserved, reserved)
}
