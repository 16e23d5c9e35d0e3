package billing

import (
	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/words"
)

// wording is what the PDF says, in one language.
type wording struct {
	language, subject, open, more, held                           string
	account, opening, carried, closing, reserved, due, billed     string
	included, bought, owed, back, sums, taxes, letters, byCarrier string
	untaxed, other                                                string
	kinds                                                         []kindWord
	classes                                                       map[string]string
}

type kindWord struct {
	kind  courrier.EntryKind
	label string
}

func (w wording) tag() courrier.Language { return courrier.Language(w.language) }

// name names a service; what is no letter has none.
func (w wording) name(s courrier.Service) string {
	if s == "" {
		return w.other
	}
	return words.Of(s, w.tag())
}

// class names a class of tax: the common ones in words, a host's own as it is.
func (w wording) class(c string) string {
	if c == "" {
		return w.untaxed
	}
	if word, ok := w.classes[c]; ok {
		return word
	}
	return c
}

// wordings are the languages: by whether it is English.
var wordings = map[bool]wording{
	false: {
		language: "fr", subject: "Relevé de courrier du %s au %s",
		open:    "Relevé provisoire : la période n’est pas close, et d’autres opérations peuvent encore s’y ajouter.",
		more:    "%d autres lignes figurent dans le fichier joint au format CSV.",
		account: "Compte", opening: "Solde au début", carried: "dont déjà dû", closing: "Solde à la fin",
		reserved: "Réservé pour des envois en cours", held: "Réservé, variation",
		due: "Dû au titre de la période", billed: "Facturé directement par le transporteur",
		included: "Dépensé, crédits inclus", bought: "Dépensé, crédits achetés", owed: "Dépensé, à facturer", back: "Rendu",
		sums: "Envois par service, objet et prix", taxes: "Par régime de TVA", letters: "Détail", byCarrier: "facturé par le transporteur",
		untaxed: "sans régime indiqué", other: "autre",
		kinds: []kindWord{
			{courrier.EntryTopUp, "Crédits achetés"}, {courrier.EntryPayment, "Paiements"},
			{courrier.EntryAdjustUp, "Corrections en votre faveur"}, {courrier.EntryAdjustDown, "Corrections en notre faveur"},
			{courrier.EntryGrant, "Crédits inclus accordés"}, {courrier.EntryExpire, "Crédits inclus expirés"}, {courrier.EntryRevoke,
				"Crédits inclus retirés"},
		},
		classes: map[string]string{"exempt": "exonéré de TVA", "standard": "taux normal"},
	},
	true: {
		language: "en", subject: "Statement of post from %s to %s",
		open:    "Provisional statement: the period is not closed, and more may still be entered in it.",
		more:    "%d more lines are in the CSV file that goes with it.",
		account: "Account", opening: "Balance at the beginning", carried: "of which already owed", closing: "Balance at the end",
		reserved: "Reserved for letters on their way", held: "Reserved, change",
		due: "Due for the period", billed: "Billed by the carrier itself",
		included: "Spent of included credit", bought: "Spent of bought credit", owed: "Spent, to be invoiced", back: "Given back",
		sums: "Letters by service, purpose and price", taxes: "By class of tax", letters: "Details", byCarrier: "billed by the carrier",
		untaxed: "no class given", other: "other",
		kinds: []kindWord{
			{courrier.EntryTopUp, "Credit bought"}, {courrier.EntryPayment, "Payments"},
			{courrier.EntryAdjustUp, "Corrections in your favour"}, {courrier.EntryAdjustDown, "Corrections in ours"},
			{courrier.EntryGrant, "Included credit granted"}, {courrier.EntryExpire, "Included credit expired"}, {courrier.EntryRevoke,
				"Included credit revoked"},
		},
		classes: map[string]string{"exempt": "exempt from VAT", "standard": "standard rate"},
	},
}
