package pdf

import (
	"bytes"
	"errors"
	"maps"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

var errCorrupt = errors.New("the file cannot be read, not even by scanning it")

// salvaged is what a scan of a whole file found, its tables left aside.
type salvaged struct {
	table    map[int]place
	whole    map[int]bool // objects that end before the file does
	trailers []types.Dict // in the order of the file, those of cross-reference streams included
	packs    []int        // numbers of object streams, in the order of the file
	pages    []int        // numbers of page objects, in the order of the file
	catalog  int          // the last one
}

// rebuild makes the table anew from a scan of the file, as viewers do where
// tables are damaged. What only the file's own table knows stays.
func (o *objects) rebuild() error {
	o.repaired = true
	found := o.scan()
	o.cache, o.packs, o.loading = map[int]types.Object{}, map[int]*pack{}, map[int]bool{}
	maps.Copy(o.table, found.table)
	o.dropUnsound()
	o.sortStarts()
	for _, d := range found.trailers {
		for _, key := range []string{"Encrypt", "ID"} {
			if v := d[key]; v != nil {
				o.trailer[key] = v
			}
		}
	}
	if err := o.unlock(); err != nil {
		return err
	}
	o.survey(found)
	maps.Copy(o.table, found.table)
	if o.err == nil && !o.chooseRoot(found) {
		return errCorrupt
	}
	return o.err
}

// dropUnsound removes entries of the file's own table that lead nowhere.
func (o *objects) dropUnsound() {
	for nr, e := range o.table {
		if e.stream != 0 {
			continue
		}
		if _, ok := o.header(e.offset, nr, e.gen); !ok {
			delete(o.table, nr)
		}
	}
}

// survey enters the members of the object streams that a scan found, unless an
// object of the same number stands behind them in the file.
func (o *objects) survey(found *salvaged) {
	for _, stream := range found.packs {
		if _, ok := o.table[stream]; !ok {
			o.table[stream] = found.table[stream]
		}
		at := found.table[stream].offset
		for nr := range o.pack(stream).members {
			if e, ok := found.table[nr]; ok && e.stream == 0 && e.offset > at {
				continue
			}
			if len(found.table) >= o.limits.Objects {
				o.err = tooComplex("objects")
				return
			}
			found.table[nr] = place{stream: stream}
		}
	}
	found.packs = nil
}

// chooseRoot takes the last trailer whose root leads to pages, else the last
// catalogue.
func (o *objects) chooseRoot(found *salvaged) bool {
	for i := len(found.trailers) - 1; i >= 0; i-- {
		if root, ok := found.trailers[i]["Root"]; ok {
			o.trailer["Root"] = root
			if o.hasCatalog() {
				return true
			}
		}
	}
	catalog := found.catalog
	for nr := range o.table { // it may be a member of an object stream
		if d, ok := o.get(nr).(types.Dict); ok && d["Type"] == types.Name("Catalog") && d["Pages"] != nil && found.catalog == 0 {
			catalog = max(catalog, nr)
		}
	}
	o.trailer["Root"] = types.IndirectRef{ObjectNumber: types.Integer(catalog)}
	return o.hasCatalog()
}

// recover looks for an object that the table does not know, by scanning the
// file once.
func (o *objects) recover(nr int) bool {
	if _, ok := o.table[nr]; ok && o.cache[nr] != nil || nr <= 0 || o.stopped() {
		return false
	}
	found := o.scan()
	o.survey(found)
	e, ok := found.table[nr]
	if !ok || o.table[nr] == e {
		return false
	}
	o.table[nr], o.repaired = e, true
	delete(o.cache, nr)
	o.sortStarts()
	return true
}

// scan finds "N G obj" and "trailer" everywhere but in streams.
func (o *objects) scan() *salvaged {
	if o.salvage != nil {
		return o.salvage
	}
	s := &salvaged{table: map[int]place{}, whole: map[int]bool{}}
	o.salvage, o.starts = s, nil // the starts that the table knew are not to be trusted
	spent, trailer := o.tokens, -1
	for pos := 0; !o.stopped(); {
		object := indexFrom(o.data, "obj", pos)
		if trailer < pos {
			trailer = indexFrom(o.data, "trailer", pos)
		}
		if min(object, trailer) == len(o.data) {
			o.tokens = spent // nothing of it is kept
			break
		}
		if trailer < object {
			pos = o.scanTrailer(s, trailer+len("trailer"))
		} else {
			pos = o.scanObject(s, object)
		}
	}
	o.sortStarts()
	return s
}

// indexFrom is the position of a word from a position on; the length of data
// when it is nowhere.
func indexFrom(data []byte, word string, from int) int {
	if i := bytes.Index(data[min(from, len(data)):], []byte(word)); i >= 0 {
		return from + i
	}
	return len(data)
}

func (o *objects) scanTrailer(s *salvaged, at int) int {
	p := parser{lexer: lexer{data: o.data, pos: at}, o: o}
	d, ok := p.single().(types.Dict)
	if !ok {
		return at
	}
	s.trailers = append(s.trailers, d)
	return p.pos
}

// scanObject takes what stands around the "obj" at a position for an object
// when numbers stand before it, and returns where to go on.
func (o *objects) scanObject(s *salvaged, at int) int {
	behind := at + len("obj")
	start, nr, gen, ok := o.numbersBefore(at)
	if !ok || nr > len(o.data) {
		return behind
	}
	p := parser{lexer: lexer{data: o.data, pos: behind}, o: o}
	v := p.object()
	sd, isStream := v.(types.StreamDict)
	end := max(p.pos, behind)
	cut := p.last == "EOF" || isStream && end >= len(o.data)
	if s.whole[nr] && cut {
		return end // an older one that is whole is worth more
	}
	if len(s.table) >= o.limits.Objects {
		o.err = tooComplex("objects")
		return end
	}
	s.table[nr], s.whole[nr] = place{offset: start, gen: gen}, !cut
	d, _ := v.(types.Dict)
	if isStream {
		d = sd.Dict
	}
	s.note(nr, d, isStream)
	if p.last != "" { // it ended within a value: what follows may be an object
		return behind
	}
	return end
}

// note keeps what the parts of a file are told by.
func (s *salvaged) note(nr int, d types.Dict, isStream bool) {
	switch d["Type"] {
	case types.Name("ObjStm"):
		if isStream {
			s.packs = append(s.packs, nr)
		}
	case types.Name("XRef"):
		s.trailers = append(s.trailers, d)
	case types.Name("Catalog"):
		s.catalog = nr
	case types.Name("Page"):
		s.pages = append(s.pages, nr)
	}
}

// numbersBefore reads the "N G " that ends at a position.
func (o *objects) numbersBefore(at int) (start, nr, gen int, ok bool) {
	at, okSpace := o.spaceBefore(at)
	gen, at, okGen := o.digitsBefore(at)
	at, okBetween := o.spaceBefore(at)
	nr, start, okNr := o.digitsBefore(at)
	return start, nr, gen, okSpace && okGen && okBetween && okNr && nr > 0
}

func (o *objects) spaceBefore(at int) (int, bool) {
	end := at
	for at > 0 && charClass[o.data[at-1]] == classSpace {
		at--
	}
	return at, at < end
}

const maxDigits = 10

func (o *objects) digitsBefore(at int) (n, start int, ok bool) {
	start, scale := at, 1
	for start > 0 && at-start < maxDigits && o.data[start-1] >= '0' && o.data[start-1] <= '9' {
		start--
		n += int(o.data[start]-'0') * scale
		scale *= 10
	}
	return n, start, start < at
}
