package latepayment

import (
	"errors"
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// Statement is what is owed on a date, line by line, ready for a template or
// for storage as JSON. Every amount is in the same currency, with two decimals;
// Total = PrincipalDue + InterestDue + CompensationDue + CostsDue.
type Statement struct {
	On          courrier.Date // the cut-off date; that day's interest is included
	Debtor      courrier.DebtorClass
	Regime      string
	Conventions Conventions
	Lines       []Line

	Invoiced        courrier.Amount
	Paid            courrier.Amount
	Credited        courrier.Amount
	PrincipalDue    courrier.Amount
	InterestDue     courrier.Amount
	CompensationDue courrier.Amount
	CostsDue        courrier.Amount
	Total           courrier.Amount
	Overpaid        courrier.Amount // owed to the debtor; never set off against Total

	Bases    []string // the texts that the figures rest on, each once
	Warnings []Warning
}

// Line is the state of one invoice on the date of its statement.
type Line struct {
	Number       string
	IssuedOn     courrier.Date
	DueOn        courrier.Date
	Late         bool          // unpaid at the end of the due date, which has passed
	InterestFrom courrier.Date // first day of interest, past or to come; no date: none runs
	Movements    []Allocated   // those counted, by date; later ones are left out
	Segments     []Segment

	Amount          courrier.Amount // as invoiced
	Paid            courrier.Amount
	Credited        courrier.Amount
	PrincipalDue    courrier.Amount
	InterestAccrued courrier.Amount
	InterestDue     courrier.Amount // accrued and not paid
	Compensation    courrier.Amount // the fixed sum, before payments
	CompensationDue courrier.Amount
	CostsDue        courrier.Amount
	Total           courrier.Amount
	Overpaid        courrier.Amount

	NoCompensation Exclusion
}

// Rates returns the different rates of the segments in order of appearance.
func (s Statement) Rates() []courrier.Percent {
	var rates []courrier.Percent
	for _, line := range s.Lines {
		for _, segment := range line.Segments {
			if !slices.Contains(rates, segment.Rate) {
				rates = append(rates, segment.Rate)
			}
		}
	}
	return rates
}

// Statement computes what the invoices owe on a date, in the order given.
// Movements after that date are left out; so is interest after it.
//
// It answers [courrier.ErrInvalid] with a [courrier.FieldError] for each wrong
// field, [CostRefusedError] for a cost on the debt of one who is not a
// professional, and [MissingRateError] when a half-year is not published. No
// invoices make an empty statement.
func (c *Calculator) Statement(on courrier.Date, invoices ...Invoice) (Statement, error) {
	unit := c.unit(invoices)
	if err := c.check(on, unit, invoices); err != nil {
		return Statement{}, fmt.Errorf("latepayment: %w", err)
	}
	s := Statement{On: on, Debtor: c.regime.Debtor, Regime: c.regime.Name, Conventions: c.conv, Lines: make([]Line, 0, len(invoices))}
	money := newConverter(unit)
	var sum totals
	for i := range invoices {
		line, t, err := c.line(on, &invoices[i], money, &s.Warnings)
		if err != nil {
			return Statement{}, fmt.Errorf("latepayment: Invoices[%d]: %w", i, err)
		}
		if !sum.add(t) {
			return Statement{}, fmt.Errorf("latepayment: %w", errTooLarge("the total"))
		}
		s.Lines = append(s.Lines, line)
	}
	sum.fill(&s, money)
	s.Bases = c.bases(sum)
	if money.err != nil {
		return Statement{}, fmt.Errorf("latepayment: %w", money.err)
	}
	return s, nil
}

// unit is the currency of the statement: that of the first invoice.
func (c *Calculator) unit(invoices []Invoice) string {
	if len(invoices) == 0 {
		return c.regime.Compensation.Unit()
	}
	return invoices[0].Amount.Unit()
}

func (c *Calculator) check(on courrier.Date, unit string, invoices []Invoice) error {
	var checks courrier.Checks
	var refused []error
	checks.Require(!on.IsZero(), "On", "is missing", "give the date of the statement")
	checks.Require(len(invoices) == 0 || unit != "", "Invoices[0].Amount", "has no currency", "write it as 12.50 EUR")
	comp := c.regime.Compensation
	checks.Require(comp.IsZero() || comp.Unit() == unit || len(invoices) == 0, "Regime.Compensation",
		fmt.Sprintf("is in %s, the invoices are not", comp.Unit()), "convert it and set it in the regime")
	seen := make(map[string]struct{}, len(invoices))
	for i := range invoices {
		inv := &invoices[i]
		_, twice := seen[inv.Number]
		seen[inv.Number] = struct{}{}
		if err := inv.check(unit); err != nil || twice {
			field := fmt.Sprintf("Invoices[%d]", i)
			checks.Nest(field, err)
			checks.Require(!twice, field+".Number", "is given twice", "state each invoice once, each instalment under its own number")
		}
		for j, cost := range inv.Costs {
			refused = append(refused, checkCost(fmt.Sprintf("Invoices[%d].Costs[%d]", i, j), unit, c.regime.Debtor, cost))
		}
	}
	return errors.Join(checks.Err(), errors.Join(refused...))
}

// line computes one invoice.
func (c *Calculator) line(on courrier.Date, inv *Invoice, money *converter, warnings *[]Warning) (Line, totals, error) {
	a := account{calc: c, money: money, cursor: c.firstDay(inv)}
	a.anchor = HalfYearOf(a.cursor)
	a.principal, _ = cents(inv.Amount)
	line := Line{
		Number: inv.Number, IssuedOn: inv.IssuedOn, DueOn: inv.DueOn, InterestFrom: a.cursor,
		Amount: money.amount(a.principal), NoCompensation: inv.NoCompensation,
	}
	t := totals{invoiced: a.principal}
	moves := ordered(inv.Movements, on)
	inTime := 0
	for inTime < len(moves) && !moves[inTime].On.After(inv.DueOn) {
		inTime++
	}
	a.reserve(len(moves), on)
	if err := a.replay(moves[:inTime]); err != nil {
		return Line{}, totals{}, err
	}
	line.Late = on.After(inv.DueOn) && a.principal > 0
	if err := a.replay(moves[inTime:]); err != nil {
		return Line{}, totals{}, err
	}
	if err := a.accrueUntil(on); err != nil {
		return Line{}, totals{}, err
	}
	compensation, err := a.settle(&t, inv, line.Late)
	if err != nil {
		return Line{}, totals{}, err
	}
	line.Segments, line.Movements = a.segments, a.movements
	t.fillLine(&line, money)
	line.InterestAccrued, line.Compensation = money.amount(a.accrued), money.amount(compensation)
	*warnings = c.floorWarnings(*warnings, &line)
	return line, t, nil
}

// firstDay returns the first day of interest; no date when none runs.
func (c *Calculator) firstDay(inv *Invoice) courrier.Date {
	if c.regime.Start == StartDue {
		return inv.DueOn.AddDays(1)
	}
	if inv.NoticeOn.Before(inv.DueOn) && !inv.NoticeOn.IsZero() {
		return inv.DueOn.AddDays(1)
	}
	return inv.NoticeOn.AddDays(1)
}

// settle puts the end of the account into t: what is left of the payments
// covers the compensation, then the costs. It returns the compensation.
func (a *account) settle(t *totals, inv *Invoice, late bool) (compensation int64, err error) {
	if late && inv.NoCompensation == "" {
		compensation, _ = cents(a.calc.regime.Compensation)
	}
	var costs int64
	for _, cost := range inv.Costs {
		n, _ := cents(cost.Amount)
		if costs += n; costs > maxCents {
			return 0, errTooLarge("the sum of its costs")
		}
	}
	toCompensation := min(a.surplus, compensation)
	toCosts := min(a.surplus-toCompensation, costs)
	t.paid, t.credited = a.paid, a.credited
	t.principal, t.interest = a.principal, a.accrued-a.interestPaid
	t.compensation, t.costs = compensation-toCompensation, costs-toCosts
	t.overpaid = a.overpaid + a.surplus - toCompensation - toCosts
	t.total = t.principal + t.interest + t.compensation + t.costs
	return compensation, nil
}

// bases lists the texts behind the sums that are not zero.
func (c *Calculator) bases(sum totals) []string {
	var bases []string
	if sum.interest > 0 {
		bases = append(bases, c.basis)
	}
	if sum.compensation > 0 && !slices.Contains(bases, c.regime.CompensationBasis) {
		bases = append(bases, c.regime.CompensationBasis)
	}
	return bases
}

// totals are the sums of a line or a statement, in cents.
type totals struct {
	invoiced, paid, credited                 int64
	principal, interest, compensation, costs int64
	total, overpaid                          int64
}

func (t *totals) each() [9]*int64 {
	return [9]*int64{&t.invoiced, &t.paid, &t.credited, &t.principal, &t.interest, &t.compensation, &t.costs, &t.total, &t.overpaid}
}

// add adds u; false when a sum exceeds what an Amount holds.
func (t *totals) add(u totals) bool {
	theirs := u.each()
	for i, mine := range t.each() {
		*mine += *theirs[i]
		if *mine > maxCents {
			return false
		}
	}
	return true
}

func (t *totals) fillLine(l *Line, money *converter) {
	l.Paid, l.Credited = money.amount(t.paid), money.amount(t.credited)
	l.PrincipalDue, l.InterestDue = money.amount(t.principal), money.amount(t.interest)
	l.CompensationDue, l.CostsDue = money.amount(t.compensation), money.amount(t.costs)
	l.Total, l.Overpaid = money.amount(t.total), money.amount(t.overpaid)
}

func (t *totals) fill(s *Statement, money *converter) {
	s.Invoiced, s.Paid, s.Credited = money.amount(t.invoiced), money.amount(t.paid), money.amount(t.credited)
	s.PrincipalDue, s.InterestDue = money.amount(t.principal), money.amount(t.interest)
	s.CompensationDue, s.CostsDue = money.amount(t.compensation), money.amount(t.costs)
	s.Total, s.Overpaid = money.amount(t.total), money.amount(t.overpaid)
}

// converter turns cents into amounts of one unit and keeps the first failure.
type converter struct {
	unit string
	zero courrier.Amount // most amounts of a statement are
	err  error
}

func newConverter(unit string) *converter {
	m := &converter{unit: unit}
	if unit != "" {
		m.zero = m.convert(0)
	}
	return m
}

func (m *converter) amount(cents int64) courrier.Amount {
	if cents == 0 {
		return m.zero
	}
	return m.convert(cents)
}

func (m *converter) convert(cents int64) courrier.Amount {
	a, err := courrier.AmountOfMicros(cents*microsPerCent, m.unit)
	if err == nil {
		return a
	}
	if m.err == nil {
		m.err = err
	}
	return courrier.Amount{}
}
