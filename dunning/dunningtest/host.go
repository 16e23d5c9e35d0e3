// Package dunningtest is a host in memory, for tests of a host's own reminder
// policies: invoices, a calendar, a mail server and a post office that do as they are
// told. The reminders are decided and sent by the real engine.
//
//	func TestOurPolicy(t *testing.T) {
//		host := dunningtest.NewHost(t, ourPolicy())
//		host.Owes("C-1", "F-1", "1200.00", "2026-03-02")
//		host.Days(40)
//		host.WantSent(
//			"2026-03-10 email reminder-1 F-1",
//			"2026-03-24 email reminder-2 F-1",
//			"2026-04-07 post formal-notice F-1",
//		)
//	}
package dunningtest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
)

// Account is the one account of a Host.
const Account courrier.AccountID = "acme"

// Host is a host in memory with one account. Its methods fail the test on any error.
// It is for one goroutine; what the engine asks of it is safe for any number.
type Host struct {
	Client *courrier.Client
	Runner *dunning.Runner
	// Settings are the account's, read at each use: a test may change them.
	Settings dunning.Settings
	// Review decides what a person does about each reminder that waits for one: true
	// approves it, or does its task. Nil does so with all of them on the day they are
	// proposed.
	Review func(r dunning.Reminder) (approve bool)

	t         testing.TB
	office    *mock.Office
	store     *memstore.Store
	mu        sync.Mutex
	customers map[courrier.CustomerID]*dunning.Case
	mails     []email.Message
	mailErr   error
}

// Start is when a Host begins: Monday 2 March 2026, at seven in Paris.
var Start = time.Date(2026, time.March, 2, 6, 0, 0, 0, time.UTC)

// NewHost returns a host whose account has these policies, the first of them by
// default; without any the standard one.
func NewHost(t testing.TB, policies ...courrier.ReminderPolicy) *Host {
	t.Helper()
	if len(policies) == 0 {
		policies = []courrier.ReminderPolicy{dunning.StandardPolicy()}
	}
	h := &Host{t: t, office: mock.New(mock.Config{Start: Start}), store: memstore.New(), customers: map[courrier.CustomerID]*dunning.Case{}}
	h.Settings = dunning.Settings{
		Policies: policies, Assignment: dunning.PolicyAssignment{Default: policies[0].ID}, Language: courrier.English,
		Sender:   courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		MailFrom: email.Box{Name: "Acme", Address: "billing@acme.example"},
	}
	var err error
	h.Client, err = courrier.New(courrier.Config{Store: h.store, Providers: []courrier.Provider{h.office}, Now: h.office.Now})
	h.check(err)
	h.Runner, err = dunning.New(dunning.Config{
		Client: h.Client, Store: h.store, Debtors: debtors{h}, Composer: debtors{h}, Mailer: debtors{h}, LatePayment: latepayment.France(),
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return h.Settings, nil },
	})
	h.check(err)
	return h
}

func (h *Host) check(err error) {
	if err != nil {
		h.t.Helper()
		h.t.Fatalf("dunningtest: %v", err)
	}
}

// Today is the day on the host's calendar, in Paris.
func (h *Host) Today() courrier.Date { return courrier.PostalDay(h.office.Now()) }

// Customer changes what is known of a customer, who is a business that can be
// reached by e-mail and by post when nothing else is said.
func (h *Host) Customer(id courrier.CustomerID, change func(c *dunning.Customer)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.customer(id).Customer)
}

// customer returns a customer's case, a new one the first time.
func (h *Host) customer(id courrier.CustomerID) *dunning.Case {
	c := h.customers[id]
	if c == nil {
		c = &dunning.Case{Account: Account, Customer: dunning.Customer{
			ID: id, Class: latepayment.DebtorBusiness, Country: "FR", Contact: dunning.Contact{Email: true, Post: true},
		}}
		h.customers[id] = c
	}
	return c
}

// Owes gives a customer an invoice in euros, due on a day such as "2026-03-02" and
// issued thirty days before.
func (h *Host) Owes(customer courrier.CustomerID, invoice dunning.InvoiceID, euros, due string) {
	h.t.Helper()
	on := h.day(due)
	h.Invoice(customer, dunning.Invoice{ID: invoice, Number: string(invoice), IssuedOn: on.AddDays(-30), Parts: dunning.Due(on, h.euros(euros))})
}

// Invoice gives a customer an invoice with every fact a test wants.
func (h *Host) Invoice(customer courrier.CustomerID, inv dunning.Invoice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.customer(customer)
	c.Invoices = append(c.Invoices, inv)
}

// Change changes an invoice. It fails the test when there is none.
func (h *Host) Change(invoice dunning.InvoiceID, change func(inv *dunning.Invoice)) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.customers {
		for i := range c.Invoices {
			if c.Invoices[i].ID == invoice {
				c.Invoices = slices.Clone(c.Invoices)
				change(&c.Invoices[i])
				return
			}
		}
	}
	h.t.Fatalf("dunningtest: there is no invoice %s", invoice)
}

