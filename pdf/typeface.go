package pdf

import (
	"fmt"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-fonts/liberation/liberationserifbold"
	"codeberg.org/go-fonts/liberation/liberationserifregular"
	"golang.org/x/image/font/sfnt"
)

// typeface is a font that was taken apart once for many letters. Its glyphs are
// numbered anew, those of European letters first, so that one numbering holds
// for every cut of the font and a page can be written before the cut is chosen.
type typeface struct {
	name     string // as the PDF names it
	weight   int    // 0 regular, 1 bold: decides its object numbers
	font     *truetype
	slots    []slot   // by code; slot 0 is .notdef
	codes    []uint16 // by rune; 0: no glyph
	advances []uint16 // by rune, in thousandths of an em
	renamed  []uint16 // by glyph of the whole font: its first code
	tiers    [3]func() *fontObjects
	sizes    [3]int // codes below which a tier holds every glyph
}

// slot is what a code stands for. A glyph that is only a part of others has no
// rune.
type slot struct {
	r     rune
	glyph glyphID
}

// runesEnd is one more than the last rune a face is asked for: Liberation has
// none beyond the basic plane.
const runesEnd = 1 << 16

// tierRunes are what letters are made of: in French, in the languages of Western
// Europe, in those of all Europe that write Latin. Each tier adds to the one before.
var tierRunes = [3][][2]rune{
	{
		{0x20, 0x7e}, {0xa0, 0xa0}, {0xa7, 0xa9}, {0xab, 0xab}, {0xae, 0xae}, {0xb0, 0xb2}, {0xb7, 0xb7}, {0xbb, 0xbb}, {0xc0, 0xc0},
		{0xc2, 0xc2},
		{0xc7, 0xcb}, {0xce, 0xcf}, {0xd4, 0xd4}, {0xd7, 0xd7}, {0xd9, 0xd9}, {0xdb, 0xdc}, {0xe0, 0xe0}, {0xe2, 0xe2}, {0xe7, 0xeb},
		{0xee, 0xef},
		{0xf4, 0xf4}, {0xf6, 0xf6}, {0xf9, 0xf9}, {0xfb, 0xfc}, {0x152, 0x153}, {0x2013, 0x2014}, {0x2019, 0x2019}, {0x201c, 0x201d},
		{0x2022, 0x2022},
		{0x2026, 0x2026}, {0x202f, 0x202f}, {0x20ac, 0x20ac}, {0x2212, 0x2212},
	},
	{{0xa0, 0xff}, {0x178, 0x178}, {0x2009, 0x200a}, {0x2010, 0x2027}, {0x2030, 0x2030}, {0x2032, 0x2033}, {0x2039, 0x203a}, {0x2122,
		0x2122}, {0x25a1, 0x25a1}},
	{
		{0x100, 0x17f}, {0x192, 0x192}, {0x1fa, 0x1ff}, {0x218, 0x21b}, {0x1e80, 0x1e85}, {0x1e9e, 0x1e9e}, {0x1ef2, 0x1ef3},
		{0x2044, 0x2044}, {0x2116, 0x2116}, {0x2248, 0x2248}, {0x2260, 0x2260}, {0x2264, 0x2265},
	},
}

func newTypeface(name string, weight int, ttf []byte) (*typeface, error) {
	parsed, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	font, err := parseTrueType(ttf)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	t := &typeface{
		name: name, weight: weight, font: font, slots: []slot{{}},
		codes: make([]uint16, runesEnd), advances: make([]uint16, runesEnd), renamed: make([]uint16, len(font.glyphs)),
	}
	var buf sfnt.Buffer
	glyphs := make([]glyphID, runesEnd)
	for r := rune(0x20); r < runesEnd; r++ {
		g, err := parsed.GlyphIndex(&buf, r)
		if err == nil {
			glyphs[r] = glyphID(g)
		}
	}
	t.number(glyphs)
	return t, nil
}

