package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/courrier-go/courrier"
)

// sqliteEngine runs one prepared statement a row: without a network between,
// that is faster than any way of sending many rows at once.
type sqliteEngine struct {
	place   place
	writer  *sql.Conn // kept from one transaction to the next
	begun   int       // transactions on it
	lock    *sql.Stmt
	lookups map[*lookup]*sql.Stmt
	writes  map[*write]*sql.Stmt
}

func (*sqliteEngine) migrations() string { return "sqlite" }

// lanes is 1: SQLite has one writer at a time.
func (*sqliteEngine) lanes() int { return 1 }

// lockText changes nothing, but makes the transaction the one writer before it
// reads anything, as BEGIN IMMEDIATE would.
const lockText = "DELETE FROM courrier_schema WHERE version < 0"

func (e *sqliteEngine) prepare(ctx context.Context, pool Pool, p place) (err error) {
	db, ok := pool.(sqlPool)
	if !ok {
		return fmt.Errorf("%w: SQLite needs a pool of database/sql", courrier.ErrUnsupported)
	}
	e.place = p
	if e.lock, err = db.PrepareContext(ctx, p.in(lockText)); err != nil {
		return err
	}
	for _, l := range lookups {
		if e.lookups[l], err = db.PrepareContext(ctx, p.in(l.sqlite())); err != nil {
			return err
		}
	}
	for _, w := range writes {
		if e.writes[w], err = db.PrepareContext(ctx, p.in(w.sqlite())); err != nil {
			return err
		}
	}
	return nil
}

func (*sqliteEngine) lockSchema(ctx context.Context, tx Executor, p place) error {
	for _, text := range []string{createSchema, lockText} {
		if err := tx.Exec(ctx, p.in(text)); err != nil {
			return err
		}
	}
	return nil
}

// unlockSchema: the lock ends with the transaction.
func (*sqliteEngine) unlockSchema(context.Context, Executor, place) error { return nil }

func (*sqliteEngine) script(ctx context.Context, tx Executor, text string) error {
	return tx.Exec(ctx, text)
}

func (*sqliteEngine) missing(err error) bool { return strings.Contains(err.Error(), "no such table") }

// keepFor is how many transactions in a row the writer's connection is kept. A
// connection that hears of another one's commit throws away its cache, and so
// the writer would read every page again if it took another one each time. A host
// that closes the pool waits for so many transactions at most. A pool of one gets
// its connection back after each, for those who read.
const keepFor = 16

// begin waits for a connection as long as ctx lasts. What comes then cannot be
// cancelled: a statement takes microseconds, and the driver would start a
// goroutine for each.
func (e *sqliteEngine) begin(ctx context.Context, pool Pool) (Tx, error) {
	db := pool.(sqlPool) // prepare saw to it
	if e.begun == keepFor || db.Stats().MaxOpenConnections == 1 {
		e.rest()
	}
	if e.writer == nil {
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		e.writer = conn
	}
	e.begun++
	tx, err := e.writer.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		e.rest()
	}
	return sqlTx{tx}, err
}

func (e *sqliteEngine) rest() {
	if e.writer != nil {
		e.writer.Close() // it goes back to the pool
	}
	e.writer, e.begun = nil, 0
}

// lockRow: a transaction that writes is alone from its start.
func (*sqliteEngine) lockRow() string { return "" }

func (*sqliteEngine) shareRow() string { return "" }

// guards: a batch is many statements.
func (*sqliteEngine) guards() bool { return false }

func (*sqliteEngine) remembers() bool { return true }

