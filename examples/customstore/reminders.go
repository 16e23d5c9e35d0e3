package customstore

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Reminder implements [dunning.Store].
func (s *Store) Reminder(ctx context.Context, id dunning.ReminderID) (dunning.Reminder, error) {
	return found[dunning.Reminder](ctx, s.db, "reminder", "SELECT body FROM post_reminders WHERE id = ?", id)
}

// Reminders implements [dunning.Store].
func (s *Store) Reminders(ctx context.Context, f dunning.ReminderFilter) iter.Seq2[dunning.Reminder, error] {
	q := from("post_reminders").is("account", string(f.Account)).is("letter", string(f.Letter))
	if !f.Either { // those of other customers that name an invoice are found by the filter itself
		in(q, "customer", f.Customers)
	}
	in(q, "state", f.States)
	if f.Key != "" {
		q.and("id IN (SELECT reminder FROM post_claims WHERE key = ?)", f.Key)
	}
	if !f.DueBefore.IsZero() {
		q.and("due <= ?", micros(f.DueBefore))
	}
	return list(ctx, s, q, f.Match, f.Compare, f.Limit)
}

// CommitReminders implements [dunning.Store].
func (s *Store) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	errs := make([]error, len(changes))
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for i, c := range changes {
			var fatal error
			if errs[i], fatal = apart(ctx, tx, func() error { return applyReminder(ctx, tx, c) }); fatal != nil {
				return fatal
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return errs, nil
}

func applyReminder(ctx context.Context, tx *sql.Tx, c dunning.Change) error {
	if c.Reminder != nil {
		if err := putReminder(ctx, tx, *c.Reminder); err != nil {
			return err
		}
	}
	return putItems(ctx, tx, c.Items)
}

func putReminder(ctx context.Context, tx *sql.Tx, r dunning.Reminder) error {
	var stored dunning.Reminder
	_, err := one(ctx, tx, &stored, "SELECT body FROM post_reminders WHERE id = ?", r.ID)
	if err != nil {
		return err
	}
	if r.Version, err = courrier.NextVersion(r.Version, stored.Version); err != nil {
		return fmt.Errorf("reminder: %w", err)
	}
	body, err := encode(r)
	if err != nil {
		return err
	}
	if err := claim(ctx, tx, r); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "REPLACE INTO post_reminders (id, account, customer, state, letter, due, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.Account, r.Customer, r.State, r.Letter, micros(r.DueAt), body)
	return err
}

// claim gives the reminder its keys, and frees those it has no more. A key of
// another reminder is a conflict, whatever the order.
func claim(ctx context.Context, tx *sql.Tx, r dunning.Reminder) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM post_claims WHERE reminder = ?", r.ID); err != nil {
		return err
	}
	for _, key := range r.Keys {
		done, err := tx.ExecContext(ctx, "INSERT INTO post_claims (key, reminder) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET reminder = reminder WHERE reminder = excluded.reminder", key, r.ID)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("reminder: %w: its key is claimed", courrier.ErrConflict)
		}
	}
	return nil
}
