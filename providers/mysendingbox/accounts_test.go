package mysendingbox_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// items is the least store that keeps connections.
type items struct {
	mu  sync.Mutex
	all map[courrier.AccountID]courrier.Item
}

func newItems() *items { return &items{all: map[courrier.AccountID]courrier.Item{}} }

func (s *items) Item(_ context.Context, _ courrier.ItemKind, account courrier.AccountID, _ string) (courrier.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.all[account]
	if !ok {
		return courrier.Item{}, courrier.ErrNotFound
	}
	return item, nil
}

func (s *items) Items(_ context.Context, f courrier.ItemFilter) iter.Seq2[courrier.Item, error] {
	return func(yield func(courrier.Item, error) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, item := range s.all {
			if f.Match(item) && !yield(item, nil) {
				return
			}
		}
	}
}

func (s *items) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	results := make([]courrier.Result, len(changes))
	for i, c := range changes {
		for _, item := range c.Items {
			version, err := courrier.NextVersion(item.Version, s.all[item.Account].Version)
			if err != nil {
				results[i].Err = err
				continue
			}
			item.Version = version
			s.all[item.Account] = item
		}
	}
	return results, nil
}

// sealer seals by turning bits over; a host uses a real cipher.
type sealer struct{ broken error }

func flip(b []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = ^b[i]
	}
	return out
}

func (s *sealer) Seal(_ context.Context, _ courrier.AccountID, secret []byte) ([]byte, error) {
	return flip(secret), s.broken
}

func (s *sealer) Open(_ context.Context, _ courrier.AccountID, sealed []byte) ([]byte, error) {
	return flip(sealed), s.broken
}

func newAccounts(t *testing.T, w *world, store *items, change func(*mysendingbox.AccountsConfig)) *mysendingbox.Accounts {
	t.Helper()
	cfg := mysendingbox.AccountsConfig{
		Store: store, Secrets: &sealer{}, Live: true, Transport: w.recorder, Now: w.clock.Now,
		Partner: func(context.Context) (mysendingbox.Key, error) {
			return mysendingbox.NewKey(mysendingboxtest.PartnerKey), nil
		},
	}
	if change != nil {
		change(&cfg)
	}
	accounts, err := mysendingbox.NewAccounts(cfg)
	require.NoError(t, err)
	return accounts
}

func opening() mysendingbox.Opening {
	return mysendingbox.Opening{
		Account: account, Email: "owner@bakery.test", Name: "Zoé Martin", Phone: "+33478000000", Company: "Boulangerie Martin SARL", SIREN: "732829320",
		Address:    courrier.Address{Street: "12 rue des Lilas", Postcode: "69003", City: "Lyon", Country: "FR"},
		WebhookURL: "https://courrier:" + secret + "@host.test/webhooks/mysendingbox", CancellationWindow: 30,
	}
}

