package latepayment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// What a reminder's letter prints below its table of invoices.
func ExampleStatement_Sums() {
	statement, err := latepayment.France().Statement(latepayment.Debt{
		On: courrier.MustDate("2026-03-31"), Debtor: latepayment.DebtorBusiness,
		Invoices: []latepayment.Invoice{{Number: "FA-12", Parts: one(courrier.MustDate("2026-01-31"), courrier.MustAmount("1200.00",
			"EUR"))}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	words := latepayment.DefaultWordings().Find(courrier.English)
	for _, row := range statement.Sums(words, courrier.English) {
		fmt.Println(row.Label, "=", row.Amount)
	}
	for _, note := range statement.Notes(words, courrier.English, true) {
		fmt.Println(note)
	}
	// Output:
	// Invoice FA-12: late-payment interest from 1 February 2026 to 31 March 2026, 59 days on EUR 1,200.00 at 12.15 % = 23.57 EUR
	// Fixed compensation for recovery costs = 40.00 EUR
	// Total to pay = 1263.57 EUR
	// Legal basis of the late-payment interest: code de commerce, art. L441-10 II.
	// Legal basis of the fixed compensation: code de commerce, art. L441-10 II and D441-5.
	// These figures are as of **31 March 2026**; late-payment interest continues to run until payment in full, now EUR 0.40 a day.
}

// read is everything that is said of a statement, with ordinary spaces.
func read(s latepayment.Statement, lang courrier.Language) []string {
	words := latepayment.DefaultWordings().Find(lang)
	var all []string
	for _, row := range s.Sums(words, lang) {
		all = append(all, row.Label+" = "+row.Amount.Text(lang))
	}
	all = append(all, s.Notes(words, lang, true)...)
	for i := range all {
		all[i] = strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(all[i])
	}
	return all
}

// requireGolden compares a text with a file that people have read.
func requireGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// Each statement's rows add up to what is demanded, and payments are told with
// what they covered.
func TestReadings(t *testing.T) {
	t.Parallel()
	eur := func(v string) courrier.Amount { return courrier.MustAmount(v, "EUR") }
	on := courrier.MustDate
	clause := latepayment.Fixed(latepayment.MustPercent("15"))
	for _, tt := range []struct {
		name     string
		config   latepayment.Config
		on       string
		invoice  latepayment.Invoice
		language courrier.Language
	}{
		{
			name: "part payment and credit note", config: latepayment.Config{Regime: latepayment.FranceBusiness()}, on: "2026-06-30",
			language: courrier.French,
			invoice: latepayment.Invoice{Parts: one(on("2026-02-28"), eur("5000")), Payments: []latepayment.Payment{
				{On: on("2026-04-15"), Amount: eur("2000")}}, Credits: []latepayment.Credit{{On: on("2026-02-01"), Number: "AV-1",
				Amount: eur("0.10")}}},
		},
		{
			name: "principal paid, interest not: none runs any more", config: latepayment.Config{Regime: latepayment.FranceBusiness(),
				Conventions: latepayment.Conventions{Allocation: latepayment.PrincipalFirst}},
			on: "2026-06-30", language: courrier.English,
			invoice: latepayment.Invoice{Parts: one(on("2026-03-31"), eur("500")),
				Payments: []latepayment.Payment{{On: on("2026-04-01"), Amount: eur("500")}}},
		},
		{
			name:   "a payment beyond the principal covers the compensation",
			config: latepayment.Config{Regime: latepayment.FranceBusiness()}, on: "2026-04-02", language: courrier.English,
			invoice: latepayment.Invoice{Parts: one(on("2026-03-31"), eur("500")),
				Payments: []latepayment.Payment{{On: on("2026-04-01"), Amount: eur("510.17")}}},
		},
		{
			name: "consumer: no penalty", config: latepayment.Config{Regime: latepayment.FranceConsumer()}, on: "2026-06-05",
			language: courrier.French,
			invoice:  latepayment.Invoice{Parts: one(on("2026-02-10"), eur("640")), NoticeOn: on("2026-03-20")},
		},
		{
			name: "public buyer, in German", config: latepayment.Config{Regime: latepayment.FrancePublic()}, on: "2026-05-04",
			language: courrier.German,
			invoice:  latepayment.Invoice{Parts: one(on("2026-03-31"), eur("15000"))},
		},
		{
			name: "instalments and a cost", config: latepayment.Config{Regime: latepayment.FranceBusiness()}, on: "2026-05-04",
			language: courrier.German,
			invoice: latepayment.Invoice{
				Parts: []latepayment.DuePart{{DueOn: on("2026-02-28"), Amount: eur("1000")},
					{DueOn: on("2026-03-31"), Amount: eur("1000")}, {DueOn: on("2026-06-30"), Amount: eur("1000")}},
				Charged: []latepayment.Charge{{Kind: latepayment.ChargeCost, Label: "commissaire de justice", Amount: eur("62"),
					Proof: "n° 12"}},
			},
		},
		{
			name: "a clause, in French", config: latepayment.Config{Regime: latepayment.EUDirective(), Contract: &clause},
			on: "2026-04-01", language: courrier.French,
			invoice: latepayment.Invoice{Parts: one(on("2026-03-31"), eur("500"))},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calculator, err := latepayment.New(tt.config)
			require.NoError(t, err)
			tt.invoice.Number = "A"
			statement, err := calculator.Statement(on(tt.on), tt.invoice)
			require.NoError(t, err)
			require.NoError(t, statement.Verify())
			requireGolden(t, "testdata/readings/"+strings.ReplaceAll(tt.name, " ", "-")+".txt",
				strings.Join(read(statement, tt.language), "\n")+"\n")
		})
	}
}
