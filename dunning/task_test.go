package dunning_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
)

var (
	// phone is to be done by Ann on 13 April 2026 about what is due on the first.
	phone = courrier.Step{ID: "call", Kind: courrier.StepReminder, OffsetDays: 12, Task: dunning.TaskCall, Contact: true, Assignee: "ann"}
	// stop is another task of that day, and no contact.
	stop = courrier.Step{ID: "stop", Kind: courrier.StepReminder, OffsetDays: 12, Task: dunning.TaskStopDelivery, ExpiresAfterDays: 4}
)

// withTask has a policy with a task between its two reminders, of days 5 and 20, and a
// customer who is late.
func withTask(t testing.TB, task courrier.Step) *office {
	o := newOffice(t)
	o.TopUp(100)
	p := &o.plans.Policies[0]
	p.Steps = []courrier.Step{p.Steps[1], task, p.Steps[2]}
	p.Steps[2].OffsetDays = 20
	require.NoError(t, p.Validate())
	o.owe("c1", both, bill("i1", "2026-04-01"))
	return o
}

// tasked has that task in the queue.
func tasked(t testing.TB, task courrier.Step) (*office, dunning.Reminder) {
	o := withTask(t, task)
	o.days("2026-04-06", "2026-04-13")
	return o, o.only(dunning.ReminderFilter{Account: "acme", States: []dunning.ReminderState{dunning.ReminderProposed}})
}

// days does what a host does daily, from a day to another.
func (o *office) days(from, to string) {
	for d := courrier.MustDate(from); !d.After(courrier.MustDate(to)); d = d.AddDays(1) {
		o.day(d.String())
	}
}

func (o *office) done(id dunning.ReminderID, note string) dunning.Reminder {
	o.T.Helper()
	rem, err := o.dunning.Done(courrier.WithActor(o.Ctx, courrier.Actor{ID: "ann"}), id, note)
	require.NoError(o.T, err)
	return rem
}

// steps lists what was done about everybody: step, day and state.
func (o *office) steps() []string {
	var all []string
	for _, rem := range o.queue(dunning.ReminderFilter{Account: "acme"}) {
		all = append(all, strings.TrimSpace(rem.Decision.Step.ID+" "+string(rem.State)+" "+rem.SentOn.String()))
	}
	return all
}

func TestATaskWaitsForItsOwnerAndIsDone(t *testing.T) {
	t.Parallel()
	o, task := tasked(t, phone)
	require.Equal(t, courrier.ActorID("ann"), task.Assignee)
	require.Equal(t, courrier.MustDate("2026-04-13"), task.DueOn)
	require.Equal(t, courrier.ChannelTask, task.Channel)
	require.Equal(t, "120.00", task.Decision.Total.Decimal().StringFixed(2))
	require.Len(t, o.mails, 1, "the reminder before it, and nothing of the task")

	o.day("2026-04-15")
	done := o.done(task.ID, "pays on Friday")
	require.Equal(t, dunning.ReminderSent, done.State)
	require.Equal(t, courrier.MustDate("2026-04-15"), done.SentOn)
	last := done.Log[len(done.Log)-1]
	require.Equal(t, []string{"done", "ann", "pays on Friday"}, []string{last.Act, string(last.Actor), last.Note})
	require.Len(t, o.mails, 1)

	o.days("2026-04-16", "2026-04-22") // a call is a contact: the reminder of the 21st keeps seven days from it
	require.Equal(t, []string{"reminder-1 sent 2026-04-06", "call sent 2026-04-15", "reminder-2 sent 2026-04-22"}, o.steps())
}

// A task of no assignee is for the customer's owner, in the queue as by hand; one who is
// named does it instead.
func TestATaskFallsToTheCustomersOwner(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ assignee, owner, want courrier.ActorID }{
		{"ann", "bob", "ann"}, {"", "bob", "bob"}, {"ann", "", "ann"}, {"", "", ""},
	} {
		task := phone
		task.Assignee = tt.assignee
		o := withTask(t, task)
		o.change("c1", func(c *dunning.Case) { c.Customer.Owner = tt.owner })
		ask := dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Step: "call", Invoices: []dunning.InvoiceID{"i1"}}
		byHand, err := o.dunning.SendNow(o.Ctx, ask)
		require.NoError(t, err)
		require.Equal(t, tt.want, byHand.Assignee, "by hand: %+v", tt)

		o = withTask(t, task)
		o.change("c1", func(c *dunning.Case) { c.Customer.Owner = tt.owner })
		o.days("2026-04-06", "2026-04-13")
		waits := o.only(dunning.ReminderFilter{Account: "acme", States: []dunning.ReminderState{dunning.ReminderProposed}})
		require.Equal(t, tt.want, waits.Assignee, "on its day: %+v", tt)
	}
}

