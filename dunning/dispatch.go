package dunning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/actor"
	"github.com/courrier-go/courrier/internal/guard"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/internal/stop"
)

// DispatchReport counts what a [Runner.Dispatch] did.
type DispatchReport struct {
	Mailed    int // e-mails that left
	Posted    int // letters handed to the Client
	Confirmed int // letters that their carriers accepted since
	Postponed int // suppressed by the facts of the moment; they may come back
	Returned  int // back to review: the facts changed what was approved
	Retried   int // not possible now; due again
	Failed    int // not possible by any channel
	Errors    []error
}

func (r *DispatchReport) add(other DispatchReport) {
	r.Mailed, r.Posted, r.Confirmed = r.Mailed+other.Mailed, r.Posted+other.Posted, r.Confirmed+other.Confirmed
	r.Postponed, r.Returned, r.Retried, r.Failed = r.Postponed+other.Postponed, r.Returned+other.Returned, r.Retried+other.Retried, r.Failed+other.Failed
	r.Errors = append(r.Errors, other.Errors[:min(len(other.Errors), maxReportedErrors-len(r.Errors))]...)
}

func (r *DispatchReport) count(rem Reminder) {
	switch rem.State {
	case ReminderSent:
		if rem.Channel == courrier.ChannelPost {
			r.Confirmed++
		} else {
			r.Mailed++
		}
	case ReminderSending:
		r.Posted++
	case ReminderPostponed:
		r.Postponed++
	case ReminderProposed:
		r.Returned++
	case ReminderApproved:
		r.Retried++
	case ReminderFailed, ReminderSkipped:
		r.Failed++
	}
}

// Dispatch sends the approved reminders that are due: the facts are read again, what is
// no longer so is left out or suppressed, and the rest goes by e-mail or as a letter
// through the [courrier.Client]. It also confirms the letters that carriers accepted
// meanwhile. Any number of workers may call it at the same time. When the context ends
// nothing more is begun, and the e-mail under way has the StopGrace of the Client's
// Config to be taken: one that is cut counts as sent, in doubt.
//
// Errors: [courrier.ErrInvalid].
func (d *Runner) Dispatch(ctx context.Context) (_ DispatchReport, err error) {
	ctx, cancel := stop.Within(ctx, d.client.Config().StopGrace)
	defer cancel()
	ctx, end := d.observe(ctx, courrier.Operation{Name: "dispatch reminders"})
	defer func() { end(err) }()
	var report DispatchReport
	if err := d.outsideTx(ctx); err != nil {
		return report, fmt.Errorf("dispatch: %w", err)
	}
	for _, state := range []ReminderState{ReminderSending, ReminderApproved} {
		for {
			page, err := seq.Collect(d.store.Reminders(ctx, ReminderFilter{States: []ReminderState{state}, DueBefore: d.now(), Limit: pageSize}))
			if err != nil {
				return report, fmt.Errorf("dispatch: %w", err)
			}
			moved := d.dispatchPage(ctx, page, &report)
			if err := stop.Asked(ctx); err != nil {
				return report, err
			}
			if len(page) < pageSize || moved == 0 { // what does not move another worker has, or it cannot be written
				break
			}
		}
	}
	return report, stop.Asked(ctx)
}

// dispatchPage works on several customers at once, on the reminders of each one after
// the other, and returns how many moved.
func (d *Runner) dispatchPage(ctx context.Context, page []Reminder, report *DispatchReport) (moved int) {
	customers := byCustomer(page)
	reports, counts := make([]DispatchReport, len(customers)), make([]int, len(customers))
	seq.Parallel(len(customers), d.workers, func(i int) {
		for _, rem := range customers[i] {
			if stop.Asked(ctx) == nil && d.dispatchOne(ctx, rem, &reports[i]) {
				counts[i]++
			}
		}
	})
	for i := range customers {
		report.add(reports[i])
		moved += counts[i]
	}
	return moved
}

// byCustomer keeps the order of customers, and of the reminders of each.
func byCustomer(page []Reminder) [][]Reminder {
	type whom struct {
		account  courrier.AccountID
		customer courrier.CustomerID
	}
	var all [][]Reminder
	places := map[whom]int{}
	for _, rem := range page {
		who := whom{rem.Account, rem.Customer}
		at, known := places[who]
		if !known {
			at, places[who] = len(all), len(all)
			all = append(all, nil)
		}
		all[at] = append(all[at], rem)
	}
	return all
}

