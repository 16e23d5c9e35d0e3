package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// fontObjects are a cut of a face as objects of a file, ready to be copied: their
// numbers are the same in every letter.
type fontObjects struct {
	data    []byte
	offsets [fontObjectCount]int // from the start of data
}

// The objects of a face, in the order of their numbers.
const (
	fontType0 = iota
	fontCID
	fontDescriptor
	fontToUnicode
	fontProgram
	fontObjectCount
)

const (
	firstFontObject = 2 // behind the colour profile
	tagLength       = 6 // of the name of a subset (ISO 32000-1, 9.6.4)
)

// fontNumber is the number of an object of a face.
func fontNumber(weight, object int) int { return firstFontObject + weight*fontObjectCount + object }

// objects writes the cut that holds the codes below size, or of these only those
// in use.
func (t *typeface) objects(size int, used *codeSet) *fontObjects {
	level := zlib.BestCompression // made once for many letters
	if used != nil {
		level = zlib.BestSpeed
	}
	order := make([]int, size)
	for code := range order {
		order[code] = int(t.slots[code].glyph)
		if used != nil && code > 0 && !used.has(code) {
			order[code] = -1
		}
	}
	file := t.font.cut(order, func(g glyphID) uint16 { return t.renamed[g] })
	name := t.subsetName(order)
	var out fontObjects
	number := func(object int) string { return ref(fontNumber(t.weight, object)) }
	out.add(t.weight, fontType0,
		fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>",
			name, number(fontCID), number(fontToUnicode)))
	out.add(t.weight, fontCID, fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s"+
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"+
		"/CIDToGIDMap/Identity/FontDescriptor %s/DW 0/W[0[%s]]>>", name, number(fontDescriptor), t.widthsOf(order)))
	out.add(t.weight, fontDescriptor, t.descriptor(name, number(fontProgram)))
	out.addStream(t.weight, fontToUnicode, "", deflated(t.toUnicode(order), level))
	out.addStream(t.weight, fontProgram, fmt.Sprintf("/Length1 %d", len(file)), deflated(file, level))
	return &out
}

func (o *fontObjects) add(weight, object int, body string) {
	o.offsets[object] = len(o.data)
	o.data = fmt.Appendf(o.data, "%d 0 obj\n%s\nendobj\n", fontNumber(weight, object), body)
}

func (o *fontObjects) addStream(weight, object int, entries string, content []byte) {
	o.add(weight, object, fmt.Sprintf("<<%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", entries, len(content), content))
}

func deflated(content []byte, level int) []byte {
	var b bytes.Buffer
	z, _ := zlib.NewWriterLevel(&b, level) // the level is valid
	_, _ = z.Write(content)                // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// subsetName puts the tag before the font's name that tells this cut from others.
// Two cuts of one name would mix their glyphs in a merged file.
func (t *typeface) subsetName(order []int) string {
	h := sha256.New()
	h.Write([]byte(t.name))
	for _, g := range order {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(g)))
	}
	sum := h.Sum(nil)
	tag := make([]byte, tagLength)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag) + "+" + t.name
}

func (t *typeface) widthsOf(order []int) []byte {
	var out []byte
	for code, g := range order {
		if code > 0 {
			out = append(out, ' ')
		}
		if g < 0 {
			out = append(out, '0')
			continue
		}
		out = fmt.Append(out, t.font.thousandths(glyphID(g)))
	}
	return out
}

// descriptor describes the face. Ascent, cap height and stem are taken from the
// font's header and from its letters; viewers use them for fonts that are not
// embedded only.
func (t *typeface) descriptor(name, program string) string {
	h := t.font.head
	at := func(table []byte, i int) int { return t.font.scaled(int(int16(binary.BigEndian.Uint16(table[i:])))) }
	stem := 80 + 60*t.weight
	return fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d/CapHeight "+
		"%d/StemV %d/FontFile2 %s>>",
		name, at(h, 36), at(h, 38), at(h, 40), at(h, 42), at(t.font.hhea, 4), at(t.font.hhea,
			6), t.extentOf(t.codes['H']).y1, stem, program)
}

// toUnicode maps every code that a page can show to its character. Parts of
// glyphs are never shown by themselves.
func (t *typeface) toUnicode(order []int) []byte {
	var entries []string
	for code, g := range order {
		if r := t.slots[code].r; g >= 0 && r != 0 {
			units := ""
			for _, u := range utf16.Encode([]rune{r}) {
				units += fmt.Sprintf("%04X", u)
			}
			entries = append(entries, fmt.Sprintf("<%04X><%s>\n", code, units))
		}
	}
	out := []byte("/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n")
	for len(entries) > 0 {
		n := min(100, len(entries)) // the most that a block may hold (Adobe Technical Note 5014)
		out = fmt.Appendf(out, "%d beginbfchar\n", n)
		for _, e := range entries[:n] {
			out = append(out, e...)
		}
		out = append(out, "endbfchar\n"...)
		entries = entries[n:]
	}
	return append(out, "endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n"...)
}
