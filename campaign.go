package courrier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// AdHoc is a reminder by hand, about some of a customer's invoices or about none.
// It counts for the contact delay once it is sent; for a step, only where one is
// chosen.
type AdHoc struct {
	Account  AccountID
	Customer CustomerID
	// Key makes it happen once: the same key again is the same reminder.
	Key      string
	Invoices []InvoiceID // none: a message about no invoice
	// Step chooses a level: that step of the customer's policy with its text, its
	// service, its fee and its approval. The plan goes on from there.
	Step     string
	Kind     StepKind  // without Step: of the text and of the approval; empty: StepReminder
	Text     Text      // empty: the account's text of Template, or the library's by kind
	Template string    // empty: that of Step
	Channels []Channel // in order of preference; empty: those of Step, else e-mail, post. A formal notice goes by post first
	Service  Service   // of a letter; empty: that of Step, else registered with advice of receipt for a formal notice, else standard
	Review   bool      // wait in the queue instead of leaving at once
	Assignee ActorID
	// Attachments replace the invoices' own documents.
	Attachments []Document
}

// Validate reports every wrong field.
func (a AdHoc) Validate() error {
	var c Checks
	c.Require(a.Account != "", "Account", "is empty", "name the account")
	c.Require(a.Customer != "", "Customer", "is empty", "name the customer")
	c.Require(a.Key != "" && len(a.Key) <= MaxKeyLen, "Key", fmt.Sprintf("is empty or over %d bytes", MaxKeyLen), "give a key that is the same when the same reminder is sent again")
	c.Require(slices.Contains([]StepKind{"", StepCourtesy, StepReminder, StepFormalNotice}, a.Kind), "Kind", "is no kind of step", "use one of the Step constants")
	c.Require(a.Step == "" || a.Kind == "" && len(a.Invoices) > 0, "Step", "is given with a Kind, or without invoices", "leave Kind to the step, and name the invoices")
	c.Require(distinctIDs(a.Invoices), "Invoices", "name one twice", "name each once")
	for i, ch := range a.Channels {
		c.Require(ch.set() != 0, fmt.Sprintf("Channels[%d]", i), "is no channel", "use one of the Channel constants")
	}
	if a.Text != (Text{}) {
		c.Nest("Text", a.Text.Validate())
	}
	edit := ReminderEdit{Attachments: a.Attachments}
	if a.Service != "" {
		edit.Service = &a.Service
	}
	for _, fe := range FieldErrors(edit.Validate()) {
		c.Require(false, fe.Field, fe.Rule, fe.Remedy)
	}
	return c.Err()
}

func distinctIDs(ids []InvoiceID) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) == len(ids)
}

// SendNow makes a reminder by hand. It leaves with the next [Dunning.Dispatch],
// or waits for review; a formal notice, and a step that needs approval, always
// do. Paused customers, and invoices that are paid, disputed or excluded, are
// refused with [ErrConflict] and the cause as Code; so is a key that was used for
// another customer.
func (d *Dunning) SendNow(ctx context.Context, a AdHoc) (Reminder, error) {
	if err := a.Validate(); err != nil {
		return Reminder{}, fmt.Errorf("send now: %w", err)
	}
	plans, err := d.plans(ctx, a.Account)
	if err != nil {
		return Reminder{}, fmt.Errorf("send now: %w", err)
	}
	return d.sendNow(ctx, plans, byHand{AdHoc: a, key: handKey("adhoc", a.Account, a.Key)})
}

// byHand is what the three ways to send outside a run have in common.
type byHand struct {
	AdHoc
	key      string
	campaign string
	delivery Purpose
}

// handKey joins the parts of a key so that no two lists give the same.
func handKey(kind string, account AccountID, parts ...string) string {
	key := kind + "|" + keyEscapes.Replace(string(account))
	for _, p := range parts {
		key += "|" + keyEscapes.Replace(p)
	}
	return key
}

