package tariff_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/tariff"
)

// prices is a worked example; its figures are made up.
const prices = `{
  "envelopes": [
    {"envelope": "DL", "up_to_sheets": 5, "grams": 5},
    {"envelope": "C4", "up_to_sheets": 44, "grams": 20}
  ],
  "rows": [
    {"code": "postage", "services": ["standard"], "zones": ["metropolitan", "monaco"], "up_to_grams": 20, "price": "1.60 EUR", "tax": "exempt"},
    {"code": "postage", "services": ["standard"], "zones": ["metropolitan", "monaco"], "up_to_grams": 100, "price": "3.10 EUR", "tax": "exempt"},
    {"code": "postage", "services": ["registered"], "up_to_grams": 20, "price": "6.20 EUR", "tax": "exempt"},
    {"code": "postage", "services": ["registered"], "up_to_grams": 50, "price": "7.20 EUR", "tax": "exempt"},
    {"code": "handling", "price": "0.20 EUR", "tax": "standard"},
    {"code": "sheets", "price": "0.05 EUR", "per": "sheet", "tax": "standard"},
    {"code": "color", "color": true, "price": "0.10 EUR", "per": "page", "tax": "standard"},
    {"code": "staples", "staple": true, "price": "0.03 EUR", "per": "copy", "tax": "standard"}
  ]
}`

func parsed(t testing.TB, text string) tariff.List {
	var list tariff.List
	require.NoError(t, json.Unmarshal([]byte(text), &list))
	require.NoError(t, list.Validate())
	return list
}

func pages(n ...int) []courrier.Document {
	docs := make([]courrier.Document, len(n))
	for i := range n {
		docs[i] = courrier.Document{Content: []byte(fmt.Sprint("%PDF-", i)), Pages: n[i]}
	}
	return docs
}

// The sheets, weights and steps of letters: an A4 sheet of 80 g/m² counts 5 g,
// each document starts on a front side, the envelope is chosen by the sheets.
func TestSheetsAndWeights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		pages      []int
		print      courrier.PrintOptions
		small      bool // the carrier sheet does not count for the envelope
		sheets     int
		grams      int
		tooManyFor bool
	}{
		{name: "three sheets in a small envelope are 20 g to the gram", pages: []int{3}, sheets: 3, grams: 20},
		{name: "a fourth leaves the first step", pages: []int{4}, sheets: 4, grams: 25},
		{name: "on both sides, each document on a front", pages: []int{3, 2}, print: courrier.PrintOptions{Duplex: true}, sheets: 3, grams: 20},
		{name: "a carrier sheet that does not count", pages: []int{5}, print: courrier.PrintOptions{CarrierSheet: true}, small: true, sheets: 6, grams: 35},
		{name: "a carrier sheet that does", pages: []int{5}, print: courrier.PrintOptions{CarrierSheet: true}, sheets: 6, grams: 50},
		{name: "copies", pages: []int{2}, print: courrier.PrintOptions{Copies: 2}, sheets: 4, grams: 25},
		{name: "more than any envelope holds", pages: []int{45}, sheets: 45, tooManyFor: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := testscene.Letter("k", courrier.ServiceStandard)
			l.Documents = pages(c.pages...)
			sheets, known := l.Sheets(c.print)
			require.True(t, known)
			require.Equal(t, c.sheets, sheets)
			list := parsed(t, prices)
			list.Envelopes[0].IgnoreSheet = c.small
			grams, err := list.Grams(courrier.Priceable{Sheets: sheets, Print: c.print})
			if c.tooManyFor {
				require.ErrorIs(t, err, courrier.ErrInvalid)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.grams, grams)
		})
	}
}

func TestListThroughQuote(t *testing.T) {
	t.Parallel()
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = parsed(t, prices) })
	for _, c := range []struct {
		service courrier.Service
		print   courrier.PrintOptions
		pages   []int
		country string
		price   string // empty: no price
	}{
		{courrier.ServiceStandard, courrier.PrintOptions{}, []int{1}, "FR", "1.85"},                                     // 1.60 + 0.20 + 0.05
		{courrier.ServiceStandard, courrier.PrintOptions{Color: true, Staple: true, Copies: 2}, []int{2}, "FR", "3.96"}, // 3.10 + 0.20 + 4×0.05 + 4×0.10 + 2×0.03
		{courrier.ServiceRegistered, courrier.PrintOptions{Duplex: true}, []int{3, 2}, "DE", "6.55"},                    // 6.20 + 0.20 + 3×0.05
		{courrier.ServiceRegistered, courrier.PrintOptions{}, []int{4}, "FR", "7.60"},
		{courrier.ServiceStandard, courrier.PrintOptions{}, []int{1}, "DE", ""},
		{courrier.ServiceRegistered, courrier.PrintOptions{}, []int{40}, "FR", ""},
		{courrier.ServicePriority, courrier.PrintOptions{}, []int{1}, "FR", ""},
		{courrier.ServiceStandard, courrier.PrintOptions{}, []int{0}, "FR", ""},
	} {
		l := testscene.Letter("k", c.service)
		l.Print, l.Documents, l.To.Address.Country = &c.print, pages(c.pages...), c.country
		q, err := w.Client.Quote(w.Ctx, l)
		if c.price == "" {
			require.ErrorIs(t, err, courrier.ErrInvalid)
			require.Len(t, courrier.FieldErrors(err), 1)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, courrier.MustAmount(c.price, "EUR"), q.Price, "%+v", c)
	}
}

