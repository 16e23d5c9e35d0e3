//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// The textbook is what a host would write itself: keys are numbers, amounts are
// numeric, and actions name their step by its lasting id, as history does, for
// steps are inserted and moved. It gives no reason for what is held.
var textbookTables = []string{
	`CREATE TABLE customers (
		id bigint PRIMARY KEY, email boolean NOT NULL, post boolean NOT NULL,
		paused boolean NOT NULL, paused_until date, insolvent boolean NOT NULL)`,
	`CREATE TABLE invoices (
		id bigint PRIMARY KEY, customer bigint NOT NULL, due_on date NOT NULL, open numeric(12,2) NOT NULL,
		disputed boolean NOT NULL, excluded boolean NOT NULL, promised_on date)`,
	`CREATE TABLE actions (
		customer bigint NOT NULL, invoice bigint NOT NULL, step text NOT NULL, state text NOT NULL, on_day date NOT NULL)`,
	`CREATE TABLE steps (
		id text PRIMARY KEY, position integer NOT NULL, offset_days integer NOT NULL, courtesy boolean NOT NULL,
		requires text, requires_days integer)`,
}

var textbookIndexes = []string{
	"CREATE INDEX ON invoices (customer)",
	"CREATE INDEX ON invoices (due_on)",
	"CREATE INDEX ON actions (customer, on_day) WHERE state <> 'skipped'",
	"CREATE INDEX ON actions (on_day, customer) WHERE state <> 'skipped'",
	"CREATE INDEX ON actions (invoice, step, state, on_day)",
	"VACUUM ANALYZE customers, invoices, actions, steps",
}

// dueStatement finds the due steps of a day: the step after the last one done, a
// courtesy only until the due date, on its day, on a sending day, with what it
// requires sent long enough before, unless a fact, a reminder on its way, the
// contact delay, the turn of a more severe one, the channels or the minimum hold it.
const dueStatement = `
WITH past AS (
	SELECT a.invoice, max(s.position) AS position, bool_or(a.state = 'pending') AS pending,
	       max(a.on_day) FILTER (WHERE a.state = 'sent' AND a.step IN (SELECT requires FROM steps)) AS required_on
	FROM actions a
	JOIN steps s ON s.id = a.step
	GROUP BY a.invoice
)
SELECT i.id, s.position
FROM invoices i
JOIN customers c ON c.id = i.customer
LEFT JOIN past p ON p.invoice = i.id
JOIN steps s ON s.position = CASE WHEN p.position IS NULL AND i.due_on < $1 THEN 2 ELSE coalesce(p.position, 0) + 1 END
WHERE extract(isodow FROM $1::date) < 6
  AND i.due_on + s.offset_days <= $1
  AND NOT i.disputed AND NOT i.excluded AND i.open >= 10
  AND (i.promised_on IS NULL OR i.promised_on + 3 < $1)
  AND NOT c.insolvent AND (NOT c.paused OR c.paused_until <= $1)
  AND (c.email OR (c.post AND NOT s.courtesy))
  AND p.pending IS NOT TRUE
  AND (s.requires IS NULL OR p.required_on + s.requires_days <= $1)
  AND NOT EXISTS (
	SELECT FROM actions k
	WHERE k.customer = i.customer AND k.on_day > $1::date - 7 AND k.state = 'sent')
  AND NOT EXISTS (
	SELECT FROM (
		SELECT ks.position, min(k.on_day) AS since
		FROM actions k JOIN steps ks ON ks.id = k.step
		WHERE k.customer = i.customer AND k.state = 'pending' AND k.on_day < $1
		GROUP BY ks.position ORDER BY ks.position DESC LIMIT 1) top
	WHERE top.position > s.position AND (top.since > $1::date - 7 OR EXISTS (
		SELECT FROM actions l WHERE l.customer = i.customer AND l.state = 'sent' AND l.on_day > $1::date - 14)))`

// answer is what the statement found and cost.
type answer struct {
	due  []dueRow
	cost spent // cpu of the database alone
}

type answers struct{ oneCore, asConfigured answer }

// query loads the facts into a schema of its own and times the statement.
func query(ctx context.Context, server string, all []debtor) (both answers, err error) {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return both, fmt.Errorf("the textbook's database: %w", err)
	}
	defer conn.Close(ctx)
	schema, drop, err := newSchema(ctx, server)
	if err != nil {
		return both, err
	}
	defer drop()
	// Room for its hash tables, and no time spent compiling.
	if err := execute(ctx, conn, "SET search_path = "+schema, "SET work_mem = '512MB'", "SET jit = off"); err != nil {
		return both, err
	}
	if err := load(ctx, conn, all); err != nil {
		return both, fmt.Errorf("load: %w", err)
	}
	if both.asConfigured, err = answered(ctx, conn); err != nil {
		return both, err
	}
	if err := execute(ctx, conn, "SET max_parallel_workers_per_gather = 0"); err != nil {
		return both, err
	}
	both.oneCore, err = answered(ctx, conn)
	return both, err
}

