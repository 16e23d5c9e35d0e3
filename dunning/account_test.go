package dunning_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

// ComposeStatement writes down everything that it is given.
func (o *office) ComposeStatement(_ context.Context, s dunning.AccountStatement) (courrier.Document, error) {
	text, err := json.Marshal(s)
	return courrier.Document{Name: "statement.pdf", Content: append([]byte("%PDF-1.7 "), text...), Pages: 1}, err
}

// debtorOfAll owes in two currencies, in every age, and is owed.
func debtorOfAll() dunning.Case {
	invoice := func(id dunning.InvoiceID, due, amount, unit string) dunning.Invoice {
		parts := dunning.Due(day(due), courrier.MustAmount(amount, unit))
		return dunning.Invoice{ID: id, Number: "FA-" + string(id), IssuedOn: day(due).AddDays(-30), Parts: parts}
	}
	c := dunning.Case{Account: "acme", Customer: dunning.Customer{ID: "c1", Class: latepayment.DebtorBusiness, Contact: both}, Invoices: []dunning.Invoice{
		invoice("1", "2026-11-30", "10", "EUR"), invoice("2", "2026-11-29", "20", "EUR"), invoice("3", "2026-10-31", "40", "EUR"),
		invoice("4", "2026-10-30", "80", "EUR"), invoice("5", "2026-10-01", "160", "EUR"), invoice("6", "2026-09-30", "320", "EUR"),
		invoice("7", "2026-09-01", "640", "EUR"), invoice("8", "2026-08-31", "1280", "EUR"), invoice("9", "2026-12-24", "5", "CHF"),
	}}
	c.Invoices[1].Payments = []dunning.Payment{{On: day("2026-11-10"), Amount: courrier.MustAmount("7.50", "EUR")}}
	c.Invoices[2].Disputed = true
	c.Invoices = append(c.Invoices,
		dunning.Invoice{ID: "draft", Draft: true, Parts: dunning.Due(day("2026-12-01"), courrier.MustAmount("9", "EUR"))},
		dunning.Invoice{ID: "paid", Paid: true, Parts: dunning.Due(day("2026-12-01"), courrier.MustAmount("9", "EUR"))},
		dunning.Invoice{ID: "AV-1", IssuedOn: day("2026-11-05"), Parts: dunning.Due(day("2026-11-05"), courrier.MustAmount("-3", "EUR"))},
	)
	c.Unallocated = []dunning.Payment{{On: day("2026-11-20"), Amount: courrier.MustAmount("1.25", "EUR")}}
	return c
}

func accountOffice(t *testing.T) *office {
	o := newOffice(t)
	o.Clock = day(surfaceDay).In(time.UTC).Add(9 * time.Hour)
	o.cases["c1"] = debtorOfAll()
	return o
}

func TestStatementOfAccount(t *testing.T) {
	t.Parallel()
	o := accountOffice(t)
	s, err := o.dunning.StatementOfAccount(o.Ctx, "acme", "c1")
	require.NoError(t, err)
	require.Len(t, s.Balances, 2, "one for each currency")
	require.Equal(t, "Relevé de compte arrêté au 30 novembre 2026", s.Letter.Message.Subject)
	francs, euros := s.Balances[0], s.Balances[1]
	require.Equal(t, courrier.MustAmount("5", "CHF"), francs.Total.Amount)
	require.Equal(t, courrier.MustAmount("2538.25", "EUR"), euros.Total.Amount)
	for i, want := range []string{"10", "52.50", "240", "960", "1280", "-4.25"} {
		require.Equal(t, courrier.MustAmount(want, "EUR"), euros.Ageing[i].Amount, euros.Ageing[i].Label)
	}
	var seen []string
	for _, it := range euros.Items {
		seen = append(seen, fmt.Sprint(it.Number, " ", it.DaysLate, " ", it.Open, " ", it.Disputed))
	}
	require.Equal(t, []string{
		"FA-8 91 1280.00 EUR false", "FA-7 90 640.00 EUR false", "FA-6 61 320.00 EUR false", "FA-5 60 160.00 EUR false",
		"FA-4 31 80.00 EUR false", "FA-3 30 40.00 EUR true", "FA-2 1 12.50 EUR false", "FA-1 0 10.00 EUR false",
		"AV-1 0 -3.00 EUR false", "Règlement non imputé 0 -1.25 EUR false",
	}, seen)
}

