// Package watch tells a host's observer of operations. Without one it does nothing and
// allocates nothing.
package watch

import (
	"context"
	"log/slog"

	"github.com/courrier-go/courrier/internal/guard"
)

// Observer is told of the begin of an operation and, by what it returns, of its end.
type Observer[O any] func(ctx context.Context, op O) (context.Context, func(error))

// Begin tells observe, which may be nil, of an operation. The operation goes on with the
// context returned; end is called once with its error. A panic of the observer is
// logged and stops nothing.
func Begin[O any](ctx context.Context, log *slog.Logger, observe Observer[O], op O) (inner context.Context, end func(error)) {
	if observe == nil {
		return ctx, nobody
	}
	return begin(ctx, log, observe, op)
}

func begin[O any](ctx context.Context, log *slog.Logger, observe Observer[O], op O) (context.Context, func(error)) {
	inner, ended := ctx, nobody
	_ = guard.Safely(ctx, log, func() error {
		if c, f := observe(ctx, op); c != nil && f != nil {
			inner, ended = c, f
		}
		return nil
	})
	return inner, func(err error) {
		_ = guard.Safely(ctx, log, func() error { ended(err); return nil })
	}
}

func nobody(error) {}
