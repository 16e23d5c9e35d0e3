package dunning_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The generators of the property tests. Days lie around the end of February of
// a leap year, so that 29 February and both changes of the clock are near.

var genBase = courrier.MustDate("2028-02-20")

// someHolidays are holidays on every n-th day.
type someHolidays struct{ every int }

func (h someHolidays) IsHoliday(d courrier.Date) bool { return d.DaysSince(genBase)%h.every == 0 }

// world is everything that an evaluation depends on, but the day.
type world struct {
	policy   courrier.ReminderPolicy
	holidays dunning.Holidays
	c        dunning.Case
	h        dunning.History
}

func (w world) evaluator(t require.TestingT) *dunning.Evaluator {
	e, err := dunning.Compile(w.policy, w.holidays)
	require.NoError(t, err)
	return e
}

// start returns a day before most steps, and not before the last of the history.
func (w world) start() courrier.Date {
	from := genBase.AddDays(-40)
	for _, p := range w.h {
		if p.On.After(from) {
			from = p.On
		}
	}
	return from
}

// genToday draws a day on or after the last of the history: mostly one on which
// something is due, where there is one.
func (w world) genToday(t *rapid.T) courrier.Date {
	day := w.start().AddDays(rapid.IntRange(0, 80).Draw(t, "today"))
	if rapid.IntRange(0, 3).Draw(t, "any day") > 0 {
		if due, ok := w.evaluator(t).NextDue(w.c, w.h, day); ok {
			return due
		}
	}
	return day
}

// shape narrows what is generated.
type shape struct {
	oneInvoice, noExpiry, noCourtesy, noHistory, noFacts, noRequires bool
	grouping                                                         []courrier.Grouping
	catchUp                                                          []courrier.CatchUp
	delay                                                            []int
	carrierPaid                                                      []courrier.LeadPaid
}

func (s shape) withDefaults() shape {
	if s.grouping == nil {
		s.grouping = []courrier.Grouping{courrier.GroupByCustomer, courrier.GroupByCustomer, courrier.GroupByCustomerAndStep, courrier.GroupByInvoice}
	}
	if s.catchUp == nil {
		s.catchUp = []courrier.CatchUp{courrier.CatchUpLowest, courrier.CatchUpHighest, courrier.CatchUpSkip}
	}
	if s.delay == nil {
		s.delay = []int{-1, -1, 1, 3, 7, 20}
	}
	if s.carrierPaid == nil {
		s.carrierPaid = []courrier.LeadPaid{courrier.LeadPaidContinue, courrier.LeadPaidContinue, courrier.LeadPaidRestart}
	}
	return s
}

func genWorld(t *rapid.T, s shape) world {
	s = s.withDefaults()
	w := world{policy: genPolicy(t, s)}
	if every := rapid.SampledFrom([]int{0, 0, 3, 5}).Draw(t, "holidays"); every > 0 {
		w.holidays = someHolidays{every}
	}
	w.c = genCase(t, s)
	if !s.noHistory {
		w.h = genHistory(t, w.policy, w.c)
	}
	return w
}

func genPolicy(t *rapid.T, s shape) courrier.ReminderPolicy {
	p := courrier.ReminderPolicy{
		ID: "p", Version: 1,
		Grouping: rapid.SampledFrom(s.grouping).Draw(t, "grouping"), CatchUp: rapid.SampledFrom(s.catchUp).Draw(t, "catchUp"),
		LeadPaid:         rapid.SampledFrom(s.carrierPaid).Draw(t, "carrierPaid"),
		ContactDelayDays: rapid.SampledFrom(s.delay).Draw(t, "delay"),
		PromiseGraceDays: rapid.SampledFrom([]int{0, 2}).Draw(t, "grace"),
		SendingDays:      rapid.SampledFrom([]courrier.Weekdays{0, 127, courrier.WeekdaysOf(time.Tuesday, time.Friday)}).Draw(t, "days"),
		Shift:            rapid.SampledFrom([]courrier.Shift{courrier.ShiftForward, courrier.ShiftBackward}).Draw(t, "shift"),
	}
	if rapid.Bool().Draw(t, "minimum") {
		p.MinimumOpen = []courrier.Amount{courrier.MustAmount("100", "EUR")}
	}
	n := rapid.IntRange(1, 5).Draw(t, "steps")
	due, issue := -8, 25
	for i := range n {
		due += rapid.IntRange(1, 12).Draw(t, "gap")
		issue += rapid.IntRange(1, 12).Draw(t, "gap")
		p.Steps = append(p.Steps, genStep(t, s, p, i, n, due, issue))
	}
	require.NoError(t, p.Validate())
	return p
}

