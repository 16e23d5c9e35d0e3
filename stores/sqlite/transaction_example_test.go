package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/providertest"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// An invoice and its letter become true together, in the host's transaction.
func Example_hostTransaction() {
	folder, err := os.MkdirTemp("", "courrier-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := invoiceByPost(context.Background(), filepath.Join(folder, "host.db")); err != nil {
		fmt.Println(err)
	}
	// Output:
	// inside: queued
	// after the rollback: not found
	// after the commit: queued
}

func invoiceByPost(ctx context.Context, path string) error {
	db, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "CREATE TABLE invoices (number TEXT PRIMARY KEY)"); err != nil {
		return err
	}
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
	if err != nil {
		return err
	}
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{mock.New()}})
	if err != nil {
		return err
	}
	letter := providertest.SampleLetter(courrier.ServiceStandard)
	letter.Key = "INV-1042"

	issue := func(really bool) (courrier.LetterID, error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return "", err
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(ctx, "INSERT INTO invoices VALUES (?)", letter.Key); err != nil {
			return "", err
		}
		sent, err := client.Send(sqlstore.WithTx(ctx, tx), letter)
		if err != nil || !really {
			fmt.Println("inside:", sent.Status)
			return sent.ID, err
		}
		return sent.ID, tx.Commit()
	}
	id, err := issue(false)
	if err != nil {
		return err
	}
	if _, err := client.Letter(ctx, id); err != nil {
		fmt.Println("after the rollback: not found")
	}
	if id, err = issue(true); err != nil {
		return err
	}
	sent, err := client.Letter(ctx, id)
	fmt.Println("after the commit:", sent.Status)
	return err
}
