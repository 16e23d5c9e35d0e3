package dunning

import (
	"encoding/json"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// plain returns the text of an e-mail: without marks, with the list of the
// invoices in its place or, where listed is asked for, at its end; signed, and
// with the footer that a letter has.
func (p PrintedReminder) plain(listed bool) string {
	var parts []string
	list := strings.TrimSuffix(p.list(), "\n")
	for _, text := range strings.Split(p.Message.Body, "\n\n") {
		if strings.TrimSpace(text) != TableMark {
			parts = append(parts, unmarked(text))
		} else if list != "" {
			parts = append(parts, list)
			list = ""
		}
	}
	if listed && list != "" {
		parts = append(parts, list+"\n") // the signature is no part of it
	}
	body := strings.Join(parts, "\n\n")
	for _, line := range []string{p.Signature.Name, p.Signature.Title, nameOf(courrier.Recipient(p.From))} {
		if line != "" {
			body += "\n" + line
		}
	}
	if p.Footer != "" {
		body += "\n\n-- \n" + p.Footer // RFC 3676, section 4.3: readers set it apart
	}
	return body + "\n"
}

// unmarked drops the marks of bold text and of escaped stars.
func unmarked(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		switch {
		case strings.HasPrefix(s, `\*`):
			b.WriteByte('*')
			s = s[2:]
		case strings.HasPrefix(s, "**"):
			s = s[2:]
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String()
}

// list writes the invoices of a reminder, one line each, and the sums below them:
// the table of the letter, in words.
func (p PrintedReminder) list() string {
	words := phrasesFor(p.Language)
	var b strings.Builder
	for i := range p.Statement.Lines {
		l := &p.Statement.Lines[i]
		for _, part := range l.Parts {
			if part.Due || p.Kind == courrier.StepCourtesy || p.Statement.Open.IsZero() {
				b.WriteString("- " + p.listed(words, l.Number, part) + "\n")
			}
		}
	}
	for _, row := range p.Sums {
		b.WriteString("- " + row.Label + colon(p.Language) + row.Amount.Text(p.Language) + "\n")
	}
	return b.String()
}

// listed writes one part of an invoice: its sums subtract.
func (p PrintedReminder) listed(words phrases, number string, part latepayment.Part) string {
	more := ""
	if !part.Credited.IsZero() {
		more += strings.Replace(words.credited, "{amount}", part.Credited.Text(p.Language), 1)
	}
	if !part.Paid.IsZero() {
		more += strings.Replace(words.paid, "{amount}", part.Paid.Text(p.Language), 1)
	}
	return strings.NewReplacer("{number}", number, "{due}", part.DueOn.Text(p.Language), "{amount}", part.Amount.Text(p.Language),
		"{more}", more, "{open}", part.Open.Text(p.Language)).Replace(words.listed)
}

// colon separates a label from what follows it.
func colon(lang courrier.Language) string {
	if _, french := lang.Lookup(func(l courrier.Language) bool { return l == courrier.French }); french {
		return "\u00a0: "
	}
	return ": "
}

// fingerprintOf identifies values for comparison.
func fingerprintOf(values ...any) string {
	b, err := json.Marshal(values)
	if err != nil {
		panic("courrier: these values always marshal: " + err.Error())
	}
	return string(courrier.SumOf(b))
}
