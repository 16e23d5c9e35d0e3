package resttest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// The first fault in force is met, as often as it was added for.
func TestTroubles(t *testing.T) {
	t.Parallel()
	var troubles resttest.Troubles[string]
	any := func(string) bool { return true }
	require.Empty(t, troubles.Meet(any))
	troubles.Add("twice", 2)
	troubles.Add("always", 0)
	require.Equal(t, "always", troubles.Meet(func(f string) bool { return f != "twice" }), "another call's fault is passed over, and does not count")
	var met []string
	for range 5 {
		met = append(met, troubles.Meet(any))
	}
	require.Equal(t, []string{"twice", "twice", "always", "always", "always"}, met)
	troubles.Heal()
	require.Empty(t, troubles.Meet(any))
}
