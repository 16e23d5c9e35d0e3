package courrier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// RemindReport counts what a [Dunning.Dispatch] did.
type RemindReport struct {
	Mailed    int // e-mails that left
	Posted    int // letters handed to the Client
	Confirmed int // letters that their carriers accepted since
	Postponed int // suppressed by the facts of the moment; they may come back
	Returned  int // back to review: the facts changed what was approved
	Retried   int // not possible now; due again
	Failed    int // not possible by any channel
	Errors    []error
}

func (r *RemindReport) count(rem Reminder) {
	switch rem.State {
	case ReminderSent:
		if rem.Channel == ChannelPost {
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
// as a letter through the [Client]. It also confirms the letters that carriers
// accepted meanwhile. Any number of workers may call it at the same time.
func (d *Dunning) Dispatch(ctx context.Context) (RemindReport, error) {
	var report RemindReport
	for _, state := range []ReminderState{ReminderSending, ReminderApproved} {
		for {
			page, err := collect(d.store.Reminders(ctx, ReminderFilter{States: []ReminderState{state}, DueBefore: d.client.now(), Limit: pageSize}))
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
func (d *Dunning) dispatchOne(ctx context.Context, rem Reminder, report *RemindReport) bool {
	after, err := d.step(ctx, rem)
	switch {
	case errors.Is(err, ErrConflict): // another worker was faster
		return false
	case err != nil:
		if len(report.Errors) < maxReportedErrors {
			report.Errors = append(report.Errors, fmt.Errorf("reminder %s: %w", rem.ID, err))
		}
		d.client.log.ErrorContext(ctx, "reminder left for later", "reminder", rem.ID, "kind", kindOf(err))
		rem.DueAt = d.client.now().Add(retryFirst)
		return d.write(ctx, &rem) == nil // if this fails too, the reminder is simply still due
	case after.State != rem.State || after.State == ReminderApproved:
		report.count(after)
	}
	return true
}

// DispatchOne sends one approved reminder if it is due, or confirms the letter of
// one under way: the duty of [Dunning.Dispatch] for a host's own job engine.
func (d *Dunning) DispatchOne(ctx context.Context, id ReminderID) (Reminder, error) {
	rem, err := d.store.Reminder(ctx, id)
	if err != nil || rem.DueAt.After(d.client.now()) {
		return rem, err
	}
	return d.step(ctx, rem)
}

// step takes a reminder that is due one step further.
func (d *Dunning) step(ctx context.Context, rem Reminder) (Reminder, error) {
	switch {
	case rem.State == ReminderApproved:
		return d.send(ctx, rem)
	case rem.State == ReminderSending && rem.Channel == ChannelPost:
		return d.confirm(ctx, rem)
	case rem.State == ReminderSending: // a process died between an e-mail and its record
		rem.InDoubt = true
		return d.sent(ctx, rem, "sent, or begun: the process ended before it was recorded")
	}
	return rem, nil
}

// write commits the reminder. One that ended with contents to forget gets the
// day for it: see [Client.Purge].
func (d *Dunning) write(ctx context.Context, rem *Reminder) error {
	if rem.ended() && rem.DueAt.IsZero() && len(rem.Sums()) > 0 {
		settings, err := d.client.Settings(ctx, rem.Account)
		if err != nil {
			return err
		}
		if keep, ends := settings.retention(); ends {
			rem.DueAt = d.client.now().Add(keep)
		}
	}
	err := d.client.commit(ctx, Change{Reminder: rem})
	if err == nil {
		rem.Version++
	}
	return err
}

// send reads the facts again and sends what is left of the reminder.
func (d *Dunning) send(ctx context.Context, rem Reminder) (Reminder, error) {
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
func (d *Dunning) recheck(ctx context.Context, plans *accountPlans, rem Reminder) (left Decision, why Hold, err error) {
	c, err := d.debtor(ctx, rem.Account, rem.Customer)
	if errors.Is(err, ErrNotFound) {
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
	today := plans.dayOf(rem, d.client.now())
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
func preferring(channels []Channel, first Channel) []Channel {
	if !slices.Contains(channels, first) {
		return channels
	}
	others := slices.DeleteFunc(slices.Clone(channels), func(c Channel) bool { return c == first })
	return append([]Channel{first}, others...)
}

// without drops e-mail from the channels after the address refused it.
func (d Decision) without(mail bool) Decision {
	if mail {
		d.Channels = slices.DeleteFunc(slices.Clone(d.Channels), func(c Channel) bool { return c == ChannelEmail })
	}
	return d
}

// closed says why an invoice may be in no letter at all; "" when it may.
func (inv Invoice) closed() HoldCause {
	switch {
	case inv.Paid || inv.Open.Sign() <= 0:
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
func (p *accountPlans) dayOf(rem Reminder, at time.Time) Date {
	e := p.evaluators[rem.Decision.PolicyID]
	if e == nil {
		e = p.evaluators[p.Assignment.Default]
	}
	return e.Today(at)
}

// dayOf is that of accountPlans, in France when the settings cannot be read.
func (d *Dunning) dayOf(ctx context.Context, rem Reminder, at time.Time) Date {
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return postalDay(at)
	}
	return plans.dayOf(rem, at)
}

// sameContent tells whether two decisions print the same.
func sameContent(a, b Decision) bool {
	return slices.EqualFunc(a.Lines, b.Lines, func(x, y ReminderLine) bool {
		return x.Invoice == y.Invoice && x.DueOn == y.DueOn && x.Open.Equal(y.Open)
	}) && a.Fee.Equal(b.Fee)
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
func (d *Dunning) postpone(ctx context.Context, rem Reminder, why Hold) (Reminder, error) {
	rem.State, rem.DueAt, rem.Until, rem.Reason = ReminderPostponed, time.Time{}, why.Until, string(why.Cause)
	if rem.AdHoc { // nothing would decide it again
		rem.State = ReminderSkipped
	}
	rem.forgetApproval()
	rem.log(d.client.now(), "", "suppressed", string(why.Cause))
	return rem, d.write(ctx, &rem)
}

// toReview returns a reminder to the queue, with the reason.
func (d *Dunning) toReview(ctx context.Context, rem Reminder, reason string) (Reminder, error) {
	rem.State, rem.DueAt, rem.Reason = ReminderProposed, time.Time{}, reason
	rem.forgetApproval()
	rem.log(d.client.now(), "", "back to review", reason)
	return rem, d.write(ctx, &rem)
}

func (r *Reminder) forgetApproval() {
	r.PreviewToken, r.ApprovedBy, r.ApprovedAt = "", "", time.Time{}
}

// unsendable sends a reminder that cannot leave as it is to a person, with every
// wrong field. Other errors leave it due.
func (d *Dunning) unsendable(ctx context.Context, rem Reminder, cause error) (Reminder, error) {
	if !refused(cause) && !errors.Is(cause, ErrDenied) {
		return rem, cause
	}
	reason := "cannot be sent: " + kindOf(cause)
	for _, fe := range FieldErrors(cause) {
		reason += "; " + fe.Error()
	}
	return d.toReview(ctx, rem, reason)
}

func (d *Dunning) sent(ctx context.Context, rem Reminder, act string) (Reminder, error) {
	now := d.client.now()
	rem.State, rem.DueAt, rem.Reason = ReminderSent, time.Time{}, ""
	if rem.SentOn.IsZero() {
		rem.SentOn = d.dayOf(ctx, rem, now)
	}
	rem.log(now, "", act, "")
	return rem, d.write(ctx, &rem)
}

// post begins the letter of a reminder on record, with what it names, and then
// hands it to the Client: only the letter that is on record may leave, see
// recheckLetter. It is sent when a carrier accepts it.
func (d *Dunning) post(ctx context.Context, rem Reminder, l Letter) (Reminder, error) {
	rem.Letters++
	rem.State, rem.Channel, rem.Letter, rem.DueAt = ReminderSending, ChannelPost, "", d.client.now().Add(mailLease)
	if err := d.write(ctx, &rem); err != nil {
		return rem, err
	}
	bounded, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	rec, err := d.client.Send(bounded, l)
	if err != nil {
		return d.unsendable(ctx, rem, err)
	}
	return d.handedOver(ctx, rem, rec)
}

func (d *Dunning) handedOver(ctx context.Context, rem Reminder, rec LetterRecord) (Reminder, error) {
	rem.Letter, rem.DueAt = rec.ID, d.client.now().Add(retryFirst)
	rem.log(d.client.now(), "", "letter handed over", "")
	return rem, d.write(ctx, &rem)
}

// confirm follows the letter of a reminder until a carrier has it, or never will.
func (d *Dunning) confirm(ctx context.Context, rem Reminder) (Reminder, error) {
	if rem.Letter == "" {
		return d.findLetter(ctx, rem)
	}
	rec, err := d.store.Letter(ctx, rem.Letter)
	if err != nil {
		return rem, err
	}
	switch {
	case rec.Status == StatusCancelled && rec.Failure != nil && rec.Failure.Code == "recheck":
		return d.sendAgain(ctx, rem, "letter withdrawn", rec.Failure.Message)
	case rec.Status == StatusCancelled:
		return d.toReview(ctx, rem, "its letter was cancelled")
	case rec.Status == StatusFailed:
		reason := "its letter failed"
		if rec.Failure != nil && rec.Failure.Code != "" {
			reason += ": " + rec.Failure.Code
		}
		return d.toReview(ctx, rem, reason)
	case rec.Status != StatusCancelRequested && !rec.SubmittedAt.IsZero():
		rem.SentOn = d.dayOf(ctx, rem, rec.SubmittedAt)
		return d.sent(ctx, rem, "letter accepted by the carrier")
	}
	rem.DueAt = d.client.now().Add(backoff(retryFirst, len(rem.Log), retryMost))
	return rem, d.write(ctx, &rem)
}

// findLetter goes on where a process died while it handed a letter over.
func (d *Dunning) findLetter(ctx context.Context, rem Reminder) (Reminder, error) {
	for rec, err := range d.store.Letters(ctx, LetterFilter{Account: rem.Account, Key: rem.letterKey(), Limit: 1}) {
		if err != nil {
			return rem, err
		}
		return d.handedOver(ctx, rem, rec)
	}
	return d.sendAgain(ctx, rem, "letter not handed over", "")
}

// sendAgain lets the facts of the moment decide anew about a reminder whose
// letter did not leave.
func (d *Dunning) sendAgain(ctx context.Context, rem Reminder, act, note string) (Reminder, error) {
	rem.State, rem.DueAt, rem.Letter = ReminderApproved, d.client.now(), ""
	rem.log(d.client.now(), "", act, note)
	return rem, d.write(ctx, &rem)
}

// recheckLetter reads the facts once more, right before the Client hands a
// reminder's letter over, and cancels it when the reminder would now be
// suppressed, changed, sent otherwise or sent elsewhere.
func (d *Dunning) recheckLetter(ctx context.Context, rec LetterRecord) (Recheck, error) {
	rem, err := d.store.Reminder(ctx, ReminderID(rec.Letter.Metadata[reminderEntry]))
	if err != nil {
		return Recheck{}, err
	}
	again := rec.Replaces != "" // by Client.Resend, perhaps to another address
	if !again && (rem.State != ReminderSending || rec.Letter.Key != rem.letterKey()) {
		return Recheck{Cancel: true, Reason: "withdrawn"}, nil
	}
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return Recheck{}, err
	}
	left, why, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return Recheck{}, err
	}
	switch {
	case left.Lines == nil || !slices.Contains(left.Channels, ChannelPost):
		return Recheck{Cancel: true, Reason: string(why.Cause)}, nil
	case !sameContent(rem.Decision, left):
		return Recheck{Cancel: true, Reason: "changed"}, nil
	case again || rem.To != nil:
		return Recheck{}, nil
	}
	details, err := d.details(ctx, rem)
	if err != nil {
		return Recheck{}, err
	}
	if fingerprintOf(details.To) != rec.Letter.Metadata[addressEntry] {
		return Recheck{Cancel: true, Reason: "address changed"}, nil
	}
	return Recheck{}, nil
}
