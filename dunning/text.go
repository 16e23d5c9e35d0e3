package dunning

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/quote"
	"github.com/courrier-go/courrier/latepayment"
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
	"customer":   "the customer's name or company",
	"sender":     "the sender's name or company",
	"user":       "the name of the person who sends it",
	"invoices":   "the numbers of the invoices",
	"count":      "how many invoices",
	"open":       "what is open of their price",
	"total":      "what is asked for: of the price or, in a formal notice and where the account charges reminders, of all that is due",
	"oldest_due": "the due date of the oldest",
	"days_late":  "days since that date",
	"deadline":   "the day by which to pay, with its weekday: see Settings.Deadlines",
	"by":         "until when to pay, as a phrase: the deadline, or days from the letter's first presentation",
	"past":       "a sentence about the reminders sent before, by their days; nothing when there were none",
	"starts":     "a sentence about the interest that a first formal notice starts, to who is no professional",
	"reference":  "what the customer knows the matter by",
	"date":       "today",
	"statement":  "what the statement says besides its sums, a list: texts, cut-off date, what falls due later, what is held",
	"table":      "the list of the invoices, alone in its paragraph",
	"payment":    "how to pay: Settings.Payment, or Settings.Bank",
	"one?…|…":    "the first wording about one invoice, the second about several",
}

// choice is the two wordings of a placeholder such as {one?facture|factures}.
func choice(name string) (one, several string, ok bool) {
	wordings, ok := strings.CutPrefix(name, "one?")
	one, several, two := strings.Cut(wordings, "|")
	return one, several, ok && two && !strings.Contains(several, "|")
}

// TableMark stands in a [Message]'s body, alone in a paragraph, where the list
// of the invoices goes. A body without it has the list at its end.
const TableMark = "{table}"

// Placeholders returns the names a [Text] may use in braces, and what each
// stands for.
func Placeholders() map[string]string { return maps.Clone(placeholders) }

const (
	maxSubject = email.MaxSubjectLen
	maxBody    = 20_000
	maxPayment = 500
)

// Validate names every placeholder that is none of the library's, a brace left open,
// and texts that are empty or too long. [Fields.Check] knows the account's own
// too. Each is a [courrier.FieldError].
func (t Text) Validate() error { return Fields(nil).Check(t) }

// Check is [Text.Validate] for texts that may use these placeholders too. Each fault is
// a [courrier.FieldError].
func (f Fields) Check(t Text) error {
	var c courrier.Checks
	t.check(&c)
	f.requireKnown(&c, "Subject", t.Subject)
	f.requireKnown(&c, "Body", t.Body)
	return c.Err()
}

// requireKnown checks the placeholders of a text.
func (f Fields) requireKnown(c *courrier.Checks, field, text string) {
	for _, name := range f.unknownIn(text) {
		c.Require(false, field, "uses a placeholder that is not known: "+quote.Word(name), "use one of those that Placeholders lists, or of Settings.Fields")
	}
}

// checkFrame checks all of a text but its placeholders, which an account may have.
func (t Text) checkFrame() error {
	var c courrier.Checks
	t.check(&c)
	return c.Err()
}

func (t Text) check(c *courrier.Checks) {
	for _, part := range []struct {
		field, text string
		most        int
	}{{"Subject", t.Subject, maxSubject}, {"Body", t.Body, maxBody}} {
		n := utf8.RuneCountInString(part.text)
		c.Require(strings.TrimSpace(part.text) != "" && n <= part.most, part.field, fmt.Sprintf("is empty or over %d characters", part.most), "write a shorter text")
		c.Require(utf8.ValidString(part.text), part.field, "is not UTF-8", "convert it")
	}
	c.Require(!strings.ContainsAny(t.Subject, "\r\n"), "Subject", "is more than one line", "write one line")
	lines := strings.Contains(t.Subject, TableMark) || strings.Contains(t.Subject, "{statement}") || strings.Contains(t.Subject, "{payment}")
	c.Require(!lines, "Subject", "uses a placeholder of several lines", "use it in the body")
	tables := strings.Count(t.Body, TableMark)
	alone := slices.ContainsFunc(strings.Split(t.Body, "\n\n"), func(p string) bool { return strings.TrimSpace(p) == TableMark })
	c.Require(tables == 0 || tables == 1 && alone, "Body", "has "+TableMark+" twice, or not alone in its paragraph", "put it once, between two blank lines")
}

