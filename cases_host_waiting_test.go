package courrier_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// TestCasesHostWaiting: letters that wait for a day, and for post to be on again.
func TestCasesHostWaiting(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T){
		"scheduled, a status and a filter": scheduledIsAStatus, "scheduled, in the history": scheduledIsHistory,
		"post on again": postOnAgain, "post on again, and no credit": postOnWithoutCredit, "post on again, at random": postAtRandom,
		"post on again, after a month": postOnTooLate,
	} {
		t.Run(name+"/host-13", func(t *testing.T) { t.Parallel(); test(t) })
	}
}

// in lists the keys of the letters in some statuses.
func in(w *testscene.Scene, statuses ...courrier.Status) (keys []string) {
	for rec, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{Account: "acme", Statuses: statuses}) {
		require.NoError(w.T, err)
		keys = append(keys, rec.Letter.Key)
	}
	return keys
}

func sendLater(w *testscene.Scene, key string, after time.Duration) courrier.LetterRecord {
	l := testscene.Letter(key, courrier.ServiceStandard)
	l.NotBefore = w.Clock.Add(after)
	return w.Send(l)
}

func scheduledIsAStatus(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(10)
	w.Send(testscene.Letter("now", courrier.ServiceStandard))
	sendLater(w, "past", -time.Hour)
	sendLater(w, "tomorrow", 24*time.Hour)
	kept := sendLater(w, "kept", 24*time.Hour)
	stopped := sendLater(w, "stopped", 24*time.Hour)
	revised := sendLater(w, "revised", 24*time.Hour)
	require.Equal(t, []string{"tomorrow", "kept", "stopped", "revised"}, in(w, courrier.StatusScheduled))
	require.Equal(t, []string{"now", "past"}, in(w, courrier.StatusQueued))
	w.Dispatch()
	require.Equal(t, []string{"tomorrow", "kept", "stopped", "revised"}, in(w, courrier.StatusScheduled), "its day has not come")

	_, err := w.Client.Hold(w.Ctx, kept.ID)
	require.NoError(t, err)
	_, err = w.Client.Cancel(w.Ctx, stopped.ID)
	require.NoError(t, err)
	_, err = w.Client.Hold(w.Ctx, revised.ID)
	require.NoError(t, err)
	_, err = w.Client.Revise(w.Ctx, revised.ID, func(l *courrier.Letter) { l.NotBefore = time.Time{} })
	require.NoError(t, err)
	for _, id := range []courrier.LetterID{kept.ID, revised.ID} {
		_, err = w.Client.Approve(w.Ctx, id)
		require.NoError(t, err)
	}
	again, err := w.Client.Approve(w.Ctx, kept.ID)
	require.NoError(t, err, "it is approved")
	require.Equal(t, courrier.StatusScheduled, again.Status)
	require.Equal(t, []string{"tomorrow", "kept"}, in(w, courrier.StatusScheduled))
	require.Equal(t, []string{"revised"}, in(w, courrier.StatusQueued))

	w.Advance(24 * time.Hour)
	require.Equal(t, 3, w.Dispatch().Submitted)
	require.Empty(t, in(w, courrier.StatusScheduled))
	require.Equal(t, []string{"stopped"}, in(w, courrier.StatusCancelled))
	w.RequireBalance("5", "0")
}

func scheduledIsHistory(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(10)
	sent := w.Clock
	history := func(id courrier.LetterID) (told []courrier.TrackingEvent) {
		for e, err := range w.Client.History(w.Ctx, id) {
			require.NoError(t, err)
			told = append(told, e)
		}
		return told
	}
	later, now := sendLater(w, "later", time.Hour), w.Send(testscene.Letter("now", courrier.ServiceStandard))
	require.Empty(t, history(now.ID))
	w.Advance(2 * time.Hour)
	w.Dispatch()
	w.Carrier.Happen(w.Letter(later.ID).ProviderID, courrier.StatusPosted, "")
	w.Refresh()
	told := history(later.ID)
	require.Equal(t, courrier.StatusScheduled, told[0].Status)
	require.Equal(t, courrier.SourceRecord, told[0].Source)
	require.Equal(t, sent, told[0].Happened)
	require.Equal(t, courrier.StatusPosted, told[len(told)-1].Status)
	require.Empty(t, w.Letter(later.ID).Tracking.Contradictions)
}

