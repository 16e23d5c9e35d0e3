package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// ledger is our side: the public CreditLedger.
type ledger struct{ client *courrier.Client }

var one = courrier.MustAmount("1", "stamp")

func (l ledger) reserve(ctx context.Context, account, key string) error {
	_, err := l.client.Credits(courrier.AccountID(account)).Reserve(ctx, key, one)
	return err
}

func (l ledger) capture(ctx context.Context, account, key string) error {
	_, err := l.client.Credits(courrier.AccountID(account)).Capture(ctx, key, one)
	return err
}

// noCarrier is there because a client wants one; the ledger never asks it.
type noCarrier struct{}

func (noCarrier) Name() string                        { return "none" }
func (noCarrier) Capabilities() courrier.Capabilities { return courrier.Capabilities{} }
func (noCarrier) Submit(context.Context, courrier.Submission) (courrier.Receipt, error) {
	return courrier.Receipt{}, courrier.ErrUnavailable
}

func openLedger(ctx context.Context, db *sql.DB, d sqlstore.Dialect, options []sqlstore.Option) (side, error) {
	store, err := sqlstore.New(ctx, sqlstore.DB(db), d, append(options, sqlstore.Migrating())...)
	if err != nil {
		return nil, err
	}
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{noCarrier{}}})
	if err != nil {
		return nil, err
	}
	changes := make([]courrier.Change, accounts)
	for i := range changes {
		changes[i].Entries = []courrier.Entry{{
			Account: courrier.AccountID(accountName(i)), Kind: courrier.EntryTopUp, Key: "funds", At: time.Now(),
			Amount: courrier.MustAmount("1000000000", "stamp"),
		}}
	}
	_, err = store.Commit(ctx, changes...)
	return ledger{client}, err
}

// textbook is the other side. It leaves out what ours does beyond it: expiring
// grants, several units, the answer to a repeated call.
type textbook struct {
	db                                     *sql.DB
	balance, entry, reserveOne, captureOne *sql.Stmt
}

func openTextbook(ctx context.Context, db *sql.DB, lock string) (side, error) {
	for _, text := range []string{
		"CREATE TABLE textbook_balances (account text PRIMARY KEY, available bigint NOT NULL, reserved bigint NOT NULL, seq bigint NOT NULL)",
		"CREATE TABLE textbook_entries (account text NOT NULL, seq bigint NOT NULL, key text NOT NULL, kind text NOT NULL, amount bigint NOT NULL, at bigint NOT NULL, PRIMARY KEY (account, seq), UNIQUE (account, key, kind))",
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return nil, err
		}
	}
	for i := range accounts {
		if _, err := db.ExecContext(ctx, "INSERT INTO textbook_balances VALUES ($1, 1000000000, 0, 0)", accountName(i)); err != nil {
			return nil, err
		}
	}
	t := &textbook{db: db}
	for into, text := range map[**sql.Stmt]string{
		&t.balance:    "SELECT available, reserved, seq FROM textbook_balances WHERE account = $1" + lock,
		&t.entry:      "INSERT INTO textbook_entries (account, seq, key, kind, amount, at) VALUES ($1, $2, $3, $4, $5, $6)",
		&t.reserveOne: "UPDATE textbook_balances SET available = available - $2, reserved = reserved + $2, seq = seq + 1 WHERE account = $1",
		&t.captureOne: "UPDATE textbook_balances SET reserved = reserved - $2, seq = seq + 1 WHERE account = $1",
	} {
		var err error
		if *into, err = db.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *textbook) reserve(ctx context.Context, account, key string) error {
	return t.step(ctx, account, key, "reserve", t.reserveOne)
}

func (t *textbook) capture(ctx context.Context, account, key string) error {
	return t.step(ctx, account, key, "capture", t.captureOne)
}

func (t *textbook) step(ctx context.Context, account, key, kind string, move *sql.Stmt) error {
	const amount = 1
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var available, reserved, seq int64
	if err := tx.StmtContext(ctx, t.balance).QueryRowContext(ctx, account).Scan(&available, &reserved, &seq); err != nil {
		return err
	}
	if kind == "reserve" && available < amount || kind == "capture" && reserved < amount {
		return errors.New("textbook: insufficient")
	}
	if _, err := tx.StmtContext(ctx, t.entry).ExecContext(ctx, account, seq+1, key, kind, amount, time.Now().UnixMicro()); err != nil {
		return err
	}
	if _, err := tx.StmtContext(ctx, move).ExecContext(ctx, account, amount); err != nil {
		return err
	}
	return tx.Commit()
}

// prepared keeps statements prepared, as the textbook's are: nothing stands between.
const prepared = " default_query_exec_mode=cache_statement"

func openPostgres(ctx context.Context, dsn string) (ours, other side, end func(), err error) {
	admin, err := postgres.Open(ctx, dsn)
	if err != nil {
		return nil, nil, nil, err
	}
	schema := "ledger_bench_" + strconv.Itoa(os.Getpid())
	if _, err := admin.ExecContext(ctx, "CREATE SCHEMA "+schema); err != nil {
		return nil, nil, nil, err
	}
	end = func() {
		_, err := admin.ExecContext(ctx, "DROP SCHEMA "+schema+" CASCADE")
		if err := errors.Join(err, admin.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "ledger:", err)
		}
	}
	var settings [3]string
	for i, name := range []string{"server_version", "fsync", "synchronous_commit"} {
		if err := admin.QueryRowContext(ctx, "SHOW "+name).Scan(&settings[i]); err != nil {
			return nil, nil, end, err
		}
	}
	fmt.Printf("PostgreSQL %s, fsync %s, synchronous_commit %s\n", settings[0], settings[1], settings[2])
	db, err := postgres.Open(ctx, dsn+prepared+" search_path="+schema)
	if err != nil {
		return nil, nil, end, err
	}
	db.SetMaxOpenConns(40)
	db.SetMaxIdleConns(40)
	ours, other, err = openBoth(ctx, db, db, sqlstore.Postgres, " FOR UPDATE", sqlstore.InSchema(schema))
	return ours, other, end, err
}

func openSQLite(ctx context.Context, path string) (ours, other side, end func(), err error) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
			return nil, nil, nil, err
		}
	}
	fmt.Println("SQLite, WAL, synchronous FULL")
	db, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, nil, nil, err
	}
	// With one connection the textbook's writers queue in Go, which serves it
	// better than SQLite's lock does.
	single, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, nil, nil, err
	}
	single.SetMaxOpenConns(1)
	ours, other, err = openBoth(ctx, db, single, sqlstore.SQLite, "")
	return ours, other, func() { _, _ = db.Close(), single.Close() }, err
}

func openBoth(ctx context.Context, db, forTextbook *sql.DB, d sqlstore.Dialect, lock string, options ...sqlstore.Option) (ours, other side, err error) {
	if ours, err = openLedger(ctx, db, d, options); err != nil {
		return nil, nil, err
	}
	other, err = openTextbook(ctx, forTextbook, lock)
	return ours, other, err
}
