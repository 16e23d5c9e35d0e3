package latepayment

import (
	"fmt"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
)

// HalfYear is a civil half-year, the step in which late-payment rates are
// fixed: S1 from 1 January to 30 June, S2 from 1 July to 31 December. Its text
// and JSON form is "2026-S2", "" for the zero HalfYear, which is none. Values
// compare with == and serve as map keys.
type HalfYear struct {
	n int16 // 2·year, plus 1 in the second half
}

// HalfYearOf returns the half-year that d belongs to; none for no date.
func HalfYearOf(d courrier.Date) HalfYear {
	if d.IsZero() {
		return HalfYear{}
	}
	year, month, _ := d.Civil()
	if month > time.June {
		return HalfYear{n: int16(2*year + 1)}
	}
	return HalfYear{n: int16(2 * year)}
}

// ParseHalfYear reads "2026-S1" or "2026-S2". It answers [courrier.ErrInvalid]
// to anything else.
func ParseHalfYear(s string) (HalfYear, error) {
	if len(s) == 7 && s[4:6] == "-S" && allDigits(s[:4]) && (s[6] == '1' || s[6] == '2') {
		year, err := strconv.Atoi(s[:4])
		if err == nil && year > 0 {
			return HalfYear{n: int16(2*year) + int16(s[6]-'1')}, nil
		}
	}
	return HalfYear{}, fmt.Errorf("%w: half-year must read YYYY-S1 or YYYY-S2", courrier.ErrInvalid)
}

// MustHalfYear is ParseHalfYear for constants and tests; it panics on bad input.
func MustHalfYear(s string) HalfYear {
	h, err := ParseHalfYear(s)
	if err != nil {
		panic(err)
	}
	return h
}

// IsZero reports whether h is none.
func (h HalfYear) IsZero() bool { return h.n == 0 }

// First returns the first day; no date for none.
func (h HalfYear) First() courrier.Date {
	if h.IsZero() {
		return courrier.Date{}
	}
	return courrier.NewDate(int(h.n/2), time.January+6*time.Month(h.n%2), 1)
}

// Last returns the last day; no date for none.
func (h HalfYear) Last() courrier.Date {
	if h.IsZero() {
		return courrier.Date{}
	}
	return courrier.NewDate(int(h.n/2), time.June+6*time.Month(h.n%2), 30+int(h.n%2))
}

// Next returns the half-year that follows; none after 9999-S2.
func (h HalfYear) Next() HalfYear {
	if h.IsZero() || h.n == 2*9999+1 {
		return HalfYear{}
	}
	return HalfYear{n: h.n + 1}
}

// Compare returns -1, 0 or +1; none comes before all.
func (h HalfYear) Compare(k HalfYear) int {
	switch {
	case h.n < k.n:
		return -1
	case h.n > k.n:
		return 1
	}
	return 0
}

// String returns "2026-S2", or "" for none.
func (h HalfYear) String() string {
	if h.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-S%d", h.n/2, h.n%2+1)
}

// MarshalText implements [encoding.TextMarshaler]; JSON uses it too.
func (h HalfYear) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; JSON uses it too.
func (h *HalfYear) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*h = HalfYear{}
		return nil
	}
	parsed, err := ParseHalfYear(string(b))
	if err == nil {
		*h = parsed
	}
	return err
}
