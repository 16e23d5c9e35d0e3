package pdf

import "math"

// InkKind says what puts ink, or would put it, where a finding is.
type InkKind string

// The kinds of ink.
const (
	InkText       InkKind = "text"
	InkHiddenText InkKind = "hidden-text" // invisible, white or covered: no ink, but machines read it
	InkDrawing    InkKind = "drawing"
	InkImage      InkKind = "image"
	InkFormField  InkKind = "form-field"
	InkAnnotation InkKind = "annotation"
)

// mark is one thing drawn: a box, or a straight stroke, in millimetres.
type mark struct {
	kind    InkKind
	box     Box
	stroke  *segment    // set for strokes: only the line itself is ink
	veils   []*softMask // each of which may hide it
	picture *picture    // set for images: only what is dark in it is ink
	cover   bool        // no ink, but paper over what was drawn before
}

// presence says whether a mark puts ink somewhere.
type presence byte

const (
	absent presence = iota
	present
	unsure // an image that cannot be looked into
)

// in reports whether the mark puts ink into the box.
func (m mark) in(b Box, t Tolerances) presence {
	if m.stroke != nil && !m.stroke.touches(b) {
		return absent
	}
	if !m.box.Overlaps(b) && !(m.box.flat() && m.box.Inset(-0.01).Overlaps(b)) {
		return absent
	}
	shared := m.box.intersect(b)
	for _, v := range m.veils {
		if !v.shows(shared) {
			return absent
		}
	}
	if m.picture != nil {
		return m.picture.in(shared, t)
	}
	return present
}

// flat is true of a box without width or height: a hairline still prints.
func (b Box) flat() bool { return b.W == 0 || b.H == 0 }

// picture is an image where it stands.
type picture struct {
	s      *source
	decode func() *raster // nil where it cannot be decoded
	ctm    matrix         // the unit square to millimetres
}

// in reports whether what the box shares with the picture is dark in more than
// a speck.
func (p *picture) in(b Box, t Tolerances) presence {
	return p.holds(b, 0, int(t.white()*255), t.speck())
}

// lit reports whether the picture may show something of what it masks in the box.
func (p *picture) lit(b Box) bool { return p.holds(b, leastLight, 256, 0) != absent }

const leastLight = 2 // of 255: below it a mask hides, see leastAlpha

// holds reports whether the pixels that the box shares with the picture and that are
// as light as from, and less than to, cover more than an area.
func (p *picture) holds(b Box, from, to int, area float64) presence {
	back, ok := p.ctm.inverse()
	if !ok {
		return absent
	}
	r := p.decode()
	if r == nil {
		return unsure
	}
	unit := back.bounds(b.X, b.Y, b.Right(), b.Bottom())
	x0, x1 := span01(unit.X, unit.Right(), r.width)
	y0, y1 := span01(1-unit.Bottom(), 1-unit.Y, r.height)
	pixel := math.Abs(p.ctm.a*p.ctm.d-p.ctm.b*p.ctm.c) / float64(r.width*r.height)
	if !p.s.examine((x1 - x0) * (y1 - y0)) {
		return unsure
	}
	found := 0.0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			if v := int(r.at(x, y)); v < from || v >= to || !p.within(b, x, y, r) {
				continue
			}
			if found += pixel; found > area {
				return present
			}
		}
	}
	return absent
}

// maxExamined bounds the pixels and cells that are looked at: a file may draw
// one image over and over.
const maxExamined = 400_000_000

// examine charges n pixels or cells; false once there were too many.
func (s *source) examine(n int) bool {
	s.examined += max(n, 0)
	return s.examined <= maxExamined && !s.stopped()
}

// span01 are the pixels that a stretch of the unit square touches.
func span01(from, to float64, pixels int) (first, end int) {
	n := float64(pixels)
	return int(max(0, math.Floor(from*n+1e-6))), int(min(n, math.Ceil(to*n-1e-6)))
}

// within reports whether the middle of a pixel lies in the box: a turned picture
// has pixels around it that do not. Those of an upright one all do.
func (p *picture) within(b Box, x, y int, r *raster) bool {
	if p.ctm.upright() {
		return true
	}
	px, py := p.ctm.apply((float64(x)+0.5)/float64(r.width), 1-(float64(y)+0.5)/float64(r.height))
	return px >= b.X && px <= b.Right() && py >= b.Y && py <= b.Bottom()
}
