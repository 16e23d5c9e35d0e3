package resttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Recorder passes calls on to Next and keeps what was sent as text, for golden files:
// forms field by field, and without the texts of Hide. It is safe for concurrent use.
type Recorder struct {
	Next http.RoundTripper
	Hide []string // such as keys and tokens

	mu   sync.Mutex
	sent []string
}

// RoundTrip implements [http.RoundTripper].
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	r.sent = append(r.sent, r.dump(req, body))
	r.mu.Unlock()
	again := req.Clone(req.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return r.Next.RoundTrip(again)
}

func (r *Recorder) dump(req *http.Request, body []byte) string {
	var b strings.Builder
	target := *req.URL
	target.RawQuery, _ = url.QueryUnescape(req.URL.RawQuery) // for reading; what does not unescape is left out
	fmt.Fprintf(&b, "%s %s://%s%s", req.Method, target.Scheme, target.Host, target.Path)
	if target.RawQuery != "" {
		fmt.Fprintf(&b, "?%s", target.RawQuery)
	}
	b.WriteByte('\n')
	var names []string
	for name := range req.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(req.Header[name], ", "))
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", readable(req.Header.Get("Content-Type"), body))
	}
	text := b.String()
	for _, h := range r.Hide {
		text = strings.ReplaceAll(text, h, "[hidden]")
	}
	return text
}

// readable writes a form field by field.
func readable(kind string, body []byte) string {
	form, err := url.ParseQuery(string(body))
	if kind != "application/x-www-form-urlencoded" || err != nil {
		return strings.ReplaceAll(string(body), "\r\n", "\n")
	}
	var lines []string
	for name, values := range form {
		lines = append(lines, name+" = "+strings.Join(values, " | "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Take returns what was sent since the last Take.
func (r *Recorder) Take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := strings.Join(r.sent, "\n")
	r.sent = nil
	return all
}
