// Package machines_test looks at the whole module as other machines see it.
package machines_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCasesHost holds what did not build on a host's machine, by the name of the case.
func TestCasesHost(t *testing.T) {
	t.Run("host-22", noConstantNeeds64Bits)
}

// listed is what "go list" tells of a package.
type listed struct {
	Dir, ImportPath, Export            string
	GoFiles, TestGoFiles, XTestGoFiles []string
	DepOnly                            bool
}

// noConstantNeeds64Bits reads every file of the module as for a machine of 32 bits.
// The packages it uses are those of this machine: only what overflows is looked at.
func noConstantNeeds64Bits(t *testing.T) {
	if testing.Short() {
		t.Skip("builds every package for its types")
	}
	command := exec.CommandContext(t.Context(), "go", "list", "-e", "-export", "-deps", "-test",
		"-json=Dir,ImportPath,Export,GoFiles,TestGoFiles,XTestGoFiles,DepOnly", "github.com/courrier-go/courrier/...")
	command.Stderr = os.Stderr
	out, err := command.Output()
	require.NoError(t, err)
	exports, packages := map[string]string{}, []listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly && !strings.ContainsAny(p.ImportPath, " ") && !strings.HasSuffix(p.ImportPath, ".test") {
			packages = append(packages, p)
		}
	}
	require.Greater(t, len(packages), 20)
	for _, p := range packages {
		for _, o := range overflows(t, p.Dir, slices.Concat(p.GoFiles, p.TestGoFiles), exports) {
			t.Error(o)
		}
		for _, o := range overflows(t, p.Dir, p.XTestGoFiles, exports) {
			t.Error(o)
		}
	}
	require.Len(t, overflows(t, t.TempDir(), []string{"x.go"}, exports), 1)
}

// overflows lists the constants that do not fit on a machine of 32 bits. Of no file
// by that name it reads one that has such a constant.
func overflows(t *testing.T, dir string, names []string, exports map[string]string) (found []string) {
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		path := filepath.Join(dir, name)
		var source any
		if name == "x.go" {
			source = "package x\nvar x int = 1 << 40"
		}
		f, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil
	}
	config := types.Config{
		Sizes:    types.SizesFor("gc", "386"),
		Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }),
		Error: func(err error) {
			if strings.Contains(err.Error(), "overflow") || strings.Contains(err.Error(), "truncated") {
				found = append(found, err.Error())
			}
		},
	}
	_, _ = config.Check(files[0].Name.Name, set, files, nil) // Error has them all
	return found
}
