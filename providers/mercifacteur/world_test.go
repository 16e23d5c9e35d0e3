package mercifacteur_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mercifacteur"
	"github.com/courrier-go/courrier/providers/mercifacteur/mercifacteurtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	secret  = "webhook-secret-0123456789"
	hook    = "https://host.test/hooks/mercifacteur"
	baseURL = "https://www.merci-facteur.test" + mercifacteurtest.Base
)

// users are the accounts of these tests.
var users = map[courrier.AccountID]mercifacteur.Credentials{
	"account-1": {ServiceID: "service-1", Key: mercifacteur.NewSecret("key-1-9930"), UserID: 11},
	"account-2": {ServiceID: "service-2", Key: mercifacteur.NewSecret("key-2-4471"), UserID: 22},
}

func credentials(_ context.Context, a courrier.AccountID) (mercifacteur.Credentials, error) {
	c, ok := users[a]
	if !ok {
		return c, errors.New("no such account")
	}
	return c, nil
}

// newFake returns a carrier with both accounts.
func newFake(now func() time.Time) *mercifacteurtest.Server {
	fake := mercifacteurtest.New(mercifacteurtest.Config{Now: now, Webhook: hook, Secret: secret})
	for _, u := range users {
		fake.AddService(u.ServiceID, u.Key.Reveal(), u.UserID)
	}
	return fake
}

func newProvider(line http.RoundTripper, now func() time.Time, log *slog.Logger, changes ...func(*mercifacteur.Config)) (*mercifacteur.Provider, error) {
	cfg := mercifacteur.Config{
		Credentials: credentials, BaseURL: baseURL, Transport: line, WebhookSecrets: []string{secret}, Rate: 1e6, Now: now, Logger: log,
		FileHosts: []string{"merci-facteur.test"},
	}
	for _, change := range changes {
		change(&cfg)
	}
	return mercifacteur.New(cfg)
}

// world is a carrier, an adapter to it, and the wire between them.
type world struct {
	*mercifacteurtest.Server
	clock    *carrierlife.Clock
	recorder *resttest.Recorder
	provider *mercifacteur.Provider
}

func newWorld(t *testing.T, changes ...func(*mercifacteur.Config)) *world {
	t.Helper()
	w := &world{clock: carrierlife.NewClock()}
	w.Server = newFake(w.clock.Now)
	w.recorder = &resttest.Recorder{Next: resttest.Direct{Handler: w.Server}}
	var err error
	w.provider, err = newProvider(w.recorder, w.clock.Now, nil, changes...)
	require.NoError(t, err)
	return w
}

func (w *world) advance(d time.Duration) {
	w.clock.Add(d)
	w.Tick()
}

func (w *world) submit(t *testing.T, s courrier.Submission) courrier.Reference {
	t.Helper()
	at := w.clock.Now()
	r, err := w.provider.Submit(t.Context(), s)
	require.NoError(t, err)
	return courrier.Reference{ID: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, ProviderID: r.ProviderID, AttemptedAt: at}
}

// golden compares text with a file, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the tests with -update")
	require.Equal(t, string(want), got)
}

func bodyOf(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return body
}
