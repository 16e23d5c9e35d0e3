// Package stop ends work in two steps: first nothing new is begun, and only after a
// grace the calls that are under way are cut. A call that a carrier or a mail server
// does not get to answer leaves a letter in doubt.
package stop

import (
	"context"
	"errors"
	"time"
)

// ErrCut is the cause of a context that ended because its grace was over.
var ErrCut = errors.New("the grace of a stop was over")

// asked is the key of the context that asks for the stop.
type asked struct{}

// Within returns the context of work that is under way when ctx ends: it goes on for
// grace, and its cause is ErrCut then. A context made of another one of Within ends
// when that one does. The caller must call cancel.
func Within(ctx context.Context, grace time.Duration) (work context.Context, cancel context.CancelFunc) {
	if ctx.Value(asked{}) != nil {
		return context.WithCancel(ctx)
	}
	work, cut := context.WithCancelCause(context.WithValue(context.WithoutCancel(ctx), asked{}, ctx))
	unwatch := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cut(ErrCut)
		case <-work.Done():
		}
	})
	return work, func() {
		unwatch()
		cut(context.Canceled)
	}
}

// Asked tells why nothing new may be begun: the context ended, or the one did that it
// outlives. Nil: go on.
func Asked(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return outlived(ctx).Err()
}

// After returns a context that asks for a stop once d is over, beside what asked before.
// It does not end then: a call under way goes on. The caller must call cancel.
func After(ctx context.Context, d time.Duration) (_ context.Context, cancel context.CancelFunc) {
	soon, cancel := context.WithTimeout(outlived(ctx), d)
	return context.WithValue(ctx, asked{}, soon), cancel
}

// AtOnce returns a context that ends as soon as a stop is asked for, for work that may be
// cut anywhere. The caller must call cancel.
func AtOnce(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cut := context.WithCancel(ctx)
	unwatch := context.AfterFunc(outlived(ctx), cut)
	return work, func() {
		unwatch()
		cut()
	}
}

// outlived is the context that asks for the stop: ctx itself, where none else does.
func outlived(ctx context.Context) context.Context {
	if asking, ok := ctx.Value(asked{}).(context.Context); ok {
		return asking
	}
	return ctx
}
