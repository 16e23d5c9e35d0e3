package courrier

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
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
		page, err := seq.Collect(c.store.Letters(ctx, LetterFilter{Duty: DutyFollow, DueBefore: begun, Limit: size}))
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
			c.log.ErrorContext(ctx, "events left for later", "letter", id, "kind", KindOf(err))
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
	page, err := seq.Collect(c.store.Events(ctx, EventFilter{Unfolded: true, HeardFrom: from, Limit: catchUpPage}))
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
