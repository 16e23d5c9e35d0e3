// Package mysendingboxtest is a stand-in for the MySendingBox HTTP API, faithful
// to what is known of it, for tests and examples. It is an [http.Handler] on a
// clock of the caller's, and it can be told to fail.
//
//	fake := mysendingboxtest.New(mysendingboxtest.Config{Now: clock})
//	carrier, err := mysendingbox.New(mysendingbox.Config{
//		Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.LiveKey)), Live: true, Now: clock,
//		Transport: &mysendingboxtest.Transport{Server: fake},
//	})
package mysendingboxtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// Config sets the fake up. Its zero value is a carrier with one company.
type Config struct {
	Now func() time.Time // nil: time.Now
	// WebhookURL is where the first company is called; empty: nowhere. A user
	// and password in it are sent as Basic, as the carrier does.
	WebhookURL string
	// CancellationWindow is how long a letter may be cancelled; 0: 30 minutes.
	CancellationWindow time.Duration
}

// The keys of the company that every fake begins with, and the partner's.
const (
	TestKey    = "test_7f3b1c52-0d2e-4a57-9d43-1f0e5a6b8c01"
	LiveKey    = "5d2c9b7e-6a41-4f7c-8b0e-2c9f7d1a3e02"
	PartnerKey = "c0ffee00-1111-4222-8333-444455556666"
)

// Server is the carrier. It is safe for concurrent use.
type Server struct {
	cfg      Config
	inFlight atomic.Int64
	troubles resttest.Troubles[Fault]

	mu         sync.Mutex
	seq        int
	companies  map[string]*company // by key
	letters    []*letter
	replies    map[string]reply // by key and idempotency key
	files      map[string][]byte
	invoices   []map[string]any
	deliveries []*Delivery
	behaviour  Behaviour
	route      Route
	limit      int
	recent     []time.Time
	requests   []Request
}

type company struct {
	id, email, testKey, liveKey, webhook string
	partner                              bool
}

type reply struct {
	at     time.Time
	status int
	body   []byte
}

// Request is one request that arrived, whatever became of it.
type Request struct {
	Method, Path string
	Status       int // 0: no answer
}

// New returns a carrier that has taken nothing yet.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.CancellationWindow == 0 {
		cfg.CancellationWindow = 30 * time.Minute
	}
	s := &Server{cfg: cfg, companies: map[string]*company{}, replies: map[string]reply{}, files: map[string][]byte{}}
	s.add(&company{id: s.id("Co"), email: "contact@example.fr", testKey: TestKey, liveKey: LiveKey, webhook: cfg.WebhookURL})
	s.add(&company{id: s.id("Co"), email: "partner@example.fr", liveKey: PartnerKey, partner: true})
	return s
}

func (s *Server) add(c *company) {
	for _, k := range []string{c.testKey, c.liveKey} {
		if k != "" {
			s.companies[k] = c
		}
	}
}

// id returns a short opaque id, as the carrier's look.
func (s *Server) id(prefix string) string {
	s.seq++
	return fmt.Sprintf("%s%07d", prefix, s.seq)
}

// AddCompany adds a company with its two keys, either of which may be empty.
func (s *Server) AddCompany(testKey, liveKey string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(&company{id: s.id("Co"), email: "other@example.fr", testKey: testKey, liveKey: liveKey, webhook: s.cfg.WebhookURL})
}

// RevokeKey makes the carrier refuse a key from now on.
func (s *Server) RevokeKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.companies, key)
}

// Limit makes the carrier answer 429 to more than n requests within any second;
// 0 lifts the limit.
func (s *Server) Limit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = n
}

// Behaviour is how the carrier does what its documentation leaves open.
type Behaviour struct {
	IgnoreFilters bool // lists take no notice of their filters
	OtherFilters  bool // filters by metadata are written otherwise, and match no letter
	IgnoreOffset  bool // lists begin at the first letter, whatever was asked
	NoTotal       bool // lists do not state their total
	PageSize      int  // most letters on a page; 0: 50
	NoIdempotency bool // the idempotency key is ignored
	ExtraKeys     bool // unknown keys and unusual types in answers
	MalformedIs422,
	WrongMode bool // letters come back of the other mode than their key
}

// Behave changes the behaviour.
func (s *Server) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour = b
}

