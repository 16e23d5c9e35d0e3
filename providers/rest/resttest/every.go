package resttest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
)

// BreakEvery runs a life once undisturbed, on a fake clock, and then with every
// one of its calls broken in every way. The life returns how many calls it made.
func BreakEvery(t *testing.T, life func(t *testing.T, at map[int]Fault) (calls int)) {
	calls := 0
	synctest.Test(t, func(t *testing.T) { calls = life(t, nil) })
	if calls == 0 {
		t.Fatal("a life without a call cannot be broken")
	}
	for at := range calls + 2 {
		t.Run(fmt.Sprint("call ", at), func(t *testing.T) {
			t.Parallel()
			for _, fault := range Faults() {
				broken(t, life, map[int]Fault{at: fault})
			}
		})
	}
}

// BreakPairs runs a life with pairs of its early calls broken, in ways that are
// drawn, the same ones each time.
func BreakPairs(t *testing.T, early, draws int, life func(t *testing.T, at map[int]Fault) (calls int)) {
	for first := range early {
		t.Run(fmt.Sprint("call ", first), func(t *testing.T) {
			t.Parallel()
			chance := rand.New(rand.NewPCG(uint64(first), 7))
			draw := func() Fault { return Faults()[chance.IntN(len(Faults()))] }
			for second := first + 1; second < early; second++ {
				for range draws {
					broken(t, life, map[int]Fault{first: draw(), second: draw()})
				}
			}
		})
	}
}

func broken(t *testing.T, life func(t *testing.T, at map[int]Fault) int, at map[int]Fault) {
	t.Run(fmt.Sprint(at), func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { life(t, at) })
	})
}
