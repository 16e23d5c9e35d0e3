package modellife

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/latepayment"
)

func day(s string) courrier.Date { return courrier.MustDate(s) }

func bill(id, due string) dunning.Invoice {
	on := day(due)
	return dunning.Invoice{ID: dunning.InvoiceID(id), Number: "N-" + id, IssuedOn: on.AddDays(-30), Parts: dunning.Due(on, courrier.MustAmount("120.00", "EUR"))}
}

// office is the host: who owes what, and how it writes.
type office struct {
	*testscene.Scene
	mu        sync.Mutex
	cases     map[courrier.CustomerID]dunning.Case
	addresses map[courrier.CustomerID]int // how many e-mail addresses each had before
	plans     dunning.Settings
}

func newOffice(t testing.TB) *office {
	o := &office{cases: map[courrier.CustomerID]dunning.Case{}, addresses: map[courrier.CustomerID]int{}}
	o.Scene = testscene.New(t, func(c *courrier.Config) {
		c.Authorize = func(_ context.Context, a courrier.Actor, action courrier.Action) error {
			asks := action.Kind == courrier.ActionApproveFormalNotice || action.Kind == courrier.ActionOverrideReminder
			if asks && a.ID != "boss" {
				return errors.New("not a decision-maker")
			}
			return nil
		}
	})
	o.plans = dunning.Settings{ // without days of grace after a promise: the model's promises end on their day
		Policies:   []courrier.ReminderPolicy{dunning.StandardPolicy(), dunning.FirmPolicy(), dunning.GentlePolicy()},
		Assignment: dunning.PolicyAssignment{Default: "standard"},
		Language:   courrier.French,
		Sender:     courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		MailFrom:   email.Box{Address: "billing@acme.example"},
	}
	for i := range o.plans.Policies {
		o.plans.Policies[i].PromiseGraceDays = 0
	}
	return o
}

func (o *office) Case(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.cases[id]
	c.Invoices = slices.Clone(c.Invoices)
	return c, nil
}

func (o *office) Details(_ context.Context, _ courrier.AccountID, id courrier.CustomerID, _ []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{
		To:   courrier.Recipient{Company: "Client " + string(id), Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Mail: []email.Box{{Address: o.mailOf(id)}},
	}, nil
}

// mailOf is the e-mail address of a customer today.
func (o *office) mailOf(id courrier.CustomerID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return fmt.Sprintf("%s.%d@example.com", id, o.addresses[id])
}

// Compose writes down everything that it is given.
func (o *office) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	text, err := json.Marshal(p)
	return courrier.Document{Name: "reminder.pdf", Content: append([]byte("%PDF-1.7 "), text...), Pages: 1}, err
}

// meet makes a customer who owes nothing yet.
func (o *office) meet(id courrier.CustomerID, contact dunning.Contact) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cases[id] = dunning.Case{Account: "acme", Customer: dunning.Customer{ID: id, Class: latepayment.DebtorBusiness, Contact: contact}}
}

func (o *office) change(id courrier.CustomerID, edit func(c *dunning.Case)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.cases[id]
	c.Invoices = slices.Clone(c.Invoices)
	edit(&c)
	o.cases[id] = c
}

var (
	both     = dunning.Contact{Email: true, Post: true}
	postOnly = dunning.Contact{Post: true}
)

func denied(code string) error {
	return &courrier.Error{Op: "mail", Kind: courrier.ErrDenied, Code: code}
}
