package mercifacteur_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mercifacteur"
	"github.com/courrier-go/courrier/providers/mercifacteur/mercifacteurtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

var private = []string{"Martin", "MARTIN", "Lilas", "LILAS", "Bréhat", "facture", "key-1-9930", secret, "tk-service"}

func lifeCarrier(changes ...func(*mercifacteur.Config)) (carrierlife.Carrier, *mercifacteurtest.Server) {
	fake := newFake(time.Now)
	return carrierlife.Carrier{
		Line: resttest.Direct{Handler: fake}, Private: private, Tick: fake.Tick,
		New: func(line http.RoundTripper, log *slog.Logger) (courrier.Provider, error) {
			return newProvider(line, time.Now, log, changes...)
		},
		Taken: func() []courrier.LetterID { return taken(fake) },
		Calls: func(ctx context.Context, c carrierlife.Call) {
			_ = fake.Deliver(ctx, c.Do, resttest.Disorder{Duplicate: true, Shuffle: c.Chance}) // ends with the test only
		},
		Strange: func(rec courrier.LetterRecord) {
			fake.Happen(sent(fake, rec.ID).Reference, "new-state", "nouveaute", "Une nouveauté")
		},
	}, fake
}

var delivered = end(courrier.StatusDelivered, "", courrier.ProofOfDeposit, courrier.ProofOfReceipt)

// Whatever single call of a letter's whole life is broken, in whatever way: one letter
// at the carrier, paid once, with its proofs.
func TestEveryCallBroken(t *testing.T) {
	t.Parallel()
	resttest.BreakEvery(t, func(t *testing.T, at map[int]resttest.Fault) int {
		c, _ := lifeCarrier()
		return carrierlife.Broken(t, c, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter, at, delivered)
	})
}

func TestEveryPairOfCallsBroken(t *testing.T) {
	t.Parallel()
	resttest.BreakPairs(t, 5, 2, func(t *testing.T, at map[int]resttest.Fault) int {
		c, _ := lifeCarrier()
		return carrierlife.Broken(t, c, carrierlife.Submission(courrier.ServiceRegisteredAR).Letter, at, delivered)
	})
}

// Letters of each service walk to their last proof, with calls that come twice, in
// disorder and late, and happenings that nobody knows.
func TestWalk(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service courrier.Service
		paper   bool // the receipt comes to the sender on paper
		route   mercifacteurtest.Route
		end     carrierlife.End
	}{
		"standard":                  {courrier.ServiceStandard, false, mercifacteurtest.Delivered, end(courrier.StatusPosted, "")},
		"standard, returned":        {courrier.ServiceStandard, false, mercifacteurtest.Unclaimed, end(courrier.StatusReturned, courrier.ReturnUnknownAddressee)},
		"tracked":                   {courrier.ServiceTracked, false, mercifacteurtest.Delivered, end(courrier.StatusDelivered, "", deposit)},
		"tracked, refused":          {courrier.ServiceTracked, false, mercifacteurtest.Refused, end(courrier.StatusReturned, courrier.ReturnRefused, deposit)},
		"tracked, waiting":          {courrier.ServiceTracked, false, mercifacteurtest.Unclaimed, end(courrier.StatusReturned, courrier.ReturnUnclaimed, deposit)},
		"registered":                {courrier.ServiceRegisteredAR, false, mercifacteurtest.Delivered, delivered},
		"registered, refused":       {courrier.ServiceRegisteredAR, false, mercifacteurtest.Refused, end(courrier.StatusReturned, courrier.ReturnRefused, deposit)},
		"registered, waiting":       {courrier.ServiceRegisteredAR, false, mercifacteurtest.Unclaimed, end(courrier.StatusReturned, courrier.ReturnUnclaimed, deposit)},
		"receipt on paper":          {courrier.ServiceRegisteredAR, true, mercifacteurtest.Delivered, end(courrier.StatusDelivered, "", deposit)},
		"receipt on paper, refused": {courrier.ServiceRegisteredAR, true, mercifacteurtest.Refused, end(courrier.StatusReturned, courrier.ReturnRefused, deposit)},
		"receipt on paper, waiting": {courrier.ServiceRegisteredAR, true, mercifacteurtest.Unclaimed, end(courrier.StatusReturned, courrier.ReturnUnclaimed, deposit)},
	} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c, fake := lifeCarrier(func(c *mercifacteur.Config) { c.PaperReceipt = tc.paper })
					fake.SetRoute(tc.route)
					l := carrierlife.Submission(tc.service).Letter
					l.Returns = courrier.ReturnsScanned
					carrierlife.Walk(t, c, l, seed, tc.end)
					require.Equal(t, tc.paper, fake.Sent()[0].Mode == "lrar")
				})
			})
		}
	}
}