// From the opening to letters sent with the account's own key.
func TestAccountFromOpeningToLetters(t *testing.T) {
	t.Parallel()
	store, w := newItems(), newWorld(t, nil)
	accounts := newAccounts(t, w, store, nil)
	opened, err := accounts.Open(t.Context(), opening())
	require.NoError(t, err)
	require.Equal(t, mysendingbox.StateCreated, opened.State)
	require.True(t, opened.HasLive && opened.HasTest && opened.Ready())
	again, err := accounts.Open(t.Context(), opening())
	require.NoError(t, err)
	require.Equal(t, opened, again, "an account is opened once")

	key, err := accounts.Key(t.Context(), account)
	require.NoError(t, err)
	require.True(t, key.Live())
	require.NotContains(t, string(store.all[account].Body), key.Reveal(), "keys are kept sealed")

	provider, err := mysendingbox.New(mysendingbox.Config{Credentials: accounts.Key, Live: true, Transport: w.recorder})
	require.NoError(t, err)
	for _, step := range []struct {
		state mysendingbox.State
		want  error
	}{
		{mysendingbox.StateBillingMissing, courrier.ErrDenied},
		{mysendingbox.StatePaymentMissing, courrier.ErrDenied},
		{mysendingbox.StateConnected, nil},
	} {
		_, err = accounts.Report(t.Context(), account, step.state)
		require.NoError(t, err)
		told := changes.OfItem(store.all[account])
		require.Len(t, told, 1, "a feed is told")
		require.Equal(t, []any{changes.AccountConnection, account, "mysendingbox", string(step.state)}, []any{told[0].Kind, told[0].Account, told[0].Subject, told[0].State})
		_, err = provider.Submit(t.Context(), submission("lt-1", courrier.ServiceStandard))
		require.ErrorIs(t, err, step.want)
	}
	_, err = provider.Submit(t.Context(), func() courrier.Submission {
		s := submission("lt-2", courrier.ServiceStandard)
		s.Letter.Account = "stranger"
		return s
	}())
	carrierlife.RequireKind(t, courrier.ErrDenied, err)
	require.Equal(t, []string{"lt-1"}, w.Accepted(mysendingbox.MetadataKey))

	require.NoError(t, accounts.ChangeEmail(t.Context(), account, "compta@bakery.test"))
	require.Equal(t, "compta@bakery.test", w.Email(opened.Company))
	require.Len(t, collect(t, accounts.Connections(t.Context())), 1)
}

func TestKeysAreRotatedAndForgotten(t *testing.T) {
	t.Parallel()
	store, w := newItems(), newWorld(t, nil)
	accounts := newAccounts(t, w, store, nil)
	_, err := accounts.Open(t.Context(), opening())
	require.NoError(t, err)
	old, err := accounts.Key(t.Context(), account)
	require.NoError(t, err)

	w.RevokeKey(old.Reveal())
	probed, err := accounts.Probe(t.Context(), account)
	require.NoError(t, err)
	require.Equal(t, mysendingbox.StateKeysRefused, probed.State)
	_, err = accounts.Key(t.Context(), account)
	carrierlife.RequireKind(t, courrier.ErrDenied, err)

	_, err = accounts.SetKeys(t.Context(), account, mysendingbox.Keys{Live: old})
	carrierlife.RequireKind(t, courrier.ErrDenied, err)
	rotated, err := accounts.SetKeys(t.Context(), account, mysendingbox.Keys{Live: mysendingbox.NewKey(mysendingboxtest.LiveKey)})
	require.NoError(t, err)
	require.Equal(t, mysendingbox.StateValidated, rotated.State)
	key, err := accounts.Key(t.Context(), account)
	require.NoError(t, err)
	require.Equal(t, mysendingboxtest.LiveKey, key.Reveal())

	ended, err := accounts.Deactivate(t.Context(), account)
	require.NoError(t, err)
	require.Equal(t, mysendingbox.StateDeactivated, ended.State)
	_, err = accounts.Key(t.Context(), account)
	carrierlife.RequireKind(t, courrier.ErrDenied, err)
	require.NotContains(t, string(store.all[account].Body), `"live":`)
	_, err = accounts.Report(t.Context(), account, mysendingbox.StateConnected)
	carrierlife.RequireKind(t, courrier.ErrConflict, err)
}

// A customer that has an account already pastes its keys.
func TestAdoptedAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	accounts := newAccounts(t, w, newItems(), func(c *mysendingbox.AccountsConfig) { c.Partner = nil })
	_, err := accounts.Open(t.Context(), opening())
	carrierlife.RequireKind(t, courrier.ErrUnsupported, err)
	for _, wrong := range []mysendingbox.Keys{{}, {Test: mysendingbox.NewKey(mysendingboxtest.LiveKey)}, {Live: mysendingbox.NewKey(mysendingboxtest.TestKey)}} {
		_, err = accounts.SetKeys(t.Context(), account, wrong)
		carrierlife.RequireKind(t, courrier.ErrInvalid, err)
	}
	c, err := accounts.SetKeys(t.Context(), account, mysendingbox.Keys{Test: mysendingbox.NewKey(mysendingboxtest.TestKey), Live: mysendingbox.NewKey(mysendingboxtest.LiveKey)})
	require.NoError(t, err)
	require.Equal(t, mysendingbox.StateValidated, c.State)
	require.ErrorIs(t, accounts.ChangeEmail(t.Context(), account, "a@b.test"), courrier.ErrUnsupported)
}

