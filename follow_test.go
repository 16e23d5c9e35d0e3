package courrier_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

func TestRefreshFollowsToTheLastProof(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	w.Carrier.Happen(there, courrier.StatusAccepted, "")
	w.Carrier.Happen(there, courrier.StatusPosted, courrier.ProofOfDeposit)
	report := w.Refresh()
	require.Equal(t, courrier.RefreshReport{Asked: 1, Changed: 1, Proofs: 1}, report)
	deposit, err := w.Client.Proof(w.Ctx, id, courrier.ProofOfDeposit)
	require.NoError(t, err)
	require.Equal(t, "%PDF-1.4 deposit"+there, string(deposit.Content))
	_, err = w.Client.Proof(w.Ctx, id, courrier.ProofOfReceipt)
	require.ErrorIs(t, err, courrier.ErrNotFound)

	w.Carrier.Happen(there, courrier.StatusDelivered, "")
	w.Refresh()
	require.Equal(t, courrier.StatusDelivered, w.Letter(id).Status)
	require.Equal(t, courrier.DutyFollow, w.Letter(id).Duty, "the receipt is waited for")
	w.Carrier.Happen(there, "", courrier.ProofOfReceipt)
	w.Refresh()
	rec := w.Letter(id)
	require.Len(t, rec.Proofs, 2)
	require.Equal(t, courrier.DutyPurge, rec.Duty, "nothing more is expected")
	asked := w.Carrier.Asked
	w.Refresh()
	require.Equal(t, asked, w.Carrier.Asked)
	var heard int
	for _, err := range w.Client.History(w.Ctx, id) {
		require.NoError(t, err)
		heard++
	}
	require.Equal(t, 4, heard)
}

func TestOrdinaryLettersEndAtPosted(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	id, there := w.Sent("k", courrier.ServiceStandard)
	w.Carrier.Happen(there, courrier.StatusPosted, "")
	for range 30 {
		w.Refresh()
	}
	rec := w.Letter(id)
	require.Equal(t, courrier.StatusPosted, rec.Status)
	require.Equal(t, courrier.DutyPurge, rec.Duty)
	require.Less(t, w.Carrier.Asked, 12)
}

// Whatever order the carrier's facts arrive in, however often, one by one or
// together, by call or by question: one status and the same money.
func TestSameHistorySameMoney(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		events := rapid.SliceOfN(anyEvent(), 1, 8).Draw(rt, "events")
		want := ""
		for run := range 3 {
			order := events
			if run > 0 {
				order = rapid.Permutation(slices.Concat(events, events[:rapid.IntRange(0, len(events)).Draw(rt, "repeated")])).Draw(rt, "order")
			}
			got := moneyAfter(t, order, rapid.IntRange(1, len(order)).Draw(rt, "together"))
			if run == 0 {
				want = got
			}
			require.Equal(rt, want, got)
		}
	})
}

// moneyAfter applies events, some of them together, and returns the outcome.
func moneyAfter(t *testing.T, events []courrier.TrackingEvent, together int) string {
	w := testscene.New(t)
	w.TopUp(10)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	w.Clock = testscene.Start.AddDate(0, 1, 0)
	for part := range slices.Chunk(events, together) {
		batch := slices.Clone(part)
		for i := range batch {
			batch[i].Provider, batch[i].ProviderID = "post", there
		}
		require.NoError(t, w.Client.Apply(w.Ctx, batch...))
	}
	rec := w.Letter(id)
	available, reserved := w.Balance()
	never := rec.Status == courrier.StatusFailed || rec.Status == courrier.StatusCancelled
	require.Equal(t, map[bool]string{true: "10", false: "5"}[never], available)
	require.Equal(t, never, rec.Charge == courrier.ChargeRefunded)
	return strings.Join([]string{string(rec.Status), available, reserved, fmt.Sprint(rec.Tracking.PostedAt, rec.Tracking.Contradictions)}, "|")
}

