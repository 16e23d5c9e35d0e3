package laposte_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// A 404 that Maileva did not sign, such as that of a broken gateway, says nothing
// of a letter that was submitted, nor that a draft was deleted.
func TestUnsignedNotFoundProvesNothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html>", `{"code":"404","message":"no route"}`, `{"code":"NOT_FOUND","message":"no route"}`, `{"error":"SENDING_NOT_FOUND"`} {
		t.Run("read "+body, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, answering(http.MethodGet, "", http.StatusNotFound, body))
			s, ref := drafted(t, w, courrier.ServiceStandard)
			_, err := w.provider.Submit(t.Context(), s)
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
			require.Len(t, w.fake.Submitted(), 1)
			w.fake.Advance(time.Hour)
			_, err = w.provider.Find(t.Context(), ref)
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		})
		t.Run("delete "+body, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *laposte.Config) {
				c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodDelete {
						return answer(r, http.StatusNotFound, body), nil
					}
					return http.DefaultTransport.RoundTrip(r)
				})
			})
			s, ref := drafted(t, w, courrier.ServiceStandard)
			w.fake.Advance(time.Hour)
			_, err := w.provider.Find(t.Context(), ref)
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
			_, err = w.provider.Submit(t.Context(), s)
			require.NoError(t, err, "the draft was there all along")
		})
	}
}

// The host's own errors may be of any kind. They mean that there are no
// credentials now, and nothing about the letter.
func TestKindsOfCredentialsErrorsStayInside(t *testing.T) {
	t.Parallel()
	vault := errors.New("vault is sealed")
	for _, kind := range carrierlife.Kinds {
		t.Run(kind.Error(), func(t *testing.T) {
			t.Parallel()
			given := error(nil)
			w := newWorld(t, func(c *laposte.Config) {
				c.Credentials = func(context.Context, courrier.AccountID) (laposte.Credentials, error) { return credentials, given }
			})
			ref := w.send(t, submission(courrier.ServiceStandard))
			given = fmt.Errorf("%w: %w", kind, vault)
			w.fake.Advance(48 * time.Hour)
			_, err := w.provider.Find(t.Context(), ref)
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
			want := courrier.ErrUnavailable
			if kind == courrier.ErrDenied {
				want = courrier.ErrDenied
			}
			s := submission(courrier.ServiceStandard)
			_, err = w.provider.Draft(t.Context(), s)
			carrierlife.RequireKind(t, want, err)
			require.ErrorContains(t, err, vault.Error())
			s.Draft = ref.Draft
			_, err = w.provider.Submit(t.Context(), s)
			carrierlife.RequireKind(t, want, err)
			_, err = w.provider.Track(t.Context(), []courrier.Reference{ref})
			carrierlife.RequireKind(t, want, err)
		})
	}
}

// The form of a token request holds the password: it goes to one address.
func TestTokenRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			asked := 0
			w := newWorld(t, func(c *laposte.Config) {
				c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					require.True(t, strings.HasSuffix(r.URL.Path, lapostetest.TokenPath), r.URL.Path)
					asked++
					moved := answer(r, status, "")
					moved.Header.Set("Location", "https://elsewhere.test/token")
					return moved, nil
				})
			})
			_, err := w.provider.Draft(t.Context(), submission(courrier.ServiceStandard))
			carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
			require.Equal(t, 1, asked)
		})
	}
}

// A refused submission leaves no draft behind, and a refusal that is not true,
// such as that of a gateway which passed the call on first, is found out.
func TestRefusedSubmission(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 429} {
		for _, executed := range []bool{false, true} {
			t.Run(fmt.Sprint(status, " executed ", executed), func(t *testing.T) {
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
						return answer(r, status, `{"code":"REFUSED","message":"no"}`), nil
					})
				})
				s, ref := drafted(t, w, courrier.ServiceStandard)
				receipt, err := w.provider.Submit(t.Context(), s)
				require.Zero(t, w.fake.Drafts())
				if executed {
					require.NoError(t, err)
					require.Equal(t, ref.Draft, receipt.ProviderID)
					require.Len(t, w.fake.Submitted(), 1)
					return
				}
				want := courrier.ErrDenied
				if status == 429 {
					want = courrier.ErrUnavailable
				}
				carrierlife.RequireKind(t, want, err)
				require.Empty(t, w.fake.Submitted())
			})
		}
	}
}