// dispatchOne reports whether the reminder is no longer due.
func (d *Runner) dispatchOne(ctx context.Context, rem Reminder, report *DispatchReport) bool {
	after := rem
	err := guard.Safely(ctx, d.log, func() (err error) {
		after, err = d.step(ctx, rem)
		return err
	})
	asked := stop.Asked(ctx)
	switch {
	case asked != nil && errors.Is(err, asked): // not begun
		return false
	case errors.Is(err, courrier.ErrConflict): // another worker was faster
		return false
	case err != nil:
		if len(report.Errors) < maxReportedErrors {
			report.Errors = append(report.Errors, fmt.Errorf("reminder %s: %w", rem.ID, err))
		}
		d.log.ErrorContext(ctx, "reminder left for later", "reminder", rem.ID, "kind", courrier.KindOf(err))
		rem.DueAt = d.now().Add(retryFirst)
		return d.write(ctx, &rem) == nil // if this fails too, the reminder is simply still due
	case after.State != rem.State || after.State == ReminderApproved:
		report.count(after)
	}
	return true
}

// DispatchOne sends one approved reminder if it is due, or confirms the letter of one
// under way: the duty of [Runner.Dispatch] for a host's own job engine. Errors:
// [courrier.ErrNotFound], [courrier.ErrInvalid], [courrier.ErrConflict] (changed), the
// host's.
func (d *Runner) DispatchOne(ctx context.Context, id ReminderID) (Reminder, error) {
	if err := d.outsideTx(ctx); err != nil {
		return Reminder{}, fmt.Errorf("dispatch: %w", err)
	}
	rem, err := d.store.Reminder(ctx, id)
	if err != nil || rem.DueAt.After(d.now()) {
		return rem, err
	}
	return d.step(ctx, rem)
}

// step takes a reminder that is due one step further.
func (d *Runner) step(ctx context.Context, rem Reminder) (Reminder, error) {
	switch {
	case rem.State == ReminderApproved:
		return d.send(ctx, rem)
	case rem.State == ReminderSending && rem.Channel == courrier.ChannelPost:
		return d.confirm(ctx, rem)
	case rem.State == ReminderSending: // a process died between an e-mail and its record
		rem.InDoubt = true
		return d.sent(ctx, rem, "sent, or begun: the process ended before it was recorded")
	}
	return rem, nil
}

// write commits the reminder. One that ended with contents to forget gets the
// day for it: see [Runner.Purge].
func (d *Runner) write(ctx context.Context, rem *Reminder, items ...courrier.Item) error {
	if rem.ended() && rem.DueAt.IsZero() && len(rem.Sums()) > 0 {
		settings, err := d.client.Settings(ctx, rem.Account)
		if err != nil {
			return err
		}
		if keep, ends := settings.Retention(); ends {
			rem.DueAt = d.now().Add(keep)
		}
	}
	err := d.commit(ctx, Change{Reminder: rem, Items: items})
	if err == nil {
		rem.Version++
	}
	return err
}

// keep writes what a change of a reminder's life made of it.
func (d *Runner) keep(ctx context.Context, rem Reminder, err error) (Reminder, error) {
	if err != nil {
		return rem, err
	}
	return rem, d.write(ctx, &rem)
}

// moment is now, done by the host itself: what happens in dispatching is nobody's act.
func (d *Runner) moment() moment { return moment{at: d.now()} }

// byActor is now, done by the actor of the context.
func (d *Runner) byActor(ctx context.Context) moment {
	return moment{at: d.now(), by: courrier.ActorID(actor.From(ctx))}
}

// send reads the facts again and sends what is left of the reminder.
func (d *Runner) send(ctx context.Context, rem Reminder) (Reminder, error) {
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return rem, err
	}
	own := rem.ApprovedBy == "" && !rem.AdHoc // it leaves by itself, within the account's hours
	if at := plans.opens(rem, d.now()); own && at.After(d.now()) {
		next, err := rem.waits(waitHours, at, d.moment())
		return d.keep(ctx, next, err)
	}
	left, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return rem, err
	}
	if left.nothing() || left.leaves.After(plans.dayOf(rem, d.now())) {
		return d.notNow(ctx, plans, rem, left)
	}
	if why := rem.asksAgain(left.Decision); why != "" {
		next, err := rem.narrowed(left.Decision).toReview(why, d.moment())
		return d.keep(ctx, next, err)
	}
	judged := rem.ApprovedBy != "" || rem.Revision != (Message{})
	if judged && !sameContent(rem.Decision, left.Decision) {
		next, err := rem.narrowed(left.Decision).toReview(reasonChanged, d.moment())
		return d.keep(ctx, next, err)
	}
	rem = rem.narrowed(left.Decision)
	out, err := d.prepare(ctx, plans, &rem, left)
	if err != nil {
		return d.unsendable(ctx, rem, err)
	}
	if err := d.produce(ctx, &rem, &out, rem.PreviewToken != ""); err != nil {
		return d.unsendable(ctx, rem, err)
	}
	if err := stop.Asked(ctx); err != nil { // composing took its time
		return rem, err
	}
	switch {
	case rem.PreviewToken != "" && rem.PreviewToken != out.token():
		next, err := rem.toReview(reasonChanged, d.moment())
		return d.keep(ctx, next, err)
	case out.email != nil:
		return d.mail(ctx, plans, rem, *out.email)
	}
	return d.post(ctx, rem, *out.letter)
}

