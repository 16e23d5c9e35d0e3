package tariff

import (
	"fmt"

	"github.com/courrier-go/courrier"
)

// laPoste2023 is La Poste's public grid of 1 January 2023 in euro cents, by weight:
// letters up to 20, 50, 100, 250, 500, 1000 and 2000 g; 0 where there is no step.
var laPoste2023 = []struct {
	service courrier.Service
	level   string
	cents   [7]int64
}{
	{courrier.ServiceStandard, "", [7]int64{116, 0, 232, 400, 600, 725, 885}}, // lettre verte
	{courrier.ServiceTracked, "", [7]int64{166, 0, 282, 450, 650, 775, 935}},  // lettre verte suivie
	{courrier.ServicePriority, "", [7]int64{295, 0, 384, 495, 670, 825, 955}}, // Lettre Services Plus
	{courrier.ServiceRegistered, "R1", [7]int64{483, 552, 623, 762, 895, 1030, 1219}},
	{courrier.ServiceRegistered, "R2", [7]int64{577, 638, 710, 849, 977, 1115, 1304}},
	{courrier.ServiceRegistered, "R3", [7]int64{710, 765, 833, 983, 1100, 1238, 1438}},
}

var steps2023 = [7]int{20, 50, 100, 250, 500, 1000, 2000}

// LaPoste2023 returns La Poste's public prices of 2023 for letters in France, overseas,
// to Monaco and to forces, without printing: a worked example, and a list to check
// one's own against. They are no prices of today. Postage of the universal service
// bears no VAT (code général des impôts, article 261, 4, 11°): its class is "exempt".
func LaPoste2023() List {
	l := List{
		Name: "laposte-2023", From: courrier.MustDate("2023-01-01"), Until: courrier.MustDate("2024-01-01"),
		Source: "tarif-postal.fr (registered, advice of receipt) and enveloppe-timbree.fr (all others): public prices of 1 January 2023",
		Level:  "R1", Advice: "paper",
	}
	inFrance := []courrier.Zone{courrier.ZoneMetropolitan, courrier.ZoneOverseas, courrier.ZoneMonaco, courrier.ZoneMilitary}
	for _, g := range laPoste2023 {
		row := Row{Code: CodePostage, Services: []courrier.Service{g.service}, Zones: inFrance, Tax: "exempt"}
		if g.level != "" {
			row.Services, row.Levels = append(row.Services, courrier.ServiceRegisteredAR), []string{g.level}
		}
		for i, cents := range g.cents {
			if cents > 0 {
				row.UpToGrams, row.Price = steps2023[i], euroCents(cents)
				l.Rows = append(l.Rows, row)
			}
		}
	}
	ar := []courrier.Service{courrier.ServiceRegisteredAR}
	l.Rows = append(l.Rows,
		Row{Code: "advice", Services: ar, Advice: []string{"digital"}, Price: euroCents(115), Tax: "exempt"},
		Row{Code: "advice", Services: ar, Advice: []string{"paper"}, Price: euroCents(125), Tax: "exempt"})
	return l
}

func euroCents(n int64) courrier.Amount {
	a, err := courrier.AmountOfMicros(n*10_000, "EUR")
	if err != nil {
		panic("tariff: a price of the grid is an amount: " + err.Error())
	}
	return a
}

// Difference is a price that is below another list's, or missing.
type Difference struct {
	Letter  courrier.Priceable
	Grams   int
	Ours    courrier.Amount // the zero Amount when there is none
	Theirs  courrier.Amount
	Missing error // why ours has no price
}

// Check compares a tariff with a list, such as a carrier's public one, at each of
// its steps of postage, and returns where ours is missing or below: where each letter
// costs the host money. Letters are of plain sheets of 5 g in an envelope of 5 g.
//
// Errors: [courrier.ErrInvalid].
func Check(ours courrier.Tariff, theirs List, on courrier.Date) ([]Difference, error) {
	var found []Difference
	for _, r := range theirs.Rows {
		if r.Code != CodePostage {
			continue
		}
		for _, p := range r.examples(on) {
			d, err := compare(ours, theirs, p)
			if err != nil {
				return nil, err
			}
			if d.Missing != nil || d.Ours.Micros() < d.Theirs.Micros() {
				d.Grams = r.UpToGrams
				found = append(found, d)
			}
		}
	}
	return found, nil
}

// examples returns letters at the upper end of a row's step.
func (r Row) examples(on courrier.Date) []courrier.Priceable {
	var all []courrier.Priceable
	for _, s := range orNone(r.Services, courrier.Services()) {
		for _, z := range orNone(r.Zones, zones) {
			for _, level := range orNone(r.Levels, []string{""}) {
				sheets := max((r.UpToGrams-5)/5, 1)
				all = append(all, courrier.Priceable{On: on, Service: s, Zone: z, Level: level, Sheets: sheets, Pages: sheets, Documents: 1})
			}
		}
	}
	return all
}

func orNone[T any](values, without []T) []T {
	if len(values) == 0 {
		return without
	}
	return values
}

func compare(ours courrier.Tariff, theirs List, p courrier.Priceable) (Difference, error) {
	d := Difference{Letter: p}
	lines, err := theirs.Price(p)
	if err == nil {
		d.Theirs, err = Sum(lines)
	}
	if err != nil {
		return d, err
	}
	lines, d.Missing = ours.Price(p)
	if d.Missing == nil {
		d.Ours, err = Sum(lines)
	}
	if err != nil || d.Missing != nil {
		return d, err
	}
	if d.Ours.Unit() != d.Theirs.Unit() {
		return d, &courrier.FieldError{Field: "Tariff", Rule: fmt.Sprintf("is in %q, the other list in %q", d.Ours.Unit(),
			d.Theirs.Unit()), Remedy: "compare lists of one unit"}
	}
	return d, nil
}

// Sum adds up the lines of a price.
//
// Errors: [courrier.ErrInvalid].
func Sum(lines []courrier.PriceLine) (sum courrier.Amount, err error) {
	for _, line := range lines {
		if sum, err = sum.Add(line.Amount); err != nil {
			return courrier.Amount{}, err
		}
	}
	return sum, nil
}
