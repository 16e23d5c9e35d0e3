package dunning_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/stretchr/testify/require"
)

// oneLate is a business with one invoice.
func oneLate(due, open string) dunning.Case {
	return dunning.Case{
		Account: "acme",
		Customer: dunning.Customer{
			ID: "c", Class: latepayment.DebtorBusiness, Contact: dunning.Contact{Email: true, Post: true},
		},
		Invoices: []dunning.Invoice{{
			ID: "i1", IssuedOn: courrier.MustDate(due).AddDays(-30), Parts: dunning.Due(courrier.MustDate(due), courrier.MustAmount(open, "EUR")),
		}},
	}
}

func compiled(t testing.TB, p courrier.ReminderPolicy, holidays dunning.Holidays) *dunning.Evaluator {
	e, err := dunning.Compile(p, holidays)
	require.NoError(t, err)
	return e
}

func past(step string, state dunning.PastState, on string, invoices ...dunning.InvoiceID) dunning.PastReminder {
	return dunning.PastReminder{Step: step, State: state, On: courrier.MustDate(on), Invoices: invoices, Lead: invoices[0], Channel: courrier.ChannelPost}
}

// requireOne returns the only decision of an outcome.
func requireOne(t *testing.T, out dunning.Outcome) dunning.Decision {
	t.Helper()
	require.Len(t, out.Decisions, 1, "%+v", out.Holds)
	return out.Decisions[0]
}

