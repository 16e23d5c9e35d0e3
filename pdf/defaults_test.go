package pdf

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/calldoc"
)

// What a comment says of a zero field is what it becomes.
func TestDefaultsAreAsTheCommentsSay(t *testing.T) {
	t.Parallel()
	var forgiven Tolerances
	for _, c := range []struct {
		filled any
		fields int
	}{
		{Limits{}.withDefaults(), 11}, {Process{}.withDefaults(), 3}, {Pdftoppm{}.withDefaults(), 1}, {Theme{}.withDefaults(), 1},
		{Tolerances{Edge: forgiven.edge(), Size: forgiven.size(), White: forgiven.white(), Speck: forgiven.speck()}, 4},
	} {
		wrong, found, err := calldoc.Defaults(".", c.filled)
		require.NoError(t, err)
		require.Empty(t, wrong)
		require.Equal(t, c.fields, found, "%T", c.filled)
	}
}
