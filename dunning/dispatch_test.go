package dunning_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
)

// decided runs the plan on a day at noon and hands nothing over.
func (o *office) decided(day string) {
	o.T.Helper()
	o.Clock = courrier.MustDate(day).In(time.UTC).Add(12 * time.Hour)
	report, err := o.dunning.RunDay(o.Ctx, courrier.MustDate(day), o.stream())
	require.NoError(o.T, err)
	require.Empty(o.T, report.Errors)
}

// handOver lets the reminders become letters, and no carrier have them yet.
func (o *office) handOver() dunning.DispatchReport {
	o.T.Helper()
	report, err := o.dunning.Dispatch(o.Ctx)
	require.NoError(o.T, err)
	return report
}

// body is what was printed in a letter.
func (o *office) body(id courrier.LetterID) string {
	o.T.Helper()
	content, err := o.Client.Content(o.Ctx, o.Letter(id).Letter.Documents[0].Sum)
	require.NoError(o.T, err)
	return string(content)
}

// A letter that its own last look at the facts withdrew is a letter less, not a
// reminder less: it comes back when the facts allow it, as another letter.
func TestWithdrawnLetterComesBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", postOnly, bill("i1", "2026-03-01"))
	o.decided("2026-03-10")
	o.handOver()
	require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", courrier.MustDate("2026-03-17"), "call first"))
	o.work()
	require.Empty(t, o.Carrier.Accepted)
	require.Equal(t, dunning.ReminderPostponed, o.only(dunning.ReminderFilter{}).State)
	require.Equal(t, string(dunning.CausePaused), o.only(dunning.ReminderFilter{}).Reason)
	for _, day := range []string{"2026-03-17", "2026-03-18", "2026-03-19"} {
		o.day(day)
	}
	require.Len(t, o.Carrier.Accepted, 1)
	require.Equal(t, dunning.ReminderSent, o.only(dunning.ReminderFilter{}).State)
	o.RequireBalance("9", "0")
}

// What changes between the handing over and the leaving of a letter.
func TestFactsThatChangeBeforeALetterLeaves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change        func(o *office)
		letters, mail int
		says          string
	}{
		"nothing":                          {func(*office) {}, 1, 0, "240.00 EUR"},
		"one of two invoices is paid":      {func(o *office) { o.owe("c1", postOnly, bill("i1", "2026-03-01")) }, 1, 0, "120.00 EUR"},
		"all is paid":                      {func(o *office) { o.owe("c1", postOnly) }, 0, 0, ""},
		"post is switched off":             {func(o *office) { o.reach("c1", dunning.Contact{Post: true, PostOff: true}) }, 0, 0, ""},
		"post is switched off for e-mail":  {func(o *office) { o.reach("c1", dunning.Contact{Email: true, Post: true, PostOff: true}) }, 0, 1, ""},
		"the customer moved":               {func(o *office) { o.moved = "7 place du Marché" }, 1, 0, "7 place du Marché"},
		"one of two invoices fell later":   {func(o *office) { o.owe("c1", postOnly, bill("i1", "2026-03-01"), bill("i2", "2026-03-02")) }, 1, 0, "2026-03-02"},
		"a person cancelled the letter":    {func(o *office) { o.cancelLetters() }, 0, 0, ""},
		"the plan was replaced by another": {func(o *office) { o.plans.Policies[0].Version++ }, 1, 0, "240.00 EUR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.TopUp(10)
			o.owe("c1", postOnly, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
			o.decided("2026-03-10")
			o.handOver()
			c.change(o)
			for range 3 {
				o.work()
			}
			require.Len(t, o.Carrier.Accepted, c.letters)
			require.Len(t, o.mails, c.mail)
			if c.letters > 0 {
				require.Contains(t, o.body(o.Carrier.Accepted[0]), c.says)
			}
		})
	}
}

func (o *office) reach(id courrier.CustomerID, contact dunning.Contact) {
	c := o.cases[id]
	c.Customer.Contact = contact
	o.cases[id] = c
}

func (o *office) cancelLetters() {
	for rec, err := range o.Client.Letters(o.Ctx, courrier.LetterFilter{}) {
		require.NoError(o.T, err)
		_, err = o.Client.Cancel(o.Ctx, rec.ID)
		require.NoError(o.T, err)
	}
}

// A process dies at any commit between the decision and the letter box, then one
// of two invoices is paid: whatever leaves does not name it.
func TestPaymentAfterACrashAtEveryCommit(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			o := newOffice(t)
			c := &testscene.Crash{BothStores: o.Config.Store.(testscene.BothStores), Carrier: o.Carrier, Left: -1, After: after}
			o.Config.Contents = o.Config.Store.(courrier.Contents)
			o.Config.Store, o.Config.Providers = c, []courrier.Provider{c}
			o.again()
			o.TopUp(10)
			o.owe("c1", postOnly, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
			o.decided("2026-03-10")
			c.Left = n
			_, _ = o.dunning.Dispatch(o.Ctx)
			crashed := !c.Alive()
			c.Dead, c.Left = false, -1
			o.again()
			o.owe("c1", postOnly, bill("i1", "2026-03-01"))
			for range 6 {
				o.work()
				o.Advance(10 * time.Minute)
			}
			require.Len(t, o.Carrier.Accepted, 1, "crash at commit %d (applied: %v)", n, after)
			require.NotContains(t, o.body(o.Carrier.Accepted[0]), "N-i2", "crash at commit %d (applied: %v)", n, after)
			require.Equal(t, dunning.ReminderSent, o.only(dunning.ReminderFilter{}).State)
			if !crashed {
				require.Greater(t, n, 2)
				break
			}
		}
	}
}

