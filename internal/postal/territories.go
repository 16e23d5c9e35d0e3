package postal

import (
	"regexp"
	"strings"
)

// overseasPrefixes maps prefixes of French postcodes, longest first, to ISO
// territories. 97133 and 97150 belong to collectivities that hide under
// Guadeloupe's prefix; the CEDEX codes of both begin with 970.
var overseasPrefixes = []struct{ prefix, territory string }{
	{"97133", "BL"}, {"97150", "MF"}, {"970", "MF"},
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

// InFrenchPost tells whether a country has French postcodes and the French form.
func InFrenchPost(country string) bool {
	return country == "FR" || country == "MC" || overseasTerritories[country]
}

// The classes of French postcodes.
const (
	ClassNone = iota // no postcode of a place
	ClassMetropolitan
	ClassOverseas
	ClassMonaco
	ClassMilitary
)

// ClassOf tells what a French postcode of five figures stands for, and its ISO
// territory. Ranges are tested, never a list of codes: CEDEX codes are in no open
// list. City tells the two islands apart whose CEDEX codes share a prefix.
func ClassOf(code, city string) (class int, territory string) {
	if len(code) != 5 || strings.Trim(code, "0123456789") != "" || code == "00000" || code == "99999" {
		return ClassNone, ""
	}
	for _, p := range overseasPrefixes {
		if !strings.HasPrefix(code, p.prefix) {
			continue
		}
		if p.prefix == "970" && strings.Contains(Fold(city), "BARTH") {
			return ClassOverseas, "BL"
		}
		return ClassOverseas, p.territory
	}
	switch {
	case strings.HasPrefix(code, "980"):
		return ClassMonaco, "MC"
	case code < "01000":
		return ClassMilitary, "FR"
	case code < "96000":
		return ClassMetropolitan, "FR"
	}
	return ClassNone, ""
}

// Belongs tells whether a country may be given with a postcode of a territory: its
// own, France for all, and Guadeloupe for the two islands that left it in 2007.
func Belongs(country, territory string) bool {
	return country == territory || country == "FR" || country == "GP" && (territory == "BL" || territory == "MF")
}

// FrenchCode repairs a French postcode: "F-75011" and "75 011" are 75011.
func FrenchCode(typed string) string {
	return frenchPrefix.ReplaceAllString(compact(typed), "$1")
}

var frenchPrefix = regexp.MustCompile(`^(?:FR|F|MC)(\d{5})$`)

// abroadTerritories lists places that a mother country's code may stand for: those
// whose postcodes tell them apart. The rest keeps the country that was typed.
var abroadTerritories = []struct {
	mother, territory string
	code              *regexp.Regexp // of the compact postcode
}{
	{"DK", "FO", regexp.MustCompile(`^(?:FO|DK)?\d{3}$`)},
	{"DK", "GL", regexp.MustCompile(`^(?:GL|DK)?39\d\d$`)},
	{"GB", "GI", regexp.MustCompile(`^GX111AA$`)},
	{"GB", "IM", regexp.MustCompile(`^IM\d{1,2}\d[A-Z]{2}$`)},
	{"GB", "JE", regexp.MustCompile(`^JE\d{1,2}\d[A-Z]{2}$`)},
	{"GB", "GG", regexp.MustCompile(`^GY\d{1,2}\d[A-Z]{2}$`)},
	{"GB", "FK", regexp.MustCompile(`^FIQQ1ZZ$`)},
	{"GB", "GS", regexp.MustCompile(`^SIQQ1ZZ$`)},
	{"GB", "IO", regexp.MustCompile(`^BBND1ZZ$`)},
	{"GB", "PN", regexp.MustCompile(`^PCRN1ZZ$`)},
	{"GB", "SH", regexp.MustCompile(`^(?:STHL|ASCN|TDCU)1ZZ$`)},
	{"GB", "TC", regexp.MustCompile(`^TKCA1ZZ$`)},
	{"IT", "SM", regexp.MustCompile(`^(?:I|IT|SM|RSM)?4789\d$`)},
	{"IT", "VA", regexp.MustCompile(`^(?:I|IT|V|VA)?00120$`)},
	{"CN", "HK", regexp.MustCompile(`^999077$`)},
	{"CN", "MO", regexp.MustCompile(`^999078$`)},
	// Serbia's codes lie between 11000 and 38999; those of Kosovo's own post that do too
	// cannot be told apart.
	{"RS", "XK", regexp.MustCompile(`^(?:RS|SRB)?(?:10\d{3}|(?:[4-6]\d|70)\d{3})$`)},
	{"CH", "LI", regexp.MustCompile(`^(?:CH|FL|LI)?94(?:8[5-9]|9[0-8])$`)},
}

// Territory returns the code of the territory abroad that a country and a postcode
// mean together. It is the country itself, save for places with postcodes of their
// own inside a mother country's, such as the Faroe Islands in Denmark's.
func Territory(country, code string) string {
	c := compact(code)
	for _, t := range abroadTerritories {
		if t.mother == country && t.code.MatchString(c) {
			return t.territory
		}
	}
	return country
}
