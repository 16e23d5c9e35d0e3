package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func assemble(t testing.TB, as pdf.Assembly) (pdf.Assembled, []byte) {
	t.Helper()
	var out bytes.Buffer
	res, err := pdf.NewAssembler(pdf.Limits{}).Assemble(context.Background(), &out, as)
	require.NoError(t, err)
	require.EqualValues(t, out.Len(), res.Bytes)
	return res, out.Bytes()
}

func TestAssembleRanges(t *testing.T) {
	t.Parallel()
	parts := []pdf.Part{{Name: "body", File: pages(3)}, {Name: "invoice", File: pages(1)}, {Name: "terms", File: pages(4)}}
	res, file := assemble(t, pdf.Assembly{Parts: parts})
	require.Equal(t, pdf.Assembled{Pages: 8, SheetsSimplex: 8, SheetsDuplex: 5, Bytes: res.Bytes, Parts: []pdf.PageRange{
		{Name: "body", First: 1, Last: 3, SheetsSimplex: 3, SheetsDuplex: 2},
		{Name: "invoice", First: 4, Last: 4, SheetsSimplex: 1, SheetsDuplex: 1},
		{Name: "terms", First: 5, Last: 8, SheetsSimplex: 4, SheetsDuplex: 2},
	}}, res)
	require.Equal(t, 8, inspect(t, file, pdf.InspectOptions{}).Pages)

	res, file = assemble(t, pdf.Assembly{Parts: parts, Duplex: true, CarrierSheet: pages(1)})
	require.Equal(t, []pdf.PageRange{
		{First: 1, Last: 1, SheetsSimplex: 1, SheetsDuplex: 1, CarrierSheet: true, BlankAfter: true},
		{Name: "body", First: 3, Last: 5, SheetsSimplex: 3, SheetsDuplex: 2, BlankAfter: true},
		{Name: "invoice", First: 7, Last: 7, SheetsSimplex: 1, SheetsDuplex: 1, BlankAfter: true},
		{Name: "terms", First: 9, Last: 12, SheetsSimplex: 4, SheetsDuplex: 2},
	}, res.Parts)
	require.Equal(t, 12, res.Pages)
	require.Equal(t, 6, res.SheetsDuplex)
	blank, ok := inspect(t, file, pdf.InspectOptions{}).Find(pdf.CodePageBlank)
	require.True(t, ok)
	require.Equal(t, []int{2, 6, 8}, blank.Pages)
}

func TestAssembleDuplexAlwaysStartsOnAFrontSide(t *testing.T) {
	t.Parallel()
	a := pdf.NewAssembler(pdf.Limits{})
	rapid.Check(t, func(r *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(1, 5), 1, 8).Draw(r, "pages")
		as := pdf.Assembly{Duplex: true}
		sheets := 0
		for _, n := range counts {
			as.Parts = append(as.Parts, pdf.Part{File: pages(n)})
			sheets += (n + 1) / 2
		}
		res, err := a.Assemble(context.Background(), io.Discard, as)
		require.NoError(r, err)
		require.Equal(r, sheets, res.SheetsDuplex)
		for _, p := range res.Parts {
			require.Equal(r, 1, p.First%2)
		}
		last := res.Parts[len(res.Parts)-1]
		require.Equal(r, last.Last, res.Pages, "no blank page at the end")
	})
}

func TestAssembleSameInputSameBytes(t *testing.T) {
	t.Parallel()
	as := pdf.Assembly{Parts: []pdf.Part{{File: compose(t, reminderLetter(t, 60), pdf.Theme{}).File}, {File: pages(2), Fit: pdf.FitPrintable}}, Duplex: true}
	_, first := assemble(t, as)
	_, second := assemble(t, as)
	require.True(t, bytes.Equal(first, second))
}

