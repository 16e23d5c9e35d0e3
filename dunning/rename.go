package dunning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/actor"
	"github.com/courrier-go/courrier/internal/seq"
)

// RenameCustomer moves all that the library has of a customer to another id of the
// account: for customers that are merged, and ids that are made anew. What is noted
// about both stays: the longer pause, every dispute, exclusion and promise. It returns
// how many reminders moved, and may be called again after an error.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrConflict] (changed).
func (d *Runner) RenameCustomer(ctx context.Context, account courrier.AccountID, from, to courrier.CustomerID) (int, error) {
	var c courrier.Checks
	c.Require(account != "" && from != "" && to != "" && from != to, "to", "is empty or the same, or no customer is named", "give two ids of an account")
	if err := c.Err(); err != nil {
		return 0, fmt.Errorf("rename customer: %w", err)
	}
	if err := d.mergeNotes(ctx, account, from, to); err != nil {
		return 0, fmt.Errorf("rename customer: %w", err)
	}
	moved, err := d.moveAll(ctx, ReminderFilter{Account: account, Customers: []courrier.CustomerID{from}}, func(r *Reminder) bool {
		r.Customer, r.Decision.Customer = to, to
		return true
	})
	if err != nil {
		return moved, fmt.Errorf("rename customer: %w", err)
	}
	return moved, nil
}

// RenameInvoice moves all that the library has of an invoice to another id: its lines
// and its keys. Where another reminder holds a key of the new id, the error names it,
// and the others have moved. Errors: [courrier.ErrInvalid], [courrier.ErrConflict]
// (changed, other-customer).
func (d *Runner) RenameInvoice(ctx context.Context, account courrier.AccountID, from, to InvoiceID) (int, error) {
	var c courrier.Checks
	c.Require(account != "" && from != "" && to != "" && from != to, "to", "is empty or the same, or no invoice is named", "give two ids of an account")
	if err := c.Err(); err != nil {
		return 0, fmt.Errorf("rename invoice: %w", err)
	}
	moved, err := d.moveAll(ctx, ReminderFilter{Account: account, Invoice: from}, func(r *Reminder) bool { return r.renameInvoice(from, to) })
	if err != nil {
		return moved, fmt.Errorf("rename invoice: %w", err)
	}
	return moved, nil
}

// renameInvoice changes the lines and the keys of an invoice; false when there are
// none.
func (r *Reminder) renameInvoice(from, to InvoiceID) bool {
	prefix := func(id InvoiceID) string {
		return keyEscapes.Replace(string(r.Account)) + "|" + keyEscapes.Replace(string(id)) + "|"
	}
	found := false
	rename := func(lines []ReminderLine) []ReminderLine {
		lines = slices.Clone(lines)
		for i := range lines {
			if lines[i].Invoice == from {
				lines[i].Invoice, found = to, true
			}
		}
		return lines
	}
	r.Decision.Lines, r.Keys, r.Earlier = rename(r.Decision.Lines), slices.Clone(r.Keys), slices.Clone(r.Earlier)
	for i := range r.Earlier {
		r.Earlier[i].Lines = rename(r.Earlier[i].Lines)
	}
	if r.Decision.Key.Invoice == from {
		r.Decision.Key.Invoice = to
	}
	for i, key := range r.Keys {
		if rest, ok := strings.CutPrefix(key, prefix(from)); ok {
			r.Keys[i], found = prefix(to)+rest, true
		}
	}
	return found
}

// moveAll edits every reminder of a list. One whose new key another holds is named,
// and the others go on.
func (d *Runner) moveAll(ctx context.Context, f ReminderFilter, edit func(r *Reminder) bool) (moved int, err error) {
	list, err := seq.Collect(d.store.Reminders(ctx, f))
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, rem := range list {
		switch done, err := d.moveOne(ctx, rem.ID, edit); {
		case err != nil:
			errs = append(errs, err)
		case done:
			moved++
		}
	}
	return moved, errors.Join(errs...)
}

func (d *Runner) moveOne(ctx context.Context, id ReminderID, edit func(r *Reminder) bool) (bool, error) {
	for range maxConflicts {
		rem, err := d.store.Reminder(ctx, id)
		if err != nil || !edit(&rem) {
			return false, err
		}
		rem.Log = append(rem.Log[:len(rem.Log):len(rem.Log)], ReminderAct{At: d.now(), Actor: courrier.ActorID(actor.From(ctx)), Act: "renamed"})
		err = d.commit(ctx, Change{Reminder: &rem})
		if !errors.Is(err, courrier.ErrConflict) {
			return err == nil, err
		}
		for _, key := range rem.Keys {
			if holder, err := d.holderOf(ctx, key); err == nil && holder != nil && holder.ID != rem.ID {
				return false, &courrier.Error{Op: "rename", Kind: courrier.ErrConflict, Code: courrier.CodeOtherCustomer, Err: fmt.Errorf("reminder %s cannot move: reminder %s holds its key", rem.ID, holder.ID)}
			}
		}
	}
	return false, &courrier.Error{Op: "rename", Kind: courrier.ErrConflict, Code: courrier.CodeChanged, Err: fmt.Errorf("reminder %s changes all the time; try again", id)}
}

// mergeNotes adds what is noted about one customer to what is noted about another.
func (d *Runner) mergeNotes(ctx context.Context, account courrier.AccountID, from, to courrier.CustomerID) error {
	was, err := d.Notes(ctx, account, from)
	if err != nil || was.Version == 0 {
		return err
	}
	err = d.note(ctx, account, to, func(n *DebtorNotes) { n.merge(was) })
	if err != nil {
		return err
	}
	return d.note(ctx, account, from, func(n *DebtorNotes) { *n = DebtorNotes{Version: n.Version} })
}

func (n *DebtorNotes) merge(was DebtorNotes) {
	switch {
	case !was.Paused:
	case !n.Paused:
		n.Paused, n.PausedUntil, n.Reason = true, was.PausedUntil, was.Reason
	case was.PausedUntil.IsZero() || !n.PausedUntil.IsZero() && was.PausedUntil.After(n.PausedUntil):
		n.PausedUntil, n.Reason = was.PausedUntil, was.Reason
	}
	for _, print := range was.BadMail {
		n.addBadMail(print)
	}
	n.Imported = append(n.Imported[:len(n.Imported):len(n.Imported)], was.Imported...)
	for id := range was.Disputed {
		n.Disputed = flag(n.Disputed, id, true)
	}
	for id := range was.Excluded {
		n.Excluded = flag(n.Excluded, id, true)
	}
	for id, on := range was.Promised {
		if n.Promised == nil {
			n.Promised = map[InvoiceID]courrier.Date{}
		}
		if on.After(n.Promised[id]) {
			n.Promised[id] = on
		}
	}
}
