// Package sqlstore keeps everything in SQLite, PostgreSQL, MySQL or MariaDB, through
// database/sql and the driver of the host's choice.
//
//	db, err := sqlite.Open(ctx, "letters.db") // or sql.Open with any driver
//	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
//
// Its tables have names that begin with "courrier_", in PostgreSQL in the schema
// "public": [WithPrefix] and [InSchema] say otherwise. Every statement qualifies
// its names, so a connection's search_path decides nothing and a pooler such as
// pgbouncer may stand between. [Migrate] creates and upgrades the tables, [New]
// only where [Migrating] says so: the role of the running program needs no right
// to create anything.
//
// # Many at once
//
// Changes that arrive while a transaction commits share the next one, so that
// the store gets faster per change as it gets busier. Nothing runs when nobody
// waits, and there is nothing to close but the host's *sql.DB. Any number of
// processes may use one database.
//
// # The host's transactions
//
// A context from [WithTx] makes every call join a transaction of the host's: what
// is committed then becomes true when the host commits, together with the
// host's own rows.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Store implements [courrier.Store], [dunning.Store], [courrier.Contents],
// [courrier.ContentDeleter] and, where [Telling] asks for it, [changes.Feed]. It is
// safe for concurrent use. Use [New].
type Store struct {
	db     Pool
	engine engine
	place  place
	lanes  []*lane
	aside  *lane // for accounts that somebody else holds
	seed   maphash.Seed
	memory memory
	bell   bell
}

// New returns the store on tables that [Migrate] made. When they are missing, or of
// another version, the error has [CodeTables]. What the database says comes as it is.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnsupported] (also tables).
func New(ctx context.Context, db Pool, d Dialect, options ...Option) (*Store, error) {
	if p, ok := db.(sqlPool); db == nil || ok && p.DB == nil {
		return nil, fmt.Errorf("sqlstore: %w", &courrier.FieldError{Field: "db", Rule: "is nil", Remedy: "open the database first"})
	}
	engine, place, err := at(d, options)
	if err != nil {
		return nil, err
	}
	if err := ready(ctx, db, d, place.migrate, options); err != nil {
		return nil, err
	}
	if err := engine.prepare(ctx, db, place); err != nil {
		return nil, fmt.Errorf("sqlstore: prepare: %w", err)
	}
	s := &Store{db: db, engine: engine, place: place, seed: maphash.MakeSeed()}
	s.aside = &lane{run: s.run, rest: func() {}, byAccount: map[string]int{}}
	s.aside.aside = s.aside
	for range engine.lanes() {
		s.lanes = append(s.lanes, &lane{run: s.run, rest: engine.rest, aside: s.aside})
	}
	return s, nil
}

// ready sees that the tables are those of this program.
func ready(ctx context.Context, db Pool, d Dialect, migrate bool, options []Option) error {
	pending, err := Check(ctx, db, d, options...)
	switch {
	case err != nil || pending == 0:
		return err
	case migrate:
		return Migrate(ctx, db, d, options...)
	}
	return fmt.Errorf("sqlstore: %w", &courrier.Error{
		Op: "tables", Kind: courrier.ErrUnsupported, Code: CodeTables,
		Err: fmt.Errorf("%d migrations are missing; call sqlstore.Migrate first, or give sqlstore.Migrating", pending),
	})
}

type txKey struct{}

// WithTx returns a context under which every call to a store joins tx, which
// must be one of the *sql.DB that the store was made with. Commit then commits
// nothing by itself, and one that returns an error leaves tx as it was before it.
// Calls that join a transaction must come one after the other. Accounts that were
// posted to stay locked until the transaction ends, so it should end soon; under
// SQLite the transaction should be one that began as a writer (BEGIN IMMEDIATE).
func WithTx(ctx context.Context, tx *sql.Tx) context.Context { return Join(ctx, sqlTx{tx}) }

// Join is [WithTx] for a transaction of another driver, one of the [Pool] that the
// store was made with.
func Join(ctx context.Context, tx Executor) context.Context {
	return context.WithValue(ctx, txKey{}, tx)
}

// InTx tells whether calls under ctx join a transaction: what cannot be rolled back
// with it, such as a letter handed to a carrier, is refused under such a context.
func (s *Store) InTx(ctx context.Context) bool { return txOf(ctx) != nil }

