// River sends letters with the job engine River in place of Client.Run: invoices and
// their letters and jobs in one transaction, two processes that share the work, and a
// stop that leaves nothing in doubt. It needs no network, for its carrier is a post
// office in memory:
//
//	go run ./examples/river                                          on a SQLite file of its own
//	go run ./examples/river -postgres "host=localhost dbname=trial"  on PostgreSQL, with pgx
//
// It makes its tables in that database.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	courrierriver "github.com/courrier-go/courrier/river"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

func main() {
	log.SetFlags(0)
	dsn := flag.String("postgres", "", "connection string of a PostgreSQL database; none: SQLite")
	flag.Parse()
	run := onSQLite
	if *dsn != "" {
		run = func(ctx context.Context) error { return onPostgres(ctx, *dsn) }
	}
	if err := run(context.Background()); err != nil {
		log.Fatal("river: ", err)
	}
}

// database is what the two kinds of databases do alike. TTx is a transaction: pgx.Tx, or
// *sql.Tx.
type database[TTx any] struct {
	store  *sqlstore.Store
	driver riverdriver.Driver[TTx]
	joinTx func(context.Context, TTx) context.Context
	// inTx does something in a transaction, which is rolled back when that fails.
	inTx func(ctx context.Context, do func(TTx) error) error
	// insert is the host's own work in it.
	insert func(ctx context.Context, tx TTx, invoice string) error
}

// host is one process: in production each is a program of its own.
type host[TTx any] struct {
	database[TTx]
	client *courrier.Client
	duties *courrierriver.Duties[TTx]
	engine *river.Client[TTx]
}

func newHost[TTx any](db database[TTx], office *mock.Office) (*host[TTx], error) {
	client, err := courrier.New(courrier.Config{Store: db.store, Providers: []courrier.Provider{office}})
	if err != nil {
		return nil, err
	}
	duties, err := courrierriver.New(courrierriver.Config[TTx]{Client: client, JoinTx: db.joinTx, Every: time.Second}) // a minute, in production
	if err != nil {
		return nil, err
	}
	config := &river.Config{Logger: slog.New(slog.DiscardHandler)} // add your own workers and queues
	if err := duties.AddTo(config); err != nil {
		return nil, err
	}
	engine, err := river.NewClient(db.driver, config)
	return &host[TTx]{db, client, duties, engine}, err
}

// send stores an invoice with its letter and the letter's job: all three, or none.
func (h *host[TTx]) send(ctx context.Context, invoice string) error {
	return h.inTx(ctx, func(tx TTx) error {
		if _, err := h.duties.SendTx(ctx, h.engine, tx, letterOf(invoice)); err != nil {
			return err
		}
		return h.insert(ctx, tx, invoice)
	})
}

func letterOf(invoice string) courrier.Letter {
	return courrier.Letter{
		Account: "atelier-verne", Key: "invoice " + invoice, Service: courrier.ServiceStandard, Purpose: courrier.PurposeInvoice,
		From:      courrier.Sender{Company: "Atelier Verne", Address: courrier.Address{Street: "3 quai de la Fosse", Postcode: "44000", City: "Nantes", Country: "FR"}},
		To:        courrier.Recipient{Company: "Bois & Fils", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Documents: []courrier.Document{courrier.NewDocument("invoice.pdf", []byte("%PDF-1.7 invoice "+invoice))},
	}
}

// show sends five letters, one of which a rollback takes back, and waits for them.
func show[TTx any](ctx context.Context, db database[TTx]) error {
	migrator, err := rivermigrate.New(db.driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	office := mock.New(mock.Config{Clock: time.Now})
	first, err := newHost(db, office)
	if err != nil {
		return err
	}
	second, err := newHost(db, office)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx) // signal.NotifyContext, in production
	ended := make(chan error)
	for _, h := range []*host[TTx]{first, second} {
		go func() { ended <- h.duties.Run(running, h.engine) }()
	}
	for _, invoice := range []string{"F-1", "F-2", "F-3", "F-4", "F-1"} {
		fmt.Printf("invoice %s: %v\n", invoice, outcome(first.send(ctx, invoice)))
	}
	for len(office.Accepted()) < 4 {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	fmt.Println("stopped:", <-ended, "and", <-ended)
	for rec, err := range first.client.Letters(ctx, courrier.LetterFilter{}) {
		if err != nil {
			return err
		}
		fmt.Println("letter of", rec.Letter.Key+":", rec.Status)
	}
	fmt.Println("printed:", len(office.Accepted()))
	return nil
}

func outcome(err error) string {
	if err != nil {
		return "rolled back, with its letter and job: there is one of that number"
	}
	return "stored, its letter and job too"
}
