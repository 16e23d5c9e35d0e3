package pdf_test

import (
	"bytes"
	"context"
	"fmt"
	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"pgregory.net/rapid"
	"slices"
	"strings"
	"sync"
	"testing"
)

var composer = sync.OnceValues(pdf.NewComposer)

func compose(t testing.TB, l pdf.Letter, theme pdf.Theme) pdf.Composed {
	t.Helper()
	c, err := composer()
	require.NoError(t, err)
	out, err := c.Compose(context.Background(), l, theme)
	require.NoError(t, err)
	return out
}

func plainLetter() pdf.Letter {
	return pdf.Letter{Recipient: boulangerie, Date: courrier.MustDate("2026-11-22"), Blocks: []pdf.Block{pdf.Paragraph("Bonjour.")}}
}

func TestComposeSameInputSameBytes(t *testing.T) {
	t.Parallel()
	first := compose(t, formalNotice(t), pdf.Theme{})
	again, err := pdf.NewComposer()
	require.NoError(t, err)
	second, err := again.Compose(context.Background(), formalNotice(t), pdf.Theme{})
	require.NoError(t, err)
	require.True(t, bytes.Equal(first.File, second.File))
	require.Equal(t, 2, strings.Count(string(first.File), "(D:20270115000000Z)"), "the dates in the file are the letter's")
	other := formalNotice(t)
	other.Subject += "."
	require.False(t, bytes.Equal(first.File, compose(t, other, pdf.Theme{}).File))
}

func TestComposeIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	want := compose(t, reminderLetter(t, 3), pdf.Theme{Serif: true})
	l := reminderLetter(t, 3)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c, _ := composer()
			got, err := c.Compose(context.Background(), l, pdf.Theme{Serif: true})
			if err != nil || !bytes.Equal(want.File, got.File) {
				t.Error("another letter")
			}
		})
	}
	wg.Wait()
}

// TestComposedLettersPrint holds every letter, in every layout, to the
// inspection that other people's files get.
func TestComposedLettersPrint(t *testing.T) {
	t.Parallel()
	for _, lay := range pdf.Layouts() {
		for _, l := range goldenLetters(t) {
			t.Run(lay.ID+"/"+l.name, func(t *testing.T) {
				t.Parallel()
				l.letter.Layout, l.letter.EmptyWindow = lay, false
				out := compose(t, l.letter, l.theme)
				r := inspect(t, out.File, pdf.InspectOptions{Layout: lay, Address: pdf.AddressOnPage})
				require.Equal(t, pdf.VerdictPrint, r.Verdict, "%+v", r.Findings)
				require.Empty(t, r.Findings)
				require.Equal(t, out.Pages, r.Pages)
				require.Equal(t, out.SheetsDuplex, r.SheetsDuplex)

				l.letter.EmptyWindow = true // the carrier prints the address
				r = inspect(t, compose(t, l.letter, l.theme).File, pdf.InspectOptions{Layout: lay, Address: pdf.AddressByCarrier})
				require.Equal(t, pdf.VerdictPrint, r.Verdict, "%+v", r.Findings)
				require.Empty(t, r.Findings)
			})
		}
	}
}

