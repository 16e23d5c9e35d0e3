package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// frenchDL is the layout that most tests inspect for.
func layout(t testing.TB, id string) pdf.Layout {
	t.Helper()
	l, ok := pdf.LayoutByID(id)
	require.True(t, ok)
	return l
}

func inspect(t testing.TB, file []byte, o pdf.InspectOptions) pdf.Report {
	t.Helper()
	r, err := pdf.NewInspector(pdf.Limits{}).Inspect(context.Background(), file, o)
	require.NoError(t, err)
	return r
}

func codes(r pdf.Report) []pdf.Code {
	var out []pdf.Code
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	return out
}

// embedded is a page whose text is set in a Type 3 font, which is embedded by
// nature: nothing but what a test adds is found in it.
func embedded(s sheet) []byte {
	s.resources += "/Font <</F1 6 0 R>>"
	s.extra = append([]string{
		"<</Type /Font /Subtype /Type3 /FontMatrix [0.001 0 0 0.001 0 0] /FontBBox [0 0 600 700] /FirstChar 32 /LastChar 33 /Widths [500 500] /CharProcs <<>> /Encoding <</Differences [32 /space /a]>>>>",
	}, s.extra...)
	if s.content == "" {
		s.content = mm(30, 150, 5, 5) + " f"
	}
	return onePage(s)
}

// mm is a rectangle, given from the top left corner of an A4 page.
func mm(x, y, w, h float64) string {
	const k = 72 / 25.4
	return fmt.Sprintf("%.4f %.4f %.4f %.4f re", x*k, (297-y-h)*k, w*k, h*k)
}

