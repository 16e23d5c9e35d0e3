package pdf

import (
	"fmt"
	"math"
	"strings"

	goqr "github.com/piglig/go-qr"
)

// QRCode is a QR code with words beside it, such as the payment code that banks'
// apps read (EPC069-12). The library draws the payload as it is given and checks
// what that standard asks of a code: error correction of level M and at most 69
// modules a side.
type QRCode struct {
	Payload string // 1 to 331 bytes
	Title   string // in bold, such as "Pour régler par virement"
	Caption string // what to do with the code; takes **bold**
	Alt     string // what a screen reader says of it; default Title, else Caption
}

func (QRCode) isBlock() {}

const (
	maxPayload    = 331  // bytes (EPC069-12, 3.1)
	maxVersion    = 13   // 69 modules a side (EPC069-12, 2.3)
	quietModules  = 4    // left white around a code (ISO/IEC 18004, 5.3.8)
	qrSide        = 25.0 // mm, without the quiet zone
	minModuleSide = 0.4  // mm: what a printer's and a telephone's faults leave readable
)

// qrModules encodes a payload: true is black.
func qrModules(payload string) ([][]bool, error) {
	segments, err := goqr.MakeSegments(payload)
	if err != nil {
		return nil, err
	}
	const anyMask, keepLevel = -1, false
	code, err := goqr.EncodeSegments(segments, goqr.Medium, goqr.MinVersion, maxVersion, anyMask, keepLevel)
	if err != nil {
		return nil, err
	}
	side := code.Size()
	modules := make([][]bool, side)
	for y := range modules {
		modules[y] = make([]bool, side)
		for x := range modules[y] {
			modules[y][x] = code.Module(x, y)
		}
	}
	return modules, nil
}

// prepareQR checks the payload and makes the words ready.
func (s *setter) prepareQR(name string, q QRCode) QRCode {
	s.checks.Require(q.Payload != "" && len(q.Payload) <= maxPayload, name+".Payload", fmt.Sprintf("must be 1 to %d bytes", maxPayload),
		"shorten what it says")
	q.Title = s.prepare(q.Title, "%s.Title", name)
	q.Caption = s.prepare(q.Caption, "%s.Caption", name)
	q.Alt = strings.TrimSpace(s.lang.Text(q.Alt))
	for _, words := range []string{q.Title, q.Caption} {
		if q.Alt == "" {
			q.Alt = strings.TrimSpace(words)
		}
	}
	s.checks.Require(q.Alt != "", name+".Alt", "is empty", "say what the code is for, in Title, Caption or Alt")
	return q
}

// qr sets the code at the left and the words beside it, in one piece.
func (s *setter) qr(name string, q QRCode, tail float64) {
	modules, err := qrModules(q.Payload)
	if !s.checks.Require(err == nil, name+".Payload", "does not fit into 69 modules a side", "shorten what it says") {
		return
	}
	side := math.Max(qrSide, minModuleSide*float64(len(modules)))
	quiet := side / float64(len(modules)) * quietModules
	title, st := style{size: s.theme.BodySize, bold: true, colour: s.theme.Accent}, s.body()
	x := leftEdge + side + 2*quiet
	titles := s.lines(q.Title, title, rightEdge-x)
	caption := s.lines(q.Caption, st, rightEdge-x)
	words := float64(len(titles))*title.leading() + float64(len(caption))*st.leading()
	height := math.Max(side+2*quiet, words)
	if !s.checks.Require(height <= s.bottom-pageTop, name+".Caption", "is taller than a page", "shorten it") {
		return
	}
	s.need(height + math.Min(tail, maxTail))
	s.figure(drawing{kind: drawCode, x: leftEdge + quiet, y: s.y + quiet, w: side, h: side, modules: modules}, q.Alt)
	y := s.y + math.Max(0, height-words)/2
	y = s.stack(x, y, titles, title)
	s.stack(x, y, caption, st)
	s.advance(height + paragraphGap)
}

// lines breaks a text; an empty one has none.
func (s *setter) lines(text string, st style, width float64) []line {
	if text == "" {
		return nil
	}
	return s.faces.breakLines(text, st, width)
}

// stack sets lines as one paragraph and returns where they end.
func (s *setter) stack(x, y float64, lines []line, st style) float64 {
	if len(lines) == 0 {
		return y
	}
	s.leaf(roleParagraph, func() {
		for _, l := range spaced(lines) {
			s.line(x, y, l, st)
			y += st.leading()
		}
	})
	return y
}
