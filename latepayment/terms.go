package latepayment

import (
	"fmt"

	"github.com/courrier-go/courrier"
)

// TermKind is a way to fix a due date.
type TermKind string

// The kinds of term. "End of month" has two readings that the administration
// both accepts (CEPC); the clause must say which.
const (
	// TermNet: the date of issue plus Days.
	TermNet TermKind = "net"
	// TermDaysThenEndOfMonth: plus Days, then the end of that month.
	TermDaysThenEndOfMonth TermKind = "days_then_end_of_month"
	// TermEndOfMonthThenDays: the end of the month of issue, then plus Days.
	TermEndOfMonthThenDays TermKind = "end_of_month_then_days"
	// TermDaysThenEndOfMonthOn: plus Days, the end of that month, then day On of
	// the next one, or its last day when it is shorter.
	TermDaysThenEndOfMonthOn TermKind = "days_then_end_of_month_on"
	// TermPeriodic: a periodic (summary) invoice, its date of issue plus Days.
	TermPeriodic TermKind = "periodic"
)

// Terms are payment terms as agreed.
type Terms struct {
	Kind TermKind
	Days int // 0 to 3660
	On   int // day of the month, 1 to 31, for TermDaysThenEndOfMonthOn alone
}

const maxTermDays = 3660

// Net is "n days net".
func Net(days int) Terms { return Terms{Kind: TermNet, Days: days} }

// DaysThenEndOfMonth is "n days end of month", days first.
func DaysThenEndOfMonth(days int) Terms { return Terms{Kind: TermDaysThenEndOfMonth, Days: days} }

// EndOfMonthThenDays is "n days end of month", end of month first.
func EndOfMonthThenDays(days int) Terms { return Terms{Kind: TermEndOfMonthThenDays, Days: days} }

// DaysThenEndOfMonthOn is "n days end of month the 10th".
func DaysThenEndOfMonthOn(days, on int) Terms {
	return Terms{Kind: TermDaysThenEndOfMonthOn, Days: days, On: on}
}

// Periodic is "n days" for a periodic invoice.
func Periodic(days int) Terms { return Terms{Kind: TermPeriodic, Days: days} }

// Validate answers [courrier.ErrInvalid] with one [courrier.FieldError] for
// each wrong field.
func (t Terms) Validate() error {
	var c courrier.Checks
	_, known := agreedCaps[t.Kind]
	c.Require(known, "Kind", "is unknown", "use one of the Term constants")
	c.Require(t.Days >= 0 && t.Days <= maxTermDays, "Days", fmt.Sprintf("%d is outside 0 to %d", t.Days, maxTermDays), "correct the term")
	if t.Kind == TermDaysThenEndOfMonthOn {
		c.Require(t.On >= 1 && t.On <= 31, "On", fmt.Sprintf("%d is no day of a month", t.On), "give 1 to 31")
	} else {
		c.Require(t.On == 0, "On", "has no meaning with this kind", "leave it 0")
	}
	return c.Err()
}

// DueOn returns the due date of an invoice issued on a day (or counted from
// another day, such as the receipt of goods overseas). The date is not moved
// when it falls on a holiday: a contractual due date is kept (see
// [Calendar.Shift] to move it where the contract says so).
//
// Errors: [courrier.ErrInvalid].
func (t Terms) DueOn(issued courrier.Date) (courrier.Date, error) {
	var c courrier.Checks
	c.Nest("Terms", t.Validate())
	c.Require(!issued.IsZero(), "IssuedOn", "is missing", "give the date of issue")
	if err := c.Err(); err != nil {
		return courrier.Date{}, fmt.Errorf("latepayment: %w", err)
	}
	due := t.from(issued)
	if due.IsZero() {
		return courrier.Date{}, fmt.Errorf("latepayment: %w: due date is after 9999-12-31", courrier.ErrInvalid)
	}
	return due, nil
}

func (t Terms) from(issued courrier.Date) courrier.Date {
	switch t.Kind {
	case TermDaysThenEndOfMonth:
		return issued.AddDays(t.Days).EndOfMonth()
	case TermEndOfMonthThenDays:
		return issued.EndOfMonth().AddDays(t.Days)
	case TermDaysThenEndOfMonthOn:
		next := issued.AddDays(t.Days).EndOfMonth().AddDays(1)
		if next.IsZero() {
			return next
		}
		return next.AddDays(min(t.On, next.EndOfMonth().Day()) - 1)
	}
	return issued.AddDays(t.Days)
}

// Cap is a legal maximum of a payment period.
type Cap string

