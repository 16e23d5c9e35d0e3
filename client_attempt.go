package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// attempt makes one attempt at one carrier. The record is queued again on an
// outcome that proves nothing was accepted.
func (c *Client) attempt(ctx context.Context, p Provider, rec LetterRecord, l Letter) (LetterRecord, error) {
	s := Submission{Letter: l, ID: rec.ID}
	rec.Provider, rec.Draft = p.Name(), ""
	if drafter, ok := p.(Drafter); ok {
		var err error
		if rec, err = c.draft(ctx, drafter, rec, s); err != nil || rec.Status != StatusQueued || rec.Draft == "" {
			return rec, err
		}
		s.Draft = rec.Draft
	}
	now, began := c.now(), time.Now()
	rec.Status, rec.Duty, rec.DueAt = StatusUnknown, DutySettle, now.Add(lease)
	rec.Attempts++
	rec.AttemptedAt, rec.MissingSince, rec.Overran = now, time.Time{}, false
	if err := c.write(ctx, &rec, &Change{}); err != nil {
		return rec, err
	}
	// The lease runs since before the write. One that took long leaves too little
	// of it: the attempt is not made, and that much is sure.
	left := submitTimeout - max(c.now().Sub(now), time.Since(began))
	if left < submitTimeout/2 {
		return c.record(ctx, p, rec, answer{err: &Error{Op: "submit", Kind: ErrUnavailable, Code: "lease-short", Err: errors.New("the store was slow; nothing was sent")}})
	}
	receipt, err := c.submit(ctx, p, s, left)
	return c.record(ctx, p, rec, answer{receipt, err, rec.Attempts == 1 && rec.Draft == ""})
}

// draft prepares the letter at a carrier that takes it in two steps. Until its
// second step nothing prints, so the letter stays queued under a lease.
func (c *Client) draft(ctx context.Context, d Drafter, rec LetterRecord, s Submission) (LetterRecord, error) {
	rec.DueAt = c.now().Add(lease)
	if err := c.write(ctx, &rec, &Change{}); err != nil {
		return rec, err
	}
	draft, err := ask(ctx, c, rec.Provider, "draft", submitTimeout, func(ctx context.Context) (string, error) { return d.Draft(ctx, s) })
	if err == nil {
		rec.Draft = draft
		return rec, nil
	}
	if refused(err) {
		rec.Refused = append(rec.Refused, rec.Provider)
	}
	rec.Failure = c.failure(err)
	return rec, nil
}

func (c *Client) submit(ctx context.Context, p Provider, s Submission, most time.Duration) (Receipt, error) {
	receipt, err := ask(ctx, c, p.Name(), "submit", most, func(ctx context.Context) (Receipt, error) { return p.Submit(ctx, s) })
	receipt = receipt.repaired()
	switch {
	case err == nil && receipt.ProviderID == "":
		err = &Error{Op: "submit", Kind: ErrInDoubt, Provider: p.Name(), Err: errors.New("accepted without an id")}
	case err != nil && nothingAccepted(err) && (errors.Is(err, ErrInDoubt) || receipt.ProviderID != ""):
		err = &Error{Op: "submit", Kind: ErrInDoubt, Provider: p.Name(), Err: errors.New("the outcome contradicts itself")}
	}
	return receipt, err
}

func refused(err error) bool {
	return errors.Is(err, ErrRejected) || errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnsupported)
}

func nothingAccepted(err error) bool {
	return refused(err) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrDenied)
}

// answer is what an attempt, or the settling of one, brought.
type answer struct {
	receipt Receipt
	err     error
	// only: no event of the letter can have been stored before, as long as its
	// record is the one that the attempt wrote.
	only bool
}

// record writes what an attempt, or the settling of one, brought. It goes on
// when the caller's context has ended.
func (c *Client) record(ctx context.Context, p Provider, rec LetterRecord, a answer) (LetterRecord, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	attempt, version := rec.Attempts, rec.Version
	a = c.onlyForThis(ctx, p, rec, a)
	var told []TrackingEvent
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if r.Attempts != attempt || r.Provider != p.Name() { // the letter went on without us
			if a.err == nil && a.receipt.ProviderID != r.ProviderID {
				c.log.ErrorContext(ctx, "accepted after it was settled as never arrived: it may be posted twice", "letter", r.ID, "provider", p.Name())
			}
			return nil, nil
		}
		change := &Change{}
		told = nil
		switch {
		case a.err == nil:
			c.accept(r, a.receipt, a.only && r.Version == version, change)
			told = change.Events
		case r.Status != StatusUnknown: // settled meanwhile, by an event
			return nil, nil
		case nothingAccepted(a.err):
			if refused(a.err) {
				r.Refused = append(r.Refused, p.Name())
			}
			r.Status, r.Duty, r.DueAt = StatusQueued, DutyDispatch, c.now().Add(lease)
			r.Failure = c.failure(a.err)
		default:
			r.Failure = c.failure(a.err)
			r.DueAt = c.now().Add(settleAfter(p))
			r.Overran = errors.Is(a.err, errOverran)
		}
		return change, nil
	})
	if err != nil {
		return after, err
	}
	c.reportUnknown(ctx, told)
	c.log.InfoContext(ctx, "letter attempted", "letter", rec.ID, "provider", p.Name(), "status", after.Status)
	return after, nil
}

