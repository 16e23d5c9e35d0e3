package mysendingbox_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
	"github.com/courrier-go/courrier/stores/memstore"
)

// The ten lines that a host needs. The transport is the fake's here; leave it
// out to reach the carrier.
func Example() {
	ctx, key, fake := context.Background(), mysendingbox.NewKey(mysendingboxtest.TestKey), &mysendingboxtest.Transport{Server: mysendingboxtest.New(mysendingboxtest.Config{})}

	// snippet:begin
	carrier, err := mysendingbox.New(mysendingbox.Config{
		Credentials:    mysendingbox.FixedKey(key), // Live: true for a live key
		WebhookSecrets: []string{"at-least-16-random-bytes"},
		Transport:      fake, // tests only
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{carrier}})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/webhooks/mysendingbox", client.WebhookHandler(carrier, courrier.WebhookOptions{}))
	letter, err := client.Send(ctx, courrier.Letter{
		Account: "acme", Key: "INV-1042", Service: courrier.ServiceStandard,
		To:        courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("INV-1042.pdf", invoicePDF)},
	})
	// snippet:end

	fmt.Println(letter.Status, err)
	report, err := client.Dispatch(ctx, courrier.DispatchOptions{})
	fmt.Println(report.Submitted, err)
	// Output:
	// queued <nil>
	// 1 <nil>
}

var invoicePDF = []byte("%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF\n")

// ExampleAccounts opens a customer's own account and sends with its key.
func ExampleAccounts() {
	ctx := context.Background()
	accounts, err := mysendingbox.NewAccounts(mysendingbox.AccountsConfig{
		Store:   memstore.New(),
		Secrets: &sealer{}, // the host's vault
		Partner: func(context.Context) (mysendingbox.Key, error) {
			return mysendingbox.NewKey(mysendingboxtest.PartnerKey), nil
		},
		Transport: &mysendingboxtest.Transport{Server: mysendingboxtest.New(mysendingboxtest.Config{})},
	})
	if err != nil {
		log.Fatal(err)
	}
	c, err := accounts.Open(ctx, mysendingbox.Opening{Account: "acme", Email: "owner@bakery.test", Name: "Zoé Martin"})
	fmt.Println(c.State, err) // the carrier now invites the customer
	c, err = accounts.Report(ctx, "acme", mysendingbox.StateConnected)
	fmt.Println(c.State, err) // the customer said so
	// Output:
	// created <nil>
	// connected <nil>
}

// The documentation shows the code above, word for word, with a key in place of the fake's.
func TestDocumentationShowsTheExample(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(source), "// snippet:begin\n")
	snippet, _, found := strings.Cut(rest, "\t// snippet:end")
	require.True(t, found)
	var lines []string
	for line := range strings.Lines(snippet) {
		if !strings.Contains(line, "// tests only") {
			line = strings.Replace(line, "FixedKey(key)", `FixedKey(mysendingbox.NewKey("test_…"))`, 1)
			lines = append(lines, strings.TrimPrefix(line, "\t"))
		}
	}
	page, err := os.ReadFile("../../docs/mysendingbox.md")
	require.NoError(t, err)
	require.Contains(t, string(page), "```go\n"+strings.Join(lines, "")+"```\n")
}
