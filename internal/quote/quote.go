// Package quote says in an error what was given, where that tells nothing of anybody.
package quote

import "strconv"

// maxWord is the length of the longest identifier that is quoted.
const maxWord = 40

// Word quotes what looks like an identifier: letters, digits, '-', '_' and '.'. Anything
// else may be a name, an address or a document that got into the wrong field, and is
// called "the value given".
func Word[T ~string](s T) string {
	if s == "" || len(s) > maxWord {
		return given(string(s))
	}
	for _, c := range []byte(s) {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
		if !plain {
			return given(string(s))
		}
	}
	return strconv.Quote(string(s))
}

func given(s string) string {
	if s == "" {
		return `""`
	}
	return "the value given"
}
