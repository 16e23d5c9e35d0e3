package sqlstore

import (
	"context"
	"fmt"
	"iter"
	"slices"
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
	none  bool // no row can match
}

func selecting(what string) *query {
	q := &query{}
	q.text.WriteString("SELECT " + what + " WHERE 1 = 1")
	return q
}

// where adds a condition. One that asks for a text that was never stored, for no
// database can hold it, is one that no row meets.
func (q *query) where(condition string, args ...any) {
	for _, a := range args {
		if text, ok := a.(string); ok && !storable(text) {
			q.none = true
		}
	}
	q.text.WriteString(" AND " + condition)
	q.args = append(q.args, args...)
}

// equal adds a condition unless the value is empty.
func (q *query) equal(column, value string) {
	if value != "" {
		q.where(column+" = ?", value)
	}
}

// within adds the condition that a column has a value that one of the queries finds.
func (q *query) within(e engine, column string, others ...*query) {
	others = slices.DeleteFunc(others, func(other *query) bool { return other.none })
	if len(others) == 0 {
		q.none = true
		return
	}
	var texts []string
	var args []any
	for _, other := range others {
		texts, args = append(texts, other.text.String()), append(args, other.args...)
	}
	q.where(column+" IN ("+e.union(texts)+")", args...)
}

// after adds the condition that columns come after values, or before them if less is so.
func after(q *query, e engine, less bool, columns string, values ...any) {
	text, args := e.after(less, strings.Split(columns, ", "), values)
	q.where(text, args...)
}

func oneOf[T ~string](q *query, e engine, column string, values []T) {
	if len(values) > 0 {
		listed(q, e.oneOf, column, values)
	}
}

// listed adds the condition, as an engine has it, that a column has one of the values.
func listed[T ~string](q *query, condition func(column string, values []string) (string, []any), column string, values []T) {
	var all []string
	for _, v := range values {
		if storable(string(v)) {
			all = append(all, string(v))
		}
	}
	if len(all) == 0 {
		q.none = true
		return
	}
	text, args := condition(column, all)
	q.where(text, args...)
}

// page is what comes next of a list, after the last row of the page before.
type page[T any] func(last *T) *query

type scan[T any] func(Rows) (T, error)

// list fetches page after page until limit, or the end.
func list[T any](ctx context.Context, s *Store, limit int, next page[T], scan scan[T]) iter.Seq2[T, error] {
	return listBy(ctx, s, pageSize, limit, next, scan)
}

// listBy is list with pages of that size.
func listBy[T any](ctx context.Context, s *Store, pageSize, limit int, next page[T], scan scan[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last *T
		for n := 0; limit == 0 || n < limit; {
			size := pageSize
			if limit > 0 {
				size = min(size, limit-n)
			}
			some, err := fetch(ctx, s, next(last), size, scan)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for i := range some {
				if !yield(some[i], nil) {
					return
				}
			}
			if n += len(some); len(some) < size {
				return
			}
			last = &some[len(some)-1]
		}
	}
}

// fetch returns the first rows of a query.
func fetch[T any](ctx context.Context, s *Store, q *query, size int, scan scan[T]) ([]T, error) {
	if err := ctx.Err(); err != nil || q.none {
		return nil, err
	}
	if q.order != "" {
		q.text.WriteString(" ORDER BY " + q.order)
	}
	fmt.Fprintf(&q.text, " LIMIT %d", size)
	found, err := s.querier(ctx).Query(ctx, s.engine.rebind(q.text.String()), q.args...)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: read: %w", err)
	}
	defer found.Close()
	var some []T
	for found.Next() {
		v, err := scan(found)
		if err != nil {
			return nil, fmt.Errorf("sqlstore: read: %w", err)
		}
		some = append(some, v)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("sqlstore: read: %w", err)
	}
	return some, nil
}

// one returns the first row of a query, or ErrNotFound.
func one[T any](ctx context.Context, s *Store, what string, q *query, scan scan[T]) (T, error) {
	some, err := fetch(ctx, s, q, 1, scan)
	if err == nil && len(some) == 0 {
		err = fmt.Errorf("%s: %w", what, courrier.ErrNotFound)
	}
	if err != nil {
		return *new(T), err
	}
	return some[0], nil
}