func TestInspectFindsInkInTheWindow(t *testing.T) {
	t.Parallel()
	form := streamObject("/Subtype /Form /BBox [0 0 1000 1000]", mm(120, 60, 20, 5)+" f")
	image := streamObject("/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray", "x")
	annotation := func(subtype string, flags int) string {
		return fmt.Sprintf("<</Subtype /%s /FT /Tx /Rect [340 640 400 660] /F %d /AP <</N 8 0 R>>>>", subtype, flags)
	}
	box := streamObject("/Subtype /Form /BBox [0 0 60 20]", "0 0 60 20 re f")
	drawn := "144 0 0 15 340 650 cm /X Do" // in the window
	cases := []struct {
		name  string
		sheet sheet
		want  []pdf.InkKind // nil: nothing in the window
	}{
		{"text", sheet{content: at(120, 65, "!")}, []pdf.InkKind{pdf.InkText}},
		{"text beside it", sheet{content: at(30, 65, "!")}, nil},
		{"text below it", sheet{content: at(120, 96, "!")}, nil},
		{"spaces only", sheet{content: at(120, 65, "     ")}, nil},
		{"invisible text", sheet{content: "BT 3 Tr ET " + at(120, 65, "!")}, []pdf.InkKind{pdf.InkHiddenText}},
		{"white text", sheet{content: "1 1 1 rg " + at(120, 65, "!")}, []pdf.InkKind{pdf.InkHiddenText}},
		{"white in CMYK", sheet{content: "0 0 0 0 k " + mm(120, 60, 10, 10) + " f"}, nil},
		{"black in CMYK", sheet{content: "0 0 0 1 k " + mm(120, 60, 10, 10) + " f"}, []pdf.InkKind{pdf.InkDrawing}},
		{"white page background", sheet{content: "1 g 0 0 596 842 re f 0 g " + at(30, 150, "!")}, nil},
		{"grey page background", sheet{content: "0.95 g 0 0 596 842 re f"}, []pdf.InkKind{pdf.InkDrawing}},
		{"rectangle", sheet{content: mm(150, 80, 100, 20) + " f"}, []pdf.InkKind{pdf.InkDrawing}},
		{"frame across the window", sheet{content: mm(10, 10, 180, 277) + " S"}, []pdf.InkKind{pdf.InkDrawing}},
		{"frame clear of the window", sheet{content: mm(10, 10, 194, 277) + " S"}, nil},
		{"diagonal that misses", sheet{content: "0 400 m 595 420 l S 200 841 m 0 300 l S"}, nil},
		{"diagonal that hits", sheet{content: "250 841 m 595 500 l S"}, []pdf.InkKind{pdf.InkDrawing}},
		{"path that is not painted", sheet{content: mm(120, 60, 10, 10) + " n"}, nil},
		{"clipped away", sheet{content: "0 0 100 100 re W n " + mm(120, 60, 10, 10) + " f"}, nil},
		{"clip undone", sheet{content: "q 0 0 100 100 re W n Q " + mm(120, 60, 10, 10) + " f"}, []pdf.InkKind{pdf.InkDrawing}},
		{"moved there", sheet{content: "1 0 0 1 300 600 cm 60 60 10 10 re f"}, []pdf.InkKind{pdf.InkDrawing}},
		{"inline image", sheet{content: "q 50 0 0 20 340 650 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q"}, []pdf.InkKind{pdf.InkImage}},
		{"image", sheet{content: drawn, resources: "/XObject <</X 7 0 R>>", extra: []string{image}}, []pdf.InkKind{pdf.InkImage}},
		{"form", sheet{content: "/X Do", resources: "/XObject <</X 7 0 R>>", extra: []string{form}}, []pdf.InkKind{pdf.InkDrawing}},
		{"transparent", sheet{content: "/G gs " + mm(120, 60, 10, 10) + " f", resources: "/ExtGState <</G <</ca 0>>>>"}, nil},
		{"form field", sheet{page: "/MediaBox [0 0 596 842] /Annots [7 0 R]", extra: []string{annotation("Widget", 4), box}}, []pdf.InkKind{pdf.InkFormField}},
		{"annotation", sheet{page: "/MediaBox [0 0 596 842] /Annots [7 0 R]", extra: []string{annotation("Stamp", 4), box}}, []pdf.InkKind{pdf.InkAnnotation}},
		{"hidden annotation", sheet{page: "/MediaBox [0 0 596 842] /Annots [7 0 R]", extra: []string{annotation("Stamp", 6), box}}, nil},
		{"annotation that is not printed", sheet{page: "/MediaBox [0 0 596 842] /Annots [7 0 R]", extra: []string{annotation("Stamp", 0), box}}, nil},
		{"layer that is off", sheet{content: "/OC /L BDC " + mm(120, 60, 10, 10) + " f EMC", resources: "/Properties <</L 7 0 R>>",
			catalog: "/OCProperties <</OCGs [7 0 R] /D <</OFF [7 0 R]>>>>", extra: []string{"<</Type /OCG /Name (x)>>"}}, nil},
		{"layer that is on", sheet{content: "/OC /L BDC " + mm(120, 60, 10, 10) + " f EMC", resources: "/Properties <</L 7 0 R>>",
			catalog: "/OCProperties <</OCGs [7 0 R] /D <<>>>>", extra: []string{"<</Type /OCG /Name (x)>>"}}, []pdf.InkKind{pdf.InkDrawing}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := inspect(t, embedded(c.sheet), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
			f, found := r.Find(pdf.CodeWindow)
			require.Equal(t, c.want != nil, found, "%+v", r.Findings)
			require.Equal(t, c.want, f.Ink)
			if found {
				require.Equal(t, []int{1}, f.Pages)
				require.Equal(t, pdf.SeverityError, f.Severity)
				require.True(t, f.Box.Overlaps(layout(t, pdf.LayoutFrenchDL).Window) || f.Box.W == 0 || f.Box.H == 0)
				require.Contains(t, f.Remedies, pdf.RemedyCarrierSheet)
			}
		})
	}
}

