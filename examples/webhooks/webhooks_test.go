package webhooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/examples/webhooks"
	"github.com/courrier-go/courrier/stores/sqlite"
	"github.com/courrier-go/courrier/stores/sqlstore"
)

var now = time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)

// receiver is a customer's server: it takes what is signed, and fails when it is told to.
type receiver struct {
	t      *testing.T
	secret string
	fail   int // this status, once
	got    []string
	ids    []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	require.NoError(r.t, err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.secret, "whsec_"))
	require.NoError(r.t, err)
	id := req.Header.Get("webhook-id")
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + req.Header.Get("webhook-timestamp") + "." + string(body)))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	require.Contains(r.t, strings.Split(req.Header.Get("webhook-signature"), " "), want)
	require.NotContains(r.t, id, ".")
	if status := r.fail; status != 0 {
		r.fail = 0
		w.WriteHeader(status)
		return
	}
	var message struct {
		Type string
		Data struct{ Subject, State string }
	}
	require.NoError(r.t, json.Unmarshal(body, &message))
	r.got, r.ids = append(r.got, message.Type+" "+message.Data.Subject+" "+message.Data.State), append(r.ids, id)
}

func newStore(t *testing.T) *sqlstore.Store {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "letters.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	store, err := sqlstore.New(t.Context(), sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating(), sqlstore.Telling())
	require.NoError(t, err)
	return store
}

func commit(t *testing.T, store *sqlstore.Store, r courrier.LetterRecord) {
	results, err := store.Commit(t.Context(), courrier.Change{Letter: &r})
	require.NoError(t, err)
	require.NoError(t, results[0].Err)
}

// What the store tells reaches the customer signed, in order, and again after a failure.
func TestChangesBecomeWebhooks(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	key, old := []byte(strings.Repeat("k", 24)), []byte(strings.Repeat("o", 24))
	customer := &receiver{t: t, secret: webhooks.Secret(old)}
	server := httptest.NewServer(customer)
	defer server.Close()
	endpoint := webhooks.Endpoint{URL: server.URL, Key: key, Old: old, Client: server.Client(), Now: func() time.Time { return now }}
	reader := changes.Reader{Store: store, Name: "webhook 1", Account: "acme"}

	letter := courrier.LetterRecord{ID: "L1", Letter: courrier.Letter{Account: "acme", Key: "k"}, Status: courrier.StatusQueued, UpdatedAt: now}
	commit(t, store, letter)
	other := letter
	other.ID, other.Letter.Account = "L2", "other"
	commit(t, store, other)
	letter.Version, letter.Status = 1, courrier.StatusPosted
	commit(t, store, letter)

	customer.fail = http.StatusServiceUnavailable
	_, err := reader.Read(t.Context(), endpoint.Tell)
	require.ErrorContains(t, err, "503")
	require.Empty(t, customer.got)
	n, err := reader.Read(t.Context(), endpoint.Tell)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, []string{"letter.moved L1 queued", "letter.moved L1 posted"}, customer.got)
	require.NotEqual(t, customer.ids[0], customer.ids[1])

	customer.secret = webhooks.Secret(key)
	letter.Version, letter.Status = 2, courrier.StatusDelivered
	commit(t, store, letter)
	customer.fail = http.StatusGone
	_, err = reader.Read(t.Context(), endpoint.Tell)
	require.ErrorIs(t, err, webhooks.ErrGone)
	_, err = reader.Read(t.Context(), endpoint.Tell)
	require.NoError(t, err)
	require.Equal(t, "letter.moved L1 delivered", customer.got[2])
}

// The secret, message and signature are the example of the specification.
func TestSignatureOfTheSpecification(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	require.Equal(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", webhooks.Secret(key))
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		webhooks.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)))
}

// A customer's address may not lead into the host's own network.
func TestPrivateAddressesAreNotReached(t *testing.T) {
	t.Parallel()
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer server.Close()
	endpoint := webhooks.Endpoint{URL: server.URL, Key: []byte("k"), Client: webhooks.NewClient(), Now: time.Now}
	err := endpoint.Tell(context.Background(), []changes.Change{{Kind: changes.LetterMoved, Cursor: "1"}})
	require.ErrorContains(t, err, "not on the open internet")
	require.False(t, called)
}