func TestRefundOnceAtOnce(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	waiting := w.Send(testscene.Letter("waits", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusHeld, waiting.Status)
	failed := w.Carrier.Event(there, courrier.StatusFailed, "")
	for range 3 {
		require.NoError(t, w.Client.Apply(w.Ctx, failed))
	}
	require.Equal(t, []courrier.EntryKind{courrier.EntryReserve, courrier.EntryCapture, courrier.EntryRefund}, w.Kinds(id))
	require.Equal(t, 1, w.Dispatch().Woken, "the refund planned its waking")
}

func TestPostedAfterAllIsChargedAgain(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	posted := w.Carrier.Event(there, courrier.StatusPosted, "")
	w.Advance(time.Hour)
	require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event(there, courrier.StatusFailed, "")))
	other := w.Send(testscene.Letter("spends the refund", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusQueued, other.Status)
	require.NoError(t, w.Client.Apply(w.Ctx, posted))
	require.Equal(t, courrier.StatusPosted, w.Letter(id).Status)
	w.RequireBalance("-5", "5")
	require.Equal(t, courrier.EntryRecharge, w.Kinds(id)[3])
}

func TestEventsBeforeTheLetterIsKnown(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	// The carrier's first letter will be post-1: its event is there before.
	require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event("post-1", courrier.StatusPosted, "")))
	require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event("nobody's", courrier.StatusPosted, "")))
	rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
	other := w.Send(testscene.Letter("k2", courrier.ServiceRegisteredAR))
	w.Dispatch()
	_, err := w.Client.Refresh(w.Ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Equal(t, courrier.StatusPosted, w.Letter(rec.ID).Status)
	require.Equal(t, courrier.StatusHeld, other.Status)

	// The same for a host that drives each letter by itself.
	w.TopUp(5)
	require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event("post-2", courrier.StatusPosted, "")))
	_, err = w.Client.DispatchOne(w.Ctx, other.ID)
	require.NoError(t, err)
	one, err := w.Client.RefreshOne(w.Ctx, other.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusPosted, one.Status)
}

// An event of a letter in doubt is the proof that was missing.
func TestAnEventSettlesADoubt(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.AcceptsSilent}
	rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
	w.Dispatch()
	e := w.Carrier.Event("post-1", courrier.StatusPosted, "")
	e.Letter = rec.ID
	require.NoError(t, w.Client.Apply(w.Ctx, e))
	after := w.Letter(rec.ID)
	require.Equal(t, courrier.StatusPosted, after.Status)
	require.Equal(t, "post-1", after.ProviderID)
	w.RequireBalance("0", "0")
}

func TestUnknownCodesAreReportedAndChangeNothing(t *testing.T) {
	t.Parallel()
	var reported []string
	w := testscene.New(t, func(c *courrier.Config) {
		c.OnUnknownCode = func(_ context.Context, e courrier.TrackingEvent) { reported = append(reported, e.Code) }
	})
	w.TopUp(5)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	e := w.Carrier.Event(there, "", "")
	e.Code, e.Unknown = "letter.teleported", true
	e.ID = "post:1"
	require.NoError(t, w.Client.Apply(w.Ctx, e))
	require.NoError(t, w.Client.Apply(w.Ctx, e))
	require.Equal(t, []string{"letter.teleported"}, reported)
	require.Equal(t, courrier.StatusSubmitted, w.Letter(id).Status)
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	h := w.Client.WebhookHandler(w.Carrier, courrier.WebhookOptions{MaxBytes: 100})
	require.Equal(t, 403, w.Post(h, there+",posted"))
	require.Equal(t, 400, w.Post(h, "garbage", "Secret", "s3cret"))
	require.Equal(t, 413, w.Post(h, strings.Repeat("x", 101), "Secret", "s3cret"))
	require.Equal(t, 201, w.Post(h, "unknown-letter,posted", "Secret", "s3cret"))
	require.Equal(t, courrier.StatusSubmitted, w.Letter(id).Status)

	// Nobody signed it and the carrier knows nothing of it: nothing moves.
	require.Equal(t, 201, w.Post(h, there+",failed", "Secret", "s3cret"))
	require.Equal(t, courrier.StatusSubmitted, w.Letter(id).Status)
	w.RequireBalance("5", "0")
	require.Equal(t, 1, w.Carrier.Asked)

	// Nobody signed it, and the carrier says the same.
	w.Advance(time.Minute)
	w.Carrier.Happen(there, courrier.StatusPosted, "")
	require.Equal(t, 201, w.Post(h, there+",posted", "Secret", "s3cret"))
	require.Equal(t, courrier.StatusPosted, w.Letter(id).Status)

	// Signed: believed at once.
	w.Advance(time.Hour)
	asked := w.Carrier.Asked
	require.Equal(t, 201, w.Post(h, there+",delivered", "Secret", "s3cret", "Signed", "yes"))
	require.Equal(t, courrier.StatusDelivered, w.Letter(id).Status)
	require.Equal(t, asked, w.Carrier.Asked)

	get := httptest.NewRecorder()
	h.ServeHTTP(get, httptest.NewRequestWithContext(w.Ctx, http.MethodGet, "/hook", nil))
	require.Equal(t, 405, get.Code)
}

