package postal

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// part is one field of an Input, with what may be asked of it.
type part struct {
	field string
	text  func(*Input) *string
	// filler tells that what stands for "not known" is refused here. In the others
	// such a word may be true: ND is North Dakota.
	filler bool
	// folded: NF Z10-011 prints the field in unaccented capitals.
	folded bool
}

var parts = []part{
	{"Name", func(i *Input) *string { return &i.Name }, true, false},
	{"Company", func(i *Input) *string { return &i.Company }, true, false},
	{"Attention", func(i *Input) *string { return &i.Attention }, true, false},
	{"Address.Unit", func(i *Input) *string { return &i.Unit }, true, false},
	{"Address.Building", func(i *Input) *string { return &i.Building }, true, false},
	{"Address.Street", func(i *Input) *string { return &i.Street }, true, true},
	{"Address.Box", func(i *Input) *string { return &i.Box }, true, true},
	{"Address.Postcode", func(i *Input) *string { return &i.Postcode }, false, false},
	{"Address.City", func(i *Input) *string { return &i.City }, true, true},
	{"Address.State", func(i *Input) *string { return &i.State }, false, false},
	{"Address.RoutingLabel", func(i *Input) *string { return &i.RoutingLabel }, true, true},
}

// clean tidies every field and refuses what no printer and no postman could read.
func (w *writer) clean() {
	w.in.Country = Country(w.in.Country)
	french := InFrenchPost(w.in.Country)
	w.in.City = brokenWord.ReplaceAllString(w.in.City, "$1")
	if french {
		w.buildingInStreet()
	}
	for _, p := range parts {
		text := p.text(&w.in)
		raw := *text
		*text = w.readable(p.field, Tidy(raw))
		if p.field == "Address.City" {
			*text = townEnds.ReplaceAllString(*text, "")
		}
		switch {
		case strings.ContainsFunc(raw, unprintable):
			w.refuse(p.field, ProblemCharacter, "holds a control character or is not UTF-8", "remove it")
		case masked(*text), p.filler && placeholder(*text):
			w.refuse(p.field, ProblemPlaceholder, "says that it is not known", "give what is true, or leave an optional field empty")
		default:
			w.checkScript(p, *text, french)
		}
	}
}

// brokenWord is a line that ends inside a name: "Boulogne-" / "sur-Mer".
var brokenWord = regexp.MustCompile(`(\pL[-‐‑])\s*[\r\n]\s*`)

// buildingInStreet takes a building, or who lets the addressee live there, that stands on a line of its own in the street's
// field to line 3, where its place is, if that is free.
func (w *writer) buildingInStreet() {
	lines := strings.FieldsFunc(w.in.Street, lineBreak)
	at := slices.IndexFunc(lines, func(l string) bool { return buildingWord.MatchString(Fold(l)) })
	if len(lines) < 2 || at < 0 || strings.TrimSpace(w.in.Building) != "" {
		return
	}
	w.in.Building = lines[at]
	w.in.Street = strings.Join(slices.Delete(lines, at, at+1), "\n")
}

func lineBreak(r rune) bool { return strings.ContainsRune("\n\r\u0085\u2028\u2029", r) }

var buildingWord = regexp.MustCompile(`^(?:BATIMENT|BAT|BT|IMMEUBLE|IMM|RESIDENCE|RES|ENTREE|ESCALIER|ESC|APPARTEMENT|APPT?|` +
	`ETAGE|PORTE|TOUR|BLOC|C O) `)

// readable drops a text without a letter or figure, such as "-", and the commas at
// the ends of one that has some.
func (w *writer) readable(field, s string) string {
	if strings.ContainsFunc(s, readable) {
		return strings.Trim(s, ",; ")
	}
	w.dropSymbols(field, s)
	return ""
}

// dropSymbols tells of the signs of a text that are not printed.
func (w *writer) dropSymbols(field, s string) {
	for _, sign := range symbols(s) {
		w.changed(field, ChangeSymbol, sign, "")
	}
}

// checkScript refuses what is not in Latin letters and Arabic figures. Abroad a
// local script may stand beside Latin letters, never alone; lines that are folded
// take neither.
func (w *writer) checkScript(p part, text string, french bool) {
	foreign := strings.ContainsFunc(text, foreignLetter)
	switch {
	case strings.ContainsFunc(text, foreignDigit), french && p.folded && strings.ContainsFunc(text, unfoldable):
		w.refuse(p.field, ProblemScript, "holds letters or digits outside the Latin alphabet", "transcribe it")
	case foreign && !strings.ContainsFunc(text, latinLetter):
		w.refuse(p.field, ProblemScript, "has no letter of the Latin alphabet", "transcribe it")
	case foreign:
		w.changes = append(w.changes, Change{p.field, ChangeScript, text, text})
	}
}

// Country returns a country's code as tables hold it.
func Country(s string) string {
	code := strings.ToUpper(strings.TrimSpace(s))
	if usual, ok := reserved[code]; ok {
		return usual
	}
	return code
}

// reserved are codes that ISO 3166 keeps free because the European Union writes
// them, for the United Kingdom and Greece.
var reserved = map[string]string{"UK": "GB", "EL": "GR"}

// Tidy puts a text on one line: accents join their letters, typeset ligatures come
// apart, what has no shape goes, white space (line breaks included) becomes one space.
func Tidy(s string) string {
	return strings.Join(strings.Fields(ligatures.Replace(compose(strings.Map(shaped, s)))), " ")
}

// ligatures are letters of typesetting, as they come out of a PDF.
var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

// shaped drops what has no shape, such as marks that turn the direction of a text.
func shaped(r rune) rune {
	switch {
	case r == zeroWidthSpace:
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

const zeroWidthSpace = '\u200b'

// composed is composeTable by mark and letter.
var composed = func() map[[2]rune]rune {
	m := make(map[[2]rune]rune)
	for mark, pairs := range composeTable {
		letters := []rune(pairs)
		for i := 0; i+1 < len(letters); i += 2 {
			m[[2]rune{mark, letters[i]}] = letters[i+1]
		}
	}
	return m
}()

// compose joins marks to the letters before them.
func compose(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Mn, r) }) {
		return s
	}
	var out []rune
	for _, r := range s {
		if n := len(out); n > 0 {
			if whole, ok := composed[[2]rune{r, out[n-1]}]; ok {
				out[n-1] = whole
				continue
			}
		}
		out = append(out, r)
	}
	return string(out)
}

func unprintable(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
}

func latinLetter(r rune) bool { return unicode.Is(unicode.Latin, r) }

// foreignLetter tells a letter that belongs to a script other than Latin.
func foreignLetter(r rune) bool {
	return unicode.IsLetter(r) && !latinLetter(r) && !unicode.Is(unicode.Common, r)
}

// foreignDigit tells a figure that is not Arabic.
func foreignDigit(r rune) bool { return unicode.Is(unicode.Nd, r) && r > unicode.MaxASCII }

// unfoldable tells a letter or number that has no unaccented capital.
func unfoldable(r rune) bool {
	_, known := folds[r]
	return (unicode.IsLetter(r) || unicode.IsNumber(r)) && r > unicode.MaxASCII && !known
}

func readable(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// runes counts characters.
func runes(s string) int { return utf8.RuneCountInString(s) }
