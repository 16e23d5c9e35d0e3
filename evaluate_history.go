package courrier

import (
	"cmp"
	"slices"
)

// fewInvoices is up to how many invoices are searched one by one: sorting costs
// more than it saves below.
const fewInvoices = 16

// sortInvoices prepares the search by id.
func (r *evaluation) sortInvoices() {
	invoices := r.c.Invoices
	for i := range invoices {
		r.w.byID = append(r.w.byID, int32(i))
	}
	slices.SortFunc(r.w.byID, func(a, b int32) int { return cmp.Compare(invoices[a].ID, invoices[b].ID) })
}

// findTwins marks invoices that share an id: no letter can tell them apart.
func (r *evaluation) findTwins() {
	invoices := r.c.Invoices
	if len(invoices) > fewInvoices {
		r.sortInvoices()
		for n := 1; n < len(r.w.byID); n++ {
			r.markTwins(int(r.w.byID[n-1]), int(r.w.byID[n]))
		}
		return
	}
	for i := range invoices {
		for j := range i {
			r.markTwins(i, j)
		}
	}
}

func (r *evaluation) markTwins(i, j int) {
	if r.c.Invoices[i].ID != r.c.Invoices[j].ID {
		return
	}
	for _, st := range [...]*invoiceState{&r.w.states[i], &r.w.states[j]} {
		st.cause, st.fixed = codeUnusable, true
	}
}

// find returns the index of an invoice, -1 when the case does not have it.
func (r *evaluation) find(id InvoiceID) int {
	invoices := r.c.Invoices
	if len(r.w.byID) == 0 {
		for i := range invoices {
			if invoices[i].ID == id {
				return i
			}
		}
		return -1
	}
	low, high := 0, len(r.w.byID)
	for low < high {
		if mid := (low + high) / 2; invoices[r.w.byID[mid]].ID < id {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(r.w.byID) && invoices[r.w.byID[low]].ID == id {
		return int(r.w.byID[low])
	}
	return -1
}

const (
	stepUnknown = -1 // removed from the policy, or another policy's
	stepAdHoc   = -2
)

func (r *evaluation) stepOf(id string) int16 {
	if id == "" {
		return stepAdHoc
	}
	for i := range r.steps {
		if r.steps[i].ID == id {
			return int16(i)
		}
	}
	return stepUnknown
}

// recall reads the history into the states.
func (r *evaluation) recall(h History) {
	var last, lastToday int32
	for n := range h {
		p := &h[n]
		step := r.stepOf(p.Step)
		if p.State != PastSkipped && p.State != PastPostponed {
			if r.watchesMissed && r.delay > 0 {
				r.w.contacts = append(r.w.contacts, contact{on: p.On.n, adHoc: step == stepAdHoc})
			}
			if p.On.n == r.today && step != stepAdHoc {
				lastToday = r.today
			} else {
				last = max(last, p.On.n)
			}
		}
		if step != stepAdHoc {
			r.recallStep(p, step)
		}
	}
	if r.delay > 0 && last > 0 {
		r.contactEnd = last + r.delay
	}
	r.laterEnd = r.contactEnd
	if r.delay > 0 && lastToday > 0 {
		r.laterEnd = max(r.laterEnd, lastToday+r.delay)
	}
	r.setLevels()
}

func (r *evaluation) recallStep(p *PastReminder, step int16) {
	counts := r.counts(p)
	for _, id := range p.Invoices {
		i := r.find(id)
		if i < 0 {
			continue
		}
		st := &r.w.states[i]
		switch p.State {
		case PastPostponed:
			st.snoozed = max(st.snoozed, p.Until.n, p.On.n+1)
			continue
		case PastSkipped:
		case PastSent:
			st.lastOn = max(st.lastOn, p.On.n)
		default: // pending, or a state of a later version: nothing may be sent beside it
			st.lastOn = max(st.lastOn, p.On.n)
			st.pending = true
		}
		r.recallClaim(i, step, p, counts)
	}
}

// counts reports whether a reminder still counts for the level of the invoices
// that it named.
func (r *evaluation) counts(p *PastReminder) bool {
	if r.policy.CarrierPaid != CarrierPaidRestart || r.policy.Grouping != GroupByCustomer || p.Carrier == "" {
		return true
	}
	i := r.find(p.Carrier)
	return i >= 0 && r.w.states[i].cause != codePaid
}

func (r *evaluation) recallClaim(i int, step int16, p *PastReminder, counts bool) {
	st := &r.w.states[i]
	at := int16(-1)
	if step >= 0 {
		past := r.pastOf(i, step)
		past.claimed++
		if counts {
			past.done++
			if p.State == PastSent {
				past.sent = max(past.sent, p.On.n)
			}
		}
		at = r.firstSlot[step]
	}
	if p.State != PastSent || !counts {
		return
	}
	if p.On.n > st.lastSent || p.On.n == st.lastSent && at >= st.sentSlot {
		if p.On.n > st.lastSent || at > st.sentSlot {
			st.arrived = 0
		}
		st.lastSent, st.sentSlot = p.On.n, at
		st.arrived = max(st.arrived, p.arrivedOn().n)
	}
}

func (r *evaluation) setLevels() {
	for i := range r.w.states {
		st := &r.w.states[i]
		if st.pending && !st.fixed {
			st.cause, st.fixed = codePending, true
		}
		for step := len(r.steps) - 1; step >= 0; step-- {
			if done := r.pastOf(i, int16(step)).done; done > 0 {
				st.level = r.firstSlot[step] + int16(min(int(done), r.steps[step].times())) - 1
				break
			}
		}
	}
}