// What each broken line to Maileva proves about a submission.
func TestSubmitOverABrokenLine(t *testing.T) {
	t.Parallel()
	type outcome struct {
		kind  error
		taken int
	}
	want := map[resttest.Fault]outcome{
		resttest.Refused: {courrier.ErrUnavailable, 0}, resttest.NoHost: {courrier.ErrUnavailable, 0},
		resttest.TooMany: {courrier.ErrInDoubt, 0}, resttest.Forbidden: {courrier.ErrInDoubt, 0}, resttest.Unauthorized: {courrier.ErrInDoubt, 0},
		resttest.Silence: {courrier.ErrInDoubt, 0}, resttest.SilenceAfter: {courrier.ErrInDoubt, 1},
		resttest.Reset: {courrier.ErrInDoubt, 0}, resttest.Garbage: {courrier.ErrInDoubt, 0}, resttest.Moved: {courrier.ErrInDoubt, 0},
		resttest.NoRoute: {courrier.ErrInDoubt, 0}, resttest.BadGateway: {courrier.ErrInDoubt, 0}, resttest.Unavailable: {courrier.ErrInDoubt, 0},
		resttest.ResetAfter: {courrier.ErrInDoubt, 1}, resttest.GarbageAfter: {courrier.ErrInDoubt, 1},
		resttest.HalfAfter: {courrier.ErrInDoubt, 1}, resttest.EmptyAfter: {nil, 1}, // Maileva's own success is empty
		resttest.ErrorAfter: {courrier.ErrInDoubt, 1}, resttest.GatewayAfter: {courrier.ErrInDoubt, 1},
	}
	require.Len(t, want, len(resttest.Faults()))
	for fault, o := range want {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := newFake(lapostetest.Options{NoListener: true})
				cut := &resttest.Cut{Next: resttest.Direct{Handler: fake.Handler}, At: map[int]resttest.Fault{5: fault}}
				provider, err := newProvider(fake, func(c *laposte.Config) { c.Transport = cut })
				require.NoError(t, err)
				s, ref := drafted(t, world{fake: fake, provider: provider}, courrier.ServiceStandard)
				require.Len(t, cut.Calls(), 5, "a token, the draft, two documents and the recipient")
				receipt, err := provider.Submit(t.Context(), s)
				require.Len(t, fake.Submitted(), o.taken)
				if o.kind == nil {
					require.NoError(t, err)
					require.Equal(t, ref.Draft, receipt.ProviderID)
					return
				}
				carrierlife.RequireKind(t, o.kind, err)
				fake.Advance(time.Hour)
				_, err = provider.Find(t.Context(), ref)
				if o.taken == 1 {
					require.NoError(t, err)
					return
				}
				carrierlife.RequireKind(t, courrier.ErrNotFound, err)
				require.Zero(t, fake.Drafts())
			})
		})
	}
}

// An empty 200 is Maileva's own success, and looks the same when it comes from
// something in between: the sending is read, and one that is still a draft is in
// doubt. What was taken for submitted nevertheless is not passed over.
func TestDraftTakenForSubmitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/submit") {
				return answer(r, http.StatusOK, ""), nil
			}
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	s, ref := drafted(t, w, courrier.ServiceStandard)
	_, err := w.provider.Submit(t.Context(), s)
	carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	require.Empty(t, w.fake.Submitted())
	ref.ProviderID = s.Draft // as a record of earlier days may have it
	events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	require.ErrorContains(t, err, "draft")
	require.Empty(t, events)
}

// An answer about another sending tells nothing of this one.
func TestAnswersAboutAnotherSending(t *testing.T) {
	t.Parallel()
	var other string
	w := newWorld(t, func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if parts := strings.Split(r.URL.Path, "/"); other != "" && len(parts) > 4 && parts[3] == "sendings" {
				parts[4] = other
				r.URL.Path = strings.Join(parts, "/")
			}
			return http.DefaultTransport.RoundTrip(r)
		})
	})
	_, ref := drafted(t, w, courrier.ServiceRegistered)
	stranger := submission(courrier.ServiceRegistered)
	stranger.ID = "0195a1b2-c3d4-7e5f-8a6b-000000000002"
	sent := w.send(t, stranger)
	w.fake.Advance(48 * time.Hour)
	other = sent.ProviderID
	events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	require.Empty(t, events)
	_, err = w.provider.Find(t.Context(), ref)
	carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	_, err = w.provider.Proof(t.Context(), ref, courrier.ProofOfDeposit)
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
}

// What is not found among another user's sendings is not believed of an attempt made
// before the account was moved there.
func TestAccountMovedWhileInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := false
		c, fake := lifeCarrier(t)
		fake.AddUser(second.Username, second.Password, second.ClientID, second.ClientSecret)
		c.New = func(line http.RoundTripper, log *slog.Logger) (courrier.Provider, error) {
			return newProvider(fake, func(c *laposte.Config) {
				c.Transport, c.Logger, c.Now = line, log, time.Now
				c.Credentials = func(context.Context, courrier.AccountID) (laposte.Credentials, error) {
					if away {
						return second, nil
					}
					return credentials, nil
				}
			})
		}
		carrierlife.Moved(t, c, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter,
			func(r *http.Request) bool { return path.Base(r.URL.Path) == "submit" }, func(gone bool) { away = gone })
	})
}

// Maileva's own words against a submission that it took all the same, as when a call
// came twice on its way: deleting the draft tells, and where that cannot be asked it is doubt.
func TestOwnWordsAgainstASubmittedLetter(t *testing.T) {
	t.Parallel()
	const refusal = `{"errors":[{"code":"SOME_CODE","message":"x"}]}`
	for _, asked := range []bool{true, false} {
		w := newWorld(t)
		p, err := newProvider(w.fake, func(c *laposte.Config) {
			c.Transport = resttest.Direct{Handler: carrierlife.Edited{Handler: w.fake.Handler, Edit: func(r *http.Request, _ int, _ string) (int, string) {
				switch {
				case path.Base(r.URL.Path) == "submit":
					return http.StatusTooManyRequests, refusal
				case r.Method == http.MethodDelete && !asked:
					return http.StatusBadGateway, "<html>"
				}
				return 0, ""
			}}}
		})
		require.NoError(t, err)
		s := submission(courrier.ServiceRegisteredAR)
		s.Draft, err = p.Draft(t.Context(), s)
		require.NoError(t, err)
		receipt, err := p.Submit(t.Context(), s)
		if !asked {
			carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, s.Draft, receipt.ProviderID)
	}
}
