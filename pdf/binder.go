package pdf

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// binder binds pages of many sources into one file.
type binder struct {
	out         *writer
	root, tree  int
	pages       []int
	images      map[string]int
	bookmarks   []bookmark
	overlay     func(number int) string // drawn over each page, in points from its lower left corner
	overlayDict string                  // resources of the overlay
}

func newBinder(w io.Writer) *binder {
	b := &binder{out: newWriter(w), images: map[string]int{}}
	b.root, b.tree = b.out.alloc(), b.out.alloc()
	return b
}

func (b *binder) copyPages(s *source, pages []page, fit Fit, l Layout, stamps map[int][]Stamp) error {
	g := newGrafter(b.out, s)
	for _, p := range pages {
		s.pageBytes = 0
		nr := b.out.alloc()
		if err := b.copyPage(g, nr, p, fit, l, stamps[p.number]); err != nil {
			return err
		}
		b.pages = append(b.pages, nr)
		if err := g.drain(); err != nil {
			return err
		}
	}
	return g.drain()
}

// copyPage copies a page as it is where nothing is to change, else draws it as
// a form on a fresh page.
func (b *binder) copyPage(g *grafter, nr int, p page, fit Fit, l Layout, stamps []Stamp) error {
	var printed []annotation
	for _, a := range g.s.annotations(p) {
		if a.printed() {
			printed = append(printed, a)
		}
	}
	p = p.fitted(fit, l)
	if p.place == nil && len(printed) == 0 && len(stamps) == 0 && p.frame.unit == 1 && b.overlay == nil && !g.s.hidesContent(p.resources) {
		b.plainPage(g, nr, p)
		return nil
	}
	f := formPage{binder: b, g: g, page: p}
	f.width, f.height = p.sheet()
	return f.write(nr, printed, stamps)
}

// plainPage copies a page with what it inherits written out and its media box
// cut to what is seen.
func (b *binder) plainPage(g *grafter, nr int, p page) {
	d := []byte("<</Type /Page /Parent " + ref(b.tree))
	f := p.frame
	d = append(d, fmt.Sprintf("/MediaBox [%s %s %s %s]", num(f.x0), num(f.y0), num(f.x1), num(f.y1))...)
	if f.rotate != 0 {
		d = append(d, fmt.Sprintf("/Rotate %d", f.rotate)...)
	}
	d = append(d, "/Resources "...)
	d = g.value(d, types.Object(orEmpty(g.s.dict(p.resources))), 1)
	for _, key := range []string{"Contents", "Group"} {
		if o := p.dict[key]; o != nil {
			d = append(d, "/"+key+" "...)
			d = g.value(d, o, 1)
		}
	}
	b.out.object(nr, append(d, ">>"...))
}

func ref(nr int) string { return fmt.Sprintf("%d 0 R", nr) }

// num writes a number as PDF reads it.
func num(v float64) string {
	s := strings.TrimRight(fmt.Sprintf("%.5f", v), "0")
	return strings.TrimSuffix(s, ".")
}

func (m matrix) operands() string {
	return strings.Join([]string{num(m.a), num(m.b), num(m.c), num(m.d), num(m.e), num(m.f)}, " ")
}

// placement maps a page of w by h millimetres onto A4; nil where it stays.
func (f Fit) placement(w, h float64, l Layout) *matrix {
	target := Box{W: a4Width, H: a4Height}
	switch {
	case f == FitA4 && !isA4Within(w, h, l.Tolerances.size()):
	case f == FitPrintable:
		target = l.printable().inside()
	default:
		return nil
	}
	turn := identity
	if w > h { // counter-clockwise: the top of a wide page is on the left
		turn = matrix{0, -1, 1, 0, 0, w}
		w, h = h, w
	}
	k := min(target.W/w, target.H/h)
	if f == FitPrintable {
		k = min(k, 1)
	}
	fitted := turn.then(matrix{k, 0, 0, k, target.X + (target.W-w*k)/2, target.Y + (target.H-h*k)/2})
	return &fitted
}

// formPage is a page that is drawn as a form on a fresh one: turned, scaled
// and stamped, whatever state its own content leaves behind.
type formPage struct {
	*binder
	g             *grafter
	page          page
	width, height float64 // of the new page, mm
	content       strings.Builder
	objects       strings.Builder // entries of its XObject dictionary
}

