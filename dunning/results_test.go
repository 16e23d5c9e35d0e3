package dunning_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// stream is a slice as a host or a store gives it.
func stream[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// left is a reminder of customer c1 that left.
func left(id, step, on string, invoices ...dunning.InvoiceID) dunning.Reminder {
	r := dunning.Reminder{ID: dunning.ReminderID(id), Customer: "c1", State: dunning.ReminderSent, SentOn: courrier.MustDate(on), Channel: courrier.ChannelEmail}
	r.Decision.PolicyID, r.Decision.Step = "p", courrier.Step{ID: step, Kind: courrier.StepReminder}
	for _, id := range invoices {
		r.Decision.Lines = append(r.Decision.Lines, dunning.ReminderLine{Invoice: id})
	}
	return r
}

func income(invoice dunning.InvoiceID, on, euros string) dunning.InvoicePayment {
	return dunning.InvoicePayment{Customer: "c1", Invoice: invoice, DueOn: courrier.MustDate("2026-03-01"), On: courrier.MustDate(on), Amount: eur(euros)}
}

var march = dunning.ResultsQuery{From: courrier.MustDate("2026-03-01"), To: courrier.MustDate("2026-03-31")}

func TestResults(t *testing.T) {
	t.Parallel()
	by := func(r dunning.Reminder, change func(*dunning.Reminder)) dunning.Reminder { change(&r); return r }
	early := by(left("0", "courtesy", "2026-03-02", "i1"), func(r *dunning.Reminder) { r.Decision.Step.Kind = courrier.StepCourtesy })
	letter := by(left("2", "second", "2026-03-20", "i1#2", "i2"), func(r *dunning.Reminder) { r.Channel, r.Assignee = courrier.ChannelPost, "ann" })
	stop := by(left("3", "stop", "2026-03-21", "i1"), func(r *dunning.Reminder) { r.Channel, r.Decision.Step.Task = courrier.ChannelTask, "stop_delivery" })
	other := by(left("4", "first", "2026-03-20", "i2"), func(r *dunning.Reminder) { r.Customer = "c2" })
	q := march
	q.Cost = func(r dunning.Reminder) (courrier.Amount, error) {
		if r.Channel == courrier.ChannelPost {
			return eur("1.50"), nil
		}
		return courrier.Amount{}, nil
	}
	report, err := dunning.Results(q,
		stream([]dunning.Reminder{early, left("1", "first", "2026-03-10", "i1"), letter, stop, other, left("5", "first", "2026-04-01", "i1")}),
		stream([]dunning.InvoicePayment{
			income("i1", "2026-03-05", "10.00"), // after the courtesy alone: it counts for nothing
			income("i1", "2026-03-12", "20.00"), // two days after the first
			income("i1", "2026-03-22", "30.00"), // after the letter about its second part, not the task that is no contact
			income("i2", "2026-04-03", "40.00"), // fourteen days after the letter, and after the period
			income("i2", "2026-04-04", "50.00"), // fifteen
			income("i2", "2026-03-20", "-5.00"), // returned on the day of the letter
		}))
	require.NoError(t, err)
	key := func(step string, owner courrier.ActorID) dunning.ResultKey {
		return dunning.ResultKey{Policy: "p", Step: step, Owner: owner}
	}
	require.Equal(t, []dunning.Result{
		{ResultKey: key("courtesy", ""), Sent: 1},
		{ResultKey: key("first", ""), Sent: 2, Payments: 1, Days: 2, Paid: []courrier.Amount{eur("20.00")}},
		{ResultKey: key("second", "ann"), Sent: 1, Letters: 1, Payments: 3, Days: 16, Paid: []courrier.Amount{eur("65.00")}, Cost: []courrier.Amount{eur("1.50")}},
	}, report.Rows)
	require.Equal(t, []courrier.Amount{eur("55.00")}, report.Paid)
	// (10×4 + 20×11 + 30×21 − 5×19) / 55 = 795 / 55 = 14.45
	require.Equal(t, []dunning.PaymentDelay{{Unit: "EUR", Days: 14}}, report.Delays)

	owners, err := report.By(func(k dunning.ResultKey) dunning.ResultKey { return dunning.ResultKey{Owner: k.Owner} })
	require.NoError(t, err)
	require.Equal(t, []int{3, 1}, []int{owners[0].Sent, owners[1].Sent})
	per, ok := owners[1].PerHundred()
	require.True(t, ok)
	require.Equal(t, eur("2.31"), per, "1.50 for 65.00")
	_, ok = owners[0].PerHundred()
	require.False(t, ok, "it cost nothing that was told")
}

func TestPromisesKept(t *testing.T) {
	t.Parallel()
	made := func(by, euros string) dunning.PromiseMade {
		return dunning.PromiseMade{Customer: "c1", Invoice: "i1", Made: courrier.MustDate("2026-03-05"), By: courrier.MustDate(by), Amount: eur(euros)}
	}
	q := march
	q.GraceDays = 2
	q.Promises = []dunning.PromiseMade{made("2026-03-10", "30.00"), made("2026-03-10", "30.01"), made("2026-03-07", "1.00"), made("2026-03-08", "10.00")}
	report, err := dunning.Results(q, stream([]dunning.Reminder(nil)), stream([]dunning.InvoicePayment{
		income("i1", "2026-03-04", "99.00"), // before it was promised
		income("i1", "2026-03-10", "10.00"), income("i1", "2026-03-12", "20.00"), income("i1", "2026-03-13", "99.00"),
	}))
	require.NoError(t, err)
	require.Equal(t, dunning.PromiseResults{Kept: 2, Partly: 1, Broken: 1}, report.Promises)
}

func TestResultsRefuse(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]dunning.ResultsQuery{
		"no period":        {},
		"backwards":        {From: march.To, To: march.From},
		"too long":         {From: march.From, To: march.To, Within: 366},
		"negative grace":   {From: march.From, To: march.To, GraceDays: -1},
		"nothing promised": {From: march.From, To: march.To, Promises: []dunning.PromiseMade{{}}},
	} {
		_, err := dunning.Results(q, stream([]dunning.Reminder(nil)), stream([]dunning.InvoicePayment(nil)))
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
	}
	failing := func(yield func(dunning.Reminder, error) bool) { yield(dunning.Reminder{}, courrier.ErrUnavailable) }
	_, err := dunning.Results(march, failing, stream([]dunning.InvoicePayment(nil)))
	require.ErrorIs(t, err, courrier.ErrUnavailable)
}

