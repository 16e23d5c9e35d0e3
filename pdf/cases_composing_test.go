package pdf_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
)

// TestCasesComposing holds the composer to what users have met, under the ids of
// the project's list.
func TestCasesComposing(t *testing.T) {
	for id, run := range map[string]func(*testing.T){
		"paper-14": nothingIsCut,
		"paper-15": rightToLeftIsRefused,
		"paper-16": everyCharacterIsSetOrNamed,
		"paper-17": photographsStandUpright,
		"paper-18": artworkIsBounded,
	} {
		t.Run(id, run)
	}
}

// composeOrRefuse returns the letter, or the field that does not fit.
func composeOrRefuse(t require.TestingT, l pdf.Letter) (pdf.Composed, []*courrier.FieldError) {
	c, err := composer()
	require.NoError(t, err)
	out, err := c.Compose(context.Background(), l, pdf.Theme{})
	if err == nil {
		return out, nil
	}
	require.ErrorIs(t, err, courrier.ErrInvalid)
	fields := courrier.FieldErrors(err)
	require.NotEmpty(t, fields)
	for _, f := range fields {
		require.NotEmpty(t, f.Field)
		require.NotEmpty(t, f.Remedy)
	}
	return pdf.Composed{}, fields
}

// holds fails unless every text stands in the letter, all of it on its pages.
func holds(t require.TestingT, out pdf.Composed, texts ...string) {
	all := textsOf(t, out.File)
	said, repeated := joined(all)
	for _, text := range texts {
		if !strings.Contains(repeated, squeezed(text)) {
			require.Contains(t, said, squeezed(text))
		}
	}
	const edge, width, height = 5 / 0.3528, 595.28, 841.89
	for _, p := range all {
		inside := p.x >= edge && p.x < width-edge && p.y >= edge && p.y < height-edge
		require.True(t, inside, "%q stands at %.1f, %.1f", p.text, p.x, p.y)
	}
}

func numbered(n int, word string) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("%s%d", word, i)
	}
	return strings.Join(words, " ")
}

func fieldsOf(n int) []pdf.Field {
	out := make([]pdf.Field, n)
	for i := range out {
		out[i] = pdf.Field{Label: fmt.Sprintf("Ligne %d", i), Value: fmt.Sprintf("valeur-%d", i)}
	}
	return out
}

