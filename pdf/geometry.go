package pdf

import (
	"fmt"
	"math"
)

const (
	mmPerPoint = 25.4 / 72

	a4Width, a4Height = 210.0, 297.0
	a4Tolerance       = 2.0 // printers take what differs from A4 by less (ISO 216 allows 2 mm)
)

// Box is a rectangle in millimetres from the page's top left corner.
type Box struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
	W float64 `json:"w"`
	H float64 `json:"h"`
}

// Right is the x of the right edge.
func (b Box) Right() float64 { return b.X + b.W }

// Bottom is the y of the lower edge.
func (b Box) Bottom() float64 { return b.Y + b.H }

// IsZero reports whether b is the zero Box, which means "no box".
func (b Box) IsZero() bool { return b == Box{} }

// Contains reports whether o lies wholly inside b.
func (b Box) Contains(o Box) bool {
	return o.X >= b.X && o.Y >= b.Y && o.Right() <= b.Right() && o.Bottom() <= b.Bottom()
}

// Overlaps reports whether b and o share more than an edge.
func (b Box) Overlaps(o Box) bool {
	return o.X < b.Right() && o.Right() > b.X && o.Y < b.Bottom() && o.Bottom() > b.Y
}

// Overflows names the edges of b over which o reaches, in the order left, top,
// right, bottom; nil when b contains o.
func (b Box) Overflows(o Box) []string {
	var edges []string
	for _, e := range []struct {
		name string
		over bool
	}{
		{"left", o.X < b.X}, {"top", o.Y < b.Y}, {"right", o.Right() > b.Right()}, {"bottom", o.Bottom() > b.Bottom()},
	} {
		if e.over {
			edges = append(edges, e.name)
		}
	}
	return edges
}

// Inset returns b made smaller by d on each side.
func (b Box) Inset(d float64) Box { return Box{b.X + d, b.Y + d, b.W - 2*d, b.H - 2*d} }

// String returns "x 100–200, y 35–80 mm".
func (b Box) String() string {
	return fmt.Sprintf("x %.4g–%.4g, y %.4g–%.4g mm", b.X, b.Right(), b.Y, b.Bottom())
}

// intersect returns what b and o share; W or H is negative when it is nothing.
func (b Box) intersect(o Box) Box {
	x, y := math.Max(b.X, o.X), math.Max(b.Y, o.Y)
	return Box{x, y, math.Min(b.Right(), o.Right()) - x, math.Min(b.Bottom(), o.Bottom()) - y}
}

func (b Box) empty() bool { return b.W < 0 || b.H < 0 }

// rounded is b to a hundredth of a millimetre, for reports.
func (b Box) rounded() Box {
	r := func(v float64) float64 { return math.Round(v*100) / 100 }
	return Box{r(b.X), r(b.Y), r(b.W), r(b.H)}
}

// matrix maps (x, y) to (a·x+c·y+e, b·x+d·y+f), as PDF writes it.
type matrix struct{ a, b, c, d, e, f float64 }

var identity = matrix{a: 1, d: 1}

// then returns the map "first m, then n".
func (m matrix) then(n matrix) matrix {
	return matrix{
		a: m.a*n.a + m.b*n.c, b: m.a*n.b + m.b*n.d,
		c: m.c*n.a + m.d*n.c, d: m.c*n.b + m.d*n.d,
		e: m.e*n.a + m.f*n.c + n.e, f: m.e*n.b + m.f*n.d + n.f,
	}
}

func (m matrix) apply(x, y float64) (float64, float64) {
	return m.a*x + m.c*y + m.e, m.b*x + m.d*y + m.f
}

// inverse is the map back; false where there is none.
func (m matrix) inverse() (matrix, bool) {
	d := m.a*m.d - m.b*m.c
	if math.Abs(d) < 1e-12 || math.IsInf(d, 0) || math.IsNaN(d) {
		return identity, false
	}
	return matrix{
		a: m.d / d, b: -m.b / d, c: -m.c / d, d: m.a / d,
		e: (m.c*m.f - m.d*m.e) / d, f: (m.b*m.e - m.a*m.f) / d,
	}, true
}

// upright reports whether rectangles stay rectangles along the axes.
func (m matrix) upright() bool {
	const least = 1e-6
	return math.Abs(m.b) < least && math.Abs(m.c) < least || math.Abs(m.a) < least && math.Abs(m.d) < least
}

