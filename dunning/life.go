package dunning

import (
	"fmt"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
)

// This file is the life of a reminder: every change of its state, as a function of
// the record, what happened and the moment. Nothing here reads or calls anything;
// who calls writes what comes back.

// reminderMoves says from which state a reminder may go to which. "" is one that is
// not stored yet; a state that stands among its own moves may change in place.
var reminderMoves = map[ReminderState][]ReminderState{
	"":                {ReminderProposed, ReminderApproved},
	ReminderProposed:  {ReminderProposed, ReminderApproved, ReminderPostponed, ReminderSkipped, ReminderSent},
	ReminderApproved:  {ReminderProposed, ReminderApproved, ReminderSending, ReminderSent, ReminderPostponed, ReminderSkipped, ReminderFailed},
	ReminderSending:   {ReminderProposed, ReminderApproved, ReminderSending, ReminderSent, ReminderPostponed, ReminderSkipped, ReminderFailed},
	ReminderSent:      {ReminderProposed, ReminderApproved, ReminderSent, ReminderFailed},
	ReminderPostponed: {ReminderProposed, ReminderApproved, ReminderPostponed, ReminderSkipped},
	ReminderSkipped:   {},
	ReminderFailed:    {},
}

// ReminderStates lists the states, in the order of a reminder's life.
func ReminderStates() []ReminderState {
	return []ReminderState{ReminderProposed, ReminderApproved, ReminderSending, ReminderSent, ReminderPostponed, ReminderSkipped, ReminderFailed}
}

// ReminderMoves returns to which states each state may go; "" stands for what is not
// stored yet.
func ReminderMoves() map[ReminderState][]ReminderState {
	all := make(map[ReminderState][]ReminderState, len(reminderMoves))
	for from, to := range reminderMoves {
		all[from] = slices.Clone(to)
	}
	return all
}

// moment is when something happened, and who did it; nobody: the host itself.
type moment struct {
	at time.Time
	by courrier.ActorID
}

// moved goes to a state, with a line in the log. What is due is due no more, unless
// the caller says when.
func (r Reminder) moved(to ReminderState, m moment, act, note string) (Reminder, error) {
	if !slices.Contains(reminderMoves[r.State], to) {
		return r, &courrier.Error{Op: act, Kind: courrier.ErrConflict, Code: string(r.State), Err: fmt.Errorf("a reminder that is %q does not become %q", r.State, to)}
	}
	r.State, r.DueAt = to, time.Time{}
	r.Log = append(r.Log[:len(r.Log):len(r.Log)], ReminderAct{At: m.at, Actor: m.by, Act: act, Note: note})
	return r, nil
}

// unapproved forgets an approval: it is of what was, not of what is.
func (r Reminder) unapproved() Reminder {
	r.PreviewToken, r.ApprovedBy, r.ApprovedAt, r.DatedOn, r.SignedBy = "", "", time.Time{}, courrier.Date{}, ""
	return r
}

// decided claims a reminder for a decision of a day's run: for a person's review, or
// due at a moment.
func (r Reminder) decided(d Decision, keys []string, m moment, dueAt time.Time) (Reminder, error) {
	r.Account, r.Customer, r.Decision, r.Keys, r.AdHoc = d.Key.Account, d.Customer, d, keys, false
	r.DueOn, r.Assignee, r.Service, r.Channel = d.On, d.Step.Assignee, d.Step.Service, d.Channels[0]
	r.Until, r.Reason, r.SentOn, r.Letter, r.Tries = courrier.Date{}, "", courrier.Date{}, "", 0
	r.TryingSince = time.Time{}
	return r.proposed(m, dueAt, "proposed", "approved by the policy")
}

// proposed goes into review where a person must look at it, and else is due at a moment.
// Words of a person are that person's to send.
func (r Reminder) proposed(m moment, dueAt time.Time, review, leaves string) (Reminder, error) {
	if r.Decision.Manual || r.Decision.NeedsApproval || r.Revision != (Message{}) {
		return r.moved(ReminderProposed, m, review, "")
	}
	r, err := r.moved(ReminderApproved, m, leaves, "")
	r.DueAt = dueAt
	return r, err
}

// approved lets a reminder leave as a preview showed it, at a moment.
func (r Reminder) approved(token string, m moment, dueAt time.Time) (Reminder, error) {
	r.PreviewToken, r.Reason, r.ApprovedBy, r.ApprovedAt = token, "", m.by, m.at
	r.Tries, r.TryingSince = 0, time.Time{}
	if r.ApprovedBy == "" {
		r.ApprovedBy = "host"
	}
	r, err := r.moved(ReminderApproved, m, "approved", "")
	r.DueAt = dueAt
	return r, err
}

// revised is what a person changed under review.
func (r Reminder) revised(m moment) (Reminder, error) {
	return r.unapproved().moved(ReminderProposed, m, "revised", "")
}