func nothingIsCut(t *testing.T) {
	long, endless := numbered(60, "mot"), numbered(9000, "mot")
	flows := map[string]struct {
		change func(*pdf.Letter)
		texts  []string
	}{
		"sum label": {func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: invoices(3), Lines: []pdf.SumLine{{Label: long, Amount: eur("1")},
				{Label: long + " fin", Amount: eur("2"), Strong: true}}}}
		}, []string{long, long + " fin"}},
		"details taller than a page": {func(l *pdf.Letter) { l.Blocks = []pdf.Block{pdf.Details{Title: "Titre", Rows: fieldsOf(160)}} },
			[]string{"Titre", "valeur-0", "valeur-55", "Ligne 159", "valeur-159"}},
		"details of one row taller than a page": {func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.Details{Rows: []pdf.Field{{Label: "a", Value: numbered(1500, "v")}}}}
		},
			[]string{"v0", "v1499"}},
		"details title": {func(l *pdf.Letter) { l.Blocks = []pdf.Block{pdf.Details{Title: long, Rows: fieldsOf(2)}} }, []string{long}},
		"details label": {func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.Details{Rows: []pdf.Field{{Label: long, Value: long + "x"}}}}
		}, []string{"mot59x"}},
		"signature": {func(l *pdf.Letter) {
			l.Signature = pdf.Signature{Name: numbered(30, "nom"), Title: numbered(20, "titre")}
		}, []string{numbered(30, "nom")}},
		"enclosures": {func(l *pdf.Letter) { l.Enclosures = []string{endless} }, []string{"mot0", "mot8999"}},
		"subject":    {func(l *pdf.Letter) { l.Subject = long }, []string{long}},
		"invoice number": {func(l *pdf.Letter) {
			rows := invoices(2)
			rows[0].Number = strings.Repeat("F-2026/", 60)
			l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: rows}}
		}, []string{strings.Repeat("F-2026/", 60)}},
		"one long word": {func(l *pdf.Letter) { l.Blocks = []pdf.Block{pdf.Paragraph(strings.Repeat("abcdefghij", 900))} },
			[]string{strings.Repeat("abcdefghij", 900)}},
		"a list of 1200": {func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.List{Numbered: true, Items: slices.Repeat([]string{"point"}, 1200)}}
		}, []string{"1200.point"}},
		"QR caption": {func(l *pdf.Letter) { l.Blocks = []pdf.Block{pdf.QRCode{Payload: "x", Title: "Titre", Caption: long}} },
			[]string{long}},
		"an empty panel after a full page": {func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.Paragraph(numbered(700, "m")), pdf.Details{Title: "Fin", Rows: fieldsOf(40)},
				pdf.Paragraph("dernier")}
		}, []string{"valeur-39", "dernier"}},
	}
	for name, c := range flows {
		t.Run(name, func(t *testing.T) {
			l := plainLetter()
			c.change(&l)
			out, refused := composeOrRefuse(t, l)
			require.Empty(t, refused)
			holds(t, out, c.texts...)
		})
	}
	for field, change := range map[string]func(*pdf.Letter){
		"Signature": func(l *pdf.Letter) { l.Signature.Name = endless },
		"Place":     func(l *pdf.Letter) { l.Place = endless },
		"Recipient": func(l *pdf.Letter) { l.EmptyWindow, l.Recipient = true, []string{numbered(3000, "x")} },
		"Blocks[0].Lines[0].Label": func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: invoices(1), Lines: []pdf.SumLine{{Label: endless, Amount: eur("1")}}}}
		},
		"Blocks[0].Rows[0].Number": func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: []pdf.InvoiceRow{{Number: endless, Amount: eur("1")}}}}
		},
		"Blocks[0].Caption": func(l *pdf.Letter) { l.Blocks = []pdf.Block{pdf.QRCode{Payload: "x", Caption: endless}} },
		"Blocks[0].Payload": func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.QRCode{Payload: strings.Repeat("x", 400), Caption: "x"}}
		},
		"Blocks[0].Columns": func(l *pdf.Letter) {
			rows := []pdf.InvoiceRow{{Number: "1", Amount: courrier.MustAmount("999999999999.99", "EUR")}}
			l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: rows, Columns: slices.Repeat([]pdf.Column{pdf.ColumnAmount}, 12)}}
		},
	} {
		t.Run("refused/"+field, func(t *testing.T) {
			l := plainLetter()
			change(&l)
			_, refused := composeOrRefuse(t, l)
			require.NotEmpty(t, refused)
			require.Equal(t, field, refused[0].Field)
		})
	}
	t.Run("any", func(t *testing.T) { rapid.Check(t, anyLetterHoldsItsTexts) })
}

