package changes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
)

// Store is a store with a feed, which also remembers how far a [Reader] came.
type Store interface {
	Feed
	courrier.ItemReader
	Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error)
}

// Reader hands every change to a function, page by page, and remembers under its name
// how far it came. Readers of other names, or of other accounts, do not know each
// other. Processes that share a name share the work badly, and lose nothing: both may
// handle a page, and the later one begins again where the other ended.
type Reader struct {
	Store   Store
	Name    string             // up to 200 bytes
	Account courrier.AccountID // only the changes of this account; empty: of all
	Kinds   []Kind             // only these; none: all
	Page    int                // most changes at once; 0: [MaxPage]
}

// itemReader keeps the cursor of a reader.
const itemReader courrier.ItemKind = "changes.reader"

// place is how far a reader came.
type place struct {
	Cursor  Cursor `json:"cursor"`
	version int64
}

// Handle works on changes. It may get a change again, after an error or a crash: the
// cursor of a change tells it apart, its version whether it is older than another one.
type Handle func(ctx context.Context, some []Change) error

// Read handles the next page, if there is anything behind the reader's place, and
// returns how many changes it had. The place moves on when handle returns no error.
//
// Errors: [courrier.ErrInvalid].
func (r Reader) Read(ctx context.Context, handle Handle) (int, error) {
	n, err := r.read(ctx, handle)
	if err != nil {
		err = fmt.Errorf("changes: reader %q: %w", r.Name, err)
	}
	return n, err
}

func (r Reader) read(ctx context.Context, handle Handle) (int, error) {
	if handle == nil {
		return 0, &courrier.FieldError{Field: "handle", Rule: "is nil", Remedy: "give the function that works on changes"}
	}
	at, err := r.place(ctx)
	if err != nil {
		return 0, err
	}
	page, err := r.Store.Changes(ctx, Filter{After: at.Cursor, Account: r.Account, Kinds: r.Kinds, Limit: r.Page})
	if err != nil || page.Next == at.Cursor {
		return 0, err
	}
	if len(page.Changes) > 0 {
		if err := handle(ctx, page.Changes); err != nil {
			return 0, err
		}
	}
	return len(page.Changes), r.move(ctx, at, page.Next)
}

// Skip moves the reader behind all that happened so far: a new one then gets only
// what comes, and one whose place is gone goes on.
//
// Errors: [courrier.ErrInvalid].
func (r Reader) Skip(ctx context.Context) error {
	at, err := r.place(ctx)
	if err == nil {
		var end Cursor
		if end, err = r.Store.EndOfChanges(ctx); err == nil {
			err = r.move(ctx, at, end)
		}
	}
	if err != nil {
		return fmt.Errorf("changes: reader %q: %w", r.Name, err)
	}
	return nil
}

// Rewind moves the reader to the beginning of what is kept.
//
// Errors: [courrier.ErrInvalid].
func (r Reader) Rewind(ctx context.Context) error {
	at, err := r.place(ctx)
	if err == nil {
		err = r.move(ctx, at, "")
	}
	if err != nil {
		return fmt.Errorf("changes: reader %q: %w", r.Name, err)
	}
	return nil
}

// Follow reads until ctx ends or something fails, whose error it returns; call it
// again after a while. It looks every so often (0: a second), and at once when the same process
// committed something and the store is a [Waker].
//
// Errors: [courrier.ErrInvalid].
func (r Reader) Follow(ctx context.Context, every time.Duration, handle Handle) error {
	if every <= 0 {
		every = time.Second
	}
	for {
		var changed <-chan struct{}
		if w, ok := r.Store.(Waker); ok {
			changed = w.Changed() // before the read: what is committed meanwhile wakes
		}
		n, err := r.Read(ctx, handle)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		pause := time.NewTimer(every)
		select {
		case <-changed:
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (r Reader) place(ctx context.Context) (place, error) {
	var c courrier.Checks
	c.Require(r.Name != "", "Name", "is empty", "name the reader: its place is kept under it")
	c.Require(r.Store != nil, "Store", "is nil", "give the client's store, with sqlstore.Telling")
	if err := c.Err(); err != nil {
		return place{}, err
	}
	item, err := r.Store.Item(ctx, itemReader, r.Account, r.Name)
	if errors.Is(err, courrier.ErrNotFound) {
		return place{}, nil
	}
	if err != nil {
		return place{}, err
	}
	at := place{version: item.Version}
	return at, json.Unmarshal(item.Body, &at)
}

// move remembers a place. Another process that was faster leaves its own.
func (r Reader) move(ctx context.Context, at place, to Cursor) error {
	body, err := json.Marshal(place{Cursor: to})
	if err != nil {
		return err
	}
	results, err := r.Store.Commit(ctx, courrier.Change{Items: []courrier.Item{
		{Kind: itemReader, Account: r.Account, ID: r.Name, Version: at.version, Body: body},
	}})
	if err == nil {
		err = results[0].Err
	}
	if errors.Is(err, courrier.ErrConflict) {
		return nil
	}
	return err
}
