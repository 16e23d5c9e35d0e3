package dunning

import (
	"iter"
	"math/bits"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/quote"
)

// Holidays tells the days on which nothing is sent besides the weekly ones.
// Package latepayment has the French calendars. It must be pure and safe for
// concurrent use.
type Holidays interface {
	IsHoliday(d courrier.Date) bool
}

// Evaluator applies one policy: a pure function of a case, its history and a
// day. It is immutable and safe for concurrent use.
type Evaluator struct {
	policy    courrier.ReminderPolicy
	steps     []courrier.Step // with their defaults filled in
	slots     []slot
	firstSlot []int16 // of each step
	times     []int32 // that each step is sent
	zone      *time.Location
	holidays  Holidays
	days      courrier.Weekdays
	delay     int32
	grace     int32 // after the delivery of an invoice
	usesIssue bool
	courtesy  uint64 // the slots of courtesies
	// watchesMissed: it matters whether a step could have gone on an earlier day.
	watchesMissed bool
}

// slot is one occurrence of one step: what an invoice climbs, one after another.
type slot struct {
	step     int16
	anchor   courrier.Anchor
	offset   int32
	eom      bool
	courtesy bool
	task     bool
	quiet    bool // a task that is no contact
	final    bool
	needed   bool  // a later step requires it: never passed over
	expires  int32 // days after the planned one; 0: never
	channels channelSet
	needs    []need
}

// need is a compiled Requirement.
type need struct {
	step int16 // anyEarlier: any step before this one
	days int32
}

const anyEarlier = -1

// Compile validates a policy and returns what applies it. Without holidays only
// the sending days count. A zone that this machine does not know is
// [courrier.ErrInvalid]; hosts without a zone database import time/tzdata.
func Compile(p courrier.ReminderPolicy, holidays Holidays) (*Evaluator, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	name := p.Zone
	if name == "" {
		name = courrier.DefaultZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, &courrier.FieldError{Field: "Zone", Rule: quote.Word(name) + " is not a known time zone", Remedy: "use an IANA name; where the machine has no zone database, import time/tzdata"}
	}
	p = copyOf(p)
	e := &Evaluator{
		policy: p, zone: zone, holidays: holidays, days: p.Sending(), delay: int32(p.ContactDelay()), grace: int32(p.DeliveryGrace()),
	}
	e.compileSteps()
	return e, nil
}

// copyOf shares nothing with the caller's policy: an Evaluator does not change.
func copyOf(p courrier.ReminderPolicy) courrier.ReminderPolicy {
	p.MinimumOpen, p.Steps = slices.Clone(p.MinimumOpen), slices.Clone(p.Steps)
	for i := range p.Steps {
		s := &p.Steps[i]
		s.Channels, s.Requires = slices.Clone(s.Channels), slices.Clone(s.Requires)
	}
	return p
}

func (e *Evaluator) compileSteps() {
	e.watchesMissed = e.policy.CatchUp != courrier.CatchUpLowest
	needed := make(map[string]bool)
	for _, s := range e.policy.Steps {
		for _, r := range s.Requirements() {
			needed[r.Step] = true
		}
	}
	for i, s := range e.policy.Steps {
		final := e.policy.Final(i)
		e.watchesMissed = e.watchesMissed || s.ExpiresAfterDays > 0
		e.usesIssue = e.usesIssue || s.Anchor == courrier.AnchorIssue
		e.firstSlot, e.times = append(e.firstSlot, int16(len(e.slots))), append(e.times, int32(s.Occurrences()))
		if s.Kind == courrier.StepCourtesy {
			e.courtesy |= 1 << len(e.slots)
		}
		if s.Task != "" {
			s.Channels = []courrier.Channel{courrier.ChannelTask}
		} else {
			s.Service = s.PostalService()
		}
		base := slot{
			step: int16(i), anchor: s.Anchor, offset: int32(s.OffsetDays), eom: s.EndOfMonth, task: s.Task != "", quiet: !reaches(&s),
			courtesy: s.Kind == courrier.StepCourtesy, final: final, needed: needed[s.ID],
			expires: int32(s.ExpiresAfterDays), channels: wanted(s.Channels, final), needs: e.compileNeeds(s),
		}
		e.slots = append(e.slots, base)
		for range s.Occurrences() - 1 {
			again := base
			again.anchor, again.offset, again.eom, again.needed = courrier.AnchorPrevious, int32(s.Repeat.EveryDays), false, false
			e.slots = append(e.slots, again)
		}
		s.Requires = s.Requirements()
		e.steps = append(e.steps, s)
	}
}

