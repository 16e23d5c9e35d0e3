package dunning

import (
	"context"
	"errors"
	"slices"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/seq"
)

// post begins the letter of a reminder on record, with what it names, and then
// hands it to the Client: only the letter that is on record may leave, see
// Ask. It is sent when a carrier accepts it.
func (d *Runner) post(ctx context.Context, rem Reminder, l courrier.Letter) (Reminder, error) {
	begun, err := rem.letterBegun(printOf(l), d.moment(), d.now().Add(mailLease))
	if rem, err = d.keep(ctx, begun, err); err != nil {
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

// printOf identifies all that a letter is but its key.
func printOf(l courrier.Letter) string {
	l = l.Normal()
	l.Key = ""
	return fingerprintOf(l)
}

func (d *Runner) handedOver(ctx context.Context, rem Reminder, rec courrier.LetterRecord) (Reminder, error) {
	next, err := rem.letterHandedOver(rec.ID, d.moment(), d.now().Add(retryFirst))
	return d.keep(ctx, next, err)
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
	m := d.moment()
	switch {
	case rec.Status == courrier.StatusCancelled && rec.Failure != nil && rec.Failure.Code == string(courrier.HoldGate):
		return d.withdrawn(ctx, rem, rec.Failure.Message)
	case rec.Status == courrier.StatusCancelled:
		next, err := rem.letterLost("its letter was cancelled", m)
		return d.keep(ctx, next, err)
	case rec.Status == courrier.StatusFailed:
		reason := "its letter failed"
		if rec.Failure != nil && rec.Failure.Code != "" {
			reason += ": " + rec.Failure.Code
		}
		next, err := rem.letterLost(reason, m)
		return d.keep(ctx, next, err)
	case rec.Status != courrier.StatusCancelRequested && !rec.SubmittedAt.IsZero():
		next, err := rem.left(d.dayOf(ctx, rem, rec.SubmittedAt), m, "letter accepted by the carrier")
		return d.keep(ctx, next, err)
	case rec.Status == courrier.StatusHeld:
		return d.held(ctx, rem, rec)
	}
	return d.later(ctx, rem)
}

// later looks at a letter under way again, at growing intervals.
func (d *Runner) later(ctx context.Context, rem Reminder) (Reminder, error) {
	rem.Tries++
	rem.DueAt = d.now().Add(seq.Backoff(retryFirst, rem.Tries, retryMost))
	return rem, d.write(ctx, &rem)
}

// withdrawn goes on after the gate kept a letter from leaving: the facts decide
// anew, or a person, where somebody changed the letter.
func (d *Runner) withdrawn(ctx context.Context, rem Reminder, why string) (Reminder, error) {
	if why == reasonRevised {
		next, err := rem.toReview(reasonRevised, d.moment())
		return d.keep(ctx, next, err)
	}
	next, err := rem.letterWithdrawn(d.moment(), "letter withdrawn", why)
	return d.keep(ctx, next, err)
}

// held is for a letter that waits with us: for credit, a person, or post to be
// switched on. One that would not be sent any more ends, and its credit is back; of
// one that no post may carry the facts decide anew.
func (d *Runner) held(ctx context.Context, rem Reminder, rec courrier.LetterRecord) (Reminder, error) {
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return rem, err
	}
	left, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return rem, err
	}
	if !left.nothing() && rec.Hold != courrier.HoldPostOff {
		return d.later(ctx, rem)
	}
	if _, err := d.client.Cancel(ctx, rec.ID); err != nil {
		return rem, err
	}
	return d.withdrawn(ctx, rem, string(left.why.Cause))
}

// findLetter goes on where a process died while it handed a letter over.
func (d *Runner) findLetter(ctx context.Context, rem Reminder) (Reminder, error) {
	for rec, err := range d.client.Letters(ctx, courrier.LetterFilter{Account: rem.Account, Key: rem.letterKey(), Limit: 1}) {
		if err != nil {
			return rem, err
		}
		return d.handedOver(ctx, rem, rec)
	}
	next, err := rem.letterWithdrawn(d.moment(), "letter not handed over", "")
	return d.keep(ctx, next, err)
}

// reasonRevised is why a letter does not leave that somebody changed after the
// reminder handed it over.
const reasonRevised = "its letter was changed after it was handed over"

// Ask implements [courrier.Gate]: it reads the facts once more, right before the Client
// hands a reminder's letter over. It cancels the letter when the reminder would now be
// suppressed, changed, sent otherwise or sent elsewhere, and when it is not the one
// that was made.
//
// Errors: the host's.
func (d *Runner) Ask(ctx context.Context, rec courrier.LetterRecord) (courrier.Verdict, error) {
	rem, err := d.store.Reminder(ctx, ReminderID(rec.Letter.GateRef))
	switch {
	case errors.Is(err, courrier.ErrNotFound):
		return courrier.Verdict{Cancel: true, Reason: "of no reminder"}, nil
	case err != nil:
		return courrier.Verdict{}, err
	case rem.Account != rec.Letter.Account:
		return courrier.Verdict{Cancel: true, Reason: "not of this account"}, nil
	case rem.State != ReminderSending || rec.Letter.Key != rem.letterKey():
		return courrier.Verdict{Cancel: true, Reason: "withdrawn"}, nil
	case printOf(rec.Letter) != rem.LetterPrint:
		return courrier.Verdict{Cancel: true, Reason: reasonRevised}, nil
	}
	plans, err := d.plans(ctx, rem.Account)
	if err != nil {
		return courrier.Verdict{}, err
	}
	left, err := d.recheck(ctx, plans, rem)
	if err != nil {
		return courrier.Verdict{}, err
	}
	switch {
	case left.nothing() || !slices.Contains(left.Channels, courrier.ChannelPost):
		return courrier.Verdict{Cancel: true, Reason: string(left.why.Cause)}, nil
	case left.leaves.After(plans.dayOf(rem, d.now())) && rem.ApprovedBy == "":
		return courrier.Verdict{Cancel: true, Reason: string(left.why.Cause)}, nil
	case !sameContent(rem.Decision, left.Decision):
		return courrier.Verdict{Cancel: true, Reason: "changed"}, nil
	case rem.To != nil:
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

// Resend puts a reminder whose letter ended into review, to be sent again as another
// letter: to another address perhaps, see [Runner.Revise]. It is composed anew, dated
// anew and approved anew. The step stays sent for as long as one of its letters was. It
// must have left by post, and the letter must have ended.
//
// Errors: [courrier.ErrNotFound], [courrier.ErrConflict] (changed, its state, the
// letter's).
func (d *Runner) Resend(ctx context.Context, id ReminderID, reason string) (Reminder, error) {
	rem, err := d.store.Reminder(ctx, id)
	if err != nil {
		return rem, err
	}
	if rem.State != ReminderSent || rem.Letter == "" {
		return rem, &courrier.Error{Op: "resend", Kind: courrier.ErrConflict, Code: string(rem.State), Err: errors.New("the reminder did not leave by post, or is in the queue already")}
	}
	rec, err := d.client.Letter(ctx, rem.Letter)
	if err != nil {
		return rem, err
	}
	if !rec.Status.Done() && rec.Status != courrier.StatusLost {
		return rem, &courrier.Error{Op: "resend", Kind: courrier.ErrConflict, Code: string(rec.Status), LetterID: rec.ID, Err: errors.New("the letter may still arrive")}
	}
	return d.change(ctx, "resend", id, []ReminderState{ReminderSent}, func(r *Reminder) error {
		*r, err = r.resent(reason, reachedPost(rec), d.byActor(ctx))
		return err
	})
}
