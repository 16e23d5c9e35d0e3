package postal

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// abroad writes an address outside French post.
func (w *writer) abroad() Block {
	w.changed("Address.RoutingLabel", ChangeDropped, w.in.RoutingLabel, "")
	country, f := w.destination()
	if country == "GB" {
		w.britishForces()
	}
	if f.bareNumber {
		w.in.Street = w.wordBehind(w.in.Street)
	}
	w.stateInCode(f)
	code := w.code(country, f)
	w.codeInTown(code)
	if _, region := f.states.form[countryLines[country]]; !region { // Hong Kong is both
		w.countryInTown(country, w.in.Country)
	}
	w.splitState(f)
	if f.codeTellsState && letterCode.MatchString(code) {
		w.changed("Address.State", ChangeRepeated, w.in.State, "")
		w.in.State = ""
	}
	w.town(country, f)
	w.unit(f)
	state := w.state(f)
	if state == "" && f.alone != "" {
		f.lines = f.alone
	}
	values := map[byte]place{
		'U': w.above(f, "Address.Unit", w.in.Unit), 'B': w.above(f, "Address.Building", w.in.Building),
		'S': w.above(f, "Address.Street", w.in.Street), 'D': w.above(f, "Address.Box", w.in.Box),
		'C': w.capitals(f, country, "Address.City", w.in.City), 'R': w.capitals(f, country, "Address.State", state),
		'P': {"Address.Postcode", code},
	}
	w.missing(f, values)
	return w.block(f, values, countryLines[country])
}

// place is the printed text of a part with its field.
type place struct{ field, text string }

// destination decides whose form the address has.
func (w *writer) destination() (string, form) {
	country := w.in.Country
	if countryLines[country] == "" {
		w.refuse("Address.Country", ProblemCountry, "is no ISO 3166-1 alpha-2 code", "use a code such as FR")
		return country, otherForm
	}
	if w.forces() {
		w.refuse("Address.Country", ProblemCountry, "contradicts an address of the French forces, which has no foreign country", "use FR")
		return country, otherForm
	}
	if inNorthCyprus(country, w.in.Postcode) {
		w.changed("Address.State", ChangeTerritory, w.in.State, northCyprusLine)
		w.in.State = northCyprusLine
		return "TR", northCyprus
	}
	territory := Territory(country, w.in.Postcode)
	w.changed("Address.Country", ChangeTerritory, country, territory)
	return territory, formOf(territory)
}

// inNorthCyprus tells a place in Cyprus that only Turkey's post reaches.
func inNorthCyprus(country, code string) bool {
	return (country == "CY" || country == "TR") && northCode.MatchString(compact(code))
}

var northCode = regexp.MustCompile(`^(?:CY|TR)?99\d{3}$`)

// forces tells an address of the French forces, which is a French one whatever the
// theatre is.
func (w *writer) forces() bool {
	sector := forcesSector.MatchString(Fold(w.in.Box)) || forcesSector.MatchString(Fold(w.in.Street))
	return forcesCode.MatchString(compact(w.in.Postcode)) && (sector || strings.Contains(Fold(w.in.City), "ARMEES"))
}

var (
	forcesCode   = regexp.MustCompile(`^00\d{3}$`)
	forcesSector = regexp.MustCompile(`^SP \d{4,6}$`)
)

// letterCode is a code that begins with the letter of its province.
var letterCode = regexp.MustCompile(`^[A-Z]\d`)

// britishForces puts the number of a British forces post office where the postcode
// stands: it is all that its address has below the name and the unit.
func (w *writer) britishForces() {
	if w.in.Postcode == "" && forcesOffice.MatchString(w.in.City) {
		w.in.City, w.in.Postcode = "", w.in.City
	}
	if forcesOffice.MatchString(w.in.Postcode) && (same(w.in.City, "BFPO") || compact(w.in.City) == compact(w.in.Postcode)) {
		w.changed("Address.City", ChangeRepeated, w.in.City, "")
		w.in.City = ""
	}
}

