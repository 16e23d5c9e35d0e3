package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// heard stamps an event with the moment, gives it an id when it has none, and
// repairs what no store holds.
func (c *Client) heard(e TrackingEvent) TrackingEvent {
	e = e.repaired()
	if e.Heard.IsZero() {
		e.Heard = c.now()
	}
	e.Heard, e.Happened = e.Heard.UTC().Truncate(time.Microsecond), e.Happened.UTC().Truncate(time.Microsecond)
	if e.ID == "" {
		e.ID = NewEventID(e.Provider, e.ProviderID, e.Code, e.Happened, e.Proof)
	}
	return e
}

// Apply stores events, from a webhook or by hand, then lets each letter's status
// and money follow from all that is known about it. Events of letters that are
// not known (yet) are kept and matched later. What was stored survives a crash
// in between: [Client.Refresh] goes on with it.
//
// An event that names no carrier, no letter or no fact is [ErrInvalid], and none is
// stored.
func (c *Client) Apply(ctx context.Context, events ...TrackingEvent) error {
	var k Checks
	for i, e := range events {
		k.Nest(fmt.Sprintf("Events[%d]", i), e.validate())
	}
	if err := k.Err(); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	letters, err := c.storeEvents(ctx, events)
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	return c.foldLetters(ctx, letters)
}

// storeEvents keeps events as they came and returns the letters they are about.
func (c *Client) storeEvents(ctx context.Context, events []TrackingEvent) ([]LetterID, error) {
	if len(events) == 0 {
		return nil, nil
	}
	changes := make([]Change, len(events))
	var letters []LetterID
	for i, e := range events {
		e = c.heard(e)
		e.Folded = false
		id, err := c.letterOf(ctx, e)
		if err == nil && id == "" && e.Letter != "" {
			err = c.warnOfTwo(ctx, e)
		}
		if err != nil {
			return nil, err
		}
		e.Letter = id
		if id != "" {
			letters = append(letters, id)
		}
		changes[i] = Change{Events: []TrackingEvent{e}}
	}
	err := errors.Join(c.commitAll(ctx, changes)...)
	// An event whose letter was being accepted at that moment is looked up
	// again, now that the acceptance can find the event.
	for _, change := range changes {
		if e := change.Events[0]; err == nil && e.Letter == "" {
			var id LetterID
			if id, err = c.letterOf(ctx, e); id != "" {
				letters = append(letters, id)
			}
		}
	}
	slices.Sort(letters)
	return slices.Compact(letters), err
}

// warnOfTwo tells of a carrier that has a letter which went to another one, for
// the first had proved that it took nothing: a person must stop one of the two.
func (c *Client) warnOfTwo(ctx context.Context, e TrackingEvent) error {
	rec, err := c.store.Letter(ctx, e.Letter)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	has := e.reached() != "" && e.reached() != StatusFailed && e.reached() != StatusCancelled
	if err == nil && has && !e.Hint && rec.Attempts > 0 {
		c.log.ErrorContext(ctx, "two carriers may have this letter: it may be posted twice", "letter", rec.ID, "provider", rec.Provider, "other", e.Provider)
	}
	return err
}

