package dunning

import (
	"context"
	"fmt"

	"github.com/courrier-go/courrier"
)

// Why says what a day's run would decide about a customer and why it would decide
// nothing else, by currency and policy: what a screen shows beside each invoice. It
// reads the facts and writes nothing. Errors: [courrier.ErrNotFound],
// [courrier.ErrInvalid], the host's.
func (d *Runner) Why(ctx context.Context, account courrier.AccountID, customer courrier.CustomerID, today courrier.Date) ([]Outcome, error) {
	plans, err := d.plans(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	c, err := d.debtor(ctx, account, customer)
	if err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	all, err := d.histories(ctx, []Case{c})
	if err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	past := all[customer]
	if c, err = d.reachable(ctx, plans, past.notes.apply(c), past.notes); err != nil {
		return nil, fmt.Errorf("why: %w", err)
	}
	var outcomes []Outcome
	for _, part := range plans.parts(c, today) {
		if part.err != nil {
			return nil, fmt.Errorf("why: %w", part.err)
		}
		outcomes = append(outcomes, part.Evaluate(part.Case, past.history, today))
	}
	return outcomes, nil
}
