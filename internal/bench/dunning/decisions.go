//go:build unix

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// textbookShare is the part of the customers that the straightforward loop does: it is
// slow, and each customer costs it the same.
const textbookShare = 10

// decisions measures a day's run over many customers of whom nine in forty are due,
// against a straightforward loop over the same tables: read what was done about a
// customer, evaluate, write each decision in a transaction of its own. Both begin from
// the same past, in turns, each in a schema of its own.
func decisions(ctx context.Context, server string, customers int, profile string) error {
	if server == "" {
		return fmt.Errorf("no database: give -postgres")
	}
	town, err := newTown(customers, func(n int) bool { return n*9%40 < 9 })
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d CPUs, load %s. RunDay over %d customers with %d invoices, one past reminder each; %d decisions.\n\n",
		runtime.Version(), runtime.NumCPU(), machineLoad(), customers, customers*invoicesEach, len(town.dueOnly))
	fmt.Println("| | customers | decisions | elapsed, ms | decisions/s | CPU µs a decision | the server's | heap after, MiB | load |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	var ours, theirs float64
	for range rounds {
		rate, err := town.print(ctx, server, "RunDay", town.all, profiled(profile, runDay))
		if err != nil {
			return err
		}
		ours = max(ours, rate)
		if rate, err = town.print(ctx, server, "one transaction a decision", town.all[:customers/textbookShare], oneByOne); err != nil {
			return err
		}
		theirs = max(theirs, rate)
	}
	fmt.Printf("\nThe best of each: %.0f decisions a second, %.1f times the loop's %.0f.\n", ours, ours/theirs, theirs)
	return town.printHeap(ctx, server)
}

// printHeap prints what one more run holds beside the facts, after each fifth of the
// customers: what lives after a collection.
func (t *town) printHeap(ctx context.Context, dsn string) error {
	store, _, closeAll, err := t.open(ctx, dsn)
	if err != nil {
		return err
	}
	defer closeAll()
	runner, err := newDunning(store, store)
	if err != nil {
		return err
	}
	facts, part := liveHeap(), len(t.all)/5
	var held []string
	watched := func(yield func(dunning.Case, error) bool) {
		for i, c := range t.all {
			if i%part == part-1 {
				held = append(held, fmt.Sprintf("%.1f", float64(liveHeap())/(1<<20)-float64(facts)/(1<<20)))
			}
			if !yield(c, nil) {
				return
			}
		}
	}
	if _, err := runner.RunDay(ctx, today, watched); err != nil {
		return err
	}
	runtime.KeepAlive(t) // the facts and the past count from beginning to end
	fmt.Printf("\nThe heap of a run beside the facts, after each fifth of the customers: %s MiB.\n", strings.Join(held, ", "))
	return nil
}

// liveHeap is what lives after a collection. What pools hold goes with the second.
func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// aWay is a way to decide about all customers; it returns how many decisions it wrote.
type aWay func(ctx context.Context, store *sqlstore.Store, db *sql.DB, all []dunning.Case) (int, error)

// print measures a way once, and prints a row.
func (t *town) print(ctx context.Context, dsn, name string, all []dunning.Case, way aWay) (rate float64, err error) {
	store, db, closeAll, err := t.open(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer closeAll()
	runtime.GC()
	var n int
	before, err := serverCPU(ctx, db)
	if err != nil {
		return 0, err
	}
	took := timed(func() { n, err = way(ctx, store, db, all) })
	if err != nil {
		return 0, err
	}
	server, err := serverCPU(ctx, db)
	if err != nil {
		return 0, err
	}
	after := liveHeap()
	rate = float64(n) / took.wall.Seconds()
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
	fmt.Printf("| %s | %d | %d | %d | %.0f | %.0f | %.0f | %d | %s |\n", name, len(all), n, took.wall.Milliseconds(), rate,
		each(took.cpu), each(server-before), after>>20, machineLoad())
	return rate, nil
}

// profiled writes a CPU profile of a way to a file, unless that has no name.
func profiled(file string, way aWay) aWay {
	if file == "" {
		return way
	}
	return func(ctx context.Context, store *sqlstore.Store, db *sql.DB, all []dunning.Case) (int, error) {
		f, err := os.Create(file)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return 0, err
		}
		defer pprof.StopCPUProfile()
		return way(ctx, store, db, all)
	}
}

