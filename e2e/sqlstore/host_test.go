package sqlstore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// TestCasesHost holds what a host meets with a database, by the name of the case.
func TestCasesHost(t *testing.T) {
	t.Run("host-01", everyChangeIsTold)
	t.Run("host-03", noNameIsLeft)
	t.Run("host-02", itsOwnPlaceAndTransaction)
	t.Run("host-11", listsAreRead)
	t.Run("host-18", textIsKeptOrRefused)
}

// textIsKeptOrRefused: bytes that are no text are the error of their change, in
// whatever field; a replacement character that somebody wrote is text.
func textIsKeptOrRefused(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		s := stores(t, d, 1)[0]
		letter := func(id, text string) courrier.Change {
			l := courrier.LetterRecord{ID: courrier.LetterID(id), Letter: courrier.Letter{Account: "acme", Key: id}}
			l.Letter.Metadata = map[string]string{"order": text}
			return courrier.Change{Letter: &l}
		}
		kept := `\ufffd é \\ufffd ` + "\ufffd"
		lines := courrier.Entry{
			Account: "acme", Kind: courrier.EntryTopUp, Key: "lines", Amount: courrier.MustAmount("1", "stamp"),
			Lines: []courrier.PriceLine{{Code: "\xff", Amount: courrier.MustAmount("1", "stamp")}},
		}
		results, err := s.Commit(t.Context(), letter("1", "a\xff"), letter("2", kept), letter("3", "\xed\xa0\x80"), courrier.Change{Entries: []courrier.Entry{lines}})
		require.NoError(t, err)
		for i, want := range []error{courrier.ErrInvalid, nil, courrier.ErrInvalid, courrier.ErrInvalid} {
			require.ErrorIs(t, results[i].Err, want, i)
		}
		r, err := s.Letter(t.Context(), "2")
		require.NoError(t, err)
		require.Equal(t, kept, r.Letter.Metadata["order"])
	})
}

// itsOwnPlaceAndTransaction: tables under the host's prefix, a check that changes
// nothing, one version down and up again with what was stored, and a transaction of
// the host's that takes its letter with it.
func itsOwnPlaceAndTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		raw := d.open(t)
		db, options := sqlstore.DB(raw), append(databases.Options(d.dsn), sqlstore.WithPrefix("own_"))
		steps, err := sqlstore.Migrations(d.dialect, options...)
		require.NoError(t, err)
		pending := func(want int) {
			t.Helper()
			for range 2 {
				got, err := sqlstore.Check(t.Context(), db, d.dialect, options...)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
		}
		pending(len(steps))
		require.NoError(t, sqlstore.Migrate(t.Context(), db, d.dialect, options...))
		pending(0)
		s, err := sqlstore.New(t.Context(), db, d.dialect, options...)
		require.NoError(t, err)
		storetestSmoke(t, s)

		tx, err := raw.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		commit := func(ctx context.Context) {
			require.NoError(t, tryCommit(ctx, s, courrier.Change{Letter: letter("joined")}))
		}
		commit(sqlstore.WithTx(t.Context(), tx))
		require.NoError(t, tx.Rollback())
		_, err = s.Letter(t.Context(), "joined")
		require.ErrorIs(t, err, courrier.ErrNotFound)

		require.NoError(t, sqlstore.MigrateDown(t.Context(), db, d.dialect, len(steps)-1, options...))
		pending(1)
		require.NoError(t, sqlstore.Migrate(t.Context(), db, d.dialect, options...))
		pending(0)
		_, err = s.Letter(t.Context(), "smoke")
		require.NoError(t, err)
		commit(t.Context())
	})
}