func TestComposeAnyLetterStaysOnItsPages(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-zàéèçœ€«»:;?]{1,40}`)
	rapid.Check(t, func(r *rapid.T) {
		l := plainLetter()
		l.Layout = rapid.SampledFrom(pdf.Layouts()).Draw(r, "layout")
		l.Sender = pdf.Sender{Name: strings.Join(rapid.SliceOfN(word, 0, 8).Draw(r, "sender"), " "), Lines: rapid.SliceOfN(word, 0, 6).Draw(r, "lines")}
		l.Subject = strings.Join(rapid.SliceOfN(word, 0, 20).Draw(r, "subject"), " ")
		l.Footer = rapid.SliceOfN(rapid.Just("Société au capital de 1 000 €"), 0, 4).Draw(r, "footer")
		l.Blocks = nil
		for range rapid.IntRange(1, 6).Draw(r, "blocks") {
			text := strings.Join(rapid.SliceOfN(word, 0, 300).Draw(r, "text"), " ")
			switch rapid.IntRange(0, 3).Draw(r, "kind") {
			case 0:
				l.Blocks = append(l.Blocks, pdf.Paragraph(text))
			case 1:
				l.Blocks = append(l.Blocks, pdf.List{Items: rapid.SliceOfN(word, 0, 30).Draw(r, "items"), Numbered: true})
			case 2:
				l.Blocks = append(l.Blocks, pdf.Details{Title: "Total", Rows: []pdf.Field{{Label: "a", Value: text[:min(len(text), 60)]}}})
			default:
				l.Blocks = append(l.Blocks, pdf.InvoiceTable{Rows: invoices(rapid.IntRange(1, 80).Draw(r, "rows")), Lines: []pdf.SumLine{{Label: "Total", Amount: eur("1")}}})
			}
		}
		l.Signature = pdf.Signature{Name: "A", Title: "B"}
		l.EmptyWindow = rapid.Bool().Draw(r, "empty window")
		address := pdf.AddressOnPage
		if l.EmptyWindow {
			address = pdf.AddressByCarrier
		}
		c, err := composer()
		require.NoError(r, err)
		out, err := c.Compose(context.Background(), l, pdf.Theme{})
		if err != nil { // a rune cut in half by text[:60]
			require.ErrorIs(r, err, courrier.ErrInvalid)
			return
		}
		rep, err := pdf.NewInspector(pdf.Limits{}).Inspect(context.Background(), out.File, pdf.InspectOptions{Layout: l.Layout, Address: address})
		require.NoError(r, err)
		require.Empty(r, rep.Findings)
		conforms(r, out.File)
	})
}

func TestComposeNamesTheMissingGlyph(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*pdf.Letter){
		"Subject":                  func(l *pdf.Letter) { l.Subject = "facture 漢" },
		"Recipient[1]":             func(l *pdf.Letter) { l.Recipient = []string{"a", "漢"} },
		"Sender.Lines[0]":          func(l *pdf.Letter) { l.Sender.Lines = []string{"漢"} },
		"References[0].Value":      func(l *pdf.Letter) { l.References = []pdf.Field{{Label: "a", Value: "漢"}} },
		"Footer[0]":                func(l *pdf.Letter) { l.Footer = []string{"漢"} },
		"Blocks[0]":                func(l *pdf.Letter) { l.Blocks = []pdf.Block{pdf.Paragraph("漢")} },
		"Blocks[0].Items[1]":       func(l *pdf.Letter) { l.Blocks = []pdf.Block{pdf.List{Items: []string{"a", "漢"}}} },
		"Blocks[0].Rows[0].Number": func(l *pdf.Letter) { l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: []pdf.InvoiceRow{{Number: "漢"}}}} },
		"Blocks[0].Lines[0].Label": func(l *pdf.Letter) {
			l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: invoices(1), Lines: []pdf.SumLine{{Label: "漢"}}}}
		},
	}
	for field, change := range cases {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			l := plainLetter()
			change(&l)
			c, err := composer()
			require.NoError(t, err)
			_, err = c.Compose(context.Background(), l, pdf.Theme{})
			require.ErrorIs(t, err, courrier.ErrInvalid)
			fields := courrier.FieldErrors(err)
			require.NotEmpty(t, fields)
			require.Equal(t, field, fields[0].Field)
			require.Contains(t, fields[0].Rule, "U+6F22 '漢'")
		})
	}
}

func TestComposeRefusesWhatItCannotSet(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*pdf.Letter, *pdf.Theme){
		"Recipient":      func(l *pdf.Letter, _ *pdf.Theme) { l.Recipient = nil },
		"Recipient[0]":   func(l *pdf.Letter, _ *pdf.Theme) { l.Recipient = []string{strings.Repeat("M", 60)} },
		"Blocks":         func(l *pdf.Letter, _ *pdf.Theme) { l.Blocks = nil },
		"Blocks[0]":      func(l *pdf.Letter, _ *pdf.Theme) { l.Blocks = []pdf.Block{nil} },
		"Blocks[0].Rows": func(l *pdf.Letter, _ *pdf.Theme) { l.Blocks = []pdf.Block{pdf.InvoiceTable{}} },
		"Blocks[0].Columns[0]": func(l *pdf.Letter, _ *pdf.Theme) {
			l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: invoices(1), Columns: []pdf.Column{"x"}}}
		},
		"Sender":   func(l *pdf.Letter, _ *pdf.Theme) { l.Sender.Lines = slices.Repeat([]string{"a line"}, 120) },
		"Delivery": func(l *pdf.Letter, _ *pdf.Theme) { l.Delivery = strings.Repeat("by post ", 400) },
		"References": func(l *pdf.Letter, _ *pdf.Theme) {
			l.References = slices.Repeat([]pdf.Field{{Label: "a", Value: "b"}}, 100)
		},
		"Subject":        func(l *pdf.Letter, _ *pdf.Theme) { l.Subject = strings.Repeat("a long subject ", 400) },
		"Footer":         func(l *pdf.Letter, _ *pdf.Theme) { l.Footer = slices.Repeat([]string{"a line"}, 100) },
		"Date":           func(l *pdf.Letter, _ *pdf.Theme) { l.Date = courrier.Date{} },
		"Language":       func(l *pdf.Letter, _ *pdf.Theme) { l.Language = "tlh" },
		"Theme.BodySize": func(_ *pdf.Letter, th *pdf.Theme) { th.BodySize = 30 },
		"InvoiceTable.Rows[1]": func(l *pdf.Letter, _ *pdf.Theme) {
			rows := invoices(2)
			rows[1].Amount = courrier.MustAmount("1", "USD")
			l.Blocks = []pdf.Block{pdf.InvoiceTable{Rows: rows}}
		},
	}
	for field, change := range cases {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			l, theme := plainLetter(), pdf.Theme{}
			change(&l, &theme)
			c, err := composer()
			require.NoError(t, err)
			_, err = c.Compose(context.Background(), l, theme)
			fields := courrier.FieldErrors(err)
			require.NotEmpty(t, fields)
			require.Equal(t, field, fields[0].Field)
		})
	}
}

// What a user may type in one line is broken where the page ends.
func TestComposeBreaksTheFrame(t *testing.T) {
	t.Parallel()
	long := func(word string) string { return strings.TrimSpace(strings.Repeat(word+" ", 30)) }
	for name, change := range map[string]func(*pdf.Letter){
		"footer":    func(l *pdf.Letter) { l.Footer = []string{long("capital de 50 000 €,")} },
		"place":     func(l *pdf.Letter) { l.Place = "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson" },
		"signature": func(l *pdf.Letter) { l.Signature = pdf.Signature{Name: long("Claire"), Title: long("présidente")} },
		"name": func(l *pdf.Letter) {
			l.Sender.Name, l.Blocks = long("Compagnie"), []pdf.Block{pdf.Paragraph(strings.Repeat(long("mot")+"\n", 60))}
		},
	} {
		for _, layout := range []string{pdf.LayoutFrenchDL, pdf.LayoutGermanLeft} {
			t.Run(name+"/"+layout, func(t *testing.T) {
				t.Parallel()
				l := plainLetter()
				l.Layout, _ = pdf.LayoutByID(layout)
				change(&l)
				r := inspect(t, compose(t, l, pdf.Theme{BodySize: 12}).File, pdf.InspectOptions{Layout: l.Layout, Address: pdf.AddressOnPage})
				require.Empty(t, r.Findings)
			})
		}
	}
}

func TestComposeCharactersBeyondTheRepertoire(t *testing.T) {
	t.Parallel()
	l := plainLetter()
	l.Blocks = []pdf.Block{pdf.Paragraph("Αθήνα, Москва, **Łódź**")}
	r := inspect(t, compose(t, l, pdf.Theme{}).File, pdf.InspectOptions{})
	require.Equal(t, pdf.VerdictPrint, r.Verdict)
}

// A screen reader hears two words where a line ends between them, and one where it
// cuts a word.
func TestLinesDoNotJoinWords(t *testing.T) {
	t.Parallel()
	l := plainLetter()
	sentence, word := numbered(150, "mot"), strings.Repeat("abcdefghij", 40)
	l.Sender = pdf.Sender{Name: "Atelier", Lines: []string{"14 rue des Tanneurs", "69005 Lyon"}}
	l.Signature = pdf.Signature{Name: "Claire Verne", Title: "présidente"}
	l.Blocks = []pdf.Block{pdf.Paragraph(sentence), pdf.Paragraph("**" + sentence + "** " + word), pdf.Details{Title: sentence, Rows: []pdf.Field{{Label: sentence, Value: sentence}}}}
	said := ""
	for _, p := range textsOf(t, compose(t, l, pdf.Theme{}).File) {
		if p.says {
			said += p.text
		}
	}
	require.Equal(t, 3, strings.Count(said, sentence), "in two paragraphs and a title")
	require.Contains(t, said, word)
	for _, want := range []string{"14 rue des Tanneurs 69005 Lyon", "Claire Verne présidente", "BOULANGERIE MARTIN SARL A L ATTENTION"} {
		require.Contains(t, said, want)
	}
}

// Every character that the fonts have comes out as itself, in whatever company.
func TestComposeEveryCharacter(t *testing.T) {
	skipUnderRace(t)
	t.Parallel()
	c, err := composer()
	require.NoError(t, err)
	set := 0
	for first := rune(0x20); first < 0xfffe; first += 0x80 {
		text := make([]rune, 0, 0x80)
		for r := first; r < first+0x80; r++ {
			text = append(text, r)
		}
		l := plainLetter()
		l.Glyphs = pdf.GlyphsSubstitute
		l.Blocks = []pdf.Block{pdf.Paragraph(string(text)), pdf.Details{Title: string(text)}}
		for _, theme := range []pdf.Theme{{}, {Serif: true}} {
			out, err := c.Compose(context.Background(), l, theme)
			require.NoError(t, err)
			set += 0x80 - len(out.Substituted)
			conforms(t, out.File)
		}
	}
	require.Greater(t, set, 2*1800)
}

func TestComposeLeavesTheLetterAsItWas(t *testing.T) {
	t.Parallel()
	l := reminderLetter(t, 3)
	l.Subject = "l'été : \"x\""
	before := fmt.Sprintf("%+v", l)
	compose(t, l, pdf.Theme{})
	require.Equal(t, before, fmt.Sprintf("%+v", l))
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	const n, w = "\u202f", "\u00a0"
	date := courrier.MustDate("2026-11-22")
	cases := []struct{ tag, date, amount, negative, odd string }{
		{"fr", "22" + w + "novembre" + w + "2026", "1" + n + "234" + n + "567,89" + n + "€", "−5,00" + n + "€", "1,234" + n + "€"},
		{"fr-BE", "22" + w + "novembre" + w + "2026", "1" + n + "234" + n + "567,89" + n + "€", "−5,00" + n + "€", "1,234" + n + "€"},
		{"en", "22" + w + "November" + w + "2026", "€1,234,567.89", "−€5.00", "€1.234"},
		{"de", "22." + w + "November" + w + "2026", "1.234.567,89" + w + "€", "−5,00" + w + "€", "1,234" + w + "€"},
	}
	for _, c := range cases {
		l, ok := pdf.LanguageFor(c.tag)
		require.True(t, ok)
		require.Equal(t, c.date, l.Date(date))
		require.Equal(t, c.amount, l.Amount(eur("1234567.89")))
		require.Equal(t, c.negative, l.Amount(eur("-5")))
		require.Equal(t, c.odd, l.Amount(eur("1.2340")))
		require.Empty(t, l.Amount(courrier.Amount{}))
		require.Empty(t, l.Date(courrier.Date{}))
	}
	fr, ok := pdf.LanguageFor("")
	require.True(t, ok)
	require.Equal(t, "1er"+w+"mars"+w+"2026", fr.Date(courrier.MustDate("2026-03-01")))
	require.Equal(t, "3"+w+"stamp", fr.Amount(courrier.MustAmount("3", "stamp")))
	require.Equal(t, "12,00"+w+"CHF", fr.Amount(courrier.MustAmount("12", "CHF")))
	for _, tag := range []string{"tlh", "fr-)/X", "fr-", "en GB", "de-\n"} {
		_, ok = pdf.LanguageFor(tag)
		require.False(t, ok, tag)
	}
}

func TestFrenchTypography(t *testing.T) {
	t.Parallel()
	const n, w = "\u202f", "\u00a0"
	fr, _ := pdf.LanguageFor("fr")
	for in, want := range map[string]string{
		"Attention : payez !":             "Attention" + n + ": payez" + n + "!",
		"Quoi ? Rien ; si.":               "Quoi" + n + "? Rien" + n + "; si.",
		"12,15 % de 40 €":                 "12,15" + n + "% de 40" + n + "€",
		"un solde de 1 234 567 euros":     "un solde de 1" + n + "234" + n + "567 euros",
		"à 10:30, http://a.example":       "à 10:30, http://a.example",
		"«Bonjour» et « merci »":          "«" + n + "Bonjour" + n + "» et «" + n + "merci" + n + "»",
		"l'échéance d'août":               "l’échéance d’août",
		"le 22 novembre 2026 à 9 h":       "le 22" + w + "novembre" + w + "2026 à 9 h",
		"le 1er mars 2026":                "le 1er" + w + "mars" + w + "2026",
		"facture n° 12 de M. Martin":      "facture n°" + w + "12 de M." + w + "Martin",
		"IBAN FR76 3000 6000 0112 345":    "IBAN FR76 3000 6000 0112 345",
		"e\u0301tat\u00a0: oui\u2011oui":  "état" + n + ": oui-oui",
		"déjà" + n + ": bien" + n + "!":   "déjà" + n + ": bien" + n + "!",
		"tél. 04 72 00 00 00":             "tél. 04 72 00 00 00",
		"une ligne\r\nune autre\tencore.": "une ligne\nune autre encore.",
	} {
		got := fr.Text(in)
		require.Equal(t, want, got)
		require.Equal(t, want, fr.Text(got), "twice is once")
	}
	en, _ := pdf.LanguageFor("en")
	require.Equal(t, "“Yes”: it’s “(so)”", en.Text(`"Yes": it's "(so)"`))
	de, _ := pdf.LanguageFor("de")
	require.Equal(t, "„Ja“", de.Text(`"Ja"`))
}

