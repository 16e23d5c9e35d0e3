package courrier

import (
	"database/sql/driver"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Limits of an Amount.
const (
	MaxAmountScale = 6                     // decimals: carriers bill fractions of a cent
	MaxAmountValue = "999999999999.999999" // the largest, above and below zero

	maxUnitLen = 16
	millionth  = 1_000_000                       // of one unit
	maxMicros  = 1_000_000_000_000*millionth - 1 // MaxAmountValue; the sum of two fits an int64
)

// Amount is a quantity of one unit: "12.50 EUR", "3 stamp". A unit is an ISO 4217
// code or a word of the host's own: 1 to 16 ASCII letters, digits, '-' and '_',
// letter first. Values have up to 12 digits and 6 decimals; every operation is
// exact or an error.
//
// Amounts compare with ==. Their text, JSON and SQL form is value, space, unit. A
// unit of three capitals is a currency, written with at least its decimals. The
// zero Amount has no unit: its text is "", it adds nothing.
type Amount struct {
	micros int64 // millionths, at most maxMicros either way
	unit   string
}

// NewAmount reads "12.50", with no exponent and no grouping; else [ErrInvalid].
func NewAmount(value, unit string) (Amount, error) {
	micros, err := parseMicros(value)
	if err != nil {
		return Amount{}, err
	}
	return AmountOfMicros(micros, unit)
}

// MustAmount is NewAmount for constants and tests; it panics on bad input.
func MustAmount(value, unit string) Amount {
	a, err := NewAmount(value, unit)
	if err != nil {
		panic(err)
	}
	return a
}

// AmountOf returns d units. More than 6 decimals are [ErrInvalid]: round first.
func AmountOf(d decimal.Decimal, unit string) (Amount, error) {
	if d.NumDigits() > 40 || d.Exponent() > 12 || d.Exponent() < -40 { // bounds the work below
		return Amount{}, amountError("is out of range, or has too many decimals", "give at most 12 digits and 6 decimals")
	}
	shifted := d.Shift(MaxAmountScale)
	if !shifted.IsInteger() {
		return Amount{}, errDecimals
	}
	whole := shifted.BigInt()
	if !whole.IsInt64() {
		return Amount{}, errAmountRange
	}
	return AmountOfMicros(whole.Int64(), unit)
}

// AmountOfMicros returns n millionths of a unit, or [ErrInvalid].
func AmountOfMicros(n int64, unit string) (Amount, error) {
	if !validUnit(unit) {
		return Amount{}, amountError(fmt.Sprintf("has a unit that is not 1 to %d letters, digits, '-' or '_', letter first", maxUnitLen), "give an ISO 4217 code or a word of your own")
	}
	return checkAmount(Amount{micros: n, unit: unit})
}

func amountError(rule, remedy string) error {
	return &FieldError{Field: "Amount", Rule: rule, Remedy: remedy}
}

var (
	errAmountRange = amountError("is larger than "+MaxAmountValue, "give a smaller value")
	errDecimals    = amountError(fmt.Sprintf("has more than %d decimals", MaxAmountScale), "round it first")
	errNumber      = amountError("is no decimal number", "write it as 12.50")
)

// parseMicros reads a decimal number in millionths.
func parseMicros(s string) (int64, error) {
	digits := strings.TrimLeft(s, "+-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if len(s)-len(digits) > 1 || whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return 0, errNumber
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	switch {
	case len(fraction) > MaxAmountScale:
		return 0, errDecimals
	case len(whole) > len("999999999999"):
		return 0, errAmountRange
	}
	n, err := strconv.ParseInt("0"+whole+fraction+strings.Repeat("0", MaxAmountScale-len(fraction)), 10, 64)
	if err != nil {
		return 0, errNumber
	}
	if s[0] == '-' {
		n = -n
	}
	return n, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
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
	if a.micros > maxMicros || a.micros < -maxMicros {
		return Amount{}, errAmountRange
	}
	return a, nil
}

// Decimal returns the value, without the unit.
func (a Amount) Decimal() decimal.Decimal { return decimal.New(a.micros, -MaxAmountScale) }

// Micros returns the millionths of the unit: 12.50 EUR are 12,500,000.
func (a Amount) Micros() int64 { return a.micros }

// Unit returns the unit; "" for the zero Amount.
func (a Amount) Unit() string { return a.unit }

// Sign returns -1, 0 or +1.
func (a Amount) Sign() int {
	switch {
	case a.micros < 0:
		return -1
	case a.micros > 0:
		return 1
	}
	return 0
}

// Rounded returns the amount in the smallest unit of its currency, half away from
// zero. Other units keep their decimals. [ErrInvalid] when out of range.
func (a Amount) Rounded() (Amount, error) {
	if !isCurrency(a.unit) {
		return a, nil
	}
	step := int64(1)
	for range MaxAmountScale - currencyDecimals(a.unit) {
		step *= 10
	}
	n := a.micros + int64(a.Sign())*step/2
	return checkAmount(Amount{micros: n / step * step, unit: a.unit})
}

// IsZero reports whether the value is zero, whatever the unit.
func (a Amount) IsZero() bool { return a.micros == 0 }

// Neg returns -a.
func (a Amount) Neg() Amount { return Amount{micros: -a.micros, unit: a.unit} }

// Add returns a+b. Different units, or a sum out of range, are [ErrInvalid].
func (a Amount) Add(b Amount) (Amount, error) {
	unit, err := commonUnit(a, b)
	if err != nil {
		return Amount{}, err
	}
	return checkAmount(Amount{micros: a.micros + b.micros, unit: unit})
}

// Sub returns a-b; it errs as [Amount.Add].
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Times returns a·n. A product out of range is [ErrInvalid].
func (a Amount) Times(n int) (Amount, error) {
	high, low := bits.Mul64(magnitude(a.micros), magnitude(int64(n)))
	if high != 0 || low > maxMicros {
		return Amount{}, errAmountRange
	}
	product := int64(low)
	if (a.micros < 0) != (n < 0) {
		product = -product
	}
	return Amount{micros: product, unit: a.unit}, nil
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// Cmp returns -1, 0 or +1; [ErrInvalid] for different units.
func (a Amount) Cmp(b Amount) (int, error) {
	if _, err := commonUnit(a, b); err != nil {
		return 0, err
	}
	switch {
	case a.micros < b.micros:
		return -1, nil
	case a.micros > b.micros:
		return 1, nil
	}
	return 0, nil
}

// Equal reports the same unit and value, as == does.
func (a Amount) Equal(b Amount) bool { return a == b }

func commonUnit(a, b Amount) (string, error) {
	switch {
	case a.unit == "" && a.micros == 0:
		return b.unit, nil
	case b.unit == "" && b.micros == 0, a.unit == b.unit:
		return a.unit, nil
	}
	return "", amountError(fmt.Sprintf("is in units %q and %q, which do not mix", a.unit, b.unit), "use one unit")
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
	whole, fraction := a.digits()
	if a.micros < 0 {
		b = append(b, '-')
	}
	b = append(b, whole...)
	if fraction != "" {
		b = append(append(b, '.'), fraction...)
	}
	return append(append(b, ' '), a.unit...), nil
}

// digits returns the digits before and after the point, those of a currency at
// least as many as it has.
func (a Amount) digits() (whole, fraction string) {
	n := magnitude(a.micros)
	least := 0
	if isCurrency(a.unit) {
		least = currencyDecimals(a.unit)
	}
	fraction = strconv.FormatUint(n%millionth+millionth, 10)[1:]
	for len(fraction) > least && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	return strconv.FormatUint(n/millionth, 10), fraction
}

func isCurrency(unit string) bool { return len(unit) == 3 && unit == strings.ToUpper(unit) }

// currencyDecimals returns the decimals of a currency (ISO 4217), 2 for units of
// the host's own.
func currencyDecimals(code string) int {
	switch code {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// parseAmount reads the form that [Amount.String] writes.
func parseAmount(s string) (Amount, error) {
	if s == "" {
		return Amount{}, nil
	}
	value, unit, ok := strings.Cut(s, " ")
	if !ok {
		return Amount{}, amountError("is no value, space, unit", "write it as 12.50 EUR")
	}
	return NewAmount(value, unit)
}

// MarshalText implements [encoding.TextMarshaler]; JSON uses it too.
func (a Amount) MarshalText() ([]byte, error) { return a.AppendText(make([]byte, 0, 32)) }

// UnmarshalText implements [encoding.TextUnmarshaler]; JSON uses it too.
func (a *Amount) UnmarshalText(b []byte) error {
	parsed, err := parseAmount(string(b))
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
