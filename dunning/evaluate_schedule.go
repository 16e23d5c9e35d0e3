package dunning

import "github.com/courrier-go/courrier"

// maxShiftDays bounds the search for a sending day.
const maxShiftDays = 400

// isSendingDay reports whether anything is sent on a day.
func (e *Evaluator) isSendingDay(n int32) bool {
	d := courrier.DateOfNumber(n)
	return e.days.Has(d.Weekday()) && (e.holidays == nil || !e.holidays.IsHoliday(d))
}

// nextSendingDay returns the first sending day not before n.
func (r *evaluation) nextSendingDay(n int32) int32 {
	if n > lastDay {
		return never
	}
	n = max(n, 1)
	known := &r.w.sending[n%int32(len(r.w.sending))]
	if known.from != n {
		*known = sendingDay{from: n, day: r.findSendingDay(n, 1)}
	}
	return known.day
}

// findSendingDay looks for a sending day from n on, forwards or backwards.
func (e *Evaluator) findSendingDay(n, direction int32) int32 {
	for d := n; d >= 1 && d <= lastDay && d <= n+maxShiftDays && d >= n-maxShiftDays; d += direction {
		if e.isSendingDay(d) {
			return d
		}
	}
	return never
}

// shift moves a nominal day to a sending day. It never swaps two days.
func (r *evaluation) shift(n int32) int32 {
	if r.policy.Shift == courrier.ShiftBackward && n <= lastDay {
		if day := r.findSendingDay(max(n, 1), -1); day != never {
			return day
		}
	}
	return r.nextSendingDay(n)
}

// nominal returns the day of a slot for an invoice before any shift; before is
// that of the slots below, which it may not precede. It reports false while the
// delivery that it counts from is not known.
func (r *evaluation) nominal(s *slot, st *invoiceState, inv *Invoice, before int32) (int32, bool) {
	var from int32
	switch {
	case s.anchor == courrier.AnchorDue:
		from = inv.DueOn().Number()
		if r.policy.Reopened == courrier.ReopenedRestart {
			from = max(from, inv.reopenedOn().Number())
		}
	case s.anchor == courrier.AnchorIssue:
		from = inv.IssuedOn.Number()
	case s.anchor == courrier.AnchorPrevious && st.lastSent+st.lastTask > 0:
		from = max(st.lastSent, st.lastTask)
	case st.lastSent == 0:
		from = before
	default:
		from = st.arrived
		if from == 0 {
			return never, false
		}
	}
	n := from + s.offset
	if s.eom && n >= 1 && n <= lastDay {
		n = courrier.DateOfNumber(n).EndOfMonth().Number()
	}
	return max(n, before), true
}

// needed returns the first day on which the requirements of a slot allow it.
func (r *evaluation) needed(i int, s *slot) int32 {
	day := int32(0)
	for _, n := range s.needs {
		if n.step >= 0 {
			day = max(day, sentAge(r.metOn(i, n.step), n.days))
			continue
		}
		oldest := never
		for step := range s.step {
			oldest = min(oldest, sentAge(r.pastOf(i, step).sent, n.days))
		}
		day = max(day, oldest)
	}
	return day
}

// metOn is the day on which a step was sent or its task done, or, where a person
// skipped it, the last sending of one before it; 0: never.
func (r *evaluation) metOn(i int, step int16) int32 {
	past := r.pastOf(i, step)
	if met := max(past.sent, past.did); met > 0 || !past.passed {
		return met
	}
	sent := int32(0)
	for before := range step {
		sent = max(sent, r.pastOf(i, before).sent)
	}
	return sent
}

func sentAge(sent, days int32) int32 {
	if sent == 0 {
		return never
	}
	return sent + days
}

// climb walks the slots that are still before an invoice, with the day planned
// for each.
type climb struct {
	at      int16 // the slot; len(slots): none is left
	nominal int32
	known   bool // false: waits for a delivery
	planned int32
}

// startClimb returns the first slot above the invoice's level.
func (r *evaluation) startClimb(st *invoiceState, inv *Invoice) climb {
	c := climb{at: -1}
	if st.lastSent+st.lastTask > 0 {
		// What was really sent or done replaces what was planned.
		c.at = st.level
	}
	for {
		c = r.nextClimb(c, st, inv)
		if c.at > st.level {
			return c
		}
	}
}

