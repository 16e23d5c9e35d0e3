package dunning

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/courrier-go/courrier"
)

// RunReport counts what a [Runner.RunDay] did.
type RunReport struct {
	Customers int               // looked at
	Invoices  int               // of them
	Proposed  int               // reminders for a person to review, and tasks
	Approved  int               // reminders that will leave by themselves
	Withdrawn int               // reminders and tasks that waited and are no longer wanted; they may be decided again
	Skipped   int               // decisions that another run had claimed
	Failed    int               // customers left for the next run; see Errors
	Held      map[HoldCause]int // invoices not reminded, by reason
	Errors    []error           // the first few
}

const maxReportedErrors = 20

func (r *RunReport) fail(err error) {
	if len(r.Errors) < maxReportedErrors {
		r.Errors = append(r.Errors, err)
	}
}

// RunDay decides for each case what the customer gets on a day, and claims it: what a
// person reviews goes into the queue, the rest is approved for the account's hour. What
// waits to leave is looked at again first: a step that the policy has no more, or an
// invoice that is paid, is taken out of the queue. Nothing is sent during the call; see
// [Runner.Dispatch]. It may be run again on the same day, stopped anywhere, and run
// twice at once: each reminder is claimed once. A day without a run is caught up by the
// policy's rule.
//
// The cases are streamed and may be only those that can be due: RunDay keeps nothing
// but three batches in memory, and the customers' ids, to find one that comes twice.
//
// Errors: the host's.
func (d *Runner) RunDay(ctx context.Context, today courrier.Date, cases iter.Seq2[Case, error]) (_ RunReport, err error) {
	ctx, end := d.observe(ctx, courrier.Operation{Name: "day"})
	defer func() { end(err) }()
	report := RunReport{Held: map[HoldCause]int{}}
	run := &dayRun{Runner: d, today: today, report: &report, accounts: map[courrier.AccountID]*dayAccount{}, alone: d.outsideTx(ctx) != nil}
	err = (&pipeline{dayRun: run}).over(ctx, cases)
	if err == nil {
		err = run.otherTasks(ctx)
	}
	if err != nil {
		return report, fmt.Errorf("run: %w", err)
	}
	return report, nil
}

