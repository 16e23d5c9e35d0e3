package pdf

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-fonts/liberation/liberationserifbold"
	"codeberg.org/go-fonts/liberation/liberationserifregular"
	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// typeface is a font that was parsed once for many letters.
type typeface struct {
	name   string // as the PDF names it
	family string // as fpdf calls it; see rename
	full   []byte
	common []byte          // the font cut to the common repertoire: small enough to be parsed per letter
	widths map[rune]uint16 // of every glyph, in thousandths of an em
	inUse  map[rune]bool   // the runes of common
}

// repertoire is what letters in European languages are made of.
var repertoire = [][2]rune{
	{0x20, 0x7e}, {0xa0, 0x17f}, {0x192, 0x192}, {0x1fa, 0x1ff}, {0x218, 0x21b}, {0x1e80, 0x1e85}, {0x1e9e, 0x1e9e}, {0x1ef2, 0x1ef3},
	{0x2009, 0x200a}, {0x2010, 0x2027}, {0x202f, 0x2030}, {0x2032, 0x2033}, {0x2039, 0x203a}, {0x2044, 0x2044},
	{0x20ac, 0x20ac}, {0x2116, 0x2116}, {0x2122, 0x2122}, {0x2212, 0x2212}, {0x2248, 0x2248}, {0x2260, 0x2260}, {0x2264, 0x2265},
}

func newTypeface(name string, ttf []byte) (*typeface, error) {
	parsed, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	t := &typeface{name: name, full: ttf, widths: map[rune]uint16{}, inUse: map[rune]bool{}}
	t.family = placeholder(name)
	if err := t.measure(parsed); err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	var cut []rune
	for _, r := range repertoire {
		for c := r[0]; c <= r[1]; c++ {
			if _, ok := t.widths[c]; ok {
				cut = append(cut, c)
				t.inUse[c] = true
			}
		}
	}
	t.common = fpdf.UTF8CutFont(ttf, string(cut))
	return t, nil
}

// measure reads the width of every glyph, rounded as the PDF will state it.
func (t *typeface) measure(f *sfnt.Font) error {
	var buf sfnt.Buffer
	upem := fixed.Int26_6(f.UnitsPerEm())
	for r := rune(0x20); r < 0xfffe; r++ {
		g, err := f.GlyphIndex(&buf, r)
		if err != nil || g == 0 {
			continue
		}
		a, err := f.GlyphAdvance(&buf, g, upem<<6, xfont.HintingNone)
		if err != nil {
			return err
		}
		t.widths[r] = uint16((int(a>>6)*1000 + int(upem)/2) / int(upem))
	}
	return nil
}

// width of s in millimetres at a size in points.
func (t *typeface) width(s string, size float64) float64 {
	n := 0
	for _, r := range s {
		n += int(t.widths[r])
	}
	return float64(n) / 1000 * size * mmPerPoint
}

// missing returns the first rune of s that has no glyph.
func (t *typeface) missing(s string) (rune, bool) {
	for _, r := range s {
		if _, ok := t.widths[r]; !ok && r != '\n' {
			return r, true
		}
	}
	return 0, false
}

// data returns a font that holds the runes, common to most letters or cut for
// this one.
func (t *typeface) data(used map[rune]bool) []byte {
	special := false
	for r := range used {
		special = special || !t.inUse[r]
	}
	if !special {
		return t.common
	}
	return fpdf.UTF8CutFont(t.full, string(sorted(used)))
}

func sorted(used map[rune]bool) []rune {
	all := make([]rune, 0, len(used))
	for r := range used {
		all = append(all, r)
	}
	slices.Sort(all)
	return all
}

const (
	fpdfPrefix = "utf8" // what fpdf puts before the family in font names
	tagLength  = 6      // of a subset tag (ISO 32000-1, 9.6.4)
)

// placeholder is the family under which fpdf knows the font. Its name in the
// file is as long as the final one, so that [typeface.rename] moves no offset.
func placeholder(name string) string {
	family := fmt.Sprintf("courrier%x", sha256.Sum256([]byte(name)))
	return family[:tagLength+1+len(name)-len(fpdfPrefix)]
}

// names returns the font's name as fpdf writes it and as it should be: with
// the tag that marks a subset, derived from the runes in it.
func (t *typeface) names(used map[rune]bool) (written, wanted string) {
	sum := sha256.Sum256([]byte(t.name + string(sorted(used))))
	tag := make([]byte, tagLength)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return "/" + fpdfPrefix + t.family, "/" + string(tag) + "+" + t.name
}

// faces are the two weights of a family.
type faces struct{ regular, bold *typeface }

func newFaces(serif bool) (faces, error) {
	names := [2]string{"LiberationSans", "LiberationSans-Bold"}
	data := [2][]byte{liberationsansregular.TTF, liberationsansbold.TTF}
	if serif {
		names = [2]string{"LiberationSerif", "LiberationSerif-Bold"}
		data = [2][]byte{liberationserifregular.TTF, liberationserifbold.TTF}
	}
	regular, err := newTypeface(names[0], data[0])
	if err != nil {
		return faces{}, err
	}
	bold, err := newTypeface(names[1], data[1])
	return faces{regular, bold}, err
}

func (f faces) of(bold bool) *typeface {
	if bold {
		return f.bold
	}
	return f.regular
}
