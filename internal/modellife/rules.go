package modellife

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// What the model knows of the policies, in its own words.
var (
	contactDelays = map[string]int{"standard": 7, "firm": 7, "gentle": 10}
	noticeAges    = map[string]int{"standard": 10, "firm": 8} // days from reminder-2 to a formal notice
	lastSteps     = []string{"formal-notice", "reminder-3"}
)

func policyOf(c dunning.Case) string {
	if c.Customer.Policy != "" {
		return c.Customer.Policy
	}
	return "standard"
}

func (l *life) policy(c dunning.Case) courrier.ReminderPolicy {
	id := policyOf(c)
	return l.plans.Policies[slices.IndexFunc(l.plans.Policies, func(p courrier.ReminderPolicy) bool { return p.ID == id })]
}

// patience is for how many days on end time alone may hold an invoice back: the
// longest gap between two steps, or the time before the first, the delays of two
// contacts, and the weekends in between.
func (l *life) patience(c dunning.Case) int {
	steps := l.policy(c).Steps
	longest := 15 + max(steps[0].OffsetDays, 0)
	for n := range steps[1:] {
		longest = max(longest, steps[n+1].OffsetDays-steps[n].OffsetDays)
	}
	return longest + 2*contactDelays[policyOf(c)] + 10
}

// timeAlone are the reasons that pass by themselves.
var timeAlone = []dunning.HoldCause{
	dunning.CauseScheduled, dunning.CauseTurn, dunning.CauseDelivered, dunning.CauseContact, dunning.CauseSendingDay,
}

// requireTrueReasons: whatever is not reminded has a reason that is true today, and
// time alone holds nothing for longer than its policy's steps are apart.
func (l *life) requireTrueReasons() {
	for _, who := range []courrier.CustomerID{"c0", "c1", "c2"}[:modelPeople] {
		outcomes, err := l.runners[0].Why(l.Ctx, l.account, who, l.today)
		l.must(err)
		notes, err := l.runners[0].Notes(l.Ctx, l.account, who)
		l.must(err)
		c := l.cases[who]
		seen := 0
		for _, out := range outcomes {
			for _, d := range out.Decisions {
				seen += len(d.Lines)
				for _, line := range d.Lines {
					l.idle[line.Invoice] = 0
				}
			}
			for _, hold := range out.Holds {
				seen++
				l.tally["held: "+string(hold.Cause)]++
				require.True(l.T, l.isTrue(hold, c, notes), "seed %d, %s: %s is held for %s until %s\n%s", l.seed, l.today, hold.Invoice, hold.Cause, hold.Until, story{l, hold.Invoice})
				l.requirePatience(hold, c)
			}
		}
		require.Equal(l.T, len(c.Invoices), seen, "seed %d, %s: every invoice once", l.seed, l.today)
	}
}

func (l *life) requirePatience(hold dunning.Hold, c dunning.Case) {
	if !slices.Contains(timeAlone, hold.Cause) {
		l.idle[hold.Invoice] = 0
		return
	}
	l.idle[hold.Invoice]++
	require.LessOrEqual(l.T, l.idle[hold.Invoice], l.patience(c), "seed %d, %s: %s is forgotten: %s\n%s", l.seed, l.today, hold.Invoice, hold.Cause, story{l, hold.Invoice})
}

// isTrue asks the model whether a reason holds today.
func (l *life) isTrue(hold dunning.Hold, c dunning.Case, notes dunning.DebtorNotes) bool {
	inv := c.Invoices[slices.IndexFunc(c.Invoices, func(inv dunning.Invoice) bool { return inv.ID == hold.Invoice })]
	switch hold.Cause {
	case dunning.CausePaid:
		return inv.Open().Sign() <= 0
	case dunning.CauseDisputed:
		return notes.Disputed[inv.ID]
	case dunning.CauseExcluded:
		return notes.Excluded[inv.ID]
	case dunning.CausePaused:
		return notes.Paused && notes.PausedUntil.After(l.today)
	case dunning.CausePromised:
		return !notes.Promised[inv.ID].Before(l.today)
	case dunning.CausePending:
		return l.has(inv.ID, dunning.Reminder.Open)
	case dunning.CauseSnoozed:
		return l.has(inv.ID, func(r dunning.Reminder) bool { return r.State == dunning.ReminderPostponed && r.Until.After(l.today) })
	case dunning.CauseTurn:
		return l.hasOf(c.Customer.ID, dunning.Reminder.Open)
	case dunning.CauseContact:
		return l.contacted(c, inv.ID)
	case dunning.CausePlanDone:
		return l.has(inv.ID, func(r dunning.Reminder) bool { return slices.Contains(lastSteps, r.Decision.Step.ID) && !r.Open() })
	case dunning.CauseRequires:
		return !l.announced(inv.ID, noticeAges[policyOf(c)], l.today, l.known(c))
	case dunning.CauseScheduled:
		return hold.Until.After(l.today)
	case dunning.CauseSendingDay:
		return l.today.Weekday() == time.Saturday || l.today.Weekday() == time.Sunday
	case dunning.CauseNoChannel:
		return !c.Customer.Contact.Email || !c.Customer.Contact.Post || len(notes.BadMail) > 0
	case dunning.CauseBelowAmount:
		return inv.Open().Micros() < courrier.MustAmount("15", "EUR").Micros()
	case dunning.CauseNetCreditor, dunning.CauseCredit:
		return true // of what is owed to the customer the money's own cases speak
	}
	return false
}

