package dunning_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What the design asks of reminders, and the test that holds it.
//
//	determinism, once in once out .... TestEveryInvoiceOnce, TestOrderDoesNotMatter, TestStreamEqualsSingle
//	nothing names a blocked invoice .. TestBlockedIsNeverNamed, TestABlockedInvoiceFallsOut
//	one sent action per key .......... TestNoKeySentTwice
//	rerun the same day adds nothing .. TestRerunAddsNothing
//	grading .......................... TestGrading, TestFormalNoticeNeedsAReminder
//	contact delay, ad hoc too ........ TestContactDelay
//	NextDue .......................... TestNextDue
//	outage (rule 11) ................. TestOutage, TestOutageAlone, TestOutageManyInvoices, TestOutageMayAddAnEnvelope
//	payment (rule 12) ................ TestPayment
//	sums, one currency ............... TestSums
//	sending days, no swap ............ TestSendingDays, TestStepsNeverSwap
//	only the civil date .............. TestOnlyTheCivilDate
//	policy edits (rule 7) ............ TestPolicyEdits
//	a hold's date .................... TestHoldDates
//	rule 1, never equality ........... TestMissedDay
//	rule 2, the key .................. TestKeyHoldsNoDateAmountOrVersion
//	rule 3, 4: recorded states ....... TestNoKeySentTwice, TestRerunAddsNothing (the store's part is elsewhere)
//	rule 5, facts read again ......... TestRecheck
//	rule 6, printed amounts .......... TestMinimumComparesWhatIsPrinted
//	rule 8, not now and never ........ TestNotNowAndNever
//	rule 9, fees ..................... TestFees
//	rule 10, own reasons ............. TestHoldCauses
//	simulation ....................... TestSimulate

const horizon = 120 // days that the brute-force references look ahead

func TestEveryInvoiceOnce(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		out := w.evaluator(t).Evaluate(w.c, w.h, w.genToday(t))
		seen := make(map[dunning.InvoiceID]int)
		for _, d := range out.Decisions {
			for _, l := range d.Lines {
				seen[l.Invoice]++
			}
		}
		known := make(map[dunning.HoldCause]bool)
		for _, info := range dunning.HoldCauses() {
			known[info.Cause] = true
		}
		for _, h := range out.Holds {
			seen[h.Invoice]++
			require.True(t, known[h.Cause], "cause %q", h.Cause)
		}
		require.Len(t, seen, len(w.c.Invoices))
		for id, n := range seen {
			require.Equal(t, 1, n, "invoice %s", id)
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		e, today := w.evaluator(t), w.genToday(t)
		want := canonical(e.Evaluate(w.c, w.h, today))
		other := w.c
		other.Invoices = rapid.Permutation(w.c.Invoices).Draw(t, "invoices")
		got := canonical(e.Evaluate(other, rapid.Permutation([]dunning.PastReminder(w.h)).Draw(t, "history"), today))
		require.Equal(t, want, got)
	})
}

// TestStreamEqualsSingle splits customers over two workers that use their memory
// again, in another order, and merges: the same as one by one.
func TestStreamEqualsSingle(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		e, today := w.evaluator(t), w.genToday(t)
		cases := make(map[courrier.CustomerID]world)
		workers := make(map[courrier.CustomerID]int)
		for n := range rapid.IntRange(1, 6).Draw(t, "customers") {
			other := w
			other.c = genCase(t, shape{})
			other.c.Customer.ID = courrier.CustomerID(fmt.Sprint(n))
			other.h = genHistory(t, w.policy, other.c)
			cases[other.c.Customer.ID] = other
			workers[other.c.Customer.ID] = n % 2
		}
		merged := make(map[courrier.CustomerID]dunning.Outcome)
		for worker := range 2 {
			seq := func(yield func(dunning.Case, dunning.History) bool) {
				for id, one := range cases { // the order of a map: any
					if workers[id] == worker && !yield(one.c, one.h) {
						return
					}
				}
			}
			for id, out := range e.EvaluateAll(seq, today) {
				merged[id] = kept(out)
			}
		}
		require.Len(t, merged, len(cases))
		for id, one := range cases {
			require.Equal(t, canonical(e.Evaluate(one.c, one.h, today)), canonical(merged[id]))
		}
	})
}

func TestBlockedIsNeverNamed(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		today := w.genToday(t)
		out := w.evaluator(t).Evaluate(w.c, w.h, today)
		who := w.c.Customer
		if who.Insolvent || who.Paused && (who.PausedUntil.IsZero() || today.Before(who.PausedUntil)) {
			require.Empty(t, out.Decisions)
		}
		reminded := named(w.policy, out)
		for _, inv := range w.c.Invoices {
			promised := !inv.PromisedOn.IsZero() && !today.After(inv.PromisedOn.AddDays(w.policy.PromiseGraceDays))
			if inv.Paid || inv.Draft || inv.Disputed || inv.Excluded || inv.Open().Sign() <= 0 || promised {
				require.NotContains(t, reminded, inv.ID)
			}
		}
	})
}

