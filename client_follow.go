package courrier

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/courrier-go/courrier/internal/guard"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/internal/stop"
)

// The times of catching up.
const (
	// orphansFor is how long events of unknown letters are matched again.
	orphansFor = 7 * 24 * time.Hour
	// catchUpPage is how many stored events one Refresh looks at again, and
	// catchUpFailures after how many letters it leaves a carrier for the next.
	catchUpPage     = 1024
	catchUpFailures = 8
)

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
	Failed  int // letters of which nothing could be learnt; due again in a minute
}

// Refresh asks the carriers for news of the letters that are due, fetches new
// proofs, and catches up with events stored and not worked on. Carriers' own rate
// limits hold. What an outage leaves undone is counted in [RefreshReport.Failed] and
// is no error. It stops as [Client.Dispatch] does. [ErrInvalid] under a context that
// joins the host's transaction.
func (c *Client) Refresh(ctx context.Context, o RefreshOptions) (RefreshReport, error) {
	ctx, cancel := c.inTwoSteps(ctx)
	defer cancel()
	ctx, end := c.observe(ctx, Operation{Name: "refresh"})
	var report RefreshReport
	err := c.outsideTx(ctx)
	if err == nil {
		err = c.catchUp(ctx, &report)
	}
	if err == nil {
		err = c.eachDue(ctx, DutyFollow, pageSize, o.Limit, func(page []LetterRecord) { c.refreshPage(ctx, page, o.Workers, &report) })
	}
	end(err)
	if err != nil {
		return report, fmt.Errorf("refresh: %w", err)
	}
	return report, nil
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
		err = guard.Safely(ctx, c.log, func() error { _, err := c.foldLetter(ctx, id); return err })
		if err != nil {
			c.log.ErrorContext(ctx, "events left for later", "letter", id, "kind", KindOf(err))
			failures[e.Provider]++
			report.Failed++
			continue
		}
		report.Folded++
	}
	return stop.Asked(ctx)
}

// unfolded lists events not worked on, a part of them at each call, so that many
// that belong to no letter do not stand before those that do.
func (c *Client) unfolded(ctx context.Context) ([]TrackingEvent, error) {
	c.late.mu.Lock()
	defer c.late.mu.Unlock()
	from := c.now().Add(-orphansFor)
	if c.late.from.After(from) {
		from = c.late.from
	}
	page, err := seq.Collect(c.store.Events(ctx, EventFilter{Unfolded: true, HeardFrom: from, Limit: catchUpPage}))
	if err != nil {
		return nil, err
	}
	c.late.from = time.Time{} // from the start again
	if len(page) == catchUpPage {
		last := page[len(page)-1].Heard
		if c.late.from = last; !last.After(from) {
			c.late.from = last.Add(time.Microsecond)
		}
	}
	return page, nil
}

// refreshPage asks about a page of letters, in batches by carrier. None is begun after a
// stop was asked for.
func (c *Client) refreshPage(ctx context.Context, page []LetterRecord, workers int, report *RefreshReport) {
	batches := c.batches(page)
	var mu sync.Mutex
	inParallel(batches, workers, func(i int) {
		if stop.Asked(ctx) != nil {
			return
		}
		done := c.refreshBatch(ctx, batches[i])
		mu.Lock()
		defer mu.Unlock()
		report.Asked += len(batches[i])
		report.Changed += done.Changed
		report.Proofs += done.Proofs
		report.Failed += done.Failed
	})
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
		if p := c.carriers[name]; p != nil {
			size = max(p.caps.TrackBatch, 1)
		}
		all = slices.AppendSeq(all, slices.Chunk(byProvider[name], size))
	}
	return all
}

// refreshBatch asks one carrier about a few letters and takes in what it says.
func (c *Client) refreshBatch(ctx context.Context, batch []LetterRecord) (report RefreshReport) {
	var stored, news map[LetterID][]TrackingEvent
	failed := guard.Safely(ctx, c.log, func() (err error) {
		if stored, err = c.eventsOfAll(ctx, batch); err == nil {
			news, err = c.track(ctx, batch)
		}
		return err
	})
	var mu sync.Mutex
	bad := c.workOn(ctx, batch, len(batch), func(ctx context.Context, rec LetterRecord) error { // their commits share a transaction
		if failed != nil && news[rec.ID] == nil { // else it is one that could be asked about
			return failed
		}
		changed, proofs, err := c.refreshed(ctx, rec, stored[rec.ID], news[rec.ID])
		mu.Lock()
		defer mu.Unlock()
		report.Proofs += proofs
		if changed {
			report.Changed++
		}
		return err
	})
	report.Failed = bad
	return report
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
	p := c.carriers[batch[0].Provider]
	if p == nil || p.tracker == nil {
		return nil, nil
	}
	refs := make([]Reference, len(batch))
	byProviderID := make(map[string]LetterID, len(batch))
	for i, rec := range batch {
		refs[i] = rec.Reference()
		byProviderID[rec.ProviderID] = rec.ID
	}
	events, err := p.track(ctx, refs)
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

// RefreshOne asks the carrier about one letter now and fetches its proofs, for a
// host's own job engine. One that no carrier has comes back as it is. It errs as
// [Client.FetchProofs].
func (c *Client) RefreshOne(ctx context.Context, id LetterID) (LetterRecord, error) {
	if err := c.outsideTx(ctx); err != nil {
		return LetterRecord{}, fmt.Errorf("refresh: %w", err)
	}
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
