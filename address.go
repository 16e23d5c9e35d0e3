package courrier

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is a place where a postman can go, in parts. The parts are those of
// the six lines of NF Z10-011, the French standard for postal addresses.
type Address struct {
	Unit     string `json:"unit,omitempty"`     // flat, floor, staircase
	Building string `json:"building,omitempty"` // entrance, building, residence, industrial zone
	Street   string `json:"street,omitempty"`   // number and street
	Box      string `json:"box,omitempty"`      // hamlet, poste restante, BP, CS or TSA
	Postcode string `json:"postcode"`
	City     string `json:"city"` // with CEDEX and its number where there is one
	// RoutingLabel replaces the city in print, for the few communes whose name
	// does not fit: La Poste gives each a short one (libellé d'acheminement).
	RoutingLabel string `json:"routing_label,omitempty"`
	Country      string `json:"country"` // ISO 3166-1 alpha-2; overseas France as FR or by its own code
}

// Recipient is where a letter goes: a person, a company, or a person in a company.
type Recipient struct {
	Name      string  `json:"name,omitempty"`      // a private person, with title: "Mme Claire Dupont"
	Company   string  `json:"company,omitempty"`   // a company with its legal form; then Name is not needed
	Attention string  `json:"attention,omitempty"` // a person or department in the company
	Address   Address `json:"address"`
}

// Sender is who a letter comes from.
type Sender Recipient

// Lines returns the sender's printed lines, as [Recipient.Lines] does.
func (s Sender) Lines() ([]string, error) { return Recipient(s).Lines() }

// MaxLineLen is the longest address line in characters, spaces included
// (NF Z10-011). Carriers that allow more still sort by this standard.
const MaxLineLen = 38

// addressLine is one of the six lines with the field a user would mend.
type addressLine struct {
	number int
	field  string
	text   string
	remedy string
}

