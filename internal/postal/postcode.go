package postal

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// compact writes a code in capitals, without the spaces, dots, dashes and
// brackets that people put into codes.
func compact(code string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(Tidy(code)) {
		if !unicode.IsSpace(r) && !dash(r) && !strings.ContainsRune(".,()", r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fit writes a compact code as a pattern does: 9 is a figure, @ a letter, * either;
// everything else stands for itself, spaces and hyphens are put in.
func fit(code, pattern string) (string, bool) {
	var b strings.Builder
	rest := []byte(code)
	for i := range len(pattern) {
		p := pattern[i]
		if p == ' ' || p == '-' {
			b.WriteByte(p)
			continue
		}
		if len(rest) == 0 || !matches(rest[0], p) {
			return "", false
		}
		b.WriteByte(rest[0])
		rest = rest[1:]
	}
	return b.String(), len(rest) == 0
}

func matches(c, p byte) bool {
	digit, letter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z'
	switch p {
	case '9':
		return digit
	case '@':
		return letter
	case '*':
		return digit || letter
	}
	return c == p
}

// repair finds the form of a code in its country: first as typed, then without the
// letters that people put before it. It is never padded.
func (f form) repair(country, typed string) (string, bool) {
	c := compact(typed)
	candidates := []string{c}
	for _, sign := range append([]string{country}, strings.Fields(f.signs+" "+strings.Trim(f.prefix, "-"))...) {
		if rest, ok := strings.CutPrefix(c, sign); ok && sign != "" {
			candidates = append(candidates, rest)
		}
	}
	if f.inside != "" {
		candidates = append(candidates, f.inside+c)
	}
	for _, c := range candidates {
		for _, pattern := range strings.Split(f.codes, ",") {
			if code, ok := fit(c, pattern); ok && f.allows(c) {
				return code, true
			}
		}
	}
	return "", false
}

// allows tests what a pattern cannot: ranges, and letters that no code has.
func (f form) allows(code string) bool {
	if f.to > 0 {
		n, err := strconv.Atoi(strings.TrimLeft(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		if err != nil || n < f.from || n > f.to {
			return false
		}
	}
	if strings.ContainsAny(code, f.without) {
		return false
	}
	for _, end := range strings.Fields(f.never) {
		if strings.HasSuffix(code, end) {
			return false
		}
	}
	return strings.Trim(code, "0") != ""
}

// dummy tells what stands for a postcode where forms demand one and none exists.
func dummy(code string) bool {
	c := compact(code)
	return strings.Trim(c, "0") == "" || strings.Trim(c, "9") == "" || strings.Trim(c, "X") == "" ||
		slices.Contains([]string{"999077", "999078", "HKG", "NA", "N/A"}, c)
}
