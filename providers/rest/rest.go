// Package rest is the HTTP of carriers' adapters, ours and anybody's. It is built
// on go-retryablehttp and x/time/rate, and adds what sending paper needs:
//
//   - a call is repeated only if it is marked [Call.Repeatable]; one that could
//     print goes once, on a fresh connection, and net/http cannot repeat it either;
//   - every failure tells how far the request got ([Reach]), and [Effect] tells
//     what that, or an answer, proves about the letter;
//   - calls keep the [Pace] of the process, and a Retry-After holds back the key
//     that it was said to, not everybody;
//   - links that a carrier gives are followed to its own hosts only, and what they
//     lead to is checked to its end ([WholePDF]);
//   - nothing waits or grows without a bound, and no error or log holds a query,
//     a header, a body or a key; [Scrub] cleans what a carrier says.
//
// One call, and what it proves:
//
//	c, err := rest.New(rest.Config{BaseURL: "https://api.carrier.example"})
//	answer, err := c.Do(ctx, rest.Call{Method: http.MethodPost, Path: []string{"letters"}, Body: body})
//	err = rest.Effect(answer, err, carriersOwnWords) // what that proves about the letter
//
// Package resttest breaks its calls in every way, for tests.
package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Config says how to reach one API. Only BaseURL is required.
type Config struct {
	BaseURL string // https, or http for tests; its path is put before that of every call
	// Transport does the round trips. Nil is a pool of its own that ignores the
	// proxy variables of the environment. Of an [http.Transport], calls that are
	// not repeatable use a copy that keeps no connections: a fresh connection
	// cannot have died while idle, and net/http repeats nothing on it.
	Transport http.RoundTripper
	// Pace spaces the calls to the API, whatever their key; nil does not.
	Pace *Pace
	// Now is the clock by which calls are spaced and pauses end; nil: time.Now.
	Now       func() time.Time
	UserAgent string
	// Timeout bounds one attempt, before the time for its bytes; 0: 30 s.
	Timeout time.Duration
	// BytesPerSecond is the slowest line to plan for: every attempt gets the time
	// its bytes need at that speed on top of Timeout; 0: 65,536.
	BytesPerSecond int64
	MaxAnswer      int64         // longest body of an answer in bytes; 0: 4 MiB
	MaxWait        time.Duration // longest wait for the pace or a Retry-After; 0: 1 minute
	Retries        int           // repeats of a repeatable call; 0: 3, negative: none
	RetryWait      time.Duration // shortest wait before a repeat, growing with each; 0: 500 ms
	Logger         *slog.Logger  // nil: silent. Told method, path, status and duration of every attempt
}

const (
	defaultTimeout        = 30 * time.Second
	defaultBytesPerSecond = 64 << 10
	defaultMaxAnswer      = 4 << 20
	defaultMaxWait        = time.Minute
	defaultRetries        = 3
	defaultRetryWait      = 500 * time.Millisecond
	maxRedirects          = 5
)

func (c Config) withDefaults() Config {
	c.Timeout = positive(c.Timeout, defaultTimeout)
	c.BytesPerSecond = positive(c.BytesPerSecond, defaultBytesPerSecond)
	c.MaxAnswer = positive(c.MaxAnswer, defaultMaxAnswer)
	c.MaxWait = positive(c.MaxWait, defaultMaxWait)
	c.RetryWait = positive(c.RetryWait, defaultRetryWait)
	if c.Retries == 0 {
		c.Retries = defaultRetries
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func positive[T int64 | time.Duration](n, otherwise T) T {
	if n > 0 {
		return n
	}
	return otherwise
}

// Client calls one API. It is safe for concurrent use.
type Client struct {
	cfg    Config
	base   *url.URL
	http   *retryablehttp.Client
	clock  clock
	pauses pauses
}

// New returns a client, or an error when BaseURL is not an absolute http or
// https address without user, query or fragment.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.BaseURL)
	plain := err == nil && base.Host != "" && base.User == nil && base.RawQuery == "" && base.Fragment == ""
	if !plain || base.Scheme != "https" && base.Scheme != "http" {
		return nil, errors.New("base URL must read https://host/path, without user, query or fragment")
	}
	c := &Client{cfg: cfg.withDefaults(), base: base, clock: newClock(cfg.Now)}
	line := transports(cfg.Transport)
	line.client = c
	c.http = &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: line, CheckRedirect: c.checkRedirect},
		RetryWaitMin: c.cfg.RetryWait,
		RetryWaitMax: 2 * c.cfg.RetryWait,
		RetryMax:     max(c.cfg.Retries, 0),
		CheckRetry:   c.checkRetry,
		Backoff:      retryablehttp.RateLimitLinearJitterBackoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return c, nil
}

