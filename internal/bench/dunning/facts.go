//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

const invoicesEach = 5 // of each customer

var today = courrier.MustDate("2026-11-18") // a Wednesday

// policy is the standard policy with one letter for each invoice: what one SQL
// statement can say.
func policy() courrier.ReminderPolicy {
	p := dunning.StandardPolicy()
	p.Grouping = courrier.GroupByInvoice
	return p
}

// debtor is one customer with what was done before.
type debtor struct {
	facts   dunning.Case
	history dunning.History
}

// dueRow says that an invoice is due for a step today.
type dueRow struct {
	invoice int64 // its number: customer and place among the customer's invoices
	step    int16 // its place in the policy, from 1
}

func invoiceNumber(customer, place int) int64 { return int64(customer*invoicesEach + place) }

// ledger is a way to make up what is owed and what was done: due dates within so
// many days of today, and a past.
type ledger struct {
	name         string
	late, future int // days
	past         func(random *rand.Rand, e *dunning.Evaluator, c dunning.Case) dunning.History
}

// ledgers are a host's on an ordinary day, and the hardest day: the first one,
// with actions that follow no policy. Both have about as many past actions as
// open invoices.
var ledgers = []ledger{
	{"As left by a run on every day before", 44, 56, pastOfRuns},
	{"As found on the first day, with actions at random", 150, 50, pastAtRandom},
}

// facts returns customers with open invoices and past actions, the same every
// time.
func (l ledger) facts(e *dunning.Evaluator, customers int) []debtor {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]debtor, customers)
	for n := range all {
		all[n].facts = l.owing(random, n)
		all[n].history = l.past(random, e, all[n].facts)
	}
	layOut(all)
	return all
}

// layOut puts what is owed and what was done into memory in the order in which it is
// read, as lists read from a database would be: how it was made up leaves no trace.
func layOut(all []debtor) {
	layOutInvoices(all)
	layOutPast(all)
}

func layOutInvoices(all []debtor) {
	invoices := make([]dunning.Invoice, 0, len(all)*invoicesEach)
	parts := make([]dunning.DuePart, 0, cap(invoices))
	for i := range all {
		first := len(invoices)
		for _, inv := range all[i].facts.Invoices {
			inv.ID = dunning.InvoiceID(strings.Clone(string(inv.ID)))
			parts = append(parts, inv.Parts...)
			inv.Parts = parts[len(parts)-len(inv.Parts) : len(parts) : len(parts)]
			invoices = append(invoices, inv)
		}
		all[i].facts.Invoices = invoices[first:len(invoices):len(invoices)]
	}
}

func layOutPast(all []debtor) {
	past := make([]dunning.PastReminder, 0, actions(all))
	named := make([]dunning.InvoiceID, 0, cap(past))
	for i := range all {
		first := len(past)
		for _, p := range all[i].history {
			for _, id := range p.Invoices {
				named = append(named, dunning.InvoiceID(strings.Clone(string(id))))
			}
			p.Invoices = named[len(named)-len(p.Invoices) : len(named) : len(named)]
			past = append(past, p)
		}
		all[i].history = past[first:len(past):len(past)]
	}
}

func actions(all []debtor) int {
	n := 0
	for i := range all {
		n += len(all[i].history)
	}
	return n
}

func (l ledger) owing(random *rand.Rand, n int) dunning.Case {
	c := dunning.Case{Account: "acme", Customer: dunning.Customer{
		ID: courrier.CustomerID(fmt.Sprintf("cus_%07d", n)), Class: latepayment.DebtorBusiness,
		Contact:   dunning.Contact{Email: random.IntN(10) > 0, Post: random.IntN(20) > 0},
		Insolvent: random.IntN(200) == 0,
	}}
	if random.IntN(50) == 0 {
		c.Customer.Paused = true
		if random.IntN(2) == 0 {
			c.Customer.PausedUntil = today.AddDays(random.IntN(20) - 10)
		}
	}
	c.Invoices = make([]dunning.Invoice, 0, invoicesEach)
	for place := range invoicesEach {
		c.Invoices = append(c.Invoices, l.bill(random, n, place))
	}
	return c
}

func (l ledger) bill(random *rand.Rand, n, place int) dunning.Invoice {
	due := today.AddDays(random.IntN(l.late+l.future) - l.late)
	inv := dunning.Invoice{
		ID: dunning.InvoiceID(fmt.Sprintf("inv_%07d_%d", n, place)), IssuedOn: due.AddDays(-30), Parts: dunning.Due(due, courrier.MustAmount(fmt.Sprintf("%d.%02d", random.IntN(5000), random.IntN(100)), "EUR")),
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

// pastOfRuns is what runs on every day would have done, with a few that people
// still review or have skipped.
func pastOfRuns(random *rand.Rand, e *dunning.Evaluator, c dunning.Case) dunning.History {
	const days = 80 // before the first step of any invoice, and until yesterday
	var h dunning.History
	for on := range e.Simulate(c, nil, dunning.Simulation{From: today.AddDays(-days), To: today.AddDays(-1)}) {
		for _, d := range on.Decisions {
			h = append(h, d.Past(pastState(random), on.On))
		}
	}
	return h
}

// pastAtRandom is as many actions as there are invoices, each about one of them.
func pastAtRandom(random *rand.Rand, e *dunning.Evaluator, c dunning.Case) dunning.History {
	steps := e.Policy().Steps
	var h dunning.History
	for range c.Invoices {
		inv := c.Invoices[random.IntN(len(c.Invoices))]
		on := inv.DueOn().AddDays(random.IntN(40))
		if !on.Before(today) {
			on = today.AddDays(-1 - random.IntN(30))
		}
		h = append(h, dunning.PastReminder{
			Step: steps[random.IntN(len(steps))].ID, State: pastState(random), On: on,
			Channel: courrier.ChannelEmail, Lead: inv.ID, Invoices: []dunning.InvoiceID{inv.ID},
		})
	}
	return h
}

func pastState(random *rand.Rand) dunning.PastState {
	switch random.IntN(50) {
	case 0:
		return dunning.PastPending
	case 1:
		return dunning.PastSkipped
	}
	return dunning.PastSent
}

// day returns a date as pgx writes it; nil: none.
func day(d courrier.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.In(time.UTC)
}
