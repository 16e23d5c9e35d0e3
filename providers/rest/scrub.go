package rest

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxRead    = 4000 // bytes of a message that are looked at
	maxMessage = 300
	removed    = "[removed]"
	minSecret  = 3 // shorter words say nothing by themselves
)

// Scrub makes a server's message fit for an error: on one line, at most 300
// characters, and without any word of the private values, which servers like to
// quote back in capitals or without accents. Words of one or two characters stay.
func Scrub(message string, private ...string) string {
	hide := make(map[string]bool)
	for _, p := range private {
		eachWord(p, func(word string) {
			plain := fold(word)
			hide[plain] = utf8.RuneCountInString(plain) >= minSecret
		}, func(rune) {})
	}
	var b strings.Builder
	space := false
	eachWord(firstPart(message), func(word string) {
		if hide[fold(word)] {
			word = removed
		}
		b.WriteString(word)
		space = false
	}, func(r rune) {
		blank := unicode.IsSpace(r) || unicode.IsControl(r)
		switch {
		case !blank:
			b.WriteRune(r)
		case !space:
			b.WriteByte(' ')
		}
		space = blank
	})
	clean := []rune(strings.TrimSpace(b.String()))
	if len(clean) > maxMessage {
		return string(clean[:maxMessage]) + "…"
	}
	return string(clean)
}

// firstPart is what is looked at of a long message: whole words only, as a part of
// a private one would not be told.
func firstPart(message string) string {
	if len(message) <= maxRead {
		return strings.ToValidUTF8(message, "")
	}
	message = strings.ToValidUTF8(message[:maxRead], "")
	return message[:max(strings.LastIndexFunc(message, unicode.IsSpace), 0)]
}

// eachWord walks s in order: runs of letters, marks and digits, and what is between.
func eachWord(s string, word func(string), other func(rune)) {
	start := -1
	for i, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			word(s[start:i])
			start = -1
		}
		other(r)
	}
	if start >= 0 {
		word(s[start:])
	}
}

// fold compares words as servers repeat them: lower case, without accents and
// ligatures.
func fold(word string) string {
	return ligatures.Replace(strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsMark(r) {
			return -1
		}
		return r
	}, norm.NFD.String(word))))
}

var ligatures = strings.NewReplacer("œ", "oe", "æ", "ae", "ß", "ss")
