package mercifacteur

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"

	"github.com/courrier-go/courrier"
)

// addressOf writes an address in the carrier's fields, every key of which it wants,
// empty or not. Between name and town it has three lines.
func addressOf(r courrier.Recipient, country string) (wireAddress, error) {
	six, err := r.SixLines()
	if err != nil {
		return wireAddress{}, err
	}
	a := wireAddress{Name: six[0], Postcode: strings.TrimSpace(r.Address.Postcode), Country: country}
	lines := slices.Clone(six[1:5])
	if r.Company != "" {
		a.Company, a.Name = six[0], ""
		if strings.TrimSpace(r.Name+r.Attention) != "" {
			a.Name, lines = six[1], slices.Clone(six[2:5])
		}
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
	var c courrier.Checks
	if len(lines) > 3 {
		joined := lines[0] + " " + lines[1]
		c.Require(len([]rune(joined)) <= courrier.MaxLineLen, "Address.Unit", "does not fit on one line with Building, and the carrier has three lines only", "abbreviate both to 38 characters together")
		lines = append([]string{joined}, lines[2:]...)
	}
	lines = append(lines, "", "", "")
	a.Line1, a.Line2, a.Line3 = lines[0], lines[1], lines[2]
	a.Town = strings.TrimSpace(strings.TrimPrefix(six[5], a.Postcode))
	c.Require(a.Postcode != "", "Address.Postcode", "is empty, and the carrier wants one", "give the postcode, or 00000 where there is none")
	c.Require(a.Town != "", "Address.City", "is empty, and the carrier wants one", "give the town")
	return a, c.Err()
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
	c.Require(false, "Address.Country", fmt.Sprintf("%q has no label at the carrier", territory), "add the carrier's label to Config.Countries")
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
