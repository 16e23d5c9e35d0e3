package dunning

import (
	"strings"

	"github.com/courrier-go/courrier"
)

// accountWords are the words of a statement of account in one language.
type accountWords struct {
	title, body, mail string // {date}; the body has the lists in it, the mail their balances
	due, favour       string
	credit, unapplied string
	ages              [6]string // as Balance.Ageing
	fileName          string    // of the attached document
	line              string    // {label}, {sum}: a balance in the e-mail
}

// accountWordsIn says nothing that demands: no deadline, no charges, no consequence.
var accountWordsIn = map[courrier.Language]accountWords{
	courrier.French: {
		title: "Relevé de compte arrêté au {date}",
		body: "Madame, Monsieur,\n\nVoici l’état de votre compte dans nos livres au {date}.\n\n{table}\n\n{payment}\n\n" +
			"Si votre règlement est déjà parti, ne tenez pas compte de ce relevé. Si une ligne ne correspond pas à vos livres, dites-le-nous.\n\nBien cordialement,",
		mail: "Madame, Monsieur,\n\nVous trouverez ci-joint le relevé de votre compte arrêté au {date}.\n\n{table}\n\n" +
			"Si votre règlement est déjà parti, ne tenez pas compte de ce relevé. Si une ligne ne correspond pas à vos livres, dites-le-nous.\n\nBien cordialement,",
		due: "Solde dû", favour: "Solde en votre faveur", credit: "Avoir", unapplied: "Règlement non imputé",
		ages: [6]string{
			"Non échu", "Échu depuis 1 à 30 jours", "Échu depuis 31 à 60 jours", "Échu depuis 61 à 90 jours",
			"Échu depuis plus de 90 jours", "Avoirs et règlements non imputés",
		},
		fileName: "releve-de-compte.pdf", line: "{label}\u00a0: **{sum}**",
	},
	courrier.English: {
		title: "Statement of account as of {date}",
		body: "Dear customer,\n\nThis is your account in our books as of {date}.\n\n{table}\n\n{payment}\n\n" +
			"Please disregard this statement if you have already paid. If a line differs from your books, let us know.\n\nKind regards,",
		mail: "Dear customer,\n\nPlease find attached your statement of account as of {date}.\n\n{table}\n\n" +
			"Please disregard this statement if you have already paid. If a line differs from your books, let us know.\n\nKind regards,",
		due: "Balance due", favour: "Balance in your favour", credit: "Credit note", unapplied: "Unapplied payment",
		ages: [6]string{
			"Not due", "1 to 30 days overdue", "31 to 60 days overdue", "61 to 90 days overdue",
			"More than 90 days overdue", "Unapplied credit notes and payments",
		},
		fileName: "statement-of-account.pdf", line: "{label}: **{sum}**",
	},
	courrier.German: {
		title: "Kontoauszug zum {date}",
		body: "Sehr geehrte Damen und Herren,\n\ndies ist Ihr Konto in unseren Büchern zum {date}.\n\n{table}\n\n{payment}\n\n" +
			"Sollte Ihre Zahlung bereits unterwegs sein, betrachten Sie diesen Auszug als gegenstandslos. " +
			"Weicht eine Zeile von Ihren Büchern ab, schreiben Sie uns.\n\nMit freundlichen Grüßen",
		mail: "Sehr geehrte Damen und Herren,\n\nim Anhang finden Sie Ihren Kontoauszug zum {date}.\n\n{table}\n\n" +
			"Sollte Ihre Zahlung bereits unterwegs sein, betrachten Sie diesen Auszug als gegenstandslos. " +
			"Weicht eine Zeile von Ihren Büchern ab, schreiben Sie uns.\n\nMit freundlichen Grüßen",
		due: "Offener Saldo", favour: "Saldo zu Ihren Gunsten", credit: "Gutschrift", unapplied: "Nicht zugeordnete Zahlung",
		ages: [6]string{
			"Nicht fällig", "1 bis 30 Tage überfällig", "31 bis 60 Tage überfällig", "61 bis 90 Tage überfällig",
			"Mehr als 90 Tage überfällig", "Nicht zugeordnete Gutschriften und Zahlungen",
		},
		fileName: "kontoauszug.pdf", line: "{label}: **{sum}**",
	},
}

// accountWordsFor finds the words of the first language that has some; else English.
func accountWordsFor(wanted ...courrier.Language) (accountWords, courrier.Language) {
	for _, lang := range wanted {
		if known, ok := lang.Lookup(func(l courrier.Language) bool { _, ok := accountWordsIn[l]; return ok }); ok {
			return accountWordsIn[known], known
		}
	}
	return accountWordsIn[courrier.English], courrier.English
}

// message is what the letter says around the lists.
func (w accountWords) message(s AccountStatement) Message {
	date := s.On.Text(s.Letter.Language)
	body := strings.NewReplacer("{date}", date, "{payment}", s.Letter.Payment).Replace(w.body)
	return Message{Language: s.Letter.Language, Subject: strings.ReplaceAll(w.title, "{date}", date), Body: body}
}

// email is what the e-mail says that carries the letter: its balances and no more.
func (w accountWords) email(s AccountStatement) Text {
	var balances []string
	for _, b := range s.Balances {
		balances = append(balances,
			strings.NewReplacer("{label}", b.Total.Label, "{sum}", b.Total.Amount.Text(s.Letter.Language)).Replace(w.line))
	}
	body := strings.NewReplacer("{date}", s.On.Text(s.Letter.Language), TableMark, listOf(balances)).Replace(w.mail)
	return Text{Subject: s.Letter.Message.Subject, Body: body}
}
