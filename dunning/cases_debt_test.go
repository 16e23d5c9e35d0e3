package dunning_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

// debtCases are about sums: facts, statement, letter, e-mail and checker are one.
var debtCases = map[string]func(t *testing.T){
	"debt-01": oneFigureEverywhere,
	"debt-02": rowsSubtract,
	"debt-03": bookedChargesCountOnce,
	"debt-04": whatIsNotDueStandsApart,
	"debt-05": strangeSumsAreFound,
	"debt-06": claimsNameTheirTexts,
	"debt-07": publicBuyersPayThePriceFirst,
	"debt-08": everyChannelAsksTheSame,
	"debt-09": deadlinesEndOnWorkingDays,
	"debt-10": theStatementIsOfItsClass,
	"debt-11": feesNeedProof,
	"debt-12": consumersAreProtected,
	"debt-13": deadlinesInWords,
	"debt-14": aPriceNeverOwedBearsNothing,
	"debt-15": nothingIsSetOffSilently,
	"debt-16": netCreditorsAreHeld,
	"debt-17": thePastIsTrue,
	"debt-18": aFirstNoticeSaysWhatItStarts,
	"debt-19": costsKeepLabelAndProof,
	"debt-20": electronicLettersNeedConsent,
	"debt-21": languagesAreLookedUp,
	"debt-22": instalmentsAreOneInvoice,
	"debt-23": creditNotesAreInTheRow,
}

func eur(s string) courrier.Amount { return courrier.MustAmount(s, "EUR") }

// noticed is an office with a policy of one formal notice, ten days after the due date.
func noticed(t *testing.T, class latepayment.DebtorClass, invoices ...dunning.Invoice) *office {
	o := newOffice(t)
	o.plans.Policies = []courrier.ReminderPolicy{{ID: "standard", Steps: []courrier.Step{{ID: "notice", Kind: courrier.StepFormalNotice, OffsetDays: 10, Unannounced: true}}}}
	o.owe("c1", postOnly, invoices...)
	c := o.cases["c1"]
	c.Customer.Class = class
	o.cases["c1"] = c
	return o
}

// printedOn runs a day and returns what the one notice in review would print.
func (o *office) printedOn(on string) (dunning.Preview, dunning.PrintedReminder) {
	o.T.Helper()
	o.decided(on)
	queue := o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Len(o.T, queue, 1)
	view, err := o.dunning.Preview(o.Ctx, queue[0].ID)
	require.NoError(o.T, err)
	var p dunning.PrintedReminder
	if view.Letter != nil {
		require.NoError(o.T, json.Unmarshal(view.Letter.Documents[0].Content[len("%PDF-1.7 "):], &p))
	}
	return view, p
}

func owes(number, due, amount string) dunning.Invoice {
	return dunning.Invoice{
		ID: dunning.InvoiceID(number), Number: number, IssuedOn: day(due).AddDays(-30), Parts: dunning.Due(day(due), eur(amount)),
	}
}

func fa0101() dunning.Invoice {
	inv := owes("FA-0101", "2026-05-30", "12000.00")
	inv.Payments = []dunning.Payment{{On: day("2026-08-20"), Amount: eur("3000.00")}}
	return inv
}

func plain(s string) string { return strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(s) }

func stated(t *testing.T, class latepayment.DebtorClass, on string, invoices ...latepayment.Invoice) latepayment.Statement {
	t.Helper()
	s, err := latepayment.France().Statement(latepayment.Debt{On: day(on), Debtor: class, Invoices: invoices})
	require.NoError(t, err)
	require.NoError(t, s.Verify())
	return s
}

func oneFigureEverywhere(t *testing.T) {
	o := noticed(t, latepayment.DebtorBusiness, fa0101(), owes("FA-0155", "2026-08-30", "1840.56"))
	view, p := o.printedOn("2026-11-30")
	require.Equal(t, "11633.19 EUR", p.Total.String())
	require.Equal(t, p.Total, view.Reminder.Decision.Total, "the row of the queue")
	require.Equal(t, p.Total, p.Sums[len(p.Sums)-1].Amount, "the table")
	require.Contains(t, plain(p.Message.Subject), "11 633,19 €")
	require.Contains(t, plain(p.Message.Body), "régler la somme de **11 633,19 €**")
	require.True(t, view.Check.Report.OK(), "%+v\n%s", view.Check.Report, view.Check.Text)
	require.NoError(t, view.Reminder.Decision.Statement.Verify(), "what is stored can be computed again")
}