// Each payment counts once or not at all, for the reminder that a reader of the rule
// would point at; whatever is put together, the sums stay; the order is nothing.
func TestResultsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		day := func(name string) courrier.Date { return march.From.AddDays(rapid.IntRange(-20, 60).Draw(r, name)) }
		var sent []dunning.Reminder
		for i := range rapid.IntRange(0, 12).Draw(r, "sent") {
			rem := left(fmt.Sprintf("%02d", i), rapid.SampledFrom([]string{"", "first", "second"}).Draw(r, "step"), day("on").String(),
				dunning.InvoiceID(rapid.SampledFrom([]string{"a", "b", "b#2"}).Draw(r, "about")))
			rem.Customer = courrier.CustomerID(rapid.SampledFrom([]string{"c1", "c2"}).Draw(r, "customer"))
			rem.Assignee = courrier.ActorID(rapid.SampledFrom([]string{"", "ann"}).Draw(r, "owner"))
			rem.State = rapid.SampledFrom([]dunning.ReminderState{dunning.ReminderSent, dunning.ReminderSent, dunning.ReminderSkipped}).Draw(r, "state")
			sent = append(sent, rem)
		}
		var payments []dunning.InvoicePayment
		for range rapid.IntRange(0, 12).Draw(r, "payments") {
			p := income(dunning.InvoiceID(rapid.SampledFrom([]string{"a", "b"}).Draw(r, "paid")), day("paid on").String(), "1.00")
			p.Amount = courrier.MustAmount(fmt.Sprint(rapid.IntRange(1, 500).Draw(r, "amount")), rapid.SampledFrom([]string{"EUR", "USD"}).Draw(r, "unit"))
			payments = append(payments, p)
		}
		report, err := dunning.Results(march, stream(sent), stream(payments))
		require.NoError(r, err)
		want := map[dunning.ResultKey]int64{}
		count := 0
		for _, p := range payments {
			if i := pointedAt(sent, p); i >= 0 {
				want[dunning.ResultKey{Policy: "p", Step: sent[i].Decision.Step.ID, Owner: sent[i].Assignee}] += p.Amount.Micros()
				count++
			}
		}
		got, counted := map[dunning.ResultKey]int64{}, 0
		for _, row := range report.Rows {
			counted += row.Payments
			for _, a := range row.Paid {
				got[row.ResultKey] += a.Micros()
			}
		}
		require.Equal(r, want, got)
		require.Equal(r, count, counted)
		all, err := report.By(func(dunning.ResultKey) dunning.ResultKey { return dunning.ResultKey{} })
		require.NoError(r, err)
		if len(report.Rows) > 0 {
			require.Len(r, all, 1)
			require.Equal(r, counted, all[0].Payments)
		}
		slices.Reverse(sent)
		slices.Reverse(payments)
		again, err := dunning.Results(march, stream(sent), stream(payments))
		require.NoError(r, err)
		require.Equal(r, len(report.Rows), len(again.Rows))
		for i := range report.Rows {
			require.Equal(r, report.Rows[i].Payments, again.Rows[i].Payments)
			require.ElementsMatch(r, report.Rows[i].Paid, again.Rows[i].Paid)
		}
	})
}

// pointedAt is the rule as one says it: of all that left in March about the invoice, on
// the payment's day or in the fourteen before, the last.
func pointedAt(sent []dunning.Reminder, p dunning.InvoicePayment) int {
	found := -1
	for i, rem := range sent {
		if rem.State != dunning.ReminderSent || rem.Customer != p.Customer || rem.SentOn.Before(march.From) || rem.SentOn.After(march.To) {
			continue
		}
		if dunning.InvoiceOf(rem.Decision.Lines[0].Invoice) != p.Invoice || p.On.Before(rem.SentOn) || p.On.After(rem.SentOn.AddDays(14)) {
			continue
		}
		if found < 0 || rem.SentOn.After(sent[found].SentOn) || rem.SentOn == sent[found].SentOn && rem.ID > sent[found].ID {
			found = i
		}
	}
	return found
}
