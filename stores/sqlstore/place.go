package sqlstore

import (
	"hash/fnv"
	"regexp"
	"strings"

	"github.com/courrier-go/courrier"
)

// Option says where the tables are, or that [New] may make them.
type Option func(*place)

// InSchema puts the tables into a schema of PostgreSQL, by default "public". It must
// exist. The connection's search_path decides nothing: every name in every
// statement is qualified.
func InSchema(name string) Option { return func(p *place) { p.schema = name } }

// WithPrefix names the tables and their indexes, by default "courrier_": two
// installations in one database have prefixes, or schemas, of their own.
func WithPrefix(prefix string) Option { return func(p *place) { p.prefix = prefix } }

// Migrating lets [New] bring the tables up to date before it begins, as [Migrate]
// does: for a program on its own machine. One of many instances leaves that to a
// step of its deployment.
func Migrating() Option { return func(p *place) { p.migrate = true } }

// Telling makes the store keep a feed of changes, see package changes: every process
// that writes to the database should ask for it, for what is committed without it is
// not told. It costs about a fifth of the writes.
func Telling() Option { return func(p *place) { p.tells = true } }

// place is where the tables are.
type place struct {
	schema, prefix string
	quote          string // around a name
	migrate, tells bool
}

// Limits of names: with the longest name of an index they fit into PostgreSQL's 63
// bytes.
const (
	defaultPrefix = "courrier_"
	maxPrefix     = 24
	maxSchema     = 46
)

var placeName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

func placed(d Dialect, options []Option) (place, error) {
	p := place{prefix: defaultPrefix, quote: either(d == MySQL, "`", `"`)}
	if d == Postgres {
		p.schema = "public"
	}
	for _, o := range options {
		o(&p)
	}
	var c courrier.Checks
	named := func(field, name string, most int) {
		c.Require(len(name) <= most && placeName.MatchString(name), field, "is no name of lower-case letters, digits and '_', or is too long",
			"use a short one, such as post_")
	}
	named("Prefix", p.prefix, maxPrefix)
	if d == Postgres {
		named("Schema", p.schema, maxSchema)
	} else {
		c.Require(p.schema == "", "Schema", "is given, and only PostgreSQL has schemas", "use a prefix")
	}
	return p, c.Err()
}

var ownName = regexp.MustCompile(`\bcourrier_[a-z_]+\b`)

// tables are what is qualified with the schema; the other names that begin with
// courrier_ are those of indexes, which live where their table does.
var tables = map[string]bool{
	"courrier_schema": true, "courrier_letters": true, "courrier_letter_sums": true, "courrier_events": true, "courrier_books": true,
	"courrier_entries": true, "courrier_reminders": true, "courrier_reminder_keys": true, "courrier_reminder_invoices": true,
	"courrier_items": true, "courrier_contents": true,
	"courrier_changes": true,
}

// in writes the names of a statement as they are in this place.
func (p place) in(text string) string {
	if p.schema == "" && p.prefix == defaultPrefix {
		return text
	}
	if p.schema != "" { // an index is made beside its table, and dropped by its whole name
		text = strings.ReplaceAll(text, "DROP INDEX courrier_", `DROP INDEX "`+p.schema+`".courrier_`)
	}
	return ownName.ReplaceAllStringFunc(text, func(name string) string {
		own := p.quote + p.prefix + strings.TrimPrefix(name, "courrier_") + p.quote
		if tables[name] && p.schema != "" {
			return `"` + p.schema + `".` + own
		}
		return own
	})
}

// lockKey is the advisory lock of this place's migrations: two installations do
// not wait for each other.
func (p place) lockKey() int64 { return p.keyOf("courrier") }

// feedKey is the advisory lock that who writes to this place's feed shares.
func (p place) feedKey() int64 { return p.keyOf("courrier changes") }

func (p place) keyOf(use string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(use + "\x00" + p.schema + "\x00" + p.prefix))
	return int64(h.Sum64())
}
