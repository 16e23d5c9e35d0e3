package latepayment_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

func TestBuiltinRates(t *testing.T) {
	t.Parallel()
	rates := latepayment.BuiltinRates()
	business := latepayment.FranceBusiness()
	for _, want := range []struct {
		on, half, ecb, usual, private, other, floor string
	}{
		{"2015-01-01", "2015-S1", "0.05", "10.05", "4.06", "0.93", "2.79"},
		{"2015-09-01", "2015-S2", "0.05", "10.05", "4.29", "0.99", "2.97"},
		{"2016-12-31", "2016-S2", "0.00", "10.00", "4.35", "0.93", "2.79"},
		{"2017-06-30", "2017-S1", "0.00", "10.00", "4.16", "0.90", "2.70"},
		{"2018-07-01", "2018-S2", "0.00", "10.00", "3.60", "0.88", "2.64"},
		{"2019-06-30", "2019-S1", "0.00", "10.00", "3.40", "0.86", "2.58"},
		{"2020-01-15", "2020-S1", "0.00", "10.00", "3.15", "0.87", "2.61"},
		{"2021-08-15", "2021-S2", "0.00", "10.00", "3.12", "0.76", "2.28"},
		{"2022-07-27", "2022-S2", "0.00", "10.00", "3.15", "0.77", "2.31"}, // the ECB moved that day: no effect
		{"2022-12-31", "2022-S2", "0.00", "10.00", "3.15", "0.77", "2.31"},
		{"2023-06-30", "2023-S1", "2.50", "12.50", "4.47", "2.06", "6.18"},
		{"2023-07-01", "2023-S2", "4.00", "14.00", "6.82", "4.22", "12.66"},
		{"2024-01-01", "2024-S1", "4.50", "14.50", "8.01", "5.07", "15.21"}, // the usual rate is under the floor
		{"2024-06-30", "2024-S1", "4.50", "14.50", "8.01", "5.07", "15.21"},
		{"2024-12-31", "2024-S2", "4.25", "14.25", "8.16", "4.92", "14.76"},
		{"2025-06-11", "2025-S1", "3.15", "13.15", "7.21", "3.71", "11.13"},
		{"2025-12-31", "2025-S2", "2.15", "12.15", "6.65", "2.76", "8.28"},
		{"2026-01-01", "2026-S1", "2.15", "12.15", "6.67", "2.62", "7.86"},
		{"2026-11-21", "2026-S2", "2.40", "12.40", "6.84", "2.75", "8.25"},
	} {
		on := courrier.MustDate(want.on)
		half := latepayment.HalfYearOf(on)
		require.Equal(t, want.half, half.String())
		for series, percent := range map[latepayment.Series]string{
			latepayment.SeriesECB: want.ecb, latepayment.SeriesEUReference: want.ecb,
			latepayment.SeriesLegalPrivate: want.private, latepayment.SeriesLegal: want.other,
		} {
			rate, err := rates.On(series, on)
			require.NoError(t, err)
			require.Equal(t, percent, rate.Percent.String(), "%s %s", series, want.half)
			require.Equal(t, half, rate.HalfYear)
		}
		usual, err := business.Rate.At(rates, half)
		require.NoError(t, err)
		require.Equal(t, want.usual, usual.String())
		floor, err := business.Floor.At(rates, half)
		require.NoError(t, err)
		require.Equal(t, want.floor, floor.String())
		require.Equal(t, want.half[:4] == "2024", usual.Compare(floor) < 0)
	}
}

// Whoever adds a half-year to the file must give its source and dates that can
// be true.
func TestBuiltinRatesAreComplete(t *testing.T) {
	t.Parallel()
	rates := latepayment.BuiltinRates()
	require.Equal(t, []latepayment.Series{latepayment.SeriesECB, latepayment.SeriesEUReference, latepayment.SeriesLegal,
		latepayment.SeriesLegalPrivate}, rates.Names())
	for series, first := range map[latepayment.Series]string{
		latepayment.SeriesECB: "2014-S1", latepayment.SeriesLegal: "2015-S1", latepayment.SeriesLegalPrivate: "2015-S1",
	} {
		require.NotEmpty(t, rates.Title(series))
		next := latepayment.MustHalfYear(first)
		for rate := range rates.All(series) {
			require.Equal(t, next, rate.HalfYear, "%s has a gap", series)
			require.NotEmpty(t, rate.Source)
			require.False(t, rate.InForceSince.After(rate.HalfYear.First()), "%s %s", series, rate.HalfYear)
			require.False(t, rate.Published.After(rate.HalfYear.First().AddDays(31)), "%s %s", series, rate.HalfYear)
			next = next.Next()
		}
		require.Equal(t, "2027-S1", next.String(), "%s: correct the test when a half-year is added", series)
	}
}

