package latepayment

import (
	"fmt"

	"github.com/courrier-go/courrier"
)

// Conventions are the choices that no text makes. The zero value is what the
// package advises; docs/late-payment.md argues each.
type Conventions struct {
	Allocation Allocation
	Rounding   Rounding
	DayCount   DayCount
	Credits    CreditDating
}

// CreditDating says from which day a credit note lowers what bears interest.
type CreditDating string

// The datings. A note on the whole price always counts from the beginning.
const (
	CreditFromNote    CreditDating = ""             // from its own date: interest before it stays due
	CreditFromInvoice CreditDating = "from_invoice" // as if the price had never been higher
)

// Allocation is the order in which a payment is counted.
type Allocation string

// The allocations. After both, what is left pays the compensation, then costs.
const (
	InterestFirst  Allocation = ""                // code civil, art. 1343-1, the rule
	PrincipalFirst Allocation = "principal_first" // by contract or with the creditor's consent
)

// Rounding says when interest is rounded, half up, to the cent.
type Rounding string

// The roundings.
const (
	// RoundSegments rounds each segment; the segments that a letter shows add up.
	RoundSegments Rounding = ""
	// RoundOnce rounds the exact sum of each invoice. A segment then shows by how
	// much it raised the rounded sum, so that they still add up; it can differ by
	// one cent from the segment's own product.
	RoundOnce Rounding = "once"
)

// DayCount is the divisor of a day's interest.
type DayCount string

// The day counts.
const (
	Actual365    DayCount = ""              // 365, leap years included
	ActualActual DayCount = "actual_actual" // 366 for the days of a leap year
)

// Config configures a [Calculator].
type Config struct {
	Regime Regime // required
	// Contract is the rate clause of the contract; nil: the regime's own rate.
	Contract *Formula
	Rates    *Rates // nil: BuiltinRates
	Conventions
}

// Calculator computes interest and statements under one regime. It is
// immutable and safe for concurrent use.
type Calculator struct {
	regime Regime
	rates  *Rates
	terms  terms
	conv   Conventions
}

// terms are a rate and what it rests on.
type terms struct {
	formula  Formula
	table    *series // of formula; nil for a fixed rate
	contract bool
	basis    string
}

// New checks the configuration and returns the calculator. It answers
// [courrier.ErrInvalid], and [CostRefusedError] for a regime that would add a
// compensation to the debt of one who is not a professional.
func New(cfg Config) (*Calculator, error) {
	var c courrier.Checks
	cfg.Regime.check(&c)
	cfg.Conventions.check(&c)
	if cfg.Contract != nil {
		cfg.Contract.check("Contract", &c)
		c.Require(cfg.Regime.ContractAllowed, "Contract", "no clause sets the rate under regime "+cfg.Regime.Name, "leave it nil")
		c.Require(cfg.Regime.ContractBasis != "", "Regime.ContractBasis", "is missing", "name the text that allows the clause")
	}
	if err := c.Err(); err != nil {
		return nil, fmt.Errorf("latepayment: %w", err)
	}
	if costsRefused(cfg.Regime.Debtor) && !cfg.Regime.Compensation.IsZero() {
		return nil, &CostRefusedError{Debtor: cfg.Regime.Debtor, Field: "Regime.Compensation"}
	}
	calc := &Calculator{regime: cfg.Regime, rates: cfg.Rates, conv: cfg.Conventions}
	if cfg.Regime.Floor != nil {
		floor := *cfg.Regime.Floor
		calc.regime.Floor = &floor
	}
	if calc.rates == nil {
		calc.rates = BuiltinRates()
	}
	calc.terms = terms{formula: cfg.Regime.Rate, table: calc.rates.find(cfg.Regime.Rate.Series), basis: cfg.Regime.InterestBasis}
	if cfg.Contract != nil {
		calc.terms = calc.clause(*cfg.Contract)
	}
	return calc, nil
}

// clause returns the terms of a contract's rate.
func (c *Calculator) clause(f Formula) terms {
	return terms{formula: f, table: c.rates.find(f.Series), contract: true, basis: c.regime.ContractBasis}
}

// termsOf returns the terms of one invoice: its own contract's, else the
// calculator's.
func (c *Calculator) termsOf(inv *Invoice) terms {
	if inv.Contract == nil {
		return c.terms
	}
	return c.clause(*inv.Contract)
}

func (v Conventions) check(c *courrier.Checks) {
	c.Require(v.Allocation == InterestFirst || v.Allocation == PrincipalFirst, "Allocation", "is unknown",
		"use InterestFirst or PrincipalFirst")
	c.Require(v.Rounding == RoundSegments || v.Rounding == RoundOnce, "Rounding", "is unknown", "use RoundSegments or RoundOnce")
	c.Require(v.Credits == CreditFromNote || v.Credits == CreditFromInvoice, "Credits", "is unknown",
		"use CreditFromNote or CreditFromInvoice")
	c.Require(v.DayCount == Actual365 || v.DayCount == ActualActual, "DayCount", "is unknown", "use Actual365 or ActualActual")
}

// floats reports whether the rate of some terms changes with the half-year.
func (c *Calculator) floats(t *terms) bool {
	return t.formula.Series != "" && (t.contract || c.regime.Anchor == AnchorHalfYear)
}

// rateFor returns the rate of a half-year and its source.
func (t *terms) rateFor(h HalfYear) (Percent, string, error) {
	if t.formula.Series == "" {
		p, err := t.formula.apply(Percent{})
		return p, "", err
	}
	figure := t.table.at(h)
	if figure == nil {
		return Percent{}, "", &MissingRateError{Series: t.formula.Series, HalfYear: h, Latest: t.table.latest()}
	}
	p, err := t.formula.apply(figure.Percent)
	return p, figure.Source, err
}
