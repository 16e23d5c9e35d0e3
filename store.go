package courrier

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/courrier-go/courrier/internal/seq"
)

// Store is what a host's database must do: read each kind of thing, and commit
// changes. There is no interactive transaction and no lock service to provide.
// Package storetest proves any implementation; its documentation is the exact
// contract. A Store whose calls join the host's transaction by their context also
// has InTx(context.Context) bool, which tells whether they would. What leaves the
// house refuses such a context.
type Store interface {
	Letter(ctx context.Context, id LetterID) (LetterRecord, error)              // ErrNotFound when there is none
	Letters(ctx context.Context, f LetterFilter) iter.Seq2[LetterRecord, error] // in the filter's order

	// Books returns an account's books in a unit; new ones, with nothing but account and unit, when there are none.
	Books(ctx context.Context, account AccountID, unit string) (Books, error)
	// Ledgers lists the books of an account, of all with an empty one, by account and unit.
	Ledgers(ctx context.Context, account AccountID) iter.Seq2[Books, error]
	// Entries lists those that match the filter, by account, unit and Seq.
	Entries(ctx context.Context, f EntryFilter) iter.Seq2[Entry, error]

	Events(ctx context.Context, f EventFilter) iter.Seq2[TrackingEvent, error] // by the time they were learnt of, then ID

	ItemReader

	// Commit applies each change atomically and durably, in order, and answers each with its own Result. A change that
	// fails leaves no trace and does not stop the others; changes may share one transaction. After an error of Commit
	// itself nothing is known to be committed: every change may be tried again, for each is idempotent.
	Commit(ctx context.Context, changes ...Change) ([]Result, error)
}

// ItemReader reads items.
type ItemReader interface {
	Item(ctx context.Context, kind ItemKind, account AccountID, id string) (Item, error) // ErrNotFound when there is none
	Items(ctx context.Context, f ItemFilter) iter.Seq2[Item, error]                      // by account and ID
}

// Contents keeps the bytes of documents, by their Sum: a Store of this module, or a
// host's own object store. As a [ContentDeleter] it is purged by the accounts'
// retention. It may also have HasContent(context.Context, Sum) (bool, error), which
// waits for deletions under way. The Client asks it about the contents of a letter
// just stored; without it, it stores them once more.
// For [Client.SendAll] there may be PutContents(ctx, map[Sum][]byte) error, which
// stores all or none, and HasContents(ctx, ...Sum) ([]Sum, error).
type Contents interface {
	PutContent(ctx context.Context, sum Sum, content []byte) error // storing it again is no error
	Content(ctx context.Context, sum Sum) ([]byte, error)          // ErrNotFound when it is not there
}

// ContentDeleter is the ability of a [Contents] to forget.
type ContentDeleter interface {
	// DeleteContent removes content, there or not. It leaves what a stored letter or reminder needs, and looks in
	// the same step: a letter may be stored between the Client's own look and the deletion.
	DeleteContent(ctx context.Context, sum Sum) error
}

// Change is one atomic step: all of it happens, or none.
type Change struct {
	// Letter is written whole. Version 0 inserts it; ErrConflict when its ID, or its Account and Key, exist.
	// Another Version must be the stored one's, else ErrConflict. The stored Version is one higher than the one given.
	Letter  *LetterRecord
	Entries []Entry // posted to their books with [Books.Post], in order
	// Events are inserted unless their ID exists; one that exists is merged by [TrackingEvent.Merge].
	Events []TrackingEvent
	Items  []Item // by the rule of Letter, each with its own Version
}

// Result is the answer to one Change.
type Result struct {
	Err     error   // nil: committed
	Entries []Entry // as stored, one for each in the Change; of a move that had happened, the entry stored then
}

// LetterFilter selects letters, by zero value all. The order is by ID, that of
// creation; Newest turns it round. With Duty it is by DueAt, then ID.
type LetterFilter struct {
	IDs            []LetterID
	Account        AccountID
	Key            string
	Customer       CustomerID // see [Letter.Customer]; ids of customers are an account's own
	Statuses       []Status
	Holds          []HoldReason
	Purposes       []Purpose
	Provider       string
	ProviderID     string
	TrackingNumber string
	Sum            Sum // needs this content: see LetterRecord.Sums
	CreatedFrom    time.Time
	CreatedTo      time.Time // excluded
	Duty           Duty
	DueBefore      time.Time // included; with Duty
	After          LetterID  // continue a list after this letter; not with Duty
	Newest         bool
	Limit          int // 0: no limit
}

