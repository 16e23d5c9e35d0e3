package latepayment_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

var months = []string{"", "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
	"décembre"}

// render fills a letter the way a host would, in French typography.
func render(t testing.TB, name string, s latepayment.Statement) string {
	t.Helper()
	funcs := template.FuncMap{
		"euros": func(a courrier.Amount) string {
			whole, cents, _ := strings.Cut(inEuros(a), ".")
			for i := len(whole) - 3; i > 0; i -= 3 {
				whole = whole[:i] + "\u202f" + whole[i:]
			}
			return whole + "," + cents + "\u00a0€"
		},
		"percent": func(p latepayment.Percent) string { return strings.Replace(p.String(), ".", ",", 1) + "\u00a0%" },
		"date": func(d courrier.Date) string {
			year, month, day := d.Civil()
			first := strconv.Itoa(day)
			if day == 1 {
				first = "1er"
			}
			return first + " " + months[month] + " " + strconv.Itoa(year)
		},
	}
	tmpl, err := template.New(name).Funcs(funcs).ParseFiles("testdata/letters/" + name)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, tmpl.Execute(&out, s))
	return out.String()
}

func businessStatement(t testing.TB) latepayment.Statement {
	t.Helper()
	s, err := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness()}).Statement(courrier.MustDate("2026-10-01"),
		latepayment.Invoice{Number: "F-2026/041", IssuedOn: courrier.MustDate("2026-04-15"),
			Parts:    one(courrier.MustDate("2026-05-15"), euros("10000")),
			Payments: []latepayment.Payment{{On: courrier.MustDate("2026-08-01"), Amount: euros("2500.50")}}},
		latepayment.Invoice{Number: "F-2026/058", IssuedOn: courrier.MustDate("2026-07-31"),
			Parts: one(courrier.MustDate("2026-08-30"), euros("234.56"))},
		latepayment.Invoice{Number: "F-2026/077", IssuedOn: courrier.MustDate("2026-09-30"),
			Parts: one(courrier.MustDate("2026-10-30"), euros("99.99"))},
	)
	require.NoError(t, err)
	return s
}

func consumerStatement(t testing.TB) latepayment.Statement {
	t.Helper()
	s, err := newCalculator(t, latepayment.Config{Regime: latepayment.FranceConsumer()}).Statement(courrier.MustDate("2026-03-15"),
		latepayment.Invoice{Number: "C 12", IssuedOn: courrier.MustDate("2026-01-10"),
			Parts: one(courrier.MustDate("2026-02-10"), euros("1640"))})
	require.NoError(t, err)
	return s
}

func businessNotice(t testing.TB) latepayment.Draft {
	s := businessStatement(t)
	return latepayment.Draft{
		Kind: courrier.StepFormalNotice, Statement: s, Text: render(t, "formal_notice_fr.tmpl", s),
		Creditor: []string{"Menuiserie du Parc SARL"}, Debtor: []string{"Boulangerie Martin"},
		Deadline: courrier.MustDate("2026-10-15"), PaymentMeans: []string{"FR7630004000500060007000890",
			"FR76 3000 4000 5000 6000 7000 890"},
	}
}

func consumerNotice(t testing.TB) latepayment.Draft {
	s := consumerStatement(t)
	return latepayment.Draft{
		Kind: courrier.StepFormalNotice, Statement: s, Text: render(t, "formal_notice_consumer_fr.tmpl", s),
		Creditor: []string{"Menuiserie du Parc"}, Debtor: []string{"Jeanne Oeillet"},
	}
}

func courtesy(t testing.TB) latepayment.Draft {
	t.Helper()
	s, err := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness()}).Statement(courrier.MustDate("2026-05-05"),
		latepayment.Invoice{Number: "F-2026/041", IssuedOn: courrier.MustDate("2026-04-15"),
			Parts: one(courrier.MustDate("2026-05-15"), euros("1000000"))})
	require.NoError(t, err)
	return latepayment.Draft{
		Kind: courrier.StepCourtesy, Statement: s, Text: render(t, "courtesy_fr.tmpl", s),
		Creditor: []string{"Menuiserie du Parc"}, Debtor: []string{"Boulangerie Martin"},
	}
}

