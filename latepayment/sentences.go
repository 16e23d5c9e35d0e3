package latepayment

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentence is one sentence of a text, without the quotations of articles.
type sentence struct {
	text       string
	start, end int
	folded     string
	hints      hintSet // of the rules that may find something in it
}

func (s *sentence) finding(key, why string) Finding {
	return Finding{Key: key, Phrase: s.folded, Why: why, Start: s.start, End: s.end}
}

// span is a run of a text, or of its tokens.
type span struct{ first, end int }

// sentencesOf cuts a text into sentences and reads each for the rules.
func sentencesOf(text string) []sentence {
	cuts := cutSentences(text)
	all := make([]sentence, len(cuts))
	for i, c := range cuts {
		folded := foldSentence(text[c.first:c.end])
		all[i] = sentence{text: text[c.first:c.end], start: c.first, end: c.end, folded: folded, hints: hints.in(folded)}
	}
	return all
}

// cutSentences cuts a text at full stops, question and exclamation marks and empty
// lines. A line break alone ends a sentence only where the line is one by itself, such
// as a row of a table.
func cutSentences(text string) []span {
	var all []span
	start := 0
	cut := func(end int) {
		if strings.TrimSpace(text[start:end]) != "" {
			all = append(all, span{start, end})
		}
		start = end
	}
	for i := range len(text) {
		switch text[i] {
		case '\n':
			if next := strings.TrimLeft(text[i+1:], " \t"); next == "" || next[0] == '\n' || next[0] == '-' || next[0] == '|' ||
				startsLine(next) {
				cut(i + 1)
			}
		case '.', '!', '?':
			if ends(text, i) {
				cut(i + 1)
			}
		}
	}
	cut(len(text))
	return all
}

// startsLine reports whether a line begins a sentence: with a capital. So in a text of
// capitals each line is one by itself.
func startsLine(next string) bool {
	r, _ := utf8.DecodeRuneInString(next)
	return unicode.IsUpper(r)
}

// shortened are the words whose full stop ends no sentence.
var shortened = []string{"art", "no", "cass", "com", "civ", "al", "ex", "ref", "m", "mme", "mr", "ltd", "l", "r", "d", "c", "env",
	"tel", "ste", "st", "cf", "p"}

// ends reports whether the full stop at i ends a sentence: not behind a shortened
// word, nor in a German date.
func ends(text string, i int) bool {
	next, n := utf8.DecodeRuneInString(text[i+1:])
	if n > 0 && !unicode.IsSpace(next) {
		return false
	}
	before := strings.ToLower(text[max(0, i-5):i])
	word := before[strings.LastIndexFunc(before, func(r rune) bool { return !unicode.IsLetter(r) })+1:]
	switch {
	case text[i] != '.':
		return true
	case strings.HasSuffix(text[:i], "..."): // dots that lead to a sum
		return false
	case i > 0 && text[i-1] >= '0' && text[i-1] <= '9':
		return !startsMonth(text[i+1:])
	}
	return !slices.Contains(shortened, word)
}

// startsMonth reports whether the first word of a text is the name of a month.
func startsMonth(text string) bool {
	text = strings.TrimLeftFunc(text[:min(len(text), 24)], unicode.IsSpace)
	end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	return end > 0 && monthNumbers[foldWord(text[:end])] != 0
}

// foldSentence writes a sentence for the comparison: lower case, no accents, one
// ordinary space for any, apostrophes and hyphens, without what an article of law is
// quoted with.
func foldSentence(s string) string {
	b := make([]byte, 0, len(s))
	quoted, space := false, false
	for _, r := range s {
		switch {
		case r == '«' || r == '“':
			quoted, space = namesArticle(string(b)), true
			continue
		case r == '»' || r == '”':
			quoted = false
			continue
		case quoted:
			continue
		case unicode.IsSpace(r):
			space = true
			continue
		}
		before := len(b)
		if space && before > 0 {
			b = append(b, ' ')
		}
		written := len(b)
		if b = appendFolded(b, r); len(b) == written { // nothing of it is compared
			b = b[:before]
			continue
		}
		space = false
	}
	return string(b)
}

// appendFolded writes one rune as it is compared.
func appendFolded(b []byte, r rune) []byte {
	switch {
	case r >= 'A' && r <= 'Z':
		return append(b, byte(r)+'a'-'A')
	case r < 128:
		return append(b, byte(r))
	}
	r = unicode.ToLower(r)
	if text, ok := folded[r]; ok {
		return append(b, text...)
	}
	if unicode.Is(unicode.Mn, r) {
		return b
	}
	return utf8.AppendRune(b, r)
}

// namesArticle reports whether what stands before a quotation names an article.
func namesArticle(before string) bool {
	return strings.Contains(before, "article") || strings.Contains(before, "art.") || strings.Contains(before, "code ")
}