func TestUnpublishedHalfYearsAreRefused(t *testing.T) {
	t.Parallel()
	rates := latepayment.BuiltinRates()
	for _, half := range []string{"2027-S1", "2013-S2", "0001-S1", "9999-S2"} {
		_, err := rates.Lookup(latepayment.SeriesECB, latepayment.MustHalfYear(half))
		var missing *latepayment.MissingRateError
		require.ErrorAs(t, err, &missing)
		require.Equal(t, half, missing.HalfYear.String())
		require.Equal(t, latepayment.SeriesECB, missing.Series)
		require.Equal(t, "2026-S2", missing.Latest.String())
	}
	_, err := rates.Lookup("unheard_of", latepayment.MustHalfYear("2026-S1"))
	require.ErrorIs(t, err, courrier.ErrNotFound)
	_, err = rates.Lookup(latepayment.SeriesECB, latepayment.HalfYear{})
	require.ErrorIs(t, err, courrier.ErrNotFound)
	_, err = (*latepayment.Rates)(nil).Lookup(latepayment.SeriesECB, latepayment.MustHalfYear("2026-S1"))
	require.ErrorIs(t, err, courrier.ErrNotFound)
	for range rates.All("unheard_of") {
		t.Fatal("a series that is not there has no rates")
	}
}

func parseRates(t testing.TB, series ...string) *latepayment.Rates {
	t.Helper()
	rates, err := latepayment.ParseRates(strings.NewReader(`{"format":1,"series":[` + strings.Join(series, ",") + `]}`))
	require.NoError(t, err)
	return rates
}

func TestHostAddsAHalfYear(t *testing.T) {
	t.Parallel()
	newer := parseRates(t, `{"id":"ecb_main_refinancing","rates":[{"half_year":"2027-S1","percent":"2.65","source":"host","in_force_since":"2026-09-16"}]}`)
	builtin := latepayment.BuiltinRates()
	rates, err := builtin.With(newer)
	require.NoError(t, err)
	half := latepayment.MustHalfYear("2027-S1")
	for _, series := range []latepayment.Series{latepayment.SeriesECB, latepayment.SeriesEUReference} {
		rate, err := rates.Lookup(series, half)
		require.NoError(t, err, "the EU reference follows the ECB")
		require.Equal(t, "2.65", rate.Percent.String())
		require.Equal(t, courrier.MustDate("2026-09-16"), rate.InForceSince)
	}
	_, err = rates.Lookup(latepayment.SeriesLegal, half)
	require.ErrorIs(t, err, courrier.ErrNotFound)
	_, err = builtin.Lookup(latepayment.SeriesECB, half)
	require.ErrorIs(t, err, courrier.ErrNotFound, "the built-in set does not change")
	old, err := rates.Lookup(latepayment.SeriesECB, latepayment.MustHalfYear("2014-S1"))
	require.NoError(t, err)
	require.Equal(t, "0.25", old.Percent.String())

	earlier, err := rates.With(parseRates(t, `{"id":"ecb_main_refinancing","rates":[{"half_year":"2012-S1","percent":"1.00","source":"host"}]}`))
	require.NoError(t, err)
	_, err = earlier.Lookup(latepayment.SeriesECB, latepayment.MustHalfYear("2013-S1"))
	require.ErrorIs(t, err, courrier.ErrNotFound, "a gap stays a gap")
	var count int
	for range earlier.All(latepayment.SeriesECB) {
		count++
	}
	require.Equal(t, 28, count)
}

