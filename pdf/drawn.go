package pdf

import (
	"fmt"
	"math"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// sketch is an appearance in the making, for an annotation or a form field
// that the file does not draw itself. What it draws is what viewers draw from
// the entries of the annotation (ISO 32000-1, 12.5.6 and 12.7.4).
type sketch struct {
	strings.Builder
	s        *source
	dict     types.Dict
	area     corners // around what is drawn
	matrix   matrix  // of the form
	multiply bool    // what lies below shows through
	faces    map[*typeface]*codeSet
}

func (s *source) sketch(d types.Dict) *sketch {
	k := &sketch{s: s, dict: d, matrix: identity, faces: map[*typeface]*codeSet{}}
	k.area, _ = s.box(d["Rect"])
	return k
}

// form makes the appearance of what was drawn; nil where nothing was.
func (k *sketch) form() types.Object {
	if k.Len() == 0 || !k.area.wide() {
		return nil
	}
	m := k.matrix
	d := types.Dict{
		"Type": types.Name("XObject"), "Subtype": types.Name("Form"), "BBox": k.area.array(), "Resources": k.resources(),
		"Matrix": types.Array{types.Float(m.a), types.Float(m.b), types.Float(m.c), types.Float(m.d), types.Float(m.e), types.Float(m.f)},
	}
	return k.s.add(types.StreamDict{Dict: d, Raw: []byte("/G gs " + k.String())})
}

func (c corners) array() types.Array {
	return types.Array{types.Float(c.x0), types.Float(c.y0), types.Float(c.x1), types.Float(c.y1)}
}

func (k *sketch) resources() types.Dict {
	state := types.Dict{"Type": types.Name("ExtGState")}
	if alpha, ok := k.s.number(k.dict["CA"]); ok {
		state["CA"], state["ca"] = types.Float(alpha), types.Float(alpha)
	}
	if k.multiply {
		state["BM"] = types.Name("Multiply")
	}
	fonts := types.Dict{}
	for t, used := range k.faces {
		fonts[t.name] = k.s.cutFont(t, used)
	}
	return types.Dict{"ExtGState": types.Dict{"G": state}, "Font": fonts}
}

// op writes operands and an operator.
func (k *sketch) op(operator string, operands ...float64) {
	for _, v := range operands {
		k.WriteString(num(v) + " ")
	}
	k.WriteString(operator + "\n")
}

// colourOperators by the number of components: none is transparent.
var colourOperators = map[int][2]string{1: {"g", "G"}, 3: {"rg", "RG"}, 4: {"k", "K"}}

// colour sets an array of components as the colour of fills or strokes; false
// where it is transparent or none.
func (k *sketch) colour(o types.Object, stroke int) bool {
	n, ok := k.s.numbers(o, len(k.s.array(o)))
	names, known := colourOperators[len(n)]
	if !ok || !known {
		return false
	}
	k.op(names[stroke], n...)
	return true
}

const (
	fillColour   = 0
	strokeColour = 1
)

// border sets the line of a border: its width, and its dashes.
func (k *sketch) border() float64 {
	style, old := k.s.dict(k.dict["BS"]), k.s.array(k.dict["Border"])
	width, dashes := 1.0, types.Object(nil)
	if len(old) >= 3 {
		width, _ = k.s.number(old[2])
	}
	if len(old) >= 4 {
		dashes = old[3]
	}
	if style != nil {
		width, dashes = 1, nil
		if w, ok := k.s.number(style["W"]); ok {
			width = w
		}
		if k.s.name(style["S"]) == "D" {
			dashes = firstOf(style, "D")
			if dashes == nil {
				dashes = types.Array{types.Integer(3)}
			}
		}
	}
	width = max(width, 0)
	k.op("w", width)
	if d := k.s.array(dashes); len(d) > 0 {
		lengths, ok := k.s.numbers(d, len(d))
		if ok && minOf(lengths) >= 0 && maxOf(lengths) > 0 {
			k.WriteString("[" + strings.TrimSpace(operands(lengths)) + "] 0 d\n")
		}
	}
	return width
}

// edges draws what of a box has a border: its foot alone where the style is U
// (ISO 32000-1, table 166).
func (k *sketch) edges(c corners) {
	if k.s.name(k.s.dict(k.dict["BS"])["S"]) == "U" {
		k.path([]point{{c.x0, c.y0}, {c.x1, c.y0}}, false)
		return
	}
	k.rectangle(c)
}

func minOf(v []float64) float64 {
	least := math.Inf(1)
	for _, x := range v {
		least = min(least, x)
	}
	return least
}

func maxOf(v []float64) float64 {
	most := math.Inf(-1)
	for _, x := range v {
		most = max(most, x)
	}
	return most
}

func operands(v []float64) string {
	var b strings.Builder
	for _, x := range v {
		b.WriteString(num(x) + " ")
	}
	return b.String()
}

// path moves through points.
func (k *sketch) path(points []point, closed bool) {
	for i, p := range points {
		operator := "l"
		if i == 0 {
			operator = "m"
		}
		k.op(operator, p.x, p.y)
	}
	if closed {
		k.op("h")
	}
}

type point struct{ x, y float64 }

// cover widens the area to the points and what is drawn around them.
func (k *sketch) cover(points []point, around float64) {
	for _, p := range points {
		k.area.x0, k.area.x1 = min(k.area.x0, p.x-around), max(k.area.x1, p.x+around)
		k.area.y0, k.area.y1 = min(k.area.y0, p.y-around), max(k.area.y1, p.y+around)
	}
}

// ellipse within corners, in four curves.
func (k *sketch) ellipse(c corners) {
	const bow = 0.5523 // where the handles of a quarter of a circle stand
	x, y, rx, ry := (c.x0+c.x1)/2, (c.y0+c.y1)/2, (c.x1-c.x0)/2, (c.y1-c.y0)/2
	k.op("m", x+rx, y)
	for _, q := range [4][2]float64{{1, 0}, {0, 1}, {-1, 0}, {0, -1}} {
		fx, fy := q[0], q[1]
		k.op("c",
			x+rx*(fx-bow*fy), y+ry*(fy+bow*fx),
			x+rx*(bow*fx-fy), y+ry*(bow*fy+fx),
			x-rx*fy, y+ry*fx)
	}
	k.op("h")
}

func (k *sketch) rectangle(c corners) { k.op("re", c.x0, c.y0, c.x1-c.x0, c.y1-c.y0) }

func (c corners) inset(d float64) corners { return corners{c.x0 + d, c.y0 + d, c.x1 - d, c.y1 - d} }

// points reads pairs of numbers.
func (s *source) points(o types.Object) []point {
	a := s.array(o)
	n, ok := s.numbers(a, len(a))
	s.work(4 * len(n)) // written and read again
	if !ok || len(n) > maxPathSegments || s.err != nil {
		return nil
	}
	var out []point
	for i := 0; i+1 < len(n); i += 2 {
		out = append(out, point{n[i], n[i+1]})
	}
	return out
}

// quads are the boxes of marked text. Files write their corners in another
// order than the standard; the box around them is what viewers take.
func (s *source) quads(o types.Object) []corners {
	var out []corners
	points := s.points(o)
	for ; len(points) >= 4; points = points[4:] {
		c := corners{points[0].x, points[0].y, points[0].x, points[0].y}
		for _, p := range points[1:4] {
			c = corners{min(c.x0, p.x), min(c.y0, p.y), max(c.x1, p.x), max(c.y1, p.y)}
		}
		out = append(out, c)
	}
	return out
}

// paintOperator paints the path as it is to be filled and stroked.
func paintOperator(filled, stroked bool) string {
	switch {
	case filled && stroked:
		return "B"
	case filled:
		return "f"
	case stroked:
		return "S"
	}
	return "n"
}

const cutWork = 5_000 // drawing operations that a cut counts for

// cutFont makes the objects of a font that holds the codes in use.
func (s *source) cutFont(t *typeface, used *codeSet) types.Object {
	s.work(cutWork)
	t.addParts(used)
	order := make([]int, int(used.most)+1)
	for code := range order {
		order[code] = int(t.slots[code].glyph)
		if code > 0 && !used.has(code) {
			order[code] = -1
		}
	}
	name := t.subsetName(order)
	file := t.font.cut(order, func(g glyphID) uint16 { return t.renamed[g] })
	program := s.addDeflated(types.Dict{"Length1": types.Integer(len(file))}, file)
	unicode := s.addDeflated(types.Dict{}, t.toUnicode(order))
	descriptor := s.add(s.parse(t.descriptor(name, ref(int(program.ObjectNumber)))))
	cid := s.add(s.parse(fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s"+
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/CIDToGIDMap/Identity/FontDescriptor %s/DW 0/W[0[%s]]>>", name, ref(int(descriptor.ObjectNumber)), t.widthsOf(order))))
	return s.add(s.parse(fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>",
		name, ref(int(cid.ObjectNumber)), ref(int(unicode.ObjectNumber)))))
}

func (s *source) addDeflated(d types.Dict, content []byte) types.IndirectRef {
	const level = 1 // for a few fields: time counts more than size
	d["Filter"] = types.Name("FlateDecode")
	return s.add(types.StreamDict{Dict: d, Raw: deflated(content, level), FilterPipeline: []types.PDFFilter{{Name: "FlateDecode"}}})
}

// parse reads an object that was written here.
func (s *source) parse(text string) types.Object {
	p := parser{lexer: lexer{data: []byte(text)}, o: s.objects}
	return p.single()
}
