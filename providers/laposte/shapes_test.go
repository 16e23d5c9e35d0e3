package laposte_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

// Lines of a bill come in the contract's shape, and in others that were seen; an
// answer in none of them is not a bill without lines.
func TestShapesOfBills(t *testing.T) {
	t.Parallel()
	const line = `{"id":"1","type":"USER_REQUEST","amount":1.52,"unit_price":1.52,"quantity":1,"recipient_custom_id":"letter-1"}`
	for body, want := range map[string]int{
		`{"items":[` + line + `]}`:             1,
		`{"recipient_items":[` + line + `]}`:   1,
		`{"invoice":{"items":[` + line + `]}}`: 1,
		`{"items":[],"paging":{}}`:             0,
		`{"invoice":{"items":[]}}`:             0,
		`{}`:                                   -1,
		`{"lines":[]}`:                         -1,
		`{"invoice":{}}`:                       -1,
		`{"items":null}`:                       -1,
	} {
		w := newWorld(t, answering(http.MethodGet, "", http.StatusOK, body))
		n := 0
		var failed error
		for l, err := range w.provider.BillingLines(t.Context(), "acme", courrier.MustDate("2026-03-01"), courrier.MustDate("2026-03-31")) {
			if err != nil {
				failed = err
				continue
			}
			n++
			require.Equal(t, "1.52 EUR", l.Amount.String())
		}
		if want < 0 {
			carrierlife.RequireKind(t, courrier.ErrUnavailable, failed)
			continue
		}
		require.NoError(t, failed, body)
		require.Equal(t, want, n, body)
	}
}

// Where the proof of content is not there yet, what was printed may be.
func TestEmbeddedDocument(t *testing.T) {
	t.Parallel()
	var asked []string
	w := newWorld(t, func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/recipients") && r.Method == http.MethodGet:
				return answer(r, 200, `{"recipients":[{"id":"r-1","custom_id":"`+string(letterID)+`","content_proof_embedded_document_url":"https://elsewhere.test/x"}]}`), nil
			case strings.Contains(r.URL.Path, "download"):
				asked = append(asked, r.URL.Path)
				return answer(r, 200, "%PDF-1.4\n%%EOF"), nil
			}
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	ref := w.send(t, submission(courrier.ServiceRegistered))
	d, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfContent)
	require.NoError(t, err)
	require.NotEmpty(t, d.Content)
	require.Equal(t, []string{"/registered_mail/v4/sendings/" + ref.ProviderID + "/recipients/r-1/content_proof/download_embedded_document"}, asked, "by ids, never by the link")
	_, err = w.provider.Proof(t.Context(), ref, courrier.ProofOfReceipt)
	carrierlife.RequireKind(t, courrier.ErrNotFound, err)
}

func TestArchiveYears(t *testing.T) {
	t.Parallel()
	for years, want := range map[int]string{0: `"archiving_duration":3`, 3: `"archiving_duration":3`, 6: `"archiving_duration":6`, 10: `"archiving_duration":10`} {
		w := newWorld(t, func(c *laposte.Config) { c.ArchiveYears = years })
		drafted(t, w, courrier.ServiceRegistered)
		found := false
		for _, r := range w.fake.Requests() {
			found = found || strings.Contains(string(r.Body), want)
		}
		require.True(t, found, want)
	}
	for _, bad := range []int{-1, 1, 4, 11} {
		_, err := laposte.New(laposte.Config{Credentials: laposte.StaticCredentials(credentials), ArchiveYears: bad})
		require.Equal(t, "ArchiveYears", courrier.FieldErrors(err)[0].Field)
	}
}

// Suivi answers 200 and tells an outage inside: that is not "not known yet", and hides
// no other number.
func TestErrorsInsideASuccess(t *testing.T) {
	t.Parallel()
	const known = `{"returnCode":200,"shipment":{"idShip":"4P36275770836","event":[{"code":"DI1","date":"2026-03-04T10:00:00+01:00"}]}}`
	for body, want := range map[string]struct {
		kind   error
		events int
	}{
		`{"returnCode":500,"returnMessage":"x","idShip":"1"}`:         {courrier.ErrUnavailable, 0},
		`{"returnCode":504,"idShip":"1"}`:                             {courrier.ErrUnavailable, 0},
		`{"returnCode":429}`:                                          {courrier.ErrUnavailable, 0},
		`{"returnCode":401}`:                                          {courrier.ErrDenied, 0},
		`{"returnCode":104}`:                                          {nil, 0},
		`{"returnCode":105}`:                                          {nil, 0},
		`[` + known + `,{"returnCode":504,"idShip":"RR473124829GB"}]`: {courrier.ErrUnavailable, 1},
		`[` + known + `,{"returnCode":104,"idShip":"RR473124829GB"}]`: {nil, 1},
	} {
		fake := newFake(lapostetest.Options{})
		t.Cleanup(fake.Close)
		suivi, err := newSuivi(fake, roundTrip(func(r *http.Request) (*http.Response, error) { return answer(r, http.StatusOK, body), nil }))
		require.NoError(t, err)
		events, err := suivi.Track(t.Context(), []courrier.Reference{{ID: "a", TrackingNumber: "4P36275770836"}, {ID: "b", TrackingNumber: "RR473124829GB"}})
		if want.kind == nil {
			require.NoError(t, err, body)
		} else {
			carrierlife.RequireKind(t, want.kind, err)
		}
		require.Len(t, events, want.events, body)
	}
}

// A code that was seen and is in no list changes nothing, and is known.
func TestCodesSeenInTheWild(t *testing.T) {
	t.Parallel()
	fake := newFake(lapostetest.Options{})
	t.Cleanup(fake.Close)
	fake.AddSuivi("4P36275770836", "PC1")
	fake.Advance(time.Hour)
	fake.AddSuivi("4P36275770836", "ID1")
	suivi, err := newSuivi(fake, nil)
	require.NoError(t, err)
	events, err := suivi.Track(t.Context(), []courrier.Reference{{ID: "a", TrackingNumber: "4P36275770836"}})
	require.NoError(t, err)
	require.Len(t, events, 2)
	for _, e := range events {
		require.False(t, e.Unknown, e.Code)
	}
	require.Equal(t, courrier.StatusInTransit, courrier.Fold(events).Status)
}