// What a person wrote about a call is gone with the customer.
func TestATasksNoteIsErased(t *testing.T) {
	t.Parallel()
	o, task := tasked(t, phone)
	done := o.done(task.ID, "her mother answered")
	erased, err := json.Marshal(done.Erased())
	require.NoError(t, err)
	require.NotContains(t, string(erased), "mother")
	require.Contains(t, string(erased), "call")
}

// A task that is no contact neither waits for the contact delay nor counts for it.
func TestATaskThatIsNoContact(t *testing.T) {
	t.Parallel()
	quiet := stop
	quiet.OffsetDays = 8 // three days after the reminder
	o := withTask(t, quiet)
	o.plans.Policies[0].Steps[2].OffsetDays = 13
	o.days("2026-04-06", "2026-04-09")
	task := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Equal(t, courrier.MustDate("2026-04-09"), task.DueOn)
	o.day("2026-04-10")
	o.done(task.ID, "")
	o.days("2026-04-11", "2026-04-14")
	require.Equal(t, []string{"reminder-1 sent 2026-04-06", "stop sent 2026-04-10", "reminder-2 sent 2026-04-14"}, o.steps())
}

// Nobody does it: it holds nothing back, and ends by the policy's word alone.
func TestATaskThatNobodyDoes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		task courrier.Step
		want string
	}{"waits": {phone, "call proposed"}, "expires": {stop, "stop skipped"}} {
		o, task := tasked(t, tt.task)
		o.day("2026-04-17")
		require.Equal(t, dunning.ReminderProposed, o.reminder(task.ID).State, "the last of its days")
		o.days("2026-04-18", "2026-05-30")
		require.Equal(t, []string{"reminder-1 sent 2026-04-06", tt.want, "reminder-2 sent 2026-04-21"}, o.steps(), name)
	}
}

// The last task of a policy is told as such: the policy is not done.
func TestTheLastTaskWaits(t *testing.T) {
	t.Parallel()
	o := withTask(t, phone)
	p := &o.plans.Policies[0]
	p.Steps = p.Steps[:2]
	require.True(t, p.Final(0), "the last that is sent, whatever task follows")
	require.False(t, p.Final(1))
	o.days("2026-04-06", "2026-04-20")
	require.Equal(t, dunning.CausePending, o.heldFor("2026-04-20"))
	o.done(o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}}).ID, "")
	require.Equal(t, dunning.CausePlanDone, o.heldFor("2026-04-21"))
}

func TestAPaidInvoiceTakesItsTaskAway(t *testing.T) {
	t.Parallel()
	pay := func(inv *dunning.Invoice) { inv.Paid = true }
	for name, happens := range map[string]func(o *office){
		"in a run":          func(o *office) { o.owes("c1", pay); o.day("2026-04-14") },
		"left out of a run": func(o *office) { delete(o.cases, "c1"); o.day("2026-04-14") },
		"paid and left out": func(o *office) {
			o.owes("c1", pay)
			_, err := o.dunning.RunDay(o.Ctx, courrier.MustDate("2026-04-14"), func(yield func(dunning.Case, error) bool) {
				yield(dunning.Case{Account: "acme", Customer: dunning.Customer{ID: "c2"}}, nil)
			})
			require.NoError(o.T, err)
		},
		"told at once": func(o *office) {
			o.owes("c1", pay)
			did, err := o.dunning.Reconsider(o.Ctx, "acme", "c1")
			require.NoError(o.T, err)
			require.Equal(o.T, 1, did.Withdrawn)
		},
	} {
		o, task := tasked(t, phone)
		if name == "left out of a run" { // somebody of the account comes
			o.owe("c2", both, bill("i2", "2026-06-01"))
		}
		happens(o)
		after := o.reminder(task.ID)
		require.Equal(t, dunning.ReminderPostponed, after.State, name)
		require.Equal(t, string(dunning.CausePaid), after.Reason, name)
	}
}

