package dunning

import (
	"encoding/json"
	"html/template"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/imagefile"
)

// page returns what an e-mail says: the message with the list of the invoices in its
// place or, where listed is asked for, at its end; signed, and with the footer that a
// letter has. Text and HTML are made of it, and of nothing else.
func (p PrintedReminder) page(listed bool) email.Page {
	page := email.Page{Language: p.Language, Title: p.Message.Subject, Brand: nameOf(courrier.Recipient(p.From)), Colon: colon(p.Language)}
	table := p.table()
	for _, text := range strings.Split(p.Message.Body, "\n\n") {
		switch {
		case strings.TrimSpace(text) != TableMark:
			page.Blocks = append(page.Blocks, email.ParseBlock(text, page.Colon, p.links))
		case table != nil:
			page.Blocks = append(page.Blocks, email.Block{Table: table})
			table = nil
		}
	}
	if listed && table != nil {
		page.Blocks = append(page.Blocks, email.Block{Table: table})
	}
	for _, line := range []string{p.Signature.Name, p.Signature.Title, nameOf(courrier.Recipient(p.From))} {
		if line != "" {
			page.Signature = append(page.Signature, line)
		}
	}
	if p.Footer != "" {
		page.Footer = strings.Split(p.Footer, "\n")
	}
	page.Preview = previewOf(page.Blocks)
	return page
}

// maxPreview is how many characters of a preview mailboxes show: our convention.
const maxPreview = 90

// previewOf is the beginning of the first paragraph behind the salutation, up to a
// space: the spaces of sums do not break.
func previewOf(blocks []email.Block) string {
	for _, b := range blocks {
		if b.Lines == nil {
			continue
		}
		text := strings.TrimSpace(strings.ReplaceAll(email.Page{Blocks: []email.Block{b}}.Text(), "\n", " "))
		if text == "" || strings.HasSuffix(text, ",") {
			continue
		}
		r := []rune(text)
		if len(r) <= maxPreview {
			return text
		}
		cut := strings.LastIndex(string(r[:maxPreview]), " ")
		return text[:max(cut, 0)] + "\u00a0…"
	}
	return ""
}

// table is the list of the invoices of a reminder and the sums below them, as a letter
// has it; nil when there are none.
func (p PrintedReminder) table() *email.Table {
	words := phrasesFor(p.Language)
	t := email.Table{Columns: []email.Column{
		{Label: words.invoice}, {Label: words.due}, {Label: words.amount, Number: true},
		{Label: words.credited, Number: true}, {Label: words.paid, Number: true}, {Label: words.open, Number: true},
	}}
	for i := range p.Statement.Lines {
		l := &p.Statement.Lines[i]
		for _, part := range l.Parts {
			if part.Due || p.Kind == courrier.StepCourtesy || p.Statement.Open.IsZero() {
				t.Rows = append(t.Rows, []string{
					l.Number, part.DueOn.Text(p.Language), part.Amount.Text(p.Language), p.lowers(part.Credited), p.lowers(part.Paid), part.Open.Text(p.Language),
				})
			}
		}
	}
	for _, row := range p.Sums {
		t.Sums = append(t.Sums, email.Sum{Label: row.Label, Amount: row.Amount.Text(p.Language), Strong: row.Strong})
	}
	if len(t.Rows)+len(t.Sums) == 0 {
		return nil
	}
	return withoutEmpty(t)
}

// lowers writes what was credited or paid, where something was.
func (p PrintedReminder) lowers(a courrier.Amount) string {
	if a.IsZero() {
		return ""
	}
	return a.Text(p.Language)
}

// withoutEmpty leaves out the columns in which no row has anything.
func withoutEmpty(t email.Table) *email.Table {
	kept := email.Table{Sums: t.Sums, Rows: make([][]string, len(t.Rows))}
	for i, column := range t.Columns {
		filled := len(t.Rows) == 0
		for _, row := range t.Rows {
			filled = filled || row[i] != ""
		}
		if !filled {
			continue
		}
		kept.Columns = append(kept.Columns, column)
		for n, row := range t.Rows {
			kept.Rows[n] = append(kept.Rows[n], row[i])
		}
	}
	return &kept
}

// Size of a logo in an e-mail, in CSS pixels.
const (
	logoHeight = 40
	logoWidth  = 220
)

// dress gives a message its text and, with the logo of the account, its HTML.
func (p PrintedReminder) dress(m *email.Message, s Settings, page email.Page) error {
	m.Text = page.Text()
	if s.TextOnly {
		return nil
	}
	if len(p.Logo) > 0 {
		format, size, err := imagefile.Config(p.Logo)
		if err != nil || size.Width <= 0 || size.Height <= 0 {
			return &courrier.FieldError{Field: "Settings.Logo", Rule: "is no PNG or JPEG", Remedy: "give an image that pages can show"}
		}
		name := "logo." + format.Name
		page.Logo = email.Image{Source: template.URL("cid:" + email.CID(m.ID, name))}
		page.Logo.Width, page.Logo.Height = fitted(size.Width, size.Height)
		m.Inline = []courrier.Document{{Name: name, Content: p.Logo}}
	}
	var err error
	m.HTML, err = s.Layout.HTML(page)
	return err
}

// fitted returns a size of the same shape that fits the place of a logo.
func fitted(width, height int) (int, int) {
	scale := min(float64(logoHeight)/float64(height), float64(logoWidth)/float64(width), 1)
	return max(int(float64(width)*scale), 1), max(int(float64(height)*scale), 1)
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
