package lapostetest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/laposte/lapostetest"
)

// caller calls the fake as a client of Maileva would.
type caller struct {
	*testing.T
	fake  *lapostetest.Server
	token string
}

func newCaller(t *testing.T, o lapostetest.Options) *caller {
	t.Helper()
	o.TokenLife = cmp.Or(o.TokenLife, 1000*time.Hour)
	fake := lapostetest.New(o)
	t.Cleanup(fake.Close)
	fake.AddUser("jean", "pw", "appli", "secret")
	fake.AddKey("key")
	c := &caller{T: t, fake: fake}
	status, body := c.grant(url.Values{"grant_type": {"password"}, "username": {"jean"}, "password": {"pw"}, "client_id": {"appli"}, "client_secret": {"secret"}})
	require.Equal(t, 200, status)
	c.token = body["access_token"].(string)
	return c
}

func (c *caller) grant(v url.Values) (int, map[string]any) {
	c.Helper()
	resp, err := http.PostForm(c.fake.URL+lapostetest.TokenPath, v)
	require.NoError(c, err)
	return read(c.T, resp)
}

func read(t *testing.T, resp *http.Response) (int, map[string]any) {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var o map[string]any
	_ = json.Unmarshal(b, &o) // an empty body is no object
	return resp.StatusCode, o
}

