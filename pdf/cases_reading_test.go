package pdf_test

import (
	"bytes"
	"crypto/md5"
	"crypto/rc4"
	"fmt"
	"strings"
	"testing"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

const (
	type3 = "<</Type /Font /Subtype /Type3 /FontMatrix [0.001 0 0 0.001 0 0] /FontBBox [0 0 600 700] /FirstChar 32 /LastChar 33" +
		" /Widths [500 500] /CharProcs <</a 7 0 R>> /Encoding <</Differences [32 /space /a]>> /Resources <<>>>>"
	square = "500 0 0 0 500 700 d1 0 0 400 700 re f"
)

// claimed is a stream that claims a length.
func claimed(dict, length string, content []byte) string {
	return fmt.Sprintf("<<%s /Length %s>>\nstream\n%s\nendstream", dict, length, content)
}

// letterOf is a page of text in a font of its own, an image and a form, with
// the streams given: 4 the content, 7 a glyph, 8 an image, 9 a form.
func letterOf(content, glyph, picture, form string, more ...string) *file {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [3 0 R] /Count 1>>")
	f.add("<</Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 595.28 841.89] " +
		"/Resources <</Font <</F1 6 0 R>> /XObject <</I 8 0 R /X 9 0 R>>>>>>")
	for _, o := range append([]string{content, "null", type3, glyph, picture, form}, more...) {
		f.add("%s", o)
	}
	return f
}

var (
	letterText  = []byte(strings.Repeat(at(30, 150, "!!!!!!!!")+at(30, 160, "!!!!!! !!!"), 3) + "q 100 0 0 100 300 100 cm /I Do Q /X Do\n")
	glyphText   = []byte(square)
	pictureData = []byte{0, 200, 0, 200, 0, 200, 0, 200, 0}
	formText    = []byte("100 300 90 40 re f")
)

const (
	pictureDict = "/Type /XObject /Subtype /Image /Width 3 /Height 3 /BitsPerComponent 8 /ColorSpace /DeviceGray"
	formDict    = "/Type /XObject /Subtype /Form /BBox [0 0 595 842]"
)

func soundLetter() *file {
	return letterOf(streamObject("", string(letterText)), streamObject("", string(glyphText)),
		streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText)))
}

func lengthsThatLie(t *testing.T) {
	requirePrinted(t, caseFile(t, "x-image-length-short"), pdf.CodeRepaired, pdf.CodeFontNotEmbedded)
	requirePrinted(t, caseFile(t, "real-short"), pdf.CodeRepaired)
	sound := soundLetter().bytes()
	requirePrinted(t, sound)
	packed := deflate(letterText)
	for name, f := range map[string]*file{
		"content of no length": letterOf(claimed("", "0", letterText), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText))),
		"content too long": letterOf(claimed("", "5000", letterText), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText))),
		"length past the end of the file": letterOf(claimed("", "99999999", letterText), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText))),
		"negative length": letterOf(claimed("", "-7", letterText), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText))),
		"no number at all": letterOf(claimed("", "/Long", letterText), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText))),
		"a length that refers to nothing": letterOf(claimed("", "99 0 R", letterText), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText))),
		"a length that refers to a wrong one": letterOf(claimed("", "10 0 R", letterText), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText)), "40"),
		"compressed content cut in half": letterOf(claimed("/Filter /FlateDecode", fmt.Sprint(len(packed)/2), packed), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText))),
		"glyph of a font": letterOf(streamObject("", string(letterText)), claimed("", "20", []byte(square)),
			streamObject(pictureDict, string(pictureData)), streamObject(formDict, string(formText))),
		"image": letterOf(streamObject("", string(letterText)), streamObject("", square),
			claimed(pictureDict, "4", pictureData), streamObject(formDict, string(formText))),
		"form": letterOf(streamObject("", string(letterText)), streamObject("", square),
			streamObject(pictureDict, string(pictureData)), claimed(formDict, "3", formText)),
	} {
		t.Run(name, func(t *testing.T) {
			requirePrintedAs(t, f.bytes(), sound)
		})
	}
	t.Run("encrypted", func(t *testing.T) {
		f := letterOf(claimed("", "20", letterText), streamObject("", square), claimed(pictureDict, "4", pictureData), streamObject(formDict,
			string(formText)))
		lock(f)
		requirePrintedLike(t, f.bytes(), sound, pdf.CodeRestricted, pdf.CodeRepaired)
	})
	t.Run("no endstream", func(t *testing.T) {
		f := soundLetter()
		f.objects[3] = strings.TrimSuffix(f.objects[3], "\nendstream")
		requirePrintedAs(t, f.bytes(), sound)
	})
}

