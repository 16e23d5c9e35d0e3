package pdf_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/stretchr/testify/require"
)

// The letters that are kept as golden images.

func eur(v string) courrier.Amount { return courrier.MustAmount(v, "EUR") }

func cents(n int64) courrier.Amount {
	return courrier.MustAmount(fmt.Sprintf("%d.%02d", n/100, n%100), "EUR")
}

type namedLetter struct {
	name   string
	letter pdf.Letter
	theme  pdf.Theme
}

func goldenLetters(t testing.TB) []namedLetter {
	return []namedLetter{
		{"courtesy", courtesyLetter(t), pdf.Theme{}},
		{"reminder-3", reminderLetter(t, 3), pdf.Theme{}},
		{"reminder-60", reminderLetter(t, 60), pdf.Theme{}},
		{"formal-notice", formalNotice(t), pdf.Theme{FoldMarks: true}},
		{"empty-window", emptyWindow(t), pdf.Theme{FoldMarks: true}},
		{"payment-code", paymentCode(t), pdf.Theme{}},
		{"longest", longestLetter(t), pdf.Theme{Serif: true, BodySize: 11, Accent: pdf.RGB{R: 0x7a, G: 0x1f, B: 0x2b}, FoldMarks: true}},
	}
}

func sender(t testing.TB) pdf.Sender {
	return pdf.Sender{
		Name:  "Atelier Vauban SAS",
		Lines: []string{"14 rue des Tanneurs", "69005 Lyon", "Tél. 04 72 00 00 00", "comptabilite@vauban.example"},
		Logo:  logo(t),
	}
}

var footer = []string{
	"Atelier Vauban SAS au capital de 50 000 € – 14 rue des Tanneurs, 69005 Lyon",
	"RCS Lyon 000 000 000 – SIRET 000 000 000 00000 – TVA intracommunautaire FR00 000 000 000",
}

var payment = pdf.Details{
	Title: "Pour régler par virement",
	Rows: []pdf.Field{
		{Label: "Titulaire", Value: "Atelier Vauban SAS"},
		{Label: "IBAN", Value: "FR76 0000 0000 0000 0000 0000 000"},
		{Label: "BIC", Value: "XXXXFRPP"},
		{Label: "Référence à rappeler", Value: "C-10482"},
	},
}

var boulangerie = []string{"BOULANGERIE MARTIN SARL", "A L ATTENTION DE MME CLAIRE MARTIN", "12 RUE DES LILAS", "69003 LYON"}

func courtesyLetter(t testing.TB) pdf.Letter {
	return pdf.Letter{
		Sender: sender(t), Recipient: boulangerie, Place: "Lyon", Date: courrier.MustDate("2026-11-22"),
		References: []pdf.Field{{Label: "N° client", Value: "C-10482"}},
		Subject:    "votre facture F-2026-0417 arrive à échéance",
		Blocks: []pdf.Block{
			pdf.Paragraph("Madame,"),
			pdf.Paragraph("Votre facture **F-2026-0417** du 28 octobre 2026, d'un montant de **1 284,60 €**, arrive à échéance le 27 novembre 2026. Nous nous permettons de vous le rappeler : son règlement à cette date nous permettra de poursuivre vos commandes dans les meilleures conditions."),
			pdf.Paragraph("Si le virement est déjà en route, nous vous en remercions ; vous pouvez ne pas tenir compte de ce courrier. Une question sur la facture ? Nous sommes joignables du lundi au vendredi, de 9 h à 17 h 30."),
			payment,
			pdf.Paragraph("Nous vous remercions de votre confiance et vous prions d'agréer, Madame, nos salutations distinguées."),
		},
		Signature: pdf.Signature{Name: "Hélène Garnier", Title: "Service comptabilité"},
		Footer:    footer,
	}
}

func invoices(n int) []pdf.InvoiceRow {
	rows := make([]pdf.InvoiceRow, n)
	for i := range rows {
		issued := courrier.MustDate("2026-05-04").AddDays(3 * i)
		amount := int64(18950 + 7717*(i%13) + 250*i)
		row := pdf.InvoiceRow{Number: fmt.Sprintf("F-2026-%04d", 301+i), IssuedOn: issued, DueOn: issued.AddDays(30), Amount: cents(amount), Open: cents(amount)}
		if i%7 == 1 {
			row.Paid, row.Open = cents(5000), cents(amount-5000)
		}
		rows[i] = row
	}
	return rows
}

