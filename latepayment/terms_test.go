package latepayment_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

func TestDueDates(t *testing.T) {
	t.Parallel()
	const a, b, c = latepayment.CapEndOfMonthA, latepayment.CapEndOfMonthB, latepayment.CapAgreed
	for _, want := range []struct {
		issued string
		terms  latepayment.Terms
		due    string
		within []latepayment.Cap // of the three caps of agreed terms
		legal  bool
	}{
		{"2026-01-15", latepayment.Net(30), "2026-02-14", []latepayment.Cap{a, b, c}, true},
		{"2026-01-15", latepayment.Net(60), "2026-03-16", []latepayment.Cap{a, b, c}, true},
		{"2026-01-15", latepayment.Net(61), "2026-03-17", []latepayment.Cap{a, b}, false},
		{"2026-01-31", latepayment.Net(30), "2026-03-02", []latepayment.Cap{a, b, c}, true},
		{"2026-01-15", latepayment.DaysThenEndOfMonth(45), "2026-03-31", []latepayment.Cap{a}, true},
		{"2026-03-10", latepayment.DaysThenEndOfMonth(45), "2026-04-30", []latepayment.Cap{a, b, c}, true},
		{"2026-10-05", latepayment.DaysThenEndOfMonth(30), "2026-11-30", []latepayment.Cap{a, b, c}, true},
		{"2026-01-15", latepayment.DaysThenEndOfMonth(60), "2026-03-31", []latepayment.Cap{a}, true},
		{"2026-10-22", latepayment.DaysThenEndOfMonth(45), "2026-12-31", []latepayment.Cap{a}, true},
		{"2026-10-22", latepayment.EndOfMonthThenDays(45), "2026-12-15", []latepayment.Cap{a, b, c}, true},
		{"2026-01-15", latepayment.EndOfMonthThenDays(45), "2026-03-17", []latepayment.Cap{a, b}, true},
		{"2026-03-10", latepayment.EndOfMonthThenDays(45), "2026-05-15", []latepayment.Cap{b}, true},
		{"2026-02-28", latepayment.EndOfMonthThenDays(45), "2026-04-14", []latepayment.Cap{a, b, c}, true},
		{"2026-03-10", latepayment.EndOfMonthThenDays(60), "2026-05-30", nil, false},
		{"2026-10-05", latepayment.DaysThenEndOfMonthOn(30, 10), "2026-12-10", []latepayment.Cap{b}, false},
		{"2026-10-25", latepayment.DaysThenEndOfMonthOn(30, 10), "2026-12-10", []latepayment.Cap{a, b, c}, true},
		{"2026-12-15", latepayment.DaysThenEndOfMonthOn(20, 31), "2027-02-28", []latepayment.Cap{}, false},
		{"2026-01-15", latepayment.Periodic(45), "2026-03-01", []latepayment.Cap{a, b, c}, true},
		{"2026-01-15", latepayment.Periodic(46), "2026-03-02", []latepayment.Cap{a, b, c}, false},
	} {
		issued := courrier.MustDate(want.issued)
		due, err := want.terms.DueOn(issued)
		require.NoError(t, err)
		require.Equal(t, want.due, due.String(), "%+v", want.terms)
		for _, limit := range []latepayment.Cap{a, b, c} {
			_, beyond, err := latepayment.CheckDue(due, issued, limit)
			require.NoError(t, err)
			require.Equal(t, slices.Contains(want.within, limit), !beyond, "%s %+v %s", want.issued, want.terms, limit)
		}
		warning, beyond, err := latepayment.CheckDue(due, issued, want.terms.Caps()...)
		require.NoError(t, err)
		require.Equal(t, want.legal, !beyond, "%+v", want.terms)
		if beyond {
			require.Equal(t, latepayment.DueBeyondCap, warning.Code)
			require.True(t, warning.LastDay.Before(due))
			require.Contains(t, warning.String(), warning.LastDay.String())
			require.NotEmpty(t, warning.Basis)
		}

		// The first day of interest is the next one, whatever day of the week it is.
		s, err := newCalculator(t, latepayment.Config{Regime: latepayment.FranceBusiness()}).Statement(issued,
			latepayment.Invoice{Number: "1", Parts: one(due, euros("1"))})
		require.NoError(t, err)
		require.Equal(t, due.AddDays(1), s.Lines[0].InterestFrom)
	}
}

