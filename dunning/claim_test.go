package dunning_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/stretchr/testify/require"
)

// meanwhile is a law with which something happens once, while a run decides: after it
// read what was done before, and before it writes.
type meanwhile struct {
	dunning.LatePayment
	did *atomic.Bool
	do  func()
}

func (m meanwhile) Statement(d latepayment.Debt) (latepayment.Statement, error) {
	if m.did.CompareAndSwap(false, true) { // what it does asks the law too
		m.do()
	}
	return m.LatePayment.Statement(d)
}

// TestRunsWithOtherFactsDecideOneAfterTheOther: two processes are told of other invoices
// of a customer at the same moment. Their keys differ; the customer gets one letter.
func TestRunsWithOtherFactsDecideOneAfterTheOther(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	day := courrier.MustDate("2026-03-10")
	o.Clock = day.In(time.UTC).Add(12 * time.Hour)
	run := func(inv dunning.Invoice) dunning.RunReport {
		o.owe("c1", both, inv)
		report, err := o.dunning.RunDay(o.Ctx, day, o.stream())
		require.NoError(t, err)
		return report
	}
	o.law = meanwhile{latepayment.France(), new(atomic.Bool), func() { require.Equal(t, 1, run(bill("i2", "2026-03-02")).Approved) }}
	o.again()
	report := run(bill("i1", "2026-03-01"))
	require.Equal(t, 1, report.Skipped)
	require.Zero(t, report.Approved)
	require.Equal(t, dunning.InvoiceID("i2"), o.only(dunning.ReminderFilter{}).Decision.Lines[0].Invoice)
}

// TestPeopleAtOnceDecideOneAfterTheOther: while somebody sends a step about an invoice,
// somebody else sends another step about it. One of them is open, the other is refused.
func TestPeopleAtOnceDecideOneAfterTheOther(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.noon("2026-03-10")
	o.law = meanwhile{latepayment.France(), new(atomic.Bool), func() {
		_, err := o.dunning.SendNow(o.Ctx, step("c1", "reminder-2", "i1"))
		require.NoError(t, err)
	}}
	o.again()
	_, err := o.dunning.SendNow(o.Ctx, step("c1", "reminder-1", "i1"))
	requireCode(t, err, dunning.CodePending)
	require.Equal(t, "reminder-2", o.only(dunning.ReminderFilter{}).Decision.Step.ID)
}

// TestAnInvoiceOfTwoCustomers: the host has one invoice at two customers, in the middle
// of a move. It is reminded once; the second is told whose reminder has it, and gets the
// rest of the letter.
func TestAnInvoiceOfTwoCustomers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.owe("c2", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
	day := courrier.MustDate("2026-03-10")
	o.Clock = day.In(time.UTC).Add(12 * time.Hour)
	report, err := o.dunning.RunDay(o.Ctx, day, o.stream())
	require.NoError(t, err)
	first := o.only(dunning.ReminderFilter{Customers: []courrier.CustomerID{"c1"}})
	second := o.only(dunning.ReminderFilter{Customers: []courrier.CustomerID{"c2"}})
	require.Equal(t, []dunning.InvoiceID{"i1"}, first.Invoices())
	require.Equal(t, []dunning.InvoiceID{"i2"}, second.Invoices())
	require.Equal(t, 2, report.Approved)
	require.Zero(t, report.Skipped)
	require.Len(t, report.Errors, 1)
	requireCode(t, report.Errors[0], courrier.CodeOtherCustomer)
	require.ErrorContains(t, report.Errors[0], string(first.ID))
}

// TestPastOfSeveralLetters: a reminder was sent on the day of the first of its letters
// that reached the post, and arrived when one of them was first presented. Each that
// followed is a contact.
func TestPastOfSeveralLetters(t *testing.T) {
	t.Parallel()
	at := func(day string) time.Time { return courrier.MustDate(day).In(time.UTC).Add(12 * time.Hour) }
	rem := dunning.Reminder{
		State: dunning.ReminderSent, Channel: courrier.ChannelPost, Letter: "third",
		Earlier: []dunning.EarlierLetter{{Letter: "failed"}, {Letter: "second"}},
	}
	rem.Decision.Step.ID = "reminder-2"
	letters := []courrier.LetterRecord{
		{ID: "failed", Status: courrier.StatusFailed, SubmittedAt: at("2026-03-02")},
		{ID: "second", Status: courrier.StatusReturned, SubmittedAt: at("2026-03-05")},
		{ID: "third", Status: courrier.StatusDelivered, SubmittedAt: at("2026-03-20")},
	}
	letters[2].Tracking.PresentedAt = at("2026-03-23")
	past := rem.Past(letters...)
	require.Len(t, past, 2)
	require.Equal(t, courrier.MustDate("2026-03-05"), past[0].On)
	require.Equal(t, courrier.MustDate("2026-03-23"), past[0].DeliveredOn)
	require.Equal(t, "reminder-2", past[0].Step)
	require.Equal(t, courrier.MustDate("2026-03-20"), past[1].On)
	require.Empty(t, past[1].Step)
}
