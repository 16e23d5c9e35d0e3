package latepayment

import (
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
)

// Territory is a set of public holidays.
type Territory string

// The territories. Good Friday is a holiday only in those communes of
// Alsace-Moselle (departments 57, 67, 68) that have a Protestant or a shared
// church (code du travail, art. L3134-13); the caller says which it is.
const (
	National                       Territory = "FR"
	AlsaceMoselle                  Territory = "alsace_moselle"
	AlsaceMoselleWithoutGoodFriday Territory = "alsace_moselle_without_good_friday"
	Guadeloupe                     Territory = "GP"
	Martinique                     Territory = "MQ"
	Guyane                         Territory = "GF"
	Reunion                        Territory = "RE"
	Mayotte                        Territory = "YT"
	SaintMartin                    Territory = "MF"
	SaintBarthelemy                Territory = "BL"
)

// The years that a Calendar holds in a table; others are computed when asked.
const (
	firstCalendarYear = 1970
	lastCalendarYear  = 2099
)

var calendarStart = courrier.NewDate(firstCalendarYear, time.January, 1)

// Holiday is a public holiday.
type Holiday struct {
	On   courrier.Date
	Name string // in French
}

// holidayRule fixes a holiday on a day of a month or, with month easterBased, a
// number of days after Easter Sunday. No territories: everywhere.
type holidayRule struct {
	name        string
	month       time.Month
	day         int
	territories []Territory
}

const easterBased time.Month = 0

// holidayRules is the law as it stands (code du travail, art. L3133-1, L3134-13
// and L3422-2), applied to every year. In the order of the year, Easter apart.
var holidayRules = [...]holidayRule{
	{"Jour de l'an", time.January, 1, nil},
	{"Vendredi saint", easterBased, -2, []Territory{AlsaceMoselle}},
	{"Lundi de Pâques", easterBased, 1, nil},
	{"Abolition de l'esclavage", time.April, 27, []Territory{Mayotte}},
	{"Fête du Travail", time.May, 1, nil},
	{"Victoire de 1945", time.May, 8, nil},
	{"Ascension", easterBased, 39, nil},
	{"Lundi de Pentecôte", easterBased, 50, nil},
	{"Abolition de l'esclavage", time.May, 22, []Territory{Martinique}},
	{"Abolition de l'esclavage", time.May, 27, []Territory{Guadeloupe, SaintMartin}},
	{"Abolition de l'esclavage", time.June, 10, []Territory{Guyane}},
	{"Fête nationale", time.July, 14, nil},
	{"Assomption", time.August, 15, nil},
	{"Abolition de l'esclavage", time.October, 9, []Territory{SaintBarthelemy}},
	{"Toussaint", time.November, 1, nil},
	{"Armistice de 1918", time.November, 11, nil},
	{"Abolition de l'esclavage", time.December, 20, []Territory{Reunion}},
	{"Noël", time.December, 25, nil},
	{"Saint-Étienne", time.December, 26, []Territory{AlsaceMoselle, AlsaceMoselleWithoutGoodFriday}},
}

// Calendar knows the public holidays of one territory. It is immutable; a
// question costs no allocation, for 1970 to 2099 one look into a bit set. The
// zero Calendar, and a nil one, is the national one without that table.
type Calendar struct {
	territory Territory
	span      int      // days in the table, from calendarStart on
	bits      []uint64 // one for each day
}

// NewCalendar returns the calendar of a territory; [courrier.ErrInvalid] for an
// unknown one.
func NewCalendar(t Territory) (*Calendar, error) {
	if !t.known() {
		return nil, &courrier.FieldError{Field: "Territory", Rule: "is unknown", Remedy: "use one of the Territory constants"}
	}
	span := courrier.NewDate(lastCalendarYear+1, time.January, 1).DaysSince(calendarStart)
	c := &Calendar{territory: t, span: span, bits: make([]uint64, (span+63)/64)}
	for year := firstCalendarYear; year <= lastCalendarYear; year++ {
		for _, h := range c.Holidays(year) {
			i := h.On.DaysSince(calendarStart)
			c.bits[i/64] |= 1 << (i % 64)
		}
	}
	return c, nil
}

func (t Territory) known() bool {
	switch t {
	case National, AlsaceMoselle, AlsaceMoselleWithoutGoodFriday, Guadeloupe, Martinique, Guyane, Reunion, Mayotte, SaintMartin,
		SaintBarthelemy:
		return true
	}
	return false
}

// Territory returns the territory of the calendar.
func (c *Calendar) Territory() Territory {
	if c == nil || c.territory == "" {
		return National
	}
	return c.territory
}

