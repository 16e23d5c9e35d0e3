package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/courrier-go/courrier"
)

// pageSize is how many rows a list fetches at once. Between pages it holds
// nothing, so that a loop may commit, or stop, whenever it likes.
const pageSize = 200

// query is a list in the making: conditions with question marks, and how to
// order and continue.
type query struct {
	text  strings.Builder
	args  []any
	order string
}

func selecting(what string) *query {
	q := &query{}
	q.text.WriteString("SELECT " + what + " WHERE 1 = 1")
	return q
}

func (q *query) where(condition string, args ...any) {
	q.text.WriteString(" AND " + condition)
	q.args = append(q.args, args...)
}

// equal adds a condition unless the value is empty.
func (q *query) equal(column, value string) {
	if value != "" {
		q.where(column+" = ?", value)
	}
}

func oneOf[T ~string](q *query, e engine, column string, values []T) {
	if len(values) == 0 {
		return
	}
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	condition, args := e.oneOf(column, all)
	q.where(condition, args...)
}

// list fetches pages of what q selects until limit, or the end. Each page goes
// on after the last row of the one before: after adds that condition.
func list[T any](ctx context.Context, s *Store, limit int, page func(last *T) (*query, error), scan func(*sql.Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last *T
		for n := 0; limit == 0 || n < limit; {
			size := pageSize
			if limit > 0 {
				size = min(size, limit-n)
			}
			some, err := fetch(ctx, s, size, last, page, scan)
			for i := range some {
				if !yield(some[i], nil) {
					return
				}
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			if n += len(some); len(some) < size {
				return
			}
			last = &some[len(some)-1]
		}
	}
}

func fetch[T any](ctx context.Context, s *Store, size int, last *T, page func(last *T) (*query, error), scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q, err := page(last)
	if err != nil {
		return nil, err
	}
	if q.order != "" {
		q.text.WriteString(" ORDER BY " + q.order)
	}
	fmt.Fprintf(&q.text, " LIMIT %d", size)
	found, err := s.querier(ctx).QueryContext(ctx, s.engine.rebind(q.text.String()), q.args...)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: list: %w", err)
	}
	defer found.Close()
	var some []T
	for found.Next() {
		v, err := scan(found)
		if err != nil {
			return nil, fmt.Errorf("sqlstore: list: %w", err)
		}
		some = append(some, v)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("sqlstore: list: %w", err)
	}
	return some, nil
}

// one returns the first row of a query, or ErrNotFound.
func one[T any](ctx context.Context, s *Store, what string, q *query, scan func(*sql.Rows) (T, error)) (T, error) {
	var none T
	some, err := fetch(ctx, s, 1, nil, func(*T) (*query, error) { return q, nil }, scan)
	if err != nil {
		return none, err
	}
	if len(some) == 0 {
		return none, fmt.Errorf("%s: %w", what, courrier.ErrNotFound)
	}
	return some[0], nil
}

func scanBody[T any](found *sql.Rows) (v T, err error) {
	var body string
	if err := found.Scan(&body); err != nil {
		return v, err
	}
	err = decode(body, &v)
	return v, err
}

// Letter implements [courrier.LetterReader].
func (s *Store) Letter(ctx context.Context, id courrier.LetterID) (courrier.LetterRecord, error) {
	q := selecting("body FROM courrier_letters")
	q.where("id = ?", string(id))
	return one(ctx, s, "letter", q, scanBody[courrier.LetterRecord])
}

// Letters implements [courrier.LetterReader].
func (s *Store) Letters(ctx context.Context, f courrier.LetterFilter) iter.Seq2[courrier.LetterRecord, error] {
	page := func(last *courrier.LetterRecord) (*query, error) {
		q := s.letters(f)
		switch {
		case f.Duty != courrier.DutyNone:
			q.order = "due_at, id"
			if last != nil {
				q.where("(due_at, id) > (?, ?)", last.DueAt.UnixMicro(), string(last.ID))
			}
		case f.Newest:
			q.order = "id DESC"
			if last != nil {
				q.where("id < ?", string(last.ID))
			}
		default:
			q.order = "id"
			if last != nil {
				q.where("id > ?", string(last.ID))
			}
		}
		return q, nil
	}
	return list(ctx, s, f.Limit, page, scanBody[courrier.LetterRecord])
}