func genStep(t *rapid.T, s shape, p courrier.ReminderPolicy, i, n, due, issue int) courrier.Step {
	st := courrier.Step{ID: string(rune('a' + i)), Kind: courrier.StepReminder, OffsetDays: due}
	last := i == n-1 && n > 1
	switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case kind == 0 && !last && due <= 0 && !s.noExpiry && !s.noCourtesy:
		st.Kind = courrier.StepCourtesy
		return st
	case kind <= 3:
		st.Kind = courrier.StepFormalNotice
	}
	switch rapid.IntRange(0, 7).Draw(t, "anchor") {
	case 0:
		st.Anchor, st.OffsetDays = courrier.AnchorIssue, issue
	case 1, 2:
		if i > 0 {
			st.Anchor, st.OffsetDays = courrier.AnchorPrevious, rapid.IntRange(1, 12).Draw(t, "after")
		}
	case 3:
		if i > 0 {
			st.Anchor, st.OffsetDays = courrier.AnchorDelivery, rapid.IntRange(1, 12).Draw(t, "after")
		}
	case 4:
		st.EndOfMonth = true
	}
	if !last && !s.noExpiry && p.CatchUp == courrier.CatchUpLowest && rapid.IntRange(0, 3).Draw(t, "expires") == 0 {
		st.ExpiresAfterDays = rapid.IntRange(1, 12).Draw(t, "expiry")
	}
	if st.Kind == courrier.StepReminder && rapid.IntRange(0, 4).Draw(t, "task") == 0 {
		st.Task, st.Contact = rapid.SampledFrom([]string{dunning.TaskCall, "sing"}).Draw(t, "word"), rapid.Bool().Draw(t, "contact")
		genRequires(t, s, p, &st)
		return st
	}
	if rapid.IntRange(0, 5).Draw(t, "repeat") == 0 {
		st.Repeat = courrier.Repeat{Times: rapid.IntRange(2, 3).Draw(t, "times"), EveryDays: rapid.IntRange(1, 9).Draw(t, "every")}
	}
	if rapid.IntRange(0, 3).Draw(t, "channels") == 0 {
		st.Channels = []courrier.Channel{rapid.SampledFrom([]courrier.Channel{courrier.ChannelEmail, courrier.ChannelPost}).Draw(t, "channel")}
	}
	genRequires(t, s, p, &st)
	return st
}

// genRequires asks for earlier steps that are sure to be sent or done.
func genRequires(t *rapid.T, s shape, p courrier.ReminderPolicy, st *courrier.Step) {
	var sure []string
	sent := false
	for _, before := range p.Steps {
		if before.ExpiresAfterDays == 0 && before.Kind != courrier.StepCourtesy {
			sure = append(sure, before.ID)
			sent = sent || before.Task == ""
		}
	}
	if len(sure) > 0 && !s.noRequires && rapid.Bool().Draw(t, "requires") {
		r := courrier.Requirement{Step: rapid.SampledFrom(sure).Draw(t, "required"), Days: rapid.IntRange(0, 15).Draw(t, "age")}
		if rapid.Bool().Draw(t, "any") && sent {
			r.Step = ""
		}
		st.Requires = append(st.Requires, r)
	}
	if st.Kind == courrier.StepFormalNotice && len(st.Requires) == 0 {
		st.Unannounced = !sent || s.noRequires || rapid.Bool().Draw(t, "unannounced")
	}
}

func genCase(t *rapid.T, s shape) dunning.Case {
	c := dunning.Case{Account: "acme", Customer: dunning.Customer{
		ID: "c", Class: latepayment.DebtorBusiness,
		Contact: dunning.Contact{Email: true, Post: true},
	}}
	if !s.noFacts {
		c.Customer.Contact.Email = rapid.IntRange(0, 3).Draw(t, "email") > 0
		c.Customer.Contact.PostOff = rapid.IntRange(0, 3).Draw(t, "postOff") == 0
		c.Customer.Insolvent = rapid.IntRange(0, 15).Draw(t, "insolvent") == 0
		c.Customer.Paused = rapid.IntRange(0, 7).Draw(t, "paused") == 0
		if c.Customer.Paused && rapid.Bool().Draw(t, "pauseEnds") {
			c.Customer.PausedUntil = genDay(t, "pausedUntil", -5, 30)
		}
	}
	n := 1
	if !s.oneInvoice {
		n = rapid.IntRange(1, 5).Draw(t, "invoices")
		if rapid.IntRange(0, 15).Draw(t, "many") == 0 {
			n = 20 // enough to be searched in another way
		}
	}
	for i := range n {
		c.Invoices = append(c.Invoices, genInvoice(t, s, i))
	}
	return c
}

func genDay(t *rapid.T, label string, from, to int) courrier.Date {
	return genBase.AddDays(rapid.IntRange(from, to).Draw(t, label))
}

