// Package testscene has what tests of several packages share: a carrier that does
// as it is told, and a host around a client.
package testscene

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

// Outcome scripts one attempt at the carrier of these tests.
type Outcome string

const (
	Accepts       Outcome = ""
	Rejects       Outcome = "rejects"
	Unavailable   Outcome = "unavailable"
	AcceptsSilent Outcome = "accepts, and the answer is lost"
	NeverArrives  Outcome = "never arrives, and nobody knows"
)

var ErrCrash = errors.New("the process died")

// Carrier is a scripted carrier that counts what it really accepted.
type Carrier struct {
	ID  string
	Now func() time.Time

	Mu       sync.Mutex
	Script   map[string][]Outcome // by key of the letter, one an attempt
	Accepted []courrier.LetterID
	ByID     map[courrier.LetterID]string
	Told     map[string][]courrier.TrackingEvent // by provider id
	Proofs   map[string][]byte                   // by provider id and kind
	Asked    int
	Late     bool // Cancel comes too late
	Slow     bool // Cancel is taken, and nothing is heard of it yet
}

func NewCarrier(name string, now func() time.Time) *Carrier {
	return &Carrier{
		ID: name, Now: now, Script: map[string][]Outcome{}, ByID: map[courrier.LetterID]string{},
		Told: map[string][]courrier.TrackingEvent{}, Proofs: map[string][]byte{},
	}
}

func (p *Carrier) Name() string { return p.ID }

func (p *Carrier) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{
		Services: courrier.Services(), Finds: true, Cancels: true, Tracks: true, Webhooks: true, MaxCopies: 5,
		Proofs: courrier.ProofKinds(), TrackBatch: 10, PollEvery: time.Hour, SettleAfter: time.Minute,
		Returns: []courrier.ReturnHandling{courrier.ReturnsScanned, courrier.ReturnsToSender},
	}
}

func (p *Carrier) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	next := Accepts
	if q := p.Script[s.Letter.Key]; len(q) > 0 {
		next, p.Script[s.Letter.Key] = q[0], q[1:]
	}
	for _, d := range s.Letter.Documents {
		if courrier.SumOf(d.Content) != d.Sum {
			return courrier.Receipt{}, &courrier.Error{Op: "submit", Kind: courrier.ErrRejected, Code: "content"}
		}
	}
	switch next {
	case Rejects:
		return courrier.Receipt{}, &courrier.Error{Op: "submit", Kind: courrier.ErrRejected, Provider: p.ID, Code: "bad-address", Err: errors.New("refused")}
	case Unavailable:
		return courrier.Receipt{}, &courrier.Error{Op: "submit", Kind: courrier.ErrUnavailable, Provider: p.ID}
	case NeverArrives:
		return courrier.Receipt{}, context.DeadlineExceeded
	}
	p.Accepted = append(p.Accepted, s.ID)
	id := fmt.Sprintf("%s-%d", p.ID, len(p.Accepted))
	p.ByID[s.ID] = id
	if next == AcceptsSilent {
		return courrier.Receipt{}, errors.New("connection reset")
	}
	return courrier.Receipt{ProviderID: id, Price: courrier.MustAmount("4.20", "EUR")}, nil
}

func (p *Carrier) Find(_ context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if id, ok := p.ByID[ref.ID]; ok {
		return courrier.Receipt{ProviderID: id}, nil
	}
	return courrier.Receipt{}, courrier.ErrNotFound
}

func (p *Carrier) Cancel(_ context.Context, ref courrier.Reference) error {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if p.Late {
		return courrier.ErrRejected
	}
	if !p.Slow {
		p.Tell(ref.ProviderID, courrier.StatusCancelled, "")
	}
	return nil
}

func (p *Carrier) Track(_ context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.Asked++
	var all []courrier.TrackingEvent
	for _, ref := range refs {
		all = append(all, p.Told[ref.ProviderID]...)
	}
	return all, nil
}

func (p *Carrier) Proof(_ context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	b, ok := p.Proofs[ref.ProviderID+string(kind)]
	if !ok {
		return courrier.Document{}, courrier.ErrNotFound
	}
	return courrier.NewDocument("proof.pdf", b), nil
}

// ParseWebhook reads "provider id,status", a hint when the header says so.
func (p *Carrier) ParseWebhook(h http.Header, _ map[string][]string, body []byte) (courrier.Webhook, error) {
	if h.Get("Secret") != "s3cret" {
		return courrier.Webhook{}, courrier.ErrDenied
	}
	id, status, ok := bytes.Cut(body, []byte(","))
	if !ok {
		return courrier.Webhook{}, courrier.ErrInvalid
	}
	e := p.Event(string(id), courrier.Status(status), "")
	e.Hint = h.Get("Signed") == ""
	return courrier.Webhook{Events: []courrier.TrackingEvent{e}, Status: http.StatusCreated}, nil
}

