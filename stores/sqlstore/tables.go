package sqlstore

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A lookup reads rows by their key, for many keys at once.
type lookup struct {
	table string
	keys  []string // text columns, or the expressions that are indexed
	cols  string   // three integers and five texts
	lock  bool     // when the transaction is to keep what it read
}

// found is a row that was looked up.
type found struct {
	n [3]int64
	s [5]string
}

var (
	letterByID  = &lookup{"courrier_letters", []string{"id"}, "version, 0, 0, account, key, sums, " + carrierCols + ", told", true}
	letterByKey = &lookup{"courrier_letters", []string{"key", "(account || '')"}, "version, 0, 0, id, '', '', '', ''", false}
	booksByKey  = &lookup{"courrier_books", []string{"account", "unit"}, "seq, token, 0, body, '', '', '', ''", true}
	entryByKey  = &lookup{"courrier_entries", []string{"key", "(account || '')"}, "nth, seq, at, body, kind, letter, '', ''", false}
	itemByID    = &lookup{"courrier_items", []string{"kind", "account", "id"}, "version, 0, 0, '', '', '', '', ''", true}
)

// carrierCols is what carrierOf makes of a row, and the tracking number. With the
// lengths, what begins with carrierOf is of that customer's and that carrier's letter.
const carrierCols = "length(customer) || '/' || length(provider) || '/' || length(provider_id) || '/' || customer || provider || provider_id || tracking_number"

func carrierOf(customer, provider, providerID string) string {
	return fmt.Sprintf("%d/%d/%d/%s%s%s", utf8.RuneCountInString(customer), utf8.RuneCountInString(provider), utf8.RuneCountInString(providerID),
		customer, provider, providerID)
}

// lookups lists them in the order in which a batch reads, and locks.
var lookups = []*lookup{letterByID, letterByKey, booksByKey, entryByKey, reminderByID, claimByKey, itemByID}

func (r *found) fields() []any {
	return []any{&r.n[0], &r.n[1], &r.n[2], &r.s[0], &r.s[1], &r.s[2], &r.s[3], &r.s[4]}
}

// asked is what is looked up by one lookup.
type asked struct {
	*lookup
	values []string                 // key after key
	each   func(pos int, row found) // pos counts the keys
}

// A write changes rows of one table, many at once.
type write struct {
	verb  verb
	table string
	keys  []string // text columns
	texts []string // the other text columns
	ints  []string
	// guard is the column, one of ints, that must still have the value that was
	// read for an update to take place.
	guard string
	merge *merge // what an insert does when the key exists; it fails without
	// told: the rows are of the feed, which numbers them.
	told bool
}

// merge changes the row that has the key already. The row that was to be inserted is
// called excluded.
type merge struct {
	key   string
	set   []string
	where string // whether anything changes; "": always
}

// onConflict ends an insert of SQLite or PostgreSQL.
func (m *merge) onConflict() string {
	if m == nil {
		return ""
	}
	text := " ON CONFLICT (" + m.key + ") DO UPDATE SET " + strings.Join(m.set, ", ")
	if m.where != "" {
		text += " WHERE " + m.where
	}
	return text
}

type verb int

const (
	insert verb = iota
	update
	remove
)

