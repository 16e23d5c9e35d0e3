// Package pages_test types the code of README and docs into an empty module.
package pages_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// modules of this repository that a page may use, with their folders.
var modules = map[string]string{"": ".", "/otel": "otel", "/stores/sqlite": "stores/sqlite", "/stores/postgres": "stores/postgres",
	"/stores/mysql": "stores/mysql", "/river": "river"}

// block is one piece of Go on a page.
type block struct {
	page, code string
	ends       int // rows of the page up to its end: see rowWidth
}

// program: a reader can run it as it stands.
func (b block) program() bool { return strings.HasPrefix(b.code, "package main\n") }

// A screen has so many rows of so many characters; what is longer goes on in the next row.
const rowWidth, screen = 120, 50

func blocksOf(t *testing.T, page string) (all []block) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	rows, inside, code := 0, false, []string(nil)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		rows += max(1, (utf8.RuneCountInString(line)+rowWidth-1)/rowWidth)
		switch {
		case line == "```go":
			inside, code = true, nil
		case inside && line == "```":
			inside = false
			all = append(all, block{page: page, code: strings.Join(code, "\n") + "\n", ends: rows})
		case inside:
			code = append(code, line)
		}
	}
	return all
}

func everyBlock(t *testing.T) []block {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	require.NoError(t, err)
	all := blocksOf(t, "README.md")
	for _, page := range pages {
		all = append(all, blocksOf(t, "docs/"+filepath.Base(page))...)
	}
	require.Greater(t, len(all), 20)
	return all
}

// README is two screens to the first letter and three to the first reminder, each a
// program that a reader copies whole.
func TestReadmeIsShortToTheFirstLetter(t *testing.T) {
	t.Parallel()
	readme := blocksOf(t, "README.md")
	require.True(t, readme[0].program() && strings.Contains(readme[0].code, "client.Send("))
	require.LessOrEqual(t, readme[0].ends, 2*screen)
	require.True(t, readme[1].program() && strings.Contains(readme[1].code, "runner.Dispatch("))
	require.LessOrEqual(t, readme[1].ends, 3*screen)
}

// Every block of Go compiles in a module that has nothing else; a program prints what
// it says.
func TestEveryBlockCompilesInAnEmptyModule(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds a module: the full run does")
	}
	dir := emptyModule(t)
	run := map[string]block{}
	for i, b := range everyBlock(t) {
		name := fmt.Sprintf("block%02d", i)
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "page.go"), []byte(b.source()), 0o600))
		if b.program() {
			run[name] = b
		}
	}
	require.Len(t, run, 2)
	goTool(t, dir, "build", "./...")
	for name, b := range run {
		_, want, found := strings.Cut(b.code, "// Output: ")
		require.True(t, found, b.page)
		want, _, _ = strings.Cut(want, "\n")
		require.Equal(t, want+"\n", goTool(t, dir, "run", "./"+name), b.page)
	}
}

// emptyModule makes a module that requires this repository's, from where they are.
func emptyModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	mod, sums := "module try\n\ngo 1.26.0\n", map[string]bool{}
	for path, folder := range modules {
		mod += fmt.Sprintf("\nrequire github.com/courrier-go/courrier%s v0.0.0\nreplace github.com/courrier-go/courrier%[1]s => %q\n", path, filepath.Join(here, folder))
		text, err := os.ReadFile(filepath.Join(here, folder, "go.sum"))
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			sums[line] = true
		}
	}
	var sum strings.Builder
	for line := range sums {
		sum.WriteString(line)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), []byte(sum.String()), 0o600))
	return dir
}

func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod "+os.Getenv("GOFLAGS"))
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	require.NoError(t, err, said.String())
	return string(out)
}

var (
	selector = regexp.MustCompile(`\b([a-z][A-Za-z0-9]*)\.[A-Z]`)
	declared = regexp.MustCompile(`(?m)^([a-z]\w*(?:, [a-z_]\w*)*) :=`)
)

// source makes a file of a block: what is no program gets the imports that it names and
// the values that its page gives the reader.
func (b block) source() string {
	if b.program() {
		return b.code
	}
	var file strings.Builder
	file.WriteString("package page\n\n")
	if imports, rest, found := strings.Cut(b.code, "\n)\n"); found && strings.HasPrefix(imports, "import (") {
		file.WriteString(imports + "\n)\n")
		b.code = rest
	}
	names := map[string]bool{}
	for _, found := range selector.FindAllStringSubmatch(b.code, -1) {
		names[found[1]] = true
	}
	var givens []string
	for name, given := range given {
		if regexp.MustCompile(`\b` + name + `\b`).MatchString(b.code) {
			givens = append(givens, fmt.Sprintf("var %s %s\n", name, given))
			for _, found := range selector.FindAllStringSubmatch(given, -1) {
				names[found[1]] = true
			}
		}
	}
	for name := range names {
		if path := packages[name]; path != "" && !strings.Contains(file.String(), `"`+path+`"`) {
			fmt.Fprintf(&file, "import %s %q\n", name, path)
		}
	}
	slices.Sort(givens)
	file.WriteString(strings.Join(givens, ""))
	if regexp.MustCompile(`(?m)^(func|type) `).MatchString(b.code) {
		return file.String() + b.code
	}
	file.WriteString("func page() {\n" + b.code)
	for _, found := range declared.FindAllStringSubmatch(b.code, -1) {
		for _, name := range strings.Split(found[1], ", ") {
			if name != "_" {
				file.WriteString("_ = " + name + "\n")
			}
		}
	}
	return file.String() + "}\n"
}
