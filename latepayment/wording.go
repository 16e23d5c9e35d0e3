package latepayment

import (
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// wording is how a statement reads in a letter.
type wording struct {
	principal, segment, compensation, costs, total, cutOff string

	payment, credit string
	// parts of a sum
	ofPrincipal, ofInterest, ofCompensation, ofCosts, beyond string

	day, days string
	interest  map[courrier.DebtorClass]string // what the law calls it
	basis     *strings.Replacer               // of the texts that a regime names in English; nil: as they are
}

var wordings = map[courrier.Language]wording{
	courrier.French: {
		principal:    "Facture {number}, échue le {due} : principal restant dû {amount}.",
		segment:      "{Interest} du {first} au {last}, {days} sur {principal} au taux de {rate} % : {amount} ({basis}).",
		compensation: "Indemnité forfaitaire pour frais de recouvrement : {amount}.",
		costs:        "Frais complémentaires justifiés : {amount}.",
		total:        "**Total dû au {on} : {amount}** ({parts}).",
		cutOff:       "Ce calcul est arrêté au {on} ; les {interest} continuent de courir jusqu’au complet paiement.",
		payment:      "Règlement reçu le {on} : {amount} ({parts}).",
		credit:       "Avoir du {on} : {amount} ({parts}).",
		ofPrincipal:  "principal {amount}", ofInterest: "{interest} {amount}", ofCompensation: "indemnité forfaitaire {amount}",
		ofCosts: "frais justifiés {amount}", beyond: "au-delà {amount}",
		day: "1 jour", days: "{n} jours",
		interest: map[courrier.DebtorClass]string{
			courrier.DebtorBusiness: "pénalités de retard", courrier.DebtorPublic: "intérêts moratoires",
			courrier.DebtorConsumer: "intérêts de retard", courrier.DebtorNonProfessional: "intérêts de retard",
		},
		basis: strings.NewReplacer("contract clause", "clause du contrat", "Directive 2011/7/EU", "directive 2011/7/UE", " and ", " et ", "; ", " ; "),
	},
	courrier.English: {
		principal:    "Invoice {number}, due on {due}: principal outstanding {amount}.",
		segment:      "{Interest} from {first} to {last}, {days} on {principal} at {rate} %: {amount} ({basis}).",
		compensation: "Fixed compensation for recovery costs: {amount}.",
		costs:        "Further costs, against proof: {amount}.",
		total:        "**Total due on {on}: {amount}** ({parts}).",
		cutOff:       "Interest is computed up to {on}; it continues to run until payment in full.",
		payment:      "Payment received on {on}: {amount} ({parts}).",
		credit:       "Credit note of {on}: {amount} ({parts}).",
		ofPrincipal:  "principal {amount}", ofInterest: "{interest} {amount}", ofCompensation: "fixed compensation {amount}",
		ofCosts: "costs against proof {amount}", beyond: "beyond these {amount}",
		day: "1 day", days: "{n} days",
		interest: map[courrier.DebtorClass]string{
			courrier.DebtorBusiness: "late-payment interest", courrier.DebtorPublic: "late-payment interest",
			courrier.DebtorConsumer: "late-payment interest", courrier.DebtorNonProfessional: "late-payment interest",
		},
	},
}

// Charges returns what is owed on top of the principal: interest, compensation
// and costs. It is the Charges of [dunning.DebtorDetails].
func (s Statement) Charges() (courrier.Amount, error) {
	sum, err := s.InterestDue.Add(s.CompensationDue)
	if err != nil {
		return courrier.Amount{}, err
	}
	return sum.Add(s.CostsDue)
}

// Sentences writes the statement for a letter, one line each: each invoice with
// its principal, its interest by segment with days, rate and text, what was
// received and what it covered, and its compensation; then the total and the
// cut-off date. What a line owes adds up from its sentences. They are the
// Statement of [dunning.DebtorDetails]. A language that is not known reads
// English.
func (s Statement) Sentences(lang courrier.Language) []string {
	w, ok := wordings[lang]
	if !ok {
		lang, w = courrier.English, wordings[courrier.English]
	}
	r := reading{wording: w, lang: lang, name: w.interest[s.Debtor]}
	for _, l := range s.Lines {
		r.line(l)
	}
	if len(r.lines) == 0 {
		return nil
	}
	r.say(w.total, "on", r.date(s.On), "amount", r.amount(s.Total), "parts", r.parts(
		part{w.ofPrincipal, s.PrincipalDue}, part{w.ofInterest, s.InterestDue}, part{w.ofCompensation, s.CompensationDue}, part{w.ofCosts, s.CostsDue}))
	if !s.InterestDue.IsZero() && !s.PrincipalDue.IsZero() {
		r.say(w.cutOff, "on", r.date(s.On), "interest", r.name)
	}
	return r.lines
}

// reading is the work on one statement.
type reading struct {
	wording
	lang  courrier.Language
	name  string // of interest
	lines []string
}

func (r *reading) amount(a courrier.Amount) string { return courrier.FormatAmount(a, r.lang) }
func (r *reading) date(d courrier.Date) string     { return courrier.FormatDate(d, r.lang) }

func (r *reading) say(text string, pairs ...string) { r.lines = append(r.lines, fill(text, pairs...)) }

// line reads one invoice: interest and movements as they followed each other.
func (r *reading) line(l Line) {
	r.say(r.principal, "number", l.Number, "due", r.date(l.DueOn), "amount", r.amount(l.PrincipalDue))
	segments := l.Segments
	for _, m := range l.Movements {
		for len(segments) > 0 && !segments[0].Last.After(m.On) {
			r.interestOf(segments[0])
			segments = segments[1:]
		}
		r.movement(m)
	}
	for _, s := range segments {
		r.interestOf(s)
	}
	if !l.CompensationDue.IsZero() {
		r.say(r.compensation, "amount", r.amount(l.CompensationDue))
	}
	if !l.CostsDue.IsZero() {
		r.say(r.costs, "amount", r.amount(l.CostsDue))
	}
}

func (r *reading) interestOf(s Segment) {
	rate, basis, days := s.Rate.String(), s.Basis, r.days
	if r.lang == courrier.French {
		rate = strings.ReplaceAll(rate, ".", ",")
	}
	if r.basis != nil {
		basis = r.basis.Replace(basis)
	}
	if s.Days == 1 {
		days = r.day
	}
	r.say(r.segment, "Interest", capitalised(r.name), "first", r.date(s.First), "last", r.date(s.Last), "days", fill(days, "n", strconv.Itoa(s.Days)),
		"principal", r.amount(s.Principal), "rate", rate, "amount", r.amount(s.Interest), "basis", basis)
}

// movement says what was received and what it covered.
func (r *reading) movement(m Movement) {
	text := r.payment
	if m.Kind == MovementCredit {
		text = r.credit
	}
	r.say(text, "on", r.date(m.On), "amount", r.amount(m.Amount), "parts",
		r.parts(part{r.ofInterest, m.ToInterest}, part{r.ofPrincipal, m.ToPrincipal}, part{r.beyond, m.Left}))
}

// part is a part of a sum.
type part struct {
	text   string
	amount courrier.Amount
}

// parts lists the parts that are not zero; the first when all are.
func (r *reading) parts(all ...part) string {
	var said []string
	for _, p := range all {
		if !p.amount.IsZero() {
			said = append(said, fill(p.text, "interest", r.name, "amount", r.amount(p.amount)))
		}
	}
	if len(said) == 0 {
		return fill(all[0].text, "amount", r.amount(all[0].amount))
	}
	return strings.Join(said, ", ")
}

func capitalised(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// fill puts values, given as name and value in turn, where a text has their
// names in braces.
func fill(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