// The caps. Shorter ones exist for some trades (transport, food, drinks); they
// are not here: compute the day and compare.
const (
	CapNoAgreement    Cap = "no_agreement"       // 30 days from receipt or performance, when nothing was agreed
	CapAgreed         Cap = "agreed"             // 60 days from the date of issue
	CapEndOfMonthA    Cap = "agreed_eom_a"       // 45 days, then end of month, if stipulated
	CapEndOfMonthB    Cap = "agreed_eom_b"       // end of month, then 45 days, if stipulated
	CapPeriodic       Cap = "periodic"           // 45 days from the date of issue of a periodic invoice
	CapPublic         Cap = "public"             // 30 days, public buyers
	CapPublicHealth   Cap = "public_health"      // 50 days, public health bodies
	CapPublicCompany  Cap = "public_company"     // 60 days, some public companies
	CapEUBusiness     Cap = "eu_business"        // 60 days, unless expressly agreed and not grossly unfair
	CapEUPublic       Cap = "eu_public"          // 30 days, public authorities
	CapEUPublicHealth Cap = "eu_public_extended" // 60 days, health care and some industrial bodies
)

// caps says how each cap is counted and on which text it rests.
var caps = map[Cap]struct {
	terms Terms
	basis string
}{
	CapNoAgreement:    {Net(30), "code de commerce, art. L441-10 I, 30 days from receipt or performance"},
	CapAgreed:         {Net(60), "code de commerce, art. L441-10 I, 60 days from the date of issue"},
	CapEndOfMonthA:    {DaysThenEndOfMonth(45), "code de commerce, art. L441-10 I, 45 days end of month (days first)"},
	CapEndOfMonthB:    {EndOfMonthThenDays(45), "code de commerce, art. L441-10 I, 45 days end of month (end of month first)"},
	CapPeriodic:       {Net(45), "code de commerce, art. L441-10 I, 45 days for a periodic invoice"},
	CapPublic:         {Net(30), "code de la commande publique, art. R2192-10, 30 days"},
	CapPublicHealth:   {Net(50), "code de la commande publique, art. R2192-11, 50 days for health bodies"},
	CapPublicCompany:  {Net(60), "code de la commande publique, art. R2192-11, 60 days for public companies"},
	CapEUBusiness:     {Net(60), "Directive 2011/7/EU, art. 3(5), 60 days"},
	CapEUPublic:       {Net(30), "Directive 2011/7/EU, art. 4(3), 30 days"},
	CapEUPublicHealth: {Net(60), "Directive 2011/7/EU, art. 4(4), 60 days"},
}

// agreedCaps says which caps an agreed term between French businesses may use:
// it is within the law when it meets one of them.
var agreedCaps = map[TermKind][]Cap{
	TermNet:                  {CapAgreed},
	TermDaysThenEndOfMonth:   {CapAgreed, CapEndOfMonthA},
	TermEndOfMonthThenDays:   {CapAgreed, CapEndOfMonthB},
	TermDaysThenEndOfMonthOn: {CapAgreed},
	TermPeriodic:             {CapPeriodic},
}

// Caps returns the caps of which an agreed term between French businesses must
// meet one; nil for an unknown kind.
func (t Terms) Caps() []Cap { return append([]Cap(nil), agreedCaps[t.Kind]...) }

// Basis returns the text of the cap; "" for an unknown one.
func (c Cap) Basis() string { return caps[c].basis }

// LastDay returns the last due date allowed when the period is counted from a
// day: the date of issue, or that of receipt where the cap or the place says so
// (overseas departments count from the receipt of goods).
//
// Errors: [courrier.ErrInvalid].
func (c Cap) LastDay(from courrier.Date) (courrier.Date, error) {
	rule, known := caps[c]
	if !known {
		return courrier.Date{}, &courrier.FieldError{Field: "Cap", Rule: "is unknown", Remedy: "use one of the Cap constants"}
	}
	return rule.terms.DueOn(from)
}

// CheckDue warns when a due date is later than all the caps given, counted from
// a day; the warning names the most generous. No caps, no warning: terms with a
// consumer have none.
//
// Errors: [courrier.ErrInvalid].
func CheckDue(dueOn, from courrier.Date, allowed ...Cap) (w Warning, beyond bool, err error) {
	for _, c := range allowed {
		last, err := c.LastDay(from)
		if err != nil {
			return Warning{}, false, err
		}
		if !dueOn.After(last) {
			return Warning{}, false, nil
		}
		if last.After(w.LastDay) {
			w = Warning{Code: DueBeyondCap, LastDay: last, Basis: c.Basis()}
		}
	}
	return w, len(allowed) > 0, nil
}
