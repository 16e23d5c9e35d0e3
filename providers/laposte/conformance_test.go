package laposte_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
	"github.com/courrier-go/courrier/providers/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, providertest.Harness{New: conformanceWorld})
}

func conformanceWorld() (providertest.World, error) {
	fake := newFake(lapostetest.Options{Twice: true})
	fake.AddUser(second.Username, second.Password, second.ClientID, second.ClientSecret)
	users := func(c *laposte.Config) {
		c.Credentials = func(_ context.Context, account courrier.AccountID) (laposte.Credentials, error) {
			if account == "account-2" {
				return second, nil
			}
			return credentials, nil
		}
	}
	provider, err := newProvider(fake, users)
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
		Reopen:   func() (courrier.Provider, error) { return newProvider(fake, users) },
		Documents: func(id courrier.LetterID) (sums []courrier.Sum) {
			for _, content := range submitted(fake, id).Documents {
				sums = append(sums, courrier.SumOf(content))
			}
			return sums
		},
		Service: func(id courrier.LetterID) courrier.Service { return serviceOf(submitted(fake, id)) },
		Account: func(id courrier.LetterID) courrier.AccountID {
			return map[string]courrier.AccountID{credentials.Username: "account-1", second.Username: "account-2"}[submitted(fake, id).User]
		},
		Now:      fake.Now,
		Advance:  fake.Advance,
		Fault:    func(f providertest.Fault) bool { return suffer(fake, f) },
		Webhooks: func() []providertest.WebhookCall { return webhookCalls(fake) },
		Secrets:  []string{credentials.ClientSecret, credentials.Username, credentials.Password, login.Password, okapiKey},
		InFlight: fake.InFlight,
		Close:    fake.Close,
	}, nil
}

// second is the user of another account.
var second = laposte.Credentials{ClientID: "appli.courrier", ClientSecret: "client-secret-8830", Username: "compta@second.example", Password: "user-secret-7730"}

func submitted(fake *lapostetest.Server, id courrier.LetterID) lapostetest.Submission {
	for _, s := range fake.Submitted() {
		if s.CustomID == string(id) {
			return s
		}
	}
	return lapostetest.Submission{}
}

// serviceOf tells what Maileva would post, from what it was sent alone.
func serviceOf(s lapostetest.Submission) courrier.Service {
	switch {
	case s.Registered && s.Receipt:
		return courrier.ServiceRegisteredAR
	case s.Registered:
		return courrier.ServiceRegistered
	}
	return map[string]courrier.Service{"FAST": courrier.ServiceStandard, "ECONOMIC": courrier.ServiceEconomy, "URGENT": courrier.ServicePriority}[s.Postage]
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
