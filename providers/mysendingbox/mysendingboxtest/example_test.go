package mysendingboxtest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
	"github.com/courrier-go/courrier/stores/memstore"
)

const secret = "at-least-16-random-bytes"

// A host's own test: a letter to the fake carrier, an hour later its webhook.
func Example() {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	fake := mysendingboxtest.New(mysendingboxtest.Config{Now: clock, WebhookURL: "https://any:" + secret + "@host.test/hooks"})
	carrier, err := mysendingbox.New(mysendingbox.Config{
		Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), Live: true, Now: clock,
		Transport: &mysendingboxtest.Transport{Server: fake}, WebhookSecrets: []string{secret},
	})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{carrier}, Now: clock})
	if err != nil {
		panic(err)
	}
	letter, err := client.Send(ctx, courrier.Letter{
		Account: "acme", Key: "INV-1042", Service: courrier.ServiceStandard,
		To:        courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("invoice.pdf", []byte("%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF\n"))},
	})
	if err != nil {
		panic(err)
	}
	if _, err := client.Dispatch(ctx, courrier.DispatchOptions{}); err != nil {
		panic(err)
	}
	now = now.Add(26 * time.Hour)
	fake.Tick()
	handler := client.WebhookHandler(carrier, courrier.WebhookOptions{})
	answered, err := fake.Deliver(ctx, func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result(), nil
	}, mysendingboxtest.Disorder{Duplicate: true})
	after, _ := client.Letter(ctx, letter.ID)
	fmt.Println(answered, after.Status, err)
	// Output: 6 posted <nil>
}

// The carrier's call alone, for a test of the host's own routes.
func ExampleWebhook() {
	r, err := mysendingboxtest.Webhook("https://any:"+secret+"@host.test/hooks", mysendingboxtest.Event{Name: "letter.sent", Letter: "SkyVo5yIZ"})
	if err != nil {
		panic(err)
	}
	_, password, _ := r.BasicAuth()
	fmt.Println(r.Method, r.URL, password == secret)
	// Output: POST https://host.test/hooks true
}
