package modellife

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
)

// scene is who does something, and about whom.
type scene struct {
	boss    context.Context
	runner  *dunning.Runner
	who     courrier.CustomerID
	invoice dunning.InvoiceID // empty: the customer has none
	later   courrier.Date
}

// event is something that happens on some days.
type event struct {
	name string
	// often is how many times it happens for each time of one that has 1.
	often int
	does  func(l *life, s scene)
}

var allEvents = []event{
	{"invoice", 2, func(l *life, s scene) { l.bill(s.who) }},
	{"payment, or a payment returned", 3, (*life).payment},
	{"part payment", 1, (*life).partPayment},
	{"pause", 2, func(l *life, s scene) { l.must(s.runner.PauseCustomer(l.Ctx, l.account, s.who, s.later, "")) }},
	{"pause ended", 2, func(l *life, s scene) { l.must(s.runner.ResumeCustomer(l.Ctx, l.account, s.who)) }},
	{"promise", 2, func(l *life, s scene) { l.about(s, s.runner.Promise(l.Ctx, l.account, s.who, s.invoice, s.later)) }},
	{"promise taken back", 1, func(l *life, s scene) {
		l.about(s, s.runner.Promise(l.Ctx, l.account, s.who, s.invoice, courrier.Date{}))
	}},
	{"dispute", 2, func(l *life, s scene) {
		l.about(s, s.runner.Dispute(l.Ctx, l.account, s.who, s.invoice, l.random.IntN(2) == 0))
	}},
	{"exclusion", 1, func(l *life, s scene) {
		l.about(s, s.runner.Exclude(l.Ctx, l.account, s.who, s.invoice, l.random.IntN(3) == 0))
	}},
	{"by hand", 2, (*life).byHand},
	{"two at once by hand", 2, (*life).twoByHand},
	{"mass send", 1, (*life).massSend},
	{"campaign at a step", 2, (*life).stepCampaign},
	{"campaign of words", 1, (*life).wordCampaign},
	{"moody review", 2, func(l *life, s scene) { l.review(s.boss, s.runner, true) }},
	{"mail server refuses us, or mended", 2, func(l *life, _ scene) { l.denies = !l.denies }},
	{"bad address", 1, func(l *life, s scene) { l.bad[l.mailOf(s.who)] = true }},
	{"new address", 1, func(l *life, s scene) { l.newAddress(s.who) }},
	{"bounce", 2, (*life).bounce},
	{"news of a letter", 3, (*life).letterNews},
	{"policy edit", 3, (*life).editPolicy},
	{"another policy", 1, (*life).changePolicy},
	{"merge", 2, (*life).merge},
}

// drawEvent draws one by how often it happens.
func (l *life) drawEvent() event {
	total := 0
	for _, e := range allEvents {
		total += e.often
	}
	n := l.random.IntN(total)
	for _, e := range allEvents {
		if n -= e.often; n < 0 {
			return e
		}
	}
	panic("modellife: the events were counted")
}

// EventNames lists what may happen on a day, as a Tally names it.
func EventNames() []string {
	names := make([]string, len(allEvents))
	for i, e := range allEvents {
		names[i] = e.name
	}
	return names
}

// events are what happens on a day: a few of them, at random.
func (l *life) events() {
	boss := courrier.WithActor(l.Ctx, courrier.Actor{ID: "boss"})
	for range l.random.IntN(4) {
		s := scene{boss: boss, runner: l.runners[l.random.IntN(2)], later: l.today.AddDays(1 + l.random.IntN(12))}
		s.who, s.invoice = l.anybody()
		e := l.drawEvent()
		l.tally[e.name]++
		e.does(l, s)
	}
	l.review(boss, l.runners[0], false)
}

// must is for what nothing may refuse.
func (l *life) must(err error) { require.NoError(l.T, err, "seed %d, %s", l.seed, l.today) }

