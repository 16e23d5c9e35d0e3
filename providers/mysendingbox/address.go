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

// addressOf fits an address into the carrier's form: name or company, three lines,
// town and postcode apart, the country. The lines are at most 38 characters, which
// the carrier takes at every speed. Of a private person's four lines between name
// and town, the two inside the building share one; what does not fit is a
// [courrier.FieldError], nothing is cut.
func (p *Provider) addressOf(r courrier.Recipient) (address, error) {
	printed, err := r.Printed()
	if err != nil {
		return address{}, err
	}
	a := address{postcode: printed.Postcode, city: printed.Town, nation: p.nation(r)}
	a.lines = slices.Clone(printed.Above)
	var c courrier.Checks
	a.name, a.company = names(&c, r, printed)
	if len(a.lines) > maxLines {
		joined := a.lines[0] + " " + a.lines[1]
		c.Require(len([]rune(joined)) <= courrier.MaxLineLen && len(a.lines) == maxLines+1, "Address.Unit",
			"does not fit on one line with what follows it, and the carrier has three lines only", "abbreviate both to 38 characters together")
		a.lines = append([]string{joined}, a.lines[2:]...)
	}
	if a.postcode == "" { // the carrier wants one, also where there is none
		a.postcode = noPostcode
	}
	return a, c.Err()
}

const (
	maxLines   = 3       // between name and town
	noPostcode = "00000" // for countries without postcodes
)

// names are the carrier's two fields above the lines. A company's name over two
// lines does not fit them.
func names(c *courrier.Checks, r courrier.Recipient, printed courrier.PrintedAddress) (name, company string) {
	if r.Company == "" {
		return printed.Names[0], ""
	}
	person := ""
	if strings.TrimSpace(r.Name+r.Attention) != "" {
		person = printed.Names[len(printed.Names)-1]
	}
	most := 1
	if person != "" {
		most = 2
	}
	c.Require(len(printed.Names) <= most, "Company", "does not fit on one line, and the carrier has one for it", "abbreviate it to 38 characters")
	return person, printed.Names[0]
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