func (p *Carrier) Event(id string, status courrier.Status, kind courrier.ProofKind) courrier.TrackingEvent {
	happened := p.Now()
	return courrier.TrackingEvent{
		ID: courrier.NewEventID(p.ID, id, string(status), happened, kind), Provider: p.ID, ProviderID: id,
		Code: string(status), Status: status, Proof: kind, Happened: happened,
	}
}

// Tell makes the carrier know of an event. The lock is held by the caller.
func (p *Carrier) Tell(id string, status courrier.Status, kind courrier.ProofKind) {
	p.Told[id] = append(p.Told[id], p.Event(id, status, kind))
	if kind != "" {
		p.Proofs[id+string(kind)] = []byte("%PDF-1.4 " + string(kind) + id)
	}
}

func (p *Carrier) Happen(id string, status courrier.Status, kind courrier.ProofKind) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.Tell(id, status, kind)
}

// scene is a client with its store, carrier and clock.
// bothStores is a store of letters and of reminders.
type BothStores interface {
	courrier.Store
	dunning.Store
}

type Scene struct {
	T       testing.TB
	Ctx     context.Context
	Clock   time.Time
	Store   BothStores
	Carrier *Carrier
	Client  *courrier.Client
	Config  courrier.Config
	Logs    bytes.Buffer
	Orders  int
}

func New(t testing.TB, mend ...func(*courrier.Config)) *Scene {
	w := &Scene{T: t, Ctx: context.Background(), Clock: Start, Store: memstore.New()}
	w.Carrier = NewCarrier("post", w.Now)
	w.Config = courrier.Config{
		Store: w.Store, Providers: []courrier.Provider{w.Carrier}, Now: w.Now,
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{
			courrier.ServiceStandard: courrier.MustAmount("1", "stamp"), courrier.ServiceRegisteredAR: courrier.MustAmount("5", "stamp"),
		}),
		Logger: slog.New(slog.NewTextHandler(&w.Logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, m := range mend {
		m(&w.Config)
	}
	w.Restart()
	return w
}

// Restart makes a new client over the same store and carrier.
func (w *Scene) Restart() {
	var err error
	w.Client, err = courrier.New(w.Config)
	require.NoError(w.T, err)
}

func (w *Scene) Now() time.Time          { return w.Clock }
func (w *Scene) Advance(d time.Duration) { w.Clock = w.Clock.Add(d) }

func (w *Scene) TopUp(n int) {
	w.Orders++
	_, err := w.Client.Credits("acme").TopUp(w.Ctx, fmt.Sprint("order-", w.Orders), Stamps(w.T, n))
	require.NoError(w.T, err)
}

func (w *Scene) Balance() (available, reserved string) {
	b, err := w.Client.Credits("acme").Balance(w.Ctx, "stamp")
	require.NoError(w.T, err)
	return b.Available.Decimal().String(), b.Reserved.Decimal().String()
}

func (w *Scene) RequireBalance(available, reserved string) {
	w.T.Helper()
	a, r := w.Balance()
	require.Equal(w.T, []string{available, reserved}, []string{a, r}, "available, reserved")
}

func (w *Scene) Send(l courrier.Letter) courrier.LetterRecord {
	w.T.Helper()
	rec, err := w.Client.Send(w.Ctx, l)
	require.NoError(w.T, err)
	return rec
}

func (w *Scene) Dispatch() courrier.DispatchReport {
	w.T.Helper()
	report, err := w.Client.Dispatch(w.Ctx, courrier.DispatchOptions{})
	require.NoError(w.T, err)
	return report
}

func (w *Scene) Refresh() courrier.RefreshReport {
	w.T.Helper()
	w.Advance(49 * time.Hour)
	report, err := w.Client.Refresh(w.Ctx, courrier.RefreshOptions{})
	require.NoError(w.T, err)
	return report
}

func (w *Scene) Letter(id courrier.LetterID) courrier.LetterRecord {
	w.T.Helper()
	rec, err := w.Client.Letter(w.Ctx, id)
	require.NoError(w.T, err)
	return rec
}

// Kinds lists what the ledger did for a letter.
func (w *Scene) Kinds(id courrier.LetterID) []courrier.EntryKind {
	var kinds []courrier.EntryKind
	for e, err := range w.Client.Credits("acme").Entries(w.Ctx, courrier.EntryFilter{Letter: id}) {
		require.NoError(w.T, err)
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (w *Scene) Times(id courrier.LetterID) int {
	w.Carrier.Mu.Lock()
	defer w.Carrier.Mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(w.Carrier.Accepted), func(o courrier.LetterID) bool { return o != id }))
}

const SecretName = "Boulangerie Zébulon"

func Letter(key string, service courrier.Service) courrier.Letter {
	return courrier.Letter{
		Account: "acme", Key: key, Service: service, Purpose: courrier.PurposeInvoice,
		To:        courrier.Recipient{Company: SecretName, Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From:      courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{{Name: "facture.pdf", Content: []byte("%PDF-1.7 " + key), Pages: 1}},
	}
}

// Start is when a scene begins: a Monday.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
