package mysendingboxfake

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
)

// Transport reaches the fake without a network, so that a test may run on a fake
// clock. It dials nothing; Down makes it answer like a host that refuses
// connections.
type Transport struct {
	Server *Server
	Down   atomic.Bool
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if t.Down.Load() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
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
				done <- nil // the connection broke
			default:
				panic(broken)
			}
		}()
		t.Server.ServeHTTP(w, served)
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
