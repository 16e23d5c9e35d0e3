package dunning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// AccountStatement is a customer's statement of account, of the kind that lists open
// items: what is open on a day, due or not, and what is held of the customer's. It
// informs and asks for nothing: no reminder, no notice, no contact.
type AccountStatement struct {
	On courrier.Date
	// Letter is what stands around the lists: who writes to whom, the words with
	// [TableMark] in them, how to pay. It names no invoices and asks for no sum.
	Letter   PrintedReminder
	Balances []Balance // one for each currency, in their order; none: nothing is open
}

// Balance is what is open in one currency.
type Balance struct {
	Items []OpenItem // invoices by the day they are due, then what is held of the customer's
	// Ageing is the balance by age: not due, 1 to 30 days late, 31 to 60, 61 to 90,
	// more, and what is held of the customer's, which is negative.
	Ageing []latepayment.SumRow
	// Total is the balance, the sum of Ageing, as it is printed: a balance in the
	// customer's favour has a label that says so, and no sign.
	Total latepayment.SumRow
}

// OpenItem is one row of a statement of account: Open = Amount - Credited - Paid.
type OpenItem struct {
	Invoice  InvoiceID     // or its part; empty for what is held of the customer's
	Number   string        // as printed, or what the item is
	IssuedOn courrier.Date // or the day of a credit note or payment
	DueOn    courrier.Date
	Amount   courrier.Amount
	Credited courrier.Amount
	Paid     courrier.Amount
	Open     courrier.Amount
	DaysLate int // 0: not late
	Disputed bool
}

// balance states what is open in a currency, with the figures of a reminder of the
// same day.
func (d *Runner) balance(ctx context.Context, c Case, past History, unit string, on courrier.Date, words accountWords) (Balance, error) {
	named := Decision{Open: money(0, unit)}
	disputed := map[string]bool{}
	for i := range c.Invoices {
		if inv := &c.Invoices[i]; inv.Unit() == unit && inv.open() > 0 && !inv.Paid && !inv.Draft {
			named.Lines = append(named.Lines, ReminderLine{Invoice: inv.ID})
			disputed[string(inv.ID)] = inv.Disputed
		}
	}
	debt, ids := c.debt(&named, past, on)
	var s latepayment.Statement
	if len(ids) > 0 {
		var err error
		s, err = d.reckon(ctx, debt, ids, false)
		if errors.Is(err, courrier.ErrInvalid) { // the law knows no such claim, so no reminder shows other sums
			s, err = latepayment.PriceOnly().Statement(debt)
		}
		if err != nil {
			return Balance{}, &statementError{ids: ids, err: err}
		}
	}
	var items []OpenItem
	for i := range s.Lines {
		items = append(items, openParts(&s.Lines[i], ids[i], on, disputed[string(ids[i])])...)
	}
	slices.SortStableFunc(items, func(a, b OpenItem) int { return a.DueOn.Compare(b.DueOn) })
	return balanceOf(append(items, heldItems(debt, words)...), unit, words), nil
}

// openParts are the parts of an invoice on which something is open.
func openParts(l *latepayment.Line, id InvoiceID, on courrier.Date, disputed bool) []OpenItem {
	var items []OpenItem
	for n, p := range l.Parts {
		if p.Open.IsZero() {
			continue
		}
		items = append(items, OpenItem{
			Invoice: PartID(id, n+1), Number: l.Number, IssuedOn: l.IssuedOn, DueOn: p.DueOn, Disputed: disputed,
			Amount: p.Amount, Credited: p.Credited, Paid: p.Paid, Open: p.Open, DaysLate: max(on.DaysSince(p.DueOn), 0),
		})
	}
	return items
}

