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
// changes of which each is all-or-nothing. There is no interactive transaction
// and no lock service to provide. Package storetest is the suite that any
// implementation must pass; its documentation is the exact contract.
//
// A Store whose calls can join a transaction of the host's by their context also
// has a method
//
//	InTx(ctx context.Context) bool
//
// which tells whether they would: what leaves the house refuses such a context.
type Store interface {
	LetterReader
	CreditReader
	EventReader
	ItemReader
	// Commit applies each change atomically and durably, in order, and answers
	// each with its own Result. A change that fails leaves no trace and does
	// not stop the others; changes may share one transaction of the database.
	// An error of Commit itself means that nothing is known to be committed:
	// every change may be tried again, for every change is idempotent.
	Commit(ctx context.Context, changes ...Change) ([]Result, error)
}

// LetterReader reads letters.
type LetterReader interface {
	// Letter returns one letter, or ErrNotFound.
	Letter(ctx context.Context, id LetterID) (LetterRecord, error)
	// Letters lists those that match the filter, in its order.
	Letters(ctx context.Context, f LetterFilter) iter.Seq2[LetterRecord, error]
}

// CreditReader reads ledgers.
type CreditReader interface {
	// Books returns the books of an account in a unit; new books, with that
	// account and unit and nothing else set, when there are none.
	Books(ctx context.Context, account AccountID, unit string) (Books, error)
	// Ledgers lists the books of an account, of all accounts with an empty one, by
	// account and unit.
	Ledgers(ctx context.Context, account AccountID) iter.Seq2[Books, error]
	// Entries lists those that match the filter, by account, unit and Seq.
	Entries(ctx context.Context, f EntryFilter) iter.Seq2[Entry, error]
}

// EventReader reads tracking events.
type EventReader interface {
	// Events lists those that match the filter, by the time they were learnt of, then ID.
	Events(ctx context.Context, f EventFilter) iter.Seq2[TrackingEvent, error]
}

// ItemReader reads items.
type ItemReader interface {
	// Item returns one item, or ErrNotFound.
	Item(ctx context.Context, kind ItemKind, account AccountID, id string) (Item, error)
	// Items lists those that match the filter, by account and ID.
	Items(ctx context.Context, f ItemFilter) iter.Seq2[Item, error]
}

// Contents keeps the bytes of documents, by their Sum. The stores of this
// module implement it beside Store; a host may use its own object store.
// Implementations that also have a method
//
//	DeleteContent(ctx context.Context, sum Sum) error
//
// are purged by the accounts' retention. It must leave what a stored letter or
// reminder needs, in one step with looking, where it can look: a letter may be stored
// between the Client's own look and the deletion. They may also have
//
//	HasContent(ctx context.Context, sum Sum) (bool, error)
//
// which waits for deletions under way: the Client asks it about the contents of a
// letter just stored, and gives Contents without it those contents once more.
type Contents interface {
	// PutContent stores content under its sum; storing it again is no error.
	PutContent(ctx context.Context, sum Sum, content []byte) error
	// Content returns what was stored, or ErrNotFound.
	Content(ctx context.Context, sum Sum) ([]byte, error)
}

// ContentDeleter is the ability of a [Contents] to forget.
type ContentDeleter interface {
	// DeleteContent removes content; that it is not there is no error.
	DeleteContent(ctx context.Context, sum Sum) error
}

// Change is one atomic step: all of it happens, or none.
type Change struct {
	// Letter, when set, is written whole. Version 0 inserts it: ErrConflict
	// when its ID, or its Account and Key, exist. A higher Version replaces the
	// stored letter if that has the same Version, else ErrConflict. Either way
	// the stored Version is one higher than the one given.
	Letter *LetterRecord
	// Entries are posted to their books with [Books.Post], in order.
	Entries []Entry
	// Events are inserted unless their ID exists. Of an event that exists only
	// three things change: Letter is filled in when it was empty, Folded is set
	// when the given event has it, Hint is cleared when the given one is no hint.
	// [TrackingEvent.Merge] is the rule.
	Events []TrackingEvent
	// Items follow the rule of Letter, each with its own Version.
	Items []Item
}

// Result is the answer to one Change.
type Result struct {
	Err error // nil: committed
	// Entries are the entries as stored, one for each in the Change; of a move
	// that had happened before, the entry stored then.
	Entries []Entry
}

// LetterFilter selects letters; its zero value selects all. Without Duty the
// order is by ID, which is the order of creation; Newest turns it round. With
// Duty the order is by DueAt, then ID.
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

// Item is a small document of a kind, under an id of its account: settings and
// the like, for which a table of their own would be too much.
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

// NextVersion checks a guarded write against what is stored, for stores: the
// version to store, or [ErrConflict]. A stored version of 0 means not stored.
func NextVersion(given, stored int64) (int64, error) {
	if given != stored {
		return 0, fmt.Errorf("%w: changed since it was read", ErrConflict)
	}
	return given + 1, nil
}
