// Package simulation shows what a reminder policy would do before it is switched
// on: what would go out on each day of a period, to whom, by which channel and at
// what cost, as values and as a page for people.
//
// It runs the engine that decides real reminders, day by day, as if each was
// sent on its day and nothing was paid.
package simulation

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// Config is what a simulation runs over.
type Config struct {
	Policy   courrier.ReminderPolicy // required
	Holidays courrier.Holidays       // nil: weekly days only
	From, To courrier.Date           // both included; at most MaxDays
	// DeliveryDays is how long letters are supposed to take to arrive, for steps
	// that count from a delivery.
	DeliveryDays int
	// Credits prices a letter for the account, such as the host's tariff does;
	// nil: letters cost nothing. E-mails never do.
	Credits func(courrier.Decision) (courrier.Amount, error)
	// Postage prices a letter at the carrier; nil: not shown.
	Postage func(courrier.Decision) (courrier.Amount, error)
}

// MaxDays bounds the period.
const MaxDays = 3660

// Result is what would happen.
type Result struct {
	Policy   string
	From, To courrier.Date
	Days     []Day // those on which something leaves, in order
	Totals   Totals
	// Never are the invoices that nothing would be sent about, and why.
	Never []courrier.Hold
}

// Day is what one day would send.
type Day struct {
	On      courrier.Date
	Actions []Action
	Totals  Totals
}

// Action is one reminder.
type Action struct {
	courrier.Decision
	Credits courrier.Amount
	Postage courrier.Amount
}

// Totals add up actions.
type Totals struct {
	Emails  int
	Letters int
	Manual  int               // of both, those a person sends
	Credits []courrier.Amount // one a unit
	Postage []courrier.Amount
}

// Run simulates every case of a stream.
func Run(cfg Config, cases iter.Seq2[courrier.Case, courrier.History]) (Result, error) {
	result := Result{Policy: cfg.Policy.ID, From: cfg.From, To: cfg.To}
	var c courrier.Checks
	c.Require(!cfg.From.IsZero() && !cfg.To.Before(cfg.From), "To", "is before From, or one of them is missing", "give a period")
	c.Require(cfg.To.DaysSince(cfg.From) < MaxDays, "To", fmt.Sprintf("is more than %d days after From", MaxDays), "give a shorter period")
	if err := c.Err(); err != nil {
		return result, fmt.Errorf("simulation: %w", err)
	}
	engine, err := cfg.Policy.Compile(cfg.Holidays)
	if err != nil {
		return result, fmt.Errorf("simulation: %w", err)
	}
	days := make(map[courrier.Date]*Day)
	for one, history := range cases {
		named, err := cfg.simulate(engine, one, history, days)
		if err != nil {
			return result, fmt.Errorf("simulation: %w", err)
		}
		for _, h := range engine.Evaluate(one, history, cfg.From).Holds {
			if !named[h.Invoice] {
				result.Never = append(result.Never, h)
			}
		}
	}
	return result, result.gather(days)
}

// simulate adds what one customer gets to the days, and returns which invoices
// anything is sent about.
func (cfg Config) simulate(engine *courrier.Evaluator, c courrier.Case, h courrier.History, days map[courrier.Date]*Day) (map[courrier.InvoiceID]bool, error) {
	named := make(map[courrier.InvoiceID]bool)
	for day := range engine.Simulate(c, h, courrier.Simulation{From: cfg.From, To: cfg.To, DeliveryDays: cfg.DeliveryDays}) {
		for _, d := range day.Decisions {
			action, err := cfg.price(d)
			if err != nil {
				return nil, err
			}
			if days[day.On] == nil {
				days[day.On] = &Day{On: day.On}
			}
			days[day.On].Actions = append(days[day.On].Actions, action)
			for _, l := range d.Lines {
				named[l.Invoice] = true
			}
		}
	}
	return named, nil
}

func (cfg Config) price(d courrier.Decision) (Action, error) {
	a := Action{Decision: d}
	if d.Channels[0] != courrier.ChannelPost {
		return a, nil
	}
	var err error
	if cfg.Credits != nil {
		if a.Credits, err = cfg.Credits(d); err != nil {
			return a, err
		}
	}
	if cfg.Postage != nil {
		a.Postage, err = cfg.Postage(d)
	}
	return a, err
}

// gather puts the days in order and adds them up.
func (r *Result) gather(days map[courrier.Date]*Day) error {
	for _, day := range days {
		slices.SortStableFunc(day.Actions, func(a, b Action) int {
			return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.Key.Invoice, b.Key.Invoice))
		})
		for _, a := range day.Actions {
			if err := day.Totals.add(a); err != nil {
				return err
			}
			if err := r.Totals.add(a); err != nil {
				return err
			}
		}
		r.Days = append(r.Days, *day)
	}
	slices.SortFunc(r.Days, func(a, b Day) int { return a.On.Compare(b.On) })
	return nil
}

func (t *Totals) add(a Action) (err error) {
	if a.Channels[0] == courrier.ChannelPost {
		t.Letters++
	} else {
		t.Emails++
	}
	if a.Manual {
		t.Manual++
	}
	if t.Credits, err = plus(t.Credits, a.Credits); err == nil {
		t.Postage, err = plus(t.Postage, a.Postage)
	}
	return err
}

// plus adds an amount to the sum of its unit.
func plus(sums []courrier.Amount, a courrier.Amount) ([]courrier.Amount, error) {
	if a.Unit() == "" {
		return sums, nil
	}
	for i, s := range sums {
		if s.Unit() == a.Unit() {
			sum, err := s.Add(a)
			sums[i] = sum
			return sums, err
		}
	}
	return append(sums, a), nil
}
