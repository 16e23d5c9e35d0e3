package mysendingbox

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// Invoice is what the carrier bills an account directly. Whether its figures are
// euros or cents is not published, so they have no unit here.
type Invoice struct {
	ID           string
	Number       string
	Date, Due    courrier.Date
	Paid         courrier.Date
	Status       string // created, waiting, paid or error
	Pack         string
	PaymentType  string
	ExclTax, Tax decimal.Decimal
	InclTax      decimal.Decimal
	Lines        []InvoiceLine
}

// InvoiceLine is one line of an invoice.
type InvoiceLine struct {
	Text         string
	ExclTax, Tax decimal.Decimal
	InclTax      decimal.Decimal
}

// InvoiceFilter selects invoices; its zero value selects all.
type InvoiceFilter struct {
	From, To courrier.Date // by date, as the carrier compares them
	Status   string
	Limit    int // 0: no limit
}

func (w wireInvoice) invoice() Invoice {
	total := w.Total.V
	inv := Invoice{
		ID: string(w.ID), Number: string(w.Number), Date: w.Date.date(), Due: w.Due.date(), Paid: w.Paid.date(),
		Status: string(w.Status), Pack: string(w.Pack), PaymentType: string(w.PaymentType),
		ExclTax: total.ExclTax.Decimal, Tax: total.Tax.Decimal, InclTax: total.InclTax.Decimal,
	}
	for _, l := range w.Lines.V {
		inv.Lines = append(inv.Lines, InvoiceLine{Text: string(l.Text), ExclTax: l.ExclTax.Decimal, Tax: l.Tax.Decimal,
			InclTax: l.InclTax.Decimal})
	}
	return inv
}

// Invoices lists the invoices of the company that owns the account's key, the
// latest first.
//
// Errors: [courrier.ErrDenied] (also no-key, key-mode), [courrier.ErrNotFound],
// [courrier.ErrUnavailable] (also no-key, not-sent, no-answer).
func (p *Provider) Invoices(ctx context.Context, account courrier.AccountID, f InvoiceFilter) iter.Seq2[Invoice, error] {
	return func(yield func(Invoice, error) bool) {
		n := 0
		for page := 1; ; page++ {
			got, err := p.invoicePage(ctx, account, f, page)
			if err != nil {
				yield(Invoice{}, err)
				return
			}
			for _, w := range got.Invoices {
				if n++; !yield(w.invoice(), nil) || n == f.Limit {
					return
				}
			}
			if page >= *got.Info.Pages || len(got.Invoices) == 0 {
				return
			}
		}
	}
}

func (p *Provider) invoicePage(ctx context.Context, account courrier.AccountID, f InvoiceFilter, page int) (wireInvoices, error) {
	const op = "invoices"
	query := url.Values{"page": {strconv.Itoa(page)}, "limit": {strconv.Itoa(pageSize)}, "order_by": {"invoice_date"}, "sort_by": {"desc"}}
	for name, value := range map[string]string{"date_start": f.From.String(), "date_end": f.To.String(), "status": f.Status} {
		if value != "" {
			query.Set(name, value)
		}
	}
	answer, err := p.get(ctx, op, account, rest.Call{Path: []string{"invoices"}, Query: query})
	if err != nil {
		return wireInvoices{}, err
	}
	var got wireInvoices
	if err := answer.JSON(&got); err != nil {
		return wireInvoices{}, unreadable(op, courrier.ErrUnavailable, answer, err)
	}
	if got.Info.Pages == nil {
		return wireInvoices{}, unreadable(op, courrier.ErrUnavailable, answer, errors.New("the list states no number of pages"))
	}
	return got, nil
}

// InvoiceFile returns an invoice's PDF; [courrier.ErrNotFound] when the carrier
// gives no link to one.
//
// Errors: [courrier.ErrDenied] (also no-key, key-mode), [courrier.ErrNotFound] (also no-file),
// [courrier.ErrUnavailable] (also no-key, not-sent, no-answer).
func (p *Provider) InvoiceFile(ctx context.Context, account courrier.AccountID, id string) (courrier.Document, error) {
	const op = "invoice"
	if id == "" {
		return courrier.Document{}, fail(op, courrier.ErrNotFound, "", errors.New("no id"))
	}
	answer, err := p.get(ctx, op, account, rest.Call{Path: []string{"invoices", id}})
	if err != nil {
		return courrier.Document{}, err
	}
	var w wireInvoice
	if err := answer.JSON(&w); err != nil {
		return courrier.Document{}, unreadable(op, courrier.ErrUnavailable, answer, err)
	}
	var file wireFile
	if json.Unmarshal(w.File, &file) != nil || file.URL == "" {
		return courrier.Document{}, fail(op, courrier.ErrNotFound, "no-file", nil)
	}
	pdf, err := p.download(ctx, op, string(file.URL))
	if err != nil {
		return courrier.Document{}, err
	}
	return courrier.NewDocument("invoice-"+id+".pdf", pdf), nil
}
