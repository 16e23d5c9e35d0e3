package pingen_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
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

// clock is a clock that moves when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
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
	clock    *clock
	recorder *resttest.Recorder
	provider *pingen.Provider
}

func newWorld(t *testing.T, changes ...func(*pingen.Config)) *world {
	t.Helper()
	w := &world{clock: newClock()}
	w.Server = newFake(w.clock.now)
	w.recorder = &resttest.Recorder{Next: resttest.Direct{Handler: w.Server}}
	var err error
	w.provider, err = newProvider(w.recorder, w.clock.now, nil, changes...)
	require.NoError(t, err)
	return w
}

func (w *world) advance(d time.Duration) {
	w.clock.add(d)
	w.Tick()
}

const letterID courrier.LetterID = "0195a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"

func submission(s courrier.Service) courrier.Submission {
	doc := courrier.NewDocument("facture-martin.pdf", []byte("%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF\n"))
	doc.Pages = 1
	return courrier.Submission{ID: letterID, Letter: courrier.Letter{
		Account: "account-1", Key: "INV-1042/notice", Service: s,
		To: courrier.Recipient{Company: "Boulangerie Martin SARL", Attention: "Mme Zoé Martin", Address: courrier.Address{
			Building: "Bâtiment B", Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From: courrier.Sender{Company: "Ateliers Bréhat SARL", Address: courrier.Address{
			Street: "4 impasse du Verger", Postcode: "75011", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{doc},
		Print:     &courrier.PrintOptions{},
	}}
}

// draft makes a draft of a letter, with what is known of it then.
func (w *world) draft(t *testing.T, s courrier.Submission) (courrier.Submission, courrier.Reference) {
	t.Helper()
	var err error
	s.Draft, err = w.provider.Draft(t.Context(), s)
	require.NoError(t, err)
	return s, courrier.Reference{ID: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, Draft: s.Draft, AttemptedAt: w.clock.now()}
}

func (w *world) submit(t *testing.T, s courrier.Submission) courrier.Reference {
	t.Helper()
	s, ref := w.draft(t, s)
	r, err := w.provider.Submit(t.Context(), s)
	require.NoError(t, err)
	ref.ProviderID = r.ProviderID
	return ref
}

var kinds = []error{
	courrier.ErrInvalid, courrier.ErrNotFound, courrier.ErrConflict, courrier.ErrDenied, courrier.ErrInsufficientCredit,
	courrier.ErrUnsupported, courrier.ErrRejected, courrier.ErrUnavailable, courrier.ErrInDoubt,
}

// requireKind checks that an error is of one kind and of no other.
func requireKind(t *testing.T, want, err error) {
	t.Helper()
	for _, k := range kinds {
		require.Equal(t, k == want, errors.Is(err, k), "%v: is it %v?", err, k)
	}
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
