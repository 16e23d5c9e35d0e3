package dunning_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/stretchr/testify/require"
)

func TestPolicyZone(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	now := time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC)
	for zone, want := range map[string]string{"": "2026-07-02", "Europe/Paris": "2026-07-02", "America/Martinique": "2026-07-01"} {
		p.Zone = zone
		e, err := dunning.Compile(p, nil)
		require.NoError(t, err)
		require.Equal(t, want, e.Today(now).String())
	}
	for _, zone := range []string{"Local", "Mars/Olympus"} {
		p.Zone = zone
		_, err := dunning.Compile(p, nil)
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, p := range []courrier.ReminderPolicy{dunning.GentlePolicy(), dunning.StandardPolicy(), dunning.FirmPolicy()} {
		data, err := json.Marshal(p)
		require.NoError(f, err)
		f.Add(data)
	}
	c := oneLate("2026-01-10", "100")
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := courrier.ParsePolicy(data)
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrInvalid)
			return
		}
		written, err := json.Marshal(p)
		require.NoError(t, err)
		again, err := courrier.ParsePolicy(written)
		require.NoError(t, err)
		rewritten, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(written), string(rewritten))
		p.Zone = ""
		e, err := dunning.Compile(p, nil)
		require.NoError(t, err)
		out := e.Evaluate(c, nil, courrier.MustDate("2026-02-02"))
		require.Equal(t, 1, len(out.Holds)+len(out.Decisions))
		p.Warnings()
		e.NextDue(c, nil, courrier.MustDate("2026-02-02"))
	})
}
