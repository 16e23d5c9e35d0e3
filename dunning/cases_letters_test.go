package dunning_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
)

// letterCases are about the letters and e-mails of reminders.
var letterCases = map[string]func(t *testing.T){
	"rem-22": approvalBindsWhatLeaves,
	"rem-23": gatesThatFail,
	"rem-24": accountsFault,
	"rem-25": failedBounce,
	"rem-27": badAddresses,
	"rem-30": timeForAMailServer,
	"rem-32": oneWayBack,
	"rem-34": evidenceOfWhatLeft,
	"rem-36": resentAnew,
	"rem-37": sentIfAnyLetterWas,
	"rem-45": postSwitchedOff,
	"rem-46": oneZone,
}

// notice is an office whose formal notice of c1 waits for review on 1 April.
func notice(t *testing.T) (*office, dunning.ReminderID) {
	o := newOffice(t)
	o.TopUp(50)
	o.owe("c1", postOnly, bill("i1", "2026-02-27"))
	for d := day("2026-03-01"); !d.After(day("2026-04-01")); d = d.AddDays(1) {
		o.day(d.String())
	}
	o.noon("2026-04-01")
	rem := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Equal(t, "formal-notice", rem.Decision.Step.ID)
	return o, rem.ID
}

// happen tells what became of a reminder's letter.
func (o *office) happen(id dunning.ReminderID, statuses ...courrier.Status) {
	for _, status := range statuses {
		letter := o.reminder(id).Letter
		o.Carrier.Happen(o.Letter(letter).ProviderID, status, "")
		_, err := o.Client.RefreshOne(o.Ctx, letter)
		require.NoError(o.T, err)
	}
}

