package dunning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
)

// mail sends a reminder by e-mail, once: an attempt whose outcome is not known is
// counted as sent and flagged, never repeated.
func (d *Runner) mail(ctx context.Context, rem Reminder, m courrier.Email) (Reminder, error) {
	for _, doc := range m.Attachments { // what shows later what was sent
		if err := d.contents.PutContent(ctx, courrier.SumOf(doc.Content), doc.Content); err != nil {
			return rem, fmt.Errorf("store attachment: %w", err)
		}
	}
	kept := withoutContents(m)
	rem.ContentsGone = false
	rem.State, rem.Channel, rem.Email, rem.DueAt = ReminderSending, courrier.ChannelEmail, &kept, d.now().Add(mailLease)
	rem.log(d.now(), "", "e-mail begun", "")
	if err := d.write(ctx, &rem); err != nil {
		return rem, err
	}
	err := d.host.mail(ctx, m)
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer done()
	switch {
	case err == nil:
		return d.sent(ctx, rem, "e-mail sent")
	case errors.Is(err, courrier.ErrRejected):
		return d.mailRefused(ctx, rem, "e-mail refused")
	case refused(err): // the message or the mailer's own set-up is wrong, not the address
		rem.Email = nil
		return d.unsendable(ctx, rem, err)
	case refused(err) || errors.Is(err, courrier.ErrUnavailable) || errors.Is(err, courrier.ErrDenied):
		return d.mailLater(ctx, rem)
	}
	rem.InDoubt = true
	return d.sent(ctx, rem, "e-mail sent, or begun: its server did not answer")
}

// mailRefused goes on by the next channel, if the step has one.
func (d *Runner) mailRefused(ctx context.Context, rem Reminder, act string) (Reminder, error) {
	now := d.now()
	rem.MailRefused, rem.InDoubt, rem.SentOn, rem.Email = true, false, courrier.Date{}, nil
	rem.Decision = rem.Decision.without(true)
	rem.State, rem.DueAt = ReminderApproved, now
	if rem.ApprovedBy != "" { // a person approved an e-mail, not a letter
		rem.State, rem.DueAt, rem.Reason = ReminderProposed, time.Time{}, act
		rem.forgetApproval()
	}
	if len(rem.Decision.Channels) == 0 {
		rem.State, rem.DueAt, rem.Reason = ReminderFailed, time.Time{}, string(CauseNoChannel)
	}
	rem.log(now, "", act, "")
	return rem, d.write(ctx, &rem)
}

// mailLater tries again when the mail server may be there. That it is not says
// nothing about the customer's address: no letter takes the e-mail's place.
func (d *Runner) mailLater(ctx context.Context, rem Reminder) (Reminder, error) {
	rem.Tries++
	rem.Email = nil
	if rem.Tries >= maxMailTries {
		return d.toReview(ctx, rem, "no mail server took it for days")
	}
	rem.State, rem.DueAt = ReminderApproved, d.now().Add(seq.Backoff(retryFirst, rem.Tries, mailRetryMost))
	rem.log(d.now(), "", "e-mail put off", "mail server not available")
	return rem, d.write(ctx, &rem)
}

// Bounced records that an e-mail came back, by its id. A permanent bounce proves
// that the customer got nothing: the reminder goes on by post where it may, and
// else counts as not sent. A temporary one is only logged.
func (d *Runner) Bounced(ctx context.Context, id ReminderID, permanent bool) (Reminder, error) {
	var err error
	for range maxConflicts {
		var rem Reminder
		if rem, err = d.store.Reminder(ctx, id); err != nil {
			break
		}
		if rem.Channel != courrier.ChannelEmail || rem.State != ReminderSent && rem.State != ReminderSending {
			return rem, nil
		}
		if permanent {
			rem, err = d.mailRefused(ctx, rem, "e-mail came back")
		} else {
			rem.log(d.now(), "", "e-mail delayed", "")
			err = d.write(ctx, &rem)
		}
		if !errors.Is(err, courrier.ErrConflict) {
			return rem, err
		}
	}
	return Reminder{}, fmt.Errorf("bounced: %w", err)
}