func sum(t testing.TB, rows []pdf.InvoiceRow) courrier.Amount {
	total := courrier.Amount{}
	for _, r := range rows {
		var err error
		total, err = total.Add(r.Open)
		require.NoError(t, err)
	}
	return total
}

func reminderLetter(t testing.TB, n int) pdf.Letter {
	rows := invoices(n)
	return pdf.Letter{
		Sender: sender(t), Recipient: boulangerie, Place: "Lyon", Date: courrier.MustDate("2026-12-04"),
		References: []pdf.Field{{Label: "N° client", Value: "C-10482"}, {Label: "Relevé au", Value: "4 décembre 2026"}},
		Subject:    "factures en attente de règlement",
		Blocks: []pdf.Block{
			pdf.Paragraph("Madame,"),
			pdf.Paragraph("Sauf erreur de notre part, les factures ci-dessous n'ont pas encore été réglées. Il s'agit sans doute d'un oubli : nous vous remercions de bien vouloir procéder à leur règlement **sous huit jours**."),
			pdf.InvoiceTable{Rows: rows, Lines: []pdf.SumLine{{Label: "Montant à régler", Amount: sum(t, rows), Strong: true}}},
			payment,
			pdf.Paragraph("Si votre paiement a croisé ce courrier, nous vous prions de ne pas en tenir compte. Pour toute difficulté, appelez-nous : nous trouverons une solution ensemble."),
			pdf.Paragraph("Veuillez agréer, Madame, l'expression de nos salutations distinguées."),
		},
		Signature:  pdf.Signature{Name: "Hélène Garnier", Title: "Service comptabilité"},
		Enclosures: []string{"copie des factures"},
		Footer:     footer,
	}
}

func formalNotice(t testing.TB) pdf.Letter {
	rows := invoices(3)
	for i := range rows {
		rows[i].Penalties = cents(int64(1240 + 317*i))
	}
	return pdf.Letter{
		Sender: sender(t), Recipient: boulangerie, Place: "Lyon", Date: courrier.MustDate("2027-01-15"),
		Delivery:   "Lettre recommandée avec avis de réception",
		References: []pdf.Field{{Label: "N° client", Value: "C-10482"}, {Label: "Notre dossier", Value: "MED-2027-003"}},
		Subject:    "mise en demeure de payer",
		Blocks: []pdf.Block{
			pdf.Paragraph("Madame,"),
			pdf.Paragraph("Malgré nos relances des 4 décembre 2026 et 18 décembre 2026, les factures suivantes demeurent impayées à ce jour. Les pénalités sont arrêtées au 15 janvier 2027."),
			pdf.InvoiceTable{
				Rows:    rows,
				Columns: []pdf.Column{pdf.ColumnNumber, pdf.ColumnIssued, pdf.ColumnDue, pdf.ColumnAmount, pdf.ColumnOpen, pdf.ColumnPenalties, pdf.ColumnTotal},
				Lines: []pdf.SumLine{
					{Label: "Indemnité forfaitaire pour frais de recouvrement (3 × 40 €)", Amount: eur("120")},
					{Label: "Total dû au 15 janvier 2027", Amount: eur("924.22"), Strong: true},
				},
			},
			pdf.Paragraph("Par la présente, nous vous **mettons en demeure** de nous régler la somme de **924,22 €** dans un délai de **huit jours** à compter de la réception de cette lettre. Cette somme comprend :"),
			pdf.List{Items: []string{
				"les factures échues, en principal ;",
				"les pénalités de retard, au taux de 12,15 % l'an, exigibles le jour suivant la date de règlement figurant sur la facture (article L441-10 du code de commerce) ;",
				"l'indemnité forfaitaire de 40 € par facture (article D441-5 du code de commerce).",
			}},
			pdf.Paragraph("À défaut de règlement dans ce délai, nous saisirons le tribunal compétent, sans autre avis. Les pénalités continueront de courir jusqu'au paiement complet."),
			payment,
			pdf.Paragraph("Veuillez agréer, Madame, l'expression de nos salutations distinguées."),
		},
		Signature: pdf.Signature{Name: "Paul Vauban", Title: "Président", Image: handwriting(t)},
		Footer:    footer,
	}
}

