// Package filename says which names an attachment may have.
package filename

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Valid tells whether s is one file's name, of at most so many bytes, that any
// mail reader can save.
func Valid(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsAny(s, `/\"`) && !strings.ContainsFunc(s, unicode.IsControl)
}