func (d *Dunning) sendNow(ctx context.Context, plans *accountPlans, a byHand) (Reminder, error) {
	for range maxConflicts {
		for was, err := range d.store.Reminders(ctx, ReminderFilter{Key: a.key, Limit: 1}) {
			if err == nil && was.Customer != a.Customer {
				err = &Error{Op: "send now", Kind: ErrConflict, Code: "key-used", Err: errors.New("this key was used for another customer; use a new key")}
			}
			return was, err
		}
		rem, err := d.propose(ctx, plans, a)
		if err != nil {
			return Reminder{}, fmt.Errorf("send now: %w", err)
		}
		if err := d.write(ctx, &rem); !errors.Is(err, ErrConflict) {
			return rem, err
		}
		// Somebody claimed this key, or one of the step's, at this moment.
	}
	return Reminder{}, &Error{Op: "send now", Kind: ErrConflict, Code: "key-used", Err: errors.New("a key of this reminder is claimed by another")}
}

// propose checks the facts of the moment and makes the reminder.
func (d *Dunning) propose(ctx context.Context, plans *accountPlans, a byHand) (Reminder, error) {
	c, err := d.debtor(ctx, a.Account, a.Customer)
	if err != nil {
		return Reminder{}, err
	}
	past, err := d.histories(ctx, []Case{c})
	if err != nil {
		return Reminder{}, err
	}
	c = d.reachable(plans, past[a.Customer].notes.apply(c))
	today := plans.dayOf(Reminder{}, d.client.now())
	decision, err := a.decide(plans, c, past[a.Customer].history, today)
	if err != nil {
		return Reminder{}, err
	}
	for _, doc := range a.Attachments {
		if err := d.client.contents.PutContent(ctx, SumOf(doc.Content), doc.Content); err != nil {
			return Reminder{}, err
		}
	}
	return d.byHand(ctx, a, decision, today), nil
}

// decide checks the facts and makes the decision that the rest of the engine
// knows how to send.
func (a byHand) decide(plans *accountPlans, c Case, h History, today Date) (Decision, error) {
	was := Decision{Key: ReminderKey{Account: a.Account}, Customer: a.Customer, On: today, PlannedOn: today}
	for _, id := range a.Invoices {
		i := slices.IndexFunc(c.Invoices, func(inv Invoice) bool { return inv.ID == id })
		switch {
		case a.delivery != "":
			was.Lines = append(was.Lines, ReminderLine{Invoice: id})
			continue
		case i < 0:
			return was, &Error{Op: "invoice", Kind: ErrNotFound, Code: "invoice", Err: errors.New("an invoice is not among the customer's open ones")}
		}
		inv := c.Invoices[i]
		if cause := inv.closed(); cause != "" {
			return was, &Error{Op: "invoice", Kind: ErrConflict, Code: string(cause), Err: errors.New("an invoice may not be reminded")}
		}
		if was.Open.unit != "" && was.Open.unit != inv.Open.unit {
			return was, &FieldError{Field: "Invoices", Rule: "are in several currencies", Remedy: "send one reminder for each currency"}
		}
		was.Open.unit = inv.Open.unit
		was.Lines = append(was.Lines, ReminderLine{Invoice: id, DueOn: inv.DueOn, Open: inv.Open})
	}
	if err := a.level(&was, plans, c, h, today); err != nil {
		return was, err
	}
	left, why := adHocLeft(was, c, today)
	if a.delivery != "" {
		left, why = deliveryLeft(was, c), Hold{Cause: CauseNoChannel}
	}
	if left.Lines == nil || len(left.Channels) == 0 {
		return was, &Error{Op: "customer", Kind: ErrConflict, Code: string(why.Cause), Err: errors.New("the customer may not be reminded")}
	}
	return left, nil
}

