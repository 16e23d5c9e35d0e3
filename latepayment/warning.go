package latepayment

import (
	"fmt"

	"github.com/courrier-go/courrier"
)

// WarningCode says what a warning is about. Warnings never change a figure.
type WarningCode string

// The warnings.
const (
	// ContractRateBelowFloor: the clause is under the floor in a half-year (under
	// French law three times the legal rate; the floor binds clauses only, never
	// the regime's own rate). The clause is computed as written.
	ContractRateBelowFloor WarningCode = "contract_rate_below_floor"
	// FloorUnknown: from this half-year on a figure is missing and the clause
	// could not be compared.
	FloorUnknown WarningCode = "floor_unknown"
	// DueBeyondCap: the due date is later than the law allows.
	DueBeyondCap WarningCode = "due_beyond_cap"
	// WholeCredited: credit notes took back the whole price. It is read as never
	// owed, without interest or compensation; a person says whether that is right.
	WholeCredited WarningCode = "whole_credited"
	// ChargedBeyond: the books have charged more than the statement claims.
	ChargedBeyond WarningCode = "charged_beyond"
	// CreditHeld: the creditor holds money of the debtor's: see Statement.Credit. It
	// is set off only where a person says so (code civil, art. 1347).
	CreditHeld WarningCode = "credit_held"
)

// Warning is something that a person should look at. Fields that its code does
// not need are zero.
type Warning struct {
	Code     WarningCode     `json:"code"`
	Invoice  string          `json:"invoice,omitempty"`  // number of the invoice
	HalfYear HalfYear        `json:"half_year,omitzero"` // of a floor
	Rate     Percent         `json:"rate,omitzero"`      // the clause in that half-year
	Floor    Percent         `json:"floor,omitzero"`     // the floor in that half-year
	LastDay  courrier.Date   `json:"last_day,omitzero"`  // the last due date allowed
	Amount   courrier.Amount `json:"amount,omitzero"`    // held, or charged
	Basis    string          `json:"basis,omitempty"`    // the text
}

// String returns the warning as a sentence without its invoice.
func (w Warning) String() string {
	switch w.Code {
	case ContractRateBelowFloor:
		return fmt.Sprintf("contract rate %s %% is below the floor of %s %% in %s (%s)", w.Rate, w.Floor, w.HalfYear, w.Basis)
	case FloorUnknown:
		return fmt.Sprintf("the floor of contract rates is not known from %s on (%s)", w.HalfYear, w.Basis)
	case DueBeyondCap:
		return fmt.Sprintf("the due date is later than %s (%s)", w.LastDay, w.Basis)
	case WholeCredited:
		return "credit notes took back the whole price: it is read as never owed, without interest"
	case ChargedBeyond:
		return fmt.Sprintf("the books have charged %s, more than is claimed", w.Amount)
	case CreditHeld:
		return fmt.Sprintf("%s of the debtor's is held and is not set off without a person's word (%s)", w.Amount, w.Basis)
	}
	return string(w.Code)
}

// warn adds what a person should look at on a line.
func (a *account) warn(warnings []Warning, line *Line, inv *Invoice, on courrier.Date) []Warning {
	if inv.wholeCredited(on) {
		warnings = append(warnings, Warning{Code: WholeCredited, Invoice: line.Number})
	}
	var interest, compensation int64
	for _, c := range inv.Charged {
		n, _ := cents(c.Amount)
		switch c.Kind {
		case ChargeInterest:
			interest += n
		case ChargeCompensation:
			compensation += n
		}
	}
	claimed, _ := cents(line.Compensation)
	if beyond := max(0, interest-a.accrued) + max(0, compensation-claimed); beyond > 0 {
		warnings = append(warnings, Warning{Code: ChargedBeyond, Invoice: line.Number, Amount: a.money.amount(interest + compensation)})
	}
	return a.floorWarnings(warnings, line)
}

// floorWarnings compares a contract rate with the floor of every half-year in
// which the line bore interest.
func (a *account) floorWarnings(warnings []Warning, line *Line) []Warning {
	c := a.calc
	if !a.terms.contract || c.regime.Floor == nil || len(line.Segments) == 0 {
		return warnings
	}
	last := HalfYearOf(line.Segments[len(line.Segments)-1].Last)
	unknown := false
	for h := HalfYearOf(line.Segments[0].First); !h.IsZero() && h.Compare(last) <= 0; h = h.Next() {
		floor, err := c.regime.Floor.At(c.rates, h)
		if err != nil {
			if !unknown {
				warnings = append(warnings, Warning{Code: FloorUnknown, Invoice: line.Number, HalfYear: h, Basis: c.regime.InterestBasis})
			}
			unknown = true
			continue
		}
		rate, _, err := a.terms.rateFor(h)
		if err == nil && rate.Compare(floor) < 0 {
			warnings = append(warnings, Warning{Code: ContractRateBelowFloor, Invoice: line.Number, HalfYear: h, Rate: rate,
				Floor: floor, Basis: c.regime.InterestBasis})
		}
	}
	return warnings
}
