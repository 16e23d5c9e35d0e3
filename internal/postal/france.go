package postal

import (
	"regexp"
	"strings"
)

// french writes the six lines of NF Z10-011: 1 name, 2 flat or person, 3 building,
// 4 street, 5 locality or box, 6 postcode and town.
func (w *writer) french() Block {
	w.changed("Address.State", ChangeDropped, w.in.State, "")
	code := w.frenchCode()
	if w.in.RoutingLabel == "" {
		w.townAlone(code)
	}
	w.in.Street, w.in.Box = w.boxNumber("Address.Street", w.in.Street), w.boxNumber("Address.Box", w.in.Box)
	w.boxInStreet()
	street := w.street(w.in.Street)
	box := line{"Address.Box", w.boxNumber("Address.Box", w.folded("Address.Box", w.in.Box)), shorten}
	city := w.frenchCity(code)
	if street.text == "" && box.text == "" && !w.refused("Address.Street") && !w.refused("Address.Box") {
		w.refuse("Address.Street", ProblemMissing, "is empty, and so is the box", "give the street, the hamlet or the post box")
	}
	names, within := w.top()
	top := [3]line(append(append(names, within...), line{}, line{}, line{})[:3])
	six := [6]line{top[0], top[1], top[2], street, box, city}
	b := Block{Code: code, Town: strings.TrimPrefix(city.text, code+" ")}
	for i, l := range six {
		w.fits(i+1, l)
		b.Six[i] = l.text
		if l.text != "" {
			b.Lines = append(b.Lines, l.text)
		}
	}
	b.Names, b.Above = texts(names), texts(append(within, street, box))
	return b
}

// townAlone takes off the town what the postcode says already.
func (w *writer) townAlone(code string) {
	w.codeInTown(code)
	_, territory := ClassOf(code, w.in.City)
	w.countryInTown("FR", w.in.Country, territory)
	w.departmentInTown(code)
}

// texts returns what is printed of lines, without blank ones.
func texts(lines []line) []string {
	var all []string
	for _, l := range nonBlank(lines...) {
		all = append(all, l.text)
	}
	return all
}

// top writes lines 1 to 3, which are free text: the names, and what lies within the
// building. A flat and a building have lines of their own, save below a company's
// second line.
func (w *writer) top() (names, within []line) {
	unit, building := line{"Address.Unit", w.in.Unit, shorten}, line{"Address.Building", w.in.Building, shorten}
	names = w.names(2 - len(nonBlank(unit, building)))
	if len(names) < 2 {
		return append(names, line{})[:1], []line{unit, building}
	}
	field := building.field
	if runes(unit.text) > runes(building.text) {
		field = unit.field
	}
	return names, []line{{field, strings.TrimSpace(unit.text + " " + building.text), shorten}}
}

// frenchCode repairs the postcode and tests it against the country.
func (w *writer) frenchCode() string {
	const field = "Address.Postcode"
	code := FrenchCode(w.in.Postcode)
	if w.refused(field) {
		return code
	}
	class, territory := ClassOf(code, w.in.City)
	switch {
	case code == "":
		w.refuse(field, ProblemMissing, "is empty", "give five digits, as 69003")
	case class == ClassNone:
		w.refuse(field, ProblemPostcode, "is no French or Monegasque postcode of a place", "give five digits, as 69003")
	case !Belongs(w.in.Country, territory):
		w.refuse(field, ProblemPostcode, "belongs to "+territory+", not to the country given", "mend the postcode or the country")
	case Fold(w.in.Postcode) != code && compact(w.in.Postcode) != code:
		w.changed(field, ChangePostcode, w.in.Postcode, code)
	}
	return code
}

var (
	cedexAlone  = regexp.MustCompile(`^CEDEX(?: \d+)?$`)
	cedexNumber = regexp.MustCompile(`\bCEDEX (\d)$`)
	cedexWord   = regexp.MustCompile(`(?i)\bc[eé]dex\s+(n\s?[°º]\.?|no\.?|№)\s*\d`)
	anotherCode = regexp.MustCompile(`^\d{5}\b|\b\d{5}$`)
)

