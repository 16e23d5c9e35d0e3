package pdf_test

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// structure checks the tree of tags against the pages' contents.
func (c *checklist) structure(root types.Dict) {
	tree := c.dict(root["StructTreeRoot"])
	c.require(tree != nil, "UA 7.1", "no structure")
	if tree == nil {
		return
	}
	w := walker{c: c, marks: map[string]int{}, owners: map[string]int{}}
	for _, kid := range c.kids(tree["K"]) {
		w.element(kid, objectNumberOf(root["StructTreeRoot"].(types.IndirectRef)), "")
	}
	parents := c.array(c.dict(tree["ParentTree"])["Nums"])
	fonts := map[int]*fontCheck{}
	for page := 1; page <= c.ctx.PageCount; page++ {
		d, ref, inherited, err := c.ctx.PageDict(page, false)
		c.require(err == nil && ref != nil, "6.1.9", "page %d cannot be read", page)
		resources := c.dict(d["Resources"])
		if resources == nil {
			resources = inherited.Resources
		}
		key := c.integer(d["StructParents"])
		var owners types.Array
		for i := 0; i+1 < len(parents); i += 2 {
			if c.integer(parents[i]) == key {
				owners = c.array(parents[i+1])
			}
		}
		p := pageCheck{c: c, resources: resources, fonts: fonts, number: page}
		p.read(string(c.content(d["Contents"])))
		nr := objectNumberOf(*ref)
		c.require(len(p.marks) == len(owners), "UA 7.1", "page %d has %d marks, its parent tree %d", page, len(p.marks), len(owners))
		for _, id := range p.marks {
			at := fmt.Sprintf("%d/%d", nr, id)
			c.require(w.marks[at] == 1, "UA 7.1", "mark %d of page %d stands in %d elements", id, page, w.marks[at])
			if id < len(owners) {
				c.require(w.owners[at] == objectNumberOf(owners[id].(types.IndirectRef)), "UA 7.1",
					"the parent of mark %d of page %d is another", id, page)
			}
			delete(w.marks, at)
		}
	}
	c.require(len(w.marks) == 0, "UA 7.1", "%d marks that no page has", len(w.marks))
	for _, f := range fonts {
		f.check()
	}
	for i := range c.texts {
		for _, code := range c.texts[i].code {
			unit, _ := strconv.ParseInt(c.texts[i].font.unicode[code], 16, 32)
			c.texts[i].text += string(rune(unit))
		}
	}
}

func objectNumberOf(r types.IndirectRef) int { return r.ObjectNumber.Value() }

func (c *checklist) kids(o types.Object) types.Array {
	if a := c.array(o); a != nil {
		return a
	}
	if o == nil {
		return nil
	}
	return types.Array{o}
}

// walker walks the structure.
type walker struct {
	c      *checklist
	marks  map[string]int // "page object/mark": how many elements hold it
	owners map[string]int // and the last of them
	level  int            // of the last heading
}

// allowed are the parents that an element may have (ISO 32000-1, 14.8.4).
var allowed = map[string]string{
	"Document": " ", "H1": "Document", "H2": "Document", "H3": "Document", "P": "Document", "Figure": "Document", "L": "Document",
	"Table": "Document",
	"LI":    "L", "Lbl": "LI", "LBody": "LI", "THead": "Table", "TBody": "Table", "TR": "Table THead TBody", "TH": "TR", "TD": "TR",
}

