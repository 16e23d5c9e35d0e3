package latepayment

import (
	"fmt"

	"github.com/courrier-go/courrier"
)

// Period is a length of time. Years and months are counted before days.
type Period struct {
	Years, Months, Days int // none negative, none beyond 10,000
}

const maxPeriod = 10_000

// After returns the last day of the period that starts with an event on a day: that day
// is not counted. A period in months or years ends on the day of the same number, or on
// the last of the month (code de procédure civile, art. 641). Art. 642 is a
// [Calendar.Shift] of the result, where it applies: it governs time limits in
// procedure, not contractual dates.
//
// Errors: [courrier.ErrInvalid].
func (p Period) After(event courrier.Date) (courrier.Date, error) {
	var c courrier.Checks
	c.Require(!event.IsZero(), "Event", "is missing", "give the day of the event")
	for _, part := range []struct {
		name string
		n    int
	}{{"Years", p.Years}, {"Months", p.Months}, {"Days", p.Days}} {
		c.Require(part.n >= 0 && part.n <= maxPeriod, "Period."+part.name, fmt.Sprintf("%d is outside 0 to %d", part.n, maxPeriod),
			"correct the period")
	}
	if err := c.Err(); err != nil {
		return courrier.Date{}, fmt.Errorf("latepayment: %w", err)
	}
	last := event.AddMonths(12*p.Years + p.Months).AddDays(p.Days)
	if last.IsZero() {
		return last, fmt.Errorf("latepayment: %w: the period ends after 9999-12-31", courrier.ErrInvalid)
	}
	return last, nil
}

// Limitation says which limitation period is read.
type Limitation string

// The limitation periods known here. Debts of public bodies follow an act of
// their own (loi 68-1250 of 31 December 1968) and are not computed.
const (
	LimitationBusiness Limitation = "business" // 5 years; shorter special ones come first
	LimitationOrdinary Limitation = "ordinary" // 5 years, civil: a debtor neither trader nor consumer
	LimitationConsumer Limitation = "consumer" // 2 years, a professional against a consumer
	LimitationCarriage Limitation = "carriage" // 1 year, carriage of goods
)

var limitations = map[Limitation]struct {
	years int
	basis string
}{
	LimitationBusiness: {5, "code de commerce, art. L110-4"},
	LimitationOrdinary: {5, "code civil, art. 2224"},
	LimitationConsumer: {2, "code de la consommation, art. L218-2"},
	LimitationCarriage: {1, "code de commerce, art. L133-6"},
}

// LimitationReading is a reading of the limitation period, an aid to keep files
// in order and not advice: the start is the caller's, case law moves it, and the
// period may have been interrupted. A formal notice never interrupts it,
// registered or not.
type LimitationReading struct {
	Start   courrier.Date // as given; not counted
	LastDay courrier.Date // last day to act
	Years   int
	Basis   string
	// Interrupting is the closed list of what starts the period afresh.
	Interrupting []string
}

// Read returns the reading of the period that starts on a day. The start is the
// day on which the creditor knew that he could act: it may be the completion of
// the service, before the due date (Cass. com., 26 February 2020, 18-25.036; for
// consumers, Cass. 1re civ., 19 May 2021, 20-12.520).
//
// Errors: [courrier.ErrInvalid].
func (l Limitation) Read(start courrier.Date) (LimitationReading, error) {
	rule, known := limitations[l]
	if !known {
		return LimitationReading{}, &courrier.FieldError{Field: "Limitation", Rule: "is unknown",
			Remedy: "use one of the Limitation constants"}
	}
	last, err := Period{Years: rule.years}.After(start)
	if err != nil {
		return LimitationReading{}, err
	}
	return LimitationReading{
		Start: start, LastDay: last, Years: rule.years, Basis: rule.basis,
		Interrupting: []string{"acknowledgment by the debtor, as by a part payment", "claim in court", "protective or enforcement measure"},
	}, nil
}

// CounterHoldDays is for how many calendar days the post keeps a registered
// letter at the counter after an absence, the day of the notice not counted.
const CounterHoldDays = 15

// CounterHold returns the last day on which a letter can be collected after a notice
// was left, and the day from which to expect its return. Days is the carrier's own
// figure; 0 means CounterHoldDays.
//
// Errors: [courrier.ErrInvalid].
func CounterHold(left courrier.Date, days int) (lastDay, returnFrom courrier.Date, err error) {
	if days == 0 {
		days = CounterHoldDays
	}
	lastDay, err = Period{Days: days}.After(left)
	return lastDay, lastDay.AddDays(1), err
}
