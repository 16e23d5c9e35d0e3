//go:build differential

package pdf_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

var (
	folder       = flag.String("folder", "testdata/cases", "the folder whose PDFs are compared, with those below it")
	differPages  = flag.Int("pages", 3, "pages of each file that are compared")
	differResult = flag.String("sheets", "", "a folder for pairs of pages that differ, as PNG")
)

const (
	differDPI       = 50
	differTolerance = 0.12 // of the patch that differs most
	differTimeout   = 60 * time.Second
)

// TestDifferential draws each page of a folder's files as poppler prints the
// original and as it draws our print, and lists those that differ:
//
//	go test -tags differential ./pdf -run Differential -folder DIR -v -timeout 2h
//
// A file that the inspection would print without a warning must not differ.
func TestDifferential(t *testing.T) {
	tool(t, "pdftoppm")
	tool(t, "pdftocairo")
	var files []string
	require.NoError(t, filepath.WalkDir(*folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.EqualFold(filepath.Ext(path), ".pdf") {
			files = append(files, path)
		}
		return nil
	}))
	var sum tally
	for _, path := range files {
		sum.add(t, path)
	}
	t.Logf("%d files: %d refused, %d not compared; %d pages equal, %d differ", len(files), sum.refused, sum.skipped, sum.equal, sum.differ)
}

type tally struct{ refused, skipped, equal, differ int }

// add compares one file.
func (s *tally) add(t *testing.T, path string) {
	file, err := os.ReadFile(path)
	if err != nil || len(file) > 25<<20 {
		s.skipped++
		return
	}
	name, _ := filepath.Rel(*folder, path)
	start := time.Now()
	r, err := pdf.NewInspector(pdf.Limits{}).Inspect(context.Background(), file, pdf.InspectOptions{})
	require.NoError(t, err)
	var out bytes.Buffer
	_, err = pdf.NewAssembler(pdf.Limits{}).Assemble(context.Background(), &out, pdf.Assembly{Parts: []pdf.Part{{File: file}}})
	took := time.Since(start)
	if took > 10*time.Second {
		t.Errorf("%s: took %v", name, took)
	}
	if (err != nil) != (r.Verdict == pdf.VerdictRefuse) {
		t.Errorf("%s: the inspection says %s %v, the assembly %v", name, r.Verdict, codes(r), err)
	}
	if err != nil {
		s.refused++
		t.Logf("%s: refused: %v", name, codes(r))
		return
	}
	got, err := drawnPages(t, out.Bytes(), false)
	seen, wrong := drawnPages(t, file, false)
	if err != nil || wrong != nil || len(seen) == 0 {
		s.skipped++
		t.Logf("%s: not compared: %v, %v", name, err, wrong)
		return
	}
	printed := sync.OnceValue(func() [][]byte { // what only the screen shows is not in it
		pages, _ := drawnPages(t, file, true)
		return pages
	})
	for i := range seen {
		problem := unlike(t, seen, got, i)
		if problem != "" && unlike(t, printed(), got, i) == "" {
			problem = ""
		}
		s.page(t, fmt.Sprintf("%s, page %d", name, i+1), problem, r, seen, got, i)
	}
}

// unlike says how a page differs; empty when it does not.
func unlike(t *testing.T, want, got [][]byte, i int) string {
	switch {
	case i >= len(got) || i >= len(want):
		return "is lost"
	case sizeOf(t, want[i]) != sizeOf(t, got[i]):
		return fmt.Sprintf("has another size: %s, %s", sizeOf(t, want[i]), sizeOf(t, got[i]))
	}
	if d := difference(t, want[i], got[i]); d > differTolerance {
		return fmt.Sprintf("differs by %.2f", d)
	}
	return ""
}

func (s *tally) page(t *testing.T, name, problem string, r pdf.Report, want, got [][]byte, i int) {
	if problem == "" {
		s.equal++
		return
	}
	s.differ++
	report := t.Logf
	if r.Verdict == pdf.VerdictPrint {
		report = t.Errorf
	}
	report("%s: %s; %s %v", name, problem, r.Verdict, codes(r))
	if *differResult != "" && i < len(got) {
		base := filepath.Join(*differResult, strings.NewReplacer("/", "_", ", ", "_", " ", "").Replace(name))
		require.NoError(t, os.WriteFile(base+"-a.png", want[i], 0o644))
		require.NoError(t, os.WriteFile(base+"-b.png", got[i], 0o644))
	}
}

func sizeOf(t *testing.T, data []byte) string {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	require.NoError(t, err)
	return fmt.Sprintf("%d x %d", c.Width, c.Height)
}

// drawnPages are the first pages as PNG; those of an original as they are printed.
func drawnPages(t *testing.T, file []byte, print bool) ([][]byte, error) {
	dir := t.TempDir()
	path := filepath.Join(dir, "in.pdf")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	ctx, cancel := context.WithTimeout(context.Background(), differTimeout)
	defer cancel()
	last := fmt.Sprint(*differPages)
	if print {
		// To poppler only writing PDF or PostScript is printing, drawing is viewing.
		printed := filepath.Join(dir, "printed.pdf")
		if err := exec.CommandContext(ctx, "pdftocairo", "-q", "-pdf", "-l", last, path, printed).Run(); err != nil {
			return nil, fmt.Errorf("pdftocairo: %w", err)
		}
		path = printed
	}
	if err := exec.CommandContext(ctx, "pdftoppm", "-q", "-png", "-gray", "-cropbox", "-r", fmt.Sprint(differDPI), "-l", last, path,
		filepath.Join(dir, "p")).Run(); err != nil {
		return nil, fmt.Errorf("pdftoppm: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "p-*.png"))
	require.NoError(t, err)
	slices.Sort(names)
	var all [][]byte
	for _, n := range names {
		b, err := os.ReadFile(n)
		require.NoError(t, err)
		all = append(all, b)
	}
	return all, nil
}
