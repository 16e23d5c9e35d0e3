// Package postgres keeps letters and reminders in PostgreSQL through pgx: on a pool of
// the host's, with its transactions and its tracing.
//
//	pool, err := pgxpool.New(ctx, dsn)
//	err = postgres.Migrate(ctx, pool)          // once a deployment
//	store, err := postgres.New(ctx, pool)      // makes no tables
//
//	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//		// insert the invoice with tx
//		_, err := client.Send(postgres.WithTx(ctx, tx), letter)
//		return err
//	})
//
// A host on database/sql uses [Open] and package sqlstore instead: the statements are
// the same. Neither needs prepared statements, a session or a search_path, so that
// both work through pgbouncer in transaction mode; give the pool the query mode
// "exec" there, as [Open] does.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// New returns the store on a pool whose tables [Migrate] made. Options are those of
// package sqlstore: InSchema, WithPrefix, Migrating. Tables that are missing, or of
// another version, are told with the code of [sqlstore.CodeTables].
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnsupported] (tables).
func New(ctx context.Context, pool *pgxpool.Pool, options ...sqlstore.Option) (*sqlstore.Store, error) {
	if pool == nil {
		return nil, fmt.Errorf("postgres: %w", &courrier.FieldError{Field: "pool", Rule: "is nil", Remedy: "make one with pgxpool.New"})
	}
	return sqlstore.New(ctx, pgxPool{pool}, sqlstore.Postgres, options...)
}

// Migrate brings the tables up to date: see [sqlstore.Migrate].
//
// Errors: as [New].
func Migrate(ctx context.Context, pool *pgxpool.Pool, options ...sqlstore.Option) error {
	return sqlstore.Migrate(ctx, pgxPool{pool}, sqlstore.Postgres, options...)
}

// Check tells how many migrations are missing, without changing anything: see
// [sqlstore.Check].
//
// Errors: as [New].
func Check(ctx context.Context, pool *pgxpool.Pool, options ...sqlstore.Option) (pending int, err error) {
	return sqlstore.Check(ctx, pgxPool{pool}, sqlstore.Postgres, options...)
}

// WithTx returns a context under which every call to a store of [New] joins tx, under
// the conditions of [sqlstore.WithTx].
func WithTx(ctx context.Context, tx pgx.Tx) context.Context { return sqlstore.Join(ctx, pgxTx{tx}) }

// maxConns bounds the connections of one process. The store itself commits on
// two at a time; the others read.
const maxConns = 16

// Open connects with database/sql to the database that dsn names, as a URL or in
// the form "host=… dbname=…". The pool keeps its connections open between uses.
//
// Statements are not prepared (pgx's mode "exec"), so that a pooler may stand
// between; without one, default_query_exec_mode=cache_statement in the dsn is
// quicker. An empty dsn is [courrier.ErrInvalid]: it would take everything from the
// environment of the process.
func Open(ctx context.Context, dsn string) (*sql.DB, error) {
	if dsn == "" {
		return nil, fmt.Errorf("postgres: %w", &courrier.FieldError{Field: "dsn", Rule: "is empty", Remedy: "give a URL, or host=… dbname=…"})
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("postgres: the connection string is not well formed") // err would repeat it
	}
	if config.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement && !asksForMode(dsn) {
		config.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: connect: %w", err), db.Close())
	}
	return db, nil
}
