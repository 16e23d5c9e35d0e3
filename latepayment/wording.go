package latepayment

import (
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// wording is how a statement reads in a letter.
type wording struct {
	principal, segment, compensation, costs, total, cutOff string
}

var wordings = map[courrier.Language]wording{
	courrier.French: {
		principal:    "Facture {number}, échue le {due} : principal restant dû {amount}.",
		segment:      "Pénalités de retard du {first} au {last}, {days} jours sur {principal} au taux de {rate} % : {amount} ({basis}).",
		compensation: "Indemnité forfaitaire pour frais de recouvrement : {amount}.",
		costs:        "Frais complémentaires justifiés : {amount}.",
		total:        "**Total dû au {on} : {amount}.**",
		cutOff:       "Les pénalités sont arrêtées au {on} ; elles continuent de courir jusqu’au complet paiement.",
	},
	courrier.English: {
		principal:    "Invoice {number}, due on {due}: principal outstanding {amount}.",
		segment:      "Late-payment interest from {first} to {last}, {days} days on {principal} at {rate} %: {amount} ({basis}).",
		compensation: "Fixed compensation for recovery costs: {amount}.",
		costs:        "Further costs, against proof: {amount}.",
		total:        "**Total due on {on}: {amount}.**",
		cutOff:       "Interest is computed up to {on}; it continues to run until payment in full.",
	},
}

// Charges returns what is owed on top of the principal: interest, compensation
// and costs. It is the Charges of [courrier.DebtorDetails].
func (s Statement) Charges() (courrier.Amount, error) {
	sum, err := s.InterestDue.Add(s.CompensationDue)
	if err != nil {
		return courrier.Amount{}, err
	}
	return sum.Add(s.CostsDue)
}

// Sentences writes the statement for a letter, one line each: each invoice with
// its principal, its interest by segment with days, rate and text, and its
// compensation; then the total and the cut-off date. They are the Statement of
// [courrier.DebtorDetails]. A language that is not known reads English.
func (s Statement) Sentences(lang courrier.Language) []string {
	w, ok := wordings[lang]
	if !ok {
		lang, w = courrier.English, wordings[courrier.English]
	}
	var lines []string
	for _, l := range s.Lines {
		lines = append(lines, l.sentences(w, lang)...)
	}
	if len(lines) == 0 {
		return nil
	}
	on := courrier.FormatDate(s.On, lang)
	lines = append(lines, fill(w.total, "on", on, "amount", courrier.FormatAmount(s.Total, lang)))
	if !s.InterestDue.IsZero() {
		lines = append(lines, fill(w.cutOff, "on", on))
	}
	return lines
}

func (l Line) sentences(w wording, lang courrier.Language) []string {
	amount := func(a courrier.Amount) string { return courrier.FormatAmount(a, lang) }
	date := func(d courrier.Date) string { return courrier.FormatDate(d, lang) }
	lines := []string{fill(w.principal, "number", l.Number, "due", date(l.DueOn), "amount", amount(l.PrincipalDue))}
	for _, s := range l.Segments {
		rate := s.Rate.String()
		if lang == courrier.French {
			rate = strings.ReplaceAll(rate, ".", ",")
		}
		lines = append(lines, fill(w.segment, "first", date(s.First), "last", date(s.Last), "days", strconv.Itoa(s.Days),
			"principal", amount(s.Principal), "rate", rate, "amount", amount(s.Interest), "basis", s.Basis))
	}
	if !l.CompensationDue.IsZero() {
		lines = append(lines, fill(w.compensation, "amount", amount(l.CompensationDue)))
	}
	if !l.CostsDue.IsZero() {
		lines = append(lines, fill(w.costs, "amount", amount(l.CostsDue)))
	}
	return lines
}

// fill puts values, given as name and value in turn, where a text has their
// names in braces.
func fill(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
