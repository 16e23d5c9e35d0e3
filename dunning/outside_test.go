package dunning_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
)

// not the Tracker's: hides it

// foreign is the host's code with a fault in one of its methods, for one customer.
type foreign struct {
	*office
	fault func(method, about string)
}

func (f foreign) Case(ctx context.Context, account courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	f.fault("Case", string(id))
	return f.office.Case(ctx, account, id)
}

func (f foreign) Details(ctx context.Context, account courrier.AccountID, id courrier.CustomerID, invoices []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	f.fault("Details", string(id))
	return f.office.Details(ctx, account, id, invoices)
}

func (f foreign) Compose(ctx context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	f.fault("Compose", strings.TrimPrefix(p.Numbers[0], "N-i-"))
	return f.office.Compose(ctx, p)
}

func (f foreign) Mail(ctx context.Context, m email.Message) error {
	f.fault("Mail", strings.TrimSuffix(m.To[0].Address, "@example.com"))
	return f.office.Mail(ctx, m)
}

// What panics or never comes back in the host's own code holds up the reminder it
// was about, and no other.
func TestHostsCodeStopsOneReminderOnly(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Case", "Details", "Compose", "Mail"} {
		for _, hangs := range []bool{false, true} {
			t.Run(fmt.Sprint(method, ", hangs: ", hangs), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o := newOffice(t)
					o.TopUp(10)
					contact := map[bool]dunning.Contact{true: postOnly, false: both}[method == "Compose"]
					o.owe("c1", contact, bill("i-c1", "2026-03-01"))
					o.owe("c2", contact, bill("i-c2", "2026-03-01"))
					o.decided("2026-03-10")
					host := foreign{o, func(m, about string) {
						switch {
						case m != method || about != "c1":
						case hangs:
							time.Sleep(time.Hour)
						default:
							panic(testscene.SecretName)
						}
					}}
					o.Restart()
					runner, err := dunning.New(dunning.Config{
						Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: host, Composer: host, Mailer: host,
						Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return o.plans, nil },
					})
					require.NoError(t, err)
					_, err = runner.Dispatch(o.Ctx)
					require.NoError(t, err)
					states := map[courrier.CustomerID]dunning.Reminder{}
					for rem, err := range o.Store.Reminders(o.Ctx, dunning.ReminderFilter{Account: "acme"}) {
						require.NoError(t, err)
						states[rem.Customer] = rem
					}
					left := map[bool]dunning.ReminderState{true: dunning.ReminderSending, false: dunning.ReminderSent}[method == "Compose"]
					require.Equal(t, left, states["c2"].State)
					if method == "Mail" { // it may have left
						require.Equal(t, dunning.ReminderSent, states["c1"].State)
						require.True(t, states["c1"].InDoubt)
					} else {
						require.Equal(t, dunning.ReminderApproved, states["c1"].State)
						require.True(t, states["c1"].DueAt.After(o.Clock))
					}
					require.NotContains(t, o.Logs.String(), testscene.SecretName)
					time.Sleep(2 * time.Hour)
				})
			})
		}
	}
}
