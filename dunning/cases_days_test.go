package dunning_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

// dayCases are about what is decided day by day, and who owes what.
var dayCases = map[string]func(t *testing.T){
	"rem-03": pauseTakenBack,
	"rem-04": promiseTakenBack,
	"rem-05": eachInvoiceByItself,
	"rem-06": factsOfOneDay,
	"rem-07": noticesKeepTheirTurn,
	"rem-08": movedInvoices,
	"rem-09": leadOnRecord,
	"rem-10": onlySentIsAContact,
	"rem-13": policyChangedUnderAProposal,
	"rem-14": reviewAnyDay,
	"rem-17": customerTwiceInAStream,
	"rem-18": quietHours,
	"rem-19": placeholdersInRevisions,
	"rem-20": signatures,
	"rem-21": oneWrongText,
	"rem-28": deliveryIsAFact,
	"rem-29": whoGetsWhatAndWhatComes,
}

// suppressed is an office on 9 January whose reminder of that day was held back
// between its decision and its sending.
func suppressed(t *testing.T, between func(o *office)) *office {
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-01-02"))
	o.Clock = day("2026-01-09").In(time.UTC).Add(6 * time.Hour)
	_, err := o.dunning.RunDay(o.Ctx, day("2026-01-09"), o.stream())
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderApproved, o.only(dunning.ReminderFilter{}).State)
	between(o)
	o.Advance(6 * time.Hour)
	o.work()
	require.Empty(t, o.mails)
	require.Equal(t, dunning.ReminderPostponed, o.only(dunning.ReminderFilter{}).State)
	return o
}

// sentOn runs day after day until something is sent.
func (o *office) sentOn(from string) string {
	had := len(o.mails) + len(o.Carrier.Accepted)
	for d := day(from); d.Before(day(from).AddDays(400)); d = d.AddDays(1) {
		o.day(d.String())
		if len(o.mails)+len(o.Carrier.Accepted) > had {
			return d.String()
		}
	}
	return "never"
}

func (o *office) change(id courrier.CustomerID, edit func(c *dunning.Case)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.cases[id]
	c.Invoices = append([]dunning.Invoice{}, c.Invoices...)
	edit(&c)
	o.cases[id] = c
}

// Rehearsed on weekends too, so that the days are those of the facts.
func pauseTakenBack(t *testing.T) {
	for _, again := range []string{"2026-01-09", "2026-01-12"} {
		o := suppressed(t, func(o *office) {
			require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", day("2026-06-30"), "by mistake"))
		})
		require.NoError(t, o.dunning.ResumeCustomer(o.Ctx, "acme", "c1"))
		require.Equal(t, again, o.sentOn(again), "decided again from the facts of the day")
	}
}

func promiseTakenBack(t *testing.T) {
	o := suppressed(t, func(o *office) {
		require.NoError(t, o.dunning.Promise(o.Ctx, "acme", "c1", "i1", day("2026-04-30")))
	})
	require.NoError(t, o.dunning.Promise(o.Ctx, "acme", "c1", "i1", courrier.Date{}))
	require.Equal(t, "2026-01-12", o.sentOn("2026-01-10"), "the next sending day")
}

// What held one invoice of a letter holds no other.
func eachInvoiceByItself(t *testing.T) {
	o := newOffice(t)
	o.plans.Policies[0].SendingDays, o.plans.Policies[0].PromiseGraceDays = courrier.WeekdaysOf(0, 1, 2, 3, 4, 5, 6), 0
	o.owe("c1", both, bill("a", "2026-01-02"), bill("b", "2026-01-02"))
	o.Clock = day("2026-01-09").In(time.UTC).Add(6 * time.Hour)
	_, err := o.dunning.RunDay(o.Ctx, day("2026-01-09"), o.stream())
	require.NoError(t, err)
	require.NoError(t, o.dunning.Promise(o.Ctx, "acme", "c1", "a", day("2026-04-30")))
	require.NoError(t, o.dunning.Promise(o.Ctx, "acme", "c1", "b", day("2026-01-10")))
	o.Advance(6 * time.Hour)
	o.work()
	require.Empty(t, o.mails)
	require.Equal(t, "2026-01-11", o.sentOn("2026-01-10"))
	require.Contains(t, o.mails[0].Text, "N-b")
	require.NotContains(t, o.mails[0].Text, "N-a")
}

