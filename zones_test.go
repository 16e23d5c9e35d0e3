package courrier_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/billing"
	"github.com/courrier-go/courrier/internal/testscene"
)

// TestMonthsOfFarZones holds, for a year of random spending around midnights, that the months and
// days of an account are those of its zone: each charge in the one that a clock on its wall shows.
func TestMonthsOfFarZones(t *testing.T) {
	t.Parallel()
	for n, zone := range []string{"Pacific/Kiritimati", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Pago_Pago",
		"America/Havana", "Africa/Casablanca", "Europe/Paris"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			yearIn(t, zone, rand.New(rand.NewPCG(22, uint64(n))))
		})
	}
}

// around is a random moment of a month, most often within a second of a midnight.
func around(rnd *rand.Rand, first time.Time) time.Time {
	day := first.AddDate(0, 0, rnd.IntN(31))
	if rnd.IntN(3) == 0 {
		return day.Add(time.Duration(rnd.Int64N(int64(24 * time.Hour))))
	}
	return day.Add(time.Duration(rnd.IntN(3)-1) * time.Second)
}

func yearIn(t *testing.T, zone string, rnd *rand.Rand) {
	w := testscene.New(t)
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	settings, err := w.Client.Settings(w.Ctx, "acme")
	require.NoError(t, err)
	settings.Zone, settings.Billing = zone, courrier.BillingPostpaid
	_, err = w.Client.SetSettings(w.Ctx, "acme", settings)
	require.NoError(t, err)

	start := w.Clock.In(loc)
	year := time.Date(start.Year(), start.Month()+1, 1, 0, 0, 0, 0, loc)
	var moments []time.Time
	for month := range 12 {
		for range 12 {
			moments = append(moments, around(rnd, year.AddDate(0, month, 0)))
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	spent, days := map[string]int64{}, map[string]int64{}
	for i, at := range moments {
		w.Clock = at.UTC()
		n := 1 + rnd.IntN(9)
		spend(w, fmt.Sprint("k", i), n)
		spent[at.In(loc).Format("2006-01")] += int64(n)
		days[at.In(loc).Format(time.DateOnly)] += int64(n)
	}
	w.Clock = year.AddDate(1, 1, 0)
	ledger := w.Client.Credits("acme")
	var before billing.Statement
	for month := range 13 {
		first := year.AddDate(0, month-1, 0)
		open, err := billing.MonthOf(w.Ctx, ledger, "stamp", first.Add(time.Hour))
		require.NoError(t, err)
		require.NoError(t, ledger.Close(w.Ctx, "stamp", first.AddDate(0, 1, 0)))
		told, err := billing.MonthOf(w.Ctx, ledger, "stamp", first.AddDate(0, 1, 0).Add(-time.Second))
		require.NoError(t, err)
		require.Equal(t, first.Format("2006-01-02 15:04"), told.From.Format("2006-01-02 15:04"), "midnight of the zone")
		require.True(t, told.Closed)
		require.Equal(t, open.Due, told.Due)
		require.Equal(t, spent[first.Format("2006-01")]*1_000_000, told.Due.Micros(), "%s", first)
		if month > 0 {
			require.Equal(t, before.Closing.Owed, told.Opening.Owed, "months follow each other")
			require.True(t, before.To.Equal(told.From))
		}
		before = told
		var sum int64
		for day := first; day.Before(first.AddDate(0, 1, 0)); day = day.AddDate(0, 0, 1) {
			s, err := billing.Between(w.Ctx, ledger, "stamp", courrier.DateOf(day), courrier.DateOf(day).AddDays(1))
			require.NoError(t, err)
			require.Equal(t, days[day.Format(time.DateOnly)]*1_000_000, s.Due.Micros(), "%s", day)
			sum += s.Due.Micros()
		}
		require.Equal(t, told.Due.Micros(), sum, "days add up to their month")
	}
}
