package courrier_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
)

// sent returns a letter that the carrier has, with the carrier's id.
func (w *scene) sent(key string, service courrier.Service) (courrier.LetterID, string) {
	w.t.Helper()
	rec := w.send(letter(key, service))
	w.dispatch()
	rec = w.letter(rec.ID)
	require.Equal(w.t, courrier.StatusSubmitted, rec.Status)
	return rec.ID, rec.ProviderID
}

func TestRefreshFollowsToTheLastProof(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(10)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	w.carrier.happen(there, courrier.StatusAccepted, "")
	w.carrier.happen(there, courrier.StatusPosted, courrier.ProofOfDeposit)
	report := w.refresh()
	require.Equal(t, courrier.RefreshReport{Asked: 1, Changed: 1, Proofs: 1}, report)
	deposit, err := w.client.Proof(w.ctx, id, courrier.ProofOfDeposit)
	require.NoError(t, err)
	require.Equal(t, "%PDF-1.4 deposit"+there, string(deposit.Content))
	_, err = w.client.Proof(w.ctx, id, courrier.ProofOfReceipt)
	require.ErrorIs(t, err, courrier.ErrNotFound)

	w.carrier.happen(there, courrier.StatusDelivered, "")
	w.refresh()
	require.Equal(t, courrier.StatusDelivered, w.letter(id).Status)
	require.Equal(t, courrier.DutyFollow, w.letter(id).Duty, "the receipt is waited for")
	w.carrier.happen(there, "", courrier.ProofOfReceipt)
	w.refresh()
	rec := w.letter(id)
	require.Len(t, rec.Proofs, 2)
	require.Equal(t, courrier.DutyPurge, rec.Duty, "nothing more is expected")
	asked := w.carrier.asked
	w.refresh()
	require.Equal(t, asked, w.carrier.asked)
	var heard int
	for _, err := range w.client.History(w.ctx, id) {
		require.NoError(t, err)
		heard++
	}
	require.Equal(t, 4, heard)
}

func TestOrdinaryLettersEndAtPosted(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(10)
	id, there := w.sent("k", courrier.ServiceStandard)
	w.carrier.happen(there, courrier.StatusPosted, "")
	for range 30 {
		w.refresh()
	}
	rec := w.letter(id)
	require.Equal(t, courrier.StatusPosted, rec.Status)
	require.Equal(t, courrier.DutyPurge, rec.Duty)
	require.Less(t, w.carrier.asked, 12)
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
	w := newScene(t)
	w.topUp(10)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	w.clock = start.AddDate(0, 1, 0)
	for part := range slices.Chunk(events, together) {
		batch := slices.Clone(part)
		for i := range batch {
			batch[i].Provider, batch[i].ProviderID = "post", there
		}
		require.NoError(t, w.client.Apply(w.ctx, batch...))
	}
	rec := w.letter(id)
	available, reserved := w.balance()
	never := rec.Status == courrier.StatusFailed || rec.Status == courrier.StatusCancelled
	require.Equal(t, map[bool]string{true: "10", false: "5"}[never], available)
	require.Equal(t, never, rec.Charge == courrier.ChargeRefunded)
	return strings.Join([]string{string(rec.Status), available, reserved, fmt.Sprint(rec.Tracking.PostedAt, rec.Tracking.Late)}, "|")
}

