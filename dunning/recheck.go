package dunning

import (
	"slices"

	"github.com/courrier-go/courrier"
)

// Recheck tells what is left of a decision under the facts of today, right before it
// leaves. It returns the lines that Evaluate would still remind with the same step or a
// later one, with what is open on them now. Each line that fell away has a hold: all of
// them when the policy has lost the step. Lines only ever get fewer; the first of those
// that are left leads. With none left nothing may be sent, and the reminder is
// postponed.
//
// A task waits for a person: it keeps its lines while the facts call for it, whatever
// was sent since.
//
// The history holds the decision's own entry as pending, or not at all.
func (e *Evaluator) Recheck(d Decision, c Case, h History, today courrier.Date) (Decision, []Hold) {
	if d.Step.Task != "" {
		return e.recheckTask(d, c, today)
	}
	own := func(p PastReminder) bool {
		return p.State == PastPending && p.Step == d.Step.ID && p.Lead == d.Key.Invoice && !p.Resend
	}
	var fresh Outcome
	e.evaluateInto(&fresh, &c, slices.DeleteFunc(slices.Clone(h), own), today, d.Beside)
	step := e.policy.StepIndex(d.Step.ID)
	left := d
	left.Lines, left.Channels = nil, nil
	var holds []Hold
	for _, line := range d.Lines {
		now, as := fresh.find(line.Invoice)
		if as == nil || step < 0 || e.policy.StepIndex(as.Step.ID) < step || as.Open.Unit() != d.Open.Unit() {
			holds = append(holds, e.fallen(&fresh, line.Invoice, d.Step.ID, as, today))
			continue
		}
		line.Open, line.DueOn = now.Open, now.DueOn
		left.Lines = append(left.Lines, line)
	}
	left.sum()
	if len(left.Lines) > 0 {
		left.rekey()
		left.Channels = c.Customer.Contact.ReminderChannels(d.Step.Channels, d.Final, c.AccountPostOff || e.policy.EmailOnly)
	}
	if len(left.Channels) == 0 {
		for _, line := range left.Lines {
			holds = append(holds, Hold{Invoice: line.Invoice, Cause: CauseNoChannel, Until: today.AddDays(1), Step: d.Step.ID})
		}
		left.Lines = nil
		left.sum()
	}
	return left, holds
}

// recheckTask is Recheck for a task.
func (e *Evaluator) recheckTask(d Decision, c Case, today courrier.Date) (left Decision, holds []Hold) {
	left = d
	left.Lines = nil
	r := e.factsOf(c, today)
	step := e.policy.StepIndex(d.Step.ID)
	changed := step < 0 || e.steps[step].Task != d.Step.Task
	for _, line := range d.Lines {
		hold := Hold{Invoice: line.Invoice, Cause: CausePaid, Step: d.Step.ID} // the host left it out: nothing is open
		i := r.find(line.Invoice)
		switch {
		case i >= 0 && r.w.states[i].cause != codeNone:
			hold.Cause = causeTexts[r.w.states[i].cause]
			if free := r.w.states[i].blocked; free > r.today {
				hold.Until = dateOf(free)
			}
		case i >= 0 && (changed || r.c.Invoices[i].Unit() != d.Open.Unit()):
			hold.Cause, hold.Until = CauseStepChanged, today.AddDays(1)
		case i >= 0:
			line.Open, line.DueOn = r.c.Invoices[i].Open(), r.c.Invoices[i].DueOn()
			left.Lines = append(left.Lines, line)
			continue
		}
		holds = append(holds, hold)
	}
	left.sum()
	if len(left.Lines) > 0 {
		left.rekey()
	}
	return left, holds
}

// factsOf looks at what is owed, and at nothing that was done about it.
func (e *Evaluator) factsOf(c Case, today courrier.Date) *evaluation {
	c = c.byPart()
	r := &evaluation{Evaluator: e, w: new(workspace), c: &c, today: max(today.Number(), 1), turnStep: -1}
	r.w.survey(e, c.Invoices)
	r.facts()
	return r
}

// rekey puts a decision under the first invoice that is left in it.
func (d *Decision) rekey() {
	d.Key.Invoice, d.Key.Occurrence = d.Lines[0].Invoice, d.Lines[0].Occurrence
}

// timeOnly tells the causes that nothing but time ends: what was approved keeps its
// approval through them.
func timeOnly(cause HoldCause) bool {
	switch cause {
	case CauseSendingDay, CauseContact, CauseTurn, CauseDelivered:
		return true
	}
	return false
}

// await is Recheck on the first day, from today on, on which something of a decision
// may leave if nothing but time changes: that day, with why not today. Where there
// is no such day nothing is left.
func (e *Evaluator) await(d Decision, c Case, h History, today courrier.Date) (left Decision, why Hold, leaves courrier.Date) {
	const most = 8 // one cause may follow another
	why = Hold{Cause: CausePaid}
	for leaves = today; ; {
		var holds []Hold
		left, holds = e.Recheck(d, c, h, leaves)
		if leaves == today && len(holds) > 0 {
			why = holds[0]
		}
		next := courrier.Date{}
		for _, hold := range holds {
			if timeOnly(hold.Cause) && hold.Until.After(leaves) && (next.IsZero() || hold.Until.Before(next)) {
				next = hold.Until
			}
		}
		if len(left.Lines) > 0 || next.IsZero() || today.AddDays(most*maxShiftDays).Before(next) {
			return left, why, leaves
		}
		leaves = next
	}
}

// find returns an invoice's line and its decision, nil when it is in none.
func (o *Outcome) find(id InvoiceID) (ReminderLine, *Decision) {
	for n := range o.Decisions {
		for _, line := range o.Decisions[n].Lines {
			if line.Invoice == id {
				return line, &o.Decisions[n]
			}
		}
	}
	return ReminderLine{}, nil
}

// fallen says why an invoice may no longer be named by a step: one that the policy
// lost, or put after the one whose turn it is now, waits for the next evaluation.
func (e *Evaluator) fallen(o *Outcome, id InvoiceID, step string, other *Decision, today courrier.Date) Hold {
	if other != nil {
		return Hold{Invoice: id, Cause: CauseStepChanged, Until: today.AddDays(1), Step: other.Step.ID}
	}
	for _, h := range o.Holds {
		if h.Invoice == id && e.policy.StepIndex(step) < 0 && !slices.Contains(facts, h.Cause) {
			return Hold{Invoice: id, Cause: CauseStepChanged, Until: today.AddDays(1), Step: h.Step}
		}
		if h.Invoice == id {
			return h
		}
	}
	return Hold{Invoice: id, Cause: CausePaid} // the host left it out: nothing is open
}

// sum fills in a decision's amount from its lines.
func (d *Decision) sum() {
	unit := d.Open.Unit()
	var open int64
	for _, line := range d.Lines {
		open += line.Open.Micros()
	}
	d.Open = money(open, unit)
}
