// Package guard makes calls of code that is not ours, a carrier's or the host's,
// so that none of it can stop the rest: bounded in time, and past a panic. A
// [Caller] leaves alone what hangs again and again.
package guard

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Patience is how long a call may go on after its context ended.
const Patience = 10 * time.Second

var (
	// ErrOverran ends a call that did not end with its context. It goes on.
	ErrOverran = errors.New("the call did not end with its context")
	// ErrPanicked ends a call that did not return.
	ErrPanicked = errors.New("the code called panicked")
)

// Call makes one call, bounded by most. A call that goes on after its context
// ended is given up with ErrOverran and a panic is ErrPanicked: both leave in
// doubt whether the call had its effect. The type of a panic's value and its
// stack are logged, its text is not: it may hold anything.
func Call[T any](ctx context.Context, log *slog.Logger, most time.Duration, f func(context.Context) (T, error)) (T, error) {
	return CallLate(ctx, log, most, f, nil)
}

// CallLate is Call, with a function that gets what the call brings after it was
// given up. It runs in the call's goroutine.
func CallLate[T any](ctx context.Context, log *slog.Logger, most time.Duration, f func(context.Context) (T, error), late func(T, error)) (T, error) {
	bounded, cancel := context.WithTimeout(ctx, most)
	c := call[T]{done: make(chan struct{}), late: late}
	go func() {
		defer cancel()
		c.run(ctx, log, func() (T, error) { return f(bounded) })
	}()
	select {
	case <-c.done:
		return c.value, c.err
	case <-bounded.Done():
	}
	patience := time.NewTimer(Patience)
	defer patience.Stop()
	select {
	case <-c.done:
	case <-patience.C:
		if c.giveUp() {
			var none T
			return none, ErrOverran
		}
		<-c.done
	}
	return c.value, c.err
}

// call is one call under way.
type call[T any] struct {
	mu    sync.Mutex
	ended bool
	given bool // up
	done  chan struct{}
	late  func(T, error)
	value T
	err   error
}

func (c *call[T]) run(ctx context.Context, log *slog.Logger, f func() (T, error)) {
	defer func() {
		if p := recover(); p != nil {
			logPanic(ctx, log, p)
		}
		c.mu.Lock()
		c.ended = true
		given := c.given
		c.mu.Unlock()
		close(c.done)
		if given && c.late != nil {
			_ = Safely(ctx, log, func() error { c.late(c.value, c.err); return nil })
		}
	}()
	c.err = ErrPanicked // unless it returns
	c.value, c.err = f()
}

// giveUp tells whether the call is still under way; it is waited for no more.
func (c *call[T]) giveUp() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given = !c.ended
	return c.given
}
