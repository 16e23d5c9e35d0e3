package dunning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/internal/tell"
)

// itemDebtor keeps what the library was told about a customer.
const itemDebtor courrier.ItemKind = "debtor"

// DebtorNotes are what people told the library about a customer, on top of the
// host's own facts: whatever either says stops a reminder.
type DebtorNotes struct {
	Paused      bool                        `json:"paused,omitempty"`
	PausedUntil courrier.Date               `json:"paused_until,omitzero"`
	Reason      string                      `json:"reason,omitempty"`
	Disputed    map[InvoiceID]bool          `json:"disputed,omitempty"`
	Excluded    map[InvoiceID]bool          `json:"excluded,omitempty"`
	Promised    map[InvoiceID]courrier.Date `json:"promised,omitempty"`
	// BadMail identifies e-mail addresses that came back for good, without holding
	// them. They are tried again when the host gives others.
	BadMail []string `json:"bad_mail,omitempty"`
	// Finished and Clear are what a feed of changes was told last: the open invoices
	// of which the policy has no step left, and that nothing is owed any more.
	Finished map[InvoiceID]bool `json:"finished,omitempty"`
	Clear    bool               `json:"clear,omitempty"`
	// Imported are fingerprints of the rows that [Runner.Import] noted.
	Imported []string `json:"imported,omitempty"`
	Version  int64    `json:"-"`
}

// apply puts the notes on top of the host's facts.
func (n DebtorNotes) apply(c Case) Case {
	switch who := &c.Customer; {
	case !n.Paused:
	case !who.Paused:
		who.Paused, who.PausedUntil = true, n.PausedUntil
	case n.PausedUntil.IsZero() || !who.PausedUntil.IsZero() && who.PausedUntil.Before(n.PausedUntil): // the longer of both
		who.PausedUntil = n.PausedUntil
	}
	if len(n.Disputed)+len(n.Excluded)+len(n.Promised) == 0 {
		return c
	}
	c.Invoices = slices.Clone(c.Invoices)
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		inv.Disputed = inv.Disputed || n.Disputed[inv.ID]
		inv.Excluded = inv.Excluded || n.Excluded[inv.ID]
		if day := n.Promised[inv.ID]; day.After(inv.PromisedOn) {
			inv.PromisedOn = day
		}
	}
	return c
}

// maxBadMail bounds how many addresses of a customer are remembered.
const maxBadMail = 20

func mailPrint(address string) string { return fingerprintOf(strings.ToLower(address)) }

// usable leaves out the addresses that came back.
func (n DebtorNotes) usable(all []email.Box) []email.Box {
	if len(n.BadMail) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(b email.Box) bool { return slices.Contains(n.BadMail, mailPrint(b.Address)) })
}

// rememberBad notes that an address does not work. Of several nobody knows which.
func (d *Runner) rememberBad(ctx context.Context, rem Reminder, to []email.Box) error {
	if len(to) != 1 || len(rem.Mail) > 0 { // or it was given for this reminder alone
		return nil
	}
	return d.note(ctx, rem.Account, rem.Customer, func(n *DebtorNotes) {
		n.addBadMail(mailPrint(to[0].Address))
	})
}

func (n *DebtorNotes) addBadMail(print string) {
	n.BadMail = append(slices.DeleteFunc(slices.Clone(n.BadMail), func(p string) bool { return p == print }), print)
	n.BadMail = n.BadMail[max(0, len(n.BadMail)-maxBadMail):]
}

// forgetBad lets the addresses of a customer be tried again.
func (d *Runner) forgetBad(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) error {
	return d.note(ctx, account, customer, func(n *DebtorNotes) { n.BadMail = nil })
}

// Notes returns what the library was told about a customer.
func (d *Runner) Notes(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) (DebtorNotes, error) {
	item, err := d.store.Item(ctx, itemDebtor, account, string(customer))
	if errors.Is(err, courrier.ErrNotFound) {
		return DebtorNotes{}, nil
	}
	if err != nil {
		return DebtorNotes{}, fmt.Errorf("notes: %w", err)
	}
	return notesIn(item)
}

func notesIn(item courrier.Item) (DebtorNotes, error) {
	var n DebtorNotes
	if err := json.Unmarshal(item.Body, &n); err != nil {
		return DebtorNotes{}, fmt.Errorf("notes: %w", err)
	}
	n.Version = item.Version
	return n, nil
}

// copied shares nothing with n that an edit changes.
func (n DebtorNotes) copied() DebtorNotes {
	n.Disputed, n.Excluded, n.Promised, n.Finished = maps.Clone(n.Disputed), maps.Clone(n.Excluded), maps.Clone(n.Promised), maps.Clone(n.Finished)
	return n
}

