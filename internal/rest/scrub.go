package rest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxRead    = 4000 // bytes of a message that are looked at
	maxMessage = 300
	removed    = "[removed]"
	minSecret  = 3 // shorter words say nothing by themselves
)

// Scrub makes a server's message fit for an error: on one line, at most 300
// characters, and without any of the private values, which servers like to quote
// back. Case is ignored; of a value of several words each word goes too.
func Scrub(message string, private ...string) string {
	message = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(message[:min(len(message), maxRead)], ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	for _, p := range worthHiding(private) {
		message = replaceFold(message, p)
	}
	if utf8.RuneCountInString(message) > maxMessage {
		message = string([]rune(message)[:maxMessage]) + "…"
	}
	return message
}

// worthHiding returns the values and their words, longest first.
func worthHiding(private []string) []string {
	var all []string
	for _, p := range private {
		all = append(all, strings.Join(strings.Fields(p), " "))
		all = append(all, strings.FieldsFunc(p, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	all = slices.DeleteFunc(all, func(s string) bool { return utf8.RuneCountInString(s) < minSecret })
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(all)
}

// replaceFold replaces every occurrence of old, whatever its case.
func replaceFold(s, old string) string {
	var b strings.Builder
	n := utf8.RuneCountInString(old)
	runes := []rune(s)
	for i := 0; i < len(runes); {
		if i+n <= len(runes) && strings.EqualFold(string(runes[i:i+n]), old) {
			b.WriteString(removed)
			i += n
			continue
		}
		b.WriteRune(runes[i])
		i++
	}
	return b.String()
}