// anyLetterHoldsItsTexts draws letters of random lengths: each holds every word,
// or is refused by name.
func anyLetterHoldsItsTexts(r *rapid.T) {
	l := plainLetter()
	l.Layout = rapid.SampledFrom(pdf.Layouts()).Draw(r, "layout")
	var texts []string
	text := func(name string, most int) string {
		s := numbered(rapid.IntRange(1, most).Draw(r, name), string(rune('a'+len(texts)%26)))
		texts = append(texts, s)
		return s
	}
	l.Sender.Name, l.Subject, l.Delivery = text("sender", 30), text("subject", 80), text("delivery", 30)
	l.Signature = pdf.Signature{Name: text("name", 60), Title: text("title", 40)}
	l.Enclosures, l.Footer = []string{text("enclosures", 2000)}, []string{text("footer", 60)}
	l.Blocks = nil
	for range rapid.IntRange(1, 4).Draw(r, "blocks") {
		switch rapid.IntRange(0, 4).Draw(r, "kind") {
		case 0:
			l.Blocks = append(l.Blocks, pdf.Paragraph(text("paragraph", 1500)))
		case 1:
			l.Blocks = append(l.Blocks, pdf.List{Items: []string{text("item", 200), text("item", 900)}})
		case 2:
			d := pdf.Details{Title: text("title", 40)}
			for range rapid.IntRange(0, 70).Draw(r, "rows") {
				d.Rows = append(d.Rows, pdf.Field{Label: "l", Value: text("value", 30)})
			}
			l.Blocks = append(l.Blocks, d)
		case 3:
			l.Blocks = append(l.Blocks, pdf.InvoiceTable{Rows: invoices(rapid.IntRange(1, 60).Draw(r, "rows")),
				Lines: []pdf.SumLine{{Label: text("label", 60), Amount: eur("10")}, {Label: text("label", 200), Amount: eur("10"),
					Strong: true}}})
		default:
			l.Blocks = append(l.Blocks, pdf.QRCode{Payload: text("payload", 20), Caption: text("caption", 90), Alt: "code"})
			texts = slices.Delete(texts, len(texts)-2, len(texts)-1) // the payload is drawn
		}
	}
	out, refused := composeOrRefuse(r, l)
	if refused == nil {
		holds(r, out, texts...)
	}
}

func rightToLeftIsRefused(t *testing.T) {
	for script, text := range map[string]string{"Hebrew": "שלום", "Arabic": "مرحبا", "Syriac": "ܫܠܡ", "Thaana": "ދިވެހި", "Nko": "ߒߞߏ"} {
		l := plainLetter()
		l.Blocks = []pdf.Block{pdf.Paragraph("Bonjour " + text + " 34 SARL")}
		_, refused := composeOrRefuse(t, l)
		require.Len(t, refused, 1, script)
		require.Equal(t, "Blocks[0]", refused[0].Field)
		require.Contains(t, refused[0].Rule, script)
		require.Contains(t, refused[0].Rule, fmt.Sprintf("%U", []rune(text)[0]))

		l.Glyphs = pdf.GlyphsSubstitute
		out, refused := composeOrRefuse(t, l)
		require.Empty(t, refused)
		require.NotEmpty(t, out.Substituted)
		holds(t, out, "Bonjour□", "□34 SARL")
	}
}

