package courrier

import (
	"strconv"
	"strings"
)

// Text writes an amount for people: "1 274,40 €" in French, with its narrow
// no-break spaces, "1.274,40 €" in German, "EUR 1,274.40" else.
func (a Amount) Text(lang Language) string {
	if a.unit == "" {
		return ""
	}
	whole, fraction := a.digits()
	style := formatOf(lang)
	text := grouped(whole, style.group)
	if fraction != "" {
		text += style.point + fraction
	}
	if a.micros < 0 {
		text = "-" + text
	}
	switch {
	case style.unitFirst:
		return a.unit + " " + text
	case a.unit == "EUR":
		return text + "\u00a0€"
	}
	return text + "\u00a0" + a.unit
}

// grouped puts sep between groups of three digits.
func grouped(digits, sep string) string {
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// format is how a language writes figures and dates.
type format struct {
	group, point string
	unitFirst    bool
	first, dot   string // day 1, and what follows the others
	months       [12]string
	weekdays     [7]string // from Sunday
}

// formats are the formats that are known; any other language reads as English.
var formats = map[Language]format{
	French: {group: "\u202f", point: ",", first: "1er",
		months:   [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}},
	English: {group: ",", point: ".", unitFirst: true, first: "1",
		months:   [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}},
	German: {group: ".", point: ",", first: "1.", dot: ".",
		months:   [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}},
}

func formatOf(lang Language) format {
	known, ok := lang.Lookup(func(l Language) bool { _, ok := formats[l]; return ok })
	if !ok {
		known = English
	}
	return formats[known]
}

// Text writes a date for people: "1er mars 2026" in French, "1. März 2026" in
// German, "1 March 2026" else; "" for no date.
func (d Date) Text(lang Language) string {
	if d.IsZero() {
		return ""
	}
	style := formatOf(lang)
	y, m, day := d.Civil()
	number := strconv.Itoa(day) + style.dot
	if day == 1 {
		number = style.first
	}
	return number + " " + style.months[m-1] + " " + strconv.Itoa(y)
}

// LongText writes a date with its weekday: "mardi 8 décembre 2026".
func (d Date) LongText(lang Language) string {
	if d.IsZero() {
		return ""
	}
	comma := " "
	if lang.primary() == string(German) {
		comma = ", "
	}
	return formatOf(lang).weekdays[d.Weekday()] + comma + d.Text(lang)
}

// Language is a BCP 47 tag, such as "fr" or "fr-CA", of what people read.
type Language string

// The languages that the library has texts in; others read English.
const (
	English Language = "en"
	French  Language = "fr"
	German  Language = "de"
)

// Lookup returns the most specific known form of a tag (RFC 4647, section 3.4):
// "fr-CA", then "fr". Case does not matter; "_" may stand for "-".
func (l Language) Lookup(known func(Language) bool) (Language, bool) {
	tag := l.normal()
	for tag != "" {
		if known(Language(tag)) {
			return Language(tag), true
		}
		cut := strings.LastIndexByte(tag, '-')
		if cut < 0 {
			break
		}
		tag = tag[:cut]
		if n := len(tag); n > 2 && tag[n-2] == '-' { // a singleton goes with what followed it
			tag = tag[:n-2]
		}
	}
	return "", false
}

// normal writes a tag in lower case, with hyphens.
func (l Language) normal() string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSpace(string(l)), "_", "-"))
}

func (l Language) primary() string {
	first, _, _ := strings.Cut(l.normal(), "-")
	return first
}
