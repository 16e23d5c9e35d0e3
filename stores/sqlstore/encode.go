package sqlstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
)

// op is one change, made ready by its caller: encoded, and sharing no memory
// with it, for the caller may be gone when the change is carried out.
type op struct {
	letter   *letterOp
	reminder *reminderOp
	entries  []entryOp
	events   []eventOp
	items    []itemOp
	invalid  error // a text that no database can hold
	refused  error // by the database, for what the op holds
	result   courrier.Result
}

// compound tells whether a part of it may fail after another one succeeded.
func (o *op) compound() bool {
	parts := len(o.entries) + len(o.events) + len(o.items)
	if o.letter != nil {
		parts++
	}
	if o.reminder != nil {
		parts++
	}
	return parts > 1
}

// answer adds the entry that answers the next of the op's.
func (o *op) answer(stored []courrier.Entry) {
	if len(o.entries) == 1 {
		o.result.Entries = stored
	} else {
		o.result.Entries = append(o.result.Entries, stored...)
	}
}

// row is what a table gets.
type row struct {
	texts []string
	ints  []int64
}

type letterOp struct {
	id      string
	name    letterName
	version int64 // that must be stored
	sums    string
	row     row
}

type letterName struct{ account, key string }

type entryOp struct {
	courrier.Entry
	// Set by the batch that carries it out.
	ledger *ledger
	hold   *hold
}

type eventOp struct {
	id     string
	merges courrier.TrackingEvent // what a merge looks at
	row    func(merged courrier.TrackingEvent) row
}

type itemOp struct {
	key     itemKey
	version int64
	row     row
}

type itemKey struct{ kind, account, id string }

func newOp(c *courrier.Change) (*op, error) {
	o := &op{entries: make([]entryOp, len(c.Entries))}
	for i := range c.Entries {
		e := &o.entries[i].Entry
		*e = c.Entries[i]
		e.At = toMicro(e.At)
		e.Parts = slices.Clone(e.Parts)
		o.check("Entries.Account", string(e.Account))
		o.check("Entries.Key", e.Key)
		o.check("Entries.Letter", string(e.Letter))
	}
	if c.Letter == nil && c.Reminder == nil && len(c.Events)+len(c.Items) == 0 {
		return o, nil
	}
	return o, o.addOthers(c)
}

// check notes a text that PostgreSQL would refuse, and SQLite might cut.
func (o *op) check(field, text string) {
	if o.invalid == nil && (!utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0) {
		o.invalid = &courrier.FieldError{Field: field, Rule: "is not UTF-8 or holds a zero byte", Remedy: "use text"}
	}
}

// addOthers is apart because it needs a large stack, and most callers at once
// only move credit.
func (o *op) addOthers(c *courrier.Change) (err error) {
	if c.Letter != nil {
		if o.letter, err = newLetterOp(*c.Letter); err != nil {
			return err
		}
		for _, text := range o.letter.row.texts {
			o.check("Letter", text)
		}
	}
	for _, e := range c.Events {
		event, err := newEventOp(e)
		if err != nil {
			return err
		}
		o.events = append(o.events, event)
		for _, text := range event.row(event.merges).texts {
			o.check("Events", text)
		}
	}
	if c.Reminder != nil {
		if o.reminder, err = newReminderOp(*c.Reminder); err != nil {
			return err
		}
		for _, text := range o.reminder.row.texts {
			o.check("Reminder", text)
		}
	}
	for _, i := range c.Items {
		k := itemKey{string(i.Kind), string(i.Account), i.ID}
		o.check("Items", k.kind+k.account+k.id+string(i.Body))
		o.items = append(o.items, itemOp{k, i.Version, row{[]string{k.kind, k.account, k.id, string(i.Body)}, []int64{i.Version + 1}}})
	}
	return nil
}

func newLetterOp(r courrier.LetterRecord) (*letterOp, error) {
	l := &letterOp{id: string(r.ID), name: letterName{string(r.Letter.Account), r.Letter.Key}, version: r.Version, sums: joinSums(r.Sums())}
	r.Version++
	r.CreatedAt, r.DueAt = toMicro(r.CreatedAt), toMicro(r.DueAt)
	body, err := encode(r)
	if err != nil {
		return nil, err
	}
	l.row = row{
		[]string{
			l.id, l.name.account, l.name.key, string(r.Status), string(r.Hold), string(r.Letter.Purpose), r.Provider, r.ProviderID,
			r.TrackingNumber, string(r.Duty), l.sums, body,
		},
		[]int64{r.Version, r.CreatedAt.UnixMicro(), r.DueAt.UnixMicro()},
	}
	return l, nil
}

func newEventOp(e courrier.TrackingEvent) (eventOp, error) {
	e.Heard = toMicro(e.Heard)
	fixed := e
	fixed.Letter, fixed.Folded, fixed.Hint = "", false, false
	body, err := encode(fixed)
	if err != nil {
		return eventOp{}, err
	}
	return eventOp{
		id:     e.ID,
		merges: courrier.TrackingEvent{Letter: e.Letter, Folded: e.Folded, Hint: e.Hint},
		row: func(m courrier.TrackingEvent) row {
			return row{
				[]string{e.ID, string(m.Letter), e.Provider, e.ProviderID, body},
				[]int64{e.Heard.UnixMicro(), flag(m.Folded), flag(m.Hint)},
			}
		},
	}, nil
}

// The bodies of books and entries, which are many, leave out what columns hold:
// a field hides that of the same name in what is embedded, and is never set.
type (
	hidden *struct{}

	booksBody struct {
		*courrier.Books
		Account hidden `json:"account,omitempty"`
		Unit    hidden `json:"unit,omitempty"`
		Seq     hidden `json:"seq,omitempty"`
	}

	entryBody struct {
		*courrier.Entry
		Account hidden `json:"account,omitempty"`
		Seq     hidden `json:"seq,omitempty"`
		Key     hidden `json:"key,omitempty"`
		Kind    hidden `json:"kind,omitempty"`
		Letter  hidden `json:"letter,omitempty"`
		At      hidden `json:"at,omitempty"`
	}
)

// encoder encodes many bodies one after the other.
type encoder struct {
	text bytes.Buffer
	json *json.Encoder
}

func newEncoder() *encoder {
	e := &encoder{}
	e.json = json.NewEncoder(&e.text)
	e.json.SetEscapeHTML(false)
	return e
}

func (e *encoder) books(b *courrier.Books) (string, error) { return e.encode(&booksBody{Books: b}) }

func (e *encoder) entry(n *courrier.Entry) (string, error) { return e.encode(&entryBody{Entry: n}) }

func (e *encoder) encode(v any) (string, error) {
	e.text.Reset()
	if err := e.json.Encode(v); err != nil {
		return "", fmt.Errorf("sqlstore: encode: %w", err)
	}
	return string(bytes.TrimSuffix(e.text.Bytes(), []byte("\n"))), nil
}

// decodeBooks fills in what the columns account and unit do not tell.
func decodeBooks(body string, seq int64, b *courrier.Books) error {
	b.Seq = seq
	return decode(body, &booksBody{Books: b})
}

func decodeEntry(body string, e *courrier.Entry) error { return decode(body, &entryBody{Entry: e}) }

func encode(v any) (string, error) { return newEncoder().encode(v) }

func decode(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("sqlstore: decode: %w", err)
	}
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// toMicro returns t as it is stored and compared: in microseconds, UTC.
func toMicro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func fromMicro(n int64) time.Time { return time.UnixMicro(n).UTC() }

// upMicro is the first stored moment that is not before t.
func upMicro(t time.Time) int64 {
	n := t.UnixMicro()
	if t.Nanosecond()%1000 > 0 {
		n++
	}
	return n
}

// joinSums and splitSums keep the sums of a letter in one column, so that a
// changed letter tells which rows of courrier_letter_sums change with it.
func joinSums(sums []courrier.Sum) string {
	all := make([]string, len(sums))
	for i, s := range sums {
		all[i] = string(s)
	}
	return strings.Join(all, "\n")
}

func splitSums(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, "\n")
}
