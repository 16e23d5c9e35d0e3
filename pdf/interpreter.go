package pdf

import (
	"bytes"
	"math"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	maxOperands = 1 << 16
	maxStates   = 512 // depth of q
)

// graphics is the part of the graphics state that decides where ink lands.
type graphics struct {
	ctm          matrix // user space to millimetres on the page
	clip         Box
	fill, stroke paint
	lineWidth    float64
	text         textState
	mask         *softMask
	blends       bool // in another mode than Normal
	clipExact    bool // the clip is its box
}

// paint is a colour reduced to what matters: does it leave ink on paper.
type paint struct {
	white, black bool
	alpha        float64
	space        colourSpace
	palette      []uint8 // of an indexed space: how light each colour is
}

// colourSpace says how the components of a colour are read.
type colourSpace byte

const (
	spaceAdditive    colourSpace = iota // grey and RGB: ones are white
	spaceSubtractive                    // CMYK and tints: zeros are white
	spaceIndexed
	spaceLab
	spacePattern // never taken for white
	spaceNone    // paints nothing: the colorant None (ISO 32000-1, 8.6.6.4)
)

// paper is the colour that leaves no ink: white, but for soft masks.
type paper byte

const (
	paperWhite paper = iota
	paperBlack       // what is black in a mask hides
	paperNone        // the shape of a mask counts, whatever its colour
)

const leastAlpha = 0.004 // below a level of grey of 255

// isPaper reports whether the paint is the colour of the paper.
func (in *interpreter) isPaper(p paint) bool {
	return in.paper == paperWhite && p.white || in.paper == paperBlack && p.black
}

func (in *interpreter) seen(p paint) bool {
	return p.space != spaceNone && p.alpha*in.alpha > leastAlpha
}

func (in *interpreter) inks(p paint) bool { return !in.isPaper(p) && in.seen(p) }

// covers reports whether the paint is paper that hides what lies below it.
func (in *interpreter) covers(p paint) bool {
	return in.isPaper(p) && in.opaque(p) && in.hidden == 0
}

// opaque reports whether nothing shows through what is painted now.
func (in *interpreter) opaque(p paint) bool {
	return p.alpha*in.alpha > 1-leastAlpha && in.gs.mask == nil && len(in.veils) == 0 && !in.gs.blends && in.gs.clipExact
}

// interpreter draws one page into marks. It covers the operators that place
// ink (ISO 32000-1, annex A) and passes over the rest.
type interpreter struct {
	s         *source
	emit      func(mark)
	usedFont  func(*font)
	page0     page
	paper     paper
	alpha     float64     // of the groups that are open
	veils     []*softMask // of the groups that are open
	kind      InkKind     // of what is drawn now, when an annotation draws it
	resources types.Dict
	gs        graphics
	stack     []graphics
	path      path
	text      textMatrices
	hidden    int // depth of hidden optional content
	marked    []bool
	depth     int // of forms
	active    map[int]bool
	troubled  bool // something could not be drawn
	lost      bool // none of the page's content could be read

	known, unknown int // operators met
	inline         struct{ dict, data []byte }
}

func newInterpreter(s *source, p page, emit func(mark)) *interpreter {
	black := paint{black: true, alpha: 1}
	return &interpreter{
		s: s, emit: emit, page0: p, alpha: 1, resources: s.dict(p.resources), active: map[int]bool{},
		usedFont: func(*font) {},
		gs: graphics{
			ctm: p.toSheet(), clip: p.visible(), fill: black, stroke: black, lineWidth: 1,
			text: textState{scale: 1}, clipExact: true,
		},
	}
}

// page draws the page's content streams as one, with a break between them.
func (in *interpreter) page(p page) error {
	c, err := in.s.pageContent(p)
	if err != nil {
		return err
	}
	in.troubled, in.lost = !c.whole, c.lost
	return in.run(c.bytes)
}

// unread reports whether the page's content could not be read: none of its
// streams, or words in it that hardly any viewer knows and no ink.
func (in *interpreter) unread(blank bool) bool {
	return in.lost || in.unknown > 0 && (in.known == 0 || blank && in.unknown > in.known)
}

