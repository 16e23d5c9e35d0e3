package rest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrHost is the cause of a download that was not made because its link, or a
// redirect, leads to a host that is not the carrier's.
var ErrHost = errors.New("the link does not lead to a host of the carrier")

// mayFetch tells whether a link may be followed: to the API itself, or to one of
// the hosts that the call names, by https on its usual port.
func (c *Client) mayFetch(u *url.URL, hosts []string) error {
	switch {
	case u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%w: it is not an absolute https URL", ErrHost)
	case u.Scheme == "http" && c.base.Scheme != "http":
		return fmt.Errorf("%w: it is not https", ErrHost)
	case c.isBase(u):
		return nil
	case u.Port() != "" && u.Port() != "443":
		return ErrHost
	}
	name := hostName(u.Hostname())
	for _, allowed := range hosts {
		allowed = hostName(allowed)
		if allowed != "" && (name == allowed || strings.HasSuffix(name, "."+allowed)) {
			return nil
		}
	}
	return ErrHost
}

func (c *Client) isBase(u *url.URL) bool {
	return u.Scheme == c.base.Scheme && strings.EqualFold(u.Host, c.base.Host)
}

func hostName(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".") }

// publicOnly refuses to connect to addresses that are not on the open internet: a
// name of the carrier's that leads into the host's own network is followed by
// nobody. It sees the address after the name was looked up.
func publicOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrHost
	}
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || carrierGrade.Contains(ip) || nat64.Contains(ip) {
		return ErrHost
	}
	return nil
}

var (
	carrierGrade = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	nat64        = netip.MustParsePrefix("64:ff9b::/96")  // RFC 6052: may hide any of the others
)

// downloader is the transport for links outside the API.
func downloader(t *http.Transport) *http.Transport {
	d := t.Clone()
	d.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Control: publicOnly}).DialContext
	return d
}

const dialTimeout = 10 * time.Second

// route chooses the transport of one request.
func (a *attempts) route(ctx context.Context, u *url.URL) http.RoundTripper {
	call := stateOf(ctx).call
	switch {
	case call.URL != "" && !a.client.isBase(u):
		return a.outside
	case call.Repeatable:
		return a.pooled
	}
	return a.fresh
}
