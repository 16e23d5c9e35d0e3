package tariff

import (
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

var errPagesUnknown = &courrier.FieldError{
	Field: "Documents", Rule: "have an unknown number of pages, and the tariff goes by weight or sheets",
	Remedy: "set Document.Pages or Config.Inspector",
}

// letter is a priceable letter in its envelope.
type letter struct {
	courrier.Priceable
	envelope courrier.Envelope
	grams    int
	charged  int // sheets
}

// Price implements [courrier.Tariff].
//
// Errors: [courrier.ErrInvalid].
func (l List) Price(p courrier.Priceable) ([]courrier.PriceLine, error) {
	if p.Level == "" {
		p.Level = l.Level
	}
	if p.Advice == "" {
		p.Advice = l.Advice
	}
	x, err := l.enclose(p)
	if err != nil {
		return nil, err
	}
	var lines []courrier.PriceLine
	for _, code := range l.codes() {
		row, found, err := l.row(code, x)
		switch {
		case err != nil:
			return nil, err
		case !found && slices.Contains(l.required(), code):
			return nil, l.noPrice(code, x)
		case !found:
			continue
		}
		line, err := row.line(x)
		if err != nil {
			return nil, err
		}
		if line.Amount.Sign() > 0 || code == CodePostage {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func (l List) noPrice(code string, x letter) error {
	return &courrier.FieldError{
		Field:  "Service",
		Rule:   fmt.Sprintf("has no price for %q of %q, zone %q, level %q and %d g", code, x.Service, x.Zone, x.Level, x.grams),
		Remedy: "add a row to the tariff or send fewer sheets",
	}
}

func (l List) required() []string {
	if len(l.Required) == 0 {
		return []string{CodePostage}
	}
	return l.Required
}

// codes are those of the required lines and of the rows, each once, in their order.
func (l List) codes() []string {
	codes := slices.Clone(l.required())
	for _, r := range l.Rows {
		if !slices.Contains(codes, r.Code) {
			codes = append(codes, r.Code)
		}
	}
	return codes
}

// row finds the row for one line: the narrowest that fits, and of its steps the
// lowest that the letter does not exceed. A letter that is too heavy for the
// narrowest row is not priced by a wider one.
func (l List) row(code string, x letter) (best Row, found bool, err error) {
	for _, r := range l.Rows {
		if r.Code == code && r.fits(x) && (!found || r.narrower(best)) {
			best, found = r, true
		}
	}
	if !found || best.UpToGrams == 0 {
		return best, found, nil
	}
	if x.Sheets == 0 {
		return Row{}, false, errPagesUnknown
	}
	step := -1
	for i, r := range l.Rows {
		if r.Code == code && r.sameConditions(best) && x.grams <= r.UpToGrams && (step < 0 || r.UpToGrams < l.Rows[step].UpToGrams) {
			step = i
		}
	}
	if step < 0 {
		return Row{}, false, l.noPrice(code, x)
	}
	return l.Rows[step], true, nil
}

// line multiplies a row's price, in the smallest unit of its currency.
func (r Row) line(x letter) (courrier.PriceLine, error) {
	if (r.Per == PerSheet || r.Per == PerPage) && x.Sheets == 0 {
		return courrier.PriceLine{}, errPagesUnknown
	}
	copies := max(x.Print.Copies, 1)
	n := map[Per]int{PerLetter: 1, PerSheet: x.charged, PerPage: x.Pages * copies, PerCopy: copies, PerDocument: x.Documents}[r.Per]
	if r.Last > 0 {
		n = min(n, r.Last)
	}
	n = max(n-max(r.First-1, 0), 0)
	amount, err := r.Price.Times(n)
	if err == nil {
		amount, err = amount.Rounded()
	}
	return courrier.PriceLine{Code: r.Code, Amount: amount, Tax: r.Tax}, err
}

// Grams returns the weight of a letter with its envelope and what that adds.
//
// Errors: [courrier.ErrInvalid].
func (l List) Grams(p courrier.Priceable) (int, error) {
	x, err := l.enclose(p)
	return x.grams, err
}

// enclose puts a letter into the smallest envelope that holds it. One with an unknown
// number of sheets has no weight.
func (l List) enclose(p courrier.Priceable) (letter, error) {
	x := letter{Priceable: p, envelope: p.Print.Envelope, charged: p.Sheets}
	if p.Sheets == 0 {
		return x, nil
	}
	sheet := l.SheetGrams
	if sheet == 0 {
		sheet = 5
	}
	if len(l.Envelopes) == 0 {
		x.grams = p.Sheets*sheet + 5
		return x, nil
	}
	for _, e := range l.Envelopes {
		inside, counted, charged := e.sheets(p)
		wanted := p.Print.Envelope == courrier.EnvelopeAuto || p.Print.Envelope == e.Envelope
		if wanted && counted <= e.UpToSheets {
			x.envelope, x.grams, x.charged = e.Envelope, inside*sheet+e.Grams, charged
			return x, nil
		}
	}
	return letter{}, &courrier.FieldError{
		Field: "Documents", Rule: fmt.Sprintf("need %d sheets, more than any envelope of the tariff holds", p.Sheets),
		Remedy: "print on both sides or drop attachments",
	}
}

// sheets returns how many are inside, count for the capacity and are charged.
func (e Envelope) sheets(p courrier.Priceable) (inside, counted, charged int) {
	inside, charged = p.Sheets, p.Sheets
	carried := p.Print.CarrierSheet
	switch {
	case e.AddsSheet && carried:
		charged--
	case e.AddsSheet:
		inside++
		carried = true
	}
	counted = inside
	if e.IgnoreSheet && carried {
		counted--
	}
	return inside, counted, charged
}
