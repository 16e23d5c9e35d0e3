package pdf

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strconv"
)

// writer writes a PDF object by object, so that no file is held in memory
// twice. Same objects, same bytes.
type writer struct {
	w       *bufio.Writer
	sum     hash.Hash
	offset  int64
	offsets []int64      // by object number; 0 for one that was not written
	deflate *zlib.Writer // made once: it holds most of a megabyte
	err     error
}

func newWriter(w io.Writer) *writer {
	out := &writer{sum: sha256.New(), offsets: make([]int64, 1)}
	out.w = bufio.NewWriterSize(w, 64<<10)
	out.write([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"))
	return out
}

func (w *writer) write(b []byte) {
	if w.err != nil {
		return
	}
	n, err := w.w.Write(b)
	w.offset += int64(n)
	w.err = err
}

// alloc returns the number of a new object.
func (w *writer) alloc() int {
	w.offsets = append(w.offsets, 0)
	return len(w.offsets) - 1
}

// object writes one whose text is body.
func (w *writer) object(nr int, body []byte) {
	w.begin(nr)
	w.write(body)
	w.write([]byte("\nendobj\n"))
}

func (w *writer) begin(nr int) {
	w.offsets[nr] = w.offset
	w.write(strconv.AppendInt(nil, int64(nr), 10))
	w.write([]byte(" 0 obj\n"))
}

// stream writes one with the entries of its dictionary but Length.
func (w *writer) stream(nr int, entries []byte, content []byte) {
	w.begin(nr)
	w.write([]byte("<<"))
	w.write(entries)
	w.write([]byte("/Length " + strconv.Itoa(len(content)) + ">>\nstream\n"))
	w.write(content)
	w.write([]byte("\nendstream\nendobj\n"))
	fmt.Fprintf(w.sum, "%d %d\n", nr, len(content))
}

// deflated writes a stream that is compressed here.
func (w *writer) deflated(nr int, entries string, content []byte) {
	var b bytes.Buffer
	if w.deflate == nil {
		w.deflate, _ = zlib.NewWriterLevel(&b, zlib.BestSpeed) // the level is valid
	} else {
		w.deflate.Reset(&b)
	}
	_, _ = w.deflate.Write(content) // a buffer takes everything
	_ = w.deflate.Close()
	w.stream(nr, []byte(entries+"/Filter /FlateDecode"), b.Bytes())
}

// finish writes the cross-reference table and the trailer.
func (w *writer) finish(root, info int) error {
	start := w.offset
	w.write([]byte(fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(w.offsets))))
	for _, off := range w.offsets[1:] {
		if off == 0 {
			w.write([]byte("0000000000 00000 f \n"))
			continue
		}
		w.write([]byte(fmt.Sprintf("%010d 00000 n \n", off)))
	}
	fmt.Fprintf(w.sum, "%d %v\n", start, w.offsets)
	id := fmt.Sprintf("<%x>", w.sum.Sum(nil)[:16])
	w.write([]byte(fmt.Sprintf("trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /ID [%s %s]>>\nstartxref\n%d\n%%%%EOF\n",
		len(w.offsets), root, info, id, id, start)))
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}
