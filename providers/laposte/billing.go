package laposte

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"regexp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/courrier-go/courrier"
)

// BillingLine is one line of Maileva's bill for a recipient: postage, printing,
// an option. Amounts are in euros before tax.
type BillingLine struct {
	ID         string
	Letter     courrier.LetterID // empty when the line names no reference
	Type       string            // such as USER_REQUEST, DISCOUNT, CREDIT
	Code       string            // of the article
	Label      string            // of the article
	Category   string            // of the article
	Quantity   int
	UnitPrice  courrier.Amount
	Amount     courrier.Amount
	ValuedOn   courrier.Date
	InvoicedOn courrier.Date
	Invoice    string // the invoice's number
}

// billingPage covers the shapes that the lines were seen in: the contract's, and
// within an invoice. A page in none of them is no page without lines.
type billingPage struct {
	Items   *[]billingItem `json:"items"`
	Lines   *[]billingItem `json:"recipient_items"`
	Invoice struct {
		Items *[]billingItem `json:"items"`
	} `json:"invoice"`
	Paging total `json:"paging"`
}

func (p billingPage) lines() ([]billingItem, error) {
	for _, items := range []*[]billingItem{p.Items, p.Lines, p.Invoice.Items} {
		if items != nil {
			return *items, nil
		}
	}
	return nil, errors.New("the answer holds no lines")
}

// billingItem has the fields that the contract lists, and those a live client
// reads (recipient_custom_id).
type billingItem struct {
	ID                string      `json:"id"`
	Type              string      `json:"type"`
	InvoiceDate       string      `json:"invoice_date"`
	ValorizationDate  string      `json:"valorization_date"`
	UserReference     string      `json:"user_reference"`
	RequestName       string      `json:"request_name"`
	RecipientCustomID string      `json:"recipient_custom_id"`
	Quantity          json.Number `json:"quantity"`
	UnitPrice         json.Number `json:"unit_price"`
	Amount            json.Number `json:"amount"`
	Code              string      `json:"code"`
	Label             string      `json:"label"`
	Category          string      `json:"category"`
	InvoiceReference  string      `json:"invoice_reference"`
}

// BillingLines lists what Maileva billed an account's user for between two days
// of valuation, both included. Maileva renews the data on the 15th of each month, and in
// production only: elsewhere it is unsupported.
//
// Errors: [courrier.ErrUnsupported], [courrier.ErrInvalid], the carrier's.
func (p *Provider) BillingLines(ctx context.Context, account courrier.AccountID, from, to courrier.Date) iter.Seq2[BillingLine, error] {
	return pages(func(start int) ([]BillingLine, total, error) {
		if err := p.checkBilling(from, to); err != nil {
			return nil, total{}, err
		}
		query := paging(start)
		maps.Copy(query, url.Values{"start_valorization_date": {from.String()}, "end_valorization_date": {to.String()}})
		var page billingPage
		if err := p.billing.get(ctx, account, &page, query, "recipient_items"); err != nil {
			return nil, total{}, readFault("list billing lines", "", err)
		}
		items, err := page.lines()
		if err != nil {
			return nil, total{}, &courrier.Error{Op: "laposte: list billing lines", Provider: Name, Kind: courrier.ErrUnavailable, Err: err}
		}
		lines := make([]BillingLine, len(items))
		for i, item := range items {
			line, err := item.line()
			if err != nil {
				return nil, total{}, &courrier.Error{Op: "laposte: list billing lines", Provider: Name, Kind: courrier.ErrUnavailable,
					Err: fmt.Errorf("line %d: %w", start+i, err)}
			}
			lines[i] = line
		}
		return lines, page.Paging, nil
	})
}

func (p *Provider) checkBilling(from, to courrier.Date) error {
	if p.billing == nil {
		return &courrier.Error{Op: "laposte: list billing lines", Provider: Name, Kind: courrier.ErrUnsupported,
			Err: errors.New("there is no billing service at Config.Endpoints")}
	}
	var k courrier.Checks
	k.Require(!from.IsZero() && !to.IsZero(), "from", "is no date, or to is none", "give both days")
	k.Require(!to.Before(from), "to", "is before from", "give them in order")
	if err := k.Err(); err != nil {
		return &courrier.Error{Op: "laposte: list billing lines", Err: err}
	}
	return nil
}

