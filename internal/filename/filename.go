// Package filename says which names an attachment may have.
package filename

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Valid tells whether s is one file's name, of at most so many bytes, that any
// mail reader can save.
func Valid(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsAny(s, `/\"`) && !strings.ContainsFunc(s, unicode.IsControl)
}

// unsafe are the signs that a file's name may not have on one system or another.
const unsafe = `<>:"/\|?*`

// devices are names that Windows keeps for itself, whatever follows a dot.
var devices = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])( *\.|$)`)

// Safe returns s as a name of at most so many bytes that every system saves and shows
// as it is: no path, no device, nothing that hides its real end.
func Safe(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune(unsafe, r), !unicode.IsPrint(r), r == utf8.RuneError:
			return '_'
		}
		return r
	}, strings.ToValidUTF8(s, "_"))
	s = strings.Trim(s, " .")
	if s == "" {
		s = "document"
	}
	if devices.MatchString(s) {
		s = "_" + s
	}
	return shortened(s, most)
}

// shortened keeps the end of the name that tells its type.
func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := path.Ext(s)
	if len(end) > 10 || len(end) >= most {
		end = ""
	}
	cut := most - len(end)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.TrimRight(s[:cut], " .") + end
}

// Distinct returns names of which no two are the same on a system that heeds no case.
func Distinct(names []string, most int) []string {
	seen, all := map[string]bool{}, make([]string, len(names))
	for i, name := range names {
		one := name
		for n := 2; seen[strings.ToLower(one)]; n++ {
			end, mark := path.Ext(name), " ("+strconv.Itoa(n)+")"
			one = shortened(strings.TrimSuffix(name, end), most-len(end)-len(mark)) + mark + end
		}
		seen[strings.ToLower(one)] = true
		all[i] = one
	}
	return all
}
