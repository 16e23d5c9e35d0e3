package pdf

import (
	"math"

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
}

// paint is a colour reduced to what matters: does it leave ink on paper.
type paint struct {
	white       bool
	transparent bool
	components  int  // of its colour space; 0 when a pattern
	subtractive bool // CMYK and tints: zero is white
}

func (p paint) inks() bool { return !p.white && !p.transparent }

// interpreter draws one page into marks. It covers the operators that place
// ink (ISO 32000-1, annex A) and passes over the rest.
type interpreter struct {
	s         *source
	emit      func(mark)
	usedFont  func(*font)
	kind      InkKind // of what is drawn now, when an annotation draws it
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
}

func newInterpreter(s *source, p page, emit func(mark)) *interpreter {
	black := paint{components: 1}
	return &interpreter{
		s: s, emit: emit, resources: s.dict(p.resources), active: map[int]bool{},
		usedFont: func(*font) {},
		gs: graphics{
			ctm: p.toSheet(), clip: p.visible(), fill: black, stroke: black, lineWidth: 1,
			text: textState{scale: 1},
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
	return in.lost && blank || in.unknown > 0 && (in.known == 0 || blank && in.unknown > in.known)
}

// run interprets one content stream. The error is a bound that was hit.
func (in *interpreter) run(content []byte) error {
	l := lexer{data: content}
	operands := make([]token, 0, 64)
	nested := 0
	for {
		t := l.next()
		switch t.kind {
		case tokenEOF:
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
			if string(t.bytes) == "ID" {
				l.skipInlineImage() // to its EI, which draws it
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
		in.gs.fill.transparent = v <= 0.001
	}
	if v, ok := in.s.number(d["CA"]); ok {
		in.gs.stroke.transparent = v <= 0.001
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
func (p *paint) device(o []token, subtractive bool) {
	p.components = len(o)
	p.setColour(o, subtractive)
}

// setColour reads the operands of a colour operator in the current space.
func (p *paint) setColour(o []token, subtractive bool) {
	want := 1.0
	if subtractive {
		want = 0
	}
	p.white = len(o) > 0
	for _, t := range o {
		if t.kind != tokenNumber || math.Abs(t.num-want) > 0.004 {
			p.white = false
		}
	}
	p.subtractive = subtractive
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
	*p = paint{transparent: p.transparent, components: 3}
	switch family {
	case "DeviceCMYK", "Separation", "DeviceN":
		p.subtractive = true
	case "ICCBased":
		if len(params) > 1 {
			p.subtractive = in.s.integer(in.s.dict(params[1])["N"]) == 4
		}
	case "Indexed", "Lab", "Pattern":
		p.components = 0 // never taken for white
	}
}

func (p *paint) setCurrent(o []token) {
	if p.components == 0 {
		p.white = false
		return
	}
	p.setColour(o, p.subtractive)
}

// put emits a mark cut to the clip, unless it leaves no trace.
func (in *interpreter) put(kind InkKind, b Box) {
	if in.hidden > 0 {
		return
	}
	if b = b.intersect(in.gs.clip); b.empty() {
		return
	}
	if in.kind != "" {
		kind = in.kind
	}
	in.emit(mark{kind: kind, box: b})
}

func (in *interpreter) putStroke(s segment) {
	if in.hidden > 0 || !s.touches(in.gs.clip) {
		return
	}
	kind := InkDrawing
	if in.kind != "" {
		kind = in.kind
	}
	in.emit(mark{kind: kind, box: s.box().intersect(in.gs.clip), stroke: &s})
}