// TestHoldCauses has one case for every cause, with its date.
func TestHoldCauses(t *testing.T) {
	t.Parallel()
	today := "2026-03-04" // a Wednesday
	type scene struct {
		p     courrier.ReminderPolicy
		c     dunning.Case
		h     dunning.History
		today string
	}
	seen := make(map[dunning.HoldCause]bool)
	for _, tt := range []struct {
		cause  dunning.HoldCause
		until  string
		change func(s *scene)
	}{
		{dunning.CauseUnusable, "", func(s *scene) { s.c.Invoices[0].Parts = dunning.Due(courrier.Date{}, s.c.Invoices[0].Parts[0].Amount) }},
		{dunning.CauseUnusable, "", func(s *scene) { s.c.Invoices = append(s.c.Invoices, s.c.Invoices[0]) }},
		{dunning.CauseUnusable, "", func(s *scene) {
			s.c.Invoices[0].Parts = dunning.Due(s.c.Invoices[0].DueOn(), courrier.MustAmount("999999999999", "EUR"))
		}},
		{dunning.CauseUnusable, "", func(s *scene) {
			s.p.Steps[0].Anchor, s.c.Invoices[0].IssuedOn = courrier.AnchorIssue, courrier.Date{}
		}},
		{dunning.CausePaid, "", func(s *scene) { s.c.Invoices[0].Paid = true }},
		{dunning.CauseCredit, "", func(s *scene) {
			s.c.Invoices[0].Parts = dunning.Due(s.c.Invoices[0].DueOn(), courrier.MustAmount("-3", "EUR"))
		}},
		{dunning.CausePaid, "", func(s *scene) {
			s.c.Invoices[0].Payments = []dunning.Payment{{On: courrier.MustDate("2026-01-09"), Amount: s.c.Invoices[0].Parts[0].Amount}}
		}},
		{dunning.CauseNetCreditor, "", func(s *scene) {
			s.c.Unallocated = []dunning.Payment{{On: courrier.MustDate("2026-01-09"), Amount: s.c.Invoices[0].Parts[0].Amount}}
		}},
		{dunning.CauseDraft, "", func(s *scene) { s.c.Invoices[0].Draft = true }},
		{dunning.CauseExcluded, "", func(s *scene) { s.c.Invoices[0].Excluded = true }},
		{dunning.CauseInsolvent, "", func(s *scene) { s.c.Customer.Insolvent = true }},
		{dunning.CauseDisputed, "", func(s *scene) { s.c.Invoices[0].Disputed = true }},
		{dunning.CausePaused, "", func(s *scene) { s.c.Customer.Paused = true }},
		{dunning.CausePaused, "2026-03-20", func(s *scene) {
			s.c.Customer.Paused, s.c.Customer.PausedUntil = true, courrier.MustDate("2026-03-20")
		}},
		{dunning.CausePromised, "2026-03-09", func(s *scene) {
			s.p.PromiseGraceDays, s.c.Invoices[0].PromisedOn = 2, courrier.MustDate("2026-03-06")
		}},
		{dunning.CausePending, "", func(s *scene) { s.h = append(s.h, past("a", dunning.PastPending, "2026-01-05", "i1")) }},
		{dunning.CausePending, "", func(s *scene) { s.h = append(s.h, past("a", "a later version's", "2026-01-05", "i1")) }},
		{dunning.CausePlanDone, "", func(s *scene) { s.h = append(s.h, past("b", dunning.PastSent, "2026-01-05", "i1")) }},
		{dunning.CauseSnoozed, "2026-03-11", func(s *scene) {
			p := past("a", dunning.PastPostponed, "2026-03-02", "i1")
			p.Until = courrier.MustDate("2026-03-11")
			s.h = append(s.h, p)
		}},
		{dunning.CauseDelivery, "", func(s *scene) {
			s.p.Steps[1].Anchor = courrier.AnchorDelivery
			s.h = append(s.h, past("a", dunning.PastSent, "2026-01-05", "i1"))
		}},
		{dunning.CauseScheduled, "2026-03-09", func(s *scene) {
			s.c.Invoices[0].Parts = dunning.Due(courrier.MustDate("2026-03-02"), s.c.Invoices[0].Parts[0].Amount)
		}}, // Saturday 7
		{dunning.CauseScheduled, "2026-03-06", func(s *scene) {
			s.c.Invoices[0].Parts = dunning.Due(courrier.MustDate("2026-03-02"), s.c.Invoices[0].Parts[0].Amount)
			s.p.Shift = courrier.ShiftBackward
		}},
		{dunning.CauseRequires, "2026-03-12", func(s *scene) {
			s.p.Steps[1].Requires = []courrier.Requirement{{Step: "a", Days: 10}}
			s.h = append(s.h, past("a", dunning.PastSent, "2026-03-02", "i1"))
		}},
		{dunning.CauseRequires, "", func(s *scene) {
			s.p.Steps[1].Requires = []courrier.Requirement{{Step: "a", Days: 10}}
			s.h = append(s.h, past("a", dunning.PastSkipped, "2026-01-05", "i1"))
		}},
		{dunning.CauseTurn, "2026-03-10", func(s *scene) {
			s.h = append(s.h, past("b", dunning.PastPending, "2026-03-03", "other"))
		}},
		{dunning.CauseDelivered, "2026-03-11", func(s *scene) {
			s.h = append(s.h, dunning.PastReminder{State: dunning.PastSent, On: courrier.MustDate("2026-03-04"), Delivery: true, Invoices: []dunning.InvoiceID{"i1"}})
		}},
		{dunning.CauseContact, "2026-03-09", func(s *scene) { s.h = append(s.h, past("", dunning.PastSent, "2026-03-02", "other")) }},
		{dunning.CauseContact, "2026-03-11", func(s *scene) { s.h = append(s.h, past("", dunning.PastSent, "2026-03-04", "other")) }},
		{dunning.CauseSendingDay, "2026-03-09", func(s *scene) { s.today = "2026-03-07" }},
		{dunning.CauseNoChannel, "", func(s *scene) { s.c.Customer.Contact = dunning.Contact{Email: true, EmailOffReminders: true} }},
		{dunning.CauseNoChannel, "", func(s *scene) {
			s.c.AccountPostOff, s.c.Customer.Contact = true, dunning.Contact{Post: true}
		}},
		{dunning.CauseBelowAmount, "", func(s *scene) { s.p.MinimumOpen = []courrier.Amount{courrier.MustAmount("100.01", "EUR")} }},
	} {
		s := scene{p: testscene.TwoSteps(), c: oneLate("2026-01-10", "100"), today: today}
		require.Len(t, compiled(t, s.p, nil).Evaluate(s.c, s.h, courrier.MustDate(today)).Decisions, 1)
		tt.change(&s)
		out := compiled(t, s.p, nil).Evaluate(s.c, s.h, courrier.MustDate(s.today))
		require.Empty(t, out.Decisions, "%s", tt.cause)
		require.Equal(t, tt.cause, out.Holds[0].Cause)
		require.Equal(t, tt.until, out.Holds[0].Until.String(), "%s", tt.cause)
		seen[tt.cause] = true
		for _, lang := range []courrier.Language{courrier.English, courrier.French} {
			text, ok := out.Explain("i1", lang)
			require.Equal(t, out.Holds[0].Invoice == "i1", ok)
			require.NotContains(t, text, "{")
			require.NotContains(t, text, ": .")
		}
	}
	lost := testscene.TwoSteps()
	d := compiled(t, lost, nil).Evaluate(oneLate("2026-01-10", "100"), nil, courrier.MustDate(today)).Decisions[0]
	lost.Steps = lost.Steps[1:]
	_, holds := compiled(t, lost, nil).Recheck(d, oneLate("2026-01-10", "100"), nil, courrier.MustDate(today))
	seen[holds[0].Cause] = true
	for _, info := range dunning.HoldCauses() {
		require.True(t, seen[info.Cause], "%s has no case", info.Cause)
	}
}