// A mail server that is away says nothing about the customer: no letter is paid
// for in place of the e-mail.
func TestNoLetterBecauseTheMailServerIsDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	for range 100 {
		o.mailErr = append(o.mailErr, courrier.ErrUnavailable)
	}
	o.decided("2026-03-10")
	for range 200 {
		o.work()
		o.Advance(time.Hour)
	}
	require.Empty(t, o.Carrier.Accepted)
	rem := o.only(dunning.ReminderFilter{})
	require.Equal(t, dunning.ReminderProposed, rem.State, "a person decides what becomes of it")
	require.NotEmpty(t, rem.Reason)
	require.Less(t, len(rem.Log), 60)
}

// What cannot be made into a message goes to a person with every wrong field, and
// never to a log or an error.
func TestWhatCannotBeSentGoesToReview(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		contact dunning.Contact
		mend    func(*dunning.DebtorDetails)
		field   string
	}{
		"no mail box":      {both, func(d *dunning.DebtorDetails) { d.Mail = nil }, "To"},
		"a wrong mail box": {both, func(d *dunning.DebtorDetails) { d.Mail[0].Address = "zébulon at home" }, "To[0].Address"},
		"a masked address": {postOnly, func(d *dunning.DebtorDetails) { d.To.Address.Street = "[ND]" }, courrier.CodeAddressPlaceholder},
		"no state": {postOnly, func(d *dunning.DebtorDetails) {
			d.To.Address = courrier.Address{Street: "1 Main St", Postcode: "60608", City: "Chicago", Country: "US"}
		}, "State"},
		"a wrong address": {postOnly, func(d *dunning.DebtorDetails) { d.To.Address.Postcode = "zébulon" }, "Postcode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.TopUp(10)
			o.owe("c1", c.contact, bill("i1", "2026-03-01"))
			o.mend = c.mend
			o.decided("2026-03-10")
			report := o.handOver()
			rem := o.only(dunning.ReminderFilter{})
			require.NotContains(t, fmt.Sprint(rem.Reason, rem.Log, report.Errors, o.Logs.String()), "zébulon")
			o.mend = nil
			if c.field == "" { // the two are read again a minute later
				require.Equal(t, dunning.ReminderApproved, rem.State)
				require.Len(t, report.Errors, 1)
				o.Advance(2 * time.Minute)
				o.work()
				require.Len(t, o.mails, 1)
				return
			}
			require.Empty(t, report.Errors)
			require.Equal(t, dunning.ReminderProposed, rem.State)
			require.Contains(t, rem.Reason, c.field)
			seen, err := o.dunning.Preview(o.Ctx, rem.ID)
			require.NoError(t, err)
			_, err = o.dunning.Approve(o.Ctx, rem.ID, seen.Token)
			require.NoError(t, err)
			o.work()
			require.Equal(t, dunning.ReminderSent, o.only(dunning.ReminderFilter{}).State)
		})
	}
}

// A letter that came back is sent again by its reminder, as long as its claim stands:
// composed, dated and approved anew, and never by anybody else.
func TestResentLetter(t *testing.T) {
	t.Parallel()
	for _, paid := range []bool{false, true} {
		o := newOffice(t)
		o.TopUp(10)
		o.owe("c1", postOnly, bill("i1", "2026-03-01"))
		o.day("2026-03-10")
		rem := o.only(dunning.ReminderFilter{})
		first := rem.Letter
		_, err := o.dunning.Resend(o.Ctx, rem.ID, "too early")
		require.ErrorIs(t, err, courrier.ErrConflict, "it may still arrive")
		o.Carrier.Happen(o.Letter(first).ProviderID, courrier.StatusReturned, "")
		o.Refresh()
		_, err = o.Client.Resend(o.Ctx, first, "again", nil)
		require.ErrorIs(t, err, courrier.ErrConflict, "it has an owner")
		_, err = o.dunning.Resend(o.Ctx, rem.ID, "moved")
		require.NoError(t, err)
		street := "3 rue Neuve"
		to := o.Letter(first).Letter.To
		to.Address.Street = street
		_, err = o.dunning.Revise(o.Ctx, rem.ID, dunning.Edit{To: &to})
		require.NoError(t, err)
		if paid {
			o.owe("c1", postOnly)
			_, err = o.dunning.Preview(o.Ctx, rem.ID)
			require.ErrorIs(t, err, courrier.ErrConflict)
			continue
		}
		o.Clock = o.Clock.Add(24 * time.Hour)
		o.approve(rem.ID)
		o.work()
		again := o.only(dunning.ReminderFilter{})
		require.Equal(t, dunning.ReminderSent, again.State)
		require.Equal(t, []courrier.LetterID{first, again.Letter}, o.Carrier.Accepted)
		ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
		require.NoError(t, err)
		require.Len(t, ev.Steps, 2)
		require.Equal(t, courrier.StatusReturned, ev.Steps[0].Status)
		require.Contains(t, ev.Steps[0].To, "12 RUE DES LILAS")
		require.True(t, ev.Steps[1].Again)
		require.Contains(t, ev.Steps[1].To, "3 RUE NEUVE")
		require.NotEqual(t, ev.Steps[0].Parts[0].Sum, ev.Steps[1].Parts[0].Sum, "dated anew")

		// It is a contact: the plan waits a week from it.
		resent := courrier.DateOf(o.Clock)
		o.day(resent.AddDays(3).String())
		require.Len(t, o.Carrier.Accepted, 2)
	}
}