// onlyForThis doubts an acceptance under an id that another letter has: a carrier
// that gives one id to two letters, or confirms another letter than it was asked
// about, has printed one of them at most. A person must ask it.
func (c *Client) onlyForThis(ctx context.Context, p Provider, rec LetterRecord, a answer) answer {
	if a.err != nil {
		return a
	}
	for other, err := range c.store.Letters(ctx, LetterFilter{Provider: p.Name(), ProviderID: a.receipt.ProviderID, Limit: 2}) {
		if err != nil || other.ID == rec.ID {
			continue // what cannot be read contradicts nothing
		}
		c.log.ErrorContext(ctx, "the carrier gave one id to two letters: ask it which one it has", "provider", p.Name(), "letter", rec.ID, "other", other.ID)
		a.err = &Error{Op: "submit", Kind: ErrInDoubt, Provider: p.Name(), Code: "id-of-another", Err: fmt.Errorf("the carrier's id is that of letter %s", other.ID)}
		break
	}
	return a
}

// accept enters a carrier's acceptance into the record: the credit is captured
// and the letter followed from here on. Events of the receipt are folded at once
// if they are the only ones; else the next Refresh catches up with them.
func (c *Client) accept(r *LetterRecord, receipt Receipt, only bool, change *Change) {
	r.ProviderID = receipt.ProviderID
	if receipt.TrackingNumber != "" {
		r.TrackingNumber = receipt.TrackingNumber
	}
	if receipt.Price.Unit() != "" {
		r.CarrierPrice = receipt.Price
	}
	if !receipt.ExpectedOn.IsZero() {
		r.ExpectedOn = receipt.ExpectedOn
	}
	if r.SubmittedAt.IsZero() {
		r.SubmittedAt = c.now()
		r.Status, r.Failure = StatusSubmitted, nil
		r.Tracking = Fold(nil)
		c.capture(r, change)
		c.followNext(r)
	}
	c.enterEvents(r, receipt.Events, only, change)
}

func (c *Client) enterEvents(r *LetterRecord, events []TrackingEvent, only bool, change *Change) {
	if len(events) == 0 {
		return
	}
	fold := only && !slices.ContainsFunc(events, func(e TrackingEvent) bool { return e.Hint })
	all := make([]TrackingEvent, len(events))
	for i, e := range events {
		e.Letter, e.Provider, e.ProviderID, e.Source, e.Folded = r.ID, r.Provider, r.ProviderID, SourceSubmit, fold
		all[i] = c.heard(e)
	}
	change.Events = append(change.Events, all...)
	if fold {
		c.refold(r, all, change)
	}
	if r.Status != StatusSubmitted {
		r.DueAt = c.now() // for a look that plans what follows an end
	}
}

// capture spends what was reserved, or what a letter that was not to be charged
// any more turned out to cost.
func (c *Client) capture(r *LetterRecord, change *Change) {
	if r.Charge != ChargeReserved {
		return
	}
	r.Charge = ChargeCaptured
	change.Entries = append(change.Entries, c.chargeEntry(*r, EntryCapture))
}

func (c *Client) chargeEntry(r LetterRecord, kind EntryKind) Entry {
	return Entry{
		Account: r.Letter.Account, Key: r.ChargeKey, Kind: kind, Round: roundOf(r, kind),
		Amount: r.Price, Letter: r.ID, At: c.now(),
	}
}

func roundOf(r LetterRecord, kind EntryKind) int {
	if kind == EntryRefund || kind == EntryRecharge {
		return r.ChargeRound
	}
	return 0
}

// failure keeps what a carrier said, for the record only: it is never logged.
func (c *Client) failure(err error) *Failure {
	f := &Failure{Message: storable(err.Error()), At: c.now()}
	if e, ok := errors.AsType[*Error](err); ok {
		f.Code = storable(e.Code)
	}
	return f
}
