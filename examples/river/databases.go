package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// The host's own table, and the same statements on both databases.
const (
	createInvoices = "CREATE TABLE IF NOT EXISTS example_invoices (number text PRIMARY KEY)"
	insertInvoice  = "INSERT INTO example_invoices (number) VALUES ($1)"
)

func onPostgres(ctx context.Context, dsn string) error {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, createInvoices); err != nil {
		return err
	}
	store, err := postgres.New(ctx, pool, sqlstore.Migrating())
	if err != nil {
		return err
	}
	return show(ctx, database[pgx.Tx]{
		store: store, driver: riverpgxv5.New(pool), joinTx: postgres.WithTx,
		inTx: func(ctx context.Context, do func(pgx.Tx) error) error { return pgx.BeginFunc(ctx, pool, do) },
		insert: func(ctx context.Context, tx pgx.Tx, invoice string) error {
			_, err := tx.Exec(ctx, insertInvoice, invoice)
			return err
		},
	})
}

func onSQLite(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "courrier-river-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	db, err := sqlite.Open(ctx, filepath.Join(folder, "courrier.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, createInvoices); err != nil {
		return err
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
	if err != nil {
		return err
	}
	return show(ctx, database[*sql.Tx]{
		store: store, driver: riversqlite.New(db), joinTx: sqlstore.WithTx,
		inTx: func(ctx context.Context, do func(*sql.Tx) error) error { return inTx(ctx, db, do) },
		insert: func(ctx context.Context, tx *sql.Tx, invoice string) error {
			_, err := tx.ExecContext(ctx, insertInvoice, invoice)
			return err
		},
	})
}

func inTx(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}
