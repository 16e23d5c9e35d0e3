package latepayment

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/strictjson"
)

//go:embed rates.json
var builtinRates []byte

// parseBuiltin reads the embedded file once; the result is immutable.
var parseBuiltin = sync.OnceValues(func() (*Rates, error) {
	return ParseRates(bytes.NewReader(builtinRates))
})

// BuiltinRates returns the series known when this version was released. Extend
// them with [Rates.With]; docs/late-payment.md says up to when they go and what
// they were checked against.
func BuiltinRates() *Rates {
	r, err := parseBuiltin()
	if err != nil {
		panic("latepayment: embedded rates: " + err.Error()) // a test parses the file; no caller can cause this
	}
	return r
}

// Limits of a rates file, far above any real one.
const (
	maxRatesFile  = 1 << 20
	maxSeries     = 64
	firstRateYear = 1900
	lastRateYear  = 2199
)

type ratesFile struct {
	Format int          `json:"format"`
	Series []seriesFile `json:"series"`
}

type seriesFile struct {
	ID     Series     `json:"id"`
	Title  string     `json:"title"`
	SameAs Series     `json:"same_as"`
	Rates  []rateFile `json:"rates"`
}

type rateFile struct {
	HalfYear     HalfYear      `json:"half_year"`
	Percent      *Percent      `json:"percent"`
	Source       string        `json:"source"`
	Published    courrier.Date `json:"published"`
	InForceSince courrier.Date `json:"in_force_since"`
	Replaces     *Percent      `json:"replaces"`
}

// ParseRates reads a rates file, JSON of at most 1 MiB:
//
//	{"format": 1, "series": [
//	  {"id": "ecb_main_refinancing", "title": "…", "rates": [
//	    {"half_year": "2027-S1", "percent": "2.65", "source": "ECB, key interest rates",
//	     "published": "2026-09-10", "in_force_since": "2026-09-16", "replaces": "2.40"}
//	  ]},
//	  {"id": "eu_reference", "title": "…", "same_as": "ecb_main_refinancing"}
//	]}
//
// A series has rates or says of which other series it is the same. A rate needs
// its half-year (1900 to 2199), its percent and its source; the dates and
// "replaces" are optional. Unknown members, half-years given twice and anything
// after the object are refused: [courrier.ErrInvalid], with one
// [courrier.FieldError] for each wrong place. Use the result alone to replace
// the built-in figures, or with [Rates.With] to extend them.
func ParseRates(r io.Reader) (*Rates, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxRatesFile+1))
	if err != nil {
		return nil, fmt.Errorf("latepayment: reading rates: %w", err)
	}
	if len(raw) > maxRatesFile {
		return nil, &courrier.FieldError{Field: "rates", Rule: fmt.Sprintf("are over %d bytes", maxRatesFile), Remedy: "split the file"}
	}
	var file ratesFile
	if w := strictjson.Read(raw, &file, strictjson.Tag); w != nil {
		return nil, unread(w)
	}
	return file.build()
}

// unread names the place of a rates file that cannot be read.
func unread(w *strictjson.Wrong) error {
	field := strings.TrimPrefix(w.Path, ".")
	if field == "" {
		field = "rates"
	}
	rule, remedy := w.Rule, w.Remedy
	switch own := courrier.FieldErrors(w.Err); {
	case len(own) > 0:
		rule, remedy = own[0].Rule, own[0].Remedy
	case strings.HasSuffix(field, "half_year"):
		rule, remedy = "is no half-year", "write it as 2026-S2"
	case strings.HasSuffix(field, "percent"), strings.HasSuffix(field, "replaces"):
		rule, remedy = "is no percentage of at most four decimals", "write the figure as a string, as \"2.75\""
	}
	return &courrier.FieldError{Field: field, Rule: rule, Remedy: remedy}
}

func (f ratesFile) build() (*Rates, error) {
	var checks courrier.Checks
	checks.Require(f.Format == 1, "format", fmt.Sprintf("is %d", f.Format), "this version reads format 1")
	checks.Require(len(f.Series) <= maxSeries, "series", fmt.Sprintf("more than %d", maxSeries), "split the file")
	if err := checks.Err(); err != nil {
		return nil, err
	}
	all := make([]*series, 0, len(f.Series))
	seen := make(map[Series]bool, len(f.Series))
	for i, sf := range f.Series {
		field := fmt.Sprintf("series[%d]", i)
		ok := checks.Require(validSeries(sf.ID), field+".id", "must be 1 to 64 lower-case letters, digits and '_'", "rename the series")
		ok = checks.Require(!seen[sf.ID], field+".id", "is given twice", "put the rates of a series together") && ok
		seen[sf.ID] = true
		if ok {
			all = append(all, sf.build(&checks))
		}
	}
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return link(all)
}

func validSeries(id Series) bool {
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

func (sf seriesFile) build(checks *courrier.Checks) *series {
	s := &series{id: sf.ID, title: sf.Title, sameAs: sf.SameAs}
	field := "series." + string(sf.ID)
	checks.Require(sf.SameAs == "" || len(sf.Rates) == 0, field+".rates", "a series that is the same as another has no rates",
		"drop same_as or the rates")
	for i, rf := range sf.Rates {
		at := fmt.Sprintf("%s.rates[%d]", field, i)
		if !rf.check(at, checks) {
			continue
		}
		if checks.Require(s.at(rf.HalfYear) == nil, at+".half_year", rf.HalfYear.String()+" is given twice", "keep one entry") {
			s.put(Rate{
				HalfYear: rf.HalfYear, Percent: *rf.Percent, Source: rf.Source,
				Published: rf.Published, InForceSince: rf.InForceSince, Replaces: rf.Replaces,
			})
		}
	}
	return s
}

func (rf rateFile) check(at string, checks *courrier.Checks) bool {
	year := rf.HalfYear.First().Year()
	ok := checks.Require(!rf.HalfYear.IsZero() && year >= firstRateYear && year <= lastRateYear, at+".half_year",
		fmt.Sprintf("must lie between %d and %d", firstRateYear, lastRateYear), "write it as 2026-S2")
	ok = checks.Require(rf.Percent != nil, at+".percent", "is missing", "write the figure as a string, as \"2.75\"") && ok
	return checks.Require(rf.Source != "", at+".source", "is missing", "name the act or the publication") && ok
}
