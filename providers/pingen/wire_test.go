package pingen_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/pingen"
	"github.com/courrier-go/courrier/providers/pingen/pingentest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

var private = []string{"Martin", "MARTIN", "Lilas", "LILAS", "Bréhat", "facture", "secret-1-9930", signingKey, "bearer-client"}

func lifeCarrier() (carrierlife.Carrier, *pingentest.Server) {
	fake := newFake(time.Now)
	return carrierlife.Carrier{
		Line: resttest.Direct{Handler: fake}, Private: private, Tick: fake.Tick,
		New: func(line http.RoundTripper, log *slog.Logger) (courrier.Provider, error) {
			return newProvider(line, time.Now, log, sellsAll)
		},
		Taken: func() []courrier.LetterID { return taken(fake) },
		Calls: func(ctx context.Context, c carrierlife.Call) {
			_ = fake.Deliver(ctx, c.Do, resttest.Disorder{Duplicate: true, Shuffle: c.Chance}) // ends with the test only
		},
		Strange: func(rec courrier.LetterRecord) { fake.Happen(string(rec.ID)+".pdf", "novelty") },
	}, fake
}

// sellsAll names a product of every service, also of those whose value the carrier does
// not publish.
func sellsAll(c *pingen.Config) {
	c.Products = map[courrier.Service]string{courrier.ServiceEconomy: "bulk", courrier.ServiceTracked: "premium",
		courrier.ServiceRegistered: "registered", courrier.ServiceRegisteredAR: "registered"}
}

// Whatever single call of a letter's whole life is broken, in whatever way: one letter
// at the carrier, paid once.
func TestEveryCallBroken(t *testing.T) {
	t.Parallel()
	resttest.BreakEvery(t, func(t *testing.T, at map[int]resttest.Fault) int {
		c, _ := lifeCarrier()
		return carrierlife.Broken(t, c, carrierlife.Submission(courrier.ServiceTracked).Letter, at, delivered)
	})
}

func TestEveryPairOfCallsBroken(t *testing.T) {
	t.Parallel()
	resttest.BreakPairs(t, 7, 2, func(t *testing.T, at map[int]resttest.Fault) int {
		c, _ := lifeCarrier()
		return carrierlife.Broken(t, c, carrierlife.Submission(courrier.ServiceTracked).Letter, at, delivered)
	})
}

// The ends of letters. The carrier hands out no proof.
var (
	posted    = carrierlife.End{Status: courrier.StatusPosted}
	delivered = carrierlife.End{Status: courrier.StatusDelivered}
	returned  = carrierlife.End{Status: courrier.StatusReturned, Reason: courrier.ReturnUnknownAddressee}
)

// Letters of each service walk to their end, with calls that come twice, in disorder
// and late, in both of their shapes.
func TestWalk(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service courrier.Service
		route   pingentest.Route
		end     carrierlife.End
	}{
		"standard":             {courrier.ServiceStandard, pingentest.Delivered, posted},
		"standard, returned":   {courrier.ServiceStandard, pingentest.Undeliverable, returned},
		"economy":              {courrier.ServiceEconomy, pingentest.Delivered, posted},
		"economy, returned":    {courrier.ServiceEconomy, pingentest.Undeliverable, returned},
		"priority":             {courrier.ServicePriority, pingentest.Delivered, posted},
		"priority, returned":   {courrier.ServicePriority, pingentest.Undeliverable, returned},
		"tracked":              {courrier.ServiceTracked, pingentest.Delivered, delivered},
		"tracked, returned":    {courrier.ServiceTracked, pingentest.Undeliverable, returned},
		"registered":           {courrier.ServiceRegistered, pingentest.Delivered, delivered},
		"registered, returned": {courrier.ServiceRegistered, pingentest.Undeliverable, returned},
		"with receipt":         {courrier.ServiceRegisteredAR, pingentest.Delivered, delivered},
		"receipt, returned":    {courrier.ServiceRegisteredAR, pingentest.Undeliverable, returned},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c, fake := lifeCarrier()
					fake.SetRoute(tc.route)
					fake.Shape(pingentest.Form{OldHooks: seed == 1, Checks: int(seed)})
					carrierlife.Walk(t, c, carrierlife.Submission(tc.service).Letter, seed, tc.end)
				})
			})
		}
	}
}

func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	for _, s := range []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegistered} {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *pingen.Config) { c.AddressPosition = "right" })
			w.recorder.Hide = []string{"secret-1-9930", "bearer-client-1-1"}
			sub := carrierlife.Submission(s)
			sub.Letter.Print.Duplex = true
			ref := w.submit(t, sub)
			w.advance(time.Minute)
			require.NoError(t, w.provider.Cancel(t.Context(), ref))
			_, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
			require.NoError(t, err)
			_, err = w.provider.Quote(t.Context(), sub.Letter)
			require.NoError(t, err)
			golden(t, string(s)+".golden", w.recorder.Take())
		})
	}
}