var forcesOffice = regexp.MustCompile(`(?i)^BFPO[ -]?\d{1,4}$`)

// wordBehind drops the words for number from inside a street: "Via Roma n. 10 int. n. 3".
func (w *writer) wordBehind(s string) string {
	for at := numberBehind.FindStringSubmatchIndex(s); at != nil; at = numberBehind.FindStringSubmatchIndex(s) {
		w.changed("Address.Street", ChangeNumberWord, strings.TrimSpace(s[at[2]:at[3]]), "")
		s = s[:at[2]] + s[at[3]:]
	}
	return s
}

var numberBehind = regexp.MustCompile(`(?i)[\s,](n(?:\.|\s?[°º]|um\.)\s*)\d`)

// code repairs the postcode, then tests it.
func (w *writer) code(country string, f form) string {
	const field = "Address.Postcode"
	typed := w.in.Postcode
	if w.refused(field) {
		return ""
	}
	if typed == "" {
		if strings.Contains(f.need, "P") {
			w.refuse(field, ProblemMissing, "is empty, and the country's post sorts by it", "give the postcode")
		}
		return ""
	}
	switch {
	case f.noCode && dummy(typed), f.codes == "" && strings.Trim(compact(typed), "0") == "":
		w.changed(field, ChangeDropped, typed, "")
		return ""
	case f.noCode:
		w.refuse(field, ProblemPostcode, "is set, and the country has no postcodes", "leave it empty")
		return ""
	case f.codes == "":
		return upper(typed, country)
	}
	code, ok := f.repair(country, typed)
	if !ok {
		patterns := strings.ReplaceAll(f.codes, ",", " or ")
		w.refuse(field, ProblemPostcode, "is no postcode of the country", "write it as "+patterns+", where 9 is a figure and @ a letter")
		return ""
	}
	code = f.prefix + code
	if bare := compact(strings.TrimPrefix(code, f.prefix)); bare != compact(typed) && compact(code) != compact(typed) {
		w.changed(field, ChangePostcode, typed, code)
	}
	return code
}

// town puts in what the town line of a city state always says.
func (w *writer) town(country string, f form) {
	known := f.town
	if f.townless {
		known = countryLines[country]
	}
	if known == "" {
		return
	}
	switch {
	case w.refused("Address.City"):
		return
	case same(w.in.City, known):
		if f.townless {
			w.changed("Address.City", ChangeRepeated, w.in.City, "")
		}
	case w.in.City != "":
		w.in.Box = strings.Trim(w.in.Box+", "+w.in.City, ", ")
		fallthrough
	default:
		w.changed("Address.City", ChangeTerritory, "", f.town)
	}
	w.in.City = f.town
}

// bareUnit is a unit that is only a number, with or without a word for it.
var bareUnit = regexp.MustCompile(
	`(?i)^(unit|apt\.?|apartment|flat|suite|ste\.?|app\.?|appartement|bureau|u)?\s*(#?)\s*([0-9]+[a-z]?|[a-z])$`)

// hashUnit is a unit behind a street, after the sign that posts of North America
// ask to leave out.
var hashUnit = regexp.MustCompile(`^(\d[0-9A-Za-z-]*\s.*?)[\s,]*#\s*([0-9A-Za-z]{1,6})$`)

