package dunning

import (
	"context"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/latepayment"
)

// LateFilter selects late invoices to remind by hand.
type LateFilter struct {
	MinDaysLate int             // 0: from the day after the due date
	MaxDaysLate int             // 0: no limit
	MinOpen     courrier.Amount // per customer and currency
	MaxOpen     courrier.Amount
	Customers   []courrier.CustomerID
	Classes     []latepayment.DebtorClass
	Tags        []string // all of them
	// Steps selects by level, for [Runner.Late]: invoices whose last step sent is
	// one of these; "" stands for those of which none was sent.
	Steps []string
	// Open lists invoices that have an open reminder too, for [Runner.Late]: they are
	// left out otherwise, and by hand they are refused.
	Open bool
}

// Late lists late invoices as [LateFilter.Late] does, with what was done about them: it
// knows their level, and leaves out what by hand would be refused: what people told the
// library to leave out, insolvent customers, those whom no channel reaches, and
// invoices whose reminder has not left yet. The cases of one account are best streamed
// together.
//
// Errors: the host's.
func (d *Runner) Late(ctx context.Context, f LateFilter, today courrier.Date, cases iter.Seq2[Case, error]) iter.Seq2[Case, error] {
	return f.Late(today, func(yield func(Case, error) bool) {
		for batch, err := range batches(cases) {
			var past map[courrier.CustomerID]debtorPast
			if err == nil {
				past, err = d.histories(ctx, batch)
			}
			if err != nil {
				yield(Case{}, err)
				return
			}
			for _, c := range batch {
				left, reached, err := d.remindable(ctx, f, c, past[c.Customer.ID], today)
				if err != nil {
					yield(Case{}, err)
					return
				}
				if reached && !yield(left, nil) {
					return
				}
			}
		}
	})
}

// remindable leaves of a case what may be reminded by hand; false when that is
// nothing.
func (d *Runner) remindable(ctx context.Context, f LateFilter, c Case, past debtorPast, today courrier.Date) (Case, bool, error) {
	plans, err := d.plans(ctx, c.Account)
	if err == nil {
		c, err = d.reachable(ctx, plans, past.notes.apply(c), past.notes)
	}
	if err != nil {
		return c, false, err
	}
	if c.Customer.Insolvent || c.Customer.paused(today) || len(c.Customer.Contact.ReminderChannels(nil, false, c.AccountPostOff)) == 0 {
		return c, false, nil
	}
	c.Invoices = slices.DeleteFunc(slices.Clone(c.Invoices), func(inv Invoice) bool {
		pending, _, _ := past.history.standing(inv.ID, "")
		return pending && !f.Open || len(f.Steps) > 0 && !slices.Contains(f.Steps, past.history.level(inv.ID))
	})
	return c, len(c.Invoices) > 0, nil
}

// level is the step sent last about an invoice; empty: none.
func (h History) level(id InvoiceID) string {
	step, on := "", courrier.Date{}
	for _, p := range h {
		if p.State == PastSent && p.Step != "" && !p.Resend && !p.On.Before(on) && slices.Contains(p.Invoices, id) {
			step, on = p.Step, p.On
		}
	}
	return step
}

// Late lists, of cases the host streams, the invoices that are late on a day and may be
// reminded, by customer. Errors: the host's.
func (f LateFilter) Late(today courrier.Date, cases iter.Seq2[Case, error]) iter.Seq2[Case, error] {
	where := Criteria{MinOpen: f.MinOpen, MaxOpen: f.MaxOpen, Classes: f.Classes, Tags: f.Tags}
	return func(yield func(Case, error) bool) {
		for c, err := range cases {
			if err != nil {
				yield(Case{}, err)
				return
			}
			if !seq.OneOf(f.Customers, c.Customer.ID) {
				continue
			}
			late := c
			late.Invoices = nil
			for _, inv := range c.byPart().Invoices {
				days := today.DaysSince(inv.DueOn())
				if inv.closed() == "" && days >= max(f.MinDaysLate, 1) && (f.MaxDaysLate == 0 || days <= f.MaxDaysLate) {
					late.Invoices = append(late.Invoices, inv)
				}
			}
			for _, currency := range late.Currencies() {
				open, days := late.standing(currency, today)
				if where.fails(c.Customer, open, days) != "" {
					late.Invoices = slices.DeleteFunc(late.Invoices, func(inv Invoice) bool { return inv.Unit() == currency })
				}
			}
			if len(late.Invoices) > 0 && !yield(late, nil) {
				return
			}
		}
	}
}
