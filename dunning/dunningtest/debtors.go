package dunningtest

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
)

// debtors is what a Host answers the engine.
type debtors struct{ h *Host }

// Case implements [dunning.Debtors].
func (d debtors) Case(_ context.Context, _ courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	d.h.mu.Lock()
	defer d.h.mu.Unlock()
	c, ok := d.h.customers[id]
	if !ok {
		return dunning.Case{}, fmt.Errorf("customer: %w", courrier.ErrNotFound)
	}
	return clone(*c), nil
}

// Details implements [dunning.Debtors].
func (d debtors) Details(
	_ context.Context, _ courrier.AccountID, id courrier.CustomerID, _ []dunning.InvoiceID,
) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{
		To: courrier.Recipient{
			Company: "Customer " + string(id), Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"},
		},
		Mail: []email.Box{{Address: "accounts@customer.example"}},
	}, nil
}

// Compose implements [dunning.Composer]: a page with the text as it is.
func (d debtors) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	return courrier.NewDocument("reminder.pdf", []byte("%PDF-1.7 "+p.Message.Subject+"\n\n"+p.Message.Body)), nil
}

// Mail implements [email.Mailer].
func (d debtors) Mail(_ context.Context, m email.Message) error {
	d.h.mu.Lock()
	defer d.h.mu.Unlock()
	if d.h.mailErr != nil {
		return d.h.mailErr
	}
	d.h.mails = append(d.h.mails, m)
	return nil
}