func TestStatementsAreSentOnceAndAreNoContact(t *testing.T) {
	t.Parallel()
	o := accountOffice(t)
	every := dunning.StatementRequest{Account: "acme", Customer: "c1", Every: dunning.Monthly}
	first, err := o.dunning.SendStatement(o.Ctx, every)
	require.NoError(t, err)
	c := debtorOfAll()
	c.Invoices = c.Invoices[:3] // the facts moved before another process came
	o.cases["c1"] = c
	again, err := o.dunning.SendStatement(o.Ctx, every)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	every.AttachInvoices = true
	_, err = o.dunning.SendStatement(o.Ctx, every)
	require.ErrorIs(t, err, courrier.ErrConflict)
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, "releve-de-compte.pdf", o.mails[0].Attachments[0].Name)
	require.Contains(t, o.mails[0].Text, "Solde dû\u00a0: 2\u202f538,25\u00a0€")
	require.Equal(t, first.Attachments[0].Sum, courrier.SumOf(o.mails[0].Attachments[0].Content), "what is recorded is what was sent")
	for _, word := range []string{"mise en demeure", "mettons en demeure", "relance", "pénalité", "indemnité", "au plus tard"} {
		require.NotContains(t, strings.ToLower(o.mails[0].Text), word)
	}

	report, err := o.dunning.RunDay(o.Ctx, day(surfaceDay), o.stream())
	require.NoError(t, err)
	require.Equal(t, 1, report.Proposed, "no contact: the reminder of the day is proposed all the same")

	o.Clock = day("2026-12-01").In(time.UTC).Add(9 * time.Hour)
	every.AttachInvoices = false
	next, err := o.dunning.SendStatement(o.Ctx, every)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, next.ID, "another month")
}

func TestStatementPeriods(t *testing.T) {
	t.Parallel()
	o := accountOffice(t)
	ids := map[dunning.ReminderID]bool{}
	for _, on := range []string{"2026-12-27", "2026-12-28", "2026-12-31", "2027-01-03", "2027-01-04"} {
		o.Clock = day(on).In(time.UTC).Add(9 * time.Hour)
		rem, err := o.dunning.SendStatement(o.Ctx, dunning.StatementRequest{Account: "acme", Customer: "c1", Every: dunning.Weekly})
		require.NoError(t, err)
		ids[rem.ID] = true
	}
	require.Len(t, ids, 3, "a week of ISO 8601 goes over the new year")
	quarters := map[dunning.ReminderID]bool{}
	for _, on := range []string{"2027-03-31", "2027-04-01", "2027-06-30", "2027-07-01"} {
		o.Clock = day(on).In(time.UTC).Add(9 * time.Hour)
		rem, err := o.dunning.SendStatement(o.Ctx, dunning.StatementRequest{Account: "acme", Customer: "c1", Every: dunning.Quarterly})
		require.NoError(t, err)
		quarters[rem.ID] = true
	}
	require.Len(t, quarters, 3)
}

// Whatever the facts are, a statement of account shows for each part the sum that a
// reminder of the same day names, the ages sum up to the balance, and the balance is
// what the books have open.
func TestStatementsOfAccountAgreeWithRemindersAndBooks(t *testing.T) {
	t.Parallel()
	customers, compared := 40, 0
	for n := range 25 {
		s := newSurface(t, rand.New(rand.NewPCG(uint64(n), 19)))
		s.debts(customers)
		s.Clock = day(surfaceDay).In(time.UTC).Add(6 * time.Hour)
		_, err := s.dunning.RunDay(s.Ctx, day(surfaceDay), s.stream())
		require.NoError(t, err)
		open := map[dunning.InvoiceID]dunning.OpenItem{}
		for id, c := range s.cases {
			account, err := s.dunning.StatementOfAccount(s.Ctx, "acme", id)
			require.NoError(t, err, "seed %d, %s", n, id)
			for _, b := range account.Balances {
				checkBalance(t, c, b)
				for _, it := range b.Items {
					open[it.Invoice] = it
				}
			}
		}
		for _, row := range s.queue(dunning.ReminderFilter{}) {
			for _, line := range row.Decision.Lines {
				require.Equal(t, line.Open, open[line.Invoice].Open, "seed %d, %s", n, line.Invoice)
				require.Equal(t, line.DueOn, open[line.Invoice].DueOn)
				compared++
			}
		}
	}
	require.Greater(t, compared, 100)
}

// checkBalance adds a balance up again, from its rows and from the books.
func checkBalance(t *testing.T, c dunning.Case, b dunning.Balance) {
	t.Helper()
	unit := b.Total.Amount.Unit()
	var rows, ages, books int64
	for _, it := range b.Items {
		rows += it.Open.Micros()
		require.Equal(t, it.Open.Micros(), it.Amount.Micros()-it.Credited.Micros()-it.Paid.Micros(), it.Number)
	}
	for _, age := range b.Ageing {
		ages += age.Amount.Micros()
	}
	for i := range c.Invoices {
		if inv := &c.Invoices[i]; inv.Unit() == unit && !inv.Draft && !inv.Paid {
			books += openOnTheDay(inv)
		}
	}
	for _, p := range c.Unallocated {
		if p.Amount.Unit() == unit {
			books -= p.Amount.Micros()
		}
	}
	total := b.Total.Amount.Micros()
	if rows < 0 {
		total = -total // the label says that it is in the customer's favour
	}
	require.Equal(t, []int64{rows, rows, rows}, []int64{total, ages, books})
}

// openOnTheDay is what the books have open of an invoice: what is dated later is not
// there yet, unless nothing is left with it.
func openOnTheDay(inv *dunning.Invoice) int64 {
	open := inv.Open().Micros()
	if open <= 0 {
		return open
	}
	for _, p := range inv.Payments {
		if p.On.After(day(surfaceDay)) {
			open += p.Amount.Micros()
		}
	}
	for _, c := range inv.Credits {
		if c.On.After(day(surfaceDay)) {
			open += c.Amount.Micros()
		}
	}
	return open
}
