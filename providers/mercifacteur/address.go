package mercifacteur

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"

	"github.com/courrier-go/courrier"
)

const (
	maxLines   = 3       // between name and town
	noPostcode = "00000" // for addresses without a postcode: the carrier wants one
)

// addressOf writes an address in the carrier's fields, every key of which it wants,
// empty or not.
func addressOf(r courrier.Recipient, country string) (wireAddress, error) {
	f, err := r.Fields(maxLines)
	lines := append(f.Lines, "", "", "")
	return wireAddress{
		Name: f.Name, Company: f.Company, Line1: lines[0], Line2: lines[1], Line3: lines[2],
		Postcode: cmp.Or(f.Postcode, noPostcode), Town: f.Town, Country: country,
	}, err
}

// labels keeps the carrier's names of countries, which it wants letter for letter.
type labels struct {
	mu     sync.Mutex
	byName map[string]string // folded
	until  time.Time
}

// labelsFor is how long the carrier's list is kept.
const labelsFor = 24 * time.Hour

// country returns the carrier's label of an address's country: the one whose
// letters are those of the French name. Overseas territories without a label of
// their own are in France.
func (p *Provider) country(ctx context.Context, op string, account courrier.AccountID, a courrier.Address) (string, error) {
	territory := a.Territory()
	if label, ok := p.cfg.Countries[territory]; ok {
		return label, nil
	}
	known, err := p.countries(ctx, op, account)
	if err != nil {
		return "", err
	}
	for _, code := range []string{territory, strings.ToUpper(a.Country)} {
		region, err := language.ParseRegion(code)
		if err != nil {
			continue
		}
		if label, ok := known[folded(display.Regions(language.French).Name(region))]; ok {
			return label, nil
		}
	}
	var c courrier.Checks
	c.Require(false, "Address.Country", fmt.Sprintf("%q has no label at the carrier", territory),
		"add the carrier's label to Config.Countries")
	return "", fail(op, courrier.ErrInvalid, "country", c.Err())
}

func (p *Provider) countries(ctx context.Context, op string, account courrier.AccountID) (map[string]string, error) {
	p.labels.mu.Lock()
	known, until := p.labels.byName, p.labels.until
	p.labels.mu.Unlock()
	if known != nil && p.cfg.Now().Before(until) {
		return known, nil
	}
	var w wireCountries
	if err := p.question(ctx, op, account, &w, "getCountry", nil); err != nil {
		return nil, err
	}
	known = make(map[string]string, len(w.Countries))
	for _, c := range w.Countries {
		known[folded(string(c.Label))] = string(c.Label)
	}
	if known["france"] == "" {
		// A country that a whole list lacks is a fault of the letter; that of the list is not.
		return nil, fail(op, courrier.ErrUnavailable, "no-countries", errors.New("the carrier's list of countries is not whole"))
	}
	p.labels.mu.Lock()
	defer p.labels.mu.Unlock()
	p.labels.byName, p.labels.until = known, p.cfg.Now().Add(labelsFor)
	return known, nil
}

// folded keeps the letters of a name, small and without accents, and leaves out
// the article that French puts before some.
func folded(s string) string {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFD.String(strings.TrimPrefix(strings.TrimPrefix(s, "La "), "Le ")))
	return letters
}
