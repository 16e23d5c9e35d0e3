package latepayment_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/latepayment"
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	day, last := courrier.MustDate("2026-03-02"), courrier.MustDate("9999-12-31")
	rates, calendar := latepayment.BuiltinRates(), new(latepayment.Calendar)
	france := latepayment.France()
	business, err := latepayment.FranceFor(latepayment.DebtorBusiness)
	require.NoError(t, err)
	consumer, err := latepayment.FranceFor(latepayment.DebtorConsumer)
	require.NoError(t, err)
	punitive := consumer
	punitive.Compensation = business.Compensation
	calculator, err := latepayment.New(latepayment.Config{Regime: business, Rates: rates})
	require.NoError(t, err)
	strict, err := latepayment.New(latepayment.Config{Regime: consumer, Rates: rates})
	require.NoError(t, err)
	cost := latepayment.Charge{Kind: latepayment.ChargeCost, Amount: euros("30"), Label: "bailiff", Proof: "B-1"}
	costly := latepayment.Invoice{Number: "F-1", Parts: one(day, euros("100")), Charged: []latepayment.Charge{cost}}
	future := latepayment.Invoice{Number: "F-1", Parts: one(courrier.MustDate("2090-03-02"), euros("100"))}
	percent, err := latepayment.PercentOf(-90_000)
	require.NoError(t, err)
	wrong, err := latepayment.ParseRates(strings.NewReader(`{"format": 1, "series": [{"id": "ecb_main_refinancing", "title": "t", "rates": [{"half_year": "2020-S1", "percent": "7", "source": "s"}]}]}`))
	require.NoError(t, err)
	broken := twoInvoices(t)
	broken.Demand = euros("1")

	faults, err := calldoc.Check(".", map[string][]func() error{
		"CheckCost": {
			func() error { return latepayment.CheckCost(latepayment.DebtorBusiness, latepayment.Charge{}) },
			func() error { return latepayment.CheckCost(latepayment.DebtorConsumer, cost) },
		},
		"CounterHold": {func() error { _, _, err := latepayment.CounterHold(courrier.Date{}, -1); return err }},
		"New": {
			func() error { return calldoc.Error(latepayment.New(latepayment.Config{})) },
			func() error {
				return calldoc.Error(latepayment.New(latepayment.Config{Regime: punitive, Rates: rates}))
			},
		},
		"Calculator.Statement": {
			func() error { return calldoc.Error(calculator.Statement(courrier.Date{})) },
			func() error { return calldoc.Error(calculator.Statement(last, future)) },
			func() error { return calldoc.Error(strict.Statement(last, costly)) },
		},
		"NewCalendar": {func() error { return calldoc.Error(latepayment.NewCalendar("atlantis")) }},
		"Calendar.AddWorkingDays": {func() error {
			return calldoc.Error(calendar.AddWorkingDays(courrier.Date{}, 1, latepayment.MondayToFriday))
		}},
		"Cap.LastDay": {func() error { return calldoc.Error(latepayment.CapAgreed.LastDay(last)) }},
		"Formula.At": {
			func() error {
				return calldoc.Error(latepayment.Formula{Margin: percent}.At(rates, latepayment.HalfYear{}))
			},
			func() error { return calldoc.Error(business.Rate.At(rates, latepayment.HalfYear{})) },
		},
		"ParseHalfYear": {func() error { return calldoc.Error(latepayment.ParseHalfYear("2026-S3")) }},
		"FranceWith": {func() error {
			return calldoc.Error(latepayment.FranceWith(latepayment.Config{Conventions: latepayment.Conventions{Credits: "never"}}))
		}},
		"LawOf": {
			func() error { return calldoc.Error(latepayment.LawOf()) },
			func() error {
				return calldoc.Error(latepayment.LawOf(latepayment.Config{Regime: punitive, Rates: rates}))
			},
		},
		"Law.Statement": {
			func() error { return calldoc.Error(france.Statement(latepayment.Debt{})) },
			func() error {
				return calldoc.Error(france.Statement(latepayment.Debt{On: last, Debtor: latepayment.DebtorBusiness, Invoices: []latepayment.Invoice{future}}))
			},
			func() error {
				return calldoc.Error(france.Statement(latepayment.Debt{On: last, Debtor: latepayment.DebtorConsumer, Invoices: []latepayment.Invoice{costly}}))
			},
		},
		"Limitation.Read":  {func() error { return calldoc.Error(latepayment.LimitationBusiness.Read(courrier.Date{})) }},
		"ParsePercent":     {func() error { return calldoc.Error(latepayment.ParsePercent("x")) }},
		"PercentOf":        {func() error { return calldoc.Error(latepayment.PercentOf(1 << 30)) }},
		"Period.After":     {func() error { return calldoc.Error(latepayment.Period{Days: 1}.After(last)) }},
		"ParseRates":       {func() error { return calldoc.Error(latepayment.ParseRates(strings.NewReader("{"))) }},
		"Rates.Lookup":     {func() error { return calldoc.Error(rates.Lookup("none", latepayment.HalfYear{})) }},
		"Rates.On":         {func() error { return calldoc.Error(rates.On("none", day)) }},
		"Rates.With":       {func() error { return calldoc.Error(rates.With(wrong)) }},
		"FranceFor":        {func() error { return calldoc.Error(latepayment.FranceFor("alien")) }},
		"CheckLetter":      {func() error { return calldoc.Error(latepayment.CheckLetter(latepayment.Draft{})) }},
		"Statement.Verify": {func() error { return broken.Verify() }},
		"Terms.DueOn":      {func() error { return calldoc.Error(latepayment.Terms{Days: -1}.DueOn(day)) }},
		"Terms.Validate":   {func() error { return latepayment.Terms{Days: -1}.Validate() }},
		"CheckDue":         {func() error { _, _, err := latepayment.CheckDue(courrier.Date{}, courrier.Date{}, "none"); return err }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
