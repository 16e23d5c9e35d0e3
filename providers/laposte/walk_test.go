package laposte_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

// walk is a host: a client with a store and a tariff, and Maileva's webhooks.
type walk struct {
	bubble bool // in one of testing/synctest
	world
	client  *courrier.Client
	unknown []string
	said    resttest.Transcript
}

func stamps(n int64) courrier.Amount {
	a, err := courrier.AmountOf(decimal.NewFromInt(n), "stamp")
	if err != nil {
		panic(err)
	}
	return a
}

var sold = tariff.Flat(map[courrier.Service]courrier.Amount{
	courrier.ServiceStandard: stamps(1), courrier.ServiceRegisteredAR: stamps(5),
})

// newWalk gives the account 20 stamps. Webhooks reach the client's handler.
func newWalk(t *testing.T, webhooks bool, o lapostetest.Options, changes ...func(*laposte.Config)) *walk {
	t.Helper()
	w := &walk{}
	var handler http.Handler
	o.Webhooks = roundTrip(func(r *http.Request) (*http.Response, error) {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		return answer.Result(), nil
	})
	o.NoListener = true
	w.fake = newFake(o)
	direct := resttest.Direct{Handler: w.fake.Handler}
	logger := slog.New(slog.NewTextHandler(&w.said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	suivi, err := newSuivi(w.fake, direct)
	require.NoError(t, err)
	w.provider, err = newProvider(w.fake, func(c *laposte.Config) {
		c.Transport, c.Suivi, c.Logger = direct, suivi, logger
		for _, change := range changes {
			change(c)
		}
	})
	require.NoError(t, err)
	w.client, err = courrier.New(courrier.Config{
		Store: memstore.New(), Providers: []courrier.Provider{w.provider}, Tariff: sold, Now: w.fake.Now, Logger: logger,
		OnUnknownCode: func(_ context.Context, e courrier.TrackingEvent) { w.unknown = append(w.unknown, e.Code) },
	})
	require.NoError(t, err)
	handler = w.client.WebhookHandler(w.provider, courrier.WebhookOptions{})
	if webhooks {
		_, err = w.provider.Subscribe(t.Context(), "acme", callback)
		require.NoError(t, err)
	}
	_, err = w.client.Credits("acme").TopUp(t.Context(), "order-1", stamps(20))
	require.NoError(t, err)
	return w
}

// letter is sent twice under one key, as an impatient user does.
func (w *walk) letter(t *testing.T, l courrier.Letter) courrier.LetterID {
	t.Helper()
	first, err := w.client.Send(t.Context(), l)
	require.NoError(t, err)
	again, err := w.client.Send(t.Context(), l)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	return first.ID
}

func (w *walk) record(t *testing.T, id courrier.LetterID) courrier.LetterRecord {
	t.Helper()
	for r, err := range w.client.Letters(t.Context(), courrier.LetterFilter{IDs: []courrier.LetterID{id}}) {
		require.NoError(t, err)
		return r
	}
	t.Fatal("no such letter")
	return courrier.LetterRecord{}
}

// pass lets time go by, with the host's background work every step.
func (w *walk) pass(t *testing.T, d, step time.Duration) {
	t.Helper()
	for ; d > 0; d -= step {
		if w.bubble { // the machine's clock goes with the carrier's
			time.Sleep(step)
		}
		w.fake.Advance(step)
		_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
		require.NoError(t, err)
		_, err = w.client.Refresh(t.Context(), courrier.RefreshOptions{})
		require.NoError(t, err)
	}
}

// requireMoney checks what is left of the 20 stamps, and that nothing hangs.
func (w *walk) requireMoney(t *testing.T, left int64) {
	t.Helper()
	b, err := w.client.Credits("acme").Balance(t.Context(), "stamp")
	require.NoError(t, err)
	require.True(t, b.Available.Equal(stamps(left)), "available %s, want %d", b.Available, left)
	require.True(t, b.Reserved.IsZero(), "reserved %s", b.Reserved)
}

func (w *walk) requireOneLetter(t *testing.T, id courrier.LetterID) {
	t.Helper()
	all := w.fake.Submitted()
	require.Len(t, all, 1)
	require.Equal(t, string(id), all[0].CustomID)
	require.Equal(t, 1, all[0].Recipients)
	require.Len(t, all[0].Documents, 2)
}

var prices = map[courrier.Service]int64{courrier.ServiceStandard: 1, courrier.ServiceRegisteredAR: 5}

// TestWalk: from Send to proofs, whatever is cut on the way: one letter, the
// right money, every time.
func TestWalk(t *testing.T) {
	t.Parallel()
	calls := []lapostetest.Call{lapostetest.CallToken, lapostetest.CallCreate, lapostetest.CallDocument, lapostetest.CallRecipient, lapostetest.CallSubmit}
	faults := []lapostetest.Fault{
		lapostetest.CutAfter, lapostetest.CutBefore, lapostetest.ErrorAfter, lapostetest.ServerError, lapostetest.Unavailable,
		lapostetest.TooMany, lapostetest.Unauthorized, lapostetest.NotJSON, lapostetest.SlowBody,
	}
	for _, service := range []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegisteredAR} {
		t.Run(string(service)+"/undisturbed", func(t *testing.T) {
			t.Parallel()
			newWalk(t, true, lapostetest.Options{}).toTheEnd(t, service)
		})
		for _, call := range calls {
			for _, fault := range faults {
				t.Run(string(service)+"/"+string(call)+" "+string(fault), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						w := newWalk(t, false, lapostetest.Options{})
						w.bubble = true
						w.fake.Fail(call, fault, 1)
						w.toTheEnd(t, service)
					})
				})
			}
		}
	}
}