// emptyWindow is for a carrier that prints the address.
func emptyWindow(t testing.TB) pdf.Letter {
	l := courtesyLetter(t)
	l.EmptyWindow, l.Delivery = true, "Lettre recommandée avec avis de réception"
	return l
}

// paymentCode has a code that a bank's app reads, details that fill more than a
// page, and labels longer than a line.
func paymentCode(t testing.TB) pdf.Letter {
	l := reminderLetter(t, 2)
	table := l.Blocks[2].(pdf.InvoiceTable)
	table.Lines = append([]pdf.SumLine{{Amount: eur("40"), Label: "Indemnité forfaitaire pour frais de recouvrement prévue par les articles L441-10 et D441-5 du code de commerce, " +
		"due de plein droit pour chaque facture réglée après son échéance, quel que soit le montant de celle-ci"}}, table.Lines...)
	l.Blocks[2] = table
	long := pdf.Details{Title: "Détail des prestations de la facture F-2026-0301, telles qu'elles figurent au bon de livraison signé le 4 mai 2026 par le destinataire"}
	for i := range 64 {
		long.Rows = append(long.Rows, pdf.Field{Label: fmt.Sprintf("Prestation %d", i+1), Value: fmt.Sprintf("tableau n° %d, encadrement compris", i+101)})
	}
	l.Blocks[3] = pdf.QRCode{
		Payload: "BCD\n002\n1\nSCT\nXXXXFRPP\nAtelier Vauban SAS\nFR7600000000000000000000000\nEUR458.67\n\n\nC-10482",
		Title:   "Pour régler par virement",
		Caption: "Lisez ce code avec l'application de votre banque : elle propose le virement de **458,67 €**, référence comprise.\nIBAN FR76 0000 0000 0000 0000 0000 000",
	}
	l.Blocks = append(l.Blocks, long)
	return l
}

func longestLetter(t testing.TB) pdf.Letter {
	rows := invoices(34)
	for i := range rows {
		rows[i].Number = fmt.Sprintf("FACTURE-RÉGIONALE/2026/%05d-REV%d", 301+i, i%10)
		rows[i].Amount = eur("1234567.89")
		rows[i].Paid = eur("234567.89")
		rows[i].Open = eur("1000000")
		rows[i].Penalties = eur("123456.78")
	}
	s := sender(t)
	s.Name = "Compagnie Générale des Ateliers Réunis de Vauban et de la Vallée du Rhône SAS"
	s.Lines = append(s.Lines, "Bâtiment C, 3e étage", "Service du recouvrement", "www.vauban.example")
	return pdf.Letter{
		Sender: s,
		Recipient: []string{"COMPAGNIE INTERNATIONALE DES GRANDS MO", "SERVICE COMPTABILITE FOURNISSEURS EURO", "ENTREE A BATIMENT DES JONQUILLES ESC 3",
			"1234 BIS AVENUE DU MARECHAL DE LATTRE", "LIEU DIT LE GRAND CHEMIN DE LA VALLEE", "13100 SAINT-MARC-JAUMEGARDE CEDEX 12", "FRANCE"},
		Place: "Villefranche-sur-Saône", Date: courrier.MustDate("2027-02-01"),
		Delivery: "Lettre recommandée avec avis de réception – envoi également adressé par courriel",
		References: []pdf.Field{
			{Label: "Numéro de client", Value: "C-10482-SUCCURSALE-MARSEILLE"}, {Label: "Notre dossier", Value: "MED-2027-003"},
			{Label: "Votre commande", Value: "PO-4500017293 du 1er mars 2026"}, {Label: "Affaire suivie par", Value: "Hélène Garnier"},
		},
		Subject: "mise en demeure de payer les factures de l'établissement de Marseille, récapitulatif de l'exercice et conditions de l'échéancier proposé",
		Blocks: []pdf.Block{
			pdf.Paragraph("Mesdames, Messieurs,"),
			pdf.Paragraph("Nous revenons vers vous au sujet des factures que vous trouverez récapitulées dans le tableau qui suit. « Sauf erreur de notre part », disions-nous dans notre courrier du 1er décembre ; vous n'avez pas contesté ces montants. Quelles suites entendez-vous y donner ? Le détail figure ci-dessous, avec l'adresse https://www.vauban.example/espace-client/factures/echeancier/consultation/C-10482-SUCCURSALE-MARSEILLE pour le consulter en ligne."),
			pdf.InvoiceTable{Rows: rows, Columns: []pdf.Column{pdf.ColumnNumber, pdf.ColumnIssued, pdf.ColumnDue, pdf.ColumnAmount, pdf.ColumnPaid, pdf.ColumnOpen, pdf.ColumnPenalties, pdf.ColumnTotal},
				Lines: []pdf.SumLine{
					{Label: "Indemnité forfaitaire pour frais de recouvrement (34 × 40 €)", Amount: eur("1360")},
					{Label: "Total dû au 1er février 2027", Amount: eur("38198890.52"), Strong: true},
				}},
			pdf.Paragraph("Nous vous proposons l'échéancier suivant :"),
			pdf.List{Numbered: true, Items: []string{
				"un premier versement **à la signature**, correspondant à la moitié du principal et à la totalité des pénalités arrêtées à ce jour ; ce versement vaut reconnaissance de la dette pour l'ensemble des factures énumérées plus haut ;",
				"le solde du principal en six mensualités égales, le 5 de chaque mois ;",
				"l'indemnité forfaitaire avec la dernière mensualité.",
			}},
			payment,
			pdf.Paragraph("À défaut d'accord de votre part sous huit jours, nous confierons ce dossier à notre conseil, avec instruction d'engager toute procédure utile au recouvrement de notre créance, en principal, intérêts et frais.\nLa présente vaut mise en demeure au sens de l'article 1344 du code civil."),
			pdf.Paragraph("Nous vous prions d'agréer, Mesdames, Messieurs, l'expression de nos salutations distinguées."),
		},
		Signature:  pdf.Signature{Name: "Paul-Alexandre de Vauban-Montferrand", Title: "Président-directeur général", Image: handwriting(t)},
		Enclosures: []string{"copie des trente-quatre factures", "bons de livraison signés", "conditions générales de vente acceptées le 3 mars 2021", "décompte détaillé des pénalités"},
		Footer:     append(footer[:2:2], "Établissements : Lyon, Villefranche-sur-Saône, Marseille – www.vauban.example"),
	}
}

