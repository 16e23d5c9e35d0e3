package dunning_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/stretchr/testify/require"
)

const (
	benchCustomers = 200_000
	benchInvoices  = 5 // of each customer
	benchActions   = 5 // of each customer
)

// millionCases returns one million open invoices of 200,000 customers with one
// million past actions, the same every time: due dates over a year around the
// day, one customer in six reminded recently, one invoice in twenty promised,
// disputed or excluded.
var millionCases = sync.OnceValue(func() []benchCase {
	rnd := rand.New(rand.NewPCG(1, 2))
	all := make([]benchCase, benchCustomers)
	for n := range all {
		all[n] = newBenchCase(rnd, n)
	}
	return all
})

// millionCaseAt returns one case of its own, as in millionCases.
func millionCaseAt(n int) benchCase { return newBenchCase(rand.New(rand.NewPCG(1, uint64(n))), n) }

type benchCase struct {
	c dunning.Case
	h dunning.History
}

var benchDay = courrier.MustDate("2026-11-18")

func newBenchCase(rnd *rand.Rand, n int) benchCase {
	b := benchCase{c: dunning.Case{
		Account: "acme",
		Customer: dunning.Customer{
			ID: courrier.CustomerID(fmt.Sprintf("cus_%07d", n)), Class: latepayment.DebtorBusiness,
			Contact: dunning.Contact{Email: rnd.IntN(10) > 0, Post: rnd.IntN(20) > 0}, Paused: rnd.IntN(50) == 0,
		},
		Invoices: make([]dunning.Invoice, benchInvoices),
	}}
	for i := range b.c.Invoices {
		due := benchDay.AddDays(rnd.IntN(200) - 150)
		inv := dunning.Invoice{
			ID: dunning.InvoiceID(fmt.Sprintf("inv_%07d_%d", n, i)), IssuedOn: due.AddDays(-30), Parts: dunning.Due(due, courrier.MustAmount(fmt.Sprintf("%d.%02d", rnd.IntN(5000), rnd.IntN(100)), "EUR")),
		}
		switch rnd.IntN(60) {
		case 0:
			inv.Disputed = true
		case 1:
			inv.Excluded = true
		case 2:
			inv.PromisedOn = benchDay.AddDays(rnd.IntN(20) - 5)
		}
		b.c.Invoices[i] = inv
	}
	steps := []string{"courtesy", "reminder-1", "reminder-2", "formal-notice"}
	for range benchActions {
		inv := b.c.Invoices[rnd.IntN(benchInvoices)]
		on := inv.DueOn().AddDays(rnd.IntN(40))
		if !on.Before(benchDay) {
			on = benchDay.AddDays(-1 - rnd.IntN(30))
		}
		b.h = append(b.h, dunning.PastReminder{
			Step: steps[rnd.IntN(len(steps))], State: dunning.PastSent, On: on, Channel: courrier.ChannelEmail,
			Lead: inv.ID, Invoices: []dunning.InvoiceID{inv.ID},
		})
	}
	return b
}

func millionSeq(all []benchCase) iter.Seq2[dunning.Case, dunning.History] {
	return func(yield func(dunning.Case, dunning.History) bool) {
		for i := range all {
			if !yield(all[i].c, all[i].h) {
				return
			}
		}
	}
}

// BenchmarkEvaluateMillion evaluates one million open invoices on one core, with
// a reason for each that is not reminded.
func BenchmarkEvaluateMillion(b *testing.B) {
	e, err := dunning.Compile(dunning.StandardPolicy(), nil)
	require.NoError(b, err)
	all := millionCases()
	b.ReportAllocs()
	var held, decided, letters int
	for b.Loop() {
		held, decided, letters = 0, 0, 0
		for _, out := range e.EvaluateAll(millionSeq(all), benchDay) {
			held += len(out.Holds)
			letters += len(out.Decisions)
			for _, d := range out.Decisions {
				decided += len(d.Lines)
			}
		}
	}
	invoices := benchCustomers * benchInvoices
	require.Equal(b, invoices, held+decided)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(invoices), "ns/invoice")
	b.ReportMetric(float64(held), "held")
	b.ReportMetric(float64(letters), "letters")
}

// BenchmarkEvaluateHeld evaluates customers of whom every invoice is held.
func BenchmarkEvaluateHeld(b *testing.B) {
	policy := dunning.StandardPolicy()
	e, err := dunning.Compile(policy, nil)
	require.NoError(b, err)
	all := millionCases()[:2000]
	sunday := courrier.MustDate("2026-11-22")
	b.ReportAllocs()
	for b.Loop() {
		for _, out := range e.EvaluateAll(millionSeq(all), sunday) {
			if len(out.Decisions) > 0 {
				b.Fatal("something is sent on a Sunday")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(all)*benchInvoices), "ns/invoice")
}
