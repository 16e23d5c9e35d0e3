package latepayment_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

func claimsIn(text string, f latepayment.LetterFacts) []string {
	var all []string
	for _, found := range latepayment.CheckClaims(text, f) {
		if found.Key != latepayment.AdviceNoDeadline {
			all = append(all, found.Key)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var (
	toConsumer = latepayment.LetterFacts{Kind: courrier.StepFormalNotice, Debtor: latepayment.DebtorConsumer}
	toBusiness = latepayment.LetterFacts{Kind: courrier.StepFormalNotice, Debtor: latepayment.DebtorBusiness}
	toPublic   = latepayment.LetterFacts{Kind: courrier.StepFormalNotice, Debtor: latepayment.DebtorPublic}
)

// Each turn is found, and the harmless one beside it is not.
func TestClaimsBothWays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		facts latepayment.LetterFacts
		text  string
		want  string
	}{
		{toConsumer, "Frais de rappel : 9,00 €", latepayment.ClaimCost},
		{toConsumer, "L’indemnité forfaitaire de quarante euros vous est réclamée.", latepayment.ClaimCost},
		{toConsumer, "Le coût de ce courrier recommandé sera à votre charge.", latepayment.ClaimCost},
		{toConsumer, "A reminder fee of €12 has been added.", latepayment.ClaimCost},
		{toConsumer, "L’envoi de cette lettre est sans frais pour vous.", ""},
		{toConsumer, "Nous ne vous réclamons aucune indemnité de recouvrement.", ""},
		{toConsumer, "Le tribunal pourra statuer sur les frais de justice.", ""},
		{toConsumer, "Pénalités de retard : 12,00 €", latepayment.ClaimPenalty},
		{toConsumer, "Une majoration de 5 % est appliquée.", latepayment.ClaimPenalty},
		{toConsumer, "Intérêts au taux légal : 2,10 €", latepayment.ClaimPenalty},
		{toConsumer, "Nous demanderons au tribunal des dommages et intérêts.", ""},
		{toBusiness, "Frais de gestion : 25,00 €", latepayment.ClaimUnproved},
		{toBusiness, "Frais d’huissier : 80,00 €, facture jointe.", ""},
		{toBusiness, "Intérêts selon l’article R2192-31.", latepayment.ClaimWrongBasis},
		{toPublic, "Pénalités au taux de la BCE plus dix points.", latepayment.ClaimPenalty},
		{toPublic, "Réglez sans attendre 900,00 € et 40,00 € d’indemnité.", latepayment.ClaimNotYetDue},
		{toPublic, "Une indemnité de 40,00 € sera exigible après la mise en paiement.", ""},
		{toPublic, "Nous faisons grâce des intérêts si vous payez ce mois-ci.", latepayment.ClaimVoidWaiver},
		{toBusiness, "Nous faisons grâce des intérêts si vous payez ce mois-ci.", ""},
		{toBusiness, "Ce courrier suspend la prescription.", latepayment.ClaimLimitation},
		{toBusiness, "Seule une action en justice interrompt la prescription.", ""},
		{toConsumer, "Nous procéderons à la saisie de votre salaire.", latepayment.ClaimThreat},
		{toConsumer, "Une fois un jugement obtenu, nous demanderons la saisie de vos comptes.", ""},
		{toConsumer, "Votre famille sera informée de votre situation.", latepayment.ClaimThreat},
		{toBusiness, "Votre nom figurera sur une liste noire.", latepayment.ClaimThreat},
		{toBusiness, "Nous porterons plainte au commissariat de police.", latepayment.ClaimThreat},
		{toBusiness, "Nous saisirons le tribunal de commerce.", ""},
		{toBusiness, "SOMMATION DE PAYER", latepayment.ClaimCourt},
		{toBusiness, "Sans autre sommation, nous saisirons le juge.", ""},
		{toBusiness, "Votre silence vaudra acceptation de la dette.", latepayment.ClaimFalseEffect},
		{toBusiness, "Ce courrier vaut titre exécutoire.", latepayment.ClaimFalseEffect},
		{toBusiness, "Nos appels téléphoniques sont restés vains.", latepayment.ClaimFalsePast},
		{toBusiness, "Comme convenu par téléphone, vous deviez payer.", latepayment.ClaimFalsePast},
		{toBusiness, "Clause pénale, article 4 de votre contrat : 10 %", latepayment.AdviceContract},
		{toBusiness, "Objet : Relance n° 2", latepayment.ClaimMisleading},
		{toBusiness, "Objet : Mise en demeure", ""},
		{toBusiness, "Payez au plus tard le vendredi 8 décembre 2026.", latepayment.ClaimDateMismatch},
		{toBusiness, "Payez au plus tard le 1er janvier 2027.", latepayment.AdviceWorkingDay},
	} {
		got := strings.Join(claimsIn(c.text, c.facts), ",")
		require.Equal(t, c.want, got, "%s: %s", c.facts.Debtor, c.text)
	}
}

// What a letter tells of the past is compared with the record, day by day.
func TestThePastIsThatOfTheRecord(t *testing.T) {
	t.Parallel()
	facts := toBusiness
	facts.History = []latepayment.PastLetter{
		{Kind: courrier.StepReminder, On: courrier.MustDate("2026-04-02")},
		{Kind: courrier.StepReminder, On: courrier.MustDate("2026-04-20")},
		{Kind: courrier.StepFormalNotice, On: courrier.MustDate("2026-05-04")},
	}
	for text, right := range map[string]bool{
		"Malgré nos relances, rien n’est payé.":                            true,
		"Nos relances des 2 et 20 avril 2026 sont restées sans réponse.":   true,
		"Nos relances des 2 et 21 avril 2026 sont restées sans réponse.":   false,
		"Notre mise en demeure du 4 mai 2026 est restée sans effet.":       true,
		"Notre mise en demeure du 5 mai 2026 est restée sans effet.":       false,
		"Despite our reminder of 20 April 2026, nothing has been paid.":    true,
		"Despite our reminder of 20 March 2026, nothing has been paid.":    false,
		"Vous nous aviez promis un règlement.":                             false,
		"Malgré notre relance du 02/04/2026, la facture du 1er mars reste": true,
	} {
		require.Equal(t, !right, slices.Contains(claimsIn(text, facts), latepayment.ClaimFalsePast), text)
	}
	require.Contains(t, claimsIn("Malgré nos relances, rien n’est payé.", toBusiness), latepayment.ClaimFalsePast)
}

func TestDeadlinesAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Réglez sous huitaine.":                "8d-letter",
		"Réglez sous quinzaine.":               "15d-letter",
		"Réglez dès réception de la présente.": "immediate",
		"Réglez sans délai.":                   "immediate",
		"dans un délai de dix (10) jours à compter de la première présentation": "10d-presentation",
		"sous 5 jours ouvrés":                                     "5wd-letter",
		"sous 48 heures":                                          "48h-letter",
		"au plus tard le mardi 8 décembre 2026":                   "2026-12-08",
		"avant le 08/12/2026":                                     "2026-12-08",
		"within 14 days of receipt":                               "14d-receipt",
		"payable à 30 jours, dans les meilleurs délais":           "",
		"exigibles dans les 45 jours suivant la mise en paiement": "",
	} {
		var got []string
		for _, d := range latepayment.FindDeadlines(text) {
			got = append(got, d.String())
		}
		require.Equal(t, want, strings.Join(got, ","), text)
	}
}