func rowsSubtract(t *testing.T) {
	s := stated(t, latepayment.DebtorBusiness, "2026-11-30", latepayment.Invoice{Number: "FA-0101", Parts: fa0101().Parts, Payments: fa0101().Payments})
	require.Equal(t, "9695.10 EUR", s.Total.String())
	part := s.Lines[0].Parts[0]
	require.Equal(t, []string{"12000.00 EUR", "3000.00 EUR", "9000.00 EUR"}, []string{part.Amount.String(), part.Paid.String(), part.Open.String()})
	require.Equal(t, "655.10 EUR", s.Interest.String())
	notes := strings.Join(s.Notes(latepayment.DefaultWordings().Find("fr"), "fr", true), "\n")
	require.Contains(t, plain(notes), "3 000,00 € (pénalités de retard 331,74 €, principal 2 668,26 €")
}

func bookedChargesCountOnce(t *testing.T) {
	inv := owes("F-1", "2026-05-30", "1000.00")
	inv.Charged = []dunning.Charge{{Kind: latepayment.ChargeCompensation, Amount: eur("40.00")}}
	o := noticed(t, latepayment.DebtorBusiness, inv)
	_, p := o.printedOn("2026-11-30")
	require.Equal(t, "40.00 EUR", p.Statement.CompensationDue.String())
	require.Equal(t, "1102.30 EUR", p.Total.String())
}

func whatIsNotDueStandsApart(t *testing.T) {
	s := stated(t, latepayment.DebtorBusiness, "2026-10-01",
		latepayment.Invoice{Number: "F-1", Parts: dunning.Due(day("2026-08-30"), eur("1000.00"))},
		latepayment.Invoice{Number: "F-2", Parts: dunning.Due(day("2026-10-30"), eur("5000.00"))})
	require.Equal(t, "1050.87 EUR", s.Total.String())
	require.Equal(t, "5000.00 EUR", s.NotYetDue.String())
	notes := plain(strings.Join(s.Notes(latepayment.DefaultWordings().Find("fr"), "fr", true), "\n"))
	require.Contains(t, notes, "À échoir, non compris dans ce total : facture F-2, 5 000,00 € au 30 octobre 2026.")
}

func strangeSumsAreFound(t *testing.T) {
	o := noticed(t, latepayment.DebtorBusiness, owes("F-1", "2026-08-30", "1000.00"))
	view, p := o.printedOn("2026-10-01")
	require.True(t, view.Check.Report.OK(), "%+v\n%s", view.Check.Report, view.Check.Text)
	written := p.Total.Text("fr")
	for _, changed := range []string{"1 050,88 €", "9 999,00 €", "0,00 €", written + ". Soit au total 5 254,35 €"} {
		body := strings.Replace(p.Message.Body, written, changed, 1)
		_, err := o.dunning.Revise(o.Ctx, view.Reminder.ID, dunning.Edit{Body: &body})
		require.NoError(t, err)
		again, err := o.dunning.Preview(o.Ctx, view.Reminder.ID)
		require.NoError(t, err)
		require.False(t, again.Check.Report.OK(), changed)
		found := again.Check.Report.Forbidden[0]
		require.Equal(t, latepayment.ClaimStrangeSum, found.Key)
		require.NotEmpty(t, again.Check.Text[found.Start:found.End], "its place")
	}
}

func claimsNameTheirTexts(t *testing.T) {
	for class, text := range map[latepayment.DebtorClass]string{latepayment.DebtorBusiness: "D441-5", latepayment.DebtorPublic: "D2192-35"} {
		_, p := noticed(t, class, owes("F-1", "2026-05-30", "1000.00")).printedOn("2026-11-30")
		require.Contains(t, p.Message.Body, text)
	}
}

func publicBuyersPayThePriceFirst(t *testing.T) {
	view, p := noticed(t, latepayment.DebtorPublic, owes("F-1", "2026-05-30", "1000.00")).printedOn("2026-11-30")
	require.Equal(t, "1000.00 EUR", p.Total.String())
	require.Contains(t, p.Message.Body, "45 jours suivant la mise en paiement")
	require.Contains(t, p.Message.Body, "R2192-36")
	require.True(t, view.Check.Report.OK(), "%+v\n%s", view.Check.Report, view.Check.Text)
}

func everyChannelAsksTheSame(t *testing.T) {
	o := newOffice(t)
	o.plans.ChargeReminders = true
	o.owe("c1", both, owes("F-1", "2026-05-30", "1000.00"))
	o.decided("2026-11-30")
	o.work()
	require.Len(t, o.mails, 1)
	text := plain(o.mails[0].Text)
	require.Contains(t, text, "1 102,30 € restent dus")
	require.Contains(t, text, "reste dû 1 000,00 €")
	require.Contains(t, text, "au taux de 12,40 %")
	require.Contains(t, text, "L441-10")
	require.Contains(t, text, "Total à régler : 1 102,30 €")
}

