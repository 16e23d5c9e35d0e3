package desk

import (
	"maps"
	"slices"

	"github.com/courrier-go/courrier"
)

// text returns a text of the screens in the person's language: the host's own, else
// the desk's, else English, else the key.
func (r *request) text(key string) string {
	if t, ok := r.desk.cfg.Look.Texts[r.lang][key]; ok {
		return t
	}
	if t, ok := own(key); ok {
		if s, ok := t[r.lang]; ok {
			return s
		}
		if s, ok := t[courrier.English]; ok {
			return s
		}
	}
	return key
}

func knows(key string) bool {
	_, ok := own(key)
	return ok
}

// language is that of the session, when there are texts in it.
func (d *Desk) language(lang courrier.Language) courrier.Language {
	known, ok := lang.Lookup(func(l courrier.Language) bool {
		_, hosts := d.cfg.Look.Texts[l]
		return hosts || l == courrier.French
	})
	if !ok {
		return courrier.English
	}
	return known
}

// TextKeys lists the keys of the screens' texts, for [Look].Texts.
func TextKeys() []string {
	var keys []string
	for _, group := range textGroups {
		keys = slices.AppendSeq(keys, maps.Keys(group))
	}
	slices.Sort(keys)
	return keys
}

// textGroups are all texts; no key is in two of them.
var textGroups = []map[string]map[courrier.Language]string{ownTexts, reasonTexts, findingTexts, holderTexts, faultTexts}

// own finds a text of the desk.
func own(key string) (map[courrier.Language]string, bool) {
	for _, group := range textGroups {
		if t, ok := group[key]; ok {
			return t, true
		}
	}
	return nil, false
}

func text(en, fr string) map[courrier.Language]string {
	return map[courrier.Language]string{courrier.English: en, courrier.French: fr}
}