func TestRefundOnceAtOnce(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	waiting := w.send(letter("waits", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusHeld, waiting.Status)
	failed := w.carrier.event(there, courrier.StatusFailed, "")
	for range 3 {
		require.NoError(t, w.client.Apply(w.ctx, failed))
	}
	require.Equal(t, []courrier.EntryKind{courrier.EntryReserve, courrier.EntryCapture, courrier.EntryRefund}, w.kinds(id))
	require.Equal(t, courrier.StatusQueued, w.letter(waiting.ID).Status, "the refund woke it")
}

func TestPostedAfterAllIsChargedAgain(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	posted := w.carrier.event(there, courrier.StatusPosted, "")
	w.advance(time.Hour)
	require.NoError(t, w.client.Apply(w.ctx, w.carrier.event(there, courrier.StatusFailed, "")))
	other := w.send(letter("spends the refund", courrier.ServiceRegisteredAR))
	require.Equal(t, courrier.StatusQueued, other.Status)
	require.NoError(t, w.client.Apply(w.ctx, posted))
	require.Equal(t, courrier.StatusPosted, w.letter(id).Status)
	w.requireBalance("-5", "5")
	require.Equal(t, courrier.EntryRecharge, w.kinds(id)[3])
}

func TestEventsBeforeTheLetterIsKnown(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	// The carrier's first letter will be post-1: its event is there before.
	require.NoError(t, w.client.Apply(w.ctx, w.carrier.event("post-1", courrier.StatusPosted, "")))
	require.NoError(t, w.client.Apply(w.ctx, w.carrier.event("nobody's", courrier.StatusPosted, "")))
	rec := w.send(letter("k", courrier.ServiceRegisteredAR))
	other := w.send(letter("k2", courrier.ServiceRegisteredAR))
	w.dispatch()
	_, err := w.client.Refresh(w.ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Equal(t, courrier.StatusPosted, w.letter(rec.ID).Status)
	require.Equal(t, courrier.StatusHeld, other.Status)

	// The same for a host that drives each letter by itself.
	w.topUp(5)
	require.NoError(t, w.client.Apply(w.ctx, w.carrier.event("post-2", courrier.StatusPosted, "")))
	_, err = w.client.DispatchOne(w.ctx, other.ID)
	require.NoError(t, err)
	one, err := w.client.RefreshOne(w.ctx, other.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusPosted, one.Status)
}

// An event of a letter in doubt is the proof that was missing.
func TestAnEventSettlesADoubt(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	w.carrier.script["k"] = []outcome{acceptsSilent}
	rec := w.send(letter("k", courrier.ServiceRegisteredAR))
	w.dispatch()
	e := w.carrier.event("post-1", courrier.StatusPosted, "")
	e.Letter = rec.ID
	require.NoError(t, w.client.Apply(w.ctx, e))
	after := w.letter(rec.ID)
	require.Equal(t, courrier.StatusPosted, after.Status)
	require.Equal(t, "post-1", after.ProviderID)
	w.requireBalance("0", "0")
}

func TestUnknownCodesAreReportedAndChangeNothing(t *testing.T) {
	t.Parallel()
	var reported []string
	w := newScene(t, func(c *courrier.Config) {
		c.OnUnknownCode = func(_ context.Context, e courrier.TrackingEvent) { reported = append(reported, e.Code) }
	})
	w.topUp(5)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	e := w.carrier.event(there, "", "")
	e.Code, e.Unknown = "letter.teleported", true
	e.ID = "post:1"
	require.NoError(t, w.client.Apply(w.ctx, e))
	require.NoError(t, w.client.Apply(w.ctx, e))
	require.Equal(t, []string{"letter.teleported"}, reported)
	require.Equal(t, courrier.StatusSubmitted, w.letter(id).Status)
}

func (w *scene) post(handler http.Handler, body string, header ...string) int {
	r := httptest.NewRequestWithContext(w.ctx, http.MethodPost, "/hook", strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	return rec.Code
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(10)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	h := w.client.WebhookHandler(w.carrier, courrier.WebhookOptions{MaxBytes: 100})
	require.Equal(t, 403, w.post(h, there+",posted"))
	require.Equal(t, 400, w.post(h, "garbage", "Secret", "s3cret"))
	require.Equal(t, 413, w.post(h, strings.Repeat("x", 101), "Secret", "s3cret"))
	require.Equal(t, 201, w.post(h, "unknown-letter,posted", "Secret", "s3cret"))
	require.Equal(t, courrier.StatusSubmitted, w.letter(id).Status)

	// Nobody signed it and the carrier knows nothing of it: nothing moves.
	require.Equal(t, 201, w.post(h, there+",failed", "Secret", "s3cret"))
	require.Equal(t, courrier.StatusSubmitted, w.letter(id).Status)
	w.requireBalance("5", "0")
	require.Equal(t, 1, w.carrier.asked)

	// Nobody signed it, and the carrier says the same.
	w.advance(time.Minute)
	w.carrier.happen(there, courrier.StatusPosted, "")
	require.Equal(t, 201, w.post(h, there+",posted", "Secret", "s3cret"))
	require.Equal(t, courrier.StatusPosted, w.letter(id).Status)

	// Signed: believed at once.
	w.advance(time.Hour)
	asked := w.carrier.asked
	require.Equal(t, 201, w.post(h, there+",delivered", "Secret", "s3cret", "Signed", "yes"))
	require.Equal(t, courrier.StatusDelivered, w.letter(id).Status)
	require.Equal(t, asked, w.carrier.asked)

	get := httptest.NewRecorder()
	h.ServeHTTP(get, httptest.NewRequestWithContext(w.ctx, http.MethodGet, "/hook", nil))
	require.Equal(t, 405, get.Code)
}

// deafStore fails where told.
type deafStore struct {
	courrier.Store
	fail func(changes []courrier.Change) error
}

func (s *deafStore) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	if err := s.fail(changes); err != nil {
		return nil, err
	}
	return s.Store.Commit(ctx, changes...)
}

// What a webhook stored is worked on later when the process dies in between.
func TestWebhookThatDiesAfterAnsweringIsCaughtUp(t *testing.T) {
	t.Parallel()
	dying := false
	w := newScene(t, func(c *courrier.Config) {
		inner := c.Store
		c.Store = &deafStore{Store: inner, fail: func(changes []courrier.Change) error {
			if dying && changes[0].Letter != nil {
				return context.DeadlineExceeded
			}
			return nil
		}}
		c.Contents = inner.(courrier.Contents)
	})
	w.topUp(10)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	dying = true
	h := w.client.WebhookHandler(w.carrier, courrier.WebhookOptions{})
	require.Equal(t, 201, w.post(h, there+",posted", "Secret", "s3cret", "Signed", "yes"))
	require.Equal(t, courrier.StatusSubmitted, w.letter(id).Status)
	dying = false
	w.restart()
	report, err := w.client.Refresh(w.ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Equal(t, 1, report.Folded)
	require.Equal(t, courrier.StatusPosted, w.letter(id).Status)
}

func TestClaims(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(20)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	claims := func(f courrier.ClaimFilter) []courrier.Claim {
		var all []courrier.Claim
		for c, err := range w.client.Claims(w.ctx, f) {
			require.NoError(t, err)
			all = append(all, c)
		}
		return all
	}
	w.carrier.happen(there, courrier.StatusPosted, "")
	w.advance(48 * time.Hour)
	w.carrier.happen(there, courrier.StatusDelivered, "")
	delivered := courrier.DateOf(w.clock)
	w.refresh()
	w.clock = delivered.AddDays(20).In(time.UTC).Add(12 * time.Hour)
	require.Empty(t, claims(courrier.ClaimFilter{}), "more than twenty days means twenty-one")
	w.advance(24 * time.Hour)
	due := claims(courrier.ClaimFilter{Unopened: true})
	require.Len(t, due, 1)
	require.Equal(t, courrier.ClaimReceiptMissing, due[0].Kind)
	require.Equal(t, "Acme SAS", due[0].Dossier.Customer)
	require.Equal(t, []string{secretName, "12 RUE DES LILAS", "69003 LYON"}, due[0].Dossier.Recipient)
	require.Equal(t, courrier.DateOf(start), due[0].Dossier.PostedOn)

	_, err := w.client.CloseClaim(w.ctx, id, courrier.ClaimReceiptMissing, "x")
	require.ErrorIs(t, err, courrier.ErrNotFound)
	opened, err := w.client.OpenClaim(w.ctx, id, courrier.ClaimReceiptMissing, "R-77")
	require.NoError(t, err)
	require.Equal(t, due[0].DueOn, opened.DueOn)
	again, err := w.client.OpenClaim(w.ctx, id, courrier.ClaimReceiptMissing, "R-78")
	require.NoError(t, err)
	require.Equal(t, "R-77", again.Number)
	require.Empty(t, claims(courrier.ClaimFilter{Unopened: true}))
	require.Len(t, claims(courrier.ClaimFilter{}), 1)
	_, err = w.client.CloseClaim(w.ctx, id, courrier.ClaimReceiptMissing, "attestation sent")
	require.NoError(t, err)
	require.Empty(t, claims(courrier.ClaimFilter{}))
	require.Len(t, claims(courrier.ClaimFilter{Closed: true}), 1)

	silent, silentThere := w.sent("silent", courrier.ServiceRegisteredAR)
	w.carrier.happen(silentThere, courrier.StatusPosted, "")
	w.refresh()
	w.advance(42 * 24 * time.Hour)
	due = claims(courrier.ClaimFilter{Kinds: []courrier.ClaimKind{courrier.ClaimLost}})
	require.Len(t, due, 1)
	require.Equal(t, silent, due[0].Letter)
}

func TestRetentionPurgesContentsNobodyNeeds(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(20)
	_, err := w.client.SetSettings(w.ctx, "acme", courrier.Settings{RetentionDays: 30})
	require.NoError(t, err)
	shared := courrier.NewDocument("cgv.pdf", []byte("%PDF-1.7 general terms"))
	one, two := letter("one", courrier.ServiceStandard), letter("two", courrier.ServiceStandard)
	one.Documents, two.Documents = append(one.Documents, shared), append(two.Documents, shared)
	first, second := w.send(one), w.send(two)
	w.carrier.script["one"] = []outcome{rejects}
	w.dispatch()
	w.carrier.happen(w.letter(second.ID).ProviderID, courrier.StatusPosted, courrier.ProofOfDeposit)
	w.refresh()
	w.advance(29 * 24 * time.Hour)
	n, err := w.client.Purge(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	gone := func(sum courrier.Sum) bool {
		_, err := w.client.Content(w.ctx, sum)
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrNotFound)
		}
		return err != nil
	}
	require.True(t, gone(first.Letter.Documents[0].Sum))
	require.False(t, gone(shared.Sum), "the other letter still needs it")
	for range 20 {
		w.refresh()
	}
	n, err = w.client.Purge(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.True(t, gone(shared.Sum))
	_, err = w.client.Proof(w.ctx, second.ID, courrier.ProofOfDeposit)
	require.NoError(t, err, "proofs stay")
	require.True(t, w.letter(second.ID).ContentsGone)
}

// crash is a store and a carrier that a crash cuts off until the next start.
type crash struct {
	courrier.Store
	*carrier
	guard sync.Mutex
	left  int  // commits until the crash; negative: none
	after bool // whether the last commit is applied
	dead  bool
}

// survives counts a commit; at the last one the process dies.
func (c *crash) survives() (alive, apply bool) {
	c.guard.Lock()
	defer c.guard.Unlock()
	if c.dead {
		return false, false
	}
	c.left--
	c.dead = c.left == 0
	return !c.dead, !c.dead || c.after
}

func (c *crash) alive() bool {
	c.guard.Lock()
	defer c.guard.Unlock()
	return !c.dead
}

func (c *crash) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	alive, apply := c.survives()
	if !apply {
		return nil, errCrash
	}
	results, err := c.Store.Commit(ctx, changes...)
	if !alive {
		return nil, errCrash
	}
	return results, err
}

func (c *crash) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	if !c.alive() {
		return courrier.Receipt{}, errCrash
	}
	return c.carrier.Submit(ctx, s)
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
	c := &crash{left: n, after: after}
	w := newScene(t, func(cfg *courrier.Config) {
		c.Store, c.carrier = cfg.Store, cfg.Providers[0].(*carrier)
		cfg.Contents = cfg.Store.(courrier.Contents)
		cfg.Store, cfg.Providers = c, []courrier.Provider{c}
	})
	w.carrier.script = map[string][]outcome{"silent": {acceptsSilent}, "lost": {neverArrives}, "no": {rejects, rejects}, "busy": {unavailable}}
	keys := []string{"plain", "silent", "lost", "no", "busy", "fails"}
	live := func() {
		_, _ = w.client.Credits("acme").TopUp(w.ctx, "order", stamps(t, 6))
		for _, key := range keys {
			_, _ = w.client.Send(w.ctx, letter(key, courrier.ServiceStandard))
		}
		for range 6 {
			_, _ = w.client.Dispatch(w.ctx, courrier.DispatchOptions{Workers: 1})
			w.advance(7 * time.Hour)
			_, _ = w.client.Refresh(w.ctx, courrier.RefreshOptions{Workers: 1})
			for rec := range w.client.Letters(w.ctx, courrier.LetterFilter{Key: "fails"}) {
				if rec.ProviderID != "" && len(w.carrier.events[rec.ProviderID]) == 0 {
					w.carrier.happen(rec.ProviderID, courrier.StatusFailed, "")
				}
			}
		}
	}
	live()
	crashed = !c.alive()
	c.dead, c.left = false, -1
	w.restart()
	live()

	statuses := map[string]courrier.Status{}
	for rec, err := range w.client.Letters(w.ctx, courrier.LetterFilter{}) {
		require.NoError(t, err)
		statuses[rec.Letter.Key] = rec.Status
		want := 1
		if rec.Letter.Key == "no" {
			want = 0
		}
		require.Equal(t, want, w.times(rec.ID), "%s after a crash at commit %d (applied: %v)", rec.Letter.Key, n, after)
	}
	require.Equal(t, map[string]courrier.Status{
		"plain": courrier.StatusSubmitted, "silent": courrier.StatusSubmitted, "lost": courrier.StatusSubmitted,
		"busy": courrier.StatusSubmitted, "no": courrier.StatusFailed, "fails": courrier.StatusFailed,
	}, statuses, "crash at commit %d (applied: %v)", n, after)
	w.requireBalance("2", "0") // six bought, four letters at the carrier
	return crashed
}

// Many clients over one store, each with its own workers: each letter once.
func TestManyDispatchersTakeEachLetterOnce(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(300)
	var letters []courrier.Letter
	for i := range 300 {
		l := letter(fmt.Sprint(i), courrier.ServiceStandard)
		if i%7 == 0 {
			w.carrier.script[l.Key] = []outcome{acceptsSilent}
		}
		letters = append(letters, l)
	}
	for _, r := range w.client.SendAll(w.ctx, letters) {
		require.NoError(t, r.Err)
	}
	done := make(chan error)
	for range 8 {
		client, err := courrier.New(w.config)
		require.NoError(t, err)
		go func() {
			_, err := client.Dispatch(w.ctx, courrier.DispatchOptions{Workers: 3})
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
	w.advance(time.Hour)
	w.dispatch()
	require.Len(t, w.carrier.accepted, 300)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(w.carrier.accepted))), 300)
	w.requireBalance("0", "0")
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(1)
	rec := w.send(letter("k", courrier.ServiceStandard))
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- w.client.Run(ctx, time.Hour) }()
	require.Eventually(t, func() bool { return w.letter(rec.ID).Status == courrier.StatusSubmitted }, 5*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.False(t, bytes.Contains(w.logs.Bytes(), []byte("ERROR")))
}