func (e *sqliteEngine) lookUp(ctx context.Context, q Executor, all []asked, _ bool) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := q.(sqlTx).StmtContext(ctx, e.lock).ExecContext(ctx); err != nil {
		return err
	}
	for _, a := range all {
		stmt := q.(sqlTx).StmtContext(ctx, e.lookups[a.lookup])
		args := make([]any, len(a.keys))
		for pos := range len(a.values) / len(args) {
			for i := range args {
				args[i] = a.values[pos*len(args)+i]
			}
			err := lookUpOne(ctx, stmt, args, func(r found) { a.each(pos, r) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func lookUpOne(ctx context.Context, stmt *sql.Stmt, args []any, each func(found)) error {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r found
		if err := rows.Scan(r.fields()...); err != nil {
			return err
		}
		each(r)
	}
	return rows.Err()
}

func (l *lookup) sqlite() string {
	equal := func(k string) string { return k + " = ?" }
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s", l.cols, l.table, join(l.keys, " AND ", equal))
}

func (e *sqliteEngine) write(ctx context.Context, q Executor, all []rows, _ bool) error {
	ctx = context.WithoutCancel(ctx)
	for i := range all {
		r := &all[i]
		stmt := q.(sqlTx).StmtContext(ctx, e.writes[r.write])
		texts, ints := r.params()
		args := make([]any, 0, texts+ints)
		for n := range r.count() {
			args = r.appendArgs(args[:0], n)
			changed, err := stmt.ExecContext(ctx, args...)
			if err != nil {
				return err
			}
			if n, err := changed.RowsAffected(); err != nil || r.guard != "" && n == 0 {
				return cmp.Or(err, errStale)
			}
		}
	}
	return nil
}

// appendArgs appends what the n-th row gives to the statement of its write.
func (r *rows) appendArgs(args []any, n int) []any {
	texts, ints := r.params()
	text, set := r.texts[n*texts:(n+1)*texts], r.ints[n*ints:(n+1)*ints]
	keys, guard := text[:0], set[len(r.write.ints):]
	if r.verb == update {
		keys, text = text[:len(r.keys)], text[len(r.keys):]
	}
	for _, v := range text {
		args = append(args, v)
	}
	for _, v := range set[:len(r.write.ints)] {
		args = append(args, v)
	}
	for _, v := range keys {
		args = append(args, v)
	}
	for _, v := range guard {
		args = append(args, v)
	}
	return args
}

func (w *write) sqlite() string {
	texts, ints := w.columns()
	cols := append(texts, ints...)
	given := func(c string) string { return c + " = ?" }
	switch w.verb {
	case update:
		return fmt.Sprintf("UPDATE %s SET %s WHERE %s AND %s = ?", w.table,
			join(cols[len(w.keys):], ", ", given), join(w.keys, " AND ", given), w.guard)
	case remove:
		return fmt.Sprintf("DELETE FROM %s WHERE %s", w.table, join(w.keys, " AND ", given))
	}
	text := fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s)", w.table, strings.Join(cols, ", "), strings.Repeat(", ?", len(cols)-1))
	return text + w.merge.onConflict()
}

// settled is all that is there: one writer at a time, and numbers that never come
// again.
func (e *sqliteEngine) settled(ctx context.Context, q Executor) (int64, error) {
	return lastChange(ctx, q, e.place)
}

func (e *sqliteEngine) rebind(text string) string { return e.place.in(text) }

func (*sqliteEngine) oneOf(column string, values []string) (string, []any) {
	return inList(column, values, "SELECT value FROM json_each(?)")
}

func (e *sqliteEngine) among(column string, values []string) (string, []any) {
	return e.oneOf(column, values)
}

func (*sqliteEngine) after(less bool, columns []string, values []any) (string, []any) {
	return rowAfter(less, columns, values)
}

func (*sqliteEngine) union(queries []string) string { return strings.Join(queries, " UNION ") }

// hurry has nothing to do: a database has one writer, and waiting for it is bounded.
func (*sqliteEngine) hurry(context.Context, Executor) error { return nil }

// errStale: a guard found another value than the one remembered.
var errStale = errors.New("sqlstore: changed by another process")

// blame reads the text, which comes from SQLite itself, whatever the driver.
func (*sqliteEngine) blame(err error) blame {
	text := err.Error()
	switch {
	case errors.Is(err, errStale):
		return others
	case strings.Contains(text, "database is locked"), strings.Contains(text, "database table is locked"):
		return busy
	case strings.Contains(text, "constraint failed"), strings.Contains(text, "string or blob too big"):
		return content
	}
	return nobody
}
