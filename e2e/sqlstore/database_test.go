package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/stores/mysql"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// database is a new, empty database of a test, which more than one connection
// pool, or process, can open.
type database struct {
	dialect sqlstore.Dialect
	dsn     string // a path, or a connection string
}

// onEach runs test on every database there is.
func onEach(t *testing.T, test func(t *testing.T, d database)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newSQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newPostgres(t))
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		test(t, newMariaDB(t))
	})
}

// onServers runs test on every database that is a server.
func onServers(t *testing.T, test func(t *testing.T, d database)) {
	t.Helper()
	for name, fresh := range map[string]func(testing.TB) database{"postgres": newPostgres, "mariadb": newMariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// newMariaDB makes a database, which is dropped when the test ends.
func newMariaDB(t testing.TB) database {
	t.Helper()
	dsn := databases.NewMariaDB(t)
	if dsn == "" {
		t.Skip("NOT TESTED ON MARIADB")
	}
	return database{sqlstore.MySQL, dsn}
}

func newSQLite(t testing.TB) database {
	return database{sqlstore.SQLite, filepath.Join(t.TempDir(), "letters.db")}
}

// newPostgres makes a schema, which is dropped when the test ends.
func newPostgres(t testing.TB) database {
	t.Helper()
	server := os.Getenv("COURRIER_POSTGRES")
	if server == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("COURRIER_POSTGRES is not set: PostgreSQL would go untested")
		}
		t.Skip("NOT TESTED ON POSTGRESQL: set COURRIER_POSTGRES to the connection string of a database")
	}
	schema := fmt.Sprintf("courrier_test_%d_%d", os.Getpid(), schemas.Add(1))
	db, err := postgres.Open(t.Context(), server)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.ExecContext(context.Background(), "DROP SCHEMA "+schema+" CASCADE")
		require.NoError(t, err)
		require.NoError(t, db.Close())
	})
	return database{sqlstore.Postgres, with(server, "search_path", schema)}
}

var schemas atomic.Int64

// with adds a parameter to a connection string of either form.
func with(dsn, name, value string) string {
	switch {
	case !strings.Contains(dsn, "://"):
		return dsn + " " + name + "=" + value
	case strings.Contains(dsn, "?"):
		return dsn + "&" + name + "=" + value
	}
	return dsn + "?" + name + "=" + value
}

// open opens one more pool, as another process would.
func (d database) open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := d.connect(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (d database) connect(ctx context.Context) (*sql.DB, error) {
	switch d.dialect {
	case sqlstore.Postgres:
		return postgres.Open(ctx, d.dsn)
	case sqlstore.MySQL:
		return mysql.Open(ctx, d.dsn)
	}
	return sqlite.Open(ctx, d.dsn)
}

func (d database) store(t testing.TB) *sqlstore.Store {
	t.Helper()
	return newStore(t, d.open(t), d)
}

func newStore(t testing.TB, db *sql.DB, d database) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.New(t.Context(), sqlstore.DB(db), d.dialect, databases.Options(d.dsn)...)
	require.NoError(t, err)
	return s
}
