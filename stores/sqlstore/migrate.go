package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/courrier-go/courrier"
)

// migrations holds one folder a dialect; files are numbered from 0001 in the
// order in which they are carried out, and never change once released.
//
//go:embed migrations
var migrations embed.FS

const (
	createSchema  = "CREATE TABLE IF NOT EXISTS courrier_schema (version bigint PRIMARY KEY)"
	schemaVersion = "SELECT COALESCE(max(version), 0) FROM courrier_schema"
)

// migrate brings the tables up to date. Processes that start together wait for
// the first of them.
func migrate(ctx context.Context, db *sql.DB, e engine) error {
	files, err := fs.Glob(migrations, "migrations/"+e.migrations()+"/*.sql")
	if err != nil {
		return err
	}
	var stored int
	if err := db.QueryRowContext(ctx, schemaVersion).Scan(&stored); err == nil && stored == len(files) {
		return nil // most starts; needs no right to create tables
	}
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	for {
		err := migrateOnce(ctx, db, e, files)
		if err == nil || !passes(e.blame(err)) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func migrateOnce(ctx context.Context, db *sql.DB, e engine, files []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := e.lockSchema(ctx, tx); err != nil {
		return err
	}
	var stored int
	if err := tx.QueryRowContext(ctx, schemaVersion).Scan(&stored); err != nil {
		return err
	}
	if stored > len(files) {
		return fmt.Errorf("%w: the tables are of version %d, this program knows up to %d; upgrade the program", courrier.ErrUnsupported, stored, len(files))
	}
	for i, name := range files[stored:] {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO courrier_schema (version) VALUES (%d)", stored+i+1)); err != nil {
			return err
		}
	}
	return tx.Commit()
}