// about is must, for what needs an invoice.
func (l *life) about(s scene, err error) {
	if s.invoice != "" {
		l.must(err)
	}
}

func (l *life) newCustomer(id courrier.CustomerID) {
	l.meet(id, []dunning.Contact{both, both, postOnly, {Email: true}}[l.random.IntN(4)])
	l.persons[id] = 1
	for range 1 + l.random.IntN(3) {
		l.bill(id)
	}
}

func (l *life) bill(id courrier.CustomerID) {
	l.serial++
	due := l.today.AddDays(l.random.IntN(20) - 5)
	if l.today == firstDay {
		due = firstDay.AddDays(l.random.IntN(30) - 16)
	}
	l.change(id, func(c *dunning.Case) {
		c.Invoices = append(c.Invoices, bill(fmt.Sprint("i", l.serial), due.String()))
	})
}

func (l *life) anybody() (courrier.CustomerID, dunning.InvoiceID) {
	id := courrier.CustomerID(fmt.Sprint("c", l.random.IntN(modelPeople)))
	if invoices := l.cases[id].Invoices; len(invoices) > 0 {
		return id, invoices[l.random.IntN(len(invoices))].ID
	}
	return id, ""
}

func (l *life) newAddress(who courrier.CustomerID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addresses[who]++
}

// pays adds a payment to an invoice, of what the sum makes of what is open.
func (l *life) pays(s scene, sum func(open courrier.Amount) courrier.Amount) {
	l.change(s.who, func(c *dunning.Case) {
		for i := range c.Invoices {
			inv := &c.Invoices[i]
			if inv.ID != s.invoice {
				continue
			}
			if paid := sum(inv.Open()); paid.Sign() != 0 {
				inv.Payments = append(slices.Clone(inv.Payments), dunning.Payment{On: l.today, Amount: paid})
			}
		}
	})
}

// payment pays an invoice, or takes the payment of a paid one back.
func (l *life) payment(s scene) {
	l.pays(s, func(open courrier.Amount) courrier.Amount {
		if open.Sign() > 0 {
			return open
		}
		return courrier.MustAmount("-120.00", "EUR")
	})
}

// partPayment leaves more or less than the least that is reminded.
func (l *life) partPayment(s scene) {
	paid := courrier.MustAmount([]string{"50.00", "115.00"}[l.random.IntN(2)], "EUR")
	l.pays(s, func(open courrier.Amount) courrier.Amount {
		if left, err := open.Sub(paid); err != nil || left.Sign() <= 0 {
			return open
		}
		return paid
	})
}

func (l *life) step() string {
	return []string{"courtesy", "reminder-1", "reminder-2", "reminder-2", "formal-notice"}[l.random.IntN(5)]
}

func (l *life) handOf(s scene) dunning.ByHand {
	a := dunning.ByHand{Account: l.account, Customer: s.who, Invoices: []dunning.InvoiceID{s.invoice}, Step: l.step()}
	if l.random.IntN(4) == 0 {
		a.Override = "because"
	}
	if l.random.IntN(6) == 0 {
		a.Again = "a copy is asked for"
	}
	return a
}

func (l *life) byHand(s scene) {
	if s.invoice != "" {
		_, err := s.runner.SendNow(s.boss, l.handOf(s)) // refused or not: what leaves is looked at
		l.countRefusal(err)
	}
}

// twoByHand: two people do the same thing at the same time. One is refused, or both
// have made one reminder.
func (l *life) twoByHand(s scene) {
	if s.invoice == "" {
		return
	}
	a := l.handOf(s)
	a.Again = "" // who says why may send it once more than the other
	var mu sync.Mutex
	made := map[dunning.ReminderID]bool{}
	l.atOnce(func(_ int, r *dunning.Runner) {
		rem, err := r.SendNow(s.boss, a)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			made[rem.ID] = true
		}
		l.countRefusal(err)
	})
	require.LessOrEqual(l.T, len(made), 1, "seed %d, %s: two reminders of %s for %s", l.seed, l.today, a.Step, s.invoice)
}