// run interprets one content stream. The error is a bound that was hit.
func (in *interpreter) run(content []byte) error {
	l := lexer{data: content}
	operands := make([]token, 0, 64)
	nested, image := 0, 0
	for {
		t := l.next()
		switch t.kind {
		case tokenEOF:
			in.cutOff(operands)
			return nil
		case tokenDictOpen:
			nested++
		case tokenDictClose:
			nested--
			continue
		case tokenKeyword:
			if err := in.count(); err != nil {
				return err
			}
			switch string(t.bytes) {
			case "BI":
				image = l.pos
			case "ID":
				in.inline.dict = content[min(image, l.pos-2) : l.pos-2]
				data := l.pos
				l.skipInlineImage() // to its EI, which draws it
				in.inline.data = inlineData(content[data:l.pos])
				t.bytes = inlineImageEnd
			}
			if err := in.operator(t.bytes, operands); err != nil {
				return err
			}
			operands, nested, l.scratch = operands[:0], 0, l.scratch[:0]
			continue
		}
		if nested > 0 {
			continue // dictionaries are operands of marked content and inline images only
		}
		if len(operands) == maxOperands {
			return tooComplex("operands")
		}
		operands = append(operands, t)
	}
}

func (in *interpreter) count() error {
	in.s.operations++
	if in.s.operations > in.s.limits.Operations {
		return tooComplex("drawing operations")
	}
	if in.s.operations%1024 == 0 {
		return in.s.ctx.Err()
	}
	return nil
}

// cutOff takes operands that no operator follows for the end of content that was
// cut off, or for something else than content.
func (in *interpreter) cutOff(operands []token) {
	if len(operands) > 0 {
		in.troubled = true
		in.unknown++
	}
}

// inlineData is the data between ID and EI, each with its white space.
func inlineData(b []byte) []byte {
	b = bytes.TrimSuffix(b, inlineImageEnd)
	if len(b) > 0 {
		b = b[1:]
	}
	return trimLineEnd(b)
}

var inlineImageEnd = []byte("EI")

// operator is one entry of the operator table.
type operator struct {
	operands int
	run      func(*interpreter, []token) error
}

// operator runs one; with too few operands it is passed over.
func (in *interpreter) operator(name []byte, operands []token) error {
	if string(name) == "Do" && len(operands) > 0 {
		in.known++
		return in.xobject(operands) // not in the table: forms run operators themselves
	}
	op, ok := operators[string(name)]
	if ok || withoutInk[string(name)] {
		in.known++
	} else {
		in.unknown++
	}
	if !ok || len(operands) < op.operands {
		return nil
	}
	return op.run(in, operands)
}

func op(n int, f func(*interpreter, []token)) operator {
	return operator{n, func(in *interpreter, o []token) error { f(in, o); return nil }}
}

func (in *interpreter) save() {
	if len(in.stack) < maxStates {
		in.stack = append(in.stack, in.gs)
	}
}

func (in *interpreter) restore() {
	if n := len(in.stack); n > 0 {
		in.gs, in.stack = in.stack[n-1], in.stack[:n-1]
	}
}

func (in *interpreter) concat(o []token) {
	in.gs.ctm = matrixOf(o).then(in.gs.ctm)
}

func matrixOf(o []token) matrix {
	o = o[len(o)-6:]
	return matrix{o[0].num, o[1].num, o[2].num, o[3].num, o[4].num, o[5].num}
}

// graphicsState reads what an ExtGState changes of interest here.
func (in *interpreter) graphicsState(o []token) {
	d := in.s.dict(in.resource("ExtGState", o[0].bytes))
	if v, ok := in.s.number(d["LW"]); ok {
		in.gs.lineWidth = v
	}
	if v, ok := in.s.number(d["ca"]); ok {
		in.gs.fill.alpha = v
	}
	if v, ok := in.s.number(d["CA"]); ok {
		in.gs.stroke.alpha = v
	}
	if o := in.s.resolve(d["BM"]); o != nil {
		in.gs.blends = o != types.Name("Normal") && o != types.Name("Compatible")
	}
	switch m := in.s.resolve(d["SMask"]).(type) {
	case types.Name:
		in.gs.mask = nil
	case types.Dict:
		in.gs.mask = in.newSoftMask(m)
	}
	if f := in.s.array(d["Font"]); len(f) == 2 {
		in.gs.text.font = in.s.font(f[0])
		in.gs.text.size, _ = in.s.number(f[1])
	}
}

