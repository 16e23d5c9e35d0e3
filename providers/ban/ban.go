package ban

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// Name is the Register of the answers.
const Name = "ban"

// DefaultBaseURL is where the register answers.
const DefaultBaseURL = "https://data.geopf.fr/geocodage"

// Scores, by the register's measure of how alike two texts are.
const (
	foundScore   = 0.8 // from here on the place with this number is the one that was asked for
	similarScore = 0.5 // below, what the register shows is another place
)

const (
	maxAnswer = 1 << 20 // bytes; one place is about 1 kB
	timeout   = 5 * time.Second
)

// Config says how to reach the register. The zero value is enough.
type Config struct {
	BaseURL string // "": DefaultBaseURL; a register of one's own, or bantest's
	// Client makes the calls; nil: one of its own, of 5 seconds a call. Redirects are
	// never followed: an address goes to the register alone.
	Client *http.Client
}

// Register is the Base Adresse Nationale. It is safe for concurrent use.
type Register struct {
	base string
	http *http.Client
}

// New returns a Register, or a [courrier.FieldError] for a BaseURL that is none.
func New(cfg Config) (*Register, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	base, err := url.Parse(cfg.BaseURL)
	var k courrier.Checks
	plain := err == nil && base.Host != "" && base.User == nil && base.RawQuery == ""
	web := plain && (base.Scheme == "https" || base.Scheme == "http")
	k.Require(web, "BaseURL", "is no http or https address", "leave it empty, or give one without user and query")
	if err := k.Err(); err != nil {
		return nil, err
	}
	client := http.Client{Timeout: timeout}
	if cfg.Client != nil {
		client = *cfg.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Register{base: strings.TrimSuffix(cfg.BaseURL, "/"), http: &client}, nil
}

// CheckAddress implements [courrier.AddressChecker].
func (r *Register) CheckAddress(ctx context.Context, a courrier.Address) (courrier.AddressCheck, error) {
	check := courrier.AddressCheck{Verdict: courrier.AddressNotCovered, Register: Name}
	p, printable := printed(a)
	if !printable || !covers(a, p) {
		return check, nil
	}
	best, ok, err := r.search(ctx, p)
	if err != nil {
		return courrier.AddressCheck{}, err
	}
	check.Verdict = courrier.AddressNotFound
	if !ok || best.Score < similarScore {
		return check, nil
	}
	check.Score, check.Level = min(best.Score, 1), best.Type
	check.Verdict, check.Proposal = verdictOf(a, p, best)
	return check, nil
}

// printed writes a place as it stands on a letter. What cannot be printed is told by
// [courrier.Recipient.Printed], to whom it concerns.
func printed(a courrier.Address) (courrier.PrintedAddress, bool) {
	p, err := courrier.Recipient{Name: "A", Address: a}.Printed()
	return p, err == nil
}

// covers tells whether the register has such places: streets of metropolitan France
// and of the departments overseas.
func covers(a courrier.Address, p courrier.PrintedAddress) bool {
	switch a.Territory() {
	case "FR", "GP", "MQ", "GF", "RE", "YT":
	default:
		return false
	}
	return a.Zone() != courrier.ZoneMilitary && p.Six[3] != "" && !strings.Contains(" "+p.Town+" ", " CEDEX ")
}

// place is what the register tells of one place.
type place struct {
	Score       float64 `json:"score"`
	Type        string  `json:"type"` // housenumber, street, locality, municipality
	Name        string  `json:"name"` // number and street
	HouseNumber string  `json:"housenumber"`
	Postcode    string  `json:"postcode"`
	City        string  `json:"city"`
}

// search asks for the place most like an address.
func (r *Register) search(ctx context.Context, p courrier.PrintedAddress) (place, bool, error) {
	query := url.Values{"q": {p.Six[3] + " " + p.Town}, "postcode": {p.Postcode}, "limit": {"1"}, "autocomplete": {"0"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/search?"+query.Encode(), nil)
	if err != nil {
		return place{}, false, unavailable("request", nil)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return place{}, false, unavailable("no-answer", ctx.Err()) // its text would show the query
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return place{}, false, unavailable("http-"+resp.Status[:min(len(resp.Status), 3)], nil)
	}
	var answer struct {
		Features []struct {
			Properties place `json:"properties"`
		} `json:"features"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&answer); err != nil {
		return place{}, false, unavailable("body", nil)
	}
	if len(answer.Features) == 0 {
		return place{}, false, nil
	}
	return answer.Features[0].Properties, true, nil
}

func unavailable(code string, cause error) error {
	if cause == nil {
		cause = errors.New("the register gave no answer that can be read")
	}
	return &courrier.Error{Op: "ban: search", Kind: courrier.ErrUnavailable, Provider: Name, Code: code, Err: cause}
}

// verdictOf compares an address with the register's best place. It is found when it
// has the same number, or none, in the same postcode; else a person compares. A
// proposal is never less than what was typed.
func verdictOf(a courrier.Address, p courrier.PrintedAddress, best place) (courrier.AddressVerdict, *courrier.Address) {
	number := numberOf(p.Six[3])
	if number != "" && best.Type != "housenumber" || best.Type == "municipality" {
		return courrier.AddressSimilar, nil // it knows the street, or the town, and not the house
	}
	proposed := a
	proposed.Street, proposed.Postcode, proposed.City, proposed.RoutingLabel = best.Name, best.Postcode, best.City, ""
	q, printable := printed(proposed)
	if !printable { // the register's own words: they are no proposal
		return courrier.AddressSimilar, nil
	}
	verdict := courrier.AddressSimilar
	if numberOf(q.Six[3]) == number && best.Postcode == p.Postcode && best.Score >= foundScore {
		verdict = courrier.AddressFound
	}
	if q.Six[3] == p.Six[3] && q.Six[5] == p.Six[5] {
		return verdict, nil
	}
	return verdict, &proposed
}

// numberOf returns the house number that a line begins with, without its letter.
func numberOf(line string) string {
	first, _, _ := strings.Cut(line, " ")
	return first[:len(first)-len(strings.TrimLeft(first, "0123456789"))]
}
