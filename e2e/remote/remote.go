// Package remote is a carrier in another process, for tests that kill the processes which
// hand letters over: it keeps its own count of what it printed.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/tariff"
)

// NewClient returns a client of the carrier, whose clock is ahead.
func NewClient(store courrier.Store, p courrier.Provider, ahead time.Duration) (*courrier.Client, error) {
	return courrier.New(courrier.Config{
		Store: store, Providers: []courrier.Provider{p},
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: courrier.MustAmount("1.25", "EUR")}),
		Now:    func() time.Time { return time.Now().Add(ahead) },
	})
}

// Carrier is a carrier behind HTTP, as real ones are: the address of an [Office].
type Carrier string

// Name implements [courrier.Provider].
func (r Carrier) Name() string { return "remote" }

// Capabilities implements [courrier.Provider].
func (r Carrier) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{Services: courrier.Services(), Finds: true, Tracks: true, TrackBatch: 50, PollEvery: time.Second, SettleAfter: time.Second}
}

type answer struct {
	ID     string
	Events []courrier.TrackingEvent
}

func (r Carrier) call(ctx context.Context, path string, in any) (answer, error) {
	var out answer
	b, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(r)+path, bytes.NewReader(b))
	if err != nil {
		return out, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, err // in doubt: the carrier may have executed it
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return out, json.NewDecoder(resp.Body).Decode(&out)
	case http.StatusServiceUnavailable:
		return out, courrier.ErrUnavailable
	case http.StatusUnprocessableEntity:
		return out, courrier.ErrRejected
	case http.StatusNotFound:
		return out, courrier.ErrNotFound
	}
	return out, errors.New("unexpected answer")
}

// Submit implements [courrier.Provider].
func (r Carrier) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	a, err := r.call(ctx, "/submit", s.ID)
	return courrier.Receipt{ProviderID: a.ID}, err
}

// Find implements [courrier.Finder].
func (r Carrier) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	a, err := r.call(ctx, "/find", ref.ID)
	return courrier.Receipt{ProviderID: a.ID}, err
}

// Track implements [courrier.Tracker].
func (r Carrier) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	a, err := r.call(ctx, "/track", refs)
	return a.Events, err
}

// NewOffice returns an office without letters.
func NewOffice() *Office {
	return &Office{accepted: map[courrier.LetterID]int{}, calls: map[courrier.LetterID]int{}}
}

// Office is the carrier's side. It keeps its own count of what it prints. What it does to a letter depends on the
// letter alone, so that a repeated call meets the same carrier.
type Office struct {
	mu       sync.Mutex
	accepted map[courrier.LetterID]int
	calls    map[courrier.LetterID]int
	heard    atomic.Int64 // calls, of any kind
}

// Heard counts the calls so far, of any kind.
func (o *Office) Heard() int64 { return o.heard.Load() }

// AwaitCall waits, not for ever, until the office is called again.
func (o *Office) AwaitCall(before int64) {
	for range 1000 {
		if o.heard.Load() > before {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func fate(id courrier.LetterID) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return h.Sum32() % 8
}

// The fates of letters at the Carrier office.
const (
	fateSilent = 0 // accepted, and the connection is cut
	fateBusy   = 1 // unavailable at the first call
	fateNo     = 2 // refused, always
	fateFails  = 3 // accepted, fails later
)

// ServeHTTP implements [http.Handler].
func (o *Office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.heard.Add(1)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch r.URL.Path {
	case "/submit":
		var id courrier.LetterID
		if json.NewDecoder(r.Body).Decode(&id) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		o.submit(w, id)
	case "/find":
		var id courrier.LetterID
		_ = json.NewDecoder(r.Body).Decode(&id)
		if o.accepted[id] == 0 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(answer{ID: "r-" + string(id)})
	case "/track":
		var refs []courrier.Reference
		_ = json.NewDecoder(r.Body).Decode(&refs)
		_ = json.NewEncoder(w).Encode(answer{Events: o.track(refs)})
	}
}

func (o *Office) submit(w http.ResponseWriter, id courrier.LetterID) {
	o.calls[id]++
	switch f := fate(id); {
	case f == fateNo:
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	case f == fateBusy && o.calls[id] == 1:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case f == fateSilent:
		o.accepted[id]++
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return
	}
	o.accepted[id]++
	o.think()
	_ = json.NewEncoder(w).Encode(answer{ID: "r-" + string(id)})
}

// think keeps an answer back for a moment, as rendering a letter does: so a kill
// often falls between what the carrier did and what the process knows of it.
func (o *Office) think() {
	o.mu.Unlock()
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	o.mu.Lock()
}

func (o *Office) track(refs []courrier.Reference) (events []courrier.TrackingEvent) {
	for _, ref := range refs {
		status := courrier.StatusPosted
		if fate(ref.ID) == fateFails {
			status = courrier.StatusFailed
		}
		events = append(events, courrier.TrackingEvent{
			ID: string(status) + string(ref.ID), Letter: ref.ID, Provider: "remote", ProviderID: ref.ProviderID,
			Code: string(status), Status: status, Happened: testscene.Start,
		})
	}
	return events
}

// RequireAgreement demands that letters, ledger and the office agree, to the cent: each
// letter was printed once, or never where it was refused.
func RequireAgreement(t *testing.T, client *courrier.Client, office *Office, letters int) {
	ctx := context.Background()
	charged, seen := 0, 0
	for rec, err := range client.Letters(ctx, courrier.LetterFilter{Account: "acme"}) {
		require.NoError(t, err)
		seen++
		want, charge, status := 1, courrier.ChargeCaptured, courrier.StatusPosted
		switch fate(rec.ID) {
		case fateNo:
			want, charge, status = 0, courrier.ChargeReleased, courrier.StatusFailed
		case fateFails:
			charge, status = courrier.ChargeRefunded, courrier.StatusFailed
		}
		require.Equal(t, want, office.accepted[rec.ID], "fate %d, attempts %d", fate(rec.ID), rec.Attempts)
		require.Equal(t, status, rec.Status)
		require.Equal(t, charge, rec.Charge)
		kinds := map[courrier.EntryKind]int{}
		for e, err := range client.Credits("acme").Entries(ctx, courrier.EntryFilter{Letter: rec.ID}) {
			require.NoError(t, err)
			kinds[e.Kind]++
		}
		wantKinds := map[courrier.ChargeState]map[courrier.EntryKind]int{
			courrier.ChargeCaptured: {courrier.EntryReserve: 1, courrier.EntryCapture: 1},
			courrier.ChargeReleased: {courrier.EntryReserve: 1, courrier.EntryRelease: 1},
			courrier.ChargeRefunded: {courrier.EntryReserve: 1, courrier.EntryCapture: 1, courrier.EntryRefund: 1},
		}
		require.Equal(t, wantKinds[charge], kinds)
		if charge == courrier.ChargeCaptured {
			charged++
		}
	}
	require.Equal(t, letters, seen)
	bal, err := client.Credits("acme").Balance(ctx, "EUR")
	require.NoError(t, err)
	spent, err := courrier.MustAmount("1.25", "EUR").Times(charged)
	require.NoError(t, err)
	left, err := courrier.MustAmount(fmt.Sprint(letters*2), "EUR").Sub(spent)
	require.NoError(t, err)
	require.True(t, bal.Available.Equal(left), "%s left, want %s", bal.Available, left)
	require.True(t, bal.Reserved.IsZero())
}
