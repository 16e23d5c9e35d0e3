package dunning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// ByHand is a reminder that a person sends, about some of a customer's invoices or
// about none. It counts for the contact delay once it is sent; for a step, only where
// one is chosen.
type ByHand struct {
	Account  courrier.AccountID
	Customer courrier.CustomerID
	// Key makes it happen once: the same key again is the same reminder. It may be
	// left out with a Step, whose own keys are claimed.
	Key      string
	Invoices []InvoiceID // none: a message about no invoice, with a Text of its own
	// Step chooses a level: that step of the customer's policy with its text, its
	// service, its approval and what it requires. The policy goes on from
	// there. A step that is a task waits in the queue, for Assignee if given.
	Step     string
	Kind     courrier.StepKind  // without Step: of the text and of the approval; empty: StepReminder
	Text     Text               // empty: the account's text of Template, or the library's by kind
	Template string             // empty: that of Step
	Channels []courrier.Channel // in order of preference; empty: those of Step, else e-mail, post. A formal notice goes by post first
	Service  courrier.Service   // of a letter; empty: that of Step, else registered with advice of receipt for a formal notice, else standard
	Review   bool               // wait in the queue instead of leaving at once
	Sign     bool               // with the signature of the user who sends or approves it
	Assignee courrier.ActorID
	// Again is why the step is sent although it was sent before, or one of the
	// invoices has an open reminder; empty: it is refused then.
	Again string
	// Override is why it is sent although what its step requires is not met; it asks
	// Config.Authorize for [courrier.ActionOverrideReminder]. Empty: it is refused then.
	Override string
	// Attachments replace the invoices' own documents.
	Attachments []courrier.Document
}

// Codes of the refusals of [Runner.SendNow], beside those of package courrier:
// the causes of holds.
const (
	CodePending  = string(CausePending)  // an invoice has an open reminder already
	CodeRequires = string(CauseRequires) // what the step requires is not met
)

const maxReasonLen = 500

// Validate reports every wrong field, each as a [courrier.FieldError].
func (a ByHand) Validate() error {
	var c courrier.Checks
	c.Require(a.Account != "", "Account", "is empty", "name the account")
	c.Require(a.Customer != "", "Customer", "is empty", "name the customer")
	c.Require((a.Key != "" || a.Step != "") && len(a.Key) <= courrier.MaxKeyLen, "Key", fmt.Sprintf("is empty or over %d bytes", courrier.MaxKeyLen), "give a key that is the same when the same reminder is sent again")
	c.Require(slices.Contains([]courrier.StepKind{"", courrier.StepCourtesy, courrier.StepReminder, courrier.StepFormalNotice}, a.Kind), "Kind", "is no kind of step", "use one of the Step constants")
	c.Require(a.Step == "" || a.Kind == "" && len(a.Invoices) > 0, "Step", "is given with a Kind, or without invoices", "leave Kind to the step, and name the invoices")
	c.Require(distinctIDs(a.Invoices), "Invoices", "name one twice", "name each once")
	c.Require(len(a.Again) <= maxReasonLen, "Again", fmt.Sprintf("is over %d bytes", maxReasonLen), "say it shorter")
	c.Require(len(a.Override) <= maxReasonLen, "Override", fmt.Sprintf("is over %d bytes", maxReasonLen), "say it shorter")
	for i, ch := range a.Channels {
		c.Require(setOf(ch) != 0, fmt.Sprintf("Channels[%d]", i), "is no channel", "use one of the Channel constants")
	}
	if a.Text != (Text{}) {
		c.Nest("Text", a.Text.checkFrame())
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

// validateAboutNothing is for what names no invoice: it claims nothing, and says so
// in words of its own.
func (a ByHand) validateAboutNothing() error {
	var c courrier.Checks
	if len(a.Invoices) > 0 || a.Step != "" {
		return nil
	}
	c.Require(a.Text != (Text{}), "Text", "is empty, and no invoice is named", "write the message, or name the invoices")
	c.Require(a.Kind != courrier.StepFormalNotice, "Kind", "is a formal notice, and no invoice is named", "name the invoices that are to be paid")
	requireNoSums(&c, "Text", a.Text, aboutInvoices)
	return c.Err()
}

// aboutSums are the placeholders that only a claim fills, aboutInvoices those that
// invoices fill.
var (
	aboutSums     = []string{"open", "total", "oldest_due", "days_late", "deadline", "by", "past", "starts", "statement"}
	aboutInvoices = append([]string{"invoices", "count", "table"}, aboutSums...)
)

// requireNoSums refuses placeholders that nothing would fill.
func requireNoSums(c *courrier.Checks, field string, t Text, names []string) {
	for _, part := range []struct{ field, text string }{{".Subject", t.Subject}, {".Body", t.Body}} {
		eachPlaceholder(part.text, func(name string) string {
			_, _, one := choice(name)
			c.Require(!slices.Contains(names, name) && !(one && slices.Contains(names, "count")), field+part.field,
				fmt.Sprintf("uses the placeholder %q, which nothing fills here", name), "leave it out")
			return ""
		})
	}
}

func distinctIDs(ids []InvoiceID) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) == len(ids)
}

