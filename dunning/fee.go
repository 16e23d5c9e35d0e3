package dunning

import "github.com/courrier-go/courrier"

// maxLetter bounds what is open on one letter, in millionths: with a fee of as
// much again and a fixed one, the total is still an Amount.
const maxLetter = 250_000_000_000 * 1_000_000

// maxOpen bounds what is counted as open of one customer, in millionths: the
// largest Amount in whole units.
const maxOpen = 999_999_999_999 * 1_000_000

// money returns an amount of millionths that are bounded by maxLetter or maxOpen;
// none of a unit that is not one.
func money(micros int64, unit string) courrier.Amount {
	a, err := courrier.AmountOfMicros(min(micros, maxOpen), unit)
	if err != nil {
		return courrier.Amount{}
	}
	return a
}

// principal returns what is open without earlier charges, at least zero, in
// millionths.
func (inv *Invoice) principal() int64 {
	open := inv.Open.Micros()
	if inv.Charges.Sign() <= 0 || inv.Charges.Unit() != inv.Open.Unit() {
		return open
	}
	return max(0, open-inv.Charges.Micros())
}

// feeOf returns the fee of one letter: the fixed one of its currency and the
// percentage of its principal, rounded half up to the currency's smallest unit.
func feeOf(f courrier.FeeRule, principal int64, currency string, class courrier.DebtorClass) courrier.Amount {
	none := money(0, currency)
	if class != courrier.DebtorBusiness && class != courrier.DebtorPublic {
		return none
	}
	fee := none
	for _, fixed := range f.Fixed {
		if fixed.Unit() == currency {
			fee = fixed
		}
	}
	if f.Percent.IsZero() {
		return fee
	}
	part, err := f.Percent.Of(money(principal, currency))
	if err != nil {
		return fee
	}
	return money(fee.Micros()+part.Micros(), currency)
}