// heldItems are credit notes and payments that belong to no open invoice: negative.
func heldItems(debt latepayment.Debt, words accountWords) []OpenItem {
	var items []OpenItem
	add := func(number string, on courrier.Date, a courrier.Amount) {
		less := money(-a.Micros(), a.Unit())
		items = append(items, OpenItem{Number: number, IssuedOn: on, Amount: less, Open: less})
	}
	for _, credit := range debt.OpenCredits {
		add(cmp.Or(credit.Number, words.credit), credit.On, credit.Amount)
	}
	for _, payment := range debt.Unallocated {
		add(words.unapplied, payment.On, payment.Amount)
	}
	return items
}

// ages are the last days late of each age but the oldest.
var ages = []int{0, 30, 60, 90}

// balanceOf sums items up, as a whole and by age.
func balanceOf(items []OpenItem, unit string, words accountWords) Balance {
	sums := make([]int64, len(words.ages))
	var total int64
	for i := range items {
		it := &items[i]
		age, _ := slices.BinarySearch(ages, it.DaysLate)
		if it.Invoice == "" {
			age = len(sums) - 1
		}
		sums[age] = bounded(sums[age] + it.Open.Micros())
		total = bounded(total + it.Open.Micros())
	}
	b := Balance{Items: items, Total: latepayment.SumRow{Label: words.due, Amount: money(total, unit), Strong: true}}
	if total < 0 {
		b.Total = latepayment.SumRow{Label: words.favour, Amount: money(-total, unit), Strong: true}
	}
	for i, sum := range sums {
		b.Ageing = append(b.Ageing, latepayment.SumRow{Label: words.ages[i], Amount: money(sum, unit)})
	}
	return b
}

// StatementOfAccount states a customer's account as it is today. Nothing is sent; see
// [Runner.SendStatement].
//
// Errors: [courrier.ErrInvalid], [courrier.ErrNotFound], the host's.
func (d *Runner) StatementOfAccount(ctx context.Context, of courrier.AccountID, customer courrier.CustomerID) (AccountStatement, error) {
	var s AccountStatement
	plans, err := d.plans(ctx, of)
	if err == nil {
		s, _, err = d.account(ctx, plans, of, customer)
	}
	if err != nil {
		return AccountStatement{}, fmt.Errorf("statement of account: %w", err)
	}
	return s, nil
}

// account reads the facts and states them.
func (d *Runner) account(
	ctx context.Context, p *accountPlans, of courrier.AccountID, who courrier.CustomerID,
) (s AccountStatement, to DebtorDetails, err error) {
	c, err := d.debtor(ctx, of, who)
	if err != nil {
		return s, to, err
	}
	all, err := d.histories(ctx, []Case{c})
	if err != nil {
		return s, to, err
	}
	past := all[who]
	c = past.notes.apply(c)
	if to, err = d.detailsOf(ctx, of, who, invoicesOf(c)); err != nil {
		return s, to, err
	}
	words, lang := accountWordsFor(to.Language, p.Language)
	s.On = p.dayOf(Reminder{}, d.now())
	if s.Balances, err = d.balances(ctx, c, past.history, s.On, words); err != nil {
		return s, to, err
	}
	s.Letter, err = p.printed(&Reminder{Account: of, Customer: who, Service: courrier.ServiceStandard}, to, lang, s.On)
	s.Letter.Message = words.message(s)
	return s, to, err
}

// balances are those of the currencies in which something is open or held.
func (d *Runner) balances(ctx context.Context, c Case, past History, on courrier.Date, words accountWords) ([]Balance, error) {
	var all []Balance
	for _, unit := range c.units() {
		b, err := d.balance(ctx, c, past, unit, on, words)
		if err != nil {
			return nil, err
		}
		if len(b.Items) > 0 {
			all = append(all, b)
		}
	}
	return all, nil
}

func invoicesOf(c Case) []InvoiceID {
	ids := make([]InvoiceID, len(c.Invoices))
	for i := range c.Invoices {
		ids[i] = c.Invoices[i].ID
	}
	return ids
}

// units are the currencies of a case's invoices and of what is held, sorted.
func (c *Case) units() []string {
	all := c.Currencies()
	for _, p := range c.Unallocated {
		if u := p.Amount.Unit(); u != "" {
			all = append(all, u)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
