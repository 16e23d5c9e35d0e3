package resttest

import (
	"slices"
	"sync"
)

// Troubles are the faults in force at a fake carrier, in words of its own. The zero
// value holds none. It is safe for concurrent use.
type Troubles[F any] struct {
	mu  sync.Mutex
	all []*trouble[F]
}

type trouble[F any] struct {
	fault F
	left  int // calls; below 1: all
}

// Add puts a fault in force for so many calls, or, below 1, until [Troubles.Heal].
func (t *Troubles[F]) Add(f F, times int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, &trouble[F]{f, times})
}

// Heal ends all faults.
func (t *Troubles[F]) Heal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = nil
}

// Meet returns the first fault in force for a call, which counts as one of its calls;
// the zero fault when there is none.
func (t *Troubles[F]) Meet(inForce func(F) bool) F {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, x := range t.all {
		if !inForce(x.fault) {
			continue
		}
		if x.left--; x.left == 0 {
			t.all = slices.Delete(t.all, i, i+1)
		}
		return x.fault
	}
	var none F
	return none
}
