package latepayment

import (
	"maps"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// Wording is how a statement reads in one language. Texts hold names in braces:
// {number}, {due}, {first}, {last}, {on} (dates), {days}, {principal}, {rate},
// {amount}, {count}, {each}, {basis}, {label}, {proof}, {parts}, {interest}.
type Wording struct {
	Segment      string // one run of interest
	InterestPaid string // what payments covered of the interest shown
	Compensation string // of several invoices; CompensationOne of one
	// CompensationOne has no {count}.
	CompensationOne string
	Cost            string
	CostsPaid       string
	Deducted        string
	Total           string // what is asked
	// PriceTotal is the total where charges are not asked.
	PriceTotal string

	Payment                               string // what a payment was counted on, where it is not the price alone
	Credit                                string // a credit note
	Basis                                 string // the text of interest
	FixedBasis                            string // the text of the compensation
	CostsBasis                            string // the text of proven costs
	CutOff                                string
	Daily                                 string
	Later                                 string // charges that are payable after the price; each of them, and what it is:
	LaterItem                             string
	LaterInterest, LaterFixed, LaterCosts string
	NotYetDue                             string // a part whose day has not come
	Held                                  string // a payment of no known invoice
	HeldCredit                            string // a credit note on none of the invoices
	HeldOverpaid                          string
	NotDeducted                           string
	NoCredits                             string // of Credit without number

	OfPrincipal, OfInterest, Beyond string // parts of a payment
	Day, Days                       string
	Interest                        map[DebtorClass]string // what the law calls it
	// Bases translates the texts that a regime names in English, piece by piece.
	Bases []string
}

// Wordings are the wordings by language. A host adds a language by adding an entry
// to those of [DefaultWordings].
type Wordings map[courrier.Language]Wording

// DefaultWordings returns the library's own: French, English and German.
func DefaultWordings() Wordings { return maps.Clone(wordings) }

// Find returns the wording of a language, looked up as [courrier.Language.Lookup]
// does, else the English one.
func (w Wordings) Find(lang courrier.Language) Wording {
	for _, from := range []Wordings{w, wordings} {
		if known, ok := lang.Lookup(func(l courrier.Language) bool { _, ok := from[l]; return ok }); ok {
			return from[known]
		}
	}
	return wordings[courrier.English]
}

var wordings = Wordings{
	courrier.French: {
		Segment:         "Facture {number} : {interest} du {first} au {last}, {days} sur {principal} au taux de {rate} %",
		InterestPaid:    "Facture {number} : {interest} déjà réglés",
		Compensation:    "Indemnité forfaitaire pour frais de recouvrement, {count} factures à {each}",
		CompensationOne: "Indemnité forfaitaire pour frais de recouvrement",
		Cost:            "Facture {number} : {label} (justificatif : {proof})",
		CostsPaid:       "Frais justifiés et indemnité déjà réglés",
		Deducted:        "Compensation que nous opposons (code civil, art. 1347)",
		Total:           "Total à régler", PriceTotal: "Total à régler",
		Payment:    "Règlement du {on} sur la facture {number} : {amount} ({parts} ; code civil, art. 1343-1).",
		Credit:     "Avoir {label}du {on} sur la facture {number} : {amount}.",
		Basis:      "Fondement des {interest} : {basis}.",
		FixedBasis: "Fondement de l’indemnité forfaitaire : {basis}.",
		CostsBasis: "Fondement des frais justifiés : {basis}.",
		CutOff:     "Ce décompte est arrêté au **{on}**.",
		Daily: "Ce décompte est arrêté au **{on}** ; au-delà, les {interest} courent jusqu’au complet paiement, à ce jour " +
			"{amount} par jour.",
		LaterInterest: "{interest} au {on}, au taux de {rate} %", LaterFixed: "indemnité forfaitaire", LaterCosts: "frais justifiés",
		LaterItem:    "{label} : {amount} ({basis})",
		Later:        "{parts} : payables dans les {days} suivant la mise en paiement du principal ({proof}).",
		NotYetDue:    "À échoir, non compris dans ce total : facture {number}, {amount} au {due}.",
		Held:         "Votre règlement du {on}, {amount}, n’est affecté à aucune facture.",
		HeldCredit:   "Votre avoir {label}du {on}, {amount}, n’est pas utilisé.",
		HeldOverpaid: "Trop-perçu sur vos factures : {amount}.",
		NotDeducted:  "Ces sommes ne sont pas déduites du total ci-dessus ; dites-nous à quoi les affecter.",
		OfPrincipal:  "principal {amount}", OfInterest: "{interest} {amount}", Beyond: "au-delà {amount}",
		Day: "1 jour", Days: "{n} jours",
		Interest: map[DebtorClass]string{
			DebtorBusiness: "pénalités de retard", DebtorPublic: "intérêts moratoires",
			DebtorConsumer: "intérêts au taux légal", DebtorNonProfessional: "intérêts au taux légal",
		},
		Bases: []string{"contract clause", "clause du contrat", "Directive 2011/7/EU", "directive 2011/7/UE", " and ", " et ", "; ", " ; "},
	},
	courrier.English: {
		Segment:         "Invoice {number}: {interest} from {first} to {last}, {days} on {principal} at {rate} %",
		InterestPaid:    "Invoice {number}: {interest} already paid",
		Compensation:    "Fixed compensation for recovery costs, {count} invoices at {each}",
		CompensationOne: "Fixed compensation for recovery costs",
		Cost:            "Invoice {number}: {label} (proof: {proof})",
		CostsPaid:       "Proven costs and compensation already paid",
		Deducted:        "Set-off that we invoke (code civil, art. 1347)",
		Total:           "Total to pay", PriceTotal: "Total to pay",
		Payment:       "Payment of {on} on invoice {number}: {amount} ({parts}; code civil, art. 1343-1).",
		Credit:        "Credit note {label}of {on} on invoice {number}: {amount}.",
		Basis:         "Legal basis of the {interest}: {basis}.",
		FixedBasis:    "Legal basis of the fixed compensation: {basis}.",
		CostsBasis:    "Legal basis of the proven costs: {basis}.",
		CutOff:        "These figures are as of **{on}**.",
		Daily:         "These figures are as of **{on}**; {interest} continues to run until payment in full, now {amount} a day.",
		LaterInterest: "{interest} on {on}, at {rate} %", LaterFixed: "fixed compensation", LaterCosts: "proven costs",
		LaterItem:    "{label}: {amount} ({basis})",
		Later:        "{parts}: payable within {days} of the payment of the principal ({proof}).",
		NotYetDue:    "Not due yet, and not part of this total: invoice {number}, {amount} on {due}.",
		Held:         "Your payment of {on}, {amount}, is not allocated to any invoice.",
		HeldCredit:   "Your credit note {label}of {on}, {amount}, is not used.",
		HeldOverpaid: "Overpaid on your invoices: {amount}.",
		NotDeducted:  "These sums are not deducted from the total above; tell us what to use them for.",
		OfPrincipal:  "principal {amount}", OfInterest: "{interest} {amount}", Beyond: "beyond these {amount}",
		Day: "1 day", Days: "{n} days",
		Interest: map[DebtorClass]string{
			DebtorBusiness: "late-payment interest", DebtorPublic: "late-payment interest",
			DebtorConsumer: "interest at the legal rate", DebtorNonProfessional: "interest at the legal rate",
		},
	},
	courrier.German: {
		Segment:         "Rechnung {number}: {interest} vom {first} bis {last}, {days} auf {principal} zu {rate} %",
		InterestPaid:    "Rechnung {number}: {interest}, bereits gezahlt",
		Compensation:    "Pauschale für Beitreibungskosten, {count} Rechnungen zu {each}",
		CompensationOne: "Pauschale für Beitreibungskosten",
		Cost:            "Rechnung {number}: {label} (Nachweis: {proof})",
		CostsPaid:       "Nachgewiesene Kosten und Pauschale, bereits gezahlt",
		Deducted:        "Von uns erklärte Aufrechnung (code civil, art. 1347)",
		Total:           "Zu zahlen", PriceTotal: "Zu zahlen",
		Payment:    "Zahlung vom {on} auf Rechnung {number}: {amount} ({parts}; code civil, art. 1343-1).",
		Credit:     "Gutschrift {label}vom {on} auf Rechnung {number}: {amount}.",
		Basis:      "Rechtsgrundlage der {interest}: {basis}.",
		FixedBasis: "Rechtsgrundlage der Pauschale: {basis}.",
		CostsBasis: "Rechtsgrundlage der nachgewiesenen Kosten: {basis}.",
		CutOff:     "Stand dieser Aufstellung: **{on}**.",
		Daily: "Stand dieser Aufstellung: **{on}**; danach laufen {interest} bis zur vollständigen Zahlung weiter, derzeit " +
			"{amount} je Tag.",
		LaterInterest: "{interest} zum {on}, zu {rate} %", LaterFixed: "Pauschale", LaterCosts: "nachgewiesene Kosten",
		LaterItem:    "{label}: {amount} ({basis})",
		Later:        "{parts}: zahlbar spätestens {days} nach Zahlung der Hauptforderung ({proof}).",
		NotYetDue:    "Noch nicht fällig und nicht in dieser Summe: Rechnung {number}, {amount} zum {due}.",
		Held:         "Ihre Zahlung vom {on}, {amount}, ist keiner Rechnung zugeordnet.",
		HeldCredit:   "Ihre Gutschrift {label}vom {on}, {amount}, ist nicht verwendet.",
		HeldOverpaid: "Überzahlung auf Ihre Rechnungen: {amount}.",
		NotDeducted:  "Diese Beträge sind von der obigen Summe nicht abgezogen; teilen Sie uns mit, wofür wir sie verwenden sollen.",
		OfPrincipal:  "Hauptforderung {amount}", OfInterest: "{interest} {amount}", Beyond: "darüber hinaus {amount}",
		Day: "1 Tag", Days: "{n} Tage",
		Interest: map[DebtorClass]string{
			DebtorBusiness: "Verzugszinsen", DebtorPublic: "Verzugszinsen",
			DebtorConsumer: "Zinsen zum gesetzlichen Satz", DebtorNonProfessional: "Zinsen zum gesetzlichen Satz",
		},
		Bases: []string{"contract clause", "Vertragsklausel", "Directive 2011/7/EU", "Richtlinie 2011/7/EU", " and ", " und "},
	},
}

// capitalised writes the first letter large.
func capitalised(s string) string {
	if s == "" {
		return ""
	}
	first := []rune(s)[0]
	return strings.ToUpper(string(first)) + s[len(string(first)):]
}

// fill puts values, given as name and value in turn, where a text has their
// names in braces.
func fill(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func (w *Wording) days(n int) string {
	if n == 1 {
		return w.Day
	}
	return fill(w.Days, "n", strconv.Itoa(n))
}

func (w *Wording) basis(text string) string { return strings.NewReplacer(w.Bases...).Replace(text) }
