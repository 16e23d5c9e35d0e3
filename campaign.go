package courrier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// AdHoc is a reminder outside any policy: by hand, about some of a customer's
// invoices or about none. It counts for the contact delay once it is sent, and
// for no step.
type AdHoc struct {
	Account  AccountID
	Customer CustomerID
	// Key makes it happen once: the same key again is the same reminder.
	Key      string
	Invoices []InvoiceID // none: a message about no invoice
	Kind     StepKind    // of the text and of the approval; empty: StepReminder
	Text     Text        // empty: the account's text of Template, or the library's by kind
	Template string
	Channels []Channel // in order of preference; empty: e-mail, post
	Service  Service   // of a letter
	Review   bool      // wait in the queue instead of leaving at once
	Assignee ActorID
	// Attachments replace the invoices' own documents.
	Attachments []Document

	campaign string
	delivery Purpose // of a Delivery
}

// Validate reports every wrong field.
func (a AdHoc) Validate() error {
	var c Checks
	c.Require(a.Account != "", "Account", "is empty", "name the account")
	c.Require(a.Customer != "", "Customer", "is empty", "name the customer")
	c.Require(a.Key != "" && len(a.Key) <= MaxKeyLen, "Key", fmt.Sprintf("is empty or over %d bytes", MaxKeyLen), "give a key that is the same when the same reminder is sent again")
	c.Require(slices.Contains([]StepKind{"", StepCourtesy, StepReminder, StepFormalNotice}, a.Kind), "Kind", "is no kind of step", "use one of the Step constants")
	if a.Text != (Text{}) {
		c.Nest("Text", a.Text.Validate())
	}
	edit := ReminderEdit{Attachments: a.Attachments}
	if a.Service != "" {
		edit.Service = &a.Service
	}
	c.Nest("AdHoc", edit.Validate())
	return c.Err()
}

// SendNow makes a reminder outside any policy. It leaves with the next
// [Dunning.Dispatch], or waits for review; a formal notice always does. Paused
// customers, and invoices that are paid, disputed or excluded, are refused with
// [ErrConflict] and the cause as Code.
func (d *Dunning) SendNow(ctx context.Context, a AdHoc) (Reminder, error) {
	if err := a.Validate(); err != nil {
		return Reminder{}, fmt.Errorf("send now: %w", err)
	}
	plans, err := d.plans(ctx, a.Account)
	if err != nil {
		return Reminder{}, fmt.Errorf("send now: %w", err)
	}
	return d.sendNow(ctx, plans, a)
}

func (d *Dunning) sendNow(ctx context.Context, plans *accountPlans, a AdHoc) (Reminder, error) {
	key := "adhoc|" + keyEscapes.Replace(string(a.Account)) + "|" + keyEscapes.Replace(a.Key)
	for was, err := range d.store.Reminders(ctx, ReminderFilter{Key: key, Limit: 1}) {
		return was, err
	}
	c, err := d.cfg.Debtors.Case(ctx, a.Account, a.Customer)
	if err != nil {
		return Reminder{}, fmt.Errorf("send now: %w", err)
	}
	notes, err := d.Notes(ctx, a.Account, a.Customer)
	if err != nil {
		return Reminder{}, err
	}
	c = notes.apply(c)
	c.AccountPostOff = c.AccountPostOff || plans.postOff
	decision, err := a.decide(c, d.today(plans))
	if err != nil {
		return Reminder{}, err
	}
	rem := d.adHoc(ctx, a, decision, d.today(plans), key)
	for _, doc := range a.Attachments {
		if err := d.client.contents.PutContent(ctx, SumOf(doc.Content), doc.Content); err != nil {
			return Reminder{}, fmt.Errorf("send now: %w", err)
		}
	}
	if a.Text != (Text{}) {
		if err := d.writeText(ctx, plans, &rem, a.Text); err != nil {
			return Reminder{}, err
		}
	}
	if err := d.write(ctx, &rem); !errors.Is(err, ErrConflict) {
		return rem, err
	}
	return d.sendNow(ctx, plans, a) // somebody sent it with this key at this moment
}

// writeText fills in the text that an ad hoc reminder brings.
func (d *Dunning) writeText(ctx context.Context, plans *accountPlans, rem *Reminder, text Text) error {
	shown := *rem
	out, err := d.prepare(ctx, plans, &shown)
	if err != nil {
		return err
	}
	rem.Message, rem.Revised = text.render(out.text.values(), out.text.Language), true
	return nil
}

