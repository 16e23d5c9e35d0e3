package dunning

import (
	"slices"

	"github.com/courrier-go/courrier"
)

// Recheck tells what is left of a decision under the facts of today, right
// before it leaves: the lines that Evaluate would still remind with the same
// step or a later one, with what is open on them now, and a hold for each line
// that fell away: all of them when the policy has lost the step. Lines only ever get
// fewer; the key stays. With none left nothing may be sent, and the reminder is
// postponed.
//
// The history holds the decision's own entry as pending, or not at all.
func (e *Evaluator) Recheck(d Decision, c Case, h History, today courrier.Date) (Decision, []Hold) {
	own := func(p PastReminder) bool {
		return p.State == PastPending && p.Step == d.Step.ID && p.Lead == d.Key.Invoice
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
			holds = append(holds, fresh.fallen(line.Invoice, as, today))
			continue
		}
		line.Open, line.DueOn = now.Open, now.DueOn
		left.Lines = append(left.Lines, line)
	}
	left.sum()
	if len(left.Lines) > 0 {
		left.Channels = c.Customer.Contact.ReminderChannels(d.Step.Channels, d.Final, c.AccountPostOff)
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

// find returns an invoice's line and its decision, nil when it is in none.
func (o *Outcome) find(id courrier.InvoiceID) (ReminderLine, *Decision) {
	for n := range o.Decisions {
		for _, line := range o.Decisions[n].Lines {
			if line.Invoice == id {
				return line, &o.Decisions[n]
			}
		}
	}
	return ReminderLine{}, nil
}

// fallen says why an invoice may no longer be named. One that would now be
// reminded with another step waits for the next evaluation.
func (o *Outcome) fallen(id courrier.InvoiceID, other *Decision, today courrier.Date) Hold {
	if other != nil {
		return Hold{Invoice: id, Cause: CauseScheduled, Until: today.AddDays(1), Step: other.Step.ID}
	}
	for _, h := range o.Holds {
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
