package tariff

import (
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// The words of a registered product.
var (
	levels  = []string{"R1", "R2", "R3"}
	advices = []string{"digital", "paper"}
	zones   = []courrier.Zone{courrier.ZoneMetropolitan, courrier.ZoneOverseas, courrier.ZoneMonaco, courrier.ZoneMilitary,
		courrier.ZoneAbroad}
	printed = []courrier.Envelope{courrier.EnvelopeDL, courrier.EnvelopeC6, courrier.EnvelopeC5, courrier.EnvelopeC4}
	returns = []courrier.ReturnHandling{courrier.ReturnsDefault, courrier.ReturnsToSender, courrier.ReturnsScanned}
)

// Validate reports every wrong field of the lists, and lists that hold on the same
// day for the same letters, or leave days between them.
//
// Errors: [courrier.ErrInvalid].
func (all Lists) Validate() error {
	var c courrier.Checks
	c.Require(len(all) > 0, "Lists", "is empty", "give at least one price list")
	for i, l := range all {
		field := fmt.Sprintf("Lists[%d]", i)
		c.Nest(field, l.Validate())
		for _, o := range all[:i] {
			c.Require(!l.collides(o), field+".From", "is in the days of another list for the same accounts and carrier",
				"end one before the other begins")
		}
		c.Require(l.Until.IsZero() || slices.ContainsFunc(all, l.followedBy), field+".Until",
			"is followed by no list for the same accounts and carrier", "let the next one begin on this day, or leave the last without end")
	}
	return c.Err()
}

// sameScope tells whether two lists are for the same accounts and carrier.
func (l List) sameScope(o List) bool {
	if l.Provider != o.Provider || (len(l.Accounts) == 0) != (len(o.Accounts) == 0) {
		return false
	}
	if len(l.Accounts) == 0 {
		return l.Name == o.Name
	}
	return slices.ContainsFunc(l.Accounts, func(a courrier.AccountID) bool { return slices.Contains(o.Accounts, a) })
}

func (l List) collides(o List) bool {
	before := func(a, b List) bool { return !a.Until.IsZero() && !b.From.IsZero() && !a.Until.After(b.From) }
	return l.sameScope(o) && !before(l, o) && !before(o, l)
}

func (l List) followedBy(o List) bool { return l.sameScope(o) && o.From == l.Until }

// Validate reports every wrong field: rows without a price, misspelt words, mixed
// units, envelopes out of order, steps given twice, and rows of which a letter could
// fit both without one being narrower.
//
// Errors: [courrier.ErrInvalid].
func (l List) Validate() error {
	var c courrier.Checks
	c.Require(len(l.Rows) > 0, "Rows", "is empty", "give at least one price")
	c.Require(l.Until.IsZero() || l.From.IsZero() || l.From.Before(l.Until), "Until", "is not after From",
		"give the first day that it does not hold")
	c.Require(!slices.Contains(l.Accounts, ""), "Accounts", "has an empty account", "name each account, or leave the list to all")
	oneOf(&c, "Level", levels, some(l.Level)...)
	oneOf(&c, "Advice", advices, some(l.Advice)...)
	c.Require(l.SheetGrams >= 0, "SheetGrams", "is negative", "give the weight of a sheet, or 0 for 5 g")
	l.checkEnvelopes(&c)
	for i, r := range l.Rows {
		r.check(&c, fmt.Sprintf("Rows[%d]", i))
	}
	for _, code := range l.required() {
		c.Require(slices.ContainsFunc(l.Rows, func(r Row) bool { return r.Code == code }), "Required",
			fmt.Sprintf("names %q, which no row has", code), "add a row, or correct the code")
	}
	l.checkPairs(&c)
	l.checkUnits(&c)
	return c.Err()
}

func some(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

func oneOf[T ~string](c *courrier.Checks, field string, known []T, given ...T) {
	for _, v := range given {
		c.Require(slices.Contains(known, v), field, fmt.Sprintf("has %q, which is not known", v), fmt.Sprintf("use one of %q", known))
	}
}

func (l List) checkEnvelopes(c *courrier.Checks) {
	for i, e := range l.Envelopes {
		field := fmt.Sprintf("Envelopes[%d]", i)
		oneOf(c, field+".Envelope", printed, e.Envelope)
		c.Require(e.Grams >= 0, field+".Grams", "is negative", "give the weight of the empty envelope")
		c.Require(e.UpToSheets > 0, field+".UpToSheets", "is not positive", "give the sheets that it holds")
		c.Require(i == 0 || e.UpToSheets > l.Envelopes[i-1].UpToSheets, field+".UpToSheets", "is not above that of the envelope before",
			"list the smallest envelope first")
	}
}

func (r Row) check(c *courrier.Checks, field string) {
	c.Require(r.Code != "", field+".Code", "is empty", "name the line, such as postage")
	c.Require(r.Price.Unit() != "", field+".Price", "is missing", "write what is free as 0 EUR")
	c.Require(r.Price.Sign() >= 0, field+".Price", "is negative", "give zero or more")
	c.Require(r.UpToGrams >= 0, field+".UpToGrams", "is negative", "give the weight up to which the price holds")
	c.Require(r.First >= 0 && r.Last >= 0 && (r.Last == 0 || r.Last >= r.First), field+".Last", "is before First, or one is negative",
		"count from 1")
	oneOf(c, field+".Per", pers, r.Per)
	oneOf(c, field+".Services", courrier.Services(), r.Services...)
	oneOf(c, field+".Purposes", courrier.Purposes(), r.Purposes...)
	oneOf(c, field+".Levels", levels, r.Levels...)
	oneOf(c, field+".Advice", advices, r.Advice...)
	oneOf(c, field+".Zones", zones, r.Zones...)
	oneOf(c, field+".Envelopes", printed, r.Envelopes...)
	oneOf(c, field+".Returns", returns, r.Returns...)
	c.Require(r.First == 0 && r.Last == 0 || r.Per != PerLetter, field+".First", "counts letters, of which there is one",
		"say what the price is per, such as sheet")
	checkCodes(c, field+".Countries", r.Countries)
	checkCodes(c, field+".Territories", r.Territories)
}

// checkCodes refuses what is no code of a country: a row for "UK" would meet no letter to GB.
func checkCodes(c *courrier.Checks, field string, codes []string) {
	if len(codes) == 0 {
		return
	}
	known := courrier.Countries()
	for _, code := range codes {
		_, ok := slices.BinarySearch(known, code)
		c.Require(ok, field, fmt.Sprintf("has %q, which is no code of a country", code), "use ISO 3166-1 alpha-2, such as DE")
	}
}

// checkPairs refuses rows between which nobody can choose.
func (l List) checkPairs(c *courrier.Checks) {
	for i, r := range l.Rows {
		for j, o := range l.Rows[:i] {
			if r.Code != o.Code || !r.meets(o) {
				continue
			}
			field, other := fmt.Sprintf("Rows[%d]", i), fmt.Sprintf("Rows[%d]", j)
			if r.sameConditions(o) {
				c.Require(r.UpToGrams != o.UpToGrams && r.UpToGrams > 0 && o.UpToGrams > 0, field, "has the conditions and weight of "+other,
					"leave one out, or make them steps")
				continue
			}
			c.Require(r.narrower(o) || o.narrower(r), field, "overlaps "+other+", and neither is narrower", "give one of them a condition more")
		}
	}
}

// checkUnits refuses a service with rows of several units.
func (l List) checkUnits(c *courrier.Checks) {
	for _, s := range courrier.Services() {
		unit := ""
		for i, r := range l.Rows {
			if len(r.Services) > 0 && !slices.Contains(r.Services, s) || r.Price.Unit() == "" || !l.sells(s) {
				continue
			}
			if unit == "" {
				unit = r.Price.Unit()
			}
			c.Require(r.Price.Unit() == unit, fmt.Sprintf("Rows[%d].Price", i), fmt.Sprintf("is in another unit than another row for %q", s),
				"use one unit a service")
		}
	}
}

// sells tells whether the list has a required row for a service.
func (l List) sells(s courrier.Service) bool {
	return slices.ContainsFunc(l.Rows, func(r Row) bool {
		return slices.Contains(l.required(), r.Code) && (len(r.Services) == 0 || slices.Contains(r.Services, s))
	})
}
