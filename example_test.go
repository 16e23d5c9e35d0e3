package courrier_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
)

var invoicePDF = []byte("%PDF-1.7 an invoice of the host's own")

// The first block of the README is the body of this function.
func Example() {
	ctx := context.Background()
	post := mock.New() // a post office in memory; your carrier's adapter comes here
	client, err := courrier.New(courrier.Config{
		Store:     memstore.New(), // or SQLite, PostgreSQL, your own
		Providers: []courrier.Provider{post},
		Tariff: courrier.PriceList{Flat: map[courrier.Service]courrier.Amount{
			courrier.ServiceRegisteredAR: courrier.MustAmount("5", "stamp"),
		}},
		Now: post.Now,
	})
	if err != nil {
		log.Fatal(err)
	}
	client.Credits("acme").TopUp(ctx, "order-77", courrier.MustAmount("50", "stamp"))

	letter, err := client.Send(ctx, courrier.Letter{
		Account: "acme", Key: "INV-1042/formal-notice", Service: courrier.ServiceRegisteredAR,
		To: courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{
			Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From: courrier.Sender{Company: "Acme SAS", Address: courrier.Address{
			Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("notice.pdf", invoicePDF)},
	})
	if err != nil {
		log.Fatal(err)
	}
	client.Dispatch(ctx, courrier.DispatchOptions{}) // what client.Run does every minute
	post.Advance(30 * 24 * time.Hour)
	client.Refresh(ctx, courrier.RefreshOptions{})

	letter, _ = client.Letter(ctx, letter.ID)
	receipt, _ := client.Proof(ctx, letter.ID, courrier.ProofOfReceipt)
	balance, _ := client.Credits("acme").Balance(ctx, "stamp")
	fmt.Println(letter.Status, len(receipt.Content) > 0, balance.Available)
	// Output: delivered true 45 stamp
}

func TestReadmeShowsTheExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	code, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	_, block, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok)
	block, _, _ = strings.Cut(block, "```")
	_, body, _ := strings.Cut(string(code), "func Example() {\n")
	body, _, _ = strings.Cut(body, "\n}\n")
	require.Equal(t, strings.ReplaceAll("\n"+body, "\n\t", "\n")[1:], strings.TrimSuffix(block, "\n"))
}
