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
// The history holds the decision's own entry as pending, or not at all.
func (e *Evaluator) Recheck(d Decision, c Case, h History, today courrier.Date) (Decision, []Hold) {
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
		// The letter stands under the first invoice that leaves with it.
		left.Key.Invoice, left.Key.Occurrence = left.Lines[0].Invoice, left.Lines[0].Occurrence
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
