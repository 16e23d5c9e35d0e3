// Command newcarrier begins an adapter for a carrier: its skeleton, a fake of the
// carrier and a test that runs the whole suite. What it writes passes the suite as it
// is, against an imaginary API; put the carrier's in its place, call by call.
//
//	go run ./internal/newcarrier NAME          writes providers/NAME
//	go run ./internal/newcarrier NAME FOLDER   writes FOLDER, in whatever module it is
//
// The name is that of the package and of the carrier: lower-case letters, for ever.
package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

const root = "github.com/courrier-go/courrier"

// files are what is written, by template.
var files = map[string]string{
	"provider.go.tmpl": "provider.go", "fake.go.tmpl": "{{.Name}}test/server.go", "provider_test.go.tmpl": "provider_test.go",
}

var nameForm = regexp.MustCompile(`^[a-z]{2,30}$`)

// carrier is what the templates are filled with.
type carrier struct {
	Name string // of the package and the carrier
	Root string // path of courrier
	Path string // import path of the new package
}

// write makes the adapter in a folder that does not exist yet.
func write(name, folder, path string) error {
	if err := nameProblem(name); err != nil {
		return err
	}
	if _, err := os.Stat(folder); err == nil {
		return fmt.Errorf("%s exists", folder)
	}
	c := carrier{name, root, path}
	for from, to := range files {
		target, err := fill(to, to, c)
		if err != nil {
			return err
		}
		text, err := templates.ReadFile("templates/" + from)
		if err != nil {
			return err
		}
		code, err := fill(from, string(text), c)
		if err != nil {
			return err
		}
		if code, err = format.Source(code); err != nil {
			return fmt.Errorf("%s: %w", to, err)
		}
		file := filepath.Join(folder, string(target))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, code, 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// nameProblem refuses names of another form, and those that mean something else in the
// code that is written: the package would hide it.
func nameProblem(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("the name %q is not of 2 to 30 lower-case letters", name)
	}
	text, err := templates.ReadFile("templates/provider_test.go.tmpl")
	if err != nil {
		return err
	}
	code, err := fill("names", string(text), carrier{"aNameOfNobody", root, "x"})
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", code, 0)
	if err != nil {
		return err
	}
	used := token.IsKeyword(name) || name == "main"
	ast.Inspect(file, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		used = used || ok && id.Name == name
		return true
	})
	if used {
		return fmt.Errorf("the name %q means something else in Go or in what is written", name)
	}
	return nil
}

func fill(name, text string, c carrier) ([]byte, error) {
	t, err := template.New(name).Parse(text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, c)
	return b.Bytes(), err
}

// importPath asks the go command for the path of a folder that is not there yet.
func importPath(folder string) (string, error) {
	parent := filepath.Dir(folder)
	out, err := exec.CommandContext(context.Background(), "go", "list", "-m", "-f", "{{.Path}}\n{{.Dir}}").Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("go list: %s", bytes.TrimSpace(failed.Stderr)) // such as: no go.mod here
	}
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	module, dir, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if i := strings.IndexByte(dir, '\n'); i >= 0 { // in a workspace the first is the one here
		dir = dir[:i]
	}
	absolute, err := filepath.Abs(parent)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(dir, absolute)
	if err != nil || strings.HasPrefix(rel, "..") {
		return "", fmt.Errorf("%s is not in the module %s", folder, module)
	}
	return strings.TrimSuffix(module+"/"+filepath.ToSlash(rel), "/.") + "/" + filepath.Base(folder), nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "newcarrier:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("usage: newcarrier NAME [FOLDER]")
	}
	folder := filepath.Join("providers", args[0])
	if len(args) == 2 {
		folder = args[1]
	}
	path, err := importPath(folder)
	if err != nil {
		return err
	}
	if err := write(args[0], folder, path); err != nil {
		return err
	}
	fmt.Printf("written: %s\nnow: go test %s, then docs/carriers.md\n", folder, pattern(folder))
	return nil
}

// pattern is a folder as the go command takes it.
func pattern(folder string) string {
	folder = filepath.Clean(folder)
	if filepath.IsAbs(folder) || !filepath.IsLocal(folder) {
		return filepath.ToSlash(folder)
	}
	return "./" + filepath.ToSlash(folder)
}
