package mercifacteurtest_test

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

	"github.com/courrier-go/courrier/providers/mercifacteur/mercifacteurtest"
	"github.com/courrier-go/courrier/providers/rest/resttest"
)

// The carrier's call alone, for a test of the host's own routes.
func ExampleWebhook() {
	r, err := mercifacteurtest.Webhook("https://host.test/hooks", "a-secret-of-16-bytes", "delivered", time.Unix(1772442000, 0),
		mercifacteurtest.Letter{Sending: "123", Reference: "AGK2DMWD2R7F7CTLPSGZ4DY2FM", Mode: "lrare", Status: "distribue"})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Method, r.URL, r.Header.Get("Content-Type"), r.Header.Get(mercifacteurtest.Header) == "a-secret-of-16-bytes")
	// Output: POST https://host.test/hooks application/x-www-form-urlencoded true
}

func call(t *testing.T, s *mercifacteurtest.Server, method, path string, form url.Values, header ...string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, mercifacteurtest.Base+"/"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var v map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v), w.Body.String())
	return w.Code, v
}

func sample(change func(url.Values, map[string]string)) url.Values {
	to := map[string]string{}
	for _, key := range []string{"civilite", "nom", "prenom", "societe", "adresse1", "adresse2", "adresse3", "cp", "ville", "pays", "reference"} {
		to[key] = ""
	}
	to["nom"], to["cp"], to["ville"], to["pays"] = "A", "69003", "LYON", "France"
	form := url.Values{"idUser": {"1"}, "modeEnvoi": {"normal"}, "antidoublon": {"x"}, "content": {`{"letter":{"files":"","base64files":["JVBERi0="],"print_sides":"recto"}}`}}
	if change != nil {
		change(form, to)
	}
	b, _ := json.Marshal(map[string]any{"exp": to, "dest": []any{to}}) // texts always marshal
	form.Set("adress", string(b))
	return form
}

// What the documentation says that the service does, and refuses.
func TestRules(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000, 0)
	s := mercifacteurtest.New(mercifacteurtest.Config{Now: func() time.Time { return now }})
	s.AddService("public-example", "examplesecret", 1)
	sign := []string{"ww-service-id", "public-example", "ww-timestamp", "1700000000", "ww-service-signature",
		"0d3bb4fa46fd050b4fa724551cdef279e6c0d5598bec176bddca7632609e5ada", "ww-authorized-ip", "1.1.1.1"}
	status, first := call(t, s, "GET", "getToken", nil, sign...)
	require.Equal(t, 200, status)
	_, again := call(t, s, "GET", "getToken", nil, sign...)
	require.Equal(t, first["token"], again["token"], "the same token comes back")
	auth := []string{"ww-service-id", "public-example", "ww-access-token", first["token"].(string)}
	for code, change := range map[string]func(url.Values, map[string]string){
		"INVALID_MODE_ENVOI":   func(f url.Values, _ map[string]string) { f.Set("modeEnvoi", "pigeon") },
		"INVALID_USER":         func(f url.Values, _ map[string]string) { f.Set("idUser", "2") },
		"LETTER_INVALID_FILES": func(f url.Values, _ map[string]string) { f.Set("content", `{"letter":{"files":[]}}`) },
		"LETTER_INVALID_BASE64_FILES": func(f url.Values, _ map[string]string) {
			f.Set("content", `{"letter":{"files":"","base64files":["AAAA"],"print_sides":"recto"}}`)
		},
		"INFO_ADDRESS_MISSING": func(_ url.Values, a map[string]string) { delete(a, "adresse3") },
		"INVALID_COUNTRY":      func(_ url.Values, a map[string]string) { a["pays"] = "FR" },
		"ADDRESS_TOO_LONG":     func(_ url.Values, a map[string]string) { a["reference"] = strings.Repeat("x", 31) },
	} {
		status, refused := call(t, s, "POST", "sendCourrier", sample(change), auth...)
		require.Equal(t, 400, status)
		require.Equal(t, code, refused["error"].(map[string]any)["code"])
	}
	status, _ = call(t, s, "POST", "sendCourrier", sample(nil), auth...)
	require.Equal(t, 200, status)
	status, _ = call(t, s, "POST", "sendCourrier", sample(nil), auth...)
	require.Equal(t, 400, status, "the same antidoublon within thirty days")
	s.Word(mercifacteurtest.Form{StringErrors: true})
	_, refused := call(t, s, "POST", "sendCourrier", sample(nil), auth...)
	require.IsType(t, "", refused["error"])
	now = now.Add(31 * 24 * time.Hour)
	status, _ = call(t, s, "GET", "getCountry", nil, auth...)
	require.Equal(t, 401, status, "tokens end")
	require.Len(t, s.Sent(), 1)
}

// Calls that are not answered 200 come again after an hour and a day, and are then lost.
func TestCallsAreLost(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000, 0)
	s := mercifacteurtest.New(mercifacteurtest.Config{Now: func() time.Time { return now }, Webhook: "https://host.test/", Secret: "s"})
	s.AddService("public-example", "examplesecret", 1)
	_, token := call(t, s, "GET", "getToken", nil, "ww-service-id", "public-example", "ww-timestamp", "1700000000", "ww-service-signature",
		"0d3bb4fa46fd050b4fa724551cdef279e6c0d5598bec176bddca7632609e5ada", "ww-authorized-ip", "1.1.1.1")
	status, _ := call(t, s, "POST", "sendCourrier", sample(nil), "ww-service-id", "public-example", "ww-access-token", token["token"].(string))
	require.Equal(t, 200, status)
	tries := 0
	refuse := func(*http.Request) (*http.Response, error) {
		tries++
		return &http.Response{StatusCode: 204, Body: io.NopCloser(strings.NewReader(""))}, nil
	}
	for range 60 {
		now = now.Add(time.Hour)
		if tries == 0 {
			s.Tick()
		}
		require.NoError(t, s.Deliver(context.Background(), refuse, resttest.Disorder{}))
	}
	require.Equal(t, 3, tries)
	require.False(t, s.Calls()[0].Done)
}
