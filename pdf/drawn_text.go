package pdf

import (
	"encoding/binary"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-fonts/liberation/liberationserifbold"
	"codeberg.org/go-fonts/liberation/liberationserifregular"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"golang.org/x/text/unicode/norm"
)

// defaultAppearance is how a field or a free text sets its text
// (ISO 32000-1, 12.7.3.3).
type defaultAppearance struct {
	face   *typeface
	size   float64 // in points; 0 to fit
	colour string  // operators that set it for fills
	stroke string  // the same for strokes
}

const standardSize = 12

// readAppearance reads the operators of a default appearance. The fonts it
// names are mostly not embedded: metrically equal ones of our own stand in.
func (s *source) readAppearance(o types.Object) (defaultAppearance, error) {
	da := defaultAppearance{size: standardSize, colour: "0 g\n", stroke: "0 G\n"}
	font := ""
	text, _ := s.resolve(o).(byteString)
	l := lexer{data: []byte(text)}
	var args []token
	for t := l.next(); t.kind != tokenEOF; t = l.next() {
		if t.kind != tokenKeyword {
			args = append(args, t)
			continue
		}
		switch name := string(t.bytes); {
		case name == "Tf" && len(args) >= 2:
			font, da.size = string(args[len(args)-2].bytes), args[len(args)-1].num
		case name == "g" || name == "rg" || name == "k":
			da.setColour(name, args)
		}
		args = args[:0]
	}
	var err error
	da.face, err = s.standIn(font)
	return da, err
}

func (da *defaultAppearance) setColour(operator string, args []token) {
	values := make([]float64, len(args))
	for i, t := range args {
		values[i] = t.num
	}
	if names, ok := colourOperators[len(values)]; ok && names[fillColour] == operator {
		da.colour, da.stroke = operands(values)+operator+"\n", operands(values)+names[strokeColour]+"\n"
	}
}

// standIns are the faces that stand in for the fonts of fields, by what their
// names contain; the last one stands for all others.
var standIns = []struct {
	names []string
	face  string
	ttf   func() []byte
}{
	{[]string{"cour", "mono", "cobo"}, "LiberationMono", func() []byte { return liberationmonoregular.TTF }},
	{[]string{"timesbold", "times-bold", "tibo"}, "LiberationSerif-Bold", func() []byte { return liberationserifbold.TTF }},
	{[]string{"time", "tiro", "serif", "roman"}, "LiberationSerif", func() []byte { return liberationserifregular.TTF }},
	{[]string{"bold", "hebo"}, "LiberationSans-Bold", func() []byte { return liberationsansbold.TTF }},
	{[]string{""}, "LiberationSans", func() []byte { return liberationsansregular.TTF }},
}

// standIn finds the face for a font that the form's resources name.
func (s *source) standIn(font string) (*typeface, error) {
	resources := s.dict(s.dict(s.catalog["AcroForm"])["DR"])
	if base := s.name(s.dict(s.dict(resources["Font"])[font])["BaseFont"]); base != "" {
		font = base
	}
	font = strings.ToLower(font)
	for _, f := range standIns {
		for _, name := range f.names {
			if strings.Contains(font, name) && !strings.Contains(font, "sansserif") || name == "" {
				return s.face(f.face, f.ttf())
			}
		}
	}
	return nil, nil
}

// face takes a font apart, once a file.
func (s *source) face(name string, ttf []byte) (*typeface, error) {
	if t, ok := s.faces[name]; ok {
		return t, nil
	}
	weight := 0
	if strings.HasSuffix(name, "Bold") {
		weight = 1
	}
	t, err := newTypeface(name, weight, ttf)
	if err == nil {
		s.faces[name] = t
	}
	return t, err
}

// plainText is the text of a string, a name, a number or a stream
// (ISO 32000-1, 7.9.2.2). Setting it will take work in proportion.
func (s *source) plainText(o types.Object) string {
	text := s.decodedText(o)
	s.work(2 * len(text))
	return text
}

