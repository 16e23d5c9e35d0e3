package sqlstore_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/stores/mysql"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// later is a database whose tables a later version made.
func later(t *testing.T, d database) *sql.DB {
	db := d.open(t)
	newStore(t, db, d)
	_, err := db.ExecContext(t.Context(), "INSERT INTO courrier_schema (version) VALUES (99)")
	require.NoError(t, err)
	return db
}

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newSQLite(t)
	db := sqlstore.DB(later(t, d))
	wrong := sqlstore.WithPrefix("A-B")
	of := func(call func(sqlstore.Dialect, ...sqlstore.Option) error) []func() error {
		return []func() error{
			func() error { return call(99) }, func() error { return call(sqlstore.SQLite, wrong) }, func() error { return call(sqlstore.SQLite) },
		}
	}
	other := newSQLite(t)
	store := newStore(t, other.open(t), other)
	faults, err := calldoc.Check("../../stores/sqlstore", map[string][]func() error{
		"New": of(func(d sqlstore.Dialect, o ...sqlstore.Option) error {
			return calldoc.Error(sqlstore.New(ctx, db, d, o...))
		}),
		"Migrations": of(func(d sqlstore.Dialect, o ...sqlstore.Option) error {
			return calldoc.Error(sqlstore.Migrations(d, o...))
		}),
		"Migrate": of(func(d sqlstore.Dialect, o ...sqlstore.Option) error { return sqlstore.Migrate(ctx, db, d, o...) }),
		"MigrateDown": append(of(func(d sqlstore.Dialect, o ...sqlstore.Option) error { return sqlstore.MigrateDown(ctx, db, d, 1, o...) }),
			func() error { return sqlstore.MigrateDown(ctx, db, sqlstore.SQLite, -1) }),
		"Check": of(func(d sqlstore.Dialect, o ...sqlstore.Option) error {
			return calldoc.Error(sqlstore.Check(ctx, db, d, o...))
		}),
		"Store.ReplaceEvents": {func() error { return store.ReplaceEvents(ctx) }},
		"Store.PutContents":   {func() error { return store.PutContents(ctx, nil) }},
		"Store.HasContents":   {func() error { return calldoc.Error(store.HasContents(ctx, "none")) }},
		"Store.HasContent":    {func() error { return calldoc.Error(store.HasContent(ctx, "none")) }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}

// The modules that open a database list what they return too.
func TestOpeningReturnsWhatItLists(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	open := func(dir string, open func(context.Context, string) (*sql.DB, error), dsn ...string) {
		ways := map[string][]func() error{"Open": nil}
		for _, one := range dsn {
			ways["Open"] = append(ways["Open"], func() error { return calldoc.Error(open(ctx, one)) })
		}
		faults, err := calldoc.Check(dir, ways)
		require.NoError(t, err)
		require.Empty(t, faults)
	}
	open("../../stores/sqlite", sqlite.Open, ":memory:", filepath.Join(t.TempDir(), "none", "post.db"))
	open("../../stores/mysql", mysql.Open, "", "post")
}

func TestThePoolOfPgxReturnsWhatItLists(t *testing.T) {
	t.Parallel()
	d := newPostgres(t) // or skip
	ctx := t.Context()
	pool, _ := pgxStore(t, d)
	later(t, d)
	_, options := plain(d)
	wrong := append(options, sqlstore.WithPrefix("A-B"))
	faults, err := calldoc.Check("../../stores/postgres", map[string][]func() error{
		"New": {
			func() error { return calldoc.Error(postgres.New(ctx, nil)) }, func() error { return calldoc.Error(postgres.New(ctx, pool, options...)) },
		},
		"Migrate": {func() error { return postgres.Migrate(ctx, pool, wrong...) }, func() error { return postgres.Migrate(ctx, pool, options...) }},
		"Check": {
			func() error { return calldoc.Error(postgres.Check(ctx, pool, wrong...)) }, func() error { return calldoc.Error(postgres.Check(ctx, pool, options...)) },
		},
		"Open": {func() error { return calldoc.Error(postgres.Open(ctx, "")) }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
