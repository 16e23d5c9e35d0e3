package courrier_test

import (
	"cmp"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// TestSwitchesOfBilling makes every row of the table in docs/billing.md happen, for
// every switch that it names, and finds every state and switch in it.
func TestSwitchesOfBilling(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/billing.md")
	require.NoError(t, err)
	row := regexp.MustCompile(`(?m)^\| ([a-z ,]+) \| (prepaid|post-paid|by carrier) to (prepaid|post-paid|by carrier) \| [^|]+ \| ` + "`([a-z]*)` \\|$")
	rows := row.FindAllStringSubmatch(string(page), -1)
	covered := map[string]bool{}
	for _, r := range rows {
		covered[r[1]+r[2]+r[3]] = true
		t.Run(r[1]+", "+r[2]+" to "+r[3], func(t *testing.T) {
			t.Parallel()
			bring, known := lettersUnderWay[r[1]]
			require.True(t, known, "the table names a state that this test does not know")
			charge := switched(t, bring, modes[r[2]], modes[r[3]])
			require.Equal(t, r[4], string(cmp.Or(charge, "waits")))
		})
	}
	for state := range lettersUnderWay {
		for from := range modes {
			for to := range modes {
				if from != to && !(state == "waits for credit" && from == "by carrier") {
					require.True(t, covered[state+from+to], "the table says nothing of %s, %s to %s", state, from, to)
				}
			}
		}
	}
}

var modes = map[string]courrier.BillingMode{
	"prepaid": courrier.BillingPrepaid, "post-paid": courrier.BillingPostpaid, "by carrier": courrier.BillingByCarrier,
}

// lettersUnderWay bring a letter to a state, before the switch.
var lettersUnderWay = map[string]func(w *testscene.Scene) courrier.LetterID{
	"waits for credit": func(w *testscene.Scene) courrier.LetterID {
		rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
		require.Equal(w.T, courrier.HoldCredit, rec.Hold)
		return rec.ID
	},
	"held": func(w *testscene.Scene) courrier.LetterID {
		rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
		_, err := w.Client.Hold(w.Ctx, rec.ID)
		require.NoError(w.T, err)
		return rec.ID
	},
	"queued": func(w *testscene.Scene) courrier.LetterID {
		l := testscene.Letter("k", courrier.ServiceStandard)
		l.NotBefore = w.Clock.Add(time.Hour)
		return w.Send(l).ID
	},
	"in doubt, and the carrier has it":     func(w *testscene.Scene) courrier.LetterID { return doubted(w, testscene.AcceptsSilent) },
	"in doubt, and the carrier has it not": func(w *testscene.Scene) courrier.LetterID { return doubted(w, testscene.NeverArrives) },
	"at the carrier": func(w *testscene.Scene) courrier.LetterID {
		id, _ := w.Sent("k", courrier.ServiceStandard)
		return id
	},
	"at the carrier, and it fails later": func(w *testscene.Scene) courrier.LetterID {
		id, providerID := w.Sent("k", courrier.ServiceStandard)
		w.Carrier.Happen(providerID, courrier.StatusFailed, "")
		return id
	},
}

func doubted(w *testscene.Scene, o testscene.Outcome) courrier.LetterID {
	w.Carrier.Script["k"] = []testscene.Outcome{o}
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	require.Equal(w.T, courrier.StatusUnknown, w.Letter(rec.ID).Status)
	return rec.ID
}

// switched tells where the letter's money stands once all has happened: 3 stamps are
// there, post-paid up to 1 more, and a person lets go what is held.
func switched(t *testing.T, bring func(*testscene.Scene) courrier.LetterID, from, to courrier.BillingMode) courrier.ChargeState {
	w := testscene.New(t)
	w.TopUp(3)
	bill(w, from, testscene.Stamps(t, 1))
	id := bring(w)
	bill(w, to, testscene.Stamps(t, 3))
	if rec := w.Letter(id); rec.Status == courrier.StatusHeld && rec.Hold != courrier.HoldCredit {
		_, err := w.Client.Approve(w.Ctx, id)
		require.NoError(t, err)
	}
	for range 4 {
		w.Advance(3 * time.Hour)
		w.Dispatch()
	}
	w.Refresh()
	rec := w.Letter(id)
	spent := map[courrier.ChargeState]int64{courrier.ChargeCaptured: rec.Price.Micros()}[rec.Charge]
	balance, err := w.Client.Credits("acme").Balance(w.Ctx, "stamp")
	require.NoError(t, err)
	require.Equal(t, testscene.Stamps(t, 3).Micros()-spent, balance.Available.Micros(), "nothing is paid twice, nothing is lost")
	require.True(t, balance.Reserved.IsZero())
	require.LessOrEqual(t, w.Times(id), 1)
	require.Equal(t, rec.Charge == courrier.ChargeNone, w.Times(id) == 0, "nothing is printed free")
	return rec.Charge
}
