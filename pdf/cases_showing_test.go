package pdf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// annotated is a page with one line of text in an embedded font, and these
// annotations, the first of which is object 7.
func annotated(catalog, page string, annotations ...string) []byte {
	numbers := make([]string, len(annotations))
	for i := range annotations {
		numbers[i] = fmt.Sprintf("%d 0 R", 7+i)
	}
	return embedded(sheet{
		page:    "/MediaBox [0 0 595.28 841.89] " + page + " /Annots [" + strings.Join(numbers, " ") + "]",
		catalog: catalog, extra: annotations, content: mm(30, 30, 5, 5) + " f",
	})
}

// points is a box given in points from the lower left corner of an A4 page.
func points(x0, y0, x1, y1 float64) pdf.Box {
	const k = 25.4 / 72
	return pdf.Box{X: x0 * k, Y: (841.89 - y1) * k, W: (x1 - x0) * k, H: (y1 - y0) * k}
}

func annotationsWithoutAppearance(t *testing.T) {
	for _, name := range []string{"freetext-noap", "highlight-noap"} {
		t.Run(name, func(t *testing.T) {
			file := caseFile(t, name)
			require.Equal(t, []pdf.Code{pdf.CodeFontNotEmbedded, pdf.CodeAnnotations}, codes(inspect(t, file, pdf.InspectOptions{})))
			require.Less(t, difference(t, rasterize(t, file), rasterize(t, printed(t, file))), 0.2)
		})
	}
	require.True(t, inkIn(t, printed(t, caseFile(t, "freetext-noap")), points(80, 425, 200, 435)), "its words")
	for name, entries := range map[string]string{
		"free text with a ground":        "/Subtype /FreeText /DA (/Helv 18 Tf 1 0 0 rg) /Contents (In red) /C [1 1 0.8] /BS <</W 3>>",
		"free text in the middle":        "/Subtype /FreeText /DA (0 g /TiRo 14 Tf) /Contents (Two\\rlines) /Q 1 /BS <</W 0>>",
		"free text without appearance":   "/Subtype /FreeText /Contents (No font named)",
		"free text in UTF-16":            "/Subtype /FreeText /DA (/Helv 12 Tf) /Contents <FEFF014100F320AC>",
		"free text with a callout":       "/Subtype /FreeText /DA (/Cour 10 Tf 0 g) /Contents (See) /CL [60 500 200 420 300 420] /LE /OpenArrow",
		"free text over several lines":   "/Subtype /FreeText /DA (/Helv 12 Tf) /Contents (One sentence that is longer than what one line of the box can hold, by far)",
		"free text with markup alone":    "/Subtype /FreeText /RC (<body><p style=\"color:red\">One<br/>two</p></body>)",
		"free text, appearance unboxed":  "/Subtype /FreeText /Contents (Lost) /AP <</N 4 0 R>>",
		"free text, appearance lost":     "/Subtype /FreeText /Contents (Lost) /AP <</N 99 0 R>>",
		"square":                         "/Subtype /Square /C [1 0 0] /IC [0.9 0.9 1] /BS <</W 2>>",
		"square without colour":          "/Subtype /Square",
		"square with dashes":             "/Subtype /Square /C [0 0 1] /Border [0 0 3 [6 3]]",
		"circle":                         "/Subtype /Circle /C [0] /RD [10 10 10 10]",
		"circle in CMYK, half seen":      "/Subtype /Circle /IC [0 1 1 0] /CA 0.5",
		"line":                           "/Subtype /Line /L [310 410 480 440] /C [0 0.5 0] /BS <</W 2>>",
		"line with arrows":               "/Subtype /Line /L [310 410 480 440] /LE [/ClosedArrow /OpenArrow] /IC [1 0 0]",
		"line that begins in a circle":   "/Subtype /Line /L [310 410 480 410] /LE [/Circle /Butt]",
		"measured line":                  "/Subtype /Line /L [310 410 480 410] /LL 15 /LLE 5 /Cap true /Contents (170 pt)",
		"line with words in it":          "/Subtype /Line /L [310 425 480 425] /Cap true /CP /Inline /Contents (170 pt)",
		"line with words over it":        "/Subtype /Line /L [310 425 480 425] /Cap true /CP /Top /Contents (170 pt)",
		"ink":                            "/Subtype /Ink /InkList [[310 410 350 440 390 410][400 410 480 430]] /C [0 0 1] /BS <</W 3>>",
		"polygon":                        "/Subtype /Polygon /Vertices [310 410 400 445 480 410] /IC [1 1 0]",
		"polyline":                       "/Subtype /PolyLine /Vertices [310 410 400 445 480 410] /LE [/None /Diamond]",
		"underline":                      "/Subtype /Underline /QuadPoints [310 440 480 440 310 420 480 420] /C [1 0 0]",
		"underline against the clock":    "/Subtype /Underline /QuadPoints [310 420 480 420 480 440 310 440] /C [1 0 0]",
		"strike out":                     "/Subtype /StrikeOut /QuadPoints [310 440 480 440 310 420 480 420]",
		"squiggly":                       "/Subtype /Squiggly /QuadPoints [310 440 480 440 310 420 480 420] /C [1 0 1]",
		"highlight without colour":       "/Subtype /Highlight /QuadPoints [310 440 480 440 310 420 480 420]",
		"highlight of two lines":         "/Subtype /Highlight /C [0.5 1 0.5] /QuadPoints [310 440 480 440 310 425 480 425 310 420 400 420 310 405 400 405]",
		"highlight beyond its rectangle": "/Subtype /Highlight /C [1 0.5 0] /QuadPoints [310 440 480 440 310 420 480 420] /Rect [310 420 320 430]",
	} {
		t.Run(name, func(t *testing.T) {
			file := annotated("", "", "<</Type /Annot /F 4 /Rect [300 400 490 450] "+entries+">>")
			require.Equal(t, []pdf.Code{pdf.CodeAnnotations}, codes(inspect(t, file, pdf.InspectOptions{})))
			out := printed(t, file)
			require.Empty(t, inspect(t, out, pdf.InspectOptions{}).Findings)
			area := points(295, 395, 495, 455)
			require.True(t, inkIn(t, file, area), "the inspection sees it")
			require.True(t, inkIn(t, out, area), "it is printed")
			if name != "highlight without colour" { // black there, which hides what it is to highlight
				require.Less(t, difference(t, rasterize(t, file), rasterize(t, out)), 0.35, "about as poppler draws it")
			}
		})
	}
	for name, entries := range map[string]string{
		"stamp":             "/Subtype /Stamp /Name /Approved",
		"note":              "/Subtype /Text /Contents (Do not send)",
		"redaction":         "/Subtype /Redact /QuadPoints [310 440 480 440 310 420 480 420]",
		"caret":             "/Subtype /Caret",
		"free text, Hebrew": "/Subtype /FreeText /DA (/Helv 12 Tf) /Contents <FEFF05E905DC05D505DD>",
		"free text, emoji":  "/Subtype /FreeText /DA (/Helv 12 Tf) /Contents <FEFFD83DDE00>",
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			requireRefused(t, annotated("", "", "<</F 4 /Rect [300 400 490 450] "+entries+">>"), pdf.CodeAnnotationsNotDrawn)
			onScreen := annotated("", "", "<</F 2 /Rect [300 400 490 450] "+entries+">>")
			requirePrinted(t, onScreen)
		})
	}
	for name, c := range map[string]struct {
		entries string
		want    []pdf.Code
	}{
		"for the screen":           {"/Subtype /Square", []pdf.Code{pdf.CodeAnnotationsScreen}},
		"markup without quads":     {"/Subtype /Highlight /F 4", nil},
		"of no colour":             {"/Subtype /Highlight /F 4 /C [] /QuadPoints [310 440 480 440 310 420 480 420]", nil},
		"a popup":                  {"/Subtype /Popup /F 4", nil},
		"a link without a frame":   {"/Subtype /Link /F 4", nil},
		"a link with a frame of 0": {"/Subtype /Link /F 4 /Border [0 0 0]", nil},
		"hidden":                   {"/Subtype /Square /F 6", nil},
		"of a kind nobody knows":   {"/Subtype /Mine /F 5 /AP <</N 8 0 R>>", nil},
	} {
		t.Run(name, func(t *testing.T) {
			file := annotated("", "", "<</Rect [300 400 490 450] "+c.entries+">>", streamObject("/BBox [0 0 9 9]", "0 0 9 9 re f"))
			require.Equal(t, c.want, codes(inspect(t, file, pdf.InspectOptions{})))
			require.False(t, inkIn(t, printed(t, file), points(300, 400, 490, 450)))
		})
	}
	t.Run("a highlight shows what it marks", func(t *testing.T) {
		file := embedded(sheet{content: "0 g 320 410 100 20 re f", page: "/MediaBox [0 0 595.28 841.89] /Annots [7 0 R]", extra: []string{
			"<</Subtype /Highlight /F 4 /Rect [300 400 490 450] /C [1 1 0] /QuadPoints [300 450 490 450 300 400 490 400]>>"}})
		require.Less(t, difference(t, rasterize(t, file), rasterize(t, printed(t, file))), 0.4)
	})
	t.Run("a highlight that says it is an isolated group", func(t *testing.T) {
		file := embedded(sheet{content: "0 g 320 410 100 20 re f", page: "/MediaBox [0 0 595.28 841.89] /Annots [7 0 R]", extra: []string{
			"<</Subtype /Highlight /F 4 /Rect [300 400 490 450] /QuadPoints [300 450 490 450 300 400 490 400] /AP <</N 8 0 R>>>>",
			streamObject("/Subtype /Form /BBox [0 0 190 50] /Group <</S /Transparency /I true>> /Resources <</ExtGState <</G <</BM /Multiply>>>>>>",
				"/G gs 1 1 0 rg 0 0 190 50 re f")}})
		requirePrinted(t, file, pdf.CodeAnnotations)
	})
	t.Run("a link with a frame", func(t *testing.T) {
		file := annotated("", "", "<</Subtype /Link /F 4 /Rect [300 400 490 450] /Border [0 0 2] /C [0 0 1]>>")
		require.Empty(t, codes(inspect(t, file, pdf.InspectOptions{})))
		require.True(t, inkIn(t, printed(t, file), points(295, 395, 305, 455)))
		require.False(t, inkIn(t, printed(t, file), points(310, 410, 480, 440)))
	})
}

