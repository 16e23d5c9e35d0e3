package latepayment

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a run of digits, a word in lower case without accents, or one other sign.
type token struct {
	text       string
	start, end int
	kind       tokenKind
	gap        gapKind // what stood before it
	column     bool    // in a column of a table whose head names the euro
	quoted     bool    // in the quotation of an article
}

type (
	tokenKind byte
	gapKind   byte
)

const (
	digits tokenKind = iota
	letters
	sign
)

const (
	noGap gapKind = iota
	spaceGap
	lineGap
)

func tokensOf(text string) []token {
	all := make([]token, 0, len(text)/4)
	gap := noGap
	word := func(start, end int, kind tokenKind, s string) {
		all = append(all, token{text: s, start: start, end: end, kind: kind, gap: gap})
		gap = noGap
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\n':
			gap, i = lineGap, i+n
		case unicode.IsSpace(r) || r == '\u00ad' || r == '\u200b' || r == '\ufeff':
			gap, i = max(gap, spaceGap), i+n
		case r >= '0' && r <= '9':
			end := i
			for end < len(text) && text[end] >= '0' && text[end] <= '9' {
				end++
			}
			word(i, end, digits, text[i:end])
			i = end
		case unicode.IsLetter(r):
			end := i
			for end < len(text) {
				r, n := utf8.DecodeRuneInString(text[end:])
				if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) {
					break
				}
				end += n
			}
			word(i, end, letters, foldWord(text[i:end]))
			i = end
		default:
			word(i, i+n, sign, foldSign(r))
			i += n
		}
	}
	return all
}

// foldWord writes a word in lower case without accents.
func foldWord(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= 128 || s[i] >= 'A' && s[i] <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		r = unicode.ToLower(r)
		if text, ok := folded[r]; ok {
			b.WriteString(text)
		} else if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// foldSign writes apostrophes, dashes and quotation marks in one form each.
func foldSign(r rune) string {
	switch r {
	case '’', '‘', 'ʼ', '\'':
		return "'"
	case '−', '‐', '‑', '–', '—', '-':
		return "-"
	}
	return string(r)
}