// scale is the mean factor by which m enlarges lengths.
func (m matrix) scale() float64 { return math.Sqrt(math.Abs(m.a*m.d - m.b*m.c)) }

// bounds is the box around the image of the rectangle (x0,y0)-(x1,y1).
func (m matrix) bounds(x0, y0, x1, y1 float64) Box {
	ax, ay := m.apply(x0, y0)
	b := Box{X: ax, Y: ay}
	for _, c := range [3][2]float64{{x1, y0}, {x0, y1}, {x1, y1}} {
		x, y := m.apply(c[0], c[1])
		b = b.extend(x, y)
	}
	return b
}

// extend returns the smallest box around b and the point; unlike union it
// takes a b without width or height for a point.
func (b Box) extend(x, y float64) Box {
	right, bottom := math.Max(b.Right(), x), math.Max(b.Bottom(), y)
	b.X, b.Y = math.Min(b.X, x), math.Min(b.Y, y)
	b.W, b.H = right-b.X, bottom-b.Y
	return b
}

// segment is a straight stroke with half its width.
type segment struct{ x0, y0, x1, y1, half float64 }

// touches reports whether the stroke inks any of b (Liang-Barsky clipping on
// b grown by half the stroke's width).
func (s segment) touches(b Box) bool {
	b = b.Inset(-s.half)
	t0, t1 := 0.0, 1.0
	dx, dy := s.x1-s.x0, s.y1-s.y0
	for _, e := range [4][2]float64{
		{-dx, s.x0 - b.X}, {dx, b.Right() - s.x0}, {-dy, s.y0 - b.Y}, {dy, b.Bottom() - s.y0},
	} {
		p, q := e[0], e[1]
		switch {
		case p == 0 && q < 0:
			return false
		case p < 0:
			t0 = math.Max(t0, q/p)
		case p > 0:
			t1 = math.Min(t1, q/p)
		}
	}
	return t0 <= t1
}

func (s segment) box() Box {
	b := Box{X: s.x0, Y: s.y0}.extend(s.x1, s.y1)
	return b.Inset(-s.half)
}

// frame is the part of a page that is printed and how it is turned: the crop box
// cut to the media box and to the trim box, Rotate and UserUnit (ISO 32000-1,
// 7.7.3.3 and 14.11.2).
type frame struct {
	x0, y0, x1, y1 float64 // in user space
	rotate         int     // 0, 90, 180 or 270, clockwise
	unit           float64 // points per user space unit
	guessed        bool    // no media box says how large the page is
	trimmed        bool    // cut to its trim box
}

// size in millimetres, as seen.
func (f frame) size() (w, h float64) {
	k := f.unit * mmPerPoint
	w, h = (f.x1-f.x0)*k, (f.y1-f.y0)*k
	if f.rotate%180 != 0 {
		w, h = h, w
	}
	return w, h
}

// toPage maps user space to millimetres on the page as seen.
func (f frame) toPage() matrix {
	k := f.unit * mmPerPoint
	switch f.rotate {
	case 90:
		return matrix{0, k, k, 0, -f.y0 * k, -f.x0 * k}
	case 180:
		return matrix{-k, 0, 0, k, f.x1 * k, -f.y0 * k}
	case 270:
		return matrix{0, -k, -k, 0, f.y1 * k, f.x1 * k}
	}
	return matrix{k, 0, 0, -k, -f.x0 * k, f.y1 * k}
}

// upright turns user space around a point so that it stands upright on a
// turned page.
func (f frame) upright(x, y float64) matrix {
	turns := map[int]matrix{90: {0, 1, -1, 0, 0, 0}, 180: {-1, 0, 0, -1, 0, 0}, 270: {0, -1, 1, 0, 0, 0}}
	turn, ok := turns[f.rotate]
	if !ok {
		return identity
	}
	return matrix{1, 0, 0, 1, -x, -y}.then(turn).then(matrix{1, 0, 0, 1, x, y})
}

func isA4(w, h float64) bool { return isA4Within(w, h, a4Tolerance) }

func isA4Within(w, h, tolerance float64) bool {
	return math.Abs(w-a4Width) <= tolerance && math.Abs(h-a4Height) <= tolerance
}
