package main

import (
	"context"
	"fmt"
	"iter"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
)

const account = courrier.AccountID("atelier-verne")

var (
	firstDay = courrier.MustDate("2026-03-02")
	creditor = courrier.Sender{Company: "Atelier Verne SAS", Address: courrier.Address{Street: "8 quai du Port", Postcode: "44000", City: "Nantes", Country: "FR"}}
)

// company is the product's own data: who owes what, and who pays when.
type company struct {
	today     func() courrier.Date
	customers []customer
}

type customer struct {
	id      courrier.CustomerID
	name    string
	address courrier.Address
	email   string
	class   latepayment.DebtorClass
	bills   []bill
}

type bill struct {
	number string
	due    courrier.Date
	amount courrier.Amount
	paysOn courrier.Date // no date: never
	half   bool          // pays one half on that day, and nothing more
}

// places are the customers: name, street, postcode, city, and whether they read e-mail.
var places = []struct {
	name, street, postcode, city, email string
	class                               latepayment.DebtorClass
}{
	{"Boulangerie Martin SARL", "12 rue des Lilas", "69003", "Lyon", "compta@martin.example", latepayment.DebtorBusiness},
	{"Garage Lopez SAS", "4 avenue de l’Europe", "31000", "Toulouse", "", latepayment.DebtorBusiness},
	{"Hôtel du Lac SARL", "1 chemin des Cygnes", "74000", "Annecy", "direction@hoteldulac.example", latepayment.DebtorBusiness},
	{"Librairie Nadaud EURL", "27 bis rue Pasteur", "33000", "Bordeaux", "nadaud@livres.example", latepayment.DebtorBusiness},
	{"Commune de Saint-Aubin", "1 place de la Mairie", "49190", "Saint-Aubin-de-Luigné", "mairie@saint-aubin.example", latepayment.DebtorPublic},
	{"Menuiserie Kerouac", "18 route de Brest", "29200", "Brest", "atelier@kerouac.example", latepayment.DebtorBusiness},
	{"Jeanne Oudin", "5 rue Sainte-Anne", "35000", "Rennes", "j.oudin@courriel.example", latepayment.DebtorConsumer},
	{"Traiteur Baptiste SARL", "66 cours Mirabeau", "13100", "Aix-en-Provence", "baptiste@traiteur.example", latepayment.DebtorBusiness},
	{"Clinique des Tilleuls", "9 allée des Tilleuls", "67000", "Strasbourg", "compta@tilleuls.example", latepayment.DebtorBusiness},
	{"Transports Delmas", "ZI Nord, 3 rue Ampère", "63000", "Clermont-Ferrand", "delmas@transports.example", latepayment.DebtorBusiness},
	{"Pépinières Roux", "Route de Nîmes", "30900", "Nîmes", "", latepayment.DebtorBusiness},
	{"Studio Lumen SAS", "40 rue du Bac", "75007", "Paris", "hello@lumen.example", latepayment.DebtorBusiness},
}

// newCompany writes five months of invoices: some customers pay in time, some late,
// some half, some never.
func newCompany(today func() courrier.Date) *company {
	c := &company{today: today}
	number := 140
	for i, p := range places {
		one := customer{
			id: courrier.CustomerID(fmt.Sprintf("C-%d", 101+i)), name: p.name, email: p.email, class: p.class,
			address: courrier.Address{Street: p.street, Postcode: p.postcode, City: p.city, Country: "FR"},
		}
		for month := range 4 {
			number++
			one.bills = append(one.bills, billOf(number, i, month))
		}
		c.customers = append(c.customers, one)
	}
	return c
}

