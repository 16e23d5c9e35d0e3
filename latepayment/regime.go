package latepayment

import (
	"fmt"
	"strings"

	"github.com/courrier-go/courrier"
)

// costsRefused reports whether no cost may be added to a debt of this class
// before a court says so (code des procédures civiles d'exécution, art. L111-8).
// A class that is not known is treated as a consumer.
func costsRefused(d DebtorClass) bool {
	return d != DebtorBusiness && d != DebtorPublic
}

func known(d DebtorClass) bool {
	return !costsRefused(d) || d == DebtorConsumer || d == DebtorNonProfessional
}

// Formula gives the yearly rate of a half-year: the figure of Series times
// Factor, plus Margin points. Without Series the rate is Margin, whatever the
// half-year.
type Formula struct {
	Series Series
	Factor int // 1 to 10 with a series, 0 without
	Margin Percent
}

// Fixed is a constant rate, as "12 % a year".
func Fixed(rate Percent) Formula { return Formula{Margin: rate} }

// Plus is a series and points on top, as "ECB + 10 points".
func Plus(id Series, margin Percent) Formula {
	return Formula{Series: id, Factor: 1, Margin: margin}
}

// Times is a multiple of a series, as "three times the legal rate".
func Times(factor int, id Series) Formula { return Formula{Series: id, Factor: factor} }

// At returns the rate of h: a [MissingRateError] when its series has no figure,
// [courrier.ErrInvalid] when the result is below 0 or above 1000 percent.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrNotFound].
func (f Formula) At(rates *Rates, h HalfYear) (Percent, error) {
	var c courrier.Checks
	if f.check("Formula", &c); c.Err() != nil {
		return Percent{}, c.Err()
	}
	if f.Series == "" {
		return f.apply(Percent{})
	}
	rate, err := rates.Lookup(f.Series, h)
	if err != nil {
		return Percent{}, err
	}
	return f.apply(rate.Percent)
}

// apply computes the rate of a formula that was checked.
func (f Formula) apply(figure Percent) (Percent, error) {
	p, err := PercentOf(figure.TenThousandths()*int(f.Factor) + f.Margin.TenThousandths())
	if err == nil && p.Sign() < 0 {
		err = fmt.Errorf("%w: rate %s comes out below zero", courrier.ErrInvalid, f)
	}
	return p, err
}

// String returns the formula in short, as "3 × fr_legal_other" or "12.00".
func (f Formula) String() string {
	var parts []string
	switch {
	case f.Series != "" && f.Factor == 1:
		parts = append(parts, string(f.Series))
	case f.Series != "":
		parts = append(parts, fmt.Sprintf("%d × %s", f.Factor, f.Series))
	}
	if f.Series == "" || !f.Margin.IsZero() {
		parts = append(parts, f.Margin.String())
	}
	return strings.Join(parts, " + ")
}

func (f Formula) check(field string, c *courrier.Checks) {
	if f.Series == "" {
		c.Require(f.Factor == 0, field+".Factor", "has no series to multiply", "name the series or use Fixed")
		c.Require(f.Margin.Sign() >= 0, field+".Margin", "a fixed rate below zero", "give a rate of at least 0.00")
		return
	}
	c.Require(f.Factor >= 1 && f.Factor <= 10, field+".Factor", "is outside 1 to 10", "use Plus or Times")
}

// Start says from which day interest runs.
type Start string

// The starts.
const (
	StartDue    Start = "due"    // the day after the due date, without any reminder
	StartNever  Start = "never"  // no interest is claimed
	StartNotice Start = "notice" // the day after the formal notice took effect, never before the due date
)

// Anchor says which half-year's figure a day of interest uses.
type Anchor string

// The anchors.
const (
	AnchorHalfYear Anchor = "half_year" // that of the day itself: the rate moves on 1 January and 1 July
	AnchorStart    Anchor = "start"     // that of the first day of interest, kept to the end
)

// Regime is one body of law as data. Take one from a constructor and change
// what the case needs: another member state's rate, a private creditor's series.
type Regime struct {
	Name   string // for display and storage
	Debtor DebtorClass
	Rate   Formula // when no contract rate applies
	Anchor Anchor
	Start  Start
	// ContractAllowed says whether a clause may set another rate.
	ContractAllowed bool
	// Floor is the rate under which a contract rate is warned about; nil: none.
	Floor *Formula
	// Compensation is the fixed sum for each late invoice; the zero Amount: none.
	Compensation      courrier.Amount
	InterestBasis     string // the text under which interest is claimed
	ContractBasis     string // the same when a clause sets the rate
	CompensationBasis string
	CostsBasis        string // the text under which proven costs beyond the compensation are claimed
	// ChargesDays is within how many days after the payment of the price interest,
	// compensation and costs are payable; 0: at once. ChargesBasis is the text.
	ChargesDays  int
	ChargesBasis string
}

// NoCharges claims the price alone, whatever the law would allow: for a debtor
// whose law is not known here.
func NoCharges(d DebtorClass) Regime {
	return Regime{Name: "none", Debtor: d, Anchor: AnchorHalfYear, Start: StartNever}
}

// FranceBusiness is the law between professionals (code de commerce, L441-10 II
// and D441-5): ECB + 10 points by half-year from the day after the due date, a
// clause may set another rate, warned about under three times the legal rate;
// 40 EUR for each late invoice.
func FranceBusiness() Regime {
	floor := Times(3, SeriesLegal)
	return Regime{
		Name: "fr_business", Debtor: DebtorBusiness,
		Rate: Plus(SeriesECB, MustPercent("10")), Anchor: AnchorHalfYear, Start: StartDue,
		ContractAllowed: true, Floor: &floor,
		Compensation:      courrier.MustAmount("40.00", "EUR"),
		InterestBasis:     "code de commerce, art. L441-10 II",
		ContractBasis:     "contract clause; code de commerce, art. L441-10 II",
		CompensationBasis: "code de commerce, art. L441-10 II and D441-5",
		CostsBasis:        "code de commerce, art. L441-10 II",
	}
}

// FranceConsumer is the law against a consumer (code civil, 1231-6): the legal
// rate from the day after the formal notice took effect; no compensation and no
// cost. For a creditor who is a private person outside any trade, set
// Rate to Plus(SeriesLegalPrivate, Percent{}).
func FranceConsumer() Regime {
	return Regime{
		Name: "fr_consumer", Debtor: DebtorConsumer,
		Rate: Plus(SeriesLegal, Percent{}), Anchor: AnchorHalfYear, Start: StartNotice,
		InterestBasis: "code civil, art. 1231-6; code monétaire et financier, art. L313-2",
	}
}

// FranceNonProfessional is the law against whoever is neither a professional
// nor a consumer: as [FranceConsumer], with the ordinary limitation period.
func FranceNonProfessional() Regime {
	r := FranceConsumer()
	r.Name, r.Debtor = "fr_non_professional", DebtorNonProfessional
	return r
}

// FrancePublic is the law against a public buyer (code de la commande publique,
// R2192-31 to R2192-36): ECB + 8 points of the half-year in which interest
// started, kept to the end; 40 EUR.
func FrancePublic() Regime {
	return Regime{
		Name: "fr_public", Debtor: DebtorPublic,
		Rate: Plus(SeriesECB, MustPercent("8")), Anchor: AnchorStart, Start: StartDue,
		Compensation:      courrier.MustAmount("40.00", "EUR"),
		InterestBasis:     "code de la commande publique, art. R2192-31",
		CompensationBasis: "code de la commande publique, art. L2192-13 and D2192-35",
		CostsBasis:        "code de la commande publique, art. L2192-13",
		ChargesDays:       45,
		ChargesBasis:      "code de la commande publique, art. R2192-36",
	}
}

// EUDirective is the minimum of Directive 2011/7/EU between businesses:
// reference rate + 8 points by half-year, 40 EUR. The law of the member state
// prevails: set Rate, Compensation and the bases to what it says, with a series
// of your own where its reference is not the ECB's.
func EUDirective() Regime {
	return Regime{
		Name: "eu_directive", Debtor: DebtorBusiness,
		Rate: Plus(SeriesEUReference, MustPercent("8")), Anchor: AnchorHalfYear, Start: StartDue,
		ContractAllowed:   true,
		Compensation:      courrier.MustAmount("40.00", "EUR"),
		InterestBasis:     "Directive 2011/7/EU, art. 3",
		ContractBasis:     "contract clause; Directive 2011/7/EU, art. 3 and 7",
		CompensationBasis: "Directive 2011/7/EU, art. 6",
		CostsBasis:        "Directive 2011/7/EU, art. 6(3)",
	}
}

// FranceFor returns the French regime of a class of debtor;
// [courrier.ErrInvalid] for a class that is none of the four.
func FranceFor(d DebtorClass) (Regime, error) {
	switch d {
	case DebtorBusiness:
		return FranceBusiness(), nil
	case DebtorConsumer:
		return FranceConsumer(), nil
	case DebtorNonProfessional:
		return FranceNonProfessional(), nil
	case DebtorPublic:
		return FrancePublic(), nil
	}
	return Regime{}, unknownDebtor("Debtor")
}

func unknownDebtor(field string) error {
	return &courrier.FieldError{Field: field, Rule: "is none of the known classes of debtor",
		Remedy: "say business, consumer, non_professional or public"}
}

func (r Regime) check(c *courrier.Checks) {
	if !known(r.Debtor) {
		c.Nest("Regime", unknownDebtor("Debtor"))
	}
	r.Rate.check("Regime.Rate", c)
	if r.Floor != nil {
		r.Floor.check("Regime.Floor", c)
	}
	c.Require(r.Anchor == AnchorHalfYear || r.Anchor == AnchorStart, "Regime.Anchor", "is unknown", "use AnchorHalfYear or AnchorStart")
	c.Require(r.Start == StartDue || r.Start == StartNotice || r.Start == StartNever, "Regime.Start", "is unknown",
		"use one of the Start constants")
	c.Require(!costsRefused(r.Debtor) || r.Start != StartDue, "Regime.Start",
		"interest against a debtor who is not a professional runs only from a formal notice", "use StartNotice")
	_, whole := cents(r.Compensation)
	c.Require(whole, "Regime.Compensation", "must be in whole cents", "round it")
	c.Require(r.Compensation.Sign() >= 0, "Regime.Compensation", "is negative", "give 40.00 EUR or nothing")
	c.Require(r.InterestBasis != "" || r.Start == StartNever, "Regime.InterestBasis", "is missing", "name the text interest rests on")
	c.Require(r.ChargesDays >= 0 && (r.ChargesDays == 0 || r.ChargesBasis != ""), "Regime.ChargesDays",
		"is negative, or rests on no text", "give the days and name the text in ChargesBasis")
	c.Require(r.Compensation.IsZero() || r.CompensationBasis != "", "Regime.CompensationBasis", "is missing",
		"name the text the compensation rests on")
}
