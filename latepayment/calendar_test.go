package latepayment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

var territories = []latepayment.Territory{
	latepayment.National, latepayment.AlsaceMoselle, latepayment.AlsaceMoselleWithoutGoodFriday,
	latepayment.Guadeloupe, latepayment.Martinique, latepayment.Guyane, latepayment.Reunion, latepayment.Mayotte,
	latepayment.SaintMartin, latepayment.SaintBarthelemy,
}

// The reminder engine asks calendars like this one.
var _ dunning.Holidays = (*latepayment.Calendar)(nil)

func calendar(t testing.TB, territory latepayment.Territory) *latepayment.Calendar {
	t.Helper()
	c, err := latepayment.NewCalendar(territory)
	require.NoError(t, err)
	require.Equal(t, territory, c.Territory())
	return c
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		territory latepayment.Territory
		year      int
		days      string
	}{
		{latepayment.National, 2024, "01-01 04-01 05-01 05-08 05-09 05-20 07-14 08-15 11-01 11-11 12-25"},
		{latepayment.National, 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		{latepayment.National, 2008, "01-01 03-24 05-01 05-01 05-08 05-12 07-14 08-15 11-01 11-11 12-25"}, // Ascension on 1 May
		{latepayment.AlsaceMoselle, 2026, "01-01 04-03 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25 12-26"},
		{latepayment.AlsaceMoselleWithoutGoodFriday, 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25 12-26"},
		{latepayment.Reunion, 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-20 12-25"},
		{latepayment.Guadeloupe, 2026, "01-01 04-06 05-01 05-08 05-14 05-25 05-27 07-14 08-15 11-01 11-11 12-25"},
		{latepayment.SaintMartin, 2026, "01-01 04-06 05-01 05-08 05-14 05-25 05-27 07-14 08-15 11-01 11-11 12-25"},
		{latepayment.Martinique, 2026, "01-01 04-06 05-01 05-08 05-14 05-22 05-25 07-14 08-15 11-01 11-11 12-25"},
		{latepayment.Guyane, 2026, "01-01 04-06 05-01 05-08 05-14 05-25 06-10 07-14 08-15 11-01 11-11 12-25"},
		{latepayment.Mayotte, 2026, "01-01 04-06 04-27 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		{latepayment.SaintBarthelemy, 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 10-09 11-01 11-11 12-25"},
	} {
		var days []string
		for _, h := range calendar(t, want.territory).Holidays(want.year) {
			days = append(days, h.On.String()[5:])
			require.NotEmpty(t, h.Name)
			require.Equal(t, want.year, h.On.Year())
		}
		require.Equal(t, want.days, strings.Join(days, " "), "%s %d", want.territory, want.year)
	}
	names := map[string]string{}
	for _, h := range calendar(t, latepayment.AlsaceMoselle).Holidays(2026) {
		names[h.On.String()] = h.Name
	}
	require.Equal(t, "Vendredi saint", names["2026-04-03"])
	require.Equal(t, "Ascension", names["2026-05-14"])
	require.Equal(t, "Saint-Étienne", names["2026-12-26"])
}

// Easter Sundays from the published tables, with the earliest and the latest
// that can be.
func TestEaster(t *testing.T) {
	t.Parallel()
	c := calendar(t, latepayment.National)
	for year, easter := range map[int]string{
		1818: "03-22", 1886: "04-25", 1943: "04-25", 1954: "04-18", 1961: "04-02", 1981: "04-19", 2000: "04-23", 2008: "03-23",
		2011: "04-24", 2016: "03-27", 2019: "04-21", 2025: "04-20", 2026: "04-05", 2027: "03-28", 2038: "04-25", 2049: "04-18",
		2285: "03-22",
	} {
		sunday, err := courrier.ParseDate(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006-") + easter)
		require.NoError(t, err)
		require.Equal(t, time.Sunday, sunday.Weekday())
		require.True(t, c.IsHoliday(sunday.AddDays(1)), year)
		require.True(t, c.IsHoliday(sunday.AddDays(39)), year)
		require.True(t, c.IsHoliday(sunday.AddDays(50)), year)
	}
}

// The table, the computation on demand and the list agree on every day.
func TestCalendarsAgreeWithTheirList(t *testing.T) {
	t.Parallel()
	for _, territory := range territories {
		c := calendar(t, territory)
		for _, years := range [][2]int{{1, 3}, {1967, 1972}, {2024, 2028}, {2097, 2102}, {9998, 9999}} {
			listed := map[courrier.Date]bool{}
			for year := years[0]; year <= years[1]; year++ {
				for _, h := range c.Holidays(year) {
					listed[h.On] = true
				}
			}
			for d := courrier.NewDate(years[0], 1, 1); !d.IsZero() && d.Year() <= years[1]; d = d.AddDays(1) {
				require.Equal(t, listed[d], c.IsHoliday(d), "%s %s", territory, d)
			}
		}
		require.False(t, c.IsHoliday(courrier.Date{}))
		require.False(t, c.IsWorkingDay(courrier.Date{}, latepayment.MondayToFriday))
		require.Empty(t, c.Holidays(0))
		require.Empty(t, c.Holidays(10000))
	}
	var zero latepayment.Calendar
	national := calendar(t, latepayment.National)
	require.Equal(t, latepayment.National, zero.Territory())
	for d := courrier.MustDate("2026-01-01"); d.Year() == 2026; d = d.AddDays(1) {
		require.Equal(t, national.IsHoliday(d), zero.IsHoliday(d), d)
	}
	_, err := latepayment.NewCalendar("elsewhere")
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

func TestQuestionsDoNotAllocate(t *testing.T) {
	c := calendar(t, latepayment.AlsaceMoselle)
	in, out := courrier.MustDate("2026-04-03"), courrier.MustDate("2150-04-03")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		c.IsHoliday(in)
		c.IsHoliday(out)
		c.IsWorkingDay(in, latepayment.MondayToSaturday)
		c.Shift(in, latepayment.NextBusiness)
	}))
}

func TestShift(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		territory      latepayment.Territory
		on, next, last string
	}{
		{latepayment.National, "2026-05-01", "2026-05-04", "2026-04-30"},
		{latepayment.National, "2026-12-26", "2026-12-28", "2026-12-24"},
		{latepayment.National, "2026-11-21", "2026-11-23", "2026-11-20"},
		{latepayment.National, "2026-05-14", "2026-05-15", "2026-05-13"},
		{latepayment.National, "2026-05-15", "2026-05-15", "2026-05-15"},
		{latepayment.AlsaceMoselle, "2026-12-25", "2026-12-28", "2026-12-24"},
		{latepayment.AlsaceMoselle, "2026-04-03", "2026-04-07", "2026-04-02"},
		{latepayment.AlsaceMoselleWithoutGoodFriday, "2026-04-03", "2026-04-03", "2026-04-03"},
	} {
		c, on := calendar(t, want.territory), courrier.MustDate(want.on)
		require.Equal(t, want.next, c.Shift(on, latepayment.NextBusiness).String())
		require.Equal(t, want.last, c.Shift(on, latepayment.LastBusiness).String())
		require.Equal(t, on, c.Shift(on, latepayment.KeepDate))
	}
	c := calendar(t, latepayment.National)
	require.True(t, c.Shift(courrier.Date{}, latepayment.NextBusiness).IsZero())
	require.True(t, c.Shift(courrier.MustDate("0001-01-01"), latepayment.LastBusiness).IsZero(),
		"no working day before the first of all days")
}

