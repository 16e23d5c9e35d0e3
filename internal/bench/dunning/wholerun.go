//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/stores/postgres"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// oneIn is how many customers there are for one who is due.
const oneIn = 100

// wholeRuns measures Dunning.Run over the same customers three times, each with
// a new store: with those alone whose next day the host knows to have come, with
// all, and with all on a day that was run before.
func wholeRuns(ctx context.Context, server string, customers int) error {
	town, err := newTown(customers, func(n int) bool { return n%oneIn == 0 })
	if err != nil {
		return err
	}
	fmt.Printf("Run over %d customers with %d invoices, one past reminder each, of whom %d are due.\n\n",
		customers, customers*invoicesEach, len(town.dueOnly))
	fmt.Println("| the host streams | customers | elapsed, ms | reminders written | commits | lists read | single reads |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, run := range []struct {
		name  string
		cases []dunning.Case
		times int
	}{
		{"those whose NextDue has come", town.dueOnly, 1},
		{"everyone", town.all, 1},
		{"everyone, a second time that day", town.all, 2},
	} {
		row, err := town.run(ctx, server, run.cases, run.times)
		if err != nil {
			return fmt.Errorf("%s: %w", run.name, err)
		}
		fmt.Printf("| %s | %d | %s |\n", run.name, len(run.cases), row)
	}
	return nil
}

// town is a host's customers before the run of today.
type town struct {
	all, dueOnly []dunning.Case
	past         []dunning.Change // a courtesy that each was sent
}

// newTown makes the customers, of whom those are due today.
func newTown(customers int, due func(n int) bool) (*town, error) {
	evaluator, err := dunning.Compile(dunning.StandardPolicy(), nil)
	if err != nil {
		return nil, err
	}
	t := &town{}
	for n := range customers {
		c := townCase(n, due(n))
		sent, err := courtesyOf(evaluator, c)
		if err != nil {
			return nil, err
		}
		t.all = append(t.all, c)
		t.past = append(t.past, dunning.Change{Reminder: &sent})
		past := sent.Past()[0]
		// What a host keeps beside each customer, in an indexed column.
		next, ok := evaluator.NextDue(c, dunning.History{past}, sent.SentOn)
		if ok && !next.After(today) {
			t.dueOnly = append(t.dueOnly, c)
		}
	}
	return t, nil
}

// townCase is a customer with one invoice just due and others that are not: who is due
// gets the first reminder, the others were written to a short time ago.
func townCase(n int, isDue bool) dunning.Case {
	c := dunning.Case{Account: "acme", Customer: dunning.Customer{
		ID: courrier.CustomerID(fmt.Sprintf("cus_%07d", n)), Class: latepayment.DebtorBusiness,
		Contact: dunning.Contact{Email: true, Post: true},
	}}
	for place := range invoicesEach {
		due := today.AddDays(10*place + n%7)
		if place == 0 {
			due = today.AddDays(-3)
			if isDue {
				due = today.AddDays(-6)
			}
		}
		c.Invoices = append(c.Invoices, dunning.Invoice{
			ID: dunning.InvoiceID(fmt.Sprintf("inv_%07d_%d", n, place)), IssuedOn: due.AddDays(-30), Parts: dunning.Due(due, courrier.MustAmount("120", "EUR")),
		})
	}
	return c
}

// courtesyOf is the reminder that the customer was sent three days before the
// first invoice was due.
func courtesyOf(e *dunning.Evaluator, c dunning.Case) (dunning.Reminder, error) {
	on := c.Invoices[0].DueOn().AddDays(-3)
	out := e.Evaluate(c, nil, on)
	if len(out.Decisions) != 1 {
		return dunning.Reminder{}, fmt.Errorf("%d courtesies on %v, not one", len(out.Decisions), on)
	}
	r := dunning.Reminder{
		ID: dunning.ReminderID("past_" + string(c.Customer.ID)), Account: c.Account, Customer: c.Customer.ID,
		State: dunning.ReminderSent, Decision: out.Decisions[0], Channel: courrier.ChannelEmail, DueOn: on, SentOn: on,
	}
	for key := range r.Decision.Keys() {
		r.Keys = append(r.Keys, key.String())
	}
	return r, nil
}

// run measures the last of several runs over the cases; it returns the cells of
// the table.
func (t *town) run(ctx context.Context, server string, cases []dunning.Case, times int) (string, error) {
	store, _, closeAll, err := t.open(ctx, server)
	if err != nil {
		return "", err
	}
	defer closeAll()
	counted := &countingStore{bothStores: store}
	runner, err := newDunning(counted, store)
	if err != nil {
		return "", err
	}
	for range times - 1 {
		if _, err := runner.RunDay(ctx, today, stream(cases)); err != nil {
			return "", err
		}
	}
	return t.timeRun(ctx, runner, counted, cases, times == 1)
}