// TestABlockedInvoiceFallsOut blocks an invoice on a day on which it is reminded,
// in each way that there is.
func TestABlockedInvoiceFallsOut(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noFacts: true})
		e := w.evaluator(t)
		day, ok := e.NextDue(w.c, w.h, w.start())
		if !ok {
			return
		}
		for id := range named(w.policy, e.Evaluate(w.c, w.h, day)) {
			at := slices.IndexFunc(w.c.Invoices, func(inv dunning.Invoice) bool { return inv.ID == id })
			promised := day.AddDays(-w.policy.PromiseGraceDays)
			for name, block := range map[string]func(who *dunning.Customer, inv *dunning.Invoice){
				"paid": func(_ *dunning.Customer, inv *dunning.Invoice) { inv.Paid = true },
				"nothing open": func(_ *dunning.Customer, inv *dunning.Invoice) {
					inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("0", inv.Unit()))
				},
				"draft":          func(_ *dunning.Customer, inv *dunning.Invoice) { inv.Draft = true },
				"excluded":       func(_ *dunning.Customer, inv *dunning.Invoice) { inv.Excluded = true },
				"disputed":       func(_ *dunning.Customer, inv *dunning.Invoice) { inv.Disputed = true },
				"promised":       func(_ *dunning.Customer, inv *dunning.Invoice) { inv.PromisedOn = promised },
				"insolvent":      func(who *dunning.Customer, _ *dunning.Invoice) { who.Insolvent = true },
				"paused":         func(who *dunning.Customer, _ *dunning.Invoice) { who.Paused = true },
				"paused a while": func(who *dunning.Customer, _ *dunning.Invoice) { who.Paused, who.PausedUntil = true, day.AddDays(1) },
			} {
				c := w.c
				c.Invoices = slices.Clone(w.c.Invoices)
				block(&c.Customer, &c.Invoices[at])
				require.NotContains(t, named(w.policy, e.Evaluate(c, w.h, day)), id, name)
			}
			h := append(slices.Clone(w.h), dunning.PastReminder{Step: w.policy.Steps[0].ID, State: dunning.PastPending, On: day.AddDays(-30), Invoices: []dunning.InvoiceID{id}})
			require.NotContains(t, named(w.policy, e.Evaluate(w.c, h, day)), id, "pending")
		}
	})
}

// TestNoKeySentTwice lets runs, retries, snoozes and crashes meet in any order.
// A run looks at a history that may be older than the last claim, and at facts
// of its own: what one run sees as disputed another may remind.
func TestNoKeySentTwice(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noHistory: true})
		e := w.evaluator(t)
		claims := make(map[dunning.ReminderKey]int) // index into the history
		var h, read dunning.History
		day := genDay(t, "start", -10, 10)
		for range rapid.IntRange(5, 40).Draw(t, "moves") {
			switch rapid.IntRange(0, 5).Draw(t, "move") {
			case 0:
				day = day.AddDays(rapid.IntRange(1, 25).Draw(t, "days"))
			case 1:
				read = slices.Clone(h)
			case 2, 3: // a run claims, on what it has read
				for _, d := range e.Evaluate(someDisputed(t, w.c), read, day).Decisions {
					h = claim(claims, h, d, day)
				}
			case 4: // a worker ends what is claimed; its run may be long gone
				for n := range h {
					if h[n].State == dunning.PastPending {
						h[n].State = rapid.SampledFrom([]dunning.PastState{dunning.PastSent, dunning.PastPostponed, dunning.PastSkipped, dunning.PastPending}).Draw(t, "end")
						h[n].On, h[n].Until, h[n].DeliveredOn = day, day.AddDays(2), day
					}
				}
			case 5: // a run claims with fresh eyes
				for _, d := range e.Evaluate(w.c, slices.Clone(h), day).Decisions {
					h = claim(claims, h, d, day)
				}
			}
		}
		requireSentOnce(t, w, h)
	})
}

func someDisputed(t *rapid.T, c dunning.Case) dunning.Case {
	c.Invoices = slices.Clone(c.Invoices)
	for i := range c.Invoices {
		c.Invoices[i].Disputed = c.Invoices[i].Disputed || rapid.IntRange(0, 2).Draw(t, "disputed") == 0
	}
	return c
}

// requireSentOnce: no step was sent about an invoice more often than it repeats.
func requireSentOnce(t *rapid.T, w world, h dunning.History) {
	if w.policy.LeadPaid == courrier.LeadPaidRestart {
		return // begins anew on purpose
	}
	for _, s := range w.policy.Steps {
		for _, inv := range w.c.Invoices {
			times := 0
			for _, p := range h {
				if p.State == dunning.PastSent && p.Step == s.ID && slices.Contains(p.Invoices, inv.ID) {
					times++
				}
			}
			require.LessOrEqual(t, times, max(s.Repeat.Times, 1), "%s about %s", s.ID, inv.ID)
		}
	}
}

