package dunning_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
)

// slowMailer answers after a while, or when its context ends, and asks for the stop
// while its first e-mail is under way.
type slowMailer struct {
	*office
	answersAfter time.Duration
	stop         context.CancelFunc
	begun        int
}

func (m *slowMailer) Mail(ctx context.Context, e email.Message) error {
	m.begun++
	m.stop()
	select {
	case <-time.After(m.answersAfter):
		return m.office.Mail(ctx, e)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestCasesHostStop: a deploy stops the process while the mail server has not answered.
func TestCasesHostStop(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers, took time.Duration
		inDoubt       bool
	}{
		"the e-mail under way is taken": {19 * time.Second, 19 * time.Second, false},
		"at the bound it is cut":        {time.Minute, 20 * time.Second, true},
	} {
		t.Run(name+"/host-05", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { stopOfMail(t, test.answers, test.took, test.inDoubt) })
		})
	}
}

func stopOfMail(t *testing.T, answers, took time.Duration, inDoubt bool) {
	o := newOffice(t)
	for i := range 5 {
		o.owe(courrier.CustomerID(fmt.Sprint("c", i)), dunning.Contact{Email: true}, bill(fmt.Sprint("i", i), "2026-03-01"))
	}
	today := courrier.MustDate("2026-03-09")
	o.Clock = today.In(time.UTC).Add(6 * time.Hour)
	_, err := o.dunning.RunDay(o.Ctx, today, o.stream())
	require.NoError(t, err)
	o.Clock = today.In(time.UTC).Add(18 * time.Hour)

	ctx, stop := context.WithCancel(o.Ctx)
	mailer := &slowMailer{office: o, answersAfter: answers, stop: stop}
	o.Restart()
	runner, err := dunning.New(dunning.Config{
		Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o, Composer: o, Mailer: mailer, LatePayment: o.law,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return o.plans, nil },
	})
	require.NoError(t, err)
	began := time.Now()
	report, err := runner.Dispatch(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, report.Errors)
	require.Equal(t, took, time.Since(began))
	require.Equal(t, 1, mailer.begun, "nothing is begun after the stop")
	sent := o.only(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderSent}})
	require.Equal(t, inDoubt, sent.InDoubt)
	waiting := o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderApproved}})
	require.Len(t, waiting, 4)
	for _, rem := range waiting {
		require.False(t, rem.DueAt.After(o.Clock), "the next process sends it at once")
	}
}
