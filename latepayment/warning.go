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
)

// Warning is something that a person should look at. Fields that its code does
// not need are zero.
type Warning struct {
	Code     WarningCode
	Invoice  string           // number of the invoice
	HalfYear HalfYear         // of a floor
	Rate     courrier.Percent // the clause in that half-year
	Floor    courrier.Percent // the floor in that half-year
	LastDay  courrier.Date    // the last due date allowed
	Basis    string           // the text
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
	}
	return string(w.Code)
}

// floorWarnings compares a contract rate with the floor of every half-year in
// which the line bore interest.
func (c *Calculator) floorWarnings(warnings []Warning, line *Line) []Warning {
	if !c.contract || c.regime.Floor == nil || len(line.Segments) == 0 {
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
		rate, _, err := c.rateFor(h)
		if err == nil && rate.Compare(floor) < 0 {
			warnings = append(warnings, Warning{Code: ContractRateBelowFloor, Invoice: line.Number, HalfYear: h, Rate: rate, Floor: floor, Basis: c.regime.InterestBasis})
		}
	}
	return warnings
}