func everyCharacterIsSetOrNamed(t *testing.T) {
	t.Run("format characters are dropped", func(t *testing.T) {
		l := plainLetter()
		l.Blocks = []pdf.Block{pdf.Paragraph("a\u2060b\u200bc\u200ed\ufefff\u00adg\ufe0fh\u202ai\x07j\u2028k\u3000l")}
		out, refused := composeOrRefuse(t, l)
		require.Empty(t, refused)
		holds(t, out, "abcdfghijkl")
		require.Equal(t, "k l", lineWith(t, out, "k"), "a line separator breaks the line, a wide space is a space")
	})
	t.Run("marks stand over their letters", func(t *testing.T) {
		ink := func(text string) image.Rectangle {
			l := plainLetter()
			l.Blocks = []pdf.Block{pdf.Paragraph(text)}
			out, refused := composeOrRefuse(t, l)
			require.Empty(t, refused)
			holds(t, out, text)
			return inkOf(t, out)
		}
		bare, acute := ink("Qx"), ink("Q\u0301x")
		require.Equal(t, bare.Max.X, acute.Max.X, "a mark takes no room in the line")
		require.Equal(t, bare.Min.X, acute.Min.X)
		require.Less(t, acute.Min.Y, bare.Min.Y-1, "it stands above the letter")
		require.Less(t, ink("Q\u0301\u0308x").Min.Y, acute.Min.Y-1, "and the second above the first")
		require.Greater(t, ink("Q\u0323x").Max.Y, bare.Max.Y, "a dot below stands below")
	})
	t.Run("missing glyphs are named together", func(t *testing.T) {
		l := plainLetter()
		l.Subject = "₺ et 😀"
		l.Blocks = []pdf.Block{pdf.Paragraph("漢字, 漢 ✓"), pdf.Details{Title: "हिन्दी"}}
		_, refused := composeOrRefuse(t, l)
		require.Len(t, refused, 3)
		require.Equal(t, "Subject", refused[0].Field)
		require.Contains(t, refused[0].Rule, "U+20BA '₺', U+1F600 '😀'")
		require.Equal(t, "Blocks[0]", refused[1].Field)
		require.Contains(t, refused[1].Rule, "U+2713 '✓', U+5B57 '字', U+6F22 '漢'")
		require.Equal(t, "Blocks[1].Title", refused[2].Field)

		l.Glyphs = pdf.GlyphsSubstitute
		out, refused := composeOrRefuse(t, l)
		require.Empty(t, refused)
		holds(t, out, "□ et □", "□□, □ □")
		require.Contains(t, out.Substituted, '₺')
		require.True(t, slices.IsSorted(out.Substituted))
	})
	t.Run("what is no text is refused", func(t *testing.T) {
		l := plainLetter()
		l.Subject = "fa\xffcture"
		_, refused := composeOrRefuse(t, l)
		require.Equal(t, "Subject", refused[0].Field)
		require.Contains(t, refused[0].Rule, "UTF-8")
	})
	for name, lines := range map[string][]string{
		"a line feed": {"BOULANGERIE\nMARTIN", "69003 LYON"}, "a line separator": {"BOULANGERIE\u2028MARTIN", "69003 LYON"},
		"blank": {"", "", ""}, "spaces": {" ", "\u00a0", "\u200b"},
	} {
		t.Run("recipient/"+name, func(t *testing.T) {
			l := plainLetter()
			l.Recipient = lines
			_, refused := composeOrRefuse(t, l)
			require.NotEmpty(t, refused)
			require.Contains(t, refused[0].Field, "Recipient")
		})
	}
	t.Run("recipient/one blank line", func(t *testing.T) {
		l := plainLetter()
		l.Recipient = []string{"BOULANGERIE MARTIN", "", "69003 LYON"}
		out, refused := composeOrRefuse(t, l)
		require.Empty(t, refused)
		holds(t, out, "BOULANGERIE MARTIN69003 LYON")
	})
}

// lineWith returns the string that begins with a text.
func lineWith(t *testing.T, out pdf.Composed, prefix string) string {
	for _, p := range textsOf(t, out.File) {
		if strings.HasPrefix(p.text, prefix) {
			return p.text
		}
	}
	return ""
}

// inkOf is the box around the ink of the last line on a letter's page, at 150 dots
// an inch.
func inkOf(t *testing.T, out pdf.Composed) image.Rectangle {
	tool(t, "pdftoppm")
	data, err := pdf.Pdftoppm{}.Rasterize(context.Background(), out.File, 1, 150)
	require.NoError(t, err)
	img := decode(t, data)
	var box image.Rectangle
	for y := img.Bounds().Dy() * 102 / 297; y < img.Bounds().Dy()*130/297; y++ { // below the date
		for x := range img.Bounds().Dx() / 2 {
			if grey := color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y; grey < 128 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

// lying is a picture of a camera that was held on its side: what is up in the
// scene is at the given side of the pixels, and the file says so.
func lying(t testing.TB, orientation byte, littleEndian bool) []byte {
	// The scene is 40 by 80, black above; a camera stores it as its turn says.
	scene := func(x, y int) color.Gray {
		if y < 40 && x < 30 {
			return color.Gray{0}
		}
		return color.Gray{255}
	}
	w, h := 40, 80
	if orientation >= 5 {
		w, h = h, w
	}
	stored := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = 39 - x
			case 3:
				sx, sy = 39-x, 79-y
			case 4:
				sy = 79 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = 39-y, x
			case 7:
				sx, sy = 39-y, 79-x
			case 8:
				sx, sy = y, 79-x
			}
			stored.SetGray(x, y, scene(sx, sy))
		}
	}
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, stored, nil))
	var order binary.AppendByteOrder = binary.BigEndian
	tiff := []byte("MM")
	if littleEndian {
		order, tiff = binary.LittleEndian, []byte("II")
	}
	tiff = order.AppendUint16(tiff, 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, uint16(orientation))
	tiff = order.AppendUint16(tiff, 0)
	tiff = order.AppendUint32(tiff, 0)
	exif := append([]byte("Exif\x00\x00"), tiff...)
	head := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(head, exif...), b.Bytes()[2:]...)
}

