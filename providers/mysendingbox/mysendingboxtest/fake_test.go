package mysendingboxtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

// carrier is a fake with a clock, called as any HTTP client would.
type carrier struct {
	*mysendingboxtest.Server
	t  *testing.T
	mu sync.Mutex
	at time.Time
}

func newCarrier(t *testing.T) *carrier {
	c := &carrier{t: t, at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	c.Server = mysendingboxtest.New(mysendingboxtest.Config{Now: c.now, WebhookURL: "https://user:pass@host.test/hook?x=1"})
	return c
}

func (c *carrier) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *carrier) sleep(d time.Duration) {
	c.mu.Lock()
	c.at = c.at.Add(d)
	c.mu.Unlock()
	c.Tick()
}

type object = map[string]any

// do makes a request and decodes the answer.
func (c *carrier) do(key, method, path, contentType, body string, header ...string) (int, object) {
	c.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.SetBasicAuth(key, "")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	var v object
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		require.NoError(c.t, json.Unmarshal(w.Body.Bytes(), &v))
	}
	return w.Code, v
}

const (
	live = mysendingboxtest.LiveKey
	test = mysendingboxtest.TestKey
	form = "application/x-www-form-urlencoded"
)

func letterForm(change ...string) string {
	v := url.Values{
		"to[name]": {"Mme Zoé Martin"}, "to[address_line1]": {"12 RUE DES LILAS"}, "to[address_postalcode]": {"69003"}, "to[address_city]": {"LYON"},
		"to[address_country]": {"France"}, "color": {"bw"}, "postage_type": {"verte"}, "source_file": {"<p>Bonjour</p>"}, "source_file_type": {"html"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			v.Del(change[i])
			continue
		}
		v.Set(change[i], change[i+1])
	}
	return v.Encode()
}

var sender = []string{"from[company]", "Ateliers", "from[address_line1]", "4 IMPASSE DU VERGER", "from[address_postalcode]", "75011", "from[address_city]", "PARIS", "from[address_country]", "France"}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	c := newCarrier(t)
	for _, key := range []string{"", "test_unknown", "unknown"} {
		status, body := c.do(key, "GET", "/", "", "")
		require.Equal(t, 401, status)
		require.EqualValues(t, 401, body["error"].(object)["status_code"])
	}
	status, _ := c.do(live, "GET", "/", "", "")
	require.Equal(t, 200, status)
	c.RevokeKey(live)
	status, _ = c.do(live, "GET", "/", "", "")
	require.Equal(t, 401, status)
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	nested := `{"to":{"name":"Z","address_line1":"1","address_postalcode":"69003","address_city":"LYON","address_country":"France"},
		"color":"bw","postage_type":"verte","both_sides":false,"metadata":{"k":"v"},"source_file":"<p>x</p>","source_file_type":"html"}`
	dotted := strings.NewReplacer("%5B", ".", "%5D", "").Replace(letterForm("metadata[k]", "v"))
	var multi bytes.Buffer
	w := multipart.NewWriter(&multi)
	values, err := url.ParseQuery(letterForm("metadata[k]", "v", "source_file", "", "source_file_type", "file"))
	require.NoError(t, err)
	for k, v := range values {
		require.NoError(t, w.WriteField(k, v[0]))
	}
	part, err := w.CreateFormFile("source_file", "a.pdf")
	require.NoError(t, err)
	_, err = io.WriteString(part, "%PDF-1.4 /Type /Page /Type /Page ")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for name, tc := range map[string]struct {
		path, kind, body string
		pages            int
	}{
		"json":               {"/letters", "application/json", nested, 1},
		"the other path":     {"/letters/paper", "application/json", nested, 1},
		"form":               {"/letters", form, letterForm("metadata[k]", "v"), 1},
		"form with dots":     {"/letters", form, dotted, 1},
		"multipart and file": {"/letters", w.FormDataContentType(), multi.String(), 2},
	} {
		c := newCarrier(t)
		status, body := c.do(live, "POST", tc.path, tc.kind, tc.body)
		require.Equal(t, 200, status, "%s: %v", name, body)
		require.Equal(t, object{"k": "v"}, body["metadata"], name)
		require.Equal(t, "LYON", body["to"].(object)["address_city"], name)
		require.EqualValues(t, tc.pages, body["page_count"], name)
		require.Equal(t, []string{"v"}, c.Accepted("k"), name)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 46)
	for name, tc := range map[string]struct {
		body, says string
	}{
		"no colour":        {letterForm("color", ""), "color is required"},
		"no address":       {letterForm("to[address_city]", ""), "to.address_city is required"},
		"no name":          {letterForm("to[name]", ""), "to.name or to.company"},
		"unknown postage":  {letterForm("postage_type", "suivie"), "ecopli, verte, prioritaire, lr, lrar"},
		"long line":        {letterForm("to[address_line2]", long), "45 characters"},
		"express line":     {letterForm("to[address_line2]", long[:39], "postage_speed", "express"), "38 characters"},
		"no sender":        {letterForm("postage_type", "lrar"), "from.name or from.company"},
		"file in a form":   {letterForm("source_file_type", "file"), "multipart"},
		"no file":          {letterForm("source_file", ""), "source_file is required"},
		"unknown type":     {letterForm("source_file_type", "base64"), "html, remote"},
		"second file":      {letterForm("source_file_2", "x"), "source_file_2_type"},
		"ecopli is French": {letterForm("postage_type", "ecopli", "to[address_country]", "ALLEMAGNE"), "France only"},
	} {
		c := newCarrier(t)
		status, body := c.do(live, "POST", "/letters", form, tc.body)
		require.Equal(t, 422, status, name)
		require.Contains(t, body["error"].(object)["message"], tc.says, name)
		require.Empty(t, c.Accepted("k"))
	}
	c := newCarrier(t)
	for _, tc := range [][2]string{{"", "x"}, {"application/json", "{"}, {"text/plain", "x"}, {form, "%zz"}, {"multipart/form-data; boundary=b", "--b\r\nx"}} {
		status, _ := c.do(live, "POST", "/letters", tc[0], tc[1])
		require.Equal(t, 400, status, tc[0])
	}
}

