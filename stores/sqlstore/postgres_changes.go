package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A number is drawn before its transaction commits, so 7 may appear after 8. Whoever
// writes to the feed therefore takes a lock first, which all writers share: nobody
// waits. A reader takes none. It notes the last number that it sees, then who holds
// the lock: who draws a smaller number took the lock before, and is among them, or has
// ended. When they all have ended, the feed is whole up to that number. Transactions
// of others do not matter, and what a reader knows outlives a dump and its restoring.

// insertTold is the statement that adds rows to the feed, its arguments after the
// first n. The lock is taken before the first number is drawn, for each row needs it.
func (e *postgresEngine) insertTold(w *write, n int, hurry bool) string {
	texts, ints := w.columns()
	cols := append(texts, ints...)
	return fmt.Sprintf("INSERT INTO %s (%s) WITH l AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%d)) SELECT n.* FROM l CROSS JOIN %s AS n",
		w.table, strings.Join(cols, ", "), e.place.feedKey(), unnest(n, len(texts), len(ints), hurry))
}

// horizon is up to where the feed is known to be whole, and what the next step waits
// for.
type horizon struct {
	mu      sync.Mutex
	settled int64
	next    int64    // 0: none
	holders []string // who may still add something before next
}

func (h *horizon) get() (settled, next int64, holders []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.settled, h.next, h.holders
}

func (h *horizon) set(settled, next int64, holders []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.settled, h.next, h.holders = settled, next, holders
}

func (e *postgresEngine) settled(ctx context.Context, q Executor) (int64, error) {
	err := waitSettled(ctx, func() (bool, error) { return e.settle(ctx, q) })
	settled, _, _ := e.horizon.get()
	return settled, err
}

// settle takes one step, and tells whether all that is there now is settled.
func (e *postgresEngine) settle(ctx context.Context, q Executor) (bool, error) {
	settled, next, holders := e.horizon.get()
	if next > 0 { // begun before: not all that is there now
		left, err := e.feedHolders(ctx, q)
		if err != nil {
			return false, err
		}
		holders = slices.DeleteFunc(slices.Clone(holders), func(h string) bool { return !slices.Contains(left, h) })
		if len(holders) > 0 {
			e.horizon.set(settled, next, holders)
			return false, nil
		}
		settled = next
	}
	next, err := lastChange(ctx, q, e.place)
	if err != nil {
		return false, err
	}
	if next < settled { // the server lost what it had committed: another history
		settled = 0
	}
	if holders, err = e.feedHolders(ctx, q); err != nil {
		return false, err
	}
	if len(holders) == 0 || next == settled {
		e.horizon.set(next, 0, nil)
		return true, nil
	}
	e.horizon.set(settled, next, holders)
	return false, nil
}

// feedHolders lists the transactions that hold the lock of the feed's writers.
func (e *postgresEngine) feedHolders(ctx context.Context, q Executor) ([]string, error) {
	key := uint64(e.place.feedKey())
	text := fmt.Sprintf("SELECT virtualtransaction FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"+
		" AND classid = '%d'::oid AND objid = '%d'::oid AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
		uint32(key>>32), uint32(key))
	rows, err := q.Query(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
