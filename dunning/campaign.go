package dunning

import (
	"context"
	"fmt"
	"iter"

	"github.com/courrier-go/courrier"
)

// Campaign is one message, personalised, to many customers, or one step of their
// policies about many late invoices.
type Campaign struct {
	Account  courrier.AccountID
	Key      string            // of the campaign: each customer gets it once
	Step     string            // see AdHoc.Step
	Text     Text              // empty: the account's, or that of Step
	Kind     courrier.StepKind // without Step; empty: StepReminder
	Channels []courrier.Channel
	Service  courrier.Service
	// Attachments go with every message.
	Attachments []courrier.Document
	Review      bool
	// Progress, when set, is told after each customer.
	Progress func(done int, result CampaignResult)
}

// CampaignResult is what became of one customer in a campaign.
type CampaignResult struct {
	Customer courrier.CustomerID
	Reminder ReminderID // empty when there is none
	Err      error
}

// CampaignReport is what became of a campaign. Run again with the same key, it
// goes on where it ended.
type CampaignReport struct {
	Reminders int // made, or made before
	Refused   int
	Results   []CampaignResult
}

// Validate reports every wrong field.
func (cam Campaign) Validate() error {
	var c courrier.Checks
	as := AdHoc{
		Account: cam.Account, Customer: "each", Key: cam.Key, Invoices: []courrier.InvoiceID{"each"}, Step: cam.Step, Text: cam.Text, Kind: cam.Kind,
		Channels: cam.Channels, Service: cam.Service, Attachments: cam.Attachments,
	}
	for _, fe := range courrier.FieldErrors(as.Validate()) {
		c.Require(false, fe.Field, fe.Rule, fe.Remedy)
	}
	return c.Err()
}

// Campaign sends a message to every customer of a stream, about all the invoices
// each case has, which [Runner.Late] selects; a case without invoices gets the
// message alone. Customers with invoices in several currencies get one message
// for each. What becomes of each is in the review queue, by campaign.
func (d *Runner) Campaign(ctx context.Context, cam Campaign, cases iter.Seq2[Case, error]) (CampaignReport, error) {
	var report CampaignReport
	if err := cam.Validate(); err != nil {
		return report, fmt.Errorf("campaign: %w", err)
	}
	plans, err := d.plans(ctx, cam.Account)
	if err != nil {
		return report, fmt.Errorf("campaign: %w", err)
	}
	for c, err := range cases {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return report, fmt.Errorf("campaign: %w", err)
		}
		for _, a := range cam.messages(c) {
			result := CampaignResult{Customer: a.Customer}
			if c.Account != cam.Account || a.Customer == "" {
				result.Err = &courrier.FieldError{Field: "Case", Rule: "is of another account, or of no customer", Remedy: "stream the cases of the campaign's account"}
			} else {
				var rem Reminder
				rem, result.Err = d.sendNow(ctx, plans, a)
				result.Reminder = rem.ID
			}
			report.add(cam, result)
		}
	}
	return report, nil
}

func (r *CampaignReport) add(cam Campaign, result CampaignResult) {
	if result.Err == nil {
		r.Reminders++
	} else {
		r.Refused++
	}
	r.Results = append(r.Results, result)
	if cam.Progress != nil {
		cam.Progress(len(r.Results), result)
	}
}

// messages returns the customer's messages, one for each currency.
func (cam Campaign) messages(c Case) []byHand {
	currencies := c.Currencies()
	if len(currencies) == 0 {
		currencies = []string{""}
	}
	all := make([]byHand, len(currencies))
	for i, currency := range currencies {
		all[i] = byHand{
			AdHoc: AdHoc{
				Account: cam.Account, Customer: c.Customer.ID, Step: cam.Step, Kind: cam.Kind, Text: cam.Text, Channels: cam.Channels,
				Service: cam.Service, Attachments: cam.Attachments, Review: cam.Review,
			},
			key: handKey("campaign", cam.Account, cam.Key, string(c.Customer.ID), currency), campaign: cam.Key,
		}
		for _, inv := range c.Invoices {
			if inv.Unit() == currency {
				all[i].Invoices = append(all[i].Invoices, inv.ID)
			}
		}
	}
	return all
}