// A letter that its carrier accepted and then lost before posting it reached
// nobody: no formal notice may count on it.
func TestFailedLetterWasNotSent(t *testing.T) {
	t.Parallel()
	for _, failed := range []bool{false, true} {
		o := newOffice(t)
		o.TopUp(50)
		policy := dunning.StandardPolicy()
		policy.Steps = []courrier.Step{policy.Steps[1], policy.Steps[3]}
		policy.Steps[1].Requires = nil // any step sent before
		o.plans.Policies = []courrier.ReminderPolicy{policy}
		o.owe("c1", postOnly, bill("i1", "2026-03-01"))
		o.day("2026-03-10")
		if failed {
			o.Carrier.Happen(o.Letter(o.only(dunning.ReminderFilter{}).Letter).ProviderID, courrier.StatusFailed, "")
			o.Refresh()
		}
		report := o.day("2026-04-20")
		require.Equal(t, map[bool]int{false: 1, true: 0}[failed], report.Proposed)
		if failed {
			require.Equal(t, 1, report.Held[dunning.CauseRequires])
		}
	}
}

// A letter that a carrier has is cancelled once the carrier says so, not when it
// was asked: until then the reminder is not in the queue, to be sent twice.
func TestCancelOfALetterAtItsCarrier(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late, slow bool
		then       courrier.Status
		refused    bool
		state      dunning.ReminderState
	}{
		"at once":                         {false, false, "", false, dunning.ReminderProposed},
		"too late":                        {true, false, "", true, dunning.ReminderSent},
		"asked, then cancelled":           {false, true, courrier.StatusCancelled, true, dunning.ReminderProposed},
		"asked, and posted all the same":  {false, true, courrier.StatusPosted, true, dunning.ReminderSent},
		"asked, and nothing is heard yet": {false, true, "", true, dunning.ReminderSending},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.TopUp(10)
			o.owe("c1", postOnly, bill("i1", "2026-03-01"))
			o.decided("2026-03-10")
			o.handOver()
			o.Dispatch() // the carrier has it, and the reminder does not know yet
			o.Carrier.Late, o.Carrier.Slow = c.late, c.slow
			rem := o.only(dunning.ReminderFilter{})
			_, err := o.dunning.Cancel(o.Ctx, rem.ID)
			require.Equal(t, c.refused, err != nil, "%v", err)
			if c.then != "" {
				o.Carrier.Happen(o.Letter(rem.Letter).ProviderID, c.then, "")
				_, err := o.Client.RefreshOne(o.Ctx, rem.Letter)
				require.NoError(t, err)
			}
			o.Advance(2 * time.Hour)
			o.work()
			require.Equal(t, c.state, o.only(dunning.ReminderFilter{}).State)
			require.Len(t, o.Carrier.Accepted, 1)
		})
	}
}

// Only the letter that is on record for a reminder may leave: one that a process
// handed over long after others had taken its place is withdrawn.
func TestOnlyTheLetterOnRecordLeaves(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", postOnly, bill("i1", "2026-03-01"))
	o.decided("2026-03-10")
	o.handOver()
	rem := o.only(dunning.ReminderFilter{})
	late := o.Letter(rem.Letter).Letter
	late.Key = "reminder/" + string(rem.ID) + "/0"
	rogue := o.Send(late)
	verdict, err := o.dunning.Ask(o.Ctx, o.Letter(rogue.ID))
	require.NoError(t, err)
	require.True(t, verdict.Cancel, "while the reminder's own letter waits")
	o.work()
	require.Equal(t, []courrier.LetterID{rem.Letter}, o.Carrier.Accepted)
	require.Equal(t, courrier.StatusCancelled, o.Letter(rogue.ID).Status)
	require.Equal(t, dunning.ReminderSent, o.reminder(rem.ID).State)
}

// A process that has a Client and no Dunning leaves reminders' letters to one that
// has, which reads the facts first.
func TestAReminderLeavesOnlyByWhoCanReadTheFacts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", postOnly, bill("i1", "2026-03-01"))
	o.decided("2026-03-10")
	o.handOver()
	id := o.only(dunning.ReminderFilter{}).Letter
	o.Restart()
	_, err := o.Client.DispatchOne(o.Ctx, id)
	require.ErrorIs(t, err, courrier.ErrUnavailable)
	require.Empty(t, o.Carrier.Accepted)
	require.Equal(t, courrier.StatusQueued, o.Letter(id).Status)

	o.owe("c1", postOnly) // paid
	o.again()
	o.Advance(time.Hour)
	o.work()
	require.Empty(t, o.Carrier.Accepted)
	require.Equal(t, courrier.StatusCancelled, o.Letter(id).Status)
}

func TestOneDunningForEachClient(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := dunning.New(dunning.Config{
		Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o, Mailer: o,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return o.plans, nil },
	})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "Client", courrier.FieldErrors(err)[0].Field)
}

// The text that somebody wrote for one reminder says what is open when it leaves,
// not when it was written.
func TestAdHocTextSaysWhatIsOpenWhenItLeaves(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	_, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{
		Account: "acme", Customer: "c1", Key: "k", Invoices: []dunning.InvoiceID{"i1", "i2"},
		Text: dunning.Text{Subject: "{count} factures, {total}", Body: "Il reste {total} sur {invoices}."},
	})
	require.NoError(t, err)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, "1 factures, 120,00\u00a0€", o.mails[0].Subject)
	require.Contains(t, o.mails[0].Text, "sur N-i1.")
}

