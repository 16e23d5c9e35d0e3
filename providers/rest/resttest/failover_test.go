package resttest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

// With two carriers, one of which stands in for the other, whatever call is
// broken: one of them gets the letter, once, and it is paid once.
func TestFailoverWithEveryCallBroken(t *testing.T) {
	t.Parallel()
	for first, carriers := range map[string][]string{"mysendingbox first": {"mysendingbox", "laposte"}, "laposte first": {"laposte", "mysendingbox"}} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			life := func(t *testing.T, at map[int]resttest.Fault) int { return sendWith(t, carriers, at) }
			resttest.BreakEvery(t, life)
			resttest.BreakPairs(t, 7, 4, life)
		})
	}
}

type byHost map[string]http.Handler

// RoundTrip implements [http.RoundTripper].
func (h byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	return resttest.Direct{Handler: h[r.URL.Host]}.RoundTrip(r)
}

func sendWith(t *testing.T, carriers []string, at map[int]resttest.Fault) int {
	t.Helper()
	one := mysendingboxtest.New(mysendingboxtest.Config{})
	two := lapostetest.New(lapostetest.Options{Start: time.Now(), NoListener: true})
	two.AddUser("user", "password", "client", "secret")
	cut := &resttest.Cut{At: at, Next: byHost{"api.mysendingbox.fr": one, strings.TrimPrefix(two.URL, "http://"): two.Handler}}
	msb, err := mysendingbox.New(mysendingbox.Config{Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), Live: true, Transport: cut})
	require.NoError(t, err)
	maileva, err := laposte.New(laposte.Config{
		Credentials: laposte.StaticCredentials(laposte.Credentials{ClientID: "client", ClientSecret: "secret", Username: "user", Password: "password"}),
		Endpoints: laposte.Endpoints{
			Token: two.URL + lapostetest.TokenPath, Mail: two.URL + lapostetest.MailPath,
			RegisteredMail: two.URL + lapostetest.RegisteredPath, Notifications: two.URL + lapostetest.NotificationsPath,
		},
		Transport: cut,
	})
	require.NoError(t, err)
	known := map[string]courrier.Provider{msb.Name(): msb, maileva.Name(): maileva}
	price := courrier.MustAmount("5", "stamp")
	client, err := courrier.New(courrier.Config{
		Store: memstore.New(), Providers: []courrier.Provider{known[carriers[0]], known[carriers[1]]},
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: price}),
	})
	require.NoError(t, err)
	_, err = client.Credits("acme").TopUp(t.Context(), "order-1", courrier.MustAmount("20", "stamp"))
	require.NoError(t, err)
	rec, err := client.Send(t.Context(), letter())
	require.NoError(t, err)
	for range 24 {
		_, err = client.Dispatch(t.Context(), courrier.DispatchOptions{})
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)
		two.Advance(10 * time.Minute)
	}
	rec, err = client.Letter(t.Context(), rec.ID)
	require.NoError(t, err)
	taken := one.Accepted(mysendingbox.MetadataKey)
	for _, s := range two.Submitted() {
		taken = append(taken, s.CustomID)
	}
	require.Equal(t, []string{string(rec.ID)}, taken)
	require.Equal(t, courrier.ChargeCaptured, rec.Charge)
	require.NotEmpty(t, rec.ProviderID)
	balance, err := client.Credits("acme").Balance(t.Context(), "stamp")
	require.NoError(t, err)
	require.Equal(t, "15 stamp", balance.Available.String())
	require.True(t, balance.Reserved.IsZero())
	return len(cut.Calls())
}

func letter() courrier.Letter {
	doc := courrier.NewDocument("invoice.pdf", []byte("%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF\n"))
	doc.Pages = 1
	return courrier.Letter{
		Account: "acme", Key: "INV-1042", Service: courrier.ServiceStandard,
		To:        courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Documents: []courrier.Document{doc},
	}
}