func TestInspectPlacesTextToTheMillimetre(t *testing.T) {
	t.Parallel()
	// Two glyphs of half an em at 10 points: 3.53 mm wide; 0.7 em high.
	r := inspect(t, embedded(sheet{content: at(120, 65, "!!")}), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	f, ok := r.Find(pdf.CodeWindow)
	require.True(t, ok)
	require.InDelta(t, 120, f.Box.X, 0.02)
	require.InDelta(t, 65, f.Box.Bottom(), 0.02)
	require.InDelta(t, 3.53, f.Box.W, 0.02)
	require.InDelta(t, 2.47, f.Box.H, 0.02)
}

func TestInspectTextState(t *testing.T) {
	t.Parallel()
	// Each content begins its text at x 60 mm, left of the window, and reaches
	// into it only when the operator under test is obeyed.
	long := "(!!!!!!!!!!)" // 17.6 mm at 10 points
	for name, content := range map[string]string{
		"character spacing": "12 Tc %s Tj",
		"word spacing":      "60 Tw (! ! ! !) Tj",
		"horizontal scale":  "250 Tz %s Tj",
		"array":             "[(!) -12000 (!)] TJ",
		"next line":         "180 0 Td (!) Tj",
		"text matrix":       "1 0 0 1 350 650 Tm (!) Tj",
		"leading":           "0 60 TD T* 1 0 0 1 170 400 Tm -250 TL T* (!) ' ",
		"size":              "/F1 30 Tf %s Tj",
		"quote":             "200 60 (!!!) \"",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content = strings.ReplaceAll(content, "%s", long)
			if name == "leading" {
				content = "1 0 0 1 300 400 Tm -125 TL T* T* (!) Tj"
			}
			r := inspect(t, embedded(sheet{content: "BT /F1 10 Tf 170 650 Td " + content + " ET"}), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
			_, ok := r.Find(pdf.CodeWindow)
			require.True(t, ok)
		})
	}
	r := inspect(t, embedded(sheet{content: "BT /F1 10 Tf 170 650 Td " + long + " Tj ET"}), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	_, ok := r.Find(pdf.CodeWindow)
	require.False(t, ok, "the text must not reach the window by itself")
}

func TestInspectEffectivePage(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, page string
		w, h       float64
		code       pdf.Code
	}{
		{"A4", "/MediaBox [0 0 595.28 841.89]", 210, 297, ""},
		{"A4 rounded", "/MediaBox [0 0 595 842]", 209.9, 297.04, ""},
		{"corners in another order", "/MediaBox [595.28 841.89 0 0]", 210, 297, ""},
		{"origin elsewhere", "/MediaBox [-100 50 495.28 891.89]", 210, 297, ""},
		{"A3 cropped to A4", "/MediaBox [0 0 842 1191] /CropBox [100 100 695.28 941.89]", 210, 297, ""},
		{"crop box beyond the media box", "/MediaBox [0 0 595.28 841.89] /CropBox [-50 -50 2000 2000]", 210, 297, ""},
		{"A6 with a user unit of 2", "/MediaBox [0 0 297.64 420.945] /UserUnit 2", 210, 297, ""},
		{"landscape turned", "/MediaBox [0 0 841.89 595.28] /Rotate 90", 210, 297, ""},
		{"landscape turned the other way", "/MediaBox [0 0 841.89 595.28] /Rotate -90", 210, 297, ""},
		{"A5", "/MediaBox [0 0 419.53 595.28]", 148, 210, pdf.CodePageSize},
		{"letter", "/MediaBox [0 0 612 792]", 215.9, 279.4, pdf.CodePageSize},
		{"landscape", "/MediaBox [0 0 841.89 595.28]", 297, 210, pdf.CodePageLandscape},
		{"portrait turned", "/MediaBox [0 0 595.28 841.89] /Rotate 270", 297, 210, pdf.CodePageLandscape},
		{"no media box", "/Foo 1", 210, 297, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := inspect(t, onePage(sheet{page: c.page, content: "0 0 1000 1000 re f"}), pdf.InspectOptions{})
			require.Len(t, r.PageSizes, 1)
			require.InDelta(t, c.w, r.PageSizes[0].Width, 0.1)
			require.InDelta(t, c.h, r.PageSizes[0].Height, 0.1)
			require.Equal(t, c.code == "", r.PageSizes[0].A4)
			if c.code != "" {
				f, ok := r.Find(c.code)
				require.True(t, ok)
				require.Equal(t, []pdf.Remedy{pdf.RemedyScale}, f.Remedies)
			}
		})
	}
}