func fieldsAsSeen(t *testing.T) {
	for _, name := range []string{"need-appearances-stale", "checkbox-noap"} {
		t.Run(name, func(t *testing.T) {
			file := caseFile(t, name)
			require.Equal(t, []pdf.Code{pdf.CodeFontNotEmbedded, pdf.CodeFormFields}, codes(inspect(t, file, pdf.InspectOptions{})))
			require.Less(t, difference(t, rasterize(t, file), rasterize(t, printed(t, file))), 0.3)
		})
	}
	require.Contains(t, shownText(t, caseFile(t, "need-appearances-stale")), "NEW VALUE 999 EUR")
	require.True(t, inkIn(t, printed(t, caseFile(t, "checkbox-noap")), points(76, 404, 88, 416)), "the tick")
	const (
		anew  = "/AcroForm <</NeedAppearances true /DA (/Helv 12 Tf 0 g) /Fields [7 0 R]>>"
		as    = "/AcroForm <</DA (/Helv 12 Tf 0 g) /Fields [7 0 R]>>"
		drawn = " /AP <</N 9 0 R>>"
	)
	stale := streamObject("/Subtype /Form /BBox [0 0 190 50] /Resources <</Font <</F1 6 0 R>>>>", "BT /F1 12 Tf 2 7 Td (!!!!!!!!!!!!!) Tj ET")
	for name, c := range map[string]struct {
		catalog, entries, parent string
		want                     string
	}{
		"text":                           {as, "/FT /Tx /V (Martin)", "null", "Martin"},
		"value two fields up":            {as, "/Parent 8 0 R", "<</Parent <</FT /Tx /V (Above) /DA (/Helv 9 Tf)>>>>", "Above"},
		"flag and stale":                 {anew, "/FT /Tx /V (Changed)" + drawn, "null", "Changed"},
		"flag and stale, parent's value": {anew, "/Parent 8 0 R" + drawn, "<</FT /Tx /V (Changed)>>", "Changed"},
		"flag, empty mark only":          {anew, "/FT /Tx /V (Filled) /AP <</N 10 0 R>>", "null", "Filled"},
		"a number":                       {as, "/FT /Tx /V 1200", "null", "1200"},
		"a number with a fraction":       {as, "/FT /Tx /V 12.50", "null", "12.5"},
		"a border at its foot":           {as, "/FT /Tx /V (Foot) /MK <</BC [0]>> /BS <</W 2 /S /U>>", "null", "Foot"},
		"an appearance that is lost":     {as, "/FT /Tx /V (Kept) /AP <</N 99 0 R>>", "null", "Kept"},
		"an appearance without a box":    {as, "/FT /Tx /V (Boxed) /AP <</N 11 0 R>>", "null", "Boxed"},
		"several lines":                  {as, "/FT /Tx /Ff 4096 /V (One\\rTwo) /DA (/Helv 0 Tf)", "null", "One\nTwo"},
		"a size that fits": {as, "/FT /Tx /V (A value that is far too long for its field in any size) /DA (/Helv 0 Tf)", "null",
			"A value that is far"},
		"comb":              {as, "/FT /Tx /Ff 16777216 /MaxLen 8 /V (12345)", "null", "1"},
		"password":          {as, "/FT /Tx /Ff 8192 /V (secret)", "null", "******"},
		"in UTF-16":         {as, "/FT /Tx /V <FEFF0141006F0064017A>", "null", "Łodź"},
		"in PDFDocEncoding": {as, "/FT /Tx /V (\\240 500)", "null", "€ 500"},
		"a stream":          {as, "/FT /Tx /V 11 0 R", "null", "Streamed"},
		"turned":            {as, "/FT /Tx /V (Turned) /MK <</R 90>>", "null", "Turned"},
		"to the right":      {as, "/FT /Tx /V (12,50) /Q 2", "null", "12,50"},
		"choice":            {as, "/FT /Ch /Ff 131072 /V (fr) /Opt [[(de) (Deutschland)] [(fr) (France)]]", "null", "France"},
		"choice of several": {as, "/FT /Ch /Ff 131072 /V [(b) (a)] /Opt [(a) (b)]", "null", "b"},
		"list":              {as, "/FT /Ch /V (b) /Opt [(a) (b) (c)]", "null", "a\nb\nc"},
		"push button":       {as, "/FT /Btn /Ff 65536 /MK <</CA (Send) /BC [0]>>", "null", "Send"},
	} {
		t.Run(name, func(t *testing.T) {
			file := annotated(c.catalog, "", "<</Subtype /Widget /F 4 /Rect [300 400 490 450] "+c.entries+">>", c.parent, stale,
				streamObject("/Subtype /Form /BBox [0 0 190 50]", "/Tx BMC EMC"), streamObject("", "Streamed"))
			require.Equal(t, []pdf.Code{pdf.CodeFormFields}, codes(inspect(t, file, pdf.InspectOptions{})))
			require.True(t, inkIn(t, file, points(300, 400, 490, 450)))
			text := shownText(t, file)
			require.Contains(t, text, c.want)
			if name == "a number with a fraction" { // poppler draws whole numbers only
				require.Equal(t, c.want, text)
				return
			}
			if name != "list" { // its choice stands on black there
				require.Less(t, difference(t, rasterize(t, file), rasterize(t, printed(t, file))), 0.35, "about as poppler draws it")
			}
		})
	}
	t.Run("a list whose choice is known by its place", func(t *testing.T) {
		chosen := func(by string) []byte {
			return printed(t, annotated(as, "", "<</Subtype /Widget /F 4 /Rect [300 400 490 450] /FT /Ch /Opt [(a) (b) (c)] "+by+">>"))
		}
		require.Zero(t, difference(t, rasterize(t, chosen("/V (b)")), rasterize(t, chosen("/I [1]"))))
		require.NotZero(t, difference(t, rasterize(t, chosen("/V (b)")), rasterize(t, chosen(""))))
	})
	t.Run("a signed form stays as it is", func(t *testing.T) {
		file := annotated("/AcroForm <</NeedAppearances true /SigFlags 1 /Fields [7 0 R]>>", "",
			"<</Subtype /Widget /FT /Tx /V (Changed) /F 4 /Rect [300 400 490 450]"+drawn+">>", "null", stale)
		require.NotContains(t, shownText(t, file), "Changed")
		require.True(t, inkIn(t, printed(t, file), points(300, 400, 490, 450)))
	})
	t.Run("an emptied field", func(t *testing.T) {
		file := annotated(anew, "", "<</Subtype /Widget /FT /Tx /V () /F 4 /Rect [300 400 490 450]"+drawn+">>", "null", stale)
		require.False(t, inkIn(t, printed(t, file), points(300, 400, 490, 450)))
	})
	for name, entries := range map[string]string{
		"a field in Hebrew": "/FT /Tx /V <FEFF05E905DC05D505DD>",
		"a field in Thai":   "/FT /Ch /Ff 131072 /V <FEFF0E010E02>",
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			requireRefused(t, annotated(as, "", "<</Subtype /Widget /F 4 /Rect [300 400 490 450] "+entries+">>"), pdf.CodeFormNotDrawn)
		})
	}
	buttons(t)
}

