package words

import (
	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

// both writes a word in English and in French.
func both(en, fr string) map[courrier.Language]string {
	return map[courrier.Language]string{courrier.English: en, courrier.French: fr}
}

type entries map[string]map[courrier.Language]string

var own = Table{
	"status": entries{
		string(courrier.StatusHeld):            both("on hold", "en attente"),
		string(courrier.StatusScheduled):       both("leaves at a set time", "départ programmé"),
		string(courrier.StatusQueued):          both("ready to leave", "prêt à partir"),
		string(courrier.StatusUnknown):         both("outcome not known yet", "issue encore inconnue"),
		string(courrier.StatusSubmitted):       both("handed to the carrier", "remis au prestataire"),
		string(courrier.StatusAccepted):        both("accepted by the carrier", "accepté par le prestataire"),
		string(courrier.StatusBlocked):         both("blocked at the carrier", "bloqué chez le prestataire"),
		string(courrier.StatusCancelRequested): both("cancellation asked", "annulation demandée"),
		string(courrier.StatusPrinted):         both("printed", "imprimé"),
		string(courrier.StatusPosted):          both("posted", "posté"),
		string(courrier.StatusInTransit):       both("on its way", "en cours d'acheminement"),
		string(courrier.StatusAwaitingPickup):  both("waiting at the post office", "à retirer en point de retrait"),
		string(courrier.StatusReturning):       both("coming back", "en cours de retour"),
		string(courrier.StatusDelivered):       both("delivered", "distribué"),
		string(courrier.StatusLost):            both("lost", "perdu"),
		string(courrier.StatusReturned):        both("returned", "retourné"),
		string(courrier.StatusFailed):          both("failed", "échec"),
		string(courrier.StatusCancelled):       both("cancelled", "annulé"),
	},
	"service": entries{
		string(courrier.ServiceStandard):             both("letter", "lettre verte"),
		string(courrier.ServiceEconomy):              both("economy letter", "lettre économique"),
		string(courrier.ServicePriority):             both("priority letter", "lettre prioritaire"),
		string(courrier.ServiceTracked):              both("tracked letter", "lettre suivie"),
		string(courrier.ServiceRegistered):           both("registered letter", "lettre recommandée"),
		string(courrier.ServiceRegisteredAR):         both("registered letter with advice of receipt", "lettre recommandée avec avis de réception"),
		string(courrier.ServiceElectronicRegistered): both("electronic registered letter", "lettre recommandée électronique"),
	},
	"proof": entries{
		string(courrier.ProofOfDeposit):  both("proof of deposit", "preuve de dépôt"),
		string(courrier.ProofOfContent):  both("proof of content", "preuve de contenu"),
		string(courrier.ProofOfDelivery): both("proof of delivery", "preuve de distribution"),
		string(courrier.ProofOfReceipt):  both("advice of receipt", "avis de réception"),
		string(courrier.ProofOfReturn):   both("scan of the returned letter", "numérisation du pli retourné"),
		string(courrier.ProofOfLoss):     both("proof of loss", "attestation de perte"),
	},
	"return": entries{
		string(courrier.ReturnUnclaimed):        both("not collected", "pli non réclamé"),
		string(courrier.ReturnRefused):          both("refused by the addressee", "pli refusé par le destinataire"),
		string(courrier.ReturnUnknownAddressee): both("addressee unknown", "destinataire inconnu à l'adresse"),
		string(courrier.ReturnBadAddress):       both("incomplete or wrong address", "défaut d'accès ou d'adressage"),
		string(courrier.ReturnNoAccess):         both("no access", "accès impossible"),
		string(courrier.ReturnDeceased):         both("addressee deceased", "destinataire décédé"),
		string(courrier.ReturnDamaged):          both("damaged", "pli endommagé"),
		string(courrier.ReturnOther):            both("another reason", "autre motif"),
	},
	"hold": entries{
		string(courrier.HoldCredit):   both("waits for credit", "attend du crédit"),
		string(courrier.HoldHost):     both("held by a person", "retenu par une personne"),
		string(courrier.HoldGate):     both("held by a check right before it left", "retenu par un contrôle juste avant l'envoi"),
		string(courrier.HoldContents): both("a document is missing", "un document manque"),
		string(courrier.HoldPostOff):  both("post is switched off", "l'envoi postal est désactivé"),
		string(courrier.HoldStale):    both("waited for credit for too long", "a attendu du crédit trop longtemps"),
	},
	"claim": entries{
		string(courrier.ClaimReceiptMissing): both("advice of receipt missing", "avis de réception manquant"),
		string(courrier.ClaimReturned):       both("letter returned", "pli retourné"),
		string(courrier.ClaimLost):           both("letter lost", "pli perdu"),
	},
	"purpose": entries{
		string(courrier.PurposeQuote):        both("quote", "devis"),
		string(courrier.PurposeInvoice):      both("invoice", "facture"),
		string(courrier.PurposeCreditNote):   both("credit note", "avoir"),
		string(courrier.PurposeReminder):     both("reminder", "relance"),
		string(courrier.PurposeFormalNotice): both("formal notice", "mise en demeure"),
		string(courrier.PurposeOther):        both("letter", "courrier"),
	},
	"channel": entries{
		string(courrier.ChannelEmail): both("e-mail", "e-mail"),
		string(courrier.ChannelPost):  both("post", "courrier"),
	},
	"step": entries{
		string(courrier.StepCourtesy):     both("courtesy before the due date", "rappel avant échéance"),
		string(courrier.StepReminder):     both("reminder", "relance"),
		string(courrier.StepFormalNotice): both("formal notice", "mise en demeure"),
	},
	"billing": entries{
		string(courrier.BillingPrepaid):   both("prepaid", "prépayé"),
		string(courrier.BillingPostpaid):  both("invoiced afterwards", "facturé après coup"),
		string(courrier.BillingByCarrier): both("billed by the carrier", "facturé par le prestataire"),
	},
	"entry": entries{
		string(courrier.EntryTopUp):      both("bought", "achat"),
		string(courrier.EntryGrant):      both("included", "inclus"),
		string(courrier.EntryExpire):     both("expired", "expiré"),
		string(courrier.EntryReserve):    both("reserved", "réservé"),
		string(courrier.EntryCapture):    both("used", "utilisé"),
		string(courrier.EntryRelease):    both("given back before leaving", "rendu avant envoi"),
		string(courrier.EntryRefund):     both("refunded", "remboursé"),
		string(courrier.EntryRecharge):   both("charged again", "débité à nouveau"),
		string(courrier.EntryPayment):    both("payment", "paiement"),
		string(courrier.EntryAdjustUp):   both("correction in favour of the account", "correction en faveur du compte"),
		string(courrier.EntryAdjustDown): both("correction against the account", "correction au débit du compte"),
		string(courrier.EntryAllowance):  both("monthly allowance", "dotation mensuelle"),
		string(courrier.EntryBegin):      both("included credit begins", "début des crédits inclus"),
		string(courrier.EntryRevoke):     both("included credit taken back", "crédits inclus retirés"),
		string(courrier.EntryRebate):     both("rebate", "remise"),
		string(courrier.EntryBilled):     both("billed by the carrier", "facturé par le prestataire"),
		string(courrier.EntryUnbilled):   both("not billed after all", "finalement non facturé"),
		string(courrier.EntryClose):      both("end of a period", "fin de période"),
	},
	"debtor": entries{
		string(latepayment.DebtorBusiness):        both("business", "professionnel"),
		string(latepayment.DebtorConsumer):        both("consumer", "consommateur"),
		string(latepayment.DebtorNonProfessional): both("non-professional", "non-professionnel"),
		string(latepayment.DebtorPublic):          both("public buyer", "acheteur public"),
	},
	"reminder": entries{
		string(dunning.ReminderProposed):  both("to review", "à valider"),
		string(dunning.ReminderApproved):  both("approved", "validée"),
		string(dunning.ReminderSending):   both("leaving", "en cours d'envoi"),
		string(dunning.ReminderSent):      both("sent", "envoyée"),
		string(dunning.ReminderPostponed): both("put off", "reportée"),
		string(dunning.ReminderSkipped):   both("skipped", "passée"),
		string(dunning.ReminderFailed):    both("could not be sent", "envoi impossible"),
	},
	"cause": entries{
		string(dunning.CauseUnusable):    both("the facts cannot be used", "les données sont inutilisables"),
		string(dunning.CauseCredit):      both("a credit note", "un avoir"),
		string(dunning.CausePaid):        both("paid", "payée"),
		string(dunning.CauseDraft):       both("a draft", "un brouillon"),
		string(dunning.CauseExcluded):    both("excluded from reminders", "exclue des relances"),
		string(dunning.CauseInsolvent):   both("the customer is insolvent", "client en procédure collective"),
		string(dunning.CauseNetCreditor): both("the customer is owed more than that", "le client est créditeur"),
		string(dunning.CauseDisputed):    both("disputed", "en litige"),
		string(dunning.CausePaused):      both("the customer is paused", "client en pause"),
		string(dunning.CausePromised):    both("payment promised", "paiement promis"),
		string(dunning.CauseStepChanged): both("its step was changed", "son étape a été modifiée"),
		string(dunning.CausePending):     both("a reminder waits already", "une relance est déjà en cours"),
		string(dunning.CausePlanDone):    both("every step was sent", "toutes les étapes sont faites"),
		string(dunning.CauseSnoozed):     both("put off by a person", "reportée par une personne"),
		string(dunning.CauseDelivery):    both("waits for a delivery", "attend une distribution"),
		string(dunning.CauseScheduled):   both("its day has not come", "son jour n'est pas venu"),
		string(dunning.CauseRequires):    both("an earlier step must be sent first", "une étape antérieure doit partir d'abord"),
		string(dunning.CauseTurn):        both("another letter goes first", "un autre courrier part d'abord"),
		string(dunning.CauseDelivered):   both("the invoice was delivered just now", "la facture vient d'être remise"),
		string(dunning.CauseContact):     both("contacted a few days ago", "contacté il y a quelques jours"),
		string(dunning.CauseSendingDay):  both("nothing is sent on this day", "pas d'envoi ce jour"),
		string(dunning.CauseNoChannel):   both("no e-mail and no postal address", "ni e-mail ni adresse postale"),
		string(dunning.CauseBelowAmount): both("below the minimum", "sous le montant minimal"),
	},
}
