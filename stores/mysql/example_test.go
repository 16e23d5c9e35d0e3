package mysql_test

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier/stores/mysql"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

func ExampleOpen() {
	ctx := context.Background()
	db, err := mysql.Open(ctx, "app:password@tcp(localhost:3306)/letters")
	if err != nil {
		fmt.Println("no server:", err != nil)
		return
	}
	defer func() { _ = db.Close() }()
	_, err = sqlstore.New(ctx, sqlstore.DB(db), sqlstore.MySQL, sqlstore.Migrating()) // makes its tables
	fmt.Println(err)
}
