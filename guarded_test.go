package courrier_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// trouble breaks one method, for one letter or for all. What hung may look again when
// the test has long aimed at something else.
type trouble struct {
	do func() // panics, or hangs

	mu      sync.Mutex
	at      string // the method; empty: none
	all     bool
	bad     courrier.LetterID
	reached int
}

// aim chooses the method that breaks from now on.
func (b *trouble) aim(method string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = method
}

func (b *trouble) met() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reached
}

// meet breaks the call when it is the one to break.
func (b *trouble) meet(method string, about ...courrier.LetterID) {
	if b.hit(method, about) {
		b.do()
	}
}

func (b *trouble) hit(method string, about []courrier.LetterID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	hit := b.at == method && (b.all || slices.Contains(about, b.bad))
	if hit {
		b.reached++
	}
	return hit
}

// troubled is a carrier with every ability, one of whose methods breaks.
type troubled struct {
	*testscene.Carrier
	*trouble
}

func (c troubled) Capabilities() courrier.Capabilities {
	caps := c.Carrier.Capabilities()
	caps.Quotes, caps.Drafts = true, true
	caps.Reaches = func(courrier.Service, courrier.Address) bool { c.meet("Reaches"); return true }
	c.meet("Capabilities")
	return caps
}

func (c troubled) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	c.meet("Submit", s.ID)
	return c.Carrier.Submit(ctx, s)
}

func (c troubled) Draft(_ context.Context, s courrier.Submission) (string, error) {
	c.meet("Draft", s.ID)
	return "draft", nil
}

func (c troubled) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	c.meet("Find", ref.ID)
	return c.Carrier.Find(ctx, ref)
}

func (c troubled) Cancel(ctx context.Context, ref courrier.Reference) error {
	c.meet("Cancel", ref.ID)
	return c.Carrier.Cancel(ctx, ref)
}

func (c troubled) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	for _, ref := range refs {
		c.meet("Track", ref.ID)
	}
	return c.Carrier.Track(ctx, refs)
}

func (c troubled) Proof(ctx context.Context, ref courrier.Reference, kind courrier.ProofKind) (courrier.Document, error) {
	c.meet("Proof", ref.ID)
	return courrier.NewDocument("proof.pdf", []byte("%PDF-proof")), nil
}

func (c troubled) Quote(context.Context, courrier.Letter) (courrier.Amount, error) {
	c.meet("Quote")
	return courrier.MustAmount("4", "EUR"), nil
}

func (c troubled) ParseWebhook(http.Header, map[string][]string, []byte) (courrier.Webhook, error) {
	c.meet("ParseWebhook")
	return courrier.Webhook{}, nil
}

// troubledHost is all that a host may bring besides.
type troubledHost struct {
	*trouble
	courrier.Contents
	tariff courrier.Tariff
}

func (h troubledHost) Ask(_ context.Context, r courrier.LetterRecord) (courrier.Verdict, error) {
	h.meet("Gate.Ask", r.ID)
	return courrier.Verdict{}, nil
}

func (h troubledHost) KeepsContent(context.Context, courrier.AccountID, courrier.Sum) (bool, error) {
	h.meet("Gate.KeepsContent")
	return false, nil
}

func (h troubledHost) Inspect(context.Context, courrier.Document, bool) (courrier.Inspection, error) {
	h.meet("Inspector.Inspect")
	return courrier.Inspection{Pages: 1}, nil
}

func (h troubledHost) Price(l courrier.Priceable) ([]courrier.PriceLine, error) {
	h.meet("Tariff.Price")
	return h.tariff.Price(l)
}

func (h troubledHost) CheckAddress(context.Context, courrier.Address) (courrier.AddressCheck, error) {
	h.meet("AddressChecker.CheckAddress")
	return courrier.AddressCheck{Verdict: courrier.AddressFound}, nil
}

func (h troubledHost) authorize(context.Context, courrier.Actor, courrier.Action) error {
	h.meet("Authorize")
	return nil
}

func (h troubledHost) route(context.Context, courrier.Letter) ([]string, error) {
	h.meet("Route")
	return []string{"post"}, nil
}

func (h troubledHost) unknown(context.Context, courrier.TrackingEvent) { h.meet("OnUnknownCode") }

func (h troubledHost) PutContent(ctx context.Context, sum courrier.Sum, content []byte) error {
	h.meet("Contents.PutContent")
	return h.Contents.PutContent(ctx, sum, content)
}

func (h troubledHost) Content(ctx context.Context, sum courrier.Sum) ([]byte, error) {
	h.meet("Contents.Content")
	return h.Contents.Content(ctx, sum)
}

