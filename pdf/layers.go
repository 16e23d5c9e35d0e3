package pdf

import "github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

// layerShown reports whether an optional content group, or a membership
// dictionary, is shown by the file's default configuration (ISO 32000-1, 8.11).
func (s *source) layerShown(o types.Object) bool {
	d := s.dict(o)
	if d == nil || s.name(d["Type"]) != "OCMD" {
		return o == nil || !s.layerOff(o)
	}
	groups := s.array(d["OCGs"])
	if groups == nil {
		return d["OCGs"] == nil || !s.layerOff(d["OCGs"])
	}
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

func (s *source) layerOff(group types.Object) bool {
	nr := objectNumber(group)
	if nr == 0 {
		return false
	}
	if s.layersOff == nil {
		s.layersOff = s.readLayersOff()
	}
	return s.layersOff[nr]
}

func (s *source) readLayersOff() map[int]bool {
	off := map[int]bool{}
	properties := s.dict(s.catalog["OCProperties"])
	d := s.dict(properties["D"])
	if s.name(d["BaseState"]) == "OFF" {
		for _, o := range s.array(properties["OCGs"]) {
			off[objectNumber(o)] = true
		}
	}
	for _, o := range s.array(d["ON"]) {
		delete(off, objectNumber(o))
	}
	for _, o := range s.array(d["OFF"]) {
		off[objectNumber(o)] = true
	}
	return off
}