func TestFormalNoticeByHandGoesRegisteredAfterReview(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	rem, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Invoices: []dunning.InvoiceID{"i1"}, Kind: courrier.StepFormalNotice, Override: "agreed on the telephone"})
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderProposed, rem.State)
	seen, err := o.dunning.Preview(o.Ctx, rem.ID)
	require.NoError(t, err)
	require.Equal(t, courrier.ChannelPost, seen.Channel)
	require.Equal(t, courrier.ServiceRegisteredAR, seen.Letter.Service)
	_, err = o.dunning.Approve(o.Ctx, rem.ID, seen.Token)
	require.ErrorIs(t, err, courrier.ErrDenied)
}

// By hand at a level: the step's text, its keys are claimed, and the plan
// goes on from it.
func TestByHandAtALevel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-03").In(time.UTC).Add(12 * time.Hour)
	hand := dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Invoices: []dunning.InvoiceID{"i1"}, Step: "reminder-2"}
	rem, err := o.dunning.SendNow(o.Ctx, hand)
	require.NoError(t, err)
	require.Contains(t, rem.Keys, dunning.ReminderKey{Account: "acme", Invoice: "i1", Step: "reminder-2", Occurrence: 1}.String())
	o.work()
	require.Len(t, o.mails, 1)
	require.Contains(t, o.mails[0].Text, "120,00\u00a0€")

	levels := func(steps ...string) (all []dunning.InvoiceID) {
		for c, err := range o.dunning.Late(o.Ctx, dunning.LateFilter{Steps: steps}, courrier.MustDate("2026-03-04"), o.stream()) {
			require.NoError(t, err)
			for _, inv := range c.Invoices {
				all = append(all, inv.ID)
			}
		}
		return all
	}
	require.Equal(t, []dunning.InvoiceID{"i1"}, levels("reminder-2"))
	require.Equal(t, []dunning.InvoiceID{"i2"}, levels(""))
	require.Len(t, levels("", "reminder-2"), 2)
	require.Len(t, levels(), 2)

	for d := courrier.MustDate("2026-03-05"); d.Before(courrier.MustDate("2026-04-20")); d = d.AddDays(1) {
		o.day(d.String())
	}
	for _, r := range o.queue(dunning.ReminderFilter{Invoice: "i1"}) {
		require.NotEqual(t, "reminder-1", r.Decision.Step.ID, "the plan does not step back")
	}
	require.NotEmpty(t, o.queue(dunning.ReminderFilter{Invoice: "i1", States: []dunning.ReminderState{dunning.ReminderProposed}}), "the formal notice follows")

	for _, err := range o.dunning.Late(o.Ctx, dunning.LateFilter{}, courrier.MustDate("2026-03-04"), func(yield func(dunning.Case, error) bool) {
		yield(dunning.Case{Customer: dunning.Customer{ID: "c1"}}, nil)
	}) {
		require.ErrorIs(t, err, courrier.ErrInvalid, "no account is not every account")
	}

	hand.Step, hand.Key = "no-such", "k2"
	_, err = o.dunning.SendNow(o.Ctx, hand)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	hand.Invoices, hand.Kind = nil, courrier.StepReminder
	_, err = o.dunning.SendNow(o.Ctx, hand)
	require.Len(t, courrier.FieldErrors(err), 1)
}

// Two lists of names never give one key, and a key is one customer's.
func TestKeysByHandNeverMeet(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("b/c", both)
	o.owe("c", both)
	text := dunning.Text{Subject: "Bonjour", Body: "Bonjour {customer}."}
	one := func(id courrier.CustomerID) func(func(dunning.Case, error) bool) {
		return func(yield func(dunning.Case, error) bool) { yield(o.Case(o.Ctx, "acme", id)) }
	}
	for key, customer := range map[string]courrier.CustomerID{"a": "b/c", "a/b": "c"} {
		report, err := o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: key, Text: text}, one(customer))
		require.NoError(t, err)
		require.Equal(t, 1, report.Reminders)
	}
	require.Len(t, o.queue(dunning.ReminderFilter{}), 2)

	_, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c", Key: "k", Text: text})
	require.NoError(t, err)
	_, err = o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "b/c", Key: "k", Text: text})
	require.ErrorIs(t, err, courrier.ErrConflict)

	_, err = o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: "x", Text: dunning.Text{Subject: "{nobody}", Body: "b"}}, one("c"))
	require.Len(t, courrier.FieldErrors(err), 1, "a wrong text is refused once, not for each customer")
	report, err := o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "other", Key: "x", Text: text}, one("c"))
	require.NoError(t, err)
	require.Equal(t, 1, report.Refused)
}

