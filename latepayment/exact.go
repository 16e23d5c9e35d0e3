package latepayment

import (
	"fmt"
	"math/bits"

	"github.com/courrier-go/courrier"
)

// Interest is a fraction of a cent that is carried exactly, as a whole number
// of parts: with the divisors 365 and 366 and rates to four decimals, one cent
// has partsPerCent of them. The largest amount at the largest rate over all
// dates this module has needs 103 bits.
const (
	percentUnit  = 10_000 // a Percent counts ten-thousandths
	partsPerCent = 365 * 366 * 100 * percentUnit
	maxCents     = 99_999_999_999_999 // courrier.MaxAmountValue, in cents
)

type parts struct{ hi, lo uint64 }

// partsOf returns the interest on cents at rate for days of a year of yearDays
// (365 or 366) days. None of its arguments is negative.
func partsOf(cents int64, rate Percent, days, yearDays int) parts {
	weight := uint64(rate.TenThousandths()) * uint64(days) * uint64(365*366/yearDays)
	hi, lo := bits.Mul64(uint64(cents), weight)
	return parts{hi, lo}
}

func (p parts) add(q parts) parts {
	lo, carry := bits.Add64(p.lo, q.lo, 0)
	hi, _ := bits.Add64(p.hi, q.hi, carry)
	return parts{hi, lo}
}

// cents rounds half up; false when the result exceeds what an Amount holds. The
// division cannot overflow: ten times the largest amount a year over all the
// years there are is under 2^64 cents.
func (p parts) cents() (int64, bool) {
	q, r := bits.Div64(p.hi, p.lo, partsPerCent)
	if r >= partsPerCent/2 {
		q++
	}
	return int64(q), q <= maxCents
}

func errTooLarge(what string) error {
	return fmt.Errorf("%w: %s exceeds %s", courrier.ErrInvalid, what, courrier.MaxAmountValue)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
