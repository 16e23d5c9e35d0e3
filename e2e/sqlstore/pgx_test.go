package sqlstore_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlstore"
	"github.com/courrier-go/courrier/stores/storetest"
)

// plain is the connection string of a test's database without its search_path, and
// the options that take its place.
func plain(d database) (dsn string, options []sqlstore.Option) {
	dsn, _, _ = strings.Cut(d.dsn, " search_path=")
	return dsn, databases.Options(d.dsn)
}

// reopenable runs the suite over stores that open makes of a database.
func reopenable(t *testing.T, fresh func(testing.TB) database, open func(testing.TB, database) courrier.Store) {
	var made sync.Map
	again := func(t testing.TB, d database) courrier.Store {
		s := open(t, d)
		made.Store(s, d)
		return s
	}
	storetest.Run(t,
		func(t testing.TB) courrier.Store { return again(t, fresh(t)) },
		storetest.Reopening(func(t testing.TB, old courrier.Store) courrier.Store {
			d, _ := made.Load(old)
			return again(t, d.(database))
		}))
}

func pgxStore(t testing.TB, d database) (*pgxpool.Pool, *sqlstore.Store) {
	t.Helper()
	dsn, options := plain(d)
	pool, err := pgxpool.New(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	s, err := postgres.New(t.Context(), pool, options...)
	require.NoError(t, err)
	return pool, s
}

func TestSuiteOnAPoolOfPgx(t *testing.T) {
	t.Parallel()
	newPostgres(t) // or skip
	reopenable(t, newPostgres, func(t testing.TB, d database) courrier.Store {
		_, s := pgxStore(t, d)
		return s
	})
}

// A letter and the host's own row become true together, or not at all.
func TestTransactionsOfPgx(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	pool, s := pgxStore(t, d)
	client, err := courrier.New(courrier.Config{Store: s, Providers: []courrier.Provider{mock.New()}})
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "CREATE TABLE "+schemaOf(d)+".invoices (number text)")
	require.NoError(t, err)
	errOwn := errors.New("the host changes its mind")
	send := func(number string, end error) error {
		return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "INSERT INTO "+schemaOf(d)+".invoices VALUES ($1)", number); err != nil {
				return err
			}
			_, err := client.Send(postgres.WithTx(t.Context(), tx), hostLetter(number))
			return errors.Join(err, end)
		})
	}
	require.NoError(t, send("F-1", nil))
	require.ErrorIs(t, send("F-2", errOwn), errOwn)
	var keys []string
	for l, err := range client.Letters(t.Context(), courrier.LetterFilter{Account: "acme"}) {
		require.NoError(t, err)
		keys = append(keys, l.Letter.Key)
	}
	require.Equal(t, []string{"F-1"}, keys)
	var rows int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM "+schemaOf(d)+".invoices").Scan(&rows))
	require.Equal(t, 1, rows)
}

func schemaOf(d database) string {
	_, schema, _ := strings.Cut(d.dsn, "search_path=")
	return schema
}

func hostLetter(key string) courrier.Letter {
	return courrier.Letter{
		Account: "acme", Key: key, Service: courrier.ServiceStandard,
		To:        courrier.Recipient{Company: "Client SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From:      courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("a.pdf", []byte("%PDF-1.7 "+key))},
	}
}

func TestCasesPooler(t *testing.T) {
	t.Parallel()
	bouncer := os.Getenv("COURRIER_PGBOUNCER")
	if bouncer == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("COURRIER_PGBOUNCER is not set: poolers would go untested")
		}
		t.Skip("NOT TESTED THROUGH PGBOUNCER: set COURRIER_PGBOUNCER to the connection string of one in transaction mode")
	}
	t.Run("wire-22", func(t *testing.T) {
		t.Run("database/sql", func(t *testing.T) {
			reopenable(t, newPostgres, func(t testing.TB, d database) courrier.Store {
				_, options := plain(d)
				db, err := postgres.Open(context.Background(), bouncer)
				require.NoError(t, err)
				t.Cleanup(func() { _ = db.Close() })
				s, err := sqlstore.New(t.Context(), sqlstore.DB(db), sqlstore.Postgres, options...)
				require.NoError(t, err)
				return s
			})
		})
		t.Run("pgx", func(t *testing.T) {
			reopenable(t, newPostgres, func(t testing.TB, d database) courrier.Store {
				_, options := plain(d)
				pool, err := pgxpool.New(t.Context(), bouncer+" default_query_exec_mode=exec")
				require.NoError(t, err)
				t.Cleanup(pool.Close)
				s, err := postgres.New(t.Context(), pool, options...)
				require.NoError(t, err)
				return s
			})
		})
	})
}

func TestAnEmptyConnectionString(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), "")
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = postgres.New(t.Context(), nil)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}