// buttons are those that are ticked, and those that are not.
func buttons(t *testing.T) {
	states := "/AP <</N <</Yes 9 0 R /Off 10 0 R>>>>"
	for name, c := range map[string]struct {
		entries, parent string
		ticked          bool
	}{
		"a tick":                        {"/FT /Btn /AS /Yes /MK <</CA (4)>>", "null", true},
		"a cross":                       {"/FT /Btn /AS /Yes /MK <</CA (8)>>", "null", true},
		"a star":                        {"/FT /Btn /AS /Yes /MK <</CA (H)>>", "null", true},
		"a square":                      {"/FT /Btn /AS /Yes /MK <</CA (n)>>", "null", true},
		"a diamond":                     {"/FT /Btn /AS /Yes /MK <</CA (u)>>", "null", true},
		"a radio button":                {"/AS /2 /Parent 8 0 R /MK <</BC [0]>>", "<</FT /Btn /Ff 32768 /V /2>>", true},
		"off":                           {"/FT /Btn /AS /Off /V /Yes", "null", false},
		"no state, the value says on":   {"/FT /Btn /V /Yes", "null", true},
		"no state, the parent says on":  {"/Parent 8 0 R", "<</FT /Btn /V /Yes>>", true},
		"states, on":                    {"/FT /Btn /AS /Yes " + states, "null", true},
		"states, off":                   {"/FT /Btn /AS /Off " + states, "null", false},
		"states, the value says on":     {"/FT /Btn /V /Yes " + states, "null", true},
		"a state that is not there":     {"/FT /Btn /AS /Maybe " + states, "null", false},
		"states under NeedAppearances":  {"/FT /Btn /AS /Yes /V /Yes " + states, "null", true},
		"states without a value at all": {"/FT /Btn " + states, "null", false},
	} {
		t.Run(name, func(t *testing.T) {
			file := annotated("/AcroForm <</NeedAppearances true /Fields [7 0 R]>>", "",
				"<</Subtype /Widget /F 4 /Rect [300 400 320 420] "+c.entries+">>", c.parent,
				streamObject("/Subtype /Form /BBox [0 0 20 20]", "5 5 10 10 re f"), streamObject("/Subtype /Form /BBox [0 0 20 20]", "q Q"))
			require.Equal(t, []pdf.Code{pdf.CodeFormFields}, codes(inspect(t, file, pdf.InspectOptions{})))
			require.Equal(t, c.ticked, inkIn(t, printed(t, file), points(306, 406, 314, 414)))
		})
	}
}