func genInvoice(t *rapid.T, s shape, i int) dunning.Invoice {
	due := genDay(t, "due", -30, 20)
	unit := "EUR"
	if rapid.IntRange(0, 5).Draw(t, "usd") == 0 {
		unit = "USD"
	}
	inv := dunning.Invoice{
		ID: dunning.InvoiceID(fmt.Sprintf("i%d", i)), IssuedOn: due.AddDays(-rapid.IntRange(10, 40).Draw(t, "term")),
		Parts: dunning.Due(due, courrier.MustAmount(fmt.Sprint(rapid.IntRange(1, rapid.SampledFrom([]int{60, 200}).Draw(t, "most")).Draw(t, "open")), unit)),
	}
	if s.noFacts {
		return inv
	}
	switch rapid.IntRange(0, 19).Draw(t, "fact") {
	case 0:
		inv.Paid = true
	case 1:
		inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("0", unit))
	case 2:
		inv.Draft = true
	case 3:
		inv.Disputed = true
	case 4:
		inv.Excluded = true
	case 5, 6, 7:
		inv.PromisedOn = genDay(t, "promised", -10, 25)
	case 8:
		inv.Parts = dunning.Due(courrier.Date{}, inv.Parts[0].Amount)
	}
	return inv
}

func genHistory(t *rapid.T, p courrier.ReminderPolicy, c dunning.Case) dunning.History {
	var h dunning.History
	for range rapid.IntRange(0, 4).Draw(t, "actions") {
		past := dunning.PastReminder{
			State:   rapid.SampledFrom([]dunning.PastState{dunning.PastSent, dunning.PastSent, dunning.PastSent, dunning.PastSkipped, dunning.PastPostponed, dunning.PastPending}).Draw(t, "state"),
			On:      genDay(t, "on", -30, 5),
			Channel: rapid.SampledFrom([]courrier.Channel{courrier.ChannelEmail, courrier.ChannelPost}).Draw(t, "channel"),
		}
		if s := rapid.IntRange(-2, len(p.Steps)-1).Draw(t, "step"); s >= 0 {
			past.Step = p.Steps[s].ID
			if p.Steps[s].Task != "" && rapid.IntRange(0, 5).Draw(t, "became a task") > 0 {
				past.Channel = courrier.ChannelTask
			}
		} else if s == -2 {
			past.Step = "removed"
		}
		if past.State == dunning.PastPostponed {
			past.Until = past.On.AddDays(rapid.IntRange(0, 20).Draw(t, "until"))
		}
		if rapid.Bool().Draw(t, "delivered") {
			past.DeliveredOn = past.On.AddDays(rapid.IntRange(0, 6).Draw(t, "delivery"))
		}
		for _, inv := range c.Invoices {
			if rapid.IntRange(0, 2).Draw(t, "named") == 0 {
				past.Invoices = append(past.Invoices, inv.ID)
			}
		}
		if len(past.Invoices) > 0 {
			past.Lead = past.Invoices[0]
		}
		if rapid.IntRange(0, 5).Draw(t, "foreign") == 0 {
			past.Lead = "gone"
			past.Invoices = append(past.Invoices, "gone")
		}
		h = append(h, past)
	}
	return h
}

// canonical sorts an outcome, so that two of them compare.
func canonical(out dunning.Outcome) dunning.Outcome {
	c := kept(&out)
	slices.SortFunc(c.Holds, func(a, b dunning.Hold) int { return cmp.Compare(a.Invoice, b.Invoice) })
	return c
}

// kept copies an outcome out of memory that is used again.
func kept(out *dunning.Outcome) dunning.Outcome {
	return dunning.Outcome{
		Decisions: append([]dunning.Decision(nil), out.Decisions...),
		Holds:     append([]dunning.Hold(nil), out.Holds...),
	}
}

// named returns the step index of each invoice that an outcome reminds.
func named(p courrier.ReminderPolicy, out dunning.Outcome) map[dunning.InvoiceID]int {
	all := make(map[dunning.InvoiceID]int)
	for _, d := range out.Decisions {
		for _, l := range d.Lines {
			all[l.Invoice] = stepIndex(p, d.Step.ID)
		}
	}
	return all
}

func stepIndex(p courrier.ReminderPolicy, id string) int {
	return slices.IndexFunc(p.Steps, func(s courrier.Step) bool { return s.ID == id })
}

// sentFrom is the history's entry of a decision that left and arrived after three
// days.
func sentFrom(d dunning.Decision, on courrier.Date) dunning.PastReminder {
	p := d.Past(dunning.PastSent, on)
	p.DeliveredOn = on.AddDays(3)
	return p
}

// toldFrom is the same as the engine hears of it: of an e-mail nothing, of a letter
// its arrival, if its carrier follows it.
func toldFrom(d dunning.Decision, on courrier.Date) dunning.PastReminder {
	p := d.Past(dunning.PastSent, on)
	if p.Channel == courrier.ChannelPost && d.Step.Service.Tracked() {
		p.DeliveredOn = on.AddDays(3)
	}
	return p
}

func check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	t.Parallel()
	rapid.Check(t, property)
}
