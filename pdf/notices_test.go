package pdf_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/pdf"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
)

// creditor is a host with one customer, who owes something.
type creditor struct {
	owed dunning.Case
	got  dunning.PrintedReminder
}

var nantes = courrier.Address{Street: "8 quai du Port", Postcode: "44000", City: "Nantes", Country: "FR"}

func (c *creditor) Case(context.Context, courrier.AccountID, courrier.CustomerID) (dunning.Case, error) {
	return c.owed, nil
}

func (c *creditor) Details(context.Context, courrier.AccountID, courrier.CustomerID, []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	return dunning.DebtorDetails{
		To:        courrier.Recipient{Company: "Hôtel du Lac", Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		Reference: "commande 4711",
	}, nil
}

func (c *creditor) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	c.got = p
	return courrier.NewDocument("notice.pdf", []byte("%PDF-1.7 a notice")), nil
}

// notice lets the engine write the formal notice of a day.
func (c *creditor) notice(t *testing.T, on courrier.Date) dunning.PrintedReminder {
	t.Helper()
	office := mock.New(mock.Config{Start: on.In(time.UTC).Add(6 * time.Hour)})
	store := memstore.New()
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{office}, Now: office.Now})
	require.NoError(t, err)
	runner, err := dunning.New(dunning.Config{
		Client: client, Store: store, Debtors: c, Composer: c, LatePayment: latepayment.France(),
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) {
			return dunning.Settings{
				Policies: []courrier.ReminderPolicy{{
					ID: "notice", Steps: []courrier.Step{{ID: "notice", Kind: courrier.StepFormalNotice, OffsetDays: 10, Unannounced: true}},
				}},
				Assignment: dunning.PolicyAssignment{Default: "notice"}, Sender: courrier.Sender{Company: "Atelier Verne SAS", Address: nantes}, Language: courrier.French,
				Bank:        &dunning.BankAccount{Holder: "Atelier Verne SAS", IBAN: "FR76 3000 6000 0112 3456 7890 189", BIC: "AGRIFRPP"},
				PaymentCode: true, Mentions: dunning.Mentions{Form: "SAS", Capital: courrier.MustAmount("37500", "EUR"), SIREN: "123456782", RCS: "Nantes"},
			}, nil
		},
	})
	require.NoError(t, err)
	var cases iter.Seq2[dunning.Case, error] = func(yield func(dunning.Case, error) bool) { yield(c.owed, nil) }
	report, err := runner.RunDay(t.Context(), on, cases)
	require.NoError(t, err)
	require.Equal(t, 1, report.Proposed, "%+v", report)
	for r, err := range runner.Queue(t.Context(), dunning.ReminderFilter{}) {
		require.NoError(t, err)
		view, err := runner.Preview(t.Context(), r.ID)
		require.NoError(t, err)
		require.True(t, view.Check.Report.OK(), "%+v\n%s", view.Check.Report, view.Check.Text)
	}
	return c.got
}

// The notices that the library writes, as they are printed: one for each class of
// debtor, one with instalments, one with a credit note.
func TestNoticesAsTheyArePrinted(t *testing.T) {
	t.Parallel()
	eur := func(v string) courrier.Amount { return courrier.MustAmount(v, "EUR") }
	day := courrier.MustDate
	plain := func() dunning.Invoice {
		return dunning.Invoice{
			ID: "1", Number: "FA-0101", IssuedOn: day("2026-04-30"), Parts: dunning.Due(day("2026-05-30"), eur("12000")),
			Payments: []dunning.Payment{{On: day("2026-08-20"), Amount: eur("3000")}},
		}
	}
	second := dunning.Invoice{ID: "2", Number: "FA-0155", IssuedOn: day("2026-07-31"), Parts: dunning.Due(day("2026-08-30"), eur("1840.56"))}
	credited := plain()
	credited.Credits = []dunning.Credit{{On: day("2026-09-01"), Number: "AV-7", Amount: eur("100")}}
	parts := plain()
	parts.Parts = []dunning.DuePart{{DueOn: day("2026-05-30"), Amount: eur("4000")}, {DueOn: day("2026-09-30"), Amount: eur("4000")}, {DueOn: day("2027-01-31"), Amount: eur("4000")}}
	composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{})
	require.NoError(t, err)
	for name, owed := range map[string]struct {
		class    latepayment.DebtorClass
		invoices []dunning.Invoice
	}{
		"business": {latepayment.DebtorBusiness, []dunning.Invoice{plain(), second}}, "consumer": {latepayment.DebtorConsumer, []dunning.Invoice{second}},
		"public": {latepayment.DebtorPublic, []dunning.Invoice{second}}, "instalments": {latepayment.DebtorBusiness, []dunning.Invoice{parts}},
		"credited": {latepayment.DebtorBusiness, []dunning.Invoice{credited}},
	} {
		t.Run(name, func(t *testing.T) {
			c := creditor{owed: dunning.Case{
				Account: "acme", Customer: dunning.Customer{ID: "lac", Class: owed.class, Contact: dunning.Contact{Post: true}}, Invoices: owed.invoices,
			}}
			doc, err := composer.Compose(t.Context(), c.notice(t, day("2026-11-30")))
			require.NoError(t, err)
			save(t, "notice-"+name+".pdf", doc.Content)
			tool(t, "pdftoppm")
			comparePages(t, "notice-"+name, doc.Content, doc.Pages)
		})
	}
}