// Of two invoices one is paid: the task is about the other, with its sum.
func TestATaskNamesWhatIsStillOpen(t *testing.T) {
	t.Parallel()
	o := withTask(t, phone)
	o.owe("c1", both, bill("i1", "2026-04-01"), bill("i2", "2026-04-01"))
	o.days("2026-04-06", "2026-04-13")
	task := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}})
	require.Len(t, task.Decision.Lines, 2)
	o.change("c1", func(c *dunning.Case) { c.Invoices[0].Paid = true })
	seen := o.preview(task.ID)
	require.Equal(t, []dunning.InvoiceID{"i2"}, seen.Reminder.Invoices(), "before any run")
	o.day("2026-04-14")
	after := o.reminder(task.ID)
	require.Equal(t, []dunning.InvoiceID{"i2"}, after.Invoices())
	require.Equal(t, "120.00", after.Decision.Total.Decimal().StringFixed(2))
	require.Len(t, after.Keys, 1, "the other's key is free")
}

// A task comes to whoever has no address, and through a pause it goes and comes back.
func TestATaskNeedsNoAddress(t *testing.T) {
	t.Parallel()
	o := withTask(t, phone)
	p := &o.plans.Policies[0]
	p.Steps = p.Steps[1:]
	o.owe("c1", dunning.Contact{}, bill("i1", "2026-04-01"))
	o.days("2026-04-13", "2026-04-13")
	id := o.only(dunning.ReminderFilter{}).ID
	require.NoError(t, o.dunning.PauseCustomer(o.Ctx, "acme", "c1", courrier.MustDate("2026-04-16"), "holidays"))
	o.day("2026-04-14")
	require.Equal(t, dunning.ReminderPostponed, o.reminder(id).State)
	o.day("2026-04-16")
	require.Equal(t, dunning.ReminderProposed, o.reminder(id).State, "the same one")
	require.Len(t, o.steps(), 1)
}

// A formal notice rests on what was sent. A task is enough only where the policy names it.
func TestANoticeRestsOnATaskOnlyByName(t *testing.T) {
	t.Parallel()
	policy := courrier.ReminderPolicy{ID: "p", SendingDays: 127, ContactDelayDays: -1, Steps: []courrier.Step{
		{ID: "letter", Kind: courrier.StepReminder, OffsetDays: 1},
		{ID: "call", Kind: courrier.StepReminder, OffsetDays: 5, Task: "call"},
		{ID: "notice", Kind: courrier.StepFormalNotice, OffsetDays: 20},
	}}
	h := dunning.History{past("letter", dunning.PastSkipped, "2026-04-02", "i1"), past("call", dunning.PastSent, "2026-04-06", "i1")}
	h[0].ByPerson, h[1].Channel = true, courrier.ChannelTask
	c := oneLate("2026-04-01", "100")
	today := courrier.MustDate("2026-05-04")
	require.Equal(t, dunning.CauseRequires, compiled(t, policy, nil).Evaluate(c, h, today).Holds[0].Cause, "any earlier step")

	policy.Steps[2].Requires = []courrier.Requirement{{Step: "letter", Days: 8}}
	require.Equal(t, dunning.CauseRequires, compiled(t, policy, nil).Evaluate(c, h, today).Holds[0].Cause, "the letter that a person skipped")
	warned := func(w courrier.Warning) bool { return w.Code == courrier.WarnNoticeUnannounced && w.Step == "notice" }
	require.False(t, slices.ContainsFunc(policy.Warnings(), warned))

	policy.Steps[2].Requires[0].Step = "call"
	require.Equal(t, "notice", requireOne(t, compiled(t, policy, nil).Evaluate(c, h, today)).Step.ID)
	require.True(t, slices.ContainsFunc(policy.Warnings(), warned))

	h[1].State = dunning.PastPending
	require.Equal(t, dunning.CauseRequires, compiled(t, policy, nil).Evaluate(c, h, today).Holds[0].Cause, "not done yet")
}

