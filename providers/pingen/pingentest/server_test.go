package pingentest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/pingen/pingentest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// The carrier's call alone, for a test of the host's own routes.
func ExampleWebhook() {
	r, err := pingentest.Webhook("https://host.test/hooks", "signing-key-0123456789", pingentest.Hook{
		Category: "sent", Letter: "11111111", FileName: "letter-1.pdf", EventID: "22222222", Code: "transferred_to_distributor", At: time.Unix(1772442000, 0),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Method, r.URL, len(r.Header.Get("Signature")))
	// Output: POST https://host.test/hooks 64
}

func call(t *testing.T, s *pingentest.Server, method, path, body string, header ...string) (*http.Response, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, "https://pingen.test/"+path, strings.NewReader(body))
	r.Header.Set("Accept", "application/vnd.api+json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var v map[string]any
	if w.Body.Len() > 0 && strings.HasPrefix(w.Body.String(), "{") {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
	}
	return w.Result(), v
}

// What is known that the service does, and refuses.
func TestRules(t *testing.T) {
	t.Parallel()
	now := time.Unix(1772442000, 0)
	s := pingentest.New(pingentest.Config{Now: func() time.Time { return now }})
	s.AddClient("id", "secret", "org")
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"wrong"}}
	resp, _ := call(t, s, "POST", "auth/access-tokens", form.Encode())
	require.Equal(t, 401, resp.StatusCode)
	form.Set("client_secret", "secret")
	_, token := call(t, s, "POST", "auth/access-tokens", form.Encode())
	auth := []string{"Authorization", "Bearer " + token["access_token"].(string)}
	resp, _ = call(t, s, "GET", "organisations/other/deliveries/letters/x", "", auth...)
	require.Equal(t, 403, resp.StatusCode)
	_, up := call(t, s, "GET", "file-upload", "", auth...)
	attributes := up["data"].(map[string]any)["attributes"].(map[string]any)
	link, err := url.Parse(attributes["url"].(string))
	require.NoError(t, err)
	resp, _ = call(t, s, "PUT", strings.Trim(link.Path, "/"), "%PDF-", auth...)
	require.Equal(t, 403, resp.StatusCode, "a token breaks the signed address")
	resp, _ = call(t, s, "PUT", strings.Trim(link.Path, "/"), "%PDF-")
	require.Equal(t, 200, resp.StatusCode)
	create := func(kind string, send bool) (*http.Response, map[string]any) {
		return call(t, s, "POST", "organisations/org/deliveries/letters", fmt.Sprintf(`{"data":{"type":%q,"attributes":{"file_original_name":"a.pdf","file_url":%q,"file_url_signature":%q,"auto_send":%v}}}`,
			kind, attributes["url"], attributes["url_signature"], send), auth...)
	}
	resp, _ = create("letter", false)
	require.Equal(t, 409, resp.StatusCode, "a wrong type")
	resp, _ = create("letters", true)
	require.Equal(t, 422, resp.StatusCode, "auto_send wants more")
	resp, made := create("letters", false)
	require.Equal(t, 201, resp.StatusCode)
	resp, _ = create("letters", false)
	require.Equal(t, 422, resp.StatusCode, "an upload is used once")
	id := made["data"].(map[string]any)["id"].(string)
	path := "organisations/org/deliveries/letters/" + id
	send := func(body string, key string) *http.Response {
		resp, _ := call(t, s, "PATCH", path+"/send", body, append(auth, "Idempotency-Key", key)...)
		return resp
	}
	good := fmt.Sprintf(`{"data":{"id":%q,"type":"letters","attributes":{"delivery_product":"cheap","print_mode":"simplex","print_spectrum":"color"}}}`, id)
	require.Equal(t, 422, send(strings.Replace(good, "cheap", "pigeon", 1), "1").StatusCode)
	require.Equal(t, 409, send(strings.Replace(good, id, "other", 1), "2").StatusCode)
	require.Equal(t, 200, send(good, "3").StatusCode)
	again := send(good, "3")
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, 409, send(good, "4").StatusCode, "it was sent")
	resp, _ = call(t, s, "DELETE", path, "", auth...)
	require.Equal(t, 409, resp.StatusCode)
	require.Len(t, s.Sent(), 1)
	now = now.Add(13 * time.Hour)
	resp, _ = call(t, s, "GET", path, "", auth...)
	require.Equal(t, 401, resp.StatusCode, "tokens end")
}

// Calls that are not answered 2xx come again six times, and are then dropped.
func TestCallsAreDropped(t *testing.T) {
	t.Parallel()
	now := time.Unix(1772442000, 0)
	s := pingentest.New(pingentest.Config{Now: func() time.Time { return now }, Webhook: "https://host.test/", SigningKey: "signing-key-0123456789"})
	s.AddClient("id", "secret", "org")
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"secret"}}
	_, token := call(t, s, "POST", "auth/access-tokens", form.Encode())
	auth := []string{"Authorization", "Bearer " + token["access_token"].(string)}
	_, up := call(t, s, "GET", "file-upload", "", auth...)
	attributes := up["data"].(map[string]any)["attributes"].(map[string]any)
	link, err := url.Parse(attributes["url"].(string))
	require.NoError(t, err)
	call(t, s, "PUT", strings.Trim(link.Path, "/"), "%PDF-")
	call(t, s, "POST", "organisations/org/deliveries/letters", fmt.Sprintf(`{"data":{"type":"letters","attributes":{"file_original_name":"a.pdf","file_url":%q,"file_url_signature":%q,"auto_send":false}}}`,
		attributes["url"], attributes["url_signature"]), auth...)
	s.Happen("a.pdf", "delivered")
	tries := 0
	for range 20 {
		now = now.Add(5 * time.Hour)
		require.NoError(t, s.Deliver(context.Background(), func(*http.Request) (*http.Response, error) {
			tries++
			return &http.Response{StatusCode: 500, Body: io.NopCloser(strings.NewReader(""))}, nil
		}, resttest.Disorder{}))
	}
	require.Equal(t, 7, tries)
}