// What is charged by the sheet is not given away when nobody counted the sheets.
func TestUnknownPagesAreNotFree(t *testing.T) {
	t.Parallel()
	list := tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: courrier.MustAmount("1", "EUR")})
	p := courrier.Priceable{Service: courrier.ServiceStandard}
	require.Equal(t, "1.00 EUR", total(t, list, p))
	yes := true
	list.Rows = append(list.Rows, tariff.Row{Code: "color", Color: &yes, Price: courrier.MustAmount("0.10", "EUR"), Per: tariff.PerPage})
	require.Equal(t, "1.00 EUR", total(t, list, p))
	p.Print.Color = true
	_, err := list.Price(p)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

func total(t testing.TB, list courrier.Tariff, p courrier.Priceable) string {
	lines, err := list.Price(p)
	require.NoError(t, err)
	sum, err := tariff.Sum(lines)
	require.NoError(t, err)
	return sum.String()
}

// Of any valid list, the price of a letter does not depend on the order of its rows.
func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list tariff.List
		for range rapid.IntRange(1, 8).Draw(t, "rows") {
			list.Rows = append(list.Rows, tariff.Row{
				Code:      tariff.CodePostage,
				Services:  rapid.SliceOfNDistinct(rapid.SampledFrom(courrier.Services()[:3]), 0, 2, rapid.ID).Draw(t, "services"),
				Zones:     rapid.SliceOfNDistinct(rapid.SampledFrom([]courrier.Zone{courrier.ZoneAbroad, courrier.ZoneOverseas}), 0, 2, rapid.ID).Draw(t, "zones"),
				UpToGrams: rapid.SampledFrom([]int{0, 20, 50}).Draw(t, "grams"),
				Price:     testscene.Stamps(t, rapid.IntRange(1, 99).Draw(t, "price")),
			})
		}
		if list.Validate() != nil {
			t.Skip("refused")
		}
		turned := list
		turned.Rows = rapid.Permutation(list.Rows).Draw(t, "turned")
		p := courrier.Priceable{
			Service: rapid.SampledFrom(courrier.Services()[:3]).Draw(t, "service"), Zone: rapid.SampledFrom([]courrier.Zone{courrier.ZoneAbroad, courrier.ZoneOverseas}).Draw(t, "zone"),
			Sheets: rapid.IntRange(1, 12).Draw(t, "sheets"),
		}
		a, errA := list.Price(p)
		b, errB := turned.Price(p)
		require.Equal(t, errA == nil, errB == nil)
		require.Equal(t, a, b)
	})
}

// Whatever text is read, it is refused with the field or prices without a panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte("[" + prices + "]"))
	f.Add([]byte(`[{"rows":[{"code":"postage","price":"","zone":["abroad"]}]}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		lists, err := tariff.Parse(b)
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrInvalid)
			return
		}
		_, err = lists.Price(courrier.Priceable{Service: courrier.ServiceStandard, Zone: courrier.ZoneMetropolitan, Sheets: 1})
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrInvalid)
		}
	})
}

// A worked example: three sheets, registered, at a made-up price list.
func ExampleList() {
	var list tariff.List
	if err := json.Unmarshal([]byte(prices), &list); err != nil {
		fmt.Println(err)
		return
	}
	lines, err := list.Price(courrier.Priceable{Service: courrier.ServiceRegistered, Zone: courrier.ZoneMetropolitan, Sheets: 3, Pages: 3})
	for _, line := range lines {
		fmt.Println(line.Code, line.Amount, line.Tax)
	}
	fmt.Println(err)
	// Output:
	// postage 6.20 EUR exempt
	// handling 0.20 EUR standard
	// sheets 0.15 EUR standard
	// <nil>
}

// La Poste's grid of 2023: a registered letter of level R2 with a signed receipt.
func ExampleLaPoste2023() {
	lines, err := tariff.LaPoste2023().Price(courrier.Priceable{
		Service: courrier.ServiceRegisteredAR, Level: "R2", Advice: "digital", Zone: courrier.ZoneOverseas, Territory: "RE", Sheets: 9,
	})
	fmt.Println(lines, err)
	// Output: [{postage 6.38 EUR exempt} {advice 1.15 EUR exempt}] <nil>
}

// The list in docs/billing.md is one that Parse takes.
func TestTheListOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/billing.md")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(page), "```json\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "```")
	lists, err := tariff.Parse([]byte(text))
	require.NoError(t, err)
	p := courrier.Priceable{List: "gold", On: courrier.MustDate("2026-12-31"), Service: courrier.ServiceStandard, Zone: courrier.ZoneMetropolitan, Sheets: 3}
	require.Equal(t, "1.56 EUR", total(t, lists, p))
	p.On = courrier.MustDate("2027-01-01")
	require.Equal(t, "2.00 EUR", total(t, lists, p))
}
