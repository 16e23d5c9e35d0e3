package dunning

import (
	"slices"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// Invoice is one claim as the host's books tell it: what fell or falls due, what
// was paid and credited since. Open, late, the statement, the letter and its sums
// all come from these facts. Its currency is that of its first part.
type Invoice struct {
	// What an evaluation reads of every invoice stands first: fewer lines of the
	// processor's cache for a million of them.

	ID InvoiceID `json:"id"`
	// Parts are what is to be paid and when, taxes included, in the order of their
	// days: one for most invoices, several for instalments. See [Due].
	Parts    []DuePart     `json:"parts"`
	Payments []Payment     `json:"payments,omitempty"`
	Credits  []Credit      `json:"credits,omitempty"`
	IssuedOn courrier.Date `json:"issued_on,omitzero"` // for the letter, and where a step counts from it
	// PromisedOn is the day by which the customer promised to pay; reminders wait
	// until it is over, and the policy's days of grace with it.
	PromisedOn courrier.Date `json:"promised_on,omitzero"`
	// ReopenedOn is the day on which an invoice that had been paid was open again,
	// such as that of a returned direct debit: the last one, where there were several.
	// A negative payment says so too: it takes back one that was returned.
	ReopenedOn courrier.Date `json:"reopened_on,omitzero"`
	Draft      bool          `json:"draft,omitempty"`    // not issued yet
	Paid       bool          `json:"paid,omitempty"`     // settled, although something may be open
	Excluded   bool          `json:"excluded,omitempty"` // never to be reminded
	Disputed   bool          `json:"disputed,omitempty"` // contested, and not settled yet

	Number string `json:"number,omitempty"` // as printed; empty: the ID
	// Charged is what the host has booked on the invoice because it is late. Interest
	// and compensation come from the statement whether they are booked or not, and
	// are never counted twice; a cost is claimed with its label and its proof.
	Charged []Charge `json:"charged,omitempty"`
	// Contract is the rate clause of the contract; nil: the law's own rate.
	Contract *latepayment.Formula `json:"contract,omitempty"`
	// NoticeOn is the day on which a formal notice that the library did not send
	// took effect: see [latepayment.EffectOf].
	NoticeOn courrier.Date `json:"notice_on,omitzero"`
	// NoCompensation says why no fixed compensation is claimed; empty: it is.
	NoCompensation latepayment.Exclusion `json:"no_compensation,omitempty"`
	// Values are those of the account's [Fields] for this invoice, such as its pay link.
	Values map[string]string `json:"values,omitempty"`
}

// DuePart is a sum that falls due on a day.
type DuePart = latepayment.DuePart

// Payment is money that came in.
type Payment = latepayment.Payment

// Credit is a credit note on an invoice: it lowers the price.
type Credit = latepayment.Credit

// Charge is what was booked on an invoice because it is late.
type Charge = latepayment.Charge

// Due returns the one part of an invoice that is paid at once.
func Due(on courrier.Date, amount courrier.Amount) []DuePart {
	return []DuePart{{DueOn: on, Amount: amount}}
}

// DueOn returns the day on which the first part falls due; no date without parts.
func (inv *Invoice) DueOn() courrier.Date {
	if len(inv.Parts) == 0 {
		return courrier.Date{}
	}
	return inv.Parts[0].DueOn
}

// openSince returns the day of the oldest part on which something is open; no date
// when nothing is.
func (inv *Invoice) openSince() courrier.Date {
	left := inv.open()
	for i := len(inv.Parts) - 1; i >= 0 && left > 0; i-- {
		if left -= inv.Parts[i].Amount.Micros(); left <= 0 {
			return inv.Parts[i].DueOn
		}
	}
	return courrier.Date{}
}

// Unit returns the invoice's currency; "" without parts.
func (inv *Invoice) Unit() string {
	if len(inv.Parts) == 0 {
		return ""
	}
	return inv.Parts[0].Amount.Unit()
}

// Open returns what is still to be paid of the price: its parts less payments and
// credit notes, charges aside. It is negative where more was paid than was owed,
// and for a credit note.
func (inv *Invoice) Open() courrier.Amount { return money(inv.open(), inv.Unit()) }

// open is Open in millionths.
func (inv *Invoice) open() int64 {
	var sum int64
	for i := range inv.Parts {
		sum = bounded(sum + inv.Parts[i].Amount.Micros())
	}
	for i := range inv.Payments {
		sum = bounded(sum - inv.Payments[i].Amount.Micros())
	}
	for i := range inv.Credits {
		sum = bounded(sum - inv.Credits[i].Amount.Micros())
	}
	return sum
}

// maxLetter bounds what is open on one letter, in millionths: with as much again
// on top, the total is still an Amount.
const maxLetter = 250_000_000_000 * 1_000_000

// maxOpen bounds what is counted as open of one customer, in millionths: the
// largest Amount in whole units.
const maxOpen = 999_999_999_999 * 1_000_000

// money returns an amount of millionths that are bounded by maxLetter or maxOpen;
// none of a unit that is not one.
func money(micros int64, unit string) courrier.Amount {
	a, err := courrier.AmountOfMicros(bounded(micros), unit)
	if err != nil {
		return courrier.Amount{}
	}
	return a
}

// bounded keeps a running sum where one more amount cannot overflow it.
func bounded(micros int64) int64 { return min(max(micros, -maxOpen), maxOpen) }

// usable reports whether the parts and what lowers them are sums of one currency,
// in the order of their days.
func (inv *Invoice) usable() bool {
	unit := inv.Unit()
	if unit == "" {
		return false
	}
	for i := range inv.Parts {
		p := &inv.Parts[i]
		if p.Amount.Unit() != unit || p.DueOn.IsZero() || i > 0 && p.DueOn.Before(inv.Parts[i-1].DueOn) {
			return false
		}
	}
	for i := range inv.Payments {
		if inv.Payments[i].Amount.Unit() != unit {
			return false
		}
	}
	for i := range inv.Credits {
		if inv.Credits[i].Amount.Unit() != unit {
			return false
		}
	}
	return true
}

// partMark stands between an invoice's id and the number of its part.
const partMark = "#"

// PartID returns how the part of an invoice payable in instalments is named in
// decisions, holds, keys and histories: the invoice's own id for the first, with
// "#2" behind it for the second.
func PartID(id InvoiceID, part int) InvoiceID {
	if part <= 1 {
		return id
	}
	return id + partMark + InvoiceID(strconv.Itoa(part))
}

// InvoiceOf returns the invoice that an id of [PartID] belongs to.
func InvoiceOf(id InvoiceID) InvoiceID {
	base, part, found := strings.Cut(string(id), partMark)
	if n, err := strconv.Atoi(part); !found || err != nil || n < 2 {
		return id
	}
	return InvoiceID(base)
}

// byPart returns the case with each instalment as an invoice of its own, so that
// each is reminded by its own day. Payments and credit notes are counted on the
// oldest part first (code civil, art. 1342-10).
func (c *Case) byPart() Case {
	if !c.inParts() {
		return *c
	}
	parts := make([]Invoice, 0, len(c.Invoices)+4)
	for _, inv := range c.Invoices {
		parts = inv.appendParts(parts)
	}
	split := *c
	split.Invoices = parts
	return split
}

// inParts reports whether an invoice is payable in instalments.
func (c *Case) inParts() bool {
	for i := range c.Invoices {
		if len(c.Invoices[i].Parts) > 1 {
			return true
		}
	}
	return false
}

// creditNote reports whether the invoice is an open credit note.
func (inv *Invoice) creditNote() bool { return len(inv.Parts) > 0 && inv.Parts[0].Amount.Sign() < 0 }

// creditIn returns what is held of the customer's in a currency, in millionths:
// credit notes, overpayments and payments of no known invoice.
func (c *Case) creditIn(unit string) int64 {
	var sum int64
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		if open := inv.open(); open < 0 && inv.Unit() == unit && !inv.Paid && !inv.Draft {
			sum = bounded(sum - open)
		}
	}
	for _, p := range c.Unallocated {
		if p.Amount.Unit() == unit {
			sum = bounded(sum + p.Amount.Micros())
		}
	}
	return sum
}

