package providertest

import "testing"

// Run runs every check as a parallel subtest of t.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("providertest: Harness.New is required")
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.run(t.Context(), h.withDefaults())
			for _, p := range o.Problems {
				t.Error(p)
			}
			if o.Skipped != "" {
				t.Skip(o.Skipped)
			}
		})
	}
}
