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
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/memstore"
)

// silent is a carrier that cannot be asked.
type silent struct{ *carrier }

func (silent) Track() {} // not the Tracker's: hides it

// A hint is never believed by itself, not even where nobody can be asked.
func TestAHintOfACarrierThatCannotBeAskedMovesNothing(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	w.config.Providers = []courrier.Provider{silent{w.carrier}}
	w.restart()
	e := w.carrier.event(there, courrier.StatusFailed, "")
	e.Hint = true
	require.NoError(t, w.client.Apply(w.ctx, e))
	require.Equal(t, courrier.StatusSubmitted, w.letter(id).Status)
	w.requireBalance("0", "0")

	// Nor when the carrier was taken off the list.
	w.config.Providers = []courrier.Provider{newCarrier("another", w.now)}
	w.restart()
	e.ID = "post:2"
	require.NoError(t, w.client.Apply(w.ctx, e))
	require.Equal(t, courrier.StatusSubmitted, w.letter(id).Status)
	w.requireBalance("0", "0")
}

// An unsigned call that borrows the id of a true event does not get its own words
// believed when the carrier confirms that id.
func TestATaleUnderATrueIDIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	w.carrier.happen(there, courrier.StatusPosted, "")
	tale := w.carrier.events[there][0]
	tale.Status, tale.Code, tale.Hint = courrier.StatusFailed, "failed", true
	for range 3 {
		require.NoError(t, w.client.Apply(w.ctx, tale))
		require.Equal(t, courrier.StatusPosted, w.letter(id).Status)
		w.refresh()
		require.Equal(t, courrier.StatusPosted, w.letter(id).Status)
	}
	w.requireBalance("0", "0")
	heard := 0
	for _, err := range w.client.History(w.ctx, id) {
		require.NoError(t, err)
		heard++
	}
	require.Equal(t, 2, heard, "the tale, and what the carrier says")
}

// A code that means no change is no proof that a carrier took a letter.
func TestACodeWithoutMeaningSettlesNoDoubt(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	w.carrier.script["k"] = []outcome{neverArrives}
	rec := w.send(letter("k", courrier.ServiceRegisteredAR))
	w.dispatch()
	e := w.carrier.event("post-9", "", "")
	e.Letter, e.Code, e.Unknown = rec.ID, "letter.draft", true
	require.NoError(t, w.client.Apply(w.ctx, e))
	after := w.letter(rec.ID)
	require.Equal(t, courrier.StatusUnknown, after.Status)
	require.Empty(t, after.Tracking.Late)
	w.requireBalance("0", "5")
}

func TestOrdinaryLettersAreNeverDelivered(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	id, there := w.sent("k", courrier.ServiceStandard)
	for _, s := range []courrier.Status{courrier.StatusInTransit, courrier.StatusAwaitingPickup, courrier.StatusDelivered} {
		w.advance(24 * time.Hour)
		require.NoError(t, w.client.Apply(w.ctx, w.carrier.event(there, s, "")))
		rec := w.letter(id)
		require.Equal(t, courrier.StatusPosted, rec.Status)
		require.True(t, rec.Tracking.DeliveredAt.IsZero())
		require.True(t, rec.Tracking.PresentedAt.IsZero())
	}
	w.advance(24 * time.Hour)
	require.NoError(t, w.client.Apply(w.ctx, w.carrier.event(there, courrier.StatusReturned, "")))
	require.Equal(t, courrier.StatusReturned, w.letter(id).Status)
}

