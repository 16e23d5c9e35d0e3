package mock_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/providers/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	secret := []byte("a secret of the test")
	small := func(c *courrier.Capabilities) { c.MaxBytes = 100_000 } // the full size is tried once
	for name, c := range map[string]struct {
		config mock.Config
		view   func(*mock.Office) courrier.Provider
	}{
		"zero config":  {},
		"signed":       {config: mock.Config{Name: "poste", Secret: secret, Declare: small}},
		"drafting":     {config: mock.Config{Secret: secret, Declare: small}, view: func(o *mock.Office) courrier.Provider { return o.WithDrafts() }},
		"bare":         {config: mock.Config{Declare: small}, view: func(o *mock.Office) courrier.Provider { return o.Bare() }},
		"late visible": {config: mock.Config{VisibleAfter: time.Hour, Declare: small}},
		"limited": {config: mock.Config{Declare: func(c *courrier.Capabilities) {
			c.Services = []courrier.Service{courrier.ServiceStandard, courrier.ServiceRegistered}
			c.Proofs = []courrier.ProofKind{courrier.ProofOfDeposit}
			c.Envelopes, c.Returns = nil, nil
			c.NoColor, c.NoDuplex, c.NoCarrierSheet, c.NoStaple = true, true, true, true
			c.MaxCopies, c.MaxDocuments, c.MaxBytes, c.MaxSheets = 0, 2, 100_000, 5
			c.Reaches = func(_ courrier.Service, a courrier.Address) bool { return a.Zone() == courrier.ZoneMetropolitan }
		}}},
		"noisy": {config: mock.Config{Secret: secret, Declare: small, Script: func(courrier.Submission) mock.Script {
			return mock.Script{Noise: mock.Noise{Duplicated: true, Shuffled: true, UnknownCodes: true}}
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, providertest.Harness{Grace: 50 * time.Millisecond, New: func() (providertest.World, error) {
				return world(mock.New(c.config), c.config, c.view), nil
			}})
		})
	}
}

func TestConformanceOfOpenedOffice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := mock.Config{Declare: func(c *courrier.Capabilities) { c.MaxBytes = 100_000 }}
	var mu sync.Mutex
	n := 0
	providertest.Run(t, providertest.Harness{Grace: 50 * time.Millisecond, New: func() (providertest.World, error) {
		mu.Lock()
		n++
		path := filepath.Join(dir, time.Duration(n).String())
		mu.Unlock()
		office, err := mock.Open(path, cfg)
		if err != nil {
			return providertest.World{}, err
		}
		w := world(office, cfg, nil)
		w.Reopen = func() (courrier.Provider, error) {
			again, err := mock.Open(path, cfg)
			if err == nil {
				t.Cleanup(func() { _ = again.Close() })
			}
			return again, err
		}
		w.Close = func() { _ = office.Close() }
		return w, nil
	}})
}

// world lets the suite look behind the counter of an office.
func world(o *mock.Office, cfg mock.Config, view func(*mock.Office) courrier.Provider) providertest.World {
	var provider courrier.Provider = o
	if view != nil {
		provider = view(o)
	}
	var calls []providertest.WebhookCall
	return providertest.World{
		Provider:  provider,
		Reopen:    func() (courrier.Provider, error) { return provider, nil },
		Accepted:  func() []courrier.LetterID { return ids(o) },
		Service:   func(id courrier.LetterID) courrier.Service { return acceptance(o, id).Service },
		Account:   func(id courrier.LetterID) courrier.AccountID { return acceptance(o, id).Account },
		Documents: func(id courrier.LetterID) []courrier.Sum { return acceptance(o, id).Documents },
		Now:       o.Now,
		Advance:   o.Advance,
		Fault:     func(f providertest.Fault) bool { return suffer(o, cfg, f) },
		Webhooks: func() []providertest.WebhookCall {
			for _, c := range o.Webhooks() {
				calls = append(calls, providertest.WebhookCall{Header: c.Header, Body: c.Body})
			}
			return calls
		},
		Secrets: []string{string(cfg.Secret)},
	}
}

func acceptance(o *mock.Office, id courrier.LetterID) mock.Acceptance {
	for _, a := range o.Accepted() {
		if a.Letter == id {
			return a
		}
	}
	return mock.Acceptance{}
}

func ids(o *mock.Office) []courrier.LetterID {
	var all []courrier.LetterID
	for _, a := range o.Accepted() {
		all = append(all, a.Letter)
	}
	return all
}

func suffer(o *mock.Office, cfg mock.Config, f providertest.Fault) bool {
	disturbances := map[providertest.Fault]mock.Disturbance{providertest.Unavailable: mock.Outage, providertest.Unreachable: mock.Outage, providertest.Silence: mock.Silence}
	scripts := map[providertest.Fault]mock.Script{
		providertest.Reject:     {Answers: []mock.Answer{mock.Reject("no_such_place")}},
		providertest.LostAnswer: {Answers: []mock.Answer{mock.TimeoutAfter}},
		providertest.NoAnswer:   {Answers: []mock.Answer{mock.HangAfter}},
		providertest.Returned:   {Course: mock.Returned(courrier.ReturnUnclaimed)},
		providertest.Lost:       {Course: mock.Lost},
	}
	o.Disturb(disturbances[f])
	o.Script(cfg.Script)
	if script, ok := scripts[f]; ok {
		o.Script(func(courrier.Submission) mock.Script { return script })
	}
	return true
}
