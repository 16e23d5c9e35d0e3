package dunning

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/quote"
	"github.com/courrier-go/courrier/latepayment"
)

// FieldKind says what the value of a [Field] is.
type FieldKind string

// The kinds.
const (
	// FieldText is one line of plain text, without a sum: sums are the statement's.
	FieldText FieldKind = "text"
	// FieldURL is an absolute https address. Alone in its paragraph it is a button.
	FieldURL FieldKind = "url"
)

// Field is a placeholder of the host's own, such as {pay_link}. Its value is that of
// the invoice or of the customer: see [Customer.Values] and [Invoice.Values]. About
// several invoices it is the customer's; where only the invoices have values, a URL
// that is alone in its paragraph is a list of them, and texts are set beside each other.
type Field struct {
	Kind FieldKind
	// Label is what the button of a URL says, by language: required for one.
	Label map[courrier.Language]string
	// Optional: a value may be missing. A paragraph with nothing else falls away.
	Optional bool
	// About says what it stands for, to whoever writes texts.
	About string
}

// Fields are an account's own placeholders by name: lower-case letters, digits and '_'.
type Fields map[string]Field

const (
	maxFieldText = 200  // characters
	maxFieldURL  = 1500 // bytes: what mail readers open
	maxLabel     = 60   // characters
)

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Validate reports every wrong field: each is a [courrier.FieldError].
func (f Fields) Validate() error {
	var c courrier.Checks
	for _, name := range slices.Sorted(maps.Keys(f)) {
		one, at := f[name], "Fields["+quote.Word(name)+"]"
		_, taken := placeholders[name]
		c.Require(fieldName.MatchString(name) && !taken, at, "is no name of one's own", "use lower-case letters, digits and '_', and none of those that Placeholders lists")
		c.Require(one.Kind == FieldText || one.Kind == FieldURL, at+".Kind", "is unknown", "use one of the Field constants")
		c.Require(one.Kind != FieldURL || len(one.Label) > 0, at+".Label", "is missing", "say what the button says")
		for _, lang := range slices.Sorted(maps.Keys(one.Label)) {
			label := one.Label[lang]
			c.Require(strings.TrimSpace(label) != "" && utf8.RuneCountInString(label) <= maxLabel && wrongText(label, lang) == "", at+".Label["+string(lang)+"]",
				fmt.Sprintf("is empty, over %d characters, or no plain text", maxLabel), "give a few words")
		}
	}
	return c.Err()
}

// label is what a button says in a language, else in English, else in the first that
// there is.
func (f Field) label(lang courrier.Language) string {
	for _, l := range append([]courrier.Language{lang, courrier.English}, slices.Sorted(maps.Keys(f.Label))...) {
		if known, ok := l.Lookup(func(l courrier.Language) bool { return f.Label[l] != "" }); ok {
			return f.Label[known]
		}
	}
	return ""
}

// wrong says why a value is none of the field's; "" when it is one.
func (f Field) wrong(value string, lang courrier.Language) string {
	if f.Kind == FieldURL {
		return wrongURL(value)
	}
	if utf8.RuneCountInString(value) > maxFieldText {
		return fmt.Sprintf("is over %d characters", maxFieldText)
	}
	return wrongText(value, lang)
}

// wrongText says why a value is no plain text without sums. Marks of texts and of HTML
// are refused and not escaped: nobody meant them.
func wrongText(value string, lang courrier.Language) string {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) }
	switch {
	case !utf8.ValidString(value):
		return "is not UTF-8"
	case strings.ContainsFunc(value, hidden):
		return "has line ends, or signs that are not seen"
	case strings.ContainsAny(value, "<>{}") || strings.Contains(value, "**") || strings.HasPrefix(strings.TrimSpace(value), "- "):
		return "has marks of texts or of HTML"
	case len(latepayment.FindSums(value, lang)) > 0:
		return "has a sum, which is none of the statement's"
	}
	return ""
}

// wrongURL says why a value is no address that may stand in an e-mail.
func wrongURL(value string) string {
	beyond := func(r rune) bool { return r <= ' ' || r >= utf8.RuneSelf || strings.ContainsRune("<>\"'`{}|\\^*", r) }
	u, err := url.Parse(value)
	switch {
	case len(value) > maxFieldURL:
		return fmt.Sprintf("is over %d bytes", maxFieldURL)
	case strings.ContainsFunc(value, beyond), err != nil:
		return "is no URL as RFC 3986 writes it"
	case u.Scheme != "https":
		return "has another scheme than https"
	case u.Hostname() == "" || u.User != nil:
		return "names no host, or a user"
	}
	return ""
}

