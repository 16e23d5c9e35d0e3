package postgres_test

import (
	"context"
	"log"
	"os"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// It needs a server to run, and is compiled only.
func ExampleOpen() {
	ctx := context.Background()
	db, err := postgres.Open(ctx, os.Getenv("DATABASE_URL")) // or "host=… dbname=…"
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	store, err := sqlstore.New(ctx, db, sqlstore.Postgres) // makes its tables
	if err != nil {
		log.Fatal(err)
	}
	if _, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{mock.New()}}); err != nil {
		log.Fatal(err)
	}
}
