package courrier_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// priceList is a worked example; its figures are made up.
const priceList = `{
  "envelopes": [
    {"envelope": "DL", "up_to_sheets": 5, "grams": 5},
    {"envelope": "C4", "up_to_sheets": 44, "grams": 20}
  ],
  "postage": [
    {"service": "standard", "zones": ["metropolitan", "monaco"], "up_to_grams": 20, "price": "1.60 EUR"},
    {"service": "standard", "zones": ["metropolitan", "monaco"], "up_to_grams": 100, "price": "3.10 EUR"},
    {"service": "registered", "up_to_grams": 20, "price": "6.20 EUR"},
    {"service": "registered", "up_to_grams": 50, "price": "7.20 EUR"}
  ],
  "per_letter": "0.20 EUR",
  "per_sheet": "0.05 EUR",
  "per_color_page": "0.10 EUR",
  "staple": "0.03 EUR"
}`

func parsedList(t testing.TB) courrier.PriceList {
	var list courrier.PriceList
	require.NoError(t, json.Unmarshal([]byte(priceList), &list))
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
			list := parsedList(t)
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

func TestPriceListThroughQuote(t *testing.T) {
	t.Parallel()
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = parsedList(t) })
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
		require.True(t, q.Price.Equal(courrier.MustAmount(c.price, "EUR")), "%s for %+v", q.Price, c)
	}
}

func TestPriceListIsChecked(t *testing.T) {
	t.Parallel()
	require.Len(t, courrier.FieldErrors(courrier.PriceList{}.Validate()), 1)
	list := courrier.PriceList{
		Postage:  []courrier.PostageRow{{Service: "pigeon", Price: courrier.MustAmount("-1", "EUR")}},
		PerSheet: courrier.MustAmount("1", "stamp"),
	}
	require.Len(t, courrier.FieldErrors(list.Validate()), 4)
}

// What is charged by the sheet is not given away when nobody counted the sheets.
func TestUnknownPagesAreNotFree(t *testing.T) {
	t.Parallel()
	list := courrier.PriceList{
		Flat:         map[courrier.Service]courrier.Amount{courrier.ServiceStandard: courrier.MustAmount("1", "EUR")},
		PerColorPage: courrier.MustAmount("0.10", "EUR"),
	}
	p := courrier.Priceable{Service: courrier.ServiceStandard}
	price, err := list.Price(p)
	require.NoError(t, err)
	require.True(t, price.Equal(courrier.MustAmount("1", "EUR")))
	p.Print.Color = true
	_, err = list.Price(p)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	list.PerSheet, p.Print.Color = courrier.MustAmount("0.05", "EUR"), false
	_, err = list.Price(p)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

type gift struct{}

func (gift) Price(courrier.Priceable) (courrier.Amount, error) {
	return courrier.NewAmount("-1", "EUR")
}

func TestANegativePriceIsRefused(t *testing.T) {
	t.Parallel()
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = gift{} })
	_, err := w.Client.Send(w.Ctx, testscene.Letter("k", courrier.ServiceStandard))
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

// A worked example: three sheets, registered, at a made-up price list.
func ExamplePriceList() {
	var list courrier.PriceList
	if err := json.Unmarshal([]byte(priceList), &list); err != nil {
		fmt.Println(err)
		return
	}
	price, err := list.Price(courrier.Priceable{Service: courrier.ServiceRegistered, Zone: courrier.ZoneMetropolitan, Sheets: 3, Pages: 3})
	fmt.Println(price, err)
	// Output: 6.55 EUR <nil>
}
