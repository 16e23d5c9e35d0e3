package courrier

import "github.com/govalues/decimal"

var (
	hundred = decimal.MustNew(100, 0)
	// maxLetter bounds what is open on one letter: with a fee of as much again and
	// a fixed one, the total is still an Amount.
	maxLetter = decimal.MustNew(250_000_000_000, 0)
)

// plus adds decimals that are bounded by maxLetter each: their sum is exact and
// never out of range.
func plus(a, b decimal.Decimal) decimal.Decimal {
	sum, err := a.Add(b)
	if err != nil {
		return maxAmount
	}
	return sum
}

// principal returns what is open without earlier charges, at least zero.
func (inv *Invoice) principal() decimal.Decimal {
	charges := inv.Charges
	if charges.Sign() <= 0 || charges.unit != inv.Open.unit {
		return inv.Open.value
	}
	if charges.value.Cmp(inv.Open.value) >= 0 {
		return decimal.Decimal{}
	}
	return plus(inv.Open.value, charges.value.Neg())
}

// fee returns the fee of one letter: the fixed one of its currency and the
// percentage of its principal, rounded half up to the currency's smallest unit.
func (f FeeRule) fee(principal decimal.Decimal, currency string, class DebtorClass) Amount {
	fee := Amount{unit: currency}
	if class != DebtorBusiness && class != DebtorPublic {
		return fee
	}
	for _, fixed := range f.Fixed {
		if fixed.unit == currency {
			fee.value = fixed.value
		}
	}
	fee.value = plus(fee.value, percentOf(principal, f.Percent, currencyDecimals(currency)))
	return fee
}

// percentOf returns percent of amount, rounded half up to decimals.
func percentOf(amount, percent decimal.Decimal, decimals int) decimal.Decimal {
	if percent.IsZero() {
		return decimal.Decimal{}
	}
	part, err := amount.Mul(percent)
	if err == nil {
		part, err = part.Quo(hundred)
	}
	if err != nil {
		return decimal.Decimal{}
	}
	return roundHalfUp(part, decimals)
}

// roundHalfUp rounds a number that is not negative.
func roundHalfUp(d decimal.Decimal, decimals int) decimal.Decimal {
	half, err := decimal.New(5, decimals+1)
	if err != nil {
		return d
	}
	return plus(d, half).Trunc(decimals)
}

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