// decide checks the facts and makes the decision that the rest of the engine
// knows how to send.
func (a AdHoc) decide(c Case, today Date) (Decision, error) {
	step := Step{Kind: cmp.Or(a.Kind, StepReminder), Template: a.Template, Channels: a.Channels, Service: a.Service}
	was := Decision{Key: ReminderKey{Account: a.Account}, Customer: a.Customer, On: today, PlannedOn: today, Step: step}
	for _, id := range a.Invoices {
		i := slices.IndexFunc(c.Invoices, func(inv Invoice) bool { return inv.ID == id })
		if i < 0 {
			return was, &Error{Op: "send now", Kind: ErrNotFound, Code: "invoice", Err: errors.New("an invoice is not among the customer's open ones")}
		}
		inv := c.Invoices[i]
		if cause := inv.closed(); cause != "" {
			return was, &Error{Op: "send now", Kind: ErrConflict, Code: string(cause), Err: errors.New("an invoice may not be reminded")}
		}
		if was.Open.unit != "" && was.Open.unit != inv.Open.unit {
			return was, &FieldError{Field: "Invoices", Rule: "are in several currencies", Remedy: "send one reminder for each currency"}
		}
		was.Open.unit = inv.Open.unit
		was.Lines = append(was.Lines, ReminderLine{Invoice: id, DueOn: inv.DueOn, Open: inv.Open})
	}
	left, why := adHocLeft(was, c, today)
	if a.delivery != "" {
		left, why = deliveryLeft(was, c), Hold{Cause: CauseNoChannel}
	}
	if left.Lines == nil || len(left.Channels) == 0 {
		return was, &Error{Op: "send now", Kind: ErrConflict, Code: string(why.Cause), Err: errors.New("the customer may not be reminded")}
	}
	return left, nil
}

func (d *Dunning) adHoc(ctx context.Context, a AdHoc, decision Decision, today Date, key string) Reminder {
	now := d.client.now()
	rem := Reminder{
		ID: ReminderID(d.client.ids.next()), Account: a.Account, Customer: a.Customer, Keys: []string{key}, Decision: decision,
		AdHoc: true, Campaign: a.campaign, Delivery: a.delivery, State: ReminderApproved, DueOn: today, DueAt: now, Assignee: a.Assignee, Service: a.Service,
		Attachments: Letter{Documents: a.Attachments}.normal().Documents, Channel: decision.Channels[0],
	}
	act := "sent by hand"
	if a.Review || a.Kind == StepFormalNotice {
		rem.State, rem.DueAt, act = ReminderProposed, time.Time{}, "proposed by hand"
	}
	rem.log(now, ActorFrom(ctx).ID, act, "")
	return rem
}

// Delivery is a sales document, such as an invoice, to send to a customer by the
// customer's channel: by e-mail where there is an address and the customer did
// not switch it off for invoices, else by post.
type Delivery struct {
	Account   AccountID
	Customer  CustomerID
	Key       string     // the same key again is the same delivery
	Purpose   Purpose    // empty: PurposeInvoice
	Documents []Document // by post the first is the body and bears the address, unless the carrier adds a sheet
	Text      Text       // of the e-mail; placeholders as in reminders
	Service   Service    // of the letter; empty: ServiceStandard
}

// Validate reports every wrong field.
func (d Delivery) Validate() error {
	var c Checks
	c.Nest("Delivery", AdHoc{Account: d.Account, Customer: d.Customer, Key: d.Key, Text: d.Text, Service: d.Service, Attachments: d.Documents}.Validate())
	c.Require(len(d.Documents) > 0, "Delivery.Documents", "is empty", "give the document")
	c.Require(d.Text != (Text{}), "Delivery.Text", "is empty", "give the text of the e-mail")
	c.Require(d.Purpose == "" || slices.Contains(purposes, d.Purpose), "Delivery.Purpose", "is no purpose", "use one of the Purpose constants")
	return c.Err()
}

// Deliver sends a sales document by the customer's channel, with the next
// [Dunning.Dispatch] and under the same rules as a reminder: once, confirmed, a
// refused e-mail goes on by post. It is no reminder: neither the contact delay
// nor a pause concerns it. [ErrConflict] with the code of [CauseNoChannel] when
// neither channel is possible.
func (d *Dunning) Deliver(ctx context.Context, del Delivery) (Reminder, error) {
	if err := del.Validate(); err != nil {
		return Reminder{}, fmt.Errorf("deliver: %w", err)
	}
	plans, err := d.plans(ctx, del.Account)
	if err != nil {
		return Reminder{}, fmt.Errorf("deliver: %w", err)
	}
	return d.sendNow(ctx, plans, AdHoc{
		Account: del.Account, Customer: del.Customer, Key: "delivery/" + del.Key, Text: del.Text, Service: del.Service,
		Attachments: del.Documents, delivery: cmp.Or(del.Purpose, PurposeInvoice),
	})
}

