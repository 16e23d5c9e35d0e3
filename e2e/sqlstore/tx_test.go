package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func letter(id courrier.LetterID) *courrier.LetterRecord {
	return &courrier.LetterRecord{ID: id, Letter: courrier.Letter{Account: "acme", Key: string(id)}, CreatedAt: noon}
}

func move(kind courrier.EntryKind, key, amount string) courrier.Entry {
	return courrier.Entry{Account: "acme", Kind: kind, Key: key, Amount: courrier.MustAmount(amount, "stamp"), At: noon}
}

func entries(all ...courrier.Entry) courrier.Change { return courrier.Change{Entries: all} }

func commit(t testing.TB, s courrier.Store, changes ...courrier.Change) {
	t.Helper()
	require.NoError(t, tryCommit(t.Context(), s, changes...))
}

func tryCommit(ctx context.Context, s courrier.Store, changes ...courrier.Change) error {
	results, err := s.Commit(ctx, changes...)
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	return err
}

func requireBalance(t testing.TB, s courrier.Store, available, reserved string) {
	t.Helper()
	books, err := s.Books(t.Context(), "acme", "stamp")
	require.NoError(t, err)
	balance, err := books.Balance(noon)
	require.NoError(t, err)
	require.Equal(t, available+" stamp", balance.Available.String())
	require.Equal(t, reserved+" stamp", balance.Reserved.String())
	n := int64(0)
	for e, err := range s.Entries(t.Context(), courrier.EntryFilter{Account: "acme", Unit: "stamp"}) {
		require.NoError(t, err)
		n++
		require.Equal(t, n, e.Seq)
	}
	require.Equal(t, books.Seq, n)
}

// The host keeps an order and posts a letter for it: both, or neither.
func TestHostTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		s := newStore(t, db, d)
		_, err := db.ExecContext(t.Context(), "CREATE TABLE orders (id bigint)")
		require.NoError(t, err)
		commit(t, s, entries(move(courrier.EntryTopUp, "order", "10")))
		content := []byte("%PDF-")

		inTx := func(end func(*sql.Tx) error) {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			ctx := sqlstore.WithTx(t.Context(), tx)
			_, err = tx.ExecContext(ctx, "INSERT INTO orders VALUES (1)")
			require.NoError(t, err)
			require.NoError(t, tryCommit(ctx, s, courrier.Change{
				Letter: letter("L1"), Entries: []courrier.Entry{move(courrier.EntryReserve, "L1", "2")},
				Events: []courrier.TrackingEvent{{ID: "e1", Heard: noon}}, Items: []courrier.Item{{Kind: "note", Account: "acme"}},
			}))
			require.NoError(t, s.PutContent(ctx, courrier.SumOf(content), content))

			_, err = s.Letter(ctx, "L1")
			require.NoError(t, err, "the transaction sees its own")
			books, err := s.Books(ctx, "acme", "stamp")
			require.NoError(t, err)
			require.Equal(t, "2 stamp", books.Reserved.String())

			// What fails leaves the transaction as it was, and usable.
			require.ErrorIs(t, tryCommit(ctx, s, courrier.Change{Letter: letter("L1")}), courrier.ErrConflict)
			results, err := s.Commit(ctx, entries(move(courrier.EntryReserve, "too much", "100")), entries(move(courrier.EntryReserve, "L2", "1")))
			require.NoError(t, err)
			require.ErrorIs(t, results[0].Err, courrier.ErrInsufficientCredit)
			require.NoError(t, results[1].Err)
			require.NoError(t, end(tx))
		}
		inTx((*sql.Tx).Rollback)
		_, err = s.Letter(t.Context(), "L1")
		require.ErrorIs(t, err, courrier.ErrNotFound)
		_, err = s.Content(t.Context(), courrier.SumOf(content))
		require.ErrorIs(t, err, courrier.ErrNotFound)
		requireBalance(t, s, "10", "0")

		inTx((*sql.Tx).Commit)
		_, err = s.Letter(t.Context(), "L1")
		require.NoError(t, err)
		requireBalance(t, s, "7", "3")
		var orders int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
		require.Equal(t, 1, orders)

		// The store's own commits go on from what the host committed.
		commit(t, s, entries(move(courrier.EntryCapture, "L1", "2")), entries(move(courrier.EntryRelease, "L2", "1")))
		requireBalance(t, s, "8", "0")
	})
}

// A transaction of the host that locks an account keeps others waiting only as
// long as they are willing to wait.
func TestHostTransactionLocks(t *testing.T) {
	t.Parallel()
	onServers(t, lockInHostTransaction)
}

func lockInHostTransaction(t *testing.T, d database) {
	db := d.open(t)
	s := newStore(t, db, d)
	commit(t, s, entries(move(courrier.EntryTopUp, "order", "10")))
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, tryCommit(sqlstore.WithTx(t.Context(), tx), s, entries(move(courrier.EntryReserve, "held", "4"))))

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, tryCommit(ctx, s, entries(move(courrier.EntryReserve, "impatient", "4"))), context.DeadlineExceeded)

	patient := make(chan error, 1)
	go func() { patient <- tryCommit(t.Context(), s, entries(move(courrier.EntryReserve, "patient", "4"))) }()
	require.NoError(t, tx.Commit())
	require.NoError(t, <-patient)
	requireBalance(t, s, "2", "8")
}

func commitReminders(t testing.TB, s dunning.Store, changes ...dunning.Change) {
	t.Helper()
	require.NoError(t, tryReminders(t.Context(), s, changes...))
}

func tryReminders(ctx context.Context, s dunning.Store, changes ...dunning.Change) error {
	errs, err := s.CommitReminders(ctx, changes...)
	return errors.Join(append(errs, err)...)
}