// A photograph of a signature does not make every letter as large as itself.
func TestArtworkIsScaledDown(t *testing.T) {
	t.Parallel()
	img := image.NewGray(image.Rect(0, 0, 3000, 2000))
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(noise.UintN(256))
	}
	var asJPEG, asPNG bytes.Buffer
	require.NoError(t, jpeg.Encode(&asJPEG, img, nil))
	require.NoError(t, png.Encode(&asPNG, img))
	for format, data := range map[string][]byte{"jpeg": asJPEG.Bytes(), "png": asPNG.Bytes()} {
		a, err := pdf.NewArtwork(data)
		require.NoError(t, err)
		l := plainLetter()
		l.Signature = pdf.Signature{Image: a}
		out := compose(t, l, pdf.Theme{})
		require.Less(t, len(out.File), len(data)/2, format)
		require.Empty(t, inspect(t, out.File, pdf.InspectOptions{}).Findings)
	}
}

func TestArtworkRefusesOtherThings(t *testing.T) {
	t.Parallel()
	_, err := pdf.NewArtwork([]byte("GIF89a"))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = pdf.NewArtwork(nil)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = pdf.NewArtwork([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x06\x00\x00\x00\xcc\xd3\xd6\xa5"))
	require.ErrorIs(t, err, courrier.ErrInvalid, "65,536 pixels square")
}

func TestAddressPage(t *testing.T) {
	t.Parallel()
	c, err := composer()
	require.NoError(t, err)
	out, err := c.AddressPage(context.Background(), pdf.Letter{Recipient: boulangerie, Sender: sender(t)}, pdf.Theme{})
	require.NoError(t, err)
	again, err := c.AddressPage(context.Background(), pdf.Letter{Recipient: boulangerie, Sender: sender(t)}, pdf.Theme{})
	require.NoError(t, err)
	require.True(t, bytes.Equal(out.File, again.File))
	require.Equal(t, 1, out.Pages)
	r := inspect(t, out.File, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL), Address: pdf.AddressOnPage})
	require.Empty(t, r.Findings)
}

// No page holds a farewell and a name alone: what comes before goes with them, however
// long the letter is.
func TestLastPageSaysMoreThanAFarewell(t *testing.T) {
	t.Parallel()
	tool(t, "pdftotext")
	several := 0
	for n := 14; n < 26; n++ {
		l := plainLetter()
		l.Signature = pdf.Signature{Name: "Claire Verne", Title: "présidente"}
		l.Blocks = nil
		for i := range n {
			l.Blocks = append(l.Blocks, pdf.Paragraph(fmt.Sprintf("Alinéa %d.", i+1)))
		}
		l.Blocks = append(l.Blocks, pdf.Paragraph("Veuillez agréer nos salutations distinguées."))
		out := compose(t, l, pdf.Theme{})
		if out.Pages == 1 {
			continue
		}
		several++
		last := fmt.Sprint(out.Pages)
		text := output(t, out.File, "pdftotext", "-f", last, "-l", last, "-", "-")
		require.Contains(t, text, "Veuillez agréer")
		require.Contains(t, text, fmt.Sprintf("Alinéa %d.", n), "with %d paragraphs", n)
	}
	require.Greater(t, several, 3)
}
