package mysendingbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// Quote implements [courrier.Quoter], in euros; whether taxes are included is not
// published. It needs every document's page count. The carrier's price request
// knows nothing of carrier sheets: one counts as a sheet of pages.
func (p *Provider) Quote(ctx context.Context, l courrier.Letter) (courrier.Amount, error) {
	const op = "quote"
	print := printOf(l)
	if err := onlyFields(p.Capabilities().Check(l, print)); err != nil {
		return courrier.Amount{}, fail(op, courrier.ErrUnsupported, "unsupported", err)
	}
	pages, err := pagesOf(l, print)
	if err != nil {
		return courrier.Amount{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	body, err := rest.JSON(wireQuoteRequest{
		Channel: "paper", PostageType: p.postage[l.Service], PostageSpeed: p.cfg.PostageSpeed,
		Color: either(print.Color, "color", "bw"), BothSides: print.Duplex, Pages: pages, Country: p.nation(l.To),
	})
	if err != nil {
		return courrier.Amount{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	key, err := p.key(ctx, op, l.Account)
	if err != nil {
		return courrier.Amount{}, err
	}
	answer, err := p.rest.Do(ctx, rest.Call{
		Method: http.MethodPost, Path: []string{"letters",
			"price"}, Body: body, Authorize: key.authorize, Key: string(l.Account), Repeatable: true,
	})
	if err != nil {
		return courrier.Amount{}, unanswered(op, courrier.ErrUnavailable, err)
	}
	if !answer.OK() {
		kind := effect(answer)
		if errors.Is(kind, courrier.ErrInDoubt) {
			kind = courrier.ErrUnavailable // nothing was asked for that could be in doubt
		}
		return courrier.Amount{}, refused(op, kind, answer, private(l, key)...)
	}
	return readQuote(op, answer)
}

func readQuote(op string, answer *rest.Answer) (courrier.Amount, error) {
	var q wireQuote
	if err := answer.JSON(&q); err != nil {
		return courrier.Amount{}, unreadable(op, courrier.ErrUnavailable, answer, err)
	}
	for _, n := range []number{q.Total, q.Price.V.Total} {
		if a := n.euros(); a.Unit() != "" {
			return a, nil
		}
	}
	return courrier.Amount{}, unreadable(op, courrier.ErrUnavailable, answer, errors.New("the answer holds no price"))
}

// pagesOf counts the pages to print; a carrier sheet is one sheet more.
func pagesOf(l courrier.Letter, print courrier.PrintOptions) (int, error) {
	var c courrier.Checks
	pages := 0
	for i, d := range l.Documents {
		n := d.PageCount()
		c.Require(n > 0, fmt.Sprintf("Documents[%d].Pages", i), "is not known, and the carrier's price goes by pages",
			"set it or Config.Inspector")
		pages += n
	}
	c.Require(len(l.Documents) > 0, "Documents", "is empty", "give the body as the first document")
	switch {
	case print.CarrierSheet && print.Duplex:
		pages += 2
	case print.CarrierSheet:
		pages++
	}
	return pages, c.Err()
}
