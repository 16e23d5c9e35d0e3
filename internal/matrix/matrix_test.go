package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// The pages say what the adapters declare today.
func TestPagesAreUpToDate(t *testing.T) {
	t.Parallel()
	all, err := carriers(root)
	require.NoError(t, err)
	for name, matrix := range pages {
		page, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		want, err := put(page, matrix(all))
		require.NoError(t, err, name)
		require.Equal(t, string(want), string(page), "%s is out of date: go run ./internal/matrix", name)
	}
}

// Every adapter has a descriptor, whose page exists, and the other way round.
func TestEveryAdapterIsDescribed(t *testing.T) {
	t.Parallel()
	all, err := carriers(root)
	require.NoError(t, err)
	var described []string
	for _, c := range all {
		described = append(described, c.Name)
		require.NotEmpty(t, c.Title)
		require.NotEmpty(t, c.PostsIn)
		require.NotEmpty(t, c.Settles)
		require.NotEmpty(t, c.Needs)
		require.Equal(t, c.caps.Webhooks, c.Webhooks != "", c.Name)
		if c.Page != "" {
			require.FileExists(t, filepath.Join(root, c.Page))
		}
	}
	require.Equal(t, order, described)
	folders, err := filepath.Glob(filepath.Join(root, "providers", "*", "provider.go"))
	require.NoError(t, err)
	for _, f := range folders {
		name := filepath.Base(filepath.Dir(f))
		require.True(t, slices.Contains(described, name), "providers/%s has no carrier.json", name)
	}
}

// A page whose matrix was changed by hand is written anew, and nothing else of it.
func TestWriteMendsThePages(t *testing.T) {
	t.Parallel()
	copied := t.TempDir()
	files, err := filepath.Glob(filepath.Join(root, "providers", "*", "carrier.json"))
	require.NoError(t, err)
	for _, f := range append(files, filepath.Join(root, "README.md"), filepath.Join(root, "docs/carriers.md")) {
		rel, err := filepath.Rel(root, f)
		require.NoError(t, err)
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(copied, rel)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(copied, rel), b, 0o644))
	}
	changed, err := write(copied)
	require.NoError(t, err)
	require.Empty(t, changed)
	path := filepath.Join(copied, "README.md")
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(good), "| registered", "| pigeon", 1)+"more\n"), 0o644))
	bad, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = write(copied)
	require.NoError(t, err)
	mended, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(good)+"more\n", string(mended), string(bad))
	require.NoError(t, os.WriteFile(path, []byte("no marks"), 0o644))
	_, err = write(copied)
	require.ErrorContains(t, err, "README.md")
}