// What each broken line proves about the sending, and what Find says then. A draft that
// was never sent is deleted before it is told as not found.
func TestSubmitOverABrokenLine(t *testing.T) {
	t.Parallel()
	for _, fault := range resttest.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := newFake(time.Now)
				cut := &resttest.Cut{Next: resttest.Direct{Handler: fake}, At: map[int]resttest.Fault{5: fault}}
				provider, err := newProvider(cut, time.Now, nil)
				require.NoError(t, err)
				s := carrierlife.Submission(courrier.ServiceStandard)
				s.Draft, err = provider.Draft(t.Context(), s)
				require.NoError(t, err)
				at := time.Now()
				_, err = provider.Submit(t.Context(), s)
				require.Contains(t, cut.Calls()[5], "/send", "after a token, the upload's address, the file, the letter and its check")
				want := courrier.ErrInDoubt
				if fault == resttest.Refused || fault == resttest.NoHost {
					want = courrier.ErrUnavailable
				}
				carrierlife.RequireKind(t, want, err)
				ref := courrier.Reference{ID: carrierlife.LetterID, Account: "account-1", Service: courrier.ServiceStandard, Draft: s.Draft, AttemptedAt: at}
				time.Sleep(3 * time.Minute)
				_, err = provider.Find(t.Context(), ref)
				require.Zero(t, fake.Drafts())
				if len(fake.Sent()) == 0 {
					carrierlife.RequireKind(t, courrier.ErrNotFound, err)
					return
				}
				require.NoError(t, err)
			})
		})
	}
}

// Whatever something in between answers to the sending: no certainty but the carrier's own.
func TestUnwordedAnswers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		status := rapid.IntRange(200, 599).Draw(rt, "status")
		executed := rapid.Bool().Draw(rt, "executed")
		body := rapid.SampledFrom([]string{"", "<html>", "null", "{}", `{"errors":[]}`, `{"errors":[{}]}`, `{"message":"Forbidden"}`, `{"data":{"id":"x"}}`, `{"data":null}`}).Draw(rt, "body")
		w := newWorld(t)
		provider, err := newProvider(resttest.Direct{Handler: http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/send") {
				w.ServeHTTP(out, r)
				return
			}
			if executed {
				_, err := resttest.Direct{Handler: w.Server}.RoundTrip(r)
				require.NoError(t, err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			out.WriteHeader(status)
			_, _ = io.WriteString(out, body)
		})}, w.clock.Now, nil)
		require.NoError(t, err)
		s, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
		_, err = provider.Submit(t.Context(), s)
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
		w.advance(time.Hour)
		_, err = provider.Find(t.Context(), ref)
		if executed {
			require.NoError(t, err)
			return
		}
		carrierlife.RequireKind(t, courrier.ErrNotFound, err)
	})
}

// A refusal in the carrier's own words, whatever the state of the letter.
func TestWordedRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, _ := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
	w.Fail(pingentest.Fault{Kind: pingentest.TooMany, Call: "/send"})
	_, err := w.provider.Submit(t.Context(), s)
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	require.Zero(t, w.Drafts(), "the next attempt makes another")
	w.Heal()
	w.advance(time.Hour)
	s, _ = w.draft(t, s)
	first, err := w.provider.Submit(t.Context(), s)
	require.NoError(t, err)
	again, err := w.provider.Submit(t.Context(), s)
	require.NoError(t, err, "the same draft again is the first success")
	require.Equal(t, first.ProviderID, again.ProviderID)
	w.advance(25 * time.Hour)
	again, err = w.provider.Submit(t.Context(), s)
	require.NoError(t, err, "and when its key is forgotten, the letter itself tells")
	require.Equal(t, first.ProviderID, again.ProviderID)
	require.Len(t, w.Sent(), 1)
	s.Draft = "00000000-0000-4000-8000-000000000000"
	_, err = w.provider.Submit(t.Context(), s)
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	s.Draft = ""
	_, err = w.provider.Submit(t.Context(), s)
	carrierlife.RequireKind(t, courrier.ErrInvalid, err)
}

