package courrier

import (
	"strconv"
	"strings"
)

// FormatAmount writes an amount for people: "1 274,40 €" in French, with the
// narrow no-break spaces of French typography, "EUR 1,274.40" else.
func FormatAmount(a Amount, lang Language) string {
	if a.unit == "" {
		return ""
	}
	whole, fraction := a.digits()
	sep, point := ",", "."
	if lang == French {
		sep, point = "\u202f", ","
	}
	text := grouped(whole, sep)
	if fraction != "" {
		text += point + fraction
	}
	if a.micros < 0 {
		text = "-" + text
	}
	switch {
	case lang != French:
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

var monthNames = map[Language][12]string{
	French:  {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	English: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// FormatDate writes a date for people: "1er mars 2026" in French, "1 March 2026"
// else; "" for no date.
func FormatDate(d Date, lang Language) string {
	if d.IsZero() {
		return ""
	}
	names, ok := monthNames[lang]
	if !ok {
		names = monthNames[English]
	}
	y, m, day := d.Civil()
	number := strconv.Itoa(day)
	if lang == French && day == 1 {
		number = "1er"
	}
	return number + " " + names[m-1] + " " + strconv.Itoa(y)
}

// Language is a language in which the library writes to people.
type Language string

// The languages. Any other is English.
const (
	English Language = "en"
	French  Language = "fr"
)
