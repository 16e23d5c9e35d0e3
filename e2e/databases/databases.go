// Package databases opens what the tests run on: SQLite, and PostgreSQL where there is one.
package databases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// Open opens the store of a connection string: that of a PostgreSQL
// database, or the path of a SQLite file.
func Open(ctx context.Context, dsn string) (*sqlstore.Store, func(), error) {
	open, dialect := sqlite.Open, sqlstore.SQLite
	if strings.Contains(dsn, "=") {
		open, dialect = postgres.Open, sqlstore.Postgres
	}
	db, err := open(ctx, dsn)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), dialect, Options(dsn)...)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return store, func() { _ = db.Close() }, nil
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
