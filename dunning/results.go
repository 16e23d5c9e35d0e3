package dunning

import (
	"cmp"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// ResultsQuery says which reminders are looked at, and what counts.
type ResultsQuery struct {
	From, To courrier.Date // of the sendings, both included
	// Within is for how many days after a reminder a payment counts for it: 1 to 365; 0: 14.
	Within int
	// Cost is what a reminder cost, such as the price of its letter; nil: nothing.
	Cost func(r Reminder) (courrier.Amount, error)
	// Promises are those made to pay by a day of the period.
	Promises []PromiseMade
	// GraceDays are how many days later than promised a payment may come: 0 to 365.
	GraceDays int
}

// InvoicePayment is a payment and the invoice that it paid. One that was returned is a
// negative payment.
type InvoicePayment struct {
	Customer courrier.CustomerID
	Invoice  InvoiceID
	DueOn    courrier.Date
	On       courrier.Date // the day of value
	Amount   courrier.Amount
}

// PromiseMade is a promise to pay a sum on an invoice by a day.
type PromiseMade struct {
	Customer courrier.CustomerID
	Invoice  InvoiceID
	Made, By courrier.Date
	Amount   courrier.Amount // above zero
}

// ResultKey is what results are told apart by. An empty step is outside any policy.
type ResultKey struct {
	Policy string
	Step   string
	Owner  courrier.ActorID // who reviewed it or did the task; empty: nobody in particular
}

// Result is what the reminders of a key brought. It says "after", never "because of".
type Result struct {
	ResultKey
	Sent     int               // reminders that left, and tasks that reached the customer
	Letters  int               // of them
	Payments int               // that count
	Days     int               // from the reminder to each of these payments, together
	Paid     []courrier.Amount // by these payments, one a currency
	Cost     []courrier.Amount // one a currency
}

// PaymentDelay is how late a currency's payments of the period came, weighted by their
// amounts.
type PaymentDelay struct {
	Unit string
	Days int // to the nearest; negative: early
}

// PromiseResults counts promises by what became of them.
type PromiseResults struct {
	Kept   int // all of the sum came by the day and its grace
	Partly int // a part of it
	Broken int // nothing
}

// ResultsReport is what [Results] found.
type ResultsReport struct {
	Rows     []Result          // by key
	Paid     []courrier.Amount // in the period, whatever was sent
	Delays   []PaymentDelay    // of these payments, by currency
	Promises PromiseResults
}

// defaultWithin is our convention: a letter arrives, a transfer is ordered and booked.
const defaultWithin = 14

// Results tells what was paid after the reminders of a period. It is a pure function:
// reminders are any stream of a [Store]'s, payments those of the host's books from
// q.From until q.Within days after q.To, both in any order.
//
// A payment counts for one reminder: the last about its invoice that left on its day or
// before, at most q.Within days ago. A courtesy asks for nothing that is due, so no
// payment counts for it; neither does one for a task that is no contact. Only the
// reminders are held in memory, by their invoices.
//
// Errors: [courrier.ErrInvalid].
func Results(q ResultsQuery, reminders iter.Seq2[Reminder, error], payments iter.Seq2[InvoicePayment, error]) (ResultsReport, error) {
	r := results{ResultsQuery: q, rows: map[ResultKey]*Result{}, sent: map[InvoiceID][]sending{}, delays: map[string]*delay{}, came: make([]int64, len(q.Promises))}
	r.Within = cmp.Or(q.Within, defaultWithin)
	if err := r.check(); err != nil {
		return ResultsReport{}, err
	}
	for rem, err := range reminders {
		if err == nil {
			err = r.reminder(rem)
		}
		if err != nil {
			return ResultsReport{}, fmt.Errorf("results: %w", err)
		}
	}
	for p, err := range payments {
		if err == nil {
			err = r.payment(p)
		}
		if err != nil {
			return ResultsReport{}, fmt.Errorf("results: %w", err)
		}
	}
	return r.report(), nil
}

// results is what was seen so far.
type results struct {
	ResultsQuery
	rows   map[ResultKey]*Result
	sent   map[InvoiceID][]sending
	paid   []courrier.Amount
	delays map[string]*delay
	came   []int64 // for each promise, in millionths
}

// sending is one reminder about an invoice.
type sending struct {
	customer courrier.CustomerID
	on       courrier.Date
	id       ReminderID
	row      *Result
}

// delay is the days that payments were late, times their amounts, and these amounts. The
// products of many large ones are beyond 64 bits.
type delay struct{ weighted, total big.Int }

func (d *delay) add(micros int64, days int) {
	amount := big.NewInt(micros)
	d.total.Add(&d.total, amount)
	d.weighted.Add(&d.weighted, amount.Mul(amount, big.NewInt(int64(days))))
}

// days are to the nearest; a half is the later day.
func (d *delay) days() (days int, ok bool) {
	if d.total.Sign() <= 0 {
		return 0, false
	}
	twice := new(big.Int).Lsh(&d.weighted, 1)
	twice.Add(twice, &d.total)
	return int(twice.Div(twice, new(big.Int).Lsh(&d.total, 1)).Int64()), true
}

func (r *results) check() error {
	var c courrier.Checks
	c.Require(!r.From.IsZero() && !r.To.Before(r.From), "To", "is before From, or one of them is missing", "give the first and the last day")
	c.Require(r.Within >= 1 && r.Within <= 365, "Within", "is not between 1 and 365", "leave it 0 for 14")
	c.Require(r.GraceDays >= 0 && r.GraceDays <= 365, "GraceDays", "is not between 0 and 365", "give 0 for none")
	for i, p := range r.Promises {
		c.Require(p.Amount.Sign() > 0 && !p.By.IsZero(), fmt.Sprintf("Promises[%d]", i), "has no sum above zero, or no day", "give both")
	}
	return c.Err()
}

// key is that of a reminder.
func (r Reminder) key() ResultKey {
	return ResultKey{Policy: r.Decision.PolicyID, Step: r.Decision.Step.ID, Owner: cmp.Or(r.Assignee, r.Decision.Step.Assignee)}
}

// reached tells whether the customer heard of it.
func (r Reminder) reached() bool {
	return r.State == ReminderSent && r.Delivery == "" && reaches(&r.Decision.Step)
}

func (r *results) reminder(rem Reminder) error {
	if !rem.reached() || rem.SentOn.Before(r.From) || rem.SentOn.After(r.To) {
		return nil
	}
	row := r.row(rem.key())
	row.Sent++
	if rem.Channel == courrier.ChannelPost {
		row.Letters++
	}
	if r.Cost != nil {
		cost, err := r.Cost(rem)
		if err == nil {
			row.Cost, err = plus(row.Cost, cost)
		}
		if err != nil {
			return err
		}
	}
	if rem.Decision.Step.Kind == courrier.StepCourtesy {
		return nil
	}
	for _, line := range rem.Decision.Lines {
		invoice := InvoiceOf(line.Invoice)
		r.sent[invoice] = append(r.sent[invoice], sending{customer: rem.Customer, on: rem.SentOn, id: rem.ID, row: row})
	}
	return nil
}

func (r *results) row(key ResultKey) *Result {
	row := r.rows[key]
	if row == nil {
		row = &Result{ResultKey: key}
		r.rows[key] = row
	}
	return row
}

func (r *results) payment(p InvoicePayment) (err error) {
	r.promised(p)
	if !p.On.Before(r.From) && !p.On.After(r.To) {
		if r.paid, err = plus(r.paid, p.Amount); err != nil {
			return err
		}
		r.late(p)
	}
	last, ok := r.lastBefore(p)
	if !ok {
		return nil
	}
	last.row.Payments++
	last.row.Days += p.On.DaysSince(last.on)
	last.row.Paid, err = plus(last.row.Paid, p.Amount)
	return err
}

// late adds to the delay of a currency.
func (r *results) late(p InvoicePayment) {
	if p.DueOn.IsZero() {
		return
	}
	d := r.delays[p.Amount.Unit()]
	if d == nil {
		d = new(delay)
		r.delays[p.Amount.Unit()] = d
	}
	d.add(p.Amount.Micros(), p.On.DaysSince(p.DueOn))
}

// lastBefore finds the reminder that a payment counts for. Of two on one day it is the
// one with the later ID, whatever their order.
func (r *results) lastBefore(p InvoicePayment) (last sending, ok bool) {
	for _, s := range r.sent[InvoiceOf(p.Invoice)] {
		days := p.On.DaysSince(s.on)
		if s.customer != p.Customer || days < 0 || days > r.Within {
			continue
		}
		if !ok || cmp.Or(s.on.Compare(last.on), strings.Compare(string(s.id), string(last.id))) > 0 {
			last, ok = s, true
		}
	}
	return last, ok
}

// promised adds a payment to the promises that it may keep.
func (r *results) promised(p InvoicePayment) {
	for i := range r.Promises {
		m := &r.Promises[i]
		about := m.Customer == p.Customer && InvoiceOf(m.Invoice) == InvoiceOf(p.Invoice) && m.Amount.Unit() == p.Amount.Unit()
		if about && !p.On.Before(m.Made) && !p.On.After(m.By.AddDays(r.GraceDays)) {
			r.came[i] = bounded(r.came[i] + p.Amount.Micros())
		}
	}
}

func (r *results) report() ResultsReport {
	report := ResultsReport{Paid: r.paid}
	for _, row := range r.rows {
		report.Rows = append(report.Rows, *row)
	}
	slices.SortFunc(report.Rows, func(a, b Result) int { return a.compare(b.ResultKey) })
	for unit, d := range r.delays {
		if days, ok := d.days(); ok {
			report.Delays = append(report.Delays, PaymentDelay{Unit: unit, Days: days})
		}
	}
	slices.SortFunc(report.Delays, func(a, b PaymentDelay) int { return strings.Compare(a.Unit, b.Unit) })
	for i, m := range r.Promises {
		switch {
		case r.came[i] >= m.Amount.Micros():
			report.Promises.Kept++
		case r.came[i] > 0:
			report.Promises.Partly++
		default:
			report.Promises.Broken++
		}
	}
	return report
}

func (k ResultKey) compare(other ResultKey) int {
	return cmp.Or(strings.Compare(k.Policy, other.Policy), strings.Compare(k.Step, other.Step), strings.Compare(string(k.Owner), string(other.Owner)))
}

// By puts rows together: the key that group returns is that of the sum, such as
// ResultKey{Owner: k.Owner} for what each owner brought.
//
// Errors: [courrier.ErrInvalid].
func (r ResultsReport) By(group func(k ResultKey) ResultKey) ([]Result, error) {
	sums := map[ResultKey]*Result{}
	for _, row := range r.Rows {
		key := group(row.ResultKey)
		sum := sums[key]
		if sum == nil {
			sum = &Result{ResultKey: key}
			sums[key] = sum
		}
		if err := sum.add(row); err != nil {
			return nil, fmt.Errorf("results: %w", err)
		}
	}
	var all []Result
	for _, sum := range sums {
		all = append(all, *sum)
	}
	slices.SortFunc(all, func(a, b Result) int { return a.compare(b.ResultKey) })
	return all, nil
}

func (r *Result) add(other Result) (err error) {
	r.Sent, r.Letters, r.Payments, r.Days = r.Sent+other.Sent, r.Letters+other.Letters, r.Payments+other.Payments, r.Days+other.Days
	for _, a := range other.Paid {
		if r.Paid, err = plus(r.Paid, a); err != nil {
			return err
		}
	}
	for _, a := range other.Cost {
		if r.Cost, err = plus(r.Cost, a); err != nil {
			return err
		}
	}
	return nil
}

// PerHundred is what was spent for a hundred that came in, to the cent. It is told where
// both are in one currency, the same, and something came in.
func (r Result) PerHundred() (cost courrier.Amount, ok bool) {
	if len(r.Cost) != 1 || len(r.Paid) != 1 || r.Cost[0].Unit() != r.Paid[0].Unit() {
		return courrier.Amount{}, false
	}
	const cent = 10_000 // millionths
	spent, brought := r.Cost[0].Micros()/cent, r.Paid[0].Micros()/cent
	if brought <= 0 || spent < 0 || spent > maxSpent {
		return courrier.Amount{}, false
	}
	cost, err := courrier.AmountOfMicros((spent*100*100+brought/2)/brought*cent, r.Cost[0].Unit())
	return cost, err == nil
}

// maxSpent keeps the sums of PerHundred within 64 bits, in cents.
const maxSpent = 1 << 48
