package latepayment_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Money is not computed in floating point here, nor with anything that could
// bring it in through the back door.
func TestNoFloatingPoint(t *testing.T) {
	t.Parallel()
	forbidden := map[string]bool{
		"float32": true, "float64": true, "complex64": true, "complex128": true,
		"Float64": true, "NewFromFloat64": true, "SetFloat64": true, "ParseFloat": true,
	}
	for name, file := range packageSource(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				require.False(t, forbidden[n.Name], "%s: %s", name, n.Name)
			case *ast.BasicLit:
				require.False(t, n.Kind == token.FLOAT || n.Kind == token.IMAG, "%s: %s", name, n.Value)
			}
			return true
		})
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	for name, file := range packageSource(t) {
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			standard := !strings.Contains(strings.Split(path, "/")[0], ".")
			allowed := path == "github.com/courrier-go/courrier" || path == "github.com/courrier-go/courrier/internal/strictjson"
			require.True(t, standard && path != "math" || allowed, "%s imports %s", name, path)
		}
	}
}

func packageSource(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files := map[string]*ast.File{}
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
		}
	}
	require.Greater(t, len(files), 10)
	return files
}