func TestInspectTurnedPagesSeeTheirOwnWindow(t *testing.T) {
	t.Parallel()
	// A mark that is seen at x 120-130, y 60-70 of an A4 page, by each rotation.
	const k = 72 / 25.4
	for rotate, rect := range map[int][4]float64{
		0:   {120, 297 - 70, 10, 10},
		90:  {60, 120, 10, 10},
		180: {210 - 130, 60, 10, 10},
		270: {297 - 70, 210 - 130, 10, 10},
	} {
		box := "/MediaBox [0 0 595.28 841.89]"
		if rotate%180 != 0 {
			box = "/MediaBox [0 0 841.89 595.28]"
		}
		content := fmt.Sprintf("%f %f %f %f re f", rect[0]*k, rect[1]*k, rect[2]*k, rect[3]*k)
		r := inspect(t, onePage(sheet{page: fmt.Sprintf("%s /Rotate %d", box, rotate), content: content}), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
		f, ok := r.Find(pdf.CodeWindow)
		require.True(t, ok, "rotate %d", rotate)
		require.InDelta(t, 120, f.Box.X, 0.1, "rotate %d", rotate)
		require.InDelta(t, 60, f.Box.Y, 0.1, "rotate %d", rotate)
	}
}

func TestInspectAddressModes(t *testing.T) {
	t.Parallel()
	dl := layout(t, pdf.LayoutFrenchDLRegistered)
	address := at(115, 62, "!!!") + at(115, 67, "!!!")
	cases := []struct {
		name    string
		content string
		mode    pdf.AddressMode
		want    []pdf.Code
	}{
		{"the carrier prints it", address, pdf.AddressByCarrier, []pdf.Code{pdf.CodeWindow}},
		{"the page bears it", address, pdf.AddressOnPage, nil},
		{"a sheet bears it", address, pdf.AddressOnSheet, nil},
		{"the page ought to bear it", at(30, 150, "!"), pdf.AddressOnPage, []pdf.Code{pdf.CodeNoAddress}},
		{"part of it is cut off", address + at(90, 72, "!!!!!!!!!!!!!!"), pdf.AddressOnPage, []pdf.Code{pdf.CodeWindow}},
		{"a line beside it", address + mm(100, 80, 90, 0.2) + " f", pdf.AddressOnPage, []pdf.Code{pdf.CodeWindow}},
		{"invisible address", "BT 3 Tr ET " + address, pdf.AddressOnPage, []pdf.Code{pdf.CodePageBlank, pdf.CodeWindow, pdf.CodeNoAddress}},
		{"the registered label", address + at(130, 45, "!"), pdf.AddressOnPage, []pdf.Code{pdf.CodeWindow, pdf.CodeLabel}},
		{"the margin", address + at(2, 150, "!"), pdf.AddressOnPage, []pdf.Code{pdf.CodeMargin}},
		{"the foot of the page", address + mm(50, 293, 9, 2) + " f", pdf.AddressOnPage, []pdf.Code{pdf.CodeMargin}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := inspect(t, embedded(sheet{content: c.content}), pdf.InspectOptions{Layout: dl, Address: c.mode})
			require.Equal(t, c.want, codes(r))
		})
	}
}

func TestInspectChecksTheWindowOnTheFirstPageOnly(t *testing.T) {
	t.Parallel()
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 595.28 841.89]>>")
	f.add("<</Type /Page /Parent 2 0 R /Contents 5 0 R>>")
	f.add("<</Type /Page /Parent 2 0 R /Contents 6 0 R>>")
	f.stream("", []byte(mm(30, 150, 5, 5)+" f"))
	f.stream("", []byte(mm(120, 60, 5, 5)+" f "+mm(1, 1, 2, 2)+" f"))
	r := inspect(t, f.bytes(), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	require.Equal(t, []pdf.Code{pdf.CodeMargin}, codes(r))
	require.Equal(t, []int{2}, r.Findings[0].Pages)
	require.Equal(t, pdf.VerdictCheck, r.Verdict)
	require.Equal(t, 2, r.Pages)
	require.Equal(t, 2, r.SheetsSimplex)
	require.Equal(t, 1, r.SheetsDuplex)
}

