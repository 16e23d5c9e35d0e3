// Package postgres opens PostgreSQL databases as package sqlstore wants them,
// with the driver github.com/jackc/pgx/v5.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxConns bounds the connections of one process. The store itself commits on
// two at a time; the others read.
const maxConns = 16

// Open connects to the database that dsn names, as a URL or in the form
// "host=… dbname=…". The pool keeps its connections open between uses.
func Open(ctx context.Context, dsn string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("postgres: the connection string is not well formed") // err would repeat it
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: connect: %w", err), db.Close())
	}
	return db, nil
}
