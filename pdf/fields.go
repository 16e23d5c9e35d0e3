package pdf

import (
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const maxParents = 32 // of a form field

// Flags of form fields (ISO 32000-1, tables 226, 228 and 230).
const (
	fieldMultiline = 1 << 12
	fieldPassword  = 1 << 13
	fieldRadio     = 1 << 15
	fieldPush      = 1 << 16
	fieldCombo     = 1 << 17
	fieldComb      = 1 << 24
)

// inheritedEntry finds an entry of a field in itself or in a field above it
// (ISO 32000-1, 12.7.3.1).
func (s *source) inheritedEntry(d types.Dict, key string) types.Object {
	for range maxParents {
		if v := s.resolve(d[key]); v != nil {
			return v
		}
		if d = s.dict(d["Parent"]); d == nil {
			break
		}
	}
	return nil
}

// formEntry is inheritedEntry for what the form as a whole may say too.
func (s *source) formEntry(d types.Dict, key string) types.Object {
	if v := s.inheritedEntry(d, key); v != nil {
		return v
	}
	return s.resolve(s.dict(s.catalog["AcroForm"])[key])
}

// drawsAnew reports whether viewers draw the fields of the file from their
// values, whatever appearance they have. They do not where that would break a
// signature.
func (s *source) drawsAnew() bool {
	form := s.dict(s.catalog["AcroForm"])
	return s.boolean(form["NeedAppearances"]) && s.integer(form["SigFlags"])&1 == 0
}

// fieldAppearance is the appearance of a form field: its own, or one made from
// its value where it has none or viewers would make one. drawn is false where
// there is something to be seen that cannot be made here.
func (s *source) fieldAppearance(d types.Dict) (appearance types.Object, drawn bool) {
	own := s.appearance(d)
	switch kind, _ := s.inheritedEntry(d, "FT").(types.Name); {
	case kind == "Btn" && own == nil && !s.hasStates(d):
		return s.drawField(d, (*formField).button)
	case kind == "Btn":
		return own, true
	case kind == "Tx" && (own == nil || s.drawsAnew()):
		return s.drawField(d, (*formField).text)
	case kind == "Ch" && (own == nil || s.drawsAnew()):
		return s.drawField(d, (*formField).choice)
	}
	return own, true
}

// formField is a form field in the making. Its space begins at the lower left
// corner of its rectangle, turned as the field is.
type formField struct {
	*sketch
	da            defaultAppearance
	flags         int
	width, height float64
	edge          float64 // width of its border
}

func (s *source) drawField(d types.Dict, draw func(*formField) bool) (types.Object, bool) {
	k := s.sketch(d)
	if !k.area.wide() {
		return nil, true // without a size nobody sees it
	}
	da, err := s.readAppearance(s.formEntry(d, "DA"))
	if err != nil {
		return nil, false
	}
	f := &formField{sketch: k, da: da, width: k.area.x1 - k.area.x0, height: k.area.y1 - k.area.y0, edge: 1}
	f.flags = s.integer(s.inheritedEntry(d, "Ff"))
	f.turn()
	f.frame()
	if !draw(f) {
		return nil, false
	}
	return f.form(), true
}

// turn sets the space of a field that is turned (MK/R).
func (f *formField) turn() {
	r := f.s.integer(f.s.dict(f.dict["MK"])["R"])
	switch (r%360 + 360) % 360 {
	case 90:
		f.matrix = matrix{0, 1, -1, 0, 0, 0}
		f.width, f.height = f.height, f.width
	case 180:
		f.matrix = matrix{-1, 0, 0, -1, 0, 0}
	case 270:
		f.matrix = matrix{0, -1, 1, 0, 0, 0}
		f.width, f.height = f.height, f.width
	}
	f.area = corners{0, 0, f.width, f.height}
}

// frame draws the background and the border of a field (MK/BG, MK/BC). Those of
// a radio button are round.
func (f *formField) frame() {
	look := f.s.dict(f.dict["MK"])
	if w, ok := f.s.number(f.s.dict(f.dict["BS"])["W"]); ok && w >= 0 {
		f.edge = w
	}
	ground, border := f.rectangle, f.edges
	if f.flags&fieldRadio != 0 {
		ground, border = f.round, f.round
	}
	if f.colour(look["BG"], fillColour) {
		ground(f.area)
		f.op("f")
	}
	if f.edge > 0 && f.colour(look["BC"], strokeColour) {
		f.border()
		border(f.area.inset(f.edge / 2))
		f.op("S")
	}
}

// round draws a circle in the middle of a box.
func (f *formField) round(c corners) {
	side := min(c.x1-c.x0, c.y1-c.y0)
	x, y := (c.x0+c.x1-side)/2, (c.y0+c.y1-side)/2
	f.ellipse(corners{x, y, x + side, y + side})
}

// inner is where the text of a field may be.
func (f *formField) inner() corners { return f.area.inset(max(2*f.edge, 1)) }

// text draws the value of a text field.
func (f *formField) text() bool {
	value, ok := settable(f.da.face, f.s.plainText(f.s.inheritedEntry(f.dict, "V")))
	if !ok {
		return false
	}
	if f.flags&fieldPassword != 0 {
		value = strings.Repeat("*", len([]rune(value)))
	}
	length := f.s.integer(f.s.inheritedEntry(f.dict, "MaxLen"))
	switch {
	case value == "":
	case f.flags&fieldMultiline != 0:
		f.multiline(value)
	case f.flags&fieldComb != 0 && length > 0 && length <= 1000:
		f.comb(value, length)
	default:
		f.single(strings.ReplaceAll(value, "\n", " "))
	}
	return true
}

func (f *formField) align() int {
	n, _ := f.s.formEntry(f.dict, "Q").(types.Integer)
	return int(n)
}

// clipped draws within the inner box.
func (f *formField) clipped(draw func(box corners)) {
	box := f.inner()
	if !box.wide() {
		return
	}
	f.WriteString("q\n")
	f.rectangle(box)
	f.WriteString("W n\n")
	draw(box)
	f.WriteString("Q\n")
}

const (
	leastSize    = 4.0
	fieldFill    = 0.67 // the size of a text that fills a field's height
	capitalsHalf = 0.36 // half the height of capitals, in ems
)

// single sets one line, in the middle of the height.
func (f *formField) single(value string) {
	f.clipped(func(box corners) {
		size := f.da.size
		if size <= 0 {
			size = max(leastSize, fieldFill*f.height)
			if w := f.da.face.points(value, size); w > box.x1-box.x0 {
				size = max(leastSize, size*(box.x1-box.x0)/w)
			}
		}
		f.show(f.da, size, aligned(f.da, size, box, value, f.align()), f.height/2-capitalsHalf*size, value)
	})
}

// multiline breaks the value over lines. A size of 0 is 12, or what fits.
func (f *formField) multiline(value string) {
	box := f.inner()
	if f.da.size <= 0 {
		for f.da.size = standardSize; f.da.size > leastSize; f.da.size-- {
			lines := wrap(f.da.face, value, f.da.size, box.x1-box.x0)
			if float64(len(lines))*f.da.size*lineSpacing <= box.y1-box.y0 {
				break
			}
		}
	}
	f.paragraph(f.da, box, value, f.align())
}

// comb sets each character in the middle of a cell of its own.
func (f *formField) comb(value string, cells int) {
	f.clipped(func(corners) {
		size, cell := f.da.size, f.width/float64(cells)
		if size <= 0 {
			size = max(leastSize, fieldFill*f.height)
		}
		runes := []rune(value)
		first := max(0, cells-len(runes)) * max(0, min(f.align(), 2)) / 2
		for i, r := range runes[:min(len(runes), cells)] {
			x := (float64(first+i)+0.5)*cell - f.da.face.points(string(r), size)/2
			f.show(f.da, size, x, f.height/2-capitalsHalf*size, string(r))
		}
	})
}

// choice draws the chosen value, in a list among the others.
func (f *formField) choice() bool {
	chosen := f.chosen()
	if f.flags&fieldCombo == 0 {
		return f.listBox(chosen)
	}
	if len(chosen) == 0 {
		return true
	}
	shown, ok := settable(f.da.face, f.shown(chosen[0]))
	if ok && shown != "" {
		f.single(strings.ReplaceAll(shown, "\n", " "))
	}
	return ok
}

// chosen are the stored values of what is chosen: by value, or by place in the list
// where no value is given (I).
func (f *formField) chosen() []string {
	var all []string
	for _, o := range f.s.list(f.s.inheritedEntry(f.dict, "V")) {
		all = append(all, f.s.plainText(o))
	}
	if len(all) > 0 {
		return all
	}
	options := f.options()
	places, _ := f.s.inheritedEntry(f.dict, "I").(types.Array)
	for _, o := range places {
		if n, ok := f.s.resolve(o).(types.Integer); ok && n >= 0 && int(n) < len(options) {
			all = append(all, options[n][0])
		}
	}
	return all
}

// options are the choices of a field: what is stored and what is shown.
func (f *formField) options() [][2]string {
	list, _ := f.s.inheritedEntry(f.dict, "Opt").(types.Array)
	var all [][2]string
	for _, o := range list[:min(len(list), maxOptions)] {
		stored, shown := o, o
		if pair := f.s.array(o); len(pair) == 2 {
			stored, shown = pair[0], pair[1]
		}
		all = append(all, [2]string{f.s.plainText(stored), f.s.plainText(shown)})
	}
	return all
}

const maxOptions = 10_000

// shown is what stands for a stored value.
func (f *formField) shown(value string) string {
	for _, o := range f.options() {
		if o[0] == value {
			return o[1]
		}
	}
	return value
}

// listBox draws the options from the first one shown (TI), the chosen ones on a
// ground.
func (f *formField) listBox(chosen []string) bool {
	size := f.da.size
	if size <= 0 {
		size = standardSize
	}
	options := f.options()
	first := min(max(f.s.integer(f.s.inheritedEntry(f.dict, "TI")), 0), len(options))
	ok := true
	f.clipped(func(box corners) {
		top := box.y1
		for _, o := range options[first:] {
			if top < box.y0 {
				return
			}
			shown, fits := settable(f.da.face, o[1])
			if ok = ok && fits; !ok {
				return
			}
			line := size * lineSpacing
			if slices.Contains(chosen, o[0]) {
				f.op("rg", 0.6, 0.75, 0.85)
				f.rectangle(corners{box.x0, top - line, box.x1, top})
				f.op("f")
			}
			f.show(f.da, size, box.x0, top-size*0.9, shown)
			top -= line
		}
	})
	return ok
}

// button draws a caption, or the mark of a box or a radio button that is on.
func (f *formField) button() bool {
	caption := f.s.plainText(f.s.dict(f.dict["MK"])["CA"])
	if f.flags&fieldPush != 0 {
		text, ok := settable(f.da.face, caption)
		if ok && text != "" {
			f.caption(text)
		}
		return ok
	}
	if f.on() {
		f.mark(caption)
	}
	return true
}

func (f *formField) caption(text string) {
	f.clipped(func(box corners) {
		size := f.da.size
		if size <= 0 {
			size = min(standardSize, max(leastSize, fieldFill*f.height))
		}
		f.show(f.da, size, aligned(f.da, size, box, text, 1), f.height/2-capitalsHalf*size, text)
	})
}

// on reports whether a box or a radio button is ticked: by its state, or by its
// value where it has no state.
func (f *formField) on() bool {
	state := f.s.name(f.dict["AS"])
	if state == "" && f.flags&fieldRadio == 0 {
		state = f.s.plainText(f.s.inheritedEntry(f.dict, "V"))
	}
	return state != "" && state != "Off"
}

// mark draws the sign of a ticked button. Its style is a letter of ZapfDingbats.
func (f *formField) mark(style string) {
	if style == "" && f.flags&fieldRadio != 0 {
		style = "l"
	}
	side := max(min(f.width, f.height)-4*f.edge, 1)
	x, y := (f.width-side)/2, (f.height-side)/2
	f.WriteString("q " + f.da.colour + f.da.stroke + matrix{side, 0, 0, side, x, y}.operands() + " cm 0.12 w\n")
	shape, ok := marks[style]
	switch {
	case style == "l":
		f.ellipse(corners{0.1, 0.1, 0.9, 0.9})
		f.op("f")
	case style == "8":
		f.path([]point{{0.1, 0.1}, {0.9, 0.9}}, false)
		f.path([]point{{0.1, 0.9}, {0.9, 0.1}}, false)
		f.op("S")
	case ok:
		f.path(shape, true)
		f.op("f")
	default:
		f.path([]point{{0.12, 0.5}, {0.38, 0.18}, {0.88, 0.86}}, false)
		f.op("S")
	}
	f.WriteString("Q\n")
}

// marks are the filled ones, in a square of side 1.
var marks = map[string][]point{
	"n": {{0.1, 0.1}, {0.9, 0.1}, {0.9, 0.9}, {0.1, 0.9}},
	"u": {{0.5, 0.05}, {0.95, 0.5}, {0.5, 0.95}, {0.05, 0.5}},
	"H": {{0.5, 1}, {0.62, 0.65}, {1, 0.65}, {0.69, 0.42}, {0.81, 0.05}, {0.5, 0.28}, {0.19, 0.05}, {0.31, 0.42}, {0, 0.65}, {0.38, 0.65}},
}