// Match tells whether the filter selects r, whatever its order and limits.
func (f LetterFilter) Match(r LetterRecord) bool {
	return seq.OneOf(f.IDs, r.ID) && seq.Only(f.Account, r.Letter.Account) && seq.Only(f.Key, r.Letter.Key) &&
		seq.Only(f.Customer, r.Letter.Customer) && seq.OneOf(f.Statuses, r.Status) && seq.OneOf(f.Holds, r.Hold) && seq.OneOf(f.Purposes, r.Letter.Purpose) &&
		seq.Only(f.Provider, r.Provider) && seq.Only(f.ProviderID, r.ProviderID) && seq.Only(f.TrackingNumber, r.TrackingNumber) &&
		(f.Sum == "" || slices.Contains(r.Sums(), f.Sum)) &&
		seq.Within(r.CreatedAt, f.CreatedFrom, f.CreatedTo) && seq.Only(f.Duty, r.Duty) &&
		(f.DueBefore.IsZero() || !r.DueAt.After(f.DueBefore)) && f.continues(r.ID)
}

func (f LetterFilter) continues(id LetterID) bool {
	return f.After == "" || f.Newest && id < f.After || !f.Newest && id > f.After
}

// Compare orders letters as the filter wants them.
func (f LetterFilter) Compare(a, b LetterRecord) int {
	if f.Duty != DutyNone {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID))
	}
	if f.Newest {
		a, b = b, a
	}
	return cmp.Compare(a.ID, b.ID)
}

// EntryFilter selects ledger entries of one account and unit, or of all.
type EntryFilter struct {
	Account  AccountID
	Unit     string
	Key      string
	Kinds    []EntryKind
	Letter   LetterID
	From, To time.Time // by At, To excluded
	After    int64     // continue a list of one account and unit after this Seq
	Newest   bool      // latest Seq first
	Limit    int       // 0: no limit
}

// Match tells whether the filter selects e, whatever its order and limits.
func (f EntryFilter) Match(e Entry) bool {
	return seq.Only(f.Account, e.Account) && seq.Only(f.Unit, e.Amount.Unit()) && seq.Only(f.Key, e.Key) && seq.OneOf(f.Kinds, e.Kind) &&
		seq.Only(f.Letter, e.Letter) && seq.Within(e.At, f.From, f.To) &&
		(f.After == 0 || f.Newest && e.Seq < f.After || !f.Newest && e.Seq > f.After)
}

// Compare orders entries as the filter wants them.
func (f EntryFilter) Compare(a, b Entry) int {
	if f.Newest {
		a, b = b, a
	}
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Amount.Unit(), b.Amount.Unit()), cmp.Compare(a.Seq, b.Seq))
}

// EventFilter selects tracking events.
type EventFilter struct {
	Letters    []LetterID
	Provider   string
	ProviderID string
	Orphans    bool      // only those without a letter
	Unfolded   bool      // only those not folded yet
	HeardFrom  time.Time // included
	Limit      int       // 0: no limit
}

// Match tells whether the filter selects e, whatever its limit.
func (f EventFilter) Match(e TrackingEvent) bool {
	return seq.OneOf(f.Letters, e.Letter) && seq.Only(f.Provider, e.Provider) && seq.Only(f.ProviderID, e.ProviderID) &&
		(!f.Orphans || e.Letter == "") && (!f.Unfolded || !e.Folded) && seq.Within(e.Heard, f.HeardFrom, time.Time{})
}

// Compare orders events as lists do.
func (f EventFilter) Compare(a, b TrackingEvent) int {
	return cmp.Or(a.Heard.Compare(b.Heard), cmp.Compare(a.ID, b.ID))
}

// ItemKind names a kind of small documents the library keeps.
type ItemKind string

// Item is a small document of an account, such as its settings.
type Item struct {
	Kind    ItemKind        `json:"kind"`
	Account AccountID       `json:"account"`
	ID      string          `json:"id"`
	Version int64           `json:"version"`
	Body    json.RawMessage `json:"body"`
}

// ItemFilter selects items of one kind.
type ItemFilter struct {
	Kind    ItemKind
	Account AccountID
	IDs     []string
	After   string // continue a list of one account after this id
	Limit   int    // 0: no limit
}

// Match tells whether the filter selects i, whatever its limit.
func (f ItemFilter) Match(i Item) bool {
	return f.Kind == i.Kind && seq.Only(f.Account, i.Account) && seq.OneOf(f.IDs, i.ID) && (f.After == "" || i.ID > f.After)
}

// Compare orders items as lists do.
func (f ItemFilter) Compare(a, b Item) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.ID, b.ID))
}

// NextVersion is the rule of a guarded write, for stores: the version to store, or
// [ErrConflict]. A stored version of 0 means not stored.
func NextVersion(given, stored int64) (int64, error) {
	if given != stored {
		return 0, fmt.Errorf("%w: changed since it was read", ErrConflict)
	}
	return given + 1, nil
}
