package pdf

import (
	"github.com/courrier-go/courrier"
)

// The page, in millimetres.
const (
	leftEdge    = 25.0
	rightEdge   = a4Width - 20
	textWidth   = rightEdge - leftEdge
	pageTop     = 28.0  // of the body on pages after the first
	footerEnd   = 289.5 // printers leave the last 5 mm out
	columnGap   = 5.0
	logoWidth   = 60.0
	logoHeight  = 18.0
	rightColumn = 118.0
)

// drawing is one thing on a page, placed: what a canvas takes.
type drawing struct {
	kind       drawingKind
	x, y, w, h float64 // of a text: its baseline's start; of a line: its ends' difference
	text       string
	style      style
	thickness  float64
	artwork    *Artwork
	modules    [][]bool // of a QR code, row by row
	form       int      // a page of another file, by its place among those drawn
	tag        int32    // the element it belongs to; 0: decoration
	space      bool     // a space follows the text
}

type drawingKind byte

const (
	drawText drawingKind = iota
	drawLine
	drawFill
	drawImage
	drawCode
	drawForm
)

// setter lays a letter out: it knows where things go, nothing of PDF.
type setter struct {
	press  *press
	faces  faces
	theme  Theme
	lang   Language
	letter Letter
	layout Layout
	head   string // of pages after the first
	checks courrier.Checks

	pages  [][]drawing
	y      float64
	bottom float64 // of the body
	footer []line
	fresh  bool // nothing stands on this page yet
	tree   structure
	parent int32 // the element that new ones stand below; 0: the document
	tag    int32 // the element that text belongs to; 0: decoration

	missing []rune // characters that were replaced
}

func (s *setter) body() style { return style{size: s.theme.BodySize, colour: ink} }

func (s *setter) small() style { return style{size: s.theme.BodySize - 1.5, colour: grey} }

func (s *setter) draw(d drawing) {
	last := len(s.pages) - 1
	s.pages[last] = append(s.pages[last], d)
}

func (s *setter) drawOn(page int, d drawing) { s.pages[page] = append(s.pages[page], d) }

// textOn draws s with its baseline at y.
func (s *setter) textOn(page int, x, y float64, text string, st style) {
	if text == "" {
		return
	}
	s.drawOn(page, drawing{kind: drawText, x: x, y: y, text: text, style: st, tag: s.tag})
}

// leaf has what set draws belong to a new element of the structure.
func (s *setter) leaf(r role, set func()) { s.as(s.tree.add(max(s.parent, documentElement), r), set) }

// as has what set draws belong to an element; to none for 0: it repeats on every
// page, or decorates.
func (s *setter) as(tag int32, set func()) {
	was := s.tag
	s.tag = tag
	set()
	s.tag = was
}

// group has the elements that set adds stand below a new one.
func (s *setter) group(r role, set func()) {
	was := s.parent
	s.parent = s.tree.add(max(s.parent, documentElement), r)
	set()
	s.parent = was
}

func (s *setter) text(x, y float64, text string, st style) {
	s.textOn(len(s.pages)-1, x, y, text, st)
}

func (s *setter) textRight(x, y float64, text string, st style) {
	s.text(x-s.faces.of(st.bold).width(text, st.size), y, text, st)
}

// line draws a broken line with its top at y.
func (s *setter) line(x, y float64, l line, st style) { s.lineOn(len(s.pages)-1, x, y, l, st) }

func (s *setter) lineOn(page int, x, y float64, l line, st style) {
	for _, f := range l.fragments {
		fs := st
		fs.bold = f.bold
		s.textOn(page, x+f.x, y+st.baseline(), f.text, fs)
	}
	if l.space {
		s.endWithSpace(page)
	}
}

// endWithSpace has a space follow the last text of a page.
func (s *setter) endWithSpace(page int) {
	if n := len(s.pages[page]); n > 0 {
		s.pages[page][n-1].space = true
	}
}

// baseline is how far the baseline lies below the top of a line.
func (s style) baseline() float64 { return s.leading() * 0.74 }

func (s *setter) rule(x0, y, x1, thickness float64, colour RGB) {
	s.draw(drawing{kind: drawLine, x: x0, y: y, w: x1 - x0, thickness: thickness, style: style{colour: colour}})
}

func (s *setter) fill(b Box, colour RGB) {
	s.draw(drawing{kind: drawFill, x: b.X, y: b.Y, w: b.W, h: b.H, style: style{colour: colour}})
}

// image draws an artwork and returns its height. Without words that say what it
// shows it is decoration.
func (s *setter) image(a *Artwork, alt string, x, y, maxW, maxH float64) float64 {
	w, h := a.fit(maxW, maxH)
	s.figure(drawing{kind: drawImage, x: x, y: y, w: w, h: h, artwork: a}, alt)
	return h
}

func (s *setter) figure(d drawing, alt string) {
	if alt != "" {
		d.tag = s.tree.add(max(s.parent, documentElement), roleFigure)
		s.tree.elements[d.tag].alt = alt
	}
	s.draw(d)
}

// newPage begins a page; pages after the first say whose letter it is.
func (s *setter) newPage() {
	const usual = 160 // drawings of a page
	s.pages = append(s.pages, make([]drawing, 0, usual))
	s.fresh = true
	s.y = pageTop
	if len(s.pages) == 1 {
		return
	}
	s.as(0, s.runningHead)
}

// runningHead says whose letter it is as far as a line goes: the first page holds
// all of the name.
func (s *setter) runningHead() {
	st, date := s.small(), s.lang.Date(s.letter.Date)
	name := s.faces.breakLines(s.head, st, textWidth-columnGap-s.faces.regular.width(date+"…", st.size))
	s.line(leftEdge, 17-st.baseline(), name[0], st)
	if len(name) > 1 {
		s.text(leftEdge+name[0].width, 17, "…", st)
	}
	s.textRight(rightEdge, 17, date, st)
	s.rule(leftEdge, 19.5, rightEdge, 0.15, paleRule)
}

// room is the height left on the page.
func (s *setter) room() float64 { return s.bottom - s.y }

// need begins a page unless h fits on this one.
func (s *setter) need(h float64) {
	if s.room() < h && !s.fresh {
		s.newPage()
	}
}

// advance moves down after something was drawn.
func (s *setter) advance(h float64) {
	s.y += h
	s.fresh = false
}

// flow sets lines, over pages where it must: never one line of a paragraph
// alone on a page, and the last two with the tail millimetres that follow.
func (s *setter) flow(x float64, lines []line, st style, tail float64) {
	step := st.leading()
	for len(lines) > 0 {
		n := s.take(len(lines), step, tail)
		if n == 0 {
			s.newPage()
			continue
		}
		for _, l := range lines[:n] {
			s.line(x, s.y, l, st)
			s.advance(step)
		}
		lines = lines[n:]
	}
}

// take is how many of n lines go on this page; 0 for a new page first.
func (s *setter) take(n int, step, tail float64) int {
	if float64(n)*step+tail <= s.room()+1e-6 {
		return n
	}
	capacity := int((s.room() + 1e-6) / step)
	k := min(capacity, n-2)
	switch {
	case s.fresh && k < 2:
		return max(min(capacity, n), 1) // taller than a page: no rule helps
	case k < 2:
		return 0
	}
	return k
}
