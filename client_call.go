package courrier

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/courrier-go/courrier/internal/guard"
)

// errOverran ends a call that did not end with its context.
var errOverran = &Error{Op: "call", Kind: ErrInDoubt, Code: "overran", Err: errors.New("the call did not end with its context; ask the carrier, then settle the letter by hand")}

// errPanicked ends a call that did not return.
var errPanicked = &Error{Op: "call", Kind: ErrInDoubt, Code: "panic", Err: errors.New("the code called panicked")}

// call makes one call of code that is not ours, a carrier's or the host's: see
// [guard.Call].
func call[T any](ctx context.Context, c *Client, most time.Duration, f func(context.Context) (T, error)) (T, error) {
	value, err := guard.Call(ctx, c.log, most, f)
	switch {
	case errors.Is(err, guard.ErrOverran):
		return value, errOverran
	case errors.Is(err, guard.ErrPanicked):
		return value, errPanicked
	}
	return value, err
}

// A carrier of which so many calls in a row hang, which is to fail without an
// answer after hangTime or more, is left alone for a while: each further one
// would hold a worker, and leave one more letter in doubt.
const (
	hangsInARow = 3
	hangTime    = 10 * time.Second
	restFor     = 5 * time.Minute
)

// ask makes one call of a carrier. While the carrier is left alone it makes none,
// and says so with ErrUnavailable: nothing was accepted.
func ask[T any](ctx context.Context, c *Client, provider, op string, most time.Duration, f func(context.Context) (T, error)) (T, error) {
	if !c.hangs.mayCall(provider, c.now()) {
		var none T
		return none, &Error{Op: op, Kind: ErrUnavailable, Provider: provider, Code: "left-alone", Err: errors.New("it did not answer its last calls; it is asked again in a few minutes")}
	}
	began := time.Now()
	value, err := call(ctx, c, most, f)
	if ctx.Err() == nil || errors.Is(err, errOverran) { // else the caller ended it, which tells nothing
		answered := err == nil || refused(err) || errors.Is(err, ErrNotFound)
		hung := !answered && time.Since(began) >= hangTime
		if c.hangs.note(provider, hung, c.now()) {
			c.log.WarnContext(ctx, "carrier does not answer and is left alone", "provider", provider, "for", restFor)
		}
	}
	return value, err
}

// hangs counts, by carrier, the calls in a row that hung.
type hangs struct {
	mu     sync.Mutex
	byName map[string]*hanging
}

type hanging struct {
	inRow int
	until time.Time // left alone
}

// mayCall tells whether the carrier may be called. When its rest is over one call
// finds out for all.
func (h *hangs) mayCall(name string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.byName[name]
	if one == nil || one.inRow < hangsInARow {
		return true
	}
	if now.Before(one.until) {
		return false
	}
	one.until = now.Add(restFor)
	return true
}

// note takes in how a call ended, and tells whether the carrier is left alone
// from now on.
func (h *hangs) note(name string, hung bool, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !hung {
		delete(h.byName, name)
		return false
	}
	if h.byName == nil {
		h.byName = map[string]*hanging{}
	}
	one := h.byName[name]
	if one == nil {
		one = &hanging{}
		h.byName[name] = one
	}
	one.inRow++
	one.until = now.Add(restFor)
	return one.inRow == hangsInARow
}