// shownText is the text of a file's print.
func shownText(t *testing.T, file []byte) string {
	t.Helper()
	return strings.TrimSpace(output(t, printed(t, file), "pdftotext", "-", "-"))
}

func boxesAsSeen(t *testing.T) {
	requirePrinted(t, caseFile(t, "annot-norotate"), pdf.CodePageLandscape, pdf.CodeFontNotEmbedded, pdf.CodeAnnotations)
	for _, rotate := range []int{0, 90, 180, 270} {
		for name, kind := range map[string]string{"turns": "/Stamp /F 4", "stands upright": "/Stamp /F 20", "a note": "/Text /F 4"} {
			t.Run(fmt.Sprintf("%s by %d", name, rotate), func(t *testing.T) {
				file := annotated("", fmt.Sprintf("/Rotate %d", rotate),
					"<</Subtype "+kind+" /Rect [200 400 320 430] /AP <</N 8 0 R>>>>",
					streamObject("/Subtype /Form /BBox [0 0 40 10]", "0 0 40 10 re S 0 0 20 10 re f"))
				require.Less(t, difference(t, rasterize(t, file), rasterize(t, printed(t, file))), 0.1, "lines may be a pixel wider")
			})
		}
	}
	t.Run("trim box", func(t *testing.T) {
		file := caseFile(t, "box-trim")
		require.Equal(t, []pdf.Code{pdf.CodePageTrimmed, pdf.CodeFontNotEmbedded}, codes(inspect(t, file, pdf.InspectOptions{})))
		require.Empty(t, unexpected(inspect(t, printed(t, file), pdf.InspectOptions{}), pdf.CodeFontNotEmbedded))
	})
	for name, c := range map[string]struct {
		page    string
		trimmed bool
		w, h    float64
	}{
		"turned":               {"/MediaBox [0 0 927 680] /TrimBox [42.5 42.5 884.5 637.5] /Rotate 90", true, 209.9, 297},
		"within a crop box":    {"/MediaBox [0 0 800 1000] /CropBox [10 10 700 950] /TrimBox [50 50 645.28 891.89]", true, 210, 297},
		"in user units":        {"/MediaBox [0 0 340 463.5] /TrimBox [21.25 21.25 318.75 442.25] /UserUnit 2", true, 209.9, 297},
		"larger than the page": {"/MediaBox [0 0 419.53 595.28] /TrimBox [-10 -10 600 900]", false, 148, 210},
		"of an A4 page":        {"/MediaBox [0 0 595.28 841.89] /TrimBox [20 20 575 821]", false, 210, 297},
		"of no extent":         {"/MediaBox [0 0 680 927] /TrimBox [50 50 50 50]", false, 239.9, 327},
		"upside down":          {"/MediaBox [0 0 680 927] /TrimBox [637.5 884.5 42.5 42.5]", true, 209.9, 297},
	} {
		t.Run("trim box "+name, func(t *testing.T) {
			file := onePage(sheet{page: c.page, content: "0 0 2000 2000 re f"})
			r := inspect(t, file, pdf.InspectOptions{})
			_, found := r.Find(pdf.CodePageTrimmed)
			require.Equal(t, c.trimmed, found)
			require.InDelta(t, c.w, r.PageSizes[0].Width, 0.1)
			require.InDelta(t, c.h, r.PageSizes[0].Height, 0.1)
			again := inspect(t, printed(t, file), pdf.InspectOptions{}).PageSizes[0]
			require.InDelta(t, c.w, again.Width, 0.1)
			require.InDelta(t, c.h, again.Height, 0.1)
		})
	}
	for name, box := range map[string]string{
		"a word in it": "[0 0 (a) 842]", "three numbers": "[0 0 595]", "no extent": "[0 0 0 842]", "a name": "/A4", "a missing one": "99 0 R",
		"nulls": "[null null null null]",
	} {
		t.Run("a media box with "+name, func(t *testing.T) {
			r := inspect(t, embedded(sheet{page: "/MediaBox " + box}), pdf.InspectOptions{})
			require.Equal(t, []pdf.Code{pdf.CodePageSizeUnknown}, codes(r))
			require.Equal(t, pdf.VerdictCheck, r.Verdict)
		})
	}
	t.Run("a media box that is none under one that is", func(t *testing.T) {
		requirePrinted(t, tree("<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595.28 841.89]>>",
			"<</Type /Page /Parent 2 0 R /MediaBox [0 0 (a) 842] /Contents 4 0 R>>", streamObject("", mm(30, 150, 5, 5)+" f")))
	})
	require.Equal(t, []pdf.Code{pdf.CodePageSizeUnknown, pdf.CodeFontNotEmbedded}, codes(inspect(t, caseFile(t, "box-nan"),
		pdf.InspectOptions{})))
}

