package postal

import (
	"strings"
	"unicode"
)

// folds is foldTable by letter.
var folds = func() map[rune]string {
	m := make(map[rune]string)
	for plain, letters := range foldTable {
		for _, r := range letters {
			m[r] = plain
		}
	}
	return m
}()

// Fold writes a text as NF Z10-011 wants lines 4 to 6: unaccented capitals, digits
// and single spaces. Dots inside an abbreviation make no space: "C.S." is CS.
func Fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range closeAbbreviations(s) {
		plain := folds[r]
		switch {
		case unicode.Is(unicode.Mn, r), shaped(r) < 0: // the accent of a letter that no table joins
			continue
		case r >= 'a' && r <= 'z':
			plain = string(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			plain = string(r)
		}
		if plain == "" {
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteString(plain)
	}
	return b.String()
}

// closeAbbreviations takes the dots out of runs of single letters: "C.S. 1" is
// "CS  1", "M. A" stays.
func closeAbbreviations(s string) []rune {
	in := []rune(s)
	out := make([]rune, 0, len(in))
	single := func(i int) bool { // a letter alone, with a dot behind it
		return i >= 0 && i+1 < len(in) && unicode.IsLetter(in[i]) && in[i+1] == '.' && (i == 0 || !readable(in[i-1]))
	}
	for i, r := range in {
		inside := r == '.' && single(i-1) && i+1 < len(in) && unicode.IsLetter(in[i+1]) && (i+2 == len(in) || !readable(in[i+2]))
		if !inside {
			out = append(out, r)
		}
	}
	return out
}

// separators are signs that carry no meaning between words: NF Z10-011 prints a
// space in their place, as in that of a dash. Any other sign that is dropped is told.
const separators = "'’‘ʼ`´\"“”„«»‹›.,;:!?¡¿()[]{}/⁄\\_°·•…|¨^~*"

// dashes is a class of characters for regular expressions: the dashes of Unicode, and
// the signs that look like one.
const dashes = `\p{Pd}−⁃`

func dash(r rune) bool { return unicode.Is(unicode.Pd, r) || r == '−' || r == '⁃' }

func separator(r rune) bool { return dash(r) || strings.ContainsRune(separators, r) }

// symbols returns the signs of a text that folding drops and that may mean
// something, such as "&", in their order.
func symbols(s string) []string {
	var all []string
	for _, r := range s {
		dropped := folds[r] == "" && !readable(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Mn, r) && shaped(r) >= 0
		if dropped && !separator(r) {
			all = append(all, string(r))
		}
	}
	return all
}

// upper writes a line in capitals with its accents, as its country does: the
// capital of a Turkish i keeps its dot, German ß is SS.
func upper(s, country string) string {
	capital := unicode.ToUpper
	if turkic[country] {
		capital = unicode.TurkishCase.ToUpper
	}
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Common, unicode.Inherited) { // the micro sign's capital is Greek
			return r
		}
		return capital(r)
	}, strings.ReplaceAll(s, "ß", "ss"))
}

var turkic = map[string]bool{"TR": true, "AZ": true}

// same tells whether two texts are the same words.
func same(a, b string) bool { return Fold(a) == Fold(b) && Fold(a) != "" }
