// Package databases opens what the tests run on: SQLite, and PostgreSQL and MariaDB where
// there is one.
package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/stores/mysql"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// Open opens the store of a connection string: that of a PostgreSQL or MariaDB
// database, or the path of a SQLite file.
func Open(ctx context.Context, dsn string) (*sqlstore.Store, func(), error) {
	db, dialect, err := connect(ctx, dsn)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), dialect, Options(dsn)...)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return store, func() { _ = db.Close() }, nil
}

func connect(ctx context.Context, dsn string) (db *sql.DB, dialect sqlstore.Dialect, err error) {
	switch {
	case strings.Contains(dsn, ")/"):
		db, err = mysql.Open(ctx, dsn)
		return db, sqlstore.MySQL, err
	case strings.Contains(dsn, "="):
		db, err = postgres.Open(ctx, dsn)
		return db, sqlstore.Postgres, err
	}
	db, err = sqlite.Open(ctx, dsn)
	return db, sqlstore.SQLite, err
}

// Options puts the tables where the connection string leads: a test's own schema is
// its search_path, so that the test itself may name tables plainly.
func Options(dsn string) []sqlstore.Option {
	options := []sqlstore.Option{sqlstore.Migrating(), sqlstore.Telling()}
	if _, schema, ok := strings.Cut(dsn, "search_path="); ok {
		schema, _, _ = strings.Cut(schema, " ")
		schema, _, _ = strings.Cut(schema, "&")
		options = append(options, sqlstore.InSchema(schema))
	}
	return options
}

// Each lists the databases there are, by name.
func Each(t *testing.T) map[string]string {
	all := map[string]string{"sqlite": filepath.Join(t.TempDir(), "courrier.db")}
	server := os.Getenv("COURRIER_POSTGRES")
	switch {
	case server != "":
		all["postgres"] = NewSchema(t, server)
	case os.Getenv("CI") == "true":
		t.Fatal("COURRIER_POSTGRES is not set: PostgreSQL would go untested")
	default:
		t.Log("NOT TESTED ON POSTGRESQL: set COURRIER_POSTGRES to the connection string of a database")
	}
	return all
}

// WithMariaDB is Each, and MariaDB where there is one.
func WithMariaDB(t *testing.T) map[string]string {
	all := Each(t)
	if dsn := NewMariaDB(t); dsn != "" {
		all["mariadb"] = dsn
	}
	return all
}

// NewMariaDB makes a database of its own on the server of COURRIER_MYSQL, and returns the
// connection string that uses it; "" where there is no server.
func NewMariaDB(t testing.TB) string {
	t.Helper()
	server := os.Getenv("COURRIER_MYSQL")
	if server == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("COURRIER_MYSQL is not set: MariaDB would go untested")
		}
		t.Log("NOT TESTED ON MARIADB: set COURRIER_MYSQL to the connection string of a database")
		return ""
	}
	db, err := mysql.Open(context.Background(), server)
	require.NoError(t, err)
	name := fmt.Sprintf("courrier_%d_%d", os.Getpid(), schemas.Add(1))
	_, err = db.Exec("CREATE DATABASE " + name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.Exec("DROP DATABASE " + name)
		require.NoError(t, err)
		require.NoError(t, db.Close())
	})
	return server[:strings.Index(server, ")/")+2] + name
}

// NewSchema makes a schema of its own and returns the connection string that
// uses it.
func NewSchema(t testing.TB, server string) string {
	db, err := postgres.Open(context.Background(), server)
	require.NoError(t, err)
	schema := fmt.Sprintf("courrier_root_%d_%d", os.Getpid(), schemas.Add(1))
	_, err = db.Exec("CREATE SCHEMA " + schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := db.Exec("DROP SCHEMA " + schema + " CASCADE")
		require.NoError(t, err)
		require.NoError(t, db.Close())
	})
	return server + " search_path=" + schema
}

var schemas atomic.Int64
