package mysendingbox_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

// What each of the carrier's events means, by letter.
func TestJourneys(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service courrier.Service
		events  []string
		want    courrier.Tracking
	}{
		"an ordinary letter ends when posted": {courrier.ServiceStandard, []string{"letter.accepted", "letter.sent"}, courrier.Tracking{Status: courrier.StatusPosted, Code: "letter.sent"}},
		"and may come back days later": {courrier.ServiceStandard, []string{"letter.accepted", "letter.sent", "letter.wrong_address"},
			courrier.Tracking{Status: courrier.StatusReturned, Code: "letter.wrong_address", Reason: courrier.ReturnBadAddress}},
		"printing fails":       {courrier.ServiceStandard, []string{"letter.accepted", "letter.error"}, courrier.Tracking{Status: courrier.StatusFailed, Code: "letter.error"}},
		"cancelled":            {courrier.ServiceStandard, []string{"letter.canceled"}, courrier.Tracking{Status: courrier.StatusCancelled, Code: "letter.canceled"}},
		"proof before posting": {courrier.ServiceRegistered, []string{"letter.filing_proof"}, courrier.Tracking{Status: courrier.StatusPosted, Code: "letter.filing_proof", Proofs: []courrier.ProofKind{courrier.ProofOfDeposit}}},
		"handed over with AR": {courrier.ServiceRegisteredAR, []string{"letter.accepted", "letter.filing_proof", "letter.sent", "letter.in_transit", "letter.in_transit", "letter.distributed", "letter.delivery_proof"},
			courrier.Tracking{Status: courrier.StatusDelivered, Code: "letter.distributed", Proofs: []courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfReceipt}}},
		"waiting": {courrier.ServiceRegistered, []string{"letter.sent", "letter.waiting_to_be_withdrawn"}, courrier.Tracking{Status: courrier.StatusAwaitingPickup, Code: "letter.waiting_to_be_withdrawn"}},
		"returned": {courrier.ServiceRegistered, []string{"letter.sent", "letter.returned_to_sender", "letter.return_to_sender_proof"},
			courrier.Tracking{Status: courrier.StatusReturned, Code: "letter.return_to_sender_proof", Reason: courrier.ReturnOther, Proofs: []courrier.ProofKind{courrier.ProofOfReturn}}},
		"lost, with a proof that no event announces": {courrier.ServiceRegistered, []string{"letter.sent", "letter.lost"},
			courrier.Tracking{Status: courrier.StatusLost, Code: "letter.lost", Proofs: []courrier.ProofKind{courrier.ProofOfLoss}}},
		"scans tell more than events": {courrier.ServiceRegistered, []string{"letter.sent", "scan:PRIS_EN_CHARGE:Pris en charge", "scan:PRIS_EN_CHARGE:Pli présenté", "scan:A_RETIRER:Attend d'être retiré au guichet", "scan:DISTRIBUE:Distribué"},
			courrier.Tracking{Status: courrier.StatusDelivered, Code: "DISTRIBUE"}},
		"unknown words change nothing": {courrier.ServiceRegistered, []string{"letter.sent", "letter.teleported", "scan:INCONNU:Inconnu", "scan:EN_ORBITE:En orbite"}, courrier.Tracking{Status: courrier.StatusPosted, Code: "letter.sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			ref := w.submit(t, submission("lt-1", tc.service))
			for _, e := range tc.events {
				w.clock.Add(26 * time.Hour)
				w.Happen(ref.ProviderID, e)
			}
			events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
			require.NoError(t, err)
			got := courrier.Fold(events)
			require.Equal(t, tc.want.Status, got.Status)
			require.Equal(t, tc.want.Code, got.Code)
			require.Equal(t, tc.want.Reason, got.Reason)
			require.Equal(t, tc.want.Proofs, got.Proofs)
			require.Empty(t, got.Contradictions)
			require.Equal(t, tc.service.Tracked() && len(tc.events) > 1, got.TrackingNumber != "")
		})
	}
}

func TestFirstPresentationComesFromTheScan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref := w.submit(t, submission("lt-1", courrier.ServiceRegistered))
	w.Happen(ref.ProviderID, "letter.sent")
	w.clock.Add(48 * time.Hour)
	presented := w.clock.Now()
	w.Happen(ref.ProviderID, "scan:PRIS_EN_CHARGE:Pli présenté")
	w.clock.Add(24 * time.Hour)
	w.Happen(ref.ProviderID, "letter.waiting_to_be_withdrawn", "scan:A_RETIRER:Attend d'être retiré au guichet")
	events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err)
	require.Equal(t, presented, courrier.Fold(events).PresentedAt)
}