// What leaves is what was approved: a letter changed after it was handed over is asked
// about again, and who approves it there answers for it too.
func approvalBindsWhatLeaves(t *testing.T) {
	edits := map[string]func(l *courrier.Letter){
		"another text":    func(l *courrier.Letter) { l.Documents[0] = courrier.NewDocument("x.pdf", []byte("%PDF-other")) },
		"another address": func(l *courrier.Letter) { l.To.Address.Street = "3 rue Neuve" },
		"another service": func(l *courrier.Letter) { l.Service = courrier.ServiceStandard },
	}
	for name, edit := range edits {
		o, id := notice(t)
		before := len(o.Carrier.Accepted)
		o.approve(id)
		o.handOver()
		letter := o.reminder(id).Letter
		_, err := o.Client.Hold(o.Ctx, letter)
		require.NoError(t, err)
		_, err = o.Client.Revise(o.Ctx, letter, edit)
		require.NoError(t, err)
		_, err = o.Client.Approve(courrier.WithActor(o.Ctx, courrier.Actor{ID: "clerk"}), letter)
		require.ErrorIs(t, err, courrier.ErrDenied, name)
		_, err = o.Client.Approve(courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"}), letter)
		require.NoError(t, err)
		o.work()
		require.Len(t, o.Carrier.Accepted, before, name)
		o.Advance(2 * time.Hour)
		o.work()
		back := o.reminder(id)
		require.Equal(t, dunning.ReminderProposed, back.State, name)
		require.Contains(t, back.Reason, "changed")
		require.Empty(t, back.ApprovedBy)
	}
	// Held and approved without a change, it leaves.
	o, id := notice(t)
	before := len(o.Carrier.Accepted)
	o.approve(id)
	o.handOver()
	_, err := o.Client.Hold(o.Ctx, o.reminder(id).Letter)
	require.NoError(t, err)
	_, err = o.Client.Approve(courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"}), o.reminder(id).Letter)
	require.NoError(t, err)
	o.work()
	require.Len(t, o.Carrier.Accepted, before+1)
}

// What is ours alone is refused, and a gate that fails for ever ends the letter with
// a reason and its credit back.
func gatesThatFail(t *testing.T) {
	o := newOffice(t)
	o.TopUp(10)
	l := testscene.Letter("k", courrier.ServiceStandard)
	l.Metadata = map[string]string{"courrier-reminder": "1"}
	_, err := o.Client.Send(o.Ctx, l)
	require.ErrorIs(t, err, courrier.ErrInvalid)

	// A letter that names a reminder that is none, or another tenant's.
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.noon("2026-03-10")
	o.day("2026-03-10")
	for n, ref := range []string{"no such reminder", string(o.only(dunning.ReminderFilter{}).ID)} {
		l := testscene.Letter(fmt.Sprint("gate", n), courrier.ServiceStandard)
		l.Account, l.Gate, l.GateRef = "other", "dunning", ref
		_, err := o.Client.Credits("other").TopUp(o.Ctx, fmt.Sprint("order", n), testscene.Stamps(t, 5))
		require.NoError(t, err)
		rec, err := o.Client.Send(o.Ctx, l)
		require.NoError(t, err)
		o.Dispatch()
		require.Equal(t, courrier.StatusCancelled, o.Letter(rec.ID).Status)
		require.Equal(t, courrier.ChargeReleased, o.Letter(rec.ID).Charge)
	}

	o.Config.Gates = []courrier.Gate{courrier.GateFunc(func(context.Context, courrier.LetterRecord) (courrier.Verdict, error) {
		return courrier.Verdict{}, errors.New("out of order")
	})}
	o.again()
	rec, err := o.Client.Send(o.Ctx, testscene.Letter("k2", courrier.ServiceStandard))
	require.NoError(t, err)
	for range 90 {
		o.Dispatch()
		o.Advance(time.Hour)
	}
	after := o.Letter(rec.ID)
	require.Equal(t, courrier.StatusFailed, after.Status)
	require.Equal(t, "gate", after.Failure.Code)
	require.Equal(t, courrier.ChargeReleased, after.Charge)
	require.Empty(t, o.Carrier.Accepted)
}

func denied(code string) error {
	return &courrier.Error{Op: "mail", Kind: courrier.ErrDenied, Code: code}
}

// What is the account's stops it once, costs nothing, burns no step, and goes on when
// it is mended; so does one answer for several customers in a row.
func accountsFault(t *testing.T) {
	rejected := &courrier.Error{Op: "mail", Kind: courrier.ErrRejected, Code: "550", Err: errors.New("refused at RCPT, status 5.1.1")}
	for name, c := range map[string]struct {
		fault error
		tries int
	}{"the account": {denied("553"), 1}, "the same answer": {rejected, 5}} {
		o := newOffice(t)
		o.TopUp(50)
		for n := range 20 {
			contact := []dunning.Contact{both, {Email: true}}[n%2]
			o.owe(courrier.CustomerID(fmt.Sprint("c", n)), contact, bill(fmt.Sprint("i", n), "2026-03-01"))
		}
		for range 1000 {
			o.mailErr = append(o.mailErr, c.fault)
		}
		o.decided("2026-03-10")
		_, err := o.dunning.Dispatch(o.Ctx)
		require.NoError(t, err)
		require.Equal(t, 1000-c.tries, len(o.mailErr), "%s: so many attempts", name)
		for range 12 {
			o.Advance(10 * time.Minute)
			o.work()
		}
		require.Empty(t, o.Carrier.Accepted, "%s: nothing is paid for", name)
		for _, rem := range o.queue(dunning.ReminderFilter{}) {
			require.Equal(t, dunning.ReminderApproved, rem.State, name)
		}
		o.mailErr = nil // mended
		for range 10 {
			o.Advance(time.Hour)
			o.work()
		}
		require.Empty(t, o.Carrier.Accepted, name)
		require.Len(t, o.mails, 20, name)
	}

	// What is proved of one customer goes by post, and stops nobody else.
	o := newOffice(t)
	o.TopUp(50)
	for n := range 4 {
		o.owe(courrier.CustomerID(fmt.Sprint("c", n)), both, bill(fmt.Sprint("i", n), "2026-03-01"))
	}
	o.mailErr = []error{rejected}
	o.decided("2026-03-10")
	o.work()
	o.work()
	require.Len(t, o.Carrier.Accepted, 1)
	require.Len(t, o.mails, 3)
}

// An e-mail that was given up was not sent: no notice rests on it.
func failedBounce(t *testing.T) {
	o := newOffice(t)
	o.TopUp(20)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.day("2026-03-09")
	rem := o.only(dunning.ReminderFilter{})
	require.Len(t, o.mails, 1)
	after, err := o.dunning.Bounced(o.Ctx, rem.ID, email.BounceDelayed)
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderSent, after.State)
	after, err = o.dunning.Bounced(o.Ctx, rem.ID, email.BounceFailed)
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderProposed, after.State, "a person decides")
	require.True(t, after.SentOn.IsZero())
	require.Empty(t, o.Carrier.Accepted)
	_, err = o.dunning.Skip(o.Ctx, rem.ID, "")
	require.NoError(t, err)
	_, err = o.dunning.SendNow(o.Ctx, step("c1", "formal-notice", "i1"))
	requireCode(t, err, dunning.CodeRequires)
	_, err = o.dunning.Bounced(o.Ctx, rem.ID, "nonsense")
	require.NoError(t, err, "it is no e-mail on its way any more")
}

