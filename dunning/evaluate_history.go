package dunning

import (
	"cmp"
	"slices"

	"github.com/courrier-go/courrier"
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
	a, b := &r.w.states[i], &r.w.states[j]
	if a.tail == b.tail && r.c.Invoices[i].ID == r.c.Invoices[j].ID {
		a.cause, a.fixed = codeUnusable, true
		b.cause, b.fixed = codeUnusable, true
	}
}

// tailOf returns the last bytes of an id, where ids differ first: what tells most
// of them apart in one comparison.
func tailOf(id courrier.InvoiceID) uint64 {
	if n := len(id) - 8; n >= 0 {
		t := id[n:]
		return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
	}
	var tail uint64
	for _, b := range []byte(id) {
		tail = tail<<8 | uint64(b)
	}
	return tail
}

// find returns the index of an invoice, -1 when the case does not have it.
func (r *evaluation) find(id courrier.InvoiceID) int {
	invoices := r.c.Invoices
	if len(r.w.byID) == 0 {
		tail := tailOf(id)
		for i := range r.w.states {
			if r.w.states[i].tail == tail && invoices[i].ID == id {
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
				r.w.contacts = append(r.w.contacts, contact{on: p.On.Number(), adHoc: step == stepAdHoc})
			}
			if p.On.Number() == r.today && step != stepAdHoc {
				lastToday = r.today
			} else {
				last = max(last, p.On.Number())
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
			st.snoozed = max(st.snoozed, p.Until.Number(), p.On.Number()+1)
			continue
		case PastSkipped:
		case PastSent:
			st.lastOn = max(st.lastOn, p.On.Number())
		default: // pending, or a state of a later version: nothing may be sent beside it
			st.lastOn = max(st.lastOn, p.On.Number())
			if !st.fixed {
				st.cause, st.fixed = codePending, true
			}
		}
		r.recallClaim(i, step, p, counts)
	}
}

// counts reports whether a reminder still counts for the level of the invoices
// that it named.
func (r *evaluation) counts(p *PastReminder) bool {
	if r.policy.LeadPaid != courrier.LeadPaidRestart || r.policy.Grouping != courrier.GroupByCustomer || p.Lead == "" {
		return true
	}
	i := r.find(p.Lead)
	return i >= 0 && r.w.states[i].cause != codePaid
}

func (r *evaluation) recallClaim(i int, step int16, p *PastReminder, counts bool) {
	st, at, on := &r.w.states[i], int16(-1), p.On.Number()
	sent := counts && p.State == PastSent
	if step >= 0 {
		at = r.firstSlot[step]
		past := r.pastOf(i, step)
		past.claimed++
		if counts {
			past.done++
			st.level = max(st.level, at+int16(min(past.done, r.times[step]))-1)
		}
		if sent {
			past.sent = max(past.sent, on)
		}
	}
	if !sent || on < st.lastSent || on == st.lastSent && at < st.sentSlot {
		return
	}
	if on > st.lastSent || at > st.sentSlot {
		st.lastSent, st.sentSlot, st.arrived = on, at, 0
	}
	st.arrived = max(st.arrived, p.arrivedOn().Number())
}
