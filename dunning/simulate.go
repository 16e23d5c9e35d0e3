package dunning

import (
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// NextDue returns the first day, from a day on, on which Evaluate would decide
// anything, if no fact changes; false when no day would. The day to start from
// is not before the last of the history.
func (e *Evaluator) NextDue(c Case, h History, from courrier.Date) (courrier.Date, bool) {
	var out Outcome
	return e.nextDue(&out, &c, h, from, courrier.DateOfNumber(lastDay))
}

// nextDue leaves the outcome of the day it returns in out. It goes from hold to
// hold: none is later than the first day on which its invoice would be reminded.
func (e *Evaluator) nextDue(out *Outcome, c *Case, h History, from, to courrier.Date) (courrier.Date, bool) {
	for day := from; ; {
		e.EvaluateInto(out, c, h, day)
		if len(out.Decisions) > 0 {
			return day, true
		}
		next := courrier.Date{}
		for _, hold := range out.Holds {
			if !hold.Until.IsZero() && (next.IsZero() || hold.Until.Before(next)) {
				next = hold.Until
			}
		}
		if !next.After(day) || next.After(to) {
			return courrier.Date{}, false
		}
		day = next
	}
}

// Simulation is a period to look ahead over.
type Simulation struct {
	From, To courrier.Date // both included
	// DeliveryDays is how long letters are supposed to take to arrive, for steps
	// that count from a delivery.
	DeliveryDays int
}

// Simulated is what one day of a simulation would send.
type Simulated struct {
	On        courrier.Date
	Decisions []Decision
}

// delivered is when a decision sent on a day arrives: an e-mail at once, a letter
// when its carrier would report it, which one without tracking does not.
func (s Simulation) delivered(d Decision, day courrier.Date) courrier.Date {
	switch {
	case d.Channels[0] != courrier.ChannelPost:
		return day
	case !d.Step.PostalService().Tracked():
		return courrier.Date{}
	}
	return day.AddDays(max(s.DeliveryDays, 0))
}

// Simulate runs Evaluate on every day of a period, as if each decision was sent, and
// each task done, on its day and nothing was paid. It yields the days on which something leaves.
// The history given is not changed.
func (e *Evaluator) Simulate(c Case, h History, s Simulation) iter.Seq[Simulated] {
	return func(yield func(Simulated) bool) {
		var out Outcome
		past := slices.Clone(h)
		for day := s.From; ; day = day.AddDays(1) {
			next, ok := e.nextDue(&out, &c, past, day, s.To)
			if !ok || next.After(s.To) {
				return
			}
			day = next
			for _, d := range out.Decisions {
				sent := d.Past(PastSent, day)
				sent.DeliveredOn = s.delivered(d, day)
				past = append(past, sent)
			}
			if !yield(Simulated{On: day, Decisions: slices.Clone(out.Decisions)}) {
				return
			}
		}
	}
}