func TestUnknownCodesAreMarked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref := w.submit(t, submission("lt-1", courrier.ServiceRegistered))
	w.Happen(ref.ProviderID, "letter.teleported", "scan:EN_ORBITE:En orbite")
	events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err)
	unknown := map[string]bool{}
	for _, e := range events {
		require.True(t, json.Valid(e.Raw), e.Code)
		unknown[e.Code] = e.Unknown
	}
	require.Equal(t, map[string]bool{"letter.created": false, "letter.teleported": true, "EN_ORBITE": true}, unknown)
}

func TestReasonsOfReturn(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]courrier.ReturnReason{
		"PLI REFUSE": courrier.ReturnRefused, "anything else": courrier.ReturnOther, "": courrier.ReturnOther,
	} {
		w := newWorld(t, func(c *mysendingbox.Config) {
			c.ReturnReasons = map[string]courrier.ReturnReason{"PLI REFUSE": courrier.ReturnRefused}
		})
		ref := w.submit(t, submission("lt-1", courrier.ServiceRegistered))
		w.GiveReason(ref.ProviderID, reason)
		w.Happen(ref.ProviderID, "letter.sent", "letter.returned_to_sender")
		events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
		require.NoError(t, err)
		require.Equal(t, want, courrier.Fold(events).Reason)
	}
}

// Whatever the carrier adds or changes around them, the facts are read.
func TestUnusualAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Behave(mysendingboxtest.Behaviour{ExtraKeys: true})
	receipt, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
	require.NoError(t, err)
	require.Equal(t, "1.76 EUR", receipt.Price.String())

	for body, want := range map[string]string{
		`{"_id":"L","mode":"live","description":"lt-1","price":{"total":5.930000000000001}}`: "5.93 EUR",
		`{"_id":"L","mode":"live","description":"lt-1","price":{"total":"4.10"}}`:            "4.10 EUR",
		`{"_id":"L","mode":"live","description":"lt-1","price":{"total":12}}`:                "12.00 EUR",
		`{"_id":"L","mode":"live","description":"lt-1","price":{"total":-1}}`:                "",
		`{"_id":"L","mode":"live","description":"lt-1","price":{"total":1e400}}`:             "",
		`{"_id":"L","mode":"live","description":"lt-1","price":null,"metadata":[]}`:          "",
		`{"_id":"L","mode":"live","description":"lt-1","price":"free","events":{},"tracking_events":"none","tracking_number":8700012345678,"error":{"message":"x"},"expected_delivery_date":"2026-03-05T00:00:00.000Z"}`: "",
		`{"_id":"L","mode":"live","description":"lt-1","price":{"total":0.0000001}}`: "0.00 EUR",
	} {
		w := newWorld(t, func(c *mysendingbox.Config) { c.Transport = canned(body) })
		receipt, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
		require.NoError(t, err, body)
		require.Equal(t, want, receipt.Price.String(), body)
		if receipt.TrackingNumber != "" {
			require.Equal(t, "8700012345678", receipt.TrackingNumber)
			require.Equal(t, courrier.MustDate("2026-03-05"), receipt.ExpectedOn)
		}
	}
	for _, body := range []string{`{"mode":"live"}`, `{"_id":null,"mode":"live"}`, `[]`, `{`, ``, `<html>`, `{"_id":"L"}`, `{"_id":"L","mode":"live"}`} {
		w := newWorld(t, func(c *mysendingbox.Config) { c.Transport = canned(body) })
		_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	}
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	l := submission("", courrier.ServiceRegisteredAR).Letter
	price, err := w.provider.Quote(t.Context(), l)
	require.NoError(t, err)
	require.Equal(t, "6.20 EUR", price.String())
	l.Documents[0].Pages = 0
	_, err = w.provider.Quote(t.Context(), l)
	carrierlife.RequireKind(t, courrier.ErrInvalid, err)
	require.Equal(t, "Documents[0].Pages", courrier.FieldErrors(err)[0].Field)

	for body, want := range map[string]string{`{"total":1.39}`: "1.39 EUR", `{"price":{"total":1.39}}`: "1.39 EUR", `{"amount":1.39}`: "", `[1.39]`: ""} {
		w := newWorld(t, func(c *mysendingbox.Config) { c.Transport = canned(body) })
		price, err := w.provider.Quote(t.Context(), submission("", courrier.ServiceStandard).Letter)
		require.Equal(t, want, price.String())
		require.Equal(t, want == "", err != nil)
	}
}