func (s *source) decodedText(o types.Object) string {
	switch v := s.resolve(o).(type) {
	case byteString:
		return decodeText([]byte(v))
	case types.Name:
		return string(v)
	case types.Integer:
		return v.PDFString()
	case types.Float:
		return strconv.FormatFloat(float64(v), 'f', -1, 64)
	case types.StreamDict:
		content, _, err := s.decode(&v)
		if err == nil {
			return decodeText(content)
		}
	}
	return ""
}

// richText is the text of XHTML, without its styles (ISO 32000-1, 12.7.3.4).
func richText(markup string) string {
	var out strings.Builder
	d := xml.NewDecoder(strings.NewReader(markup))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		t, err := d.Token()
		if err != nil {
			return strings.TrimSpace(out.String())
		}
		switch t := t.(type) {
		case xml.CharData:
			out.Write(t)
		case xml.EndElement:
			if t.Name.Local == "p" || t.Name.Local == "br" || t.Name.Local == "div" {
				out.WriteByte('\n')
			}
		}
	}
}

func decodeText(b []byte) string {
	switch {
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		return utf16Text(b[2:], binary.BigEndian)
	case len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe: // against the standard, and written all the same
		return utf16Text(b[2:], binary.LittleEndian)
	case len(b) >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf && utf8.Valid(b[3:]):
		return string(b[3:])
	}
	out := make([]rune, 0, len(b))
	for _, c := range b {
		out = append(out, docEncoding(c))
	}
	return string(out)
}

func utf16Text(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// docEncoding is PDFDocEncoding (ISO 32000-1, annex D.3): Latin 1 but for
// these.
func docEncoding(c byte) rune {
	const low, high = "˘ˇˆ˙˝˛˚˜", "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\uFFFD€"
	switch {
	case c >= 0x18 && c <= 0x1f:
		return []rune(low)[c-0x18]
	case c >= 0x80 && c <= 0xa0:
		return []rune(high)[c-0x80]
	}
	return rune(c)
}

const maxSetText = 50_000 // bytes of a field: more cannot be read on a page

// settable prepares text to be set: one form of composed letters, no control
// characters. False where a character has no glyph, or is written from right
// to left, which is not done here.
func settable(t *typeface, text string) (string, bool) {
	if len(text) > maxSetText {
		return "", false
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ").Replace(norm.NFC.String(text))
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			continue
		case t.code(r) == 0 || unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Mn, unicode.Me):
			return "", false
		}
		out.WriteRune(r)
	}
	return out.String(), true
}

// show sets one line at a point, in the form's own space.
func (k *sketch) show(da defaultAppearance, size, x, y float64, text string) {
	used := k.faces[da.face]
	if used == nil {
		set := newCodeSet(da.face)
		used = &set
		k.faces[da.face] = used
	}
	var codes []byte
	for _, r := range text {
		code := da.face.code(r)
		used.add(code)
		codes = appendCode(codes, code)
	}
	k.WriteString("BT " + da.colour + "/" + da.face.name + " " + num(size) + " Tf\n")
	k.op("Td", x, y)
	k.WriteString("(" + string(codes) + ") Tj ET\n")
}

// points is the width of a text in points.
func (t *typeface) points(text string, size float64) float64 { return t.width(text, size) / mmPerPoint }

// wrap breaks text at line feeds and where it is wider than the width.
func wrap(t *typeface, text string, size, width float64) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		start, end, filled := 0, 0, 0.0 // of the line in the paragraph
		for _, word := range strings.SplitAfter(paragraph, " ") {
			if end > start && filled+t.points(strings.TrimRight(word, " "), size) > width {
				lines, start, filled = append(lines, paragraph[start:end]), end, 0
			}
			wide := t.points(word, size)
			for wide > width && utf8.RuneCountInString(word) > 1 {
				n := fitting(t, word, size, width)
				lines, word = append(lines, word[:n]), word[n:]
				start, end, wide = start+n, start+n, t.points(word, size)
			}
			end += len(word)
			filled += wide
		}
		lines = append(lines, paragraph[start:end])
	}
	return lines
}

// fitting is how many bytes of a word fit into a width, at least a character.
func fitting(t *typeface, word string, size, width float64) int {
	n, filled := 0, 0.0
	for _, r := range word {
		if filled += t.points(string(r), size); n > 0 && filled > width {
			break
		}
		n += utf8.RuneLen(r)
	}
	return n
}
