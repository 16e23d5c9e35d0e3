package latepayment_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// twoInvoices are 12,000.00 of which 3,000.00 are paid, and 1,840.56 less a credit note: 10,740.56
// are open of the price, and 11,530.06 due in all; 10,000.00 more are not due yet.
func twoInvoices(t testing.TB) latepayment.Statement {
	t.Helper()
	s, err := latepayment.France().Statement(latepayment.Debt{
		On: courrier.MustDate("2026-11-30"), Debtor: latepayment.DebtorBusiness,
		Invoices: []latepayment.Invoice{
			{Number: "FA-0101", IssuedOn: courrier.MustDate("2026-04-30"), Parts: one(courrier.MustDate("2026-05-30"), euros("12000")),
				Payments: []latepayment.Payment{{On: courrier.MustDate("2026-08-20"), Amount: euros("3000")}}},
			{Number: "FA-0155", IssuedOn: courrier.MustDate("2026-07-31"), Parts: one(courrier.MustDate("2026-08-30"), euros("1840.56")),
				Credits: []latepayment.Credit{{On: courrier.MustDate("2026-08-15"), Number: "AV-7", Amount: euros("100")}}},
			{Number: "FA-0200", IssuedOn: courrier.MustDate("2026-11-15"), Parts: one(courrier.MustDate("2026-12-15"), euros("10000"))},
		},
	})
	require.NoError(t, err)
	return s
}

func misplacedIn(t *testing.T, d latepayment.Draft, text string) bool {
	t.Helper()
	d.Text = text
	return slices.Contains(keys(check(t, d).Forbidden), latepayment.ClaimMisplaced)
}

// A figure of the statement stands where it belongs, and is refused in the place of
// another, in sentences as people write them.
func TestFiguresInThePlaceOfOthers(t *testing.T) {
	t.Parallel()
	s := twoInvoices(t)
	d := latepayment.Draft{Kind: courrier.StepFormalNotice, Statement: s, Creditor: []string{"A"}, Debtor: []string{"B"},
		Language: courrier.French}
	for _, c := range []struct{ sentence, right, wrong string }{
		{"Nous vous mettons en demeure de nous régler la somme de {}.", s.Demand.String(), s.Open.String()},
		{"Objet : mise en demeure de payer {}", s.Demand.String(), s.PrincipalDue.String()},
		{"Vous nous devez {} au total.", s.Demand.String(), s.Invoiced.String()},
		{"Total à régler : {}", s.Demand.String(), s.Interest.String()},
		{"Veuillez verser {} sous huitaine.", s.Demand.String(), s.NotYetDue.String()},
		{"Please pay {} by 8 December 2026.", s.Demand.String(), s.Open.String()},
		{"Restent dus {} en principal.", s.Open.String(), s.Demand.String()},
		{"Principal : {}", s.PrincipalDue.String(), s.Interest.String()},
		{"dont {} d’intérêts de retard", s.Interest.String(), s.CompensationDue.String()},
		{"Pénalités de retard arrêtées au 30 novembre 2026 : {}", s.Interest.String(), s.Open.String()},
		{"Interest for late payment: {}", s.Interest.String(), s.Paid.String()},
		{"plus {} par jour de retard", s.Daily.String(), s.CompensationDue.String()},
		{"Indemnité forfaitaire pour frais de recouvrement : {}", s.CompensationDue.String(), s.Interest.String()},
		{"{} au titre de l’indemnité forfaitaire", s.CompensationDue.String(), s.Interest.String()},
		{"Votre règlement de {} a été imputé.", s.Paid.String(), s.Open.String()},
		{"Votre avoir de {} est déduit.", s.Credited.String(), s.Paid.String()},
		{"À échoir : {}", s.NotYetDue.String(), s.Open.String()},
		{"La facture FA-0101 d’un montant de {} est échue.", "12000.00 EUR", "1840.56 EUR"},
		{"La facture FA-0155 s’élève à {}.", "1840.56 EUR", "9000.00 EUR"},
		{"FA-0101 : reste dû {}", "9000.00 EUR", "12000.00 EUR"},
		{"Sur la facture FA-0155, intérêts de {}.", s.Lines[1].Interest.String(), s.Lines[0].Interest.String()},
		{"Nous vous mettons en demeure de payer la facture FA-0155, soit {}.", s.Lines[1].Total.String(), s.Open.String()},
	} {
		require.NotEqual(t, c.right, c.wrong)
		require.False(t, misplacedIn(t, d, strings.Replace(c.sentence, "{}", c.right, 1)), "%s with %s", c.sentence, c.right)
		require.True(t, misplacedIn(t, d, strings.Replace(c.sentence, "{}", c.wrong, 1)), "%s with %s", c.sentence, c.wrong)
	}
}