func (e *Evaluator) compileNeeds(s courrier.Step) []need {
	var all []need
	for _, r := range s.Requirements() {
		n := need{step: anyEarlier, days: int32(r.Days)}
		if r.Step != "" {
			n.step = int16(e.policy.StepIndex(r.Step))
		}
		all = append(all, n)
	}
	return all
}

// Policy returns the policy that the evaluator applies.
func (e *Evaluator) Policy() courrier.ReminderPolicy { return e.policy }

// Outcome is what an evaluation decides: every invoice that went in is in
// exactly one line of one decision, or in exactly one hold. Holds are in the
// order of the case's invoices, decisions by currency, most severe step first.
//
// An Outcome may be used again: [Evaluator.EvaluateInto] reuses its slices.
type Outcome struct {
	Decisions []Decision `json:"decisions,omitempty"`
	Holds     []Hold     `json:"holds,omitempty"`

	work *workspace
}

// Evaluate decides what the customer gets today, and why each other invoice
// gets nothing. Only the civil date counts: see [Evaluator.Today].
func (e *Evaluator) Evaluate(c Case, h History, today courrier.Date) Outcome {
	var out Outcome
	e.EvaluateInto(&out, &c, h, today)
	out.work = nil
	return out
}

// EvaluateAll evaluates one case after another, with memory for one of them. An
// outcome is good until the next; its decisions may be kept.
func (e *Evaluator) EvaluateAll(cases iter.Seq2[Case, History], today courrier.Date) iter.Seq2[courrier.CustomerID, *Outcome] {
	return func(yield func(courrier.CustomerID, *Outcome) bool) {
		out := new(Outcome)
		var c Case // outside the loop: one allocation for all customers
		for next, h := range cases {
			c = next
			e.EvaluateInto(out, &c, h, today)
			if !yield(c.Customer.ID, out) {
				return
			}
		}
	}
}

// EvaluateInto is [Evaluator.Evaluate] into an outcome used before. It allocates
// for decisions only; those of before stay valid where they were copied.
func (e *Evaluator) EvaluateInto(out *Outcome, c *Case, h History, today courrier.Date) {
	e.evaluateInto(out, c, h, today, nil)
}

func (e *Evaluator) evaluateInto(out *Outcome, c *Case, h History, today courrier.Date, beside []InvoiceID) {
	out.Decisions, out.Holds = out.Decisions[:0], out.Holds[:0]
	if out.work == nil {
		out.work = new(workspace)
	}
	w := out.work
	if inParts := w.survey(e, c.Invoices); inParts || e.policy.EmailOnly {
		parts := c.byPart()
		parts.AccountPostOff = parts.AccountPostOff || e.policy.EmailOnly
		c = &parts
		w.survey(e, c.Invoices)
	}
	r := evaluation{Evaluator: e, w: w, c: c, today: max(today.Number(), 1), turnStep: -1, beside: beside}
	r.sendsToday = r.nextSendingDay(r.today) == r.today
	r.facts()
	r.recall(h)
	for i := range w.states {
		if st := &w.states[i]; !st.fixed {
			r.reopen(i)
			r.plan(i)
			unit := &w.states[st.unit]
			unit.nextReady = min(unit.nextReady, st.ready)
		}
	}
	r.choose()
	r.hold(out)
	r.decide(out)
}

// never is a day that does not come.
const never = int32(1) << 30

// lastDay is 9999-12-31.
const lastDay = int32(3_652_059)

// dateOf returns the date of a day number, no date for never.
func dateOf(n int32) courrier.Date {
	if n > lastDay {
		return courrier.Date{}
	}
	return courrier.DateOfNumber(n)
}

// causeCode is a HoldCause without its text; 0 is none.
type causeCode uint8

