package dunning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/seq"
)

// mail sends a reminder by e-mail, once: an attempt whose outcome is not known is
// counted as sent and flagged, never repeated.
func (d *Runner) mail(ctx context.Context, plans *accountPlans, rem Reminder, m email.Message) (Reminder, error) {
	if until, stopped := d.brake.stops(rem.Account, d.now()); stopped { // nothing is tried, so nothing is counted
		next, err := rem.mailPutOff(d.moment(), "the account's e-mail is stopped", until)
		return d.keep(ctx, next, err)
	}
	for _, doc := range slices.Concat(m.Attachments, m.Inline, pageFile(m)) { // what shows later what was sent
		if err := d.contents.PutContent(ctx, courrier.SumOf(doc.Content), doc.Content); err != nil {
			return rem, fmt.Errorf("store attachment: %w", err)
		}
	}
	begun, err := rem.mailBegun(m, d.moment(), d.now().Add(mailLease))
	if rem, err = d.keep(ctx, begun, err); err != nil {
		return rem, err
	}
	watched, end := d.observe(ctx, courrier.Operation{Name: "e-mail", Account: rem.Account, Reminder: string(rem.ID)})
	err = d.host.mail(watched, m)
	end(err)
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer done()
	switch {
	case err == nil:
		d.brake.passed(rem.Account)
		return d.sent(ctx, rem, "e-mail sent")
	case errors.Is(err, courrier.ErrRejected):
		return d.addressRefused(ctx, rem, m, err)
	case errors.Is(err, courrier.ErrDenied): // the account's: every other e-mail would end alike
		return d.mailLater(ctx, rem, "refused to the account", d.brake.stop(rem.Account, d.now()))
	case refused(err): // the message or the mailer's own set-up is wrong, not the address
		return d.unsendable(ctx, rem, err)
	case errors.Is(err, courrier.ErrUnavailable):
		return d.mailLater(ctx, rem, "mail server not available", time.Time{})
	}
	rem.InDoubt = true
	return d.sent(ctx, rem, "e-mail sent, or begun: its server did not answer")
}

// addressRefused goes on by the next channel after a server proved that it does not
// know the address, which is remembered. The same answer for several customers in a
// row is no proof of that any more: then all of them wait.
func (d *Runner) addressRefused(ctx context.Context, rem Reminder, m email.Message, cause error) (Reminder, error) {
	row, until := d.brake.refused(rem, cause.Error(), d.now())
	if !until.IsZero() {
		for _, id := range row {
			d.takeBackRefusal(ctx, id, until)
		}
		return d.mailLater(ctx, rem, "the same answer for several customers", until.Add(retryMost))
	}
	if err := d.rememberBad(ctx, rem, m.To); err != nil {
		return rem, err
	}
	next, err := rem.mailRefused(d.moment(), "e-mail refused", d.now().Add(retryFirst))
	if next, err = d.keep(ctx, next, err); err != nil {
		return next, err
	}
	if until, stopped := d.brake.stops(rem.Account, d.now()); stopped { // by another worker, who may not have seen this refusal
		d.takeBackRefusal(ctx, rem.ID, until)
		return d.store.Reminder(ctx, rem.ID)
	}
	return next, nil
}

// takeBackRefusal lets a reminder wait whose refusal proves nothing any more, unless
// it went on.
func (d *Runner) takeBackRefusal(ctx context.Context, id ReminderID, until time.Time) {
	rem, err := d.store.Reminder(ctx, id)
	if err != nil || rem.State != ReminderApproved || !rem.MailRefused {
		return
	}
	next, err := rem.mailPutOff(d.moment(), "the same answer for several customers", until.Add(retryMost))
	next.Decision.Channels = append([]courrier.Channel{courrier.ChannelEmail}, rem.Decision.Channels...)
	if _, err = d.keep(ctx, next, err); err == nil {
		err = d.forgetBad(ctx, rem.Account, rem.Customer)
	}
	if err != nil {
		d.log.ErrorContext(ctx, "refusal of an e-mail not taken back", "reminder", id, "kind", courrier.KindOf(err))
	}
}

