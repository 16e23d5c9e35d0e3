package providertest

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"github.com/courrier-go/courrier"
)

// SampleLetter returns a valid letter of one page, from a company in Paris to a
// person in Lyon.
func SampleLetter(s courrier.Service) courrier.Letter {
	return courrier.Letter{
		Account: "account-1",
		Key:     "sample-key-7194",
		Service: s,
		Purpose: courrier.PurposeInvoice,
		To: courrier.Recipient{Name: "Mme Zoé Quillévéré", Address: courrier.Address{
			Street: "17 rue des Marronniers", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From: courrier.Sender{Company: "Ateliers Bréhat SARL", Address: courrier.Address{
			Street: "4 impasse du Verger", Postcode: "75011", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{samplePDF("invoice-quillevere.pdf", 1, 0)},
		Print:     &courrier.PrintOptions{},
	}
}

// samplePDF returns a PDF of blank A4 pages, filled up to size bytes where that
// is more than it needs.
func samplePDF(name string, pages, size int) courrier.Document {
	// The table of offsets and the trailer grow with the number of pages only,
	// so one draft tells how much filling is missing.
	draft := blankPDF(pages, 0)
	d := courrier.NewDocument(name, draft)
	if missing := size - len(draft); missing > 0 {
		d = courrier.NewDocument(name, blankPDF(pages, missing))
	}
	d.Pages = pages
	return d
}

func blankPDF(pages, filling int) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids bytes.Buffer
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", i+3)
	}
	object(fmt.Sprintf("<< /Type /Pages /Count %d /MediaBox [0 0 595 842] /Kids [ %s] >>", pages, kids.String()))
	for range pages {
		object("<< /Type /Page /Parent 2 0 R /Resources << >> >>")
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\n", len(offsets)+1)
	// A comment between the trailer and the end moves no offset.
	if filling > 1 {
		fmt.Fprintf(&b, "%%%s\n", bytes.Repeat([]byte{'.'}, filling-2))
	}
	fmt.Fprintf(&b, "startxref\n%d\n%%%%EOF\n", table)
	return b.Bytes()
}

// newID returns a letter id no carrier has seen: 36 characters, as a UUID.
func newID() courrier.LetterID {
	var b [16]byte
	rand.Read(b[:]) // never fails, by its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return courrier.LetterID(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}
