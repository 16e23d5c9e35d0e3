package latepayment

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// Invoice is one debt as the books tell it: the parts that fall due, and what
// was paid, credited and charged since.
type Invoice struct {
	Number   string        // as printed; required, each once in a statement
	IssuedOn courrier.Date // for the letter; interest does not need it
	// Parts are what is to be paid and when, in the order of their days: one for
	// most invoices, several for instalments. At least one.
	Parts    []DuePart
	Payments []Payment // in any order
	Credits  []Credit  // in any order
	Charged  []Charge  // booked on the invoice because it is late
	// Contract is the rate clause of the contract behind this invoice; nil: that of
	// the [Config], else the regime's own rate.
	Contract *Formula
	// NoticeOn is the day on which a formal notice took effect, where the regime
	// needs one: the first presentation, see [EffectOf]. No date: none yet.
	NoticeOn courrier.Date
	// NoCompensation says why no fixed compensation is claimed; empty: it is.
	NoCompensation Exclusion
}

// DuePart is a sum that falls due on a day.
type DuePart struct {
	DueOn  courrier.Date   `json:"due_on"` // the settlement date printed on the invoice; required
	Amount courrier.Amount `json:"amount"` // tax included: whole cents, not negative
}

// Payment is money that came in. It goes to interest and principal in the order of
// the [Allocation]; what is left pays the compensation, then the costs. The day of
// a payment still bears interest on the sum before it.
type Payment struct {
	On     courrier.Date   `json:"on"`
	Amount courrier.Amount `json:"amount"` // above zero, whole cents
}

// Credit is a credit note. It lowers the price from its date on: principal only,
// never interest (see [CreditDating]). A note on the whole price says that nothing
// was owed: it takes the interest and the compensation along, and the statement
// warns of it ([WholeCredited]).
type Credit struct {
	On     courrier.Date   `json:"on"`
	Amount courrier.Amount `json:"amount"`           // above zero, whole cents
	Number string          `json:"number,omitempty"` // as printed
}

// Charge is what was booked on an invoice because it is late.
type Charge struct {
	Kind   ChargeKind      `json:"kind"`
	Amount courrier.Amount `json:"amount"`          // above zero, whole cents
	Label  string          `json:"label,omitempty"` // of a cost, as "commissaire de justice"
	Proof  string          `json:"proof,omitempty"` // of a cost: reference of the bill that proves it
}

// ChargeKind says what a charge is.
type ChargeKind string

// The kinds of charge.
const (
	// ChargeInterest and ChargeCompensation were booked before. The statement
	// computes both from the facts, so that they are claimed once.
	ChargeInterest     ChargeKind = "interest"
	ChargeCompensation ChargeKind = "compensation"
	// ChargeCost is a recovery cost beyond the fixed compensation, claimed with its
	// label against its proof: see [CheckCost].
	ChargeCost ChargeKind = "cost"
)

// MovementKind tells a payment from a credit note.
type MovementKind string

// The kinds of movement.
const (
	MovementPayment MovementKind = "payment"
	MovementCredit  MovementKind = "credit_note"
)

// Movement is a payment or a credit note of a statement, and what it was counted
// on.
type Movement struct {
	On          courrier.Date   `json:"on"`
	Kind        MovementKind    `json:"kind"`
	Number      string          `json:"number,omitempty"` // of a credit note
	Amount      courrier.Amount `json:"amount"`
	ToInterest  courrier.Amount `json:"to_interest"`
	ToPrincipal courrier.Amount `json:"to_principal"`
	Left        courrier.Amount `json:"left"` // beyond principal and interest
}

const microsPerCent = 10_000

// cents reads an amount in whole cents; negative amounts keep their sign.
func cents(a courrier.Amount) (int64, bool) {
	return a.Micros() / microsPerCent, a.Micros()%microsPerCent == 0
}

// check reports every wrong field of an invoice in a statement in unit. Costs
// are checked apart: their refusal is an error of its own type.
func (inv *Invoice) check(unit string) error {
	var c courrier.Checks
	c.Require(inv.Number != "", "Number", "is missing", "give the number printed on the invoice")
	c.Require(len(inv.Parts) > 0, "Parts", "is empty", "give the sum and its settlement date")
	var before courrier.Date
	for i := range inv.Parts {
		p := &inv.Parts[i]
		nestAt(&c, "Parts", i, p.check(unit, before))
		before = p.DueOn
	}
	c.Require(inv.NoCompensation.known(), "NoCompensation", "is unknown", "use one of the Excluded constants or nothing")
	for i, p := range inv.Payments {
		nestAt(&c, "Payments", i, checkMovement(unit, p.On, p.Amount))
	}
	for i, n := range inv.Credits {
		nestAt(&c, "Credits", i, checkMovement(unit, n.On, n.Amount))
	}
	for i, charge := range inv.Charged {
		if charge.Kind != ChargeCost {
			nestAt(&c, "Charged", i, charge.check(unit))
		}
	}
	if inv.Contract != nil {
		inv.Contract.check("Contract", &c)
	}
	return c.Err()
}