const deposit = courrier.ProofOfDeposit

// end is the end of a letter, of which what was printed is always there.
func end(s courrier.Status, why courrier.ReturnReason, proofs ...courrier.ProofKind) carrierlife.End {
	return carrierlife.End{Status: s, Reason: why, Proofs: proofs, OnDemand: []courrier.ProofKind{courrier.ProofOfContent}}
}

func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	for _, s := range []courrier.Service{courrier.ServiceStandard, courrier.ServiceTracked, courrier.ServiceRegisteredAR} {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.recorder.Hide = []string{"tk-service-1-1"}
			sub := carrierlife.Submission(s)
			sub.Letter.Print.Duplex = true
			ref := w.submit(t, sub)
			w.advance(30 * 24 * time.Hour)
			_, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
			require.NoError(t, err)
			for _, k := range w.provider.Capabilities().Proofs {
				_, _ = w.provider.Proof(t.Context(), ref, k) // which there are is the suite's business
			}
			_, err = w.provider.Quote(t.Context(), sub.Letter)
			require.NoError(t, err)
			golden(t, string(s)+".golden", w.recorder.Take())
		})
	}
}

// The vector of the documentation's rule: service id and time, nothing between.
func TestSignature(t *testing.T) {
	t.Parallel()
	recorder := &resttest.Recorder{Next: resttest.Direct{Handler: http.NotFoundHandler()}}
	provider, err := mercifacteur.New(mercifacteur.Config{
		Credentials: mercifacteur.Fixed(mercifacteur.Credentials{ServiceID: "public-example", Key: mercifacteur.NewSecret("examplesecret"), UserID: 1}),
		Transport:   recorder, Now: func() time.Time { return time.Unix(1700000000, 0) }, Retries: -1, Rate: 1e6,
	})
	require.NoError(t, err)
	_, err = provider.Find(t.Context(), courrier.Reference{ID: carrierlife.LetterID})
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	require.Contains(t, recorder.Take(), "Ww-Service-Signature: 0d3bb4fa46fd050b4fa724551cdef279e6c0d5598bec176bddca7632609e5ada\n")
}

// A refusal because the letter was sent before proves that the carrier has it.
func TestAntidoublonIsDoubt(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ANTIDOUBLON_EXISTS", "ENVOI_EN_DOUBLON", "DUPLICATE_LETTER"} {
		w := newWorld(t)
		w.Fail(mercifacteurtest.Fault{Kind: mercifacteurtest.Refuse, Call: "sendCourrier", Code: code})
		_, err := w.provider.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	}
	w := newWorld(t)
	first := w.submit(t, carrierlife.Submission(courrier.ServiceStandard))
	_, err := w.provider.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
	carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	w.advance(10 * time.Minute)
	receipt, err := w.provider.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
	require.NoError(t, err, "its events show the letter now")
	require.Equal(t, first.ProviderID, receipt.ProviderID)
	require.Len(t, w.Sent(), 1)
}

// What each broken line proves about a submission, and what Find says then.
func TestSubmitOverABrokenLine(t *testing.T) {
	t.Parallel()
	for _, fault := range resttest.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := newFake(time.Now)
				cut := &resttest.Cut{Next: resttest.Direct{Handler: fake}, At: map[int]resttest.Fault{2: fault}}
				provider, err := newProvider(cut, time.Now, nil)
				require.NoError(t, err)
				at := time.Now()
				_, err = provider.Submit(t.Context(), carrierlife.Submission(courrier.ServiceRegisteredAR))
				require.Contains(t, cut.Calls()[2], "sendCourrier", "after a token and the countries")
				want := courrier.ErrInDoubt
				if fault == resttest.Refused || fault == resttest.NoHost {
					want = courrier.ErrUnavailable
				}
				carrierlife.RequireKind(t, want, err)
				time.Sleep(20 * time.Minute)
				fake.Tick()
				_, err = provider.Find(t.Context(), courrier.Reference{ID: carrierlife.LetterID, Account: "account-1", Service: courrier.ServiceRegisteredAR, AttemptedAt: at})
				if len(fake.Sent()) == 0 {
					carrierlife.RequireKind(t, courrier.ErrNotFound, err)
					return
				}
				require.NoError(t, err)
			})
		})
	}
}