func TestInspectFindings(t *testing.T) {
	t.Parallel()
	script := "<</S /JavaScript /JS (app.alert\\(1\\))>>"
	page := "/MediaBox [0 0 595.28 841.89] "
	widget := func(more string) sheet {
		return sheet{page: page + "/Annots [7 0 R]", catalog: "/AcroForm <</Fields [7 0 R]>>", extra: []string{"<</Subtype /Widget /Rect [50 50 90 90] " + more + ">>",
			streamObject("/Subtype /Form /BBox [0 0 9 9]", "0 0 9 9 re f")}}
	}
	cases := []struct {
		name  string
		sheet sheet
		want  []pdf.Code
	}{
		{"nothing", sheet{}, nil},
		{"blank", sheet{content: " "}, []pdf.Code{pdf.CodePageBlank}},
		{"only invisible text", sheet{content: "BT 3 Tr ET " + at(30, 150, "!")}, []pdf.Code{pdf.CodePageBlank}},
		{"script on opening", sheet{catalog: "/OpenAction " + script}, []pdf.Code{pdf.CodeJavaScript}},
		{"named script", sheet{catalog: "/Names <</JavaScript <</Names [(a) " + script + "]>>>>"}, []pdf.Code{pdf.CodeJavaScript}},
		{"empty name trees", sheet{catalog: "/Names <</JavaScript <</Names []>> /EmbeddedFiles <</Names []>>>>"}, nil},
		{"script of the page", sheet{page: page + "/AA <</O " + script + ">>"}, []pdf.Code{pdf.CodeJavaScript}},
		{"attached file", sheet{catalog: "/Names <</EmbeddedFiles <</Names [(a) 7 0 R]>>>>", extra: []string{"<<>>"}}, []pdf.Code{pdf.CodeEmbeddedFiles}},
		{"associated file of PDF 2.0", sheet{catalog: "/Version /2.0 /AF [7 0 R]", extra: []string{"<<>>"}}, []pdf.Code{pdf.CodeEmbeddedFiles}},
		{"XFA", sheet{catalog: "/NeedsRendering true /AcroForm <</XFA 7 0 R>>", extra: []string{"<<>>"}}, []pdf.Code{pdf.CodeFormXFA}},
		{"signed", sheet{catalog: "/AcroForm <</SigFlags 3>>"}, []pdf.Code{pdf.CodeSigned}},
		{"form field without DA", widget("/FT /Tx /V (x) /F 4 /AP <</N 8 0 R>>"), []pdf.Code{pdf.CodeFormFields}},
		{"form field that is drawn here", widget("/FT /Tx /V (x) /F 4"), []pdf.Code{pdf.CodeFormFields}},
		{"form field that cannot be drawn", widget("/FT /Tx /V <FEFF05E905DC05D505DD> /F 4"), []pdf.Code{pdf.CodeFormFields, pdf.CodeFormNotDrawn}},
		{"empty form field", widget("/FT /Tx /V () /F 4"), []pdf.Code{pdf.CodeFormFields}},
		{"hidden form field", widget("/FT /Tx /V (x) /F 2"), nil},
		{"script of a field", widget("/FT /Btn /F 4 /AA <</K " + script + ">>"), []pdf.Code{pdf.CodeJavaScript, pdf.CodeFormFields}},
		{"signature field", widget("/FT /Sig /V <<>> /F 4"), []pdf.Code{pdf.CodeSigned}},
		{"stamp", widget("/Subtype /Stamp /F 4 /AP <</N 8 0 R>>"), []pdf.Code{pdf.CodeAnnotations}},
		{"stamp for the screen", widget("/Subtype /Stamp /AP <</N 8 0 R>>"), []pdf.Code{pdf.CodeAnnotationsScreen}},
		{"link", widget("/Subtype /Link /F 4"), nil},
		{"hidden layer", sheet{catalog: "/OCProperties <</OCGs [7 0 R] /D <</OFF [7 0 R]>>>>", extra: []string{"<</Type /OCG>>"}}, []pdf.Code{pdf.CodeHiddenLayers}},
		{"font outside", sheet{content: at(30, 150, "abc")}, []pdf.Code{pdf.CodeFontNotEmbedded}},
		{"font outside that shows nothing", sheet{content: at(30, 150, "   ")}, []pdf.Code{pdf.CodePageBlank}},
		{"font that is not there", sheet{content: mm(30, 150, 5, 5) + " f BT /F9 10 Tf (x) Tj ET"}, []pdf.Code{pdf.CodePageDamaged}},
		{"image that nobody can decode", sheet{content: mm(30, 150, 5, 5) + " f 9 0 0 9 99 99 cm /X Do", resources: "/XObject <</X 7 0 R>> ",
			extra: []string{streamObject("/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /FooDecode", "x")}},
			[]pdf.Code{pdf.CodePageDamaged}},
		{"image that is empty", sheet{content: mm(30, 150, 5, 5) + " f 9 0 0 9 99 99 cm /X Do", resources: "/XObject <</X 7 0 R>> ",
			extra: []string{streamObject("/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray", "")}}, []pdf.Code{pdf.CodePageDamaged}},
		{"image that is not there", sheet{content: mm(30, 150, 5, 5) + " f /X Do"}, []pdf.Code{pdf.CodePageDamaged}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			build := embedded
			if strings.HasPrefix(c.name, "font outside") {
				build = onePage
			}
			s := c.sheet
			if strings.Contains(c.name, "stamp") || c.name == "link" {
				s.extra[0] = strings.Replace(s.extra[0], "/Subtype /Widget ", "", 1)
				s.catalog = ""
			}
			r := inspect(t, build(s), pdf.InspectOptions{})
			require.Equal(t, c.want, codes(r))
		})
	}
}

