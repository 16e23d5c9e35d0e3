package pdf

import (
	"math"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	maxSoftMasks = 200  // looked into of a file: later ones hide nothing
	maxCells     = 1200 // millimetres along an edge
)

// softMask says where on the paper something shows (ISO 32000-1, 11.5), in cells
// of a millimetre. It is looked into when a zone needs it, for most never are.
type softMask struct {
	s     *source
	group types.Object
	ctm   matrix // when it was set
	page  page
	depth int
	alpha bool // shows where its group draws, not where that is light
	known bool
	all   bool // it hides nothing, or is not known to
	cells []bool
	sums  []int32 // see sum
	wide  int
	high  int
}

// newSoftMask reads a soft mask dictionary; nil where nothing is hidden.
func (in *interpreter) newSoftMask(d types.Dict) *softMask {
	m := &softMask{s: in.s, group: d["G"], ctm: in.gs.ctm, page: in.page0, depth: in.depth + 1, alpha: in.s.name(d["S"]) == "Alpha"}
	transfer := in.s.resolve(d["TR"])
	if transfer != nil && transfer != types.Name("Identity") || in.s.stream(in.s.need(m.group)) == nil {
		return nil
	}
	if !m.alpha && !in.s.isBlack(in.s.array(d["BC"])) {
		return nil // light beyond what the group draws
	}
	return m
}

// isBlack is true of no components, for a backdrop is black by default.
func (s *source) isBlack(components types.Array) bool {
	sum := 0.0
	for i, o := range components {
		v, _ := s.number(o)
		if len(components) == 4 && i == 3 {
			v = 1 - v
		}
		sum += math.Abs(v)
	}
	return sum < 0.004
}

// shows reports whether anything in the box may show.
func (m *softMask) shows(b Box) bool {
	if !m.known {
		m.known = true
		m.look()
	}
	if m.all {
		return true
	}
	x0, y0, x1, y1 := m.span(b, false)
	if x0 >= x1 || y0 >= y1 {
		return false
	}
	row := m.wide + 1
	return m.sums[y1*row+x1]-m.sums[y0*row+x1]-m.sums[y1*row+x0]+m.sums[y0*row+x0] > 0
}

// span are the cells that overlap the box, or that lie in it.
func (m *softMask) span(b Box, inside bool) (x0, y0, x1, y1 int) {
	left, top, right, bottom := math.Floor(b.X), math.Floor(b.Y), math.Ceil(b.Right()), math.Ceil(b.Bottom())
	if inside {
		left, top, right, bottom = math.Ceil(b.X-0.01), math.Ceil(b.Y-0.01), math.Floor(b.Right()+0.01), math.Floor(b.Bottom()+0.01)
	}
	return int(max(left, 0)), int(max(top, 0)), int(min(right, float64(m.wide))), int(min(bottom, float64(m.high)))
}

// set marks cells as shown or hidden.
func (m *softMask) set(b Box, inside, shown bool) {
	x0, y0, x1, y1 := m.span(b, inside)
	if !m.s.examine(max(x1-x0, 0) * max(y1-y0, 0)) {
		m.all = true
		return
	}
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			m.cells[y*m.wide+x] = shown
		}
	}
}

// setPicture marks the cells that a grey picture lights; the others stay as they are.
func (m *softMask) setPicture(k mark) {
	x0, y0, x1, y1 := m.span(k.box, false)
	if !m.s.examine(max(x1-x0, 0) * max(y1-y0, 0)) {
		m.all = true
		return
	}
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			if k.picture.lit(Box{X: float64(x), Y: float64(y), W: 1, H: 1}.intersect(k.box)) {
				m.cells[y*m.wide+x] = true
			}
		}
	}
}

// sum counts the cells that are shown above and left of each, so that any box
// is asked for in four steps.
func (m *softMask) sum() {
	row := m.wide + 1
	m.sums = make([]int32, row*(m.high+1))
	for y := range m.high {
		line := int32(0)
		for x := range m.wide {
			if m.cells[y*m.wide+x] {
				line++
			}
			m.sums[(y+1)*row+x+1] = m.sums[y*row+x+1] + line
		}
	}
}

// look draws the mask's group into cells. Black is its paper, unless only its
// shape counts.
func (m *softMask) look() {
	w, h := m.page.sheet()
	m.s.masks++
	if w > maxCells || h > maxCells || m.s.masks > maxSoftMasks {
		m.all = true
		return
	}
	m.wide, m.high = int(math.Ceil(w))+1, int(math.Ceil(h))+1
	m.cells = make([]bool, m.wide*m.high)
	in := newInterpreter(m.s, m.page, func(k mark) {
		if k.picture != nil {
			m.setPicture(k)
			return
		}
		m.set(k.box, k.cover, !k.cover)
	})
	in.gs.ctm, in.depth, in.paper = m.ctm, m.depth, paperBlack
	if m.alpha {
		in.paper = paperNone
	}
	if err := in.form(m.s.stream(m.group), objectNumber(m.group)); err != nil && m.s.err == nil {
		m.s.err = err
	}
	m.sum()
	m.cells = nil
}