var causeTexts = [...]HoldCause{
	"", CauseUnusable, CauseCredit, CausePaid, CauseDraft, CauseExcluded, CauseInsolvent, CauseNetCreditor, CauseDisputed, CausePaused,
	CausePromised, CausePending, CausePlanDone, CauseSnoozed, CauseDelivery, CauseScheduled, CauseRequires,
	CauseTurn, CauseDelivered, CauseContact, CauseSendingDay, CauseNoChannel, CauseBelowAmount,
}

const (
	codeNone causeCode = iota
	codeUnusable
	codeCredit
	codePaid
	codeDraft
	codeExcluded
	codeInsolvent
	codeNetCreditor
	codeDisputed
	codePaused
	codePromised
	codePending
	codePlanDone
	codeSnoozed
	codeDelivery
	codeScheduled
	codeRequires
	codeTurn
	codeDelivered
	codeContact
	codeSendingDay
	codeNoChannel
	codeBelowAmount
)

// invoiceState is all that an evaluation knows about one invoice.
type invoiceState struct {
	cause causeCode // why it waits; none: it is ready
	fixed bool      // time alone changes nothing
	unit  int32     // index of the first invoice of the same currency
	tail  uint64    // the end of its id
	open  int64     // what is open of its price, in millionths; computed once

	level  int16 // highest slot claimed; -1: none
	slot   int16 // the next one; -1: none
	reach  int16 // the highest slot it may join; under slot: none
	chosen int16 // the slot of the letter that names it; -1: none

	tasked   bool  // a task about it is open
	lastOn   int32 // last claim or sending about it, or task done: one a day
	lastTask int32 // last task that was done and counts
	lastSent int32 // last sending that counts
	sentSlot int16 // its slot
	arrived  int32 // its delivery; 0: not known
	blocked  int32 // first day after a pause or promise
	snoozed  int32
	graceEnd int32 // first day after the grace of its delivery
	topOn    int32 // last claim of the policy's last slot

	planned int32 // day of the slot, shifted
	ready   int32 // first day, today or later, on which it could go by itself
	until   int32 // of its hold

	// Of the first invoice of a currency, for all of them:
	nextReady   int32  // least ready
	owesNothing bool   // the customer is owed at least as much
	offered     uint64 // slots for which an invoice is ready
	someReady   bool
	event       int32 // next day on which more could be due; 0: not computed
}

// pastStep is what was done about one invoice at one step.
type pastStep struct {
	sent    int32 // last sending that counts
	did     int32 // the same of a task
	claimed int32 // all claims, for the next key
	done    int32 // claims that count for the level
	passed  bool  // a person skipped it
}

// workspace is the memory of an evaluation.
type workspace struct {
	states []invoiceState
	past   []pastStep // one per invoice and step
	byID   []int32    // invoices sorted by id, when there are many
	chosen []int32
	// contacts are the days of past letters, where missed days matter.
	contacts []contact

	owner   *Evaluator
	sending [256]sendingDay // recent answers of nextSendingDay
}

type sendingDay struct{ from, day int32 }

type contact struct {
	on    int32
	adHoc bool
}

// survey empties the workspace and reads the id of each invoice and what is open of
// it: in one short loop, in which the processor fetches those of several at once.
// It reports whether one is payable in instalments.
func (w *workspace) survey(e *Evaluator, invoices []Invoice) (inParts bool) {
	w.reset(e, len(invoices))
	for i := range invoices {
		inv, st := &invoices[i], &w.states[i]
		inParts = inParts || len(inv.Parts) > 1
		st.open, st.tail = inv.open(), tailOf(inv.ID)
	}
	return inParts
}

func (w *workspace) reset(e *Evaluator, invoices int) {
	if w.owner != e {
		w.owner = e
		clear(w.sending[:])
	}
	w.states = resized(w.states, invoices)
	w.past = resized(w.past, invoices*len(e.steps))
	w.byID = w.byID[:0]
	w.chosen = w.chosen[:0]
	w.contacts = w.contacts[:0]
}

// resized returns a slice of n zero values, in s when it is large enough.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// evaluation is one run of the function.
type evaluation struct {
	*Evaluator
	w          *workspace
	c          *Case
	today      int32
	sendsToday bool
	// contactEnd is the first day on which the contact delay allows a letter;
	// laterEnd the same for another day than today, whose letters all go
	// together.
	contactEnd, laterEnd int32
	// turnEnd is the first day on which steps below turnStep may go again: until
	// then the turn is that of a more severe reminder that waits to leave.
	turnEnd  int32
	turnStep int16
	// beside are invoices of other letters that were decided with the one that is
	// looked at again: they count for the minimum.
	beside []InvoiceID
}

