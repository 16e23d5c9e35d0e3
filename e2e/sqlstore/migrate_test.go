package sqlstore_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

func TestManyStartAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		const processes = 8
		var wg sync.WaitGroup
		for i := range processes {
			db := d.open(t)
			wg.Go(func() {
				s, err := sqlstore.New(t.Context(), sqlstore.DB(db), d.dialect, databases.Options(d.dsn)...)
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
		require.Equal(t, newest(t, d), versions)
		n := 0
		for _, err := range newStore(t, db, d).Letters(t.Context(), courrier.LetterFilter{}) {
			require.NoError(t, err)
			n++
		}
		require.Equal(t, processes, n)
	})
}

// newest is the version of the tables that this program makes.
func newest(t *testing.T, d database) int {
	steps, err := sqlstore.Migrations(d.dialect)
	require.NoError(t, err)
	return len(steps)
}

func TestTablesOfALaterVersion(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		newStore(t, db, d)
		_, err := db.ExecContext(t.Context(), "INSERT INTO courrier_schema (version) VALUES (99)")
		require.NoError(t, err)
		_, err = sqlstore.New(t.Context(), sqlstore.DB(db), d.dialect, databases.Options(d.dsn)...)
		require.ErrorIs(t, err, courrier.ErrUnsupported)
		require.ErrorContains(t, err, fmt.Sprintf("the tables are of version 99, this program knows up to %d; upgrade the program", newest(t, d)))
	})
}

// Tables in a schema that the connection's search_path does not name go down and up.
func TestDownInAnotherSchema(t *testing.T) {
	t.Parallel()
	dsn, options := plain(newPostgres(t))
	raw, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, raw.Close()) })
	db := sqlstore.DB(raw)
	for range 2 {
		require.NoError(t, sqlstore.Migrate(t.Context(), db, sqlstore.Postgres, options...))
		require.NoError(t, sqlstore.MigrateDown(t.Context(), db, sqlstore.Postgres, 0, options...))
	}
}

func TestNoDialect(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.New(t.Context(), sqlstore.DB(newSQLite(t).open(t)), 0)
	require.ErrorIs(t, err, courrier.ErrUnsupported)
}

func TestAnotherDialect(t *testing.T) {
	t.Parallel()
	for _, d := range []sqlstore.Dialect{sqlstore.Postgres, sqlstore.MySQL} {
		_, err := sqlstore.New(t.Context(), sqlstore.DB(newSQLite(t).open(t)), d, sqlstore.Migrating())
		require.ErrorContains(t, err, "dialect")
	}
}

func TestNoDatabase(t *testing.T) {
	t.Parallel()
	for _, none := range []sqlstore.Pool{nil, sqlstore.DB(nil)} {
		_, err := sqlstore.New(t.Context(), none, sqlstore.SQLite)
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
}

// New changes nothing: a program whose role may create no table starts, or says what
// is missing.
func TestNewMakesNoTables(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := sqlstore.DB(d.open(t))
		options := databases.Options(d.dsn)[1:]
		var e *courrier.Error
		_, err := sqlstore.New(t.Context(), db, d.dialect, options...)
		require.ErrorAs(t, err, &e)
		require.Equal(t, sqlstore.CodeTables, e.Code)
		pending, err := sqlstore.Check(t.Context(), db, d.dialect, options...)
		require.NoError(t, err)
		steps, err := sqlstore.Migrations(d.dialect, options...)
		require.NoError(t, err)
		require.Len(t, steps, pending)
		require.NoError(t, sqlstore.Migrate(t.Context(), db, d.dialect, options...))
		pending, err = sqlstore.Check(t.Context(), db, d.dialect, options...)
		require.NoError(t, err)
		require.Zero(t, pending)
		_, err = sqlstore.New(t.Context(), db, d.dialect, options...)
		require.NoError(t, err)
	})
}

// Two installations share a database by prefix, and one goes without a trace.
func TestPrefixes(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := sqlstore.DB(d.open(t))
		other := append(databases.Options(d.dsn), sqlstore.WithPrefix("post_"))
		one, two := newStore(t, d.open(t), d), (*sqlstore.Store)(nil)
		two, err := sqlstore.New(t.Context(), db, d.dialect, other...)
		require.NoError(t, err)
		storetestSmoke(t, one)
		storetestSmoke(t, two)
		require.NoError(t, sqlstore.MigrateDown(t.Context(), db, d.dialect, 0, other...))
		_, err = two.Letter(t.Context(), "smoke")
		require.Error(t, err)
		_, err = one.Letter(t.Context(), "smoke")
		require.NoError(t, err)
		for _, wrong := range []string{"", "Post_", "a-b", "drop table x;", "a_very_long_prefix_of_names_"} {
			_, err := sqlstore.New(t.Context(), db, d.dialect, sqlstore.WithPrefix(wrong))
			require.ErrorIs(t, err, courrier.ErrInvalid, wrong)
		}
	})
}

// storetestSmoke writes one of each thing.
func storetestSmoke(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	l := letter("smoke")
	l.Duty, l.DueAt = courrier.DutyDispatch, noon
	change := courrier.Change{
		Letter: l, Entries: []courrier.Entry{move(courrier.EntryTopUp, "order", "10")}, Events: []courrier.TrackingEvent{{ID: "e", Letter: "smoke", Heard: noon}},
		Items: []courrier.Item{{Kind: "note", Account: "acme", ID: "i", Body: []byte("{}")}},
	}
	commit(t, s, change)
	commit(t, s, courrier.Change{Events: []courrier.TrackingEvent{{ID: "e", Letter: "smoke", Heard: noon, Folded: true}}})
	commitReminders(t, s, dunning.Change{Reminder: &dunning.Reminder{ID: "r", Account: "acme", Keys: []string{"k"}}})
	require.NoError(t, s.PutContent(t.Context(), courrier.SumOf([]byte("c")), []byte("c")))
	for _, err := range s.Letters(t.Context(), courrier.LetterFilter{Duty: courrier.DutyDispatch, DueBefore: noon}) {
		require.NoError(t, err)
	}
}

// The role of the running program needs no right to create anything.
func TestARoleThatMayCreateNothing(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	owner := d.open(t)
	newStore(t, owner, d) // makes the tables
	schema := schemaOf(d)
	role := schema + "_app"
	for _, text := range []string{
		"CREATE ROLE " + role + " LOGIN",
		"GRANT USAGE ON SCHEMA " + schema + " TO " + role,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO " + role,
	} {
		_, err := owner.ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		for _, text := range []string{"DROP OWNED BY " + role, "DROP ROLE " + role} {
			_, err := owner.ExecContext(context.Background(), text)
			require.NoError(t, err)
		}
	})
	dsn, options := plain(d)
	app, err := postgres.Open(t.Context(), with(dsn, "user", role))
	require.NoError(t, err)
	t.Cleanup(func() { _ = app.Close() })
	_, err = app.ExecContext(t.Context(), "CREATE TABLE "+schema+".own (n int)")
	require.Error(t, err)
	s, err := sqlstore.New(t.Context(), sqlstore.DB(app), sqlstore.Postgres, options...)
	require.NoError(t, err)
	storetestSmoke(t, s)
}
