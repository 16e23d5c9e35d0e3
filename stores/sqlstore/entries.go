package sqlstore

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
)

// Books implements [courrier.Store].
func (s *Store) Books(ctx context.Context, account courrier.AccountID, unit string) (courrier.Books, error) {
	empty := courrier.Books{Account: account, Unit: unit}
	q := selecting("seq, body FROM courrier_books")
	q.where("account = ? AND unit = ?", string(account), unit)
	books, err := one(ctx, s, "books", q, func(found Rows) (courrier.Books, error) {
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

// Ledgers implements [courrier.Store].
func (s *Store) Ledgers(ctx context.Context, account courrier.AccountID) iter.Seq2[courrier.Books, error] {
	next := func(last *courrier.Books) *query {
		q := selecting("account, unit, seq, body FROM courrier_books")
		q.order = "account, unit"
		q.equal("account", string(account))
		if last != nil {
			after(q, s.engine, false, "account, unit", string(last.Account), last.Unit)
		}
		return q
	}
	return list(ctx, s, 0, next, func(found Rows) (b courrier.Books, err error) {
		var account, body string
		var seq int64
		if err := found.Scan(&account, &b.Unit, &seq, &body); err != nil {
			return b, err
		}
		b.Account = courrier.AccountID(account)
		return b, decodeBooks(body, seq, &b)
	})
}

// Entries implements [courrier.Store].
func (s *Store) Entries(ctx context.Context, f courrier.EntryFilter) iter.Seq2[courrier.Entry, error] {
	return func(yield func(courrier.Entry, error) bool) {
		span, err := s.span(ctx, f)
		if err != nil {
			yield(courrier.Entry{}, err)
			return
		}
		oneLedger := f.Account != "" && f.Unit != ""
		next := func(last *courrier.Entry) *query {
			own := f
			if last != nil && oneLedger {
				own.After = 0 // is behind the last row
			}
			q := s.entries(own)
			q.order = either(f.Newest, "account DESC, unit DESC, seq DESC", "account, unit, seq")
			switch {
			case last == nil:
				span(q, true, true)
			case oneLedger:
				// The one bound by which the index is entered: of two the planner may take
				// the wrong one, and read the ledger from its beginning for every page.
				q.where("seq "+either(f.Newest, "<", ">")+" ?", last.Seq)
				span(q, f.Newest, !f.Newest)
			default:
				after(q, s.engine, f.Newest, "account, unit, seq", string(last.Account), last.Amount.Unit(), last.Seq)
				span(q, true, true)
			}
			return q
		}
		list(ctx, s, f.Limit, next, scanEntry)(yield)
	}
}

func (s *Store) entries(f courrier.EntryFilter) *query {
	q := selecting("account, seq, key, kind, letter, at, body FROM courrier_entries")
	q.equal("key", f.Key)
	whole := f.Key == "" && f.Letter == "" // a ledger: else an index of few rows serves better
	q.equal(either(whole, "account", "(account || '')"), string(f.Account))
	q.equal(either(whole, "unit", "(unit || '')"), f.Unit)
	oneOf(q, s.engine, "kind", f.Kinds)
	if len(f.Kinds) > 0 && !slices.Contains(f.Kinds, courrier.EntryReserve) && !slices.Contains(f.Kinds, courrier.EntryCapture) { // as the index has it
		q.where("kind NOT IN ('reserve', 'capture')")
	}
	if f.Letter != "" {
		q.where("letter = ? AND letter <> ''", string(f.Letter))
	}
	if f.After > 0 {
		q.where("seq "+either(f.Newest, "<", ">")+" ?", f.After)
	}
	return q
}

// span returns the conditions for From and for To. In one ledger, entries are in the
// order of time, so that a date is found by bisection: a month's statement costs
// what the month holds, and no entry pays for an index on time.
func (s *Store) span(ctx context.Context, f courrier.EntryFilter) (func(q *query, from, to bool), error) {
	column, from, to := "at", upMicro(f.From), upMicro(f.To)
	if storable(string(f.Account)+f.Unit) && f.Account != "" && f.Unit != "" && f.Key == "" && f.Letter == "" {
		var err error
		column = "seq"
		if from, err = s.firstSeq(ctx, f, f.From); err == nil {
			to, err = s.firstSeq(ctx, f, f.To)
		}
		if err != nil {
			return nil, err
		}
	}
	return func(q *query, lower, upper bool) {
		if lower && !f.From.IsZero() {
			q.where(column+" >= ?", from)
		}
		if upper && !f.To.IsZero() {
			q.where(column+" < ?", to)
		}
	}, nil
}

const bisect = `WITH RECURSIVE b(lo, hi) AS (
	SELECT CAST(0 AS bigint), COALESCE((SELECT max(seq) FROM courrier_entries WHERE account = ? AND unit = ?), 0) + 1
	UNION ALL
	SELECT CASE WHEN e.at < ? THEN e.seq ELSE b.lo END, CASE WHEN e.at < ? THEN b.hi ELSE e.seq END
	FROM b JOIN courrier_entries e ON e.account = ? AND e.unit = ? AND e.seq = (b.lo + b.hi) / 2
	WHERE b.hi - b.lo > 1
) SELECT hi FROM b`

// firstSeq returns the seq of the first entry that is not before at; 0 for no time.
func (s *Store) firstSeq(ctx context.Context, f courrier.EntryFilter, at time.Time) (int64, error) {
	if at.IsZero() {
		return 0, nil
	}
	q := &query{order: "hi - lo"}
	q.text.WriteString(bisect)
	q.args = []any{string(f.Account), f.Unit, upMicro(at), upMicro(at), string(f.Account), f.Unit}
	return one(ctx, s, "entry", q, func(found Rows) (seq int64, err error) {
		err = found.Scan(&seq)
		return seq, err
	})
}

func scanEntry(found Rows) (e courrier.Entry, err error) {
	var account, kind, letter, body string
	var at int64
	if err := found.Scan(&account, &e.Seq, &e.Key, &kind, &letter, &at, &body); err != nil {
		return e, err
	}
	e.Account, e.Kind, e.Letter, e.At = courrier.AccountID(account), courrier.EntryKind(kind), courrier.LetterID(letter), fromMicro(at)
	err = decode(body, &e)
	return e, err
}