// A step counts from the task before it; one that counts from a delivery asks for that of
// what was sent.
func TestAnchorsAfterATask(t *testing.T) {
	t.Parallel()
	policy := courrier.ReminderPolicy{ID: "p", SendingDays: 127, ContactDelayDays: -1, Steps: []courrier.Step{
		{ID: "letter", Kind: courrier.StepReminder, OffsetDays: 1, Service: courrier.ServiceRegistered},
		{ID: "call", Kind: courrier.StepReminder, OffsetDays: 5, Task: "call"},
		{ID: "last", Kind: courrier.StepReminder, OffsetDays: 4, Anchor: courrier.AnchorPrevious},
	}}
	h := dunning.History{past("letter", dunning.PastSent, "2026-04-02", "i1"), past("call", dunning.PastSent, "2026-04-20", "i1")}
	h[0].DeliveredOn, h[1].Channel = courrier.MustDate("2026-04-21"), courrier.ChannelTask
	from := courrier.MustDate("2026-04-20")
	due := func() string {
		day, ok := compiled(t, policy, nil).NextDue(oneLate("2026-04-01", "100"), h, from)
		require.True(t, ok)
		return day.String()
	}
	require.Equal(t, "2026-04-24", due())
	policy.Steps[2].Anchor = courrier.AnchorDelivery
	require.Equal(t, "2026-04-25", due())
	h = h[1:] // nothing was sent: it does not wait for ever
	require.Equal(t, "2026-04-21", due())
}

// No invoice is taken past a task, nor to one: each has its own.
func TestNobodyIsTakenAlongToATask(t *testing.T) {
	t.Parallel()
	policy := courrier.ReminderPolicy{ID: "p", SendingDays: 127, ContactDelayDays: -1, Steps: []courrier.Step{
		{ID: "one", Kind: courrier.StepReminder, OffsetDays: 5},
		{ID: "call", Kind: courrier.StepReminder, OffsetDays: 10, Task: "call"},
		{ID: "two", Kind: courrier.StepReminder, OffsetDays: 15},
	}}
	c := oneLate("2026-04-01", "100")
	old, young := bill("old", "2026-04-01"), bill("young", "2026-04-06")
	c.Invoices = []dunning.Invoice{old, young}
	h := dunning.History{past("one", dunning.PastSent, "2026-04-06", "old")}
	stepsOn := func(day string) map[dunning.InvoiceID]int {
		return named(policy, compiled(t, policy, nil).Evaluate(c, h, courrier.MustDate(day)))
	}
	require.Equal(t, map[dunning.InvoiceID]int{"old": 1, "young": 0}, stepsOn("2026-04-11"))
	task := past("call", dunning.PastSent, "2026-04-11", "old")
	task.Channel = courrier.ChannelTask
	h = append(h, task)
	require.Equal(t, map[dunning.InvoiceID]int{"old": 2, "young": 0}, stepsOn("2026-04-16"), "not past a task")
	h = append(h, past("one", dunning.PastSent, "2026-04-11", "young"))
	require.Equal(t, map[dunning.InvoiceID]int{"old": 2, "young": 1}, stepsOn("2026-04-16"), "nor away from one")
}

// A task that waits has no turn, and one that is no contact waits for nobody's.
func TestATaskHasNoTurn(t *testing.T) {
	t.Parallel()
	policy := courrier.ReminderPolicy{ID: "p", SendingDays: 127, ContactDelayDays: 7, Grouping: courrier.GroupByInvoice, Steps: []courrier.Step{
		{ID: "one", Kind: courrier.StepReminder, OffsetDays: 5}, stop, {ID: "two", Kind: courrier.StepReminder, OffsetDays: 30},
	}}
	c := oneLate("2026-04-01", "100")
	old, young := bill("old", "2026-03-01"), bill("young", "2026-04-15")
	c.Invoices = []dunning.Invoice{old, young}
	waits := past("stop", dunning.PastPending, "2026-04-16", "old")
	waits.Channel = courrier.ChannelTask
	h := dunning.History{past("one", dunning.PastSent, "2026-03-06", "old"), past("two", dunning.PastSkipped, "2026-04-16", "old"), waits}
	require.Equal(t, map[dunning.InvoiceID]int{"young": 0}, named(policy, compiled(t, policy, nil).Evaluate(c, h, courrier.MustDate("2026-04-20"))))

	h = dunning.History{past("one", dunning.PastSent, "2026-03-06", "old"), past("two", dunning.PastPending, "2026-04-26", "old"), past("one", dunning.PastSent, "2026-04-20", "young")}
	require.Equal(t, map[dunning.InvoiceID]int{"young": 1}, named(policy, compiled(t, policy, nil).Evaluate(c, h, courrier.MustDate("2026-04-27"))))
}