func TestLegalCaps(t *testing.T) {
	t.Parallel()
	from := courrier.MustDate("2026-01-15")
	for limit, last := range map[latepayment.Cap]string{
		latepayment.CapNoAgreement: "2026-02-14", latepayment.CapAgreed: "2026-03-16",
		latepayment.CapEndOfMonthA: "2026-03-31", latepayment.CapEndOfMonthB: "2026-03-17", latepayment.CapPeriodic: "2026-03-01",
		latepayment.CapPublic: "2026-02-14", latepayment.CapPublicHealth: "2026-03-06", latepayment.CapPublicCompany: "2026-03-16",
		latepayment.CapEUBusiness: "2026-03-16", latepayment.CapEUPublic: "2026-02-14", latepayment.CapEUPublicHealth: "2026-03-16",
	} {
		got, err := limit.LastDay(from)
		require.NoError(t, err)
		require.Equal(t, last, got.String(), limit)
		require.NotEmpty(t, limit.Basis())
	}
	warning, beyond, err := latepayment.CheckDue(courrier.MustDate("2026-05-01"), from, latepayment.CapAgreed,
		latepayment.CapEndOfMonthA, latepayment.CapEndOfMonthB)
	require.NoError(t, err)
	require.True(t, beyond)
	require.Equal(t, "2026-03-31", warning.LastDay.String(), "the most generous of the caps")
	_, beyond, err = latepayment.CheckDue(courrier.MustDate("2030-05-01"), from)
	require.NoError(t, err)
	require.False(t, beyond, "no cap, no warning")
	_, _, err = latepayment.CheckDue(from, from, "none")
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = latepayment.CapAgreed.LastDay(courrier.Date{})
	require.ErrorIs(t, err, courrier.ErrInvalid)
}

func TestTermsRefused(t *testing.T) {
	t.Parallel()
	issued := courrier.MustDate("2026-01-15")
	for field, terms := range map[string]latepayment.Terms{
		"Terms.Kind": {Kind: "someday", Days: 30},
		"Terms.Days": latepayment.Net(-1),
		"Terms.On":   latepayment.DaysThenEndOfMonthOn(30, 32),
	} {
		_, err := terms.DueOn(issued)
		require.ErrorIs(t, err, courrier.ErrInvalid)
		require.Equal(t, field, courrier.FieldErrors(err)[0].Field)
	}
	_, err := latepayment.Terms{Kind: latepayment.TermNet, On: 5}.DueOn(issued)
	require.Equal(t, "Terms.On", courrier.FieldErrors(err)[0].Field)
	_, err = latepayment.Net(30).DueOn(courrier.Date{})
	require.Equal(t, "IssuedOn", courrier.FieldErrors(err)[0].Field)
	_, err = latepayment.Net(30).DueOn(courrier.MustDate("9999-12-31"))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Nil(t, latepayment.Terms{Kind: "someday"}.Caps())
}

// A due date never precedes the issue, a longer term is never due earlier, and
// no term that is legal in one reading of "45 days end of month" passes it by.
func TestTermsAreOrderly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		issued := genDate(t, "issued")
		days := rapid.IntRange(0, 120).Draw(t, "days")
		kind := rapid.SampledFrom([]latepayment.Terms{latepayment.Net(days), latepayment.DaysThenEndOfMonth(days),
			latepayment.EndOfMonthThenDays(days), latepayment.DaysThenEndOfMonthOn(days, 10), latepayment.Periodic(days)}).Draw(t, "kind")
		due, err := kind.DueOn(issued)
		require.NoError(t, err)
		require.False(t, due.Before(issued))
		longer := kind
		longer.Days++
		later, err := longer.DueOn(issued)
		require.NoError(t, err)
		require.False(t, later.Before(due))
		if _, beyond, _ := latepayment.CheckDue(due, issued, kind.Caps()...); days <= 45 &&
			kind.Kind != latepayment.TermDaysThenEndOfMonthOn {
			require.False(t, beyond, "45 days are legal in every kind")
		}
	})
}
