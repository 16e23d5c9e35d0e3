package pdf

import (
	"fmt"
	"math"
	"strings"
)

const (
	paragraphGap = 2.6
	listIndent   = 6.0
	// maxTail is how much of what follows a block stays with its end: more than
	// that would leave pages half empty.
	maxTail = 60.0
)

// farewellLines is how many lines a last paragraph may have that takes leave.
const farewellLines = 2

// tail is how much of what follows a block stays with its end: the signature with the
// last text, and with it the block before a farewell. A page that holds nothing but a
// farewell and a name says nothing of what was signed.
func (s *setter) tail(block int) float64 {
	after := s.letter.Blocks[block+1:]
	if len(after) == 0 {
		return s.closingHeight()
	}
	last, ok := after[0].(Paragraph)
	if len(after) > 1 || !ok {
		return 0
	}
	st := s.body()
	lines := len(s.faces.breakLines(string(last), st, textWidth))
	if lines > farewellLines {
		return 0
	}
	return paragraphGap + float64(lines)*st.leading() + s.closingHeight()
}

// blocks sets the body. The last text before the signature stays with it.
func (s *setter) blocks() {
	for i, b := range s.letter.Blocks {
		after := s.tail(i)
		switch b := b.(type) {
		case Paragraph:
			s.paragraph(string(b), after)
		case List:
			s.list(b, after)
		case Details:
			s.details(b, after)
		case InvoiceTable:
			s.table(fmt.Sprintf("Blocks[%d]", i), b, after)
		case QRCode:
			s.qr(fmt.Sprintf("Blocks[%d]", i), b, after)
		}
	}
}

func (s *setter) paragraph(text string, tail float64) {
	st := s.body()
	s.leaf(roleParagraph, func() { s.flow(leftEdge, s.faces.breakLines(text, st, textWidth), st, tail) })
	s.advance(paragraphGap)
}

func (s *setter) list(l List, tail float64) {
	if len(l.Items) == 0 {
		return
	}
	kind, mark := roleList, func(int) string { return "–" }
	if l.Numbered {
		kind, mark = roleListNumbered, func(i int) string { return fmt.Sprintf("%d.", i+1) }
	}
	indent := math.Max(listIndent, s.faces.regular.width(mark(len(l.Items)-1), s.body().size)+2.5)
	s.group(kind, func() {
		for i, item := range l.Items {
			after := 0.0
			if i == len(l.Items)-1 {
				after = tail
			}
			s.group(roleItem, func() { s.item(mark(i), item, indent, after) })
		}
	})
	s.advance(paragraphGap - 1)
}

func (s *setter) item(mark, text string, indent, tail float64) {
	st := s.body()
	lines := s.faces.breakLines(text, st, textWidth-indent)
	if s.take(len(lines), st.leading(), tail) == 0 {
		s.newPage()
	}
	s.leaf(roleLabel, func() { s.text(leftEdge+1, s.y+st.baseline(), mark, st) })
	s.leaf(roleBody, func() { s.flow(leftEdge+indent, lines, st, tail) })
	s.advance(1)
}

const (
	signatureWidth  = 48.0
	signatureHeight = 20.0
	// maxSigned is how many lines name and title may take: the signature stays in
	// one piece.
	maxSigned = 24
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
			s.advance(s.image(sig.Image, s.lang.signature, s.rightColumn(), s.y, signatureWidth, signatureHeight) + 2)
		}
		lines := s.signed()
		s.checks.Require(len(lines) <= maxSigned, "Signature", fmt.Sprintf("takes more than %d lines", maxSigned),
			"shorten the name and the title")
		s.leaf(roleParagraph, func() {
			for _, l := range lines {
				s.line(s.rightColumn(), s.y, l, st)
				s.advance(st.leading())
			}
		})
	}
	if len(s.letter.Enclosures) > 0 {
		s.advance(5)
		s.leaf(roleParagraph, func() { s.flow(leftEdge, s.enclosureLines(), s.small(), 0) })
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
	return spaced(lines)
}

func (s *setter) enclosureLines() []line {
	colon := ": "
	if s.lang.subject != "" {
		colon = narrowNoBreak + ": "
	}
	return s.faces.breakLines(s.lang.enclosures+colon+strings.Join(s.letter.Enclosures, ", "), s.small(), textWidth)
}
