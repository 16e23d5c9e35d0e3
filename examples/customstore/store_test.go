package customstore_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/examples/customstore"
	"github.com/courrier-go/courrier/stores/storetest"
)

func open(t testing.TB, path string) *customstore.Store {
	t.Helper()
	s, err := customstore.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	var paths sync.Map
	fresh := func(t testing.TB) courrier.Store {
		path := filepath.Join(t.TempDir(), "journal")
		s := open(t, path)
		paths.Store(s, path)
		return s
	}
	again := func(t testing.TB, old courrier.Store) courrier.Store {
		path, _ := paths.Load(old)
		s := open(t, path.(string))
		paths.Store(s, path)
		return s
	}
	storetest.Run(t, fresh, storetest.Reopening(again))
}

func item(id string) courrier.Change {
	return courrier.Change{Items: []courrier.Item{{Kind: "note", Account: "acme", ID: id}}}
}

// A crash in the middle of a write leaves part of a line behind.
func TestUnfinishedLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	s := open(t, path)
	_, err := s.Commit(t.Context(), item("kept"))
	require.NoError(t, err)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), item("lost"))
	require.NoError(t, err)

	for _, cut := range []int64{1, 20} {
		require.NoError(t, os.Truncate(path, int64(len(whole))+cut))
		s = open(t, path)
		_, err = s.Item(t.Context(), "note", "acme", "lost")
		require.ErrorIs(t, err, courrier.ErrNotFound)
		_, err = s.Item(t.Context(), "note", "acme", "kept")
		require.NoError(t, err)
		_, err = s.Commit(t.Context(), item("lost"))
		require.NoError(t, err)
	}
	_, err = open(t, path).Item(t.Context(), "note", "acme", "lost")
	require.NoError(t, err)
}

func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, os.WriteFile(path, []byte("[]\nnot a line of ours\n[]\n"), 0o600))
	_, err := customstore.Open(t.Context(), path)
	require.ErrorContains(t, err, "line at byte 3")
}

// Two ids that JSON would make one must not meet when the journal is read again.
func TestNoText(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "journal"))
	for _, id := range []string{"a\xfe", "a\xff"} {
		_, err := s.Commit(t.Context(), item(id))
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
	results, err := s.Commit(t.Context(), item("a\ufffd"))
	require.NoError(t, err)
	require.NoError(t, results[0].Err)
}
