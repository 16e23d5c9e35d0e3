package mercifacteur_test

import (
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mercifacteur"
	"github.com/courrier-go/courrier/providers/mercifacteur/mercifacteurtest"
	"github.com/courrier-go/courrier/providers/providertest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]mercifacteurtest.Form{
		"as documented":  {},
		"the other ways": {ListIDs: true, PDFProofs: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, providertest.Harness{Timeout: time.Minute, Grace: 200 * time.Millisecond, New: func() (providertest.World, error) { return conformanceWorld(form) }})
		})
	}
}

func conformanceWorld(form mercifacteurtest.Form) (providertest.World, error) {
	clock := carrierlife.NewClock()
	fake := newFake(clock.Now)
	fake.Word(form)
	line := &carrierlife.Door{RoundTripper: resttest.Direct{Handler: fake}}
	reopen := func() (courrier.Provider, error) {
		return newProvider(line, clock.Now, nil, func(c *mercifacteur.Config) { c.Retries = -1 })
	}
	provider, err := reopen()
	if err != nil {
		return providertest.World{}, err
	}
	return providertest.World{
		Provider: provider, Reopen: reopen,
		Accepted: func() []courrier.LetterID { return taken(fake) },
		Documents: func(id courrier.LetterID) (sums []courrier.Sum) {
			for _, content := range sent(fake, id).Documents {
				sums = append(sums, courrier.SumOf(content))
			}
			return sums
		},
		Service: func(id courrier.LetterID) courrier.Service {
			return map[string]courrier.Service{"normal": courrier.ServiceStandard, "suivi": courrier.ServiceTracked, "lrare": courrier.ServiceRegisteredAR}[sent(fake, id).Mode]
		},
		Account: func(id courrier.LetterID) courrier.AccountID {
			return map[string]courrier.AccountID{"service-1": "account-1", "service-2": "account-2"}[sent(fake, id).Service]
		},
		Now: clock.Now,
		Advance: func(d time.Duration) {
			clock.Add(d)
			fake.Tick()
		},
		Fault:    func(f providertest.Fault) bool { return suffer(fake, line, f) },
		Webhooks: func() []providertest.WebhookCall { return calls(fake) },
		Secrets:  []string{secret, "key-1-9930", "key-2-4471", "tk-service"},
		InFlight: fake.InFlight,
	}, nil
}

// taken lists the letters behind the counter, by the id that each was sent under.
func taken(fake *mercifacteurtest.Server) (all []courrier.LetterID) {
	for _, s := range fake.Sent() {
		all = append(all, courrier.LetterID(s.Antidoublon))
	}
	return all
}

func sent(fake *mercifacteurtest.Server, id courrier.LetterID) mercifacteurtest.Sent {
	for _, s := range fake.Sent() {
		if s.Antidoublon == string(id) {
			return s
		}
	}
	return mercifacteurtest.Sent{}
}

func suffer(fake *mercifacteurtest.Server, line *carrierlife.Door, f providertest.Fault) bool {
	fake.Heal()
	fake.SetRoute(mercifacteurtest.Delivered)
	line.Shut.Store(f == providertest.Unreachable)
	faults := map[providertest.Fault]mercifacteurtest.Fault{
		providertest.Reject:      {Kind: mercifacteurtest.Refuse, Call: "sendCourrier", Code: "INVALID_DATE_ENVOI"},
		providertest.Unavailable: {Kind: mercifacteurtest.Gateway},
		providertest.LostAnswer:  {Kind: mercifacteurtest.CutAfter, Call: "sendCourrier"},
		providertest.NoAnswer:    {Kind: mercifacteurtest.HangAfter, Call: "sendCourrier"},
		providertest.Silence:     {Kind: mercifacteurtest.Hang},
	}
	if fault, ok := faults[f]; ok {
		fake.Fail(fault)
	}
	if f == providertest.Returned {
		fake.SetRoute(mercifacteurtest.Unclaimed)
	}
	return f != providertest.Lost // the carrier has no word for it
}

func calls(fake *mercifacteurtest.Server) (all []providertest.WebhookCall) {
	for _, c := range fake.Calls() {
		all = append(all, providertest.WebhookCall{Header: c.Header, Body: []byte(c.Body)})
	}
	return all
}
