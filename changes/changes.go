// Package changes tells a host what happened: a letter was delivered, a proof is
// here, credit moved, a reminder left, a customer owes nothing any more.
//
// A store that keeps a [Feed] writes each change in the same atomic step as what it
// tells. None is told that did not happen, and none is missed. A change holds ids and
// states, and no name, address or text: who needs more reads the letter or the
// reminder.
//
//	reader := changes.Reader{Store: store, Name: "crm"}
//	err := reader.Follow(ctx, time.Second, func(ctx context.Context, some []changes.Change) error { … })
//
// Each named reader gets every change at least once, those about one thing in the
// order in which they happened. The feed keeps them until the host forgets them.
package changes

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/tell"
)

// Kind says what changed.
type Kind string

// The kinds. What Subject, Version and State of a [Change] are depends on them.
const (
	// LetterMoved: Subject is the letter, Version its version, State its status; of a
	// held one with the reason, as in "held.credit".
	LetterMoved Kind = "letter.moved"
	// ProofKept: a proof was fetched. Subject is the letter, State the kind of proof.
	ProofKept Kind = "letter.proof"
	// ClaimMoved: Subject is the letter, State the kind of claim and where it stands:
	// "lost.due", "lost.opened", "lost.closed" or "lost.void".
	ClaimMoved Kind = "letter.claim"
	// CreditMoved: Subject is the unit, Version the Seq of the entry, State its kind.
	CreditMoved Kind = "credit.moved"
	// ReminderMoved: Subject is the reminder, State its state: proposed, sent, and so
	// on; postponed is one that was held back.
	ReminderMoved Kind = "reminder.moved"
	// PolicyFinished: the policy has no step left for an invoice that is open. Subject
	// is the invoice, State its customer.
	PolicyFinished Kind = tell.PolicyFinished
	// CustomerClear: a customer that was reminded owes nothing any more. Subject is
	// the customer.
	CustomerClear Kind = tell.CustomerClear
	// CustomerErased: a customer's persons were removed. Subject is the customer.
	CustomerErased Kind = tell.CustomerErased
	// AccountConnection: the connection of the account with a carrier. Subject is the
	// carrier, State where it stands, such as "connected".
	AccountConnection Kind = tell.Connection
)

// Kinds lists the kinds.
func Kinds() []Kind {
	return []Kind{
		LetterMoved, ProofKept, ClaimMoved, CreditMoved, ReminderMoved, PolicyFinished, CustomerClear, CustomerErased, AccountConnection,
	}
}

// Change is one thing that happened.
type Change struct {
	Cursor  Cursor             `json:"cursor"` // behind this change; it identifies the change in this feed
	Kind    Kind               `json:"kind"`
	Account courrier.AccountID `json:"account"`
	Subject string             `json:"subject,omitempty"`
	// Version grows with each change of the same kind and subject.
	Version int64     `json:"version,omitempty"`
	State   string    `json:"state,omitempty"`
	At      time.Time `json:"at"` // by the clock of who wrote it, to the microsecond
}

// Cursor is a place in a feed, which only its store can read. Empty: the beginning of
// what is kept.
type Cursor string

// Filter selects changes.
type Filter struct {
	After   Cursor // those behind it
	Account courrier.AccountID
	Kinds   []Kind
	Limit   int // 0, or more than MaxPage: MaxPage
}

// MaxPage is how many changes a [Page] holds at most.
const MaxPage = 500

// Most is how many changes the filter selects at most.
func (f Filter) Most() int {
	if f.Limit <= 0 || f.Limit > MaxPage {
		return MaxPage
	}
	return f.Limit
}

// Match tells whether the filter selects c, wherever it stands.
func (f Filter) Match(c Change) bool {
	return (f.Account == "" || f.Account == c.Account) && (len(f.Kinds) == 0 || slices.Contains(f.Kinds, c.Kind))
}

// Page is what a feed gives at once.
type Page struct {
	Changes []Change
	// Next is where to go on: behind the last change of the page, or behind all that
	// was looked at when the page holds fewer than were asked for.
	Next Cursor
}

// ErrCursorGone: what stands behind a cursor is not known any more. Changes were
// forgotten that the reader had not read, or the database was set back to an older
// state. Read from the beginning, with the empty cursor, and look at the things
// themselves.
var ErrCursorGone = errors.New("changes: the feed does not hold this cursor any more")

// Feed is the ability of a [courrier.Store] to tell what it committed. A store may
// leave it out. The stores of this module have it.
type Feed interface {
	// Changes returns what was committed behind a cursor, in order. What a Commit
	// answered is there for reads that begin afterwards, unless another transaction
	// that writes is still open: then it follows when that one ends. [ErrCursorGone]
	// when the cursor's place is not known any more.
	Changes(ctx context.Context, f Filter) (Page, error)
	// EndOfChanges returns the cursor behind all changes there are.
	EndOfChanges(ctx context.Context) (Cursor, error)
	// ForgetChanges forgets the oldest changes up to the first that is not older than
	// a moment, but the last of them, by which a cursor can be told from one that is gone.
	ForgetChanges(ctx context.Context, before time.Time) error
}

// Waker is the ability of a [Feed] to wake who waits in the same process.
type Waker interface {
	// Changed returns a channel that is closed at the next commit of this process
	// that tells something.
	Changed() <-chan struct{}
}
