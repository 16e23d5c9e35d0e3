// Package webhooks turns the feed of changes into a host's own webhooks, signed as
// the specification Standard Webhooks 1.0.0 says.
package webhooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/courrier-go/courrier/changes"
)

// Endpoint is where a customer of the host's wants to be told. Each endpoint is a
// reader of its own, so that one that is down holds up nobody else:
//
//	reader := changes.Reader{Store: store, Name: "webhook " + id, Account: account, Page: 20}
//	_, err := reader.Read(ctx, endpoint.Tell)
//
// Call it again after an error, later each time: the reader goes on with the changes
// from the page that was not told whole. Who is told a change twice knows it by
// webhook-id; which of two is older, by its version.
type Endpoint struct {
	URL string
	// Key is shown to the customer as [Secret]; 24 to 64 random bytes.
	Key []byte
	// Old is the key before, for as long as customers change to the new one.
	Old    []byte
	Client *http.Client // one of [NewClient]
	Now    func() time.Time
}

// Secret is how the specification shows a key.
func Secret(key []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }

// ErrGone: the endpoint wants no more (410). Disable it.
var ErrGone = errors.New("webhooks: the endpoint is gone")

// payload is a thin message: who needs more asks the host's own API.
type payload struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Subject string `json:"subject"`
	Version int64  `json:"version,omitempty"`
	State   string `json:"state,omitempty"`
}

// Tell is a [changes.Handle]: one message a change, in order. It ends with the first
// that the endpoint does not take.
func (e Endpoint) Tell(ctx context.Context, some []changes.Change) error {
	for _, c := range some {
		body, err := json.Marshal(payload{Type: string(c.Kind), Timestamp: c.At, Data: data{c.Subject, c.Version, c.State}})
		if err == nil {
			// The dot stands between the parts that are signed.
			err = e.post(ctx, "msg_"+strings.ReplaceAll(string(c.Cursor), ".", "_"), body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// answerWithin bounds a call: an endpoint says at once that it has the message.
const answerWithin = 20 * time.Second

func (e Endpoint) post(ctx context.Context, id string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	at := strconv.FormatInt(e.Now().Unix(), 10) // of this attempt: the receiver refuses old ones
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", at)
	req.Header.Set("webhook-signature", e.signatures(id, at, body))
	resp, err := e.Client.Do(req)
	if err != nil {
		return fmt.Errorf("webhooks: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	switch {
	case resp.StatusCode == http.StatusGone:
		return ErrGone
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("webhooks: the endpoint answered %d", resp.StatusCode)
	}
	return nil
}

// signatures are one for each key, apart by a space.
func (e Endpoint) signatures(id, at string, body []byte) string {
	all := []string{sign(e.Key, id, at, body)}
	if len(e.Old) > 0 {
		all = append(all, sign(e.Old, id, at, body))
	}
	return strings.Join(all, " ")
}

func sign(key []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// NewClient returns a client that follows no redirect and reaches public addresses
// only: the address is looked at when it is dialled, after its name was resolved.
func NewClient() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err == nil && !public(to.Addr()) {
			err = errors.New("webhooks: the address is not on the open internet")
		}
		return err
	}}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: 2},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// special are networks that are no internet and that netip has no word for.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"),
}

func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
