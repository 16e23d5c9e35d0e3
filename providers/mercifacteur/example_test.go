package mercifacteur_test

import (
	"context"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mercifacteur"
	"github.com/courrier-go/courrier/providers/mercifacteur/mercifacteurtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
	"github.com/courrier-go/courrier/stores/memstore"
)

// A registered letter, at the fake: leave Transport out to reach the carrier.
func Example() {
	ctx, now := context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	fake := mercifacteurtest.New(mercifacteurtest.Config{Now: func() time.Time { return now }})
	fake.AddService("service-id", "secret-key", 42)

	carrier, err := mercifacteur.New(mercifacteur.Config{
		Credentials:    mercifacteur.Fixed(mercifacteur.Credentials{ServiceID: "service-id", Key: mercifacteur.NewSecret("secret-key"), UserID: 42}),
		WebhookSecrets: []string{"at-least-16-random-bytes"},
		Transport:      resttest.Direct{Handler: fake},  // tests only
		Now:            func() time.Time { return now }, // tests only
	})
	if err != nil {
		panic(err)
	}
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{carrier}})
	if err != nil {
		panic(err)
	}
	letter, err := client.Send(ctx, courrier.Letter{
		Account: "acme", Key: "INV-1042/notice", Service: courrier.ServiceRegisteredAR,
		To:        courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From:      courrier.Sender{Company: "Ateliers Bréhat SARL", Address: courrier.Address{Street: "4 impasse du Verger", Postcode: "75011", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("notice.pdf", []byte("%PDF-1.4\n%%EOF\n"))},
	})
	if err != nil {
		panic(err)
	}
	report, err := client.Dispatch(ctx, courrier.DispatchOptions{})
	fmt.Println(letter.Status, report.Submitted, fake.Sent()[0].Mode, err)
	// Output: queued 1 lrare <nil>
}
