package postgres_test

import (
	"context"
	"log"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// On the host's own pool, in the host's own transaction. It needs a server to run,
// and is compiled only.
func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	if err := postgres.Migrate(ctx, pool); err != nil { // once a deployment
		log.Fatal(err)
	}
	store, err := postgres.New(ctx, pool)
	if err != nil {
		log.Fatal(err)
	}
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{mock.New()}})
	if err != nil {
		log.Fatal(err)
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		// insert the invoice with tx; the letter is sent if that holds
		_, err := client.Send(postgres.WithTx(ctx, tx), courrier.Letter{Account: "acme", Key: "FA-144"})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}

// With database/sql. It needs a server to run, and is compiled only.
func ExampleOpen() {
	ctx := context.Background()
	db, err := postgres.Open(ctx, os.Getenv("DATABASE_URL")) // or "host=… dbname=…"
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.Postgres, sqlstore.Migrating())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{mock.New()}}); err != nil {
		log.Fatal(err)
	}
}