// requirePrintedAs holds a damaged file to being printed as a sound one, and
// said to be repaired.
func requirePrintedAs(t *testing.T, file, sound []byte, more ...pdf.Code) {
	t.Helper()
	requirePrintedLike(t, file, sound, append([]pdf.Code{pdf.CodeRepaired}, more...)...)
}

func requirePrintedLike(t *testing.T, file, sound []byte, want ...pdf.Code) {
	t.Helper()
	require.Equal(t, want, codes(inspect(t, file, pdf.InspectOptions{})))
	out := printed(t, file)
	requireSameLook(t, sound, out)
	require.Equal(t, codes(inspect(t, sound, pdf.InspectOptions{})), codes(inspect(t, out, pdf.InspectOptions{})))
}

// withEntry points the table's entry of an object elsewhere. A negative offset
// counts from where the object is.
func withEntry(f *file, nr int, move func(offset int) string) []byte {
	b := f.bytes()
	lines := bytes.Index(b[bytes.LastIndex(b, []byte("xref\n0")):], []byte("\n0000")) + bytes.LastIndex(b, []byte("xref\n0")) + 1
	line := b[lines+20*nr : lines+20*nr+20]
	offset := 0
	_, _ = fmt.Sscanf(string(line), "%d", &offset)
	copy(line, move(offset))
	return b
}

func entriesThatLead(t *testing.T) {
	for _, name := range []string{"x-content-zero", "x-content-other", "x-page-other"} {
		t.Run(name, func(t *testing.T) {
			sound := bytes.Replace(caseFile(t, "x-content-zero"), []byte("0000000000 00000 n"), []byte("0000000245 00000 n"), 1)
			requirePrintedAs(t, caseFile(t, name), sound, pdf.CodeFontNotEmbedded)
		})
	}
	sound := soundLetter()
	to := func(d int) func(int) string {
		return func(offset int) string { return fmt.Sprintf("%010d", offset+d) }
	}
	elsewhere := func(to string) func(int) string { return func(int) string { return to } }
	for _, nr := range []int{1, 2, 3, 4, 6, 7, 8, 9} { // catalogue, tree, page, content, font, glyph, image, form
		for name, move := range map[string]func(int) string{
			"late": to(3), "early": to(-4), "other": elsewhere("0000000015"), "past the end": elsewhere("0099999999"),
			"of a generation": func(o int) string { return fmt.Sprintf("%010d 00007 n", o) },
		} {
			if nr == 1 && name == "other" {
				continue // that is where it is
			}
			t.Run(fmt.Sprintf("entry of %d %s", nr, name), func(t *testing.T) {
				requirePrintedAs(t, withEntry(sound, nr, move), sound.bytes())
			})
		}
	}
	for _, nr := range []int{3, 4, 6, 8, 9} {
		t.Run(fmt.Sprintf("entry of %d free", nr), func(t *testing.T) {
			requirePrintedAs(t, withEntry(sound, nr, elsewhere("0000000000 65535 f")), sound.bytes())
		})
	}
	t.Run("a reference to another generation", func(t *testing.T) {
		requirePrintedAs(t, bytes.Replace(sound.bytes(), []byte("/Contents 4 0 R"), []byte("/Contents 4 3 R"), 1), sound.bytes())
	})
	t.Run("an update whose section is lost", func(t *testing.T) {
		old := soundLetter()
		old.objects[3] = streamObject("", at(30, 200, "!"))
		b := old.bytes()
		b = fmt.Appendf(b, "4 0 obj\n%s\nendobj\nxref\n4 1\nstartxref\n12345\n%%%%EOF\n", sound.objects[3])
		requirePrintedAs(t, b, sound.bytes())
	})
}