func (w *walker) element(o types.Object, parent int, above string) {
	c, d := w.c, w.c.dict(o)
	nr := 0
	if ref, ok := o.(types.IndirectRef); ok {
		nr = objectNumberOf(ref)
	}
	role := c.name(d["S"])
	p, _ := d["P"].(types.IndirectRef)
	c.require(objectNumberOf(p) == parent, "UA 7.1", "%s: its parent is not the element above it", role)
	places, known := allowed[role]
	c.require(known && (above == "" || strings.Contains(" "+places+" ", " "+above+" ")), "UA 7.2", "%s stands below %s", role, above)
	if strings.HasPrefix(role, "H") {
		level, _ := strconv.Atoi(role[1:])
		c.require(level <= w.level+1, "UA 7.4", "%s follows a heading of level %d", role, w.level)
		w.level = level
	}
	if role == "TH" {
		c.require(c.name(w.attribute(d, "Scope")) != "", "UA 7.5", "a head cell without its scope")
	}
	if role == "Figure" {
		c.require(c.text(d["Alt"]) != "", "UA 7.3", "a figure without words")
		c.require(len(c.array(w.attribute(d, "BBox"))) == 4, "UA 7.3", "a figure without its box")
	}
	if role == "L" {
		c.require(c.name(w.attribute(d, "ListNumbering")) != "", "UA 7.6", "a list that does not say how it is numbered")
	}
	if role == "TR" {
		c.require(len(c.kids(d["K"])) > 0, "UA 7.2", "a row without cells")
	}
	if role == "Table" {
		c.require(len(w.columns(o)) == 1, "UA 7.2", "rows of %v columns", w.columns(o))
	}
	page, _ := d["Pg"].(types.IndirectRef)
	for _, kid := range c.kids(d["K"]) {
		switch k := kid.(type) {
		case types.Integer:
			w.mark(objectNumberOf(page), k.Value(), nr)
		case types.Dict:
			of, _ := k["Pg"].(types.IndirectRef)
			w.mark(objectNumberOf(of), c.integer(k["MCID"]), nr)
		default:
			w.element(kid, nr, role)
		}
	}
}

func (w *walker) mark(page, id, owner int) {
	at := fmt.Sprintf("%d/%d", page, id)
	w.marks[at]++
	w.owners[at] = owner
}

func (w *walker) attribute(d types.Dict, key string) types.Object {
	return w.c.dict(d["A"])[key]
}

// columns are the numbers of columns that rows below an element have.
func (w *walker) columns(o types.Object) map[int]int {
	out := map[int]int{}
	for _, kid := range w.c.kids(w.c.dict(o)["K"]) {
		d := w.c.dict(kid)
		if w.c.name(d["S"]) != "TR" {
			for n, rows := range w.columns(kid) {
				out[n] += rows
			}
			continue
		}
		n := 0
		for _, cell := range w.c.kids(d["K"]) {
			n += max(1, w.c.integer(w.attribute(w.c.dict(cell), "ColSpan")))
		}
		out[n]++
	}
	return out
}

// pageCheck reads the operators of a page.
type pageCheck struct {
	c         *checklist
	resources types.Dict
	fonts     map[int]*fontCheck
	number    int
	font      *fontCheck
	marks     []int
	open      []bool // marked content that is open: whether it is tagged or an artifact
	inText    bool
	depth     int
	x, y      float64
	tagged    bool
}

// token of a content stream: a string, or anything else up to a delimiter.
var tokens = regexp.MustCompile(`(?s)\((?:[^()\\]|\\.)*\)|<<|>>|[\[\]]|/[^\s()<>\[\]/]*|[^\s()<>\[\]/]+`)

var operators = " BT ET Tf Td Tj TJ Ts g rg G RG w m l S re f q Q cm Do BMC BDC EMC "

func (p *pageCheck) read(content string) {
	var operands []string
	for _, t := range tokens.FindAllString(content, -1) {
		if _, err := strconv.ParseFloat(t, 64); err == nil || strings.ContainsAny(t[:1], "(/[]<>") {
			operands = append(operands, t)
			continue
		}
		p.operator(t, operands)
		operands = operands[:0]
	}
	p.c.require(len(p.open) == 0 && !p.inText && p.depth == 0, "6.2.2", "page %d ends within something", p.number)
}

