package dunning_test

import (
	"slices"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/stretchr/testify/require"
)

// What several invoices of a customer do to each other: each of these rules was once
// taken out, and nothing else told.

// owesTwo is a customer with i1, due on one day, and i2, due on another.
func owesTwo(first, second string) dunning.Case {
	c := oneLate(first, "100")
	c.Invoices = append(c.Invoices, oneLate(second, "50").Invoices[0])
	c.Invoices[1].ID = "i2"
	return c
}

// holdOf returns why an invoice is held.
func holdOf(t *testing.T, out dunning.Outcome, id dunning.InvoiceID) dunning.Hold {
	t.Helper()
	i := slices.IndexFunc(out.Holds, func(h dunning.Hold) bool { return h.Invoice == id })
	require.GreaterOrEqual(t, i, 0, "%+v", out)
	return out.Holds[i]
}

// TestTheOldestLeads also where another invoice is larger.
func TestTheOldestLeads(t *testing.T) {
	t.Parallel()
	c := owesTwo("2026-01-06", "2026-01-05") // i1 is the larger, i2 the older
	d := requireOne(t, compiled(t, testscene.TwoSteps(), nil).Evaluate(c, nil, courrier.MustDate("2026-01-12")))
	require.Equal(t, dunning.InvoiceID("i2"), d.Lines[0].Invoice)
}

// TestLettersOfOneDayAreOneContact: what was sent today keeps nothing back today, and
// everything from tomorrow on.
func TestLettersOfOneDayAreOneContact(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	p.Grouping = courrier.GroupByInvoice
	e, c := compiled(t, p, nil), owesTwo("2026-01-05", "2026-01-06")
	h := dunning.History{past("a", dunning.PastSent, "2026-01-12", "i1")}
	today := courrier.MustDate("2026-01-12")
	require.Equal(t, dunning.InvoiceID("i2"), requireOne(t, e.Evaluate(c, h, today)).Lines[0].Invoice)
	tomorrow := holdOf(t, e.Evaluate(c, h, today.AddDays(1)), "i2")
	require.Equal(t, dunning.CauseContact, tomorrow.Cause)
	require.Equal(t, courrier.MustDate("2026-01-19"), tomorrow.Until)
}

// TestTheTurnComesBack: the notice of i1 waits in review, and nobody sends it. For one
// contact delay nothing less severe goes; then i2 is reminded; after that the notice has
// its turn again, for one contact delay from the first day on which it could go.
func TestTheTurnComesBack(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	p.Grouping = courrier.GroupByInvoice
	e, c := compiled(t, p, nil), owesTwo("2025-12-10", "2026-01-07")
	waits := past("b", dunning.PastPending, "2026-01-05", "i1")
	require.Equal(t, dunning.InvoiceID("i2"), requireOne(t, e.Evaluate(c, dunning.History{waits}, courrier.MustDate("2026-01-12"))).Lines[0].Invoice)
	c.Invoices = append(c.Invoices, oneLate("2026-01-15", "70").Invoices[0])
	c.Invoices[2].ID = "i3"
	h := dunning.History{waits, past("a", dunning.PastSent, "2026-01-12", "i2")}
	held := holdOf(t, e.Evaluate(c, h, courrier.MustDate("2026-01-20")), "i3")
	require.Equal(t, dunning.CauseTurn, held.Cause)
	require.Equal(t, courrier.MustDate("2026-01-26"), held.Until)
}

// TestWhatIsNotLateJoinsNothing, however free it is otherwise.
func TestWhatIsNotLateJoinsNothing(t *testing.T) {
	t.Parallel()
	e, today := compiled(t, testscene.TwoSteps(), nil), courrier.MustDate("2026-01-20")
	h := dunning.History{past("a", dunning.PastSent, "2026-01-12", "i1")}
	for due, lines := range map[string]int{"2026-01-19": 2, "2026-01-20": 1, "2026-02-20": 1} {
		require.Len(t, requireOne(t, e.Evaluate(owesTwo("2026-01-05", due), h, today)).Lines, lines, due)
	}
}

// TestNoRequiredStepIsPassedOver: i2 may not join the letter of a step above the one
// that its notice requires.
func TestNoRequiredStepIsPassedOver(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	p.Steps = append(p.Steps, courrier.Step{ID: "c", Kind: courrier.StepFormalNotice, OffsetDays: 30, Requires: []courrier.Requirement{{Step: "a"}}})
	h := dunning.History{past("a", dunning.PastSent, "2026-01-12", "i1")}
	out := compiled(t, p, nil).Evaluate(owesTwo("2026-01-05", "2026-01-16"), h, courrier.MustDate("2026-01-20"))
	require.Equal(t, dunning.InvoiceID("i1"), requireOne(t, out).Lines[0].Invoice)
	require.Equal(t, "a", holdOf(t, out, "i2").Step)
}

// TestNoStepComesBeforeTheOneBelow: b counts from the day of the invoice, and would
// come before a, which a person skipped.
func TestNoStepComesBeforeTheOneBelow(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	p.Steps[1].Anchor = courrier.AnchorIssue
	c := oneLate("2026-01-05", "100") // issued on 6 December: b is planned for the 21st, a for 10 January, a Saturday
	h := dunning.History{past("a", dunning.PastSkipped, "2025-12-20", "i1")}
	held := holdOf(t, compiled(t, p, nil).Evaluate(c, h, courrier.MustDate("2025-12-22")), "i1")
	require.Equal(t, dunning.CauseScheduled, held.Cause)
	require.Equal(t, courrier.MustDate("2026-01-12"), held.Until)
}
