package dunning

import (
	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// textKey selects one of the library's own texts: notices differ by class of
// debtor, other kinds do not.
type textKey struct {
	kind  courrier.StepKind
	class latepayment.DebtorClass
}

// defaultTexts are the library's own wordings. The formal notices hold what French
// practice asks of one: the words, the demand, the deadline, what the law gives this
// class of debtor, what may follow, a way to dispute. They make no threat and look
// like nobody else's act. What they say of the past comes from the record: {past}.
var defaultTexts = map[textKey]map[courrier.Language]Text{
	{courrier.StepCourtesy, ""}: {
		courrier.French: {
			"{one?Votre facture|Vos factures} {invoices} {one?arrive|arrivent} à échéance",
			"Madame, Monsieur,\n\nNous vous rappelons que {one?la facture|les factures} {invoices}, d’un montant restant dû de {total}, {one?arrive à échéance le|arrivent à échéance, la première le} {oldest_due}.\n\n{table}\n\n{statement}\n\n{payment}\n\n" +
				"Si votre règlement est déjà parti, nous vous en remercions.\n\nBien cordialement,",
		},
		courrier.English: {
			"Your {one?invoice|invoices} {invoices} {one?falls|fall} due soon",
			"Dear customer,\n\nThis is to remind you that {one?invoice|invoices} {invoices}, on which {total} is open, {one?falls due on|fall due, the first on} {oldest_due}.\n\n{table}\n\n{statement}\n\n{payment}\n\n" +
				"If your payment is already on its way, thank you.\n\nKind regards,",
		},
		courrier.German: {
			"Ihre {one?Rechnung|Rechnungen} {invoices} {one?wird|werden} fällig",
			"Sehr geehrte Damen und Herren,\n\nwir erinnern Sie daran, dass {one?die Rechnung|die Rechnungen} {invoices} mit einem offenen Betrag von {total} {one?am|ab dem} {oldest_due} fällig {one?wird|werden}.\n\n{table}\n\n{statement}\n\n{payment}\n\n" +
				"Sollte Ihre Zahlung bereits unterwegs sein, danken wir Ihnen.\n\nMit freundlichen Grüßen",
		},
	},
	{courrier.StepReminder, ""}: {
		courrier.French: {
			"Relance : {total} restant dus",
			"Madame, Monsieur,\n\nSauf erreur de notre part, **{total}** restent dus sur {one?la facture ci-dessous, échue|les factures ci-dessous, dont la plus ancienne était échue} le {oldest_due}.\n\n{table}\n\n{statement}\n\n" +
				"Nous vous remercions de bien vouloir régler cette somme {by}. Si une difficulté s’y oppose, répondez-nous : nous chercherons une solution.\n\n{payment}\n\n" +
				"Si votre règlement s’est croisé avec ce rappel, n’en tenez pas compte.\n\nBien cordialement,",
		},
		courrier.English: {
			"Reminder: {total} open",
			"Dear customer,\n\nUnless we are mistaken, **{total}** is open on {one?the invoice below, which|the invoices below, the oldest of which} fell due on {oldest_due}.\n\n{table}\n\n{statement}\n\n" +
				"Please settle this amount {by}. If anything prevents you from paying, let us know and we will look for a solution.\n\n{payment}\n\n" +
				"If your payment has crossed this reminder, please disregard it.\n\nKind regards,",
		},
		courrier.German: {
			"Zahlungserinnerung: {total} offen",
			"Sehr geehrte Damen und Herren,\n\nsofern wir uns nicht irren, sind auf {one?die folgende Rechnung, fällig am|die folgenden Rechnungen, die älteste fällig am} {oldest_due}, noch **{total}** offen.\n\n{table}\n\n{statement}\n\n" +
				"Bitte zahlen Sie diesen Betrag {by}. Sollte dem etwas entgegenstehen, schreiben Sie uns: Wir suchen eine Lösung.\n\n{payment}\n\n" +
				"Sollte sich Ihre Zahlung mit dieser Erinnerung gekreuzt haben, betrachten Sie sie als gegenstandslos.\n\nMit freundlichen Grüßen",
		},
	},
	{courrier.StepFormalNotice, latepayment.DebtorBusiness}: {
		courrier.French:  {frenchTitle, frenchDemand + "À défaut de règlement dans ce délai, nous nous réservons de faire valoir nos droits par toute voie, y compris devant le tribunal compétent. " + frenchDispute + frenchEnd},
		courrier.English: {englishTitle, englishDemand + "Failing payment by then, we reserve the right to assert our claim by any means, before the competent court if need be. " + englishDispute + englishEnd},
		courrier.German:  {germanTitle, germanDemand + "Ohne Zahlung innerhalb dieser Frist behalten wir uns vor, unsere Rechte auf jedem Weg geltend zu machen, auch vor dem zuständigen Gericht. " + germanDispute + germanEnd},
	},
	{courrier.StepFormalNotice, latepayment.DebtorConsumer}: {
		courrier.French:  {frenchTitle, frenchDemand + "{starts}\n\nÀ défaut de règlement dans ce délai, nous nous réservons de saisir le tribunal compétent. " + frenchDispute + frenchEnd},
		courrier.English: {englishTitle, englishDemand + "{starts}\n\nFailing payment by then, we reserve the right to apply to the competent court. " + englishDispute + englishEnd},
		courrier.German:  {germanTitle, germanDemand + "{starts}\n\nOhne Zahlung innerhalb dieser Frist behalten wir uns vor, das zuständige Gericht anzurufen. " + germanDispute + germanEnd},
	},
	{courrier.StepFormalNotice, latepayment.DebtorPublic}: {
		courrier.French:  {frenchTitle, frenchDemand + "À défaut de paiement, nous nous réservons de saisir la juridiction administrative compétente. " + frenchDispute + frenchEnd},
		courrier.English: {englishTitle, englishDemand + "Failing payment by then, we reserve the right to apply to the competent administrative court. " + englishDispute + englishEnd},
		courrier.German:  {germanTitle, germanDemand + "Ohne Zahlung behalten wir uns vor, das zuständige Verwaltungsgericht anzurufen. " + germanDispute + germanEnd},
	},
}

// The parts that the notices of all classes share.
const (
	frenchTitle  = "Mise en demeure de payer {total}"
	frenchDemand = "Madame, Monsieur,\n\nÀ la date du {date}, {one?la facture ci-dessous demeure impayée|les factures ci-dessous demeurent impayées}. {past}\n\n{table}\n\n" +
		"Par la présente, nous vous **mettons en demeure** de nous régler la somme de **{total}** {by}.\n\n{statement}\n\n"
	frenchDispute = "Si vous contestez tout ou partie de cette somme, indiquez-nous par écrit vos motifs dans ce délai.\n\n"
	frenchEnd     = "Le règlement est à adresser à {sender}, par les moyens indiqués sur {one?la facture|les factures}.\n\n{payment}\n\nVeuillez agréer, Madame, Monsieur, nos salutations distinguées."

	englishTitle  = "Formal notice to pay {total}"
	englishDemand = "Dear customer,\n\nOn {date}, {one?the invoice below remains|the invoices below remain} unpaid. {past}\n\n{table}\n\n" +
		"We hereby give you **formal notice** to pay **{total}** {by}.\n\n{statement}\n\n"
	englishDispute = "If you dispute all or part of this amount, tell us why in writing by then.\n\n"
	englishEnd     = "Please pay {sender}, by the means stated on {one?the invoice|the invoices}.\n\n{payment}\n\nYours faithfully,"

	germanTitle  = "Förmliche Mahnung (mise en demeure) über {total}"
	germanDemand = "Sehr geehrte Damen und Herren,\n\nam {date} {one?ist die folgende Rechnung|sind die folgenden Rechnungen} unbezahlt. {past}\n\n{table}\n\n" +
		"Hiermit **mahnen wir Sie förmlich** (mise en demeure), den Betrag von **{total}** {by} zu zahlen.\n\n{statement}\n\n"
	germanDispute = "Wenn Sie diesen Betrag ganz oder teilweise bestreiten, teilen Sie uns innerhalb dieser Frist schriftlich Ihre Gründe mit.\n\n"
	germanEnd     = "Zahlen Sie bitte an {sender}, auf dem Weg, den {one?die Rechnung nennt|die Rechnungen nennen}.\n\n{payment}\n\nMit freundlichen Grüßen"
)

// phrases are the library's own words that placeholders stand for, in one language.
type phrases struct {
	by             string // with {date}
	byPresentation string // with {n}
	remindedOnce   string // with {dates}
	reminded       string
	and            string // between the last two dates
	starts         string
	transfer       string // with {holder}, {iban}
	bic            string // with {bic}
	remark         string // with {reference}
	// The columns of the list of invoices.
	invoice, due, amount, credited, paid, open string
}

var phrasesIn = map[courrier.Language]phrases{
	courrier.French: {
		by: "au plus tard le **{date}**", byPresentation: "dans les **{n} jours** de la première présentation de cette lettre",
		remindedOnce: "Notre relance du {dates} est restée sans paiement.", reminded: "Nos relances du {dates} sont restées sans paiement.", and: " et du ",
		starts:   "La présente mise en demeure fait courir les intérêts au taux légal à compter de sa première présentation (code civil, art. 1231-6 et 1344-1).",
		transfer: "Par virement à {holder}, IBAN {iban}", bic: ", BIC {bic}", remark: ", référence : {reference}",
		invoice: "facture", due: "échéance", amount: "montant", credited: "avoir", paid: "réglé", open: "reste dû",
	},
	courrier.English: {
		by: "by **{date}** at the latest", byPresentation: "within **{n} days** of the first presentation of this letter",
		remindedOnce: "Our reminder of {dates} has brought no payment.", reminded: "Our reminders of {dates} have brought no payment.", and: " and ",
		starts:   "This formal notice starts interest at the legal rate from its first presentation (code civil, art. 1231-6 and 1344-1).",
		transfer: "By credit transfer to {holder}, IBAN {iban}", bic: ", BIC {bic}", remark: ", reference: {reference}",
		invoice: "invoice", due: "due", amount: "amount", credited: "credited", paid: "paid", open: "open",
	},
	courrier.German: {
		by: "bis spätestens **{date}**", byPresentation: "innerhalb von **{n} Tagen** nach der ersten Vorlage dieses Schreibens",
		remindedOnce: "Unsere Erinnerung vom {dates} blieb ohne Zahlung.", reminded: "Unsere Erinnerungen vom {dates} blieben ohne Zahlung.", and: " und vom ",
		starts:   "Mit dieser Mahnung beginnen ab ihrer ersten Vorlage die Zinsen zum gesetzlichen Satz (code civil, art. 1231-6 und 1344-1).",
		transfer: "Per Überweisung an {holder}, IBAN {iban}", bic: ", BIC {bic}", remark: ", Verwendungszweck: {reference}",
		invoice: "Rechnung", due: "fällig", amount: "Betrag", credited: "Gutschrift", paid: "gezahlt", open: "offen",
	},
}

// phrasesFor returns the phrases of a language that texts were found in; English
// for one that only the host knows.
func phrasesFor(lang courrier.Language) phrases {
	if known, ok := lang.Lookup(func(l courrier.Language) bool { _, ok := phrasesIn[l]; return ok }); ok {
		return phrasesIn[known]
	}
	return phrasesIn[courrier.English]
}