// Reasons on record of reminders that came back or wait.
const (
	reasonChanged = "changed since it was approved"
	reasonWarned  = "its statement warns of something: a person decides"
	reasonAsks    = "what was approved did not leave: it is asked again"
	waitHours     = HoldCause("hours") // of the account
)

// asksAgain tells why a person must look at a reminder before it leaves, that nobody
// has approved as it is now; "" when it may leave by itself. An approval is of one
// sending: what was approved as an e-mail and came back may not leave as a letter,
// not even where there was no post when it came back.
func (r Reminder) asksAgain(left Decision) string {
	switch {
	case r.ApprovedBy != "":
		return ""
	case r.Decision.NeedsApproval || r.Decision.Manual || r.Resend:
		return reasonAsks
	case left.NeedsApproval:
		return reasonWarned
	}
	return ""
}

// notNow keeps what a person approved until the day on which nothing but time keeps
// it, and suppresses the rest.
func (d *Runner) notNow(ctx context.Context, plans *accountPlans, rem Reminder, left remaining) (Reminder, error) {
	m := d.moment()
	if (rem.ApprovedBy != "" || rem.Tries > 0) && !left.nothing() { // or it was late for no fault of its own
		next, err := rem.waits(left.why.Cause, left.leaves.At(plans.hour(), plans.evaluatorOf(rem).zone), m)
		return d.keep(ctx, next, err)
	}
	if rem.MailRefused && left.Lines != nil && rem.Delivery == "" {
		next, err := rem.unreachable(m)
		return d.keep(ctx, next, err)
	}
	next, err := rem.suppressed(left.why.Cause, m, m.at.Add(retryMost))
	return d.keep(ctx, next, err)
}

// remaining is what is left of a reminder under the facts of a moment.
type remaining struct {
	Decision
	why    Hold          // why nothing of it may leave, or not today
	leaves courrier.Date // the first day on which it may, if nothing but time changes
	notes  DebtorNotes
	facts  Case
}

func (r remaining) nothing() bool { return r.Lines == nil || len(r.Channels) == 0 }

// recheck returns what is left of a reminder under the facts of this moment, its
// channels in the order that a person chose.
func (d *Runner) recheck(ctx context.Context, plans *accountPlans, rem Reminder) (remaining, error) {
	c, err := d.facts(ctx, rem)
	if errors.Is(err, courrier.ErrNotFound) {
		return remaining{why: Hold{Cause: CausePaid}}, nil
	}
	if err != nil {
		return remaining{}, err
	}
	all, err := d.histories(ctx, []Case{c})
	if err != nil {
		return remaining{}, err
	}
	past := all[rem.Customer]
	c, err = d.reachable(ctx, plans, past.notes.apply(c), past.notes)
	if err != nil {
		return remaining{}, err
	}
	return d.remains(ctx, plans, rem, c, past, plans.dayOf(rem, d.now()))
}

// facts asks the host about the customer of a reminder. A sales document needs a
// contact, not a debt: who owes nothing is reached as the host's details say.
func (d *Runner) facts(ctx context.Context, rem Reminder) (Case, error) {
	c, err := d.debtor(ctx, rem.Account, rem.Customer)
	if rem.Delivery == "" || !errors.Is(err, courrier.ErrNotFound) {
		return c, err
	}
	details, err := d.detailsOf(ctx, rem.Account, rem.Customer, nil)
	if err != nil {
		return c, err
	}
	c = Case{Account: rem.Account, Customer: Customer{ID: rem.Customer}}
	_, postErr := details.To.Lines()
	c.Customer.Contact = Contact{Email: len(details.Mail) > 0, Post: postErr == nil}
	return c, nil
}