func TestAddWorkingDays(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		territory latepayment.Territory
		week      latepayment.Week
		from      string
		n         int
		to        string
	}{
		{latepayment.National, latepayment.MondayToFriday, "2026-04-30", 3, "2026-05-06"},
		{latepayment.National, latepayment.MondayToSaturday, "2026-04-30", 3, "2026-05-05"},
		{latepayment.AlsaceMoselle, latepayment.MondayToFriday, "2026-12-23", 2, "2026-12-28"},
		{latepayment.National, latepayment.MondayToFriday, "2026-02-27", 5, "2026-03-06"},
		{latepayment.National, latepayment.MondayToFriday, "2026-05-06", -3, "2026-04-30"},
		{latepayment.National, latepayment.MondayToFriday, "2026-05-01", 0, "2026-05-04"},
		{latepayment.National, latepayment.MondayToFriday, "2026-05-04", 0, "2026-05-04"},
	} {
		got, err := calendar(t, want.territory).AddWorkingDays(courrier.MustDate(want.from), want.n, want.week)
		require.NoError(t, err)
		require.Equal(t, want.to, got.String())
	}
	c := calendar(t, latepayment.National)
	for _, n := range []int{10_001, -10_001} {
		_, err := c.AddWorkingDays(courrier.MustDate("2026-01-01"), n, latepayment.MondayToFriday)
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
	_, err := c.AddWorkingDays(courrier.Date{}, 1, latepayment.MondayToFriday)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = c.AddWorkingDays(courrier.MustDate("9999-12-30"), 10, latepayment.MondayToFriday)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

// Counting forward and back again ends where it started, on a working day; the
// longer week never takes longer.
func TestWorkingDaysAreOrderly(t *testing.T) {
	t.Parallel()
	calendars := make([]*latepayment.Calendar, len(territories))
	for i, territory := range territories {
		calendars[i] = calendar(t, territory)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(calendars).Draw(t, "calendar")
		week := rapid.SampledFrom([]latepayment.Week{latepayment.MondayToFriday, latepayment.MondayToSaturday}).Draw(t, "week")
		n := rapid.IntRange(1, 200).Draw(t, "n")
		start, err := c.AddWorkingDays(genDate(t, "start"), 1, week)
		require.NoError(t, err)
		end, err := c.AddWorkingDays(start, n, week)
		require.NoError(t, err)
		require.True(t, c.IsWorkingDay(end, week))
		back, err := c.AddWorkingDays(end, -n, week)
		require.NoError(t, err)
		require.Equal(t, start, back)
		six, err := c.AddWorkingDays(start, n, latepayment.MondayToSaturday)
		require.NoError(t, err)
		require.False(t, six.After(end))
		shifted := c.Shift(start, latepayment.NextBusiness)
		require.True(t, c.IsWorkingDay(shifted, latepayment.MondayToFriday))
		require.Less(t, shifted.DaysSince(start), 7)
	})
}

// Who passed over the error of NewCalendar has a nil one: the national holidays, and no
// panic in the middle of a day's run.
func TestNoCalendarIsTheNationalOne(t *testing.T) {
	t.Parallel()
	national, err := latepayment.NewCalendar(latepayment.National)
	require.NoError(t, err)
	for _, c := range []*latepayment.Calendar{nil, {}} {
		require.Equal(t, latepayment.National, c.Territory())
		require.Equal(t, national.Holidays(2026), c.Holidays(2026))
		for d := courrier.MustDate("2026-01-01"); d.Year() == 2026; d = d.AddDays(1) {
			require.Equal(t, national.IsHoliday(d), c.IsHoliday(d), d)
			require.Equal(t, national.IsWorkingDay(d, latepayment.MondayToFriday), c.IsWorkingDay(d, latepayment.MondayToFriday), d)
		}
	}
}
