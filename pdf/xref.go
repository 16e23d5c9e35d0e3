package pdf

import (
	"bytes"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// readTables follows the cross-reference sections from the last "startxref"
// back to the first (ISO 32000-1, 7.5.4 and 7.5.8); false when one of them
// cannot be read.
func (o *objects) readTables() bool {
	i := bytes.LastIndex(o.data, []byte("startxref"))
	if i < 0 {
		return false
	}
	l := lexer{data: o.data, pos: i + len("startxref")}
	t := l.next()
	if t.kind != tokenNumber {
		return false
	}
	at := int(t.num)
	if !o.isSection(at+o.bias) && o.isSection(at) {
		o.bias = 0 // offsets from the start of the file, in spite of what stands before the header
	}
	for seen := map[int]bool{}; !seen[at]; {
		seen[at] = true
		d, ok := o.section(at + o.bias)
		if !ok {
			return false
		}
		if hybrid, ok := d["XRefStm"].(types.Integer); ok && !seen[int(hybrid)] {
			seen[int(hybrid)] = true
			if _, ok := o.section(int(hybrid) + o.bias); !ok {
				return false
			}
		}
		previous, ok := number(d["Prev"])
		if !ok {
			return true
		}
		at = int(previous)
	}
	return true
}

// number is a direct number.
func number(v types.Object) (float64, bool) {
	switch v := v.(type) {
	case types.Integer:
		return float64(v), true
	case types.Float:
		return float64(v), true
	}
	return 0, false
}

func (o *objects) isSection(at int) bool {
	if at <= 0 || at >= len(o.data) {
		return false
	}
	l := lexer{data: o.data, pos: at}
	t := l.next()
	if t.kind == tokenKeyword {
		return bytes.HasPrefix(t.bytes, []byte("xref"))
	}
	g, word := l.next(), l.next()
	return t.kind == tokenNumber && g.kind == tokenNumber && bytes.HasPrefix(word.bytes, []byte("obj"))
}

// section reads one cross-reference section and returns its trailer.
func (o *objects) section(at int) (types.Dict, bool) {
	if !o.isSection(at) || o.stopped() {
		return nil, false
	}
	l := lexer{data: o.data, pos: at}
	t := l.next()
	if t.kind == tokenKeyword {
		return o.plainSection(&l)
	}
	return o.streamSection(at, int(t.num))
}

// plainSection reads "first count" and lines of "offset generation n".
func (o *objects) plainSection(l *lexer) (types.Dict, bool) {
	for {
		t := l.next()
		if t.kind == tokenKeyword && bytes.HasPrefix(t.bytes, []byte("trailer")) {
			p := parser{lexer: *l, o: o}
			d, ok := p.single().(types.Dict)
			o.inherit(d)
			return d, ok
		}
		count := l.next()
		if t.kind != tokenNumber || count.kind != tokenNumber {
			return nil, false
		}
		if !o.subsection(l, int(t.num), int(count.num)) {
			return nil, false
		}
	}
}

func (o *objects) subsection(l *lexer, first, count int) bool {
	for i := range count {
		offset, gen, use := l.next(), l.next(), l.next()
		if offset.kind != tokenNumber || gen.kind != tokenNumber || len(use.bytes) != 1 {
			return false
		}
		if i == 0 && first == 1 && use.bytes[0] == 'f' && gen.num == 65535 {
			first, o.repaired = 0, true // the head of the free list is object 0
		}
		e := place{gen: int(gen.num)}
		if use.bytes[0] == 'n' && offset.num > 0 {
			e.offset = int(offset.num) + o.bias
		}
		if !o.enter(first+i, e) {
			return false
		}
	}
	return true
}

// enter keeps the place of the newest section, which is read first. A free
// entry hides what older sections say.
func (o *objects) enter(nr int, e place) bool {
	if nr <= 0 {
		return true
	}
	if _, ok := o.table[nr]; ok {
		return true
	}
	if len(o.table) >= o.limits.Objects {
		o.err = tooComplex("objects")
		return false
	}
	o.table[nr] = e
	return true
}

// inherit takes what newer trailers did not say.
func (o *objects) inherit(d types.Dict) {
	for key, v := range d {
		if _, ok := o.trailer[key]; !ok {
			o.trailer[key] = v
		}
	}
}

// streamSection reads a cross-reference stream. It is never encrypted.
func (o *objects) streamSection(at, nr int) (types.Dict, bool) {
	l := lexer{data: o.data, pos: at}
	l.next()
	gen := l.next()
	l, ok := o.header(at, nr, int(gen.num))
	if !ok {
		return nil, false
	}
	p := parser{lexer: l, o: o}
	sd, ok := p.object().(types.StreamDict)
	if !ok || p.broken {
		return nil, false
	}
	o.inherit(sd.Dict)
	content, err := decodeAll(sd, maxObjectStream)
	if isBound(err) {
		o.err = tooComplex("object streams")
	}
	return sd.Dict, err == nil && o.streamEntries(sd.Dict, content)
}

// streamEntries reads the fields of a cross-reference stream
// (ISO 32000-1, 7.5.8.3).
func (o *objects) streamEntries(d types.Dict, content []byte) bool {
	var width [3]int
	w, _ := d["W"].(types.Array)
	for i := range min(len(w), 3) {
		n, _ := w[i].(types.Integer)
		width[i] = int(n)
	}
	row := width[0] + width[1] + width[2]
	if len(w) < 3 || min(width[0], width[1], width[2]) < 0 || max(width[0], width[1], width[2]) > 8 || row == 0 {
		return false
	}
	index, ok := d["Index"].(types.Array)
	if !ok {
		index = types.Array{types.Integer(0), d["Size"]}
	}
	for i := 0; i+1 < len(index); i += 2 {
		first, _ := index[i].(types.Integer)
		count, _ := index[i+1].(types.Integer)
		for k := 0; k < int(count) && len(content) >= row; k++ {
			if !o.enter(int(first)+k, o.streamEntry(content[:row], width)) {
				return false
			}
			content = content[row:]
		}
	}
	return true
}

func (o *objects) streamEntry(row []byte, width [3]int) place {
	kind := 1
	var field [3]int
	for i, w := range width {
		for _, c := range row[:w] {
			field[i] = field[i]<<8 | int(c)
		}
		row = row[w:]
	}
	if width[0] > 0 {
		kind = field[0]
	}
	switch {
	case kind == 1 && field[1] > 0:
		return place{offset: field[1] + o.bias, gen: field[2]}
	case kind == 2:
		return place{stream: field[1]}
	}
	return place{}
}