// An address that bounced for good is not tried again until the host gives another.
func badAddresses(t *testing.T) {
	o := newOffice(t)
	o.TopUp(20)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.day("2026-03-09")
	require.Len(t, o.mails, 1)
	_, err := o.dunning.Bounced(o.Ctx, o.only(dunning.ReminderFilter{}).ID, email.BounceAddress)
	require.NoError(t, err)
	o.work()
	require.Len(t, o.Carrier.Accepted, 1, "it goes on by post")
	for d := day("2026-03-10"); d.Before(day("2026-03-25")); d = d.AddDays(1) {
		o.day(d.String())
	}
	require.Len(t, o.mails, 1, "the next step does not mail it again")
	require.Len(t, o.Carrier.Accepted, 2)
	notes, err := o.dunning.Notes(o.Ctx, "acme", "c1")
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprint(notes), "example.com", "no address is stored")

	o.mend = func(d *dunning.DebtorDetails) { d.Mail = []email.Box{{Address: "new@example.com"}} }
	o.owe("c1", both, bill("i2", "2026-04-01"))
	require.NotEqual(t, "never", o.sentOn("2026-04-06"))
	require.Len(t, o.mails, 2)
	require.Equal(t, "new@example.com", o.mails[1].To[0].Address)
}

// A mailer gets more than the ten minutes that a server may take for its last answer
// (RFC 5321, section 4.5.3.2.6), and not for ever; nobody takes the reminder up meanwhile.
func timeForAMailServer(t *testing.T) {
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	var given, lease time.Duration
	o.mailing = func(ctx context.Context, m email.Message) {
		at, ok := ctx.Deadline()
		require.True(t, ok, "bounded")
		given = time.Until(at)
		rem := o.reminder(dunning.ReminderID(m.ID))
		lease = rem.DueAt.Sub(rem.Log[len(rem.Log)-1].At)
	}
	o.day("2026-03-09")
	require.Len(t, o.mails, 1)
	require.Greater(t, given, 10*time.Minute)
	require.Less(t, given, time.Hour)
	require.Greater(t, lease, given, "nobody takes it up during the call")
}

// A reminder whose letter ended has one way back: its own.
func oneWayBack(t *testing.T) {
	for _, status := range []courrier.Status{courrier.StatusFailed, courrier.StatusCancelled} {
		o := newOffice(t)
		o.TopUp(20)
		o.owe("c1", postOnly, bill("i1", "2026-03-01"))
		o.decided("2026-03-10")
		o.handOver()
		o.Dispatch()
		rem := o.only(dunning.ReminderFilter{})
		letter := rem.Letter
		o.happen(rem.ID, status)
		o.work()
		back := o.reminder(rem.ID)
		require.Equal(t, dunning.ReminderProposed, back.State)
		_, err := o.Client.Resend(o.Ctx, letter, "again", nil)
		require.ErrorIs(t, err, courrier.ErrConflict)
		_, err = o.dunning.Resend(o.Ctx, rem.ID, "again")
		require.ErrorIs(t, err, courrier.ErrConflict, "it is in the queue already")
		o.approve(rem.ID)
		o.work()
		require.Len(t, o.Carrier.Accepted, 2)
		_, err = o.Client.Resend(o.Ctx, letter, "again", nil)
		require.ErrorIs(t, err, courrier.ErrConflict)
		o.work()
		require.Len(t, o.Carrier.Accepted, 2)
		ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
		require.NoError(t, err)
		require.Len(t, ev.Steps, 1)
		require.Len(t, ev.Unsent, 1)
		require.Equal(t, letter, ev.Unsent[0].Letter)
	}
}

// resent is a notice of 1 April that came back and waits to be sent again on the 24th.
func resent(t *testing.T) (*office, dunning.ReminderID) {
	o, id := notice(t)
	o.approve(id)
	o.work()
	o.happen(id, courrier.StatusPosted, courrier.StatusReturned)
	o.noon("2026-04-24")
	_, err := o.dunning.Resend(o.Ctx, id, "new address")
	require.NoError(t, err)
	return o, id
}

