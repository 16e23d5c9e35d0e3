package dunning

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/courrier-go/courrier"
)

// claim is what is to be written down for a decision: its reminder, or none where the
// change only makes room for it.
type claim struct {
	rem    *Reminder
	change Change
}

// claim makes a decision a reminder, or brings a postponed one back. The claim is the
// insertion of its keys: who comes second does nothing. It is guarded by the version
// of the customer's notes, so that of two runs with different facts only one decides
// about a customer at a time.
func (r *dayRun) claim(plans *accountPlans, e *Evaluator, decision Decision, past *debtorPast) ([]claim, error) {
	m := moment{at: r.now()}
	var keys []string
	for key := range decision.Keys() {
		keys = append(keys, key.String())
	}
	rem, gives := r.reclaim(decision, keys, past.postponed, m)
	rem, err := rem.decided(decision, keys, m, r.today.At(plans.hour(), e.zone))
	if err != nil {
		return nil, err
	}
	guard, err := past.notes.item(rem.Account, rem.Customer)
	if err != nil {
		return nil, err
	}
	past.notes.Version++
	all := make([]claim, 0, len(gives)+1)
	for i := range gives {
		all = append(all, claim{change: Change{Reminder: &gives[i]}})
	}
	return append(all, claim{rem: &rem, change: Change{Reminder: &rem, Items: []courrier.Item{guard}}}), nil
}

// reclaim returns the reminder of a decision: one that comes back, or a new one, and
// the other postponed ones without the keys that it takes over. One of another
// customer gives its keys up, and nothing else: its words and addresses are not this
// customer's.
func (r *dayRun) reclaim(decision Decision, keys []string, postponed map[string]Reminder, m moment) (Reminder, []Reminder) {
	rem := Reminder{ID: ReminderID(r.ids.Next())}
	var gives []Reminder
	for _, key := range keys {
		was, ok := postponed[key]
		known := slices.ContainsFunc(gives, func(g Reminder) bool { return g.ID == was.ID })
		if !ok || was.ID == rem.ID || known {
			continue
		}
		if rem.Version == 0 && was.Customer == decision.Customer {
			rem = was
			maps.DeleteFunc(postponed, func(_ string, p Reminder) bool { return p.ID == was.ID })
			continue
		}
		was.Keys = slices.DeleteFunc(slices.Clone(was.Keys), func(k string) bool { return slices.Contains(keys, k) })
		if next, err := was.moved(ReminderPostponed, m, "joined another reminder", string(rem.ID)); err == nil {
			gives = append(gives, next)
			next.Version++ // as it is stored then
			for _, k := range next.Keys {
				postponed[k] = next
			}
		}
	}
	return rem, gives
}

// writeClaims writes claims down, all in one call.
func (r *dayRun) writeClaims(ctx context.Context, claims []claim) (writtenClaims, error) {
	changes := make([]Change, len(claims))
	for i := range claims {
		changes[i] = claims[i].change
	}
	errs, err := r.commitAll(ctx, changes)
	return writtenClaims{claims: claims, errs: errs}, err
}

// count adds what became of a claim to the report. A key that another customer's
// reminder holds is told: nothing frees it by itself.
func (r *dayRun) count(ctx context.Context, rem *Reminder, err error) {
	switch {
	case errors.Is(err, courrier.ErrConflict):
		r.report.Skipped++
		r.foreignKeys(ctx, *rem)
	case err != nil:
		r.report.Failed++
		r.report.fail(fmt.Errorf("customer left for the next run: %w", err))
	case rem.State == ReminderProposed:
		r.report.Proposed++
	default:
		r.report.Approved++
	}
}

// foreignKeys claims a reminder without the invoices whose keys another customer's
// reminder holds, and names that one.
func (r *dayRun) foreignKeys(ctx context.Context, rem Reminder) {
	left, kept := rem.Decision, []string(nil)
	left.Lines = nil
	for i, key := range rem.Keys {
		holder, err := r.holderOf(ctx, key)
		if err != nil || holder == nil || holder.Customer == rem.Customer || i >= len(rem.Decision.Lines) {
			kept = append(kept, key)
			if i < len(rem.Decision.Lines) {
				left.Lines = append(left.Lines, rem.Decision.Lines[i])
			}
			continue
		}
		r.report.fail(&courrier.Error{
			Op: "run", Kind: courrier.ErrConflict, Code: courrier.CodeOtherCustomer,
			Err: fmt.Errorf("an invoice is claimed by reminder %s of another customer; move it with RenameCustomer, or skip that reminder", holder.ID),
		})
	}
	if len(kept) == len(rem.Keys) || len(left.Lines) == 0 {
		return
	}
	left.rekey()
	left.sum()
	notes, err := r.Notes(ctx, rem.Account, rem.Customer)
	if err != nil {
		return
	}
	guard, err := notes.item(rem.Account, rem.Customer)
	if err != nil {
		return
	}
	rem.Decision, rem.Keys = left, kept
	if r.commit(ctx, Change{Reminder: &rem, Items: []courrier.Item{guard}}) == nil {
		r.report.Skipped--
		r.count(ctx, &rem, nil)
	}
}

// holderOf returns the reminder that holds a key; none when it is free.
func (d *Runner) holderOf(ctx context.Context, key string) (*Reminder, error) {
	for rem, err := range d.store.Reminders(ctx, ReminderFilter{Key: key, Limit: 1}) {
		return &rem, err
	}
	return nil, nil
}