func FuzzCheckClaims(f *testing.F) {
	for _, s := range []string{"Frais : 1 €", "Objet : x\n\nSous huitaine.", "« L111-8 »", "\xff.", "au plus tard le 31 février 2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, found := range latepayment.CheckClaims(text, toConsumer) {
			require.LessOrEqual(t, found.End, len(text))
			require.LessOrEqual(t, found.Start, found.End)
			require.NotEmpty(t, found.Why)
		}
		latepayment.FindDeadlines(text)
	})
}

// What one part of a sentence denies excuses nothing that another says, and a denial of
// something else denies no cost.
func TestDenialsExcuseTheirOwnPartAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Aucun frais ne vous est demandé à ce jour, mais des frais de 30 € seront ajoutés.": latepayment.ClaimCost,
		"Aucun frais ne vous est demandé, mais réglez sans tarder.":                         "",
		"Sans paiement, frais de relance : 5 €":                                             latepayment.ClaimCost,
		"Toutes les dépenses de recouvrement vous seront réclamées.":                        latepayment.ClaimCost,
		"Nous ne saisirons pas le juge ; à défaut, vos comptes seront bloqués.":             latepayment.ClaimThreat,
	} {
		require.Equal(t, want, strings.Join(claimsIn(text, toConsumer), ","), text)
	}
}

// How often a letter says that something was sent is compared with the record.
func TestHowOftenIsToldIsThatOfTheRecord(t *testing.T) {
	t.Parallel()
	facts := toBusiness
	facts.History = []latepayment.PastLetter{
		{Kind: courrier.StepReminder, On: courrier.MustDate("2026-04-02")}, {Kind: courrier.StepReminder, On: courrier.MustDate("2026-04-20")},
	}
	for text, right := range map[string]bool{
		"Malgré nos deux relances, rien n’est payé.":       true,
		"Malgré nos trois relances, rien n’est payé.":      false,
		"Nous vous avons relancé à deux reprises.":         true,
		"Nous vous avons relancé à quatre reprises.":       false,
		"This is our third reminder.":                      true,
		"Nous revenons vers vous pour la quatrième fois.":  false,
		"Despite our 2 reminders, nothing has been paid.":  true,
		"Despite our five letters, nothing has been paid.": false,
	} {
		require.Equal(t, !right, slices.Contains(claimsIn(text, facts), latepayment.ClaimFalsePast), text)
	}
}

// A letter that keeps the costs to its sender, or quotes the law that does, may go.
func TestCostsKeptByTheCreditorAreNone(t *testing.T) {
	t.Parallel()
	s, err := latepayment.France().Statement(latepayment.Debt{On: courrier.MustDate("2026-11-30"), Debtor: latepayment.DebtorConsumer,
		Invoices: []latepayment.Invoice{{Number: "F-1", IssuedOn: courrier.MustDate("2026-04-30"),
			Parts: one(courrier.MustDate("2026-05-30"), euros("640"))}}})
	require.NoError(t, err)
	d := latepayment.Draft{Kind: courrier.StepFormalNotice, Statement: s, Creditor: []string{"A"}, Debtor: []string{"B"}}
	for text, refused := range map[string]bool{
		"Les frais de recouvrement restent à notre charge.":                            false,
		"Article L111-8 : « Les frais de recouvrement sont à la charge du créancier »": false,
		"Les frais de recouvrement seront à votre charge.":                             true,
	} {
		d.Text = text
		require.Equal(t, refused, len(check(t, d).Forbidden) > 0, text)
	}
}