// Events of strangers, however many, do not stand before those of our letters.
func TestManyOrphansDoNotHideALettersEvent(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	var orphans []courrier.TrackingEvent
	for i := range 3000 {
		e := w.carrier.event(fmt.Sprint("nobody-", i), courrier.StatusPosted, "")
		e.Heard = w.clock.Add(time.Duration(i%7) * time.Microsecond)
		orphans = append(orphans, e)
	}
	require.NoError(t, w.client.Apply(w.ctx, orphans...))
	w.advance(time.Minute)
	require.NoError(t, w.client.Apply(w.ctx, w.carrier.event("post-1", courrier.StatusPosted, "")))
	id, _ := w.sent("k", courrier.ServiceRegisteredAR)
	for range 12 {
		w.advance(time.Minute)
		_, err := w.client.Refresh(w.ctx, courrier.RefreshOptions{})
		require.NoError(t, err)
	}
	require.Equal(t, courrier.StatusPosted, w.letter(id).Status)
	require.Zero(t, w.carrier.asked)
}

// A carrier that is down is left alone for the rest of the round.
func TestCatchingUpLeavesACarrierThatIsDown(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(50)
	var asked atomic.Int64
	w.bend(&bent{track: func(context.Context, []courrier.Reference) ([]courrier.TrackingEvent, error) {
		asked.Add(1)
		return nil, courrier.ErrUnavailable
	}})
	for i := range 40 {
		_, there := w.sent(fmt.Sprint("k", i), courrier.ServiceStandard)
		e := w.carrier.event(there, courrier.StatusFailed, "")
		e.Hint = true
		require.Error(t, w.client.Apply(w.ctx, e))
	}
	asked.Store(0)
	_, err := w.client.Refresh(w.ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Less(t, asked.Load(), int64(10))
}

// Refresh asks about a letter once, even of a carrier without a least time
// between questions, and ends when nothing can be written.
func TestRefreshEnds(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(300)
	var many []courrier.Letter
	for i := range 256 {
		many = append(many, letter(fmt.Sprint("k", i), courrier.ServiceStandard))
	}
	for _, r := range w.client.SendAll(w.ctx, many) {
		require.NoError(t, r.Err)
	}
	w.dispatch()
	w.watch(func(courrier.Change) error { return errDisk })
	w.advance(49 * time.Hour)
	before := w.carrier.asked
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	_, err := w.client.Refresh(ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Equal(t, 26, w.carrier.asked-before, "batches of ten")
}

// A proof that cannot be had keeps none of the others back.
func TestOneProofThatCannotBeHad(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(5)
	w.bend(&bent{proof: func(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
		if kind == courrier.ProofOfDeposit {
			return courrier.NewDocument("broken.pdf", []byte("<html>")), nil
		}
		return w.carrier.Proof(ctx, ref, kind)
	}})
	id, there := w.sent("k", courrier.ServiceRegisteredAR)
	w.carrier.happen(there, courrier.StatusPosted, courrier.ProofOfDeposit)
	w.advance(time.Hour)
	w.carrier.happen(there, courrier.StatusDelivered, courrier.ProofOfReceipt)
	w.refresh()
	_, err := w.client.Proof(w.ctx, id, courrier.ProofOfReceipt)
	require.NoError(t, err)
	_, err = w.client.FetchProofs(w.ctx, id)
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
	w := newScene(t, func(c *courrier.Config) { c.Contents = contents })
	w.topUp(2)
	var sums []courrier.Sum
	for _, key := range []string{"bad", "good"} {
		rec := w.send(letter(key, courrier.ServiceStandard))
		_, err := w.client.Cancel(w.ctx, rec.ID)
		require.NoError(t, err)
		sums = append(sums, rec.Letter.Documents[0].Sum)
		w.advance(time.Second)
	}
	contents.fail[sums[0]] = true
	w.advance(366 * 24 * time.Hour)
	n, err := w.client.Purge(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = contents.Content(w.ctx, sums[1])
	require.ErrorIs(t, err, courrier.ErrNotFound)

	contents.fail[sums[0]] = false
	w.advance(time.Hour)
	n, err = w.client.Purge(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = contents.Content(w.ctx, sums[0])
	require.ErrorIs(t, err, courrier.ErrNotFound)
	n, err = w.client.Purge(w.ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

// What an object store gives back in part is not printed.
func TestDamagedContentIsNotPrinted(t *testing.T) {
	t.Parallel()
	contents := &failingContents{Store: memstore.New(), damage: true}
	w := newScene(t, func(c *courrier.Config) { c.Contents = contents })
	w.topUp(1)
	rec := w.send(letter("k", courrier.ServiceStandard))
	require.Equal(t, courrier.DispatchReport{Held: 1}, w.dispatch())
	require.Equal(t, courrier.HoldContents, w.letter(rec.ID).Hold)
	contents.damage = false
	_, err := w.client.Approve(w.ctx, rec.ID)
	require.NoError(t, err)
	require.Equal(t, 1, w.dispatch().Submitted)
}

// A document named by its sum counts with the bytes that are stored.
func TestDocumentsNamedByTheirSum(t *testing.T) {
	t.Parallel()
	w := newScene(t)
	w.topUp(3)
	body := append([]byte("%PDF-"), make([]byte, courrier.MaxDocumentBytes-5)...)
	l := letter("whole", courrier.ServiceStandard)
	l.Documents[0].Content = body // to the byte
	first := w.send(l)
	require.EqualValues(t, courrier.MaxDocumentBytes, first.Letter.Documents[0].Size)

	l = letter("again", courrier.ServiceStandard)
	l.Documents = []courrier.Document{{Sum: courrier.SumOf(body)}}
	require.EqualValues(t, courrier.MaxDocumentBytes, w.send(l).Letter.Documents[0].Size)
	for _, more := range []courrier.Document{{Content: []byte("%PDF-")}, {Sum: courrier.SumOf(body)}, {Sum: courrier.SumOf(body), Size: -courrier.MaxDocumentBytes}, {Sum: courrier.SumOf([]byte("never stored"))}} {
		over := l
		over.Key, over.Documents = "over", []courrier.Document{{Sum: courrier.SumOf(body)}, more}
		_, err := w.client.Send(w.ctx, over)
		require.NotEmpty(t, courrier.FieldErrors(err), "%v", err)
	}
	l.Key, l.Documents = "eleven", nil
	for range courrier.MaxDocuments {
		l.Documents = append(l.Documents, courrier.Document{Content: []byte("%PDF-1.7 same")})
	}
	require.Len(t, w.send(l).Letter.Documents, courrier.MaxDocuments, "the same content eleven times")
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
		claim, due := courrier.DueClaim(r, courrier.MustDate("2027-02-01"))
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
	w := newScene(t)
	slow := &trickle{ResponseRecorder: httptest.NewRecorder(), expired: make(chan struct{})}
	r := httptest.NewRequestWithContext(w.ctx, http.MethodPost, "/hook", io.NopCloser(slow))
	w.client.WebhookHandler(w.carrier, courrier.WebhookOptions{}).ServeHTTP(slow, r)
	require.Equal(t, 400, slow.Code)
	require.Len(t, slow.deadlines, 2)
	require.True(t, slow.deadlines[1].IsZero(), "the answer's work is not cut off")

	get := httptest.NewRecorder()
	w.client.WebhookHandler(w.carrier, courrier.WebhookOptions{}).ServeHTTP(get, httptest.NewRequestWithContext(w.ctx, http.MethodPut, "/hook", strings.NewReader("")))
	require.Equal(t, 405, get.Code)
	require.Equal(t, "POST", get.Header().Get("Allow"))
}

// A carrier that took nothing, and then tells of the letter that another one has,
// is a matter for a person.
func TestTwoCarriersWithOneLetter(t *testing.T) {
	t.Parallel()
	const warning = "two carriers may have this letter"
	w := newScene(t)
	w.topUp(5)
	other := newCarrier("other", w.now)
	w.config.Providers = append(w.config.Providers, other)
	w.restart()
	w.carrier.script["k"] = []outcome{unavailable}
	rec := w.send(letter("k", courrier.ServiceStandard))
	w.dispatch()
	require.Equal(t, "other", w.letter(rec.ID).Provider)
	tell := func(status courrier.Status, hint bool) {
		e := w.carrier.event("post-9", status, "")
		e.Letter, e.Hint = rec.ID, hint
		require.NoError(t, w.client.Apply(w.ctx, e))
	}
	tell(courrier.StatusFailed, false)
	tell(courrier.StatusAccepted, true)
	require.NotContains(t, w.logs.String(), warning)
	tell(courrier.StatusPosted, false)
	require.Contains(t, w.logs.String(), warning)
	require.Equal(t, courrier.StatusSubmitted, w.letter(rec.ID).Status)
	w.requireBalance("4", "0")
}

// foreign is the host's code with a fault in one of its methods, for one customer.
type foreign struct {
	*office
	fault func(method, about string)
}

func (f foreign) Case(ctx context.Context, account courrier.AccountID, id courrier.CustomerID) (courrier.Case, error) {
	f.fault("Case", string(id))
	return f.office.Case(ctx, account, id)
}

func (f foreign) Details(ctx context.Context, account courrier.AccountID, id courrier.CustomerID, invoices []courrier.InvoiceID) (courrier.DebtorDetails, error) {
	f.fault("Details", string(id))
	return f.office.Details(ctx, account, id, invoices)
}

func (f foreign) Compose(ctx context.Context, p courrier.PrintedReminder) (courrier.Document, error) {
	f.fault("Compose", strings.TrimPrefix(p.Invoices[0].Number, "N-i-"))
	return f.office.Compose(ctx, p)
}

func (f foreign) Mail(ctx context.Context, m courrier.Email) error {
	f.fault("Mail", strings.TrimSuffix(m.To[0].Address, "@example.com"))
	return f.office.Mail(ctx, m)
}

// What panics or never comes back in the host's own code holds up the reminder it
// was about, and no other.
func TestHostsCodeStopsOneReminderOnly(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Case", "Details", "Compose", "Mail"} {
		for _, hangs := range []bool{false, true} {
			t.Run(fmt.Sprint(method, ", hangs: ", hangs), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o := newOffice(t)
					o.topUp(10)
					contact := map[bool]courrier.Contact{true: postOnly, false: both}[method == "Compose"]
					o.owe("c1", contact, bill("i-c1", "2026-03-01"))
					o.owe("c2", contact, bill("i-c2", "2026-03-01"))
					o.decided("2026-03-10")
					host := foreign{o, func(m, about string) {
						switch {
						case m != method || about != "c1":
						case hangs:
							time.Sleep(time.Hour)
						default:
							panic(secretName)
						}
					}}
					o.restart()
					dunning, err := courrier.NewDunning(courrier.DunningConfig{
						Client: o.client, Debtors: host, Composer: host, Mailer: host,
						Accounts: func(context.Context, courrier.AccountID) (courrier.DunningSettings, error) { return o.plans, nil },
					})
					require.NoError(t, err)
					_, err = dunning.Dispatch(o.ctx)
					require.NoError(t, err)
					states := map[courrier.CustomerID]courrier.Reminder{}
					for rem, err := range o.store.Reminders(o.ctx, courrier.ReminderFilter{Account: "acme"}) {
						require.NoError(t, err)
						states[rem.Customer] = rem
					}
					left := map[bool]courrier.ReminderState{true: courrier.ReminderSending, false: courrier.ReminderSent}[method == "Compose"]
					require.Equal(t, left, states["c2"].State)
					if method == "Mail" { // it may have left
						require.Equal(t, courrier.ReminderSent, states["c1"].State)
						require.True(t, states["c1"].InDoubt)
					} else {
						require.Equal(t, courrier.ReminderApproved, states["c1"].State)
						require.True(t, states["c1"].DueAt.After(o.clock))
					}
					require.NotContains(t, o.logs.String(), secretName)
					time.Sleep(2 * time.Hour)
				})
			})
		}
	}
}
