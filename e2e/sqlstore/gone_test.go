package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// The server ends every connection of the store, again and again, in the middle
// of everything. Callers get an error or an answer; what was answered is there,
// everything is there whole or not at all, and the store goes on by itself.
func TestConnectionsKilled(t *testing.T) {
	t.Parallel()
	onServers(t, killConnections)
}

// killAll ends the connections of a name, and counts them.
func killAll(ctx context.Context, db *sql.DB, name string) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1", name).Scan(&n)
	return n, err
}

// killOthers ends the connections to a database of MariaDB but its own, and counts them.
func killOthers(ctx context.Context, db *sql.DB) (n int, err error) {
	rows, err := db.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var ids []int
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return 0, err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if _, err := db.ExecContext(ctx, fmt.Sprint("KILL ", id)); err == nil { // or it ended by itself
			n++
		}
	}
	return n, rows.Err()
}

func killConnections(t *testing.T, d database) {
	name := fmt.Sprintf("killed_%d", os.Getpid())
	own, killThem := d, func(db *sql.DB) (int, error) { return killOthers(t.Context(), db) }
	if d.dialect == sqlstore.Postgres {
		own.dsn = with(d.dsn, "application_name", name)
		killThem = func(db *sql.DB) (int, error) { return killAll(t.Context(), db, name) }
	}
	s := newStore(t, own.open(t), d)
	commit(t, s, entries(move(courrier.EntryTopUp, "order", "100000")))

	killer := d.open(t)
	killer.SetMaxOpenConns(1) // nobody ends itself
	stop := make(chan struct{})
	killed := make(chan int)
	go func() {
		all := 0
		for {
			select {
			case <-stop:
				killed <- all
				return
			default:
			}
			n, err := killThem(killer)
			if err != nil {
				t.Error(err)
			}
			all += n
		}
	}()
	var mu sync.Mutex
	answered, failed := map[string]int{}, 0
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 40 {
				id := fmt.Sprintf("%d-%d", w, n)
				for step, change := range bothSteps(id) {
					err := tryCommit(t.Context(), s, change)
					mu.Lock()
					if err != nil {
						failed++
						mu.Unlock()
						break
					}
					answered[id] = step + 1
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	require.Positive(t, <-killed)
	require.Positive(t, failed, "nobody noticed")
	require.Eventually(t, func() bool { return tryCommit(t.Context(), s, entries(move(courrier.EntryExpire, "", "0"))) == nil },
		20*time.Second, time.Millisecond, "the store does not find back")
	requireWhole(t, s, answered)

	// What failed may be tried again, whatever became of it.
	for w := range 8 {
		for n := range 40 {
			id := fmt.Sprintf("%d-%d", w, n)
			for step, change := range bothSteps(id) {
				if err := tryCommit(t.Context(), s, change); err != nil {
					require.ErrorIs(t, err, courrier.ErrConflict)
				}
				answered[id] = step + 1
			}
		}
	}
	requireWhole(t, s, answered)
}

// Somebody else keeps the SQLite file to himself for longer than anybody waits.
func TestFileLocked(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	db := d.open(t)
	s := newStore(t, db, d)
	commit(t, s, costly("before", "note"))
	db.SetMaxOpenConns(1) // the pragma is the connection's
	_, err := db.ExecContext(t.Context(), "PRAGMA busy_timeout = 1")
	require.NoError(t, err)

	other, err := d.open(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	results, err := s.Commit(t.Context(), costly("never", "note"))
	require.ErrorContains(t, err, "database is locked")
	require.Empty(t, results)
	require.Error(t, s.PutContent(t.Context(), "sum", []byte("x")))
	_, err = s.Letter(t.Context(), "before")
	require.NoError(t, err, "reading goes on")
	_, err = s.Letter(t.Context(), "never")
	require.ErrorIs(t, err, courrier.ErrNotFound)

	require.NoError(t, other.Rollback())
	commit(t, s, costly("after", "note"))
	requireBalance(t, s, "2", "0")
}

// The SQLite file cannot be written any more: a full disk, a folder mounted anew.
func TestFileReadOnly(t *testing.T) {
	t.Parallel()
	d := newSQLite(t)
	db := d.open(t)
	s := newStore(t, db, d)
	commit(t, s, costly("before", "note"))
	db.SetMaxOpenConns(1)
	set := func(pragma string) {
		_, err := db.ExecContext(t.Context(), "PRAGMA query_only = "+pragma)
		require.NoError(t, err)
	}
	set("ON")
	errs := make([]error, 10)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = tryCommit(t.Context(), s, costly(fmt.Sprint("never ", i), "note")) })
	}
	wg.Wait()
	for _, err := range errs {
		require.ErrorContains(t, err, "attempt to write a readonly database")
	}
	_, err := s.Letter(t.Context(), "before")
	require.NoError(t, err, "reading goes on")
	set("OFF")
	commit(t, s, costly("after", "note"))
	n := 0
	for _, err := range s.Letters(t.Context(), courrier.LetterFilter{}) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 2, n)
	requireBalance(t, s, "2", "0")
}

// The host closes its *sql.DB under those who still commit.
func TestPoolClosed(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db, err := d.connect(t.Context())
		require.NoError(t, err)
		s := newStore(t, db, d)
		commit(t, s, entries(move(courrier.EntryTopUp, "order", "100000")))
		var mu sync.Mutex
		answered := map[string]int{}
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for n := 0; ; n++ {
					id := fmt.Sprintf("%d-%d", w, n)
					for step, change := range bothSteps(id) {
						if err := tryCommit(t.Context(), s, change); err != nil {
							return
						}
						mu.Lock()
						if answered[id] = step + 1; len(answered) == 40 && step == 0 {
							go db.Close()
						}
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		require.ErrorContains(t, tryCommit(t.Context(), s, costly("never", "note")), "database is closed")
		_, err = s.Letter(t.Context(), "0-0")
		require.ErrorContains(t, err, "database is closed")
		requireWhole(t, d.store(t), answered)
	})
}

// A host's transaction that is lost takes what was committed in it along, and
// the store's memory with it.
func TestHostTransactionLost(t *testing.T) {
	t.Parallel()
	onServers(t, loseHostTransaction)
}

func loseHostTransaction(t *testing.T, d database) {
	own, end := "SELECT pg_backend_pid()", "SELECT pg_terminate_backend(%d)"
	if d.dialect == sqlstore.MySQL {
		own, end = "SELECT CONNECTION_ID()", "KILL %d"
	}
	db := d.open(t)
	s := newStore(t, db, d)
	commit(t, s, entries(move(courrier.EntryTopUp, "order", "10")))
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	ctx := sqlstore.WithTx(t.Context(), tx)
	require.NoError(t, tryCommit(ctx, s, costly("lost", "note")))
	var pid int
	require.NoError(t, tx.QueryRowContext(ctx, own).Scan(&pid))
	_, err = d.open(t).ExecContext(t.Context(), fmt.Sprintf(end, pid))
	require.NoError(t, err)
	require.Error(t, tryCommit(ctx, s, costly("never", "note")))
	require.Error(t, tx.Commit())
	require.ErrorIs(t, tx.Rollback(), sql.ErrTxDone)
	commit(t, s, entries(move(courrier.EntryReserve, "after", "4")))
	requireBalance(t, s, "6", "4")
}