var (
	letterKeys  = []string{"id"}
	letterTexts = []string{"account", "key", "customer", "provider", "provider_id", "tracking_number", "status", "hold", "purpose", "duty", "told", "sums", "body"}
	letterInts  = []string{"version", "created_at", "due_at"}
	booksKeys   = []string{"account", "unit"}
	itemKeys    = []string{"kind", "account", "id"}
	sumKeys     = []string{"sum", "letter"}
	body        = []string{"body"}
	version     = []string{"version"}
	booksInts   = []string{"seq", "token"}

	insertLetters = &write{verb: insert, table: "courrier_letters", keys: letterKeys, texts: letterTexts, ints: letterInts}
	// SQLite writes every index anew of which a column is set, to whatever value,
	// and those of a carrier's ids have a page for each letter. So account and key,
	// which never change, are left out, and of the customer and the carrier's part what
	// is the same.
	updateLetters = &write{verb: update, table: "courrier_letters", keys: letterKeys, texts: letterTexts[6:], ints: letterInts, guard: "version"}
	trackLetters  = &write{verb: update, table: "courrier_letters", keys: letterKeys, texts: letterTexts[5:], ints: letterInts, guard: "version"}
	moveLetters   = &write{verb: update, table: "courrier_letters", keys: letterKeys, texts: letterTexts[2:], ints: letterInts, guard: "version"}
	insertSums    = &write{verb: insert, table: "courrier_letter_sums", keys: sumKeys}
	removeSums    = &write{verb: remove, table: "courrier_letter_sums", keys: sumKeys}
	insertBooks   = &write{verb: insert, table: "courrier_books", keys: booksKeys, texts: body, ints: booksInts}
	updateBooks   = &write{verb: update, table: "courrier_books", keys: booksKeys, texts: body, ints: booksInts, guard: "token"}
	insertItems   = &write{verb: insert, table: "courrier_items", keys: itemKeys, texts: body, ints: version}
	updateItems   = &write{verb: update, table: "courrier_items", keys: itemKeys, texts: body, ints: version, guard: "version"}
	insertEntries = &write{
		verb: insert, table: "courrier_entries", keys: []string{"account", "unit"},
		texts: []string{"key", "kind", "letter", "body"}, ints: []string{"seq", "nth", "at"},
	}
	// mergeEvents is TrackingEvent.Merge for an event that exists, without
	// reading it first. What does not change is in the body.
	mergeEvents = &write{
		verb: insert, table: "courrier_events", keys: []string{"id"},
		texts: []string{"letter", "provider", "provider_id", "body"}, ints: []string{"heard", "folded", "hint"},
		merge: &merge{
			key: "id",
			set: []string{
				"letter = CASE WHEN courrier_events.letter = '' THEN excluded.letter ELSE courrier_events.letter END",
				"folded = CASE WHEN excluded.folded = 1 THEN 1 ELSE courrier_events.folded END",
				"hint = CASE WHEN excluded.hint = 0 THEN 0 ELSE courrier_events.hint END",
			},
			where: "courrier_events.letter = '' AND excluded.letter <> '' OR courrier_events.folded < excluded.folded OR courrier_events.hint > excluded.hint",
		},
	}
)

// writes lists them in the order in which a batch writes.
var writes = []*write{
	insertLetters, updateLetters, trackLetters, moveLetters, removeSums, insertSums, insertBooks, updateBooks, insertEntries, mergeEvents,
	insertReminders, updateReminders, removeNamed, insertNamed, removeClaims, updateClaims, insertClaims, insertItems, updateItems, insertChanges,
}

// columns are those of a row: first the texts, keys among them, then the integers.
func (w *write) columns() (texts, ints []string) {
	texts = append(append(texts, w.keys...), w.texts...)
	return texts, w.ints
}

// params is how many values a row has: as many as columns, and one more integer
// for what the guard must be.
func (w *write) params() (texts, ints int) {
	texts, ints = len(w.keys)+len(w.texts), len(w.ints)
	if w.guard != "" {
		ints++
	}
	return texts, ints
}

// rows are what one write is to write, row after row.
type rows struct {
	*write
	texts []string
	ints  []int64
}

// outcome is what a batch is to write.
type outcome map[*write]*rows

func (o outcome) of(w *write) *rows {
	if o[w] == nil {
		o[w] = &rows{write: w}
	}
	return o[w]
}

// add adds a row to what w is to write, and what its guard must be.
func (o outcome) add(w *write, one row, guard ...int64) {
	r := o.of(w)
	r.texts = append(r.texts, one.texts...)
	r.ints = append(append(r.ints, one.ints...), guard...)
}

// grow makes room for n rows.
func (r *rows) grow(n int) {
	texts, ints := r.params()
	r.texts, r.ints = slices.Grow(r.texts, n*texts), slices.Grow(r.ints, n*ints)
}

// count is the number of rows.
func (r *rows) count() int {
	n, _ := r.params()
	return len(r.texts) / n
}
