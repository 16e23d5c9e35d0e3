package sqlstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
)

// migrations holds one folder a dialect; files are numbered from 0001 in the
// order in which they are carried out, and never change once released. Beside each
// stands the way back, NNNN_name.down.sql.
//
//go:embed migrations
var migrations embed.FS

const (
	createSchema  = "CREATE TABLE IF NOT EXISTS courrier_schema (version bigint PRIMARY KEY)"
	schemaVersion = "SELECT COALESCE(max(version), 0) FROM courrier_schema"
)

// CodeTables is the code of the error of [New] and [Check] when the tables are
// missing or of another version.
const CodeTables = "tables"

// Migration is one step of the tables' history.
type Migration struct {
	Version int    // 1, 2, 3…
	Name    string // of its file
	Up      string // SQL, with the names of the place
	Down    string
}

// Migrations lists the steps with the names that the options give: for a host that
// carries them out with a tool of its own, such as goose or tern. Each ends with
// the row that tells [New] of it.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnsupported].
func Migrations(d Dialect, options ...Option) ([]Migration, error) {
	e, err := d.engine()
	if err != nil {
		return nil, err
	}
	p, err := placed(d, options)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	return stepsOf(e, p)
}

func stepsOf(e engine, p place) ([]Migration, error) {
	files, err := fs.Glob(migrations, "migrations/"+e.migrations()+"/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []Migration
	for _, name := range files {
		if strings.HasSuffix(name, ".down.sql") {
			continue
		}
		up, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		down, err := migrations.ReadFile(strings.TrimSuffix(name, ".sql") + ".down.sql")
		if err != nil {
			return nil, err
		}
		version := len(steps) + 1
		head := ""
		if version == 1 {
			head = createSchema + ";\n"
		}
		steps = append(steps, Migration{
			Version: version, Name: name[strings.LastIndexByte(name, '/')+1:],
			Up:   p.in(head + string(up) + fmt.Sprintf("\nINSERT INTO courrier_schema (version) VALUES (%d);\n", version)),
			Down: p.in(string(down) + fmt.Sprintf("\nDELETE FROM courrier_schema WHERE version = %d;\n", version)),
		})
	}
	return steps, nil
}

// Migrate brings the tables up to date. It may be called by many processes at once:
// they wait for the first. Tables of a later version of this package stay as they are:
// [CodeTables]. What the database says comes as it is.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnsupported] (also tables).
func Migrate(ctx context.Context, db Pool, d Dialect, options ...Option) error {
	return migrateTo(ctx, db, d, newest, options)
}

// MigrateDown takes the tables back to a version, 0 for none: what later versions
// added is gone, with what was stored in it.
//
// Errors: as [Migrate].
func MigrateDown(ctx context.Context, db Pool, d Dialect, version int, options ...Option) error {
	if version < 0 {
		return fmt.Errorf("sqlstore: %w", &courrier.FieldError{Field: "version", Rule: "is negative", Remedy: "give 0 to drop all tables"})
	}
	return migrateTo(ctx, db, d, version, options)
}

// newest asks for every step there is.
const newest = -1

func migrateTo(ctx context.Context, db Pool, d Dialect, version int, options []Option) error {
	e, p, err := at(d, options)
	if err != nil {
		return err
	}
	steps, err := stepsOf(e, p)
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	for {
		err := migrateOnce(ctx, db, e, p, steps, version)
		if err == nil || !passes(e.blame(err)) {
			return wrapped("migrate", err)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return wrapped("migrate", err)
		}
	}
}

func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sqlstore: %s: %w", what, err)
}

// at returns the engine of a dialect and the place that the options give.
func at(d Dialect, options []Option) (engine, place, error) {
	e, err := d.engine()
	if err != nil {
		return nil, place{}, err
	}
	p, err := placed(d, options)
	if err != nil {
		return nil, place{}, fmt.Errorf("sqlstore: %w", err)
	}
	return e, p, nil
}

// Check tells how many steps of [Migrations] are still to be carried out, without
// changing anything. Tables of a later version are an error with [CodeTables].
//
// Errors: as [Migrate].
func Check(ctx context.Context, db Pool, d Dialect, options ...Option) (pending int, err error) {
	e, p, err := at(d, options)
	if err != nil {
		return 0, err
	}
	steps, err := stepsOf(e, p)
	if err != nil {
		return 0, wrapped("check", err)
	}
	var stored int
	if err := queryOne(ctx, db, p.in(schemaVersion), &stored); err != nil {
		if !e.missing(err) {
			return 0, wrapped("check", fmt.Errorf("%w (does the dialect fit the database?)", err))
		}
		stored = 0
	}
	if stored > len(steps) {
		return 0, wrapped("check", tooNew(stored, len(steps)))
	}
	return len(steps) - stored, nil
}

func tooNew(stored, known int) error {
	return &courrier.Error{
		Op: "tables", Kind: courrier.ErrUnsupported, Code: CodeTables,
		Err: fmt.Errorf("the tables are of version %d, this program knows up to %d; upgrade the program, or take them back with MigrateDown", stored, known),
	}
}

func migrateOnce(ctx context.Context, db Pool, e engine, p place, steps []Migration, version int) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := e.lockSchema(ctx, tx, p); err != nil {
		return err
	}
	err = migrateIn(ctx, tx, e, p, steps, version)
	if err := errors.Join(err, e.unlockSchema(context.WithoutCancel(ctx), tx, p)); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// migrateIn carries out what is missing while no other process can.
func migrateIn(ctx context.Context, tx Tx, e engine, p place, steps []Migration, version int) error {
	var stored int
	if err := queryOne(ctx, tx, p.in(schemaVersion), &stored); err != nil {
		return err
	}
	texts, err := way(steps, stored, version)
	if err != nil {
		return err
	}
	for _, text := range texts {
		if err := e.script(ctx, tx, text); err != nil {
			return err
		}
	}
	return nil
}

// way lists what leads from the stored version to the wanted one.
func way(steps []Migration, stored, wanted int) ([]string, error) {
	if stored > len(steps) {
		return nil, tooNew(stored, len(steps))
	}
	var texts []string
	if wanted == newest {
		for _, s := range steps[stored:] {
			texts = append(texts, s.Up)
		}
	}
	for v := stored; wanted != newest && v > wanted; v-- {
		texts = append(texts, steps[v-1].Down)
	}
	return texts, nil
}
