package pdf_test

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"github.com/stretchr/testify/require"
)

// checklist holds a file to PDF/A-2u or 3u (ISO 19005-2, 19005-3) and PDF/UA-1
// (ISO 14289-1), as far as a machine can and as far as letters go: the clauses
// stand beside the checks. No validator can be had in CI; this list is argued from
// the clauses that veraPDF's public profiles name, and reads files with another
// reader than the one that the package has.
type checklist struct {
	file   []byte
	ctx    *model.Context
	faults []string
	asked  map[string]bool // the clauses that were looked at
	texts  []placed
}

// placed is a string as a page shows it, with its start in points from the lower
// left corner.
type placed struct {
	page int
	x, y float64
	font *fontCheck
	code []int
	text string
	says bool // it belongs to an element, not to what repeats on pages
}

// textsOf reads the strings of a composed file, page by page.
func textsOf(t require.TestingT, file []byte) []placed {
	c := openChecklist(t, file)
	require.Empty(t, c.run())
	return c.texts
}

// joined are what a screen reader says, and what stands at the foot of pages:
// without spaces, for lines are broken anywhere.
func joined(all []placed) (said, repeated string) {
	var a, b strings.Builder
	for _, p := range all {
		if p.says {
			a.WriteString(p.text)
		} else {
			b.WriteString(p.text)
		}
	}
	return squeezed(a.String()), squeezed(b.String())
}

func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// conforms fails the test with every clause that a file breaks.
func conforms(t require.TestingT, file []byte) {
	require.Empty(t, openChecklist(t, file).run())
}

func openChecklist(t require.TestingT, file []byte) *checklist {
	conf := model.NewDefaultConfiguration()
	ctx, err := api.ReadContext(bytes.NewReader(file), conf)
	require.NoError(t, err)
	require.NoError(t, ctx.EnsurePageCount())
	return &checklist{file: file, ctx: ctx}
}

func (c *checklist) run() []string {
	c.faults, c.texts, c.asked = nil, nil, map[string]bool{}
	c.bytes()
	root := c.dict(*c.ctx.Root)
	c.catalog(root)
	c.metadata(root)
	c.outputIntent(root)
	c.embeddedFiles(root)
	c.structure(root)
	return c.faults
}

func (c *checklist) require(ok bool, clause, format string, args ...any) {
	c.asked[clause] = true
	if !ok {
		c.faults = append(c.faults, clause+": "+fmt.Sprintf(format, args...))
	}
}

// Reading, by the other reader.

func (c *checklist) get(o types.Object) types.Object {
	out, err := c.ctx.Dereference(o)
	if err != nil {
		c.faults = append(c.faults, err.Error())
	}
	return out
}

func (c *checklist) dict(o types.Object) types.Dict {
	switch v := c.get(o).(type) {
	case types.Dict:
		return v
	case types.StreamDict:
		return v.Dict
	}
	return nil
}

func (c *checklist) array(o types.Object) types.Array { a, _ := c.get(o).(types.Array); return a }

func (c *checklist) name(o types.Object) string { n, _ := c.get(o).(types.Name); return n.Value() }

func (c *checklist) integer(o types.Object) int {
	if n, ok := c.get(o).(types.Integer); ok {
		return n.Value()
	}
	return -1
}

func (c *checklist) isTrue(o types.Object) bool {
	b, ok := c.get(o).(types.Boolean)
	return ok && b.Value()
}

func (c *checklist) text(o types.Object) string {
	s, err := c.ctx.DereferenceStringOrHexLiteral(o, model.V10, nil)
	if err != nil {
		return ""
	}
	return s
}

func (c *checklist) content(o types.Object) []byte {
	sd, ok := c.get(o).(types.StreamDict)
	if !ok {
		return nil
	}
	if err := sd.Decode(); err != nil {
		c.faults = append(c.faults, "cannot be decoded: "+err.Error())
	}
	return sd.Content
}

func (c *checklist) catalog(root types.Dict) {
	c.require(c.isTrue(c.dict(root["MarkInfo"])["Marked"]), "UA 6.2", "not marked as tagged")
	c.require(c.isTrue(c.dict(root["ViewerPreferences"])["DisplayDocTitle"]), "UA 7.1", "the title is not displayed")
	c.require(c.text(root["Lang"]) != "", "UA 7.2", "no language")
	c.require(root["AA"] == nil && root["OpenAction"] == nil && root["AcroForm"] == nil, "6.5", "actions or forms")
	c.require(root["OCProperties"] == nil, "6.9", "layers")
	for page := 1; page <= c.ctx.PageCount; page++ {
		d, _, _, err := c.ctx.PageDict(page, false)
		c.require(err == nil && d["Annots"] == nil && d["AA"] == nil, "6.3", "page %d has annotations or actions", page)
	}
}

