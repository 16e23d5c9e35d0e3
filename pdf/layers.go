package pdf

import (
	"maps"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const maxExpressionDepth = 16

// layerShown reports whether an optional content group, or a membership
// dictionary, is printed by the file's default configuration (ISO 32000-1, 8.11).
func (s *source) layerShown(o types.Object) bool {
	d := s.dict(o)
	if d == nil || s.name(d["Type"]) != "OCMD" {
		return o == nil || !s.layerOff(o)
	}
	if expression := s.array(d["VE"]); expression != nil {
		return s.expressionHolds(expression, 0)
	}
	if s.array(d["OCGs"]) == nil {
		return d["OCGs"] == nil || !s.layerOff(d["OCGs"])
	}
	groups := s.groups(d["OCGs"])
	off := 0
	for _, g := range groups {
		if s.layerOff(g) {
			off++
		}
	}
	switch s.name(d["P"]) {
	case "AllOn":
		return off == 0
	case "AnyOff":
		return off > 0 || len(groups) == 0
	case "AllOff":
		return off == len(groups)
	}
	return off < len(groups) || len(groups) == 0
}

// groups are the members of an array that are there: others count for nothing.
func (s *source) groups(o types.Object) types.Array {
	return slices.DeleteFunc(slices.Clone(s.array(o)), func(g types.Object) bool { return s.dict(g) == nil })
}

// expressionHolds evaluates a visibility expression (ISO 32000-1, 8.11.2.2).
// What makes no sense is shown.
func (s *source) expressionHolds(e types.Array, depth int) bool {
	if len(e) < 2 || depth > maxExpressionDepth {
		return true
	}
	operator := s.name(e[0])
	for _, o := range e[1:] {
		holds := !s.layerOff(o)
		if inner := s.array(o); inner != nil {
			holds = s.expressionHolds(inner, depth+1)
		}
		switch {
		case operator == "Not":
			return !holds
		case operator == "And" && !holds:
			return false
		case operator == "Or" && holds:
			return true
		}
	}
	return operator != "Or"
}

func (s *source) layerOff(group types.Object) bool {
	nr := objectNumber(group)
	return nr != 0 && s.layersOff()[nr]
}

// layersOff are the groups that are not printed, by number.
func (s *source) layersOff() map[int]bool {
	if s.off == nil {
		s.off = s.readLayers("Print")
	}
	return s.off
}

// readLayers reads which groups are off when the file is printed or viewed: by
// the default configuration, and by what it applies to that event by itself. A
// group that the file does not list is shown.
func (s *source) readLayers(event string) map[int]bool {
	off, listed := map[int]bool{}, map[int]bool{}
	properties := s.dict(s.catalog["OCProperties"])
	d := s.dict(properties["D"])
	for _, o := range s.groups(properties["OCGs"]) {
		listed[objectNumber(o)] = true
	}
	if s.name(d["BaseState"]) == "OFF" {
		maps.Copy(off, listed)
	}
	for _, o := range s.array(d["ON"]) {
		delete(off, objectNumber(o))
	}
	for _, o := range s.array(d["OFF"]) {
		off[objectNumber(o)] = true
	}
	for _, o := range s.array(d["AS"]) {
		if usage := s.dict(o); s.name(usage["Event"]) == event && s.holdsName(usage["Category"], event) {
			s.applyUsage(off, usage["OCGs"], event)
		}
	}
	maps.DeleteFunc(off, func(nr int, _ bool) bool { return nr == 0 || !listed[nr] })
	return off
}

func (s *source) holdsName(o types.Object, name string) bool {
	for _, n := range s.array(o) {
		if s.name(n) == name {
			return true
		}
	}
	return false
}

// applyUsage sets groups as their usage dictionaries say (ISO 32000-1, 8.11.4.4).
func (s *source) applyUsage(off map[int]bool, groups types.Object, event string) {
	for _, g := range s.array(groups) {
		usage := s.dict(s.dict(s.dict(g)["Usage"])[event])
		switch s.name(usage[event+"State"]) {
		case "ON":
			delete(off, objectNumber(g))
		case "OFF":
			off[objectNumber(g)] = true
		}
	}
}

// layers checks which layers are printed, and whether that is what is seen.
func (in *inspection) layers() {
	printed, seen := in.s.layersOff(), in.s.readLayers("View")
	if len(printed) > 0 {
		in.findings.add(CodeHiddenLayers, 0, "")
	}
	differ := len(printed) != len(seen)
	for nr := range printed {
		differ = differ || !seen[nr]
	}
	if differ {
		in.findings.add(CodeLayersDiffer, 0, "")
	}
}