func deadlinesEndOnWorkingDays(t *testing.T) {
	for on, want := range map[string]string{"2026-12-17": "lundi 28 décembre 2026", "2026-12-24": "lundi 4 janvier 2027", "2026-12-05": "lundi 14 décembre 2026"} {
		o := noticed(t, latepayment.DebtorBusiness, owes("F-1", "2026-05-30", "1000.00"))
		o.plans.Policies[0].SendingDays = 127
		_, p := o.printedOn(on)
		require.Contains(t, p.Message.Body, "au plus tard le **"+want+"**")
	}
	o := noticed(t, latepayment.DebtorConsumer, owes("F-1", "2026-05-30", "1000.00"))
	o.plans.Deadlines = dunning.Deadlines{Consumer: 20, FromPresentation: true}
	_, p := o.printedOn("2026-11-30")
	require.Contains(t, p.Message.Body, "dans les **20 jours** de la première présentation")
}

// businessForAll is a law that takes everybody for a business.
type businessForAll struct{}

func (businessForAll) Statement(d latepayment.Debt) (latepayment.Statement, error) {
	d.Debtor = latepayment.DebtorBusiness
	return latepayment.France().Statement(d)
}

func theStatementIsOfItsClass(t *testing.T) {
	for _, class := range []latepayment.DebtorClass{latepayment.DebtorConsumer, ""} {
		o := noticed(t, class, owes("F-1", "2026-05-30", "1000.00"))
		o.law = businessForAll{}
		o.again()
		o.Clock = day("2026-11-30").In(time.UTC).Add(6 * time.Hour)
		report, err := o.dunning.RunDay(o.Ctx, day("2026-11-30"), o.stream())
		require.NoError(t, err)
		require.Equal(t, 1, report.Failed)
		require.Equal(t, "LatePayment.Statement", courrier.FieldErrors(report.Errors[0])[0].Field)
		require.Empty(t, o.queue(dunning.ReminderFilter{}))
	}
}

func feesNeedProof(t *testing.T) {
	for _, class := range []latepayment.DebtorClass{latepayment.DebtorBusiness, latepayment.DebtorPublic} {
		inv := owes("F-1", "2026-05-30", "1000.00")
		inv.Charged = []dunning.Charge{{Kind: latepayment.ChargeCost, Label: "relance", Amount: eur("135.00")}}
		o := noticed(t, class, inv)
		o.Clock = day("2026-11-30").In(time.UTC).Add(6 * time.Hour)
		report, err := o.dunning.RunDay(o.Ctx, day("2026-11-30"), o.stream())
		require.NoError(t, err)
		require.Equal(t, 1, report.Failed, "nothing is proposed")
		require.Equal(t, "Invoices[0].Charged[0].Proof", courrier.FieldErrors(report.Errors[0])[0].Field)
		require.ErrorContains(t, report.Errors[0], "F-1")
		require.Contains(t, keysOf(latepayment.CheckClaims("Frais de relance : 135,00 €", latepayment.LetterFacts{Kind: courrier.StepFormalNotice, Debtor: class})), latepayment.ClaimUnproved)
	}
}

func keysOf(found []latepayment.Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, f.Key)
	}
	return all
}

func consumersAreProtected(t *testing.T) {
	facts := latepayment.LetterFacts{Kind: courrier.StepFormalNotice, Debtor: latepayment.DebtorConsumer}
	for text, key := range map[string]string{
		"Indemnité de recouvrement : 40,00 €": latepayment.ClaimCost, "Indemnité légale de 40 €": latepayment.ClaimCost, "Timbre : 6,11 €": latepayment.ClaimCost,
		"Frais de rejet de prélèvement": latepayment.ClaimCost, "Pénalités de retard au taux de 12,40 %": latepayment.ClaimPenalty,
		"Majoration de 10 % soit 100,00 €": latepayment.ClaimPenalty, "Cette lettre interrompra la prescription.": latepayment.ClaimLimitation,
	} {
		require.Contains(t, keysOf(latepayment.CheckClaims(text, facts)), key, text)
	}
	for _, harmless := range []string{
		"Les frais d'envoi sont à notre charge.",
		"Article L111-8 : « Les frais de recouvrement entrepris sans titre exécutoire restent à la charge du créancier. »",
	} {
		require.NotContains(t, keysOf(latepayment.CheckClaims(harmless, facts)), latepayment.ClaimCost, harmless)
	}
}