// deliveryLeft is what may still be delivered: everything, by the channels that
// are possible now.
func deliveryLeft(was Decision, c Case) Decision {
	was.Lines = []ReminderLine{}
	was.Channels = c.Customer.Contact.InvoiceChannels(c.AccountPostOff)
	return was
}

// LateFilter selects late invoices to remind by hand.
type LateFilter struct {
	MinDaysLate int    // 0: from the day after the due date
	MinOpen     Amount // per customer and currency
	Customers   []CustomerID
	Classes     []DebtorClass
	Tags        []string // all of them
}

// Late lists, of cases the host streams, the invoices that are late on a day and
// may be reminded, by customer.
func (f LateFilter) Late(today Date, cases iter.Seq2[Case, error]) iter.Seq2[Case, error] {
	where := Criteria{MinOpen: f.MinOpen, Classes: f.Classes, Tags: f.Tags}
	return func(yield func(Case, error) bool) {
		for c, err := range cases {
			if err != nil {
				yield(Case{}, err)
				return
			}
			if !oneOf(f.Customers, c.Customer.ID) {
				continue
			}
			late := c
			late.Invoices = nil
			for _, inv := range c.Invoices {
				if inv.closed() == "" && today.DaysSince(inv.DueOn) >= max(f.MinDaysLate, 1) {
					late.Invoices = append(late.Invoices, inv)
				}
			}
			late.Invoices = slices.DeleteFunc(late.Invoices, func(inv Invoice) bool {
				open, days := late.standing(inv.Open.unit, today)
				return where.fails(c.Customer, open, days) != ""
			})
			if len(late.Invoices) > 0 && !yield(late, nil) {
				return
			}
		}
	}
}

// Campaign is one message, personalised, to many customers.
type Campaign struct {
	Account  AccountID
	Key      string // of the campaign: each customer gets it once
	Text     Text
	Kind     StepKind // empty: StepReminder
	Channels []Channel
	Service  Service
	// Attachments go with every message.
	Attachments []Document
	Review      bool
	// Progress, when set, is told after each customer.
	Progress func(done int, result CampaignResult)
}

// CampaignResult is what became of one customer in a campaign.
type CampaignResult struct {
	Customer CustomerID
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

// Campaign sends a message to every customer of a stream, about all the invoices
// each case has, which [LateFilter.Late] selects; a case without invoices gets
// the message alone. Customers with invoices in several currencies get one
// message for each.
func (d *Dunning) Campaign(ctx context.Context, cam Campaign, cases iter.Seq2[Case, error]) (CampaignReport, error) {
	var report CampaignReport
	if strings.TrimSpace(cam.Key) == "" {
		return report, &FieldError{Field: "Key", Rule: "is empty", Remedy: "give the campaign a key"}
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
			report.add(cam, d.campaignOne(ctx, plans, a))
		}
	}
	return report, nil
}

func (d *Dunning) campaignOne(ctx context.Context, plans *accountPlans, a AdHoc) CampaignResult {
	result := CampaignResult{Customer: a.Customer}
	if result.Err = a.Validate(); result.Err != nil {
		return result
	}
	rem, err := d.sendNow(ctx, plans, a)
	result.Reminder, result.Err = rem.ID, err
	return result
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
func (cam Campaign) messages(c Case) []AdHoc {
	a := AdHoc{
		Account: cam.Account, Customer: c.Customer.ID, Kind: cam.Kind, Text: cam.Text, Channels: cam.Channels,
		Service: cam.Service, Attachments: cam.Attachments, Review: cam.Review, campaign: cam.Key,
	}
	a.Key = "campaign/" + cam.Key + "/" + string(c.Customer.ID)
	currencies := c.Currencies()
	if len(currencies) == 0 {
		return []AdHoc{a}
	}
	all := make([]AdHoc, len(currencies))
	for i, currency := range currencies {
		all[i] = a
		all[i].Key += "/" + currency
		for _, inv := range c.Invoices {
			if inv.Open.unit == currency {
				all[i].Invoices = append(all[i].Invoices, inv.ID)
			}
		}
	}
	return all
}
