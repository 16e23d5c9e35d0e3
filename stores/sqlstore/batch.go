package sqlstore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/changes"
)

// batch carries out ops together: it asks for what they are about, decides one
// after the other in memory, so that each sees those before it, and says what is
// to be written. It makes no call itself.
type batch struct {
	ops       []*op
	letters   map[string]*letterState
	names     map[letterName]string // id of the letter that has the key
	byKey     map[ledgerKey]*ledger
	ledgers   []*ledger // in the order of their keys
	byAccount map[string][]*ledger
	items     map[itemKey]*itemState
	events    map[string]*eventState
	reminders map[string]*reminderState
	claims    map[string]*claim // by key of reminders
	tells     bool              // the store keeps a feed
	news      []changes.Change  // for it, in order

	doubtful bool     // an answer rests on memory alone
	compound bool     // the op at hand has several parts
	back     []func() // takes back the op at hand
	err      error    // of what was read
}

type letterState struct {
	version int64
	name    letterName
	stored  int64     // the version stored before the batch; 0: none
	told    string    // its standing
	sums    string    // stored before the batch
	carrier string    // stored before the batch: carrierOf, and the tracking number
	pending *letterOp // to write
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

// newBatch notes what the ops are about. Ledgers that mem remembers, which may
// be nil, need not be read.
func (s *Store) newBatch(ops []*op, mem *memory) *batch {
	b := &batch{
		ops: ops, tells: s.place.tells, letters: map[string]*letterState{}, names: map[letterName]string{},
		byKey: make(map[ledgerKey]*ledger, len(ops)), byAccount: map[string][]*ledger{}, items: map[itemKey]*itemState{}, events: map[string]*eventState{},
		reminders: map[string]*reminderState{}, claims: map[string]*claim{},
	}
	for _, o := range ops {
		if o.invalid != nil {
			continue
		}
		if l := o.letter; l != nil {
			b.letters[l.id] = &letterState{}
			b.names[l.name] = ""
		}
		for i := range o.entries {
			b.noteEntry(&o.entries[i], mem)
		}
		if o.reminder != nil {
			b.noteReminder(o.reminder)
		}
		for _, i := range o.items {
			b.items[i.key] = &itemState{}
		}
	}
	slices.SortFunc(b.ledgers, compareLedgers)
	return b
}

func (b *batch) noteEntry(e *entryOp, mem *memory) {
	k := ledgerKey{string(e.Account), e.Amount.Unit()}
	if e.ledger = b.byKey[k]; e.ledger == nil {
		if e.ledger = mem.take(k); e.ledger == nil {
			e.ledger = newLedger(k)
		}
		b.byKey[k] = e.ledger
		b.ledgers = append(b.ledgers, e.ledger)
		b.byAccount[k.account] = append(b.byAccount[k.account], e.ledger)
	}
	if e.hold = e.ledger.hold(&e.Entry); len(b.ledgers) > 1 {
		b.introduce(e.hold)
	}
}

// introduce makes holds of one key in several units of an account know each other:
// a key is used in one unit only, and the database has not seen this batch yet.
func (b *batch) introduce(h *hold) {
	for _, l := range b.byAccount[string(h.books.Account)] {
		if l.unit == h.books.Unit {
			continue
		}
		if peer := l.holds[h.key]; peer != nil && !slices.Contains(h.peers, peer) {
			h.peers, peer.peers = append(h.peers, peer), append(peer.peers, h)
		}
	}
}

func compareNames(a, b letterName) int {
	return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.account, b.account))
}

func compareItems(a, b itemKey) int {
	return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.account, b.account), strings.Compare(a.id, b.id))
}

// questions asks for what is not known, each kind in the order of its keys:
// batches that lock the same things lock them in the same order.
func (b *batch) questions() []asked {
	all := []asked{b.askLetters(), b.askNames(), b.askLedgers(), b.askHolds(), b.askReminders(), b.askClaims(), b.askItems()}
	return slices.DeleteFunc(all, func(a asked) bool { return len(a.values) == 0 })
}

