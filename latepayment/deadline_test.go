package latepayment_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

func TestPeriods(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		from   string
		period latepayment.Period
		last   string
	}{
		{"2026-01-31", latepayment.Period{Months: 1}, "2026-02-28"},
		{"2025-08-31", latepayment.Period{Months: 6}, "2026-02-28"},
		{"2024-01-31", latepayment.Period{Months: 1}, "2024-02-29"},
		{"2026-03-15", latepayment.Period{Months: 2}, "2026-05-15"},
		{"2026-04-23", latepayment.Period{Days: 8}, "2026-05-01"},
		{"2026-01-30", latepayment.Period{Months: 1, Days: 1}, "2026-03-01"},
		{"2026-01-31", latepayment.Period{}, "2026-01-31"},
	} {
		last, err := want.period.After(courrier.MustDate(want.from))
		require.NoError(t, err)
		require.Equal(t, want.last, last.String(), "%+v", want.period)
	}
	// Eight days after a notice, with art. 642 by analogy.
	last, err := latepayment.Period{Days: 8}.After(courrier.MustDate("2026-04-23"))
	require.NoError(t, err)
	require.Equal(t, "2026-05-04", calendar(t, latepayment.National).Shift(last, latepayment.NextBusiness).String())

	for field, p := range map[string]latepayment.Period{
		"Period.Years": {Years: -1}, "Period.Months": {Months: 10_001}, "Period.Days": {Days: -1},
	} {
		_, err := p.After(courrier.MustDate("2026-01-01"))
		require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
	}
	_, err = latepayment.Period{Years: 9000}.After(courrier.MustDate("2026-01-01"))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = latepayment.Period{Days: 1}.After(courrier.Date{})
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

func TestLimitation(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		limitation latepayment.Limitation
		start, end string
		basis      string
	}{
		{latepayment.LimitationBusiness, "2024-03-15", "2029-03-15", "L110-4"},
		{latepayment.LimitationConsumer, "2024-02-29", "2026-02-28", "L218-2"},
		{latepayment.LimitationOrdinary, "2024-02-29", "2029-02-28", "2224"},
		{latepayment.LimitationCarriage, "2025-06-30", "2026-06-30", "L133-6"},
	} {
		reading, err := want.limitation.Read(courrier.MustDate(want.start))
		require.NoError(t, err)
		require.Equal(t, want.end, reading.LastDay.String())
		require.Contains(t, reading.Basis, want.basis)
		require.Len(t, reading.Interrupting, 3)
		require.NotContains(t, strings.Join(reading.Interrupting, " "), "notice", "a formal notice interrupts nothing")
	}
	_, err := latepayment.Limitation("public").Read(courrier.MustDate("2024-03-15"))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = latepayment.LimitationBusiness.Read(courrier.Date{})
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

func TestCounterHold(t *testing.T) {
	t.Parallel()
	last, returned, err := latepayment.CounterHold(courrier.MustDate("2026-03-02"), 0)
	require.NoError(t, err)
	require.Equal(t, "2026-03-17", last.String())
	require.Equal(t, "2026-03-18", returned.String())
	last, _, err = latepayment.CounterHold(courrier.MustDate("2026-03-02"), 10)
	require.NoError(t, err)
	require.Equal(t, "2026-03-12", last.String())
	_, _, err = latepayment.CounterHold(courrier.MustDate("2026-03-02"), -1)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}