// Each step's state is its letter's; what did not leave has no date of sending.
func evidenceOfWhatLeft(t *testing.T) {
	o, id := resent(t)
	o.approve(id)
	o.handOver()
	_, err := o.Client.Cancel(o.Ctx, o.reminder(id).Letter)
	require.NoError(t, err)
	o.Advance(2 * time.Hour)
	o.work()
	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	last := ev.Steps[len(ev.Steps)-1]
	require.Equal(t, courrier.StatusReturned, last.Status)
	require.Equal(t, dunning.ReminderSent, last.State)
	require.Equal(t, day("2026-04-01"), last.SentOn)
	require.Len(t, ev.Unsent, 1)
	require.Equal(t, courrier.StatusCancelled, ev.Unsent[0].Status)
	require.Equal(t, dunning.ReminderFailed, ev.Unsent[0].State)
	require.True(t, ev.Unsent[0].SentOn.IsZero())

	p := newOffice(t)
	p.TopUp(20)
	p.owe("c1", postOnly, bill("i1", "2026-03-01"))
	p.day("2026-03-10")
	p.happen(p.only(dunning.ReminderFilter{}).ID, courrier.StatusFailed) // at the carrier, after it was accepted
	ev, err = p.dunning.Evidence(p.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Empty(t, ev.Steps)
	require.Len(t, ev.Unsent, 1)
	require.True(t, ev.Unsent[0].SentOn.IsZero())
}

// What is sent again is composed and dated anew, to the address of now, and approved
// anew.
func resentAnew(t *testing.T) {
	o, id := resent(t)
	before := len(o.Carrier.Accepted)
	o.work()
	require.Len(t, o.Carrier.Accepted, before, "nothing leaves unapproved")
	o.moved = "3 rue Neuve"
	view := o.approve(id)
	require.NotContains(t, view.Reminder.Message.Body, "avril 2026**.\n\n{table}\n\n9 avril")
	require.NotContains(t, view.Reminder.Message.Body, "9 avril")
	require.Contains(t, shown(t, nil, view.Letter.Documents), "3 rue Neuve")
	require.Contains(t, shown(t, nil, view.Letter.Documents), "2026-04-24")
	o.work()
	require.Len(t, o.Carrier.Accepted, before+1)
	require.Equal(t, "3 rue Neuve", o.Letter(o.reminder(id).Letter).Letter.To.Address.Street)
}

// A reminder was sent if any of its letters was: what became of its sending again
// takes nothing back.
func sentIfAnyLetterWas(t *testing.T) {
	for name, end := range map[string]func(o *office, id dunning.ReminderID){
		"waits": func(*office, dunning.ReminderID) {},
		"cancelled": func(o *office, id dunning.ReminderID) {
			o.approve(id)
			o.handOver()
			_, err := o.Client.Cancel(o.Ctx, o.reminder(id).Letter)
			require.NoError(o.T, err)
			o.Advance(2 * time.Hour)
			o.work()
		},
		"not wanted": func(o *office, id dunning.ReminderID) {
			_, err := o.dunning.Skip(o.Ctx, id, "it arrived after all")
			require.NoError(o.T, err)
		},
		"part payment": func(o *office, id dunning.ReminderID) {
			o.approve(id)
			o.handOver()
			o.change("c1", func(c *dunning.Case) {
				c.Invoices[0].Payments = []dunning.Payment{{On: day("2026-03-24"), Amount: courrier.MustAmount("20", "EUR")}}
			})
			o.work()
		},
	} {
		o := newOffice(t)
		o.TopUp(50)
		o.owe("c1", postOnly, bill("i1", "2026-02-27"))
		for d := day("2026-03-01"); d.Before(day("2026-03-20")); d = d.AddDays(1) {
			o.day(d.String())
		}
		second := o.queue(dunning.ReminderFilter{Invoice: "i1"})[1]
		require.Equal(t, "reminder-2", second.Decision.Step.ID)
		o.happen(second.ID, courrier.StatusPosted, courrier.StatusReturned)
		o.noon("2026-03-24")
		_, err := o.dunning.Resend(o.Ctx, second.ID, "new address")
		require.NoError(t, err)
		end(o, second.ID)
		if rem := o.reminder(second.ID); rem.Open() {
			require.Equal(t, dunning.CausePending, o.heldFor("2026-04-20"), name)
			_, err := o.dunning.Skip(o.Ctx, second.ID, "enough")
			require.NoError(t, err)
		}
		require.Equal(t, dunning.ReminderSent, o.reminder(second.ID).State, name)
		require.Equal(t, second.SentOn, o.reminder(second.ID).SentOn, name)
		o.day("2026-04-21")
		proposed := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
		require.Equal(t, "formal-notice", proposed.Decision.Step.ID, name)
	}
}

// heldFor is why the one invoice is not reminded on a day.
func (o *office) heldFor(on string) dunning.HoldCause {
	report, err := o.dunning.RunDay(o.Ctx, day(on), o.stream())
	require.NoError(o.T, err)
	require.Len(o.T, report.Held, 1)
	for cause := range report.Held {
		return cause
	}
	return ""
}

// A letter that no post may carry any more is withdrawn and decided again; a payment
// ends it, and its credit is back.
func postSwitchedOff(t *testing.T) {
	for name, c := range map[string]struct {
		then  func(o *office)
		mails int
	}{
		"reached by e-mail": {func(o *office) { o.reach("c1", both) }, 1},
		"pays":              {func(o *office) { o.owe("c1", postOnly) }, 0},
		"nothing else":      {func(*office) {}, 0},
	} {
		o := newOffice(t)
		o.TopUp(10)
		o.owe("c1", postOnly, bill("i1", "2026-03-01"))
		o.decided("2026-03-10")
		o.handOver()
		rem := o.only(dunning.ReminderFilter{})
		o.settings(func(s *courrier.Settings) { s.PostOff = true })
		o.Dispatch()
		require.Equal(t, courrier.StatusHeld, o.Letter(rem.Letter).Status)
		c.then(o)
		for range 3 {
			o.Advance(time.Hour)
			o.work()
		}
		require.Equal(t, courrier.StatusCancelled, o.Letter(rem.Letter).Status, name)
		require.Equal(t, courrier.ChargeReleased, o.Letter(rem.Letter).Charge, name)
		require.Len(t, o.mails, c.mails, name)
		if name == "nothing else" {
			require.Equal(t, dunning.ReminderPostponed, o.reminder(rem.ID).State)
			o.settings(func(s *courrier.Settings) { s.PostOff = false })
			require.Equal(t, "2026-03-11", o.sentOn("2026-03-11"), "no silence for ever")
		}
	}

	// One that waits for credit ends with a payment too.
	o := newOffice(t)
	o.owe("c1", postOnly, bill("i1", "2026-03-01"))
	o.decided("2026-03-10")
	o.handOver()
	rem := o.only(dunning.ReminderFilter{})
	require.Equal(t, courrier.HoldCredit, o.Letter(rem.Letter).Hold)
	o.owe("c1", postOnly)
	for range 3 {
		o.Advance(time.Hour)
		o.work()
	}
	require.Equal(t, courrier.StatusCancelled, o.Letter(rem.Letter).Status)
}

// Every day of a file is that of one zone, which it names.
func oneZone(t *testing.T) {
	for _, zone := range []string{"Asia/Tokyo", "Indian/Reunion", "Pacific/Auckland", "Europe/Paris"} {
		o := newOffice(t)
		o.TopUp(10)
		o.plans.Policies[0].Zone = zone
		o.owe("c1", postOnly, bill("i1", "2026-03-01"))
		where, err := time.LoadLocation(zone)
		require.NoError(t, err)
		o.Clock = time.Date(2026, 3, 10, 9, 30, 0, 0, where)
		_, err = o.dunning.RunDay(o.Ctx, day("2026-03-10"), o.stream())
		require.NoError(t, err)
		o.work()
		o.happen(o.only(dunning.ReminderFilter{}).ID, courrier.StatusPosted)
		ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
		require.NoError(t, err)
		require.Equal(t, zone, ev.Zone)
		require.Equal(t, day("2026-03-10"), ev.Steps[0].SentOn, zone)
		require.False(t, ev.Steps[0].PostedOn.Before(ev.Steps[0].SentOn), "%s: posted %s, sent %s", zone, ev.Steps[0].PostedOn, ev.Steps[0].SentOn)
	}
}
