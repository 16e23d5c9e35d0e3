package pdf

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
)

// The clock of a file starts with the work on it: who waits for a turn loses none of
// it. Who waits longer than a file may take is told that nothing was done.
func TestCasesPromises(t *testing.T) {
	t.Parallel()
	t.Run("promise-05", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			g := newGuard(Limits{Timeout: 4 * time.Second, Concurrent: 1})
			work := func(long time.Duration) chan error {
				ended := make(chan error, 1)
				go func() {
					_, err := guarded(t.Context(), g, func(ctx context.Context) (int, error) {
						select {
						case <-time.After(long):
							return 1, nil
						case <-ctx.Done():
							return 0, ctx.Err()
						}
					})
					ended <- err
				}()
				synctest.Wait()
				return ended
			}
			first, second := work(3*time.Second), work(3*time.Second)
			require.NoError(t, <-first)
			require.NoError(t, <-second)
			stuck, late := work(time.Hour), work(time.Second)
			require.Error(t, <-stuck)
			if err := <-late; err != nil {
				require.ErrorIs(t, err, courrier.ErrUnavailable)
			}
		})
	})
}
