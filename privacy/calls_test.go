package privacy_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/privacy"
	"github.com/courrier-go/courrier/stores/memstore"
)

// onlyStore has the methods of a store and no others.
type onlyStore struct{ courrier.Store }

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx, scene := t.Context(), testscene.New(t)
	keeper := privacy.Keeper{Client: scene.Client}
	config := scene.Config
	config.Contents, config.Store = memstore.New(), onlyStore{config.Store}
	plain, err := courrier.New(config)
	require.NoError(t, err)
	faults, err := calldoc.Check(".", map[string][]func() error{
		"Keeper.Erase": {
			func() error { return calldoc.Error(keeper.Erase(ctx, "", "")) },
			func() error { return calldoc.Error(privacy.Keeper{Client: plain}.Erase(ctx, "acme", "c1")) },
			func() error { return calldoc.Error(crossed(t, 1000)) },
		},
		"Keeper.Export": {func() error { return keeper.Export(ctx, io.Discard, "acme", "") }},
		"Keeper.Erasures": {func() (failed error) {
			for _, err := range keeper.Erasures(ctx, "acme") {
				failed = err
			}
			return failed
		}},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
