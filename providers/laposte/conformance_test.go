package laposte_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
	"github.com/courrier-go/courrier/providers/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, providertest.Harness{New: conformanceWorld})
}

func conformanceWorld() (providertest.World, error) {
	fake := newFake(lapostetest.Options{Twice: true})
	provider, err := newProvider(fake, nil)
	if err != nil {
		return providertest.World{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := provider.Subscribe(ctx, "account-1", callback); err != nil {
		return providertest.World{}, err
	}
	return providertest.World{
		Provider: provider,
		Accepted: func() []courrier.LetterID { return acceptedBy(fake) },
		Reopen:   func() (courrier.Provider, error) { return newProvider(fake, nil) },
		Now:      fake.Now,
		Advance:  fake.Advance,
		Fault:    func(f providertest.Fault) bool { return suffer(fake, f) },
		Webhooks: func() []providertest.WebhookCall { return webhookCalls(fake) },
		Secrets:  []string{credentials.ClientSecret, credentials.Username, credentials.Password, login.Password, okapiKey},
		InFlight: fake.InFlight,
		Close:    fake.Close,
	}, nil
}

func acceptedBy(fake *lapostetest.Server) []courrier.LetterID {
	var all []courrier.LetterID
	for _, s := range fake.Submitted() {
		for range s.Recipients {
			all = append(all, courrier.LetterID(s.CustomID))
		}
	}
	return all
}

// suffer puts a fault of the suite in force at the fake.
func suffer(fake *lapostetest.Server, f providertest.Fault) bool {
	fake.Heal()
	fake.SetOutcome(lapostetest.Delivered)
	switch f {
	case providertest.NoFault:
	case providertest.Reject:
		fake.Fail(lapostetest.CallRecipient, lapostetest.Refused, -1)
	case providertest.Unavailable:
		fake.Fail(lapostetest.CallAny, lapostetest.Unavailable, -1)
	case providertest.LostAnswer:
		fake.Fail(lapostetest.CallSubmit, lapostetest.CutAfter, -1)
	case providertest.Silence:
		fake.Fail(lapostetest.CallAny, lapostetest.Hang, -1)
	case providertest.Returned:
		fake.SetOutcome(lapostetest.Unclaimed)
	default:
		return false
	}
	return true
}

func webhookCalls(fake *lapostetest.Server) []providertest.WebhookCall {
	var all []providertest.WebhookCall
	for _, c := range fake.WebhookCalls() {
		all = append(all, providertest.WebhookCall{Header: maps.Clone(c.Header), Body: c.Body})
	}
	return all
}
