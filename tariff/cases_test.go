package tariff_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/tariff"
)

// TestCases holds what price lists got wrong once, by the name of the case.
func TestCases(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"money-06": aPriceIsWritten, "money-07": theNarrowerRowCounts, "money-08": anEnvelopeAddsASheet, "money-20": listsByAccountDayAndCarrier,
		"money-21": misspellingsAreRefused, "money-22": oneUnitAService, "money-23": theWholeGrid, "money-25": linesWithATax, "money-31": linesAreRounded,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

func row(price string, mend ...func(*tariff.Row)) tariff.Row {
	r := tariff.Row{Code: tariff.CodePostage}
	if price != "" {
		r.Price = courrier.MustAmount(price, "EUR")
	}
	for _, m := range mend {
		m(&r)
	}
	return r
}

func to(zones ...courrier.Zone) func(*tariff.Row) { return func(r *tariff.Row) { r.Zones = zones } }
func upTo(grams int) func(*tariff.Row)            { return func(r *tariff.Row) { r.UpToGrams = grams } }
func of(services ...courrier.Service) func(*tariff.Row) {
	return func(r *tariff.Row) { r.Services = services }
}

func fields(err error) []string {
	var all []string
	for _, fe := range courrier.FieldErrors(err) {
		all = append(all, fe.Field)
	}
	return all
}

func aPriceIsWritten(t *testing.T) {
	require.Equal(t, []string{"Rows[0].Price"}, fields(tariff.List{Rows: []tariff.Row{row("")}}.Validate()))
	var list tariff.List
	require.NoError(t, json.Unmarshal([]byte(`{"rows":[{"code":"postage","price":""}]}`), &list))
	require.Equal(t, []string{"Rows[0].Price"}, fields(list.Validate()))
	free := tariff.List{Rows: []tariff.Row{row("0")}}
	require.NoError(t, free.Validate())
	require.Equal(t, "0.00 EUR", total(t, free, courrier.Priceable{}))
	empty := tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: {}})
	require.NotEmpty(t, fields(empty.Validate()))
}

func theNarrowerRowCounts(t *testing.T) {
	list := tariff.List{Rows: []tariff.Row{row("1.52", upTo(20)), row("2.25", upTo(20), to(courrier.ZoneAbroad)), row("3", upTo(100))}}
	require.NoError(t, list.Validate())
	germany := courrier.Priceable{Zone: courrier.ZoneAbroad, Country: "DE", Sheets: 1}
	require.Equal(t, "2.25 EUR", total(t, list, germany))
	slices.Reverse(list.Rows)
	require.Equal(t, "2.25 EUR", total(t, list, germany))
	require.Equal(t, "1.52 EUR", total(t, list, courrier.Priceable{Zone: courrier.ZoneMetropolitan, Sheets: 1}))

	// Too heavy for the narrow row is no price: not that of the wide one.
	germany.Sheets = 9
	_, err := list.Price(germany)
	require.ErrorIs(t, err, courrier.ErrInvalid)

	// Rows of which neither is narrower are refused, as are two of the same.
	list.Rows = []tariff.Row{row("1", to(courrier.ZoneAbroad)), row("2", of(courrier.ServiceStandard))}
	require.Equal(t, []string{"Rows[1]"}, fields(list.Validate()))
	list.Rows = []tariff.Row{row("1", upTo(20)), row("2", upTo(20))}
	require.Equal(t, []string{"Rows[1]"}, fields(list.Validate()))
}

func anEnvelopeAddsASheet(t *testing.T) {
	list := tariff.LaPoste2023()
	list.Envelopes = []tariff.Envelope{
		{Envelope: courrier.EnvelopeDL, UpToSheets: 5, Grams: 5}, {Envelope: courrier.EnvelopeC4, UpToSheets: 45, Grams: 20, AddsSheet: true},
	}
	list.Rows = append(list.Rows, tariff.Row{Code: "sheets", Price: courrier.MustAmount("0.10", "EUR"), Per: tariff.PerSheet})
	require.NoError(t, list.Validate())
	p := courrier.Priceable{Service: courrier.ServiceRegistered, Zone: courrier.ZoneMetropolitan, Sheets: 6}
	grams, err := list.Grams(p)
	require.NoError(t, err)
	require.Equal(t, 55, grams, "seven sheets and the envelope")
	lines, err := list.Price(p)
	require.NoError(t, err)
	require.Equal(t, []courrier.PriceLine{
		{Code: "postage", Amount: courrier.MustAmount("6.23", "EUR"), Tax: "exempt"}, {Code: "sheets", Amount: courrier.MustAmount("0.60", "EUR")},
	}, lines)
	p.Sheets, p.Print.CarrierSheet = 7, true // asked for, it is the same sheet, and as free
	asked, err := list.Price(p)
	require.NoError(t, err)
	require.Equal(t, lines, asked)
}

