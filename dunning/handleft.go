package dunning

import (
	"slices"

	"github.com/courrier-go/courrier"
)

// handLeft is what may still be sent of a reminder by hand, or sent again: only what
// would be wrong in any letter keeps an invoice out of it, and what its step requires
// keeps it from leaving, unless a person answered for that.
func handLeft(rem Reminder, c Case, h History, plans *accountPlans, today courrier.Date) (Decision, Hold) {
	if e := plans.evaluators[rem.Decision.PolicyID]; e != nil && rem.Decision.Step.ID != "" {
		c.AccountPostOff = c.AccountPostOff || e.policy.EmailOnly
	}
	left, why := factsLeft(rem.Decision, c, today)
	if len(left.Lines) == 0 || rem.Override != "" || rem.Resend {
		return left, why
	}
	for _, line := range left.Lines {
		if cause := unmet(rem.Decision.Step, plans, line, h, c, today); cause != "" {
			return Decision{}, Hold{Invoice: line.Invoice, Cause: cause, Step: rem.Decision.Step.ID}
		}
	}
	return left, why
}

// unmet says what a step requires that an invoice has not had; "" when nothing is
// missing. A formal notice of no policy requires what one does that lists nothing.
func unmet(step courrier.Step, plans *accountPlans, line ReminderLine, h History, c Case, today courrier.Date) HoldCause {
	if step.Kind == courrier.StepFormalNotice && !line.DueOn.Before(today) {
		return HoldCause(courrier.CodeNotLate)
	}
	if step.ID == "" {
		for _, need := range step.Requirements() {
			reminded := slices.ContainsFunc(h, func(p PastReminder) bool {
				return p.State == PastSent && !p.Delivery && !p.task() && slices.Contains(p.Invoices, line.Invoice) && today.DaysSince(p.On) >= need.Days
			})
			if !reminded {
				return CauseRequires
			}
		}
		return ""
	}
	part := plans.partOf(Decision{Open: line.Open, Lines: []ReminderLine{line}}, c, today)
	if part.Evaluator == nil || part.err != nil || part.met(part.Case, h, line.Invoice, step.ID, today) {
		return ""
	}
	return CauseRequires
}

// met tells whether what a step requires was sent about an invoice long enough ago.
func (e *Evaluator) met(c Case, h History, id InvoiceID, step string, today courrier.Date) bool {
	at := e.policy.StepIndex(step)
	if at < 0 {
		return true
	}
	r := e.factsOf(c, today)
	r.recall(h)
	i := r.find(id)
	return i >= 0 && r.needed(i, &e.slots[e.firstSlot[at]]) <= r.today
}

// factsLeft is what the facts alone leave of a decision.
func factsLeft(was Decision, c Case, today courrier.Date) (Decision, Hold) {
	left := was
	left.Lines = nil
	why := Hold{Cause: CausePaid}
	c = c.byPart()
	for _, line := range was.Lines {
		i := slices.IndexFunc(c.Invoices, func(inv Invoice) bool { return inv.ID == line.Invoice })
		if i < 0 {
			continue
		}
		if cause := c.Invoices[i].closed(); cause != "" {
			why = Hold{Invoice: line.Invoice, Cause: cause}
			continue
		}
		line.Open, line.DueOn = c.Invoices[i].Open(), c.Invoices[i].DueOn()
		left.Lines = append(left.Lines, line)
	}
	left.sum()
	switch {
	case c.Customer.Insolvent:
		return Decision{}, Hold{Cause: CauseInsolvent}
	case c.Customer.paused(today):
		return Decision{}, Hold{Cause: CausePaused, Until: c.Customer.PausedUntil}
	case len(left.Lines) == 0 && len(was.Lines) > 0:
		return left, why
	}
	left.Channels = c.Customer.Contact.ReminderChannels(was.Step.Channels, was.Final, c.AccountPostOff)
	if len(was.Lines) == 0 { // a message that is about no invoice
		left.Lines = []ReminderLine{}
	}
	return left, Hold{Cause: CauseNoChannel}
}

// paused tells whether reminders to the customer are stopped on a day.
func (c Customer) paused(today courrier.Date) bool {
	return c.Paused && (c.PausedUntil.IsZero() || c.PausedUntil.After(today))
}
