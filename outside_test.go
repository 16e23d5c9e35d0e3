package courrier_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/memstore"
)

// silent is a carrier that cannot be asked.
type silent struct{ *testscene.Carrier }

func (silent) Track() {} // not the Tracker's: hides it

// A hint is never believed by itself, not even where nobody can be asked.
func TestAHintOfACarrierThatCannotBeAskedMovesNothing(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	w.Config.Providers = []courrier.Provider{silent{w.Carrier}}
	w.Restart()
	e := w.Carrier.Event(there, courrier.StatusFailed, "")
	e.Hint = true
	require.NoError(t, w.Client.Apply(w.Ctx, e))
	require.Equal(t, courrier.StatusSubmitted, w.Letter(id).Status)
	w.RequireBalance("0", "0")

	// Nor when the carrier was taken off the list.
	w.Config.Providers = []courrier.Provider{testscene.NewCarrier("another", w.Now)}
	w.Restart()
	e.ID = "post:2"
	require.ErrorIs(t, w.Client.Apply(w.Ctx, e), courrier.ErrInvalid)
	require.Equal(t, courrier.StatusSubmitted, w.Letter(id).Status)
	w.RequireBalance("0", "0")
}

// An unsigned call that borrows the id of a true event does not get its own words
// believed when the carrier confirms that id.
func TestATaleUnderATrueIDIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	w.Carrier.Happen(there, courrier.StatusPosted, "")
	invention := w.Carrier.Told[there][0]
	invention.Status, invention.Code, invention.Hint = courrier.StatusFailed, "failed", true
	for range 3 {
		require.NoError(t, w.Client.Apply(w.Ctx, invention))
		require.Equal(t, courrier.StatusPosted, w.Letter(id).Status)
		w.Refresh()
		require.Equal(t, courrier.StatusPosted, w.Letter(id).Status)
	}
	w.RequireBalance("0", "0")
	heard := 0
	for _, err := range w.Client.History(w.Ctx, id) {
		require.NoError(t, err)
		heard++
	}
	require.Equal(t, 2, heard, "the invention, and what the carrier says")
}

// A code that means no change is no proof that a carrier took a letter.
func TestACodeWithoutMeaningSettlesNoDoubt(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.NeverArrives}
	rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
	w.Dispatch()
	e := w.Carrier.Event("post-9", "", "")
	e.Letter, e.Code, e.Unknown = rec.ID, "letter.draft", true
	require.NoError(t, w.Client.Apply(w.Ctx, e))
	after := w.Letter(rec.ID)
	require.Equal(t, courrier.StatusUnknown, after.Status)
	require.Empty(t, after.Tracking.Contradictions)
	w.RequireBalance("0", "5")
}

func TestOrdinaryLettersAreNeverDelivered(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	id, there := w.Sent("k", courrier.ServiceStandard)
	for _, s := range []courrier.Status{courrier.StatusInTransit, courrier.StatusAwaitingPickup, courrier.StatusDelivered} {
		w.Advance(24 * time.Hour)
		require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event(there, s, "")))
		rec := w.Letter(id)
		require.Equal(t, courrier.StatusPosted, rec.Status)
		require.True(t, rec.Tracking.DeliveredAt.IsZero())
		require.True(t, rec.Tracking.PresentedAt.IsZero())
	}
	w.Advance(24 * time.Hour)
	require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event(there, courrier.StatusReturned, "")))
	require.Equal(t, courrier.StatusReturned, w.Letter(id).Status)
}