// Whatever the host or the library's notes say stops a reminder: the longer of
// two pauses holds.
func TestTwoPauses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hostPaused  bool
		host, notes string
		sent        int
	}{
		"both over":                        {true, "2026-03-05", "2026-03-06", 1},
		"the host's is open-ended":         {true, "", "2026-03-05", 0},
		"the host's is longer":             {true, "2026-03-20", "2026-03-05", 0},
		"the library's is longer":          {true, "2026-03-05", "2026-03-20", 0},
		"the library's is open-ended":      {true, "2026-03-05", "", 0},
		"the library's alone, and over":    {false, "", "2026-03-05", 1},
		"the library's alone, and lasting": {false, "", "2026-03-20", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.owe("c1", both, bill("i1", "2026-03-01"))
			day := func(s string) (d courrier.Date) {
				if s != "" {
					d = courrier.MustDate(s)
				}
				return d
			}
			who := o.cases["c1"]
			who.Customer.Paused, who.Customer.PausedUntil = c.hostPaused, day(c.host)
			o.cases["c1"] = who
			require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", day(c.notes), ""))
			o.day("2026-03-10")
			require.Len(t, o.mails, c.sent)
		})
	}
}

// One account whose settings cannot be used stops no other.
func TestRunGoesOnAfterAnAccountThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	good := o.plans
	o.Restart()
	runner, err := dunning.New(dunning.Config{
		Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o, Mailer: o, Composer: o,
		Settings: func(_ context.Context, a courrier.AccountID) (dunning.Settings, error) {
			if a == "bad" {
				return dunning.Settings{}, nil
			}
			return good, nil
		},
	})
	require.NoError(t, err)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	report, err := runner.RunDay(o.Ctx, courrier.MustDate("2026-03-10"), func(yield func(dunning.Case, error) bool) {
		c := o.cases["c1"]
		for _, account := range []courrier.AccountID{"bad", "acme", ""} {
			c.Account = account
			if !yield(c, nil) {
				return
			}
		}
	})
	require.NoError(t, err)
	require.Equal(t, 1, report.Approved)
	require.Equal(t, 2, report.Failed)
	require.Len(t, report.Errors, 2)
}

// A customer whose invoices come in two cases would get two letters, each with
// half of them: the second is reported.
func TestRunNamesACustomerThatComesTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	report, err := o.dunning.RunDay(o.Ctx, courrier.MustDate("2026-03-10"), func(yield func(dunning.Case, error) bool) {
		for i := range 2 {
			c := o.cases["c1"]
			c.Invoices = c.Invoices[i : i+1]
			if !yield(c, nil) {
				return
			}
		}
	})
	require.NoError(t, err)
	require.Equal(t, 1, report.Failed)
	require.ErrorIs(t, report.Errors[0], courrier.ErrInvalid)
	require.Zero(t, report.Skipped)
}

// Many at a level: each customer's late invoices at that step, once.
func TestCampaignAtALevel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
	o.owe("c2", both, bill("i3", "2026-03-01"))
	o.owe("c3", both)
	o.Clock = courrier.MustDate("2026-03-03").In(time.UTC).Add(12 * time.Hour)
	for range 2 {
		report, err := o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: "k", Step: "reminder-2"}, o.stream())
		require.NoError(t, err)
		require.Equal(t, 2, report.Reminders)
		require.Equal(t, 1, report.Refused, "c3 owes nothing")
	}
	o.work()
	require.Len(t, o.mails, 2)
	for _, rem := range o.queue(dunning.ReminderFilter{Campaign: "k"}) {
		require.Equal(t, "reminder-2", rem.Decision.Step.ID)
	}
	for d := courrier.MustDate("2026-03-04"); d.Before(courrier.MustDate("2026-03-25")); d = d.AddDays(1) {
		o.day(d.String())
	}
	require.Len(t, o.mails, 2, "the plan goes on from there")
}

// A host that answers for another customer than it was asked about is found out
// before anything leaves.
func TestDebtorsMustAnswerWhatTheyWereAsked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.decided("2026-03-10")
	c := o.cases["c1"]
	c.Account = ""
	o.cases["c1"] = c
	report := o.handOver()
	require.Len(t, report.Errors, 1)
	require.ErrorIs(t, report.Errors[0], courrier.ErrInvalid)
	require.Empty(t, o.mails)
}

// Customers with a thousand invoices are reminded of all of them at once.
func TestAThousandInvoices(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	var all []dunning.Invoice
	for i := range 1000 {
		all = append(all, bill(fmt.Sprint("i", i), "2026-03-01"))
	}
	o.owe("c1", postOnly, all...)
	o.day("2026-03-10")
	rem := o.only(dunning.ReminderFilter{})
	require.Equal(t, dunning.ReminderSent, rem.State)
	require.Len(t, rem.Keys, 1000)
	require.Equal(t, "120000.00 EUR", rem.Decision.Open.String())
}

