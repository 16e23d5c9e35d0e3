package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// mysqlEngine reads and changes the rows of a table together, in one statement. What
// is looked up, changed or removed travels as a list in JSON, which the server makes a
// table of: the rows are then found, and locked, one after the other by their index.
type mysqlEngine struct {
	place place
	pool  Executor
	feed  turns
}

func newMySQLEngine() *mysqlEngine { return &mysqlEngine{feed: turns{alone: make(chan struct{}, 1)}} }

func (*mysqlEngine) migrations() string { return "mysql" }

// lanes is 2: while one transaction waits for the disk, another one works.
func (*mysqlEngine) lanes() int { return 2 }

// guards: a batch is several statements.
func (*mysqlEngine) guards() bool { return false }

// remembers: who writes without having read might wait for the row for as long as the
// server lets him.
func (*mysqlEngine) remembers() bool { return false }

func (*mysqlEngine) lockRow() string { return " FOR UPDATE" }

func (*mysqlEngine) shareRow() string { return " LOCK IN SHARE MODE" }

func (e *mysqlEngine) prepare(ctx context.Context, pool Pool, p place) error {
	if _, ok := pool.(sqlPool); !ok {
		return fmt.Errorf("%w: MySQL needs a pool of database/sql", courrier.ErrUnsupported)
	}
	e.place, e.pool = p, pool
	return checkServer(ctx, pool)
}

// patientTx is a transaction of the store's own, which waits for locks no longer than
// patience.
type patientTx struct{ sqlTx }

func (*mysqlEngine) begin(ctx context.Context, db Pool) (Tx, error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return patientTx{tx.(sqlTx)}, nil
}

func (*mysqlEngine) rest() {}

// hurry has nothing to do: a patientTx hurries anyway.
func (*mysqlEngine) hurry(context.Context, Executor) error { return nil }

// The lock of migrations is the connection's, and not the transaction's, which ends
// with every statement that makes a table. Its name holds for the whole server.
const (
	lockMigrations   = "SELECT COALESCE(GET_LOCK(MD5(CONCAT(DATABASE(), '/%d')), 5), 0)"
	unlockMigrations = "SELECT COALESCE(RELEASE_LOCK(MD5(CONCAT(DATABASE(), '/%d'))), 0)"
)

func (*mysqlEngine) lockSchema(ctx context.Context, tx Executor, p place) error {
	var got int
	if err := queryOne(ctx, tx, fmt.Sprintf(lockMigrations, p.lockKey()), &got); err != nil {
		return err
	}
	if got == 0 {
		return errMigrating
	}
	return tx.Exec(ctx, p.in(createSchema))
}

func (*mysqlEngine) unlockSchema(ctx context.Context, tx Executor, p place) error {
	var was int
	return queryOne(ctx, tx, fmt.Sprintf(unlockMigrations, p.lockKey()), &was)
}

// script goes statement by statement, and passes over what is there or gone already:
// each commits by itself, and a process that was killed may have carried out some.
func (*mysqlEngine) script(ctx context.Context, tx Executor, text string) error {
	for _, one := range statements(text) {
		if err := tx.Exec(ctx, one); err != nil && !alreadyDone[mysqlNumber(err)] {
			return plain(err)
		}
	}
	return nil
}

// lookUp reads with locks when asked to: then what it finds is the newest there is,
// also in a host's transaction that otherwise sees how everything was when it began.
func (e *mysqlEngine) lookUp(ctx context.Context, q Executor, all []asked, lock bool) error {
	_, patient := q.(patientTx)
	for _, a := range all {
		text := e.rebind(a.mysql() + either(lock, " FOR UPDATE", "") + either(lock && patient, " NOWAIT", ""))
		err := patiently(ctx, e, func() error { return lookUpAll(ctx, q, text, a) })
		if err != nil {
			return plain(err)
		}
	}
	return nil
}

// patiently tries what somebody's lock prevents until patience ends. The server itself
// waits for a second at least, or not at all.
func patiently(ctx context.Context, e *mysqlEngine, try func() error) error {
	for until := time.Now().Add(patience); ; {
		err := try()
		if err == nil || e.blame(err) != held || time.Now().After(until) {
			return err
		}
		if stop := sleep(ctx, time.Millisecond/2+rand.N(2*time.Millisecond)); stop != nil {
			return errors.Join(err, stop)
		}
	}
}

func lookUpAll(ctx context.Context, q Executor, text string, a asked) error {
	rows, err := q.Query(ctx, text, jsonRows(a.values, len(a.keys), nil, 0))
	if err != nil {
		return err
	}
	defer rows.Close()
	var pos int
	for rows.Next() {
		var r found
		if err := rows.Scan(append([]any{&pos}, r.fields()...)...); err != nil {
			return err
		}
		a.each(pos-1, r)
	}
	return rows.Err()
}

// write goes table by table. A guarded write that finds fewer rows as they were read
// makes the caller roll back everything; each changes its rows, so that the server,
// which counts changed ones, counts all that it finds.
func (e *mysqlEngine) write(ctx context.Context, q Executor, all []rows, _ bool) error {
	for i := range all {
		r := &all[i]
		if r.told {
			if err := e.takeTurn(ctx, q); err != nil {
				return plain(err)
			}
		}
		for from, to := range r.portions() {
			if err := e.writeSome(ctx, q, r, from, to); err != nil {
				return plain(err)
			}
		}
	}
	return nil
}

func (e *mysqlEngine) writeSome(ctx context.Context, q Executor, r *rows, from, to int) error {
	text, args := r.mysql(from, to)
	runner, ok := q.(interface {
		ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	})
	if !ok {
		return fmt.Errorf("%w: MySQL needs a transaction of database/sql", courrier.ErrUnsupported)
	}
	done, err := runner.ExecContext(ctx, e.rebind(text), args...)
	if err != nil || r.guard == "" {
		return err
	}
	changed, err := done.RowsAffected()
	if err != nil || changed != int64(to-from) {
		return cmp.Or(err, errStale)
	}
	return nil
}

func (e *mysqlEngine) rebind(text string) string { return e.place.in(mysqlWords(text)) }

func (*mysqlEngine) oneOf(column string, values []string) (string, []any) {
	return inList(column, values,
		"SELECT CAST(v AS binary) FROM JSON_TABLE(?, '$[*]' COLUMNS (v longtext CHARACTER SET utf8mb4 PATH '$')) AS listed")
}

func (e *mysqlEngine) among(column string, values []string) (string, []any) {
	return e.oneOf(column, values)
}

// after compares column by column: by a comparison of rows no index is entered.
// (a, b) > (1, 2) is a >= 1 AND (a > 1 OR (b > 2)).
func (*mysqlEngine) after(less bool, columns []string, values []any) (string, []any) {
	sign := either(less, " <", " >")
	last := len(columns) - 1
	text, args := columns[last]+sign+" ?", []any{values[last]}
	for i := last - 1; i >= 0; i-- {
		text = columns[i] + sign + "= ? AND (" + columns[i] + sign + " ? OR (" + text + "))"
		args = slices.Concat([]any{values[i], values[i]}, args)
	}
	return "(" + text + ")", args
}

// union is made once, and not for every row that it is asked about.
func (*mysqlEngine) union(queries []string) string {
	return "SELECT * FROM (" + strings.Join(queries, " UNION ") + ") AS united"
}