// SendNow makes a reminder by hand. It leaves with the next [Runner.Dispatch], or waits
// for review; a formal notice, and a step that needs approval, always do. A nil error
// says that it will leave, or has left, if the facts stay.
//
// The rules are those of the policy: an invoice that has an open reminder, or had this
// step, is refused with [CodePending] or [courrier.CodeSent], unless Again says why. A
// step whose requirements are not met is refused with [CodeRequires], unless Override
// says why and Config.Authorize allows it. Paused customers, and invoices that are
// paid, disputed or excluded, are refused with the cause as code. An invoice that the
// host names no longer is not found, paid or not.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrNotFound] (also invoice),
// [courrier.ErrConflict] (key-used, not-leaving, not-late, sent, other-customer, the cause),
// [courrier.ErrDenied], the host's.
func (d *Runner) SendNow(ctx context.Context, a ByHand) (Reminder, error) {
	err := errors.Join(a.Validate(), a.validateAboutNothing())
	if err != nil {
		return Reminder{}, fmt.Errorf("send now: %w", err)
	}
	plans, err := d.plans(ctx, a.Account)
	if err != nil {
		return Reminder{}, fmt.Errorf("send now: %w", err)
	}
	one := request{ByHand: a}
	if a.Key != "" {
		one.key = handKey("adhoc", a.Account, a.Key)
	}
	one.print = fingerprintOf(a.Customer, a.Invoices, one.content())
	return d.sendNow(ctx, plans, one)
}

// request is what the three ways to send outside a run have in common.
type request struct {
	ByHand
	key      string // empty: only the step's keys
	print    string // of all that was asked for
	campaign string
	delivery courrier.Purpose
}

// content is what is asked for beside whom it is about.
func (a ByHand) content() ByHand {
	c := a
	c.Key, c.Customer, c.Invoices = "", "", nil
	c.Attachments = courrier.Letter{Documents: a.Attachments}.Normal().Documents
	return c
}

// handKey joins the parts of a key so that no two lists give the same.
func handKey(kind string, account courrier.AccountID, parts ...string) string {
	key := kind + "|" + keyEscapes.Replace(string(account))
	for _, p := range parts {
		key += "|" + keyEscapes.Replace(p)
	}
	return key
}