func TestCorrectionMustNameWhatItCorrects(t *testing.T) {
	t.Parallel()
	builtin := latepayment.BuiltinRates()
	entry := func(more string) *latepayment.Rates {
		return parseRates(t, `{"id":"fr_legal_other","rates":[{"half_year":"2026-S2","percent":"2.76","source":"host"`+more+`}]}`)
	}
	_, err := builtin.With(entry(""))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "series.fr_legal_other.2026-S2", courrier.FieldErrors(err)[0].Field)
	_, err = builtin.With(entry(`,"replaces":"2.74"`))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	corrected, err := builtin.With(entry(`,"replaces":"2.75"`))
	require.NoError(t, err)
	rate, err := corrected.Lookup(latepayment.SeriesLegal, latepayment.MustHalfYear("2026-S2"))
	require.NoError(t, err)
	require.Equal(t, "2.76", rate.Percent.String())
	again, err := corrected.With(entry(`,"replaces":"2.75"`))
	require.NoError(t, err, "a release that has the correction accepts the host's file unchanged")
	require.NotNil(t, again)

	same, err := builtin.With(parseRates(t, `{"id":"fr_legal_other","title":"better","rates":[{"half_year":"2026-S2","percent":"2.7500","source":"better source"}]}`))
	require.NoError(t, err)
	rate, _ = same.Lookup(latepayment.SeriesLegal, latepayment.MustHalfYear("2026-S2"))
	require.Equal(t, "better source", rate.Source)
	require.Equal(t, "better", same.Title(latepayment.SeriesLegal))

	_, err = builtin.With(parseRates(t, `{"id":"eu_reference","rates":[{"half_year":"2026-S2","percent":"2.75","source":"x"}]}`))
	require.ErrorIs(t, err, courrier.ErrInvalid, "an alias cannot become a series")
	unchanged, err := builtin.With(nil)
	require.NoError(t, err)
	require.Equal(t, builtin.Names(), unchanged.Names())
}

func TestParseRatesRefuses(t *testing.T) {
	t.Parallel()
	rate := func(body string) string {
		return `{"format":1,"series":[{"id":"x","rates":[` + body + `]}]}`
	}
	for name, c := range map[string]struct{ file, field string }{
		"nothing":             {``, "rates"},
		"no JSON":             {`percent: 2`, "rates"},
		"two values":          {`{"format":1} {"format":1}`, "rates"},
		"unknown member":      {`{"format":1,"rates":[]}`, "rates"},
		"another format":      {`{"format":2}`, "format"},
		"a bad id":            {`{"format":1,"series":[{"id":"Bad-Name"}]}`, "series[0].id"},
		"an id twice":         {`{"format":1,"series":[{"id":"x"},{"id":"x"}]}`, "series[1].id"},
		"an alias of nothing": {`{"format":1,"series":[{"id":"x","same_as":"y"}]}`, "series.x.same_as"},
		"an alias of itself":  {`{"format":1,"series":[{"id":"x","same_as":"x"}]}`, "series.x.same_as"},
		"an alias of an alias": {`{"format":1,"series":[{"id":"x","same_as":"y"},{"id":"y","same_as":"z"},{"id":"z"}]}`,
			"series.x.same_as"},
		"an alias with rates": {`{"format":1,"series":[{"id":"y"},{"id":"x","same_as":"y","rates":[{"half_year":"2026-S1","percent":"1","source":"s"}]}]}`, "series.x.rates"},
		"no half-year":        {rate(`{"percent":"1","source":"s"}`), "series.x.rates[0].half_year"},
		"a half-year far off": {rate(`{"half_year":"2400-S1","percent":"1","source":"s"}`), "series.x.rates[0].half_year"},
		"a quarter":           {rate(`{"half_year":"2026-Q3","percent":"1","source":"s"}`), "series[0].rates[0].half_year"},
		"no percent":          {rate(`{"half_year":"2026-S1","source":"s"}`), "series.x.rates[0].percent"},
		"a number":            {rate(`{"half_year":"2026-S1","percent":1.5,"source":"s"}`), "series[0].rates[0].percent"},
		"too many decimals":   {rate(`{"half_year":"2026-S1","percent":"1.50001","source":"s"}`), "series[0].rates[0].percent"},
		"no source":           {rate(`{"half_year":"2026-S1","percent":"1"}`), "series.x.rates[0].source"},
		"twice": {rate(`{"half_year":"2026-S1","percent":"1","source":"s"},{"half_year":"2026-S1","percent":"1","source":"s"}`),
			"series.x.rates[1].half_year"},
		"a bad date": {rate(`{"half_year":"2026-S1","percent":"1","source":"s","published":"soon"}`), "series[0].rates[0].published"},
		"too long":   {`{"format":1,"series":[]}` + strings.Repeat(" ", 1<<20), "rates"},
	} {
		_, err := latepayment.ParseRates(strings.NewReader(c.file))
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
		require.NotEmpty(t, courrier.FieldErrors(err), name)
		require.Equal(t, c.field, courrier.FieldErrors(err)[0].Field, name)
	}
	_, err := latepayment.ParseRates(errReader{})
	require.ErrorIs(t, err, os.ErrClosed)
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, os.ErrClosed }

