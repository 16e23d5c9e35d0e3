package sqlstore

import (
	"context"
	"database/sql"
)

// Executor runs statements: a pool of connections, or a transaction. Statements and
// arguments are those of database/sql, with the placeholders of the dialect.
type Executor interface {
	Query(ctx context.Context, text string, args ...any) (Rows, error)
	Exec(ctx context.Context, text string, args ...any) error
}

// Rows is what a query found. A [*sql.Rows] is one.
type Rows interface {
	Next() bool
	Scan(into ...any) error
	Err() error
	Close() error
}

// Tx is a transaction.
type Tx interface {
	Executor
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error // after a commit it does nothing
}

// Pool is a database. [DB] makes one of database/sql; package postgres makes one
// of a pgxpool.
type Pool interface {
	Executor
	Begin(ctx context.Context) (Tx, error)
}

// DB returns the Pool of a database of database/sql, whatever its driver.
func DB(db *sql.DB) Pool { return sqlPool{db} }

// sqlPool is a Pool of database/sql.
type sqlPool struct{ *sql.DB }

func (p sqlPool) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	return p.QueryContext(ctx, text, args...)
}

func (p sqlPool) Exec(ctx context.Context, text string, args ...any) error {
	_, err := p.ExecContext(ctx, text, args...)
	return err
}

func (p sqlPool) Begin(ctx context.Context) (Tx, error) {
	tx, err := p.BeginTx(ctx, nil)
	return sqlTx{tx}, err
}

// sqlTx is a Tx of database/sql.
type sqlTx struct{ *sql.Tx }

func (t sqlTx) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	return t.QueryContext(ctx, text, args...)
}

func (t sqlTx) Exec(ctx context.Context, text string, args ...any) error {
	_, err := t.ExecContext(ctx, text, args...)
	return err
}

func (t sqlTx) Commit(context.Context) error   { return t.Tx.Commit() }
func (t sqlTx) Rollback(context.Context) error { return t.Tx.Rollback() }

// queryOne reads the one row that a query finds.
func queryOne(ctx context.Context, q Executor, text string, into ...any) error {
	rows, err := q.Query(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return rows.Err()
}
