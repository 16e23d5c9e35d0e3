package memstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/stores/memstore"
)

// Each call that is no interface's returns what its comment lists: nothing.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx, store := t.Context(), memstore.New()
	faults, err := calldoc.Check(".", map[string][]func() error{
		"Store.ReplaceEvents": {func() error { return store.ReplaceEvents(ctx) }},
		"Store.PutContents":   {func() error { return store.PutContents(ctx, nil) }},
		"Store.HasContents":   {func() error { return calldoc.Error(store.HasContents(ctx, "none")) }},
		"Store.HasContent":    {func() error { return calldoc.Error(store.HasContent(ctx, "none")) }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
