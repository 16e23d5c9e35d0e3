package mysendingbox

import (
	"cmp"

	"github.com/courrier-go/courrier"
)

// address is the carrier's form of an address: a person, a company, three lines
// and the town.
type address struct {
	courrier.AddressFields
	nation string
}

const (
	maxLines   = 3       // between name and town
	noPostcode = "00000" // for addresses without a postcode: the carrier wants one
)

// addressOf fits an address into the carrier's form. The lines are at most 38
// characters, which the carrier takes at every speed.
func (p *Provider) addressOf(r courrier.Recipient) (address, error) {
	fields, err := r.Fields(maxLines)
	fields.Postcode = cmp.Or(fields.Postcode, noPostcode)
	return address{fields, p.nation(r)}, err
}

// nation is the country as the carrier's examples write it. Whether it takes ISO
// codes is not certain, and a code in print would mislead a sorter.
func (p *Provider) nation(r courrier.Recipient) string {
	if p.cfg.Country != nil {
		return p.cfg.Country(r.Address)
	}
	return countryOf(r.Address)
}

func countryOf(a courrier.Address) string {
	switch {
	case a.CountryLine() != "":
		return a.CountryLine()
	case a.Zone() == courrier.ZoneMonaco:
		return "Monaco"
	}
	return "France"
}
