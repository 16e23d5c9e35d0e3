//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/courrier-go/courrier"
)

const (
	invoicesEach = 5 // of each customer; as many past actions
	dueSpread    = 200
)

var today = courrier.MustDate("2026-11-18") // a Wednesday

// policy is the standard policy with one letter for each invoice: what one SQL
// statement can say.
func policy() courrier.ReminderPolicy {
	p := courrier.StandardPolicy()
	p.Grouping = courrier.GroupByInvoice
	return p
}

// debtor is one customer with what was done before.
type debtor struct {
	facts   courrier.Case
	history courrier.History
}

// dueRow says that an invoice is due for a step today.
type dueRow struct {
	invoice int64 // its number: customer and place among the customer's invoices
	step    int16 // its place in the policy, from 1
}

func invoiceNumber(customer, place int) int64 { return int64(customer*invoicesEach + place) }

// facts returns customers with open invoices and past actions, the same every
// time.
func facts(customers int) []debtor {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]debtor, customers)
	for n := range all {
		all[n].facts = owing(random, n)
		all[n].history = done(random, all[n].facts.Invoices)
	}
	return all
}

func owing(random *rand.Rand, n int) courrier.Case {
	c := courrier.Case{Account: "acme", Customer: courrier.Customer{
		ID: courrier.CustomerID(fmt.Sprintf("cus_%07d", n)), Class: courrier.DebtorBusiness,
		Contact:   courrier.Contact{Email: random.IntN(10) > 0, Post: random.IntN(20) > 0},
		Insolvent: random.IntN(200) == 0,
	}}
	if random.IntN(50) == 0 {
		c.Customer.Paused = true
		if random.IntN(2) == 0 {
			c.Customer.PausedUntil = today.AddDays(random.IntN(20) - 10)
		}
	}
	for place := range invoicesEach {
		c.Invoices = append(c.Invoices, bill(random, n, place))
	}
	return c
}

func bill(random *rand.Rand, n, place int) courrier.Invoice {
	due := today.AddDays(random.IntN(dueSpread) - 150)
	inv := courrier.Invoice{
		ID: courrier.InvoiceID(fmt.Sprintf("inv_%07d_%d", n, place)), IssuedOn: due.AddDays(-30), DueOn: due,
		Open: courrier.MustAmount(fmt.Sprintf("%d.%02d", random.IntN(5000), random.IntN(100)), "EUR"),
	}
	switch random.IntN(60) {
	case 0:
		inv.Disputed = true
	case 1:
		inv.Excluded = true
	case 2:
		inv.PromisedOn = today.AddDays(random.IntN(20) - 10)
	}
	return inv
}

// done makes as many past actions as there are invoices, each about one of them.
func done(random *rand.Rand, invoices []courrier.Invoice) courrier.History {
	steps := policy().Steps
	var h courrier.History
	for range invoices {
		inv := invoices[random.IntN(len(invoices))]
		on := inv.DueOn.AddDays(random.IntN(40))
		if !on.Before(today) {
			on = today.AddDays(-1 - random.IntN(30))
		}
		h = append(h, courrier.PastReminder{
			Step: steps[random.IntN(len(steps))].ID, State: pastState(random), On: on,
			Channel: courrier.ChannelEmail, Carrier: inv.ID, Invoices: []courrier.InvoiceID{inv.ID},
		})
	}
	return h
}

func pastState(random *rand.Rand) courrier.PastState {
	switch random.IntN(50) {
	case 0:
		return courrier.PastPending
	case 1:
		return courrier.PastSkipped
	}
	return courrier.PastSent
}

// day returns a date as pgx writes it; nil: none.
func day(d courrier.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.In(time.UTC)
}