func contentsThatNameNothing(t *testing.T) {
	requireRefused(t, caseFile(t, "content-ref-missing"), pdf.CodePageUnreadable)
	for name, contents := range map[string]string{
		"an array of nothing":  "[98 0 R 99 0 R]",
		"a dictionary":         "5 0 R",
		"a number":             "7",
		"a name":               "/Text",
		"a loop":               "6 0 R",
		"an array of a font":   "[5 0 R]",
		"a reference to a ref": "7 0 R",
	} {
		t.Run(name, func(t *testing.T) {
			f := onePage(sheet{page: "/MediaBox [0 0 595.28 841.89] /Contents " + contents, content: at(30, 150, "a"), extra: []string{"6 0 R",
				"99 0 R"}})
			requireRefused(t, bytes.Replace(f, []byte("/Contents 4 0 R"), []byte("/Ignored  4 0 R"), 1), pdf.CodePageUnreadable)
		})
	}
	t.Run("one of two", func(t *testing.T) {
		f := onePage(sheet{page: "/MediaBox [0 0 595.28 841.89] /Contents [4 0 R 99 0 R]", content: mm(30, 150, 5, 5) + " f"})
		require.Equal(t, []pdf.Code{pdf.CodePageDamaged}, codes(inspect(t, bytes.Replace(f, []byte("/Contents 4 0 R"),
			[]byte("/Ignored  4 0 R"), 1), pdf.InspectOptions{})))
	})
	for name, contents := range map[string]string{"no content": "/Ignored", "an empty array": "/Contents []",
		"an empty stream": "/Contents 6 0 R"} {
		t.Run(name+" is blank", func(t *testing.T) {
			f := onePage(sheet{page: "/MediaBox [0 0 595.28 841.89] " + contents, extra: []string{streamObject("", "")}})
			require.Equal(t, []pdf.Code{pdf.CodePageBlank}, codes(inspect(t, bytes.Replace(f, []byte("/Contents 4 0 R"),
				[]byte("/Ignored  4 0 R"), 1), pdf.InspectOptions{})))
		})
	}
}

// tree is a file of these objects, of which the second is the root of pages.
func tree(objects ...string) []byte {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	for _, o := range objects {
		f.add("%s", o)
	}
	return f.bytes()
}

func treesWithoutPages(t *testing.T) {
	requireRefused(t, caseFile(t, "leaf-not-a-page"), pdf.CodeCorrupt)
	requireRefused(t, caseFile(t, "pages-missing-kids"), pdf.CodeCorrupt)
	const leaf = "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.89] /Contents 4 0 R>>"
	content := streamObject("", mm(30, 150, 5, 5)+" f")
	for name, c := range map[string]struct {
		file []byte
		want pdf.Code
	}{
		"a font as a leaf":        {tree("<</Type /Pages /Kids [3 0 R] /Count 1>>", "<</Type /Font /Subtype /Type1>>"), pdf.CodePageMissing},
		"an array as the root":    {tree("[3 0 R]", "<<>>"), pdf.CodeCorrupt},
		"nothing as the root":     {tree("null"), pdf.CodeCorrupt},
		"a number among the kids": {tree("<</Type /Pages /Kids [3 0 R 7] /Count 2 /MediaBox [0 0 9 9]>>", leaf, content), pdf.CodePageMissing},
		"a node without kids": {tree("<</Type /Pages /Kids [3 0 R 5 0 R] /Count 4>>", leaf, content,
			"<</Type /Pages /Count 3 /Parent 2 0 R>>"), pdf.CodePageMissing},
		"a node without kids, with a box": {tree("<</Type /Pages /Kids [3 0 R 5 0 R] /Count 4>>", leaf, content,
			"<</Type /Pages /Count 3 /Parent 2 0 R /MediaBox [0 0 9 9]>>"), pdf.CodePageMissing},
		"a loop": {tree("<</Type /Pages /Kids [3 0 R 2 0 R] /Count 2>>", leaf, content), pdf.CodePageMissing},
		"information under the inherited box": {tree("<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842]>>", "<</Producer (x)>>"),
			pdf.CodePageMissing},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.file, c.want) })
	}
	for name, file := range map[string][]byte{
		"kids that name a page outright":    tree("<</Type /Pages /Kids 3 0 R /Count 1>>", leaf, content),
		"pages that the root does not name": tree("<</Type /Pages /Count 1>>", leaf, content),
		"a page in place of the root": tree("<</Type /Page /Parent 5 0 R /MediaBox [0 0 595.28 841.89] /Contents 4 0 R>>", "null",
			content, "<</Type /Pages /Kids [2 0 R] /Count 1>>"),
	} {
		t.Run(name, func(t *testing.T) {
			requirePrintedAs(t, file, tree("<</Type /Pages /Kids [3 0 R] /Count 1>>", leaf, content))
		})
	}
	for name, file := range map[string][]byte{
		"a leaf without a type":   tree("<</Type /Pages /Kids [3 0 R] /Count 1>>", strings.Replace(leaf, "/Type /Page", "", 1), content),
		"a kid that is direct":    tree("<</Type /Pages /Kids ["+leaf+"] /Count 1>>", "null", content),
		"a wrong count":           tree("<</Type /Pages /Kids [3 0 R] /Count 9>>", leaf, content),
		"a single page as root":   tree(leaf, "null", content),
		"a leaf called a tree":    tree("<</Type /Pages /Kids [3 0 R] /Count 1>>", strings.Replace(leaf, "/Page", "/Pages", 1), content),
		"a root called a page":    tree("<</Type /Page /Kids [3 0 R] /Count 1>>", leaf, content),
		"an empty node beside it": tree("<</Type /Pages /Kids [5 0 R 3 0 R] /Count 1>>", leaf, content, "<</Type /Pages /Kids [] /Count 0>>"),
		"a box through two levels": tree("<</Type /Pages /Kids [5 0 R] /Count 1 /MediaBox [0 0 595.28 841.89]>>",
			"<</Parent 5 0 R /Contents 4 0 R>>", content, "<</Kids [3 0 R] /Parent 2 0 R>>"),
	} {
		t.Run(name, func(t *testing.T) {
			requirePrintedLike(t, file, tree("<</Type /Pages /Kids [3 0 R] /Count 1>>", leaf, content))
		})
	}
}