func deadlinesInWords(t *testing.T) {
	for _, text := range []string{"sous huitaine", "sous quinzaine", "dès réception de la présente", "sans délai"} {
		require.Len(t, latepayment.FindDeadlines("Veuillez payer "+text+"."), 1, text)
	}
}

func aPriceNeverOwedBearsNothing(t *testing.T) {
	s := stated(t, latepayment.DebtorBusiness, "2026-11-30", latepayment.Invoice{
		Number: "F-1", Parts: dunning.Due(day("2026-03-02"), eur("12000")), Credits: []dunning.Credit{{On: day("2026-05-04"), Amount: eur("12000")}},
	})
	require.True(t, s.Total.IsZero())
	require.Equal(t, latepayment.WholeCredited, s.Warnings[0].Code)
}

func nothingIsSetOffSilently(t *testing.T) {
	over := owes("F-9", "2026-04-30", "1000.00")
	over.Payments = []dunning.Payment{{On: day("2026-04-20"), Amount: eur("1200.00")}}
	o := newOffice(t)
	o.owe("c1", both, over, owes("F-10", "2026-05-30", "300.00"))
	o.decided("2026-11-30")
	rows := o.queue(dunning.ReminderFilter{})
	require.Len(t, rows, 1)
	require.Equal(t, dunning.ReminderProposed, rows[0].State, "a person is told before anything leaves")
	s := rows[0].Decision.Statement
	require.Equal(t, "200.00 EUR", s.Credit.String())
	require.Equal(t, "300.00 EUR", rows[0].Decision.Total.String(), "and nothing is deducted")
	require.Equal(t, latepayment.CreditHeld, s.Warnings[0].Code)

	o.plans.Credits = dunning.CreditDeducted
	notice := noticed(t, latepayment.DebtorBusiness, over, owes("F-10", "2026-05-30", "300.00"))
	notice.plans.Credits = dunning.CreditDeducted
	_, p := notice.printedOn("2026-11-30")
	require.Equal(t, "-200.00 EUR", p.Sums[len(p.Sums)-2].Amount.String(), "the set-off is invoked by name")
}

func netCreditorsAreHeld(t *testing.T) {
	note := owes("AV-1", "2026-05-01", "-60.00")
	o := newOffice(t)
	o.owe("c1", both, owes("F-1", "2026-05-30", "40.00"), note)
	report := o.day("2026-11-30")
	require.Equal(t, map[dunning.HoldCause]int{dunning.CauseNetCreditor: 1, dunning.CauseCredit: 1}, report.Held)
	o.owe("c1", both, owes("F-1", "2026-05-30", "40.00"))
	c := o.cases["c1"]
	c.Unallocated = []dunning.Payment{{On: day("2026-06-01"), Amount: eur("40.00")}}
	o.cases["c1"] = c
	require.Equal(t, map[dunning.HoldCause]int{dunning.CauseNetCreditor: 1}, o.day("2026-12-01").Held)
	require.Empty(t, o.mails)
}

func thePastIsTrue(t *testing.T) {
	view, p := noticed(t, latepayment.DebtorBusiness, owes("F-1", "2026-05-30", "1000.00")).printedOn("2026-11-30")
	require.NotContains(t, p.Message.Body, "relance")
	body := "Malgré nos relances, payez au plus tard demain."
	o := noticed(t, latepayment.DebtorBusiness, owes("F-1", "2026-05-30", "1000.00"))
	view, _ = o.printedOn("2026-11-30")
	_, err := o.dunning.Revise(o.Ctx, view.Reminder.ID, dunning.Edit{Body: &body})
	require.NoError(t, err)
	again, err := o.dunning.Preview(o.Ctx, view.Reminder.ID)
	require.NoError(t, err)
	require.Contains(t, keysOf(again.Check.Report.Forbidden), latepayment.ClaimFalsePast)
}

func aFirstNoticeSaysWhatItStarts(t *testing.T) {
	view, p := noticed(t, latepayment.DebtorConsumer, owes("F-1", "2026-05-30", "1000.00")).printedOn("2026-11-30")
	require.Contains(t, p.Message.Body, "fait courir les intérêts au taux légal")
	require.Contains(t, p.Message.Body, "1231-6 et 1344-1")
	require.Equal(t, "1000.00 EUR", p.Total.String())
	require.True(t, view.Check.Report.OK(), "%+v\n%s", view.Check.Report, view.Check.Text)
}

