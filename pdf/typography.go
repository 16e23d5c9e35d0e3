package pdf

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Text prepares a text for the page: composed characters, typographic
// apostrophes, the language's spaces and quotes; format characters, which leave
// no ink, are dropped. Doing it twice changes nothing.
func (l Language) Text(s string) string {
	if s == "" {
		return ""
	}
	return l.quotes(apostrophes(clean(s)))
}

// clean leaves nothing but line feeds, spaces and what has ink, composed as far
// as Unicode can.
func clean(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return cleaned(r) != r }) {
		if norm.NFC.IsNormalString(s) {
			return s
		}
		return norm.NFC.String(s)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return norm.NFC.String(strings.Map(cleaned, s))
}

// cleaned is what a rune becomes on the page; below 0 where it is dropped.
func cleaned(r rune) rune {
	switch {
	case r >= 0x20 && r < 0x7f, r == '\n', r == '\u00a0', r == '\u202f', r == '\u2009', r == '\u200a':
		return r
	case r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
		return '\n'
	case r == '\t':
		return ' '
	case r == '\u2007':
		return '\u00a0'
	case r == '\u2011':
		return '-'
	case r < 0xa0:
		return -1
	case r < 0x300 && r != '\u00ad':
		return r
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.In(r, unicode.Cf, unicode.Variation_Selector), r == '\u034f':
		return -1
	}
	return r
}

// apostrophes bends a straight apostrophe that stands after a letter.
func apostrophes(s string) string {
	if !strings.Contains(s, "'") {
		return s
	}
	runes := []rune(s)
	for i := 1; i < len(runes); i++ {
		if runes[i] == '\'' && unicode.IsLetter(runes[i-1]) {
			runes[i] = '’'
		}
	}
	return string(runes)
}

// frenchSpaces puts narrow no-break spaces where French typography wants a
// space that a line does not break at: before ; : ! ? % € », after «, between
// groups of three digits. It replaces the spaces that are there, and adds those
// inside guillemets; it never adds one elsewhere, for "10:30" and addresses of
// web pages have none.
func frenchSpaces(s string) string {
	if isASCIIPlain(s) || !strings.ContainsAny(s, " \u00a0\u202f»«") {
		return s
	}
	in := []rune(s)
	out := make([]rune, 0, len(in)+8)
	for i, r := range in {
		switch {
		case !isSpace(r) || i == 0 || i+1 == len(in):
			out = appendGuillemet(out, in, i)
		case bindsFrench(in, i):
			out = append(out, '\u202f')
		case bindsWide(in, i):
			out = append(out, '\u00a0')
		default:
			out = append(out, r)
		}
	}
	return string(out)
}

// appendGuillemet adds the rune at i, with a space inside a guillemet that has
// none.
func appendGuillemet(out, in []rune, i int) []rune {
	switch r := in[i]; {
	case r == '»' && i > 0 && !isSpace(in[i-1]):
		return append(out, '\u202f', r)
	case r == '«' && i+1 < len(in) && !isSpace(in[i+1]):
		return append(out, r, '\u202f')
	default:
		return append(out, r)
	}
}

// isASCIIPlain spares the common text without anything to bind.
func isASCIIPlain(s string) bool {
	return !strings.ContainsAny(s, ";:!?%€»«0123456789°.")
}

func isSpace(r rune) bool { return r == ' ' || r == '\u00a0' || r == '\u202f' }

// bindsFrench reports whether the space at i is a narrow no-break one.
func bindsFrench(s []rune, i int) bool {
	next, previous := s[i+1], s[i-1]
	if strings.ContainsRune(";:!?%€»", next) || previous == '«' {
		return true
	}
	return unicode.IsDigit(previous) && digits(s[i+1:]) == 3 && digitsBefore(s[:i]) <= 3
}

// digits counts the digits that s begins with.
func digits(s []rune) int {
	n := 0
	for n < len(s) && unicode.IsDigit(s[n]) {
		n++
	}
	return n
}

// digitsBefore counts the digits that s ends with.
func digitsBefore(s []rune) int {
	n := 0
	for n < len(s) && unicode.IsDigit(s[len(s)-1-n]) {
		n++
	}
	return n
}

// bindsWide reports whether the space at i keeps two words together: after n°,
// M. and Mme, and between the parts of a date.
func bindsWide(s []rune, i int) bool {
	before := string(s[max(0, i-4):i])
	for _, w := range []string{"n°", "N°", " M.", "\nM.", "Mme", "art.", "§"} {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	if i == 2 && before == "M." {
		return true
	}
	if unicode.IsDigit(s[i+1]) {
		return digits(s[i+1:]) == 4 && endsWithMonth(string(s[max(0, i-12):i]))
	}
	first := unicode.IsDigit(s[i-1]) || strings.HasSuffix(before, "1er")
	return first && startsWithMonth(string(s[i+1:min(len(s), i+12)]))
}

func startsWithMonth(s string) bool {
	for _, m := range frenchMonths {
		if strings.HasPrefix(s, m) {
			return true
		}
	}
	return false
}

func endsWithMonth(s string) bool {
	for _, m := range frenchMonths {
		if strings.HasSuffix(s, m) {
			return true
		}
	}
	return false
}

// curly turns straight double quotes into opening and closing ones.
func curly(s, opening, closing string) string {
	if !strings.Contains(s, `"`) {
		return s
	}
	var b strings.Builder
	previous := ' '
	for _, r := range s {
		switch {
		case r == '"' && (unicode.IsSpace(previous) || previous == '('):
			b.WriteString(opening)
		case r == '"':
			b.WriteString(closing)
		default:
			b.WriteRune(r)
		}
		previous = r
	}
	return b.String()
}

// span is a stretch of text in one weight.
type span struct {
	text string
	bold bool
}

// spans splits a paragraph at its ** marks. A mark without its partner is text.
func spans(s string) []span {
	if strings.IndexByte(s, '*') < 0 {
		return []span{{s, false}}
	}
	var out []span
	var b strings.Builder
	bold := false
	flush := func() {
		if b.Len() > 0 {
			out = append(out, span{b.String(), bold})
			b.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '*':
			b.WriteByte('*')
			i++
		case strings.HasPrefix(s[i:], "**") && (bold || strings.Contains(s[i+2:], "**")):
			flush()
			bold = !bold
			i++
		default:
			b.WriteByte(s[i])
		}
	}
	flush()
	return out
}
