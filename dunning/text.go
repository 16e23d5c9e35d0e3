package dunning

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
)

// Text is a reminder's wording in one language, with placeholders in braces.
type Text struct {
	Subject string `json:"subject"`
	Body    string `json:"body"` // see [Message]
}

// Texts are an account's wordings by template name, that of [courrier.Step.Template].
// Names it lacks are taken from the library's own, by the step's kind.
type Texts map[string]map[courrier.Language]Text

// textValues are what the placeholders of one reminder stand for.
type textValues map[string]string

// placeholders are those a Text may use, with what they stand for.
var placeholders = map[string]string{
	"customer":     "the customer's name or company",
	"sender":       "the sender's name or company",
	"user":         "the name of the person who sends it",
	"invoices":     "the numbers of the invoices",
	"count":        "how many invoices",
	"open":         "what is open on them",
	"total":        "what is to be paid: open and charges",
	"oldest_due":   "the due date of the oldest",
	"days_late":    "days since that date",
	"deadline":     "the day by which to pay: eight days after today",
	"date":         "today",
	"statement":    "the late-payment statement, one line each",
	"table":        "the list of the invoices, alone in its paragraph",
	"payment":      "how to pay: Settings.Payment",
	"reminded?…|…": "the first wording where an earlier reminder was sent, the second where none was",
	"one?…|…":      "the first wording about one invoice, the second about several",
}

// choice is the two wordings of a placeholder such as {one?facture|factures}.
func choice(name string) (one, several string, ok bool) {
	wordings, ok := strings.CutPrefix(name, "one?")
	if !ok {
		wordings, ok = strings.CutPrefix(name, "reminded?")
	}
	one, several, two := strings.Cut(wordings, "|")
	return one, several, ok && two && !strings.Contains(several, "|")
}

// TableMark stands in a [Message]'s body, alone in a paragraph, where the list
// of the invoices goes. A body without it has the list at its end.
const TableMark = "{table}"

// Placeholders returns the names a [Text] may use in braces, and what each
// stands for.
func Placeholders() map[string]string { return maps.Clone(placeholders) }

// DeadlineDays is the time to pay that the library's own texts give.
const DeadlineDays = 8

const (
	maxSubject = courrier.MaxSubjectLen
	maxBody    = 20_000
	maxPayment = 500
)

// Validate names every placeholder that is not known, a brace left open, and
// texts that are empty or too long.
func (t Text) Validate() error {
	var c courrier.Checks
	for _, part := range []struct {
		field, text string
		most        int
	}{{"Subject", t.Subject, maxSubject}, {"Body", t.Body, maxBody}} {
		n := utf8.RuneCountInString(part.text)
		c.Require(strings.TrimSpace(part.text) != "" && n <= part.most, part.field, fmt.Sprintf("is empty or over %d characters", part.most), "write a shorter text")
		c.Require(utf8.ValidString(part.text), part.field, "is not UTF-8", "convert it")
		for _, name := range unknownPlaceholders(part.text) {
			c.Require(false, part.field, fmt.Sprintf("uses the placeholder %q, which is not known", name), "use one of those that Placeholders lists")
		}
	}
	c.Require(!strings.ContainsAny(t.Subject, "\r\n"), "Subject", "is more than one line", "write one line")
	lines := strings.Contains(t.Subject, TableMark) || strings.Contains(t.Subject, "{statement}") || strings.Contains(t.Subject, "{payment}")
	c.Require(!lines, "Subject", "uses a placeholder of several lines", "use it in the body")
	tables := strings.Count(t.Body, TableMark)
	alone := slices.ContainsFunc(strings.Split(t.Body, "\n\n"), func(p string) bool { return strings.TrimSpace(p) == TableMark })
	c.Require(tables == 0 || tables == 1 && alone, "Body", "has "+TableMark+" twice, or not alone in its paragraph", "put it once, between two blank lines")
	return c.Err()
}

// Validate checks every text, naming its template and language.
func (t Texts) Validate() error {
	var c courrier.Checks
	for _, name := range slices.Sorted(maps.Keys(t)) {
		for _, lang := range slices.Sorted(maps.Keys(t[name])) {
			c.Nest(fmt.Sprintf("Texts[%s][%s]", name, lang), t[name][lang].Validate())
		}
	}
	return c.Err()
}

// eachPlaceholder calls use for every text in braces and replaces it.
func eachPlaceholder(s string, use func(name string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || strings.ContainsAny(name, "{\n") {
			b.WriteString(use("{" + firstWord(rest))) // a brace left open is no placeholder
			s = rest
			continue
		}
		b.WriteString(use(name))
		s = after
	}
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return word[:min(len(word), 20)]
}

func unknownPlaceholders(s string) []string {
	var unknown []string
	eachPlaceholder(s, func(name string) string {
		_, known := placeholders[name]
		if _, _, ok := choice(name); !known && !ok {
			unknown = append(unknown, name)
		}
		return ""
	})
	return unknown
}

// of returns what a placeholder stands for.
func (v textValues) of(name string) string {
	one, several, ok := choice(name)
	switch {
	case !ok:
		return v[name]
	case strings.HasPrefix(name, "reminded?"):
		if v["reminded"] != "" {
			return one
		}
		return several
	case v["count"] == "1":
		return one
	}
	return several
}