// A file that cannot be sent, or shows another address, is refused before anything is
// sent, and leaves no draft behind.
func TestDraftsAreChecked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		form pingentest.Form
		kind error
		code string
	}{
		"invalid":          {pingentest.Form{Ends: "invalid"}, courrier.ErrRejected, "protected_border_area"},
		"action required":  {pingentest.Form{Ends: "action_required"}, courrier.ErrRejected, "protected_border_area"},
		"another country":  {pingentest.Form{Country: "DE"}, courrier.ErrInvalid, "window"},
		"another address":  {pingentest.Form{Country: "FR", Address: "M. Dupont\n1 rue X\n75001 PARIS"}, courrier.ErrInvalid, "window"},
		"a country's name": {pingentest.Form{Country: "France"}, nil, ""},
		"the address":      {pingentest.Form{Country: "FR", Address: "Boulangerie Martin\n12 RUE DES LILAS\n69003 LYON"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Shape(tc.form)
			_, err := w.provider.Draft(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
			if tc.kind == nil {
				require.NoError(t, err)
				return
			}
			carrierlife.RequireKind(t, tc.kind, err)
			require.ErrorContains(t, err, tc.code)
			require.NotContains(t, err.Error(), "Dupont")
			require.Zero(t, w.Drafts())
		})
	}
	synctest.Test(t, func(t *testing.T) {
		fake := newFake(time.Now)
		fake.Shape(pingentest.Form{Checks: 1000})
		provider, err := newProvider(resttest.Direct{Handler: fake}, time.Now, nil)
		require.NoError(t, err)
		began := time.Now()
		_, err = provider.Draft(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		require.LessOrEqual(t, time.Since(began), 70*time.Second)
	})
}

// A letter that waited for funds in vain was taken, and will never be posted.
func TestNoFunds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetRoute(pingentest.NoFunds)
	ref := w.submit(t, carrierlife.Submission(courrier.ServiceStandard))
	w.advance(time.Hour)
	require.Equal(t, courrier.StatusBlocked, w.fold(t, ref).Status)
	w.advance(8 * 24 * time.Hour)
	require.Equal(t, courrier.StatusFailed, w.fold(t, ref).Status)
	ref.ProviderID = ""
	_, err := w.provider.Find(t.Context(), ref)
	require.NoError(t, err)
	staging := newWorld(t, func(c *pingen.Config) { c.Suffix = "_simulate_unprintable" })
	printed := staging.submit(t, carrierlife.Submission(courrier.ServiceStandard))
	staging.advance(time.Hour)
	require.Equal(t, courrier.StatusFailed, staging.fold(t, printed).Status)
}

func (w *world) fold(t *testing.T, ref courrier.Reference) courrier.Tracking {
	t.Helper()
	events, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err)
	return courrier.Fold(events)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := carrierlife.Submission(courrier.ServiceStandard)
	stranger.Letter.Account = "account-9"
	_, err := w.provider.Draft(t.Context(), stranger)
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	s, _ := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
	w.EndTokens()
	_, err = w.provider.Submit(t.Context(), s)
	require.NoError(t, err, "a call that the carrier refused in its own words is made again with another token")
	require.Len(t, w.Sent(), 1)
	wrong, err := newProvider(resttest.Direct{Handler: w.Server}, w.clock.Now, nil, func(c *pingen.Config) {
		c.Credentials = pingen.Fixed(pingen.Credentials{ClientID: "client-1", Secret: pingen.NewSecret("wrong-secret"), Organisation: "org-1"})
	})
	require.NoError(t, err)
	_, err = wrong.Draft(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
	carrierlife.RequireKind(t, courrier.ErrDenied, err)
	require.NotContains(t, err.Error(), "wrong-secret")
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.clock.Now()
	r, err := pingentest.Webhook(hook, signingKey, pingentest.Hook{Category: "undeliverable", Letter: "L", FileName: string(carrierlife.LetterID) + ".pdf", EventID: "E", Code: "undeliverable", Reason: "Recipient has moved", At: at})
	require.NoError(t, err)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	told, err := w.provider.ParseWebhook(r.Header, nil, body)
	require.NoError(t, err)
	require.Len(t, told.Events, 1)
	e := told.Events[0]
	require.Equal(t, []any{carrierlife.LetterID, "L", "pingen:L:E", courrier.StatusReturned, courrier.ReturnBadAddress, false}, []any{e.Letter, e.ProviderID, e.ID, e.Status, e.Reason, e.Hint})
	require.True(t, at.Equal(e.Happened))
	for _, broken := range []string{"", "zz", strings.Repeat("0", 64), r.Header.Get("Signature")[1:]} {
		_, err = w.provider.ParseWebhook(http.Header{"Signature": {broken}}, nil, body)
		carrierlife.RequireKind(t, courrier.ErrDenied, err)
	}
	// The vector of the documentation's rule.
	vector, err := newProvider(nil, w.clock.Now, nil, func(c *pingen.Config) { c.WebhookKeys = []string{"0123456789abcdef0123"} })
	require.NoError(t, err)
	told, err = vector.ParseWebhook(http.Header{"Signature": {"7220142e7aeaa3aa2f86f87cce841afcefedb65eff09aa909d26d1837cd84c20"}}, nil, []byte(`{"data":{"type":"webhook_sent","id":"x"}}`))
	require.NoError(t, err)
	require.Empty(t, told.Events, "about no letter")
}

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := pingen.New(pingen.Config{WebhookKeys: []string{"short"}, AddressPosition: "middle", Endpoints: pingen.Endpoints{API: "x", Identity: "x"}, Products: map[courrier.Service]string{"pigeon": "x"}, Suffix: strings.Repeat("x", 41),
		SettleAfter: time.Minute, ValidateFor: -1, MetaData: []courrier.Service{"pigeon"}})
	fields := map[string]bool{}
	for _, f := range courrier.FieldErrors(err) {
		fields[f.Field] = true
	}
	require.Equal(t, map[string]bool{"Credentials": true, "WebhookKeys": true, "AddressPosition": true, "Endpoints.API": true, "Endpoints.Identity": true, "Products": true, "Suffix": true,
		"SettleAfter": true, "ValidateFor": true, "MetaData": true}, fields)
	plain, err := pingen.New(pingen.Config{Credentials: credentials})
	require.NoError(t, err)
	require.Equal(t, []courrier.Service{courrier.ServiceStandard, courrier.ServicePriority}, plain.Capabilities().Services, "no registered letter until its product is named")
	_, err = plain.Draft(t.Context(), carrierlife.Submission(courrier.ServiceRegisteredAR))
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