func TestPercent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"12.15": "12.15", "12.4": "12.40", "0": "0.00", "10": "10.00", "-0.88": "-0.88", "0.9375": "0.9375", "1000": "1000.00",
		"-100": "-100.00", "0.125": "0.125",
	} {
		p, err := latepayment.ParsePercent(text)
		require.NoError(t, err, text)
		require.Equal(t, want, p.String())
	}
	for _, text := range []string{"", "-", ".", "1.", ".5", "+1", "1e2", "12,15", "12 %", "1000.0001", "-100.01", "0.00001", "99999", "١"} {
		_, err := latepayment.ParsePercent(text)
		require.ErrorIs(t, err, courrier.ErrInvalid, text)
	}
	require.Panics(t, func() { latepayment.MustPercent("x") })
	require.Panics(t, func() { latepayment.MustHalfYear("x") })
}

func TestHalfYear(t *testing.T) {
	t.Parallel()
	for on, want := range map[string][3]string{
		"2026-01-01": {"2026-S1", "2026-01-01", "2026-06-30"},
		"2026-06-30": {"2026-S1", "2026-01-01", "2026-06-30"},
		"2026-07-01": {"2026-S2", "2026-07-01", "2026-12-31"},
		"2026-12-31": {"2026-S2", "2026-07-01", "2026-12-31"},
		"0001-01-01": {"0001-S1", "0001-01-01", "0001-06-30"},
		"9999-12-31": {"9999-S2", "9999-07-01", "9999-12-31"},
	} {
		h := latepayment.HalfYearOf(courrier.MustDate(on))
		require.Equal(t, want, [3]string{h.String(), h.First().String(), h.Last().String()})
		parsed, err := latepayment.ParseHalfYear(want[0])
		require.NoError(t, err)
		require.Equal(t, h, parsed)
	}
	for _, text := range []string{"", "2026", "2026-S3", "2026-s1", "0000-S1", "26-S1", "2026-S1 ", "-026-S1"} {
		_, err := latepayment.ParseHalfYear(text)
		require.ErrorIs(t, err, courrier.ErrInvalid, text)
	}
	var none latepayment.HalfYear
	require.True(t, latepayment.HalfYearOf(courrier.Date{}).IsZero() && none.First().IsZero() && none.Last().IsZero() &&
		none.Next().IsZero())
	require.True(t, latepayment.MustHalfYear("9999-S2").Next().IsZero())
}

func FuzzParseRates(f *testing.F) {
	builtin, err := os.ReadFile("rates.json")
	require.NoError(f, err)
	f.Add(builtin)
	f.Add([]byte(`{"format":1,"series":[{"id":"x","rates":[{"half_year":"2026-S1","percent":"1","source":"s","replaces":"2"}]},{"id":"y","same_as":"x"}]}`))
	f.Add([]byte(`{"format":1,"series":[{"id":"ecb_main_refinancing","rates":[{"half_year":"1900-S1","percent":"-1.5","source":"s"},{"half_year":"2199-S2","percent":"1","source":"s"}]}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		rates, err := latepayment.ParseRates(bytes.NewReader(file))
		if err != nil {
			require.Nil(t, rates)
			return
		}
		for _, series := range rates.Names() {
			previous := latepayment.HalfYear{}
			for rate := range rates.All(series) {
				require.Positive(t, rate.HalfYear.Compare(previous), "in order, each once")
				previous = rate.HalfYear
				found, err := rates.Lookup(series, rate.HalfYear)
				require.NoError(t, err)
				require.Equal(t, rate, found)
				require.NotEmpty(t, rate.Source)
			}
		}
		if merged, err := latepayment.BuiltinRates().With(rates); err == nil {
			for _, series := range rates.Names() {
				for rate := range rates.All(series) {
					found, err := merged.Lookup(series, rate.HalfYear)
					require.NoError(t, err)
					require.Equal(t, rate.Percent, found.Percent)
				}
			}
		}
	})
}

func FuzzParsePercent(f *testing.F) {
	f.Add("12.15")
	f.Add("-0.88")
	f.Add("1000")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := latepayment.ParsePercent(s)
		if err != nil {
			return
		}
		again, err := latepayment.ParsePercent(p.String())
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

func FuzzParseHalfYear(f *testing.F) {
	f.Add("2026-S2")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := latepayment.ParseHalfYear(s); err == nil {
			require.Equal(t, s, h.String())
			require.Equal(t, h, latepayment.HalfYearOf(h.First()))
			require.Equal(t, h, latepayment.HalfYearOf(h.Last()))
		}
	})
}
