package laposte_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/laposte"
	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

func signed(login, password string) http.Header {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(login, password)
	return r.Header
}

// notice is a body as the contract words it, with the undocumented members.
func notice(event, resource string, change map[string]any) []byte {
	body := map[string]any{
		"source": "api.maileva.com", "user_id": "u", "client_id": "c", "event_type": event, "resource_type": resource,
		"event_date": "2026-03-03T10:00:00.137Z", "event_location": "FR", "resource_id": "e6118f29-89c3-41e5-82e8-00cb0b7b1b0c",
		"resource_location":  "https://evil.example/registered_mail/v4/sendings/110e8400-e29b-11d4-a716-446655440000/recipients/e6118f29-89c3-41e5-82e8-00cb0b7b1b0c",
		"resource_custom_id": string(letterID), "resource_custom_data": nil, "resource_name": "sendings", "event_detail": nil,
	}
	for k, v := range change {
		body[k] = v
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return b
}

// notifications are the pairs that Maileva documents.
var notifications = []struct {
	resource, event string
	want            courrier.TrackingEvent
}{
	{"mail/v2/sendings", "ON_STATUS_ACCEPTED", courrier.TrackingEvent{Status: courrier.StatusAccepted}},
	{"mail/v2/sendings", "ON_STATUS_REJECTED", courrier.TrackingEvent{Status: courrier.StatusFailed}},
	{"mail/v2/sendings", "ON_STATUS_PROCESSED", courrier.TrackingEvent{Status: courrier.StatusPosted}},
	{"mail/v2/sendings", "ON_STATUS_ARCHIVED", courrier.TrackingEvent{}},
	{"registered_mail/v4/sendings", "ON_STATUS_ACCEPTED", courrier.TrackingEvent{Status: courrier.StatusAccepted}},
	{"registered_mail/v4/sendings", "ON_STATUS_REJECTED", courrier.TrackingEvent{Status: courrier.StatusFailed}},
	{"registered_mail/v4/sendings", "ON_STATUS_PROCESSED", courrier.TrackingEvent{Status: courrier.StatusPosted}},
	{"registered_mail/v4/sendings", "ON_GLOBAL_DEPOSIT_PROOF_RECEIVED", courrier.TrackingEvent{Proof: courrier.ProofOfDeposit}},
	{"registered_mail/v4/recipients", "ON_DEPOSIT_PROOF_RECEIVED", courrier.TrackingEvent{Proof: courrier.ProofOfDeposit}},
	{"registered_mail/v4/recipients", "ON_CONTENT_PROOF_RECEIVED", courrier.TrackingEvent{Proof: courrier.ProofOfContent}},
	{"registered_mail/v4/recipients", "ON_ACKNOWLEDGEMENT_OF_RECEIPT_RECEIVED", courrier.TrackingEvent{Proof: courrier.ProofOfReceipt}},
	{"registered_mail/v4/recipients", "ON_UNDELIVERED_MAIL_RECEIVED", courrier.TrackingEvent{Proof: courrier.ProofOfReturn}},
	{"registered_mail/v4/recipients", "ON_MAIN_DELIVERY_STATUS_FIRST_PRESENTATION", courrier.TrackingEvent{Status: courrier.StatusInTransit, FirstPresentation: true}},
	{"registered_mail/v4/recipients", "ON_MAIN_DELIVERY_STATUS_DELIVERED", courrier.TrackingEvent{Status: courrier.StatusDelivered}},
	{"registered_mail/v4/recipients", "ON_MAIN_DELIVERY_STATUS_UNDELIVERED", courrier.TrackingEvent{Status: courrier.StatusReturning}},
	// Accepted in subscriptions, documented nowhere: known, and without meaning.
	{"mail/v2/sendings", "ON_STATUS_PROCESSED_WITH_ERRORS", courrier.TrackingEvent{}},
	{"registered_mail/v4/sendings", "ON_STATUS_PROCESSED_WITH_ERRORS", courrier.TrackingEvent{}},
	// Of other services, or of the future.
	{"mail/v2/recipients", "ON_STATUS_REJECTED", courrier.TrackingEvent{Unknown: true}},
	{"invoices/v1/recipients", "ON_STATUS_PROCESSED", courrier.TrackingEvent{Unknown: true}},
	{"registered_mail/v4/sendings", "ON_SOMETHING_NEW", courrier.TrackingEvent{Unknown: true}},
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range notifications {
		t.Run(c.resource+"/"+c.event, func(t *testing.T) {
			t.Parallel()
			body := notice(c.event, c.resource, nil)
			hook, err := w.provider.ParseWebhook(signed(login.Login, login.Password), nil, body)
			require.NoError(t, err)
			require.Equal(t, http.StatusCreated, hook.Status)
			require.Len(t, hook.Events, 1)
			e := hook.Events[0]
			require.Equal(t, c.want, courrier.TrackingEvent{Status: e.Status, Proof: e.Proof, FirstPresentation: e.FirstPresentation, Unknown: e.Unknown})
			require.True(t, e.Hint, "nobody signed it")
			require.Equal(t, courrier.SourceWebhook, e.Source)
			require.Equal(t, letterID, e.Letter)
			require.Equal(t, c.event, e.Code)
			require.Equal(t, time.Date(2026, 3, 3, 10, 0, 0, 137e6, time.UTC), e.Happened)
			require.Equal(t, body, e.Raw)
		})
	}
}

func TestWebhookFindsTheSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const resource, sending = "e6118f29-89c3-41e5-82e8-00cb0b7b1b0c", "110e8400-e29b-11d4-a716-446655440000"
	for name, c := range map[string]struct {
		resource string
		change   map[string]any
		want     string
	}{
		"a sending":                {"mail/v2/sendings", nil, resource},
		"told in the detail":       {"registered_mail/v4/recipients", map[string]any{"event_detail": map[string]any{"sending_id": "from-detail"}}, "from-detail"},
		"told by the location":     {"registered_mail/v4/recipients", nil, sending},
		"detail of another form":   {"registered_mail/v4/recipients", map[string]any{"event_detail": "text"}, sending},
		"no location":              {"registered_mail/v4/recipients", map[string]any{"resource_location": nil}, ""},
		"a location without a way": {"registered_mail/v4/recipients", map[string]any{"resource_location": "https://x/sendings/../../etc"}, ""},
	} {
		hook, err := w.provider.ParseWebhook(signed(login.Login, login.Password), nil, notice("ON_DEPOSIT_PROOF_RECEIVED", c.resource, c.change))
		require.NoError(t, err, name)
		require.Equal(t, c.want, hook.Events[0].ProviderID, name)
	}
	require.Empty(t, w.fake.Requests(), "parsing makes no call")
}

func TestWebhookRefusesStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := newWorld(t, func(c *laposte.Config) { c.Webhook = laposte.BasicAuth{} })
	body := notice("ON_STATUS_ACCEPTED", "mail/v2/sendings", nil)
	for name, c := range map[string]struct {
		provider *laposte.Provider
		header   http.Header
	}{
		"no login":             {w.provider, http.Header{}},
		"no header":            {w.provider, nil},
		"wrong password":       {w.provider, signed(login.Login, "x")},
		"wrong login":          {w.provider, signed("x", login.Password)},
		"shifted":              {w.provider, signed(login.Login+"\x00", login.Password)},
		"empty":                {w.provider, signed("", "")},
		"not configured":       {open.provider, signed("", "")},
		"not configured, none": {open.provider, http.Header{}},
	} {
		_, err := c.provider.ParseWebhook(c.header, nil, body)
		require.ErrorIs(t, err, courrier.ErrDenied, name)
		require.NotContains(t, err.Error(), login.Password)
	}
}

// While a password is being changed, Maileva still calls with the old one.
func TestWebhookTakesSeveralLogins(t *testing.T) {
	t.Parallel()
	old := laposte.BasicAuth{Login: "courrier", Password: "hook-secret-of-last-year"}
	w := newWorld(t, func(c *laposte.Config) { c.WebhookAlso = []laposte.BasicAuth{old} })
	body := notice("ON_STATUS_ACCEPTED", "mail/v2/sendings", nil)
	for _, b := range []laposte.BasicAuth{login, old} {
		_, err := w.provider.ParseWebhook(signed(b.Login, b.Password), nil, body)
		require.NoError(t, err)
	}
	_, err := w.provider.ParseWebhook(signed(old.Login, "x"), nil, body)
	require.ErrorIs(t, err, courrier.ErrDenied)
	for _, bad := range []laposte.BasicAuth{{}, {Login: "courrier", Password: "15-bytes-are-too"[:15]}, {Password: old.Password}} {
		_, err = laposte.New(laposte.Config{Credentials: laposte.StaticCredentials(credentials), WebhookAlso: []laposte.BasicAuth{bad}})
		require.Equal(t, "WebhookAlso", courrier.FieldErrors(err)[0].Field)
	}
}

func TestWebhookRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, body := range []string{"", "{", "[]", `"x"`, "{}", `{"event_type":"ON_STATUS_ACCEPTED"}`, `{"event_type":5}`, strings.Repeat("[", 20_000)} {
		_, err := w.provider.ParseWebhook(signed(login.Login, login.Password), nil, []byte(body))
		require.ErrorIs(t, err, courrier.ErrInvalid, body)
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all, err := w.provider.Subscribe(t.Context(), "acme", callback)
	require.NoError(t, err)
	require.Len(t, all, 15)
	again, err := w.provider.Subscribe(t.Context(), "acme", callback)
	require.NoError(t, err)
	require.Equal(t, all, again, "kept, not made twice")
	_, err = w.provider.Subscribe(t.Context(), "acme", callback+"/other")
	require.NoError(t, err)
	var listed []laposte.Subscription
	for s, err := range w.provider.Subscriptions(t.Context(), "acme") {
		require.NoError(t, err)
		listed = append(listed, s)
	}
	require.Len(t, listed, 30)
	require.Equal(t, all, listed[:15])
	for _, s := range listed {
		require.NoError(t, w.provider.Unsubscribe(t.Context(), "acme", s.ID))
	}
	require.NoError(t, w.provider.Unsubscribe(t.Context(), "acme", all[0].ID), "gone already")
	require.Zero(t, w.fake.Subscriptions())
}

// TestSubscribeAfterChangeOfPassword: the calls bear the new login.
func TestSubscribeAfterChangeOfPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.provider.Subscribe(t.Context(), "acme", callback)
	require.NoError(t, err)
	changed, err := newProvider(w.fake, func(c *laposte.Config) { c.Webhook.Password = "second-hook-secret" })
	require.NoError(t, err)
	_, err = changed.Subscribe(t.Context(), "acme", callback)
	require.NoError(t, err)
	w.send(t, submission(courrier.ServiceStandard))
	w.fake.Advance(time.Hour)
	call := w.fake.WebhookCalls()[0]
	_, err = changed.ParseWebhook(call.Header, nil, call.Body)
	require.NoError(t, err)
	_, err = w.provider.ParseWebhook(call.Header, nil, call.Body)
	require.ErrorIs(t, err, courrier.ErrDenied)
}

func TestSubscribeErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.provider.Subscribe(t.Context(), "acme", "http://plain.example")
	require.ErrorIs(t, err, courrier.ErrInvalid)
	open := newWorld(t, func(c *laposte.Config) { c.Webhook = laposte.BasicAuth{} })
	_, err = open.provider.Subscribe(t.Context(), "acme", callback)
	require.Equal(t, "Config.Webhook", courrier.FieldErrors(err)[0].Field)
	w.fake.Fail(lapostetest.CallAny, lapostetest.Forbidden, -1)
	_, err = w.provider.Subscribe(t.Context(), "acme", callback)
	require.ErrorIs(t, err, courrier.ErrDenied)
	require.ErrorIs(t, w.provider.Unsubscribe(t.Context(), "acme", "x"), courrier.ErrDenied)
}

func FuzzParseWebhook(f *testing.F) {
	provider, err := laposte.New(laposte.Config{Credentials: laposte.StaticCredentials(credentials), Webhook: login})
	require.NoError(f, err)
	for _, c := range notifications {
		f.Add(notice(c.event, c.resource, nil))
	}
	f.Add([]byte(`{"event_type":"x","resource_type":"y","resource_id":"z","event_detail":[[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		hook, err := provider.ParseWebhook(signed(login.Login, login.Password), nil, body)
		if err != nil {
			require.ErrorIs(t, err, courrier.ErrInvalid)
			return
		}
		require.Len(t, hook.Events, 1)
		require.True(t, hook.Events[0].Hint)
		require.NotEmpty(t, hook.Events[0].ID)
		again, err := provider.ParseWebhook(signed(login.Login, login.Password), nil, body)
		require.NoError(t, err)
		require.Equal(t, hook.Events[0].ID, again.Events[0].ID)
	})
}

// FuzzSuivi: whatever La Poste answers is read or refused, and never taken for
// news of a number nobody asked about.
func FuzzSuivi(f *testing.F) {
	for _, body := range []string{
		`{"returnCode":200,"shipment":{"idShip":"4P36275770836","event":[{"date":"2026-03-03T10:00:00+01:00","code":"DI1","label":"x"}]}}`,
		`[{"returnCode":104,"returnMessage":"x","idShip":"4P36275770836"}]`, `{"code":"TOO_MANY","message":"x"}`, ``, `[]`, `null`, `{"returnCode":"104"}`,
	} {
		f.Add(200, []byte(body))
		f.Add(404, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 || status == http.StatusTooManyRequests || status >= 500 {
			return
		}
		suivi, err := laposte.NewSuivi(laposte.SuiviConfig{Key: okapiKey, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return answer(r, status, string(body)), nil
		})})
		require.NoError(t, err)
		events, err := suivi.Track(t.Context(), numbered(domestic))
		if err != nil {
			var e *courrier.Error
			require.ErrorAs(t, err, &e)
		}
		for _, e := range events {
			require.EqualValues(t, "letter-0", e.Letter)
			require.Equal(t, domestic, e.TrackingNumber)
			require.False(t, e.Unknown && e.Status != "")
		}
	})
}
