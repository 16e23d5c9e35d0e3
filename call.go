package courrier

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// errOverran ends a call that did not end with its context.
var errOverran = &Error{Op: "call", Kind: ErrInDoubt, Code: "overran", Err: errors.New("the call did not end with its context; ask the carrier, then settle the letter by hand")}

// errPanicked ends a call that did not return.
var errPanicked = &Error{Op: "call", Kind: ErrInDoubt, Code: "panic", Err: errors.New("the code called panicked")}

// call makes one call of code that is not ours, a carrier's or the host's, bounded
// by most. A call that goes on after its context ended is given up and a panic is
// an error, so that neither stops the letters of others. Both leave in doubt
// whether the call had its effect.
func call[T any](ctx context.Context, c *Client, most time.Duration, f func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	bounded, cancel := context.WithTimeout(ctx, most)
	done := make(chan answer, 1)
	go func() {
		defer cancel()
		a := answer{err: errPanicked}
		defer func() {
			if p := recover(); p != nil { // its text may hold anything: only its type is logged
				c.log.ErrorContext(ctx, "panic in the code of a carrier or of the host", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
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
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case a := <-done:
		return a.value, a.err
	case <-late.C:
		var none T
		return none, errOverran
	}
}
