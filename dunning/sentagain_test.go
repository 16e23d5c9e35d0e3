package dunning_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
)

// An approval is of one sending: a notice that was approved as an e-mail and came back
// is asked again, also where there was no post when it came back and there is later.
func TestBouncedNoticeIsApprovedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(20)
	o.owe("c1", dunning.Contact{Email: true}, bill("i1", "2026-02-27"))
	for d := day("2026-03-01"); !d.After(day("2026-04-01")); d = d.AddDays(1) {
		o.day(d.String())
	}
	o.noon("2026-04-01")
	notice := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	o.approve(notice.ID)
	o.work()
	require.Equal(t, dunning.ReminderSent, o.reminder(notice.ID).State)
	_, err := o.dunning.Bounced(o.Ctx, notice.ID, email.BounceAddress)
	require.NoError(t, err)
	o.reach("c1", both)
	o.noon("2026-04-02")
	o.work()
	require.Empty(t, o.Carrier.Accepted, "nobody approved a letter")
	require.Equal(t, dunning.ReminderProposed, o.reminder(notice.ID).State)
	o.approve(notice.ID)
	o.work()
	require.Len(t, o.Carrier.Accepted, 1)
}

// returnedLetterOfTwo is a letter of reminder-1 about i1 and i2 that came back, and
// waits to be sent again on 20 March.
func returnedLetterOfTwo(t *testing.T) (*office, dunning.ReminderID) {
	o := newOffice(t)
	o.TopUp(20)
	o.owe("c1", postOnly, bill("i1", "2026-03-03"), bill("i2", "2026-03-04"))
	o.day("2026-03-09")
	id := o.only(dunning.ReminderFilter{}).ID
	o.happen(id, courrier.StatusPosted, courrier.StatusReturned)
	o.noon("2026-03-12")
	_, err := o.dunning.Resend(o.Ctx, id, "new address")
	require.NoError(t, err)
	return o, id
}

// What a letter said stays said when it is sent again without an invoice that was paid
// in between: should that one be open again, its step is not taken a second time.
func TestSentAgainWithoutAnInvoice(t *testing.T) {
	t.Parallel()
	o, id := returnedLetterOfTwo(t)
	pays := func(sum string) {
		o.change("c1", func(c *dunning.Case) {
			c.Invoices[1].Payments = append(c.Invoices[1].Payments, movement("2026-03-12", sum))
		})
	}
	pays("120")
	o.approve(id)
	o.work()
	rem := o.reminder(id)
	require.Len(t, rem.Decision.Lines, 1)
	require.Equal(t, []dunning.InvoiceID{"i1", "i2"}, rem.Invoices())
	require.Len(t, rem.Keys, 2, "no other reminder takes the step of i2")
	require.Equal(t, id, o.only(dunning.ReminderFilter{Invoice: "i2"}).ID)

	pays("-120")
	o.change("c1", func(c *dunning.Case) { c.Invoices = c.Invoices[1:] })
	_, err := o.dunning.SendNow(o.Ctx, step("c1", "reminder-1", "i2"))
	requireCode(t, err, courrier.CodeSent)
	for d := day("2026-03-13"); d.Before(day("2026-04-10")); d = d.AddDays(1) {
		o.day(d.String())
	}
	for _, r := range o.queue(dunning.ReminderFilter{Invoice: "i2"}) {
		require.True(t, r.ID == id || r.Decision.Step.ID != "reminder-1")
	}

	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i2")
	require.NoError(t, err)
	require.Equal(t, day("2026-03-09"), ev.Steps[0].SentOn)
	for _, s := range ev.Steps {
		require.NotEqual(t, day("2026-03-12"), s.SentOn, "the second letter said nothing of it")
	}
	moved, err := o.dunning.RenameInvoice(o.Ctx, "acme", "i2", "F-2")
	require.NoError(t, err)
	require.Positive(t, moved)
	require.Equal(t, []dunning.InvoiceID{"i1", "F-2"}, o.reminder(id).Invoices())
}

// A letter sent again by e-mail, which comes back, is still a letter that was sent: the
// evidence has both, and who gives up sending it again leaves it sent.
func TestSentAgainByEmail(t *testing.T) {
	t.Parallel()
	for _, outcome := range []email.BounceOutcome{email.BounceFailed, email.BounceAddress} {
		o, id := returnedLetterOfTwo(t)
		o.reach("c1", both)
		o.approve(id)
		o.work()
		require.Len(t, o.mails, 1)
		ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
		require.NoError(t, err)
		require.Len(t, ev.Steps, 2)
		require.Equal(t, courrier.ChannelEmail, ev.Steps[1].Channel)
		require.True(t, ev.Steps[1].Again)

		after, err := o.dunning.Bounced(o.Ctx, id, outcome)
		require.NoError(t, err)
		require.Equal(t, dunning.ReminderProposed, after.State)
		require.True(t, after.Resend)
		_, err = o.dunning.SendNow(o.Ctx, step("c1", "reminder-2", "i1"))
		requireCode(t, err, dunning.CodePending)
		after, err = o.dunning.Skip(o.Ctx, id, "it arrived after all")
		require.NoError(t, err)
		require.Equal(t, dunning.ReminderSent, after.State)
		require.Equal(t, day("2026-03-09"), after.SentOn)
	}
}

// A letter that its carrier took and failed was not sent, so that sending its reminder
// again says nothing for the first time: what it does not name any more is free.
func TestFailedLetterSaidNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(20)
	o.owe("c1", postOnly, bill("i1", "2026-03-03"), bill("i2", "2026-03-04"))
	o.day("2026-03-09")
	id := o.only(dunning.ReminderFilter{}).ID
	o.happen(id, courrier.StatusFailed)
	o.noon("2026-03-10")
	_, err := o.dunning.Resend(o.Ctx, id, "once more")
	require.NoError(t, err)
	o.change("c1", func(c *dunning.Case) { c.Invoices[1].Disputed = true })
	o.approve(id)
	o.work()
	rem := o.reminder(id)
	require.Equal(t, dunning.ReminderSent, rem.State)
	require.Equal(t, day("2026-03-10"), rem.SentOn)
	require.Equal(t, []dunning.InvoiceID{"i1"}, rem.Invoices())
	require.Len(t, rem.Keys, 1)
}