// deafStore fails where told.
type deafStore struct {
	testscene.BothStores
	fail func(changes []courrier.Change) error
}

func (s *deafStore) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	if err := s.fail(changes); err != nil {
		return nil, err
	}
	return s.BothStores.Commit(ctx, changes...)
}

// What a webhook stored is worked on later when the process dies in between.
func TestWebhookThatDiesAfterAnsweringIsCaughtUp(t *testing.T) {
	t.Parallel()
	dying := false
	w := testscene.New(t, func(c *courrier.Config) {
		inner := c.Store.(testscene.BothStores)
		c.Store = &deafStore{BothStores: inner, fail: func(changes []courrier.Change) error {
			if dying && changes[0].Letter != nil {
				return context.DeadlineExceeded
			}
			return nil
		}}
		c.Contents = inner.(courrier.Contents)
	})
	w.TopUp(10)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	dying = true
	h := w.Client.WebhookHandler(w.Carrier, courrier.WebhookOptions{})
	require.Equal(t, 201, w.Post(h, there+",posted", "Secret", "s3cret", "Signed", "yes"))
	require.Equal(t, courrier.StatusSubmitted, w.Letter(id).Status)
	dying = false
	w.Restart()
	report, err := w.Client.Refresh(w.Ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Equal(t, 1, report.Folded)
	require.Equal(t, courrier.StatusPosted, w.Letter(id).Status)
}

func TestClaims(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(20)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	claims := func(f courrier.ClaimFilter) []courrier.Claim {
		var all []courrier.Claim
		for c, err := range w.Client.Claims(w.Ctx, f) {
			require.NoError(t, err)
			all = append(all, c)
		}
		return all
	}
	w.Carrier.Happen(there, courrier.StatusPosted, "")
	w.Advance(48 * time.Hour)
	w.Carrier.Happen(there, courrier.StatusDelivered, "")
	delivered := courrier.DateOf(w.Clock)
	w.Refresh()
	w.Clock = delivered.AddDays(20).In(time.UTC).Add(12 * time.Hour)
	require.Empty(t, claims(courrier.ClaimFilter{}), "more than twenty days means twenty-one")
	w.Advance(24 * time.Hour)
	due := claims(courrier.ClaimFilter{Unopened: true})
	require.Len(t, due, 1)
	require.Equal(t, courrier.ClaimReceiptMissing, due[0].Kind)
	require.Equal(t, "Acme SAS", due[0].Dossier.Customer)
	require.Equal(t, []string{testscene.SecretName, "12 RUE DES LILAS", "69003 LYON"}, due[0].Dossier.Recipient)
	require.Equal(t, courrier.DateOf(testscene.Start), due[0].Dossier.PostedOn)

	_, err := w.Client.CloseClaim(w.Ctx, id, courrier.ClaimReceiptMissing, "x")
	require.ErrorIs(t, err, courrier.ErrNotFound)
	opened, err := w.Client.OpenClaim(w.Ctx, id, courrier.ClaimReceiptMissing, "R-77")
	require.NoError(t, err)
	require.Equal(t, due[0].DueOn, opened.DueOn)
	again, err := w.Client.OpenClaim(w.Ctx, id, courrier.ClaimReceiptMissing, "R-78")
	require.NoError(t, err)
	require.Equal(t, "R-77", again.Number)
	require.Empty(t, claims(courrier.ClaimFilter{Unopened: true}))
	require.Len(t, claims(courrier.ClaimFilter{}), 1)
	_, err = w.Client.CloseClaim(w.Ctx, id, courrier.ClaimReceiptMissing, "attestation sent")
	require.NoError(t, err)
	require.Empty(t, claims(courrier.ClaimFilter{}))
	require.Len(t, claims(courrier.ClaimFilter{Closed: true}), 1)

	silent, silentThere := w.Sent("silent", courrier.ServiceRegisteredAR)
	w.Carrier.Happen(silentThere, courrier.StatusPosted, "")
	w.Refresh()
	w.Advance(42 * 24 * time.Hour)
	due = claims(courrier.ClaimFilter{Kinds: []courrier.ClaimKind{courrier.ClaimLost}})
	require.Len(t, due, 1)
	require.Equal(t, silent, due[0].Letter)
}

func TestRetentionPurgesContentsNobodyNeeds(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(20)
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{RetentionDays: 30})
	require.NoError(t, err)
	shared := courrier.NewDocument("cgv.pdf", []byte("%PDF-1.7 general terms"))
	one, two := testscene.Letter("one", courrier.ServiceStandard), testscene.Letter("two", courrier.ServiceStandard)
	one.Documents, two.Documents = append(one.Documents, shared), append(two.Documents, shared)
	first, second := w.Send(one), w.Send(two)
	w.Carrier.Script["one"] = []testscene.Outcome{testscene.Rejects}
	w.Dispatch()
	w.Carrier.Happen(w.Letter(second.ID).ProviderID, courrier.StatusPosted, courrier.ProofOfDeposit)
	w.Refresh()
	w.Advance(29 * 24 * time.Hour)
	n, err := w.Client.Purge(w.Ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	gone := func(sum courrier.Sum) bool {
		_, err := w.Client.Content(w.Ctx, sum)
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrNotFound)
		}
		return err != nil
	}
	require.True(t, gone(first.Letter.Documents[0].Sum))
	require.False(t, gone(shared.Sum), "the other letter still needs it")
	for range 20 {
		w.Refresh()
	}
	n, err = w.Client.Purge(w.Ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.True(t, gone(shared.Sum))
	_, err = w.Client.Proof(w.Ctx, second.ID, courrier.ProofOfDeposit)
	require.NoError(t, err, "proofs stay")
	require.True(t, w.Letter(second.ID).ContentsGone)
}

