package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is written builds, passes the whole suite as it is, and is short: a stranger's
// carrier has fewer than 150 lines of its own.
func TestWhatIsWrittenPassesTheSuite(t *testing.T) {
	t.Parallel()
	require.NoError(t, os.MkdirAll("testdata", 0o755)) // which "./..." passes over
	folder, err := os.MkdirTemp("testdata", "written")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(folder) })
	target := filepath.Join(folder, "pigeon")
	path, err := importPath(target)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(path, root+"/internal/newcarrier/testdata/written"), path)
	require.NoError(t, write("pigeon", target, path))
	for _, args := range [][]string{{"vet", "./" + target + "/..."}, {"test", "-count=1", "-v", "./" + target}} {
		out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
		require.NoError(t, err, string(out))
		for line := range strings.Lines(string(out)) {
			skipped := strings.Contains(line, "--- SKIP")
			// Abilities that the template leaves out, and the one word it has none for.
			known := strings.Contains(line, "/draft/") || strings.Contains(line, "/cancel/") || strings.Contains(line, "/quote") || strings.Contains(line, "/proof/") ||
				strings.Contains(line, "/webhook/") || strings.Contains(line, "/track/lost") || strings.Contains(line, "/submit/reach")
			require.True(t, !skipped || known, line)
		}
	}
	code, err := os.ReadFile(filepath.Join(target, "provider.go"))
	require.NoError(t, err)
	lines := 0
	for line := range strings.Lines(string(code)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			lines++
		}
	}
	t.Log(lines, "lines of code")
	require.Less(t, lines, 150)
	page, err := os.ReadFile("../../docs/carriers.md")
	require.NoError(t, err)
	require.True(t, strings.Contains(string(page), fmt.Sprintf("an adapter of %d lines", lines)), "docs/carriers.md says what is counted")
	require.ErrorContains(t, write("pigeon", target, path), "exists")
}

func TestPattern(t *testing.T) {
	t.Parallel()
	for folder, want := range map[string]string{"pigeon": "./pigeon", "./pigeon": "./pigeon", "./a/../pigeon/": "./pigeon", "../pigeon": "../pigeon", "/a/pigeon": "/a/pigeon"} {
		require.Equal(t, want, pattern(folder))
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "A", "Royal", "royal-mail", "royal_mail", "x", strings.Repeat("x", 31), "../x",
		"type", "main", "http", "courrier", "string", "keys", "resttest", "testing"} {
		require.Error(t, write(bad, filepath.Join(t.TempDir(), "x"), "x"), bad)
	}
	require.Error(t, run(nil))
	require.Error(t, run([]string{"a", "b", "c"}))
	require.Error(t, run([]string{"pigeon", "/nowhere/pigeon"}))
}
