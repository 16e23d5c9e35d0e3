package latepayment

import (
	"fmt"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// Series names a half-yearly series of rates: 1 to 64 lower-case letters,
// digits and '_'. A host may load series of its own (see [ParseRates]).
type Series string

// The built-in series.
const (
	// SeriesECB is the rate of the European Central Bank's main refinancing
	// operations in force on the first day of the half-year. Moves within the
	// half-year do not count (code de commerce, art. L441-10 II).
	SeriesECB Series = "ecb_main_refinancing"
	// SeriesEUReference is the reference rate of Directive 2011/7/EU,
	// art. 2(7)(a), for the euro area; it follows SeriesECB.
	SeriesEUReference Series = "eu_reference"
	// SeriesLegal is the French legal interest rate for every creditor who is
	// not a private person outside any trade. The creditor chooses the column,
	// not the debtor: a business uses this one against a consumer too.
	SeriesLegal Series = "fr_legal_other"
	// SeriesLegalPrivate is the legal rate for a creditor who is a private
	// person outside any trade.
	SeriesLegalPrivate Series = "fr_legal_private"
)

// Rate is one published figure.
type Rate struct {
	HalfYear     HalfYear
	Percent      Percent
	Source       string        // the act or the publication
	Published    courrier.Date // when the act was published; no date: not recorded
	InForceSince courrier.Date // from when a central bank's rate applied; no date: not recorded or not of that kind
	Replaces     *Percent      // the figure that this entry corrects, see [Rates.With]
}

// Rates is an immutable set of series. The zero Rates and a nil *Rates hold none.
type Rates struct {
	series []*series
	byName map[Series]*series // an alias points to its target's series
}

// series holds the rates of consecutive half-years from first on; a rate
// without source is a gap.
type series struct {
	id     Series
	title  string
	sameAs Series
	first  HalfYear
	rates  []Rate
}

// MissingRateError says which series has no rate for which half-year. It
// matches [courrier.ErrNotFound]. Load the figure with [ParseRates] once it is
// published; there is no way to have it guessed.
type MissingRateError struct {
	Series   Series
	HalfYear HalfYear
	Latest   HalfYear // the last half-year that the series has; none: the series is empty or unknown
}

// Error implements the error interface.
func (e *MissingRateError) Error() string {
	s := fmt.Sprintf("latepayment: no rate for %s in series %q", e.HalfYear, e.Series)
	if !e.Latest.IsZero() {
		s += ", which ends with " + e.Latest.String()
	}
	return s + "; load it with ParseRates once it is published"
}

// Unwrap returns [courrier.ErrNotFound].
func (e *MissingRateError) Unwrap() error { return courrier.ErrNotFound }

// Lookup returns the rate of one half-year, or a [MissingRateError].
//
// Errors: [courrier.ErrNotFound].
func (r *Rates) Lookup(id Series, h HalfYear) (Rate, error) {
	s := r.find(id)
	if rate := s.at(h); rate != nil {
		return *rate, nil
	}
	return Rate{}, &MissingRateError{Series: id, HalfYear: h, Latest: s.latest()}
}

// On returns the rate of the half-year that d belongs to, or a
// [MissingRateError].
//
// Errors: [courrier.ErrNotFound].
func (r *Rates) On(id Series, d courrier.Date) (Rate, error) {
	return r.Lookup(id, HalfYearOf(d))
}

// All yields the rates of a series in order, gaps left out; none for a series
// that r does not have.
func (r *Rates) All(id Series) iter.Seq[Rate] {
	return func(yield func(Rate) bool) {
		s := r.find(id)
		if s == nil {
			return
		}
		for _, rate := range s.rates {
			if rate.Source != "" && !yield(rate) {
				return
			}
		}
	}
}

// Names returns the series of r in the order of their file.
func (r *Rates) Names() []Series {
	var names []Series
	for _, s := range r.list() {
		names = append(names, s.id)
	}
	return names
}

// Title returns what the series is, in words; "" for a series that r does not
// have.
func (r *Rates) Title(id Series) string {
	for _, s := range r.list() {
		if s.id == id {
			return s.title
		}
	}
	return ""
}

func (r *Rates) list() []*series {
	if r == nil {
		return nil
	}
	return r.series
}

func (r *Rates) find(id Series) *series {
	if r == nil {
		return nil
	}
	return r.byName[id]
}

// at returns the rate of h, or nil.
func (s *series) at(h HalfYear) *Rate {
	if s == nil || h.IsZero() {
		return nil
	}
	i := int(h.n) - int(s.first.n)
	if i < 0 || i >= len(s.rates) || s.rates[i].Source == "" {
		return nil
	}
	return &s.rates[i]
}

func (s *series) latest() HalfYear {
	if s == nil || len(s.rates) == 0 {
		return HalfYear{}
	}
	return s.rates[len(s.rates)-1].HalfYear
}

// With returns r extended by newer, neither of which changes. The rules:
//
//   - a series or half-year that r lacks is added;
//   - the same figure again takes the place of the old entry (its source and
//     dates may be better known);
//   - another figure is refused, unless its entry says "replaces" with the
//     figure that r has: a correction must name what it corrects.
//
// It answers [courrier.ErrInvalid], naming the series and the half-year.
func (r *Rates) With(newer *Rates) (*Rates, error) {
	var checks courrier.Checks
	var merged []*series
	for _, s := range r.list() {
		merged = append(merged, s.clone())
	}
	for _, add := range newer.list() {
		i := slices.IndexFunc(merged, func(s *series) bool { return s.id == add.id })
		if i < 0 {
			merged = append(merged, add.clone())
			continue
		}
		merged[i].merge(add, &checks)
	}
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return link(merged)
}

func (s *series) clone() *series {
	c := *s
	c.rates = slices.Clone(s.rates)
	return &c
}

func (s *series) merge(add *series, checks *courrier.Checks) {
	field := "series." + string(s.id)
	if !checks.Require(s.sameAs == add.sameAs, field+".same_as",
		"a series cannot turn into another", "give the new series an id of its own") {
		return
	}
	if add.title != "" {
		s.title = add.title
	}
	for _, rate := range add.rates {
		if rate.Source == "" {
			continue
		}
		if old := s.at(rate.HalfYear); old != nil && old.Percent != rate.Percent {
			checks.Require(rate.Replaces != nil && *rate.Replaces == old.Percent,
				field+"."+rate.HalfYear.String(),
				fmt.Sprintf("%s differs from the known %s", rate.Percent, old.Percent),
				fmt.Sprintf("check the source; to correct it, add \"replaces\": %q", old.Percent))
		}
		s.put(rate)
	}
}

// put stores rate, widening the range of half-years as needed.
func (s *series) put(rate Rate) {
	if len(s.rates) == 0 {
		s.first, s.rates = rate.HalfYear, []Rate{rate}
		return
	}
	if before := int(s.first.n) - int(rate.HalfYear.n); before > 0 {
		s.rates = slices.Insert(s.rates, 0, make([]Rate, before)...)
		s.first = rate.HalfYear
	}
	i := int(rate.HalfYear.n) - int(s.first.n)
	if missing := i + 1 - len(s.rates); missing > 0 {
		s.rates = append(s.rates, make([]Rate, missing)...)
	}
	s.rates[i] = rate
}

// link resolves the aliases of a set of series.
func link(all []*series) (*Rates, error) {
	var checks courrier.Checks
	r := &Rates{series: all, byName: make(map[Series]*series, len(all))}
	for _, s := range all {
		if s.sameAs == "" {
			r.byName[s.id] = s
		}
	}
	for _, s := range all {
		if s.sameAs == "" {
			continue
		}
		target := r.byName[s.sameAs]
		if checks.Require(target != nil && target.id == s.sameAs, "series."+string(s.id)+".same_as",
			"names no series with rates of its own", "name a series of the same file that has rates") {
			r.byName[s.id] = target
		}
	}
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return r, nil
}
