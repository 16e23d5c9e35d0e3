package sqlstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
	"github.com/courrier-go/courrier/dunning"
)

// op is one change, made ready by its caller: encoded, and sharing no memory
// with it, for the caller may be gone when the change is carried out.
type op struct {
	account  string // that its caller's first change is about; "": events without anything else
	held     bool   // somebody else holds what it changes: it was not carried out
	letter   *letterOp
	reminder *reminderOp
	entries  []entryOp
	events   []eventOp
	items    []itemOp
	invalid  error // what no database can hold
	size     int   // bytes of text
	told     bool  // it brought news
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
	stands  []changes.Change
	told    string // its standing
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
	tells   []changes.Change
	row     row
}

type itemKey struct{ kind, account, id string }

func newOp(c *courrier.Change) *op {
	o := &op{account: accountOf(c), entries: make([]entryOp, len(c.Entries))}
	for i := range c.Entries {
		e := &o.entries[i].Entry
		*e = c.Entries[i]
		e.At = toMicro(e.At)
		e.Parts = slices.Clone(e.Parts)
		o.check("Entries.Account", string(e.Account))
		o.check("Entries.Key", e.Key)
		o.check("Entries.Letter", string(e.Letter))
		o.checkTime("Entries.At", e.At)
		o.checkTime("Entries.Expires", e.Expires)
		o.checkTime("Entries.Begins", e.Begins)
		o.check("Entries.Reason", e.Reason+e.Ref+string(e.Service)+string(e.Purpose)+string(e.Actor))
		if a := e.Allowance; a != nil {
			rule := *a
			e.Allowance = &rule
			o.check("Entries.Allowance.Zone", a.Zone+a.Key)
			o.checkTime("Entries.Allowance.From", a.From)
			o.checkTime("Entries.Allowance.Until", a.Until)
			o.checkTime("Entries.Allowance.Next", a.Next)
		}
		e.Lines = slices.Clone(e.Lines)
		for _, l := range e.Lines {
			o.check("Entries.Lines", l.Code+l.Tax)
		}
		for _, p := range e.Parts {
			o.checkTime("Entries.Parts.Expires", p.Expires)
		}
	}
	if c.Letter != nil || len(c.Events)+len(c.Items) > 0 {
		o.addOthers(c)
	}
	return o
}

func accountOf(c *courrier.Change) string {
	switch {
	case len(c.Entries) > 0:
		return string(c.Entries[0].Account)
	case c.Letter != nil:
		return string(c.Letter.Letter.Account)
	case len(c.Items) > 0:
		return string(c.Items[0].Account)
	}
	return ""
}

// check notes a text that PostgreSQL would refuse, and SQLite might cut.
func (o *op) check(field, text string) {
	if o.invalid == nil && !storable(text) {
		o.invalid = &courrier.FieldError{Field: field, Rule: "is not UTF-8 or holds a zero byte", Remedy: "use text"}
	}
}

func storable(text string) bool { return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 }

// checkTime notes a time that JSON cannot hold.
func (o *op) checkTime(field string, t time.Time) {
	if year := t.UTC().Year(); o.invalid == nil && (year < 1 || year > 9999) {
		o.invalid = &courrier.FieldError{Field: field, Rule: "is not in the years 1 to 9999", Remedy: "give another time"}
	}
}

// encodable notes what has no JSON form.
func (o *op) encodable(field string, err error) {
	if o.invalid == nil && err != nil {
		o.invalid = &courrier.FieldError{Field: field, Rule: "has no JSON form", Remedy: "give UTF-8, times in the years 1 to 9999, and numbers that are numbers"}
	}
}

// addOthers is apart because it needs a large stack, and most callers at once
// only move credit.
func (o *op) addOthers(c *courrier.Change) {
	var err error
	if c.Letter != nil {
		o.letter, err = newLetterOp(*c.Letter)
		o.encodable("Letter", err)
		o.checkAll("Letter", o.letter.row.texts)
	}
	for _, e := range c.Events {
		event, err := newEventOp(e)
		o.encodable("Events", err)
		o.checkAll("Events", event.row(event.merges).texts)
		o.events = append(o.events, event)
	}
	o.addItems(c.Items)
}

