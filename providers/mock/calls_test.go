package mock_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/providers/mock"
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx, office := t.Context(), mock.New()
	faults, err := calldoc.Check(".", map[string][]func() error{
		"Call.Request": {func() error { return calldoc.Error(mock.Call{}.Request(ctx, ":")) }},
		"Open": {func() error {
			return calldoc.Error(mock.Open(filepath.Join(t.TempDir(), "no", "folder"), mock.Config{}))
		}},
		"Office.Close": {office.Close},
		"Office.Deliver": {func() error {
			_, _, err := office.Deliver(ctx, http.NotFoundHandler())
			return err
		}},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