func (p *pageCheck) operator(op string, operands []string) {
	c := p.c
	c.require(strings.Contains(operators, " "+op+" "), "6.2.2", "operator %q on page %d", op, p.number)
	switch op {
	case "BT", "ET":
		p.inText, p.x, p.y = op == "BT", 0, 0
	case "q":
		p.depth++
		c.require(p.depth <= 28, "6.1.13", "states %d deep", p.depth)
	case "Q":
		p.depth--
	case "BMC":
		c.require(operands[0] == "/Artifact", "UA 7.1", "content marked %s", operands[0])
		p.begin(false)
	case "BDC":
		id, err := strconv.Atoi(operands[3])
		c.require(err == nil && operands[2] == "/MCID", "UA 7.1", "no mark: %v", operands)
		p.marks = append(p.marks, id)
		p.begin(true)
	case "EMC":
		c.require(len(p.open) > 0 && p.open[len(p.open)-1] == p.inText, "14.6", "marks and text do not nest")
		if len(p.open) > 0 {
			p.open = p.open[:len(p.open)-1]
		}
	case "Td":
		dx, _ := strconv.ParseFloat(operands[0], 64)
		dy, _ := strconv.ParseFloat(operands[1], 64)
		p.x, p.y = p.x+dx, p.y+dy
	case "Tf":
		ref, _ := c.dict(p.resources["Font"])[operands[0][1:]].(types.IndirectRef)
		p.useFont(ref)
	case "Do":
		p.image(c.dict(c.dict(p.resources["XObject"])[operands[0][1:]]))
	}
	if strings.Contains(" Tj TJ S f Do ", " "+op+" ") {
		c.require(len(p.open) > 0, "UA 7.1", "%s on page %d is neither tagged nor an artifact", op, p.number)
	}
	if op == "Tj" || op == "TJ" {
		p.show(operands)
	}
}

func (p *pageCheck) begin(tagged bool) {
	p.tagged = tagged
	p.c.require(len(p.open) == 0, "UA 7.1", "marks within marks on page %d", p.number)
	p.open = append(p.open, p.inText)
}

// foreign marks what is on a page that somebody else made: nobody can say what it
// conforms to.
const foreign = "foreign"

func (p *pageCheck) image(d types.Dict) {
	c := p.c
	if c.name(d["Subtype"]) == "Form" {
		c.require(false, foreign, "a page of another file")
		return
	}
	c.require(d["SMask"] == nil && d["Interpolate"] == nil, "6.2.8", "an image that needs more than its pixels")
	space := c.name(d["ColorSpace"])
	if a := c.array(d["ColorSpace"]); len(a) == 4 {
		space = c.name(a[1])
	}
	c.require(space == "DeviceRGB" || space == "DeviceGray", "6.2.4.3", "colours of %s", space)
}

func (p *pageCheck) useFont(ref types.IndirectRef) {
	nr := objectNumberOf(ref)
	if p.fonts[nr] == nil {
		p.fonts[nr] = &fontCheck{c: p.c, dict: p.c.dict(ref), used: map[int]bool{}}
	}
	p.font = p.fonts[nr]
}

var escapes = regexp.MustCompile(`(?s)\\(.)`)

func (p *pageCheck) show(operands []string) {
	for _, s := range operands {
		if s[0] != '(' {
			continue
		}
		raw := escapes.ReplaceAllStringFunc(s[1:len(s)-1], func(e string) string {
			if e == `\r` {
				return "\r"
			}
			return e[1:]
		})
		shown := placed{page: p.number, x: p.x, y: p.y, font: p.font, says: p.tagged}
		for i := 0; i+1 < len(raw); i += 2 {
			code := int(raw[i])<<8 | int(raw[i+1])
			p.font.used[code] = true
			shown.code = append(shown.code, code)
		}
		p.c.texts = append(p.c.texts, shown)
	}
}

// fontCheck is a font with the codes that are shown.
type fontCheck struct {
	c       *checklist
	dict    types.Dict
	used    map[int]bool
	unicode map[int]string // UTF-16 in hexadecimal, by code
}

var bfchar = regexp.MustCompile(`<([0-9A-F]{4})><([0-9A-F]+)>`)

