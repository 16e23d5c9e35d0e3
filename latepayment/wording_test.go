package latepayment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// What a reminder's letter prints of a statement.
func ExampleStatement_Sentences() {
	calculator, err := latepayment.New(latepayment.Config{Regime: latepayment.FranceBusiness()})
	if err != nil {
		fmt.Println(err)
		return
	}
	statement, err := calculator.Statement(courrier.MustDate("2026-03-31"), latepayment.Invoice{
		Number: "FA-12", Parts: one(courrier.MustDate("2026-01-31"), courrier.MustAmount("1200.00", "EUR")),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range statement.Sentences(courrier.English) {
		fmt.Println(line)
	}
	charges, err := statement.Charges()
	fmt.Println(charges, err)
	// Output:
	// Invoice FA-12, due on 31 January 2026: principal outstanding EUR 1,200.00.
	// Late-payment interest from 1 February 2026 to 31 March 2026, 59 days on EUR 1,200.00 at 12.15 %: EUR 23.57 (code de commerce, art. L441-10 II).
	// Fixed compensation for recovery costs: EUR 40.00.
	// **Total due on 31 March 2026: EUR 1,263.57** (principal EUR 1,200.00, late-payment interest EUR 23.57, fixed compensation EUR 40.00).
	// Interest is computed up to 31 March 2026; it continues to run until payment in full.
	// 63.57 EUR <nil>
}

func TestSentencesSayWhatIsOwed(t *testing.T) {
	t.Parallel()
	calculator, err := latepayment.New(latepayment.Config{Regime: latepayment.FranceBusiness()})
	require.NoError(t, err)
	empty, err := calculator.Statement(courrier.MustDate("2026-03-31"))
	require.NoError(t, err)
	require.Empty(t, empty.Sentences(courrier.French))
	statement, err := calculator.Statement(courrier.MustDate("2026-09-10"),
		latepayment.Invoice{Number: "A", Parts: one(courrier.MustDate("2026-05-15"), courrier.MustAmount("10000.00", "EUR"))},
		latepayment.Invoice{Number: "B", Parts: one(courrier.MustDate("2026-12-31"), courrier.MustAmount("5.00", "EUR"))})
	require.NoError(t, err)
	lines := statement.Sentences(courrier.French)
	require.Len(t, lines, 7)
	require.Contains(t, lines[1], "12,15 %")
	require.Contains(t, lines[2], courrier.FormatAmount(statement.Lines[0].Segments[1].Interest, courrier.French))
	charges, err := statement.Charges()
	require.NoError(t, err)
	total, err := statement.PrincipalDue.Add(charges)
	require.NoError(t, err)
	require.True(t, total.Equal(statement.Total))
}

// Each invoice's sentences add up to what it owes: payments are told with what
// they covered.
func TestSentencesOfOneInvoice(t *testing.T) {
	t.Parallel()
	eur := func(v string) courrier.Amount { return courrier.MustAmount(v, "EUR") }
	on := courrier.MustDate
	clause := latepayment.Fixed(courrier.MustPercent("15"))
	for _, tt := range []struct {
		name     string
		config   latepayment.Config
		on       string
		invoice  latepayment.Invoice
		language courrier.Language
		want     []string
	}{
		{
			name: "part payment and credit note", config: latepayment.Config{Regime: latepayment.FranceBusiness()}, on: "2026-06-30", language: courrier.French,
			invoice: latepayment.Invoice{Parts: one(on("2026-02-28"), eur("5000")), Payments: []latepayment.Payment{
				{On: on("2026-04-15"), Amount: eur("2000")}}, Credits: []latepayment.Credit{{On: on("2026-02-01"), Number: "AV-1", Amount: eur("0.10")}}},
			want: []string{
				"Facture A, échue le 28 février 2026 : principal restant dû 3 076,46 €.",
				"Avoir du 1er février 2026 : 0,10 € (principal 0,10 €).",
				"Pénalités de retard du 1er mars 2026 au 15 avril 2026, 46 jours sur 4 999,90 € au taux de 12,15 % : 76,56 € (code de commerce, art. L441-10 II).",
				"Règlement reçu le 15 avril 2026 : 2 000,00 € (pénalités de retard 76,56 €, principal 1 923,44 €).",
				"Pénalités de retard du 16 avril 2026 au 30 juin 2026, 76 jours sur 3 076,46 € au taux de 12,15 % : 77,83 € (code de commerce, art. L441-10 II).",
				"Indemnité forfaitaire pour frais de recouvrement : 40,00 €.",
				"**Total dû au 30 juin 2026 : 3 194,29 €** (principal 3 076,46 €, pénalités de retard 77,83 €, indemnité forfaitaire 40,00 €).",
				"Ce calcul est arrêté au 30 juin 2026 ; les pénalités de retard continuent de courir jusqu’au complet paiement.",
			},
		},
		{
			name: "principal paid, interest not: none runs any more", config: latepayment.Config{Regime: latepayment.FranceBusiness(), Conventions: latepayment.Conventions{Allocation: latepayment.PrincipalFirst}},
			on: "2026-06-30", language: courrier.English,
			invoice: latepayment.Invoice{Parts: one(on("2026-03-31"), eur("500")), Payments: []latepayment.Payment{{On: on("2026-04-01"), Amount: eur("500")}}},
			want: []string{
				"Invoice A, due on 31 March 2026: principal outstanding EUR 0.00.",
				"Late-payment interest from 1 April 2026 to 1 April 2026, 1 day on EUR 500.00 at 12.15 %: EUR 0.17 (code de commerce, art. L441-10 II).",
				"Payment received on 1 April 2026: EUR 500.00 (principal EUR 500.00).",
				"Fixed compensation for recovery costs: EUR 40.00.",
				"**Total due on 30 June 2026: EUR 40.17** (late-payment interest EUR 0.17, fixed compensation EUR 40.00).",
			},
		},
		{
			name: "a payment beyond the principal covers the compensation", config: latepayment.Config{Regime: latepayment.FranceBusiness()}, on: "2026-04-02", language: courrier.English,
			invoice: latepayment.Invoice{Parts: one(on("2026-03-31"), eur("500")), Payments: []latepayment.Payment{{On: on("2026-04-01"), Amount: eur("510.17")}}},
			want: []string{
				"Invoice A, due on 31 March 2026: principal outstanding EUR 0.00.",
				"Late-payment interest from 1 April 2026 to 1 April 2026, 1 day on EUR 500.00 at 12.15 %: EUR 0.17 (code de commerce, art. L441-10 II).",
				"Payment received on 1 April 2026: EUR 510.17 (late-payment interest EUR 0.17, principal EUR 500.00, beyond these EUR 10.00).",
				"Fixed compensation for recovery costs: EUR 30.00.",
				"**Total due on 2 April 2026: EUR 30.00** (fixed compensation EUR 30.00).",
			},
		},
		{
			name: "consumer: no penalty", config: latepayment.Config{Regime: latepayment.FranceConsumer()}, on: "2026-06-05", language: courrier.French,
			invoice: latepayment.Invoice{Parts: one(on("2026-02-10"), eur("640")), NoticeOn: on("2026-03-20")},
			want: []string{
				"Facture A, échue le 10 février 2026 : principal restant dû 640,00 €.",
				"Intérêts de retard du 21 mars 2026 au 5 juin 2026, 77 jours sur 640,00 € au taux de 2,62 % : 3,54 € (code civil, art. 1231-6 ; code monétaire et financier, art. L313-2).",
				"**Total dû au 5 juin 2026 : 643,54 €** (principal 640,00 €, intérêts de retard 3,54 €).",
				"Ce calcul est arrêté au 5 juin 2026 ; les intérêts de retard continuent de courir jusqu’au complet paiement.",
			},
		},
		{
			name: "a clause, in French", config: latepayment.Config{Regime: latepayment.EUDirective(), Contract: &clause}, on: "2026-04-01", language: courrier.French,
			invoice: latepayment.Invoice{Parts: one(on("2026-03-31"), eur("500"))},
			want: []string{
				"Facture A, échue le 31 mars 2026 : principal restant dû 500,00 €.",
				"Pénalités de retard du 1er avril 2026 au 1er avril 2026, 1 jour sur 500,00 € au taux de 15,00 % : 0,21 € (clause du contrat ; directive 2011/7/UE, art. 3 et 7).",
				"Indemnité forfaitaire pour frais de recouvrement : 40,00 €.",
				"**Total dû au 1er avril 2026 : 540,21 €** (principal 500,00 €, pénalités de retard 0,21 €, indemnité forfaitaire 40,00 €).",
				"Ce calcul est arrêté au 1er avril 2026 ; les pénalités de retard continuent de courir jusqu’au complet paiement.",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calculator, err := latepayment.New(tt.config)
			require.NoError(t, err)
			tt.invoice.Number = "A"
			statement, err := calculator.Statement(on(tt.on), tt.invoice)
			require.NoError(t, err)
			got := statement.Sentences(tt.language)
			for i := range got {
				got[i] = strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(got[i])
			}
			require.Equal(t, tt.want, got)
		})
	}
}
