package latepayment

import (
	"slices"

	"github.com/courrier-go/courrier"
)

// mention is one thing that a letter should say.
type mention struct {
	key     string
	why     string
	advised bool
	applies func(d *Draft) bool
	found   func(t letterText, d *Draft, l *Line) bool
	perLine bool // found is asked for every invoice, else once with no line
}

func (m *mention) missing(t letterText, d *Draft) []Finding {
	if !m.perLine {
		if m.found(t, d, nil) {
			return nil
		}
		return []Finding{{Key: m.key, Why: m.why}}
	}
	var missing []Finding
	for _, line := range d.lines() {
		if !m.found(t, d, line) {
			missing = append(missing, Finding{Key: m.key, Invoice: line.Number, Why: m.why})
		}
	}
	return missing
}

func always(*Draft) bool         { return true }
func formalNotice(d *Draft) bool { return d.Kind == courrier.StepFormalNotice }
func withInterest(d *Draft) bool { return formalNotice(d) && d.Statement.InterestDue.Sign() > 0 }
func withCompensation(d *Draft) bool {
	return formalNotice(d) && d.Statement.CompensationDue.Sign() > 0
}

// meansRequired: a consumer's notice is advised to name the means of payment, a
// professional's must.
func meansRequired(d *Draft) bool { return formalNotice(d) && !protected(d) }
func meansAdvised(d *Draft) bool  { return formalNotice(d) && protected(d) }

const (
	ordinaryMention = "what identifies the parties and the debt"
	substance       = "code civil, art. 1344: an act that calls on the debtor clearly enough"
)

var mentions = []mention{
	{key: MentionCreditor, why: ordinaryMention, applies: always,
		found: func(t letterText, d *Draft, _ *Line) bool { return t.hasOne(d.Creditor) }},
	{key: MentionDebtor, why: ordinaryMention, applies: always,
		found: func(t letterText, d *Draft, _ *Line) bool { return t.hasOne(d.Debtor) }},
	{key: MentionInvoiceNumber, why: ordinaryMention, applies: always, perLine: true,
		found: func(t letterText, _ *Draft, l *Line) bool { return t.has(l.Number) }},
	{key: MentionInvoiceDate, why: ordinaryMention, applies: always, perLine: true,
		found: func(t letterText, _ *Draft, l *Line) bool { return t.hasDate(l.IssuedOn) }},
	{key: MentionDueDate, why: ordinaryMention, applies: always, perLine: true,
		found: func(t letterText, _ *Draft, l *Line) bool { return t.hasDate(l.DueOn) }},
	{key: MentionAmountDue, why: "the sum still owed on the invoice", applies: always, perLine: true,
		found: func(t letterText, _ *Draft, l *Line) bool {
			return t.hasAmount(l.asked()) || !l.Open.IsZero() && t.hasAmount(l.Open) || len(l.Parts) > 1 && t.hasParts(l)
		}},
	{key: MentionAmountDue, why: "the total that the notice demands", applies: formalNotice,
		found: func(t letterText, d *Draft, _ *Line) bool {
			return slices.ContainsFunc(d.asked(), t.hasAmount)
		}},
	{key: MentionTitle, why: substance, applies: formalNotice,
		found: func(t letterText, _ *Draft, _ *Line) bool { return t.hasAny(titlePhrases) }},
	{key: MentionDemand, why: substance, applies: formalNotice,
		found: func(t letterText, _ *Draft, _ *Line) bool { return t.hasAny(demandPhrases) }},
	{key: MentionDeadline, why: "a firm demand has a date", applies: formalNotice,
		found: func(t letterText, d *Draft, _ *Line) bool {
			return t.hasDate(d.Deadline) || d.Deadline.IsZero() && t.hasAny(deadlinePhrases)
		}},
	{key: MentionRate, why: "rate and basis of the interest claimed", applies: withInterest,
		found: func(t letterText, d *Draft, _ *Line) bool {
			return t.hasRates(d.Statement.Rates()) || t.hasAny(ratePhrases)
		}},
	{key: MentionInterest, why: "interest apart from the principal", applies: withInterest,
		found: hasInterest},
	{key: MentionCutOff, why: "the day to which interest was counted", applies: withInterest,
		found: func(t letterText, d *Draft, _ *Line) bool { return t.hasDate(d.Statement.On) }},
	{key: MentionCompensation, why: "fixed compensation on its own line (code de commerce, art. L441-10 II and D441-5)",
		applies: withCompensation,
		found: func(t letterText, d *Draft, _ *Line) bool {
			return t.hasAny(compensationPhrases) && (t.hasAmount(d.Statement.CompensationDue) || t.hasAny(fortyPhrases))
		}},
	{key: MentionPaymentMeans, why: "the debtor must be able to pay", applies: meansRequired, found: hasMeans},
	{key: MentionPaymentMeans, why: "the debtor must be able to pay", applies: meansAdvised, advised: true, found: hasMeans},
	{key: MentionPayments, why: "payments already received", advised: true,
		applies: func(d *Draft) bool { return formalNotice(d) && d.Statement.Paid.Sign() > 0 },
		found:   hasPayments},
	{key: MentionBasis, why: "the text that interest and compensation rest on", advised: true,
		applies: func(d *Draft) bool { return formalNotice(d) && len(d.Statement.Bases()) > 0 },
		found:   func(t letterText, _ *Draft, _ *Line) bool { return t.hasAny(basisPhrases) }},
	{key: MentionConsequences, why: "what may follow without payment", advised: true, applies: formalNotice,
		found: func(t letterText, _ *Draft, _ *Line) bool { return t.hasAny(consequencePhrases) }},
	{key: MentionDispute, why: "how to dispute the debt", advised: true, applies: formalNotice,
		found: func(t letterText, _ *Draft, _ *Line) bool { return t.hasAny(disputePhrases) }},
}