func check(t testing.TB, d latepayment.Draft) latepayment.Report {
	t.Helper()
	r, err := latepayment.CheckLetter(d)
	require.NoError(t, err)
	return r
}

func keys(findings []latepayment.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.Key)
	}
	return all
}

func TestGoodLettersPass(t *testing.T) {
	t.Parallel()
	english := businessNotice(t)
	english.Text = render(t, "formal_notice_en.tmpl", english.Statement)
	english.Deadline, english.PaymentMeans = courrier.Date{}, nil
	for name, draft := range map[string]latepayment.Draft{
		"business": businessNotice(t), "English": english, "consumer": consumerNotice(t), "courtesy": courtesy(t),
	} {
		r := check(t, draft)
		require.True(t, r.OK(), "%s: missing %v, forbidden %+v\n%s", name, r.Missing, r.Forbidden, draft.Text)
		require.Empty(t, r.Advised, name)
	}
}

// Each mention is missed when, and only when, what carries it is taken out.
func TestMissingMentions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		draft    func(testing.TB) latepayment.Draft
		old, new string
		missing  []string
		invoice  string
	}{
		{businessNotice, "Menuiserie du Parc SARL", "Nous", []string{latepayment.MentionCreditor}, ""},
		{businessNotice, "Boulangerie MARTIN", "vous", []string{latepayment.MentionDebtor}, ""},
		{businessNotice, "F-2026/058", "F-2026/059", []string{latepayment.MentionInvoiceNumber}, "F-2026/058"},
		{businessNotice, "15 avril 2026", "16 avril 2026", []string{latepayment.MentionInvoiceDate}, "F-2026/041"},
		{businessNotice, "échue le 30 août 2026", "échue", []string{latepayment.MentionDueDate}, "F-2026/058"},
		{businessNotice, "234,56", "234,65", []string{latepayment.MentionAmountDue}, "F-2026/058"},
		{businessNotice, "mise en demeure de payer|mettons en demeure de nous régler", "lettre|prions de nous régler",
			[]string{latepayment.MentionTitle}, ""},
		{businessNotice, "Nous vous mettons en demeure de nous régler cette somme", "Le délai court",
			[]string{latepayment.MentionDemand}, ""},
		{businessNotice, "15 octobre 2026", "16 octobre 2026", []string{latepayment.MentionDeadline}, ""},
		{businessNotice, "12,40\u00a0%", "12,4", []string{latepayment.MentionRate}, ""},
		{businessNotice, "1er octobre 2026", "1er novembre 2026", []string{latepayment.MentionCutOff}, ""},
		{businessNotice, "Indemnité forfaitaire pour frais de recouvrement", "Divers", []string{latepayment.MentionCompensation}, ""},
		{businessNotice, "80,00", "40,00", []string{latepayment.MentionCompensation}, ""},
		{businessNotice, "FR76 3000 4000 5000 6000 7000 890", "compte connu", []string{latepayment.MentionPaymentMeans}, ""},
		{consumerNotice, "MISE EN DEMEURE", "LETTRE", []string{latepayment.MentionTitle}, ""},
		{consumerNotice, "Nous vous demandons de régler", "À payer", []string{latepayment.MentionDemand}, ""},
		{consumerNotice, "dans un délai de quinze jours", "bientôt", []string{latepayment.MentionDeadline}, ""},
		{consumerNotice, "10 février 2026", "10 fevrier 2025", []string{latepayment.MentionDueDate}, "C 12"},
		{courtesy, "15 mai 2026", "bientôt", []string{latepayment.MentionDueDate}, "F-2026/041"},
		{courtesy, "1\u202f000\u202f000,00", "1\u202f000,00", []string{latepayment.MentionAmountDue}, "F-2026/041"},
	} {
		draft := c.draft(t)
		news := strings.Split(c.new, "|")
		for i, old := range strings.Split(c.old, "|") {
			require.Contains(t, draft.Text, old)
			draft.Text = strings.ReplaceAll(draft.Text, old, news[i])
		}
		if c.new == "XXX" {
			lines := strings.Split(draft.Text, "\n")
			draft.Text = strings.Join(slices.DeleteFunc(lines, func(s string) bool { return strings.Contains(s, "XXX") }), "\n")
			draft.Text += "arrêtés au 1er octobre 2026"
		}
		r := check(t, draft)
		require.Equal(t, c.missing, keys(r.Missing), "without %q", c.old)
		require.Equal(t, c.invoice, r.Missing[0].Invoice)
		require.NotEmpty(t, r.Missing[0].Why)
		require.False(t, r.OK())
	}
}

