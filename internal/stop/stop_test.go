package stop_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/internal/stop"
)

func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		work, cancel := stop.Within(ctx, time.Minute)
		defer cancel()
		require.NoError(t, stop.Asked(work))
		require.Equal(t, "kept", work.Value(key{}))

		end()
		require.ErrorIs(t, stop.Asked(work), context.Canceled, "nothing new is begun")
		time.Sleep(time.Minute - time.Nanosecond)
		synctest.Wait()
		require.NoError(t, work.Err(), "what is under way goes on")

		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.ErrorIs(t, context.Cause(work), stop.ErrCut)
	})
}

// TestWithinEnds proves that work that ends in time leaves neither a timer nor a
// goroutine behind: synctest fails on one that stays.
func TestWithinEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		for _, first := range []func(){end, func() {}} {
			work, cancel := stop.Within(ctx, time.Hour)
			first()
			synctest.Wait()
			cancel()
			require.ErrorIs(t, work.Err(), context.Canceled)
		}
	})
}

// TestWithinOnce proves that one stop has one grace, however deep the calls are.
func TestWithinOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		outer, cancel := stop.Within(ctx, time.Second)
		defer cancel()
		inner, cancelInner := stop.Within(outer, time.Hour)
		defer cancelInner()
		end()
		require.ErrorIs(t, stop.Asked(inner), context.Canceled)
		time.Sleep(time.Second)
		synctest.Wait()
		require.ErrorIs(t, context.Cause(inner), stop.ErrCut)
	})
}

// TestWithinDeadline proves that a deadline stops in two steps as well.
func TestWithinDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		work, cancel := stop.Within(ctx, time.Second)
		defer cancel()
		time.Sleep(time.Second)
		synctest.Wait()
		require.ErrorIs(t, stop.Asked(work), context.DeadlineExceeded)
		require.NoError(t, work.Err())
	})
}

// TestAfter proves that time asks for a stop and cuts nothing, that a stop asked for
// before is heard, and that the end of the work is the end.
func TestAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		outer, cancel := stop.Within(ctx, time.Hour)
		defer cancel()
		soon, cancelSoon := stop.After(outer, time.Minute)
		defer cancelSoon()
		require.NoError(t, stop.Asked(soon))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.ErrorIs(t, stop.Asked(soon), context.DeadlineExceeded)
		require.NoError(t, soon.Err(), "what is under way goes on")
		require.NoError(t, stop.Asked(outer), "the next may begin")

		later, cancelLater := stop.After(outer, time.Minute)
		defer cancelLater()
		end()
		require.ErrorIs(t, stop.Asked(later), context.Canceled)
		require.NoError(t, later.Err())
		plain, endPlain := context.WithCancel(t.Context())
		bounded, cancelBounded := stop.After(plain, time.Minute)
		defer cancelBounded()
		endPlain()
		require.ErrorIs(t, bounded.Err(), context.Canceled)
	})
}

// TestAtOnce proves that work ends when a stop is asked for, grace or not.
func TestAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		outer, cancel := stop.Within(ctx, time.Hour)
		defer cancel()
		work, cancelWork := stop.AtOnce(outer)
		defer cancelWork()
		require.NoError(t, work.Err())
		end()
		synctest.Wait()
		require.ErrorIs(t, work.Err(), context.Canceled)
		require.NoError(t, outer.Err())
	})
}

type key struct{}
