package mercifacteur

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/courrier-go/courrier"
)

// Quote implements [courrier.Quoter], in euros: postage, which bears no VAT, and the
// print before VAT. It needs the page count of every document, and knows nothing of
// colour: the binding price is that of the answer to the sending.
func (p *Provider) Quote(ctx context.Context, l courrier.Letter) (courrier.Amount, error) {
	const op = "quote"
	if fields := courrier.FieldErrors(p.Capabilities().Check(l, printOf(l))); len(fields) > 0 {
		return courrier.Amount{}, fail(op, courrier.ErrUnsupported, "unsupported", fields[0])
	}
	var c courrier.Checks
	pages := 0
	for i, d := range l.Documents {
		n := d.PageCount()
		c.Require(n > 0, fmt.Sprintf("Documents[%d].Pages", i), "is not known, and the carrier's price goes by pages",
			"set it or Config.Inspector")
		pages += n
	}
	if err := c.Err(); err != nil {
		return courrier.Amount{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	country, err := p.country(ctx, op, l.Account, l.To.Address)
	if err != nil {
		return courrier.Amount{}, err
	}
	var w wirePostage
	query := url.Values{
		"modeEnvoi[]": {p.mode(l.Service)}, "letterPageNumber": {strconv.Itoa(pages)}, "letterPrintSides": {sides(l)},
		"photoNumber": {"0"}, "paysDestinataire[]": {country},
	}
	if err := p.question(ctx, op, l.Account, &w, "getPostagePrice", query); err != nil {
		return courrier.Amount{}, err
	}
	postage, content := euros(w.Postage[country].Amount), euros(w.Content.Total)
	if postage.Unit() == "" || content.Unit() == "" {
		return courrier.Amount{}, fail(op, courrier.ErrUnavailable, "no-price", errors.New("the answer holds no price"))
	}
	return postage.Add(content)
}