// xmpPacket is the metadata as XML reads it.
type xmpPacket struct {
	Descriptions []struct {
		Part       []string `xml:"http://www.aiim.org/pdfa/ns/id/ part"`
		Level      string   `xml:"http://www.aiim.org/pdfa/ns/id/ conformance"`
		UA         string   `xml:"http://www.aiim.org/pdfua/ns/id/ part"`
		Title      string   `xml:"title>Alt>li"`
		Extensions []struct {
			URI    string `xml:"http://www.aiim.org/pdfa/ns/schema# namespaceURI"`
			Prefix string `xml:"http://www.aiim.org/pdfa/ns/schema# prefix"`
		} `xml:"schemas>Bag>li"`
	} `xml:"RDF>Description"`
}

func (c *checklist) metadata(root types.Dict) {
	d := c.dict(root["Metadata"])
	data := c.content(root["Metadata"])
	c.require(c.name(d["Type"]) == "Metadata" && c.name(d["Subtype"]) == "XML", "6.6.2.1", "no metadata stream")
	c.require(d["Filter"] == nil, "6.6.2.1", "the metadata are compressed")
	c.require(utf8.Valid(data), "6.6.2.1", "the metadata are not UTF-8")
	c.require(bytes.Contains(data, []byte("<pdfaid:part>")), "6.6.4", "the prefix is not pdfaid")
	head, _, _ := strings.Cut(string(data), "?>")
	c.require(strings.Contains(head, "<?xpacket begin=") && !strings.Contains(head, "bytes=") && !strings.Contains(head, "encoding="),
		"6.6.2.1", "the packet's header: %s", head)
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			c.require(false, "6.6.2.1", "not well-formed: %v", err)
			return
		}
	}
	var x xmpPacket
	c.require(xml.Unmarshal(data, &x) == nil, "6.6.2.1", "not as expected")
	part, level, ua, title, described := "", "", "", "", false
	for _, d := range x.Descriptions {
		if len(d.Part) > 0 {
			part, level, ua = d.Part[0], d.Level, d.UA
		}
		if d.Title != "" {
			title = d.Title
		}
		for _, e := range d.Extensions {
			described = described || e.URI == "http://www.aiim.org/pdfua/ns/id/" && e.Prefix == "pdfuaid"
		}
	}
	wanted := "2"
	if root["AF"] != nil {
		wanted = "3"
	}
	c.require(part == wanted && level == "U", "6.6.4", "says PDF/A-%s%s", part, level)
	c.require(ua == "1", "UA 5", "says PDF/UA %q", ua)
	c.require(described, "6.6.2.3.1", "the schema of pdfuaid is not described")
	c.require(title != "", "UA 7.1", "no title")
	info := c.dict(*c.ctx.Info)
	c.require(c.text(info["Title"]) == title, "6.6.3", "two titles: %q and %q", c.text(info["Title"]), title)
}

func (c *checklist) outputIntent(root types.Dict) {
	intents := c.array(root["OutputIntents"])
	c.require(len(intents) == 1, "6.2.3", "%d output intents", len(intents))
	if len(intents) == 0 {
		return
	}
	d := c.dict(intents[0])
	c.require(c.name(d["S"]) == "GTS_PDFA1", "6.2.3", "not for PDF/A")
	c.require(c.integer(c.dict(d["DestOutputProfile"])["N"]) == 3, "6.2.3", "not of three channels")
	icc := c.content(d["DestOutputProfile"])
	c.require(len(icc) > 132, "6.2.3", "no profile")
	if len(icc) <= 132 {
		return
	}
	c.require(int(binary.BigEndian.Uint32(icc)) == len(icc), "6.2.3", "the profile's size is wrong")
	c.require(icc[8] == 2 || icc[8] == 4, "6.2.3", "version %d of ICC", icc[8])
	c.require(string(icc[12:24]) == "mntrRGB XYZ " && string(icc[36:40]) == "acsp", "6.2.3", "the profile's header is wrong")
	for i := range int(binary.BigEndian.Uint32(icc[128:])) {
		entry := icc[132+12*i:]
		end := binary.BigEndian.Uint32(entry[4:]) + binary.BigEndian.Uint32(entry[8:])
		c.require(int(end) <= len(icc), "6.2.3", "tag %s ends behind the profile", entry[:4])
	}
}

func (c *checklist) embeddedFiles(root types.Dict) {
	for _, o := range c.array(root["AF"]) {
		d := c.dict(o)
		c.require(c.text(d["F"]) != "" && c.text(d["UF"]) == c.text(d["F"]), "A-3 6.8", "a file without its two names")
		c.require(c.name(d["AFRelationship"]) != "", "A-3 6.8", "a file without its relationship")
		c.require(c.name(c.dict(c.dict(d["EF"])["F"])["Subtype"]) != "", "A-3 6.8", "a file without its media type")
	}
	names := c.array(c.dict(c.dict(root["Names"])["EmbeddedFiles"])["Names"])
	c.require(len(names) == 2*len(c.array(root["AF"])), "A-3 6.8", "files that the catalogue does not name")
}
