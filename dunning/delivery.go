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
	Invoices  []courrier.InvoiceID
	Documents []courrier.Document // up to ten; by post the first is the body and bears the address, unless the carrier adds a sheet
	Text      Text                // of the e-mail; placeholders as in reminders
	Service   courrier.Service    // of the letter; empty: ServiceStandard
}

// Validate reports every wrong field.
func (d SalesDocument) Validate() error {
	var c courrier.Checks
	as := AdHoc{Account: d.Account, Customer: d.Customer, Key: d.Key, Invoices: d.Invoices, Text: d.Text, Service: d.Service, Attachments: d.Documents}
	c.Nest("Delivery", as.Validate())
	c.Require(len(d.Documents) > 0, "Delivery.Documents", "is empty", "give the document")
	c.Require(d.Text != (Text{}), "Delivery.Text", "is empty", "give the text of the e-mail")
	c.Require(d.Purpose == "" || slices.Contains(courrier.Purposes(), d.Purpose), "Delivery.Purpose", "is no purpose", "use one of the Purpose constants")
	return c.Err()
}

// Deliver sends a sales document by the customer's channel, with the next
// [Runner.Dispatch] and under the same rules as a reminder: once, confirmed, a
// refused e-mail goes on by post. It is no reminder: neither the contact delay
// nor a pause concerns it. [courrier.ErrConflict] with the code of [CauseNoChannel] when
// neither channel is possible.
func (d *Runner) Deliver(ctx context.Context, del SalesDocument) (Reminder, error) {
	if err := del.Validate(); err != nil {
		return Reminder{}, fmt.Errorf("deliver: %w", err)
	}
	plans, err := d.plans(ctx, del.Account)
	if err != nil {
		return Reminder{}, fmt.Errorf("deliver: %w", err)
	}
	return d.sendNow(ctx, plans, byHand{
		AdHoc: AdHoc{
			Account: del.Account, Customer: del.Customer, Key: del.Key, Invoices: del.Invoices, Text: del.Text,
			Service: cmp.Or(del.Service, courrier.ServiceStandard), Attachments: del.Documents,
		},
		key: handKey("delivery", del.Account, del.Key), delivery: cmp.Or(del.Purpose, courrier.PurposeInvoice),
	})
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
