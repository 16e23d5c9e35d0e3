package pingen_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/pingen"
	"github.com/courrier-go/courrier/providers/pingen/pingentest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	signingKey = "signing-key-0123456789"
	hook       = "https://host.test/hooks/pingen"
	host       = "https://pingen.test"
)

// apps are the accounts of these tests.
var apps = map[courrier.AccountID]pingen.Credentials{
	"account-1": {ClientID: "client-1", Secret: pingen.NewSecret("secret-1-9930"), Organisation: "org-1"},
	"account-2": {ClientID: "client-2", Secret: pingen.NewSecret("secret-2-4471"), Organisation: "org-2"},
}

func credentials(_ context.Context, a courrier.AccountID) (pingen.Credentials, error) {
	c, ok := apps[a]
	if !ok {
		return c, errors.New("no such account")
	}
	return c, nil
}

// newFake returns a carrier with both accounts.
func newFake(now func() time.Time) *pingentest.Server {
	fake := pingentest.New(pingentest.Config{Now: now, Webhook: hook, SigningKey: signingKey})
	for _, a := range apps {
		fake.AddClient(a.ClientID, a.Secret.Reveal(), a.Organisation)
	}
	return fake
}

func newProvider(line http.RoundTripper, now func() time.Time, log *slog.Logger, changes ...func(*pingen.Config)) (*pingen.Provider, error) {
	cfg := pingen.Config{
		Credentials: credentials, Endpoints: pingen.Endpoints{API: host, Identity: host}, Transport: line, Rate: 1e6, WebhookKeys: []string{"another-key-0123456789", signingKey}, Now: now, Logger: log,
		Products: map[courrier.Service]string{courrier.ServiceTracked: "premium", courrier.ServiceRegistered: "registered"},
	}
	for _, change := range changes {
		change(&cfg)
	}
	return pingen.New(cfg)
}

// world is a carrier, an adapter to it, and the wire between them.
type world struct {
	*pingentest.Server
	clock    *carrierlife.Clock
	recorder *resttest.Recorder
	provider *pingen.Provider
}

func newWorld(t *testing.T, changes ...func(*pingen.Config)) *world {
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

// draft makes a draft of a letter, with what is known of it then.
func (w *world) draft(t *testing.T, s courrier.Submission) (courrier.Submission, courrier.Reference) {
	t.Helper()
	var err error
	s.Draft, err = w.provider.Draft(t.Context(), s)
	require.NoError(t, err)
	return s, courrier.Reference{ID: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, Draft: s.Draft, AttemptedAt: w.clock.Now()}
}

func (w *world) submit(t *testing.T, s courrier.Submission) courrier.Reference {
	t.Helper()
	s, ref := w.draft(t, s)
	r, err := w.provider.Submit(t.Context(), s)
	require.NoError(t, err)
	ref.ProviderID = r.ProviderID
	return ref
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
