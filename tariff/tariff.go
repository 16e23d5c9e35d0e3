// Package tariff has price lists as data, which a host keeps as JSON and edits: what
// a letter costs by account, day of posting, carrier, service, place, weight and
// options, line by line with a class of tax.
//
// The simplest is a price for each service:
//
//	tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: stamp})
//
// A [List] holds rows. Rows with one Code are alternatives for one line of the
// price; of those that fit a letter the narrowest counts, and rows that could both
// count are refused by [List.Validate]. [Lists] holds several lists, each for some
// accounts, carriers and days.
package tariff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/strictjson"
)

// CodePostage is the code of the line that every letter must have, unless
// [List.Required] says otherwise.
const CodePostage = "postage"

// Per is what a price is for.
type Per string

// What prices are for.
const (
	PerLetter   Per = ""         // each letter
	PerSheet    Per = "sheet"    // each sheet in the envelope, the carrier's free one left out
	PerPage     Per = "page"     // each printed side of each copy
	PerCopy     Per = "copy"     // each copy
	PerDocument Per = "document" // each document
)

var pers = []Per{PerLetter, PerSheet, PerPage, PerCopy, PerDocument}

// List is one price list. It implements [courrier.Tariff], whatever its Name,
// Accounts, Provider and days, which are for [Lists].
type List struct {
	Name     string               `json:"name,omitempty"`     // the accounts' Settings.PriceList; empty: of accounts that name none
	Accounts []courrier.AccountID `json:"accounts,omitempty"` // for these alone, whatever list they name
	Provider string               `json:"provider,omitempty"` // for this carrier; empty: for those without a list of their own
	From     courrier.Date        `json:"from,omitzero"`      // first day of posting; zero: from ever
	Until    courrier.Date        `json:"until,omitzero"`     // first day that it does not hold any more; zero: for ever
	Source   string               `json:"source,omitempty"`   // where the figures are from
	// Level and Advice are meant by letters that give none: the registered product
	// that the carrier sells.
	Level  string `json:"level,omitempty"`
	Advice string `json:"advice,omitempty"`
	// SheetGrams is the weight of an A4 sheet; 0: 5 g (80 g/m² is 4.99 g).
	SheetGrams int `json:"sheet_grams,omitempty"`
	// Envelopes lists those that the carrier chooses from by the number of sheets,
	// smallest first. Empty: one of 5 g, of any capacity.
	Envelopes []Envelope `json:"envelopes,omitempty"`
	// Required lists the codes that a letter must have a row for; empty: "postage".
	Required []string `json:"required,omitempty"`
	Rows     []Row    `json:"rows"`
}

// Envelope is one envelope of a carrier.
type Envelope struct {
	Envelope   courrier.Envelope `json:"envelope"`
	UpToSheets int               `json:"up_to_sheets"` // that it holds, carrier sheet counted unless IgnoreSheet
	Grams      int               `json:"grams"`        // of the empty envelope
	// IgnoreSheet: the carrier sheet does not count for UpToSheets.
	IgnoreSheet bool `json:"ignore_carrier_sheet,omitempty"`
	// AddsSheet: the carrier always puts a carrier sheet in. It weighs, and costs
	// nothing by the sheet, whether or not it was asked for.
	AddsSheet bool `json:"adds_carrier_sheet,omitempty"`
}

// Row is the price of one line, under conditions. An empty condition is met by
// every letter.
type Row struct {
	Code        string                    `json:"code"`
	Services    []courrier.Service        `json:"services,omitempty"`
	Purposes    []courrier.Purpose        `json:"purposes,omitempty"`
	Levels      []string                  `json:"levels,omitempty"` // "R1", "R2", "R3"
	Advice      []string                  `json:"advice,omitempty"` // "digital", "paper"
	Zones       []courrier.Zone           `json:"zones,omitempty"`
	Countries   []string                  `json:"countries,omitempty"`   // ISO 3166-1 alpha-2, as addressed
	Territories []string                  `json:"territories,omitempty"` // ISO 3166-1 alpha-2, such as RE
	Envelopes   []courrier.Envelope       `json:"envelopes,omitempty"`   // that the letter goes in
	Returns     []courrier.ReturnHandling `json:"returns,omitempty"`
	Color       *bool                     `json:"color,omitempty"`
	Duplex      *bool                     `json:"duplex,omitempty"`
	Sheet       *bool                     `json:"carrier_sheet,omitempty"` // asked for
	Staple      *bool                     `json:"staple,omitempty"`
	// UpToGrams makes the row a step: of the rows with the same conditions the lowest
	// step that the letter does not exceed counts. 0: whatever it weighs.
	UpToGrams int             `json:"up_to_grams,omitempty"`
	Price     courrier.Amount `json:"price"` // "0 EUR" is free; none is an error
	Per       Per             `json:"per,omitempty"`
	// First is the first of what Per counts that is charged, 1 being the first of
	// all, and Last the last; 0: from the first, and to the last.
	First int    `json:"first,omitempty"`
	Last  int    `json:"last,omitempty"`
	Tax   string `json:"tax,omitempty"` // class of tax of the line, in the host's own words
}

