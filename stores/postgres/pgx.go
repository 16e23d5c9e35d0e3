package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/courrier-go/courrier/stores/sqlstore"
)

// asksForMode tells whether a connection string chooses the query mode itself.
func asksForMode(dsn string) bool { return strings.Contains(dsn, "default_query_exec_mode") }

// runner is what a pool and a transaction of pgx have in common.
type runner interface {
	Query(ctx context.Context, text string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, text string, args ...any) (pgconn.CommandTag, error)
}

func query(ctx context.Context, r runner, text string, args []any) (sqlstore.Rows, error) {
	rows, err := r.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return pgxRows{rows}, nil
}

func exec(ctx context.Context, r runner, text string, args []any) error {
	_, err := r.Exec(ctx, text, args...)
	return err
}

// pgxRows are rows whose Close tells what went wrong, as those of database/sql.
type pgxRows struct{ pgx.Rows }

func (r pgxRows) Close() error {
	r.Rows.Close()
	return r.Err()
}

// pgxPool is a [sqlstore.Pool].
type pgxPool struct{ *pgxpool.Pool }

func (p pgxPool) Query(ctx context.Context, text string, args ...any) (sqlstore.Rows, error) {
	return query(ctx, p.Pool, text, args)
}

func (p pgxPool) Exec(ctx context.Context, text string, args ...any) error {
	return exec(ctx, p.Pool, text, args)
}

func (p pgxPool) Begin(ctx context.Context) (sqlstore.Tx, error) {
	tx, err := p.Pool.Begin(ctx)
	return pgxTx{tx}, err
}

// pgxTx is a [sqlstore.Tx].
type pgxTx struct{ pgx.Tx }

func (t pgxTx) Query(ctx context.Context, text string, args ...any) (sqlstore.Rows, error) {
	return query(ctx, t.Tx, text, args)
}

func (t pgxTx) Exec(ctx context.Context, text string, args ...any) error {
	return exec(ctx, t.Tx, text, args)
}

// Rollback does nothing after a commit, as with database/sql.
func (t pgxTx) Rollback(ctx context.Context) error {
	if err := t.Tx.Rollback(ctx); !errors.Is(err, pgx.ErrTxClosed) {
		return err
	}
	return nil
}
