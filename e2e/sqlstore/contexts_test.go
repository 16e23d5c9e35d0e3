package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// hold opens a transaction of somebody else's that keeps the account "acme" to
// itself until it ends: nobody can post to it, and SQLite lets nobody write.
func hold(t *testing.T, d database) *sql.Tx {
	t.Helper()
	tx, err := d.open(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	if d.dialect != sqlstore.SQLite {
		_, err = tx.ExecContext(t.Context(), "SELECT 1 FROM courrier_books WHERE account = 'acme' FOR UPDATE")
		require.NoError(t, err)
	}
	return tx
}

// waiting blocks until n goroutines are in Commit of a store.
func waiting(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return goroutinesIn("sqlstore.(*lane).commit(") == n }, 20*time.Second, time.Millisecond)
}

// goroutinesIn counts the goroutines with a function on their stack.
func goroutinesIn(function string) (n int) {
	stacks := make([]byte, 4<<20)
	for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, function) {
			n++
		}
	}
	return n
}

// A caller whose context ends leaves at once, whatever the database is waiting
// for. What it changes is carried out whole or not at all, and those who shared the
// batch, or waited behind it, get their answers.
//
// It counts goroutines, and so has the process to itself.
func TestContextEndsMeanwhile(t *testing.T) {
	for name, fresh := range map[string]func(testing.TB) database{"sqlite": newSQLite, "postgres": newPostgres, "mariadb": newMariaDB} {
		t.Run(name, func(t *testing.T) {
			d := fresh(t)
			db := d.open(t)
			s := newStore(t, db, d)
			commit(t, s, entries(move(courrier.EntryTopUp, "L0", "1")))
			blocker := hold(t, d)

			// The first waits for the blocker, the others for either. All but the
			// patient ones leave while nothing moves.
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			impatient := make(chan error)
			start := func(ctx context.Context, id string, done chan<- error, inCommit int) {
				go func() { done <- tryCommit(ctx, s, costly(id, "note")) }()
				waiting(t, inCommit)
			}
			start(ctx, "first", impatient, 1)
			patient := make(chan error)
			for i := range 6 {
				start(ctx, fmt.Sprint("left ", i), impatient, 2+2*i)
				start(t.Context(), fmt.Sprint("kept ", i), patient, 3+2*i)
			}
			cancel()
			for range 7 {
				require.ErrorIs(t, <-impatient, context.Canceled)
			}
			waiting(t, 6)
			require.NoError(t, blocker.Rollback())
			for range 6 {
				require.NoError(t, <-patient)
			}

			n, kept := 0, 0
			for l, err := range s.Letters(t.Context(), courrier.LetterFilter{}) {
				require.NoError(t, err)
				if strings.HasPrefix(string(l.ID), "kept") {
					kept++
				}
				_, err = s.Item(t.Context(), "note", "acme", string(l.ID))
				require.NoError(t, err)
				n++
			}
			require.Equal(t, 6, kept, "of those who were patient; who left may have been too late to stop what was tried just then")
			requireBalance(t, s, fmt.Sprint(1+n), "0")

			// The context of somebody whose changes are stored has no power over them.
			ctx, cancel = context.WithCancel(t.Context())
			require.NoError(t, tryCommit(ctx, s, costly("after", "note")))
			cancel()
			_, err := s.Letter(t.Context(), "after")
			require.NoError(t, err)

			require.Eventually(t, func() bool { return goroutinesIn("sqlstore.(*lane)") == 0 && db.Stats().InUse == 0 },
				20*time.Second, time.Millisecond, "a goroutine or a connection is left behind")
		})
	}
}

// Callers come and go in the middle of everything: what was answered is there,
// what was not is there whole or not at all.
func TestContextsEndAnywhere(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		s := newStore(t, db, d)
		commit(t, s, entries(move(courrier.EntryTopUp, "order", "100000")))
		var mu sync.Mutex
		answered := map[string]int{}
		var wg sync.WaitGroup
		for w := range 12 {
			wg.Go(func() {
				for n := range 15 {
					ctx, cancel := context.WithCancel(t.Context())
					if w%3 > 0 {
						time.AfterFunc(time.Duration(w*n)*100*time.Microsecond, cancel)
					}
					id := fmt.Sprintf("%d-%d", w, n)
					for step, change := range bothSteps(id) {
						err := tryCommit(ctx, s, change)
						if err != nil {
							if w%3 == 0 || ctx.Err() == nil || !isEnd(err) {
								t.Errorf("caller %d: %v", w, err)
							}
							break
						}
						mu.Lock()
						answered[id] = step + 1
						mu.Unlock()
					}
					cancel()
				}
			})
		}
		wg.Wait()
		require.Eventually(t, func() bool { return db.Stats().InUse == 0 }, 20*time.Second, time.Millisecond)
		requireWhole(t, s, answered)
	})
}

func isEnd(err error) bool {
	return strings.Contains(err.Error(), context.Canceled.Error())
}

// A context that ends inside of a host's transaction takes with it what its own
// Commit did, and nothing else.
func TestContextEndsInHostTransaction(t *testing.T) {
	t.Parallel()
	d := newSQLite(t) // a driver for PostgreSQL gives up the connection, and with it the transaction
	db := d.open(t)
	s := newStore(t, db, d)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	require.NoError(t, tryCommit(sqlstore.WithTx(t.Context(), tx), s, costly("kept", "note")))
	ctx, cancel := context.WithCancel(sqlstore.WithTx(t.Context(), tx))
	cancel()
	require.ErrorIs(t, tryCommit(ctx, s, costly("never", "note")), context.Canceled)
	require.NoError(t, tx.Commit())
	requireBalance(t, s, "1", "0")
	_, err = s.Letter(t.Context(), "never")
	require.ErrorIs(t, err, courrier.ErrNotFound)
}
