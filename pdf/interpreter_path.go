package pdf

import "math"

const maxPathSegments = 1 << 18

// path is the current path, flattened, in millimetres.
type path struct {
	subpaths       []Box     // the box of each subpath, for filling
	lines          []segment // for stroking
	x, y           float64   // current point in user space
	startX, startY float64
	open           bool // a subpath has begun
	clip           bool // W or W* was seen
}

func (in *interpreter) moveTo(x, y float64) {
	p := &in.path
	p.x, p.y, p.startX, p.startY = x, y, x, y
	px, py := in.gs.ctm.apply(x, y)
	p.subpaths = append(p.subpaths, Box{X: px, Y: py})
	p.open = true
}

func (in *interpreter) lineTo(x, y float64) {
	p := &in.path
	if !p.open {
		in.moveTo(x, y)
		return
	}
	x0, y0 := in.gs.ctm.apply(p.x, p.y)
	x1, y1 := in.gs.ctm.apply(x, y)
	last := &p.subpaths[len(p.subpaths)-1]
	*last = last.extend(x1, y1)
	if len(p.lines) < maxPathSegments {
		p.lines = append(p.lines, segment{x0: x0, y0: y0, x1: x1, y1: y1})
	}
	p.x, p.y = x, y
}

const curveSteps = 8

func (in *interpreter) curveTo(x1, y1, x2, y2, x3, y3 float64) {
	x0, y0 := in.path.x, in.path.y
	for i := 1; i <= curveSteps; i++ {
		t := float64(i) / curveSteps
		u := 1 - t
		in.lineTo(
			u*u*u*x0+3*u*u*t*x1+3*u*t*t*x2+t*t*t*x3,
			u*u*u*y0+3*u*u*t*y1+3*u*t*t*y2+t*t*t*y3)
	}
}

func (in *interpreter) closePath() {
	if in.path.open {
		in.lineTo(in.path.startX, in.path.startY)
	}
}

func (in *interpreter) rectangle(x, y, w, h float64) {
	in.moveTo(x, y)
	in.lineTo(x+w, y)
	in.lineTo(x+w, y+h)
	in.lineTo(x, y+h)
	in.closePath()
}

// paintPath ends the path: fills and strokes it, and narrows the clip.
func (in *interpreter) paintPath(fill, stroke bool) {
	p := &in.path
	if fill && in.covers(in.gs.fill) && p.isRectangle() {
		in.putMark(mark{box: p.subpaths[0], cover: true})
	}
	if fill && in.inks(in.gs.fill) {
		for _, b := range p.subpaths {
			in.put(InkDrawing, b)
		}
	}
	if stroke && in.inks(in.gs.stroke) {
		half := math.Abs(in.gs.lineWidth) * in.gs.ctm.scale() / 2
		for _, s := range p.lines {
			s.half = half
			in.putStroke(s)
		}
	}
	if p.clip {
		in.gs.clipExact = in.gs.clipExact && p.isRectangle()
		in.clipTo(p.subpaths)
	}
	in.path = path{subpaths: p.subpaths[:0], lines: p.lines[:0]}
}

// isRectangle reports whether the path is one rectangle along the paper's axes.
func (p *path) isRectangle() bool {
	if len(p.subpaths) != 1 || len(p.lines) < 3 || len(p.lines) > 5 {
		return false
	}
	for _, l := range p.lines {
		if math.Abs(l.x1-l.x0) > 1e-3 && math.Abs(l.y1-l.y0) > 1e-3 {
			return false
		}
	}
	return true
}

// clipTo narrows the clip to the box around the path: never too much.
func (in *interpreter) clipTo(subpaths []Box) {
	if len(subpaths) == 0 {
		return
	}
	b := subpaths[0]
	for _, o := range subpaths[1:] {
		b = b.extend(o.X, o.Y).extend(o.Right(), o.Bottom())
	}
	in.gs.clip = in.gs.clip.intersect(b)
}