func hasMeans(t letterText, d *Draft, _ *Line) bool {
	return t.hasOne(d.PaymentMeans) || len(d.PaymentMeans) == 0 && t.hasAny(meansPhrases)
}

// hasParts looks for what is open on each part of an invoice.
func (t letterText) hasParts(l *Line) bool {
	for _, p := range l.Parts {
		if !p.Open.IsZero() && !t.hasAmount(p.Open) {
			return false
		}
	}
	return true
}

// hasInterest looks for the interest in one sum, or for every run of it.
func hasInterest(t letterText, d *Draft, _ *Line) bool {
	if t.hasAmount(d.Statement.InterestDue) || t.hasAmount(d.Statement.Interest) {
		return true
	}
	for _, line := range d.Statement.Lines {
		for _, s := range line.Segments {
			if !t.hasAmount(s.Interest) {
				return false
			}
		}
	}
	return true
}

// hasPayments looks for the sum received or for every payment.
func hasPayments(t letterText, d *Draft, _ *Line) bool {
	if t.hasAmount(d.Statement.Paid) {
		return true
	}
	for _, line := range d.Statement.Lines {
		for _, m := range line.Movements {
			if m.Kind == MovementPayment && !t.hasAmount(m.Amount) {
				return false
			}
		}
	}
	return true
}

func (t letterText) hasOne(names []string) bool {
	for _, name := range names {
		if t.has(name) {
			return true
		}
	}
	return false
}

func (t letterText) hasRates(rates []Percent) bool {
	for _, r := range rates {
		if !t.hasRate(r) {
			return false
		}
	}
	return len(rates) > 0
}

