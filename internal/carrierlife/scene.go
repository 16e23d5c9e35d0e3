package carrierlife

import (
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// Clock is a clock that moves when told.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that stands on a working morning.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Add moves the clock on.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Door is the line to a fake; shut, it refuses connections.
type Door struct {
	http.RoundTripper
	Shut atomic.Bool
}

// RoundTrip implements [http.RoundTripper].
func (d *Door) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.Shut.Load() && r.Context().Err() == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	return d.RoundTripper.RoundTrip(r)
}

// Edited is a carrier that does what it is asked and words some of its answers anew.
// An Edit that returns 0 leaves the answer as it is.
type Edited struct {
	Handler http.Handler
	Edit    func(r *http.Request, status int, body string) (int, string)
}

// ServeHTTP implements [http.Handler].
func (e Edited) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	e.Handler.ServeHTTP(answer, r)
	status, body := e.Edit(r, answer.Code, answer.Body.String())
	if status == 0 {
		status, body = answer.Code, answer.Body.String()
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// LetterID is that of [Submission].
const LetterID courrier.LetterID = "0195a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"

// Submission is a letter of [Account] about one invoice, of a page.
func Submission(s courrier.Service) courrier.Submission {
	doc := courrier.NewDocument("facture-martin.pdf", []byte("%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n%%EOF\n"))
	doc.Pages = 1
	return courrier.Submission{ID: LetterID, Letter: courrier.Letter{
		Account: Account, Key: "INV-1042/notice", Service: s,
		To: courrier.Recipient{Company: "Boulangerie Martin SARL", Attention: "Mme Zoé Martin", Address: courrier.Address{
			Building: "Bâtiment B", Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From: courrier.Sender{Company: "Ateliers Bréhat SARL", Address: courrier.Address{
			Street: "4 impasse du Verger", Postcode: "75011", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{doc},
		Print:     &courrier.PrintOptions{},
	}}
}

// Kinds are the kinds of error that a carrier may answer with.
var Kinds = []error{
	courrier.ErrInvalid, courrier.ErrNotFound, courrier.ErrConflict, courrier.ErrDenied, courrier.ErrInsufficientCredit,
	courrier.ErrUnsupported, courrier.ErrRejected, courrier.ErrUnavailable, courrier.ErrInDoubt,
}

// RequireKind checks that an error is of one kind and of no other.
func RequireKind(t *testing.T, want, err error) {
	t.Helper()
	for _, k := range Kinds {
		require.Equal(t, k == want, errors.Is(err, k), "%v: is it %v?", err, k)
	}
}