func txOf(ctx context.Context) Executor {
	tx, _ := ctx.Value(txKey{}).(Executor)
	return tx
}

// Commit implements [courrier.Store].
func (s *Store) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	ops := make([]*op, len(changes))
	for i := range changes {
		ops[i] = newOp(&changes[i])
	}
	if err := s.commit(ctx, ops); err != nil {
		return nil, err
	}
	results := make([]courrier.Result, len(ops))
	for i, o := range ops {
		results[i] = o.result
	}
	return results, nil
}

// CommitReminders implements [dunning.Store].
func (s *Store) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	ops := make([]*op, len(changes))
	for i := range changes {
		ops[i] = newOpOfReminder(&changes[i])
	}
	if err := s.commit(ctx, ops); err != nil {
		return nil, err
	}
	errs := make([]error, len(ops))
	for i, o := range ops {
		errs[i] = o.result.Err
	}
	return errs, nil
}

// commit carries out ops in the host's transaction, or in one of the store's own.
func (s *Store) commit(ctx context.Context, ops []*op) error {
	switch tx := txOf(ctx); {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(ops) == 0:
		return nil
	case tx != nil:
		return s.join(ctx, tx, ops)
	}
	for _, o := range ops {
		o.account = ops[0].account // what one caller changes keeps its order
	}
	err := s.laneOf(ops[0]).commit(ctx, ops)
	if err == nil && slices.ContainsFunc(ops, func(o *op) bool { return o.told }) {
		s.bell.ring()
	}
	return err
}

// laneOf sends the changes of one account the same way, so that two lanes
// seldom wait for each other.
func (s *Store) laneOf(o *op) *lane {
	if s.aside.holds(o.account) {
		return s.aside
	}
	if len(s.lanes) == 1 {
		return s.lanes[0]
	}
	return s.lanes[maphash.String(s.seed, o.account)%uint64(len(s.lanes))]
}

const maxTries = 10

// run carries out ops, first by what is remembered or read without locks, then
// under locks. What somebody else holds for longer than patience, such as a host's
// transaction, is marked so: the others need not wait for it.
func (s *Store) run(ctx context.Context, ops []*op) error {
	if done, err := s.runFree(ctx, ops); done || err != nil {
		return err
	}
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b *op) int { return strings.Compare(a.account, b.account) })
	return s.apart(ops, func(some []*op) error {
		return s.retry(ctx, func() error {
			err := s.inTx(ctx, func(tx Executor) error {
				if err := s.engine.hurry(ctx, tx); err != nil {
					return err
				}
				return s.carryOut(ctx, tx, s.newBatch(some, nil), true)
			})
			if err != nil && s.engine.blame(err) == held {
				return errHeld
			}
			return err
		})
	})
}

// apart carries out ops together; when the database refuses one of them for what
// it holds, by halves, until that one stands alone and the error is its own. When
// somebody else holds something, until one account stands alone.
func (s *Store) apart(ops []*op, try func([]*op) error) error {
	err := try(ops)
	switch waits := errors.Is(err, errHeld); {
	case err == nil || !waits && !s.refuses(err):
		return err
	case waits && ops[0].account == ops[len(ops)-1].account:
		markHeld(ops)
		return nil
	case len(ops) == 1:
		ops[0].result = courrier.Result{Err: err}
		return nil
	}
	at := middle(ops)
	if err := s.apart(ops[:at], try); err != nil {
		return err
	}
	if last := ops[at-1]; last.held && last.account == ops[at].account {
		markHeld(ops[at:]) // in their order, or not at all
		return nil
	}
	return s.apart(ops[at:], try)
}

func markHeld(ops []*op) {
	for _, o := range ops {
		o.held = true
	}
}

// middle is where ops are cut in two: between two accounts, if there are several.
func middle(ops []*op) int {
	half := len(ops) / 2
	for off := range half {
		for _, at := range []int{half - off, half + off} {
			if ops[at-1].account != ops[at].account {
				return at
			}
		}
	}
	return half
}

// refuses tells whether err, of a try that was repeated, is about one of the
// changes: nobody is faster every time.
func (s *Store) refuses(err error) bool {
	b := s.engine.blame(err)
	return !isLost(err) && (b == content || b == others)
}