func listsByAccountDayAndCarrier(t *testing.T) {
	list := func(name, price, from, until string) tariff.List {
		l := tariff.List{Name: name, Rows: []tariff.Row{row(price)}}
		if from != "" {
			l.From = courrier.MustDate(from)
		}
		if until != "" {
			l.Until = courrier.MustDate(until)
		}
		return l
	}
	all := tariff.Lists{
		list("", "1", "", "2027-01-01"), list("", "1.10", "2027-01-01", ""), list("gold", "0.80", "", ""),
		list("", "0.90", "", ""), list("", "0.70", "", ""),
	}
	all[3].Provider, all[4].Accounts = "laposte", []courrier.AccountID{"big"}
	require.NoError(t, all.Validate())
	for _, c := range []struct{ account, list, carrier, on, price string }{
		{"acme", "", "post", "2026-12-31", "1.00 EUR"}, {"acme", "", "post", "2027-01-01", "1.10 EUR"},
		{"acme", "gold", "post", "2027-04-01", "0.80 EUR"}, {"acme", "", "laposte", "2027-04-01", "0.90 EUR"}, {"big", "gold", "laposte", "2027-04-01", "0.70 EUR"},
	} {
		p := courrier.Priceable{Account: courrier.AccountID(c.account), List: c.list, Provider: c.carrier, On: courrier.MustDate(c.on)}
		require.Equal(t, c.price, total(t, all, p), "%+v", c)
	}
	_, err := all.Price(courrier.Priceable{Account: "acme", List: "glod"})
	require.ErrorIs(t, err, courrier.ErrInvalid, "a list that is not there is no other list")

	gap := tariff.Lists{list("", "1", "", "2027-01-01"), list("", "1.10", "2027-01-02", "")}
	require.Equal(t, []string{"Lists[0].Until"}, fields(gap.Validate()))
	overlap := tariff.Lists{list("", "1", "", ""), list("", "1.10", "2027-01-02", "")}
	require.Equal(t, []string{"Lists[1].From"}, fields(overlap.Validate()))
}

