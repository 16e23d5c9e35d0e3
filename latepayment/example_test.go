package latepayment_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

func Example() {
	calculator, err := latepayment.New(latepayment.Config{Regime: latepayment.FranceBusiness()})
	if err != nil {
		log.Fatal(err)
	}
	statement, err := calculator.Statement(courrier.MustDate("2026-09-10"), latepayment.Invoice{
		Number: "F-2026/041", Parts: one(courrier.MustDate("2026-05-15"), courrier.MustAmount("10000", "EUR")),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, segment := range statement.Lines[0].Segments {
		fmt.Println(segment)
	}
	fmt.Println("interest", statement.InterestDue, "compensation", statement.CompensationDue, "total", statement.Total)
	// Output:
	// 2026-05-16 to 2026-06-30: 10000.00 EUR × 12.15 % × 46/365 = 153.123288 → 153.12 EUR
	// 2026-07-01 to 2026-09-10: 10000.00 EUR × 12.40 % × 72/365 = 244.602740 → 244.60 EUR
	// interest 397.72 EUR compensation 40.00 EUR total 10437.72 EUR
}

func ExampleParseRates() {
	half := latepayment.MustHalfYear("2027-S1")
	_, err := latepayment.BuiltinRates().Lookup(latepayment.SeriesECB, half)
	var missing *latepayment.MissingRateError
	fmt.Println(errors.As(err, &missing), missing.HalfYear, missing.Series)

	// The figure is for illustration.
	newer, err := latepayment.ParseRates(strings.NewReader(`{"format": 1, "series": [{"id": "ecb_main_refinancing", "rates": [
		{"half_year": "2027-S1", "percent": "2.65", "source": "ECB key interest rates", "in_force_since": "2026-09-16"}
	]}]}`))
	if err != nil {
		log.Fatal(err)
	}
	rates, err := latepayment.BuiltinRates().With(newer)
	if err != nil {
		log.Fatal(err)
	}
	rate, err := latepayment.FranceBusiness().Rate.At(rates, half)
	fmt.Println(rate, err)
	// Output:
	// true 2027-S1 ecb_main_refinancing
	// 12.65 <nil>
}

func ExampleCheckCost() {
	err := latepayment.CheckCost(latepayment.DebtorConsumer, latepayment.Charge{Kind: latepayment.ChargeCost, Label: "reminder fee",
		Amount: courrier.MustAmount("15", "EUR")})
	var refused *latepayment.CostRefusedError
	fmt.Println(errors.As(err, &refused))
	fmt.Println(err)
	// Output:
	// true
	// latepayment: Cost: no cost may be added to the debt of a consumer debtor (CPCE, art. L111-8); remove it; the creditor bears it
}

func ExampleTerms_DueOn() {
	issued := courrier.MustDate("2026-01-15")
	for _, terms := range []latepayment.Terms{latepayment.DaysThenEndOfMonth(45), latepayment.EndOfMonthThenDays(45), latepayment.Net(75)} {
		due, err := terms.DueOn(issued)
		if err != nil {
			log.Fatal(err)
		}
		warning, beyond, err := latepayment.CheckDue(due, issued, terms.Caps()...)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(due)
		if beyond {
			fmt.Print(": ", warning)
		}
		fmt.Println()
	}
	// Output:
	// 2026-03-31
	// 2026-03-17
	// 2026-03-31: the due date is later than 2026-03-16 (code de commerce, art. L441-10 I, 60 days from the date of issue)
}

func ExampleCalendar() {
	alsace, err := latepayment.NewCalendar(latepayment.AlsaceMoselle)
	if err != nil {
		log.Fatal(err)
	}
	goodFriday := courrier.MustDate("2026-04-03")
	fmt.Println(alsace.IsHoliday(goodFriday), alsace.Shift(goodFriday, latepayment.NextBusiness))
	third, err := alsace.AddWorkingDays(courrier.MustDate("2026-04-30"), 3, latepayment.MondayToSaturday)
	fmt.Println(third, err)
	// Output:
	// true 2026-04-07
	// 2026-05-05 <nil>
}

func ExampleLimitation_Read() {
	reading, err := latepayment.LimitationConsumer.Read(courrier.MustDate("2024-02-29"))
	fmt.Println(reading.LastDay, reading.Basis, err)
	// Output: 2026-02-28 code de la consommation, art. L218-2 <nil>
}

func ExampleCheckLetter() {
	calculator, err := latepayment.New(latepayment.Config{Regime: latepayment.FranceConsumer()})
	if err != nil {
		log.Fatal(err)
	}
	statement, err := calculator.Statement(courrier.MustDate("2026-03-15"), latepayment.Invoice{
		Number: "F-12", IssuedOn: courrier.MustDate("2026-01-10"), Parts: one(courrier.MustDate("2026-02-10"),
			courrier.MustAmount("640", "EUR")),
	})
	if err != nil {
		log.Fatal(err)
	}
	report, err := latepayment.CheckLetter(latepayment.Draft{
		Kind: courrier.StepFormalNotice, Statement: statement,
		Creditor: []string{"Menuiserie du Parc"}, Debtor: []string{"Jeanne Martin"},
		Text: `Menuiserie du Parc à Mme Jeanne Martin. Facture F-12 du 10 janvier 2026, échue le 10/02/2026 : 640,00 €.
Nous vous demandons de régler cette somme sous huit jours, plus 15 € de frais de relance.`,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range report.Missing {
		fmt.Println("missing:", f.Key)
	}
	for _, f := range report.Forbidden {
		fmt.Println("forbidden:", f.Key, "-", f.Why)
	}
	// Output:
	// missing: formal_notice_title
	// forbidden: recovery_fees - recovery without an enforceable title is at the creditor's cost (CPCE, art. L111-8)
	// forbidden: sum-not-stated - is no figure of the statement
	// forbidden: forbidden-cost - recovery without an enforceable title is at the creditor's cost (CPCE, art. L111-8)
}
