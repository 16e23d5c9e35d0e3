package e2e_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

// nobody owes anything: an import looks at rows alone.
type nobody struct{}

func (nobody) Case(context.Context, courrier.AccountID, courrier.CustomerID) (dunning.Case, error) {
	return dunning.Case{}, courrier.ErrNotFound
}

func (nobody) Details(context.Context, courrier.AccountID, courrier.CustomerID, []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{}, courrier.ErrNotFound
}

func (nobody) Mail(context.Context, email.Message) error { return nil }

const importedCustomers = 20

// history is what an earlier system did: two reminders and a promise of each customer.
func history(yield func(dunning.ImportRow, error) bool) {
	for i := range importedCustomers {
		customer, invoices := courrier.CustomerID(fmt.Sprint("c", i)), []dunning.InvoiceID{dunning.InvoiceID(fmt.Sprint("i", i))}
		for n, step := range []string{"courtesy", "reminder-1", ""} {
			row := dunning.ImportRow{ID: fmt.Sprint(customer, "/", n), Kind: dunning.ImportReminder, Customer: customer, Invoices: invoices, Step: step,
				On: courrier.MustDate("2026-03-01").AddDays(n * 10), Channel: courrier.ChannelEmail}
			if step == "" {
				row.Kind, row.Channel = dunning.ImportPromise, ""
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Several processes bring the same history in at once: each row is written once.
func TestCasesImport(t *testing.T) {
	t.Run("host-07", func(t *testing.T) {
		for name, dsn := range databases.Each(t) {
			t.Run(name, func(t *testing.T) { importAtOnce(t, dsn) })
		}
	})
}

// newRunner is a process of a host whose e-mails go nowhere.
func newRunner(t *testing.T, store *sqlstore.Store, debtors dunning.Debtors, composer dunning.Composer, now time.Time) *dunning.Runner {
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{mock.New()}, Now: func() time.Time { return now }})
	require.NoError(t, err)
	settings := dunning.Settings{
		Policies: []courrier.ReminderPolicy{dunning.StandardPolicy()}, Assignment: dunning.PolicyAssignment{Default: "standard"},
		MailFrom: email.Box{Address: "billing@acme.example"}, Language: courrier.French,
		Sender: courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
	}
	runner, err := dunning.New(dunning.Config{Client: client, Store: store, Debtors: debtors, Composer: composer, Mailer: nobody{},
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return settings, nil }})
	require.NoError(t, err)
	return runner
}

func importAtOnce(t *testing.T, dsn string) {
	store, end, err := databases.Open(t.Context(), dsn)
	require.NoError(t, err)
	defer end()
	now := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	runner := newRunner(t, store, nobody{}, nil, now)
	var wg sync.WaitGroup
	reports, errs := make([]dunning.ImportReport, 3), make([]error, 3)
	for i := range reports {
		wg.Go(func() { reports[i], errs[i] = runner.Import(t.Context(), "acme", false, history) })
	}
	wg.Wait()
	written := 0
	for i, r := range reports {
		require.NoError(t, errs[i])
		require.Empty(t, r.Errors)
		require.Equal(t, r.Rows, r.Written+r.Known)
		written += r.Written
	}
	require.Equal(t, 3*importedCustomers, written)
	all, err := seq.Collect(store.Reminders(t.Context(), dunning.ReminderFilter{Account: "acme"}))
	require.NoError(t, err)
	require.Len(t, all, 2*importedCustomers)
	for i := range importedCustomers {
		notes, err := runner.Notes(t.Context(), "acme", courrier.CustomerID(fmt.Sprint("c", i)))
		require.NoError(t, err)
		require.Len(t, notes.Promised, 1)
	}
}