func misspellingsAreRefused(t *testing.T) {
	wrong := map[string]string{
		`{}`: "Rows",
		`{"rows":[{"code":"postage","price":"1 EUR","services":["pigeon"]}]}`: "Rows[0].Services",
		`{"rows":[{"code":"postage","price":"1 EUR","zones":["abraod"]}]}`:    "Rows[0].Zones",
		`{"rows":[{"code":"postage","price":"1 EUR","up_to_grams":-20}]}`:     "Rows[0].UpToGrams",
		`{"rows":[{"code":"postage","price":"-1 EUR"}]}`:                      "Rows[0].Price",
		`{"rows":[{"code":"postage","price":"1 EUR","levels":["R4"]}]}`:       "Rows[0].Levels",
		`{"rows":[{"code":"postage","price":"1 EUR","countries":["de"]}]}`:    "Rows[0].Countries",
		`{"rows":[{"code":"postage","price":"1 EUR","per":"leaf"}]}`:          "Rows[0].Per",
		`{"rows":[{"code":"postge","price":"1 EUR"}]}`:                        "Required",
		`{"rows":[{"code":"postage","price":"1 EUR","countries":["UK"]}]}`:    "Rows[0].Countries",
		`{"rows":[{"code":"postage","price":"1 EUR","territories":["ZZ"]}]}`:  "Rows[0].Territories",
		`{"rows":[{"code":"postage","price":"1 EUR","first":2}]}`:             "Rows[0].First",
		`{"accounts":[""],"rows":[{"code":"postage","price":"1 EUR"}]}`:       "Accounts",
		`{"rows":[{"code":"postage","price":"1 EUR","upto_grams":20}]}`:       "Lists[0].Rows[0].upto_grams: is not known",
		`{"rwos":[]}`: "Lists[0].rwos: is not known",
		`{"rows":[{"code":"postage","price":"1 EUR"},{"code":"ink","price":2}]}`:                                                             "Lists[0].Rows[1].Price: is a number",
		`{"rows":[{"code":"postage","price":"1 EUR"},{"code":"ink","price":"2"}]}`:                                                           "Lists[0].Rows[1].Price: is no value, space, unit",
		`{"from":"1/1/2026","rows":[{"code":"postage","price":"1 EUR"}]}`:                                                                    "Lists[0].From: is no date",
		`{"rows":[{"code":"postage","price":"1 EUR","services":"standard"}]}`:                                                                "Lists[0].Rows[0].Services: is of the wrong kind: string",
		`{"rows":[{"code":"postage","price":"1 EUR","up_to_grams":20},{"code":"postage","price":"2 EUR"}]}`:                                  "Rows[1]",
		`{"envelopes":[{"envelope":"C4","up_to_sheets":45},{"envelope":"DL","up_to_sheets":5}],"rows":[{"code":"postage","price":"1 EUR"}]}`: "Envelopes[1].UpToSheets",
		`{"envelopes":[{"envelope":"DX","up_to_sheets":45,"grams":1}],"rows":[{"code":"postage","price":"1 EUR"}]}`:                          "Envelopes[0].Envelope",
		`{"envelopes":[{"envelope":"DL","up_to_sheets":5,"grams":-1}],"rows":[{"code":"postage","price":"1 EUR"}]}`:                          "Envelopes[0].Grams",
	}
	for text, field := range wrong {
		_, err := tariff.Parse([]byte("[" + text + "]"))
		require.ErrorIs(t, err, courrier.ErrInvalid, text)
		require.Contains(t, err.Error(), field, text)
		for _, fe := range courrier.FieldErrors(err) {
			require.NotEmpty(t, fe.Remedy, text)
		}
	}
	_, err := tariff.Parse([]byte(`[]`))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = courrier.New(courrier.Config{Tariff: tariff.List{}})
	require.Contains(t, fields(err), "Tariff.Rows", "New looks at the tariff")
}

func oneUnitAService(t *testing.T) {
	list := tariff.Flat(map[courrier.Service]courrier.Amount{
		courrier.ServiceStandard: courrier.MustAmount("1", "stamp"), courrier.ServiceRegisteredAR: courrier.MustAmount("1", "stamp_lrar"),
	})
	require.NoError(t, list.Validate())
	require.Equal(t, "1 stamp", total(t, list, courrier.Priceable{Service: courrier.ServiceStandard}))
	require.Equal(t, "1 stamp_lrar", total(t, list, courrier.Priceable{Service: courrier.ServiceRegisteredAR}))
	list.Rows = append(list.Rows, tariff.Row{Code: "color", Price: courrier.MustAmount("0.10", "EUR")})
	require.NotEmpty(t, fields(list.Validate()), "a price in euros beside stamps")
}

