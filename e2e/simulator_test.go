package e2e_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/internal/simulator"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

var (
	worldRuns = flag.Int("worlds", 4, "simulated worlds on each database")
	worldSeed = flag.Uint64("worlds.seed", 1, "of the first world; the next has the next")
)

// TestSimulatorOnDatabases lets the simulator loose on real databases, where hosts also
// send within transactions of their own and roll half of them back. The pools are
// opened in the bubble of each run, whose clock stands still while a database works.
func TestSimulatorOnDatabases(t *testing.T) {
	for name, dsn := range databases.Each(t) {
		t.Run(name, func(t *testing.T) {
			letters, faults, violations := 0, int64(0), 0
			for n := range *worldRuns {
				seed := *worldSeed + uint64(n)
				synctest.Test(t, func(t *testing.T) {
					world, end := openWorld(t, dsn)
					defer end()
					r := simulator.Simulate(t.Context(), seed, world)
					letters, faults, violations = letters+r.Letters, faults+r.Faults, violations+len(r.Violations)
					require.Empty(t, r.Violations, "seed %d", seed)
				})
			}
			require.NotZero(t, letters)
			require.NotZero(t, faults)
			t.Logf("%d runs from seed %d, %d letters, %d faults, %d violations", *worldRuns, *worldSeed, letters, faults, violations)
		})
	}
}

// openWorld opens an empty database.
func openWorld(t *testing.T, dsn string) (simulator.World, func()) {
	t.Helper()
	open, dialect := postgres.Open, sqlstore.Postgres
	if !strings.Contains(dsn, "=") {
		open, dialect = sqlite.Open, sqlstore.SQLite
		dsn = filepath.Join(t.TempDir(), "world.db")
	}
	db, err := open(t.Context(), dsn)
	require.NoError(t, err)
	if dialect == sqlstore.Postgres {
		emptied(t, db, dsn)
	}
	store, err := sqlstore.New(t.Context(), sqlstore.DB(db), dialect, databases.Options(dsn)...)
	require.NoError(t, err)
	return simulator.World{Store: store, InTx: inTx(db)}, func() { require.NoError(t, db.Close()) }
}

// emptied drops what an earlier world left.
func emptied(t *testing.T, db *sql.DB, dsn string) {
	t.Helper()
	_, schema, _ := strings.Cut(dsn, "search_path=")
	_, err := db.ExecContext(t.Context(), "DROP SCHEMA "+schema+" CASCADE; CREATE SCHEMA "+schema)
	require.NoError(t, err)
}

func inTx(db *sql.DB) func(context.Context, bool, func(context.Context) error) error {
	return func(ctx context.Context, commit bool, do func(context.Context) error) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err = do(sqlstore.WithTx(ctx, tx)); err != nil || !commit {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}
}