// toPoints maps millimetres of the new page to its user space.
func (f *formPage) toPoints() matrix {
	const k = 1 / mmPerPoint
	return matrix{k, 0, 0, -k, 0, f.height * k}
}

// userSpace maps the old page's user space to the new one's.
func (f *formPage) userSpace() matrix {
	return f.page.toSheet().then(f.toPoints())
}

func (f *formPage) write(nr int, printed []annotation, stamps []Stamp) error {
	form, err := f.form()
	if err != nil {
		return err
	}
	f.use("P", form, f.userSpace())
	for i, a := range printed {
		if m, ok := f.g.s.placement(a, f.page.frame); ok {
			nr, err := f.appearance(a)
			if err != nil {
				return err
			}
			f.use(fmt.Sprintf("A%d", i), nr, m.then(f.userSpace()))
		}
	}
	for i, s := range stamps {
		w, h := s.Artwork.fit(s.Box.W, s.Box.H)
		m := matrix{w, 0, 0, -h, s.Box.X, s.Box.Y + h}.then(f.toPoints())
		f.use(fmt.Sprintf("S%d", i), f.image(s.Artwork), m)
	}
	if f.overlay != nil {
		f.content.WriteString(f.overlay(f.page.number))
	}
	contents := f.out.alloc()
	f.out.stream(contents, nil, []byte(f.content.String()))
	d := fmt.Sprintf("<</Type /Page /Parent %s/MediaBox [0 0 %s %s]/Resources <</XObject <<%s>>%s>>/Contents %s",
		ref(f.tree), num(f.width/mmPerPoint), num(f.height/mmPerPoint), f.objects.String(), f.overlayDict, ref(contents))
	body := []byte(d)
	if group := f.page.dict["Group"]; group != nil {
		body = f.g.value(append(body, "/Group "...), group, 1)
	}
	f.out.object(nr, append(body, ">>"...))
	return nil
}

// use draws an object through a matrix.
func (f *formPage) use(name string, nr int, m matrix) {
	fmt.Fprintf(&f.objects, "/%s %s", name, ref(nr))
	fmt.Fprintf(&f.content, "q %s cm /%s Do Q\n", m.operands(), name)
}

// form writes the page's content as a form. A single stream is taken as it is;
// several are joined with a break between them, and hidden layers cut out.
func (f *formPage) form() (int, error) {
	s, fr := f.g.s, f.page.frame
	box := types.Array{types.Float(fr.x0), types.Float(fr.y0), types.Float(fr.x1), types.Float(fr.y1)}
	force := types.Dict{"Type": types.Name("XObject"), "Subtype": types.Name("Form"), "BBox": box,
		"Resources": orEmpty(s.dict(f.page.resources))}
	nr := f.out.alloc()
	parts, _ := s.contents(f.page)
	hides := s.hidesContent(f.page.resources)
	if len(parts) == 1 && !hides {
		f.g.stream(nr, parts[0], force)
		return nr, nil
	}
	content, err := s.pageContent(f.page)
	if err == nil && hides {
		content.bytes, err = s.printedContent(content.bytes, f.page.resources)
	}
	if err != nil {
		return 0, err
	}
	entries := f.g.dict(nil, force, 0)
	f.out.deflated(nr, string(entries[2:len(entries)-2]), content.bytes)
	return nr, nil
}

// appearance copies what draws an annotation and names it a form. Viewers draw
// it on the page itself, whatever group it says it is: an isolated one would
// hide the text under a highlight.
func (f *formPage) appearance(a annotation) (int, error) {
	nr := f.out.alloc()
	err := f.g.drawn(nr, f.g.s.stream(a.appearance), types.Dict{
		"Type": types.Name("XObject"), "Subtype": types.Name("Form"), "Group": nil})
	return nr, err
}

// blank adds an empty A4 page.
func (b *binder) blank() {
	nr := b.out.alloc()
	b.out.object(nr, fmt.Appendf(nil, "<</Type /Page /Parent %s/MediaBox [0 0 %s %s]/Resources <<>>>>", ref(b.tree),
		num(a4Width/mmPerPoint), num(a4Height/mmPerPoint)))
	b.pages = append(b.pages, nr)
}

