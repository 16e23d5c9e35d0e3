package pdf

import (
	"fmt"
	"math"
)

// firstPage sets what stands above the body: sender, recipient, date,
// references and subject.
func (s *setter) firstPage() {
	s.newPage()
	end := s.sender()
	s.recipient()
	if s.theme.FoldMarks {
		s.foldMarks()
	}
	s.y = math.Max(end, math.Max(s.layout.Window.Bottom(), s.layout.addressText().Bottom())) + 7
	s.dateAndReferences()
	s.subject()
}

// addressText is where the recipient's lines go, also without a window.
func (l Layout) addressText() Box {
	if l.Text.IsZero() {
		return commonText
	}
	return l.Text
}

// addressOnRight reports which half of the page the address takes.
func (l Layout) addressOnRight() bool { return l.addressText().X > a4Width/2 }

// rightColumn is where the date and the signature begin: below the address
// when that is on the right.
func (s *setter) rightColumn() float64 {
	if s.layout.addressOnRight() {
		return s.layout.addressText().X
	}
	return rightColumn
}

// sender sets the logo and the sender's lines on the half that the address
// leaves free, and returns where they end.
func (s *setter) sender() float64 {
	x, width := leftEdge, math.Min(66, s.windowLeft()-leftEdge-2)
	if !s.layout.addressOnRight() {
		x = math.Max(rightColumn, s.layout.Window.Right()+3)
		width = rightEdge - x
	}
	y := 14.0
	if logo := s.letter.Sender.Logo; logo != nil {
		y += s.image(logo, x, y, math.Min(logoWidth, width), logoHeight) + 4
	}
	name := style{size: s.theme.BodySize + 0.5, bold: true, colour: s.theme.Accent}
	for _, l := range s.faces.breakLines(s.letter.Sender.Name, name, width) {
		s.line(x, y, l, name)
		y += name.leading()
	}
	st := s.small()
	for _, text := range s.letter.Sender.Lines {
		for _, l := range s.faces.breakLines(text, st, width) {
			s.line(x, y, l, st)
			y += st.leading()
		}
	}
	return y
}

func (s *setter) windowLeft() float64 {
	if s.layout.Window.IsZero() {
		return s.layout.addressText().X
	}
	return s.layout.Window.X
}

// recipient fits the address into its box: the lines move closer before they
// grow smaller, and what does not fit at 7 points is an error.
func (s *setter) recipient() {
	box, lines := s.layout.addressText(), s.letter.Recipient
	size := math.Min(s.theme.BodySize+0.5, box.H/mmPerPoint/1.16/math.Max(float64(len(lines)), 1))
	for i, text := range lines {
		for s.faces.regular.width(text, size) > box.W && size > 7 {
			size -= 0.25
		}
		s.checks.Require(s.faces.regular.width(text, size) <= box.W, fmt.Sprintf("Recipient[%d]", i),
			fmt.Sprintf("is wider than the %.0f mm of the address box", box.W), "shorten the line (38 characters by NF Z10-011)")
	}
	st := style{size: size, colour: ink}
	step := math.Min(st.leading(), box.H/math.Max(float64(len(lines)), 1))
	for i, text := range lines {
		s.text(box.X, box.Y+step*float64(i)+math.Min(st.baseline(), step*0.8), text, st)
	}
}

func (s *setter) foldMarks() {
	for _, y := range s.layout.Folds {
		x := math.Max(edge.Left, s.layout.Margins.Left) + 1
		s.rule(x, y, x+3, 0.15, grey)
	}
}

// dateAndReferences sets two columns: references on the left, the date on the
// right above the body, as French letters have it.
func (s *setter) dateAndReferences() {
	st := s.body()
	column := s.rightColumn()
	s.text(column, s.y+st.baseline(), s.lang.placeAndDate(s.letter.Place, s.letter.Date), st)
	y := s.y
	width := column - leftEdge - columnGap
	if s.letter.Delivery != "" {
		mention := style{size: st.size - 0.5, bold: true, colour: ink}
		for _, l := range s.faces.breakLines(s.letter.Delivery, mention, width) {
			s.line(leftEdge, y, l, mention)
			y += mention.leading()
		}
	}
	y += st.baseline() - s.small().baseline() // on the date's baseline
	y = s.fields(leftEdge, y, width, s.letter.References, s.small())
	s.y = math.Max(y, s.y+st.leading()) + 5
}

// fields sets labels and values in two columns and returns where they end.
func (s *setter) fields(x, y, width float64, fields []Field, st style) float64 {
	label := 0.0
	for _, f := range fields {
		label = math.Max(label, s.faces.regular.width(f.Label, st.size))
	}
	label = math.Min(label+3, width*0.6)
	value := style{size: st.size, colour: ink}
	for _, f := range fields {
		labels := s.faces.breakLines(f.Label, st, label)
		values := s.faces.breakLines(f.Value, value, width-label)
		for i := range max(len(labels), len(values)) {
			if i < len(labels) {
				s.line(x, y, labels[i], st)
			}
			if i < len(values) {
				s.line(x+label, y, values[i], value)
			}
			y += st.leading()
		}
	}
	return y
}

func (s *setter) subject() {
	if s.letter.Subject == "" {
		return
	}
	st := style{size: s.theme.BodySize + 1, bold: true, colour: s.theme.Accent}
	for _, l := range s.faces.breakLines(s.lang.subject+s.letter.Subject, st, textWidth) {
		s.line(leftEdge, s.y, l, st)
		s.advance(st.leading())
	}
	s.advance(3.5)
}

// foot sets the footer on every page, once their number is known.
func (s *setter) foot() {
	st := style{size: 7.5, colour: grey}
	top := footerEnd - float64(len(s.letter.Footer))*st.leading()
	for page := range s.pages {
		if len(s.letter.Footer) > 0 {
			s.drawOn(page, drawing{kind: drawLine, x: leftEdge, y: top - 1.8, w: textWidth, thickness: 0.15, style: style{colour: paleRule}})
		}
		for i, text := range s.letter.Footer {
			w := s.faces.regular.width(text, st.size)
			s.textOn(page, (leftEdge+rightEdge-w)/2, top+float64(i)*st.leading()+st.baseline(), text, st)
		}
		s.pageNumber(page, top)
	}
}

func (s *setter) pageNumber(page int, footerTop float64) {
	count := s.letter.Numbering
	if count.Of == 0 {
		count = Numbering{First: 1, Of: len(s.pages)}
		if count.Of < 2 {
			return
		}
	}
	st := style{size: 8, colour: grey}
	text := s.lang.pageOf(count.First+page, count.Of)
	s.textOn(page, rightEdge-s.faces.regular.width(text, st.size), footerTop-3.2, text, st)
}

// bodyBottom leaves room for the footer and the page number above it.
func (s *setter) bodyBottom() float64 {
	st := style{size: 7.5}
	return footerEnd - float64(len(s.letter.Footer))*st.leading() - 9
}
