package dunning_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/internal/testscene"
)

var errForeign = &courrier.Error{Op: "theirs", Kind: courrier.ErrRejected, Code: calldoc.Foreign}

// faster is a store in which somebody else changes each reminder first.
type faster struct{ testscene.BothStores }

func (f faster) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	for _, c := range changes {
		if len(c.Items) > 0 && c.Items[0].Kind == "campaign" {
			return f.BothStores.CommitReminders(ctx, changes...)
		}
	}
	errs := make([]error, len(changes))
	for i := range errs {
		errs[i] = courrier.ErrConflict
	}
	return errs, nil
}

// overtaken is a store in which a reminder of another customer takes each key first.
type overtaken struct{ testscene.BothStores }

func (o overtaken) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	for _, c := range changes {
		if c.Reminder != nil && c.Reminder.Version == 0 {
			theirs := *c.Reminder
			theirs.ID, theirs.Customer = theirs.ID+"-theirs", "c9"
			if _, err := o.BothStores.CommitReminders(ctx, dunning.Change{Reminder: &theirs}); err != nil {
				return nil, err
			}
		}
	}
	return o.BothStores.CommitReminders(ctx, changes...)
}

func keysOvertaken(o *office, _ dunning.ReminderID) {
	o.Config.Store, o.Config.Contents = overtaken{o.Store}, o.Store.(courrier.Contents)
	o.again()
}

func conflicts(o *office, _ dunning.ReminderID) {
	o.Config.Store, o.Config.Contents = faster{o.Store}, o.Store.(courrier.Contents)
	o.again()
}

// joining is a store whose every context joins a transaction of the host's.
type joining struct{ testscene.BothStores }

func (joining) InTx(context.Context) bool { return true }

func inTransaction(o *office, _ dunning.ReminderID) {
	o.Config.Store, o.Config.Contents = joining{o.Store}, o.Store.(courrier.Contents)
	o.again()
}

func forbidden(o *office, _ dunning.ReminderID) {
	o.Config.Authorize = func(context.Context, courrier.Actor, courrier.Action) error { return errors.New("no") }
	o.again()
}

// settingsBroken answers to no question about an account.
func settingsBroken(o *office, _ dunning.ReminderID) {
	o.Restart()
	var err error
	o.dunning, err = dunning.New(dunning.Config{
		Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o, Composer: o, Mailer: o,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) {
			return dunning.Settings{}, errForeign
		},
	})
	require.NoError(o.T, err)
}

func broken(o *office, _ dunning.ReminderID) { o.broken = errForeign }

// paidAndNew leaves one invoice, about which nothing was done.
func paidAndNew(o *office, _ dunning.ReminderID) { o.owe("c1", both, bill("i2", "2026-03-01")) }

func notLate(o *office, _ dunning.ReminderID) { o.owe("c1", both, bill("i2", "2026-09-01")) }

func paid(o *office, _ dunning.ReminderID) { delete(o.cases, "c1") }

func approved(o *office, id dunning.ReminderID) { o.approve(id) }

func dispatched(o *office, _ dunning.ReminderID) { o.work() }

// handedOver sends the reminder's letter to the carrier, which has not told of it.
func handedOver(o *office, _ dunning.ReminderID) {
	_, err := o.dunning.Dispatch(o.Ctx)
	require.NoError(o.T, err)
}

func took(o *office, _ dunning.ReminderID) { o.Dispatch() }

func slowly(o *office, _ dunning.ReminderID) { o.Carrier.Slow = true }

// cannotStop is a carrier that answers an error of its own to Cancel.
func cannotStop(o *office, _ dunning.ReminderID) {
	o.Bend(&testscene.Bent{OnCancel: func(context.Context, courrier.Reference) error {
		return &courrier.Error{Op: "cancel", Kind: courrier.ErrRejected, Provider: "post", Code: calldoc.Foreign}
	}})
	o.again()
}

// oneWay is a carrier that cannot stop a letter.
type oneWay struct{ *testscene.Carrier }

func (c oneWay) Capabilities() courrier.Capabilities {
	can := c.Carrier.Capabilities()
	can.Cancels = false
	return can
}

func (oneWay) Cancel() {}

func noWayBack(o *office, _ dunning.ReminderID) {
	o.Config.Providers = []courrier.Provider{oneWay{o.Carrier}}
	o.again()
}

func unreachable(o *office, _ dunning.ReminderID) {
	o.owe("c1", dunning.Contact{}, bill("i1", "2026-03-01"))
}

func delivered(o *office, _ dunning.ReminderID) {
	_, err := o.dunning.Deliver(o.Ctx, dunning.SalesDocument{Account: "acme", Customer: "c1", Key: "delivered", Documents: pdf, Text: hello})
	require.NoError(o.T, err)
}

func campaigned(o *office, _ dunning.ReminderID) {
	_, err := o.dunning.Campaign(o.Ctx, dunning.Campaign{Account: "acme", Key: "c", Text: dunning.Text{Subject: "first", Body: "b"}}, o.stream())
	require.NoError(o.T, err)
}

// handedOn gives the invoice of the reminder to another customer; a reminder of a second
// invoice of it waits too.
func handedOn(o *office, _ dunning.ReminderID) {
	o.owe("c2", both, bill("i2", "2026-03-01"))
	o.decided("2026-03-10")
	c := o.cases["c1"]
	o.owe("c1", both, bill("i2", "2026-03-01"))
	o.owe("c2", both, c.Invoices...)
}

func skipped(o *office, id dunning.ReminderID) {
	_, err := o.dunning.Skip(o.Ctx, id, "why")
	require.NoError(o.T, err)
}

func paused(o *office, _ dunning.ReminderID) {
	require.NoError(o.T, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", courrier.Date{}, "why"))
}

func came(status courrier.Status) func(*office, dunning.ReminderID) {
	return func(o *office, _ dunning.ReminderID) {
		o.Carrier.Happen("post-1", status, "")
		o.Refresh()
	}
}

// accountStated sends a statement of account, and stops another.
func accountStated(o *office, _ dunning.ReminderID) {
	for _, key := range []string{"stated", "skipped"} {
		rem, err := o.dunning.SendStatement(o.Ctx, dunning.StatementRequest{Account: "acme", Customer: "c1", Key: key})
		require.NoError(o.T, err)
		if key == "skipped" {
			_, err = o.dunning.Skip(o.Ctx, rem.ID, "why")
			require.NoError(o.T, err)
		}
	}
}

func nothingOpen(o *office, _ dunning.ReminderID) { o.owe("c1", both) }

// remindersOnly has a composer that makes no statements of account.
func remindersOnly(o *office, _ dunning.ReminderID) {
	o.Restart()
	var err error
	o.dunning, err = dunning.New(dunning.Config{
		Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o, Composer: struct{ dunning.Composer }{o}, Mailer: o,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return o.plans, nil },
	})
	require.NoError(o.T, err)
}

// inQueue begins with a reminder under review, and takes it through the steps.
func inQueue(contact dunning.Contact, steps ...func(*office, dunning.ReminderID)) func(testing.TB) (*office, dunning.ReminderID) {
	return func(t testing.TB) (*office, dunning.ReminderID) {
		o, id := proposed(t, contact)
		for _, step := range steps {
			step(o, id)
		}
		return o, id
	}
}

// byKey sends a message by hand, under the key that calls use too.
func byKey(steps ...func(*office, dunning.ReminderID)) func(testing.TB) (*office, dunning.ReminderID) {
	return func(t testing.TB) (*office, dunning.ReminderID) {
		o, _ := proposed(t, both)
		rem, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c1", Key: "hand", Text: dunning.Text{Subject: "Another", Body: "Good day."}})
		require.NoError(t, err)
		for _, step := range steps {
			step(o, rem.ID)
		}
		return o, rem.ID
	}
}

// noticeByHand waits for a person with authority, which the actor of calls has not.
func noticeByHand(t testing.TB) (*office, dunning.ReminderID) {
	o, _ := proposed(t, both)
	rem, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{
		Account: "acme", Customer: "c1", Step: "formal-notice", Invoices: []dunning.InvoiceID{"i1"}, Again: "once more", Override: "I say so",
	})
	require.NoError(t, err)
	return o, rem.ID
}

// toDo begins with a task in the queue.
func toDo(steps ...func(*office, dunning.ReminderID)) func(testing.TB) (*office, dunning.ReminderID) {
	return func(t testing.TB) (*office, dunning.ReminderID) {
		o, task := tasked(t, phone)
		for _, step := range steps {
			step(o, task.ID)
		}
		return o, task.ID
	}
}

func taskDone(o *office, id dunning.ReminderID) { o.done(id, "") }

var runnerScenes = map[string]func(testing.TB) (*office, dunning.ReminderID){
	"empty":                         func(t testing.TB) (*office, dunning.ReminderID) { return newOffice(t), "none" },
	"proposed":                      inQueue(both),
	"proposed, paid since":          inQueue(both, paid),
	"proposed, paused":              inQueue(both, paused),
	"proposed, facts broken":        inQueue(both, broken),
	"proposed, conflicts":           inQueue(both, conflicts),
	"proposed, in a transaction":    inQueue(both, inTransaction),
	"proposed, denied":              inQueue(both, forbidden),
	"approved, settings broken":     inQueue(both, approved, settingsBroken),
	"not late":                      inQueue(both, notLate),
	"keys overtaken":                inQueue(both, paidAndNew, keysOvertaken),
	"approved":                      inQueue(both, approved),
	"approved, conflicts":           inQueue(both, approved, conflicts),
	"letter approved":               inQueue(postOnly, approved),
	"letter waits":                  inQueue(postOnly, approved, handedOver),
	"letter at the carrier":         inQueue(postOnly, approved, handedOver, took),
	"letter at a slow carrier":      inQueue(postOnly, approved, handedOver, took, slowly),
	"letter past stopping":          inQueue(postOnly, approved, handedOver, took, cannotStop),
	"letter posted":                 inQueue(postOnly, approved, dispatched, came(courrier.StatusPosted)),
	"letter returned":               inQueue(postOnly, approved, dispatched, came(courrier.StatusReturned)),
	"sent":                          inQueue(both, approved, dispatched),
	"letter not to be stopped":      inQueue(postOnly, approved, handedOver, took, noWayBack),
	"unreachable":                   inQueue(both, unreachable),
	"delivered":                     inQueue(both, delivered),
	"stated":                        inQueue(both, accountStated),
	"nothing open":                  inQueue(both, nothingOpen),
	"composer of reminders alone":   inQueue(both, remindersOnly),
	"campaign sent":                 inQueue(both, campaigned),
	"of another customer":           inQueue(both, handedOn),
	"letter approved, facts broken": inQueue(postOnly, approved, handedOver, broken),
	"letter returned, conflicts":    inQueue(postOnly, approved, dispatched, came(courrier.StatusReturned), conflicts),
	"letter waits, conflicts":       inQueue(postOnly, approved, handedOver, conflicts),
	"sent, conflicts":               inQueue(both, approved, dispatched, conflicts),
	"skipped":                       inQueue(both, skipped),
	"notice by hand":                noticeByHand,
	"by hand":                       byKey(),
	"by hand, skipped":              byKey(skipped),
	"task":                          toDo(),
	"task, conflicts":               toDo(conflicts),
	"task done":                     toDo(taskDone),
}

// families are the words of lists for codes that name what stands in the way.
func families() map[string][]string {
	families := map[string][]string{"the cause": {"unusable", "credit_note", "paid", "draft", "excluded", "insolvent", "paused", "no_channel", "pending", "requires", courrier.CodeNotLate}}
	for _, state := range dunning.ReminderStates() {
		families["its state"] = append(families["its state"], string(state))
	}
	for _, status := range courrier.Statuses() {
		families["the letter's"] = append(families["the letter's"], string(status))
	}
	return families
}

// Each call returns what its doc comment lists, and nothing else: those of a Runner are
// made in every scene.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("thousands of calls: the full run makes them")
	}
	lists, err := calldoc.Of(".")
	require.NoError(t, err)
	seen := calldoc.Seen{Words: families()}
	for _, begin := range runnerScenes {
		for name, all := range runnerCalls {
			for _, do := range all {
				o, id := begin(t)
				seen.Call(name, do(o, id))
			}
		}
	}
	cancelWhileItLeaves(t, &seen)
	for name, do := range pureCalls {
		seen.Call(name, do())
	}
	require.Empty(t, calldoc.Compare(lists, &seen))
}

// cancelWhileItLeaves asks back a reminder whose e-mail is being taken.
func cancelWhileItLeaves(t *testing.T, seen *calldoc.Seen) {
	o, id := proposed(t, dunning.Contact{Email: true})
	o.approve(id)
	o.mailing = func(context.Context, email.Message) {
		seen.Call("Runner.Cancel", calldoc.Error(o.dunning.Cancel(o.Ctx, id)))
	}
	dispatched(o, id)
	require.Len(t, o.mails, 1)
}
