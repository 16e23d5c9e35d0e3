package mysendingbox_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
	"github.com/courrier-go/courrier/providers/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, providertest.Harness{New: conformanceWorld})
}

// conformanceWorld puts the fake behind a real socket.
func conformanceWorld() (providertest.World, error) {
	w, err := makeWorld(nil)
	if err != nil {
		return providertest.World{}, err
	}
	server := httptest.NewServer(w.Server)
	door := newDoor()
	keys := map[courrier.AccountID]string{"account-1": mysendingboxtest.LiveKey, "account-2": "5d2c0000-second-company"}
	w.AddCompany("", keys["account-2"])
	reopen := func() (courrier.Provider, error) {
		return mysendingbox.New(mysendingbox.Config{
			Credentials: func(_ context.Context, a courrier.AccountID) (mysendingbox.Key, error) {
				return mysendingbox.NewKey(keys[a]), nil
			}, Live: true, BaseURL: server.URL, Transport: &door.pool,
			Rate: 1e6, Retries: -1, WebhookSecrets: []string{secret}, Now: w.clock.Now,
		})
	}
	provider, err := reopen()
	if err != nil {
		return providertest.World{}, err
	}
	return providertest.World{
		Provider: provider,
		Reopen:   reopen,
		Accepted: func() []courrier.LetterID {
			var all []courrier.LetterID
			for _, id := range w.Accepted(mysendingbox.MetadataKey) {
				all = append(all, courrier.LetterID(id))
			}
			return all
		},
		Documents: func(id courrier.LetterID) (sums []courrier.Sum) {
			for _, content := range taken(w, id).Files {
				sums = append(sums, courrier.SumOf(content))
			}
			return sums
		},
		Service:  func(id courrier.LetterID) courrier.Service { return serviceOf(taken(w, id).Fields) },
		Account:  func(id courrier.LetterID) courrier.AccountID { return accountOf(keys, taken(w, id).Key) },
		Now:      w.clock.Now,
		Advance:  func(d time.Duration) { w.advance(d) },
		Fault:    func(f providertest.Fault) bool { return suffer(w, door, f) },
		Webhooks: func() []providertest.WebhookCall { return calls(w) },
		Secrets:  []string{mysendingboxtest.LiveKey, secret},
		InFlight: w.InFlight,
		Close: func() {
			door.close(false)
			server.Close()
		},
	}, nil
}

func taken(w *world, id courrier.LetterID) mysendingboxtest.Taken {
	for _, l := range w.Letters() {
		if l.Metadata[mysendingbox.MetadataKey] == string(id) {
			return l
		}
	}
	return mysendingboxtest.Taken{}
}

// serviceOf tells what the carrier would post, from what it was sent alone.
func serviceOf(form map[string]string) courrier.Service {
	return map[string]courrier.Service{
		"verte": courrier.ServiceStandard, "ecopli": courrier.ServiceEconomy, "prioritaire": courrier.ServicePriority,
		"lr": courrier.ServiceRegistered, "lrar": courrier.ServiceRegisteredAR,
	}[form["postage_type"]]
}

func accountOf(keys map[courrier.AccountID]string, key string) courrier.AccountID {
	for account, k := range keys {
		if k == key {
			return account
		}
	}
	return ""
}

// suffer translates the suite's faults into the fake's.
func suffer(w *world, d *door, f providertest.Fault) bool {
	w.Heal()
	w.SetRoute(mysendingboxtest.Delivered)
	d.close(false)
	switch f {
	case providertest.NoFault:
	case providertest.Reject:
		w.Fail(mysendingboxtest.Fault{Kind: mysendingboxtest.Quote, Method: http.MethodPost, Path: "/letters"})
	case providertest.Unavailable:
		d.close(true)
	case providertest.LostAnswer:
		w.Fail(mysendingboxtest.Fault{Kind: mysendingboxtest.AcceptThenReset, Method: http.MethodPost, Path: "/letters"})
	case providertest.Silence:
		w.Fail(mysendingboxtest.Fault{Kind: mysendingboxtest.Hang})
	case providertest.Returned:
		w.SetRoute(mysendingboxtest.Returned)
	case providertest.Lost:
		w.SetRoute(mysendingboxtest.Lost)
	default:
		return false
	}
	return true
}

func calls(w *world) []providertest.WebhookCall {
	var all []providertest.WebhookCall
	for _, d := range w.Deliveries() {
		all = append(all, providertest.WebhookCall{Header: d.Header, Body: d.Body})
	}
	return all
}

// door is what every connection passes; shut, it refuses them.
type door struct {
	pool http.Transport
	shut atomic.Bool
}

func newDoor() *door {
	d := &door{}
	d.pool.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if d.shut.Load() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	return d
}

func (d *door) close(shut bool) {
	d.shut.Store(shut)
	d.pool.CloseIdleConnections()
}