func newOpOfReminder(c *dunning.Change) *op {
	o := &op{}
	if len(c.Items) > 0 {
		o.account = string(c.Items[0].Account)
	}
	if c.Reminder != nil {
		var err error
		o.account = string(c.Reminder.Account)
		o.reminder, err = newReminderOp(*c.Reminder)
		o.encodable("Reminder", err)
		o.checkAll("Reminder", o.reminder.row.texts)
	}
	o.addItems(c.Items)
	return o
}

func (o *op) addItems(items []courrier.Item) {
	for _, i := range items {
		k := itemKey{string(i.Kind), string(i.Account), i.ID}
		texts := []string{k.kind, k.account, k.id, string(i.Body)}
		o.checkAll("Items", texts)
		next := i
		next.Version++
		o.items = append(o.items, itemOp{k, i.Version, changes.OfItem(next), row{texts, []int64{i.Version + 1}}})
	}
}

func (o *op) checkAll(field string, texts []string) {
	for _, text := range texts {
		o.check(field, text)
		o.size += len(text)
	}
}

func newLetterOp(r courrier.LetterRecord) (*letterOp, error) {
	l := &letterOp{id: string(r.ID), name: letterName{string(r.Letter.Account), r.Letter.Key}, version: r.Version, sums: joinSums(r.Sums())}
	r.Version++
	r.CreatedAt, r.DueAt = toMicro(r.CreatedAt), toMicro(r.DueAt)
	l.stands = changes.OfLetter(r)
	l.told = changes.Standing(l.stands)
	body, err := encode(r)
	l.row = row{
		[]string{
			l.id, l.name.account, l.name.key, string(r.Letter.Customer), r.Provider, r.ProviderID, r.TrackingNumber,
			string(r.Status), string(r.Hold), string(r.Letter.Purpose), string(r.Duty), l.told, l.sums, body,
		},
		[]int64{r.Version, r.CreatedAt.UnixMicro(), r.DueAt.UnixMicro()},
	}
	return l, err
}

func newEventOp(e courrier.TrackingEvent) (eventOp, error) {
	e.Heard = toMicro(e.Heard)
	fixed := e // what no column holds
	fixed.ID, fixed.Letter, fixed.Provider, fixed.ProviderID, fixed.Folded, fixed.Hint = "", "", "", "", false, false
	body, err := encode(fixed)
	return eventOp{
		id:     e.ID,
		merges: courrier.TrackingEvent{Letter: e.Letter, Folded: e.Folded, Hint: e.Hint},
		row: func(m courrier.TrackingEvent) row {
			return row{
				[]string{e.ID, string(m.Letter), e.Provider, e.ProviderID, body},
				[]int64{e.Heard.UnixMicro(), flag(m.Folded), flag(m.Hint)},
			}
		},
	}, err
}

// The bodies of books and entries, which are many, are written by hand, without
// what columns hold; encoding/json reads them.

func appendBooks(b []byte, k *courrier.Books) []byte {
	b = appendAmount(b, `{"bought":`, k.Bought)
	for i, g := range k.Grants {
		b = appendText(b, either(i == 0, `,"grants":[{"key":`, `,{"key":`), g.Key)
		b = appendAmount(b, `,"left":`, g.Left)
		b = appendSome(b, `,"begins":`, g.Begins)
		if g.Revoked {
			b = append(b, `,"revoked":true`...)
		}
		b = append(appendTime(b, `,"expires":`, g.Expires), '}')
	}
	if len(k.Grants) > 0 {
		b = append(b, ']')
	}
	if len(k.Allowances) > 0 {
		b = appendRare(b, `,"allowances":`, k.Allowances)
	}
	b = appendAmount(b, `,"reserved":`, k.Reserved)
	return append(appendTime(b, `,"at":`, k.At), '}')
}