// contacted tells whether something left to the customer, or about the invoice, within
// the contact delay.
func (l *life) contacted(c dunning.Case, id dunning.InvoiceID) bool {
	return slices.ContainsFunc(l.left, func(d *departure) bool {
		about := d.rem.Customer == c.Customer.ID || slices.ContainsFunc(c.Invoices, func(inv dunning.Invoice) bool { return d.names(inv.ID) }) || d.names(id)
		return about && d.stands(l.today) && l.today.DaysSince(d.on) < contactDelays[policyOf(c)]
	})
}

// announced tells whether the last reminder-2 about an invoice is so many days old; or,
// where a person skipped it, the last of the other steps that count.
func (l *life) announced(id dunning.InvoiceID, days int, on courrier.Date, counts func(step string) bool) bool {
	last := func(is func(step string) bool) courrier.Date {
		var last courrier.Date
		for _, d := range l.left {
			if is(d.rem.Decision.Step.ID) && !d.rem.Resend && d.names(id) && d.stands(on) && (last.IsZero() || d.on.After(last)) {
				last = d.on
			}
		}
		return last
	}
	since := last(func(step string) bool { return step == "reminder-2" })
	if since.IsZero() && l.skipped[action{id, "reminder-2"}] {
		since = last(counts)
	}
	return !since.IsZero() && on.DaysSince(since) >= days
}

// before tells the steps that a notice may rest on: any but itself.
func before(step string) bool { return step != "" && step != "formal-notice" }

// known tells those of them that a customer's policy has.
func (l *life) known(c dunning.Case) func(step string) bool {
	p := l.policy(c)
	return func(step string) bool { return before(step) && p.StepIndex(step) >= 0 }
}

func (l *life) has(id dunning.InvoiceID, is func(dunning.Reminder) bool) bool {
	return l.any(dunning.ReminderFilter{Account: l.account, Invoice: id}, is)
}

func (l *life) hasOf(id courrier.CustomerID, is func(dunning.Reminder) bool) bool {
	return l.any(dunning.ReminderFilter{Account: l.account, Customers: []courrier.CustomerID{id}}, is)
}

func (l *life) any(f dunning.ReminderFilter, is func(dunning.Reminder) bool) bool {
	for rem, err := range l.runners[0].Queue(l.Ctx, f) {
		l.must(err)
		if is(rem) {
			return true
		}
	}
	return false
}

// checkOwed: what leaves names what its customer owes at that moment, and nobody asked
// to leave out. It is called while things leave, at the same time as others.
func (l *life) checkOwed(rem dunning.Reminder, notes dunning.DebtorNotes) {
	c, _ := l.Case(context.Background(), l.account, rem.Customer)
	wrong := ""
	if notes.Paused && notes.PausedUntil.After(l.today) {
		wrong = "a paused customer"
	}
	for _, line := range rem.Decision.Lines {
		i := slices.IndexFunc(c.Invoices, func(inv dunning.Invoice) bool { return inv.ID == line.Invoice })
		switch {
		case i < 0:
			wrong = "another customer's invoice"
		case c.Invoices[i].Open().Sign() <= 0:
			wrong = "a paid invoice"
		case len(c.Invoices[i].Payments) == 0 && line.Open != c.Invoices[i].Open(): // of a payment the interest may take its part
			wrong = "a sum that is not open"
		case notes.Disputed[line.Invoice] || notes.Excluded[line.Invoice]:
			wrong = "an invoice that is disputed or left out"
		}
	}
	if wrong != "" {
		l.T.Errorf("seed %d, %s: %s left about %s", l.seed, l.today, rem.ID, wrong)
	}
}

