package watch_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/watch"
)

type operation struct{ name, of string }

type key struct{}

func TestBegin(t *testing.T) {
	var told []string
	observe := watch.Observer[operation](func(ctx context.Context, op operation) (context.Context, func(error)) {
		told = append(told, op.name)
		return context.WithValue(ctx, key{}, op.name), func(err error) { told = append(told, err.Error()) }
	})
	ctx, end := watch.Begin(t.Context(), slog.New(slog.DiscardHandler), observe, operation{name: "submit"})
	require.Equal(t, "submit", ctx.Value(key{}))
	end(errors.New("refused"))
	require.Equal(t, []string{"submit", "refused"}, told)
}

// TestTroubledObserver proves that no observer stops what it watches.
func TestTroubledObserver(t *testing.T) {
	for name, observe := range map[string]watch.Observer[operation]{
		"panics": func(context.Context, operation) (context.Context, func(error)) { panic("at the begin") },
		"panics later": func(ctx context.Context, _ operation) (context.Context, func(error)) {
			return ctx, func(error) { panic("at the end") }
		},
		"gives nothing": func(context.Context, operation) (context.Context, func(error)) { return nil, nil },
		"gives no end":  func(ctx context.Context, _ operation) (context.Context, func(error)) { return ctx, nil },
		"is not there":  nil,
	} {
		ctx, end := watch.Begin(t.Context(), slog.New(slog.DiscardHandler), observe, operation{})
		require.NotNil(t, ctx, name)
		require.NotPanics(t, func() { end(nil) }, name)
	}
}

// TestNobodyCostsNothing holds the price of an observer that is not there.
func TestNobodyCostsNothing(t *testing.T) {
	ctx, log := t.Context(), slog.New(slog.DiscardHandler)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, end := watch.Begin(ctx, log, nil, operation{"submit", "mock"})
		end(nil)
	}))
}

func BenchmarkNobody(b *testing.B) {
	ctx, log := b.Context(), slog.New(slog.DiscardHandler)
	b.ReportAllocs()
	for b.Loop() {
		_, end := watch.Begin(ctx, log, nil, operation{"submit", "mock"})
		end(nil)
	}
}
