package dunning_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	feed "github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/dunning"
)

// whatIsTold: a host is told of every reminder that is proposed and sent, once that the
// policy is done with an invoice, and once that a customer owes nothing any more.
func whatIsTold(t *testing.T) {
	o := newOffice(t)
	heard := func() (all map[feed.Kind][]string) {
		all = map[feed.Kind][]string{}
		for {
			n, err := feed.Reader{Store: o.Config.Store.(feed.Store), Name: "crm", Account: "acme"}.Read(o.Ctx, func(_ context.Context, some []feed.Change) error {
				for _, c := range some {
					all[c.Kind] = append(all[c.Kind], c.State)
					require.NotEmpty(t, c.Subject)
					require.False(t, c.At.IsZero())
				}
				return nil
			})
			require.NoError(t, err)
			if n == 0 {
				return all
			}
		}
	}
	o.TopUp(100)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	for d := day("2026-02-18"); d.Before(day("2026-09-01")); d = d.AddDays(1) {
		o.day(d.String())
		for _, rem := range o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}}) {
			o.approve(rem.ID)
		}
	}
	told := heard()
	require.Contains(t, told[feed.ReminderMoved], "proposed")
	require.Contains(t, told[feed.ReminderMoved], "sent")
	require.Equal(t, []string{"c1"}, told[feed.PolicyFinished], "once, however many days look again")
	require.Empty(t, told[feed.CustomerClear])

	for _, paid := range []bool{true, false, true} {
		c := o.cases["c1"]
		c.Invoices = append([]dunning.Invoice(nil), c.Invoices...)
		c.Invoices[0].Paid = paid
		o.cases["c1"] = c
		for range 2 {
			_, err := o.dunning.Reconsider(o.Ctx, "acme", "c1")
			require.NoError(t, err)
		}
		o.day("2026-09-02")
		clear := heard()[feed.CustomerClear]
		require.Equal(t, paid, len(clear) == 1, "%v", clear)
	}
	o.owe("c2", dunning.Contact{Email: true})
	o.day("2026-09-03")
	require.Empty(t, heard()[feed.CustomerClear], "who never owed anything")
}