// A fact that lasted a day costs a day.
func factsOfOneDay(t *testing.T) {
	minimum := func(o *office) {
		o.plans.Policies[0].MinimumOpen = []courrier.Amount{courrier.MustAmount("100", "EUR")}
	}
	for name, c := range map[string]struct{ wrong, right func(c *dunning.Case) }{
		"due date": {
			func(c *dunning.Case) { c.Invoices[0].Parts[0].DueOn = day("2026-02-01") },
			func(c *dunning.Case) { c.Invoices[0].Parts[0].DueOn = day("2026-01-02") },
		},
		"part payment": {
			func(c *dunning.Case) {
				c.Invoices[0].Payments = []dunning.Payment{{On: day("2026-01-09"), Amount: courrier.MustAmount("90", "EUR")}}
			},
			func(c *dunning.Case) { c.Invoices[0].Payments = nil },
		},
	} {
		o := suppressed(t, func(o *office) {
			minimum(o)
			o.change("c1", func(facts *dunning.Case) {
				facts.Invoices[0].Parts = append([]dunning.DuePart{}, facts.Invoices[0].Parts...)
				c.wrong(facts)
			})
		})
		o.change("c1", c.right)
		require.Equal(t, "2026-01-12", o.sentOn("2026-01-12"), name)
	}
}

// A customer invoiced every Monday, and a boss who reviews from Monday to Thursday:
// notices leave, and so does the rest.
func noticesKeepTheirTurn(t *testing.T) {
	o := newOffice(t)
	o.TopUp(200)
	o.owe("c1", both)
	boss := courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"})
	refused := 0
	first := day("2026-01-05")
	for d := first; d.DaysSince(first) < 26*7; d = d.AddDays(1) {
		if d.Weekday() == time.Monday {
			o.change("c1", func(c *dunning.Case) { c.Invoices = append(c.Invoices, bill("i"+d.String(), d.AddDays(10).String())) })
		}
		o.day(d.String())
		if wd := d.Weekday(); wd < time.Monday || wd > time.Thursday {
			continue
		}
		for _, rem := range o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}}) {
			view, err := o.dunning.Preview(boss, rem.ID)
			if err == nil {
				_, err = o.dunning.Approve(boss, rem.ID, view.Token)
			}
			if err != nil {
				refused++
			}
		}
		o.work()
	}
	require.Zero(t, refused)
	sent, last := map[string]int{}, map[string]courrier.Date{}
	for _, rem := range o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderSent}}) {
		sent[rem.Decision.Step.ID]++
		last[rem.Decision.Step.ID] = rem.SentOn
	}
	require.GreaterOrEqual(t, sent["courtesy"]+sent["reminder-1"]+sent["reminder-2"], 8, "%v", sent)
	end := first.AddDays(26 * 7)
	for _, inv := range o.cases["c1"].Invoices {
		if end.DaysSince(inv.DueOn()) > 60 {
			noticed := false
			for _, rem := range o.queue(dunning.ReminderFilter{Invoice: inv.ID}) {
				noticed = noticed || rem.State == dunning.ReminderSent && rem.Decision.Step.ID == "formal-notice"
			}
			require.True(t, noticed, "%s, due on %s: %v", inv.ID, inv.DueOn(), sent)
		}
	}
	contacts := map[courrier.Date]bool{}
	var days []courrier.Date
	for _, rem := range o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderSent}}) {
		if !contacts[rem.SentOn] {
			contacts[rem.SentOn] = true
			days = append(days, rem.SentOn)
		}
	}
	for _, a := range days {
		for _, b := range days {
			if a.Before(b) {
				require.GreaterOrEqual(t, b.DaysSince(a), 7, "two contacts are a contact delay apart")
			}
		}
	}
}

