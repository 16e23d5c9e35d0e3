package courrier

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/courrier-go/courrier/internal/guard"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/internal/stop"
)

// What the duties share: how letters that are due are read, worked on and put off,
// and how one letter is changed.

const (
	pageSize       = 256
	defaultWorkers = 4
	// maxConflicts bounds how often a change is tried again when others change the
	// same letter at the same moment.
	maxConflicts = 16
)

// eachDue reads the letters whose duty is due, page by page, until none is left,
// limit letters (0: all) were read, or a page brings nothing new. What becomes due
// meanwhile is for the next call; a letter that could not be moved on comes once.
func (c *Client) eachDue(ctx context.Context, duty Duty, size, limit int, do func(page []LetterRecord)) error {
	begun, left := c.now(), limit
	seen := map[LetterID]int64{} // by version
	for stop.Asked(ctx) == nil {
		if limit > 0 {
			size = min(size, left)
		}
		page, err := seq.Collect(c.store.Letters(ctx, LetterFilter{Duty: duty, DueBefore: begun, Limit: size}))
		if err != nil {
			return err
		}
		var news []LetterRecord
		for _, rec := range page {
			if version, known := seen[rec.ID]; !known || version != rec.Version {
				seen[rec.ID] = rec.Version
				news = append(news, rec)
			}
		}
		do(news)
		left -= len(page)
		if len(page) < size || len(news) == 0 || limit > 0 && left <= 0 {
			break
		}
	}
	return stop.Asked(ctx)
}

// work is one letter's duty.
type work func(context.Context, LetterRecord) error

// workOn runs work on every letter of a page, a few at a time, and returns how many
// failed. Each failure, a panic too, is the letter's own: it is put off.
func (c *Client) workOn(ctx context.Context, page []LetterRecord, workers int, do work) int {
	var failed atomic.Int64
	inParallel(page, workers, func(i int) {
		if stop.Asked(ctx) == nil && c.tried(ctx, page[i], do) != nil {
			failed.Add(1)
		}
	})
	return int(failed.Load())
}

// inParallel does one thing for every item, in the order of their places, with a few
// workers; 0: the default.
func inParallel[T any](items []T, workers int, do func(i int)) {
	if workers <= 0 {
		workers = defaultWorkers
	}
	seq.Parallel(len(items), workers, do)
}

// tried does one letter's duty, and puts the letter off when that fails. One that a
// stop kept from being begun is as it was, and no failure.
func (c *Client) tried(ctx context.Context, rec LetterRecord, do work) error {
	err := guard.Safely(ctx, c.log, func() error { return do(ctx, rec) })
	if errors.Is(err, guard.ErrPanicked) {
		err = panicked(rec.ID)
	}
	if asked := stop.Asked(ctx); asked != nil && errors.Is(err, asked) {
		return nil
	}
	if err != nil {
		_ = guard.Safely(ctx, c.log, func() error { c.postpone(ctx, rec, err); return nil })
	}
	return err
}

// postpone moves on the due time of a letter whose duty failed for a reason that
// is not the letter's, so that it does not stand before those behind it.
func (c *Client) postpone(ctx context.Context, rec LetterRecord, cause error) {
	c.log.ErrorContext(ctx, "letter left for later", "letter", rec.ID, "duty", rec.Duty, "kind", KindOf(cause))
	if ctx.Err() != nil {
		return
	}
	_, err := c.update(ctx, rec.ID, func(r *LetterRecord) (*Change, error) {
		return c.moment(*r).putOff(r, rec.Duty, retryFirst), nil
	})
	if err != nil {
		c.log.ErrorContext(ctx, "letter not postponed", "letter", rec.ID, "kind", KindOf(err))
	}
}

// commit makes one change.
func (c *Client) commit(ctx context.Context, change Change) error {
	return c.commitAll(ctx, []Change{change})[0]
}