// letterOf finds the letter of an event: by our id, else by the carrier's.
func (c *Client) letterOf(ctx context.Context, e TrackingEvent) (LetterID, error) {
	if e.Letter != "" {
		rec, err := c.store.Letter(ctx, e.Letter)
		if err == nil && rec.Provider == e.Provider {
			return rec.ID, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
	}
	for _, f := range []LetterFilter{
		{Provider: e.Provider, ProviderID: e.ProviderID, Limit: 1},
		{Provider: e.Provider, TrackingNumber: e.TrackingNumber, Limit: 1},
	} {
		if f.ProviderID == "" && f.TrackingNumber == "" {
			continue
		}
		for rec, err := range c.store.Letters(ctx, f) {
			return rec.ID, err
		}
	}
	return "", nil
}

func (c *Client) foldLetters(ctx context.Context, letters []LetterID) error {
	var errs []error
	for _, id := range letters {
		if _, err := c.foldLetter(ctx, id); err != nil {
			errs = append(errs, &Error{Op: "apply", LetterID: id, Err: err})
		}
	}
	return errors.Join(errs...)
}

// foldLetter brings a letter up to date with its stored events. Where one of
// them is an unsigned hint the carrier is asked first.
func (c *Client) foldLetter(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err != nil {
		return LetterRecord{}, err
	}
	stored, err := c.eventsOf(ctx, rec)
	if err != nil {
		return LetterRecord{}, err
	}
	tracker, canAsk := c.providers[rec.Provider].(Tracker)
	hinted := slices.ContainsFunc(stored, func(e TrackingEvent) bool { return e.Hint && !e.Folded })
	var news []TrackingEvent
	if hinted && canAsk {
		ref := rec.Reference()
		if ref.ProviderID == "" { // in doubt: the hint tells where to look
			ref.ProviderID = providerIDOf(stored)
		}
		news, err = ask(ctx, c, rec.Provider, "track", submitTimeout, func(ctx context.Context) ([]TrackingEvent, error) { return tracker.Track(ctx, []Reference{ref}) })
		if err != nil {
			return LetterRecord{}, fmt.Errorf("ask %s: %w", rec.Provider, err)
		}
	}
	return c.takeNews(ctx, rec, stored, news)
}

func providerIDOf(events []TrackingEvent) string {
	for _, e := range events {
		if e.ProviderID != "" {
			return e.ProviderID
		}
	}
	return ""
}

// eventsOf lists a letter's events, with the orphans that its carrier's id
// claims: those that came before the letter was known.
func (c *Client) eventsOf(ctx context.Context, rec LetterRecord) ([]TrackingEvent, error) {
	events, err := seq.Collect(c.store.Events(ctx, EventFilter{Letters: []LetterID{rec.ID}}))
	if err != nil || rec.ProviderID == "" {
		return events, err
	}
	orphans, err := seq.Collect(c.store.Events(ctx, EventFilter{Provider: rec.Provider, ProviderID: rec.ProviderID, Orphans: true}))
	return append(events, orphans...), err
}

// takeNews folds a letter's stored events together with news just heard from its
// carrier, and commits events, status and money as one change. stored are those
// events, as read together with rec.
func (c *Client) takeNews(ctx context.Context, rec LetterRecord, stored, news []TrackingEvent) (LetterRecord, error) {
	var fresh []TrackingEvent
	again := false
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if again {
			var err error
			if stored, err = c.eventsOf(ctx, *r); err != nil {
				return nil, err
			}
		}
		again = true
		var all []TrackingEvent
		all, fresh = c.merge(*r, stored, news)
		change := &Change{Events: fresh}
		c.refold(r, all, change)
		if err := c.planNext(ctx, r, len(fresh) > 0); err != nil {
			return nil, err
		}
		return change, nil
	})
	if err == nil {
		c.reportUnknown(ctx, fresh)
	}
	return after, err
}

// merge returns all events of a letter, and those to write: news, and stored
// ones not folded yet.
func (c *Client) merge(r LetterRecord, stored, news []TrackingEvent) (all, fresh []TrackingEvent) {
	known := make(map[string]int, len(stored))
	for i, e := range stored {
		known[e.ID] = i
		all = append(all, e)
		if !e.Folded {
			e.Letter, e.Folded = r.ID, true
			fresh = append(fresh, e)
		}
	}
	for _, e := range news {
		e.Letter, e.Provider = r.ID, r.Provider
		if e.Source == "" {
			e.Source = SourcePoll
		}
		e = c.heard(e)
		i, seen := known[e.ID]
		if seen && all[i].Hint && !e.Hint && !sameFact(all[i], e) {
			// Somebody used the carrier's id for a tale of his own: that stays a
			// hint, and what the carrier says stands beside it.
			e.ID += ":asked"
			i, seen = known[e.ID]
		}
		if seen && !(all[i].Hint && !e.Hint) {
			continue
		}
		e.Folded = true
		if seen { // the carrier confirms what somebody hinted at
			all[i] = e
		} else {
			known[e.ID] = len(all)
			all = append(all, e)
		}
		fresh = append(fresh, e)
	}
	return all, fresh
}