// TestAssembledPagesLookAsBefore compares pixels where pdftoppm is there.
func TestAssembledPagesLookAsBefore(t *testing.T) {
	t.Parallel()
	tool(t, "pdftoppm")
	letter := compose(t, formalNotice(t), pdf.Theme{}).File
	turned := onePage(sheet{page: "/MediaBox [0 0 1200 1200] /CropBox [100 200 941.89 795.28] /Rotate 90", content: "BT /F1 60 Tf 150 300 Td (turned) Tj ET 400 300 90 60 re f"})
	unit := onePage(sheet{page: "/MediaBox [0 0 297.64 420.945] /UserUnit 2", content: "BT /F1 30 Tf 50 300 Td (small) Tj ET"})
	unbalanced := onePage(sheet{page: "/MediaBox [0 0 595.28 841.89] /Annots [6 0 R]", content: "q q 2 0 0 2 0 0 cm BT /F1 30 Tf 50 300 Td (left open) Tj ET",
		extra: []string{"<</Subtype /Stamp /Rect [100 100 300 160] /F 4 /AP <</N 7 0 R>>>>", streamObject("/Subtype /Form /BBox [0 0 30 10] /Matrix [0 1 -1 0 0 0]", "0 0 30 10 re f")}})
	for name, file := range map[string][]byte{"letter": letter, "turned": turned, "annotated": unbalanced} {
		_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: file}}})
		require.Less(t, difference(t, rasterize(t, file), rasterize(t, out)), 0.02, name)
		// Drawn as a form on a fresh page it still looks the same.
		_, out = assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: file, Stamps: []pdf.Stamp{{Artwork: speck(t), Page: 1, Box: pdf.Box{X: 1, Y: 1, W: 0.1, H: 0.1}}}}}})
		require.Less(t, difference(t, rasterize(t, file), rasterize(t, out)), 0.05, name+" as a form")
	}
	// poppler ignores UserUnit: the assembled page no longer needs it.
	_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: unit}}})
	r := inspect(t, out, pdf.InspectOptions{})
	require.True(t, r.PageSizes[0].A4)
	require.NotContains(t, string(out), "UserUnit")
}

func rasterize(t testing.TB, file []byte) []byte {
	t.Helper()
	img, err := pdf.Pdftoppm{}.Rasterize(context.Background(), file, 1, goldenDPI)
	require.NoError(t, err)
	return img
}

func TestAssembleFits(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, page string
		fit        pdf.Fit
		want       pdf.Box // of a mark that fills the page
	}{
		{"A5 as it is", "/MediaBox [0 0 419.53 595.28]", pdf.FitAsIs, pdf.Box{X: 0, Y: 0, W: 148, H: 210}},
		{"A5 to A4", "/MediaBox [0 0 419.53 595.28]", pdf.FitA4, pdf.Box{X: 0.34, Y: 0, W: 209.32, H: 297}},
		{"A4 stays", "/MediaBox [0 0 595.28 841.89]", pdf.FitA4, pdf.Box{X: 0, Y: 0, W: 210, H: 297}},
		{"letter to A4", "/MediaBox [0 0 612 792]", pdf.FitA4, pdf.Box{X: 0, Y: 12.6, W: 210, H: 271.8}},
		{"landscape to A4", "/MediaBox [0 0 841.89 595.28]", pdf.FitA4, pdf.Box{X: 0, Y: 0, W: 210, H: 297}},
		{"A4 to printable", "/MediaBox [0 0 595.28 841.89]", pdf.FitPrintable, pdf.Box{X: 5, Y: 7.07, W: 200, H: 282.86}},
		{"A6 is not enlarged", "/MediaBox [0 0 297.64 419.53]", pdf.FitPrintable, pdf.Box{X: 52.5, Y: 74.5, W: 105, H: 148}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: onePage(sheet{page: c.page, content: "0 0 2000 2000 re f"}), Fit: c.fit}}})
			whole := pdf.Layout{Window: pdf.Box{X: -1, Y: -1, W: 500, H: 500}}
			f, ok := inspect(t, out, pdf.InspectOptions{Layout: whole}).Find(pdf.CodeWindow)
			require.True(t, ok)
			require.InDelta(t, c.want.X, f.Box.X, 0.1)
			require.InDelta(t, c.want.Y, f.Box.Y, 0.1)
			require.InDelta(t, c.want.W, f.Box.W, 0.1)
			require.InDelta(t, c.want.H, f.Box.H, 0.1)
		})
	}
}

func TestAssembleStamps(t *testing.T) {
	t.Parallel()
	file := embedded(sheet{page: "/MediaBox [0 0 841.89 595.28] /Rotate 90", content: "1 1 1 1 re f"})
	_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: file, Stamps: []pdf.Stamp{{Artwork: logo(t), Page: -1, Box: pdf.Box{X: 120, Y: 60, W: 30, H: 30}}}}}})
	f, ok := inspect(t, out, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)}).Find(pdf.CodeWindow)
	require.True(t, ok)
	require.Equal(t, []pdf.InkKind{pdf.InkImage}, f.Ink)
	require.InDelta(t, 120, f.Box.X, 0.05)
	require.InDelta(t, 60, f.Box.Y, 0.05)
	require.InDelta(t, 30, f.Box.W, 0.05)
	require.InDelta(t, 10, f.Box.H, 0.05, "the logo is three times as wide as high")
}

