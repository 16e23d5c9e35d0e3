package pdfium_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/pdf/pdfium"
)

// cacheDir is shared by the tests and removed with the machine's other temporary
// files: compiling PDFium takes seconds.
var cacheDir = filepath.Join(os.TempDir(), "courrier-pdfium-test")

var shared = sync.OnceValues(func() (*pdfium.Rasterizer, error) {
	if err := os.MkdirAll(cacheDir, 0o700); err != nil {
		return nil, err
	}
	return pdfium.New(context.Background(), pdfium.Config{CacheDir: cacheDir})
})

func rasterizer(t testing.TB) *pdfium.Rasterizer {
	r, err := shared()
	require.NoError(t, err)
	return r
}

func letter(t testing.TB) []byte {
	c, err := pdf.NewComposer()
	require.NoError(t, err)
	out, err := c.Compose(context.Background(), pdf.Letter{
		Recipient: []string{"BOULANGERIE MARTIN SARL", "12 RUE DES LILAS", "69003 LYON"}, Date: courrier.MustDate("2026-11-22"),
		Subject: "facture F-2026-0417", Blocks: []pdf.Block{pdf.Paragraph("Bonjour."), pdf.QRCode{Payload: "BCD", Caption: "code"}},
	}, pdf.Theme{})
	require.NoError(t, err)
	return out.File
}

func decode(t testing.TB, data []byte) image.Image {
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return img
}

// dark counts the dark pixels of a box in millimetres.
func dark(img image.Image, dpi int, x0, y0, x1, y1 float64) int {
	n, k := 0, float64(dpi)/25.4
	for y := int(y0 * k); y < int(y1*k); y++ {
		for x := int(x0 * k); x < int(x1*k); x++ {
			if color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y < 128 {
				n++
			}
		}
	}
	return n
}

// TestDrawsWhatIsThere compares it with poppler where that is installed.
func TestDrawsWhatIsThere(t *testing.T) {
	const dpi = 100
	file := letter(t)
	data, err := rasterizer(t).Rasterize(t.Context(), file, 1, dpi)
	require.NoError(t, err)
	img := decode(t, data)
	require.InDelta(t, 297*dpi/25.4, img.Bounds().Dy(), 2)
	require.InDelta(t, 210*dpi/25.4, img.Bounds().Dx(), 2)
	require.Greater(t, dark(img, dpi, 95, 34, 200, 90), 200, "the address")
	require.Zero(t, dark(img, dpi, 0, 200, 210, 297), "nothing below")
	other, err := pdf.Pdftoppm{}.Rasterize(t.Context(), file, 1, dpi)
	if err != nil {
		t.Skip("poppler is missing: nothing to compare with")
	}
	for _, box := range [][4]float64{{95, 34, 200, 90}, {20, 90, 200, 130}, {20, 130, 60, 180}} {
		want := dark(decode(t, other), dpi, box[0], box[1], box[2], box[3])
		require.InDelta(t, want, dark(img, dpi, box[0], box[1], box[2], box[3]), float64(want)*0.25+20, "%v", box)
	}
}

func TestPreviewsThroughIt(t *testing.T) {
	layout, _ := pdf.LayoutByID(pdf.LayoutFrenchDL)
	images, err := pdf.NewPreviewer(pdf.PreviewerConfig{Rasterizer: rasterizer(t)}).
		Pages(t.Context(), letter(t), pdf.InspectOptions{Layout: layout, Address: pdf.AddressByCarrier}, 1, 1, 72)
	require.NoError(t, err)
	img := decode(t, images[0])
	c := color.NRGBAModel.Convert(img.At(190*72/254*10, 85*72/254*10)).(color.NRGBA)
	require.Greater(t, c.R, c.B+20, "the window is red where something intrudes")
}

func TestLargerPagesCostNoMore(t *testing.T) {
	data, err := rasterizer(t).Rasterize(t.Context(), page("/MediaBox [0 0 14400 7200]", ""), 1, 72)
	require.NoError(t, err)
	require.LessOrEqual(t, decode(t, data).Bounds().Dx(), 843)
}

// page builds a file of one page by hand.
func page(entries, content string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var offsets []int
	for i, o := range []string{
		"<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R] /Count 1>>",
		"<</Type /Page /Parent 2 0 R /Contents 4 0 R " + entries + ">>", fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream",
			len(content), content),
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	b.WriteString("xref\n0 5\n0000000000 65535 f \n")
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 5 /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", at)
	return b.Bytes()
}

func TestWhatCannotBeDrawn(t *testing.T) {
	r := rasterizer(t)
	_, err := r.Rasterize(t.Context(), []byte("no PDF"), 1, 50)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	_, err = r.Rasterize(t.Context(), letter(t), 7, 50)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	_, err = r.Rasterize(t.Context(), letter(t), 0, 50)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Rasterize(ctx, letter(t), 1, 50)
	require.ErrorIs(t, err, context.Canceled)
	_, err = pdfium.New(t.Context(), pdfium.Config{MemoryMiB: 1})
	require.Equal(t, "MemoryMiB", courrier.FieldErrors(err)[0].Field)
}

// A page that takes minutes is stopped at its time, and the next one is drawn.
func TestSlowPagesAreStopped(t *testing.T) {
	r, err := pdfium.New(t.Context(), pdfium.Config{CacheDir: cacheDir, Timeout: 300 * time.Millisecond, Concurrent: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	slow := page("/MediaBox [0 0 595 842]", strings.Repeat("0 0 595 842 re 10 10 m 500 800 l 20 700 l 580 30 l h f*\n", 400_000))
	start := time.Now()
	_, err = r.Rasterize(t.Context(), slow, 1, 300)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	require.Less(t, time.Since(start), 10*time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = r.Rasterize(ctx, slow, 1, 300)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestManyAtOnce(t *testing.T) {
	r, file := rasterizer(t), letter(t)
	want, err := r.Rasterize(t.Context(), file, 1, 50)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			got, err := r.Rasterize(context.Background(), file, 1, 50)
			if err != nil || !bytes.Equal(want, got) {
				t.Error("another image", err)
			}
		})
	}
	wg.Wait()
}

func BenchmarkPage(b *testing.B) {
	r, file := rasterizer(b), letter(b)
	for b.Loop() {
		if _, err := r.Rasterize(context.Background(), file, 1, 100); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStart(b *testing.B) {
	rasterizer(b) // fills the cache
	for b.Loop() {
		r, err := pdfium.New(context.Background(), pdfium.Config{CacheDir: cacheDir})
		if err != nil {
			b.Fatal(err)
		}
		_ = r.Close()
	}
}
