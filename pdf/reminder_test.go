package pdf_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/pdf"
)

func printedNotice(lang courrier.Language) dunning.PrintedReminder {
	statement, err := latepayment.France().Statement(latepayment.Debt{
		On: courrier.MustDate("2026-05-04"), Debtor: latepayment.DebtorBusiness,
		Invoices: []latepayment.Invoice{{
			Number: "FA-2026-0142", IssuedOn: courrier.MustDate("2026-03-02"), Parts: dunning.Due(courrier.MustDate("2026-04-01"), courrier.MustAmount("1274.40", "EUR")),
		}},
	})
	if err != nil {
		panic(err)
	}
	p := dunning.PrintedReminder{
		Account: "acme", Kind: courrier.StepFormalNotice, Service: courrier.ServiceRegisteredAR, Language: lang, Date: courrier.MustDate("2026-05-04"),
		From: courrier.Sender{Company: "Atelier Verne SAS", Address: courrier.Address{Street: "8 quai du Port", Postcode: "44000", City: "Nantes", Country: "FR"}},
		To:   courrier.Recipient{Company: "Boulangerie Martin SARL", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Message: dunning.Message{Language: lang, Subject: "Mise en demeure de payer 1 328,40 €", Body: "Madame, Monsieur,\n\n" +
			"Malgré nos relances, la facture ci-dessous demeure impayée à la date du 4 mai 2026.\n\n" + dunning.TableMark + "\n\n" +
			"Par la présente, nous vous **mettons en demeure** de nous régler la somme de **1 328,40 €** au plus tard le **12 mai 2026**.\n\n" +
			"- par virement ;\n- par chèque.\n\nVeuillez agréer, Madame, Monsieur, nos salutations distinguées."},
		Statement: statement, Total: statement.Demand, Numbers: []string{"FA-2026-0142"}, Sums: statement.Sums(latepayment.DefaultWordings().Find(lang), lang),
		Signature: dunning.Signature{Name: "Claire Verne", Title: "Présidente"},
		Footer:    "Atelier Verne SAS – 8 quai du Port, 44000 Nantes\nRCS Nantes 000 000 000",
	}
	return p
}

func TestReminderComposer(t *testing.T) {
	t.Parallel()
	composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{Theme: pdf.Theme{FoldMarks: true}})
	require.NoError(t, err)
	doc, err := composer.Compose(t.Context(), printedNotice(courrier.French))
	require.NoError(t, err)
	again, err := composer.Compose(t.Context(), printedNotice(courrier.French))
	require.NoError(t, err)
	require.Equal(t, doc.Sum, again.Sum, "the same reminder gives the same bytes")
	require.Equal(t, 1, doc.Pages)

	seen, err := pdf.DocumentInspector{Inspector: pdf.NewInspector(pdf.Limits{})}.Inspect(t.Context(), doc, true)
	require.NoError(t, err)
	require.Equal(t, 1, seen.Pages)
	_, blocked := seen.Blocking()
	require.False(t, blocked)

	bad := printedNotice(courrier.French)
	bad.To.Address.Postcode = "1"
	_, err = composer.Compose(t.Context(), bad)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	bad = printedNotice(courrier.French)
	bad.Logo = []byte("not an image")
	_, err = composer.Compose(t.Context(), bad)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	save(t, "formal-notice.pdf", doc.Content)
	tool(t, "pdftoppm")
	comparePages(t, "reminder-notice", doc.Content, 1)
}

// Carriers that get the address print it in the window: what a reminder sets
// there would stand below it.
func TestRemindersLeaveTheWindowToWhoeverWritesTheAddress(t *testing.T) {
	t.Parallel()
	for _, mode := range []pdf.AddressMode{pdf.AddressByCarrier, pdf.AddressOnPage, pdf.AddressOnSheet} {
		composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{Address: mode})
		require.NoError(t, err)
		doc, err := composer.Compose(t.Context(), printedNotice(courrier.French))
		require.NoError(t, err)
		r := inspect(t, doc.Content, pdf.InspectOptions{Layout: layout(t, pdf.LayoutFrenchDL), Address: mode})
		require.Empty(t, r.Findings, "%q", mode)
	}
}