// unit puts the unit where the country wants it beside the number.
func (w *writer) unit(f form) {
	if f.unit == "-" {
		if m := hashUnit.FindStringSubmatch(w.in.Street); m != nil && w.in.Unit == "" {
			w.in.Street, w.in.Unit = strings.TrimSpace(m[1]), "#"+m[2]
		}
	}
	beside := f.unit == "-" || f.unit == "/"
	m := bareUnit.FindStringSubmatch(w.in.Unit)
	switch {
	case beside && m != nil && strings.IndexFunc(w.in.Street, isDigit) == 0:
		w.changed("Address.Unit", ChangeDropped, m[1], "")
		w.changed("Address.Unit", ChangeSymbol, m[2], "")
		w.in.Unit = m[3]
	case beside && w.in.Unit != "": // on the building's line
		w.in.Building = strings.Trim(w.in.Unit+", "+w.in.Building, ", ")
		w.in.Unit = ""
	}
	if f.noHash && strings.Contains(w.in.Street+w.in.Unit, "#") {
		w.changes = append(w.changes, Change{"Address.Street", ChangeSign, "#", "#"})
	}
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// missing refuses what no country can do without.
func (w *writer) missing(f form, values map[byte]place) {
	const field = "Address.City"
	if values['C'].text == "" && !f.townless && !w.refused(field) && !strings.HasPrefix(values['P'].text, "BFPO") {
		w.refuse(field, ProblemMissing, "is empty", "give the town")
	}
	above := values['U'].text + values['B'].text + values['S'].text + values['D'].text
	if above == "" && !w.refused("Address.Street") && !w.refused("Address.Box") {
		w.refuse("Address.Street", ProblemMissing, "is empty, and so is the box", "give the street, the hamlet or the post box")
	}
}

// above writes a line above the town: as it was typed, save where the post asks
// for plain letters.
func (w *writer) above(f form, field, s string) place {
	if f.ascii {
		s = w.plain(field, s)
	}
	return place{field, s}
}

func (w *writer) capitals(f form, country, field, s string) place {
	return place{field, upper(w.above(f, field, s).text, country)}
}

// plain writes a line without accents, dots, dashes and ordinal signs.
func (w *writer) plain(field, s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune("ºª°", r):
			w.changed(field, ChangeSymbol, string(r), "")
		case r == '.', unicode.Is(unicode.Mn, r):
		case dash(r):
			b.WriteByte(' ')
		case folds[r] != "":
			b.WriteString(folds[r])
		default:
			b.WriteRune(r)
		}
	}
	return strings.ToUpper(w.readable(field, Tidy(b.String())))
}

// block lays the parts out.
func (w *writer) block(f form, values map[byte]place, country string) Block {
	above, town, below := f.layOut(values)
	names := w.names(MaxLines - 1 - len(town) - len(above) - len(below) - 1)
	room := MaxLines - 1 - len(names) - len(town) - len(below)
	for len(above) > room && joinLines(&above) {
	}
	all := append(append(append(append([]line{}, names...), town...), above...), below...)
	for i, l := range all {
		w.fits(i+1, l)
	}
	if n := len(all) + 1; n > MaxLines && len(w.problems) == 0 {
		rule := fmt.Sprintf("the address has %d lines with the country, %d over the limit of %d", n, n-MaxLines, MaxLines)
		w.refuse(fullest(above), ProblemLines, rule, "put two parts on one line, or leave one out")
	}
	if len(w.problems) > 0 {
		return Block{}
	}
	b := Block{Country: country, Names: texts(names), Code: values['P'].text, Town: f.townOf(values), Above: f.aboveOf(above, values)}
	raised := 0 // the street on line 4, as in French post, where nothing needs line 5
	if len(below) == 1 && values['D'].text == "" && len(all) < len(b.Six) {
		raised = 1
	}
	for i, l := range all {
		b.Lines = append(b.Lines, l.text)
		at := len(b.Six) - len(all) + i // names above, the rest at the foot, where sorters read
		switch {
		case i < len(names):
			at = i
		case i < len(all)-len(below):
			at -= raised
		}
		b.Six[at] = l.text
	}
	b.Lines = append(b.Lines, country)
	return b
}

// fullest names the field to mend when there are too many lines.
func fullest(above []line) string {
	if len(above) == 0 {
		return "Address.Box"
	}
	return above[0].field
}

// joinLines puts two neighbours on one line, with a comma, where they fit.
func joinLines(lines *[]line) bool {
	all := *lines
	for i := 0; i+1 < len(all); i++ {
		joined := all[i].text + ", " + all[i+1].text
		if runes(joined) <= MaxLine {
			*lines = append(append(append([]line{}, all[:i]...), line{all[i].field, joined, shorten}), all[i+2:]...)
			return true
		}
	}
	return false
}
