package pdf_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/pdf"
)

// What draws a file that a stranger made is told no secret of the host.
func TestCasesEnvironment(t *testing.T) {
	t.Setenv("COURRIER_TEST_SECRET", "of the host")
	t.Run("promise-06", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("the stand-in for the command is a shell script")
		}
		script := filepath.Join(t.TempDir(), "pdftoppm")
		require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\nprintf '\\211PNG'\n/usr/bin/env\n"), 0o700))
		out, err := pdf.Pdftoppm{Path: script}.Rasterize(t.Context(), nil, 1, 72)
		require.NoError(t, err)
		require.Contains(t, string(out), "PWD=", "the script told what it knows")
		require.NotContains(t, string(out), "COURRIER_TEST_SECRET")
	})
}
