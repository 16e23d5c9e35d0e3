package pdf

import (
	"maps"
	"slices"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const maxGraftDepth = 100

// grafter copies what a page needs out of a source into a writer: pages with
// their resources and content, and nothing that acts, such as scripts, links,
// attachments and forms. pdfcpu's own merge and write are not used: they refuse
// files for faults that nobody prints, and walk every object number there is.
type grafter struct {
	out    *writer
	s      *source
	mapped map[int]int
	queue  []grafted
}

type grafted struct {
	number int
	object types.Object
}

func newGrafter(out *writer, s *source) *grafter {
	return &grafter{out: out, s: s, mapped: map[int]int{}}
}

// ref returns the new number of the object that r refers to, and queues it for
// copying the first time.
func (g *grafter) ref(r types.IndirectRef) int {
	old := int(r.ObjectNumber)
	nr, ok := g.mapped[old]
	if !ok {
		nr = g.out.alloc()
		g.mapped[old] = nr
		g.queue = append(g.queue, grafted{nr, r})
	}
	return nr
}

// drain copies the queue and everything it leads to.
func (g *grafter) drain() error {
	for len(g.queue) > 0 {
		if g.s.stopped() {
			return g.s.err
		}
		next := g.queue[len(g.queue)-1]
		g.queue = g.queue[:len(g.queue)-1]
		found := g.s.need(next.object)
		if sd := g.s.stream(found); sd != nil {
			if err := g.drawn(next.number, sd, nil); err != nil {
				return err
			}
			continue
		}
		g.out.object(next.number, g.value(nil, found, 0))
		if g.out.err != nil {
			return g.out.err
		}
	}
	if g.s.err != nil {
		return g.s.err
	}
	return g.out.err
}

// drawn copies a stream that a page leads to: without what it draws in layers
// that are not printed, and empty when it belongs to one.
func (g *grafter) drawn(nr int, sd *types.StreamDict, force types.Dict) error {
	if len(g.s.layersOff()) == 0 {
		g.stream(nr, sd, force)
		return nil
	}
	if !g.s.layerShown(sd.Dict["OC"]) {
		g.out.stream(nr, []byte("/Type /XObject /Subtype /Form /BBox [0 0 0 0]"), nil)
		return nil
	}
	resources := sd.Dict["Resources"]
	if r := force["Resources"]; r != nil {
		resources = r
	}
	if !g.s.hidesContent(resources) {
		g.stream(nr, sd, force)
		return nil
	}
	content, _, err := g.s.decode(sd)
	if err == nil {
		content, err = g.s.printedContent(content, resources)
	}
	if err != nil {
		return err
	}
	g.rewritten(nr, sd.Dict, force, content)
	return nil
}

// rewritten writes a stream with new content under its old dictionary.
func (g *grafter) rewritten(nr int, old, force types.Dict, content []byte) {
	d := types.Dict{}
	maps.Copy(d, old)
	maps.Copy(d, force)
	delete(d, "Filter")
	delete(d, "DecodeParms")
	entries := g.dict(nil, d, 0)
	g.out.deflated(nr, string(entries[2:len(entries)-2]), content)
}

// dropped are entries that nobody prints.
var dropped = map[string]bool{
	"Length": true, "Metadata": true, "PieceInfo": true, "LastModified": true, "StructParent": true, "StructParents": true,
	"AA": true, "Annots": true, "AF": true, "Thumb": true, "OC": true, "OCProperties": true,
}

// stream copies a stream as it is encoded; force replaces entries of its
// dictionary.
func (g *grafter) stream(nr int, sd *types.StreamDict, force types.Dict) {
	d := types.Dict{}
	if g.s.copied += len(sd.Raw); g.s.copied > 4*len(g.s.data)+maxSearched {
		g.s.err = tooComplex("overlapping streams")
		return
	}
	for key, v := range sd.Dict {
		if !dropped[key] {
			d[key] = v
		}
	}
	for key, v := range force {
		d[key] = v
	}
	g.dropCrypt(d, sd)
	body := g.dict(nil, d, 0)
	g.out.stream(nr, body[2:len(body)-2], sd.Raw)
}

// dropCrypt removes the Crypt filter: what it covered was decrypted by reading.
func (g *grafter) dropCrypt(d types.Dict, sd *types.StreamDict) {
	isCrypt := func(f types.PDFFilter) bool { return f.Name == "Crypt" }
	if !slices.ContainsFunc(sd.FilterPipeline, isCrypt) {
		return
	}
	filters, parms := types.Array{}, types.Array{}
	for _, f := range sd.FilterPipeline {
		if !isCrypt(f) {
			filters = append(filters, types.Name(f.Name))
			parms = append(parms, orEmpty(f.DecodeParms))
		}
	}
	d["Filter"], d["DecodeParms"] = filters, parms
}

func orEmpty(d types.Dict) types.Dict {
	if d == nil {
		return types.Dict{}
	}
	return d
}

// value appends the text of an object with its references renumbered.
func (g *grafter) value(b []byte, o types.Object, depth int) []byte {
	if depth > maxGraftDepth {
		return append(b, "null"...)
	}
	switch v := o.(type) {
	case types.IndirectRef:
		return append(strconv.AppendInt(b, int64(g.ref(v)), 10), " 0 R"...)
	case types.Dict:
		return g.dict(b, v, depth)
	case types.Array:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = g.value(b, e, depth+1)
		}
		return append(b, ']')
	case types.Float:
		return strconv.AppendFloat(b, float64(v), 'f', -1, 64)
	case types.Integer:
		return strconv.AppendInt(b, int64(v), 10)
	case types.Name:
		return appendName(b, string(v))
	case types.Boolean, byteString:
		return append(b, v.PDFString()...)
	}
	return append(b, "null"...)
}

