// Command toyhost imports this repository's packages from modules of their own, as a
// host does, and prints what that brings: packages, modules, lines of go.sum, size of
// the binary. Then it takes a host whose own requirements are a year old, and fails
// when one of them is raised that is not named below with its reason.
//
//	go run ./internal/bench/toyhost
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/courrier-go/courrier"

// hosts are what a host imports beside the root and the mock carrier.
var hosts = []toyhost{
	{"root and mock", nil},
	{"+ sqlite", []string{module + "/stores/sqlite"}},
	{"+ postgres", []string{module + "/stores/postgres"}},
	{"+ mysendingbox", []string{module + "/providers/mysendingbox"}},
	{"+ pdf", []string{module + "/pdf"}},
	engine,
}

// engine is not compared: who takes it has River, and the pgx that River asks for.
var engine = toyhost{"+ river", []string{module + "/river"}}

// toyhost is a host that imports something.
type toyhost struct {
	name    string
	imports []string
}

// pins are a host's own requirements, each the newest of November 2025.
var pins = []struct{ path, version, imports string }{
	{"github.com/hashicorp/go-retryablehttp", "v0.7.8", "github.com/hashicorp/go-retryablehttp"},
	{"github.com/jackc/pgx/v5", "v5.7.6", "github.com/jackc/pgx/v5"},
	{"github.com/stretchr/testify", "v1.11.1", "github.com/stretchr/testify/assert"},
	{"golang.org/x/oauth2", "v0.33.0", "golang.org/x/oauth2"},
	{"golang.org/x/text", "v0.31.0", "golang.org/x/text/language"},
	{"golang.org/x/time", "v0.14.0", "golang.org/x/time/rate"},
	{"modernc.org/sqlite", "v1.40.0", "modernc.org/sqlite"},
	{"modernc.org/libc", "v1.66.10", "modernc.org/libc"}, // the one that this sqlite was made with
}

// raised are the pins that may be raised, and why.
var raised = map[string]string{
	"golang.org/x/text": "pdfcpu, which package pdf reads with, asks for it",
}

func main() {
	log.SetFlags(0)
	repository, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(repository, "go.work")); err != nil {
		log.Fatal("run it from the root of the repository: ", err)
	}
	if err := report(repository); err != nil {
		log.Fatal(err)
	}
}

func report(repository string) error {
	fmt.Println("| a host that imports | packages | modules | lines of go.sum | binary |")
	fmt.Println("|---|---|---|---|---|")
	for _, h := range hosts {
		if err := inHost(repository, nil, h.imports, func(dir string) error { return figures(dir, h.name) }); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
	}
	var imports, pinned []string
	for _, p := range pins {
		imports, pinned = append(imports, p.imports), append(pinned, p.path+" "+p.version)
	}
	for _, h := range hosts {
		if h.name != engine.name {
			imports = append(imports, h.imports...)
		}
	}
	return inHost(repository, pinned, imports, compare)
}

// inHost makes a module that imports the root, the mock and the packages named, and
// calls look in it.
func inHost(repository string, requires, imports []string, look func(dir string) error) error {
	dir, err := os.MkdirTemp("", "toyhost")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := write(dir, repository, requires, imports); err != nil {
		return err
	}
	if _, err := run(dir, "go", "mod", "tidy"); err != nil {
		return err
	}
	return look(dir)
}

func write(dir, repository string, requires, imports []string) error {
	var mod, program strings.Builder
	fmt.Fprintf(&mod, "module toyhost.example\n\ngo 1.26.0\n")
	for _, m := range []string{"", "/stores/sqlite", "/stores/postgres", "/river"} {
		fmt.Fprintf(&mod, "\nreplace %s%s => %s%s\n", module, m, repository, m)
	}
	for _, r := range requires {
		fmt.Fprintf(&mod, "\nrequire %s\n", r)
	}
	fmt.Fprintf(&program, "package main\n\nimport (\n\t%q\n\t%q\n", module, module+"/providers/mock")
	for _, path := range imports {
		fmt.Fprintf(&program, "\t_ %q\n", path)
	}
	fmt.Fprintf(&program, ")\n\nfunc main() {\n\t_, err := courrier.New(courrier.Config{Providers: []courrier.Provider{mock.New()}})\n\tprintln(err != nil)\n}\n")
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "main.go"), []byte(program.String()), 0o600),
	)
}

// figures prints one line of the table. Packages are those outside the standard library.
func figures(dir, name string) error {
	packages, err := run(dir, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{.Module.Path}}{{end}}", ".")
	if err != nil {
		return err
	}
	if _, err := run(dir, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", "host", "."); err != nil {
		return err
	}
	binary, err := os.Stat(filepath.Join(dir, "host"))
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return err
	}
	linked := map[string]bool{}
	fields := strings.Fields(packages)
	for i := 1; i < len(fields); i += 2 {
		linked[fields[i]] = true
	}
	const host = 1 // its own package and module
	fmt.Printf("| %s | %d | %d | %d | %.1f MB |\n", name, len(fields)/2-host, len(linked)-host, bytes.Count(sums, []byte("\n")), float64(binary.Size())/1e6)
	return nil
}

// compare prints what the host's own requirements became.
func compare(dir string) error {
	if _, err := run(dir, "go", "build", "-o", "host", "."); err != nil {
		return err
	}
	fmt.Println("\n| the host's own | pinned | becomes | |\n|---|---|---|---|")
	var wrong error
	for _, p := range pins {
		version, err := run(dir, "go", "list", "-m", "-f", "{{.Version}}", p.path)
		if err != nil {
			return err
		}
		version, why := strings.TrimSpace(version), ""
		if version != p.version {
			why = raised[p.path]
			if why == "" {
				wrong = errors.Join(wrong, fmt.Errorf("%s is raised from %s to %s for no reason named", p.path, p.version, version))
			}
		}
		fmt.Printf("| %s | %s | %s | %s |\n", p.path, p.version, version, why)
	}
	return wrong
}

// run runs a command outside the workspace, whose go.work would hide what a host gets.
func run(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	var out, complaint bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &complaint
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, complaint.String())
	}
	return out.String(), nil
}
