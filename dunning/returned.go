package dunning

import (
	"slices"

	"github.com/courrier-go/courrier"
)

// reopenedOn is ReopenedOn, or the day of the last returned payment that had settled
// the invoice: one on account reopens nothing, for nothing was closed.
func (inv *Invoice) reopenedOn() courrier.Date {
	last := inv.ReopenedOn
	for i := range inv.Payments {
		if p := &inv.Payments[i]; p.Amount.Sign() < 0 && p.On.After(last) && inv.settledBefore(p) {
			last = p.On
		}
	}
	return last
}

// settledBefore tells whether nothing was open before a payment was returned. It
// allocates nothing: every evaluation asks.
func (inv *Invoice) settledBefore(returned *Payment) bool {
	var open int64
	for i := range inv.Parts {
		open = bounded(open + inv.Parts[i].Amount.Micros())
	}
	for i := range inv.Credits {
		if c := &inv.Credits[i]; !c.On.After(returned.On) {
			open = bounded(open - c.Amount.Micros())
		}
	}
	for i := range inv.Payments {
		if p := &inv.Payments[i]; p.On.Before(returned.On) || p.On == returned.On && p.Amount.Sign() > 0 {
			open = bounded(open - p.Amount.Micros())
		}
	}
	return open <= 0
}

// kept returns the payments of an invoice that were not returned, by their days. What
// was returned never paid anything, not even for the days in between: a direct debit
// that comes back was credited under the condition that it is paid. A negative payment
// takes back the last one of the same amount before it, else the last ones. What
// takes back more than was paid stays as it is, for the statement to refuse.
func (inv *Invoice) kept() []Payment {
	negative := func(p Payment) bool { return p.Amount.Sign() < 0 }
	if !slices.ContainsFunc(inv.Payments, negative) {
		return inv.Payments
	}
	all := slices.Clone(inv.Payments)
	slices.SortStableFunc(all, func(a, b Payment) int { return a.On.Compare(b.On) })
	kept := slices.DeleteFunc(slices.Clone(all), negative)
	for _, p := range all {
		if negative(p) {
			kept = takeBack(kept, p)
		}
	}
	return kept
}

// takeBack takes a returned payment out of those before it.
func takeBack(paid []Payment, returned Payment) []Payment {
	left := -returned.Amount.Micros()
	before := func(p Payment) bool { return p.Amount.Sign() > 0 && !p.On.After(returned.On) }
	for i, p := range slices.Backward(paid) {
		if before(p) && p.Amount.Micros() == left {
			return slices.Delete(paid, i, i+1)
		}
	}
	var total int64
	for _, p := range paid {
		if before(p) {
			total = bounded(total + p.Amount.Micros())
		}
	}
	if total < left {
		return append(paid, returned)
	}
	for i := len(paid) - 1; i >= 0 && left > 0; i-- {
		if !before(paid[i]) {
			continue
		}
		part := min(left, paid[i].Amount.Micros())
		left -= part
		if rest := paid[i].Amount.Micros() - part; rest > 0 {
			paid[i].Amount = money(rest, paid[i].Amount.Unit())
		} else {
			paid = slices.Delete(paid, i, i+1)
		}
	}
	return paid
}
