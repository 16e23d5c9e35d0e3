package pdf_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// inspected fails the test unless the report is a sound one.
func inspected(t *testing.T, file []byte) pdf.Report {
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

// FuzzInspect feeds whole files.
func FuzzInspect(f *testing.F) {
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
		l.Blocks = []pdf.Block{pdf.Paragraph(text), pdf.List{Items: []string{subject, text}}}
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
