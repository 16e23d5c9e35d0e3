package dunning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
)

// policyCases are about what a policy decides.
var policyCases = map[string]func(t *testing.T){
	"rem-12": skippedByAPerson,
	"rem-15": emailOnly,
	"rem-16": reopenedDebt,
	"rem-31": deliveryThatIsNeverKnown,
	"rem-38": expiredStepsInASimulation,
	"rem-39": minimumOfTwoLetters,
	"rem-40": simulatedArrivals,
}

func day(s string) courrier.Date { return courrier.MustDate(s) }

// A notice that requires a step which a person skipped rests on the one sent before;
// without one it waits, as the answer of Skip says.
func skippedByAPerson(t *testing.T) {
	skip := past("reminder-2", dunning.PastSkipped, "2026-03-20", "i1")
	skip.ByPerson = true
	e := compiled(t, dunning.StandardPolicy(), nil)
	c := oneLate("2026-03-01", "120")
	first := past("reminder-1", dunning.PastSent, "2026-03-10", "i1")
	out := e.Evaluate(c, dunning.History{first, skip}, day("2026-04-06"))
	require.Equal(t, "formal-notice", requireOne(t, out).Step.ID)

	byEngine := skip
	byEngine.ByPerson = false
	for name, h := range map[string]dunning.History{"nothing was sent before": {skip}, "no person skipped it": {first, byEngine}} {
		out := e.Evaluate(c, h, day("2026-04-06"))
		require.Empty(t, out.Decisions, name)
		require.Equal(t, dunning.CauseRequires, out.Holds[0].Cause, name)
	}
	young := past("reminder-1", dunning.PastSent, "2026-03-30", "i1")
	out = e.Evaluate(c, dunning.History{young, skip}, day("2026-04-06"))
	require.Equal(t, dunning.CauseRequires, out.Holds[0].Cause, "its age counts")
	require.Equal(t, day("2026-04-09"), out.Holds[0].Until)
}

// An invoice paid after its last step and open again is no finished business.
func reopenedDebt(t *testing.T) {
	h := dunning.History{
		past("reminder-1", dunning.PastSent, "2026-01-08", "i1"), past("reminder-2", dunning.PastSent, "2026-01-19", "i1"),
		past("formal-notice", dunning.PastSent, "2026-02-02", "i1"),
	}
	c := oneLate("2026-01-02", "120")
	p := dunning.StandardPolicy()
	require.Equal(t, dunning.CausePlanDone, compiled(t, p, nil).Evaluate(c, h, day("2026-04-10")).Holds[0].Cause)

	c.Invoices[0].ReopenedOn = day("2026-04-08")
	d := requireOne(t, compiled(t, p, nil).Evaluate(c, h, day("2026-04-10")))
	require.Equal(t, "formal-notice", d.Step.ID)
	require.Equal(t, 2, d.Lines[0].Occurrence, "a key of its own")
	h = append(h, past("formal-notice", dunning.PastSent, "2026-04-10", "i1"))
	require.Equal(t, dunning.CausePlanDone, compiled(t, p, nil).Evaluate(c, h, day("2026-05-10")).Holds[0].Cause, "once")

	p.Reopened = courrier.ReopenedRestart
	h = h[:3]
	hold := compiled(t, p, nil).Evaluate(c, h, day("2026-04-10")).Holds[0]
	require.Equal(t, dunning.CauseScheduled, hold.Cause)
	require.Equal(t, day("2026-04-13"), hold.Until, "five days after it was open again")
	d = requireOne(t, compiled(t, p, nil).Evaluate(c, h, day("2026-04-13")))
	require.Equal(t, "reminder-1", d.Step.ID)
	require.Equal(t, 2, d.Lines[0].Occurrence)

	// The host says it by a negative payment: on account it reopens nothing.
	c = oneLate("2026-01-02", "120")
	c.Invoices[0].Payments = []dunning.Payment{movement("2026-03-20", "120"), movement("2026-04-08", "-120")}
	p.Reopened = courrier.ReopenedContinue
	require.Equal(t, "formal-notice", requireOne(t, compiled(t, p, nil).Evaluate(c, h, day("2026-04-10"))).Step.ID)
	c.Invoices[0].Payments = []dunning.Payment{movement("2026-03-20", "20"), movement("2026-04-08", "-20")}
	require.Equal(t, dunning.CausePlanDone, compiled(t, p, nil).Evaluate(c, h, day("2026-04-10")).Holds[0].Cause)
	c.Invoices[0].Payments = nil

	// So it is with instalments: each is known by a number of its own.
	c.Invoices[0].Parts = append(dunning.Due(day("2026-01-02"), courrier.MustAmount("100", "EUR")), dunning.Due(day("2026-12-02"), courrier.MustAmount("20", "EUR"))...)
	c.Invoices[0].Payments = []dunning.Payment{movement("2026-03-20", "120"), movement("2026-04-08", "-120")}
	require.Equal(t, "formal-notice", requireOne(t, compiled(t, p, nil).Evaluate(c, h, day("2026-04-10"))).Step.ID)

	c = oneLate("2026-01-02", "120")
	c.Invoices[0].ReopenedOn = day("2026-04-08")
	half := dunning.StandardPolicy()
	d = requireOne(t, compiled(t, half, nil).Evaluate(c, h[:1], day("2026-04-10")))
	require.Equal(t, "reminder-2", d.Step.ID, "goes on where it was left")
}

