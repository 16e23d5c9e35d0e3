package pdf

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/courrier-go/courrier"
)

// Limits bound one call on a PDF that somebody else made. A zero field takes
// its default; the defaults keep a call under 10 s and 512 MiB on the hostile
// files of this package's tests.
type Limits struct {
	FileBytes    int64         // size of a file; default 25 MiB
	Pages        int           // pages of a file; default 2,000
	Objects      int           // objects of a file; default 200,000
	PageBytes    int64         // decoded content of one page; default 64 MiB
	DecodedBytes int64         // decoded content of a file; default 192 MiB
	Operations   int           // drawing operations of a file; default 20 million
	FormDepth    int           // forms drawn inside forms; default 12
	FormCalls    int           // forms drawn in a file; default 20,000
	ImagePixels  int           // pixels of a logo or signature; default 40 million
	Timeout      time.Duration // of a call; default 8 s
	Concurrent   int           // calls in flight, stuck ones included; default 8
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.FileBytes, 25<<20)
	setDefault(&l.Pages, 2000)
	setDefault(&l.Objects, 200_000)
	setDefault(&l.PageBytes, 64<<20)
	setDefault(&l.DecodedBytes, 192<<20)
	setDefault(&l.Operations, 20_000_000)
	setDefault(&l.FormDepth, 12)
	setDefault(&l.FormCalls, 20_000)
	setDefault(&l.ImagePixels, 40_000_000)
	setDefault(&l.Timeout, 8*time.Second)
	setDefault(&l.Concurrent, 8)
	return l
}

func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// errCrashed wraps a panic of the PDF parser. Its text names no content.
var errCrashed = errors.New("the PDF parser crashed")

// guard runs parser calls that may crash or never come back.
type guard struct {
	limits Limits
	slots  chan struct{}
}

func newGuard(l Limits) *guard {
	l = l.withDefaults()
	return &guard{limits: l, slots: make(chan struct{}, l.Concurrent)}
}

// guarded runs fn with the guard's deadline, which starts with the work: a call waits
// for its turn as long as its context lasts, at most as long again as a call may take,
// and then nothing was done. A call that outlives its deadline is abandoned, its
// result is dropped, and it keeps its slot until it ends.
func guarded[T any](ctx context.Context, g *guard, fn func(context.Context) (T, error)) (T, error) {
	var zero T
	if err := g.turn(ctx); err != nil {
		return zero, err
	}
	ctx, cancel := context.WithTimeout(ctx, g.limits.Timeout)
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-g.slots }()
		value, err := recovered(ctx, fn)
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}

// turn waits for a slot.
func (g *guard) turn(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, g.limits.Timeout)
	defer cancel()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-waiting.Done():
		return &courrier.Error{Op: "pdf", Kind: courrier.ErrUnavailable, Code: "busy", Err: waiting.Err()}
	}
}

func recovered[T any](ctx context.Context, fn func(context.Context) (T, error)) (value T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w (%T)", errCrashed, r)
		}
	}()
	return fn(ctx)
}