func (r *evaluation) nextClimb(c climb, st *invoiceState, inv *Invoice) climb {
	c.at++
	if int(c.at) >= len(r.slots) {
		return c
	}
	c.nominal, c.known = r.nominal(&r.slots[c.at], st, inv, c.nominal)
	if c.known {
		c.planned = r.shift(c.nominal)
	}
	return c
}

// timing is when a slot could go by itself.
type timing struct {
	needed int32 // by its requirements
	missed int32 // first day on which it could have gone, had there been a run
	ready  int32 // first possible day from today on
	last   int32 // the day after which it is dropped
}

// free returns the first day on which nothing but its plan keeps an invoice
// from a slot, for today and for a later day.
func (r *evaluation) free(st *invoiceState, s *slot) (today, later int32) {
	own := r.ownFree(st)
	today, later = r.contactEnds(s)
	return max(own, today), max(own, later)
}

// contactEnds returns contactEnd and laterEnd; nothing holds back a task that is no
// contact.
func (r *evaluation) contactEnds(s *slot) (today, later int32) {
	if s.quiet {
		return 0, 0
	}
	return r.contactEnd, r.laterEnd
}

// ownFree is free without the contact delay.
func (r *evaluation) ownFree(st *invoiceState) int32 {
	return max(st.blocked, st.snoozed, st.graceEnd, st.lastOn+1)
}

// firstChance returns the first sending day not before n on which the contacts
// of the past allowed a letter. A contact after that day does not move it: what
// was missed stays missed.
func (r *evaluation) firstChance(n int32) int32 {
	for {
		day := r.nextSendingDay(n)
		n = day
		for _, c := range r.w.contacts {
			if c.on < day || c.adHoc && c.on == day {
				n = max(n, c.on+r.delay)
			}
		}
		if n == day {
			return day
		}
	}
}

func (r *evaluation) timing(i int, c climb) timing {
	st, s := &r.w.states[i], &r.slots[c.at]
	t := timing{needed: r.needed(i, s), ready: r.today, last: never}
	alone := max(r.ownFree(st), c.planned, t.needed, r.turnFree(s))
	contact, later := r.contactEnds(s)
	if !r.sendsToday || max(alone, contact) > r.today {
		t.ready = r.nextSendingDay(max(alone, later, r.today))
	}
	t.missed = t.ready
	switch {
	case !r.watchesMissed || t.ready == never:
	case s.quiet:
		t.missed = r.nextSendingDay(alone)
	default:
		t.missed = r.firstChance(alone)
	}
	switch {
	case s.expires == 0:
	case t.needed == never:
		t.last = c.planned + s.expires // it will never be allowed: let the next have its turn
	case t.missed < r.today:
		t.last = t.missed + s.expires
	}
	if s.courtesy {
		t.last = min(t.last, r.c.Invoices[i].DueOn().Number())
	}
	return t
}

// plan finds the next slot of an invoice and when it may go.
func (r *evaluation) plan(i int) {
	st, inv := &r.w.states[i], &r.c.Invoices[i]
	c, t := r.nextLiving(i, r.startClimb(st, inv))
	if c.known && t.ready == r.today && r.policy.CatchUp != courrier.CatchUpLowest {
		c, t = r.catchUp(i, c, t)
	}
	switch {
	case int(c.at) >= len(r.slots) && st.tasked:
		st.cause, st.fixed = codePending, true
		return
	case int(c.at) >= len(r.slots):
		st.cause, st.fixed = codePlanDone, true
		return
	case !c.known:
		t = timing{ready: never}
	}
	st.slot, st.planned, st.ready = c.at, c.planned, t.ready
	r.explainWait(st, c, t)
	if c.known {
		r.setReach(i, t)
	}
}

// explainWait sets the cause that binds longest, unless the slot can go today
// or the invoice waits for another reason already.
func (r *evaluation) explainWait(st *invoiceState, c climb, t timing) {
	st.fixed = t.ready == never
	st.until = t.ready
	switch {
	case t.ready == r.today:
	case st.cause != codeNone:
		st.until = st.blocked
	case st.snoozed > r.today:
		st.cause, st.until = codeSnoozed, st.snoozed
	case !c.known:
		st.cause = codeDelivery
	default:
		st.cause = r.bindingCause(st, c, t)
	}
}

