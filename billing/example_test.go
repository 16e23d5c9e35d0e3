package billing_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/shopspring/decimal"
)

// newClient is a host in memory whose clock stands at a day.
func newClient(now *time.Time) *courrier.Client {
	client, err := courrier.New(courrier.Config{
		Store: memstore.New(), Providers: []courrier.Provider{mock.New()}, Now: func() time.Time { return *now },
	})
	if err != nil {
		panic(err)
	}
	return client
}

func must(errs ...error) {
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
}

// spend is a letter's life in the ledger: held when it is queued, spent when the
// carrier has it.
func spend(ctx context.Context, l *courrier.CreditLedger, key string, amount courrier.Amount) {
	_, err := l.Reserve(ctx, key, amount)
	must(err)
	_, err = l.Capture(ctx, key, amount)
	must(err)
}

// A product sells stamps, as Sellsy does: bought in packs, one for an ordinary letter,
// five for a registered one, and ten a month are in the subscription.
func ExampleMonthOf_stamps() {
	ctx, now := context.Background(), time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	ledger := newClient(&now).Credits("acme")
	stamps := func(n int64) courrier.Amount { a, _ := courrier.AmountOf(decimal.NewFromInt(n), "stamp"); return a }

	_, err := ledger.Allow(ctx, courrier.Allowance{Key: "subscription", Amount: stamps(10), From: time.Date(2025, 12, 31, 23, 0, 0, 0,
		time.UTC)})
	must(err)
	_, err = ledger.TopUp(ctx, "order-77", stamps(20))
	must(err)
	for i := range 3 {
		spend(ctx, ledger, fmt.Sprint("notice-", i), stamps(5))
	}
	now = time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	january, err := billing.MonthOf(ctx, ledger, "stamp", now.AddDate(0, 0, -1))
	must(err)
	fmt.Println("included", january.Spent.Included, "bought", january.Spent.Bought, "owed", january.Due)
	balance, err := ledger.Balance(ctx, "stamp")
	must(err)
	fmt.Println("available in February", balance.Available, "of which included", balance.Included)
	// Output:
	// included 10 stamp bought 5 stamp owed 0 stamp
	// available in February 25 stamp of which included 10 stamp
}

// A product invoices each month what was sent, as Upflow does: post-paid, up to a
// ceiling. The month is closed first, so that the invoice never changes.
func ExampleBetween_postpaid() {
	ctx, now := context.Background(), time.Date(2026, 1, 10, 9, 0, 0, 0, time.UTC)
	client := newClient(&now)
	_, err := client.SetSettings(ctx, "acme", courrier.Settings{
		Billing: courrier.BillingPostpaid, Ceilings: []courrier.Amount{courrier.MustAmount("100", "EUR")},
	})
	must(err)
	ledger := client.Credits("acme")
	for i := range 4 {
		spend(ctx, ledger, fmt.Sprint("letter-", i), courrier.MustAmount("7.40", "EUR"))
	}
	_, err = ledger.Rebate(ctx, "letter-3", "goodwill-1", courrier.MustAmount("2.40", "EUR"), "arrived late")
	must(err)

	now = time.Date(2026, 2, 2, 9, 0, 0, 0, time.UTC)
	from, to := courrier.MustDate("2026-01-01"), courrier.MustDate("2026-02-01")
	settings, err := ledger.Settings(ctx)
	must(err)
	zone, err := settings.Location()
	must(err, ledger.Close(ctx, "EUR", to.In(zone)))
	january, err := billing.Between(ctx, ledger, "EUR", from, to)
	must(err)
	fmt.Println(january.Closed, january.Due)
	must(january.WriteCSV(os.Stdout))

	_, err = ledger.Pay(ctx, "invoice-2026-01", january.Due) // when the customer has paid
	must(err)
	balance, err := ledger.Balance(ctx, "EUR")
	must(err)
	fmt.Println("still owed", balance.Owed)
	// Output:
	// true 27.20 EUR
	// at,kind,letter,key,service,purpose,amount,unit,included,bought,owed,by_carrier,taxes,reason
	// 2026-01-10T10:00:00+01:00,capture,,letter-0,,,7.40,EUR,0.00,0.00,7.40,false,,
	// 2026-01-10T10:00:00+01:00,capture,,letter-1,,,7.40,EUR,0.00,0.00,7.40,false,,
	// 2026-01-10T10:00:00+01:00,capture,,letter-2,,,7.40,EUR,0.00,0.00,7.40,false,,
	// 2026-01-10T10:00:00+01:00,capture,,letter-3,,,7.40,EUR,0.00,0.00,7.40,false,,
	// 2026-01-10T10:00:00+01:00,rebate,,letter-3,,,-2.40,EUR,0.00,0.00,-2.40,false,,arrived late
	// still owed 0.00 EUR
}

// An account whose own contract with the carrier pays: its letters are listed, and
// nothing is due to the host.
func ExampleMonthOf_byCarrier() {
	ctx, now := context.Background(), time.Date(2026, 1, 10, 9, 0, 0, 0, time.UTC)
	office := mock.New(mock.Config{Clock: func() time.Time { return now }})
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{office},
		Now: func() time.Time { return now }})
	must(err)
	_, err = client.SetSettings(ctx, "acme", courrier.Settings{Billing: courrier.BillingByCarrier})
	must(err)
	_, err = client.Send(ctx, courrier.Letter{
		Account: "acme", Key: "F-1", Service: courrier.ServiceStandard, Purpose: courrier.PurposeInvoice,
		To: courrier.Recipient{Company: "Dupont SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003",
			City: "Lyon", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("F-1.pdf", []byte("%PDF-1.7"))},
	})
	must(err)
	_, err = client.Dispatch(ctx, courrier.DispatchOptions{})
	must(err)
	january, err := billing.MonthOf(ctx, client.Credits("acme"), "EUR", now)
	must(err)
	for _, sum := range january.Sums {
		fmt.Println(sum.Count, sum.Service, sum.Purpose, "by the carrier:", sum.ByCarrier)
	}
	fmt.Println("billed by the carrier", january.Billed, "due to the host", january.Due)
	// Output:
	// 1 standard invoice by the carrier: true
	// billed by the carrier 1.60 EUR due to the host 0.00 EUR
}