var ownTexts = map[string]map[courrier.Language]string{
	"menu.todo":      text("To do", "À faire"),
	"menu.late":      text("Late invoices", "Factures en retard"),
	"menu.customers": text("Customers", "Clients"),
	"menu.letters":   text("Letters", "Courriers"),
	"menu.send":      text("Send a letter", "Envoyer un courrier"),
	"menu.credits":   text("Credits", "Crédits"),
	"menu.policies":  text("Policies and texts", "Scénarios et textes"),
	"menu.results":   text("Results", "Résultats"),
	"menu.evidence":  text("Evidence", "Dossiers"),
	"skip":           text("Skip to the content", "Aller au contenu"),

	"told.approved":  text("Approved: it leaves when it is due.", "Validé\u00a0: le départ se fait à l’heure prévue."),
	"told.edited":    text("The text was changed.", "Le texte a été modifié."),
	"told.snoozed":   text("Put off until that day.", "Reporté à cette date."),
	"told.done":      text("Done: the plan goes on.", "Fait : le scénario continue."),
	"told.skipped":   text("Skipped: the next step takes over.", "Étape passée\u00a0: la suivante prendra le relais."),
	"told.stopped":   text("Stopped.", "Arrêté."),
	"told.noted":     text("Noted.", "C’est noté."),
	"told.held":      text("Held back.", "Retenu."),
	"told.released":  text("Ready to leave.", "Prêt à partir."),
	"told.resent":    text("Sent again as a new letter.", "Renvoyé dans un nouveau courrier."),
	"told.claimed":   text("The claim was noted.", "La réclamation est notée."),
	"told.sent":      text("The letter is on its way to the carrier.", "Le courrier part chez le prestataire."),
	"told.proposed":  text("The reminders wait for your review.", "Les relances attendent votre validation."),
	"told.bought":    text("The order was taken.", "La commande est prise."),
	"told.saved":     text("Saved.", "Enregistré."),
	"told.connected": text("The carrier takes the key.", "Le prestataire accepte la clé."),

	"error.title": text("This could not be done", "Cela n’a pas pu être fait"),
	"error.404":   text("There is no such thing in your account.", "Cela n’existe pas dans votre compte."),
	"error.403":   text("You may not do this, or the page is too old. Load it again, or ask who may.", "Vous n’y êtes pas autorisé, ou la page a expiré. Rechargez-la ou demandez à une personne autorisée."),
	"error.409":   text("The facts changed meanwhile. Load the page again.", "Les données ont changé entre-temps. Rechargez la page."),
	"error.402":   text("There is not enough credit.", "Le crédit est insuffisant."),
	"error.422":   text("Something in the form is not right.", "Le formulaire contient une erreur."),
	"error.503":   text("It is not possible right now. Try again in a minute.", "Impossible pour l’instant. Réessayez dans une minute."),
	"error.500":   text("Something went wrong on our side. It was noted.", "Une erreur est survenue de notre côté. Elle est enregistrée."),
	"error.code":  text("Reason", "Motif"),
	"error.back":  text("Back to the list", "Retour à la liste"),

	"todo.mine":      text("Mine", "Les miennes"),
	"todo.all":       text("Everybody’s", "Toutes"),
	"todo.empty":     text("Nothing is due today. The next reminders appear here on their day.", "Rien à faire aujourd’hui. Les prochaines relances apparaîtront ici le jour venu."),
	"todo.emptymine": text("Nothing of yours is due today.", "Rien à votre nom aujourd’hui."),
	"todo.all-count": text("Approve all", "Tout valider"),
	"todo.notices":   text("Formal notices are left for one-by-one approval.", "Les mises en demeure restent à valider une par une."),
	"todo.more":      text("Only the first 50 are shown.", "Seules les 50 premières sont affichées."),
	"todo.keys":      text("Keys: j and k move, Enter opens; on a page, e edits, a goes to approval, s to putting off.", "Clavier\u00a0: j et k pour se déplacer, Entrée pour ouvrir\u202f; sur une page, e pour modifier, a pour aller à la validation, s au report."),

	"col.customer": text("Customer", "Client"),
	"col.step":     text("Step", "Étape"),
	"col.channel":  text("Channel", "Canal"),
	"col.amount":   text("Amount", "Montant"),
	"col.age":      text("Days late", "Jours de retard"),
	"col.owner":    text("Owner", "Responsable"),
	"col.why":      text("Remark", "Remarque"),
	"col.invoice":  text("Invoice", "Facture"),
	"col.due":      text("Due", "Échéance"),
	"col.open":     text("Open", "Reste dû"),
	"col.overdue":  text("Overdue", "En retard"),
	"col.date":     text("Date", "Date"),
	"col.status":   text("Status", "État"),
	"col.service":  text("Service", "Service"),
	"col.price":    text("Price", "Prix"),
	"col.kind":     text("Kind", "Nature"),
	"col.balance":  text("Balance", "Solde"),
	"col.letter":   text("Letter", "Courrier"),
	"col.sent":     text("Sent", "Envoyées"),
	"col.letters":  text("of them letters", "dont courriers"),
	"col.paid":     text("Paid after it", "Payé après"),
	"col.choose":   text("Choose", "Choisir"),

	"reminder.text":      text("Text", "Texte"),
	"reminder.subject":   text("Subject", "Objet"),
	"reminder.body":      text("Body", "Corps"),
	"reminder.channel":   text("Sent by", "Envoyé par"),
	"reminder.service":   text("Service", "Service"),
	"reminder.boxes":     text("E-mail addresses", "Adresses e-mail"),
	"reminder.files":     text("Attachments", "Pièces jointes"),
	"reminder.replace":   text("Another PDF in their place", "Un autre PDF à leur place"),
	"reminder.more":      text("Pause, dispute or note a promise:", "Mettre en pause, noter un litige ou une promesse\u00a0:"),
	"reminder.attach":    text("Attach a PDF", "Joindre un PDF"),
	"reminder.save":      text("Save the text", "Enregistrer le texte"),
	"reminder.approve":   text("Approve and send", "Valider et envoyer"),
	"reminder.snooze":    text("Put off", "Reporter"),
	"reminder.until":     text("Until", "Jusqu’au"),
	"task.done":          text("Done", "Fait"),
	"task.note":          text("What came of it", "Résultat"),
	"task.about":         text("About", "Concerne"),
	"task.call":          text("call", "appel"),
	"task.visit":         text("visit", "visite"),
	"task.collector":     text("hand over to a collector", "remise à un cabinet de recouvrement"),
	"task.lawyer":        text("hand over to a lawyer", "remise à un avocat"),
	"task.stop_delivery": text("stop deliveries", "arrêt des livraisons"),
	"stand.proposed":     text("to do", "à faire"),
	"stand.sent":         text("done", "faite"),
	"reminder.skip":      text("Skip this step", "Passer cette étape"),
	"reminder.reason":    text("Reason", "Motif"),
	"reminder.cancel":    text("Take it back", "Reprendre"),
	"reminder.to":        text("To", "À"),
	"reminder.cc":        text("Copies", "Copies"),
	"reminder.bcc":       text("Hidden copies", "Copies cachées"),
	"reminder.mail":      text("As it will be read", "Tel qu'il sera lu"),
	"reminder.plain":     text("As text", "En texte"),
	"reminder.cost":      text("Cost", "Coût"),
	"reminder.page":      text("As it will print", "Tel qu’il sera imprimé"),
	"reminder.open":      text("Open the PDF", "Ouvrir le PDF"),
	"reminder.not":       text("It cannot leave now", "Ne peut pas partir maintenant"),
	"reminder.history":   text("What was done", "Ce qui a été fait"),
	"reminder.addresses": text("The address is printed otherwise than it was typed.", "L’adresse est imprimée autrement qu’elle n’a été saisie."),
	"reminder.check":     text("What the checker finds. Whoever approves answers for what stays.", "Ce que relève le contrôle. Qui valide répond de ce qui reste."),
	"reminder.notice":    text("A formal notice is sent once and for all. Read it to its end.", "Une mise en demeure part une seule fois. Lisez-la jusqu’au bout."),

	"customer.invoices":     text("Invoices", "Factures"),
	"customer.timeline":     text("What happened", "Chronologie"),
	"customer.coming":       text("What comes next", "À venir"),
	"customer.nothingcomes": text("Nothing comes in the next sixty days.", "Rien dans les soixante prochains jours."),
	"customer.notbefore":    text("not before", "pas avant le"),
	"timeline.paid":         text("Payment", "Paiement"),
	"timeline.letter":       text("Letter", "Courrier"),
	"customer.pause":        text("Pause reminders", "Mettre en pause"),
	"customer.resume":       text("Resume reminders", "Reprendre les relances"),
	"customer.paused":       text("Reminders are paused", "Relances en pause"),
	"customer.dispute":      text("Disputed", "Litige"),
	"customer.settled":      text("Dispute settled", "Litige réglé"),
	"customer.promise":      text("Payment promised for", "Paiement promis pour le"),
	"customer.exclude":      text("Never remind", "Ne jamais relancer"),
	"customer.include":      text("Remind again", "Relancer de nouveau"),
	"customer.search":       text("Search", "Rechercher"),
	"customer.empty":        text("No customer owes anything.", "Aucun client ne doit rien."),
	"customer.nothing":      text("Nothing was done yet.", "Rien n’a encore été fait."),
	"timeline.byhand":       text("By hand", "À la main"),

	"letters.all":     text("All", "Tous"),
	"letters.here":    text("Here", "Chez nous"),
	"letters.doubt":   text("To settle", "À éclaircir"),
	"letters.away":    text("On their way", "En route"),
	"letters.arrived": text("Arrived", "Arrivés"),
	"letters.failed":  text("Came back or failed", "Revenus ou en échec"),
	"letters.next":    text("Older letters", "Courriers plus anciens"),
	"letters.empty":   text("No letters here.", "Aucun courrier ici."),

	"letter.recipient":  text("Recipient", "Destinataire"),
	"letter.documents":  text("Documents", "Documents"),
	"letter.proofs":     text("Proofs", "Preuves"),
	"letter.history":    text("History", "Historique"),
	"letter.tracking":   text("Tracking number", "Numéro de suivi"),
	"letter.cancel":     text("Stop the letter", "Arrêter le courrier"),
	"letter.hold":       text("Hold it back", "Le retenir"),
	"letter.approve":    text("Let it leave", "Le laisser partir"),
	"letter.resend":     text("Send it again", "Le renvoyer"),
	"letter.claim":      text("Claim", "Réclamation"),
	"letter.open":       text("Note the claim", "Noter la réclamation"),
	"letter.number":     text("The carrier’s number of the claim", "Numéro de réclamation du prestataire"),
	"letter.answer":     text("The carrier’s answer", "Réponse du prestataire"),
	"letter.close":      text("Close the claim", "Clore la réclamation"),
	"letter.dossier":    text("To copy into the carrier’s form", "À recopier dans le formulaire du prestataire"),
	"letter.again":      text("It belongs to a reminder: send it again from there.", "Il appartient à une relance\u00a0: renvoyez-le depuis celle-ci."),
	"letter.gone":       text("The documents are no longer kept.", "Les documents ne sont plus conservés."),
	"letter.oldaddress": text("the address cannot be shown in lines", "l’adresse ne peut pas être mise en lignes"),

	"send.file":      text("1. The file (PDF, 25 MB at most)", "1. Le fichier (PDF, 25 Mo au plus)"),
	"send.recipient": text("2. The recipient", "2. Le destinataire"),
	"send.franking":  text("3. The franking", "3. L’affranchissement"),
	"send.company":   text("Company", "Société"),
	"send.name":      text("Name", "Nom"),
	"send.attention": text("For the attention of", "À l’attention de"),
	"send.unit":      text("Apartment, floor", "Appartement, étage"),
	"send.building":  text("Building", "Bâtiment"),
	"send.street":    text("Street", "Rue"),
	"send.box":       text("Box, place, district", "Boîte postale, lieu-dit, quartier"),
	"send.postcode":  text("Postcode", "Code postal"),
	"send.city":      text("City", "Ville"),
	"send.state":     text("State or province (abroad)", "État ou province (à l’étranger)"),
	"send.country":   text("Country", "Pays"),
	"send.color":     text("In colour", "En couleur"),
	"send.duplex":    text("Both sides", "Recto verso"),
	"send.price":     text("See the price", "Voir le prix"),
	"send.confirm":   text("Send", "Envoyer"),
	"send.check":     text("What will leave", "Ce qui va partir"),
	"send.free":      text("nothing is charged here", "rien n’est débité ici"),

	"late.days":       text("Days late, from", "Retard, de"),
	"late.to":         text("to", "à"),
	"late.min":        text("Open, from (EUR)", "Reste dû, à partir de (EUR)"),
	"late.level":      text("Last step sent", "Dernière étape envoyée"),
	"late.none":       text("none", "aucune"),
	"late.any":        text("any", "toutes"),
	"late.filter":     text("Filter", "Filtrer"),
	"late.remind":     text("Remind the chosen ones with", "Relancer la sélection par"),
	"late.again":      text("Sent again although it was sent before: why", "Renvoyer bien qu’elle soit déjà partie\u00a0: motif"),
	"late.override":   text("Sent although an earlier step is missing: why", "Envoyer bien qu’une étape manque\u00a0: motif"),
	"late.review":     text("Prepare for review", "Préparer pour validation"),
	"late.campaign":   text("Campaign over the list", "Campagne sur la liste"),
	"late.key":        text("Name of the campaign", "Nom de la campagne"),
	"late.run":        text("Run the campaign", "Lancer la campagne"),
	"late.queue":      text("Let me review each message", "Me laisser valider chaque message"),
	"late.empty":      text("No invoice is late.", "Aucune facture n’est en retard."),
	"late.total":      text("Total", "Total"),
	"late.more":       text("more are not shown; filter the list", "autres ne sont pas affichées\u202f; filtrez la liste"),
	"late.class":      text("Kind of customer", "Type de client"),
	"late.anyone":     text("all", "tous"),
	"late.campaignOf": text("Campaign", "Campagne"),
	"late.campaigns":  text("Campaigns", "Campagnes"),

	"run.of":        text("of", "sur"),
	"run.customers": text("customers", "clients"),
	"run.progress":  text("Progress", "Avancement"),
	"run.reached":   text("Messages ready", "Messages prêts"),
	"run.refused":   text("Refused", "Refusés"),
	"run.settled":   text("Nothing late any more", "Plus rien en retard"),
	"run.continue":  text("Go on", "Continuer"),
	"run.stop":      text("Stop the campaign", "Arrêter la campagne"),
	"run.again":     text("Try those refused again", "Réessayer les refusés"),
	"run.hint":      text("It goes on as long as this page is open. Close it and go on later: nobody gets the message twice.", "Elle avance tant que cette page est ouverte. Fermez-la et continuez plus tard\u00a0: personne ne reçoit le message deux fois."),
	"run.ended":     text("The campaign has ended.", "La campagne est terminée."),
	"run.stopped":   text("The campaign was stopped.", "La campagne a été arrêtée."),

	"credits.available": text("Available", "Disponible"),
	"credits.included":  text("Included", "Inclus"),
	"credits.bought":    text("Bought", "Acheté"),
	"credits.reserved":  text("Reserved", "Réservé"),
	"credits.buy":       text("Buy", "Acheter"),
	"credits.howmany":   text("How much", "Combien"),
	"credits.month":     text("Statement of the month", "Relevé du mois"),
	"credits.pdf":       text("As PDF", "En PDF"),
	"credits.csv":       text("As CSV", "En CSV"),
	"credits.empty":     text("Nothing moved yet.", "Aucun mouvement."),
	"credits.denied":    text("Somebody who may decide can buy credits.", "Une personne habilitée peut acheter des crédits."),

	"policies.steps":   text("Steps", "Étapes"),
	"policies.default": text("for everyone by default", "par défaut pour tous"),
	"policies.texts":   text("Texts", "Textes"),
	"policies.holders": text("Placeholders", "Champs"),
	"policies.before":  text("days before the due date", "jours avant l’échéance"),
	"policies.dueday":  text("on the due date", "le jour de l’échéance"),
	"policies.after":   text("days after the due date", "jours après l’échéance"),
	"policies.library": text("the library’s own text", "texte fourni"),
	"policies.edit":    text("Edit", "Modifier"),
	"policies.try":     text("Try it on my invoices", "L’essayer sur mes factures"),
	"policies.save":    text("Save", "Enregistrer"),
	"policies.warn":    text("Warnings", "Avertissements"),
	"policies.next":    text("What it would send in the next ninety days", "Ce qu’il enverrait dans les quatre-vingt-dix jours"),
	"policies.emails":  text("e-mails", "e-mails"),
	"policies.letters": text("letters", "courriers"),
	"policies.carrier": text("The carrier’s account", "Compte du prestataire"),
	"policies.on":      text("connected", "connecté"),
	"policies.off":     text("not connected", "non connecté"),
	"policies.key":     text("Key of the account", "Clé du compte"),
	"policies.connect": text("Connect", "Connecter"),

	"results.from":   text("From", "Du"),
	"results.to":     text("to", "au"),
	"results.show":   text("Show", "Afficher"),
	"results.within": text("Paid within 14 days after the last reminder: after it, not because of it.", "Payé dans les 14 jours après la dernière relance\u00a0: après, pas à cause d’elle."),
	"results.delay":  text("Average payment delay, weighted by amount", "Retard de paiement moyen, pondéré par le montant"),
	"results.days":   text("days", "jours"),
	"results.paid":   text("Paid in the period", "Payé sur la période"),
	"results.cost":   text("Cost of the letters", "Coût des courriers"),
	"results.per100": text("Cost for 100 paid after a reminder", "Coût pour 100 encaissés après relance"),
	"results.none":   text("The product does not tell the desk of payments.", "Le produit ne communique pas les paiements."),

	"evidence.intro":   text("Everything that was done about an invoice in one file: texts, letters, proofs, dates.", "Tout ce qui a été fait pour une facture, en un fichier\u00a0: textes, courriers, preuves, dates."),
	"evidence.invoice": text("Invoice", "Facture"),
	"evidence.make":    text("Make the file", "Constituer le dossier"),
	"evidence.none":    text("This product makes no evidence files.", "Ce produit ne constitue pas de dossier de preuves."),

	"colon": text(": ", "\u00a0: "),

	"step.courtesy":      text("before the due date", "rappel avant échéance"),
	"step.reminder-1":    text("first reminder", "première relance"),
	"step.reminder-2":    text("second reminder", "deuxième relance"),
	"step.formal-notice": text("formal notice", "mise en demeure"),

	"act.proposed":               text("proposed", "proposée"),
	"act.proposed again":         text("proposed again", "proposée de nouveau"),
	"act.letter not handed over": text("letter not handed over", "courrier non remis"),
	"act.revised":                text("edited", "modifiée"),
	"act.approved":               text("approved", "validée"),
	"act.approved by the policy": text("approved by the policy", "validée par le scénario"),
	"act.snoozed":                text("put off", "reportée"),
	"act.skipped":                text("skipped", "passée"),
	"act.cancelled":              text("taken back", "reprise"),
	"act.back to review":         text("back to review", "de nouveau à valider"),
	"act.suppressed":             text("kept back", "retenue"),
	"act.waits":                  text("waits", "en attente"),
	"act.no channel":             text("no channel is left", "plus aucun canal"),
	"act.e-mail begun":           text("e-mail begun", "e-mail commencé"),
	"act.e-mail sent":            text("e-mail sent", "e-mail envoyé"),
	"act.letter begun":           text("letter begun", "courrier commencé"),
	"act.letter handed over":     text("letter handed over", "courrier remis"),
	"act.letter sent":            text("letter sent", "courrier envoyé"),
	"act.to be sent again":       text("to be sent again", "à renvoyer"),
	"act.not sent again":         text("not sent again", "non renvoyée"),
	"act.done":                   text("done", "faite"),
	"act.expired":                text("not done in time", "non faite à temps"),
	"act.imported":               text("brought in from an earlier system", "reprise d’un système antérieur"),
	"act.renamed":                text("customer renamed", "client renommé"),

	"address.nothing":          text("not printed", "non imprimé"),
	"address.number-range":     text("the first of several numbers", "le premier de plusieurs numéros"),
	"address.number-word":      text("a word before the number", "un mot devant le numéro"),
	"address.number-split":     text("a sign between two figures", "un signe entre deux chiffres"),
	"address.symbol-dropped":   text("a sign that the post does not print", "un signe que la poste n’imprime pas"),
	"address.postcode":         text("postcode", "code postal"),
	"address.cedex-number":     text("number of the CEDEX", "numéro du CEDEX"),
	"address.abbreviated":      text("abbreviated, for the line was too long", "abrégé, la ligne étant trop longue"),
	"address.state":            text("state as its post writes it", "État ou province, comme sa poste l’écrit"),
	"address.dropped":          text("not part of an address there", "ne fait pas partie d’une adresse de ce pays"),
	"address.repeated":         text("stands in the address already", "figure déjà dans l’adresse"),
	"address.territory":        text("territory that the postcode tells", "territoire que dit le code postal"),
	"address.script":           text("letters of another script", "lettres d’une autre écriture"),
	"address.sign-discouraged": text("sign that the post advises against", "signe que la poste déconseille"),
}
