package mercifacteur_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/providers/mercifacteur"
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	faults, err := calldoc.Check(".", map[string][]func() error{
		"New": {func() error { return calldoc.Error(mercifacteur.New(mercifacteur.Config{})) }},
		"Fixed": {func() error {
			return calldoc.Error(mercifacteur.Fixed(mercifacteur.Credentials{})(t.Context(), "acme"))
		}},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
