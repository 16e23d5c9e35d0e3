package river_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	courrierriver "github.com/courrier-go/courrier/river"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// world is a database with the tables of the store and of River, by one driver.
type world[TTx any] struct {
	store    *sqlstore.Store
	driver   func() riverdriver.Driver[TTx]
	schema   string // of River's tables; empty: the only one
	joinTx   func(context.Context, TTx) context.Context
	begin    func(context.Context) (TTx, error)
	commit   func(context.Context, TTx) error
	rollback func(context.Context, TTx) error
}

// onEach runs a test on every driver; give it once for each kind of transaction.
func onEach(t *testing.T, byPgx func(*testing.T, *world[pgx.Tx]), bySQL func(*testing.T, *world[*sql.Tx])) {
	for name, test := range map[string]func(*testing.T){
		"pgx":          func(t *testing.T) { byPgx(t, pgxWorld(t, postgresOf(t))) },
		"database/sql": func(t *testing.T) { bySQL(t, sqlWorld(t, postgresOf(t))) },
		"sqlite":       func(t *testing.T) { bySQL(t, sqliteWorld(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// postgresOf returns the connection string of a schema of the test's own.
func postgresOf(t *testing.T) string {
	dsn, ok := databases.Each(t)["postgres"]
	if !ok {
		t.Skip("NOT TESTED ON POSTGRESQL")
	}
	return dsn
}

func schemaOf(dsn string) string {
	_, schema, _ := strings.Cut(dsn, "search_path=")
	return schema
}

func pgxWorld(t testing.TB, dsn string) *world[pgx.Tx] {
	t.Helper()
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, dsn)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	store, err := postgres.New(ctx, pool, databases.Options(dsn)...)
	require.NoError(t, err)
	w := pgxOn(pool, store, dsn)
	w.migrate(t)
	return w
}

// pgxOn is a world whose tables are there.
func pgxOn(pool *pgxpool.Pool, store *sqlstore.Store, dsn string) *world[pgx.Tx] {
	return &world[pgx.Tx]{
		store: store, driver: func() riverdriver.Driver[pgx.Tx] { return riverpgxv5.New(pool) }, schema: schemaOf(dsn),
		joinTx: postgres.WithTx, begin: pool.Begin,
		commit:   func(ctx context.Context, tx pgx.Tx) error { return tx.Commit(ctx) },
		rollback: func(ctx context.Context, tx pgx.Tx) error { return tx.Rollback(ctx) },
	}
}

// bySQL completes a world of database/sql.
func bySQL(t testing.TB, db *sql.DB, w *world[*sql.Tx], dialect sqlstore.Dialect, options []sqlstore.Option) *world[*sql.Tx] {
	t.Helper()
	store, err := sqlstore.New(context.Background(), sqlstore.DB(db), dialect, options...)
	require.NoError(t, err)
	w.store, w.joinTx = store, sqlstore.WithTx
	w.commit = func(_ context.Context, tx *sql.Tx) error { return tx.Commit() }
	w.rollback = func(_ context.Context, tx *sql.Tx) error { return tx.Rollback() }
	w.migrate(t)
	return w
}

func sqlWorld(t testing.TB, dsn string) *world[*sql.Tx] {
	t.Helper()
	db, err := postgres.Open(context.Background(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return bySQL(t, db, &world[*sql.Tx]{
		driver: func() riverdriver.Driver[*sql.Tx] { return riverdatabasesql.New(db) }, schema: schemaOf(dsn),
		begin: func(ctx context.Context) (*sql.Tx, error) { return db.BeginTx(ctx, nil) },
	}, sqlstore.Postgres, databases.Options(dsn))
}

// sqliteWorld has one pool for the store, River and the host.
func sqliteWorld(t testing.TB) *world[*sql.Tx] {
	t.Helper()
	path := filepath.Join(t.TempDir(), "courrier.db")
	db, err := sqlite.Open(context.Background(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return bySQL(t, db, &world[*sql.Tx]{
		driver: func() riverdriver.Driver[*sql.Tx] { return riversqlite.New(db) },
		begin:  func(ctx context.Context) (*sql.Tx, error) { return db.BeginTx(ctx, nil) },
	}, sqlstore.SQLite, databases.Options(path))
}

func (w *world[TTx]) migrate(t testing.TB) {
	t.Helper()
	migrator, err := rivermigrate.New(w.driver(), &rivermigrate.Config{Schema: w.schema, Logger: quiet})
	require.NoError(t, err)
	_, err = migrator.Migrate(context.Background(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
}

// quiet says what goes wrong when somebody asks.
var quiet = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 4}))

// engine is a host's process: a courrier client, its duties and a River client.
type engine[TTx any] struct {
	*courrierriver.Duties[TTx]
	client *courrier.Client
	river  *river.Client[TTx]
}

// process makes a host's process. Its River looks often, so that tests are short.
func (w *world[TTx]) process(t testing.TB, client *courrier.Client, change ...func(*courrierriver.Config[TTx], *river.Config)) *engine[TTx] {
	t.Helper()
	e, err := w.newProcess(client, change...)
	require.NoError(t, err)
	return e
}

func (w *world[TTx]) newProcess(client *courrier.Client, change ...func(*courrierriver.Config[TTx], *river.Config)) (*engine[TTx], error) {
	cfg := courrierriver.Config[TTx]{Client: client, JoinTx: w.joinTx, Every: time.Second}
	config := &river.Config{Schema: w.schema, Logger: quiet, FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond}
	for _, c := range change {
		c(&cfg, config)
	}
	duties, err := courrierriver.New(cfg)
	if err != nil {
		return nil, err
	}
	if err := duties.AddTo(config); err != nil {
		return nil, err
	}
	r, err := river.NewClient(w.driver(), config)
	return &engine[TTx]{Duties: duties, client: client, river: r}, err
}

// work runs a process until the test is over, or it is asked to stop; wait returns then
// what Run does.
func (e *engine[TTx]) work(t testing.TB) (ask func(), wait func() error) {
	ctx, ask := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx, e.river) }()
	wait = sync.OnceValue(func() error { return <-ended })
	t.Cleanup(func() {
		ask()
		_ = wait()
	})
	return ask, wait
}

// inTx does something in a transaction of the host's, and commits.
func (w *world[TTx]) inTx(t testing.TB, do func(tx TTx)) {
	t.Helper()
	tx, err := w.begin(t.Context())
	require.NoError(t, err)
	do(tx)
	require.NoError(t, w.commit(t.Context(), tx))
}

// jobs lists River's jobs of a kind.
func (e *engine[TTx]) jobs(t testing.TB, kind string) []*rivertype.JobRow {
	t.Helper()
	list, err := e.river.JobList(context.Background(), river.NewJobListParams().Kinds(kind).First(1000))
	require.NoError(t, err)
	return list.Jobs
}

// eventually waits until something is so, and fails the test when a minute was not
// enough for it.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 6000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	require.FailNow(t, "never so", what)
}

func statusOf(t testing.TB, c *courrier.Client, id courrier.LetterID) courrier.Status {
	t.Helper()
	rec, err := c.Letter(context.Background(), id)
	require.NoError(t, err, fmt.Sprint(id))
	return rec.Status
}

// isTaken tells whether a carrier accepted a letter, as its record says.
func isTaken(t testing.TB, c *courrier.Client, id courrier.LetterID) bool {
	t.Helper()
	rec, err := c.Letter(context.Background(), id)
	require.NoError(t, err)
	return !rec.SubmittedAt.IsZero()
}