// TestNoSendingDay: holidays without end are a hold, not a loop.
func TestNoSendingDay(t *testing.T) {
	t.Parallel()
	e := compiled(t, testscene.TwoSteps(), someHolidays{every: 1})
	c := oneLate("2026-01-10", "100")
	out := e.Evaluate(c, nil, courrier.MustDate("2026-03-04"))
	require.Equal(t, dunning.Hold{Invoice: "i1", Cause: dunning.CauseSendingDay, Step: "a"}, out.Holds[0])
	_, ok := e.NextDue(c, nil, courrier.MustDate("2026-03-04"))
	require.False(t, ok)
}

func TestNotNowAndNever(t *testing.T) {
	t.Parallel()
	e, c := compiled(t, testscene.TwoSteps(), nil), oneLate("2026-01-05", "100")
	first := requireOne(t, e.Evaluate(c, nil, courrier.MustDate("2026-01-12")))
	require.Equal(t, "acme|i1|a|1", first.Key.String())

	notNow := first.Past(dunning.PastPostponed, first.On)
	notNow.Until = courrier.MustDate("2026-01-15")
	require.Empty(t, e.Evaluate(c, dunning.History{notNow}, courrier.MustDate("2026-01-14")).Decisions)
	back := requireOne(t, e.Evaluate(c, dunning.History{notNow}, courrier.MustDate("2026-01-15")))
	require.Equal(t, first.Key, back.Key, "what comes back keeps its key")

	never := first.Past(dunning.PastSkipped, first.On)
	next := requireOne(t, e.Evaluate(c, dunning.History{never}, courrier.MustDate("2026-01-20")))
	require.Equal(t, "b", next.Step.ID)
}

func TestCatchUpModes(t *testing.T) {
	t.Parallel()
	p := courrier.ReminderPolicy{ID: "p", Steps: []courrier.Step{
		{ID: "a", Kind: courrier.StepReminder, OffsetDays: 5},
		{ID: "b", Kind: courrier.StepReminder, OffsetDays: 15},
		{ID: "c", Kind: courrier.StepReminder, OffsetDays: 25},
		{ID: "d", Kind: courrier.StepReminder, OffsetDays: 35, Requires: []courrier.Requirement{{Days: 12}}},
	}}
	c := oneLate("2026-01-05", "100")
	for _, tt := range []struct {
		mode courrier.CatchUp
		h    dunning.History
		day  string
		want string // empty: held
	}{
		{courrier.CatchUpLowest, nil, "2026-02-02", "a"},
		{courrier.CatchUpHighest, nil, "2026-02-02", "c"},
		{courrier.CatchUpSkip, nil, "2026-02-02", "c"},
		{courrier.CatchUpHighest, nil, "2026-03-02", "c"}, // d needs one really sent
		{courrier.CatchUpSkip, nil, "2026-03-02", "c"},
		{courrier.CatchUpLowest, nil, "2026-01-12", "a"},
		{courrier.CatchUpSkip, nil, "2026-01-19", "a"}, // one missed day loses nothing
		{courrier.CatchUpHighest, dunning.History{past("a", dunning.PastSent, "2026-02-20", "i1")}, "2026-03-02", "c"},
		{courrier.CatchUpSkip, dunning.History{past("a", dunning.PastSent, "2026-02-20", "i1")}, "2026-03-02", ""}, // waits for d
		{courrier.CatchUpSkip, dunning.History{past("a", dunning.PastSent, "2026-02-20", "i1")}, "2026-03-04", "d"},
		// What waited for the contact delay, of ad hoc letters here, is not missed.
		{courrier.CatchUpHighest, dunning.History{
			past("a", dunning.PastSent, "2026-01-12", "i1"), past("", dunning.PastSent, "2026-01-19", "i1"), past("", dunning.PastSent, "2026-01-26", "i1"),
		}, "2026-02-02", "b"},
	} {
		p.CatchUp = tt.mode
		out := compiled(t, p, nil).Evaluate(c, tt.h, courrier.MustDate(tt.day))
		name := fmt.Sprintf("%s on %s", tt.mode, tt.day)
		if tt.want == "" {
			require.Empty(t, out.Decisions, name)
			continue
		}
		require.Len(t, out.Decisions, 1, name)
		require.Equal(t, tt.want, out.Decisions[0].Step.ID, name)
	}
	// A step that a later one requires is never passed over.
	p.Steps[2].Requires = []courrier.Requirement{{Step: "a"}}
	require.Equal(t, "a", requireOne(t, compiled(t, p, nil).Evaluate(c, nil, courrier.MustDate("2026-02-02"))).Step.ID)
}