// What says nothing of a sum lets it be any figure.
func TestFiguresThatNothingNames(t *testing.T) {
	t.Parallel()
	s := twoInvoices(t)
	d := latepayment.Draft{Kind: courrier.StepFormalNotice, Statement: s, Creditor: []string{"A"}, Debtor: []string{"B"},
		Language: courrier.French}
	for _, text := range []string{
		"Sont concernés 9000.00 EUR et 1740.56 EUR.",
		"la somme de 11533.19 EUR, hors intérêts à venir",
		"Vous restez devoir, outre les intérêts, 11531.66 EUR.",
		"Nous avons reçu 3000.00 EUR ; les intérêts courent.",
		"Vous n’avez pas à payer 10000.00 EUR (FA-0200), qui restent à échoir.",
	} {
		d.Sums = []courrier.Amount{euros("11533.19"), euros("11531.66")}
		require.False(t, misplacedIn(t, d, text), text)
	}
	d.Asked = euros("9000")
	require.False(t, misplacedIn(t, d, "Veuillez payer 9000.00 EUR."), "the letter asks for it")
	require.True(t, misplacedIn(t, d, "Veuillez payer "+s.Demand.String()+"."), "the letter asks for another sum")
}

// In what the library writes, no figure can be changed unseen: not a sum, a date, a
// rate, a number of days nor of an invoice.
func TestChangedSentences(t *testing.T) {
	t.Parallel()
	s := twoInvoices(t)
	rnd := rand.New(rand.NewPCG(7, 7))
	for _, lang := range []courrier.Language{courrier.French, courrier.English, courrier.German} {
		words := latepayment.DefaultWordings().Find(lang)
		var lines []string
		for _, row := range s.Sums(words, lang) {
			lines = append(lines, row.Label+" : "+row.Amount.Text(lang))
		}
		text := strings.Join(append(lines, s.Notes(words, lang, true)...), "\n\n")
		d := latepayment.Draft{Kind: courrier.StepReminder, Statement: s, Creditor: []string{"A"}, Debtor: []string{"B"}, Language: lang}
		require.False(t, misplacedIn(t, d, text), text)
		for range 200 {
			i := rnd.IntN(len(text))
			if text[i] < '0' || text[i] > '9' {
				continue
			}
			changed := text[:i] + string('0'+(text[i]-'0'+1+byte(rnd.IntN(9)))%10) + text[i+1:]
			require.True(t, misplacedIn(t, d, changed), changed)
		}
		d.Written = "Merci de régler le 3 mai 2026.\n\n" + text
		require.True(t, misplacedIn(t, d, "Merci de régler le 4 mai 2026."))
		require.False(t, misplacedIn(t, d, "Merci de régler le 3\u00a0mai\n2026."), "spaces do not count")
	}
}