// open makes a store in a schema of its own that knows the past.
func (t *town) open(ctx context.Context, server string) (*sqlstore.Store, *sql.DB, func(), error) {
	schema, drop, err := newSchema(ctx, server)
	if err != nil {
		return nil, nil, nil, err
	}
	db, err := postgres.Open(ctx, server+" application_name="+schema+" search_path="+schema)
	if err != nil {
		drop()
		return nil, nil, nil, err
	}
	closeAll := func() { _ = db.Close(); drop() }
	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.Postgres, sqlstore.Migrating(), sqlstore.InSchema(schema))
	if err == nil {
		err = t.remember(ctx, store)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "VACUUM ANALYZE courrier_reminders, courrier_reminder_keys, courrier_reminder_invoices")
	}
	if err != nil {
		closeAll()
		return nil, nil, nil, err
	}
	return store, db, closeAll, nil
}

func (t *town) timeRun(ctx context.Context, d *dunning.Runner, counted *countingStore, cases []dunning.Case, first bool) (string, error) {
	counted.reset()
	start := time.Now()
	report, err := d.RunDay(ctx, today, stream(cases))
	took := time.Since(start)
	if err != nil {
		return "", err
	}
	written, want := report.Approved+report.Proposed, 0
	if first {
		want = len(t.dueOnly)
	}
	if written != want || report.Failed > 0 {
		return "", fmt.Errorf("%d reminders were written and %d customers failed, instead of %d and none: %w", written, report.Failed, want, errors.Join(report.Errors...))
	}
	return fmt.Sprintf("%d | %d | %d | %d | %d", took.Milliseconds(), written, counted.commits.Load(), counted.lists.Load(), counted.singles.Load()), nil
}

// remember writes what was done before today.
func (t *town) remember(ctx context.Context, store bothStores) error {
	const batch = 500
	for first := 0; first < len(t.past); first += batch {
		errs, err := store.CommitReminders(ctx, t.past[first:min(first+batch, len(t.past))]...)
		if err := errors.Join(append(errs, err)...); err != nil {
			return err
		}
	}
	return nil
}

func stream(cases []dunning.Case) iter.Seq2[dunning.Case, error] {
	return func(yield func(dunning.Case, error) bool) {
		for _, c := range cases {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// bothStores is a store of letters and of reminders.
type bothStores interface {
	courrier.Store
	dunning.Store
}

// countingStore counts what a run asks of the store.
type countingStore struct {
	bothStores
	commits, lists, singles atomic.Int64
}

func (s *countingStore) reset() { s.commits.Store(0); s.lists.Store(0); s.singles.Store(0) }

func (s *countingStore) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	s.commits.Add(1)
	return s.bothStores.CommitReminders(ctx, changes...)
}

func (s *countingStore) Reminders(ctx context.Context, f dunning.ReminderFilter) iter.Seq2[dunning.Reminder, error] {
	s.lists.Add(1)
	return s.bothStores.Reminders(ctx, f)
}

func (s *countingStore) Letters(ctx context.Context, f courrier.LetterFilter) iter.Seq2[courrier.LetterRecord, error] {
	s.lists.Add(1)
	return s.bothStores.Letters(ctx, f)
}

func (s *countingStore) Items(ctx context.Context, f courrier.ItemFilter) iter.Seq2[courrier.Item, error] {
	s.lists.Add(1)
	return s.bothStores.Items(ctx, f)
}

func (s *countingStore) Item(ctx context.Context, kind courrier.ItemKind, account courrier.AccountID, id string) (courrier.Item, error) {
	s.singles.Add(1)
	return s.bothStores.Item(ctx, kind, account, id)
}

// nobody stands in for what a run does not ask: carriers, facts of one customer,
// mail.
type nobody struct{}

func (nobody) Name() string                        { return "none" }
func (nobody) Capabilities() courrier.Capabilities { return courrier.Capabilities{} }
func (nobody) Submit(context.Context, courrier.Submission) (courrier.Receipt, error) {
	return courrier.Receipt{}, courrier.ErrUnavailable
}
func (nobody) Mail(context.Context, email.Message) error { return courrier.ErrUnavailable }
func (nobody) Case(context.Context, courrier.AccountID, courrier.CustomerID) (dunning.Case, error) {
	return dunning.Case{}, courrier.ErrUnavailable
}
func (nobody) Details(context.Context, courrier.AccountID, courrier.CustomerID, []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{}, courrier.ErrUnavailable
}

func newDunning(store bothStores, contents courrier.Contents) (*dunning.Runner, error) {
	noon := func() time.Time { return today.In(time.UTC).Add(12 * time.Hour) }
	client, err := courrier.New(courrier.Config{Store: store, Contents: contents, Providers: []courrier.Provider{nobody{}}, Now: noon})
	if err != nil {
		return nil, err
	}
	settings := dunning.Settings{
		Policies:   []courrier.ReminderPolicy{dunning.StandardPolicy()},
		Assignment: dunning.PolicyAssignment{Default: "standard"},
		MailFrom:   email.Box{Address: "billing@acme.example"},
	}
	return dunning.New(dunning.Config{
		Client: client, Store: store, Debtors: nobody{}, Mailer: nobody{},
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return settings, nil },
	})
}
