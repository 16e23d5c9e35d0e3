package sqlstore_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

func TestManyStartAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		const processes = 8
		var wg sync.WaitGroup
		for i := range processes {
			db := d.open(t)
			wg.Go(func() {
				s, err := sqlstore.New(t.Context(), db, d.dialect)
				if err == nil {
					err = tryCommit(t.Context(), s, courrier.Change{Letter: letter(courrier.LetterID(rune('a' + i)))})
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var versions int
		db := d.open(t)
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM courrier_schema").Scan(&versions))
		require.Equal(t, 1, versions)
		n := 0
		for _, err := range newStore(t, db, d.dialect).Letters(t.Context(), courrier.LetterFilter{}) {
			require.NoError(t, err)
			n++
		}
		require.Equal(t, processes, n)
	})
}

func TestTablesOfALaterVersion(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		newStore(t, db, d.dialect)
		_, err := db.ExecContext(t.Context(), "INSERT INTO courrier_schema (version) VALUES (99)")
		require.NoError(t, err)
		_, err = sqlstore.New(t.Context(), db, d.dialect)
		require.ErrorIs(t, err, courrier.ErrUnsupported)
		require.ErrorContains(t, err, "the tables are of version 99, this program knows up to 1; upgrade the program")
	})
}

func TestNoDialect(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.New(t.Context(), newSQLite(t).open(t), 0)
	require.ErrorIs(t, err, courrier.ErrUnsupported)
}

func TestNoDatabase(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.New(t.Context(), nil, sqlstore.SQLite)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}