func TestAssembleLeavesOutWhatActs(t *testing.T) {
	t.Parallel()
	script := "<</S /JavaScript /JS (app.alert\\(1\\))>>"
	file := embedded(sheet{
		page: "/MediaBox [0 0 595.28 841.89] /Annots [7 0 R 9 0 R] /AA <</O " + script + ">>",
		catalog: "/OpenAction " + script + " /AcroForm <</Fields [7 0 R] /SigFlags 3>> /Names <</EmbeddedFiles <</Names [(a) 10 0 R]>>>>" +
			" /OCProperties <</OCGs [11 0 R] /D <</OFF [11 0 R]>>>>",
		content:   mm(30, 150, 5, 5) + " f /OC /L BDC " + mm(120, 60, 9, 9) + " f EMC",
		resources: "/Properties <</L 11 0 R>>",
		extra: []string{
			"<</Subtype /Widget /FT /Tx /V (seen) /F 4 /Rect [50 50 90 90] /P 3 0 R /AP <</N 8 0 R>>>>",
			streamObject("/BBox [0 0 9 9]", "0 0 9 9 re f"),
			"<</Subtype /Link /Rect [0 0 9 9] /A <</S /URI /URI (http://a.example)>>>>",
			"<</Type /Filespec>>", "<</Type /OCG /Name (draft)>>",
		},
	})
	before := inspect(t, file, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	require.Equal(t, []pdf.Code{pdf.CodeHiddenLayers, pdf.CodeJavaScript, pdf.CodeEmbeddedFiles, pdf.CodeFormFields, pdf.CodeSigned}, unique(codes(before)))
	_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: file}}})
	after := inspect(t, out, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	require.Empty(t, codes(after), "the hidden layer is cut out")
	for _, gone := range []string{"draft", "OCProperties", "JavaScript", "EmbeddedFiles", "AcroForm", "URI", "Annots"} {
		require.NotContains(t, string(out), gone)
	}
	// What the form field showed is still there.
	whole := pdf.Layout{Window: pdf.Box{X: 15, Y: 260, W: 20, H: 30}}
	f, ok := inspect(t, out, pdf.InspectOptions{Layout: whole}).Find(pdf.CodeWindow)
	require.True(t, ok)
	require.Equal(t, []pdf.InkKind{pdf.InkDrawing}, f.Ink)
}

func unique(in []pdf.Code) []pdf.Code {
	var out []pdf.Code
	for _, c := range in {
		if len(out) == 0 || out[len(out)-1] != c {
			out = append(out, c)
		}
	}
	return out
}

func TestAssembleRefuses(t *testing.T) {
	t.Parallel()
	good := pages(1)
	cases := map[string]struct {
		field string
		as    pdf.Assembly
	}{
		"nothing":        {"Parts", pdf.Assembly{}},
		"not a PDF":      {"Parts[1]", pdf.Assembly{Parts: []pdf.Part{{File: good}, {File: []byte("x")}}}},
		"a lost page":    {"Parts[0]", pdf.Assembly{Parts: []pdf.Part{{File: lostPage()}}}},
		"a bad sheet":    {"CarrierSheet", pdf.Assembly{CarrierSheet: []byte("x"), Parts: []pdf.Part{{File: good}}}},
		"a stamp beside": {"Parts[0].Stamps[0].Page", pdf.Assembly{Parts: []pdf.Part{{File: good, Stamps: []pdf.Stamp{{Artwork: speck(t), Page: 2, Box: pdf.Box{W: 1, H: 1}}}}}}},
		"an empty stamp": {"Parts[0].Stamps[0]", pdf.Assembly{Parts: []pdf.Part{{File: good, Stamps: []pdf.Stamp{{Page: 1}}}}}},
		"an unknown fit": {"Parts[0].Fit", pdf.Assembly{Parts: []pdf.Part{{File: good, Fit: "x"}}}},
		"too much":       {"Parts", pdf.Assembly{Parts: []pdf.Part{{File: make([]byte, 26<<20)}}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := pdf.NewAssembler(pdf.Limits{}).Assemble(context.Background(), io.Discard, c.as)
			require.ErrorIs(t, err, courrier.ErrInvalid)
			fields := courrier.FieldErrors(err)
			require.NotEmpty(t, fields)
			require.Equal(t, c.field, fields[0].Field)
		})
	}
}

