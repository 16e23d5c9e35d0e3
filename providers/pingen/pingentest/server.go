// Package pingentest is a stand-in for Pingen's API v2, faithful to what is known of it,
// for tests and examples: an [http.Handler] on the caller's clock that can be told to
// fail, and a signer of webhooks. Identity, API and file store are one host.
//
//	fake := pingentest.New(pingentest.Config{Now: clock})
//	r, err := pingentest.Webhook("https://host.test/hooks", signingKey, pingentest.Hook{Category: "sent", Letter: id})
package pingentest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// Config sets the fake up.
type Config struct {
	Now func() time.Time // nil: time.Now
	// Webhook is where the carrier calls, signed with SigningKey; empty: nowhere.
	Webhook, SigningKey string
	TokenLife           time.Duration // 0: 12 hours
}

// Form is how the carrier does what it changed, or leaves open.
type Form struct {
	Checks         int    // how often a new letter is read as "validating"
	Ends           string // status that a new letter then has; empty: valid
	Address        string // what the window shows
	Country        string
	NoMetaData     bool // registered letters go without the parties' addresses beside the file
	OldHooks       bool // webhooks as before July 2026: one type, one included event
	ForgetsSending bool // a letter that waited for funds in vain loses its submitted_at
}

// Server is the carrier. It is safe for concurrent use.
type Server struct {
	cfg      Config
	inFlight atomic.Int64
	outbox   resttest.Outbox
	troubles resttest.Troubles[Fault]

	mu      sync.Mutex
	seq     int
	clients map[string]client // by id
	tokens  map[string]token
	files   map[string][]byte // uploaded, by path; nil: not yet
	letters []*letter
	replies map[string]reply // by client and idempotency key
	form    Form
	route   Route
}

type client struct{ id, secret, organisation string }

type token struct {
	client client
	ends   time.Time
}

type reply struct {
	at     time.Time
	status int
	body   []byte
}

// New returns a carrier that has taken nothing yet.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.TokenLife == 0 {
		cfg.TokenLife = 12 * time.Hour
	}
	return &Server{cfg: cfg, outbox: resttest.Outbox{Now: cfg.Now, Gaps: gaps, Good: func(status int) bool { return status/100 == 2 }},
		clients: map[string]client{}, tokens: map[string]token{}, files: map[string][]byte{}, replies: map[string]reply{}}
}

// AddClient lets an app in, for one organisation.
func (s *Server) AddClient(id, secret, organisation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[id] = client{id, secret, organisation}
}

// Shape decides how the carrier does things from now on.
func (s *Server) Shape(f Form) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.form = f
}

// EndTokens makes every token invalid at once.
func (s *Server) EndTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// InFlight counts the requests being served.
func (s *Server) InFlight() int { return int(s.inFlight.Load()) }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	fault := s.fault(r)
	if fault.before(w, r) {
		return
	}
	a := s.answer(r)
	if fault.after(r) {
		return
	}
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

type object = map[string]any

type answer struct {
	status int
	body   []byte
	header map[string]string
}

func ok(status int, v any) answer {
	b, err := json.Marshal(v)
	if err != nil {
		panic("pingentest: answers always marshal: " + err.Error())
	}
	return answer{status, b, map[string]string{"Content-Type": "application/vnd.api+json", "X-Request-Id": "req",
		"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "299"}}
}

func refuse(status int, code, detail string) answer {
	return ok(status, object{"errors": []object{{"code": code, "title": code, "detail": detail, "source": object{"pointer": "/data"}}}})
}

func (s *Server) answer(r *http.Request) answer {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return refuse(http.StatusBadRequest, "body", "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.Trim(r.URL.Path, "/")
	switch {
	case path == "auth/access-tokens":
		return s.token(string(body))
	case strings.HasPrefix(path, "bucket/"):
		return s.store(r, path, body)
	}
	value, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t, known := s.tokens[value]
	if !known || !s.cfg.Now().Before(t.ends) {
		return refuse(http.StatusUnauthorized, "unauthenticated", "")
	}
	if r.Header.Get("Accept") != "application/vnd.api+json" {
		return refuse(http.StatusNotAcceptable, "accept", "")
	}
	if path == "file-upload" && r.Method == http.MethodGet {
		return s.upload(r)
	}
	parts := strings.Split(path, "/")
	if len(parts) < 4 || parts[0] != "organisations" || parts[2] != "deliveries" || parts[3] != "letters" {
		return refuse(http.StatusNotFound, "not_found", "")
	}
	if parts[1] != t.client.organisation {
		return refuse(http.StatusForbidden, "forbidden", "")
	}
	return s.once(r, t.client, parts[4:], body)
}

// once replays the answer to a call under a key for a day.
func (s *Server) once(r *http.Request, c client, below []string, body []byte) answer {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || r.Method == http.MethodGet {
		return s.dispatch(r, c, below, body)
	}
	if len(key) > 64 {
		return refuse(http.StatusBadRequest, "idempotency_key", "")
	}
	if old, seen := s.replies[c.id+"\x00"+key]; seen && s.cfg.Now().Sub(old.at) < 24*time.Hour {
		a := answer{old.status, old.body, map[string]string{"Content-Type": "application/vnd.api+json", "Idempotent-Replayed": "true"}}
		return a
	}
	a := s.dispatch(r, c, below, body)
	s.replies[c.id+"\x00"+key] = reply{s.cfg.Now(), a.status, a.body}
	return a
}

func (s *Server) dispatch(r *http.Request, c client, below []string, body []byte) answer {
	switch {
	case len(below) == 0 && r.Method == http.MethodPost:
		return s.create(c, body)
	case len(below) == 1 && below[0] == "price-calculator" && r.Method == http.MethodPost:
		return price(body)
	case len(below) == 0:
		return refuse(http.StatusMethodNotAllowed, "method", "")
	}
	l := s.find(c, below[0])
	if l == nil {
		return refuse(http.StatusNotFound, "not_found", "")
	}
	switch call := r.Method + " " + strings.Join(below[1:], "/"); call {
	case "GET ":
		return s.get(l)
	case "DELETE ":
		return s.remove(l)
	case "GET events":
		return s.events(r, l)
	case "PATCH send":
		return s.send(l, body)
	case "PATCH cancel":
		return s.cancel(l)
	}
	return refuse(http.StatusNotFound, "not_found", "")
}

func (s *Server) upload(r *http.Request) answer {
	s.seq++
	path := fmt.Sprintf("bucket/%06d", s.seq)
	s.files[path] = nil
	scheme := r.URL.Scheme
	if scheme == "" {
		scheme = "http"
	}
	return ok(http.StatusOK, object{"data": object{"id": path, "type": "file_uploads", "attributes": object{
		"url": scheme + "://" + r.Host + "/" + path + "?X-Amz-Signature=abc", "url_signature": "sig-" + path,
		"expires_at": stamp(s.cfg.Now().Add(time.Hour)),
	}}})
}

// store is the file store: it takes a file once, and no token.
func (s *Server) store(r *http.Request, path string, body []byte) answer {
	held, known := s.files[path]
	switch {
	case r.Header.Get("Authorization") != "", r.Method != http.MethodPut, !known, held != nil && string(held) != string(body):
		return answer{http.StatusForbidden, []byte("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"),
			map[string]string{"Content-Type": "application/xml"}}
	}
	s.files[path] = body
	return answer{http.StatusOK, nil, nil}
}

// stamp writes a moment as the carrier does: the offset has no colon.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(time.FixedZone("", 3600)).Format("2006-01-02T15:04:05-0700")
}