func (d *Runner) sendNow(ctx context.Context, plans *accountPlans, a request) (Reminder, error) {
	if err := plans.knows(a.Text); err != nil {
		return Reminder{}, fmt.Errorf("send now: %w", err)
	}
	for range maxConflicts {
		if was, found, err := d.askedBefore(ctx, plans, a); found || err != nil {
			return was, err
		}
		rem, changes, err := d.propose(ctx, plans, a)
		if err != nil {
			return Reminder{}, fmt.Errorf("send now: %w", err)
		}
		errs, err := d.commitAll(ctx, changes)
		if err == nil {
			err = errs[len(errs)-1]
		}
		if !errors.Is(err, courrier.ErrConflict) {
			rem.Version++
			return rem, err
		}
		// Somebody did something about this customer at this moment, or claimed a key.
		for _, key := range rem.Keys {
			if holder, err := d.holderOf(ctx, key); err == nil && holder != nil && holder.Customer != a.Customer {
				return Reminder{}, refusal(courrier.CodeOtherCustomer, "an invoice is claimed by reminder "+string(holder.ID)+" of another customer; move it with RenameCustomer, or skip that reminder")
			}
		}
	}
	return Reminder{}, refusal(CodePending, "a key of this reminder is claimed by another")
}

func refusal(code, text string) error {
	return &courrier.Error{Op: "send now", Kind: courrier.ErrConflict, Code: code, Err: errors.New(text)}
}

// knows checks the placeholders of a text that was written for the occasion.
func (p *accountPlans) knows(t Text) error {
	var c courrier.Checks
	if t != (Text{}) {
		c.Nest("Text", p.Fields.Check(t))
	}
	return c.Err()
}

// askedBefore returns the reminder that the same request made. One that was suppressed
// is looked at again: no error says that it will leave.
func (d *Runner) askedBefore(ctx context.Context, plans *accountPlans, a request) (Reminder, bool, error) {
	if a.key == "" {
		return Reminder{}, false, nil
	}
	was, err := d.holderOf(ctx, a.key)
	switch {
	case err != nil || was == nil:
		return Reminder{}, false, err
	case was.Customer != a.Customer || was.Request != a.print:
		return *was, true, refusal(courrier.CodeKeyUsed, "this key was used for another request; use a new key")
	case was.State == ReminderSkipped || was.State == ReminderFailed:
		return *was, true, refusal(courrier.CodeNotLeaving, "the reminder of this key ended without leaving: "+was.Reason+"; use a new key")
	case was.Open() || was.State == ReminderSent:
		return *was, true, nil
	}
	rem, err := d.revive(ctx, plans, *was)
	return rem, true, err
}

// revive brings back a reminder by hand that the facts held back, or says what still
// does.
func (d *Runner) revive(ctx context.Context, plans *accountPlans, was Reminder) (Reminder, error) {
	left, err := d.recheck(ctx, plans, was)
	if err != nil {
		return was, err
	}
	if left.nothing() {
		return was, refusal(string(left.why.Cause), "the customer may not be reminded")
	}
	next, err := was.narrowed(left.Decision).returned(d.byActor(ctx), d.now())
	return d.keep(ctx, next, err)
}

// propose checks the facts of the moment and makes the reminder, last of the changes
// that write it down: before it postponed ones give up the keys it takes, and with it
// goes the guard of what is known about the customer.
func (d *Runner) propose(ctx context.Context, plans *accountPlans, a request) (Reminder, []Change, error) {
	draft := Reminder{Account: a.Account, Customer: a.Customer, Delivery: a.delivery, AdHoc: true, Again: a.Again, Override: a.Override}
	c, err := d.facts(ctx, draft)
	if err != nil {
		return Reminder{}, nil, err
	}
	all, err := d.histories(ctx, []Case{c})
	if err != nil {
		return Reminder{}, nil, err
	}
	past := all[a.Customer]
	if c, err = d.reachable(ctx, plans, past.notes.apply(c), past.notes); err != nil {
		return Reminder{}, nil, err
	}
	today := plans.dayOf(Reminder{}, d.now())
	if draft.Decision, err = a.decide(ctx, d, plans, c, past, today); err != nil {
		return Reminder{}, nil, err
	}
	for _, doc := range a.Attachments {
		if err := d.contents.PutContent(ctx, courrier.SumOf(doc.Content), doc.Content); err != nil {
			return Reminder{}, nil, err
		}
	}
	guard, err := past.notes.item(a.Account, a.Customer)
	if err != nil {
		return Reminder{}, nil, err
	}
	rem, err := a.made(draft, today, d.byActor(ctx), ReminderID(d.ids.Next()))
	changes := past.giveUp(rem, d.byActor(ctx))
	return rem, append(changes, Change{Reminder: &rem, Items: []courrier.Item{guard}}), err
}

