package pdf

import (
	"math"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// markups draw annotations from their entries; false where one holds what
// cannot be drawn here. Viewers draw these when they have no appearance.
var markups = map[string]func(*sketch) bool{
	"FreeText": (*sketch).freeText, "Highlight": (*sketch).highlight, "Underline": (*sketch).underline, "StrikeOut": (*sketch).strikeOut,
	"Squiggly": (*sketch).squiggly, "Square": (*sketch).square, "Circle": (*sketch).circle, "Line": (*sketch).line, "Ink": (*sketch).ink,
	"Polygon": (*sketch).polygon, "PolyLine": (*sketch).polyLine, "Link": (*sketch).linkBorder,
}

// undrawn are those that some viewers draw from their names alone. Each does it
// in its own way, so they are refused.
var undrawn = map[string]bool{"Stamp": true, "Text": true, "Caret": true, "Redact": true}

// markup makes the appearance of an annotation that has none; drawn is false
// where viewers may draw one and we do not.
func (s *source) markup(subtype string, d types.Dict) (appearance types.Object, drawn bool) {
	draw, ok := markups[subtype]
	if !ok {
		return nil, !undrawn[subtype]
	}
	k := s.sketch(d)
	if !draw(k) {
		return nil, false
	}
	return k.form(), true
}

func (k *sketch) highlight() bool {
	quads := k.s.quads(k.dict["QuadPoints"])
	if len(quads) == 0 {
		return true // no viewer draws one without
	}
	k.multiply = true
	if !k.colour(k.dict["C"], fillColour) {
		if k.transparent("C") {
			return true
		}
		k.op("rg", 1, 1, 0) // black, as some viewers take it, would hide the text
	}
	for _, q := range quads {
		k.coverCorners(q)
		k.rectangle(q)
	}
	k.op("f")
	return true
}

// transparent is true of a colour of no components.
func (k *sketch) transparent(key string) bool {
	a, ok := k.s.resolve(k.dict[key]).(types.Array)
	return ok && len(a) == 0
}

func (k *sketch) coverCorners(c corners) { k.cover([]point{{c.x0, c.y0}, {c.x1, c.y1}}, 1) }

// marks draws a line for each quad of marked text.
func (k *sketch) marks(draw func(q corners, width float64)) bool {
	quads := k.s.quads(k.dict["QuadPoints"])
	if len(quads) == 0 || k.transparent("C") {
		return true
	}
	if !k.colour(k.dict["C"], strokeColour) {
		k.op("G", 0)
	}
	for _, q := range quads {
		width := max((q.y1-q.y0)/16, 0.5)
		k.coverCorners(q)
		k.op("w", width)
		draw(q, width)
		k.op("S")
	}
	return true
}

func (k *sketch) underline() bool {
	return k.marks(func(q corners, width float64) {
		y := q.y0 + (q.y1-q.y0)/9
		k.path([]point{{q.x0, y}, {q.x1, y}}, false)
	})
}

func (k *sketch) strikeOut() bool {
	return k.marks(func(q corners, width float64) {
		y := (q.y0 + q.y1) / 2
		k.path([]point{{q.x0, y}, {q.x1, y}}, false)
	})
}

func (k *sketch) squiggly() bool {
	return k.marks(func(q corners, width float64) {
		step := max((q.y1-q.y0)/8, 1)
		k.op("w", width/2)
		var zigzag []point
		for x, up := q.x0, false; x <= q.x1 && len(zigzag) < 1000; x, up = x+step, !up {
			y := q.y0 + step/2
			if up {
				y += step
			}
			zigzag = append(zigzag, point{x, y})
		}
		k.path(zigzag, false)
	})
}

// outlined sets the colours and the line of a shape, and returns what paints it.
func (k *sketch) outlined(interior bool) (operator string, width float64) {
	filled := interior && k.colour(k.dict["IC"], fillColour)
	stroked := k.colour(k.dict["C"], strokeColour) || !k.transparent("C")
	width = k.border()
	return paintOperator(filled, stroked && width > 0), width
}

// within is the rectangle less its differences (RD) and half a line.
func (k *sketch) within(width float64) corners {
	c := k.area
	if d, ok := k.s.numbers(k.dict["RD"], 4); ok {
		c = corners{c.x0 + d[0], c.y0 + d[1], c.x1 - d[2], c.y1 - d[3]}
	}
	return c.inset(width / 2)
}

func (k *sketch) square() bool {
	operator, width := k.outlined(true)
	k.rectangle(k.within(width))
	k.op(operator)
	return true
}

func (k *sketch) circle() bool {
	operator, width := k.outlined(true)
	k.ellipse(k.within(width))
	k.op(operator)
	return true
}

func (k *sketch) ink() bool {
	operator, width := k.outlined(false)
	k.WriteString("1 J 1 j\n")
	for _, o := range k.s.array(k.dict["InkList"]) {
		points := k.s.points(o)
		if len(points) == 0 {
			continue
		}
		if len(points) == 1 {
			points = append(points, points[0])
		}
		k.stroke(points, operator, width)
	}
	return true
}

func (k *sketch) polygon() bool {
	points := k.s.points(k.dict["Vertices"])
	if len(points) < 2 {
		return true
	}
	operator, width := k.outlined(true)
	k.cover(points, width)
	k.path(points, true)
	k.op(operator)
	return true
}

func (k *sketch) polyLine() bool {
	points := k.s.points(k.dict["Vertices"])
	operator, width := k.outlined(false)
	if len(points) >= 2 {
		k.stroke(points, operator, width)
		k.endings(points, width)
	}
	return true
}

func (k *sketch) stroke(points []point, operator string, width float64) {
	k.cover(points, width)
	k.path(points, false)
	k.op(operator)
}

// endings draws those of a line.
func (k *sketch) endings(points []point, width float64) {
	endings := k.s.array(k.dict["LE"])
	n := len(points)
	if len(endings) == 2 {
		k.ending(k.s.name(endings[0]), points[0], points[1], width)
		k.ending(k.s.name(endings[1]), points[n-1], points[n-2], width)
	}
}

// linkBorder draws the frame of a link that says what frame it has.
func (k *sketch) linkBorder() bool {
	if k.dict["Border"] == nil && k.dict["BS"] == nil {
		return true
	}
	if k.transparent("C") {
		return true
	}
	k.colour(k.dict["C"], strokeColour)
	width := k.border()
	if width == 0 {
		k.Reset()
		return true
	}
	k.edges(k.area.inset(width / 2))
	k.op("S")
	return true
}

// line draws from L, with leader lines and a caption where it has them.
func (k *sketch) line() bool {
	points := k.s.points(k.dict["L"])
	if len(points) != 2 {
		return true
	}
	operator, width := k.outlined(false)
	a, b := points[0], points[1]
	length := math.Hypot(b.x-a.x, b.y-a.y)
	if length == 0 {
		return true
	}
	ux, uy := (b.x-a.x)/length, (b.y-a.y)/length
	leader, _ := k.s.number(k.dict["LL"])
	extension, _ := k.s.number(k.dict["LLE"])
	offset, _ := k.s.number(k.dict["LLO"])
	off := func(p point, d float64) point { return point{p.x - uy*d, p.y + ux*d} }
	if leader != 0 {
		sign := math.Copysign(1, leader)
		for _, p := range points {
			tick := []point{off(p, sign*offset), off(p, leader+sign*(offset+extension))}
			k.stroke(tick, "S", width)
		}
		a, b = off(a, leader+sign*offset), off(b, leader+sign*offset)
	}
	along := func(d float64) point { return point{a.x + ux*d, a.y + uy*d} }
	gap, ok := k.caption(matrix{ux, uy, -uy, ux, a.x, a.y}, length)
	if gap > 0 {
		k.stroke([]point{a, along((length - gap) / 2)}, operator, width)
		k.stroke([]point{along((length + gap) / 2), b}, operator, width)
	} else {
		k.stroke([]point{a, b}, operator, width)
	}
	k.endings([]point{a, b}, width)
	return ok
}

// caption sets the text of a line along it, in the matrix of the line: over it, or in
// a gap that it returns (CP). ok is false where it cannot be set.
func (k *sketch) caption(m matrix, length float64) (gap float64, ok bool) {
	text := k.s.plainText(k.dict["Contents"])
	if !k.s.boolean(k.dict["Cap"]) || text == "" {
		return 0, true
	}
	const size = 9
	da, err := k.s.readAppearance(nil)
	if err != nil {
		return 0, false
	}
	if text, ok = settable(da.face, text); !ok {
		return 0, false
	}
	width, height := da.face.points(text, size), 3.0
	if inline := width + size/2; k.s.name(k.dict["CP"]) != "Top" && inline < length {
		gap, height = inline, -capitalsHalf*size
	}
	k.cover([]point{{m.e, m.f}, {m.e + m.a*length, m.f + m.b*length}}, 2*size)
	k.WriteString("q " + m.operands() + " cm\n")
	k.show(da, size, (length-width)/2, height, text)
	k.WriteString("Q\n")
	return gap, true
}

// ending draws one end of a line, of which the other end says the direction.
func (k *sketch) ending(kind string, at, other point, width float64) {
	length := math.Hypot(at.x-other.x, at.y-other.y)
	if length == 0 || kind == "" || kind == "None" {
		return
	}
	size := 6 * max(width, 1)
	k.cover([]point{at}, size)
	ux, uy := (at.x-other.x)/length, (at.y-other.y)/length
	place := func(along, across float64) point {
		return point{at.x + ux*along*size - uy*across*size, at.y + uy*along*size + ux*across*size}
	}
	shape, ok := endings[kind]
	if kind == "Circle" {
		k.ellipse(corners{at.x - size/2, at.y - size/2, at.x + size/2, at.y + size/2})
	} else if ok {
		var points []point
		for _, p := range shape.points {
			points = append(points, place(p[0], p[1]))
		}
		k.path(points, shape.closed)
	}
	filled := (shape.closed || kind == "Circle") && k.colour(k.dict["IC"], fillColour)
	k.op(paintOperator(filled, true))
}

// endings of lines as points along and across the line, in units of their size
// (ISO 32000-1, table 176).
var endings = map[string]struct {
	points [][2]float64
	closed bool
}{
	"OpenArrow":    {[][2]float64{{-0.9, 0.5}, {0, 0}, {-0.9, -0.5}}, false},
	"ClosedArrow":  {[][2]float64{{-0.9, 0.5}, {0, 0}, {-0.9, -0.5}}, true},
	"ROpenArrow":   {[][2]float64{{0.9, 0.5}, {0, 0}, {0.9, -0.5}}, false},
	"RClosedArrow": {[][2]float64{{0.9, 0.5}, {0, 0}, {0.9, -0.5}}, true},
	"Square":       {[][2]float64{{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}}, true},
	"Diamond":      {[][2]float64{{-0.5, 0}, {0, 0.5}, {0.5, 0}, {0, -0.5}}, true},
	"Butt":         {[][2]float64{{0, -0.5}, {0, 0.5}}, false},
	"Slash":        {[][2]float64{{-0.3, -0.5}, {0.3, 0.5}}, false},
}

// freeText draws the text of an annotation on the page itself, with its frame
// in the colour of the text, its background and its callout.
func (k *sketch) freeText() bool {
	da, err := k.s.readAppearance(firstOf(k.dict, "DA"))
	if err != nil {
		return false
	}
	plain := k.s.plainText(k.dict["Contents"])
	if plain == "" {
		plain = richText(k.s.plainText(k.dict["RC"]))
	}
	text, ok := settable(da.face, plain)
	if !ok {
		return false
	}
	if da.size <= 0 {
		da.size = standardSize
	}
	filled := k.colour(k.dict["C"], fillColour)
	k.WriteString(da.stroke)
	width := k.border()
	box := k.within(width)
	k.rectangle(box)
	k.op(paintOperator(filled, width > 0))
	k.callout(width)
	k.paragraph(da, box.inset(width/2+1), text, k.s.integer(k.dict["Q"]))
	return true
}

// callout draws the line from a free text to what it is about.
func (k *sketch) callout(width float64) {
	points := k.s.points(k.dict["CL"])
	if len(points) < 2 {
		return
	}
	k.stroke(points, "S", width)
	kind := k.s.name(k.dict["LE"])
	k.ending(kind, points[0], points[1], width)
}

const lineSpacing = 1.15 // of the size, as the standard fonts have it

// paragraph sets wrapped text from the top of a box, which clips it.
func (k *sketch) paragraph(da defaultAppearance, box corners, text string, align int) {
	if !box.wide() {
		return
	}
	k.WriteString("q\n")
	k.rectangle(box)
	k.WriteString("W n\n")
	y := box.y1 - da.size*0.9
	for _, line := range wrap(da.face, text, da.size, box.x1-box.x0) {
		if y < box.y0-da.size {
			break
		}
		k.show(da, da.size, aligned(da, da.size, box, line, align), y, line)
		y -= da.size * lineSpacing
	}
	k.WriteString("Q\n")
}

// aligned is where a line begins: 0 left, 1 centred, 2 right.
func aligned(da defaultAppearance, size float64, box corners, line string, align int) float64 {
	free := box.x1 - box.x0 - da.face.points(line, size)
	return box.x0 + free*float64(max(0, min(align, 2)))/2
}
