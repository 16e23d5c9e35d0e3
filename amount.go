package courrier

import (
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/govalues/decimal"
)

// Limits of an [Amount].
const (
	// MaxAmountScale is the largest number of decimals: carriers quote and
	// bill fractions of a cent.
	MaxAmountScale = 6
	// MaxAmountValue bounds the absolute value, so that no sum of two amounts
	// is ever rounded by the arithmetic underneath (19 digits).
	MaxAmountValue = "999999999999"
	maxUnitLen     = 16
)

var maxAmount = decimal.MustParse(MaxAmountValue)

// Amount is a quantity of one unit: "12.50 EUR", "3 stamp". A unit is an
// ISO 4217 code or a word of the host's own; 1 to 16 ASCII letters, digits,
// '-' and '_', letter first. Values hold up to 6 decimals and 12 digits before
// them; every operation is exact or an error.
//
// Its text, JSON and SQL form is the value, a space and the unit. The zero
// Amount is zero without unit: it may be added to any amount, its text is "".
type Amount struct {
	value decimal.Decimal
	unit  string
}

// NewAmount reads a decimal number such as "12.50" (no exponent, no grouping).
func NewAmount(value, unit string) (Amount, error) {
	d, err := decimal.Parse(value)
	if err != nil || strings.ContainsAny(value, "eE") {
		return Amount{}, fmt.Errorf("%w: amount: not a decimal number", ErrInvalid)
	}
	// Parse rounds what is beyond its 19 digits.
	_, decimals, _ := strings.Cut(value, ".")
	if len(strings.TrimRight(decimals, "0")) > MaxAmountScale {
		return Amount{}, fmt.Errorf("%w: amount: more than %d decimals; round it first", ErrInvalid, MaxAmountScale)
	}
	return AmountOf(d, unit)
}

// MustAmount is NewAmount for constants and tests; it panics on bad input.
func MustAmount(value, unit string) Amount {
	a, err := NewAmount(value, unit)
	if err != nil {
		panic(err)
	}
	return a
}

// AmountOf returns d units.
func AmountOf(d decimal.Decimal, unit string) (Amount, error) {
	if !validUnit(unit) {
		return Amount{}, fmt.Errorf("%w: amount: unit must be 1 to %d letters, digits, '-' or '_', letter first", ErrInvalid, maxUnitLen)
	}
	return checkAmount(Amount{value: d, unit: unit})
}

// Units returns n whole units.
func Units(n int64, unit string) (Amount, error) {
	d, err := decimal.New(n, 0)
	if err != nil {
		return Amount{}, fmt.Errorf("%w: amount: out of range", ErrInvalid)
	}
	return AmountOf(d, unit)
}

func validUnit(unit string) bool {
	if unit == "" || len(unit) > maxUnitLen {
		return false
	}
	for i, r := range []byte(unit) {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		other := r >= '0' && r <= '9' || r == '-' || r == '_'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return true
}

func checkAmount(a Amount) (Amount, error) {
	if a.value.Scale() > MaxAmountScale {
		trimmed := a.value.Trim(MaxAmountScale)
		if trimmed.Scale() > MaxAmountScale {
			return Amount{}, fmt.Errorf("%w: amount: more than %d decimals; round it first", ErrInvalid, MaxAmountScale)
		}
		a.value = trimmed
	}
	if a.value.CmpAbs(maxAmount) > 0 {
		return Amount{}, fmt.Errorf("%w: amount: larger than %s", ErrInvalid, MaxAmountValue)
	}
	return a, nil
}

// Decimal returns the value, without the unit.
func (a Amount) Decimal() decimal.Decimal { return a.value }

// Unit returns the unit; "" for the zero Amount.
func (a Amount) Unit() string { return a.unit }

// Sign returns -1, 0 or +1.
func (a Amount) Sign() int { return a.value.Sign() }

// IsZero reports whether the value is zero, whatever the unit.
func (a Amount) IsZero() bool { return a.value.IsZero() }

// Neg returns -a.
func (a Amount) Neg() Amount { return Amount{value: a.value.Neg(), unit: a.unit} }

// Add returns a+b. Different units, or a sum out of range, are [ErrInvalid].
func (a Amount) Add(b Amount) (Amount, error) {
	unit, err := commonUnit(a, b)
	if err != nil {
		return Amount{}, err
	}
	sum, err := a.value.Add(b.value)
	if err != nil {
		return Amount{}, fmt.Errorf("%w: amount: out of range", ErrInvalid)
	}
	return checkAmount(Amount{value: sum, unit: unit})
}

// Sub returns a-b, under the conditions of [Amount.Add].
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Times returns a·n.
func (a Amount) Times(n int) (Amount, error) {
	d, err := decimal.New(int64(n), 0)
	if err != nil {
		return Amount{}, fmt.Errorf("%w: amount: out of range", ErrInvalid)
	}
	product, err := a.value.MulExact(d, a.value.Scale())
	if err != nil {
		return Amount{}, fmt.Errorf("%w: amount: out of range", ErrInvalid)
	}
	return checkAmount(Amount{value: product, unit: a.unit})
}

// Cmp returns -1, 0 or +1. Amounts of different units do not compare: [ErrInvalid].
func (a Amount) Cmp(b Amount) (int, error) {
	if _, err := commonUnit(a, b); err != nil {
		return 0, err
	}
	return a.value.Cmp(b.value), nil
}

// Equal reports whether both have the same unit and value; 1.50 equals 1.5.
func (a Amount) Equal(b Amount) bool {
	return a.unit == b.unit && a.value.Cmp(b.value) == 0
}

func commonUnit(a, b Amount) (string, error) {
	switch {
	case a.unit == "" && a.value.IsZero():
		return b.unit, nil
	case b.unit == "" && b.value.IsZero(), a.unit == b.unit:
		return a.unit, nil
	}
	return "", fmt.Errorf("%w: amount: units %q and %q do not mix", ErrInvalid, a.unit, b.unit)
}

// String returns "12.50 EUR", or "" for the zero Amount.
func (a Amount) String() string {
	text, _ := a.AppendText(nil)
	return string(text)
}

// AppendText implements [encoding.TextAppender].
func (a Amount) AppendText(b []byte) ([]byte, error) {
	if a.unit == "" {
		return b, nil
	}
	b, err := a.value.AppendText(b)
	return append(append(b, ' '), a.unit...), err
}

// ParseAmount reads the form that [Amount.String] writes.
func ParseAmount(s string) (Amount, error) {
	if s == "" {
		return Amount{}, nil
	}
	value, unit, ok := strings.Cut(s, " ")
	if !ok {
		return Amount{}, fmt.Errorf("%w: amount: must read value, space, unit, as 12.50 EUR", ErrInvalid)
	}
	return NewAmount(value, unit)
}

// MarshalText implements [encoding.TextMarshaler]; JSON uses it too.
func (a Amount) MarshalText() ([]byte, error) { return a.AppendText(make([]byte, 0, 32)) }

// UnmarshalText implements [encoding.TextUnmarshaler]; JSON uses it too.
func (a *Amount) UnmarshalText(b []byte) error {
	parsed, err := ParseAmount(string(b))
	if err == nil {
		*a = parsed
	}
	return err
}

// Value implements [driver.Valuer]: the text form, NULL for the zero Amount.
func (a Amount) Value() (driver.Value, error) {
	if a.unit == "" {
		return nil, nil
	}
	return a.String(), nil
}

// Scan implements [sql.Scanner].
func (a *Amount) Scan(src any) error { return scanText(a, src) }