// resource finds what a name of the content stands for, which may have to be
// looked for in the whole file.
func (in *interpreter) resource(category string, name []byte) types.Object {
	o := in.s.dict(in.s.need(in.resources[category]))[string(name)]
	in.s.need(o)
	return o
}

// device sets a colour in a device space.
func (p *paint) device(o []token, space colourSpace) {
	p.space = space
	p.setColour(o)
}

// setColour reads the operands of a colour operator in the current space.
func (p *paint) setColour(o []token) {
	p.white, p.black = false, false
	n := make([]float64, 0, 4)
	for _, t := range o {
		if t.kind != tokenNumber {
			return
		}
		n = append(n, t.num)
	}
	if len(n) == 0 {
		return
	}
	switch p.space {
	case spaceAdditive:
		p.white, p.black = near(n, 1), near(n, 0)
	case spaceSubtractive:
		p.white = near(n, 0)
		p.black = len(n) == 4 && (near(n[3:], 1) || near(n[:3], 1))
	case spaceLab:
		p.white = n[0] > 99.6 && (len(n) < 3 || near(n[1:3], 0))
	case spaceIndexed:
		if i := int(n[0]); i >= 0 && i < len(p.palette) {
			p.white = p.palette[i] == 255
		}
	}
}

func near(n []float64, to float64) bool {
	for _, v := range n {
		if math.Abs(v-to) > leastAlpha {
			return false
		}
	}
	return true
}

// setSpace takes the initial colour of a colour space, black for all but
// patterns (ISO 32000-1, 8.6.8).
func (in *interpreter) setSpace(p *paint, name []byte) {
	o := in.resource("ColorSpace", name)
	family, params := string(name), in.s.array(o)
	if params != nil {
		family = in.s.name(params[0])
	} else if n := in.s.name(o); n != "" {
		family = n
	}
	*p = paint{alpha: p.alpha, black: true}
	switch family {
	case "DeviceCMYK":
		p.space = spaceSubtractive
	case "Separation", "DeviceN":
		p.space, p.black = spaceSubtractive, false
		if in.s.paintsNothing(params) {
			p.space = spaceNone
		}
	case "ICCBased":
		if len(params) > 1 && in.s.integer(in.s.dict(params[1])["N"]) == 4 {
			p.space = spaceSubtractive
		}
	case "Lab":
		p.space = spaceLab
	case "Pattern":
		p.space, p.black = spacePattern, false
	case "Indexed":
		var m sampled
		in.s.readPalette(&m, params)
		p.space, p.palette, p.black = spaceIndexed, m.palette, false
	}
}

// paintsNothing is true of a space of inks all of which are called None.
func (s *source) paintsNothing(space types.Array) bool {
	if len(space) < 2 {
		return false
	}
	for _, ink := range s.list(space[1]) {
		if s.name(ink) != "None" {
			return false
		}
	}
	return true
}

// put emits a mark cut to the clip, unless it leaves no trace.
func (in *interpreter) put(kind InkKind, b Box) { in.putMark(mark{kind: kind, box: b}) }

func (in *interpreter) putMark(m mark) {
	if in.hidden > 0 {
		return
	}
	if m.box = m.box.intersect(in.gs.clip); m.box.empty() {
		return
	}
	if in.kind != "" && !m.cover {
		m.kind = in.kind
	}
	m.veils = in.veils
	if in.gs.mask != nil {
		m.veils = append(slices.Clip(in.veils), in.gs.mask)
	}
	in.emit(m)
}

func (in *interpreter) putStroke(s segment) {
	if in.hidden > 0 || !s.touches(in.gs.clip) {
		return
	}
	in.putMark(mark{kind: InkDrawing, box: s.box(), stroke: &s})
}
