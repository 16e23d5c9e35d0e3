package mysendingbox

import (
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// address is the carrier's form of an address: a person, a company, three lines
// and the town.
type address struct {
	name, company          string
	lines                  []string
	postcode, city, nation string
}

// addressOf fits the six lines of the standard into the carrier's form. They are
// at most 38 characters, which the carrier takes at every speed. Of a private
// person's four lines between name and town, the two inside the building share
// one; what does not fit is a [courrier.FieldError], nothing is cut.
func (p *Provider) addressOf(r courrier.Recipient) (address, error) {
	six, err := r.SixLines()
	if err != nil {
		return address{}, err
	}
	a := address{name: six[0], lines: slices.Clone(six[1:5])}
	if r.Company != "" {
		a.company, a.name = six[0], ""
		if strings.TrimSpace(r.Name+r.Attention) != "" {
			a.name, a.lines = six[1], slices.Clone(six[2:5])
		}
	}
	a.lines = slices.DeleteFunc(a.lines, func(s string) bool { return s == "" })
	var c courrier.Checks
	if len(a.lines) > 3 {
		joined := a.lines[0] + " " + a.lines[1]
		c.Require(len([]rune(joined)) <= courrier.MaxLineLen, "Address.Unit", "does not fit on one line with Building, and the carrier has three lines only", "abbreviate both to 38 characters together")
		a.lines = append([]string{joined}, a.lines[2:]...)
	}
	a.postcode, a.city = town(r.Address, six[5])
	c.Require(a.postcode != "", "Address.Postcode", "is empty, and the carrier wants one", "give the postcode, or 00000 where there is none")
	a.nation = p.nation(r)
	return a, c.Err()
}

// town splits the last line again: the carrier takes postcode and town apart.
func town(a courrier.Address, line string) (postcode, city string) {
	postcode = strings.TrimSpace(a.Postcode)
	if city, ok := strings.CutPrefix(line, postcode+" "); ok && postcode != "" {
		return postcode, city
	}
	city = a.City
	if a.RoutingLabel != "" {
		city = a.RoutingLabel
	}
	return postcode, strings.ToUpper(strings.Join(strings.Fields(city), " "))
}

// nation is the country as the carrier's examples write it. Whether it takes ISO
// codes is not certain, and a code in print would mislead a sorter.
func (p *Provider) nation(r courrier.Recipient) string {
	if p.cfg.Country != nil {
		return p.cfg.Country(r.Address)
	}
	return countryOf(r)
}

func countryOf(r courrier.Recipient) string {
	switch zone := r.Address.Zone(); zone {
	case courrier.ZoneAbroad:
		lines, err := r.Lines()
		if err != nil || len(lines) == 0 {
			return r.Address.Country
		}
		return lines[len(lines)-1]
	case courrier.ZoneMonaco:
		return "Monaco"
	}
	return "France"
}