// An invoice that moves keeps its history, and holds up no other.
func movedInvoices(t *testing.T) {
	for _, when := range []string{"before it left", "after it left"} {
		o := newOffice(t)
		o.plans.Policies[0].Steps[1].Mode = courrier.ModeManual
		o.owe("x", both, bill("moved", "2026-03-01"))
		o.owe("y", both)
		o.day("2026-03-09")
		rem := o.only(dunning.ReminderFilter{})
		require.Equal(t, dunning.ReminderProposed, rem.State)
		if when == "after it left" {
			o.approve(rem.ID)
			o.work()
			require.Len(t, o.mails, 1)
		}
		o.owe("x", both)
		o.owe("y", both, bill("moved", "2026-03-01"), bill("other", "2026-03-01"))
		o.day("2026-03-10")
		next := map[dunning.InvoiceID]string{}
		for _, r := range o.queue(dunning.ReminderFilter{Customers: []courrier.CustomerID{"y"}}) {
			for _, line := range r.Decision.Lines {
				next[line.Invoice] = r.Decision.Step.ID
			}
		}
		require.Equal(t, "reminder-1", next["other"], when)
		if when == "before it left" {
			require.Equal(t, "reminder-1", next["moved"], when)
			require.NotEqual(t, dunning.ReminderProposed, o.reminder(rem.ID).State, "the other customer's is withdrawn")
		} else {
			require.Empty(t, next["moved"], "it was reminded on the day before")
			o.plans.Policies[0].Steps[1].Mode = courrier.ModeDefault
			require.NotEqual(t, "never", o.sentOn("2026-03-16"))
		}
	}

	// Merged and re-keyed: all that is known moves along.
	o := newOffice(t)
	o.owe("x", both, bill("i1", "2026-03-01"))
	o.day("2026-03-09")
	require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "x", day("2026-05-01"), "talks"))
	moved, err := o.dunning.RenameCustomer(o.Ctx, "acme", "x", "z")
	require.NoError(t, err)
	require.Equal(t, 1, moved)
	notes, err := o.dunning.Notes(o.Ctx, "acme", "z")
	require.NoError(t, err)
	require.Equal(t, day("2026-05-01"), notes.PausedUntil)
	notes, err = o.dunning.Notes(o.Ctx, "acme", "x")
	require.NoError(t, err)
	require.False(t, notes.Paused)
	moved, err = o.dunning.RenameInvoice(o.Ctx, "acme", "i1", "F-1")
	require.NoError(t, err)
	require.Equal(t, 1, moved)
	rem := o.only(dunning.ReminderFilter{Customers: []courrier.CustomerID{"z"}, Invoice: "F-1"})
	require.Equal(t, []string{"acme|F-1|reminder-1|1"}, rem.Keys)

	// A key that another customer's reminder holds is named.
	p := newOffice(t)
	p.owe("x", both, bill("a", "2026-03-01"))
	p.owe("y", both, bill("b", "2026-03-01"))
	p.day("2026-03-09")
	_, err = p.dunning.RenameInvoice(p.Ctx, "acme", "a", "b")
	requireCode(t, err, courrier.CodeOtherCustomer)
	require.ErrorContains(t, err, string(p.only(dunning.ReminderFilter{Invoice: "b"}).ID))
}

// The lead on record is the first invoice that left.
func leadOnRecord(t *testing.T) {
	o := newOffice(t)
	o.plans.Policies[0].LeadPaid = courrier.LeadPaidRestart
	o.owe("c1", both, bill("a", "2026-02-27"), bill("b", "2026-03-02"))
	o.Clock = day("2026-03-10").In(time.UTC).Add(6 * time.Hour)
	_, err := o.dunning.RunDay(o.Ctx, day("2026-03-10"), o.stream())
	require.NoError(t, err)
	o.owe("c1", both, bill("b", "2026-03-02"))
	o.Advance(6 * time.Hour)
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, dunning.InvoiceID("b"), o.only(dunning.ReminderFilter{}).Decision.Key.Invoice)
	for d := day("2026-03-11"); d.Before(day("2026-03-31")); d = d.AddDays(1) {
		o.day(d.String())
	}
	steps := map[string]int{}
	for _, rem := range o.queue(dunning.ReminderFilter{Invoice: "b"}) {
		steps[rem.Decision.Step.ID]++
	}
	require.Equal(t, 1, steps["reminder-1"])
	require.Equal(t, 1, steps["reminder-2"])
}

// What was proposed and not sent keeps nobody waiting.
func onlySentIsAContact(t *testing.T) {
	o := newOffice(t)
	o.plans.Policies[0].Grouping = courrier.GroupByInvoice
	o.plans.Policies[0].Steps = o.plans.Policies[0].Steps[1:]
	o.plans.Policies[0].Steps[0].Mode = courrier.ModeManual
	small := bill("b", "2026-04-10")
	small.Parts = dunning.Due(day("2026-04-10"), courrier.MustAmount("50", "EUR"))
	o.owe("c1", both, bill("a", "2026-04-03"), small)
	for _, d := range []string{"2026-04-08", "2026-04-15", "2026-04-17"} {
		o.day(d)
	}
	waiting := o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Len(t, waiting, 2)
	o.noon("2026-04-17")
	o.approve(o.only(dunning.ReminderFilter{Invoice: "a"}).ID)
	o.work()
	require.Len(t, o.mails, 1)
}

