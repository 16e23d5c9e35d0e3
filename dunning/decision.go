package dunning

import (
	"cmp"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/latepayment"
)

// Decision is one reminder to send: about one or several invoices of one
// customer, in one currency.
type Decision struct {
	// Key is that of the carrier, the first line's invoice. It identifies the
	// letter; [Decision.Keys] is what must be claimed before it is sent.
	Key           ReminderKey         `json:"key"`
	Customer      courrier.CustomerID `json:"customer"`
	PolicyID      string              `json:"policy"`
	PolicyVersion int                 `json:"policy_version,omitempty"`
	On            courrier.Date       `json:"on"`         // the day of the evaluation
	PlannedOn     courrier.Date       `json:"planned_on"` // the day planned for the step, never later
	Step          courrier.Step       `json:"step"`       // with the defaults of Service, Requires and Assignee filled in
	// Lines are the invoices, the carrier first: the oldest due; of those, the
	// largest open; then the lowest id. The others follow in the same order.
	Lines []ReminderLine  `json:"lines"`
	Open  courrier.Amount `json:"open"` // of all lines
	// Statement is where every figure of the reminder comes from, and Total what it
	// asks for. A [Runner] fills them in when it claims, shows and sends; an
	// [Evaluator] alone does not.
	Statement *latepayment.Statement `json:"statement,omitempty"`
	Total     courrier.Amount        `json:"total,omitzero"`
	// Reminded are the reminders about these invoices that were sent before,
	// courtesies aside: what a text says of the past.
	Reminded []latepayment.PastLetter `json:"reminded,omitempty"`
	Channels []courrier.Channel       `json:"channels"` // possible ones, the one to use first
	// Manual says that a person sends it, from the review queue.
	Manual bool `json:"manual,omitempty"`
	// NeedsApproval says that a person must answer for it before it leaves.
	NeedsApproval bool `json:"needs_approval,omitempty"`
	// Beside are the invoices of the other letters to the customer that were
	// decided with it, where the policy has a minimum for all of them together.
	Beside []InvoiceID `json:"beside,omitempty"`
	// Final says that it is the last word: see [Contact.ReminderChannels].
	Final bool `json:"final,omitempty"`
}

// ReminderLine is one invoice of a reminder, as it was when decided.
type ReminderLine struct {
	Invoice    InvoiceID       `json:"invoice"`
	DueOn      courrier.Date   `json:"due_on"`
	Open       courrier.Amount `json:"open"`
	Occurrence int             `json:"occurrence"` // 1 when the step is sent about it for the first time
}

// Keys returns the key of every line, the carrier's first.
func (d Decision) Keys() iter.Seq[ReminderKey] {
	return func(yield func(ReminderKey) bool) {
		for _, l := range d.Lines {
			if !yield(d.keyOf(l)) {
				return
			}
		}
	}
}

// keyOf is the key of a line.
func (d Decision) keyOf(l ReminderLine) ReminderKey {
	return ReminderKey{Account: d.Key.Account, Invoice: l.Invoice, Step: d.Step.ID, Occurrence: l.Occurrence}
}

// Past returns the history's entry of the decision in a state, on a day, by its
// first channel.
func (d Decision) Past(state PastState, on courrier.Date) PastReminder {
	p := PastReminder{Step: d.Step.ID, Kind: d.Step.Kind, State: state, On: on, Lead: d.Key.Invoice, Channel: d.Channels[0]}
	for _, l := range d.Lines {
		p.Invoices = append(p.Invoices, l.Invoice)
	}
	return p
}

// choose gives each invoice that is named today the slot of its letter.
func (r *evaluation) choose() {
	customer := &r.c.Customer
	possible := customer.Contact.possible(customer.Contact.EmailOffReminders, r.c.AccountPostOff)
	any := false
	for i := range r.w.states {
		st := &r.w.states[i]
		if st.ready != r.today {
			continue
		}
		any = true
		unit := &r.w.states[st.unit]
		unit.someReady = true
		if r.slots[st.slot].channels&possible != 0 {
			unit.offered |= 1 << st.slot
			st.chosen = st.slot
		} else {
			st.cause = codeNoChannel
		}
	}
	if !any {
		return
	}
	if r.policy.Grouping == courrier.GroupByCustomer {
		r.join()
	}
	r.holdSmall()
}