func (r *evaluation) bindingCause(st *invoiceState, c climb, t timing) causeCode {
	free, later := r.free(st, &r.slots[c.at])
	turn := r.turnFree(&r.slots[c.at])
	contact := later
	if max(free, c.planned, t.needed, turn) <= r.today {
		contact = free // only today's sending day is missing
	}
	switch day := max(c.planned, t.needed, turn, contact); {
	case t.needed == never:
		return codeRequires
	case day <= r.today || t.ready == never:
		return codeSendingDay
	case day == c.planned:
		return codeScheduled
	case day == t.needed:
		return codeRequires
	case day == turn:
		return codeTurn
	case day == st.graceEnd:
		return codeDelivered
	}
	return codeContact
}

// catchUp passes over slots that were missed: that could have gone on an
// earlier day, and that no later step requires.
func (r *evaluation) catchUp(i int, c climb, t timing) (climb, timing) {
	st, inv := &r.w.states[i], &r.c.Invoices[i]
	for t.missed < r.today && !r.slots[c.at].needed {
		next, nt := r.nextLiving(i, r.nextClimb(c, st, inv))
		if int(next.at) >= len(r.slots) || !next.known || next.planned > r.today || nt.needed == never {
			break
		}
		if nt.ready > r.today && r.policy.CatchUp == courrier.CatchUpHighest {
			break
		}
		c, t = next, nt
		if t.ready > r.today {
			break
		}
	}
	return c, t
}

// nextLiving returns c, or the next slot after it that is not dropped.
func (r *evaluation) nextLiving(i int, c climb) (climb, timing) {
	st, inv := &r.w.states[i], &r.c.Invoices[i]
	for int(c.at) < len(r.slots) && c.known {
		if t := r.timing(i, c); t.ready <= t.last {
			return c, t
		}
		c = r.nextClimb(c, st, inv)
	}
	return c, timing{}
}

// setReach finds up to which slot a late invoice may join another's letter:
// every slot from its own on must allow it, whatever their planned days, and
// none that a later step requires may be passed over, nor a task.
func (r *evaluation) setReach(i int, t timing) {
	if r.policy.Grouping != courrier.GroupByCustomer {
		return
	}
	st, inv := &r.w.states[i], &r.c.Invoices[i]
	free, _ := r.free(st, &r.slots[st.slot])
	if max(free, t.needed) > r.today || inv.DueOn().Number() >= r.today || r.slots[st.slot].task {
		return
	}
	st.reach = st.slot
	for next := st.slot + 1; int(next) < len(r.slots); next++ {
		s := &r.slots[next]
		if s.task || r.slots[next-1].needed || r.needed(i, s) > r.today || !r.delivered(st, s) {
			return
		}
		st.reach = next
	}
}

// delivered reports whether a slot that counts from a delivery has had its time.
func (r *evaluation) delivered(st *invoiceState, s *slot) bool {
	if s.anchor != courrier.AnchorDelivery || st.lastSent == 0 {
		return true
	}
	return st.arrived > 0 && st.arrived+s.offset <= r.today
}

// events returns the next day, later than today, on which anything about an
// invoice could change by time alone.
func (r *evaluation) events(i int) int32 {
	st, inv := &r.w.states[i], &r.c.Invoices[i]
	if st.fixed {
		return never
	}
	day := never
	consider := func(n int32) {
		if n > r.today {
			day = min(day, n)
		}
	}
	consider(r.ownFree(st))
	consider(max(r.ownFree(st), r.contactEnd))
	consider(max(r.ownFree(st), r.laterEnd))
	consider(r.turnEnd)
	consider(inv.DueOn().Number() + 1)
	consider(st.ready)
	for c := r.startClimb(st, inv); int(c.at) < len(r.slots) && c.known; c = r.nextClimb(c, st, inv) {
		t := r.timing(i, c)
		consider(c.planned)
		consider(t.needed)
		consider(t.missed)
		if t.ready > r.today {
			consider(t.ready)
		}
		if r.policy.CatchUp != courrier.CatchUpLowest {
			consider(t.missed + 1) // from then on it is missed
			if t.ready > r.today {
				consider(t.ready + 1)
			}
		}
		consider(t.last + 1)
		if s := &r.slots[c.at]; s.expires > 0 && t.missed < never {
			consider(t.missed + s.expires + 1) // it is dropped, should it not go until then
		}
		if r.slots[c.at].anchor == courrier.AnchorDelivery {
			consider(st.arrived + r.slots[c.at].offset)
		}
	}
	return day
}
