package latepayment

import (
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// role is what the words beside a sum say that it is.
type role byte

const (
	noRole       role = iota
	roleAsked         // the sum that the letter asks for
	roleTotal         // of invoices, or what is asked for
	roleOpen          // what is left of the price
	roleAmount        // as invoiced, of the invoice that is named
	roleBilled        // as invoiced, named or not
	rolePrice         // principal
	roleInterest      // due, or one run of it
	roleBase          // what interest is counted on
	roleDaily         // of a day
	roleFixed         // the compensation
	roleCosts         // proven
	rolePaid          // a payment, or what one was counted on
	roleBeyond        // what is left of a payment
	roleCredited      // a credit note
	roleNotDue        // what falls due later
	roleOverpaid
	roleDeducted
)

// label is a turn of words that says what a sum is. It stands before its sum, or
// right behind it.
type label struct {
	words []string
	role  role
	// adjoining: only right before or behind the sum. dated: a date follows it.
	adjoining, dated bool
}

// roleLabels are the turns, as [foldWord] leaves them; apostrophes and hyphens between
// words are passed over. A turn that ends with "=" adjoins its sum, one that ends with
// "#" is followed by a date. The longest counts: some say that a word means nothing
// here ("avoir à payer").
var roleLabels = map[role][]string{
	noRole: {
		"avoir a", "avoir regle", "avoir paye", "avoir recu", "avoir paiement", "hors interets", "outre interets", "outre les interets",
		"sans interets", "plus interets", "plus les interets",
		"majoree des interets", "majore des interets", "portant interets", "porte interets", "hors penalites", "outre les penalites",
		"plus interest", "excluding interest", "without interest",
	},
	roleAsked: {
		"en demeure", "total a regler", "total a payer", "total du", "total dus", "total general", "total exigible",
		"au total", "soit en tout", "veuillez regler", "veuillez payer",
		"veuillez verser", "veuillez nous regler", "nous regler", "nous payer", "nous verser", "reglez", "payez", "versez",
		"restez devoir", "nous devez", "redevable", "redevables", "somme due", "sommes dues",
		"net a payer", "a payer", "a regler", "de payer", "de regler", "de verser", "exigeons", "reclamons", "formal notice",
		"please pay", "you owe", "owe us", "total due", "total to pay", "total payable",
		"amount due", "sum due", "to pay", "please settle", "demand payment", "in total", "grand total", "zu zahlen",
		"soit un total", "total amount due", "total amount payable", "total sum due", "montant total du", "montant total exigible",
		"montant total a payer", "montant total a regler", "montant total reclame", "somme totale due", "somme totale a payer",
		"somme totale a regler", "total de la creance", "creance totale", "total de notre creance", "total reclame", "total des sommes dues",
		"virer", "virez", "acquitter", "acquittez", "please transfer", "please remit", "to transfer", "to remit",
		"total of our claim", "total claim",
		"mahnung", "gesamtbetrag",
	},
	roleTotal: {"montant total", "somme totale", "total amount", "gesamtsumme"},
	roleOpen: {
		"reste du", "restant du", "restent dus", "restant dus", "restants dus", "restent dues", "restant due", "restent impayes",
		"reste a payer", "reste a regler", "solde", "encours", "creance", "votre dette",
		"open=", "is open", "are open", "outstanding", "balance", "remains due", "remain due", "offen", "offenen betrag",
	},
	roleAmount: {"montant", "amount=", "betrag"},
	roleBilled: {
		"montant de la facture", "montant des factures", "montant ttc de la facture", "montant facture", "invoice amount",
		"invoiced amount",
		"amount of the invoice", "rechnungsbetrag",
	},
	rolePrice: {
		"principal", "capital du", "capital restant du", "reste du sur la facture", "restant du sur la facture", "principal amount",
		"hauptforderung",
	},
	roleInterest: {"interets", "interet", "penalites", "penalites de retard", "penalite", "interest", "verzugszinsen", "zinsen"},
	roleBase: {
		"sur=", "on=", "auf=", "sur la base de", "base de", "sur la somme de", "sur un montant de", "sur le montant de",
		"sur un principal de", "sur le principal de", "assiette", "on the sum of", "on a principal of",
		"on the principal of",
	},
	roleDaily: {
		"par jour", "chaque jour", "quotidien", "a day", "per day", "each day", "journalier", "journaliers", "journaliere", "journalieres",
		"interet journalier", "interets journaliers",
		"penalite journaliere", "penalites journalieres", "daily", "daily interest", "je tag", "pro tag",
	},
	roleFixed: {
		"indemnite forfaitaire", "indemnites forfaitaires", "frais de recouvrement", "indemnite de recouvrement", "indemnite",
		"indemnites", "forfait de recouvrement", "fixed compensation", "recovery costs", "recovery compensation", "compensation for recovery",
		"pauschale",
	},
	roleCosts: {"frais justifies", "justificatif", "proof", "nachweis", "proven costs", "nachgewiesene kosten", "honoraires"},
	rolePaid: {
		"votre reglement", "vos reglements", "reglement du#", "reglement recu", "reglements recus", "votre versement", "versement de",
		"versement du", "versements", "acompte", "acomptes", "votre paiement", "paiement recu",
		"paiements recus", "paiement du#", "avez regle", "avez paye", "avez verse", "deja regle", "deja regles", "deja reglee",
		"deja reglees", "deja paye", "deja payes", "deja verse", "regle=", "ont ete regles", "ont ete payes",
		"ont ete verses", "payment of#", "your payment", "payments received", "you paid", "you have paid", "already paid", "paid=",
		"was received", "received=", "zahlung vom", "ihre zahlung", "gezahlt=", "bereits gezahlt",
	},
	roleBeyond:   {"au dela=", "beyond these=", "daruber hinaus="},
	roleCredited: {"avoir", "avoirs", "note de credit", "credit note", "credit notes", "credited=", "gutschrift", "gutschriften"},
	roleNotDue:   {"a echoir", "non echu", "non echue", "non echues", "non exigible", "not due yet", "not yet due", "noch nicht fallig"},
	roleOverpaid: {"trop percu", "overpaid", "overpayment", "uberzahlung"},
	roleDeducted: {"compensation que nous opposons", "set off", "aufrechnung"},
}

// labelsByWord are the turns by their first word, the longest first.
var labelsByWord = indexLabels()

func indexLabels() map[string][]label {
	index := make(map[string][]label)
	for role, turns := range roleLabels {
		for _, turn := range turns {
			bare := strings.TrimRight(turn, "=#")
			l := label{words: strings.Fields(bare), role: role, adjoining: strings.HasSuffix(turn, "="),
				dated: strings.HasSuffix(turn, "#")}
			index[l.words[0]] = append(index[l.words[0]], l)
		}
	}
	for _, labels := range index {
		slices.SortFunc(labels, func(a, b label) int { return len(b.words) - len(a.words) })
	}
	return index
}

// ofWhole lists what a role may be of the whole statement; what is asked for is the
// draft's. ok is false for a role that says nothing of the whole.
func (s *Statement) ofWhole(r role) (amounts []courrier.Amount, ok bool) {
	switch r {
	case roleTotal:
		due, later := s.Table(true), s.Table(false)
		amounts = []courrier.Amount{s.Total, s.Open, s.Outstanding(), s.Invoiced, s.NotYetDue, due.Amount, later.Amount}
	case roleOpen:
		amounts = []courrier.Amount{s.Open, s.Outstanding(), s.PrincipalDue}
	case rolePrice, roleBilled:
		amounts = []courrier.Amount{s.Open, s.Outstanding(), s.PrincipalDue, s.Invoiced}
	case roleInterest:
		amounts = []courrier.Amount{s.Interest, s.InterestDue}
	case roleDaily:
		amounts = []courrier.Amount{s.Daily}
	case roleFixed:
		amounts = []courrier.Amount{s.CompensationDue}
	case roleCosts:
		amounts = []courrier.Amount{s.CostsDue}
	case rolePaid:
		due, later := s.Table(true), s.Table(false)
		amounts = []courrier.Amount{s.Paid, due.Paid, later.Paid}
		for _, p := range s.Unallocated {
			amounts = append(amounts, p.Amount)
		}
		amounts = append(amounts, s.costsPaid())
	case roleCredited:
		amounts = []courrier.Amount{s.Credited, s.Credit}
		for _, c := range s.OpenCredits {
			amounts = append(amounts, c.Amount)
		}
	case roleNotDue:
		amounts = []courrier.Amount{s.NotYetDue}
	case roleOverpaid:
		amounts = []courrier.Amount{s.Overpaid, s.Credit}
	case roleDeducted:
		amounts = []courrier.Amount{s.Deducted}
	case roleBase, roleBeyond:
		amounts = []courrier.Amount{s.Open, s.PrincipalDue}
	default:
		return nil, false
	}
	return amounts, true
}

// costsPaid is what payments covered of compensation and costs.
func (s *Statement) costsPaid() courrier.Amount {
	var claimed int64
	for i := range s.Lines {
		for _, c := range s.Lines[i].Costs {
			claimed += c.Amount.Micros()
		}
	}
	return newConverter(s.Unit()).amount((s.CostsDue.Micros() - claimed) / microsPerCent)
}

// is reports whether a sum is a figure of a line in a role; without role any of the
// line's.
func (l *Line) is(r role, a courrier.Amount) bool {
	switch r {
	case roleOpen:
		return l.isOpen(a)
	case roleAmount, roleBilled:
		return a == l.Amount || l.isOpen(a) || slices.ContainsFunc(l.Parts, func(p Part) bool { return a == p.Amount })
	case rolePrice:
		return a == l.Amount || l.isOpen(a) || l.isBase(a) || slices.ContainsFunc(l.Movements,
			func(m Movement) bool { return a == m.ToPrincipal })
	case roleInterest:
		return a == l.Interest || a == l.InterestAccrued || a == l.InterestDue || a == l.interestPaid() ||
			slices.ContainsFunc(l.Segments, func(s Segment) bool { return a == s.Interest }) ||
			slices.ContainsFunc(l.Movements, func(m Movement) bool { return a == m.ToInterest })
	case roleBase:
		return l.isOpen(a) || l.isBase(a)
	case roleDaily:
		return a == l.Daily
	case roleFixed:
		return a == l.Compensation || a == l.CompensationDue
	case roleCosts:
		return a == l.CostsDue || slices.ContainsFunc(l.Costs, func(c Charge) bool { return a == c.Amount })
	case rolePaid:
		return a == l.Paid || a == l.interestPaid() || l.moved(MovementPayment, a) || slices.ContainsFunc(l.Parts,
			func(p Part) bool { return a == p.Paid })
	case roleBeyond:
		return slices.ContainsFunc(l.Movements, func(m Movement) bool { return a == m.Left })
	case roleCredited:
		return a == l.Credited || l.moved(MovementCredit, a) || slices.ContainsFunc(l.Parts, func(p Part) bool { return a == p.Credited })
	case roleNotDue:
		return a == l.NotYetDue || slices.ContainsFunc(l.Parts, func(p Part) bool { return !p.Due && a == p.Open })
	case roleOverpaid:
		return a == l.Overpaid
	}
	var f figures
	f.seen = make(map[courrier.Amount]bool)
	f.line(l)
	return f.seen[a]
}

func (l *Line) isOpen(a courrier.Amount) bool {
	return a == l.Open || a == l.PrincipalDue || a == l.NotYetDue || slices.ContainsFunc(l.Parts, func(p Part) bool { return a == p.Open })
}

func (l *Line) isBase(a courrier.Amount) bool {
	return slices.ContainsFunc(l.Segments, func(s Segment) bool { return a == s.Principal })
}

func (l *Line) moved(kind MovementKind, a courrier.Amount) bool {
	return slices.ContainsFunc(l.Movements, func(m Movement) bool {
		return m.Kind == kind && (a == m.Amount || a == m.ToInterest || a == m.ToPrincipal || a == m.Left)
	})
}