func photographsStandUpright(t *testing.T) {
	tool(t, "pdftoppm")
	for orientation := byte(1); orientation <= 8; orientation++ {
		for _, little := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/%v", orientation, little), func(t *testing.T) {
				a, err := pdf.NewArtwork(lying(t, orientation, little))
				require.NoError(t, err)
				l := plainLetter()
				l.Sender.Logo = a
				out := compose(t, l, pdf.Theme{})
				data, err := pdf.Pdftoppm{}.Rasterize(context.Background(), out.File, 1, 50)
				require.NoError(t, err)
				img := decode(t, data)
				at := func(x, y float64) uint8 { // of the logo, 9 by 18 mm from 25, 14 mm
					return color.GrayModel.Convert(img.At(int((25+9*x)*50/25.4), int((14+18*y)*50/25.4))).(color.Gray).Y
				}
				require.Less(t, at(0.3, 0.25), uint8(60), "black above, at the left")
				require.Greater(t, at(0.9, 0.25), uint8(200), "white above, at the right")
				require.Greater(t, at(0.3, 0.75), uint8(200), "white below")
			})
		}
	}
	t.Run("what a camera notes is not in the letter", func(t *testing.T) {
		data := lying(t, 1, false)
		data = slices.Insert(data, 2, append([]byte{0xff, 0xe1, 0, 12}, "48.85N 2.3"...)...)
		a, err := pdf.NewArtwork(data)
		require.NoError(t, err)
		l := plainLetter()
		l.Sender.Logo = a
		file := compose(t, l, pdf.Theme{}).File
		require.Contains(t, string(file), "/DCTDecode")
		require.NotContains(t, string(file), "48.85N")
		require.NotContains(t, string(file), "Exif")
	})
	for _, broken := range [][]byte{lying(t, 6, false)[:40], append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 1}, lying(t, 6, false)[2:]...)} {
		_, err := pdf.NewArtwork(broken)
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
}

func noise(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
	}
	return img
}

func artworkIsBounded(t *testing.T) {
	var large, medium, tall bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.NoCompression}
	require.NoError(t, encoder.Encode(&large, noise(2400, 2000)))
	require.Greater(t, large.Len(), 16<<20)
	_, err := pdf.NewArtwork(large.Bytes())
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Contains(t, err.Error(), "MiB")

	require.NoError(t, encoder.Encode(&medium, noise(2000, 660)))
	require.NoError(t, encoder.Encode(&tall, noise(300, 3000)))
	for name, data := range map[string][]byte{"medium": medium.Bytes(), "tall": tall.Bytes()} {
		a, err := pdf.NewArtwork(data)
		require.NoError(t, err)
		l := plainLetter()
		bare := len(compose(t, l, pdf.Theme{}).File)
		l.Sender.Logo, l.Signature.Image = a, a
		out := compose(t, l, pdf.Theme{})
		require.Less(t, len(out.File)-bare, 320<<10, name)
		conforms(t, out.File)
	}
}
