package pdf

import (
	"math"
	"strconv"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// painter writes what the setter placed as the content of a page: first what
// lies below, then images, then all text in one text object. Positions are
// hundredths of a point, a tenth of what a printer can place.
type painter struct {
	faces   faces
	used    [2]codeSet
	tree    *structure
	images  map[*Artwork]int // numbers of their resources
	ordered []*Artwork
	forms   []form

	page   int
	out    []byte
	style  style // as the content has set it
	styled bool
	x, y   int // of the last text
	tag    int32
}

const hundredths = 100 / mmPerPoint

func newPainter(f faces, tree *structure) *painter {
	return &painter{faces: f, tree: tree, images: map[*Artwork]int{}, used: [2]codeSet{newCodeSet(f.regular), newCodeSet(f.bold)}}
}

// paint returns the content of a page. It is valid until the next call.
func (p *painter) paint(page int, drawings []drawing) []byte {
	p.page, p.out, p.styled, p.x, p.y, p.tag = page, p.out[:0], false, 0, 0, 0
	p.below(drawings)
	for i := range drawings {
		switch d := &drawings[i]; d.kind {
		case drawImage:
			p.image(d)
		case drawCode:
			p.code(d)
		case drawForm:
			p.form(d)
		}
	}
	p.texts(drawings)
	return p.out
}

// below draws fills and lines, which nobody needs to read.
func (p *painter) below(drawings []drawing) {
	open := false
	for i := range drawings {
		d := &drawings[i]
		if d.kind != drawFill && d.kind != drawLine {
			continue
		}
		if !open {
			p.op("/Artifact BMC\n")
			open = true
		}
		x, y, w, h := points(d.x), pageUp(d.y), points(d.w), points(d.h)
		if d.kind == drawFill {
			p.colour(d.style.colour, "g\n", "rg\n")
			p.numbers(x, y-h, w, h)
			p.op("re f\n")
			continue
		}
		p.colour(d.style.colour, "G\n", "RG\n")
		p.numbers(points(d.thickness))
		p.op("w ")
		p.numbers(x, y)
		p.op("m ")
		p.numbers(x+w, y-h)
		p.op("l S\n")
	}
	if open {
		p.op("EMC\n")
	}
}

func points(mm float64) int { return int(math.Round(mm * hundredths)) }

// pageUp turns a height from the top of the page into one from its foot.
func pageUp(mm float64) int { return points(a4Height - mm) }

func (p *painter) op(s string) { p.out = append(p.out, s...) }

func (p *painter) numbers(all ...int) {
	for _, v := range all {
		p.out = append(appendHundredths(p.out, v), ' ')
	}
}

// appendHundredths writes a hundredth of v.
func appendHundredths(out []byte, v int) []byte {
	if v < 0 {
		out, v = append(out, '-'), -v
	}
	out = strconv.AppendInt(out, int64(v/100), 10)
	if v %= 100; v > 0 {
		out = append(out, '.', byte('0'+v/10))
		if v%10 > 0 {
			out = append(out, byte('0'+v%10))
		}
	}
	return out
}

// colour sets a grey or a colour by the operator for each.
func (p *painter) colour(c RGB, grey, rgb string) {
	shares := []uint8{c.R, c.G, c.B}
	if c.R == c.G && c.G == c.B {
		shares, rgb = shares[:1], grey
	}
	for _, v := range shares {
		p.out = strconv.AppendFloat(p.out, math.Round(float64(v)/255*1000)/1000, 'f', -1, 64)
		p.out = append(p.out, ' ')
	}
	p.op(rgb)
}

// open begins marked content of an element, or of none.
func (p *painter) open(tag int32) {
	if tag == 0 {
		p.op("/Artifact BMC\n")
		return
	}
	p.op("/" + roleNames[p.tree.elements[tag].role].name + "<</MCID ")
	p.out = strconv.AppendInt(p.out, int64(p.tree.mark(p.page, tag)), 10)
	p.op(">>BDC\n")
}

// image draws an artwork: a figure where it says something, else decoration.
func (p *painter) image(d *drawing) {
	nr, known := p.images[d.artwork]
	if !known {
		nr = len(p.ordered)
		p.images[d.artwork] = nr
		p.ordered = append(p.ordered, d.artwork)
	}
	p.figure(d)
	p.op("q ")
	p.numbers(points(d.w), 0, 0, points(d.h), points(d.x), pageUp(d.y+d.h))
	p.op("cm /I")
	p.out = strconv.AppendInt(p.out, int64(nr), 10)
	p.op(" Do Q\nEMC\n")
}

// form draws a page of another file.
func (p *painter) form(d *drawing) {
	p.figure(d)
	p.op("q " + p.forms[d.form].matrix + " cm /P")
	p.out = strconv.AppendInt(p.out, int64(d.form), 10)
	p.op(" Do Q\nEMC\n")
}

// figure begins the marked content of a figure and notes its box.
func (p *painter) figure(d *drawing) {
	if d.tag != 0 {
		box := appendHundredths(nil, points(d.x))
		for _, v := range []int{pageUp(d.y + d.h), points(d.x + d.w), pageUp(d.y)} {
			box = appendHundredths(append(box, ' '), v)
		}
		p.tree.elements[d.tag].box = string(box)
	}
	p.open(d.tag)
}

// code draws the modules of a QR code: one rectangle for each run in a row, all
// filled at once, so that no viewer smooths them.
func (p *painter) code(d *drawing) {
	side := len(d.modules)
	p.figure(d)
	p.op("q 0 g ")
	unit := d.w / float64(side) / mmPerPoint
	scale := strconv.FormatFloat(unit, 'f', 5, 64)
	p.op(scale + " 0 0 " + scale + " ")
	p.numbers(points(d.x), pageUp(d.y+d.h))
	p.op("cm\n")
	for row, modules := range d.modules {
		for from := 0; from < side; from++ {
			to := from
			for to < side && modules[to] {
				to++
			}
			if to == from {
				continue
			}
			p.numbers(100*from, 100*(side-1-row), 100*(to-from), 100)
			p.op("re\n")
			from = to
		}
	}
	p.op("f Q\nEMC\n")
}

// texts writes all text of the page.
func (p *painter) texts(drawings []drawing) {
	begun := false
	for i := range drawings {
		d := &drawings[i]
		if d.kind != drawText {
			continue
		}
		if !begun {
			p.op("BT\n")
			p.open(d.tag)
			begun, p.tag = true, d.tag
		}
		if p.tag != d.tag {
			p.op("EMC\n")
			p.open(d.tag)
			p.tag = d.tag
		}
		p.text(d)
	}
	if begun {
		p.op("EMC\nET\n")
	}
}

// fontNames name the faces as the pages' resources do, by weight.
var fontNames = [2]string{"/F0 ", "/F1 "}

func (p *painter) text(d *drawing) {
	if !p.styled || p.style.bold != d.style.bold || p.style.size != d.style.size {
		p.op(fontNames[p.faces.of(d.style.bold).weight])
		p.numbers(int(math.Round(d.style.size * 100)))
		p.op("Tf ")
	}
	if !p.styled || p.style.colour != d.style.colour {
		p.colour(d.style.colour, "g ", "rg ")
	}
	p.style, p.styled = d.style, true
	x, y := points(d.x), pageUp(d.y)
	p.numbers(x-p.x, y-p.y)
	p.op("Td ")
	p.x, p.y = x, y
	p.show(d, p.faces.of(d.style.bold))
}

// show writes a string, the combining marks in it one by one.
func (p *painter) show(d *drawing, face *typeface) {
	used := &p.used[face.weight]
	p.out = append(p.out, '(')
	var base cluster
	for _, r := range d.text {
		code := face.code(r)
		used.add(code)
		if isMark(r) && base.code != 0 {
			base = p.mark(base, code, r, face)
			continue
		}
		base.close(p)
		base = cluster{code: code}
		p.out = appendCode(p.out, code)
	}
	base.close(p)
	if d.space {
		space := face.code(' ')
		used.add(space)
		p.out = appendCode(p.out, space)
	}
	p.op(")Tj\n")
}

// cluster is a character with the marks that were placed on it so far.
type cluster struct {
	code        uint16
	marked      bool
	top, bottom int // of the ink, in thousandths of an em
}

// close takes up the line again after marks.
func (c cluster) close(p *painter) {
	if c.marked {
		p.op("0 Ts(")
	}
}

// markGap is left between a character and a mark, and between marks, in
// thousandths of an em.
const markGap = 55

// mark places a combining mark: centred on its character, above or below all ink
// that is there, as far as its class says (Unicode, chapter 2.11).
func (p *painter) mark(base cluster, code uint16, r rune, face *typeface) cluster {
	b, m := face.extentOf(base.code), face.extentOf(code)
	advance := face.font.thousandths(face.slots[base.code].glyph)
	if !base.marked {
		base.top, base.bottom = b.y1, b.y0
		p.op(")Tj\n")
	}
	centre := (b.x0 + b.x1) / 2
	if b == (extent{}) {
		centre = advance / 2
	}
	shift := centre - (m.x0+m.x1)/2 - advance
	rise := 0
	switch norm.NFC.PropertiesString(string(r)).CCC() {
	case 230:
		rise = max(0, base.top+markGap-m.y0)
		base.top = m.y1 + rise
	case 220:
		rise = min(0, base.bottom-markGap-m.y1)
		base.bottom = m.y0 + rise
	}
	p.out = appendHundredths(p.out, int(math.Round(float64(rise)*p.style.size/10)))
	p.op(" Ts[")
	p.out = append(strconv.AppendInt(p.out, int64(-shift), 10), '(')
	p.out = appendCode(p.out, code)
	back := shift + face.font.thousandths(face.slots[code].glyph)
	p.out = append(strconv.AppendInt(append(p.out, ')'), int64(back), 10), "]TJ\n"...)
	base.marked = true
	return base
}

// isMark reports whether a rune stands on the one before it.
func isMark(r rune) bool { return r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me) }

// appendCode writes a code of two bytes as part of a literal string. A carriage
// return would be read as a line feed (ISO 32000-1, 7.3.4.2).
func appendCode(out []byte, code uint16) []byte {
	for _, b := range [2]byte{byte(code >> 8), byte(code)} {
		switch b {
		case '(', ')', '\\':
			out = append(out, '\\', b)
		case '\r':
			out = append(out, '\\', 'r')
		default:
			out = append(out, b)
		}
	}
	return out
}
