package customstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// Letter implements [courrier.Store].
func (s *Store) Letter(ctx context.Context, id courrier.LetterID) (courrier.LetterRecord, error) {
	return found[courrier.LetterRecord](ctx, s.db, "letter", "SELECT body FROM post_letters WHERE id = ?", id)
}

// Books implements [courrier.Store].
func (s *Store) Books(ctx context.Context, account courrier.AccountID, unit string) (courrier.Books, error) {
	return booksOf(ctx, s.db, account, unit)
}

// Item implements [courrier.ItemReader].
func (s *Store) Item(ctx context.Context, kind courrier.ItemKind, account courrier.AccountID, id string) (courrier.Item, error) {
	return found[courrier.Item](ctx, s.db, string(kind), "SELECT body FROM post_items WHERE kind = ? AND account = ? AND id = ?", kind, account, id)
}

// Letters implements [courrier.Store].
func (s *Store) Letters(ctx context.Context, f courrier.LetterFilter) iter.Seq2[courrier.LetterRecord, error] {
	q := from("post_letters").is("account", string(f.Account)).is("key", f.Key).is("duty", string(f.Duty)).is("provider_id", f.ProviderID)
	in(q, "id", f.IDs)
	if !f.DueBefore.IsZero() {
		q.and("due <= ?", micros(f.DueBefore))
	}
	return list(ctx, s, q, f.Match, f.Compare, f.Limit)
}

// Ledgers implements [courrier.Store].
func (s *Store) Ledgers(ctx context.Context, account courrier.AccountID) iter.Seq2[courrier.Books, error] {
	q := from("post_books").is("account", string(account))
	byName := func(a, b courrier.Books) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Unit, b.Unit))
	}
	return list(ctx, s, q, func(courrier.Books) bool { return true }, byName, 0)
}

// Entries implements [courrier.Store].
func (s *Store) Entries(ctx context.Context, f courrier.EntryFilter) iter.Seq2[courrier.Entry, error] {
	q := from("post_entries").is("account", string(f.Account)).is("unit", f.Unit).is("key", f.Key)
	return list(ctx, s, q, f.Match, f.Compare, f.Limit)
}

// Events implements [courrier.Store].
func (s *Store) Events(ctx context.Context, f courrier.EventFilter) iter.Seq2[courrier.TrackingEvent, error] {
	q := from("post_events").is("provider_id", f.ProviderID)
	in(q, "letter", f.Letters)
	if f.Unfolded {
		q.and("folded = 0")
	}
	return list(ctx, s, q, f.Match, f.Compare, f.Limit)
}

// Items implements [courrier.ItemReader].
func (s *Store) Items(ctx context.Context, f courrier.ItemFilter) iter.Seq2[courrier.Item, error] {
	q := from("post_items").is("kind", string(f.Kind)).is("account", string(f.Account))
	in(q, "id", f.IDs)
	return list(ctx, s, q, f.Match, f.Compare, f.Limit)
}

// query narrows a table to what an index finds fast. What it lets through is not
// yet the answer: the filter's own Match decides.
type query struct {
	text strings.Builder
	args []any
}

func from(table string) *query {
	q := &query{}
	q.text.WriteString("SELECT body FROM " + table + " WHERE 1 = 1")
	return q
}

func (q *query) and(condition string, args ...any) {
	q.text.WriteString(" AND " + condition)
	q.args = append(q.args, args...)
}

// is asks for one value, or for any when it is empty.
func (q *query) is(column, value string) *query {
	if value != "" {
		q.and(column+" = ?", value)
	}
	return q
}

// in asks for one of some values, or for any when there are none. They travel as
// one JSON argument: a statement has room for few, a list may be long.
func in[T ~string](q *query, column string, values []T) {
	if len(values) == 0 {
		return
	}
	all, err := json.Marshal(values)
	if err != nil {
		panic("customstore: strings always marshal: " + err.Error())
	}
	q.and(column+" IN (SELECT value FROM json_each(?))", string(all))
}

// list reads what the query finds, then lets the filter choose and order. It is
// read to its end before the loop begins, so that the loop may read and commit.
func list[T any](ctx context.Context, s *Store, q *query, match func(T) bool, compare func(a, b T) int, limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		all, err := bodies[T](ctx, s.db, q.text.String(), q.args...)
		if err != nil {
			yield(*new(T), err)
			return
		}
		all = slices.DeleteFunc(all, func(v T) bool { return !match(v) })
		slices.SortFunc(all, compare)
		if limit > 0 && limit < len(all) {
			all = all[:limit]
		}
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// bodies reads the bodies that a query selects.
func bodies[T any](ctx context.Context, db querier, query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var body []byte
		var v T
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &v); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// PutContent implements [courrier.Contents].
func (s *Store) PutContent(ctx context.Context, sum courrier.Sum, content []byte) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO post_contents (sum, content) VALUES (?, ?) ON CONFLICT DO NOTHING", sum, append([]byte{}, content...))
	return err
}

// Content implements [courrier.Contents].
func (s *Store) Content(ctx context.Context, sum courrier.Sum) ([]byte, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT content FROM post_contents WHERE sum = ?", sum)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	content := []byte{}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("content: %w", courrier.ErrNotFound)
	}
	return content, rows.Scan(&content)
}

// DeleteContent implements [courrier.ContentDeleter]: what a letter needs stays.
func (s *Store) DeleteContent(ctx context.Context, sum courrier.Sum) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM post_contents WHERE sum = ?1 AND NOT EXISTS (SELECT 1 FROM post_letters"+
		" WHERE instr(CAST(body AS TEXT), ?1) AND NOT coalesce(json_extract(CAST(body AS TEXT), '$.contents_gone'), 0))", sum)
	return err
}
