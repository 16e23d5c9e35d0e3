package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// The times of following a letter.
const (
	defaultPollEvery = 6 * time.Hour
	// After a month without an end a letter is asked about once a day.
	slowAfter = 30 * 24 * time.Hour
	slowPoll  = 24 * time.Hour
	// An untracked letter is looked at now and then for the one thing carriers
	// may still tell: that it came back, five to ten days after posting.
	untrackedPoll = 5 * 24 * time.Hour
	untrackedFor  = 30 * 24 * time.Hour
	// Proofs that have not come by then are not waited for any more. Operators
	// keep them a year; a signed receipt takes five to fifteen days.
	proofsFor = 60 * 24 * time.Hour
	// followFor ends the following of a letter that never ends.
	followFor = 180 * 24 * time.Hour
	// orphansFor is how long events of unknown letters are matched again.
	orphansFor = 7 * 24 * time.Hour
	// catchUpPage is how many stored events one Refresh looks at again, and
	// catchUpFailures after how many letters it leaves a carrier for the next.
	catchUpPage     = 1024
	catchUpFailures = 8
)

// followed tells whether all that can be expected of a letter has come.
func followed(r LetterRecord, offered []ProofKind, now time.Time) bool {
	missing := slices.ContainsFunc(wantedProofs(r, offered), func(k ProofKind) bool { return !r.hasProof(k) }) ||
		slices.ContainsFunc(r.Tracking.Proofs, func(k ProofKind) bool { return slices.Contains(offered, k) && !r.hasProof(k) })
	since := func(t time.Time, d time.Duration) bool { return !t.IsZero() && now.Sub(t) > d }
	switch {
	case r.Status == StatusFailed || r.Status == StatusCancelled:
		return true
	case since(r.SubmittedAt, followFor):
		return true
	case r.Status == StatusDelivered:
		return !missing || since(r.Tracking.DeliveredAt, proofsFor)
	case r.Status == StatusReturned || r.Status == StatusLost:
		return !missing && r.Status == StatusReturned || since(r.Tracking.EndedAt, proofsFor)
	case r.Status == StatusPosted && !r.Letter.Service.Tracked():
		return since(r.Tracking.PostedAt, untrackedFor)
	}
	return false
}

// followNext sets when the carrier is asked next about a letter it has.
func (c *Client) followNext(r *LetterRecord) {
	every := defaultPollEvery
	if p := c.providers[r.Provider]; p != nil && p.Capabilities().PollEvery > 0 {
		every = p.Capabilities().PollEvery
	}
	now := c.now()
	switch {
	case r.Status == StatusPosted && !r.Letter.Service.Tracked():
		every = max(every, untrackedPoll)
	case now.Sub(r.SubmittedAt) > slowAfter:
		every = max(every, slowPoll)
	}
	r.Duty, r.DueAt = DutyFollow, now.Add(every)
}

