package dunning

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// SalesDocument is a sales document, such as an invoice, to send to a customer by the
// customer's channel: by e-mail where there is an address and the customer did
// not switch it off for invoices, else by post.
type SalesDocument struct {
	Account  courrier.AccountID
	Customer courrier.CustomerID
	Key      string           // the same key again is the same delivery
	Purpose  courrier.Purpose // empty: PurposeInvoice
	// Invoices are those that the documents are: the evidence about them then
	// begins with this delivery.
	Invoices  []InvoiceID
	Documents []courrier.Document // up to ten; by post the first is the body and bears the address, unless the carrier adds a sheet
	Text      Text                // of the e-mail; placeholders as in reminders, but those of sums and days: a delivery claims nothing
	Service   courrier.Service    // of the letter; empty: ServiceStandard
}

// salesPurposes are what a sales document may be for: a claim goes by other ways,
// which ask whether it may.
var salesPurposes = []courrier.Purpose{courrier.PurposeQuote, courrier.PurposeInvoice, courrier.PurposeCreditNote, courrier.PurposeOther}

// Validate reports every wrong field, each as a [courrier.FieldError].
func (d SalesDocument) Validate() error {
	var c courrier.Checks
	as := ByHand{Account: d.Account, Customer: d.Customer, Key: d.Key, Invoices: d.Invoices, Text: d.Text, Service: d.Service, Attachments: d.Documents}
	c.Nest("Delivery", as.Validate())
	c.Require(len(d.Documents) > 0, "Delivery.Documents", "is empty", "give the document")
	c.Require(d.Text != (Text{}), "Delivery.Text", "is empty", "give the text of the e-mail")
	c.Require(d.Purpose == "" || slices.Contains(salesPurposes, d.Purpose), "Delivery.Purpose", "is none of a sales document", "use quote, invoice, credit note or other; a claim is sent by hand")
	names := aboutSums
	if len(d.Invoices) == 0 {
		names = aboutInvoices
	}
	requireNoSums(&c, "Delivery.Text", d.Text, names)
	return c.Err()
}

// Deliver sends a sales document by the customer's channel, with the next
// [Runner.Dispatch] and under the same rules as a reminder: once, confirmed, a refused
// e-mail goes on by post. It is no reminder: neither the contact delay, nor a pause,
// nor a payment concerns it, and a customer of whom the host's facts know nothing owed
// is reached as its details say. While no channel is possible it waits. Where neither
// channel is possible it is refused.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrConflict] (key-used, pending,
// no_channel, other-customer), the host's.
func (d *Runner) Deliver(ctx context.Context, del SalesDocument) (Reminder, error) {
	if err := del.Validate(); err != nil {
		return Reminder{}, fmt.Errorf("deliver: %w", err)
	}
	plans, err := d.plans(ctx, del.Account)
	if err != nil {
		return Reminder{}, fmt.Errorf("deliver: %w", err)
	}
	a := request{
		ByHand: ByHand{
			Account: del.Account, Customer: del.Customer, Key: del.Key, Invoices: del.Invoices, Text: del.Text,
			Service: cmp.Or(del.Service, courrier.ServiceStandard), Attachments: del.Documents,
		},
		key: handKey("delivery", del.Account, del.Key), delivery: cmp.Or(del.Purpose, courrier.PurposeInvoice),
	}
	a.print = fingerprintOf(a.Customer, a.Invoices, a.content(), a.delivery)
	return d.sendNow(ctx, plans, a)
}

// deliveryLeft is what may still be delivered: everything, by the channels that
// are possible now.
func deliveryLeft(was Decision, c Case) Decision {
	if was.Lines == nil {
		was.Lines = []ReminderLine{}
	}
	was.Channels = c.Customer.Contact.InvoiceChannels(c.AccountPostOff)
	return was
}
