package resttest

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Call is one webhook call of a fake carrier.
type Call struct {
	URL    string
	Header http.Header
	Body   string
	Done   bool // answered as the carrier wants it
	Tries  int
	next   time.Time
}

// Disorder is how badly a carrier delivers.
type Disorder struct {
	Duplicate bool       // every call twice
	Shuffle   *rand.Rand // nil: in order
}

// Outbox holds the webhook calls of a fake carrier until they are answered. One that is
// not is made again after each of the gaps, and then lost. It is safe for concurrent use.
type Outbox struct {
	Now  func() time.Time
	Gaps []time.Duration
	Good func(status int) bool // the answers that the carrier takes

	mu    sync.Mutex
	calls []*Call
}

// Put adds a call that is made from a moment on.
func (o *Outbox) Put(r *http.Request, at time.Time) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, &Call{URL: r.URL.String(), Header: r.Header, Body: string(body), next: at})
	return nil
}

// Calls returns the calls made or to be made so far.
func (o *Outbox) Calls() []Call {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]Call, len(o.calls))
	for i, c := range o.calls {
		all[i] = *c
	}
	return all
}

// Deliver makes the calls that are due through do.
func (o *Outbox) Deliver(ctx context.Context, do func(*http.Request) (*http.Response, error), how Disorder) error {
	for _, c := range o.due(how) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, strings.NewReader(c.Body))
		if err != nil {
			return err
		}
		r.Header = c.Header.Clone()
		resp, err := do(r)
		good := err == nil && o.Good(resp.StatusCode)
		if err == nil {
			resp.Body.Close()
		}
		o.tried(c, good)
	}
	return ctx.Err()
}

func (o *Outbox) tried(c *Call, good bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.Done = c.Done || good; !good && c.Tries < len(o.Gaps) {
		c.next = o.Now().Add(o.Gaps[c.Tries])
	}
	c.Tries++
}

func (o *Outbox) due(how Disorder) []*Call {
	o.mu.Lock()
	defer o.mu.Unlock()
	var queue []*Call
	for _, c := range o.calls {
		if c.Done || c.Tries > len(o.Gaps) || c.next.After(o.Now()) {
			continue
		}
		queue = append(queue, c)
		if how.Duplicate {
			queue = append(queue, c)
		}
	}
	if how.Shuffle != nil {
		how.Shuffle.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
	}
	return queue
}
