package pdf

import (
	"bytes"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// hidesContent reports whether content drawn with these resources may hold
// parts of layers that are not printed.
func (s *source) hidesContent(resources types.Object) bool {
	if len(s.layersOff()) == 0 {
		return false
	}
	properties := s.dict(s.dict(resources)["Properties"])
	s.work(len(properties))
	for _, o := range properties {
		if !s.layerShown(o) {
			return true
		}
	}
	return false
}

// layerCutter copies content without what stands in hidden layers. State that is
// set there stays, for what follows is drawn with it.
type layerCutter struct {
	in     *interpreter // keeps the state that the width of text depends on
	out    bytes.Buffer
	marked []bool // of each marked content that is open: is it a hidden layer
	hidden int    // how many of them are
}

// printedContent is content without its hidden layers.
func (s *source) printedContent(content []byte, resources types.Object) ([]byte, error) {
	c := layerCutter{in: newInterpreter(s, page{resources: resources}, func(mark) {})}
	l := lexer{data: content}
	var args []token
	start := 0
	for {
		t := l.next()
		switch t.kind {
		case tokenEOF:
			return c.out.Bytes(), nil
		case tokenKeyword:
			if err := c.in.count(); err != nil {
				return nil, err
			}
			if string(t.bytes) == "ID" {
				l.skipInlineImage()
				t.bytes = inlineImageEnd
			}
			c.operator(string(t.bytes), args, content[start:l.pos])
			args, l.scratch, start = args[:0], l.scratch[:0], l.pos
			continue
		}
		if len(args) < maxOperands {
			args = append(args, t)
		}
	}
}

// textState are the operators that the width of text depends on.
var textStateOperators = map[string]bool{"q": true, "Q": true, "Tf": true, "Tc": true, "Tw": true, "Tz": true, "gs": true}

// operator copies one operator with its operands, or what is left of it in a
// hidden layer.
func (c *layerCutter) operator(name string, args []token, text []byte) {
	if textStateOperators[name] {
		_ = c.in.operator([]byte(name), args) // it draws nothing that could hit a bound
	}
	switch name {
	case "BMC", "BDC":
		hides := name == "BDC" && len(args) >= 2 && string(args[0].bytes) == "OC" && args[1].kind == tokenName &&
			!c.in.s.layerShown(c.in.resource("Properties", args[1].bytes))
		c.marked = append(c.marked, hides)
		if hides {
			c.hidden++
		}
		if c.hidden > 0 {
			return
		}
	case "EMC":
		wasHidden := c.hidden > 0
		if n := len(c.marked); n > 0 {
			if c.marked[n-1] {
				c.hidden--
			}
			c.marked = c.marked[:n-1]
		}
		if wasHidden {
			return
		}
	}
	if c.hidden == 0 {
		c.out.Write(text)
		return
	}
	c.inHidden(name, args, text)
}

// inHidden keeps what sets state: paths are ended without paint, text is
// passed over by its width, images and forms go.
func (c *layerCutter) inHidden(name string, args []token, text []byte) {
	switch name {
	case "f", "F", "f*", "B", "B*", "b", "b*", "S", "s":
		c.out.WriteString("\nn")
	case "sh", "Do", "EI", "BI", "MP", "DP":
	case "Tj", "TJ":
		c.skip(args)
	case "'":
		c.out.WriteString("\nT*")
		c.skip(args)
	case "\"":
		if len(args) >= 3 {
			c.in.gs.text.wordSpace, c.in.gs.text.charSpace = args[0].num, args[1].num
			c.out.WriteString("\n" + num(args[0].num) + " Tw " + num(args[1].num) + " Tc T*")
			c.skip(args[2:])
		}
	default:
		c.out.Write(text)
	}
}

// skip moves by the width of what would have been shown.
func (c *layerCutter) skip(args []token) {
	ts := &c.in.gs.text
	if ts.font == nil || ts.size == 0 {
		return
	}
	moved := 0.0
	for _, t := range args {
		switch t.kind {
		case tokenNumber:
			moved -= t.num / 1000 * ts.size
		case tokenString:
			for s := t.bytes; len(s) > 0; {
				g := ts.font.next(s)
				s = s[g.bytes:]
				moved += c.in.glyphAdvance(ts.font, g)
			}
		}
	}
	c.out.WriteString("\n[" + num(-moved/ts.size*1000) + "] TJ")
}
