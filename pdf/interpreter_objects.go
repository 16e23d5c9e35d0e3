package pdf

import (
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	maxKeptForm  = 256 << 10 // a form is kept decoded when it is smaller
	maxKeptForms = 16 << 20
)

// xobject draws an image or a form.
func (in *interpreter) xobject(o []token) error {
	ref := in.resource("XObject", o[0].bytes)
	sd := in.s.stream(ref)
	if sd == nil {
		in.troubled = true
		return nil
	}
	if !in.s.layerShown(sd.Dict["OC"]) {
		return nil
	}
	switch in.s.name(sd.Dict["Subtype"]) {
	case "Image":
		in.image(sd, objectNumber(ref), sd.Dict["ColorSpace"])
	case "Form":
		return in.form(sd, objectNumber(ref))
	}
	return nil
}

// image marks the unit square, in which only what is dark is ink. A mask is
// drawn in the fill colour.
func (in *interpreter) image(sd *types.StreamDict, nr int, space types.Object) {
	isMask := in.s.boolean(firstOf(sd.Dict, "ImageMask", "IM"))
	in.troubled = in.troubled || len(sd.Raw) == 0 || !knownFilters(sd.FilterPipeline)
	box := in.gs.ctm.bounds(0, 0, 1, 1)
	if !in.seen(in.gs.fill) || isMask && in.isPaper(in.gs.fill) {
		return
	}
	clear := isMask || sd.Dict["SMask"] != nil || sd.Dict["Mask"] != nil
	if in.paper == paperWhite && !clear && in.opaque(in.gs.fill) && in.gs.ctm.upright() {
		in.putMark(mark{box: box, cover: true})
	}
	p := &picture{s: in.s, ctm: in.gs.ctm, decode: func() *raster { return in.s.rasterOf(sd, nr, space) }}
	if in.paper == paperNone || in.paper == paperBlack && (isMask || !in.s.isGrey(space)) {
		p = nil // in a mask it is the light that shows, and of a colour it is not known here
	}
	in.putMark(mark{kind: InkImage, box: box, picture: p})
}

// rasterOf keeps the image that was decoded last: several zones ask for it.
func (s *source) rasterOf(sd *types.StreamDict, nr int, space types.Object) *raster {
	if s.lastImage.sd != sd && (nr == 0 || s.lastImage.nr != nr) {
		s.lastImage.sd, s.lastImage.nr = sd, nr
		s.lastImage.raster = s.raster(sd, space)
	}
	return s.lastImage.raster
}

// inlineImage draws the image whose dictionary and data were just passed.
func (in *interpreter) inlineImage() {
	p := parser{lexer: lexer{data: in.inline.dict}, o: in.s.objects}
	d := p.dict(p.items(tokenDictClose, 0))
	sd := &types.StreamDict{Dict: d, Raw: in.inline.data, FilterPipeline: in.s.filters(d)}
	space := firstOf(d, "ColorSpace", "CS")
	if name, ok := space.(types.Name); ok {
		if named := in.resource("ColorSpace", []byte(name)); named != nil {
			space = named
		}
	}
	in.image(sd, 0, space)
}

// shade fills the clip.
func (in *interpreter) shade() {
	if in.seen(in.gs.fill) {
		in.put(InkDrawing, in.gs.clip)
	}
}

// form runs a form's content in its own coordinates, clipped to its box.
func (in *interpreter) form(sd *types.StreamDict, nr int) error {
	if in.active[nr] && nr != 0 {
		in.troubled = true // a form that draws itself
		return nil
	}
	in.s.formCalls++
	if in.depth >= in.s.limits.FormDepth || in.s.formCalls > in.s.limits.FormCalls {
		return tooComplex("forms")
	}
	content, err := in.formContent(sd, nr)
	if err != nil {
		return err
	}
	outer := *in
	in.depth++
	in.active[nr] = true
	in.stack, in.path, in.marked = nil, path{}, nil
	in.enterForm(sd.Dict)
	err = in.run(content)
	delete(in.active, nr)
	troubled := in.troubled
	*in = outer
	in.troubled = troubled
	return err
}

func (in *interpreter) enterForm(d types.Dict) {
	if m, ok := in.s.matrix(d["Matrix"]); ok {
		in.gs.ctm = m.then(in.gs.ctm)
	}
	if x0, y0, x1, y1, ok := in.s.rectangle(d["BBox"]); ok {
		in.gs.clip = in.gs.clip.intersect(in.gs.ctm.bounds(x0, y0, x1, y1))
		in.gs.clipExact = in.gs.clipExact && in.gs.ctm.upright()
	}
	if in.s.name(in.s.dict(d["Group"])["S"]) == "Transparency" {
		in.enterGroup()
	}
	if r := in.s.dict(d["Resources"]); r != nil {
		in.resources = r
	}
}

// enterGroup hands what makes the group transparent over to all that it draws
// (ISO 32000-1, 11.6.6).
func (in *interpreter) enterGroup() {
	in.alpha *= in.gs.fill.alpha
	if in.gs.mask != nil {
		in.veils = append(slices.Clip(in.veils), in.gs.mask)
	}
	in.gs.fill.alpha, in.gs.stroke.alpha, in.gs.mask = 1, 1, nil
}

// formContent decodes a form, once for all its uses when it is small.
func (in *interpreter) formContent(sd *types.StreamDict, nr int) ([]byte, error) {
	if c, ok := in.s.forms[nr]; ok && nr != 0 {
		return c, nil
	}
	content, whole, err := in.s.decode(sd)
	if err != nil {
		return nil, err
	}
	in.troubled = in.troubled || !whole
	if nr != 0 && len(content) <= maxKeptForm && in.s.kept+len(content) <= maxKeptForms {
		in.s.forms[nr] = content
		in.s.kept += len(content)
	}
	return content, nil
}

// beginMarked opens marked content; hidden layers leave no ink.
func (in *interpreter) beginMarked(o []token, withProperties bool) {
	hides := false
	if withProperties && len(o) >= 2 && string(o[0].bytes) == "OC" && o[1].kind == tokenName {
		hides = !in.s.layerShown(in.resource("Properties", o[1].bytes))
	}
	if len(in.marked) >= maxStates {
		return
	}
	in.marked = append(in.marked, hides)
	if hides {
		in.hidden++
	}
}

func (in *interpreter) endMarked() {
	n := len(in.marked)
	if n == 0 {
		return
	}
	if in.marked[n-1] {
		in.hidden--
	}
	in.marked = in.marked[:n-1]
}