// requireRules looks at all that left.
func (l *life) requireRules() {
	sent, campaigns := map[action][]*departure{}, map[[2]string]int{}
	for _, d := range l.left {
		l.count(d)
		if d.rem.Again == "" && d.void.IsZero() && !l.ownWayBack(d) {
			for _, line := range d.rem.Decision.Lines {
				l.requireOnce(sent, d, line.Invoice)
			}
		}
		if d.rem.Decision.Step.ID == "" && !d.rem.Resend && d.void.IsZero() {
			to := [2]string{d.rem.Campaign, string(d.who)}
			campaigns[to]++
			require.LessOrEqual(l.T, campaigns[to], l.persons[d.who], "seed %d: %s twice to %s", l.seed, d.rem.Campaign, d.who)
		}
		if d.rem.Decision.Step.Kind == courrier.StepFormalNotice {
			l.requireAnnounced(d)
		}
		if d.letter != "" {
			require.NotEmpty(l.T, d.needed, "seed %d: %s went to %s by post on %s", l.seed, d.id, d.who, d.on)
		}
	}
}

// ownWayBack: a letter that was sent again, or a reminder of which something came back.
func (l *life) ownWayBack(d *departure) bool {
	return d.rem.Resend || slices.ContainsFunc(l.left, func(b *departure) bool { return b.id == d.id && !b.void.IsZero() && !b.void.After(d.on) })
}

// requireOnce: no step twice for an invoice, unless its payment was returned in
// between.
func (l *life) requireOnce(sent map[action][]*departure, d *departure, id dunning.InvoiceID) {
	a := action{id, d.rem.Decision.Step.ID}
	if a.step == "" {
		return
	}
	for _, before := range sent[a] {
		require.True(l.T, l.reopened(id, before.on, d.on), "seed %d: %s left twice about %s: on %s and on %s\n%s", l.seed, a.step, id, before.on, d.on, story{l, id})
	}
	sent[a] = append(sent[a], d)
}

// reopened: a payment was returned in between, so that the last step may go again.
func (l *life) reopened(id dunning.InvoiceID, from, to courrier.Date) bool {
	for _, c := range l.cases {
		for _, inv := range c.Invoices {
			if inv.ID == id && slices.ContainsFunc(inv.Payments, func(p dunning.Payment) bool {
				return p.Amount.Sign() < 0 && !p.On.Before(from) && !p.On.After(to)
			}) {
				return true
			}
		}
	}
	return false
}

// requireAnnounced: a person approved a notice, and what it requires stood when it left,
// unless a person answered for that.
func (l *life) requireAnnounced(d *departure) {
	require.Equal(l.T, courrier.ActorID("boss"), d.rem.ApprovedBy, "seed %d: a notice on %s\n%s", l.seed, d.on, story{l, d.rem.Decision.Lines[0].Invoice})
	if d.rem.Override != "" || d.rem.Resend {
		return
	}
	for _, line := range d.rem.Decision.Lines {
		require.True(l.T, l.announced(line.Invoice, noticeAges[d.rem.Decision.PolicyID], d.on, before), "seed %d: a notice about %s on %s, which nothing announced\n%s", l.seed, line.Invoice, d.on, story{l, line.Invoice})
	}
}

// story tells what left about an invoice, and what its reminders went through, where a
// rule was broken.
type story struct {
	life *life
	id   dunning.InvoiceID
}

func (s story) String() string {
	var b strings.Builder
	for _, d := range s.life.left {
		if d.names(s.id) {
			fmt.Fprintf(&b, "%s %s by policy %q to %s, letter %q, void %s, again %q, resent %t\n",
				d.on, d.rem.Decision.Step.ID, d.rem.Decision.PolicyID, d.who, d.letter, d.void, d.rem.Again, d.rem.Resend)
		}
	}
	for rem, err := range s.life.runners[0].Queue(s.life.Ctx, dunning.ReminderFilter{Account: s.life.account, Invoice: s.id}) {
		s.life.must(err)
		fmt.Fprintf(&b, "%s %s %s %s\n", rem.ID, rem.Customer, rem.Decision.Step.ID, rem.State)
		for _, act := range rem.Log {
			fmt.Fprintf(&b, "    %s %s %s\n", act.At.Format(time.DateTime), act.Act, act.Note)
		}
	}
	return b.String()
}

// count adds a departure to the tally.
func (l *life) count(d *departure) {
	l.tally["left"]++
	for name, is := range map[string]bool{
		"left by post": d.letter != "", "left by hand": d.rem.AdHoc, "formal notices left": d.rem.Decision.Step.Kind == courrier.StepFormalNotice,
		"sent again": d.rem.Resend, "overridden": d.rem.Override != "", "insisted on": d.rem.Again != "", "came back": !d.void.IsZero(),
	} {
		if is {
			l.tally[name]++
		}
	}
}
