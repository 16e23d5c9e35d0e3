package latepayment

import (
	"fmt"
	"math/big"

	"github.com/courrier-go/courrier"
)

// Segment is a run of days with one principal and one rate.
type Segment struct {
	First     courrier.Date   `json:"first"` // both bear interest
	Last      courrier.Date   `json:"last"`
	Days      int             `json:"days"`
	YearDays  int             `json:"year_days"` // the divisor, 365 or 366
	Principal courrier.Amount `json:"principal"`
	Rate      Percent         `json:"rate"`
	Interest  courrier.Amount `json:"interest"`
	Basis     string          `json:"basis"`            // the text or clause
	Source    string          `json:"source,omitempty"` // where the rate was published; "" for a fixed contract rate
}

// Exact returns the interest of the segment before any rounding, in units of
// the currency: principal × rate × days / (100 × divisor).
func (s Segment) Exact() *big.Rat {
	principal, _ := cents(s.Principal)
	product := new(big.Int).Mul(big.NewInt(principal), big.NewInt(int64(s.Rate.TenThousandths())))
	product.Mul(product, big.NewInt(int64(s.Days)))
	divisor := big.NewInt(100 * 100 * percentUnit)
	divisor.Mul(divisor, big.NewInt(int64(max(s.YearDays, 1))))
	return new(big.Rat).SetFrac(product, divisor)
}

// String shows the arithmetic, as
// "2026-02-01 to 2026-03-31: 1200.00 EUR × 12.15 % × 59/365 = 23.567671 → 23.57 EUR".
func (s Segment) String() string {
	return fmt.Sprintf("%s to %s: %s × %s %% × %d/%d = %s → %s", s.First, s.Last,
		s.Principal, s.Rate, s.Days, s.YearDays, s.Exact().FloatString(6), s.Interest)
}

// portion is one part of an invoice as it moves through time, in cents.
type portion struct {
	DuePart
	principal int64
	credited  int64
	late      bool          // something of it was open at the end of its day
	cursor    courrier.Date // the next day to count; no date: none
	anchor    HalfYear      // of its first day of interest
}

// account follows one invoice through time, in cents.
type account struct {
	calc     *Calculator
	money    *converter
	terms    terms
	parts    []portion
	segments []Segment

	movements []Movement
	paid      int64
	credited  int64

	exact        parts // under RoundOnce: all interest so far
	accrued      int64
	interestPaid int64
	surplus      int64 // paid beyond principal and interest
	overpaid     int64 // credited beyond principal
}

// open starts the account of an invoice.
func (c *Calculator) open(inv *Invoice, money *converter, room []portion) account {
	a := account{calc: c, money: money, terms: c.termsOf(inv), parts: room[:0]}
	for _, due := range inv.Parts {
		p := portion{DuePart: due, cursor: c.firstDay(due.DueOn, inv.NoticeOn)}
		p.anchor = HalfYearOf(p.cursor)
		p.principal, _ = cents(due.Amount)
		a.parts = append(a.parts, p)
	}
	return a
}

// accrueUntil adds interest up to and including last, cutting a segment where
// the rate or the divisor changes.
func (a *account) accrueUntil(last courrier.Date) error {
	for i := range a.parts {
		p := &a.parts[i]
		p.late = p.late || p.principal > 0 && last.After(p.DueOn)
		for p.principal > 0 && !p.cursor.IsZero() && !p.cursor.After(last) {
			if err := a.accrue(p, last); err != nil {
				return err
			}
		}
	}
	return nil
}

// run returns the half-year whose rate holds on the cursor of a part, and the last day
// on which the terms of that day still hold, at most last.
func (a *account) run(p *portion, last courrier.Date) (half HalfYear, end courrier.Date) {
	half, end = p.anchor, last
	switch {
	case a.calc.floats(&a.terms):
		half = HalfYearOf(p.cursor)
		end = half.Last()
	case a.calc.conv.DayCount == ActualActual:
		end = courrier.NewDate(p.cursor.Year(), 12, 31)
	}
	if end.After(last) {
		end = last
	}
	return half, end
}