// remains is recheck with the facts at hand.
func (d *Runner) remains(ctx context.Context, plans *accountPlans, rem Reminder, c Case, past debtorPast, today courrier.Date) (remaining, error) {
	who := &c.Customer.Contact
	who.Email = who.Email || len(rem.Mail) > 0 && d.host.mail != nil // given for this reminder
	who.Post = who.Post || rem.To != nil
	left := remaining{leaves: today, notes: past.notes, facts: c, why: Hold{Cause: CauseNoChannel}}
	switch {
	case rem.Delivery != "":
		left.Decision = deliveryLeft(rem.Decision, c)
	case rem.AdHoc || rem.Resend:
		left.Decision, left.why = handLeft(rem, c, past.without(rem), plans, today)
	default:
		part := plans.partOf(rem.Decision, c, today)
		if part.err != nil {
			return left, part.err
		}
		left.Decision, left.why, left.leaves = part.await(rem.Decision, part.Case, past.without(rem), today)
	}
	left.Decision = left.without(rem.MailRefused)
	left.Channels = preferring(left.Channels, rem.Prefer)
	if rem.Delivery != "" {
		return left, nil
	}
	return left, d.state(ctx, plans, &left.Decision, c, past.history, cmp.Or(rem.DatedOn, left.leaves))
}

// preferring puts the channel that a person chose first, if it is possible.
func preferring(channels []courrier.Channel, first courrier.Channel) []courrier.Channel {
	if !slices.Contains(channels, first) {
		return channels
	}
	others := slices.DeleteFunc(slices.Clone(channels), func(c courrier.Channel) bool { return c == first })
	return append([]courrier.Channel{first}, others...)
}

// without drops e-mail from the channels after the address refused it.
func (d Decision) without(mail bool) Decision {
	if mail {
		d.Channels = slices.DeleteFunc(slices.Clone(d.Channels), func(c courrier.Channel) bool { return c == courrier.ChannelEmail })
	}
	return d
}

// closed says why an invoice may be in no letter at all; "" when it may.
func (inv Invoice) closed() HoldCause {
	switch {
	case inv.creditNote():
		return CauseCredit
	case inv.Paid || inv.open() <= 0:
		return CausePaid
	case inv.Draft:
		return CauseDraft
	case inv.Excluded:
		return CauseExcluded
	case inv.Disputed:
		return CauseDisputed
	}
	return ""
}

// dayOf is that of accountPlans, in France when the settings cannot be read.
func (d *Runner) dayOf(ctx context.Context, rem Reminder, at time.Time) courrier.Date {
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return courrier.PostalDay(at)
	}
	return plans.dayOf(rem, at)
}

// sameContent tells whether two decisions print the same.
func sameContent(a, b Decision) bool {
	return slices.EqualFunc(a.Lines, b.Lines, func(x, y ReminderLine) bool {
		return x.Invoice == y.Invoice && x.DueOn == y.DueOn && x.Open.Equal(y.Open)
	})
}

// narrowed returns the reminder with what is left of its decision. The keys of
// lines that fell away are free for another time, but those of lines that a letter
// said before.
func (r Reminder) narrowed(left Decision) Reminder {
	was := map[string]bool{}
	for key := range r.Decision.Keys() {
		was[key.String()] = true
	}
	for line := range r.saidBefore() {
		delete(was, r.Decision.keyOf(line).String())
	}
	r.Decision = left
	r.Keys = slices.DeleteFunc(slices.Clone(r.Keys), func(key string) bool { return was[key] }) // what is left is its own, by hand
	if left.Step.ID != "" {
		for key := range left.Keys() {
			if text := key.String(); !slices.Contains(r.Keys, text) {
				r.Keys = append(r.Keys, text)
			}
		}
	}
	return r
}

// unsendable sends a reminder that cannot leave as it is to a person, with every
// wrong field. Other errors leave it due.
func (d *Runner) unsendable(ctx context.Context, rem Reminder, cause error) (Reminder, error) {
	if !refused(cause) && !errors.Is(cause, courrier.ErrDenied) {
		return rem, cause
	}
	reason := "cannot be sent: " + courrier.KindOf(cause)
	for _, fe := range courrier.FieldErrors(cause) {
		reason += "; " + fe.Error()
		if fe.Code != "" {
			reason += ", " + fe.Code
		}
	}
	next, err := rem.toReview(reason, d.moment())
	return d.keep(ctx, next, err)
}

// sent records that a reminder left today.
func (d *Runner) sent(ctx context.Context, rem Reminder, act string) (Reminder, error) {
	m := d.moment()
	next, err := rem.left(d.dayOf(ctx, rem, m.at), m, act)
	return d.keep(ctx, next, err)
}