// threeInvoices is a customer with two invoices late and one in dollars.
func threeInvoices() dunning.Case {
	c := oneLate("2026-01-05", "100")
	second, third := c.Invoices[0], c.Invoices[0]
	second.ID, second.Parts = "i2", dunning.Due(courrier.MustDate("2026-01-20"), courrier.MustAmount("50", "EUR"))
	third.ID, third.Parts = "i3", dunning.Due(third.DueOn(), courrier.MustAmount("70", "USD"))
	c.Invoices = append(c.Invoices, second, third)
	return c
}

func TestGroupings(t *testing.T) {
	t.Parallel()
	c := threeInvoices()
	h := dunning.History{past("a", dunning.PastSent, "2026-01-12", "i1")}
	for grouping, want := range map[courrier.Grouping]string{
		courrier.GroupByCustomer:        "b:i1+i2=150 a:i3=70",
		courrier.GroupByCustomerAndStep: "b:i1=100 a:i2=50 a:i3=70",
		courrier.GroupByInvoice:         "b:i1=100 a:i2=50 a:i3=70",
	} {
		p := testscene.TwoSteps()
		p.Grouping = grouping
		got := ""
		for _, d := range compiled(t, p, nil).Evaluate(c, h, courrier.MustDate("2026-01-26")).Decisions {
			lines := ""
			for key := range d.Keys() {
				lines += "+" + string(key.Invoice)
			}
			got += fmt.Sprintf(" %s:%s=%s", d.Step.ID, lines[1:], d.Open.Decimal())
		}
		require.Equal(t, want, got[1:], "%q", grouping)
	}
}

// TestCarrier: oldest due, then largest open, then id.
func TestCarrier(t *testing.T) {
	t.Parallel()
	c := oneLate("2026-01-05", "100")
	for n, open := range []string{"300", "200", "300"} {
		inv := c.Invoices[0]
		inv.ID = dunning.InvoiceID(fmt.Sprintf("j%d", n))
		inv.Parts = dunning.Due(inv.DueOn().AddDays(-1), courrier.MustAmount(open, "EUR"))
		c.Invoices = append(c.Invoices, inv)
	}
	slices.Reverse(c.Invoices)
	d := requireOne(t, compiled(t, testscene.TwoSteps(), nil).Evaluate(c, nil, courrier.MustDate("2026-01-12")))
	var order []dunning.InvoiceID
	for _, l := range d.Lines {
		order = append(order, l.Invoice)
	}
	require.Equal(t, []dunning.InvoiceID{"j0", "j2", "j1", "i1"}, order)
	require.Equal(t, dunning.InvoiceID("j0"), d.Key.Invoice)
}

