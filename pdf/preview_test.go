package pdf_test

import (
	"bytes"
	"context"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// fakeRasterizer records what it was asked to draw.
type fakeRasterizer struct {
	file  []byte
	pages []int
	err   error
}

func (f *fakeRasterizer) Rasterize(_ context.Context, file []byte, page, _ int) ([]byte, error) {
	f.file, f.pages = file, append(f.pages, page)
	return []byte("png"), f.err
}

func TestPreviewDrawsTheZones(t *testing.T) {
	t.Parallel()
	o := pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDLRegistered)}
	p := pdf.NewPreviewer(pdf.PreviewerConfig{})
	for name, c := range map[string]struct {
		content string
		red     int
	}{
		"nothing intrudes": {mm(30, 150, 5, 5) + " f", 0},
		"the window":       {mm(120, 60, 5, 5) + " f", 1},
		"window and label": {mm(120, 40, 5, 25) + " f", 2},
		"the margins":      {mm(1, 150, 5, 5) + " f", 4},
	} {
		var out bytes.Buffer
		report, err := p.Overlay(context.Background(), &out, embedded(sheet{content: c.content}), o)
		require.NoError(t, err)
		require.Equal(t, inspect(t, embedded(sheet{content: c.content}), o), report)
		require.Equal(t, c.red, strings.Count(out.String(), "0.85 0.1 0.1 rg"), name)
		require.Equal(t, 1, inspect(t, out.Bytes(), pdf.InspectOptions{}).Pages)
	}
}

func TestPreviewMarksOnlyThePagesConcerned(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	_, err := pdf.NewPreviewer(pdf.PreviewerConfig{}).Overlay(context.Background(), &out, pages(3), pdf.InspectOptions{
		Layout: pdf.Layout{Window: pdf.Box{X: 10, Y: 100, W: 100, H: 100}}})
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(out.String(), "0.85 0.1 0.1 rg"))
}

func TestPreviewPages(t *testing.T) {
	t.Parallel()
	fake := &fakeRasterizer{}
	p := pdf.NewPreviewer(pdf.PreviewerConfig{Rasterizer: fake})
	images, err := p.Pages(context.Background(), pages(3), pdf.InspectOptions{}, 2, 9, 60)
	require.NoError(t, err)
	require.Len(t, images, 2)
	require.Equal(t, []int{2, 3}, fake.pages)
	require.True(t, bytes.HasPrefix(fake.file, []byte("%PDF")))

	fake.err = context.DeadlineExceeded
	_, err = p.Pages(context.Background(), pages(1), pdf.InspectOptions{}, 1, 1, 60)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	for _, bad := range [][3]int{{0, 1, 60}, {2, 1, 60}, {1, 99, 60}, {1, 1, 5}, {1, 1, 5000}} {
		_, err = p.Pages(context.Background(), pages(1), pdf.InspectOptions{}, bad[0], bad[1], bad[2])
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
	_, err = pdf.NewPreviewer(pdf.PreviewerConfig{}).Pages(context.Background(), pages(1), pdf.InspectOptions{}, 1, 1, 60)
	require.ErrorIs(t, err, courrier.ErrUnsupported)
	_, err = p.Pages(context.Background(), []byte("x"), pdf.InspectOptions{}, 1, 1, 60)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

func TestPdftoppm(t *testing.T) {
	t.Parallel()
	tool(t, "pdftoppm")
	var out bytes.Buffer
	o := pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)}
	_, err := pdf.NewPreviewer(pdf.PreviewerConfig{}).Overlay(context.Background(), &out, embedded(sheet{content: mm(120, 60, 5, 5) + " f"}), o)
	require.NoError(t, err)
	data, err := pdf.Pdftoppm{}.Rasterize(context.Background(), out.Bytes(), 1, 72)
	require.NoError(t, err)
	img := decode(t, data)
	require.InDelta(t, 842, img.Bounds().Dy(), 2)
	pixel := func(x, y float64) color.NRGBA {
		return color.NRGBAModel.Convert(img.At(int(x*72/25.4), int(y*72/25.4))).(color.NRGBA)
	}
	require.Equal(t, color.NRGBA{255, 255, 255, 255}, pixel(50, 200))
	red := pixel(180, 80)
	require.Greater(t, red.R, red.G+20, "the window is red where something intrudes")
	require.Less(t, pixel(2, 150).R, uint8(250), "the margin is veiled")

	// The number of pixels does not grow with the page.
	data, err = pdf.Pdftoppm{}.Rasterize(context.Background(), onePage(sheet{page: "/MediaBox [0 0 14400 14400]"}), 1, 72)
	require.NoError(t, err)
	require.LessOrEqual(t, decode(t, data).Bounds().Dx(), 843)
}

func TestPdftoppmFails(t *testing.T) {
	t.Parallel()
	_, err := pdf.Pdftoppm{Path: "/nonexistent/pdftoppm"}.Rasterize(context.Background(), pages(1), 1, 50)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = pdf.Pdftoppm{}.Rasterize(ctx, pages(1), 1, 50)
	require.ErrorIs(t, err, context.Canceled)
	tool(t, "pdftoppm")
	_, err = pdf.Pdftoppm{}.Rasterize(context.Background(), []byte("no PDF"), 1, 50)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	_, err = pdf.Pdftoppm{}.Rasterize(context.Background(), pages(1), 7, 50)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	_, err = pdf.Pdftoppm{Timeout: time.Nanosecond}.Rasterize(context.Background(), pages(1), 1, 50)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
}