// After days without a run a task is dropped by its own days alone: no contact delay kept
// it from coming up.
func TestAMissedTaskExpires(t *testing.T) {
	t.Parallel()
	policy := courrier.ReminderPolicy{ID: "p", SendingDays: 127, ContactDelayDays: 20, Steps: []courrier.Step{
		{ID: "one", Kind: courrier.StepReminder, OffsetDays: 5}, stop, {ID: "two", Kind: courrier.StepReminder, OffsetDays: 60},
	}}
	h := dunning.History{past("one", dunning.PastSent, "2026-04-06", "i1")}
	steps := func(day string) map[dunning.InvoiceID]int {
		return named(policy, compiled(t, policy, nil).Evaluate(oneLate("2026-04-01", "100"), h, courrier.MustDate(day)))
	}
	require.Equal(t, map[dunning.InvoiceID]int{"i1": 1}, steps("2026-04-17"))
	require.Empty(t, steps("2026-04-18"))
}

// A courtesy that a person does ends as one that is sent: when its invoice is late.
func TestACourtesyTaskEndsWhenItIsLate(t *testing.T) {
	t.Parallel()
	early := courrier.Step{ID: "before", Kind: courrier.StepCourtesy, OffsetDays: -2, Task: dunning.TaskCall}
	o := withTask(t, phone)
	p := &o.plans.Policies[0]
	p.Steps = append([]courrier.Step{early}, p.Steps...)
	o.days("2026-03-30", "2026-04-01")
	id := o.only(dunning.ReminderFilter{}).ID
	require.Equal(t, dunning.ReminderProposed, o.reminder(id).State)
	o.day("2026-04-02")
	require.Equal(t, dunning.ReminderSkipped, o.reminder(id).State)
}

// Outside any policy too a notice rests on what was sent.
func TestANoticeByHandRestsOnNoTask(t *testing.T) {
	t.Parallel()
	o := withTask(t, phone)
	p := &o.plans.Policies[0]
	p.Steps = p.Steps[1:]
	o.day("2026-04-13")
	o.done(o.only(dunning.ReminderFilter{}).ID, "")
	o.noon("2026-04-24")
	_, err := o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c1", Key: "n", Kind: courrier.StepFormalNotice, Invoices: []dunning.InvoiceID{"i1"}})
	var refused *courrier.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, dunning.CodeRequires, refused.Code)
}

// Snoozed, it stays claimed and comes up on the day that a person chose, from which on its
// days count.
func TestATaskIsPutOff(t *testing.T) {
	t.Parallel()
	o, task := tasked(t, stop)
	_, err := o.dunning.Snooze(o.Ctx, task.ID, courrier.MustDate("2026-04-16"))
	require.NoError(t, err)
	today := dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}, DueTo: courrier.MustDate("2026-04-15")}
	o.days("2026-04-14", "2026-04-15")
	require.Empty(t, o.queue(today))
	o.days("2026-04-16", "2026-04-20")
	require.Equal(t, dunning.ReminderProposed, o.reminder(task.ID).State)
	o.day("2026-04-21")
	require.Equal(t, dunning.ReminderSkipped, o.reminder(task.ID).State)

	o, task = tasked(t, phone)
	_, err = o.dunning.Snooze(o.Ctx, task.ID, courrier.MustDate("2026-05-11"))
	require.NoError(t, err)
	o.days("2026-04-14", "2026-04-21")
	require.Contains(t, o.steps(), "reminder-2 sent 2026-04-21", "put off, it holds nothing back")
}

func TestATaskIsNeverSent(t *testing.T) {
	t.Parallel()
	o, task := tasked(t, phone)
	boss := courrier.WithActor(o.Ctx, courrier.Actor{ID: "boss"})
	for _, token := range []string{"", "any", o.preview(task.ID).Token} {
		_, err := o.dunning.Approve(boss, task.ID, token)
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
	approved, errs := o.dunning.ApproveAll(boss, dunning.ReminderFilter{Account: "acme"}, 1)
	require.Zero(t, approved)
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], courrier.ErrInvalid)

	words, ann := "Good day.", courrier.ActorID("bob")
	_, err := o.dunning.Revise(boss, task.ID, dunning.Edit{Body: &words})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	handed, err := o.dunning.Revise(boss, task.ID, dunning.Edit{Assignee: &ann})
	require.NoError(t, err)
	require.Equal(t, ann, handed.Assignee)

	same, err := o.dunning.DispatchOne(o.Ctx, task.ID)
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderProposed, same.State)
	require.Len(t, o.mails, 1)
}

