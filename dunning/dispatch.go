package dunning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/guard"
	"github.com/courrier-go/courrier/internal/seq"
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

// Dispatch sends the approved reminders that are due: the facts are read again,
// what is no longer so is left out or suppressed, and the rest goes by e-mail or
// as a letter through the [courrier.Client]. It also confirms the letters that carriers
// accepted meanwhile. Any number of workers may call it at the same time.
func (d *Runner) Dispatch(ctx context.Context) (DispatchReport, error) {
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
			moved := 0
			for _, rem := range page {
				if ctx.Err() != nil {
					return report, ctx.Err()
				}
				if d.dispatchOne(ctx, rem, &report) {
					moved++
				}
			}
			if len(page) < pageSize || moved == 0 { // what does not move is in other hands, or cannot be written
				break
			}
		}
	}
	return report, ctx.Err()
}

// dispatchOne reports whether the reminder is no longer due.
func (d *Runner) dispatchOne(ctx context.Context, rem Reminder, report *DispatchReport) bool {
	after := rem
	err := guard.Safely(ctx, d.log, func() (err error) {
		after, err = d.step(ctx, rem)
		return err
	})
	switch {
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

// DispatchOne sends one approved reminder if it is due, or confirms the letter of
// one under way: the duty of [Runner.Dispatch] for a host's own job engine.
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
// day for it: see [courrier.Client.Purge].
func (d *Runner) write(ctx context.Context, rem *Reminder) error {
	if rem.ended() && rem.DueAt.IsZero() && len(rem.Sums()) > 0 {
		settings, err := d.client.Settings(ctx, rem.Account)
		if err != nil {
			return err
		}
		if keep, ends := settings.Retention(); ends {
			rem.DueAt = d.now().Add(keep)
		}
	}
	err := d.commit(ctx, Change{Reminder: rem})
	if err == nil {
		rem.Version++
	}
	return err
}

// send reads the facts again and sends what is left of the reminder.
func (d *Runner) send(ctx context.Context, rem Reminder) (Reminder, error) {
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return rem, err
	}
	left, why, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return rem, err
	}
	if left.Lines == nil || len(left.Channels) == 0 {
		return d.postpone(ctx, rem, why)
	}
	judged := rem.ApprovedBy != "" || rem.Revision != (Message{})
	if judged && !sameContent(rem.Decision, left) {
		return d.toReview(ctx, rem.narrowed(left), "changed since it was approved")
	}
	rem = rem.narrowed(left)
	out, err := d.prepare(ctx, plans, &rem)
	if err != nil {
		return rem, err
	}
	if err := d.produce(ctx, &rem, &out, rem.PreviewToken != ""); err != nil {
		return d.unsendable(ctx, rem, err)
	}
	switch {
	case rem.PreviewToken != "" && rem.PreviewToken != out.token():
		return d.toReview(ctx, rem, "changed since it was approved")
	case out.email != nil:
		return d.mail(ctx, rem, *out.email)
	}
	return d.post(ctx, rem, *out.letter)
}