// Lines returns the address as it is printed: up to six lines of at most 38
// characters (NF Z10-011), blank lines dropped, and for addresses outside
// France and Monaco the country in French capitals as the last line. From the
// street down only capitals, digits and spaces remain. Nothing is ever cut: a
// line that is too long is a [FieldError] that says which and by how much.
func (r Recipient) Lines() ([]string, error) {
	var c Checks
	six := r.six()
	r.checkParts(&c, six)
	var lines []string
	for _, l := range six {
		if n := utf8.RuneCountInString(l.text); n > MaxLineLen {
			c.Require(false, l.field, fmt.Sprintf("line %d has %d characters, %d over the limit of %d", l.number, n, n-MaxLineLen, MaxLineLen), l.remedy)
		}
		if l.text != "" {
			lines = append(lines, l.text)
		}
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	if !r.Address.inFrenchPost() {
		lines = append(lines, countryLines[r.Address.country()])
	}
	return lines, nil
}

// SixLines returns the lines in their numbered places, blank ones included, for
// carriers that take them one by one. The errors are those of [Recipient.Lines].
func (r Recipient) SixLines() ([6]string, error) {
	var six [6]string
	if _, err := r.Lines(); err != nil {
		return six, err
	}
	for i, l := range r.six() {
		six[i] = l.text
	}
	return six, nil
}

func (r Recipient) six() [6]addressLine {
	a := r.Address
	const shorten = "abbreviate it; nothing is cut for you"
	unit := addressLine{2, "Address.Unit", tidy(a.Unit), shorten}
	building := addressLine{3, "Address.Building", tidy(a.Building), shorten}
	first := addressLine{1, "Name", tidy(r.Name), shorten}
	if r.Company != "" {
		first = addressLine{1, "Company", tidy(r.Company), shorten}
		person := tidy(strings.TrimSpace(r.Name + " " + r.Attention))
		if person != "" {
			building.text = tidy(unit.text + " " + building.text)
			unit = addressLine{2, "Attention", person, shorten}
		}
	}
	city := addressLine{6, "Address.City", a.Postcode + " " + a.City, "give La Poste's routing label of the commune in RoutingLabel"}
	if a.RoutingLabel != "" {
		city = addressLine{6, "Address.RoutingLabel", a.Postcode + " " + a.RoutingLabel, shorten}
	}
	city.text = capitals(city.text)
	street := a.Street
	if a.inFrenchPost() {
		street = firstNumber(street)
	}
	return [6]addressLine{
		first, unit, building,
		{4, "Address.Street", capitals(street), "abbreviate the street, as BD for BOULEVARD or AV for AVENUE"},
		{5, "Address.Box", capitals(a.Box), shorten},
		city,
	}
}

func (r Recipient) checkParts(c *Checks, six [6]addressLine) {
	a := r.Address
	c.Require(strings.ContainsFunc(six[0].text, readable), "Name", "line 1 is empty", "give the person's name or the company")
	c.Require(r.Company != "" || r.Attention == "", "Attention", "is set without a company", "set Company, or put the person into Name")
	c.Require(countryLines[a.country()] != "", "Address.Country", "is no ISO 3166-1 alpha-2 code", "use a code such as FR")
	c.Require(capitals(a.City) != "", "Address.City", "is empty", "give the town")
	c.Require(six[3].text != "" || six[4].text != "", "Address.Street", "is empty, and so is the box", "give the street, the hamlet or the post box")
	if a.inFrenchPost() {
		c.Require(a.Zone() != ZoneUnknown, "Address.Postcode", "is no French or Monegasque postcode of a place", "give five digits, as 69003")
	}
	for _, p := range []struct{ field, raw string }{
		{"Name", r.Name}, {"Company", r.Company}, {"Attention", r.Attention}, {"Address.Unit", a.Unit}, {"Address.Building", a.Building},
		{"Address.Street", a.Street}, {"Address.Box", a.Box}, {"Address.Postcode", a.Postcode}, {"Address.City", a.City}, {"Address.RoutingLabel", a.RoutingLabel},
	} {
		c.Require(!strings.ContainsFunc(p.raw, unprintable), p.field, "holds a control character or is not UTF-8", "remove it")
	}
	for _, p := range []struct{ field, raw string }{{"Address.Street", a.Street}, {"Address.Box", a.Box}, {"Address.City", a.City}, {"Address.RoutingLabel", a.RoutingLabel}} {
		c.Require(!strings.ContainsFunc(p.raw, foreignLetter), p.field, "holds letters or digits outside the Latin alphabet", "transcribe it")
	}
}

func unprintable(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r)
}

func foreignLetter(r rune) bool {
	_, known := folds[r]
	return (unicode.IsLetter(r) || unicode.IsNumber(r)) && r > unicode.MaxASCII && !known
}