// giveUp lets postponed reminders give up the keys that another takes.
func (p debtorPast) giveUp(rem Reminder, m moment) []Change {
	waiting := slices.Clone(p.hand)
	for _, key := range rem.Keys {
		if was, ok := p.postponed[key]; ok {
			waiting = append(waiting, was)
		}
	}
	var all []Change
	done := map[ReminderID]bool{}
	for _, was := range waiting {
		keys := slices.DeleteFunc(slices.Clone(was.Keys), func(k string) bool { return slices.Contains(rem.Keys, k) })
		if done[was.ID] || len(keys) == len(was.Keys) {
			continue
		}
		done[was.ID] = true
		was.Keys = keys
		if next, err := was.moved(ReminderPostponed, m, "joined another reminder", string(rem.ID)); err == nil {
			all = append(all, Change{Reminder: &next})
		}
	}
	return all
}

// decide checks the facts and makes the decision that the rest of the engine
// knows how to send.
func (a request) decide(ctx context.Context, d *Runner, plans *accountPlans, c Case, past debtorPast, today courrier.Date) (Decision, error) {
	was, err := a.lines(c, today)
	if err != nil {
		return was, err
	}
	if err := a.level(&was, plans, c, today); err != nil {
		return was, err
	}
	if a.delivery == "" {
		if err := a.free(&was, past, plans); err != nil {
			return was, err
		}
		if a.Override != "" {
			if err := d.client.Authorize(ctx, courrier.Action{Kind: courrier.ActionOverrideReminder, Account: a.Account}); err != nil {
				return was, err
			}
		}
	}
	draft := Reminder{Account: a.Account, Customer: a.Customer, Delivery: a.delivery, AdHoc: true, Decision: was, Override: a.Override}
	if err := plans.ready(&was, a.Text, c); err != nil {
		return was, err
	}
	left, err := d.remains(ctx, plans, draft, c, past, today)
	if err == nil && left.nothing() {
		err = refusal(string(left.why.Cause), "the customer may not be reminded")
	}
	return left.Decision, err
}

// lines looks the invoices up.
func (a request) lines(c Case, today courrier.Date) (Decision, error) {
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
			return was, refusal(string(cause), "an invoice may not be reminded")
		}
		if was.Open.Unit() != "" && was.Open.Unit() != inv.Unit() {
			return was, &courrier.FieldError{Field: "Invoices", Rule: "are in several currencies", Remedy: "send one reminder for each currency"}
		}
		was.Open = money(0, inv.Unit())
		was.Lines = append(was.Lines, ReminderLine{Invoice: id, DueOn: inv.DueOn(), Open: inv.Open()})
	}
	return was, nil
}

