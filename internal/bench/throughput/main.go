//go:build unix

// Throughput measures how many letters a second go all the way: queued, handed
// to the mock carrier, followed to delivery and captured, with what each costs
// as there are more of them.
//
//	go run ./internal/bench/throughput [-letters 1000,10000,100000] [-postgres DSN]
//
// It prints a table in Markdown. SQLite runs in a temporary folder; PostgreSQL
// in a schema of its own, where a connection string is given. Every round has a
// new database; where there are several, the median counts, after a round that
// only warms up.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
	"github.com/courrier-go/courrier/tariff"
)

func main() {
	sizes := flag.String("letters", "1000,10000,100000", "how many letters, comma separated")
	server := flag.String("postgres", os.Getenv("COURRIER_POSTGRES"), "connection string of a PostgreSQL database; empty: SQLite only")
	stores := flag.String("stores", "SQLite,PostgreSQL", "which stores, comma separated")
	workers := flag.Int("workers", 128, "attempts at the same time")
	flag.Parse()
	if err := run(context.Background(), strings.Split(*stores, ","), strings.Split(*sizes, ","), *server, *workers); err != nil {
		fmt.Fprintln(os.Stderr, "throughput:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stores, sizes []string, server string, workers int) error {
	fmt.Println("| store | letters | queue /s | dispatch /s | follow /s | all the way /s | µs a letter | CPU µs a letter | heap, MiB | rounds |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|")
	var letters []int
	for _, size := range sizes {
		n, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		letters = append(letters, n)
	}
	for _, name := range stores {
		if name == "PostgreSQL" && server == "" {
			continue
		}
		rounds, err := takeTurns(letters, func(n int) (round, error) { return measure(ctx, name, server, n, workers) })
		if err != nil {
			return err
		}
		for _, n := range letters {
			report(name, n, rounds[n])
		}
	}
	return nil
}

// Few letters have a round in each turn, many in each third one.
const (
	turns = 9
	many  = 10_000
)

// takeTurns measures each number of letters several times, in between each
// other: a machine that gets slower does so to all.
func takeTurns(letters []int, measure func(n int) (round, error)) (map[int][]round, error) {
	if _, err := measure(1000); err != nil { // warms up
		return nil, err
	}
	rounds := map[int][]round{}
	for turn := range turns {
		for _, n := range letters {
			if n >= many && turn%3 != 1 {
				continue
			}
			r, err := measure(n)
			if err != nil {
				return nil, err
			}
			rounds[n] = append(rounds[n], r)
		}
	}
	return rounds, nil
}

// report prints the median of rounds.
func report(name string, n int, rounds []round) {
	slices.SortFunc(rounds, func(a, b round) int { return cmp.Compare(a.all(), b.all()) })
	median := rounds[len(rounds)/2]
	rate := func(d time.Duration) float64 { return float64(n) / d.Seconds() }
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
	fmt.Printf("| %s | %d | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %d | %d |\n", name, n,
		rate(median.queued), rate(median.dispatched), rate(median.followed), rate(median.all()), each(median.all()), each(median.cpu), median.heap, len(rounds))
}

// round is what one round took.
type round struct {
	queued, dispatched, followed time.Duration
	cpu                          time.Duration // of this process: a server's is not in it
	heap                         uint64        // MiB that live at the end
}

func (r round) all() time.Duration { return r.queued + r.dispatched + r.followed }

func measure(ctx context.Context, name, server string, n, workers int) (r round, err error) {
	store, done, err := open(ctx, name, server)
	if err != nil {
		return r, err
	}
	defer done()
	office := mock.New(mock.Config{Idempotent: true})
	client, err := courrier.New(courrier.Config{
		Store: store, Providers: []courrier.Provider{office}, Now: office.Now,
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceTracked: courrier.MustAmount("1", "stamp")}),
	})
	if err != nil {
		return r, err
	}
	if _, err := client.Credits("acme").TopUp(ctx, "order", courrier.MustAmount(strconv.Itoa(n), "stamp")); err != nil {
		return r, err
	}
	runtime.GC()
	start := cpuTime()
	if r.queued, err = timed(func() error { return queue(ctx, client, n) }); err != nil {
		return r, err
	}
	r.dispatched, err = timed(func() error {
		report, err := client.Dispatch(ctx, courrier.DispatchOptions{Workers: workers})
		if err == nil && report.Submitted != n {
			err = fmt.Errorf("%d of %d letters were submitted", report.Submitted, n)
		}
		return err
	})
	if err != nil {
		return r, err
	}
	office.Advance(20 * 24 * time.Hour)
	r.followed, err = timed(func() error {
		_, err := client.Refresh(ctx, courrier.RefreshOptions{Workers: 4})
		return err
	})
	if err != nil {
		return r, err
	}
	r.cpu = cpuTime() - start
	err = check(ctx, client, n)
	r.heap = heap()
	return r, err
}

func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func timed(f func() error) (time.Duration, error) {
	start := time.Now()
	err := f()
	return time.Since(start), err
}

// heap is what lives in memory, the mock's own record of the letters aside.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc >> 20
}

func queue(ctx context.Context, client *courrier.Client, n int) error {
	doc := courrier.NewDocument("invoice.pdf", append([]byte("%PDF-1.7\n"), make([]byte, 50_000)...))
	to := courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}}
	const batch = 500
	for first := 0; first < n; first += batch {
		letters := make([]courrier.Letter, min(batch, n-first))
		for i := range letters {
			letters[i] = courrier.Letter{
				Account: "acme", Key: fmt.Sprintf("INV-%07d", first+i), Service: courrier.ServiceTracked,
				To: to, Documents: []courrier.Document{doc},
			}
		}
		for _, r := range client.SendAll(ctx, letters) {
			if r.Err != nil {
				return r.Err
			}
		}
	}
	return nil
}

// check makes sure that what was measured is what was promised.
func check(ctx context.Context, client *courrier.Client, n int) error {
	delivered := 0
	for rec, err := range client.Letters(ctx, courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusDelivered}}) {
		if err != nil {
			return err
		}
		if rec.Charge == courrier.ChargeCaptured {
			delivered++
		}
	}
	balance, err := client.Credits("acme").Balance(ctx, "stamp")
	if err == nil && (delivered != n || !balance.Available.IsZero() || !balance.Reserved.IsZero()) {
		err = fmt.Errorf("%d of %d letters are delivered and paid for", delivered, n)
	}
	return err
}

func open(ctx context.Context, name, server string) (courrier.Store, func(), error) {
	if name == "PostgreSQL" {
		return openPostgres(ctx, server)
	}
	dir, err := os.MkdirTemp("", "courrier-throughput-")
	if err != nil {
		return nil, nil, err
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "courrier.db"))
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
	return store, func() { db.Close(); os.RemoveAll(dir) }, err
}

func openPostgres(ctx context.Context, server string) (courrier.Store, func(), error) {
	admin, err := postgres.Open(ctx, server)
	if err != nil {
		return nil, nil, err
	}
	schema := fmt.Sprintf("courrier_throughput_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := admin.ExecContext(ctx, "CREATE SCHEMA "+schema); err != nil {
		return nil, nil, err
	}
	db, err := postgres.Open(ctx, server+" search_path="+schema)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.Postgres, sqlstore.Migrating(), sqlstore.InSchema(schema))
	return store, func() {
		db.Close()
		admin.ExecContext(ctx, "DROP SCHEMA "+schema+" CASCADE")
		admin.Close()
	}, err
}