func TestOpeningThatFails(t *testing.T) {
	t.Parallel()
	status := func(n int) mysendingboxtest.Fault {
		return mysendingboxtest.Fault{Kind: mysendingboxtest.Status, Status: n, Times: 1}
	}
	for name, tc := range map[string]struct {
		fault mysendingboxtest.Fault
		kind  error
		state mysendingbox.State
	}{
		"refused":     {status(422), courrier.ErrRejected, mysendingbox.StateRefused},
		"no right":    {status(403), courrier.ErrDenied, mysendingbox.StateRefused},
		"busy":        {status(429), courrier.ErrUnavailable, mysendingbox.StateRefused},
		"outage":      {status(500), courrier.ErrInDoubt, mysendingbox.StateOpening},
		"lost answer": {mysendingboxtest.Fault{Kind: mysendingboxtest.AcceptThenReset, Times: 1}, courrier.ErrInDoubt, mysendingbox.StateOpening},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			accounts := newAccounts(t, w, newItems(), nil)
			w.Fail(tc.fault)
			_, err := accounts.Open(t.Context(), opening())
			carrierlife.RequireKind(t, tc.kind, err)
			c, err := accounts.Connection(t.Context(), account)
			require.NoError(t, err)
			require.Equal(t, tc.state, c.State)
			_, err = accounts.Key(t.Context(), account)
			carrierlife.RequireKind(t, courrier.ErrDenied, err)
			c, err = accounts.Open(t.Context(), opening())
			require.NoError(t, err, "opened again, under the same idempotency key")
			require.Equal(t, mysendingbox.StateCreated, c.State)
			require.NotEmpty(t, c.Company)
		})
	}
}

// Whatever becomes of the call that opens an account, opening it again brings its
// keys, and the carrier has one company.
func TestOpeningOverABrokenLine(t *testing.T) {
	t.Parallel()
	for _, fault := range resttest.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				cut := &resttest.Cut{Next: w.wire, At: map[int]resttest.Fault{0: fault}}
				accounts := newAccounts(t, w, newItems(), func(c *mysendingbox.AccountsConfig) { c.Transport = cut })
				c, err := accounts.Open(t.Context(), opening())
				require.Error(t, err)
				require.False(t, c.Ready())
				_, err = accounts.Key(t.Context(), account)
				carrierlife.RequireKind(t, courrier.ErrDenied, err)
				c, err = accounts.Open(t.Context(), opening())
				require.NoError(t, err)
				require.Equal(t, mysendingbox.StateCreated, c.State)
				require.True(t, c.HasLive && c.HasTest)
				key, err := accounts.Key(t.Context(), account)
				require.NoError(t, err)
				require.True(t, key.Live())
				require.Equal(t, []string{"POST /accounts", "POST /accounts"}, cut.Calls())
			})
		})
	}
}

// The same opening again bears the same idempotency key, a mended one another.
func TestMendedOpeningHasAnotherIdempotencyKey(t *testing.T) {
	t.Parallel()
	var keys []string
	w := newWorld(t, nil)
	accounts := newAccounts(t, w, newItems(), func(c *mysendingbox.AccountsConfig) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			keys = append(keys, r.Header.Get("Idempotency-Key"))
			return w.wire.RoundTrip(r)
		})
	})
	w.Fail(mysendingboxtest.Fault{Kind: mysendingboxtest.Status, Status: 422, Times: 2})
	mended := opening()
	mended.Email = "owner@bakery.example"
	for _, o := range []mysendingbox.Opening{opening(), opening()} {
		_, err := accounts.Open(t.Context(), o)
		carrierlife.RequireKind(t, courrier.ErrRejected, err)
	}
	_, err := accounts.Open(t.Context(), mended)
	require.NoError(t, err)
	require.Equal(t, keys[0], keys[1])
	require.NotEqual(t, keys[1], keys[2])
}