// sameFact tells whether two events with one id say the same.
func sameFact(a, b TrackingEvent) bool {
	return a.Code == b.Code && a.Status == b.Status && a.Proof == b.Proof && a.Reason == b.Reason &&
		a.FirstPresentation == b.FirstPresentation && a.TrackingNumber == b.TrackingNumber && a.Happened.Equal(b.Happened)
}

// factsOf returns the events that may move a letter: no hints, and of a letter
// that nobody follows to its addressee no more than that it was posted.
func factsOf(r *LetterRecord, all []TrackingEvent) []TrackingEvent {
	var facts []TrackingEvent
	for _, e := range all {
		if e.Hint {
			continue
		}
		switch e.reached() {
		case StatusInTransit, StatusAwaitingPickup, StatusDelivered:
			if !r.Letter.Service.Tracked() {
				e.Status, e.FirstPresentation = StatusPosted, false
			}
		}
		facts = append(facts, e)
	}
	return facts
}

// refold makes the record follow from its events: the status, and the money that
// goes with it.
func (c *Client) refold(r *LetterRecord, all []TrackingEvent, change *Change) {
	facts := factsOf(r, all)
	if len(facts) == 0 {
		return
	}
	if r.SubmittedAt.IsZero() && !c.provesAcceptance(r, facts) {
		if !r.Status.Done() {
			return
		}
		r.Tracking.Late = nil // a letter that ended with us: events are kept and flagged
		for _, e := range facts {
			r.Tracking.Late = append(r.Tracking.Late, e.ID)
		}
		return
	}
	if r.SubmittedAt.IsZero() {
		c.accept(r, Receipt{ProviderID: providerIDOf(facts)}, false, change)
	}
	r.Tracking = Fold(facts)
	r.Status = r.Tracking.Status
	if r.Tracking.TrackingNumber != "" {
		r.TrackingNumber = r.Tracking.TrackingNumber
	}
	if r.CancelAsked && (r.Status == StatusSubmitted || r.Status == StatusAccepted || r.Status == StatusBlocked) {
		r.Status = StatusCancelRequested
	}
	c.chargeFor(r, change)
}

// provesAcceptance tells whether events show that a carrier has a letter we do
// not count as submitted: one in doubt, or one queued again by mistake.
func (c *Client) provesAcceptance(r *LetterRecord, facts []TrackingEvent) bool {
	waiting := r.Status == StatusUnknown || r.Status == StatusQueued || r.Status == StatusHeld
	return waiting && r.Attempts > 0 && slices.ContainsFunc(facts, func(e TrackingEvent) bool {
		return e.ProviderID != "" && e.reached() != "" // a code that means no change proves nothing
	})
}

// chargeFor makes the money follow the status. A letter that will never be
// posted is refunded at once; one that was posted after all is charged again.
func (c *Client) chargeFor(r *LetterRecord, change *Change) {
	never := r.Status == StatusFailed || r.Status == StatusCancelled
	switch {
	case never && r.Charge == ChargeCaptured:
		change.Entries = append(change.Entries, c.chargeEntry(*r, EntryRefund))
		r.Charge = ChargeRefunded
	case !never && r.Charge == ChargeRefunded:
		change.Entries = append(change.Entries, c.chargeEntry(*r, EntryRecharge))
		r.Charge = ChargeCaptured
		r.ChargeRound++
	}
}

// reportUnknown tells of codes that nobody knows, once: when they are folded.
func (c *Client) reportUnknown(ctx context.Context, events []TrackingEvent) {
	for _, e := range events {
		if !e.Unknown || !e.Folded {
			continue
		}
		c.log.WarnContext(ctx, "carrier code not known", "letter", e.Letter, "provider", e.Provider, "code", e.Code)
		if c.cfg.OnUnknownCode != nil {
			_, _ = call(ctx, c, recordTimeout, func(ctx context.Context) (struct{}, error) { c.cfg.OnUnknownCode(ctx, e); return struct{}{}, nil })
		}
	}
}
