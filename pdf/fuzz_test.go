package pdf_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// bounded holds a call to 10 s and to 512 MiB above what was there.
func bounded(t *testing.T, call func()) {
	t.Helper()
	before, start, stop := heapBytes(), time.Now(), watchHeap()
	call()
	elapsed, peak := time.Since(start), stop()
	require.Less(t, elapsed, 10*time.Second)
	require.Less(t, int64(peak)-int64(before), int64(512<<20))
}

// inspected fails the test unless the report is a sound one.
func inspected(t *testing.T, file []byte) (r pdf.Report) {
	t.Helper()
	bounded(t, func() { r = inspectedAt(t, file) })
	return r
}

func inspectedAt(t *testing.T, file []byte) pdf.Report {
	t.Helper()
	layout, ok := pdf.LayoutByID(pdf.LayoutFrenchDLRegistered)
	require.True(t, ok)
	r, err := pdf.NewInspector(pdf.Limits{}).Inspect(context.Background(), file,
		pdf.InspectOptions{Layout: layout, Address: pdf.AddressOnPage})
	require.NoError(t, err)
	_, err = json.Marshal(r)
	require.NoError(t, err)
	require.Equal(t, r.Verdict == pdf.VerdictRefuse, r.Err("file") != nil)
	return r
}

// seeds are files of every kind that is read, repaired or drawn here.
func seeds(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "cases", "*.pdf"))
	require.NoError(f, err)
	for _, n := range names {
		if b, err := os.ReadFile(n); err == nil && len(b) < 20_000 {
			f.Add(b)
		}
	}
	f.Add(packedLetter())
	locked := soundLetter()
	lock(locked)
	f.Add(locked.bytes())
	f.Add(withoutTable(soundLetter().bytes()))
	f.Add(annotated("/AcroForm <</NeedAppearances true>>", "/Rotate 90",
		"<</Subtype /FreeText /F 20 /Rect [9 9 200 90] /DA (/Helv 9 Tf 1 0 0 rg) /Contents (a b)>>",
		"<</Subtype /Widget /F 4 /Rect [9 9 200 90] /FT /Tx /Ff 4096 /V (one\\rtwo) /DA (/Cour 0 Tf)>>",
		"<</Subtype /Line /F 4 /L [9 9 90 90] /LE [/Circle /Butt]>>",
		"<</Subtype /Widget /F 4 /Rect [9 9 30 30] /FT /Btn /AS /Yes /MK <</CA (8) /BC [0]>>>>",
		"<</Subtype /Ink /F 4 /InkList [[9 9 99 99]] /Rect [0 0 99 99]>>"))
	f.Add(embedded(sheet{content: "/OC /L BDC BT /F1 9 Tf (!!) ' [(!) 5 (!)] TJ ET EMC /M gs " + mm(120, 60, 9, 9) + " f",
		resources: "/Properties <</L 7 0 R>> /ExtGState <</M <</SMask <</S /Luminosity /G 8 0 R>>>>>> ",
		catalog:   "/OCProperties <</OCGs [7 0 R] /D <</OFF [7 0 R] /AS [<</Event /Print /Category [/Print] /OCGs [7 0 R]>>]>>>>",
		extra:     []string{"<</Type /OCG>>", streamObject("/Subtype /Form /BBox [0 0 9 9] /Group <</S /Transparency>>", "1 g 0 0 9 9 re f")}}))
	f.Add(scan(16, 16, pdf.Box{X: 120, Y: 60, W: 30, H: 30}, fax(16, 16)))
}

// FuzzAssemble feeds whole files to the assembler: what it prints reads without
// repair, and holds nothing that acts.
func FuzzAssemble(f *testing.F) {
	seeds(f)
	for _, h := range hostile() {
		if file := h.file(); len(file) < 20_000 {
			f.Add(file)
		}
	}
	a := pdf.NewAssembler(pdf.Limits{})
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, fit := range []pdf.Fit{pdf.FitAsIs, pdf.FitPrintable} {
			var out bytes.Buffer
			var res pdf.Assembled
			var err error
			bounded(t, func() {
				res, err = a.Assemble(context.Background(), &out, pdf.Assembly{Parts: []pdf.Part{{File: file, Fit: fit}}})
			})
			if err != nil {
				require.ErrorIs(t, err, courrier.ErrInvalid)
				continue
			}
			r := inspectedAt(t, out.Bytes())
			require.Equal(t, res.Pages, r.Pages)
			for _, code := range []pdf.Code{pdf.CodeRepaired, pdf.CodePageMissing, pdf.CodeRestricted, pdf.CodeHiddenLayers, pdf.CodeJavaScript,
				pdf.CodeEmbeddedFiles, pdf.CodeFormFields, pdf.CodeAnnotations, pdf.CodeSigned} {
				_, found := r.Find(code)
				require.False(t, found, code)
			}
		}
	})
}

