package dunning

import (
	"encoding/json"
	"strings"

	"github.com/courrier-go/courrier"
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

// list writes the invoices of a reminder, one line each.
func (p PrintedReminder) list() string {
	due, open := "due", "open"
	if p.Language == courrier.French {
		due, open = "échéance", "reste dû"
	}
	var b strings.Builder
	for _, inv := range p.Invoices {
		b.WriteString("- " + inv.Number + ", " + due + " " + courrier.FormatDate(inv.DueOn, p.Language) + ", " + open + " " + courrier.FormatAmount(inv.Open, p.Language) + "\n")
	}
	return b.String()
}

// fingerprintOf identifies values for comparison.
func fingerprintOf(values ...any) string {
	b, err := json.Marshal(values)
	if err != nil {
		panic("courrier: these values always marshal: " + err.Error())
	}
	return string(courrier.SumOf(b))
}