func contentThatCannotBeRead(t *testing.T) {
	requireRefused(t, caseFile(t, "unknown-filter"), pdf.CodePageUnreadable)
	requirePrinted(t, caseFile(t, "enclin-junk"), pdf.CodeRestricted, pdf.CodeFontNotEmbedded)
	text := []byte(at(30, 150, "abc") + mm(30, 150, 5, 5) + " f")
	for name, file := range map[string][]byte{
		"an unknown filter before a known one": withContent(deflate(text), "/Filter [/FooDecode /FlateDecode]"),
		"deflated data that are none":          withContent(text, "/Filter /FlateDecode"),
		"a predictor that does not exist":      withContent(deflate(text), "/Filter /FlateDecode /DecodeParms <</Predictor 7>>"),
		"an image filter":                      withContent(text, "/Filter /JPXDecode"),
		"words that are no operators":          withContent([]byte("This is not the content of a page but a text"), ""),
		"noise":                                withContent(bytes.Repeat([]byte("\x93\xd8\x01\xf7\xa9 q"), 40), ""),
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, file, pdf.CodePageUnreadable) })
	}
	t.Run("thirty pages of it", func(t *testing.T) {
		file := bytes.ReplaceAll(pages(30), []byte("<< /Length"), []byte("<</Filter/X/Length"))
		r := inspect(t, file, pdf.InspectOptions{})
		f, ok := r.Find(pdf.CodePageUnreadable)
		require.True(t, ok)
		require.Len(t, f.Pages, 30)
	})
	junk := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n")
	t.Run("junk before a plain file", func(t *testing.T) {
		requirePrinted(t, append(bytes.Clone(junk), soundLetter().bytes()...))
	})
	t.Run("junk that the offsets count", func(t *testing.T) {
		f := soundLetter()
		b := append(bytes.Clone(junk), f.bytes()...)
		requirePrintedLike(t, shifted(b, len(junk)), f.bytes())
	})
}