func TestDocumentInspectorBlocksWhatDoesNotPrint(t *testing.T) {
	t.Parallel()
	seen, err := pdf.DocumentInspector{Inspector: pdf.NewInspector(pdf.Limits{})}.Inspect(t.Context(), courrier.Document{Content: []byte("%PDF-1.7 nothing")}, true)
	require.NoError(t, err)
	finding, blocked := seen.Blocking()
	require.True(t, blocked)
	require.NotEmpty(t, finding.Remedy)
}

func TestReminderPartsRefuseWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := pdf.DocumentInspector{}.Inspect(t.Context(), courrier.Document{}, true)
	require.Equal(t, "DocumentInspector.Inspector", courrier.FieldErrors(err)[0].Field)
	_, err = pdf.NewReminderComposer(pdf.ReminderComposerConfig{Address: "elsewhere"})
	require.Equal(t, "Address", courrier.FieldErrors(err)[0].Field)
}

func evidence(t *testing.T) dunning.Evidence {
	composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{})
	require.NoError(t, err)
	notice, err := composer.Compose(t.Context(), printedNotice(courrier.French))
	require.NoError(t, err)
	part := func(kind, name string, content []byte) dunning.EvidencePart {
		return dunning.EvidencePart{Kind: kind, Name: name, Sum: courrier.SumOf(content), Content: content}
	}
	log := []dunning.ReminderAct{{At: time.Date(2026, 5, 4, 9, 12, 0, 0, time.UTC), Actor: "claire", Act: "approved"}}
	line := []dunning.ReminderLine{{Invoice: "FA-2026-0142", Open: courrier.MustAmount("1274.40", "EUR")}}
	return dunning.Evidence{Account: "acme", Customer: "c1", Invoice: "FA-2026-0142", On: courrier.MustDate("2026-06-01"), Zone: "Europe/Paris", Steps: []dunning.EvidenceStep{
		{
			Reminder: "r1", Kind: courrier.StepReminder, State: dunning.ReminderSent, Channel: courrier.ChannelEmail, SentOn: courrier.MustDate("2026-04-07"),
			To: []string{"compta@martin.example"}, InDoubt: true,
			Text:    "Madame, Monsieur,\n\nSauf erreur de notre part, 1 274,40 € restent dus.\n\n- FA-2026-0142, échéance 1er avril 2026, reste dû 1 274,40 €\n\nBien cordialement,\nAtelier Verne SAS\n",
			Message: dunning.Message{Subject: "Relance", Body: "Madame, Monsieur,\n\nSauf erreur de notre part, 1 274,40 € restent dus."}, Lines: line,
			Total: courrier.MustAmount("1274.40", "EUR"), Log: log,
		},
		{
			Reminder: "r2", Kind: courrier.StepFormalNotice, State: dunning.ReminderSent, Channel: courrier.ChannelPost, Service: courrier.ServiceRegisteredAR,
			SentOn: courrier.MustDate("2026-05-04"), PostedOn: courrier.MustDate("2026-05-05"), PresentedOn: courrier.MustDate("2026-05-07"),
			DeliveredOn: courrier.MustDate("2026-05-07"), Status: courrier.StatusDelivered, To: []string{"BOULANGERIE MARTIN SARL", "12 RUE DES LILAS", "69003 LYON"}, Tracking: "1A00012345678", Message: printedNotice(courrier.French).Message, Lines: line,
			Total: courrier.MustAmount("1342.17", "EUR"), Log: log,
			Parts: []dunning.EvidencePart{
				part("letter", "mise-en-demeure.pdf", notice.Content), part("deposit", "depot.pdf", notice.Content),
				{Kind: "attachment", Name: "facture.pdf", Sum: courrier.SumOf([]byte("gone")), Missing: true},
				part("receipt", "avis.pdf", []byte("%PDF-1.4 broken")),
			},
		},
	}}
}