// Phrases as cutWords leaves them: lower case, no accents, letters and digits
// apart, apostrophes cut.
var (
	titlePhrases = phrases(
		"mise en demeure", "mettons en demeure", "mets en demeure", "mettre en demeure",
		"formal notice", "notice of default", "letter before action",
		"formliche mahnung", "formliche zahlungsaufforderung",
	)
	demandPhrases = phrases(
		"mettons en demeure", "mets en demeure", "sommons de", "demandons de regler", "demandons de payer", "demandons de nous regler",
		"demandons de proceder au paiement", "demandons de proceder au reglement", "invitons a regler", "prions de regler",
		"prions de bien vouloir regler",
		"veuillez regler", "veuillez payer", "veuillez proceder", "veuillez nous regler", "de nous regler", "de nous payer",
		"de payer la somme", "de regler la somme",
		"exigeons le paiement", "reclamons le paiement", "d avoir a payer", "d avoir a regler",
		"demand payment", "demand that you pay", "require you to pay", "request payment", "request that you pay", "must pay",
		"please pay", "call on you to pay", "call upon you to pay",
		"mahnen wir sie", "fordern wir sie auf", "fordern sie auf", "zahlen sie",
	)
	deadlinePhrases = phrases(
		"sous # jours", "sous * jours", "dans un delai de # jours", "dans un delai de * jours", "dans le delai de # jours",
		"dans les # jours", "dans les * jours",
		"within # days", "within * days", "in the next # days",
		"innerhalb von # tagen", "binnen # tagen",
	)
	ratePhrases = phrases(
		"majore de 10 points", "majore de dix points", "majore de 8 points", "majore de huit points", "trois fois le taux",
		"3 fois le taux",
		"au taux de l interet legal", "au taux d interet legal", "au taux legal",
		"plus 10 percentage points", "plus ten percentage points", "plus 8 percentage points", "plus eight percentage points",
		"increased by 10", "increased by 8", "three times the legal", "at the legal rate", "at the legal interest rate",
		"at the statutory rate",
		"gesetzlichen zinssatz", "zum gesetzlichen satz",
	)
	compensationPhrases = phrases(
		"indemnite forfaitaire", "indemnites forfaitaires", "forfait de recouvrement", "frais de recouvrement",
		"fixed compensation", "fixed recovery compensation", "flat rate compensation", "fixed sum for recovery", "fixed recovery costs",
		"compensation for recovery costs",
		"pauschale fur beitreibungskosten", "pauschale",
	)
	fortyPhrases = phrases("40 euros", "40 euro", "40 eur", "quarante euros", "forty euros", "eur 40")
	meansPhrases = phrases(
		"virement", "iban", "rib", "cheque", "carte bancaire", "par carte", "prelevement", "paiement en ligne", "payer en ligne",
		"regler en ligne",
		"moyens indiques sur la facture", "moyens indiques sur les factures", "means stated on the invoice", "means stated on the invoices",
		"bank transfer", "wire transfer", "credit transfer", "by card", "credit card", "bank card", "direct debit", "pay online",
		"online payment", "by check",
		"uberweisung", "lastschrift", "auf dem weg den die rechnung", "auf dem weg den die rechnungen",
	)
	basisPhrases = phrases(
		"l 441 10", "d 441 5", "1231 6", "r 2192 31", "l 2192 13", "l 313 2", "2011 7", "code de commerce", "code civil",
		"code de la commande publique",
	)
	consequencePhrases = phrases(
		"a defaut", "faute de", "sans paiement", "sans reglement", "procedure judiciaire", "injonction de payer", "saisir le tribunal",
		"saisirons le tribunal", "voie judiciaire", "action en justice",
		"failing payment", "failing which", "in the absence of payment", "legal action", "legal proceedings", "court proceedings",
		"ohne zahlung", "gerichtlich", "mahnbescheid",
	)
	disputePhrases = phrases(
		"contester", "contestez", "contestation", "desaccord", "reclamation", "litige", "nous contacter", "contactez nous",
		"dispute", "disagree", "contest", "contact us", "object to",
		"bestreiten", "bestritten",
	)
)

// claim is one thing that a letter must not say.
type claim struct {
	key        string
	why        string
	phrases    []phrase
	withAmount bool // only when a sum in euros follows
	applies    func(d *Draft) bool
	// found are the claims of [CheckClaims] of which one must have been found as well: it reads
	// whole sentences, and knows what is denied or only quoted. None: the phrase is enough.
	found []string
}

// protected: no cost may be added to what this debtor owes.
func protected(d *Draft) bool { return costsRefused(d.Statement.Debtor) }