// level fills in the step: the one that was chosen, or one of no policy.
func (a request) level(was *Decision, plans *accountPlans, c Case, today courrier.Date) error {
	step := courrier.Step{Kind: cmp.Or(a.Kind, courrier.StepReminder)}
	if a.Step != "" {
		if len(was.Lines) == 0 {
			return &courrier.FieldError{Field: "Step", Rule: "is given without invoices", Remedy: "name the invoices"}
		}
		part := plans.partOf(*was, c, today)
		if part.err != nil {
			return part.err
		}
		i := part.policy.StepIndex(a.Step)
		if i < 0 {
			return &courrier.FieldError{Field: "Step", Rule: "is none of the customer's policy", Remedy: "use the id of one of its steps"}
		}
		step = part.steps[i]
		was.PolicyID, was.PolicyVersion, was.Final = part.policy.ID, part.policy.Version, part.policy.Final(i)
	}
	if step.Task != "" {
		step.Assignee = cmp.Or(a.Assignee, step.Assignee, c.Customer.Owner)
		was.Step, was.Manual = step, true
		return a.fitsTask()
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

// fitsTask refuses what only a sending has.
func (a request) fitsTask() error {
	plain := ByHand{
		Account: a.Account, Customer: a.Customer, Key: a.Key, Invoices: a.Invoices, Step: a.Step,
		Review: a.Review, Assignee: a.Assignee, Again: a.Again, Override: a.Override,
	}
	if reflect.DeepEqual(plain, a.ByHand) {
		return nil
	}
	return &courrier.FieldError{Field: "Step", Rule: "is a task, and a text, channel, service, signature or attachment is given", Remedy: "leave them out: nothing of a task is sent"}
}

// free refuses what is open or was sent, unless a person says why it goes again, and
// numbers the keys.
func (a request) free(was *Decision, past debtorPast, plans *accountPlans) error {
	for n, line := range was.Lines {
		pending, sent, claimed := past.history.standing(line.Invoice, was.Step.ID)
		times := was.Step.Occurrences()
		if was.Step.ID == "" { // outside any policy only a message that waits stands in the way
			pending, times = past.openByHand(line.Invoice), claimed+1
		}
		switch {
		case a.Again != "":
		case pending:
			return refusal(CodePending, "an invoice has a reminder that has not left yet; look at the queue, or say why it goes again")
		case sent >= times:
			return refusal(courrier.CodeSent, "the step was sent about an invoice; say why it goes again")
		}
		was.Lines[n].Occurrence = claimed + 1
	}
	if was.Step.ID != "" {
		first := was.Lines[0]
		was.Key.Invoice, was.Key.Step, was.Key.Occurrence = first.Invoice, was.Step.ID, first.Occurrence
	}
	return nil
}

// standing tells whether an invoice has an open reminder, or an open task at a step, how
// often the step was sent or done about it, and how many of its keys are claimed.
func (h History) standing(id InvoiceID, step string) (pending bool, sent, claimed int) {
	for _, p := range h {
		if p.Delivery || !slices.Contains(p.Invoices, id) {
			continue
		}
		pending = pending || p.State.waits() && (!p.task() || p.Step == step)
		if p.Step != step || p.Resend || p.State == PastPostponed {
			continue
		}
		claimed++
		if p.State == PastSent {
			sent++
		}
	}
	return pending, sent, claimed
}

// openByHand tells whether a message outside any policy about an invoice waits to
// leave.
func (p debtorPast) openByHand(id InvoiceID) bool {
	return slices.ContainsFunc(p.open, func(r Reminder) bool {
		return r.Delivery == "" && r.Decision.Step.ID == "" &&
			slices.ContainsFunc(r.Decision.Lines, func(l ReminderLine) bool { return l.Invoice == id })
	})
}

// made is the reminder of a request: in review, or to leave at once.
func (a request) made(draft Reminder, today courrier.Date, m moment, id ReminderID) (Reminder, error) {
	draft.ID, draft.Text, draft.Campaign, draft.Request, draft.DueOn = id, a.Text, a.campaign, a.print, today
	draft.Assignee, draft.Service, draft.Channel = a.Assignee, draft.Decision.Step.Service, draft.Decision.Channels[0]
	if draft.isTask() {
		draft.Assignee = draft.Decision.Step.Assignee
	}
	draft.Attachments = courrier.Letter{Documents: a.Attachments}.Normal().Documents
	draft.Sign = a.Sign
	if a.key != "" {
		draft.Keys = []string{a.key}
	}
	rem := draft.narrowed(draft.Decision)
	note := strings.TrimSpace(a.Again + " " + a.Override)
	if a.Review || rem.Decision.NeedsApproval || rem.isTask() {
		return rem.moved(ReminderProposed, m, "proposed by hand", note)
	}
	if a.Sign {
		rem.SignedBy = m.by
	}
	rem, err := rem.moved(ReminderApproved, m, "sent by hand", note)
	rem.DueAt = m.at
	return rem, err
}