func (l *life) countRefusal(err error) {
	var e *courrier.Error
	if errors.As(err, &e) {
		l.tally["refused by hand: "+e.Code]++
	}
}

// massSend sends a step about all that is listed as late.
func (l *life) massSend(s scene) {
	step := l.step()
	for c, err := range s.runner.Late(l.Ctx, dunning.LateFilter{}, l.today, l.stream()) {
		l.must(err)
		a := dunning.ByHand{Account: l.account, Customer: c.Customer.ID, Step: step}
		for _, inv := range c.Invoices {
			a.Invoices = append(a.Invoices, inv.ID)
		}
		_, err = s.runner.SendNow(s.boss, a)
		l.countRefusal(err)
	}
}

func (l *life) stepCampaign(s scene) {
	cam := dunning.Campaign{Account: l.account, Key: l.today.String() + l.step(), Step: "reminder-1"}
	l.atOnce(func(_ int, r *dunning.Runner) {
		_, err := r.Campaign(s.boss, cam, l.stream())
		l.must(err)
	})
}

// wordCampaign is one message of a month, begun again and again.
func (l *life) wordCampaign(s scene) {
	cam := dunning.Campaign{
		Account: l.account, Key: "news of " + l.today.String()[:7], Text: dunning.Text{Subject: "Bonjour {customer}", Body: "Nos bureaux ferment."},
	}
	_, err := s.runner.Campaign(s.boss, cam, l.stream())
	l.must(err)
}

// review answers for what waits: most of it, with a snooze or a skip here and there.
func (l *life) review(ctx context.Context, r *dunning.Runner, moody bool) {
	for rem, err := range r.Queue(ctx, dunning.ReminderFilter{Account: l.account, States: []dunning.ReminderState{dunning.ReminderProposed}}) {
		l.must(err)
		switch n := l.random.IntN(10); {
		case moody && n < 3:
			_, err = r.Snooze(ctx, rem.ID, l.today.AddDays(1+l.random.IntN(9)))
		case moody && n < 5:
			err = l.skip(ctx, r, rem)
		default:
			var view dunning.Preview
			if view, err = r.Preview(ctx, rem.ID); err == nil {
				_, err = r.Approve(ctx, rem.ID, view.Token)
			}
		}
		if err != nil { // the facts hold it back
			require.ErrorIs(l.T, err, courrier.ErrConflict, "seed %d, %s", l.seed, l.today)
		}
	}
}

func (l *life) skip(ctx context.Context, r *dunning.Runner, rem dunning.Reminder) error {
	_, err := r.Skip(ctx, rem.ID, "no")
	if err == nil && !rem.Resend {
		for _, line := range rem.Decision.Lines {
			l.skipped[action{line.Invoice, rem.Decision.Step.ID}] = true
		}
	}
	return err
}

// lastOf returns the last departure of a kind; nil: none.
func (l *life) lastOf(is func(d *departure) bool) *departure {
	for _, d := range slices.Backward(l.left) {
		if is(d) {
			return d
		}
	}
	return nil
}

// bounce brings the last e-mail back, or tells that it is late.
func (l *life) bounce(s scene) {
	d := l.lastOf(func(d *departure) bool { return d.letter == "" && d.void.IsZero() })
	if d == nil {
		return
	}
	outcomes := []email.BounceOutcome{email.BounceFailed, email.BounceAddress, email.BounceDelayed}
	after, err := s.runner.Bounced(l.Ctx, d.id, outcomes[l.random.IntN(3)])
	l.must(err)
	if after.State != dunning.ReminderSent {
		d.void = l.today
		l.untold[d.id] = "it came back"
	}
}