// Letters as others write them, each figure right: none of them is in the place of
// another.
func TestRightFiguresInAnyWords(t *testing.T) {
	t.Parallel()
	s := twoInvoices(t)
	d := latepayment.Draft{Kind: courrier.StepFormalNotice, Statement: s, Creditor: []string{"A"}, Debtor: []string{"B"}, Language: courrier.French}
	f := func(a courrier.Amount) string { return a.Text(courrier.French) }
	for _, text := range []string{
		"Nous vous mettons en demeure de nous régler la somme de " + f(s.PrincipalDue) + " en principal, augmentée de " +
			f(s.InterestDue) + " d'intérêts et de " + f(s.CompensationDue) + " d'indemnités forfaitaires, soit au total " +
			f(s.Demand) + ".",
		"Nous vous mettons en demeure de nous régler la somme de " + f(s.Demand) + " en principal, intérêts et indemnités.",
		"Vous restez redevable de " + f(s.Demand) + ", dont " + f(s.Open) + " au titre des factures et " + f(s.Interest) + " de pénalités.",
		"Facture FA-0101 du 30 avril 2026 : 12 000,00 €, dont 3 000,00 € réglés le 20 août 2026, solde 9 000,00 €.",
		"Les factures FA-0101 (12 000,00 €) et FA-0155 (1 840,56 €) sont échues.",
		"Les factures FA-0101 et FA-0155, d'un montant total de 13 840,56 €, sont échues.",
		"Vous avez versé 3 000,00 € le 20 août 2026 ; il reste 9 000,00 € à payer sur la facture FA-0101.",
		"Nous accusons réception de votre règlement de 3 000,00 €, imputé sur la facture FA-0101 ; le solde s'élève à 9 000,00 €.",
		"À défaut de paiement de la somme de " + f(s.Demand) + " sous huit jours, nous saisirons le tribunal.",
		"L'indemnité forfaitaire de 40,00 € par facture, soit " + f(s.CompensationDue) + ", est due (D441-5).",
		"Les pénalités, calculées sur 12 000,00 € puis 9 331,74 €, s'élèvent à " + f(s.Lines[0].Interest) + " pour FA-0101.",
		"Notre créance s'élève à " + f(s.Demand) + ".",
		"Total des factures échues : " + f(s.Open) + " ; pénalités : " + f(s.Interest) + " ; indemnités : " +
			f(s.CompensationDue) + " ; total dû : " + f(s.Demand) + ".",
		"Principal restant dû : " + f(s.Open),
		"Intérêts : " + f(s.Interest) + " (soit " + f(s.Daily) + " par jour à compter du 1er décembre 2026)",
		"Reste à payer après votre acompte de 3 000,00 € : 9 000,00 € sur FA-0101.",
		"| Facture | Montant (€) | Payé (€) | Reste dû (€) |\n| FA-0101 | 12 000,00 | 3 000,00 | 9 000,00 |\n| FA-0155 | 1 840,56 | 0,00 | 1 740,56 |\n| Total | 13 840,56 | 3 000,00 | " + f(s.Open) + " |",
		"La facture FA-0200 de 10 000,00 € n'est pas échue et n'est pas comprise dans ce total.",
		"Please pay " + f(s.Demand) + ", being " + f(s.Open) + " of principal, " + f(s.Interest) + " of interest and " +
			f(s.CompensationDue) + " of fixed compensation.",
	} {
		d.Text = text
		for _, x := range check(t, d).Forbidden {
			if x.Key == latepayment.ClaimMisplaced || x.Key == latepayment.ClaimStrangeSum {
				t.Errorf("%s: %s in %q", x.Key, x.Phrase, text)
			}
		}
	}
}

// Of one invoice of 1,000.00, each figure where a label calls it by its name, and by the name of
// another.
func TestFiguresByTheirLabels(t *testing.T) {
	t.Parallel()
	s, err := latepayment.France().Statement(latepayment.Debt{On: courrier.MustDate("2026-10-01"), Debtor: latepayment.DebtorBusiness,
		Invoices: []latepayment.Invoice{{Number: "FA-0204", IssuedOn: courrier.MustDate("2026-07-31"),
			Parts: one(courrier.MustDate("2026-08-30"), euros("1000"))}}})
	require.NoError(t, err)
	d := latepayment.Draft{Kind: courrier.StepFormalNotice, Statement: s, Creditor: []string{"A"}, Debtor: []string{"B"},
		Language: courrier.French}
	figures := strings.NewReplacer("{T}", s.Demand.Text(courrier.French), "{P}", s.PrincipalDue.Text(courrier.French),
		"{I}", s.InterestDue.Text(courrier.French), "{C}", s.CompensationDue.Text(courrier.French), "{D}", s.Daily.Text(courrier.French))
	cases := textCases(t, "places.txt")
	require.Greater(t, len(cases), 100)
	for _, c := range cases {
		if wrong := misplacedIn(t, d, figures.Replace(c.text)); wrong != (c.head == "!") {
			t.Errorf("%s %q: misplaced %t", c.head, c.text, wrong)
		}
	}
}