// "Not found" is said only where the carrier's lists could have shown the letter.
func TestFindKnowsWhatItCannotSee(t *testing.T) {
	t.Parallel()
	ask := func(w *world, attempted time.Time) error {
		_, err := w.provider.Find(t.Context(), courrier.Reference{ID: carrierlife.LetterID, Account: "account-1", Service: courrier.ServiceStandard, AttemptedAt: attempted})
		return err
	}
	sent := 0
	other := func(w *world, n int) {
		for range n {
			s := carrierlife.Submission(courrier.ServiceStandard)
			sent++
			s.ID = courrier.LetterID(fmt.Sprintf("0195a1b2-c3d4-7e5f-8a6b-%012d", sent))
			w.submit(t, s)
		}
	}
	w := newWorld(t)
	carrierlife.RequireKind(t, courrier.ErrNotFound, ask(w, w.clock.Now()))
	attempted := w.clock.Now()
	other(w, 50)
	w.advance(72 * time.Hour)
	carrierlife.RequireKind(t, courrier.ErrNotFound, ask(w, w.clock.Now().Add(-time.Hour)))
	other(w, 51)
	w.advance(72 * time.Hour)
	carrierlife.RequireKind(t, courrier.ErrInDoubt, ask(w, attempted.Add(-time.Hour)))
	hidden := newWorld(t)
	hidden.Word(mercifacteurtest.Form{NoReference: true})
	other(hidden, 1)
	carrierlife.RequireKind(t, courrier.ErrInDoubt, ask(hidden, hidden.clock.Now()))
}

// Whatever something in between answers: no certainty but the carrier's own.
func TestUnwordedRefusals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		status := rapid.IntRange(200, 599).Draw(rt, "status")
		body := rapid.SampledFrom([]string{"", "<html>", "null", "{}", "[]", `{"error":{"code":"X"}}`, `{"success":"false"}`, `{"message":"Forbidden"}`, `{"success":true}`, `{"success":true,"envoi_id":""}`, `{"success":null}`}).Draw(rt, "body")
		w := newWorld(t)
		provider, err := newProvider(resttest.Direct{Handler: http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "sendCourrier") {
				_, _ = io.Copy(io.Discard, r.Body)
				out.WriteHeader(status)
				_, _ = io.WriteString(out, body)
				return
			}
			w.ServeHTTP(out, r)
		})}, w.clock.Now, nil)
		require.NoError(t, err)
		_, err = provider.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
		carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
	})
}

func TestCredentialsAndTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := carrierlife.Submission(courrier.ServiceStandard)
	stranger.Letter.Account = "account-9"
	_, err := w.provider.Submit(t.Context(), stranger)
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	w.Word(mercifacteurtest.Form{IPRefused: true})
	_, err = w.provider.Submit(t.Context(), carrierlife.Submission(courrier.ServiceStandard))
	carrierlife.RequireKind(t, courrier.ErrDenied, err)
	w.Word(mercifacteurtest.Form{})
	ref := w.submit(t, carrierlife.Submission(courrier.ServiceStandard))
	w.EndTokens()
	_, err = w.provider.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err, "a question is put again with another token")
	w.EndTokens()
	s := carrierlife.Submission(courrier.ServiceStandard)
	s.ID = "0195a1b2-c3d4-7e5f-8a6b-000000000002"
	_, err = w.provider.Submit(t.Context(), s)
	carrierlife.RequireKind(t, courrier.ErrDenied, err)
	_, err = w.provider.Submit(t.Context(), s)
	require.NoError(t, err, "the next attempt has a token of its own")
	w.advance(25 * time.Hour)
	_, err = w.provider.Track(t.Context(), []courrier.Reference{ref})
	require.NoError(t, err)
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.submit(t, carrierlife.Submission(courrier.ServiceRegisteredAR))
	sending, reference := ref.ProviderID, sent(w.Server, ref.ID).Reference
	at := time.Unix(1772442000, 0)
	r, err := mercifacteurtest.Webhook(hook, secret, "delivered", at, mercifacteurtest.Letter{Sending: sending, Reference: reference, Mode: "lrare", Status: "distribue", Tracking: "8700"},
		mercifacteurtest.Letter{Sending: "7", Reference: "other", Status: "brand_new"})
	require.NoError(t, err)
	body := bodyOf(t, r)
	told, err := w.provider.ParseWebhook(r.Header, nil, body)
	require.NoError(t, err)
	require.Equal(t, 200, told.Status)
	require.Len(t, told.Events, 2)
	first, second := told.Events[0], told.Events[1]
	require.Equal(t, carrierlife.LetterID, first.Letter)
	require.Empty(t, first.ProviderID, "the id of its own sending is for the letter's events to say, not for a page that anyone can post")
	require.Equal(t, courrier.StatusDelivered, first.Status)
	require.True(t, first.Hint && second.Hint && second.Unknown)
	require.Empty(t, second.Letter)
	one := url.Values{"event": {`{"name_event":"new","date_event":1}`}, "detail": {`{"id_envoi":7,"statut_courrier":"wait"}`}}
	told, err = w.provider.ParseWebhook(r.Header, nil, []byte(one.Encode()))
	require.NoError(t, err)
	require.Len(t, told.Events, 1, "one letter may come without its list")
	for _, bad := range []string{"", "%zz", "event=", "event=null&detail=[]", "event=1"} {
		_, err = w.provider.ParseWebhook(r.Header, nil, []byte(bad))
		carrierlife.RequireKind(t, courrier.ErrInvalid, err)
	}
	r.Header.Set(mercifacteurtest.Header, secret+"x")
	_, err = w.provider.ParseWebhook(r.Header, nil, body)
	carrierlife.RequireKind(t, courrier.ErrDenied, err)
}