// Events of strangers, however many, do not stand before those of our letters.
func TestManyOrphansDoNotHideALettersEvent(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	var orphans []courrier.TrackingEvent
	for i := range 3000 {
		e := w.Carrier.Event(fmt.Sprint("nobody-", i), courrier.StatusPosted, "")
		e.Heard = w.Clock.Add(time.Duration(i%7) * time.Microsecond)
		orphans = append(orphans, e)
	}
	require.NoError(t, w.Client.Apply(w.Ctx, orphans...))
	w.Advance(time.Minute)
	require.NoError(t, w.Client.Apply(w.Ctx, w.Carrier.Event("post-1", courrier.StatusPosted, "")))
	id, _ := w.Sent("k", courrier.ServiceRegisteredAR)
	for range 12 {
		w.Advance(time.Minute)
		_, err := w.Client.Refresh(w.Ctx, courrier.RefreshOptions{})
		require.NoError(t, err)
	}
	require.Equal(t, courrier.StatusPosted, w.Letter(id).Status)
	require.Zero(t, w.Carrier.Asked)
}

// A carrier that is down is left alone for the rest of the round.
func TestCatchingUpLeavesACarrierThatIsDown(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(50)
	var asked atomic.Int64
	w.Bend(&testscene.Bent{OnTrack: func(context.Context, []courrier.Reference) ([]courrier.TrackingEvent, error) {
		asked.Add(1)
		return nil, courrier.ErrUnavailable
	}})
	for i := range 40 {
		_, there := w.Sent(fmt.Sprint("k", i), courrier.ServiceStandard)
		e := w.Carrier.Event(there, courrier.StatusFailed, "")
		e.Hint = true
		require.Error(t, w.Client.Apply(w.Ctx, e))
	}
	asked.Store(0)
	_, err := w.Client.Refresh(w.Ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Less(t, asked.Load(), int64(10))
}

// Refresh asks about a letter once, even of a carrier without a least time
// between questions, and ends when nothing can be written.
func TestRefreshEnds(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(300)
	var many []courrier.Letter
	for i := range 256 {
		many = append(many, testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard))
	}
	for _, r := range w.Client.SendAll(w.Ctx, many) {
		require.NoError(t, r.Err)
	}
	w.Dispatch()
	w.Watch(func(courrier.Change) error { return errDisk })
	w.Advance(49 * time.Hour)
	before := w.Carrier.Asked
	ctx, cancel := context.WithTimeout(w.Ctx, 20*time.Second)
	defer cancel()
	_, err := w.Client.Refresh(ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Equal(t, 26, w.Carrier.Asked-before, "batches of ten")
}

// A proof that cannot be had keeps none of the others back.
func TestOneProofThatCannotBeHad(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	w.Bend(&testscene.Bent{OnProof: func(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
		if kind == courrier.ProofOfDeposit {
			return courrier.NewDocument("broken.pdf", []byte("<html>")), nil
		}
		return w.Carrier.Proof(ctx, ref, kind)
	}})
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	w.Carrier.Happen(there, courrier.StatusPosted, courrier.ProofOfDeposit)
	w.Advance(time.Hour)
	w.Carrier.Happen(there, courrier.StatusDelivered, courrier.ProofOfReceipt)
	w.Refresh()
	_, err := w.Client.Proof(w.Ctx, id, courrier.ProofOfReceipt)
	require.NoError(t, err)
	_, err = w.Client.FetchProofs(w.Ctx, id)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
}

// failingContents is a host's own object store.
type failingContents struct {
	*memstore.Store
	fail   map[courrier.Sum]bool
	damage bool
}

func (f *failingContents) Content(ctx context.Context, sum courrier.Sum) ([]byte, error) {
	b, err := f.Store.Content(ctx, sum)
	if f.damage && err == nil {
		b = b[:len(b)-1]
	}
	return b, err
}

func (f *failingContents) DeleteContent(ctx context.Context, sum courrier.Sum) error {
	if f.fail[sum] {
		return errDisk
	}
	return f.Store.DeleteContent(ctx, sum)
}

// Contents that cannot be deleted today are deleted another day, and those of
// other letters today.
func TestPurgeGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	contents := &failingContents{Store: memstore.New(), fail: map[courrier.Sum]bool{}}
	w := testscene.New(t, func(c *courrier.Config) { c.Contents = contents })
	w.TopUp(2)
	var sums []courrier.Sum
	for _, key := range []string{"bad", "good"} {
		rec := w.Send(testscene.Letter(key, courrier.ServiceStandard))
		_, err := w.Client.Cancel(w.Ctx, rec.ID)
		require.NoError(t, err)
		sums = append(sums, rec.Letter.Documents[0].Sum)
		w.Advance(time.Second)
	}
	contents.fail[sums[0]] = true
	w.Advance(366 * 24 * time.Hour)
	n, err := w.Client.Purge(w.Ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = contents.Content(w.Ctx, sums[1])
	require.ErrorIs(t, err, courrier.ErrNotFound)

	contents.fail[sums[0]] = false
	w.Advance(time.Hour)
	n, err = w.Client.Purge(w.Ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = contents.Content(w.Ctx, sums[0])
	require.ErrorIs(t, err, courrier.ErrNotFound)
	n, err = w.Client.Purge(w.Ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

// What an object store gives back in part is not printed.
func TestDamagedContentIsNotPrinted(t *testing.T) {
	t.Parallel()
	contents := &failingContents{Store: memstore.New(), damage: true}
	w := testscene.New(t, func(c *courrier.Config) { c.Contents = contents })
	w.TopUp(1)
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	require.Equal(t, courrier.DispatchReport{Held: 1}, w.Dispatch())
	require.Equal(t, courrier.HoldContents, w.Letter(rec.ID).Hold)
	contents.damage = false
	_, err := w.Client.Approve(w.Ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, 1, w.Dispatch().Submitted)
}

// A document named by its sum counts with the bytes that are stored.
func TestDocumentsNamedByTheirSum(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(3)
	body := append([]byte("%PDF-"), make([]byte, courrier.MaxDocumentBytes-5)...)
	l := testscene.Letter("whole", courrier.ServiceStandard)
	l.Documents[0].Content = body // to the byte
	first := w.Send(l)
	require.EqualValues(t, courrier.MaxDocumentBytes, first.Letter.Documents[0].Size)

	l = testscene.Letter("again", courrier.ServiceStandard)
	l.Documents = []courrier.Document{{Sum: courrier.SumOf(body)}}
	require.EqualValues(t, courrier.MaxDocumentBytes, w.Send(l).Letter.Documents[0].Size)
	for _, more := range []courrier.Document{{Content: []byte("%PDF-")}, {Sum: courrier.SumOf(body)}, {Sum: courrier.SumOf(body), Size: -courrier.MaxDocumentBytes}, {Sum: courrier.SumOf([]byte("never stored"))}} {
		over := l
		over.Key, over.Documents = "over", []courrier.Document{{Sum: courrier.SumOf(body)}, more}
		_, err := w.Client.Send(w.Ctx, over)
		require.NotEmpty(t, courrier.FieldErrors(err), "%v", err)
	}
	l.Key, l.Documents = "eleven", nil
	for range courrier.MaxDocuments {
		l.Documents = append(l.Documents, courrier.Document{Content: []byte("%PDF-1.7 same")})
	}
	require.Len(t, w.Send(l).Letter.Documents, courrier.MaxDocuments, "the same content eleven times")
}

// The date that counts is that of the place of posting.
func TestClaimsGoByTheFrenchDay(t *testing.T) {
	t.Parallel()
	for posted, want := range map[string]string{
		"2026-05-31T22:30:00Z": "2026-06-01", "2026-05-31T21:30:00Z": "2026-05-31",
		"2026-12-31T23:30:00Z": "2027-01-01", "2026-12-31T22:30:00Z": "2026-12-31",
		"2026-03-29T00:59:59Z": "2026-03-29", "2026-10-25T22:59:59Z": "2026-10-25", "2026-10-25T23:00:00Z": "2026-10-26",
	} {
		at, err := time.Parse(time.RFC3339, posted)
		require.NoError(t, err)
		r := courrier.LetterRecord{Status: courrier.StatusLost, Tracking: courrier.Tracking{PostedAt: at, EndedAt: at}}
		claim, due := r.DueClaim(courrier.MustDate("2027-02-01"))
		require.True(t, due)
		require.Equal(t, want, claim.Dossier.PostedOn.String())
		require.Equal(t, want, claim.DueOn.String())
	}
}

// trickle is a connection whose reading can be bounded, with a body that ends
// only when it is.
type trickle struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
	expired   chan struct{}
}

func (t *trickle) SetReadDeadline(at time.Time) error {
	if len(t.deadlines) == 0 && !at.IsZero() {
		close(t.expired)
	}
	t.deadlines = append(t.deadlines, at)
	return nil
}

func (t *trickle) Read([]byte) (int, error) {
	<-t.expired
	return 0, errors.New("i/o timeout")
}

func TestWebhookCutsOffASlowCaller(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	slow := &trickle{ResponseRecorder: httptest.NewRecorder(), expired: make(chan struct{})}
	r := httptest.NewRequestWithContext(w.Ctx, http.MethodPost, "/hook", io.NopCloser(slow))
	w.Client.WebhookHandler(w.Carrier, courrier.WebhookOptions{}).ServeHTTP(slow, r)
	require.Equal(t, 400, slow.Code)
	require.Len(t, slow.deadlines, 3)
	require.True(t, slow.deadlines[2].Before(time.Now()), "nothing more is waited for")

	get := httptest.NewRecorder()
	w.Client.WebhookHandler(w.Carrier, courrier.WebhookOptions{}).ServeHTTP(get, httptest.NewRequestWithContext(w.Ctx, http.MethodPut, "/hook", strings.NewReader("")))
	require.Equal(t, 405, get.Code)
	require.Equal(t, "POST", get.Header().Get("Allow"))
}

// A carrier that took nothing, and then tells of the letter that another one has,
// is a matter for a person.
func TestTwoCarriersWithOneLetter(t *testing.T) {
	t.Parallel()
	const warning = "two carriers may have this letter"
	w := testscene.New(t)
	w.TopUp(5)
	other := testscene.NewCarrier("other", w.Now)
	w.Config.Providers = append(w.Config.Providers, other)
	w.Restart()
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.Unavailable}
	rec := w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	require.Equal(t, "other", w.Letter(rec.ID).Provider)
	tell := func(status courrier.Status, hint bool) {
		e := w.Carrier.Event("post-9", status, "")
		e.Letter, e.Hint = rec.ID, hint
		require.NoError(t, w.Client.Apply(w.Ctx, e))
	}
	tell(courrier.StatusFailed, false)
	tell(courrier.StatusAccepted, true)
	require.NotContains(t, w.Logs.String(), warning)
	tell(courrier.StatusPosted, false)
	require.Contains(t, w.Logs.String(), warning)
	require.Equal(t, courrier.StatusSubmitted, w.Letter(rec.ID).Status)
	w.RequireBalance("4", "0")
}

// A letter that its carrier refused has ended. When the carrier then tells that it has
// it all the same, nothing moves, and a person is told, once.
func TestALetterThatWasRefusedAndIsThere(t *testing.T) {
	t.Parallel()
	w := testscene.New(t)
	w.TopUp(5)
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.Rejects}
	rec := w.Send(testscene.Letter("k", courrier.ServiceRegisteredAR))
	w.Dispatch()
	require.Equal(t, courrier.StatusFailed, w.Letter(rec.ID).Status)
	const told = "the carrier has a letter that ended here"
	for _, status := range []courrier.Status{courrier.StatusFailed, courrier.StatusPosted, courrier.StatusPosted} {
		e := w.Carrier.Event("post-9", status, "")
		e.Letter = rec.ID
		require.NoError(t, w.Client.Apply(w.Ctx, e))
		require.Equal(t, courrier.StatusFailed, w.Letter(rec.ID).Status)
		require.Equal(t, status == courrier.StatusPosted, strings.Contains(w.Logs.String(), told))
	}
	require.Equal(t, 1, strings.Count(w.Logs.String(), told))
	require.NotEmpty(t, w.Letter(rec.ID).Tracking.Contradictions)
	w.RequireBalance("5", "0")
}