// render fills in a text. Names and numbers are put in as they are: a value is
// never read for placeholders, and none but the statement for marks.
func (t Text) render(v textValues, lang courrier.Language) Message {
	subject := eachPlaceholder(t.Subject, v.of)
	body := eachPlaceholder(t.Body, func(name string) string {
		_, filled := v[name]
		if name == "statement" || !filled { // paragraphs and wordings have marks of their own
			return v.of(name)
		}
		return strings.ReplaceAll(v[name], "*", `\*`)
	})
	return Message{Language: lang, Subject: oneLine(subject), Body: paragraphs(body)}
}

// paragraphs drops those that nothing filled.
func paragraphs(body string) string {
	all := strings.Split(body, "\n\n")
	all = slices.DeleteFunc(all, func(p string) bool { return strings.TrimSpace(p) == "" })
	return strings.Join(all, "\n\n")
}

// oneLine keeps a subject one line of bounded length, whatever was filled in. The
// no-break spaces of amounts stay.
func oneLine(s string) string {
	blank := func(r rune) bool { return r == ' ' || unicode.IsControl(r) }
	s = strings.Join(strings.FieldsFunc(s, blank), " ")
	if r := []rune(s); len(r) > maxSubject {
		s = string(r[:maxSubject-1]) + "…"
	}
	return s
}

// find returns the text of a step: the account's own, else the library's.
func (t Texts) find(template string, kind courrier.StepKind, lang courrier.Language) Text {
	if own, ok := t[template][lang]; ok {
		return own
	}
	if own, ok := t[template][courrier.English]; ok && lang != courrier.French {
		return own
	}
	texts := defaultTexts[kind]
	if text, ok := texts[lang]; ok {
		return text
	}
	return texts[courrier.English]
}

// defaultTexts are the library's own wordings. The formal notice holds what
// French practice asks of one: the words, the demand, the deadline, what may
// follow, a way to dispute. It makes no threat and looks like nobody else's act.
var defaultTexts = map[courrier.StepKind]map[courrier.Language]Text{
	courrier.StepCourtesy: {
		courrier.French: {
			"{one?Votre facture|Vos factures} {invoices} {one?arrive|arrivent} à échéance",
			"Madame, Monsieur,\n\nNous vous rappelons que {one?la facture|les factures} {invoices}, d’un montant restant dû de {open}, {one?arrive à échéance le|arrivent à échéance, la première le} {oldest_due}.\n\n{table}\n\n{payment}\n\n" +
				"Si votre règlement est déjà parti, nous vous en remercions.\n\nBien cordialement,",
		},
		courrier.English: {
			"Your {one?invoice|invoices} {invoices} {one?falls|fall} due soon",
			"Dear customer,\n\nThis is to remind you that {one?invoice|invoices} {invoices}, on which {open} is open, {one?falls due on|fall due, the first on} {oldest_due}.\n\n{table}\n\n{payment}\n\n" +
				"If your payment is already on its way, thank you.\n\nKind regards,",
		},
	},
	courrier.StepReminder: {
		courrier.French: {
			"Relance : {total} restant dus",
			"Madame, Monsieur,\n\nSauf erreur de notre part, **{total}** restent dus sur {one?la facture ci-dessous, échue|les factures ci-dessous, dont la plus ancienne était échue} le {oldest_due}.\n\n{table}\n\n" +
				"Nous vous remercions de bien vouloir régler cette somme avant le **{deadline}**. Si une difficulté s’y oppose, répondez-nous : nous chercherons une solution.\n\n{payment}\n\n" +
				"Si votre règlement s’est croisé avec ce courrier, n’en tenez pas compte.\n\nBien cordialement,",
		},
		courrier.English: {
			"Reminder: {total} open",
			"Dear customer,\n\nUnless we are mistaken, **{total}** is open on {one?the invoice below, which|the invoices below, the oldest of which} fell due on {oldest_due}.\n\n{table}\n\n" +
				"Please settle this amount by **{deadline}**. If anything prevents you from paying, let us know and we will look for a solution.\n\n{payment}\n\n" +
				"If your payment has crossed this letter, please disregard it.\n\nKind regards,",
		},
	},
	courrier.StepFormalNotice: {
		courrier.French: {
			"Mise en demeure de payer {total}",
			"Madame, Monsieur,\n\n{reminded?Malgré nos relances, l|L}{one?a facture ci-dessous demeure impayée|es factures ci-dessous demeurent impayées} à la date du {date}.\n\n{table}\n\n" +
				"Par la présente, nous vous **mettons en demeure** de nous régler la somme de **{total}** au plus tard le **{deadline}**.\n\n{statement}\n\n" +
				"À défaut de règlement dans ce délai, nous nous réservons de faire valoir nos droits par toute voie, y compris devant le tribunal compétent. " +
				"Si vous contestez tout ou partie de cette somme, indiquez-nous par écrit vos motifs avant cette date.\n\n" +
				"Le règlement est à adresser à {sender}, par les moyens indiqués sur {one?la facture|les factures}.\n\n{payment}\n\nVeuillez agréer, Madame, Monsieur, nos salutations distinguées.",
		},
		courrier.English: {
			"Formal notice to pay {total}",
			"Dear customer,\n\n{reminded?In spite of our reminders, t|T}{one?he invoice below remains|he invoices below remain} unpaid on {date}.\n\n{table}\n\n" +
				"We hereby give you **formal notice** to pay **{total}** by **{deadline}** at the latest.\n\n{statement}\n\n" +
				"Failing payment by then, we reserve the right to assert our claim by any means, before the competent court if need be. " +
				"If you dispute all or part of this amount, tell us why in writing before that date.\n\n" +
				"Please pay {sender}, by the means stated on {one?the invoice|the invoices}.\n\n{payment}\n\nYours faithfully,",
		},
	},
}
