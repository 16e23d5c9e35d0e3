package pdf_test

import (
	"bytes"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/pdf"
)

// damages take away what a clause asks for, in many ways.
var damages = map[string]map[string]func(*checklist){
	"6.1.2": {"a byte before the header": inFile("%PDF", "\n%PDF"), "letters in the second line": inFile("\n%\xe2\xe3", "\n%ab")},
	"6.1.3": {
		"no identifier": func(c *checklist) { c.ctx.ID = nil }, "bytes behind the end": inFile("%%EOF\n", "%%EOF\n\n"),
		"encrypted": func(c *checklist) { c.ctx.Encrypt = types.NewIndirectRef(1, 0) },
	},
	"6.1.6":   {"half a byte": inRoot("X", types.HexLiteral("ABC"))},
	"6.1.7.1": {"a line too many": inFile("\nendstream", "\n\nendstream"), "a line too few": inFile("\nendstream", "endstream")},
	"6.1.7.2": {"LZW": inFile("FlateDecode", "LZWDecode")},
	"6.1.9": {
		"two spaces": inFile("\n3 0 obj", "\n3  0 obj"), "no line": inFile("\nendobj\n3 0", " endobj\n3 0"),
		"a comment": inFile("\n3 0 obj", "\n%\n3 0 obj"),
	},
	"6.1.13": {
		"a long string": inRoot("X", types.Array{types.StringLiteral(strings.Repeat("a", 32768))}),
		"a long name":   inRoot("X", types.Dict{"Y": types.Name(strings.Repeat("a", 128))}),
		"a high number": inRoot("X", highNumber()),
		"deep states":   inContent("", strings.Repeat("q ", 29)+strings.Repeat("Q ", 29)),
	},
	"6.2.2": {"an operator of CMYK": inContent("", "0 0 0 1 k "), "an open state": inContent("", "q ")},
	"6.2.3": {
		"no intent": inRoot("OutputIntents", nil), "another intent": inIntent("S", types.Name("GTS_PDFX")),
		"another profile": inIntent("DestOutputProfile", types.StreamDict{Dict: types.Dict{"N": types.Integer(4)}}),
	},
	"6.2.4.3":    {"an image in CMYK": inImage("ColorSpace", types.Name("DeviceCMYK"))},
	"6.2.8":      {"smoothed": inImage("Interpolate", types.Boolean(true)), "masked": inImage("SMask", types.Integer(1))},
	"6.2.11.3":   {"another encoding": inFont(func(f, _, _ types.Dict) { f["Encoding"] = types.Name("Identity-V") })},
	"6.2.11.3.2": {"no map": inFont(func(_, cid, _ types.Dict) { delete(cid, "CIDToGIDMap") })},
	"6.2.11.4": {
		"not embedded": inFont(func(_, _, d types.Dict) { delete(d, "FontFile2") }),
		"no tag":       inFont(func(f, _, _ types.Dict) { f["BaseFont"] = types.Name("LiberationSans") }),
	},
	"6.2.11.4.2": {"a CIDSet": inFont(func(_, _, d types.Dict) { d["CIDSet"] = types.Integer(1) })},
	"6.2.11.5": {"widths": inFont(func(_, cid, _ types.Dict) {
		cid["W"] = types.Array{types.Integer(0), types.Array{types.Integer(1)}}
	})},
	"6.2.11.7.2": {"no characters": inFont(func(f, _, _ types.Dict) { delete(f, "ToUnicode") })},
	"6.2.11.8":   {".notdef": inContent("(", "(\x00\x00")},
	"6.3":        {"a link": inPage("Annots", types.Array{}), "an action": inPage("AA", types.Dict{})},
	"6.5": {"an action": inRoot("OpenAction", types.Dict{}), "a form": inRoot("AcroForm", types.Dict{}),
		"more actions": inRoot("AA", types.Dict{})},
	"6.6.2.1": {
		"no metadata": inRoot("Metadata", nil), "not UTF-8": inMetadata("<dc:title>", "<dc:title>\xff"),
		"not well-formed": inMetadata("</rdf:RDF>", ""),
		"bytes":           inMetadata("<?xpacket begin=", "<?xpacket bytes=\"9\" begin="),
		"compressed":      func(c *checklist) { c.dict(rootOf(c)["Metadata"])["Filter"] = types.Name("FlateDecode") },
	},
	"6.6.2.3.1": {"not described": inMetadata("namespaceURI>http://www.aiim.org/pdfua/ns/id/", "namespaceURI>urn:x")},
	"6.6.3":     {"another title": func(c *checklist) { c.dict(*c.ctx.Info)["Title"] = types.StringLiteral("x") }},
	"6.6.4": {
		"another part":  inMetadata("<pdfaid:part>3", "<pdfaid:part>2"),
		"another level": inMetadata("<pdfaid:conformance>U", "<pdfaid:conformance>B"),
		"another prefix": func(c *checklist) {
			replaceMetadata(c, func(s string) string { return strings.ReplaceAll(s, "pdfaid", "a") })
		},
	},
	"6.9":  {"layers": inRoot("OCProperties", types.Dict{})},
	"14.6": {"crossed": inContent("EMC", "BT EMC ET")},
	"A-3 6.8": {
		"no second name": inFileSpec("UF", nil), "no relationship": inFileSpec("AFRelationship", nil), "no names": inRoot("Names", nil),
		"no media type": inFileSpec("EF", types.Dict{"F": types.Dict{}}),
	},
	"UA 5":   {"another part": inMetadata("<pdfuaid:part>1", "<pdfuaid:part>2")},
	"UA 6.2": {"not marked": inRoot("MarkInfo", nil), "marked false": inRoot("MarkInfo", types.Dict{"Marked": types.Boolean(false)})},
	"UA 7.1": {
		"no structure": inRoot("StructTreeRoot", nil), "no title": withoutTitle, "title hidden": inRoot("ViewerPreferences", nil),
		"a mark of nobody": inElement("P", "K", nil), "another parent": inElement("P", "P", *types.NewIndirectRef(1, 0)),
		"untagged":   inContent("", "0 0 m 9 9 l S "),
		"no parents": func(c *checklist) { delete(c.dict(rootOf(c)["StructTreeRoot"]), "ParentTree") }, "no key": inPage("StructParents", nil),
		"another mark": inContent("/Artifact BMC", "/Span BMC"),
	},
	"UA 7.2": {
		"no language": inRoot("Lang", nil), "a row of no cells": inElement("TR", "K", nil),
		"a cell of a letter": inElement("TD", "S", types.Name("P")),
		"a role of nobody":   inElement("P", "S", types.Name("Text")),
	},
	"UA 7.3": {"no words": inElement("Figure", "Alt", nil), "no box": inElement("Figure", "A", nil)},
	"UA 7.4": {"a level left out": inElement("H1", "S", types.Name("H2"))},
	"UA 7.5": {"no scope": inElement("TH", "A", nil)},
	"UA 7.6": {"no numbering": inElement("L", "A", nil)},
}