func TestCountries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mercifacteur.Config) { c.Countries = map[string]string{"JP": "France"} })
	for a, want := range map[courrier.Address]error{
		{Postcode: "10115", Country: "DE"}: nil, {Postcode: "60608", State: "Illinois", Country: "US"}: nil, {Postcode: "3000", Country: "CH"}: nil,
		{Postcode: "1000005", State: "Tokyo", Country: "JP"}: nil, {Postcode: "01310200", State: "SP", Country: "BR"}: courrier.ErrInvalid,
	} {
		country := a.Country
		a.Street, a.City = "Street 1", "Town"
		s := carrierlife.Submission(courrier.ServiceStandard)
		s.ID = courrier.LetterID("0195a1b2-c3d4-7e5f-8a6b-00000000" + fmt.Sprintf("%x", country))
		s.Letter.To.Address = a
		_, err := w.provider.Submit(t.Context(), s)
		if want == nil {
			require.NoError(t, err, country)
			continue
		}
		carrierlife.RequireKind(t, want, err)
	}
}

// The town's field holds what the country prints there, the postcode what it repairs.
func TestAddressAbroad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := carrierlife.Submission(courrier.ServiceStandard)
	s.Letter.To = courrier.Recipient{Name: "Ms Dana Whitlock", Address: courrier.Address{
		Street: "123-45 67th Avenue Apt 4B", Postcode: "113752345", City: "Forest Hills", State: "New York", Country: "US"}}
	w.submit(t, s)
	sent := w.recorder.Take()
	for _, want := range []string{`"123-45 67th Avenue Apt 4B"`, `"11375-2345"`, `"FOREST HILLS NY"`} {
		require.Contains(t, sent, want)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := mercifacteur.New(mercifacteur.Config{WebhookSecrets: []string{"short"}, Rate: -1, BaseURL: "ftp://x"})
	fields := map[string]bool{}
	for _, f := range courrier.FieldErrors(err) {
		fields[f.Field] = true
	}
	require.Equal(t, map[string]bool{"Credentials": true, "WebhookSecrets": true, "Rate": true, "BaseURL": true}, fields)
	paper, err := newProvider(nil, time.Now, nil, func(c *mercifacteur.Config) { c.PaperReceipt = true })
	require.NoError(t, err)
	require.NotContains(t, paper.Capabilities().Proofs, courrier.ProofOfReceipt)
}

func FuzzParseWebhook(f *testing.F) {
	provider, err := newProvider(nil, time.Now, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(url.Values{"event": {`{"name_event":"new","date_event":"1"}`}, "detail": {`[{"id_envoi":["7"],"statut_courrier":"wait"}]`}}.Encode())
	f.Fuzz(func(t *testing.T, body string) {
		told, err := provider.ParseWebhook(http.Header{mercifacteurtest.Header: {secret}}, nil, []byte(body))
		if err == nil {
			for _, e := range told.Events {
				require.True(t, e.Hint && e.ID != "" && (e.Letter != "" || e.ProviderID != ""))
			}
		}
	})
}
