//go:build unix

package main

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
)

// artworks are the images as a user uploads them.
type artworks struct{ logo, signature []byte }

// benchLetter is a reminder of two pages: a logo, a table of 26 invoices, how to
// pay, a drawn signature.
func benchLetter() (pdf.Letter, artworks, error) {
	var images artworks
	var l pdf.Letter
	var err error
	if images, err = draw(); err != nil {
		return l, images, err
	}
	rows, total := invoices(26)
	l = pdf.Letter{
		Sender: pdf.Sender{Name: "Atelier Vauban SAS", Lines: []string{"14 rue des Tanneurs", "69005 Lyon", "Tél. 04 72 00 00 00",
			"comptabilite@vauban.example"}},
		Recipient: []string{"BOULANGERIE MARTIN SARL", "A L ATTENTION DE MME CLAIRE MARTIN", "12 RUE DES LILAS", "69003 LYON"},
		Place:     "Lyon", Date: courrier.MustDate("2026-12-04"),
		References: []pdf.Field{{Label: "N° client", Value: "C-10482"}, {Label: "Relevé au", Value: "4 décembre 2026"}},
		Subject:    "factures en attente de règlement",
		Blocks: []pdf.Block{
			pdf.Paragraph("Madame,"),
			pdf.Paragraph("Sauf erreur de notre part, les factures ci-dessous n'ont pas encore été réglées. Il s'agit sans doute d'un " +
				"oubli : nous vous remercions de bien vouloir procéder à leur règlement **sous huit jours**."),
			pdf.InvoiceTable{Rows: rows, Lines: []pdf.SumLine{{Label: "Montant à régler", Amount: total, Strong: true}}},
			pdf.Details{Title: "Pour régler par virement", Rows: []pdf.Field{
				{Label: "Titulaire", Value: "Atelier Vauban SAS"}, {Label: "IBAN", Value: "FR76 0000 0000 0000 0000 0000 000"},
				{Label: "BIC", Value: "XXXXFRPP"}, {Label: "Référence à rappeler", Value: "C-10482"},
			}},
			pdf.Paragraph("Si votre paiement a croisé ce courrier, nous vous prions de ne pas en tenir compte. Pour toute difficulté, " +
				"appelez-nous : nous trouverons une solution ensemble."),
			pdf.Paragraph("Veuillez agréer, Madame, l'expression de nos salutations distinguées."),
		},
		Signature:  pdf.Signature{Name: "Hélène Garnier", Title: "Service comptabilité"},
		Enclosures: []string{"copie des factures"},
		Footer: []string{
			"Atelier Vauban SAS au capital de 50 000 € – 14 rue des Tanneurs, 69005 Lyon",
			"RCS Lyon 000 000 000 – SIRET 000 000 000 00000 – TVA intracommunautaire FR00 000 000 000",
		},
	}
	if l.Sender.Logo, err = pdf.NewArtwork(images.logo); err == nil {
		l.Signature.Image, err = pdf.NewArtwork(images.signature)
	}
	return l, images, err
}

func invoices(n int) ([]pdf.InvoiceRow, courrier.Amount) {
	amount := func(cents int) courrier.Amount {
		return courrier.MustAmount(fmt.Sprintf("%d.%02d", cents/100, cents%100), "EUR")
	}
	rows, total := make([]pdf.InvoiceRow, n), 0
	for i := range rows {
		issued, cents, paid := courrier.MustDate("2026-05-04").AddDays(3*i), 18950+7717*(i%13)+250*i, 0
		if i%7 == 1 {
			paid = 5000
		}
		rows[i] = pdf.InvoiceRow{Number: fmt.Sprintf("F-2026-%04d", 301+i), IssuedOn: issued, DueOn: issued.AddDays(30),
			Amount: amount(cents), Open: amount(cents - paid)}
		if paid > 0 {
			rows[i].Paid = amount(paid)
		}
		total += cents - paid
	}
	return rows, amount(total)
}

func draw() (artworks, error) {
	logo := image.NewNRGBA(image.Rect(0, 0, 720, 240))
	for y := range 240 {
		for x := range 720 {
			if math.Hypot(float64(x-120), float64(y-120)) < 110 || x > 270 && x < 690 && y > 60 && y < 110 {
				logo.SetNRGBA(x, y, color.NRGBA{0x1f, 0x3a, 0x5f, 0xff})
			}
		}
	}
	signature := image.NewNRGBA(image.Rect(0, 0, 600, 220))
	for i := range 6000 {
		u := float64(i) / 6000
		x, y := 30+520*u+40*math.Sin(24*u), 110-70*math.Sin(19*u)*math.Exp(-1.5*u)+25*math.Cos(41*u)
		for d := range 25 {
			signature.SetNRGBA(int(x)+d%5, int(y)+d/5, color.NRGBA{0x10, 0x20, 0x60, 0xff})
		}
	}
	var a, b bytes.Buffer
	if err := png.Encode(&a, logo); err != nil {
		return artworks{}, err
	}
	err := png.Encode(&b, signature)
	return artworks{a.Bytes(), b.Bytes()}, err
}

