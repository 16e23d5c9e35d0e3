package simulator

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
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
		var r result
		synctest.Test(t, func(t *testing.T) { r = simulate(t.Context(), s) })
		letters += r.letters
		faults += r.faults
		violations += len(r.violations)
		for _, v := range r.violations {
			t.Errorf("seed %d: %s", s, v)
		}
	}
	if letters == 0 || faults == 0 {
		t.Error("nothing was simulated")
	}
	summary = fmt.Sprintf("simulator: %d runs from seed %d, %d letters, %d faults, %d violations", *runs, *seed, letters, faults, violations)
}