// A crash at any commit, before or after it is applied, at any point of the
// lives of letters of every kind: each reaches the carrier once, the money is
// right, and nothing is left hanging.
func TestCrashAtEveryCommit(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			if !crashAt(t, n, after) {
				require.Greater(t, n, 20)
				break
			}
		}
	}
}

func crashAt(t *testing.T, n int, after bool) (crashed bool) {
	c := &testscene.Crash{Left: n, After: after}
	w := testscene.New(t, func(cfg *courrier.Config) {
		c.BothStores, c.Carrier = cfg.Store.(testscene.BothStores), cfg.Providers[0].(*testscene.Carrier)
		cfg.Contents = cfg.Store.(courrier.Contents)
		cfg.Store, cfg.Providers = c, []courrier.Provider{c}
	})
	w.Carrier.Script = map[string][]testscene.Outcome{"silent": {testscene.AcceptsSilent}, "lost": {testscene.NeverArrives}, "no": {testscene.Rejects, testscene.Rejects}, "busy": {testscene.Unavailable}}
	keys := []string{"plain", "silent", "lost", "no", "busy", "fails"}
	live := func() {
		_, _ = w.Client.Credits("acme").TopUp(w.Ctx, "order", testscene.Stamps(t, 6))
		for _, key := range keys {
			_, _ = w.Client.Send(w.Ctx, testscene.Letter(key, courrier.ServiceStandard))
		}
		for range 9 { // an attempt whose outcome nobody wrote is in doubt for a day
			_, _ = w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{Workers: 1})
			w.Advance(7 * time.Hour)
			_, _ = w.Client.Refresh(w.Ctx, courrier.RefreshOptions{Workers: 1})
			for rec := range w.Client.Letters(w.Ctx, courrier.LetterFilter{Key: "fails"}) {
				if rec.ProviderID != "" && len(w.Carrier.Told[rec.ProviderID]) == 0 {
					w.Carrier.Happen(rec.ProviderID, courrier.StatusFailed, "")
				}
			}
		}
	}
	live()
	crashed = !c.Alive()
	c.Dead, c.Left = false, -1
	w.Restart()
	live()

	statuses := map[string]courrier.Status{}
	for rec, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{}) {
		require.NoError(t, err)
		statuses[rec.Letter.Key] = rec.Status
		want := 1
		if rec.Letter.Key == "no" {
			want = 0
		}
		require.Equal(t, want, w.Times(rec.ID), "%s after a crash at commit %d (applied: %v)", rec.Letter.Key, n, after)
	}
	require.Equal(t, map[string]courrier.Status{
		"plain": courrier.StatusSubmitted, "silent": courrier.StatusSubmitted, "lost": courrier.StatusSubmitted,
		"busy": courrier.StatusSubmitted, "no": courrier.StatusFailed, "fails": courrier.StatusFailed,
	}, statuses, "crash at commit %d (applied: %v)", n, after)
	w.RequireBalance("2", "0") // six bought, four letters at the carrier
	return crashed
}

