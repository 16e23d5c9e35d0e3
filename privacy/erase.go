package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/tell"
)

// Erase removes the persons from all that is kept about a customer, but for what a
// duty keeps and what is under way: see [Report.Kept]. It is safe to repeat, and goes
// on where it was cut. When it is done, a feed of changes is told customer.erased.
//
// The ids of the customer, its invoices and the keys of letters stay: choose some that
// name nobody. So do the words of who corrected the ledger. The pages of a database
// hold what was overwritten until they are cleaned: see docs/privacy.md.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnsupported], [courrier.ErrConflict].
func (k Keeper) Erase(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) (Report, error) {
	report, err := k.erase(ctx, account, customer)
	if err != nil {
		err = fmt.Errorf("privacy: erase: %w", err)
	}
	return report, err
}

func (k Keeper) erase(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) (Report, error) {
	if err := k.check(account, customer); err != nil {
		return Report{}, err
	}
	replacer, ok := k.store().(EventReplacer)
	if !ok {
		return Report{}, fmt.Errorf("%w: the store cannot write events anew; give it ReplaceEvents", courrier.ErrUnsupported)
	}
	begun, err := k.begin(ctx, account, customer)
	if err != nil {
		return Report{}, err
	}
	var report Report
	for rem, err := range k.reminders(ctx, account, customer) {
		if err == nil {
			err = k.eraseReminder(ctx, rem, &report)
		}
		if err != nil {
			return report, err
		}
	}
	for rec, err := range k.letters(ctx, account, customer) {
		if err == nil {
			err = k.eraseLetter(ctx, replacer, rec, &report)
		}
		if err != nil {
			return report, err
		}
	}
	if err := k.eraseMentions(ctx, account, customer); err != nil {
		return report, err
	}
	if k.Reminders != nil {
		if err := dunning.EraseNotes(ctx, k.Reminders, account, customer); err != nil {
			return report, err
		}
	}
	return report, k.end(ctx, begun, len(report.Kept))
}

// begin puts the erasure on record, or finds it there.
func (k Keeper) begin(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID) (Erasure, error) {
	item, err := k.store().Item(ctx, itemErasure, account, string(customer))
	if err == nil {
		return erasureIn(item)
	}
	if !errors.Is(err, courrier.ErrNotFound) {
		return Erasure{}, err
	}
	e := Erasure{Account: account, Customer: customer, BegunAt: k.now()}
	err = k.put(ctx, e)
	e.version = 1
	return e, err
}

// end tells that it is done. Another process that ends the same one has told it.
func (k Keeper) end(ctx context.Context, e Erasure, kept int) error {
	e.DoneAt, e.Kept = k.now(), kept
	news := tell.News{Kind: tell.CustomerErased, Subject: string(e.Customer), At: e.DoneAt}
	return ignoring(k.put(ctx, e, news), courrier.ErrConflict)
}

func (k Keeper) put(ctx context.Context, e Erasure, news ...tell.News) error {
	body, err := json.Marshal(e)
	if err == nil {
		body, err = tell.In(body, news...)
	}
	if err != nil {
		return err
	}
	item := courrier.Item{Kind: itemErasure, Account: e.Account, ID: string(e.Customer), Version: e.version, Body: body}
	return k.commit(ctx, courrier.Change{Items: []courrier.Item{item}})
}

func (k Keeper) commit(ctx context.Context, change courrier.Change) error {
	results, err := k.store().Commit(ctx, change)
	if err == nil {
		err = results[0].Err
	}
	return err
}

