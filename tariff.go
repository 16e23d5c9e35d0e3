package courrier

import (
	"fmt"
	"slices"

	"github.com/courrier-go/courrier/internal/seq"
)

// Tariff prices a letter before it is sent. Prices are the host's: what it sells
// a letter for, in its own unit. A tariff is pure and safe for concurrent use.
type Tariff interface {
	// Price returns what the letter costs its account, or ErrInvalid when the
	// tariff has no price for it.
	Price(p Priceable) (Amount, error)
}

// Priceable is all of a letter that may decide its price.
type Priceable struct {
	Service   Service
	Purpose   Purpose
	Zone      Zone
	Territory string // ISO 3166-1 alpha-2, see Address.Territory
	Documents int
	Pages     int // printed sides of one copy; 0 when not known
	Sheets    int // in the envelope, copies and carrier sheet counted; 0 when not known
	Print     PrintOptions
	Returns   ReturnHandling
}

// priceable describes a letter to the tariff.
func (l Letter) priceable(p PrintOptions) Priceable {
	item := Priceable{
		Service: l.Service, Purpose: l.Purpose, Zone: l.To.Address.Zone(), Territory: l.To.Address.Territory(),
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

// PriceList is a Tariff as data, which a host keeps as JSON and edits: postage by
// service, zone and weight, plus what printing costs. All amounts are of one
// unit. By weight, sheets or colour it prices only letters whose page counts are
// known.
type PriceList struct {
	// Flat prices a service whatever the letter weighs: stamps, one per letter.
	// A service found here is not looked up in Postage.
	Flat map[Service]Amount `json:"flat,omitempty"`
	// Postage lists rows; of those that match, the one with the lowest UpToGrams
	// that the letter does not exceed counts.
	Postage []PostageRow `json:"postage,omitempty"`
	// SheetGrams is the weight of an A4 sheet; 0: 5 g (80 g/m² is 4.99 g).
	SheetGrams int `json:"sheet_grams,omitempty"`
	// Envelopes lists the envelopes that the carrier chooses from by the number
	// of sheets, smallest first. Empty: one of 5 g, of any capacity.
	Envelopes []EnvelopeRow `json:"envelopes,omitempty"`

	PerLetter    Amount `json:"per_letter,omitzero"`
	PerSheet     Amount `json:"per_sheet,omitzero"`      // carrier sheet included
	PerColorPage Amount `json:"per_color_page,omitzero"` // on top, for each printed side of each copy
	CarrierSheet Amount `json:"carrier_sheet,omitzero"`  // on top, for a carrier sheet
	Staple       Amount `json:"staple,omitzero"`
	ScanReturns  Amount `json:"scan_returns,omitzero"`
}

// PostageRow is the postage of a service up to a weight.
type PostageRow struct {
	Service   Service `json:"service"`
	Zones     []Zone  `json:"zones,omitempty"` // empty: everywhere
	UpToGrams int     `json:"up_to_grams"`
	Price     Amount  `json:"price"`
}

// EnvelopeRow is one envelope of a carrier.
type EnvelopeRow struct {
	Envelope    Envelope `json:"envelope"`
	UpToSheets  int      `json:"up_to_sheets"`
	Grams       int      `json:"grams"`
	IgnoreSheet bool     `json:"ignore_carrier_sheet,omitempty"` // the carrier sheet does not count
}

// Validate reports every wrong field, mixed units among them.
func (p PriceList) Validate() error {
	var c Checks
	c.Require(len(p.Flat)+len(p.Postage) > 0, "Postage", "is empty, and so is Flat", "give at least one price")
	unit := ""
	check := func(field string, a Amount) {
		c.Require(a.Sign() >= 0, field, "is negative", "give zero or more")
		if a.Unit() == "" {
			return
		}
		if unit == "" {
			unit = a.Unit()
		}
		c.Require(a.Unit() == unit, field, "is in another unit than the prices before it", "use one unit in the whole list")
	}
	for _, s := range services {
		if a, ok := p.Flat[s]; ok {
			check(fmt.Sprintf("Flat[%s]", s), a)
		}
	}
	for i, r := range p.Postage {
		field := fmt.Sprintf("Postage[%d]", i)
		c.Require(slices.Contains(services, r.Service), field+".Service", "is no service", "use one of the Service constants")
		c.Require(r.UpToGrams > 0, field+".UpToGrams", "is not positive", "give the weight up to which the price holds")
		check(field+".Price", r.Price)
	}
	check("PerLetter", p.PerLetter)
	check("PerSheet", p.PerSheet)
	check("PerColorPage", p.PerColorPage)
	check("CarrierSheet", p.CarrierSheet)
	check("Staple", p.Staple)
	check("ScanReturns", p.ScanReturns)
	return c.Err()
}

// Price implements [Tariff].
func (p PriceList) Price(l Priceable) (Amount, error) {
	postage, flat := p.Flat[l.Service]
	if !flat {
		var err error
		if postage, err = p.postage(l); err != nil {
			return Amount{}, err
		}
	}
	if l.Sheets == 0 && (p.PerSheet.Sign() > 0 || p.PerColorPage.Sign() > 0 && l.Print.Color) {
		return Amount{}, errPagesUnknown
	}
	sum := postage
	copies := l.Print.copies()
	for _, line := range []struct {
		price Amount
		times int
	}{
		{p.PerLetter, 1}, {p.PerSheet, l.Sheets}, {p.PerColorPage, onlyIf(l.Print.Color, l.Pages*copies)},
		{p.CarrierSheet, onlyIf(l.Print.CarrierSheet, 1)}, {p.Staple, onlyIf(l.Print.Staple, copies)},
		{p.ScanReturns, onlyIf(l.Returns == ReturnsScanned, 1)},
	} {
		extra, err := line.price.Times(line.times)
		if err == nil {
			sum, err = sum.Add(extra)
		}
		if err != nil {
			return Amount{}, err
		}
	}
	return sum, nil
}

func onlyIf(cond bool, n int) int {
	if cond {
		return n
	}
	return 0
}

var errPagesUnknown = &FieldError{Field: "Documents", Rule: "have an unknown number of pages, and the tariff goes by weight or sheets", Remedy: "set Document.Pages or Config.Inspector"}

func (p PriceList) postage(l Priceable) (Amount, error) {
	if l.Sheets == 0 {
		return Amount{}, errPagesUnknown
	}
	grams, err := p.Grams(l)
	if err != nil {
		return Amount{}, err
	}
	best := -1
	for i, r := range p.Postage {
		fits := r.Service == l.Service && seq.OneOf(r.Zones, l.Zone) && grams <= r.UpToGrams
		if fits && (best < 0 || r.UpToGrams < p.Postage[best].UpToGrams) {
			best = i
		}
	}
	if best < 0 {
		return Amount{}, &FieldError{Field: "Service", Rule: fmt.Sprintf("has no price for %q, zone %q and %d g", l.Service, l.Zone, grams), Remedy: "add a row to the tariff or send fewer sheets"}
	}
	return p.Postage[best].Price, nil
}

// Grams returns the weight of a letter with its envelope.
func (p PriceList) Grams(l Priceable) (int, error) {
	sheet := p.SheetGrams
	if sheet == 0 {
		sheet = 5
	}
	if len(p.Envelopes) == 0 {
		return l.Sheets*sheet + 5, nil
	}
	for _, e := range p.Envelopes {
		counted := l.Sheets
		if e.IgnoreSheet && l.Print.CarrierSheet {
			counted--
		}
		wanted := l.Print.Envelope == EnvelopeAuto || l.Print.Envelope == e.Envelope
		if wanted && counted <= e.UpToSheets {
			return l.Sheets*sheet + e.Grams, nil
		}
	}
	return 0, &FieldError{Field: "Documents", Rule: fmt.Sprintf("need %d sheets, more than any envelope of the tariff holds", l.Sheets), Remedy: "print on both sides or drop attachments"}
}