// TestChecklistNotices takes away what the clauses ask for, one at a time. Each clause
// that is looked at has its damages.
func TestChecklistNotices(t *testing.T) {
	t.Parallel()
	l := fullLetter()
	l.Signature.Image = handwriting(t)
	l.Files = []pdf.EmbeddedFile{invoiceXML()}
	file := compose(t, l, pdf.Theme{}).File
	sound := openChecklist(t, file)
	require.Empty(t, sound.run())
	for clause := range sound.asked {
		require.NotEmpty(t, damages[clause], clause)
	}
	for clause, ways := range damages {
		for name, damage := range ways {
			c := openChecklist(t, file)
			damage(c)
			require.Contains(t, strings.Join(c.run(), "\n")+"\n", clause+": ", name)
		}
	}
}

func rootOf(c *checklist) types.Dict { return c.dict(*c.ctx.Root) }

// set changes an entry, or takes it away.
func set(d types.Dict, key string, v types.Object) {
	if d[key] = v; v == nil {
		delete(d, key)
	}
}

func inFile(from, to string) func(*checklist) {
	return func(c *checklist) { c.file = bytes.Replace(c.file, []byte(from), []byte(to), 1) }
}

func inRoot(key string, v types.Object) func(*checklist) {
	return func(c *checklist) { set(rootOf(c), key, v) }
}

func inIntent(key string, v types.Object) func(*checklist) {
	return func(c *checklist) { set(c.dict(c.array(rootOf(c)["OutputIntents"])[0]), key, v) }
}

func inFileSpec(key string, v types.Object) func(*checklist) {
	return func(c *checklist) { set(c.dict(c.array(rootOf(c)["AF"])[0]), key, v) }
}

func firstPage(c *checklist) types.Dict {
	d, _, _, _ := c.ctx.PageDict(1, false)
	return d
}

func inPage(key string, v types.Object) func(*checklist) {
	return func(c *checklist) { set(firstPage(c), key, v) }
}

// inAny changes the first object that is one of these.
func inAny(is func(*checklist, types.Dict) bool, key string, v types.Object) func(*checklist) {
	return func(c *checklist) {
		for _, nr := range slices.Sorted(maps.Keys(c.ctx.Table)) {
			if d := c.dict(*types.NewIndirectRef(nr, 0)); is(c, d) {
				set(d, key, v)
				return
			}
		}
	}
}

func inElement(role, key string, v types.Object) func(*checklist) {
	return inAny(func(c *checklist, d types.Dict) bool { return c.name(d["S"]) == role && d["P"] != nil }, key, v)
}

func inImage(key string, v types.Object) func(*checklist) {
	return inAny(func(c *checklist, d types.Dict) bool { return c.name(d["Subtype"]) == "Image" }, key, v)
}

// inFont changes the first font of the first page.
func inFont(change func(font, cid, descriptor types.Dict)) func(*checklist) {
	return func(c *checklist) {
		for _, o := range c.dict(c.dict(firstPage(c)["Resources"])["Font"]) {
			font := c.dict(o)
			cid := c.dict(c.array(font["DescendantFonts"])[0])
			change(font, cid, c.dict(cid["FontDescriptor"]))
			return
		}
	}
}

// rewrite changes what a stream holds.
func rewrite(c *checklist, o types.Object, change func(string) string) {
	ref := o.(types.IndirectRef)
	content := []byte(change(string(c.content(ref))))
	c.ctx.Table[objectNumberOf(ref)].Object = types.StreamDict{Dict: c.dict(ref), Raw: content, Content: content}
}

func replaceMetadata(c *checklist, change func(string) string) {
	rewrite(c, rootOf(c)["Metadata"], change)
}

var title = regexp.MustCompile(`(?s)(<dc:title>.*?<rdf:li[^>]*>)[^<]*`)

func withoutTitle(c *checklist) {
	replaceMetadata(c, func(s string) string { return title.ReplaceAllString(s, "$1") })
}

func inMetadata(from, to string) func(*checklist) {
	return func(c *checklist) {
		replaceMetadata(c, func(s string) string { return strings.Replace(s, from, to, 1) })
	}
}

func inContent(from, to string) func(*checklist) {
	return func(c *checklist) {
		rewrite(c, firstPage(c)["Contents"], func(s string) string { return strings.Replace(s, from, to, 1) })
	}
}

// highNumber is one more than a file may say; on a machine of 32 bits there is none.
func highNumber() types.Integer {
	number := types.Integer(math.MaxInt32)
	number++
	return number
}
