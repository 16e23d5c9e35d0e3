package mysendingbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

// Each way to fail, what it proves, and what the carrier then has.
func TestSubmitOutcomes(t *testing.T) {
	t.Parallel()
	status := func(n int) mysendingboxtest.Fault {
		return mysendingboxtest.Fault{Kind: mysendingboxtest.Status, Status: n}
	}
	for _, tc := range []struct {
		fault mysendingboxtest.Fault
		kind  error
		code  string
		taken int
	}{
		{status(400), courrier.ErrRejected, "400", 0},
		{status(401), courrier.ErrDenied, "401", 0},
		{status(402), courrier.ErrDenied, "402", 0},
		{status(403), courrier.ErrDenied, "403", 0},
		{status(404), courrier.ErrRejected, "404", 0},
		{status(408), courrier.ErrInDoubt, "408", 0},
		{status(409), courrier.ErrInDoubt, "409", 0},
		{status(422), courrier.ErrRejected, "422", 0},
		{status(429), courrier.ErrUnavailable, "429", 0},
		{status(302), courrier.ErrInDoubt, "302", 0},
		{status(500), courrier.ErrInDoubt, "500", 0},
		{status(503), courrier.ErrInDoubt, "503", 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.Gateway}, courrier.ErrInDoubt, "504", 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.Reset}, courrier.ErrInDoubt, "no-answer", 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.Hang}, courrier.ErrInDoubt, "no-answer", 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.AcceptThenHang}, courrier.ErrInDoubt, "no-answer", 1},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.AcceptThenReset}, courrier.ErrInDoubt, "no-answer", 1},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.AcceptThen504}, courrier.ErrInDoubt, "504", 1},
	} {
		t.Run(fmt.Sprint(tc.fault.Kind, " ", tc.code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				w.Fail(tc.fault)
				began := time.Now()
				_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceRegisteredAR))
				carrierlife.RequireKind(t, tc.kind, err)
				var e *courrier.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, tc.code, e.Code)
				require.Equal(t, "mysendingbox", e.Provider)
				require.Len(t, w.Requests(), 1, "a call that could print is made once")
				require.Len(t, w.Accepted(mysendingbox.MetadataKey), tc.taken)
				require.LessOrEqual(t, time.Since(began), 121*time.Second)
				w.Heal()
				settle(t, w, tc.kind, tc.taken)
			})
		})
	}
}

// settle asks what became of the letter, and submits it again where that is right.
func settle(t *testing.T, w *world, kind error, taken int) {
	ref := courrier.Reference{ID: "lt-1", Account: account, Service: courrier.ServiceRegisteredAR}
	receipt, err := w.provider.Find(t.Context(), ref)
	if taken == 1 {
		require.NoError(t, err)
		require.Equal(t, "6.20 EUR", receipt.Price.String(), "the price that the lost answer told")
		return
	}
	carrierlife.RequireKind(t, courrier.ErrNotFound, err)
	if kind == courrier.ErrRejected {
		return
	}
	w.submit(t, submission("lt-1", courrier.ServiceRegisteredAR))
	require.Equal(t, []string{"lt-1"}, w.Accepted(mysendingbox.MetadataKey))
}

func TestNothingSentWhereNobodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.wire.Down.Store(true)
		_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = w.provider.Submit(cancelled, submission("lt-1", courrier.ServiceStandard))
		require.ErrorIs(t, err, courrier.ErrUnavailable)
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, w.Requests())
	})
}

