package rest

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxPause is how long a server may keep calls waiting with one answer: it can ask
// again, and an absurd figure does not silence an account for ever.
const maxPause = 15 * time.Minute

// ErrBusy is the cause of a call that was not sent because its turn would come
// too late.
var ErrBusy = errors.New("the rate limit leaves no room in time")

// Pace spaces calls. It is shared by all clients of one process that count against
// one limit of the server; it is safe for concurrent use.
type Pace struct{ limiter *rate.Limiter }

// NewPace returns a pace of so many calls a second, of which burst may go at once;
// nil, which spaces nothing, when either is not positive.
func NewPace(perSecond float64, burst int) *Pace {
	if perSecond <= 0 || burst <= 0 {
		return nil
	}
	return &Pace{rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// clock is the caller's clock, and never slower than the machine's: a clock that
// stands still, as in tests, does not hold calls up for ever, and one that is moved
// on ends what was waited for.
type clock struct {
	now        func() time.Time
	base, real time.Time
}

func newClock(now func() time.Time) clock {
	if now == nil {
		now = time.Now
	}
	return clock{now: now, base: now(), real: time.Now()}
}

// time is the moment on both clocks' longer way since the start.
func (c clock) time() time.Time {
	return c.base.Add(max(c.now().Sub(c.base), time.Since(c.real)))
}

// pauses holds the calls of single keys back after the server asked for it.
type pauses struct {
	mu   sync.Mutex
	ends map[string]time.Time
}

// until holds a key back. Pauses that are over are forgotten.
func (p *pauses) until(key string, end, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ends == nil {
		p.ends = make(map[string]time.Time)
	}
	for k, t := range p.ends {
		if !t.After(now) {
			delete(p.ends, k)
		}
	}
	if end.After(p.ends[key]) {
		p.ends[key] = end
	}
}

func (p *pauses) end(key string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ends[key]
}

// wait returns when a call with the key may go: after the pause that the server
// asked of that key, at the pace of the process, within MaxWait.
func (c *Client) wait(ctx context.Context, key string) error {
	ends := time.Now().Add(c.cfg.MaxWait)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(ends) {
		ends = deadline
	}
	for {
		d := c.pauses.end(key).Sub(c.clock.time())
		if d <= 0 {
			break
		}
		if err := sleep(ctx, d, ends); err != nil {
			return err
		}
	}
	if c.cfg.Pace == nil {
		return ctx.Err()
	}
	turn := c.cfg.Pace.limiter.ReserveN(c.clock.time(), 1)
	if !turn.OK() {
		return ErrBusy
	}
	if err := sleep(ctx, turn.DelayFrom(c.clock.time()), ends); err != nil {
		turn.CancelAt(c.clock.time())
		return err
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration, ends time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d <= 0 {
		return nil
	}
	if time.Now().Add(d).After(ends) {
		return ErrBusy
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