// Contents that e-mails carried follow the account's retention, as letters' do;
// what anything else still needs stays.
func TestContentsOfRemindersArePurged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	for _, c := range []courrier.CustomerID{"c1", "c2"} {
		o.owe(c, both, bill("i-"+string(c), "2026-03-01"))
	}
	o.owe("c3", postOnly, bill("i-c3", "2026-03-01"))
	shared, own := courrier.NewDocument("shared.pdf", []byte("%PDF-shared")), courrier.NewDocument("own.pdf", []byte("%PDF-own"))
	o.plans.AttachInvoices = true
	o.mend = func(d *dunning.DebtorDetails) {
		d.Documents[0].File = courrier.NewDocument("facture.pdf", []byte("%PDF-facture "+d.Documents[0].Number))
	}
	day := courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	send := func(key string, c courrier.CustomerID, review bool, docs ...courrier.Document) dunning.Reminder {
		rem, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{
			Account: "acme", Customer: c, Key: key, Invoices: []dunning.InvoiceID{"i-" + dunning.InvoiceID(c)}, Attachments: docs, Review: review, Again: "one more",
		})
		require.NoError(t, err)
		return rem
	}
	o.Clock = day
	send("a", "c1", false, shared, own)
	send("b", "c2", false)
	send("c", "c3", false, shared)
	waiting := send("d", "c2", true, shared)
	o.work()
	require.Len(t, o.mails, 2)
	require.Equal(t, "%PDF-facture N-i-c2", string(o.mails[1].Attachments[0].Content))

	kept := func(content string) bool {
		_, err := o.Client.Content(o.Ctx, courrier.SumOf([]byte(content)))
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrNotFound)
		}
		return err == nil
	}
	purge := func(at time.Time) int {
		o.Clock = at
		letters, err := o.Client.Purge(o.Ctx)
		require.NoError(t, err)
		reminders, err := o.dunning.Purge(o.Ctx)
		require.NoError(t, err)
		return letters + reminders
	}
	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i-c2")
	require.NoError(t, err)
	require.Equal(t, "%PDF-facture N-i-c2", string(ev.Steps[0].Parts[0].Content), "what an e-mail attached is evidence")
	require.Equal(t, []string{"c2@example.com"}, ev.Steps[0].To)
	require.Contains(t, ev.Steps[0].Text, "N-i-c2, échéance")

	require.Zero(t, purge(day.AddDate(0, 0, 364)))
	require.True(t, kept("%PDF-own") && kept("%PDF-facture N-i-c2"))
	require.Equal(t, 3, purge(day.AddDate(0, 0, 366)))
	require.False(t, kept("%PDF-own"))
	require.False(t, kept("%PDF-facture N-i-c2"))
	require.True(t, kept("%PDF-shared"), "one that waits, and a letter under way, need it")
	ev, err = o.dunning.Evidence(o.Ctx, "acme", "i-c2")
	require.NoError(t, err)
	require.True(t, ev.Steps[0].Parts[0].Missing)

	seen, err := o.dunning.Preview(o.Ctx, waiting.ID)
	require.NoError(t, err)
	_, err = o.dunning.Approve(o.Ctx, waiting.ID, seen.Token)
	require.NoError(t, err)
	o.work()
	require.Len(t, o.mails, 3)
	require.Equal(t, "%PDF-shared", string(o.mails[2].Attachments[0].Content))

	o.Carrier.Happen(o.Letter(o.Carrier.Accepted[0]).ProviderID, courrier.StatusPosted, "")
	for range 200 {
		o.Refresh()
	}
	purge(o.Clock.AddDate(0, 0, 800))
	require.False(t, kept("%PDF-shared"))
	require.Zero(t, purge(o.Clock.AddDate(9, 0, 0)))

	// An account that keeps contents for ever keeps these too.
	_, err = o.Client.SetSettings(o.Ctx, "acme", courrier.Settings{RetentionDays: -1})
	require.NoError(t, err)
	o.owe("c1", both, bill("i-c1", "2026-03-01"))
	send("e", "c1", false, own)
	o.work()
	require.Zero(t, purge(o.Clock.AddDate(50, 0, 0)))
	require.True(t, kept("%PDF-own"))
}

// A name is never read for marks or placeholders.
func TestNamesAreNotMarkup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.mend = func(d *dunning.DebtorDetails) { d.To.Company = "A*B **C** {total} {table}" }
	o.plans.Policies[0].Steps[1].Template = "own"
	o.plans.Texts = dunning.Texts{"own": {courrier.French: {Subject: "{customer}", Body: "{customer}\n\n**{total}**\n\n{table}\n\nFin"}}}
	o.decided("2026-03-10")
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, "A*B **C** {total} {table}", o.mails[0].Subject)
	require.True(t, strings.HasPrefix(o.mails[0].Text, "A*B **C** {total} {table}\n\n120,00\u00a0€\n\n- N-i1, échéance"), o.mails[0].Text)
	require.Equal(t, 1, strings.Count(o.mails[0].Text, "- N-i1"))
}

func TestTextsAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  dunning.Text
		field string
	}{
		"a table in a subject":     {dunning.Text{Subject: "{table}", Body: "b"}, "Subject"},
		"a statement in a subject": {dunning.Text{Subject: "{statement}", Body: "b"}, "Subject"},
		"a payment in a subject":   {dunning.Text{Subject: "{payment}", Body: "b"}, "Subject"},
		"one wording of two":       {dunning.Text{Subject: "s", Body: "{one?facture}"}, "Body"},
		"three wordings":           {dunning.Text{Subject: "s", Body: "{one?a|b|c}"}, "Body"},
		"a table amid a paragraph": {dunning.Text{Subject: "s", Body: "Voici {table}"}, "Body"},
		"two tables":               {dunning.Text{Subject: "s", Body: "{table}\n\n{table}"}, "Body"},
		"an unknown placeholder":   {dunning.Text{Subject: "s", Body: "{who}"}, "Body"},
		"a brace left open":        {dunning.Text{Subject: "s", Body: "{total"}, "Body"},
		"nothing but blanks":       {dunning.Text{Subject: " ", Body: "b"}, "Subject"},
		"more than one line":       {dunning.Text{Subject: "a\nb", Body: "b"}, "Subject"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := courrier.FieldErrors(c.text.Validate())
			require.Len(t, found, 1)
			require.Equal(t, c.field, found[0].Field)
			require.NotEmpty(t, found[0].Remedy)
		})
	}
	require.NoError(t, dunning.Text{Subject: "{one?facture|factures} {total}", Body: "a\n\n{table}\n\n{statement}\n\n{payment}"}.Validate())
}

