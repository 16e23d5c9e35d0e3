package rest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/calldoc"
)

// What a comment says of a zero field is what it becomes.
func TestDefaultsAreAsTheCommentsSay(t *testing.T) {
	t.Parallel()
	wrong, found, err := calldoc.Defaults(".", Config{}.withDefaults())
	require.NoError(t, err)
	require.Empty(t, wrong)
	require.Equal(t, 6, found)
}
