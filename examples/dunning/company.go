package main

import (
	"context"
	"fmt"
	"iter"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
)

const account = courrier.AccountID("atelier-verne")

var (
	firstDay = courrier.MustDate("2026-03-02")
	creditor = courrier.Sender{Company: "Atelier Verne SAS", Address: courrier.Address{Street: "8 quai du Port", Postcode: "44000", City: "Nantes", Country: "FR"}}
)

// company is the host's own data: who owes what, and who will pay when.
type company struct {
	today     courrier.Date
	customers []customer
}

type customer struct {
	id       courrier.CustomerID
	name     string
	street   string
	postcode string
	city     string
	email    string
	invoices []invoice
}

type invoice struct {
	number string
	due    courrier.Date
	amount courrier.Amount
	paysOn courrier.Date // no date: never
}

func newCompany() *company {
	inv := func(n int, due, amount, pays string) invoice {
		i := invoice{number: fmt.Sprintf("FA-2026-%04d", n), due: courrier.MustDate(due), amount: courrier.MustAmount(amount, "EUR")}
		if pays != "" {
			i.paysOn = courrier.MustDate(pays)
		}
		return i
	}
	return &company{today: firstDay, customers: []customer{
		{"C-101", "Boulangerie Martin SARL", "12 rue des Lilas", "69003", "Lyon", "compta@martin.example", []invoice{
			inv(142, "2026-03-06", "1274.40", "2026-03-05"), inv(151, "2026-03-31", "310.00", "2026-04-09")}},
		{"C-102", "Garage Lopez SAS", "4 avenue de l’Europe", "31000", "Toulouse", "", []invoice{inv(143, "2026-03-04", "842.10", "2026-03-18")}},
		{"C-103", "Hôtel du Lac SARL", "1 chemin des Cygnes", "74000", "Annecy", "direction@hoteldulac.example", []invoice{
			inv(144, "2026-03-02", "2400.00", ""), inv(148, "2026-03-16", "96.50", "")}},
		{"C-104", "Librairie Nadaud EURL", "27 bis rue Pasteur", "33000", "Bordeaux", "nadaud@livres.example", []invoice{inv(145, "2026-03-09", "58.20", "2026-03-30")}},
	}}
}

// settings are what the account decided: the standard plan, French holidays.
func (c *company) settings(holidays dunning.Holidays) dunning.Settings {
	return dunning.Settings{
		Policies:   []courrier.ReminderPolicy{dunning.StandardPolicy()},
		Assignment: dunning.PolicyAssignment{Default: "standard"},
		Holidays:   holidays, Language: courrier.French, Sender: creditor,
		MailFrom:  email.Box{Name: "Atelier Verne", Address: "facturation@verne.example"},
		Signature: map[courrier.ActorID]dunning.Signature{"": {Name: "Claire Verne", Title: "Présidente"}},
		Payment:   "Par virement : IBAN FR76 3000 6000 0112 3456 7890 189, BIC AGRIFRPP.",
		Footer:    "Atelier Verne SAS – 8 quai du Port, 44000 Nantes\nSIRET 000 000 000 00000 – TVA FR00000000000",
	}
}

// payments are the invoices paid on a day.
func (c *company) payments(today courrier.Date) []string {
	var paid []string
	for _, who := range c.customers {
		for _, inv := range who.invoices {
			if inv.paysOn == today {
				paid = append(paid, inv.number)
			}
		}
	}
	return paid
}

func (c *company) caseOf(who customer) dunning.Case {
	one := dunning.Case{Account: account, Customer: dunning.Customer{
		ID: who.id, Class: latepayment.DebtorBusiness, Country: "FR", Contact: dunning.Contact{Email: who.email != "", Post: true},
	}}
	for _, inv := range who.invoices {
		if inv.paysOn.IsZero() || inv.paysOn.After(c.today) {
			one.Invoices = append(one.Invoices, dunning.Invoice{ID: dunning.InvoiceID(inv.number), Number: inv.number, IssuedOn: inv.due.AddDays(-30), Parts: dunning.Due(inv.due, inv.amount)})
		}
	}
	return one
}

// cases streams every customer who owes something, as a query of the host would.
func (c *company) cases() iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) {
		for _, who := range c.customers {
			if one := c.caseOf(who); len(one.Invoices) > 0 && !yield(one, nil) {
				return
			}
		}
	}
}

// histories are the cases with nothing done about them yet.
func (c *company) histories() iter.Seq2[dunning.Case, dunning.History] {
	return func(yield func(dunning.Case, dunning.History) bool) {
		for one := range c.cases() {
			if !yield(one, nil) {
				return
			}
		}
	}
}

func (c *company) find(id courrier.CustomerID) (customer, error) {
	for _, who := range c.customers {
		if who.id == id {
			return who, nil
		}
	}
	return customer{}, courrier.ErrNotFound
}

// Case implements [dunning.Debtors].
func (c *company) Case(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	who, err := c.find(id)
	return c.caseOf(who), err
}

// Details implements [dunning.Debtors].
func (c *company) Details(_ context.Context, _ courrier.AccountID, id courrier.CustomerID, _ []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	who, err := c.find(id)
	if err != nil {
		return dunning.DebtorDetails{}, err
	}
	d := dunning.DebtorDetails{To: courrier.Recipient{Company: who.name, Address: courrier.Address{Street: who.street, Postcode: who.postcode, City: who.city, Country: "FR"}}}
	if who.email != "" {
		d.Mail = []email.Box{{Address: who.email}}
	}
	return d, nil
}