var claims = []claim{
	{key: ClaimInterruption, why: "a formal notice does not interrupt the limitation period, registered or not (Cass. com., 18 May " +
		"2022, 20-23.204)",
		phrases: interruptionPhrases, applies: always, found: []string{ClaimLimitation}},
	{key: ClaimCourtLook, why: "nothing may look like a court's or a bailiff's document (code pénal, art. 433-13)",
		phrases: courtPhrases, applies: always, found: []string{ClaimCourt, ClaimThreat}},
	{key: ClaimExtraFees, why: "beyond the fixed compensation only costs that are proven (code de commerce, art. L441-10 II)",
		phrases: extraFeePhrases, applies: func(d *Draft) bool { return !protected(d) && d.Statement.CostsDue.IsZero() },
		found: []string{ClaimUnproved}},
	{key: ClaimFees, why: "recovery without an enforceable title is at the creditor's cost (CPCE, art. L111-8)",
		phrases: slices.Concat(extraFeePhrases, recoveryFeePhrases), applies: protected, found: []string{ClaimCost, AdviceContract}},
	{key: ClaimPostage, why: "recovery without an enforceable title is at the creditor's cost (CPCE, art. L111-8)",
		phrases: postagePhrases, applies: protected, found: []string{ClaimCost}},
	{key: ClaimCompensation, why: "the fixed compensation is due from professionals only, once the due date has passed (code de " +
		"commerce, art. L441-10 II)",
		phrases: flatPhrases, applies: func(d *Draft) bool { return protected(d) || d.Kind == courrier.StepCourtesy }},
	{key: ClaimStatute, why: "the article applies between professionals: not to consumers, not to public buyers",
		phrases: phrases("l 441 10", "l 441 6", "d 441 5"), applies: func(d *Draft) bool { return d.Statement.Debtor != DebtorBusiness }},
	{key: ClaimInterest, why: "the statement has no interest: none is due before the day after the due date, nor from a consumer before " +
		"a formal notice",
		phrases: interestPhrases, withAmount: true, applies: func(d *Draft) bool { return !d.Statement.accrued() }},
	{key: ClaimTitle, why: "nothing is overdue",
		phrases: titlePhrases, applies: func(d *Draft) bool { return d.Kind == courrier.StepCourtesy }},
}

var (
	interruptionPhrases = phrases(
		"interrompt la prescription", "interrompt le delai de prescription", "interrompre la prescription",
		"interrompre le delai de prescription", "interrompant la prescription",
		"interruption de la prescription", "interruption de prescription", "interruptive de prescription", "interruptif de prescription",
		"suspend la prescription", "suspend le delai de prescription", "fait courir un nouveau delai de prescription",
		"interrupts the limitation", "interrupts limitation", "interrupt the limitation", "interrupting the limitation",
		"interruption of the limitation",
		"suspends the limitation", "stops the limitation", "stops time running", "restarts the limitation", "tolls the limitation",
	)
	courtPhrases = phrases(
		"commandement de payer", "commandement aux fins de saisie", "sommation de payer", "sommation interpellative",
		"sommation par huissier",
		"acte d huissier", "acte de commissaire de justice", "exploit d huissier", "signification a personne",
		"proces verbal de saisie", "avis avant saisie", "avis de saisie",
		"titre executoire numero", "en vertu d un titre executoire", "formule executoire", "mandons et ordonnons", "au nom de la loi",
		"au nom du peuple francais", "republique francaise",
		"avis d audience",
		"in the name of the law", "bailiff s notice", "bailiff notice", "notice of seizure", "final notice before seizure",
		"writ of execution",
	)
	extraFeePhrases = phrases(
		"frais de relance", "frais de dossier", "frais de gestion", "frais administratifs", "frais de mise en demeure",
		"frais de rappel", "frais d impaye", "frais d impayes", "frais de contentieux", "frais d intervention",
		"reminder fee", "reminder fees", "administration fee", "administrative fee", "administrative fees", "handling fee", "file fee",
		"dunning fee", "dunning fees", "collection fee", "collection fees",
	)
	recoveryFeePhrases = phrases(
		"frais de recouvrement", "frais de poursuite", "frais de poursuites", "frais d huissier", "honoraires d avocat", "clause penale",
		"recovery costs", "recovery fees", "recovery fee", "collection costs", "legal fees", "debt collection costs",
	)
	postagePhrases = phrases(
		"frais d envoi", "frais postaux", "frais de poste", "frais d affranchissement", "frais de courrier", "frais de recommande",
		"frais de lettre recommandee", "cout du recommande", "cout de la lettre recommandee", "cout de ce courrier",
		"postage", "mailing costs", "cost of this letter", "cost of registered mail",
	)
	flatPhrases = phrases(
		"indemnite forfaitaire", "indemnites forfaitaires", "indemnite de 40", "indemnite de quarante", "forfait de recouvrement",
		"40 euros pour frais", "40 pour frais de recouvrement",
		"fixed compensation", "fixed recovery compensation", "flat rate compensation", "fixed sum for recovery", "fixed recovery costs",
	)
	interestPhrases = phrases(
		"penalite de retard", "penalites de retard", "interet de retard", "interets de retard", "interets moratoires", "interets au taux",
		"late payment interest", "late payment penalty", "late payment penalties", "late penalty", "late penalties", "default interest",
		"interest of",
	)
)