// A policy may do without paper to its last step, whatever the customer's address; where
// it names e-mail and paper follows all the same, a warning says so.
func emailOnly(t *testing.T) {
	byMail := []courrier.Channel{courrier.ChannelEmail}
	p := dunning.StandardPolicy()
	p.Steps = p.Steps[1:3]
	paper := func() []string {
		var steps []string
		for _, w := range p.Warnings() {
			if w.Code == courrier.WarnPaperFollows {
				steps = append(steps, w.Step)
			}
		}
		return steps
	}
	require.Empty(t, paper(), "what names no channel means both")
	p.Steps[0].Channels = byMail
	require.Empty(t, paper(), "the first is not the last word")
	p.Steps[1].Channels = byMail
	require.Equal(t, []string{"reminder-2"}, paper())
	p.EmailOnly = true
	require.Empty(t, paper())
	require.NoError(t, p.Validate())

	h := dunning.History{past("reminder-1", dunning.PastSent, "2026-01-08", "i1")}
	c := oneLate("2026-01-02", "120")
	c.Customer.Contact = both
	require.Equal(t, byMail, requireOne(t, compiled(t, p, nil).Evaluate(c, h, day("2026-01-19"))).Channels)
	c.Customer.Contact = postOnly
	require.Equal(t, dunning.CauseNoChannel, compiled(t, p, nil).Evaluate(c, h, day("2026-01-19")).Holds[0].Cause)
	p.Steps[1].Channels = []courrier.Channel{courrier.ChannelPost}
	require.ErrorIs(t, p.Validate(), courrier.ErrInvalid, "no channel would be left")

	// By the plan, by hand, and after the address came back: no letter.
	for _, byHand := range []bool{false, true} {
		o := newOffice(t)
		o.TopUp(10)
		o.plans.Policies[0].EmailOnly = true
		o.plans.Policies[0].Steps = o.plans.Policies[0].Steps[1:3]
		o.owe("c1", both, bill("i1", "2026-03-01"))
		o.day("2026-03-06")
		o.noon("2026-03-16")
		if byHand {
			_, err := o.dunning.SendNow(o.Ctx, step("c1", "reminder-2", "i1"))
			require.NoError(t, err)
			o.work()
		} else {
			o.day("2026-03-16")
		}
		require.Len(t, o.mails, 2)
		last := o.queue(dunning.ReminderFilter{})[1]
		require.True(t, last.Decision.Final)
		_, err := o.dunning.Bounced(o.Ctx, last.ID, email.BounceAddress)
		require.NoError(t, err)
		for d := day("2026-03-17"); d.Before(day("2026-04-17")); d = d.AddDays(1) {
			o.day(d.String())
		}
		require.Empty(t, o.Carrier.Accepted)
	}
}

// A step that counts from a delivery waits for as long as none is known, whatever a
// carrier's record has in the place of a date.
func deliveryThatIsNeverKnown(t *testing.T) {
	p := courrier.ReminderPolicy{ID: "p", Steps: []courrier.Step{
		{ID: "a", Kind: courrier.StepReminder, OffsetDays: 5, Channels: []courrier.Channel{courrier.ChannelPost}, Service: courrier.ServiceTracked},
		{ID: "b", Kind: courrier.StepReminder, Anchor: courrier.AnchorDelivery, OffsetDays: 30},
	}}
	rem := dunning.Reminder{State: dunning.ReminderSent, Channel: courrier.ChannelPost, SentOn: day("2026-03-10")}
	rem.Decision.Step.ID, rem.Decision.Lines = "a", []dunning.ReminderLine{{Invoice: "i1"}}
	for _, status := range []courrier.Status{courrier.StatusPosted, courrier.StatusInTransit, courrier.StatusReturned} {
		rec := courrier.LetterRecord{Status: status}
		rec.SubmittedAt = day("2026-03-10").In(time.UTC)
		entries := rem.Past(rec)
		require.Len(t, entries, 1)
		require.True(t, entries[0].DeliveredOn.IsZero())
		for _, on := range []string{"2026-03-17", "2026-04-20", "2027-04-20"} {
			out := compiled(t, p, nil).Evaluate(oneLate("2026-03-01", "120"), entries, day(on))
			require.Empty(t, out.Decisions)
			require.Equal(t, dunning.CauseDelivery, out.Holds[0].Cause)
		}
	}
}