// shifted adds to every offset of the table, and to its own.
func shifted(b []byte, by int) []byte {
	at := bytes.LastIndex(b, []byte("xref\n0"))
	lines := strings.Split(string(b[at:]), "\n")
	for i, l := range lines {
		offset := 0
		if n, _ := fmt.Sscanf(l, "%d 00000 n", &offset); n == 1 && strings.HasSuffix(l, " n ") {
			lines[i] = fmt.Sprintf("%010d 00000 n ", offset+by)
		}
		if i > 0 && lines[i-1] == "startxref" {
			lines[i] = fmt.Sprint(at)
		}
	}
	return append(bytes.Clone(b[:at]), strings.Join(lines, "\n")...)
}

func filesWithoutTables(t *testing.T) {
	sound := soundLetter().bytes()
	cut := func(word string) []byte { return bytes.Clone(sound[:bytes.LastIndex(sound, []byte(word))]) }
	replaced := func(from, to string) []byte {
		i := bytes.LastIndex(sound, []byte(from))
		return append(append(bytes.Clone(sound[:i]), to...), sound[i+len(from):]...)
	}
	for name, file := range map[string][]byte{
		"no startxref":               cut("startxref"),
		"no trailer":                 cut("trailer"),
		"no table":                   cut("xref\n0"),
		"a startxref of 0":           append(cut("startxref"), "startxref\n0\n%%EOF"...),
		"a startxref past the end":   append(cut("startxref"), "startxref\n99999999\n%%EOF"...),
		"a startxref that is a word": append(cut("startxref"), "startxref\nhere\n%%EOF"...),
		"a table of words":           replaced("0000000000 65535 f", "00000000xx yyyyy f"),
		"no root":                    replaced("/Root 1 0 R", "/Ruth 1 0 R"),
		"a root that is a font":      replaced("/Root 1 0 R", "/Root 6 0 R"),
		"no header":                  shifted(bytes.TrimPrefix(sound, []byte("%PDF-1.7\n")), 0),
		"a table that begins at 1":   replaced("xref\n0 10", "xref\n1 10"),
		"a header far behind":        shifted(append(bytes.Repeat([]byte("\n"), 3000), sound...), 0),
		"cut off in its last stream": append(sound[:bytes.LastIndex(sound, []byte("\nendstream"))], "\n"...),
	} {
		t.Run(name, func(t *testing.T) { requirePrintedAs(t, file, sound) })
	}
	t.Run("object streams", func(t *testing.T) {
		packed := packedLetter()
		requirePrinted(t, packed)
		i := bytes.LastIndex(packed, []byte("startxref"))
		requirePrintedAs(t, append(bytes.Clone(packed[:i]), "startxref\n7\n%%EOF"...), packed)
	})
	t.Run("an object stream that the table names wrongly", func(t *testing.T) {
		packed := packedLetter()
		rows := bytes.LastIndex(packed, []byte("stream\n\x00\x00\x00\x00\x00")) + len("stream\n")
		for _, nr := range []int{1, 2, 3, 6} {
			wrong := bytes.Clone(packed)
			copy(wrong[rows+5*nr:], []byte{2, 0, 0, 4}) // member of an object that is none
			requirePrintedAs(t, wrong, packed)
			copy(wrong[rows+5*nr:], []byte{0, 0, 0, 0}) // free
			requirePrintedAs(t, wrong, packed)
		}
	})
	t.Run("encrypted", func(t *testing.T) {
		f := soundLetter()
		lock(f)
		for _, word := range []string{"startxref", "xref\n0"} {
			b := f.bytes()
			copy(b[bytes.LastIndex(b, []byte(word)):], "xxxxxxxx")
			requirePrintedLike(t, b, sound, pdf.CodeRestricted, pdf.CodeRepaired)
		}
	})
	t.Run("encrypted and linearized", func(t *testing.T) { // of its two trailers the first has the root and the lock
		b := caseFile(t, "enclin-junk")
		i := bytes.LastIndex(b, []byte("startxref"))
		requirePrintedLike(t, append(bytes.Clone(b[:i]), "startxref\n5\n%%EOF"...), printed(t, b), pdf.CodeRestricted, pdf.CodeRepaired,
			pdf.CodeFontNotEmbedded)
	})
	t.Run("rows of a cross-reference stream", func(t *testing.T) {
		packed := packedLetter()
		rows := bytes.LastIndex(packed, []byte("stream\n\x00\x00\x00\x00\x00")) + len("stream\n")
		for _, nr := range []int{4, 7, 8, 9, 10} { // the streams, and the object stream
			wrong := bytes.Clone(packed)
			wrong[rows+5*nr+3] += 7
			requirePrintedAs(t, wrong, packed)
		}
	})
	t.Run("lines that end with carriage returns", func(t *testing.T) {
		old := soundLetter()
		for i, o := range old.objects {
			if !strings.Contains(o, "stream") {
				old.objects[i] = strings.ReplaceAll(o, " /", "\r/")
			}
		}
		requirePrintedLike(t, old.bytes(), sound)
		b := withoutTable(old.bytes())
		head, tail, _ := bytes.Cut(b, []byte("4 0 obj"))
		requirePrintedAs(t, append(bytes.ReplaceAll(head, []byte("\n"), []byte("\r")), append([]byte("4 0 obj"), tail...)...), sound)
	})
	t.Run("an object that is cut off behind one that is whole", func(t *testing.T) {
		b := append(bytes.Clone(withoutTable(sound)), "4 0 obj\n<</Length 30>>\nstream\n0 0 99 99 re f"...)
		requirePrintedAs(t, b, sound)
	})
	t.Run("an object behind another of its number", func(t *testing.T) {
		b := append([]byte("%PDF-1.7\n4 0 obj\n<</Length 15>>\nstream\n0 0 99 99 re f \nendstream\nendobj\n"), withoutTable(sound)...)
		requirePrintedAs(t, b, sound)
	})
	t.Run("bytes behind the end", func(t *testing.T) {
		requirePrintedLike(t, append(bytes.Clone(sound), bytes.Repeat([]byte("\x00 trailing "), 500)...), sound)
	})
	t.Run("a file within a file", func(t *testing.T) { // what an attachment holds is not the file's own
		other := soundLetter()
		other.objects[3] = streamObject("", at(30, 200, "!"))
		f := soundLetter()
		f.stream("/Type /EmbeddedFile", withoutTable(other.bytes()))
		requirePrintedAs(t, withoutTable(f.bytes()), sound)
	})
	t.Run("not a PDF", func(t *testing.T) {
		for _, b := range []string{"", "hello", "1 0 obj\nendobj", "{\\rtf1 obj trailer}"} {
			requireRefused(t, []byte(b), pdf.CodeNotPDF)
		}
	})
}