// join moves late invoices up to the most severe letter that they may join.
func (r *evaluation) join() {
	for i := range r.w.states {
		st := &r.w.states[i]
		if st.reach < st.slot {
			continue
		}
		if to := highest(r.w.states[st.unit].offered&^r.courtesy, st.slot, st.reach); to >= 0 {
			st.chosen, st.cause = to, codeNone
		}
	}
}

// holdSmall holds what is under the policy's minimum. Where letters are grouped
// it is compared with all letters to the customer today, so that a payment that
// moves an invoice from one letter to another cannot make one large enough.
func (r *evaluation) holdSmall() {
	alone := r.policy.Grouping == courrier.GroupByInvoice
	for u := range r.w.states {
		if r.w.states[u].unit != int32(u) || !r.w.states[u].someReady {
			continue
		}
		least, found := r.minimum(r.c.Invoices[u].Unit())
		total, usable := r.chosenTotal(u)
		for i := u; i < len(r.w.states); i++ {
			st := &r.w.states[i]
			if st.unit != int32(u) || st.chosen < 0 {
				continue
			}
			open, fits := total, usable
			if alone {
				open = st.open
				fits = open <= maxLetter
			}
			switch {
			case !fits:
				st.chosen, st.cause, st.fixed = -1, codeUnusable, true
			case found && open < least.Micros():
				st.chosen, st.cause = -1, codeBelowAmount
			}
		}
	}
}

func (r *evaluation) minimum(unit string) (courrier.Amount, bool) {
	for _, a := range r.policy.MinimumOpen {
		if a.Unit() == unit {
			return a, true
		}
	}
	return courrier.Amount{}, false
}

// chosenTotal returns what is open on all letters of a currency, and whether
// that is an amount a letter can hold.
func (r *evaluation) chosenTotal(unit int) (total int64, fits bool) {
	for i := unit; i < len(r.w.states); i++ {
		if st := &r.w.states[i]; st.unit == int32(unit) && st.chosen >= 0 {
			total += st.open
			if total > maxLetter {
				return total, false
			}
		}
	}
	for _, id := range r.beside {
		if i := r.find(id); i >= 0 && r.w.states[i].unit == int32(unit) && r.w.states[i].chosen < 0 && r.c.Invoices[i].closed() == "" {
			total = min(total+r.w.states[i].open, maxLetter)
		}
	}
	return total, true
}

// hold reports every invoice that no letter names.
func (r *evaluation) hold(out *Outcome) {
	out.Holds = slices.Grow(out.Holds, len(r.w.states))
	for i := range r.w.states {
		st := &r.w.states[i]
		if st.chosen >= 0 {
			r.w.chosen = append(r.w.chosen, int32(i))
			continue
		}
		h := Hold{Invoice: r.c.Invoices[i].ID, Cause: causeTexts[st.cause]}
		if st.slot >= 0 {
			h.Step = r.steps[r.slots[st.slot].step].ID
		}
		if !st.fixed {
			h.Until = dateOf(r.until(i))
		}
		out.Holds = append(out.Holds, h)
	}
}

// until returns the first day on which an invoice could be named.
func (r *evaluation) until(i int) int32 {
	st := &r.w.states[i]
	grouped := r.policy.Grouping == courrier.GroupByCustomer
	switch {
	case st.cause == codeNoChannel || st.cause == codeBelowAmount:
		return r.nextEvent(i)
	case st.cause != codeScheduled || !grouped:
		return st.until
	case r.w.states[st.unit].someReady:
		return min(st.until, r.nextEvent(i))
	}
	// It could join the first letter that leaves once it is late.
	late := r.c.Invoices[i].DueOn().Number() + 1
	return min(st.until, max(late, r.w.states[st.unit].nextReady))
}

