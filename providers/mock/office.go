package mock

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/courrier-go/courrier"
)

// Config describes a post office. Its zero value is one that offers everything.
type Config struct {
	// Name is the carrier's name; empty: "mock".
	Name string
	// Start is when the office's clock begins; zero: Monday 5 January 2026, 8:00 UTC.
	Start time.Time
	// Clock, when set, is the clock that the office follows instead of standing
	// still at Start; [Office.Advance] puts it ahead.
	Clock func() time.Time
	// Declare changes what the office declares to offer; it then refuses the rest.
	Declare func(*courrier.Capabilities)
	// Journeys replaces those of [Journeys], service by service.
	Journeys map[courrier.Service]Journey
	// Prices replaces those of [Prices], service by service. A letter costs the
	// same whatever it weighs.
	Prices map[courrier.Service]courrier.Amount
	// Script decides the fate of each letter; nil: every letter fares well.
	Script func(courrier.Submission) Script
	// Idempotent makes a second Submit of one LetterID answer as the first did.
	// Without it the office prints again, which tests count on.
	Idempotent bool
	// VisibleAfter is how long a letter accepted cannot be found yet, on the
	// office's clock; it is declared as Capabilities.SettleAfter.
	VisibleAfter time.Duration
	// Latency is how long each Submit takes in real time, half of it before the
	// letter is accepted.
	Latency time.Duration
	// Secret signs webhooks. Without it they are hints.
	Secret []byte
}

// Office is a post office, the carrier's adapter and its far side in one. It is
// safe for concurrent use.
type Office struct {
	cfg      Config
	caps     courrier.Capabilities
	journeys map[courrier.Service]Journey
	prices   map[courrier.Service]courrier.Amount

	mu          sync.Mutex
	script      func(courrier.Submission) Script
	disturbance Disturbance
	ahead       time.Duration
	letters     []*letter // in the order of acceptance
	byID        map[courrier.LetterID]*letter
	byName      map[string]*letter // by ProviderID
	attempts    map[courrier.LetterID]int
	closed      map[courrier.LetterID]int // drafts that were told as not found
	undelivered []Call
	dice        *rand.Rand
	journal     *journal
}

// letter is what the office knows of one letter it took.
type letter struct {
	Acceptance
	Journey   Journey   `json:"journey,omitempty"`
	Noise     Noise     `json:"noise,omitzero"`
	Stubborn  bool      `json:"stubborn,omitempty"` // see Script.IgnoreCancel
	Cancelled time.Time `json:"-"`
	told      int       // events already told by webhook
}

// Acceptance is one letter as the office took it.
type Acceptance struct {
	Letter         courrier.LetterID  `json:"letter"`
	Account        courrier.AccountID `json:"account"`
	Service        courrier.Service   `json:"service"`
	ProviderID     string             `json:"provider_id"`
	TrackingNumber string             `json:"tracking_number,omitempty"`
	At             time.Time          `json:"at"`
	Documents      []courrier.Sum     `json:"documents"` // what was printed, in order
}

// New returns a post office; without a Config one that offers everything. Only
// the first Config counts.
func New(config ...Config) *Office {
	var cfg Config
	if len(config) > 0 {
		cfg = config[0]
	}
	cfg.Name = cmp.Or(cfg.Name, "mock")
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2026, time.January, 5, 8, 0, 0, 0, time.UTC)
	}
	if cfg.Clock == nil {
		start := cfg.Start
		cfg.Clock = func() time.Time { return start }
	}
	o := &Office{
		cfg: cfg, script: cfg.Script, journeys: Journeys(), prices: Prices(),
		byID: make(map[courrier.LetterID]*letter), byName: make(map[string]*letter),
		attempts: make(map[courrier.LetterID]int), closed: make(map[courrier.LetterID]int), dice: rand.New(rand.NewPCG(1, 2)),
	}
	for s, j := range cfg.Journeys {
		o.journeys[s] = j
	}
	maps.Copy(o.prices, cfg.Prices)
	o.caps = o.declare()
	for s, j := range o.journeys {
		o.journeys[s] = o.possible(j)
	}
	return o
}