// TestANoticeTakesNoUnremindedInvoiceAlong: the formal notice of one invoice
// holds no other that was never reminded; that one gets its own first letter.
func TestANoticeTakesNoUnremindedInvoiceAlong(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	p.Steps[1].Kind = courrier.StepFormalNotice
	c := threeInvoices()
	c.Invoices = c.Invoices[:2]
	h := dunning.History{past("a", dunning.PastSent, "2026-01-12", "i1")}
	out := compiled(t, p, nil).Evaluate(c, h, courrier.MustDate("2026-01-26"))
	require.Len(t, out.Decisions, 2)
	require.Equal(t, "b", out.Decisions[0].Step.ID)
	require.Len(t, out.Decisions[0].Lines, 1)
	require.True(t, out.Decisions[0].Manual)
	require.True(t, out.Decisions[0].NeedsApproval)
	require.Equal(t, courrier.ServiceRegisteredAR, out.Decisions[0].Step.Service)
	require.Equal(t, courrier.ChannelPost, out.Decisions[0].Channels[0])
	require.Equal(t, dunning.InvoiceID("i2"), out.Decisions[1].Lines[0].Invoice)
	require.Equal(t, "a", out.Decisions[1].Step.ID)
}

func TestLeadPaid(t *testing.T) {
	t.Parallel()
	c := threeInvoices()
	c.Invoices = c.Invoices[1:2] // i1, which carried, is paid
	h := dunning.History{past("a", dunning.PastSent, "2026-01-26", "i1", "i2")}
	day := courrier.MustDate("2026-02-04")
	for mode, want := range map[courrier.LeadPaid]string{courrier.LeadPaidContinue: "i2|b|1", courrier.LeadPaidRestart: "i2|a|2"} {
		p := testscene.TwoSteps()
		p.LeadPaid = mode
		d := requireOne(t, compiled(t, p, nil).Evaluate(c, h, day))
		require.Equal(t, "acme|"+want, d.Key.String())
	}
}

func TestMinimumComparesWhatIsPrinted(t *testing.T) {
	t.Parallel()
	c := threeInvoices()
	c.Invoices = c.Invoices[:2]
	day := courrier.MustDate("2026-01-26")
	for _, tt := range []struct {
		grouping courrier.Grouping
		minimum  string
		want     int
	}{
		{courrier.GroupByCustomer, "150", 1}, {courrier.GroupByCustomer, "150.01", 0},
		{courrier.GroupByInvoice, "50", 2}, {courrier.GroupByInvoice, "50.01", 1}, {courrier.GroupByInvoice, "100.01", 0},
	} {
		p := testscene.TwoSteps()
		p.Grouping, p.MinimumOpen = tt.grouping, []courrier.Amount{courrier.MustAmount(tt.minimum, "EUR")}
		out := compiled(t, p, nil).Evaluate(c, nil, day)
		require.Len(t, out.Decisions, tt.want, "%s %s", tt.grouping, tt.minimum)
	}
}

// TestSmallAmountsWaitForEachOther: what is too small alone is held no longer than
// until another invoice may make the letter large enough.
func TestSmallAmountsWaitForEachOther(t *testing.T) {
	t.Parallel()
	p, c := testscene.TwoSteps(), threeInvoices()
	p.Steps, p.MinimumOpen = p.Steps[:1], []courrier.Amount{courrier.MustAmount("150", "EUR")}
	c.Invoices = c.Invoices[:2]
	e := compiled(t, p, nil)
	hold := e.Evaluate(c, nil, courrier.MustDate("2026-01-12")).Holds[0]
	require.Equal(t, dunning.CauseBelowAmount, hold.Cause)
	day, ok := e.NextDue(c, nil, courrier.MustDate("2026-01-12"))
	require.True(t, ok)
	require.Equal(t, "2026-01-21", day.String()) // i2 is late and joins
	require.False(t, hold.Until.IsZero() || hold.Until.After(day))
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	c := oneLate("2026-01-05", "100") // issued on 2025-12-06
	sent := past("a", dunning.PastSent, "2026-01-12", "i1")
	sent.DeliveredOn = courrier.MustDate("2026-01-15")
	for _, tt := range []struct {
		step courrier.Step
		want string
	}{
		{courrier.Step{OffsetDays: 15}, "2026-01-20"},
		{courrier.Step{Anchor: courrier.AnchorIssue, OffsetDays: 45}, "2026-01-20"},
		{courrier.Step{Anchor: courrier.AnchorPrevious, OffsetDays: 10}, "2026-01-22"},
		{courrier.Step{Anchor: courrier.AnchorDelivery, OffsetDays: 11}, "2026-01-26"},
		{courrier.Step{OffsetDays: 30, EndOfMonth: true}, "2026-03-02"}, // Saturday 28 February
	} {
		p := testscene.TwoSteps()
		tt.step.ID, tt.step.Kind = "b", courrier.StepReminder
		p.Steps[1] = tt.step
		day, ok := compiled(t, p, nil).NextDue(c, dunning.History{sent}, courrier.MustDate("2026-01-13"))
		require.True(t, ok)
		require.Equal(t, tt.want, day.String(), "%+v", tt.step)
	}
}