// owedIn returns what the customer owes in a currency, due or not, in millionths.
func (c *Case) owedIn(unit string) int64 {
	var sum int64
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		if open := inv.open(); open > 0 && inv.Unit() == unit && !inv.Paid && !inv.Draft {
			sum = bounded(sum + open)
		}
	}
	return sum
}

func (inv Invoice) appendParts(to []Invoice) []Invoice {
	if len(inv.Parts) < 2 || !inv.usable() {
		return append(to, inv)
	}
	var whole int64
	for _, p := range inv.Parts {
		whole = bounded(whole + p.Amount.Micros())
	}
	settled := whole - inv.open()
	for i, part := range inv.Parts {
		one := inv
		one.ID, one.Parts, one.Credits, one.Payments = PartID(inv.ID, i+1), inv.Parts[i:i+1:i+1], nil, nil
		one.ReopenedOn = inv.reopenedOn()
		paid := min(settled, part.Amount.Micros())
		if i == len(inv.Parts)-1 {
			paid = settled
		}
		if settled -= paid; paid != 0 {
			one.Payments = []Payment{{Amount: money(paid, inv.Unit())}}
		}
		to = append(to, one)
	}
	return to
}

// Currencies returns the currencies of a case's invoices, sorted.
func (c Case) Currencies() []string {
	var all []string
	for i := range c.Invoices {
		if u := c.Invoices[i].Unit(); u != "" && !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	slices.Sort(all)
	return all
}
