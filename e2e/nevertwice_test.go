package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/e2e/databases"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/tariff"
)

// The never-twice test kills a dispatching process, for real, at random moments:
// the child is this test binary, and the carrier lives in the parent, where no
// kill reaches it.
const (
	childStore   = "COURRIER_TEST_CHILD_STORE" // the connection string: the process is a child
	childCarrier = "COURRIER_TEST_CHILD_CARRIER"
	childAhead   = "COURRIER_TEST_CHILD_AHEAD" // how far its clock is ahead
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(childStore); dsn != "" {
		if err := dispatchForEver(dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func dispatchForEver(dsn string) error {
	ctx := context.Background()
	store, closeStore, err := databases.Open(ctx, dsn)
	if err != nil {
		return err
	}
	defer closeStore()
	ahead, err := strconv.ParseInt(os.Getenv(childAhead), 10, 64)
	if err != nil {
		return err
	}
	client, err := newChildClient(store, remote(os.Getenv(childCarrier)), time.Duration(ahead))
	if err != nil {
		return err
	}
	for {
		if _, err := client.Dispatch(ctx, courrier.DispatchOptions{Workers: 4}); err != nil {
			return err
		}
		if _, err := client.Refresh(ctx, courrier.RefreshOptions{Workers: 2}); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

func newChildClient(store courrier.Store, p courrier.Provider, ahead time.Duration) (*courrier.Client, error) {
	return courrier.New(courrier.Config{
		Store: store, Providers: []courrier.Provider{p},
		Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{courrier.ServiceStandard: courrier.MustAmount("1.25", "EUR")}),
		Now:    func() time.Time { return time.Now().Add(ahead) },
	})
}

// remote is a carrier behind HTTP, as real ones are.
type remote string

func (r remote) Name() string { return "remote" }

func (r remote) Capabilities() courrier.Capabilities {
	return courrier.Capabilities{Services: courrier.Services(), Finds: true, Tracks: true, TrackBatch: 50, PollEvery: time.Second, SettleAfter: time.Second}
}

type remoteAnswer struct {
	ID     string
	Events []courrier.TrackingEvent
}

func (r remote) call(ctx context.Context, path string, in any) (remoteAnswer, error) {
	var out remoteAnswer
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

func (r remote) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	a, err := r.call(ctx, "/submit", s.ID)
	return courrier.Receipt{ProviderID: a.ID}, err
}

func (r remote) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	a, err := r.call(ctx, "/find", ref.ID)
	return courrier.Receipt{ProviderID: a.ID}, err
}

func (r remote) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	a, err := r.call(ctx, "/track", refs)
	return a.Events, err
}

// remoteOffice is the carrier's side. What it does to a letter depends on the
// letter alone, so that a repeated call meets the same carrier.
type remoteOffice struct {
	mu       sync.Mutex
	accepted map[courrier.LetterID]int
	calls    map[courrier.LetterID]int
	heard    atomic.Int64 // calls, of any kind
}

// awaitCall waits, not for ever, until the office is called again.
func (o *remoteOffice) awaitCall(before int64) {
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

// The fates of letters at the remote office.
const (
	fateSilent = 0 // accepted, and the connection is cut
	fateBusy   = 1 // unavailable at the first call
	fateNo     = 2 // refused, always
	fateFails  = 3 // accepted, fails later
)

func (o *remoteOffice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
		_ = json.NewEncoder(w).Encode(remoteAnswer{ID: "r-" + string(id)})
	case "/track":
		var refs []courrier.Reference
		_ = json.NewDecoder(r.Body).Decode(&refs)
		_ = json.NewEncoder(w).Encode(remoteAnswer{Events: o.track(refs)})
	}
}

func (o *remoteOffice) submit(w http.ResponseWriter, id courrier.LetterID) {
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
	_ = json.NewEncoder(w).Encode(remoteAnswer{ID: "r-" + string(id)})
}

// think keeps an answer back for a moment, as rendering a letter does: so a kill
// often falls between what the carrier did and what the process knows of it.
func (o *remoteOffice) think() {
	o.mu.Unlock()
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	o.mu.Lock()
}

func (o *remoteOffice) track(refs []courrier.Reference) (events []courrier.TrackingEvent) {
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

// A dispatching process is killed again and again; every letter reaches the
// carrier exactly once, and ledger, letters and carrier agree to the cent.
func TestNeverTwiceUnderKill(t *testing.T) {
	kills, letters := 200, 600
	if testing.Short() {
		kills, letters = 20, 80
	}
	for name, dsn := range databases.Each(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			neverTwice(t, dsn, kills, letters)
		})
	}
}

func neverTwice(t *testing.T, dsn string, kills, letters int) {
	ctx := context.Background()
	store, closeStore, err := databases.Open(ctx, dsn)
	require.NoError(t, err)
	defer closeStore()
	office := &remoteOffice{accepted: map[courrier.LetterID]int{}, calls: map[courrier.LetterID]int{}}
	server := httptest.NewServer(office)
	defer server.Close()
	client, err := newChildClient(store, remote(server.URL), 0)
	require.NoError(t, err)
	_, err = client.Credits("acme").TopUp(ctx, "order", courrier.MustAmount(fmt.Sprint(letters*2), "EUR"))
	require.NoError(t, err)

	random := rand.New(rand.NewPCG(1, 2))
	for kill := range kills {
		for i := kill * letters / kills; i < (kill+1)*letters/kills; i++ {
			_, err := client.Send(ctx, testscene.Letter(fmt.Sprint("L", i), courrier.ServiceStandard))
			require.NoError(t, err)
		}
		heard := office.heard.Load()
		child := startChild(t, dsn, server.URL, time.Duration(kill)*10*time.Minute)
		if kill%2 == 0 { // every second one dies at work, the others anywhere
			office.awaitCall(heard)
		}
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		require.NoError(t, child.Process.Kill())
		_ = child.Wait()
	}
	settleAll(t, store, server.URL, time.Duration(kills)*10*time.Minute)
	requireAgreement(t, client, office, letters)
}

func startChild(t *testing.T, dsn, carrier string, ahead time.Duration) *exec.Cmd {
	exe, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(exe)
	child.Env = append(os.Environ(), childStore+"="+dsn, childCarrier+"="+carrier, fmt.Sprintf("%s=%d", childAhead, ahead))
	child.Stderr = os.Stderr
	require.NoError(t, child.Start())
	return child
}

// settleAll lets one last process, that nobody kills, finish the work.
func settleAll(t *testing.T, store courrier.Store, carrier string, ahead time.Duration) {
	for round := range 40 {
		client, err := newChildClient(store, remote(carrier), ahead+time.Duration(round)*3*time.Hour)
		require.NoError(t, err)
		_, err = client.Dispatch(context.Background(), courrier.DispatchOptions{})
		require.NoError(t, err)
		_, err = client.Refresh(context.Background(), courrier.RefreshOptions{})
		require.NoError(t, err)
	}
}

func requireAgreement(t *testing.T, client *courrier.Client, office *remoteOffice, letters int) {
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
