// Package seq has what lists and their filters share.
package seq

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Collect reads a list to its end, or to its first error.
func Collect[T any](list iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for v, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// Only tells whether a filter that wants one value, or any when it is zero,
// selects is.
func Only[T comparable](want, is T) bool {
	var all T
	return want == all || want == is
}

// OneOf tells whether a filter that wants one of some values, or any when there
// are none, selects is.
func OneOf[T comparable](want []T, is T) bool { return len(want) == 0 || slices.Contains(want, is) }

// Within tells whether t lies in [from, to); a zero bound is open.
func Within(t, from, to time.Time) bool {
	return (from.IsZero() || !t.Before(from)) && (to.IsZero() || t.Before(to))
}

// Backoff doubles first with each try, up to most.
func Backoff(first time.Duration, tries int, most time.Duration) time.Duration {
	d := first
	for range tries - 1 {
		if d >= most {
			break
		}
		d *= 2
	}
	return min(d, most)
}

// Parallel does one thing for each of n places, in their order, with a few workers, and
// returns when all is done.
func Parallel(n, workers int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
