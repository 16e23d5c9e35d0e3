// Package sqlite opens SQLite databases as package sqlstore wants them, with the
// driver modernc.org/sqlite, which needs no cgo. One file holds all; several processes
// of one machine may share it.
//
//	db, err := sqlite.Open(ctx, "letters.db")
//	store, err := sqlstore.New(ctx, sqlstore.DB(db), sqlstore.SQLite, sqlstore.Migrating())
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"github.com/courrier-go/courrier"
)

// maxConns bounds the connections of one process: one writes, the others read.
// They stay open: opening them for every burst of reads took a sixth of the CPU
// time of a letter.
const maxConns = 8

// pragmas are set on every connection. WAL with synchronous FULL loses nothing
// when the machine stops; readers and the writer do not wait for each other, and
// writers of several processes wait for up to 10 seconds.
var pragmas = []string{
	"busy_timeout(10000)", // milliseconds; first, for changing the journal mode takes a lock
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"foreign_keys(ON)",
	"cache_size(-32768)",           // KiB a connection, at most
	"wal_autocheckpoint(16000)",    // pages of 4 KiB: a busy page is copied back once, not at every commit
	"journal_size_limit(67108864)", // bytes: what the checkpoint lets the file grow to
}

// Open opens the database file at path, or creates it. The database may also
// hold the host's own tables. The pool has up to 8 connections and keeps them open
// between uses; a host that has many transactions open at once may raise that
// with SetMaxOpenConns. A path that names no file, such as ":memory:", is
// [courrier.ErrInvalid]: each connection would have a database of its own. So is one in
// a folder that does not exist.
func Open(ctx context.Context, path string) (*sql.DB, error) {
	if path == "" || strings.HasPrefix(path, ":") || strings.HasPrefix(path, "file:") {
		return nil, fmt.Errorf("sqlite: %w", &courrier.FieldError{Field: "path", Rule: "names no file", Remedy: "give the path of a file; package memstore is the store in memory"})
	}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) { // the driver would say "out of memory"
		return nil, fmt.Errorf("sqlite: %w", &courrier.FieldError{Field: "path", Rule: "is in a folder that does not exist", Remedy: "make the folder first"})
	}
	dsn := url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: url.Values{
		"_pragma": pragmas,
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open: %w", err), db.Close())
	}
	return db, nil
}
