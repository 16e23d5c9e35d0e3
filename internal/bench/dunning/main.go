//go:build unix

// Command dunning measures reminders: the evaluation of many open invoices on
// one core, against one SQL statement that finds the due steps of the same
// invoices on PostgreSQL; then a whole run on PostgreSQL.
//
//	go run ./internal/bench/dunning -postgres "host=… dbname=…" [-invoices 1000000] [-customers 20000]
//	go run ./internal/bench/dunning -postgres "host=… dbname=…" -decisions-of 100000 [-cpuprofile FILE]
//
// Both sides must agree on every due row, or it fails. It works in schemas of
// its own and drops them, and prints tables in Markdown. The CPU time of the
// database is read from /proc, so the server must be on the same machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/courrier-go/courrier/dunning"
)

const rounds = 3 // of each measurement; the best counts

func main() {
	server := flag.String("postgres", os.Getenv("COURRIER_POSTGRES"), "PostgreSQL database, as host=… dbname=…")
	invoices := flag.Int("invoices", 1_000_000, "open invoices to evaluate, five for each customer")
	customers := flag.Int("customers", 20_000, "customers of the whole run")
	busy := flag.Int("decisions-of", 0, "customers of whom nine in forty are due: measures the writing of decisions, and nothing else")
	profile := flag.String("cpuprofile", "", "file for a CPU profile of the last run of RunDay; with -decisions-of")
	flag.Parse()
	if *busy > 0 {
		if err := decisions(context.Background(), *server, *busy, *profile); err != nil {
			fmt.Fprintln(os.Stderr, "dunning:", err)
			os.Exit(1)
		}
		return
	}
	if err := measure(context.Background(), *server, *invoices, *customers); err != nil {
		fmt.Fprintln(os.Stderr, "dunning:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, server string, invoices, customers int) error {
	if server == "" {
		return fmt.Errorf("no database: give -postgres")
	}
	fmt.Printf("%s, %s/%s, %d CPUs\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, l := range ledgers {
		if err := compare(ctx, server, l, invoices/invoicesEach); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		runtime.GC()
	}
	return wholeRuns(ctx, server, customers)
}

// compare times both sides over the same facts and checks that they agree.
func compare(ctx context.Context, server string, l ledger, customers int) error {
	evaluator, err := dunning.Compile(policy(), nil)
	if err != nil {
		return err
	}
	all := l.facts(evaluator, customers)
	ours, err := evaluate(evaluator, all)
	if err != nil {
		return err
	}
	theirs, err := query(ctx, server, all)
	if err != nil {
		return err
	}
	if err := agree(ours.due, theirs.oneCore.due); err != nil {
		return err
	}
	if err := agree(ours.due, theirs.asConfigured.due); err != nil {
		return err
	}
	fmt.Printf("## %s\n\n", l.name)
	report(len(all)*invoicesEach, actions(all), ours, theirs)
	return nil
}

// agree fails on the first row that only one side has.
func agree(ours, theirs []dueRow) error {
	if len(ours) != len(theirs) {
		return fmt.Errorf("%d rows are due by the evaluator, %d by the statement", len(ours), len(theirs))
	}
	for i, row := range ours {
		if row != theirs[i] {
			return fmt.Errorf("row %d is %v by the evaluator, %v by the statement", i, row, theirs[i])
		}
	}
	return nil
}

func report(invoices, actions int, ours evaluation, theirs answers) {
	per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(invoices) }
	ms := func(d time.Duration) int64 { return d.Milliseconds() }
	one, many := theirs.oneCore, theirs.asConfigured
	fmt.Printf("%d open invoices, %d past actions, %d due today, %d held with a reason: both agree on every row.\n\n",
		invoices, actions, len(ours.due), ours.held)
	fmt.Println("| | CPU, ms | elapsed, ms | CPU ns an invoice | CPU, of ours | elapsed, of ours |")
	fmt.Println("|---|---|---|---|---|---|")
	row := func(name string, cost spent) {
		fmt.Printf("| %s | %d | %d | %.0f | %.2f | %.2f |\n", name, ms(cost.cpu), ms(cost.wall), per(cost.cpu),
			float64(cost.cpu)/float64(ours.cost.cpu), float64(cost.wall)/float64(ours.cost.wall))
	}
	row("Evaluator.EvaluateAll, one core", ours.cost)
	row("SQL statement, one process", one.cost)
	fmt.Printf("| SQL statement, parallel as configured | | %d | | | %.2f |\n\n", ms(many.cost.wall), float64(many.cost.wall)/float64(ours.cost.wall))
	fmt.Println("| target | measured | |")
	fmt.Println("|---|---|---|")
	verdict := func(target, measured string, met bool) {
		fmt.Printf("| %s | %s | %s |\n", target, measured, map[bool]string{true: "met", false: "MISSED"}[met])
	}
	ratio := float64(one.cost.cpu) / float64(ours.cost.cpu)
	verdict("under 1 µs of CPU an invoice", fmt.Sprintf("%.0f ns", per(ours.cost.cpu)), ours.cost.cpu < time.Duration(invoices)*time.Microsecond)
	verdict("no allocation for a held invoice", fmt.Sprintf("%d for %d", ours.allocations, ours.heldAlone), ours.allocations == 0)
	verdict("5 times faster than the statement", fmt.Sprintf("%.1f times", ratio), ratio >= 5)
	fmt.Println()
}
