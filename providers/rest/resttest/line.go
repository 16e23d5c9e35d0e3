// Package resttest is the line between an adapter and a fake carrier: in memory, so
// that tests run on a fake clock, and broken where a test wants it broken.
// Give its lines to an adapter as the transport of its calls: each does to them what
// a network or a server may do.
//
//	line := &resttest.Cut{Next: resttest.Direct{Handler: server}, At: map[int]resttest.Fault{1: resttest.ResetAfter}}
//	carrier, err := mycarrier.New(mycarrier.Config{Transport: line}) // its second call loses its answer
package resttest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// Direct reaches a handler without a network. A panic of [http.ErrAbortHandler]
// is a connection that broke.
type Direct struct{ Handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (d Direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	served := r.Clone(r.Context())
	served.Host = r.URL.Host
	if served.Body == nil {
		served.Body = http.NoBody
	}
	done := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		defer func() {
			switch broken := recover(); broken {
			case nil:
			case http.ErrAbortHandler:
				done <- nil
			default:
				panic(broken)
			}
		}()
		d.Handler.ServeHTTP(w, served)
		_, _ = io.Copy(io.Discard, served.Body)
		done <- w.Result()
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case resp := <-done:
		if resp == nil {
			return nil, io.ErrUnexpectedEOF
		}
		resp.ContentLength = -1
		return resp, nil
	}
}

// Fault is what one call suffers. Those that end in "after" are executed by the
// server first; of the others the server never hears.
type Fault string

// The faults.
const (
	Refused      Fault = "connection refused"
	NoHost       Fault = "no such host"
	Reset        Fault = "reset"
	ResetAfter   Fault = "reset after"
	Silence      Fault = "no answer"
	SilenceAfter Fault = "no answer after"
	HalfAfter    Fault = "half an answer after"
	GarbageAfter Fault = "200 with HTML after"
	EmptyAfter   Fault = "200 without a body after"
	ErrorAfter   Fault = "500 after"
	GatewayAfter Fault = "504 with HTML after"
	Garbage      Fault = "200 with HTML"
	Moved        Fault = "302"
	Unauthorized Fault = "401"
	Forbidden    Fault = "403 with HTML"
	NoRoute      Fault = "404 with HTML"
	TooMany      Fault = "429"
	BadGateway   Fault = "502 with HTML"
	Unavailable  Fault = "503"
)

// Faults lists all faults.
func Faults() []Fault {
	return []Fault{
		Refused, NoHost, Reset, ResetAfter, Silence, SilenceAfter, HalfAfter, GarbageAfter, EmptyAfter, ErrorAfter, GatewayAfter,
		Garbage, Moved, Unauthorized, Forbidden, NoRoute, TooMany, BadGateway, Unavailable,
	}
}

// Cut passes calls on to Next, except those whose number, counted from 0, has a
// fault: a test can break every call of a letter's life in turn. It is safe for
// concurrent use.
type Cut struct {
	Next http.RoundTripper
	At   map[int]Fault

	mu    sync.Mutex
	calls []string
}

// Calls lists the methods and paths of the calls made so far.
func (t *Cut) Calls() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.calls...)
}

// RoundTrip implements [http.RoundTripper].
func (t *Cut) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	fault := t.At[len(t.calls)]
	t.calls = append(t.calls, r.Method+" "+r.URL.Path)
	t.mu.Unlock()
	switch fault {
	case "":
		return t.Next.RoundTrip(r)
	case Refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	case NoHost:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}}
	case ResetAfter, SilenceAfter, HalfAfter, GarbageAfter, EmptyAfter, ErrorAfter, GatewayAfter:
		resp, err := t.Next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		return after(fault, r, resp)
	}
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	switch fault {
	case Reset:
		return nil, io.ErrUnexpectedEOF
	case Silence:
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return respond(r, before[fault], "<html>"), nil
}

var before = map[Fault]int{
	Garbage: 200, Moved: 302, Unauthorized: 401, Forbidden: 403, NoRoute: 404, TooMany: 429, BadGateway: 502, Unavailable: 503,
}

// after spoils the answer to what was executed.
func after(fault Fault, r *http.Request, resp *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	switch {
	case err != nil:
		return nil, err
	case fault == ResetAfter:
		return nil, io.ErrUnexpectedEOF
	case fault == SilenceAfter:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case fault == HalfAfter:
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(string(body[:len(body)/2])), halfway{}))
		return resp, nil
	case fault == GarbageAfter:
		return respond(r, http.StatusOK, "<html>"), nil
	case fault == EmptyAfter:
		return respond(r, http.StatusOK, ""), nil
	case fault == ErrorAfter:
		return respond(r, http.StatusInternalServerError, ""), nil
	}
	return respond(r, http.StatusGatewayTimeout, "<html>"), nil
}

type halfway struct{}

func (halfway) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func respond(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"text/html"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), ProtoMajor: 1, ProtoMinor: 1,
	}
}