// eraseLetter removes the persons of a letter, of its events, and then its contents: a
// letter that needs them no more is written first, and contents that are left by who
// was cut go when it is tried again.
func (k Keeper) eraseLetter(ctx context.Context, events EventReplacer, rec courrier.LetterRecord, report *Report) error {
	if rec.ErasedAt.IsZero() {
		until, reason := k.until(rec.Letter.Purpose, rec.DoneAt)
		if rec.DoneAt.IsZero() {
			until, reason = courrier.Date{}, UnderWay
		}
		if reason != "" && (until.IsZero() || until.After(courrier.PostalDay(k.now()))) {
			report.Kept = append(report.Kept, Kept{Letter: rec.ID, Until: until, Reason: reason})
			return nil
		}
		if err := k.commit(ctx, courrier.Change{Letter: new(Letter(rec, k.now()))}); err != nil {
			return err
		}
		report.Letters++
	}
	erased, err := k.eraseEvents(ctx, events, rec.ID)
	report.Events += erased
	if err != nil {
		return err
	}
	var sums []courrier.Sum
	for _, d := range rec.Letter.Documents {
		sums = append(sums, d.Sum)
	}
	for _, p := range rec.Proofs {
		sums = append(sums, p.Sum)
	}
	return k.Client.ForgetContents(ctx, sums...)
}

// Letter returns a letter without persons: a pure function. What stays is its ids,
// service, dates, prices, states, the hashes of its documents and proofs, and the
// country that it went to.
func Letter(r courrier.LetterRecord, at time.Time) courrier.LetterRecord {
	l := &r.Letter
	l.To = courrier.Recipient{Address: courrier.Address{Country: l.To.Address.Country}}
	l.Metadata, l.PreviewToken = nil, ""
	l.Documents = slices.Clone(l.Documents)
	for i := range l.Documents {
		l.Documents[i].Name, l.Documents[i].Inspection = "", nil
	}
	r.AddressCheck = nil
	if r.Failure != nil {
		r.Failure = &courrier.Failure{Code: r.Failure.Code, At: r.Failure.At}
	}
	r.Claims = slices.Clone(r.Claims)
	for i := range r.Claims {
		r.Claims[i].Answer, r.Claims[i].Dossier.Recipient = "", nil
	}
	r.ContentsGone, r.ErasedAt, r.UpdatedAt = true, at, at
	r.Duty, r.DueAt = courrier.DutyNone, time.Time{}
	return r
}

// eraseEvents removes what carriers wrote beside the facts.
func (k Keeper) eraseEvents(ctx context.Context, store EventReplacer, id courrier.LetterID) (int, error) {
	var some []courrier.TrackingEvent
	for e, err := range k.store().Events(ctx, courrier.EventFilter{Letters: []courrier.LetterID{id}}) {
		if err != nil {
			return 0, err
		}
		if len(e.Raw) > 0 {
			e.Raw = nil
			some = append(some, e)
		}
	}
	if len(some) == 0 {
		return 0, nil
	}
	return len(some), store.ReplaceEvents(ctx, some...)
}

// eraseReminder removes the persons of a reminder, and the contents that it brought.
func (k Keeper) eraseReminder(ctx context.Context, rem dunning.Reminder, report *Report) error {
	purpose, ended := purposeOf(rem), endOf(rem)
	until, reason := k.until(purpose, ended)
	if rem.Open() || ended.IsZero() {
		until, reason = courrier.Date{}, UnderWay
	}
	if reason != "" && (until.IsZero() || until.After(courrier.PostalDay(k.now()))) {
		report.Kept = append(report.Kept, Kept{Reminder: rem.ID, Until: until, Reason: reason})
		return nil
	}
	erased := rem.Erased()
	if !same(rem, erased) {
		errs, err := k.Reminders.CommitReminders(ctx, dunning.Change{Reminder: &erased})
		if err = errors.Join(append(errs, err)...); err != nil {
			return err
		}
		report.Reminders++
	}
	return k.Client.ForgetContents(ctx, rem.Contents()...)
}

// same compares by what is stored.
func same(a, b dunning.Reminder) bool {
	one, err := json.Marshal(a)
	two, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(one) == string(two)
}

func purposeOf(r dunning.Reminder) courrier.Purpose {
	switch {
	case r.Delivery != "":
		return r.Delivery
	case r.Decision.Step.Kind == courrier.StepFormalNotice:
		return courrier.PurposeFormalNotice
	}
	return courrier.PurposeReminder
}

// endOf is when the last thing was done about a reminder.
func endOf(r dunning.Reminder) time.Time {
	if len(r.Log) == 0 {
		return time.Time{}
	}
	return r.Log[len(r.Log)-1].At
}
