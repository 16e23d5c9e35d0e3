package mysendingbox_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"wire-01":    idsOfOtherLetters,
		"wire-03":    unwordedRefusals,
		"wire-04":    wordedElsewhere,
		"wire-08":    proofsOfOtherHosts,
		"promise-09": keysHoweverPrinted,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// A call of the carrier's, or of anybody who knows its secret, may name one letter
// and carry the id of another. Nothing about the other is told of the first.
func idsOfOtherLetters(t *testing.T) {
	w := newWorld(t, nil)
	other := w.submit(t, submission("lt-b", courrier.ServiceRegisteredAR))
	w.Happen(other.ProviderID, "letter.accepted", "letter.filing_proof", "letter.sent", "letter.distributed", "letter.delivery_proof")
	foreign := courrier.Reference{ID: "lt-a", Account: account, Service: courrier.ServiceRegisteredAR, ProviderID: other.ProviderID}
	events, err := w.provider.Track(t.Context(), []courrier.Reference{foreign})
	require.NoError(t, err)
	require.Empty(t, events)
	for _, kind := range []courrier.ProofKind{courrier.ProofOfDeposit, courrier.ProofOfReceipt, courrier.ProofOfContent} {
		_, err = w.provider.Proof(t.Context(), foreign, kind)
		carrierlife.RequireKind(t, courrier.ErrNotFound, err)
		_, err = w.provider.Proof(t.Context(), other, kind)
		require.NoError(t, err)
	}
	fresh := w.submit(t, submission("lt-c", courrier.ServiceStandard))
	foreign.ProviderID = fresh.ProviderID
	carrierlife.RequireKind(t, courrier.ErrNotFound, w.provider.Cancel(t.Context(), foreign))
	for _, r := range w.Requests() {
		require.NotEqual(t, http.MethodDelete, r.Method, "the other letter goes on")
	}
	_, err = w.provider.Find(t.Context(), foreign)
	carrierlife.RequireKind(t, courrier.ErrNotFound, err)
	for _, body := range []string{
		`{"_id":"L","mode":"live"}`, `{"_id":"L","mode":"live","metadata":{"courrier_letter":"lt-b"},"description":"lt-a"}`, `{"_id":"L","mode":"live","metadata":[],"description":""}`,
	} {
		strange := newWorld(t, func(c *mysendingbox.Config) { c.Transport = canned(body) })
		_, err := strange.provider.Submit(t.Context(), submission("lt-a", courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	}
}

// Whatever something in between answers after the letter was made, in whatever
// status and words: in doubt, and Find has the letter.
func unwordedRefusals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		status := rapid.IntRange(300, 599).Draw(rt, "status")
		body := rapid.SampledFrom([]string{"", "<html>blocked</html>", "null", "[]", "1", `"no"`, `{}`, `{"error":"Forbidden"}`, `{"error":{}}`, `{"error":{"message":""}}`,
			`{"errors":[{"message":"x"}]}`, `{"code":403}`, `{"error":{"message":{"a":1}}}`, "{"}).Draw(rt, "body")
		executed := false
		var w *world
		w = newWorld(t, func(c *mysendingbox.Config) {
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				resp, err := w.wire.RoundTrip(r)
				if err != nil || executed {
					return resp, err
				}
				executed = true
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			})
		})
		_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		require.Len(t, w.Accepted(mysendingbox.MetadataKey), 1)
		receipt, err := w.provider.Find(t.Context(), courrier.Reference{ID: "lt-1", Account: account, Service: courrier.ServiceStandard})
		require.NoError(t, err)
		require.NotEmpty(t, receipt.ProviderID)
	})
}

// A refusal for good is one in the carrier's short form too, with its code.
func wordedElsewhere(t *testing.T) {
	for status, want := range map[int]error{
		400: courrier.ErrRejected, 404: courrier.ErrRejected, 422: courrier.ErrRejected,
		401: courrier.ErrInDoubt, 403: courrier.ErrInDoubt, 409: courrier.ErrInDoubt, 429: courrier.ErrInDoubt, 500: courrier.ErrInDoubt,
	} {
		w := newWorld(t, func(c *mysendingbox.Config) {
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"message":"to.address_city is required"}`)), Request: r}, nil
			})
		})
		_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
		carrierlife.RequireKind(t, want, err)
		var e *courrier.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, fmt.Sprint(status), e.Code)
		require.ErrorContains(t, err, "is required")
	}
}

// A link of the carrier's leads to its own hosts, and to a file that is whole.
func proofsOfOtherHosts(t *testing.T) {
	const whole = "%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF\n"
	fetch := func(link, body string, hosts ...string) error {
		w := newWorld(t, func(c *mysendingbox.Config) {
			c.Retries, c.FileHosts = -1, hosts
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				answer := body
				if r.URL.Host == "api.mysendingbox.fr" {
					answer = `{"_id":"L","mode":"live","description":"lt-1","filing_proof":{"_id":"F","url":"` + link + `"}}`
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r, ContentLength: -1}, nil
			})
		})
		_, err := w.provider.Proof(t.Context(), courrier.Reference{ID: "lt-1", Account: account, ProviderID: "L"}, courrier.ProofOfDeposit)
		return err
	}
	require.NoError(t, fetch("https://files.mysendingbox.fr/p.pdf", whole))
	require.NoError(t, fetch("https://bucket.store.example/p.pdf", whole, "store.example"))
	for _, link := range []string{"https://169.254.169.254/latest", "https://10.0.0.8/p.pdf", "https://localhost/p", "https://store.example/p", "http://files.mysendingbox.fr/p", "https://mysendingbox.fr.evil.example/p"} {
		err := fetch(link, whole)
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		require.ErrorContains(t, err, "file-host")
		require.NotContains(t, err.Error(), "evil")
	}
	for cut := range len(whole) - 2 {
		carrierlife.RequireKind(t, courrier.ErrUnavailable, fetch("https://files.mysendingbox.fr/p.pdf", whole[:cut]))
	}
}

func keysHoweverPrinted(t *testing.T) {
	key := mysendingbox.NewKey(mysendingboxtest.LiveKey)
	for verb := '!'; verb <= '~'; verb++ {
		for _, v := range []any{key, &key, mysendingbox.Keys{Live: key, Test: key}, []any{key}} {
			require.NotContains(t, fmt.Sprintf("%+"+string(verb), v), "5d2c", "%%%c", verb)
			require.NotContains(t, fmt.Errorf("%"+string(verb), v).Error(), "5d2c", "%%%c", verb)
		}
	}
}
