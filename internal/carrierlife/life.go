// Package carrierlife leads letters through a carrier's fake from Send to their last
// proof, with a whole Client, for the tests of adapters: with calls broken, and with
// webhooks that come twice, in disorder and late.
package carrierlife

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/rest/resttest"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

// Account is the account that sends.
const Account courrier.AccountID = "account-1"

// Carrier is a fake with an adapter to it, on the clock of package time.
type Carrier struct {
	Line  http.RoundTripper // to the fake
	New   func(line http.RoundTripper, log *slog.Logger) (courrier.Provider, error)
	Tick  func()                      // lets happen what is due; nil: nothing to do
	Taken func() []courrier.LetterID  // what the carrier really took, repeats included
	Calls func(context.Context, Call) // makes the carrier's calls that are due; nil: it makes none
	// Strange lets something happen to a letter of which the adapter has never heard.
	Strange func(courrier.LetterRecord)
	// Private are texts that no log and no error may show.
	Private []string
}

// Call is how the carrier reaches the host.
type Call struct {
	Do     func(*http.Request) (*http.Response, error)
	Chance *rand.Rand
}

// End is what a letter comes to, with all proofs that are kept of it then.
type End struct {
	Status courrier.Status
	Reason courrier.ReturnReason
	Proofs []courrier.ProofKind
	// OnDemand are proofs that nobody announces; the adapter has them when asked.
	OnDemand []courrier.ProofKind
}

// host is a host application on the carrier.
type host struct {
	t        *testing.T
	carrier  Carrier
	cut      *resttest.Cut
	provider courrier.Provider
	client   *courrier.Client
	webhook  http.Handler
	said     resttest.Transcript
	calls    bool                     // whether the carrier calls while time passes
	strange  []courrier.TrackingEvent // of codes that nobody knows
}

// newHost gives a host one carrier, and others in its place when that one fails.
func newHost(t *testing.T, c Carrier, at map[int]resttest.Fault, others ...courrier.Provider) *host {
	h := &host{t: t, carrier: c, cut: &resttest.Cut{Next: c.Line, At: at}}
	log := slog.New(slog.NewTextHandler(&h.said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	h.provider, err = c.New(h.cut, log)
	require.NoError(t, err)
	flat := map[courrier.Service]courrier.Amount{}
	for _, s := range courrier.Services() {
		flat[s] = courrier.MustAmount("5", "stamp")
	}
	h.client, err = courrier.New(courrier.Config{Store: memstore.New(), Providers: append([]courrier.Provider{h.provider}, others...),
		Tariff: tariff.Flat(flat), Logger: log, OnUnknownCode: h.unknown})
	require.NoError(t, err)
	h.webhook = h.client.WebhookHandler(h.provider, courrier.WebhookOptions{MaxBytes: 16 << 20})
	_, err = h.client.Credits(Account).TopUp(t.Context(), "order-1", courrier.MustAmount("100", "stamp"))
	require.NoError(t, err)
	return h
}

func (h *host) unknown(_ context.Context, e courrier.TrackingEvent) { h.strange = append(h.strange, e) }

func (h *host) do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.webhook.ServeHTTP(w, r)
	return w.Result(), nil
}

func (h *host) work() {
	h.t.Helper()
	_, err := h.client.Dispatch(h.t.Context(), courrier.DispatchOptions{})
	require.NoError(h.t, err)
	_, err = h.client.Refresh(h.t.Context(), courrier.RefreshOptions{})
	require.NoError(h.t, err)
}

// pass lets time go by, and the host work after each step.
func (h *host) pass(total, step time.Duration) {
	for passed := time.Duration(0); passed < total; passed += step {
		time.Sleep(step)
		if h.carrier.Tick != nil {
			h.carrier.Tick()
		}
		if h.calls {
			h.carrier.Calls(h.t.Context(), Call{Do: h.do})
		}
		h.work()
	}
}

func (h *host) send(l courrier.Letter) courrier.LetterID {
	l.Account = Account
	rec, err := h.client.Send(h.t.Context(), l)
	require.NoError(h.t, err)
	return rec.ID
}

// Broken sends a letter and follows it to its end with the given calls broken, and
// returns how many calls that took: one letter at the carrier, paid once, whole.
func Broken(t *testing.T, c Carrier, l courrier.Letter, at map[int]resttest.Fault, want End) int {
	h := newHost(t, c, at)
	id := h.send(l)
	h.work()
	h.pass(3*time.Hour, 10*time.Minute) // while it may be in doubt
	h.pass(16*24*time.Hour, 24*time.Hour)
	h.requireEnd(id, want)
	return len(h.cut.Calls())
}

// Once sends a letter whose sending goes wrong, follows it for ten days, and returns it
// as it stands then: however often the host tries, the carrier took it once or not at
// all, and none of the others ever.
func Once(t *testing.T, c Carrier, l courrier.Letter, others ...courrier.Provider) courrier.LetterRecord {
	h := newHost(t, c, nil, others...)
	h.calls = c.Calls != nil
	id := h.send(l)
	h.work()
	h.pass(10*24*time.Hour, 4*time.Hour)
	require.LessOrEqual(t, len(c.Taken()), 1, "never twice")
	return h.read(id)
}

// Answer is what a carrier, or something before it, says.
type Answer struct {
	Status int
	Body   string
}

// Unclear checks answers to the call that prints which do not tell what became of it: a
// letter that was answered so is never sent again, nor given to another carrier, and is
// followed to its delivery all the same.
func Unclear(t *testing.T, l courrier.Letter, answers map[string]Answer, carrier func(Answer) Carrier) {
	for name, answer := range answers {
		for _, others := range []int{0, 1} {
			t.Run(fmt.Sprint(name, ", others: ", others), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c, office := carrier(answer), mock.New(mock.Config{Clock: time.Now})
					rec := Once(t, c, l, []courrier.Provider{office}[:others]...)
					require.Empty(t, office.Accepted())
					require.Equal(t, []courrier.LetterID{rec.ID}, c.Taken())
					require.NotEqual(t, office.Name(), rec.Provider)
					require.Equal(t, courrier.StatusDelivered, rec.Status)
					require.Equal(t, courrier.ChargeCaptured, rec.Charge)
				})
			})
		}
	}
}

