package pdf

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// byteString is a string of a file, decoded and decrypted.
type byteString string

// Clone implements [types.Object].
func (s byteString) Clone() types.Object { return s }

// String implements [types.Object]. It names no content.
func (s byteString) String() string { return "string" }

var literalWriter = strings.NewReplacer("\\", "\\\\", "(", "\\(", ")", "\\)", "\r", "\\r")

// PDFString implements [types.Object].
func (s byteString) PDFString() string { return "(" + literalWriter.Replace(string(s)) + ")" }

// parser reads one object. What makes no sense in it is passed over; what is
// missing of it is remembered in broken.
type parser struct {
	lexer
	o      *objects
	seal   *seal // decrypts its strings and its stream; nil: they are plain
	broken bool
	last   string // what ended the object within a value
}

const tooDeep = "too deep"

// object reads one value and the stream that may follow it.
func (p *parser) object() types.Object {
	v := p.single()
	if p.last == tooDeep {
		return nil // half of it would pass for the whole
	}
	d, isDict := v.(types.Dict)
	if !isDict || p.last != "" {
		return v
	}
	if t := p.next(); t.kind == tokenKeyword && string(t.bytes) == "stream" {
		return p.stream(d)
	}
	return v
}

// single reads one value, which may be a reference.
func (p *parser) single() types.Object {
	t := p.next()
	switch {
	case !p.o.spend(1):
		return nil
	case t.kind == tokenEOF:
		p.broken, p.last = true, "EOF"
		return nil
	case t.kind == tokenKeyword:
		if items := p.keyword(nil, t.bytes); len(items) > 0 {
			return items[0]
		}
		return nil
	}
	v, _ := p.value(t, 0)
	if _, ok := v.(types.Integer); !ok {
		return v
	}
	at := p.pos
	if g, r := p.next(), p.next(); g.kind == tokenNumber && !g.real && r.kind == tokenKeyword && string(r.bytes) == "R" {
		return reference(v, numberObject(g))
	}
	p.pos = at
	return v
}

// items reads values up to a closing token; a keyword that ends the object
// before that is damage.
func (p *parser) items(closing tokenKind, depth int) []types.Object {
	var items []types.Object
	for p.last == "" && p.o.spend(1) {
		t := p.next()
		switch {
		case t.kind == closing:
			return items
		case depth > maxObjectDepth:
			p.broken, p.last = true, tooDeep
		case t.kind == tokenEOF:
			p.broken, p.last = true, "EOF"
		case t.kind == tokenKeyword && string(t.bytes) == "R" && endsWithReference(items):
			n := len(items)
			items = append(items[:n-2], reference(items[n-2], items[n-1]))
		case t.kind == tokenKeyword:
			items = p.keyword(items, t.bytes)
		default:
			if v, ok := p.value(t, depth); ok {
				items = append(items, v)
			}
		}
		p.scratch = p.scratch[:0]
	}
	p.broken = true
	return items
}

func endsWithReference(items []types.Object) bool {
	n := len(items)
	if n < 2 {
		return false
	}
	_, number := items[n-2].(types.Integer)
	_, gen := items[n-1].(types.Integer)
	return number && gen
}

func reference(number, gen types.Object) types.Object {
	return types.IndirectRef{ObjectNumber: number.(types.Integer), GenerationNumber: gen.(types.Integer)}
}

// keyword takes a word that is neither a number nor a name.
func (p *parser) keyword(items []types.Object, word []byte) []types.Object {
	switch w := string(word); w {
	case "true", "false":
		return append(items, types.Boolean(w == "true"))
	case "null":
		return append(items, nil)
	case "endobj", "stream", "obj", "xref", "endstream":
		p.last = w
		return items
	}
	if i := bytes.Index(word, []byte("endobj")); i >= 0 {
		p.last = "endobj" // written without a space after a value
	}
	return items
}

func (p *parser) value(t token, depth int) (types.Object, bool) {
	switch t.kind {
	case tokenNumber:
		return numberObject(t), true
	case tokenName:
		return types.Name(t.bytes), true
	case tokenString:
		return byteString(p.seal.text(t.bytes)), true
	case tokenArrayOpen:
		return types.Array(p.items(tokenArrayClose, depth+1)), true
	case tokenDictOpen:
		return p.dict(p.items(tokenDictClose, depth+1)), true
	}
	return nil, false // a bracket that closes nothing
}

// maxInteger is the largest whole number that is exact as a float64 and fits an int,
// which has 32 bits on small machines.
const maxInteger = min(1<<53, math.MaxInt)

func numberObject(t token) types.Object {
	if t.real || t.num > maxInteger || t.num < -maxInteger {
		return types.Float(t.num)
	}
	return types.Integer(t.num)
}

// dict pairs names with values. The last of two entries with one name holds, as
// for most viewers.
func (p *parser) dict(items []types.Object) types.Dict {
	d := make(types.Dict, len(items)/2)
	for i := 0; i < len(items); i++ {
		name, ok := items[i].(types.Name)
		if !ok || i+1 == len(items) {
			continue
		}
		i++
		d[string(name)] = items[i]
	}
	return d
}

// stream takes what stands behind the keyword as the stream of d.
func (p *parser) stream(d types.Dict) types.Object {
	begin := afterLineEnd(p.data, p.pos)
	raw, ok := p.o.extent(begin, p.o.length(d["Length"]))
	p.broken = p.broken || !ok
	p.pos = begin + len(raw)
	sd := types.StreamDict{Dict: d, FilterPipeline: p.o.filters(d)}
	sd.Raw = p.seal.stream(raw, sd)
	return sd
}

