package dunning

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/courrier-go/courrier"
)

// ForecastConfig is what a simulation runs over.
type ForecastConfig struct {
	Policy   courrier.ReminderPolicy // required
	Holidays Holidays                // nil: weekly days only
	From, To courrier.Date           // both included; at most MaxForecastDays
	// DeliveryDays is how long letters are supposed to take to arrive, for steps
	// that count from a delivery.
	DeliveryDays int
	// Credits prices a letter for the account, such as the host's tariff does;
	// nil: letters cost nothing. E-mails never do.
	Credits func(Decision) (courrier.Amount, error)
	// Postage prices a letter at the carrier; nil: not shown.
	Postage func(Decision) (courrier.Amount, error)
}

// MaxForecastDays bounds the period.
const MaxForecastDays = 3660

// Forecast is what would happen.
type Forecast struct {
	Policy   string
	From, To courrier.Date
	Days     []ForecastDay // those on which something leaves, in order
	Totals   ForecastTotals
	// Never are the invoices that nothing would be sent about, and why.
	Never []Hold
}

// ForecastDay is what one day would send.
type ForecastDay struct {
	On      courrier.Date
	Actions []ForecastAction
	Totals  ForecastTotals
}

// ForecastAction is one reminder, or one task, as if it was done on its day.
type ForecastAction struct {
	Decision
	Credits courrier.Amount
	Postage courrier.Amount
}

// ForecastTotals add up actions.
type ForecastTotals struct {
	Emails  int
	Letters int
	Tasks   int               // what persons do
	Manual  int               // of e-mails and letters, those a person sends
	Credits []courrier.Amount // one a unit
	Postage []courrier.Amount
}

// checkPeriod bounds the days that a forecast walks through.
func checkPeriod(from, to courrier.Date) error {
	var c courrier.Checks
	c.Require(!from.IsZero() && !to.Before(from), "To", "is before From, or one of them is missing", "give a period")
	c.Require(to.DaysSince(from) < MaxForecastDays, "To", fmt.Sprintf("is more than %d days after From", MaxForecastDays), "give a shorter period")
	return c.Err()
}

// NewForecast simulates every case of a stream. Else [courrier.ErrInvalid].
func NewForecast(cfg ForecastConfig, cases iter.Seq2[Case, History]) (Forecast, error) {
	result := Forecast{Policy: cfg.Policy.ID, From: cfg.From, To: cfg.To}
	if err := checkPeriod(cfg.From, cfg.To); err != nil {
		return result, fmt.Errorf("simulation: %w", err)
	}
	engine, err := Compile(cfg.Policy, cfg.Holidays)
	if err != nil {
		return result, fmt.Errorf("simulation: %w", err)
	}
	days := make(map[courrier.Date]*ForecastDay)
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
func (cfg ForecastConfig) simulate(engine *Evaluator, c Case, h History, days map[courrier.Date]*ForecastDay) (map[InvoiceID]bool, error) {
	named := make(map[InvoiceID]bool)
	for day := range engine.Simulate(c, h, Simulation{From: cfg.From, To: cfg.To, DeliveryDays: cfg.DeliveryDays}) {
		for _, d := range day.Decisions {
			action, err := cfg.price(d)
			if err != nil {
				return nil, err
			}
			if days[day.On] == nil {
				days[day.On] = &ForecastDay{On: day.On}
			}
			days[day.On].Actions = append(days[day.On].Actions, action)
			for _, l := range d.Lines {
				named[l.Invoice] = true
			}
		}
	}
	return named, nil
}

func (cfg ForecastConfig) price(d Decision) (ForecastAction, error) {
	a := ForecastAction{Decision: d}
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
func (r *Forecast) gather(days map[courrier.Date]*ForecastDay) error {
	for _, day := range days {
		slices.SortStableFunc(day.Actions, func(a, b ForecastAction) int {
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
	slices.SortFunc(r.Days, func(a, b ForecastDay) int { return a.On.Compare(b.On) })
	return nil
}

func (t *ForecastTotals) add(a ForecastAction) (err error) {
	switch a.Channels[0] {
	case courrier.ChannelPost:
		t.Letters++
	case courrier.ChannelTask:
		t.Tasks++
	default:
		t.Emails++
	}
	if a.Manual && a.Step.Task == "" {
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
