package sqlstore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// batch carries out ops together: it asks for what they are about, decides one
// after the other in memory, so that each sees those before it, and says what is
// to be written. It makes no call itself.
type batch struct {
	ops       []*op
	letters   map[string]*letterState
	names     map[letterName]string // id of the letter that has the key
	ledgers   map[ledgerKey]*ledger
	holds     map[holdKey]*hold
	items     map[itemKey]*itemState
	events    map[string]*eventState
	reminders map[string]*reminderState
	claims    map[string]*claim // by key of reminders
	posted    []posted
	back      []func() // takes back the op at hand
	err       error    // of what was read
}

type letterState struct {
	version int64
	name    letterName
	stored  int64     // the version stored before the batch; 0: none
	sums    string    // stored before the batch
	pending *letterOp // to write
}

type ledgerKey struct{ account, unit string }

type ledger struct {
	ledgerKey
	books  courrier.Books
	stored int64 // the seq stored before the batch; 0: no books
}

type holdKey struct {
	ledgerKey
	key string
}

// hold is what was posted under one key.
type hold struct {
	holdKey
	prior []courrier.Entry
	nth   int64 // of the last entry that is no expiry
}

type posted struct {
	entry courrier.Entry
	nth   int64
}

type itemState struct {
	version int64
	stored  int64
	pending *itemOp
}

type eventState struct {
	op     eventOp
	merged courrier.TrackingEvent
}

// newBatch notes what the ops are about.
func newBatch(ops []*op) *batch {
	entries := 0
	for _, o := range ops {
		entries += len(o.entries)
	}
	b := &batch{
		ops: ops, letters: map[string]*letterState{}, names: map[letterName]string{}, ledgers: map[ledgerKey]*ledger{},
		holds: make(map[holdKey]*hold, entries), items: map[itemKey]*itemState{}, events: map[string]*eventState{},
		reminders: map[string]*reminderState{}, claims: map[string]*claim{}, posted: make([]posted, 0, entries),
	}
	for _, o := range ops {
		if l := o.letter; l != nil {
			b.letters[l.id] = &letterState{}
			b.names[l.name] = ""
		}
		for i := range o.entries {
			b.noteEntry(&o.entries[i])
		}
		if o.reminder != nil {
			b.noteReminder(o.reminder)
		}
		for _, i := range o.items {
			b.items[i.key] = &itemState{}
		}
	}
	return b
}

func (b *batch) noteEntry(e *entryOp) {
	k := holdKey{ledgerKey{string(e.Account), e.Amount.Unit()}, e.Key}
	if e.ledger = b.ledgers[k.ledgerKey]; e.ledger == nil {
		e.ledger = &ledger{ledgerKey: k.ledgerKey, books: courrier.Books{Account: e.Account, Unit: k.unit}}
		b.ledgers[k.ledgerKey] = e.ledger
	}
	if e.hold = b.holds[k]; e.hold == nil {
		e.hold = &hold{holdKey: k}
		b.holds[k] = e.hold
	}
}

func compareLedgers(a, b *ledger) int {
	return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.unit, b.unit))
}

func compareHolds(a, b *hold) int {
	return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.account, b.account), strings.Compare(a.unit, b.unit))
}

func compareNames(a, b letterName) int {
	return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.account, b.account))
}

func compareItems(a, b itemKey) int {
	return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.account, b.account), strings.Compare(a.id, b.id))
}

// questions asks for all of it, each kind in the order of its keys: batches that
// lock the same things lock them in the same order.
func (b *batch) questions() []asked {
	all := make([]asked, 0, len(lookups))
	if len(b.letters) > 0 {
		all = append(all, b.askLetters(), b.askNames())
	}
	if len(b.ledgers) > 0 {
		all = append(all, b.askLedgers(), b.askHolds())
	}
	if len(b.reminders) > 0 {
		all = append(all, b.askReminders())
	}
	if len(b.claims) > 0 {
		all = append(all, b.askClaims())
	}
	if len(b.items) > 0 {
		all = append(all, b.askItems())
	}
	return all
}

