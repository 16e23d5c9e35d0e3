package postal

import "strings"

// write renders one line of a form: letters are parts, what stands between two
// parts is printed when both are there. keep chooses the parts.
func write(pattern string, values map[byte]place, keep string) line {
	var l line
	between, longest := "", -1
	for i := range len(pattern) {
		v, isPart := values[pattern[i]]
		if !isPart {
			between += pattern[i : i+1]
			continue
		}
		if v.text != "" && strings.Contains(keep, pattern[i:i+1]) {
			if l.text != "" {
				l.text += between
			}
			l.text += v.text
			if n := runes(v.text); n > longest {
				l.field, longest = v.field, n
			}
		}
		between = ""
	}
	l.remedy = shorten
	return l
}

const (
	allParts   = "UBSDPCR"
	placeParts = "UBSD" // between the names and the town
)

// layOut returns the lines of a form: those of the place, the town where it stands
// above them, and what stands below.
func (f form) layOut(values map[byte]place) (above, town, below []line) {
	for i, pattern := range strings.Split(f.lines, "|") {
		l := write(pattern, values, allParts)
		// A street that shares its line with a district may leave it.
		if own := write(pattern, values, placeParts); runes(l.text) > MaxLine && own.text == l.text && len(pattern) > 1 {
			for j := range len(pattern) {
				above = append(above, nonBlank(write(pattern[j:j+1], values, allParts))...)
			}
			continue
		}
		switch one := nonBlank(l); {
		case i == 0 && strings.Contains(pattern, "C"):
			town = append(town, one...)
		case !strings.ContainsAny(pattern, "PCR"):
			above = append(above, one...)
		default:
			below = append(below, one...)
		}
	}
	return above, town, below
}

// townOf writes the town with its state, without the code, for carriers that take
// both apart.
func (f form) townOf(values map[byte]place) string {
	var all []string
	for pattern := range strings.SplitSeq(f.lines, "|") {
		if l := write(pattern, values, "CR"); l.text != "" {
			all = append(all, l.text)
		}
	}
	return strings.Join(all, ", ")
}

// aboveOf returns the lines of the place, with what shares the town's line.
func (f form) aboveOf(above []line, values map[byte]place) []string {
	var all []string
	for _, l := range above {
		all = append(all, l.text)
	}
	for pattern := range strings.SplitSeq(f.lines, "|") {
		if strings.Contains(pattern, "C") {
			for _, l := range nonBlank(write(pattern, values, placeParts)) {
				all = append(all, l.text)
			}
		}
	}
	return all
}