func TestAdvisedMentions(t *testing.T) {
	t.Parallel()
	for old, key := range map[string]string{
		"2\u202f500,50": latepayment.MentionPayments,
		"article L. 441-10 II du code de commerce":        latepayment.MentionBasis,
		"À défaut, nous saisirons le tribunal compétent.": latepayment.MentionConsequences,
		"Si vous contestez cette créance, écrivez-nous":   latepayment.MentionDispute,
	} {
		draft := businessNotice(t)
		require.Contains(t, draft.Text, old)
		draft.Text = strings.ReplaceAll(strings.ReplaceAll(draft.Text, old, ""), "(article D. 441-5)", "")
		r := check(t, draft)
		require.Contains(t, keys(r.Advised), key)
		require.True(t, r.OK(), "advice does not stop a letter: %v", r.Missing)
	}
	draft := consumerNotice(t)
	draft.Text = strings.ReplaceAll(draft.Text, "par chèque ou par virement", "")
	r := check(t, draft)
	require.Equal(t, []string{latepayment.MentionPaymentMeans}, keys(r.Advised))
	require.True(t, r.OK())
}

func TestForbiddenClaims(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		draft func(testing.TB) latepayment.Draft
		add   string
		key   string
	}{
		{businessNotice, "La présente interrompt la prescription.", latepayment.ClaimInterruption},
		{businessNotice, "This letter interrupts the limitation period.", latepayment.ClaimInterruption},
		{consumerNotice, "Elle vaut interruption de la prescription", latepayment.ClaimInterruption},
		{courtesy, "pour interrompre la prescription", latepayment.ClaimInterruption},
		{businessNotice, "COMMANDEMENT DE PAYER", latepayment.ClaimCourtLook},
		{businessNotice, "Au nom de la Loi", latepayment.ClaimCourtLook},
		{businessNotice, "final notice before seizure", latepayment.ClaimCourtLook},
		{businessNotice, "Frais de dossier : 15 €", latepayment.ClaimExtraFees},
		{businessNotice, "plus a reminder fee of 15 EUR", latepayment.ClaimExtraFees},
		{consumerNotice, "Frais de relance : 15 €", latepayment.ClaimFees},
		{consumerNotice, "et des frais de recouvrement", latepayment.ClaimFees},
		{consumerNotice, "frais d’envoi en recommandé", latepayment.ClaimPostage},
		{consumerNotice, "plus postage", latepayment.ClaimPostage},
		{consumerNotice, "indemnité forfaitaire de 40 €", latepayment.ClaimCompensation},
		{consumerNotice, "article L.441-10", latepayment.ClaimStatute},
		{consumerNotice, "L 441-10", latepayment.ClaimStatute},
		{consumerNotice, "Pénalités de retard : 12,50 €", latepayment.ClaimInterest},
		{courtesy, "Pénalités de retard dues : 12,50 euros", latepayment.ClaimInterest},
		{courtesy, "Tout retard entraîne des pénalités de retard, selon nos conditions générales de vente que vous avez acceptées lors " +
			"de votre commande. Pénalités de retard : 1 €", latepayment.ClaimInterest},
		{courtesy, "indemnité forfaitaire de 40 €", latepayment.ClaimCompensation},
		{courtesy, "Ceci est une mise en demeure", latepayment.ClaimTitle},
	} {
		draft := c.draft(t)
		draft.Text += "\n" + c.add
		r := check(t, draft)
		require.Contains(t, keys(r.Forbidden), c.key, c.add)
		require.NotEmpty(t, r.Forbidden[0].Phrase)
		require.NotEmpty(t, r.Forbidden[0].Why)
		require.False(t, r.OK())
	}
}