// item is what the store keeps of the notes, with the news that it brings.
func (n DebtorNotes) item(account courrier.AccountID, customer courrier.CustomerID, news ...tell.News) (courrier.Item, error) {
	body, err := json.Marshal(n)
	if err == nil {
		body, err = tell.In(body, news...)
	}
	if err != nil {
		return courrier.Item{}, fmt.Errorf("notes: %w", err)
	}
	return courrier.Item{Kind: itemDebtor, Account: account, ID: string(customer), Version: n.Version, Body: body}, nil
}

// note changes the notes of a customer.
func (d *Runner) note(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, edit func(n *DebtorNotes)) error {
	var c courrier.Checks
	c.Require(account != "", "account", "is empty", "name the account")
	c.Require(customer != "", "customer", "is empty", "name the customer")
	if err := c.Err(); err != nil {
		return fmt.Errorf("note: %w", err)
	}
	var err error
	for range maxConflicts {
		var n DebtorNotes
		if n, err = d.Notes(ctx, account, customer); err != nil {
			return err
		}
		n = n.copied()
		edit(&n)
		var item courrier.Item
		if item, err = n.item(account, customer); err != nil {
			return err
		}
		err = d.commit(ctx, Change{Items: []courrier.Item{item}})
		if !errors.Is(err, courrier.ErrConflict) {
			break
		}
	}
	return err
}

// noteInvoice changes what is noted about an invoice of a customer. One that the host
// names no more may be noted: the host may name it again.
func (d *Runner) noteInvoice(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, invoice InvoiceID, edit func(n *DebtorNotes)) error {
	if invoice == "" {
		return &courrier.FieldError{Field: "invoice", Rule: "is empty", Remedy: "name the invoice"}
	}
	return d.note(ctx, account, customer, edit)
}

// PauseCustomer stops every reminder to a customer, those in the queue too, until a
// day; no date: until [Runner.ResumeCustomer]. The reason is kept. Errors:
// [courrier.ErrInvalid], [courrier.ErrConflict] (changed).
func (d *Runner) PauseCustomer(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, until courrier.Date, reason string) error {
	return d.note(ctx, account, customer, func(n *DebtorNotes) { n.Paused, n.PausedUntil, n.Reason = true, until, reason })
}

// ResumeCustomer lets reminders go again. Errors: [courrier.ErrInvalid],
// [courrier.ErrConflict] (changed).
func (d *Runner) ResumeCustomer(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) error {
	return d.note(ctx, account, customer, func(n *DebtorNotes) { n.Paused, n.PausedUntil, n.Reason = false, courrier.Date{}, "" })
}

// Dispute says whether an invoice is contested. Errors: [courrier.ErrInvalid],
// [courrier.ErrConflict] (changed).
func (d *Runner) Dispute(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, invoice InvoiceID, contested bool) error {
	return d.noteInvoice(ctx, account, customer, invoice, func(n *DebtorNotes) { n.Disputed = flag(n.Disputed, invoice, contested) })
}

// Exclude says whether an invoice is never to be reminded. Errors:
// [courrier.ErrInvalid], [courrier.ErrConflict] (changed).
func (d *Runner) Exclude(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, invoice InvoiceID, never bool) error {
	return d.noteInvoice(ctx, account, customer, invoice, func(n *DebtorNotes) { n.Excluded = flag(n.Excluded, invoice, never) })
}

// Promise records the day by which a customer promised to pay an invoice; no date takes
// the promise back. Errors: [courrier.ErrInvalid], [courrier.ErrConflict] (changed).
func (d *Runner) Promise(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, invoice InvoiceID, on courrier.Date) error {
	return d.noteInvoice(ctx, account, customer, invoice, func(n *DebtorNotes) { n.promise(invoice, on) })
}

func (n *DebtorNotes) promise(invoice InvoiceID, on courrier.Date) {
	if n.Promised == nil {
		n.Promised = make(map[InvoiceID]courrier.Date)
	}
	n.Promised[invoice] = on
	if on.IsZero() {
		delete(n.Promised, invoice)
	}
}

func flag(m map[InvoiceID]bool, id InvoiceID, on bool) map[InvoiceID]bool {
	if m == nil {
		m = make(map[InvoiceID]bool)
	}
	m[id] = on
	if !on {
		delete(m, id)
	}
	return m
}

