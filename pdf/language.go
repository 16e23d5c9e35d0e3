package pdf

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// Spaces that a line does not break at.
const (
	noBreak       = "\u00a0"
	narrowNoBreak = "\u202f"
)

// Language is how a language writes what letters hold. Letters use it by
// themselves; a host uses it for sentences of its own.
type Language struct {
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
	recipient    string // label before a recipient named on one line
	subject      string // label before the subject, "" for none
	enclosures   string
	page         string // with {n} and {of}
	total        string
	letter       string // what a letter without a subject is called
	signature    string // what a screen reader says of a drawn one
	columns      map[Column]string
}

var frenchMonths = [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
	"décembre"}

// languages by their first subtag: a new one is one more entry.
var languages = map[string]Language{
	"fr": {
		tag: "fr-FR", group: narrowNoBreak, point: ",", beforeUnit: narrowNoBreak,
		date: "{d}\u00a0{m}\u00a0{y}", placeDate: "{place}, le {date}", shortDate: "{d}/{m}/{y}", firstDay: "1er",
		months:    frenchMonths,
		quotes:    frenchSpaces,
		recipient: "Destinataire\u202f: ",
		subject:   "Objet\u202f: ", enclosures: "Pièces jointes", page: "Page\u00a0{n}/{of}", total: "Total", letter: "Lettre",
		signature: "Signature manuscrite",
		columns: map[Column]string{
			ColumnNumber: "Facture", ColumnIssued: "Émise le", ColumnDue: "Échéance", ColumnAmount: "Montant TTC",
			ColumnCredited: "Avoirs", ColumnPaid: "Déjà réglé", ColumnOpen: "Reste dû", ColumnPenalties: "Pénalités", ColumnTotal: "Total dû",
			ColumnDaysLate: "Jours de retard",
		},
	},
	"en": {
		tag: "en-GB", group: ",", point: ".", unitFirst: true,
		date: "{d}\u00a0{m}\u00a0{y}", placeDate: "{place}, {date}", shortDate: "{d}/{m}/{y}",
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
			"November", "December"},
		quotes:    func(s string) string { return curly(s, "“", "”") },
		recipient: "To: ",
		subject:   "", enclosures: "Enclosures", page: "Page\u00a0{n} of {of}", total: "Total", letter: "Letter",
		signature: "Handwritten signature",
		columns: map[Column]string{
			ColumnNumber: "Invoice", ColumnIssued: "Issued", ColumnDue: "Due", ColumnAmount: "Amount",
			ColumnCredited: "Credited", ColumnPaid: "Paid", ColumnOpen: "Outstanding", ColumnPenalties: "Late interest", ColumnTotal: "Total due",
			ColumnDaysLate: "Days overdue",
		},
	},
	"de": {
		tag: "de-DE", group: ".", point: ",", beforeUnit: noBreak,
		date: "{d}.\u00a0{m}\u00a0{y}", placeDate: "{place}, {date}", shortDate: "{d}.{m}.{y}",
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
			"Dezember"},
		quotes:    func(s string) string { return curly(s, "„", "“") },
		recipient: "An: ",
		subject:   "", enclosures: "Anlagen", page: "Seite\u00a0{n} von {of}", total: "Summe", letter: "Brief",
		signature: "Handschriftliche Unterschrift",
		columns: map[Column]string{
			ColumnNumber: "Rechnung", ColumnIssued: "Vom", ColumnDue: "Fällig am", ColumnAmount: "Betrag",
			ColumnCredited: "Gutschrift", ColumnPaid: "Gezahlt", ColumnOpen: "Offen", ColumnPenalties: "Verzugszinsen", ColumnTotal: "Gesamt",
			ColumnDaysLate: "Tage überfällig",
		},
	},
}

// languageTag is the form of a tag of BCP 47: what a PDF writes as it is.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// LanguageFor finds the language of a BCP 47 tag by its first subtag: fr, en
// or de; "" is fr.
func LanguageFor(tag string) (Language, bool) {
	if tag == "" {
		tag = "fr"
	}
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	l, ok := languages[base]
	if ok && len(tag) > len(base) {
		l.tag = tag
	}
	return l, ok && languageTag.MatchString(tag)
}

// Date writes "22 novembre 2026", with spaces that a line does not break at;
// "" for no date.
func (l Language) Date(d courrier.Date) string {
	if d.IsZero() {
		return ""
	}
	y, m, day := d.Civil()
	dd := strconv.Itoa(day)
	if day == 1 && l.firstDay != "" {
		dd = l.firstDay
	}
	return filled(l.date, "{d}", dd, "{m}", l.months[m-1], "{y}", strconv.Itoa(y))
}

func (l Language) tableDate(d courrier.Date) string {
	if d.IsZero() {
		return ""
	}
	y, m, day := d.Civil()
	return filled(l.shortDate, "{d}", twoDigits(day), "{m}", twoDigits(int(m)), "{y}", twoDigits(y/100)+twoDigits(y%100))
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }

// filled puts values in the place of their marks: a [strings.Replacer] would cost
// more to make than to use.
func filled(pattern string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pattern = strings.Replace(pattern, pairs[i], pairs[i+1], 1)
	}
	return pattern
}

func (l Language) placeAndDate(place string, d courrier.Date) string {
	if place == "" {
		return l.Date(d)
	}
	return filled(l.placeDate, "{date}", l.Date(d), "{place}", place)
}

func (l Language) pageOf(n, of int) string {
	return filled(l.page, "{n}", strconv.Itoa(n), "{of}", strconv.Itoa(of))
}

// currencySigns of units that have one; another unit is written as it is.
var currencySigns = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// Amount writes "1 234,56 €", and "" for the zero Amount. Units of three
// capitals are taken for currencies and get two decimals at least.
func (l Language) Amount(a courrier.Amount) string {
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
