package dunning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// What a host was promised by a sentence, word for word.
func TestCasesPromises(t *testing.T) {
	t.Parallel()
	t.Run("promise-14", func(t *testing.T) {
		t.Parallel()
		policy := dunning.StandardPolicy()
		evaluator, err := dunning.Compile(policy, nil)
		require.NoError(t, err)
		today := courrier.MustDate("2026-03-09")
		owed := dunning.Case{Account: "acme", Customer: dunning.Customer{ID: "c", Contact: dunning.Contact{Email: true, Post: true}}, Invoices: []dunning.Invoice{
			{ID: "i", Parts: dunning.Due(courrier.MustDate("2026-03-02"), courrier.MustAmount("100", "EUR"))},
		}}
		before := evaluator.Evaluate(owed, nil, today)
		require.Len(t, before.Decisions, 1)
		for i := range policy.Steps {
			policy.Steps[i].OffsetDays, policy.Steps[i].ID = 3000, "changed"
			for n := range policy.Steps[i].Channels {
				policy.Steps[i].Channels[n] = courrier.ChannelPost
			}
		}
		require.Equal(t, before, evaluator.Evaluate(owed, nil, today))
	})
	t.Run("promise-22", func(t *testing.T) {
		t.Parallel()
		valid := func(s dunning.Settings) error {
			s.Policies, s.Assignment.Default = []courrier.ReminderPolicy{dunning.StandardPolicy()}, "standard"
			return s.Validate()
		}
		require.NoError(t, valid(dunning.Settings{Hour: dunning.Midnight}))
		require.Error(t, valid(dunning.Settings{Hour: 2 * dunning.Midnight}))
		require.ErrorContains(t, valid(dunning.Settings{Hour: 9}), "9*time.Hour", "nine nanoseconds")
	})
	t.Run("promise-08", func(t *testing.T) {
		t.Parallel()
		err := dunning.Text{Subject: "s", Body: "Dear {Jeanne Oudin}, {unknown}"}.Validate()
		require.NotContains(t, err.Error(), "Oudin")
	})
	// The list that is counted is the one that was shown, with its own states.
	t.Run("promise-10", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.TopUp(10)
		o.owe("c1", postOnly, bill("i1", "2026-03-01"))
		o.owe("c2", postOnly, bill("i2", "2026-03-01"))
		o.decided("2026-03-10")
		first := o.queue(dunning.ReminderFilter{})[0]
		_, err := o.dunning.Skip(o.Ctx, first.ID, "a good customer")
		require.NoError(t, err)
		skipped := dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderSkipped}}
		approved, errs := o.dunning.ApproveAll(o.Ctx, skipped, 1)
		require.Zero(t, approved, "the list shown holds the skipped one, not the one that waits")
		require.ErrorIs(t, errs[0], courrier.ErrConflict)
		require.Equal(t, dunning.ReminderSkipped, o.reminder(first.ID).State)
	})
	t.Run("promise-11", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.noon("2026-03-20")
		paid := bill("i1", "2026-03-01")
		paid.Payments = []dunning.Payment{{On: day("2026-03-02"), Amount: paid.Parts[0].Amount}}
		o.owe("c1", both, paid)
		_, err := o.dunning.SendNow(o.Ctx, step("c1", "reminder-1", "i1"))
		requireCode(t, err, string(dunning.CausePaid))
		o.owe("c1", both)
		_, err = o.dunning.SendNow(o.Ctx, step("c1", "reminder-1", "i1"))
		require.ErrorIs(t, err, courrier.ErrNotFound, "the host names it no longer")
	})
	t.Run("promise-12", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.owe("c1", both, bill("i1", "2026-03-01"))
		for range 100 {
			o.mailErr = append(o.mailErr, courrier.ErrUnavailable)
		}
		o.decided("2026-03-10")
		id := o.only(dunning.ReminderFilter{}).ID
		var tried []time.Time // each hour's look that was a try
		for range 90 {
			left := len(o.mailErr)
			o.work()
			if len(o.mailErr) < left {
				tried = append(tried, o.Clock)
			}
			if o.reminder(id).State == dunning.ReminderProposed {
				break
			}
			o.Advance(time.Hour)
		}
		require.Equal(t, dunning.ReminderProposed, o.reminder(id).State)
		long := tried[len(tried)-1].Sub(tried[0])
		require.GreaterOrEqual(t, long, 72*time.Hour)
		require.Less(t, long, 79*time.Hour, "no longer than one more wait")
	})
}
