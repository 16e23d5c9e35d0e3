package latepayment

import (
	"fmt"
	"math/big"

	"github.com/courrier-go/courrier"
)

// Segment is a run of days with one principal and one rate.
type Segment struct {
	First, Last courrier.Date // both bear interest
	Days        int
	YearDays    int // the divisor, 365 or 366
	Principal   courrier.Amount
	Rate        courrier.Percent
	Interest    courrier.Amount
	Basis       string // the text or clause
	Source      string // where the rate was published; "" for a fixed contract rate
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

// account follows one invoice through time, in cents.
type account struct {
	calc     *Calculator
	money    *converter
	anchor   HalfYear      // of the first day of interest
	cursor   courrier.Date // the next day to count; no date: none
	segments []Segment

	movements []Allocated
	paid      int64
	credited  int64

	principal    int64
	exact        parts // under RoundOnce: all interest so far
	accrued      int64
	interestPaid int64
	surplus      int64 // paid beyond principal and interest
	overpaid     int64 // credited beyond principal
}

// accrueUntil adds interest up to and including last, cutting a segment where
// the rate or the divisor changes.
func (a *account) accrueUntil(last courrier.Date) error {
	for a.principal > 0 && !a.cursor.IsZero() && !a.cursor.After(last) {
		end := a.calc.cut(a.cursor)
		if end.After(last) {
			end = last
		}
		if err := a.accrue(end); err != nil {
			return err
		}
	}
	return nil
}

// cut returns the last day on which the terms of day still hold; the last day
// there is when they never change.
func (c *Calculator) cut(day courrier.Date) courrier.Date {
	switch {
	case c.floats():
		return HalfYearOf(day).Last()
	case c.conv.DayCount == ActualActual:
		return courrier.NewDate(day.Year(), 12, 31)
	}
	return courrier.NewDate(9999, 12, 31)
}

// accrue adds one segment from the cursor to end.
func (a *account) accrue(end courrier.Date) error {
	half := a.anchor
	if a.calc.floats() {
		half = HalfYearOf(a.cursor)
	}
	rate, source, err := a.calc.rateFor(half)
	if err != nil {
		return err
	}
	days, yearDays := end.DaysSince(a.cursor)+1, a.calc.yearDays(a.cursor)
	interest, err := a.round(partsOf(a.principal, rate, days, yearDays))
	if err != nil {
		return err
	}
	a.segments = append(a.segments, Segment{
		First: a.cursor, Last: end, Days: days, YearDays: yearDays,
		Principal: a.money.amount(a.principal), Rate: rate, Interest: a.money.amount(interest),
		Basis: a.calc.basis, Source: source,
	})
	a.cursor = end.AddDays(1)
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
	if a.cursor.IsZero() || a.cursor.After(on) {
		return
	}
	count := moves + 1
	if a.calc.floats() || a.calc.conv.DayCount == ActualActual {
		count += int(HalfYearOf(on).n - HalfYearOf(a.cursor).n)
	}
	a.segments = make([]Segment, 0, min(count, 64))
}

// replay counts movements in their order, with the interest up to each.
func (a *account) replay(moves []Movement) error {
	for _, m := range moves {
		if err := a.accrueUntil(m.On); err != nil {
			return err
		}
		amount, _ := cents(m.Amount)
		toInterest, toPrincipal := a.apply(m.Kind, amount)
		if a.paid > maxCents || a.credited > maxCents {
			return errTooLarge("the sum of its movements")
		}
		m.Amount = a.money.amount(amount)
		a.movements = append(a.movements, Allocated{
			Movement: m, ToInterest: a.money.amount(toInterest), ToPrincipal: a.money.amount(toPrincipal),
			Left: a.money.amount(amount - toInterest - toPrincipal),
		})
	}
	return nil
}

func (a *account) apply(kind MovementKind, amount int64) (toInterest, toPrincipal int64) {
	if kind == CreditNote {
		a.credited += amount
		return 0, a.credit(amount)
	}
	a.paid += amount
	return a.pay(amount)
}

// credit lowers the principal; what exceeds it is owed to the debtor.
func (a *account) credit(amount int64) (toPrincipal int64) {
	toPrincipal = min(amount, a.principal)
	a.principal -= toPrincipal
	a.overpaid += amount - toPrincipal
	return toPrincipal
}

// pay counts a payment in the order of the allocation.
func (a *account) pay(amount int64) (toInterest, toPrincipal int64) {
	unpaid := a.accrued - a.interestPaid
	if a.calc.conv.Allocation == InterestFirst {
		toInterest = min(amount, unpaid)
		toPrincipal = min(amount-toInterest, a.principal)
	} else {
		toPrincipal = min(amount, a.principal)
		toInterest = min(amount-toPrincipal, unpaid)
	}
	a.interestPaid += toInterest
	a.principal -= toPrincipal
	a.surplus += amount - toInterest - toPrincipal
	return toInterest, toPrincipal
}