// mailLater tries again when the mail server may be there, or at a moment. That it
// is not there says nothing about the customer's address: no letter takes the
// e-mail's place.
func (d *Runner) mailLater(ctx context.Context, rem Reminder, why string, at time.Time) (Reminder, error) {
	rem.Tries++
	if since := rem.TryingSince; !since.IsZero() && d.now().Sub(since) >= mailRetryFor {
		next, err := rem.withoutMail().toReview("no mail server took it for days", d.moment())
		return d.keep(ctx, next, err)
	}
	if own := d.now().Add(seq.Backoff(retryFirst, rem.Tries, mailRetryMost)); own.After(at) {
		at = own
	}
	next, err := rem.mailPutOff(d.moment(), why, at)
	return d.keep(ctx, next, err)
}

// Bounced records that an e-mail came back, by its id: see the outcomes. What failed
// proves that the customer got nothing: no notice rests on it. An address that does
// not work is remembered until the host gives another, and the reminder goes on by
// post where it may; any other failure goes to a person.
//
// Of says which address came back, by [email.Box.Print]: a copy that did changes
// nothing, for the customer has the e-mail. Without it, an e-mail with copies goes to a
// person: nobody knows whose address failed, and no letter is spent on a guess.
//
// Errors: [courrier.ErrNotFound], [courrier.ErrInvalid], [courrier.ErrConflict]
// (changed).
func (d *Runner) Bounced(ctx context.Context, id ReminderID, outcome email.BounceOutcome, of ...string) (Reminder, error) {
	var err error
	for range maxConflicts {
		var rem Reminder
		if rem, err = d.store.Reminder(ctx, id); err != nil {
			break
		}
		if rem.Channel != courrier.ChannelEmail || rem.State != ReminderSent && rem.State != ReminderSending {
			return rem, nil
		}
		if rem, err = d.bounced(ctx, rem, outcome, of); !errors.Is(err, courrier.ErrConflict) {
			return rem, err
		}
	}
	return Reminder{}, fmt.Errorf("bounced: %w", err)
}

func (d *Runner) bounced(ctx context.Context, rem Reminder, outcome email.BounceOutcome, of []string) (Reminder, error) {
	m := d.moment()
	copied, sure := rem.bouncedCopy(of)
	switch {
	case copied && outcome != email.BounceDelayed:
		next, err := rem.noted(m, "a copy of the e-mail came back")
		return d.keep(ctx, next, err)
	case outcome == email.BounceAddress && !sure:
		outcome = email.BounceFailed
	}
	switch outcome {
	case email.BounceDelayed:
		next, err := rem.noted(m, "e-mail delayed")
		return d.keep(ctx, next, err)
	case email.BounceFailed:
		next, err := rem.mailLost(m)
		return d.keep(ctx, next, err)
	case email.BounceAddress:
		if rem.Email != nil {
			if err := d.rememberBad(ctx, rem, rem.Email.To); err != nil {
				return rem, err
			}
		}
		next, err := rem.mailRefused(m, "e-mail came back", m.at)
		return d.keep(ctx, next, err)
	}
	return rem, &courrier.FieldError{Field: "outcome", Rule: "is not known", Remedy: "use one of the Bounce constants"}
}

// bouncedCopy tells whether only copies of an e-mail came back, and whether it is
// known at all whose address did.
func (r Reminder) bouncedCopy(of []string) (copied, sure bool) {
	if r.Email == nil || len(r.Email.Cc)+len(r.Email.Bcc) == 0 {
		return false, true
	}
	ours := func(b email.Box) bool { return slices.Contains(of, b.Print()) }
	if slices.ContainsFunc(r.Email.To, ours) {
		return false, true
	}
	copied = slices.ContainsFunc(r.Email.Cc, ours) || slices.ContainsFunc(r.Email.Bcc, ours)
	return copied, copied
}