// The keys that the carrier's own client libraries insist on.
var strict = []string{
	"_id", "object", "channel", "mode", "created_from", "user", "to", "color", "postage_type", "postage_speed", "envelope", "envelope_window",
	"address_placement", "both_sides", "staple", "print_sender_address", "manage_delivery_proof", "manage_returned_mail", "mail_provider",
	"page_count", "sheet_count", "price", "tracking_events", "events", "send_date", "created_at", "updated_at",
}

func TestLetterObject(t *testing.T) {
	t.Parallel()
	c := newCarrier(t)
	_, l := c.do(test, "POST", "/letters", form, letterForm())
	for _, key := range strict {
		require.NotNil(t, l[key], key)
	}
	require.Equal(t, "test", l["mode"])
	require.Nil(t, l["error"], "clients take any error for a refusal")
	require.Equal(t, false, l["wrong_address"])
	require.Len(t, l["events"], 1)
	require.Equal(t, "letter.created", l["events"].([]any)[0].(object)["name"])
	require.NotContains(t, l, "filing_proof")
	c.sleep(60 * 24 * time.Hour)
	_, l = c.do(test, "GET", "/letters/"+l["_id"].(string), "", "")
	require.Len(t, l["events"], 1, "letters of test keys stay as they are")
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	c := newCarrier(t)
	post := func(key, id string) string {
		_, l := c.do(key, "POST", "/letters", form, letterForm(), "Idempotency-Key", id)
		return l["_id"].(string)
	}
	first := post(live, "a")
	require.Equal(t, first, post(live, "a"))
	require.NotEqual(t, first, post(live, "b"))
	require.NotEqual(t, first, post(test, "a"))
	c.sleep(25 * time.Hour)
	require.NotEqual(t, first, post(live, "a"))
	require.NotEqual(t, post(live, ""), post(live, ""))
}

func TestJourneyProofsAndCancellation(t *testing.T) {
	t.Parallel()
	c := newCarrier(t)
	_, l := c.do(live, "POST", "/letters", form, letterForm(append(sender, "postage_type", "lrar")...))
	id := l["_id"].(string)
	c.sleep(30 * 24 * time.Hour)
	_, l = c.do(live, "GET", "/letters/"+id, "", "")
	var names []string
	for _, e := range l["events"].([]any) {
		names = append(names, e.(object)["name"].(string))
	}
	require.Equal(t, []string{"letter.created", "letter.accepted", "letter.filing_proof", "letter.sent", "letter.in_transit", "letter.distributed", "letter.delivery_proof"}, names)
	require.Len(t, l["tracking_number"], 13)
	for _, key := range []string{"file", "filing_proof", "delivery_proof"} {
		link, err := url.Parse(l[key].(object)["url"].(string))
		require.NoError(t, err)
		r := httptest.NewRequest("GET", link.Path, nil) // without credentials
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		require.Equal(t, 200, w.Code)
		require.True(t, bytes.HasPrefix(w.Body.Bytes(), []byte("%PDF-")))
	}
	status, _ := c.do(live, "DELETE", "/letters/"+id, "", "")
	require.Equal(t, 400, status, "too late")

	_, l = c.do(live, "POST", "/letters", form, letterForm())
	status, l = c.do(live, "DELETE", "/letters/"+l["_id"].(string), "", "")
	require.Equal(t, 200, status)
	require.Equal(t, true, l["canceled"])
	status, _ = c.do(live, "GET", "/letters/Lt9999999", "", "")
	require.Equal(t, 404, status)
}

