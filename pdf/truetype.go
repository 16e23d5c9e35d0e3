package pdf

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// truetype is a TrueType font taken apart into what a PDF needs of it: outlines,
// widths and the three tables that describe them (ISO 32000-1, 9.9). What guides
// the pixels of a screen ("hints") is half of a Liberation face and is dropped:
// no printer uses it.
type truetype struct {
	head, hhea, maxp []byte
	upem             int
	metrics          [][4]byte // of each glyph: its advance and its left bearing
	glyphs           [][]byte  // outlines as the font holds them, hints included
}

// glyphID numbers a glyph of the whole font.
type glyphID uint16

func parseTrueType(ttf []byte) (*truetype, error) {
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(ttf[4:])) {
		entry := ttf[12+16*i:]
		from, size := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		tables[string(entry[:4])] = ttf[from : from+size]
	}
	for _, tag := range []string{"head", "hhea", "maxp", "hmtx", "loca", "glyf"} {
		if len(tables[tag]) == 0 {
			return nil, fmt.Errorf("has no table %s", tag)
		}
	}
	t := &truetype{head: tables["head"], hhea: tables["hhea"], maxp: tables["maxp"]}
	t.upem = int(binary.BigEndian.Uint16(t.head[18:]))
	count := int(binary.BigEndian.Uint16(t.maxp[4:]))
	t.readMetrics(tables["hmtx"], count)
	t.readGlyphs(tables["loca"], tables["glyf"], count)
	return t, nil
}

// readMetrics gives each glyph its own entry: in the font, the last advance
// stands for all glyphs that follow.
func (t *truetype) readMetrics(hmtx []byte, count int) {
	long := int(binary.BigEndian.Uint16(t.hhea[34:]))
	t.metrics = make([][4]byte, count)
	for g := range count {
		m := &t.metrics[g]
		if g < long {
			copy(m[:], hmtx[4*g:])
			continue
		}
		copy(m[:2], hmtx[4*(long-1):])
		copy(m[2:], hmtx[4*long+2*(g-long):])
	}
}

func (t *truetype) readGlyphs(loca, glyf []byte, count int) {
	at := func(g int) uint32 {
		if t.head[51] == 0 {
			return 2 * uint32(binary.BigEndian.Uint16(loca[2*g:]))
		}
		return binary.BigEndian.Uint32(loca[4*g:])
	}
	t.glyphs = make([][]byte, count)
	for g := range count {
		t.glyphs[g] = glyf[at(g):at(g+1)]
	}
}

// thousandths is a glyph's advance as a PDF states it.
func (t *truetype) thousandths(g glyphID) int {
	return t.scaled(int(binary.BigEndian.Uint16(t.metrics[g][:])))
}

// scaled turns font units into thousandths of an em.
func (t *truetype) scaled(units int) int {
	if units < 0 {
		return -t.scaled(-units)
	}
	return (units*1000 + t.upem/2) / t.upem
}

// extent is a box around a glyph's ink, in thousandths of an em.
type extent struct{ x0, y0, x1, y1 int }

func (t *truetype) extent(g glyphID) extent {
	o := t.glyphs[g]
	if len(o) < 10 {
		return extent{}
	}
	at := func(i int) int { return t.scaled(int(int16(binary.BigEndian.Uint16(o[i:])))) }
	return extent{at(2), at(4), at(6), at(8)}
}

// Flags of a component (OpenType, table glyf).
const (
	argsAreWords    = 0x0001
	hasScale        = 0x0008
	moreComponents  = 0x0020
	hasTwoScales    = 0x0040
	hasMatrix       = 0x0080
	hasInstructions = 0x0100
)

// component is where an outline names another glyph.
type component struct {
	at    int // of its flags; the glyph's number follows them
	glyph glyphID
	end   int
}

