package dunning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
)

// Campaign is one message, personalised, to many customers, or one step of their
// policies about many late invoices.
type Campaign struct {
	Account  courrier.AccountID
	Key      string            // of the campaign: each customer gets it once
	Step     string            // see ByHand.Step
	Text     Text              // empty: the account's, or that of Step
	Kind     courrier.StepKind // without Step; empty: StepReminder
	Channels []courrier.Channel
	Service  courrier.Service
	// Attachments go with every message.
	Attachments []courrier.Document
	Review      bool
	Sign        bool // see ByHand.Sign
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

// Validate reports every wrong field, each as a [courrier.FieldError].
func (cam Campaign) Validate() error {
	var c courrier.Checks
	as := cam.each("each")
	as.Key, as.Invoices = cam.Key, []InvoiceID{"each"}
	c.Require(cam.Key != "", "Key", "is empty", "name the campaign")
	for _, fe := range courrier.FieldErrors(as.Validate()) {
		c.Require(false, fe.Field, fe.Rule, fe.Remedy)
	}
	return c.Err()
}

// Campaign sends a message to every customer of a stream, about all the invoices each
// case has, which [Runner.Late] selects; a case without invoices gets the message
// alone, if the campaign has a text. Customers with invoices in several currencies get
// one message for each. What becomes of each is in the review queue, by campaign.
//
// A customer gets it once, whatever is invoiced or paid between two runs. The same key
// with another message is refused; a customer that comes twice in a stream is refused
// the second time. What goes wrong with one customer is in the report.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrConflict] (key-used), the host's.
func (d *Runner) Campaign(ctx context.Context, cam Campaign, cases iter.Seq2[Case, error]) (CampaignReport, error) {
	var report CampaignReport
	if err := cam.Validate(); err != nil {
		return report, fmt.Errorf("campaign: %w", err)
	}
	plans, err := d.plans(ctx, cam.Account)
	if err == nil {
		err = plans.knows(cam.Text)
	}
	if err == nil {
		err = d.begin(ctx, cam)
	}
	if err != nil {
		return report, fmt.Errorf("campaign: %w", err)
	}
	seen := map[courrier.CustomerID]bool{}
	for c, err := range cases {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return report, fmt.Errorf("campaign: %w", err)
		}
		twice := seen[c.Customer.ID]
		seen[c.Customer.ID] = true
		for _, result := range d.remind(ctx, plans, cam, c, twice) {
			report.add(cam, result)
		}
	}
	return report, nil
}

// itemCampaign keeps what a campaign's key stands for.
const itemCampaign courrier.ItemKind = "campaign"

// begin binds the key of a campaign to its message.
func (d *Runner) begin(ctx context.Context, cam Campaign) error {
	body, err := json.Marshal(cam.print())
	if err != nil {
		return err
	}
	err = d.commit(ctx, Change{Items: []courrier.Item{{Kind: itemCampaign, Account: cam.Account, ID: cam.Key, Body: body}}})
	if !errors.Is(err, courrier.ErrConflict) {
		return err
	}
	was, err := d.store.Item(ctx, itemCampaign, cam.Account, cam.Key)
	if err == nil && string(was.Body) != string(body) {
		err = refusal(courrier.CodeKeyUsed, "this key was used for another campaign; use a new key")
	}
	return err
}

func (cam Campaign) print() string { return fingerprintOf(cam.each("").content(), cam.Review) }

// remind makes the messages of one customer, or finds those made before.
func (d *Runner) remind(ctx context.Context, plans *accountPlans, cam Campaign, c Case, twice bool) []CampaignResult {
	fail := func(err error) []CampaignResult {
		return []CampaignResult{{Customer: c.Customer.ID, Err: err}}
	}
	switch {
	case c.Account != cam.Account || c.Customer.ID == "":
		return fail(&courrier.FieldError{Field: "Case", Rule: "is of another account, or of no customer", Remedy: "stream the cases of the campaign's account"})
	case twice:
		return fail(&courrier.FieldError{Field: "Case.Customer.ID", Rule: "comes twice", Remedy: "stream each customer once, with all that it is about"})
	}
	var all []CampaignResult
	made, err := seq.Collect(d.store.Reminders(ctx, ReminderFilter{Account: cam.Account, Campaign: cam.Key, Customers: []courrier.CustomerID{c.Customer.ID}}))
	if err != nil {
		return fail(err)
	}
	done := map[string]bool{}
	for _, rem := range made {
		done[rem.Decision.Open.Unit()] = true
		all = append(all, CampaignResult{Customer: rem.Customer, Reminder: rem.ID})
		if slices.Contains(rem.Keys, cam.key(rem.Customer, "")) { // the last of them: all were made
			return all
		}
	}
	for _, a := range cam.messages(c, done) {
		if err := a.validateAboutNothing(); err != nil {
			return append(all, CampaignResult{Customer: a.Customer, Err: err})
		}
		rem, err := d.sendNow(ctx, plans, a)
		all = append(all, CampaignResult{Customer: a.Customer, Reminder: rem.ID, Err: err})
	}
	return all
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

// each is the message to a customer.
func (cam Campaign) each(customer courrier.CustomerID) ByHand {
	return ByHand{
		Account: cam.Account, Customer: customer, Step: cam.Step, Kind: cam.Kind, Text: cam.Text, Channels: cam.Channels,
		Service: cam.Service, Attachments: cam.Attachments, Review: cam.Review, Sign: cam.Sign,
	}
}

// key is that of the customer's last message, or of one in a currency.
func (cam Campaign) key(customer courrier.CustomerID, currency string) string {
	if currency == "" {
		return handKey("campaign", cam.Account, cam.Key, string(customer))
	}
	return handKey("campaign", cam.Account, cam.Key, string(customer), currency)
}

// messages returns the customer's messages, one for each currency that has none. The
// last one bears the customer's own key, which says that all were made: what can
// change until then is part of no other.
func (cam Campaign) messages(c Case, done map[string]bool) []request {
	currencies := slices.DeleteFunc(c.Currencies(), func(unit string) bool { return done[unit] })
	if len(currencies) == 0 && len(done) == 0 {
		currencies = []string{""}
	}
	all := make([]request, len(currencies))
	for i, currency := range currencies {
		all[i] = request{ByHand: cam.each(c.Customer.ID), campaign: cam.Key, print: cam.print()}
		all[i].key = cam.key(c.Customer.ID, currency)
		if i == len(currencies)-1 {
			all[i].key = cam.key(c.Customer.ID, "")
		}
		for _, inv := range c.Invoices {
			if inv.Unit() == currency {
				all[i].Invoices = append(all[i].Invoices, inv.ID)
			}
		}
	}
	return all
}
