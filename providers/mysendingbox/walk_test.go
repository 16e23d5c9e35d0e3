package mysendingbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

// host is a host application: a Client on the fake, in a synctest bubble.
type host struct {
	t       *testing.T
	server  *mysendingboxtest.Server
	cut     *resttest.Cut
	client  *courrier.Client
	webhook http.Handler
	chance  *rand.Rand
	strange []courrier.TrackingEvent // of codes that nobody knows
	said    resttest.Transcript
}

const price = 5 // stamps for a letter

func newHost(t *testing.T, seed uint64) *host {
	h := &host{t: t, chance: rand.New(rand.NewPCG(seed, seed))}
	h.server = mysendingboxtest.New(mysendingboxtest.Config{WebhookURL: "https://courrier:" + secret + "@host.test/webhooks/mysendingbox"})
	h.cut = &resttest.Cut{Next: &mysendingboxtest.Transport{Server: h.server}}
	logger := slog.New(slog.NewTextHandler(&h.said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	provider, err := mysendingbox.New(mysendingbox.Config{
		Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), Live: true, Transport: h.cut, WebhookSecrets: []string{secret}, Logger: logger,
	})
	require.NoError(t, err)
	flat := map[courrier.Service]courrier.Amount{}
	for _, s := range courrier.Services() {
		flat[s] = courrier.MustAmount(fmt.Sprint(price), "stamp")
	}
	h.client, err = courrier.New(courrier.Config{
		Store: memstore.New(), Providers: []courrier.Provider{provider}, Tariff: tariff.Flat(flat), Logger: logger,
		OnUnknownCode: func(_ context.Context, e courrier.TrackingEvent) { h.strange = append(h.strange, e) },
	})
	require.NoError(t, err)
	h.webhook = h.client.WebhookHandler(provider, courrier.WebhookOptions{})
	_, err = h.client.Credits(account).TopUp(t.Context(), "order-1", courrier.MustAmount("100", "stamp"))
	require.NoError(t, err)
	return h
}

// call is the carrier calling the host.
func (h *host) call(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.webhook.ServeHTTP(w, r)
	return w.Result(), nil
}

// work does the host's duties once.
func (h *host) work() {
	_, err := h.client.Dispatch(h.t.Context(), courrier.DispatchOptions{})
	require.NoError(h.t, err)
	_, err = h.client.Refresh(h.t.Context(), courrier.RefreshOptions{})
	require.NoError(h.t, err)
}

// days lets time pass in steps of hours. Webhooks come duplicated and shuffled;
// some come only days later, and some events are of names nobody knows.
func (h *host) days(n int, providerID func() string) {
	for passed := time.Duration(0); passed < time.Duration(n)*24*time.Hour; {
		step := time.Duration(1+h.chance.IntN(12)) * time.Hour
		passed += step
		time.Sleep(step)
		h.server.Tick()
		if id := providerID(); id != "" && h.chance.IntN(8) == 0 {
			h.server.Happen(id, fmt.Sprintf("letter.novelty_%d", h.chance.IntN(3)))
		}
		_, err := h.server.Deliver(h.t.Context(), h.call, mysendingboxtest.Disorder{
			Duplicate: true, Shuffle: h.chance, Drop: func(string) bool { return h.chance.IntN(3) == 0 },
		})
		require.NoError(h.t, err)
		if h.chance.IntN(3) > 0 {
			h.work()
		}
	}
	_, err := h.server.Deliver(h.t.Context(), h.call, mysendingboxtest.Disorder{Duplicate: true, Shuffle: h.chance})
	require.NoError(h.t, err)
	h.work()
}

// requireOneLetter checks what the carrier took and what was paid.
func (h *host) requireOneLetter(id courrier.LetterID, want ...courrier.EntryKind) {
	h.t.Helper()
	require.Equal(h.t, []string{string(id)}, h.server.Accepted(mysendingbox.MetadataKey))
	var kinds []courrier.EntryKind
	for e, err := range h.client.Credits(account).Entries(h.t.Context(), courrier.EntryFilter{Letter: id}) {
		require.NoError(h.t, err)
		require.Equal(h.t, fmt.Sprint(price)+" stamp", e.Amount.String())
		kinds = append(kinds, e.Kind)
	}
	require.Equal(h.t, want, kinds)
	balance, err := h.client.Credits(account).Balance(h.t.Context(), "stamp")
	require.NoError(h.t, err)
	left := 100 - price
	if slices.Contains(want, courrier.EntryRefund) {
		left = 100
	}
	require.Equal(h.t, fmt.Sprint(left)+" stamp", balance.Available.String())
	require.True(h.t, balance.Reserved.IsZero())
}

// From Send to the last proof, whatever the order of what is heard.
func TestWalk(t *testing.T) {
	t.Parallel()
	charged := []courrier.EntryKind{courrier.EntryReserve, courrier.EntryCapture}
	for name, tc := range map[string]struct {
		service courrier.Service
		route   mysendingboxtest.Route
		status  courrier.Status
		reason  courrier.ReturnReason
		proofs  []courrier.ProofKind
	}{
		"ordinary":                    {courrier.ServiceStandard, mysendingboxtest.Delivered, courrier.StatusPosted, "", nil},
		"ordinary, back after a week": {courrier.ServiceStandard, mysendingboxtest.WrongAddress, courrier.StatusReturned, courrier.ReturnBadAddress, nil},
		"economy":                     {courrier.ServiceEconomy, mysendingboxtest.Delivered, courrier.StatusPosted, "", nil},
		"economy, back":               {courrier.ServiceEconomy, mysendingboxtest.WrongAddress, courrier.StatusReturned, courrier.ReturnBadAddress, nil},
		"priority":                    {courrier.ServicePriority, mysendingboxtest.Delivered, courrier.StatusPosted, "", nil},
		"priority, back":              {courrier.ServicePriority, mysendingboxtest.WrongAddress, courrier.StatusReturned, courrier.ReturnBadAddress, nil},
		"registered, without AR, back": {courrier.ServiceRegistered, mysendingboxtest.Returned, courrier.StatusReturned, courrier.ReturnOther,
			[]courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfReturn}},
		"registered, without AR, lost": {courrier.ServiceRegistered, mysendingboxtest.Lost, courrier.StatusLost, "",
			[]courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfLoss}},
		"registered": {courrier.ServiceRegistered, mysendingboxtest.Delivered, courrier.StatusDelivered, "", []courrier.ProofKind{courrier.ProofOfDeposit}},
		"registered with AR": {courrier.ServiceRegisteredAR, mysendingboxtest.Delivered, courrier.StatusDelivered, "",
			[]courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfReceipt}},
		"registered, returned": {courrier.ServiceRegisteredAR, mysendingboxtest.Returned, courrier.StatusReturned, courrier.ReturnOther,
			[]courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfReturn}},
		"registered, lost": {courrier.ServiceRegisteredAR, mysendingboxtest.Lost, courrier.StatusLost, "", []courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfLoss}},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := newHost(t, seed)
					h.server.SetRoute(tc.route)
					rec, err := h.client.Send(t.Context(), submission("", tc.service).Letter)
					require.NoError(t, err)
					h.work()
					h.days(30, func() string { return h.read(rec.ID).ProviderID })
					got := h.read(rec.ID)
					require.Equal(t, tc.status, got.Status)
					require.Equal(t, tc.reason, got.Tracking.Reason)
					require.Empty(t, got.Tracking.Contradictions)
					var kept []courrier.ProofKind
					for _, p := range got.Proofs {
						kept = append(kept, p.Kind)
						doc, err := h.client.Proof(t.Context(), rec.ID, p.Kind)
						require.NoError(t, err)
						require.Contains(t, string(doc.Content), got.ProviderID)
					}
					require.ElementsMatch(t, tc.proofs, kept)
					require.Equal(t, tc.service.Tracked(), got.TrackingNumber != "")
					require.NotEmpty(t, h.strange, "unknown events are reported")
					for _, e := range h.strange {
						require.True(t, e.Unknown && e.Status == "" && e.Proof == "", "%s moves a letter", e.Code)
					}
					h.requireOneLetter(rec.ID, charged...)
				})
			})
		}
	}
}

