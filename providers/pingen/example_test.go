package pingen_test

import (
	"context"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/pingen"
	"github.com/courrier-go/courrier/providers/pingen/pingentest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
	"github.com/courrier-go/courrier/stores/memstore"
)

// A letter to Zürich, at the fake: leave Endpoints and Transport out to reach the carrier.
func Example() {
	ctx := context.Background()
	fake := pingentest.New(pingentest.Config{})
	fake.AddClient("client-id", "client-secret", "organisation-uuid")

	carrier, err := pingen.New(pingen.Config{
		Credentials: pingen.Fixed(pingen.Credentials{ClientID: "client-id", Secret: pingen.NewSecret("client-secret"), Organisation: "organisation-uuid"}),
		Products:    map[courrier.Service]string{courrier.ServiceEconomy: "bulk"}, // Switzerland only
		Endpoints:   pingen.Endpoints{API: "https://pingen.test", Identity: "https://pingen.test"},
		Transport:   resttest.Direct{Handler: fake},
	})
	if err != nil {
		panic(err)
	}
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{carrier}, Now: time.Now})
	if err != nil {
		panic(err)
	}
	letter, err := client.Send(ctx, courrier.Letter{
		Account: "acme", Key: "INV-1042", Service: courrier.ServiceEconomy,
		To:        courrier.Recipient{Company: "Muster AG", Address: courrier.Address{Street: "Bahnhofstrasse 1", Postcode: "8001", City: "Zürich", Country: "CH"}},
		Documents: []courrier.Document{courrier.NewDocument("invoice.pdf", []byte("%PDF-1.4\n%%EOF\n"))},
	})
	if err != nil {
		panic(err)
	}
	report, err := client.Dispatch(ctx, courrier.DispatchOptions{})
	fmt.Println(letter.Status, report.Submitted, fake.Sent()[0].Product, err)
	// Output: queued 1 bulk <nil>
}
