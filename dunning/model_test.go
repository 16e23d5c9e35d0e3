package dunning_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/modellife"
	"github.com/courrier-go/courrier/stores/memstore"
)

var (
	modelRuns = flag.Int("model-runs", 8, "random lives of TestModel")
	modelSeed = flag.Uint64("model-seed", 0, "the first seed of TestModel; 0: of the day")
)

// TestModel lives random days of several people, a policy, mass sends, payments that
// come and are returned, pauses, promises, edited policies, merged customers, bounces
// and mail servers that refuse, with two processes at once, and holds what left
// against a model that knows only the rules: no step twice, no notice without what it
// requires unless a person answered for it, no letter for a failure of ours, and for
// every invoice that is not reminded a reason that is true on that day. Module e2e
// does the same on databases.
func TestModel(t *testing.T) {
	t.Parallel()
	seed := modellife.Seed(*modelSeed)
	t.Logf("seeds from %d: %d", seed, *modelRuns)
	all := modellife.Tally{}
	for n := range *modelRuns {
		all.Add(modellife.Live(t, seed+uint64(n), memstore.New()))
	}
	t.Log(all)
	require.Positive(t, all["left"])
}
