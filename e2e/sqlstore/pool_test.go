package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// Whoever has an answer may close the pool, or copy the file: nothing is kept
// from it by then.
func TestNothingIsKeptOfThePool(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		s := newStore(t, db, d)
		for round := range 20 {
			var wg sync.WaitGroup
			for n := range 50 {
				wg.Go(func() {
					require.NoError(t, tryCommit(t.Context(), s, costly(fmt.Sprintf("%d-%d", round, n), "note")))
				})
			}
			wg.Wait()
			require.Zero(t, db.Stats().InUse)
		}
	})
}

// write lets many callers commit, so that somebody always waits, until one of
// their changes fails or ctx ends.
func write(ctx context.Context, s courrier.Store) *sync.WaitGroup {
	var writers sync.WaitGroup
	for w := range 200 {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if _, err := s.Commit(context.WithoutCancel(ctx), costly(fmt.Sprintf("%d-%d", w, n), "note")); err != nil {
					return
				}
				time.Sleep(rand.N(4 * time.Millisecond))
			}
		})
	}
	return &writers
}

// Readers come to their turn beside writers that never stop, even where the pool
// has one connection for all.
func TestPoolOfOne(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		db.SetMaxOpenConns(1)
		s := newStore(t, db, d)
		commit(t, s, costly("first", "note"))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		writers := write(ctx, s)
		limit, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		for range 20 {
			_, err := s.Letter(limit, "first")
			require.NoError(t, err)
		}
		stop()
		writers.Wait()
		require.Zero(t, db.Stats().InUse)
	})
}

// A pool that is closed is closed for writers who keep each other busy too.
func TestPoolClosedUnderWriters(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db, err := d.connect(t.Context())
		require.NoError(t, err)
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
		defer stop()
		writers := write(ctx, newStore(t, db, d))
		time.Sleep(50 * time.Millisecond)
		require.NoError(t, db.Close())
		writers.Wait()
		require.NoError(t, ctx.Err(), "they ended by themselves")
	})
}
