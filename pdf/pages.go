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
	place     *matrix // millimetres as seen to millimetres on A4; nil: it stays as it is
	missing   bool    // the tree names it, the file does not hold it
}

// fitted is the page as it is printed when it is brought to A4.
func (p page) fitted(f Fit, l Layout) page {
	w, h := p.frame.size()
	p.place = f.placement(w, h, l)
	return p
}

// sheet is the size of the paper in millimetres.
func (p page) sheet() (w, h float64) {
	if p.place != nil {
		return a4Width, a4Height
	}
	return p.frame.size()
}

// toSheet maps user space to millimetres on the paper.
func (p page) toSheet() matrix {
	if p.place != nil {
		return p.frame.toPage().then(*p.place)
	}
	return p.frame.toPage()
}

// visible is what of the paper the page covers.
func (p page) visible() Box {
	w, h := p.frame.size()
	if p.place != nil {
		return p.place.bounds(0, 0, w, h)
	}
	return Box{W: w, H: h}
}

type inherited struct{ resources, media, crop, rotate types.Object }

// pages walks the page tree. A tree without pages is looked for again in a
// scan of the file, as viewers do; where that does not help either, the pages
// are those that the scan found.
func (s *source) pages() ([]page, error) {
	found, isTree, err := s.walk()
	if err != nil || len(found) > 0 || isTree && s.integer(s.dict(s.catalog["Pages"])["Count"]) <= 0 {
		return found, err
	}
	if s.salvage == nil {
		if err := s.rebuild(); err != nil {
			return nil, err
		}
		s.catalog = s.dict(s.trailer["Root"])
		if found, isTree, err = s.walk(); err != nil || len(found) > 0 {
			return found, err
		}
	}
	w := pageWalk{s: s, ancestors: map[int]bool{}}
	for _, nr := range s.scan().pages {
		if err := w.visit(types.IndirectRef{ObjectNumber: types.Integer(nr)}, inherited{}, 0); err != nil {
			return nil, err
		}
	}
	if len(w.found) == 0 && !isTree {
		return nil, errCorrupt
	}
	s.repaired = true
	return w.found, nil
}

// walk collects the leaves below the catalogue's page tree, and reports
// whether that is a tree at all.
func (s *source) walk() (found []page, isTree bool, err error) {
	w := pageWalk{s: s, ancestors: map[int]bool{}}
	root := s.top(s.catalog["Pages"])
	d := s.dict(root)
	_, isTree = d["Kids"]
	if !isTree && !s.isPage(d, inherited{}) {
		return nil, false, s.err
	}
	err = w.visit(root, inherited{}, 0)
	if err == nil {
		err = s.err
	}
	return w.found, isTree, err
}

// top climbs to the root of the tree where the catalogue names a page.
func (s *source) top(o types.Object) types.Object {
	for range maxTreeDepth {
		d := s.dict(s.need(o))
		if s.name(d["Type"]) != "Page" || s.dict(s.need(d["Parent"]))["Kids"] == nil {
			return o
		}
		o, s.repaired = d["Parent"], true
	}
	return o
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
		return w.add(page{missing: true}) // a loop: it stands where a page was to be
	}
	d := w.s.dict(w.s.need(o))
	above := in
	in = in.merge(w.s, d)
	kids, isNode := d["Kids"]
	switch {
	case w.s.isPage(d, above):
		return w.add(page{dict: d, resources: in.resources, frame: w.s.frameOf(in, d)})
	case !isNode && w.s.name(d["Type"]) == "Pages" && w.s.integer(d["Count"]) <= 0:
		return nil // an empty node
	case !isNode:
		return w.add(page{missing: true})
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

// isPage reports whether a leaf looks like a page: it says so, or it has what
// only pages have. A dictionary that merely stands there is none. What is on it
// counts for more than what it calls itself.
func (s *source) isPage(d types.Dict, above inherited) bool {
	kind := s.name(d["Type"])
	switch {
	case d["Kids"] != nil:
		return kind == "Page" && d["Contents"] != nil
	case d["Contents"] != nil, kind == "Page":
		return true
	case kind == "Pages":
		return false
	case s.array(d["MediaBox"]) != nil:
		return true
	}
	return kind == "" && s.array(above.media) != nil && (d["Resources"] != nil || d["Parent"] != nil)
}

func (w *pageWalk) add(p page) error {
	if len(w.found) >= w.s.limits.Pages {
		return tooComplex("pages")
	}
	p.number = len(w.found) + 1
	w.found = append(w.found, p)
	return nil
}

// merge takes over what a node says. A box that is none does not hide that of
// the nodes above.
func (in inherited) merge(s *source, d types.Dict) inherited {
	if o := d["Resources"]; o != nil {
		in.resources = o
	}
	if o := d["Rotate"]; o != nil {
		in.rotate = o
	}
	if _, ok := s.box(d["MediaBox"]); ok {
		in.media = d["MediaBox"]
	}
	if _, ok := s.box(d["CropBox"]); ok {
		in.crop = d["CropBox"]
	}
	return in
}

const leastSide = 1e-3 // of a box in points: what is smaller is no box

// frameOf computes the page as it is printed. A page without a usable media
// box is taken for A4 and says so.
func (s *source) frameOf(in inherited, d types.Dict) frame {
	f := frame{x1: a4Width / mmPerPoint, y1: a4Height / mmPerPoint, unit: 1}
	media, ok := s.box(in.media)
	if f.guessed = !ok; ok {
		f.cut(media)
	}
	if crop, ok := s.box(in.crop); ok {
		f.cut(f.within(crop))
	}
	if u, ok := s.number(d["UserUnit"]); ok && u > 0 {
		f.unit = u
	}
	if r := s.integer(in.rotate); r%90 == 0 {
		f.rotate = (r%360 + 360) % 360
	}
	s.trim(&f, d)
	return f
}

// trim cuts a page that was made for a larger sheet to its finished size
// (ISO 32000-1, 14.11.2): what lies beyond is bleed and printers' marks. A page
// that is seen as A4 stays as it is seen.
func (s *source) trim(f *frame, d types.Dict) {
	trim, ok := s.box(d["TrimBox"])
	if w, h := f.size(); !ok || isA4(w, h) || isA4(h, w) {
		return
	}
	if t := f.within(trim); t != f.corners() && t.wide() {
		f.cut(t)
		f.trimmed = true
	}
}

// corners are the lower left and the upper right one of a box, in user space.
type corners struct{ x0, y0, x1, y1 float64 }

func (c corners) wide() bool { return c.x1-c.x0 > leastSide && c.y1-c.y0 > leastSide }

func (s *source) box(o types.Object) (corners, bool) {
	x0, y0, x1, y1, ok := s.rectangle(o)
	c := corners{x0, y0, x1, y1}
	return c, ok && c.wide()
}

func (f *frame) corners() corners { return corners{f.x0, f.y0, f.x1, f.y1} }

func (f *frame) within(c corners) corners {
	return corners{max(c.x0, f.x0), max(c.y0, f.y0), min(c.x1, f.x1), min(c.y1, f.y1)}
}

func (f *frame) cut(c corners) {
	if c.wide() {
		f.x0, f.y0, f.x1, f.y1 = c.x0, c.y0, c.x1, c.y1
	}
}