// accrue adds one segment of a part, from its cursor to last or to the day before its
// terms change.
func (a *account) accrue(p *portion, last courrier.Date) error {
	half, end := a.run(p, last)
	rate, source, err := a.terms.rateFor(half)
	if err != nil {
		return err
	}
	days, yearDays := end.DaysSince(p.cursor)+1, a.calc.yearDays(p.cursor)
	interest, err := a.round(partsOf(p.principal, rate, days, yearDays))
	if err != nil {
		return err
	}
	a.segments = append(a.segments, Segment{
		First: p.cursor, Last: end, Days: days, YearDays: yearDays,
		Principal: a.money.amount(p.principal), Rate: rate, Interest: a.money.amount(interest),
		Basis: a.terms.basis, Source: source,
	})
	p.cursor = end.AddDays(1)
	return nil
}

func (c *Calculator) yearDays(d courrier.Date) int {
	if c.conv.DayCount == ActualActual && courrier.NewDate(d.Year(), 12, 31).DaysSince(courrier.NewDate(d.Year(), 1, 1)) == 365 {
		return 366
	}
	return 365
}

// round returns the cents that a segment adds and counts them.
func (a *account) round(segment parts) (int64, error) {
	before := int64(0)
	if a.calc.conv.Rounding == RoundOnce {
		a.exact = a.exact.add(segment)
		segment, before = a.exact, a.accrued
	}
	rounded, ok := segment.cents()
	if !ok || a.accrued+rounded-before > maxCents {
		return 0, errTooLarge("interest")
	}
	a.accrued += rounded - before
	return rounded - before, nil
}

// reserve makes room for the segments, so that they are allocated once.
func (a *account) reserve(moves int, on courrier.Date) {
	first := a.parts[0].cursor
	if first.IsZero() || first.After(on) {
		return
	}
	count := moves + 1
	if a.calc.floats(&a.terms) || a.calc.conv.DayCount == ActualActual {
		count += int(HalfYearOf(on).n - HalfYearOf(first).n)
	}
	a.segments = make([]Segment, 0, min(count*len(a.parts), 64))
}

// replay counts movements in their order, with the interest up to each.
func (a *account) replay(moves []movement) error {
	for _, m := range moves {
		if err := a.accrueUntil(m.counted); err != nil {
			return err
		}
		toInterest, toPrincipal := a.apply(m.kind, m.amount)
		if a.paid > maxCents || a.credited > maxCents {
			return errTooLarge("the sum of its movements")
		}
		a.movements = append(a.movements, Movement{
			On: m.on, Kind: m.kind, Number: m.number, Amount: a.money.amount(m.amount),
			ToInterest: a.money.amount(toInterest), ToPrincipal: a.money.amount(toPrincipal),
			Left: a.money.amount(m.amount - toInterest - toPrincipal),
		})
	}
	return nil
}

func (a *account) apply(kind MovementKind, amount int64) (toInterest, toPrincipal int64) {
	if kind == MovementCredit {
		a.credited += amount
		return 0, a.credit(amount)
	}
	a.paid += amount
	return a.pay(amount)
}

// credit lowers the principal of the oldest parts; what exceeds it is owed to the
// debtor.
func (a *account) credit(amount int64) (toPrincipal int64) {
	for i := range a.parts {
		p := &a.parts[i]
		n := min(amount-toPrincipal, p.principal)
		p.principal -= n
		p.credited += n
		toPrincipal += n
	}
	a.overpaid += amount - toPrincipal
	return toPrincipal
}

// pay counts a payment in the order of the allocation, on the oldest parts first
// (code civil, art. 1342-10).
func (a *account) pay(amount int64) (toInterest, toPrincipal int64) {
	unpaid := a.accrued - a.interestPaid
	if a.calc.conv.Allocation == InterestFirst {
		toInterest = min(amount, unpaid)
	}
	for i := range a.parts {
		n := min(amount-toInterest-toPrincipal, a.parts[i].principal)
		a.parts[i].principal -= n
		toPrincipal += n
	}
	if a.calc.conv.Allocation == PrincipalFirst {
		toInterest = min(amount-toPrincipal, unpaid)
	}
	a.interestPaid += toInterest
	a.surplus += amount - toInterest - toPrincipal
	return toInterest, toPrincipal
}