// frenchCity writes line 6. The routing label of La Poste, where it is given,
// stands for the name of the commune.
func (w *writer) frenchCity(code string) line {
	field, text, remedy := "Address.City", w.in.City, "give La Poste's routing label of the commune in RoutingLabel"
	if !w.refused(field) && Fold(text) == "" {
		w.refuse(field, ProblemMissing, "is empty", "give the town")
	}
	if w.in.RoutingLabel != "" {
		field, text, remedy = "Address.RoutingLabel", w.in.RoutingLabel, shorten
	}
	if at := cedexWord.FindStringSubmatchIndex(text); at != nil {
		w.changed(field, ChangeNumberWord, text[at[2]:at[3]], "")
		text = text[:at[2]] + text[at[3]:]
	}
	town := w.folded(field, text)
	switch {
	case w.refused(field):
	case cedexAlone.MatchString(town):
		w.refuse(field, ProblemCity, "is CEDEX without the name of its office", "give the town before CEDEX")
	case anotherCode.MatchString(town) && code != "":
		w.refuse(field, ProblemCity, "holds another postcode than Postcode", "give the town alone")
	}
	if m := cedexNumber.FindStringSubmatch(town); m != nil {
		w.changed(field, ChangeCedex, m[1], "0"+m[1])
		town = strings.TrimSuffix(town, m[1]) + "0" + m[1]
	}
	return line{field, strings.TrimSpace(code + " " + town), remedy}
}

// department is a town's department, as lists of customers give it: "Saint-Denis (93)".
var department = regexp.MustCompile(`^(.*\S)\s*\((\d{2,3}|2[ABab])\)$`)

// departmentInTown takes a department off a town: the postcode says it.
func (w *writer) departmentInTown(code string) {
	m := department.FindStringSubmatch(w.in.City)
	if m == nil || !strings.HasPrefix(code, strings.TrimRight(m[2], "ABab")) {
		return
	}
	w.changed("Address.City", ChangeRepeated, "("+m[2]+")", "")
	w.in.City = m[1]
}

// split is a separator between two figures.
var split = func() *regexp.Regexp {
	sign := "[" + regexp.QuoteMeta(separators) + dashes + "]"
	return regexp.MustCompile(`[0-9]+\s*` + sign + `(?:\s|` + sign + `)*([0-9]+)`)
}()

// folded writes a text as French post wants it, and tells what is lost by it.
func (w *writer) folded(field, s string) string {
	w.dropSymbols(field, s)
	for rest := s; ; {
		at := split.FindStringSubmatchIndex(rest)
		if at == nil {
			return Fold(s)
		}
		found := rest[at[0]:at[1]]
		w.changed(field, ChangeNumberSplit, found, Fold(found))
		rest = rest[at[2]:]
	}
}

// boxNumbers are the words of post boxes before their number. Spaced letters are one
// only where nothing stands before them: "Bâtiment B P 12" is none.
var boxNumbers = regexp.MustCompile(`(?i)(^b\.?\s?p\.?|^c\.?\s?s\.?|^t\.?\s?s\.?\s?a\.?|\bbp|\bcs|\btsa)\s*(n\s?[°º]\.?\s*|no\.?\s+)?(\d+)`)

// boxNumber writes a box as La Poste does, its word, a space, its number: "BP12" and
// "B. P. n° 12" are BP 12.
func (w *writer) boxNumber(field, s string) string {
	return boxNumbers.ReplaceAllStringFunc(s, func(box string) string {
		m := boxNumbers.FindStringSubmatch(box)
		w.changed(field, ChangeNumberWord, strings.TrimSpace(m[2]), "")
		return strings.ReplaceAll(Fold(m[1]), " ", "") + " " + m[3]
	})
}

const boxWord = `(?:b\.?p\.?|b\.\sp\.?|c\.?s\.?|c\.\ss\.?|t\.?s\.?a\.?|t\.\ss\.\sa\.?)\s*(?:n\s?[°º]\s*)?\d`

var (
	boxBehind = regexp.MustCompile(`(?i)^(.*?[\pL\pN])([^\pL\pN]+)(` + boxWord + `.*)$`)
	boxBefore = regexp.MustCompile(`(?i)^(` + boxWord + `[\d ]*?)(\s*[,;/` + dashes + `]\s*)(\S.*)$`)
)

// boxInStreet takes a post box off a street that it shares a field with: it has a
// line of its own.
func (w *writer) boxInStreet() {
	street, between, box := "", "", ""
	if m := boxBefore.FindStringSubmatch(w.in.Street); m != nil {
		box, between, street = m[1], m[2], m[3]
	} else if m := boxBehind.FindStringSubmatch(w.in.Street); m != nil {
		street, between, box = m[1], m[2], m[3]
	}
	switch {
	case !strings.ContainsFunc(street, readable):
		return
	case w.in.Box == "":
		w.in.Box = box
	case same(w.in.Box, box):
		w.changed("Address.Street", ChangeRepeated, box, "")
	default:
		return
	}
	w.dropSymbols("Address.Street", between)
	w.in.Street = street
}
