package dunning

import (
	"context"
	"iter"

	"github.com/courrier-go/courrier"
)

// Store is what a host's database must do for reminders, beside the [courrier.Store]
// of letters: read them, and commit changes of which each is all-or-nothing.
// Package storetest has the suite that any implementation must pass.
type Store interface {
	courrier.ItemReader
	// Reminder returns one reminder, or ErrNotFound.
	Reminder(ctx context.Context, id ReminderID) (Reminder, error)
	// Reminders lists those that match the filter, by DueOn, then ID.
	Reminders(ctx context.Context, f ReminderFilter) iter.Seq2[Reminder, error]
	// CommitReminders applies each change atomically and durably, in order, and
	// answers each with its own error, under the rules of [courrier.Store.Commit].
	CommitReminders(ctx context.Context, changes ...Change) ([]error, error)
}

// Change is one atomic step: all of it happens, or none.
type Change struct {
	// Reminder, when set, is written whole. Version 0 inserts it: ErrConflict when
	// its ID exists. A higher Version replaces the stored reminder if that has the
	// same Version, else ErrConflict. Either way the stored Version is one higher
	// than the one given. ErrConflict too when it claims a key of another reminder.
	// Keys it had and has no more are free again.
	Reminder *Reminder
	// Items follow the same rule, each with its own Version.
	Items []courrier.Item
}
