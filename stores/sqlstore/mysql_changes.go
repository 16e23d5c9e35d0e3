package sqlstore

import (
	"context"
	"slices"
)

// A number is drawn before its transaction commits, so 7 may appear after 8. Whoever
// writes to the feed therefore takes a lock first, that of row 0 or of row 1 of
// courrier_turns, which all writers share: nobody waits. A reader notes the last number
// that it sees, and then waits until it has seen each of the two rows without a lock: who
// drew a smaller number held one of them, and has ended. Under writers that never cease
// a row would never be free, so a reader sends new ones to the other row first. Which row
// a writer takes decides nothing but how long readers wait.

const (
	// takeTurn's inner query takes no lock.
	shareTurn = "SELECT n FROM courrier_turns WHERE n = (SELECT turn % 2 FROM courrier_turns WHERE n = 2) LOCK IN SHARE MODE"
	// freeTurns is carried out alone, and so lets go of what it locks at once.
	freeTurns = "SELECT n FROM courrier_turns WHERE n IN (0, 1) FOR UPDATE SKIP LOCKED"
	turnNow   = "SELECT turn FROM courrier_turns WHERE n = 2"
	nextTurn  = "UPDATE courrier_turns SET turn = turn + 1 WHERE n = 2 AND turn = ?"
)

func (e *mysqlEngine) takeTurn(ctx context.Context, q Executor) error {
	var row int
	return queryOne(ctx, q, e.place.in(shareTurn), &row)
}

// turns is up to where the feed is known to be whole, and what the next step waits for.
type turns struct {
	alone   chan struct{} // holds one while somebody looks
	settled int64
	next    int64 // 0: none
	left    []int // the rows that were not seen free since next was noted
}

// settled looks at nothing in a transaction of the host's, where it would hold what it
// locks: there the feed ends where it was known to be whole before.
func (e *mysqlEngine) settled(ctx context.Context, q Executor) (settled int64, err error) {
	step := e.settle
	if q != e.pool {
		step = e.known
	}
	err = waitSettled(ctx, func() (done bool, err error) {
		settled, done, err = step(ctx)
		return done, err
	})
	return settled, err
}

// enter returns when nobody else looks.
func (f *turns) enter(ctx context.Context) (leave func(), err error) {
	select {
	case f.alone <- struct{}{}:
		return func() { <-f.alone }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *mysqlEngine) known(ctx context.Context) (int64, bool, error) {
	leave, err := e.feed.enter(ctx)
	if err != nil {
		return 0, false, err
	}
	defer leave()
	return e.feed.settled, true, nil
}

// settle takes one step, and tells whether all that is there now is settled.
func (e *mysqlEngine) settle(ctx context.Context) (int64, bool, error) {
	leave, err := e.feed.enter(ctx)
	if err != nil {
		return 0, false, err
	}
	defer leave()
	f := &e.feed
	begun := f.next > 0 // before: not all that is there now
	if !begun {
		last, err := lastChange(ctx, e.pool, e.place)
		if err != nil {
			return 0, false, err
		}
		if last < f.settled { // the server lost what it had committed: another history
			f.settled = 0
		}
		if last == f.settled {
			return last, true, nil
		}
		f.next, f.left = last, []int{0, 1}
	}
	if err := e.lookForFree(ctx); err != nil || len(f.left) > 0 {
		return f.settled, false, err
	}
	f.settled, f.next = f.next, 0
	return f.settled, !begun, nil
}

// lookForFree sends new writers to the other row where those of one are waited for.
func (e *mysqlEngine) lookForFree(ctx context.Context) error {
	f := &e.feed
	var turn int64
	if err := queryOne(ctx, e.pool, e.place.in(turnNow), &turn); err != nil {
		return err
	}
	free, err := e.freeTurns(ctx)
	if err != nil {
		return err
	}
	f.left = slices.DeleteFunc(f.left, func(row int) bool { return slices.Contains(free, row) })
	row := int(turn % 2)
	if slices.Contains(f.left, row) && slices.Contains(free, 1-row) {
		return e.pool.Exec(ctx, e.place.in(nextTurn), turn)
	}
	return nil
}

func (e *mysqlEngine) freeTurns(ctx context.Context) (free []int, err error) {
	rows, err := e.pool.Query(ctx, e.place.in(freeTurns))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		free = append(free, n)
	}
	return free, rows.Err()
}
