package pdf

import (
	"bytes"
	"context"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	maxObjectTokens  = 3_000_000 // of all objects: about 200 MiB once parsed
	maxObjectStream  = 32 << 20  // decoded
	maxObjectStreams = 96 << 20  // together
	maxObjectDepth   = 100       // of arrays and dictionaries in each other
)

// place says where an object stands: at an offset of the file, or at an index
// of an object stream.
type place struct {
	offset int // of "N G obj"; 0 for a packed object
	gen    int
	stream int // the number of the object stream; 0 for none
}

// objects are the indirect objects of a file. They are parsed when they are
// asked for, for most of a hostile file is never asked for, and each one once.
// The file's word on where they stand is verified, never trusted.
type objects struct {
	ctx     context.Context
	data    []byte
	limits  Limits
	bias    int // what stands before the header: offsets count from there
	table   map[int]place
	trailer types.Dict
	crypt   *decrypter

	cache    map[int]types.Object
	packs    map[int]*pack
	loading  map[int]bool
	starts   []int // offsets of objects, ascending
	ends     []int // positions of "endstream", ascending; see streamEnds
	haveEnds bool
	salvage  *salvaged // what a scan of the whole file found, once it was made
	added    int       // the highest number given to an object made here

	tokens   int
	unpacked int64
	searched int   // bytes looked through for the ends of streams
	repaired bool  // the file's own word had to be replaced
	err      error // the bound that was hit: whatever is read after it is worth nothing
}

func newObjects(ctx context.Context, data []byte, l Limits) *objects {
	return &objects{ctx: ctx, data: data, limits: l, table: map[int]place{}, trailer: types.Dict{},
		cache: map[int]types.Object{}, packs: map[int]*pack{}, loading: map[int]bool{}}
}

// open finds the objects by the file's own tables, or by scanning the file
// where these do not hold.
func (o *objects) open() error {
	o.bias = max(bytes.Index(o.data[:min(len(o.data), headerWindow)], []byte("%PDF-")), 0)
	sound := o.readTables() && o.verify()
	if o.err != nil {
		return o.err
	}
	if sound {
		if err := o.unlock(); err != nil {
			return err
		}
		sound = o.hasCatalog()
	}
	if sound || o.err != nil {
		return o.err
	}
	return o.rebuild()
}

// headerWindow is where readers look for the header (ISO 32000-1, annex H, note 13).
const headerWindow = 1024

func (o *objects) hasCatalog() bool {
	root, _ := o.trailer["Root"].(types.IndirectRef)
	d, _ := o.get(int(root.ObjectNumber)).(types.Dict)
	return d["Pages"] != nil
}

// verify reports whether each entry leads to the object it names. An offset of
// 0 is how some producers write a free one.
func (o *objects) verify() bool {
	for nr, e := range o.table {
		if e.stream != 0 {
			continue
		}
		if e.offset == 0 {
			delete(o.table, nr)
			continue
		}
		if _, ok := o.header(e.offset, nr, e.gen); !ok {
			return false
		}
	}
	o.sortStarts()
	return true
}

func (o *objects) sortStarts() {
	o.starts = o.starts[:0]
	for _, e := range o.table {
		if e.stream == 0 {
			o.starts = append(o.starts, e.offset)
		}
	}
	slices.Sort(o.starts)
}

// header returns a lexer behind "nr gen obj", which must begin at the offset;
// white space and comments may stand before it.
func (o *objects) header(at, nr, gen int) (lexer, bool) {
	if at < 0 || at >= len(o.data) {
		return lexer{}, false
	}
	l := lexer{data: o.data, pos: at}
	n, g := l.next(), l.next()
	if !n.is(nr) || !g.is(gen) {
		return lexer{}, false
	}
	l.skipSpace()
	if !bytes.HasPrefix(o.data[l.pos:], []byte("obj")) {
		return lexer{}, false
	}
	l.pos += len("obj")
	return l, true
}

func (t token) is(n int) bool { return t.kind == tokenNumber && !t.real && t.num == float64(n) }

// get returns an object; what is missing, malformed or asked for while it is
// being read is nil.
func (o *objects) get(nr int) types.Object {
	if v, ok := o.cache[nr]; ok {
		return v
	}
	e, ok := o.table[nr]
	if !ok || o.loading[nr] || o.stopped() {
		return nil
	}
	o.loading[nr] = true
	v := o.load(nr, e)
	delete(o.loading, nr)
	o.cache[nr] = v
	return v
}

func (o *objects) stopped() bool {
	if o.err == nil {
		o.err = o.ctx.Err()
	}
	return o.err != nil
}

func (o *objects) load(nr int, e place) types.Object {
	if e.stream != 0 {
		return o.packed(nr, e.stream)
	}
	l, ok := o.header(e.offset, nr, e.gen)
	if !ok {
		return nil
	}
	p := parser{lexer: l, o: o, seal: o.crypt.seal(nr, e.gen)}
	v := p.object()
	if p.broken {
		o.repaired = true
	}
	return v
}

// packed returns a member of an object stream.
func (o *objects) packed(nr, stream int) types.Object {
	k := o.pack(stream)
	at, ok := k.members[nr]
	if !ok {
		return nil
	}
	p := parser{lexer: lexer{data: k.content, pos: at}, o: o}
	return p.object()
}

// pack is a decoded object stream (ISO 32000-1, 7.5.7).
type pack struct {
	content []byte
	members map[int]int // number to position
}

func (o *objects) pack(nr int) *pack {
	if k, ok := o.packs[nr]; ok {
		return k
	}
	k := &pack{}
	o.packs[nr] = k
	if e, ok := o.table[nr]; !ok || e.stream != 0 {
		return k
	}
	if sd, ok := o.get(nr).(types.StreamDict); ok {
		o.unpack(sd, k)
	}
	return k
}

func (o *objects) unpack(sd types.StreamDict, k *pack) {
	limit := min(maxObjectStream, maxObjectStreams-o.unpacked)
	content, err := decodeAll(sd, limit)
	if isBound(err) {
		o.err = tooComplex("object streams")
		return
	}
	if o.unpacked += int64(len(content)); o.unpacked >= maxObjectStreams {
		o.err = tooComplex("object streams")
		return
	}
	first, n := o.integer(sd.Dict["First"]), o.integer(sd.Dict["N"])
	if first < 0 || first > len(content) {
		return
	}
	k.content, k.members = content, map[int]int{}
	l := lexer{data: content[:first]}
	for range n {
		number, at := l.next(), l.next()
		if at.kind != tokenNumber || !o.spend(2) {
			return
		}
		if pos := first + int(at.num); number.num > 0 && at.num >= 0 && pos < len(content) {
			k.members[int(number.num)] = pos
		}
	}
}

// spend counts tokens of objects; false once there were too many.
func (o *objects) spend(n int) bool {
	if o.tokens += n; o.tokens > maxObjectTokens && o.err == nil {
		o.err = tooComplex("object size")
	}
	return o.err == nil
}

// integer follows references to a whole number, 0 for anything else.
func (o *objects) integer(v types.Object) int {
	if ref, ok := v.(types.IndirectRef); ok {
		v = o.get(int(ref.ObjectNumber))
	}
	n, _ := v.(types.Integer)
	return int(n)
}

// add makes an object that the file does not hold and returns its reference.
func (o *objects) add(v types.Object) types.IndirectRef {
	if o.added == 0 {
		for nr := range o.table {
			o.added = max(o.added, nr)
		}
	}
	o.added++
	o.cache[o.added] = v
	return types.IndirectRef{ObjectNumber: types.Integer(o.added)}
}
