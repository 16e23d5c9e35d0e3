package pdf

import (
	"context"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// ComposeStatement implements [dunning.StatementComposer]: the letter of a statement of
// account, with one table for each currency.
//
// Errors: [courrier.ErrInvalid].
func (r *ReminderComposer) ComposeStatement(ctx context.Context, s dunning.AccountStatement) (courrier.Document, error) {
	l, err := r.letter(s.Letter)
	if err != nil {
		return courrier.Document{}, err
	}
	l.Blocks = accountBlocks(s)
	done, err := r.composer.Compose(ctx, l, r.theme)
	if err != nil {
		return courrier.Document{}, err
	}
	doc := courrier.NewDocument("statement.pdf", done.File)
	doc.Pages = done.Pages
	return doc, nil
}

// accountBlocks are the paragraphs of a statement of account, its tables in their place.
func accountBlocks(s dunning.AccountStatement) []Block {
	var blocks []Block
	for _, text := range strings.Split(s.Letter.Message.Body, "\n\n") {
		switch text = strings.TrimSpace(text); {
		case text == dunning.TableMark:
			for _, b := range s.Balances {
				blocks = append(blocks, balanceTable(b, s.Letter.Language))
			}
		case text != "":
			blocks = append(blocks, textBlock(text))
		}
	}
	return blocks
}

// disputedMarks stand behind the number of an invoice that the customer contests.
var disputedMarks = map[courrier.Language]string{
	courrier.French: "en litige", courrier.English: "disputed", courrier.German: "strittig",
}

// disputedMark is that of a language; in one that has none, the English.
func disputedMark(lang courrier.Language) string {
	known, ok := lang.Lookup(func(l courrier.Language) bool { return disputedMarks[l] != "" })
	if !ok {
		known = courrier.English
	}
	return disputedMarks[known]
}

// balanceTable lists what is open in one currency, with its ages and its balance below.
func balanceTable(b dunning.Balance, lang courrier.Language) InvoiceTable {
	t := InvoiceTable{Columns: []Column{ColumnNumber, ColumnIssued, ColumnDue, ColumnDaysLate, ColumnAmount, ColumnCredited, ColumnPaid, ColumnOpen}}
	for _, it := range b.Items {
		number := it.Number
		if it.Disputed {
			number += " (" + disputedMark(lang) + ")"
		}
		t.Rows = append(t.Rows, InvoiceRow{
			Number: number, IssuedOn: it.IssuedOn, DueOn: it.DueOn, DaysLate: it.DaysLate,
			Amount: it.Amount, Credited: it.Credited, Paid: it.Paid, Open: it.Open,
		})
	}
	for _, row := range append(b.Ageing[:len(b.Ageing):len(b.Ageing)], b.Total) {
		t.Lines = append(t.Lines, SumLine{Label: row.Label, Amount: row.Amount, Strong: row.Strong})
	}
	return t
}
