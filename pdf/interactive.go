package pdf

import (
	"math"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	flagInvisible = 1 << 0 // ISO 32000-1, table 165
	flagHidden    = 1 << 1
	flagPrint     = 1 << 2
	flagNoRotate  = 1 << 4
	flagNoView    = 1 << 5

	maxAnnotations = 20_000 // of a page
	annotationWork = 100    // drawing operations that one counts for
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
	if s.needsXFA() {
		in.findings.add(CodeFormXFA, 0, "")
	}
	if s.integer(form["SigFlags"])&1 != 0 || s.dict(s.catalog["Perms"])["DocMDP"] != nil {
		in.findings.add(CodeSigned, 0, "")
	}
	in.layers()
}

// needsXFA reports whether the pages that are meant exist only inside programs
// that know XFA.
func (s *source) needsXFA() bool {
	return s.dict(s.catalog["AcroForm"])["XFA"] != nil && s.boolean(s.catalog["NeedsRendering"])
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
	rect       corners      // where the appearance stands
	flags      int
	field      bool
	undrawn    bool // there is something to be seen that cannot be drawn
}

// meant reports whether a printer is to draw it (ISO 32000-1, 12.5.3). The flag
// Invisible is for subtypes that nobody knows.
func (a annotation) meant() bool {
	return a.flags&flagHidden == 0 && a.flags&flagPrint != 0 && a.subtype != "Popup" &&
		(a.flags&flagInvisible == 0 || knownSubtypes[a.subtype])
}

// knownSubtypes are those of ISO 32000-1, table 169.
var knownSubtypes = map[string]bool{
	"Text": true, "Link": true, "FreeText": true, "Line": true, "Square": true, "Circle": true, "Polygon": true, "PolyLine": true,
	"Highlight": true, "Underline": true, "Squiggly": true, "StrikeOut": true, "Stamp": true, "Caret": true, "Ink": true, "Popup": true,
	"FileAttachment": true, "Sound": true, "Movie": true, "Widget": true, "Screen": true, "PrinterMark": true, "TrapNet": true,
	"Watermark": true, "3D": true, "Redact": true,
}

// printed reports whether a printer draws it.
func (a annotation) printed() bool { return a.meant() && a.appearance != nil }

// onScreenOnly reports whether a viewer shows it and a printer does not.
func (a annotation) onScreenOnly() bool {
	return a.flags&(flagHidden|flagPrint|flagNoView) == 0 && (a.appearance != nil || a.undrawn) &&
		a.subtype != "Popup" && a.subtype != "Link" && a.subtype != "Text"
}

func (s *source) annotations(p page) []annotation {
	var all []annotation
	for i, o := range s.array(s.need(p.dict["Annots"])) {
		if i >= maxAnnotations {
			s.err = tooComplex("annotations")
		}
		d := s.dict(s.need(o))
		if s.work(annotationWork); s.err != nil {
			return nil
		}
		if d == nil || !s.layerShown(d["OC"]) {
			continue
		}
		a := annotation{dict: d, subtype: s.name(d["Subtype"]), flags: s.integer(d["F"])}
		a.field = a.subtype == "Widget"
		if a.subtype == "Text" { // a note never turns, whatever its flags (ISO 32000-1, 12.5.6.4)
			a.flags |= flagNoRotate
		}
		if a.flags&flagHidden == 0 {
			s.dress(&a, objectNumber(o))
		}
		all = append(all, a)
	}
	return all
}

// dress finds the annotation's appearance or makes it, once a file: an
// inspection and a flattening look at it more than once.
func (s *source) dress(a *annotation, nr int) {
	a.rect, _ = s.box(a.dict["Rect"])
	if made, ok := s.dressed[nr]; ok && nr != 0 {
		a.appearance, a.rect, a.undrawn = made.appearance, made.rect, made.undrawn
		return
	}
	drawn := true
	if a.field {
		a.appearance, drawn = s.fieldAppearance(a.dict)
	} else if a.appearance = s.appearance(a.dict); a.appearance == nil && !s.hasStates(a.dict) {
		a.appearance, drawn = s.markup(a.subtype, a.dict)
		if form := s.stream(a.appearance); form != nil {
			a.rect, _ = s.box(form.Dict["BBox"])
		}
	}
	a.undrawn = !drawn
	if nr != 0 {
		s.dressed[nr] = *a
	}
}

// appearance finds the normal appearance, in the current state when there are
// several. A button without a state shows that of its value.
func (s *source) appearance(d types.Dict) types.Object {
	n := s.dict(d["AP"])["N"]
	if form := s.stream(s.need(n)); form != nil {
		if len(s.array(form.Dict["BBox"])) != 4 {
			return nil // no viewer knows where to put it
		}
		return n
	}
	state := s.name(d["AS"])
	if d["AS"] == nil {
		value, _ := s.inheritedEntry(d, "V").(types.Name)
		state = string(value)
	}
	if o := s.dict(n)[state]; state != "" && s.stream(s.need(o)) != nil {
		return o
	}
	return nil
}

// hasStates reports whether the normal appearance is one for each state.
func (s *source) hasStates(d types.Dict) bool {
	_, ok := s.need(s.dict(d["AP"])["N"]).(types.Dict)
	return ok
}

// placement maps the appearance's own box to the annotation's rectangle
// (ISO 32000-1, 12.5.5, algorithm 8.1). One that does not turn with the page
// stands upright at the upper left corner of its rectangle.
func (s *source) placement(a annotation, f frame) (matrix, bool) {
	form := s.stream(a.appearance)
	if form == nil || !a.rect.wide() {
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
	r := a.rect
	sx, sy := (r.x1-r.x0)/b.W, (r.y1-r.y0)/b.H
	if math.IsInf(sx, 0) || math.IsInf(sy, 0) {
		return identity, false
	}
	place := matrix{sx, 0, 0, sy, r.x0 - b.X*sx, r.y0 - b.Y*sy}
	if a.flags&flagNoRotate != 0 {
		place = place.then(f.upright(r.x0, r.y1))
	}
	return place, true
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
		in.s.touch(a.appearance)
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
	case a.undrawn && a.meant():
		in.findings.add(CodeAnnotationsNotDrawn, number, a.subtype)
	case a.printed() && a.subtype != "Link":
		in.findings.add(CodeAnnotations, number, "")
	case a.onScreenOnly():
		in.findings.add(CodeAnnotationsScreen, number, "")
	}
}

// field checks a form field; its type and value may be those of a field above it.
func (in *inspection) field(number int, a annotation) {
	s := in.s
	if a.flags&flagHidden != 0 {
		return
	}
	if kind, _ := s.inheritedEntry(a.dict, "FT").(types.Name); kind == "Sig" {
		if s.dict(s.inheritedEntry(a.dict, "V")) != nil {
			in.findings.add(CodeSigned, 0, "")
		}
		return
	}
	if a.undrawn && a.meant() {
		in.findings.add(CodeFormNotDrawn, number, "")
	}
	in.findings.add(CodeFormFields, number, "")
	if a.onScreenOnly() {
		in.findings.add(CodeAnnotationsScreen, number, "")
	}
}

// annotation draws an annotation's appearance where it stands.
func (in *interpreter) annotation(a annotation, p page) error {
	m, ok := in.s.placement(a, p.frame)
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
