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
