package dunning_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

func movement(on, amount string) dunning.Payment {
	return dunning.Payment{On: day(on), Amount: courrier.MustAmount(amount, "EUR")}
}

// remindedOf is what the statement of a reminder says of an invoice of 120.00 with these
// movements: the payments, and what is open.
func remindedOf(t *testing.T, movements ...dunning.Payment) (payments int, open string) {
	o := newOffice(t)
	inv := bill("i1", "2026-03-01")
	inv.Payments = movements
	o.owe("c1", both, inv)
	o.day("2026-03-10")
	rem := o.only(dunning.ReminderFilter{})
	require.Equal(t, dunning.ReminderSent, rem.State, rem.Reason)
	s := rem.Decision.Statement
	require.Equal(t, rem.Decision.Open, s.Open)
	return len(s.Lines[0].Movements), s.Open.Decimal().StringFixed(2)
}

// A payment that was returned never paid anything: reminder, statement and letter are
// as if it had not been, in whatever order the books tell it.
func TestReturnedPayments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		movements []dunning.Payment
		payments  int
		open      string
	}{
		"all of it":           {[]dunning.Payment{movement("2026-03-02", "120"), movement("2026-03-05", "-120")}, 0, "120.00"},
		"on the same day":     {[]dunning.Payment{movement("2026-03-05", "-120"), movement("2026-03-05", "120")}, 0, "120.00"},
		"one on account":      {[]dunning.Payment{movement("2026-03-02", "50"), movement("2026-03-03", "-50")}, 0, "120.00"},
		"the first of two":    {[]dunning.Payment{movement("2026-03-02", "50"), movement("2026-03-03", "30"), movement("2026-03-04", "-50")}, 1, "90.00"},
		"some of the last":    {[]dunning.Payment{movement("2026-03-02", "50"), movement("2026-03-03", "30"), movement("2026-03-04", "-10")}, 2, "50.00"},
		"of both":             {[]dunning.Payment{movement("2026-03-02", "50"), movement("2026-03-03", "30"), movement("2026-03-04", "-60")}, 1, "100.00"},
		"twice":               {[]dunning.Payment{movement("2026-03-02", "120"), movement("2026-03-03", "-120"), movement("2026-03-04", "120"), movement("2026-03-05", "-120")}, 0, "120.00"},
		"and another is kept": {[]dunning.Payment{movement("2026-03-02", "120"), movement("2026-03-05", "-120"), movement("2026-03-06", "20")}, 1, "100.00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, open := remindedOf(t, c.movements...)
			require.Equal(t, c.open, open)
			require.Equal(t, c.payments, payments)
		})
	}
}

// Whatever is paid and returned at random: the statement's open sum is what was not
// paid in the end.
func TestReturnedPaymentsAtRandom(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		var all []dunning.Payment
		var paid []int
		open := 120
		for n := range 1 + random.IntN(6) {
			on := day("2026-03-02").AddDays(n)
			sum := 1 + random.IntN(19)
			if i := random.IntN(2); len(paid) > 0 && i == 0 {
				sum = -paid[random.IntN(len(paid))]
				paid = nil // what is left may be less than any of them
			} else {
				paid = append(paid, sum)
			}
			open -= sum
			all = append(all, movement(on.String(), fmt.Sprint(sum)))
		}
		_, got := remindedOf(t, all...)
		require.Equal(t, fmt.Sprintf("%d.00", open), got, all)
	}
}

// What is returned and was never paid is an error that names the place.
func TestReturnedMoreThanPaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	inv := bill("i1", "2026-03-01")
	inv.Payments = []dunning.Payment{movement("2026-03-02", "20"), movement("2026-03-05", "-50")}
	o.owe("c1", both, inv)
	o.noon("2026-03-10")
	report, err := o.dunning.RunDay(o.Ctx, day("2026-03-10"), o.stream())
	require.NoError(t, err)
	require.Len(t, report.Errors, 1)
	require.ErrorIs(t, report.Errors[0], courrier.ErrInvalid)
	require.Contains(t, courrier.FieldErrors(report.Errors[0])[0].Field, "Payments")
}
