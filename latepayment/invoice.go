package latepayment

import (
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// Invoice is one debt: a sum that fell or falls due on one day. State an invoice
// payable in instalments as several, each with its own number.
type Invoice struct {
	Number   string        // as printed; required, each once in a statement
	IssuedOn courrier.Date // for the letter; interest does not need it
	DueOn    courrier.Date // the settlement date printed on the invoice; required
	// Amount is what was invoiced, tax included: whole cents, not negative.
	Amount courrier.Amount
	// NoticeOn is the day on which a formal notice took effect, where the regime
	// needs one: the first presentation, see [EffectOf]. No date: none yet.
	NoticeOn  courrier.Date
	Movements []Movement // payments and credit notes, in any order
	Costs     []Cost     // beyond the fixed compensation, from professionals only
	// NoCompensation says why no fixed compensation is claimed; empty: it is.
	NoCompensation Exclusion
}

// Movement lowers a debt. The day of a movement still bears interest on the sum
// before it.
type Movement struct {
	On     courrier.Date
	Kind   MovementKind
	Amount courrier.Amount // above zero, whole cents, the invoice's unit
}

// MovementKind tells a payment from a credit note.
type MovementKind string

// The kinds of movement.
const (
	// Payment goes to interest and principal in the order of the [Allocation];
	// what is left pays the compensation, then the costs.
	Payment MovementKind = "payment"
	// CreditNote lowers the price from its date on: principal only, never
	// interest. Date it on the day of issue of the invoice where the price is to
	// count as never having been higher.
	CreditNote MovementKind = "credit_note"
)

// Allocated says what one movement paid.
type Allocated struct {
	Movement
	ToInterest  courrier.Amount
	ToPrincipal courrier.Amount
	Left        courrier.Amount // beyond principal and interest
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
	c.Require(!inv.DueOn.IsZero(), "DueOn", "is missing", "give the settlement date printed on the invoice")
	checkMoney(&c, inv.Amount, unit)
	c.Require(inv.Amount.Sign() >= 0, "Amount", "is negative", "enter a credit note as a movement of the invoice it corrects")
	c.Require(inv.NoCompensation.known(), "NoCompensation", "is unknown", "use one of the Excluded constants or nothing")
	for i := range inv.Movements {
		if err := inv.Movements[i].check(unit); err != nil {
			c.Nest(fmt.Sprintf("Movements[%d]", i), err)
		}
	}
	return c.Err()
}

func (m *Movement) check(unit string) error {
	var c courrier.Checks
	c.Require(!m.On.IsZero(), "On", "is missing", "give the day of the movement")
	c.Require(m.Kind == Payment || m.Kind == CreditNote, "Kind", "is unknown", "use Payment or CreditNote")
	checkMoney(&c, m.Amount, unit)
	c.Require(m.Amount.Sign() > 0, "Amount", "must be above zero", "drop the movement or correct it")
	return c.Err()
}

func checkMoney(c *courrier.Checks, a courrier.Amount, unit string) {
	_, whole := cents(a)
	c.Require(whole, "Amount", "must be in whole cents", "round it first")
	c.Require(a.Unit() == unit, "Amount", "is in another currency than the first invoice", "make one statement for each currency")
}

// ordered returns the movements up to a day, by date, credit notes first: the
// order in which movements of one day were entered never matters.
func ordered(movements []Movement, until courrier.Date) []Movement {
	if len(movements) == 0 {
		return nil
	}
	kept := make([]Movement, 0, len(movements))
	for _, m := range movements {
		if !m.On.After(until) {
			kept = append(kept, m)
		}
	}
	slices.SortStableFunc(kept, func(a, b Movement) int {
		if c := a.On.Compare(b.On); c != 0 {
			return c
		}
		return rank(a.Kind) - rank(b.Kind)
	})
	return kept
}

func rank(k MovementKind) int {
	if k == CreditNote {
		return 0
	}
	return 1
}
