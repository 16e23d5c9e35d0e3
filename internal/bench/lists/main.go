// Command lists fills a store with letters and prints how long a page of each list
// takes that a screen needs: the median of five.
//
//	go run ./internal/bench/lists -letters 1000000
//	go run ./internal/bench/lists -letters 1000000 -postgres "host=… dbname=…"
//
// One account has a third of the letters, the other thousand share the rest. The
// tables are made in a new schema, or a new file, and dropped.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

func main() {
	letters := flag.Int("letters", 1_000_000, "how many letters")
	dsn := flag.String("postgres", "", "connection string of a PostgreSQL database; empty: SQLite")
	flag.Parse()
	if err := run(context.Background(), *letters, *dsn); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, letters int, dsn string) error {
	store, db, drop, err := open(ctx, dsn)
	if err != nil {
		return err
	}
	defer drop()
	began := time.Now()
	if err := fill(ctx, store, letters); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "ANALYZE"); err != nil { // as autovacuum does
		return err
	}
	fmt.Printf("%d letters written in %s\n", letters, time.Since(began).Round(time.Second))
	return measure(ctx, store)
}

// open makes new tables, and what removes them.
func open(ctx context.Context, dsn string) (*sqlstore.Store, *sql.DB, func(), error) {
	if dsn == "" {
		dir, err := os.MkdirTemp("", "lists")
		if err != nil {
			return nil, nil, nil, err
		}
		db, err := sqlite.Open(ctx, filepath.Join(dir, "letters.db"))
		if err != nil {
			return nil, nil, nil, err
		}
		store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
		return store, db, func() { _ = db.Close(); _ = os.RemoveAll(dir) }, err
	}
	db, err := postgres.Open(ctx, dsn)
	if err != nil {
		return nil, nil, nil, err
	}
	schema := fmt.Sprintf("lists_%d", os.Getpid())
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA "+schema); err != nil {
		return nil, nil, nil, err
	}
	drop := func() {
		_, _ = db.ExecContext(ctx, "DROP SCHEMA "+schema+" CASCADE")
		_ = db.Close()
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.Postgres, sqlstore.Migrating(), sqlstore.InSchema(schema))
	return store, db, drop, err
}

var start = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// days is over how many days the letters are spread, in the order of their ids.
const days = 300

// letter makes the n-th: the newest are under way, of a thousand one failed, and
// nothing is lost.
func letter(n, of int) courrier.LetterRecord {
	account := courrier.AccountID("big")
	if n%3 > 0 {
		account = courrier.AccountID(fmt.Sprint("a", n%1000))
	}
	status, purpose := courrier.StatusDelivered, courrier.PurposeInvoice
	switch {
	case n%999 == 0:
		status = courrier.StatusFailed
	case n > of-of/100:
		status = courrier.StatusAccepted
	}
	if n%4 == 0 {
		purpose = courrier.PurposeReminder
	}
	at := start.Add(time.Duration(n) * (days * 24 * time.Hour / time.Duration(of)))
	return courrier.LetterRecord{
		ID: courrier.LetterID(fmt.Sprintf("%012x", n)), Status: status, CreatedAt: at, UpdatedAt: at, Provider: "post", ProviderID: fmt.Sprint("p", n),
		Letter: courrier.Letter{
			Account: account, Key: fmt.Sprint("k", n), Purpose: purpose, Customer: courrier.CustomerID(fmt.Sprint("c", n%50_000)),
			To:       courrier.Recipient{Company: "Martin SARL", Address: courrier.Address{Street: "3 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
			Metadata: map[string]string{"order": strings.Repeat("x", 200)},
		},
	}
}

func fill(ctx context.Context, store *sqlstore.Store, letters int) error {
	const batch = 2000
	for from := 0; from < letters; from += batch {
		var some []courrier.Change
		for n := from; n < min(from+batch, letters); n++ {
			l := letter(n, letters)
			some = append(some, courrier.Change{Letter: &l, Entries: entries(l, n)})
		}
		results, err := store.Commit(ctx, some...)
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.Err != nil {
				return r.Err
			}
		}
	}
	return nil
}

// entries are those of one letter in ten: reserves, and a few top-ups among them.
func entries(l courrier.LetterRecord, n int) []courrier.Entry {
	kind := courrier.EntryReserve
	if n%5000 == 0 {
		kind = courrier.EntryTopUp
	}
	if n%10 > 0 {
		return nil
	}
	return []courrier.Entry{{
		Account: l.Letter.Account, Key: l.Letter.Key, Kind: kind, Amount: courrier.MustAmount("1", "stamp"), Ceiling: courrier.MustAmount("10000000", "stamp"),
		Letter: l.ID, At: l.CreatedAt,
	}}
}

// measure prints the lists. A page is what the store reads at once.
func measure(ctx context.Context, store *sqlstore.Store) error {
	day := start.Add(100 * 24 * time.Hour)
	for _, l := range []struct {
		name   string
		filter courrier.LetterFilter
	}{
		{"failed", courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusFailed}}},
		{"accepted, all recent", courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusAccepted}}},
		{"accepted, newest", courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusAccepted}, Newest: true}},
		{"delivered", courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusDelivered}}},
		{"failed, lost or accepted", courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusFailed, courrier.StatusLost, courrier.StatusAccepted}}},
		{"a status that none has", courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusLost}}},
		{"reminders", courrier.LetterFilter{Purposes: []courrier.Purpose{courrier.PurposeReminder}}},
		{"a purpose that none has", courrier.LetterFilter{Purposes: []courrier.Purpose{courrier.PurposeQuote}}},
		{"one day", courrier.LetterFilter{CreatedFrom: day, CreatedTo: day.Add(24 * time.Hour)}},
		{"failed of one month", courrier.LetterFilter{Statuses: []courrier.Status{courrier.StatusFailed}, CreatedFrom: day, CreatedTo: day.AddDate(0, 1, 0)}},
		{"a customer's", courrier.LetterFilter{Customer: "c3"}},
		{"newest of all", courrier.LetterFilter{Newest: true}},
	} {
		l.filter.Account, l.filter.Limit = "big", 200
		if err := timed(l.name, func() (int, error) { return count(store.Letters(ctx, l.filter)) }); err != nil {
			return err
		}
	}
	for name, kind := range map[string]courrier.EntryKind{"entries: top-ups": courrier.EntryTopUp, "entries: a kind that none has": courrier.EntryRebate} {
		f := courrier.EntryFilter{Account: "big", Unit: "stamp", Kinds: []courrier.EntryKind{kind}, Limit: 200}
		if err := timed(name, func() (int, error) { return count(store.Entries(ctx, f)) }); err != nil {
			return err
		}
	}
	return nil
}

func count[T any](list func(func(T, error) bool)) (n int, err error) {
	for _, err := range list {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// timed prints the median of five.
func timed(name string, list func() (int, error)) error {
	var took []time.Duration
	rows := 0
	for range 5 {
		began := time.Now()
		n, err := list()
		if err != nil {
			return err
		}
		rows, took = n, append(took, time.Since(began))
	}
	slices.Sort(took)
	fmt.Printf("%-32s %4d rows %8.1f ms\n", name, rows, took[2].Seconds()*1000)
	return nil
}
