//go:build unix

package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/smtp"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
	"github.com/courrier-go/courrier/tariff"
)

// The ways to reach a customer.
const (
	post      = "letter"
	letterBox = "e-mail"
)

const account courrier.AccountID = "acme"

// noon is when the month ends: within the hours in which e-mails leave.
var noon = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

// setting is what a month's end is measured with.
type setting struct {
	store, server, by  string
	customers, workers int
	mail               *sink
	watch              bool // the heap
}

// took is what each part of it took.
type took struct {
	decided, queued, handedOver time.Duration
	peak                        uint64 // bytes
}

func (t took) all() time.Duration { return t.decided + t.queued + t.handedOver }

// monthEnd is a host's month's end by this library.
func monthEnd(ctx context.Context, s setting) (t took, err error) {
	store, done, err := open(ctx, s.store, s.server)
	if err != nil {
		return t, err
	}
	defer done()
	h := host{setting: s}
	client, err := courrier.New(courrier.Config{
		Store: store, Providers: []courrier.Provider{mock.New(mock.Config{Clock: h.now, Idempotent: true})}, Now: h.now,
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: courrier.MustAmount("1", "stamp")}),
	})
	if err != nil {
		return t, err
	}
	if _, err := client.Credits(account).TopUp(ctx, "order", courrier.MustAmount(strconv.Itoa(s.customers), "stamp")); err != nil {
		return t, err
	}
	mailer, err := smtp.New(smtp.Config{Host: "localhost", Port: s.mail.port, TLS: smtp.Plain, Domain: "acme.example", Connections: 8, Now: h.now})
	if err != nil {
		return t, err
	}
	defer mailer.Close()
	composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{})
	if err != nil {
		return t, err
	}
	runner, err := dunning.New(dunning.Config{Client: client, Store: store, Debtors: h, Settings: settings, Composer: composer, Mailer: mailer,
		LatePayment: latepayment.France(), Workers: s.workers})
	if err != nil {
		return t, err
	}
	if s.watch {
		defer watchHeap(&t.peak)()
	}
	return t, h.run(ctx, client, runner, &t)
}

// run decides, composes and queues, and hands over.
func (h host) run(ctx context.Context, client *courrier.Client, runner *dunning.Runner, t *took) error {
	began := time.Now()
	decided, err := runner.RunDay(ctx, courrier.DateOf(h.now()), h.cases())
	if err != nil {
		return err
	}
	t.decided = time.Since(began)
	began = time.Now()
	sent, err := runner.Dispatch(ctx)
	if err != nil {
		return err
	}
	t.queued = time.Since(began)
	began = time.Now()
	handed, err := client.Dispatch(ctx, courrier.DispatchOptions{Workers: 128})
	t.handedOver = time.Since(began)
	if left := sent.Mailed + handed.Submitted; err == nil && left != h.customers {
		return fmt.Errorf("%d of %d left: %+v, %+v, %+v", left, h.customers, decided, sent, handed)
	}
	return err
}

// host is the host's own data: customers with one invoice each, a week late.
type host struct{ setting }

func (host) now() time.Time { return noon }

func (h host) facts(n int) dunning.Case {
	due := courrier.DateOf(noon).AddDays(-8)
	return dunning.Case{
		Account:  account,
		Customer: dunning.Customer{ID: courrier.CustomerID(fmt.Sprintf("c%06d", n)), Class: latepayment.DebtorBusiness, Contact: dunning.Contact{Email: h.by == letterBox, Post: h.by == post}},
		Invoices: []dunning.Invoice{{ID: dunning.InvoiceID(fmt.Sprintf("i%06d", n)), Number: fmt.Sprintf("F-2026-%06d", n), IssuedOn: due.AddDays(-30),
			Parts: dunning.Due(due, courrier.MustAmount(strconv.Itoa(100+n%900), "EUR"))}},
	}
}

func (h host) cases() iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) {
		for n := range h.customers {
			if !yield(h.facts(n), nil) {
				return
			}
		}
	}
}

// Case implements [dunning.Debtors].
func (h host) Case(_ context.Context, _ courrier.AccountID, customer courrier.CustomerID) (dunning.Case, error) {
	n, err := strconv.Atoi(string(customer[1:]))
	return h.facts(n), err
}

// Details implements [dunning.Debtors].
func (host) Details(_ context.Context, _ courrier.AccountID, customer courrier.CustomerID, _ []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{
		To:   courrier.Recipient{Company: "Client " + string(customer), Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Mail: []email.Box{{Address: string(customer) + "@client.example"}}, Language: courrier.French,
	}, nil
}

func settings(context.Context, courrier.AccountID) (dunning.Settings, error) {
	return dunning.Settings{
		Policies: []courrier.ReminderPolicy{dunning.StandardPolicy()}, Assignment: dunning.PolicyAssignment{Default: "standard"},
		Sender:   courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		MailFrom: email.Box{Address: "billing@acme.example"}, Language: courrier.French,
	}, nil
}

// open opens a new store.
func open(ctx context.Context, name, server string) (*sqlstore.Store, func(), error) {
	if name == "PostgreSQL" {
		return openSchema(ctx, server)
	}
	dir, err := os.MkdirTemp("", "month")
	if err != nil {
		return nil, nil, err
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "month.db"))
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, err
	}
	done := func() { _ = db.Close(); _ = os.RemoveAll(dir) }
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
	if err != nil {
		done()
	}
	return store, done, err
}

func openSchema(ctx context.Context, server string) (*sqlstore.Store, func(), error) {
	schema := fmt.Sprintf("month_%d", time.Now().UnixNano())
	db, err := postgres.Open(ctx, server)
	if err != nil {
		return nil, nil, err
	}
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA "+schema); err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	done := func() {
		_, _ = db.ExecContext(context.WithoutCancel(ctx), "DROP SCHEMA "+schema+" CASCADE")
		_ = db.Close()
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.Postgres, sqlstore.Migrating(), sqlstore.InSchema(schema))
	if err != nil {
		done()
	}
	return store, done, err
}

// watchHeap notes the most that lives on the heap after a collection, beside what did
// before; what it returns ends it.
func watchHeap(peak *uint64) (end func()) {
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !stop.Load() {
			if now := live(); now > before {
				*peak = max(*peak, now-before)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return func() { stop.Store(true); <-done }
}
