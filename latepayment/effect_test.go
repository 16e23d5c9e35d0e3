package latepayment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// The words of this test for what a carrier reports.
var noticeEvents = map[string]courrier.TrackingEvent{
	"posted":      {Status: courrier.StatusPosted},
	"presented":   {Status: courrier.StatusAwaitingPickup, FirstPresentation: true},
	"handed over": {Status: courrier.StatusDelivered},
	"refused":     {Status: courrier.StatusReturning, Reason: courrier.ReturnRefused, FirstPresentation: true},
	"unclaimed":   {Status: courrier.StatusReturned, Reason: courrier.ReturnUnclaimed},
	"misdirected": {Status: courrier.StatusReturned, Reason: courrier.ReturnBadAddress},
	"unknown":     {Status: courrier.StatusReturning, Reason: courrier.ReturnUnknownAddressee},
	"deceased":    {Status: courrier.StatusReturned, Reason: courrier.ReturnDeceased},
	"came back":   {Status: courrier.StatusReturned},
	"lost":        {Status: courrier.StatusLost},
}

func TestEffectOfANotice(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		events            string
		outcome           latepayment.NoticeOutcome
		effective, handed string
	}{
		{"", latepayment.NoticePending, "", ""},
		{"2026-02-27 posted, 2026-03-02 presented", latepayment.NoticePending, "", ""},
		{"2026-03-02 presented, 2026-03-18 unclaimed", latepayment.NoticeValid, "2026-03-02", ""},
		{"2026-03-02 presented, 2026-03-09 handed over", latepayment.NoticeValid, "2026-03-02", "2026-03-09"},
		{"2026-03-02 handed over", latepayment.NoticeValid, "2026-03-02", "2026-03-02"},
		{"2026-03-02 refused", latepayment.NoticeValid, "2026-03-02", ""},
		{"2026-03-18 unclaimed", latepayment.NoticeValid, "", ""}, // valid, but since when was not recorded
		{"2026-03-02 misdirected", latepayment.NoticeFailed, "", ""},
		{"2026-03-02 presented, 2026-03-03 misdirected", latepayment.NoticeFailed, "", ""},
		{"2026-03-02 unknown", latepayment.NoticeFailed, "", ""},
		{"2026-03-02 deceased", latepayment.NoticeFailed, "", ""},
		{"2026-03-02 came back", latepayment.NoticeFailed, "", ""},
		{"2026-02-27 posted, 2026-04-20 lost", latepayment.NoticeFailed, "", ""},
	} {
		var events []courrier.TrackingEvent
		for _, s := range strings.Split(want.events, ", ") {
			if on, name, ok := strings.Cut(s, " "); ok {
				event, known := noticeEvents[name]
				require.True(t, known, name)
				event.ID, event.Happened = s, courrier.MustDate(on).In(time.UTC).Add(10*time.Hour)
				events = append(events, event)
			}
		}
		effect := latepayment.EffectOf(courrier.Fold(events), time.UTC)
		require.Equal(t, want.outcome, effect.Outcome, want.events)
		require.Equal(t, want.effective, effect.EffectiveOn.String(), want.events)
		require.Equal(t, want.handed, effect.HandedOverOn.String(), want.events)
	}
}

// The day is that of the place where the letter was presented.
func TestEffectIsACivilDate(t *testing.T) {
	t.Parallel()
	reunion := time.FixedZone("", 4*3600)
	tracking := courrier.Tracking{Status: courrier.StatusDelivered,
		PresentedAt: time.Date(2026, 3, 2, 22, 30, 0, 0, time.UTC), DeliveredAt: time.Date(2026, 3, 2, 22, 30, 0, 0, time.UTC)}
	require.Equal(t, "2026-03-03", latepayment.EffectOf(tracking, reunion).EffectiveOn.String())
	require.Equal(t, "2026-03-02", latepayment.EffectOf(tracking, time.UTC).EffectiveOn.String())
	require.Equal(t, "2026-03-02", latepayment.EffectOf(tracking, nil).HandedOverOn.String())
}