// letterNews tells what became of the last letter of which nothing was heard: it
// arrived, came back and is sent again, or its carrier failed.
func (l *life) letterNews(s scene) {
	d := l.lastOf(func(d *departure) bool { return d.letter != "" && !d.told })
	if d == nil {
		return
	}
	d.told = true
	news := [][]courrier.Status{
		{courrier.StatusPosted, courrier.StatusDelivered}, {courrier.StatusPosted, courrier.StatusReturned}, {courrier.StatusFailed},
	}[l.random.IntN(3)]
	for _, status := range news {
		l.Carrier.Happen(l.Carrier.ByID[d.letter], status, "")
		_, err := l.clients[0].RefreshOne(l.Ctx, d.letter)
		l.must(err)
	}
	switch news[len(news)-1] {
	case courrier.StatusReturned:
		if _, err := s.runner.Resend(s.boss, d.id, "another address"); err == nil {
			l.tally["letters to be sent again"]++
		}
	case courrier.StatusFailed:
		d.void = l.today
	}
}

// policyEdits are what people do to the standard policy.
var policyEdits = []func(l *life, p *courrier.ReminderPolicy){
	func(l *life, p *courrier.ReminderPolicy) {
		p.Grouping = []courrier.Grouping{"", courrier.GroupByInvoice, courrier.GroupByCustomerAndStep}[l.random.IntN(3)]
	},
	func(l *life, p *courrier.ReminderPolicy) {
		p.CatchUp = []courrier.CatchUp{"", courrier.CatchUpHighest, courrier.CatchUpSkip}[l.random.IntN(3)]
	},
	func(_ *life, p *courrier.ReminderPolicy) { // renamed, and back
		if i := p.StepIndex("reminder-1"); i >= 0 {
			p.Steps[i].ID = "first"
		} else if i := p.StepIndex("first"); i >= 0 {
			p.Steps[i].ID = "reminder-1"
		}
	},
	func(_ *life, p *courrier.ReminderPolicy) { // removed, and put back
		if i := p.StepIndex("courtesy"); i >= 0 {
			p.Steps = slices.Delete(p.Steps, i, i+1)
		} else {
			p.Steps = append([]courrier.Step{dunning.StandardPolicy().Steps[0]}, p.Steps...)
		}
	},
	func(l *life, p *courrier.ReminderPolicy) {
		p.Steps[p.StepIndex("reminder-2")].OffsetDays = 14 + l.random.IntN(6)
	},
	func(l *life, p *courrier.ReminderPolicy) {
		p.Steps[p.StepIndex("reminder-2")].Mode = []courrier.StepMode{courrier.ModeDefault, courrier.ModeManual}[l.random.IntN(2)]
	},
}

func (l *life) editPolicy(scene) {
	l.plans.Policies = slices.Clone(l.plans.Policies)
	p := &l.plans.Policies[0]
	p.Steps = slices.Clone(p.Steps)
	policyEdits[l.random.IntN(len(policyEdits))](l, p)
	p.Version++
	clear(l.idle)
}

// changePolicy gives a customer another of the account's policies.
func (l *life) changePolicy(s scene) {
	l.change(s.who, func(c *dunning.Case) { c.Customer.Policy = []string{"", "firm", "gentle"}[l.random.IntN(3)] })
	clear(l.idle)
}

// merge moves a customer's invoices to another, as a host does that merges them.
func (l *life) merge(s scene) {
	from := s.who
	to, _ := l.anybody()
	if from == to {
		return
	}
	var moved []dunning.Invoice
	l.change(from, func(c *dunning.Case) { moved, c.Invoices = c.Invoices, nil })
	l.change(to, func(c *dunning.Case) { c.Invoices = append(c.Invoices, moved...) })
	if l.random.IntN(2) == 0 {
		_, err := s.runner.RenameCustomer(l.Ctx, l.account, from, to)
		l.must(err)
		l.persons[to] += l.persons[from]
		l.persons[from]++
		for _, d := range l.left {
			if d.rem.Customer == from {
				d.rem.Customer = to
			}
		}
	}
	clear(l.idle)
}
