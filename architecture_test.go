package courrier_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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

// What a host must read before it can use the root stays readable. What does not fit
// has a room of its own.
func TestRootStaysSmall(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	require.LessOrEqual(t, len(files), 40, "files")
	var types, functions []string
	for _, name := range files {
		for _, d := range parse(t, name).Decls {
			if g, ok := d.(*ast.GenDecl); !ok {
				functions = append(functions, exportedNames(d)...)
			} else if g.Tok == token.TYPE {
				types = append(types, exportedNames(d)...)
			}
		}
	}
	require.LessOrEqual(t, len(types), 125, "types: %v", types)
	require.LessOrEqual(t, len(functions), 26, "functions: %v", functions)
	page, err := exec.Command("go", "doc", "-all", ".").Output()
	require.NoError(t, err)
	require.Less(t, strings.Count(string(page), "\n"), 2300, "lines of go doc -all")
}

// No exported name begins with its package's name: dunning.Runner, not
// dunning.DunningRunner.
func TestNamesDoNotStutter(t *testing.T) {
	t.Parallel()
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file := parse(t, path)
		for _, d := range file.Decls {
			for _, name := range exportedNames(d) {
				own := strings.ToUpper(file.Name.Name[:1]) + file.Name.Name[1:]
				rest, begins := strings.CutPrefix(name, own)
				require.False(t, begins && rest != "" && rest[:1] == strings.ToUpper(rest[:1]), "%s: %s.%s", path, file.Name.Name, name)
			}
		}
		return nil
	}))
}

func parse(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	require.NoError(t, err)
	return file
}

// exportedNames returns what a declaration adds to its package's face.
func exportedNames(d ast.Decl) []string {
	var names []*ast.Ident
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name)
			case *ast.ValueSpec:
				names = append(names, spec.Names...)
			}
		}
	}
	var exported []string
	for _, name := range names {
		if name.IsExported() {
			exported = append(exported, name.Name)
		}
	}
	return exported
}

// functionsOf returns the functions of a package, by file.
func functionsOf(t *testing.T, dir string) map[string][]*ast.FuncDecl {
	all := map[string][]*ast.FuncDecl{}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		for _, d := range parse(t, name).Decls {
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