// claim inserts all keys of a decision, or none. A postponed one is revived.
func claim(claims map[dunning.ReminderKey]int, h dunning.History, d dunning.Decision, day courrier.Date) dunning.History {
	for key := range d.Keys() {
		if n, taken := claims[key]; taken && h[n].State != dunning.PastPostponed {
			return h
		}
	}
	for key := range d.Keys() {
		if n, taken := claims[key]; taken { // the postponed one gives this line away
			h[n].Invoices = slices.DeleteFunc(slices.Clone(h[n].Invoices), func(id dunning.InvoiceID) bool { return id == key.Invoice })
		}
		claims[key] = len(h)
	}
	return append(h, d.Past(dunning.PastPending, day))
}

func TestRerunAddsNothing(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noFacts: true})
		e, today := w.evaluator(t), w.genToday(t)
		// After days without a run several steps are due.
		if late, ok := e.NextDue(w.c, w.h, today.AddDays(rapid.IntRange(0, 60).Draw(t, "late"))); ok {
			today = late
		}
		for _, state := range []dunning.PastState{dunning.PastSent, dunning.PastPending} {
			h := slices.Clone(w.h)
			for _, d := range e.Evaluate(w.c, w.h, today).Decisions {
				h = append(h, d.Past(state, today))
			}
			require.Empty(t, e.Evaluate(w.c, h, today).Decisions, "%s", state)
		}
	})
}

// quiet tells a task that is no contact.
func quiet(s courrier.Step) bool { return s.Task != "" && !s.Contact }

// What the facts postponed is decided again on the next pass, under the same keys;
// what a person put off waits for its day.
func TestPostponedIsDecidedAgain(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noFacts: true})
		e, today := w.evaluator(t), w.genToday(t)
		first := canonical(e.Evaluate(w.c, w.h, today))
		byFacts, byPerson := slices.Clone(w.h), slices.Clone(w.h)
		for _, d := range first.Decisions {
			byFacts = append(byFacts, d.Past(dunning.PastPostponed, today))
			put := d.Past(dunning.PastPostponed, today)
			put.Until = today.AddDays(1)
			byPerson = append(byPerson, put)
		}
		require.Equal(t, first, canonical(e.Evaluate(w.c, byFacts, today)))
		for _, d := range e.Evaluate(w.c, byPerson, today).Decisions {
			for _, line := range d.Lines {
				_, was := first.Explain(line.Invoice, courrier.English)
				require.True(t, was)
			}
			for _, p := range first.Decisions {
				require.False(t, slices.ContainsFunc(p.Lines, func(l dunning.ReminderLine) bool { return l.Invoice == d.Lines[0].Invoice }), "put off")
			}
		}
	})
}

// life runs a policy day by day, but for an outage, with what happens in between,
// and reports every decision that was sent.
func life(t *rapid.T, w *world, e *dunning.Evaluator, days int, onDay func(day courrier.Date), sent func(day courrier.Date, d dunning.Decision)) {
	runs := genOutage(t)
	for n := range days {
		day := genBase.AddDays(n - 30)
		onDay(day)
		if !runs(n) {
			continue
		}
		for _, d := range e.Evaluate(w.c, w.h, day).Decisions {
			sent(day, d)
			w.h = append(w.h, sentFrom(d, day))
		}
	}
}

// TestGrading watches whole lives: an invoice climbs and never falls back, and
// no step goes out whose requirements were not really sent.
func TestGrading(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noHistory: true, noFacts: true, carrierPaid: []courrier.LeadPaid{courrier.LeadPaidContinue}})
		e := w.evaluator(t)
		level := make(map[dunning.InvoiceID]int)
		sentOn := make(map[dunning.InvoiceID]map[string]courrier.Date)
		for _, inv := range w.c.Invoices {
			level[inv.ID], sentOn[inv.ID] = -1, make(map[string]courrier.Date)
		}
		pay := rapid.IntRange(0, 80).Draw(t, "pay")
		onDay := func(day courrier.Date) {
			if day == genBase.AddDays(pay-30) {
				w.c.Invoices[rapid.IntRange(0, len(w.c.Invoices)-1).Draw(t, "who")].Paid = true
			}
		}
		life(t, &w, e, 100, onDay, func(day courrier.Date, d dunning.Decision) {
			at := stepIndex(w.policy, d.Step.ID)
			for _, l := range d.Lines {
				if s := w.policy.Steps[at]; s.Repeat.Times > 1 {
					require.GreaterOrEqual(t, at, level[l.Invoice])
				} else {
					require.Greater(t, at, level[l.Invoice])
				}
				for _, r := range d.Step.Requires {
					require.True(t, requirementMet(w.policy, at, r, sentOn[l.Invoice], day), "step %s of %s requires %+v", d.Step.ID, l.Invoice, r)
				}
				level[l.Invoice] = at
				sentOn[l.Invoice][d.Step.ID] = day
			}
		})
	})
}

