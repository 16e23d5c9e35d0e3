package dunning_test

import (
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

// A policy is tested with a table of days: no fake, no clock, no database.
func ExampleEvaluator_NextDue() {
	policy := dunning.FirmPolicy()
	evaluator, err := dunning.Compile(policy, nil)
	if err != nil {
		panic(err)
	}
	c := dunning.Case{
		Account:  "acme",
		Customer: dunning.Customer{ID: "martin", Class: latepayment.DebtorBusiness, Contact: dunning.Contact{Email: true, Post: true}},
		Invoices: []dunning.Invoice{{
			ID: "INV-1042", Parts: dunning.Due(courrier.MustDate("2026-03-02"), courrier.MustAmount("1200.00", "EUR")),
		}},
	}
	first := dunning.PastReminder{
		Step: "reminder-1", State: dunning.PastSent, On: courrier.MustDate("2026-03-04"), Invoices: []dunning.InvoiceID{"INV-1042"},
	}
	for _, test := range []struct {
		name    string
		history dunning.History
		promise string
	}{
		{name: "nothing sent yet"},
		{name: "first reminder sent", history: dunning.History{first}},
		{name: "promised to pay", history: dunning.History{first}, promise: "2026-03-20"},
	} {
		if test.promise != "" {
			c.Invoices[0].PromisedOn = courrier.MustDate(test.promise)
		}
		day, _ := evaluator.NextDue(c, test.history, courrier.MustDate("2026-03-04"))
		fmt.Printf("%s: %s\n", test.name, day)
	}
	// Output:
	// nothing sent yet: 2026-03-04
	// first reminder sent: 2026-03-12
	// promised to pay: 2026-03-23
}

func ExampleOutcome_Explain() {
	evaluator, err := dunning.Compile(dunning.StandardPolicy(), nil)
	if err != nil {
		panic(err)
	}
	c := dunning.Case{
		Account:  "acme",
		Customer: dunning.Customer{ID: "martin", Contact: dunning.Contact{Email: true}},
		Invoices: []dunning.Invoice{
			{ID: "INV-1", Parts: dunning.Due(courrier.MustDate("2026-03-02"), courrier.MustAmount("80.00", "EUR"))},
			{ID: "INV-2", Parts: dunning.Due(courrier.MustDate("2026-02-02"), courrier.MustAmount("15.00", "EUR")), Disputed: true},
			{ID: "INV-3", Parts: dunning.Due(courrier.MustDate("2026-03-20"), courrier.MustAmount("40.00", "EUR"))},
		},
	}
	outcome := evaluator.Evaluate(c, nil, courrier.MustDate("2026-03-10"))
	for _, id := range []dunning.InvoiceID{"INV-1", "INV-2", "INV-3"} {
		text, _ := outcome.Explain(id, courrier.English)
		fmt.Println(text)
	}
	text, _ := outcome.Explain("INV-3", courrier.French)
	fmt.Println(text)
	// Output:
	// Invoice INV-1, due on 2026-03-02, is reminded on 2026-03-10 with step reminder-1, planned for 2026-03-09: 80.00 EUR open in a letter of 80.00 EUR.
	// Invoice INV-2 is not reminded: the invoice is disputed.
	// Invoice INV-3 is not reminded: the day of step courtesy has not come; nothing before 2026-03-17.
	// La facture INV-3 n'est pas relancée : la date de l'étape courtesy n'est pas arrivée ; rien avant le 2026-03-17.
}

func ExampleEvaluator_Simulate() {
	evaluator, err := dunning.Compile(dunning.StandardPolicy(), nil)
	if err != nil {
		panic(err)
	}
	c := dunning.Case{
		Account:  "acme",
		Customer: dunning.Customer{ID: "martin", Contact: dunning.Contact{Email: true, Post: true}},
		Invoices: []dunning.Invoice{
			{ID: "INV-1", Parts: dunning.Due(courrier.MustDate("2026-03-02"), courrier.MustAmount("80.00", "EUR"))},
			{ID: "INV-2", Parts: dunning.Due(courrier.MustDate("2026-03-10"), courrier.MustAmount("15.00", "EUR"))},
		},
	}
	period := dunning.Simulation{From: courrier.MustDate("2026-02-20"), To: courrier.MustDate("2026-05-31"), DeliveryDays: 3}
	for day := range evaluator.Simulate(c, nil, period) {
		for _, d := range day.Decisions {
			fmt.Println(day.On, d.Step.ID, d.Channels[0], len(d.Lines), d.Open)
		}
	}
	// Output:
	// 2026-02-27 courtesy email 1 80.00 EUR
	// 2026-03-09 reminder-1 email 1 80.00 EUR
	// 2026-03-09 courtesy email 1 15.00 EUR
	// 2026-03-16 reminder-1 email 1 15.00 EUR
	// 2026-03-23 reminder-2 email 2 95.00 EUR
	// 2026-04-02 formal-notice post 2 95.00 EUR
}

func ExamplePolicyAssignment_Assign() {
	rules := dunning.PolicyAssignment{
		Rules: []dunning.AssignmentRule{
			{ID: "good customers", Policy: "gentle", Where: dunning.Criteria{Tags: []string{"key-account"}}},
			{ID: "large and old", Policy: "firm", Where: dunning.Criteria{MinOpen: courrier.MustAmount("5000", "EUR"), MinDaysLate: 30}},
		},
		Default: "standard",
	}
	c := dunning.Case{Invoices: []dunning.Invoice{
		{ID: "INV-1", Parts: dunning.Due(courrier.MustDate("2026-01-05"), courrier.MustAmount("6000", "EUR"))},
	}}
	a := rules.Assign(c, "EUR", courrier.MustDate("2026-03-01"))
	fmt.Println(a.Explain(courrier.English))
	// Output: Policy firm by rule large and old; not by good customers (Tags).
}
