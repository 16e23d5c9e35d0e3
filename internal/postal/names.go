package postal

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// line is one printed line with the field that a person would mend.
type line struct {
	field, text, remedy string
}

const shorten = "abbreviate it; nothing is cut for you"

func nonBlank(lines ...line) []line {
	var all []line
	for _, l := range lines {
		if l.text != "" {
			all = append(all, l)
		}
	}
	return all
}

// names writes the lines above the address: the company, then the person in it. A
// company's name that is too long goes on, at a word, over one of the free lines;
// of a person's only the title is abbreviated.
func (w *writer) names(free int) []line {
	person := strings.TrimSpace(w.in.Name + " " + w.in.Attention)
	if w.in.Company == "" {
		return nonBlank(line{"Name", w.shortTitle("Name", w.in.Name), shorten})
	}
	field := "Attention"
	if w.in.Attention == "" {
		field = "Name"
	}
	second := nonBlank(line{field, w.shortTitle(field, person), shorten})
	first := []line{{"Company", w.in.Company, shorten}}
	if head, tail, ok := wrap(w.in.Company); ok && free-len(second) > 0 {
		first = []line{{"Company", head, shorten}, {"Company", tail, shorten}}
	}
	w.firm = len(first)
	return append(first, second...)
}

func (w *writer) missingName() {
	if w.in.Name == "" && w.in.Company == "" && !w.refused("Name") && !w.refused("Company") {
		w.refuse("Name", ProblemMissing, "line 1 is empty", "give the person's name or the company")
	}
	if w.in.Company == "" && w.in.Attention != "" {
		w.refuse("Attention", ProblemMissing, "is set without a company", "set Company, or put the person into Name")
	}
}

// wrap parts a text that is too long for one line at the last space that leaves
// two lines.
func wrap(s string) (head, tail string, ok bool) {
	if runes(s) <= MaxLine {
		return s, "", false
	}
	words := strings.Split(s, " ")
	for n := len(words) - 1; n > 0; n-- {
		head, tail = strings.Join(words[:n], " "), strings.Join(words[n:], " ")
		if runes(head) <= MaxLine {
			return head, tail, runes(tail) <= MaxLine
		}
	}
	return s, "", false
}

// titles are a person's, with their abbreviations in French.
var titles = []struct{ long, short string }{
	{"monsieur et madame", "M. et Mme"}, {"madame et monsieur", "Mme et M."},
	{"monsieur", "M."}, {"madame", "Mme"}, {"mademoiselle", "Mlle"}, {"maître", "Me"}, {"docteur", "Dr"}, {"professeur", "Pr"},
}

// shortTitle abbreviates the title of a name that is too long, when that is enough.
func (w *writer) shortTitle(field, name string) string {
	if runes(name) <= MaxLine {
		return name
	}
	for _, t := range titles {
		if n := len(t.long); len(name) > n && strings.EqualFold(name[:n], t.long) && name[n] == ' ' {
			if short := t.short + name[n:]; runes(short) <= MaxLine {
				w.changed(field, ChangeAbbreviated, name[:n], t.short)
				return short
			}
			break
		}
	}
	return name
}

// fits refuses a line that is too long, naming it.
func (w *writer) fits(number int, l line) {
	if n := runes(l.text); n > MaxLine && !w.refused(l.field) {
		rule := fmt.Sprintf("line %d has %d characters, %d over the limit of %d", number, n, n-MaxLine, MaxLine)
		w.refuse(l.field, ProblemTooLong, rule, l.remedy)
	}
}

// codeInTown takes the postcode off a town that repeats it, before it or behind:
// "69003 Lyon", "F-69003 Lyon", "Brighton BN1 1AD".
func (w *writer) codeInTown(code string) {
	if w.in.Postcode == "" {
		return
	}
	words := strings.Split(w.in.City, " ")
	for n := 1; n < len(words) && n <= 2; n++ { // a code has at most two words
		at := len(words) - n
		for _, cut := range [][2][]string{{words[:n], words[n:]}, {words[at:], words[:at]}} {
			repeated, town := strings.Join(cut[0], " "), strings.Join(cut[1], " ")
			if sameCode(repeated, w.in.Postcode, code) && strings.ContainsFunc(town, readable) {
				w.changed("Address.City", ChangeRepeated, repeated, "")
				w.in.City = townEnds.ReplaceAllString(town, "")
				return
			}
		}
	}
}

// countryInTown takes a country off a town, behind a sign: "Berlin (Allemagne)",
// "Paris, France", "Wien, Austria". It has a line of its own, or is not printed at home.
func (w *writer) countryInTown(countries ...string) {
	town, tail := splitTail(w.in.City)
	if m := bareFrance.FindStringSubmatch(w.in.City); m != nil && !endsInArticle.MatchString(m[1]) {
		town, tail = m[1], m[2]
	}
	if tail == "" || !slices.ContainsFunc(countries, func(country string) bool { return namesCountry(country, tail) }) {
		return
	}
	w.changed("Address.City", ChangeRepeated, tail, "")
	w.in.City = town
}

// Without a sign "France" is the country too, save in a name: "Roissy en France".
var (
	bareFrance    = regexp.MustCompile(`(?i)^(.*\S) (France)$`)
	endsInArticle = regexp.MustCompile(`(?i)(?:^|[\s-])(?:en|de|la|d['’]?)$`)
)

// sameCode tells that a text is a postcode, as typed or as printed, or its figures
// behind a country's letters.
func sameCode(s, typed, printed string) bool {
	c, bare := compact(s), codeFigures.FindString(compact(s))
	return c == compact(typed) || c == compact(printed) || bare != "" && bare == codeFigures.FindString(compact(printed))
}

// codeFigures are the figures of a code that has no letters behind them.
var codeFigures = regexp.MustCompile(`\d{4,}$`)

// townEnds are signs that no town begins or ends with, such as those that stood between
// it and a code or a state.
var townEnds = regexp.MustCompile(`^[\s,;/` + dashes + `]+|[\s,;/` + dashes + `]+$`)
