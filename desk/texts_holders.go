package desk

import "github.com/courrier-go/courrier"

// holderTexts say what the placeholders of reminders stand for.
var holderTexts = map[string]map[courrier.Language]string{
	"holder.customer":   text("the customer’s name or company", "le nom ou la société du client"),
	"holder.sender":     text("your company’s name", "le nom de votre société"),
	"holder.user":       text("the name of the person who sends it", "le nom de la personne qui l’envoie"),
	"holder.invoices":   text("the numbers of the invoices", "les numéros des factures"),
	"holder.count":      text("how many invoices", "le nombre de factures"),
	"holder.open":       text("what is open of their price", "ce qui reste dû de leur prix"),
	"holder.total":      text("what is asked for: the price, and in a formal notice all that is due", "ce qui est demandé\u00a0: le prix et, dans une mise en demeure, tout ce qui est dû"),
	"holder.oldest_due": text("the due date of the oldest", "l’échéance de la plus ancienne"),
	"holder.days_late":  text("days since that date", "le nombre de jours depuis cette échéance"),
	"holder.deadline":   text("the day by which to pay, with its weekday", "le jour limite de paiement, avec le jour de la semaine"),
	"holder.by":         text("until when to pay, as a phrase", "jusqu’à quand payer, en toutes lettres"),
	"holder.past":       text("a sentence about the reminders sent before", "une phrase sur les relances déjà envoyées"),
	"holder.starts":     text("a sentence about the interest that a first formal notice starts", "une phrase sur les intérêts que fait courir une première mise en demeure"),
	"holder.reference":  text("what the customer knows the matter by", "la référence du dossier chez le client"),
	"holder.date":       text("today", "la date du jour"),
	"holder.statement":  text("what the statement says besides its sums", "ce que le décompte précise à côté de ses sommes"),
	"holder.table":      text("the list of the invoices, alone in its paragraph", "la liste des factures, seule dans son paragraphe"),
	"holder.payment":    text("how to pay", "comment payer"),
	"holder.one?…|…":    text("the first wording about one invoice, the second about several", "la première formule pour une facture, la seconde pour plusieurs"),
}