func requirementMet(p courrier.ReminderPolicy, at int, r courrier.Requirement, sentOn map[string]courrier.Date, day courrier.Date) bool {
	for _, earlier := range p.Steps[:at] {
		on, sent := sentOn[earlier.ID]
		if sent && (r.Step == "" && earlier.Task == "" || r.Step == earlier.ID) && !day.Before(on.AddDays(r.Days)) {
			return true
		}
	}
	return false
}

// TestFormalNoticeNeedsAReminder: without Requires and without Unannounced, some
// earlier step was really sent at least eight days before, and a person answers.
func TestFormalNoticeNeedsAReminder(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noFacts: true, noExpiry: true, delay: []int{-1, 1, 3}})
		last := &w.policy.Steps[len(w.policy.Steps)-1]
		last.Kind, last.Requires, last.Task, last.Contact = courrier.StepFormalNotice, nil, "", false
		sent := func(s courrier.Step) bool { return s.Task == "" }
		last.Unannounced = !slices.ContainsFunc(w.policy.Steps[:len(w.policy.Steps)-1], sent)
		e, day := w.evaluator(t), w.start()
		for range 12 { // letters, or refusals to send one
			next, ok := e.NextDue(w.c, w.h, day)
			if !ok {
				return
			}
			day = next
			for _, d := range e.Evaluate(w.c, w.h, day).Decisions {
				if d.Step.Kind == courrier.StepFormalNotice {
					requireAnnounced(t, w, d, day)
				}
				p := sentFrom(d, day)
				p.State = rapid.SampledFrom([]dunning.PastState{dunning.PastSent, dunning.PastSkipped}).Draw(t, "state")
				w.h = append(w.h, p)
			}
		}
	})
}

func requireAnnounced(t *rapid.T, w world, d dunning.Decision, day courrier.Date) {
	require.True(t, d.Manual)
	require.True(t, d.NeedsApproval)
	at := stepIndex(w.policy, d.Step.ID)
	if raw := w.policy.Steps[at]; raw.Unannounced || len(raw.Requires) > 0 {
		return
	}
	for _, l := range d.Lines {
		require.True(t, slices.ContainsFunc(w.h, func(p dunning.PastReminder) bool {
			step := stepIndex(w.policy, p.Step)
			return p.State == dunning.PastSent && p.Channel != courrier.ChannelTask && slices.Contains(p.Invoices, l.Invoice) &&
				step >= 0 && step < at && !day.Before(p.On.AddDays(8))
		}))
	}
}

func TestContactDelay(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noHistory: true, delay: []int{1, 3, 7, 20}})
		e := w.evaluator(t)
		var last courrier.Date
		adHoc := make(map[courrier.Date]bool)
		onDay := func(day courrier.Date) {
			if rapid.IntRange(0, 14).Draw(t, "adHoc") == 0 {
				w.h = append(w.h, dunning.PastReminder{State: dunning.PastSent, On: day})
				adHoc[day] = true
				last = day
			}
		}
		life(t, &w, e, 100, onDay, func(day courrier.Date, d dunning.Decision) {
			if quiet(d.Step) {
				return
			}
			require.False(t, adHoc[day], "an ad hoc reminder left that day")
			if !last.IsZero() && last != day {
				require.GreaterOrEqual(t, day.DaysSince(last), w.policy.ContactDelayDays)
			}
			last = day
		})
	})
}

func TestNextDue(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		e, from := w.evaluator(t), w.genToday(t)
		got, ok := e.NextDue(w.c, w.h, from)
		for n := range horizon {
			day := from.AddDays(n)
			if len(e.Evaluate(w.c, w.h, day).Decisions) > 0 {
				require.True(t, ok)
				require.Equal(t, day.String(), got.String())
				return
			}
		}
		require.True(t, !ok || got.After(from.AddDays(horizon-1)))
	})
}

// TestHoldDates compares each hold's date with the first day on which the
// invoice would be reminded, found by asking every day.
func TestHoldDates(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noFacts: rapid.Bool().Draw(t, "no facts")})
		e, today := w.evaluator(t), w.genToday(t)
		if before := today.AddDays(-rapid.IntRange(0, 9).Draw(t, "before")); !before.Before(w.start()) {
			today = before
		}
		holds := e.Evaluate(w.c, w.h, today).Holds
		first := make(map[dunning.InvoiceID]courrier.Date)
		for n := range horizon {
			day := today.AddDays(n + 1)
			for id := range named(w.policy, e.Evaluate(w.c, w.h, day)) {
				if _, known := first[id]; !known {
					first[id] = day
				}
			}
		}
		for _, h := range holds {
			if !h.Until.IsZero() {
				require.True(t, h.Until.After(today), "%+v", h)
			}
			if day, decided := first[h.Invoice]; decided {
				require.False(t, h.Until.IsZero(), "%+v is reminded on %s", h, day)
				require.False(t, h.Until.After(day), "%+v is reminded on %s", h, day)
			}
		}
	})
}

// sentLife is what a policy sends when it runs on some days only.
type sentLife struct {
	letters    int
	perInvoice map[dunning.InvoiceID]int
	final      map[dunning.InvoiceID]int
}