func TestLists(t *testing.T) {
	t.Parallel()
	c := newCarrier(t)
	for n := range 5 {
		c.do(live, "POST", "/letters", form, letterForm("metadata[k]", fmt.Sprint(n%2)))
	}
	status, list := c.do(live, "GET", "/letters?limit=2&offset=1&metadata%5Bk%5D=0&mode=live&color=bw", "", "")
	require.Equal(t, 200, status)
	require.EqualValues(t, 3, list["info"].(object)["total"])
	require.Len(t, list["letters"], 2)
	_, list = c.do(test, "GET", "/letters", "", "")
	require.EqualValues(t, 0, list["info"].(object)["total"])
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	c := newCarrier(t)
	c.do(live, "POST", "/letters", form, letterForm())
	c.sleep(48 * time.Hour)
	tries := 0
	refuse := func(*http.Request) (*http.Response, error) {
		tries++
		return &http.Response{StatusCode: 500, Body: http.NoBody}, nil
	}
	done, err := c.Deliver(t.Context(), refuse, mysendingboxtest.Disorder{Drop: func(e string) bool { return e != "letter.created" }})
	require.NoError(t, err)
	require.Zero(t, done)
	require.Equal(t, 9, tries, "once, and eight repeats")
	var heard []string
	take := func(r *http.Request) (*http.Response, error) {
		user, password, _ := r.BasicAuth()
		require.Equal(t, "user:pass", user+":"+password)
		require.Equal(t, "https://host.test/hook?x=1", r.URL.String())
		var call object
		require.NoError(t, json.NewDecoder(r.Body).Decode(&call))
		require.Equal(t, call["event"].(object)["letter"], call["letter"].(object)["_id"])
		heard = append(heard, call["event"].(object)["name"].(string))
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	}
	_, err = c.Deliver(t.Context(), take, mysendingboxtest.Disorder{Duplicate: true, Shuffle: rand.New(rand.NewPCG(1, 1))})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"letter.accepted", "letter.accepted", "letter.sent", "letter.sent"}, heard)
	require.Len(t, c.Deliveries(), 3)
}

func TestLimit(t *testing.T) {
	t.Parallel()
	c := newCarrier(t)
	c.Limit(2)
	for _, want := range []int{200, 200, 429} {
		status, _ := c.do(live, "GET", "/", "", "")
		require.Equal(t, want, status)
	}
	c.sleep(time.Second)
	status, _ := c.do(live, "GET", "/", "", "")
	require.Equal(t, 200, status)
}

// Faults over a real connection.
func TestFaults(t *testing.T) {
	t.Parallel()
	c := newCarrier(t)
	server := httptest.NewServer(c.Server)
	t.Cleanup(server.Close)
	post := func() (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/letters", strings.NewReader(letterForm("metadata[k]", "v")))
		require.NoError(t, err)
		r.Header.Set("Content-Type", form)
		r.SetBasicAuth(live, "")
		return (&http.Client{Timeout: 300 * time.Millisecond}).Do(r)
	}
	for _, tc := range []struct {
		fault  mysendingboxtest.Fault
		status int // 0: no answer
		taken  int
	}{
		{mysendingboxtest.Fault{Kind: mysendingboxtest.Status, Status: 429, RetryAfter: 7}, 429, 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.Gateway}, 504, 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.Quote}, 422, 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.Hang}, 0, 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.Reset}, 0, 0},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.AcceptThenHang}, 0, 1},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.AcceptThenReset}, 0, 1},
		{mysendingboxtest.Fault{Kind: mysendingboxtest.AcceptThen504}, 504, 1},
	} {
		before := len(c.Accepted("k"))
		tc.fault.Times = 1
		c.Fail(tc.fault)
		resp, err := post()
		if tc.status == 0 {
			require.Error(t, err, tc.fault.Kind)
		} else {
			require.NoError(t, err, tc.fault.Kind)
			require.Equal(t, tc.status, resp.StatusCode)
			resp.Body.Close()
		}
		require.Len(t, c.Accepted("k"), before+tc.taken, tc.fault.Kind)
	}
	resp, err := post()
	require.NoError(t, err, "faults end")
	resp.Body.Close()
	require.Eventually(t, func() bool { return c.InFlight() == 0 }, 5*time.Second, time.Millisecond)
}

func ExampleServer() {
	server := mysendingboxtest.New(mysendingboxtest.Config{})
	client := &http.Client{Transport: &mysendingboxtest.Transport{Server: server}}
	r, err := http.NewRequest("GET", "https://api.mysendingbox.fr/letters", nil)
	if err != nil {
		panic(err)
	}
	r.SetBasicAuth(mysendingboxtest.TestKey, "")
	resp, err := client.Do(r)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}
