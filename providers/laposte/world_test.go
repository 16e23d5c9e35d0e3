package laposte_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

var login = laposte.BasicAuth{Login: "courrier", Password: "hook-secret-5501"}

var credentials = laposte.Credentials{ClientID: "appli.courrier", ClientSecret: "client-secret-8830", Username: "compta@brehat.example", Password: "user-secret-2291"}

const okapiKey = "okapi-key-7716"

const callback = "https://host.example/hooks/laposte"

// world is a fake carrier with an adapter to it.
type world struct {
	fake     *lapostetest.Server
	provider *laposte.Provider
	asked    *atomic.Int32 // how often the credentials were asked for
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// created answers 201 to every webhook call.
var created = roundTrip(func(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusCreated, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
})

func newFake(o lapostetest.Options) *lapostetest.Server {
	if o.Webhooks == nil {
		o.Webhooks = created
	}
	fake := lapostetest.New(o)
	fake.AddUser(credentials.Username, credentials.Password, credentials.ClientID, credentials.ClientSecret)
	fake.AddKey(okapiKey)
	return fake
}

func endpoints(fake *lapostetest.Server) laposte.Endpoints {
	return laposte.Endpoints{
		Token: fake.URL + lapostetest.TokenPath, Mail: fake.URL + lapostetest.MailPath,
		RegisteredMail: fake.URL + lapostetest.RegisteredPath, Notifications: fake.URL + lapostetest.NotificationsPath,
		Billing: fake.URL + lapostetest.BillingPath,
	}
}

func newSuivi(fake *lapostetest.Server, transport http.RoundTripper) (*laposte.Suivi, error) {
	return laposte.NewSuivi(laposte.SuiviConfig{
		Transport: transport, Key: okapiKey, BaseURL: fake.URL + lapostetest.SuiviPath, Quota: laposte.Quota{Calls: 2000, Per: time.Second}, Now: fake.Now,
	})
}

func newProvider(fake *lapostetest.Server, change func(*laposte.Config)) (*laposte.Provider, error) {
	suivi, err := newSuivi(fake, nil)
	if err != nil {
		return nil, err
	}
	cfg := laposte.Config{
		Credentials: laposte.StaticCredentials(credentials), Endpoints: endpoints(fake), Webhook: login, Suivi: suivi, Now: fake.Now,
	}
	if change != nil {
		change(&cfg)
	}
	return laposte.New(cfg)
}

func newWorld(t *testing.T, changes ...func(*laposte.Config)) world {
	t.Helper()
	w := world{fake: newFake(lapostetest.Options{}), asked: new(atomic.Int32)}
	t.Cleanup(w.fake.Close)
	var err error
	w.provider, err = newProvider(w.fake, func(c *laposte.Config) {
		c.Credentials = func(context.Context, courrier.AccountID) (laposte.Credentials, error) {
			w.asked.Add(1)
			return credentials, nil
		}
		for _, change := range changes {
			change(c)
		}
	})
	require.NoError(t, err)
	return w
}

const letterID courrier.LetterID = "0195a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"

func pdf(text string) []byte {
	return []byte("%PDF-1.4\n% " + text + "\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
}

// submission is a letter of a service that Maileva takes.
func submission(s courrier.Service) courrier.Submission {
	body, annex := courrier.NewDocument("facture.pdf", pdf("body")), courrier.NewDocument("cgv.pdf", pdf("annex"))
	body.Pages, annex.Pages = 1, 2
	return courrier.Submission{ID: letterID, Letter: courrier.Letter{
		Account: "acme", Key: "INV-1042", Service: s, Purpose: courrier.PurposeInvoice,
		To: courrier.Recipient{Company: "Boulangerie Martin SARL", Attention: "Mme Zoé Quillévéré", Address: courrier.Address{
			Building: "Résidence des Peupliers", Street: "12 rue des Lilas", Box: "BP 356", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From: courrier.Sender{Company: "Ateliers Bréhat SARL", Address: courrier.Address{
			Street: "4 impasse du Verger", Postcode: "75011", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{body, annex},
		Print:     &courrier.PrintOptions{Duplex: true},
	}}
}

// send drafts and submits a letter and returns its reference.
func (w world) send(t *testing.T, s courrier.Submission) courrier.Reference {
	t.Helper()
	var err error
	s.Draft, err = w.provider.Draft(t.Context(), s)
	require.NoError(t, err)
	at := w.fake.Now()
	receipt, err := w.provider.Submit(t.Context(), s)
	require.NoError(t, err)
	return courrier.Reference{
		ID: s.ID, Account: s.Letter.Account, Service: s.Letter.Service, ProviderID: receipt.ProviderID, Draft: s.Draft, AttemptedAt: at,
	}
}

func (w world) track(t *testing.T, refs ...courrier.Reference) []courrier.TrackingEvent {
	t.Helper()
	events, err := w.provider.Track(t.Context(), refs)
	require.NoError(t, err)
	return events
}

// requests counts the calls that arrived with a method and an end of the path.
func requests(fake *lapostetest.Server, method string, matches func(path string) bool) int {
	return len(slices.DeleteFunc(fake.Requests(), func(r lapostetest.Request) bool { return r.Method != method || !matches(r.Path) }))
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r, ContentLength: int64(len(body)),
	}
}

func decodeJSON(resp *http.Response, v any) error {
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

func bytesReader(b []byte) io.Reader { return bytes.NewReader(b) }