// The library's own texts speak of one invoice or of several, and say how to pay
// where the account does.
func TestOwnTextsOfOneInvoiceAndOfSeveral(t *testing.T) {
	t.Parallel()
	text := func(t *testing.T, language courrier.Language, payment string, bills ...dunning.Invoice) string {
		o := newOffice(t)
		o.plans.Payment = payment
		o.mend = func(d *dunning.DebtorDetails) { d.Language = language }
		o.owe("c1", both, bills...)
		o.decided("2026-03-10")
		o.work()
		require.Len(t, o.mails, 1)
		return o.mails[0].Text
	}
	one, two := bill("i1", "2026-03-01"), bill("i2", "2026-03-01")
	for language, c := range map[courrier.Language]struct{ one, several string }{
		courrier.French:  {"sur la facture ci-dessous, échue le 1", "sur les factures ci-dessous, dont la plus ancienne était échue le 1"},
		courrier.English: {"on the invoice below, which fell due on 1", "on the invoices below, the oldest of which fell due on 1"},
	} {
		const iban = "IBAN FR76 3000 4000 * 0312"
		single, several := text(t, language, iban, one), text(t, language, "", one, two)
		require.Contains(t, single, c.one)
		require.Contains(t, several, c.several)
		require.Contains(t, single, "\n\n"+iban+"\n\n")
		require.NotContains(t, several, "{")
		require.NotContains(t, several, "\n\n\n")
	}
	settings := newOffice(t).plans
	settings.Payment = strings.Repeat("é", 501)
	require.Equal(t, "Payment", courrier.FieldErrors(settings.Validate())[0].Field)
}

// A payment empties the queue of what it settles, and asks back the letter that
// a carrier has not printed yet.
func TestReconsiderAfterAPayment(t *testing.T) {
	t.Parallel()
	t.Run("in the queue", func(t *testing.T) {
		t.Parallel()
		o, id := proposed(t, both)
		o.Clock = courrier.MustDate("2026-03-15").In(time.UTC).Add(12 * time.Hour) // a Sunday: nothing leaves, nothing falls away
		done, err := o.dunning.Reconsider(o.Ctx, "acme", "c1")
		require.NoError(t, err)
		require.Zero(t, done)
		o.owe("c1", both)
		done, err = o.dunning.Reconsider(o.Ctx, "acme", "c1")
		require.NoError(t, err)
		require.Equal(t, dunning.Reconsidered{Withdrawn: 1}, done)
		require.Equal(t, dunning.ReminderPostponed, o.reminder(id).State)
		require.Equal(t, string(dunning.CausePaid), o.reminder(id).Reason)
	})
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprint("at the carrier, too late: ", late), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.TopUp(10)
			o.owe("c1", postOnly, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
			o.day("2026-03-10")
			o.Carrier.Late = late
			o.owe("c1", postOnly, bill("i1", "2026-03-01"))
			done, err := o.dunning.Reconsider(o.Ctx, "acme", "c1")
			require.NoError(t, err)
			require.Zero(t, done, "one of its two invoices is still open")
			o.owe("c1", postOnly)
			done, err = o.dunning.Reconsider(o.Ctx, "acme", "c1")
			require.NoError(t, err)
			status := o.Letter(o.Carrier.Accepted[0]).Status
			if late {
				require.Zero(t, done)
				require.NotEqual(t, courrier.StatusCancelled, status)
				return
			}
			require.Equal(t, dunning.Reconsidered{AskedBack: 1}, done)
			require.Equal(t, courrier.StatusCancelled, status)
			o.RequireBalance("10", "0")
		})
	}
}

// A delivered invoice is where the evidence about it begins; one that came back
// goes on by post.
func TestDeliveryBeginsTheEvidence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-02-02").In(time.UTC).Add(12 * time.Hour)
	rem, err := o.dunning.Deliver(o.Ctx, dunning.SalesDocument{
		Account: "acme", Customer: "c1", Key: "i1", Invoices: []dunning.InvoiceID{"i1"},
		Text:      dunning.Text{Subject: "Votre facture {invoices}", Body: "Ci-joint la facture {invoices}."},
		Documents: []courrier.Document{courrier.NewDocument("i1.pdf", []byte("%PDF-i1"))},
	})
	require.NoError(t, err)
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, "Votre facture N-i1", o.mails[0].Subject)
	require.NotContains(t, o.mails[0].Text, "reste dû", "it claims nothing")
	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Equal(t, courrier.PurposeInvoice, ev.Steps[0].Delivery)
	require.Equal(t, "%PDF-i1", string(ev.Steps[0].Parts[0].Content))

	_, err = o.dunning.Bounced(o.Ctx, rem.ID, email.BounceAddress)
	require.NoError(t, err)
	o.work()
	require.Len(t, o.Carrier.Accepted, 1)
	require.Equal(t, []string{"%PDF-i1"}, []string{o.body(o.Carrier.Accepted[0])})
	o.mend = nil
	o.day("2026-03-10")
	ev, err = o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Len(t, ev.Steps, 2)
	require.Equal(t, courrier.ChannelPost, ev.Steps[0].Channel)
	require.Equal(t, "Europe/Paris", ev.Zone)
}