// Requests returns every request that arrived so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// InFlight counts the requests being served.
func (s *Server) InFlight() int { return int(s.inFlight.Load()) }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	status := 0
	s.mu.Lock()
	s.requests = append(s.requests, Request{Method: r.Method, Path: r.URL.Path})
	n := len(s.requests) - 1
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.requests[n].Status = status
		s.mu.Unlock()
	}()
	fault := s.fault(r)
	if fault.suffer(w, r, &status) {
		return
	}
	rep := s.answer(r)
	if fault.loseAnswer(w, r, &status) {
		return
	}
	status = rep.status
	for k, v := range rep.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(rep.body)
}

// response is what a request is answered.
type response struct {
	status int
	body   []byte
	header map[string]string
}

func ok(v any) response {
	b, err := json.Marshal(v)
	if err != nil {
		panic("mysendingboxtest: answers always marshal: " + err.Error())
	}
	return response{status: http.StatusOK, body: b, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}}
}

func refuse(status int, format string, args ...any) response {
	r := ok(map[string]any{"error": map[string]any{"message": fmt.Sprintf(format, args...), "status_code": status}})
	r.status = status
	return r
}

// caller is who calls, on what company's behalf.
type caller struct {
	*company
	key  string
	mode string
	base string // of links to files
}

func (s *Server) answer(r *http.Request) response {
	if id, ok := strings.CutPrefix(r.URL.Path, "/files/"); ok && r.Method == http.MethodGet {
		return s.file(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if rep, limited := s.limited(); limited {
		return rep
	}
	c, ok := s.caller(r)
	if !ok {
		return refuse(http.StatusUnauthorized, "Your API key is not valid.")
	}
	return s.dispatch(r, c)
}

func (s *Server) limited() (response, bool) {
	if s.limit == 0 {
		return response{}, false
	}
	now := s.cfg.Now()
	s.recent = slices.DeleteFunc(s.recent, func(t time.Time) bool { return now.Sub(t) >= time.Second })
	if len(s.recent) >= s.limit {
		return refuse(http.StatusTooManyRequests, "Too many requests."), true
	}
	s.recent = append(s.recent, now)
	return response{}, false
}

func (s *Server) caller(r *http.Request) (caller, bool) {
	key, _, _ := r.BasicAuth()
	c, ok := s.companies[key]
	if !ok {
		return caller{}, false
	}
	scheme := r.URL.Scheme
	switch {
	case scheme != "":
	case r.TLS != nil:
		scheme = "https"
	default:
		scheme = "http"
	}
	mode := "live"
	if strings.HasPrefix(key, "test_") {
		mode = "test"
	}
	return caller{company: c, key: key, mode: mode, base: scheme + "://" + r.Host}, true
}

func (s *Server) dispatch(r *http.Request, c caller) response {
	path := strings.Trim(r.URL.Path, "/")
	collection, id, _ := strings.Cut(path, "/")
	id, err := url.PathUnescape(id)
	if err != nil {
		return refuse(http.StatusBadRequest, "Malformed path.")
	}
	switch route := r.Method + " " + path; {
	case route == "GET ":
		return ok(map[string]any{"message": "MySendingBox API"})
	case route == "POST letters", route == "POST letters/paper":
		return s.createOnce(r, c)
	case route == "POST letters/price":
		return s.price(r)
	case route == "GET letters":
		return s.list(r, c)
	case route == "POST accounts":
		return s.openAccount(r, c)
	case route == "GET invoices":
		return s.listInvoices(r)
	case r.Method == http.MethodGet && collection == "letters":
		return s.get(id, c)
	case r.Method == http.MethodDelete && collection == "letters":
		return s.cancel(id, c)
	case r.Method == http.MethodPut && collection == "accounts":
		return s.changeAccount(r, id, c)
	case r.Method == http.MethodGet && collection == "invoices":
		return s.getInvoice(id, c)
	}
	return refuse(http.StatusNotFound, "Not found.")
}

// file serves a PDF without credentials, as the links of the carrier do.
func (s *Server) file(id string) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	content, found := s.files[id]
	if !found {
		return response{status: http.StatusNotFound, body: []byte("<html>not found</html>")}
	}
	return response{status: http.StatusOK, body: content, header: map[string]string{"Content-Type": "application/pdf"}}
}

const isoMillis = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(isoMillis) }