// A step that the policy lost, or renamed, or that the customer's new policy does not
// have: the day's run withdraws what waits for it, and says why.
func policyChangedUnderAProposal(t *testing.T) {
	for name, edit := range map[string]func(o *office){
		"removed": func(o *office) { o.plans.Policies[0].Steps = o.plans.Policies[0].Steps[2:] },
		"renamed": func(o *office) { o.plans.Policies[0].Steps[1].ID = "first" },
		"another policy": func(o *office) {
			p := dunning.StandardPolicy()
			p.ID, p.Steps = "other", []courrier.Step{{ID: "only", Kind: courrier.StepReminder, OffsetDays: 3}}
			o.plans.Policies = append(o.plans.Policies, p)
			o.change("c1", func(c *dunning.Case) { c.Customer.Policy = "other" })
		},
	} {
		o := newOffice(t)
		o.TopUp(10)
		o.plans.Policies[0].Steps[1].Mode = courrier.ModeManual
		o.owe("c1", both, bill("i1", "2026-03-02"))
		o.day("2026-03-09")
		rem := o.only(dunning.ReminderFilter{})
		o.plans.Policies[0].Steps = append([]courrier.Step{}, o.plans.Policies[0].Steps...)
		edit(o)
		_, err := o.dunning.Preview(o.Ctx, rem.ID)
		requireCode(t, err, string(dunning.CauseStepChanged))
		report := o.day("2026-03-10")
		require.Equal(t, 1, report.Withdrawn, name)
		after := o.reminder(rem.ID)
		require.Equal(t, dunning.ReminderPostponed, after.State, name)
		require.Equal(t, string(dunning.CauseStepChanged), after.Reason, name)
		renewed := o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
		if len(o.mails)+len(o.Carrier.Accepted)+len(renewed) == 0 { // not decided anew on the same day
			require.NotEqual(t, "never", o.sentOn("2026-03-11"), name)
		}
	}
}

// What waits is shown and approved on any day, and leaves on the next sending day with
// its approval and that day's date.
func reviewAnyDay(t *testing.T) {
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", postOnly, bill("i1", "2026-02-20"))
	for d := day("2026-02-21"); d.Before(day("2026-03-27")); d = d.AddDays(1) {
		o.day(d.String())
	}
	notice := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Equal(t, "formal-notice", notice.Decision.Step.ID)
	accepted := len(o.Carrier.Accepted)
	o.noon("2026-03-28") // a Saturday
	view := o.approve(notice.ID)
	require.Equal(t, day("2026-03-30"), view.LeavesOn)
	require.Contains(t, shown(t, nil, view.Letter.Documents), "2026-03-30")
	o.work()
	require.Len(t, o.Carrier.Accepted, accepted)
	require.Equal(t, dunning.ReminderApproved, o.reminder(notice.ID).State)
	o.day("2026-03-29")
	require.NotEmpty(t, o.reminder(notice.ID).ApprovedBy)
	o.day("2026-03-30")
	require.Len(t, o.Carrier.Accepted, accepted+1)
	require.Equal(t, dunning.ReminderSent, o.reminder(notice.ID).State)

	// Approved on Friday evening, and its letter handed over on Saturday.
	p := newOffice(t)
	p.TopUp(10)
	p.plans.Policies[0].Steps[1].Mode = courrier.ModeManual
	p.owe("c1", postOnly, bill("i1", "2026-03-02"))
	p.day("2026-03-13")
	rem := p.only(dunning.ReminderFilter{})
	p.approve(rem.ID)
	p.noon("2026-03-14")
	p.handOver()
	require.Equal(t, dunning.ReminderApproved, p.reminder(rem.ID).State)
	require.NotEmpty(t, p.reminder(rem.ID).ApprovedBy)
	p.noon("2026-03-16")
	p.work()
	require.Len(t, p.Carrier.Accepted, 1)
}

// A customer who comes twice in a stream, however far apart, is decided once.
func customerTwiceInAStream(t *testing.T) {
	o := newOffice(t)
	o.noon("2026-03-10")
	stream := func(yield func(dunning.Case, error) bool) {
		for n := range 700 {
			c := dunning.Case{Account: "acme", Customer: dunning.Customer{ID: courrier.CustomerID(fmt.Sprint("c", n)), Class: latepayment.DebtorBusiness, Contact: both}}
			if n == 10 || n == 310 || n == 650 {
				c.Customer.ID = "twice"
				c.Invoices = []dunning.Invoice{bill(fmt.Sprint("i", n), "2026-03-01")}
			}
			if !yield(c, nil) {
				return
			}
		}
	}
	report, err := o.dunning.RunDay(o.Ctx, day("2026-03-10"), stream)
	require.NoError(t, err)
	require.Equal(t, 1, report.Approved)
	require.Equal(t, 2, report.Failed)
	require.Len(t, report.Errors, 2)
	require.Len(t, o.queue(dunning.ReminderFilter{}), 1)
}