// Many clients over one store, each with its own workers: each letter once.
func TestManyDispatchersTakeEachLetterOnce(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(300)
	var letters []courrier.Letter
	for i := range 300 {
		l := testscene.Letter(fmt.Sprint(i), courrier.ServiceStandard)
		if i%7 == 0 {
			w.Carrier.Script[l.Key] = []testscene.Outcome{testscene.AcceptsSilent}
		}
		letters = append(letters, l)
	}
	for _, r := range w.Client.SendAll(w.Ctx, letters) {
		require.NoError(t, r.Err)
	}
	done := make(chan error)
	for range 8 {
		client, err := courrier.New(w.Config)
		require.NoError(t, err)
		go func() {
			_, err := client.Dispatch(w.Ctx, courrier.DispatchOptions{Workers: 3})
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
	w.Advance(time.Hour)
	w.Dispatch()
	require.Len(t, w.Carrier.Accepted, 300)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(w.Carrier.Accepted))), 300)
	w.RequireBalance("0", "0")
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(1)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	ctx, cancel := context.WithCancel(w.Ctx)
	done := make(chan error, 1)
	go func() { done <- w.Client.Run(ctx, time.Hour) }()
	require.Eventually(t, func() bool { return w.Letter(rec.ID).Status == courrier.StatusSubmitted }, 5*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.False(t, bytes.Contains(w.Logs.Bytes(), []byte("ERROR")))
}

// What one question brings is heard at one moment: it is told as it happened.
func TestHistoryIsToldAsItHappened(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(10)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	for n, status := range []courrier.Status{courrier.StatusDelivered, courrier.StatusPosted, courrier.StatusPrinted} {
		require.NoError(t, w.Client.Apply(w.Ctx, courrier.TrackingEvent{
			ID: fmt.Sprint("post/", n), Provider: "post", ProviderID: there, Code: string(status), Status: status,
			Happened: testscene.Start.AddDate(0, 0, 3-n), Heard: testscene.Start.AddDate(0, 0, 4),
		}))
	}
	var told []string
	for e, err := range w.Client.History(w.Ctx, id) {
		require.NoError(t, err)
		told = append(told, e.Code)
	}
	require.Subset(t, told, []string{"printed", "posted", "delivered"})
	require.Equal(t, []string{"printed", "posted", "delivered"}, told[len(told)-3:])
	for _, err := range w.Client.History(w.Ctx, "nobody") {
		require.ErrorIs(t, err, courrier.ErrNotFound)
	}
}

func TestApplyRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	err := w.Client.Apply(w.Ctx, courrier.TrackingEvent{Provider: "post", ProviderID: "p1", Code: "posted"}, courrier.TrackingEvent{})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	var fields []string
	for _, f := range courrier.FieldErrors(err) {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"Events[1].Provider", "Events[1].ProviderID", "Events[1].Code"}, fields)
	for range w.Store.Events(w.Ctx, courrier.EventFilter{}) {
		t.Fatal("nothing is stored of it")
	}
}