// nestAt records what is wrong with one of a list; the name of its place is written
// only where something is.
func nestAt(c *courrier.Checks, list string, i int, err error) {
	if err != nil {
		c.Nest(fmt.Sprintf("%s[%d]", list, i), err)
	}
}

// check reports what is wrong with a part that follows one due on a day.
func (p *DuePart) check(unit string, before courrier.Date) error {
	var c courrier.Checks
	c.Require(!p.DueOn.IsZero(), "DueOn", "is missing", "give the settlement date printed on the invoice")
	checkMoney(&c, p.Amount, unit)
	c.Require(p.Amount.Sign() >= 0, "Amount", "is negative", "enter a credit note as one of the invoice it corrects")
	c.Require(!p.DueOn.Before(before), "DueOn", "is before the part before it", "give the parts in the order of their days")
	return c.Err()
}

func checkMovement(unit string, on courrier.Date, amount courrier.Amount) error {
	var c courrier.Checks
	c.Require(!on.IsZero(), "On", "is missing", "give its day")
	checkMoney(&c, amount, unit)
	c.Require(amount.Sign() > 0, "Amount", "must be above zero", "drop it or correct it")
	return c.Err()
}

func (c Charge) check(unit string) error {
	var checks courrier.Checks
	checks.Require(c.Kind == ChargeInterest || c.Kind == ChargeCompensation, "Kind", "is unknown", "use one of the Charge constants")
	checkMoney(&checks, c.Amount, unit)
	checks.Require(c.Amount.Sign() > 0, "Amount", "must be above zero", "drop the charge or correct it")
	return checks.Err()
}

func checkMoney(c *courrier.Checks, a courrier.Amount, unit string) {
	_, whole := cents(a)
	c.Require(whole, "Amount", "must be in whole cents", "round it first")
	c.Require(a.Unit() == unit, "Amount", "is in another currency than the first invoice", "make one statement for each currency")
}

// movement is a payment or a credit note on its way into an account, in cents. A
// credit note may be counted from an earlier day than its own.
type movement struct {
	counted, on courrier.Date
	kind        MovementKind
	number      string
	amount      int64
}

// movements returns what was paid and credited up to a day, by date, credit notes
// first: the order in which those of one day were entered never matters.
func (inv *Invoice) movements(until courrier.Date, credits CreditDating) []movement {
	if len(inv.Payments)+len(inv.Credits) == 0 {
		return nil
	}
	all := make([]movement, 0, len(inv.Payments)+len(inv.Credits))
	early := credits == CreditFromInvoice || inv.wholeCredited(until)
	for _, n := range inv.Credits {
		if n.On.After(until) {
			continue
		}
		m := movement{counted: n.On, on: n.On, kind: MovementCredit, number: n.Number}
		m.amount, _ = cents(n.Amount)
		if due := inv.Parts[0].DueOn; early && due.Before(n.On) {
			m.counted = due
		}
		all = append(all, m)
	}
	for _, p := range inv.Payments {
		if !p.On.After(until) {
			amount, _ := cents(p.Amount)
			all = append(all, movement{counted: p.On, on: p.On, kind: MovementPayment, amount: amount})
		}
	}
	slices.SortStableFunc(all, func(a, b movement) int {
		return cmp.Or(a.counted.Compare(b.counted), cmp.Compare(a.kind, b.kind)) // "credit_note" is before "payment"
	})
	return all
}

// wholeCredited reports whether credit notes took back the whole price by a day.
func (inv *Invoice) wholeCredited(until courrier.Date) bool {
	var price, credited int64
	for _, p := range inv.Parts {
		price += p.Amount.Micros() / microsPerCent
	}
	for _, n := range inv.Credits {
		if !n.On.After(until) {
			credited += n.Amount.Micros() / microsPerCent
		}
	}
	return price > 0 && credited >= price
}
