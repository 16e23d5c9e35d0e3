package courrier

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier/internal/postal"
)

// Tariff prices a letter before it is sent: what the host sells it for, in its own
// unit. It is pure and safe for concurrent use. Package tariff has price lists as
// data. [New] checks one that has a method Validate() error.
type Tariff interface {
	// Price returns the lines of what the letter costs its account, all of one unit; ErrInvalid when there is no price.
	// The Client rounds each line with [Amount.Rounded]; their sum is the price.
	Price(p Priceable) ([]PriceLine, error)
}

// PriceLine is one part of a price: "postage 1.52 EUR, exempt". A letter's lines go
// into the ledger, and from there into statements.
type PriceLine struct {
	Code   string `json:"code"` // what it is for, such as "postage" or "sheets"
	Amount Amount `json:"amount"`
	Tax    string `json:"tax,omitempty"` // class of tax, in the host's own words: "exempt", "standard"
}

// Priceable is all of a letter that may decide its price.
type Priceable struct {
	Account   AccountID
	List      string // the account's [Settings.PriceList]
	On        Date   // day of posting at the earliest, in the account's zone
	Provider  string // the carrier that it goes to
	Service   Service
	Purpose   Purpose
	Zone      Zone
	Country   string // ISO 3166-1 alpha-2, as addressed
	Territory string // ISO 3166-1 alpha-2, see Address.Territory
	// Level ("R1" to "R3") and Advice ("digital", "paper") refine a registered service. The Client leaves them
	// empty; a price list says what empty means.
	Level, Advice string
	Documents     int
	Pages         int // printed sides of one copy; 0 when not known
	Sheets        int // in the envelope, copies and carrier sheet counted; 0 when not known
	Print         PrintOptions
	Returns       ReturnHandling
}

// priceable describes a letter to the tariff.
func (l Letter) priceable(p PrintOptions) Priceable {
	item := Priceable{
		Account: l.Account, Service: l.Service, Purpose: l.Purpose, Zone: l.To.Address.Zone(),
		Country: postal.Country(l.To.Address.Country), Territory: l.To.Address.Territory(),
		Documents: len(l.Documents), Print: p, Returns: l.Returns,
	}
	if sheets, known := l.Sheets(p); known {
		item.Sheets = sheets
		for _, d := range l.Documents {
			item.Pages += d.PageCount()
		}
	}
	return item
}

// sumOfLines adds up the lines of a price. Lines of several units, or a negative
// line or sum, are [ErrInvalid].
func sumOfLines(lines []PriceLine) (sum Amount, err error) {
	for i, line := range lines {
		field := fmt.Sprintf("Tariff.Lines[%d]", i)
		if line.Amount.Unit() == "" {
			return Amount{}, &FieldError{Field: field, Rule: "has no amount", Remedy: "write what is free as 0 EUR"}
		}
		if sum, err = sum.Add(line.Amount); err != nil {
			return Amount{}, &FieldError{Field: field, Rule: "is in another unit than the lines before it", Remedy: "price a letter in one unit"}
		}
	}
	if sum.Sign() < 0 {
		return Amount{}, &FieldError{Field: "Tariff", Rule: "gives a negative price", Remedy: "mend the price list"}
	}
	return sum, nil
}

// priceOf asks the tariff what a letter costs with a carrier, at this moment.
func (c *Client) priceOf(ctx context.Context, l Letter, print PrintOptions, s Settings, provider string) (Amount, []PriceLine, error) {
	if c.hooks.price == nil || s.billing() == BillingByCarrier {
		return Amount{}, nil, nil
	}
	zone, err := zoneOf(s.Zone)
	if err != nil {
		return Amount{}, nil, err
	}
	day := c.now()
	if l.NotBefore.After(day) {
		day = l.NotBefore
	}
	item := l.priceable(print)
	item.List, item.Provider, item.On = s.PriceList, provider, DateOf(day.In(zone))
	lines, err := c.hooks.price(ctx, item)
	if err != nil {
		return Amount{}, nil, err
	}
	rounded := make([]PriceLine, len(lines))
	for i, line := range lines {
		if line.Amount, err = line.Amount.Rounded(); err != nil {
			return Amount{}, nil, err
		}
		rounded[i] = line
	}
	sum, err := sumOfLines(rounded)
	return sum, rounded, err
}

// warnOfPrice tells the host of a letter that it sells below what it pays.
func (c *Client) warnOfPrice(ctx context.Context, ours, carriers Amount, provider string) {
	if ours.Unit() != "" && ours.Unit() == carriers.Unit() && carriers.micros > ours.micros {
		c.log.WarnContext(ctx, "the carrier's price is above ours", "provider", provider, "ours", ours, "carriers", carriers)
	}
}
