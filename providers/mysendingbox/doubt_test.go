package mysendingbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// How the carrier writes filters by metadata was never seen live. An empty list
// is believed only where the same filter finds a letter that is known to be there.
func TestFindDoesNotTrustAnEmptyList(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]mysendingboxtest.Behaviour{
		"filters work":                   {},
		"filters match nothing":          {OtherFilters: true},
		"the same, one letter a page":    {OtherFilters: true, PageSize: 1},
		"filters are taken no notice of": {IgnoreFilters: true, PageSize: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.Behave(b)
			absent := courrier.Reference{ID: "lt-9", Account: account, Service: courrier.ServiceStandard}
			_, err := w.provider.Find(t.Context(), absent)
			carrierlife.RequireKind(t, courrier.ErrNotFound, err) // of a list without letters
			for n := range 4 {
				ref := w.submit(t, submission(courrier.LetterID(fmt.Sprintf("lt-%d", n)), courrier.ServiceStandard))
				w.advance(time.Minute)
				want := ref.ProviderID
				ref.ProviderID = ""
				receipt, err := w.provider.Find(t.Context(), ref)
				require.NoError(t, err)
				require.Equal(t, want, receipt.ProviderID)
			}
			first := courrier.Reference{ID: "lt-0", Account: account, Service: courrier.ServiceStandard}
			_, err = w.provider.Find(t.Context(), first)
			require.NoError(t, err, "behind later letters")
			_, err = w.provider.Find(t.Context(), absent)
			carrierlife.RequireKind(t, courrier.ErrNotFound, err)
		})
	}
}

// A refusal that the carrier did not word comes from something in between: it
// does not end a letter, and it does not prove that nothing was accepted.
func TestUnsignedRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		body   string
		kind   error
	}{
		{400, "", courrier.ErrInDoubt},
		{404, "<html>no such deployment</html>", courrier.ErrInDoubt},
		{405, "", courrier.ErrInDoubt},
		{422, `{"message":"no such town"}`, courrier.ErrRejected}, // its short form
		{403, `{"message":"Forbidden"}`, courrier.ErrInDoubt},     // and that of many gateways
		{409, `{"error":{"message":"in progress","status_code":409}}`, courrier.ErrInDoubt},
		{401, `{"error":{"message":"bad key","status_code":401}}`, courrier.ErrDenied},
		{402, `{"error":{"message":"no means of payment","status_code":402}}`, courrier.ErrDenied},
		{429, `{"error":{"message":"slow down","status_code":429}}`, courrier.ErrUnavailable},
		{413, `{"error":{"message":"too large","status_code":413}}`, courrier.ErrRejected},
		{500, `{"error":{"message":"broken","status_code":500}}`, courrier.ErrInDoubt},
		{422, `{"error":"other API"}`, courrier.ErrInDoubt},
		{422, `{"error":{"message":"bad","status_code":422}}`, courrier.ErrRejected},
		{401, "<html>", courrier.ErrInDoubt},
		{403, "<html>blocked by the firewall</html>", courrier.ErrInDoubt},
		{413, "<html>too large</html>", courrier.ErrInDoubt},
		{429, "<html>", courrier.ErrInDoubt},
		{502, "<html>", courrier.ErrInDoubt},
		{200, "<html>", courrier.ErrInDoubt},
		{200, "", courrier.ErrInDoubt},
		{200, "{}", courrier.ErrInDoubt},
		{200, `{"_id":"","mode":"live"}`, courrier.ErrInDoubt},
		{200, `{"_id":"Lt1"}`, courrier.ErrInDoubt},
		{204, "", courrier.ErrInDoubt},
		{302, "", courrier.ErrInDoubt},
	} {
		t.Run(fmt.Sprint(tc.status, " ", tc.body), func(t *testing.T) {
			t.Parallel()
			calls := 0
			w := newWorld(t, func(c *mysendingbox.Config) {
				c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					calls++
					_, _ = io.Copy(io.Discard, r.Body)
					return &http.Response{StatusCode: tc.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(tc.body)), Request: r}, nil
				})
			})
			_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
			carrierlife.RequireKind(t, tc.kind, err)
			require.Equal(t, 1, calls)
		})
	}
}

// What each broken line to the carrier proves, and how many letters it then has.
func TestSubmitOverABrokenLine(t *testing.T) {
	t.Parallel()
	type outcome struct {
		kind  error
		taken int
	}
	want := map[resttest.Fault]outcome{
		resttest.Refused: {courrier.ErrUnavailable, 0}, resttest.NoHost: {courrier.ErrUnavailable, 0},
		resttest.TooMany: {courrier.ErrInDoubt, 0}, resttest.Unauthorized: {courrier.ErrInDoubt, 0}, resttest.Forbidden: {courrier.ErrInDoubt, 0},
		resttest.Reset: {courrier.ErrInDoubt, 0}, resttest.Silence: {courrier.ErrInDoubt, 0}, resttest.SilenceAfter: {courrier.ErrInDoubt, 1}, resttest.Garbage: {courrier.ErrInDoubt, 0}, resttest.Moved: {courrier.ErrInDoubt, 0},
		resttest.NoRoute: {courrier.ErrInDoubt, 0}, resttest.BadGateway: {courrier.ErrInDoubt, 0}, resttest.Unavailable: {courrier.ErrInDoubt, 0},
		resttest.ResetAfter: {courrier.ErrInDoubt, 1}, resttest.HalfAfter: {courrier.ErrInDoubt, 1}, resttest.GarbageAfter: {courrier.ErrInDoubt, 1},
		resttest.EmptyAfter: {courrier.ErrInDoubt, 1}, resttest.ErrorAfter: {courrier.ErrInDoubt, 1}, resttest.GatewayAfter: {courrier.ErrInDoubt, 1},
	}
	require.Len(t, want, len(resttest.Faults()))
	for fault, o := range want {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cut := &resttest.Cut{At: map[int]resttest.Fault{0: fault}}
				w := newWorld(t, func(c *mysendingbox.Config) { c.Transport = cut })
				cut.Next = w.wire
				_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceRegisteredAR))
				carrierlife.RequireKind(t, o.kind, err)
				require.Equal(t, []string{"POST /letters"}, cut.Calls(), "a call that could print is made once")
				require.Len(t, w.Accepted(mysendingbox.MetadataKey), o.taken)
				settle(t, w, o.kind, o.taken)
			})
		})
	}
}

