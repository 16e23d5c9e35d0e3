package pdf_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// hostileFile is one of a corpus of small files that are made to cost a lot.
type hostileFile struct {
	name string
	file func() []byte
	want pdf.Code // of a finding
}

// heavy files take long to make. The race detector, ten times slower, does
// without them: they teach it nothing about concurrency.
var heavy = map[string]bool{
	"flate bomb": true, "flate in flate bomb": true, "twelve content bombs": true, "twenty million operators": true,
	"array of ten million numbers": true, "object stream bombs of one word": true, "object stream bombs under an escaped name": true,
	"widths over all codes": true,
}

// hostile returns the corpus; each file is made once.
var hostile = sync.OnceValue(func() []hostileFile {
	all := slices.DeleteFunc(hostileFiles(), func(h hostileFile) bool { return raceEnabled && heavy[h.name] })
	for i := range all {
		all[i].file = sync.OnceValue(all[i].file)
	}
	return all
})

func hostileFiles() []hostileFile {
	return []hostileFile{
		{"empty", func() []byte { return nil }, pdf.CodeNotPDF},
		{"text", func() []byte { return []byte("hello") }, pdf.CodeNotPDF},
		{"header only", func() []byte { return []byte("%PDF-1.7\n") }, pdf.CodeCorrupt},
		{"truncated in the middle", func() []byte { b := pages(3); return b[:len(b)/3] }, pdf.CodePageMissing},
		{"cross-reference cut off", func() []byte { return withoutTable(pages(3)) }, pdf.CodeRepaired},
		{"startxref points nowhere", wrongStartxref, pdf.CodeRepaired},
		{"no pages", func() []byte {
			f := &file{}
			f.add("<</Type /Catalog /Pages 2 0 R>>")
			f.add("<</Type /Pages /Kids [] /Count 0>>")
			return f.bytes()
		}, pdf.CodeNoPages},
		{"kids loop", func() []byte {
			f := &file{}
			f.add("<</Type /Catalog /Pages 2 0 R>>")
			f.add("<</Type /Pages /Kids [3 0 R 3 0 R 2 0 R] /Count 3>>")
			f.add("<</Type /Pages /Kids [2 0 R 2 0 R] /Count 2>>")
			return f.bytes()
		}, pdf.CodePageMissing},
		{"kids that multiply", multiplyingKids, pdf.CodeTooComplex},
		{"page lost", lostPage, pdf.CodePageMissing},
		{"object number 2147483647", hugeObjectNumber, pdf.CodePageBlank},
		{"xref stream of huge size", hugeXRefStream, pdf.CodeCorrupt},
		{"flate bomb", func() []byte { return bomb(1, 100<<20) }, pdf.CodeTooComplex},
		{"flate in flate bomb", func() []byte { return bomb(2, 256<<20) }, pdf.CodeTooComplex},
		{"twelve content bombs", twelveBombs, pdf.CodeTooComplex},
		{"object stream bombs", func() []byte { return objectStreamBombs("ObjStm", ' ') }, pdf.CodeTooComplex},
		{"object stream bombs of one word", func() []byte { return objectStreamBombs("ObjStm", 'x') }, pdf.CodeTooComplex},
		{"object stream bombs under an escaped name", func() []byte { return objectStreamBombs("Obj#53tm", 'x') }, pdf.CodeTooComplex},
		{"overlapping streams", overlappingStreams, pdf.CodeTooComplex},
		{"array of ten million numbers", func() []byte {
			return onePage(sheet{page: "/Annots 6 0 R", extra: []string{"[" + strings.Repeat("1 ", 10_000_000) + "]"}})
		}, pdf.CodeTooComplex},
		{"deep arrays", func() []byte {
			return onePage(sheet{page: "/Annots 6 0 R", extra: []string{strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)}})
		}, pdf.CodeRepaired},
		{"deep page resources", func() []byte {
			return onePage(sheet{resources: strings.Repeat("/A <<", 20_000) + strings.Repeat(">>", 20_000)})
		}, pdf.CodePageMissing},
		{"form that draws itself", func() []byte {
			return onePage(sheet{content: "/X Do", resources: "/XObject <</X 6 0 R>>", extra: []string{
				streamObject("/Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X 6 0 R>>>>", "/X Do /X Do")}})
		}, pdf.CodePageDamaged},
		{"forms that multiply", multiplyingForms, pdf.CodeTooComplex},
		{"twenty million operators", func() []byte {
			return compressed(bytes.Repeat([]byte("q "), 21_000_000))
		}, pdf.CodeTooComplex},
		{"q without end", func() []byte { return onePage(sheet{content: strings.Repeat("q ", 100_000)}) }, pdf.CodePageBlank},
		{"a million operands", func() []byte { return compressed([]byte(strings.Repeat("1 ", 1_000_000) + "re")) }, pdf.CodeTooComplex},
		{"reference loop", func() []byte {
			return onePage(sheet{page: "/MediaBox 6 0 R", extra: []string{"7 0 R", "6 0 R"}})
		}, pdf.CodePageBlank},
		{"media box of no length", func() []byte { return onePage(sheet{page: "/MediaBox []"}) }, pdf.CodePageBlank},
		{"media box upside down", func() []byte { return onePage(sheet{page: "/MediaBox [595 842 0 0]"}) }, pdf.CodePageBlank},
		{"media box of infinite size", func() []byte {
			return onePage(sheet{page: "/MediaBox [-99999999999999999999999999 0 99999999999999999999999999 1]"})
		}, pdf.CodePageLandscape},
		{"annotations loop", func() []byte {
			return onePage(sheet{page: "/MediaBox [0 0 595 842] /Annots [6 0 R 6 0 R]", extra: []string{
				"<</Subtype /Widget /FT /Tx /F 4 /Rect [0 0 9 9] /Parent 6 0 R /AP <</N 7 0 R>>>>",
				streamObject("/Subtype /Form /BBox [0 0 9 9]", "0 0 9 9 re f")}})
		}, pdf.CodeFormFields},
		{"one image, drawn over and over", func() []byte {
			white := deflate(bytes.Repeat([]byte{255}, 3000*3000))
			return onePage(sheet{content: "q 595 0 0 842 0 0 cm " + strings.Repeat("/I Do ", 15_000), resources: "/XObject <</I 6 0 R>>", extra: []string{
				streamObject("/Subtype /Image /Width 3000 /Height 3000 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /FlateDecode", string(white))}})
		}, pdf.CodeImageUnread},
		{"paper over much ink, over and over", func() []byte {
			return compressed([]byte(strings.Repeat(mm(120, 60, 9, 9)+" f ", 20_000) + "1 g " + strings.Repeat(mm(30, 150, 5, 5)+" f ", 300_000)))
		}, pdf.CodeWindow},
		{"soft masks over all of it", func() []byte {
			return onePage(sheet{content: "/M gs " + strings.Repeat("0 0 595 842 re f ", 300_000), resources: "/ExtGState <</M <</SMask <</S /Luminosity /G 6 0 R>>>>>>",
				extra: []string{streamObject("/Subtype /Form /BBox [0 0 999 999] /Group <</S /Transparency>>", "0 0 9 9 re f")}})
		}, pdf.CodeNoAddress},
		{"one long line of ink in many annotations", func() []byte {
			ink := "[" + strings.Repeat("1 2 ", 100_000) + "]"
			s := sheet{page: "/MediaBox [0 0 595 842] /Annots [" + references(firstExtra+1, 2000) + "]", extra: []string{ink}}
			for range 2000 {
				s.extra = append(s.extra, "<</Subtype /Ink /F 4 /Rect [0 0 9 9] /InkList [6 0 R]>>")
			}
			return onePage(s)
		}, pdf.CodeTooComplex},
		{"long texts in many fields", func() []byte {
			s := sheet{page: "/MediaBox [0 0 595 842] /Annots [" + references(firstExtra+1, 5000) + "]", extra: []string{"(" + strings.Repeat("word ", 9000) + ")"}}
			for range 5000 {
				s.extra = append(s.extra, "<</Subtype /Widget /FT /Tx /Ff 4096 /F 4 /Rect [0 0 99999 99999] /DA (/Helv 0 Tf) /V 6 0 R>>")
			}
			return onePage(s)
		}, pdf.CodeTooComplex},
		{"widths over all codes", func() []byte {
			return onePage(sheet{content: at(30, 30, "ab"), resources: "/Font <</F1 6 0 R>>", extra: []string{
				"<</Subtype /Type0 /Encoding /Identity-H /DescendantFonts [7 0 R]>>",
				"<</W [" + strings.Repeat("0 999999999 500 ", 2000) + "]>>"}})
		}, pdf.CodeFontNotEmbedded},
	}
}