// What one question brings is heard at one moment: it is told as it happened.
func TestHistoryIsToldAsItHappened(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(10)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	for n, status := range []courrier.Status{courrier.StatusDelivered, courrier.StatusPosted, courrier.StatusPrinted} {
		require.NoError(t, w.client.Apply(w.ctx, courrier.TrackingEvent{
			ID: fmt.Sprint("post/", n), Provider: "post", ProviderID: there, Code: string(status), Status: status,
			Happened: start.AddDate(0, 0, 3-n), Heard: start.AddDate(0, 0, 4),
		}))
	}
	var told []string
	for e, err := range w.client.History(w.ctx, id) {
		require.NoError(t, err)
		told = append(told, e.Code)
	}
	require.Subset(t, told, []string{"printed", "posted", "delivered"})
	require.Equal(t, []string{"printed", "posted", "delivered"}, told[len(told)-3:])
	for _, err := range w.client.History(w.ctx, "nobody") {
		require.ErrorIs(t, err, courrier.ErrNotFound)
	}
}

func TestApplyRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	err := w.client.Apply(w.ctx, courrier.TrackingEvent{Provider: "post", ProviderID: "p1", Code: "posted"}, courrier.TrackingEvent{})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	var fields []string
	for _, f := range courrier.FieldErrors(err) {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"Events[1].Provider", "Events[1].ProviderID", "Events[1].Code"}, fields)
	for range w.store.Events(w.ctx, courrier.EventFilter{}) {
		t.Fatal("nothing is stored of it")
	}
}
