// These tests unit-test a host's own reminder policy with a table: a
// policy is a pure function of the facts and the day, so there is nothing to
// fake and no clock to turn.
package main_test

import (
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/stretchr/testify/require"
)

// policy is what this host sells to its users: two e-mails, then a registered
// letter that a person approves.
func policy() courrier.ReminderPolicy {
	return courrier.ReminderPolicy{
		ID: "house", Version: 3, ContactDelayDays: 5,
		MinimumOpen: []courrier.Amount{courrier.MustAmount("20", "EUR")},
		Steps: []courrier.Step{
			{ID: "first", Kind: courrier.StepReminder, OffsetDays: 3},
			{ID: "second", Kind: courrier.StepReminder, Anchor: courrier.AnchorPrevious, OffsetDays: 10},
			{ID: "notice", Kind: courrier.StepFormalNotice, Anchor: courrier.AnchorPrevious, OffsetDays: 15,
				Requires: []courrier.Requirement{{Step: "second", Days: 15}}},
		},
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	evaluator, err := dunning.Compile(policy(), nil)
	require.NoError(t, err)
	sent := func(step, on string) dunning.PastReminder {
		return dunning.PastReminder{
			Step: step, State: dunning.PastSent, On: courrier.MustDate(on), Lead: "INV-1", Invoices: []dunning.InvoiceID{"INV-1"},
		}
	}
	for _, tt := range []struct {
		name    string
		today   string
		invoice dunning.Invoice // what differs from 100 EUR due on Monday 2 March
		history dunning.History
		step    string // the step expected, or
		cause   dunning.HoldCause
		until   string
	}{
		{name: "not late enough", today: "2026-03-04", cause: dunning.CauseScheduled, until: "2026-03-05"},
		{name: "first", today: "2026-03-05", step: "first"},
		{name: "first, although three days were missed", today: "2026-03-09", step: "first"},
		{name: "nothing on Sunday", today: "2026-03-08", cause: dunning.CauseSendingDay, until: "2026-03-09"},
		{name: "second", today: "2026-03-16", history: dunning.History{sent("first", "2026-03-05")}, step: "second"},
		{name: "an ad hoc letter makes it wait", today: "2026-03-16",
			history: dunning.History{sent("first", "2026-03-05"), sent("", "2026-03-13")}, cause: dunning.CauseContact, until: "2026-03-18"},
		{name: "notice", today: "2026-03-31", history: dunning.History{sent("first", "2026-03-05"), sent("second", "2026-03-16")}, step: "notice"},
		{name: "no notice without the second", today: "2026-05-04",
			history: dunning.History{sent("first", "2026-03-05"), {Step: "second", State: dunning.PastSkipped, On: courrier.MustDate("2026-03-16"), Invoices: []dunning.InvoiceID{"INV-1"}}},
			cause:   dunning.CauseRequires},
		{name: "promise", today: "2026-03-05", invoice: dunning.Invoice{PromisedOn: courrier.MustDate("2026-03-10")}, cause: dunning.CausePromised, until: "2026-03-11"},
		{name: "too small", today: "2026-03-05", invoice: dunning.Invoice{Parts: dunning.Due(courrier.Date{}, courrier.MustAmount("19.99", "EUR"))}, cause: dunning.CauseBelowAmount, until: "2026-03-16"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := tt.invoice
			amount := courrier.MustAmount("100", "EUR")
			if len(inv.Parts) > 0 {
				amount = inv.Parts[0].Amount
			}
			inv.ID, inv.Parts = "INV-1", dunning.Due(courrier.MustDate("2026-03-02"), amount)
			c := dunning.Case{
				Account: "acme", Invoices: []dunning.Invoice{inv},
				Customer: dunning.Customer{ID: "martin", Contact: dunning.Contact{Email: true, Post: true}},
			}
			out := evaluator.Evaluate(c, tt.history, courrier.MustDate(tt.today))
			if tt.step != "" {
				require.Len(t, out.Decisions, 1, "%+v", out.Holds)
				require.Equal(t, tt.step, out.Decisions[0].Step.ID)
				return
			}
			require.Equal(t, tt.cause, out.Holds[0].Cause)
			require.Equal(t, tt.until, out.Holds[0].Until.String())
		})
	}
}
