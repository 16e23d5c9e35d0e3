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
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

const (
	longest = 10 * time.Second
	most    = 512 << 20 // bytes above what was there
)

// bounded holds a call to 10 s and 512 MiB. One that takes longer ends the process:
// a call that never returns could not be found in another way.
func bounded(t *testing.T, call func()) {
	t.Helper()
	before, stop := heapBytes(), watchHeap()
	late := time.AfterFunc(longest, func() { panic("a call takes over " + longest.String()) })
	call()
	late.Stop()
	require.Less(t, int64(stop())-int64(before), int64(most))
}

// inspected fails the test unless the report is a sound one.
func inspected(t *testing.T, file []byte) (r pdf.Report) {
	t.Helper()
	layout, ok := pdf.LayoutByID(pdf.LayoutFrenchDLRegistered)
	require.True(t, ok)
	inspector, o := pdf.NewInspector(pdf.Limits{Concurrent: 1}), pdf.InspectOptions{Layout: layout, Address: pdf.AddressOnPage}
	var err error
	bounded(t, func() { r, err = inspector.Inspect(context.Background(), file, o) })
	require.NoError(t, err)
	_, err = json.Marshal(r)
	require.NoError(t, err)
	require.Equal(t, r.Verdict == pdf.VerdictRefuse, r.Err("file") != nil)
	corrupt, _ := r.Find(pdf.CodeCorrupt)
	require.NotEqual(t, "crash", corrupt.Detail)
	if stopped, _ := r.Find(pdf.CodeTooComplex); stopped.Detail == "time" {
		_, err = inspector.Inspect(context.Background(), nil, o)
		require.NoError(t, err, "a call that was given up ends soon, and frees its place")
	}
	return r
}

// composed fails the test unless the file can be printed and archived, or what stands
// in its way is named.
func composed(t *testing.T, c *pdf.Composer, l pdf.Letter) {
	t.Helper()
	var out pdf.Composed
	var err error
	bounded(t, func() { out, err = c.Compose(context.Background(), l, pdf.Theme{}) })
	if err != nil {
		require.NotEmpty(t, courrier.FieldErrors(err))
		return
	}
	require.Equal(t, pdf.VerdictPrint, inspected(t, out.File).Verdict)
	conforms(t, out.File)
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
				require.NotContains(t, err.Error(), "crash")
				continue
			}
			r := inspected(t, out.Bytes())
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
		composed(t, c, l)
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
		var a *pdf.Artwork
		var err error
		bounded(t, func() { a, err = pdf.NewArtwork(data) })
		if err != nil {
			require.NotEmpty(t, courrier.FieldErrors(err))
			return
		}
		l := plainLetter()
		l.Sender.Logo, l.Signature.Image = a, a
		composed(t, c, l)
	})
}

// FuzzEvidence feeds the texts and the exhibit of an evidence file: nothing makes it fail.
func FuzzEvidence(f *testing.F) {
	f.Add("Bonjour ✓\n\n- un 😀", "F✓1", []byte("%PDF-1.7"))
	f.Add("**gras** \u2028 שלום", "preuve.pdf", pages(2))
	f.Add("<p>a</p>", "漢@example.test", []byte("not a PDF"))
	maker, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{})
	require.NoError(f, err)
	from := printedNotice(courrier.French).From
	f.Fuzz(func(t *testing.T, text, name string, file []byte) {
		step := dunning.EvidenceStep{Reminder: dunning.ReminderID(name), Kind: courrier.StepKind(name), Channel: courrier.Channel(text),
			To: []string{name}, Text: text, Message: dunning.Message{Subject: name, Body: text}, Reason: text,
			Log:   []dunning.ReminderAct{{Act: name, Note: text, Actor: courrier.ActorID(name)}},
			Parts: []dunning.EvidencePart{{Kind: name, Name: name, Content: file}}}
		ev := dunning.Evidence{Invoice: dunning.InvoiceID(name), Zone: name, Steps: []dunning.EvidenceStep{step, step}}
		var out pdf.EvidenceFile
		var err error
		bounded(t, func() { out, err = maker.Make(context.Background(), ev, from, courrier.Language(name)) })
		require.NoError(t, err)
		require.Equal(t, out.Manifest.Pages, inspected(t, out.File).Pages)
	})
}
