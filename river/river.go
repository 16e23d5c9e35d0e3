// Package river lets the job engine River (github.com/riverqueue/river) do the duties of
// letters and reminders, in place of [courrier.Client.Run]: in any number of processes,
// beside the host's own jobs, to be seen in River's screens.
//
//	duties, err := courrierriver.New(courrierriver.Config[pgx.Tx]{Client: client, JoinTx: postgres.WithTx})
//	config := &river.Config{Workers: workers, Queues: queues} // the host's own
//	err = duties.AddTo(config)
//	engine, err := river.NewClient(riverpgxv5.New(pool), config)
//	go duties.Run(ctx, engine)
//
//	tx, err := pool.Begin(ctx) // the invoice, its letter and the letter's job, or none of them
//	rec, err := duties.SendTx(ctx, engine, tx, letter)
//	err = tx.Commit(ctx)
//
// The store keeps what is due; River says when it is looked at and spreads the work. So
// a job that is lost, comes twice or is rescued while it still runs changes nothing: a
// letter leaves when its record says so, and by one attempt at a time.
package river

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// The queues. AddTo adds those that the River config lacks; a host that wants another
// number of workers sets them before.
const (
	QueueLetters   = "courrier_letters"
	QueueReminders = "courrier_reminders"
	QueuePasses    = "courrier_passes"
)

// Config is what [Duties] are made of. TTx is the transaction of the River driver:
// pgx.Tx, or *sql.Tx.
type Config[TTx any] struct {
	Client *courrier.Client // required
	// JoinTx returns a context under which the Client's store joins a transaction of the
	// host's: postgres.WithTx, or sqlstore.WithTx. Needed by SendTx alone.
	JoinTx func(ctx context.Context, tx TTx) context.Context
	// Runner has the reminders to decide and to send; nil: letters only.
	Runner *dunning.Runner
	// Cases are what RunDay is given on a day; required with a Runner.
	Cases func(ctx context.Context, day courrier.Date) iter.Seq2[dunning.Case, error]
	// Today is the day whose reminders are decided at a moment; nil: [courrier.PostalDay].
	// Each new day is decided as soon as it begins.
	Today func(now time.Time) courrier.Date
	// Every is how often what is due is looked for, whole seconds; 0: a minute.
	Every time.Duration
	// Workers is how many letters one process hands over at the same time; 0: 8.
	Workers int
}

// Duties are the workers and periodic jobs of letters and reminders.
type Duties[TTx any] struct {
	cfg Config[TTx]
	log *slog.Logger
}

const (
	defaultEvery   = time.Minute
	defaultWorkers = 8
	// reminderWorkers is how many reminders one process sends at the same time: a mail
	// server has its own pace.
	reminderWorkers = 4
)

// New returns the duties, or every wrong field as a [courrier.FieldError].
func New[TTx any](cfg Config[TTx]) (*Duties[TTx], error) {
	var k courrier.Checks
	k.Require(cfg.Client != nil, "Client", "is nil", "give the client whose letters leave")
	k.Require((cfg.Runner == nil) == (cfg.Cases == nil), "Cases", "is set without Runner, or the other way round", "give both, or none")
	k.Require(cfg.Every >= 0 && cfg.Every%time.Second == 0, "Every", "is below zero, or not in whole seconds", "give at least a second, or 0 for a minute")
	k.Require(cfg.Workers >= 0, "Workers", "is below zero", "give a number, or 0 for 8")
	if err := k.Err(); err != nil {
		return nil, fmt.Errorf("river: %w", err)
	}
	if cfg.Every == 0 {
		cfg.Every = defaultEvery
	}
	if cfg.Workers == 0 {
		cfg.Workers = defaultWorkers
	}
	if cfg.Today == nil {
		cfg.Today = courrier.PostalDay
	}
	return &Duties[TTx]{cfg: cfg, log: cfg.Client.Config().Logger}, nil
}

// AddTo adds workers, queues and periodic jobs to a River config from which a client
// is made then. Every client that may become River's leader needs them, for the leader
// alone inserts periodic jobs. Where the config says nothing of SoftStopTimeout, it
// becomes the courrier Config's StopGrace. An error when a kind has a worker already.
//
// Errors: [courrier.ErrInvalid].
func (d *Duties[TTx]) AddTo(c *river.Config) error {
	if c == nil {
		return isNil("c", "give the config from which River's client is made")
	}
	if c.Workers == nil {
		c.Workers = river.NewWorkers()
	}
	if c.Queues == nil {
		c.Queues = map[string]river.QueueConfig{}
	}
	if c.SoftStopTimeout == 0 {
		c.SoftStopTimeout = d.cfg.Client.Config().StopGrace
	}
	errs := []error{river.AddWorkerSafely(c.Workers, &letterWorker{client: d.cfg.Client, log: d.log})}
	addQueue(c, QueueLetters, d.cfg.Workers)
	if d.cfg.Runner != nil {
		errs = append(errs, river.AddWorkerSafely(c.Workers, &reminderWorker{runner: d.cfg.Runner, log: d.log}))
		addQueue(c, QueueReminders, reminderWorkers)
	}
	errs = append(errs, d.addPasses(c))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("river: %w", err)
	}
	return nil
}

func isNil(field, remedy string) error {
	return fmt.Errorf("river: %w", &courrier.FieldError{Field: field, Rule: "is nil", Remedy: remedy})
}

const wantsClient = "give the client of River; river.NewClient says why there is none"

func addQueue(c *river.Config, name string, workers int) {
	if _, there := c.Queues[name]; !there {
		c.Queues[name] = river.QueueConfig{MaxWorkers: workers}
	}
}

// now is the clock by which letters and reminders are due.
func (d *Duties[TTx]) now() time.Time { return d.cfg.Client.Config().Now() }