// transports makes the three ways out of one transport. Of one that is not an
// [http.Transport], or dials by itself or by a proxy, only the names of links are
// checked, and not where they lead.
func transports(given http.RoundTripper) *attempts {
	own := given == nil
	if own {
		given = &http.Transport{
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 8,
			IdleConnTimeout:     30 * time.Second,

			MaxResponseHeaderBytes: 256 << 10,
		}
	}
	t, ok := given.(*http.Transport)
	if !ok {
		return &attempts{pooled: given, fresh: given, outside: given}
	}
	outside := t
	if t.DialContext == nil && t.DialTLSContext == nil && t.Proxy == nil {
		outside = downloader(t)
	}
	if own {
		t.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	once := t.Clone()
	once.DisableKeepAlives = true
	return &attempts{pooled: t, fresh: once, outside: outside}
}

// Call is one request.
type Call struct {
	Method string
	Path   []string // segments below the base URL; each is escaped
	// URL, when set, is an absolute address, such as a download link that the API
	// gave; it replaces Path and is not rate limited. It must be https unless the
	// base URL is http too, and lead to the API's own host or to one of Hosts; so
	// must every redirect.
	URL string
	// Hosts are the names that URL may lead to, their subdomains included. With Hosts an
	// empty URL is a link that leads nowhere, and not the base URL.
	Hosts []string
	// Key is what the server counts the call for, such as the account whose
	// credentials it bears: a Retry-After holds back the calls of that key alone.
	Key    string
	Query  url.Values
	Header http.Header
	Body   Body
	// Authorize puts the credentials on each attempt; nil sends none. Its errors
	// are returned as [NotSent]. Redirects are followed only without it, and only
	// for GET.
	Authorize func(ctx context.Context, r *http.Request) error
	// Repeatable allows the call to be sent again after a failure or an answer
	// of 429 or 5xx. Never set it on a call that could print.
	Repeatable bool
	Timeout    time.Duration // replaces Config.Timeout
	MaxAnswer  int64         // replaces Config.MaxAnswer
}

// Answer is what the server said, whatever the status.
type Answer struct {
	Status   int
	Header   http.Header
	Body     []byte
	Attempts int
}

// OK reports a status of 200 to 299.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// RetryAfter returns how long the server asks to wait, by the machine's clock; 0
// when it does not say.
func (a *Answer) RetryAfter() time.Duration { return retryAfter(a.Header, time.Now()) }

// Reach tells how far a failed call got.
type Reach int

// How far a call got.
const (
	// NotSent: no byte of the request left. It is safe to call again.
	NotSent Reach = iota
	// MayHaveArrived: the server may have acted on the request.
	MayHaveArrived
	// Answered: the server answered; only the answer is unusable.
	Answered
)

// String returns the reach in words.
func (r Reach) String() string {
	switch r {
	case NotSent:
		return "not sent"
	case Answered:
		return "answered"
	}
	return "may have arrived"
}

// Error is a call that brought no usable answer.
type Error struct {
	Method   string
	Path     string // without query
	Reach    Reach
	Status   int // when Answered
	Attempts int
	Err      error
}

// Error implements the error interface.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %s: %v", e.Method, e.Path, e.Reach, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Do makes the call. Every status is an Answer; an error is an [*Error]. A call
// that was sent more than once is NotSent only if no attempt was.
func (c *Client) Do(ctx context.Context, call Call) (*Answer, error) {
	st := &state{call: call}
	fail := func(err error) error {
		return &Error{Method: call.Method, Path: call.label(), Reach: st.reach, Status: st.status, Attempts: st.attempts, Err: plain(err)}
	}
	req, err := c.request(context.WithValue(ctx, stateKey{}, st), call)
	if err != nil {
		return nil, fail(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fail(err)
	}
	defer resp.Body.Close()
	body, err := whole(resp)
	if err != nil {
		return nil, fail(err)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body, Attempts: st.attempts}, nil
}

func (c *Client) request(ctx context.Context, call Call) (*retryablehttp.Request, error) {
	target, err := c.target(call)
	if err != nil {
		return nil, err
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, call.Method, target.String(), nil)
	if err != nil {
		return nil, errors.New("malformed method or address")
	}
	if call.Body.Open != nil {
		if err := req.SetBody(retryablehttp.ReaderFunc(call.Body.reader)); err != nil {
			return nil, err
		}
		req.ContentLength = call.Body.Size
	}
	for k, v := range call.Header {
		req.Header[k] = v
	}
	if call.Body.Type != "" {
		req.Header.Set("Content-Type", call.Body.Type)
	}
	if c.cfg.UserAgent != "" {
		req.Header.Set("User-Agent", c.cfg.UserAgent)
	}
	// With GetBody, net/http itself repeats requests that bear an
	// Idempotency-Key when a kept connection breaks.
	req.GetBody = nil
	return req, nil
}

func (c *Client) target(call Call) (*url.URL, error) {
	if call.URL != "" || len(call.Hosts) > 0 { // a link that the carrier left empty leads nowhere
		u, err := url.Parse(call.URL)
		if err != nil {
			return nil, errors.New("address is not an absolute https URL")
		}
		return u, c.mayFetch(u, call.Hosts)
	}
	for _, s := range call.Path {
		if s == "" || s == "." || s == ".." {
			return nil, errors.New("path has an empty or relative segment")
		}
	}
	escaped := make([]string, len(call.Path))
	for i, s := range call.Path {
		// A comma may stand in a path as it is (RFC 3986, 3.3), and servers that
		// take lists there do not all decode it.
		escaped[i] = strings.ReplaceAll(url.PathEscape(s), "%2C", ",")
	}
	u := c.base.JoinPath(escaped...)
	u.RawQuery = call.Query.Encode()
	return u, nil
}

func (call Call) label() string {
	if call.URL != "" {
		return "download"
	}
	return "/" + strings.Join(call.Path, "/")
}

func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	st := stateOf(req.Context())
	switch {
	case st.call.Authorize != nil || st.call.Method != http.MethodGet:
		return http.ErrUseLastResponse
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	}
	if err := c.mayFetch(req.URL, st.call.Hosts); err != nil {
		return fmt.Errorf("redirected: %w", err)
	}
	req.Header.Del("Referer") // the link before may be a secret
	return nil
}