// A step that no channel carries and that expires: Simulate and NextDue see the day
// on which it is dropped. TestSimulate holds the kind.
func expiredStepsInASimulation(t *testing.T) {
	p := courrier.ReminderPolicy{ID: "p", Steps: []courrier.Step{
		{ID: "a", Kind: courrier.StepReminder, OffsetDays: 5, Channels: []courrier.Channel{courrier.ChannelPost}, ExpiresAfterDays: 1},
		{ID: "b", Kind: courrier.StepReminder, OffsetDays: 6, Channels: []courrier.Channel{courrier.ChannelEmail}},
	}}
	c := oneLate("2026-03-01", "120")
	c.Customer.Contact = dunning.Contact{Email: true}
	e := compiled(t, p, nil)
	from := day("2026-03-02")
	var want courrier.Date
	for n := range 60 {
		if out := e.Evaluate(c, nil, from.AddDays(n)); len(out.Decisions) > 0 {
			require.Equal(t, "b", out.Decisions[0].Step.ID)
			want = from.AddDays(n)
			break
		}
	}
	require.False(t, want.IsZero())
	got, ok := e.NextDue(c, nil, from)
	require.True(t, ok)
	require.Equal(t, want, got)
	for simulated := range e.Simulate(c, nil, dunning.Simulation{From: from, To: from.AddDays(60)}) {
		require.Equal(t, want, simulated.On)
		return
	}
	t.Fatal("nothing is simulated")
}

// Two letters of a day that reach the minimum together reach it together when they
// are looked at again, one at a time.
func minimumOfTwoLetters(t *testing.T) {
	p := testscene.TwoSteps()
	p.MinimumOpen = []courrier.Amount{courrier.MustAmount("100", "EUR")}
	p.Grouping = courrier.GroupByCustomerAndStep
	e := compiled(t, p, nil)
	c := oneLate("2026-01-10", "60")
	c.Invoices = append(c.Invoices, dunning.Invoice{ID: "i2", Parts: dunning.Due(day("2026-02-20"), courrier.MustAmount("60", "EUR"))})
	h := dunning.History{past("a", dunning.PastSent, "2026-01-20", "i1")}
	out := e.Evaluate(c, h, day("2026-03-04"))
	require.Len(t, out.Decisions, 2)
	for _, d := range out.Decisions {
		claimed := append(dunning.History{}, h...)
		for _, other := range out.Decisions {
			claimed = append(claimed, other.Past(dunning.PastPending, other.On))
		}
		left, holds := e.Recheck(d, c, claimed, day("2026-03-04"))
		require.Empty(t, holds)
		require.Equal(t, d.Lines, left.Lines)
		paid := c
		paid.Invoices = append([]dunning.Invoice{}, c.Invoices...)
		for i := range paid.Invoices {
			paid.Invoices[i].Paid = paid.Invoices[i].ID != d.Lines[0].Invoice
		}
		_, holds = e.Recheck(d, paid, claimed, day("2026-03-04"))
		require.Equal(t, dunning.CauseBelowAmount, holds[0].Cause, "what was paid since counts no more")
	}
}

// After an e-mail no delivery is waited for, and that of a letter nobody follows is
// never known: a simulation says so too.
func simulatedArrivals(t *testing.T) {
	for name, c := range map[string]struct {
		channel courrier.Channel
		service courrier.Service
		days    int
		second  string
	}{
		"e-mail":           {courrier.ChannelEmail, "", 3, "2026-03-16"},
		"tracked letter":   {courrier.ChannelPost, courrier.ServiceTracked, 3, "2026-03-19"},
		"untracked letter": {courrier.ChannelPost, courrier.ServiceStandard, 3, ""},
	} {
		p := courrier.ReminderPolicy{ID: "p", Steps: []courrier.Step{
			{ID: "a", Kind: courrier.StepReminder, OffsetDays: 5, Channels: []courrier.Channel{c.channel}, Service: c.service},
			{ID: "b", Kind: courrier.StepReminder, Anchor: courrier.AnchorDelivery, OffsetDays: 10, Channels: []courrier.Channel{courrier.ChannelEmail}},
		}, ContactDelayDays: -1}
		who := oneLate("2026-03-01", "120")
		who.Customer.Contact = both
		var days []string
		for s := range compiled(t, p, nil).Simulate(who, nil, dunning.Simulation{From: day("2026-03-01"), To: day("2026-06-01"), DeliveryDays: c.days}) {
			days = append(days, s.On.String())
		}
		want := []string{"2026-03-06"}
		if c.second != "" {
			want = append(want, c.second)
		}
		require.Equal(t, want, days, name)
	}
}

// Whatever waits to leave, a less severe reminder waits for no longer than a contact
// delay from the first day on which the other could have left.
func TestTurnIsBounded(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noHistory: true, noFacts: true, delay: []int{3, 7}})
		w.h = dunning.History{{Step: w.policy.Steps[len(w.policy.Steps)-1].ID, State: dunning.PastPending, On: w.start(), Invoices: []dunning.InvoiceID{"other"}}}
		e := w.evaluator(t)
		for n := range 120 {
			today := w.start().AddDays(n)
			for _, hold := range e.Evaluate(w.c, w.h, today).Holds {
				if hold.Cause == dunning.CauseTurn {
					require.LessOrEqual(t, n, w.policy.ContactDelayDays)
				}
			}
		}
	})
}
