package river

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/courrier-go/courrier/internal/guard"
	"github.com/courrier-go/courrier/internal/stop"
)

// writing is what remains, after calls were cut, to write down what they brought.
const writing = 5 * time.Second

// Run starts a River client made of a config that [Duties.AddTo] completed, and lets it
// work until the context ends; the host's own jobs too. Then it stops in two steps, as
// [courrier.Client.Run] does: no job is taken any more, passes begin nothing more, and
// calls under way have the StopGrace of the courrier Config to be answered. What is left
// then is cut, and given back to River and to the next process.
//
// It returns when all jobs ended, with the context's error; with another error beside it
// when jobs that ignore their context were left. Nil when the client was stopped by
// somebody else.
//
// Errors: [courrier.ErrInvalid].
func (d *Duties[TTx]) Run(ctx context.Context, client *river.Client[TTx]) error {
	if client == nil {
		return isNil("client", wantsClient)
	}
	grace := d.cfg.Client.Config().StopGrace
	work, cancel := stop.Within(ctx, grace)
	defer cancel()
	if err := client.Start(work); err != nil {
		return fmt.Errorf("river: start: %w", err)
	}
	select {
	case <-client.Stopped():
		return nil
	case <-ctx.Done():
	}
	bounded, end := context.WithTimeout(context.WithoutCancel(ctx), grace+guard.Patience+writing)
	defer end()
	if err := client.Stop(bounded); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("river: jobs were left under way: %w", err))
	}
	return ctx.Err()
}
