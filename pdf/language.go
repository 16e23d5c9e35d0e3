package pdf

import (
	"fmt"
	"strings"

	"github.com/courrier-go/courrier"
)

// Spaces that a line does not break at.
const (
	noBreak       = "\u00a0"
	narrowNoBreak = "\u202f"
)

// language is how a language writes what letters hold. A new language is one
// more entry of the table.
type language struct {
	tag          string // as the PDF declares it
	group, point string // of numbers
	beforeUnit   string
	unitFirst    bool
	date         string // with {d}, {m} and {y}
	placeDate    string // with {place} and {date}
	shortDate    string // with {d}, {m} and {y}, two, two and four digits
	firstDay     string // how the first of a month is written; "" for 1
	months       [12]string
	quotes       func(string) string
	subject      string // label before the subject, "" for none
	enclosures   string
	page         string // with {n} and {of}
	total        string
	columns      map[Column]string
}

var frenchMonths = [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}

var languages = map[string]language{
	"fr": {
		tag: "fr-FR", group: narrowNoBreak, point: ",", beforeUnit: narrowNoBreak,
		date: "{d}\u00a0{m}\u00a0{y}", placeDate: "{place}, le {date}", shortDate: "{d}/{m}/{y}", firstDay: "1er",
		months:  frenchMonths,
		quotes:  frenchSpaces,
		subject: "Objet\u202f: ", enclosures: "Pièces jointes", page: "Page\u00a0{n}/{of}", total: "Total",
		columns: map[Column]string{
			ColumnNumber: "Facture", ColumnIssued: "Émise le", ColumnDue: "Échéance", ColumnAmount: "Montant TTC",
			ColumnPaid: "Déjà réglé", ColumnOpen: "Reste dû", ColumnPenalties: "Pénalités", ColumnTotal: "Total dû",
		},
	},
	"en": {
		tag: "en-GB", group: ",", point: ".", unitFirst: true,
		date: "{d}\u00a0{m}\u00a0{y}", placeDate: "{place}, {date}", shortDate: "{d}/{m}/{y}",
		months:  [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		quotes:  func(s string) string { return curly(s, "“", "”") },
		subject: "", enclosures: "Enclosures", page: "Page\u00a0{n} of {of}", total: "Total",
		columns: map[Column]string{
			ColumnNumber: "Invoice", ColumnIssued: "Issued", ColumnDue: "Due", ColumnAmount: "Amount",
			ColumnPaid: "Paid", ColumnOpen: "Outstanding", ColumnPenalties: "Late interest", ColumnTotal: "Total due",
		},
	},
	"de": {
		tag: "de-DE", group: ".", point: ",", beforeUnit: noBreak,
		date: "{d}.\u00a0{m}\u00a0{y}", placeDate: "{place}, {date}", shortDate: "{d}.{m}.{y}",
		months:  [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		quotes:  func(s string) string { return curly(s, "„", "“") },
		subject: "", enclosures: "Anlagen", page: "Seite\u00a0{n} von {of}", total: "Summe",
		columns: map[Column]string{
			ColumnNumber: "Rechnung", ColumnIssued: "Vom", ColumnDue: "Fällig am", ColumnAmount: "Betrag",
			ColumnPaid: "Gezahlt", ColumnOpen: "Offen", ColumnPenalties: "Verzugszinsen", ColumnTotal: "Gesamt",
		},
	},
}

// languageFor finds the language of a BCP 47 tag by its first subtag.
func languageFor(tag string) (language, bool) {
	if tag == "" {
		tag = "fr"
	}
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	l, ok := languages[base]
	if ok && len(tag) > len(base) {
		l.tag = tag
	}
	return l, ok
}

func (l language) longDate(d courrier.Date) string {
	if d.IsZero() {
		return ""
	}
	y, m, day := d.Civil()
	dd := fmt.Sprint(day)
	if day == 1 && l.firstDay != "" {
		dd = l.firstDay
	}
	return strings.NewReplacer("{d}", dd, "{m}", l.months[m-1], "{y}", fmt.Sprint(y)).Replace(l.date)
}

func (l language) tableDate(d courrier.Date) string {
	if d.IsZero() {
		return ""
	}
	y, m, day := d.Civil()
	return strings.NewReplacer("{d}", fmt.Sprintf("%02d", day), "{m}", fmt.Sprintf("%02d", int(m)), "{y}", fmt.Sprintf("%04d", y)).Replace(l.shortDate)
}

func (l language) placeAndDate(place string, d courrier.Date) string {
	if place == "" {
		return l.longDate(d)
	}
	return strings.NewReplacer("{place}", place, "{date}", l.longDate(d)).Replace(l.placeDate)
}

func (l language) pageOf(n, of int) string {
	return strings.NewReplacer("{n}", fmt.Sprint(n), "{of}", fmt.Sprint(of)).Replace(l.page)
}

// currencySigns of units that have one; another unit is written as it is.
var currencySigns = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// amount writes a with its unit, and "" for the zero Amount. Units of three
// capitals are taken for currencies and get two decimals.
func (l language) amount(a courrier.Amount) string {
	if a.Unit() == "" {
		return ""
	}
	digits := a.Decimal().Abs().String()
	whole, fraction, _ := strings.Cut(digits, ".")
	if isCurrency(a.Unit()) {
		for len(fraction) < 2 {
			fraction += "0"
		}
		for len(fraction) > 2 && fraction[len(fraction)-1] == '0' {
			fraction = fraction[:len(fraction)-1]
		}
	}
	text := grouped(whole, l.group)
	if fraction != "" {
		text += l.point + fraction
	}
	sign, known := currencySigns[a.Unit()]
	switch {
	case known && l.unitFirst:
		text = sign + text
	case known:
		text += l.beforeUnit + sign
	default:
		text += noBreak + a.Unit()
	}
	if a.Sign() < 0 {
		text = "−" + text
	}
	return text
}

func isCurrency(unit string) bool {
	return len(unit) == 3 && strings.ToUpper(unit) == unit
}

func grouped(digits, separator string) string {
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(c)
	}
	return b.String()
}
