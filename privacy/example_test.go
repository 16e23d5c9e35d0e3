package privacy_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/privacy"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

// A customer asks for everything, and then to be forgotten. A letter that waits is
// kept until it has left or was cancelled.
func Example() {
	ctx, store := context.Background(), memstore.New()
	client, err := courrier.New(courrier.Config{
		Store: store, Providers: []courrier.Provider{mock.New(mock.Config{})}, Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: courrier.MustAmount("1", "stamp")}),
	})
	if err != nil {
		log.Fatal(err)
	}
	letter := courrier.Letter{
		Account: "acme", Key: "offer 7", Customer: "c1", Service: courrier.ServiceStandard,
		To:        courrier.Recipient{Name: "Zoé Martin", Address: courrier.Address{Street: "3 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("offer.pdf", []byte("%PDF-1.7 …"))},
	}
	sent, err := client.Send(ctx, letter)
	if err != nil {
		log.Fatal(err)
	}
	keeper := privacy.Keeper{Client: client, Reminders: store, Retention: privacy.France()}
	var archive bytes.Buffer // an HTTP answer, in a host
	fmt.Println("exported:", keeper.Export(ctx, &archive, "acme", "c1"))
	report, err := keeper.Erase(ctx, "acme", "c1")
	fmt.Println(report.Letters, report.Kept[0].Reason, err)
	if _, err := client.Cancel(ctx, sent.ID); err != nil {
		log.Fatal(err)
	}
	report, err = keeper.Erase(ctx, "acme", "c1")
	fmt.Println(report.Letters, len(report.Kept), err)
	// Output:
	// exported: <nil>
	// 0 under way <nil>
	// 1 0 <nil>
}