// commitAll makes changes and answers each with its own error.
func (c *Client) commitAll(ctx context.Context, changes []Change) []error {
	errs := make([]error, len(changes))
	if len(changes) == 0 {
		return errs
	}
	if actor := actorFrom(ctx).ID; actor != "" {
		for i := range changes {
			for n := range changes[i].Entries {
				changes[i].Entries[n].Actor = actor
			}
		}
	}
	ctx, end := c.observe(ctx, Operation{Name: "commit", Items: len(changes)})
	results, err := c.store.Commit(ctx, changes...)
	end(err)
	for i := range errs {
		errs[i] = err
		if err == nil {
			errs[i] = results[i].Err
		}
	}
	return errs
}

// decision makes a step of a record; nil changes nothing.
type decision func(r *LetterRecord) (*Change, error)

// update reads a letter, lets decide make the change and commits it, again from
// the start when somebody else was faster.
func (c *Client) update(ctx context.Context, id LetterID, decide decision) (LetterRecord, error) {
	var err error
	for range maxConflicts {
		var rec LetterRecord
		if rec, err = c.store.Letter(ctx, id); err != nil {
			return LetterRecord{}, err
		}
		if rec, err = c.tryUpdate(ctx, rec, decide); !errors.Is(err, errFaster) {
			return rec, err
		}
	}
	return LetterRecord{}, err
}

// updateFrom is update with a record already read.
func (c *Client) updateFrom(ctx context.Context, rec LetterRecord, decide decision) (LetterRecord, error) {
	after, err := c.tryUpdate(ctx, rec, decide)
	if !errors.Is(err, errFaster) {
		return after, err
	}
	return c.update(ctx, rec.ID, decide)
}

func (c *Client) tryUpdate(ctx context.Context, rec LetterRecord, decide decision) (LetterRecord, error) {
	change, err := decide(&rec)
	if err != nil || change == nil {
		return rec, err
	}
	return rec, c.write(ctx, &rec, change)
}

// errFaster is the store's own conflict: somebody else changed the letter first.
// No other error is taken for it.
var errFaster = &Error{Op: "write", Kind: ErrConflict, Code: CodeChanged, Err: errors.New("the letter changed since it was read")}

// write commits a change of rec. Where that gives credit back, it plans the waking
// of letters that wait for credit.
func (c *Client) write(ctx context.Context, rec *LetterRecord, change *Change) error {
	rec.UpdatedAt = c.now()
	change.Letter = rec
	if err := c.commit(ctx, *change); err != nil {
		if errors.Is(err, ErrConflict) {
			return errFaster
		}
		return err
	}
	rec.Version++
	if change.givesBack() {
		c.planWaking(ctx, rec.Letter.Account)
	}
	return nil
}

// moment is what a step of rec's life needs to know now.
func (c *Client) moment(rec LetterRecord) moment {
	m := moment{now: c.now(), settleAfter: defaultSettleAfter}
	if p := c.carriers[rec.Provider]; p != nil {
		m.settleAfter, m.pollEvery, m.offered = p.settleAfter(), p.caps.PollEvery, p.caps.Proofs
	}
	return m
}

// inTwoSteps returns the context of a duty that works on many letters: when ctx ends it
// takes no more of them, and what is under way has Config.StopGrace to end.
func (c *Client) inTwoSteps(ctx context.Context) (context.Context, context.CancelFunc) {
	return stop.Within(ctx, c.cfg.StopGrace)
}

// outsideTx refuses a context that joins a transaction of the host's. What a carrier
// is asked to do cannot be rolled back with it, and what was recorded of it could.
func (c *Client) outsideTx(ctx context.Context) error {
	if joins, ok := c.all.(interface{ InTx(context.Context) bool }); ok && joins.InTx(ctx) {
		return &FieldError{Field: "ctx", Rule: "joins a transaction of the host's, and this call has effects outside of it", Remedy: "commit first, and call with a context that joins none"}
	}
	return nil
}