func runOn(w world, e *dunning.Evaluator, runs func(n int) bool) sentLife {
	all := sentLife{perInvoice: make(map[dunning.InvoiceID]int), final: make(map[dunning.InvoiceID]int)}
	h, from := slices.Clone(w.h), w.start()
	for n := range 400 {
		if !runs(n) {
			continue
		}
		day := from.AddDays(n)
		out := e.Evaluate(w.c, h, day)
		if len(out.Decisions) == 0 && !slices.ContainsFunc(out.Holds, func(h dunning.Hold) bool { return !h.Until.IsZero() }) {
			break // TestHoldDates holds that time changes nothing any more
		}
		for _, d := range out.Decisions {
			h = append(h, sentFrom(d, day))
			all.letters++
			for _, l := range d.Lines {
				all.perInvoice[l.Invoice]++
				all.final[l.Invoice] = max(all.final[l.Invoice], stepIndex(w.policy, d.Step.ID)+1)
			}
		}
	}
	return all
}

func everyDay(int) bool { return true }

// reachable makes every step of a world possible. One that no channel can carry
// keeps an invoice where it is, unless another's letter happens to take it along.
func reachable(w world) world {
	w.c.Customer.Contact = dunning.Contact{Email: true, Post: true}
	return w
}

func genOutage(t *rapid.T) func(n int) bool {
	from := rapid.IntRange(0, 120).Draw(t, "outage")
	days := rapid.IntRange(1, 60).Draw(t, "days")
	return func(n int) bool { return n < from || n >= from+days }
}

// TestOutage: one invoice, any policy, any past: days without a run never add a
// letter nor a higher final step.
func TestOutage(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{oneInvoice: true})
		e := w.evaluator(t)
		daily, outage := runOn(w, e, everyDay), runOn(w, e, genOutage(t))
		require.LessOrEqual(t, outage.letters, daily.letters)
		require.LessOrEqual(t, outage.final["i0"], daily.final["i0"])
	})
}

// TestOutageAlone holds what an outage can do at worst, whatever the policy, its
// grouping and the past: no invoice is named more often, nor ends on a higher
// step, than with a run every day and the customer owing nothing else.
func TestOutageAlone(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := reachable(genWorld(t, shape{}))
		outage := runOn(w, w.evaluator(t), genOutage(t))
		most := 0
		for _, inv := range w.c.Invoices {
			alone := w
			alone.c.Invoices, alone.policy.MinimumOpen = []dunning.Invoice{inv}, nil
			daily := runOn(alone, alone.evaluator(t), everyDay)
			require.LessOrEqual(t, outage.perInvoice[inv.ID], daily.letters, "%s", inv.ID)
			require.LessOrEqual(t, outage.final[inv.ID], daily.final[inv.ID], "%s", inv.ID)
			most += daily.letters
		}
		require.LessOrEqual(t, outage.letters, most)
	})
}

// TestOutageManyInvoices compares with the same policy run every day. Two things
// are left out because they look at one day: a courtesy that the contact delay of
// another letter made too late, and small amounts that come together in one day.
func TestOutageManyInvoices(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := reachable(genWorld(t, shape{noCourtesy: true}))
		w.policy.MinimumOpen = nil
		e := w.evaluator(t)
		daily, outage := runOn(w, e, everyDay), runOn(w, e, genOutage(t))
		for _, inv := range w.c.Invoices {
			require.LessOrEqual(t, outage.final[inv.ID], daily.final[inv.ID])
			if w.policy.Grouping != courrier.GroupByCustomer {
				require.LessOrEqual(t, outage.perInvoice[inv.ID], daily.perInvoice[inv.ID])
			}
		}
		if w.policy.Grouping == courrier.GroupByInvoice {
			require.LessOrEqual(t, outage.letters, daily.letters)
		}
	})
}

// TestOutageMayAddAnEnvelope keeps the smallest lives in which an outage makes
// invoices travel apart that would have travelled together: docs/dunning.md says
// why no rule can avoid it.
func TestOutageMayAddAnEnvelope(t *testing.T) {
	t.Parallel()
	due := func(id dunning.InvoiceID, day int) dunning.Invoice {
		return dunning.Invoice{ID: id, Parts: dunning.Due(genBase.AddDays(day), courrier.MustAmount("100", "EUR"))}
	}
	reminder := courrier.Step{ID: "reminder", Kind: courrier.StepReminder, OffsetDays: 5}
	for _, tt := range []struct {
		grouping      courrier.Grouping
		later         courrier.Step
		invoices      []dunning.Invoice
		h             dunning.History
		from, until   int // without a run
		daily, outage int
	}{
		{
			courrier.GroupByCustomer, courrier.Step{ID: "notice", Kind: courrier.StepFormalNotice, OffsetDays: 30},
			[]dunning.Invoice{due("a", 0), due("b", 14), due("c", 18)}, nil, 5, 14, 3, 4,
		},
		{
			courrier.GroupByCustomerAndStep, courrier.Step{ID: "later", Kind: courrier.StepReminder, OffsetDays: 100},
			[]dunning.Invoice{due("x", -95), due("a", 3), due("b", 7)}, dunning.History{past("reminder", dunning.PastSent, "2027-11-22", "x")}, 5, 7, 4, 5,
		},
	} {
		w := world{c: oneLate("2028-01-01", "1"), h: tt.h, policy: courrier.ReminderPolicy{
			ID: "p", Grouping: tt.grouping, SendingDays: 127, Steps: []courrier.Step{reminder, tt.later},
		}}
		w.c.Invoices = tt.invoices
		e, first := w.evaluator(t), genBase.DaysSince(w.start())
		runs := func(n int) bool { return n < first+tt.from || n > first+tt.until }
		require.Equal(t, tt.daily, runOn(w, e, everyDay).letters, "%s", tt.grouping)
		require.Equal(t, tt.outage, runOn(w, e, runs).letters, "%s", tt.grouping)
	}
}