// Pays books a payment in euros, today.
func (h *Host) Pays(invoice dunning.InvoiceID, euros string) {
	h.t.Helper()
	payment := dunning.Payment{On: h.Today(), Amount: h.euros(euros)}
	h.Change(invoice, func(inv *dunning.Invoice) { inv.Payments = append(slices.Clip(inv.Payments), payment) })
}

// MailFails lets the mail server answer every e-mail with an error; nil mends it.
func (h *Host) MailFails(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mailErr = err
}

func (h *Host) day(s string) courrier.Date {
	h.t.Helper()
	d, err := courrier.ParseDate(s)
	h.check(err)
	return d
}

func (h *Host) euros(s string) courrier.Amount {
	h.t.Helper()
	a, err := courrier.NewAmount(s, "EUR")
	h.check(err)
	return a
}

// Days lets days pass: on each the engine decides, people review, and what is due is
// sent and followed.
func (h *Host) Days(n int) {
	h.t.Helper()
	for range n {
		h.oneDay()
	}
}

func (h *Host) oneDay() {
	h.t.Helper()
	ctx := h.t.Context()
	report, err := h.Runner.RunDay(ctx, h.Today(), h.Cases())
	h.check(err)
	for _, err := range report.Errors {
		h.t.Fatalf("dunningtest: %s: %v", h.Today(), err)
	}
	h.review(ctx)
	for range 3 { // the morning, the afternoon, the evening
		h.office.Advance(4 * time.Hour)
		h.work(ctx)
	}
	h.office.Advance(12 * time.Hour)
}

// review lets people decide about what waits for them.
func (h *Host) review(ctx context.Context) {
	h.t.Helper()
	for _, r := range h.Waiting() {
		if h.Review != nil && !h.Review(r) {
			continue
		}
		h.check(h.approve(ctx, r))
	}
}

// approve lets a reminder leave as it is shown, or does its task.
func (h *Host) approve(ctx context.Context, r dunning.Reminder) error {
	if r.Channel == courrier.ChannelTask {
		_, err := h.Runner.Done(ctx, r.ID, "")
		return err
	}
	shown, err := h.Runner.Preview(ctx, r.ID)
	if err == nil {
		_, err = h.Runner.Approve(ctx, r.ID, shown.Token)
	}
	return err
}

// work does what a host does every minute.
func (h *Host) work(ctx context.Context) {
	h.t.Helper()
	_, err := h.Runner.Dispatch(ctx)
	h.check(err)
	_, err = h.Client.Dispatch(ctx, courrier.DispatchOptions{})
	h.check(err)
	_, err = h.Client.Refresh(ctx, courrier.RefreshOptions{})
	h.check(err)
	_, err = h.Runner.Dispatch(ctx) // confirms what a carrier took
	h.check(err)
}

// Cases streams the customers with their invoices, by id.
func (h *Host) Cases() iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) {
		h.mu.Lock()
		all := make([]dunning.Case, 0, len(h.customers))
		for _, c := range h.customers {
			all = append(all, clone(*c))
		}
		h.mu.Unlock()
		slices.SortFunc(all, func(a, b dunning.Case) int { return strings.Compare(string(a.Customer.ID), string(b.Customer.ID)) })
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func clone(c dunning.Case) dunning.Case {
	c.Invoices = slices.Clone(c.Invoices)
	return c
}

// Waiting lists the reminders that wait for a person, by day.
func (h *Host) Waiting() []dunning.Reminder {
	h.t.Helper()
	return h.reminders(dunning.ReminderProposed)
}

func (h *Host) reminders(state dunning.ReminderState) []dunning.Reminder {
	h.t.Helper()
	var all []dunning.Reminder
	for r, err := range h.store.Reminders(h.t.Context(), dunning.ReminderFilter{Account: Account, States: []dunning.ReminderState{state}}) {
		h.check(err)
		all = append(all, r)
	}
	return all
}

// Sent lists what left and which tasks were done, a line each: the day, "email", "post"
// or "task", the step ("by-hand" outside any policy) and the invoices, such as
// "2026-03-10 email reminder-1 F-1+F-2".
func (h *Host) Sent() []string {
	h.t.Helper()
	var lines []string
	for _, r := range h.reminders(dunning.ReminderSent) {
		step := r.Decision.Step.ID
		if step == "" {
			step = "by-hand"
		}
		var invoices []string
		for _, l := range r.Decision.Lines {
			invoices = append(invoices, string(l.Invoice))
		}
		slices.Sort(invoices)
		lines = append(lines, fmt.Sprintf("%s %s %s %s", r.SentOn, r.Channel, step, strings.Join(invoices, "+")))
	}
	slices.Sort(lines)
	return lines
}

// WantSent fails the test, with both lists, unless Sent gives these lines.
func (h *Host) WantSent(lines ...string) {
	h.t.Helper()
	if got := h.Sent(); !slices.Equal(got, lines) {
		h.t.Errorf("sent:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// Mails are the e-mails that left, in order.
func (h *Host) Mails() []email.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.mails)
}
