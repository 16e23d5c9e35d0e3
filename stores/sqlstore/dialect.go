package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/courrier-go/courrier"
)

// Dialect is the SQL that a database speaks.
type Dialect int

// The dialects.
const (
	// SQLite needs version 3.38 or later, in WAL mode for concurrent readers. A
	// busy timeout lets processes share the file.
	SQLite Dialect = iota + 1
	// Postgres needs version 13 or later, at its default isolation level.
	Postgres
	// MySQL needs MySQL 8.0.13 or later, or MariaDB 10.6 or later, with the settings
	// that [New] checks. Package mysql opens it.
	MySQL
)

func (d Dialect) engine() (engine, error) {
	switch d {
	case SQLite:
		return &sqliteEngine{lookups: map[*lookup]*sql.Stmt{}, writes: map[*write]*sql.Stmt{}}, nil
	case Postgres:
		return &postgresEngine{}, nil
	case MySQL:
		return newMySQLEngine(), nil
	}
	return nil, fmt.Errorf("sqlstore: %w: no dialect; use SQLite, Postgres or MySQL", courrier.ErrUnsupported)
}

// engine is what differs between the databases.
type engine interface {
	// prepare is called once, when no transaction is open.
	prepare(ctx context.Context, db Pool, p place) error
	migrations() string // folder
	// lockSchema makes the table of the schema's version, and other processes
	// that migrate wait: until unlockSchema, which is called before tx ends.
	lockSchema(ctx context.Context, tx Executor, p place) error
	unlockSchema(ctx context.Context, tx Executor, p place) error
	// script carries out several statements in one text.
	script(ctx context.Context, tx Executor, text string) error
	// missing tells of a table that is not there.
	missing(err error) bool
	// lanes is how many batches of a store are worth running at once.
	lanes() int
	// guards tells whether one write is a transaction by itself, which happens
	// only if what it updates is as it was read.
	guards() bool
	// remembers tells whether ledgers that were posted to are remembered: a write to
	// one waits for its row no longer than patience.
	remembers() bool
	// begin starts a transaction. What it keeps for the next one ends with rest.
	begin(ctx context.Context, db Pool) (Tx, error)
	rest()
	// lookUp reads; with lock, nobody changes what was read until tx ends.
	lookUp(ctx context.Context, q Executor, all []asked, lock bool) error
	// write carries out all of it, or nothing; in a hurry it waits for locks no
	// longer than patience.
	write(ctx context.Context, q Executor, all []rows, hurry bool) error
	// hurry makes a transaction wait for locks no longer than patience.
	hurry(ctx context.Context, tx Executor) error
	// lockRow ends a query whose rows nobody else may change until the transaction
	// ends, shareRow one that waits for who does; "" where one writer is alone anyway.
	lockRow() string
	shareRow() string
	// rebind puts the database's placeholders where the text has question marks.
	rebind(text string) string
	// settled returns the number up to which the feed is whole: no transaction that
	// is still open can add anything before it.
	settled(ctx context.Context, q Executor) (int64, error)
	// oneOf is the condition that a text column has one of the values.
	oneOf(column string, values []string) (string, []any)
	// among is oneOf of a column with an index, which is entered for each of many
	// values, however few rows the planner believes the table to have.
	among(column string, values []string) (string, []any)
	// after is the condition that columns, in their order, come after values; before them
	// if less is so.
	after(less bool, columns []string, values []any) (string, []any)
	// union is what several queries find, as something that a column can be in.
	union(queries []string) string
	blame(err error) blame
}

// maxListed is how many values a list writes out. SQLite takes 32,766 variables
// at most; a longer list is one of them, in JSON.
const maxListed = 1000

// inList is the condition that a column has one of some values: each a variable, or of
// a long list one text in JSON, of which a query makes rows.
func inList(column string, values []string, rows string) (string, []any) {
	if len(values) > maxListed {
		list, _ := json.Marshal(values) // texts can always be encoded
		return column + " IN (" + rows + ")", []any{string(list)}
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return column + " IN (?" + strings.Repeat(", ?", len(values)-1) + ")", args
}

// rowAfter is what compares whole rows.
func rowAfter(less bool, columns []string, values []any) (string, []any) {
	return "(" + strings.Join(columns, ", ") + ") " + either(less, "<", ">") + " (?" + strings.Repeat(", ?", len(columns)-1) + ")", values
}

// blame says what to do about an error of the database.
type blame int

const (
	nobody  blame = iota // report it
	busy                 // others are at work: start again
	held                 // others keep a lock for longer than patience: start again, later
	others               // another process was faster: start again
	content              // one change of the batch is what the database refuses
)

// passes tells whether the same may succeed when it is tried again.
func passes(b blame) bool { return b == busy || b == held || b == others }

// join renders each column and puts sep between.
func join(cols []string, sep string, each func(c string) string) string {
	all := make([]string, len(cols))
	for i, c := range cols {
		all[i] = each(c)
	}
	return strings.Join(all, sep)
}