// TestPayment pays some invoices, wholly or in part, and compares the same day:
// no other invoice is named, none gets a higher step, there are no more letters
// and no more is asked for.
func TestPayment(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{carrierPaid: []courrier.LeadPaid{courrier.LeadPaidContinue}})
		e, today := w.evaluator(t), w.genToday(t)
		before := e.Evaluate(w.c, w.h, today)
		paid := w.c
		paid.Invoices = slices.Clone(w.c.Invoices)
		for i := range paid.Invoices {
			inv := &paid.Invoices[i]
			switch rapid.IntRange(0, 3).Draw(t, "pays") {
			case 0:
				inv.Paid = true
			case 1:
				inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("0.50", inv.Unit()))
			case 2:
				if rapid.Bool().Draw(t, "left out") {
					inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("0", inv.Unit()))
				}
			}
			if cents, _ := w.c.Invoices[i].Open().Cmp(inv.Open()); cents < 0 {
				*inv = w.c.Invoices[i]
			}
		}
		after := e.Evaluate(paid, w.h, today)
		requireNotHarsher(t, w.policy, before, after)
	})
}

func requireNotHarsher(t *rapid.T, p courrier.ReminderPolicy, before, after dunning.Outcome) {
	steps := named(p, before)
	for id, step := range named(p, after) {
		require.Contains(t, steps, id)
		require.LessOrEqual(t, step, steps[id])
	}
	require.LessOrEqual(t, len(after.Decisions), len(before.Decisions))
	asked := func(out dunning.Outcome) map[string]courrier.Amount {
		all := make(map[string]courrier.Amount)
		for _, d := range out.Decisions {
			sum, err := all[d.Open.Unit()].Add(d.Open)
			require.NoError(t, err)
			all[d.Open.Unit()] = sum
		}
		return all
	}
	was := asked(before)
	for unit, sum := range asked(after) {
		order, err := sum.Cmp(was[unit])
		require.NoError(t, err)
		require.LessOrEqual(t, order, 0)
	}
}

func TestSums(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		open := make(map[dunning.InvoiceID]courrier.Amount)
		for _, inv := range w.c.Invoices {
			open[inv.ID] = inv.Open()
		}
		for _, d := range w.evaluator(t).Evaluate(w.c, w.h, w.genToday(t)).Decisions {
			total := courrier.Amount{}
			for _, l := range d.Lines {
				var err error
				require.True(t, l.Open.Equal(open[l.Invoice]))
				total, err = total.Add(l.Open) // fails on two currencies
				require.NoError(t, err)
			}
			require.True(t, total.Equal(d.Open))
			require.Equal(t, d.Lines[0].Invoice, d.Key.Invoice)
			require.NotEmpty(t, d.Channels)
		}
	})
}

func TestSendingDays(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		today := w.genToday(t)
		sends := func(d courrier.Date) bool {
			days := w.policy.SendingDays
			if days == 0 {
				days = courrier.WeekdaysOf(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday)
			}
			return days.Has(d.Weekday()) && (w.holidays == nil || !w.holidays.IsHoliday(d))
		}
		for _, d := range w.evaluator(t).Evaluate(w.c, w.h, today).Decisions {
			require.Equal(t, today, d.On)
			require.True(t, sends(d.On))
			require.True(t, sends(d.PlannedOn))
			require.False(t, d.PlannedOn.After(d.On))
		}
	})
}

// TestStepsNeverSwap: whatever the anchors, month ends, weekends and holidays,
// one invoice gets its steps in the policy's order, one on a day.
func TestStepsNeverSwap(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{oneInvoice: true, noHistory: true, delay: []int{-1}})
		last, lastDay := -1, courrier.Date{}
		life(t, &w, w.evaluator(t), 150, func(courrier.Date) {}, func(day courrier.Date, d dunning.Decision) {
			at := stepIndex(w.policy, d.Step.ID)
			require.GreaterOrEqual(t, at, last)
			require.True(t, day.After(lastDay))
			last, lastDay = at, day
		})
	})
}

