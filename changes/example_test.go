package changes_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/stores/memstore"
)

// A host reads what happened since it looked last, and is told nothing twice once it
// has worked on it.
func ExampleReader() {
	ctx, store := context.Background(), memstore.New()
	letter := courrier.LetterRecord{
		ID: "L1", Letter: courrier.Letter{Account: "acme", Key: "invoice 7"}, Status: courrier.StatusDelivered,
		UpdatedAt: time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC),
	}
	if _, err := store.Commit(ctx, courrier.Change{Letter: &letter}); err != nil {
		log.Fatal(err)
	}
	reader := changes.Reader{Store: store, Name: "crm"}
	for range 2 {
		n, err := reader.Read(ctx, func(_ context.Context, some []changes.Change) error {
			for _, c := range some {
				fmt.Println(c.Kind, c.Account, c.Subject, c.State)
			}
			return nil
		})
		fmt.Println(n, err)
	}
	// Output:
	// letter.moved acme L1 delivered
	// 1 <nil>
	// 0 <nil>
}