// Flat is a list with one price a service, whatever the letter weighs: stamps.
// Services may have units of their own.
func Flat(prices map[courrier.Service]courrier.Amount) List {
	var l List
	for _, s := range courrier.Services() {
		if price, ok := prices[s]; ok {
			l.Rows = append(l.Rows, Row{Code: CodePostage, Services: []courrier.Service{s}, Price: price})
		}
	}
	for s, price := range prices {
		if !slices.Contains(courrier.Services(), s) { // for Validate to name
			l.Rows = append(l.Rows, Row{Code: CodePostage, Services: []courrier.Service{s}, Price: price})
		}
	}
	return l
}

// UnmarshalJSON refuses fields that a list does not have: a misspelt one would make
// letters free.
func (l *List) UnmarshalJSON(b []byte) error {
	type plain List
	return unread("List", strictjson.Read(b, (*plain)(l), strictjson.Field))
}

// unread names the place that cannot be read, and nothing where all was read.
func unread(whole string, w *strictjson.Wrong) error {
	if w == nil {
		return nil
	}
	field := strings.TrimPrefix(w.Path, ".")
	if field == "" {
		field = whole
	}
	if own := courrier.FieldErrors(w.Err); len(own) > 0 {
		return &courrier.FieldError{Field: field, Rule: own[0].Rule, Remedy: own[0].Remedy}
	}
	return &courrier.FieldError{Field: field, Rule: w.Rule, Remedy: w.Remedy}
}

// Lists are the price lists of a host, and a [courrier.Tariff].
type Lists []List

// Parse reads lists from JSON and checks them. What is wrong is a [courrier.FieldError]
// that names its place, such as "Lists[0].Rows[3].Price".
//
// Errors: [courrier.ErrInvalid].
func Parse(b []byte) (Lists, error) {
	var each []json.RawMessage
	if err := unread("Lists", strictjson.Read(b, &each, strictjson.Field)); err != nil {
		return nil, err
	}
	all := make(Lists, len(each))
	var c courrier.Checks
	for i, text := range each {
		c.Nest(fmt.Sprintf("Lists[%d]", i), all[i].UnmarshalJSON(text))
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	return all, all.Validate()
}

// Price implements [courrier.Tariff], with the list that [Lists.For] chooses.
//
// Errors: [courrier.ErrInvalid].
func (all Lists) Price(p courrier.Priceable) ([]courrier.PriceLine, error) {
	l, err := all.For(p)
	if err != nil {
		return nil, err
	}
	return l.Price(p)
}

// For returns the list for a letter: one of its account's own before the one that the
// account names, one of its carrier's own before one for any. Of those it is the one of
// the day of posting. An account whose list is not there gets no other one's prices:
// [courrier.ErrInvalid].
func (all Lists) For(p courrier.Priceable) (List, error) {
	own := func(l List) bool { return slices.Contains(l.Accounts, p.Account) }
	named := func(l List) bool { return len(l.Accounts) == 0 && l.Name == p.List }
	for _, mine := range []func(List) bool{own, named} {
		if !slices.ContainsFunc(all, mine) {
			continue
		}
		for _, carrier := range []string{p.Provider, ""} {
			for _, l := range all {
				if mine(l) && l.Provider == carrier && l.holds(p.On) {
					return l, nil
				}
			}
		}
		break
	}
	return List{}, &courrier.FieldError{
		Field: "Tariff", Rule: fmt.Sprintf("has no price list %q for carrier %q and %s", p.List, p.Provider, p.On),
		Remedy: "add one, or correct the account's PriceList",
	}
}

func (l List) holds(on courrier.Date) bool {
	return on.IsZero() || (l.From.IsZero() || !on.Before(l.From)) && (l.Until.IsZero() || on.Before(l.Until))
}
