package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/sqlite"
)

func TestOpenWantsAFile(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", ":memory:", "file::memory:?cache=shared", "file:letters.db", filepath.Join(t.TempDir(), "none", "letters.db")} {
		_, err := sqlite.Open(t.Context(), path)
		require.ErrorIs(t, err, courrier.ErrInvalid, path)
		require.Equal(t, "path", courrier.FieldErrors(err)[0].Field)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "a b?c#d%20.db"))
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
