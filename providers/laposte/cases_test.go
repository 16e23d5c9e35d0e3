package laposte_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/laposte"
)

func TestCases(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"wire-01": idsOfOtherLetters,
		"wire-02": emptySuccesses,
		"wire-03": unwordedRefusals,
		"wire-04": ownCodesInAnyStatus,
		"wire-07": accountsWaitAlone,
		"wire-08": cutProofs,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

func idsOfOtherLetters(t *testing.T) {
	w := newWorld(t)
	s := submission(courrier.ServiceRegisteredAR)
	other := w.send(t, s)
	w.fake.Advance(11 * 24 * time.Hour)
	require.Equal(t, courrier.StatusDelivered, courrier.Fold(w.track(t, other)).Status)
	foreign := other
	foreign.ID = "0195a1b2-c3d4-7e5f-8a6b-00000000000a"
	foreign.Draft = ""
	require.Empty(t, w.track(t, foreign))
	_, err := w.provider.Proof(t.Context(), foreign, courrier.ProofOfReceipt)
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	_, err = w.provider.Find(t.Context(), foreign)
	carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	hook := []byte(`{"event_type":"ON_STATUS_PROCESSED","resource_type":"registered_mail/v4/sendings","resource_id":"` + other.ProviderID + `","resource_custom_id":"` + string(foreign.ID) + `"}`)
	header := http.Header{}
	(&http.Request{Header: header}).SetBasicAuth(login.Login, login.Password)
	told, err := w.provider.ParseWebhook(header, nil, hook)
	require.NoError(t, err)
	require.True(t, told.Events[0].Hint, "what the call says of either letter is only a hint")
}

// Successes that are not Maileva's: the letter is not taken for submitted, is
// settled by its draft, and leaves once.
func emptySuccesses(t *testing.T) {
	for _, status := range []int{200, 201, 202, 204} {
		for _, body := range []string{"", "{}", "null", "[]", `{"id":"x"}`, `{"status":"PENDING"}`} {
			for _, executed := range []bool{false, true} {
				t.Run(fmt.Sprint(status, body, executed), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, func(c *laposte.Config) {
						c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
							if !strings.HasSuffix(r.URL.Path, "/submit") {
								return http.DefaultTransport.RoundTrip(r)
							}
							if executed {
								resp, err := http.DefaultTransport.RoundTrip(r)
								if err != nil {
									return nil, err
								}
								resp.Body.Close()
							}
							return answer(r, status, body), nil
						})
					})
					s, ref := drafted(t, w, courrier.ServiceStandard)
					receipt, err := w.provider.Submit(t.Context(), s)
					if executed {
						require.NoError(t, err)
						require.Equal(t, s.Draft, receipt.ProviderID)
						return
					}
					carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
					w.fake.Advance(time.Hour)
					_, err = w.provider.Find(t.Context(), ref)
					carrierlife.RequireKind(t, courrier.ErrNotFound, err)
					require.Zero(t, w.fake.Drafts(), "the draft cannot leave later either")
				})
			}
		}
	}
}

// Whatever something in between answers to a submission, executed or not: no
// certainty but Maileva's own.
func unwordedRefusals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		status := rapid.IntRange(300, 599).Draw(rt, "status")
		executed := rapid.Bool().Draw(rt, "executed")
		body := rapid.SampledFrom([]string{"", "<html>", "null", `{"message":"Forbidden"}`, `{"error":"Forbidden","status":403}`, `{"error":"invalid_token"}`, `{"errors":[]}`,
			`{"errors":[{"message":"x"}]}`, `{"code":403}`, `{"code":""}`}).Draw(rt, "body")
		w := newWorld(t, func(c *laposte.Config) {
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, "/submit") {
					return http.DefaultTransport.RoundTrip(r)
				}
				if executed {
					resp, err := http.DefaultTransport.RoundTrip(r)
					if err != nil {
						return nil, err
					}
					resp.Body.Close()
				}
				return answer(r, status, body), nil
			})
		})
		s, ref := drafted(t, w, courrier.ServiceStandard)
		_, err := w.provider.Submit(t.Context(), s)
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		w.fake.Advance(time.Hour)
		receipt, err := w.provider.Find(t.Context(), ref)
		if !executed {
			carrierlife.RequireKind(t, courrier.ErrNotFound, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, s.Draft, receipt.ProviderID)
		w.fake.Close()
	})
}

// A code of Maileva's own is its word in any 4xx but those about time.
func ownCodesInAnyStatus(t *testing.T) {
	for status := 400; status < 500; status++ {
		w := newWorld(t, func(c *laposte.Config) {
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/submit") {
					return answer(r, status, `{"errors":[{"code":"CONTRACT_SUSPENDED","message":"no"}]}`), nil
				}
				return http.DefaultTransport.RoundTrip(r)
			})
		})
		s, _ := drafted(t, w, courrier.ServiceStandard)
		_, err := w.provider.Submit(t.Context(), s)
		want := courrier.ErrRejected
		switch status {
		case 401, 403:
			want = courrier.ErrDenied
		case 402:
			want = courrier.ErrUnavailable
		case 404, 408, 425:
			want = courrier.ErrInDoubt
		case 429:
			want = courrier.ErrUnavailable
		}
		carrierlife.RequireKind(t, want, err)
		if want == courrier.ErrRejected {
			var e *courrier.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "CONTRACT_SUSPENDED", e.Code)
			require.Zero(t, w.fake.Drafts())
		}
		w.fake.Close()
	}
}

// A 429 with a Retry-After holds back the account whose user it was said to.
func accountsWaitAlone(t *testing.T) {
	busy := true
	w := newWorld(t, func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			var body []byte
			if r.Body != nil {
				var err error
				if body, err = io.ReadAll(r.Body); err != nil {
					return nil, err
				}
				r.Body = io.NopCloser(strings.NewReader(string(body)))
			}
			if busy && strings.Contains(string(body), "busy-letter") {
				busy = false
				resp := answer(r, http.StatusTooManyRequests, `{"code":"TOO_MANY","message":"later"}`)
				resp.Header.Set("Retry-After", "3600")
				return resp, nil
			}
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	s := submission(courrier.ServiceStandard)
	s.ID, s.Letter.Account = "busy-letter", "busy"
	for range 2 {
		_, err := w.provider.Draft(t.Context(), s)
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	}
	require.False(t, busy)
	s.ID, s.Letter.Account = letterID, "calm"
	began := time.Now()
	w.send(t, s)
	require.Less(t, time.Since(began), 10*time.Second)
}

// A proof that comes without its end is none, whatever is missing.
func cutProofs(t *testing.T) {
	var cut int
	w := newWorld(t, func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil || !strings.Contains(r.URL.Path, "/download") {
				return resp, err
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(string(body[:max(len(body)-cut, 0)]))), -1
			return resp, err
		})
	})
	ref := w.send(t, submission(courrier.ServiceRegisteredAR))
	w.fake.Advance(11 * 24 * time.Hour)
	_, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfReceipt)
	require.NoError(t, err)
	for cut = 2; cut < 120; cut++ {
		_, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfReceipt)
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	}
}
