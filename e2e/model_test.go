package e2e_test

import (
	"context"
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/internal/modellife"
)

var (
	modelRuns = flag.Int("model-runs", 1, "random lives of TestModelOnDatabases, on each")
	modelSeed = flag.Uint64("model-seed", 0, "the first seed of TestModelOnDatabases; 0: of the day")
)

// TestModelOnDatabases is package dunning's TestModel on SQLite and PostgreSQL.
func TestModelOnDatabases(t *testing.T) {
	for name, dsn := range databases.Each(t) {
		t.Run(name, func(t *testing.T) {
			store, closeStore, err := databases.Open(context.Background(), dsn)
			require.NoError(t, err)
			defer closeStore()
			seed := modellife.Seed(*modelSeed)
			t.Logf("seeds from %d: %d", seed, *modelRuns)
			all := modellife.Tally{}
			for n := range *modelRuns {
				all.Add(modellife.Live(t, seed+uint64(n), store))
			}
			t.Log(all)
			require.Positive(t, all["left"])
		})
	}
}