func appendEntry(b []byte, e *courrier.Entry) []byte {
	b = appendAmount(b, `{"amount":`, e.Amount)
	if e.Round != 0 {
		b = strconv.AppendInt(append(b, `,"round":`...), int64(e.Round), 10)
	}
	if e.Ceiling != (courrier.Amount{}) {
		b = appendAmount(b, `,"ceiling":`, e.Ceiling)
	}
	for i, p := range e.Parts {
		b = appendAmount(b, either(i == 0, `,"parts":[{"amount":`, `,{"amount":`), p.Amount)
		b = appendPart(b, p)
	}
	if len(e.Parts) > 0 {
		b = append(b, ']')
	}
	b = appendSome(appendSome(b, `,"begins":`, e.Begins), `,"expires":`, e.Expires)
	b = appendWhy(b, e)
	if e.Owed != (courrier.Amount{}) {
		b = appendAmount(b, `,"owed":`, e.Owed)
	}
	b = appendAmount(b, `,"available":`, e.Available)
	return append(appendAmount(b, `,"reserved":`, e.Reserved), '}')
}

func appendPart(b []byte, p courrier.Part) []byte {
	if p.Grant != "" {
		b = appendText(b, `,"grant":`, p.Grant)
	}
	if p.Owed {
		b = append(b, `,"owed":true`...)
	}
	if p.Restored {
		b = append(b, `,"restored":true`...)
	}
	return append(appendSome(b, `,"expires":`, p.Expires), '}')
}

// appendWhy appends what few entries have: for what they are, and who asked.
func appendWhy(b []byte, e *courrier.Entry) []byte {
	for _, t := range []struct{ name, text string }{
		{`,"ref":`, e.Ref}, {`,"reason":`, e.Reason}, {`,"service":`, string(e.Service)}, {`,"purpose":`, string(e.Purpose)}, {`,"actor":`, string(e.Actor)},
	} {
		if t.text != "" {
			b = appendText(b, t.name, t.text)
		}
	}
	if e.Restore {
		b = append(b, `,"restore":true`...)
	}
	if len(e.Lines) > 0 {
		b = appendRare(b, `,"lines":`, e.Lines)
	}
	if e.Allowance != nil {
		b = appendRare(b, `,"allowance":`, e.Allowance)
	}
	return b
}

// appendRare takes what has a JSON form, for its times were checked.
func appendRare(b []byte, name string, v any) []byte {
	body, _ := json.Marshal(v)
	return append(append(b, name...), body...)
}

// appendSome appends a time unless it is zero.
func appendSome(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return appendTime(b, name, t)
}

// appendAmount needs no escapes: an amount is digits and a unit of letters.
func appendAmount(b []byte, name string, a courrier.Amount) []byte {
	b = append(append(b, name...), '"')
	b, _ = a.AppendText(b) // has no error to give
	return append(b, '"')
}

// appendTime takes a time that was checked.
func appendTime(b []byte, name string, t time.Time) []byte {
	return t.UTC().AppendFormat(append(b, name...), `"`+time.RFC3339Nano+`"`)
}

func appendText(b []byte, name, text string) []byte {
	quoted, _ := json.Marshal(text) // a string has a JSON form
	return append(append(b, name...), quoted...)
}

// decodeBooks fills in what the columns account and unit do not tell.
func decodeBooks(body string, seq int64, b *courrier.Books) error {
	b.Seq = seq
	return decode(body, b)
}

func encode(v any) (string, error) {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("sqlstore: encode: %w", err)
	}
	if hasReplacement(text.String()) {
		return "", errNotUTF8
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

var errNotUTF8 = errors.New("sqlstore: encode: a text is not UTF-8")

// hasReplacement tells whether the encoder of JSON replaced bytes that are not
// UTF-8, which it does without a word. It writes the escape \ufffd for them only: the
// character itself it leaves as it is, and a backslash it doubles.
func hasReplacement(body string) bool {
	for rest := body; ; {
		i := strings.IndexByte(rest, '\\')
		if i < 0 {
			return false
		}
		if strings.HasPrefix(rest[i:], `\ufffd`) {
			return true
		}
		rest = rest[i+2:]
	}
}

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