// TestMissedDay: without a run on its day, a step goes out on any later sending
// day (one step, one invoice: nothing else can take its place).
func TestMissedDay(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{oneInvoice: true, noHistory: true, noExpiry: true, noFacts: true})
		w.policy.Steps, w.policy.MinimumOpen, w.policy.SendingDays, w.holidays = w.policy.Steps[:1], nil, 127, nil
		e := w.evaluator(t)
		day, ok := e.NextDue(w.c, nil, genBase.AddDays(-60))
		require.True(t, ok)
		late := day.AddDays(rapid.IntRange(0, 300).Draw(t, "missed"))
		require.Len(t, e.Evaluate(w.c, nil, late).Decisions, 1)
	})
}

func TestOnlyTheCivilDate(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		e := w.evaluator(t)
		paris, err := time.LoadLocation("Europe/Paris")
		require.NoError(t, err)
		day := rapid.SampledFrom([]string{"2028-02-29", "2028-03-26", "2028-10-29", "2028-02-28", "2028-03-01"}).Draw(t, "day")
		date := courrier.MustDate(day)
		y, m, d := date.Civil()
		want := e.Evaluate(w.c, w.h, date)
		for _, clock := range []struct{ h, m int }{{0, 0}, {0, 30}, {2, 30}, {23, 30}, {23, 59}} {
			now := time.Date(y, m, d, clock.h, clock.m, 0, 0, paris)
			require.Equal(t, date, e.Today(now))
			require.Equal(t, date, e.Today(now.UTC()))
			require.Equal(t, canonical(want), canonical(e.Evaluate(w.c, w.h, e.Today(now.In(time.FixedZone("x", -11*3600))))))
		}
	})
}

// TestPolicyEdits inserts and removes steps in the middle of a life: no step
// that was sent is sent again, and steps keep their keys.
func TestPolicyEdits(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noHistory: true, noRequires: true, noExpiry: true, carrierPaid: []courrier.LeadPaid{courrier.LeadPaidContinue}})
		for i := range w.policy.Steps {
			s := &w.policy.Steps[i]
			s.Repeat, s.Anchor, s.EndOfMonth, s.OffsetDays = courrier.Repeat{}, courrier.AnchorDue, false, 10*i-5
		}
		times := make(map[string]int)
		for edit := range 4 {
			e := w.evaluator(t)
			for n := range 15 {
				day := genBase.AddDays(edit*15 + n - 30)
				for _, d := range e.Evaluate(w.c, w.h, day).Decisions {
					w.h = append(w.h, sentFrom(d, day))
					for key := range d.Keys() {
						times[key.String()]++
						require.Equal(t, 1, key.Occurrence)
						require.Equal(t, 1, times[key.String()], "key %s", key)
					}
				}
			}
			w.policy.Steps = slices.Clone(w.policy.Steps)
			w.policy.Version++
			at := rapid.IntRange(0, len(w.policy.Steps)-1).Draw(t, "at")
			if rapid.Bool().Draw(t, "insert") {
				inserted := courrier.Step{ID: fmt.Sprintf("new%d", edit), Kind: courrier.StepReminder, OffsetDays: w.policy.Steps[at].OffsetDays - 1 - edit}
				w.policy.Steps = slices.Insert(w.policy.Steps, at, inserted)
			} else if len(w.policy.Steps) > 1 {
				w.policy.Steps = slices.Delete(w.policy.Steps, at, at+1)
			}
			if w.policy.Validate() != nil {
				return // two edits at one place may cross
			}
		}
	})
}

// TestKeyHoldsNoDateAmountOrVersion changes all that is no part of a key.
func TestKeyHoldsNoDateAmountOrVersion(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{oneInvoice: true, noHistory: true, noFacts: true, noExpiry: true, catchUp: []courrier.CatchUp{courrier.CatchUpLowest}})
		w.policy.MinimumOpen, w.policy.SendingDays, w.holidays = nil, 127, nil
		first, ok := w.evaluator(t).NextDue(w.c, nil, genBase.AddDays(-60))
		require.True(t, ok)
		was := w.evaluator(t).Evaluate(w.c, nil, first).Decisions[0]
		w.policy.Version += 5
		w.c.Invoices[0].Parts = dunning.Due(w.c.Invoices[0].DueOn(), courrier.MustAmount("3", w.c.Invoices[0].Unit()))
		later := w.evaluator(t).Evaluate(w.c, nil, first.AddDays(rapid.IntRange(0, 99).Draw(t, "later")))
		require.Equal(t, was.Key, later.Decisions[0].Key)
		require.Equal(t, slices.Collect(was.Keys()), slices.Collect(later.Decisions[0].Keys()))
	})
}

