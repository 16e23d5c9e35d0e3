package latepayment

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// Percent is a yearly rate in percent, exact to four decimals, from -100 to
// 1000. Values compare with ==. Its text and JSON form is "12.15": a point, at
// least two decimals, no sign for the percent. The zero Percent is 0.00.
type Percent struct {
	n int32 // ten-thousandths of a percent
}

const (
	percentUnit = 10_000
	minPercent  = -100 * percentUnit
	maxPercent  = 1000 * percentUnit
)

// ParsePercent reads digits with at most four decimals after a point, such as
// "12.15" or "-0.88". It answers [courrier.ErrInvalid] to anything else.
func ParsePercent(s string) (Percent, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	if !allDigits(whole) || len(whole) > 4 || pointed && !allDigits(fraction) || len(fraction) > 4 {
		return Percent{}, fmt.Errorf("%w: rate must read as 12.15, at most four decimals", courrier.ErrInvalid)
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 4-len(fraction)), 10, 64)
	if err != nil {
		return Percent{}, fmt.Errorf("%w: rate: %w", courrier.ErrInvalid, err)
	}
	if negative {
		n = -n
	}
	return percentOf(n)
}

// MustPercent is ParsePercent for constants and tests; it panics on bad input.
func MustPercent(s string) Percent {
	p, err := ParsePercent(s)
	if err != nil {
		panic(err)
	}
	return p
}

func percentOf(n int64) (Percent, error) {
	if n < minPercent || n > maxPercent {
		return Percent{}, fmt.Errorf("%w: rate must be between -100 and 1000 percent", courrier.ErrInvalid)
	}
	return Percent{n: int32(n)}, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// IsZero reports whether p is 0.00.
func (p Percent) IsZero() bool { return p.n == 0 }

// Sign returns -1, 0 or +1.
func (p Percent) Sign() int { return p.Compare(Percent{}) }

// Compare returns -1, 0 or +1.
func (p Percent) Compare(q Percent) int {
	switch {
	case p.n < q.n:
		return -1
	case p.n > q.n:
		return 1
	}
	return 0
}

// String returns "12.15"; two to four decimals.
func (p Percent) String() string {
	n, sign := p.n, ""
	if n < 0 {
		n, sign = -n, "-"
	}
	s := fmt.Sprintf("%s%d.%04d", sign, n/percentUnit, n%percentUnit)
	for range 2 {
		s = strings.TrimSuffix(s, "0")
	}
	return s
}

// MarshalText implements [encoding.TextMarshaler]; JSON uses it too.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; JSON uses it too.
func (p *Percent) UnmarshalText(b []byte) error {
	parsed, err := ParsePercent(string(b))
	if err == nil {
		*p = parsed
	}
	return err
}