// newSchema makes a schema with a name of its own, and what drops it.
func newSchema(ctx context.Context, server string) (name string, drop func(), err error) {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", nil, fmt.Errorf("the database: %w", err)
	}
	name = fmt.Sprintf("courrier_dunning_%d_%d", os.Getpid(), time.Now().UnixNano())
	if err := execute(ctx, conn, "CREATE SCHEMA "+name); err != nil {
		return "", nil, err
	}
	return name, func() {
		if err := execute(ctx, conn, "DROP SCHEMA "+name+" CASCADE"); err != nil {
			fmt.Fprintln(os.Stderr, "dunning: left behind:", err)
		}
		conn.Close(ctx)
	}, nil
}

func execute(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func load(ctx context.Context, conn *pgx.Conn, all []debtor) error {
	if err := execute(ctx, conn, textbookTables...); err != nil {
		return err
	}
	steps := policy().Steps
	for _, table := range []struct {
		name    string
		columns []string
		rows    pgx.CopyFromSource
	}{
		{"customers", []string{"id", "email", "post", "paused", "paused_until", "insolvent"}, perCustomer(all, 1, customerRow)},
		{"invoices", []string{"id", "customer", "due_on", "open", "disputed", "excluded", "promised_on"}, perCustomer(all, invoicesEach, invoiceRow)},
		{"actions", []string{"customer", "invoice", "step", "state", "on_day"}, actionRows(all)},
		{"steps", []string{"id", "position", "offset_days", "courtesy", "requires", "requires_days"}, pgx.CopyFromSlice(len(steps), stepRow(steps))},
	} {
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{table.name}, table.columns, table.rows); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	return execute(ctx, conn, textbookIndexes...)
}

// perCustomer streams each rows for every customer.
func perCustomer(all []debtor, each int, row func(d *debtor, n, place int) []any) pgx.CopyFromSource {
	return pgx.CopyFromSlice(len(all)*each, func(i int) ([]any, error) { return row(&all[i/each], i/each, i%each), nil })
}

func customerRow(d *debtor, n, _ int) []any {
	c := d.facts.Customer
	return []any{int64(n), c.Contact.Email, c.Contact.Post, c.Paused, day(c.PausedUntil), c.Insolvent}
}

func invoiceRow(d *debtor, n, place int) []any {
	inv := d.facts.Invoices[place]
	return []any{invoiceNumber(n, place), int64(n), day(inv.DueOn()), inv.Open().Decimal().String(), inv.Disputed, inv.Excluded, day(inv.PromisedOn)}
}

func actionRows(all []debtor) pgx.CopyFromSource {
	rows := make([][]any, 0, actions(all))
	for n := range all {
		for _, past := range all[n].history {
			named := func(inv dunning.Invoice) bool { return inv.ID == past.Invoices[0] }
			place := slices.IndexFunc(all[n].facts.Invoices, named)
			rows = append(rows, []any{int64(n), invoiceNumber(n, place), past.Step, string(past.State), day(past.On)})
		}
	}
	return pgx.CopyFromRows(rows)
}

func stepRow(steps []courrier.Step) func(i int) ([]any, error) {
	return func(i int) ([]any, error) {
		s := steps[i]
		row := []any{s.ID, i + 1, s.OffsetDays, s.Kind == courrier.StepCourtesy, nil, nil}
		for _, r := range s.Requires {
			row[4], row[5] = r.Step, r.Days
		}
		return row, nil
	}
}

// answered asks several times, the tables in memory, and keeps the best.
func answered(ctx context.Context, conn *pgx.Conn) (answer, error) {
	best, err := ask(ctx, conn)
	for range rounds {
		if err != nil {
			break
		}
		var next answer
		next, err = ask(ctx, conn)
		best.cost = best.cost.best(next.cost)
	}
	sortRows(best.due)
	return best, err
}

func ask(ctx context.Context, conn *pgx.Conn) (answer, error) {
	cpu, err := backendCPU(conn)
	if err != nil {
		return answer{}, err
	}
	start := time.Now()
	rows, err := conn.Query(ctx, dueStatement, day(today))
	if err != nil {
		return answer{}, fmt.Errorf("the statement: %w", err)
	}
	due, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r dueRow, err error) {
		return r, row.Scan(&r.invoice, &r.step)
	})
	if err != nil {
		return answer{}, fmt.Errorf("the statement: %w", err)
	}
	wall := time.Since(start)
	after, err := backendCPU(conn)
	return answer{due: due, cost: spent{cpu: after - cpu, wall: wall}}, err
}

// backendCPU reads the CPU time of the process that serves the connection, in
// which Linux counts in hundredths of a second.
func backendCPU(conn *pgx.Conn) (time.Duration, error) {
	return processCPU(conn.PgConn().PID())
}

func processCPU(pid uint32) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("the server is not on this machine: %w", err)
	}
	// The fields after the program's name, which may hold blanks: proc(5).
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	user, err := strconv.Atoi(string(fields[11]))
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * (time.Second / 100), err
}