// letters has the conditions of a filter, and repeats those of the partial
// indexes word by word, without which a database cannot know that it may use them.
func (s *Store) letters(f courrier.LetterFilter) *query {
	q := selecting("body FROM courrier_letters")
	oneOf(q, s.engine, "id", f.IDs)
	q.equal("key", f.Key)
	q.equal(either(f.Key == "", "account", "(account || '')"), string(f.Account))
	oneOf(q, s.engine, "status", f.Statuses)
	oneOf(q, s.engine, "hold", f.Holds)
	if only(f.Statuses, courrier.StatusHeld) || len(f.Holds) > 0 && !contains(f.Holds, "") {
		q.where("(status = 'held' OR hold <> '')")
	}
	oneOf(q, s.engine, "purpose", f.Purposes)
	q.equal("provider", f.Provider)
	if f.ProviderID != "" {
		q.where("provider_id = ? AND provider_id <> ''", f.ProviderID)
	}
	if f.TrackingNumber != "" {
		q.where("tracking_number = ? AND tracking_number <> ''", f.TrackingNumber)
	}
	if f.Sum != "" {
		q.where("id IN (SELECT letter FROM courrier_letter_sums WHERE sum = ?)", string(f.Sum))
	}
	if !f.CreatedFrom.IsZero() {
		q.where("created_at >= ?", upMicro(f.CreatedFrom))
	}
	if !f.CreatedTo.IsZero() {
		q.where("created_at < ?", upMicro(f.CreatedTo))
	}
	if f.Duty != courrier.DutyNone {
		q.where("duty = ? AND duty <> ''", string(f.Duty))
	}
	if !f.DueBefore.IsZero() {
		q.where("due_at <= ?", f.DueBefore.UnixMicro())
	}
	if f.After != "" && f.Newest {
		q.where("id < ?", string(f.After))
	} else if f.After != "" {
		q.where("id > ?", string(f.After))
	}
	return q
}

func only[T comparable](all []T, v T) bool { return len(all) == 1 && all[0] == v }

func contains[T comparable](all []T, v T) bool {
	for _, o := range all {
		if o == v {
			return true
		}
	}
	return false
}

// Books implements [courrier.CreditReader].
func (s *Store) Books(ctx context.Context, account courrier.AccountID, unit string) (courrier.Books, error) {
	empty := courrier.Books{Account: account, Unit: unit}
	q := selecting("seq, body FROM courrier_books")
	q.where("account = ? AND unit = ?", string(account), unit)
	books, err := one(ctx, s, "books", q, func(found *sql.Rows) (courrier.Books, error) {
		b := empty
		var seq int64
		var body string
		err := found.Scan(&seq, &body)
		if err == nil {
			err = decodeBooks(body, seq, &b)
		}
		return b, err
	})
	if errors.Is(err, courrier.ErrNotFound) {
		return empty, nil
	}
	return books, err
}

// Entries implements [courrier.CreditReader].
func (s *Store) Entries(ctx context.Context, f courrier.EntryFilter) iter.Seq2[courrier.Entry, error] {
	page := func(last *courrier.Entry) (*query, error) {
		q, err := s.entries(ctx, f)
		if err != nil {
			return nil, err
		}
		q.order = "account, unit, seq"
		if f.Newest {
			q.order = "account DESC, unit DESC, seq DESC"
		}
		if last != nil {
			q.where("(account, unit, seq) "+either(f.Newest, "<", ">")+" (?, ?, ?)", string(last.Account), last.Amount.Unit(), last.Seq)
		}
		return q, nil
	}
	return list(ctx, s, f.Limit, page, scanEntry)
}

func scanEntry(found *sql.Rows) (e courrier.Entry, err error) {
	var account, kind, letter, body string
	var at int64
	if err := found.Scan(&account, &e.Seq, &e.Key, &kind, &letter, &at, &body); err != nil {
		return e, err
	}
	e.Account, e.Kind, e.Letter, e.At = courrier.AccountID(account), courrier.EntryKind(kind), courrier.LetterID(letter), fromMicro(at)
	err = decodeEntry(body, &e)
	return e, err
}