func (h troubledHost) DeleteContent(ctx context.Context, sum courrier.Sum) error {
	h.meet("Contents.DeleteContent")
	return h.Contents.(courrier.ContentDeleter).DeleteContent(ctx, sum)
}

// Each method of whatever host and carriers bring panics, or hangs for ever, in
// every duty: the process lives, the other letters go on, each is printed once at
// most, and what may have left is in doubt.
func TestNoCodeOfOthersStopsTheRest(t *testing.T) {
	t.Parallel()
	methods := []string{
		"Submit", "Draft", "Find", "Cancel", "Track", "Proof", "Quote", "ParseWebhook", "Reaches", "Capabilities",
		"Gate.Ask", "Gate.KeepsContent", "Inspector.Inspect", "Tariff.Price", "AddressChecker.CheckAddress", "Authorize", "Route",
		"OnUnknownCode", "Contents.PutContent", "Contents.Content", "Contents.DeleteContent",
	}
	for _, method := range methods {
		for _, how := range []string{"panics", "hangs"} {
			t.Run(method+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { breakOne(t, method, how) })
			})
		}
	}
}

func breakOne(t *testing.T, method, how string) {
	release := make(chan struct{})
	defer close(release)
	b := &trouble{do: func() { panic("broken") }}
	if how == "hangs" {
		b.do = func() { <-release }
	}
	w := testscene.New(t, func(cfg *courrier.Config) {
		carrier := testscene.NewCarrier("post", time.Now)
		carrier.Script = map[string][]testscene.Outcome{"doubted": {testscene.AcceptsSilent}}
		host := troubledHost{b, cfg.Store.(courrier.Contents), cfg.Tariff}
		cfg.Now, cfg.Contents, cfg.Tariff, cfg.Inspector, cfg.Gates = time.Now, host, host, host, []courrier.Gate{host}
		cfg.Authorize, cfg.Route, cfg.OnUnknownCode, cfg.AddressChecker = host.authorize, host.route, host.unknown, host
		cfg.Providers = []courrier.Provider{troubled{carrier, b}}
	})
	w.Carrier = w.Config.Providers[0].(troubled).Carrier
	w.TopUp(200)
	_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{RetentionDays: 30})
	require.NoError(t, err)
	ids := map[string]courrier.LetterID{}
	for _, key := range []string{"bad", "good", "doubted", "stopped"} {
		l := testscene.Letter(key, courrier.ServiceRegisteredAR)
		l.Documents = []courrier.Document{courrier.NewDocument("own.pdf", []byte("%PDF-"+key))}
		ids[key] = w.Send(l).ID
	}
	b.bad = ids["bad"] // nothing breaks yet
	b.all = !slices.Contains([]string{"Submit", "Draft", "Cancel", "Track", "Proof", "Gate.Ask"}, method)
	switch method {
	case "Find":
		b.bad = ids["doubted"]
	case "Cancel":
		b.bad = ids["stopped"]
	}
	purging := method == "Gate.KeepsContent" || method == "Contents.DeleteContent"
	if purging {
		for range 50 { // until nothing more is waited for; the contents' time is nearly over
			time.Sleep(8 * 24 * time.Hour)
			everyDuty(w, ids)
		}
	}
	b.aim(method)
	for range 2 {
		time.Sleep(time.Minute)
		if purging {
			time.Sleep(40 * 24 * time.Hour)
		}
		everyDuty(w, ids)
	}
	b.aim("") // mended, and whatever hung is asked again after its rest
	for range 40 {
		time.Sleep(26 * time.Hour)
		everyDuty(w, ids)
	}
	if method != "Capabilities" && method != "Reaches" { // those are asked for once, or when a letter is sent
		require.Positive(t, b.met(), "the trouble was met")
	}
	for key, id := range ids {
		rec := w.Letter(id)
		require.LessOrEqual(t, w.Times(id), 1, "%s: printed once", key)
		if how == "hangs" && method == "Submit" && key == "bad" {
			require.Equal(t, courrier.StatusUnknown, rec.Status, "it still runs, and may print yet")
			continue
		}
		if key == "stopped" && rec.Status == courrier.StatusCancelled {
			continue
		}
		require.Equal(t, 1, w.Times(id), "%s: printed, %s", key, rec.Status)
		require.NotContains(t, []courrier.Status{courrier.StatusUnknown, courrier.StatusQueued, courrier.StatusHeld}, rec.Status, key)
	}
	require.NotContains(t, w.Logs.String(), "broken", "what a panic says may be anything")
}

