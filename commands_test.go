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
	"github.com/courrier-go/courrier/internal/testscene"
)

// Whatever people, carriers and clocks do, in whatever order: the carrier gets
// each letter at most once, and ledger, letters and statuses tell one story.
func TestAnyOrderOfCommands(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := testscene.New(t)
		bought, n := 0, 0
		var ids []courrier.LetterID
		anyID := func() courrier.LetterID { return rapid.SampledFrom(ids).Draw(rt, "letter") }
		services := rapid.SampledFrom([]courrier.Service{courrier.ServiceStandard, courrier.ServiceRegisteredAR})
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]testscene.Outcome{testscene.Accepts, testscene.Accepts, testscene.Rejects, testscene.Unavailable, testscene.AcceptsSilent, testscene.NeverArrives}), 1, 3)
		// Most commands may be refused; what counts is that none breaks a rule.
		steps := map[string]func(){
			"send": func() {
				if n++; len(ids) == 3 {
					return // few letters, of which each goes through much
				}
				l := testscene.Letter(fmt.Sprint("k", n), services.Draw(rt, "service"))
				w.Carrier.Script[l.Key] = outcomes.Draw(rt, "outcomes")
				ids = append(ids, w.Send(l).ID)
			},
			"top up": func() {
				credit := rapid.IntRange(1, 6).Draw(rt, "credit")
				bought += credit
				w.TopUp(credit)
			},
			"dispatch": func() { w.Dispatch() },
			"one":      func() { _, _ = w.Client.DispatchOne(w.Ctx, anyID()) },
			"resume":   func() { _, _ = w.Client.SettleOne(w.Ctx, anyID()) },
			"by hand":  func() { id := anyID(); _, _ = w.Client.SettleByHand(w.Ctx, id, w.Carrier.ByID[id]) },
			"hold":     func() { _, _ = w.Client.Hold(w.Ctx, anyID()) },
			"approve":  func() { _, _ = w.Client.Approve(w.Ctx, anyID()) },
			"cancel":   func() { _, _ = w.Client.Cancel(w.Ctx, anyID()) },
			"late":     func() { w.Carrier.Late = !w.Carrier.Late },
			"time": func() {
				w.Advance(rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Minute, time.Hour, 30 * time.Hour}).Draw(rt, "time"))
			},
			"restart":    func() { w.Restart() },
			"refresh":    func() { _, _ = w.Client.Refresh(w.Ctx, courrier.RefreshOptions{}) },
			"one's news": func() { _, _ = w.Client.RefreshOne(w.Ctx, anyID()) },
			"revise": func() {
				service := services.Draw(rt, "service")
				_, _ = w.Client.Revise(w.Ctx, anyID(), func(l *courrier.Letter) { l.Service = service })
			},
			"resend": func() {
				n++
				if len(ids) == 6 {
					return
				}
				if rec, err := w.Client.Resend(w.Ctx, anyID(), fmt.Sprint("k", n), nil); err == nil {
					ids = append(ids, rec.ID)
				}
			},
			"news": func() {
				id := anyID()
				there, ok := w.Carrier.ByID[id]
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
				w.Advance(-old)
				w.Carrier.Happen(there, status, "")
				w.Advance(old)
				if rapid.Bool().Draw(rt, "told") {
					events := w.Carrier.Told[there]
					e := events[len(events)-1]
					e.Letter, e.Hint = id, rapid.Bool().Draw(rt, "unsigned")
					require.NoError(rt, w.Client.Apply(w.Ctx, e))
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
			w.OneStory(rt, bought)
		}
	})
}