// IsHoliday reports whether d is a public holiday; false for no date.
func (c *Calendar) IsHoliday(d courrier.Date) bool {
	if d.IsZero() {
		return false
	}
	if i := d.DaysSince(calendarStart); c != nil && i >= 0 && i < c.span {
		return c.bits[i/64]&(1<<(i%64)) != 0
	}
	year := d.Year()
	easter := easterSunday(year)
	for i := range holidayRules {
		if c.observes(&holidayRules[i]) && holidayRules[i].in(year, easter) == d {
			return true
		}
	}
	return false
}

// Holidays returns the public holidays of a year from 1 to 9999 by date, two
// when two fall on one day; none for other years.
func (c *Calendar) Holidays(year int) []Holiday {
	if year < 1 || year > 9999 {
		return nil
	}
	easter := easterSunday(year)
	holidays := make([]Holiday, 0, len(holidayRules))
	for i := range holidayRules {
		if rule := &holidayRules[i]; c.observes(rule) {
			holidays = append(holidays, Holiday{On: rule.in(year, easter), Name: rule.name})
		}
	}
	slices.SortStableFunc(holidays, func(a, b Holiday) int { return a.On.Compare(b.On) })
	return holidays
}

func (c *Calendar) observes(r *holidayRule) bool {
	return len(r.territories) == 0 || slices.Contains(r.territories, c.Territory())
}

func (r *holidayRule) in(year int, easter courrier.Date) courrier.Date {
	if r.month == easterBased {
		return easter.AddDays(r.day)
	}
	return courrier.NewDate(year, r.month, r.day)
}

// easterSunday is the Gregorian computus of Meeus, Jones and Butcher.
func easterSunday(year int) courrier.Date {
	golden := year % 19
	century, yearOf := year/100, year%100
	correction := (century - (century+8)/25 + 1) / 3
	epact := (19*golden + century - century/4 - correction + 15) % 30
	weekday := (32 + 2*(century%4) + 2*(yearOf/4) - epact - yearOf%4) % 7
	late := (golden + 11*epact + 22*weekday) / 451
	n := epact + weekday - 7*late + 114
	return courrier.NewDate(year, time.Month(n/31), n%31+1)
}

// Week says which weekdays work.
type Week int

// The weeks of French law.
const (
	MondayToFriday   Week = iota // jours ouvrés
	MondayToSaturday             // jours ouvrables
)

// IsWorkingDay reports whether d is a day of the week w and no holiday; false
// for no date.
func (c *Calendar) IsWorkingDay(d courrier.Date, w Week) bool {
	if d.IsZero() {
		return false
	}
	switch d.Weekday() {
	case time.Sunday:
		return false
	case time.Saturday:
		return w == MondayToSaturday && !c.IsHoliday(d)
	}
	return !c.IsHoliday(d)
}

const maxWorkingDays = 10_000

// AddWorkingDays returns the n-th working day after d, before d when n is
// negative; d itself is not counted. It answers [courrier.ErrInvalid] when d is
// no date, n is beyond 10,000 or the result is outside the dates there are.
func (c *Calendar) AddWorkingDays(d courrier.Date, n int, w Week) (courrier.Date, error) {
	if d.IsZero() || n < -maxWorkingDays || n > maxWorkingDays {
		return courrier.Date{}, fmt.Errorf("latepayment: %w: working days need a date and at most %d of them", courrier.ErrInvalid,
			maxWorkingDays)
	}
	if n == 0 {
		n = 1
		d = d.AddDays(-1) // the day itself when it is a working day, else the next one
	}
	step, left := 1, n
	if n < 0 {
		step, left = -1, -n
	}
	for left > 0 {
		if d = d.AddDays(step); d.IsZero() {
			return d, fmt.Errorf("latepayment: %w: working days end outside the years 1 to 9999", courrier.ErrInvalid)
		}
		if c.IsWorkingDay(d, w) {
			left--
		}
	}
	return d, nil
}

// Shift says what to do with a date that is a Saturday, a Sunday or a holiday.
type Shift string

// The shifts.
const (
	KeepDate Shift = ""
	// to the next working day, as art. 642 of the code de procédure civile and Regulation
	// 1182/71, art. 3(4)
	NextBusiness Shift = "next"
	LastBusiness Shift = "previous" // to the last working day before
)

// Shift moves d to a day that is neither Saturday, Sunday nor a holiday, as s
// says. It returns no date for no date, or when it leaves the dates there are;
// an unknown shift keeps the date.
func (c *Calendar) Shift(d courrier.Date, s Shift) courrier.Date {
	step := 0
	switch s {
	case NextBusiness:
		step = 1
	case LastBusiness:
		step = -1
	}
	for step != 0 && !d.IsZero() && !c.IsWorkingDay(d, MondayToFriday) {
		d = d.AddDays(step)
	}
	return d
}
