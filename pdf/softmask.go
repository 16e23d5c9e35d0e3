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
	wide  int
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
	shown := false
	m.each(b, false, func(cell *bool) { shown = shown || *cell })
	return shown
}

// each calls fn with the cells that overlap the box, or that lie in it.
func (m *softMask) each(b Box, inside bool, fn func(*bool)) {
	x0, y0, x1, y1 := math.Floor(b.X), math.Floor(b.Y), math.Ceil(b.Right()), math.Ceil(b.Bottom())
	if inside {
		x0, y0, x1, y1 = math.Ceil(b.X-0.01), math.Ceil(b.Y-0.01), math.Floor(b.Right()+0.01), math.Floor(b.Bottom()+0.01)
	}
	high := len(m.cells) / max(m.wide, 1)
	for y := int(max(y0, 0)); y < int(min(y1, float64(high))); y++ {
		for x := int(max(x0, 0)); x < int(min(x1, float64(m.wide))); x++ {
			fn(&m.cells[y*m.wide+x])
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
	m.wide = int(math.Ceil(w)) + 1
	m.cells = make([]bool, m.wide*(int(math.Ceil(h))+1))
	in := newInterpreter(m.s, m.page, func(k mark) {
		if k.cover {
			m.each(k.box, true, func(c *bool) { *c = false })
			return
		}
		m.each(k.box, false, func(c *bool) { *c = true })
	})
	in.gs.ctm, in.depth, in.paper = m.ctm, m.depth, paperBlack
	if m.alpha {
		in.paper = paperNone
	}
	if err := in.form(m.s.stream(m.group), objectNumber(m.group)); err != nil && m.s.err == nil {
		m.s.err = err
	}
}
