package pdf

import (
	"strings"

	corefont "github.com/pdfcpu/pdfcpu/pkg/font"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// What ink reaches above and below the baseline, in ems: capitals with their
// accents, and descenders. The ascent and bounding box that fonts declare are
// of no use here: they cover glyphs nobody prints.
const (
	inkAscent  = 0.75
	inkDescent = -0.22

	maxWideWidths = 1 << 16
)

// font is what placing the ink of a string takes: widths, and which codes draw
// nothing. Which letters the codes stand for does not matter.
type font struct {
	name      string
	embedded  bool
	ascent    float64 // ink above the baseline, in ems
	descent   float64
	narrow    [256]float64 // widths of one-byte codes, in ems
	blank     map[int]bool // codes that draw nothing
	composite *composite   // nil: every code is one byte
}

// composite is the part of a font whose codes are longer than a byte.
type composite struct {
	codes    *cmap // nil: two bytes, the code is the CID
	mixed    bool  // a legacy CJK encoding: one byte below 0x80, else two
	vertical bool
	widths   map[int]float64 // by CID
	standard float64
	set      int // widths set so far: a file may set the same ones for ever
}

// glyph is one code of a string.
type glyph struct {
	code  int
	bytes int
	width float64 // in ems, along the baseline
}

func (f *font) next(s []byte) glyph {
	if f.composite == nil {
		return glyph{int(s[0]), 1, f.narrow[s[0]]}
	}
	return f.composite.next(s)
}

func (c *composite) next(s []byte) glyph {
	code, n, cid := 0, 2, 0
	switch {
	case c.codes != nil:
		code, n = c.codes.next(s)
		cid = c.codes.cid(code, n)
	case c.mixed && s[0] < 0x80:
		return glyph{int(s[0]), 1, c.standard / 2}
	case len(s) < 2:
		return glyph{int(s[0]), 1, c.standard}
	default:
		code = int(s[0])<<8 | int(s[1])
		cid = code
	}
	w, ok := c.widths[cid]
	if !ok || c.mixed {
		w = c.standard
	}
	return glyph{code, n, w}
}

// font reads the font that a resource names; nil when there is none.
func (s *source) font(o types.Object) *font {
	nr := objectNumber(o)
	if f, ok := s.fonts[nr]; ok && nr != 0 {
		return f
	}
	d := s.dict(o)
	if d == nil {
		return nil
	}
	f := &font{name: s.name(d["BaseFont"]), ascent: inkAscent, descent: inkDescent, blank: map[int]bool{}}
	switch s.name(d["Subtype"]) {
	case "Type0":
		s.readComposite(f, d)
	case "Type3":
		s.readType3(f, d)
	default:
		s.readSimple(f, d)
	}
	s.readToUnicode(f, d["ToUnicode"])
	if nr != 0 {
		s.fonts[nr] = f
	}
	return f
}

func (s *source) hasFontFile(descriptor types.Dict) bool {
	for _, key := range []string{"FontFile", "FontFile2", "FontFile3"} {
		if s.stream(descriptor[key]) != nil {
			return true
		}
	}
	return false
}

func (s *source) readSimple(f *font, d types.Dict) {
	descriptor := s.dict(d["FontDescriptor"])
	f.embedded = s.hasFontFile(descriptor)
	s.readNarrow(f, d, 1.0/1000)
	if s.array(d["Widths"]) == nil {
		f.coreWidths()
	} else if w, ok := s.number(descriptor["MissingWidth"]); ok {
		f.fillMissing(w / 1000)
	}
	s.readBlanks(f, d["Encoding"])
}

// coreWidths are those of the standard fonts, which files may leave out.
func (f *font) coreWidths() {
	name := f.name
	if !corefont.IsCoreFont(name) {
		name = "Helvetica"
		if strings.Contains(f.name, "Courier") {
			name = "Courier"
		}
	}
	for code := range 256 {
		if w, err := corefont.CharWidth(name, rune(code)); err == nil {
			f.narrow[code] = float64(w) / 1000
		}
	}
}

func (f *font) fillMissing(w float64) {
	for code, have := range f.narrow {
		if have == 0 {
			f.narrow[code] = w
		}
	}
}

func (s *source) readNarrow(f *font, d types.Dict, unit float64) {
	first := s.integer(d["FirstChar"])
	for i, o := range s.array(d["Widths"]) {
		if code := first + i; code >= 0 && code < 256 {
			w, _ := s.number(o)
			f.narrow[code] = w * unit
		}
	}
}

var blankNames = map[string]bool{
	"space": true, "nbspace": true, "nonbreakingspace": true, "uni0020": true, "uni00A0": true,
	"uni2009": true, "uni202F": true, ".notdef": true,
}

func (s *source) readBlanks(f *font, encoding types.Object) {
	f.blank[' '] = true
	name, d := s.name(encoding), s.dict(encoding)
	if base := s.name(d["BaseEncoding"]); base != "" {
		name = base
	}
	f.blank[0xA0] = name == "WinAnsiEncoding"
	code := 0
	for _, o := range s.array(d["Differences"]) {
		if n, ok := s.number(o); ok {
			code = int(n)
			continue
		}
		f.blank[code] = blankNames[s.name(o)]
		code++
	}
}

// readType3 takes the glyphs' height from the font's own box where that has
// one: such fonts have no em to speak of.
func (s *source) readType3(f *font, d types.Dict) {
	f.embedded = true
	if f.name == "" {
		f.name = "Type 3"
	}
	m, ok := s.matrix(d["FontMatrix"])
	if !ok {
		m = matrix{a: 0.001, d: 0.001}
	}
	s.readNarrow(f, d, m.a)
	s.readBlanks(f, d["Encoding"])
	if _, y0, _, y1, ok := s.rectangle(d["FontBBox"]); ok && y1 > y0 {
		f.descent, f.ascent = min(y0*m.d, y1*m.d), max(y0*m.d, y1*m.d)
	}
}

func (s *source) readComposite(f *font, d types.Dict) {
	c := &composite{widths: map[int]float64{}, standard: 1}
	f.composite = c
	switch encoding := s.name(d["Encoding"]); {
	case encoding != "":
		c.vertical = strings.HasSuffix(encoding, "-V") || encoding == "V"
		c.mixed = !strings.HasPrefix(encoding, "Identity") && !strings.Contains(encoding, "UCS2") && !strings.Contains(encoding, "UTF16")
	default:
		c.codes = s.cmap(d["Encoding"])
		c.vertical = c.codes != nil && s.integer(s.dict(d["Encoding"])["WMode"]) == 1
	}
	descendants := s.array(d["DescendantFonts"])
	if len(descendants) == 0 {
		return
	}
	cid := s.dict(descendants[0])
	f.embedded = s.hasFontFile(s.dict(cid["FontDescriptor"]))
	if w, ok := s.number(cid["DW"]); ok {
		c.standard = w / 1000
	}
	s.readWide(c, s.array(cid["W"]))
}

// readWide reads "c [w1 w2 …]" and "first last w" (ISO 32000-1, 9.7.4.3).
func (s *source) readWide(c *composite, w types.Array) {
	for i := 0; i+1 < len(w) && c.set < 4*maxWideWidths; {
		first := s.integer(w[i])
		if list := s.array(w[i+1]); list != nil {
			for k, o := range list {
				v, _ := s.number(o)
				c.setWidth(first+k, v/1000)
			}
			i += 2
			continue
		}
		if i+2 >= len(w) {
			return
		}
		last := min(s.integer(w[i+1]), 0xFFFF)
		v, _ := s.number(w[i+2])
		for cid := first; cid <= last; cid++ {
			c.setWidth(cid, v/1000)
		}
		i += 3
	}
}

func (c *composite) setWidth(cid int, w float64) {
	c.set++
	if cid >= 0 && cid < maxWideWidths {
		c.widths[cid] = w
	}
}

func (s *source) readToUnicode(f *font, o types.Object) {
	m := s.cmap(o)
	if m == nil {
		return
	}
	for code, blank := range m.blank {
		f.blank[code] = blank
	}
}