// logo draws a mark: a disc with a bite and two bars.
func logo(t testing.TB) *pdf.Artwork {
	img := image.NewNRGBA(image.Rect(0, 0, 720, 240))
	blue, ochre := color.NRGBA{0x1f, 0x3a, 0x5f, 0xff}, color.NRGBA{0xc8, 0x8a, 0x2c, 0xff}
	for y := range 240 {
		for x := range 720 {
			d := math.Hypot(float64(x-120), float64(y-120))
			switch {
			case d < 110 && math.Hypot(float64(x-165), float64(y-95)) > 60:
				img.SetNRGBA(x, y, blue)
			case x > 270 && y > 60 && y < 110 && x < 690:
				img.SetNRGBA(x, y, blue)
			case x > 270 && y > 135 && y < 160 && x < 560:
				img.SetNRGBA(x, y, ochre)
			}
		}
	}
	return artwork(t, img)
}

// handwriting draws a wavy line in the manner of a signature.
func handwriting(t testing.TB) *pdf.Artwork {
	img := image.NewNRGBA(image.Rect(0, 0, 600, 220))
	pen := color.NRGBA{0x10, 0x20, 0x60, 0xff}
	for i := range 6000 {
		u := float64(i) / 6000
		x := 30 + 520*u + 40*math.Sin(24*u)
		y := 110 - 70*math.Sin(19*u)*math.Exp(-1.5*u) + 25*math.Cos(41*u)
		for dx := range 5 {
			for dy := range 5 {
				img.SetNRGBA(int(x)+dx, int(y)+dy, pen)
			}
		}
	}
	return artwork(t, img)
}

func artwork(t testing.TB, img image.Image) *pdf.Artwork {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	a, err := pdf.NewArtwork(b.Bytes())
	require.NoError(t, err)
	return a
}

// speck is a white dot: a stamp that shows nothing.
func speck(t testing.TB) *pdf.Artwork { return artwork(t, image.NewNRGBA(image.Rect(0, 0, 1, 1))) }
