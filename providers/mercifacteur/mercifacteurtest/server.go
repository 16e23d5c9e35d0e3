// Package mercifacteurtest is a stand-in for Merci Facteur's API 1.2, faithful to what
// is published of it, for tests and examples: an [http.Handler] on the caller's clock
// that can be told to fail, and a signer of webhooks.
//
//	fake := mercifacteurtest.New(mercifacteurtest.Config{Now: clock})
//	r, err := mercifacteurtest.Webhook("https://host.test/hooks", secret, "delivered", at, mercifacteurtest.Letter{Sending: "123"})
//
// Where the documentation is silent it does what is likely: a history of a letter has
// the fields of its events, and codes that are not published have names of its own.
package mercifacteurtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// Base is the path of the API.
const Base = "/api/1.2/prod/service"

// Config sets the fake up. Its zero value is a carrier without accounts; see [Server.AddService].
type Config struct {
	Now func() time.Time // nil: time.Now
	// Webhook is where the carrier calls, with Secret in the header; empty: nowhere.
	Webhook, Secret string
	// NewAfter is how long a letter takes to be generated, when its first event
	// comes; 0: 5 minutes.
	NewAfter time.Duration
}

// Form is how the carrier words what its documentation says in two ways.
type Form struct {
	StringErrors bool // errors as a text, not as code and text
	ListIDs      bool // envoi_id as a list of one
	NoReference  bool // getEnvoi and getSuiviEnvoi do not show the reference
	PDFProofs    bool // proofs as PDF, not as JPEG
	IPRefused    bool // tokens are refused for the caller's address
}

// Server is the carrier. It is safe for concurrent use.
type Server struct {
	cfg      Config
	inFlight atomic.Int64
	outbox   resttest.Outbox
	troubles resttest.Troubles[Fault]

	mu       sync.Mutex
	seq      int
	services map[string]*service // by service id
	tokens   map[string]*service
	sendings []*sending
	doubles  map[string]time.Time // antidoublon, by service
	files    map[string][]byte
	form     Form
	route    Route
}

type service struct {
	id, key, token string
	user           int
	ends           time.Time
}

// New returns a carrier that has taken nothing yet.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewAfter == 0 {
		cfg.NewAfter = 5 * time.Minute
	}
	return &Server{cfg: cfg, outbox: resttest.Outbox{Now: cfg.Now, Gaps: gaps, Good: func(status int) bool { return status == http.StatusOK }},
		services: map[string]*service{}, tokens: map[string]*service{}, doubles: map[string]time.Time{},
		files: map[string][]byte{}}
}

// AddService lets an account in, by its service id, key and user.
func (s *Server) AddService(id, key string, user int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services[id] = &service{id: id, key: key, user: user}
}

// Word decides how the carrier words its answers from now on.
func (s *Server) Word(f Form) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.form = f
}

// EndTokens makes every token invalid at once.
func (s *Server) EndTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
	for _, sv := range s.services {
		sv.token = ""
	}
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
	status, body, kind := s.answer(r)
	if fault.after(w, r) {
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

type object = map[string]any

// answer is what a request is answered, under the lock.
func (s *Server) answer(r *http.Request) (int, []byte, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := strings.CutPrefix(r.URL.Path, "/files/"); ok {
		if content := s.files[id]; content != nil {
			return http.StatusOK, content, "application/pdf"
		}
		return http.StatusNotFound, []byte("<html>"), "text/html"
	}
	status, v := s.dispatch(r, strings.TrimPrefix(r.URL.Path, Base+"/"))
	b, err := json.Marshal(v)
	if err != nil {
		panic("mercifacteurtest: answers always marshal: " + err.Error())
	}
	return status, b, "application/json"
}

func (s *Server) dispatch(r *http.Request, call string) (int, object) {
	if call == "getToken" {
		return s.token(r)
	}
	sv := s.tokens[r.Header.Get("ww-access-token")]
	if sv == nil || sv.id != r.Header.Get("ww-service-id") || !s.cfg.Now().Before(sv.ends) {
		return s.refuse(http.StatusUnauthorized, "INVALID_TOKEN", "jeton invalide")
	}
	handlers := map[string]func(*http.Request, *service) (int, object){
		"POST sendCourrier": s.send, "GET getLastEvents": s.lastEvents, "GET listEnvois": s.list, "GET getEnvoi": s.get,
		"GET getSuiviEnvoi": s.follow, "GET getProof": s.proof, "GET getLetterFinalFile": s.final, "GET getPostagePrice": s.price,
		"GET getCountry": s.countries,
	}
	h, ok := handlers[r.Method+" "+call]
	if !ok {
		return s.refuse(http.StatusBadRequest, "UNKNOWN_CALL", "")
	}
	return h(r, sv)
}

// refuse answers in the carrier's own words.
func (s *Server) refuse(status int, code, text string) (int, object) {
	if s.form.StringErrors {
		return status, object{"success": false, "error": code + " " + text}
	}
	return status, object{"success": false, "error": object{"code": code, "text": text}}
}

// token checks a signature, which lives for five minutes, and answers the same token
// as long as that one lives.
func (s *Server) token(r *http.Request) (int, object) {
	sv := s.services[r.Header.Get("ww-service-id")]
	stamp := r.Header.Get("ww-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	now := s.cfg.Now()
	switch {
	case sv == nil:
		return s.refuse(http.StatusUnauthorized, "UNKNOWN_SERVICE_ID", "")
	case r.Header.Get("ww-authorized-ip") == "" || s.form.IPRefused:
		return s.refuse(http.StatusUnauthorized, "INVALID_IP", "")
	case err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute:
		return s.refuse(http.StatusUnauthorized, "EXPIRED_SIGNATURE", "")
	}
	mac := hmac.New(sha256.New, []byte(sv.key))
	mac.Write([]byte(sv.id + stamp))
	if r.Header.Get("ww-service-signature") != hex.EncodeToString(mac.Sum(nil)) {
		return s.refuse(http.StatusUnauthorized, "INVALID_SIGNATURE", "")
	}
	if sv.token == "" || !now.Before(sv.ends) {
		s.seq++
		sv.token, sv.ends = fmt.Sprintf("tk-%s-%d", sv.id, s.seq), now.Add(24*time.Hour)
		s.tokens[sv.token] = sv
	}
	return http.StatusOK, object{"success": true, "token": sv.token, "expire": sv.ends.Unix(), "error": ""}
}