func TestCourtesyIsNeverLate(t *testing.T) {
	t.Parallel()
	e, c := compiled(t, dunning.StandardPolicy(), nil), oneLate("2026-01-12", "100") // a Monday
	require.Equal(t, "courtesy", requireOne(t, e.Evaluate(c, nil, courrier.MustDate("2026-01-12"))).Step.ID)
	require.Equal(t, "reminder-1", e.Evaluate(c, nil, courrier.MustDate("2026-01-13")).Holds[0].Step)
}

func TestRepeat(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	p.Steps[1].Repeat = courrier.Repeat{Times: 3, EveryDays: 10}
	var got []string
	for day := range compiled(t, p, nil).Simulate(oneLate("2026-01-05", "100"), nil, dunning.Simulation{From: courrier.MustDate("2026-01-01"), To: courrier.MustDate("2026-12-31")}) {
		got = append(got, fmt.Sprintf("%s %s", day.On, day.Decisions[0].Key))
	}
	require.Equal(t, []string{
		"2026-01-12 acme|i1|a|1", "2026-01-20 acme|i1|b|1", "2026-01-30 acme|i1|b|2", "2026-02-09 acme|i1|b|3",
	}, got)
}

func TestReminderKeyEscapes(t *testing.T) {
	t.Parallel()
	a := dunning.ReminderKey{Account: "x|y", Invoice: "z", Step: "s", Occurrence: 1}
	b := dunning.ReminderKey{Account: "x", Invoice: "y|z", Step: "s", Occurrence: 1}
	require.NotEqual(t, a.String(), b.String())
	require.Equal(t, "x%7Cy|z|s|1", a.String())
}

// TestNoAllocationForHeld: customers without a decision cost no memory.
func TestNoAllocationForHeld(t *testing.T) {
	e := compiled(t, dunning.StandardPolicy(), nil)
	sunday := courrier.MustDate("2026-11-22")
	var out dunning.Outcome
	for n := range 500 {
		b := millionCaseAt(n)
		if n%50 == 0 { // one with many invoices, searched in another way
			for i := range 40 {
				inv := b.c.Invoices[0]
				inv.ID += dunning.InvoiceID(fmt.Sprint(i))
				b.c.Invoices = append(b.c.Invoices, inv)
			}
		}
		e.EvaluateInto(&out, &b.c, b.h, sunday)
		require.Zero(t, testing.AllocsPerRun(2, func() { e.EvaluateInto(&out, &b.c, b.h, sunday) }))
		require.Len(t, out.Holds, len(b.c.Invoices))
	}
}

// TestAnInvoiceRemindedTodayMayJoinTomorrow: its hold ends when it is free to
// join another's letter, not only on its own day.
func TestAnInvoiceRemindedTodayMayJoinTomorrow(t *testing.T) {
	t.Parallel()
	p := courrier.ReminderPolicy{ID: "p", ContactDelayDays: -1, CatchUp: courrier.CatchUpHighest, Steps: []courrier.Step{
		{ID: "a", Kind: courrier.StepReminder, OffsetDays: 1, Repeat: courrier.Repeat{Times: 2, EveryDays: 10}},
	}}
	c := threeInvoices()
	c.Invoices = c.Invoices[:2]
	c.Invoices[0].Parts = dunning.Due(courrier.MustDate("2026-02-03"), c.Invoices[0].Parts[0].Amount)
	h := dunning.History{past("a", dunning.PastSent, "2026-02-10", "i1")}
	out := compiled(t, p, nil).Evaluate(c, h, courrier.MustDate("2026-02-10"))
	require.Equal(t, dunning.InvoiceID("i2"), requireOne(t, out).Key.Invoice)
	require.Equal(t, "2026-02-11", out.Holds[0].Until.String(), "%+v", out.Holds[0])
	require.Len(t, requireOne(t, compiled(t, p, nil).Evaluate(c, h, courrier.MustDate("2026-02-11"))).Lines, 2)
}