// Moved sends a letter whose answer is lost, and the host then moves the account to
// another place at the carrier, such as another organisation, where nobody knows the
// letter. That proves nothing: it stays in doubt until the account is back.
func Moved(t *testing.T, c Carrier, l courrier.Letter, prints func(*http.Request) bool, move func(away bool)) {
	c.Line = unheard{c.Line, prints}
	h := newHost(t, c, nil)
	id := h.send(l)
	h.work()
	require.Equal(t, courrier.StatusUnknown, h.read(id).Status)
	move(true)
	h.pass(10*24*time.Hour, 4*time.Hour)
	require.Equal(t, []courrier.LetterID{id}, c.Taken(), "never twice")
	require.Equal(t, courrier.StatusUnknown, h.read(id).Status)
	move(false)
	h.pass(10*24*time.Hour, 4*time.Hour)
	require.Equal(t, []courrier.LetterID{id}, c.Taken())
	require.NotEqual(t, courrier.StatusUnknown, h.read(id).Status)
	require.NotEmpty(t, h.read(id).ProviderID)
}

// unheard is a line that breaks before the answer to a call that prints.
type unheard struct {
	http.RoundTripper
	prints func(*http.Request) bool
}

// RoundTrip implements [http.RoundTripper].
func (u unheard) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := u.RoundTripper.RoundTrip(r)
	if err == nil && u.prints(r) {
		_ = answer.Body.Close() // the answer is lost whatever that says
		return nil, io.ErrUnexpectedEOF
	}
	return answer, err
}

// Walk follows a letter while the carrier's calls come twice, in disorder and late,
// things happen to it of which nobody has heard, and the host works now and then only.
func Walk(t *testing.T, c Carrier, l courrier.Letter, seed uint64, want End) {
	h, chance := newHost(t, c, nil), rand.New(rand.NewPCG(seed, 1))
	id := h.send(l)
	h.work()
	for passed := time.Duration(0); passed < 45*24*time.Hour; {
		step := time.Duration(1+chance.IntN(14)) * time.Hour
		passed += step
		time.Sleep(step)
		c.Tick()
		if chance.IntN(2) == 0 {
			c.Strange(h.read(id))
		}
		if chance.IntN(3) > 0 {
			c.Calls(t.Context(), Call{Do: h.do, Chance: chance})
		}
		if chance.IntN(3) > 0 {
			h.work()
		}
	}
	c.Calls(t.Context(), Call{Do: h.do, Chance: chance})
	h.work()
	h.requireEnd(id, want)
	h.requireStrange(id)
	for _, kind := range want.OnDemand {
		_, err := h.provider.(courrier.ProofFetcher).Proof(t.Context(), h.read(id).Reference(), kind)
		require.NoError(t, err, kind)
	}
}

// requireStrange checks that what nobody knows was told to the host, and moved nothing.
func (h *host) requireStrange(id courrier.LetterID) {
	h.t.Helper()
	require.NotEmpty(h.t, h.strange)
	for _, e := range h.strange {
		require.True(h.t, e.Unknown && e.Status == "" && e.Proof == "", "%s moves a letter", e.Code)
	}
	require.Empty(h.t, h.read(id).Tracking.Contradictions)
}

func (h *host) read(id courrier.LetterID) courrier.LetterRecord {
	h.t.Helper()
	rec, err := h.client.Letter(h.t.Context(), id)
	require.NoError(h.t, err)
	return rec
}

func (h *host) requireEnd(id courrier.LetterID, want End) {
	t := h.t
	t.Helper()
	rec := h.read(id)
	require.Equal(t, []courrier.LetterID{id}, h.carrier.Taken(), "one letter at the carrier")
	require.Equal(t, want.Status, rec.Status)
	require.Equal(t, want.Reason, rec.Tracking.Reason)
	require.Equal(t, courrier.ChargeCaptured, rec.Charge)
	var kept []courrier.ProofKind
	for _, p := range rec.Proofs {
		kept = append(kept, p.Kind)
		_, err := h.client.Proof(t.Context(), id, p.Kind)
		require.NoError(t, err)
	}
	require.ElementsMatch(t, want.Proofs, kept)
	balance, err := h.client.Credits(Account).Balance(t.Context(), "stamp")
	require.NoError(t, err)
	require.Equal(t, "95", balance.Available.Decimal().String(), "paid once")
	require.True(t, balance.Reserved.IsZero())
	said := h.said.String()
	if rec.Failure != nil {
		said += rec.Failure.Message
	}
	require.NotEmpty(t, said)
	for _, private := range h.carrier.Private {
		require.NotContains(t, said, private)
	}
}
