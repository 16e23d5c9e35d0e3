// Package guard makes calls of code that is not ours, a carrier's or the host's,
// so that none of it can stop the rest: bounded in time, and past a panic.
package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
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
	type answer struct {
		value T
		err   error
	}
	bounded, cancel := context.WithTimeout(ctx, most)
	done := make(chan answer, 1)
	go func() {
		defer cancel()
		a := answer{err: ErrPanicked}
		defer func() {
			if p := recover(); p != nil {
				log.ErrorContext(ctx, "panic in the code of a carrier or of the host", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			}
			done <- a
		}()
		a.value, a.err = f(bounded)
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-bounded.Done():
	}
	late := time.NewTimer(Patience)
	defer late.Stop()
	select {
	case a := <-done:
		return a.value, a.err
	case <-late.C:
		var none T
		return none, ErrOverran
	}
}