// recheck returns what is left of a reminder under the facts of this moment, its
// channels in the order that a person chose.
func (d *Runner) recheck(ctx context.Context, plans *accountPlans, rem Reminder) (left Decision, why Hold, err error) {
	c, err := d.debtor(ctx, rem.Account, rem.Customer)
	if errors.Is(err, courrier.ErrNotFound) {
		return Decision{}, Hold{Cause: CausePaid}, nil
	}
	if err != nil {
		return Decision{}, Hold{}, err
	}
	past, err := d.histories(ctx, []Case{c})
	if err != nil {
		return Decision{}, Hold{}, err
	}
	c.Customer.Contact.Email = c.Customer.Contact.Email || len(rem.Mail) > 0 // given for this reminder
	c.Customer.Contact.Post = c.Customer.Contact.Post || rem.To != nil
	c = d.reachable(plans, past[rem.Customer].notes.apply(c))
	today := plans.dayOf(rem, d.now())
	switch {
	case rem.Delivery != "":
		left, why = deliveryLeft(rem.Decision, c), Hold{Cause: CauseNoChannel}
	case rem.AdHoc || rem.State == ReminderSent: // a letter that is sent again
		left, why = adHocLeft(rem.Decision, c, today)
	default:
		e, part, err := plans.evaluator(c, rem.Decision.Open.Unit(), today)
		if err != nil {
			return Decision{}, Hold{}, err
		}
		var holds []Hold
		left, holds = e.Recheck(rem.Decision, part, past[rem.Customer].history, today)
		why = Hold{Cause: CausePaid}
		if len(holds) > 0 {
			why = holds[0]
		}
	}
	left = left.without(rem.MailRefused)
	left.Channels = preferring(left.Channels, rem.Prefer)
	return left, why, nil
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

// dayOf is the civil date of a moment for a reminder: in the zone of its policy,
// else of the account's default.
func (p *accountPlans) dayOf(rem Reminder, at time.Time) courrier.Date {
	e := p.evaluators[rem.Decision.PolicyID]
	if e == nil {
		e = p.evaluators[p.Assignment.Default]
	}
	return e.Today(at)
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
// lines that fell away are free for another time.
func (r Reminder) narrowed(left Decision) Reminder {
	r.Decision = left
	if r.AdHoc {
		r.Keys = r.Keys[:1:1] // its own
	} else {
		r.Keys = nil
	}
	if left.Step.ID != "" {
		for key := range left.Keys() {
			r.Keys = append(r.Keys, key.String())
		}
	}
	return r
}

// postpone suppresses a reminder, with the reason; it comes back when the
// evaluation decides so again.
func (d *Runner) postpone(ctx context.Context, rem Reminder, why Hold) (Reminder, error) {
	rem.State, rem.DueAt, rem.Until, rem.Reason = ReminderPostponed, time.Time{}, why.Until, string(why.Cause)
	if rem.AdHoc { // nothing would decide it again
		rem.State = ReminderSkipped
	}
	rem.forgetApproval()
	rem.log(d.now(), "", "suppressed", string(why.Cause))
	return rem, d.write(ctx, &rem)
}

// toReview returns a reminder to the queue, with the reason.
func (d *Runner) toReview(ctx context.Context, rem Reminder, reason string) (Reminder, error) {
	rem.State, rem.DueAt, rem.Reason = ReminderProposed, time.Time{}, reason
	rem.forgetApproval()
	rem.log(d.now(), "", "back to review", reason)
	return rem, d.write(ctx, &rem)
}

func (r *Reminder) forgetApproval() {
	r.PreviewToken, r.ApprovedBy, r.ApprovedAt = "", "", time.Time{}
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
	}
	return d.toReview(ctx, rem, reason)
}

func (d *Runner) sent(ctx context.Context, rem Reminder, act string) (Reminder, error) {
	now := d.now()
	rem.State, rem.DueAt, rem.Reason = ReminderSent, time.Time{}, ""
	if rem.SentOn.IsZero() {
		rem.SentOn = d.dayOf(ctx, rem, now)
	}
	rem.log(now, "", act, "")
	return rem, d.write(ctx, &rem)
}

// post begins the letter of a reminder on record, with what it names, and then
// hands it to the Client: only the letter that is on record may leave, see
// Ask. It is sent when a carrier accepts it.
func (d *Runner) post(ctx context.Context, rem Reminder, l courrier.Letter) (Reminder, error) {
	rem.Letters++
	rem.State, rem.Channel, rem.Letter, rem.DueAt = ReminderSending, courrier.ChannelPost, "", d.now().Add(mailLease)
	if err := d.write(ctx, &rem); err != nil {
		return rem, err
	}
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	rec, err := d.client.Send(bounded, l)
	if err != nil {
		return d.unsendable(ctx, rem, err)
	}
	return d.handedOver(ctx, rem, rec)
}

func (d *Runner) handedOver(ctx context.Context, rem Reminder, rec courrier.LetterRecord) (Reminder, error) {
	rem.Letter, rem.DueAt = rec.ID, d.now().Add(retryFirst)
	rem.log(d.now(), "", "letter handed over", "")
	return rem, d.write(ctx, &rem)
}

// confirm follows the letter of a reminder until a carrier has it, or never will.
func (d *Runner) confirm(ctx context.Context, rem Reminder) (Reminder, error) {
	if rem.Letter == "" {
		return d.findLetter(ctx, rem)
	}
	rec, err := d.client.Letter(ctx, rem.Letter)
	if err != nil {
		return rem, err
	}
	switch {
	case rec.Status == courrier.StatusCancelled && rec.Failure != nil && rec.Failure.Code == string(courrier.HoldGate):
		return d.sendAgain(ctx, rem, "letter withdrawn", rec.Failure.Message)
	case rec.Status == courrier.StatusCancelled:
		return d.toReview(ctx, rem, "its letter was cancelled")
	case rec.Status == courrier.StatusFailed:
		reason := "its letter failed"
		if rec.Failure != nil && rec.Failure.Code != "" {
			reason += ": " + rec.Failure.Code
		}
		return d.toReview(ctx, rem, reason)
	case rec.Status != courrier.StatusCancelRequested && !rec.SubmittedAt.IsZero():
		rem.SentOn = d.dayOf(ctx, rem, rec.SubmittedAt)
		return d.sent(ctx, rem, "letter accepted by the carrier")
	}
	rem.DueAt = d.now().Add(seq.Backoff(retryFirst, len(rem.Log), retryMost))
	return rem, d.write(ctx, &rem)
}

// findLetter goes on where a process died while it handed a letter over.
func (d *Runner) findLetter(ctx context.Context, rem Reminder) (Reminder, error) {
	for rec, err := range d.client.Letters(ctx, courrier.LetterFilter{Account: rem.Account, Key: rem.letterKey(), Limit: 1}) {
		if err != nil {
			return rem, err
		}
		return d.handedOver(ctx, rem, rec)
	}
	return d.sendAgain(ctx, rem, "letter not handed over", "")
}

// sendAgain lets the facts of the moment decide anew about a reminder whose
// letter did not leave.
func (d *Runner) sendAgain(ctx context.Context, rem Reminder, act, note string) (Reminder, error) {
	rem.State, rem.DueAt, rem.Letter = ReminderApproved, d.now(), ""
	rem.log(d.now(), "", act, note)
	return rem, d.write(ctx, &rem)
}

// Ask implements [courrier.Gate]: it reads the facts once more, right before the Client hands a
// reminder's letter over, and cancels it when the reminder would now be
// suppressed, changed, sent otherwise or sent elsewhere.
func (d *Runner) Ask(ctx context.Context, rec courrier.LetterRecord) (courrier.Verdict, error) {
	rem, err := d.store.Reminder(ctx, ReminderID(rec.Letter.GateRef))
	if err != nil {
		return courrier.Verdict{}, err
	}
	if rem.Account != rec.Letter.Account {
		return courrier.Verdict{Cancel: true, Reason: "not of this account"}, nil
	}
	again := rec.Replaces != "" // by Client.Resend, perhaps to another address
	if !again && (rem.State != ReminderSending || rec.Letter.Key != rem.letterKey()) {
		return courrier.Verdict{Cancel: true, Reason: "withdrawn"}, nil
	}
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return courrier.Verdict{}, err
	}
	left, why, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return courrier.Verdict{}, err
	}
	switch {
	case left.Lines == nil || !slices.Contains(left.Channels, courrier.ChannelPost):
		return courrier.Verdict{Cancel: true, Reason: string(why.Cause)}, nil
	case !sameContent(rem.Decision, left):
		return courrier.Verdict{Cancel: true, Reason: "changed"}, nil
	case again || rem.To != nil:
		return courrier.Verdict{}, nil
	}
	details, err := d.details(ctx, rem)
	if err != nil {
		return courrier.Verdict{}, err
	}
	if fingerprintOf(details.To) != rem.AddressPrint {
		return courrier.Verdict{Cancel: true, Reason: "address changed"}, nil
	}
	return courrier.Verdict{}, nil
}
