package dunningtest

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
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
	_ context.Context, _ courrier.AccountID, id courrier.CustomerID, _ []courrier.InvoiceID,
) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{
		To: courrier.Recipient{
			Company: "Customer " + string(id), Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"},
		},
		Mail: []courrier.MailBox{{Address: "accounts@customer.example"}},
	}, nil
}

// Compose implements [dunning.Composer]: a page with the text as it is.
func (d debtors) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	return courrier.NewDocument("reminder.pdf", []byte("%PDF-1.7 "+p.Message.Subject+"\n\n"+p.Message.Body)), nil
}

// Mail implements [courrier.Mailer].
func (d debtors) Mail(_ context.Context, m courrier.Email) error {
	d.h.mu.Lock()
	defer d.h.mu.Unlock()
	if d.h.mailErr != nil {
		return d.h.mailErr
	}
	d.h.mails = append(d.h.mails, m)
	return nil
}