func TestEvidenceFile(t *testing.T) {
	t.Parallel()
	maker, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{})
	require.NoError(t, err)
	from := printedNotice(courrier.French).From
	ev := evidence(t)
	out, err := maker.Make(t.Context(), ev, from, courrier.French)
	require.NoError(t, err)
	again, err := maker.Make(t.Context(), ev, from, courrier.French)
	require.NoError(t, err)
	require.Equal(t, out.Manifest.File, again.Manifest.File)
	require.Equal(t, courrier.SumOf(out.File), out.Manifest.File)

	report, err := pdf.NewInspector(pdf.Limits{}).Inspect(t.Context(), out.File, pdf.InspectOptions{})
	require.NoError(t, err)
	require.Equal(t, out.Manifest.Pages, report.Pages)
	next := 0
	for _, p := range out.Manifest.Parts {
		if p.First == 0 {
			require.NotEmpty(t, p.Note)
			continue
		}
		require.Greater(t, p.First, next)
		next = p.Last
	}
	require.Len(t, out.Manifest.Parts, 4)
	require.NotEmpty(t, out.Manifest.Parts[2].Note)
	require.NotEmpty(t, out.Manifest.Parts[3].Note)

	text, err := out.Manifest.JSON()
	require.NoError(t, err)
	var back pdf.Manifest
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, out.Manifest.Parts, back.Parts)
	require.True(t, strings.Contains(string(text), string(ev.Steps[1].Parts[0].Sum)))
	save(t, "evidence.pdf", out.File)
	tool(t, "pdftoppm")
	comparePages(t, "evidence", evidenceOf(t, withFixedSums(ev)).File, 4)

	// The outline leads to the pages that the manifest names.
	path := filepath.Join(t.TempDir(), "evidence.pdf")
	require.NoError(t, os.WriteFile(path, out.File, 0o600))
	output(t, nil, "qpdf", "--check", path)
	outline := strings.ReplaceAll(output(t, nil, "qpdf", "--json", "--json-key=outlines", path), `\u00a0`, " ")
	outline = plainSpaces(outline)
	for _, title := range []string{"Dossier de preuves", "Chronologie", "1. Relance – 7 avril 2026", "2. Mise en demeure – 4 mai 2026", "Pièce 1 – courrier", "Pièce 2 – preuve de dépôt"} {
		require.Contains(t, outline, `"title": "`+title+`"`)
	}
	require.Contains(t, outline, fmt.Sprintf(`"destpageposfrom1": %d`, out.Manifest.Parts[1].First))
	require.Contains(t, output(t, out.File, "pdftotext", "-f", "2", "-l", "2", "-", "-"), fmt.Sprintf("Page 2/%d", out.Manifest.Pages))

	// Anyone can compute the sums again, from the file's own parts.
	for i, p := range out.Manifest.Parts {
		if content := ev.Steps[p.Step-1].Parts[i].Content; content != nil {
			require.Equal(t, courrier.SumOf(content), p.Sum)
		}
	}
}

// withFixedSums has a golden image not depend on the bytes of a letter, which are
// those of one version of Go.
func withFixedSums(ev dunning.Evidence) dunning.Evidence {
	ev.Steps = slices.Clone(ev.Steps)
	for i := range ev.Steps {
		ev.Steps[i].Parts = slices.Clone(ev.Steps[i].Parts)
		for k := range ev.Steps[i].Parts {
			ev.Steps[i].Parts[k].Sum = courrier.Sum(strings.Repeat("0123456789abcdef", 4))
		}
	}
	return ev
}

// What is too large for one file is handed in apart, and listed.
func TestEvidenceThatDoesNotFit(t *testing.T) {
	t.Parallel()
	maker, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{FileBytes: 4*256<<10 + 1000})
	require.NoError(t, err)
	out, err := maker.Make(t.Context(), evidence(t), printedNotice(courrier.French).From, courrier.French)
	require.NoError(t, err)
	for _, p := range out.Manifest.Parts {
		require.Zero(t, p.First)
		require.NotEmpty(t, p.Note)
	}
}

// save leaves a file where a person can look at it, when asked.
func save(t *testing.T, name string, content []byte) {
	if dir := os.Getenv("COURRIER_KEEP"); dir != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o644))
	}
}