// Reconsidered counts what a [Runner.Reconsider] changed.
type Reconsidered struct {
	Withdrawn int // reminders taken out of the queue
	AskedBack int // letters whose carriers were asked to stop them
}

// facts are the causes for which a reminder that waits is withdrawn: the others
// pass by themselves.
var facts = []HoldCause{CausePaid, CauseDraft, CauseExcluded, CauseInsolvent, CauseDisputed, CausePaused, CausePromised}

// Reconsider is for the moment at which a host enters a payment, a dispute or a promise
// of a customer. What waits and may not leave any more is taken out of the queue.
// Letters that name nothing still open are asked back from their carriers, where those
// can still stop them. Without it nothing wrong leaves either; the queue is only
// longer, and a letter under way arrives.
//
// Errors: [courrier.ErrInvalid], the host's.
func (d *Runner) Reconsider(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) (Reconsidered, error) {
	var done Reconsidered
	plans, err := d.plans(ctx, account)
	if err != nil {
		return done, fmt.Errorf("reconsider: %w", err)
	}
	states := []ReminderState{ReminderProposed, ReminderApproved, ReminderSending, ReminderSent}
	reminders, err := seq.Collect(d.store.Reminders(ctx, ReminderFilter{Account: account, Customers: []courrier.CustomerID{customer}, States: states}))
	if err != nil {
		return done, fmt.Errorf("reconsider: %w", err)
	}
	letters, err := d.lettersOf(ctx, reminders)
	if err != nil {
		return done, fmt.Errorf("reconsider: %w", err)
	}
	for _, rem := range reminders {
		if rec, begun := letters[rem.Letter]; begun {
			err = d.askBack(ctx, plans, rem, rec, &done)
		} else if rem.State == ReminderProposed || rem.State == ReminderApproved {
			err = d.withdrawNow(ctx, plans, rem, &done)
		}
		if err != nil && !errors.Is(err, courrier.ErrConflict) {
			return done, fmt.Errorf("reconsider: %w", err)
		}
	}
	if len(reminders) > 0 {
		err = d.tellClear(ctx, account, customer)
	}
	if err != nil && !errors.Is(err, courrier.ErrConflict) && !errors.Is(err, courrier.ErrNotFound) { // told by who was faster; or of nobody
		return done, fmt.Errorf("reconsider: %w", err)
	}
	return done, nil
}

func (d *Runner) withdrawNow(ctx context.Context, plans *accountPlans, rem Reminder, done *Reconsidered) error {
	left, err := d.recheck(ctx, plans, rem)
	if err != nil || left.Lines != nil || !slices.Contains(facts, left.why.Cause) {
		return err
	}
	next, err := rem.suppressed(left.why.Cause, d.moment(), d.now().Add(retryMost))
	if _, err = d.keep(ctx, next, err); err == nil && next.State != ReminderApproved {
		done.Withdrawn++
	}
	return err
}

// askBack stops a letter that nothing asks for any more: one still with us at once,
// one that a carrier has and has not printed if the carrier can.
func (d *Runner) askBack(ctx context.Context, plans *accountPlans, rem Reminder, rec courrier.LetterRecord, done *Reconsidered) error {
	here := rec.Status.WithUs()
	there := slices.Contains([]courrier.Status{courrier.StatusSubmitted, courrier.StatusAccepted, courrier.StatusBlocked}, rec.Status)
	if !here && !there || len(rem.Decision.Lines) == 0 || rem.Delivery != "" {
		return nil
	}
	asked := rem
	asked.Resend = true // whether it would be right to send it again
	left, err := d.recheck(ctx, plans, asked)
	if err != nil || len(left.Lines) > 0 || left.why.Cause != CausePaid {
		return err
	}
	_, err = d.client.Cancel(ctx, rec.ID)
	switch {
	case errors.Is(err, courrier.ErrUnsupported) || errors.Is(err, courrier.ErrRejected): // it goes on
		return nil
	case err != nil:
		return err
	case here:
		done.Withdrawn++
		_, err = d.withdrawn(ctx, rem, string(CausePaid))
		return err
	}
	done.AskedBack++
	return nil
}

// debtor asks the host about a customer.
func (d *Runner) debtor(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) (Case, error) {
	c, err := d.host.debtor(ctx, account, customer)
	if err == nil && (c.Account != account || c.Customer.ID != customer) {
		err = &courrier.FieldError{Field: "Debtors.Case", Rule: "returned another account or customer", Remedy: "fill in Account and Customer.ID as they were asked for"}
	}
	if err != nil {
		return c, fmt.Errorf("debtor: %w", err)
	}
	return c, nil
}
