package dunning_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
)

// withWorkers makes a new Runner that works on several customers at once.
func (o *office) withWorkers(n int) {
	o.Restart()
	var err error
	o.dunning, err = dunning.New(dunning.Config{
		Client: o.Client, Store: o.Config.Store.(testscene.BothStores), Debtors: o, Composer: o, Mailer: o, LatePayment: o.law, Workers: n,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) { return o.plans, nil },
	})
	require.NoError(o.T, err)
}

// A worker finds out that the answer is everybody's while another one has not written
// its own refusal yet: that one takes it back itself.
func TestARefusalWrittenAfterTheStopIsTakenBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.TopUp(50)
	o.Config.Contents = o.Config.Store.(courrier.Contents)
	o.Config.Store = &slowRefusal{BothStores: o.Config.Store.(testscene.BothStores), stopped: make(chan struct{})}
	o.withWorkers(8)
	for n := range 12 {
		o.owe(courrier.CustomerID(fmt.Sprint("c", n)), both, bill(fmt.Sprint("i", n), "2026-03-01"))
	}
	rejected := &courrier.Error{Op: "mail", Kind: courrier.ErrRejected, Code: "550", Err: errors.New("refused at RCPT, status 5.1.1")}
	o.mailErr = slices.Repeat([]error{rejected}, 1000)
	o.decided("2026-03-10")
	_, err := o.dunning.Dispatch(o.Ctx)
	require.NoError(t, err)
	for range 12 {
		o.Advance(10 * time.Minute)
		o.work()
	}
	require.Empty(t, o.Carrier.Accepted, "nothing is paid for")
	for _, rem := range o.queue(dunning.ReminderFilter{}) {
		require.False(t, rem.MailRefused)
	}
}

// slowRefusal is a store that writes the first refusal of an address only after a
// reminder waits for the account's mail server.
type slowRefusal struct {
	testscene.BothStores
	first, release sync.Once
	stopped        chan struct{}
}

func (s *slowRefusal) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	for _, c := range changes {
		switch {
		case c.Reminder == nil:
		case c.Reminder.MailRefused:
			s.first.Do(func() { s.wait(ctx) })
		case c.Reminder.Tries > 0:
			defer s.release.Do(func() { close(s.stopped) })
		}
	}
	return s.BothStores.CommitReminders(ctx, changes...)
}

func (s *slowRefusal) wait(ctx context.Context) {
	select {
	case <-s.stopped:
	case <-ctx.Done():
	}
}

// The reminders of one customer are never under way at the same moment.
func TestWorkersKeepACustomersOrder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.withWorkers(8)
	policy := dunning.StandardPolicy()
	policy.Grouping = courrier.GroupByInvoice
	o.plans.Policies = []courrier.ReminderPolicy{policy}
	for n := range 4 {
		var bills []dunning.Invoice
		for i := range 4 {
			bills = append(bills, bill(fmt.Sprintf("i%d-%d", n, i), "2026-03-01"))
		}
		o.owe(courrier.CustomerID(fmt.Sprint("c", n)), dunning.Contact{Email: true}, bills...)
	}
	var mu sync.Mutex
	under := map[string]int{}
	together := false
	o.mailing = func(_ context.Context, m email.Message) {
		count := func(by int) {
			mu.Lock()
			defer mu.Unlock()
			under[m.To[0].Address] += by
			together = together || under[m.To[0].Address] > 1
		}
		count(1)
		time.Sleep(time.Millisecond) // another worker has the time to come
		count(-1)
	}
	o.decided("2026-03-10")
	_, err := o.dunning.Dispatch(o.Ctx)
	require.NoError(t, err)
	require.Len(t, o.mails, 16)
	require.False(t, together)
}
