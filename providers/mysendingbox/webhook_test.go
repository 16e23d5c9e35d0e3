package mysendingbox_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/carrierlife"
	"github.com/courrier-go/courrier/providers/mysendingbox"
)

const hookBody = `{"created_at":"2026-03-03T10:00:00.000Z",
 "event":{"_id":"Ev1","name":%q,"category":"letter","letter":"Lt1","created_at":"2026-03-03T09:59:58.123Z"},
 "letter":{"_id":"Lt1","mode":"live","error":false,"metadata":{"courrier_letter":"lt-1"},"tracking_number":"8700012345678","unheard":{"of":1}}}`

func basicAuth(user, password string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}}
}

func TestWebhookReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	body := fmt.Sprintf(hookBody, "letter.sent")
	hook, err := w.provider.ParseWebhook(basicAuth("courrier", secret), nil, []byte(body))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, hook.Status, "the carrier calls again after anything else")
	require.Equal(t, []courrier.TrackingEvent{{
		ID: "mysendingbox:Lt1:Ev1", Letter: "lt-1", Provider: "mysendingbox", ProviderID: "Lt1", TrackingNumber: "8700012345678", Code: "letter.sent",
		Status: courrier.StatusPosted, Happened: hook.Events[0].Happened, Heard: w.clock.Now(), Source: courrier.SourceWebhook, Hint: true, Raw: []byte(body),
	}}, hook.Events)
	require.Equal(t, "2026-03-03T09:59:58.123Z", hook.Events[0].Happened.Format("2006-01-02T15:04:05.000Z"))
	hook, err = w.provider.ParseWebhook(basicAuth("courrier", secret), nil, fmt.Appendf(nil, hookBody, "letter.teleported"))
	require.NoError(t, err)
	require.True(t, hook.Events[0].Unknown)
}

func TestWebhookStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mysendingbox.Config) { c.WebhookSecrets = []string{"old-secret-0123456789", secret} })
	closed := newWorld(t, func(c *mysendingbox.Config) { c.WebhookSecrets = nil })
	body := fmt.Appendf(nil, hookBody, "letter.sent")
	for name, tc := range map[string]struct {
		header http.Header
		query  url.Values
		ok     bool
	}{
		"password":            {basicAuth("any", secret), nil, true},
		"the other secret":    {basicAuth("", "old-secret-0123456789"), nil, true},
		"parameter":           {nil, url.Values{"secret": {secret}}, true},
		"nothing":             {nil, nil, false},
		"empty password":      {basicAuth(secret, ""), nil, false},
		"wrong password":      {basicAuth("any", secret+"x"), nil, false},
		"wrong parameter":     {nil, url.Values{"secret": {secret[1:]}}, false},
		"other parameter":     {nil, url.Values{"token": {secret}}, false},
		"other scheme":        {http.Header{"Authorization": {"Bearer " + secret}}, nil, false},
		"one of two is right": {basicAuth("any", "wrong"), url.Values{"secret": {secret}}, true},
	} {
		_, err := w.provider.ParseWebhook(tc.header, tc.query, body)
		if tc.ok {
			require.NoError(t, err, name)
		} else {
			carrierlife.RequireKind(t, courrier.ErrDenied, err)
			require.NotContains(t, err.Error(), secret)
		}
		_, err = closed.provider.ParseWebhook(tc.header, tc.query, body)
		carrierlife.RequireKind(t, courrier.ErrDenied, err)
	}
}

// Calls that are successes and tell nothing, and calls that cannot be read.
func TestWebhookBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for body, want := range map[string]error{
		`{"event":{"_id":"E","name":"letter.distributed","letter":"L"},"letter":{"_id":"L","mode":"live"},"debugger":true}`: nil,
		`{"event":{"_id":"E","name":"postcard.sent","postcard":"P"}}`:                                                       nil,
		`{"event":{"_id":"E","name":"letter.sent","letter":"L"},"letter":{"_id":"L","mode":"test"}}`:                        nil,
		`{"event":{"_id":"E","name":"letter.sent"}}`:                                                                        courrier.ErrInvalid,
		`{"event":{"_id":"E"},"letter":{"_id":"L"}}`:                                                                        courrier.ErrInvalid,
		`{"event":"letter.sent"}`: courrier.ErrInvalid,
		`null`:                    courrier.ErrInvalid,
		``:                        courrier.ErrInvalid,
		`<html>Martin</html>`:     courrier.ErrInvalid,
	} {
		hook, err := w.provider.ParseWebhook(basicAuth("", secret), nil, []byte(body))
		require.ErrorIs(t, err, want, body)
		require.Empty(t, hook.Events, body)
		if err == nil {
			require.Equal(t, http.StatusOK, hook.Status)
			continue
		}
		require.NotContains(t, err.Error(), "Martin")
	}
	// Without an id of its own, the facts identify an event.
	noID := []byte(`{"event":{"name":"letter.sent","letter":"L","created_at":"2026-03-03T10:00:00.000Z"}}`)
	first, err := w.provider.ParseWebhook(basicAuth("", secret), nil, noID)
	require.NoError(t, err)
	again, err := w.provider.ParseWebhook(basicAuth("", secret), nil, noID)
	require.NoError(t, err)
	require.Equal(t, first.Events[0].ID, again.Events[0].ID)
}

func FuzzParseWebhook(f *testing.F) {
	w, err := makeWorld(nil)
	require.NoError(f, err)
	f.Add(fmt.Appendf(nil, hookBody, "letter.sent"))
	f.Add([]byte(`{"event":{"name":"letter.wrong_address","letter":7},"letter":{"metadata":{"courrier_letter":{}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		hook, err := w.provider.ParseWebhook(basicAuth("", secret), nil, body)
		if err != nil {
			if !errors.Is(err, courrier.ErrInvalid) {
				t.Fatalf("an error of no kind that the handler knows: %v", err)
			}
			return
		}
		for _, e := range hook.Events {
			if e.ID == "" || e.Code == "" || e.ProviderID == "" || !e.Hint || e.Unknown && e.Status != "" {
				t.Fatalf("an event without identity: %+v", e)
			}
		}
	})
}
