package dunning_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

// handCases are about what people send: by hand, in campaigns, as documents.
var handCases = map[string]func(t *testing.T){
	"rem-01": oneOpenAction,
	"rem-02": requirementsBindPeople,
	"rem-11": byHandComesBack,
	"rem-33": campaignKeys,
	"rem-35": aboutNothing,
	"rem-41": deliveryPlaceholders,
	"rem-42": sameKeyOtherContent,
	"rem-43": documentsNeedNoDebt,
	"rem-44": documentsClaimNothing,
	"rem-47": lateListsAndCampaigns,
}

// noon moves the clock to the middle of a day.
func (o *office) noon(s string) { o.Clock = day(s).In(time.UTC).Add(11 * time.Hour) }

func requireCode(t *testing.T, err error, code string) {
	t.Helper()
	var e *courrier.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, courrier.ErrConflict)
	require.Equal(t, code, e.Code)
}

func step(customer courrier.CustomerID, id string, invoices ...dunning.InvoiceID) dunning.ByHand {
	return dunning.ByHand{Account: "acme", Customer: customer, Step: id, Invoices: invoices}
}

func (o *office) late(on string, f dunning.LateFilter) (all []dunning.InvoiceID) {
	for c, err := range o.dunning.Late(o.Ctx, f, day(on), o.stream()) {
		require.NoError(o.T, err)
		for _, inv := range c.Invoices {
			all = append(all, inv.ID)
		}
	}
	return all
}

// An invoice has one open action for a step, whoever makes it.
func oneOpenAction(t *testing.T) {
	o := newOffice(t)
	o.TopUp(20)
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.noon("2026-03-03")
	first := step("c1", "reminder-1", "i1")
	first.Review = true
	rem, err := o.dunning.SendNow(o.Ctx, first)
	require.NoError(t, err)
	_, err = o.dunning.SendNow(o.Ctx, step("c1", "reminder-1", "i1")) // another person
	requireCode(t, err, dunning.CodePending)
	report, err := o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: "k", Step: "reminder-1"}, o.stream()) // and a mass send
	require.NoError(t, err)
	requireCode(t, report.Results[0].Err, dunning.CodePending)
	require.Empty(t, o.late("2026-03-03", dunning.LateFilter{}), "lists leave out what would be refused")
	require.Equal(t, []dunning.InvoiceID{"i1"}, o.late("2026-03-03", dunning.LateFilter{Open: true}))

	o.approve(rem.ID)
	o.work()
	require.Len(t, o.mails, 1)
	_, err = o.dunning.SendNow(o.Ctx, step("c1", "reminder-1", "i1"))
	requireCode(t, err, courrier.CodeSent)
	again := step("c1", "reminder-1", "i1")
	again.Again = "the customer asks for a copy"
	rem, err = o.dunning.SendNow(courrier.WithActor(o.Ctx, courrier.Actor{ID: "ann"}), again)
	require.NoError(t, err)
	require.Equal(t, again.Again, rem.Again)
	require.Equal(t, again.Again, rem.Log[0].Note)
	require.Equal(t, courrier.ActorID("ann"), rem.Log[0].Actor)
	o.work()
	require.Len(t, o.mails, 2)
	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Equal(t, again.Again, ev.Steps[1].Insisted)

	// The plan's notice in the queue, and the same step by hand.
	o.owe("c2", postOnly, bill("i2", "2026-03-01"))
	for d := day("2026-03-04"); d.Before(day("2026-04-20")); d = d.AddDays(1) {
		o.day(d.String())
	}
	notice := o.only(dunning.ReminderFilter{Invoice: "i2", States: []dunning.ReminderState{dunning.ReminderProposed}})
	_, err = o.dunning.SendNow(o.Ctx, step("c2", "formal-notice", "i2"))
	requireCode(t, err, dunning.CodePending)

	// Two at the same moment: one is made.
	o.owe("c3", both, bill("i3", "2026-03-01"))
	results := make(chan error, 4)
	for range cap(results) {
		go func() {
			_, err := o.dunning.SendNow(o.Ctx, step("c3", "reminder-2", "i3"))
			results <- err
		}()
	}
	made := 0
	for range cap(results) {
		if err := <-results; err == nil {
			made++
		} else {
			requireCode(t, err, dunning.CodePending)
		}
	}
	require.Equal(t, 1, made)
	require.Equal(t, dunning.ReminderProposed, o.reminder(notice.ID).State)
}

// What a step requires is required of people; who insists is allowed to, and named.
func requirementsBindPeople(t *testing.T) {
	o := newOffice(t)
	o.TopUp(20)
	o.owe("c1", postOnly, bill("i1", "2026-06-01"), bill("i2", "2026-02-20"))
	o.noon("2026-03-03")
	_, err := o.dunning.SendNow(o.Ctx, step("c1", "formal-notice", "i1"))
	requireCode(t, err, courrier.CodeNotLate)
	for _, a := range []dunning.ByHand{
		step("c1", "formal-notice", "i2"),
		{Account: "acme", Customer: "c1", Key: "k", Kind: courrier.StepFormalNotice, Invoices: []dunning.InvoiceID{"i2"}},
	} {
		_, err := o.dunning.SendNow(o.Ctx, a)
		requireCode(t, err, dunning.CodeRequires)
	}
	require.Empty(t, o.queue(dunning.ReminderFilter{}))

	insist := step("c1", "formal-notice", "i2")
	insist.Override = "the customer is leaving the country"
	denied := o.Config.Authorize
	o.Config.Authorize = func(ctx context.Context, a courrier.Actor, action courrier.Action) error {
		if action.Kind == courrier.ActionOverrideReminder && a.ID != "boss" {
			return errors.New("not a decision-maker")
		}
		return denied(ctx, a, action)
	}
	o.again()
	_, err = o.dunning.SendNow(o.Ctx, insist)
	require.ErrorIs(t, err, courrier.ErrDenied)
	rem, err := o.dunning.SendNow(courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"}), insist)
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderProposed, rem.State, "a notice is approved all the same")
	view := o.approve(rem.ID)
	require.NotContains(t, view.Reminder.Message.Body, "elance", "there were none")
	o.work()
	require.Len(t, o.Carrier.Accepted, 1)
	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i2")
	require.NoError(t, err)
	require.Equal(t, insist.Override, ev.Steps[0].Override)

	// Where reminders were sent, the text says so.
	o.owe("c2", both, bill("i3", "2026-02-20"))
	o.noon("2026-03-04")
	_, err = o.dunning.SendNow(o.Ctx, step("c2", "reminder-2", "i3"))
	require.NoError(t, err)
	o.work()
	o.noon("2026-03-10")
	_, err = o.dunning.SendNow(o.Ctx, step("c2", "formal-notice", "i3"))
	requireCode(t, err, dunning.CodeRequires) // six days, not ten
	o.noon("2026-03-16")
	rem, err = o.dunning.SendNow(o.Ctx, step("c2", "formal-notice", "i3"))
	require.NoError(t, err)
	require.Contains(t, o.preview(rem.ID).Reminder.Message.Body, "Notre relance du 4 mars 2026 est restée sans paiement.")
}

// By hand at a step, then paused before it leaves: it comes back as the plan's would,
// and no nil error promises what will not be.
func byHandComesBack(t *testing.T) {
	for _, id := range []string{"reminder-1", ""} {
		o := newOffice(t)
		o.owe("c1", both, bill("i1", "2026-03-01"))
		o.noon("2026-03-03")
		hand := dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Step: id, Invoices: []dunning.InvoiceID{"i1"}}
		rem, err := o.dunning.SendNow(o.Ctx, hand)
		require.NoError(t, err)
		require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", day("2026-03-05"), "on holiday"))
		o.day("2026-03-03")
		require.Empty(t, o.mails)
		again, err := o.dunning.SendNow(o.Ctx, hand)
		if id != "" {
			requireCode(t, err, string(dunning.CausePaused))
			require.Equal(t, dunning.ReminderPostponed, o.reminder(rem.ID).State)
		} else { // nothing decides it but its own wish, which waits
			require.NoError(t, err)
			require.True(t, again.Open())
		}
		o.day("2026-03-04")
		require.Empty(t, o.mails)
		o.day("2026-03-05")
		require.Len(t, o.mails, 1)
		require.Equal(t, dunning.ReminderSent, o.reminder(rem.ID).State)
		require.Len(t, o.queue(dunning.ReminderFilter{}), 1)
		same, err := o.dunning.SendNow(o.Ctx, hand)
		require.NoError(t, err)
		require.Equal(t, rem.ID, same.ID)
	}
}

func dollars(id string) dunning.Invoice {
	inv := bill(id, "2026-03-01")
	inv.Parts = dunning.Due(inv.DueOn(), courrier.MustAmount("70", "USD"))
	return inv
}

// A campaign's key is the customer's: what is invoiced or paid between two runs makes
// no second message.
func campaignKeys(t *testing.T) {
	cam := dunning.Campaign{Account: "acme", Key: "spring", Text: dunning.Text{Subject: "Bonjour {customer}", Body: "Nos bureaux ferment."}}
	for name, c := range map[string]struct{ before, after []dunning.Invoice }{
		"gains one":          {[]dunning.Invoice{bill("i1", "2026-03-01")}, []dunning.Invoice{bill("i1", "2026-03-01"), bill("i2", "2026-03-01")}},
		"pays all":           {[]dunning.Invoice{bill("i1", "2026-03-01")}, nil},
		"gains a first one":  {nil, []dunning.Invoice{bill("i1", "2026-03-01")}},
		"in another money":   {[]dunning.Invoice{bill("i1", "2026-03-01")}, []dunning.Invoice{dollars("i2")}},
		"pays one of two":    {[]dunning.Invoice{bill("i1", "2026-03-01"), dollars("i2")}, []dunning.Invoice{dollars("i2")}},
		"nothing has become": {[]dunning.Invoice{bill("i1", "2026-03-01"), dollars("i2")}, []dunning.Invoice{bill("i1", "2026-03-01"), dollars("i2")}},
	} {
		o := newOffice(t)
		o.noon("2026-03-10")
		o.owe("c1", both, c.before...)
		consumer := func(c *dunning.Case) { c.Customer.Class = latepayment.DebtorConsumer } // of whom no compensation is asked, which is in euros
		o.change("c1", consumer)
		first, err := o.dunning.Campaign(o.Ctx, cam, o.stream())
		require.NoError(t, err)
		o.work()
		made := len(o.mails)
		require.Equal(t, max(1, len(c.before)), made)
		require.Equal(t, made, first.Reminders, name)
		o.owe("c1", both, c.after...)
		o.change("c1", consumer)
		second, err := o.dunning.Campaign(o.Ctx, cam, o.stream())
		require.NoError(t, err)
		require.Zero(t, second.Refused, name)
		o.work()
		require.Len(t, o.mails, made, name)
	}
}

// What names no invoice claims nothing.
func aboutNothing(t *testing.T) {
	o := newOffice(t)
	o.owe("c1", both)
	o.noon("2026-03-10")
	hello := dunning.Text{Subject: "Bonjour", Body: "Nos bureaux ferment."}
	for name, a := range map[string]dunning.ByHand{
		"no text":          {},
		"a notice":         {Text: hello, Kind: courrier.StepFormalNotice},
		"a sum":            {Text: dunning.Text{Subject: "Bonjour", Body: "Il reste {total}."}},
		"a day":            {Text: dunning.Text{Subject: "Avant le {oldest_due}", Body: "Bonjour."}},
		"a table":          {Text: dunning.Text{Subject: "Bonjour", Body: "Voici :\n\n{table}"}},
		"one and several":  {Text: dunning.Text{Subject: "Bonjour", Body: "{one?Votre facture|Vos factures}"}},
		"the invoices' no": {Text: dunning.Text{Subject: "{invoices}", Body: "Bonjour."}},
	} {
		a.Account, a.Customer, a.Key = "acme", "c1", name
		_, err := o.dunning.SendNow(o.Ctx, a)
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
		report, err := o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: name, Text: a.Text, Kind: a.Kind}, o.stream())
		require.NoError(t, err)
		require.ErrorIs(t, report.Results[0].Err, courrier.ErrInvalid, name)
	}
	require.Empty(t, o.queue(dunning.ReminderFilter{}))
	_, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Text: hello})
	require.NoError(t, err)
}

func quote(key string) dunning.SalesDocument {
	return dunning.SalesDocument{
		Account: "acme", Customer: "c1", Key: key, Purpose: courrier.PurposeQuote,
		Documents: []courrier.Document{courrier.NewDocument("devis.pdf", []byte("%PDF-devis"))}, Text: dunning.Text{Subject: "Votre devis", Body: "Bonjour {customer}."},
	}
}

// A delivery claims nothing: placeholders of a claim are refused, those of the
// invoices are filled.
func deliveryPlaceholders(t *testing.T) {
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-06-01"))
	o.noon("2026-03-10")
	bad := quote("k")
	bad.Text.Body = "{invoices} de {total}, avant le {oldest_due}"
	_, err := o.dunning.Deliver(o.Ctx, bad)
	require.Len(t, courrier.FieldErrors(err), 3)
	bad.Invoices = []dunning.InvoiceID{"i1"}
	_, err = o.dunning.Deliver(o.Ctx, bad)
	require.Len(t, courrier.FieldErrors(err), 2)
	good := quote("k2")
	good.Invoices, good.Text.Body = bad.Invoices, "{one?La facture|Les factures} {invoices}."
	_, err = o.dunning.Deliver(o.Ctx, good)
	require.NoError(t, err)
	o.work()
	require.Contains(t, o.mails[0].Text, "La facture N-i1.")
}

// The same key with other content is refused everywhere; with the same it is the same.
func sameKeyOtherContent(t *testing.T) {
	o := newOffice(t)
	o.owe("c1", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-01"))
	o.owe("c2", both, bill("i3", "2026-03-01"))
	o.noon("2026-03-10")
	hand := dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Invoices: []dunning.InvoiceID{"i1"}, Text: dunning.Text{Subject: "A", Body: "B"}}
	first, err := o.dunning.SendNow(o.Ctx, hand)
	require.NoError(t, err)
	same, err := o.dunning.SendNow(o.Ctx, hand)
	require.NoError(t, err)
	require.Equal(t, first.ID, same.ID)
	for _, edit := range []func(a *dunning.ByHand){
		func(a *dunning.ByHand) { a.Text.Body = "C" },
		func(a *dunning.ByHand) { a.Invoices = []dunning.InvoiceID{"i2"} },
		func(a *dunning.ByHand) { a.Customer, a.Invoices = "c2", []dunning.InvoiceID{"i3"} },
		func(a *dunning.ByHand) { a.Channels = []courrier.Channel{courrier.ChannelPost} },
		func(a *dunning.ByHand) { a.Review = true },
		func(a *dunning.ByHand) {
			a.Attachments = []courrier.Document{courrier.NewDocument("x.pdf", []byte("%PDF-x"))}
		},
	} {
		other := hand
		edit(&other)
		_, err := o.dunning.SendNow(o.Ctx, other)
		requireCode(t, err, courrier.CodeKeyUsed)
	}

	doc := quote("k")
	_, err = o.dunning.Deliver(o.Ctx, doc)
	require.NoError(t, err)
	_, err = o.dunning.Deliver(o.Ctx, doc)
	require.NoError(t, err)
	doc.Documents = []courrier.Document{courrier.NewDocument("devis.pdf", []byte("%PDF-autre"))}
	_, err = o.dunning.Deliver(o.Ctx, doc)
	requireCode(t, err, courrier.CodeKeyUsed)
	doc = quote("k")
	doc.Purpose = courrier.PurposeOther
	_, err = o.dunning.Deliver(o.Ctx, doc)
	requireCode(t, err, courrier.CodeKeyUsed)

	cam := dunning.Campaign{Account: "acme", Key: "k", Text: dunning.Text{Subject: "A", Body: "B"}}
	_, err = o.dunning.Campaign(o.Ctx, cam, o.stream())
	require.NoError(t, err)
	cam.Text.Body = "C"
	_, err = o.dunning.Campaign(o.Ctx, cam, o.stream())
	requireCode(t, err, courrier.CodeKeyUsed)
}