func (w *walk) toTheEnd(t *testing.T, service courrier.Service) {
	t.Helper()
	id := w.letter(t, submission(service).Letter)
	_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
	require.NoError(t, err)
	w.pass(t, 2*time.Hour, 10*time.Minute)
	w.requireOneLetter(t, id)
	w.requireMoney(t, 20-prices[service])
	w.pass(t, 15*24*time.Hour, 6*time.Hour)
	r := w.record(t, id)
	w.requireOneLetter(t, id)
	w.requireMoney(t, 20-prices[service])
	require.Equal(t, courrier.ChargeCaptured, r.Charge)
	require.Empty(t, r.Tracking.Contradictions)
	require.Empty(t, w.unknown)
	require.False(t, r.Tracking.PostedAt.IsZero())
	if service == courrier.ServiceStandard {
		require.Equal(t, courrier.StatusPosted, r.Status, "never delivered")
		return
	}
	require.Equal(t, courrier.StatusDelivered, r.Status)
	require.Regexp(t, `^1A`, r.TrackingNumber)
	for _, kind := range []courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfContent, courrier.ProofOfReceipt} {
		d, err := w.client.Proof(t.Context(), id, kind)
		require.NoError(t, err, kind)
		require.Contains(t, string(d.Content), r.ProviderID)
	}
}

// TestWalkEnds: where each end of a letter at Maileva leaves status and money.
func TestWalkEnds(t *testing.T) {
	t.Parallel()
	type end struct {
		status courrier.Status
		reason courrier.ReturnReason
		left   int64 // of 20 stamps, after a registered letter of 5
		proof  courrier.ProofKind
	}
	for outcome, want := range map[lapostetest.Outcome]end{
		lapostetest.Delivered:        {courrier.StatusDelivered, "", 15, courrier.ProofOfReceipt},
		lapostetest.GlobalProofOnly:  {courrier.StatusDelivered, "", 15, courrier.ProofOfReceipt},
		lapostetest.Rejected:         {courrier.StatusFailed, "", 20, ""},
		lapostetest.RecipientRefused: {courrier.StatusFailed, "", 20, ""},
		lapostetest.Cancelled:        {courrier.StatusCancelled, "", 20, ""},
		lapostetest.Blocked:          {courrier.StatusDelivered, "", 15, courrier.ProofOfDeposit},
		lapostetest.Unclaimed:        {courrier.StatusReturned, courrier.ReturnUnclaimed, 15, courrier.ProofOfReturn},
		lapostetest.RefusedMail:      {courrier.StatusReturned, courrier.ReturnRefused, 15, courrier.ProofOfReturn},
		lapostetest.UnknownAddressee: {courrier.StatusReturned, courrier.ReturnUnknownAddressee, 15, courrier.ProofOfReturn},
		lapostetest.Undeliverable:    {courrier.StatusReturned, courrier.ReturnBadAddress, 15, courrier.ProofOfReturn},
	} {
		for name, o := range map[string]struct {
			webhooks bool
			options  lapostetest.Options
		}{
			"by polling":              {},
			"by webhook":              {webhooks: true},
			"by webhook, in disorder": {webhooks: true, options: lapostetest.Options{Twice: true, Shuffled: true}},
		} {
			t.Run(string(want.status)+" "+string(outcome)+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWalk(t, o.webhooks, o.options)
				w.fake.SetOutcome(outcome)
				l := submission(courrier.ServiceRegisteredAR).Letter
				l.Returns = courrier.ReturnsScanned
				id := w.letter(t, l)
				_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
				require.NoError(t, err)
				w.pass(t, 40*24*time.Hour, 12*time.Hour)
				r := w.record(t, id)
				require.Equal(t, want.status, r.Status)
				require.Equal(t, want.reason, r.Tracking.Reason)
				require.Empty(t, r.Tracking.Contradictions)
				w.requireMoney(t, want.left)
				w.requireOneLetter(t, id)
				if want.proof != "" {
					_, err = w.client.Proof(t.Context(), id, want.proof)
					require.NoError(t, err)
				}
			})
		}
	}
}