// Dates are those of the account's zone: what was posted in the first hour of a
// day was posted on that day.
func TestEvidenceDatesAreLocal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(10)
	o.owe("c1", postOnly, bill("i1", "2026-03-01"))
	o.day("2026-03-10")
	id := o.only(dunning.ReminderFilter{}).Letter
	o.Clock = time.Date(2026, 3, 11, 23, 30, 0, 0, time.UTC) // half past midnight in Paris
	o.Carrier.Happen(o.Letter(id).ProviderID, courrier.StatusPosted, "")
	_, err := o.Client.RefreshOne(o.Ctx, id)
	require.NoError(t, err)
	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Equal(t, "2026-03-12", ev.Steps[0].PostedOn.String())
}

// Automatic reminders leave at the account's hour by the wall clock of the
// policy's zone, on the days on which the clocks change too.
func TestAccountHour(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, day string
		hour      time.Duration
		at        string
	}{
		{"", "2026-03-27", 0, "2026-03-27T08:00:00Z"},
		{"", "2026-03-30", 0, "2026-03-30T07:00:00Z"},
		{"Europe/Paris", "2026-03-29", 14 * time.Hour, "2026-03-29T12:00:00Z"},
		{"Europe/Paris", "2026-10-25", 14 * time.Hour, "2026-10-25T13:00:00Z"},
		{"Pacific/Noumea", "2026-03-27", 23*time.Hour + 30*time.Minute, "2026-03-27T12:30:00Z"},
		{"America/Martinique", "2026-03-27", 30 * time.Minute, "2026-03-27T04:30:00Z"},
	} {
		o := newOffice(t)
		o.plans.Policies[0].Zone, o.plans.Hour = c.zone, c.hour
		o.plans.Policies[0].SendingDays = courrier.WeekdaysOf(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday)
		day := courrier.MustDate(c.day)
		o.owe("c1", both, bill("i1", day.AddDays(-6).String()))
		_, err := o.dunning.RunDay(o.Ctx, day, o.stream())
		require.NoError(t, err)
		require.Equal(t, c.at, o.only(dunning.ReminderFilter{}).DueAt.UTC().Format(time.RFC3339), c)
		due := o.only(dunning.ReminderFilter{}).DueAt
		o.Clock = due.Add(-time.Second)
		o.handOver()
		require.Empty(t, o.mails)
		o.Clock = due
		o.handOver()
		require.Len(t, o.mails, 1, c)
		require.Equal(t, c.day, o.only(dunning.ReminderFilter{}).SentOn.String())
	}
}

// Without a mailer nothing goes by e-mail, without a composer nothing by post:
// what neither can carry is held with that reason.
func TestOneChannelOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		contact  dunning.Contact
		composer bool
		letters  int
		mails    int
	}{{both, true, 1, 0}, {dunning.Contact{Email: true}, true, 0, 0}, {both, false, 0, 1}, {postOnly, false, 0, 0}} {
		o := newOffice(t)
		o.TopUp(10)
		o.Restart()
		cfg := dunning.Config{
			Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o,
			Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return o.plans, nil },
		}
		if cfg.Mailer = o; c.composer {
			cfg.Composer, cfg.Mailer = o, nil
		}
		var err error
		o.dunning, err = dunning.New(cfg)
		require.NoError(t, err)
		o.owe("c1", c.contact, bill("i1", "2026-03-01"))
		report := o.day("2026-03-10")
		require.Len(t, o.Carrier.Accepted, c.letters)
		require.Len(t, o.mails, c.mails)
		require.Equal(t, 1-c.letters-c.mails, report.Held[dunning.CauseNoChannel])
	}
}

// sticky are contents that cannot be deleted at first.
type sticky struct {
	courrier.Contents
	fails int
}

func (s *sticky) DeleteContent(ctx context.Context, sum courrier.Sum) error {
	if s.fails--; s.fails >= 0 {
		return testscene.ErrCrash
	}
	return s.Contents.(courrier.ContentDeleter).DeleteContent(ctx, sum)
}

// A purge that dies half way is taken up again.
func TestPurgeOfRemindersIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	contents := &sticky{o.Store.(courrier.Contents), 1}
	o.Config.Contents = contents
	o.again()
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.Clock = courrier.MustDate("2026-03-10").In(time.UTC).Add(12 * time.Hour)
	doc := courrier.NewDocument("a.pdf", []byte("%PDF-a"))
	_, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Invoices: []dunning.InvoiceID{"i1"}, Attachments: []courrier.Document{doc}})
	require.NoError(t, err)
	o.work()
	o.Clock = o.Clock.AddDate(0, 0, 366)
	for _, want := range []int{0, 1, 0} {
		n, err := o.dunning.Purge(o.Ctx)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	_, err = o.Client.Content(o.Ctx, doc.Sum)
	require.ErrorIs(t, err, courrier.ErrNotFound)
}

// A list that the text has no place for stands at its end, apart from the
// signature.
func TestListAtTheEndStandsApart(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.plans.Policies[0].Steps[1].Template = "own"
	o.plans.Signature = map[courrier.ActorID]dunning.Signature{"": {Name: "Claire"}}
	o.plans.Texts = dunning.Texts{"own": {courrier.French: {Subject: "Rappel", Body: "Bonjour.\n\nCordialement,"}}}
	o.decided("2026-03-10")
	o.work()
	require.Len(t, o.mails, 1)
	require.Regexp(t, `^Bonjour\.\n\nCordialement,\n\n- N-i1, échéance [^\n]*\n\nClaire\n`, o.mails[0].Text)
}