// level fills in the step: the one that was chosen, with the keys it will claim,
// or one of no policy.
func (a byHand) level(was *Decision, plans *accountPlans, c Case, h History, today Date) error {
	step := Step{Kind: cmp.Or(a.Kind, StepReminder)}
	if a.Step != "" {
		if len(was.Lines) == 0 {
			return &FieldError{Field: "Step", Rule: "is given without invoices", Remedy: "name the invoices"}
		}
		e, _, err := plans.evaluator(c, was.Open.unit, today)
		if err != nil {
			return err
		}
		i := e.policy.stepIndex(a.Step)
		if i < 0 {
			return &FieldError{Field: "Step", Rule: "is none of the customer's policy", Remedy: "use the id of one of its steps"}
		}
		step = e.steps[i]
		was.PolicyID, was.PolicyVersion = e.policy.ID, e.policy.Version
		was.Final = i == len(e.steps)-1
		for n, line := range was.Lines {
			was.Lines[n].Occurrence = h.claimed(line.Invoice, step.ID) + 1
		}
		first := was.Lines[0]
		was.Key.Invoice, was.Key.Step, was.Key.Occurrence = first.Invoice, step.ID, first.Occurrence
	}
	step.Template = cmp.Or(a.Template, step.Template)
	step.Service = cmp.Or(a.Service, step.service())
	if len(a.Channels) > 0 {
		step.Channels = a.Channels
	}
	was.Step = step
	was.Final = was.Final || step.Kind == StepFormalNotice
	was.NeedsApproval = step.needsApproval()
	return nil
}

// claimed counts the keys of a step that were claimed for an invoice.
func (h History) claimed(id InvoiceID, step string) int {
	n := 0
	for _, p := range h {
		if p.Step == step && slices.Contains(p.Invoices, id) {
			n++
		}
	}
	return n
}

func (d *Dunning) byHand(ctx context.Context, a byHand, decision Decision, today Date) Reminder {
	now := d.client.now()
	rem := Reminder{
		ID: ReminderID(d.client.ids.next()), Account: a.Account, Customer: a.Customer, Keys: []string{a.key},
		AdHoc: true, Text: a.Text, Campaign: a.campaign, Delivery: a.delivery, State: ReminderApproved, DueOn: today, DueAt: now,
		Assignee: a.Assignee, Service: decision.Step.Service, Attachments: Letter{Documents: a.Attachments}.normal().Documents, Channel: decision.Channels[0],
	}
	rem = rem.narrowed(decision)
	act := "sent by hand"
	if a.Review || decision.NeedsApproval {
		rem.State, rem.DueAt, act = ReminderProposed, time.Time{}, "proposed by hand"
	}
	rem.log(now, ActorFrom(ctx).ID, act, "")
	return rem
}

// Delivery is a sales document, such as an invoice, to send to a customer by the
// customer's channel: by e-mail where there is an address and the customer did
// not switch it off for invoices, else by post.
type Delivery struct {
	Account  AccountID
	Customer CustomerID
	Key      string  // the same key again is the same delivery
	Purpose  Purpose // empty: PurposeInvoice
	// Invoices are those that the documents are: the evidence about them then
	// begins with this delivery.
	Invoices  []InvoiceID
	Documents []Document // up to ten; by post the first is the body and bears the address, unless the carrier adds a sheet
	Text      Text       // of the e-mail; placeholders as in reminders
	Service   Service    // of the letter; empty: ServiceStandard
}

