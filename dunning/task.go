package dunning

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
)

// Words for [courrier.Step].Task that the library's screens know. A host may use others.
const (
	TaskCall         = "call"
	TaskVisit        = "visit"
	TaskCollector    = "collector" // hand the matter over to one
	TaskLawyer       = "lawyer"    // hand the matter over to one
	TaskStopDelivery = "stop_delivery"
)

// reasonNotDone is on record of a task that its policy dropped.
const reasonNotDone = "not done in time"

// isTask tells whether a person does it, so that nothing is ever sent.
func (r Reminder) isTask() bool { return r.Channel == courrier.ChannelTask }

// reaches tells whether the customer hears of a step: of all but a task that is no
// contact.
func reaches(s *courrier.Step) bool { return s.Task == "" || s.Contact }

// Done records that the task of a reminder under review was done today, with a note of
// at most 500 bytes. It was done whatever the facts say by now, so they are not read
// again. What it counts for is its policy's word: see [courrier.Step].
//
// Errors: [courrier.ErrNotFound], [courrier.ErrInvalid], [courrier.ErrConflict]
// (changed, its state).
func (d *Runner) Done(ctx context.Context, id ReminderID, note string) (Reminder, error) {
	return d.change(ctx, "done", id, inReview, func(r *Reminder) error {
		var c courrier.Checks
		c.Require(r.isTask(), "id", "is of a reminder that is to be sent", "preview and approve it")
		c.Require(len(note) <= maxReasonLen, "note", fmt.Sprintf("is over %d bytes", maxReasonLen), "say it shorter")
		if err := c.Err(); err != nil {
			return err
		}
		var err error
		m := d.byActor(ctx)
		*r, err = r.done(d.dayOf(ctx, *r, m.at), m, note)
		return err
	})
}

// errTask refuses to send a task.
var errTask = &courrier.FieldError{Field: "id", Rule: "is of a task, and nothing of it is sent", Remedy: "call Done or Skip"}

// overdue tells whether a task's policy drops it, should nobody have done it by a day. A
// courtesy is dropped when all that it is about is late.
func (r Reminder) overdue(today courrier.Date) bool {
	step := &r.Decision.Step
	early := func(l ReminderLine) bool { return !l.DueOn.Before(today) }
	return step.ExpiresAfterDays > 0 && today.After(r.DueOn.AddDays(step.ExpiresAfterDays)) ||
		step.Kind == courrier.StepCourtesy && !slices.ContainsFunc(r.Decision.Lines, early)
}

// taskStands takes a task that was not done in time out of the queue, and lets one that
// waits name what is still owed. It reports whether anything changed.
func (r *dayRun) taskStands(ctx context.Context, rem Reminder, left Decision) (bool, error) {
	if !rem.overdue(r.today) {
		if sameContent(rem.Decision, left) {
			return false, nil
		}
		next := rem.narrowed(left)
		return true, r.write(ctx, &next)
	}
	next, err := rem.expired(moment{at: r.now()})
	if err == nil {
		err = r.write(ctx, &next)
	}
	if err == nil {
		r.report.Withdrawn++
	}
	return true, err
}

// otherTasks looks again at the tasks of customers that did not come in a run: who owes
// nothing any more is often left out of the cases.
func (r *dayRun) otherTasks(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(r.accounts)) {
		account := r.accounts[id]
		if account.plans == nil || !account.plans.hasTasks() {
			continue
		}
		waiting, err := seq.Collect(r.store.Reminders(ctx, ReminderFilter{Account: id, States: inReview, DueTo: r.today}))
		if err != nil {
			return err
		}
		for _, rem := range waiting {
			if err := ctx.Err(); err != nil {
				return err
			}
			if rem.isTask() && !account.seen[rem.Customer] {
				r.lookAgain(ctx, account.plans, rem)
			}
		}
	}
	return nil
}

// lookAgain is for one task; what goes wrong leaves it for the next run.
func (r *dayRun) lookAgain(ctx context.Context, plans *accountPlans, rem Reminder) {
	if _, err := r.withdrawn(ctx, plans, Case{}, debtorPast{}, rem); err != nil {
		r.report.fail(fmt.Errorf("task %s left for the next run: %w", rem.ID, err))
	}
}

// hasTasks tells whether a policy of the account has one.
func (p *accountPlans) hasTasks() bool {
	task := func(s courrier.Step) bool { return s.Task != "" }
	return slices.ContainsFunc(p.Policies, func(policy courrier.ReminderPolicy) bool { return slices.ContainsFunc(policy.Steps, task) })
}
