//go:build unix

// Month measures a month's end: every customer is late, and gets a reminder by post or
// by e-mail. Ours decides, composes, queues and hands over; beside it stands what a host
// would write without a library: for each customer a transaction, a letter by fpdf, a
// message by net/smtp.
//
//	go run ./internal/bench/month [-customers N] [-postgres DSN] [-memory] [-cpuprofile FILE]
//
// It prints tables in Markdown: SQLite in a temporary folder, PostgreSQL in a schema of
// its own where a connection string is given. The carrier is the mock; the mail server
// answers on a socket of this machine and keeps nothing. The other side does a tenth of
// the customers, and each costs it the same. The last line says how many times faster
// ours is, at its worst store.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

// share is the part of the customers that the straightforward program does.
const share = 10

func main() {
	customers := flag.Int("customers", 5000, "customers who are late")
	server := flag.String("postgres", os.Getenv("COURRIER_POSTGRES"), "connection string of a PostgreSQL database; empty: SQLite only")
	workers := flag.Int("workers", 32, "customers that our dispatch works on at once")
	memory := flag.Bool("memory", false, "measures how much memory 1,000 and 50,000 customers take, and nothing else")
	profile := flag.String("cpuprofile", "", "file for a CPU profile")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "month:", err)
			os.Exit(1)
		}
		defer pprof.StopCPUProfile()
	}
	run := func() error { return compare(context.Background(), *server, *customers, *workers) }
	if *memory {
		run = func() error { return grow(context.Background(), *workers) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "month:", err)
		os.Exit(1)
	}
}

// compare prints both sides on each store.
func compare(ctx context.Context, server string, customers, workers int) error {
	mail, err := listen()
	if err != nil {
		return err
	}
	defer mail.close()
	fmt.Printf("%s, %d CPUs, %d customers.\n\n", runtime.Version(), runtime.NumCPU(), customers)
	fmt.Println("| store | by | decide, ms | compose and queue, ms | hand over, ms | a second | straightforward, a second | times |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	worst := map[string]float64{post: math.Inf(1), letterBox: math.Inf(1)}
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		if name == "PostgreSQL" && server == "" {
			continue
		}
		for _, by := range []string{post, letterBox} {
			ours, err := monthEnd(ctx, setting{store: name, server: server, by: by, customers: customers, workers: workers, mail: mail})
			if err != nil {
				return fmt.Errorf("%s by %s: %w", name, by, err)
			}
			theirs, err := straightforward(ctx, name, server, by, customers/share, mail)
			if err != nil {
				return fmt.Errorf("straightforward, %s by %s: %w", name, by, err)
			}
			rate, other := perSecond(customers, ours.all()), perSecond(customers/share, theirs)
			worst[by] = min(worst[by], rate/other)
			fmt.Printf("| %s | %s | %d | %d | %d | %.0f | %.0f | %.1f |\n", name, by, ours.decided.Milliseconds(), ours.queued.Milliseconds(),
				ours.handedOver.Milliseconds(), rate, other, rate/other)
		}
	}
	fmt.Printf("\nletters %.1f times, e-mails %.1f times\n", worst[post], worst[letterBox])
	return nil
}

// grow prints the heap that lives while a month's end of few and of many customers runs.
func grow(ctx context.Context, workers int) error {
	mail, err := listen()
	if err != nil {
		return err
	}
	defer mail.close()
	fmt.Println("| customers | by | heap beside the host's facts, at most, MiB |")
	fmt.Println("|---|---|---|")
	for _, by := range []string{post, letterBox} {
		for _, customers := range []int{1000, 50_000} {
			r, err := monthEnd(ctx, setting{store: "SQLite", by: by, customers: customers, workers: workers, mail: mail, watch: true})
			if err != nil {
				return err
			}
			fmt.Printf("| %d | %s | %.0f |\n", customers, by, float64(r.peak)/(1<<20))
		}
	}
	return nil
}

func perSecond(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }
