package dunning_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/stretchr/testify/require"
)

func TestPolicyZone(t *testing.T) {
	t.Parallel()
	p := testscene.TwoSteps()
	now := time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC)
	for zone, want := range map[string]string{"": "2026-07-02", "Europe/Paris": "2026-07-02", "America/Martinique": "2026-07-01"} {
		p.Zone = zone
		e, err := dunning.Compile(p, nil)
		require.NoError(t, err)
		require.Equal(t, want, e.Today(now).String())
	}
	for _, zone := range []string{"Local", "Mars/Olympus"} {
		p.Zone = zone
		_, err := dunning.Compile(p, nil)
		require.ErrorIs(t, err, courrier.ErrInvalid)
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, p := range []courrier.ReminderPolicy{dunning.GentlePolicy(), dunning.StandardPolicy(), dunning.FirmPolicy()} {
		data, err := json.Marshal(p)
		require.NoError(f, err)
		f.Add(data)
	}
	c := oneLate("2026-01-10", "100")
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := courrier.ParsePolicy(data)
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrInvalid)
			return
		}
		written, err := json.Marshal(p)
		require.NoError(t, err)
		again, err := courrier.ParsePolicy(written)
		require.NoError(t, err)
		rewritten, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(written), string(rewritten))
		p.Zone = ""
		e, err := dunning.Compile(p, nil)
		require.NoError(t, err)
		out := e.Evaluate(c, nil, courrier.MustDate("2026-02-02"))
		require.Equal(t, 1, len(out.Holds)+len(out.Decisions))
		p.Warnings()
		e.NextDue(c, nil, courrier.MustDate("2026-02-02"))
	})
}

// A policy without steps is for customers who get nothing: it holds every invoice with
// a reason, and nothing ever comes of it.
func TestAPolicyThatDoesNothing(t *testing.T) {
	t.Parallel()
	quiet := courrier.ReminderPolicy{ID: "quiet", Steps: []courrier.Step{}}
	require.NoError(t, quiet.Validate())
	require.ErrorIs(t, courrier.ReminderPolicy{ID: "forgotten"}.Validate(), courrier.ErrInvalid)
	written, err := courrier.ParsePolicy([]byte(`{"id":"quiet","steps":[]}`))
	require.NoError(t, err)
	require.Equal(t, quiet, written)
	e, err := dunning.Compile(written, nil)
	require.NoError(t, err)
	c := dunning.Case{Account: "acme", Customer: dunning.Customer{ID: "c1", Contact: dunning.Contact{Email: true, Post: true}},
		Invoices: []dunning.Invoice{bill("i1", "2026-03-02"), bill("i2", "2026-09-01")}}
	c.Invoices[1].ReopenedOn = day("2026-03-20")
	for d := day("2026-02-01"); d.Before(day("2026-12-31")); d = d.AddDays(7) {
		out := e.Evaluate(c, nil, d)
		require.Empty(t, out.Decisions)
		require.Len(t, out.Holds, 2)
		for _, h := range out.Holds {
			require.Equal(t, dunning.CausePlanDone, h.Cause)
			require.True(t, h.Until.IsZero())
		}
	}
	_, due := e.NextDue(c, nil, day("2026-03-01"))
	require.False(t, due)
	for range e.Simulate(c, nil, dunning.Simulation{From: day("2026-03-01"), To: day("2026-12-31")}) {
		require.Fail(t, "a policy that does nothing did something")
	}

	o := newOffice(t)
	o.plans.Policies = append(o.plans.Policies, quiet)
	o.plans.Assignment.Rules = []dunning.AssignmentRule{{ID: "friends", Policy: "quiet", Where: dunning.Criteria{Tags: []string{"friend"}}}}
	o.owe("c1", dunning.Contact{Email: true}, bill("i1", "2026-03-02"))
	o.owe("c2", dunning.Contact{Email: true}, bill("i2", "2026-03-02"))
	o.change("c1", func(c *dunning.Case) { c.Customer.Tags = []string{"friend"} })
	for d := day("2026-03-03"); d.Before(day("2026-05-01")); d = d.AddDays(1) {
		o.day(d.String())
	}
	require.NotEmpty(t, o.queue(dunning.ReminderFilter{Customers: []courrier.CustomerID{"c2"}}))
	require.Empty(t, o.queue(dunning.ReminderFilter{Customers: []courrier.CustomerID{"c1"}}))
}
