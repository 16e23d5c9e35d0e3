package dunning_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
)

// troubledOffice is a host one of whose methods breaks, about one customer where
// the method knows which.
type troubledOffice struct {
	*office
	do func()

	at      atomic.Value // the method; "": none
	reached atomic.Int64
}

func (h *troubledOffice) meet(method string, about courrier.CustomerID) {
	if h.at.Load() == method && (about == "" || about == "bad") {
		h.reached.Add(1)
		h.do()
	}
}

func (h *troubledOffice) Case(ctx context.Context, a courrier.AccountID, id courrier.CustomerID) (dunning.Case, error) {
	h.meet("Debtors.Case", id)
	return h.office.Case(ctx, a, id)
}

func (h *troubledOffice) Details(ctx context.Context, a courrier.AccountID, id courrier.CustomerID, invoices []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	h.meet("Debtors.Details", id)
	return h.office.Details(ctx, a, id, invoices)
}

func (h *troubledOffice) Compose(ctx context.Context, p dunning.PrintedReminder) (courrier.Document, error) {
	h.meet("Composer.Compose", courrier.CustomerID(""))
	return h.office.Compose(ctx, p)
}

func (h *troubledOffice) Mail(ctx context.Context, m email.Message) error {
	h.meet("Mailer.Mail", "")
	return h.office.Mail(ctx, m)
}

func (h *troubledOffice) IsHoliday(courrier.Date) bool {
	h.meet("Holidays.IsHoliday", "")
	return false
}

// Each method of the host panics, or hangs for ever, in every duty of a Runner: the
// process lives, nothing leaves twice, and once the host is mended what could not
// have left does.
func TestNoCodeOfTheHostStopsTheRest(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Debtors.Case", "Debtors.Details", "Composer.Compose", "Mailer.Mail", "Settings", "Holidays.IsHoliday"} {
		for _, how := range []string{"panics", "hangs"} {
			t.Run(method+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { breakHost(t, method, how) })
			})
		}
	}
}

func breakHost(t *testing.T, method, how string) {
	release := make(chan struct{})
	defer close(release)
	h := &troubledOffice{office: newOffice(t), do: func() { panic("broken") }}
	if how == "hangs" {
		h.do = func() { <-release }
	}
	h.Restart()
	h.plans.Holidays = h
	var err error
	h.dunning, err = dunning.New(dunning.Config{
		Client: h.Client, Store: h.Store, Debtors: h, Composer: h, Mailer: h,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) {
			h.meet("Settings", "")
			return h.plans, nil
		},
	})
	require.NoError(t, err)
	h.TopUp(20)
	h.owe("bad", dunning.Contact{Email: true}, bill("i1", "2026-03-01"))
	h.owe("good", dunning.Contact{Email: true}, bill("i2", "2026-03-01"))
	h.owe("posted", postOnly, bill("i3", "2026-03-01"))
	h.at.Store(method)
	began := time.Now()
	day := courrier.MustDate("2026-03-10")
	h.Clock = day.In(time.UTC).Add(12 * time.Hour)
	for range 3 {
		h.everyDuty(day)
	}
	require.Positive(t, h.reached.Load(), "the trouble was met")
	require.Less(t, time.Since(began), 12*time.Hour, "bounded")
	h.at.Store("")
	h.Advance(time.Hour)
	for range 6 {
		h.everyDuty(day)
	}
	mails := map[string]int{}
	for _, m := range h.mails {
		mails[m.To[0].Address]++
		require.Equal(t, 1, mails[m.To[0].Address], "nobody gets it twice")
	}
	require.Len(t, h.Carrier.Accepted, 1)
	sent := 0
	for _, rem := range h.queue(dunning.ReminderFilter{}) {
		require.Equal(t, dunning.ReminderSent, rem.State, "%s: %s", rem.Customer, rem.Reason)
		if sent++; method == "Mailer.Mail" && rem.InDoubt {
			continue // it may have left, and is not repeated
		}
		require.False(t, rem.InDoubt)
	}
	require.Equal(t, 3, sent)
	require.NotContains(t, h.Logs.String(), "broken")
}

// everyDuty does all that a host does with a Runner. Errors are its business.
func (h *troubledOffice) everyDuty(day courrier.Date) {
	_, _ = h.dunning.RunDay(h.Ctx, day, h.stream())
	_, _ = h.dunning.Dispatch(h.Ctx)
	_, _ = h.Client.Dispatch(h.Ctx, courrier.DispatchOptions{})
	h.Advance(11 * time.Minute)
	_, _ = h.dunning.Dispatch(h.Ctx)
	for _, rem := range slices.Clone(h.queue(dunning.ReminderFilter{})) {
		_, _ = h.dunning.Preview(h.Ctx, rem.ID)
		_, _ = h.dunning.DispatchOne(h.Ctx, rem.ID)
	}
	_, _ = h.dunning.Reconsider(h.Ctx, "acme", "bad")
	_, _ = h.dunning.Purge(h.Ctx)
}