// number gives every rune with a glyph its code: tier by tier, then the rest.
func (t *typeface) number(glyphs []glyphID) {
	for i, tier := range tierRunes {
		for _, r := range tier {
			t.add(glyphs, r[0], r[1])
		}
		size := len(t.slots)
		t.sizes[i] = size
		t.tiers[i] = sync.OnceValue(func() *fontObjects { return t.objects(size, nil) })
	}
	t.add(glyphs, 0x20, runesEnd-1)
}

func (t *typeface) add(glyphs []glyphID, first, last rune) {
	for r := first; r <= last; r++ {
		g := glyphs[r]
		if g == 0 || t.codes[r] != 0 {
			continue
		}
		t.codes[r] = t.slot(r, g)
		if !isMark(r) {
			t.advances[r] = uint16(t.font.thousandths(g))
		}
	}
}

// slot adds a glyph and, behind it, the parts it is made of.
func (t *typeface) slot(r rune, g glyphID) uint16 {
	code := uint16(len(t.slots))
	t.slots = append(t.slots, slot{r, g})
	if t.renamed[g] == 0 {
		t.renamed[g] = code
	}
	for _, c := range t.font.components(g) {
		if t.renamed[c.glyph] == 0 {
			t.slot(0, c.glyph)
		}
	}
	return code
}

// code of a rune; 0 where the face has no glyph for it.
func (t *typeface) code(r rune) uint16 {
	if uint32(r) >= runesEnd {
		return 0
	}
	return t.codes[r]
}

// width of s in millimetres at a size in points.
func (t *typeface) width(s string, size float64) float64 {
	n := 0
	for _, r := range s {
		if uint32(r) < runesEnd {
			n += int(t.advances[r])
		}
	}
	return float64(n) / 1000 * size * mmPerPoint
}

// extentOf is the box around the ink of a code.
func (t *typeface) extentOf(code uint16) extent { return t.font.extent(t.slots[code].glyph) }

// codeSet are the codes that a letter uses of a face.
type codeSet struct {
	words []uint64
	most  uint16 // the highest code
}

func newCodeSet(t *typeface) codeSet { return codeSet{words: make([]uint64, len(t.slots)/64+1)} }

func (c *codeSet) add(code uint16) {
	c.words[code/64] |= 1 << (code % 64)
	c.most = max(c.most, code)
}

func (c *codeSet) has(code int) bool { return c.words[code/64]&(1<<(code%64)) != 0 }

// cutFor returns the objects of the smallest cut that holds the codes: a tier,
// made once for all letters, or one for this letter.
func (t *typeface) cutFor(used *codeSet) *fontObjects {
	for i, size := range t.sizes {
		if int(used.most) < size {
			return t.tiers[i]()
		}
	}
	t.addParts(used)
	return t.objects(int(used.most)+1, used)
}

// addParts adds what the glyphs in use are made of.
func (t *typeface) addParts(used *codeSet) {
	for code := int(used.most); code > 0; code-- {
		if used.has(code) {
			t.addPartsOf(used, t.slots[code].glyph)
		}
	}
}

func (t *typeface) addPartsOf(used *codeSet, g glyphID) {
	for _, c := range t.font.components(g) {
		if part := t.renamed[c.glyph]; !used.has(int(part)) {
			used.add(part)
			t.addPartsOf(used, c.glyph)
		}
	}
}

// faces are the two weights of a family.
type faces struct{ regular, bold *typeface }

func newFaces(serif bool) (faces, error) {
	names := [2]string{"LiberationSans", "LiberationSans-Bold"}
	data := [2][]byte{liberationsansregular.TTF, liberationsansbold.TTF}
	if serif {
		names = [2]string{"LiberationSerif", "LiberationSerif-Bold"}
		data = [2][]byte{liberationserifregular.TTF, liberationserifbold.TTF}
	}
	regular, err := newTypeface(names[0], 0, data[0])
	if err != nil {
		return faces{}, err
	}
	bold, err := newTypeface(names[1], 1, data[1])
	return faces{regular, bold}, err
}

func (f faces) of(bold bool) *typeface {
	if bold {
		return f.bold
	}
	return f.regular
}
