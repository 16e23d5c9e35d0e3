package pdf

import (
	"math"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	flagHidden = 1 << 1 // ISO 32000-1, table 165
	flagPrint  = 1 << 2
	flagNoView = 1 << 5

	maxAnnotations = 20_000 // of a page
)

// interactive checks the parts of the catalogue that act on screen only.
func (in *inspection) interactive() {
	s := in.s
	names := s.dict(s.catalog["Names"])
	if s.hasScript(s.catalog["OpenAction"]) || s.hasScripts(s.catalog["AA"]) || s.treeHolds(names["JavaScript"]) {
		in.findings.add(CodeJavaScript, 0, "")
	}
	if s.treeHolds(names["EmbeddedFiles"]) || len(s.array(s.catalog["AF"])) > 0 {
		in.findings.add(CodeEmbeddedFiles, 0, "")
	}
	form := s.dict(s.catalog["AcroForm"])
	if form["XFA"] != nil && s.boolean(s.catalog["NeedsRendering"]) {
		in.findings.add(CodeFormXFA, 0, "")
	}
	if s.integer(form["SigFlags"])&1 != 0 || s.dict(s.catalog["Perms"])["DocMDP"] != nil {
		in.findings.add(CodeSigned, 0, "")
	}
	for nr := range s.readLayersOff() {
		if nr != 0 {
			in.findings.add(CodeHiddenLayers, 0, "")
			break
		}
	}
}

// treeHolds reports whether a name tree has an entry; some producers write
// empty ones into every file.
func (s *source) treeHolds(o types.Object) bool {
	d := s.dict(o)
	return len(s.array(d["Names"])) > 0 || len(s.array(d["Kids"])) > 0
}

func (s *source) hasScript(action types.Object) bool {
	d := s.dict(action)
	return d["JS"] != nil || s.name(d["S"]) == "JavaScript"
}

func (s *source) hasScripts(actions types.Object) bool {
	for _, a := range s.dict(actions) {
		if s.hasScript(a) {
			return true
		}
	}
	return false
}

// annotation is what an inspection and a flattening need of one.
type annotation struct {
	dict       types.Dict
	subtype    string
	appearance types.Object // the form that draws it, nil for none
	flags      int
	field      bool
}

// printed reports whether a printer draws it (ISO 32000-1, 12.5.3).
func (a annotation) printed() bool {
	return a.flags&flagHidden == 0 && a.flags&flagPrint != 0 && a.appearance != nil && a.subtype != "Popup"
}

// onScreenOnly reports whether a viewer shows it and a printer does not.
func (a annotation) onScreenOnly() bool {
	return a.flags&(flagHidden|flagPrint|flagNoView) == 0 && a.appearance != nil &&
		a.subtype != "Popup" && a.subtype != "Link" && a.subtype != "Text"
}

func (s *source) annotations(p page) []annotation {
	var all []annotation
	for i, o := range s.array(p.dict["Annots"]) {
		d := s.dict(o)
		if d == nil || i >= maxAnnotations || !s.layerShown(d["OC"]) {
			continue
		}
		a := annotation{dict: d, subtype: s.name(d["Subtype"]), flags: s.integer(d["F"])}
		a.field = a.subtype == "Widget"
		a.appearance = s.appearance(d)
		all = append(all, a)
	}
	return all
}

// appearance finds the normal appearance, in the current state when there are
// several.
func (s *source) appearance(d types.Dict) types.Object {
	n := s.dict(d["AP"])["N"]
	if s.stream(n) != nil {
		return n
	}
	states := s.dict(n)
	if state := s.name(d["AS"]); state != "" && s.stream(states[state]) != nil {
		return states[state]
	}
	return nil
}

// placement maps the appearance's own box to the annotation's rectangle
// (ISO 32000-1, 12.5.5, algorithm 8.1).
func (s *source) placement(a annotation) (matrix, bool) {
	form := s.stream(a.appearance)
	rx0, ry0, rx1, ry1, ok := s.rectangle(a.dict["Rect"])
	if form == nil || !ok {
		return identity, false
	}
	bx0, by0, bx1, by1, ok := s.rectangle(form.Dict["BBox"])
	if !ok {
		return identity, false
	}
	m, _ := s.matrix(form.Dict["Matrix"])
	b := m.bounds(bx0, by0, bx1, by1)
	if b.W < 1e-6 || b.H < 1e-6 {
		return identity, false
	}
	sx, sy := (rx1-rx0)/b.W, (ry1-ry0)/b.H
	if math.IsInf(sx, 0) || math.IsInf(sy, 0) {
		return identity, false
	}
	return matrix{sx, 0, 0, sy, rx0 - b.X*sx, ry0 - b.Y*sy}, true
}

// annotations checks a page's annotations and draws what a printer draws.
func (in *inspection) annotations(p page, it *interpreter) error {
	if in.s.hasScripts(p.dict["AA"]) {
		in.findings.add(CodeJavaScript, p.number, "")
	}
	for _, a := range in.s.annotations(p) {
		in.annotation(p.number, a)
		if !a.printed() {
			continue
		}
		if err := it.annotation(a, p); err != nil {
			return err
		}
	}
	return nil
}

func (in *inspection) annotation(number int, a annotation) {
	s := in.s
	if s.hasScript(a.dict["A"]) || s.hasScripts(a.dict["AA"]) {
		in.findings.add(CodeJavaScript, number, "")
	}
	switch {
	case a.field:
		in.field(number, a)
	case a.subtype == "FileAttachment":
		in.findings.add(CodeEmbeddedFiles, number, "")
	case a.printed() && a.subtype != "Link":
		in.findings.add(CodeAnnotations, number, "")
	case a.onScreenOnly():
		in.findings.add(CodeAnnotationsScreen, number, "")
	}
}

// field checks a form field; its type and value may be its parent's.
func (in *inspection) field(number int, a annotation) {
	s := in.s
	if a.flags&flagHidden != 0 {
		return
	}
	kind, value := a.dict["FT"], a.dict["V"]
	parent := s.dict(a.dict["Parent"])
	if kind == nil {
		kind = parent["FT"]
	}
	if value == nil {
		value = parent["V"]
	}
	switch s.name(kind) {
	case "Sig":
		if s.dict(value) != nil {
			in.findings.add(CodeSigned, 0, "")
		}
		return
	case "Tx", "Ch":
		if value != nil && a.appearance == nil && a.flags&flagNoView == 0 && !emptyText(s.resolve(value)) {
			in.findings.add(CodeFormNotDrawn, number, "")
		}
	}
	in.findings.add(CodeFormFields, number, "")
	if a.onScreenOnly() {
		in.findings.add(CodeAnnotationsScreen, number, "")
	}
}

func emptyText(o types.Object) bool {
	switch v := o.(type) {
	case byteString:
		return v == ""
	case nil:
		return true
	}
	return false
}

// annotation draws an annotation's appearance where it stands.
func (in *interpreter) annotation(a annotation, p page) error {
	m, ok := in.s.placement(a)
	if !ok {
		return nil
	}
	fresh := newInterpreter(in.s, p, in.emit)
	fresh.usedFont = in.usedFont
	fresh.kind = InkAnnotation
	if a.field {
		fresh.kind = InkFormField
	}
	fresh.gs.ctm = m.then(fresh.gs.ctm)
	err := fresh.form(in.s.stream(a.appearance), objectNumber(a.appearance))
	in.troubled = in.troubled || fresh.troubled
	return err
}