// theWholeGrid sets each of the 42 prices and both receipts against figures that are
// written here a second time, as the sources print them.
func theWholeGrid(t *testing.T) {
	list := tariff.LaPoste2023()
	require.NoError(t, list.Validate())
	grid := map[string][]string{ // by weight: 20, 50, 100, 250, 500, 1000, 2000 g
		"standard":      {"1.16", "2.32", "2.32", "4.00", "6.00", "7.25", "8.85"},
		"tracked":       {"1.66", "2.82", "2.82", "4.50", "6.50", "7.75", "9.35"},
		"priority":      {"2.95", "3.84", "3.84", "4.95", "6.70", "8.25", "9.55"},
		"registered R1": {"4.83", "5.52", "6.23", "7.62", "8.95", "10.30", "12.19"},
		"registered R2": {"5.77", "6.38", "7.10", "8.49", "9.77", "11.15", "13.04"},
		"registered R3": {"7.10", "7.65", "8.33", "9.83", "11.00", "12.38", "14.38"},
	}
	checked := 0
	for product, figures := range grid {
		p := courrier.Priceable{Service: courrier.Service(product), Zone: courrier.ZoneMetropolitan}
		if len(product) > 10 && product[:10] == "registered" {
			p.Service, p.Level = courrier.ServiceRegistered, product[11:]
		}
		for i, grams := range []int{20, 50, 100, 250, 500, 1000, 2000} {
			p.Sheets = (grams - 5) / 5
			require.Equal(t, figures[i]+" EUR", total(t, list, p), "%s %d g", product, grams)
			checked++
		}
	}
	require.Equal(t, 42, checked)
	ar := courrier.Priceable{Service: courrier.ServiceRegisteredAR, Level: "R3", Zone: courrier.ZoneOverseas, Territory: "RE", Sheets: 3}
	require.Equal(t, "8.35 EUR", total(t, list, ar), "7.10 and a receipt on paper")
	ar.Advice = "digital"
	require.Equal(t, "8.25 EUR", total(t, list, ar))
	ar.Sheets = 400
	_, err := list.Price(ar)
	require.ErrorIs(t, err, courrier.ErrInvalid, "over 2 kg")

	// One's own prices are held against it: what is missing and what is below.
	ours := tariff.LaPoste2023()
	for i := range ours.Rows {
		if ours.Rows[i].UpToGrams == 250 && slices.Contains(ours.Rows[i].Services, courrier.ServiceStandard) {
			ours.Rows[i].Price = courrier.MustAmount("3.99", "EUR")
		}
	}
	ours.Rows = slices.DeleteFunc(ours.Rows, func(r tariff.Row) bool { return slices.Contains(r.Levels, "R3") && r.UpToGrams == 2000 })
	found, err := tariff.Check(ours, list, courrier.MustDate("2023-06-01"))
	require.NoError(t, err)
	below, missing := 0, 0
	for _, d := range found {
		if d.Missing != nil {
			require.Equal(t, "R3", d.Letter.Level)
			missing++
			continue
		}
		require.Equal(t, courrier.MustAmount("3.99", "EUR"), d.Ours)
		below++
	}
	require.Equal(t, []int{4, 8}, []int{below, missing}, "four zones, and two services each")
	same, err := tariff.Check(list, list, courrier.Date{})
	require.NoError(t, err)
	require.Empty(t, same)
}

func linesWithATax(t *testing.T) {
	list := parsed(t, prices)
	lines, err := list.Price(courrier.Priceable{Service: courrier.ServiceStandard, Zone: courrier.ZoneMetropolitan, Sheets: 2, Pages: 2})
	require.NoError(t, err)
	tax := map[string]string{}
	for _, line := range lines {
		tax[line.Code] = line.Tax
	}
	require.Equal(t, map[string]string{"postage": "exempt", "handling": "standard", "sheets": "standard"}, tax)
}

func linesAreRounded(t *testing.T) {
	list := tariff.List{Rows: []tariff.Row{row("1.52"), {Code: "sheets", Price: courrier.MustAmount("0.0125", "EUR"), Per: tariff.PerSheet}}}
	require.Equal(t, "1.56 EUR", total(t, list, courrier.Priceable{Sheets: 3}), "1.52 and 0.0375, which is 0.04")
	pages := tariff.List{Rows: []tariff.Row{
		row("0"), {Code: "first page", Price: courrier.MustAmount("0.50", "EUR"), Per: tariff.PerPage, Last: 1},
		{Code: "next pages", Price: courrier.MustAmount("0.125", "EUR"), Per: tariff.PerPage, First: 2},
	}}
	require.Equal(t, "0.88 EUR", total(t, pages, courrier.Priceable{Sheets: 4, Pages: 4}), "0.50 and 3 × 0.125, which is 0.38")
	yen := tariff.List{Rows: []tariff.Row{{Code: "postage", Price: courrier.MustAmount("0.5", "JPY")}}}
	require.Equal(t, "1 JPY", total(t, yen, courrier.Priceable{}))
	stamps := tariff.List{Rows: []tariff.Row{{Code: "postage", Price: courrier.MustAmount("0.5", "stamp")}}}
	require.Equal(t, "0.5 stamp", total(t, stamps, courrier.Priceable{}))
}