func (b *batch) askLetters() asked {
	ids := slices.Sorted(maps.Keys(b.letters))
	return asked{letterByID, ids, func(pos int, r found) {
		*b.letters[ids[pos]] = letterState{version: r.n[0], name: letterName{r.s[0], r.s[1]}, stored: r.n[0], sums: r.s[2]}
	}}
}

func (b *batch) askNames() asked {
	names := slices.SortedFunc(maps.Keys(b.names), compareNames)
	values := make([]string, 0, 2*len(names))
	for _, n := range names {
		values = append(values, n.key, n.account)
	}
	return asked{letterByKey, values, func(pos int, r found) { b.names[names[pos]] = r.s[0] }}
}

func (b *batch) askLedgers() asked {
	ledgers := slices.SortedFunc(maps.Values(b.ledgers), compareLedgers)
	values := make([]string, 0, 2*len(ledgers))
	for _, l := range ledgers {
		values = append(values, l.account, l.unit)
	}
	return asked{booksByKey, values, func(pos int, r found) {
		l := ledgers[pos]
		l.stored = r.n[0]
		b.note(decodeBooks(r.s[0], l.stored, &l.books))
	}}
}

func (b *batch) askHolds() asked {
	holds := slices.SortedFunc(maps.Values(b.holds), compareHolds)
	values := make([]string, 0, 3*len(holds))
	for _, h := range holds {
		values = append(values, h.key, h.account, h.unit)
	}
	return asked{entryByKey, values, func(pos int, r found) {
		h := holds[pos]
		h.nth = max(h.nth, r.n[0])
		e := courrier.Entry{
			Account: courrier.AccountID(h.account), Key: h.key, Seq: r.n[1], At: fromMicro(r.n[2]),
			Kind: courrier.EntryKind(r.s[1]), Letter: courrier.LetterID(r.s[2]),
		}
		b.note(decodeEntry(r.s[0], &e))
		h.prior = append(h.prior, e)
	}}
}

func (b *batch) askItems() asked {
	items := slices.SortedFunc(maps.Keys(b.items), compareItems)
	values := make([]string, 0, 3*len(items))
	for _, i := range items {
		values = append(values, i.kind, i.account, i.id)
	}
	return asked{itemByID, values, func(pos int, r found) {
		*b.items[items[pos]] = itemState{version: r.n[0], stored: r.n[0]}
	}}
}

// note keeps the first error of what was read.
func (b *batch) note(err error) { b.err = cmp.Or(b.err, err) }

// decide carries out every op in memory.
func (b *batch) decide() error {
	if b.err != nil {
		return b.err
	}
	for _, o := range b.ops {
		b.back = b.back[:0]
		o.result = courrier.Result{}
		if err := b.apply(o); err != nil {
			for _, back := range slices.Backward(b.back) {
				back()
			}
			o.result = courrier.Result{Err: err}
		}
	}
	return nil
}

// set assigns *p for as long as the op at hand does not fail.
func set[T any](b *batch, p *T, v T) {
	was := *p
	b.back = append(b.back, func() { *p = was })
	*p = v
}

