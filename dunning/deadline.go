package dunning

import (
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// Deadlines is the time to pay that reminders give, in calendar days. The law names
// none; these are custom (8 days for business, more for who must look the matter up
// or order the payment). A last day on a Saturday, a Sunday or a holiday moves to
// the next working day.
type Deadlines struct {
	Reminder int // 0: 8
	// Of formal notices, by class of debtor. Consumer is also that of who is neither.
	Business int // 0: 8
	Consumer int // 0: 15
	Public   int // 0: 30
	// FromPresentation counts a notice's days from the first presentation of the
	// letter and prints no date: registered letters may wait 15 days at the counter.
	FromPresentation bool
}

// DeadlineDays is the time to pay of reminders and of notices to businesses, where
// the settings say nothing.
const DeadlineDays = 8

const (
	consumerDays   = 15
	publicDays     = 30
	maxDeadline    = 365
	maxShiftedDays = 10 // weekend and holidays together are shorter
)

func (d Deadlines) check(c *courrier.Checks) {
	for _, f := range []struct {
		name string
		days int
	}{{"Reminder", d.Reminder}, {"Business", d.Business}, {"Consumer", d.Consumer}, {"Public", d.Public}} {
		c.Require(f.days >= 0 && f.days <= maxDeadline, "Deadlines."+f.name, "is outside 0 to "+strconv.Itoa(maxDeadline)+" days", "give days, or 0 for the usual ones")
	}
}

// days returns the days that a reminder of a kind gives to a class of debtor.
func (d Deadlines) days(kind courrier.StepKind, class latepayment.DebtorClass) int {
	given, usual := d.Reminder, DeadlineDays
	if kind == courrier.StepFormalNotice {
		switch class {
		case latepayment.DebtorBusiness:
			given = d.Business
		case latepayment.DebtorPublic:
			given, usual = d.Public, publicDays
		default:
			given, usual = d.Consumer, consumerDays
		}
	}
	if given == 0 {
		return usual
	}
	return given
}

// deadline returns the last day to pay: days after a date, on a working day.
func (s *Settings) deadline(from courrier.Date, days int) courrier.Date {
	var holidays Holidays = new(latepayment.Calendar) // the national ones
	if s.Holidays != nil {
		holidays = s.Holidays
	}
	last := from.AddDays(days)
	for range maxShiftedDays {
		if wd := last.Weekday(); wd != time.Saturday && wd != time.Sunday && !holidays.IsHoliday(last) {
			break
		}
		last = last.AddDays(1)
	}
	return last
}