// usedIn returns the account's own placeholders in a text.
func (f Fields) usedIn(t Text) []string {
	var used []string
	for _, part := range []string{t.Subject, t.Body} {
		eachPlaceholder(part, func(name string) string {
			if _, own := f[name]; own && !slices.Contains(used, name) {
				used = append(used, name)
			}
			return ""
		})
	}
	return used
}

// fieldValues is what the fields of a reminder stand for: one value, or one for each
// invoice.
type fieldValues map[string][]fieldValue

type fieldValue struct{ number, value string } // number: of the invoice; empty: the customer's

// valuesOf looks up and checks the values that a text uses. What is missing or wrong is
// named with its place in the case, and never quoted.
func (f Fields) valuesOf(t Text, c Case, ids []InvoiceID, lang courrier.Language) (fieldValues, error) {
	used := f.usedIn(t)
	if len(used) == 0 {
		return nil, nil
	}
	var checks courrier.Checks
	all := fieldValues{}
	for _, name := range used {
		values, from := c.valuesOf(name, ids)
		for i, v := range values {
			wrong := f[name].wrong(v.value, lang)
			checks.Require(wrong == "", from[i], wrong, "give a value that fits its Field")
		}
		missing := len(values) == 0 && !f[name].Optional
		checks.Require(!missing, "Case.Customer.Values["+name+"]", "is missing, and so is that of an invoice", "give a value, or make the field Optional")
		all[name] = values
	}
	return all, checks.Err()
}

// valuesOf returns the values of a placeholder for some invoices, with their places:
// that of the only invoice, the customer's, or one for each invoice.
func (c *Case) valuesOf(name string, ids []InvoiceID) (values []fieldValue, from []string) {
	var own []fieldValue
	var places []string
	for i := range c.Invoices {
		inv := &c.Invoices[i]
		named := slices.ContainsFunc(ids, func(id InvoiceID) bool { return c.whole(id) == inv.ID })
		if v := inv.Values[name]; named && v != "" {
			own = append(own, fieldValue{inv.number(), v})
			places = append(places, fmt.Sprintf("Case.Invoices[%d].Values[%s]", i, name))
		}
	}
	whole := map[InvoiceID]bool{}
	for _, id := range ids {
		whole[c.whole(id)] = true
	}
	customer := c.Customer.Values[name]
	switch {
	case len(own) == 1 && len(whole) == 1:
		own[0].number = ""
		return own, places
	case customer != "":
		return []fieldValue{{"", customer}}, []string{"Case.Customer.Values[" + name + "]"}
	case len(own) < len(whole): // of some invoices only
		return nil, nil
	}
	return own, places
}

// fill adds the values to those of a reminder's placeholders: within a text, and alone
// in a paragraph.
func (f Fields) fill(v textValues, values fieldValues, lang courrier.Language) {
	for name, all := range values {
		field := f[name]
		inside, alone := make([]string, len(all)), make([]string, len(all))
		for i, one := range all {
			inside[i], alone[i] = one.value, one.value
			switch {
			case one.number != "":
				alone[i] = "- " + one.number + colon(lang) + one.value
			case field.Kind == FieldURL:
				alone[i] = field.label(lang) + colon(lang) + one.value
			}
		}
		v[name] = strings.Join(inside, ", ")
		if field.Kind == FieldURL {
			v[aloneMark+name] = strings.Join(alone, "\n")
		}
	}
}

// aloneMark stands before the name of a placeholder that is alone in its paragraph: no
// name has it.
const aloneMark = "¶"

// links are the addresses among the values.
func (f Fields) links(values fieldValues, lang courrier.Language) []email.Link {
	var links []email.Link
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			if f[name].Kind == FieldURL {
				links = append(links, email.Link{URL: v.value, Label: f[name].label(lang)})
			}
		}
	}
	// The longest first: one may be the beginning of another.
	slices.SortStableFunc(links, func(a, b email.Link) int { return len(b.URL) - len(a.URL) })
	return links
}