func TestInspectKeepsWhatADamagedStreamStillHolds(t *testing.T) {
	t.Parallel()
	whole := deflate([]byte(mm(120, 60, 10, 10) + " f\n" + strings.Repeat("% noise "+fmt.Sprint(3.14159)+"\n", 4000)))
	r := inspect(t, withContent(whole[:len(whole)/2], "/Filter /FlateDecode"), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	require.Equal(t, []pdf.Code{pdf.CodePageDamaged, pdf.CodeWindow}, codes(r))
}

func TestInspectJoinsStreamsWithABreak(t *testing.T) {
	t.Parallel()
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [3 0 R] /Count 1>>")
	f.add("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.89] /Contents [4 0 R 5 0 R]>>")
	f.add("<</Length 23>>\nstream\nq 1 0 0 1 900 900 cm  Q\nendstream")
	f.stream("", []byte("q "+mm(120, 60, 10, 10)+" f Q"))
	r := inspect(t, f.bytes(), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	require.Equal(t, []pdf.Code{pdf.CodeWindow}, codes(r))
}

func TestInspectCompositeFont(t *testing.T) {
	t.Parallel()
	file := func(text string) []byte {
		return onePage(sheet{content: "BT /F1 10 Tf 100 650 Td <" + text + "> Tj ET", resources: "/Font <</F1 6 0 R>>", extra: []string{
			"<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [7 0 R] /ToUnicode 8 0 R>>",
			"<</Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 100 /W [5 [20000] 6 7 30000] /FontDescriptor <</FontFile2 9 0 R>>>>",
			streamObject("", "1 beginbfchar <0005> <00A0> endbfchar 1 beginbfrange <0000> <FFFF> <0000> endbfrange"),
			streamObject("", "x"),
		}})
	}
	for text, want := range map[string]bool{
		"0041":         false, // 1 mm from x 35
		"00050041":     true,  // a blank of 70 mm, then ink in the window
		"0005":         false, // the blank alone
		"00060041":     true,
		"002000200020": false,
	} {
		r := inspect(t, file(text), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
		_, found := r.Find(pdf.CodeWindow)
		require.Equal(t, want, found, text)
		_, found = r.Find(pdf.CodeFontNotEmbedded)
		require.False(t, found)
	}
}

func TestInspectLimits(t *testing.T) {
	t.Parallel()
	file := pages(5)
	for name, l := range map[string]pdf.Limits{
		"bytes": {FileBytes: 100}, "pages": {Pages: 4}, "objects": {Objects: 10}, "operations": {Operations: 10},
	} {
		r, err := pdf.NewInspector(l).Inspect(context.Background(), file, pdf.InspectOptions{})
		require.NoError(t, err)
		require.Equal(t, pdf.VerdictRefuse, r.Verdict, name)
		require.Len(t, r.Findings, 1, name)
		require.Contains(t, []pdf.Code{pdf.CodeTooLarge, pdf.CodeTooComplex}, r.Findings[0].Code, name)
		require.ErrorIs(t, r.Err("File"), courrier.ErrInvalid)
	}
}

func TestInspectReader(t *testing.T) {
	t.Parallel()
	i := pdf.NewInspector(pdf.Limits{FileBytes: 10_000})
	r, err := i.InspectReader(context.Background(), bytes.NewReader(pages(1)), pdf.InspectOptions{})
	require.NoError(t, err)
	require.Equal(t, 1, r.Pages)
	r, err = i.InspectReader(context.Background(), bytes.NewReader(make([]byte, 20_000)), pdf.InspectOptions{})
	require.NoError(t, err)
	require.Equal(t, []pdf.Code{pdf.CodeTooLarge}, codes(r))
	broken := errors.New("broken")
	_, err = i.InspectReader(context.Background(), iotest.ErrReader(broken), pdf.InspectOptions{})
	require.ErrorIs(t, err, broken)
}

func TestInspectEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := pdf.NewInspector(pdf.Limits{}).Inspect(ctx, pages(1), pdf.InspectOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestReportErrNamesTheFieldAndTheFinding(t *testing.T) {
	t.Parallel()
	r := inspect(t, embedded(sheet{content: at(120, 65, "!")}), pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL)})
	fields := courrier.FieldErrors(r.Err("Documents[2]"))
	require.Len(t, fields, 1)
	require.Equal(t, "Documents[2]", fields[0].Field)
	require.Equal(t, "window-intrusion on pages [1]", fields[0].Rule)
	require.NoError(t, inspect(t, pages(1), pdf.InspectOptions{}).Err("x"))
}

func TestCodesAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[pdf.Code]bool{}
	for _, c := range pdf.Codes() {
		require.False(t, seen[c.Code], "%s is listed twice", c.Code)
		seen[c.Code] = true
		require.NotEmpty(t, c.Meaning)
		require.NotEmpty(t, c.Severity)
	}
}