// runFree tells whether it carried out the ops; if not, nothing happened.
func (s *Store) runFree(ctx context.Context, ops []*op) (done bool, err error) {
	memory := either(s.engine.remembers(), &s.memory, nil)
	b := s.newBatch(ops, memory)
	if s.engine.guards() {
		err = s.carryOut(ctx, s.db, b, false)
	} else {
		err = s.inTx(ctx, func(tx Executor) error { return s.carryOut(ctx, tx, b, true) })
	}
	switch {
	case err == nil:
		memory.keep(b)
		return true, nil
	case errors.Is(err, errDoubtful) || s.engine.blame(err) != nobody:
		return false, nil
	}
	return false, err
}

// errDoubtful: what memory says must be read before it is answered.
var errDoubtful = errors.New("sqlstore: known from memory only")

// retry tries again what failed because another process was faster.
func (s *Store) retry(ctx context.Context, try func() error) (err error) {
	for n := range maxTries {
		if err = try(); err == nil || isLost(err) || !passes(s.engine.blame(err)) {
			return err
		}
		pause := time.NewTimer(rand.N(time.Millisecond << n))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return errors.Join(err, ctx.Err())
		}
	}
	return err
}

// inTx is for lanes, which begin one transaction after the other.
func (s *Store) inTx(ctx context.Context, do func(Executor) error) error {
	tx, err := s.engine.begin(ctx, s.db)
	return carriedOut(ctx, tx, err, do)
}

// carriedOut does it in tx, unless beginning that failed with err, and commits it, or
// nothing.
func carriedOut(ctx context.Context, tx Tx, err error, do func(Executor) error) error {
	if err != nil {
		return fmt.Errorf("sqlstore: begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("sqlstore: commit: %w", err)
	}
	return nil
}

// join carries out ops in the host's transaction, or leaves it as it was.
func (s *Store) join(ctx context.Context, tx Executor, ops []*op) error {
	try := func(some []*op) error {
		return s.retry(ctx, func() error {
			return inSavepoint(ctx, tx, "courrier_try", func() error { return s.carryOut(ctx, tx, s.newBatch(some, nil), true) })
		})
	}
	err := try(ops)
	if err == nil || !s.refuses(err) {
		return err
	}
	return inSavepoint(ctx, tx, "courrier", func() error { return s.apart(ops, try) })
}

// inSavepoint does all of it or nothing. Savepoints nest, each under a name of its own.
// Where what went wrong ended the whole transaction, as a deadlock does on MySQL, the
// host's is rolled back: else what it does next would become true alone.
func inSavepoint(ctx context.Context, tx Executor, name string, do func() error) error {
	savepoint := func(ctx context.Context, verb string) error {
		if err := tx.Exec(ctx, verb+" SAVEPOINT "+name); err != nil {
			return fmt.Errorf("sqlstore: savepoint: %w", err)
		}
		return nil
	}
	if err := savepoint(ctx, ""); err != nil {
		return err
	}
	err := do()
	ctx = context.WithoutCancel(ctx) // what was begun is ended
	if err != nil && savepoint(ctx, "ROLLBACK TO") != nil {
		if own, ok := tx.(Tx); ok {
			_ = own.Rollback(ctx) // it is over anyway
		}
		return &lostError{err}
	}
	return errors.Join(err, savepoint(ctx, "RELEASE"))
}

// lostError ended the transaction that it happened in: nothing can be tried again there.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

func isLost(err error) bool {
	var lost *lostError
	return errors.As(err, &lost)
}

func (s *Store) carryOut(ctx context.Context, q Executor, b *batch, lock bool) error {
	if questions := b.questions(); len(questions) > 0 {
		if err := s.engine.lookUp(ctx, q, questions, lock); err != nil {
			return fmt.Errorf("sqlstore: read: %w", err)
		}
	}
	if err := b.decide(); err != nil {
		return err
	}
	if b.doubtful {
		return errDoubtful
	}
	rows := b.outcome()
	if len(rows) == 0 {
		return nil
	}
	if err := s.engine.write(ctx, q, rows, !lock); err != nil {
		return fmt.Errorf("sqlstore: write: %w", err)
	}
	return nil
}

func (s *Store) querier(ctx context.Context) Executor {
	if tx := txOf(ctx); tx != nil {
		return tx
	}
	return s.db
}
