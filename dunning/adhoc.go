package dunning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
)

// AdHoc is a reminder by hand, about some of a customer's invoices or about none.
// It counts for the contact delay once it is sent; for a step, only where one is
// chosen.
type AdHoc struct {
	Account  courrier.AccountID
	Customer courrier.CustomerID
	// Key makes it happen once: the same key again is the same reminder.
	Key      string
	Invoices []courrier.InvoiceID // none: a message about no invoice
	// Step chooses a level: that step of the customer's policy with its text, its
	// service and its approval. The plan goes on from there.
	Step     string
	Kind     courrier.StepKind  // without Step: of the text and of the approval; empty: StepReminder
	Text     Text               // empty: the account's text of Template, or the library's by kind
	Template string             // empty: that of Step
	Channels []courrier.Channel // in order of preference; empty: those of Step, else e-mail, post. A formal notice goes by post first
	Service  courrier.Service   // of a letter; empty: that of Step, else registered with advice of receipt for a formal notice, else standard
	Review   bool               // wait in the queue instead of leaving at once
	Assignee courrier.ActorID
	// Attachments replace the invoices' own documents.
	Attachments []courrier.Document
}

// Validate reports every wrong field.
func (a AdHoc) Validate() error {
	var c courrier.Checks
	c.Require(a.Account != "", "Account", "is empty", "name the account")
	c.Require(a.Customer != "", "Customer", "is empty", "name the customer")
	c.Require(a.Key != "" && len(a.Key) <= courrier.MaxKeyLen, "Key", fmt.Sprintf("is empty or over %d bytes", courrier.MaxKeyLen), "give a key that is the same when the same reminder is sent again")
	c.Require(slices.Contains([]courrier.StepKind{"", courrier.StepCourtesy, courrier.StepReminder, courrier.StepFormalNotice}, a.Kind), "Kind", "is no kind of step", "use one of the Step constants")
	c.Require(a.Step == "" || a.Kind == "" && len(a.Invoices) > 0, "Step", "is given with a Kind, or without invoices", "leave Kind to the step, and name the invoices")
	c.Require(distinctIDs(a.Invoices), "Invoices", "name one twice", "name each once")
	for i, ch := range a.Channels {
		c.Require(setOf(ch) != 0, fmt.Sprintf("Channels[%d]", i), "is no channel", "use one of the Channel constants")
	}
	if a.Text != (Text{}) {
		c.Nest("Text", a.Text.Validate())
	}
	edit := Edit{Attachments: a.Attachments}
	if a.Service != "" {
		edit.Service = &a.Service
	}
	for _, fe := range courrier.FieldErrors(edit.Validate()) {
		c.Require(false, fe.Field, fe.Rule, fe.Remedy)
	}
	return c.Err()
}

func distinctIDs(ids []courrier.InvoiceID) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) == len(ids)
}

// SendNow makes a reminder by hand. It leaves with the next [Runner.Dispatch],
// or waits for review; a formal notice, and a step that needs approval, always
// do. Paused customers, and invoices that are paid, disputed or excluded, are
// refused with [courrier.ErrConflict] and the cause as Code; so is a key that was used for
// another customer.
func (d *Runner) SendNow(ctx context.Context, a AdHoc) (Reminder, error) {
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
	delivery courrier.Purpose
}

// handKey joins the parts of a key so that no two lists give the same.
func handKey(kind string, account courrier.AccountID, parts ...string) string {
	key := kind + "|" + keyEscapes.Replace(string(account))
	for _, p := range parts {
		key += "|" + keyEscapes.Replace(p)
	}
	return key
}

func (d *Runner) sendNow(ctx context.Context, plans *accountPlans, a byHand) (Reminder, error) {
	for range maxConflicts {
		for was, err := range d.store.Reminders(ctx, ReminderFilter{Key: a.key, Limit: 1}) {
			if err == nil && was.Customer != a.Customer {
				err = &courrier.Error{Op: "send now", Kind: courrier.ErrConflict, Code: courrier.CodeKeyUsed, Err: errors.New("this key was used for another customer; use a new key")}
			}
			return was, err
		}
		rem, err := d.propose(ctx, plans, a)
		if err != nil {
			return Reminder{}, fmt.Errorf("send now: %w", err)
		}
		if err := d.write(ctx, &rem); !errors.Is(err, courrier.ErrConflict) {
			return rem, err
		}
		// Somebody claimed this key, or one of the step's, at this moment.
	}
	return Reminder{}, &courrier.Error{Op: "send now", Kind: courrier.ErrConflict, Code: courrier.CodeKeyUsed, Err: errors.New("a key of this reminder is claimed by another")}
}

// propose checks the facts of the moment and makes the reminder.
func (d *Runner) propose(ctx context.Context, plans *accountPlans, a byHand) (Reminder, error) {
	c, err := d.debtor(ctx, a.Account, a.Customer)
	if err != nil {
		return Reminder{}, err
	}
	past, err := d.histories(ctx, []Case{c})
	if err != nil {
		return Reminder{}, err
	}
	c = d.reachable(plans, past[a.Customer].notes.apply(c))
	today := plans.dayOf(Reminder{}, d.now())
	decision, err := a.decide(plans, c, past[a.Customer].history, today)
	if err != nil {
		return Reminder{}, err
	}
	for _, doc := range a.Attachments {
		if err := d.contents.PutContent(ctx, courrier.SumOf(doc.Content), doc.Content); err != nil {
			return Reminder{}, err
		}
	}
	return d.remindByHand(ctx, a, decision, today), nil
}

