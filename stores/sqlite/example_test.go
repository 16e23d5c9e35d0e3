package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

func ExampleOpen() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "courrier-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()

	db, err := sqlite.Open(ctx, filepath.Join(folder, "courrier.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating()) // makes its tables
	if err != nil {
		fmt.Println(err)
		return
	}
	books, err := store.Books(ctx, courrier.AccountID("acme"), "stamp")
	fmt.Println(books.Unit, err)
	// Output: stamp <nil>
}