// packedLetter is the sound letter with all but its streams in an object
// stream, and a cross-reference stream.
func packedLetter() []byte {
	f := soundLetter()
	var b, body, index bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	rows := make([][3]int, len(f.objects)+3)
	members := 0
	for i, o := range f.objects {
		if nr := i + 1; strings.HasSuffix(o, "endstream") {
			rows[nr] = [3]int{1, b.Len(), 0}
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", nr, o)
		} else {
			rows[nr] = [3]int{2, len(f.objects) + 1, members}
			members++
			fmt.Fprintf(&index, "%d %d ", nr, body.Len())
			body.WriteString(o + " ")
		}
	}
	pack, table := len(f.objects)+1, len(f.objects)+2
	content := deflate(append(index.Bytes(), body.Bytes()...))
	rows[pack] = [3]int{1, b.Len(), 0}
	fmt.Fprintf(&b, "%d 0 obj\n<</Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream\nendobj\n",
		pack, members, index.Len(), len(content), content)
	at := b.Len()
	rows[table] = [3]int{1, at, 0}
	var raw []byte
	for _, r := range rows {
		raw = append(raw, byte(r[0]), byte(r[1]>>16), byte(r[1]>>8), byte(r[1]), byte(r[2]))
	}
	fmt.Fprintf(&b,
		"%d 0 obj\n<</Type /XRef /Size %d /W [1 3 1] /Root 1 0 R /Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		table, len(rows), len(raw), raw, at)
	return b.Bytes()
}

func identityFilters(t *testing.T) {
	const entries = "/Filter /Standard /V 4 /R 4 /Length 128 /P -4 /O <%s> /U <%s>" +
		" /CF <</StdCF <</CFM /AESV2 /AuthEvent /EFOpen /Length 16>>>>"
	nobody := strings.Repeat("5A", 32) // no password gives this
	handler := fmt.Sprintf(entries, nobody, nobody)
	for name, more := range map[string]string{
		"both named":         "/StmF /Identity /StrF /Identity /EFF /StdCF",
		"left out":           "/EFF /StdCF",
		"a filter of None":   "/StmF /Off /StrF /Off /CF <</Off <</CFM /None>> /StdCF <</CFM /AESV2>>>>",
		"the handler's twin": "/StmF /Identity /StrF /Identity",
	} {
		t.Run(name, func(t *testing.T) {
			requirePrinted(t, locked(handler+more), pdf.CodeRestricted)
		})
	}
	t.Run("the handler of version 5", func(t *testing.T) {
		requirePrinted(t,
			locked("/Filter /Standard /V 5 /R 6 /P -4 "+
				"/CF <</StdCF <</CFM /AESV3>>>> /StmF /Identity /StrF /Identity /EFF /StdCF"), pdf.CodeRestricted)
	})
	t.Run("attachments stay closed and are dropped", func(t *testing.T) {
		f := soundLetter()
		f.objects[0] = "<</Type /Catalog /Pages 2 0 R /Names <</EmbeddedFiles <</Names [(a) 10 0 R]>>>>>>"
		f.add("<</Type /Filespec /EF <</F 11 0 R>>>>")
		f.stream("/Type /EmbeddedFile", []byte("\x01\x02 not for us"))
		f.trailer = "/Encrypt <<" + handler + "/StmF /Identity /StrF /Identity /EFF /StdCF>> /ID [<00> <00>]"
		requirePrinted(t, f.bytes(), pdf.CodeRestricted, pdf.CodeEmbeddedFiles)
		require.NotContains(t, string(printed(t, f.bytes())), "not for us")
	})
	t.Run("streams that are locked ask for the password", func(t *testing.T) {
		requireRefused(t, locked(handler+"/StmF /StdCF /StrF /StdCF"), pdf.CodePassword)
		requireRefused(t, locked(handler+"/StmF /Other /StrF /Identity"), pdf.CodeEncryptionUnknown)
	})
	t.Run("a stream that opts out", func(t *testing.T) { // Crypt filters, ISO 32000-1, 7.4.10
		f := soundLetter()
		f.objects[3] = streamObject("/Filter /Crypt /DecodeParms <</Name /Identity>>", string(letterText))
		lock(f)
		requirePrinted(t, f.bytes(), pdf.CodeRestricted)
	})
	t.Run("the owner's password is empty", func(t *testing.T) {
		f := soundLetter()
		lockFor(f, "user", "")
		requirePrinted(t, f.bytes(), pdf.CodeRestricted)
	})
}

func locked(entries string) []byte {
	f := soundLetter()
	f.trailer = "/Encrypt <<" + entries + ">> /ID [<00> <00>]"
	return f.bytes()
}

// lock encrypts a file with RC4 of 40 bits and an empty user password
// (ISO 32000-1, 7.6.3), all streams but those that opt out.
func lock(f *file) { lockFor(f, "", "owner") }

func lockFor(f *file, user, owner string) {
	pad := func(s string) []byte {
		return append([]byte(s), "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08"+
			"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"...)[:32]
	}
	crypt := func(key, in []byte) []byte {
		c, _ := rc4.NewCipher(key)
		out := make([]byte, len(in))
		c.XORKeyStream(out, in)
		return out
	}
	sum := md5.Sum(pad(owner))
	o := crypt(sum[:5], pad(user))
	sum = md5.Sum(bytes.Join([][]byte{pad(user), o, {0xfc, 0xff, 0xff, 0xff}, {0}}, nil))
	key := sum[:5]
	for i, object := range f.objects {
		head, content, ok := strings.Cut(object, "stream\n")
		if !ok || strings.Contains(head, "/Crypt") {
			continue
		}
		content = strings.TrimSuffix(content, "\nendstream")
		sum := md5.Sum(append(bytes.Clone(key), byte(i+1), 0, 0, 0, 0))
		f.objects[i] = head + "stream\n" + string(crypt(sum[:10], []byte(content))) + "\nendstream"
	}
	f.trailer = fmt.Sprintf("/Encrypt <</Filter /Standard /V 1 /R 2 /P -4 /O <%x> /U <%x>>> /ID [<00> <00>]", o, crypt(key, pad("")))
}
