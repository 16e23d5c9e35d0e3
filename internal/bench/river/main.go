//go:build unix

// River measures what module river costs beside River alone: the same letters, handed to
// the mock carrier by the module's jobs, and by a host's own job of as many bytes.
//
//	go run ./internal/bench/river -postgres DSN [-letters 2000] [-rounds 5]
//
// Jobs are inserted in one transaction and worked by one process; time runs until all
// are completed. The two sides take turns, each round in a schema of its own, and the
// median of each counts. CPU is this process's: what the server used is in the elapsed
// time alone. Letters that left before cost both sides one read a job.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/sidebyside"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

func main() {
	log.SetFlags(0)
	server := flag.String("postgres", os.Getenv("COURRIER_POSTGRES"), "connection string of a PostgreSQL database")
	letters := flag.Int("letters", 2000, "letters a round")
	rounds := flag.Int("rounds", 5, "rounds of each side")
	flag.Parse()
	if err := run(context.Background(), *server, *letters, *rounds); err != nil {
		log.Fatal("river: ", err)
	}
}

// most is how many times River alone the module may take.
const most = 1.2

func run(ctx context.Context, server string, letters, rounds int) error {
	fmt.Println("| jobs | | elapsed, ms | CPU µs a job | jobs/s |")
	fmt.Println("|---|---|---|---|---|")
	var worst float64
	for _, gone := range []bool{false, true} {
		name := map[bool]string{false: "letters handed over", true: "letters that left before"}[gone]
		ours, bare, err := takeTurns(ctx, server, letters, rounds, gone)
		if err != nil {
			return err
		}
		ours.print(name, "module river", letters)
		bare.print(name, "River alone", letters)
		elapsed, cpu := ratio(ours.elapsed, bare.elapsed), ratio(ours.cpu, bare.cpu)
		fmt.Printf("| %s | ratio | %.2f | %.2f | |\n", name, elapsed, cpu)
		worst = max(worst, cpu)
	}
	fmt.Printf("\nmodule river takes %.2f times the CPU of River alone at most (at most %.1f is wanted)\n", worst, most)
	return nil
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

// cost is what a round took.
type cost struct{ elapsed, cpu time.Duration }

func (c cost) print(jobs, side string, n int) {
	fmt.Printf("| %s | %s | %d | %.0f | %.0f |\n", jobs, side, c.elapsed.Milliseconds(), float64(c.cpu.Microseconds())/float64(n), float64(n)/c.elapsed.Seconds())
}

// takeTurns measures both sides in turns, after a round of each that only warms up.
func takeTurns(ctx context.Context, server string, letters, rounds int, gone bool) (ours, bare cost, err error) {
	var all [2][]cost
	for turn := range rounds + 1 {
		for i, side := range []func(*scene) (engine, error){newModule, newBare} {
			c, err := measure(ctx, server, letters, gone, side)
			if err != nil {
				return ours, bare, err
			}
			if turn > 0 {
				all[i] = append(all[i], c)
			}
		}
	}
	return median(all[0]), median(all[1]), nil
}

func median(all []cost) cost {
	of := func(by func(cost) time.Duration) time.Duration {
		slices.SortFunc(all, func(a, b cost) int { return cmp.Compare(by(a), by(b)) })
		return by(all[len(all)/2])
	}
	return cost{of(func(c cost) time.Duration { return c.elapsed }), of(func(c cost) time.Duration { return c.cpu })}
}

// scene is a database with letters that are queued.
type scene struct {
	pool   *pgxpool.Pool
	schema string
	office *mock.Office
	client *courrier.Client
	recs   []courrier.LetterRecord
}

// measure lets one side do its jobs in a schema of its own.
func measure(ctx context.Context, server string, letters int, gone bool, side func(*scene) (engine, error)) (c cost, err error) {
	s, done, err := newScene(ctx, server, letters)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if gone {
		if _, err := s.client.Dispatch(ctx, courrier.DispatchOptions{Workers: workers}); err != nil {
			return c, err
		}
	}
	e, err := side(s)
	if err != nil {
		return c, err
	}
	began, cpu := time.Now(), sidebyside.CPU()
	if err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return e.insert(ctx, tx) }); err != nil {
		return c, err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- e.run(running) }()
	err = s.completed(ctx, e.kind)
	c = cost{time.Since(began), sidebyside.CPU() - cpu}
	stop()
	<-ended
	if printed := len(s.office.Accepted()); err == nil && printed != letters {
		err = fmt.Errorf("%d of %d letters were printed", printed, letters)
	}
	return c, err
}

// completed waits until every letter's job is done.
func (s *scene) completed(ctx context.Context, kind string) error {
	for range 6000 {
		var n int
		err := s.pool.QueryRow(ctx, "SELECT count(*) FROM "+s.schema+".river_job WHERE kind = $1 AND state = 'completed'", kind).Scan(&n)
		if err != nil || n == len(s.recs) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("jobs are left after two minutes")
}

func newScene(ctx context.Context, server string, letters int) (*scene, func() error, error) {
	pool, err := pgxpool.New(ctx, server)
	if err != nil {
		return nil, nil, err
	}
	s := &scene{pool: pool, schema: fmt.Sprintf("courrier_river_%d_%d", os.Getpid(), time.Now().UnixNano()), office: mock.New()}
	done := func() error {
		_, err := pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+s.schema+" CASCADE")
		pool.Close()
		return err
	}
	if err := s.fill(ctx, letters); err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return s, done, nil
}

func (s *scene) fill(ctx context.Context, letters int) error {
	if _, err := s.pool.Exec(ctx, "CREATE SCHEMA "+s.schema); err != nil {
		return err
	}
	store, err := postgres.New(ctx, s.pool, sqlstore.Migrating(), sqlstore.InSchema(s.schema))
	if err != nil {
		return err
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(s.pool), &rivermigrate.Config{Schema: s.schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	if s.client, err = courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{s.office}, Now: s.office.Now}); err != nil {
		return err
	}
	all := make([]courrier.Letter, letters)
	for i := range all {
		all[i] = courrier.Letter{
			Account: "acme", Key: fmt.Sprintf("INV-%07d", i), Service: courrier.ServiceStandard,
			To:        courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
			From:      courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
			Documents: []courrier.Document{courrier.NewDocument("invoice.pdf", append([]byte("%PDF-1.7\n"), make([]byte, 50_000)...))},
		}
	}
	for _, r := range s.client.SendAll(ctx, all) {
		if r.Err != nil {
			return r.Err
		}
		s.recs = append(s.recs, r.Record)
	}
	return nil
}

// config is that of both sides.
func (s *scene) config() *river.Config {
	return &river.Config{
		Schema: s.schema, Logger: slog.New(slog.DiscardHandler), FetchCooldown: 10 * time.Millisecond, FetchPollInterval: 50 * time.Millisecond,
	}
}
