package latepayment

import (
	"fmt"

	"github.com/courrier-go/courrier"
)

// Debt is what one debtor owes and is owed, in one currency, as the books tell it
// on a day.
type Debt struct {
	On     courrier.Date // the day of the statement
	Debtor DebtorClass   // empty: treated as a consumer
	// Invoices are all that may be demanded, due or not.
	Invoices []Invoice
	// Unallocated are payments that no invoice is known for, OpenCredits the credit
	// notes on none of these invoices.
	Unallocated []Payment
	OpenCredits []Credit
	// Deduct sets what the creditor holds of the debtor's off against what is due
	// (code civil, art. 1347 to 1347-4); without it, the statement only tells of it.
	Deduct bool
}

// Law computes statements of debts: for each class of debtor under its own
// regime. It is immutable and safe for concurrent use.
type Law struct {
	calculators map[DebtorClass]*Calculator
}

// France is the law of France for every class of debtor: see [FranceFor]. A
// debtor of no known class is treated as a consumer. The half-yearly rates are
// those of [BuiltinRates] and the conventions the advised ones; see [LawOf] to
// choose others.
func France() *Law {
	law, err := LawOf(franceConfigs(Config{})...)
	if err != nil {
		panic("latepayment: the regimes of France are valid: " + err.Error())
	}
	return law
}

// FranceWith is [France] with rates and conventions of the host's: those of cfg,
// whose Regime and Contract are not looked at.
//
// Errors: as [New].
func FranceWith(cfg Config) (*Law, error) { return LawOf(franceConfigs(cfg)...) }

func franceConfigs(cfg Config) []Config {
	var all []Config
	for _, regime := range []Regime{FranceBusiness(), FranceConsumer(), FranceNonProfessional(), FrancePublic()} {
		cfg.Regime, cfg.Contract = regime, nil
		all = append(all, cfg)
	}
	return all
}

// PriceOnly claims no interest and no compensation of anybody.
func PriceOnly() *Law {
	law := &Law{calculators: make(map[DebtorClass]*Calculator)}
	for _, class := range []DebtorClass{DebtorBusiness, DebtorConsumer, DebtorNonProfessional, DebtorPublic} {
		calc, err := New(Config{Regime: NoCharges(class)})
		if err != nil {
			panic("latepayment: a regime without charges is valid: " + err.Error())
		}
		law.calculators[class] = calc
	}
	return law
}

// LawOf returns a law of the given regimes, one for each class of debtor; that of
// consumers is required, because a debtor of no known class is treated as one. It
// answers what [New] answers.
//
// Errors: as [New].
func LawOf(configs ...Config) (*Law, error) {
	law := &Law{calculators: make(map[DebtorClass]*Calculator)}
	for i, cfg := range configs {
		calc, err := New(cfg)
		if err != nil {
			return nil, fmt.Errorf("regime %d: %w", i+1, err)
		}
		law.calculators[cfg.Regime.Debtor] = calc
	}
	if law.calculators[DebtorConsumer] == nil {
		return nil, &courrier.FieldError{Field: "Configs", Rule: "have no regime of consumers",
			Remedy: "add one: a debtor of no known class is treated as a consumer"}
	}
	return law, nil
}

// Statement computes what a debt is on its day. It answers what
// [Calculator.Statement] answers, and [courrier.ErrInvalid] for a class of debtor
// that the law has no regime for.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrNotFound].
func (l *Law) Statement(d Debt) (Statement, error) {
	class := d.Debtor
	if class == "" {
		class = DebtorConsumer
	}
	calc := l.calculators[class]
	if calc == nil {
		return Statement{}, unknownDebtor("Debtor")
	}
	s, err := calc.Statement(d.On, d.Invoices...)
	if err != nil {
		return Statement{}, err
	}
	if err := s.hold(d); err != nil {
		return Statement{}, fmt.Errorf("latepayment: %w", err)
	}
	return s, nil
}

// hold adds what the creditor holds of the debtor's, and sets it off where the
// debt says so.
func (s *Statement) hold(d Debt) error {
	unit := s.Unit()
	var c courrier.Checks
	sum := s.Overpaid.Micros()
	add := func(field string, on courrier.Date, amount courrier.Amount) {
		c.Nest(field, checkMovement(unit, on, amount))
		sum = min(sum+amount.Micros(), maxCents*microsPerCent)
	}
	for i, p := range d.Unallocated {
		if !p.On.After(d.On) {
			add(fmt.Sprintf("Unallocated[%d]", i), p.On, p.Amount)
			s.Unallocated = append(s.Unallocated, p)
		}
	}
	for i, n := range d.OpenCredits {
		if !n.On.After(d.On) {
			add(fmt.Sprintf("OpenCredits[%d]", i), n.On, n.Amount)
			s.OpenCredits = append(s.OpenCredits, n)
		}
	}
	if err := c.Err(); err != nil || sum == 0 {
		return err
	}
	money := newConverter(unit)
	s.Credit = money.amount(sum / microsPerCent)
	s.Warnings = append(s.Warnings, Warning{Code: CreditHeld, Amount: s.Credit, Basis: "code civil, art. 1347"})
	if d.Deduct {
		deducted := min(sum, s.Demand.Micros())
		s.Deducted = money.amount(deducted / microsPerCent)
		s.Demand = money.amount((s.Demand.Micros() - deducted) / microsPerCent)
	}
	return money.err
}