// straightforward sets the same letter the way fpdf's examples do: fonts and
// images handed over for each document.
func straightforward(l pdf.Letter, images artworks) ([]byte, error) {
	doc := fpdf.New("P", "mm", "A4", "")
	doc.SetMargins(25, 20, 20)
	doc.SetAutoPageBreak(true, 20)
	doc.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	doc.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	doc.AddPage()
	asPNG := fpdf.ImageOptions{ImageType: "png"}
	doc.RegisterImageOptionsReader("logo", asPNG, bytes.NewReader(images.logo))
	doc.RegisterImageOptionsReader("signature", asPNG, bytes.NewReader(images.signature))
	doc.ImageOptions("logo", 25, 14, 54, 18, false, asPNG, 0, "")
	doc.SetXY(112, 56)
	doc.SetFont("sans", "", 10)
	for _, text := range l.Recipient {
		doc.SetX(112)
		doc.CellFormat(0, 5, text, "", 1, "L", false, 0, "")
	}
	doc.SetY(100)
	doc.SetFont("sans", "B", 11)
	doc.MultiCell(0, 5, l.Subject, "", "L", false)
	for _, b := range l.Blocks {
		doc.SetFont("sans", "", 10)
		setBlock(doc, b)
	}
	doc.ImageOptions("signature", 112, doc.GetY(), 48, 16, false, asPNG, 0, "")
	var out bytes.Buffer
	err := doc.Output(&out)
	return out.Bytes(), err
}

func setBlock(doc *fpdf.Fpdf, b pdf.Block) {
	lang, _ := pdf.LanguageFor("fr")
	switch b := b.(type) {
	case pdf.Paragraph:
		doc.MultiCell(0, 5, strings.ReplaceAll(string(b), "**", ""), "", "L", false)
	case pdf.InvoiceTable:
		for _, r := range b.Rows {
			for _, cell := range []string{r.Number, r.IssuedOn.String(), r.DueOn.String(), lang.Amount(r.Amount), lang.Amount(r.Paid),
				lang.Amount(r.Open)} {
				doc.CellFormat(27, 6, cell, "B", 0, "R", false, 0, "")
			}
			doc.Ln(6)
		}
	case pdf.Details:
		for _, r := range b.Rows {
			doc.MultiCell(0, 5, r.Label+" "+r.Value, "", "L", false)
		}
	}
}

// asHTML is the same letter for browsers.
func asHTML(l pdf.Letter) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><meta charset="utf-8"><style>@page{size:A4;margin:20mm 20mm 20mm 25mm}
body{font:10pt "Liberation Sans",sans-serif}
table{width:100%;border-collapse:collapse}td,th{border-bottom:.2mm solid #ccc;padding:1mm;text-align:right}
address{margin:30mm 0 15mm 87mm;font-style:normal}</style>`)
	b.WriteString(`<img src="logo.png" width="200"><address>` + strings.Join(l.Recipient,
		"<br>") + `</address><h3>` + html.EscapeString(l.Subject) + `</h3>`)
	lang, _ := pdf.LanguageFor("fr")
	for _, block := range l.Blocks {
		switch v := block.(type) {
		case pdf.Paragraph:
			b.WriteString("<p>" + html.EscapeString(strings.ReplaceAll(string(v), "**", "")) + "</p>")
		case pdf.InvoiceTable:
			b.WriteString("<table><thead><tr><th>Facture<th>Émise le<th>Échéance<th>Montant<th>Réglé<th>Reste dû</thead>")
			for _, r := range v.Rows {
				fmt.Fprintf(&b, "<tr><td>%s<td>%s<td>%s<td>%s<td>%s<td>%s", r.Number, lang.Date(r.IssuedOn), lang.Date(r.DueOn),
					lang.Amount(r.Amount), lang.Amount(r.Paid), lang.Amount(r.Open))
			}
			b.WriteString("</table>")
		case pdf.Details:
			for _, r := range v.Rows {
				b.WriteString("<p>" + r.Label + " " + r.Value + "</p>")
			}
		}
	}
	b.WriteString(`<img src="logo.png" width="150">`)
	return b.String()
}
