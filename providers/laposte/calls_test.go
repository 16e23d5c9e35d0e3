package laposte_test

import (
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/providers/laposte"
)

// endOf returns the error in which a sequence ends.
func endOf[T any](all iter.Seq2[T, error]) (last error) {
	for _, err := range all {
		last = err
	}
	return last
}

// refusing is a carrier that gives a token and refuses all else with a code of its own.
func refusing(t *testing.T) *laposte.Provider {
	return newWorld(t, func(c *laposte.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				return answer(r, http.StatusOK, `{"access_token":"t","expires_in":300,"token_type":"Bearer"}`), nil
			}
			return answer(r, http.StatusServiceUnavailable, `{"code":"`+calldoc.Foreign+`"}`), nil
		})
	}).provider
}

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx, provider := t.Context(), refusing(t)
	sandbox := newWorld(t, func(c *laposte.Config) { c.Endpoints.Billing = "" }).provider
	from, to := courrier.MustDate("2026-03-01"), courrier.MustDate("2026-03-31")
	one := func(yield func(laposte.BillingLine, error) bool) {
		yield(laposte.BillingLine{Letter: "a", Amount: courrier.MustAmount("1", "EUR")}, nil)
	}
	stamps := map[courrier.LetterID]courrier.Amount{"a": courrier.MustAmount("1", "stamp")}
	faults, err := calldoc.Check(".", map[string][]func() error{
		"New":               {func() error { return calldoc.Error(laposte.New(laposte.Config{})) }},
		"NewSuivi":          {func() error { return calldoc.Error(laposte.NewSuivi(laposte.SuiviConfig{})) }},
		"StaticCredentials": {func() error { return calldoc.Error(laposte.StaticCredentials(credentials)(ctx, "acme")) }},
		"CompareBilling":    {func() error { return calldoc.Error(laposte.CompareBilling(one, stamps)) }},
		"Provider.BillingLines": {
			func() error { return endOf(sandbox.BillingLines(ctx, "acme", from, to)) },
			func() error { return endOf(provider.BillingLines(ctx, "acme", to, from)) },
			func() error { return endOf(provider.BillingLines(ctx, "acme", from, to)) },
		},
		"Provider.Subscribe": {
			func() error { return calldoc.Error(provider.Subscribe(ctx, "acme", "http://plain.example")) },
			func() error { return calldoc.Error(provider.Subscribe(ctx, "acme", callback)) },
		},
		"Provider.Subscriptions": {func() error { return endOf(provider.Subscriptions(ctx, "acme")) }},
		"Provider.Unsubscribe":   {func() error { return provider.Unsubscribe(ctx, "acme", "1") }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
