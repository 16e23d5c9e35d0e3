package river_test

import (
	"database/sql"
	"fmt"
	"log"
	"maps"
	"slices"

	"github.com/riverqueue/river"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	courrierriver "github.com/courrier-go/courrier/river"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// The duties join a host's own queues. examples/river is a whole program.
func ExampleDuties_AddTo() {
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{mock.New()}})
	if err != nil {
		log.Fatal(err)
	}
	duties, err := courrierriver.New(courrierriver.Config[*sql.Tx]{Client: client, JoinTx: sqlstore.WithTx})
	if err != nil {
		log.Fatal(err)
	}
	config := &river.Config{Queues: map[string]river.QueueConfig{"invoices": {MaxWorkers: 10}}}
	if err := duties.AddTo(config); err != nil {
		log.Fatal(err)
	}
	// engine, err := river.NewClient(driver, config), and duties.Run(ctx, engine)
	fmt.Println(slices.Sorted(maps.Keys(config.Queues)), len(config.PeriodicJobs), "periodic jobs")
	// Output: [courrier_letters courrier_passes invoices] 4 periodic jobs
}
