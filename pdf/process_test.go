package pdf_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

var commandDir string // removed by TestMain

// command builds courrier-inspect once.
var command = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "courrier-inspect")
	if err != nil {
		return "", err
	}
	commandDir = dir
	path := filepath.Join(dir, "courrier-inspect")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/courrier-inspect").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if commandDir != "" {
		_ = os.RemoveAll(commandDir)
	}
	os.Exit(code)
}

func process(t testing.TB) pdf.Process {
	t.Helper()
	path, err := command()
	require.NoError(t, err)
	return pdf.Process{Path: path}
}

func TestProcessGivesTheSameReport(t *testing.T) {
	t.Parallel()
	p := process(t)
	p.Timeout = time.Minute // a slow machine must not decide
	in := pdf.NewInspector(pdf.Limits{Timeout: time.Minute})
	o := pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDLRegistered), Address: pdf.AddressOnPage}
	files := map[string][]byte{"letter": compose(t, formalNotice(t), pdf.Theme{}).File, "window": embedded(sheet{content: at(150, 50, "!")})}
	for _, h := range hostile() {
		if file := h.file(); len(file) < 5_000 {
			files[h.name] = file
		}
	}
	for name, file := range files {
		got, err := p.Inspect(context.Background(), file, o)
		require.NoError(t, err)
		want, err := in.Inspect(context.Background(), file, o)
		require.NoError(t, err)
		require.Equal(t, want, got, name)
	}
}

func TestProcessLimits(t *testing.T) {
	t.Parallel()
	p := process(t)
	slow := compressed(bytes.Repeat([]byte("q Q "), 4_000_000))

	p.Timeout = time.Millisecond
	r, err := p.Inspect(context.Background(), slow, pdf.InspectOptions{})
	require.NoError(t, err)
	f, ok := r.Find(pdf.CodeTooComplex)
	require.True(t, ok)
	require.Equal(t, "time", f.Detail)

	p.Timeout, p.FileBytes = 0, 100
	r, err = p.Inspect(context.Background(), slow, pdf.InspectOptions{})
	require.NoError(t, err)
	require.Equal(t, []pdf.Code{pdf.CodeTooLarge}, codes(r))

	if runtime.GOOS == "linux" {
		p.FileBytes, p.MaxMemory = 0, 24<<20
		r, err = p.Inspect(context.Background(), slow, pdf.InspectOptions{})
		require.NoError(t, err)
		f, ok = r.Find(pdf.CodeTooComplex)
		require.True(t, ok)
		require.Equal(t, "memory", f.Detail)
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = p.Inspect(ctx, slow, pdf.InspectOptions{})
	require.ErrorIs(t, err, context.Canceled)

	_, err = pdf.Process{Path: "/nonexistent"}.Inspect(context.Background(), pages(1), pdf.InspectOptions{})
	require.ErrorIs(t, err, courrier.ErrUnavailable)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	p := process(t)
	file := filepath.Join(t.TempDir(), "window.pdf")
	require.NoError(t, os.WriteFile(file, embedded(sheet{content: at(150, 50, "!")}), 0o600))
	out, err := exec.Command(p.Path, "-layout", "fr-dl", file).Output()
	require.NoError(t, err)
	require.Contains(t, string(out), `"code": "window-intrusion"`)
	for _, args := range [][]string{{"-layout", "nowhere", file}, {"/nonexistent.pdf"}, {"-options", "{", file}} {
		err := exec.Command(p.Path, args...).Run()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, 1, exit.ExitCode())
	}
}

const homeChild = "COURRIER_PDF_TEST_HOME"

// TestNothingIsWrittenAnywhere runs every part of the package in a process
// whose home cannot be written, and looks for files that it left.
func TestNothingIsWrittenAnywhere(t *testing.T) {
	if os.Getenv(homeChild) != "" {
		useEverything(t)
		return
	}
	t.Parallel()
	home := t.TempDir()
	for _, dir := range []string{home, "/dev/null/home"} { // the second cannot even be created
		cmd := exec.Command(os.Args[0], "-test.run=^TestNothingIsWrittenAnywhere$", "-test.count=1")
		cmd.Env = []string{homeChild + "=1", "HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_CACHE_HOME=" + dir, "TMPDIR=" + dir}
		cmd.Dir = home
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		left, err := os.ReadDir(home)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

func useEverything(t *testing.T) {
	file := compose(t, formalNotice(t), pdf.Theme{}).File
	o := pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)}
	require.NotZero(t, inspect(t, file, o).Pages)
	_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: file, Fit: pdf.FitPrintable, Stamps: []pdf.Stamp{{Artwork: logo(t), Page: 1, Box: pdf.Box{W: 9, H: 9}}}}}})
	var overlay strings.Builder
	_, err := pdf.NewPreviewer(pdf.PreviewerConfig{}).Overlay(context.Background(), &overlay, out, o)
	require.NoError(t, err)
}
