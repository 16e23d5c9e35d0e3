package pdf

import (
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"
)

// press holds what all letters of a composer share: the colour profile, ready to
// be copied, and compressors, each of which takes a megabyte to set up.
type press struct {
	head        []byte // of every file: the header and the profile's object
	profile     int    // where that object begins
	compressors sync.Pool
}

func newPress() *press {
	p := &press{head: []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")}
	p.profile = len(p.head)
	profile := deflated(sRGB(), zlib.BestCompression)
	p.head = fmt.Appendf(p.head, "%d 0 obj\n<</N 3/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n", profileNumber,
		len(profile), profile)
	p.compressors.New = func() any {
		z, _ := zlib.NewWriterLevel(nil, zlib.BestSpeed) // the level is valid
		return z
	}
	return p
}

// profileNumber is the object of the colour profile; those of the fonts follow.
const (
	profileNumber = 1
	firstFree     = firstFontObject + 2*fontObjectCount
	// maxPacked is how many objects share a stream: readers unpack all of one to
	// find one of them.
	maxPacked = 8_000
)

// document is a file being written to memory: streams one behind the other, all
// other objects packed into object streams (ISO 32000-1, 7.5.7), which makes a
// tagged letter a third smaller. PDF/A-2 allows them.
type document struct {
	*press
	file    []byte
	entries []entry // by object number
	packed  []byte  // bodies of the objects that go into the next object stream
	inside  []packedObject
}

// entry says where an object is: at an offset of the file or, packed, at an
// index of an object stream. The zero entry is a number that is not in use.
type entry struct {
	offset int
	packed bool
	stream int // of a packed object; offset is its index then
}

type packedObject struct{ nr, at int }

func newDocument(p *press) *document {
	d := &document{press: p, file: make([]byte, 0, 48<<10), entries: make([]entry, firstFree, 512), packed: make([]byte, 0, 20<<10)}
	d.file = append(d.file, p.head...)
	d.entries[profileNumber].offset = p.profile
	return d
}

// font copies a face's objects into the file.
func (d *document) font(weight int, o *fontObjects) {
	for i, at := range o.offsets {
		d.entries[fontNumber(weight, i)].offset = len(d.file) + at
	}
	d.file = append(d.file, o.data...)
}

func (d *document) alloc() int {
	d.entries = append(d.entries, entry{})
	return len(d.entries) - 1
}

// pack begins an object that goes into an object stream: what is appended to
// d.packed until the next call is its body.
func (d *document) pack(nr int) {
	if len(d.inside) == maxPacked {
		d.flush()
	}
	if len(d.packed) > 0 {
		d.packed = append(d.packed, ' ')
	}
	d.inside = append(d.inside, packedObject{nr, len(d.packed)})
}

// flush writes the object stream of what was packed so far.
func (d *document) flush() {
	if len(d.inside) == 0 {
		return
	}
	nr := d.alloc()
	var head []byte
	for i, o := range d.inside {
		d.entries[o.nr] = entry{offset: i, packed: true, stream: nr}
		head = append(strconv.AppendInt(head, int64(o.nr), 10), ' ')
		head = append(strconv.AppendInt(head, int64(o.at), 10), ' ')
	}
	d.deflated(nr, fmt.Sprintf("/Type/ObjStm/N %d/First %d", len(d.inside), len(head)), append(head, d.packed...))
	d.packed, d.inside = d.packed[:0], d.inside[:0]
}

func (d *document) begin(nr int) {
	d.entries[nr] = entry{offset: len(d.file)}
	d.file = append(strconv.AppendInt(d.file, int64(nr), 10), " 0 obj\n"...)
}

// object writes an object of its own.
func (d *document) object(nr int, body []byte) {
	d.begin(nr)
	d.file = append(append(d.file, body...), "\nendobj\n"...)
}

// stream writes a stream with the entries of its dictionary but Length.
func (d *document) stream(nr int, entries string, content []byte) {
	d.begin(nr)
	d.file = append(append(d.file, "<<"...), entries...)
	d.file = append(strconv.AppendInt(append(d.file, "/Length "...), int64(len(content)), 10), ">>\nstream\n"...)
	d.file = append(append(d.file, content...), "\nendstream\nendobj\n"...)
}

// Write appends to the file: what a compressor writes to.
func (d *document) Write(b []byte) (int, error) {
	d.file = append(d.file, b...)
	return len(b), nil
}

// deflated writes a stream that is compressed here. Its length is not known
// before: it gets room for its digits.
func (d *document) deflated(nr int, entries string, content []byte) {
	const room = "          "
	d.begin(nr)
	d.file = append(append(append(d.file, "<<"...), entries...), "/Filter/FlateDecode/Length "+room+">>\nstream\n"...)
	start := len(d.file)
	z := d.compressors.Get().(*zlib.Writer)
	z.Reset(d)
	_, _ = z.Write(content) // a document takes everything
	_ = z.Close()
	d.compressors.Put(z)
	digits := strconv.Itoa(len(d.file) - start)
	copy(d.file[start-len(room+">>\nstream\n"):], digits)
	d.file = append(d.file, "\nendstream\nendobj\n"...)
}

// smallTable is a cross-reference table that is written as it is: making a code
// to compress it would take a tenth of a letter's time.
const smallTable = 2 << 10

// table is the cross-reference table, its offsets in a number of bytes.
func (d *document) table(width int) []byte {
	table := make([]byte, 0, (3+width)*len(d.entries))
	add := func(kind byte, where, index int) {
		table = append(table, kind)
		for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
			table = append(table, byte(where>>shift))
		}
		table = append(table, byte(index>>8), byte(index))
	}
	for _, e := range d.entries {
		switch {
		case e.packed:
			add(2, e.stream, e.offset)
		case e.offset == 0:
			add(0, 0, 0xffff) // free for good (ISO 32000-1, 7.5.4)
		default:
			add(1, e.offset, 0)
		}
	}
	return table
}

// finish writes the cross-reference stream (ISO 32000-1, 7.5.8) and returns the
// file. Its identifier is made of all that varies, so that the same letter gives
// the same bytes.
func (d *document) finish(root, info int) []byte {
	d.flush()
	nr, start := d.alloc(), len(d.file)
	d.entries[nr] = entry{offset: start}
	width := 2
	if start >= 1<<16 || len(d.entries) >= 1<<16 {
		width = 4
	}
	table := d.table(width)
	sum := sha256.Sum256(d.file[len(d.head):])
	id := fmt.Sprintf("<%x>", sum[:16])
	entries := fmt.Sprintf("/Type/XRef/Size %d/W[1 %d 2]/Root %s/Info %s/ID[%s%s]", len(d.entries), width, ref(root), ref(info), id, id)
	if len(table) < smallTable {
		d.stream(nr, entries, table)
	} else {
		d.deflated(nr, entries, table)
	}
	return append(d.file, fmt.Sprintf("startxref\n%d\n%%%%EOF\n", start)...)
}
