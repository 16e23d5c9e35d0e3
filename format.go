package courrier

import (
	"encoding/json"
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

// plain returns the text of an e-mail: without marks, with the list of the
// invoices in its place or, where listed is asked for, at its end; signed, and
// with the footer that a letter has.
func (p PrintedReminder) plain(listed bool) string {
	var parts []string
	list := strings.TrimSuffix(p.list(), "\n")
	for _, text := range strings.Split(p.Message.Body, "\n\n") {
		if strings.TrimSpace(text) != TableMark {
			parts = append(parts, unmarked(text))
		} else if list != "" {
			parts = append(parts, list)
			list = ""
		}
	}
	if listed && list != "" {
		parts = append(parts, list+"\n") // the signature is no part of it
	}
	body := strings.Join(parts, "\n\n")
	for _, line := range []string{p.Signature.Name, p.Signature.Title, nameOf(Recipient(p.From))} {
		if line != "" {
			body += "\n" + line
		}
	}
	if p.Footer != "" {
		body += "\n\n-- \n" + p.Footer // RFC 3676, section 4.3: readers set it apart
	}
	return body + "\n"
}

// unmarked drops the marks of bold text and of escaped stars.
func unmarked(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		switch {
		case strings.HasPrefix(s, `\*`):
			b.WriteByte('*')
			s = s[2:]
		case strings.HasPrefix(s, "**"):
			s = s[2:]
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String()
}

// list writes the invoices of a reminder, one line each.
func (p PrintedReminder) list() string {
	due, open := "due", "open"
	if p.Language == French {
		due, open = "échéance", "reste dû"
	}
	var b strings.Builder
	for _, inv := range p.Invoices {
		b.WriteString("- " + inv.Number + ", " + due + " " + FormatDate(inv.DueOn, p.Language) + ", " + open + " " + FormatAmount(inv.Open, p.Language) + "\n")
	}
	return b.String()
}

// fingerprintOf identifies values for comparison.
func fingerprintOf(values ...any) string {
	b, err := json.Marshal(values)
	if err != nil {
		panic("courrier: these values always marshal: " + err.Error())
	}
	return string(SumOf(b))
}