func (o *Office) declare() courrier.Capabilities {
	c := courrier.Capabilities{
		Services:     courrier.Services(),
		Envelopes:    []courrier.Envelope{courrier.EnvelopeDL, courrier.EnvelopeC6, courrier.EnvelopeC5, courrier.EnvelopeC4},
		Returns:      []courrier.ReturnHandling{courrier.ReturnsToSender, courrier.ReturnsScanned},
		MaxCopies:    courrier.MaxCopies,
		MaxDocuments: courrier.MaxDocuments,
		MaxBytes:     courrier.MaxDocumentBytes,
		Finds:        true, Cancels: true, Tracks: true, Quotes: true, Webhooks: true,
		Proofs:      courrier.ProofKinds(),
		TrackBatch:  100,
		SettleAfter: o.cfg.VisibleAfter,
	}
	if o.cfg.Declare != nil {
		o.cfg.Declare(&c)
	}
	return c
}

// Prices returns what the office charges unless told otherwise. The figures are
// invented.
func Prices() map[courrier.Service]courrier.Amount {
	return map[courrier.Service]courrier.Amount{
		courrier.ServiceStandard:             courrier.MustAmount("1.60", "EUR"),
		courrier.ServiceEconomy:              courrier.MustAmount("1.30", "EUR"),
		courrier.ServicePriority:             courrier.MustAmount("3.20", "EUR"),
		courrier.ServiceTracked:              courrier.MustAmount("2.10", "EUR"),
		courrier.ServiceRegistered:           courrier.MustAmount("5.90", "EUR"),
		courrier.ServiceRegisteredAR:         courrier.MustAmount("7.20", "EUR"),
		courrier.ServiceElectronicRegistered: courrier.MustAmount("4.10", "EUR"),
	}
}

// Now is the time at the office.
func (o *Office) Now() time.Time {
	defer o.read()()
	return o.now()
}

func (o *Office) now() time.Time { return o.cfg.Clock().Add(o.ahead) }

// Advance moves the office's clock on by d. What becomes due meanwhile is told
// to whoever asks, and by [Office.Webhooks].
func (o *Office) Advance(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	// A journal that cannot be written shows in the next Submit.
	_ = o.record(fact{Advanced: d})
}

// Script replaces what decides the fate of letters accepted from now on.
func (o *Office) Script(script func(courrier.Submission) Script) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.script = script
}

// read locks the office's state, up to date, and returns what unlocks it. A
// journal that cannot be read shows in the calls that can say so.
func (o *Office) read() func() {
	o.mu.Lock()
	_ = o.catchUp()
	return o.mu.Unlock
}

// Disturbance is what may be wrong with the office as a whole.
type Disturbance string

// The disturbances.
const (
	Calm    Disturbance = ""
	Outage  Disturbance = "outage"  // every call answers ErrUnavailable
	Silence Disturbance = "silence" // no call is answered before its context ends, or 30 s have passed
)

// Disturb puts a disturbance in force until the next call.
func (o *Office) Disturb(d Disturbance) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.disturbance = d
}

// Accepted returns every letter the office took, in order. A letter submitted
// twice is there twice.
func (o *Office) Accepted() []Acceptance {
	defer o.read()()
	all := make([]Acceptance, 0, len(o.letters))
	for _, l := range o.letters {
		a := l.Acceptance
		a.Documents = slices.Clone(a.Documents)
		all = append(all, a)
	}
	return all
}

// Forget drops every letter whose journey ended before t, as if it had never
// been accepted, and returns how many. The office keeps no contents, but tests
// with very many letters may want their few hundred bytes each back.
func (o *Office) Forget(t time.Time) int {
	defer o.read()()
	before := len(o.letters)
	o.letters = slices.DeleteFunc(o.letters, func(l *letter) bool {
		if !l.ends().Before(t) {
			return false
		}
		delete(o.byName, l.ProviderID)
		if o.byID[l.Letter] == l {
			delete(o.byID, l.Letter)
		}
		delete(o.attempts, l.Letter)
		return true
	})
	return before - len(o.letters)
}