func TestHarmlessPhrasesPass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		draft func(testing.TB) latepayment.Draft
		add   string
	}{
		{consumerNotice, "Aucun frais de relance ne vous est réclamé."},
		{consumerNotice, "There are no recovery costs, no postage and, without exception, never a reminder fee."},
		{consumerNotice, "Une lettre ne peut interrompre la prescription."},
		{consumerNotice, "Les intérêts de retard courront dès demain."},
		{consumerNotice, "Facture nº 441"},
		{businessNotice, "This letter does not interrupt the limitation period."},
		{businessNotice, "Nous demanderons une injonction de payer au tribunal de commerce de Lyon."},
		{courtesy, "Tout retard entraîne des pénalités."},
	} {
		draft := c.draft(t)
		draft.Text += "\n" + c.add
		require.Empty(t, check(t, draft).Forbidden, c.add)
	}
	for _, add := range []string{
		"Sans paiement, frais de relance : 5 €",
		"Vous n'avez pas payé ; frais de dossier : 5 €.",
		"Il ne suffit pas de promettre. Nous ajoutons des frais de gestion.",
	} {
		draft := consumerNotice(t)
		draft.Text += "\n" + add
		require.Contains(t, keys(check(t, draft).Forbidden), latepayment.ClaimFees, "a negation of something else hides nothing: %s", add)
	}
}

// Costs that the statement proves may be claimed; the article is right for
// withoutPlaces returns a report that does not say where in the text it found anything.
func withoutPlaces(r latepayment.Report) latepayment.Report {
	for _, part := range []*[]latepayment.Finding{&r.Blocked, &r.Missing, &r.Advised, &r.Forbidden} {
		*part = slices.Clone(*part)
		for i := range *part {
			(*part)[i].Start, (*part)[i].End = 0, 0
		}
	}
	return r
}

// businesses and wrong for public buyers.
func TestClaimsDependOnTheStatement(t *testing.T) {
	t.Parallel()
	draft := businessNotice(t)
	draft.Text += "\nFrais de contentieux : 120 €"
	require.Equal(t, []string{latepayment.ClaimExtraFees, latepayment.ClaimStrangeSum, latepayment.ClaimUnproved},
		keys(check(t, draft).Forbidden))
	draft.Statement.CostsDue = euros("120")
	require.Empty(t, check(t, draft).Forbidden)

	draft = businessNotice(t)
	draft.Statement.Debtor = latepayment.DebtorPublic
	require.Contains(t, keys(check(t, draft).Forbidden), latepayment.ClaimStatute)
}

func TestBlockedLetters(t *testing.T) {
	t.Parallel()
	draft := businessNotice(t)
	draft.Insolvency = true
	r := check(t, draft)
	require.Equal(t, []string{latepayment.BlockInsolvency}, keys(r.Blocked))
	require.Empty(t, append(append(r.Missing, r.Forbidden...), r.Advised...))
	require.False(t, r.OK())

	early := courtesy(t)
	early.Kind = courrier.StepFormalNotice
	require.Equal(t, []string{latepayment.BlockNothingOverdue}, keys(check(t, early).Blocked))
}

func TestUncheckableDrafts(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*latepayment.Draft){
		"Kind":             func(d *latepayment.Draft) { d.Kind = "love" },
		"Text":             func(d *latepayment.Draft) { d.Text = strings.Repeat("a", 256<<10+1) },
		"Creditor":         func(d *latepayment.Draft) { d.Creditor = nil },
		"Debtor":           func(d *latepayment.Draft) { d.Debtor = nil },
		"Statement":        func(d *latepayment.Draft) { d.Statement.Lines = nil },
		"Statement.Debtor": func(d *latepayment.Draft) { d.Statement.Debtor = "" },
	} {
		draft := businessNotice(t)
		spoil(&draft)
		_, err := latepayment.CheckLetter(draft)
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
		require.NotContains(t, err.Error(), "Martin", "no name in an error")
	}
}

func TestFiguresAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	s := courtesy(t).Statement
	amount := func(value, text string) bool {
		draft := latepayment.Draft{Kind: courrier.StepCourtesy, Creditor: []string{"A"}, Debtor: []string{"B"}, Statement: s}
		draft.Statement.Lines = slices.Clone(s.Lines)
		draft.Statement.Lines[0].PrincipalDue = euros(value)
		draft.Text = text
		return !slices.Contains(keys(check(t, draft).Missing), latepayment.MentionAmountDue)
	}
	for value, texts := range map[string][]string{
		"1263.57": {"1263,57", "1 263,57 €", "1\u00a0263,57", "1\u202f263,57", "1.263,57", "1,263.57", "€1263.57", "1'263.57",
			"1263.57EUR", "total:1263,57.", "2026-03-01 1 263,57"},
		"40":        {"40", "40 €", "40,00", "40.00 EUR", "(40)", "40."},
		"1200":      {"1200", "1 200", "1 200,00", "1.200", "1,200.00"},
		"0.50":      {"0,50 €"},
		"1000000":   {"1 000 000,00", "1000000", "1.000.000"},
		"100000.05": {"100 000,05"},
	} {
		for _, text := range texts {
			require.True(t, amount(value, text), "%s in %q", value, text)
		}
	}
	for value, texts := range map[string][]string{
		"263.57":  {"1\u202f263,57", "1.263,57", "1263,57", "263,5", "263 57"},
		"1263.57": {"1263,75", "1 263", "1263", "12 63,57", "1-263,57", "x"},
		"40":      {"40,50", "140", "40.000", "4000", "4 0"},
		"1200":    {"200", "1 20", "1 200,5"},
	} {
		for _, text := range texts {
			require.False(t, amount(value, text), "%s in %q", value, text)
		}
	}

	date := func(text string) bool {
		draft := latepayment.Draft{Kind: courrier.StepCourtesy, Creditor: []string{"A"}, Debtor: []string{"B"}, Statement: s, Text: text}
		draft.Statement.Lines = slices.Clone(s.Lines)
		draft.Statement.Lines[0].DueOn = courrier.MustDate("2026-08-01")
		return !slices.Contains(keys(check(t, draft).Missing), latepayment.MentionDueDate)
	}
	for _, text := range []string{"01/08/2026", "1/8/2026", "01.08.2026", "01-08-2026", "2026-08-01", "1er août 2026", "1 AOUT 2026",
		"le 1er\naou\u0302t 2026", "1 August 2026", "1st August 2026", "August 1, 2026", "August 1st, 2026", "01 août 2026"} {
		require.True(t, date(text), text)
	}
	for _, text := range []string{"", "02/08/2026", "08/01/2026", "août 2026", "1er août 2025", "11 août 2026"} {
		require.False(t, date(text), text)
	}
}

func FuzzCheckLetter(f *testing.F) {
	business, consumer := businessNotice(f), consumerNotice(f)
	f.Add(business.Text, "A", "B")
	f.Add(consumer.Text, "", " ")
	f.Add("1 1 1,1 1.1 % 40 € \u00a0\u0301 frais de relance l 441 10", "*", "#")
	f.Add("\xff\xfe 1\u00a0", "é", "É")
	f.Fuzz(func(t *testing.T, text, creditor, debtor string) {
		for _, draft := range []latepayment.Draft{business, consumer} {
			draft.Text, draft.Creditor, draft.Debtor = text, []string{creditor}, []string{debtor}
			first, err := latepayment.CheckLetter(draft)
			if err != nil {
				require.ErrorIs(t, err, courrier.ErrInvalid)
				continue
			}
			draft.Text = inCapitals(text)
			if strings.EqualFold(draft.Text, text) {
				again, err := latepayment.CheckLetter(draft)
				require.NoError(t, err)
				require.Equal(t, withoutPlaces(first), withoutPlaces(again), "case does not matter; it may take more bytes")
			}
		}
	})
}

// inCapitals writes a text in capitals, but for the letter that begins a line: its case
// tells whether the line begins a sentence.
func inCapitals(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		begin := strings.TrimLeft(line, " \t")
		first, n := utf8.DecodeRuneInString(begin)
		if first == utf8.RuneError {
			n = 0
		}
		b.WriteString(line[:len(line)-len(begin)+n] + strings.ToUpper(begin[n:]))
	}
	return b.String()
}