// unexpected are the codes of a report but for these.
func unexpected(r pdf.Report, expected ...pdf.Code) []pdf.Code {
	var out []pdf.Code
	for _, c := range codes(r) {
		known := false
		for _, e := range expected {
			known = known || c == e
		}
		if !known {
			out = append(out, c)
		}
	}
	return out
}

// layersAsPrinted holds layers to what is printed of them, and hidden ones to
// leaving nothing behind.
func layersAsPrinted(t *testing.T) {
	const off = "/OCProperties <</OCGs [7 0 R 8 0 R] /D <</OFF [7 0 R]>>>>"
	hidden := "/OC /L BDC " + mm(120, 60, 9, 9) + " f EMC "
	shown := "/OC /M BDC " + mm(120, 80, 9, 9) + " f EMC "
	layers := []string{"<</Type /OCG /Name (secret)>>", "<</Type /OCG /Name (open)>>"}
	for name, c := range map[string]struct {
		sheet  sheet
		hidden bool
		want   []pdf.Code
	}{
		"off": {sheet{content: hidden + shown, catalog: off}, true, []pdf.Code{pdf.CodeHiddenLayers}},
		"off by the base state": {sheet{content: hidden + shown,
			catalog: "/OCProperties <</OCGs [7 0 R 8 0 R] /D <</BaseState /OFF /ON [8 0 R]>>>>"}, true, []pdf.Code{pdf.CodeHiddenLayers}},
		"off when printed": {sheet{content: hidden + shown, extra: []string{"<</Type /OCG /Usage <</Print <</PrintState /OFF>>>>>>", layers[1]},
			catalog: "/OCProperties <</OCGs [7 0 R 8 0 R] /D <</AS [<</Event /Print /Category [/Print] /OCGs [7 0 R 8 0 R]>>]>>>>"}, true,
			[]pdf.Code{pdf.CodeHiddenLayers, pdf.CodeLayersDiffer}},
		"on when printed": {sheet{content: hidden + shown, extra: []string{"<</Type /OCG /Usage <</Print <</PrintState /ON>>>>>>", layers[1]},
			catalog: "/OCProperties <</OCGs [7 0 R 8 0 R] /D <</OFF [7 0 R] /AS [<</Event /Print /Category [/Print] /OCGs [7 0 R]>>]>>>>"}, false,
			[]pdf.Code{pdf.CodeLayersDiffer}},
		"by an expression": {sheet{content: hidden + shown, resources: "/Properties <</L 9 0 R /M 8 0 R>>", catalog: off,
			extra: append(layers, "<</Type /OCMD /VE [/And [/Not 7 0 R] [/Not 8 0 R]]>>")}, true, []pdf.Code{pdf.CodeHiddenLayers}},
		"shown by an expression": {sheet{content: hidden + shown, resources: "/Properties <</L 9 0 R /M 8 0 R>>", catalog: off,
			extra: append(layers, "<</Type /OCMD /VE [/And 8 0 R [/Not 7 0 R]]>>")}, false, []pdf.Code{pdf.CodeHiddenLayers}},
		"shown by one of two": {sheet{content: hidden + shown, resources: "/Properties <</L 9 0 R /M 8 0 R>>", catalog: off,
			extra: append(layers, "<</Type /OCMD /VE [/Or 7 0 R 8 0 R]>>")}, false, []pdf.Code{pdf.CodeHiddenLayers}},
		"shown by neither": {sheet{content: hidden + shown, resources: "/Properties <</L 9 0 R /M 8 0 R>>", catalog: off,
			extra: append(layers, "<</Type /OCMD /VE [/Or 7 0 R [/Not 8 0 R]]>>")}, true, []pdf.Code{pdf.CodeHiddenLayers}},
		"within another": {sheet{content: "/OC /L BDC /OC /M BDC " + mm(120, 60, 9, 9) + " f EMC EMC " + shown, catalog: off}, true,
			[]pdf.Code{pdf.CodeHiddenLayers}},
		"state set in it stays": {sheet{content: "/OC /L BDC " + mm(120, 60, 9, 9) + " f 1 0 0 1 5 5 cm EMC " + shown, catalog: off}, true,
			[]pdf.Code{pdf.CodeHiddenLayers}},
		"text that moves what follows": {sheet{content: "BT /F1 10 Tf 340 600 Td 3 Tc /OC /L BDC (!!!! !!) Tj [(!!) -500 (!)] TJ EMC (!!) Tj ET " + mm(30, 150, 5, 5) + " f",
			catalog: off}, true, []pdf.Code{pdf.CodeHiddenLayers}},
		"a form": {sheet{content: "/X Do " + shown, resources: "/Properties <</M 8 0 R>> /XObject <</X 9 0 R>>", catalog: off,
			extra: append(layers, streamObject("/Subtype /Form /BBox [0 0 999 999] /OC 7 0 R", mm(120, 60, 9, 9)+" f"))}, true,
			[]pdf.Code{pdf.CodeHiddenLayers}},
		"within a form": {sheet{content: "/X Do " + shown, resources: "/Properties <</M 8 0 R>> /XObject <</X 9 0 R>>", catalog: off,
			extra: append(layers, streamObject("/Subtype /Form /BBox [0 0 999 999] /Resources <</Properties <</L 7 0 R>>>>", hidden))}, true,
			[]pdf.Code{pdf.CodeHiddenLayers}},
		"an inline image": {sheet{content: "/OC /L BDC q 50 0 0 20 340 650 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q EMC " + shown,
			catalog: off}, true,
			[]pdf.Code{pdf.CodeHiddenLayers}},
		"off, but not listed": {sheet{content: hidden + shown, catalog: "/OCProperties <</OCGs [8 0 R] /D <</OFF [7 0 R]>>>>"}, false, nil},
		"one of a membership, and one that is not there": {sheet{content: hidden + shown, resources: "/Properties <</L 9 0 R /M 8 0 R>>",
			catalog: off, extra: append(layers, "<</Type /OCMD /OCGs [null 99 0 R 7 0 R]>>")}, true, []pdf.Code{pdf.CodeHiddenLayers}},
		"two of a membership": {sheet{content: hidden + shown, resources: "/Properties <</L 9 0 R /M 8 0 R>>", catalog: off,
			extra: append(layers, "<</Type /OCMD /OCGs [7 0 R 8 0 R] /P /AllOn>>")}, true, []pdf.Code{pdf.CodeHiddenLayers}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.sheet.resources == "" {
				c.sheet.resources = "/Properties <</L 7 0 R /M 8 0 R>> "
			}
			if c.sheet.extra == nil {
				c.sheet.extra = layers
			}
			file := embedded(c.sheet)
			require.Equal(t, c.want, codes(inspect(t, file, pdf.InspectOptions{})))
			out := printed(t, file)
			require.Empty(t, codes(inspect(t, out, pdf.InspectOptions{})))
			require.NotContains(t, string(out), "secret")
			for _, box := range []pdf.Box{{X: 115, Y: 55, W: 20, H: 20}, {X: 115, Y: 78, W: 20, H: 15}} {
				require.Equal(t, inkIn(t, file, box), inkIn(t, out, box))
			}
			require.Equal(t, c.hidden, !inkIn(t, out, pdf.Box{X: 115, Y: 55, W: 20, H: 20}))
			if _, differ := inspect(t, file, pdf.InspectOptions{}).Find(pdf.CodeLayersDiffer); !differ { // poppler knows the default configuration only
				requireSameLook(t, file, out)
			}
		})
	}
}
