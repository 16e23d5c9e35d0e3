package dunning

import (
	"context"
	"fmt"
	"iter"

	"github.com/courrier-go/courrier"
)

// Coming is a reminder that will be due: by which policy and why, on which day, and
// whose it is.
type Coming struct {
	On courrier.Date
	Decision
	// Assigned says which policy gave it, and why that one.
	Assigned Assignment
	// Owner is who will review it, or do the task; empty: nobody, or nobody in particular.
	Owner courrier.ActorID
}

// MaxComingDays bounds how far [Runner.Coming] looks ahead.
const MaxComingDays = 366

// Coming lists what will be due in the days from a day on, before it is: by customer,
// then by day, as if everything left, or was done, on its day and nothing was paid. It decides with
// what was done and noted so far, and writes nothing. The cases of one account are best
// streamed together.
//
// Errors: [courrier.ErrInvalid], the host's.
func (d *Runner) Coming(ctx context.Context, from courrier.Date, days int, cases iter.Seq2[Case, error]) iter.Seq2[Coming, error] {
	return func(yield func(Coming, error) bool) {
		fail := func(err error) { yield(Coming{}, fmt.Errorf("coming: %w", err)) }
		if days < 1 || days > MaxComingDays {
			fail(&courrier.FieldError{Field: "days", Rule: fmt.Sprintf("%d is outside 1 to %d", days, MaxComingDays), Remedy: "look ahead over fewer days"})
			return
		}
		s := Simulation{From: from, To: from.AddDays(days - 1)}
		for batch, err := range batches(cases) {
			var past map[courrier.CustomerID]debtorPast
			var plans *accountPlans
			if err == nil {
				past, err = d.histories(ctx, batch)
			}
			if err == nil {
				plans, err = d.plans(ctx, batch[0].Account)
			}
			if err != nil {
				fail(err)
				return
			}
			for _, c := range batch {
				more, err := d.comingOf(ctx, plans, c, past[c.Customer.ID], s, yield)
				if err != nil {
					fail(err)
				}
				if err != nil || !more {
					return
				}
			}
		}
	}
}

// comingOf yields what one customer will get; false when no more is wanted.
func (d *Runner) comingOf(ctx context.Context, plans *accountPlans, c Case, past debtorPast, s Simulation, yield func(Coming, error) bool) (bool, error) {
	c, err := d.reachable(ctx, plans, past.notes.apply(c), past.notes)
	if err != nil {
		return false, err
	}
	for _, part := range plans.parts(c, s.From) {
		if part.err != nil {
			return false, part.err
		}
		for day := range part.Simulate(part.Case, past.history, s) {
			for _, decision := range day.Decisions {
				if !yield(Coming{On: day.On, Decision: decision, Assigned: part.assigned, Owner: decision.Step.Assignee}, nil) {
					return false, nil
				}
			}
		}
	}
	return true, nil
}