// heard stamps an event with the moment and gives it an id when it has none.
func (c *Client) heard(e TrackingEvent) TrackingEvent {
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
	events, err := collect(c.store.Events(ctx, EventFilter{Letters: []LetterID{rec.ID}}))
	if err != nil || rec.ProviderID == "" {
		return events, err
	}
	orphans, err := collect(c.store.Events(ctx, EventFilter{Provider: rec.Provider, ProviderID: rec.ProviderID, Orphans: true}))
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

// planNext sets the next duty of a letter at a carrier.
func (c *Client) planNext(ctx context.Context, r *LetterRecord, news bool) error {
	if r.SubmittedAt.IsZero() {
		return nil
	}
	if news {
		r.Polls = 0
	} else {
		r.Polls++
	}
	var offered []ProofKind
	if p := c.providers[r.Provider]; p != nil {
		offered = p.Capabilities().Proofs
	}
	if followed(*r, offered, c.now()) {
		return c.schedulePurge(ctx, r)
	}
	c.followNext(r)
	return nil
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

// RefreshOptions bounds one call of [Client.Refresh].
type RefreshOptions struct {
	Workers int // questions at the same time; 0: 4
	Limit   int // most letters asked about; 0: all that are due
}

// RefreshReport counts what a Refresh did.
type RefreshReport struct {
	Asked   int // letters the carriers were asked about
	Changed int // letters whose status changed
	Proofs  int // proofs fetched and kept
	Folded  int // letters caught up with events stored before
}

// Refresh asks the carriers for news of the letters that are due, which is what
// webhooks cannot tell, fetches proofs that appeared, and catches up with events
// that were stored and not yet worked on. Carriers' own rate limits hold.
func (c *Client) Refresh(ctx context.Context, o RefreshOptions) (RefreshReport, error) {
	var report RefreshReport
	if err := c.catchUp(ctx, &report); err != nil {
		return report, fmt.Errorf("refresh: %w", err)
	}
	left, begun := o.Limit, c.now() // no letter is asked about twice in one call
	for ctx.Err() == nil {
		size := pageSize
		if o.Limit > 0 {
			size = min(size, left)
		}
		page, err := collect(c.store.Letters(ctx, LetterFilter{Duty: DutyFollow, DueBefore: begun, Limit: size}))
		if err != nil {
			return report, fmt.Errorf("refresh: %w", err)
		}
		failed := c.refreshPage(ctx, page, o.Workers, &report)
		left -= len(page)
		if len(page) < size || failed == len(page) || o.Limit > 0 && left <= 0 {
			break
		}
	}
	return report, ctx.Err()
}

// catchUp works on events that were stored by a process that did not get further.
func (c *Client) catchUp(ctx context.Context, report *RefreshReport) error {
	pending, err := c.unfolded(ctx)
	if err != nil {
		return err
	}
	seen := make(map[LetterID]bool)
	failures := make(map[string]int) // by carrier
	for _, e := range pending {
		if failures[e.Provider] == catchUpFailures {
			continue
		}
		id, err := c.letterOf(ctx, e)
		if err != nil {
			return err
		}
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		if _, err := c.foldLetter(ctx, id); err != nil {
			c.log.ErrorContext(ctx, "events left for later", "letter", id, "kind", kindOf(err))
			failures[e.Provider]++
			continue
		}
		report.Folded++
	}
	return ctx.Err()
}

// unfolded lists events not worked on, a part of them at each call, so that many
// that belong to no letter do not stand before those that do.
func (c *Client) unfolded(ctx context.Context) ([]TrackingEvent, error) {
	c.catchUpMu.Lock()
	defer c.catchUpMu.Unlock()
	from := c.now().Add(-orphansFor)
	if c.catchUpFrom.After(from) {
		from = c.catchUpFrom
	}
	page, err := collect(c.store.Events(ctx, EventFilter{Unfolded: true, HeardFrom: from, Limit: catchUpPage}))
	if err != nil {
		return nil, err
	}
	c.catchUpFrom = time.Time{} // from the start again
	if len(page) == catchUpPage {
		last := page[len(page)-1].Heard
		if c.catchUpFrom = last; !last.After(from) {
			c.catchUpFrom = last.Add(time.Microsecond)
		}
	}
	return page, nil
}

// refreshPage asks about a page of letters, in batches by carrier, and returns
// for how many it failed.
func (c *Client) refreshPage(ctx context.Context, page []LetterRecord, workers int, report *RefreshReport) (failed int) {
	batches := make(chan []LetterRecord)
	var wg sync.WaitGroup
	var mu sync.Mutex
	if workers <= 0 {
		workers = 4
	}
	for range min(workers, len(page)) {
		wg.Go(func() {
			for batch := range batches {
				done, bad := c.refreshBatch(ctx, batch)
				mu.Lock()
				failed += bad
				report.Asked += len(batch)
				report.Changed += done.Changed
				report.Proofs += done.Proofs
				mu.Unlock()
			}
		})
	}
	for _, batch := range c.batches(page) {
		batches <- batch
	}
	close(batches)
	wg.Wait()
	return failed
}

// batches groups letters by carrier, each group as large as one question may be.
func (c *Client) batches(page []LetterRecord) [][]LetterRecord {
	byProvider := make(map[string][]LetterRecord)
	var names []string
	for _, rec := range page {
		if byProvider[rec.Provider] == nil {
			names = append(names, rec.Provider)
		}
		byProvider[rec.Provider] = append(byProvider[rec.Provider], rec)
	}
	var all [][]LetterRecord
	for _, name := range names {
		size := 1
		if p := c.providers[name]; p != nil {
			size = max(p.Capabilities().TrackBatch, 1)
		}
		all = slices.AppendSeq(all, slices.Chunk(byProvider[name], size))
	}
	return all
}

// refreshBatch asks one carrier about a few letters, takes in what it says and
// returns for how many it failed.
func (c *Client) refreshBatch(ctx context.Context, batch []LetterRecord) (report RefreshReport, failed int) {
	var news map[LetterID][]TrackingEvent
	stored, err := c.eventsOfAll(ctx, batch)
	if err == nil {
		news, err = c.track(ctx, batch)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, rec := range batch {
		wg.Go(func() { // their commits share a transaction
			err, changed, proofs := err, false, 0
			if err == nil || news[rec.ID] != nil { // else it is one that could not be asked about
				changed, proofs, err = c.refreshed(ctx, rec, stored[rec.ID], news[rec.ID])
			}
			if err != nil {
				c.postpone(ctx, rec, err)
			}
			mu.Lock()
			defer mu.Unlock()
			report.Proofs += proofs
			if changed {
				report.Changed++
			}
			if err != nil {
				failed++
			}
		})
	}
	wg.Wait()
	return report, failed
}

// eventsOfAll lists the events of several letters at once, orphans aside: Refresh
// matches those before it asks anybody.
func (c *Client) eventsOfAll(ctx context.Context, batch []LetterRecord) (map[LetterID][]TrackingEvent, error) {
	ids := make([]LetterID, len(batch))
	for i, rec := range batch {
		ids[i] = rec.ID
	}
	all := make(map[LetterID][]TrackingEvent, len(batch))
	for e, err := range c.store.Events(ctx, EventFilter{Letters: ids}) {
		if err != nil {
			return nil, err
		}
		all[e.Letter] = append(all[e.Letter], e)
	}
	return all, nil
}

func (c *Client) refreshed(ctx context.Context, rec LetterRecord, stored, news []TrackingEvent) (changed bool, proofs int, err error) {
	after, err := c.takeNews(ctx, rec, stored, news)
	if err != nil {
		return false, 0, err
	}
	final, proofs, err := c.fetchProofs(ctx, after)
	return final.Status != rec.Status, proofs, err
}

// track asks a carrier about letters; one that cannot be asked has no news.
func (c *Client) track(ctx context.Context, batch []LetterRecord) (map[LetterID][]TrackingEvent, error) {
	tracker, ok := c.providers[batch[0].Provider].(Tracker)
	if !ok {
		return nil, nil
	}
	refs := make([]Reference, len(batch))
	byProviderID := make(map[string]LetterID, len(batch))
	for i, rec := range batch {
		refs[i] = rec.Reference()
		byProviderID[rec.ProviderID] = rec.ID
	}
	events, err := ask(ctx, c, batch[0].Provider, "track", submitTimeout, func(ctx context.Context) ([]TrackingEvent, error) { return tracker.Track(ctx, refs) })
	news := make(map[LetterID][]TrackingEvent, len(batch))
	for _, e := range events {
		id := e.Letter
		if id == "" {
			id = byProviderID[e.ProviderID]
		}
		news[id] = append(news[id], e)
	}
	return news, err
}

// RefreshOne asks the carrier about one letter now, and fetches its proofs: the
// duty of [Client.Refresh] for a host's own job engine. A letter that no carrier
// has comes back as it is. The errors are the carrier's, and nothing changed.
func (c *Client) RefreshOne(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err != nil || rec.SubmittedAt.IsZero() {
		return rec, err
	}
	stored, err := c.eventsOf(ctx, rec)
	if err != nil {
		return rec, err
	}
	news, err := c.track(ctx, []LetterRecord{rec})
	if err != nil {
		return rec, &Error{Op: "refresh", Provider: rec.Provider, LetterID: id, Err: err}
	}
	if _, _, err := c.refreshed(ctx, rec, stored, news[id]); err != nil {
		return rec, &Error{Op: "refresh", Provider: rec.Provider, LetterID: id, Err: err}
	}
	return c.store.Letter(ctx, id)
}

// Run does every background duty, again and again, until the context ends: the
// simple default for a host without a job engine of its own. Between rounds it
// waits for every (0: a minute). Errors are logged and tried again.
func (c *Client) Run(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		every = time.Minute
	}
	for {
		if _, err := c.Dispatch(ctx, DispatchOptions{}); err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "dispatch failed", "kind", kindOf(err))
		}
		if _, err := c.Refresh(ctx, RefreshOptions{}); err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "refresh failed", "kind", kindOf(err))
		}
		if _, err := c.Purge(ctx); err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "purge failed", "kind", kindOf(err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}
