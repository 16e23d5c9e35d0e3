package customstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
)

// Commit implements [courrier.Store]: all changes in one transaction, each behind a
// savepoint of its own.
func (s *Store) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	results := make([]courrier.Result, len(changes))
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for i, c := range changes {
			var fatal error
			results[i].Err, fatal = apart(ctx, tx, func() (err error) {
				results[i].Entries, err = apply(ctx, tx, c)
				return err
			})
			if fatal != nil {
				return fatal
			}
			if results[i].Err != nil {
				results[i].Entries = nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

func apply(ctx context.Context, tx *sql.Tx, c courrier.Change) ([]courrier.Entry, error) {
	if c.Letter != nil {
		if err := putLetter(ctx, tx, *c.Letter); err != nil {
			return nil, err
		}
	}
	var posted []courrier.Entry
	for _, e := range c.Entries {
		stored, err := post(ctx, tx, e)
		if err != nil {
			return nil, err
		}
		posted = append(posted, stored)
	}
	for _, e := range c.Events {
		if err := putEvent(ctx, tx, e); err != nil {
			return nil, err
		}
	}
	return posted, putItems(ctx, tx, c.Items)
}

func putLetter(ctx context.Context, tx *sql.Tx, r courrier.LetterRecord) error {
	var stored courrier.LetterRecord
	known, err := one(ctx, tx, &stored, "SELECT body FROM post_letters WHERE id = ?", r.ID)
	if err != nil {
		return err
	}
	if r.Version, err = courrier.NextVersion(r.Version, stored.Version); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	if known && (stored.Letter.Account != r.Letter.Account || stored.Letter.Key != r.Letter.Key) {
		return fmt.Errorf("letter: %w: its account and key never change", courrier.ErrConflict)
	}
	var holder courrier.LetterRecord
	used, err := one(ctx, tx, &holder, "SELECT body FROM post_letters WHERE account = ? AND key = ?", r.Letter.Account, r.Letter.Key)
	if err == nil && used && holder.ID != r.ID {
		err = fmt.Errorf("letter: %w: its key is in use", courrier.ErrConflict)
	}
	if err != nil {
		return err
	}
	body, err := encode(r)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "REPLACE INTO post_letters (id, account, key, duty, due, provider_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.Letter.Account, r.Letter.Key, r.Duty, micros(r.DueAt), r.ProviderID, body)
	return err
}

// micros is how a time is ordered.
func micros(t time.Time) int64 { return t.UnixMicro() }

// post lets the ledger's own rules decide what an entry does to its books.
func post(ctx context.Context, tx *sql.Tx, e courrier.Entry) (courrier.Entry, error) {
	books, err := booksOf(ctx, tx, e.Account, e.Amount.Unit())
	if err != nil {
		return courrier.Entry{}, err
	}
	prior, err := bodies[courrier.Entry](ctx, tx, "SELECT body FROM post_entries WHERE account = ? AND key = ? ORDER BY seq", e.Account, e.Key)
	if err != nil {
		return courrier.Entry{}, err
	}
	after, insert, stored, err := books.Post(prior, e)
	if err != nil {
		return courrier.Entry{}, err
	}
	for _, n := range insert {
		body, err := encode(n)
		if err != nil {
			return courrier.Entry{}, err
		}
		if _, err = tx.ExecContext(ctx, "INSERT INTO post_entries (account, unit, seq, key, body) VALUES (?, ?, ?, ?, ?)",
			n.Account, n.Amount.Unit(), n.Seq, n.Key, body); err != nil {
			return courrier.Entry{}, err
		}
	}
	if len(insert) == 0 {
		return stored, nil
	}
	body, err := encode(after)
	if err == nil {
		_, err = tx.ExecContext(ctx, "REPLACE INTO post_books (account, unit, body) VALUES (?, ?, ?)", after.Account, after.Unit, body)
	}
	return stored, err
}

// booksOf returns the books of an account in a unit, new ones when there are none.
func booksOf(ctx context.Context, db querier, account courrier.AccountID, unit string) (courrier.Books, error) {
	books := courrier.Books{Account: account, Unit: unit}
	_, err := one(ctx, db, &books, "SELECT body FROM post_books WHERE account = ? AND unit = ?", account, unit)
	return books, err
}

func putEvent(ctx context.Context, tx *sql.Tx, e courrier.TrackingEvent) error {
	var stored courrier.TrackingEvent
	known, err := one(ctx, tx, &stored, "SELECT body FROM post_events WHERE id = ?", e.ID)
	if err != nil {
		return err
	}
	if known {
		e = stored.Merge(e)
	}
	body, err := encode(e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "REPLACE INTO post_events (id, letter, provider_id, folded, heard, body) VALUES (?, ?, ?, ?, ?, ?)",
		e.ID, e.Letter, e.ProviderID, e.Folded, micros(e.Heard), body)
	return err
}

func putItems(ctx context.Context, tx *sql.Tx, items []courrier.Item) error {
	for _, i := range items {
		var stored courrier.Item
		_, err := one(ctx, tx, &stored, "SELECT body FROM post_items WHERE kind = ? AND account = ? AND id = ?", i.Kind, i.Account, i.ID)
		if err != nil {
			return err
		}
		if i.Version, err = courrier.NextVersion(i.Version, stored.Version); err != nil {
			return fmt.Errorf("%s: %w", i.Kind, err)
		}
		if _, err = encode([]string{string(i.Kind), string(i.Account), i.ID}); err != nil {
			return err
		}
		body, err := json.Marshal(i) // what its own body holds is JSON already
		if err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, "REPLACE INTO post_items (kind, account, id, body) VALUES (?, ?, ?, ?)", i.Kind, i.Account, i.ID, body); err != nil {
			return err
		}
	}
	return nil
}
