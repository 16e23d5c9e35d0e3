// Package lapostetest is a faithful fake of the services that providers/laposte
// speaks to: Maileva's token service, mail/v2, registered_mail/v4,
// notification_center/v2 and billing/v1, and La Poste's Suivi v2. It keeps
// Maileva's rules (line lengths, countries, draft-only writes, sizes), moves
// letters along a clock of its own, calls webhooks, and fails on demand.
//
//	fake := lapostetest.New(lapostetest.Options{})
//	r, err := lapostetest.Webhook("https://host.test/hooks", login, password, lapostetest.Notification{Event: "ON_STATUS_PROCESSED", ID: id})
//
// Where the contracts are silent it does what is likely: submitting a sending
// without document or recipient is a 400 with INVALID_DOCUMENTS_COUNT or
// INVALID_RECIPIENTS_COUNT, and a call over the limit a 429 without a body.
package lapostetest

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// Options says what a Server is like. The zero value is usable.
type Options struct {
	Start time.Time // of the clock; zero: 2026-03-02 09:00 UTC
	// TokenLife and RefreshLife are how long tokens live; 0: 1 h and 12 h.
	TokenLife, RefreshLife time.Duration
	// Webhooks carries the calls to webhooks; nil: none is made.
	Webhooks http.RoundTripper
	// NoListener opens no port: the server is reached through its Handler only,
	// and has a name instead of an address.
	NoListener bool
	PageMost   int  // most items on a page, whatever was asked; 0: as documented
	Twice      bool // every webhook call is made twice
	Shuffled   bool // webhook calls of one Advance are made in reverse order
}

// Server is one carrier that has taken nothing yet. It is safe for concurrent use.
type Server struct {
	URL     string
	Handler http.Handler // of all services
	http    *httptest.Server
	opts    Options

	inFlight atomic.Int64
	troubles resttest.Troubles[fault]

	mu            sync.Mutex
	now           time.Time
	users         map[string]user // by user name
	tokens        map[string]grant
	refreshes     map[string]grant
	tokenCalls    []string // grant types, in order
	okapiKeys     map[string]bool
	sendings      map[string]*sending
	order         []*sending
	submissions   []Submission
	outcome       Outcome
	steps         []step
	subscriptions []*subscription
	notices       []*notice
	calls         []WebhookCall
	billing       []map[string]any
	shipments     map[string]*shipment
	numbers       int
	suivi         SuiviForm
	requests      []Request
}

// Request is a call that arrived.
type Request struct {
	Method, Path string
	EscapedPath  string // as it was on the wire
	Query        string
	Header       http.Header
	Body         []byte
}

type user struct{ password, clientID, clientSecret string }

// New starts a server. Close ends it.
func New(o Options) *Server {
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	}
	o.TokenLife, o.RefreshLife = cmp.Or(o.TokenLife, time.Hour), cmp.Or(o.RefreshLife, 12*time.Hour)
	s := &Server{
		opts: o, now: o.Start, users: make(map[string]user), tokens: make(map[string]grant), refreshes: make(map[string]grant),
		okapiKeys: make(map[string]bool), sendings: make(map[string]*sending), shipments: make(map[string]*shipment),
	}
	s.Handler = s.suffer(s.routes())
	if o.NoListener {
		s.URL = "http://laposte.test"
		return s
	}
	s.http = httptest.NewServer(s.Handler)
	s.URL = s.http.URL
	return s
}

// Close ends the server and its connections.
func (s *Server) Close() {
	if s.http == nil {
		return
	}
	s.http.CloseClientConnections()
	s.http.Close()
}

// Paths of the services below Server.URL.
const (
	TokenPath         = "/auth/realms/services/protocol/openid-connect/token"
	MailPath          = "/mail/v2"
	RegisteredPath    = "/registered_mail/v4"
	NotificationsPath = "/notification_center/v2"
	BillingPath       = "/billing/v1"
	SuiviPath         = "/suivi/v2"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+TokenPath, s.token)
	for _, b := range []*book{{s, MailPath, false}, {s, RegisteredPath, true}} {
		b.routes(mux)
	}
	s.notificationRoutes(mux)
	mux.HandleFunc("GET "+BillingPath+"/recipient_items", s.authorized(s.billingItems))
	mux.HandleFunc("GET "+SuiviPath+"/idships/{ids}", s.track)
	return mux
}

// Now returns the time of the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance moves the clock and does what falls due, in order. Webhooks are called
// at their moment, unless Options.Shuffled gathers their calls to the end.
func (s *Server) Advance(d time.Duration) {
	until := s.Now().Add(d)
	for s.next(until) {
		if !s.opts.Shuffled {
			s.deliver()
		}
	}
	s.mu.Lock()
	s.now = until
	s.mu.Unlock()
	s.deliver()
}

// next does the earliest step that falls due until then.
func (s *Server) next(until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.steps, func(a, b step) int { return a.at.Compare(b.at) })
	if len(s.steps) == 0 || s.steps[0].at.After(until) {
		return false
	}
	due := s.steps[0]
	s.steps = s.steps[1:]
	if due.at.After(s.now) {
		s.now = due.at
	}
	due.do()
	return true
}

// step is something that happens at a moment. It runs under the lock.
type step struct {
	at time.Time
	do func()
}

// after schedules a step. The lock must be held.
func (s *Server) after(d time.Duration, do func()) {
	s.steps = append(s.steps, step{s.now.Add(d), do})
}

// AddUser lets a user in, through a client.
func (s *Server) AddUser(name, password, clientID, clientSecret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[name] = user{password, clientID, clientSecret}
}

// AddKey lets a key into Suivi.
func (s *Server) AddKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.okapiKeys[key] = true
}

// Submission is a sending that will be printed.
type Submission struct {
	CustomID   string
	SendingID  string
	Registered bool
	Recipients int
	Documents  [][]byte // in the order of their priorities
	Postage    string   // postage_type
	Receipt    bool     // acknowledgement_of_receipt
	User       string   // whose token submitted it
}

// Submitted lists what was submitted, in order.
func (s *Server) Submitted() []Submission {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.submissions)
}

// Drafts counts the sendings that are still drafts.
func (s *Server) Drafts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, x := range s.sendings {
		if x.status == "DRAFT" {
			n++
		}
	}
	return n
}

// Requests lists every call that arrived, tokens included, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// InFlight counts the calls being served.
func (s *Server) InFlight() int { return int(s.inFlight.Load()) }

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// object is a JSON object.
type object = map[string]any

// refuse answers a list of errors, as Maileva does to 400.
func refuse(w http.ResponseWriter, codes ...string) {
	errs := make([]object, len(codes))
	for i, c := range codes {
		errs[i] = object{"code": c, "message": "refused: " + c}
	}
	answer(w, http.StatusBadRequest, object{"errors": errs})
}

// bare answers one error, as Maileva does to 401 and 404.
func bare(w http.ResponseWriter, status int, code string) {
	answer(w, status, object{"code": code, "message": "refused: " + code})
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// page cuts a list as the query asks.
func page[T any](s *Server, r *http.Request, all []T, count, most int) ([]T, object) {
	if s.opts.PageMost > 0 {
		most = s.opts.PageMost
	}
	start := number(r.URL.Query().Get("start_index"), 1)
	count = min(number(r.URL.Query().Get("count"), count), most)
	from := min(max(start-1, 0), len(all))
	to := min(from+count, len(all))
	return all[from:to], object{"total_results": len(all)}
}

func number(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return n
	}
	return otherwise
}
