package dunning_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Several callers at once make one statement for a period.
func TestStatementsOfOnePeriodAreOneWhoeverAsks(t *testing.T) {
	t.Parallel()
	o := accountOffice(t)
	ids := make([]dunning.ReminderID, 8)
	var all sync.WaitGroup
	for n := range ids {
		all.Go(func() {
			rem, err := o.dunning.SendStatement(o.Ctx, dunning.StatementRequest{Account: "acme", Customer: "c1", Every: dunning.Weekly})
			if err == nil {
				ids[n] = rem.ID
			}
		})
	}
	all.Wait()
	require.NotEmpty(t, ids[0])
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	o.work()
	require.Len(t, o.mails, 1)
}

// By post the statement is the letter, and the open invoices follow it where they are
// wanted: one with two open instalments once, and none that is paid.
func TestStatementsByPostWithTheOpenInvoices(t *testing.T) {
	t.Parallel()
	o := accountOffice(t)
	o.TopUp(100)
	c := debtorOfAll()
	c.Customer.Contact = postOnly
	c.Invoices = append(c.Invoices[:1], c.Invoices[9:]...)
	c.Invoices[0].Parts = append(c.Invoices[0].Parts, dunning.Due(day("2026-12-31"), courrier.MustAmount("10", "EUR"))...)
	o.cases["c1"] = c
	o.mend = func(d *dunning.DebtorDetails) {
		for i := range d.Documents {
			d.Documents[i].File = courrier.NewDocument(string(d.Documents[i].Invoice)+".pdf", []byte("%PDF-1.7 "+d.Documents[i].Invoice))
		}
	}
	rem, err := o.dunning.SendStatement(o.Ctx, dunning.StatementRequest{Account: "acme", Customer: "c1", Key: "asked", AttachInvoices: true})
	require.NoError(t, err)
	var names []string
	for _, doc := range rem.Attachments {
		names = append(names, doc.Name)
	}
	require.Equal(t, []string{"releve-de-compte.pdf", "1.pdf"}, names)
	o.work()
	require.Empty(t, o.mails)
	rem, err = o.dunning.Reminder(o.Ctx, rem.ID)
	require.NoError(t, err)
	require.Equal(t, dunning.ReminderSent, rem.State)
	letter, err := o.Client.Letter(o.Ctx, rem.Letter)
	require.NoError(t, err)
	require.Equal(t, rem.Attachments[0].Sum, letter.Letter.Documents[0].Sum, "what is recorded is what was printed")
	require.Equal(t, courrier.PurposeOther, letter.Letter.Purpose)
}