// lostPage names a second page that is not in the file.
func lostPage() []byte {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [3 0 R 99 0 R] /Count 2>>")
	f.add("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>")
	return f.bytes()
}

func wrongStartxref() []byte {
	b := pages(2)
	i := bytes.LastIndex(b, []byte("startxref"))
	return append(append([]byte{}, b[:i]...), "startxref\n7\n%%EOF\n"...)
}

func multiplyingKids() []byte {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	for i := range 30 {
		f.add("<</Type /Pages /Kids [%d 0 R %d 0 R] /Count 2>>", i+3, i+3)
	}
	f.add("<</Type /Page /MediaBox [0 0 595 842]>>")
	return f.bytes()
}

func hugeObjectNumber() []byte {
	b := onePage(sheet{})
	i := bytes.LastIndex(b, []byte("xref\n0"))
	head := append([]byte{}, b[:i]...)
	at := len(head)
	head = append(head, "2147483647 0 obj\n<<>>\nendobj\n"...)
	tail := bytes.Replace(b[i:], []byte("trailer"), []byte(fmt.Sprintf("2147483647 1\n%010d 00000 n \ntrailer", at)), 1)
	tail = tail[:bytes.LastIndex(tail, []byte("startxref"))]
	return append(append(head, tail...), fmt.Sprintf("startxref\n%d\n%%%%EOF\n", at+len("2147483647 0 obj\n<<>>\nendobj\n"))...)
}

