package river

import (
	"database/sql"
	"testing"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
)

// Each call returns what its comment lists, and nothing else: what River itself answers,
// and the client that sends, come besides.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{mock.New()}})
	require.NoError(t, err)
	duties, err := New(Config[*sql.Tx]{Client: client})
	require.NoError(t, err)
	twice := new(river.Config)
	faults, err := calldoc.Check(".", map[string][]func() error{
		"New": {func() error { return calldoc.Error(New(Config[*sql.Tx]{})) }},
		"Duties.AddTo": {
			func() error { return duties.AddTo(nil) },
			func() error { return duties.AddTo(twice) },
			func() error { return duties.AddTo(twice) },
		},
		"Duties.Run":       {func() error { return duties.Run(ctx, nil) }},
		"Duties.EnqueueTx": {func() error { return duties.EnqueueTx(ctx, nil, nil) }},
		"Duties.SendTx":    {func() error { return calldoc.Error(duties.SendTx(ctx, nil, nil, courrier.Letter{})) }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
