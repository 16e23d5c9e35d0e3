package mysendingbox_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	account = courrier.AccountID("acme")
	secret  = "webhook-secret-0123456789"
)

// world is a carrier, an adapter to it, and the wire between them.
type world struct {
	*mysendingboxtest.Server
	clock    *carrierlife.Clock
	wire     *mysendingboxtest.Transport
	recorder *recorder
	provider *mysendingbox.Provider
}

func newWorld(t testing.TB, change func(*mysendingbox.Config)) *world {
	t.Helper()
	w, err := makeWorld(change)
	require.NoError(t, err)
	return w
}

func makeWorld(change func(*mysendingbox.Config)) (*world, error) {
	w := &world{clock: carrierlife.NewClock()}
	w.Server = mysendingboxtest.New(mysendingboxtest.Config{Now: w.clock.Now, WebhookURL: "https://courrier:" + secret + "@host.test/webhooks/mysendingbox"})
	w.wire = &mysendingboxtest.Transport{Server: w.Server}
	w.recorder = &recorder{next: w.wire}
	cfg := mysendingbox.Config{
		Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), Live: true, Transport: w.recorder,
		Rate: 1e6, WebhookSecrets: []string{secret}, Now: w.clock.Now,
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	w.provider, err = mysendingbox.New(cfg)
	return w, err
}

// advance moves the clock and lets happen what is due.
func (w *world) advance(d time.Duration) {
	w.clock.Add(d)
	w.Tick()
}

// submit hands over a letter that must be accepted.
func (w *world) submit(t testing.TB, s courrier.Submission) courrier.Reference {
	t.Helper()
	receipt, err := w.provider.Submit(t.Context(), s)
	require.NoError(t, err)
	return reference(s, receipt)
}

func reference(s courrier.Submission, r courrier.Receipt) courrier.Reference {
	return courrier.Reference{ID: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, ProviderID: r.ProviderID}
}

// submission is carrierlife's, with an id of its own and metadata that stay with the host.
func submission(id courrier.LetterID, service courrier.Service) courrier.Submission {
	s := carrierlife.Submission(service)
	s.ID, s.Letter.Account = id, account
	s.Letter.Metadata = map[string]string{"dossier": "confidential-7194"}
	return s
}

// recorder keeps every request as text, without the key.
type recorder struct {
	next http.RoundTripper
	mu   sync.Mutex
	sent []string
}

// RoundTrip implements [http.RoundTripper].
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	r.sent = append(r.sent, dump(req, body))
	r.mu.Unlock()
	again := req.Clone(req.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return r.next.RoundTrip(again)
}

var basic = regexp.MustCompile(`Basic \S+`)

func dump(req *http.Request, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", req.Method, req.URL)
	var names []string
	for name := range req.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, basic.ReplaceAllString(strings.Join(req.Header[name], ", "), "Basic [key]"))
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, "Content-Length: %d\n\n%s\n", req.ContentLength, strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
	return b.String()
}

// take returns what was sent since the last take.
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := strings.Join(r.sent, "\n")
	r.sent = nil
	return all
}

// golden compares text with a file, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the tests with -update")
	require.Equal(t, string(want), got)
}

// collect reads a list to its end.
func collect[T any](t *testing.T, seq func(func(T, error) bool)) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		require.NoError(t, err)
		all = append(all, v)
	}
	return all
}