// A lost answer at any other call changes nothing: it is asked again, or asked
// about.
func TestLostAnswersAtOtherCalls(t *testing.T) {
	t.Parallel()
	for _, lost := range []mysendingboxtest.Kind{mysendingboxtest.AcceptThenHang, mysendingboxtest.AcceptThenReset, mysendingboxtest.AcceptThen504} {
		for name, call := range map[string]struct {
			method string
			do     func(ctx context.Context, p *mysendingbox.Provider, ref courrier.Reference) error
		}{
			"find": {http.MethodGet, func(ctx context.Context, p *mysendingbox.Provider, ref courrier.Reference) error {
				_, err := p.Find(ctx, ref)
				return err
			}},
			"track": {http.MethodGet, func(ctx context.Context, p *mysendingbox.Provider, ref courrier.Reference) error {
				_, err := p.Track(ctx, []courrier.Reference{ref})
				return err
			}},
			"proof": {http.MethodGet, func(ctx context.Context, p *mysendingbox.Provider, ref courrier.Reference) error {
				_, err := p.Proof(ctx, ref, courrier.ProofOfDeposit)
				return err
			}},
			"quote": {http.MethodPost, func(ctx context.Context, p *mysendingbox.Provider, _ courrier.Reference) error {
				_, err := p.Quote(ctx, submission("", courrier.ServiceStandard).Letter)
				return err
			}},
		} {
			t.Run(fmt.Sprint(name, " ", lost), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, nil)
					ref := w.submit(t, submission("lt-1", courrier.ServiceRegistered))
					w.Happen(ref.ProviderID, "letter.accepted", "letter.filing_proof")
					w.Fail(mysendingboxtest.Fault{Kind: lost, Method: call.method, Times: 1})
					require.NoError(t, call.do(t.Context(), w.provider, ref), "asked again")
					w.Fail(mysendingboxtest.Fault{Kind: lost, Method: call.method})
					carrierlife.RequireKind(t, courrier.ErrUnavailable, call.do(t.Context(), w.provider, ref))
					require.Len(t, w.Accepted(mysendingbox.MetadataKey), 1)
				})
			})
		}
		t.Run(fmt.Sprint("cancel ", lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				ref := w.submit(t, submission("lt-1", courrier.ServiceRegistered))
				w.Fail(mysendingboxtest.Fault{Kind: lost, Method: http.MethodDelete, Times: 1})
				require.NoError(t, w.provider.Cancel(t.Context(), ref), "it was cancelled the first time")
				ref = w.submit(t, submission("lt-2", courrier.ServiceRegistered))
				w.Fail(mysendingboxtest.Fault{Kind: lost, Method: http.MethodDelete})
				carrierlife.RequireKind(t, courrier.ErrInDoubt, w.provider.Cancel(t.Context(), ref))
				w.Heal()
				require.NoError(t, w.provider.Cancel(t.Context(), ref), "it was cancelled all the same")
			})
		})
	}
}

// Carriers quote what they were sent.
func TestErrorsShowNothingPrivate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.Fail(mysendingboxtest.Fault{Kind: mysendingboxtest.Quote})
	_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceRegisteredAR))
	require.ErrorContains(t, err, "from[address_line1]", "the field's name helps")
	for _, private := range []string{"Martin", "Boulangerie", "Lilas", "69003", "Lyon", "Verger", mysendingboxtest.LiveKey, "5d2c9b7e", "INV-1042", "confidential"} {
		require.NotContains(t, strings.ToLower(err.Error()), strings.ToLower(private))
	}
}

func TestTestAndLiveNeverMix(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		live bool
		key  mysendingbox.Key
	}{
		"a test key in live mode": {true, mysendingbox.NewKey(mysendingboxtest.TestKey)},
		"a live key in test mode": {false, mysendingbox.NewKey(mysendingboxtest.LiveKey)},
		"no key":                  {false, mysendingbox.Key{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *mysendingbox.Config) { c.Live, c.Credentials = tc.live, mysendingbox.FixedKey(tc.key) })
			_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
			carrierlife.RequireKind(t, courrier.ErrDenied, err)
			_, err = w.provider.Track(t.Context(), []courrier.Reference{{ID: "lt-1", Account: account, ProviderID: "Lt0000001"}})
			carrierlife.RequireKind(t, courrier.ErrDenied, err)
			require.Empty(t, w.Requests())
		})
	}
	t.Run("an answer of the other mode", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.Behave(mysendingboxtest.Behaviour{WrongMode: true})
		_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		ref := courrier.Reference{ID: "lt-1", Account: account, ProviderID: "Lt0000003"}
		_, err = w.provider.Track(t.Context(), []courrier.Reference{ref})
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		require.ErrorContains(t, err, "mode")
	})
	t.Run("test letters are letters of the test mode", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *mysendingbox.Config) {
			c.Live, c.Credentials = false, mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.TestKey))
		})
		ref := w.submit(t, submission("lt-1", courrier.ServiceStandard))
		w.advance(30 * 24 * time.Hour)
		events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
		require.NoError(t, err)
		require.Equal(t, courrier.StatusSubmitted, courrier.Fold(events).Status, "the carrier never goes on with them")
	})
}

