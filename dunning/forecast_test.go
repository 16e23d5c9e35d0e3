package dunning_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

var update = flag.Bool("update", false, "write the golden page anew")

func cases() iter.Seq2[dunning.Case, dunning.History] {
	both := dunning.Contact{Email: true, Post: true}
	invoice := func(id, due, open string) dunning.Invoice {
		return dunning.Invoice{ID: dunning.InvoiceID(id), Parts: dunning.Due(courrier.MustDate(due), courrier.MustAmount(open, "EUR"))}
	}
	disputed := invoice("FA-9", "2026-03-20", "99.00")
	disputed.Disputed = true
	return func(yield func(dunning.Case, dunning.History) bool) {
		for i, c := range []struct {
			contact  dunning.Contact
			invoices []dunning.Invoice
		}{
			{both, []dunning.Invoice{invoice("FA-1", "2026-03-02", "1200.00"), invoice("FA-2", "2026-03-10", "80.50")}},
			{dunning.Contact{Post: true}, []dunning.Invoice{invoice("FA-3", "2026-03-05", "640.00")}},
			{both, []dunning.Invoice{invoice("FA-4", "2026-04-01", "310.00"), disputed}},
		} {
			one := dunning.Case{Account: "acme", Customer: dunning.Customer{ID: courrier.CustomerID(fmt.Sprintf("<C%d>", i+1)), Class: latepayment.DebtorBusiness, Contact: c.contact}, Invoices: c.invoices}
			if !yield(one, nil) {
				return
			}
		}
	}
}

func run(t testing.TB) dunning.Forecast {
	result, err := dunning.NewForecast(dunning.ForecastConfig{
		Policy: dunning.StandardPolicy(), From: courrier.MustDate("2026-03-01"), To: courrier.MustDate("2026-05-15"), DeliveryDays: 3,
		Credits: func(d dunning.Decision) (courrier.Amount, error) {
			if d.Step.Kind == courrier.StepFormalNotice {
				return courrier.MustAmount("5", "stamp"), nil
			}
			return courrier.MustAmount("1", "stamp"), nil
		},
		Postage: func(dunning.Decision) (courrier.Amount, error) { return courrier.MustAmount("1.60", "EUR"), nil },
	}, cases())
	require.NoError(t, err)
	return result
}

// The totals are those of the days, the days those of the engine.
func TestRunAddsUp(t *testing.T) {
	t.Parallel()
	r := run(t)
	emails, letters, actions := 0, 0, 0
	last := courrier.Date{}
	for _, d := range r.Days {
		require.True(t, d.On.After(last))
		require.False(t, d.On.Before(r.From) || d.On.After(r.To))
		last = d.On
		emails += d.Totals.Emails
		letters += d.Totals.Letters
		actions += len(d.Actions)
	}
	require.Equal(t, emails, r.Totals.Emails)
	require.Equal(t, letters, r.Totals.Letters)
	require.Equal(t, actions, emails+letters)
	require.Positive(t, letters)
	require.Positive(t, r.Totals.Manual)
	postage, err := courrier.MustAmount("1.60", "EUR").Times(letters)
	require.NoError(t, err)
	require.True(t, r.Totals.Postage[0].Equal(postage))
	require.Len(t, r.Never, 1)
	require.Equal(t, dunning.CauseDisputed, r.Never[0].Cause)
}

func TestPage(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	require.NoError(t, run(t).WriteHTML(&page, courrier.French))
	require.NotContains(t, page.String(), "<C1>", "the host's ids are escaped")
	svg := page.String()[strings.Index(page.String(), "<svg") : strings.Index(page.String(), "</svg>")+6]
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		_, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/forecast.html", page.Bytes(), 0o644))
	}
	want, err := os.ReadFile("testdata/forecast.html")
	require.NoError(t, err)
	require.Equal(t, string(want), page.String(), "run go test -update and look at the page")
}

func TestRunNamesWrongPeriods(t *testing.T) {
	t.Parallel()
	for _, cfg := range []dunning.ForecastConfig{
		{Policy: dunning.StandardPolicy()},
		{Policy: dunning.StandardPolicy(), From: courrier.MustDate("2026-03-02"), To: courrier.MustDate("2026-03-01")},
		{Policy: dunning.StandardPolicy(), From: courrier.MustDate("2026-03-02"), To: courrier.MustDate("2046-03-01")},
		{From: courrier.MustDate("2026-03-02"), To: courrier.MustDate("2026-03-03")},
	} {
		_, err := dunning.NewForecast(cfg, cases())
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
}

func ExampleNewForecast() {
	result, err := dunning.NewForecast(dunning.ForecastConfig{
		Policy: dunning.StandardPolicy(), From: courrier.MustDate("2026-03-01"), To: courrier.MustDate("2026-03-31"),
	}, cases())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range result.Days {
		for _, a := range d.Actions {
			fmt.Println(d.On, a.Customer, a.Step.ID, a.Channels[0], a.Open)
		}
	}
	// Output:
	// 2026-03-02 <C1> courtesy email 1200.00 EUR
	// 2026-03-09 <C1> reminder-1 email 1200.00 EUR
	// 2026-03-09 <C1> courtesy email 80.50 EUR
	// 2026-03-10 <C2> reminder-1 post 640.00 EUR
	// 2026-03-16 <C1> reminder-1 email 80.50 EUR
	// 2026-03-20 <C2> reminder-2 post 640.00 EUR
	// 2026-03-23 <C1> reminder-2 email 1280.50 EUR
	// 2026-03-30 <C3> courtesy email 310.00 EUR
}
