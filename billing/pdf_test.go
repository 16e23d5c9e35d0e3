package billing_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/tariff"
)

// aMonth is a post-paid month with a bit of everything.
func aMonth(t testing.TB) (*testscene.Scene, billing.Statement) {
	w := testscene.New(t, func(c *courrier.Config) { c.Tariff = worked() })
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Billing: courrier.BillingPostpaid})
	require.NoError(t, err)
	ledger := w.Client.Credits("acme")
	euros := func(s string) courrier.Amount { return courrier.MustAmount(s, "EUR") }
	_, err = ledger.Grant(w.Ctx, "welcome", euros("5"), w.Clock.AddDate(0, 0, 20))
	require.NoError(t, err)
	_, err = ledger.Pay(w.Ctx, "invoice-02", euros("12.50"))
	require.NoError(t, err)
	for i := range 3 {
		l := testscene.Letter(fmt.Sprint("reminder-", i), courrier.ServiceStandard)
		l.Purpose, l.Documents[0].Pages = courrier.PurposeReminder, 2
		w.Send(l)
	}
	notice := testscene.Letter("notice", courrier.ServiceRegisteredAR)
	notice.Purpose, notice.Documents[0].Pages = courrier.PurposeFormalNotice, 3
	rec := w.Send(notice)
	w.Dispatch()
	_, err = ledger.Rebate(w.Ctx, w.Letter(rec.ID).ChargeKey, "late", euros("2"), "=arrived late")
	require.NoError(t, err)
	_, err = ledger.Adjust(w.Ctx, "fix", euros("-1"), "counted twice")
	require.NoError(t, err)
	w.Clock = time.Date(2026, 4, 2, 8, 0, 0, 0, time.UTC)
	require.NoError(t, ledger.Close(w.Ctx, "EUR", time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC)))
	s, err := billing.Between(w.Ctx, ledger, "EUR", courrier.MustDate("2026-03-01"), courrier.MustDate("2026-04-01"))
	require.NoError(t, err)
	return w, s
}

// worked is a price list of postage without VAT and printing with.
func worked() tariff.List {
	list := tariff.LaPoste2023()
	list.From, list.Until = courrier.Date{}, courrier.Date{}
	list.Rows = append(list.Rows, tariff.Row{Code: "printing", Price: courrier.MustAmount("0.12", "EUR"), Per: tariff.PerSheet,
		Tax: "standard"})
	return list
}

// The figures of a statement agree with each other, in each of its forms.
func TestOneMonthInAllForms(t *testing.T) {
	t.Parallel()
	_, s := aMonth(t)
	require.True(t, s.Closed)
	requireAgrees(t, s)

	var table bytes.Buffer
	require.NoError(t, s.WriteCSV(&table))
	rows, err := csv.NewReader(&table).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+len(s.Lines))
	require.Equal(t, "'=arrived late", rows[len(rows)-1][13], "no spreadsheet runs what somebody typed")
	taxes := map[string]int{}
	for _, row := range rows[1:] {
		taxes[row[12]]++
	}
	require.Equal(t, 3, taxes["exempt=1.16 standard=0.24"], "the reminders, wherever the notice stands: letters leave together")
	require.Equal(t, 1, taxes["exempt=6.08 standard=0.36"], "the notice")

	var read billing.Statement
	b, err := json.Marshal(s)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &read))
	require.Equal(t, s.Due, read.Due)
	require.Equal(t, s.Sums, read.Sums)
	require.True(t, s.From.Equal(read.From))
}

func TestPDF(t *testing.T) {
	t.Parallel()
	_, s := aMonth(t)
	composer, err := pdf.NewComposer()
	require.NoError(t, err)
	for _, language := range []string{"fr", "en"} {
		l := pdf.Letter{
			Language: language, Sender: pdf.Sender{Name: "Facturier SAS", Lines: []string{"1 rue de la Paix", "75002 PARIS"}},
			Recipient: []string{"ACME SARL", "12 RUE DU MOULIN", "69003 LYON"}, Place: "Paris",
		}
		made, err := s.PDF(t.Context(), composer, l, pdf.Theme{})
		require.NoError(t, err)
		again, err := s.PDF(t.Context(), composer, l, pdf.Theme{})
		require.NoError(t, err)
		require.Equal(t, made.File, again.File, "the same statement gives the same bytes")
		if dir := os.Getenv("BILLING_PDF"); dir != "" {
			require.NoError(t, os.WriteFile(dir+"/"+language+".pdf", made.File, 0o600))
		}
		open := s
		open.Closed = false
		provisional, err := open.PDF(t.Context(), composer, l, pdf.Theme{})
		require.NoError(t, err)
		require.NotEqual(t, made.File, provisional.File, "a period that may change says so")
	}
	long := s
	for range 1200 {
		long.Lines = append(long.Lines, s.Lines[0])
	}
	made, err := long.PDF(t.Context(), composer, pdf.Letter{Language: "fr", Recipient: []string{"ACME"}}, pdf.Theme{})
	require.NoError(t, err)
	require.Less(t, made.Pages, pdf.MaxLetterPages)
}

// requireAgrees holds the figures of a statement to each other.
func requireAgrees(t require.TestingT, s billing.Statement) {
	cents := func(a courrier.Amount) int64 { return a.Micros() }
	var owed, all, taxed, billed int64
	for _, l := range s.Lines {
		if l.ByCarrier {
			billed += cents(l.Amount)
			continue
		}
		owed += cents(l.Sources.Owed)
		all += cents(l.Amount)
		require.Equal(t, cents(l.Amount), cents(l.Sources.Included)+cents(l.Sources.Bought)+cents(l.Sources.Owed), "%s: sources", l.Key)
		sum := int64(0)
		for _, tax := range l.Taxes {
			sum += cents(tax.Total)
		}
		require.Equal(t, cents(l.Amount), sum, "%s: classes of tax", l.Key)
	}
	for _, tax := range s.Taxes {
		taxed += cents(tax.Total)
	}
	var summed int64
	for _, sum := range s.Sums {
		require.Equal(t, cents(sum.Price)*int64(sum.Count), cents(sum.Total))
		summed += cents(sum.Total)
	}
	require.Equal(t, []int64{cents(s.Due), all, all + billed, cents(s.Billed)}, []int64{owed, taxed, summed, billed})
	spent := cents(s.Spent.Included) + cents(s.Spent.Bought) + cents(s.Spent.Owed)
	back := cents(s.GivenBack.Included) + cents(s.GivenBack.Bought) + cents(s.GivenBack.Owed)
	require.Equal(t, all, spent-back)
	moved := cents(s.Opening.Available)
	for _, e := range s.Entries {
		available, _ := e.Effect()
		moved += cents(available)
	}
	require.Equal(t, cents(s.Closing.Available), moved, "the opening and what moved are the closing")
}