// A sales document needs a contact, not a debt.
func documentsNeedNoDebt(t *testing.T) {
	o := newOffice(t)
	o.TopUp(10)
	o.noon("2026-03-10")
	_, err := o.dunning.Deliver(o.Ctx, quote("prospect")) // of whom the facts know nothing
	require.NoError(t, err)
	o.work()
	require.Len(t, o.mails, 1)

	o.owe("c1", both, bill("i1", "2026-03-20"))
	inv := quote("invoice")
	inv.Purpose, inv.Invoices = courrier.PurposeInvoice, []dunning.InvoiceID{"i1"}
	_, err = o.dunning.Deliver(o.Ctx, inv)
	require.NoError(t, err)
	o.mu.Lock()
	delete(o.cases, "c1") // paid before it leaves
	o.mu.Unlock()
	o.work()
	require.Len(t, o.mails, 2)

	// Post switched off in between: it waits, and leaves when it may.
	o.owe("c1", postOnly)
	rem, err := o.dunning.Deliver(o.Ctx, quote("later"))
	require.NoError(t, err)
	o.settings(func(s *courrier.Settings) { s.PostOff = true })
	o.work()
	require.Empty(t, o.Carrier.Accepted)
	waits := o.reminder(rem.ID)
	require.True(t, waits.Open())
	require.Equal(t, string(dunning.CauseNoChannel), waits.Reason)
	_, err = o.dunning.Deliver(o.Ctx, quote("now"))
	requireCode(t, err, string(dunning.CauseNoChannel))
	o.settings(func(s *courrier.Settings) { s.PostOff = false })
	o.Advance(2 * time.Hour)
	o.work()
	require.Len(t, o.Carrier.Accepted, 1)
}

// A claim does not leave as a document, and so unasked.
func documentsClaimNothing(t *testing.T) {
	o := newOffice(t)
	o.owe("c1", both)
	require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", courrier.Date{}, "in talks"))
	for _, purpose := range courrier.Purposes() {
		doc := quote(string(purpose))
		doc.Purpose = purpose
		_, err := o.dunning.Deliver(o.Ctx, doc)
		if purpose == courrier.PurposeFormalNotice || purpose == courrier.PurposeReminder {
			require.ErrorIs(t, err, courrier.ErrInvalid)
		} else {
			require.NoError(t, err)
		}
	}
}

// Late lists hold what may be sent; a stream that splits a customer is told.
func lateListsAndCampaigns(t *testing.T) {
	o := newOffice(t)
	o.noon("2026-03-10")
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.owe("insolvent", both, bill("i2", "2026-03-01"))
	o.owe("unreachable", dunning.Contact{}, bill("i3", "2026-03-01"))
	o.owe("off", dunning.Contact{Email: true, EmailOffReminders: true, Post: true, PostOff: true}, bill("i4", "2026-03-01"))
	c := o.cases["insolvent"]
	c.Customer.Insolvent = true
	o.cases["insolvent"] = c
	require.Equal(t, []dunning.InvoiceID{"i1"}, o.late("2026-03-10", dunning.LateFilter{}))
	for _, customer := range []courrier.CustomerID{"insolvent", "unreachable", "off"} {
		_, err := o.dunning.SendNow(o.Ctx, step(customer, "reminder-1", o.cases[customer].Invoices[0].ID))
		require.ErrorIs(t, err, courrier.ErrConflict)
	}

	split := func(yield func(dunning.Case, error) bool) {
		for _, id := range []string{"i1", "i5"} {
			c := o.cases["c1"]
			c.Invoices = []dunning.Invoice{bill(id, "2026-03-01")}
			if !yield(c, nil) {
				return
			}
		}
	}
	report, err := o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: "printemps", Text: dunning.Text{Subject: "A", Body: "B"}}, split)
	require.NoError(t, err)
	require.Equal(t, 1, report.Reminders)
	require.Equal(t, 1, report.Refused)
	require.ErrorIs(t, report.Results[1].Err, courrier.ErrInvalid)
	o.work()
	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Equal(t, "printemps", ev.Steps[0].Campaign)
}
