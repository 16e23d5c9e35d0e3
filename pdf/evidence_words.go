package pdf

import (
	"cmp"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// evidenceWords are the file's own words in a language.
type evidenceWords struct {
	language                                              string
	file, invoice, purged, unreadable                     string
	intro, documents, text, log                           string
	creditor, debtor, customer, made, claimed, chronology string
	steps, step, date, by, outcome, page, piece, sum      string
	seeLetter, substituted, pieceAlt, notSent, unsure     string
	kinds                                                 map[courrier.StepKind]string
	fields                                                [15]string
	parts                                                 map[string]string
	values                                                map[string]string // of the library's codes
	acts                                                  map[string]string // of a log
	delivery, again, byHand, unsent, doubt, imported, at  string
	task, done, undone, doneOn                            string
	tasks                                                 map[string]string // the library's own; a host's are as they are
	zone                                                  *time.Location
}

var evidenceLanguages = map[courrier.Language]evidenceWords{
	courrier.French: {
		language: "fr", file: "Dossier de preuves", invoice: "Facture", creditor: "Créancier", debtor: "Débiteur", customer: "Client",
		made:    "Établi le",
		claimed: "Montant réclamé en dernier lieu", chronology: "Chronologie", steps: "Les étapes en bref", step: "Étape", date: "Date",
		by: "Moyen", outcome: "Issue",
		page: "Page", piece: "Pièce", sum: "Pièce et empreinte SHA-256", pieceAlt: "%s, page %d sur %d", notSent: "non envoyé",
		unsure:      "envoi non confirmé",
		seeLetter:   "Le texte est celui du courrier : pièce %d, page %d.",
		substituted: "Le signe □ remplace un caractère que la police de ce dossier n’a pas ; le manifeste donne le texte exact.",
		purged:      "fichier non conservé : durée de conservation écoulée",
		unreadable:  "fichier joint à part : il ne s’insère pas dans ce dossier",
		intro: "Ce dossier réunit, dans l’ordre, chaque relance de cette facture, son texte, ses dates et ses preuves. Le " +
			"manifeste qui l’accompagne donne l’empreinte SHA-256 de chaque pièce : chacun peut la recalculer.",
		documents: "Pièces", text: "Texte envoyé", log: "Journal",
		kinds: map[courrier.StepKind]string{courrier.StepCourtesy: "rappel avant échéance", courrier.StepReminder: "relance",
			courrier.StepFormalNotice: "mise en demeure"},
		fields: [15]string{"État", "Motif", "Canal", "Destinataire", "Service", "Envoyé le", "État du pli", "Déposé le",
			"Première présentation", "Distribué le", "Retourné le", "Motif du retour", "Numéro de suivi", "Montant réclamé", "Référence"},
		delivery: "envoi du document", again: "nouvel envoi", byHand: "hors plan", unsent: "non envoyé", at: " à ",
		doubt:    "Le serveur de messagerie n’a pas confirmé cet envoi : il a pu ne pas partir.",
		imported: "Cet envoi est repris d’un système antérieur : ni document ni preuve n’en sont conservés ici.",
		task:     "tâche : ", done: "fait", undone: "non fait", doneOn: "Fait le",
		tasks: map[string]string{dunning.TaskCall: "appel", dunning.TaskVisit: "visite", dunning.TaskCollector: "remise à un cabinet de recouvrement",
			dunning.TaskLawyer: "remise à un avocat", dunning.TaskStopDelivery: "arrêt des livraisons"},
		acts: map[string]string{
			"approved by the policy": "décidé par le plan", "proposed": "proposé à la validation",
			"proposed by hand": "proposé à la main", "sent by hand": "envoyé à la main",
			"approved": "validé", "revised": "modifié", "snoozed": "reporté", "skipped": "abandonné", "cancelled": "annulé",
			"suppressed":     "retenu",
			"back to review": "remis à valider", "joined another reminder": "réuni à une autre relance",
			"e-mail begun": "e-mail en cours d’envoi", "e-mail sent": "e-mail envoyé", "e-mail refused": "e-mail refusé",
			"e-mail came back": "e-mail revenu",
			"e-mail delayed":   "e-mail retardé", "e-mail put off": "e-mail remis à plus tard",
			"e-mail sent, or begun: its server did not answer":         "e-mail envoyé ou en cours : le serveur n’a pas répondu",
			"sent, or begun: the process ended before it was recorded": "e-mail envoyé ou en cours : l’issue n’a pas été enregistrée",
			"letter handed over": "courrier remis", "letter not handed over": "courrier non remis", "letter withdrawn": "courrier retiré",
			"imported": "repris d’un système antérieur", "done": "fait", "expired": "non fait dans le délai",
			"letter accepted by the carrier": "courrier accepté par l’opérateur", "letter sent again": "courrier envoyé de nouveau",
		},
		parts: map[string]string{"letter": "courrier", "attachment": "pièce jointe", "deposit": "preuve de dépôt",
			"content": "preuve de contenu", "delivery": "preuve de distribution", "receipt": "avis de réception",
			"return": "preuve de retour", "loss": "attestation de perte", "html": "e-mail en HTML", "image": "image de l’e-mail"},
		values: map[string]string{
			"cancelled": "annulé", "posted": "déposé", "in_transit": "en cours d’acheminement",
			"awaiting_pickup": "en instance au bureau de poste", "delivered": "distribué",
			"returning": "en cours de retour", "returned": "retourné à l’expéditeur", "lost": "perdu",
			"submitted": "confié à l’opérateur", "accepted": "accepté par l’opérateur",
			"printed": "imprimé", "queued": "en attente d’envoi", "scheduled": "envoi programmé", "held": "retenu", "unknown": "envoi à vérifier",
			"paid": "réglé", "disputed": "contesté", "paused": "client mis en pause", "promised": "paiement promis", "snoozed": "reporté",
			"excluded":  "exclu des relances",
			"insolvent": "procédure collective", "contact_delay": "délai entre deux relances", "no_channel": "aucun canal possible",
			"changed":         "montants modifiés",
			"address changed": "adresse modifiée", "withdrawn": "retiré", "mail server not available": "serveur de messagerie indisponible",
			"proposed": "à valider", "approved": "validé", "sending": "en cours d’envoi", "sent": "envoyé", "postponed": "reporté",
			"skipped": "non envoyé", "failed": "échec",
			"email": "par e-mail", "post": "par courrier", "task": "personne", "not done in time": "non fait dans le délai",
			"standard": "lettre verte", "economy": "lettre économique",
			"priority": "lettre prioritaire",
			"tracked":  "lettre suivie", "registered": "lettre recommandée", "registered_ar": "lettre recommandée avec avis de réception",
			"electronic_registered": "lettre recommandée électronique", "unclaimed": "non réclamé", "refused": "refusé",
			"unknown_addressee": "destinataire inconnu",
			"bad_address":       "adresse erronée", "no_access": "boîte inaccessible", "deceased": "destinataire décédé",
			"damaged": "endommagé", "other": "autre",
		},
	},
	courrier.English: {
		language: "en", file: "Evidence file", invoice: "Invoice", creditor: "Creditor", debtor: "Debtor", customer: "Customer",
		made:    "Made on",
		claimed: "Amount claimed last", chronology: "Chronology", steps: "The steps at a glance", step: "Step", date: "Date", by: "By",
		outcome: "Outcome",
		page:    "Page", piece: "Exhibit", sum: "Exhibit and its SHA-256", pieceAlt: "%s, page %d of %d", notSent: "not sent",
		unsure:      "sending not confirmed",
		seeLetter:   "The text is that of the letter: exhibit %d, page %d.",
		substituted: "The sign □ stands for a character that this file's font lacks; the manifest holds the exact text.",
		purged:      "not kept: its retention is over", unreadable: "handed in apart: it does not fit into this file",
		intro: "This file holds, in order, each reminder of this invoice with its text, its dates and its proofs. The manifest " +
			"beside it gives the SHA-256 of every part, which anyone can compute again.",
		documents: "Documents", text: "Text as sent", log: "Log",
		kinds: map[courrier.StepKind]string{courrier.StepCourtesy: "courtesy before the due date", courrier.StepReminder: "reminder",
			courrier.StepFormalNotice: "formal notice"},
		fields: [15]string{"State", "Reason", "Channel", "Recipient", "Service", "Sent on", "State of the item", "Posted on",
			"First presented", "Delivered on", "Returned on", "Reason of return", "Tracking number", "Amount claimed", "Reference"},
		delivery: "delivery of the document", again: "sent again", byHand: "outside any plan", unsent: "not sent", at: " at ",
		doubt:    "The mail server did not confirm this message: it may not have left.",
		imported: "This message comes from an earlier system: no document and no proof of it are kept here.",
		task:     "task: ", done: "done", undone: "not done", doneOn: "Done on",
		tasks: map[string]string{dunning.TaskCall: "call", dunning.TaskVisit: "visit", dunning.TaskCollector: "hand over to a collector",
			dunning.TaskLawyer: "hand over to a lawyer", dunning.TaskStopDelivery: "stop deliveries"},
		acts:   map[string]string{"imported": "brought in from an earlier system", "expired": "not done in time"},
		values: map[string]string{"task": "person"},
		parts: map[string]string{"letter": "letter", "attachment": "attachment", "deposit": "proof of deposit",
			"content": "proof of content", "delivery": "proof of delivery", "receipt": "advice of receipt", "return": "proof of return",
			"loss": "statement of loss", "html": "e-mail as HTML", "image": "image of the e-mail"},
	},
}

func evidenceWordsIn(lang courrier.Language) evidenceWords {
	if w, ok := evidenceLanguages[lang]; ok {
		return w
	}
	return evidenceLanguages[courrier.English]
}

// titleOf names a step by what it was.
func (w evidenceWords) titleOf(step dunning.EvidenceStep) string {
	title := w.kinds[step.Kind]
	switch {
	case step.Delivery != "":
		title = w.delivery
	case step.Task != "":
		return w.taskTitle(step)
	case step.AdHoc:
		title += ", " + w.byHand
	}
	if step.Again {
		title += ", " + w.again
	}
	if step.SentOn.IsZero() {
		title += ", " + w.unsent
	}
	return title
}

// taskTitle names a task; nothing of it was sent.
func (w evidenceWords) taskTitle(step dunning.EvidenceStep) string {
	title := w.task + cmp.Or(w.tasks[step.Task], step.Task)
	if step.SentOn.IsZero() {
		title += ", " + w.undone
	}
	return title
}

// state is where a step stands.
func (w evidenceWords) state(step dunning.EvidenceStep) string {
	switch {
	case step.Task == "":
		return w.value(string(step.State))
	case step.SentOn.IsZero():
		return w.undone
	}
	return w.done
}

func (w evidenceWords) partName(kind string) string {
	if name, ok := w.parts[kind]; ok {
		return name
	}
	return kind
}

// value is a state, channel, service or reason in the file's language.
func (w evidenceWords) value(code string) string {
	if text, ok := w.values[code]; ok {
		return text
	}
	return strings.ReplaceAll(code, "_", " ")
}

// act is one line of a log in the file's language.
func (w evidenceWords) act(a dunning.ReminderAct) string {
	text := a.Act
	if known, ok := w.acts[a.Act]; ok {
		text = known
	}
	if a.Note != "" {
		text += " (" + w.value(a.Note) + ")"
	}
	if a.Actor != "" {
		text += ", " + string(a.Actor)
	}
	return text
}
