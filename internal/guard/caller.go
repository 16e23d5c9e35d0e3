package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Who hangs so many times in a row, which is to fail without an answer after
// hangTime or more, is left alone for a while: each further call would hold a
// worker, and leave one more thing in doubt.
const (
	hangsInARow = 3
	hangTime    = 10 * time.Second
	restFor     = 5 * time.Minute
)

// ErrLeftAlone says that no call was made: the last ones hung.
var ErrLeftAlone = errors.New("it did not answer its last calls; it is asked again in a few minutes")

// Caller makes all calls of one thing that the host or a carrier brought.
type Caller struct {
	Name string // for the log
	Log  *slog.Logger
	Now  func() time.Time
	// Answers tells whether an error is an answer all the same, such as a refusal.
	Answers func(error) bool

	mu    sync.Mutex
	inRow int
	until time.Time // left alone
}

// Do makes one call as [Call] does; none while the thing is left alone, which it
// says with ErrLeftAlone.
func Do[T any](ctx context.Context, c *Caller, most time.Duration, f func(context.Context) (T, error)) (T, error) {
	return DoLate(ctx, c, most, f, nil)
}

// DoLate is Do, with a function that gets what a call brings after it was given up.
func DoLate[T any](ctx context.Context, c *Caller, most time.Duration, f func(context.Context) (T, error), late func(T, error)) (T, error) {
	if !c.mayCall() {
		var none T
		return none, ErrLeftAlone
	}
	began := time.Now()
	value, err := CallLate(ctx, c.Log, most, f, late)
	if ctx.Err() == nil || errors.Is(err, ErrOverran) { // else the caller ended it, which tells nothing
		answered := err == nil || c.Answers(err)
		if c.note(!answered && time.Since(began) >= hangTime) {
			c.Log.WarnContext(ctx, "it does not answer and is left alone", "who", c.Name, "for", restFor)
		}
	}
	return value, err
}

// mayCall tells whether a call may be made. When the rest is over one call finds
// out for all.
func (c *Caller) mayCall() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inRow < hangsInARow {
		return true
	}
	now := c.Now()
	if now.Before(c.until) {
		return false
	}
	c.until = now.Add(restFor)
	return true
}

// note takes in how a call ended, and tells whether the thing is left alone from
// now on.
func (c *Caller) note(hung bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !hung {
		c.inRow = 0
		return false
	}
	c.inRow++
	c.until = c.Now().Add(restFor)
	return c.inRow == hangsInARow
}

// Safely runs f, which is work of our own on one item, past a panic in what the
// host gave without a guard, such as its store: the other items go on.
func Safely(ctx context.Context, log *slog.Logger, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			logPanic(ctx, log, p)
			err = ErrPanicked
		}
	}()
	return f()
}

// logPanic logs the type of a panic's value and the stack. The value's text may
// hold anything and is left out.
func logPanic(ctx context.Context, log *slog.Logger, p any) {
	log.ErrorContext(ctx, "panic in the code of a carrier or of the host", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
}