func runDay(ctx context.Context, store *sqlstore.Store, _ *sql.DB, all []dunning.Case) (int, error) {
	runner, err := newDunning(store, store)
	if err != nil {
		return 0, err
	}
	report, err := runner.RunDay(ctx, today, stream(all))
	if err == nil && report.Failed > 0 {
		err = errors.Join(report.Errors...)
	}
	return report.Approved + report.Proposed, err
}

// oneByOne is the straightforward loop.
func oneByOne(ctx context.Context, _ *sqlstore.Store, db *sql.DB, all []dunning.Case) (int, error) {
	evaluator, err := dunning.Compile(dunning.StandardPolicy(), nil)
	if err != nil {
		return 0, err
	}
	written := 0
	for _, c := range all {
		h, err := pastOf(ctx, db, c)
		if err != nil {
			return written, err
		}
		for _, d := range evaluator.Evaluate(c, h, today).Decisions {
			if err := writeOne(ctx, db, c, d, written); err != nil {
				return written, err
			}
			written++
		}
	}
	return written, nil
}

// pastOf reads what was done about one customer.
func pastOf(ctx context.Context, db *sql.DB, c dunning.Case) (h dunning.History, err error) {
	rows, err := db.QueryContext(ctx, "SELECT body FROM courrier_reminders WHERE customer = $1 AND account || '' = $2", string(c.Customer.ID), string(c.Account))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var body string
		var rem dunning.Reminder
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &rem); err != nil {
			return nil, err
		}
		h = append(h, rem.Past()...)
	}
	return h, rows.Err()
}

// writeOne writes a decision with its keys and its invoices in one transaction.
func writeOne(ctx context.Context, db *sql.DB, c dunning.Case, d dunning.Decision, n int) error {
	rem := dunning.Reminder{
		ID: dunning.ReminderID(fmt.Sprintf("now_%07d", n)), Version: 1, Account: c.Account, Customer: c.Customer.ID, State: dunning.ReminderApproved,
		Decision: d, DueOn: d.On, DueAt: today.In(time.UTC), Channel: d.Channels[0],
	}
	for key := range d.Keys() {
		rem.Keys = append(rem.Keys, key.String())
	}
	body, err := json.Marshal(rem)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if _, err := tx.ExecContext(ctx, `INSERT INTO courrier_reminders (id, version, account, customer, state, assignee, campaign, letter, due_on, due_at, keys, invoices, body)
		VALUES ($1, 1, $2, $3, $4, '', '', '', $5, $6, '', '', $7)`,
		string(rem.ID), string(rem.Account), string(rem.Customer), string(rem.State), rem.DueOn.String(), rem.DueAt.UnixMicro(), string(body)); err != nil {
		return err
	}
	for i, key := range rem.Keys {
		if _, err := tx.ExecContext(ctx, "INSERT INTO courrier_reminder_keys (key, reminder) VALUES ($1, $2)", key, string(rem.ID)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO courrier_reminder_invoices (invoice, reminder) VALUES ($1, $2)", string(d.Lines[i].Invoice), string(rem.ID)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// serverCPU is the CPU time of the processes that serve db.
func serverCPU(ctx context.Context, db *sql.DB) (sum time.Duration, err error) {
	rows, err := db.QueryContext(ctx, "SELECT pid FROM pg_stat_activity WHERE application_name = current_setting('application_name')")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var pid uint32
		if err := rows.Scan(&pid); err != nil {
			return 0, err
		}
		one, err := processCPU(pid)
		if err != nil {
			return 0, err
		}
		sum += one
	}
	return sum, rows.Err()
}

// machineLoad is the load average of the last minute, where the system tells it.
func machineLoad() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