func (b *batch) apply(o *op) error {
	if o.letter != nil {
		if err := b.letter(o.letter); err != nil {
			return err
		}
	}
	for i := range o.entries {
		stored, err := b.post(&o.entries[i])
		if err != nil {
			return err
		}
		o.result.Entries = append(o.result.Entries, stored)
	}
	for _, e := range o.events {
		b.event(e)
	}
	if o.reminder != nil {
		if err := b.reminder(o.reminder); err != nil {
			return err
		}
	}
	for i := range o.items {
		if err := b.item(&o.items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) letter(l *letterOp) error {
	state := b.letters[l.id]
	version, err := courrier.NextVersion(l.version, state.version)
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	if state.version > 0 && state.name != l.name {
		return fmt.Errorf("letter: %w: its account and key never change", courrier.ErrConflict)
	}
	if id := b.names[l.name]; id != "" && id != l.id {
		return fmt.Errorf("letter: %w: its key is in use", courrier.ErrConflict)
	}
	next := *state
	next.version, next.name, next.pending = version, l.name, l
	set(b, state, next)
	was := b.names[l.name]
	b.back = append(b.back, func() { b.names[l.name] = was })
	b.names[l.name] = l.id
	return nil
}

func (b *batch) post(e *entryOp) (courrier.Entry, error) {
	books, inserted, stored, err := e.ledger.books.Post(e.hold.prior, e.Entry)
	stored.Parts = slices.Clone(stored.Parts) // the answer is the caller's own
	if err != nil || len(inserted) == 0 {
		return stored, err
	}
	set(b, &e.ledger.books, books)
	set(b, &b.posted, b.posted)
	for _, n := range inserted {
		b.insert(n)
	}
	return stored, nil
}

func (b *batch) insert(n courrier.Entry) {
	nth := -n.Seq
	if h := b.holds[holdKey{ledgerKey{string(n.Account), n.Amount.Unit()}, n.Key}]; h != nil {
		if n.Kind != courrier.EntryExpire {
			set(b, &h.nth, h.nth+1)
			nth = h.nth
		}
		set(b, &h.prior, append(h.prior, n))
	}
	b.posted = append(b.posted, posted{n, nth})
}

func (b *batch) event(e eventOp) {
	state := b.events[e.id]
	if state == nil {
		b.events[e.id] = &eventState{e, e.merges}
		b.back = append(b.back, func() { delete(b.events, e.id) })
		return
	}
	set(b, &state.merged, state.merged.Merge(e.merges))
}

func (b *batch) item(i *itemOp) error {
	state := b.items[i.key]
	version, err := courrier.NextVersion(i.version, state.version)
	if err != nil {
		return fmt.Errorf("%s: %w", i.key.kind, err)
	}
	set(b, state, itemState{version: version, stored: state.stored, pending: i})
	return nil
}

// outcome is what is to be written, each kind in the order of its keys.
func (b *batch) outcome() ([]rows, error) {
	all := make(map[*write]*rows, len(writes))
	for _, w := range writes {
		all[w] = &rows{write: w}
	}
	b.letterRows(all)
	if err := b.ledgerRows(all); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(b.events)) {
		e := b.events[id]
		all[mergeEvents].add(e.op.row(e.merged))
	}
	b.reminderRows(all)
	for _, k := range slices.SortedFunc(maps.Keys(b.items), compareItems) {
		if i := b.items[k]; i.pending != nil && i.stored > 0 {
			all[updateItems].add(i.pending.row, i.stored)
		} else if i.pending != nil {
			all[insertItems].add(i.pending.row)
		}
	}
	var some []rows
	for _, w := range writes {
		if len(all[w].texts) > 0 {
			some = append(some, *all[w])
		}
	}
	return some, nil
}

func (b *batch) letterRows(all map[*write]*rows) {
	for _, id := range slices.Sorted(maps.Keys(b.letters)) {
		l := b.letters[id]
		if l.pending == nil {
			continue
		}
		if l.stored > 0 {
			all[updateLetters].add(l.pending.row, l.stored)
		} else {
			all[insertLetters].add(l.pending.row)
		}
		if l.sums == l.pending.sums {
			continue
		}
		was, is := splitSums(l.sums), splitSums(l.pending.sums)
		for _, sum := range was {
			if !slices.Contains(is, sum) {
				all[removeSums].add(row{texts: []string{sum, id}})
			}
		}
		for _, sum := range is {
			if !slices.Contains(was, sum) {
				all[insertSums].add(row{texts: []string{sum, id}})
			}
		}
	}
}

func (b *batch) ledgerRows(all map[*write]*rows) error {
	for _, l := range slices.SortedFunc(maps.Values(b.ledgers), compareLedgers) {
		if l.books.Seq == l.stored {
			continue
		}
		body, err := encodeBooks(&l.books)
		if err != nil {
			return err
		}
		r := row{[]string{l.account, l.unit, body}, []int64{l.books.Seq}}
		if l.stored > 0 {
			all[updateBooks].add(r, l.stored)
		} else {
			all[insertBooks].add(r)
		}
	}
	for i := range b.posted {
		e := &b.posted[i].entry
		body, err := encodeEntry(e)
		if err != nil {
			return err
		}
		all[insertEntries].add(row{
			[]string{string(e.Account), e.Amount.Unit(), e.Key, string(e.Kind), string(e.Letter), body},
			[]int64{e.Seq, b.posted[i].nth, e.At.UnixMicro()},
		})
	}
	return nil
}

func either[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}
