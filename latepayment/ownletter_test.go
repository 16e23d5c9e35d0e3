package latepayment_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
)

// The library's own formal notice, with the library's own statement in it, says
// what a formal notice should say.
func TestOwnFormalNoticePassesTheCheck(t *testing.T) {
	t.Parallel()
	for _, lang := range []courrier.Language{courrier.French, courrier.English} {
		for name, regime := range map[string]latepayment.Regime{
			"business": latepayment.FranceBusiness(), "public": latepayment.FrancePublic(), "consumer": latepayment.FranceConsumer(),
		} {
			t.Run(string(lang)+"/"+name, func(t *testing.T) {
				t.Parallel()
				calculator, err := latepayment.New(latepayment.Config{Regime: regime})
				require.NoError(t, err)
				today, eur := courrier.MustDate("2026-05-04"), func(v string) courrier.Amount { return courrier.MustAmount(v, "EUR") }
				statement, err := calculator.Statement(today,
					latepayment.Invoice{Number: "FA-1", IssuedOn: courrier.MustDate("2026-01-31"), Parts: one(courrier.MustDate("2026-03-02"), eur("2400")), NoticeOn: courrier.MustDate("2026-04-02"),
						Payments: []latepayment.Payment{{On: courrier.MustDate("2026-04-15"), Amount: eur("1000")}}},
					latepayment.Invoice{Number: "FA-2", IssuedOn: courrier.MustDate("2026-02-14"), Parts: one(courrier.MustDate("2026-03-16"), eur("96.50")), NoticeOn: courrier.MustDate("2026-04-02")})
				require.NoError(t, err)
				p := printed(t, today, lang, regime.Debtor, statement)
				report, err := latepayment.CheckLetter(latepayment.Draft{
					Kind: courrier.StepFormalNotice, Statement: statement, Deadline: today.AddDays(dunning.DeadlineDays),
					Text:     strings.Join([]string{p.From.Company, p.To.Company, p.Message.Subject, strings.ReplaceAll(p.Message.Body, dunning.TableMark, table(p))}, "\n"),
					Creditor: []string{p.From.Company}, Debtor: []string{p.To.Company},
				})
				require.NoError(t, err)
				require.True(t, report.OK(), "%+v\n%s", report, p.Message.Body)
				require.Empty(t, report.Advised)
			})
		}
	}
}

// table is the list of invoices as text.
func table(p dunning.PrintedReminder) string {
	var b strings.Builder
	for _, inv := range p.Invoices {
		b.WriteString(strings.Join([]string{inv.Number, courrier.FormatDate(inv.IssuedOn, p.Language), courrier.FormatDate(inv.DueOn, p.Language), courrier.FormatAmount(inv.Open, p.Language)}, " ; ") + "\n")
	}
	return b.String()
}

// printed lets the engine write the notice, and returns what it would print.
func printed(t *testing.T, today courrier.Date, lang courrier.Language, class courrier.DebtorClass, s latepayment.Statement) dunning.PrintedReminder {
	t.Helper()
	office := mock.New(mock.Config{Start: today.In(time.UTC).Add(6 * time.Hour)})
	store := memstore.New()
	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{office}, Now: office.Now})
	require.NoError(t, err)
	var got dunning.PrintedReminder
	runner, err := dunning.New(dunning.Config{
		Client: client, Store: store, Debtors: debtor{class, lang, s}, Composer: composer(func(p dunning.PrintedReminder) { got = p }),
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) {
			return dunning.Settings{
				Policies:   []courrier.ReminderPolicy{{ID: "notice", Steps: []courrier.Step{{ID: "notice", Kind: courrier.StepFormalNotice, OffsetDays: 10, Unannounced: true}}}},
				Assignment: dunning.PolicyAssignment{Default: "notice"}, Sender: courrier.Sender{Company: "Atelier Verne SAS", Address: address},
			}, nil
		},
	})
	require.NoError(t, err)
	debts, err := debtor{class, lang, s}.Case(t.Context(), "acme", "martin")
	require.NoError(t, err)
	var cases iter.Seq2[dunning.Case, error] = func(yield func(dunning.Case, error) bool) { yield(debts, nil) }
	report, err := runner.RunDay(t.Context(), today, cases)
	require.NoError(t, err)
	require.Equal(t, 1, report.Proposed, "%+v", report)
	for r, err := range runner.Queue(t.Context(), dunning.ReminderFilter{}) {
		require.NoError(t, err)
		_, err = runner.Preview(t.Context(), r.ID)
		require.NoError(t, err)
	}
	return got
}

var address = courrier.Address{Street: "8 quai du Port", Postcode: "44000", City: "Nantes", Country: "FR"}

// composer keeps what it is asked to print.
type composer func(dunning.PrintedReminder)

func (c composer) Compose(_ context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	c(p)
	return courrier.NewDocument("notice.pdf", []byte("%PDF-1.7 a notice")), nil
}

// debtor owes what a statement says.
type debtor struct {
	class courrier.DebtorClass
	lang  courrier.Language
	s     latepayment.Statement
}

func (d debtor) Case(context.Context, courrier.AccountID, courrier.CustomerID) (dunning.Case, error) {
	c := dunning.Case{Account: "acme", Customer: dunning.Customer{ID: "martin", Class: d.class, Contact: dunning.Contact{Post: true}}}
	for _, l := range d.s.Lines {
		c.Invoices = append(c.Invoices, dunning.Invoice{ID: courrier.InvoiceID(l.Number), IssuedOn: l.IssuedOn, Parts: dunning.Due(l.DueOn, l.PrincipalDue)})
	}
	return c, nil
}

func (d debtor) Details(context.Context, courrier.AccountID, courrier.CustomerID, []courrier.InvoiceID) (dunning.DebtorDetails, error) {
	charges, err := d.s.Charges()
	details := dunning.DebtorDetails{
		To: courrier.Recipient{Company: "Hôtel du Lac SARL", Address: address}, Language: d.lang, Statement: d.s.Sentences(d.lang), Charges: charges,
	}
	for _, l := range d.s.Lines {
		details.Invoices = append(details.Invoices, dunning.InvoiceDetail{
			ID: courrier.InvoiceID(l.Number), Number: l.Number, IssuedOn: l.IssuedOn, DueOn: l.DueOn, Total: l.Amount, Paid: l.Paid, Open: l.PrincipalDue,
		})
	}
	return details, err
}