func readable(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// tidy collapses white space, line breaks included, and drops what has no shape,
// such as marks that turn the direction of the text: lines 1 to 3 are free text.
func tidy(s string) string { return strings.Join(strings.Fields(strings.Map(shaped, s)), " ") }

func shaped(r rune) rune {
	switch {
	case r == zeroWidthSpace:
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

const zeroWidthSpace = '\u200b'

// folds is foldTable by letter.
var folds = func() map[rune]string {
	m := make(map[rune]string)
	for plain, letters := range foldTable {
		for _, r := range letters {
			m[r] = plain
		}
	}
	return m
}()

// capitals folds a line as NF Z10-011 wants lines 4 to 6: unaccented capitals,
// digits and single spaces.
func capitals(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		plain := folds[r]
		switch {
		case unicode.Is(unicode.Mn, r), shaped(r) < 0: // the accent of a decomposed letter
			continue
		case r >= 'a' && r <= 'z':
			plain = string(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			plain = string(r)
		}
		if plain == "" {
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteString(plain)
	}
	return b.String()
}

// numberRange matches "12/14", "3-5", "1-3-5" and "4 à 8" at the start of a street.
var numberRange = regexp.MustCompile(`(?i)^\s*(\d+(?:\s*(?:bis|ter|quater))?)(?:\s*(?:/|-|–|à|a\s)\s*\d+(?:\s*(?:bis|ter|quater))?\b)+`)

// firstNumber keeps the first number of a range, as La Poste's address service
// does. Abroad a range or a stroke may be the number itself: "5/12", "123-45".
func firstNumber(street string) string { return numberRange.ReplaceAllString(street, "$1") }

// Zone is where an address lies for French post: it decides prices and services.
type Zone string

// The zones.
const (
	ZoneUnknown      Zone = ""             // no place La Poste delivers to
	ZoneMetropolitan Zone = "metropolitan" // with Corsica
	ZoneOverseas     Zone = "overseas"     // departments and collectivities
	ZoneMonaco       Zone = "monaco"
	ZoneMilitary     Zone = "military" // French forces, postcodes 00…
	ZoneAbroad       Zone = "abroad"
)

// overseasPrefixes maps postcode prefixes, longest first, to ISO territories.
// 97133 and 97150 belong to collectivities that hide under Guadeloupe's prefix.
var overseasPrefixes = []struct{ prefix, territory string }{
	{"97133", "BL"}, {"97150", "MF"},
	{"971", "GP"}, {"972", "MQ"}, {"973", "GF"}, {"974", "RE"}, {"975", "PM"}, {"976", "YT"},
	{"977", "BL"}, {"978", "MF"}, {"986", "WF"}, {"987", "PF"}, {"988", "NC"},
}

var overseasTerritories = func() map[string]bool {
	m := make(map[string]bool)
	for _, p := range overseasPrefixes {
		m[p.territory] = true
	}
	return m
}()

func (a Address) country() string { return strings.ToUpper(strings.TrimSpace(a.Country)) }

// inFrenchPost reports whether the address follows French postcodes.
func (a Address) inFrenchPost() bool {
	c := a.country()
	return c == "FR" || c == "MC" || overseasTerritories[c]
}

// Territory returns the ISO 3166-1 code of the territory, normalised: an
// overseas postcode under FR gives the territory's own code, 980 gives MC.
// It is "" when [Address.Zone] is ZoneUnknown.
func (a Address) Territory() string {
	zone, territory := a.locate()
	if zone == ZoneUnknown {
		return ""
	}
	return territory
}

// Zone tells the zone from the country and the postcode. The postcode's range is
// tested, never a list of codes: CEDEX codes are in no open list.
func (a Address) Zone() Zone {
	zone, _ := a.locate()
	return zone
}

func (a Address) locate() (Zone, string) {
	if !a.inFrenchPost() {
		if countryLines[a.country()] == "" {
			return ZoneUnknown, ""
		}
		return ZoneAbroad, a.country()
	}
	code := strings.TrimSpace(a.Postcode)
	if !fiveDigits(code) || code == "99999" {
		return ZoneUnknown, ""
	}
	zone, territory := zoneOfPostcode(code)
	if c := a.country(); c != "FR" && c != territory {
		return ZoneUnknown, "" // the country and the postcode contradict each other
	}
	return zone, territory
}

func fiveDigits(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789") == ""
}

func zoneOfPostcode(code string) (Zone, string) {
	for _, p := range overseasPrefixes {
		if strings.HasPrefix(code, p.prefix) {
			return ZoneOverseas, p.territory
		}
	}
	switch {
	case strings.HasPrefix(code, "980"):
		return ZoneMonaco, "MC"
	case code < "01000":
		return ZoneMilitary, "FR"
	case code < "96000":
		return ZoneMetropolitan, "FR"
	}
	return ZoneUnknown, ""
}

// Countries returns the ISO 3166-1 alpha-2 codes that addresses may use, sorted.
func Countries() []string { return slices.Sorted(maps.Keys(countryLines)) }