// nextEvent returns the next day on which more or something else could be due:
// of the invoice alone, or of all that its letter could hold.
func (r *evaluation) nextEvent(i int) int32 {
	if r.policy.Grouping == courrier.GroupByInvoice {
		return r.events(i)
	}
	unit := &r.w.states[r.w.states[i].unit]
	if unit.event == 0 {
		unit.event = never
		for j := range r.w.states {
			if r.w.states[j].unit == r.w.states[i].unit {
				unit.event = min(unit.event, r.events(j))
			}
		}
	}
	return unit.event
}

// decide makes the letters out of the chosen invoices.
func (r *evaluation) decide(out *Outcome) {
	chosen := r.w.chosen
	if len(chosen) == 0 {
		return
	}
	slices.SortFunc(chosen, r.compareChosen)
	for len(chosen) > 0 {
		n := 1
		for n < len(chosen) && r.sameLetter(chosen[0], chosen[n]) {
			n++
		}
		out.Decisions = append(out.Decisions, r.letter(chosen[:n]))
		chosen = chosen[n:]
	}
	r.nameBeside(out.Decisions)
}

// nameBeside tells each letter which others made the minimum with it.
func (r *evaluation) nameBeside(all []Decision) {
	if len(all) < 2 || len(r.policy.MinimumOpen) == 0 || r.policy.Grouping == courrier.GroupByInvoice {
		return
	}
	for i := range all {
		for j := range all {
			if i == j || all[i].Open.Unit() != all[j].Open.Unit() {
				continue
			}
			for _, line := range all[j].Lines {
				all[i].Beside = append(all[i].Beside, line.Invoice)
			}
		}
	}
}

func (r *evaluation) stepIndexOf(i int32) int16 { return r.slots[r.w.states[i].chosen].step }

func (r *evaluation) compareChosen(a, b int32) int {
	x, y := &r.c.Invoices[a], &r.c.Invoices[b]
	return cmp.Or(
		cmp.Compare(x.Unit(), y.Unit()),
		cmp.Compare(r.stepIndexOf(b), r.stepIndexOf(a)),
		x.DueOn().Compare(y.DueOn()),
		cmp.Compare(r.w.states[b].open, r.w.states[a].open),
		cmp.Compare(x.ID, y.ID),
	)
}

func (r *evaluation) sameLetter(a, b int32) bool {
	return r.policy.Grouping != courrier.GroupByInvoice &&
		r.w.states[a].unit == r.w.states[b].unit && r.stepIndexOf(a) == r.stepIndexOf(b)
}

func (r *evaluation) letter(chosen []int32) Decision {
	step := r.stepIndexOf(chosen[0])
	s := r.steps[step]
	final := r.slots[r.firstSlot[step]].final
	d := Decision{
		Customer: r.c.Customer.ID, PolicyID: r.policy.ID, PolicyVersion: r.policy.Version,
		On: courrier.DateOfNumber(r.today), PlannedOn: courrier.DateOfNumber(r.today), Step: s,
		Channels: r.c.Customer.Contact.ReminderChannels(s.Channels, final, r.c.AccountPostOff),
		Manual:   s.Manual(), NeedsApproval: s.AsksApproval(), Final: final,
		Lines: make([]ReminderLine, len(chosen)),
	}
	if s.Assignee == "" {
		d.Step.Assignee = r.c.Customer.Owner
	}
	var open int64
	unit := r.c.Invoices[chosen[0]].Unit()
	for n, i := range chosen {
		inv, st := &r.c.Invoices[i], &r.w.states[i]
		d.Lines[n] = ReminderLine{
			Invoice: inv.ID, DueOn: inv.DueOn(), Open: money(st.open, unit),
			Occurrence: int(r.pastOf(int(i), step).claimed) + 1,
		}
		open += st.open
		if st.chosen == st.slot {
			d.PlannedOn = courrier.DateOfNumber(min(d.PlannedOn.Number(), max(st.planned, 1)))
		}
	}
	first := d.Lines[0]
	d.Key = ReminderKey{Account: r.c.Account, Invoice: first.Invoice, Step: s.ID, Occurrence: first.Occurrence}
	d.Open = money(open, unit)
	return d
}
