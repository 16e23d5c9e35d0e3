package mysendingboxtest

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/courrier-go/courrier/providers/rest/resttest"
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
	if t.Down.Load() && r.Context().Err() == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	return resttest.Direct{Handler: t.Server}.RoundTrip(r)
}
