package dunning_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// What a host was promised by a sentence, word for word.
func TestCasesPromises(t *testing.T) {
	t.Parallel()
	t.Run("promise-14", func(t *testing.T) {
		t.Parallel()
		policy := courrier.StandardPolicy()
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
			s.Policies, s.Assignment.Default = []courrier.ReminderPolicy{courrier.StandardPolicy()}, "standard"
			return s.Validate()
		}
		require.NoError(t, valid(dunning.Settings{Hour: dunning.Midnight}))
		require.Error(t, valid(dunning.Settings{Hour: 2 * dunning.Midnight}))
	})
	t.Run("promise-08", func(t *testing.T) {
		t.Parallel()
		err := dunning.Text{Subject: "s", Body: "Dear {Jeanne Oudin}, {unknown}"}.Validate()
		require.NotContains(t, err.Error(), "Oudin")
	})
}