func hugeXRefStream() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := b.Len()
	content := deflate(make([]byte, 1<<20))
	fmt.Fprintf(&b, "1 0 obj\n<</Type /XRef /Size 2147483647 /W [1 4 2] /Root 2 0 R /Filter /FlateDecode /Length %d>>\nstream\n", len(content))
	b.Write(content)
	fmt.Fprintf(&b, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", at)
	return b.Bytes()
}

// compressed is a page whose content is deflated.
func compressed(content []byte) []byte {
	return withContent(deflate(content), "/Filter /FlateDecode")
}

func withContent(content []byte, filter string) []byte {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [3 0 R] /Count 1>>")
	f.add("<</Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 595 842]>>")
	f.stream(filter, content)
	return f.bytes()
}

// bomb is a page of spaces, deflated n times over.
func bomb(n, size int) []byte {
	content := deflatedSpaces(size)
	filters := "/FlateDecode"
	for range n - 1 {
		content = deflate(content)
		filters += " /FlateDecode"
	}
	return withContent(content, "/Filter ["+filters+"]")
}

func deflatedSpaces(size int) []byte {
	var b bytes.Buffer
	w := newDeflater(&b)
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for n := 0; n < size; n += len(chunk) {
		_, _ = w.Write(chunk)
	}
	_ = w.Close()
	return b.Bytes()
}

func twelveBombs() []byte {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [3 0 R] /Count 1>>")
	f.add("<</Type /Page /Parent 2 0 R /Contents [4 0 R 5 0 R 6 0 R 7 0 R 8 0 R 9 0 R 10 0 R 11 0 R 12 0 R 13 0 R 14 0 R 15 0 R] /MediaBox [0 0 595 842]>>")
	content := deflate(deflatedSpaces(80 << 20))
	for range 12 {
		f.stream("/Filter [/FlateDecode /FlateDecode]", content)
	}
	return f.bytes()
}