// dict appends a dictionary with its keys sorted. Pages and the trees above
// them are never copied by reference.
func (g *grafter) dict(b []byte, d types.Dict, depth int) []byte {
	if notCopied(d) {
		return append(b, "null"...)
	}
	if t := d["Type"]; t == types.Name("OCG") || t == types.Name("OCMD") {
		return append(b, "<</Type /OCG /Name (Printed)>>"...) // hidden ones are cut out; what is left is shown
	}
	keys := make([]string, 0, len(d))
	for key := range d {
		if !dropped[key] {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	b = append(b, "<<"...)
	for _, key := range keys {
		b = appendName(b, key)
		b = append(b, ' ')
		if named := g.s.named(key, d[key]); named != nil && depth < maxGraftDepth {
			b = g.names(b, named, depth+1)
			continue
		}
		b = g.value(b, d[key], depth+1)
	}
	return append(b, ">>"...)
}

// names appends a dictionary whose keys the file's author chose: none of them
// means what it means elsewhere.
func (g *grafter) names(b []byte, d types.Dict, depth int) []byte {
	keys := slices.Sorted(maps.Keys(d))
	b = append(b, "<<"...)
	for _, key := range keys {
		b = append(appendName(b, key), ' ')
		b = g.value(b, d[key], depth)
	}
	return append(b, ">>"...)
}

// categories are the entries of resources, and of Type 3 fonts, that hold names
// of the author's.
var categories = map[string]bool{
	"Font": true, "XObject": true, "ExtGState": true, "ColorSpace": true, "Pattern": true, "Shading": true, "Properties": true,
	"CharProcs": true, "Colorants": true,
}

// named returns the dictionary of names under a key, nil where it is none.
func (s *source) named(key string, o types.Object) types.Dict {
	if !categories[key] {
		return nil
	}
	d, _ := s.need(o).(types.Dict)
	if d == nil || d["Type"] != nil || d["PatternType"] != nil || d["ShadingType"] != nil {
		return nil
	}
	return d
}

// notCopied are pages and what stands above them.
func notCopied(d types.Dict) bool {
	t, _ := d["Type"].(types.Name)
	return t == "Page" || t == "Pages" || t == "Catalog"
}

// appendName writes a name, with whatever is not a regular character escaped.
func appendName(b []byte, name string) []byte {
	const hexDigits = "0123456789ABCDEF"
	b = append(b, '/')
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c > '~' || c == '#' || charClass[c] != classRegular {
			b = append(b, '#', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		b = append(b, c)
	}
	return b
}
