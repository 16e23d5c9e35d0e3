package pdf

import (
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// metadata is what a file says about itself.
type metadata struct {
	title, author, language string
	date                    string // "2026-11-22"; empty: the file says none
	part                    int    // of PDF/A: 2, or 3 where files are attached
	conforms                bool   // the file says what it conforms to
}

// xmp writes the metadata stream that PDF/A-2u and PDF/UA-1 ask for (ISO 19005-2,
// 6.6; ISO 14289-1, 5). The schema of pdfuaid is described in the same packet:
// PDF/A does not know it.
func (m metadata) xmp() []byte {
	author := ""
	if m.author != "" {
		author = "<dc:creator><rdf:Seq><rdf:li>" + escaped(m.author) + "</rdf:li></rdf:Seq></dc:creator>\n"
	}
	claims, schema := "", ""
	if m.conforms {
		claims, schema = fmt.Sprintf(xmpClaims, m.part), xmpSchema
	}
	dates := ""
	if m.date != "" {
		dates = fmt.Sprintf("<xmp:CreateDate>%sT00:00:00Z</xmp:CreateDate><xmp:ModifyDate>%sT00:00:00Z</xmp:ModifyDate>", m.date, m.date)
	}
	return fmt.Appendf(nil, xmpPacket, claims, dates, escaped(m.title), author, escaped(m.language), schema)
}

const xmpClaims = "<pdfaid:part>%d</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>\n"

const xmpPacket = `<?xpacket begin="` + "\ufeff" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
%s<pdf:Producer>courrier</pdf:Producer>%s
<dc:format>application/pdf</dc:format><dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title>
%s<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>
</rdf:Description>
%s</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`

const xmpSchema = `<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>` +
	`<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>` +
	`</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
`

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return b.String()
}

// info is the older form of the same, which viewers still show.
func (m metadata) info() []byte {
	out := []byte("<</Title " + textString(m.title) + "/Producer(courrier)")
	if m.date != "" {
		out = append(out, "/CreationDate"+m.stamp()+"/ModDate"+m.stamp()...)
	}
	if m.author != "" {
		out = append(out, "/Author "+textString(m.author)...)
	}
	return append(out, ">>"...)
}

// stamp is the date as a PDF writes it (ISO 32000-1, 7.9.4).
func (m metadata) stamp() string { return "(D:" + strings.ReplaceAll(m.date, "-", "") + "000000Z)" }

// The primaries of sRGB and its white, as an ICC profile holds them: XYZ under
// the white D50 (IEC 61966-2-1, adapted as ICC.1 asks).
var sRGBColours = []struct {
	tag     string
	x, y, z float64
}{
	{"wtpt", 0.9642, 1, 0.8249},
	{"rXYZ", 0.43607, 0.22249, 0.01392},
	{"gXYZ", 0.38515, 0.71687, 0.09708},
	{"bXYZ", 0.14307, 0.06061, 0.7141},
}

// sRGB is the colour profile of the output intent: version 2, for a display.
func sRGB() []byte {
	profile := iccProfile{tags: map[string][2]int{}}
	profile.add("desc", describedAs("sRGB"))
	profile.add("cprt", append([]byte("text\x00\x00\x00\x00"), "No copyright, use freely\x00"...))
	for _, c := range sRGBColours {
		data := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range []float64{c.x, c.y, c.z} {
			data = binary.BigEndian.AppendUint32(data, uint32(math.Round(v*65536)))
		}
		profile.add(c.tag, data)
	}
	profile.add("rTRC", sRGBCurve())
	profile.tags["gTRC"], profile.tags["bTRC"] = profile.tags["rTRC"], profile.tags["rTRC"]
	profile.order = append(profile.order, "gTRC", "bTRC")
	return profile.bytes()
}

// iccProfile collects tagged data (ICC.1:2001-04, section 6).
type iccProfile struct {
	order []string
	tags  map[string][2]int // offset within data, and size
	data  []byte
}

func (p *iccProfile) add(tag string, data []byte) {
	p.order = append(p.order, tag)
	p.tags[tag] = [2]int{len(p.data), len(data)}
	p.data = append(p.data, data...)
	for len(p.data)%4 != 0 {
		p.data = append(p.data, 0)
	}
}

func (p *iccProfile) bytes() []byte {
	const header = 128
	out := make([]byte, header, header+1024)
	copy(out[8:], "\x02\x10\x00\x00mntrRGB XYZ ")
	copy(out[24:], "\x07\xea\x00\x01\x00\x01") // 2026-01-01
	copy(out[36:], "acsp")
	for i, v := range []float64{0.9642, 1, 0.8249} { // the white of the connection space, D50
		binary.BigEndian.PutUint32(out[68+4*i:], uint32(math.Round(v*65536)))
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(p.order)))
	start := len(out) + 12*len(p.order)
	for _, tag := range p.order {
		out = append(out, tag...)
		out = binary.BigEndian.AppendUint32(out, uint32(start+p.tags[tag][0]))
		out = binary.BigEndian.AppendUint32(out, uint32(p.tags[tag][1]))
	}
	out = append(out, p.data...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// describedAs is a textDescriptionType: the name in ASCII, none in Unicode or for
// the Macintosh.
func describedAs(name string) []byte {
	out := []byte("desc\x00\x00\x00\x00")
	out = binary.BigEndian.AppendUint32(out, uint32(len(name)+1))
	out = append(append(out, name...), 0)
	return append(out, make([]byte, 4+4+2+1+67)...)
}

// sRGBCurve samples the transfer function of sRGB (IEC 61966-2-1).
func sRGBCurve() []byte {
	const points = 256
	out := []byte("curv\x00\x00\x00\x00\x00\x00\x01\x00")
	for i := range points {
		v := float64(i) / (points - 1)
		linear := v / 12.92
		if v > 0.04045 {
			linear = math.Pow((v+0.055)/1.055, 2.4)
		}
		out = binary.BigEndian.AppendUint16(out, uint16(math.Round(linear*65535)))
	}
	return out
}
