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
func tailOf(id InvoiceID) uint64 {
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
func (r *evaluation) find(id InvoiceID) int {
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
	var last, lastToday, turnOn int32
	for n := range h {
		p := &h[n]
		step := r.stepOf(p.Step)
		on := p.On.Number()
		switch {
		case p.Delivery:
			r.recallDelivery(p)
			continue
		case p.Customer != "": // no contact with this one
		case p.State == PastSent && r.contacted(p, step):
			if r.watchesMissed && r.delay > 0 {
				r.w.contacts = append(r.w.contacts, contact{on: on, adHoc: step == stepAdHoc})
			}
			if on == r.today && step != stepAdHoc {
				lastToday = r.today
			} else {
				last = max(last, on)
			}
		case p.State.waits() && !p.task() && on < r.today && (step > r.turnStep || step == r.turnStep && on < turnOn):
			r.turnStep, turnOn = step, on
		}
		if step != stepAdHoc {
			r.recallStep(p, step)
		}
	}
	if r.delay == 0 {
		return
	}
	if last > 0 {
		r.contactEnd = last + r.delay
	}
	r.laterEnd = r.contactEnd
	if lastToday > 0 {
		r.laterEnd = max(r.laterEnd, lastToday+r.delay)
	}
	if turnOn > 0 {
		r.turnEnd = max(turnOn, r.contactEnd) + r.delay
	}
}

// turnFree is the first day on which no more severe reminder keeps a slot from its
// turn. One that waits to leave has the turn for a contact delay, from the day on
// which it could go; should nobody send it in that time, the others go, and it has
// the turn again after them.
func (r *evaluation) turnFree(s *slot) int32 {
	if s.step < r.turnStep && !s.quiet {
		return r.turnEnd
	}
	return 0
}

// contacted tells whether what was done reached the customer. Of a task the policy's
// step says so; one of a step that the policy has not counts, to be on the safe side.
func (r *evaluation) contacted(p *PastReminder, step int16) bool {
	return !p.task() || step < 0 || reaches(&r.steps[step])
}

// recallDelivery gives the invoices of a delivery their time.
func (r *evaluation) recallDelivery(p *PastReminder) {
	if p.State != PastSent {
		return
	}
	for _, id := range p.Invoices {
		if i := r.find(id); i >= 0 {
			r.w.states[i].graceEnd = max(r.w.states[i].graceEnd, p.On.Number()+r.grace)
		}
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
			st.snoozed = max(st.snoozed, p.Until.Number())
			continue
		case PastSkipped:
		case PastSent:
			st.lastOn = max(st.lastOn, p.On.Number())
		default: // pending, or a state of a later version: nothing may be sent beside it, unless it is a task
			st.lastOn = max(st.lastOn, p.On.Number())
			st.tasked = st.tasked || p.task()
			if !st.fixed && !p.task() {
				st.cause, st.fixed = codePending, true
			}
			if p.Resend {
				continue
			}
		}
		r.recallClaim(i, step, p, counts)
	}
}

// counts reports whether a reminder still counts for the level of the invoices
// that it named.
func (r *evaluation) counts(p *PastReminder) bool {
	if r.policy.LeadPaid != courrier.LeadPaidRestart || r.policy.Grouping != courrier.GroupByCustomer || p.Lead == "" || p.Customer != "" {
		return true
	}
	i := r.find(p.Lead)
	return i >= 0 && r.w.states[i].cause != codePaid
}

func (r *evaluation) recallClaim(i int, step int16, p *PastReminder, counts bool) {
	st, at, on := &r.w.states[i], int16(-1), p.On.Number()
	counts = counts && !r.outlived(i, on)
	sent := counts && p.State == PastSent
	if step >= 0 {
		at = r.firstSlot[step]
		past := r.pastOf(i, step)
		past.claimed++
		if counts {
			past.done++
			st.level = max(st.level, at+int16(min(past.done, r.times[step]))-1)
			past.passed = past.passed || p.State == PastSkipped && p.ByPerson
			if int(step) == len(r.steps)-1 {
				st.topOn = max(st.topOn, on)
			}
		}
		switch {
		case sent && p.task():
			past.did = max(past.did, on)
		case sent:
			past.sent = max(past.sent, on)
		}
	}
	if sent && p.task() {
		st.lastTask = max(st.lastTask, on)
		return
	}
	if !sent || on < st.lastSent || on == st.lastSent && at < st.sentSlot {
		return
	}
	if on > st.lastSent || at > st.sentSlot {
		st.lastSent, st.sentSlot, st.arrived = on, at, 0
	}
	st.arrived = max(st.arrived, p.arrivedOn().Number())
}

// outlived tells whether what was done on a day counts no more, because the
// invoice was paid since and begins anew.
func (r *evaluation) outlived(i int, on int32) bool {
	return r.policy.Reopened == courrier.ReopenedRestart && on < r.c.Invoices[i].reopenedOn().Number()
}

// reopen lets the last step be sent again about an invoice that had them all, and
// is open again since.
func (r *evaluation) reopen(i int) {
	st, last := &r.w.states[i], int16(len(r.slots)-1)
	if st.level == last && st.topOn < r.c.Invoices[i].reopenedOn().Number() {
		st.level--
	}
}