// FuzzInspect feeds whole files.
func FuzzInspect(f *testing.F) {
	seeds(f)
	f.Add(pages(2))
	f.Add(onePage(sheet{content: at(120, 65, "M. Martin") + "q 1 0 0 1 0 0 cm /X0 Do Q",
		resources: "/Font <</F1 5 0 R>> /XObject <</X0 6 0 R>>",
		catalog:   "/AcroForm <</Fields [7 0 R]>> /OCProperties <</OCGs [6 0 R] /D <</OFF [6 0 R]>>>>",
		page:      "/MediaBox [0 0 595 842] /Rotate 90 /UserUnit 2 /CropBox [10 10 500 800] /Annots [7 0 R]",
		extra: []string{
			streamObject("/Type /XObject /Subtype /Form /BBox [0 0 100 100]", "0 0 10 10 re f"),
			"<</Type /Annot /Subtype /Widget /FT /Tx /V (x) /Rect [0 0 10 10] /F 4 /AP <</N 6 0 R>>>>",
		}}))
	for _, h := range hostile() {
		if file := h.file(); len(file) < 20_000 {
			f.Add(file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) { inspected(t, file) })
}

// FuzzContent feeds the content stream of a sound file.
func FuzzContent(f *testing.F) {
	f.Add(at(120, 65, "abc"))
	f.Add("q 1 0 0 1 10 10 cm 0 0 10 10 re W n 0 0 m 10 10 l 1 2 3 4 5 6 c h b* Q [(a) -100 <62>] TJ")
	f.Add("BT /F1 12 Tf 3 Tr 2 Tc 1 Tw 80 Tz 14 TL 5 Ts 1 0 0 1 50 50 Tm (x\\)\\053) ' 1 2 (y) \" T* ET")
	f.Add("BI /W 2 /H 2 /BPC 8 /CS /G ID \x00\x01\x02\x03 EI /OC /P1 BDC /X0 Do EMC /Cs cs 1 scn 0 0 0 0 k")
	f.Fuzz(func(t *testing.T, content string) {
		inspected(t, onePage(sheet{content: content, resources: "/Font <</F1 5 0 R>> /XObject <</X0 6 0 R>> /Properties <</P1 6 0 R>>",
			extra: []string{streamObject("/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources <</XObject <</X0 6 0 R>>>>", content)}}))
	})
}

// FuzzLetter feeds the texts of a letter.
func FuzzLetter(f *testing.F) {
	f.Add("fr", "«Objet» : l'été 1 234 €", "**gras** et *non* \\** fin")
	f.Add("de", "\"Ja\"", "1.\n\n2. ")
	f.Fuzz(func(t *testing.T, language, subject, text string) {
		l := plainLetter()
		l.Language, l.Subject = language, subject
		l.Signature.Name, l.Enclosures = subject, []string{text}
		l.Blocks = []pdf.Block{
			pdf.Paragraph(text), pdf.List{Items: []string{subject, text}}, pdf.Details{Title: subject, Rows: []pdf.Field{{Label: text,
				Value: subject}}},
			pdf.InvoiceTable{Rows: []pdf.InvoiceRow{{Number: subject, Open: eur("1")}}, Lines: []pdf.SumLine{{Label: text, Amount: eur("1"),
				Strong: true}}},
		}
		c, err := composer()
		require.NoError(t, err)
		out, err := c.Compose(context.Background(), l, pdf.Theme{})
		if err != nil {
			require.NotEmpty(t, courrier.FieldErrors(err))
			return
		}
		require.Equal(t, pdf.VerdictPrint, inspected(t, out.File).Verdict)
		conforms(t, out.File)
	})
}

// FuzzFont feeds the CMaps and widths of a composite font.
func FuzzFont(f *testing.F) {
	f.Add("1 begincodespacerange <00> <80> endcodespacerange 1 begincidrange <00> <20> 5 endcidrange", "1 [500 600] 3 5 700")
	f.Add("1 beginbfchar <0003> <0020> endbfchar 2 beginbfrange <0000> <FFFF> <0000> <01> <02> [<0041> <0020>] endbfrange", "0 65535 1000")
	f.Fuzz(func(t *testing.T, cmap, widths string) {
		inspected(t, onePage(sheet{content: at(120, 65, "abcdef"), extra: []string{
			"<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding 7 0 R /ToUnicode 7 0 R /DescendantFonts [8 0 R]>>",
			streamObject("/Type /CMap", cmap),
			"<</Type /Font /Subtype /CIDFontType2 /BaseFont /X /W [" + widths + "]>>",
		}, resources: "/Font <</F1 6 0 R>>"}))
	})
}

// FuzzArtwork feeds images, with what cameras note in them.
func FuzzArtwork(f *testing.F) {
	for orientation := byte(1); orientation <= 8; orientation++ {
		f.Add(lying(f, orientation, orientation%2 == 0))
	}
	var drawn bytes.Buffer
	require.NoError(f, png.Encode(&drawn, noise(3, 5)))
	f.Add(drawn.Bytes())
	c, err := composer()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := pdf.NewArtwork(data)
		if err != nil {
			require.NotEmpty(t, courrier.FieldErrors(err))
			return
		}
		l := plainLetter()
		l.Sender.Logo, l.Signature.Image = a, a
		out, err := c.Compose(context.Background(), l, pdf.Theme{})
		require.NoError(t, err)
		conforms(t, out.File)
	})
}