// afterLineEnd passes the end of the line behind the keyword "stream".
func afterLineEnd(data []byte, at int) int {
	rest := data[at:]
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') && bytes.ContainsAny(rest[:min(len(rest), 8)], "\r\n") {
		rest = rest[1:]
	}
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		rest = rest[2:]
	case bytes.HasPrefix(rest, []byte("\n")), bytes.HasPrefix(rest, []byte("\r")):
		rest = rest[1:]
	}
	return len(data) - len(rest)
}

var endstream = []byte("endstream")

// extent returns the bytes of a stream. Its length holds when "endstream"
// follows; else the stream ends at the first "endstream", or at "endobj" where
// the next object begins before that.
func (o *objects) extent(begin, length int) (raw []byte, sound bool) {
	begin = min(begin, len(o.data))
	if end := begin + length; length >= 0 && end <= len(o.data) {
		rest := bytes.TrimLeft(o.data[end:min(len(o.data), end+32)], "\x00\t\n\f\r ")
		if bytes.HasPrefix(rest, endstream) {
			return o.data[begin:end], true
		}
	}
	end := o.nextStart(begin)
	if i := o.nextEnd(begin); i >= 0 {
		end = min(end, i)
	}
	if o.searched += end - begin; o.searched > 4*len(o.data)+maxSearched {
		o.err = tooComplex("overlapping streams")
		return nil, false
	}
	if i := objectEnd(o.data[begin:end]); i >= 0 {
		end = begin + i
	}
	return trimLineEnd(o.data[begin:end]), false
}

const maxSearched = 16 << 20

// objectEnd is where an "endobj" stands that another object follows, -1 where
// there is none. One at the very end counts too.
func objectEnd(data []byte) int {
	for pos := 0; ; {
		i := bytes.Index(data[pos:], []byte("endobj"))
		if i < 0 {
			return -1
		}
		pos += i + len("endobj")
		l := lexer{data: data[:min(len(data), pos+64)], pos: pos}
		nr, gen, word := l.next(), l.next(), l.next()
		if nr.kind == tokenEOF || nr.kind == tokenNumber && gen.kind == tokenNumber && bytes.HasPrefix(word.bytes, []byte("obj")) {
			return pos - len("endobj")
		}
	}
}

// nextStart is where the next object begins that the table knows.
func (o *objects) nextStart(at int) int {
	i, _ := slices.BinarySearch(o.starts, at)
	if i < len(o.starts) && o.starts[i] < len(o.data) {
		return o.starts[i]
	}
	return len(o.data)
}

// nextEnd is the position of the next "endstream", -1 for none. They are
// searched once, or a file of many streams without one would be read as often.
func (o *objects) nextEnd(at int) int {
	if !o.haveEnds {
		o.haveEnds = true
		for pos := 0; ; {
			i := bytes.Index(o.data[pos:], endstream)
			if i < 0 {
				break
			}
			o.ends = append(o.ends, pos+i)
			pos += i + len(endstream)
		}
	}
	i, _ := slices.BinarySearch(o.ends, at)
	if i == len(o.ends) {
		return -1
	}
	return o.ends[i]
}

func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// filterNames are the abbreviations that viewers take outside of inline images too.
var filterNames = map[string]string{
	"AHx": "ASCIIHexDecode", "A85": "ASCII85Decode", "LZW": "LZWDecode", "Fl": "FlateDecode",
	"RL": "RunLengthDecode", "CCF": "CCITTFaxDecode", "DCT": "DCTDecode",
}

// filters reads the filters of a stream with their parameters.
func (o *objects) filters(d types.Dict) []types.PDFFilter {
	names, parms := o.list(firstOf(d, "Filter", "F")), o.list(firstOf(d, "DecodeParms", "DP"))
	var all []types.PDFFilter
	for i, n := range names {
		name, ok := o.resolve(n).(types.Name)
		if !ok {
			continue
		}
		f := types.PDFFilter{Name: string(name)}
		if long := filterNames[f.Name]; long != "" {
			f.Name = long
		}
		if i < len(parms) {
			f.DecodeParms = o.resolved(parms[i])
		}
		all = append(all, f)
	}
	return all
}

// resolved is a dictionary without references in its own entries.
func (o *objects) resolved(v types.Object) types.Dict {
	d, _ := o.resolve(v).(types.Dict)
	out := make(types.Dict, len(d))
	for key, v := range d {
		out[key] = o.resolve(v)
	}
	return out
}

func firstOf(d types.Dict, keys ...string) types.Object {
	for _, key := range keys {
		if o := d[key]; o != nil {
			return o
		}
	}
	return nil
}

// length is the length that a stream claims, -1 for none.
func (o *objects) length(v types.Object) int {
	if n, ok := o.resolve(v).(types.Integer); ok {
		return int(n)
	}
	return -1
}

// list is an array, or one value taken for an array of one.
func (o *objects) list(v types.Object) types.Array {
	switch v := o.resolve(v).(type) {
	case nil:
		return nil
	case types.Array:
		return v
	default:
		return types.Array{v}
	}
}

// resolve follows references; what is missing, malformed or circular is nil.
func (o *objects) resolve(v types.Object) types.Object {
	for range 16 {
		ref, ok := v.(types.IndirectRef)
		if !ok {
			return v
		}
		nr := int(ref.ObjectNumber)
		if e, known := o.table[nr]; known && e.gen != int(ref.GenerationNumber) {
			o.repaired = true // some viewers show the object all the same, others nothing
		}
		v = o.get(nr)
	}
	return nil
}