func billOf(number, i, month int) bill {
	due := firstDay.AddDays(month*28 + i*2 - 20)
	cents := int64((i*7919+month*4273)%230000 + 4200)
	amount, err := courrier.AmountOfMicros(cents*10_000, "EUR")
	if err != nil {
		panic(err) // these figures are amounts
	}
	b := bill{number: fmt.Sprintf("FA-2026-%04d", number), due: due, amount: amount}
	switch (i + month) % 5 {
	case 0:
		b.paysOn = due.AddDays(-1)
	case 1:
		b.paysOn = due.AddDays(11)
	case 2:
		b.paysOn = due.AddDays(26)
	case 3:
		b.paysOn, b.half = due.AddDays(9), true
	}
	return b
}

// paid is what came in for a bill until today.
func (b bill) paid(today courrier.Date) []dunning.Payment {
	if b.paysOn.IsZero() || b.paysOn.After(today) {
		return nil
	}
	amount := b.amount
	if b.half {
		if half, err := courrier.AmountOfMicros(b.amount.Micros()/20_000*10_000, "EUR"); err == nil {
			amount = half
		}
	}
	return []dunning.Payment{{On: b.paysOn, Amount: amount}}
}

// issued is the day a bill was written; before it the product does not know it.
func (b bill) issued() courrier.Date { return b.due.AddDays(-30) }

func (c *company) caseOf(who customer) dunning.Case {
	today := c.today()
	one := dunning.Case{Account: account, Customer: dunning.Customer{
		ID: who.id, Class: who.class, Country: "FR", Contact: dunning.Contact{Email: who.email != "", Post: true},
	}}
	for _, b := range who.bills {
		if !b.issued().After(today) {
			one.Invoices = append(one.Invoices, dunning.Invoice{
				ID: dunning.InvoiceID(b.number), Number: b.number, IssuedOn: b.issued(), Parts: dunning.Due(b.due, b.amount), Payments: b.paid(today),
			})
		}
	}
	return one
}

func (c *company) find(id courrier.CustomerID) (customer, error) {
	for _, who := range c.customers {
		if who.id == id {
			return who, nil
		}
	}
	return customer{}, courrier.ErrNotFound
}

func (who customer) recipient() courrier.Recipient {
	if who.class == latepayment.DebtorConsumer {
		return courrier.Recipient{Name: who.name, Address: who.address}
	}
	return courrier.Recipient{Company: who.name, Address: who.address}
}

// Case implements [dunning.Debtors].
func (c *company) Case(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	who, err := c.find(id)
	if err != nil {
		return dunning.Case{}, err
	}
	return c.caseOf(who), nil
}

// Details implements [dunning.Debtors].
func (c *company) Details(_ context.Context, _ courrier.AccountID, id courrier.CustomerID, _ []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	who, err := c.find(id)
	if err != nil {
		return dunning.DebtorDetails{}, err
	}
	d := dunning.DebtorDetails{To: who.recipient()}
	if who.email != "" {
		d.Mail = []email.Box{{Address: who.email}}
	}
	return d, nil
}

// Cases implements [desk.Host].
func (c *company) Cases(context.Context, courrier.AccountID) iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) {
		for _, who := range c.customers {
			if !yield(c.caseOf(who), nil) {
				return
			}
		}
	}
}

// Customer implements [desk.Host].
func (c *company) Customer(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (desk.Customer, error) {
	who, err := c.find(id)
	return desk.Customer{Name: who.name, To: who.recipient()}, err
}

// Payments implements [desk.PaymentTeller].
func (c *company) Payments(_ context.Context, _ courrier.AccountID, from, to courrier.Date) iter.Seq2[dunning.InvoicePayment, error] {
	return func(yield func(dunning.InvoicePayment, error) bool) {
		for _, who := range c.customers {
			for _, b := range who.bills {
				for _, p := range b.paid(c.today()) {
					told := dunning.InvoicePayment{Customer: who.id, Invoice: dunning.InvoiceID(b.number), DueOn: b.due, On: p.On, Amount: p.Amount}
					if !p.On.Before(from) && !p.On.After(to) && !yield(told, nil) {
						return
					}
				}
			}
		}
	}
}