// snoozed puts a reminder off until a day. What no evaluation brings back waits in
// the queue for it.
func (r Reminder) snoozed(until courrier.Date, m moment) (Reminder, error) {
	to := ReminderPostponed
	if r.AdHoc || r.Resend || r.isTask() {
		to, r.DueOn = ReminderProposed, until
	}
	r.Until, r.Reason = until, string(CauseSnoozed)
	return r.unapproved().moved(to, m, "snoozed", until.String())
}

// skipped drops a step for good, at a person's word. A letter that left stays sent:
// only its sending again is given up.
func (r Reminder) skipped(reason string, m moment) (Reminder, error) {
	r.Until, r.Reason = courrier.Date{}, reason
	if r.Resend {
		return r.notResent(m, "not sent again", reason)
	}
	r.ByPerson = true
	return r.unapproved().moved(ReminderSkipped, m, "skipped", reason)
}

// done is a task that a person did on a day.
func (r Reminder) done(on courrier.Date, m moment, note string) (Reminder, error) {
	r.Until, r.Reason, r.SentOn = courrier.Date{}, "", on
	return r.moved(ReminderSent, m, "done", note)
}

// expired drops a task that nobody did in its time: the next step has taken over.
func (r Reminder) expired(m moment) (Reminder, error) {
	r.Until, r.Reason = courrier.Date{}, reasonNotDone
	return r.moved(ReminderSkipped, m, "expired", "")
}

// notResent ends the sending again of a reminder that left before.
func (r Reminder) notResent(m moment, act, note string) (Reminder, error) {
	r = r.setAside()
	r.Resend, r.Channel = false, courrier.ChannelPost
	for i, was := range slices.Backward(r.Earlier) {
		if !was.SentOn.IsZero() {
			r.Letter, r.SentOn, r.Message = was.Letter, was.SentOn, was.Message
			r.Earlier = slices.Delete(slices.Clone(r.Earlier), i, i+1)
			break
		}
	}
	return r.unapproved().moved(ReminderSent, m, act, note)
}

// takenBack returns what was approved, or is stopped, to review.
func (r Reminder) takenBack(m moment) (Reminder, error) {
	r.Reason = "cancelled"
	return r.setAside().unapproved().moved(ReminderProposed, m, "cancelled", "")
}

// toReview returns a reminder to review, with the reason.
func (r Reminder) toReview(reason string, m moment) (Reminder, error) {
	r.Reason = reason
	return r.setAside().unapproved().moved(ReminderProposed, m, "back to review", reason)
}

// leftBefore tells whether a letter of it was sent, so that what is sent now is sent
// again.
func (r Reminder) leftBefore() bool {
	return slices.ContainsFunc(r.Earlier, func(e EarlierLetter) bool { return !e.SentOn.IsZero() })
}

// setAside keeps the letter begun last among the earlier ones, if it had been handed
// over, so that another may be begun.
func (r Reminder) setAside() Reminder {
	if r.Letter == "" {
		return r
	}
	r.Earlier = append(r.Earlier[:len(r.Earlier):len(r.Earlier)], EarlierLetter{
		Letter: r.Letter, SentOn: r.SentOn, Message: r.Message, Lines: r.Decision.Lines, Total: r.Decision.asks(), Statement: r.Decision.Statement, Reason: r.Reason,
	})
	r.Letter = ""
	return r
}

// suppressed is what the facts of the moment say about a reminder that may not
// leave. A step's comes back when it is decided again. What no evaluation decides
// waits for the facts to change, at the moment again, unless that would be no wish
// any more.
func (r Reminder) suppressed(why HoldCause, m moment, again time.Time) (Reminder, error) {
	r.Until, r.Reason = courrier.Date{}, string(why)
	switch {
	case r.Resend:
		return r.notResent(m, "not sent again", string(why))
	case r.Decision.Step.ID != "":
		return r.setAside().unapproved().moved(ReminderPostponed, m, "suppressed", string(why))
	case r.Delivery == "" && slices.Contains([]HoldCause{CausePaid, CauseExcluded, CauseInsolvent, CauseUnusable}, why):
		return r.setAside().unapproved().moved(ReminderSkipped, m, "suppressed", string(why))
	}
	return r.setAside().waits(why, again, m)
}

// waits keeps an approved reminder, with its approval, until a moment.
func (r Reminder) waits(why HoldCause, until time.Time, m moment) (Reminder, error) {
	said := r.State == ReminderApproved && r.Reason == string(why) && len(r.Log) > 0 && r.Log[len(r.Log)-1].Act == "waits"
	r.Reason = string(why)
	log := r.Log
	r, err := r.moved(ReminderApproved, m, "waits", string(why))
	if said { // once is enough
		r.Log = log
	}
	r.DueAt = until
	return r, err
}

// returned brings back a reminder by hand at a step that the facts had suppressed.
func (r Reminder) returned(m moment, dueAt time.Time) (Reminder, error) {
	r.Until, r.Reason = courrier.Date{}, ""
	return r.proposed(m, dueAt, "proposed again", "sent by hand again")
}