// image writes an artwork once for all its uses.
func (b *binder) image(a *Artwork) int {
	if nr, ok := b.images[a.key]; ok {
		return nr
	}
	nr := b.out.alloc()
	b.images[a.key] = nr
	entries := fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8", a.width, a.height)
	if a.kind == "jpg" {
		space := "/DeviceRGB"
		if a.image.ColorModel() == color.GrayModel {
			space = "/DeviceGray"
		}
		b.out.stream(nr, []byte(entries+"/ColorSpace "+space+"/Filter /DCTDecode"), a.data)
		return nr
	}
	space, pixels := rawPixels(a.image)
	b.out.deflated(nr, entries+"/ColorSpace "+space, pixels)
	return nr
}

// rawPixels returns the colour space and the samples of an image on white.
func rawPixels(img image.Image) (space string, pixels []byte) {
	if p, ok := img.(*image.Paletted); ok {
		var table bytes.Buffer
		for _, c := range p.Palette {
			r, g, b, _ := c.RGBA()
			fmt.Fprintf(&table, "%02X%02X%02X", r>>8, g>>8, b>>8)
		}
		return fmt.Sprintf("[/Indexed /DeviceRGB %d <%s>]", len(p.Palette)-1, table.String()), p.Pix
	}
	rgba := img.(*image.RGBA)
	pixels = make([]byte, 0, len(rgba.Pix)/4*3)
	for i := 0; i < len(rgba.Pix); i += 4 {
		pixels = append(pixels, rgba.Pix[i:i+3]...)
	}
	return "/DeviceRGB", pixels
}

// finish writes the page tree and the catalogue.
func (b *binder) finish() error {
	var kids strings.Builder
	for _, nr := range b.pages {
		kids.WriteString(ref(nr) + " ")
	}
	b.out.object(b.tree, fmt.Appendf(nil, "<</Type /Pages /Count %d /Kids [%s]>>", len(b.pages), kids.String()))
	catalog := "<</Type /Catalog /Pages " + ref(b.tree)
	if len(b.bookmarks) > 0 {
		catalog += "/PageMode /UseOutlines /Outlines " + ref(b.outline())
	}
	b.out.object(b.root, []byte(catalog+">>"))
	info := b.out.alloc()
	b.out.object(info, []byte("<</Producer (courrier)>>"))
	return b.out.finish(b.root, info)
}

// bookmark is a line of the outline.
type bookmark struct {
	title  string
	page   int // from 1
	nested bool
	nr     int
	below  []bookmark
}

// outline writes the bookmarks (ISO 32000-1, section 12.3.3), all of them open.
func (b *binder) outline() int {
	var top []bookmark
	for _, m := range b.bookmarks {
		m.nr = b.out.alloc()
		if m.nested {
			last := &top[len(top)-1]
			last.below = append(last.below, m)
		} else {
			top = append(top, m)
		}
	}
	root := b.out.alloc()
	b.siblings(root, top)
	b.out.object(root, fmt.Appendf(nil, "<</Type /Outlines /First %s /Last %s /Count %d>>", ref(top[0].nr), ref(top[len(top)-1].nr),
		len(b.bookmarks)))
	return root
}

func (b *binder) siblings(parent int, all []bookmark) {
	for i, m := range all {
		d := fmt.Sprintf("<</Title %s /Parent %s /Dest [%s /Fit]", textString(m.title), ref(parent), ref(b.pages[m.page-1]))
		if i > 0 {
			d += "/Prev " + ref(all[i-1].nr)
		}
		if i < len(all)-1 {
			d += "/Next " + ref(all[i+1].nr)
		}
		if n := len(m.below); n > 0 {
			d += fmt.Sprintf("/First %s /Last %s /Count %d", ref(m.below[0].nr), ref(m.below[n-1].nr), n)
		}
		b.out.object(m.nr, []byte(d+">>"))
		b.siblings(m.nr, m.below)
	}
}

// textString writes text as UTF-16 in hexadecimal, which needs no escapes.
func textString(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	return b.String() + ">"
}