func (c *caller) call(method, path, contentType, body string) (int, map[string]any) {
	c.Helper()
	r, err := http.NewRequest(method, c.fake.URL+path, strings.NewReader(body))
	require.NoError(c, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("X-Okapi-Key", "key")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(c, err)
	if resp.StatusCode == http.StatusCreated {
		require.NotEmpty(c, resp.Header.Get("Location"))
	}
	return read(c.T, resp)
}

func (c *caller) post(path, body string) (int, map[string]any) {
	c.Helper()
	return c.call(http.MethodPost, path, "application/json", body)
}

func firstCode(o map[string]any) string {
	if list, ok := o["errors"].([]any); ok && len(list) > 0 {
		return list[0].(map[string]any)["code"].(string)
	}
	code, _ := o["code"].(string)
	return code
}

const (
	good  = `{"address_line_1":"La Poste","address_line_6":"69003 LYON","country_code":"FR","custom_id":"c1"}`
	okPDF = "%PDF-1.4 x"
)

// form writes a multipart form; parts named metadata may be files or fields.
func form(t *testing.T, parts ...[2]string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i, p := range parts {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, p[0])}}
		if i%2 == 0 {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename="f"`, p[0]))
		}
		part, err := w.CreatePart(h)
		require.NoError(t, err)
		_, err = io.WriteString(part, p[1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}

func (c *caller) document(path string, parts ...[2]string) (int, map[string]any) {
	c.Helper()
	contentType, body := form(c.T, parts...)
	return c.call(http.MethodPost, path, contentType, body)
}

func (c *caller) sending(base, body string) string {
	c.Helper()
	status, o := c.post(base+"/sendings", body)
	require.Equal(c, http.StatusCreated, status)
	require.Equal(c, "DRAFT", o["status"])
	return base + "/sendings/" + o["id"].(string)
}

func (c *caller) complete(base, body string) string {
	c.Helper()
	path := c.sending(base, body)
	status, _ := c.document(path+"/documents", [2]string{"document", okPDF}, [2]string{"metadata", `{"priority":1,"name":"x"}`})
	require.Equal(c, http.StatusCreated, status)
	status, _ = c.post(path+"/recipients", good)
	require.Equal(c, http.StatusCreated, status)
	return path
}

func TestTokens(t *testing.T) {
	t.Parallel()
	c := newCaller(t, lapostetest.Options{TokenLife: time.Hour})
	base := url.Values{"grant_type": {"password"}, "username": {"jean"}, "password": {"pw"}, "client_id": {"appli"}, "client_secret": {"secret"}}
	for field, value := range map[string]string{"password": "x", "client_secret": "x", "client_id": "x", "username": "x"} {
		v := url.Values{}
		for k, s := range base {
			v[k] = s
		}
		v.Set(field, value)
		status, o := c.grant(v)
		require.Equal(t, 401, status, field)
		require.NotEmpty(t, o["error"])
	}
	status, _ := c.grant(url.Values{"grant_type": {"client_credentials"}})
	require.Equal(t, 400, status)
	_, o := c.grant(base)
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {o["refresh_token"].(string)}, "client_id": {"appli"}, "client_secret": {"secret"}}
	status, _ = c.grant(refresh)
	require.Equal(t, 200, status)
	status, _ = c.grant(refresh)
	require.Equal(t, 401, status, "a refresh token serves once")
	c.fake.Advance(time.Hour)
	status, o = c.post(lapostetest.MailPath+"/sendings", `{"name":"x"}`)
	require.Equal(t, 401, status, "tokens expire")
	require.NotEmpty(t, o["code"], "a bare error")
}

func TestRecipientRules(t *testing.T) {
	t.Parallel()
	c := newCaller(t, lapostetest.Options{})
	long := strings.Repeat("é", 39)
	for body, codes := range map[string][2]string{
		`{"address_line_1":"A","address_line_6":"69003 LYON","country_code":"FR"}`:                            {"", ""},
		`{"address_line_2":"` + long[:76] + `","address_line_6":"69003 LYON","country_code":"FR"}`:            {"", ""},
		`{"address_line_2":"` + long + `","address_line_6":"69003 LYON","country_code":"FR"}`:                 {"ADDRESS_LINE_2_TOO_LONG", "ADDRESS_LINE_2_TOO_LONG"},
		`{"address_line_6":"69003 LYON","country_code":"FR"}`:                                                 {"EMPTY_ADDRESS_LINE_1_OR_ADDRESS_LINE_2", "ADDRESS_LINE_1_OR_ADDRESS_LINE_2_MANDATORY"},
		`{"address_line_1":"A","country_code":"FR"}`:                                                          {"EMPTY_ADDRESS_LINE_6", "EMPTY_ADDRESS_LINE_6"},
		`{"address_line_1":"A","address_line_6":"6900 LYON","country_code":"FR"}`:                             {"ADDRESS_LINE_6_WRONG_FORMAT", "INVALID_ADDRESS_LINE_6"},
		`{"address_line_1":"A","address_line_6":"1000 BRUXELLES","country_code":"BE"}`:                        {"", "INVALID_COUNTRY_CODE"},
		`{"address_line_1":"A","address_line_6":"97400 SAINT DENIS","country_code":"RE"}`:                     {"", ""},
		`{"address_line_1":"A","address_line_6":"69003 LYON"}`:                                                {"INVALID_COUNTRY_CODE", "COUNTRY_CODE_EMPTY"},
		`{"address_line_1":"A","address_line_6":"69003 LYON","country_code":"FRA"}`:                           {"COUNTRY_CODE_TOO_LONG", "COUNTRY_CODE_TOO_LONG"},
		`{"address_line_1":"A","address_line_6":"69003 LYON","country_code":"FR","custom_id":"` + long + `"}`: {"CUSTOM_ID_WRONG_FORMAT", "CUSTOM_ID_WRONG_FORMAT"},
		`not json`: {"UNEXPECTED_NOT_VALID_ERROR", "UNEXPECTED_NOT_VALID_ERROR"},
	} {
		for i, base := range []string{lapostetest.MailPath, lapostetest.RegisteredPath} {
			path := c.sending(base, `{"name":"x"}`)
			status, o := c.post(path+"/recipients", body)
			require.Equal(t, codes[i], firstCode(o), body)
			require.Equal(t, codes[i] == "", status == http.StatusCreated)
		}
	}
}

func TestSendingRules(t *testing.T) {
	t.Parallel()
	c := newCaller(t, lapostetest.Options{})
	for body, codes := range map[string][2]string{
		`{}`: {"", "EMPTY_NAME"},
		`{"name":"` + strings.Repeat("x", 257) + `"}`:                             {"NAME_TOO_LONG", "NAME_TOO_LONG"},
		`{"name":"x","custom_id":"` + strings.Repeat("x", 37) + `"}`:              {"CUSTOM_ID_WRONG_FORMAT", ""},
		`{"name":"x","archiving_duration":0}`:                                     {"", "UNEXPECTED_NOT_VALID_ERROR"},
		`{"name":"x","sender_address_line_4":"` + strings.Repeat("x", 39) + `"}`:  {"SENDER_ADDRESS_LINE_4_TOO_LONG", "SENDER_ADDRESS_LINE_4_TOO_LONG"},
		`{"name":"x","sender_country_code":"FR","sender_address_line_6":"PARIS"}`: {"SENDER_ADDRESS_LINE_6_WRONG_FORMAT", ""},
		`{"name":"x","sender_country_code":"FRA"}`:                                {"SENDER_COUNTRY_CODE_TOO_LONG", ""},
		`{"name":"x","unknown_member":true}`:                                      {"", ""},
	} {
		for i, base := range []string{lapostetest.MailPath, lapostetest.RegisteredPath} {
			_, o := c.post(base+"/sendings", body)
			require.Equal(t, codes[i], firstCode(o), body)
			if codes[i] == "" {
				require.Equal(t, true, o["color_printing"], "on unless refused")
				require.Equal(t, true, o["duplex_printing"])
			}
		}
	}
}

func TestDocumentRules(t *testing.T) {
	t.Parallel()
	c := newCaller(t, lapostetest.Options{})
	path := c.sending(lapostetest.MailPath, `{"name":"x"}`) + "/documents"
	document, metadata := [2]string{"document", okPDF}, [2]string{"metadata", `{"priority":1,"name":"x"}`}
	for name, tc := range map[string]struct {
		parts [][2]string
		want  string
	}{
		"no document":   {[][2]string{metadata}, "EMPTY_DOCUMENT"},
		"empty":         {[][2]string{{"document", ""}, metadata}, "EMPTY_DOCUMENT"},
		"two documents": {[][2]string{document, document, metadata}, "TOO_MANY_PARAMETER_DOCUMENT"},
		"no metadata":   {[][2]string{document}, "EMPTY_METADATA"},
		"two metadata":  {[][2]string{document, metadata, metadata}, "TOO_MANY_PARAMETER_METADATA"},
		"broken":        {[][2]string{document, {"metadata", "{"}}, "METADATA_WRONG_FORMAT"},
		"no priority":   {[][2]string{document, {"metadata", `{}`}}, "EMPTY_PRIORITY"},
		"priority 0":    {[][2]string{document, {"metadata", `{"priority":0}`}}, "INVALID_PRIORITY"},
		"an image":      {[][2]string{{"document", "\x89PNG"}, metadata}, "DOCUMENT_TYPE_NOT_ACCEPTED"},
		"too large":     {[][2]string{{"document", okPDF + strings.Repeat("x", 20_000_000)}, metadata}, "INVALID_DOCUMENT_SIZE"},
	} {
		_, o := c.document(path, tc.parts...)
		require.Equal(t, tc.want, firstCode(o), name)
	}
	status, _ := c.document(path, metadata, document) // either order, either form
	require.Equal(t, http.StatusCreated, status)
	_, o := c.document(path, document, metadata)
	require.Equal(t, "DUPLICATE_PRIORITY", firstCode(o))
	_, o = c.document(path, [2]string{"document", okPDF + strings.Repeat("x", 19_999_985)}, [2]string{"metadata", `{"priority":2}`})
	require.Equal(t, "INVALID_TOTAL_SENDING_SIZE", firstCode(o))
	for i := 2; i <= 30; i++ {
		status, _ = c.document(path, document, [2]string{"metadata", fmt.Sprintf(`{"priority":%d}`, i)})
		require.Equal(t, http.StatusCreated, status)
	}
	_, o = c.document(path, document, [2]string{"metadata", `{"priority":31}`})
	require.Equal(t, "INVALID_DOCUMENTS_COUNT", firstCode(o))
	_, o = c.call(http.MethodGet, path, "", "")
	require.Len(t, o["documents"], 30)
}

func TestDraftOnly(t *testing.T) {
	t.Parallel()
	c := newCaller(t, lapostetest.Options{})
	for _, base := range []string{lapostetest.MailPath, lapostetest.RegisteredPath} {
		empty := c.sending(base, `{"name":"x"}`)
		_, o := c.post(empty+"/submit", "")
		require.Equal(t, "INVALID_DOCUMENTS_COUNT", firstCode(o))
		status, _ := c.call(http.MethodDelete, empty, "", "")
		require.Equal(t, http.StatusNoContent, status)
		status, o = c.call(http.MethodGet, empty, "", "")
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, "SENDING_NOT_FOUND", o["code"], "a bare error")

		path := c.complete(base, `{"name":"x"}`)
		status, _ = c.post(path+"/submit", "")
		require.Equal(t, http.StatusOK, status)
		for _, call := range []func() (int, map[string]any){
			func() (int, map[string]any) { return c.post(path+"/submit", "") },
			func() (int, map[string]any) { return c.post(path+"/recipients", good) },
			func() (int, map[string]any) { return c.call(http.MethodDelete, path, "", "") },
			func() (int, map[string]any) {
				return c.document(path+"/documents", [2]string{"document", okPDF}, [2]string{"metadata", `{"priority":2}`})
			},
		} {
			status, o := call()
			require.Equal(t, http.StatusBadRequest, status)
			require.Equal(t, "SENDING_STATUS_IS_NOT_DRAFT", firstCode(o))
		}
	}
	require.Len(t, c.fake.Submitted(), 2)
}

func TestJourneyOnTheClock(t *testing.T) {
	t.Parallel()
	c := newCaller(t, lapostetest.Options{})
	path := c.complete(lapostetest.RegisteredPath, `{"name":"x"}`)
	c.post(path+"/submit", "")
	status := func() string {
		_, o := c.call(http.MethodGet, path, "", "")
		return o["status"].(string)
	}
	recipient := func() map[string]any {
		_, o := c.call(http.MethodGet, path+"/recipients", "", "")
		return o["recipients"].([]any)[0].(map[string]any)
	}
	require.Equal(t, "PENDING", status())
	require.Equal(t, []any{}, recipient()["delivery_statuses"])
	c.fake.Advance(5 * time.Minute)
	require.Equal(t, "ACCEPTED", status())
	c.fake.Advance(2 * time.Hour)
	require.Equal(t, "PREPARING", status())
	require.Nil(t, recipient()["registered_number"])
	c.fake.Advance(22 * time.Hour)
	require.Equal(t, "PROCESSED", status())
	require.NotNil(t, recipient()["registered_number"])
	rid := recipient()["id"].(string)
	code, _ := c.call(http.MethodGet, path+"/recipients/"+rid+"/download_deposit_proof", "", "")
	require.Equal(t, http.StatusNotFound, code, "not before its field is set")
	c.fake.Advance(8 * time.Hour)
	code, _ = c.call(http.MethodGet, path+"/recipients/"+rid+"/download_deposit_proof", "", "")
	require.Equal(t, http.StatusOK, code)
	c.fake.Advance(10 * 24 * time.Hour)
	require.NotNil(t, recipient()["acknowledgement_of_receipt_date"])
}

// receiver is a webhook that fails a few times.
type receiver struct {
	mu    sync.Mutex
	fails int
	at    []time.Time
	now   func() time.Time
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = append(r.at, r.now())
	r.fails--
	switch {
	case r.fails >= 0 && r.fails%2 == 0:
		return nil, errors.New("refused")
	case r.fails >= 0:
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil // not 201
	}
	return &http.Response{StatusCode: http.StatusCreated, Body: http.NoBody, Request: req}, nil
}

func TestWebhookRetries(t *testing.T) {
	t.Parallel()
	for fails, want := range map[int]int{0: 1, 3: 4, 9: 10, 50: 10} {
		r := &receiver{fails: fails}
		c := newCaller(t, lapostetest.Options{Webhooks: r})
		r.now = c.fake.Now
		status, _ := c.post(lapostetest.NotificationsPath+"/subscriptions", `{"event_type":"ON_STATUS_ACCEPTED","resource_type":"mail/v2/sendings","callback_url":"https://x","authentication":{"basic":{"login":"l","password":"p"}}}`)
		require.Equal(t, http.StatusCreated, status)
		path := c.complete(lapostetest.MailPath, `{"name":"x","custom_id":"s1"}`)
		c.post(path+"/submit", "")
		c.fake.Advance(48 * time.Hour)
		calls := c.fake.WebhookCalls()
		require.Len(t, calls, want)
		var body map[string]any
		require.NoError(t, json.Unmarshal(calls[0].Body, &body))
		require.Equal(t, "s1", body["resource_custom_id"])
		require.Contains(t, body, "event_detail")
		require.NotEmpty(t, calls[0].Header.Get("Authorization"))
		gaps := []int{10, 10, 20, 30, 50, 80, 130, 210, 340}
		for i := 1; i < len(r.at); i++ {
			require.Equal(t, time.Duration(gaps[i-1])*time.Minute, r.at[i].Sub(r.at[i-1]))
		}
	}
}

func TestSuiviAnswers(t *testing.T) {
	t.Parallel()
	c := newCaller(t, lapostetest.Options{})
	ask := func(ids string) (int, string) {
		r, err := http.NewRequest(http.MethodGet, c.fake.URL+lapostetest.SuiviPath+"/idships/"+ids, nil)
		require.NoError(t, err)
		r.Header.Set("X-Okapi-Key", "key")
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, strings.TrimSpace(string(b))
	}
	c.fake.AddSuivi("4P36275770836", "DI1")
	status, body := ask("4P36275770836")
	require.Equal(t, 200, status)
	require.True(t, strings.HasPrefix(body, "{"))
	status, body = ask("6A18987970674")
	require.Equal(t, 404, status)
	require.Contains(t, body, `"returnCode":104`)
	status, body = ask("6A18987970674,4P36275770836")
	require.Equal(t, 207, status)
	require.Less(t, strings.Index(body, "6A18987970674"), strings.Index(body, "4P36275770836"), "in the order of the question")
	status, _ = ask("bad!")
	require.Equal(t, 400, status)
	c.fake.SetSuivi(lapostetest.SuiviForm{ArrayOfOne: true})
	_, body = ask("4P36275770836")
	require.True(t, strings.HasPrefix(body, "["))
	c.fake.SetSuivi(lapostetest.SuiviForm{HTML404: true})
	status, body = ask("6A18987970674")
	require.Equal(t, 404, status)
	require.Empty(t, body)
	c.fake.Fail(lapostetest.CallSuivi, lapostetest.GatewayError, 1)
	status, body = ask("4P36275770836")
	require.Equal(t, 429, status)
	require.Contains(t, body, "TOO_MANY_REQUESTS")
}

func TestFaultsExecuteOrNot(t *testing.T) {
	t.Parallel()
	for fault, executed := range map[lapostetest.Fault]bool{
		lapostetest.CutAfter: true, lapostetest.CutBefore: false, lapostetest.ServerError: false, lapostetest.ErrorAfter: true,
		lapostetest.Unavailable: false, lapostetest.TooMany: false, lapostetest.Unauthorized: false, lapostetest.NotJSON: true, lapostetest.SlowBody: true,
	} {
		c := newCaller(t, lapostetest.Options{})
		path := c.complete(lapostetest.MailPath, `{"name":"x"}`)
		c.fake.Fail(lapostetest.CallSubmit, fault, 1)
		r, err := http.NewRequest(http.MethodPost, c.fake.URL+path+"/submit", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+c.token)
		if resp, err := http.DefaultClient.Do(r); err == nil {
			resp.Body.Close()
		} else {
			require.Contains(t, []lapostetest.Fault{lapostetest.CutAfter, lapostetest.CutBefore}, fault)
		}
		require.Equal(t, executed, len(c.fake.Submitted()) == 1, fault)
	}
}
