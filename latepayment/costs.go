package latepayment

import "github.com/courrier-go/courrier"

// CostRefusedError says that a cost, a fee or the fixed compensation was about
// to be added to the debt of someone who is not a professional. Recovery
// without an enforceable title is at the creditor's cost and a clause that says
// otherwise is void (code des procédures civiles d'exécution, art. L111-8).
// It matches [courrier.ErrInvalid] and carries a [courrier.FieldError].
type CostRefusedError struct {
	Debtor DebtorClass
	Field  string
}

// Error implements the error interface.
func (e *CostRefusedError) Error() string { return "latepayment: " + e.fieldError().Error() }

// Unwrap returns the [courrier.FieldError].
func (e *CostRefusedError) Unwrap() error { return e.fieldError() }

func (e *CostRefusedError) fieldError() *courrier.FieldError {
	return &courrier.FieldError{Field: e.Field,
		Rule:   "no cost may be added to the debt of a " + string(e.Debtor) + " debtor (CPCE, art. L111-8)",
		Remedy: "remove it; the creditor bears it"}
}

// CheckCost says whether a recovery cost may be claimed from this class of debtor
// on top of the fixed compensation: a [CostRefusedError] for one who is not a
// professional, [courrier.ErrInvalid] for a cost without label or proof or not
// above zero. Between professionals (code de commerce, art. L441-10 II; Directive
// 2011/7/EU, art. 6(3)) and against a public buyer (code de la commande publique,
// art. L2192-13) it is the part of the real costs beyond the fixed sum, on proof. A
// reminder fee is such a cost. The fixed compensation is none: it comes with the
// [Regime].
func CheckCost(d DebtorClass, c Charge) error {
	return checkCost("Cost", c.Amount.Unit(), d, c)
}

func checkCost(field, unit string, d DebtorClass, c Charge) error {
	if !known(d) {
		return unknownDebtor("Debtor")
	}
	if costsRefused(d) {
		return &CostRefusedError{Debtor: d, Field: field}
	}
	_, whole := cents(c.Amount)
	var checks courrier.Checks
	checks.Require(whole, field+".Amount", "must be in whole cents", "round it first")
	checks.Require(c.Amount.Unit() == unit, field+".Amount", "is in another currency than the first invoice", "convert it")
	checks.Require(c.Amount.Sign() > 0, field+".Amount", "must be above zero", "drop the cost or correct it")
	checks.Require(c.Label != "", field+".Label", "a cost is named in the statement", "say what was paid for")
	checks.Require(c.Proof != "", field+".Proof", "costs beyond the fixed compensation need proof", "name the bill that proves the cost")
	return checks.Err()
}

// Exclusion says why a late invoice bears no fixed compensation.
type Exclusion string

// The exclusions; the empty one means that the compensation is due.
const (
	// ExcludedInsolvency: insolvency proceedings forbid payment at the due date
	// (code de commerce, art. L441-10 II, last sentence).
	ExcludedInsolvency Exclusion = "insolvency"
	// ExcludedCounted: it was already counted for this invoice, as with a second
	// instalment or a sum settled apart.
	ExcludedCounted Exclusion = "counted"
	// ExcludedWaived: the creditor gives it up.
	ExcludedWaived Exclusion = "waived"
)

func (e Exclusion) known() bool {
	switch e {
	case "", ExcludedInsolvency, ExcludedCounted, ExcludedWaived:
		return true
	}
	return false
}