func (h *host) read(id courrier.LetterID) courrier.LetterRecord {
	h.t.Helper()
	rec, err := h.client.Letter(h.t.Context(), id)
	require.NoError(h.t, err)
	return rec
}

// A time-out, a broken connection or a 504 after the carrier did what it was
// asked, at every call: one letter, right money. It does not rest on the
// idempotency key, which this carrier ignores.
func TestLostAnswersCostOneLetter(t *testing.T) {
	t.Parallel()
	for _, lost := range []mysendingboxtest.Kind{mysendingboxtest.AcceptThenHang, mysendingboxtest.AcceptThenReset, mysendingboxtest.AcceptThen504} {
		for name, f := range map[string]mysendingboxtest.Fault{
			"submit":           {Method: http.MethodPost, Path: "/letters", Times: 1},
			"submit and find":  {Path: "/letters", Times: 6},
			"find":             {Method: http.MethodGet, Path: "/letters", Times: 5},
			"proof":            {Method: http.MethodGet, Path: "/files/", Times: 5},
			"everything early": {Times: 12},
		} {
			t.Run(fmt.Sprint(name, " ", lost), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := newHost(t, 1)
					h.server.Behave(mysendingboxtest.Behaviour{NoIdempotency: true})
					f.Kind = lost
					h.server.Fail(f)
					rec, err := h.client.Send(t.Context(), submission("", courrier.ServiceRegisteredAR).Letter)
					require.NoError(t, err)
					h.work()
					h.days(30, func() string { return "" })
					got := h.read(rec.ID)
					require.Equal(t, courrier.StatusDelivered, got.Status)
					require.Len(t, got.Proofs, 2)
					h.requireOneLetter(rec.ID, courrier.EntryReserve, courrier.EntryCapture)
				})
			})
		}
		t.Run(fmt.Sprint("cancel ", lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, 1)
				rec, err := h.client.Send(t.Context(), submission("", courrier.ServiceRegisteredAR).Letter)
				require.NoError(t, err)
				h.work()
				h.server.Fail(mysendingboxtest.Fault{Kind: lost, Method: http.MethodDelete, Times: 4})
				_, err = h.client.Cancel(t.Context(), rec.ID)
				require.ErrorIs(t, err, courrier.ErrInDoubt)
				h.days(3, func() string { return "" })
				require.Equal(t, courrier.StatusCancelled, h.read(rec.ID).Status)
				h.requireOneLetter(rec.ID, courrier.EntryReserve, courrier.EntryCapture, courrier.EntryRefund)
			})
		})
	}
}

// A carrier that never read the letter gets it once more, and only then.
func TestLostRequestIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, lost := range []mysendingboxtest.Kind{mysendingboxtest.Hang, mysendingboxtest.Reset, mysendingboxtest.Gateway} {
		t.Run(string(lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, 1)
				h.server.Fail(mysendingboxtest.Fault{Kind: lost, Method: http.MethodPost, Times: 1})
				rec, err := h.client.Send(t.Context(), submission("", courrier.ServiceStandard).Letter)
				require.NoError(t, err)
				h.work()
				require.Equal(t, courrier.StatusUnknown, h.read(rec.ID).Status)
				time.Sleep(5 * time.Minute)
				h.work()
				require.Equal(t, courrier.StatusUnknown, h.read(rec.ID).Status, "too early to be sure")
				h.days(3, func() string { return "" })
				require.Equal(t, courrier.StatusPosted, h.read(rec.ID).Status)
				h.requireOneLetter(rec.ID, courrier.EntryReserve, courrier.EntryCapture)
			})
		})
	}
}
