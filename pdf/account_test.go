package pdf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/pdf"
)

// printedAccount is a statement of account with a row of each kind.
func printedAccount() dunning.AccountStatement {
	euros := func(s string) courrier.Amount { return courrier.MustAmount(s, "EUR") }
	s := dunning.AccountStatement{On: courrier.MustDate("2026-05-04"), Letter: printedNotice(courrier.French)}
	s.Letter.Kind, s.Letter.Service, s.Letter.Numbers, s.Letter.Sums = "", courrier.ServiceStandard, nil, nil
	s.Letter.Statement, s.Letter.Total, s.Letter.Reference = latepayment.Statement{}, courrier.Amount{}, "C-0412"
	s.Letter.Message = dunning.Message{Language: courrier.French, Subject: "Relevé de compte arrêté au 4 mai 2026", Body: "Madame, Monsieur,\n\n" +
		"Voici l’état de votre compte dans nos livres au 4 mai 2026.\n\n" + dunning.TableMark +
		"\n\nSi votre règlement est déjà parti, ne tenez pas compte de ce relevé.\n\nBien cordialement,"}
	ages := func(sums ...string) (rows []latepayment.SumRow) {
		for i, label := range []string{"Non échu", "Échu depuis 1 à 30 jours", "Échu depuis 31 à 60 jours", "Échu depuis 61 à 90 jours",
			"Échu depuis plus de 90 jours", "Avoirs et règlements non imputés"} {
			rows = append(rows, latepayment.SumRow{Label: label, Amount: euros(sums[i])})
		}
		return rows
	}
	s.Balances = []dunning.Balance{{
		Items: []dunning.OpenItem{
			{Invoice: "1", Number: "FA-2026-0142", IssuedOn: courrier.MustDate("2026-03-02"), DueOn: courrier.MustDate("2026-04-01"), DaysLate: 33,
				Amount: euros("1274.40"), Paid: euros("274.40"), Open: euros("1000"), Disputed: true},
			{Invoice: "2", Number: "FA-2026-0190", IssuedOn: courrier.MustDate("2026-04-20"), DueOn: courrier.MustDate("2026-05-20"),
				Amount: euros("480"), Credited: euros("80"), Open: euros("400")},
			{Number: "AV-2026-0007", IssuedOn: courrier.MustDate("2026-04-22"), Amount: euros("-50"), Open: euros("-50")},
		},
		Ageing: ages("400", "0", "1000", "0", "0", "-50"), Total: latepayment.SumRow{Label: "Solde dû", Amount: euros("1350"), Strong: true},
	}}
	return s
}

func TestStatementOfAccountAsALetter(t *testing.T) {
	t.Parallel()
	composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{Theme: pdf.Theme{FoldMarks: true}})
	require.NoError(t, err)
	doc, err := composer.ComposeStatement(t.Context(), printedAccount())
	require.NoError(t, err)
	again, err := composer.ComposeStatement(t.Context(), printedAccount())
	require.NoError(t, err)
	require.Equal(t, doc.Sum, again.Sum, "the same statement gives the same bytes")
	require.Equal(t, 1, doc.Pages)
	bad := printedAccount()
	bad.Letter.To.Address.Postcode = "1"
	_, err = composer.ComposeStatement(t.Context(), bad)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	save(t, "statement-of-account.pdf", doc.Content)
	tool(t, "pdftoppm")
	comparePages(t, "statement-of-account", doc.Content, 1)
}
