package changes_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/stores/memstore"
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	nameless := changes.Reader{Store: memstore.New()}
	read := func(context.Context, []changes.Change) error { return nil }
	faults, err := calldoc.Check(".", map[string][]func() error{
		"Reader.Read":   {func() error { return calldoc.Error(nameless.Read(ctx, read)) }},
		"Reader.Follow": {func() error { return nameless.Follow(ctx, time.Hour, read) }},
		"Reader.Rewind": {func() error { return nameless.Rewind(ctx) }},
		"Reader.Skip":   {func() error { return nameless.Skip(ctx) }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
