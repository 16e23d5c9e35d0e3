package mock

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// proof prints one proof from what had happened when it was issued.
func (l *letter) proof(kind courrier.ProofKind, history []happening) courrier.Document {
	issued := history[len(history)-1].at
	lines := []string{
		"Letter " + string(l.Letter),
		"Carrier's id " + l.ProviderID,
		"Service " + string(l.Service),
	}
	if l.TrackingNumber != "" {
		lines = append(lines, "Tracking number "+l.TrackingNumber)
	}
	lines = append(lines, "")
	for _, h := range history {
		if m := meanings[h.code]; m.Status != "" {
			lines = append(lines, stamp(h.at)+"  "+strings.ReplaceAll(h.code, "_", " "))
		}
	}
	lines = append(lines, "", "Issued "+stamp(issued), "", "Specimen of an imaginary post office. It proves nothing.")
	title := "Proof of " + string(kind)
	d := courrier.NewDocument(string(kind)+".pdf", onePage(title, lines, issued))
	d.Pages = 1
	return d
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// onePage writes a PDF of one A4 page in Helvetica, one of the fonts that every
// reader has (ISO 32000-1, 9.6.2.2). The same input gives the same bytes.
func onePage(title string, lines []string, created time.Time) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "BT /F1 18 Tf 72 770 Td 16 TL (%s) Tj /F1 11 Tf T* T*\n", escape(title))
	for _, l := range lines {
		fmt.Fprintf(&text, "(%s) Tj T*\n", escape(l))
	}
	text.WriteString("ET")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", text.Len(), text.String()),
		fmt.Sprintf("<< /Title (%s) /CreationDate (D:%s) >>", escape(title), created.UTC().Format("20060102150405Z")),
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, body := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, len(objects), table)
	return b.Bytes()
}

// escape writes a PDF string; what is not printable ASCII becomes a question mark.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '(' || r == ')' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r > '~':
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