func TestCredentialsThatFail(t *testing.T) {
	t.Parallel()
	vault := errors.New("vault is sealed")
	for _, tc := range []struct{ given, want error }{
		{vault, courrier.ErrUnavailable},
		{&courrier.Error{Op: "key", Kind: courrier.ErrDenied, Err: vault}, courrier.ErrDenied},
	} {
		w := newWorld(t, func(c *mysendingbox.Config) {
			c.Credentials = func(context.Context, courrier.AccountID) (mysendingbox.Key, error) {
				return mysendingbox.Key{}, tc.given
			}
		})
		_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
		carrierlife.RequireKind(t, tc.want, err)
		require.ErrorContains(t, err, vault.Error())
		require.Empty(t, w.Requests())
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	key := mysendingbox.NewKey(mysendingboxtest.LiveKey)
	for _, verb := range []string{"%v", "%+v", "%s", "%q", "%x", "%#v", "%d", "%p", "%w", "%t", "%c"} {
		require.NotContains(t, fmt.Sprintf(verb, key), "5d2c", verb)
		require.NotContains(t, fmt.Sprintf(verb, struct{ Key mysendingbox.Key }{key}), "5d2c", verb)
	}
	text, err := key.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "[secret]", string(text))
}

func TestCancelTooLateAndUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ref := w.submit(t, submission("lt-1", courrier.ServiceStandard))
	w.advance(2 * time.Hour)
	carrierlife.RequireKind(t, courrier.ErrRejected, w.provider.Cancel(t.Context(), ref))
	ref.ProviderID = "Lt9999999"
	carrierlife.RequireKind(t, courrier.ErrNotFound, w.provider.Cancel(t.Context(), ref))
	ref.ProviderID = ""
	carrierlife.RequireKind(t, courrier.ErrInvalid, w.provider.Cancel(t.Context(), ref))
}

// 1,000 letters at the allowed rate: all of it is used and none is refused.
func TestLimiterUsesTheRate(t *testing.T) {
	t.Parallel()
	const letters, perSecond, workers = 1000, 10, 8
	synctest.Test(t, func(t *testing.T) {
		server := mysendingboxtest.New(mysendingboxtest.Config{})
		server.Limit(perSecond)
		provider, err := mysendingbox.New(mysendingbox.Config{
			Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), Live: true, Rate: perSecond,
			Transport: slow{&mysendingboxtest.Transport{Server: server}},
		})
		require.NoError(t, err)
		jobs := make(chan int)
		errs := make(chan error, letters)
		began := time.Now()
		for range workers {
			go func() {
				for n := range jobs {
					_, err := provider.Submit(t.Context(), submission(courrier.LetterID(fmt.Sprintf("lt-%d", n)), courrier.ServiceStandard))
					errs <- err
				}
			}()
		}
		for n := range letters {
			jobs <- n
		}
		close(jobs)
		for range letters {
			require.NoError(t, <-errs)
		}
		took := time.Since(began)
		require.Len(t, server.Accepted(mysendingbox.MetadataKey), letters)
		for _, r := range server.Requests() {
			require.NotEqual(t, http.StatusTooManyRequests, r.Status)
		}
		used := float64(letters) / (took.Seconds() * perSecond)
		require.GreaterOrEqual(t, used, 0.95, "%d letters took %v", letters, took)
		t.Logf("%d letters at %d a second took %v: %.1f %% of the rate", letters, perSecond, took, 100*used)
	})
}

// slow takes as long to answer as the carrier does to render.
type slow struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	time.Sleep(350 * time.Millisecond)
	return resp, err
}
