package e2e_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/seq"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/pdf"
)

// oneInvoice is a customer's only one.
type oneInvoice struct{}

func (oneInvoice) Case(_ context.Context, account courrier.AccountID, customer courrier.CustomerID) (dunning.Case, error) {
	on := courrier.MustDate("2026-03-01")
	return dunning.Case{Account: account, Customer: dunning.Customer{ID: customer, Class: latepayment.DebtorBusiness, Contact: dunning.Contact{Email: true}},
		Invoices: []dunning.Invoice{{ID: "i1", Number: "F-1", IssuedOn: on, Parts: dunning.Due(on.AddDays(30), courrier.MustAmount("120", "EUR"))}}}, nil
}

func (oneInvoice) Details(context.Context, courrier.AccountID, courrier.CustomerID, []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{
		To:   courrier.Recipient{Company: "Client", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Mail: []email.Box{{Address: "client@client.example"}},
	}, nil
}

// Several processes send the statement of a month at once: the customer gets one, and
// each process is told which.
func TestStatementsOfAPeriodAtOnce(t *testing.T) {
	for name, dsn := range databases.Each(t) {
		t.Run(name, func(t *testing.T) {
			composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{})
			require.NoError(t, err)
			var wg sync.WaitGroup
			sent, errs := make([]dunning.Reminder, 4), make([]error, 4)
			for i := range sent {
				store, end, err := databases.Open(t.Context(), dsn)
				require.NoError(t, err)
				defer end()
				runner := newRunner(t, store, oneInvoice{}, composer, time.Date(2026, 4, 20, 9, 0, 0, 0, time.UTC))
				wg.Go(func() {
					sent[i], errs[i] = runner.SendStatement(t.Context(), dunning.StatementRequest{Account: "acme", Customer: "c1", Every: dunning.Monthly})
				})
			}
			wg.Wait()
			store, end, err := databases.Open(t.Context(), dsn)
			require.NoError(t, err)
			defer end()
			all, err := seq.Collect(store.Reminders(t.Context(), dunning.ReminderFilter{Account: "acme"}))
			require.NoError(t, err)
			require.Len(t, all, 1)
			for i := range sent {
				require.NoError(t, errs[i])
				require.Equal(t, all[0].ID, sent[i].ID)
			}
		})
	}
}
