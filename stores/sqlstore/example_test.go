package sqlstore_test

import (
	"context"
	"database/sql"
	"log"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// A host gives its own pool. It needs a server to run, and is compiled only.
func ExampleNew() {
	ctx := context.Background()
	db, err := sql.Open("pgx", "host=… dbname=…") // the driver that the host has already
	if err != nil {
		log.Fatal(err)
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.Postgres, sqlstore.Migrating()) // makes its tables
	if err != nil {
		log.Fatal(err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	// What is stored under this context is committed with the host's own rows.
	if _, err := store.Books(sqlstore.WithTx(ctx, tx), courrier.AccountID("acme"), "stamp"); err != nil {
		log.Fatal(err)
	}
}