// A letter that was revised between two attempts does not go out under the key of
// its first form, which may be refused or answered with what became of that.
func TestRevisedLetterHasAnotherIdempotencyKey(t *testing.T) {
	t.Parallel()
	var keys []string
	w := newWorld(t, func(c *mysendingbox.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			keys = append(keys, r.Header.Get("Idempotency-Key"))
			return nil, io.ErrUnexpectedEOF
		})
	})
	first, revised := submission("lt-1", courrier.ServiceStandard), submission("lt-1", courrier.ServiceStandard)
	revised.Letter.To.Address.Street = "14 rue des Lilas"
	for _, s := range []courrier.Submission{first, first, revised} {
		_, err := w.provider.Submit(t.Context(), s)
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	}
	require.Equal(t, keys[0], keys[1])
	require.NotEqual(t, keys[0], keys[2])
	require.Contains(t, keys[2], "lt-1")
}

// An answer about another letter, as of a cache that mixes them up, tells nothing
// of this one, and gives nobody its proofs.
func TestAnswersAboutAnotherLetter(t *testing.T) {
	t.Parallel()
	var other string
	w := newWorld(t, nil)
	mixed, err := mysendingbox.New(mysendingbox.Config{
		Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), Live: true,
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			r.URL.Path = "/letters/" + other
			return w.wire.RoundTrip(r)
		}),
	})
	require.NoError(t, err)
	ref := w.submit(t, submission("lt-1", courrier.ServiceRegistered))
	other = w.submit(t, submission("lt-2", courrier.ServiceRegistered)).ProviderID
	w.Happen(other, "letter.accepted", "letter.filing_proof")
	events, err := mixed.Track(t.Context(), []courrier.Reference{ref})
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	require.Empty(t, events)
	_, err = mixed.Proof(t.Context(), ref, courrier.ProofOfDeposit)
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The host's own errors may be of any kind. They mean that there is no key now,
// and nothing about the letter.
func TestKindsOfCredentialsErrorsStayInside(t *testing.T) {
	t.Parallel()
	vault := errors.New("vault is sealed")
	for _, kind := range carrierlife.Kinds {
		t.Run(kind.Error(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *mysendingbox.Config) {
				c.Credentials = func(context.Context, courrier.AccountID) (mysendingbox.Key, error) {
					return mysendingbox.Key{}, fmt.Errorf("%w: %w", kind, vault)
				}
			})
			want := courrier.ErrUnavailable
			if kind == courrier.ErrDenied {
				want = courrier.ErrDenied
			}
			ref := courrier.Reference{ID: "lt-1", Account: account, ProviderID: "Lt0000001"}
			_, err := w.provider.Find(t.Context(), ref)
			carrierlife.RequireKind(t, want, err)
			_, err = w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
			carrierlife.RequireKind(t, want, err)
			require.ErrorContains(t, err, vault.Error())
			_, err = w.provider.Track(t.Context(), []courrier.Reference{ref})
			carrierlife.RequireKind(t, want, err)
			carrierlife.RequireKind(t, want, w.provider.Cancel(t.Context(), ref))
			require.Empty(t, w.Requests())
		})
	}
}

// What is not listed by another company's key is not believed of an attempt made with
// the key before.
func TestAccountMovedWhileInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const second = "5d2c0000-second-company"
		key := mysendingboxtest.LiveKey
		fake := mysendingboxtest.New(mysendingboxtest.Config{})
		fake.AddCompany("", second)
		carrierlife.Moved(t, carrierlife.Carrier{
			Line: resttest.Direct{Handler: fake}, Tick: fake.Tick,
			New: func(line http.RoundTripper, log *slog.Logger) (courrier.Provider, error) {
				return mysendingbox.New(mysendingbox.Config{Live: true, Transport: line, Logger: log,
					Credentials: func(context.Context, courrier.AccountID) (mysendingbox.Key, error) {
						return mysendingbox.NewKey(key), nil
					}})
			},
			Taken: func() (all []courrier.LetterID) {
				for _, id := range fake.Accepted(mysendingbox.MetadataKey) {
					all = append(all, courrier.LetterID(id))
				}
				return all
			},
		}, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter, func(r *http.Request) bool {
			return r.Method == http.MethodPost && path.Base(r.URL.Path) == "letters"
		}, func(away bool) {
			if key = mysendingboxtest.LiveKey; away {
				key = second
			}
		})
	})
}