func TestAssembleReturnsTheWritersError(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	_, err := pdf.NewAssembler(pdf.Limits{}).Assemble(context.Background(), failingWriter{full}, pdf.Assembly{Parts: []pdf.Part{{File: scans(1, 200_000)[0]}}})
	require.ErrorIs(t, err, full)
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// blockedWriter never comes back until the test ends.
type blockedWriter struct{ release chan struct{} }

func (w blockedWriter) Write(p []byte) (int, error) { <-w.release; return len(p), nil }

// TestStuckCallsNeverPileUp counts goroutines, so it runs by itself.
func TestStuckCallsNeverPileUp(t *testing.T) {
	w := blockedWriter{make(chan struct{})}
	defer close(w.release)
	a := pdf.NewAssembler(pdf.Limits{Concurrent: 2, Timeout: 50 * time.Millisecond})
	as := pdf.Assembly{Parts: []pdf.Part{{File: scans(1, 200_000)[0]}}}
	for range 2 {
		_, err := a.Assemble(context.Background(), w, as)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
	before := runtime.NumGoroutine()
	for range 20 {
		_, err := a.Assemble(context.Background(), io.Discard, as)
		require.ErrorIs(t, err, courrier.ErrUnavailable)
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before+10, "refused calls leave nothing behind")
}

func TestAssembleHostile(t *testing.T) {
	skipUnderRace(t)
	t.Parallel()
	a := pdf.NewAssembler(pdf.Limits{})
	for _, h := range hostile() {
		t.Run(h.name, func(t *testing.T) {
			res, err := a.Assemble(context.Background(), io.Discard, pdf.Assembly{Parts: []pdf.Part{{File: h.file(), Fit: pdf.FitA4}}})
			if err != nil {
				require.ErrorIs(t, err, courrier.ErrInvalid)
				return
			}
			require.Positive(t, res.Pages)
			require.Less(t, res.Bytes, int64(64<<20))
		})
	}
}

// scans makes n files of one page with an image of so many bytes that pass for
// a JPEG: nobody here decodes them.
func scans(n, size int) [][]byte {
	out := make([][]byte, n)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range out {
		pixels := make([]byte, size)
		for k := range pixels {
			pixels[k] = byte(random.Uint32())
		}
		f := &file{}
		f.add("<</Type /Catalog /Pages 2 0 R>>")
		f.add("<</Type /Pages /Kids [3 0 R] /Count 1>>")
		f.add("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.89] /Contents 4 0 R /Resources <</XObject <</X 5 0 R>>>>>>")
		f.stream("", []byte("595 0 0 842 0 0 cm /X Do"))
		f.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /DCTDecode", 1000, size/1000), pixels)
		out[i] = f.bytes()
	}
	return out
}

// TestAssembleMemory holds the assembly of 25 MB to 60 MB, input included.
func TestAssembleMemory(t *testing.T) {
	const mb = 1_000_000
	files := scans(11, 2_270_000)
	as := pdf.Assembly{Duplex: true}
	total := 0
	for _, f := range files {
		as.Parts = append(as.Parts, pdf.Part{File: f})
		total += len(f)
	}
	require.Greater(t, total, 24*mb)
	runtime.GC()
	base := heapBytes()
	stop := watchHeap()
	_, err := pdf.NewAssembler(pdf.Limits{}).Assemble(context.Background(), io.Discard, as)
	peak := stop()
	require.NoError(t, err)
	used := int(peak) - int(base) + total
	t.Logf("input %d MB, peak %d MB", total/mb, used/mb)
	require.Less(t, used, 60*mb)
}

// TestAssembleManyPages holds what is allocated for a page whose content is in two
// parts, and is written anew, below what a compressor takes.
func TestAssembleManyPages(t *testing.T) {
	const n = 1000
	file := tree("<</Type /Pages /Kids ["+strings.Repeat("3 0 R ", n)+"] /Count 1000>>",
		"<</Type /Page /Parent 2 0 R /MediaBox [0 0 500 800] /Contents [4 0 R 4 0 R]>>",
		streamObject("/Filter /FlateDecode", string(deflate([]byte(mm(30, 150, 5, 5)+" f")))))
	as := pdf.Assembly{Parts: []pdf.Part{{File: file, Fit: pdf.FitPrintable}}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := pdf.NewAssembler(pdf.Limits{}).Assemble(context.Background(), io.Discard, as)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	t.Log(int(after.TotalAlloc-before.TotalAlloc) >> 20)
	require.Less(t, int(after.TotalAlloc-before.TotalAlloc), n*(400<<10))
}

func TestAssembleKeepsNamesThatNeedEscapes(t *testing.T) {
	t.Parallel()
	file := onePage(sheet{content: "/Fm#20One#23 Do", resources: "/XObject <</Fm#20One#23 6 0 R>>", extra: []string{
		streamObject("/Subtype /Form /BBox [0 0 1000 1000]", mm(120, 60, 10, 10)+" f")}})
	_, out := assemble(t, pdf.Assembly{Parts: []pdf.Part{{File: file}}})
	require.Equal(t, 2, strings.Count(string(out), "/Fm#20One#23"), "in the content and in the resources")
	_, ok := inspect(t, out, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)}).Find(pdf.CodeWindow)
	require.True(t, ok)
}