// Validate reports every wrong field.
func (d Delivery) Validate() error {
	var c Checks
	as := AdHoc{Account: d.Account, Customer: d.Customer, Key: d.Key, Invoices: d.Invoices, Text: d.Text, Service: d.Service, Attachments: d.Documents}
	c.Nest("Delivery", as.Validate())
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
	return d.sendNow(ctx, plans, byHand{
		AdHoc: AdHoc{
			Account: del.Account, Customer: del.Customer, Key: del.Key, Invoices: del.Invoices, Text: del.Text,
			Service: cmp.Or(del.Service, ServiceStandard), Attachments: del.Documents,
		},
		key: handKey("delivery", del.Account, del.Key), delivery: cmp.Or(del.Purpose, PurposeInvoice),
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

// LateFilter selects late invoices to remind by hand.
type LateFilter struct {
	MinDaysLate int    // 0: from the day after the due date
	MaxDaysLate int    // 0: no limit
	MinOpen     Amount // per customer and currency
	MaxOpen     Amount
	Customers   []CustomerID
	Classes     []DebtorClass
	Tags        []string // all of them
	// Steps selects by level, for [Dunning.Late]: invoices whose last step sent is
	// one of these; "" stands for those of which none was sent.
	Steps []string
}

// Late lists late invoices as [LateFilter.Late] does, with what was done about
// them: it knows their level, and leaves out what people told the library to
// leave out. The cases of one account are best streamed together.
func (d *Dunning) Late(ctx context.Context, f LateFilter, today Date, cases iter.Seq2[Case, error]) iter.Seq2[Case, error] {
	return f.Late(today, func(yield func(Case, error) bool) {
		for batch, err := range batches(cases) {
			var past map[CustomerID]debtorPast
			if err == nil {
				past, err = d.histories(ctx, batch)
			}
			if err != nil {
				yield(Case{}, err)
				return
			}
			for _, c := range batch {
				c = past[c.Customer.ID].notes.apply(c)
				if c.Customer.Paused && (c.Customer.PausedUntil.IsZero() || c.Customer.PausedUntil.After(today)) {
					continue
				}
				if len(f.Steps) > 0 {
					c.Invoices = slices.DeleteFunc(slices.Clone(c.Invoices), func(inv Invoice) bool {
						return !slices.Contains(f.Steps, past[c.Customer.ID].history.level(inv.ID))
					})
				}
				if !yield(c, nil) {
					return
				}
			}
		}
	})
}

// level is the step sent last about an invoice; empty: none.
func (h History) level(id InvoiceID) string {
	step, on := "", Date{}
	for _, p := range h {
		if p.State == PastSent && p.Step != "" && !p.On.Before(on) && slices.Contains(p.Invoices, id) {
			step, on = p.Step, p.On
		}
	}
	return step
}

// Late lists, of cases the host streams, the invoices that are late on a day and
// may be reminded, by customer.
func (f LateFilter) Late(today Date, cases iter.Seq2[Case, error]) iter.Seq2[Case, error] {
	where := Criteria{MinOpen: f.MinOpen, MaxOpen: f.MaxOpen, Classes: f.Classes, Tags: f.Tags}
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
				days := today.DaysSince(inv.DueOn)
				if inv.closed() == "" && days >= max(f.MinDaysLate, 1) && (f.MaxDaysLate == 0 || days <= f.MaxDaysLate) {
					late.Invoices = append(late.Invoices, inv)
				}
			}
			for _, currency := range late.Currencies() {
				open, days := late.standing(currency, today)
				if where.fails(c.Customer, open, days) != "" {
					late.Invoices = slices.DeleteFunc(late.Invoices, func(inv Invoice) bool { return inv.Open.unit == currency })
				}
			}
			if len(late.Invoices) > 0 && !yield(late, nil) {
				return
			}
		}
	}
}

// Campaign is one message, personalised, to many customers, or one step of their
// policies about many late invoices.
type Campaign struct {
	Account  AccountID
	Key      string   // of the campaign: each customer gets it once
	Step     string   // see AdHoc.Step
	Text     Text     // empty: the account's, or that of Step
	Kind     StepKind // without Step; empty: StepReminder
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

// Validate reports every wrong field.
func (cam Campaign) Validate() error {
	var c Checks
	as := AdHoc{
		Account: cam.Account, Customer: "each", Key: cam.Key, Invoices: []InvoiceID{"each"}, Step: cam.Step, Text: cam.Text, Kind: cam.Kind,
		Channels: cam.Channels, Service: cam.Service, Attachments: cam.Attachments,
	}
	for _, fe := range FieldErrors(as.Validate()) {
		c.Require(false, fe.Field, fe.Rule, fe.Remedy)
	}
	return c.Err()
}

// Campaign sends a message to every customer of a stream, about all the invoices
// each case has, which [Dunning.Late] selects; a case without invoices gets the
// message alone. Customers with invoices in several currencies get one message
// for each. What becomes of each is in the review queue, by campaign.
func (d *Dunning) Campaign(ctx context.Context, cam Campaign, cases iter.Seq2[Case, error]) (CampaignReport, error) {
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
				result.Err = &FieldError{Field: "Case", Rule: "is of another account, or of no customer", Remedy: "stream the cases of the campaign's account"}
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
			if inv.Open.unit == currency {
				all[i].Invoices = append(all[i].Invoices, inv.ID)
			}
		}
	}
	return all
}
