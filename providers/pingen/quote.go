package pingen

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// Quote implements [courrier.Quoter], in the organisation's currency; whether taxes are
// included is not published. It needs the document's page count.
func (p *Provider) Quote(ctx context.Context, l courrier.Letter) (courrier.Amount, error) {
	const op = "quote"
	print := printOf(l)
	if fields := courrier.FieldErrors(p.Capabilities().Check(l, print)); len(fields) > 0 {
		return courrier.Amount{}, fail(op, courrier.ErrUnsupported, "unsupported", fields[0])
	}
	var k courrier.Checks
	k.Require(len(l.Documents) == 1 && l.Documents[0].PageCount() > 0, "Documents[0].Pages",
		"is not known, and the carrier's price goes by pages", "set it or Config.Inspector")
	if err := k.Err(); err != nil {
		return courrier.Amount{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	c, err := p.credentials(ctx, op, l.Account)
	if err != nil {
		return courrier.Amount{}, err
	}
	b, err := body(map[string]any{"type": "letter_price_calculator", "attributes": map[string]any{
		"country": strings.ToUpper(l.To.Address.Country), "paper_types": slices.Repeat([]string{"normal"}, l.Documents[0].PageCount()),
		"print_mode": either(print.Duplex, "duplex", "simplex"), "print_spectrum": either(print.Color, "color",
			"grayscale"), "delivery_product": p.products[l.Service],
	}})
	if err != nil {
		return courrier.Amount{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	answer, err := p.do(ctx, c, rest.Call{Method: http.MethodPost, Path: c.letters("price-calculator"), Body: b, Repeatable: true})
	if err != nil {
		return courrier.Amount{}, ofQuestion(op, err)
	}
	var w struct {
		Data struct {
			Attributes struct {
				Currency text  `json:"currency"`
				Price    price `json:"price"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if answer.Status == http.StatusAccepted || answer.JSON(&w) != nil {
		return courrier.Amount{}, fail(op, courrier.ErrUnavailable, "no-price", errors.New("the carrier is still computing the price"))
	}
	a := w.Data.Attributes.Price.in(w.Data.Attributes.Currency)
	if a.Unit() == "" {
		return courrier.Amount{}, fail(op, courrier.ErrUnavailable, "no-price", errors.New("the answer holds no price"))
	}
	return a, nil
}