// Validate checks every text, naming its template and language. [Fields.CheckAll] knows
// the account's own placeholders too. Each fault is a [courrier.FieldError].
func (t Texts) Validate() error { return Fields(nil).CheckAll(t) }

// CheckAll is [Texts.Validate] for texts that may use these placeholders too. Each fault
// is a [courrier.FieldError].
func (f Fields) CheckAll(t Texts) error {
	var c courrier.Checks
	for _, name := range slices.Sorted(maps.Keys(t)) {
		for _, lang := range slices.Sorted(maps.Keys(t[name])) {
			c.Nest(fmt.Sprintf("Texts[%s][%s]", name, lang), f.Check(t[name][lang]))
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

func (f Fields) unknownIn(s string) []string {
	var unknown []string
	eachPlaceholder(s, func(name string) string {
		_, known := placeholders[name]
		_, own := f[name]
		if _, _, ok := choice(name); !known && !own && !ok {
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
	case v["count"] == "1":
		return one
	}
	return several
}

// marked are the placeholders whose texts have marks of their own.
var marked = map[string]bool{"statement": true, "by": true}

// render fills in a text. Names and numbers are put in as they are: a value is
// never read for placeholders, and few for marks.
func (t Text) render(v textValues, lang courrier.Language) Message {
	subject := eachPlaceholder(t.Subject, v.of)
	body := eachPlaceholder(v.aloneIn(t.Body), func(name string) string {
		_, filled := v[name]
		if marked[name] || !filled { // paragraphs and wordings have marks of their own
			return v.of(name)
		}
		return strings.ReplaceAll(v[name], "*", `\*`)
	})
	return Message{Language: lang, Subject: oneLine(subject), Body: paragraphs(body)}
}

// aloneIn marks the placeholders that are alone in their paragraph and stand for
// something else there.
func (v textValues) aloneIn(body string) string {
	all := strings.Split(body, "\n\n")
	for i, text := range all {
		name, braced := strings.CutPrefix(strings.TrimSpace(text), "{")
		name, closed := strings.CutSuffix(name, "}")
		if _, ok := v[aloneMark+name]; ok && braced && closed {
			all[i] = "{" + aloneMark + name + "}"
		}
	}
	return strings.Join(all, "\n\n")
}

// paragraphs drops those that nothing filled.
func paragraphs(body string) string {
	all := strings.Split(body, "\n\n")
	for i := range all {
		all[i] = strings.TrimRight(all[i], " ")
	}
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

// Of returns the text that a step has in a language, and its language: the account's
// own, else the library's, else that in English. A formal notice differs by class of
// debtor.
func (t Texts) Of(s courrier.Step, class latepayment.DebtorClass, lang courrier.Language) (Text, courrier.Language) {
	return t.find(s.Template, textKey{s.Kind, class}, lang)
}

// find returns the text of a step and its language: of the languages that are
// wanted, in their order, the first in which the account or the library has one.
func (t Texts) find(template string, key textKey, wanted ...courrier.Language) (Text, courrier.Language) {
	own := t[template]
	texts := defaultTexts[key]
	if texts == nil {
		texts = defaultTexts[textKey{key.kind, latepayment.DebtorConsumer}]
	}
	if key.kind != courrier.StepFormalNotice {
		texts = defaultTexts[textKey{kind: key.kind}]
	}
	for _, lang := range append(wanted, courrier.English) {
		for _, from := range []map[courrier.Language]Text{own, texts} {
			if known, ok := lang.Lookup(func(l courrier.Language) bool { _, ok := from[l]; return ok }); ok {
				return from[known], known
			}
		}
	}
	return texts[courrier.English], courrier.English
}
