package pdf

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// firstPage sets what stands above the body: sender, recipient, date,
// references and subject.
func (s *setter) firstPage() {
	s.newPage()
	end := s.sender()
	if !s.letter.EmptyWindow {
		s.recipient()
	}
	if s.theme.FoldMarks {
		s.foldMarks()
	}
	s.y = math.Max(end, math.Max(s.layout.Window.Bottom(), s.layout.addressText().Bottom())) + 7
	s.dateAndReferences()
	s.subject()
}

// fits refuses what ends at y when that is below the text of the first page: it
// would run off it. What follows is not to blame.
func (s *setter) fits(field string, y float64) {
	s.checks.Require(y <= s.bottom || s.checks.Err() != nil, field, "does not fit on the first page", "shorten it")
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
		y += s.image(logo, "", x, y, math.Min(logoWidth, width), logoHeight) + 4
	}
	name := style{size: s.theme.BodySize + 0.5, bold: true, colour: s.theme.Accent}
	y = s.stack(x, y, s.lines(s.letter.Sender.Name, name, width), name)
	var lines []line
	for _, text := range s.letter.Sender.Lines {
		lines = append(lines, s.faces.breakLines(text, s.small(), width)...)
	}
	y = s.stack(x, y, lines, s.small())
	s.fits("Sender", y)
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
	s.leaf(roleParagraph, func() {
		for i, text := range lines {
			s.text(box.X, box.Y+step*float64(i)+math.Min(st.baseline(), step*0.8), text, st)
			if i < len(lines)-1 {
				s.endWithSpace(len(s.pages) - 1)
			}
		}
	})
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
	y := s.y
	dated := s.stack(column, y, s.lines(s.lang.placeAndDate(s.letter.Place, s.letter.Date), st, rightEdge-column), st)
	s.fits("Place", dated)
	width := column - leftEdge - columnGap
	mention := style{size: st.size - 0.5, bold: true, colour: ink}
	y = s.stack(leftEdge, y, s.lines(s.letter.Delivery, mention, width), mention)
	s.fits("Delivery", y)
	if s.letter.EmptyWindow {
		y = s.stack(leftEdge, y, s.lines(s.lang.recipient+inOneLine(s.letter.Recipient), s.small(), width), s.small())
		s.fits("Recipient", y)
	}
	y += st.baseline() - s.small().baseline() // on the date's baseline
	y = s.fields(leftEdge, y, width, s.letter.References, s.small())
	s.fits("References", y)
	s.y = math.Max(y, dated) + 5
}

// inOneLine joins the lines of an address; the number that one begins with stays with
// the word after it.
func inOneLine(address []string) string {
	lines := slices.Clone(address)
	for i, l := range lines {
		if l != "" && l[0] >= '0' && l[0] <= '9' {
			lines[i] = strings.Replace(l, " ", "\u00a0", 1)
		}
	}
	return strings.Join(lines, ", ")
}

func (s *setter) subject() {
	if s.letter.Subject == "" {
		return
	}
	st := style{size: s.theme.BodySize + 1, bold: true, colour: s.theme.Accent}
	s.leaf(roleHeading, func() {
		for _, l := range s.faces.breakLines(s.lang.subject+s.letter.Subject, st, textWidth) {
			s.line(leftEdge, s.y, l, st)
			s.advance(st.leading())
		}
	})
	s.fits("Subject", s.y)
	s.advance(3.5)
}

var footStyle = style{size: 7.5, colour: grey}

// maxFooterLines keeps the footer out of the letter.
const maxFooterLines = 12

// breakFooter breaks the footer's lines where they are wider than the text.
func (s *setter) breakFooter() {
	for _, text := range s.letter.Footer {
		s.footer = append(s.footer, s.faces.breakLines(text, footStyle, textWidth)...)
	}
	s.checks.Require(len(s.footer) <= maxFooterLines, "Footer", fmt.Sprintf("takes more than %d lines", maxFooterLines), "shorten it")
}

// foot sets the footer on every page, once their number is known.
func (s *setter) foot() {
	top := s.footerTop()
	for page := range s.pages {
		if len(s.footer) > 0 {
			s.drawOn(page, drawing{kind: drawLine, x: leftEdge, y: top - 1.8, w: textWidth, thickness: 0.15,
				style: style{colour: paleRule}})
		}
		for i, l := range s.footer {
			s.lineOn(page, (leftEdge+rightEdge-l.width)/2, top+float64(i)*footStyle.leading(), l, footStyle)
		}
		s.pageNumber(page, top)
	}
}

func (s *setter) footerTop() float64 { return footerEnd - float64(len(s.footer))*footStyle.leading() }

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
func (s *setter) bodyBottom() float64 { return s.footerTop() - 9 }
