package pdf

import (
	"fmt"
	"math"
	"strings"
)

const (
	paragraphGap = 2.6
	listIndent   = 6.0
)

// blocks sets the body. The last text before the signature stays with it.
func (s *setter) blocks() {
	tail := s.closingHeight()
	for i, b := range s.letter.Blocks {
		after := 0.0
		if i == len(s.letter.Blocks)-1 {
			after = tail
		}
		switch b := b.(type) {
		case Paragraph:
			s.paragraph(string(b), after)
		case List:
			s.list(b, after)
		case Details:
			s.details(b, after)
		case InvoiceTable:
			s.table(b, after)
		}
	}
}

func (s *setter) paragraph(text string, tail float64) {
	st := s.body()
	s.flow(leftEdge, s.faces.breakLines(text, st, textWidth), st, tail)
	s.advance(paragraphGap)
}

func (s *setter) list(l List, tail float64) {
	st := s.body()
	for i, item := range l.Items {
		after := 0.0
		if i == len(l.Items)-1 {
			after = tail
		}
		lines := s.faces.breakLines(item, st, textWidth-listIndent)
		if s.take(len(lines), st.leading(), after) == 0 {
			s.newPage()
		}
		mark := "–"
		if l.Numbered {
			mark = fmt.Sprintf("%d.", i+1)
		}
		s.text(leftEdge+1, s.y+st.baseline(), mark, st)
		s.flow(leftEdge+listIndent, lines, st, after)
		s.advance(1)
	}
	s.advance(paragraphGap - 1)
}

// details sets a framed block; it stays in one piece.
func (s *setter) details(d Details, tail float64) {
	const pad = 3.2
	title := style{size: s.theme.BodySize, bold: true, colour: s.theme.Accent}
	st := style{size: s.theme.BodySize - 0.5, colour: grey}
	height := s.fieldsHeight(d.Rows, textWidth-2*pad, st) + 2*pad
	if d.Title != "" {
		height += title.leading() + 0.8
	}
	s.need(height + math.Min(tail, 60))
	s.fill(Box{leftEdge, s.y, textWidth, height}, paleFill)
	s.fill(Box{leftEdge, s.y, 0.9, height}, s.theme.Accent)
	y := s.y + pad
	if d.Title != "" {
		s.text(leftEdge+pad+1, y+title.baseline(), d.Title, title)
		y += title.leading() + 0.8
	}
	s.fields(leftEdge+pad+1, y, textWidth-2*pad, d.Rows, st)
	s.advance(height + paragraphGap + 1)
}

// fieldsHeight is what fields will take.
func (s *setter) fieldsHeight(fields []Field, width float64, st style) float64 {
	probe := *s
	probe.pages, probe.used = [][]drawing{nil}, map[bool]map[rune]bool{false: {}, true: {}}
	return probe.fields(0, 0, width, fields, st)
}

const (
	signatureWidth  = 48.0
	signatureHeight = 20.0
)

// closingHeight is what signature and enclosures take.
func (s *setter) closingHeight() float64 {
	h := paragraphGap
	if sig := s.letter.Signature; !sig.isZero() {
		h += 5 + float64(max(2, len(s.signed())))*s.body().leading()
		if sig.Image != nil {
			_, ih := sig.Image.fit(signatureWidth, signatureHeight)
			h += ih + 2
		}
	}
	if len(s.letter.Enclosures) > 0 {
		h += 5 + float64(len(s.enclosureLines()))*s.small().leading()
	}
	return h
}

func (s *setter) closing() {
	s.need(s.closingHeight() - paragraphGap)
	st := s.body()
	if sig := s.letter.Signature; !sig.isZero() {
		s.advance(3)
		if sig.Image != nil {
			s.advance(s.image(sig.Image, s.rightColumn(), s.y, signatureWidth, signatureHeight) + 2)
		}
		for _, l := range s.signed() {
			s.line(s.rightColumn(), s.y, l, st)
			s.advance(st.leading())
		}
	}
	if len(s.letter.Enclosures) > 0 {
		s.advance(5)
		s.flow(leftEdge, s.enclosureLines(), s.small(), 0)
	}
}

// signed are the lines of the name, in bold, and of the title.
func (s *setter) signed() []line {
	var lines []line
	st, width := s.body(), rightEdge-s.rightColumn()
	bold := st
	bold.bold = true
	if name := s.letter.Signature.Name; name != "" {
		lines = s.faces.breakLines(name, bold, width)
	}
	if title := s.letter.Signature.Title; title != "" {
		lines = append(lines, s.faces.breakLines(title, st, width)...)
	}
	return lines
}

func (s *setter) enclosureLines() []line {
	colon := ": "
	if s.lang.subject != "" {
		colon = narrowNoBreak + ": "
	}
	return s.faces.breakLines(s.lang.enclosures+colon+strings.Join(s.letter.Enclosures, ", "), s.small(), textWidth)
}
