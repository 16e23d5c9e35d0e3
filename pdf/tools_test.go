package pdf_test

import (
	"bytes"
	"context"
	"flag"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden images anew")

// tool finds a command. Without it the test is skipped, but not in CI.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: install poppler-utils and qpdf", name)
	}
	t.Skipf("SKIPPED: %s is missing, install poppler-utils and qpdf", name)
	return ""
}

func output(t testing.TB, stdin []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", name, out)
	return string(out)
}

// made returns one of every kind of file that the package makes.
func made(t testing.TB) map[string][]byte {
	files := map[string][]byte{}
	for _, l := range goldenLetters(t) {
		files["letter "+l.name] = compose(t, l.letter, l.theme).File
	}
	c, err := composer()
	require.NoError(t, err)
	page, err := c.AddressPage(context.Background(), courtesyLetter(t), pdf.Theme{})
	require.NoError(t, err)
	files["address page"] = page.File
	var assembled, fitted bytes.Buffer
	a := pdf.NewAssembler(pdf.Limits{})
	_, err = a.Assemble(context.Background(), &assembled, pdf.Assembly{
		CarrierSheet: page.File, Duplex: true,
		Parts: []pdf.Part{{File: files["letter reminder-60"]}, {File: files["letter formal-notice"]}},
	})
	require.NoError(t, err)
	files["assembled"] = assembled.Bytes()
	_, err = a.Assemble(context.Background(), &fitted, pdf.Assembly{Parts: []pdf.Part{{
		File: files["letter courtesy"], Fit: pdf.FitPrintable,
		Stamps: []pdf.Stamp{{Artwork: handwriting(t), Page: -1, Box: pdf.Box{X: 110, Y: 200, W: 50, H: 20}}},
	}}})
	require.NoError(t, err)
	files["fitted and stamped"] = fitted.Bytes()
	var overlay bytes.Buffer
	_, err = pdf.NewPreviewer(pdf.PreviewerConfig{}).Overlay(context.Background(), &overlay, assembled.Bytes(),
		pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	require.NoError(t, err)
	files["overlay"] = overlay.Bytes()
	return files
}

// TestToolsAcceptEveryFile asks the tools that printers and their users have.
func TestToolsAcceptEveryFile(t *testing.T) {
	t.Parallel()
	for name, file := range made(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file.pdf")
			require.NoError(t, os.WriteFile(path, file, 0o600))
			check := output(t, nil, "qpdf", "--check", path)
			require.Contains(t, check, "No syntax or stream encoding errors found")
			require.NotContains(t, check, "WARNING")
			info := output(t, nil, "pdfinfo", path)
			require.NotContains(t, info, "Error")
			require.Contains(t, info, "(A4)")
			fonts := strings.Split(strings.TrimSpace(output(t, nil, "pdffonts", path)), "\n")[2:]
			require.NotEmpty(t, fonts)
			for _, f := range fonts {
				require.Regexp(t, `^[A-Z]{6}\+Liberation\S* +CID TrueType +Identity-H +yes yes yes`, f)
			}
		})
	}
}

// TestLettersReadAsTheyWereWritten extracts the text that readers and screen
// readers see.
func TestLettersReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	text := output(t, compose(t, formalNotice(t), pdf.Theme{}).File, "pdftotext", "-layout", "-", "-")
	for _, want := range []string{
		"Objet : mise en demeure de payer", "Lyon, le 15 janvier 2027", "BOULANGERIE MARTIN SARL",
		"F-2026-0301", "189,50 €", "Page 1/2", "Indemnité forfaitaire pour frais de recouvrement (3 × 40 €)",
	} {
		require.Contains(t, plainSpaces(text), want)
	}
	pages := strings.Split(output(t, compose(t, reminderLetter(t, 60), pdf.Theme{}).File, "pdftotext", "-layout", "-", "-"), "\f")
	require.Len(t, pages, 4)
	for _, p := range pages[:3] {
		require.Contains(t, p, "Échéance", "the table's header stands on every page")
	}
	require.Equal(t, 60, strings.Count(strings.Join(pages, ""), "F-2026-0"))
	require.Contains(t, pages[2], "Montant à régler")
}

// plainSpaces undoes no-break spaces: versions of pdftotext differ on them.
func plainSpaces(s string) string {
	return strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(s)
}

const (
	goldenDPI = 50
	// Versions of the renderer smooth edges differently. Of a patch of text a
	// quarter is dark: a line that is missing or has moved is well above this.
	goldenTolerance    = 0.06
	patchWide, patchHi = 24, 12
)

// TestGoldenImages compares what letters look like with what was approved by
// eye. After a change that is meant: go test ./pdf -run Golden -update, and look.
func TestGoldenImages(t *testing.T) {
	t.Parallel()
	tool(t, "pdftoppm")
	for _, l := range goldenLetters(t) {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			out := compose(t, l.letter, l.theme)
			comparePages(t, l.name, out.File, out.Pages)
		})
	}
}

// comparePages compares the first pages of a file with its golden images.
func comparePages(t *testing.T, name string, file []byte, pages int) {
	t.Helper()
	for page := 1; page <= pages; page++ {
		got, err := pdf.Pdftoppm{}.Rasterize(context.Background(), file, page, goldenDPI)
		require.NoError(t, err)
		path := filepath.Join("testdata", "golden", name+"-"+string(rune('0'+page))+".png")
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, greyPNG(t, got), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Less(t, difference(t, want, got), goldenTolerance, "page %d does not look as it did", page)
	}
}

// TestGoldenImagesWouldNotice proves that the comparison sees one line.
func TestGoldenImagesWouldNotice(t *testing.T) {
	t.Parallel()
	tool(t, "pdftoppm")
	l := courtesyLetter(t)
	l.Footer = l.Footer[:1]
	got, err := pdf.Pdftoppm{}.Rasterize(context.Background(), compose(t, l, pdf.Theme{}).File, 1, goldenDPI)
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join("testdata", "golden", "courtesy-1.png"))
	require.NoError(t, err)
	require.Greater(t, difference(t, want, got), goldenTolerance)
}

func decode(t testing.TB, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return img
}

// greyPNG keeps golden files small.
func greyPNG(t testing.TB, data []byte) []byte {
	img := decode(t, data)
	grey := image.NewGray(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			grey.Set(x, y, img.At(x, y))
		}
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(t, encoder.Encode(&b, grey))
	return b.Bytes()
}

// difference is the mean difference of brightness, 0 to 1, of the patch of the
// page that differs most.
func difference(t testing.TB, want, got []byte) float64 {
	a, b := decode(t, greyPNG(t, want)).(*image.Gray), decode(t, greyPNG(t, got)).(*image.Gray)
	require.Equal(t, a.Bounds(), b.Bounds())
	size := a.Bounds().Size()
	worst := 0.0
	for y0 := 0; y0+patchHi <= size.Y; y0 += patchHi / 2 {
		for x0 := 0; x0+patchWide <= size.X; x0 += patchWide / 2 {
			sum := 0.0
			for y := y0; y < y0+patchHi; y++ {
				for x := x0; x < x0+patchWide; x++ {
					sum += math.Abs(float64(a.GrayAt(x, y).Y) - float64(b.GrayAt(x, y).Y))
				}
			}
			worst = max(worst, sum/255/(patchHi*patchWide))
		}
	}
	return worst
}