func (f *fontCheck) check() {
	c := f.c
	c.require(c.name(f.dict["Encoding"]) == "Identity-H", "6.2.11.3", "encoding")
	cid := c.dict(c.array(f.dict["DescendantFonts"])[0])
	name := c.name(f.dict["BaseFont"])
	c.require(regexp.MustCompile(`^[A-Z]{6}\+`).MatchString(name) && c.name(cid["BaseFont"]) == name, "6.2.11.4", "a subset named %s", name)
	c.require(c.name(cid["CIDToGIDMap"]) == "Identity", "6.2.11.3.2", "no map of glyphs")
	descriptor := c.dict(cid["FontDescriptor"])
	c.require(descriptor["CIDSet"] == nil, "6.2.11.4.2", "a CIDSet")
	program := c.content(descriptor["FontFile2"])
	c.require(len(program) > 0 && c.integer(c.dict(descriptor["FontFile2"])["Length1"]) == len(program), "6.2.11.4", "not embedded")
	widths := f.widths(c.array(cid["W"]))
	f.unicode = map[int]string{}
	for _, m := range bfchar.FindAllStringSubmatch(string(c.content(f.dict["ToUnicode"])), -1) {
		code, _ := strconv.ParseInt(m[1], 16, 32)
		f.unicode[int(code)] = m[2]
	}
	for code := range f.used {
		c.require(code != 0, "6.2.11.8", "%s shows .notdef", name)
		u := f.unicode[code]
		c.require(u != "" && u != "0000" && u != "FEFF" && u != "FFFE", "6.2.11.7.2", "%s: code %d stands for %q", name, code, u)
		advance, glyph, ok := glyphOf(program, code)
		c.require(ok, "6.2.11.4", "%s: no glyph %d", name, code)
		c.require(widths[code]-advance <= 1 && advance-widths[code] <= 1, "6.2.11.5", "%s: width %d of code %d is %d in the font", name,
			widths[code], code, advance)
		blank := strings.Contains(" 0020 00A0 2009 200A 202F ", " "+u+" ")
		c.require(blank == (glyph == 0), "6.2.11.4", "%s: the outline of U+%s has %d bytes", name, u, glyph)
	}
}

func (f *fontCheck) widths(w types.Array) map[int]int {
	out := map[int]int{}
	for i := 0; i+1 < len(w); i += 2 {
		first := f.c.integer(w[i])
		for k, o := range f.c.array(w[i+1]) {
			out[first+k] = f.c.integer(o)
		}
	}
	return out
}

// glyphOf reads the width of a glyph, in thousandths of an em, and the bytes of
// its outline from a font program.
func glyphOf(program []byte, g int) (advance, outline int, ok bool) {
	if len(program) == 0 {
		return 0, 0, false
	}
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(program[4:])) {
		e := program[12+16*i:]
		from, size := binary.BigEndian.Uint32(e[8:]), binary.BigEndian.Uint32(e[12:])
		tables[string(e[:4])] = program[from : from+size]
	}
	count := int(binary.BigEndian.Uint16(tables["maxp"][4:]))
	if g >= count {
		return 0, 0, false
	}
	upem := int(binary.BigEndian.Uint16(tables["head"][18:]))
	advance = (int(binary.BigEndian.Uint16(tables["hmtx"][4*g:]))*1000 + upem/2) / upem
	at := func(i int) int {
		if tables["head"][51] == 0 {
			return 2 * int(binary.BigEndian.Uint16(tables["loca"][2*i:]))
		}
		return int(binary.BigEndian.Uint32(tables["loca"][4*i:]))
	}
	if at(g+1) > len(tables["glyf"]) {
		return advance, 0, false
	}
	o := tables["glyf"][at(g):at(g+1)]
	if len(o) == 16 && int16(binary.BigEndian.Uint16(o)) < 0 { // one other glyph, as it is
		_, outline, ok = glyphOf(program, int(binary.BigEndian.Uint16(o[12:])))
		return advance, outline, ok
	}
	for _, part := range partsOf(o) {
		if _, n, ok := glyphOf(program, part); !ok || n == 0 {
			return advance, len(o), false
		}
	}
	return advance, len(o), true
}

// partsOf are the glyphs that an outline is made of, if it is made of others
// (OpenType, table glyf).
func partsOf(o []byte) []int {
	if len(o) < 10 || int16(binary.BigEndian.Uint16(o)) >= 0 {
		return nil
	}
	var out []int
	for at, flags := 10, uint16(0x20); flags&0x20 != 0; {
		flags = binary.BigEndian.Uint16(o[at:])
		out = append(out, int(binary.BigEndian.Uint16(o[at+2:])))
		at += 6
		for bit, size := range map[uint16]int{0x01: 2, 0x08: 2, 0x40: 4, 0x80: 8} {
			if flags&bit != 0 {
				at += size
			}
		}
	}
	return out
}
