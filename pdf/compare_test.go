//go:build unix

package pdf_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/courrier-go/courrier/internal/sidebyside"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

var compare = flag.Bool("compare", false, "measure CPU time side by side with other programs and print a table")

// TestSideBySide prints the figures of docs/performance.md:
//
//	go test ./pdf -run SideBySide -compare -v
//
// Composing is measured by internal/bench/paper.
func TestSideBySide(t *testing.T) {
	if !*compare {
		t.Skip("run with -compare")
	}
	dir := t.TempDir()
	for _, group := range []struct {
		name string
		jobs []sidebyside.Job
	}{
		{"Inspect a letter of 10 pages", inspectJobs(t, dir)},
		{"Merge a body and ten scans, 25 MB, to a file", mergeJobs(t, dir, filepath.Join(dir, "merged.pdf"))},
		{"The same to /dev/null, without what the file system costs both", mergeJobs(t, dir, os.DevNull)},
	} {
		sidebyside.Print(group.name, group.jobs)
	}
}

func inspectJobs(t *testing.T, dir string) []sidebyside.Job {
	path := filepath.Join(dir, "ten.pdf")
	file := tenPages(t)
	require.NoError(t, os.WriteFile(path, file, 0o600))
	i := pdf.NewInspector(pdf.Limits{})
	o := pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL), Address: pdf.AddressOnPage}
	return []sidebyside.Job{
		{Name: "pdf.Inspector", Calls: 20, Run: func() error {
			_, err := i.Inspect(context.Background(), file, o)
			return err
		}},
		{Name: "courrier-inspect, a process", Program: []string{process(t).Path, "-layout", "fr-dl", path}},
		{Name: "pdfinfo + pdffonts + pdftotext", Program: []string{"pdfinfo", path}, Then: [][]string{{"pdffonts", path}, {"pdftotext", path, "-"}}},
		{Name: "qpdf --check", Program: []string{"qpdf", "--check", path}},
	}
}

func mergeJobs(t *testing.T, dir, out string) []sidebyside.Job {
	var as pdf.Assembly
	program := []string{"qpdf", "--empty", "--pages"}
	for i, f := range scans(11, 2_270_000) {
		as.Parts = append(as.Parts, pdf.Part{File: f})
		path := filepath.Join(dir, fmt.Sprintf("scan%d.pdf", i))
		require.NoError(t, os.WriteFile(path, f, 0o600))
		program = append(program, path)
	}
	a := pdf.NewAssembler(pdf.Limits{})
	return []sidebyside.Job{
		{Name: "pdf.Assembler", Calls: 3, Run: func() error {
			f, err := os.Create(out)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = a.Assemble(context.Background(), f, as)
			return err
		}},
		{Name: "qpdf --pages", Program: append(program, "--", out)},
	}
}
