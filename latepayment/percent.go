package latepayment

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// Percent is a rate in percent, exact to four decimals, from -100 to 1000. Values
// compare with ==. Its text and JSON form is "12.15": a point, at least two
// decimals, no sign for the percent. The zero Percent is 0.00.
type Percent struct {
	n int32 // ten-thousandths of a percent
}

const (
	percentDecimals = 4
	minPercent      = -100 * percentUnit
	maxPercent      = 1000 * percentUnit
)

// ParsePercent reads digits with at most four decimals after a point, such as
// "12.15" or "-0.88". It answers [courrier.ErrInvalid] to anything else.
func ParsePercent(s string) (Percent, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	if whole == "" || !allDigits(whole+fraction) || len(whole) > 4 || pointed && fraction == "" || len(fraction) > percentDecimals {
		return Percent{}, percentError("is no number with at most four decimals", "write it as 12.15")
	}
	n, err := strconv.Atoi(whole + fraction + strings.Repeat("0", percentDecimals-len(fraction)))
	if err != nil {
		return Percent{}, errPercentRange
	}
	if negative {
		n = -n
	}
	return PercentOf(n)
}

// PercentOf returns n ten-thousandths of a percent; [courrier.ErrInvalid] outside -100 to
// 1000 percent.
func PercentOf(n int) (Percent, error) {
	if n < minPercent || n > maxPercent {
		return Percent{}, errPercentRange
	}
	return Percent{n: int32(n)}, nil
}

var errPercentRange = percentError("is outside -100 to 1000", "give a rate in percent")

func percentError(rule, remedy string) error {
	return &courrier.FieldError{Field: "Percent", Rule: rule, Remedy: remedy}
}

// MustPercent is ParsePercent for constants and tests; it panics on bad input.
func MustPercent(s string) Percent {
	p, err := ParsePercent(s)
	if err != nil {
		panic(err)
	}
	return p
}

// TenThousandths returns the rate in ten-thousandths of a percent, exactly: 12.15
// are 121,500.
func (p Percent) TenThousandths() int { return int(p.n) }

// IsZero reports whether p is 0.00.
func (p Percent) IsZero() bool { return p.n == 0 }

// Sign returns -1, 0 or +1.
func (p Percent) Sign() int { return p.Compare(Percent{}) }

// Compare returns -1, 0 or +1.
func (p Percent) Compare(q Percent) int { return cmp.Compare(p.n, q.n) }

// String returns "12.15"; two to four decimals.
func (p Percent) String() string {
	n := max(int(p.n), -int(p.n))
	fraction := strconv.Itoa(n%percentUnit + percentUnit)[1:]
	for range 2 {
		fraction = strings.TrimSuffix(fraction, "0")
	}
	sign := ""
	if p.n < 0 {
		sign = "-"
	}
	return sign + strconv.Itoa(n/percentUnit) + "." + fraction
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

// FormatPercent writes a rate without its sign: "12,40" in French and German,
// "12.40" else.
func FormatPercent(p Percent, lang courrier.Language) string {
	if _, comma := lang.Lookup(writesComma); comma {
		return strings.Replace(p.String(), ".", ",", 1)
	}
	return p.String()
}

func writesComma(l courrier.Language) bool { return l == courrier.French || l == courrier.German }
