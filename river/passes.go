package river

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/stop"
)

// The kinds of the passes: periodic jobs that look after many letters or reminders.
const (
	KindLook   = "courrier.look"   // finds what is due and enqueues a job for each
	KindWake   = "courrier.wake"   // queues letters whose account has credit, or post, again
	KindFollow = "courrier.follow" // asks carriers for news and proofs, in batches
	KindPurge  = "courrier.purge"  // forgets contents whose time is over
	KindDay    = "courrier.day"    // decides the reminders of a day
)

// slot is what a pass is for: a piece of time, or a day. There is one pass a slot,
// whoever inserts it and however often; and a pass whose process was killed, which River
// takes for running for an hour, does not keep the next slot from its own.
type slot struct {
	Slot string `json:"slot"`
}

type (
	lookArgs   struct{ slot }
	wakeArgs   struct{ slot }
	followArgs struct{ slot }
	purgeArgs  struct{ slot }
	dayArgs    struct{ slot }
)

func (lookArgs) Kind() string   { return KindLook }
func (wakeArgs) Kind() string   { return KindWake }
func (followArgs) Kind() string { return KindFollow }
func (purgeArgs) Kind() string  { return KindPurge }
func (dayArgs) Kind() string    { return KindDay }

const (
	purgeEvery = time.Hour
	// dayTimeout cuts a day's pass that takes longer; it begins again, and what was
	// decided is decided. It is below the hour after which River takes a job for stuck.
	dayTimeout  = 50 * time.Minute
	dayAttempts = 10
	// callsUnderWay is what calls that a pass began may take after the end of its slot.
	callsUnderWay = 5 * time.Minute
)

// pass is a periodic job. A is the type of its args.
type pass[A river.JobArgs] struct {
	every    time.Duration
	timeout  time.Duration
	attempts int
	args     func() A
	do       func(ctx context.Context, args A) error
}

// bySlot is a pass once a slot, tried once: the next slot tries again. When its slot is
// over it begins nothing more, so that the next one does not do the same beside it.
func bySlot[A river.JobArgs](every time.Duration, args func(slot) A, do func(context.Context) error) pass[A] {
	return pass[A]{
		every: every, timeout: every + callsUnderWay, attempts: 1,
		args: func() A { return args(slot{slotOf(time.Now(), every).Format(time.RFC3339)}) },
		do: func(ctx context.Context, _ A) error {
			within, cancel := stop.After(ctx, every)
			defer cancel()
			err := do(within)
			if errors.Is(err, context.DeadlineExceeded) && stop.Asked(ctx) == nil {
				return nil // the rest is the next slot's
			}
			return err
		},
	}
}

// addPasses adds the passes to a River config.
func (d *Duties[TTx]) addPasses(c *river.Config) error {
	errs := []error{
		addPass(c, d.log, bySlot(d.cfg.Every, func(s slot) lookArgs { return lookArgs{s} }, d.look)),
		addPass(c, d.log, bySlot(d.cfg.Every, func(s slot) wakeArgs { return wakeArgs{s} }, d.wake)),
		addPass(c, d.log, bySlot(d.cfg.Every, func(s slot) followArgs { return followArgs{s} }, d.follow)),
		addPass(c, d.log, bySlot(purgeEvery, func(s slot) purgeArgs { return purgeArgs{s} }, d.purge)),
	}
	if d.cfg.Runner != nil {
		errs = append(errs, addPass(c, d.log, pass[dayArgs]{
			every: d.cfg.Every, timeout: dayTimeout, attempts: dayAttempts,
			args: func() dayArgs { return dayArgs{slot{d.cfg.Today(d.now()).String()}} },
			do:   d.day,
		}))
	}
	addQueue(c, QueuePasses, len(errs)) // none waits for another
	return errors.Join(errs...)
}

// addPass adds one pass. It runs at the start of a leader too: River keeps in memory when
// a periodic job is next, and an interval that outlasts every leader would never end.
func addPass[A river.JobArgs](c *river.Config, log *slog.Logger, p pass[A]) error {
	opts := &river.InsertOpts{
		Queue: QueuePasses, MaxAttempts: p.attempts, Tags: []string{"courrier", "pass"},
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: append(rivertype.UniqueOptsByStateDefault(), rivertype.JobStateDiscarded)}, // once a slot
	}
	var none A
	c.PeriodicJobs = append(c.PeriodicJobs, river.NewPeriodicJob(
		slots(p.every),
		func() (river.JobArgs, *river.InsertOpts) { return p.args(), opts },
		&river.PeriodicJobOpts{ID: none.Kind(), RunOnStart: true},
	))
	return river.AddWorkerSafely(c.Workers, &passWorker[A]{pass: p, log: log})
}

// slots is the schedule of slots: each begins at a multiple of its length, in UTC, so
// that leaders who follow each other agree.
type slots time.Duration

// Next implements [river.PeriodicSchedule].
func (s slots) Next(now time.Time) time.Time {
	return slotOf(now, time.Duration(s)).Add(time.Duration(s))
}

// slotOf is the slot of a moment. River inserts a periodic job up to 100 ms before its
// time, which belongs to the next slot.
func slotOf(now time.Time, every time.Duration) time.Time {
	return now.UTC().Add(250 * time.Millisecond).Truncate(every)
}

// passWorker does a pass.
type passWorker[A river.JobArgs] struct {
	river.WorkerDefaults[A]
	pass pass[A]
	log  *slog.Logger
}

func (w *passWorker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	return told(ctx, w.log, job.Kind, func() error { return w.pass.do(ctx, job.Args) })
}

func (w *passWorker[A]) Timeout(*river.Job[A]) time.Duration { return w.pass.timeout }

func (w *passWorker[A]) NextRetry(job *river.Job[A]) time.Time { return nextRetry(job.JobRow) }

// wake queues letters that waited, and hands none over.
func (d *Duties[TTx]) wake(ctx context.Context) error {
	_, err := d.cfg.Client.Dispatch(ctx, courrier.DispatchOptions{Limit: -1})
	return err
}

func (d *Duties[TTx]) follow(ctx context.Context) error {
	_, err := d.cfg.Client.Refresh(ctx, courrier.RefreshOptions{})
	return err
}

func (d *Duties[TTx]) purge(ctx context.Context) error {
	if _, err := d.cfg.Client.Purge(ctx); err != nil || d.cfg.Runner == nil {
		return err
	}
	ctx, cancel := stop.AtOnce(ctx)
	defer cancel()
	_, err := d.cfg.Runner.Purge(ctx)
	return err
}

// day decides the reminders of a day.
func (d *Duties[TTx]) day(ctx context.Context, args dayArgs) error {
	day, err := courrier.ParseDate(args.Slot)
	if err != nil {
		return err
	}
	ctx, cancel := stop.AtOnce(ctx)
	defer cancel()
	report, err := d.cfg.Runner.RunDay(ctx, day, d.cfg.Cases(ctx, day))
	if err == nil && (report.Failed > 0 || len(report.Errors) > 0) {
		d.log.WarnContext(ctx, "customers are not decided yet", "day", args.Slot, "customers", report.Failed)
		return errNotDecided
	}
	return err
}

// errNotDecided lets a day be decided again, a few times: what was decided is skipped.
var errNotDecided = errors.New("some customers could not be decided")