// batches groups the cases of a stream that are of one account and follow each
// other, so that their histories can be read together.
func batches(cases iter.Seq2[Case, error]) iter.Seq2[[]Case, error] {
	return func(yield func([]Case, error) bool) {
		batch := make([]Case, 0, historyBatch)
		for c, err := range cases {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(batch) == cap(batch) || len(batch) > 0 && batch[0].Account != c.Account {
				if !yield(batch, nil) {
					return
				}
				batch = batch[:0]
			}
			batch = append(batch, c)
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}

// dayRun is one call of RunDay.
type dayRun struct {
	*Runner
	today    courrier.Date
	report   *RunReport
	accounts map[courrier.AccountID]*dayAccount
	alone    bool // in the host's transaction, which takes one call at a time
	out      Outcome
}

// dayAccount is an account in a run: its settings, none when they cannot be used, and
// the customers that came.
type dayAccount struct {
	plans *accountPlans
	seen  map[courrier.CustomerID]bool
}

func (r *dayRun) account(ctx context.Context, id courrier.AccountID) *dayAccount {
	if known := r.accounts[id]; known != nil {
		return known
	}
	plans, err := r.plans(ctx, id)
	if err != nil {
		plans = nil
		r.report.fail(fmt.Errorf("account %s left for the next run: %w", id, err))
	}
	r.accounts[id] = &dayAccount{plans: plans, seen: map[courrier.CustomerID]bool{}}
	return r.accounts[id]
}

// distinct leaves out customers that come twice: what one letter may say cannot be
// decided in parts.
func (r *dayRun) distinct(account *dayAccount, cases []Case) []Case {
	all := make([]Case, 0, len(cases))
	for _, c := range cases {
		r.report.Customers++
		r.report.Invoices += len(c.Invoices)
		if account.seen[c.Customer.ID] || c.Customer.ID == "" {
			r.report.Failed++
			r.report.fail(&courrier.FieldError{Field: "Case.Customer.ID", Rule: "is empty or comes twice", Remedy: "stream each customer once, with all that is owed"})
			continue
		}
		account.seen[c.Customer.ID] = true
		all = append(all, c)
	}
	return all
}

// decide evaluates the customers of a batch, and returns what is to be claimed. A
// customer that cannot be used is left for the next run.
func (r *dayRun) decide(ctx context.Context, batch dayBatch) ([]claim, error) {
	var claims []claim
	for _, c := range batch.cases {
		some, err := r.customer(ctx, batch.plans, c, batch.past[c.Customer.ID])
		claims = append(claims, some...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			r.report.Failed++
			r.report.fail(fmt.Errorf("customer left for the next run: %w", err))
		}
	}
	return claims, nil
}

// customer looks again at what waits, decides policy by policy, and returns what is
// to be claimed.
func (r *dayRun) customer(ctx context.Context, plans *accountPlans, c Case, past debtorPast) ([]claim, error) {
	c, err := r.reachable(ctx, plans, past.notes.apply(c), past.notes)
	if err != nil {
		return nil, err
	}
	if past, err = r.review(ctx, plans, c, past); err != nil {
		return nil, err
	}
	var claims []claim
	var errs []error
	var finished map[InvoiceID]bool
	for _, part := range plans.parts(c, r.today) {
		if part.err != nil {
			errs = append(errs, part.err)
			continue
		}
		part.EvaluateInto(&r.out, &part.Case, past.history, r.today)
		finished = r.out.finished(part.Case, past.notes, finished)
		for _, h := range r.out.Holds {
			r.report.Held[h.Cause]++
		}
		for _, decision := range r.out.Decisions {
			err := plans.ready(&decision, Text{}, c)
			if err == nil {
				err = r.state(ctx, plans, &decision, c, past.history, r.today)
			}
			var some []claim
			if err == nil {
				some, err = r.claim(plans, part.Evaluator, decision, &past)
			}
			if err != nil {
				errs = append(errs, err)
				continue
			}
			claims = append(claims, some...)
		}
	}
	news, err := r.standing(c, finished, &past)
	return append(claims, news...), errors.Join(append(errs, err)...)
}

// review looks again at what waits to leave about a customer, and takes out of the
// queue what may not any more; and brings back what a person sent by hand and the
// facts held back. It returns the past as it is then.
func (r *dayRun) review(ctx context.Context, plans *accountPlans, c Case, past debtorPast) (debtorPast, error) {
	changed := false
	for _, rem := range past.open {
		withdrawn, err := r.withdrawn(ctx, plans, c, past, rem)
		if errors.Is(err, courrier.ErrConflict) { // somebody did something about it since it was read
			withdrawn, err = true, nil
		}
		if err != nil {
			return past, err
		}
		changed = changed || withdrawn
	}
	for _, rem := range past.hand {
		left, _ := handLeft(rem, c, past.without(rem), plans, r.today)
		if len(left.Lines) == 0 || len(left.Channels) == 0 {
			continue
		}
		back, err := rem.narrowed(left).returned(moment{at: r.now()}, r.today.At(plans.hour(), plans.evaluatorOf(rem).zone))
		if err == nil {
			err = r.write(ctx, &back)
		}
		if err != nil && !errors.Is(err, courrier.ErrConflict) {
			return past, err
		}
		changed = true
	}
	if !changed {
		return past, nil
	}
	fresh, err := r.histories(ctx, []Case{c})
	return fresh[c.Customer.ID], err
}

// withdrawn postpones a reminder that waits, if nothing of it may leave on this day
// nor on one that time alone brings.
func (r *dayRun) withdrawn(ctx context.Context, plans *accountPlans, c Case, past debtorPast, rem Reminder) (bool, error) {
	var left remaining
	var err error
	if rem.Customer != c.Customer.ID { // an invoice of this customer is in another's reminder
		left, err = r.recheck(ctx, plans, rem)
	} else {
		left, err = r.remains(ctx, plans, rem, c, past, r.today)
	}
	if err != nil {
		return false, err
	}
	if rem.isTask() && len(left.Lines) > 0 {
		return r.taskStands(ctx, rem, left.Decision)
	}
	if len(left.Lines) > 0 || rem.AdHoc && rem.Decision.Step.ID == "" || rem.Resend || timeOnly(left.why.Cause) {
		return r.givenUp(ctx, c, rem, left.Decision)
	}
	next, err := rem.suppressed(left.why.Cause, moment{at: r.now()}, time.Time{})
	if err == nil {
		err = r.write(ctx, &next)
	}
	if err == nil {
		r.report.Withdrawn++
	}
	return err == nil, err
}

// givenUp frees the invoices of this customer that another's reminder names no more.
func (r *dayRun) givenUp(ctx context.Context, c Case, rem Reminder, left Decision) (bool, error) {
	if rem.Customer == c.Customer.ID || len(left.Lines) == 0 || len(left.Lines) == len(rem.Decision.Lines) || rem.ApprovedBy != "" {
		return false, nil
	}
	next := rem.narrowed(left)
	return true, r.write(ctx, &next)
}

// reachable leaves of a customer's channels those that the account has, and no e-mail
// where all the addresses are known to be wrong.
func (d *Runner) reachable(ctx context.Context, plans *accountPlans, c Case, notes DebtorNotes) (Case, error) {
	c.AccountPostOff = c.AccountPostOff || plans.postOff
	c.Customer.Contact.Email = c.Customer.Contact.Email && d.host.mail != nil
	if !c.Customer.Contact.Email || len(notes.BadMail) == 0 {
		return c, nil
	}
	details, err := d.detailsOf(ctx, c.Account, c.Customer.ID, nil)
	if err != nil && !errors.Is(err, courrier.ErrNotFound) {
		return c, err
	}
	c.Customer.Contact.Email = len(notes.usable(details.Mail)) > 0
	return c, nil
}