// TestWalkBlocked: nobody is notified of a blocked sending; polling finds it.
func TestWalkBlocked(t *testing.T) {
	t.Parallel()
	w := newWalk(t, true, lapostetest.Options{})
	w.fake.SetOutcome(lapostetest.Blocked)
	id := w.letter(t, submission(courrier.ServiceRegisteredAR).Letter)
	_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
	require.NoError(t, err)
	w.pass(t, 12*time.Hour, time.Hour)
	require.Equal(t, courrier.StatusBlocked, w.record(t, id).Status)
	w.requireMoney(t, 15)
}

// TestWalkRefused: what Maileva refuses is paid back, and the host is told which
// field to mend.
func TestWalkRefused(t *testing.T) {
	t.Parallel()
	w := newWalk(t, false, lapostetest.Options{})
	w.fake.Fail(lapostetest.CallRecipient, lapostetest.Refused, -1)
	id := w.letter(t, submission(courrier.ServiceStandard).Letter)
	_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
	require.NoError(t, err)
	r := w.record(t, id)
	require.Equal(t, courrier.StatusFailed, r.Status)
	require.Equal(t, "INVALID_ADDRESS_LINE_6", r.Failure.Code)
	require.Contains(t, r.Failure.Message, "To.Address.Postcode")
	w.requireMoney(t, 20)
	require.Zero(t, w.fake.Drafts())
	require.Empty(t, w.fake.Submitted())
}

// TestWalkWebhookIsAHint: a caller who knows the password and lies moves neither
// status nor money.
func TestWalkWebhookIsAHint(t *testing.T) {
	t.Parallel()
	w := newWalk(t, false, lapostetest.Options{})
	id := w.letter(t, submission(courrier.ServiceRegisteredAR).Letter)
	_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
	require.NoError(t, err)
	w.fake.Advance(time.Minute)
	before := w.record(t, id)
	for _, event := range []string{"ON_STATUS_REJECTED", "ON_STATUS_PROCESSED"} {
		body := notice(event, "registered_mail/v4/sendings", map[string]any{"resource_id": before.ProviderID, "resource_custom_id": id})
		r := httptest.NewRequest(http.MethodPost, callback, bytesReader(body))
		r.SetBasicAuth(login.Login, login.Password)
		answer := httptest.NewRecorder()
		w.client.WebhookHandler(w.provider, courrier.WebhookOptions{}).ServeHTTP(answer, r)
		require.Equal(t, http.StatusCreated, answer.Code)
	}
	require.Equal(t, courrier.StatusSubmitted, w.record(t, id).Status)
	w.requireMoney(t, 15)
}

// TestWalkDrift: what Maileva billed against the host's own reckoning.
func TestWalkDrift(t *testing.T) {
	t.Parallel()
	w := newWalk(t, false, lapostetest.Options{})
	id := w.letter(t, submission(courrier.ServiceStandard).Letter)
	_, err := w.client.Dispatch(t.Context(), courrier.DispatchOptions{})
	require.NoError(t, err)
	// The billing line bears what the adapter gave as the sending's name.
	w.fake.AddBillingLine(map[string]any{"request_name": id, "amount": 1.61})
	expected := map[courrier.LetterID]courrier.Amount{id: courrier.MustAmount("1.52", "EUR")}
	report, err := laposte.CompareBilling(w.provider.BillingLines(t.Context(), "acme", march, lastOfMarch), expected)
	require.NoError(t, err)
	require.Len(t, report.Letters, 1)
	require.Equal(t, "0.09 EUR", report.Letters[0].Difference.String())
}
