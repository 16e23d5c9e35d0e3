package rest

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
)

// The end mark of a PDF may stand among so many last bytes (ISO 32000-1, annex H).
const pdfTail = 1024

var (
	pdfBegin = []byte("%PDF-")
	pdfEnd   = []byte("%%EOF")
	// linearLength is the length that a linearized PDF states on its first page of
	// bytes (ISO 32000-1, annex F).
	linearLength = regexp.MustCompile(`/Linearized\s[^>]*?/L\s+([0-9]{1,15})`)
)

// WholePDF tells why a body is no PDF that arrived to its end; nil when it is one.
// A connection that ends without a stated length looks like a success, however
// little of the file came.
func WholePDF(b []byte) error {
	if !bytes.HasPrefix(b, pdfBegin) {
		return errors.New("the body is not a PDF")
	}
	end := bytes.LastIndex(b, pdfEnd)
	if end < 0 || len(bytes.Trim(b[end+len(pdfEnd):], "\x00\t\n\f\r ")) > 0 || len(b)-end > pdfTail {
		return errors.New("the PDF breaks off before its end")
	}
	if m := linearLength.FindSubmatch(b[:min(len(b), pdfTail)]); m != nil {
		if n, err := strconv.Atoi(string(m[1])); err == nil && n > len(b) {
			return errors.New("the PDF is shorter than it says")
		}
	}
	return nil
}