// components are those of a glyph made of others, such as é of e and an accent.
func (t *truetype) components(g glyphID) []component {
	o := t.glyphs[g]
	if len(o) < 10 || int16(binary.BigEndian.Uint16(o)) >= 0 {
		return nil
	}
	var out []component
	for at, more := 10, true; more; {
		flags := binary.BigEndian.Uint16(o[at:])
		c := component{at: at, glyph: glyphID(binary.BigEndian.Uint16(o[at+2:])), end: at + 6}
		if flags&argsAreWords != 0 {
			c.end += 2
		}
		switch {
		case flags&hasScale != 0:
			c.end += 2
		case flags&hasTwoScales != 0:
			c.end += 4
		case flags&hasMatrix != 0:
			c.end += 8
		}
		out = append(out, c)
		at, more = c.end, flags&moreComponents != 0
	}
	return out
}

// outline appends a glyph without its hints, its components renamed.
func (t *truetype) outline(out []byte, g glyphID, rename func(glyphID) uint16) []byte {
	o := t.glyphs[g]
	if len(o) < 10 {
		return out
	}
	parts := t.components(g)
	if parts == nil {
		hints := 10 + 2*int(binary.BigEndian.Uint16(o))
		out = append(append(out, o[:hints]...), 0, 0)
		return append(out, o[hints+2+int(binary.BigEndian.Uint16(o[hints:])):]...)
	}
	start := len(out)
	out = append(out, o[:parts[len(parts)-1].end]...)
	for _, c := range parts {
		d := out[start+c.at:]
		binary.BigEndian.PutUint16(d, binary.BigEndian.Uint16(d)&^hasInstructions)
		binary.BigEndian.PutUint16(d[2:], rename(c.glyph))
	}
	return out
}

// cut writes a font of the glyphs in their order. An entry below 0 is a glyph
// that is left empty.
func (t *truetype) cut(order []int, rename func(glyphID) uint16) []byte {
	var glyf, hmtx []byte
	offsets := make([]int, 1, len(order)+1)
	for _, g := range order {
		metric := [4]byte{}
		if g >= 0 {
			glyf = t.outline(glyf, glyphID(g), rename)
			metric = t.metrics[g]
		}
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		offsets = append(offsets, len(glyf))
		hmtx = append(hmtx, metric[:]...)
	}
	head, hhea, maxp := slices.Clone(t.head), slices.Clone(t.hhea), slices.Clone(t.maxp)
	loca := locations(offsets, head)
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(order)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(order)))
	binary.BigEndian.PutUint16(maxp[14:], 1) // one zone: the other is for hints
	clear(maxp[16:28])                       // what hints would need
	return assembleFont([]fontTable{{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp}})
}

// locations is the table of the glyphs' offsets, in its short form where that
// reaches; head says which one it is.
func locations(offsets []int, head []byte) []byte {
	short := offsets[len(offsets)-1] < 2<<16
	head[50], head[51] = 0, 1
	if short {
		head[51] = 0
	}
	var loca []byte
	for _, o := range offsets {
		if short {
			loca = binary.BigEndian.AppendUint16(loca, uint16(o/2))
		} else {
			loca = binary.BigEndian.AppendUint32(loca, uint32(o))
		}
	}
	return loca
}

type fontTable struct {
	tag  string
	data []byte
}

// assembleFont writes the tables, which are in the order of their tags, behind
// their directory.
func assembleFont(tables []fontTable) []byte {
	power := 4 // the largest power of two that is not above the number of tables: six
	out := []byte{0, 1, 0, 0, 0, byte(len(tables)), 0, byte(power * 16), 0, 2, 0, byte((len(tables) - power) * 16)}
	at := len(out) + 16*len(tables)
	for _, t := range tables {
		out = append(out, t.tag...)
		out = binary.BigEndian.AppendUint32(out, checksum(t.data))
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.data)))
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

func checksum(data []byte) uint32 {
	sum := uint32(0)
	for len(data) >= 4 {
		sum += binary.BigEndian.Uint32(data)
		data = data[4:]
	}
	var rest [4]byte
	copy(rest[:], data)
	return sum + binary.BigEndian.Uint32(rest[:])
}