// everyDuty does all that a host's processes do, for a few rounds. Errors are
// their business: nothing here may end the process or wait for ever.
func everyDuty(w *testscene.Scene, ids map[string]courrier.LetterID) {
	began := time.Now()
	c := w.Client
	_, _ = c.Preview(w.Ctx, testscene.Letter("preview", courrier.ServiceRegisteredAR))
	_, _ = c.Quote(w.Ctx, testscene.Letter("quote", courrier.ServiceStandard))
	_, _ = c.CheckAddress(w.Ctx, testscene.Letter("a", courrier.ServiceStandard).To.Address)
	_, _ = c.Credits("acme").TopUp(w.Ctx, fmt.Sprint(began.UnixNano()), testscene.Stamps(w.T, 1))
	_, _ = c.Send(w.Ctx, testscene.Letter(fmt.Sprint("more", began.UnixNano()), courrier.ServiceStandard))
	for range 2 {
		_, err := c.Dispatch(w.Ctx, courrier.DispatchOptions{})
		require.NoError(w.T, err)
		time.Sleep(4 * time.Hour)
		_, err = c.Refresh(w.Ctx, courrier.RefreshOptions{})
		require.NoError(w.T, err)
	}
	for key, id := range ids {
		_, _ = c.DispatchOne(w.Ctx, id)
		_, _ = c.SettleOne(w.Ctx, id)
		if rec := w.Letter(id); rec.ProviderID != "" && key != "stopped" && len(w.Carrier.Told[rec.ProviderID]) == 0 {
			w.Carrier.Happen(rec.ProviderID, courrier.StatusPosted, "")
			w.Carrier.Happen(rec.ProviderID, courrier.StatusDelivered, "")
			w.Carrier.Told[rec.ProviderID] = append(w.Carrier.Told[rec.ProviderID],
				courrier.TrackingEvent{ID: "odd" + rec.ProviderID, Provider: "post", ProviderID: rec.ProviderID, Code: "odd", Unknown: true, Happened: time.Now(), Proof: courrier.ProofOfDeposit})
		}
		_, _ = c.RefreshOne(w.Ctx, id)
		_, _ = c.FetchProofs(w.Ctx, id)
		if key == "stopped" || key == "bad" && w.Letter(id).Status == courrier.StatusSubmitted {
			_, _ = c.Cancel(w.Ctx, id)
		}
	}
	handler := c.WebhookHandler(w.Config.Providers[0], courrier.WebhookOptions{})
	require.Contains(w.T, []int{http.StatusNoContent, http.StatusServiceUnavailable, http.StatusNotFound}, w.Post(handler, "{}"))
	_, err := c.Purge(w.Ctx)
	require.NoError(w.T, err)
	require.Less(w.T, time.Since(began), 100*time.Hour, "bounded")
}

// A carrier that cannot even say its name is refused by New, which waits for none.
func TestACarrierThatCannotSayWhatItIsIsRefused(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"panics", "hangs"} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			defer close(release)
			b := &trouble{at: "Capabilities", all: true, do: func() { panic("broken") }}
			if how == "hangs" {
				b.do = func() { <-release }
			}
			w := testscene.New(t)
			began := time.Now()
			_, err := courrier.New(courrier.Config{Store: w.Store, Providers: []courrier.Provider{troubled{w.Carrier, b}}})
			require.ErrorIs(t, err, courrier.ErrInvalid, how)
			require.Equal(t, "Providers[0]", courrier.FieldErrors(err)[0].Field)
			require.Less(t, time.Since(began), time.Minute)
		})
	}
}

// brittle is a store that panics about one letter: the worker goes on.
type brittle struct {
	testscene.BothStores
	bad *courrier.LetterID
}

func (s brittle) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	for _, c := range changes {
		if c.Letter != nil && c.Letter.ID == *s.bad && c.Letter.Attempts > 0 {
			panic("broken")
		}
	}
	return s.BothStores.Commit(ctx, changes...)
}

func TestAWorkerOutlivesAPanicOfTheStore(t *testing.T) {
	t.Parallel()
	bad := courrier.LetterID("")
	w := testscene.New(t, func(cfg *courrier.Config) {
		cfg.Contents = cfg.Store.(courrier.Contents)
		cfg.Store = brittle{cfg.Store.(testscene.BothStores), &bad}
	})
	w.TopUp(5)
	var ids []courrier.LetterID
	for i := range 5 {
		ids = append(ids, w.Send(testscene.Letter(fmt.Sprint("k", i), courrier.ServiceStandard)).ID)
	}
	bad = ids[2]
	report := w.Dispatch()
	require.Equal(t, []int{4, 1}, []int{report.Submitted, report.Errors})
	require.Contains(t, w.Logs.String(), "panic in the code")
	require.False(t, bytes.Contains(w.Logs.Bytes(), []byte("broken")) || strings.Contains(w.Logs.String(), "broken"))
}
