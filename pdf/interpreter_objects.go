package pdf

import (
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
		in.image(in.s.boolean(sd.Dict["ImageMask"]))
	case "Form":
		return in.form(sd, objectNumber(ref))
	}
	return nil
}

// image marks the unit square. A mask is drawn in the fill colour.
func (in *interpreter) image(isMask bool) {
	if isMask && !in.gs.fill.inks() || in.gs.fill.transparent {
		return
	}
	in.put(InkImage, in.gs.ctm.bounds(0, 0, 1, 1))
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
	}
	if r := in.s.dict(d["Resources"]); r != nil {
		in.resources = r
	}
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
