package laposte_test

import (
	"context"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
	"github.com/courrier-go/courrier/stores/memstore"
)

// Letters of every account leave through the account's own Maileva user.
func ExampleNew() {
	carrier, err := laposte.New(laposte.Config{
		Credentials: func(_ context.Context, account courrier.AccountID) (laposte.Credentials, error) {
			return laposte.Credentials{ClientID: "appli.host", ClientSecret: "…", Username: string(account), Password: "…"}, nil
		},
		Endpoints: laposte.Sandbox(), // leave it out for production
		Webhook:   laposte.BasicAuth{Login: "maileva", Password: "a long random text"},
	})
	if err != nil {
		panic(err)
	}
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{carrier}})
	if err != nil {
		panic(err)
	}
	quote, err := client.Quote(context.Background(), courrier.Letter{
		Account: "acme", Key: "INV-1042/formal-notice", Service: courrier.ServiceRegisteredAR,
		To: courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{
			Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From: courrier.Sender{Company: "Ateliers Bréhat SARL", Address: courrier.Address{
			Street: "4 impasse du Verger", Postcode: "75011", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("notice.pdf", pdf("notice"))},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(quote.Provider, quote.Zone)
	// Output: laposte metropolitan
}

// Suivi alone follows registered letters that were sent otherwise, such as over
// the counter.
func ExampleSuivi_Track() {
	fake := lapostetest.New(lapostetest.Options{Start: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)})
	defer fake.Close()
	fake.AddKey("okapi-key")
	fake.AddSuivi("4P36275770836", "PC1")
	fake.Advance(48 * time.Hour)
	fake.AddSuivi("4P36275770836", "DI1")

	suivi, err := laposte.NewSuivi(laposte.SuiviConfig{
		Key:     "okapi-key",
		BaseURL: fake.URL + lapostetest.SuiviPath, // leave it out for La Poste's
	})
	if err != nil {
		panic(err)
	}
	events, err := suivi.Track(context.Background(), []courrier.Reference{{ID: "letter-1", TrackingNumber: "4P 362 757 7083 6"}})
	if err != nil {
		panic(err)
	}
	t := courrier.Fold(events)
	fmt.Println(t.Status, t.DeliveredAt.UTC().Format(time.DateOnly))
	// Output: delivered 2026-03-04
}

func ExampleCheckNumber() {
	for _, number := range []string{"4P 362 757 7083 6", "4P36275770837", "RR473124829GB"} {
		c := laposte.CheckNumber(number)
		fmt.Println(c.Number, c.Form, c.Doubtful)
	}
	// Output:
	// 4P36275770836 domestic false
	// 4P36275770837 domestic true
	// RR473124829GB s10 false
}

// What Maileva billed in a month against what the host reckoned.
func ExampleCompareBilling() {
	eur := func(v string) courrier.Amount { return courrier.MustAmount(v, "EUR") }
	lines := func(yield func(laposte.BillingLine, error) bool) { // Provider.BillingLines
		_ = yield(laposte.BillingLine{Letter: "letter-1", Category: "POSTAGE", Amount: eur("1.61")}, nil) &&
			yield(laposte.BillingLine{Letter: "letter-2", Category: "POSTAGE", Amount: eur("1.52")}, nil)
	}
	report, err := laposte.CompareBilling(lines, map[courrier.LetterID]courrier.Amount{"letter-1": eur("1.52"), "letter-2": eur("1.52")})
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Agreeing, "as expected")
	for _, d := range report.Letters {
		fmt.Println(d.Letter, "charged", d.Charged, "expected", d.Expected, "difference", d.Difference)
	}
	// Output:
	// 1 as expected
	// letter-1 charged 1.61 EUR expected 1.52 EUR difference 0.09 EUR
}
