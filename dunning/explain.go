package dunning

import (
	"strings"

	"github.com/courrier-go/courrier"
)

// sentence is one explanation in each language.
type sentence struct{ en, fr string }

func (s sentence) in(lang courrier.Language) string {
	if lang == courrier.French {
		return s.fr
	}
	return s.en
}

var holdSentences = map[HoldCause]sentence{
	CauseUnusable:    {"the facts given about the invoice cannot be used", "les données de la facture sont inutilisables"},
	CauseCredit:      {"it is an open credit note", "c'est un avoir non utilisé"},
	CauseNetCreditor: {"the customer is owed at least as much as is open", "le client est créancier d'au moins autant que ce qui reste dû"},
	CausePaid:        {"nothing is open", "il ne reste rien à payer"},
	CauseDraft:       {"the invoice is not issued yet", "la facture n'est pas encore émise"},
	CauseExcluded:    {"the invoice is excluded from reminders", "la facture est exclue des relances"},
	CauseInsolvent:   {"the customer is in insolvency proceedings", "le client est en procédure collective"},
	CauseDisputed:    {"the invoice is disputed", "la facture est en litige"},
	CausePaused:      {"reminders to this customer are paused", "les relances de ce client sont en pause"},
	CausePromised:    {"the customer promised to pay", "le client a promis de payer"},
	CausePending:     {"a reminder of it is being reviewed or on its way, or a task waits", "une relance est à valider ou en cours d'envoi, ou une tâche attend"},
	CausePlanDone:    {"the policy has no step left", "le plan de relance est terminé"},
	CauseSnoozed:     {"the reminder was put off", "la relance a été reportée"},
	CauseDelivery:    {"step {step} waits for the delivery of the letter before", "l'étape {step} attend la distribution du courrier précédent"},
	CauseScheduled:   {"the day of step {step} has not come", "la date de l'étape {step} n'est pas arrivée"},
	CauseRequires:    {"step {step} requires an earlier one to have been sent or done long enough ago", "l'étape {step} exige qu'une étape antérieure ait été envoyée ou faite depuis assez longtemps"},
	CauseTurn:        {"a more severe reminder waits to leave", "une relance plus avancée attend de partir"},
	CauseDelivered:   {"the invoice was delivered a short time ago", "la facture a été remise il y a peu de temps"},
	CauseContact:     {"the customer was reminded a short time ago, or the invoice had a task today", "le client a été relancé il y a peu de temps, ou la facture a eu une tâche aujourd'hui"},
	CauseSendingDay:  {"nothing is sent today", "rien n'est envoyé aujourd'hui"},
	CauseNoChannel:   {"neither e-mail nor post is possible for step {step}", "ni l'e-mail ni le courrier ne sont possibles pour l'étape {step}"},
	CauseStepChanged: {"its step is not the one whose turn it is any more", "son étape n'est plus celle dont c'est le tour"},
	CauseBelowAmount: {"the amount is under the minimum", "le montant est inférieur au minimum"},
}

var (
	sentenceHeld     = sentence{"Invoice {invoice} is not reminded: {why}.", "La facture {invoice} n'est pas relancée : {why}."}
	sentenceUntil    = sentence{"Invoice {invoice} is not reminded: {why}; nothing before {until}.", "La facture {invoice} n'est pas relancée : {why} ; rien avant le {until}."}
	sentenceReminded = sentence{
		"Invoice {invoice}, due on {due}, is reminded on {on} with step {step}, planned for {planned}: {open} open in a letter of {total}.",
		"La facture {invoice}, échue le {due}, est relancée le {on} par l'étape {step}, prévue le {planned} : {open} restant dus, dans un courrier de {total}.",
	}
	sentenceTask = sentence{
		"Invoice {invoice}, due on {due}, has the task {task} on {on} by step {step}, planned for {planned}: {open} open of {total}.",
		"La facture {invoice}, échue le {due}, fait l'objet de la tâche {task} le {on} à l'étape {step}, prévue le {planned} : {open} restant dus sur {total}.",
	}
)

// Explain says in a sentence why the invoice is not reminded.
func (h Hold) Explain(lang courrier.Language) string {
	why := strings.ReplaceAll(holdSentences[h.Cause].in(lang), "{step}", h.Step)
	text := sentenceHeld
	if !h.Until.IsZero() {
		text = sentenceUntil
	}
	return strings.NewReplacer("{invoice}", string(h.Invoice), "{why}", why, "{until}", h.Until.String()).Replace(text.in(lang))
}

// Explain says in a sentence why an invoice is or is not reminded; it reports
// false when the outcome is about no such invoice.
func (o *Outcome) Explain(id InvoiceID, lang courrier.Language) (string, bool) {
	if line, d := o.find(id); d != nil {
		return d.explain(line, lang), true
	}
	for _, h := range o.Holds {
		if h.Invoice == id {
			return h.Explain(lang), true
		}
	}
	return "", false
}

func (d *Decision) explain(line ReminderLine, lang courrier.Language) string {
	text := sentenceReminded
	if d.Step.Task != "" {
		text = sentenceTask
	}
	return strings.NewReplacer(
		"{invoice}", string(line.Invoice), "{due}", line.DueOn.String(), "{on}", d.On.String(), "{step}", d.Step.ID,
		"{planned}", d.PlannedOn.String(), "{open}", line.Open.String(), "{total}", d.asks().String(), "{task}", d.Step.Task,
	).Replace(text.in(lang))
}
