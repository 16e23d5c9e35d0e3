package courrier_test

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
	"github.com/courrier-go/courrier/stores/memstore"
)

// outcome scripts one attempt at the carrier of these tests.
type outcome string

const (
	accepts       outcome = ""
	rejects       outcome = "rejects"
	unavailable   outcome = "unavailable"
	acceptsSilent outcome = "accepts, and the answer is lost"
	neverArrives  outcome = "never arrives, and nobody knows"
)

var errCrash = errors.New("the process died")

// carrier is a scripted carrier that counts what it really accepted.
type carrier struct {
	name string
	now  func() time.Time

	mu       sync.Mutex
	script   map[string][]outcome // by key of the letter, one an attempt
	accepted []courrier.LetterID
	byID     map[courrier.LetterID]string
	events   map[string][]courrier.TrackingEvent // by provider id
	proofs   map[string][]byte                   // by provider id and kind
	asked    int
	late     bool // Cancel comes too late
	slow     bool // Cancel is taken, and nothing is heard of it yet
}

func newCarrier(name string, now func() time.Time) *carrier {
	return &carrier{
		name: name, now: now, script: map[string][]outcome{}, byID: map[courrier.LetterID]string{},
		events: map[string][]courrier.TrackingEvent{}, proofs: map[string][]byte{},
	}
}

func (p *carrier) Name() string { return p.name }

func (p *carrier) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{
		Services: courrier.Services(), Finds: true, Cancels: true, Tracks: true, Webhooks: true, MaxCopies: 5,
		Proofs: courrier.ProofKinds(), TrackBatch: 10, PollEvery: time.Hour, SettleAfter: time.Minute,
		Returns: []courrier.ReturnHandling{courrier.ReturnsScanned, courrier.ReturnsToSender},
	}
}

func (p *carrier) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := accepts
	if q := p.script[s.Letter.Key]; len(q) > 0 {
		next, p.script[s.Letter.Key] = q[0], q[1:]
	}
	for _, d := range s.Letter.Documents {
		if courrier.SumOf(d.Content) != d.Sum {
			return courrier.Receipt{}, &courrier.Error{Op: "submit", Kind: courrier.ErrRejected, Code: "content"}
		}
	}
	switch next {
	case rejects:
		return courrier.Receipt{}, &courrier.Error{Op: "submit", Kind: courrier.ErrRejected, Provider: p.name, Code: "bad-address", Err: errors.New("refused")}
	case unavailable:
		return courrier.Receipt{}, &courrier.Error{Op: "submit", Kind: courrier.ErrUnavailable, Provider: p.name}
	case neverArrives:
		return courrier.Receipt{}, context.DeadlineExceeded
	}
	p.accepted = append(p.accepted, s.ID)
	id := fmt.Sprintf("%s-%d", p.name, len(p.accepted))
	p.byID[s.ID] = id
	if next == acceptsSilent {
		return courrier.Receipt{}, errors.New("connection reset")
	}
	return courrier.Receipt{ProviderID: id, Price: courrier.MustAmount("4.20", "EUR")}, nil
}

func (p *carrier) Find(_ context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id, ok := p.byID[ref.ID]; ok {
		return courrier.Receipt{ProviderID: id}, nil
	}
	return courrier.Receipt{}, courrier.ErrNotFound
}

func (p *carrier) Cancel(_ context.Context, ref courrier.Reference) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.late {
		return courrier.ErrRejected
	}
	if !p.slow {
		p.tell(ref.ProviderID, courrier.StatusCancelled, "")
	}
	return nil
}

func (p *carrier) Track(_ context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	var all []courrier.TrackingEvent
	for _, ref := range refs {
		all = append(all, p.events[ref.ProviderID]...)
	}
	return all, nil
}

func (p *carrier) Proof(_ context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.proofs[ref.ProviderID+string(kind)]
	if !ok {
		return courrier.Document{}, courrier.ErrNotFound
	}
	return courrier.NewDocument("proof.pdf", b), nil
}

// ParseWebhook reads "provider id,status", a hint when the header says so.
func (p *carrier) ParseWebhook(h http.Header, _ map[string][]string, body []byte) (courrier.Webhook, error) {
	if h.Get("Secret") != "s3cret" {
		return courrier.Webhook{}, courrier.ErrDenied
	}
	id, status, ok := bytes.Cut(body, []byte(","))
	if !ok {
		return courrier.Webhook{}, courrier.ErrInvalid
	}
	e := p.event(string(id), courrier.Status(status), "")
	e.Hint = h.Get("Signed") == ""
	return courrier.Webhook{Events: []courrier.TrackingEvent{e}, Status: http.StatusCreated}, nil
}

