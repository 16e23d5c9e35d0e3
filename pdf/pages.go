package pdf

import (
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const maxTreeDepth = 64

// page is one leaf of the page tree with what it inherits.
type page struct {
	number    int // from 1
	dict      types.Dict
	resources types.Object
	frame     frame
	missing   bool // the tree names it, the file does not hold it
}

type inherited struct{ resources, media, crop, rotate types.Object }

// pages walks the page tree itself: pdfcpu's own walk decodes content without
// our limits and panics on malformed boxes.
func (s *source) pages() ([]page, error) {
	w := pageWalk{s: s, ancestors: map[int]bool{}}
	if err := w.visit(s.catalog["Pages"], inherited{}, 0); err != nil {
		return nil, err
	}
	return w.found, nil
}

type pageWalk struct {
	s         *source
	found     []page
	ancestors map[int]bool
	nodes     int
}

func (w *pageWalk) visit(o types.Object, in inherited, depth int) error {
	nr := objectNumber(o)
	if w.nodes++; w.nodes > w.s.limits.Objects || depth > maxTreeDepth {
		return tooComplex("page tree")
	}
	if nr != 0 && w.ancestors[nr] {
		return nil // a loop: what follows was seen already
	}
	d := w.s.dict(o)
	if d == nil {
		return w.add(page{missing: true})
	}
	in = in.merge(d)
	kids, isNode := d["Kids"]
	if !isNode {
		return w.add(page{dict: d, resources: in.resources, frame: w.s.frameOf(in, d["UserUnit"])})
	}
	w.ancestors[nr] = true
	defer delete(w.ancestors, nr)
	for _, kid := range w.s.array(kids) {
		if err := w.visit(kid, in, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *pageWalk) add(p page) error {
	if len(w.found) >= w.s.limits.Pages {
		return tooComplex("pages")
	}
	p.number = len(w.found) + 1
	w.found = append(w.found, p)
	return nil
}

func (in inherited) merge(d types.Dict) inherited {
	for key, field := range map[string]*types.Object{
		"Resources": &in.resources, "MediaBox": &in.media, "CropBox": &in.crop, "Rotate": &in.rotate,
	} {
		if o, ok := d[key]; ok && o != nil {
			*field = o
		}
	}
	return in
}

// frameOf computes the page as seen. A page without a usable media box is
// taken for A4, as viewers take it for their default paper.
func (s *source) frameOf(in inherited, unit types.Object) frame {
	f := frame{x1: a4Width / mmPerPoint, y1: a4Height / mmPerPoint, unit: 1}
	if x0, y0, x1, y1, ok := s.rectangle(in.media); ok && x1-x0 > 1e-3 && y1-y0 > 1e-3 {
		f.x0, f.y0, f.x1, f.y1 = x0, y0, x1, y1
	}
	if x0, y0, x1, y1, ok := s.rectangle(in.crop); ok {
		x0, y0, x1, y1 = max(x0, f.x0), max(y0, f.y0), min(x1, f.x1), min(y1, f.y1)
		if x1-x0 > 1e-3 && y1-y0 > 1e-3 {
			f.x0, f.y0, f.x1, f.y1 = x0, y0, x1, y1
		}
	}
	if u, ok := s.number(unit); ok && u > 0 {
		f.unit = u
	}
	if r := s.integer(in.rotate); r%90 == 0 {
		f.rotate = (r%360 + 360) % 360
	}
	return f
}