func costsKeepLabelAndProof(t *testing.T) {
	inv := owes("F-1", "2026-05-30", "1000.00")
	inv.Charged = []dunning.Charge{{Kind: latepayment.ChargeCost, Label: "commissaire de justice", Amount: eur("30.00"), Proof: "facture 12"}}
	view, p := noticed(t, latepayment.DebtorBusiness, inv).printedOn("2026-11-30")
	require.Equal(t, inv.Charged, view.Reminder.Decision.Statement.Lines[0].Costs, "stored")
	var labels string
	for _, row := range p.Sums {
		labels += row.Label + "\n"
	}
	require.Contains(t, labels, "commissaire de justice (justificatif : facture 12)", "printed")
}

func electronicLettersNeedConsent(t *testing.T) {
	o := noticed(t, latepayment.DebtorConsumer, owes("F-1", "2026-05-30", "1000.00"))
	o.plans.Policies[0].Steps[0].Service = courrier.ServiceElectronicRegistered
	o.decided("2026-11-30")
	id := o.queue(dunning.ReminderFilter{})[0].ID
	_, err := o.dunning.Preview(o.Ctx, id)
	require.Equal(t, "DebtorDetails.ConsentOn", courrier.FieldErrors(err)[0].Field)
	o.mend = func(d *dunning.DebtorDetails) { d.ConsentOn = day("2026-01-02") }
	_, err = o.dunning.Preview(o.Ctx, id)
	for _, fe := range courrier.FieldErrors(err) { // the tariff of the scene has no price for it
		require.NotEqual(t, "DebtorDetails.ConsentOn", fe.Field)
	}
}

func languagesAreLookedUp(t *testing.T) {
	for _, tag := range []courrier.Language{"fr-FR", "fr_FR", "FR", "fr-CA", "xx", ""} { // the account's is French
		o := noticed(t, latepayment.DebtorBusiness, owes("F-1", "2026-05-30", "1000.00"))
		o.mend = func(d *dunning.DebtorDetails) { d.Language = tag }
		_, p := o.printedOn("2026-11-30")
		require.Equal(t, courrier.French, p.Language, tag)
		require.Contains(t, p.Message.Subject, "Mise en demeure")
	}
	o := noticed(t, latepayment.DebtorBusiness, owes("F-1", "2026-05-30", "1000.00"))
	o.mend = func(d *dunning.DebtorDetails) { d.Language = "de-AT" }
	_, p := o.printedOn("2026-11-30")
	require.Equal(t, courrier.German, p.Language)
	require.Contains(t, p.Message.Body, "Sehr geehrte")
	require.Contains(t, p.Sums[len(p.Sums)-1].Label, "Zu zahlen")
}

func instalmentsAreOneInvoice(t *testing.T) {
	inv := owes("F-1", "2026-05-30", "500.00")
	inv.Parts = append(inv.Parts, dunning.DuePart{DueOn: day("2026-06-30"), Amount: eur("500.00")}, dunning.DuePart{DueOn: day("2026-12-31"), Amount: eur("500.00")})
	view, p := noticed(t, latepayment.DebtorBusiness, inv).printedOn("2026-11-30")
	require.Equal(t, []dunning.InvoiceID{"F-1", "F-1#2"}, []dunning.InvoiceID{view.Reminder.Decision.Lines[0].Invoice, view.Reminder.Decision.Lines[1].Invoice})
	require.Equal(t, []string{"F-1"}, p.Numbers, "one number")
	require.Equal(t, "40.00 EUR", p.Statement.CompensationDue.String(), "one compensation")
	require.Equal(t, "1000.00 EUR", p.Statement.Open.String())
	require.Equal(t, "500.00 EUR", p.Statement.NotYetDue.String())
	require.True(t, view.Check.Report.OK(), "%+v\n%s", view.Check.Report, view.Check.Text)
}

func creditNotesAreInTheRow(t *testing.T) {
	inv := fa0101()
	inv.Credits = []dunning.Credit{{On: day("2026-09-01"), Number: "AV-7", Amount: eur("100.00")}}
	view, p := noticed(t, latepayment.DebtorBusiness, inv).printedOn("2026-11-30")
	part := p.Statement.Lines[0].Parts[0]
	require.Equal(t, []courrier.Amount{eur("12000.00"), eur("100.00"), eur("3000.00"), eur("8900.00")}, []courrier.Amount{part.Amount, part.Credited, part.Paid, part.Open})
	require.Equal(t, "9592.04 EUR", p.Total.String())
	require.True(t, view.Check.Report.OK(), "%+v\n%s", view.Check.Report, view.Check.Text)
}
