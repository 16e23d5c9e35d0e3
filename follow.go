package courrier

import (
	"bytes"
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
)

// wantedProofs are those that a letter's service and end can bring.
func wantedProofs(r LetterRecord, offered []ProofKind) []ProofKind {
	var wanted []ProofKind
	want := func(kind ProofKind, when bool) {
		if when && slices.Contains(offered, kind) {
			wanted = append(wanted, kind)
		}
	}
	registered := r.Letter.Service.Registered()
	want(ProofOfDeposit, registered)
	want(ProofOfReceipt, r.Letter.Service == ServiceRegisteredAR && r.Status == StatusDelivered)
	want(ProofOfReturn, r.Status == StatusReturned && r.Letter.Service.Tracked() && r.Letter.Returns == ReturnsScanned)
	return wanted
}

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

func (r LetterRecord) hasProof(kind ProofKind) bool {
	return slices.ContainsFunc(r.Proofs, func(p ProofRecord) bool { return p.Kind == kind })
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
func (c *Client) Apply(ctx context.Context, events ...TrackingEvent) error {
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
		bounded, cancel := context.WithTimeout(ctx, submitTimeout)
		defer cancel()
		if news, err = tracker.Track(bounded, []Reference{ref}); err != nil {
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

// refold makes the record follow from its events: the status, and the money that
// goes with it.
func (c *Client) refold(r *LetterRecord, all []TrackingEvent, change *Change) {
	_, canAsk := c.providers[r.Provider].(Tracker)
	facts := slices.DeleteFunc(slices.Clone(all), func(e TrackingEvent) bool { return e.Hint && canAsk })
	if len(facts) == 0 {
		return
	}
	if r.SubmittedAt.IsZero() && !c.provesAcceptance(r, facts) {
		r.Tracking.Late = nil // a letter that ended with us: events are kept and flagged
		for _, e := range facts {
			r.Tracking.Late = append(r.Tracking.Late, e.ID)
		}
		return
	}
	if r.SubmittedAt.IsZero() {
		c.accept(r, Receipt{ProviderID: providerIDOf(facts)}, change)
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
	return waiting && r.Attempts > 0 && providerIDOf(facts) != ""
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

// schedulePurge sets when an ended letter's contents are forgotten.
func (c *Client) schedulePurge(ctx context.Context, r *LetterRecord) error {
	settings, err := c.Settings(ctx, r.Letter.Account)
	if err != nil {
		return err
	}
	r.Duty, r.DueAt = DutyNone, time.Time{}
	if keep, ends := settings.retention(); ends && !r.ContentsGone {
		r.Duty, r.DueAt = DutyPurge, c.now().Add(keep)
	}
	return nil
}

func (c *Client) reportUnknown(ctx context.Context, fresh []TrackingEvent) {
	for _, e := range fresh {
		if !e.Unknown {
			continue
		}
		c.log.WarnContext(ctx, "carrier code not known", "letter", e.Letter, "provider", e.Provider, "code", e.Code)
		if c.cfg.OnUnknownCode != nil {
			c.cfg.OnUnknownCode(ctx, e)
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
	left := o.Limit
	for ctx.Err() == nil {
		size := pageSize
		if o.Limit > 0 {
			size = min(size, left)
		}
		page, err := collect(c.store.Letters(ctx, LetterFilter{Duty: DutyFollow, DueBefore: c.now(), Limit: size}))
		if err != nil {
			return report, fmt.Errorf("refresh: %w", err)
		}
		c.refreshPage(ctx, page, o.Workers, &report)
		left -= len(page)
		if len(page) < size || o.Limit > 0 && left <= 0 {
			break
		}
	}
	return report, ctx.Err()
}

// catchUp works on events that were stored by a process that did not get further.
func (c *Client) catchUp(ctx context.Context, report *RefreshReport) error {
	pending, err := collect(c.store.Events(ctx, EventFilter{Unfolded: true, HeardFrom: c.now().Add(-orphansFor), Limit: 4 * pageSize}))
	if err != nil {
		return err
	}
	seen := make(map[LetterID]bool)
	for _, e := range pending {
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
			continue
		}
		report.Folded++
	}
	return nil
}

// refreshPage asks about a page of letters, in batches by carrier.
func (c *Client) refreshPage(ctx context.Context, page []LetterRecord, workers int, report *RefreshReport) {
	batches := make(chan []LetterRecord)
	var wg sync.WaitGroup
	var mu sync.Mutex
	if workers <= 0 {
		workers = 4
	}
	for range min(workers, len(page)) {
		wg.Go(func() {
			for batch := range batches {
				done := c.refreshBatch(ctx, batch)
				mu.Lock()
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

// refreshBatch asks one carrier about a few letters and takes in what it says.
func (c *Client) refreshBatch(ctx context.Context, batch []LetterRecord) RefreshReport {
	var report RefreshReport
	stored, err := c.eventsOfAll(ctx, batch)
	if err != nil {
		c.postponeAll(ctx, batch, err)
		return report
	}
	news, err := c.track(ctx, batch)
	if err != nil && len(news) == 0 {
		c.postponeAll(ctx, batch, err)
		return report
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, rec := range batch {
		wg.Go(func() { // their commits share a transaction
			if err != nil && news[rec.ID] == nil { // some of the batch could not be asked about
				c.postpone(ctx, rec, err)
				return
			}
			changed, proofs, err := c.refreshed(ctx, rec, stored[rec.ID], news[rec.ID])
			if err != nil {
				c.postpone(ctx, rec, err)
			}
			mu.Lock()
			defer mu.Unlock()
			report.Proofs += proofs
			if changed {
				report.Changed++
			}
		})
	}
	wg.Wait()
	return report
}

func (c *Client) postponeAll(ctx context.Context, batch []LetterRecord, cause error) {
	for _, rec := range batch {
		c.postpone(ctx, rec, cause)
	}
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
	bounded, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	events, err := tracker.Track(bounded, refs)
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
// has comes back as it is.
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

// FetchProofs fetches and keeps the proofs that a letter's carrier announced and
// that are not kept yet. It is safe to repeat.
func (c *Client) FetchProofs(ctx context.Context, id LetterID) (LetterRecord, error) {
	rec, err := c.store.Letter(ctx, id)
	if err == nil {
		rec, _, err = c.fetchProofs(ctx, rec)
	}
	if err != nil {
		return rec, &Error{Op: "fetch proofs", Provider: rec.Provider, LetterID: id, Err: err}
	}
	return rec, nil
}

func (c *Client) fetchProofs(ctx context.Context, rec LetterRecord) (LetterRecord, int, error) {
	fetcher, ok := c.providers[rec.Provider].(ProofFetcher)
	if !ok {
		return rec, 0, nil
	}
	var kept []ProofRecord
	for _, kind := range rec.Tracking.Proofs {
		if rec.hasProof(kind) {
			continue
		}
		proof, err := c.fetchProof(ctx, fetcher, rec, kind)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnsupported) {
			continue // not yet, or never: followNext decides how long to ask
		}
		if err != nil {
			return rec, 0, err
		}
		kept = append(kept, proof)
	}
	if len(kept) == 0 {
		return rec, 0, nil
	}
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		for _, p := range kept {
			if !r.hasProof(p.Kind) {
				r.Proofs = append(slices.Clone(r.Proofs), p)
			}
		}
		return &Change{}, c.planNext(ctx, r, true)
	})
	return after, len(kept), err
}

func (c *Client) fetchProof(ctx context.Context, fetcher ProofFetcher, rec LetterRecord, kind ProofKind) (ProofRecord, error) {
	bounded, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	doc, err := fetcher.Proof(bounded, rec.Reference(), kind)
	if err != nil {
		return ProofRecord{}, err
	}
	if !isPDF(doc.Content) {
		return ProofRecord{}, &Error{Op: "fetch proof", Kind: ErrUnavailable, Provider: rec.Provider, Code: "not-a-pdf"}
	}
	doc.Content = bytes.Clone(doc.Content)
	sum := SumOf(doc.Content)
	if err := c.contents.PutContent(ctx, sum, doc.Content); err != nil {
		return ProofRecord{}, err
	}
	return ProofRecord{Kind: kind, Sum: sum, Size: int64(len(doc.Content)), FetchedAt: c.now()}, nil
}

// Proof returns a proof that was fetched and kept; [ErrNotFound] when there is
// none (yet).
func (c *Client) Proof(ctx context.Context, id LetterID, kind ProofKind) (Document, error) {
	rec, err := c.store.Letter(ctx, id)
	if err != nil {
		return Document{}, fmt.Errorf("proof: %w", err)
	}
	for _, p := range rec.Proofs {
		if p.Kind != kind {
			continue
		}
		content, err := c.contents.Content(ctx, p.Sum)
		if err != nil {
			return Document{}, fmt.Errorf("proof: %w", err)
		}
		return NewDocument(fmt.Sprintf("%s-%s.pdf", id, kind), content), nil
	}
	return Document{}, &Error{Op: "proof", Kind: ErrNotFound, Provider: rec.Provider, LetterID: id, Code: string(kind)}
}

// Purge forgets the contents of letters and of reminders whose retention is over,
// and returns how many of both that were. Content that another of them still needs
// stays.
func (c *Client) Purge(ctx context.Context) (int, error) {
	purged := 0
	for ctx.Err() == nil {
		page, err := collect(c.store.Letters(ctx, LetterFilter{Duty: DutyPurge, DueBefore: c.now(), Limit: pageSize}))
		if err != nil {
			return purged, fmt.Errorf("purge: %w", err)
		}
		for _, rec := range page {
			if err := c.purge(ctx, rec); err != nil {
				return purged, fmt.Errorf("purge: %w", err)
			}
			purged++
		}
		if len(page) < pageSize {
			break
		}
	}
	reminders, err := c.purgeReminders(ctx)
	return purged + reminders, err
}

func (c *Client) purge(ctx context.Context, rec LetterRecord) error {
	after, err := c.updateFrom(ctx, rec, func(r *LetterRecord) (*Change, error) {
		if r.Duty != DutyPurge || r.DueAt.After(c.now()) {
			return nil, nil
		}
		r.ContentsGone, r.Duty, r.DueAt = true, DutyNone, time.Time{}
		return &Change{}, nil
	})
	if err != nil || !after.ContentsGone {
		return err
	}
	sums := make([]Sum, len(after.Letter.Documents))
	for i, d := range after.Letter.Documents {
		sums[i] = d.Sum
	}
	return c.forget(ctx, sums)
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