func (s *Store) entries(ctx context.Context, f courrier.EntryFilter) (*query, error) {
	q := selecting("account, seq, key, kind, letter, at, body FROM courrier_entries")
	q.equal("key", f.Key)
	q.equal(either(f.Key == "", "account", "(account || '')"), string(f.Account))
	q.equal(either(f.Key == "", "unit", "(unit || '')"), f.Unit)
	oneOf(q, s.engine, "kind", f.Kinds)
	if f.Letter != "" {
		q.where("letter = ? AND letter <> ''", string(f.Letter))
	}
	if f.After > 0 {
		q.where("seq "+either(f.Newest, "<", ">")+" ?", f.After)
	}
	if !f.From.IsZero() {
		q.where("at >= ?", upMicro(f.From))
	}
	if !f.To.IsZero() {
		q.where("at < ?", upMicro(f.To))
	}
	return q, nil
}

// Events implements [courrier.EventReader].
func (s *Store) Events(ctx context.Context, f courrier.EventFilter) iter.Seq2[courrier.TrackingEvent, error] {
	page := func(last *courrier.TrackingEvent) (*query, error) {
		q := selecting("body, letter, folded, hint FROM courrier_events")
		q.order = "heard, id"
		oneOf(q, s.engine, "letter", f.Letters)
		if len(f.Letters) > 0 && !contains(f.Letters, "") {
			q.where("letter <> ''")
		}
		q.equal("provider", f.Provider)
		q.equal("provider_id", f.ProviderID)
		if f.Orphans {
			q.where("letter = ''")
		}
		if f.Unfolded {
			q.where("folded = 0")
		}
		if !f.HeardFrom.IsZero() {
			q.where("heard >= ?", upMicro(f.HeardFrom))
		}
		if last != nil {
			q.where("(heard, id) > (?, ?)", last.Heard.UnixMicro(), last.ID)
		}
		return q, nil
	}
	return list(ctx, s, f.Limit, page, scanEvent)
}

func scanEvent(found *sql.Rows) (e courrier.TrackingEvent, err error) {
	var body, letter string
	var folded, hint int64
	if err := found.Scan(&body, &letter, &folded, &hint); err != nil {
		return e, err
	}
	err = decode(body, &e)
	e.Letter, e.Folded, e.Hint = courrier.LetterID(letter), folded == 1, hint == 1
	return e, err
}

const itemColumns = "kind, account, id, version, body FROM courrier_items"

// Item implements [courrier.ItemReader].
func (s *Store) Item(ctx context.Context, kind courrier.ItemKind, account courrier.AccountID, id string) (courrier.Item, error) {
	q := selecting(itemColumns)
	q.where("kind = ? AND account = ? AND id = ?", string(kind), string(account), id)
	return one(ctx, s, string(kind), q, scanItem)
}

// Items implements [courrier.ItemReader].
func (s *Store) Items(ctx context.Context, f courrier.ItemFilter) iter.Seq2[courrier.Item, error] {
	page := func(last *courrier.Item) (*query, error) {
		q := selecting(itemColumns)
		q.order = "account, id"
		q.where("kind = ?", string(f.Kind))
		q.equal("account", string(f.Account))
		oneOf(q, s.engine, "id", f.IDs)
		if f.After != "" {
			q.where("id > ?", f.After)
		}
		if last != nil {
			q.where("(account, id) > (?, ?)", string(last.Account), last.ID)
		}
		return q, nil
	}
	return list(ctx, s, f.Limit, page, scanItem)
}

func scanItem(found *sql.Rows) (i courrier.Item, err error) {
	var kind, account, body string
	err = found.Scan(&kind, &account, &i.ID, &i.Version, &body)
	i.Kind, i.Account = courrier.ItemKind(kind), courrier.AccountID(account)
	if body != "" {
		i.Body = json.RawMessage(body)
	}
	return i, err
}
