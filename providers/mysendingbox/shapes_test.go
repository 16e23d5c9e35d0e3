package mysendingbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
)

// A letter may come with a status and without events, the status as an object or as a
// text, and with scans that have a label and no status.
func TestShapesOfLetters(t *testing.T) {
	t.Parallel()
	const head = `{"_id":"L","mode":"live","description":"lt-1",`
	for body, want := range map[string]courrier.Tracking{
		head + `"status":{"name":"letter.sent","event_id":"Ev1","updated_at":"2026-03-03T17:00:00.000Z"}}`: {Status: courrier.StatusPosted},
		head + `"status":"letter.accepted","events":[]}`:                                                   {Status: courrier.StatusAccepted},
		head + `"status":"created"}`:                                                                       {Status: courrier.StatusSubmitted},
		head + `"status":7,"events":null}`:                                                                 {Status: courrier.StatusSubmitted},
		head + `"events":[{"_id":"Ev1","name":"letter.sent","created_at":"2026-03-03T17:00:00.000Z"}],"status":{"name":"letter.error","event_id":"Ev9"}}`: {Status: courrier.StatusPosted},
		head + `"tracking_events":[{"_id":"T1","label":"Pli présenté","date":"2026-03-05T09:00:00.000Z"}]}`:                                               {Status: courrier.StatusInTransit},
	} {
		w := newWorld(t, func(c *mysendingbox.Config) { c.Transport = canned(body) })
		events, err := w.provider.Track(t.Context(), []courrier.Reference{{ID: "lt-1", Account: account, ProviderID: "L"}})
		require.NoError(t, err)
		require.Equal(t, want.Status, courrier.Fold(events).Status, body)
		for _, e := range events {
			require.False(t, e.Unknown, body)
		}
	}
	w := newWorld(t, func(c *mysendingbox.Config) {
		c.Transport = canned(head + `"status":{"name":"letter.sent","event_id":"Ev1","updated_at":"2026-03-03T17:00:00.000Z"}}`)
	})
	events, err := w.provider.Track(t.Context(), []courrier.Reference{{ID: "lt-1", Account: account, ProviderID: "L"}})
	require.NoError(t, err)
	require.Equal(t, "mysendingbox:L:Ev1", events[0].ID, "the id that the event itself has")
	require.Equal(t, time.Date(2026, 3, 3, 17, 0, 0, 0, time.UTC), events[0].Happened)
}
