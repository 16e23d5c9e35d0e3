package courrier_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var walkRow = regexp.MustCompile(`^\| ([\w/]+\.go) \| (\w+) \| (\w*) ?\| (.+) \|$`)

// The walks of docs/architecture.md are those of the code: each function is in the
// file named, its caller is in the package and calls it, and a file that comes again
// says why.
func TestWalksAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/architecture.md")
	require.NoError(t, err)
	code := map[string]map[string][]*ast.FuncDecl{".": functionsOf(t, "."), "dunning": functionsOf(t, "dunning")}
	walks := strings.Split(string(page), "\n## ")[1:]
	require.Len(t, walks, 5)
	for _, walk := range walks {
		title, rows := strings.SplitN(walk, "\n", 2)[0], 0
		left, last := map[string]bool{}, ""
		for _, line := range strings.Split(walk, "\n") {
			row := walkRow.FindStringSubmatch(line)
			if row == nil {
				continue
			}
			rows++
			file, function, caller, why := row[1], row[2], row[3], row[4]
			functions := code[filepath.Dir(file)]
			require.NotNil(t, find(functions[file], function), "%s: %s has no %s", title, file, function)
			if caller != "" {
				require.True(t, calls(functions, caller, function), "%s: %s does not call %s", title, caller, function)
			}
			if file != last {
				require.Equal(t, left[file], strings.HasPrefix(why, "again: "), "%s: %s comes again, or does not", title, file)
				left[last] = true
			}
			last = file
		}
		require.Greater(t, rows, 5, title)
	}
}

// functionsOf returns the functions of a package, by file.
func functionsOf(t *testing.T, dir string) map[string][]*ast.FuncDecl {
	all := map[string][]*ast.FuncDecl{}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				all[filepath.ToSlash(name)] = append(all[filepath.ToSlash(name)], f)
			}
		}
	}
	return all
}

func find(functions []*ast.FuncDecl, name string) *ast.FuncDecl {
	for _, f := range functions {
		if f.Name.Name == name {
			return f
		}
	}
	return nil
}

// calls tells whether a function of that name mentions the other.
func calls(functions map[string][]*ast.FuncDecl, caller, name string) bool {
	found := false
	for _, file := range functions {
		for _, f := range file {
			if f.Name.Name != caller || f.Body == nil {
				continue
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.Name == name {
					found = true
				}
				return !found
			})
		}
	}
	return found
}
