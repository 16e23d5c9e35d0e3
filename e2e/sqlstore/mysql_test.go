package sqlstore_test

import (
	"bytes"
	"database/sql"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// A deadlock ends a transaction on MySQL, and what is done next would become true at
// once. So a host's transaction that meets one in a commit is over for the host too:
// nothing of it is stored, and it cannot be committed.
func TestDeadlockEndsHostTransaction(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	db := d.open(t)
	s := newStore(t, db, d)
	commit(t, s, topUp(1, "order", "1"), topUp(2, "order", "1"))
	_, err := db.ExecContext(t.Context(), "CREATE TABLE orders (id int PRIMARY KEY)")
	require.NoError(t, err)

	begin := func(own int) *sql.Tx {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), "INSERT INTO orders VALUES (?)", own)
		require.NoError(t, err)
		require.NoError(t, tryCommit(sqlstore.WithTx(t.Context(), tx), s, topUp(own, "mine", "1")))
		return tx
	}
	both := []*sql.Tx{begin(1), begin(2)}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, tx := range both {
		wg.Go(func() { errs[i] = tryCommit(sqlstore.WithTx(t.Context(), tx), s, topUp(2-i, "other's", "1")) })
	}
	wg.Wait()
	require.NotEqual(t, errs[0] == nil, errs[1] == nil, "%v", errs)
	for i, tx := range both {
		own, other := i+1, 2-i
		if errs[i] != nil {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO orders VALUES (99)")
			require.ErrorIs(t, err, sql.ErrTxDone)
			require.ErrorIs(t, tx.Commit(), sql.ErrTxDone)
			continue
		}
		require.NoError(t, tx.Commit())
		require.Equal(t, "2 stamp", stamps(t, s, own))
		require.Equal(t, "2 stamp", stamps(t, s, other))
	}
	var orders int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
	require.Equal(t, 1, orders)
}

// A host's transaction may see how everything was when it began, as is the default of
// MySQL: what it commits is decided by the newest there is all the same, and the feed
// misses nothing of it.
func TestOldViewOfHostTransaction(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	db := d.open(t)
	s := newStore(t, db, d)
	commit(t, s, topUp(1, "order", "10"))
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	require.NoError(t, err)
	ctx := sqlstore.WithTx(t.Context(), tx)
	require.Equal(t, 1, countRows(t, tx, "courrier_entries"), "its view begins")
	reserve, capture := move(courrier.EntryReserve, "hold", "4"), move(courrier.EntryCapture, "hold", "4")
	reserve.Account, capture.Account = accountNo(1), accountNo(1)
	commit(t, s, entries(reserve))
	require.NoError(t, tryCommit(ctx, s, entries(capture)))
	require.NoError(t, tx.Commit())
	require.Equal(t, "6 stamp", stamps(t, s, 1))
}

func countRows(t *testing.T, q *sql.Tx, table string) (n int) {
	require.NoError(t, q.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// A connection that would cut texts, or lock what lies between rows, is refused.
func TestConnectionsAreChecked(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	d.store(t) // makes the tables
	for setting, remedy := range map[string]string{
		"sql_mode=''&tx_isolation='READ-COMMITTED'":  "STRICT_TRANS_TABLES",
		"tx_isolation='REPEATABLE-READ'":             "READ COMMITTED",
		"autocommit=0&tx_isolation='READ-COMMITTED'": "autocommit",
	} {
		db, err := sql.Open("mysql", d.dsn+"?"+strings.ReplaceAll(setting, "'", "%27"))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		_, err = sqlstore.New(t.Context(), sqlstore.DB(db), d.dialect, databases.Options(d.dsn)...)
		var e *courrier.Error
		require.ErrorAs(t, err, &e, setting)
		require.Equal(t, sqlstore.CodeServer, e.Code)
		require.ErrorIs(t, err, courrier.ErrUnsupported)
		require.ErrorContains(t, err, remedy, setting)
	}
}

// The largest document there may be, of the bytes that take most room on the way.
func TestLargeContents(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	s := d.store(t)
	large, larger := bytes.Repeat([]byte{0, '\'', 0xff, '\\'}, 25<<18), bytes.Repeat([]byte{1, '"', '\n', 0}, 25<<18)
	contents := map[courrier.Sum][]byte{courrier.SumOf(large): large, courrier.SumOf(larger): larger}
	require.NoError(t, s.PutContents(t.Context(), contents))
	require.NoError(t, s.PutContent(t.Context(), courrier.SumOf(large), large))
	for sum, want := range contents {
		got, err := s.Content(t.Context(), sum)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got))
	}
}

// Many large letters at once are more than the server takes in one statement.
func TestLargeBatch(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	s := d.store(t)
	var changes []courrier.Change
	for i := range 40 {
		l := letter(courrier.LetterID(rune('A' + i)))
		l.Letter.Metadata = map[string]string{"large": strings.Repeat(`"\<é`, 200_000)}
		changes = append(changes, courrier.Change{Letter: l})
	}
	commit(t, s, changes...)
	for i := range changes {
		changes[i].Letter.Version = 1
	}
	commit(t, s, changes...)
	n := 0
	for l, err := range s.Letters(t.Context(), courrier.LetterFilter{}) {
		require.NoError(t, err)
		require.EqualValues(t, 2, l.Version)
		require.Len(t, l.Letter.Metadata["large"], 1_000_000)
		n++
	}
	require.Equal(t, 40, n)
}

// Each statement that makes a table commits by itself. Whoever is killed between two of
// them leaves some behind, and the next one goes on.
func TestMigrationIsKilled(t *testing.T) {
	t.Parallel()
	steps, err := sqlstore.Migrations(sqlstore.MySQL)
	require.NoError(t, err)
	d := newMariaDB(t)
	db := d.open(t)
	options := databases.Options(d.dsn)
	for _, step := range steps {
		texts := strings.Split(strings.TrimSpace(step.Up), ";\n")
		for _, text := range texts[:len(texts)-1] { // all but the row that tells of it
			_, err := db.ExecContext(t.Context(), text)
			require.NoError(t, err, text)
		}
		_, err := sqlstore.Check(t.Context(), sqlstore.DB(db), d.dialect, options...)
		require.NoError(t, err)
	}
	require.NoError(t, sqlstore.Migrate(t.Context(), sqlstore.DB(db), d.dialect, options...))
	require.NoError(t, sqlstore.Migrate(t.Context(), sqlstore.DB(db), d.dialect, options...))
	storetestSmoke(t, newStore(t, db, d))
	for i := len(steps) - 1; i >= 0; i-- {
		texts := strings.Split(strings.TrimSpace(steps[i].Down), ";\n")
		_, err := db.ExecContext(t.Context(), texts[0])
		require.NoError(t, err, texts[0])
		require.NoError(t, sqlstore.MigrateDown(t.Context(), sqlstore.DB(db), d.dialect, i, options...))
	}
}

// An error of the server repeats no key, for errors are written into logs.
func TestErrorsRepeatNoKey(t *testing.T) {
	t.Parallel()
	d := newMariaDB(t)
	db := d.open(t)
	s := newStore(t, db, d)
	forbid(t, d, true)
	results, err := s.Commit(t.Context(), courrier.Change{Items: []courrier.Item{{Kind: "forbidden", Account: "acme", ID: "i"}}})
	require.NoError(t, err)
	require.ErrorContains(t, results[0].Err, "1062")
	require.NotContains(t, results[0].Err.Error(), "Duplicate entry")
}
