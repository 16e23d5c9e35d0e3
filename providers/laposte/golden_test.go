package laposte_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGoldenRequests holds every body we send to what a person has read and
// checked against Maileva's contracts.
func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]courrier.Submission{
		"standard":              submission(courrier.ServiceStandard),
		"economy-abroad":        abroad(submission(courrier.ServiceEconomy)),
		"priority-no-sender":    anonymous(submission(courrier.ServicePriority)),
		"registered":            submission(courrier.ServiceRegistered),
		"registered-ar-scanned": scanned(submission(courrier.ServiceRegisteredAR)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.send(t, s)
			golden(t, name, transcript(w.fake.Requests()))
		})
	}
}

func TestGoldenSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.provider.Subscribe(t.Context(), "acme", callback)
	require.NoError(t, err)
	_, err = w.provider.Subscribe(t.Context(), "acme", callback)
	require.NoError(t, err)
	golden(t, "subscribe-twice", transcript(w.fake.Requests()))
}

// TestGoldenFollowing holds what is asked of a letter sent: its status, its
// proofs, its bill, and a token renewed on the way.
func TestGoldenFollowing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *laposte.Config) { c.Suivi = nil })
	ref := w.send(t, submission(courrier.ServiceRegisteredAR))
	sent := len(w.fake.Requests())
	w.fake.Advance(2 * time.Hour)
	w.track(t, ref)
	w.fake.Advance(5 * 24 * time.Hour)
	for _, kind := range w.provider.Capabilities().Proofs {
		_, err := w.provider.Proof(t.Context(), ref, kind)
		require.Equal(t, kind == courrier.ProofOfReturn, errors.Is(err, courrier.ErrNotFound))
	}
	collect(t, w.provider.BillingLines(t.Context(), "acme", march, lastOfMarch))
	following := transcript(w.fake.Requests()[sent:])
	golden(t, "following", regexp.MustCompile(`refresh_token=rt-[^&\n]*`).ReplaceAllString(following, "refresh_token=rt-id"))
}

func abroad(s courrier.Submission) courrier.Submission {
	s.Letter.To = courrier.Recipient{Name: "Herr Jürgen Groß", Address: courrier.Address{Unit: "3. OG", Street: "Kurfürstendamm 21", Postcode: "10719", City: "Berlin", Country: "DE"}}
	return s
}

func anonymous(s courrier.Submission) courrier.Submission {
	s.Letter.From = courrier.Sender{}
	s.Letter.Print = &courrier.PrintOptions{Color: true, CarrierSheet: true}
	return s
}

func scanned(s courrier.Submission) courrier.Submission {
	s.Letter.Returns = courrier.ReturnsScanned
	s.Letter.To.Address = courrier.Address{Street: "8 rue de Paris", Postcode: "97400", City: "Saint-Denis", Country: "FR"}
	return s
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// transcript writes requests for reading: ids that the server drew as {id}, JSON
// indented, line ends of forms as they are.
func transcript(all []lapostetest.Request) string {
	var b strings.Builder
	for _, r := range all {
		fmt.Fprintf(&b, "%s %s", r.Method, r.Path)
		if r.Query != "" {
			fmt.Fprintf(&b, "?%s", r.Query)
		}
		fmt.Fprintf(&b, "\nAuthorization: %s\nContent-Type: %s\n\n", strings.SplitN(r.Header.Get("Authorization"), "-", 2)[0], r.Header.Get("Content-Type"))
		var indented bytes.Buffer
		if json.Indent(&indented, r.Body, "", "  ") == nil {
			b.Write(indented.Bytes())
		} else {
			b.Write(r.Body)
		}
		b.WriteString("\n----\n")
	}
	return uuids.ReplaceAllStringFunc(b.String(), func(id string) string {
		if id == string(letterID) {
			return id
		}
		return "{id}"
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run with -update to write it")
	require.Equal(t, string(want), got)
}