func (p *carrier) event(id string, status courrier.Status, kind courrier.ProofKind) courrier.TrackingEvent {
	happened := p.now()
	return courrier.TrackingEvent{
		ID: courrier.NewEventID(p.name, id, string(status), happened, kind), Provider: p.name, ProviderID: id,
		Code: string(status), Status: status, Proof: kind, Happened: happened,
	}
}

// tell makes the carrier know of an event. The lock is held by the caller.
func (p *carrier) tell(id string, status courrier.Status, kind courrier.ProofKind) {
	p.events[id] = append(p.events[id], p.event(id, status, kind))
	if kind != "" {
		p.proofs[id+string(kind)] = []byte("%PDF-1.4 " + string(kind) + id)
	}
}

func (p *carrier) happen(id string, status courrier.Status, kind courrier.ProofKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(id, status, kind)
}

// scene is a client with its store, carrier and clock.
type scene struct {
	t       testing.TB
	ctx     context.Context
	clock   time.Time
	store   courrier.Store
	carrier *carrier
	client  *courrier.Client
	config  courrier.Config
	logs    bytes.Buffer
	orders  int
}

func newScene(t testing.TB, mend ...func(*courrier.Config)) *scene {
	w := &scene{t: t, ctx: context.Background(), clock: start, store: memstore.New()}
	w.carrier = newCarrier("post", w.now)
	w.config = courrier.Config{
		Store: w.store, Providers: []courrier.Provider{w.carrier}, Now: w.now,
		Tariff: courrier.PriceList{Flat: map[courrier.Service]courrier.Amount{
			courrier.ServiceStandard: courrier.MustAmount("1", "stamp"), courrier.ServiceRegisteredAR: courrier.MustAmount("5", "stamp"),
		}},
		Logger: slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, m := range mend {
		m(&w.config)
	}
	w.restart()
	return w
}

// restart makes a new client over the same store and carrier.
func (w *scene) restart() {
	var err error
	w.client, err = courrier.New(w.config)
	require.NoError(w.t, err)
}

func (w *scene) now() time.Time          { return w.clock }
func (w *scene) advance(d time.Duration) { w.clock = w.clock.Add(d) }

func (w *scene) topUp(n int) {
	w.orders++
	_, err := w.client.Credits("acme").TopUp(w.ctx, fmt.Sprint("order-", w.orders), stamps(w.t, n))
	require.NoError(w.t, err)
}

func (w *scene) balance() (available, reserved string) {
	b, err := w.client.Credits("acme").Balance(w.ctx, "stamp")
	require.NoError(w.t, err)
	return b.Available.Decimal().String(), b.Reserved.Decimal().String()
}

func (w *scene) requireBalance(available, reserved string) {
	w.t.Helper()
	a, r := w.balance()
	require.Equal(w.t, []string{available, reserved}, []string{a, r}, "available, reserved")
}

func (w *scene) send(l courrier.Letter) courrier.LetterRecord {
	w.t.Helper()
	rec, err := w.client.Send(w.ctx, l)
	require.NoError(w.t, err)
	return rec
}

func (w *scene) dispatch() courrier.DispatchReport {
	w.t.Helper()
	report, err := w.client.Dispatch(w.ctx, courrier.DispatchOptions{})
	require.NoError(w.t, err)
	return report
}

func (w *scene) refresh() courrier.RefreshReport {
	w.t.Helper()
	w.advance(49 * time.Hour)
	report, err := w.client.Refresh(w.ctx, courrier.RefreshOptions{})
	require.NoError(w.t, err)
	return report
}

func (w *scene) letter(id courrier.LetterID) courrier.LetterRecord {
	w.t.Helper()
	rec, err := w.client.Letter(w.ctx, id)
	require.NoError(w.t, err)
	return rec
}

// kinds lists what the ledger did for a letter.
func (w *scene) kinds(id courrier.LetterID) []courrier.EntryKind {
	var kinds []courrier.EntryKind
	for e, err := range w.client.Credits("acme").Entries(w.ctx, courrier.EntryFilter{Letter: id}) {
		require.NoError(w.t, err)
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (w *scene) times(id courrier.LetterID) int {
	w.carrier.mu.Lock()
	defer w.carrier.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(w.carrier.accepted), func(o courrier.LetterID) bool { return o != id }))
}

const secretName = "Boulangerie Zébulon"

func letter(key string, service courrier.Service) courrier.Letter {
	return courrier.Letter{
		Account: "acme", Key: key, Service: service, Purpose: courrier.PurposeInvoice,
		To:        courrier.Recipient{Company: secretName, Address: courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"}},
		From:      courrier.Sender{Company: "Acme SAS", Address: courrier.Address{Street: "1 rue du Bac", Postcode: "75007", City: "Paris", Country: "FR"}},
		Documents: []courrier.Document{{Name: "facture.pdf", Content: []byte("%PDF-1.7 " + key), Pages: 1}},
	}
}
