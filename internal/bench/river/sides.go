//go:build unix

package main

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/courrier-go/courrier"
	courrierriver "github.com/courrier-go/courrier/river"
	"github.com/courrier-go/courrier/stores/postgres"
)

// workers is how many jobs each side works on at the same time.
const workers = 100

// engine is one side: it inserts the letters' jobs in bulk, and works.
type engine struct {
	kind   string
	insert func(ctx context.Context, tx pgx.Tx) error
	run    func(ctx context.Context) error
}

// newModule is the module as a host uses it, its periodic jobs included.
func newModule(s *scene) (engine, error) {
	duties, err := courrierriver.New(courrierriver.Config[pgx.Tx]{Client: s.client, JoinTx: postgres.WithTx, Workers: workers})
	if err != nil {
		return engine{}, err
	}
	config := s.config()
	if err := duties.AddTo(config); err != nil {
		return engine{}, err
	}
	client, err := river.NewClient(riverpgxv5.New(s.pool), config)
	return engine{
		kind:   courrierriver.KindLetter,
		insert: func(ctx context.Context, tx pgx.Tx) error { return duties.EnqueueTx(ctx, client, tx, s.recs...) },
		run:    func(ctx context.Context) error { return duties.Run(ctx, client) },
	}, err
}

// bareArgs is the job that a host writes itself, of as many bytes as the module's.
type bareArgs struct {
	Letter  courrier.LetterID  `json:"letter"`
	Account courrier.AccountID `json:"account"`
	Padding string             `json:"duty_version_late"`
}

func (bareArgs) Kind() string { return "bare_letter" }

type bareWorker struct {
	river.WorkerDefaults[bareArgs]
	client *courrier.Client
}

func (w *bareWorker) Work(ctx context.Context, job *river.Job[bareArgs]) error {
	_, err := w.client.DispatchOne(ctx, job.Args.Letter)
	return err
}

// newBare is River alone: its defaults, a job a letter, nothing periodic.
func newBare(s *scene) (engine, error) {
	config := s.config()
	config.Workers = river.NewWorkers()
	config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}
	river.AddWorker(config.Workers, &bareWorker{client: s.client})
	client, err := river.NewClient(riverpgxv5.New(s.pool), config)
	return engine{
		kind: bareArgs{}.Kind(),
		insert: func(ctx context.Context, tx pgx.Tx) error {
			jobs := make([]river.InsertManyParams, len(s.recs))
			for i, rec := range s.recs {
				jobs[i].Args = bareArgs{Letter: rec.ID, Account: rec.Letter.Account, Padding: "dispatch, 1, 0"}
			}
			_, err := client.InsertManyTx(ctx, tx, jobs)
			return err
		},
		run: func(ctx context.Context) error {
			if err := client.Start(ctx); err != nil {
				return err
			}
			<-client.Stopped()
			return nil
		},
	}, err
}
