package latepayment

import (
	"regexp"

	"github.com/courrier-go/courrier"
)

const (
	whyNotYetDue = "a notice calls only for what is due (code civil, art. 1344)"
	demanding    = `(?:total|demeure|demand|reclam|exige|regl|payez|payer|somme|devez|redevable|dont|y compris|including|\bpay\b|owe)`
)

// dueHints are the words of what falls due.
var dueHints = []string{"echoir", "echu", "echean", "exigible", "due"}

// toldApart says that what falls due later is no part of what is asked for.
var toldApart = anyOf(
	`pour (?:information|memoire)|non comprise?s?|(?:n'est|ne sont|n'y sont|n'y est) pas (?:comprise?s?|incluse?s?|reclame|demande)`,
	`hors (?:de ce |du |de la |de |ce )?(?:total|somme|montant)|en sus|\bne (?:fait|font) pas partie|exclue?s?\b|\bexclud`,
	`not (?:included|part|claimed|demanded)|for information|apart`,
)

var dueRules = []claimRule{
	{ClaimNotYetDue, whyNotYetDue, dueHints,
		regexp.MustCompile(demanding + `[^;]*(?:a echoir|(?:non|non encore|pas encore|(?:n'est|ne sont|n'etant) pas(?: encore)?) ` +
			`(?:echue?s?|exigibles?|dues?)|(?:venant|viendra|viendront|arrivera|arriveront) a echeance|echeance a venir|` +
			`not (?:yet )?due|falling due)`),
		toldApart, noticeTo},
	{ClaimNotYetDue, "interest and compensation of a public buyer are payable 45 days after the price (code de la commande publique, " +
		"art. R2192-36)",
		[]string{"interets", "indemnit", "penalite", "interest", "compensation"},
		regexp.MustCompile(`(?:demeure|sommons|exigeons|reglez|payez|(?:de|nous) (?:payer|regler)|verser|mandater|demand|reclam|\bpay\b|` +
			`settle|` +
			`formal notice)[^;]*(?:interets? moratoires|interets? de retard|indemnite|penalites? de retard|late.payment interest|` +
			`fixed compensation)`),
		regexp.MustCompile(`exigibles?|payables? dans|45 jours|45 days|mise en paiement|payable within|seront dus|pour information|` +
			`une fois|prefet`),
		publicNotice},
	{ClaimVoidWaiver, "a waiver of interest towards a public buyer is deemed unwritten (code de la commande publique, art. L2192-14)",
		[]string{"interet", "indemnit", "penalite", "moratoire", "interest", "compensation"},
		anyOf(
			`(?:renon\w+|abandonn\w+|(?:faisons|ferons|faire) (?:grace|remise|abandon|cadeau)|remise (?:de|des|totale|gracieuse|partielle)|`+
				`exoner\w+|dispens\w+|exempt\w*|quitte|waiv\w+|forgo\w*)[^.;]{0,40}(?:interets?|penalites?|indemnites?|interest|compensation|`+
				`moratoires)`,
			`\bpas d'(?:interets?|indemnite|penalites?)\b[^.;]{0,30}\bsi\b`,
			`(?:interets?|penalites?|indemnites?)\b[^.;]{0,40}(?:abandonne|remis\b|annule|seront pas|sera pas)`,
			`ne (?:vous )?(?:reclam|demand|exig|factur)\w+ (?:pas|plus|aucune?|ni)\b[^.;]{0,25}(?:interets?|indemnite|penalites?)`,
			`(?:interest|compensation)\b[^.;]{0,30}(?:waived|dropped|not be (?:claimed|charged))|(?:not|never) (?:claim|`+
				`charge)[^.;]{0,20}interest`,
		),
		anyOf(
			`ne renon|sans renonc|question de renon|refus\w+ de renon|(?:aucune|toute) renonciation|renonciation[^.;]{0,50}(?:non ecrite|nulle)`,
			`ne pouvons|ne peut|not waive|without waiving|cannot|exigib|a ce stade|aujourd'hui|payables?\b|deemed (?:unwritten|void)`,
		), toPublic},
}

// dueOn is a due date as a sentence tells it: "dont l'échéance est fixée au 31 décembre 2026".
var dueOn = regexp.MustCompile(`\b(?:echeances?|mensualites?|echeant|echue?s?|falls? due|falling due|due on|due date)\b[^.;\d]{0,25}` +
	`\b(\d{1,2})(?:er|st|nd|rd|th)? ?(?:(` + monthPattern + `) ?(\d{4})|[/.-](\d{1,2})[/.-](\d{4}))`)

var demand = regexp.MustCompile(demanding)

// notYetDue finds an invoice in a formal notice whose due date, as the sentence tells it, is behind
// the letter's own.
func (f *LetterFacts) notYetDue(s *sentence) []Finding {
	if f.Kind != courrier.StepFormalNotice || f.On.IsZero() || !s.hints.has(dueList) {
		return nil
	}
	for _, m := range dueOn.FindAllStringSubmatch(s.folded, -1) {
		on := dateIn3(m[1], m[2]+m[4], m[3]+m[5])
		if f.On.Before(on) && demand.MatchString(s.folded) && !toldApart.MatchString(s.folded) {
			return []Finding{s.finding(ClaimNotYetDue, whyNotYetDue)}
		}
	}
	return nil
}
