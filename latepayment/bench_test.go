package latepayment_test

import (
	"bytes"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// A debt of two years across five half-years, from the look-up of the rates to
// the finished statement.
func BenchmarkInterestTwoYears(b *testing.B) {
	calc := newCalculator(b, latepayment.Config{Regime: latepayment.FranceBusiness()})
	on := courrier.MustDate("2024-11-30")
	invoice := latepayment.Invoice{Number: "F-1", Parts: one(courrier.MustDate("2022-11-30"), euros("4850.37"))}
	s, err := calc.Statement(on, invoice)
	require.NoError(b, err)
	require.Len(b, s.Lines[0].Segments, 5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := calc.Statement(on, invoice); err != nil {
			b.Fatal(err)
		}
	}
}

// The same with its calculator made anew each time.
func BenchmarkInterestTwoYearsNewCalculator(b *testing.B) {
	on := courrier.MustDate("2024-11-30")
	invoice := latepayment.Invoice{Number: "F-1", Parts: one(courrier.MustDate("2022-11-30"), euros("4850.37"))}
	cfg := latepayment.Config{Regime: latepayment.FranceBusiness()}
	b.ReportAllocs()
	for b.Loop() {
		calc, err := latepayment.New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := calc.Statement(on, invoice); err != nil {
			b.Fatal(err)
		}
	}
}

// Ten thousand invoices, due over two years, one in three with a part payment.
func BenchmarkStatement10000(b *testing.B) {
	calc := newCalculator(b, latepayment.Config{Regime: latepayment.FranceBusiness()})
	on := courrier.MustDate("2026-11-21")
	invoices := make([]latepayment.Invoice, 10_000)
	for i := range invoices {
		due := on.AddDays(-1 - i*7%730)
		invoices[i] = latepayment.Invoice{Number: "F-" + strconv.Itoa(i), Parts: one(due, hundredths(int64(10_000+i*37)))}
		if i%3 == 0 {
			invoices[i].Payments = []latepayment.Payment{{On: due.AddDays(i % 90), Amount: euros("50")}}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := calc.Statement(on, invoices...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRateLookup(b *testing.B) {
	rates, half := latepayment.BuiltinRates(), latepayment.MustHalfYear("2024-S2")
	for b.Loop() {
		if _, err := rates.Lookup(latepayment.SeriesLegal, half); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIsHoliday(b *testing.B) {
	c, on := calendar(b, latepayment.AlsaceMoselle), courrier.MustDate("2026-12-26")
	b.ReportAllocs()
	for b.Loop() {
		if !c.IsHoliday(on) {
			b.Fatal("26 December")
		}
	}
}

func BenchmarkNewCalendar(b *testing.B) {
	for b.Loop() {
		if _, err := latepayment.NewCalendar(latepayment.AlsaceMoselle); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckLetter(b *testing.B) {
	draft := businessNotice(b)
	b.ReportAllocs()
	for b.Loop() {
		if r, err := latepayment.CheckLetter(draft); err != nil || !r.OK() {
			b.Fatal(r, err)
		}
	}
}

func BenchmarkParseBuiltinRates(b *testing.B) {
	raw, err := os.ReadFile("rates.json")
	require.NoError(b, err)
	for b.Loop() {
		if _, err := latepayment.ParseRates(bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
}
