package pdf

// InkKind says what puts ink, or would put it, where a finding is.
type InkKind string

// The kinds of ink.
const (
	InkText       InkKind = "text"
	InkHiddenText InkKind = "hidden-text" // invisible or white: no ink, but machines read it
	InkDrawing    InkKind = "drawing"
	InkImage      InkKind = "image"
	InkFormField  InkKind = "form-field"
	InkAnnotation InkKind = "annotation"
)

// mark is one thing drawn: a box, or a straight stroke, in millimetres.
type mark struct {
	kind   InkKind
	box    Box
	stroke *segment // set for strokes: only the line itself is ink
}

func (m mark) touches(b Box) bool {
	if m.stroke != nil {
		return m.stroke.touches(b)
	}
	return m.box.Overlaps(b) || m.box.flat() && m.box.Inset(-0.01).Overlaps(b)
}

// flat is true of a box without width or height: a hairline still prints.
func (b Box) flat() bool { return b.W == 0 || b.H == 0 }