// decide checks the facts and makes the decision that the rest of the engine
// knows how to send.
func (a byHand) decide(plans *accountPlans, c Case, h History, today courrier.Date) (Decision, error) {
	was := Decision{Key: ReminderKey{Account: a.Account}, Customer: a.Customer, On: today, PlannedOn: today}
	c = c.byPart()
	for _, id := range a.Invoices {
		i := slices.IndexFunc(c.Invoices, func(inv Invoice) bool { return inv.ID == id })
		switch {
		case a.delivery != "":
			was.Lines = append(was.Lines, ReminderLine{Invoice: id})
			continue
		case i < 0:
			return was, &courrier.Error{Op: "invoice", Kind: courrier.ErrNotFound, Code: courrier.CodeNoInvoice, Err: errors.New("an invoice is not among the customer's open ones")}
		}
		inv := c.Invoices[i]
		if cause := inv.closed(); cause != "" {
			return was, &courrier.Error{Op: "invoice", Kind: courrier.ErrConflict, Code: string(cause), Err: errors.New("an invoice may not be reminded")}
		}
		if was.Open.Unit() != "" && was.Open.Unit() != inv.Unit() {
			return was, &courrier.FieldError{Field: "Invoices", Rule: "are in several currencies", Remedy: "send one reminder for each currency"}
		}
		was.Open = money(0, inv.Unit())
		was.Lines = append(was.Lines, ReminderLine{Invoice: id, DueOn: inv.DueOn(), Open: inv.Open()})
	}
	if err := a.level(&was, plans, c, h, today); err != nil {
		return was, err
	}
	left, why := adHocLeft(was, c, today)
	if a.delivery != "" {
		left, why = deliveryLeft(was, c), Hold{Cause: CauseNoChannel}
	}
	if left.Lines == nil || len(left.Channels) == 0 {
		return was, &courrier.Error{Op: "customer", Kind: courrier.ErrConflict, Code: string(why.Cause), Err: errors.New("the customer may not be reminded")}
	}
	return left, nil
}

// level fills in the step: the one that was chosen, with the keys it will claim,
// or one of no policy.
func (a byHand) level(was *Decision, plans *accountPlans, c Case, h History, today courrier.Date) error {
	step := courrier.Step{Kind: cmp.Or(a.Kind, courrier.StepReminder)}
	if a.Step != "" {
		if len(was.Lines) == 0 {
			return &courrier.FieldError{Field: "Step", Rule: "is given without invoices", Remedy: "name the invoices"}
		}
		e, _, err := plans.evaluator(c, was.Open.Unit(), today)
		if err != nil {
			return err
		}
		i := e.policy.StepIndex(a.Step)
		if i < 0 {
			return &courrier.FieldError{Field: "Step", Rule: "is none of the customer's policy", Remedy: "use the id of one of its steps"}
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
	step.Service = cmp.Or(a.Service, step.PostalService())
	if len(a.Channels) > 0 {
		step.Channels = a.Channels
	}
	was.Step = step
	was.Final = was.Final || step.Kind == courrier.StepFormalNotice
	was.NeedsApproval = step.AsksApproval()
	return nil
}

// claimed counts the keys of a step that were claimed for an invoice.
func (h History) claimed(id courrier.InvoiceID, step string) int {
	n := 0
	for _, p := range h {
		if p.Step == step && slices.Contains(p.Invoices, id) {
			n++
		}
	}
	return n
}

func (d *Runner) remindByHand(ctx context.Context, a byHand, decision Decision, today courrier.Date) Reminder {
	now := d.now()
	rem := Reminder{
		ID: ReminderID(d.ids.Next()), Account: a.Account, Customer: a.Customer, Keys: []string{a.key},
		AdHoc: true, Text: a.Text, Campaign: a.campaign, Delivery: a.delivery, State: ReminderApproved, DueOn: today, DueAt: now,
		Assignee: a.Assignee, Service: decision.Step.Service, Attachments: courrier.Letter{Documents: a.Attachments}.Normal().Documents, Channel: decision.Channels[0],
	}
	rem = rem.narrowed(decision)
	act := "sent by hand"
	if a.Review || decision.NeedsApproval {
		rem.State, rem.DueAt, act = ReminderProposed, time.Time{}, "proposed by hand"
	}
	rem.log(now, courrier.ActorFrom(ctx).ID, act, "")
	return rem
}

// adHocLeft is what may still be sent outside any policy: only what would be
// wrong in any letter keeps an invoice out of it.
func adHocLeft(was Decision, c Case, today courrier.Date) (Decision, Hold) {
	left := was
	left.Lines = nil
	why := Hold{Cause: CausePaid}
	c = c.byPart()
	for _, line := range was.Lines {
		i := slices.IndexFunc(c.Invoices, func(inv Invoice) bool { return inv.ID == line.Invoice })
		if i < 0 {
			continue
		}
		if cause := c.Invoices[i].closed(); cause != "" {
			why = Hold{Invoice: line.Invoice, Cause: cause}
			continue
		}
		line.Open, line.DueOn = c.Invoices[i].Open(), c.Invoices[i].DueOn()
		left.Lines = append(left.Lines, line)
	}
	left.sum()
	paused := c.Customer.Paused && (c.Customer.PausedUntil.IsZero() || c.Customer.PausedUntil.After(today))
	switch {
	case c.Customer.Insolvent:
		return Decision{}, Hold{Cause: CauseInsolvent}
	case paused:
		return Decision{}, Hold{Cause: CausePaused, Until: c.Customer.PausedUntil}
	case len(left.Lines) == 0 && len(was.Lines) > 0:
		return left, why
	}
	left.Channels = c.Customer.Contact.ReminderChannels(was.Step.Channels, was.Final, c.AccountPostOff)
	if len(was.Lines) == 0 { // a message that is about no invoice
		left.Lines = []ReminderLine{}
	}
	return left, Hold{Cause: CauseNoChannel}
}
