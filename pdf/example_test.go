package pdf_test

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
)

// userFile stands for a PDF that a user uploaded: an A5 page with text in the
// upper right corner.
func userFile() []byte {
	return onePage(sheet{page: "/MediaBox [0 0 419.53 595.28]", content: "BT /F1 10 Tf 300 430 Td (Bonjour) Tj ET"})
}

func ExampleInspector_Inspect() {
	inspector := pdf.NewInspector(pdf.Limits{}) // keep it: it bounds the calls in flight
	layout, _ := pdf.LayoutByID(pdf.LayoutFrenchDL)

	report, err := inspector.Inspect(context.Background(), userFile(), pdf.InspectOptions{Layout: layout})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict, report.Pages, "page,", report.SheetsDuplex, "sheet")
	for _, f := range report.Findings {
		fmt.Println(f.Severity, f.Code, f.Pages, f.Detail, f.Remedies)
	}
	// Output:
	// refuse 1 page, 1 sheet
	// warning page-size [1] 148 x 210 mm [scale]
	// warning font-not-embedded [1] Helvetica [embed-fonts look]
	// error window-intrusion [1]  [carrier-sheet shift]
}

func ExampleComposer_Compose() {
	composer, err := pdf.NewComposer() // keep it: it has parsed its fonts
	if err != nil {
		fmt.Println(err)
		return
	}
	letter, err := composer.Compose(context.Background(), pdf.Letter{
		Sender:    pdf.Sender{Name: "Atelier Vauban SAS", Lines: []string{"14 rue des Tanneurs", "69005 Lyon"}},
		Recipient: []string{"BOULANGERIE MARTIN SARL", "12 RUE DES LILAS", "69003 LYON"},
		Place:     "Lyon", Date: courrier.MustDate("2026-11-22"),
		Subject: "facture F-2026-0417",
		Blocks: []pdf.Block{
			pdf.Paragraph("Madame,"),
			pdf.Paragraph("Sauf erreur de notre part, la facture suivante **reste à régler** :"),
			pdf.InvoiceTable{Rows: []pdf.InvoiceRow{{
				Number: "F-2026-0417", IssuedOn: courrier.MustDate("2026-10-01"), DueOn: courrier.MustDate("2026-10-31"),
				Amount: courrier.MustAmount("1284.60", "EUR"), Open: courrier.MustAmount("1284.60", "EUR"),
			}}},
			pdf.Paragraph("Veuillez agréer, Madame, nos salutations distinguées."),
		},
		Signature: pdf.Signature{Name: "Hélène Garnier"},
	}, pdf.Theme{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(letter.Pages, "page", bytes.HasPrefix(letter.File, []byte("%PDF")))
	// Output: 1 page true
}

func ExampleQRCode() {
	composer, _ := pdf.NewComposer()
	letter, err := composer.Compose(context.Background(), pdf.Letter{
		Recipient: []string{"BOULANGERIE MARTIN SARL", "12 RUE DES LILAS", "69003 LYON"}, Date: courrier.MustDate("2026-11-22"),
		Blocks: []pdf.Block{
			pdf.Paragraph("Merci de régler votre facture."),
			pdf.QRCode{ // EPC069-12: what banks' apps read
				Payload: "BCD\n002\n1\nSCT\nXXXXFRPP\nAtelier Vauban SAS\nFR7600000000000000000000000\nEUR1284.60\n\n\nF-2026-0417",
				Title:   "Pour régler par virement", Caption: "Lisez ce code avec l'application de votre banque.",
			},
		},
	}, pdf.Theme{})
	fmt.Println(letter.Pages, err)
	// Output: 1 <nil>
}

func ExampleComposer_Compose_missingGlyph() {
	composer, _ := pdf.NewComposer()
	_, err := composer.Compose(context.Background(), pdf.Letter{
		Recipient: []string{"東京"}, Date: courrier.MustDate("2026-11-22"), Blocks: []pdf.Block{pdf.Paragraph("Bonjour.")},
	}, pdf.Theme{})
	for _, f := range courrier.FieldErrors(err)[:1] {
		fmt.Println(f)
	}
	// Output: Recipient[0]: LiberationSans has no glyph for U+4EAC '京', U+6771 '東'; write it with other characters, or ask for GlyphsSubstitute
}

func ExampleAssembler_Assemble() {
	composer, _ := pdf.NewComposer()
	letter, _ := composer.Compose(context.Background(), pdf.Letter{
		Recipient: []string{"BOULANGERIE MARTIN SARL", "12 RUE DES LILAS", "69003 LYON"},
		Date:      courrier.MustDate("2026-11-22"), Blocks: []pdf.Block{pdf.Paragraph("Bonjour.")},
	}, pdf.Theme{})

	assembler := pdf.NewAssembler(pdf.Limits{}) // keep it: it bounds the calls in flight
	result, err := assembler.Assemble(context.Background(), io.Discard, pdf.Assembly{
		Duplex: true,
		Parts:  []pdf.Part{{Name: "letter", File: letter.File}, {Name: "invoice", File: userFile(), Fit: pdf.FitA4}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range result.Parts {
		fmt.Println(p.Name, "pages", p.First, "to", p.Last)
	}
	fmt.Println(result.Pages, "pages on", result.SheetsDuplex, "sheets")
	// Output:
	// letter pages 1 to 1
	// invoice pages 3 to 3
	// 3 pages on 2 sheets
}

func ExamplePreviewer_Overlay() {
	previewer := pdf.NewPreviewer(pdf.PreviewerConfig{Rasterizer: pdf.Pdftoppm{}})
	layout, _ := pdf.LayoutByID(pdf.LayoutFrenchDL)

	var overlay bytes.Buffer // show it, or draw its pages with previewer.Pages
	report, err := previewer.Overlay(context.Background(), &overlay, userFile(), pdf.InspectOptions{Layout: layout})
	if err != nil {
		fmt.Println(err)
		return
	}
	window, intruded := report.Find(pdf.CodeWindow)
	fmt.Println(intruded, window.Box)
	// Output: true x 105.8–118, y 55.66–59.08 mm
}
