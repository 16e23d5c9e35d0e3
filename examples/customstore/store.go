// Package customstore shows a store on a host's own tables: SQLite here, with plain
// database/sql, so that it reads the same on any database. It keeps letters and
// reminders; a host that only sends letters leaves reminders.go out.
//
// The rules are not written again here. A version is checked by
// [courrier.NextVersion], money by [courrier.Books.Post], an event by
// [courrier.TrackingEvent.Merge], a list by the Match and Compare of its filter.
// What is left is to lock, read and write rows.
package customstore

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/courrier-go/courrier"
)

//go:embed schema.sql
var schema string

// Store is a [courrier.Store], a [courrier.Contents] and a dunning.Store. Use [New].
type Store struct {
	db   *sql.DB
	turn chan struct{} // of the one transaction that may run
}

// New returns a store on db and makes its tables where they are missing. The
// database must begin transactions with a write lock: _txlock=immediate.
func New(ctx context.Context, db *sql.DB) (*Store, error) {
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, fmt.Errorf("customstore: tables: %w", err)
	}
	return &Store{db: db, turn: make(chan struct{}, 1)}, nil
}

// inTx runs do in a transaction. The first statement of a transaction takes the
// write lock, so that nobody posts to the same books meanwhile. Callers take turns
// here: those who wait inside SQLite are not served in order, and some would wait
// until its timeout.
func (s *Store) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// apart runs do so that its error leaves no trace and does not stop the others.
// The second error means that the transaction itself is over.
func apart(ctx context.Context, tx *sql.Tx, do func() error) (own, fatal error) {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return nil, err
	}
	if own = do(); own != nil {
		if ctx.Err() != nil {
			return own, ctx.Err()
		}
		_, fatal = tx.ExecContext(ctx, "ROLLBACK TO one")
	}
	if fatal == nil {
		_, fatal = tx.ExecContext(ctx, "RELEASE one")
	}
	return own, fatal
}

// encode writes a value as a row's body. Text that JSON cannot hold is refused:
// Marshal would replace it without a word.
func encode(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, &courrier.FieldError{Field: "Change", Rule: "has no JSON form", Remedy: "give times in the years 1 to 9999"}
	}
	if bytes.Contains(body, []byte(`\ufffd`)) || bytes.Contains(body, []byte(`\u0000`)) {
		return nil, &courrier.FieldError{Field: "Change", Rule: "is not UTF-8 or holds a zero byte", Remedy: "use text"}
	}
	return body, nil
}

// one reads the body of one row; ok is false when there is none.
func one[T any](ctx context.Context, db querier, v *T, query string, args ...any) (ok bool, err error) {
	var body []byte
	switch err = db.QueryRowContext(ctx, query, args...).Scan(&body); {
	case errors.Is(err, sql.ErrNoRows):
		return false, ctx.Err()
	case err != nil:
		return false, err
	}
	return true, json.Unmarshal(body, v)
}

// found is one for what must be there.
func found[T any](ctx context.Context, db querier, what, query string, args ...any) (T, error) {
	var v T
	ok, err := one(ctx, db, &v, query, args...)
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", what, courrier.ErrNotFound)
	}
	return v, err
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}