func TestProofs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mysendingbox.Config) { c.Retries = -1 })
	ref := w.submit(t, submission("lt-1", courrier.ServiceRegisteredAR))
	_, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfContent)
	carrierlife.RequireKind(t, courrier.ErrNotFound, err)
	_, err = w.provider.Proof(t.Context(), ref, courrier.ProofOfDelivery)
	carrierlife.RequireKind(t, courrier.ErrUnsupported, err)
	w.advance(60 * 24 * time.Hour)
	for kind, text := range map[courrier.ProofKind]string{
		courrier.ProofOfContent: "/Type /Page", courrier.ProofOfDeposit: "filing_proof of " + ref.ProviderID, courrier.ProofOfReceipt: "delivery_proof of " + ref.ProviderID,
	} {
		doc, err := w.provider.Proof(t.Context(), ref, kind)
		require.NoError(t, err)
		require.Contains(t, string(doc.Content), text)
		require.Equal(t, "lt-1-"+string(kind)+".pdf", doc.Name)
	}
	for status, want := range map[int]error{404: courrier.ErrNotFound, 403: courrier.ErrUnavailable, 500: courrier.ErrUnavailable, 200: courrier.ErrUnavailable} {
		w.Heal()
		w.Fail(mysendingboxtest.Fault{Kind: mysendingboxtest.Status, Status: status, Path: "/files/"})
		_, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfDeposit)
		carrierlife.RequireKind(t, want, err)
	}
	ref.ProviderID = ""
	_, err = w.provider.Proof(t.Context(), ref, courrier.ProofOfDeposit)
	carrierlife.RequireKind(t, courrier.ErrNotFound, err)
}

// Proofs of electronic letters, which the account's people send on the carrier's site.
func TestProofsOfElectronicLetters(t *testing.T) {
	t.Parallel()
	const file = `{"_id":"F","url":"https://files.test/%s","created_at":"2026-03-05T00:00:00.000Z"}`
	for key, kind := range map[string]courrier.ProofKind{
		"download_proof": courrier.ProofOfReceipt, "rejection_proof": courrier.ProofOfReturn, "negligence_proof": courrier.ProofOfReturn,
		"filing_proof": courrier.ProofOfDeposit, "lost_proof": courrier.ProofOfLoss, "delivery_proof": courrier.ProofOfReceipt, "return_to_sender_proof": courrier.ProofOfReturn,
	} {
		w := newWorld(t, func(c *mysendingbox.Config) {
			c.Transport = canned(`{"_id":"L","mode":"live","description":"lt-1","channel":"electronic","` + key + `":` + file + `}`)
		})
		events, err := w.provider.Track(t.Context(), []courrier.Reference{{ID: "lt-1", Account: account, ProviderID: "L"}})
		require.NoError(t, err)
		require.Len(t, events, 1, key)
		require.Equal(t, kind, events[0].Proof)
	}
}

// Webhook and poll tell the same facts under the same ids, in any order.
func TestWebhooksAndPollsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, nil)
		w.SetRoute(rapid.SampledFrom([]mysendingboxtest.Route{mysendingboxtest.Delivered, mysendingboxtest.Returned, mysendingboxtest.Lost, mysendingboxtest.WrongAddress}).Draw(rt, "route"))
		service := rapid.SampledFrom(w.provider.Capabilities().Services).Draw(rt, "service")
		ref := w.submit(t, submission("lt-1", service))
		w.advance(60 * 24 * time.Hour)
		polled, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
		require.NoError(rt, err)
		ids := map[string]courrier.TrackingEvent{}
		for _, e := range polled {
			ids[e.ID] = e
		}
		var heard []courrier.TrackingEvent
		receive := func(r *http.Request) (*http.Response, error) { return listen(w, &heard, r) }
		seed := rapid.Uint64().Draw(rt, "seed")
		_, err = w.Deliver(t.Context(), receive, mysendingboxtest.Disorder{Duplicate: true, Shuffle: rand.New(rand.NewPCG(seed, seed))})
		require.NoError(rt, err)
		require.NotEmpty(rt, heard)
		for _, e := range heard {
			same, ok := ids[e.ID]
			require.True(rt, ok, e.Code)
			require.Equal(rt, same.Code, e.Code)
			require.Equal(rt, same.Status, e.Status)
			require.Equal(rt, same.Happened, e.Happened)
			require.True(rt, e.Hint)
			require.Equal(rt, ref.ID, e.Letter)
		}
		require.Equal(rt, courrier.Fold(polled).Status, courrier.Fold(append(heard, polled...)).Status)
	})
}

// listen is a host's webhook endpoint.
func listen(w *world, heard *[]courrier.TrackingEvent, r *http.Request) (*http.Response, error) {
	body := make([]byte, r.ContentLength)
	if _, err := r.Body.Read(body); err != nil {
		return nil, err
	}
	hook, err := w.provider.ParseWebhook(r.Header, r.URL.Query(), body)
	if err != nil {
		return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody}, nil
	}
	*heard = append(*heard, hook.Events...)
	return &http.Response{StatusCode: hook.Status, Body: http.NoBody}, nil
}