// TestSimulate holds simulation and reality equal, day by day: what Simulate says
// is what Evaluate decides when each letter leaves on its day, and NextDue names the
// first of them.
func TestSimulate(t *testing.T) {
	t.Parallel()
	for range 10 { // a thousand lives, where rapid takes a hundred
		rapid.Check(t, func(t *rapid.T) {
			w := genWorld(t, shape{})
			e := w.evaluator(t)
			s := dunning.Simulation{From: w.genToday(t), DeliveryDays: 3}
			s.To = s.From.AddDays(120)
			before := slices.Clone(w.h)
			got := maps.Collect(func(yield func(courrier.Date, []dunning.Decision) bool) {
				for day := range e.Simulate(w.c, w.h, s) {
					if !yield(day.On, day.Decisions) {
						return
					}
				}
			})
			require.Equal(t, before, w.h)
			want := make(map[courrier.Date][]dunning.Decision)
			h := slices.Clone(w.h)
			for day := s.From; !day.After(s.To); day = day.AddDays(1) {
				out := e.Evaluate(w.c, h, day)
				if next, ok := e.NextDue(w.c, h, day); len(out.Decisions) > 0 {
					require.True(t, ok)
					require.Equal(t, day, next)
				} else if ok {
					require.True(t, next.After(day))
				}
				for _, d := range out.Decisions {
					h = append(h, toldFrom(d, day))
					want[day] = append(want[day], d)
				}
			}
			require.Equal(t, want, got)
		})
	}
}

// TestRecheck changes facts between the decision and the sending.
func TestRecheck(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		e, today := w.evaluator(t), w.genToday(t)
		for _, d := range e.Evaluate(w.c, w.h, today).Decisions {
			pending := append(slices.Clone(w.h), d.Past(dunning.PastPending, today))
			same, holds := e.Recheck(d, w.c, pending, today)
			require.Equal(t, d, same)
			require.Empty(t, holds)

			now := w.c
			now.Invoices = slices.Clone(w.c.Invoices)
			blocked := make(map[dunning.InvoiceID]bool)
			for i := range now.Invoices {
				if rapid.Bool().Draw(t, "changes") {
					blocked[now.Invoices[i].ID] = true
					inv := &now.Invoices[i]
					*rapid.SampledFrom([]*bool{&inv.Paid, &inv.Disputed, &inv.Excluded}).Draw(t, "fact") = true
				} else if inv := &now.Invoices[i]; inv.Open().Sign() > 0 {
					inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("0.5", inv.Unit())) // the rest was paid
				}
			}
			left, holds := e.Recheck(d, now, pending, today)
			require.Equal(t, len(d.Lines), len(left.Lines)+len(holds))
			if len(left.Lines) > 0 { // the first that leaves leads
				require.Equal(t, left.Lines[0].Invoice, left.Key.Invoice)
				require.Equal(t, left.Lines[0].Occurrence, left.Key.Occurrence)
			}
			steps := named(w.policy, e.Evaluate(now, w.h, today))
			for _, l := range left.Lines {
				require.False(t, blocked[l.Invoice])
				if d.Step.Task == "" { // a task waits, whatever has its turn now
					require.GreaterOrEqual(t, steps[l.Invoice], stepIndex(w.policy, d.Step.ID))
				}
				require.Equal(t, "0.5", l.Open.Decimal().String())
				require.True(t, slices.ContainsFunc(d.Lines, func(was dunning.ReminderLine) bool { return was.Invoice == l.Invoice }))
			}
		}
	})
}

// TestRecheckAfterAnEdit: a step that was taken out of the policy between the
// decision and the sending does not leave.
func TestRecheckAfterAnEdit(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{noRequires: true})
		today := w.genToday(t)
		for _, d := range w.evaluator(t).Evaluate(w.c, w.h, today).Decisions {
			edited := w
			edited.policy.Steps = slices.DeleteFunc(slices.Clone(w.policy.Steps), func(s courrier.Step) bool { return s.ID == d.Step.ID })
			if len(edited.policy.Steps) == 0 || edited.policy.Validate() != nil {
				continue
			}
			left, holds := edited.evaluator(t).Recheck(d, w.c, w.h, today)
			require.Empty(t, left.Lines)
			require.Len(t, holds, len(d.Lines))
		}
	})
}

// TestRecheckWithoutTheCarrier: an invoice that another one took along to a later
// step goes no further than its own once that other one is paid.
func TestRecheckWithoutTheCarrier(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{grouping: []courrier.Grouping{courrier.GroupByCustomer}, carrierPaid: []courrier.LeadPaid{courrier.LeadPaidContinue}})
		e, today := w.evaluator(t), w.genToday(t)
		for _, d := range e.Evaluate(w.c, w.h, today).Decisions {
			for _, paid := range d.Lines {
				now := w.c
				now.Invoices = slices.Clone(w.c.Invoices)
				for i := range now.Invoices {
					now.Invoices[i].Paid = now.Invoices[i].Paid || now.Invoices[i].ID == paid.Invoice
				}
				steps := named(w.policy, e.Evaluate(now, w.h, today))
				left, _ := e.Recheck(d, now, w.h, today)
				if d.Step.Task != "" {
					continue // nobody is taken along to a task
				}
				for _, l := range left.Lines {
					require.GreaterOrEqual(t, steps[l.Invoice], stepIndex(w.policy, d.Step.ID))
				}
			}
		}
	})
}
