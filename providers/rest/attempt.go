package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"regexp"
	"sync"
	"time"
)

// state is what is known about a call while it is being made. Only the goroutine
// of the call touches it, except where the trace of an attempt says so.
type state struct {
	call     Call
	attempts int
	reach    Reach
	status   int // of the last answer
}

type stateKey struct{}

func stateOf(ctx context.Context) *state { return ctx.Value(stateKey{}).(*state) }

// attempts makes single attempts: it waits for the limiter, puts on the
// credentials, bounds time and size, and notes how far the request got. The
// answer it returns is read to its end, so that a broken one can be repeated.
type attempts struct {
	client *Client
	// pooled keeps connections, fresh none; outside reaches hosts that are not
	// the API's.
	pooled, fresh, outside http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (a *attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, st, cfg := req.Context(), stateOf(req.Context()), a.client.cfg
	st.attempts++
	if st.call.URL == "" {
		if err := a.client.wait(ctx, st.call.Key); err != nil {
			return nil, err
		}
	}
	var trace trace
	bound := newBound(httptrace.WithClientTrace(ctx, trace.hooks()), cfg.timeout(st.call))
	defer bound.stop()
	req, err := prepare(bound.ctx, req, st.call)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	resp, err := a.route(ctx, req.URL).RoundTrip(req)
	if err != nil {
		err = bound.explain(err)
		st.reach = max(st.reach, trace.reach(err))
		cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "carrier did not answer", slog.String("method", req.Method),
			slog.String("path", st.call.label()),
			slog.String("reach", st.reach.String()), slog.Duration("took", time.Since(began)))
		return nil, err
	}
	st.reach = MayHaveArrived
	if resp.StatusCode == http.StatusTooManyRequests && st.call.URL == "" {
		now := a.client.clock.time()
		a.client.pauses.until(st.call.Key, now.Add(min(retryAfter(resp.Header, now), maxPause)), now)
	}
	resp, err = a.read(resp, st, bound)
	cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "carrier answered", slog.String("method", req.Method), slog.String("path", st.call.label()),
		slog.Int("status", st.status), slog.Duration("took", time.Since(began)))
	return resp, err
}

// timeout is the time for an attempt until the head of the answer: that of the
// call and what its own bytes need.
func (c Config) timeout(call Call) time.Duration {
	return positive(call.Timeout, c.Timeout) + c.transfer(call.Body.Size)
}

// transfer is the time that n bytes take on the slowest line planned for.
func (c Config) transfer(n int64) time.Duration {
	return time.Duration(n/c.BytesPerSecond)*time.Second + time.Second*time.Duration(n%c.BytesPerSecond)/time.Duration(c.BytesPerSecond)
}

func prepare(ctx context.Context, req *http.Request, call Call) (*http.Request, error) {
	req = req.Clone(ctx)
	if call.Authorize != nil {
		if err := call.Authorize(ctx, req); err != nil {
			return nil, &authorizeError{err}
		}
	}
	if !call.Repeatable && req.Body == nil {
		// net/http repeats requests without a body that bear an
		// Idempotency-Key; one that could have a body it does not.
		req.Body = io.NopCloser(bytes.NewReader(nil))
	}
	return req, nil
}

// authorizeError marks a failure of the call's own hook: repeating is no remedy.
type authorizeError struct{ err error }

func (e *authorizeError) Error() string { return "credentials: " + e.err.Error() }
func (e *authorizeError) Unwrap() error { return e.err }

// read takes the whole body. A success that breaks off leaves the call without
// a usable answer; of a refusal the status is enough.
func (a *attempts) read(resp *http.Response, st *state, b *bound) (*http.Response, error) {
	limit := positive(st.call.MaxAnswer, a.client.cfg.MaxAnswer)
	expected := limit
	if resp.ContentLength >= 0 {
		expected = min(resp.ContentLength, limit)
	}
	b.extend(a.client.cfg.transfer(expected))
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	resp.Body.Close()
	st.status = resp.StatusCode
	success := resp.StatusCode >= 200 && resp.StatusCode <= 299
	switch {
	case err != nil && success:
		return nil, fmt.Errorf("the answer broke off: %w", b.explain(err))
	case int64(len(body)) > limit && success:
		st.reach = Answered
		return nil, fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	st.reach = Answered
	resp.Body = io.NopCloser(bytes.NewReader(body[:min(int64(len(body)), limit)]))
	return resp, nil
}

// whole returns the body of an answer that read left in memory.
func whole(resp *http.Response) ([]byte, error) { return io.ReadAll(resp.Body) }

// trace notes how far one attempt got. Its hooks run on goroutines of net/http.
type trace struct {
	mu          sync.Mutex
	asked, gone bool
}

func (t *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.set(&t.asked) },
		GotConn: func(httptrace.GotConnInfo) { t.set(&t.gone) },
	}
}

func (t *trace) set(flag *bool) {
	t.mu.Lock()
	*flag = true
	t.mu.Unlock()
}

// reach judges a failed attempt. Only evidence makes it NotSent: no connection
// was had, or dialling itself failed.
func (t *trace) reach(err error) Reach {
	t.mu.Lock()
	defer t.mu.Unlock()
	var op *net.OpError
	switch {
	case t.gone:
		return MayHaveArrived
	case t.asked, errors.As(err, &op) && op.Op == "dial":
		return NotSent
	}
	return MayHaveArrived
}

// bound is the context of an attempt, which ends when its time is over.
type bound struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	ends   time.Time
}

// ErrTimeout is the cause of an attempt that took longer than it may.
var ErrTimeout = errors.New("no answer in time")

func newBound(ctx context.Context, d time.Duration) *bound {
	b := &bound{ends: time.Now().Add(d)}
	b.ctx, b.cancel = context.WithCancelCause(ctx)
	b.timer = time.AfterFunc(d, func() { b.cancel(ErrTimeout) })
	return b
}

// extend moves the end d later, unless it has come.
func (b *bound) extend(d time.Duration) {
	b.ends = b.ends.Add(d)
	if b.timer.Stop() {
		b.timer.Reset(time.Until(b.ends))
	}
}

func (b *bound) stop() {
	b.timer.Stop()
	b.cancel(nil)
}

// explain names the cause where net/http only knows that a context ended.
func (b *bound) explain(err error) error {
	if cause := context.Cause(b.ctx); cause != nil {
		return cause
	}
	return err
}

// plain drops the address that net/http puts before every error, and what the
// server sent, which some errors quote.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok {
		return errors.New("the answer has a malformed header")
	}
	if _, ok := errors.AsType[*authorizeError](err); ok {
		return err // the host's own words
	}
	text := err.Error()
	if short := quotation.ReplaceAllString(text, "[removed]"); short != text {
		return &muted{short, err}
	}
	return err
}

var quotation = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// muted is an error with another text.
type muted struct {
	text string
	err  error
}

func (m *muted) Error() string { return m.text }
func (m *muted) Unwrap() error { return m.err }
