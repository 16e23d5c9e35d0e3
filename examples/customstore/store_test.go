package customstore_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/examples/customstore"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/storetest"
)

// The suite is what makes a store of one's own safe to use.
func TestStore(t *testing.T) {
	t.Parallel()
	var paths sync.Map // by store
	at := func(t testing.TB, path string) courrier.Store {
		db, err := sqlite.Open(context.Background(), path)
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		s, err := customstore.New(context.Background(), db)
		require.NoError(t, err)
		paths.Store(s, path)
		return s
	}
	open := func(t testing.TB) courrier.Store { return at(t, filepath.Join(t.TempDir(), "host.db")) }
	reopen := func(t testing.TB, old courrier.Store) courrier.Store {
		path, _ := paths.Load(old)
		return at(t, path.(string))
	}
	storetest.Run(t, open, storetest.Reopening(reopen))
}