// setPost switches the account's post.
func setPost(w *testscene.Scene, on bool) {
	w.T.Helper()
	settings, err := w.Client.Settings(w.Ctx, "acme")
	require.NoError(w.T, err)
	settings.PostOff = !on
	_, err = w.Client.SetSettings(w.Ctx, "acme", settings)
	require.NoError(w.T, err)
}

// postOnAgain: however many were held, all go, in the order in which they were sent,
// but not those that somebody held.
func postOnAgain(t *testing.T) {
	w := testscene.New(t)
	const letters = 600 // more than one page of them
	w.TopUp(letters + 2)
	kept := w.Send(testscene.Letter("kept", courrier.ServiceStandard))
	_, err := w.Client.Hold(w.Ctx, kept.ID)
	require.NoError(t, err)
	notice := testscene.Letter("notice", courrier.ServiceStandard)
	notice.Purpose = courrier.PurposeFormalNotice
	w.Send(notice)
	for i := range letters {
		w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard))
	}
	setPost(w, false)
	require.Equal(t, letters+1, w.Dispatch().Held)
	w.Advance(26 * time.Hour)
	require.Zero(t, w.Dispatch().Submitted, "post is off")
	setPost(w, true)
	report := w.Dispatch()
	require.Equal(t, letters+1, report.Submitted)
	require.Equal(t, []string{"kept"}, in(w, courrier.StatusHeld))
	w.RequireBalance("0", "1")
}

func postOnWithoutCredit(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(1)
	w.Send(testscene.Letter("paid", courrier.ServiceStandard))
	waits := w.Send(testscene.Letter("waits", courrier.ServiceStandard))
	require.Equal(t, courrier.HoldCredit, waits.Hold)
	setPost(w, false)
	w.Dispatch()
	setPost(w, true)
	require.Equal(t, 1, w.Dispatch().Submitted)
	require.Equal(t, courrier.HoldCredit, w.Letter(waits.ID).Hold)
	w.TopUp(1)
	require.Equal(t, 1, w.Dispatch().Submitted)
	w.RequireBalance("0", "0")
}

// postOnTooLate: what a letter says may be settled or changed after a month.
func postOnTooLate(t *testing.T) {
	w := testscene.New(t)
	w.TopUp(1)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	setPost(w, false)
	w.Dispatch()
	w.Advance(31 * 24 * time.Hour)
	w.Dispatch()
	setPost(w, true)
	require.Zero(t, w.Dispatch().Submitted)
	require.Equal(t, courrier.HoldStale, w.Letter(rec.ID).Hold)
	_, err := w.Client.Approve(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, 1, w.Dispatch().Submitted)
}

// postAtRandom: whatever the host does in between, once post is on, credit is there and
// the days have come, each letter that nobody stopped has left once.
func postAtRandom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := testscene.New(t)
		var ids, stopped []courrier.LetterID
		post := true
		for i := range rapid.IntRange(1, 25).Draw(rt, "acts") {
			switch rapid.SampledFrom([]string{"send", "later", "post", "dispatch", "credit", "cancel", "day"}).Draw(rt, "act") {
			case "send", "later":
				l := testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard)
				l.NotBefore = w.Clock.Add(time.Duration(rapid.IntRange(-48, 96).Draw(rt, "hours")) * time.Hour)
				if rec, err := w.Client.Send(w.Ctx, l); err == nil {
					ids = append(ids, rec.ID)
				} else {
					require.ErrorIs(rt, err, courrier.ErrDenied)
				}
			case "post":
				post = !post
				setPost(w, post)
			case "dispatch":
				w.Dispatch()
			case "credit":
				w.TopUp(1)
			case "cancel":
				if len(ids) > 0 {
					id := rapid.SampledFrom(ids).Draw(rt, "letter")
					if rec, err := w.Client.Cancel(w.Ctx, id); err == nil && rec.Status == courrier.StatusCancelled {
						stopped = append(stopped, id)
					}
				}
			case "day":
				w.Advance(24 * time.Hour)
			}
		}
		w.TopUp(30)
		setPost(w, true)
		w.Advance(96 * time.Hour)
		for range 3 {
			w.Dispatch()
		}
		for _, id := range ids {
			want := 1
			if slices.Contains(stopped, id) && w.Letter(id).SubmittedAt.IsZero() {
				want = 0
			}
			require.Equal(rt, want, w.Times(id), "%s %s", w.Letter(id).Status, w.Letter(id).Hold)
		}
	})
}
