package pingen_test

import (
	"strings"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/pingen"
	"github.com/courrier-go/courrier/providers/pingen/pingentest"
	"github.com/courrier-go/courrier/providers/providertest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]pingentest.Form{
		"as documented":    {},
		"before July 2026": {OldHooks: true},
		"checked slowly":   {Checks: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, providertest.Harness{Timeout: time.Minute, Grace: 200 * time.Millisecond, New: func() (providertest.World, error) { return conformanceWorld(form) }})
		})
	}
}

func conformanceWorld(form pingentest.Form) (providertest.World, error) {
	clock := carrierlife.NewClock()
	fake := newFake(clock.Now)
	fake.Shape(form)
	line := &carrierlife.Door{RoundTripper: resttest.Direct{Handler: fake}}
	reopen := func() (courrier.Provider, error) {
		return newProvider(line, clock.Now, nil, func(c *pingen.Config) { c.Retries = -1 })
	}
	provider, err := reopen()
	if err != nil {
		return providertest.World{}, err
	}
	return providertest.World{
		Provider: provider, Reopen: reopen,
		Accepted: func() []courrier.LetterID { return taken(fake) },
		Documents: func(id courrier.LetterID) []courrier.Sum {
			return []courrier.Sum{courrier.SumOf(sent(fake, id).Content)}
		},
		Service: func(id courrier.LetterID) courrier.Service {
			return map[string]courrier.Service{
				"cheap": courrier.ServiceStandard, "fast": courrier.ServicePriority, "premium": courrier.ServiceTracked, "registered": courrier.ServiceRegistered,
			}[sent(fake, id).Product]
		},
		Account: func(id courrier.LetterID) courrier.AccountID {
			return map[string]courrier.AccountID{"client-1": "account-1", "client-2": "account-2"}[sent(fake, id).Client]
		},
		Now: clock.Now,
		Advance: func(d time.Duration) {
			clock.Add(d)
			fake.Tick()
		},
		Fault:    func(f providertest.Fault) bool { return suffer(fake, line, f) },
		Webhooks: func() []providertest.WebhookCall { return calls(fake) },
		Secrets:  []string{signingKey, "secret-1-9930", "secret-2-4471", "bearer-client"},
		InFlight: fake.InFlight,
	}, nil
}

// taken lists the letters behind the counter.
func taken(fake *pingentest.Server) (all []courrier.LetterID) {
	for _, s := range fake.Sent() {
		all = append(all, courrier.LetterID(strings.TrimSuffix(s.FileName, ".pdf")))
	}
	return all
}

func sent(fake *pingentest.Server, id courrier.LetterID) pingentest.Sent {
	for _, s := range fake.Sent() {
		if s.FileName == string(id)+".pdf" {
			return s
		}
	}
	return pingentest.Sent{}
}

func suffer(fake *pingentest.Server, line *carrierlife.Door, f providertest.Fault) bool {
	fake.Heal()
	fake.SetRoute(pingentest.Delivered)
	line.Shut.Store(f == providertest.Unreachable)
	faults := map[providertest.Fault]pingentest.Fault{
		providertest.Reject:      {Kind: pingentest.Refuse, Call: "POST /organisations"},
		providertest.Unavailable: {Kind: pingentest.Gateway},
		providertest.LostAnswer:  {Kind: pingentest.CutAfter, Call: "/send"},
		providertest.NoAnswer:    {Kind: pingentest.HangAfter, Call: "/send"},
		providertest.Silence:     {Kind: pingentest.Hang},
	}
	if fault, ok := faults[f]; ok {
		fake.Fail(fault)
	}
	if f == providertest.Returned {
		fake.SetRoute(pingentest.Undeliverable)
	}
	return f != providertest.Lost // the carrier has no word for it
}

func calls(fake *pingentest.Server) (all []providertest.WebhookCall) {
	for _, c := range fake.Calls() {
		all = append(all, providertest.WebhookCall{Header: c.Header, Body: []byte(c.Body)})
	}
	return all
}
