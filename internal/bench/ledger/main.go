// Command ledger measures the credit ledger against the textbook: one
// transaction a step that locks the balance, checks it, inserts the entry,
// updates the balance. A cycle is a reserve and its capture, two steps. Both sides
// run on the same database, in turns, each with the number of goroutines that
// serves it best.
//
//	go run ./internal/bench/ledger -postgres "host=… dbname=…" -sqlite /tmp/bench.db
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// side is one way to keep the ledger.
type side interface {
	reserve(ctx context.Context, account, key string) error
	capture(ctx context.Context, account, key string) error
}

// result is what one run measured.
type result struct {
	workers int
	cycles  float64 // a second
	calls   []time.Duration
}

func (r result) quantile(q float64) time.Duration {
	return r.calls[min(int(q*float64(len(r.calls))), len(r.calls)-1)]
}

var (
	postgresDSN = flag.String("postgres", "", "PostgreSQL database, as host=… dbname=…; empty: left out")
	sqlitePath  = flag.String("sqlite", "", "path of a SQLite file to create; empty: left out")
	runs        = flag.Int("runs", 5, "measured runs of each side; the figures are their medians")
	length      = flag.Duration("length", 3*time.Second, "of a measured run")
)

// heap stands for that of a host: without one the collector would run a hundred
// times as often as in any real program.
var heap = make([]byte, 64<<20)

func main() {
	flag.Parse()
	defer runtime.KeepAlive(heap)
	ctx := context.Background()
	fmt.Printf("%s, %s/%s, %d CPUs, GOMAXPROCS %d, %d runs of %v\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.GOMAXPROCS(0), *runs, *length)
	if err := measure(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "ledger:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context) error {
	if *postgresDSN != "" {
		ours, textbook, end, err := openPostgres(ctx, *postgresDSN)
		if err != nil {
			return err
		}
		defer end()
		if err := compare(ctx, "PostgreSQL", slow, ours, textbook); err != nil {
			return err
		}
	}
	if *sqlitePath != "" {
		ours, textbook, end, err := openSQLite(ctx, *sqlitePath)
		if err != nil {
			return err
		}
		defer end()
		return compare(ctx, "SQLite", math.MaxInt64, ours, textbook)
	}
	return nil
}

const accounts = 1000

// callers are the numbers of goroutines at which both sides are compared alike: what
// users have, and not only what serves a side best.
var callers = []int{1, 8, 32, 128}

func compare(ctx context.Context, database string, most time.Duration, ours, textbook side) error {
	fmt.Printf("%-14s %-11s %7s %10s %12s %12s %12s %12s\n", database, "", "callers", "cycles/s", "call p50", "call p99", "longest", "")
	sides := []side{textbook, ours}
	for _, n := range callers {
		for _, of := range []int{1, accounts} {
			if err := reportTurns(ctx, of, most, sides, [][]int{{n}, {n}}); err != nil {
				return err
			}
		}
	}
	fmt.Println("each with the number of callers that serves it best")
	for _, of := range []int{1, accounts} {
		if err := reportTurns(ctx, of, most, sides, [][]int{{1, 2, 4, 8, 16, 32}, {128, 512, 1024, 2048}}); err != nil {
			return err
		}
	}
	fmt.Println()
	return nil
}

func reportTurns(ctx context.Context, of int, most time.Duration, sides []side, workers [][]int) error {
	b, err := turns(ctx, of, most, sides, workers)
	if err != nil {
		return err
	}
	what := strconv.Itoa(of) + " account"
	if of > 1 {
		what += "s"
	}
	report(what, "textbook", b[0], "")
	report(what, "courrier", b[1], fmt.Sprintf("%.1f times, %.2f of the time", b[1].cycles/b[0].cycles, b[0].cycles/b[1].cycles))
	return nil
}

func report(what, who string, r result, note string) {
	fmt.Printf("%-14s%-11s %8d %10.0f %12v %12v %12v   %s\n", what, who, r.workers, r.cycles,
		r.quantile(0.5).Round(10*time.Microsecond), r.quantile(0.99).Round(10*time.Microsecond), r.quantile(1).Round(10*time.Microsecond), note)
}

// slow is what no call to PostgreSQL should take: fewer workers serve better than
// more who wait longer than that. SQLite copies its log back inside a commit now
// and then, and all wait for that, however few they are.
const slow = 100 * time.Millisecond

// turns finds the number of workers that serves each side best: the most cycles
// with no call over most, or the most of all where no number is without. Then it
// measures both in turns and returns the medians: of the cycles, and of the calls
// of the run with the median longest call.
func turns(ctx context.Context, of int, most time.Duration, sides []side, workers [][]int) ([]result, error) {
	best := make([]int, len(sides))
	for i, s := range sides {
		var fastest result
		for _, n := range workers[i] {
			if len(workers[i]) == 1 {
				best[i] = n
				break
			}
			r, err := run(ctx, s, n, of, *length/2)
			if err != nil {
				return nil, err
			}
			if better(r, fastest, most) {
				fastest, best[i] = r, n
			}
		}
	}
	all := make([][]result, len(sides))
	for range *runs {
		for i, s := range sides {
			r, err := run(ctx, s, best[i], of, *length)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], r)
		}
	}
	medians := make([]result, len(sides))
	for i, rs := range all {
		slices.SortFunc(rs, func(a, b result) int { return cmp.Compare(a.cycles, b.cycles) })
		cycles := rs[len(rs)/2].cycles
		slices.SortFunc(rs, func(a, b result) int { return cmp.Compare(a.quantile(1), b.quantile(1)) })
		medians[i] = rs[len(rs)/2]
		medians[i].cycles = cycles
	}
	return medians, nil
}

func better(a, b result, most time.Duration) bool {
	if len(b.calls) > 0 && (a.quantile(1) > most) != (b.quantile(1) > most) {
		return b.quantile(1) > most
	}
	return a.cycles > b.cycles
}

var made atomic.Int64 // cycles begun

// holdKey is a key as the library's own holds have: of a letter, whose id begins
// with the time.
func holdKey(n int64) string {
	return fmt.Sprintf("hold/%08x-%04x-7000-8000-0123456789ab", n>>16, n&0xffff)
}

// run has workers make cycles, each on the next of the accounts, until the time
// is over.
func run(ctx context.Context, s side, workers, of int, length time.Duration) (result, error) {
	r := result{workers: workers}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	start := time.Now()
	for range workers {
		wg.Go(func() {
			var calls []time.Duration
			var err error
			for err == nil && time.Since(start) < length {
				n := made.Add(1)
				account, key := accountName(int(n)*7919%of), holdKey(n)
				for _, call := range []func(context.Context, string, string) error{s.reserve, s.capture} {
					began := time.Now()
					if err = cmp.Or(err, call(ctx, account, key)); err == nil {
						calls = append(calls, time.Since(began))
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			r.calls = append(r.calls, calls...)
			failed = cmp.Or(failed, err)
		})
	}
	wg.Wait()
	if failed != nil {
		return r, failed
	}
	r.cycles = float64(len(r.calls)) / 2 / time.Since(start).Seconds()
	slices.Sort(r.calls)
	return r, nil
}

func accountName(i int) string { return "account-" + strconv.Itoa(i) }