// mailBegun is on record before an e-mail is tried.
func (r Reminder) mailBegun(mail email.Message, m moment, lease time.Time) (Reminder, error) {
	r.ContentsGone, r.Channel, r.Page = false, courrier.ChannelEmail, pageOf(mail)
	mail = withoutContents(mail)
	mail.HTML = "" // what is read with every list stays small
	r.Email = &mail
	r, err := r.moved(ReminderSending, m, "e-mail begun", "")
	r.DueAt = lease
	return r, err
}

// noted tells something of an e-mail that changes nothing.
func (r Reminder) noted(m moment, act string) (Reminder, error) {
	due := r.DueAt
	r, err := r.moved(r.State, m, act, "")
	r.DueAt = due
	return r, err
}

// withoutMail forgets an e-mail that did not leave.
func (r Reminder) withoutMail() Reminder {
	r.Email, r.Page = nil, courrier.Document{}
	return r
}

// left is a reminder that was sent on a day.
func (r Reminder) left(on courrier.Date, m moment, act string) (Reminder, error) {
	r.Reason, r.Resend = "", false
	if r.SentOn.IsZero() {
		r.SentOn = on
	}
	return r.moved(ReminderSent, m, act, "")
}

// mailRefused goes on by the next channel at a moment, or ends then without one; what a
// person approved was an e-mail, so that person is asked again.
func (r Reminder) mailRefused(m moment, act string, next time.Time) (Reminder, error) {
	r.MailRefused, r.InDoubt, r.SentOn = true, false, courrier.Date{}
	r = r.withoutMail()
	r.Resend = r.Resend || r.leftBefore()
	r.Decision = r.Decision.without(true)
	if r.ApprovedBy != "" && len(r.Decision.Channels) > 0 {
		r.Reason = act
		return r.unapproved().moved(ReminderProposed, m, act, "")
	}
	r, err := r.unapproved().moved(ReminderApproved, m, act, "")
	r.DueAt = next
	return r, err
}

// unreachable ends a reminder whose e-mail was refused and that no other channel
// takes.
func (r Reminder) unreachable(m moment) (Reminder, error) {
	r.Reason = string(CauseNoChannel)
	return r.unapproved().moved(ReminderFailed, m, "no channel", "")
}

// mailLost is an e-mail that its server gave up, for a reason that says nothing
// against the address: a person decides what comes next.
func (r Reminder) mailLost(m moment) (Reminder, error) {
	r.InDoubt, r.SentOn = false, courrier.Date{}
	r = r.withoutMail()
	r.Resend = r.Resend || r.leftBefore()
	return r.toReview("its e-mail came back", m)
}

// mailPutOff tries an e-mail again at a moment.
func (r Reminder) mailPutOff(m moment, why string, next time.Time) (Reminder, error) {
	r.MailRefused = false
	r = r.withoutMail()
	if r.TryingSince.IsZero() {
		r.TryingSince = m.at
	}
	r, err := r.moved(ReminderApproved, m, "e-mail put off", why)
	r.DueAt = next
	return r, err
}

// letterBegun is on record before a letter is handed to the Client. Only the one on
// record may leave.
func (r Reminder) letterBegun(print string, m moment, lease time.Time) (Reminder, error) {
	r = r.setAside()
	r.Letters++
	r.Channel, r.LetterPrint, r.SentOn = courrier.ChannelPost, print, courrier.Date{}
	r, err := r.moved(ReminderSending, m, "letter begun", "")
	r.DueAt = lease
	return r, err
}

// letterHandedOver knows the id of its letter.
func (r Reminder) letterHandedOver(id courrier.LetterID, m moment, next time.Time) (Reminder, error) {
	r.Letter = id
	r, err := r.moved(ReminderSending, m, "letter handed over", "")
	r.DueAt = next
	return r, err
}

// letterWithdrawn lets the facts of the moment decide anew about a reminder whose
// letter did not leave.
func (r Reminder) letterWithdrawn(m moment, act, note string) (Reminder, error) {
	r = r.setAside()
	r, err := r.moved(ReminderApproved, m, act, note)
	r.DueAt = m.at
	return r, err
}

// letterLost is for a letter that failed or was cancelled after it was handed over: it
// was not sent, and a person decides what comes next.
func (r Reminder) letterLost(reason string, m moment) (Reminder, error) {
	r.SentOn = courrier.Date{}
	return r.toReview(reason, m)
}

// resent puts a reminder whose letter ended into review, to be sent again as another
// letter. A letter that never reached the post was not sent.
func (r Reminder) resent(reason string, reachedPost bool, m moment) (Reminder, error) {
	r.Reason, r.Resend = "to be sent again", true
	if !reachedPost {
		r.SentOn = courrier.Date{}
	}
	return r.setAside().unapproved().moved(ReminderProposed, m, "to be sent again", reason)
}