// What the carrier does not publish is for the host to set.
func TestSettings(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		metaData []courrier.Service
		with     []courrier.Service
	}{
		"as it comes": {nil, []courrier.Service{courrier.ServiceRegistered, courrier.ServiceRegisteredAR}},
		"never":       {[]courrier.Service{}, nil},
		"chosen":      {[]courrier.Service{courrier.ServiceStandard}, []courrier.Service{courrier.ServiceStandard}},
	} {
		for _, service := range []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegistered, courrier.ServiceRegisteredAR} {
			w := newWorld(t, sellsAll, func(c *pingen.Config) { c.MetaData = tc.metaData })
			w.Shape(pingentest.Form{NoMetaData: true})
			w.submit(t, carrierlife.Submission(service))
			require.Equal(t, slices.Contains(tc.with, service), strings.Contains(w.recorder.Take(), "meta_data"), "%s, %s", name, service)
		}
	}
	w := newWorld(t, func(c *pingen.Config) { c.SettleAfter = time.Hour })
	require.Equal(t, time.Hour, w.provider.Capabilities().SettleAfter)
	_, ref := w.draft(t, carrierlife.Submission(courrier.ServiceStandard))
	w.advance(59 * time.Minute)
	_, err := w.provider.Find(t.Context(), ref)
	carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	w.advance(time.Minute)
	_, err = w.provider.Find(t.Context(), ref)
	carrierlife.RequireKind(t, courrier.ErrNotFound, err)
	synctest.Test(t, func(t *testing.T) {
		fake := newFake(time.Now)
		fake.Shape(pingentest.Form{Checks: 1000})
		provider, err := newProvider(resttest.Direct{Handler: fake}, time.Now, nil, func(c *pingen.Config) { c.ValidateFor = 5 * time.Minute })
		require.NoError(t, err)
		began := time.Now()
		_, err = provider.Draft(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
		require.InDelta(t, 5*time.Minute, time.Since(began), float64(10*time.Second), "on the fake clock")
	})
}

func FuzzParseWebhook(f *testing.F) {
	provider, err := newProvider(nil, time.Now, nil)
	if err != nil {
		f.Fatal(err)
	}
	r, err := pingentest.Webhook(hook, signingKey, pingentest.Hook{Category: "sent", Letter: "L", EventID: "E", Code: "x"})
	if err != nil {
		f.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(body))
	f.Add(`{"data":{"type":"webhook_sent"},"included":{}}`)
	f.Fuzz(func(t *testing.T, body string) {
		signed, err := pingentest.Sign(hook, signingKey, json.RawMessage(body))
		if err != nil {
			return
		}
		told, err := provider.ParseWebhook(signed.Header, nil, []byte(body))
		if err == nil {
			for _, e := range told.Events {
				require.True(t, e.ID != "" && e.ProviderID != "" && e.Code != "")
			}
		}
	})
}
