package courrier

import (
	"database/sql/driver"
	"encoding"
	"fmt"
	"time"
)

// Date is a civil date from 0001-01-01 to 9999-12-31. The zero Date is "no date".
// Dates compare with == and are map keys. Their text, JSON and SQL form is
// "2006-01-02", and "" for no date.
type Date struct {
	n int32 // days since 0000-12-31, so that the zero value is no date
}

const (
	unixEpochDay = 719163 // 1970-01-01
	maxDay       = 3652059
	dateLayout   = "2006-01-02"
)

// NewDate returns the date. A day or month out of range is carried over, as with
// [time.Date]; outside the supported years it is no date.
func NewDate(year int, month time.Month, day int) Date {
	return fromTime(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf returns the date of t in its location; no date for the zero time.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.Date()
	return NewDate(y, m, d)
}

// ParseDate reads "2006-01-02". It answers [ErrInvalid] to anything else.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil || t.Year() < 1 {
		return Date{}, &FieldError{Field: "Date", Rule: "is no date", Remedy: "write it as 2026-03-02"}
	}
	return fromTime(t), nil
}

// MustDate is ParseDate for constants and tests; it panics on bad input.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func fromTime(t time.Time) Date {
	n := t.Unix()/86400 + unixEpochDay
	if t.Unix() < 0 && t.Unix()%86400 != 0 {
		n--
	}
	if n < 1 || n > maxDay {
		return Date{}
	}
	return Date{n: int32(n)}
}

// Number counts days: 1 is 0001-01-01, 3652059 is 9999-12-31, 0 is no date.
func (d Date) Number() int32 { return d.n }

// DateOfNumber is the inverse of [Date.Number]; out of range it is no date.
func DateOfNumber(n int32) Date {
	if n < 1 || n > maxDay {
		return Date{}
	}
	return Date{n: n}
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d.n == 0 }

// In returns midnight of d in loc; the zero time for no date.
func (d Date) In(loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	y, m, day := d.utc().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

// At returns the moment so long after midnight on the wall clock of loc.
func (d Date) At(hour time.Duration, loc *time.Location) time.Time {
	y, m, day := d.Civil()
	return time.Date(y, m, day, 0, 0, int(hour/time.Second), 0, loc)
}

func (d Date) utc() time.Time {
	return time.Unix((int64(d.n)-unixEpochDay)*86400, 0).UTC()
}

// Civil returns the year, month and day.
func (d Date) Civil() (year int, month time.Month, day int) { return d.utc().Date() }

// Year returns the year.
func (d Date) Year() int { return d.utc().Year() }

// Month returns the month.
func (d Date) Month() time.Month { return d.utc().Month() }

// Day returns the day of the month.
func (d Date) Day() int { return d.utc().Day() }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Weekday(d.n % 7) // 0000-12-31 was a Sunday in the proleptic calendar
}

// AddDays returns the date n days later; no date stays no date.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	sum := int64(d.n) + int64(n)
	if sum < 1 || sum > maxDay {
		return Date{}
	}
	return Date{n: int32(sum)}
}

// maxMonths is more than all years hold.
const maxMonths = 12 * 10_000

// AddMonths returns the same day n months later, or the last day of a shorter month
// (code de procédure civile, art. 641); out of range it is no date.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	if n > maxMonths || n < -maxMonths {
		return Date{}
	}
	y, m, day := d.Civil()
	first := NewDate(y, m+time.Month(n), 1)
	if last := first.EndOfMonth().Day(); day > last {
		day = last
	}
	return first.AddDays(day - 1)
}

// EndOfMonth returns the last day of d's month.
func (d Date) EndOfMonth() Date {
	if d.IsZero() {
		return d
	}
	y, m, _ := d.Civil()
	return NewDate(y, m+1, 1).AddDays(-1)
}

// DaysSince returns the days from e to d, negative when d is earlier.
func (d Date) DaysSince(e Date) int { return int(d.n - e.n) }

// Before reports whether d is earlier than e. No date is before every date.
func (d Date) Before(e Date) bool { return d.n < e.n }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.n > e.n }

// Compare returns -1, 0 or +1.
func (d Date) Compare(e Date) int {
	switch {
	case d.n < e.n:
		return -1
	case d.n > e.n:
		return 1
	}
	return 0
}

// String returns "2006-01-02", or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.utc().Format(dateLayout)
}

// MarshalText implements [encoding.TextMarshaler]; JSON uses it too.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; JSON uses it too.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(b))
	if err == nil {
		*d = parsed
	}
	return err
}

// Value implements [driver.Valuer]: the text form, NULL for no date.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan implements [sql.Scanner] for text, DATE and TIMESTAMP columns.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case time.Time:
		*d = DateOf(v)
		return nil
	default:
		return scanText(d, src)
	}
}

// scanText reads a text column into u; NULL is the empty text.
func scanText(u encoding.TextUnmarshaler, src any) error {
	switch v := src.(type) {
	case nil:
		return u.UnmarshalText(nil)
	case string:
		return u.UnmarshalText([]byte(v))
	case []byte:
		return u.UnmarshalText(v)
	}
	return fmt.Errorf("%w: cannot scan %T", ErrInvalid, src)
}