func (b *batch) askLetters() asked {
	ids := slices.Sorted(maps.Keys(b.letters))
	return asked{letterByID, ids, func(pos int, r found) {
		*b.letters[ids[pos]] = letterState{version: r.n[0], name: letterName{r.s[0], r.s[1]}, stored: r.n[0], sums: r.s[2], carrier: r.s[3], told: r.s[4]}
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
	var unknown []*ledger
	for _, l := range b.ledgers {
		if !l.remembered {
			unknown = append(unknown, l)
		}
	}
	values := make([]string, 0, 2*len(unknown))
	for _, l := range unknown {
		values = append(values, l.account, l.unit)
	}
	return asked{booksByKey, values, func(pos int, r found) { b.note(unknown[pos].read(r)) }}
}

func (b *batch) askHolds() asked {
	var unknown []*hold
	var values []string
	for _, l := range b.ledgers {
		for _, h := range l.touched {
			if !h.known {
				unknown = append(unknown, h)
				values = append(values, h.key, l.account)
			}
		}
	}
	return asked{entryByKey, values, func(pos int, r found) { b.note(unknown[pos].read(r)) }}
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
		b.compound = o.compound()
		o.result = courrier.Result{}
		told := len(b.news)
		if err := b.apply(o); err != nil {
			b.news = b.news[:told]
			for _, back := range slices.Backward(b.back) {
				back()
			}
			o.result = courrier.Result{Err: err}
			// It failed at one entry because those before it passed, by memory.
			b.doubtful = b.doubtful || slices.ContainsFunc(o.entries, func(e entryOp) bool { return e.ledger != nil && e.ledger.remembered })
		}
		o.told = len(b.news) > told
	}
	return nil
}

// set assigns *p for as long as the op at hand does not fail. An op of one part
// fails before it sets anything.
func set[T any](b *batch, p *T, v T) {
	if b.compound {
		was := *p
		b.back = append(b.back, func() { *p = was })
	}
	*p = v
}

func (b *batch) apply(o *op) error {
	if o.invalid != nil {
		return o.invalid
	}
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
		o.answer(stored)
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
	was := b.names[l.name]
	if was != "" && was != l.id {
		return fmt.Errorf("letter: %w: its key is in use", courrier.ErrConflict)
	}
	next := *state
	next.version, next.name, next.told, next.pending = version, l.name, l.told, l
	if state.told != l.told {
		b.tell(changes.News(state.told, l.stands)...)
	}
	set(b, state, next)
	b.names[l.name] = l.id
	b.back = append(b.back, func() { b.names[l.name] = was })
	return nil
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
	b.tell(i.tells...)
	return nil
}

// tell notes news for the feed, where there is one.
func (b *batch) tell(news ...changes.Change) {
	if b.tells {
		b.news = append(b.news, news...)
	}
}

// outcome returns what is to be written, each kind in the order of its keys.
func (b *batch) outcome() []rows {
	all := outcome{}
	b.letterRows(all)
	if len(b.ledgers) > 0 {
		b.ledgerRows(all)
	}
	for _, id := range slices.Sorted(maps.Keys(b.events)) {
		e := b.events[id]
		all.add(mergeEvents, e.op.row(e.merged))
	}
	b.reminderRows(all)
	for _, k := range slices.SortedFunc(maps.Keys(b.items), compareItems) {
		if i := b.items[k]; i.pending != nil && i.stored > 0 {
			all.add(updateItems, i.pending.row, i.stored)
		} else if i.pending != nil {
			all.add(insertItems, i.pending.row)
		}
	}
	b.newsRows(all)
	var some []rows
	for _, w := range writes {
		if r := all[w]; r != nil && len(r.texts) > 0 {
			some = append(some, *r)
		}
	}
	return some
}

func (b *batch) letterRows(all outcome) {
	for _, id := range slices.Sorted(maps.Keys(b.letters)) {
		l := b.letters[id]
		if l.pending == nil {
			continue
		}
		if l.stored > 0 {
			l.updateRow(all)
		} else {
			all.add(insertLetters, l.pending.row)
		}
		if l.sums == l.pending.sums {
			continue
		}
		was, is := splitSums(l.sums), splitSums(l.pending.sums)
		for _, sum := range was {
			if !slices.Contains(is, sum) {
				all.add(removeSums, row{texts: []string{sum, id}})
			}
		}
		for _, sum := range is {
			if !slices.Contains(was, sum) {
				all.add(insertSums, row{texts: []string{sum, id}})
			}
		}
	}
}

// updateRow sets the columns that may have changed: the last of its texts.
func (l *letterState) updateRow(all outcome) {
	texts, w := l.pending.row.texts, moveLetters
	switch carrier := carrierOf(texts[3], texts[4], texts[5]); {
	case l.carrier == carrier+texts[6]:
		w = updateLetters
	case strings.HasPrefix(l.carrier, carrier):
		w = trackLetters
	}
	all.add(w, row{append([]string{texts[0]}, texts[len(texts)-len(w.texts):]...), l.pending.row.ints}, l.stored)
}

func either[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}