func (i billingItem) line() (BillingLine, error) {
	l := BillingLine{
		ID: i.ID, Letter: i.letter(),
		Type: i.Type, Code: i.Code, Label: i.Label, Category: i.Category, Invoice: i.InvoiceReference,
	}
	var err error
	if l.Amount, err = euros(i.Amount); err != nil {
		return l, fmt.Errorf("amount: %w", err)
	}
	if l.UnitPrice, err = euros(i.UnitPrice); err != nil {
		return l, fmt.Errorf("unit price: %w", err)
	}
	if i.Quantity != "" {
		n, err := i.Quantity.Int64()
		if err != nil {
			return l, errors.New("quantity: not a whole number")
		}
		l.Quantity = int(n)
	}
	// A line is worth more than its dates: one that cannot be read is no date.
	l.ValuedOn, _ = courrier.ParseDate(i.ValorizationDate)
	l.InvoicedOn, _ = courrier.ParseDate(i.InvoiceDate)
	return l, nil
}

// uuidForm is that of the Client's letter ids.
var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// letter takes the first reference that has the form of a letter's id: the
// contract and a live client name different fields, and a user may have a
// reference of its own. The adapter writes the id into all that it can.
func (i billingItem) letter() courrier.LetterID {
	for _, ref := range []string{i.RecipientCustomID, i.UserReference, i.RequestName} {
		if uuidForm.MatchString(ref) {
			return courrier.LetterID(ref)
		}
	}
	return courrier.LetterID(cmp.Or(i.RecipientCustomID, i.UserReference, i.RequestName))
}

// euros reads a JSON number without passing through a float.
func euros(n json.Number) (courrier.Amount, error) {
	d, err := decimal.NewFromString(cmp.Or(n.String(), "0"))
	if err != nil {
		return courrier.Amount{}, errors.New("not a decimal number")
	}
	return courrier.AmountOf(d, "EUR")
}

// DriftReport compares what Maileva billed with what was expected.
type DriftReport struct {
	Letters   []Drift             // those whose sums differ, by letter
	Agreeing  int                 // letters whose sums are the same
	Unbilled  []courrier.LetterID // expected, without a line
	Unmatched []BillingLine       // lines of no expected letter: discounts, subscriptions, other software
	Charged   courrier.Amount     // all lines of expected letters
	Expected  courrier.Amount     // of the letters that were billed
}

// Drift is one letter that cost other than expected.
type Drift struct {
	Letter     courrier.LetterID
	Charged    courrier.Amount
	Expected   courrier.Amount
	Difference courrier.Amount // Charged less Expected
	Lines      int
}

// CompareBilling sums the lines of each letter and compares them with the
// expected costs, in euros before tax, such as those of a [tariff.List]
// that holds Maileva's tariff. To compare postage alone, leave the other lines
// out of the sequence by their Category. It ends with the first error of the sequence.
//
// Errors: [courrier.ErrInvalid].
func CompareBilling(lines iter.Seq2[BillingLine, error], expected map[courrier.LetterID]courrier.Amount) (DriftReport, error) {
	var r DriftReport
	sums := make(map[courrier.LetterID]*Drift)
	for line, err := range lines {
		if err != nil {
			return DriftReport{}, err
		}
		want, ok := expected[line.Letter]
		if !ok {
			r.Unmatched = append(r.Unmatched, line)
			continue
		}
		d := sums[line.Letter]
		if d == nil {
			d = &Drift{Letter: line.Letter, Expected: want}
			sums[line.Letter] = d
		}
		d.Lines++
		if d.Charged, err = d.Charged.Add(line.Amount); err != nil {
			return DriftReport{}, fmt.Errorf("billing line %q: %w", line.ID, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(expected)) {
		d := sums[id]
		if d == nil {
			r.Unbilled = append(r.Unbilled, id)
			continue
		}
		if err := r.add(d); err != nil {
			return DriftReport{}, fmt.Errorf("letter %s: %w", id, err)
		}
	}
	return r, nil
}

func (r *DriftReport) add(d *Drift) (err error) {
	if d.Difference, err = d.Charged.Sub(d.Expected); err != nil {
		return err
	}
	if r.Charged, err = r.Charged.Add(d.Charged); err != nil {
		return err
	}
	if r.Expected, err = r.Expected.Add(d.Expected); err != nil {
		return err
	}
	if d.Difference.IsZero() {
		r.Agreeing++
		return nil
	}
	r.Letters = append(r.Letters, *d)
	return nil
}
