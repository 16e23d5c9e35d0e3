package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// checkRetry is the policy of go-retryablehttp: its own default repeats every
// POST four times.
func (c *Client) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	st := stateOf(ctx)
	switch {
	case !st.call.Repeatable, st.over(ctx):
		return false, nil
	case err != nil:
		return curable(err), nil
	case !again(resp.StatusCode):
		return false, nil
	}
	return retryAfter(resp.Header, c.clock.time()) <= c.cfg.MaxWait, nil
}

// again lists the statuses that a later attempt may turn.
func again(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		return true
	}
	return false
}

// curable tells failures that may pass from those that the next attempt meets too.
func curable(err error) bool {
	var (
		cert     *tls.CertificateVerificationError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		hook     *authorizeError
	)
	switch {
	case errors.As(err, &cert), errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &hook):
		return false
	}
	return !errors.Is(err, ErrBusy) && !errors.Is(err, ErrHost)
}

// retryAfter reads the header in both its forms (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if n, err := strconv.ParseInt(value, 10, 32); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// over tells whether the caller has given up.
func (*state) over(ctx context.Context) bool { return ctx.Err() != nil }
