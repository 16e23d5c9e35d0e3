package latepayment

import (
	"fmt"

	"github.com/courrier-go/courrier"
)

// Verify computes a statement's figures again from its own lines: every run of
// interest from its principal, rate and days, every row and every total. It
// answers [courrier.ErrInvalid] with a [courrier.FieldError] for each figure that
// does not follow. A stored statement shows by it that nobody changed a sum.
func (s *Statement) Verify() error {
	var c courrier.Checks
	var sum totals
	for i := range s.Lines {
		l := &s.Lines[i]
		field := fmt.Sprintf("Lines[%d]", i)
		t := l.totals()
		l.verify(&c, field, s.Conventions)
		t.verify(&c, field, l.Interest)
		sum.add(t)
	}
	unit := s.Unit()
	money := newConverter(unit)
	var want Statement
	sum.fill(&want, money)
	for _, f := range []struct {
		name      string
		got, want courrier.Amount
	}{
		{"Invoiced", s.Invoiced, want.Invoiced}, {"Paid", s.Paid, want.Paid}, {"Credited", s.Credited, want.Credited},
		{"Open", s.Open, want.Open},
		{"Interest", s.Interest, want.Interest}, {"PrincipalDue", s.PrincipalDue, want.PrincipalDue},
		{"InterestDue", s.InterestDue, want.InterestDue},
		{"CompensationDue", s.CompensationDue, want.CompensationDue}, {"CostsDue", s.CostsDue, want.CostsDue},
		{"Total", s.Total, want.Total},
		{"NotYetDue", s.NotYetDue, want.NotYetDue}, {"Daily", s.Daily, want.Daily}, {"Overpaid", s.Overpaid, want.Overpaid},
		{"Demand", s.Demand, s.demanded(money)}, {"Credit", s.Credit, s.heldSum(money)},
	} {
		c.Require(f.got == f.want, f.name, fmt.Sprintf("is %s, its parts make %s", f.got, f.want), "compute the statement again")
	}
	return c.Err()
}

// demanded is what may be demanded by the statement's own figures.
func (s *Statement) demanded(money *converter) courrier.Amount {
	base := s.Total
	if s.ChargesDays > 0 {
		base = s.Open
	}
	return money.amount((base.Micros() - s.Deducted.Micros()) / microsPerCent)
}

// heldSum adds up what is held of the debtor's.
func (s *Statement) heldSum(money *converter) courrier.Amount {
	sum := s.Overpaid.Micros()
	for _, p := range s.Unallocated {
		sum += p.Amount.Micros()
	}
	for _, n := range s.OpenCredits {
		sum += n.Amount.Micros()
	}
	return money.amount(sum / microsPerCent)
}

// totals reads the sums of a line back, in cents.
func (l *Line) totals() totals {
	var t totals
	for i, a := range []courrier.Amount{
		l.Amount, l.Paid, l.Credited, l.Open, l.Interest, l.PrincipalDue, l.InterestDue, l.CompensationDue, l.CostsDue, l.Total,
		l.NotYetDue, l.Daily, l.Overpaid,
	} {
		*t.each()[i], _ = cents(a)
	}
	return t
}

// verify holds the two readings of a line's debt together.
func (t *totals) verify(c *courrier.Checks, field string, shown courrier.Amount) {
	c.Require(t.open+t.interest+t.compensation+t.costs == t.total, field+".Total",
		"is not the sum of price, interest, compensation and costs", "compute the statement again")
	c.Require(t.principal+t.interestDue == t.open+t.interest, field+".Interest",
		fmt.Sprintf("%s does not agree with the allocation of payments", shown), "compute the statement again")
}

// verify computes the segments and the parts of a line again.
func (l *Line) verify(c *courrier.Checks, field string, conv Conventions) {
	var accrued, open, later, credited int64
	for i, s := range l.Segments {
		principal, _ := cents(s.Principal)
		days := s.Last.DaysSince(s.First) + 1
		interest, _ := partsOf(principal, s.Rate, days, max(s.YearDays, 365)).cents()
		got, _ := cents(s.Interest)
		accrued += got
		c.Require(days == s.Days && (conv.Rounding == RoundOnce || got == interest), fmt.Sprintf("%s.Segments[%d].Interest", field, i),
			fmt.Sprintf("is %s, the product is %d cents over %d days", s.Interest, interest, days), "compute the statement again")
	}
	total, _ := cents(l.InterestAccrued)
	c.Require(accrued == total, field+".InterestAccrued", "is not the sum of the segments", "compute the statement again")
	for i, p := range l.Parts {
		row := p.Amount.Micros() - p.Credited.Micros() - p.Paid.Micros() - p.Open.Micros()
		c.Require(row == 0, fmt.Sprintf("%s.Parts[%d].Open", field, i), "is not the amount less what was credited and paid",
			"compute the statement again")
		credited += p.Credited.Micros()
		if p.Due {
			open += p.Open.Micros()
		} else {
			later += p.Open.Micros()
		}
	}
	c.Require(open == l.Open.Micros() && later == l.NotYetDue.Micros() && credited <= l.Credited.Micros(), field+".Open",
		"is not what its parts have open", "compute the statement again")
}
