package latepayment

import (
	"errors"
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// Statement is what is owed on a date, line by line, for a letter or for storage
// as JSON. Every euro that a letter, an e-mail or a screen shows is one of its
// figures. Every amount is in one currency, in whole cents.
//
// Only what is due counts: a part is due from the day after its own. The same
// debt can be read in two ways, and both add up to Total:
//
//	Total = Open + Interest + CompensationDue + CostsDue             as the books read: payments on the price, all interest beside it
//	Total = PrincipalDue + InterestDue + CompensationDue + CostsDue  as the law counts payments: see [Allocation]
//
// Letters show the first, so that each row subtracts, and say for each payment
// what it was counted on.
type Statement struct {
	On          courrier.Date `json:"on"` // the cut-off date; that day's interest is included
	Debtor      DebtorClass   `json:"debtor"`
	Regime      string        `json:"regime"`
	Conventions Conventions   `json:"conventions,omitzero"`
	Lines       []Line        `json:"lines"`

	Invoiced        courrier.Amount `json:"invoiced"`
	Paid            courrier.Amount `json:"paid"`
	Credited        courrier.Amount `json:"credited"`
	Open            courrier.Amount `json:"open"`
	Interest        courrier.Amount `json:"interest"`
	PrincipalDue    courrier.Amount `json:"principal_due"`
	InterestDue     courrier.Amount `json:"interest_due"`
	CompensationDue courrier.Amount `json:"compensation_due"`
	CostsDue        courrier.Amount `json:"costs_due"`
	Total           courrier.Amount `json:"total"` // of what is due
	// NotYetDue is open on parts whose day has not passed; never part of Total.
	NotYetDue courrier.Amount `json:"not_yet_due"`
	// Demand is what a notice may demand on the date: Total, less Deducted; of a
	// public buyer the price alone, because the rest is payable ChargesDays after it.
	Demand      courrier.Amount `json:"demand"`
	ChargesDays int             `json:"charges_days,omitempty"`
	// Daily is the interest of the next day, as long as nothing is paid and the
	// half-year lasts; zero when its rate is not known.
	Daily courrier.Amount `json:"daily"`

	Overpaid    courrier.Amount `json:"overpaid"` // on the invoices themselves
	Unallocated []Payment       `json:"unallocated,omitempty"`
	OpenCredits []Credit        `json:"open_credits,omitempty"`
	// Credit is what the creditor holds of the debtor's: Overpaid, Unallocated and
	// OpenCredits together. Deducted is the part of it set off against Total because
	// the [Debt] says so; else it is zero.
	Credit   courrier.Amount `json:"credit"`
	Deducted courrier.Amount `json:"deducted"`

	InterestBasis     string    `json:"interest_basis,omitempty"` // the texts behind the sums that are not zero
	CompensationBasis string    `json:"compensation_basis,omitempty"`
	CostsBasis        string    `json:"costs_basis,omitempty"`
	ChargesBasis      string    `json:"charges_basis,omitempty"` // of ChargesDays
	Warnings          []Warning `json:"warnings,omitempty"`
}

// Line is the state of one invoice on the date of its statement. Its sums are
// those of [Statement].
type Line struct {
	Number       string        `json:"number"`
	IssuedOn     courrier.Date `json:"issued_on,omitzero"`
	DueOn        courrier.Date `json:"due_on"`                 // of the first part
	Late         bool          `json:"late"`                   // something was open at the end of a part's day
	InterestFrom courrier.Date `json:"interest_from,omitzero"` // first day of interest, past or to come; no date: none runs
	Parts        []Part        `json:"parts"`
	Movements    []Movement    `json:"movements,omitempty"` // those counted, by date; later ones are left out
	Segments     []Segment     `json:"segments,omitempty"`
	Costs        []Charge      `json:"costs,omitempty"` // claimed, with label and proof

	Amount          courrier.Amount `json:"amount"` // as invoiced
	Paid            courrier.Amount `json:"paid"`
	Credited        courrier.Amount `json:"credited"`
	Open            courrier.Amount `json:"open"`
	NotYetDue       courrier.Amount `json:"not_yet_due"`
	Interest        courrier.Amount `json:"interest"`
	PrincipalDue    courrier.Amount `json:"principal_due"`
	InterestAccrued courrier.Amount `json:"interest_accrued"`
	InterestDue     courrier.Amount `json:"interest_due"` // accrued and not paid
	Compensation    courrier.Amount `json:"compensation"` // the fixed sum, before payments
	CompensationDue courrier.Amount `json:"compensation_due"`
	CostsDue        courrier.Amount `json:"costs_due"`
	Total           courrier.Amount `json:"total"`
	Daily           courrier.Amount `json:"daily"`
	Overpaid        courrier.Amount `json:"overpaid"`

	NoCompensation Exclusion `json:"no_compensation,omitempty"`
}

// Part is one part of an invoice: Amount = Credited + Paid + Open.
type Part struct {
	DueOn    courrier.Date   `json:"due_on"`
	Amount   courrier.Amount `json:"amount"`
	Credited courrier.Amount `json:"credited"`
	Paid     courrier.Amount `json:"paid"` // of the price; what a payment covered beyond it is in the movements
	Open     courrier.Amount `json:"open"`
	Due      bool            `json:"due"` // its day has passed
}

// Bases returns the texts behind the sums that are not zero, each once.
func (s *Statement) Bases() []string {
	var bases []string
	for _, b := range []string{s.InterestBasis, s.CompensationBasis, s.CostsBasis} {
		if b != "" && !slices.Contains(bases, b) {
			bases = append(bases, b)
		}
	}
	return bases
}

// Rates returns the different rates of the segments in order of appearance.
func (s *Statement) Rates() []Percent {
	var rates []Percent
	for _, line := range s.Lines {
		for _, segment := range line.Segments {
			if !slices.Contains(rates, segment.Rate) {
				rates = append(rates, segment.Rate)
			}
		}
	}
	return rates
}

// Unit returns the currency of the statement.
func (s *Statement) Unit() string { return s.Total.Unit() }

// Statement computes what the invoices owe on a date, in the order given.
// Movements after that date are left out; so is interest after it.
//
// It answers [courrier.ErrInvalid] with a [courrier.FieldError] for each wrong field. A
// cost on the debt of one who is not a professional is a [CostRefusedError], a
// half-year that is not published a [MissingRateError]. No invoices make an empty
// statement.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrNotFound].
func (c *Calculator) Statement(on courrier.Date, invoices ...Invoice) (Statement, error) {
	unit := c.unit(invoices)
	if err := c.check(on, unit, invoices); err != nil {
		return Statement{}, fmt.Errorf("latepayment: %w", err)
	}
	s := Statement{On: on, Debtor: c.regime.Debtor, Regime: c.regime.Name, Conventions: c.conv, Lines: make([]Line, len(invoices))}
	money := newConverter(unit)
	var sum totals
	var room [4]portion
	shown := partsFor(invoices)
	for i := range invoices {
		a := c.open(&invoices[i], money, room[:])
		line := &s.Lines[i]
		line.Parts, shown = shown[:len(a.parts):len(a.parts)], shown[len(a.parts):]
		t, err := a.fill(line, on, &invoices[i])
		if err != nil {
			return Statement{}, fmt.Errorf("latepayment: Invoices[%d] (%s): %w", i, invoices[i].Number, err)
		}
		if !sum.add(t) {
			return Statement{}, fmt.Errorf("latepayment: %w", errTooLarge("the total"))
		}
		s.Warnings = a.warn(s.Warnings, line, &invoices[i], on)
		s.addBases(c, &a, t)
	}
	sum.fill(&s, money)
	s.settleCharges(c)
	if money.err != nil {
		return Statement{}, fmt.Errorf("latepayment: %w", money.err)
	}
	return s, nil
}

// settleCharges says what may be demanded now, and when the rest is payable.
func (s *Statement) settleCharges(c *Calculator) {
	s.Demand = s.Total
	if c.regime.ChargesDays > 0 && s.Total != s.Open {
		s.Demand, s.ChargesDays, s.ChargesBasis = s.Open, c.regime.ChargesDays, c.regime.ChargesBasis
	}
}

// addBases notes the texts behind the sums of a line.
func (s *Statement) addBases(c *Calculator, a *account, t totals) {
	switch basis := a.terms.basis; {
	case len(a.segments) == 0:
	case s.InterestBasis == "":
		s.InterestBasis = basis
	case s.InterestBasis != basis && a.terms.contract: // the clause's text names the law as well
		s.InterestBasis = basis
	}
	if t.compensation > 0 {
		s.CompensationBasis = c.regime.CompensationBasis
	}
	if t.costs > 0 {
		s.CostsBasis = c.regime.CostsBasis
	}
}

// unit is the currency of the statement: that of the first invoice.
func (c *Calculator) unit(invoices []Invoice) string {
	if len(invoices) == 0 || len(invoices[0].Parts) == 0 {
		return c.regime.Compensation.Unit()
	}
	return invoices[0].Parts[0].Amount.Unit()
}

func (c *Calculator) check(on courrier.Date, unit string, invoices []Invoice) error {
	var checks courrier.Checks
	var refused []error
	checks.Require(!on.IsZero(), "On", "is missing", "give the date of the statement")
	checks.Require(len(invoices) == 0 || unit != "", "Invoices[0].Parts[0].Amount", "has no currency", "write it as 12.50 EUR")
	comp := c.regime.Compensation
	checks.Require(comp.IsZero() || comp.Unit() == unit || len(invoices) == 0, "Regime.Compensation",
		fmt.Sprintf("is in %s, the invoices are not", comp.Unit()), "convert it and set it in the regime")
	seen := make(map[string]struct{}, len(invoices))
	for i := range invoices {
		inv := &invoices[i]
		_, twice := seen[inv.Number]
		seen[inv.Number] = struct{}{}
		barred := inv.Contract != nil && !c.regime.ContractAllowed
		if err := inv.check(unit); err != nil || twice || barred {
			field := fmt.Sprintf("Invoices[%d]", i)
			checks.Nest(field, err)
			checks.Require(!twice, field+".Number", fmt.Sprintf("%q is given twice", inv.Number),
				"state each invoice once, instalments as its parts")
			checks.Require(!barred, field+".Contract", "no clause sets the rate under regime "+c.regime.Name, "leave it nil")
		}
		for j, charge := range inv.Charged {
			if charge.Kind == ChargeCost {
				refused = append(refused, checkCost(fmt.Sprintf("Invoices[%d].Charged[%d]", i, j), unit, c.regime.Debtor, charge))
			}
		}
	}
	return errors.Join(checks.Err(), errors.Join(refused...))
}

// partsFor makes room for the parts of all lines at once.
func partsFor(invoices []Invoice) []Part {
	n := 0
	for i := range invoices {
		n += len(invoices[i].Parts)
	}
	return make([]Part, n)
}

// fill computes one invoice into its line, which has room for its parts.
func (a *account) fill(line *Line, on courrier.Date, inv *Invoice) (totals, error) {
	line.Number, line.IssuedOn, line.DueOn = inv.Number, inv.IssuedOn, inv.Parts[0].DueOn
	line.InterestFrom, line.NoCompensation = a.parts[0].cursor, inv.NoCompensation
	moves := inv.movements(on, a.calc.conv.Credits)
	a.reserve(len(moves), on)
	if err := a.replay(moves); err != nil {
		return totals{}, err
	}
	if err := a.accrueUntil(on); err != nil {
		return totals{}, err
	}
	line.Segments, line.Movements = a.segments, a.movements
	for i := range a.parts {
		line.Late = line.Late || a.parts[i].late
	}
	t, compensation, err := a.settle(inv, line.Late)
	if err != nil {
		return totals{}, err
	}
	if t.costs > 0 {
		line.Costs = costsOf(inv)
	}
	t.daily = a.daily(on)
	t.fillLine(line, a.money)
	a.fillParts(line.Parts, on, t.principal-t.open)
	line.InterestAccrued, line.Compensation = a.money.amount(a.accrued), a.money.amount(compensation)
	return t, nil
}

// costsOf returns the charges of an invoice that are costs.
func costsOf(inv *Invoice) []Charge {
	return slices.DeleteFunc(slices.Clone(inv.Charged), func(c Charge) bool { return c.Kind != ChargeCost })
}

// daily is the interest of the day after on, zero where its rate is not known.
func (a *account) daily(on courrier.Date) int64 {
	var sum int64
	next := on.AddDays(1)
	for i := range a.parts {
		p := &a.parts[i]
		if p.principal == 0 || !p.late || p.cursor != next {
			continue
		}
		half := p.anchor
		if a.calc.floats(&a.terms) {
			half = HalfYearOf(next)
		}
		rate, _, err := a.terms.rateFor(half)
		if err != nil {
			return 0
		}
		n, _ := partsOf(p.principal, rate, 1, a.calc.yearDays(next)).cents()
		sum += n
	}
	return sum
}

// fillParts writes the parts as the books read them: what payments covered beyond
// the price of the parts that are due is taken off the oldest of those.
func (a *account) fillParts(all []Part, on courrier.Date, interestPaid int64) {
	for i := range a.parts {
		p := &a.parts[i]
		open := p.principal
		if due := on.After(p.DueOn); due {
			shift := min(interestPaid, open)
			open -= shift
			interestPaid -= shift
		}
		amount, _ := cents(p.Amount)
		all[i] = Part{
			DueOn: p.DueOn, Due: on.After(p.DueOn), Amount: a.money.amount(amount), Credited: a.money.amount(p.credited),
			Open: a.money.amount(open), Paid: a.money.amount(amount - p.credited - open),
		}
	}
}

// firstDay returns the first day of interest on a part; no date when none runs.
func (c *Calculator) firstDay(due, notice courrier.Date) courrier.Date {
	switch {
	case c.regime.Start == StartNever:
		return courrier.Date{}
	case c.regime.Start == StartDue, notice.Before(due) && !notice.IsZero():
		return due.AddDays(1)
	}
	return notice.AddDays(1)
}

// settle adds up the end of the account: what is left of the payments covers the
// compensation, then the costs. It returns the compensation apart.
func (a *account) settle(inv *Invoice, late bool) (t totals, compensation int64, err error) {
	if late && inv.NoCompensation == "" {
		compensation, _ = cents(a.calc.regime.Compensation)
	}
	var costs int64
	for _, cost := range inv.Charged {
		if cost.Kind != ChargeCost {
			continue
		}
		n, _ := cents(cost.Amount)
		if costs += n; costs > maxCents {
			return t, 0, errTooLarge("the sum of its costs")
		}
	}
	toCompensation := min(a.surplus, compensation)
	toCosts := min(a.surplus-toCompensation, costs)
	for i := range a.parts {
		p := &a.parts[i]
		amount, _ := cents(p.Amount)
		t.invoiced += amount
		if p.late {
			t.principal += p.principal
		} else {
			t.notYetDue += p.principal
		}
	}
	t.paid, t.credited = a.paid, a.credited
	t.interestDue = a.accrued - a.interestPaid
	t.compensation, t.costs = compensation-toCompensation, costs-toCosts
	t.overpaid = a.overpaid + a.surplus - toCompensation - toCosts
	t.total = t.principal + t.interestDue + t.compensation + t.costs
	t.open = max(0, t.principal-a.interestPaid)
	t.interest = t.principal + t.interestDue - t.open
	return t, compensation, nil
}

// totals are the sums of a line or a statement, in cents.
type totals struct {
	invoiced, paid, credited          int64
	open, interest                    int64
	principal, interestDue            int64
	compensation, costs               int64
	total, notYetDue, daily, overpaid int64
}

func (t *totals) each() [13]*int64 {
	return [13]*int64{
		&t.invoiced, &t.paid, &t.credited, &t.open, &t.interest, &t.principal, &t.interestDue, &t.compensation, &t.costs,
		&t.total, &t.notYetDue, &t.daily, &t.overpaid,
	}
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
	l.Amount, l.Paid, l.Credited = money.amount(t.invoiced), money.amount(t.paid), money.amount(t.credited)
	l.Open, l.Interest = money.amount(t.open), money.amount(t.interest)
	l.PrincipalDue, l.InterestDue = money.amount(t.principal), money.amount(t.interestDue)
	l.CompensationDue, l.CostsDue = money.amount(t.compensation), money.amount(t.costs)
	l.Total, l.NotYetDue, l.Daily, l.Overpaid = money.amount(t.total), money.amount(t.notYetDue), money.amount(t.daily),
		money.amount(t.overpaid)
}

func (t *totals) fill(s *Statement, money *converter) {
	s.Invoiced, s.Paid, s.Credited = money.amount(t.invoiced), money.amount(t.paid), money.amount(t.credited)
	s.Open, s.Interest = money.amount(t.open), money.amount(t.interest)
	s.PrincipalDue, s.InterestDue = money.amount(t.principal), money.amount(t.interestDue)
	s.CompensationDue, s.CostsDue = money.amount(t.compensation), money.amount(t.costs)
	s.Total, s.NotYetDue, s.Daily, s.Overpaid = money.amount(t.total), money.amount(t.notYetDue), money.amount(t.daily),
		money.amount(t.overpaid)
	s.Credit, s.Deducted = s.Overpaid, money.zero
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
