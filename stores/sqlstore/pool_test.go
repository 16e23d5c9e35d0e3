package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whoever has an answer may close the pool, or copy the file: nothing is kept
// from it by then.
func TestNothingIsKeptOfThePool(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		s := newStore(t, db, d.dialect)
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

// Readers come to their turn beside writers that never stop, even where the pool
// has one connection for all.
func TestPoolOfOne(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t)
		db.SetMaxOpenConns(1)
		s := newStore(t, db, d.dialect)
		commit(t, s, costly("first", "note"))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var writers sync.WaitGroup
		for w := range 200 {
			writers.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					_, _ = s.Commit(context.WithoutCancel(ctx), costly(fmt.Sprintf("%d-%d", w, n), "note"))
					time.Sleep(rand.N(4 * time.Millisecond)) // so that somebody always waits
				}
			})
		}
		limit, cancel := context.WithTimeout(t.Context(), 20*time.Second)
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
