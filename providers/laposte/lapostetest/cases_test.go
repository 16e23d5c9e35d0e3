package lapostetest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	t.Run("host-15", func(t *testing.T) {
		t.Parallel()
		r, err := lapostetest.Webhook("https://host.test/hook", "maileva", "s3cret", lapostetest.Notification{
			Event: "ON_DEPOSIT_PROOF_RECEIVED", Resource: "registered_mail/v4/recipients", ID: "r-1", Reference: "letter-1", Sending: "s-1",
		})
		require.NoError(t, err)
		login, password, ok := r.BasicAuth()
		require.True(t, ok && login == "maileva" && password == "s3cret")
		var body map[string]any
		require.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		require.Equal(t, "letter-1", body["resource_custom_id"])
		require.Equal(t, map[string]any{"sending_id": "s-1"}, body["event_detail"])
		_, err = lapostetest.Webhook("%zz", "", "", lapostetest.Notification{})
		require.Error(t, err)
	})
	t.Run("host-19", func(t *testing.T) {
		t.Parallel()
		fake := lapostetest.New(lapostetest.Options{NoListener: true})
		fake.AddUser("user", "password", "client", "secret")
		for secret, want := range map[string]int{"secret": 200, "wrong": 401} {
			form := url.Values{"grant_type": {"password"}, "username": {"user"}, "password": {"password"}}
			r := httptest.NewRequest(http.MethodPost, lapostetest.TokenPath, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth("client", secret)
			w := httptest.NewRecorder()
			fake.Handler.ServeHTTP(w, r)
			require.Equal(t, want, w.Code, "credentials of the client as HTTP Basic")
		}
	})
}
