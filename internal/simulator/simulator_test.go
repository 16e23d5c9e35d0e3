package simulator_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"github.com/courrier-go/courrier/internal/simulator"
	"github.com/courrier-go/courrier/stores/memstore"
)

var (
	runs = flag.Int("runs", 100, "how many worlds")
	seed = flag.Uint64("seed", 1, "of the first world; the next has the next")
)

var summary string

func TestMain(m *testing.M) {
	code := m.Run()
	fmt.Println(summary)
	os.Exit(code)
}

func TestNeverTwiceNeverLost(t *testing.T) {
	letters, faults, violations := 0, int64(0), 0
	for n := range *runs {
		s := *seed + uint64(n)
		var r simulator.Result
		synctest.Test(t, func(t *testing.T) { r = simulator.Simulate(t.Context(), s, simulator.World{Store: memstore.New()}) })
		letters += r.Letters
		faults += r.Faults
		violations += len(r.Violations)
		for _, v := range r.Violations {
			t.Errorf("seed %d: %s", s, v)
		}
	}
	if letters == 0 || faults == 0 {
		t.Error("nothing was simulated")
	}
	summary = fmt.Sprintf("simulator: %d runs from seed %d, %d letters, %d faults, %d violations", *runs, *seed, letters, faults, violations)
}
