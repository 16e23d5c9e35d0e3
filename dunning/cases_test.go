package dunning_test

import (
	"maps"
	"slices"
	"testing"
)

// caseLists are the named cases of this package, each list beside what it is about.
var caseLists = []map[string]func(t *testing.T){policyCases, handCases, dayCases, letterCases, debtCases}

// TestCases runs every case under its name.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, list := range caseLists {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				list[name](t)
			})
		}
	}
}