// However late the run: nothing leaves by itself at night.
func quietHours(t *testing.T) {
	o := newOffice(t)
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.Clock = time.Date(2026, 3, 10, 23, 59, 0, 0, paris)
	_, err = o.dunning.RunDay(o.Ctx, day("2026-03-10"), o.stream())
	require.NoError(t, err)
	at := func(h, m int, d int) {
		o.Clock = time.Date(2026, 3, d, h, m, 30, 0, paris)
		_, err := o.dunning.Dispatch(o.Ctx)
		require.NoError(t, err)
	}
	at(23, 59, 10)
	at(3, 0, 11)
	at(8, 59, 11)
	require.Empty(t, o.mails)
	at(9, 0, 11)
	require.Len(t, o.mails, 1)

	late := o.plans
	late.LastHour = 8 * time.Hour
	require.ErrorIs(t, late.Validate(), courrier.ErrInvalid)
	late.Hour, late.LastHour = 22*time.Hour, 0
	require.NoError(t, late.Validate())
}

// One language of placeholders, wherever a text is written.
func placeholdersInRevisions(t *testing.T) {
	o, id := proposed(t, both)
	subject, body := "À régler : {total}", "Bonjour {customer},\n\nIl reste **{total}**."
	_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Subject: &subject, Body: &body})
	require.NoError(t, err)
	view := o.preview(id)
	require.Equal(t, "À régler : 120,00\u00a0€", view.Reminder.Message.Subject)
	require.Contains(t, view.Reminder.Message.Body, "Bonjour Client c1")
	require.NotContains(t, view.Reminder.Message.Body, "{")
	for _, wrong := range []string{"{pay_link}", "{total", "{Total}"} {
		_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Body: &wrong})
		require.ErrorIs(t, err, courrier.ErrInvalid, wrong)
	}
}

// A letter is signed by the user who approves it, where that was asked for.
func signatures(t *testing.T) {
	o, id := proposed(t, postOnly)
	o.plans.Signature = map[courrier.ActorID]dunning.Signature{
		"": {Name: "Le service comptable"}, "boss": {Name: "La patronne"}, "clerk": {Name: "Le commis"},
	}
	assignee := courrier.ActorID("clerk")
	_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Assignee: &assignee})
	require.NoError(t, err)
	boss := courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"})
	text := func(view dunning.Preview) string { return shown(t, nil, view.Letter.Documents) }
	view, err := o.dunning.Preview(boss, id)
	require.NoError(t, err)
	require.Contains(t, text(view), "Le service comptable")
	yes := true
	_, err = o.dunning.Revise(o.Ctx, id, dunning.Edit{Sign: &yes})
	require.NoError(t, err)
	view, err = o.dunning.Preview(boss, id)
	require.NoError(t, err)
	require.Contains(t, text(view), "La patronne")
	other, err := o.dunning.Preview(courrier.WithActor(o.Ctx, courrier.Actor{ID: "clerk"}), id)
	require.NoError(t, err)
	require.NotEqual(t, other.Token, view.Token)
	_, err = o.dunning.Approve(boss, id, view.Token)
	require.NoError(t, err)
	o.work()
	require.Contains(t, o.body(o.reminder(id).Letter), "La patronne")
}