func TestDoneRefuses(t *testing.T) {
	t.Parallel()
	o, task := tasked(t, phone)
	_, err := o.dunning.Done(o.Ctx, task.ID, strings.Repeat("x", 501))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = o.dunning.Done(o.Ctx, "none", "")
	require.ErrorIs(t, err, courrier.ErrNotFound)
	o.done(task.ID, "")
	_, err = o.dunning.Done(o.Ctx, task.ID, "")
	require.ErrorIs(t, err, courrier.ErrConflict, "once")

	letters, id := proposed(t, both)
	_, err = letters.dunning.Done(letters.Ctx, id, "")
	require.ErrorIs(t, err, courrier.ErrInvalid, "a letter is approved")
}

// By hand a person puts a task into the queue, once; an open one keeps no letter back.
func TestATaskByHand(t *testing.T) {
	t.Parallel()
	o := withTask(t, phone)
	o.day("2026-04-06")
	ask := dunning.ByHand{Account: "acme", Customer: "c1", Step: "call", Invoices: []dunning.InvoiceID{"i1"}}
	bad := ask
	bad.Text = dunning.Text{Subject: "a", Body: "b"}
	_, err := o.dunning.SendNow(o.Ctx, bad)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	task, err := o.dunning.SendNow(o.Ctx, ask)
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderProposed, task.State)
	require.Equal(t, courrier.ActorID("ann"), task.Assignee)
	_, err = o.dunning.SendNow(o.Ctx, ask)
	require.ErrorIs(t, err, courrier.ErrConflict, "one open action for an invoice and step")
	letter := ask
	letter.Step = "reminder-2"
	_, err = o.dunning.SendNow(o.Ctx, letter)
	require.NoError(t, err)
	o.days("2026-04-07", "2026-04-13")
	require.Contains(t, o.steps(), "reminder-2 sent 2026-04-07")
	require.Equal(t, dunning.ReminderProposed, o.reminder(task.ID).State)
	o.done(task.ID, "no answer")
}

// Every surface tells a task for what it is: nothing that was sent, and nothing that costs.
func TestSurfacesTellATask(t *testing.T) {
	t.Parallel()
	o, task := tasked(t, phone)
	why, err := o.dunning.Why(o.Ctx, "acme", "c1", courrier.MustDate("2026-04-12"))
	require.NoError(t, err)
	require.Equal(t, dunning.CauseScheduled, why[0].Holds[0].Cause)

	file, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Len(t, file.Steps, 1)
	require.Equal(t, dunning.TaskCall, file.Unsent[0].Task, "not done yet")
	o.Clock = courrier.MustDate("2026-04-14").In(time.UTC).Add(9 * time.Hour)
	o.done(task.ID, "promised")
	file, err = o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	require.Empty(t, file.Unsent)
	require.Equal(t, courrier.MustDate("2026-04-14"), file.Steps[1].SentOn)
	require.Empty(t, file.Steps[1].Parts)
	require.Empty(t, file.Steps[1].Text)

	o.days("2026-04-15", "2026-04-21")
	last := o.queue(dunning.ReminderFilter{Account: "acme"})[2]
	require.Equal(t, []latepayment.PastLetter{{Kind: courrier.StepReminder, On: courrier.MustDate("2026-04-06")}}, last.Decision.Reminded, "a call is no letter")
}

func TestForecastCountsTasksApart(t *testing.T) {
	t.Parallel()
	o := withTask(t, phone)
	f, err := dunning.NewForecast(dunning.ForecastConfig{
		Policy: o.plans.Policies[0], From: courrier.MustDate("2026-04-01"), To: courrier.MustDate("2026-06-30"),
		Credits: func(dunning.Decision) (courrier.Amount, error) { return courrier.MustAmount("1", "stamp"), nil },
	}, func(yield func(dunning.Case, dunning.History) bool) { yield(o.cases["c1"], nil) })
	require.NoError(t, err)
	require.Equal(t, dunning.ForecastTotals{Emails: 1, Letters: 1, Tasks: 1, Credits: []courrier.Amount{courrier.MustAmount("1", "stamp")}}, f.Totals)
	out := compiled(t, o.plans.Policies[0], nil).Evaluate(o.cases["c1"], dunning.History{past("reminder-1", dunning.PastSent, "2026-04-06", "i1")}, courrier.MustDate("2026-04-13"))
	for lang, want := range map[courrier.Language]string{courrier.English: "has the task call on", courrier.French: "fait l'objet de la tâche call"} {
		said, ok := out.Explain("i1", lang)
		require.True(t, ok)
		require.Contains(t, said, want)
	}
}