func TestKeysAreKeptWhenTheCallerLeaves(t *testing.T) {
	t.Parallel()
	store, w := newItems(), newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	accounts := newAccounts(t, w, store, func(c *mysendingbox.AccountsConfig) {
		c.Transport = leaver{w.recorder, cancel}
	})
	_, err := accounts.Open(ctx, opening())
	require.NoError(t, err)
	_, err = accounts.Key(t.Context(), account)
	require.NoError(t, err)
}

// leaver cancels the caller's context once the answer is there.
type leaver struct {
	next  *recorder
	leave func()
}

// RoundTrip implements [http.RoundTripper].
func (l leaver) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	defer l.leave()
	return resp, err
}

func TestBrokenSecretStore(t *testing.T) {
	t.Parallel()
	w, seal := newWorld(t, nil), &sealer{}
	accounts := newAccounts(t, w, newItems(), func(c *mysendingbox.AccountsConfig) { c.Secrets = seal })
	_, err := accounts.SetKeys(t.Context(), account, mysendingbox.Keys{Live: mysendingbox.NewKey(mysendingboxtest.LiveKey)})
	require.NoError(t, err)
	seal.broken = errors.New("vault is sealed")
	_, err = accounts.Key(t.Context(), account)
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	_, err = accounts.SetKeys(t.Context(), account, mysendingbox.Keys{Live: mysendingbox.NewKey(mysendingboxtest.LiveKey)})
	carrierlife.RequireKind(t, courrier.ErrUnavailable, err)
	o := opening()
	o.Account = "other"
	_, err = accounts.Open(t.Context(), o)
	carrierlife.RequireKind(t, courrier.ErrInDoubt, err)
}

func TestOpeningNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	accounts := newAccounts(t, w, newItems(), nil)
	_, err := accounts.Open(t.Context(), mysendingbox.Opening{Email: "x", SIREN: "1", CancellationWindow: -1, Address: courrier.Address{Street: "1 rue", City: "Lyon", Country: "FR"}})
	var fields []string
	for _, f := range courrier.FieldErrors(err) {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"Account", "Email", "Name", "SIREN", "CancellationWindow", "Name", "Address.Postcode"}, fields)
	require.Empty(t, w.Requests())
	_, err = mysendingbox.NewAccounts(mysendingbox.AccountsConfig{BaseURL: "x"})
	require.Len(t, courrier.FieldErrors(err), 3)
	_, err = accounts.Report(t.Context(), account, mysendingbox.StateOpening)
	carrierlife.RequireKind(t, courrier.ErrInvalid, err)
	_, err = accounts.Connection(t.Context(), "nobody")
	require.ErrorIs(t, err, courrier.ErrNotFound)
}

// Two processes that open one account at the same time: one is told of the other.
func TestConcurrentOpenings(t *testing.T) {
	t.Parallel()
	w, store := newWorld(t, nil), newItems()
	var wg sync.WaitGroup
	for range 8 {
		accounts := newAccounts(t, w, store, nil)
		wg.Go(func() {
			if _, err := accounts.Open(t.Context(), opening()); err != nil && !errors.Is(err, courrier.ErrConflict) {
				t.Errorf("open: %v", err)
			}
		})
	}
	wg.Wait()
	time.Sleep(0)
	c, err := newAccounts(t, w, store, nil).Connection(t.Context(), account)
	require.NoError(t, err)
	require.NotEmpty(t, c.Company)
	require.True(t, bytes.Contains(store.all[account].Body, []byte(c.Company)))
}