func objectStreamBombs(typeName string, filler byte) []byte {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [] /Count 0>>")
	content := deflate(bytes.Repeat([]byte{filler}, 30<<20))
	for range 40 {
		f.stream("/Type /"+typeName+" /N 1 /First 10 /Filter /FlateDecode", content)
	}
	return withoutTable(f.bytes()) // so that each of them is opened
}

// overlappingStreams has a thousand streams that all end where the last does.
func overlappingStreams() []byte {
	f := &file{}
	f.add("<</Type /Catalog /Pages 2 0 R>>")
	f.add("<</Type /Pages /Kids [3 0 R] /Count 1>>")
	f.add("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [%s]>>", references(4, 1000))
	for range 1000 {
		f.add("<</Length 0000000>>\nstream\n")
	}
	f.stream("", bytes.Repeat([]byte{' '}, 9_000_000))
	b := f.bytes()
	end := bytes.LastIndex(b, []byte("\nendstream"))
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("0000000>>\nstream\n"))
		if i < 0 {
			return b
		}
		at += i
		copy(b[at:], fmt.Sprintf("%07d", end-at-len("0000000>>\nstream\n")))
	}
}

// references are n references to objects from the first on.
func references(first, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d 0 R ", first+i)
	}
	return b.String()
}

// withoutTable cuts the cross-reference table off.
func withoutTable(file []byte) []byte {
	return file[:bytes.LastIndex(file, []byte("xref\n0"))]
}

func multiplyingForms() []byte {
	s := sheet{content: "/X Do", resources: "/XObject <</X 6 0 R>>"}
	for i := range 10 {
		s.extra = append(s.extra, streamObject(fmt.Sprintf("/Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X %d 0 R>>>>", i+firstExtra+1),
			strings.Repeat("/X Do ", 10)))
	}
	s.extra = append(s.extra, streamObject("/Subtype /Form /BBox [0 0 9 9]", "0 0 1 1 re f"))
	return onePage(s)
}

// TestHostile holds every file of the corpus to its verdict, to 10 s and to
// 512 MiB above what the test holds itself.
func TestHostile(t *testing.T) {
	skipUnderRace(t)
	for _, h := range hostile() {
		t.Run(h.name, func(t *testing.T) {
			file := h.file()
			runtime.GC()
			before := heapBytes()
			stop := watchHeap()
			start := time.Now()
			r := inspected(t, file)
			elapsed, peak := time.Since(start), stop()
			_, found := r.Find(h.want)
			require.True(t, found, "want %s, got %+v", h.want, r.Findings)
			require.Less(t, elapsed, 10*time.Second)
			require.Less(t, int64(peak)-int64(before), int64(512<<20))
			t.Logf("%v, %d MiB", elapsed.Round(time.Millisecond), (int64(peak)-int64(before))>>20)
		})
	}
}

// skipUnderRace leaves out what one goroutine does to one file: the race
// detector learns nothing from it, and its tenfold time is not the time that
// the reader's limit is for.
func skipUnderRace(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("without the race detector only")
	}
}

func heapBytes() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// watchHeap samples the heap until stop is called, which returns the peak.
func watchHeap() (stop func() uint64) {
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		highest := uint64(0)
		for {
			highest = max(highest, heapBytes())
			select {
			case <-done:
				peak <- highest
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(done); return <-peak }
}

func TestStuckCallsAreCapped(t *testing.T) {
	t.Parallel()
	// One slot, held by a call that takes longer than its time limit.
	i := pdf.NewInspector(pdf.Limits{Concurrent: 1, Timeout: time.Millisecond, Operations: 1 << 30, DecodedBytes: 1 << 30, PageBytes: 1 << 30})
	slow := compressed(bytes.Repeat([]byte("q Q "), 10_000_000))
	r, err := i.Inspect(context.Background(), slow, pdf.InspectOptions{})
	require.NoError(t, err)
	f, ok := r.Find(pdf.CodeTooComplex)
	require.True(t, ok)
	require.Equal(t, "time", f.Detail)
}
