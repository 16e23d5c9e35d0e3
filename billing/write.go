package billing

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/words"
)

func decimalOf(micros int64) decimal.Decimal { return decimal.New(micros, -courrier.MaxAmountScale) }

// columns of the CSV form, in their order.
var columns = []string{"at", "kind", "letter", "key", "service", "purpose", "amount", "unit", "included", "bought", "owed",
	"by_carrier", "taxes", "reason"}

// WriteCSV writes the lines as RFC 4180 with a header: times as RFC 3339 in the
// account's zone, amounts with a point and without their unit, taxes as
// "class=amount" separated by spaces. A text that a spreadsheet would take for a
// formula begins with an apostrophe.
func (s Statement) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for _, l := range s.Lines {
		var taxes []string
		for _, t := range l.Taxes {
			if t.Class != "" {
				taxes = append(taxes, t.Class+"="+number(t.Total))
			}
		}
		err := out.Write([]string{
			l.At.Format(time.RFC3339), string(l.Kind), harmless(string(l.Letter)), harmless(l.Key), string(l.Service), string(l.Purpose),
			number(l.Amount), s.Unit, number(l.Sources.Included), number(l.Sources.Bought), number(l.Sources.Owed),
			strconv.FormatBool(l.ByCarrier), harmless(strings.Join(taxes, " ")), harmless(l.Reason),
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func number(a courrier.Amount) string {
	value, _, _ := strings.Cut(a.String(), " ")
	return value
}

// harmless keeps a spreadsheet from running a text.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// maxListed is how many lines the PDF lists; the CSV has all.
const maxListed = 1000

// PDF sets the statement as a letter of the host's: l gives sender, recipient, layout
// and language (French or English), and its own Blocks come first. Subject and Date
// are filled in when they are empty. It lists at most 1,000 lines and says so when
// there are more.
//
// Errors: [courrier.ErrInvalid].
func (s Statement) PDF(ctx context.Context, c *pdf.Composer, l pdf.Letter, theme pdf.Theme) (pdf.Composed, error) {
	if c == nil {
		return pdf.Composed{}, &courrier.FieldError{Field: "c", Rule: "is nil", Remedy: "give a composer of pdf.NewComposer"}
	}
	w := wordings[strings.HasPrefix(l.Language, "en")]
	lang, ok := pdf.LanguageFor(w.language)
	if !ok {
		return pdf.Composed{}, &courrier.FieldError{Field: "Language", Rule: "is not known", Remedy: "use fr or en"}
	}
	first, last := courrier.DateOf(s.From), courrier.DateOf(s.To).AddDays(-1)
	if l.Subject == "" {
		l.Subject = fmt.Sprintf(w.subject, lang.Date(first), lang.Date(last))
	}
	if l.Date.IsZero() {
		l.Date = courrier.DateOf(s.To)
	}
	if !s.Closed {
		l.Blocks = append(l.Blocks, pdf.Paragraph(w.open))
	}
	l.Blocks = append(l.Blocks, s.blocks(w, lang)...)
	return c.Compose(ctx, l, theme)
}

func (s Statement) blocks(w wording, lang pdf.Language) []pdf.Block {
	blocks := []pdf.Block{s.account(w, lang)}
	if len(s.Sums) > 0 {
		blocks = append(blocks, s.sums(w, lang))
	}
	if len(s.Taxes) > 0 && (len(s.Taxes) > 1 || s.Taxes[0].Class != "") {
		taxes := pdf.Details{Title: w.taxes}
		for _, t := range s.Taxes {
			taxes.Rows = append(taxes.Rows, pdf.Field{Label: w.class(t.Class), Value: lang.Amount(t.Total)})
		}
		blocks = append(blocks, taxes)
	}
	if len(s.Lines) > 0 {
		blocks = append(blocks, s.letters(w, lang))
	}
	if len(s.Lines) > maxListed {
		blocks = append(blocks, pdf.Paragraph(fmt.Sprintf(w.more, len(s.Lines)-maxListed)))
	}
	return blocks
}

// moved adds up what the entries did to the balance, by kind: a grant and its beginning
// are one, and under reserve is what is held more at the end than at the beginning.
func (s Statement) moved() map[courrier.EntryKind]courrier.Amount {
	sums := map[courrier.EntryKind]int64{courrier.EntryReserve: s.Opening.Reserved.Micros() - s.Closing.Reserved.Micros()}
	for _, e := range s.Entries {
		kind := e.Kind
		switch kind {
		case courrier.EntryReserve, courrier.EntryRelease:
			continue
		case courrier.EntryBegin:
			kind = courrier.EntryGrant
		}
		available, _ := e.Effect()
		sums[kind] += available.Micros()
	}
	amounts := make(map[courrier.EntryKind]courrier.Amount, len(sums))
	for kind, n := range sums {
		amounts[kind], _ = courrier.AmountOfMicros(n, s.Unit) // a part of the balances, which are in range
	}
	return amounts
}

// account lists the balances and what moved them, so that the column adds up; what is
// zero is left out, save for the balances and what is due.
func (s Statement) account(w wording, lang pdf.Language) pdf.Details {
	d := pdf.Details{Title: w.account}
	add := func(always bool, label string, a courrier.Amount) {
		if always || !a.IsZero() {
			d.Rows = append(d.Rows, pdf.Field{Label: label, Value: lang.Amount(a)})
		}
	}
	add(true, w.opening, s.Opening.Available)
	add(false, w.carried, s.Opening.Owed)
	moved := s.moved()
	for _, k := range w.kinds {
		add(false, k.label, moved[k.kind])
	}
	add(false, w.included, s.Spent.Included.Neg())
	add(false, w.bought, s.Spent.Bought.Neg())
	add(false, w.owed, s.Spent.Owed.Neg())
	add(false, w.back, total(s.GivenBack))
	add(false, w.held, moved[courrier.EntryReserve])
	add(true, w.closing, s.Closing.Available)
	add(false, w.reserved, s.Closing.Reserved)
	add(false, w.billed, s.Billed)
	add(true, w.due, s.Due)
	return d
}

func total(s Sources) courrier.Amount {
	n, err := courrier.AmountOfMicros(s.Included.Micros()+s.Bought.Micros()+s.Owed.Micros(), s.Owed.Unit())
	if err != nil {
		return s.Owed
	}
	return n
}

func (s Statement) sums(w wording, lang pdf.Language) pdf.Details {
	d := pdf.Details{Title: w.sums}
	for _, sum := range s.Sums {
		label := fmt.Sprintf("%d × %s (%s)", sum.Count, w.name(sum.Service), words.Of(sum.Purpose, w.tag()))
		if sum.ByCarrier {
			label += ", " + w.byCarrier
		}
		d.Rows = append(d.Rows, pdf.Field{Label: label, Value: fmt.Sprintf("%s × %d = %s", lang.Amount(sum.Price), sum.Count,
			lang.Amount(sum.Total))})
	}
	return d
}

func (s Statement) letters(w wording, lang pdf.Language) pdf.Details {
	d := pdf.Details{Title: w.letters}
	for _, l := range s.Lines[:min(len(s.Lines), maxListed)] {
		name := string(l.Letter)
		if name == "" {
			name = l.Key
		}
		value := lang.Amount(l.Amount) + ", " + words.Of(l.Kind, w.tag())
		if l.Service != "" {
			value += ", " + w.name(l.Service)
		}
		d.Rows = append(d.Rows, pdf.Field{Label: lang.Date(courrier.DateOf(l.At)) + ", " + name, Value: value})
	}
	return d
}
