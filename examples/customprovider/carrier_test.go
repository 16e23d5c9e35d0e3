package customprovider_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/examples/customprovider"
	"github.com/courrier-go/courrier/providers/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, providertest.Harness{New: func() (providertest.World, error) { return newPrinter().world(), nil }})
}

// keyed adds the header by which net/http takes a request for repeatable.
type keyed struct{ http.RoundTripper }

func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Idempotency-Key", "x")
	return k.RoundTripper.RoundTrip(r)
}

// TestTransportThatRepeats: a carrier that ignores the key prints twice, and the
// suite must see it, although no line of the adapter repeats anything.
func TestTransportThatRepeats(t *testing.T) {
	t.Parallel()
	outcomes := providertest.Check(t.Context(), providertest.Harness{New: func() (providertest.World, error) {
		p := newPrinter()
		w := p.world()
		w.Provider = customprovider.Carrier{BaseURL: p.URL, Client: &http.Client{Transport: keyed{p.Client().Transport}}}
		return w, nil
	}}, "submit/lost answer")
	require.Len(t, outcomes, 1)
	require.Contains(t, strings.Join(outcomes[0].Problems, "\n"), "accepted the letter 2 times")
}

// printer is a faithful fake of the carrier's side.
type printer struct {
	*httptest.Server
	mu       sync.Mutex
	fault    providertest.Fault
	now      time.Time
	accepted []courrier.LetterID
	at       map[courrier.LetterID]time.Time
}

func newPrinter() *printer {
	p := &printer{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), at: make(map[courrier.LetterID]time.Time)}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /letters/{id}", p.put)
	mux.HandleFunc("GET /letters/{id}", p.get)
	p.Server = httptest.NewServer(p.faulty(mux))
	return p
}

func (p *printer) world() providertest.World {
	carrier := customprovider.Carrier{BaseURL: p.URL, Client: &http.Client{Transport: &http.Transport{DialContext: p.dial}}}
	return providertest.World{
		Provider: carrier,
		Reopen:   func() (courrier.Provider, error) { return carrier, nil },
		Accepted: func() []courrier.LetterID {
			p.mu.Lock()
			defer p.mu.Unlock()
			return append([]courrier.LetterID(nil), p.accepted...)
		},
		Now: func() time.Time {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.now
		},
		Advance: func(d time.Duration) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.now = p.now.Add(d)
		},
		Fault: func(f providertest.Fault) bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.fault = f
			if f == providertest.Unreachable {
				p.CloseClientConnections()
			}
			return f != providertest.Returned && f != providertest.Lost
		},
		Close: p.Close,
	}
}

func (p *printer) suffers() providertest.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault
}

// dial connects to the printer, unless its port is closed.
func (p *printer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if p.suffers() == providertest.Unreachable {
		addr = "127.0.0.1:1"
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// faulty puts the faults before the printer.
func (p *printer) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p.suffers() {
		case providertest.Unavailable:
			w.WriteHeader(http.StatusServiceUnavailable)
		case providertest.Silence:
			_, _ = io.Copy(io.Discard, r.Body) // the server notices a caller who leaves only then
			<-r.Context().Done()
		case providertest.LostAnswer:
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case providertest.NoAnswer:
			next.ServeHTTP(httptest.NewRecorder(), r)
			<-r.Context().Done()
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (p *printer) put(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Address   []string
		Documents [][]byte
	}
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil || len(order.Address) < 3 || len(order.Documents) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if p.suffers() == providertest.Reject {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": "bad_address", "message": "no such place", "address": order.Address})
		return
	}
	p.mu.Lock()
	id := courrier.LetterID(r.PathValue("id"))
	p.accepted = append(p.accepted, id)
	p.at[id] = p.now
	p.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"id": "job-" + string(id)})
}

func (p *printer) get(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := courrier.LetterID(r.PathValue("id"))
	at, ok := p.at[id]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "no_such_letter"})
		return
	}
	var events []map[string]any
	for i, code := range []string{"received", "weighed", "printed", "handed_over"} {
		if when := at.Add(time.Duration(i) * 6 * time.Hour); !when.After(p.now) {
			events = append(events, map[string]any{"code": code, "at": when})
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"id": "job-" + string(id), "events": events})
}
