package billing

import "github.com/courrier-go/courrier"

// wording is what the PDF says, in one language.
type wording struct {
	language, subject, open, more                                 string
	account, opening, carried, closing, reserved, due, billed     string
	included, bought, owed, back, sums, taxes, letters, byCarrier string
	untaxed, other                                                string
	kinds                                                         []kindWord
	services                                                      map[courrier.Service]string
	purposes                                                      map[courrier.Purpose]string
	lines                                                         map[courrier.EntryKind]string
	classes                                                       map[string]string
}

type kindWord struct {
	kind  courrier.EntryKind
	label string
	minus bool
}

func (w wording) service(s courrier.Service) string { return orOther(w.services[s], w.other) }

func (w wording) purpose(p courrier.Purpose) string { return orOther(w.purposes[p], w.other) }

// class names a class of tax: the common ones in words, a host's own as it is.
func (w wording) class(c string) string {
	if c == "" {
		return w.untaxed
	}
	return orOther(w.classes[c], c)
}

func orOther(word, other string) string {
	if word == "" {
		return other
	}
	return word
}

// words are the languages: by whether it is English.
var words = map[bool]wording{
	false: {
		language: "fr", subject: "Relevé de courrier du %s au %s",
		open:    "Relevé provisoire : la période n’est pas close, et d’autres opérations peuvent encore s’y ajouter.",
		more:    "%d autres lignes figurent dans le fichier joint au format CSV.",
		account: "Compte", opening: "Solde au début", carried: "dont déjà dû", closing: "Solde à la fin", reserved: "Réservé pour des envois en cours",
		due: "Dû au titre de la période", billed: "Facturé directement par le transporteur",
		included: "Dépensé, crédits inclus", bought: "Dépensé, crédits achetés", owed: "Dépensé, à facturer", back: "Rendu",
		sums: "Envois par service, objet et prix", taxes: "Par régime de TVA", letters: "Détail", byCarrier: "facturé par le transporteur",
		untaxed: "sans régime indiqué", other: "autre",
		kinds: []kindWord{
			{courrier.EntryTopUp, "Crédits achetés", false}, {courrier.EntryPayment, "Paiements", false},
			{courrier.EntryAdjustUp, "Corrections en votre faveur", false}, {courrier.EntryAdjustDown, "Corrections en notre faveur", true},
			{courrier.EntryGrant, "Crédits inclus accordés", false}, {courrier.EntryExpire, "Crédits inclus expirés", true}, {courrier.EntryRevoke, "Crédits inclus retirés", true},
		},
		services: map[courrier.Service]string{
			courrier.ServiceStandard: "lettre verte", courrier.ServiceEconomy: "lettre économique", courrier.ServicePriority: "lettre prioritaire",
			courrier.ServiceTracked: "lettre suivie", courrier.ServiceRegistered: "lettre recommandée", courrier.ServiceRegisteredAR: "lettre recommandée avec AR",
			courrier.ServiceElectronicRegistered: "lettre recommandée électronique",
		},
		purposes: map[courrier.Purpose]string{
			courrier.PurposeQuote: "devis", courrier.PurposeInvoice: "facture", courrier.PurposeCreditNote: "avoir",
			courrier.PurposeReminder: "relance", courrier.PurposeFormalNotice: "mise en demeure",
		},
		lines: map[courrier.EntryKind]string{
			courrier.EntryCapture: "envoi", courrier.EntryRecharge: "envoi facturé de nouveau", courrier.EntryBilled: "envoi facturé par le transporteur",
			courrier.EntryRefund: "envoi remboursé", courrier.EntryRebate: "remise", courrier.EntryUnbilled: "envoi non facturé",
		},
		classes: map[string]string{"exempt": "exonéré de TVA", "standard": "taux normal"},
	},
	true: {
		language: "en", subject: "Statement of post from %s to %s",
		open:    "Provisional statement: the period is not closed, and more may still be entered in it.",
		more:    "%d more lines are in the CSV file that goes with it.",
		account: "Account", opening: "Balance at the beginning", carried: "of which already owed", closing: "Balance at the end", reserved: "Reserved for letters on their way",
		due: "Due for the period", billed: "Billed by the carrier itself",
		included: "Spent of included credit", bought: "Spent of bought credit", owed: "Spent, to be invoiced", back: "Given back",
		sums: "Letters by service, purpose and price", taxes: "By class of tax", letters: "Details", byCarrier: "billed by the carrier",
		untaxed: "no class given", other: "other",
		kinds: []kindWord{
			{courrier.EntryTopUp, "Credit bought", false}, {courrier.EntryPayment, "Payments", false},
			{courrier.EntryAdjustUp, "Corrections in your favour", false}, {courrier.EntryAdjustDown, "Corrections in ours", true},
			{courrier.EntryGrant, "Included credit granted", false}, {courrier.EntryExpire, "Included credit expired", true}, {courrier.EntryRevoke, "Included credit revoked", true},
		},
		services: map[courrier.Service]string{
			courrier.ServiceStandard: "letter", courrier.ServiceEconomy: "economy letter", courrier.ServicePriority: "priority letter",
			courrier.ServiceTracked: "tracked letter", courrier.ServiceRegistered: "registered letter", courrier.ServiceRegisteredAR: "registered letter with receipt",
			courrier.ServiceElectronicRegistered: "electronic registered letter",
		},
		purposes: map[courrier.Purpose]string{
			courrier.PurposeQuote: "quote", courrier.PurposeInvoice: "invoice", courrier.PurposeCreditNote: "credit note",
			courrier.PurposeReminder: "reminder", courrier.PurposeFormalNotice: "formal notice",
		},
		lines: map[courrier.EntryKind]string{
			courrier.EntryCapture: "sent", courrier.EntryRecharge: "charged again", courrier.EntryBilled: "billed by the carrier",
			courrier.EntryRefund: "refunded", courrier.EntryRebate: "rebate", courrier.EntryUnbilled: "not billed",
		},
		classes: map[string]string{"exempt": "exempt from VAT", "standard": "standard rate"},
	},
}