// One wrong text stops what uses it, with the reason, and nothing else.
func oneWrongText(t *testing.T) {
	o := newOffice(t)
	o.plans.Texts = dunning.Texts{"unused": {courrier.French: {Subject: "A", Body: "{nonsense}"}}}
	require.ErrorIs(t, o.plans.Validate(), courrier.ErrInvalid, "told where settings are saved")
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.day("2026-03-10")
	require.Len(t, o.mails, 1)

	o.plans.Policies[0].Steps[2].Template = "unused"
	o.owe("c2", both, bill("i2", "2026-03-13"))
	for d := day("2026-03-11"); d.Before(day("2026-03-21")); d = d.AddDays(1) {
		o.day(d.String())
	}
	held := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Equal(t, courrier.CustomerID("c1"), held.Customer)
	require.Contains(t, held.Reason, "nonsense")
	require.Equal(t, dunning.ReminderSent, o.only(dunning.ReminderFilter{Invoice: "i2", DueFrom: day("2026-03-18")}).State, "the other customer's left")

	broken := dunning.StandardPolicy()
	broken.ID, broken.Zone = "broken", "Nowhere/Land"
	o.plans.Policies = append(o.plans.Policies, broken)
	o.change("c2", func(c *dunning.Case) { c.Customer.Policy = "broken" })
	o.owe("c3", both, bill("i3", "2026-03-01"))
	o.noon("2026-03-23")
	report, err := o.dunning.RunDay(o.Ctx, day("2026-03-23"), o.stream())
	require.NoError(t, err)
	require.Equal(t, 1, report.Failed)
	require.ErrorContains(t, errors.Join(report.Errors...), "Zone")
	require.Equal(t, 1, report.Approved)
}

// An invoice that this library delivered a short time ago is not reminded yet.
func deliveryIsAFact(t *testing.T) {
	for _, grace := range []int{0, 3, -1} {
		o := newOffice(t)
		o.plans.Policies[0].DeliveryGraceDays = grace
		o.owe("c1", both, bill("i1", "2026-02-10"))
		o.noon("2026-03-19")
		doc := quote("k")
		doc.Purpose, doc.Invoices = courrier.PurposeInvoice, []dunning.InvoiceID{"i1"}
		_, err := o.dunning.Deliver(o.Ctx, doc)
		require.NoError(t, err)
		o.work()
		want := map[int]string{0: "2026-03-26", 3: "2026-03-23", -1: "2026-03-20"}[grace]
		require.Equal(t, want, o.sentOn("2026-03-20"))
	}
}

// Criteria per customer or per invoice, as the rule says; and what comes, before its
// day, with its owner and why.
func whoGetsWhatAndWhatComes(t *testing.T) {
	three := []dunning.Invoice{bill("a", "2026-03-01"), bill("b", "2026-03-01"), bill("c", "2026-03-01")}
	for i := range three {
		three[i].Parts = dunning.Due(day("2026-03-01"), courrier.MustAmount("400", "EUR"))
	}
	big := bill("big", "2026-03-01")
	big.Parts = dunning.Due(day("2026-03-01"), courrier.MustAmount("1200", "EUR"))
	rule := dunning.AssignmentRule{ID: "large", Policy: "firm", Where: dunning.Criteria{MinOpen: courrier.MustAmount("1000", "EUR")}}
	for per, want := range map[dunning.AssignPer][]string{dunning.PerCustomer: {"firm"}, dunning.PerInvoice: {"standard", "firm"}} {
		rule.Per = per
		a := dunning.PolicyAssignment{Default: "standard", Rules: []dunning.AssignmentRule{rule}}
		require.NoError(t, a.Validate())
		c := dunning.Case{Account: "acme", Customer: dunning.Customer{ID: "c1"}, Invoices: append(append([]dunning.Invoice{}, three...), big)}
		var got []string
		for _, part := range a.AssignInvoices(c, "EUR", day("2026-03-10")) {
			got = append(got, part.Policy)
		}
		require.Equal(t, want, got)
	}

	o := newOffice(t)
	rule.Per = dunning.PerInvoice
	o.plans.Policies = append(o.plans.Policies, dunning.FirmPolicy())
	o.plans.Policies[1].Steps[0].Assignee = "ann"
	o.plans.Assignment.Rules = []dunning.AssignmentRule{rule}
	o.owe("c1", both, append(three, big)...)
	var lines []string
	for coming, err := range o.dunning.Coming(o.Ctx, day("2026-03-02"), 10, o.stream()) {
		require.NoError(t, err)
		lines = append(lines, fmt.Sprint(coming.On, " ", coming.Step.ID, " ", len(coming.Lines), " ", coming.Owner, " ", coming.Assigned.Explain(courrier.English)))
	}
	require.Equal(t, []string{
		"2026-03-06 reminder-1 3  Policy standard by default; not by large (MinOpen).",
		"2026-03-03 reminder-1 1 ann Policy firm by rule large.",
		"2026-03-11 reminder-2 1  Policy firm by rule large.",
	}, lines)
	require.Empty(t, o.queue(dunning.ReminderFilter{}), "nothing is written")
	for _, err := range o.dunning.Coming(o.Ctx, day("2026-03-02"), 0, o.stream()) {
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
}