func (r *evaluation) pastOf(i int, step int16) *pastStep {
	return &r.w.past[i*len(r.steps)+int(step)]
}

// facts sets what is known about each invoice without history.
func (r *evaluation) facts() {
	customer, paused := r.customerCause()
	invoices := r.c.Invoices
	for i := range r.w.states {
		st, inv := &r.w.states[i], &invoices[i]
		st.level, st.slot, st.reach, st.chosen = -1, -1, -2, -1
		st.ready, st.nextReady = never, never
		st.unit = r.firstOfUnit(i)
		st.cause, st.blocked = r.invoiceCause(inv, st.open, customer, paused)
		st.fixed = st.cause != codeNone && st.blocked <= r.today
	}
	r.findTwins()
	r.findNetCreditor(invoices)
}

// findNetCreditor holds every invoice of a currency in which the customer is owed
// at least as much as the customer owes.
func (r *evaluation) findNetCreditor(invoices []Invoice) {
	held := len(r.c.Unallocated) > 0
	for i := 0; !held && i < len(r.w.states); i++ {
		held = r.w.states[i].open < 0
	}
	if !held {
		return
	}
	for i := range r.w.states {
		st := &r.w.states[i]
		if st.unit == int32(i) {
			unit := invoices[i].Unit()
			st.owesNothing = r.c.creditIn(unit) >= r.c.owedIn(unit)
		}
		waits := st.cause == codeNone || st.cause >= codeDisputed
		if waits && r.w.states[st.unit].owesNothing {
			st.cause, st.fixed = codeNetCreditor, true
		}
	}
}

// customerCause returns what holds every invoice, and until when: 0 is for ever.
// The day on which a pause ended stays known: what waited for it is not late.
func (r *evaluation) customerCause() (causeCode, int32) {
	customer := &r.c.Customer
	switch {
	case customer.Insolvent:
		return codeInsolvent, 0
	case customer.Paused:
		return codePaused, customer.PausedUntil.Number()
	}
	return codeNone, 0
}

// invoiceCause returns what holds an invoice, and until when: 0 is for ever.
func (r *evaluation) invoiceCause(inv *Invoice, open int64, customer causeCode, paused int32) (causeCode, int32) {
	switch {
	case inv.ID == "" || !inv.usable() || r.usesIssue && inv.IssuedOn.IsZero():
		return codeUnusable, 0
	case open < 0 && inv.creditNote():
		return codeCredit, 0
	case inv.Paid || open <= 0:
		return codePaid, 0
	case inv.Draft:
		return codeDraft, 0
	case inv.Excluded:
		return codeExcluded, 0
	case customer == codeInsolvent:
		return customer, 0
	case inv.Disputed:
		return codeDisputed, 0
	case customer == codePaused && paused == 0:
		return customer, 0
	}
	promised := int32(0)
	if !inv.PromisedOn.IsZero() {
		promised = inv.PromisedOn.Number() + int32(r.policy.PromiseGraceDays) + 1
	}
	switch free := max(paused, promised); {
	case free <= r.today:
		return codeNone, free
	case r.today < paused:
		return codePaused, free
	default:
		return codePromised, free
	}
}

func (r *evaluation) firstOfUnit(i int) int32 {
	invoices := r.c.Invoices
	unit := invoices[i].Unit()
	if i > 0 && invoices[i-1].Unit() == unit {
		return r.w.states[i-1].unit
	}
	for j := range i {
		if invoices[j].Unit() == unit {
			return int32(j)
		}
	}
	return int32(i)
}

// highest returns the highest of the offered slots from low to high; -1: none.
func highest(offered uint64, low, high int16) int16 {
	if high < low {
		return -1
	}
	in := offered & (^uint64(0) << low)
	if high < 63 {
		in &= 1<<(high+1) - 1
	}
	return int16(bits.Len64(in)) - 1
}

// Today returns the civil date of a moment in the policy's zone.
func (e *Evaluator) Today(now time.Time) courrier.Date { return courrier.DateOf(now.In(e.zone)) }
