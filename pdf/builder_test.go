package pdf_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
)

// file builds PDFs by hand, so that tests can make what no producer would.
type file struct {
	objects []string // by number, from 1
	trailer string   // entries added to the trailer
}

// add appends an object and returns its number.
func (f *file) add(format string, args ...any) int {
	f.objects = append(f.objects, fmt.Sprintf(format, args...))
	return len(f.objects)
}

func (f *file) stream(dict string, content []byte) int {
	return f.add("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(content), content)
}

// bytes writes the file with a cross-reference table. Object 1 is the catalogue.
func (f *file) bytes() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, len(f.objects))
	for i, o := range f.objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(f.objects)+1)
	for _, off := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", off)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n", len(f.objects)+1, f.trailer, at)
	return b.Bytes()
}

// sheet describes a file of one page for onePage.
type sheet struct {
	content   string // of the page
	page      string // entries of the page dictionary; default an A4 media box
	resources string // default: Helvetica, not embedded, as F1
	catalog   string // entries of the catalogue
	extra     []string
}

// The objects of onePage: 1 catalogue, 2 page tree, 3 page, 4 content, 5 font,
// then the extra ones.
const firstExtra = 6

func onePage(s sheet) []byte {
	if s.page == "" {
		s.page = "/MediaBox [0 0 595.28 841.89]"
	}
	if s.resources == "" {
		s.resources = "/Font <</F1 5 0 R>>"
	}
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R %s>>", s.catalog)
	f.add("<</Type /Pages /Kids [3 0 R] /Count 1>>")
	f.add("<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <<%s>> %s>>", s.resources, s.page)
	f.stream("", []byte(s.content))
	f.add("<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>")
	for _, o := range s.extra {
		f.add("%s", o)
	}
	return f.bytes()
}

// streamObject writes a stream for sheet.extra.
func streamObject(dict, content string) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(content), content)
}

func deflate(content []byte) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestCompression)
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

// at writes text at millimetres from the top left of an A4 page.
func at(x, y float64, text string) string {
	return fmt.Sprintf("BT /F1 10 Tf %.3f %.3f Td (%s) Tj ET\n", x*72/25.4, (297-y)*72/25.4, text)
}

func pages(n int) []byte {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	kids := make([]string, n)
	for i := range kids {
		kids[i] = fmt.Sprintf("%d 0 R", 4+2*i)
	}
	f.add("<</Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 595.28 841.89]>>", strings.Join(kids, " "), n)
	f.add("<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>")
	for i := range n {
		f.add("<</Type /Page /Parent 2 0 R /Contents %d 0 R /Resources <</Font <</F1 3 0 R>>>>>>", 5+2*i)
		f.stream("", []byte(at(30, 150, fmt.Sprintf("Page %d", i+1))))
	}
	return f.bytes()
}

func newDeflater(b *bytes.Buffer) *zlib.Writer {
	w, _ := zlib.NewWriterLevel(b, zlib.BestSpeed)
	return w
}
